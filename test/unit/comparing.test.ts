import assert from 'node:assert/strict';
import { floorRun } from '../../src/dashboards/floorRun';
import type { Measurer, Unnumbered } from '../../src/dashboards/measurer';
import { EntrySource } from '../../src/dashboards/settings';
import { BackendUnavailable, MeasuringMemory, RequestCancelled } from '../../src/engine';
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
  memory = new MeasuringMemory(),
): Promise<Unnumbered<FloorResult>[]> {
  const results: Unnumbered<FloorResult>[] = [];
  const all = { ...settings, ...change };
  const measurer = { backends: backendsOf(works), backend: all.backend, entries: new EntrySource(), memory };
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

/** Does the work, and notes what it was asked for: the keys of curves, and of those with thresholds. */
const noting =
  (asked: { curves: string[]; thresholds: string[] }, work: Work): Work =>
  (tasks, receive, signal) => {
    for (const { key, summary } of tasks) {
      asked.curves.push(key);
      if (summary) asked.thresholds.push(key);
    }
    // As the worker does: no thresholds where none were asked for.
    const withSummary = new Map(tasks.map(({ key, summary }) => [key, summary]));
    return work(
      tasks,
      (message) => receive({ ...message, summary: withSummary.get(message.key) ? message.summary : null }),
      signal,
    );
  };

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
    const measurer = {
      backends,
      backend: 'python',
      entries: new EntrySource(),
      memory: new MeasuringMemory(),
    } as const;
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

describe('measuring again', () => {
  const alone = { compare: [] };
  const signal = new AbortController().signal;
  const nothing = (): { curves: string[]; thresholds: string[] } => ({ curves: [], thresholds: [] });

  it('measures only what has changed', async () => {
    const memory = new MeasuringMemory();
    const again = async (change: Partial<FloorSettings>, loss = 1): Promise<ReturnType<typeof nothing>> => {
      const asked = nothing();
      const results = await run({ model: noting(asked, giving(loss)) }, { ...alone, ...change }, signal, memory);
      const losses = change.losses ?? settings.losses;
      assert.equal(results.length, losses.length * 2, 'every curve comes, measured now or before');
      return asked;
    };
    const both = ['a float32 1', 'a float32 0'];
    assert.deepEqual(await again({}), { curves: both, thresholds: both });
    assert.deepEqual(await again({}), nothing());
    // Thresholds are those of the whole line: a part of it needs new points alone.
    assert.deepEqual(await again({ view: { from: 0, to: 1 } }), { curves: both, thresholds: [] });
    assert.deepEqual(await again({}), nothing());
    const [first] = settings.losses;
    assert.ok(first);
    const added = { key: 'b', id: 'keras/binary-crossentropy@1', label: '', formula: '', constants: {} };
    const ofAdded = ['b float32 1', 'b float32 0'];
    assert.deepEqual(await again({ losses: [added, first] }), { curves: ofAdded, thresholds: ofAdded });
    // The same loss under another name and in another place is the same computation.
    assert.deepEqual(await again({ losses: [{ ...first, key: 'c' }] }), nothing());
    const changed = { ...added, constants: { epsilon: 1e-3 } };
    assert.deepEqual((await again({ losses: [first, changed] })).curves, ofAdded);
  });

  it('hands over what was measured, with its thresholds and their explanation', async () => {
    const memory = new MeasuringMemory();
    const first = await run({ model: giving(1) }, alone, signal, memory);
    assert.deepEqual(
      await run({ model: giving(7) }, alone, signal, memory),
      first.map((result) => ({ ...result, remembered: true })),
    );
    const part = { ...alone, view: { from: 0, to: 1 } };
    const [curve] = await run({ model: noting(nothing(), giving(7)) }, part, signal, memory);
    assert.ok(curve?.type === 'curve' && first[0]?.type === 'curve');
    assert.deepEqual([curve.summary, curve.explanation], [first[0].summary, first[0].explanation]);
    assert.deepEqual(Array.from(curve.curve.margin), [0, 0.5, 1]);
    assert.deepEqual(Array.from(curve.curve.loss), [7, 7, 7]);
  });

  it('does not take what one backend has measured for the other’s', async () => {
    const memory = new MeasuringMemory();
    await run({ model: giving(1) }, alone, signal, memory);
    const asked = nothing();
    const results = await run({ model: giving(1), python: noting(asked, giving(2)) }, {}, signal, memory);
    assert.equal(asked.curves.length, 2);
    assert.equal(results.filter(({ type }) => type === 'difference').length, 2);
    const repeated = nothing();
    const same = await run({ model: giving(1), python: noting(repeated, giving(3)) }, {}, signal, memory);
    assert.deepEqual(repeated, nothing());
    assert.equal(same.filter(({ type }) => type === 'difference').length, 2);
  });

  it('keeps what came before it was cancelled, and forgets what was used least recently', async () => {
    const memory = new MeasuringMemory();
    const controller = new AbortController();
    const half: Work = async (tasks, receive) => {
      for (const task of tasks.slice(0, 1)) receive(measured(task, 1));
      controller.abort();
      await Promise.reject(new RequestCancelled());
    };
    await assert.rejects(run({ model: half }, alone, controller.signal, memory), RequestCancelled);
    const asked = nothing();
    await run({ model: noting(asked, giving(1)) }, alone, signal, memory);
    assert.deepEqual(asked.curves, ['a float32 0']);

    // Some 64 MiB are kept: curves of 20,000 points, of one array each here, until the first is gone.
    const large = { ...alone, sweep: { from: -1, to: 1, points: 20_000 } };
    for (let i = 1; i <= 150; i++) {
      await run({ model: giving(1) }, { ...large, view: { from: 0, to: i } }, signal, memory);
    }
    const newest = nothing();
    await run({ model: noting(newest, giving(1)) }, { ...large, view: { from: 0, to: 150 } }, signal, memory);
    assert.deepEqual(newest.curves, []);
    const oldest = nothing();
    await run({ model: noting(oldest, giving(1)) }, { ...large, view: { from: 0, to: 1 } }, signal, memory);
    assert.equal(oldest.curves.length, 2);
  });
});
