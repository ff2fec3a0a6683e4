import assert from 'node:assert/strict';
import { differentiate } from '../../src/expression';
import { losses } from '../../src/losses';
import { compileExact } from '../../src/numeric/exact';
import { formats, ulpDistance } from '../../src/numeric/format';
import { compileModelAtPoint } from '../../src/numeric/model';
import {
  exactRows,
  goldenForms,
  goldenFormats,
  goldenPoints,
  goldenRows,
  type GoldenForm,
  type GoldenFormat,
} from './golden';
import { evaluate, perturbedRange } from './perturbation';

/** A row where the reference and the model differ for a known reason. */
interface Deviation {
  readonly form: string;
  readonly format: GoldenFormat;
  readonly of: 'loss' | 'gradient';
  readonly z: number;
  readonly t: number;
  readonly ours: number;
}

const smallest = 2 ** -149;

/**
 * What the CPU did that the reference was computed on, and others don't. SLEEF's log1pf gives 0 for the smallest
 * subnormal and infinity above 1e38; libm and libdevice give the right values, and so do we.
 */
const cpuSpecific: readonly Deviation[] = [
  { form: 'tf_sce', format: 'float32', of: 'loss', z: 103, t: 1, ours: smallest },
  { form: 'tf_sce', format: 'float32', of: 'loss', z: -103, t: 0, ours: smallest },
  { form: 'torch_bcewl_ge23', format: 'float32', of: 'loss', z: 103, t: 1, ours: smallest },
  { form: 'optax_sbce', format: 'float32', of: 'loss', z: 103, t: 1, ours: smallest },
  { form: 'optax_sbce', format: 'float32', of: 'loss', z: -103, t: 0, ours: smallest },
  { form: 'log1p_ce', format: 'float32', of: 'loss', z: 103, t: 1, ours: smallest },
  { form: 'log1p_ce', format: 'float32', of: 'loss', z: -103, t: 0, ours: smallest },
  { form: 'log1p_ce', format: 'float32', of: 'loss', z: 88, t: 0, ours: 88 },
  { form: 'log1p_ce', format: 'float32', of: 'loss', z: -88, t: 1, ours: 88 },
  { form: 'log1p_ce', format: 'bfloat16', of: 'loss', z: 88, t: 0, ours: 88 },
  { form: 'log1p_ce', format: 'bfloat16', of: 'loss', z: -88, t: 1, ours: 88 },
];

/**
 * The reference adds up the gradients of tf_sce's branches in float32 and rounds the sum to the half type, which no
 * framework does. Ours is what a tf.function of TensorFlow 2.21 gives (measured on its CPU kernels): the sum of stored
 * values, in which 1 and -1 swallow the third.
 */
const addedInTheFormat: readonly Deviation[] = [
  { form: 'tf_sce', format: 'bfloat16', of: 'gradient', z: 5, t: 1, ours: -0.0078125 },
  { form: 'tf_sce', format: 'bfloat16', of: 'gradient', z: 14, t: 1, ours: 0 },
  { form: 'tf_sce', format: 'bfloat16', of: 'gradient', z: 16, t: 1, ours: 0 },
  { form: 'tf_sce', format: 'float16', of: 'gradient', z: 5, t: 1, ours: -0.0068359375 },
  { form: 'tf_sce', format: 'float16', of: 'gradient', z: 14, t: 1, ours: 0 },
  { form: 'tf_sce', format: 'float16', of: 'gradient', z: 16, t: 1, ours: 0 },
];

const deviations = [...cpuSpecific, ...addedInTheFormat];

/**
 * expf, logf and log1pf differ by one or two ULPs between libraries. What is farther off must lie in the range that
 * the form gives for transcendental functions off by one ULP.
 */
const toleranceInUlps = 4n;

describe('golden values', () => {
  for (const form of goldenForms) {
    describe(form.name, () => {
      for (const format of formatsOf(form)) {
        it(`${form.entry.id} in ${format}`, () => {
          compareWithModel(form, format);
        });
      }
      it('follows its formula and the mathematical loss in exact arithmetic', () => {
        for (const format of formatsOf(form)) compareExactly(form, format);
      });
    });
  }

  it('has the rows that deviate', () => {
    for (const { form, format, z, t } of deviations) {
      const rows = goldenRows(form, format);
      assert.ok(
        rows.some((row) => row.z === z && row.t === t),
        `${form} in ${format} at z = ${z}, t = ${t}`,
      );
    }
  });

  it('gives a range where a last bit is amplified', () => {
    const { gradient } = goldenForms.find(({ name }) => name === 'sm_naive')?.build('float32') ?? assert.fail();
    const { low, high } = perturbedRange(gradient, new Map(Object.entries({ z: 5, t: 1 })), formats.float32);
    // exp(5) one ULP off, and 1 - p is another number.
    assert.ok(ulpDistance(formats.float32, low, high) > 100n, `${low} to ${high}`);
  });

  it('perturbs what the model evaluates', () => {
    for (const { build, name } of goldenForms) {
      for (const format of goldenFormats) {
        const { loss, gradient } = build(format);
        const atPoint = compileModelAtPoint([loss, gradient], ['z', 't'], formats[format]);
        for (const { z, t } of goldenPoints(format)) {
          const values = new Map(Object.entries({ z, t }));
          const unmoved = [loss, gradient].map((root) => evaluate(root, values, formats[format], () => 0).value);
          assert.deepEqual(unmoved, atPoint(z, t), `${name} in ${format} at z = ${z}, t = ${t}`);
        }
      }
    }
  });

  it('stands for every entry of the catalogue but those that the reference data lacks', () => {
    const covered = new Set(goldenForms.map(({ entry }) => entry.id));
    const others = losses.map(({ id }) => id).filter((id) => !covered.has(id));
    assert.deepEqual(others, [
      'keras/binary-crossentropy-unclipped',
      'sklearn/log-loss@0.14',
      'zer/straight-through',
      'tf/sparse-softmax-cross-entropy-with-logits',
      'tf/softmax-cross-entropy-of-softmax',
      'keras/precision-loss-round',
      'keras/precision-loss-hard-sigmoid',
      'keras/precision-loss-softsign',
      'tf/sigmoid-cross-entropy-of-fake-quant',
      'tf/softmax-cross-entropy-of-instance-norm',
    ]);
    assert.equal(goldenForms.length, 42);
  });
});

/** Those that the original computes in: in others the reference mixes formats. */
function formatsOf({ entry }: GoldenForm): GoldenFormat[] {
  return goldenFormats.filter((format) => entry.formats?.includes(format) ?? true);
}

function compareWithModel(form: GoldenForm, formatName: GoldenFormat): void {
  const format = formats[formatName];
  const built = form.build(formatName);
  const atPoint = compileModelAtPoint([built.loss, built.gradient], ['z', 't'], format);
  for (const row of goldenRows(form.name, formatName)) {
    const { z, t } = row;
    const [loss, gradient] = atPoint(z, t) as [number, number];
    const ours = { loss, gradient };
    for (const of of ['loss', 'gradient'] as const) {
      const where = `${of} at z = ${z}, t = ${t}`;
      const known = deviations.find(
        (other) =>
          other.form === form.name && other.format === formatName && other.of === of && other.z === z && other.t === t,
      );
      if (known) {
        assert.notEqual(ours[of], row[of], `${where} does not deviate`);
        assert.equal(ours[of], known.ours, where);
        continue;
      }
      if (Object.is(ours[of], row[of])) continue;
      const isSpecial = [ours[of], row[of]].some((value) => value === 0 || !Number.isFinite(value));
      if (isSpecial) assert.fail(`${where}: ${text(ours[of])}, not ${text(row[of])}`);
      const values = new Map(Object.entries({ z, t }));
      if (ulpDistance(format, ours[of], row[of]) <= toleranceInUlps) continue;
      const { low, high } = perturbedRange(built[of], values, format);
      assert.ok(low <= row[of] && row[of] <= high, `${where}: ${ours[of]}, from ${low} to ${high}, not ${row[of]}`);
    }
  }
}

function text(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Rows of `ownExact` that the reference has otherwise. */
const exactDeviations: Readonly<Record<string, (z: number) => boolean>> = {
  // The reference takes the cap from the decimal 1e-15; the library's constant is the float32 1e-15f.
  lgb_logloss: (z) => Math.abs(z) >= 88,
  // The reference computes 1 - p_t as a difference, of which too few digits, or none, are left.
  keras3_focal_prob: (z) => Math.abs(z) >= 88,
};

function compareExactly(form: GoldenForm, format: GoldenFormat): void {
  const { loss, ideal } = form.build(format);
  const ownLoss = compileExact(loss, ['z', 't'], { maxPrecision: 768 });
  const idealLoss = compileExact(ideal, ['z', 't']);
  const idealSlope = compileExact(differentiate(ideal, 'z', 'mathematical'), ['z', 't']);
  const references = exactRows(form.family, format);
  goldenPoints(format).forEach(({ z, t }, i) => {
    const where = `${format} at z = ${z}, t = ${t}`;
    const reference = references[i] as (typeof references)[number];
    assertSameDecimal(idealLoss.decimal(digits, z, t), reference.loss, `ideal loss, ${where}`);
    assertSameDecimal(idealSlope.decimal(digits, z, t), reference.slope, `ideal slope, ${where}`);
    const own = form.ownExact?.[format][i];
    if (own === undefined || exactDeviations[form.name]?.(z)) return;
    const ours = ownLoss.decimal(digits, z, t);
    // log(1 - e + e) is 0, which arithmetic with intervals can't tell from something small.
    if (ours === undefined && own === '0') return;
    assertSameDecimal(ours, own, `own formula, ${where}`);
  });
}

/** As many as the reference has, in exact decimal, but for the last. */
const digits = 30;

function assertSameDecimal(ours: string | undefined, reference: string, message: string): void {
  const difference = ours === undefined ? NaN : relativeDifference(ours, reference);
  assert.ok(difference <= 2, `${message}: ${ours ?? 'undecided'}, not ${reference}`);
}

/** In units of the last but one of the digits that are compared. */
function relativeDifference(a: string, b: string): number {
  const [first, second] = [scientific(a), scientific(b)];
  if (first.digits === 0n && second.digits === 0n) return 0;
  return first.exponent === second.exponent ? Math.abs(Number(first.digits - second.digits)) : Infinity;
}

/** The significant digits, cut to one fewer than the reference has, as an integer, and the power of ten. */
function scientific(decimal: string): { digits: bigint; exponent: number } {
  const [, sign, whole, fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d*))?(?:e([+-]?\d+))?$/.exec(decimal) ?? [];
  if (whole === undefined) throw new Error(`${decimal} is no decimal number`);
  const significant = (whole + fraction).replace(/^0+/, '');
  const leadingZeros = whole.length + fraction.length - significant.length;
  const cut = significant.padEnd(digits - 1, '0').slice(0, digits - 1);
  return { digits: BigInt(`${sign ?? ''}${cut}`), exponent: Number(power) + whole.length - leadingZeros };
}
