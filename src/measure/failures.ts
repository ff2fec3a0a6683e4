import { differentiate, structuralKey, type Expression } from '../expression';
import { compileExact, compileModel, isExhaustible, nonNegativeValues, type NumberFormat } from '../numeric';

/**
 * What a computation becomes from `from` outward, up to the largest finite x of the format or to the next failure on
 * its side: an infinity can turn into NaN farther out.
 */
export interface Failure {
  readonly of: 'value' | 'gradient';
  /** `zero` only where the exact value is not zero, and of a gradient where the value itself is not NaN. */
  readonly becomes: 'NaN' | 'Infinity' | '-Infinity' | 'zero';
  /** `above`: for all x >= from; `below`: for all x <= from, which may lie on the other side of 0. */
  readonly side: 'above' | 'below';
  readonly from: number;
}

const cache = new Map<string, readonly Failure[]>();

/**
 * Values of several functions at all samples of one side, each block computed when it is first asked for: what is
 * looked at is the failing end, and the most part of the 65,536 values of a format is none.
 */
class Samples {
  readonly #blocks: (Float64Array[] | undefined)[] = [];

  constructor(
    readonly magnitudes: Float64Array,
    readonly sign: 1 | -1,
    readonly evaluate: (xs: Float64Array) => Float64Array[],
  ) {}

  /** The values of one of the functions, by the number of the sample. */
  of(output: number): (index: number) => number {
    return (index) => {
      const block = Math.floor(index / blockSize);
      this.#blocks[block] ??= this.evaluate(
        this.magnitudes.subarray(block * blockSize, (block + 1) * blockSize).map((magnitude) => this.sign * magnitude),
      );
      return this.#blocks[block][output]?.[index % blockSize] as number;
    };
  }
}

const blockSize = 512;

/**
 * Where `value`, a function of the one variable, and its gradient (the framework's backward pass) fail for good in
 * `format`, found to the last float by measuring with the model evaluator. On each side from the inside outward.
 * Remembered, since the same patterns come again.
 */
export function failuresOf(value: Expression, variable: string, format: NumberFormat): readonly Failure[] {
  const key = `${format.name} ${variable} ${structuralKey(value)}`;
  let failures = cache.get(key);
  if (!failures) {
    failures = measureFailures(value, variable, format);
    cache.set(key, failures);
  }
  return failures;
}

function measureFailures(value: Expression, variable: string, format: NumberFormat): Failure[] {
  const functions = [value, differentiate(value, variable)];
  const kernel = compileModel(functions, [variable], format);
  const evaluate = (xs: Float64Array): Float64Array[] => {
    const results = functions.map(() => new Float64Array(xs.length));
    kernel(xs.length, [xs], results);
    return results;
  };
  const point = new Float64Array(1);
  const atPoint = functions.map(() => new Float64Array(1));
  const valueAt = (x: number, output: number): number => {
    point[0] = x;
    kernel(1, [point], atPoint);
    return atPoint[output]?.[0] as number;
  };
  const isExactlyZero = (x: number, output: number): boolean => {
    const expression = output === 0 ? value : differentiate(value, variable, 'mathematical');
    return compileExact(expression, [variable], { maxPrecision: 768 }).isZero(x) === true;
  };
  const magnitudes = samplesOf(format);
  const failures: Failure[] = [];
  const samples = { below: new Samples(magnitudes, -1, evaluate), above: new Samples(magnitudes, 1, evaluate) };
  for (const side of ['below', 'above'] as const) {
    const sign = side === 'above' ? 1 : -1;
    (['value', 'gradient'] as const).forEach((of, index) => {
      const results = samples[side].of(index);
      const classOf = (x: number): Failure['becomes'] | undefined => classify(valueAt(x, index));
      const classAt = (magnitude: number): Failure['becomes'] | undefined => classOf(sign * magnitude);
      const found: Failure[] = [];
      let end = magnitudes.length - 1;
      while (end >= 0) {
        const becomes = classify(results(end));
        // Farther in only what isn't finite belongs to the failure; zeros there are the format's ordinary business.
        if (!becomes || (becomes === 'zero' && found.length > 0)) break;
        let before = end;
        while (before >= 0 && classify(results(before)) === becomes) before--;
        const from = sign * firstOfRun(magnitudes, before, format, (magnitude) => classAt(magnitude) === becomes);
        if (becomes === 'zero' && (isExactlyZero(from, index) || Number.isNaN(valueAt(from, 0)))) break;
        found.unshift({ of, becomes, side, from });
        end = before;
      }
      if (end < 0) {
        const other = samples[side === 'above' ? 'below' : 'above'].of(index);
        const beyond = runsFromZero(magnitudes, other, format, (magnitude) => classOf(-sign * magnitude));
        for (const { becomes, last } of beyond) {
          // What fails up to 0 goes on failing there, or fails in another way.
          if (found[0]?.becomes === becomes) found.shift();
          found.unshift({ of, becomes, side, from: last === 0 ? sign * 0 : -sign * last });
        }
      }
      failures.push(...found);
    });
  }
  return failures;
}

/**
 * What a computation becomes from 0 outward until it no longer fails, with the last magnitude of each; nothing if it
 * always fails.
 */
function runsFromZero(
  magnitudes: Float64Array,
  results: (index: number) => number,
  format: NumberFormat,
  classAt: (magnitude: number) => Failure['becomes'] | undefined,
): { readonly becomes: Failure['becomes']; readonly last: number }[] {
  const runs: { becomes: Failure['becomes']; last: number }[] = [];
  let start = 0;
  for (;;) {
    const becomes = classify(results(start));
    if (!becomes || becomes === 'zero') return runs;
    let after = start;
    while (after < magnitudes.length && classify(results(after)) === becomes) after++;
    if (after === magnitudes.length) return [];
    let good = format.ordinal(magnitudes[after - 1] as number);
    let fails = format.ordinal(magnitudes[after] as number);
    while (fails - good > 1n) {
      const middle = (good + fails) / 2n;
      if (classAt(format.fromOrdinal(middle)) === becomes) good = middle;
      else fails = middle;
    }
    runs.push({ becomes, last: format.fromOrdinal(good) });
    start = after;
  }
}

function classify(x: number): Failure['becomes'] | undefined {
  if (Number.isNaN(x)) return 'NaN';
  if (x === 0) return 'zero';
  if (x === Infinity) return 'Infinity';
  return x === -Infinity ? '-Infinity' : undefined;
}

/**
 * Magnitudes to look at, in order, the largest finite one included: all of them for the formats of 16 bits and fewer;
 * else densely where losses live and then evenly over the bit patterns.
 */
export function samplesOf(format: NumberFormat): Float64Array {
  const known = sampleCache.get(format.name) ?? makeSamples(format);
  sampleCache.set(format.name, known);
  return known;
}

const sampleCache = new Map<string, Float64Array>();

function makeSamples(format: NumberFormat): Float64Array {
  if (isExhaustible(format)) return nonNegativeValues(format);
  const limit = format.name === 'float64' ? 1024 : 128;
  const last = format.ordinal(format.max);
  const count = 2048n;
  const samples = new Set<number>();
  for (let x = 0; x <= limit; x += 1 / 32) samples.add(x);
  for (let i = 0n; i <= count; i++) samples.add(format.fromOrdinal((last * i) / count));
  return Float64Array.from(samples).sort();
}

/** How many neighbouring floats are looked at one by one, in case a threshold flickers. */
const flicker = 256n;

/**
 * The least magnitude from which on `holds` is true: it is at the sample after `before` and isn't at that one. Found to
 * the last float.
 */
function firstOfRun(
  samples: Float64Array,
  before: number,
  format: NumberFormat,
  holds: (magnitude: number) => boolean,
): number {
  if (before < 0) return 0;
  let fails = format.ordinal(samples[before] as number);
  let good = format.ordinal(samples[before + 1] as number);
  while (good - fails > 1n) {
    const middle = (good + fails) / 2n;
    if (holds(format.fromOrdinal(middle))) good = middle;
    else fails = middle;
  }
  // Every value of the small formats has been looked at; of the others the neighbours, in case the threshold flickers.
  if (!isExhaustible(format)) {
    let interrupted = false;
    for (let next = good + 1n, end = good + flicker; next <= end; next++) {
      const holdsHere = holds(format.fromOrdinal(next));
      // What doesn't hold again is another failure, which begins here.
      if (holdsHere && interrupted) good = next;
      interrupted = !holdsHere;
    }
  }
  return format.fromOrdinal(good);
}
