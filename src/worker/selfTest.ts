import {
  add,
  divide,
  exp,
  expm1,
  log,
  log1p,
  multiply,
  operation,
  sqrt,
  subtract,
  variable,
  type Expression,
} from '../expression';
import { compileModel, formatByName, shortestDecimal, type FormatName, type NumberFormat } from '../numeric';
import type { FunctionAccuracy, SelfTest } from '../protocol';
import type { Evaluator, Pacer } from './evaluator';

const x = variable('x');

/** What losses are made of. */
const functions: readonly (readonly [string, Expression])[] = [
  ['x + 1', add(x, 1)],
  ['1 - x', subtract(1, x)],
  ['3 * x', multiply(3, x)],
  ['1 / x', divide(1, x)],
  ['sqrt', sqrt(x)],
  ['exp', exp(x)],
  ['expm1', expm1(x)],
  ['log', log(x)],
  ['log1p', log1p(x)],
  ['tanh', operation('tanh', x)],
  ['sigmoid', operation('sigmoid', x)],
  ['softplus', operation('softplus', x)],
];

/** Numbers spread evenly over all of a format's, and as many over the arguments that losses have. */
const spread = 4096;

/** A backend whose functions are further off is of no use to tell rounding by. */
const mostUlp = 64;

/** How many points may be so near to overflow that an error of a unit decides. */
const mostOverflows = 2;

/** How many differences are told. */
const told = 8;

/** Compares what an evaluator computes with `model`, which rounds every operation correctly. */
export async function selfTest(evaluator: Evaluator, formatName: FormatName, pacer: Pacer): Promise<SelfTest> {
  const started = performance.now();
  const format = formatByName(formatName);
  const points = testPoints(format);
  const expressions = functions.map(([, expression]) => expression);
  const computed = await evaluator.prepare(expressions, ['x'], format).evaluate([points], pacer);
  const expected = expressions.map(() => new Float64Array(points.length));
  compileModel(expressions, ['x'], format)(points.length, [points], expected);
  const differences: string[] = [];
  let flushesSubnormals = false;
  const accuracies: FunctionAccuracy[] = functions.map(([name], index) => {
    const [ours, theirs] = [expected[index] as Float64Array, computed[index] as Float64Array];
    let worst: FunctionAccuracy = { name, ulp: 0, at: 0 };
    let overflows = 0;
    for (let i = 0; i < points.length; i++) {
      const [at, right, got] = [points[i] as number, ours[i] as number, theirs[i] as number];
      if (Object.is(right, got) || (Number.isNaN(right) && Number.isNaN(got))) continue;
      // A result that became 0, or what comes of an argument that did: the first two points are 0 and -0.
      const ofZero = ours[at < 0 ? 1 : 0];
      if ((isSubnormal(right, format) && got === 0) || (isSubnormal(at, format) && got === ofZero)) {
        flushesSubnormals = true;
        continue;
      }
      const isSpecial = !Number.isFinite(right) || !Number.isFinite(got) || (right === 0) !== (got === 0);
      // Next to overflow an error of a unit decides, which few of the points are.
      if (isSpecial && !(isNextToOverflow(right, got, format) && ++overflows <= mostOverflows)) {
        differences.push(`${name} of ${shortestDecimal(format, at)} is ${print(got)} instead of ${print(right)}`);
        continue;
      }
      const ulp = distance(right, got, format);
      if (ulp > worst.ulp) worst = { name, ulp, at };
    }
    return worst;
  });
  return {
    format: formatName,
    points: points.length,
    functions: accuracies,
    differences: differences.slice(0, told),
    flushesSubnormals,
    passed: differences.length === 0 && accuracies.every(({ ulp }) => ulp <= mostUlp),
    milliseconds: Math.round(performance.now() - started),
  };
}

function testPoints(format: NumberFormat): Float64Array {
  const last = format.ordinal(format.max);
  const step = last / BigInt(spread / 2);
  const values = [0, -0, 1, -1, Infinity, -Infinity, NaN, format.max, -format.max, format.smallestNormal];
  for (let i = 1n; i * step < last; i++) {
    const value = format.fromOrdinal(i * step);
    values.push(value, -value);
  }
  for (let i = 0; i <= spread; i++) values.push(format.round(-20 + (40 * i) / spread));
  return Float64Array.from(values.map((value) => format.round(value)));
}

function isSubnormal(value: number, { smallestNormal }: NumberFormat): boolean {
  return value !== 0 && Math.abs(value) < smallestNormal;
}

function isNextToOverflow(a: number, b: number, { max }: NumberFormat): boolean {
  if (Number.isNaN(a) || Number.isNaN(b) || Math.sign(a) !== Math.sign(b)) return false;
  const smaller = Math.min(Math.abs(a), Math.abs(b));
  return Math.max(Math.abs(a), Math.abs(b)) === Infinity && smaller > max * (1 - 1e-4);
}

function distance(a: number, b: number, format: NumberFormat): number {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return 1;
  const difference = format.ordinal(a) - format.ordinal(b);
  return Number(difference < 0n ? -difference : difference);
}

function print(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(6) : String(value);
}
