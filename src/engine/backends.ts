import type { BackendChoice } from '../config';
import type {
  BackendIdentity,
  BackendName,
  BackendRefusal,
  BackendSettings,
  BackendState,
  EvaluatedMessage,
  EvaluateTask,
  Format,
  MeasuredMessage,
  MeasureTask,
  ReadyBackend,
  SelfTest,
  TrainedMessage,
  TrainTask,
} from '../protocol';
import { BackendRefused, RequestCancelled, WorkerClient, type Log, type WorkerFailed } from './workerClient';

/** An explicit choice of a backend that can't be had. */
export class BackendUnavailable extends Error {}

/** How a backend is to be started. */
export interface BackendLaunch {
  readonly settings: BackendSettings;
  /** What is added to the environment of its process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The Node.js that runs it; the one that runs this process unless said otherwise. */
  readonly execPath?: string;
  /** Whether there is reason to think that it can be used here: whether `auto` should try. */
  readonly likely: boolean;
}

export interface BackendsOptions {
  /** The built worker, a file for `fork`. */
  readonly workerPath: string;
  readonly log: Log;
  /** How a backend is to be started, by the settings as they are now. */
  readonly launch: (name: Exclude<BackendName, 'model'>) => BackendLaunch;
  /** Whether backends that run other programs may be used: whether the workspace is trusted. */
  readonly trusted: () => boolean;
  readonly idleAfter?: number;
}

export const backendTitles: Readonly<Record<BackendName, string>> = {
  model: 'The number format itself: every operation rounded to it, in JavaScript and WebAssembly on the CPU',
  cuda: 'TensorFlow on CUDA (@tensorflow/tfjs-node-gpu)',
  webgpu: 'WebGPU (Dawn)',
  python: 'The selected Python interpreter, with the framework that is installed in it',
};

const names: readonly BackendName[] = ['model', 'cuda', 'webgpu', 'python'];

/** The first of these that is a GPU and passes its self-test is what `auto` takes; Python only ever runs on request. */
const automatic = ['cuda', 'webgpu'] as const;

/** After so many crashes in a row a backend is left alone until it is asked for again. */
const mostCrashes = 2;

/** How long opening may take without a sign of life, in milliseconds: the first kernels on a new GPU are compiled. */
const startWithin: Readonly<Record<BackendName, number>> = {
  model: 15_000,
  cuda: 900_000,
  webgpu: 60_000,
  python: 180_000,
};

/** A call into a device or an interpreter may keep the worker from giving a sign. */
const silentWithin: Readonly<Record<BackendName, number>> = {
  model: 30_000,
  cuda: 600_000,
  webgpu: 120_000,
  python: 120_000,
};

interface Entry {
  client: WorkerClient;
  state: BackendState;
  opening: Promise<ReadyBackend> | undefined;
  /** How it was started, to see whether the settings have changed since. */
  launched: string;
  crashes: number;
}

/** Another worker that trains is there in no time: after so long without work it ends, in milliseconds. */
const trainerIdle = 5000;

/**
 * Every backend: a worker process each, started when it is first needed; what is known of it; which one computes. An
 * explicit choice that can't be had is an error, never another backend.
 */
export class Backends {
  readonly #options: BackendsOptions;
  readonly #entries = new Map<BackendName, Entry>();
  readonly #listeners = new Set<() => void>();
  #trainer: WorkerClient | undefined;

  constructor(options: BackendsOptions) {
    this.#options = options;
  }

  /** Calls it whenever what is known of a backend changes. */
  onChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** What is known of each. */
  states(): BackendState[] {
    return names.map((name) => {
      const forbidden = this.#forbidden(name);
      return forbidden ? { ...about(name), state: 'refused', ...forbidden } : this.#entry(name).state;
    });
  }

  /** The worker of a backend, for those who have to look after it. */
  client(name: BackendName): WorkerClient {
    return this.#entry(name).client;
  }

  /**
   * Opens a backend, if it isn't open. One that was refused or set aside is tried again.
   * @throws BackendUnavailable, RequestCancelled
   */
  async open(name: BackendName, signal?: AbortSignal): Promise<ReadyBackend> {
    const forbidden = this.#forbidden(name);
    if (forbidden) throw unavailable(name, forbidden);
    const entry = this.#entry(name);
    entry.crashes = 0;
    return this.#open(name, entry, signal);
  }

  /** What is known of each after each was opened, one after the other. */
  async probe(signal?: AbortSignal): Promise<BackendState[]> {
    for (const name of names) {
      try {
        await this.open(name, signal);
      } catch (error) {
        if (error instanceof RequestCancelled) throw error;
      }
    }
    return this.states();
  }

  /**
   * Measures the tasks on the backend that is chosen; each result is handed to `receive` as soon as it is there.
   * @throws BackendUnavailable for an explicit choice that can't be had; else as `WorkerClient.measure`
   */
  async measure(
    choice: BackendChoice,
    tasks: readonly MeasureTask[],
    receive: (message: MeasuredMessage) => void,
    signal?: AbortSignal,
  ): Promise<BackendIdentity> {
    const name = await this.choose(choice, formatsOf(tasks), signal);
    return this.#entry(name).client.measure(tasks, receive, signal);
  }

  /** Evaluates expressions; throws as `measure` does. */
  async evaluate(
    choice: BackendChoice,
    tasks: readonly EvaluateTask[],
    receive: (message: EvaluatedMessage) => void,
    signal?: AbortSignal,
  ): Promise<BackendIdentity> {
    const name = await this.choose(choice, formatsOf(tasks), signal);
    return this.#entry(name).client.evaluate(tasks, receive, signal);
  }

  /**
   * Trains networks, which takes long: in a process of its own, of the model's backend, so that nothing that is measured
   * has to wait. Throws as `WorkerClient.train`.
   */
  train(
    tasks: readonly TrainTask[],
    receive: (message: TrainedMessage) => void,
    signal?: AbortSignal,
  ): Promise<BackendIdentity> {
    const { workerPath, log, idleAfter } = this.#options;
    this.#trainer ??= new WorkerClient({ workerPath, log, idleAfter: idleAfter ?? trainerIdle });
    return this.#trainer.train(tasks, receive, signal);
  }

  /**
   * The backend for a choice, open.
   * @param formats that it has to compute in
   * @throws BackendUnavailable for an explicit choice that can't be had: it never falls back silently
   */
  async choose(choice: BackendChoice, formats: readonly Format[], signal?: AbortSignal): Promise<BackendName> {
    if (choice === 'model') return 'model';
    if (choice !== 'auto') {
      const forbidden = this.#forbidden(choice);
      if (forbidden) throw unavailable(choice, forbidden);
      const { formats: computed } = await this.#open(choice, this.#entry(choice), signal);
      const missing = formats.filter((format) => !computed.includes(format));
      if (missing.length === 0) return choice;
      throw new BackendUnavailable(
        `The backend "${choice}" does not compute in ${missing.join(', ')}, only in ${computed.join(', ')}. Choose other number formats, or the backend "model".`,
      );
    }
    for (const name of automatic) {
      if (this.#forbidden(name) || !this.#options.launch(name).likely) continue;
      const entry = this.#entry(name);
      // What was refused before would be again.
      if (entry.state.state === 'refused') continue;
      try {
        const { identity, selfTest, formats: computed } = await this.#open(name, entry, signal);
        const isFit = identity.hardware === 'gpu' && selfTest?.passed === true;
        if (isFit && formats.every((format) => computed.includes(format))) return name;
      } catch (error) {
        if (error instanceof RequestCancelled) throw error;
      }
    }
    return 'model';
  }

  /** Ends all workers. */
  dispose(): void {
    this.#listeners.clear();
    for (const { client } of this.#entries.values()) client.dispose();
    this.#trainer?.dispose();
  }

  async #open(name: BackendName, entry: Entry, signal: AbortSignal | undefined): Promise<ReadyBackend> {
    if (entry.crashes >= mostCrashes && entry.state.state === 'refused') throw unavailable(name, entry.state);
    entry.opening ??= entry.client.open(signal).finally(() => (entry.opening = undefined));
    if (entry.state.state !== 'ready') this.#set(entry, { ...about(name), state: 'starting', stage: null });
    try {
      const ready = await entry.opening;
      this.#set(entry, { ...about(name), state: 'ready', ...ready });
      return ready;
    } catch (error) {
      if (error instanceof RequestCancelled) {
        this.#set(entry, { ...about(name), state: 'unknown' });
        // Whoever began it has given up, not this one.
        if (signal && !signal.aborted) return this.#open(name, entry, signal);
        throw error;
      }
      const refusal = refusalOf(error as Error);
      this.#set(entry, { ...about(name), state: 'refused', ...refusal });
      throw unavailable(name, refusal);
    }
  }

  #entry(name: BackendName): Entry {
    const launch = name === 'model' ? undefined : this.#options.launch(name);
    const launched = JSON.stringify(launch ?? null);
    const known = this.#entries.get(name);
    if (known?.launched === launched) return known;
    // Other settings make it another backend.
    known?.client.dispose();
    const { workerPath, log, idleAfter } = this.#options;
    const client = new WorkerClient({
      workerPath,
      log,
      backend: name,
      startWithin: startWithin[name],
      silentWithin: silentWithin[name],
      ...(idleAfter === undefined ? {} : { idleAfter }),
      ...(launch ? { settings: launch.settings } : {}),
      ...(launch?.env ? { env: launch.env } : {}),
      ...(launch?.execPath === undefined ? {} : { execPath: launch.execPath }),
      onStage: (stage, detail) => {
        const { state } = entry.state;
        if (state === 'ready') return;
        this.#set(entry, { ...about(name), state: 'starting', stage, ...(detail === undefined ? {} : { detail }) });
      },
      onCrash: (failure) => this.#crashed(name, entry, failure),
    });
    const entry: Entry = {
      client,
      state: { ...about(name), state: 'unknown' },
      opening: undefined,
      launched,
      crashes: 0,
    };
    this.#entries.set(name, entry);
    return entry;
  }

  /** The model is always there; another one that keeps crashing would keep whoever uses it waiting. */
  #crashed(name: BackendName, entry: Entry, failure: WorkerFailed): void {
    entry.crashes++;
    if (name === 'model' || entry.crashes < mostCrashes) return;
    this.#set(entry, {
      ...about(name),
      state: 'refused',
      code: 'failed',
      message: `It has crashed ${String(entry.crashes)} times and was set aside. ${failure.message}`,
      remedy: 'Select it again to try once more, or choose another backend.',
      stage: null,
    });
  }

  #forbidden(name: BackendName): BackendRefusal | undefined {
    if (name === 'model' || this.#options.trusted()) return undefined;
    return {
      code: 'unusable',
      message: 'It runs programs that a workspace can choose, and this workspace is not trusted.',
      remedy: 'Trust the workspace to use it.',
      stage: null,
    };
  }

  #set(entry: Entry, state: BackendState): void {
    entry.state = state;
    for (const listener of this.#listeners) listener();
  }
}

function about(name: BackendName): Pick<BackendState, 'name' | 'title' | 'needsTrust'> {
  return { name, title: backendTitles[name], needsTrust: name !== 'model' };
}

function unavailable(name: BackendName, { message, remedy }: BackendRefusal): BackendUnavailable {
  return new BackendUnavailable(`The backend "${name}" can't be used. ${message} ${remedy}`.trim());
}

function refusalOf(error: Error): BackendRefusal {
  if (error instanceof BackendRefused) return error.refusal;
  return { code: 'failed', message: error.message, remedy: 'Show the log for what it said before.', stage: null };
}

/** What a self-test has shown, in a sentence or two. */
export function describeSelfTest({ format, functions, differences, flushesSubnormals, passed }: SelfTest): string {
  const off = functions.filter(({ ulp }) => ulp > 0).sort((a, b) => b.ulp - a.ulp);
  const worst = off.slice(0, 3).map(({ name, ulp }) => `${name} ${String(ulp)}`);
  const accuracy =
    off.length === 0
      ? `Every function is rounded correctly in ${format}`
      : `Off from correct rounding in ${format} by at most: ${worst.join(', ')} ULP`;
  const flush = flushesSubnormals ? '; subnormal numbers become 0' : '';
  const wrong = differences.length > 0 ? ` Differs: ${differences.join('; ')}.` : '';
  return `Self-test ${passed ? 'passed' : 'failed'}. ${accuracy}${flush}.${wrong}`;
}

function formatsOf(tasks: readonly { readonly format: Format }[]): Format[] {
  return [...new Set(tasks.map(({ format }) => format))];
}
