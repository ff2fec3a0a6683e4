import assert from 'node:assert/strict';
import { floorRun } from '../../src/dashboards/floorRun';
import type { Measurer, Unnumbered } from '../../src/dashboards/measurer';
import { EntrySource } from '../../src/dashboards/settings';
import { BackendUnavailable, RequestCancelled } from '../../src/engine';
import type {
  BackendChoice,
  BackendIdentity,
  BackendName,
  FloorResult,
  FloorSettings,
  MeasuredMessage,
  MeasureTask,
  TargetSummary,
} from '../../src/protocol';

type Receive = (message: MeasuredMessage) => void;
type Work = (tasks: readonly MeasureTask[], receive: Receive, signal: AbortSignal) => Promise<void>;

const settings: FloorSettings = {
  losses: [{ key: 'a', id: 'naive/bce', label: '', formula: '', constants: {} }],
  formats: ['float32'],
  targets: [1, 0],
  sweep: { from: -1, to: 1, points: 3 },
  view: null,
  backend: 'model',
  compare: ['python'],
};

const side = {
  lossNaN: null,
  lossInfinity: null,
  gradientNaN: null,
  gradientInfinity: null,
  gradientZero: null,
  deadZones: [],
};

function measured({ key, subject, points }: MeasureTask, loss: number): MeasuredMessage {
  const values = points.map(() => loss);
  const summary: TargetSummary = {
    target: subject.target,
    floor: null,
    cap: null,
    deadFrom: null,
    firstNaN: null,
    firstInfinity: null,
    negative: null,
    right: side,
    wrong: side,
  };
  const same = { loss: values, gradient: values, exactLoss: values, exactGradient: values };
  const curve = { margin: points, ...same, lossUlp: values, gradientUlp: values };
  return { type: 'measured', id: 1, key, curve, specials: curve, summary, real: false };
}

const identity = (backend: BackendName): BackendIdentity => ({ backend, device: 'd', version: '1', hardware: 'cpu' });

/** Backends that do what they are told; one without work can't be had. */
function backendsOf(works: Partial<Record<BackendName, Work>>): Measurer['backends'] {
  return {
    choose: (choice: BackendChoice) => {
      const name = choice === 'auto' ? 'model' : choice;
      return works[name] ? Promise.resolve(name) : Promise.reject(new BackendUnavailable(`no ${name}`));
    },
    states: () =>
      (['model', 'python'] as const).map((name) => ({
        name,
        title: name,
        needsTrust: false,
        state: 'ready',
        identity: identity(name),
        formats: ['float32'],
        selfTest: null,
      })),
    measure: async (choice, tasks, receive, signal) => {
      const name = choice as BackendName;
      await works[name]?.(tasks, receive, signal ?? new AbortController().signal);
      return identity(name);
    },
    evaluate: () => Promise.reject(new Error('nothing is evaluated')),
  };
}

async function run(
  works: Partial<Record<BackendName, Work>>,
  change: Partial<FloorSettings> = {},
  signal = new AbortController().signal,
): Promise<Unnumbered<FloorResult>[]> {
  const results: Unnumbered<FloorResult>[] = [];
  const all = { ...settings, ...change };
  const measurer = { backends: backendsOf(works), backend: all.backend, entries: new EntrySource() };
  await floorRun(all, measurer).start((result) => results.push(result), signal);
  return results;
}

const giving =
  (loss: number, wait = 0): Work =>
  async (tasks, receive) => {
    await new Promise((resolve) => setTimeout(resolve, wait));
    for (const task of tasks) receive(measured(task, loss));
  };

/** Ends when it is told to, as a worker does. */
const untilAborted =
  (seen: { aborted: boolean }): Work =>
  (_, __, signal) =>
    new Promise((_resolve, reject) => {
      const give = (): void => {
        seen.aborted = true;
        reject(new RequestCancelled());
      };
      if (signal.aborted) give();
      else signal.addEventListener('abort', give);
    });

const kinds = (results: readonly Unnumbered<FloorResult>[]): string[] =>
  results.map((result) => ('backend' in result ? `${result.type} ${result.backend}` : result.type));

describe('measuring with several backends', () => {
  it('compares each pair of curves as soon as both are there, whichever comes first', async () => {
    const pair = ['curve python', 'curve python', 'compared python'];
    assert.deepEqual(kinds(await run({ model: giving(1, 30), python: giving(2) })), [
      ...pair,
      ...['curve model', 'difference python', 'curve model', 'difference python', 'reference'],
    ]);
    assert.deepEqual(kinds(await run({ model: giving(1), python: giving(2, 30) })), [
      ...['curve model', 'curve model', 'reference'],
      ...['curve python', 'difference python', 'curve python', 'difference python', 'compared python'],
    ]);
    const results = await run({ model: giving(1), python: giving(2) });
    for (const result of results.filter(({ type }) => type === 'difference')) {
      assert.ok(result.type === 'difference');
      assert.deepEqual(
        [result.reference, result.difference.loss.largest?.reference, result.difference.loss.largest?.other],
        ['model', 1, 2],
      );
    }
  });

  it('goes on where one that is compared can’t be had, or fails on the way', async () => {
    const missing = await run({ model: giving(1) });
    assert.deepEqual(kinds(missing).sort(), ['compared python', 'curve model', 'curve model', 'reference']);
    const end = missing.find((result) => result.type === 'compared');
    assert.ok(end?.type === 'compared');
    assert.deepEqual([end.computed, end.problem, end.missing], [null, 'no python', 2]);

    const broken: Work = (tasks, receive) => {
      for (const task of tasks.slice(0, 1)) receive(measured(task, 2));
      return Promise.reject(new Error('it crashed'));
    };
    const half = await run({ model: giving(1), python: broken });
    const said = half.find((result) => result.type === 'compared');
    assert.ok(said?.type === 'compared');
    assert.deepEqual([said.problem, said.missing], ['it crashed', 1]);
    assert.equal(half.filter(({ type }) => type === 'difference').length, 1);
  });

  it('fails where the one that was chosen can’t be had, and measures nothing else', async () => {
    let asked = false;
    const model: Work = () => {
      asked = true;
      return Promise.resolve();
    };
    await assert.rejects(run({ model }, { backend: 'python', compare: ['model'] }), BackendUnavailable);
    assert.equal(asked, false);
  });

  it('stops the others where the one that was chosen fails', async () => {
    const seen = { aborted: false };
    const failing: Work = () => Promise.reject(new Error('gone'));
    await assert.rejects(run({ model: failing, python: untilAborted(seen) }), { message: 'gone' });
    assert.equal(seen.aborted, true);
  });

  it('stops all when it is cancelled', async () => {
    const controller = new AbortController();
    const seen = [{ aborted: false }, { aborted: false }] as const;
    const running = run({ model: untilAborted(seen[0]), python: untilAborted(seen[1]) }, {}, controller.signal);
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(running, RequestCancelled);
    assert.deepEqual(seen, [{ aborted: true }, { aborted: true }]);
  });

  it('does not wait for a backend that is still opening when it is cancelled', async () => {
    const controller = new AbortController();
    const backends = { ...backendsOf({}), choose: () => new Promise<BackendName>(() => undefined) };
    const measurer = { backends, backend: 'python', entries: new EntrySource() } as const;
    const running = floorRun(settings, measurer).start(() => undefined, controller.signal);
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(running, RequestCancelled);
  });

  it('does not compare what auto has taken with itself', async () => {
    const results = await run(
      { model: giving(1), python: giving(2) },
      { backend: 'auto', compare: ['model', 'python'] },
    );
    const [own] = results.filter((result) => result.type === 'compared' && result.backend === 'model');
    assert.ok(own?.type === 'compared');
    assert.equal(own.missing, 2);
    assert.match(own.problem, /auto/);
    assert.equal(results.filter(({ type }) => type === 'curve').length, 4);
  });
});
