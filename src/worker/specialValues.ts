import { arity, operation, variable, type Expression, type Operator } from '../expression';
import { compileModel, formats, type FormatName } from '../numeric';
import { BackendError } from './backend';
import type { Evaluator } from './evaluator';

const operators = [
  ...(['exp', 'log', 'log1p', 'expm1', 'sqrt', 'absolute', 'sign', 'floor', 'round', 'tanh', 'erf'] as const),
  ...(['sigmoid', 'logSigmoid', 'softplus', 'minimum', 'maximum', 'divide'] as const),
] satisfies readonly Operator[];

const values = [NaN, Infinity, -Infinity, 0, -0];

/** Formats whose functions are looked at: the others are computed by the same. */
const looked: readonly FormatName[] = ['float64', 'float32'];

/** Mismatches that are told; the self-test has them all. */
const told = 6;

/**
 * What a device makes of NaN, infinities and zeros otherwise than the format has it, in sentences: "sign(NaN) is 0."
 * Nobody waits for a cancellation here.
 */
export async function specialValueNotes(evaluator: Evaluator, has: readonly FormatName[]): Promise<string[]> {
  const differing = new Set<string>();
  const signs = new Set<string>();
  const [a, b] = [variable('a'), variable('b')];
  const pairs = values.flatMap((first) => values.map((second): [number, number] => [first, second]));
  const inputs = [0, 1].map((i) => Float64Array.from(pairs, (pair) => pair[i] as number));
  for (const name of looked.filter((each) => has.includes(each))) {
    for (const operator of operators) {
      const unary = arity[operator] === 1;
      const expression: Expression = unary ? operation(operator, a) : operation(operator, a, b);
      const expected = new Float64Array(pairs.length);
      compileModel([expression], ['a', 'b'], formats[name])(pairs.length, inputs, [expected]);
      const got = await valuesOf(evaluator, expression, name, inputs);
      got?.forEach((value, i) => {
        if (Object.is(value, expected[i])) return;
        if (value === expected[i]) {
          signs.add(operator);
          return;
        }
        const operands = (pairs[i] as [number, number]).slice(0, unary ? 1 : 2).map(text);
        differing.add(`${operator}(${operands.join(', ')}) is ${text(value)}`);
      });
    }
  }
  const all = [...differing];
  const more = all.length > told ? `, and ${String(all.length - told)} more are not as the format has them` : '';
  return [
    ...(all.length === 0 ? [] : [`${all.slice(0, told).join(', ')}${more}.`]),
    ...(signs.size === 0 ? [] : [`A zero may have the other sign in ${[...signs].join(', ')}.`]),
  ];
}

/** Undefined where the framework lacks the function, or fails in it. */
async function valuesOf(
  evaluator: Evaluator,
  expression: Expression,
  name: FormatName,
  inputs: readonly Float64Array[],
): Promise<Float64Array | undefined> {
  try {
    const prepared = evaluator.prepare([expression], ['a', 'b'], formats[name]);
    return (await prepared.evaluate(inputs, { breathe: () => Promise.resolve() }))[0];
  } catch (error) {
    if (error instanceof BackendError) return undefined;
    throw error;
  }
}

function text(value: number): string {
  return String(Object.is(value, -0) ? '-0' : value).replace('-', '−');
}
