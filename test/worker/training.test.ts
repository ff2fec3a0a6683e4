import assert from 'node:assert/strict';
import path from 'node:path';
import { Backends, RequestCancelled, WorkerClient } from '../../src/engine';
import type { TrainedMessage, TrainTask } from '../../src/protocol';
import {
  bundledTask,
  joined,
  noRecords,
  planTraining,
  Trainer,
  trainingDefaults,
  type Records,
  type TrainingPlan,
  type TrainingState,
} from '../../src/training';

const workerPath = path.resolve('dist/worker.js');
const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const { patterns } = bundledTask('encoder');

function tasksOf(change: Partial<TrainingPlan>, states?: ReadonlyMap<string, TrainingState>): TrainTask[] {
  return Array.from(planTraining({ ...trainingDefaults, ...change }, patterns, states), ([key, { job }]) => ({
    ...job,
    key,
  }));
}

/** Keeps what comes, as a panel does. */
class Kept {
  readonly records = new Map<string, Records>();
  readonly states = new Map<string, TrainingState>();
  readonly messages: TrainedMessage[] = [];
  readonly receive = (message: TrainedMessage): void => {
    const { key, records, state } = message;
    this.messages.push(message);
    this.records.set(key, joined(this.records.get(key) ?? noRecords, records));
    this.states.set(key, state);
  };
}

/** The same in this process, in one go. */
function alone(tasks: readonly TrainTask[]): Kept {
  const kept = new Kept();
  for (const task of tasks) {
    const trainer = new Trainer(task);
    while (!trainer.isDone) trainer.step();
    kept.receive({ type: 'trained', id: 0, key: task.key, records: trainer.take(), state: trainer.state, done: true });
  }
  return kept;
}

describe('training in the worker', () => {
  let client: WorkerClient;

  beforeEach(() => {
    client = new WorkerClient({ workerPath, log });
  });
  afterEach(() => client.dispose());

  it('gives what training here gives, to the last bit, in messages that let all runs grow side by side', async () => {
    const tasks = tasksOf({ epochs: 1500, seeds: 2 });
    const kept = new Kept();
    const identity = await client.train(tasks, kept.receive);
    assert.equal(identity.backend, 'model');
    const expected = alone(tasks);
    assert.deepEqual(kept.records, expected.records);
    assert.deepEqual(kept.states, expected.states);
    assert.ok(kept.messages.length > tasks.length, 'progress came before the end');
    const rounds = new Map<string, number>();
    for (const { key, state } of kept.messages.filter(({ done }) => !done)) rounds.set(key, state.epoch);
    const epochs = [...rounds.values()];
    assert.ok(Math.max(...epochs) - Math.min(...epochs) <= 10, epochs.join());
  });

  it('is cancelled at once, and goes on from there to what it would have been', async () => {
    const kept = new Kept();
    const abort = new AbortController();
    const training = client.train(
      tasksOf({ epochs: 100_000 }),
      (message) => {
        kept.receive(message);
        if (kept.messages.length > 60) abort.abort();
      },
      abort.signal,
    );
    await assert.rejects(training, RequestCancelled);
    const { pid } = client;
    const states = [...kept.states.values()];
    assert.equal(states.length, tasksOf({ epochs: 1 }).length);
    const reached = Math.max(...states.map(({ epoch }) => epoch));
    assert.ok(reached < 100_000);
    const until = reached + 55;
    await client.train(tasksOf({ epochs: until }, kept.states), kept.receive);
    assert.equal(client.pid, pid, 'the same worker: cancelling did not kill it');
    const expected = alone(tasksOf({ epochs: until }));
    assert.deepEqual(kept.states, expected.states);
    assert.deepEqual(kept.records, expected.records);
  });

  it('begins again after a crash, and nothing is recorded twice or lost', async () => {
    const tasks = tasksOf({ epochs: 2000, seeds: 1 });
    const kept = new Kept();
    let killed = false;
    await client.train(tasks, (message) => {
      kept.receive(message);
      if (killed || message.state.epoch < 100 || client.pid === undefined) return;
      killed = true;
      process.kill(client.pid, 'SIGKILL');
    });
    assert.ok(killed);
    assert.deepEqual(kept.records, alone(tasks).records);
  });

  it('says what is wrong', async () => {
    const [task] = tasksOf({ seeds: 1 });
    assert.ok(task);
    await assert.rejects(
      client.train([{ ...task, format: 'float7' as 'float32' }], ignore),
      /unknown number format "float7"/,
    );
  });

  it('has a process of its own, so that nothing that is measured has to wait', async () => {
    const backends = new Backends({
      workerPath,
      log,
      launch: () => ({ settings: {}, likely: false }),
      trusted: () => false,
    });
    try {
      const abort = new AbortController();
      let begun = ignore;
      const beginning = new Promise<void>((resolve) => (begun = resolve));
      const training = backends.train(tasksOf({ epochs: 100_000 }), () => begun(), abort.signal);
      await beginning;
      let isTraining = true;
      const end = training.catch((error: unknown) => error).finally(() => (isTraining = false));
      const { loss, gradient } = tasksOf({ seeds: 1 })[0] ?? assert.fail();
      await backends.evaluate(
        'model',
        [
          {
            key: 'e',
            outputs: [loss, gradient],
            variables: ['z', 't'],
            inputs: [Float64Array.of(1), Float64Array.of(1)],
            format: 'float32',
          },
        ],
        ignore,
      );
      assert.equal(isTraining, true);
      abort.abort();
      assert.ok((await end) instanceof RequestCancelled);
    } finally {
      backends.dispose();
    }
  });
});
