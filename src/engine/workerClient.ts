import { fork, type ChildProcess } from 'node:child_process';
import type {
  BackendIdentity,
  Curve,
  BackendName,
  BackendRefusal,
  BackendSettings,
  EvaluatedMessage,
  EvaluateTask,
  FromWorker,
  MeasuredMessage,
  MeasureTask,
  ProtocolVersion,
  ReadyBackend,
  Stage,
  ToWorker,
  TrainedMessage,
  TrainTask,
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
  /** What computes in the worker; `model` unless said otherwise. */
  readonly backend?: BackendName;
  readonly settings?: BackendSettings;
  /** What is added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The Node.js that runs the worker; the one that runs this process unless said otherwise. */
  readonly execPath?: string;
  /** The worker is stopped after so long without a request, in milliseconds. */
  readonly idleAfter?: number;
  /** How long the worker may take to open its backend without a sign of life, in milliseconds. */
  readonly startWithin?: number;
  /** How long a worker that has work may give no sign of life before it is killed, in milliseconds. */
  readonly silentWithin?: number;
  /** How long a cancelled request may go on before the worker is killed, in milliseconds. */
  readonly cancelWithin?: number;
  /** How many bytes of numbers a request may have. */
  readonly mostBytes?: number;
  /** Is told how far opening the backend has come. */
  readonly onStage?: (stage: Stage, detail?: string) => void;
  /** Is told when a worker has ended that nobody ended, with what it was doing. */
  readonly onCrash?: (failure: WorkerFailed) => void;
}

/** The request was cancelled by whoever made it. */
export class RequestCancelled extends Error {
  constructor() {
    super('Cancelled.');
  }
}

/** The worker could not be started, or ended before it had answered. Says how, and how to go on. */
export class WorkerFailed extends Error {}

/** The worker was ended on purpose while it started: whoever still wants one starts another. */
class StartStopped extends WorkerFailed {
  constructor() {
    super('The worker was stopped while it started.');
  }
}

/** The backend can't be opened, for a reason that another attempt would not change. */
export class BackendRefused extends WorkerFailed {
  constructor(readonly refusal: BackendRefusal) {
    super(`${refusal.message} ${refusal.remedy}`);
  }
}

type Request =
  | { readonly type: 'measure'; readonly tasks: readonly MeasureTask[] }
  | { readonly type: 'evaluate'; readonly tasks: readonly EvaluateTask[] }
  | { readonly type: 'train'; readonly tasks: readonly TrainTask[] };

interface Pending {
  readonly id: number;
  readonly request: Request;
  readonly receive: (message: Result) => void;
  readonly resolve: (identity: BackendIdentity) => void;
  readonly reject: (error: Error) => void;
  /** Results that are complete. What arrived before a crash must not arrive twice when the request is made again. */
  readonly received: Set<string>;
  attempts: number;
  cancelTimer?: NodeJS.Timeout;
}

const protocol: ProtocolVersion = 4;
const maxAttempts = 2;
/** Margins at which floats end: a message's `specials`. */
const specialCount = 9;
/** Enough of the worker's standard error to tell what it died of. */
const stderrKept = 2000;
const firstPause = 100;
const longestPause = 10_000;
const defaults = { idleAfter: 300_000, startWithin: 15_000, silentWithin: 30_000, cancelWithin: 2000 };
/** A message of more takes long to copy, and the arrays on the other side take several times as much. */
const mostBytes = 256 * 2 ** 20;

/**
 * Starts the worker process of a backend when it is first needed, sends it requests and supervises it: a worker that dies,
 * hangs or answers what can't be is replaced and the requests it left are made once more; one that does so again fails
 * them with its last words. The more often in a row, the longer it is waited before another one is started.
 */
export class WorkerClient {
  private child: ChildProcess | undefined;
  private starting: Promise<ChildProcess> | undefined;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private idleTimer: NodeJS.Timeout | undefined;
  private silence: NodeJS.Timeout | undefined;
  /** How often in a row a worker has ended without having finished a request. */
  private deaths = 0;
  private disposed = false;
  /** Children that run or are being started: none may be left behind. */
  private readonly children = new Set<ChildProcess>();
  /** Children that were ended on purpose. */
  private readonly stopped = new WeakSet<ChildProcess>();
  private opened: ReadyBackend | undefined;
  /** How many wait for the worker to start, apart from requests. */
  private openers = 0;
  private unwanted: NodeJS.Timeout | undefined;

  constructor(private readonly options: WorkerClientOptions) {}

  /** Process id of the running worker. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  get backend(): BackendName {
    return this.options.backend ?? 'model';
  }

  /**
   * What the backend has said of itself, which starts it.
   * @throws BackendRefused or WorkerFailed
   */
  async open(signal?: AbortSignal): Promise<ReadyBackend> {
    if (this.disposed || signal?.aborted) throw new RequestCancelled();
    this.openers++;
    try {
      await unlessAborted(this.start(), signal);
    } catch (error) {
      // Where the client is at its end, opening says so.
      if (!(error instanceof StartStopped)) throw error;
      return await this.open(signal);
    } finally {
      this.openers--;
      this.stopUnwanted();
    }
    return this.opened as ReadyBackend;
  }

  /**
   * Measures the tasks; each result is handed to `receive` as soon as it is there.
   * @throws RequestCancelled after `signal` was aborted, WorkerFailed, or an Error of the evaluation itself
   */
  measure(
    tasks: readonly MeasureTask[],
    receive: (message: MeasuredMessage) => void,
    signal?: AbortSignal,
  ): Promise<BackendIdentity> {
    return this.request(
      { type: 'measure', tasks },
      (message) => {
        if (message.type === 'measured') receive(message);
      },
      signal,
    );
  }

  /** Evaluates expressions; throws as `measure` does. */
  evaluate(
    tasks: readonly EvaluateTask[],
    receive: (message: EvaluatedMessage) => void,
    signal?: AbortSignal,
  ): Promise<BackendIdentity> {
    return this.request(
      { type: 'evaluate', tasks },
      (message) => {
        if (message.type === 'evaluated') receive(message);
      },
      signal,
    );
  }

  /**
   * Trains networks; how far each has come is handed to `receive` several times. After a crash that may begin again at an
   * epoch before the last: what is repeated is the same to the last bit. Throws as `measure` does.
   */
  train(
    tasks: readonly TrainTask[],
    receive: (message: TrainedMessage) => void,
    signal?: AbortSignal,
  ): Promise<BackendIdentity> {
    return this.request(
      { type: 'train', tasks },
      (message) => {
        if (message.type === 'trained') receive(message);
      },
      signal,
    );
  }

  /** Ends the worker; another is started by the next request. What is pending is made again by it. */
  stop(): void {
    for (const child of this.children) this.kill(child);
  }

  /** Ends the worker and fails what is pending. */
  dispose(): void {
    this.disposed = true;
    clearTimeout(this.idleTimer);
    clearTimeout(this.silence);
    clearTimeout(this.unwanted);
    this.stop();
    for (const pending of [...this.pending.values()]) this.settle(pending, new RequestCancelled());
  }

  private async request(
    request: Request,
    receive: Pending['receive'],
    signal: AbortSignal | undefined,
  ): Promise<BackendIdentity> {
    if (this.disposed || signal?.aborted) throw new RequestCancelled();
    const bytes = bytesOf(request);
    const most = this.options.mostBytes ?? mostBytes;
    if (bytes > most) {
      throw new Error(
        `This is ${megabytes(bytes)} of numbers, and ${megabytes(most)} are taken at once. Take fewer points or fewer curves.`,
      );
    }
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.cancel(pending);
      const pending: Pending = {
        id,
        request,
        receive,
        resolve: (identity) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(identity);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
        received: new Set(),
        attempts: 0,
      };
      this.pending.set(id, pending);
      clearTimeout(this.idleTimer);
      signal?.addEventListener('abort', onAbort, { once: true });
      void this.submit(pending);
    });
  }

  private async submit(pending: Pending): Promise<void> {
    pending.attempts++;
    try {
      const child = await this.start();
      if (!this.pending.has(pending.id)) return;
      post(child, { ...pending.request, id: pending.id });
      this.listen(child);
    } catch (error) {
      if (error instanceof StartStopped && !this.disposed && this.pending.has(pending.id)) {
        pending.attempts--;
        await this.submit(pending);
      } else this.settle(pending, error instanceof Error ? error : new WorkerFailed(String(error)));
    }
  }

  /** Ends a worker on purpose: nobody's request fails for it. */
  private kill(child: ChildProcess): void {
    this.stopped.add(child);
    child.kill('SIGKILL');
  }

  /** What is only just starting may take minutes yet; whoever drags a control wants it again in a moment, though. */
  private stopUnwanted(): void {
    clearTimeout(this.unwanted);
    if (this.child) return;
    this.unwanted = setTimeout(() => {
      if (!this.child && this.pending.size === 0 && this.openers === 0) this.stop();
    }, this.options.cancelWithin ?? defaults.cancelWithin);
    this.unwanted.unref();
  }

  private cancel(pending: Pending): void {
    if (!this.pending.has(pending.id)) return;
    const { child } = this;
    if (!child) {
      this.settle(pending, new RequestCancelled());
      this.stopUnwanted();
      return;
    }
    post(child, { type: 'cancel', id: pending.id });
    pending.cancelTimer = setTimeout(() => {
      this.options.log.warn(`request ${String(pending.id)} ignores its cancellation: killing the worker`);
      this.settle(pending, new RequestCancelled());
      this.kill(child);
    }, this.options.cancelWithin ?? defaults.cancelWithin);
  }

  private settle(pending: Pending, result: BackendIdentity | Error): void {
    if (!this.pending.delete(pending.id)) return;
    clearTimeout(pending.cancelTimer);
    if (result instanceof Error) pending.reject(result);
    else pending.resolve(result);
    this.stopWhenIdle();
  }

  private stopWhenIdle(): void {
    clearTimeout(this.idleTimer);
    if (this.pending.size > 0) return;
    clearTimeout(this.silence);
    if (!this.child) return;
    this.idleTimer = setTimeout(() => {
      this.options.log.info(`${this.backend} worker idle: stopping it`);
      this.child?.kill();
    }, this.options.idleAfter ?? defaults.idleAfter);
    this.idleTimer.unref();
  }

  /** Expects a sign of life from a worker that has work. */
  private listen(child: ChildProcess): void {
    clearTimeout(this.silence);
    if (this.pending.size === 0) return;
    const within = this.options.silentWithin ?? defaults.silentWithin;
    this.silence = setTimeout(() => {
      this.options.log.warn(`the ${this.backend} worker has been silent for ${String(within)} ms: killing it`);
      child.kill('SIGKILL');
    }, within);
    this.silence.unref();
  }

  private start(): Promise<ChildProcess> {
    if (this.starting) return this.starting;
    const starting = this.pause().then(() => this.spawn());
    this.starting = starting;
    starting.catch(() => {
      if (this.starting === starting) this.starting = undefined;
    });
    return starting;
  }

  /** Waits the longer, the more workers have died. */
  private async pause(): Promise<void> {
    if (this.deaths < 2) return;
    const pause = Math.min(longestPause, firstPause * 2 ** (this.deaths - 2));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }

  private spawn(): Promise<ChildProcess> {
    const { workerPath, log, backend, settings = {}, env, execPath } = this.options;
    if (this.disposed) return Promise.reject(new RequestCancelled());
    log.info(`starting the ${this.backend} worker: ${execPath ?? process.execPath} ${workerPath}`);
    // `execArgv: []`: the extension host's own flags (an inspector port, say) are not for the worker.
    // 'advanced' serialization keeps typed arrays, NaN, infinities, -0 and shared nodes.
    const child = fork(workerPath, backend ? [backend, JSON.stringify(settings)] : [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      ...(env ? { env: { ...process.env, ...env } } : {}),
      ...(execPath === undefined ? {} : { execPath }),
    });
    this.children.add(child);
    let lastWords = '';
    let stage: Stage | undefined;
    child.stderr?.on('data', (data: Buffer) => {
      lastWords = (lastWords + data.toString()).slice(-stderrKept);
      log.warn(`${this.backend} worker: ${data.toString().trimEnd()}`);
    });
    child.stdout?.on('data', (data: Buffer) => log.debug(`${this.backend} worker: ${data.toString().trimEnd()}`));
    return new Promise((resolve, reject) => {
      const within = this.options.startWithin ?? defaults.startWithin;
      const expire = (): void => {
        reject(new WorkerFailed(`The ${this.backend} worker did not start within ${String(within)} ms.`));
        child.kill('SIGKILL');
      };
      let timer = setTimeout(expire, within);
      let isReady = false;
      child.on('message', (message: FromWorker) => {
        clearTimeout(timer);
        switch ((message as Partial<FromWorker> | undefined)?.type) {
          case 'stage': {
            const reached = message as Extract<FromWorker, { type: 'stage' }>;
            ({ stage } = reached);
            timer = setTimeout(expire, within);
            this.options.onStage?.(reached.stage, reached.detail);
            return;
          }
          case 'alive':
            if (isReady) this.listen(child);
            else timer = setTimeout(expire, within);
            return;
          case 'refused':
          case 'hello': {
            const first = message as Extract<FromWorker, { type: 'hello' | 'refused' }>;
            if (first.protocol !== protocol) {
              reject(new WorkerFailed('The worker belongs to another version of Lossfloor. Reload the window.'));
              child.kill('SIGKILL');
            } else if (first.type === 'refused') {
              const { code, message: words, remedy, stage: at } = first;
              reject(new BackendRefused({ code, message: words, remedy, stage: at }));
            } else {
              const { identity, formats, selfTest } = first;
              log.info(`${this.backend} worker ${String(child.pid)} ready: ${identity.version} on ${identity.device}`);
              this.child = child;
              this.opened = { identity, formats, selfTest };
              isReady = true;
              stage = undefined;
              resolve(child);
              this.stopWhenIdle();
            }
            return;
          }
          default:
            if (!this.receive(child, message)) {
              log.error(`the ${this.backend} worker has sent what can't be an answer: killing it`);
              child.kill('SIGKILL');
            }
        }
      });
      let ended = false;
      const end = (how: string): void => {
        if (ended) return;
        ended = true;
        clearTimeout(timer);
        this.children.delete(child);
        const at = stage === undefined ? '' : ` at the stage "${stage}"`;
        const detail = lastWords.trim();
        const failure = new WorkerFailed(
          `The ${this.backend} worker ${how}${at}.${detail ? ` Its last words: ${detail}` : ''}`,
        );
        reject(this.stopped.has(child) ? new StartStopped() : failure);
        this.ended(child, failure, isReady);
      };
      child.on('error', (error) => end(`could not be started (${error.message})`));
      child.on('exit', (code, signal) =>
        end(signal ? `was ended by the signal ${signal}` : `ended with exit code ${String(code)}`),
      );
    });
  }

  /** @returns false for what is no answer to a request */
  private receive(child: ChildProcess, message: FromWorker): boolean {
    if (!isAnswer(message)) return false;
    const pending = this.pending.get(message.id);
    // Of a request that was cancelled in the meantime.
    if (!pending) return message.id < this.nextId && message.id > 0;
    this.listen(child);
    if (message.type !== 'done') {
      if (!answers(message, pending.request)) return false;
      if (pending.received.has(message.key) || pending.cancelTimer) return true;
      if (message.type !== 'trained' || message.done) pending.received.add(message.key);
      pending.receive(message);
      return true;
    }
    this.deaths = 0;
    if (message.outcome === 'complete') {
      if (!hasAll(pending)) return false;
      this.settle(pending, message.identity);
    } else if (message.outcome === 'cancelled') this.settle(pending, new RequestCancelled());
    else this.settle(pending, new Error(message.message ?? 'The worker could not evaluate this.'));
    return true;
  }

  private ended(child: ChildProcess, failure: WorkerFailed, wasReady: boolean): void {
    if (wasReady && this.child !== child) return;
    if (wasReady) {
      this.child = undefined;
      this.starting = undefined;
    }
    clearTimeout(this.idleTimer);
    clearTimeout(this.silence);
    const left = [...this.pending.values()];
    if (left.length === 0) {
      if (!this.disposed) this.options.log.info(failure.message);
      return;
    }
    const onPurpose = this.stopped.has(child);
    if (!onPurpose) {
      this.deaths++;
      this.options.log.error(failure.message);
    }
    if (!wasReady) return;
    if (!onPurpose) this.options.onCrash?.(failure);
    for (const pending of left) {
      if (onPurpose) pending.attempts--;
      if (pending.cancelTimer) this.settle(pending, new RequestCancelled());
      // All it was to give has come; only the word that this was all has not.
      else if (this.opened && hasAll(pending)) this.settle(pending, this.opened.identity);
      else if (pending.attempts >= maxAttempts || this.disposed) this.settle(pending, failure);
      else void this.submit(pending);
    }
  }
}

function hasAll({ received, request }: Pending): boolean {
  return request.tasks.every(({ key }) => received.has(key));
}

type Result = MeasuredMessage | EvaluatedMessage | TrainedMessage;
type Answer = Extract<FromWorker, { type: Result['type'] | 'done' }>;

function isAnswer(message: FromWorker): message is Answer {
  const { type, id } = (message as Partial<Answer> | undefined) ?? {};
  return typeof id === 'number' && isAnswerType(type);
}

function isAnswerType(type: string | undefined): boolean {
  return type === 'measured' || type === 'evaluated' || type === 'trained' || type === 'done';
}

/** Whether it has the numbers that were asked for. */
function answers(message: Result, request: Request): boolean {
  if (message.type === 'trained') {
    const task = request.type === 'train' ? request.tasks.find(({ key }) => key === message.key) : undefined;
    const { records, state } = message as Partial<TrainedMessage>;
    const count = records?.epoch.length ?? -1;
    return !!task && isArray(records?.crossEntropy, count) && state?.weights instanceof Float64Array;
  }
  if (message.type === 'measured') {
    const task = request.type === 'measure' ? request.tasks.find(({ key }) => key === message.key) : undefined;
    const { curve, specials, summary } = message as Partial<MeasuredMessage>;
    return (
      !!task &&
      isCurve(curve, task.points.length, task.exact) &&
      isCurve(specials, specialCount, task.exact) &&
      (!task.summary || (summary !== null && summary !== undefined))
    );
  }
  const task = request.type === 'evaluate' ? request.tasks.find(({ key }) => key === message.key) : undefined;
  const { outputs } = message as Partial<EvaluatedMessage>;
  const length = task?.inputs[0]?.length ?? 0;
  return (
    !!task &&
    Array.isArray(outputs) &&
    outputs.length === task.outputs.length &&
    outputs.every((each) => isArray(each, length))
  );
}

function isCurve(curve: Partial<Curve> | undefined, points: number, exact: boolean): boolean {
  if (!curve) return false;
  const { margin, loss, gradient, exactLoss, exactGradient, lossUlp, gradientUlp } = curve;
  return (
    [margin, loss, gradient].every((each) => isArray(each, points)) &&
    [exactLoss, exactGradient, lossUlp, gradientUlp].every((each) => isArray(each, exact ? points : 0))
  );
}

function isArray(value: unknown, length: number): boolean {
  return value instanceof Float64Array && value.length === length;
}

function bytesOf(request: Request): number {
  return 8 * lengthsOf(request).reduce((sum, length) => sum + length, 0);
}

function lengthsOf({ type, tasks }: Request): number[] {
  switch (type) {
    case 'measure':
      return tasks.map(({ points }) => 7 * points.length);
    case 'evaluate':
      return tasks.map(({ inputs, outputs }) => (inputs.length + outputs.length) * (inputs[0]?.length ?? 0));
    case 'train': {
      // The patterns are one object, which goes over once.
      const patterns = new Set(tasks.map((task) => task.patterns));
      const states = tasks.map(({ from }) => 2 * (from?.weights.length ?? 0));
      return [...[...patterns].map(({ input, target }) => input.length + target.length), ...states];
    }
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`;
}

function post(child: ChildProcess, message: ToWorker): void {
  // A worker that died in between is reported by its exit event, which deals with what is pending.
  child.send(message, () => undefined);
}

/** @throws RequestCancelled as soon as `signal` is aborted */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new RequestCancelled());
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
