/** What measuring gives: the shapes that the worker, the command line and the webviews share. Types only. */
import type { FormatName } from '../numeric';

export type {
  CurveDifference,
  DeadZone,
  Difference,
  Plateau,
  SideFailures,
  TargetSummary,
  Threshold,
  ThresholdDifference,
  ThresholdName,
} from '../measure';

export type BackendName = 'model' | 'cuda' | 'webgpu' | 'python';

/** A backend, or the best that there is. */
export type BackendChoice = 'auto' | BackendName;

/** Who computed a result. Shown wherever the result is. */
export interface BackendIdentity {
  readonly backend: BackendName;
  /** In words, as measured: "CPU, JavaScript (V8 11.3)". */
  readonly device: string;
  readonly version: string;
  /**
   * What computed: a real GPU, a CPU, or a driver that pretends to be a GPU and computes on the CPU. Only what was asked
   * of the device itself is called a GPU.
   */
  readonly hardware: Hardware;
  /** What is peculiar about its numbers, in sentences: "Flushes subnormals to zero." */
  readonly notes?: readonly string[];
}

export type Hardware = 'gpu' | 'cpu' | 'software-gpu';

/** One curve: loss and gradient at each point, computed and exact. All arrays have the same length. */
export interface Curve {
  /** Margins, values of the format. The logit is the margin for target 1 and `mean`, its negative for target 0. */
  readonly margin: Float64Array;
  readonly loss: Float64Array;
  readonly gradient: Float64Array;
  /** The mathematical loss and gradient there, correctly rounded to float64. */
  readonly exactLoss: Float64Array;
  readonly exactGradient: Float64Array;
  /**
   * How far loss and gradient are from the mathematical ones, the latter rounded to the format: in values of the format
   * from the one to the other (ULP), an infinity being the value after the largest. NaN where either is NaN.
   */
  readonly lossUlp: Float64Array;
  readonly gradientUlp: Float64Array;
}

/** A number format, as in `numeric`. */
export type Format = FormatName;
