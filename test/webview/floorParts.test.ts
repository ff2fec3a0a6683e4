import assert from 'node:assert/strict';
import { formatNames, formats } from '../../src/numeric';
import type { Curve } from '../../src/protocol';
import { printHexadecimal, printNumber, printThreshold } from '../../webview/common/format';
import { toCsv } from '../../webview/common/export/text';
import type { ExportContent } from '../../webview/common/export/content';
import { asymmetrySentence } from '../../webview/floor/asymmetry';
import { severityOf } from '../../webview/floor/findings';
import { ordinalAxis } from '../../webview/floor/ordinals';
import { spliced } from '../../webview/floor/spliced';
import { allowedView, printView, viewAround } from '../../webview/floor/view';
import { floorCurves, settingsOf } from './measured';

const sweep = { from: -20, to: 40, points: 601 };

describe('the view of the floor dashboard', () => {
  it('is what the reader wants, where that is a part of the range', () => {
    assert.deepEqual(allowedView({ from: 1, to: 2 }, sweep, sweep, ['float32']), { from: 1, to: 2 });
  });

  it('is moved into the range, and keeps its width', () => {
    assert.deepEqual(allowedView({ from: -30, to: -10 }, sweep, sweep, ['float32']), { from: -20, to: 0 });
    assert.deepEqual(allowedView({ from: 35, to: 55 }, sweep, sweep, ['float32']), { from: 20, to: 40 });
    // A view that lies beyond the range already, since a threshold does, may be moved about there.
    const beyond = { from: 80, to: 90 };
    assert.deepEqual(allowedView({ from: 79, to: 89 }, beyond, sweep, ['float32']), { from: 79, to: 89 });
  });

  it('is the whole range where nothing is left out, and where it makes no sense', () => {
    assert.equal(allowedView({ from: -100, to: 100 }, sweep, sweep, ['float32']), null);
    assert.equal(allowedView({ from: NaN, to: 3 }, sweep, sweep, ['float32']), null);
    assert.equal(allowedView({ from: 0, to: Infinity }, sweep, sweep, ['float32']), null);
  });

  it('is never narrower than sixteen floats of the finest format', () => {
    for (const name of formatNames) {
      const view = allowedView({ from: 1.5, to: 1.5 }, sweep, sweep, ['float8_e5m2', name]);
      const format = formats[name];
      const width = format.fromOrdinal(format.ordinal(1.5) + 8n) - format.fromOrdinal(format.ordinal(1.5) - 8n);
      assert.ok(view);
      assert.ok(Math.abs(view.to - view.from - width) <= width * 1e-3, `${name}: ${String(view.to - view.from)}`);
    }
  });

  it('around a threshold has the threshold among its points, on its side', () => {
    const thresholds: readonly (readonly [number, (typeof formatNames)[number]])[] = [
      [16.63553237915039, 'float32'],
      [-16.11809539794922, 'float32'],
      [8.3203125, 'float16'],
      [-448, 'float8_e4m3fn'],
      [65504, 'float16'],
      [3.4028234663852886e38, 'float32'],
      [0, 'float64'],
    ];
    for (const [at, name] of thresholds) {
      const { from, to } = viewAround(at, name, 601);
      assert.ok(Number.isFinite(from) && Number.isFinite(to), `${name} ${String(at)}`);
      assert.ok(from <= at && at <= to && from < to, `${name} ${String(at)}`);
      const step = (to - from) / 600;
      const place = (at - from) / step;
      assert.ok(Math.abs(place - Math.round(place)) < 1e-6, `${name} ${String(at)}: point ${String(place)}`);
    }
  });

  it('is printed with as many digits as tell its ends apart', () => {
    assert.deepEqual(printView({ from: -20, to: 40 }), ['−20', '40']);
    assert.deepEqual(printView({ from: 16.63551, to: 16.63556 }), ['16.63551', '16.63556']);
    const [from, to] = printView(viewAround(1, 'float64', 601));
    assert.notEqual(from, to);
  });
});

describe('the axis of ordinals', () => {
  for (const name of formatNames) {
    it(`counts the values of ${name}, and finds them again`, () => {
      const format = formats[name];
      const axis = ordinalAxis(name, { from: -format.max, to: format.max });
      const last = format.ordinal(format.max);
      for (let i = -500n; i <= 500n; i++) {
        const ordinal = (last * i) / 500n;
        const x = format.fromOrdinal(ordinal);
        // Of float64 there are more than a number can count.
        const exact = last < 2n ** 53n;
        const place = axis.place(x);
        assert.ok(exact ? place === Number(ordinal) : Math.abs(place - Number(ordinal)) <= 2 ** 11, String(x));
        assert.ok(exact ? axis.value(place) === x : Math.abs(axis.value(place) - x) <= Math.abs(x) * 1e-12, String(x));
      }
    });

    it(`ascends between the values of ${name}, and in narrow views`, () => {
      const format = formats[name];
      const one = format.ordinal(1.5);
      const near = { from: format.fromOrdinal(one - 8n), to: format.fromOrdinal(one + 8n) };
      const axis = ordinalAxis(name, near);
      const places = Array.from({ length: 17 }, (_, i) => axis.place(format.fromOrdinal(one - 8n + BigInt(i))));
      places.forEach((place, i) => {
        assert.equal(place - (places[0] ?? NaN), i);
        assert.equal(axis.value(place), format.fromOrdinal(one - 8n + BigInt(i)));
      });
    });

    it(`has labels in the range, ascending, for ${name}`, () => {
      const { max } = formats[name];
      for (const [from, to] of [
        [-max, max],
        [-20, 40],
        [1, 1.001],
        [-3, -2],
      ] as const) {
        const ticks = ordinalAxis(name, { from, to }).ticks(from, to, 8);
        assert.ok(ticks.length > 0, `${String(from)} to ${String(to)}`);
        ticks.forEach((tick, i) => {
          assert.ok(tick >= from && tick <= to);
          assert.ok(i === 0 || tick > (ticks[i - 1] ?? NaN));
        });
      }
    });
  }
});

describe('the asymmetry of targets', () => {
  const sentenceOf = async (id: string, format: 'float32' | 'float16'): Promise<string> => {
    const curves = await floorCurves(settingsOf({ losses: [id], formats: [format], targets: [1, 0] }), 1);
    const [one, zero] = curves.map(({ summary }) => summary);
    assert.ok(one && zero);
    assert.deepEqual([one.target, zero.target], [1, 0]);
    return asymmetrySentence({ label: 'L', format, one, zero });
  };

  it('is said where it was measured, with the digits that were', async () => {
    const [one, zero] = await floorCurves(
      settingsOf({ losses: ['keras/binary-crossentropy@1'], formats: ['float32'], targets: [1, 0] }),
      1,
    );
    const [a, b] = [one?.summary.floor ?? assert.fail(), zero?.summary.floor ?? assert.fail()];
    const said = await sentenceOf('keras/binary-crossentropy@1', 'float32');
    const wanted =
      `L, float32, targets 1 and 0 differ: target 1 stops at ${printNumber(a.value, 'float32')} from ` +
      `${printThreshold(a.at)}, target 0 stops at ${printNumber(b.value, 'float32')} from ${printThreshold(b.at)}; `;
    assert.ok(said.startsWith(wanted), said);
    assert.match(said, /its gradient is 0 from 16\.636 for target 1, from 16\.119 for target 0/);
  });

  it('is not said where both ends are the same', async () => {
    assert.equal(await sentenceOf('optax/sigmoid-binary-cross-entropy', 'float32'), '');
  });

  it('tells NaN from what is finite', async () => {
    assert.match(await sentenceOf('keras/binary-crossentropy@1', 'float16'), /target 1 is NaN from 8\.3204/);
  });
});

describe('what matters most', () => {
  it('is a NaN, then an infinity, then a gradient that is gone, then a floor', async () => {
    const severity = async (id: string, format: 'float32' | 'float16'): Promise<number> => {
      const [curve] = await floorCurves(settingsOf({ losses: [id], formats: [format], targets: [1] }), 1);
      return severityOf(curve?.summary ?? assert.fail());
    };
    const order = [
      await severity('naive/bce', 'float32'),
      await severity('keras/binary-crossentropy@1', 'float32'),
      await severity('optax/sigmoid-binary-cross-entropy', 'float32'),
    ];
    assert.deepEqual(
      order,
      [...order].sort((a, b) => b - a),
    );
    assert.equal(new Set(order).size, 3);
  });
});

describe('a view that is not measured yet', () => {
  it('is drawn from both measurements, with the finer points where there are any', () => {
    const curve = (margin: readonly number[], sign: number): Curve => {
      const values = Float64Array.from(margin, (x) => sign * x);
      return {
        margin: Float64Array.from(margin),
        loss: values,
        gradient: values,
        exactLoss: values,
        exactGradient: values,
        lossUlp: values,
        gradientUlp: values,
      };
    };
    const whole = curve([-2, -1, 0, 1, 2], 1);
    const joined = (margin: readonly number[]): number[][] => {
      const { margin: x, loss } = spliced(curve(margin, -1), whole);
      return [[...x], [...loss]];
    };
    assert.deepEqual(joined([0, 0.5, 1]), [
      [-2, -1, 0, 0.5, 1, 2],
      [-2, -1, -0, -0.5, -1, 2],
    ]);
    assert.deepEqual(joined([3, 4])[0], [-2, -1, 0, 1, 2, 3, 4]);
    assert.deepEqual(joined([-4, -3])[0], [-4, -3, -2, -1, 0, 1, 2]);
    assert.deepEqual(joined([])[0], [-2, -1, 0, 1, 2]);
    assert.equal(spliced(whole, whole), whole);
  });
});

describe('floats as C and Python print them', () => {
  it('are the same as those of Python', () => {
    // float.hex() of Python, without the zeros at the end of the fraction.
    const known: readonly [number, string][] = [
      [1, '0x1.0p+0'],
      [-0, '-0x0.0p+0'],
      [0, '0x0.0p+0'],
      [0.1, '0x1.999999999999ap-4'],
      [-1.1920932652537885e-7, '-0x1.0000053426783p-23'],
      [Number.MAX_VALUE, '0x1.fffffffffffffp+1023'],
      [2 ** -149, '0x1.0p-149'],
      [2 ** -1074, '0x1.0p-1074'],
      [NaN, ''],
      [Infinity, ''],
    ];
    for (const [x, text] of known) assert.equal(printHexadecimal(x), text);
  });

  it('are read back as the same float', () => {
    for (const name of formatNames) {
      const format = formats[name];
      const limit = format.ordinal(format.max);
      for (let i = 1n; i <= 300n; i++) {
        const x = -format.fromOrdinal((limit * i) / 300n);
        if (x === 0) continue;
        const [, fraction = '', exponent = ''] = /^-0x1\.([0-9a-f]+)p([+-]\d+)$/.exec(printHexadecimal(x)) ?? [];
        const significand = 1 + Number.parseInt(fraction, 16) / 16 ** fraction.length;
        const half = Math.trunc(Number(exponent) / 2);
        // In two steps: 2 to the least exponent alone is not a normal number.
        assert.equal(-significand * 2 ** half * 2 ** (Number(exponent) - half), x);
      }
    }
  });
});

describe('CSV for spreadsheets', () => {
  it('has no text that they take for a formula, and leaves numbers as they are', async () => {
    const settings = settingsOf({ losses: ['keras/binary-crossentropy@1'], formats: ['float32'], targets: [1] });
    const [curve] = await floorCurves(settings, 1);
    assert.ok(curve);
    const points = { margin: Float64Array.of(-1, 2), loss: Float64Array.of(-1e-7, NaN) };
    const csvOf = (name: string): string => {
      const loss = { label: name, id: 'a', formula: '-t·log(p)', constants: {} };
      const { format, summary, backend, real, explanation } = curve;
      const one = { label: name, loss, format, target: -0.5, backend, real, summary, explanation, points: [points] };
      return toCsv({ curves: [one], computed: [], version: '0' } as unknown as ExportContent);
    };
    for (const name of ['=1+1', '+A1', '-A1', '@SUM(A1)', '\t=1']) {
      const [, first = ''] = csvOf(name).split('\r\n');
      assert.ok(first.startsWith(`'${name},'${name},a,'-t·log(p),,float32,-0.5,`), first);
      assert.ok(first.endsWith(',-1,-1e-7'), first);
    }
    assert.ok(csvOf('=HYPERLINK("x")').includes('\r\n"\'=HYPERLINK(""x"")"'));
    assert.ok(csvOf('BCE').includes('\r\nBCE,BCE,a,'));
  });
});
