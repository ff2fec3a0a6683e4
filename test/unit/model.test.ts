import assert from 'node:assert/strict';
import {
  add,
  constant,
  divide,
  exp,
  log,
  log1p,
  logSigmoid,
  logSoftmax,
  maximum,
  multiply,
  negate,
  operation,
  power,
  sigmoid,
  softmax,
  softplus,
  subtract,
  variable,
  type Expression,
} from '../../src/expression';
import { compileModel, compileModelAtPoint, formats, type FormatName } from '../../src/numeric';

const x = variable('x');

function value(expression: Expression, format: FormatName, at: number): number {
  return compileModelAtPoint([expression], ['x'], formats[format])(at)[0] as number;
}

describe('model evaluator', () => {
  it('rounds after every operation', () => {
    // 1 + 2^-24 rounds to 1 in float32, so the sum that follows is exact there and not in float64.
    const sum = subtract(add(1, x), 1);
    assert.equal(value(sum, 'float32', 2 ** -24), 0);
    assert.equal(value(sum, 'float64', 2 ** -24), 2 ** -24);
    assert.equal(value(add(x, 1), 'bfloat16', 256), 256);
    assert.equal(value(multiply(x, x), 'float16', 256), Infinity);
  });

  it('reproduces where the textbook forms fail', () => {
    const negativeLog = log(subtract(1, sigmoid(x)));
    assert.equal(value(negativeLog, 'float32', 16.63553237915039), -Infinity);
    assert.ok(Number.isFinite(value(negativeLog, 'float32', 16.635530471801758)));
    assert.equal(value(log(sigmoid(x)), 'float32', -88.72283935546875), -Infinity);
    assert.equal(value(log(softmax(x, 0)), 'float32', -103.98), -Infinity);
    assert.equal(value(log1p(exp(x)), 'float16', 11.1), Infinity);
    assert.equal(value(softplus(x), 'float16', 11.1), formats.float16.round(11.1));
  });

  it('computes primitives in the compute type and rounds them once', () => {
    // In bfloat16 step by step 1 + e^-6 is 1; in the kernel's float32 it is not.
    const byHand = divide(1, add(1, exp(negate(x))));
    assert.equal(value(byHand, 'bfloat16', 6), 1);
    assert.ok(value(sigmoid(x), 'bfloat16', 6) < 1);
    assert.equal(value(logSigmoid(x), 'bfloat16', 50), -formats.bfloat16.round(Math.exp(-50)));
    assert.equal(value(logSoftmax(x, 0), 'float32', 1e4), 0);
  });

  it('shares what is shared, and equal subexpressions', () => {
    const source = compileModel([add(exp(x), exp(x)), exp(x)], ['x'], formats.float64).toString();
    assert.equal(source.match(/Math\.exp/g)?.length, 1);
  });

  it('treats NaN, infinities and signed zeros as the frameworks do', () => {
    assert.ok(Number.isNaN(value(maximum(x, 0), 'float32', NaN)));
    assert.ok(Number.isNaN(value(operation('minimum', 0, x), 'float32', NaN)));
    assert.equal(value(power(1, x), 'float64', Infinity), 1);
    assert.ok(Object.is(value(negate(x), 'float32', 0), -0));
    assert.ok(Number.isNaN(value(multiply(0, log(x)), 'float32', 0)));
    const rounded = [0.5, 1.5, -0.5, 2.5, -1.2].map((at) => value(operation('round', x), 'float32', at));
    assert.deepEqual(rounded, [0, 2, -0, 2, -1]);
    assert.equal(value(constant(-0), 'float32', 0), -0);
  });

  it('can flush subnormals', () => {
    const kernel = compileModelAtPoint([exp(x)], ['x'], formats.float32, { flushSubnormals: true });
    assert.equal(kernel(-87.4)[0], 0);
    assert.ok((kernel(-87.3)[0] as number) > 0);
    assert.ok(value(exp(x), 'float32', -87.4) > 0);
  });

  it('refuses a variable without values', () => {
    assert.throws(() => compileModel([x], ['z'], formats.float32), /variable "x" has no values; given are z/);
  });
});
