import type { Curve, Format } from '../../src/protocol/measurement';
import type {
  CurveMessage,
  FloorSettings,
  FloorStateMessage,
  FromFloorWebview,
  KeptState,
  ToFloorWebview,
} from '../../src/protocol/webview';
import { openChannel } from '../common/channel';
import { Plot, type Mark, type Series } from '../common/chart';
import { DataView, type DataSet } from '../common/data';
import { debounced, h, oncePerFrame, setText } from '../common/dom';
import { printNumber, printPlace, printTarget, printTick } from '../common/format';
import { nearest } from '../common/lanes';
import { Legend, type LegendEntry } from '../common/legend';
import { nextRun, noRun, Status } from '../common/status';
import { sentenceItem, summaryColumns, summarySentence, thresholdsOf, type ExplainedRow } from '../common/summary';
import { settingsBox } from '../common/settings';
import { Table } from '../common/table';
import { onThemeChange, readTheme, seriesStyle, type SeriesStyle } from '../common/theme';
import { FloorControls } from './controls';
import { distinctExact } from './exact';

/** What outlives the page; the serializer of the panel reads it, too. */
interface State extends KeptState<FloorSettings> {
  readonly hidden: readonly string[];
}

/** A curve that has come, and for which generation. */
interface Received {
  readonly message: CurveMessage;
  readonly generation: number;
}

const changeDelay = 150;
/** Curves of earlier settings stay as they are for so long, so that quick answers replace them without a flicker. */
const patience = 400;

const channel = openChannel<ToFloorWebview, FromFloorWebview, State>();
const received = new Map<string, Received>();
let floor: FloorStateMessage | undefined;
let run = noRun;
/** The reader has changed something, and the host has not begun to measure it yet. */
let asked = false;
let impatient = false;
let cursor: number | null = null;
let exactCurves: readonly { readonly id: string; readonly curve: Curve }[] = [];

const title = h('h1', {}, 'Precision floor');
const source = h('p', { class: 'source' });
const live = h('p', { class: 'visually-hidden', 'aria-live': 'polite' });
const sentences = h('ul', { id: 'sentences' });
const status = new Status({
  cancel: () => {
    channel.post({ type: 'cancel' });
  },
  showLogs: () => {
    channel.post({ type: 'showLogs' });
  },
});
const legend = new Legend('Curves', ['a', 'loss', 'gradient'], channel.state.hidden ?? [], (hidden) => {
  channel.setState({ hidden });
  redraw();
});
const controls = new FloorControls((settings) => {
  if (!floor) return;
  floor = { ...floor, settings };
  channel.setState({ settings });
  asked = true;
  postSettings();
  waitPatiently();
});
const xTitle = ['margin a  (logit z = +a for target 1, z = −a for target 0)', 'margin a'] as const;
const onCursor = (x: number | null, byKeyboard: boolean): void => {
  cursor = x;
  moveCursor();
  if (byKeyboard) setText(live, x === null ? '' : cursorSentence(x));
};
const lossPlot = new Plot({ title: 'Loss', yTitle: 'loss', xTitle, kind: 'log', onCursor });
const gradientPlot = new Plot({
  title: 'Gradient',
  yTitle: '|gradient|',
  xTitle,
  kind: 'log',
  laneLabels: { negative: 'wrong ±' },
  onCursor,
});
const lossData = new DataView('Loss', 'margin a', 'loss');
const gradientData = new DataView('Gradient', 'margin a', 'gradient');
const table = new Table<ExplainedRow>(
  'summary',
  'What was measured. Places are margins a; each is exact to the last value of the format.',
  summaryColumns('Loss'),
);

const postSettings = debounced(changeDelay, () => {
  if (floor) channel.post({ type: 'changeFloor', settings: floor.settings });
});

const redraw = oncePerFrame(draw);
const losePatience = debounced(patience, () => {
  if (!busy()) return;
  impatient = true;
  redraw();
});
const moveCursor = oncePerFrame(() => {
  lossPlot.cursor = cursor;
  gradientPlot.cursor = cursor;
  read();
});

lossPlot.element.append(lossData.element);
gradientPlot.element.append(gradientData.element);
document
  .querySelector('#app')
  ?.append(
    h('header', {}, h('div', {}, title, source), status.progress, status.error),
    h('aside', {}, settingsBox(controls.element), h('div', { class: 'legend-box' }, legend.element)),
    h('div', { class: 'plots' }, lossPlot.element, gradientPlot.element),
    h(
      'section',
      { class: 'results', 'aria-labelledby': 'results' },
      h('h2', { id: 'results' }, 'Findings'),
      sentences,
      table.element,
    ),
    status.footer,
    live,
  );
onThemeChange(redraw);
channel.onMessage(receive);
channel.post({ type: 'ready' });

function receive(message: ToFloorWebview): void {
  if (message.type === 'floor') {
    start(message);
    return;
  }
  const next = nextRun(run, message);
  if (!next) return;
  run = next;
  switch (message.type) {
    case 'started':
      asked = message.settings !== undefined && JSON.stringify(message.settings) !== JSON.stringify(floor?.settings);
      waitPatiently();
      return;
    case 'curve':
      // Between a change and its start the curves that come are those of the old settings.
      received.set(idOf(message), { message, generation: asked ? 0 : message.generation });
      break;
    case 'finished':
      // What the newest run didn't measure isn't so any more.
      if (!asked) for (const [id, { generation }] of received) if (generation !== run.generation) received.delete(id);
      break;
    case 'failed':
      asked = false;
      break;
  }
  redraw();
}

function start(message: FloorStateMessage): void {
  const known = floor && JSON.stringify(floor.settings) === JSON.stringify(message.settings);
  const same = known && JSON.stringify(floor?.catalogue) === JSON.stringify(message.catalogue);
  // The host goes on to measure other settings.
  asked ||= !known;
  floor = message;
  setText(title, message.title || 'Precision floor');
  setText(source, message.source);
  document.title = message.title;
  channel.setState({ origin: message.origin, settings: message.settings });
  // The host may send back what it was sent; drawing the controls anew would take the focus away.
  if (!same) controls.show(message.settings, message.catalogue);
  redraw();
}

/** What is shown is about to be replaced, with luck soon: only the progress is drawn anew. */
function waitPatiently(): void {
  impatient = false;
  losePatience();
  finish();
}

function idOf({ lossKey, format, target }: { lossKey: string; format: Format; target: number | 'mean' }): string {
  return `${lossKey} ${format} ${String(target)}`;
}

/** One curve as it is shown. */
interface Shown {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly style: SeriesStyle;
  readonly stale: boolean;
  readonly message: CurveMessage;
}

function draw(): void {
  if (!floor) {
    finish();
    return;
  }
  const theme = readTheme();
  const shown = shownCurves(theme);
  const visible = shown.filter(({ id }) => !legend.isHidden(id));
  const exact = distinctExact(visible.map(({ id, message }) => ({ id, curve: message.curve })));
  const exactEntries = exact.map(({ id, curve }, i): LegendEntry & { curve: typeof curve } => ({
    id: `exact ${i}`,
    label: exact.length === 1 ? 'exact' : `exact, ${shown.find((each) => each.id === id)?.label ?? ''}`,
    title: 'The mathematical value, computed to arbitrary precision',
    style: { colour: theme.foreground, dash: [], shape: 'circle' },
    exact: true,
    curve,
  }));
  exactCurves = exactEntries;
  legend.draw([...shown, ...exactEntries], theme);

  const visibleExact = exactEntries.filter(({ id }) => !legend.isHidden(id));
  const { from, to } = floor.settings.sweep;
  const common = { xRange: [from, to], sides: ['wrong side', 'right side'] } as const;
  const losses = visible.map(({ message, ...series }): Series & { message: CurveMessage } => ({
    ...series,
    x: message.curve.margin,
    y: message.curve.loss,
    thresholds: thresholdsOf(message.summary),
    message,
  }));
  const exactLosses = visibleExact.map(({ id, style, curve }): Series => ({
    id,
    style,
    exact: true,
    thresholds: [],
    x: curve.margin,
    y: curve.exactLoss,
  }));
  const rows = shown.map(({ id, stale, message }): ExplainedRow => ({
    id,
    label: nameOf(message.lossKey),
    format: message.format,
    summary: message.summary,
    explanation: message.explanation,
    stale,
  }));
  const said = rows.filter(({ id }) => !legend.isHidden(id)).map((row) => summarySentence(row));
  const about = said.length === 0 ? 'nothing measured yet' : said.join(' ');
  lossPlot.draw(
    { ...common, series: [...losses, ...exactLosses], marks: losses.flatMap(marksOf) },
    theme,
    `Loss against margin, logarithmic: ${about}`,
  );
  gradientPlot.draw(
    {
      ...common,
      series: [
        ...losses.map((series) => ({ ...series, y: magnitudes(series.message.curve) })),
        ...visibleExact.map(({ id, style, curve }): Series => ({
          id,
          style,
          exact: true,
          thresholds: [],
          x: curve.margin,
          y: curve.exactGradient.map(Math.abs),
        })),
      ],
    },
    theme,
    `Magnitude of the gradient against margin, logarithmic: ${about}`,
  );
  const dataOf = (pick: (message: CurveMessage) => Pick<DataSet, 'y' | 'exact'>): DataSet[] =>
    shown.map(({ id, label, message }) => ({
      id,
      label,
      format: message.format,
      x: message.curve.margin,
      ...pick(message),
    }));
  lossData.show(dataOf(({ curve }) => ({ y: curve.loss, exact: curve.exactLoss })));
  gradientData.show(dataOf(({ curve }) => ({ y: curve.gradient, exact: curve.exactGradient })));
  table.fill(rows, ({ stale }) => stale);
  sentences.replaceChildren(...rows.map((row) => sentenceItem(summarySentence(row), row.stale)));
  read();
  finish();
}

function busy(): boolean {
  return asked || (run.generation > 0 && !run.finished && run.error === '');
}

/** Shows where the run stands, and says it to those who wait, tests among them; after drawing. */
function finish(): void {
  status.show(run, busy());
  const failed = run.error !== '' && !asked;
  document.body.dataset['state'] = failed ? 'error' : floor && run.finished && !asked ? 'ready' : 'loading';
  document.body.dataset['generation'] = String(run.generation);
}

/** Curves of what is chosen, in the order of the settings; those of earlier settings until they are replaced. */
function shownCurves(theme: ReturnType<typeof readTheme>): Shown[] {
  if (!floor) return [];
  const { losses, formats, targets } = floor.settings;
  return losses.flatMap((loss, lossIndex) =>
    formats.flatMap((format, formatIndex) =>
      targets.flatMap((target, targetIndex): Shown[] => {
        const id = idOf({ lossKey: loss.key, format, target });
        const found = received.get(id);
        if (!found) return [];
        const old = asked || found.generation !== run.generation;
        return [
          {
            id,
            label: [nameOf(loss.key), printTarget(target), ...(formats.length > 1 ? [format] : [])].join(', '),
            title: loss.formula,
            style: seriesStyle(theme, lossIndex, formatIndex * targets.length + targetIndex),
            stale: old && impatient,
            message: found.message,
          },
        ];
      }),
    ),
  );
}

function nameOf(key: string): string {
  return floor?.settings.losses.find((each) => each.key === key)?.label ?? key;
}

/** The floor and the cap of a curve. */
function marksOf(series: Series & { message: CurveMessage }): Mark[] {
  const { floor: least, cap } = series.message.summary;
  const at = (x: number, y: number): Mark => ({
    series,
    x,
    y,
    text: [`${printTick(y)} from ${printTick(x)}`, printTick(y)],
  });
  const marks: Mark[] = [];
  if (least) marks.push(at(least.at, least.value));
  if (cap) marks.push(at(-cap.at, cap.value));
  return marks;
}

/** Magnitudes on the logarithmic axis; negative where the sign is not that of the exact gradient. */
function magnitudes({ gradient, exactGradient }: CurveMessage['curve']): Float64Array {
  return gradient.map((value, i) => (value * (exactGradient[i] ?? 0) < 0 ? -Math.abs(value) : Math.abs(value)));
}

/** Values at the crosshair. */
function read(): void {
  const at = cursor;
  if (at === null) {
    legend.read('', new Map());
    return;
  }
  const readings = new Map<string, readonly string[]>();
  for (const [id, { message }] of received) {
    const { curve, format } = message;
    const i = nearest(curve.margin, at);
    const print = (values: Float64Array): string => printNumber(values[i] ?? NaN, format);
    readings.set(id, [print(curve.margin), print(curve.loss), print(curve.gradient)]);
  }
  for (const { id, curve } of exactCurves) {
    const i = nearest(curve.margin, at);
    // To eight digits: all of them are in the data table.
    const print = (values: Float64Array): string => printNumber(Number((values[i] ?? NaN).toPrecision(8)));
    readings.set(id, [print(curve.margin), print(curve.exactLoss), print(curve.exactGradient)]);
  }
  legend.read(`At margin a = ${printPlace(at)}`, readings);
}

function cursorSentence(at: number): string {
  if (!floor) return '';
  const parts = shownCurves(readTheme())
    .filter(({ id }) => !legend.isHidden(id))
    .map(({ label, message: { curve, format } }) => {
      const i = nearest(curve.margin, at);
      return `${label}: loss ${printNumber(curve.loss[i] ?? NaN, format)}, gradient ${printNumber(curve.gradient[i] ?? NaN, format)}`;
    });
  return `a = ${printPlace(at)}. ${parts.join('. ')}`;
}
