import assert from 'node:assert/strict';
import { ordinalPoints } from '../../src/config';
import {
  coarsest,
  formatByName,
  formatNames,
  formats,
  neighbour,
  nonNegativeValues,
  shortestDecimal,
  ulpDistance,
} from '../../src/numeric';

describe('number formats', () => {
  it('have the limits of their standards', () => {
    const limits = formatNames.map((name) => {
      const { bits, precision, max, smallestNormal, smallestSubnormal } = formats[name];
      return [name, bits, precision, max, smallestNormal, smallestSubnormal];
    });
    assert.deepEqual(limits, [
      ['float64', 64, 53, 1.7976931348623157e308, 2.2250738585072014e-308, 5e-324],
      ['float32', 32, 24, 3.4028234663852886e38, 1.1754943508222875e-38, 1.401298464324817e-45],
      ['bfloat16', 16, 8, 3.3895313892515355e38, 1.1754943508222875e-38, 9.183549615799121e-41],
      ['float16', 16, 11, 65504, 6.103515625e-5, 5.960464477539063e-8],
      ['float8_e4m3fn', 8, 4, 448, 0.015625, 0.001953125],
      ['float8_e5m2', 8, 3, 57344, 6.103515625e-5, 1.52587890625e-5],
    ]);
  });

  it('round to nearest, ties to even, as the hardware does for float32', () => {
    const generic = formats.bfloat16;
    // bfloat16 is float32 with 16 bits less: round its bits by integer arithmetic and compare.
    const float = new Float32Array(1);
    const word = new Uint32Array(float.buffer);
    let seed = 12345;
    for (let i = 0; i < 20_000; i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      word[0] = seed;
      const value = float[0] as number;
      if (!Number.isFinite(value)) continue;
      word[0] = ((seed + 0x7fff + ((seed >>> 16) & 1)) & 0xffff0000) >>> 0;
      const expected = float[0] as number;
      assert.ok(Object.is(generic.round(value), expected), `${String(value)}: ${String(generic.round(value))}`);
    }
  });

  it('round at the ends: overflow, underflow, signed zeros, NaN', () => {
    const { float16, float8_e4m3fn: e4m3, float8_e5m2: e5m2, bfloat16 } = formats;
    assert.equal(float16.round(65519.99), 65504);
    assert.equal(float16.round(65520), Infinity);
    assert.equal(float16.round(-1e9), -Infinity);
    assert.ok(Object.is(float16.round(-2.9e-8), -0));
    assert.equal(float16.round(2 ** -25), 0);
    assert.equal(float16.round(2 ** -25 * 1.0001), 2 ** -24);
    assert.equal(e4m3.round(464), 448);
    assert.ok(Number.isNaN(e4m3.round(465)), 'E4M3FN has no infinity');
    assert.ok(Number.isNaN(e4m3.round(Infinity)));
    assert.equal(e5m2.round(61440), Infinity);
    assert.equal(bfloat16.round(1e-7), 1.0011717677116394e-7);
    assert.equal(bfloat16.round(1 - 1e-7), 1);
    assert.equal(float16.round(1e-7), 1.1920928955078125e-7);
    for (const name of formatNames) {
      assert.ok(Object.is(formats[name].round(-0), -0));
      assert.ok(Number.isNaN(formats[name].round(NaN)));
    }
  });

  it('count their values: ordinals of neighbours differ by one, through zero and to infinity', () => {
    for (const name of ['bfloat16', 'float16', 'float8_e4m3fn', 'float8_e5m2'] as const) {
      const format = formats[name];
      const values = nonNegativeValues(format);
      values.forEach((value, i) => {
        assert.equal(format.ordinal(value), BigInt(i));
        assert.equal(format.fromOrdinal(BigInt(-i)), i === 0 ? 0 : -value);
        assert.equal(format.round(value), value);
      });
      assert.equal(values.at(-1), format.max);
    }
    const { float32, float64 } = formats;
    assert.equal(neighbour(float32, 1, 1n), 1 + 2 ** -23);
    assert.equal(neighbour(float32, 1, -1n), 1 - 2 ** -24);
    assert.equal(neighbour(float32, 0, -1n), -(2 ** -149));
    assert.equal(neighbour(float32, float32.max, 1n), Infinity);
    assert.equal(neighbour(float64, 1, 1n), 1 + Number.EPSILON);
    assert.equal(ulpDistance(float64, -5e-324, 5e-324), 2n);
    assert.equal(ulpDistance(float32, 1, 2), 2n ** 23n);
  });

  it('print the shortest decimal that reads back', () => {
    assert.equal(shortestDecimal(formats.float32, Math.fround(1e-7)), '1e-7');
    assert.equal(shortestDecimal(formats.float32, 1.192093321833454e-7), '1.1920933e-7');
    assert.equal(shortestDecimal(formats.bfloat16, formats.bfloat16.round(88.72)), '88.5');
    assert.equal(shortestDecimal(formats.float64, 0.1), '0.1');
    assert.deepEqual(
      [-0, NaN, -Infinity].map((value) => shortestDecimal(formats.float32, value)),
      ['-0', 'NaN', '-Infinity'],
    );
  });

  it('name the known ones when asked for another', () => {
    assert.throws(() => formatByName('float23'), /unknown number format "float23"; known are float64, float32/);
    assert.throws(() => nonNegativeValues(formats.float32), /too many values/);
  });
});

describe('points for measuring', () => {
  it('lie at even steps through the floats, each float once', () => {
    const [float16, float8] = [formats.float16, formats.float8_e4m3fn];
    const points = ordinalPoints(float16, { from: -1, to: 2, points: 101 });
    const ordinals = Array.from(points, (point) => Number(float16.ordinal(point)));
    assert.equal(points.length, 101);
    assert.deepEqual([points[0], points.at(-1)], [-1, 2]);
    const step = ((ordinals.at(-1) ?? 0) - (ordinals[0] ?? 0)) / 100;
    ordinals.forEach((ordinal, i) => assert.ok(Math.abs(ordinal - ((ordinals[0] ?? 0) + i * step)) <= 1));
    // There are no more than 17 from 1 to 4, so many as the format has; and none beyond its largest.
    const all = ordinalPoints(float8, { from: 1, to: 4, points: 601 });
    assert.deepEqual([...all], [...new Set(all)]);
    assert.equal(all.length, 17);
    assert.equal(ordinalPoints(float8, { from: 0, to: 1e6, points: 5 }).at(-1), 448);
  });

  it('are of the coarsest format', () => {
    assert.equal(coarsest(['float32', 'float16', 'bfloat16']), 'bfloat16');
    assert.equal(coarsest(['float64']), 'float64');
    assert.equal(coarsest(['float8_e4m3fn', 'float8_e5m2', 'float32']), 'float8_e5m2');
  });
});
