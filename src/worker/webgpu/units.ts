import { absolute, add, divide, multiply, sqrt, subtract, variable, type Expression } from '../../expression';
import { compileModel, formats } from '../../numeric';
import { BackendError } from '../backend';
import type { Evaluator } from '../evaluator';
import type { Units } from './library';

const [x, y] = [variable('x'), variable('y')];

/** What each unit is asked; among it what tempts compilers: to contract a product and a sum, to undo a sum. */
const questions: Readonly<Record<keyof Units, readonly Expression[]>> = {
  sum: [add(x, y), subtract(x, y), subtract(add(x, y), x), subtract(x, x)],
  product: [multiply(x, y), subtract(1, multiply(x, y)), add(multiply(x, y), multiply(y, y))],
  quotient: [divide(x, y), multiply(divide(x, y), y)],
  root: [sqrt(x), sqrt(absolute(x)), sqrt(multiply(x, x))],
};

/**
 * What can be left to a device's own float32 units: for each operation the most that gives the model evaluator's results
 * for thousands of numbers of every kind, to the last bit. WGSL lets a device round either way, take subnormals for zero,
 * and divide with an error of 2.5 ULP.
 * @param open makes an evaluator that computes with such units
 * @throws BackendError where not even integers come out right
 */
export async function findUnits(open: (units: Units) => Evaluator): Promise<Units> {
  let units: Units = { sum: 'integers', product: 'integers', quotient: 'integers', root: 'integers' };
  for (const [unit, choices] of [
    ['sum', ['device', 'checked', 'integers']],
    ['product', ['device', 'checked', 'integers']],
    ['quotient', ['device', 'integers']],
    ['root', ['device', 'integers']],
  ] as const) {
    let found = false;
    for (const choice of choices) {
      units = { ...units, [unit]: choice };
      const evaluator = open(units);
      found = await computesAsModel(evaluator, questions[unit]);
      if (found) break;
      if (choice === 'integers') {
        throw new BackendError(
          'unusable',
          `${evaluator.identity.device} computes wrongly, even with integers (${unit}).`,
          'Update the driver of the device.',
        );
      }
    }
  }
  return units;
}

/** In sentences, what the device itself computes. */
export function describeUnits(units: Units): string {
  const names = { sum: 'sums', product: 'products', quotient: 'quotients', root: 'square roots' } as const;
  const those = (wanted: string): string =>
    (['sum', 'product', 'quotient', 'root'] as const)
      .filter((unit) => units[unit] === wanted)
      .map((unit) => names[unit])
      .join(', ');
  const [all, normal] = [those('device'), those('checked')];
  const parts = [...(all ? [all] : []), ...(normal ? [`${normal} of normal numbers`] : [])];
  const ours = 'by integer code of Lossfloor, the same on every device';
  if (parts.length === 0) return `Everything is computed ${ours}.`;
  return `The device's float32 units compute ${parts.join('; ')}. Everything else is computed ${ours}.`;
}

async function computesAsModel(evaluator: Evaluator, outputs: readonly Expression[]): Promise<boolean> {
  const inputs = [samples(1), samples(2)];
  const expected = outputs.map(() => new Float64Array(sampleCount));
  compileModel(outputs, ['x', 'y'], formats.float32)(sampleCount, inputs, expected);
  const prepared = evaluator.prepare(outputs, ['x', 'y'], formats.float32);
  const computed = await prepared.evaluate(inputs, { breathe: () => Promise.resolve() });
  return expected.every((values, j) => values.every((value, k) => Object.is(value, computed[j]?.[k])));
}

const sampleCount = 32_768;

/** What numbers are made of: masks of random bits, and what is set in them. */
const kinds = [
  // Every bit pattern, NaNs and infinities among them; from 1/2 to 2; infinities, NaNs and the largest numbers.
  ...[
    { random: 0xffffffff, set: 0 },
    { random: 0x80ffffff, set: 0x3f000000 },
    { random: 0x80ffffff, set: 0x7f000000 },
  ],
  // Subnormals and the smallest normal numbers; numbers whose squares are such; zeros and infinities.
  ...[
    { random: 0x83ffffff, set: 0 },
    { random: 0x80ffffff, set: 0x1f800000 },
    { random: 0x80000000, set: 0 },
    { random: 0x80000000, set: 0x7f800000 },
  ],
];

/** Some float32 numbers; every kind of one operand meets every kind of the other. */
function samples(operand: 1 | 2): Float64Array {
  const bits = new Uint32Array(sampleCount);
  let state = operand * 0x9e3779b1;
  for (let i = 0; i < sampleCount; i++) {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const turn = operand === 1 ? i : Math.floor(i / kinds.length);
    const { random, set } = kinds[turn % kinds.length] as (typeof kinds)[number];
    bits[i] = (state & random) | set;
  }
  return Float64Array.from(new Float32Array(bits.buffer));
}
