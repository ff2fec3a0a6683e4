import type { BackendName, Curve } from '../../src/protocol/measurement';
import type {
  ComparedMessage,
  CurveMessage,
  DifferenceMessage,
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
import { nextRun, noRun, Status, type Remark } from '../common/status';
import { sentenceItem, summaryColumns, summarySentence, thresholdsOf, type ExplainedRow } from '../common/summary';
import { settingsBox } from '../common/settings';
import { ExportActions, type ExportSource } from '../common/export/actions';
import { itemTexts, tableTexts } from '../common/export/content';
import { Table } from '../common/table';
import { exactStyle, onThemeChange, readTheme, seriesStyle, type SeriesStyle } from '../common/theme';
import { ComparisonView, type NamedDifference } from './comparison';
import { FloorControls } from './controls';
import { distinctExact } from './exact';
import { exportedCurves, exportedLosses } from './exporting';
import { curveRemarks } from './remarks';

/** What outlives the page; the serializer of the panel reads it, too. */
interface State extends KeptState<FloorSettings> {
  readonly hidden: readonly string[];
}

/** Something that has come, and for which generation. */
interface Received<Message> {
  readonly message: Message;
  readonly generation: number;
}

const changeDelay = 150;
/** Curves of earlier settings stay as they are for so long, so that quick answers replace them without a flicker. */
const patience = 400;

const channel = openChannel<ToFloorWebview, FromFloorWebview, State>();
const received = new Map<string, Received<CurveMessage>>();
const differences = new Map<string, Received<DifferenceMessage>>();
/** What became of the backends that are compared with. */
const compared = new Map<BackendName, Received<ComparedMessage>>();
let floor: FloorStateMessage | undefined;
let run = noRun;
/** The reader has changed something, and the host has not begun to measure it yet. */
let asked = false;
let impatient = false;
let cursor: number | null = null;
/** What the plots show. */
let drawn: { readonly curves: readonly Shown[]; readonly legend: readonly LegendEntry[] } = { curves: [], legend: [] };
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
  channel.post({ type: 'hide', hidden });
  redraw();
});
const actions = new ExportActions<FloorSettings>((message) => {
  channel.post(message);
}, exported);
const controls = new FloorControls(
  (settings) => {
    if (!floor) return;
    floor = { ...floor, settings };
    channel.setState({ settings });
    asked = true;
    postSettings();
    waitPatiently();
    redraw();
  },
  () => {
    channel.post({ type: 'probe' });
  },
);
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

const comparison = new ComparisonView();

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
    h('header', {}, h('div', {}, title, source), actions.element, status.progress, status.error),
    h('aside', {}, settingsBox(controls.element), h('div', { class: 'legend-box' }, legend.element)),
    h('div', { class: 'plots' }, lossPlot.element, gradientPlot.element),
    h(
      'section',
      { class: 'results', 'aria-labelledby': 'results' },
      h('h2', { id: 'results' }, 'Findings'),
      sentences,
      table.element,
    ),
    comparison.element,
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
  if (message.type === 'backends') {
    controls.know(message.backends);
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
      received.set(idOf(message), { message, generation: generationOf(message) });
      break;
    case 'difference':
      differences.set(idOf({ ...message, compared: true }), { message, generation: generationOf(message) });
      break;
    case 'compared':
      compared.set(message.backend, { message, generation: generationOf(message) });
      break;
    case 'reference':
      break;
    case 'finished':
      // What the newest run didn't measure isn't so any more.
      if (!asked) for (const each of [received, differences, compared]) forgetOld(each);
      break;
    case 'failed':
      asked = false;
      // Of what was asked for there is nothing: what is drawn stays as it was, and is what the footer says.
      if (![...received.values()].some(({ generation }) => generation === run.generation)) impatient = false;
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
  if (message.hidden) {
    legend.hide(message.hidden);
    channel.setState({ hidden: message.hidden });
  }
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

/** Between a change and its start the results that come are those of the old settings. */
function generationOf({ generation }: { readonly generation: number }): number {
  return asked ? 0 : generation;
}

function forgetOld(kept: Map<string, Received<unknown>>): void {
  for (const [id, { generation }] of kept) if (generation !== run.generation) kept.delete(id);
}

/** Which curve it is; of those that are compared with it, also whose. */
function idOf(curve: Pick<CurveMessage, 'lossKey' | 'format' | 'target' | 'backend' | 'compared'>): string {
  const { lossKey, format, target, backend } = curve;
  return [lossKey, format, String(target), ...(curve.compared ? [backend] : [])].join(' ');
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
    style: exactStyle(theme),
    exact: true,
    curve,
  }));
  exactCurves = exactEntries;
  legend.draw([...shown, ...exactEntries], theme);

  const visibleExact = exactEntries.filter(({ id }) => !legend.isHidden(id));
  drawn = { curves: visible, legend: [...visible, ...visibleExact] };
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
  const chosen = shown.filter(({ message }) => !message.compared);
  const rows = chosen.map(({ id, stale, message }): ExplainedRow => ({
    id,
    label: nameOf(message.lossKey),
    format: message.format,
    summary: message.summary,
    explanation: message.explanation,
    stale,
  }));
  const said = rows.filter(({ id }) => !legend.isHidden(id)).map((row) => summarySentence(row));
  const { compare } = floor.settings;
  if (said.length > 0 && compare.length > 0) said.push(`Overlaid for comparison: ${compare.join(', ')}.`);
  const about = said.length === 0 ? 'nothing measured yet' : said.join(' ');
  lossPlot.draw(
    { ...common, series: [...losses, ...exactLosses], marks: distinctMarks(losses) },
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
  comparison.show(
    compare.map((name) => ({ name, message: compared.get(name)?.message })),
    shown.flatMap(differenceOf),
  );
  read();
  finish();
}

/** How a curve of a backend that is compared with differs from that of the one chosen. */
function differenceOf({ id, message, stale }: Shown): NamedDifference[] {
  const found = message.compared ? differences.get(id) : undefined;
  return found ? [{ label: nameOf(message.lossKey), stale, message: found.message }] : [];
}

function busy(): boolean {
  return asked || (run.generation > 0 && !run.finished && run.error === '');
}

/** Shows where the run stands, and says it to those who wait, tests among them; after drawing. */
function finish(): void {
  status.show(run, busy(), remarks());
  actions.show(floor?.origin, drawn.curves.length > 0);
  const failed = run.error !== '' && !asked;
  document.body.dataset['state'] = failed ? 'error' : floor && run.finished && !asked ? 'ready' : 'loading';
  document.body.dataset['generation'] = String(run.generation);
}

/** What is shown now, to be saved or exported. */
function exported(): ExportSource<FloorSettings> | undefined {
  if (!floor) return undefined;
  const { settings } = floor;
  const { identity, selfTest, error } = run;
  const others = settings.compare.flatMap((name) => compared.get(name)?.message.computed ?? []);
  return {
    content: {
      title: title.textContent,
      source: source.textContent,
      incomplete: busy() ? 'Measuring was still going on: this is not all.' : error,
      computed: [...(identity ? [{ identity, selfTest }] : []), ...others],
      losses: exportedLosses(settings),
      formats: settings.formats,
      sentences: itemTexts(sentences),
      table: tableTexts(table.element),
      curves: exportedCurves(drawn.curves, settings),
    },
    picture: { plots: [lossPlot, gradientPlot], legend: drawn.legend },
    settings,
    hidden: legend.hiddenIds,
  };
}

/** What there is to know about who computed what is drawn. */
function remarks(): Remark[] {
  const compare = floor?.settings.compare ?? [];
  const drawn = [...received.values()].flatMap(({ message }) =>
    message.compared && !compare.includes(message.backend) ? [] : [{ label: nameOf(message.lossKey), message }],
  );
  return curveRemarks(
    drawn,
    compare.flatMap((name) => compared.get(name)?.message.computed ?? []),
  );
}

/**
 * Curves of what is chosen, in the order of the settings, those of backends that are compared with after that which they
 * are compared to; those of earlier settings until they are replaced.
 */
function shownCurves(theme: ReturnType<typeof readTheme>): Shown[] {
  if (!floor) return [];
  const { losses, formats, targets, compare } = floor.settings;
  const combinations = losses.flatMap((loss, lossIndex) =>
    formats.flatMap((format, formatIndex) =>
      targets.map((target, targetIndex) => ({
        loss,
        format,
        target,
        lossIndex,
        rest: formatIndex * targets.length + targetIndex,
      })),
    ),
  );
  return combinations.flatMap(({ loss, format, target, lossIndex, rest }) =>
    [null, ...compare].flatMap((other, backendIndex): Shown[] => {
      const curve = { lossKey: loss.key, format, target };
      const id = idOf({ ...curve, backend: other ?? 'model', compared: other !== null });
      const found = received.get(id);
      if (!found) return [];
      const { message, generation } = found;
      const names = [nameOf(loss.key), printTarget(target), ...(formats.length > 1 ? [format] : [])].join(', ');
      return [
        {
          id,
          label: compare.length > 0 ? `${names} · ${message.backend}` : names,
          title: `${loss.formula}\n${whatComputed(message)}`,
          style: seriesStyle(theme, lossIndex, backendIndex * formats.length * targets.length + rest, backendIndex),
          stale: (asked || generation !== run.generation) && impatient,
          message,
        },
      ];
    }),
  );
}

function whatComputed({ backend, real }: CurveMessage): string {
  if (backend === 'model') return 'model: every operation rounded to the format';
  return `${backend}: ${real ? 'the framework’s own function' : 'our expression, in the backend’s operations'}`;
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

/** Where backends agree one mark is enough. */
function distinctMarks(series: readonly (Series & { message: CurveMessage })[]): Mark[] {
  const known = new Set<string>();
  return series.flatMap((each) => {
    const { lossKey, format, target } = each.message;
    return marksOf(each).filter(({ x, y }) => {
      const key = [lossKey, format, target, x, y].join(' ');
      const isNew = !known.has(key);
      known.add(key);
      return isNew;
    });
  });
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
