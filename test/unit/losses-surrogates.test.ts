import assert from 'node:assert/strict';
import {
  clip,
  constant,
  differentiate,
  round,
  subtract,
  substitute,
  variable,
  type Expression,
} from '../../src/expression';
import {
  fakeQuantize,
  hardSigmoid,
  instanceNorm,
  lossById,
  moments,
  precisionLoss,
  renormalize,
  softsign,
} from '../../src/losses';
import { failuresOf } from '../../src/measure';
import { compileExact, compileModelAtPoint, formats, ulpDistance, type FormatName } from '../../src/numeric';

const x = variable('x');

/** Value and derivative of an expression of `x`. */
function of(expression: Expression, format: FormatName = 'float32'): (x: number) => [value: number, slope: number] {
  const atPoint = compileModelAtPoint([expression, differentiate(expression, 'x')], ['x'], formats[format]);
  return (value) => atPoint(formats[format].round(value)) as [number, number];
}

/** Loss and gradient of an entry at a point. */
function entry(
  id: string,
  constants: Readonly<Record<string, number>> = {},
  format: FormatName = 'float32',
): (z: number, t: number) => [loss: number, gradient: number] {
  const form = lossById(id).build(constants, format);
  return compileModelAtPoint([form.loss, form.gradient], ['z', 't'], formats[format]) as ReturnType<typeof entry>;
}

describe('surrogates for rounding', () => {
  it('a clipped line, as published around 0: 0 and the middle are 0.5, 0.0625 and above 1', () => {
    const published = of(hardSigmoid(x, 0, 0.125));
    assert.deepEqual(published(0), [0.5, 8]);
    assert.deepEqual(published(0.03125), [0.75, 8]);
    assert.deepEqual(published(0.5), [1, 0]);
    const atHalf = of(hardSigmoid(x, 0.5, 0.125));
    assert.deepEqual([0.25, 0.5, 0.75].map(atHalf), [
      [0, 0],
      [0.5, 8],
      [1, 0],
    ]);
  });

  it('softsign, the steepest slope half of its steepness', () => {
    const published = of(softsign(x, 0, 100), 'float64');
    assert.deepEqual(published(0), [0.5, 50]);
    assert.equal(published(0.01)[0], 0.75);
    assert.equal(published(1)[0], 0.5 * (1 + 100 / 101));
    assert.equal(of(softsign(x, 0.5, 100), 'float64')(0.49)[0].toFixed(12), '0.250000000000');
  });

  it('precision of a batch by hand: one hit, one false alarm, one miss', () => {
    const samples = [
      { output: constant(0.9), target: constant(1) },
      { output: x, target: constant(0) },
      { output: constant(0.2), target: constant(1) },
    ];
    const rounded = of(precisionLoss(samples, round, 0), 'float64');
    assert.deepEqual([0.4, 0.8].map(rounded), [
      [0, 0],
      [0.5, 0],
    ]);
    // With the slope at 0.5: q = 0.75 of a false alarm at 0.53125.
    const sloped = of(
      precisionLoss(samples, (output) => hardSigmoid(output, 0.5, 0.125), 0),
      'float64',
    );
    const [loss, slope] = sloped(0.53125);
    assert.equal(loss, 1 - 1 / 1.75);
    assert.equal(slope.toFixed(12), (8 / 1.75 ** 2).toFixed(12));
  });

  it('as losses: counted, the loss is 1/3 or 1/2 for target 1, 2/3 or 1/2 for target 0', () => {
    const rounded = entry('keras/precision-loss-round', { epsilon: 0 }, 'float64');
    const atHalf = entry('keras/precision-loss-hard-sigmoid', { threshold: 0.5, epsilon: 0 }, 'float64');
    const exact = compileExact(lossById('keras/precision-loss-round').build().ideal, ['z', 't']);
    for (const [z, t, expected] of [
      [3, 1, 1 / 3],
      [-3, 1, 1 / 2],
      [3, 0, 2 / 3],
      [-3, 0, 1 / 2],
    ] as const) {
      for (const at of [rounded, atHalf]) {
        const [loss, gradient] = at(z, t);
        assert.equal(loss.toFixed(12), expected.toFixed(12));
        assert.equal(Math.abs(gradient), 0);
      }
      assert.equal(exact.round(formats.float64, z, t), expected);
    }
    // In the middle of the slope the gradients point the right way.
    assert.ok(atHalf(0, 1)[1] < 0 && atHalf(0, 0)[1] > 0);
  });

  it('as published: target 0 is half a positive, and its gradient points the wrong way', () => {
    const published = entry('keras/precision-loss-hard-sigmoid', { epsilon: 0 }, 'float64');
    // tp = q/2 + 1 + 1/2, fp = q/2 + 1/2, with q = 1 from 0.0625 up: a probability of 0.5 is as bad as one of 1.
    assert.deepEqual(published(0, 0), published(5, 0));
    assert.equal(published(0, 0)[0].toFixed(12), (1 / 3).toFixed(12));
    // Below, at p = 0.03: q = 0.74.
    const z = Math.log(0.03 / 0.97);
    assert.equal(published(z, 0)[0].toFixed(9), (0.87 / 2.74).toFixed(9));
    assert.ok(published(z, 0)[1] > 0 && published(z, 1)[1] < 0);
  });
});

describe('fake quantisation', () => {
  const quantized = of(fakeQuantize(x, -6, 6, 8));

  it('rounds to levels, of which 0 is one, after moving the range', () => {
    const scale = Math.fround(12 / 255);
    assert.deepEqual(quantized(0), [0, 1]);
    // 6 / scale is 127.5, rounded up: 128 levels below 0, 127 above.
    assert.equal(quantized(100)[0], Math.fround(Math.fround(255 * scale) - Math.fround(128 * scale)));
    assert.equal(quantized(-100)[0], -Math.fround(128 * scale));
    assert.equal(quantized(0.03)[0].toFixed(6), scale.toFixed(6));
    assert.equal(quantized(0.02)[0], 0);
  });

  it('has as many values as bits allow', () => {
    const levels = (bits: number): number => {
      const at = of(fakeQuantize(x, -1, 1, bits));
      return new Set(Array.from({ length: 4001 }, (_, i) => at(-2 + i / 1000)[0])).size;
    };
    assert.deepEqual([2, 3, 8].map(levels), [4, 8, 256]);
  });

  it('passes the gradient straight through within the range, borders included, and not beyond', () => {
    assert.deepEqual(
      [-6.02, -1.234, 0.01, 5.97].map((value) => quantized(value)[1]),
      [1, 1, 1, 1],
    );
    assert.deepEqual(
      [-6.03, 5.98, 100].map((value) => quantized(value)[1]),
      [0, 0, 0],
    );
    const [low, high] = [quantized(-100)[0], Math.fround(127 * Math.fround(12 / 255))];
    assert.deepEqual([quantized(low)[1], quantized(high)[1]], [1, 1]);
  });

  it('takes whole bits from 2 to 16', () => {
    const quantizing = lossById('tf/sigmoid-cross-entropy-of-fake-quant');
    for (const bits of [1, 2.5, 17]) {
      assert.throws(() => quantizing.build({ bits }), {
        message:
          'bits of tf/sigmoid-cross-entropy-of-fake-quant must be a whole number and at least 2 and at most 16, not ' +
          String(bits),
      });
    }
    assert.ok(quantizing.build({ bits: 4 }));
  });

  it('limits the loss, and its gradient dies at the end of the range', () => {
    const at = entry('tf/sigmoid-cross-entropy-of-fake-quant');
    assert.deepEqual(at(20, 1), at(7, 1));
    assert.equal(at(20, 1)[0].toPrecision(3), Math.log1p(Math.exp(-5.9765)).toPrecision(3));
    assert.deepEqual([at(-7, 1)[1], at(-5, 1)[1] < -0.99], [-0, true]);
  });
});

describe('normalisation', () => {
  const others = [1, -0.5].map((value) => constant(value));

  it('the variance needs no gradient through the mean', () => {
    const values = [x, ...others];
    const { variance } = moments(values);
    const through = differentiate(variance, 'x', 'mathematical');
    const stopped = differentiate(variance, 'x');
    for (const value of [-3, 0, 0.125, 2]) {
      const [a, b] = [through, stopped].map((slope) => compileExact(slope, ['x']).round(formats.float32, value));
      assert.equal(a, b);
      // 2 (x - mean) / n
      const mean = (value + 1 - 0.5) / 3;
      assert.equal(a, Math.fround((2 * (value - mean)) / 3));
      assert.ok(Math.abs(of(variance)(value)[1] - a) < 1e-6);
    }
    // Of 2, 1 and -0.5, which are 7/6, 1/6 and -4/3 from their mean.
    assert.equal(of(variance, 'float64')(2)[0].toFixed(12), (19 / 18).toFixed(12));
  });

  it('squares overflow in float16, which is why tf.nn.moments casts: x² / 2 of x and 0 from 362', () => {
    const { variance } = moments([x, constant(0)]);
    const infinite = failuresOf(variance, 'x', formats.float16).filter(({ becomes }) => becomes === 'Infinity');
    assert.deepEqual(
      infinite.map(({ side, from }) => [side, from]),
      [
        ['below', -362],
        ['above', 362],
      ],
    );
    assert.deepEqual(
      failuresOf(variance, 'x', formats.bfloat16).filter(
        ({ becomes, from }) => becomes === 'Infinity' && Math.abs(from) < 1e19,
      ),
      [],
    );
  });

  it('instance_norm gives mean 0 and variance 1', () => {
    const normalized = instanceNorm([x, ...others], 0).map((value) => of(value, 'float64')(2)[0]);
    const sum = normalized.reduce((total, value) => total + value, 0);
    const squares = normalized.reduce((total, value) => total + value * value, 0);
    assert.ok(Math.abs(sum) < 1e-15 && Math.abs(squares - 3) < 1e-14);
  });

  it('of two logits it leaves their order', () => {
    const at = entry('tf/softmax-cross-entropy-of-instance-norm');
    const [right, wrong] = [Math.log1p(Math.exp(-2)), Math.log1p(Math.exp(2))];
    for (const z of [5, 50, 5000]) {
      assert.ok(Math.abs(at(z, 1)[0] - right) < 1e-6 && Math.abs(at(-z, 1)[0] - wrong) < 1e-6);
      assert.ok(Math.abs(at(-z, 1)[1]) < 1e-6);
    }
  });

  it('renormalised probabilities change in the last bit, renormalised twice hardly again', () => {
    const y = variable('y');
    const once = renormalize([x, y]);
    const twice = renormalize(once);
    for (const name of ['float32', 'bfloat16', 'float16'] as const) {
      const format = formats[name];
      const atPoint = compileModelAtPoint([...once, ...twice], ['x', 'y'], format);
      for (let i = 1; i < 500; i++) {
        const p = format.round(i / 500);
        const [a, b, c, d] = atPoint(p, format.round(1 - p)) as [number, number, number, number];
        for (const [before, after] of [
          [p, a],
          [a, c],
          [b, d],
        ] as const) {
          assert.ok(ulpDistance(format, before, after) <= 1n, `${name}: ${String(before)} to ${String(after)}`);
        }
      }
    }
    // Of what is no distribution it makes one: two sigmoids of 0.5 and 0.75.
    assert.deepEqual(compileModelAtPoint(once, ['x', 'y'], formats.float64)(0.5, 0.75), [0.4, 0.6]);
  });

  it("is in Keras' categorical cross-entropy, where it moves the gradient's end from 16.64 to 16.23", () => {
    const keras = entry('keras/categorical-crossentropy');
    assert.ok(keras(16.2, 1)[1] !== 0 && keras(16.24, 1)[1] === 0);
    const kept = subtract(1, clip(x, 1e-7, subtract(1, 1e-7)));
    assert.equal(of(substitute(kept, new Map([['x', constant(1)]])))(0)[0], 2 ** -23);
  });
});

describe('sparse softmax cross-entropy', () => {
  it('from logits is that for one-hot labels, bit for bit', () => {
    for (const format of ['float32', 'bfloat16', 'float16'] as const) {
      const [sparse, dense] = ['sparse-softmax', 'softmax'].map((name) =>
        entry(`tf/${name}-cross-entropy-with-logits`, {}, format),
      ) as [ReturnType<typeof entry>, ReturnType<typeof entry>];
      for (const t of [0, 1]) {
        for (let z = -20; z <= 20; z += 0.25) {
          assert.deepEqual(
            sparse(z, t).map((value) => value + 0),
            dense(z, t).map((value) => value + 0),
          );
        }
      }
    }
  });

  it('from probabilities (from_logits=False) it is clipped; of logits that are probabilities it has a range of 1', () => {
    const clipped = entry('keras/sparse-categorical-crossentropy');
    assert.equal(clipped(-40, 1)[0].toFixed(4), '16.1181');
    const twice = entry('tf/softmax-cross-entropy-of-softmax');
    assert.equal(twice(40, 1)[0].toFixed(6), Math.log1p(Math.exp(-1)).toFixed(6));
    assert.equal(twice(-40, 1)[0].toFixed(6), Math.log1p(Math.exp(1)).toFixed(6));
    assert.ok(Math.abs(twice(-40, 1)[1]) < 1e-16);
  });
});
