import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseLossConfig } from '../../src/config';
import type { Target } from '../../src/measure';
import { formats, ulpDistance, type FormatName } from '../../src/numeric';
import { measure, type Settled } from '../golden/measuring';

// Fifteen questions that people have asked in public, each with a configuration that shows the answer. What is asserted
// are the numbers that they report (the issue or the question is named where there is one), and why.

const folder = path.resolve(__dirname, '../../../samples/questions');

interface Found extends Settled {
  /** Loss and gradient at a margin. */
  readonly loss: (margin: number) => number;
  readonly gradient: (margin: number) => number;
  readonly exactLoss: (margin: number) => number;
}

interface Question {
  /** Margins to look at, besides thresholds. */
  readonly at?: readonly number[];
  /** @param found what is measured for a loss, by its label or its id */
  readonly answer: (found: (loss: string, target: Target, format?: FormatName) => Found) => void;
}

const targets = [0, 1] as const;
const kerasClip = 'keras/binary-crossentropy@3';
const kerasInvert = 'keras/binary-crossentropy@1';
const tfKeras = 'tf-keras/binary-crossentropy@2';
const torchBce = 'torch/bce@2.0';
const torchLogits = 'torch/bce-with-logits@2.3';
const torchLogitsBefore = 'torch/bce-with-logits@1.0';
const tfLogits = 'tf/sigmoid-cross-entropy-with-logits';
const optax = 'optax/sigmoid-binary-cross-entropy';

/** Margins from 4 to 8 in both directions, where neighbours in bfloat16 differ by 1/32. */
const steps = Array.from({ length: 128 }, (_, i) => 4 + i / 32).flatMap((margin) => [-margin, margin]);

const questions: Readonly<Record<string, Question>> = {
  // stackoverflow, "Why does sigmoid & crossentropy of Keras/tensorflow have low precision?"
  '01-keras-floor': {
    at: [15, 16, 17],
    answer: (found) => {
      const keras = found(kerasInvert, 'mean');
      printed(keras.floor.value, '1.096e-7');
      printed(keras.loss(16), '1.159e-7');
      assert.equal(keras.loss(17), keras.floor.value);
      // A tail of exp(-17) is left of the true loss.
      printed(keras.exactLoss(17), '4.140e-8');
      // The constant that made it is epsilon: 1e-7 gives 1e-7, 1e-5 gives 1e-5.
      printed(found(kerasInvert, 0).floor.value, '1.000e-7');
      printed(found('The same with ε = 1e-5', 0).floor.value, '1.000e-5');
      // The curve that the question takes for right ends as well: it is not log1p.
      assert.equal(found('naive/log-1-plus-exp', 'mean').loss(17), 0);
      printed(found(tfLogits, 'mean').loss(17), '4.140e-8');
    },
  },
  // keras#15249, tensorflow#41595
  '02-double-epsilon': {
    at: [-40, 40],
    answer: (found) => {
      const [tf, theano] = [tfKeras, kerasClip].map((id) => ({ zero: found(id, 0), one: found(id, 1) }));
      assert.ok(tf && theano);
      printed(tf.zero.loss(-40), '15.333239');
      assert.deepEqual([tf.zero.loss(40), tf.one.loss(40)], [-0, -0]);
      printed(theano.zero.loss(-40), '15.942385');
      for (const one of [theano.zero.loss(40), theano.one.loss(40)]) printed(one, '1.192093e-7');
      // The caps by their formulas: -log(2 epsilon), and -log(epsilon).
      assert.equal(tf.one.cap?.value, Math.fround(-Math.log(2e-7)));
      assert.equal(theano.one.cap?.value, Math.fround(-Math.log(1e-7)));
    },
  },
  // tensorflow#31930, tensorflow#118313, keras#17634
  '03-sigmoid-layer-or-logits': {
    at: [-1000, -35.7],
    answer: (found) => {
      printed(found('The output of a sigmoid layer', 0).loss(-1000), '15.333239');
      assert.equal(found('Traced back to the logits', 0).loss(-1000), 1000);
      printed(found('Softmax from logits', 1).loss(-35.7), '35.7');
      printed(found('The output of a softmax layer', 1).loss(-35.7), '16.118095');
    },
  },
  // pytorch#195529, pytorch#195677
  '04-target-asymmetry': {
    at: [40],
    answer: (found) => {
      const [zero, one] = targets.map((target) => found(torchLogits, target, 'float64')) as [Found, Found];
      assert.deepEqual([zero.loss(40), one.gradient(40)], [0, 0]);
      for (const tail of [one.loss(40), zero.gradient(40)]) printed(tail, '4.2483542552916e-18');
      printed(found(torchLogits, 0).floor.at, '14.556');
      printed(found(torchLogits, 1).floor.at, '103.97');
      for (const same of [torchLogitsBefore, optax]) {
        assert.deepEqual(found(same, 0).floor, found(same, 1).floor);
      }
    },
  },
  // pytorch#24933, #15655, #39435; the numbers are those of pytorch#49844
  '05-bceloss-or-logits': {
    at: [-20, -10, 10],
    answer: (found) => {
      assert.equal(found(torchBce, 1).loss(10), 4.541977250482887e-5);
      assert.equal(found(torchBce, 1).loss(-10), 10.000045776367188);
      assert.equal(found(torchLogitsBefore, 1).loss(10), 4.541770613286644e-5);
      assert.equal(found(torchLogits, 1).loss(10), 4.5398901420412585e-5);
      assert.equal(found(torchLogits, 0).loss(10), 4.57763671875e-5);
      // From 16.64 on the wrong side of target 0 they have nothing in common any more.
      printed(found(torchBce, 0).cap?.at, '16.636');
      assert.deepEqual(
        [torchBce, torchLogits].map((id) => found(id, 0).loss(-20)),
        [100, 20],
      );
    },
  },
  // pytorch#4867, #31453, #33160, #163975
  '06-capped-at-100': {
    answer: (found) => {
      for (const id of [torchBce, 'torch/bce@1.0']) {
        assert.equal(found(id, 0).cap?.value, 100);
        printed(found(id, 0).cap?.at, '16.636');
        assert.equal(found(id, 1).cap?.value, 100);
        printed(found(id, 1).cap?.at, '88.723');
      }
      for (const target of targets) {
        printed(found('log(p + 1e-12), as BCELoss before PyTorch 1.0', target).cap?.value, '27.6310');
        assert.equal(found(torchLogits, target).cap, null);
      }
    },
  },
  // pytorch#103316, keras#9664
  '07-dead-gradient': {
    at: [-50],
    answer: (found) => {
      // Of the mean of eight samples, of which this is one.
      assert.equal(found(torchBce, 1).gradient(-50) / 8, -2.410937421926107e-11);
      assert.equal(found(torchLogits, 1).gradient(-50) / 8, -0.125);
      printed(found(torchBce, 1).deadFrom, '88.723');
      printed(found(torchBce, 0).deadFrom, '16.636');
      assert.equal(found(kerasInvert, 1).gradient(-50), 0);
      printed(found(kerasInvert, 1).deadFrom, '16.118');
      for (const target of targets) assert.equal(found(torchLogits, target).deadFrom, null);
    },
  },
  // pytorch#49844, #102894, #51906; optax#896; jax#6811
  '08-huge-logits': {
    at: [formats.float32.max, -formats.float32.max, Infinity],
    answer: (found) => {
      for (const id of [torchLogits, tfLogits, optax]) {
        for (const target of targets) {
          const { loss, firstNaN, firstInfinity } = found(id, target);
          assert.deepEqual([firstNaN, firstInfinity], [null, null], id);
          assert.deepEqual([loss(formats.float32.max), loss(-formats.float32.max)], [0, formats.float32.max], id);
          // A logit that is infinite itself: zero times infinity, or infinity less infinity, on the right side.
          assert.ok(Number.isNaN(loss(Infinity)), id);
        }
      }
      assert.equal(found('naive/log-1-plus-exp', 1).firstInfinity, 88.72283935546875);
      assert.equal(found('naive/log-1-plus-exp', 1, 'float16').firstInfinity, 11.09375);
      assert.equal(found('naive/log-softmax', 1).floor.value, Infinity);
      assert.ok(Number.isNaN(found('naive/log-1-plus-exp', 1).gradient(-formats.float32.max)));
      printed(found('kaggle/focal', 1).wrong.gradientNaN, '1.7014e38');
      assert.equal(found('kaggle/focal', 1, 'float16').wrong.gradientNaN, 2 ** 15);
    },
  },
  // keras#4032, #9582, #11832; GLiNER2#155
  '09-epsilon-in-float16': {
    at: [-10, 10],
    answer: (found) => {
      const keras = (target: Target, format: FormatName = 'float16'): Found =>
        found('Keras 3 BCE (clip)', target, format);
      // 1 - epsilon is 1: NaN for target 1, infinity for target 0, from where sigmoid is 1.
      printed(keras(1).firstNaN, '8.3203');
      printed(keras(0).firstInfinity, '8.3203');
      assert.equal(keras(1, 'bfloat16').firstNaN, 6.25);
      // "loss: 0.0000"
      for (const target of targets) assert.deepEqual(found(tfKeras, target, 'float16').loss(10), -0);
      // Forward finite, backward NaN.
      const { loss, gradient } = found('keras/binary-crossentropy-torch@3', 1, 'float16');
      assert.deepEqual([loss(10), gradient(10)], [-0, NaN]);
      // The advice to set epsilon to 1e-4 helps with the lower limit alone: 1 - 1e-4 is still 1, 1 - 1e-3 is not.
      printed(found('Keras 3 BCE, ε = 1e-4', 1, 'float16').cap?.value, '9.2109');
      printed(found('Keras 3 BCE, ε = 1e-4', 1, 'float16').firstNaN, '8.3203');
      for (const target of targets) {
        const { firstNaN, firstInfinity, floor } = found('Keras 3 BCE, ε = 1e-3', target, 'float16');
        assert.deepEqual([firstNaN, firstInfinity], [null, null]);
        printed(floor.value, '9.8e-4');
      }
    },
  },
  // optax#1020, flax#677
  '10-bfloat16-staircase': {
    at: steps,
    answer: (found) => {
      const integerLabels = 'optax/softmax-cross-entropy-with-integer-labels';
      for (const target of targets) {
        // Where the greater logit is the label's, or there is no tail left, what remains is a multiple of 1/32.
        const { loss } = found(integerLabels, target, 'bfloat16');
        const margins = steps.filter((margin) => margin <= -4 || target === 1);
        assert.ok(margins.every((margin) => Number.isInteger(loss(margin) * 32)));
        assert.ok(margins.some((margin) => !Number.isInteger(loss(margin) * 16)));
      }
      assert.equal(found(integerLabels, 1, 'bfloat16').floor.at, 4);
      // Upcast, the tail comes back; a kernel that computes in float32 keeps it in bfloat16.
      printed(found(integerLabels, 1, 'float32').floor.at, '14.438');
      assert.equal(found('torch/cross-entropy', 1, 'bfloat16').floor.at, 16.75);
    },
  },
  // kornia#918, optax#1267
  '11-focal-nan-gradient': {
    at: [-100, 100],
    answer: (found) => {
      const [zero, one] = targets.map((target) => found('torchvision, γ = 0.5', target)) as [Found, Found];
      assert.deepEqual(
        [one.gradient(100), one.gradient(-100), zero.gradient(-100), zero.gradient(100)],
        [NaN, -1, 1, NaN],
      );
      printed(one.right.gradientNaN, '16.636');
      printed(zero.right.gradientNaN, '17.329');
      printed(found('torchvision, γ = 0.5', 1, 'float16').right.gradientNaN, '8.3203');
      for (const target of targets) {
        assert.equal(found('torchvision, γ = 0', target).right.gradientNaN, null);
        assert.equal(found('torchvision, γ = 2', target).right.gradientNaN, null);
        assert.equal(found('Optax 0.2.9, γ = 0.5', target).right.gradientNaN, null);
      }
    },
  },
  // tensorflow#12426, pytorch#2866, #8147, keras#13926
  '12-negative-loss': {
    answer: (found) => {
      for (const target of targets) {
        assert.equal(found('tfjs/log-loss', target).negative?.value, -1.1920928244535389e-7);
        const before = 'log(p + 1e-12), as BCELoss before PyTorch 1.0';
        printed(found(before, target, 'float64').negative?.value, '-1.000e-12');
        assert.equal(found(before, target, 'float32').negative, null);
        // A zero error radius that replaces the output after the clip: within it everywhere.
        const zer = found('zer/v3', target).negative;
        assert.equal(zer?.value, -1.1920928244535389e-7);
        printed(zer.at, '2.1972');
        assert.equal(found(torchLogits, target).negative, null);
      }
      printed(found('tfjs/log-loss', 1).negative?.at, '16.636');
    },
  },
  // tensorflow#60113
  '13-categorical-floor': {
    answer: (found) => {
      const { floor } = found('keras/categorical-crossentropy', 1);
      // -log(1 - 2^-23) lies half-way between two floats: what is printed is the lower.
      assert.ok(ulpDistance(formats.float32, floor.value, Math.fround(1.1920929e-7)) <= 1n);
      assert.equal(found('torch/cross-entropy', 1).floor.value, -0);
    },
  },
  // scikit-learn#24315, and #24354 that followed
  '14-sklearn-float32': {
    at: [40],
    answer: (found) => {
      assert.ok(Number.isNaN(found('sklearn/log-loss@0.14', 1, 'float32').loss(40)));
      printed(found('sklearn/log-loss@0.14', 1, 'float32').firstNaN, '16.636');
      assert.equal(found('sklearn/log-loss@0.14', 1, 'float64').firstNaN, null);
      const floors = { float32: '1.19e-7', float16: '9.8e-4', float64: '2.2e-16' };
      for (const [format, floor] of Object.entries(floors)) {
        const now = found('sklearn/log-loss@1.2', 1, format as FormatName);
        printed(now.floor.value, floor);
        assert.equal(now.firstNaN, null);
      }
    },
  },
  // Open-Rig3R#35, pytorch#40497
  '15-flat-in-float16': {
    at: [0],
    answer: (found) => {
      const flat = (id: string, target: Target, format: FormatName): (number | null)[] => {
        const { floor, right, firstNaN, firstInfinity } = found(id, target, format);
        assert.deepEqual([floor.value, firstNaN, firstInfinity], [0, null, null]);
        return [floor.at, right.gradientZero];
      };
      assert.deepEqual(flat(torchLogitsBefore, 1, 'float16'), [7.625, 8.3203125]);
      assert.deepEqual(flat(torchLogitsBefore, 1, 'bfloat16'), [5.5625, 6.25]);
      assert.deepEqual(flat(torchLogits, 0, 'float16'), [6.23828125, 17.34375]);
      assert.deepEqual(flat(optax, 1, 'float16'), [17.34375, 17.34375]);
      // That a loss starts at 0.693 is no bug: it is log 2, what two classes of the same probability give.
      for (const format of ['float16', 'bfloat16', 'float32'] as const) {
        assert.equal(found(torchLogits, 1, format).loss(0), formats[format].round(Math.LN2));
      }
    },
  },
};

describe('questions that people have asked', () => {
  it('have one configuration each', () => {
    const files = readdirSync(folder).sort();
    assert.deepEqual(
      files,
      Object.keys(questions).map((name) => `${name}.loss.json`),
    );
    assert.equal(files.length, 15);
  });

  for (const [name, { at = [], answer }] of Object.entries(questions)) {
    const { config, problems } = parseLossConfig(readFileSync(path.join(folder, `${name}.loss.json`), 'utf8'), name);

    it(config?.title ?? name, async () => {
      assert.ok(config, JSON.stringify(problems));
      assert.notEqual(config.title, name);
      const { from, to } = config.sweep;
      for (const margin of at) assert.ok(!Number.isFinite(margin) || (margin >= from && margin <= to), String(margin));
      const points = Float64Array.from(at);
      const measured = await measure({ ...config, points });
      answer((loss, target, format = config.formats[0]) => {
        const found = measured.find(
          (one) =>
            (one.loss.label === loss || one.loss.entry.id === loss) && one.target === target && one.format === format,
        );
        assert.ok(found, `${name} does not measure ${loss} in ${format} for target ${String(target)}`);
        const valueAt =
          (values: Float64Array) =>
          (margin: number): number => {
            const index = points.indexOf(margin);
            assert.ok(index >= 0, `${name} does not look at ${String(margin)}`);
            return values[index] as number;
          };
        const { curve } = found;
        return {
          ...found.summary,
          loss: valueAt(curve.loss),
          gradient: valueAt(curve.gradient),
          exactLoss: valueAt(curve.exactLoss),
        };
      });
    });
  }
});

/** Equal to as many digits as are written. */
function printed(actual: number | null | undefined, digits: string): void {
  assert.ok(typeof actual === 'number', `${String(actual)}, not ${digits}`);
  const count = digits.replace(/e.*$/, '').replace(/^-?[0.]*|\./g, '').length;
  assert.equal(Number(actual.toPrecision(count)), Number(digits));
}
