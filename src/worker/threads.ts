import os from 'node:os';
import { Worker } from 'node:worker_threads';
import { loadWasm, pow, type WasmProgram } from '../numeric';
import type { Pacer } from './evaluator';

/** Points that a thread takes at a time: under a millisecond's work, and with its results within a second-level cache. */
const chunk = 16_384;

/** One is computed while the other is emptied and filled. */
const slotsPerThread = 2;

/** More threads would wait for memory. */
const mostThreads = 16;

/** How long threads wait for another request before they end, in milliseconds. */
const idleAfter = 10_000;

/** Words in memory that this thread and another share; those of slot i are `state + i` and `size + i`. */
const word = { bell: 0, stop: 1, state: 2, size: 4 } as const;
const wordCount = 6;

const state = { empty: 0, ready: 1, busy: 2, done: 3 } as const;

/** What a thread is to do for one request, until it is told to stop. */
interface Job {
  readonly program: WasmProgram;
  readonly words: Int32Array;
  /** For each slot the inputs, then the outputs. */
  readonly slots: readonly (readonly Float64Array[])[];
}

/** What a thread does for ever. Like `loadWasm` it is sent as text, and so stands on its parameters alone. */
function serve(
  port: { on(event: 'message', listener: (job: Job) => void): unknown },
  load: typeof loadWasm,
  power: typeof pow,
  words: typeof word,
  states: typeof state,
): void {
  port.on('message', ({ program, words: shared, slots }) => {
    const kernel = load(program, power);
    for (;;) {
      const bell = Atomics.load(shared, words.bell);
      if (Atomics.load(shared, words.stop) !== 0) break;
      let found = false as boolean;
      slots.forEach((arrays, i) => {
        const at = words.state + i;
        if (Atomics.compareExchange(shared, at, states.ready, states.busy) !== states.ready) return;
        kernel(Atomics.load(shared, words.size + i), arrays.slice(0, program.inputs), arrays.slice(program.inputs));
        Atomics.store(shared, at, states.done);
        found = true;
      });
      if (!found) Atomics.wait(shared, words.bell, bell);
    }
  });
}

const source = `(${serve.toString()})(require('node:worker_threads').parentPort, ${loadWasm.toString()},
  ${pow.toString()}, ${JSON.stringify(word)}, ${JSON.stringify(state)});`;

/**
 * Computes with one thread for each core, the caller's among them. The others are started when first needed, and ended
 * when there was nothing to do for a while. Memory that is shared is that of a few chunks, whatever the count.
 */
export class Threads {
  private readonly workers = new Set<Worker>();
  private idle: NodeJS.Timeout | undefined;

  constructor(private readonly size = Math.min(os.availableParallelism(), mostThreads) - 1) {}

  /** The program's outputs for these inputs. */
  async evaluate(program: WasmProgram, inputs: readonly Float64Array[], pacer: Pacer): Promise<Float64Array[]> {
    const count = inputs[0]?.length ?? 0;
    const results = Array.from({ length: program.outputs }, () => new Float64Array(count));
    const kernel = loadWasm(program, pow);
    const part =
      (start: number) =>
      (array: Float64Array): Float64Array =>
        array.subarray(start, start + chunk);
    const compute = (start: number): void =>
      kernel(Math.min(chunk, count - start), inputs.map(part(start)), results.map(part(start)));

    const helpers = this.start().map((worker) => new Helper(worker, program));
    try {
      let next = 0;
      while (next < count) {
        await pacer.breathe();
        for (const helper of helpers) {
          helper.collect(results);
          while (next < count && helper.take(next, inputs)) next += chunk;
        }
        if (next < count) {
          compute(next);
          next += chunk;
        }
      }
      for (const helper of helpers) helper.takeBack(compute);
      while (helpers.some((helper) => !helper.collect(results))) {
        await new Promise((resolve) => setImmediate(resolve));
        await pacer.breathe();
        // A thread that died leaves its chunks to this one.
        for (const helper of helpers) if (!this.workers.has(helper.worker)) helper.takeBack(compute, true);
      }
    } finally {
      for (const helper of helpers) helper.stop();
      this.idle = setTimeout(() => this.dispose(), idleAfter).unref();
    }
    return results;
  }

  /** Ends the threads. */
  dispose(): void {
    clearTimeout(this.idle);
    for (const worker of this.workers) void worker.terminate();
    this.workers.clear();
  }

  private start(): readonly Worker[] {
    clearTimeout(this.idle);
    while (this.workers.size < this.size) {
      const worker = new Worker(source, { eval: true });
      // Whoever waits for results keeps the process running, and does so by itself.
      worker.unref();
      const forget = (): void => void this.workers.delete(worker);
      worker.on('error', forget).on('exit', forget);
      this.workers.add(worker);
    }
    return [...this.workers];
  }
}

/** Another thread at work on one request. */
class Helper {
  private readonly words = new Int32Array(new SharedArrayBuffer(4 * wordCount));
  private readonly slots: readonly (readonly Float64Array[])[];
  /** Where the points of each slot begin. */
  private readonly starts: number[] = [];

  constructor(
    readonly worker: Worker,
    private readonly program: WasmProgram,
  ) {
    const shared = (): Float64Array => new Float64Array(new SharedArrayBuffer(8 * chunk));
    this.slots = Array.from({ length: slotsPerThread }, () =>
      Array.from({ length: program.inputs + program.outputs }, shared),
    );
    const job: Job = { program, words: this.words, slots: this.slots };
    worker.postMessage(job);
  }

  /** Hands over the points from `start` on, if a slot is empty. */
  take(start: number, inputs: readonly Float64Array[]): boolean {
    const i = this.slots.findIndex((_, slot) => this.stateOf(slot) === state.empty);
    const arrays = this.slots[i];
    if (!arrays) return false;
    inputs.forEach((input, k) => (arrays[k] as Float64Array).set(input.subarray(start, start + chunk)));
    this.starts[i] = start;
    Atomics.store(this.words, word.size + i, Math.min(chunk, (inputs[0] as Float64Array).length - start));
    Atomics.store(this.words, word.state + i, state.ready);
    this.ring();
    return true;
  }

  /** Fetches what is done. @returns whether nothing is left to be done */
  collect(results: readonly Float64Array[]): boolean {
    this.slots.forEach((arrays, i) => {
      if (this.stateOf(i) !== state.done) return;
      const size = Atomics.load(this.words, word.size + i);
      results.forEach((result, j) => {
        result.set((arrays[this.program.inputs + j] as Float64Array).subarray(0, size), this.starts[i]);
      });
      Atomics.store(this.words, word.state + i, state.empty);
    });
    return this.slots.every((_, i) => this.stateOf(i) === state.empty);
  }

  /** Has `compute` do what the thread hasn't begun, or, if it is `dead`, hasn't ended. */
  takeBack(compute: (start: number) => void, dead = false): void {
    this.slots.forEach((_, i) => {
      const at = word.state + i;
      const mine =
        Atomics.compareExchange(this.words, at, state.ready, state.empty) === state.ready ||
        (dead && Atomics.compareExchange(this.words, at, state.busy, state.empty) === state.busy);
      if (mine) compute(this.starts[i] as number);
    });
  }

  stop(): void {
    Atomics.store(this.words, word.stop, 1);
    this.ring();
  }

  private stateOf(slot: number): number {
    return Atomics.load(this.words, word.state + slot);
  }

  private ring(): void {
    Atomics.add(this.words, word.bell, 1);
    Atomics.notify(this.words, word.bell);
  }
}
