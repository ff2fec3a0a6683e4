import assert from 'node:assert/strict';
import {
  absolute,
  add,
  divide,
  exp,
  expm1,
  log,
  log1p,
  logSigmoid,
  logSoftmax,
  logSumExp,
  maximum,
  minimum,
  multiply,
  negate,
  power,
  select,
  less,
  sigmoid,
  softmax,
  softplus,
  sqrt,
  subtract,
  tanh,
  variable,
  type Expression,
} from '../../src/expression';
import { losses } from '../../src/losses';
import { subjectAt } from '../../src/measure';
import { compileExact, formats, type ExactFunction } from '../../src/numeric';
import { Balls } from '../../src/numeric/balls';
import * as bf from '../../src/numeric/bigfloat';

let seed = 20261122;
/** mulberry32 */
function random(): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const between = (low: number, high: number): number => low + random() * (high - low);
/** Of any magnitude from 2^-low to 2^high. */
const anySize = (low: number, high: number): number => (1 + random()) * 2 ** Math.floor(between(low, high + 1));
const anySign = (x: number): number => (random() < 0.5 ? -x : x);

const precision = 300;
type Unary = (x: bf.BigFloat) => bf.BigFloat;
const wide =
  (f: (x: bf.BigFloat, precision: number, direction: bf.Direction) => bf.BigFloat): Unary =>
  (x) =>
    f(x, precision, 'down');

function holds(balls: Balls, register: number, value: bf.BigFloat, message: string): void {
  const { low, high } = balls.bounds(register);
  assert.ok(bf.compare(low, value) <= 0 && bf.compare(value, high) <= 0, message);
}

describe('balls', () => {
  const cases: [string, (balls: Balls, o: number, a: number) => void, Unary, () => number][] = [
    ['exp', (b, o, a) => b.exp(o, a), wide(bf.exponential), () => anySign(anySize(-140, 11))],
    ['expm1', (b, o, a) => b.expm1(o, a), wide(bf.exponentialLessOne), () => anySign(anySize(-140, 9))],
    ['log', (b, o, a) => b.log(o, a), wide(bf.logarithm), () => anySize(-1000, 1000)],
    ['log near 1', (b, o, a) => b.log(o, a), wide(bf.logarithm), () => 1 + anySign(anySize(-52, -3))],
    ['log1p', (b, o, a) => b.log1p(o, a), wide(bf.logarithmOnePlus), () => anySize(-200, 20)],
    ['log1p below 0', (b, o, a) => b.log1p(o, a), wide(bf.logarithmOnePlus), () => -anySize(-200, -2)],
    ['sqrt', (b, o, a) => b.sqrt(o, a), wide(bf.squareRoot), () => anySize(-1000, 1000)],
  ];
  for (const [name, operation, exact, sample] of cases) {
    it(`${name} contains the value`, () => {
      const balls = new Balls(4);
      for (let i = 0; i < 3000; i++) {
        const [x, y] = [sample(), 1 + 2 ** -9 * between(-1, 0.5)];
        // x, and x times y, which has the bits of two numbers and may have a radius.
        balls.setNumber(0, x);
        balls.setNumber(1, y);
        balls.multiply(1, 0, 1);
        for (const [register, argument] of [
          [0, bf.fromNumber(x)],
          [1, bf.multiply(bf.fromNumber(x), bf.fromNumber(y), precision, 'down')],
        ] as const) {
          operation(balls, 3, register);
          assert.ok(!balls.isUnknown(3), String(x));
          holds(balls, 3, exact(argument), `${name} at ${String(x)}`);
        }
      }
    });
  }

  it('add, subtract, multiply and divide contain the value', () => {
    const balls = new Balls(7);
    for (let i = 0; i < 5000; i++) {
      const numbers = Array.from({ length: 4 }, () => anySign(anySize(-60, 60)));
      numbers.forEach((x, k) => balls.setNumber(k, x));
      const [a, b, c, d] = numbers.map(bf.fromNumber) as [bf.BigFloat, bf.BigFloat, bf.BigFloat, bf.BigFloat];
      // (a + b) / c * d - a d / c, which nearly cancels.
      balls.add(4, 0, 1);
      balls.divide(4, 4, 2);
      balls.multiply(4, 4, 3);
      balls.multiply(5, 0, 3);
      balls.divide(5, 5, 2);
      balls.subtract(6, 4, 5);
      const quotient = bf.divide(bf.add(a, b, precision, 'down'), c, precision, 'down');
      const left = bf.multiply(quotient, d, precision, 'down');
      const right = bf.divide(bf.multiply(a, d, precision, 'down'), c, precision, 'down');
      if (balls.isUnknown(6)) continue;
      holds(balls, 6, bf.add(left, bf.negate(right), precision, 'down'), numbers.join());
    }
  });

  it('give what intervals give, for every mathematical loss and gradient', () => {
    for (const entry of losses) {
      for (const target of [0, 1, 0.3]) {
        if (entry.binaryTargets && target === 0.3) continue;
        const { exactLoss, exactGradient } = subjectAt(entry.build(), target);
        for (const expression of [exactLoss, exactGradient]) sameAsIntervals(expression, 'm');
      }
    }
  });

  it('give what intervals give, for every loss as it is computed, where a decision is close too', () => {
    for (const entry of losses) {
      const { loss, gradient } = subjectAt(entry.build(), 1);
      for (const expression of [loss, gradient]) sameAsIntervals(expression, 'm');
    }
  });

  it('give what intervals give, for every operator', () => {
    const x = variable('x');
    const forms: Expression[] = [
      ...[tanh(x), sigmoid(x), logSigmoid(x), softplus(x), softmax(x, 1, 2), logSoftmax(x, 0), logSumExp(x, -1, 0.1)],
      ...[power(x, 3), power(x, -2), power(absolute(x), 0.7), power(exp(x), x), power(0, x), divide(1, subtract(x, 1))],
      ...[maximum(x, 0.1), minimum(x, 1), select(less(x, 0), sqrt(negate(x)), log(x)), log1p(x), expm1(x)],
      ...[multiply(0, divide(1, x)), subtract(softplus(x), x), add(tanh(x), tanh(negate(x)))],
    ];
    for (const form of forms) sameAsIntervals(form, 'x');
  });
});

/** Compares at places of every magnitude. */
function sameAsIntervals(expression: Expression, name: string): void {
  const [exact, byIntervals] = [true, false].map((filter) =>
    compileExact(expression, [name], { maxPrecision: 384, filter }),
  ) as [ExactFunction, ExactFunction];
  const special = [0, 1, -1, 0.5, 20, -20, Infinity, -Infinity, NaN, 1e-320, 1e300, 5e-324, 745, -745];
  for (let i = 0; i < 40; i++) {
    const x = special[i] ?? anySign(anySize(-70, 12));
    for (const format of [formats.float64, formats.float32, formats.bfloat16]) {
      assert.equal(exact.round(format, x), byIntervals.round(format, x), `${format.name} at ${String(x)}`);
    }
    assert.equal(exact.isZero(x), byIntervals.isZero(x), `zero at ${String(x)}`);
  }
}
