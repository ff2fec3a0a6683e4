import assert from 'node:assert/strict';
import {
  describeHistogram,
  describeSamples,
  HistogramCounter,
  margin,
  marginsOf,
  percentOf,
  SampleCounter,
  subjectAt,
  summarize,
  type SampleCounts,
  type Samples,
  type Target,
  type TargetSummary,
} from '../../src/measure';
import { lossById } from '../../src/losses';
import { compileExact, compileModel, formatByName, type FormatName } from '../../src/numeric';
import { randomOf } from './arrays';

const never = (): Promise<void> => Promise.resolve();

/** Loss, target and format made ready: the evaluators, and the thresholds. */
async function prepared(id: string, target: number, name: FormatName) {
  const format = formatByName(name);
  const subject = subjectAt(lossById(id).build({}, name), target);
  const kernel = compileModel([subject.loss, subject.gradient], [margin], format);
  const evaluate = (margins: Float64Array) => {
    const [loss, gradient] = [new Float64Array(margins.length), new Float64Array(margins.length)];
    kernel(margins.length, [margins], [loss, gradient]);
    return { loss, gradient };
  };
  const exact = compileExact(subject.exactGradient, [margin], { maxPrecision: 3072 });
  const isExactlyZero = (at: number): boolean => exact.isZero(at) === true;
  const summary = await summarize((all) => Promise.resolve(evaluate(all)), target, format, isExactlyZero);
  return { format, evaluate, isExactlyZero, summary };
}

/** The same counts, sample by sample. */
function byHand(
  margins: Float64Array,
  { evaluate, isExactlyZero, summary }: Awaited<ReturnType<typeof prepared>>,
): SampleCounts {
  const { loss, gradient } = evaluate(margins);
  const many = (holds: (m: number, value: number, slope: number) => boolean): number =>
    [...margins].filter((m, i) => holds(m, loss[i] as number, gradient[i] as number)).length;
  const { floor, cap } = summary;
  const dead = (m: number, slope: number): boolean => slope === 0 && !isExactlyZero(m);
  return {
    samples: margins.length,
    zeroGradient: {
      right: many((m, _, slope) => dead(m, slope) && m >= 0),
      wrong: many((m, _, slope) => dead(m, slope) && m < 0),
    },
    trulyZero: many((m, _, slope) => slope === 0 && isExactlyZero(m)),
    lossNaN: many((_, value) => Number.isNaN(value)),
    lossInfinite: many((_, value) => Math.abs(value) === Infinity),
    gradientNaN: many((_m, _, slope) => Number.isNaN(slope)),
    gradientInfinite: many((_m, _, slope) => Math.abs(slope) === Infinity),
    atFloor: floor && Number.isFinite(floor.value) ? many((m, value) => m >= floor.at && value === floor.value) : null,
    atCap: cap && Number.isFinite(cap.value) ? many((m, value) => m <= -cap.at && value === cap.value) : null,
  };
}

describe('counts at samples', () => {
  it('are those of looking at every sample', async () => {
    const random = randomOf(7);
    let dead = 0;
    let rightly = 0;
    let broken = 0;
    for (const id of [
      'keras/binary-crossentropy@1',
      'naive/bce',
      'torch/bce-with-logits@2.3',
      'zer/v2',
      'keras/precision-loss-hard-sigmoid',
    ]) {
      for (const target of [0, 1]) {
        for (const name of ['float32', 'float16', 'bfloat16'] as const) {
          const each = await prepared(id, target, name);
          const raw = Array.from({ length: 400 }, () => (random() - 0.5) * 10 ** (random() * 4));
          const margins = Float64Array.from([...raw, NaN, Infinity, -Infinity, 0, -0, 1, -1], (m) =>
            each.format.round(m),
          );
          const { loss, gradient } = each.evaluate(margins);
          const counter = new SampleCounter(each.summary);
          for (let i = 0; i < margins.length; i += 100) {
            const part = (all: Float64Array): Float64Array => all.subarray(i, i + 100);
            counter.add(part(margins), part(loss), part(gradient));
          }
          const counts = await counter.result(each.isExactlyZero, never);
          assert.deepEqual(counts, byHand(margins, each), `${id} ${name} ${String(target)}`);
          dead += counts.zeroGradient.right + counts.zeroGradient.wrong;
          rightly += counts.trulyZero;
          broken += counts.lossNaN + counts.lossInfinite + counts.gradientNaN;
        }
      }
    }
    assert.ok(dead > 0 && broken > 0 && rightly > 0);
  });

  it('find where the exact gradient begins to be zero among samples that lie close together', async () => {
    // 64 values from 1.000 to 1.0315: one bucket; the exact gradient is zero from 1.0177 on.
    const margins = Float64Array.from({ length: 64 }, (_, i) => 1 + i / 2048);
    const counter = new SampleCounter({ floor: null, cap: null });
    counter.add(margins, new Float64Array(64), new Float64Array(64));
    let looks = 0;
    const isZero = (at: number): boolean => (looks++, at >= 1.0177);
    const { zeroGradient, trulyZero } = await counter.result(isZero, never);
    const expected = margins.filter((at) => at >= 1.0177).length;
    assert.deepEqual([zeroGradient.right, trulyZero], [64 - expected, expected]);
    assert.ok(looks < 12);
  });

  it('take the samples of their target, with its sign; soft ones as they were stored', () => {
    const samples: Samples = {
      logits: Float32Array.of(1, 2, 3, 4, NaN),
      targets: Float32Array.of(1, 0, 0.1, 1, 0),
    };
    const all = (target: Target, start = 0, end = 5): number[] => [...marginsOf(samples, target, start, end)];
    assert.deepEqual(all(1), [1, 4]);
    assert.deepEqual(all(0), [-2, NaN]);
    assert.deepEqual(all(0.1), [-3]);
    assert.deepEqual(all(0.3), []);
    assert.deepEqual(all('mean'), []);
    assert.deepEqual(all(1, 1, 4), [4]);
    const bare = { logits: samples.logits, targets: null };
    assert.deepEqual([...marginsOf(bare, 0, 0, 2)], [-1, -2]);
    assert.deepEqual([...marginsOf(bare, 1, 0, 2)], [1, 2]);
  });
});

describe('histograms of samples', () => {
  it('count every margin once: in its bin, left, right or NaN', () => {
    const random = randomOf(3);
    for (let round = 0; round < 40; round++) {
      const from = (random() - 0.7) * 100;
      const to = from + random() * 200;
      const bins = 1 + Math.floor(random() * 130);
      const counter = new HistogramCounter({ from, to }, bins, [1]);
      const { edges } = counter.result;
      const logits = Float64Array.from({ length: 500 }, (_, i) =>
        i % 3 === 0
          ? (edges[Math.floor(random() * edges.length)] as number)
          : from + (random() * 1.4 - 0.2) * (to - from),
      );
      logits.set([NaN, Infinity, -Infinity]);
      counter.add({ logits, targets: null }, 0, 300);
      counter.add({ logits, targets: null }, 300, 500);
      const { counts, left, right, nan } = counter.result;
      assert.equal(edges[0], from);
      assert.equal(edges.at(-1), to);
      const expected = Array.from({ length: bins }, (_, i) => {
        const [low, high] = [edges[i] as number, edges[i + 1] as number];
        return logits.filter((z) => z >= low && (z < high || (i === bins - 1 && z === high))).length;
      });
      assert.deepEqual([...counts], expected);
      assert.equal(left, logits.filter((z) => z < from).length);
      assert.equal(right, logits.filter((z) => z > to).length);
      assert.equal(nan, 1);
    }
  });

  it('take each sample by its own target, or by those that are looked at', () => {
    const logits = Float64Array.of(2, 2, 2);
    const counted = (targets: Samples['targets'], wanted: readonly Target[]) => {
      const counter = new HistogramCounter({ from: -4, to: 4 }, 2, wanted);
      counter.add({ logits, targets }, 0, 3);
      const { counts, otherTargets } = counter.result;
      return [...counts, otherTargets];
    };
    const targets = Float32Array.of(1, 0, 0.5);
    assert.deepEqual(counted(targets, [0, 1]), [1, 1, 1]);
    assert.deepEqual(counted(targets, ['mean']), [1, 1, 1]);
    assert.deepEqual(counted(targets, [1]), [0, 1, 2]);
    assert.deepEqual(counted(targets, [0.5, 0]), [1, 1, 1]);
    assert.deepEqual(counted(null, [0]), [3, 0, 0]);
    assert.deepEqual(counted(null, [0, 1, 'mean']), [3, 3, 0]);
  });
});

describe('what is said of samples', () => {
  const counts: SampleCounts = {
    samples: 1000,
    zeroGradient: { right: 31, wrong: 0 },
    trulyZero: 0,
    lossNaN: 0,
    lossInfinite: 0,
    gradientNaN: 0,
    gradientInfinite: 0,
    atFloor: null,
    atCap: null,
  };
  const none = { floor: null, cap: null } as TargetSummary;

  it('is a share, a count, and what it means', () => {
    const say = (part: Partial<SampleCounts>, summary = none): string =>
      describeSamples('float32', { ...counts, ...part }, summary);
    assert.equal(
      say({}),
      '3.1 % of the samples (31 of 1,000) lie where the gradient is exactly 0 although the exact one is not, all on the right side.',
    );
    assert.match(
      say({ zeroGradient: { right: 0, wrong: 1 } }),
      /^0\.1 % .* lies where .*, all on the wrong side: these errors are never corrected\.$/,
    );
    assert.match(say({ zeroGradient: { right: 1, wrong: 2 } }), /^0\.3 % .*, 2 of them on the wrong side: /);
    assert.equal(
      say({ zeroGradient: { right: 0, wrong: 0 }, lossNaN: 1, gradientInfinite: 2 }),
      'None of the 1,000 samples lies where the gradient is exactly 0 although the exact one is not. 0.1 % of the samples (1 of 1,000) has the loss NaN. 0.2 % of the samples (2 of 1,000) have an infinite gradient.',
    );
    const floor = { value: Math.fround(1.1920929e-7), at: 15 };
    assert.match(
      say({ atFloor: 5 }, { ...none, floor }),
      /0\.5 % of the samples \(5 of 1,000\) have the loss of the floor, 1\.1920929e-7\.$/,
    );
    assert.equal(say({ samples: 0 }), 'No sample has this target.');
  });

  it('never rounds to none or all what is not', () => {
    assert.deepEqual(
      [
        [0, 7],
        [7, 7],
        [1, 20_000_000],
        [19_999_999, 20_000_000],
        [996, 1000],
        [995, 999],
        [1, 3],
        [0, 0],
      ].map(([count = 0, whole = 0]) => percentOf(count, whole)),
      ['0 %', '100 %', '0.000005 %', '99.99999 %', '99.6 %', '99.6 %', '33 %', 'NaN %'],
    );
  });

  it('tells what the bars leave out', () => {
    const histogram = {
      edges: new Float64Array(3),
      counts: Float64Array.of(90, 5),
      left: 2,
      right: 2,
      nan: 1,
      otherTargets: 3,
    };
    assert.equal(
      describeHistogram(histogram, true, [0, 1]),
      'Bars: 95 % of the margins (95 of 100); 2 left of the range, 2 right of it, 1 NaN. 3 samples have targets that no curve is drawn for.',
    );
    assert.match(
      describeHistogram({ ...histogram, otherTargets: 0 }, false, ['mean']),
      /no targets: each logit counts twice/,
    );
    assert.match(describeHistogram(histogram, false, [1]), /no targets: each logit counts as if it had the target/);
  });
});
