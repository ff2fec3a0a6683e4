import { differentiate, structuralKey, type Expression } from '../expression';
import { compileExact, compileModelAtPoint, isExhaustible, nonNegativeValues, type NumberFormat } from '../numeric';

/** Where a computation ends for good: for every x from `from` outward to the largest finite x of the format. */
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
 * Where `value`, a function of the one variable, and its gradient (the framework's backward pass) fail in `format`,
 * found to the last float by measuring with the model evaluator. Remembered, since the same patterns come again.
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
  const gradient = differentiate(value, variable);
  const evaluate = compileModelAtPoint([value, gradient], [variable], format);
  const exact = {
    value: compileExact(value, [variable], { maxPrecision: 768 }),
    gradient: compileExact(differentiate(value, variable, 'mathematical'), [variable], { maxPrecision: 768 }),
  };
  const magnitudes = samplesOf(format);
  const failures: Failure[] = [];
  for (const side of ['below', 'above'] as const) {
    const sign = side === 'above' ? 1 : -1;
    (['value', 'gradient'] as const).forEach((of, index) => {
      const classAt = (magnitude: number): Failure['becomes'] | undefined =>
        classify(evaluate(sign * magnitude)[index] as number);
      const becomes = classAt(format.max);
      if (!becomes) return;
      const from = sign * firstOfFinalRun(magnitudes, format, (magnitude) => classAt(magnitude) === becomes);
      if (becomes === 'zero' && exact[of].isZero(from) === true) return;
      failures.push({ of, becomes, side, from });
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
  if (isExhaustible(format)) return nonNegativeValues(format);
  const known = sampleCache.get(format.name);
  if (known) return known;
  const limit = format.name === 'float64' ? 1024 : 128;
  const last = format.ordinal(format.max);
  const count = 2048n;
  const samples = new Set<number>();
  for (let x = 0; x <= limit; x += 1 / 32) samples.add(x);
  for (let i = 0n; i <= count; i++) samples.add(format.fromOrdinal((last * i) / count));
  const sorted = Float64Array.from(samples).sort();
  sampleCache.set(format.name, sorted);
  return sorted;
}

const sampleCache = new Map<string, Float64Array>();

/** How many neighbouring floats are looked at one by one, in case a threshold flickers. */
const flicker = 256n;

/**
 * The least magnitude from which on `holds` is true up to the largest finite one, where it is known to hold: the last
 * sample at which it doesn't is found, then the last float.
 */
function firstOfFinalRun(samples: Float64Array, format: NumberFormat, holds: (magnitude: number) => boolean): number {
  let index = samples.length - 1;
  while (index >= 0 && holds(samples[index] as number)) index--;
  if (index < 0) return 0;
  let fails = format.ordinal(samples[index] as number);
  let good = format.ordinal(samples[index + 1] as number);
  while (good - fails > 1n) {
    const middle = (good + fails) / 2n;
    if (holds(format.fromOrdinal(middle))) good = middle;
    else fails = middle;
  }
  const last = format.ordinal(format.max);
  for (let next = good + 1n; next <= last && next <= good + flicker; next++) {
    if (!holds(format.fromOrdinal(next))) good = next + 1n;
  }
  return format.fromOrdinal(good);
}
