/** What a plot shows, and what it is told when it is made. */
import type { AxisKind, LaneName } from '../lanes';
import type { Band, XAxis } from '../plotting';
import type { SeriesStyle } from '../theme';

export interface Series {
  readonly id: string;
  /** Ascending. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly style: SeriesStyle;
  /** Known places where something begins or ends, to the last float: the ends of runs are put there. */
  readonly thresholds: readonly number[];
  /** The exact curve: thin, in the colour of text, above the others. */
  readonly exact?: boolean;
  /** Measured for earlier settings. */
  readonly stale?: boolean;
  /** What the curve stands for: shaded between two bounds at each x, such as those of several runs. */
  readonly ribbon?: { readonly low: Float64Array; readonly high: Float64Array };
}

/** Counts of samples, drawn from the bottom of the axis as bars, the highest a third of its height. */
export interface Histogram {
  /** One more than counts, ascending, in x. */
  readonly edges: Float64Array;
  readonly counts: Float64Array;
}

/** A place on a curve that is pointed out. */
export interface Mark {
  readonly series: Series;
  readonly x: number;
  readonly y: number;
  /** In full, and for narrow plots. */
  readonly text: readonly [string, string];
}

/** A range of x with something to say of it. */
export interface LabelledBand extends Band {
  /** In full, and for narrow bands. */
  readonly text?: readonly [string, string];
  /** With slanting lines, as bars of NaN are. */
  readonly hatched?: boolean;
}

/** A strip that isn't about values off the axis, such as that of dead zones. */
export interface ExtraLane {
  readonly label: string;
  readonly rows: readonly { readonly style: SeriesStyle; readonly stale: boolean; readonly bands: readonly Band[] }[];
}

export interface PlotContent {
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  /** Shaded; they may overlap. */
  readonly bands?: readonly LabelledBand[];
  /** What else there is to say beneath the picture. */
  readonly note?: string;
  readonly extraLanes?: readonly ExtraLane[];
  readonly histogram?: Histogram;
  readonly xRange: readonly [number, number];
  /** Whether that is a part of what there is: then the axes are as fine as they have to be, and no strip goes away. */
  readonly zoomed?: boolean;
  /** Where each x lies on the axis; proportionally where it is left out. */
  readonly axis?: XAxis;
  /** What the axis is about, where that isn't what the plot was made with: in full, and for narrow panels. */
  readonly xTitle?: readonly [string, string];
  /** The same of the other axis. */
  readonly yTitle?: string;
  /** What is left and right of x = 0. */
  readonly sides?: readonly [string, string];
}

export interface PlotOptions {
  readonly title: string;
  readonly yTitle: string;
  /** The long form, and the one for narrow panels. */
  readonly xTitle: readonly [string, string];
  readonly kind: AxisKind;
  /** For linear axes: what is always in view. */
  readonly yRange?: readonly [number, number];
  /** Lines of one width: where noisy curves cross, rather than lie on each other. */
  readonly thin?: true;
  readonly laneLabels?: Readonly<Partial<Record<LaneName, string>>>;
  /** The reader moved the crosshair; null takes it away. */
  onCursor(x: number | null, byKeyboard: boolean): void;
  /** The reader has clicked somewhere: the crosshair stays there. */
  onPin?(x: number): void;
  /** The reader wants to see a part of the x axis, or all of it. Without this there is no zoom. */
  onView?(view: Band | null): void;
  onMark?(mark: Mark): void;
}
