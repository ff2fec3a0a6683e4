import { differentiate, structuralKey, type Expression } from '../expression';
import { compileExact, compileModel, isExhaustible, nonNegativeValues, type NumberFormat } from '../numeric';

/**
 * What a computation becomes from `from` outward, up to the largest finite x of the format or to the next failure on
 * its side: an infinity can turn into NaN farther out.
 */
export interface Failure {
  readonly of: 'value' | 'gradient';
  /** `zero` only where the exact value is not zero. */
  readonly becomes: 'NaN' | 'Infinity' | '-Infinity' | 'zero';
  /** `above`: for all x >= from; `below`: for all x <= from. */
  readonly side: 'above' | 'below';
  readonly from: number;
}

const cache = new Map<string, readonly Failure[]>();

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
  const exact = [value, differentiate(value, variable, 'mathematical')].map((expression) =>
    compileExact(expression, [variable], { maxPrecision: 768 }),
  );
  const magnitudes = samplesOf(format);
  const failures: Failure[] = [];
  for (const side of ['below', 'above'] as const) {
    const sign = side === 'above' ? 1 : -1;
    const samples = evaluate(magnitudes.map((magnitude) => sign * magnitude));
    (['value', 'gradient'] as const).forEach((of, index) => {
      const results = samples[index] as Float64Array;
      const classAt = (magnitude: number): Failure['becomes'] | undefined =>
        classify(evaluate(Float64Array.of(sign * magnitude))[index]?.[0] as number);
      const found: Failure[] = [];
      let end = results.length - 1;
      while (end >= 0) {
        const becomes = classify(results[end] as number);
        // Farther in only what isn't finite belongs to the failure; zeros there are the format's ordinary business.
        if (!becomes || (becomes === 'zero' && found.length > 0)) break;
        let before = end;
        while (before >= 0 && classify(results[before] as number) === becomes) before--;
        const from = sign * firstOfRun(magnitudes, before, format, (magnitude) => classAt(magnitude) === becomes);
        if (becomes === 'zero' && exact[index]?.isZero(from) === true) break;
        found.unshift({ of, becomes, side, from });
        end = before;
      }
      failures.push(...found);
    });
  }
  return failures;
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
    for (let next = good + 1n; next <= good + flicker; next++) {
      if (!holds(format.fromOrdinal(next))) good = next + 1n;
    }
  }
  return format.fromOrdinal(good);
}
