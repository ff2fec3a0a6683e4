import {
  breathing,
  measureSamples,
  planTasks,
  RequestCancelled,
  type MeasuredSamples,
  type SampledCurve,
} from '../engine';
import { structuralKey } from '../expression';
import { describeHistogram, HistogramCounter, sampleBlock } from '../measure';
import type {
  BackendName,
  FloorResult,
  FloorSettings,
  FromSamplesView,
  SampleResult,
  SamplesHistogramMessage,
  SamplesMessage,
  SamplesResultsMessage,
  ToSamplesView,
} from '../protocol';
import { ReadingCancelled, readSamples, SamplesError, type ByteSource, type SampleFile } from '../samples';
import type { Measurer, Run, Unnumbered } from './measurer';
import { chosenEntries } from './settings';

/** Gets the bytes of a file to whoever reads them, for as long as that takes. */
export type WithSource = <Result>(use: (source: ByteSource) => Promise<Result>) => Promise<Result>;

/** What only the editor can do. */
export interface SampleFiles {
  /** Asks the user for a file; undefined if he chooses none. @returns its URI */
  choose(): Promise<string | undefined>;
  /** A file by its URI. @throws SamplesError */
  open(uri: string): WithSource;
}

/** A curve as it was measured, whose loss can be computed at the samples. */
interface KnownCurve extends SampledCurve {
  readonly backend: BackendName;
}

/** Bars over the range of the plots. */
const bins = 120;

/** Between two messages about how far something has come, in milliseconds. */
const progressEvery = 100;

/** What was computed for settings that were left and may come back. */
const mostKept = 256;

/**
 * The user's own logits in a panel: reads them, counts them over the range that is shown, and computes each curve's loss
 * at each of them once the curve itself is there. Outlives the page.
 */
export class PanelSamples {
  private loaded: SampleFile | null = null;
  /** Of the file that is loaded, where it has one. */
  private uri: string | null = null;
  private reading: AbortController | undefined;
  private measuring: AbortController | undefined;
  private binning: AbortController | undefined;
  private histogram: SamplesHistogramMessage | undefined;
  private results: SamplesResultsMessage | undefined;
  private settings: FloorSettings | undefined;
  private measurer: Measurer | undefined;
  private curves: readonly KnownCurve[] = [];
  private readonly kept = new Map<string, MeasuredSamples>();
  /** Of a dropped file that is being read: what the page was asked for. */
  private page: PageSource | undefined;

  constructor(
    private readonly files: SampleFiles,
    private readonly post: (...messages: readonly ToSamplesView[]) => void,
    private readonly log: (message: string) => void,
  ) {}

  /** What a page has to know that begins now. */
  state(): ToSamplesView[] {
    // A page that has been made anew has no file any more, and says so.
    const asked = this.page?.asked;
    if (this.reading) return asked ? [asked] : [];
    const shown = this.loaded ? [this.histogram, this.results].filter((each) => each !== undefined) : [];
    return [this.loadedMessage(), ...shown];
  }

  receive(message: FromSamplesView): void {
    switch (message.type) {
      case 'chooseSamples':
        void this.choose();
        return;
      case 'droppedSamples': {
        const page = new PageSource(message.id, message.name, message.size, this.post);
        void this.read((use) => use(page), null, page);
        return;
      }
      case 'samplesPart':
        if (message.id === this.page?.id) this.page.receive(message.offset, message.bytes);
        return;
      case 'droppedUris':
        void this.read((use) => this.only(message.uris)(use), message.uris[0] ?? null);
        return;
      case 'forgetSamples':
        this.forget();
        return;
      case 'cancelSamples':
        this.reading?.abort();
        this.measuring?.abort();
        return;
    }
  }

  /** The same run, whose curves are computed at the samples when it has come to its end. */
  follow(run: Run<FloorResult>, settings: FloorSettings, measurer: Measurer): Run<FloorResult> {
    return {
      expected: run.expected,
      start: async (receive, signal) => {
        this.measuring?.abort();
        // What it leaves undone is no loss: it would be of other settings.
        this.measuring = undefined;
        [this.settings, this.measurer] = [settings, measurer];
        void this.bin();
        const curves: KnownCurve[] = [];
        const see = curveFinder(settings, measurer);
        const computed = await run.start((result) => {
          receive(result);
          const curve = see(result);
          if (curve) curves.push(curve);
        }, signal);
        if (this.measurer === measurer && !signal.aborted) {
          this.curves = curves;
          void this.measure();
        }
        return computed;
      },
    };
  }

  dispose(): void {
    for (const each of [this.reading, this.measuring, this.binning]) each?.abort();
    this.loaded = null;
  }

  private loadedMessage(): SamplesMessage {
    if (!this.loaded) return { type: 'samples', loaded: null };
    const { name, logits, targets, nan, infinite, notes } = this.loaded;
    const loaded = { name, uri: this.uri, count: logits.length, hasTargets: targets !== null, nan, infinite, notes };
    return { type: 'samples', loaded };
  }

  private async choose(): Promise<void> {
    const chosen = await this.files.choose();
    if (chosen !== undefined) await this.read((use) => this.files.open(chosen)(use), chosen);
  }

  private only(uris: readonly string[]): WithSource {
    const [uri, another] = uris;
    if (uri === undefined) throw new SamplesError('What was dropped is no file.');
    if (another !== undefined)
      throw new SamplesError('These are several files. Drop one: both logits and targets in a .npz or CSV file.');
    return this.files.open(uri);
  }

  private async read(withSource: WithSource, uri: string | null, page?: PageSource): Promise<void> {
    this.reading?.abort();
    this.page = page;
    const controller = new AbortController();
    const { signal } = controller;
    this.reading = controller;
    if (page) signal.addEventListener('abort', () => page.end());
    const isCurrent = (): boolean => this.reading === controller;
    const progress = rarely();
    try {
      const file = await withSource((source) => {
        this.post({ type: 'samplesReading', name: source.name, done: 0, total: source.size });
        return readSamples(source, {
          signal,
          progress: (done, total) => {
            if (isCurrent() && progress()) this.post({ type: 'samplesReading', name: source.name, done, total });
          },
        });
      });
      if (isCurrent()) this.take(file, uri);
    } catch (error) {
      if (!isCurrent()) return;
      this.reading = this.page = undefined;
      // What was there before is still there.
      this.post(this.loadedMessage());
      if (error instanceof ReadingCancelled || signal.aborted) return;
      if (!(error instanceof SamplesError)) this.log(`logits: ${String((error as Error).stack ?? error)}`);
      this.post({ type: 'samplesError', message: (error as Error).message });
    }
  }

  private take(file: SampleFile, uri: string | null): void {
    this.reading = this.page = undefined;
    this.measuring?.abort();
    [this.loaded, this.uri] = [file, uri];
    this.kept.clear();
    this.histogram = this.results = undefined;
    this.post(this.loadedMessage());
    void this.bin();
    void this.measure();
  }

  private forget(): void {
    for (const each of [this.reading, this.measuring, this.binning]) each?.abort();
    this.loaded = null;
    this.kept.clear();
    this.histogram = this.results = undefined;
    if (!this.reading) this.post(this.loadedMessage());
  }

  private async bin(): Promise<void> {
    this.binning?.abort();
    const { loaded, settings } = this;
    if (!loaded || !settings) return;
    const controller = new AbortController();
    this.binning = controller;
    const breathe = breathing(controller.signal);
    const counter = new HistogramCounter(settings.view ?? settings.sweep, bins, settings.targets);
    const count = loaded.logits.length;
    try {
      for (let start = 0; start < count; start += sampleBlock) {
        await breathe();
        counter.add(loaded, start, Math.min(count, start + sampleBlock));
      }
    } catch (error) {
      if (error instanceof RequestCancelled) return;
      throw error;
    }
    if (controller.signal.aborted) return;
    const histogram = counter.result;
    const { edges, counts } = histogram;
    const about = describeHistogram(histogram, loaded.targets !== null, settings.targets);
    this.histogram = { type: 'samplesHistogram', edges, counts, about };
    this.post(this.histogram);
  }

  private async measure(): Promise<void> {
    this.measuring?.abort();
    const { loaded, measurer } = this;
    const curves = this.curves.filter(({ planned }) => planned.target !== 'mean');
    if (!loaded || !measurer) return;
    const controller = new AbortController();
    const { signal } = controller;
    this.measuring = controller;
    const results: SampleResult[] = [];
    const say = (done: number, problem = ''): void => {
      this.results = { type: 'samplesResults', results: [...results], expected: curves.length, done, problem };
      this.post(this.results);
    };
    const progress = rarely();
    try {
      for (const [i, curve] of curves.entries()) {
        const key = keyOf(curve);
        const measured =
          this.kept.get(key) ??
          (await measureSamples(curve, loaded, measurer.backends, signal, (done, total) => {
            if (progress()) say((i + done / total) / curves.length);
          }));
        if (signal.aborted) return;
        this.keep(key, measured);
        results.push(resultOf(curve, measured));
      }
      say(1, curves.length === 0 && this.curves.length > 0 ? onlyMeans : '');
    } catch (error) {
      // Unless something newer is on its way, which will say what there is.
      if (this.measuring !== controller || this.loaded !== loaded) return;
      const cancelled = error instanceof RequestCancelled;
      if (!cancelled) this.log(`logits: ${String((error as Error).stack ?? error)}`);
      say(1, cancelled ? 'Cancelled: not every curve was computed at the samples.' : (error as Error).message);
    }
  }

  private keep(key: string, measured: MeasuredSamples): void {
    this.kept.delete(key);
    this.kept.set(key, measured);
    const [oldest] = this.kept.keys();
    if (this.kept.size > mostKept && oldest !== undefined) this.kept.delete(oldest);
  }
}

const onlyMeans = 'Only means of both targets are drawn, and a sample has one target. Choose the target 0 or 1.';

/** Finds what was planned for the curves that come. */
function curveFinder(
  settings: FloorSettings,
  { entries }: Measurer,
): (result: Unnumbered<FloorResult>) => KnownCurve | undefined {
  const { formats, targets } = settings;
  const losses = chosenEntries(settings, entries);
  const planned = [...planTasks({ losses, formats, targets, points: new Float64Array(0) }).values()];
  return (result) => {
    if (result.type !== 'curve' || result.compared) return undefined;
    const found = planned.find(
      ({ loss, format, target }) => loss.key === result.lossKey && format === result.format && target === result.target,
    );
    return found && { planned: found, summary: result.summary, backend: result.backend };
  };
}

/** What the counts depend on, besides the samples. */
function keyOf({ planned: { task, format, target }, backend }: KnownCurve): string {
  const { loss, gradient, exactGradient } = task.subject;
  const expressions = [loss, gradient, exactGradient].map(structuralKey);
  return JSON.stringify([...expressions, format, target, backend, task.real ?? null]);
}

function resultOf({ planned, backend }: KnownCurve, { counts, sentence }: MeasuredSamples): SampleResult {
  const { loss, format, target } = planned;
  return { lossKey: loss.key, label: loss.label, format, target: target as number, backend, counts, sentence };
}

/** True now and then. */
function rarely(): () => boolean {
  let last = 0;
  return () => {
    const now = performance.now();
    if (now - last < progressEvery) return false;
    last = now;
    return true;
  };
}

/** A file that was dropped on the page, which alone can read it: each part is asked for. */
class PageSource implements ByteSource {
  private pending: { readonly offset: number; readonly length: number; readonly settle: Settle } | undefined;

  constructor(
    readonly id: string,
    readonly name: string,
    readonly size: number,
    private readonly post: (message: ToSamplesView) => void,
  ) {}

  read(offset: number, length: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.pending = { offset, length, settle: { resolve, reject } };
      if (this.asked) this.post(this.asked);
    });
  }

  /** What the page has not answered yet. */
  get asked(): Extract<ToSamplesView, { type: 'samplesRead' }> | undefined {
    if (!this.pending) return undefined;
    const { offset, length } = this.pending;
    return { type: 'samplesRead', id: this.id, offset, length };
  }

  receive(offset: number, bytes: unknown): void {
    if (offset !== this.pending?.offset) return;
    const { length, settle } = this.pending;
    this.pending = undefined;
    if (bytes instanceof Uint8Array && bytes.length <= length) settle.resolve(bytes);
    else settle.reject(new SamplesError(`${this.name} can't be read any more. Drop it again.`));
  }

  end(): void {
    this.pending?.settle.reject(new ReadingCancelled());
    this.pending = undefined;
  }
}

interface Settle {
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}
