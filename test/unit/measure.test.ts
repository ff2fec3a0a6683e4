import assert from 'node:assert/strict';
import { settled, type Settled } from '../golden/measuring';
import {
  acosh,
  add,
  exp,
  log,
  logSigmoid,
  multiply,
  negate,
  sigmoid,
  softmax,
  subtract,
  variable,
  type Expression,
} from '../../src/expression';
import { lossById } from '../../src/losses';
import {
  failuresOf,
  margin,
  roundedTwice,
  subjectAt,
  summarize,
  type Target,
  type TargetSummary,
} from '../../src/measure';
import {
  compileExact,
  compileModel,
  compileModelAtPoint,
  formats,
  neighbour,
  type FormatName,
} from '../../src/numeric';

const x = variable('x');

/** What the worker does, in this process. */
async function summary(
  id: string,
  target: Target,
  name: FormatName,
  constants: Record<string, number> = {},
): Promise<Settled> {
  const format = formats[name];
  const subject = subjectAt(lossById(id).build(constants, name), target);
  const kernel = compileModel([subject.loss, subject.gradient], [margin], format);
  const exact = compileExact(subject.exactGradient, [margin], { maxPrecision: 3072 });
  return settled(
    await summarize(
      (margins) => {
        const [loss, gradient] = [new Float64Array(margins.length), new Float64Array(margins.length)];
        kernel(margins.length, [margins], [loss, gradient]);
        return Promise.resolve({ loss, gradient });
      },
      target,
      format,
      (at) => exact.isZero(at) === true,
    ),
  );
}

describe('failures of an expression', () => {
  const cases: [string, Expression, FormatName, string[]][] = [
    [
      'log of sigmoid',
      log(sigmoid(x)),
      'float32',
      ['value -Infinity below', 'gradient NaN below', 'value zero above', 'gradient zero above'],
    ],
    [
      'log of one minus sigmoid',
      log(subtract(1, sigmoid(x))),
      'float16',
      ['value zero below', 'gradient zero below', 'value -Infinity above', 'gradient NaN above'],
    ],
  ];
  for (const [name, expression, format, expected] of cases) {
    it(`are found on both sides: ${name}, ${format}`, () => {
      const found = failuresOf(expression, 'x', formats[format]);
      assert.deepEqual(
        found.map(({ of, becomes, side }) => `${of} ${becomes} ${side}`),
        expected,
      );
    });
  }

  it('have thresholds that are true to the last float', () => {
    for (const name of ['float32', 'bfloat16', 'float16', 'float64'] as const) {
      const format = formats[name];
      for (const expression of [log(sigmoid(x)), log(subtract(1, sigmoid(x))), log(softmax(x, 0))]) {
        const evaluate = compileModelAtPoint([expression], ['x'], format);
        for (const { of, becomes, side, from } of failuresOf(expression, 'x', format)) {
          if (of !== 'value') continue;
          const fails = (at: number): boolean => String(evaluate(at)[0]).replace(/^-?0$/, 'zero') === becomes;
          const outward = side === 'above' ? 1n : -1n;
          assert.ok(fails(from), `${name} at ${String(from)}`);
          assert.ok(!fails(neighbour(format, from, -outward)), `${name} just inside ${String(from)}`);
        }
      }
    }
  });

  it('reach beyond 0 where a form fails up to a number of the other sign', () => {
    const oneMinusExp = log(subtract(1, exp(negate(x))));
    const found = failuresOf(oneMinusExp, 'x', formats.float32);
    assert.deepEqual(
      found
        .filter(({ of, side }) => of === 'value' && side === 'below')
        .map(({ becomes, from }) => `${becomes} ${String(from)}`),
      [`-Infinity ${String(2 ** -25)}`, `NaN ${String(-(2 ** -24))}`],
    );
    for (const name of ['float32', 'bfloat16', 'float16', 'float64'] as const) {
      const format = formats[name];
      for (const expression of [oneMinusExp, acosh(x)]) {
        const failure = failuresOf(expression, 'x', format).find(({ of, side }) => of === 'value' && side === 'below');
        assert.ok(failure && failure.from > 0);
        const evaluate = compileModelAtPoint([expression], ['x'], format);
        assert.equal(String(evaluate(failure.from)[0]), failure.becomes);
        assert.notEqual(String(evaluate(neighbour(format, failure.from, 1n))[0]), failure.becomes);
      }
    }
    // What fails everywhere has no threshold to speak of.
    assert.deepEqual(
      failuresOf(log(subtract(-1, multiply(x, x))), 'x', formats.float16)
        .filter(({ of }) => of === 'value')
        .map(({ side, from }) => `${side} ${String(from + 0)}`),
      ['below 0', 'above 0'],
    );
  });

  it('are the thresholds of measured-floors: 16.6355, 88.7228, 103.972 and so on', () => {
    const from = (expression: Expression, name: FormatName, of: string, side: string): number | undefined =>
      failuresOf(expression, 'x', formats[name]).find((failure) => failure.of === of && failure.side === side)?.from;
    assert.equal(from(log(sigmoid(x)), 'float32', 'value', 'below'), -88.72283935546875);
    // The gradient is infinite before it is NaN.
    assert.equal(from(log(sigmoid(x)), 'float16', 'gradient', 'below'), -11.09375);
    assert.equal(from(log(sigmoid(x)), 'float16', 'value', 'below'), -17.34375);
    assert.equal(from(log(subtract(1, sigmoid(x))), 'float32', 'value', 'above'), 16.63553237915039);
    assert.equal(from(log(subtract(1, sigmoid(x))), 'bfloat16', 'value', 'above'), 6.25);
    assert.equal(from(log(softmax(x, 0)), 'float32', 'value', 'below'), -103.97208404541016);
  });

  it('are none for the stable form where values are exact', () => {
    const found = failuresOf(logSigmoid(x), 'x', formats.float32);
    assert.deepEqual(
      found.filter(({ becomes }) => becomes !== 'zero'),
      [],
    );
  });
});

describe('summary of a loss', () => {
  it("finds the floor of Keras' clip-and-invert form: both targets and their mean", async () => {
    const one = await summary('keras/binary-crossentropy@1', 1, 'float32');
    const zero = await summary('keras/binary-crossentropy@1', 0, 'float32');
    const mean = await summary('keras/binary-crossentropy@1', 'mean', 'float32');
    assert.equal(one.floor.value.toPrecision(8), '1.1920933e-7');
    assert.equal(zero.floor.value.toPrecision(5), '1.0000e-7');
    assert.equal(mean.floor.value.toPrecision(8), '1.0960467e-7');
    assert.ok(Math.abs(one.floor.at - 15.537) < 1e-3);
    assert.ok(Math.abs(zero.floor.at - 16.118) < 1e-3);
    assert.ok(mean.floor.at < 17);
    assert.equal(one.cap?.value.toFixed(3), '16.118');
    assert.equal(zero.cap?.value.toFixed(3), '15.942');
    assert.ok(Math.abs((one.right.gradientZero ?? 0) - 16.6355) < 1e-3);
    assert.ok(Math.abs((zero.deadFrom ?? 0) - 16.6355) < 1e-3);
  });

  it('finds NaN, infinities and what has no cap', async () => {
    const unclipped = await summary('keras/binary-crossentropy-unclipped', 1, 'float32');
    assert.equal(unclipped.firstNaN, 16.63553237915039);
    assert.equal(unclipped.firstInfinity, 88.72283935546875);
    assert.ok(Number.isNaN(unclipped.floor.value));
    const stable = await summary('optax/sigmoid-binary-cross-entropy', 0, 'float32');
    assert.deepEqual([stable.cap, stable.firstNaN, stable.firstInfinity, stable.deadFrom], [null, null, null, null]);
  });

  it('tells the targets of BCEWithLogits since torch 2.3 apart', async () => {
    const zero = await summary('torch/bce-with-logits@2.3', 0, 'float32');
    const one = await summary('torch/bce-with-logits@2.3', 1, 'float32');
    assert.equal(zero.floor.at.toFixed(3), '14.556');
    assert.ok(one.floor.at > 103);
  });

  it('measures every value of the half types', async () => {
    const bfloat16 = await summary('keras/binary-crossentropy@1', 1, 'bfloat16');
    assert.equal(bfloat16.firstNaN, 6.25);
    assert.equal(bfloat16.deadFrom, 16.125);
    const float16 = await summary('torch/bce@2.0', 0, 'float16');
    assert.equal(float16.floor.at.toFixed(2), '17.34');
  });

  it('sees negative losses', async () => {
    const { negative } = await summary('tfjs/log-loss', 1, 'float32');
    assert.ok(negative);
    assert.equal(negative.value.toPrecision(4), '-1.192e-7');
    assert.equal(negative.at, 16.63553237915039);
  });

  it('lists every dead zone, also those that end', async () => {
    const radius = await summary('zer/v3', 1, 'float32');
    assert.deepEqual(
      [radius.right.deadZones, radius.wrong.deadZones].map((zones) => zones.map(({ to }) => to)),
      [[formats.float32.max], [formats.float32.max]],
    );
    assert.equal(radius.right.deadZones[0]?.from, radius.right.gradientZero);
    const format = formats.float16;
    const dead: TargetSummary = await summarize(
      (margins) =>
        Promise.resolve({
          loss: margins,
          gradient: margins.map((m) => (Math.abs(m) >= 3 && Math.abs(m) < 5 ? 0 : m > 100 ? NaN : 1)),
        }),
      1,
      format,
      () => false,
    );
    assert.deepEqual(dead.right.deadZones, [{ from: 3, to: neighbour(format, 5, -1n) }]);
    assert.equal(dead.right.gradientZero, null);
    assert.equal(dead.right.gradientNaN, neighbour(format, 100, 1n));
  });

  it('gives no floor to a loss that grows, as that of a soft target does', async () => {
    const format = formats.float32;
    const growing = await summarize(
      (margins) => Promise.resolve({ loss: margins.map((m) => Math.abs(m) * 0.3), gradient: margins.map(() => 0.3) }),
      0.3,
      format,
      () => false,
    );
    assert.deepEqual([growing.floor, growing.cap], [null, null]);
  });
});

describe('exact values as float64 and as the nearest of a format', () => {
  it('does not round twice where that would be another value', () => {
    // Just above the middle between 1 and the next bfloat16: float64 is too coarse to tell it from the middle.
    const middle = 1 + 2 ** -8;
    const exact = compileExact(add(middle, multiply(x, x)), ['x']);
    const tiny = 2 ** -40;
    assert.equal(formats.bfloat16.round(middle), 1);
    assert.deepEqual(roundedTwice(exact, formats.bfloat16, tiny), { wide: middle, nearest: 1 + 2 ** -7 });
    assert.deepEqual(roundedTwice(exact, formats.bfloat16, 0), { wide: middle, nearest: 1 });
  });

  it('is the nearest of the format at values all over', () => {
    const { exactLoss } = subjectAt(lossById('torch/bce-with-logits@2.3').build({}, 'float16'), 1);
    const exact = compileExact(exactLoss, [margin]);
    for (const name of ['float32', 'bfloat16', 'float16', 'float8_e4m3fn', 'float8_e5m2', 'float64'] as const) {
      for (let at = -120; at <= 120; at += 0.7) {
        assert.equal(roundedTwice(exact, formats[name], at).nearest, exact.round(formats[name], at), `${name} ${at}`);
      }
    }
  });
});
