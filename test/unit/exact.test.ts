import assert from 'node:assert/strict';
import {
  absolute,
  add,
  clip,
  differentiate,
  divide,
  equal,
  exp,
  expm1,
  floor,
  less,
  lessEqual,
  log,
  log1p,
  logAddExp,
  logSigmoid,
  logSoftmax,
  logSumExp,
  maximum,
  minimum,
  multiply,
  negate,
  operation,
  power,
  round,
  select,
  sigmoid,
  softmax,
  softplus,
  sqrt,
  subtract,
  tanh,
  variable,
  type Expression,
} from '../../src/expression';
import { compileExact, exactNumber, formats, neighbour } from '../../src/numeric';

const x = variable('x');
const decimal = (expression: Expression, at: number, digits = 30): string | undefined =>
  compileExact(expression, ['x']).decimal(digits, at);

describe('exact evaluation', () => {
  it('gives the digits that mpmath gives', () => {
    // mpmath 1.3, mp.dps = 40; arguments are exactly the float64 written.
    const cases: [Expression, number, string][] = [
      [exp(x), 1, '2.71828182845904523536028747135'],
      [exp(x), -700.5, '5.9801961186397912064121073305e-305'],
      [log(x), 10, '2.30258509299404568401799145468'],
      [log(x), 0.1, '-2.30258509299404562850684022343'],
      [log1p(x), 1e-20, '9.9999999999999994514827145421e-21'],
      [expm1(x), -1e-20, '-9.9999999999999994514827145421e-21'],
      [sqrt(x), 2, '1.41421356237309504880168872421'],
      [tanh(x), 0.5, '0.462117157260009758502318483644'],
      [sigmoid(x), -3, '0.0474258731775667808788481517718'],
      [softplus(x), -50, '1.92874984796391778301715681273e-22'],
      [log(subtract(1, sigmoid(x))), 50, '-50.000000000000000000000192875'],
    ];
    for (const [expression, at, digits] of cases) {
      assert.equal(decimal(expression, at), digits, String(at));
    }
  });

  it('rounds correctly: the result is the nearest of all values of the format', () => {
    const exact = compileExact(softplus(x), ['x']);
    for (const name of ['float32', 'bfloat16', 'float16'] as const) {
      const format = formats[name];
      for (let at = -20; at < 20; at += 0.37) {
        const rounded = exact.round(format, at);
        const error = (candidate: number): number => Math.abs(exactNumber(subtract(softplus(x), candidate), { x: at }));
        for (const step of [1n, -1n]) {
          assert.ok(error(rounded) <= error(neighbour(format, rounded, step)), `${name} at ${String(at)}`);
        }
      }
    }
  });

  it('settles where float64 fails', () => {
    assert.equal(decimal(log(subtract(1, sigmoid(x))), 1000, 20), '-1000');
    assert.equal(exactNumber(subtract(exp(1e-30), 1), {}), 1e-30);
    assert.equal(exactNumber(subtract(add(1, x), 1), { x: 1e-300 }), 1e-300);
  });

  it('takes constants for the decimals that they were written as', () => {
    assert.equal(decimal(multiply(1e7, 1e-7), 0), '1');
    assert.equal(decimal(add(0.1, -0.3), 0), '-0.2');
    assert.equal(compileExact(subtract(add(0.25, 0.5), 0.75), []).isZero(), true);
    assert.equal(compileExact(subtract(x, 0.1), ['x']).isZero(0.1), false, 'a variable is its float64');
  });

  it('follows the branch that is taken, and knows what is undefined', () => {
    assert.equal(decimal(select(less(x, 0), log(x), x), 3), '3');
    assert.equal(decimal(log(x), -1), 'NaN');
    assert.equal(decimal(log(x), 0), '-Infinity');
    assert.equal(decimal(sqrt(negate(x)), 2), 'NaN');
    assert.equal(decimal(divide(0, x), 0), 'NaN');
    assert.equal(decimal(multiply(x, log(x)), 0), 'NaN');
    assert.equal(decimal(divide(1, x), 0), 'Infinity');
    assert.equal(decimal(x, NaN), 'NaN');
  });

  it('agrees across mathematically equal forms to 30 digits, at random points', () => {
    const pairs: [Expression, Expression][] = [
      [log(sigmoid(x)), logSigmoid(x)],
      [log(add(1, exp(x))), softplus(x)],
      [log(softmax(x, 1, -2)), logSoftmax(x, 1, -2)],
      [negate(logSigmoid(negate(x))), softplus(x)],
      [logAddExp(x, 0), logSumExp(x, 0)],
      [divide(subtract(exp(multiply(2, x)), 1), add(exp(multiply(2, x)), 1)), tanh(x)],
      [subtract(exp(x), 1), expm1(x)],
      [softmax(x, 0), sigmoid(x)],
      [power(exp(x), 2), exp(multiply(2, x))],
      [maximum(x, 0), divide(add(x, absolute(x)), 2)],
      [negate(minimum(x, 1)), maximum(negate(x), -1)],
      [differentiate(softplus(x), 'x', 'mathematical'), sigmoid(x)],
      [differentiate(tanh(x), 'x', 'mathematical'), subtract(1, power(tanh(x), 2))],
      [differentiate(logSoftmax(x, 0, 2), 'x', 'mathematical'), subtract(1, softmax(x, 0, 2))],
    ];
    let seed = 7;
    const random = (): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 2 ** 32;
    };
    for (const [left, right] of pairs) {
      for (let i = 0; i < 40; i++) {
        const at = (random() - 0.5) * 10 ** (random() * 4 - 1);
        assert.equal(decimal(left, at), decimal(right, at), `at ${String(at)}`);
      }
    }
  });

  it('knows fractions where no precision would settle: zeros, borders, ties', () => {
    const third = divide(x, 3);
    const cases: [Expression, number, string][] = [
      [log(add(subtract(1, 1e-7), 1e-7)), 0, '0'],
      [log1p(subtract(add(0.1, 0.2), 0.3)), 0, '0'],
      [divide(1, subtract(add(0.1, 0.2), 0.3)), 0, 'Infinity'],
      [divide(subtract(multiply(third, 3), x), subtract(add(0.1, 0.2), 0.3)), 1, 'NaN'],
      [exp(subtract(add(0.1, 0.2), 0.3)), 0, '1'],
      [equal(multiply(third, 0.3), multiply(x, 0.1)), 0.7, '1'],
      [less(multiply(third, 0.3), multiply(x, 0.1)), 0.7, '0'],
      [select(lessEqual(absolute(subtract(0.9, 1)), 0.1), 2, 3), 0, '2'],
      [floor(multiply(third, 3)), 5, '5'],
      [round(multiply(multiply(third, 3), 0.1)), 25, '2'],
      [operation('sign', subtract(multiply(third, 3), x)), 5, '0'],
      [sqrt(subtract(multiply(third, 3), x)), 5, '0'],
      [subtract(sqrt(0.01), 0.1), 0, '0'],
      [power(0, subtract(multiply(third, 3), x)), 5, '1'],
      [power(negate(third), multiply(third, 3)), 2, '0.444444444444444444444444444444'],
      [subtract(sigmoid(subtract(third, third)), 0.5), 1, '0'],
      [subtract(multiply(softmax(third, third, third), 3), 1), 1, '0'],
      [subtract(exp(third), exp(third)), 1, 'undefined'],
      // The clip's border is a fraction, though the probability is none.
      [log(add(clip(sigmoid(x), 1e-7, subtract(1, 1e-7)), 1e-7)), 40, '0'],
      [log(add(minimum(sigmoid(x), subtract(1, 0.1)), 0.1)), 40, '0'],
    ];
    for (const [expression, at, digits] of cases) assert.equal(String(decimal(expression, at)), digits);
    // A tie between two float32 numbers, reached through a constant that is no binary fraction.
    const tie = multiply(0.1, multiply(10, x));
    assert.equal(compileExact(tie, ['x']).round(formats.float32, 1 + 3 * 2 ** -24), 1 + 2 ** -22);
  });

  it('gives up on fractions that grow too large, not on the value', () => {
    let product: Expression = x;
    for (let i = 0; i < 20; i++) product = multiply(product, divide(x, 7));
    assert.equal(exactNumber(subtract(add(product, 1), 1), { x: 1e-300 }), 0);
    assert.equal(compileExact(subtract(product, multiply(product, 1)), ['x']).isZero(1e-300), undefined);
  });

  it('rounds and compares exactly', () => {
    const cases: [Expression, number, string][] = [
      [round(x), 2.5, '2'],
      [round(x), 3.5, '4'],
      [round(x), -0.5, '0'],
      [round(x), 2 ** 80, '1.208925819614629174706176e+24'],
      [floor(x), -0.25, '-1'],
      [operation('sign', x), -7, '-1'],
      [clip(x, 0.1, 0.9), 0.95, '0.9'],
      [equal(x, 0.5), 0.5, '1'],
      [power(x, -2), 4, '0.0625'],
      [power(x, 0.5), 2, '1.41421356237309504880168872421'],
    ];
    for (const [expression, at, digits] of cases) assert.equal(decimal(expression, at), digits);
  });

  it('says that it does not know rather than guess', () => {
    // exp(1) = exp(1) can't be told from a difference too small to see.
    const undecidable = select(equal(exp(x), multiply(exp(divide(x, 2)), exp(divide(x, 2)))), 1, 2);
    assert.equal(compileExact(undecidable, ['x'], { maxPrecision: 500 }).decimal(10, 1), undefined);
    assert.ok(Number.isNaN(compileExact(undecidable, ['x'], { maxPrecision: 500 }).round(formats.float32, 1)));
    assert.equal(decimal(logSigmoid(x), 1e38), undefined, 'a power of ten of 38 digits');
    assert.equal(exactNumber(logSigmoid(x), { x: 1e38 }), 0);
  });
});
