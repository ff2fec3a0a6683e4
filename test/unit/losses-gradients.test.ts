import assert from 'node:assert/strict';
import { differentiate, logSigmoid, logSoftmax, softplus, variable, type Expression } from '../../src/expression';
import { lossById } from '../../src/losses';
import { formats, type FormatName } from '../../src/numeric/format';
import { compileModelAtPoint } from '../../src/numeric/model';

const x = variable('x');

function slope(expression: Expression, format: FormatName): (x: number) => number {
  const atPoint = compileModelAtPoint([differentiate(expression, 'x')], ['x'], formats[format]);
  return (value) => atPoint(value)[0] as number;
}

// The numbers are PyTorch 2.13's.
describe("kernels' own derivatives", () => {
  it('log_sigmoid keeps the tail until exp(-x) underflows', () => {
    assert.equal(slope(logSigmoid(x), 'float32')(90), 8.194008692231508e-40);
    assert.equal(slope(logSigmoid(x), 'float32')(103), 2 ** -149);
    assert.equal(slope(logSigmoid(x), 'float32')(-120), 1);
  });

  it('softplus keeps the tail, and does not overflow in a half type', () => {
    assert.equal(slope(softplus(x), 'float32')(-92), 1.1089455657127305e-40);
    assert.equal(slope(softplus(x), 'float64')(21), 1);
    for (const value of [12, 19, 20, 21, 100]) assert.equal(slope(softplus(x), 'float16')(value), 1);
  });

  it('log_softmax computes half types in float32: the gradient lives until 16.64 in all', () => {
    for (const format of ['float32', 'bfloat16', 'float16'] as const) {
      const atPoint = slope(logSoftmax(x, 0), format);
      assert.equal(atPoint(16), 1.1920928955078125e-7, format);
      assert.equal(atPoint(17), 0, format);
    }
    assert.equal(slope(logSoftmax(x, 0), 'float32')(14), 8.344650268554688e-7);
  });

  it('adds up gradients in the order of the backward pass', () => {
    const kaggle = lossById('kaggle/focal').build({}, 'float32');
    const atPoint = compileModelAtPoint([kaggle.loss, kaggle.gradient], ['z', 't'], formats.float32);
    assert.deepEqual(atPoint(5, 1), [3.0080906299190247e-7, -8.973911462817341e-7]);
    assert.deepEqual(atPoint(16, 1), [1.5096861040853412e-21, -4.235164736271502e-21]);
  });
});
