import { Worker } from 'node:worker_threads';
import type {
  FinderJob,
  FinderOutcomes,
  FromFinder,
  PlacedFinding,
  PlacedEdit,
  PlotJob,
  ReadJob,
  ScanJob,
  SourceChange,
  SourceUnit,
  SuppressJob,
  ToFinder,
  UnitJob,
} from '../protocol/finder';
import type { FinderSettings } from '../rules';
import type { Log } from './workerClient';

export interface FinderClientOptions {
  /** The built thread, a file. */
  readonly threadPath: string;
  readonly log: Log;
  /** How long a job may take before the thread is ended, in milliseconds. */
  readonly answerWithin?: number;
  /** The pause before a thread that died is started again, in milliseconds; it doubles with each further death. */
  readonly firstPause?: number;
  /** The thread is stopped after so long without a job, in milliseconds. */
  readonly idleAfter?: number;
}

/** A text, or several that belong together, as it is now. It is asked for its text as seldom as can be. */
export interface Source {
  /** Its name: a URI. */
  readonly key: string;
  /** Other texts have another version. */
  version(): string;
  unit(): SourceUnit;
  /** The length of each text, by its name. */
  lengths(): Readonly<Record<string, number>>;
}

/** What a version of a source was found to contain. */
export interface ReadResult {
  readonly version: string;
  readonly findings: readonly PlacedFinding[];
}

export interface EditResult {
  /** The version that the edits are of. */
  readonly version: string;
  readonly edits: readonly PlacedEdit[];
}

/** What a job about a source has besides its text. */
type UnitRest<Type extends UnitJob['type']> = Omit<Extract<UnitJob, { type: Type }>, keyof Omit<ReadJob, 'type'>>;

/** The thread took too long over the job, or died of it. It has been set aside. */
export class FinderFailed extends Error {}

/** The job was given up: a newer one does what it was for, or nobody needs it any more. */
export class FinderSuperseded extends Error {
  constructor() {
    super('Superseded.');
  }
}

const answerWithin = 20_000;
const firstPause = 250;
const idleAfter = 600_000;
const longestPause = 30_000;
const maxAttempts = 2;

/** Lower comes first: what somebody waits for, then what is being edited, then the rest of the workspace. */
const priorities: Readonly<Record<FinderJob['type'], number>> = {
  project: 0,
  plot: 0,
  fixAll: 0,
  suppress: 0,
  read: 1,
  scan: 2,
};

interface Queued {
  readonly type: FinderJob['type'];
  readonly key: string | undefined;
  /** Made when it is sent, of the text as it is by then. */
  readonly make: () => FinderJob;
  readonly findings: PlacedFinding[];
  readonly resolve: (outcome: FinderOutcomes[keyof FinderOutcomes]) => void;
  readonly reject: (error: Error) => void;
  attempts: number;
}

interface Running {
  readonly id: number;
  readonly queued: Queued;
  readonly timer: NodeJS.Timeout;
}

/**
 * Reads code in a thread of its own, so that whoever asks is never kept waiting. The thread is started when it is first
 * needed and given one job at a time: a newer version of a text takes the place of one that still waits, and of a
 * thread that hangs or dies it is known over what. Texts are sent once, then their changes.
 */
export class FinderClient {
  #thread: Worker | undefined;
  #running: Running | undefined;
  #queue: Queued[] = [];
  /** Of the texts that the thread has: what has been changed in them since. */
  readonly #changes = new Map<string, SourceChange[]>();
  #nextId = 1;
  /** How often in a row the thread has ended without having finished a job. */
  #deaths = 0;
  #restart: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(private readonly options: FinderClientOptions) {}

  /** Of the thread that is running. */
  get threadId(): number | undefined {
    return this.#thread?.threadId;
  }

  /** Whether a thread has ever been needed; it may be dead just now. */
  get started(): boolean {
    return this.#thread !== undefined || this.#restart !== undefined;
  }

  /** Notes what was changed in a source, each change in the text as the one before has left it. */
  change(key: string, changes: readonly SourceChange[]): void {
    this.#changes.get(key)?.push(...changes);
  }

  /** The source has other texts than before, or they have changed in an unknown way: they will be sent anew. */
  replace(key: string): void {
    this.#changes.delete(key);
  }

  /** The source is gone. */
  forget(key: string): void {
    this.#drop((queued) => queued.key === key);
    if (this.#changes.delete(key)) this.#post({ type: 'forget', key });
  }

  /**
   * What is found in the source; a request for the same source that still waits is superseded by this one.
   * @throws FinderSuperseded, FinderFailed, or an Error of the reading itself
   */
  async read(source: Source, settings: FinderSettings): Promise<ReadResult> {
    this.#drop((queued) => queued.type === 'read' && queued.key === source.key);
    const findings: PlacedFinding[] = [];
    const { version } = await this.#about<'read'>(source, settings, { type: 'read' }, findings);
    return { version, findings };
  }

  /** The edits that apply every fix in the source; throws as `read` does. */
  async fixAll(source: Source, settings: FinderSettings): Promise<EditResult> {
    const { version, outcome } = await this.#about<'fixAll'>(source, settings, { type: 'fixAll' });
    return { version, edits: outcome.edits };
  }

  /** What silences a finding of the source, on its line or everywhere; throws as `read` does. */
  async suppress(
    source: Source,
    settings: FinderSettings,
    { id, rule, range, statement }: PlacedFinding,
    scope: SuppressJob['scope'],
  ): Promise<EditResult> {
    const finding = { id, rule, range, statement };
    const { version, outcome } = await this.#about<'suppress'>(source, settings, { type: 'suppress', finding, scope });
    return { version, edits: outcome.edit ? [outcome.edit] : [] };
  }

  /** What a pyproject.toml says. Throws as `read` does. */
  project(text: string): Promise<FinderOutcomes['project']> {
    return this.#request('project', undefined, () => ({ type: 'project', text }));
  }

  /** What is found in a file that is not open. `bytes` are the thread's from now on. Throws as `read` does. */
  scan(job: Omit<ScanJob, 'type'>): Promise<FinderOutcomes['scan']> {
    return this.#request('scan', undefined, () => ({ type: 'scan', ...job }));
  }

  /** What a finding comes to, to be drawn; undefined if that can't be. Throws as `read` does. */
  plot(job: Omit<PlotJob, 'type'>): Promise<FinderOutcomes['plot']> {
    return this.#request('plot', undefined, () => ({ type: 'plot', ...job }));
  }

  /** Gives up the files that still wait for being scanned. */
  cancelScans(): void {
    this.#drop((queued) => queued.type === 'scan');
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#restart);
    clearTimeout(this.#idle);
    clearTimeout(this.#running?.timer);
    this.#running?.queued.reject(new FinderSuperseded());
    this.#running = undefined;
    this.#drop(() => true);
    void this.#thread?.terminate();
  }

  /** For tests: ends the thread as a crash would. */
  kill(): void {
    void this.#thread?.terminate();
  }

  async #about<Type extends UnitJob['type']>(
    source: Source,
    settings: FinderSettings,
    rest: UnitRest<Type>,
    findings: PlacedFinding[] = [],
  ): Promise<{ version: string; outcome: FinderOutcomes[Type] }> {
    const { key } = source;
    let version = '';
    let whole = false as boolean;
    let lengths: Readonly<Record<string, number>> = {};
    const outcome = await this.#request<Type>(
      rest.type,
      key,
      () => {
        [version, lengths] = [source.version(), source.lengths()];
        findings.length = 0;
        const changes = this.#changes.get(key);
        whole = changes === undefined;
        this.#changes.set(key, []);
        const unit = { key, settings, ...(changes ? { changes } : { unit: source.unit(), changes: [] }) };
        return { ...unit, ...rest } as UnitJob;
      },
      findings,
    );
    if (!whole && Object.entries(lengths).some(([id, length]) => outcome.lengths[id] !== length)) {
      this.options.log.warn(`the finder has another text of ${key}: it is sent again`);
      this.replace(key);
      return this.#about(source, settings, rest, findings);
    }
    return { version, outcome };
  }

  #request<Type extends FinderJob['type']>(
    type: Type,
    key: string | undefined,
    make: () => FinderJob,
    findings: PlacedFinding[] = [],
  ): Promise<FinderOutcomes[Type]> {
    return new Promise((resolve, reject) => {
      if (this.#disposed) {
        reject(new FinderSuperseded());
        return;
      }
      this.#queue.push({
        type,
        key,
        make,
        findings,
        resolve: resolve as Queued['resolve'],
        reject,
        attempts: 0,
      });
      this.#next();
    });
  }

  #drop(which: (queued: Queued) => boolean): void {
    const dropped = this.#queue.filter(which);
    if (dropped.length === 0) return;
    this.#queue = this.#queue.filter((queued) => !which(queued));
    for (const queued of dropped) queued.reject(new FinderSuperseded());
  }

  /** Sends what is to be done next, if the thread has nothing to do. */
  #next(): void {
    if (this.#running || this.#restart || this.#disposed) return;
    const queued = this.#queue.reduce<Queued | undefined>(
      (best, each) => (best && priorities[best.type] <= priorities[each.type] ? best : each),
      undefined,
    );
    clearTimeout(this.#idle);
    if (!queued) {
      this.#stopWhenIdle();
      return;
    }
    this.#queue.splice(this.#queue.indexOf(queued), 1);
    queued.attempts++;
    const id = this.#nextId++;
    this.#thread ??= this.#start();
    const within = this.options.answerWithin ?? answerWithin;
    const timer = setTimeout(() => {
      this.#fail(queued, `took longer than ${String(within / 1000)} s`);
    }, within);
    timer.unref();
    this.#running = { id, queued, timer };
    try {
      const job = queued.make();
      // A job that is made again after a crash needs its bytes again, so they are copied, not handed over.
      this.#post({ type: 'job', id, job });
    } catch (error) {
      this.#finish();
      queued.reject(error instanceof Error ? error : new Error(String(error)));
      this.#next();
    }
  }

  /** What it has read is in its memory: hundreds of megabytes where much was open. */
  #stopWhenIdle(): void {
    if (!this.#thread) return;
    this.#idle = setTimeout(() => {
      const thread = this.#thread;
      if (!thread || this.#running) return;
      this.options.log.info('finder thread idle: stopping it');
      this.#thread = undefined;
      // The next one knows no text.
      this.#changes.clear();
      void thread.terminate();
    }, this.options.idleAfter ?? idleAfter);
    this.#idle.unref();
  }

  #post(message: ToFinder): void {
    this.#thread?.postMessage(message);
  }

  #finish(): void {
    clearTimeout(this.#running?.timer);
    this.#running = undefined;
  }

  #start(): Worker {
    const { threadPath, log } = this.options;
    // `execArgv: []`: the extension host's own flags (an inspector port, say) are not for the thread.
    const thread = new Worker(threadPath, {
      execArgv: [],
      stdout: true,
      stderr: true,
      // What is found is made of many short-lived nodes: with twice the usual room for them the collector has a fifth less
      // of the thread's time to take. `scripts/bench.mjs` gives the finder as much.
      resourceLimits: { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 96 },
    });
    log.info(`finder thread ${String(thread.threadId)} started: ${threadPath}`);
    thread.stdout.on('data', (data: Buffer) => log.debug(`finder: ${data.toString().trimEnd()}`));
    thread.stderr.on('data', (data: Buffer) => log.warn(`finder: ${data.toString().trimEnd()}`));
    thread.on('message', (message: FromFinder) => this.#receive(message));
    let cause = 'ended';
    thread.on('error', (error) => (cause = `died: ${error.message}`));
    thread.on('exit', () => this.#ended(thread, cause));
    // What is read is for somebody who is there. Nobody is kept from leaving by it.
    thread.unref();
    return thread;
  }

  #receive(message: FromFinder): void {
    const running = this.#running;
    if (running?.id !== message.id) return;
    const { queued } = running;
    if (message.type === 'findings') {
      queued.findings.push(...message.findings);
      return;
    }
    this.#finish();
    this.#deaths = 0;
    if (message.type === 'done') queued.resolve(message.outcome);
    else queued.reject(new Error(message.message));
    this.#next();
  }

  /** Gives a job up for good, and the thread with it, which is still busy with it. */
  #fail(queued: Queued, why: string): void {
    const what = queued.key ?? `a ${queued.type}`;
    this.options.log.warn(`the finder ${why} over ${what}, which is set aside until it changes`);
    this.#finish();
    const thread = this.#thread;
    if (thread) {
      this.#ended(thread, 'is ended');
      void thread.terminate();
    }
    queued.reject(new FinderFailed(`The finder ${why}.`));
  }

  #ended(thread: Worker, cause: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    // The next one knows no text.
    this.#changes.clear();
    if (this.#disposed) return;
    const running = this.#running;
    this.#finish();
    const pause = Math.min(longestPause, (this.options.firstPause ?? firstPause) * 2 ** this.#deaths++);
    this.options.log.warn(`finder thread ${cause}; the next one starts in ${String(pause)} ms`);
    this.#restart = setTimeout(() => {
      this.#restart = undefined;
      this.#next();
    }, pause);
    this.#restart.unref();
    if (!running) return;
    const { queued } = running;
    if (queued.attempts < maxAttempts) this.#queue.unshift(queued);
    else {
      this.options.log.warn(`the finder died twice over ${queued.key ?? `a ${queued.type}`}, which is set aside`);
      queued.reject(new FinderFailed(`The finder ${cause}.`));
    }
  }
}
