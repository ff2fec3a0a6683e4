import { formatByName, shortestDecimal, type FormatName, type NumberFormat } from '../numeric';
import { orientation, type Target } from './subject';
import type { TargetSummary } from './summary';

/** Samples of a model: logits, and a target for each if they are known. */
export interface Samples {
  readonly logits: Float32Array | Float64Array;
  /** Between 0 and 1, as many as logits; null where nobody knows them. */
  readonly targets: Float32Array | Float64Array | null;
}

/** At how many of the samples of one target a loss is what, as it was computed at each of them. */
export interface SampleCounts {
  readonly samples: number;
  /** The gradient is exactly 0 although the exact one is not, on the right side (margin ≥ 0) and on the wrong one. */
  readonly zeroGradient: { readonly right: number; readonly wrong: number };
  /** The gradient is 0, and so is the exact one. */
  readonly trulyZero: number;
  readonly lossNaN: number;
  readonly lossInfinite: number;
  readonly gradientNaN: number;
  readonly gradientInfinite: number;
  /** The loss is that of the floor or the cap, at its place or beyond; null where there is none that is finite. */
  readonly atFloor: number | null;
  readonly atCap: number | null;
}

/** Counts of margins over a range of them, and of those that lie elsewhere. */
export interface SampleHistogram {
  /** Ascending, one more than counts. */
  readonly edges: Float64Array;
  /** Of margins from one edge up to the next; the last edge belongs to the last one. */
  readonly counts: Float64Array;
  readonly left: number;
  readonly right: number;
  readonly nan: number;
  /** Samples of targets that aren't looked at: they are nowhere. */
  readonly otherTargets: number;
}

/** How many samples are looked at at once. */
export const sampleBlock = 2 ** 19;

/**
 * The margins of those samples of a block that count for a target, in their order. Without targets each sample counts.
 * None counts for the mean of both targets: a sample has one.
 */
export function marginsOf({ logits, targets }: Samples, target: Target, start: number, end: number): Float64Array {
  if (target === 'mean') return new Float64Array(0);
  const isOf = targetTest(target);
  const sign = orientation(target);
  const margins = new Float64Array(end - start);
  let count = 0;
  for (let i = start; i < end; i++) {
    if (!targets || isOf(targets[i] as number)) margins[count++] = sign * (logits[i] as number);
  }
  return margins.slice(0, count);
}

/** A soft target such as 0.1 may have been stored in a narrower format than it was written in. */
function targetTest(target: number): (value: number) => boolean {
  const stored = new Set([target, Math.fround(target), formatByName('float16').round(target)]);
  if (stored.size === 1) return (value) => value === target;
  return (value) => stored.has(value);
}

/**
 * Counts the margins of samples between two margins, in bins of one width. Samples with a target count by their own margin
 * if it is one of those that are looked at (`mean`: both 0 and 1); without one, once for each side that a target gives.
 */
export class HistogramCounter {
  readonly #edges: Float64Array;
  readonly #counts: Float64Array;
  readonly #tests: readonly ((value: number) => boolean)[];
  readonly #signs: readonly (1 | -1)[];
  #left = 0;
  #right = 0;
  #nan = 0;
  #other = 0;

  constructor(
    private readonly range: { readonly from: number; readonly to: number },
    bins: number,
    targets: readonly Target[],
  ) {
    const { from, to } = range;
    this.#edges = Float64Array.from({ length: bins + 1 }, (_, i) =>
      i === bins ? to : from + ((to - from) * i) / bins,
    );
    this.#counts = new Float64Array(bins);
    const each = [...new Set(targets.flatMap((target) => (target === 'mean' ? [0, 1] : [target])))];
    this.#tests = each.map(targetTest);
    this.#signs = [...new Set(each.map(orientation))];
  }

  /** Counts the samples from one to before another. */
  add({ logits, targets }: Samples, start: number, end: number): void {
    for (let i = start; i < end; i++) {
      const logit = logits[i] as number;
      if (!targets) {
        for (const sign of this.#signs) this.#margin(sign * logit);
        continue;
      }
      const target = targets[i] as number;
      if (this.#tests.some((isOf) => isOf(target))) this.#margin(orientation(target) * logit);
      else this.#other++;
    }
  }

  get result(): SampleHistogram {
    return {
      edges: this.#edges,
      counts: this.#counts,
      left: this.#left,
      right: this.#right,
      nan: this.#nan,
      otherTargets: this.#other,
    };
  }

  #margin(margin: number): void {
    const { from, to } = this.range;
    if (margin >= from && margin <= to) this.#bin(margin);
    else if (margin < from) this.#left++;
    else if (margin > to) this.#right++;
    else this.#nan++;
  }

  #bin(margin: number): void {
    const edges = this.#edges;
    const last = this.#counts.length - 1;
    const { from, to } = this.range;
    let bin = Math.min(last, Math.floor(((margin - from) / (to - from)) * (last + 1)));
    // The division rounds: the edges are what the reader sees.
    while (bin > 0 && margin < (edges[bin] as number)) bin--;
    while (bin < last && margin >= (edges[bin + 1] as number)) bin++;
    (this.#counts[bin] as number)++;
  }
}

/** Margins that lie close together, and all have a gradient of 0. */
interface Bucket {
  count: number;
  least: number;
  greatest: number;
}

/** Counts what a loss is at the samples of one target. */
export class SampleCounter {
  readonly #counts = {
    samples: 0,
    lossNaN: 0,
    lossInfinite: 0,
    gradientNaN: 0,
    gradientInfinite: 0,
    atFloor: 0,
    atCap: 0,
  };
  /** Margins with a gradient of 0, by their first bits, and one by one. */
  readonly #buckets = new Map<number, Bucket>();
  readonly #zeros: Float64Array[] = [];
  readonly #bits = new DataView(new ArrayBuffer(8));

  /** @param summary the thresholds that were measured for the same loss, target and format, on the same backend */
  constructor(private readonly summary: Pick<TargetSummary, 'floor' | 'cap'>) {}

  /** @param margins as they were computed with: rounded to the format */
  add(margins: Float64Array, loss: Float64Array, gradient: Float64Array): void {
    const { floor, cap } = this.summary;
    const counts = this.#counts;
    const zeros: number[] = [];
    for (let i = 0; i < margins.length; i++) {
      const margin = margins[i] as number;
      const value = loss[i] as number;
      const slope = gradient[i] as number;
      if (Number.isNaN(value)) counts.lossNaN++;
      else if (Math.abs(value) === Infinity) counts.lossInfinite++;
      if (Number.isNaN(slope)) counts.gradientNaN++;
      else if (Math.abs(slope) === Infinity) counts.gradientInfinite++;
      else if (slope === 0) zeros.push(margin);
      if (floor && margin >= floor.at && value === floor.value) counts.atFloor++;
      if (cap && margin <= -cap.at && value === cap.value) counts.atCap++;
    }
    counts.samples += margins.length;
    for (const margin of zeros) this.#bucket(margin);
    if (zeros.length > 0) this.#zeros.push(Float64Array.from(zeros));
  }

  /**
   * All counts. Whether an exact gradient is zero is looked at for the least and the greatest of samples that lie close
   * together (within 1/32 of their magnitude); where these two differ, the change between them is searched for.
   *
   * @param isExactlyZero whether the exact gradient at a margin is zero, so that a gradient of 0 is right there
   * @param breathe called before each of those looks, which take some 50 microseconds; may throw to end it
   */
  async result(isExactlyZero: (margin: number) => boolean, breathe: () => Promise<void>): Promise<SampleCounts> {
    const zeroGradient = { right: 0, wrong: 0 };
    let trulyZero = 0;
    const count = (margin: number, samples: number, isTrue: boolean): void => {
      if (isTrue) trulyZero += samples;
      else zeroGradient[margin >= 0 ? 'right' : 'wrong'] += samples;
    };
    const look = async (margin: number): Promise<boolean> => {
      await breathe();
      return isExactlyZero(margin);
    };
    for (const [key, { count: samples, least, greatest }] of this.#buckets) {
      const first = await look(least);
      if (least === greatest || (await look(greatest)) === first) count(least, samples, first);
      else for (const [margin, isTrue] of await this.#divided(key, first, look)) count(margin, 1, isTrue);
    }
    const { floor, cap } = this.summary;
    const { atFloor, atCap, ...counts } = this.#counts;
    return {
      ...counts,
      zeroGradient,
      trulyZero,
      atFloor: floor && Number.isFinite(floor.value) ? atFloor : null,
      atCap: cap && Number.isFinite(cap.value) ? atCap : null,
    };
  }

  /** The margins of a bucket in which the exact gradient begins or ceases to be zero. */
  async #divided(
    key: number,
    first: boolean,
    look: (margin: number) => Promise<boolean>,
  ): Promise<(readonly [margin: number, isZero: boolean])[]> {
    const all = this.#zeros.flatMap((zeros) => [...zeros.filter((margin) => this.#key(margin) === key)]);
    const distinct = [...new Set(all)].sort((a, b) => a - b);
    let [low, high] = [0, distinct.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((await look(distinct[middle] as number)) === first) low = middle;
      else high = middle;
    }
    const last = distinct[low] as number;
    return all.map((margin) => [margin, margin <= last ? first : !first] as const);
  }

  #bucket(margin: number): void {
    const key = this.#key(margin);
    const bucket = this.#buckets.get(key);
    if (!bucket) {
      this.#buckets.set(key, { count: 1, least: margin, greatest: margin });
      return;
    }
    bucket.count++;
    if (margin < bucket.least) bucket.least = margin;
    else if (margin > bucket.greatest) bucket.greatest = margin;
  }

  /** Sign, exponent and five bits of the significand; zeros of either sign are one. */
  #key(margin: number): number {
    this.#bits.setFloat64(0, margin === 0 ? 0 : margin);
    return this.#bits.getUint32(0) >>> 15;
  }
}

/** What a histogram leaves out and how it counts, in sentences. */
export function describeHistogram(
  { counts, left, right, nan, otherTargets }: SampleHistogram,
  hasTargets: boolean,
  targets: readonly Target[],
): string {
  const inside = counts.reduce((sum, each) => sum + each, 0);
  const whole = inside + left + right + nan;
  const outside = [
    ...(left > 0 ? [`${grouped(left)} left of the range`] : []),
    ...(right > 0 ? [`${grouped(right)} right of it`] : []),
    ...(nan > 0 ? [`${grouped(nan)} NaN`] : []),
  ];
  const sentences = [
    `Bars: ${percentOf(inside, whole)} of the margins (${grouped(inside)} of ${grouped(whole)})${outside.length > 0 ? `; ${outside.join(', ')}` : ''}.`,
  ];
  if (whole === 0) sentences[0] = 'No margin to draw.';
  if (otherTargets > 0) {
    sentences.push(
      `${grouped(otherTargets)} ${otherTargets === 1 ? 'sample has a target' : 'samples have targets'} that no curve is drawn for.`,
    );
  }
  if (hasTargets) return sentences.join(' ');
  const isBoth = new Set(targets.flatMap((each) => (each === 'mean' ? [1, -1] : [orientation(each)]))).size === 2;
  const how = isBoth
    ? 'each logit counts twice: as a margin of target 1 (a = z) and of target 0 (a = −z)'
    : `each logit counts as if it had the target of the curves`;
  return [...sentences, `The file has no targets: ${how}.`].join(' ');
}

/** What was counted, in sentences: first at how many samples nothing is learned. */
export function describeSamples(formatName: FormatName, counts: SampleCounts, summary: TargetSummary): string {
  const { samples, zeroGradient, lossNaN, lossInfinite, gradientNaN, gradientInfinite, atFloor, atCap } = counts;
  if (samples === 0) return 'No sample has this target.';
  const format = formatByName(formatName);
  const sentences = [zeroSentence(samples, zeroGradient)];
  const also = (count: number, text: string): void => {
    if (count > 0) sentences.push(`${shareOf(count, samples)} ${text}.`);
  };
  also(atFloor ?? 0, `${has(atFloor)} the loss of the floor, ${valueOf(format, summary.floor)}`);
  also(atCap ?? 0, `${has(atCap)} the loss of the cap, ${valueOf(format, summary.cap)}`);
  also(lossNaN, `${has(lossNaN)} the loss NaN`);
  also(lossInfinite, `${has(lossInfinite)} an infinite loss`);
  also(gradientNaN, `${has(gradientNaN)} the gradient NaN`);
  also(gradientInfinite, `${has(gradientInfinite)} an infinite gradient`);
  return sentences.join(' ');
}

function has(count: number | null): string {
  return count === 1 ? 'has' : 'have';
}

function valueOf(format: NumberFormat, plateau: TargetSummary['floor']): string {
  return plateau ? shortestDecimal(format, plateau.value) : '';
}

function zeroSentence(samples: number, { right, wrong }: SampleCounts['zeroGradient']): string {
  const zero = right + wrong;
  if (zero === 0) {
    return samples === 1
      ? 'The sample does not lie where the gradient is exactly 0 although the exact one is not.'
      : `None of the ${grouped(samples)} samples lies where the gradient is exactly 0 although the exact one is not.`;
  }
  const lie = `${shareOf(zero, samples)} ${zero === 1 ? 'lies' : 'lie'} where the gradient is exactly 0 although the exact one is not`;
  if (wrong === 0) return `${lie}, all on the right side.`;
  const which = right === 0 ? 'all on the wrong side' : `${grouped(wrong)} of them on the wrong side`;
  return `${lie}, ${which}: these errors are never corrected.`;
}

function shareOf(count: number, samples: number): string {
  return `${percentOf(count, samples)} of the samples (${grouped(count)} of ${grouped(samples)})`;
}

/** Two digits; never 0 % or 100 % of what isn't none or all. */
export function percentOf(count: number, whole: number): string {
  const percent = (100 * count) / whole;
  if (count === whole && whole > 0) return '100 %';
  if (percent < 99) return `${Number(percent.toPrecision(2)).toString()} %`;
  let digits = 1;
  while (digits < 12 && Number(percent.toFixed(digits)) >= 100) digits++;
  return `${percent.toFixed(digits)} %`;
}

/** 123456 as 123,456. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
