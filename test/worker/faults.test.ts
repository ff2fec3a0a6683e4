import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  Backends,
  BackendUnavailable,
  planTasks,
  WorkerClient,
  WorkerFailed,
  type BackendLaunch,
} from '../../src/engine';
import { add, multiply, variable } from '../../src/expression';
import { lossById } from '../../src/losses';
import type { EvaluateTask, MeasuredMessage } from '../../src/protocol';

const built = path.resolve('dist/worker.js');
const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const x = variable('x');

/** Numbers below a limit, the same each time. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * limit);
  };
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Processes whose parent is this one, dead ones that wait to be collected aside. */
function children(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [, state, parent] = /\) (\w) (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
        return Number(parent) === process.pid && state !== 'Z' ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
}

/** x * 3 + n for many x: nobody else's result looks like it. */
function task(n: number, points: number): EvaluateTask {
  const values = Float64Array.from({ length: points }, (_, i) => i % 1000);
  return {
    key: `k${String(n)}`,
    outputs: [add(multiply(x, 3), n)],
    variables: ['x'],
    inputs: [values],
    format: 'float64',
  };
}

function isRight(n: number, points: number, outputs: readonly Float64Array[]): boolean {
  const [values] = outputs;
  return outputs.length === 1 && values?.length === points && values.every((value, i) => value === (i % 1000) * 3 + n);
}

describe('a worker that fails', () => {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-faults-'));
  const clients: { dispose(): void }[] = [];
  const before = new Set(children());

  function client(options: Partial<ConstructorParameters<typeof WorkerClient>[0]> = {}): WorkerClient {
    const made = new WorkerClient({ workerPath: built, log, silentWithin: 1500, ...options });
    clients.push(made);
    return made;
  }

  /** The real worker, with a fault of its own: at the third answer, or when it is said, it does something else. */
  function faulty(name: string, fault: string, when = "message.type === 'evaluated' && ++count === 3"): string {
    const file = path.join(scratch, `${name}.js`);
    const marker = JSON.stringify(path.join(scratch, `${name}.done`));
    writeFileSync(
      file,
      `const fs = require('node:fs');
       const isFirst = !fs.existsSync(${marker});
       fs.writeFileSync(${marker}, '');
       let count = 0;
       const send = process.send.bind(process);
       process.send = (message, ...rest) => {
         if (isFirst && ${when}) { ${fault} }
         return send(message, ...rest);
       };
       require(${JSON.stringify(built)});`,
    );
    return file;
  }

  afterEach(() => {
    for (const made of clients.splice(0)) made.dispose();
  });
  after(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  it('ends every one of 1,000 requests with its own result or a clear error, killed 200 times and frozen 20', async () => {
    const below = numbers(5);
    const worker = client();
    await worker.evaluate([task(-1, 1)], ignore);
    let [right, failed, wrong] = [0, 0, 0];
    let [kills, stops] = [0, 0];
    let done = false;
    const isDone = (): boolean => done;
    let ended = 0;
    const faults = (async () => {
      while (!isDone() && (kills < 200 || stops < 20)) {
        // About as many requests end between two faults as there are for each.
        const next = ended + 1 + below(7);
        while (ended < next && !isDone()) await pause(1);
        await pause(below(10));
        const { pid } = worker;
        if (pid === undefined) continue;
        const isStop = stops < 20 && kills >= stops * 10;
        try {
          process.kill(pid, isStop ? 'SIGSTOP' : 'SIGKILL');
          if (isStop) {
            stops++;
            // It is noticed after a while; nothing else happens to it until then.
            while (worker.pid === pid && !isDone()) await pause(20);
          } else kills++;
        } catch {
          // It has just ended by itself.
        }
      }
    })();
    const memoryBefore = process.memoryUsage().rss;
    const run = async (n: number): Promise<void> => {
      const points = 1 + below(50_000);
      let received = 0;
      try {
        await worker.evaluate([task(n, points)], ({ key, outputs }) => {
          received++;
          if (key === `k${String(n)}` && isRight(n, points, outputs)) right++;
          else wrong++;
        });
        if (received !== 1) wrong++;
      } catch (error) {
        if (error instanceof WorkerFailed && /signal SIGKILL|did not start/.test(error.message)) failed++;
        else throw error;
      } finally {
        ended++;
      }
    };
    let next = 0;
    const lane = async (): Promise<void> => {
      // The faults are to meet requests: there are more of these than 1,000 if they come faster.
      while (next < 1000 || ((kills < 200 || stops < 20) && next < 20_000)) await run(next++);
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    done = true;
    await faults;
    assert.equal(wrong, 0);
    assert.ok(kills >= 200 && stops >= 20, `${String(kills)} kills, ${String(stops)} stops`);
    assert.equal(right + failed, next, 'every request has ended');
    assert.ok(right > failed, `${String(right)} right, ${String(failed)} failed`);
    await worker.evaluate([task(7, 3)], ({ outputs }) => assert.ok(isRight(7, 3, outputs)));
    worker.dispose();
    await pause(200);
    assert.deepEqual(
      children().filter((pid) => !before.has(pid)),
      [],
      'no process is left behind',
    );
    const grown = (process.memoryUsage().rss - memoryBefore) / 2 ** 20;
    assert.ok(grown < 400, `${grown.toFixed(0)} MB more than before`);
  }).timeout(300_000);

  for (const [name, fault] of [
    ['exits', 'process.exit(0);'],
    ['exits with an error', 'process.exit(9);'],
    ['is out of memory', 'process.abort();'],
    [
      'answers with too few numbers',
      'message = { ...message, outputs: message.outputs.map((each) => each.subarray(1)) };',
    ],
    ['answers with no arrays', "message = { ...message, outputs: 'none' };"],
    ['answers with too few arrays', 'message = { ...message, outputs: [] };'],
    ['answers a request that nobody made', 'message = { ...message, id: 12345 };'],
    ['answers what was not asked', "message = { ...message, key: 'other' };"],
    ['sends nonsense', 'return send({ nonsense: [1, 2, 3] });'],
    ['sends nothing at all', 'return true;'],
    [
      'writes nonsense to where nobody reads',
      "process.stdout.write(Buffer.alloc(1e6, 200)); process.stderr.write('\\u0000\\xff');",
    ],
    ['hangs', 'for (;;);'],
  ] as const) {
    it(`is replaced where it ${name}, and every request gets its result`, async () => {
      const worker = client({ workerPath: faulty(name.replaceAll(' ', '-'), fault) });
      const results = await Promise.all(
        Array.from({ length: 6 }, async (_, n) => {
          let right = 0;
          await worker.evaluate([task(n, 100)], ({ outputs }) => {
            if (isRight(n, 100, outputs)) right++;
          });
          return right;
        }),
      );
      assert.deepEqual(results, [1, 1, 1, 1, 1, 1]);
    }).timeout(20_000);
  }

  for (const [name, fault] of [
    ['without thresholds', 'summary: null'],
    ['without errors', 'curve: { ...message.curve, lossUlp: new Float64Array(0) }'],
    ['without the values where floats end', 'specials: { ...message.specials, loss: new Float64Array(3) }'],
  ] as const) {
    it(`is replaced where it measures ${name}`, async () => {
      const change = `message = { ...message, ${fault} };`;
      const worker = client({ workerPath: faulty(name.replaceAll(' ', '-'), change, "message.type === 'measured'") });
      const entry = lossById('torch/bce-with-logits@2.3');
      const losses = [{ key: 'k', entry, label: '', constants: {} }];
      const points = Float64Array.of(-1, 0, 1);
      const [planned] = planTasks({ losses, formats: ['float16'], targets: [1], points }).values();
      assert.ok(planned);
      const received: MeasuredMessage[] = [];
      await worker.measure([planned.task], (message) => received.push(message));
      assert.equal(received.length, 1);
      const [message] = received;
      assert.ok(message?.summary && message.curve.lossUlp.length === 3 && message.specials.loss.length === 9);
    }).timeout(20_000);
  }

  it('refuses more numbers than fit', async () => {
    const worker = client({ mostBytes: 10_000 });
    await assert.rejects(worker.evaluate([task(1, 2000)], ignore), /Take fewer points/);
    assert.equal(worker.pid, undefined, 'nothing was started for it');
  });
});

describe('backends that fail', () => {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-backends-'));
  const made: Backends[] = [];

  /** Backends whose worker is a program of the test, told by its first argument which one it is. */
  function backends(source: string, launch: Partial<BackendLaunch> = {}, trusted = true): Backends {
    const file = path.join(scratch, `worker-${String(made.length)}.js`);
    writeFileSync(file, source);
    const all = new Backends({
      workerPath: file,
      log,
      launch: () => ({ settings: {}, likely: true, ...launch }),
      trusted: () => trusted,
    });
    made.push(all);
    return all;
  }

  const hello = (hardware: string, passed: boolean): string => `
    const [, , name] = process.argv;
    const identity = { backend: name, device: 'a device', version: '1', hardware: name === 'model' ? 'cpu' : '${hardware}' };
    const selfTest = { format: 'float32', points: 1, functions: [], differences: [], flushesSubnormals: false, passed: ${String(passed)}, milliseconds: 1 };
    process.send({ type: 'stage', stage: 'import' });
    process.send({ type: 'hello', protocol: 4, identity, formats: ['float32'], selfTest: name === 'model' ? null : selfTest });
    process.on('disconnect', () => process.exit());`;

  afterEach(() => {
    for (const each of made.splice(0)) each.dispose();
  });
  after(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  it('auto takes a GPU that passes its self-test, for formats that it computes in', async () => {
    assert.equal(await backends(hello('gpu', true)).choose('auto', ['float32']), 'cuda');
    assert.equal(await backends(hello('gpu', true)).choose('auto', ['float32', 'bfloat16']), 'model');
    assert.equal(await backends(hello('gpu', false)).choose('auto', ['float32']), 'model');
    assert.equal(await backends(hello('software-gpu', true)).choose('auto', ['float32']), 'model');
    assert.equal(await backends(hello('cpu', true)).choose('auto', ['float32']), 'model');
    assert.equal(await backends(hello('gpu', true), { likely: false }).choose('auto', ['float32']), 'model');
    assert.equal(await backends(hello('gpu', true), {}, false).choose('auto', ['float32']), 'model');
  });

  it('an explicit choice that can not be had is an error, with what would help', async () => {
    const refusing = backends(
      `process.send({ type: 'refused', protocol: 4, code: 'no-device', message: 'There is none.', remedy: 'Buy one.', stage: 'adapter' });
       setTimeout(() => process.exit(), 50);`,
    );
    await assert.rejects(
      refusing.choose('webgpu', ['float32']),
      (error: Error) => error instanceof BackendUnavailable && error.message.endsWith('There is none. Buy one.'),
    );
    const [state] = refusing.states().filter(({ name }) => name === 'webgpu');
    assert.ok(state?.state === 'refused' && state.stage === 'adapter' && state.code === 'no-device');
    assert.equal(await refusing.choose('auto', ['float32']), 'model');
    await assert.rejects(backends(hello('gpu', true)).choose('python', ['float64']), /does not compute in float64/);
    await assert.rejects(
      backends(hello('gpu', true), {}, false).choose('python', []),
      /is not trusted.*Trust the workspace/,
    );
  });

  it('a crash while it is opened is named with its signal and its stage', async () => {
    const crashing = backends(
      `process.send({ type: 'stage', stage: 'device' }, () => process.kill(process.pid, 'SIGSEGV')); setInterval(() => {}, 1000);`,
    );
    await assert.rejects(crashing.choose('cuda', []), /signal SIGSEGV at the stage "device"/);
  });

  it('one that crashes twice is set aside until it is asked for again', async () => {
    const crashing = backends(`${hello('gpu', true)} process.on('message', () => process.abort());`);
    const evaluate = (): Promise<unknown> => crashing.evaluate('cuda', [{ ...task(1, 4), format: 'float32' }], ignore);
    await assert.rejects(evaluate(), /signal SIGABRT/);
    const pid = crashing.client('cuda').pid;
    await assert.rejects(evaluate(), /crashed 2 times and was set aside/);
    assert.equal(crashing.client('cuda').pid, pid, 'it was not even started');
    assert.equal((await crashing.open('cuda')).identity.device, 'a device');
  });

  it('is started anew when the settings change', async () => {
    let framework: 'torch' | 'jax' = 'torch';
    const file = path.join(scratch, 'settings.js');
    writeFileSync(file, hello('cpu', true).replace("'a device'", 'process.argv[3]'));
    const all = new Backends({
      workerPath: file,
      log,
      launch: () => ({ settings: { framework }, likely: true }),
      trusted: () => true,
    });
    made.push(all);
    assert.match((await all.open('python')).identity.device, /torch/);
    framework = 'jax';
    assert.match((await all.open('python')).identity.device, /jax/);
  });

  it('gives up an opening that nobody waits for any more', async () => {
    const slow = backends(`setInterval(() => process.send({ type: 'alive' }), 50);`);
    const controller = new AbortController();
    const opening = slow.choose('cuda', [], controller.signal);
    setTimeout(() => controller.abort(), 300);
    await assert.rejects(opening, /Cancelled/);
  });
});
