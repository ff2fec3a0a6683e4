import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BackendError } from '../backend';
import { encodeFrame, FrameReader, Garbage, type Frame } from './frames';

/** The oldest Python that the bridge runs on. */
const oldest = [3, 8] as const;

/** How long an interpreter may take to start, and to say which version it is, in milliseconds. */
const startWithin = 30_000;

/** How long it may take to end by itself, in milliseconds. */
const endWithin = 1000;

/** Enough of the standard error to tell what it died of, in characters. */
const stderrKept = 8000;
const wordsShown = 600;

/** What the bridge says about an error; `kind` is one of the words in bridge.py. */
export interface BridgeError {
  readonly kind: string;
  readonly message: string;
  readonly package?: string;
}

/** What comes for a request. */
export interface Answer {
  readonly header: Readonly<Record<string, unknown>>;
  readonly arrays: readonly Buffer[];
  readonly error: BridgeError | undefined;
}

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: BackendError) => void;
}

/**
 * A Python process that runs the bridge. It ends when this process does, whatever way that is: the bridge watches its
 * pipe.
 */
export class Connection {
  private readonly reader = new FrameReader();
  private readonly pending = new Map<number, Pending>();
  private readonly ids = new WeakMap<Promise<Answer>, number>();
  private nextId = 1;
  private stderr = '';
  private failure: BackendError | undefined;
  private greeted = false;
  private doing = 'starting';
  private greet: { resolve: () => void; reject: (error: BackendError) => void } | undefined;
  private readonly exited: Promise<void>;

  /** Told the stages that the bridge passes through, with what they are about. */
  onStage: ((stage: 'import' | 'device', detail: string) => void) | undefined;

  private constructor(
    readonly interpreter: string,
    private readonly child: ChildProcess,
    folder: string,
  ) {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-stderrKept);
    });
    child.stdout?.on('data', (piece: Buffer) => {
      this.receive(piece);
    });
    // Its exit says more than a pipe that broke.
    child.stdin?.on('error', () => undefined);
    child.on('error', (error: NodeJS.ErrnoException) => {
      this.fail(cannotStart(interpreter, error));
    });
    this.exited = new Promise((resolve) => {
      // `close` comes after the last of the standard error.
      child.on('close', (code, signal) => {
        rmSync(folder, { recursive: true, force: true });
        this.ended(code, signal);
        resolve();
      });
      child.on('error', () => {
        rmSync(folder, { recursive: true, force: true });
        resolve();
      });
    });
  }

  /**
   * Starts an interpreter with the bridge, and waits until it has said what it is.
   * @param bridge the file bridge.py
   * @throws BackendError if there is no such program, if it isn't Python, or too old
   */
  static async start(interpreter: string, bridge: string): Promise<Connection> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-python-'));
    // -E: variables such as PYTHONPATH, which may name folders of a workspace, are for the user's own programs. -I would also
    // leave out the user's site-packages, where `pip install --user` puts what is to be used. The bridge takes its own
    // folder off the path, and the current one is empty: nothing in a workspace is imported.
    const child = spawn(interpreter, ['-E', '-X', 'utf8', '-u', bridge], {
      cwd: folder,
      env: { ...defaults, ...process.env, ...forced },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const connection = new Connection(interpreter, child, folder);
    try {
      await connection.greeting();
    } catch (error) {
      connection.kill();
      await connection.exited;
      throw connection.greeted ? error : await diagnosed(interpreter, error as BackendError);
    }
    return connection;
  }

  /** What everything fails with from now on, once it has. */
  get failed(): BackendError | undefined {
    return this.failure;
  }

  /** Process id of the interpreter. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Ends the process at once; what is pending fails. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Lets the process end, or else ends it. */
  async close(): Promise<void> {
    this.giveUp(closed());
    this.child.stdin?.end();
    const timer = setTimeout(() => {
      this.kill();
    }, endWithin);
    await this.exited;
    clearTimeout(timer);
  }

  /**
   * @param doing what the interpreter is at meanwhile, for messages: "importing PyTorch"
   * @throws BackendError if the process ended or sent garbage; what the bridge itself refuses is in the answer
   */
  request(header: Readonly<Record<string, unknown>>, arrays: readonly Buffer[], doing: string): Promise<Answer> {
    if (this.failure) return Promise.reject(this.failure);
    const id = this.nextId++;
    this.doing = doing;
    const answer = new Promise<Answer>((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
    });
    this.ids.set(answer, id);
    for (const part of encodeFrame({ ...header, id }, arrays)) this.child.stdin?.write(part);
    return answer;
  }

  /** A request that nobody waits for any more: left out if Python hasn't begun it. */
  forget(request: Promise<Answer>): void {
    const id = this.ids.get(request);
    if (id === undefined || !this.pending.delete(id)) return;
    for (const part of encodeFrame({ type: 'forget', id })) this.child.stdin?.write(part);
  }

  /** Everything fails with this error, now and later, and the process is ended. */
  fail(error: BackendError): void {
    if (this.giveUp(error)) this.kill();
  }

  /** The end of what it wrote to its standard error. */
  lastWords(): string {
    const words = this.stderr.trim();
    return words.length > wordsShown ? `... ${words.slice(-wordsShown)}` : words;
  }

  /** A message that ends with the last words, if there are any. */
  withLastWords(message: string): string {
    const words = this.lastWords();
    return words === '' ? message : `${message} Its last words: ${words}`;
  }

  /** @returns false if that has happened before, with another error */
  private giveUp(error: BackendError): boolean {
    if (this.failure) return false;
    this.failure = error;
    this.greet?.reject(error);
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
    return true;
  }

  private greeting(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `"${this.interpreter}" did not start within ${String(startWithin / 1000)} s.`;
        this.fail(new BackendError('unusable', this.withLastWords(message), selectAnother));
      }, startWithin);
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          then(value);
        };
      this.greet = { resolve: settle(resolve), reject: settle(reject) };
      if (this.failure) this.greet.reject(this.failure);
    });
  }

  private receive(piece: Buffer): void {
    if (this.failure) return;
    try {
      for (const frame of this.reader.push(piece)) this.handle(frame);
    } catch (error) {
      if (!(error instanceof Garbage)) throw error;
      const what = this.greeted
        ? `The Python process sent ${error.message}, while it was ${this.doing}.`
        : `"${this.interpreter}" answered with ${error.message}.`;
      this.fail(new BackendError(this.greeted ? 'failed' : 'unusable', this.withLastWords(what), selectAnother));
    }
  }

  private handle({ header, arrays }: Frame): void {
    switch (header['type']) {
      case 'hello': {
        this.greeted = true;
        const version = header['version'] as readonly number[];
        if (isTooOld(version)) this.fail(tooOld(this.interpreter, version.join('.')));
        else this.greet?.resolve();
        return;
      }
      case 'stage':
        this.onStage?.(header['stage'] as 'import' | 'device', String(header['detail']));
        if (header['stage'] === 'import') this.doing = `importing ${String(header['detail'])}`;
        if (header['stage'] === 'device') this.doing = `looking for the devices of ${String(header['detail'])}`;
        return;
      case 'answer': {
        const id = header['id'] as number;
        const pending = this.pending.get(id);
        // An answer that nobody waits for any more was to a cancelled request.
        this.pending.delete(id);
        if (this.pending.size === 0) this.doing = 'idle';
        pending?.resolve({ header, arrays, error: header['error'] as BridgeError | undefined });
        return;
      }
      default:
        throw new Garbage(Buffer.from(JSON.stringify(header)));
    }
  }

  private ended(code: number | null, signal: NodeJS.Signals | null): void {
    const how = endOf(code, signal);
    const message = `The Python process ("${this.interpreter}") ${how} while it was ${this.doing}.`;
    const memory = signal === 'SIGKILL' || code === 137;
    const remedy = memory
      ? 'The system ends processes when memory is short: close other programs, or choose fewer points.'
      : 'Try the same in a terminal with this interpreter, or select another one.';
    const failure = new BackendError(
      this.doing === 'computing' ? 'failed' : 'unusable',
      this.withLastWords(message),
      remedy,
    );
    this.fail(failure);
  }
}

/** For the frameworks, unless the user has set them. */
const defaults: Readonly<Record<string, string>> = {
  // Memory as it is needed, not all of the device's at once: other programs are at work there, too.
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  XLA_PYTHON_CLIENT_PREALLOCATE: 'false',
  // No tales about the processor in what may become last words.
  TF_CPP_MIN_LOG_LEVEL: '2',
};

/** What Metal can't compute is to fail, not to be computed on the CPU without a word. */
const forced: Readonly<Record<string, string>> = { PYTORCH_ENABLE_MPS_FALLBACK: '0' };

const selectAnother = 'Select another Python interpreter.';

function closed(): BackendError {
  return new BackendError('failed', 'The Python process has been closed.', 'Try again.');
}

function isTooOld([major = 0, minor = 0]: readonly number[]): boolean {
  return major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
}

function tooOld(interpreter: string, version: string): BackendError {
  return new BackendError(
    'unusable',
    `"${interpreter}" is Python ${version}, which is too old: ${oldest.join('.')} or later is needed.`,
    `Select an interpreter of Python ${oldest.join('.')} or later.`,
  );
}

function cannotStart(interpreter: string, error: NodeJS.ErrnoException): BackendError {
  if (error.code === 'ENOENT') {
    const where = /[\\/]/.test(interpreter) ? '' : ' on the PATH';
    return new BackendError(
      'not-installed',
      `There is no Python interpreter "${interpreter}"${where}.`,
      'Install Python, or select the interpreter of an environment that exists.',
    );
  }
  return new BackendError('unusable', `"${interpreter}" can't be run (${error.message}).`, selectAnother);
}

/** How a process ended, as the predicate of a sentence. */
function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal) return `was ended by the signal ${signal}`;
  // A shell in between tells a signal so.
  const name = Object.entries(os.constants.signals).find(([, number]) => number + 128 === code)?.[0];
  return `ended with exit code ${String(code)}${name ? ` (the signal ${name})` : ''}`;
}

/** Why a program didn't greet, if its own answer to --version tells. */
async function diagnosed(interpreter: string, error: BackendError): Promise<BackendError> {
  if (error.code === 'not-installed') return error;
  const answer = await new Promise<string>((resolve) => {
    execFile(
      interpreter,
      ['--version'],
      { timeout: 5000, killSignal: 'SIGKILL', windowsHide: true },
      // Python 2 writes it to its standard error.
      (_, stdout, stderr) => resolve(`${stdout}${stderr}`.trim()),
    );
  });
  const version = /^Python (\d+)\.(\d+)\S*/.exec(answer);
  if (version) {
    const [text, major, minor] = version;
    return isTooOld([Number(major), Number(minor)]) ? tooOld(interpreter, text.slice('Python '.length)) : error;
  }
  const said = answer === '' ? 'nothing' : JSON.stringify(answer.split('\n')[0]?.slice(0, 100));
  return new BackendError(
    'unusable',
    `"${interpreter}" is not a Python interpreter: to --version it answers ${said}. ${error.message}`,
    selectAnother,
  );
}
