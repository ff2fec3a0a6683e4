import { Worker } from 'node:worker_threads';
import type { FindJob, FromScanner, ToScanner } from '../protocol/findings';
import type { Finding } from '../rules';

export interface ScannerThreadsOptions {
  /** The built thread, a file. */
  readonly threadPath: string;
  /** The most threads that are started. */
  readonly count: number;
  /** A further thread is started after each so many characters of code. */
  readonly startAfter?: number;
}

/** What a thread costs to start, and to compile what it runs, is worth it from there on. */
const startAfter = 2_000_000;

/** So many characters may wait for a thread, so that it has something to do while whoever asks is busy himself. */
const waitingAtMost = 200_000;

/** How it ended, for each job that was given to a thread. */
interface Waiting {
  readonly size: number;
  readonly resolve: (findings: readonly Finding[] | undefined) => void;
}

class ScannerThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #size = 0;
  #nextId = 1;
  #ended = false;

  constructor(threadPath: string) {
    this.#worker = new Worker(threadPath);
    this.#worker.on('message', ({ id, findings }: FromScanner) => {
      this.#settle(id, findings);
    });
    // Out of memory, or a file that isn't there: what it had to do is done by whoever asked.
    for (const event of ['error', 'exit', 'messageerror'] as const) this.#worker.on(event, () => this.end());
  }

  /** Whether it takes another job. */
  get hasRoom(): boolean {
    return !this.#ended && this.#size < waitingAtMost;
  }

  /** Characters of what waits for it. */
  get size(): number {
    return this.#size;
  }

  find(job: FindJob): Promise<readonly Finding[] | undefined> {
    const id = this.#nextId++;
    this.#size += job.text.length;
    return new Promise((resolve) => {
      this.#waiting.set(id, { size: job.text.length, resolve });
      this.#worker.postMessage({ id, job } satisfies ToScanner);
    });
  }

  /** Gives up what waits. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    void this.#worker.terminate();
    for (const id of [...this.#waiting.keys()]) this.#settle(id, undefined);
  }

  #settle(id: number, findings: readonly Finding[] | undefined): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    this.#size -= waiting?.size ?? 0;
    waiting?.resolve(findings);
  }
}

/** Threads that look at code beside the one that asks, started one by one as there turns out to be much to look at. */
export class ScannerThreads {
  readonly #options: ScannerThreadsOptions;
  readonly #threads: ScannerThread[] = [];
  #seen = 0;

  constructor(options: ScannerThreadsOptions) {
    this.#options = options;
  }

  /**
   * Has a text looked at.
   * @returns undefined where all threads have enough to do; a promise of undefined where the thread failed. Then whoever
   * asks does it himself.
   */
  find(job: FindJob): Promise<readonly Finding[] | undefined> | undefined {
    const { threadPath, count, startAfter: each = startAfter } = this.#options;
    this.#seen += job.text.length;
    if (this.#threads.length < count && this.#seen > (this.#threads.length + 1) * each) {
      this.#threads.push(new ScannerThread(threadPath));
    }
    const [least] = this.#threads.filter(({ hasRoom }) => hasRoom).sort((a, b) => a.size - b.size);
    return least?.find(job);
  }

  dispose(): void {
    for (const thread of this.#threads) thread.end();
  }
}
