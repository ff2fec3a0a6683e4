import { shortestDecimal, ulpDistance, type NumberFormat } from '../numeric';
import type { Plateau, SideFailures, TargetSummary } from './summary';

/** What one backend has computed of a loss in a format for a target. */
export interface Computed {
  readonly curve: { readonly margin: Float64Array; readonly loss: Float64Array; readonly gradient: Float64Array };
  readonly summary: TargetSummary;
}

export type ThresholdName =
  'floor' | 'cap' | 'lossNaN' | 'lossInfinity' | 'gradientNaN' | 'gradientInfinity' | 'gradientZero';

/** Where something begins, as |margin|, and for a floor and a cap the loss from there on. */
export interface Threshold {
  readonly at: number;
  readonly value: number | null;
}

/** A threshold that two backends do not agree on; null where one of them never gets there. */
export interface ThresholdDifference {
  readonly name: ThresholdName;
  readonly side: 'right' | 'wrong';
  readonly reference: Threshold | null;
  readonly other: Threshold | null;
  /** Values of the format from the one place to the other; null where there is one place only. */
  readonly ulp: number | null;
}

/** What two backends give at one margin. */
export interface PointDifference {
  readonly margin: number;
  readonly reference: number;
  readonly other: number;
}

/** How two curves over the same margins differ. */
export interface CurveDifference {
  /** Points at which they are not the same number. Zeros of either sign are the same, and so are NaNs. */
  readonly differing: number;
  /** The largest distance in values of the format, of the points at which both are finite; null where there is none. */
  readonly largest: (PointDifference & { readonly ulp: number }) | null;
  /** Points at which one is NaN or infinite and the other is something else, and the first of them. */
  readonly unlike: { readonly count: number; readonly first: PointDifference } | null;
  /** Points at which the other gives 0 where the reference gives a subnormal number. */
  readonly flushed: number;
}

/** How what two backends have computed of the same thing differs. */
export interface Difference {
  /** Points that were compared. */
  readonly points: number;
  readonly thresholds: readonly ThresholdDifference[];
  readonly loss: CurveDifference;
  readonly gradient: CurveDifference;
}

/**
 * Compares what two backends have measured at the same margins.
 * @throws RangeError if the margins are not the same
 */
export function differenceOf(format: NumberFormat, reference: Computed, other: Computed): Difference {
  const { margin } = reference.curve;
  if (margin.length !== other.curve.margin.length || margin.some((at, i) => at !== other.curve.margin[i])) {
    throw new RangeError('only curves over the same margins can be compared');
  }
  return {
    points: margin.length,
    thresholds: [
      ...thresholdsOn('right', format, reference.summary, other.summary),
      ...thresholdsOn('wrong', format, reference.summary, other.summary),
    ],
    loss: differenceOfValues(format, margin, reference.curve.loss, other.curve.loss),
    gradient: differenceOfValues(format, margin, reference.curve.gradient, other.curve.gradient),
  };
}

function differenceOfValues(
  format: NumberFormat,
  margins: Float64Array,
  references: Float64Array,
  others: Float64Array,
): CurveDifference {
  let differing = 0;
  let flushed = 0;
  let largest: (PointDifference & { readonly ulp: number }) | null = null;
  let unlike: { count: number; readonly first: PointDifference } | null = null;
  for (const [i, margin] of margins.entries()) {
    const reference = references[i] ?? NaN;
    const other = others[i] ?? NaN;
    if (isSame(reference, other)) continue;
    differing++;
    if (!Number.isFinite(reference) || !Number.isFinite(other)) {
      unlike ??= { count: 0, first: { margin, reference, other } };
      unlike.count++;
      continue;
    }
    if (other === 0 && Math.abs(reference) < format.smallestNormal) flushed++;
    const ulp = Number(ulpDistance(format, reference, other));
    if (!largest || ulp > largest.ulp) largest = { margin, reference, other, ulp };
  }
  return { differing, largest, unlike, flushed };
}

function thresholdsOn(
  side: 'right' | 'wrong',
  format: NumberFormat,
  reference: TargetSummary,
  other: TargetSummary,
): ThresholdDifference[] {
  const [a, b] = [reference, other].map((summary) => placesOn(side, summary)) as [Places, Places];
  const found = (Object.keys(a) as ThresholdName[])
    .filter((name) => !isSameThreshold(a[name] ?? null, b[name] ?? null))
    .map((name): ThresholdDifference => {
      const [one, two] = [a[name] ?? null, b[name] ?? null];
      const ulp = one && two ? Number(ulpDistance(format, one.at, two.at)) : null;
      return { name, side, reference: one, other: two, ulp };
    });
  const plateau = found.find(({ name }) => name === 'floor' || name === 'cap');
  return found.filter((each) => !plateau || !isSaidBy(plateau, each));
}

type Places = Readonly<Partial<Record<ThresholdName, Threshold | null>>>;

function placesOn(side: 'right' | 'wrong', summary: TargetSummary): Places {
  const at = (place: number | null): Threshold | null => (place === null ? null : { at: place, value: null });
  const { lossNaN, lossInfinity, gradientNaN, gradientInfinity, gradientZero }: SideFailures = summary[side];
  const end: Plateau | null = side === 'right' ? summary.floor : summary.cap;
  return {
    [side === 'right' ? 'floor' : 'cap']: end,
    lossNaN: at(lossNaN),
    lossInfinity: at(lossInfinity),
    gradientNaN: at(gradientNaN),
    gradientInfinity: at(gradientInfinity),
    gradientZero: at(gradientZero),
  };
}

/** Whether the difference is that of the plateau again: where it is infinite, or NaN, its beginning is the first such loss. */
function isSaidBy(plateau: ThresholdDifference, { name, reference, other }: ThresholdDifference): boolean {
  if (name !== 'lossNaN' && name !== 'lossInfinity') return false;
  const isSuch = (value: number): boolean => (name === 'lossNaN' ? Number.isNaN(value) : Math.abs(value) === Infinity);
  const placeOf = (threshold: Threshold | null): number | null =>
    threshold && isSuch(threshold.value ?? 0) ? threshold.at : null;
  return placeOf(plateau.reference) === (reference?.at ?? null) && placeOf(plateau.other) === (other?.at ?? null);
}

function isSameThreshold(a: Threshold | null, b: Threshold | null): boolean {
  if (!a || !b) return a === b;
  return a.at === b.at && isSame(a.value ?? 0, b.value ?? 0);
}

/** Zeros of either sign are the same, and so are NaNs. */
function isSame(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

/** What differs, in sentences: nothing but what was measured. @param reference name of the backend compared with */
export function describeDifference(format: NumberFormat, difference: Difference, reference: string): string {
  const { thresholds, loss, gradient, points } = difference;
  const sentences: string[] = [];
  if (thresholds.length > 0) {
    const said = thresholds.map((each) => describeThreshold(format, each, reference));
    sentences.push(`${capitalized(said.join('; '))}.`);
  } else {
    sentences.push('The thresholds are the same.');
  }
  if (loss.differing === 0 && gradient.differing === 0) {
    sentences.push(`Loss and gradient are equal at ${allOf(points)}.`);
  } else {
    sentences.push(describeCurve(format, 'loss', loss, points, reference));
    sentences.push(describeCurve(format, 'gradient', gradient, points, reference));
  }
  return sentences.join(' ');
}

function describeThreshold(
  format: NumberFormat,
  { name, side, reference, other }: ThresholdDifference,
  referenceName: string,
): string {
  const say = (threshold: Threshold): string => phrase(format, name, threshold.value);
  const where = side === 'wrong' ? 'on the wrong side it ' : 'it ';
  if (!other || !reference) {
    if (other) return `${where}${say(other)} from ${place(other.at)} (${referenceName} ${nevers[name]})`;
    const there = reference ? ` (${referenceName} ${say(reference)} from ${place(reference.at)})` : '';
    return `${where}${nevers[name]}${there}`;
  }
  const [from, instead] = apart(other.at, reference.at);
  if (isSame(other.value ?? 0, reference.value ?? 0)) return `${where}${say(other)} from ${from} instead of ${instead}`;
  const [now, before] = [say(other), say(reference)];
  const elsewhere = other.at === reference.at ? '' : ` from ${instead}`;
  return `${where}${now} from ${from} (${referenceName}: ${before}${elsewhere})`;
}

const nevers: Readonly<Record<ThresholdName, string>> = {
  floor: 'has no floor',
  cap: 'has no cap',
  lossNaN: 'is never NaN',
  lossInfinity: 'is never infinite',
  gradientNaN: 'never has a gradient of NaN',
  gradientInfinity: 'never has an infinite gradient',
  gradientZero: 'never has a gradient of 0',
};

function phrase(format: NumberFormat, name: ThresholdName, value: number | null): string {
  switch (name) {
    case 'floor':
    case 'cap':
      if (value === 0) return 'is exactly 0';
      return `${Number.isFinite(value) ? 'stops at' : 'is'} ${number(format, value ?? NaN)}`;
    case 'lossNaN':
      return 'is NaN';
    case 'lossInfinity':
      return 'is infinite';
    case 'gradientNaN':
      return 'has a gradient of NaN';
    case 'gradientInfinity':
      return 'has an infinite gradient';
    case 'gradientZero':
      return 'has a gradient of 0';
  }
}

function describeCurve(
  format: NumberFormat,
  name: string,
  { differing, largest, unlike, flushed }: CurveDifference,
  points: number,
  referenceName: string,
): string {
  if (differing === 0) return `The ${name} is equal at ${allOf(points)}.`;
  const at = ({ margin, reference, other }: PointDifference): string =>
    `at a = ${place(margin)} (${number(format, other)} instead of ${number(format, reference)})`;
  const said = [
    ...(largest ? [`by at most ${count(largest.ulp)} ULP, ${at(largest)}`] : []),
    ...(unlike ? [`at ${pointsOf(unlike.count)} one of the two is NaN or infinite, first ${at(unlike.first)}`] : []),
    ...(flushed > 0 ? [`at ${pointsOf(flushed)} it is 0 where that of ${referenceName} is a subnormal number`] : []),
  ];
  return `The ${name} differs at ${String(differing)} of ${String(points)} points: ${said.join('; ')}.`;
}

function allOf(n: number): string {
  return n === 1 ? 'the only point' : `all ${String(n)} points`;
}

function pointsOf(n: number): string {
  return n === 1 ? '1 point' : `${String(n)} points`;
}

/** Values of the format between two others: all digits where there are few. */
function count(ulp: number): string {
  return ulp < 1e6 ? String(ulp) : ulp.toExponential(1).replace('e+', 'e');
}

function number(format: NumberFormat, x: number): string {
  return Math.abs(x) === Infinity ? (x > 0 ? '∞' : '-∞') : shortestDecimal(format, x);
}

/** A place in five digits. */
function place(x: number): string {
  return String(Number(x.toPrecision(5)));
}

/** Two places in as few digits as tell them apart, at least five. */
function apart(a: number, b: number): readonly [string, string] {
  for (let digits = 5; digits < 17; digits++) {
    const [one, two] = [Number(a.toPrecision(digits)), Number(b.toPrecision(digits))];
    if (one !== two) return [String(one), String(two)];
  }
  return [String(a), String(b)];
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
