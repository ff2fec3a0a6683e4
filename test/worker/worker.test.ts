import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { planTasks, RequestCancelled, WorkerClient, WorkerFailed, type WorkerClientOptions } from '../../src/engine';
import { add, exp, variable, type Expression } from '../../src/expression';
import { lossById } from '../../src/losses';
import { lossErrors } from '../../src/measure';
import { formatByName } from '../../src/numeric';
import type { EvaluatedMessage, EvaluateTask, MeasuredMessage } from '../../src/protocol';

const built = path.resolve('dist/worker.js');
const lines: string[] = [];
const note = (line: string): void => {
  lines.push(line);
};
const log = { debug: note, info: note, warn: note, error: note };

const x = variable('x');

function task(key: string, outputs: readonly Expression[], values: Float64Array): EvaluateTask {
  return { key, outputs, variables: ['x'], inputs: [values], format: 'float32' };
}

/** Some seconds of work. */
function longTask(): EvaluateTask {
  let sum: Expression = exp(x);
  for (let i = 0; i < 60; i++) sum = add(exp(sum), i);
  return task('long', [sum], new Float64Array(5_000_000));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('worker', () => {
  const clients: WorkerClient[] = [];
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-worker-'));

  function client(options: Partial<WorkerClientOptions> = {}): WorkerClient {
    const made = new WorkerClient({ workerPath: built, log, ...options });
    clients.push(made);
    return made;
  }

  /** A worker that answers wrongly in some way, as a file. */
  function faulty(source: string): string {
    const file = path.join(scratch, `worker-${String(clients.length)}-${String(Math.random()).slice(2)}.js`);
    writeFileSync(file, source);
    return file;
  }

  async function evaluate(worker: WorkerClient, ...tasks: EvaluateTask[]): Promise<EvaluatedMessage[]> {
    const messages: EvaluatedMessage[] = [];
    await worker.evaluate(tasks, (message) => messages.push(message));
    return messages;
  }

  afterEach(() => {
    for (const made of clients.splice(0)) made.dispose();
  });
  after(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  it('starts with the first request, not before, and says what it is', async () => {
    const worker = client();
    const before = worker.pid;
    assert.equal(before, undefined);
    const identity = await worker.evaluate([task('a', [x], Float64Array.of(1))], () => undefined);
    assert.equal(identity.backend, 'model');
    assert.match(identity.device, /^CPU/);
    assert.match(identity.version, /^Lossfloor \d+\.\d+\.\d+, JavaScript and WebAssembly on V8 /);
    assert.ok(typeof worker.pid === 'number' && worker.pid !== process.pid);
  });

  it('carries typed arrays both ways, with NaN, infinities, -0 and shared nodes', async () => {
    const worker = client();
    let deep: Expression = x;
    for (let i = 0; i < 60; i++) deep = add(deep, deep);
    const values = Float64Array.of(NaN, Infinity, -Infinity, -0, 2 ** -60);
    const [result] = await evaluate(worker, task('a', [x, deep], values));
    assert.ok(result?.outputs[0] instanceof Float64Array);
    assert.deepEqual(result.outputs[0], values);
    assert.deepEqual(result.outputs[1], Float64Array.of(NaN, Infinity, -Infinity, -0, 1));
  });

  it('measures: curves, exact values and summaries, one message a task, in order', async () => {
    const worker = client();
    const entry = lossById('keras/binary-crossentropy@1');
    const planned = planTasks({
      losses: [{ key: 'k', entry, label: entry.label, constants: {} }],
      formats: ['float32', 'bfloat16'],
      targets: [1, 'mean'],
      points: Float64Array.of(-30, 0.1, 17),
    });
    const received: MeasuredMessage[] = [];
    await worker.measure(
      [...planned.values()].map((each) => each.task),
      (message) => received.push(message),
    );
    assert.deepEqual(
      received.map(({ key }) => key),
      ['k float32 1', 'k float32 mean', 'k bfloat16 1', 'k bfloat16 mean'],
    );
    const [first, , half] = received;
    assert.equal(first?.curve.margin[1], Math.fround(0.1), 'points are rounded to the format');
    assert.equal(half?.curve.margin[1], 0.10009765625);
    assert.equal(first.curve.loss[2]?.toPrecision(8), '1.1920933e-7');
    assert.equal(first.curve.exactLoss[2], Math.log1p(Math.exp(-17)));
    assert.equal(first.summary?.floor?.value.toPrecision(8), '1.1920933e-7');
  });

  it('measures errors in ULPs of loss and gradient, as the command line does, and the values where floats end', async () => {
    const worker = client();
    const entry = lossById('naive/bce');
    const planned = planTasks({
      losses: [{ key: 'k', entry, label: entry.label, constants: {} }],
      formats: ['float32', 'bfloat16', 'float16', 'float64'],
      targets: [1, 0],
      points: Float64Array.from({ length: 81 }, (_, i) => -120 + 3 * i),
    });
    const received = new Map<string, MeasuredMessage>();
    await worker.measure(
      [...planned.values()].map((each) => each.task),
      (message) => received.set(message.key, message),
    );
    for (const [key, { task, target }] of planned) {
      const { curve, specials } = received.get(key) as MeasuredMessage;
      const format = formatByName(task.format);
      const errors = lossErrors(task.subject, format);
      const expected = Array.from(curve.margin, (m, i) => errors(m, curve.loss[i] as number).ulp ?? NaN);
      assert.deepEqual(Array.from(curve.lossUlp), expected, key);
      const slopes = lossErrors(
        { ...task.subject, exactLoss: task.subject.exactGradient, loss: task.subject.gradient },
        format,
      );
      assert.deepEqual(
        Array.from(curve.gradientUlp),
        Array.from(curve.margin, (m, i) => slopes(m, curve.gradient[i] as number).ulp ?? NaN),
        key,
      );
      const { smallestSubnormal: least, max } = format;
      const sign = target === 1 ? 1 : -1;
      assert.deepEqual(
        Array.from(specials.margin, (m) => sign * m),
        [0, -0, least, -least, max, -max, Infinity, -Infinity, NaN],
      );
      // Of an infinite logit: no loss on the right side, infinitely much on the wrong one.
      assert.deepEqual(
        Array.from(specials.exactLoss.subarray(6)),
        target === 1 ? [0, Infinity, NaN] : [Infinity, 0, NaN],
      );
    }
  });

  it('answers requests that were made at the same time each with its own result', async () => {
    const worker = client();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => evaluate(worker, task(`t${String(i)}`, [add(x, i)], Float64Array.of(1)))),
    );
    assert.deepEqual(
      answers.map(([message]) => [message?.key, message?.outputs[0]?.[0]]),
      answers.map((_, i) => [`t${String(i)}`, i + 1]),
    );
  });

  it('says what is wrong with a request, and goes on', async () => {
    const worker = client();
    const wrong: EvaluateTask = { ...task('a', [variable('y')], Float64Array.of(1)) };
    await assert.rejects(evaluate(worker, wrong), /variable "y" has no values/);
    assert.equal((await evaluate(worker, task('a', [x], Float64Array.of(3))))[0]?.outputs[0]?.[0], 3);
  });

  it('makes a request again when the worker is killed, and the next one works', async () => {
    const worker = client();
    await evaluate(worker, task('warm', [x], Float64Array.of(1)));
    const first = worker.pid as number;
    const pending = evaluate(worker, longTask(), task('after', [x], Float64Array.of(5)));
    setTimeout(() => process.kill(first, 'SIGKILL'), 100);
    const results = await pending;
    assert.deepEqual(
      results.map(({ key }) => key),
      ['long', 'after'],
    );
    assert.notEqual(worker.pid, first);
    assert.ok(!isRunning(first));
    assert.equal((await evaluate(worker, task('next', [x], Float64Array.of(7))))[0]?.outputs[0]?.[0], 7);
  });

  it('gives up when the worker dies again, naming the signal; the next request works', async () => {
    const worker = client();
    await evaluate(worker, task('warm', [x], Float64Array.of(1)));
    const pending = evaluate(worker, longTask());
    let killed = 0;
    const killer = setInterval(() => {
      if (worker.pid !== undefined && killed < 2) {
        const { pid } = worker;
        process.kill(pid, 'SIGKILL');
        killed++;
        void until('another worker runs', () => worker.pid !== pid).catch(() => undefined);
      }
    }, 400);
    await assert.rejects(pending, (error: Error) => error instanceof WorkerFailed && error.message.includes('SIGKILL'));
    clearInterval(killer);
    assert.equal((await evaluate(worker, task('next', [x], Float64Array.of(7))))[0]?.outputs[0]?.[0], 7);
  });

  it('cancels between chunks, without ending the worker', async () => {
    const worker = client();
    await evaluate(worker, task('warm', [x], Float64Array.of(1)));
    const { pid } = worker;
    const controller = new AbortController();
    const pending = worker.evaluate([longTask()], () => undefined, controller.signal);
    setTimeout(() => {
      controller.abort();
    }, 50);
    const started = Date.now();
    await assert.rejects(pending, RequestCancelled);
    assert.ok(Date.now() - started < 1500);
    assert.equal((await evaluate(worker, task('next', [x], Float64Array.of(7))))[0]?.outputs[0]?.[0], 7);
    assert.equal(worker.pid, pid);
  });

  it('refuses what is cancelled before it begins', async () => {
    const worker = client();
    await assert.rejects(
      worker.evaluate([], () => undefined, AbortSignal.abort()),
      RequestCancelled,
    );
    assert.equal(worker.pid, undefined);
  });

  it('kills a worker that ignores a cancellation', async () => {
    const deaf = faulty(`
      process.on('message', (m) => { if (m.type !== 'cancel') for (;;); });
      process.send({ type: 'hello', protocol: 4, identity: { backend: 'model', device: 'd', version: 'v', hardware: 'cpu' }, formats: [], selfTest: null });`);
    const worker = client({ workerPath: deaf, cancelWithin: 100 });
    const controller = new AbortController();
    const pending = worker.evaluate([task('a', [x], Float64Array.of(1))], () => undefined, controller.signal);
    await until('the worker runs', () => worker.pid !== undefined);
    const pid = worker.pid as number;
    controller.abort();
    await assert.rejects(pending, RequestCancelled);
    await until('it is gone', () => !isRunning(pid));
  });

  it('begins no request in vain when others are cancelled while the worker starts, be it killed or not', async () => {
    // As a control that is dragged does it: each change cancels the request before it.
    for (const [cancelWithin, pause] of [
      [2000, 1],
      [0, 1],
      [0, 40],
    ] as const) {
      const worker = client({ cancelWithin });
      for (let n = 0; n < 20; n++) {
        const controller = new AbortController();
        const pending = worker.evaluate([task('a', [x], Float64Array.of(1))], () => undefined, controller.signal);
        await new Promise((resolve) => setTimeout(resolve, pause));
        controller.abort();
        // It may have had its result in time.
        await pending.catch((error: unknown) => assert.ok(error instanceof RequestCancelled, String(error)));
      }
      assert.equal((await evaluate(worker, task('next', [x], Float64Array.of(7))))[0]?.outputs[0]?.[0], 7);
      worker.dispose();
    }
  }).timeout(30_000);

  it('ends a worker that nobody waits for any more while it starts', async () => {
    const pidFile = path.join(scratch, 'slow.pid');
    const slow = faulty(
      `require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000);`,
    );
    const worker = client({ workerPath: slow, cancelWithin: 100 });
    const controller = new AbortController();
    const opening = worker.open(controller.signal);
    await until('it starts', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
    controller.abort();
    await assert.rejects(opening, RequestCancelled);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await until('it is gone', () => !isRunning(pid));
  });

  it('fails no request for a worker that was killed over the cancellation of another', async () => {
    // Deaf to cancelling as long as there is a file, and it computes nothing.
    const deafFile = path.join(scratch, 'deaf');
    writeFileSync(deafFile, '');
    const deaf = faulty(`
      if (require('node:fs').existsSync(${JSON.stringify(deafFile)})) {
        process.on('message', () => {});
        process.send({ type: 'hello', protocol: 4, identity: { backend: 'model', device: 'd', version: 'v', hardware: 'cpu' }, formats: [], selfTest: null });
      } else require(${JSON.stringify(path.resolve('dist/worker.js'))});`);
    const worker = client({ workerPath: deaf, cancelWithin: 50 });
    const stays = evaluate(worker, task('stays', [x], Float64Array.of(7)));
    // Each of them kills a worker that the first waits for.
    for (let n = 0; n < 4; n++) {
      await until('a worker runs', () => worker.pid !== undefined);
      const pid = worker.pid as number;
      const controller = new AbortController();
      const pending = worker.evaluate([task('a', [x], Float64Array.of(1))], () => undefined, controller.signal);
      setTimeout(() => controller.abort(), 20);
      await assert.rejects(pending, RequestCancelled);
      if (n === 3) rmSync(deafFile);
      await until('it is gone', () => !isRunning(pid) && worker.pid !== pid);
    }
    assert.equal((await stays)[0]?.outputs[0]?.[0], 7);
  });

  it('names how a worker failed to start: its exit code and last words', async () => {
    const broken = faulty(`console.error('no such device'); process.exit(3);`);
    await assert.rejects(
      evaluate(client({ workerPath: broken }), task('a', [x], Float64Array.of(1))),
      (error: Error) => error instanceof WorkerFailed && /exit code 3.*no such device/s.test(error.message),
    );
    const silent = faulty('setInterval(() => {}, 1000);');
    await assert.rejects(
      evaluate(client({ workerPath: silent, startWithin: 200 }), task('a', [x], Float64Array.of(1))),
      /did not start within 200 ms/,
    );
    const other = faulty(`process.send({ type: 'hello', protocol: 99 }); setInterval(() => {}, 1000);`);
    await assert.rejects(
      evaluate(client({ workerPath: other }), task('a', [x], Float64Array.of(1))),
      /another version of Lossfloor/,
    );
  });

  it('stops when idle, and starts again', async () => {
    const worker = client({ idleAfter: 50 });
    await evaluate(worker, task('a', [x], Float64Array.of(1)));
    const pid = worker.pid as number;
    await until('the worker is gone', () => !isRunning(pid) && worker.pid === undefined);
    assert.equal((await evaluate(worker, task('a', [x], Float64Array.of(2))))[0]?.outputs[0]?.[0], 2);
  });

  it('leaves no process behind when disposed, and fails what is pending', async () => {
    const worker = client();
    await evaluate(worker, task('a', [x], Float64Array.of(1)));
    const pid = worker.pid as number;
    const pending = evaluate(worker, longTask());
    worker.dispose();
    await assert.rejects(pending, RequestCancelled);
    await until('the worker is gone', () => !isRunning(pid));
    await assert.rejects(evaluate(worker, longTask()), RequestCancelled);
  });
});
