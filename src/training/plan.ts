import { lossById, type LossEntry } from '../losses';
import { formatNames, type FormatName } from '../numeric';
import { activations, weightCount, type Activation, type Patterns } from './network';
import { TrainingError } from './tasks';
import { updates, type TrainingJob, type TrainingState, type Update } from './trainer';

/** What is trained with which parameters: every variant with every radius from every seed. */
export interface TrainingPlan {
  /** Ids of catalogue entries with a zero error radius. */
  readonly variants: readonly string[];
  readonly radii: readonly number[];
  /** How many runs each has; their seeds are 1, 2, and so on. */
  readonly seeds: number;
  readonly epochs: number;
  readonly hidden: number;
  readonly activation: Activation;
  readonly rate: number;
  readonly momentum: number;
  readonly update: Update;
  readonly weightRange: number;
  /** What loss and gradient are computed in. */
  readonly format: FormatName;
}

/** What a plan may ask for. Numbers are at least the first and at most the second. */
export const trainingLimits = {
  radius: [0, 0.5],
  seeds: [1, 50],
  epochs: [1, 100_000],
  hidden: [1, 500],
  rate: [1e-6, 100],
  momentum: [0, 0.999],
  weightRange: [0, 100],
} as const;

/** Runs at once: more curves nobody can tell apart, and each keeps its records. */
const mostRuns = 400;
/** Weights times patterns: an epoch of more takes too long to be cancelled. */
const mostWork = 20_000_000;

export const trainingDefaults: TrainingPlan = {
  variants: ['zer/v1', 'zer/v2', 'zer/v3', 'zer/v4', 'mikenet/cross-entropy', 'zer/straight-through'],
  radii: [0.1],
  seeds: 5,
  epochs: 2000,
  hidden: 3,
  activation: 'sigmoid',
  rate: 0.1,
  momentum: 0.9,
  update: 'batch',
  weightRange: 1,
  format: 'float32',
};

/** A network to train, with what it is one of. */
export interface PlannedRun {
  readonly variant: string;
  readonly radius: number;
  readonly seed: number;
  readonly job: TrainingJob;
}

/**
 * Every run of a plan by its key; runs of one seed begin with the same weights, so that they differ by the loss alone.
 * @param states where runs that were begun before go on, by key
 * @throws TrainingError or LossError for what can't be trained
 */
export function planTraining(
  plan: TrainingPlan,
  patterns: Patterns,
  states: ReadonlyMap<string, TrainingState> = new Map(),
): Map<string, PlannedRun> {
  check(plan, patterns);
  const { variants, radii, seeds, epochs, format, hidden, activation, rate, momentum, update, weightRange } = plan;
  const planned = new Map<string, PlannedRun>();
  for (const radius of radii) {
    for (const variant of variants) {
      const { loss, gradient } = variantOf(variant).build({ radius }, format);
      for (let seed = 1; seed <= seeds; seed++) {
        const key = keyOf(variant, radius, seed);
        const learning = { hidden, activation, rate, momentum, update, weightRange, seed };
        const from = states.get(key) ?? null;
        const job = { patterns, learning, loss, gradient, radius, format, from, until: epochs };
        planned.set(key, { variant, radius, seed, job });
      }
    }
  }
  return planned;
}

/** The name of a run. */
function keyOf(variant: string, radius: number, seed: number): string {
  return [variant, String(radius), String(seed)].join(' ');
}

function variantOf(id: string): LossEntry {
  const entry = lossById(id);
  if (!entry.constants.some(({ name }) => name === 'radius')) {
    throw new TrainingError(`${id} has no zero error radius`);
  }
  return entry;
}

const numbers = ['seeds', 'epochs', 'hidden', 'rate', 'momentum', 'weightRange'] as const;
const whole: readonly string[] = ['seeds', 'epochs', 'hidden'];
const titles: Readonly<Record<keyof typeof trainingLimits, string>> = {
  radius: 'a radius',
  seeds: 'the number of seeds',
  epochs: 'the number of epochs',
  hidden: 'the number of hidden units',
  rate: 'the learning rate',
  momentum: 'momentum',
  weightRange: 'the range of the start weights',
};

function check(plan: TrainingPlan, patterns: Patterns): void {
  const { variants, radii, format, activation, update } = plan;
  if (variants.length === 0) throw new TrainingError('choose at least one variant');
  if (radii.length === 0) throw new TrainingError('give at least one radius');
  if (!formatNames.includes(format)) throw new TrainingError(`there is no number format "${format}"`);
  if (!activations.includes(activation)) throw new TrainingError(`hidden units can't be "${activation}"`);
  if (!updates.includes(update)) throw new TrainingError(`weights can't be changed by "${update}"`);
  for (const radius of radii) checkNumber('radius', radius);
  for (const name of numbers) checkNumber(name, plan[name]);
  const runs = variants.length * radii.length * plan.seeds;
  if (runs > mostRuns) {
    throw new TrainingError(`these are ${String(runs)} runs, and at most ${String(mostRuns)} are trained at once`);
  }
  const weights = weightCount({ ...patterns, hidden: plan.hidden });
  if (weights * patterns.count > mostWork) {
    throw new TrainingError(
      `${String(patterns.count)} patterns through ${String(weights)} weights are too much for an epoch: take fewer patterns or ` +
        'fewer hidden units',
    );
  }
}

function checkNumber(name: keyof typeof trainingLimits, value: number): void {
  const [least, most] = trainingLimits[name];
  if (value >= least && value <= most && (!whole.includes(name) || Number.isInteger(value))) return;
  const kind = whole.includes(name) ? 'a whole number' : 'a number';
  throw new TrainingError(
    `${titles[name]} must be ${kind} from ${String(least)} to ${String(most)}, not ${String(value)}`,
  );
}
