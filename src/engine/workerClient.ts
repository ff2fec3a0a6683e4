import { fork, type ChildProcess } from 'node:child_process';
import type {
  BackendIdentity,
  BackendName,
  EvaluatedMessage,
  EvaluateTask,
  FromWorker,
  MeasuredMessage,
  MeasureTask,
  ProtocolVersion,
  ToWorker,
} from '../protocol';

/** Where the client writes what it does; a VS Code log channel fits. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export interface WorkerClientOptions {
  /** The built worker, a file for `fork`. */
  readonly workerPath: string;
  readonly log: Log;
  /** The worker is stopped after so long without a request, in milliseconds. */
  readonly idleAfter?: number;
  /** How long the worker may take to say hello, in milliseconds. */
  readonly startWithin?: number;
  /** How long a cancelled request may go on before the worker is killed, in milliseconds. */
  readonly cancelWithin?: number;
}

/** The request was cancelled by whoever made it. */
export class RequestCancelled extends Error {
  constructor() {
    super('Cancelled.');
  }
}

/** The worker could not be started, or ended before it had answered. Says how, and how to go on. */
export class WorkerFailed extends Error {}

type Request =
  | { readonly type: 'measure'; readonly backend: BackendName; readonly tasks: readonly MeasureTask[] }
  | { readonly type: 'evaluate'; readonly backend: BackendName; readonly tasks: readonly EvaluateTask[] };

interface Pending {
  readonly id: number;
  readonly request: Request;
  readonly receive: (message: MeasuredMessage | EvaluatedMessage) => void;
  readonly resolve: (identity: BackendIdentity) => void;
  readonly reject: (error: Error) => void;
  /** Results that arrived before a crash must not arrive twice when the request is made again. */
  readonly received: Set<string>;
  attempts: number;
  cancelTimer?: NodeJS.Timeout;
}

const protocol: ProtocolVersion = 1;
const maxAttempts = 2;
/** Enough of the worker's standard error to tell what it died of. */
const stderrKept = 2000;

/**
 * Starts the worker process when it is first needed, sends it requests and supervises it: a worker that dies is
 * started again and the requests it left are made once more; one that dies again fails them with its last words.
 */
export class WorkerClient {
  private child: ChildProcess | undefined;
  private starting: Promise<ChildProcess> | undefined;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private idleTimer: NodeJS.Timeout | undefined;
  private disposed = false;

  constructor(private readonly options: WorkerClientOptions) {}

  /** Process id of the running worker. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * Measures the tasks; each result is handed to `receive` as soon as it is there.
   * @throws RequestCancelled after `signal` was aborted, WorkerFailed, or an Error of the evaluation itself
   */
  measure(
    backend: BackendName,
    tasks: readonly MeasureTask[],
    receive: (message: MeasuredMessage) => void,
    signal?: AbortSignal,
  ): Promise<BackendIdentity> {
    return this.request(
      { type: 'measure', backend, tasks },
      (message) => {
        if (message.type === 'measured') receive(message);
      },
      signal,
    );
  }

  /** Evaluates expressions; throws as `measure` does. */
  evaluate(
    backend: BackendName,
    tasks: readonly EvaluateTask[],
    receive: (message: EvaluatedMessage) => void,
    signal?: AbortSignal,
  ): Promise<BackendIdentity> {
    return this.request(
      { type: 'evaluate', backend, tasks },
      (message) => {
        if (message.type === 'evaluated') receive(message);
      },
      signal,
    );
  }

  /** Ends the worker and fails what is pending. */
  dispose(): void {
    this.disposed = true;
    clearTimeout(this.idleTimer);
    this.child?.kill('SIGKILL');
    for (const pending of [...this.pending.values()]) this.settle(pending, new RequestCancelled());
  }

  private async request(
    request: Request,
    receive: Pending['receive'],
    signal: AbortSignal | undefined,
  ): Promise<BackendIdentity> {
    if (this.disposed || signal?.aborted) throw new RequestCancelled();
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const pending: Pending = { id, request, receive, resolve, reject, received: new Set(), attempts: 0 };
      this.pending.set(id, pending);
      clearTimeout(this.idleTimer);
      signal?.addEventListener('abort', () => this.cancel(pending), { once: true });
      void this.submit(pending);
    });
  }

  private async submit(pending: Pending): Promise<void> {
    pending.attempts++;
    try {
      const child = await this.start();
      if (this.pending.has(pending.id)) post(child, { ...pending.request, id: pending.id });
    } catch (error) {
      this.settle(pending, error instanceof Error ? error : new WorkerFailed(String(error)));
    }
  }

  private cancel(pending: Pending): void {
    if (!this.pending.has(pending.id)) return;
    const { child } = this;
    if (!child) {
      this.settle(pending, new RequestCancelled());
      return;
    }
    post(child, { type: 'cancel', id: pending.id });
    pending.cancelTimer = setTimeout(() => {
      this.options.log.warn(`request ${String(pending.id)} ignores its cancellation: killing the worker`);
      this.settle(pending, new RequestCancelled());
      child.kill('SIGKILL');
    }, this.options.cancelWithin ?? 2000);
  }

  private settle(pending: Pending, result: BackendIdentity | Error): void {
    if (!this.pending.delete(pending.id)) return;
    clearTimeout(pending.cancelTimer);
    if (result instanceof Error) pending.reject(result);
    else pending.resolve(result);
    if (this.pending.size === 0 && this.child) {
      clearTimeout(this.idleTimer);
      this.idleTimer = setTimeout(() => {
        this.options.log.info('worker idle: stopping it');
        this.child?.kill();
      }, this.options.idleAfter ?? 300_000);
      this.idleTimer.unref();
    }
  }

  private start(): Promise<ChildProcess> {
    this.starting ??= this.spawn().catch((error: unknown) => {
      this.starting = undefined;
      throw error;
    });
    return this.starting;
  }

  private spawn(): Promise<ChildProcess> {
    const { workerPath, log } = this.options;
    log.info(`starting worker: ${process.execPath} ${workerPath}`);
    // `execArgv: []`: the extension host's own flags (an inspector port, say) are not for the worker.
    // 'advanced' serialization keeps typed arrays, NaN, infinities, -0 and shared nodes.
    const child = fork(workerPath, [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let lastWords = '';
    child.stderr?.on('data', (data: Buffer) => {
      lastWords = (lastWords + data.toString()).slice(-stderrKept);
      log.warn(`worker: ${data.toString().trimEnd()}`);
    });
    child.stdout?.on('data', (data: Buffer) => log.debug(`worker: ${data.toString().trimEnd()}`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new WorkerFailed(`The worker did not start within ${String(this.options.startWithin ?? 15_000)} ms.`));
        child.kill('SIGKILL');
      }, this.options.startWithin ?? 15_000);
      child.on('message', (message: FromWorker) => {
        if (message.type !== 'hello') {
          this.receive(message);
          return;
        }
        clearTimeout(timer);
        if (message.protocol !== protocol) {
          reject(new WorkerFailed('The worker belongs to another version of Lossfloor. Reload the window.'));
          child.kill('SIGKILL');
          return;
        }
        log.info(`worker ${String(child.pid)} ready: ${message.identity.version} on ${message.identity.device}`);
        this.child = child;
        resolve(child);
      });
      let ended = false;
      const end = (how: string): void => {
        if (ended) return;
        ended = true;
        clearTimeout(timer);
        const detail = lastWords.trim();
        const failure = new WorkerFailed(`The worker ${how}.${detail ? ` Its last words: ${detail}` : ''}`);
        reject(failure);
        this.ended(child, failure);
      };
      child.on('error', (error) => end(`could not be started (${error.message})`));
      child.on('exit', (code, signal) =>
        end(signal ? `was ended by the signal ${signal}` : `ended with exit code ${String(code)}`),
      );
    });
  }

  private receive(message: Exclude<FromWorker, { type: 'hello' }>): void {
    const pending = this.pending.get(message.id);
    if (!pending) return;
    if (message.type !== 'done') {
      if (pending.received.has(message.key) || pending.cancelTimer) return;
      pending.received.add(message.key);
      pending.receive(message);
      return;
    }
    if (message.outcome === 'complete') this.settle(pending, message.identity);
    else if (message.outcome === 'cancelled') this.settle(pending, new RequestCancelled());
    else this.settle(pending, new Error(message.message ?? 'The worker could not evaluate this.'));
  }

  private ended(child: ChildProcess, failure: WorkerFailed): void {
    if (this.child !== child) return;
    this.child = undefined;
    this.starting = undefined;
    clearTimeout(this.idleTimer);
    const left = [...this.pending.values()];
    if (left.length === 0) {
      this.options.log.info(failure.message);
      return;
    }
    this.options.log.error(failure.message);
    for (const pending of left) {
      if (pending.cancelTimer) this.settle(pending, new RequestCancelled());
      else if (pending.attempts >= maxAttempts || this.disposed) this.settle(pending, failure);
      else void this.submit(pending);
    }
  }
}

function post(child: ChildProcess, message: ToWorker): void {
  // A worker that died in between is reported by its exit event, which deals with what is pending.
  child.send(message, () => undefined);
}
