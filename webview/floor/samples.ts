import type {
  FromFloorWebview,
  LoadedSamples,
  SampleResult,
  SamplesHistogramMessage,
  SamplesReadingMessage,
  SamplesReadMessage,
  SamplesResultsMessage,
  ToFloorWebview,
  ToSamplesView,
} from '../../src/protocol/webview';
import type { Histogram } from '../common/chart';
import { h, setText } from '../common/dom';
import { button } from '../common/fields';
import { printNumber, printTarget } from '../common/format';
import type { LegendEntry } from '../common/legend';
import { sentenceItem } from '../common/summary';
import { Table, type Column } from '../common/table';
import { exactStyle, type Theme } from '../common/theme';

/** What a drag has that can be read. */
const uriTypes = ['application/vnd.code.uri-list', 'text/uri-list', 'resourceurls'];

const noHistogram: SamplesHistogramMessage = {
  type: 'samplesHistogram',
  edges: new Float64Array(0),
  counts: new Float64Array(0),
  about: '',
};

/** The reader's own logits: takes files, says what the losses do at them, and hands the plots their histogram. */
export class SamplesView {
  readonly element: HTMLElement;
  private readonly choose = button('Choose a file of logits…', { class: 'secondary' }, () => {
    this.say('');
    this.post({ type: 'chooseSamples' });
  });
  private readonly remove = button('Remove', { class: 'secondary' }, () => {
    this.say('');
    this.post({ type: 'forgetSamples' });
    this.choose.focus();
  });
  private readonly line = h('p', { class: 'file' });
  private readonly notes = h('ul', { class: 'notes' });
  private readonly bar = h('progress', { 'aria-label': 'Progress of your logits' });
  private readonly doing = h('span');
  private readonly progress: HTMLElement;
  private readonly message = h('p');
  private readonly error = h('div', { class: 'refusal', role: 'alert', hidden: true }, this.message);
  private readonly status = h('p', { class: 'visually-hidden', role: 'status' });
  private readonly sentences = h('ul', { id: 'sample-sentences', class: 'sentences' });
  private readonly problem = h('p', { class: 'note' });
  private readonly about = h('p', { class: 'note' });
  private readonly table = new Table<SampleResult>(
    'samples',
    'Your logits: how many of the samples have what, as it was computed at each of them.',
    resultColumns,
  );
  private readonly bins = new Table<number>('sample-bins', 'Histogram of your logits', [
    {
      head: 'From margin a',
      title: 'The lower edge of the bar, which belongs to it',
      cell: (i) => printNumber(this.histogram.edges[i] ?? NaN),
      numeric: true,
    },
    {
      head: 'to',
      title: 'The upper edge of the bar, which belongs to the next one',
      cell: (i) => printNumber(this.histogram.edges[i + 1] ?? NaN),
      numeric: true,
    },
    {
      head: 'Samples',
      title: 'How many margins lie between',
      cell: (i) => String(this.histogram.counts[i] ?? 0),
      numeric: true,
    },
  ]);
  private readonly data = h('details', { class: 'data' }, h('summary', {}, 'Show histogram data'), this.bins.element);

  private loaded: LoadedSamples | null = null;
  private reading: SamplesReadingMessage | null = null;
  private histogram = noHistogram;
  private results: SamplesResultsMessage | null = null;
  /** The file that was dropped last: the host asks for its parts. */
  private dropped: { readonly id: string; readonly file: File } | null = null;

  /**
   * @param kept the URI of the file that was shown before the page was made anew, if there was one
   * @param keep keeps another
   * @param changed what the plots show of it is another
   */
  constructor(
    private kept: string | null,
    private readonly keep: (uri: string | null) => void,
    private readonly post: (message: FromFloorWebview) => void,
    private readonly changed: () => void,
  ) {
    const heading = h('h2', { id: 'samples-title' }, 'Your logits');
    const cancel = button('Cancel', { class: 'secondary' }, () => {
      this.post({ type: 'cancelSamples' });
    });
    this.progress = h('div', { class: 'progress idle' }, this.bar, this.doing, cancel);
    this.element = h(
      'section',
      { class: 'samples', 'aria-labelledby': heading.id },
      heading,
      h(
        'div',
        { class: 'drop' },
        h('div', { class: 'buttons' }, this.choose, this.remove, this.progress),
        this.line,
        h(
          'p',
          { class: 'note' },
          '.npy, .npz or CSV, with their targets if there are any. Or drop a file anywhere on this page; VS Code lets it through while you hold Shift.',
        ),
      ),
      this.error,
      this.notes,
      this.sentences,
      this.problem,
      this.table.element,
      this.about,
      this.data,
      this.status,
    );
    this.data.addEventListener('toggle', () => {
      this.fillBins();
    });
    this.takeDrops();
    this.show();
  }

  /** The histogram, for those who draw it. */
  get plotted(): { readonly histogram?: Histogram } {
    const { edges, counts } = this.histogram;
    return counts.length === 0 ? {} : { histogram: { edges, counts } };
  }

  /** What the legend says of it. */
  legend(theme: Theme): LegendEntry[] {
    const { loaded, histogram } = this;
    if (!loaded || histogram.counts.length === 0) return [];
    const label = `your logits, ${grouped(loaded.count)}`;
    return [{ id: 'your logits', label, title: histogram.about, style: exactStyle(theme), bars: true }];
  }

  /** @returns whether the message was for this view */
  receive(message: ToFloorWebview): message is ToSamplesView {
    switch (message.type) {
      case 'samples':
        this.load(message.loaded);
        return true;
      case 'samplesReading':
        this.say('');
        this.reading = message;
        break;
      case 'samplesError':
        this.reading = null;
        this.say(message.message);
        break;
      case 'samplesHistogram':
        this.histogram = message;
        this.fillBins();
        this.changed();
        break;
      case 'samplesResults':
        this.results = message;
        break;
      case 'samplesRead':
        void this.read(message);
        return true;
      default:
        return false;
    }
    this.show();
    return true;
  }

  private load(loaded: LoadedSamples | null): void {
    this.reading = null;
    const { kept } = this;
    this.kept = null;
    if (!loaded && kept !== null) {
      // The window was restarted: the host knows of no file any more.
      this.post({ type: 'droppedUris', uris: [kept] });
      return;
    }
    this.keep(loaded?.uri ?? null);
    const isOther = JSON.stringify(loaded) !== JSON.stringify(this.loaded);
    this.loaded = loaded;
    if (isOther) {
      this.results = null;
      if (loaded) setText(this.status, `${fileLine(loaded)} read.`);
      else if (this.status.textContent !== '') setText(this.status, 'Your logits were removed.');
    }
    if (!loaded) {
      this.histogram = noHistogram;
      this.changed();
    }
    this.show();
  }

  private show(): void {
    const { loaded, reading, results, histogram } = this;
    setText(this.choose, loaded ? 'Choose another file…' : 'Choose a file of logits…');
    this.remove.hidden = !loaded;
    setText(this.line, loaded ? fileLine(loaded) : '');
    this.notes.replaceChildren(...(loaded?.notes ?? []).map((note) => h('li', {}, note)));
    this.showProgress(reading, results);
    this.sentences.replaceChildren(
      ...(results?.results ?? []).map((result) => sentenceItem(`${nameOf(result)}: ${result.sentence}`, false)),
    );
    setText(this.problem, results?.problem ?? '');
    this.table.fill(results?.results ?? []);
    this.table.element.hidden = (results?.results ?? []).length === 0;
    setText(this.about, histogram.about);
    this.data.hidden = histogram.counts.length === 0;
  }

  private showProgress(reading: SamplesReadingMessage | null, results: SamplesResultsMessage | null): void {
    const computing = results && results.done < 1 ? results : null;
    this.progress.classList.toggle('idle', !reading && !computing);
    this.progress.inert = !reading && !computing;
    this.bar.max = 1;
    this.bar.value = reading ? reading.done / Math.max(1, reading.total) : (computing?.done ?? 0);
    const curves = computing ? `${String(computing.results.length)} of ${String(computing.expected)} curves` : '';
    setText(this.doing, reading ? `Reading ${reading.name}` : computing ? `Computing at your logits: ${curves}` : '');
  }

  private say(error: string): void {
    this.error.hidden = error === '';
    setText(this.message, error);
  }

  private fillBins(): void {
    if (this.data.open) this.bins.fill(Array.from(this.histogram.counts, (_, i) => i));
  }

  /** The whole page takes files. */
  private takeDrops(): void {
    const mark = (on: boolean): void => {
      document.body.classList.toggle('dropping', on);
    };
    const over = (event: DragEvent): void => {
      if (!event.dataTransfer || !isReadable(event.dataTransfer)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      mark(true);
    };
    window.addEventListener('dragenter', over);
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) mark(false);
    });
    window.addEventListener('drop', (event) => {
      mark(false);
      if (!event.dataTransfer || !isReadable(event.dataTransfer)) return;
      event.preventDefault();
      this.drop(event.dataTransfer);
    });
  }

  private drop(data: DataTransfer): void {
    this.say('');
    const [file, another] = data.files;
    if (another) {
      this.say('These are several files. Drop one: both logits and targets in a .npz or CSV file.');
    } else if (file) {
      this.dropped = { id: `${String(performance.timeOrigin)} ${String(performance.now())}`, file };
      this.post({ type: 'droppedSamples', id: this.dropped.id, name: file.name, size: file.size });
    } else {
      this.post({ type: 'droppedUris', uris: urisOf(data) });
    }
  }

  private async read({ id, offset, length }: SamplesReadMessage): Promise<void> {
    const file = this.dropped?.id === id ? this.dropped.file : undefined;
    const bytes = await file
      ?.slice(offset, offset + length)
      .arrayBuffer()
      .catch(() => undefined);
    this.post({ type: 'samplesPart', id, offset, bytes: bytes ? new Uint8Array(bytes) : null });
  }
}

function isReadable({ types }: DataTransfer): boolean {
  return types.some((type) => type === 'Files' || uriTypes.includes(type.toLowerCase()));
}

function urisOf(data: DataTransfer): string[] {
  const text = uriTypes.map((type) => data.getData(type)).find((each) => each !== '') ?? '';
  if (text.startsWith('[')) return resourceUrls(text);
  return [...new Set(text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#')))];
}

/** As VS Code has them beside the lists: an array of texts, as JSON. */
function resourceUrls(text: string): string[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter((each): each is string => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

function fileLine({ name, count, hasTargets, nan, infinite }: LoadedSamples): string {
  const parts = [
    `${grouped(count)} ${count === 1 ? 'logit' : 'logits'}${hasTargets ? ' with targets' : ', no targets'}`,
    ...(nan > 0 ? [`${grouped(nan)} NaN`] : []),
    ...(infinite > 0 ? [`${grouped(infinite)} infinite`] : []),
  ];
  return `${name} · ${parts.join(' · ')}`;
}

function nameOf({ label, target, format, backend }: SampleResult): string {
  return [label, printTarget(target), format, ...(backend === 'model' ? [] : [backend])].join(', ');
}

const resultColumns: readonly Column<SampleResult>[] = [
  { head: 'Loss', title: 'What was computed at the samples', cell: ({ label }) => label, names: true },
  { head: 'Target', title: 'The target t', cell: ({ target }) => printNumber(target) },
  { head: 'Format', title: 'The number format: the logits are rounded to it first', cell: ({ format }) => format },
  count('Samples', 'Samples that have this target', ({ samples }) => samples),
  count(
    'Grad. 0 right',
    'The gradient is exactly 0 although the exact one is not, on the right side',
    ({ zeroGradient }) => zeroGradient.right,
  ),
  count(
    'Grad. 0 wrong',
    'The gradient is exactly 0 although the exact one is not, on the wrong side: these errors are never corrected',
    ({ zeroGradient }) => zeroGradient.wrong,
  ),
  count('Rightly 0', 'The gradient is 0, and so is the exact one', ({ trulyZero }) => trulyZero),
  count('At the floor', 'The loss is that of the floor', ({ atFloor }) => atFloor),
  count('At the cap', 'The loss is that of the cap', ({ atCap }) => atCap),
  count('Loss NaN', 'The loss is NaN', ({ lossNaN }) => lossNaN),
  count('Loss ∞', 'The loss is infinite', ({ lossInfinite }) => lossInfinite),
  count('Grad. NaN', 'The gradient is NaN', ({ gradientNaN }) => gradientNaN),
  count('Grad. ∞', 'The gradient is infinite', ({ gradientInfinite }) => gradientInfinite),
];

function count(
  head: string,
  title: string,
  pick: (counts: SampleResult['counts']) => number | null,
): Column<SampleResult> {
  const cell = ({ counts }: SampleResult): string => {
    const found = pick(counts);
    return found === null ? 'none' : grouped(found);
  };
  return { head, title, cell, numeric: true };
}

/** 123456 as 123,456. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
