import assert from 'node:assert/strict';
import { sigmoid, substitute, variable } from '../../src/expression';
import { lossById, losses, zeroErrorRadius, type ZeroErrorRadius } from '../../src/losses';
import { formatNames, formats, type FormatName } from '../../src/numeric/format';
import { compileModelAtPoint } from '../../src/numeric/model';

const { float32 } = formats;
const [p, t] = [variable('p'), variable('t')];

/** The output that a variant replaces `output` by, in float32. */
function replaced(variant: ZeroErrorRadius, output: number, target: number, radius: number): number {
  const atPoint = compileModelAtPoint([variant(p, t, radius)], ['p', 't'], float32);
  return atPoint(float32.round(output), float32.round(target))[0] as number;
}

// The notebook's own examples: within the radius, at the opposite end, outside.
const outputs = [0.99, 0.01, 0.88, 0.02, 0.2, 0.8];
const targets = [1, 0, 0, 1, 1, 0];
const answers: readonly (readonly [radius: number, replaced: readonly number[]])[] = [
  [0.1, [1, 0, 0.88, 0.1, 0.2, 0.8]],
  [0.2, [1, 0, 0.8, 0.2, 0.2, 0.8]],
  [0.3, [1, 0, 0.7, 0.3, 0.3, 0.7]],
];

function replaceAll(variant: ZeroErrorRadius, radius: number): number[] {
  return outputs.map((output, i) => replaced(variant, output, targets[i] as number, radius));
}

describe('zero error radius', () => {
  for (const [radius, answer] of answers) {
    const inFormat = answer.map((value) => float32.round(value));
    for (const name of ['v2', 'v3', 'v4'] as const) {
      it(`${name} passes the notebook's assertion for radius ${radius}`, () => {
        assert.deepEqual(replaceAll(zeroErrorRadius[name], radius), inFormat);
      });
    }
    it(`v1 fails it for radius ${radius}`, () => {
      assert.notDeepEqual(replaceAll(zeroErrorRadius.v1, radius), inFormat);
    });
  }

  it('v2 compares a difference that has been rounded, v3 the output itself', () => {
    const justBelow = 0.09999999403953552;
    assert.equal(replaced(zeroErrorRadius.v2, justBelow, 1, 0.1), justBelow);
    assert.equal(replaced(zeroErrorRadius.v3, justBelow, 1, 0.1), float32.round(0.1));
  });

  it('includes its border in v4 and the custom loss, where float32 lets it be one', () => {
    for (const variant of [zeroErrorRadius.v4, zeroErrorRadius.custom]) {
      assert.equal(replaced(variant, 0.1, 0, 0.1), 0);
      // |0.9f - 1| is 0.10000002.
      assert.equal(replaced(variant, 0.9, 1, 0.1), float32.round(0.9));
    }
    assert.equal(replaced(zeroErrorRadius.v1, 0.1, 0, 0.1), float32.round(0.1));
    assert.equal(replaced(zeroErrorRadius.v1, 0.8, 1, 0.2), 1);
  });

  it('limits the opposite end for soft targets in v4, not in v3', () => {
    assert.equal(replaced(zeroErrorRadius.v4, 0.95, 0.5, 0.1), float32.round(0.9));
    assert.equal(replaced(zeroErrorRadius.v3, 0.95, 0.5, 0.1), float32.round(0.95));
  });

  it('MikeNet limits it, Lens does not', () => {
    assert.equal(replaced(zeroErrorRadius.mikenet, 0.02, 1, 0.1), float32.round(0.1));
    assert.equal(replaced(zeroErrorRadius.mikenet, 1, 0, 0), float32.round(0.999999));
    assert.equal(replaced(zeroErrorRadius.lens, 0.02, 1, 0.1), float32.round(0.02));
  });
});

describe('losses with a zero error radius', () => {
  const at = (id: string, radius: number): ((z: number, t: number) => [loss: number, gradient: number]) => {
    const { loss, gradient } = lossById(id).build({ radius }, 'float32');
    return compileModelAtPoint([loss, gradient], ['z', 't'], float32) as (z: number, t: number) => [number, number];
  };

  it('are negative within the radius where the output is replaced after the clip', () => {
    for (const id of ['zer/v1', 'zer/v2', 'zer/v3', 'zer/v4']) {
      assert.deepEqual(at(id, 0.1)(5, 1), [-Math.fround(Math.log(1 + 2 ** -23)), 0], id);
    }
    assert.deepEqual(at('zer/custom-bce', 0.1)(5, 1), [-0, 0]);
  });

  it('have no gradient at the opposite end, but for MikeNet and what has no limit there', () => {
    for (const id of ['zer/v2', 'zer/v3', 'zer/v4']) {
      const [loss, gradient] = at(id, 0.1)(-5, 1);
      assert.ok(Math.abs(loss - 2.3026) < 1e-4 && gradient === 0, id);
    }
    const [loss, gradient] = at('mikenet/cross-entropy', 0.1)(-5, 1);
    assert.equal(loss, float32.round(2.3025851249694824));
    assert.ok(gradient < -0.99);
    for (const id of ['zer/v1', 'zer/custom-bce', 'lens/cross-entropy']) assert.ok(at(id, 0.1)(-5, 1)[1] < -0.99, id);
  });

  it('stand for plain cross-entropy', () => {
    const zer = losses.filter(({ family }) => family === 'zer');
    assert.equal(zer.length, 8);
    const [ideal] = new Set(zer.map((entry) => entry.build().ideal));
    for (const entry of zer) assert.equal(entry.build().ideal, ideal);
  });
});

describe('zer/straight-through', () => {
  const radii = [0, 0.05, 0.1, 0.3, 0.5];
  const targets = [0, 1, 0.5, 0.2, 0.95];
  const logits = Array.from({ length: 161 }, (_, i) => (i - 80) / 8);

  const at = (radius: number, format: FormatName = 'float64'): ((z: number, t: number) => [number, number, number]) => {
    const { loss, gradient, replacedOutput } = lossById('zer/straight-through').build({ radius }, format);
    const replaced = replacedOutput && substitute(replacedOutput, new Map([['p', sigmoid(variable('z'))]]));
    assert.ok(replaced);
    return compileModelAtPoint([loss, gradient, replaced], ['z', 't'], formats[format]) as ReturnType<typeof at>;
  };

  /** Straight from the definition, in JavaScript's own functions. */
  const defined = (z: number, t: number, r: number): [loss: number, gradient: number, replaced: number] => {
    const p = 1 / (1 + Math.exp(-z));
    const entropy = (q: number): number => -(t === 0 ? 0 : t * Math.log(q)) - (t === 1 ? 0 : (1 - t) * Math.log1p(-q));
    if (Math.abs(p - t) < r) return [entropy(t), 0, t];
    const limited = Math.min(1 - r, Math.max(r, p));
    return [entropy(limited), p - t, limited];
  };

  it('is the cross-entropy of its replaced output, with the gradient of the whole one', () => {
    for (const radius of radii) {
      const evaluate = at(radius);
      for (const t of targets) {
        for (const z of logits) {
          // On the border the last bit of the two sigmoids decides.
          if (Math.abs(Math.abs(1 / (1 + Math.exp(-z)) - t) - radius) < 1e-12) continue;
          const found = evaluate(z, t);
          defined(z, t, radius).forEach((value, i) => {
            const tolerance = 1e-12 * Math.max(1, Math.abs(value));
            assert.ok(
              Math.abs((found[i] as number) - value) <= tolerance,
              `${i} at z=${z} t=${t} r=${radius}: ${found[i]}, not ${value}`,
            );
          });
        }
      }
    }
  });

  it('has no negative loss, and no gradient of 0 on the wrong side, in any format', () => {
    for (const format of formatNames) {
      for (const radius of [0, 0.1, 0.5]) {
        const evaluate = at(radius, format);
        for (const t of [0, 1]) {
          for (const magnitude of [0.0625, 0.5, 2, 2.25, 5, 10, 20, 88, 104, 448]) {
            const [loss, gradient] = evaluate(t === 1 ? -magnitude : magnitude, t);
            assert.ok(loss > 0, `${format}: loss ${loss}`);
            assert.ok(t === 1 ? gradient < 0 : gradient > 0, `${format}: gradient ${gradient} at ${magnitude}`);
            const [right] = evaluate(t === 1 ? magnitude : -magnitude, t);
            assert.ok(right >= 0 && (radius === 0 || !Object.is(right, -0)), `${format}: loss ${right}`);
          }
        }
      }
    }
  });

  it('ends at the limit of v4 with the gradient of MikeNet', () => {
    const evaluate = at(0.1, 'float32');
    for (const z of [-2.5, -5, -50, -1000]) {
      assert.equal(evaluate(z, 1)[0], float32.round(Math.log(10)));
      const mikenet = lossById('mikenet/cross-entropy').build({ radius: 0.1 }, 'float32');
      const [gradient] = compileModelAtPoint([mikenet.gradient], ['z', 't'], float32)(z, 1);
      assert.ok(Math.abs(evaluate(z, 1)[1] - (gradient as number)) <= 1.1e-6);
    }
    assert.deepEqual(evaluate(5, 1), [0, 0, 1]);
    assert.deepEqual(evaluate(-5, 0), [0, 0, 0]);
  });

  it('is plain cross-entropy from logits with the radius 0, to the last tail', () => {
    const evaluate = at(0, 'float32');
    for (const [z, t] of [
      [80, 1],
      [-80, 0],
    ] as const) {
      const [loss, gradient] = evaluate(z, t);
      assert.equal(loss, float32.round(Math.exp(-80)));
      assert.equal(Math.abs(gradient), float32.round(Math.exp(-80)));
    }
  });

  it('has no limit where no logit of the format reaches it', () => {
    // The bound of 1e-210 is 484, more than float8_e4m3fn can store.
    for (const format of formatNames) {
      const [limited, plain] = [at(1e-210, format), at(0, format)];
      for (const magnitude of [0.0625, 0.5, 2, 10, 88, 104, 448]) {
        assert.deepEqual(limited(-magnitude, 1), plain(-magnitude, 1), `${format} at -${magnitude}`);
        assert.deepEqual(limited(magnitude, 0), plain(magnitude, 0), `${format} at ${magnitude}`);
      }
    }
    const [beyond] = at(1e-210)(-700, 1);
    assert.ok(Math.abs(beyond - 210 * Math.log(10)) < 1e-12 * 484, 'float64 has a limit there');
  });

  it('leaves a radius too small for its bound finite', () => {
    for (const radius of [1e-45, 1e-300, Number.MIN_VALUE]) {
      const [loss, gradient] = at(radius)(-5, 1);
      assert.ok(
        Math.abs(loss - Math.log1p(Math.exp(5))) < 1e-12 && Math.abs(gradient + 1 / (1 + Math.exp(-5))) < 1e-12,
      );
    }
  });
});
