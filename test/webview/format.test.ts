import assert from 'node:assert/strict';
import { formatNames, formats } from '../../src/numeric';
import { printNumber, printPlace, printPowerOfTen, printThreshold, printTick } from '../../webview/common/format';
import { laneOf, nearest, runsOf, stretches } from '../../webview/common/lanes';

describe('printed numbers', () => {
  it('say what is special', () => {
    const printed = [0, -0, NaN, Infinity, -Infinity].map((x) => printNumber(x));
    assert.deepEqual(printed, ['0', '-0', 'NaN', '∞', '-∞']);
  });

  for (const name of formatNames) {
    it(`read back as the same value of ${name}, and no shorter text would`, () => {
      const format = formats[name];
      const limit = format.ordinal(format.max);
      for (let i = 1n; i <= 4000n; i++) {
        const x = format.fromOrdinal((limit * i) / 4000n);
        if (x === 0) continue;
        const text = printNumber(x, name);
        assert.equal(format.round(Number(text)), x, `${text} for ${x.toString()}`);
        const digits = text.replace(/e.*/, '').replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '').length;
        // Whole numbers are printed in full.
        if (digits < 2 || name === 'float64' || /^-?\d+$/.test(text)) continue;
        const shorter = format.round(Number(x.toPrecision(digits - 1)));
        // A text half-way between two values reads back by the tie rule alone: such a one is not taken.
        const halfway =
          Math.abs(Number(x.toPrecision(digits - 1)) - x) * 4 >= Math.abs(x) * 2 ** (1 - format.precision);
        assert.ok(shorter !== x || halfway, `${text} could be shorter`);
      }
    });
  }

  it('are as in Python, with a decimal point where that is short', () => {
    assert.equal(printNumber(Math.fround(1.1920933e-7), 'float32'), '1.1920933e-07');
    assert.equal(printNumber(Math.fround(16.118095), 'float32'), '16.118095');
    assert.equal(printNumber(65504, 'float16'), '65504');
    assert.equal(printNumber(1e22), '1e+22');
    assert.equal(printPlace(16.635532333), '16.64');
    assert.equal(printPlace(103.97), '104');
    assert.deepEqual([16.63553237915039, 88.72283935546875, 6.25, 0].map(printThreshold), [
      '16.636',
      '88.723',
      '6.25',
      '0',
    ]);
  });

  it('are typeset in figures', () => {
    assert.equal(printTick(-1.1920933e-7), '−1.192×10⁻⁷');
    assert.deepEqual([-7, 0, 1, 12].map(printPowerOfTen), ['10⁻⁷', '1', '10', '10¹²']);
  });
});

describe('lanes', () => {
  it('take what has no place on the axis', () => {
    const values = [1, 0, -0, -1, NaN, Infinity, -Infinity, 5e-324];
    assert.deepEqual(
      values.map((value) => laneOf(value, 'log')),
      [undefined, 'zero', 'zero', 'negative', 'NaN', 'infinity', 'negative', undefined],
    );
    assert.deepEqual(
      values.map((value) => laneOf(value, 'linear')),
      [undefined, undefined, undefined, undefined, 'NaN', 'infinity', 'negativeInfinity', undefined],
    );
  });

  it('hold every value that is off the axis, in runs', () => {
    const runs = runsOf(Float64Array.of(0, 0, 1, NaN, NaN, 0, -1), 'log');
    assert.deepEqual(runs, [
      { lane: 'zero', first: 0, last: 1 },
      { lane: 'NaN', first: 3, last: 4 },
      { lane: 'zero', first: 5, last: 5 },
      { lane: 'negative', first: 6, last: 6 },
    ]);
    assert.deepEqual(
      stretches(5, (i) => i !== 2),
      [
        [0, 1],
        [3, 4],
      ],
    );
  });

  it('find the nearest point', () => {
    const points = Float64Array.of(-2, 0, 3);
    assert.deepEqual(
      [-9, -1.1, 0.2, 1.6, 9].map((x) => nearest(points, x)),
      [0, 0, 1, 2, 2],
    );
  });
});
