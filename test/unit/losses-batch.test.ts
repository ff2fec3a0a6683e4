import assert from 'node:assert/strict';
import { batchMean, hardestMean, lossById, LossError, type Batch } from '../../src/losses';
import { compileModelAtPoint, formats } from '../../src/numeric';

const { float32, float64, bfloat16 } = formats;

function batchOf(...samples: readonly (readonly [z: number, t: number])[]): Batch {
  return {
    logits: Float64Array.from(samples, ([z]) => z),
    targets: Float64Array.from(samples, ([, t]) => t),
  };
}

describe('losses of a batch', () => {
  const focal = lossById('kaggle/focal').build({}, 'float64');
  const at = compileModelAtPoint([focal.loss, focal.gradient], ['z', 't'], float64);
  // From easy to hard: two well on the right side, one undecided, one wrong, one very wrong.
  const batch = batchOf([4, 1], [-3, 0], [0, 1], [2, 0], [-5, 1]);

  it('mean: loss and gradient of each, divided by their number', () => {
    const { loss, gradient, chosen } = batchMean(focal, batch, float64);
    const each = [...batch.logits].map((z, i) => at(z, batch.targets[i] as number) as [number, number]);
    assert.deepEqual(chosen, [0, 1, 2, 3, 4]);
    assert.equal(loss, each.reduce((sum, [value]) => sum + value, 0) / 5);
    assert.deepEqual(
      [...gradient],
      each.map(([, slope]) => slope / 5),
    );
  });

  it('the k hardest: their mean, and no gradient for the others', () => {
    const { loss, gradient, chosen } = hardestMean(focal, batch, 2, float64);
    assert.deepEqual(chosen, [4, 3]);
    const [hardest, next] = [at(-5, 1), at(2, 0)] as [[number, number], [number, number]];
    assert.equal(loss, (hardest[0] + next[0]) / 2);
    assert.deepEqual([...gradient], [0, 0, 0, next[1] / 2, hardest[1] / 2]);
    // (1 - p)^2 (-log p) by hand, p = sigmoid(-5).
    const p = 1 / (1 + Math.exp(5));
    assert.ok(Math.abs(hardest[0] - (1 - p) ** 2 * -Math.log(p)) < 1e-14);
  });

  it('all of them: the mean, up to the order of adding', () => {
    const all = hardestMean(focal, batch, 5, float64);
    assert.ok(Math.abs(all.loss - batchMean(focal, batch, float64).loss) < 1e-15);
    assert.deepEqual(all.gradient, batchMean(focal, batch, float64).gradient);
  });

  it('chooses the first of equals, and NaN before anything', () => {
    assert.deepEqual(hardestMean(focal, batchOf([1, 1], [-1, 1], [-1, 1], [-1, 1]), 2, float64).chosen, [1, 2]);
    const naive = lossById('naive/bce').build({}, 'float32');
    const withNaN = hardestMean(naive, batchOf([-90, 1], [1, 1], [20, 1]), 2, float32);
    assert.deepEqual(withNaN.chosen, [2, 0]);
    assert.ok(Number.isNaN(withNaN.loss));
  });

  it('adds up in float32 for half types, and rounds once', () => {
    const logits = lossById('torch/bce-with-logits@1.0').build({}, 'bfloat16');
    const many = batchOf(...Array.from({ length: 1000 }, () => [0, 1] as const));
    // In bfloat16 the sum would stick at 256.
    assert.equal(batchMean(logits, many, bfloat16).loss, bfloat16.round(Math.LN2));
  });

  it('refuses a k that topk refuses, such as a share of 10008 samples in a small batch', () => {
    for (const k of [0, 6, 1.5, Math.trunc(10008 * 0.01)]) {
      assert.throws(
        () => hardestMean(focal, batch, k, float64),
        new LossError(`k must be a whole number from 1 to 5, the size of the batch, not ${String(k)}`),
      );
    }
    const uneven = { logits: new Float64Array(2), targets: new Float64Array(1) };
    assert.throws(() => batchMean(focal, uneven, float64), /a target for each logit, not 1 for 2/);
  });
});
