import assert from 'node:assert/strict';
import path from 'node:path';
import { Backends, measureSamples, planTasks, RequestCancelled, type PlannedTask } from '../../src/engine';
import { lossById } from '../../src/losses';
import { margin, type Samples } from '../../src/measure';
import { compileModel, formatByName, type FormatName } from '../../src/numeric';
import type { TargetSummary } from '../../src/protocol';

const quiet = (): void => undefined;

function plan(id: string, format: FormatName, target: number): PlannedTask {
  const entry = lossById(id);
  const losses = [{ key: 'k', entry, label: entry.label, constants: {} }];
  const planned = planTasks({ losses, formats: [format], targets: [target], points: Float64Array.of(1) });
  return [...planned.values()][0] as PlannedTask;
}

describe('losses at samples, on the worker', () => {
  const backends = new Backends({
    workerPath: path.resolve('dist/worker.js'),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    launch: () => ({ settings: {}, likely: false }),
    trusted: () => true,
  });
  after(() => backends.dispose());

  const summaryOf = async (planned: PlannedTask): Promise<TargetSummary> => {
    let summary: TargetSummary | null = null;
    await backends.measure('model', [planned.task], (message) => (summary = message.summary));
    return summary as unknown as TargetSummary;
  };

  it('are computed at each, in as many messages as it takes', async () => {
    const count = 1_200_000;
    const logits = Float32Array.from({ length: count }, (_, i) => 40 * Math.sin(i * 1.7));
    const targets = Float32Array.from({ length: count }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const samples: Samples = { logits, targets };
    for (const [name, target] of [
      ['float32', 1],
      ['float32', 0],
      ['bfloat16', 1],
    ] as const) {
      const planned = plan('keras/binary-crossentropy@1', name, target);
      const summary = await summaryOf(planned);
      const seen: number[] = [];
      const { counts, sentence } = await measureSamples(
        { planned, summary, backend: 'model' },
        samples,
        backends,
        undefined,
        (done) => seen.push(done),
      );
      assert.deepEqual(seen, [2 ** 19, 2 ** 20, count]);
      const format = formatByName(name);
      const sign = target === 1 ? 1 : -1;
      const margins = logits.filter((_, i) => targets[i] === target);
      const points = Float64Array.from(margins, (z) => format.round(sign * z));
      const [loss, gradient] = [new Float64Array(points.length), new Float64Array(points.length)];
      const { subject } = planned.task;
      compileModel([subject.loss, subject.gradient], [margin], format)(points.length, [points], [loss, gradient]);
      const many = (holds: (i: number) => boolean): number => points.reduce((sum, _, i) => sum + (holds(i) ? 1 : 0), 0);
      assert.equal(counts.samples, points.length);
      assert.deepEqual(counts.zeroGradient, {
        right: many((i) => gradient[i] === 0 && (points[i] ?? 0) >= 0),
        wrong: many((i) => gradient[i] === 0 && (points[i] ?? 0) < 0),
      });
      assert.equal(
        counts.lossNaN,
        many((i) => Number.isNaN(loss[i])),
      );
      assert.equal(
        counts.gradientNaN,
        many((i) => Number.isNaN(gradient[i])),
      );
      if (name === 'float32') {
        const { floor, cap } = summary;
        assert.ok(floor && cap && counts.atFloor && counts.atCap);
        assert.equal(
          counts.atFloor,
          many((i) => loss[i] === floor.value && (points[i] ?? 0) >= floor.at),
        );
        assert.equal(
          counts.atCap,
          many((i) => loss[i] === cap.value && (points[i] ?? 0) <= -cap.at),
        );
        const share = (100 * (counts.zeroGradient.right + counts.zeroGradient.wrong)) / points.length;
        assert.ok(sentence.startsWith(`${String(Number(share.toPrecision(2)))} % of the samples (`), sentence);
      }
    }
  });

  it('end when they are not wanted any more', async () => {
    const planned = plan('naive/bce', 'float32', 1);
    const summary = await summaryOf(planned);
    const controller = new AbortController();
    const samples: Samples = { logits: new Float64Array(3_000_000).fill(90), targets: null };
    const measuring = measureSamples({ planned, summary, backend: 'model' }, samples, backends, controller.signal, () =>
      controller.abort(),
    );
    await assert.rejects(measuring, RequestCancelled);
  });
});
