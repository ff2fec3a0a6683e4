import { neighbour, type NumberFormat } from '../numeric';
import { samplesOf } from './failures';
import type { Target } from './subject';

/** A value, and the margin |z| from which on it holds, in the units of the logit. */
export interface Plateau {
  readonly value: number;
  readonly at: number;
}

/** The least |z| of a side from which something is the case; null where it never is. */
export interface SideFailures {
  readonly lossNaN: number | null;
  readonly lossInfinity: number | null;
  readonly gradientNaN: number | null;
  readonly gradientInfinity: number | null;
  /** From here on outward the gradient is exactly 0 although the exact one is not. */
  readonly gradientZero: number | null;
  /** Every range of |z| in which that is so, also where something else follows farther out. */
  readonly deadZones: readonly DeadZone[];
}

/** A range of |z|, both ends included. */
export interface DeadZone {
  readonly from: number;
  readonly to: number;
}

/**
 * What was found for one loss, format and target. The *right* side is where the sign of the logit agrees with the
 * target, the *wrong* side the other; places are margins, |z|.
 */
export interface TargetSummary {
  readonly target: Target;
  /** The loss that the right side ends at, and from where on; null if it grows with the logit (soft targets). */
  readonly floor: Plateau | null;
  /** The loss that the wrong side ends at; null if it grows with the logit. */
  readonly cap: Plateau | null;
  /** From here on outward on the wrong side the gradient is exactly 0: these errors are never corrected. */
  readonly deadFrom: number | null;
  /** Least |z| on either side at which the loss is NaN. */
  readonly firstNaN: number | null;
  /** Least |z| on either side at which the loss is infinite. */
  readonly firstInfinity: number | null;
  /** The most negative loss, where there is one. */
  readonly negative: Plateau | null;
  readonly right: SideFailures;
  readonly wrong: SideFailures;
}

/** Loss and gradient of one subject at margins that are values of the format: any evaluator, on any device. */
export type EvaluateMargins = (
  margins: Float64Array,
) => Promise<{ readonly loss: Float64Array; readonly gradient: Float64Array }>;

/** Points that one round of narrowing a bracket looks at; a 32-bit bracket takes six rounds. */
const sections = 64;

/** How many neighbouring floats are looked at one by one, in case a threshold flickers. */
const flicker = 512;

/**
 * Measures floor, cap, dead zone and first failures of a loss for one target. Thresholds are exact to the last float:
 * every value of a format of 16 bits and fewer is looked at; for the others those of `samplesOf`, then each change
 * between two samples is narrowed down to two neighbours.
 *
 * @param isExactlyZero whether the exact gradient at a margin is zero, so that a gradient of 0 is right there.
 */
export async function summarize(
  evaluate: EvaluateMargins,
  target: Target,
  format: NumberFormat,
  isExactlyZero: (margin: number) => boolean,
): Promise<TargetSummary> {
  const right = await measureSide(evaluate, format, 1, isExactlyZero);
  const wrong = await measureSide(evaluate, format, -1, isExactlyZero);
  // A loss that still changes near the end of the format's range has no plateau: it grows with the logit, and if it
  // ends in an infinity there, that is the format's end and not the formula's.
  const isPlateau = ({ at }: Plateau): boolean => at <= format.max / 4;
  return {
    target,
    floor: isPlateau(right.end) ? right.end : null,
    cap: isPlateau(wrong.end) ? wrong.end : null,
    deadFrom: wrong.failures.gradientZero,
    firstNaN: least(right.failures.lossNaN, wrong.failures.lossNaN),
    firstInfinity: least(right.failures.lossInfinity, wrong.failures.lossInfinity),
    negative: mostNegative(right.negative, wrong.negative),
    right: right.failures,
    wrong: wrong.failures,
  };
}

interface Side {
  readonly end: Plateau;
  readonly negative: Plateau | null;
  readonly failures: SideFailures;
}

async function measureSide(
  evaluate: EvaluateMargins,
  format: NumberFormat,
  sign: 1 | -1,
  isExactlyZero: (margin: number) => boolean,
): Promise<Side> {
  const magnitudes = samplesOf(format);
  const at = (values: Float64Array): ReturnType<EvaluateMargins> => evaluate(values.map((value) => sign * value));
  const samples = await at(magnitudes);
  const search: Search = { format, magnitudes, samples, at };
  const last = magnitudes.length - 1;
  const end = samples.loss[last] as number;
  const deadZones = (await runsOf(search, (_, gradient) => gradient === 0)).filter(
    ({ from }) => !isExactlyZero(sign * from),
  );
  const outermost = deadZones.at(-1);
  return {
    end: { value: end, at: (await startOfFinalRun(search, (loss) => isSame(loss, end))) ?? 0 },
    negative: await negativeOf(search),
    failures: {
      lossNaN: await firstWhere(search, (loss) => Number.isNaN(loss)),
      lossInfinity: await firstWhere(search, (loss) => Math.abs(loss) === Infinity),
      gradientNaN: await firstWhere(search, (_, gradient) => Number.isNaN(gradient)),
      gradientInfinity: await firstWhere(search, (_, gradient) => Math.abs(gradient) === Infinity),
      gradientZero: outermost?.to === format.max ? outermost.from : null,
      deadZones,
    },
  };
}

/** Zeros of either sign are one floor, and so are NaNs. */
function isSame(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

interface Search {
  readonly format: NumberFormat;
  readonly magnitudes: Float64Array;
  readonly samples: Awaited<ReturnType<EvaluateMargins>>;
  readonly at: (magnitudes: Float64Array) => ReturnType<EvaluateMargins>;
}

type Holds = (loss: number, gradient: number) => boolean;

/** The least magnitude from which on `holds` is true up to the largest; null if it isn't true there. */
async function startOfFinalRun(search: Search, holds: Holds): Promise<number | null> {
  const { magnitudes, samples } = search;
  const holdsAt = (index: number): boolean => holds(samples.loss[index] as number, samples.gradient[index] as number);
  let index = magnitudes.length - 1;
  if (!holdsAt(index)) return null;
  while (index >= 0 && holdsAt(index)) index--;
  if (index < 0) return 0;
  return narrow(search, index, (flags) => flags.lastIndexOf(false), holds);
}

/** Every range of magnitudes in which `holds` is true. */
async function runsOf(search: Search, holds: Holds): Promise<DeadZone[]> {
  const { format, magnitudes, samples } = search;
  const flags = Array.from(magnitudes, (_, i) => holds(samples.loss[i] as number, samples.gradient[i] as number));
  const firstTrue = (each: readonly boolean[]): number => each.indexOf(true) - 1;
  const runs: DeadZone[] = [];
  for (let start = flags.indexOf(true); start >= 0; start = flags.indexOf(true, start)) {
    const after = flags.indexOf(false, start);
    const from = start === 0 ? (magnitudes[0] as number) : await narrow(search, start - 1, firstTrue, holds);
    const beyond =
      after < 0 ? null : await narrow(search, after - 1, firstTrue, (loss, gradient) => !holds(loss, gradient));
    runs.push({ from, to: beyond === null ? format.max : neighbour(format, beyond, -1n) });
    if (after < 0) break;
    start = after;
  }
  return runs;
}

/** The least magnitude at which `holds` is true; null if it never is. */
async function firstWhere(search: Search, holds: Holds): Promise<number | null> {
  const { magnitudes, samples } = search;
  const index = magnitudes.findIndex((_, i) => holds(samples.loss[i] as number, samples.gradient[i] as number));
  if (index < 0) return null;
  if (index === 0) return magnitudes[0] as number;
  return narrow(search, index - 1, (flags) => flags.indexOf(true) - 1, holds);
}

/**
 * Narrows the bracket between sample `index`, where it doesn't hold, and the next, where it does, down to neighbours.
 * @param lastFalse of flags that begin with false and end with true, which false to go on from.
 */
async function narrow(
  { format, magnitudes, at }: Search,
  index: number,
  lastFalse: (flags: readonly boolean[]) => number,
  holds: Holds,
): Promise<number> {
  const flagsAt = async (ordinals: readonly bigint[]): Promise<boolean[]> => {
    const { loss, gradient } = await at(Float64Array.from(ordinals, (ordinal) => format.fromOrdinal(ordinal)));
    return ordinals.map((_, i) => holds(loss[i] as number, gradient[i] as number));
  };
  let low = format.ordinal(magnitudes[index] as number);
  let high = format.ordinal(magnitudes[index + 1] as number);
  while (high - low > 1n) {
    const count = high - low < BigInt(sections) ? high - low : BigInt(sections);
    const ordinals = Array.from({ length: Number(count) + 1 }, (_, i) => low + ((high - low) * BigInt(i)) / count);
    const flags = [false, ...(await flagsAt(ordinals.slice(1, -1))), true];
    const before = lastFalse(flags);
    [low, high] = [ordinals[before] as bigint, ordinals[before + 1] as bigint];
  }
  // The flags of samples between which nothing changes can hide a change and its reverse: look at each neighbour.
  const bottom = format.ordinal(magnitudes[index] as number);
  const from = low - BigInt(flicker) > bottom ? low - BigInt(flicker) : bottom;
  const limit = format.ordinal(format.max);
  const to = high + BigInt(flicker) < limit ? high + BigInt(flicker) : limit;
  const around = Array.from({ length: Number(to - from) + 1 }, (_, i) => from + BigInt(i));
  const flags = await flagsAt(around);
  return format.fromOrdinal(around[lastFalse(flags) + 1] ?? high);
}

/** The least loss below zero, and the least magnitude at which it is taken. */
async function negativeOf(search: Search): Promise<Plateau | null> {
  const { loss } = search.samples;
  let least = 0;
  for (const value of loss) if (value < least) least = value;
  if (least === 0) return null;
  const at = await firstWhere(search, (value) => value === least);
  return at === null ? null : { value: least, at };
}

function least(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

function mostNegative(a: Plateau | null, b: Plateau | null): Plateau | null {
  if (!a || !b) return a ?? b;
  return b.value < a.value ? b : a;
}
