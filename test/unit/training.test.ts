import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lossById, losses } from '../../src/losses';
import { formatByName } from '../../src/numeric';
import {
  bundledTask,
  joined,
  noRecords,
  patternsOf,
  patternsOfCsv,
  planTraining,
  reportTraining,
  Trainer,
  trainingDefaults,
  type PlannedRun,
  type Records,
  type TrainingJob,
  type TrainingPlan,
} from '../../src/training';
import { Network } from '../../src/training/network';
import { Random } from '../../src/training/random';
import { isRecorded } from '../../src/training/records';

const variants = losses.filter(({ family }) => family === 'zer').map(({ id }) => id);
const encoder = bundledTask('encoder').patterns;

function jobOf(variant: string, change: Partial<TrainingPlan> = {}, patterns = encoder): TrainingJob {
  const plan = { ...trainingDefaults, variants: [variant], seeds: 1, ...change };
  const [run] = planTraining(plan, patterns).values();
  assert.ok(run);
  return run.job;
}

function trained(job: TrainingJob): { readonly records: Records; readonly trainer: Trainer } {
  const trainer = new Trainer(job);
  while (!trainer.isDone) trainer.step();
  return { records: trainer.take(), trainer };
}

/** Trains all of a plan. */
function reportOf(plan: TrainingPlan, patterns = encoder): ReturnType<typeof reportTraining> {
  const planned = planTraining(plan, patterns);
  const recorded = new Map([...planned].map(([key, { job }]) => [key, trained(job).records]));
  return reportTraining(planned, recorded);
}

describe('training: random numbers', () => {
  it('are those of xoshiro128**, computed another way', () => {
    const random = new Random([1, 2, 3, 4]);
    const mask = 0xffffffffn;
    const rotl = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
    let s = [1n, 2n, 3n, 4n] as [bigint, bigint, bigint, bigint];
    for (let i = 0; i < 1000; i++) {
      const [a, b, c, d] = s;
      const expected = (rotl((b * 5n) & mask, 7n) * 9n) & mask;
      assert.equal(random.word(), Number(expected));
      s = [a ^ d ^ b, b ^ c ^ a, c ^ a ^ ((b << 9n) & mask), rotl(d ^ b, 11n)];
    }
    assert.deepEqual(random.state, s.map(Number));
  });

  it('are spread evenly between -1 and 1, and go on from a kept state', () => {
    const random = Random.ofSeed(7);
    const drawn = Array.from({ length: 20_000 }, () => random.symmetric());
    assert.ok(drawn.every((x) => x > -1 && x < 1));
    const inTenths = Array.from({ length: 10 }, (_, i) => drawn.filter((x) => Math.floor(5 * (x + 1)) === i).length);
    for (const count of inTenths) assert.ok(Math.abs(count - 2000) < 200, inTenths.join());
    assert.equal(new Random(random.state).word(), random.word());
    assert.notEqual(Random.ofSeed(1).word(), Random.ofSeed(2).word());
  });
});

describe('training: tasks', () => {
  it('have the patterns that they are named for', () => {
    assert.deepEqual([encoder.count, encoder.inputs, encoder.outputs], [8, 8, 8]);
    assert.deepEqual(encoder.input, encoder.target);
    assert.equal(
      encoder.input.reduce((sum, x) => sum + x),
      8,
    );
    const xor = bundledTask('xor').patterns;
    assert.deepEqual([...xor.input], [0, 0, 0, 1, 1, 0, 1, 1]);
    assert.deepEqual([...xor.target], [0, 1, 1, 0]);
    const { input, target, count } = bundledTask('parity', 5).patterns;
    assert.equal(count, 32);
    for (let p = 0; p < count; p++) {
      const ones = input.slice(5 * p, 5 * p + 5).reduce((sum, x) => sum + x);
      assert.equal(target[p], ones % 2);
    }
    assert.throws(() => bundledTask('parity', 20), /2 to 8 bits, not 20/);
  });

  it('reading is what its script makes, no two words alike, with exceptions to the rule', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/reading.mjs', '--check'], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
    const { patterns } = bundledTask('reading');
    assert.deepEqual([patterns.count, patterns.inputs, patterns.outputs], [100, 31, 19]);
    assert.ok([...patterns.input, ...patterns.target].every((x) => x === 0 || x === 1));
    const rows = Array.from({ length: 100 }, (_, p) => patterns.input.slice(31 * p, 31 * p + 31).join(''));
    assert.equal(new Set(rows).size, 100);
    // The vowel is long with a final e, but for every tenth word.
    const long = Array.from({ length: 100 }, (_, p) => patterns.target[19 * p + 11] === patterns.input[31 * p + 30]);
    assert.equal(long.filter((regular) => !regular).length, 10);
  });
});

describe("training: the user's CSV", () => {
  it('takes columns by name, whatever separates them, and leaves out the others', () => {
    for (const separator of [',', ';', '\t']) {
      const rows = [
        ['word', 'in1', 'out1', 'in2', 'target2'],
        ['a', '0.5', '1', '-2', '0'],
        ['b', '1e1', '0.25', '3', '1'],
      ];
      const text = `\uFEFF${rows.map((row) => row.join(separator)).join('\r\n')}\r\n\r\n`;
      const patterns = patternsOfCsv(text, 'words.csv');
      assert.deepEqual([patterns.count, patterns.inputs, patterns.outputs], [2, 2, 2]);
      assert.deepEqual([...patterns.input], [0.5, -2, 10, 3]);
      assert.deepEqual([...patterns.target], [1, 0, 0.25, 1]);
    }
  });

  it('takes the last columns as targets where told how many', () => {
    const patterns = patternsOfCsv('0,0,1\n1,0,0\n', 'x.csv', 2);
    assert.deepEqual([...patterns.input], [0, 1]);
    assert.deepEqual([...patterns.target], [0, 1, 0, 0]);
  });

  for (const [text, targets, message] of [
    ['', null, /^x\.csv is empty/],
    ['0,1\n1,0\n', null, /^x\.csv has no header/],
    ['in1,out1\n', null, /has a header and no patterns/],
    ['a,out1\n1,1\n', null, /^x\.csv:1:1: no column is named in/],
    ['in1,b\n1,1\n', null, /^x\.csv:1:1: no column is named out… or target…/],
    ['in1,out1\n1,1\n0,maybe\n', null, /^x\.csv:3:3: a number was expected, not "maybe"/],
    ['in1,out1\n1,1\n0,\n', null, /^x\.csv:3:3: a number was expected, not nothing/],
    ['in1,out1\n1,1\n\n0,0,0\n', null, /^x\.csv:4:1: 3 columns, and the first line has 2/],
    ['in1,out1\n1,1.5\n', null, /^x\.csv:2:3: a target lies between 0 and 1, not 1\.5/],
    ['in1,out1\n1e999,1\n', null, /^x\.csv:2:1: a number was expected, not "1e999"/],
    ['in1,out1\nNaN,1\n', null, /^x\.csv:2:1: a number was expected, not "NaN"/],
    ['0,1\n', 2, /between 1 and 1, not 2/],
  ] as const) {
    it(`says ${String(message)}`, () => {
      assert.throws(() => patternsOfCsv(text, 'x.csv', targets), { name: 'TrainingError', message });
    });
  }
});

describe('training: back-propagation', () => {
  const patterns = patternsOf([
    [
      [0.3, -1.2],
      [1, 0],
    ],
    [
      [-0.7, 0.4],
      [0, 1],
    ],
    [
      [1.1, 0.9],
      [1, 1],
    ],
  ]);

  for (const variant of variants) {
    for (const activation of ['sigmoid', 'tanh'] as const) {
      it(`is the derivative of the loss by every weight: ${variant}, ${activation}`, () => {
        const { loss, gradient } = lossById(variant).build({ radius: 0.1 }, 'float64');
        const learning = {
          hidden: 3,
          activation,
          rate: 1,
          momentum: 0,
          update: 'batch',
          weightRange: 0.9,
          seed: 3,
        } as const;
        const job: TrainingJob = {
          patterns,
          learning,
          loss,
          gradient,
          radius: 0.1,
          format: 'float64',
          from: null,
          until: 1,
        };
        const trainer = new Trainer(job);
        const start = trainer.state;
        const lossAt = (weights: Float64Array): number => {
          const records = new Trainer({
            ...job,
            from: { ...start, epoch: 0, weights },
            until: 1,
            learning: { ...learning, rate: 0 },
          });
          records.step();
          return (records.take().loss[0] ?? NaN) * 6;
        };
        // With a rate of 1 and no momentum a step is minus the gradient.
        trainer.step();
        const slopes = trainer.state.weights.map((weight, i) => (start.weights[i] as number) - weight);
        assert.ok(
          slopes.every((slope) => slope !== 0),
          'every weight matters',
        );
        const h = 1e-5;
        slopes.forEach((slope, i) => {
          const moved = (by: number): Float64Array => start.weights.map((w, j) => (i === j ? w + by : w));
          const difference = (lossAt(moved(h)) - lossAt(moved(-h))) / (2 * h);
          assert.ok(
            Math.abs(difference - slope) < 1e-7,
            `weight ${String(i)}: ${String(difference)}, ${String(slope)}`,
          );
        });
      });
    }
  }

  it('uses slopes that are no derivative, such as those of MikeNet beyond the limit, as they are', () => {
    const network = new Network(patterns, 2, 'tanh');
    const weights = Float64Array.from({ length: network.size }, (_, i) => Math.sin(i + 1));
    const logits = new Float64Array(6);
    network.forward(weights, 0, logits);
    const gradient = new Float64Array(network.size);
    network.backward(weights, 0, Float64Array.of(2, 0, 0, 0, 0, 0), gradient);
    // The bias of the first output unit takes the slope itself.
    assert.equal(gradient[2 * 3 + 2], 2);
    assert.equal(gradient[2 * 3 + 3 + 2], 0);
  });
});

describe('training: runs', () => {
  it('begins with the same weights for every variant and radius of a seed, others for another seed', () => {
    const planned = planTraining({ ...trainingDefaults, variants, radii: [0.1, 0.3], seeds: 2 }, encoder);
    const starts = [...planned.values()].map(({ seed, job }) => [seed, new Trainer(job).state.weights.join()] as const);
    assert.equal(new Set(starts.map(([seed, weights]) => `${String(seed)} ${weights}`)).size, 2);
    assert.equal(new Set(starts.map(([, weights]) => weights)).size, 2);
    const weights = new Trainer(jobOf('zer/v1', { weightRange: 2.5 })).state.weights;
    assert.ok(weights.every((w) => Math.abs(w) < 2.5) && weights.some((w) => Math.abs(w) > 2));
  });

  for (const update of ['batch', 'online'] as const) {
    it(`continued, gives to the last bit what it would have been without a pause: ${update}`, () => {
      for (const [pause, end] of [
        [37, 90],
        [1003, 1024],
      ] as const) {
        const whole = trained(jobOf('zer/v2', { update, epochs: end }));
        const first = trained(jobOf('zer/v2', { update, epochs: pause }));
        const job = { ...jobOf('zer/v2', { update, epochs: end }), from: structuredClone(first.trainer.state) };
        const second = trained(job);
        assert.deepEqual(second.trainer.state, whole.trainer.state);
        assert.deepEqual(joined(first.records, second.records), whole.records);
        assert.equal(first.records.epoch.at(-1), pause);
        assert.equal(whole.records.epoch.at(-1), end);
      }
    });
  }

  it('is the same every time', () => {
    const job = jobOf('mikenet/cross-entropy', { update: 'online', epochs: 50 });
    assert.deepEqual(trained(job), trained(job));
  });

  it('records every epoch up to 1,000, then fewer, and the last in any case', () => {
    assert.deepEqual([0, 1, 999, 1000, 1001, 1010, 9990, 10_000, 10_010, 10_100].map(isRecorded), [
      ...[true, true, true, true, false, true, true, true, false, true],
    ]);
    const { records } = trained(jobOf('zer/v1', { epochs: 1015 }));
    assert.deepEqual([...records.epoch.slice(-4)], [999, 1000, 1010, 1015]);
    for (const column of Object.values(records)) assert.equal(column.length, records.epoch.length);
  });

  it('joins records that overlap, as after a crash, without repeating any', () => {
    const { records } = trained(jobOf('zer/v1', { epochs: 30 }));
    assert.deepEqual(joined(noRecords, records), records);
    assert.deepEqual(joined(records, records), records);
    assert.deepEqual(joined(records, noRecords), records);
  });

  for (const variant of variants) {
    it(`counts what is off, dead and correct as somebody who looks at every unit would: ${variant}`, () => {
      // Some units beyond the radius on either side, some within it.
      const radius = 0.2;
      const job = jobOf(variant, { weightRange: 4, radii: [radius], epochs: 2, seeds: 1 });
      const { records, trainer } = trained(job);
      const { weights } = trainer.state;
      const { round } = formatByName('float32');
      const gradients: number[] = [];
      let [off, dead, loss, correct, correctHalf] = [0, 0, 0, 0, 0];
      for (let p = 0; p < 8; p++) {
        const hidden = [0, 1, 2].map(
          (j) => 1 / (1 + Math.exp(-((weights[9 * j + 8] as number) + (weights[9 * j + p] as number)))),
        );
        let [all, half] = [true, true];
        for (let k = 0; k < 8; k++) {
          const at = 27 + 4 * k;
          const net = hidden.reduce((sum, h, j) => sum + h * (weights[at + j] as number), weights[at + 3] as number);
          const target = p === k ? 1 : 0;
          const z = round(net);
          const output = round(1 / round(1 + round(Math.exp(-z))));
          const distance = Math.abs(round(output - target));
          const gradient = gradientAt(variant, radius, z, target);
          gradients.push(gradient);
          if (!(distance <= round(radius))) {
            all = false;
            off++;
            if (gradient === 0) dead++;
          }
          if (!(distance < 0.5)) half = false;
          loss += Math.log1p(Math.exp(target === 1 ? -net : net));
        }
        correct += Number(all);
        correctHalf += Number(half);
      }
      const last = records.epoch.length - 1;
      assert.equal(records.off[last], off / 64);
      assert.equal(records.dead[last], dead / 64);
      assert.equal(records.correct[last], correct / 8);
      assert.equal(records.correctHalf[last], correctHalf / 8);
      assert.ok(Math.abs((records.crossEntropy[last] ?? NaN) - loss / 64) < 1e-12);
      assert.ok(gradients.some((gradient) => gradient === 0) && gradients.some((gradient) => gradient !== 0));
    });
  }

  it('counts a unit as correct to within 0.5 where there is no radius', () => {
    const { records } = trained(jobOf('zer/v1', { radii: [0], epochs: 300 }));
    assert.deepEqual(records.correct, records.correctHalf);
  });

  it('goes on, and says so, where weights become NaN', () => {
    const plan = { ...trainingDefaults, variants: ['zer/v1'], rate: 100, weightRange: 100, epochs: 40 };
    const { curves, sentences } = reportOf({ ...plan, seeds: 1, format: 'float8_e4m3fn' });
    const [seed] = curves[0]?.seeds ?? [];
    assert.ok(seed && Number.isNaN(seed.crossEntropy));
    assert.equal(seed.correct, 0);
    assert.deepEqual(sentences, [
      'v1, r = 0.1: after 40 epochs 0 of 1 seed have learnt all patterns to within r = 0.1; in 1 the weights have become NaN.',
    ]);
  });
});

/** d loss / d logit in float32 by operations of the catalogue entry's own expression, one point at a time. */
function gradientAt(variant: string, radius: number, z: number, target: number): number {
  const job = jobOf(variant, { radii: [radius] });
  const one = patternsOf([[[0], [target]]]);
  // A network whose only output is the bias z: what one step at the rate 1 changes is the gradient.
  const learning = { ...job.learning, hidden: 1, rate: 1, momentum: 0 };
  const from = {
    epoch: 0,
    weights: Float64Array.of(0, 0, 0, z),
    velocity: new Float64Array(4),
    random: [1, 2, 3, 4],
  } as const;
  const trainer = new Trainer({ ...job, patterns: one, learning, from, until: 1 });
  trainer.step();
  return -(trainer.state.velocity[3] as number);
}

describe('training: what is found', () => {
  it('shows the dead zone in the 8-3-8 encoder: v2 to v4 stop, the others learn', () => {
    const { curves, headlines, sentences } = reportOf({ ...trainingDefaults, variants });
    for (const { variant, seeds } of curves) {
      const isDead = /v[234]$/.test(variant);
      assert.equal(seeds.filter(({ learntAt }) => learntAt !== null).length, isDead ? 0 : 5, variant);
      assert.equal(
        seeds.every(({ dead }) => dead > 0),
        isDead,
        variant,
      );
    }
    assert.match(
      headlines[0] ?? '',
      /^Variants at r = 0\.1: after 2000 epochs v1, .* and straight-through have learnt all patterns in 5 of 5 seeds, without a dead output unit at the end; v2, v3 and v4 in 0 of 5, with 10\.9 % of the output units dead on average\.$/,
    );
    assert.equal(
      headlines[1],
      'Keeping the gradient, r = 0.1: straight-through limits the error where v4 does and keeps its gradient there; it has learnt ' +
        'all patterns in 5 of 5 seeds, v4 in 0.',
    );
    assert.deepEqual(
      curves.filter(({ sameAs }) => sameAs !== null).map(({ label, sameAs }) => [label, sameAs]),
      [
        ['v3', 'zer/v2 0.1'],
        ['v4', 'zer/v2 0.1'],
        ['custom-bce', 'zer/v1 0.1'],
      ],
    );
    assert.match(
      sentences.join('\n'),
      /^v2, v3 and v4 \(went exactly the same way\), r = 0\.1: after 2000 epochs 0 of 5 seeds/m,
    );
  });

  it('says that there is no difference where there is none', () => {
    const plan = { ...trainingDefaults, variants: ['zer/v2', 'zer/v3'], epochs: 50 };
    assert.match(reportOf(plan).headlines.at(-1) ?? '', /no difference was found: all went exactly the same way/);
    const xor = { ...trainingDefaults, variants: ['zer/v1', 'lens/cross-entropy'], hidden: 4 };
    assert.match(
      reportOf(xor, bundledTask('xor').patterns).headlines.at(-1) ?? '',
      /no difference in what is learnt was found: each has learnt all patterns in 5 of 5 seeds, and none has dead output units\./,
    );
  });

  it('bands lie around the mean of the seeds, which all are in the table', () => {
    const { curves } = reportOf({ ...trainingDefaults, variants: ['zer/v1'], epochs: 100 });
    const [curve] = curves;
    assert.ok(curve);
    const last = curve.epoch.length - 1;
    const values = curve.seeds.map(({ crossEntropy }) => crossEntropy);
    assert.equal(curve.bands.crossEntropy.low[last], Math.min(...values));
    assert.equal(curve.bands.crossEntropy.high[last], Math.max(...values));
    assert.equal(curve.bands.crossEntropy.mean[last], values.reduce((sum, x) => sum + x, 0) / 5);
    assert.equal(new Set(values).size, 5);
  });

  it('shows what is there while seeds have come to different epochs', () => {
    const planned = planTraining({ ...trainingDefaults, variants: ['zer/v1'], seeds: 2, epochs: 20 }, encoder);
    const recorded = new Map<string, Records>();
    [...planned].forEach(([key, { job }]: [string, PlannedRun], i) => {
      recorded.set(key, trained({ ...job, until: 10 + 10 * i }).records);
    });
    assert.equal(reportTraining(planned, recorded).curves[0]?.epoch.at(-1), 10);
    recorded.delete([...planned.keys()][1] ?? '');
    assert.deepEqual(reportTraining(planned, recorded).curves, []);
  });
});

describe('training: plans', () => {
  for (const [change, message] of [
    [{ variants: [] }, /at least one variant/],
    [{ variants: ['zer/v9'] }, /there is no loss "zer\/v9"/],
    [{ variants: ['torch/bce-loss'] }, /has no zero error radius|there is no loss/],
    [{ radii: [] }, /at least one radius/],
    [{ radii: [0.7] }, /a radius must be a number from 0 to 0\.5, not 0\.7/],
    [{ seeds: 1.5 }, /seeds must be a whole number from 1 to 50, not 1\.5/],
    [{ epochs: 0 }, /epochs must be a whole number/],
    [{ rate: NaN }, /learning rate must be a number/],
    [{ momentum: 1 }, /momentum must be/],
    [{ seeds: 50, radii: [0, 0.1, 0.2] }, /900 runs, and at most 400/],
  ] as const) {
    it(`refuses ${JSON.stringify(change)}`, () => {
      assert.throws(() => planTraining({ ...trainingDefaults, ...change }, encoder), message);
    });
  }

  it('refuses what takes too long for one epoch', () => {
    const big = patternsOf(Array.from({ length: 2000 }, () => [Array.from({ length: 40 }, () => 1), [1]]));
    assert.throws(() => planTraining({ ...trainingDefaults, hidden: 500 }, big), /too much for an epoch/);
  });
});
