import assert from 'node:assert/strict';
import { print, variablesOf } from '../../src/expression';
import { findLoss, lossById, LossError, lossFamilies, losses, nearestLossIds } from '../../src/losses';
import { formats, neighbour, type FormatName } from '../../src/numeric/format';
import { compileModelAtPoint } from '../../src/numeric/model';

interface Values {
  readonly loss: number;
  readonly gradient: number;
}

/** Loss and gradient of an entry in a format, as a function of logit and target. */
function evaluator(
  id: string,
  format: FormatName,
  constants?: Readonly<Record<string, number>>,
): (z: number, t: number) => Values {
  const { loss, gradient } = lossById(id).build(constants, format);
  const atPoint = compileModelAtPoint([loss, gradient], ['z', 't'], formats[format]);
  return (z, t) => {
    const [lossValue, gradientValue] = atPoint(formats[format].round(z), t) as [number, number];
    return { loss: lossValue, gradient: gradientValue };
  };
}

/** The least positive magnitude of the format from which on `holds`, which does not below. */
function threshold(format: FormatName, holds: (magnitude: number) => boolean): number {
  const numbers = formats[format];
  let [below, above] = [numbers.ordinal(numbers.round(0.5)), numbers.ordinal(numbers.round(1000))];
  assert.ok(!holds(numbers.fromOrdinal(below)) && holds(numbers.fromOrdinal(above)));
  while (above - below > 1n) {
    const middle = (below + above) / 2n;
    if (holds(numbers.fromOrdinal(middle))) above = middle;
    else below = middle;
  }
  return numbers.fromOrdinal(above);
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected}`);
}

describe('loss catalogue', () => {
  it('has entries that a configuration can name and a legend can show', () => {
    assert.equal(losses.length, new Set(losses.map(({ id }) => id)).size);
    for (const { id, label, family, versions, source, formula, notes, framework, constants } of losses) {
      assert.match(id, /^[a-z-]+\/[a-z0-9-]+(@[0-9]+(\.[0-9]+)*)?$/);
      assert.ok(label.length <= 70, `${id}: "${label}" is too long for a legend`);
      assert.ok(lossFamilies.includes(family));
      for (const text of [versions, source, formula, notes, framework]) assert.ok(text.length > 0, id);
      assert.ok(notes.endsWith('.'), id);
      for (const { name, describe: description } of constants) {
        assert.match(name, /^[a-z]+$/);
        assert.ok(description.endsWith('.'), `${id} ${name}`);
      }
    }
  });

  it('prefers what it has, and no loss to itself', () => {
    for (const { id, preferred } of losses) {
      if (!preferred) continue;
      assert.notEqual(preferred.id, id);
      assert.ok(findLoss(preferred.id), `${id} prefers ${preferred.id}`);
    }
  });

  it('builds functions of z and t alone', () => {
    for (const entry of losses) {
      const { loss, gradient, ideal, replacedOutput } = entry.build();
      for (const name of variablesOf(loss, gradient, ideal)) assert.match(name, /^[zt]$/, entry.id);
      assert.equal(replacedOutput !== undefined, entry.family === 'zer', entry.id);
      if (replacedOutput) assert.deepEqual(variablesOf(replacedOutput).sort(), ['p', 't'], entry.id);
      assert.ok(print(loss).length > 0);
    }
  });

  it('gives right losses where nothing is lost', () => {
    // Those that stand for another loss than cross-entropy, or come to another one by mistake, have tests of their own.
    const others = new Set(['focal', 'surrogate', 'normalisation']);
    for (const entry of losses.filter(({ family }) => !others.has(family))) {
      if (entry.id === 'tf/softmax-cross-entropy-of-softmax') continue;
      const at = evaluator(entry.id, 'float64', entry.family === 'zer' ? { radius: 0.1 } : {});
      near(at(0.5, 1).loss, Math.log1p(Math.exp(-0.5)), 5e-7);
      near(at(0.5, 0).loss, Math.log1p(Math.exp(0.5)), 5e-7);
      near(at(0.5, 1).gradient, -1 / (1 + Math.exp(0.5)), 5e-7);
    }
  });

  it('finds entries, and suggests the nearest for those that it lacks', () => {
    assert.equal(findLoss('torch/bce@2.0')?.label, 'PyTorch 2 BCELoss');
    assert.equal(findLoss('torch/bce'), undefined);
    assert.equal(nearestLossIds('torch/bce-with-logit@2.3')[0], 'torch/bce-with-logits@2.3');
    assert.deepEqual(nearestLossIds('something else entirely'), []);
    assert.throws(() => lossById('Keras/binary-crossentropy'), {
      name: 'LossError',
      message: /^there is no loss "Keras\/binary-crossentropy" in the catalogue; did you mean keras\//,
    });
    assert.throws(() => lossById('?'), { message: 'there is no loss "?" in the catalogue' });
  });
});

describe('loss constants', () => {
  const messageOf = (id: string, constants: Readonly<Record<string, number>>): string => {
    try {
      lossById(id).build(constants);
    } catch (error) {
      assert.ok(error instanceof LossError);
      return error.message;
    }
    return assert.fail('no error');
  };

  it('says what is wrong with one', () => {
    assert.equal(messageOf('zer/v3', { radios: 0.1 }), 'zer/v3 has no constant "radios"; it has radius, epsilon');
    assert.equal(messageOf('naive/bce', { epsilon: 0 }), 'naive/bce has no constant "epsilon"; it has none');
    assert.equal(messageOf('zer/v3', { radius: 0.7 }), 'radius of zer/v3 must be at least 0 and at most 0.5, not 0.7');
    assert.equal(messageOf('notebook/focal', { gamma: NaN }), 'gamma of notebook/focal must be at least 0, not NaN');
  });

  it('takes defaults for what is not given, of the format where they differ', () => {
    const cap = (format: FormatName): number => evaluator('sklearn/log-loss@1.2', format)(-100, 1).loss;
    near(cap('float64'), 36.0437, 1e-4);
    near(cap('float32'), 15.9424, 1e-4);
    near(cap('float16'), 6.9297, 1e-4);
    assert.equal(evaluator('tfjs/binary-crossentropy', 'float32')(-30, 1).loss, Math.fround(16.118095));
    near(evaluator('tfjs/binary-crossentropy', 'float16')(-30, 1).loss, 9.21, 1e-2);
    near(evaluator('tfjs/binary-crossentropy', 'float32', { epsilon: 1e-4 })(-30, 1).loss, 9.2103, 1e-4);
  });

  it('weights classes in torchvision, unless alpha is negative', () => {
    const at = (alpha: number, t: number): number =>
      evaluator('torchvision/sigmoid-focal-loss@0.18', 'float64', { alpha })(1, t).loss;
    near(at(0.25, 1) / at(-1, 1), 0.25, 1e-15);
    near(at(0.25, 0) / at(-1, 0), 0.75, 1e-15);
  });
});

describe('measured floors and thresholds', () => {
  it('Keras 1–2.2: the floor of 1.096e-7', () => {
    const keras = evaluator('keras/binary-crossentropy@1', 'float32');
    const mean = (a: number): number => (keras(a, 1).loss + keras(-a, 0).loss) / 2;
    near(mean(17), 1.0960467e-7, 1e-14);
    near(mean(16), 1.1587e-7, 1e-11);
    near(keras(-200, 1).loss, 16.118, 1e-3);
    near(keras(200, 0).loss, 15.942, 1e-3);
    near(
      threshold('float32', (a) => keras(a, 1).loss === keras(100, 1).loss),
      15.537,
      2e-3,
    );
  });

  it('Keras without the clip: NaN from 16.6355 for target 1 only', () => {
    const unclipped = evaluator('keras/binary-crossentropy-unclipped', 'float32');
    near(
      threshold('float32', (a) => Number.isNaN(unclipped(a, 1).loss)),
      24 * Math.LN2,
      1e-4,
    );
    assert.equal(unclipped(-30, 0).loss, evaluator('tf/sigmoid-cross-entropy-with-logits', 'float32')(-30, 0).loss);
  });

  it('Keras 3 in 16 bits: NaN for a perfect prediction', () => {
    for (const format of ['bfloat16', 'float16'] as const) {
      assert.ok(Number.isNaN(evaluator('keras/binary-crossentropy@3', format)(10, 1).loss));
      assert.equal(evaluator('keras/binary-crossentropy@3', format)(10, 0).loss, Infinity);
    }
  });

  it('PyTorch BCELoss: the clamp at 100, and NaN gradients in float16', () => {
    const float32 = evaluator('torch/bce@2.0', 'float32');
    near(
      threshold('float32', (a) => float32(a, 0).loss === 100),
      24 * Math.LN2,
      1e-4,
    );
    assert.equal(float32(17, 0).gradient, 0);
    assert.ok(Number.isNaN(evaluator('torch/bce@2.0', 'float16')(9, 0).gradient));
  });

  it('PyTorch 2.3 BCEWithLogitsLoss: no tail for target 0 from 14.557', () => {
    const at = evaluator('torch/bce-with-logits@2.3', 'float32');
    // Rounded up, so that it holds from there.
    const vanishes = (Math.ceil(1000 * threshold('float32', (a) => at(-a, 0).loss === 0)) / 1000).toFixed(3);
    assert.equal(vanishes, '14.557');
    // Both what it is and what to take instead say so, each in one sentence.
    const { notes, preferred } = lossById('torch/bce-with-logits@2.3');
    for (const text of [notes, preferred?.why ?? '']) {
      assert.ok(/[^.]*target 0[^.]*exactly 0 from.*?in float32/.test(text) && text.includes(`−${vanishes}`), text);
    }
    near(
      threshold('float32', (a) => at(a, 1).gradient === 0),
      16.637,
      2e-3,
    );
    near(
      threshold('float32', (a) => at(-a, 0).gradient === 0),
      88.725,
      3e-3,
    );
  });

  it('Optax: loss and gradient to underflow on both sides', () => {
    const at = evaluator('optax/sigmoid-binary-cross-entropy', 'float32');
    for (const [sign, t] of [
      [1, 1],
      [-1, 0],
    ] as const) {
      near(
        threshold('float32', (a) => at(sign * a, t).loss === 0),
        150 * Math.LN2,
        1e-2,
      );
      near(
        threshold('float32', (a) => at(sign * a, t).gradient === 0),
        150 * Math.LN2,
        1e-2,
      );
    }
  });

  it('focal losses: the weight that cancels and the one that does not', () => {
    const vanishes = (id: string): number => threshold('float32', (a) => evaluator(id, 'float32')(a, 1).loss === 0);
    near(vanishes('torchvision/sigmoid-focal-loss@0.18'), 16.637, 2e-3);
    near(vanishes('optax/sigmoid-focal-loss@0.2.9'), 34.658, 2e-3);
    near(vanishes('notebook/focal'), 34.658, 2e-3);
  });

  it('softmax of two classes: PyTorch computes half types in float32, TensorFlow in the format', () => {
    const torch = evaluator('torch/cross-entropy', 'bfloat16');
    const tensorflow = evaluator('tf/softmax-cross-entropy-with-logits', 'bfloat16');
    assert.equal(
      threshold('bfloat16', (a) => torch(a, 1).loss === 0),
      16.75,
    );
    assert.equal(
      threshold('bfloat16', (a) => torch(a, 1).gradient === 0),
      16.75,
    );
    assert.equal(
      threshold('bfloat16', (a) => tensorflow(a, 1).loss === 0),
      5.5625,
    );
  });

  it('tolerates a probability that is almost the last below 1', () => {
    const last = neighbour(formats.float32, Math.fround(16.637), -2000n);
    assert.ok(Number.isFinite(evaluator('naive/bce', 'float32')(last, 1).loss));
    assert.ok(Number.isNaN(evaluator('naive/bce', 'float32')(16.637, 1).loss));
  });
});
