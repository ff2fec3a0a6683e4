import type { LossEntry } from '../losses';
import type { Target } from '../measure';
import type { FormatName, NumberFormat } from '../numeric';
import type { TaskId, TrainingPlan } from '../training';

/** A `*.loss.json` file, with everything that it leaves out filled in. */
export interface LossConfig {
  readonly title: string;
  readonly losses: readonly ChosenEntry[];
  readonly formats: readonly FormatName[];
  readonly targets: readonly Target[];
  readonly sweep: Sweep;
  /** The part of the sweep that the plots are zoomed to; null for all of it. */
  readonly view: Range | null;
  readonly plots: PlotsChoice;
  readonly zeroErrorRadius: ZeroErrorRadiusChoice;
  /** Null where the file says nothing of training. */
  readonly training: TrainingChoice | null;
  readonly backend: BackendChoice;
  /** What else computes the same, to be compared with it. */
  readonly compare: readonly ComparedBackend[];
  /** What the legend has but the plots don't draw. */
  readonly hidden: readonly HiddenCurve[];
}

/** A catalogue entry as a file chooses it. */
export interface ChosenEntry {
  /** Tells two choices of one entry apart: its place in the list. */
  readonly key: string;
  readonly entry: LossEntry;
  readonly label: string;
  /** Those that the file sets; the others stay at their defaults, which for some entries depend on the format. */
  readonly constants: Readonly<Record<string, number>>;
}

/** A curve by what it is of, `loss` being the place in the list of losses; or one of the exact curves, by its place. */
export type HiddenCurve =
  | {
      readonly loss: number;
      readonly format: FormatName;
      readonly target: Target;
      /** For a curve of a backend that is only compared with. */
      readonly backend?: ComparedBackend;
    }
  | { readonly exact: number };

/** Margins, in units of the logit. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Margins to evaluate at, evenly spaced, both ends included. */
export interface Sweep extends Range {
  readonly points: number;
}

/** How the precision floor dashboard draws. */
export interface PlotsChoice {
  /** What the horizontal axis is proportional to, and where the points lie: margins, or ordinals of the coarsest format. */
  readonly axis: (typeof plotChoices.axis)[number];
  /** What the error is that of. */
  readonly error: (typeof plotChoices.error)[number];
  /** Several targets in one plot, or each in a plot of its own. */
  readonly targets: (typeof plotChoices.targets)[number];
}

export const plotChoices = {
  axis: ['margin', 'ordinal'],
  error: ['loss', 'gradient'],
  targets: ['overlaid', 'beside'],
} as const;

/** What the curves of a zero error radius can be plotted against. */
export const radiusAxes = ['output', 'logit'] as const;
export type RadiusAxis = (typeof radiusAxes)[number];

export interface ZeroErrorRadiusChoice {
  /** Entries of the family `zer`. */
  readonly variants: readonly LossEntry[];
  readonly radius: number;
  readonly format: FormatName;
  readonly targets: readonly number[];
  readonly plottedAgainst: readonly RadiusAxis[];
  readonly hidden: readonly HiddenVariant[];
}

/** What the training dashboard trains. */
export interface TrainingChoice {
  readonly task: TaskId;
  /** Of the parity task. */
  readonly bits: number;
  /** Of the task `own`: a path relative to the configuration, an absolute one or a URI; null for none. */
  readonly file: string | null;
  /** How many of the file's last columns are targets; null where their names say it. */
  readonly targetColumns: number | null;
  readonly plan: TrainingPlan;
  readonly hidden: readonly HiddenTraining[];
}

/** The curve of a variant at a radius. */
export interface HiddenTraining {
  readonly variant: string;
  readonly radius: number;
}

/** The curve of a variant for a target, or that of exact cross-entropy for a target. */
export type HiddenVariant = { readonly variant: string; readonly target: number } | { readonly exact: number };

export const backendChoices = ['auto', 'model', 'cuda', 'webgpu', 'python'] as const;
export type BackendChoice = (typeof backendChoices)[number];
export type ComparedBackend = Exclude<BackendChoice, 'auto'>;
export const comparedBackends = ['model', 'cuda', 'webgpu', 'python'] as const satisfies readonly ComparedBackend[];

export const defaults = {
  formats: ['float32'],
  targets: [0, 1],
  sweep: { from: -20, to: 40, points: 601 },
  variants: ['zer/v1', 'zer/v2', 'zer/v3', 'zer/v4'],
  radius: 0.1,
  radiusTargets: [0, 1],
  plottedAgainst: radiusAxes,
  plots: { axis: 'margin', error: 'loss', targets: 'overlaid' },
  task: 'encoder',
  bits: 4,
  backend: 'auto',
} as const;

/** Limits that the schema states and the command line keeps to, too. */
export const limits = {
  /** A sweep draws; more points than a screen has columns many times over only cost memory. */
  points: { minimum: 2, maximum: 20_000 },
  radius: { minimum: 0, maximum: 0.5 },
} as const;

/** The margins of a sweep. */
export function pointsOf({ from, to, points }: Sweep): Float64Array {
  return Float64Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));
}

/** At even steps through the values of the format that lie between the ends: as many as are asked for, or as there are. */
export function ordinalPoints(format: NumberFormat, { from, to, points }: Sweep): Float64Array {
  const inside = (x: number): bigint => format.ordinal(format.round(Math.sign(x) * Math.min(Math.abs(x), format.max)));
  const [first, last] = [inside(from), inside(to)];
  const count = BigInt(points - 1);
  const ordinals = Array.from({ length: points }, (_, i) => first + ((last - first) * BigInt(i)) / count);
  return Float64Array.from(new Set(ordinals), (ordinal) => format.fromOrdinal(ordinal));
}
