import { coarsest } from '../../src/numeric/format';
import type { BackendName, Curve, Format } from '../../src/protocol/measurement';
import type {
  ComparedMessage,
  CurveMessage,
  DifferenceMessage,
  FloorLook,
  FloorSettings,
  FloorStateMessage,
  FromFloorWebview,
  KeptState,
  ToFloorWebview,
} from '../../src/protocol/webview';
import { Changes } from '../common/changes';
import { openChannel } from '../common/channel';
import { debounced, h, oncePerFrame, setText } from '../common/dom';
import { printNumber, printPlace, printTarget, printUlp } from '../common/format';
import { nearest } from '../common/lanes';
import { Legend, type LegendEntry } from '../common/legend';
import { nextRun, noRun, Status, type Remark } from '../common/status';
import {
  sentenceItem,
  summaryColumns,
  summaryPieces,
  summarySentence,
  type ExplainedRow,
  type SummaryRow,
} from '../common/summary';
import { settingsBox } from '../common/settings';
import { ExportActions, type ExportSource } from '../common/export/actions';
import { itemTexts, tableTexts } from '../common/export/content';
import { Table } from '../common/table';
import { exactStyle, onThemeChange, readTheme, seriesStyle, type Theme } from '../common/theme';
import { asymmetrySentence } from './asymmetry';
import { Columns } from './columns';
import { ComparisonView, type NamedDifference } from './comparison';
import { FloorControls } from './controls';
import { distinctExact } from './exact';
import { exportedCurves, exportedLosses } from './exporting';
import { Findings, severityOf, type Finding } from './findings';
import { ordinalAxis } from './ordinals';
import { Readout } from './readout';
import { curveRemarks } from './remarks';
import { SamplesView } from './samples';
import { negativeSide, type ColumnTarget, type Shown, type ShownExact } from './shown';
import { Specials } from './specials';
import { spliced } from './spliced';
import { defaultLook, Toolbar } from './toolbar';
import { allowedView, viewAround, type View } from './view';

/** What outlives the page; the serializer of the panel reads it, too. */
interface State extends KeptState<FloorSettings> {
  readonly hidden: readonly string[];
  readonly look: FloorLook;
  /** The URI of the file of logits. */
  readonly samples: string | null;
}

/** Something that has come, and for which generation. */
interface Received<Message> {
  readonly message: Message;
  readonly generation: number;
}

interface ReceivedCurve extends Received<CurveMessage> {
  /** For which part of the margins. */
  readonly view: FloorSettings['view'];
}

/** A curve over the whole range. */
interface WholeCurve extends Received<CurveMessage> {
  /** Of which settings it is one: of others it says nothing. */
  readonly of: string;
}

const changeDelay = 150;
/** Curves of earlier settings stay as they are for so long, so that quick answers replace them without a flicker. */
const patience = 400;

const channel = openChannel<ToFloorWebview, FromFloorWebview, State>();
const changes = new Changes();
const received = new Map<string, ReceivedCurve>();
/** What is known beyond the view: drawn while the reader moves out of it, until that is measured. */
const wholes = new Map<string, WholeCurve>();
/** What the newest run measures. */
let measuring: FloorSettings | undefined;
const differences = new Map<string, Received<DifferenceMessage>>();
/** What became of the backends that are compared with. */
const compared = new Map<BackendName, Received<ComparedMessage>>();
let floor: FloorStateMessage | undefined;
let run = noRun;
/** The reader has changed something, and the host has not begun to measure it yet. */
let asked = false;
let impatient = false;
let cursor: number | null = null;
/** Where the crosshair stays when the pointer leaves. */
let pinned: number | null = null;
let look: FloorLook = { ...defaultLook, ...channel.state.look };

const title = h('h1', {}, 'Precision floor');
const source = h('p', { class: 'source' });
const live = h('p', { class: 'visually-hidden', 'aria-live': 'polite' });
const findings = new Findings();
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
    changes.make();
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
  (text) => {
    setText(live, text);
  },
);
const columns = new Columns({
  cursor: (x, byKeyboard) => {
    if (byKeyboard) pinned = x;
    placeCursor(x ?? pinned);
    if (byKeyboard) setText(live, x === null ? '' : cursorSentence(x));
  },
  pin: (x) => {
    pinned = x;
  },
  view: changeView,
  mark: ({ x, format, series }) => {
    goThere(x, format, received.get(series.id)?.message.target ?? 1);
  },
});
const toolbar = new Toolbar(look, {
  zoom: (factor) => {
    columns.zoom(factor);
  },
  pan: (part) => {
    columns.pan(part);
  },
  whole: () => {
    changeView(null);
  },
  look: (next) => {
    look = next;
    channel.setState({ look });
    channel.post({ type: 'look', look });
    redraw();
  },
  spacing: (spacing) => {
    // On an axis of floats points at even margins would leave most of it unmeasured: they are measured anew.
    changeSettings({ spacing });
  },
});
const readout = new Readout();
const specials = new Specials();
const table = new Table<ExplainedRow>(
  'summary',
  'What was measured. Places are margins a; each is exact to the last value of the format.',
  summaryColumns('Loss', (row, at) => {
    goToRow(row, at);
  }),
);

const thresholds = h(
  'section',
  { 'aria-labelledby': 'results' },
  h('h2', { id: 'results' }, 'Thresholds'),
  table.element,
);
const comparison = new ComparisonView();
const samples = new SamplesView(
  channel.state.samples ?? null,
  (uri) => {
    channel.setState({ samples: uri });
  },
  (message) => {
    channel.post(message);
  },
  () => {
    redraw();
  },
);

const postSettings = debounced(changeDelay, () => {
  if (floor) channel.post({ type: 'changeFloor', settings: floor.settings, count: changes.count });
});

const redraw = oncePerFrame(draw);
const losePatience = debounced(patience, () => {
  if (!busy()) return;
  impatient = true;
  redraw();
});
const moveCursor = oncePerFrame(() => {
  columns.cursor = cursor;
  read();
});
const drawAgain = oncePerFrame(() => {
  if (!floor) return;
  picture = pictureOf(floor, readTheme());
  drawPlots();
});

document
  .querySelector('#app')
  ?.append(
    h(
      'header',
      {},
      h('div', {}, title, h('div', { class: 'actions' }, source, status.progress)),
      actions.element,
      status.error,
    ),
    findings.element,
    h('aside', {}, settingsBox(controls.element), h('div', { class: 'legend-box' }, legend.element)),
    h('div', { class: 'plots' }, toolbar.element, columns.element, toolbar.help),
    readout.element,
    h('div', { class: 'results' }, thresholds, samples.element),
    specials.element,
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
  if (samples.receive(message)) return;
  const next = nextRun(run, message);
  if (!next) return;
  run = next;
  switch (message.type) {
    case 'started':
      measuring = (message.settings as FloorSettings | undefined) ?? floor?.settings;
      asked = message.settings !== undefined && JSON.stringify(message.settings) !== JSON.stringify(floor?.settings);
      waitPatiently();
      return;
    case 'curve':
      keep(message);
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
      if (!asked && measuring?.view === null) forgetOld(wholes);
      break;
    case 'failed':
      asked = false;
      // Of what was asked for there is nothing: what is drawn stays as it was, and is what the footer says.
      if (![...received.values()].some(({ generation }) => generation === run.generation)) impatient = false;
      break;
  }
  redraw();
}

function keep(message: CurveMessage): void {
  const id = idOf(message);
  const generation = generationOf(message);
  const view = measuring?.view ?? null;
  received.set(id, { message, generation, view });
  if (measuring && view === null) wholes.set(id, { message, generation, of: wholeKey(measuring, message.lossKey) });
}

/** Which whole range of which loss it is. */
function wholeKey({ losses, sweep, spacing, backend }: FloorSettings, lossKey: string): string {
  const { id, constants } = losses.find(({ key }) => key === lossKey) ?? {};
  return JSON.stringify([id, constants, sweep, spacing, backend]);
}

/** What is drawn of a curve: where the view is not yet measured, with what was known before of the rest. */
function drawnCurve(id: string, { message, view }: ReceivedCurve): Curve {
  const whole = wholes.get(id);
  if (!floor || !whole || sameView(view, floor.settings.view)) return message.curve;
  if (whole.of !== wholeKey(floor.settings, message.lossKey)) return message.curve;
  return whole.message.backend === message.backend ? spliced(message.curve, whole.message.curve) : message.curve;
}

function sameView(a: FloorSettings['view'], b: FloorSettings['view']): boolean {
  return a?.from === b?.from && a?.to === b?.to;
}

function start(sent: FloorStateMessage): void {
  const message = { ...sent, settings: changes.latest(sent, floor?.settings) };
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
  if (message.look) {
    ({ look } = message);
    toolbar.look = look;
    channel.setState({ look });
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

/** What the plots are drawn from, beside what is in view. */
interface Picture {
  readonly shown: readonly Shown[];
  readonly visible: readonly Shown[];
  readonly exact: readonly (ShownExact & LegendEntry)[];
  readonly about: string;
}

let picture: Picture | undefined;
let hasDrawn = false;

function pictureOf({ settings: { compare } }: FloorStateMessage, theme: Theme): Picture {
  const shown = shownCurves(theme);
  const visible = shown.filter(({ id }) => !legend.isHidden(id));
  const exact = distinctExact(visible.map(({ id, curve }) => ({ id, curve })));
  const exactEntries = exact.map(({ id, curve, members }, i): LegendEntry & ShownExact => ({
    id: `exact ${i}`,
    label: exact.length === 1 ? 'exact' : `exact, ${shown.find((each) => each.id === id)?.label ?? ''}`,
    title: 'The mathematical value, computed to arbitrary precision',
    style: exactStyle(theme),
    exact: true,
    curve,
    members,
  }));
  const said = rowsOf(visible).map((row) => summarySentence(row));
  if (said.length > 0 && compare.length > 0) said.push(`Overlaid for comparison: ${compare.join(', ')}.`);
  return {
    shown,
    visible,
    exact: exactEntries,
    about: said.length === 0 ? 'nothing measured yet' : said.join(' '),
  };
}

/** Of the backend that was chosen, a row for each curve. */
function rowsOf(shown: readonly Shown[]): ExplainedRow[] {
  return shown
    .filter(({ message }) => !message.compared)
    .map(({ id, stale, message }) => ({
      id,
      label: nameOf(message.lossKey),
      format: message.format,
      summary: message.summary,
      explanation: message.explanation,
      stale,
      negativeSide: negativeSide(message),
    }));
}

function draw(): void {
  if (!floor) {
    finish();
    return;
  }
  const { losses, formats, targets, compare } = floor.settings;
  const theme = readTheme();
  picture = pictureOf(floor, theme);
  const { shown } = picture;
  const rows = rowsOf(shown);
  // First, since it may move the plots.
  findings.show(
    [
      ...rows.map((row) => ({
        item: sentenceItem(summaryPieces(row), row.stale, (at) => {
          goToRow(row, at);
        }),
        severity: severityOf(row.summary),
      })),
      ...asymmetries(rows),
      ...(losses.length === 0
        ? [{ item: h('li', {}, 'Nothing to measure: choose a loss in the settings.'), severity: 0 }]
        : []),
    ],
    losses.length * formats.length * targets.length,
  );
  legend.draw([...[...shown, ...picture.exact].map(legendEntry), ...samples.legend(theme)], theme);
  drawPlots();
  table.fill(rows, ({ stale }) => stale);
  thresholds.hidden = rows.length === 0;
  specials.show(shown);
  comparison.show(
    compare.map((name) => ({ name, message: compared.get(name)?.message })),
    shown.flatMap(differenceOf),
  );
  read();
  finish();
  markFirstChart();
}

/** Without the arrays, which differ each time. */
function legendEntry({ id, label, title, style, exact, stale }: LegendEntry): LegendEntry {
  return { id, label, title, style, exact: exact ?? false, stale: stale ?? false };
}

/** For those who look from outside how long it takes. */
function markFirstChart(): void {
  if (hasDrawn || !picture || picture.visible.length === 0) return;
  hasDrawn = true;
  // After the frame that shows it.
  requestAnimationFrame(() => {
    setTimeout(() => performance.mark('lossfloor: first chart'));
  });
}

/** The plots alone, of what is known: while the reader zooms, a frame at a time. */
function drawPlots(): void {
  if (!floor || !picture) return;
  const theme = readTheme();
  const { sweep, view, formats, targets } = floor.settings;
  const { from, to } = view ?? sweep;
  toolbar.show(floor.settings);
  const byOrdinal = floor.settings.spacing === 'ordinal';
  const widest = coarsest(formats);
  const common = {
    xRange: [from, to],
    zoomed: view !== null,
    sides: ['wrong side', 'right side'],
    ...samples.plotted,
    ...(byOrdinal && {
      axis: ordinalAxis(widest, { from, to }),
      xTitle: [`margin a, each value of ${widest} equally wide`, `a, by ${widest} ordinal`] as const,
    }),
  } as const;
  columns.arrange(look.targets === 'beside' && targets.length > 1 ? targets : (['all'] satisfies ColumnTarget[]));
  const exact = picture.exact.filter(({ id }) => !legend.isHidden(id));
  columns.draw({ ...picture, exact, theme, common, errorOf: look.errorOf });
  columns.cursor = cursor;
}

/** Shows another part of the margins: at once what is known of it, and soon measured as finely as the whole. */
function changeView(wanted: View | null): void {
  if (!floor) return;
  const { sweep, view: now, formats } = floor.settings;
  setView(wanted && allowedView(wanted, now ?? sweep, sweep, formats));
}

function setView(view: View | null): void {
  if (JSON.stringify(view) !== JSON.stringify(floor?.settings.view)) changeSettings({ view });
}

/** What the controls don't show. */
function changeSettings(part: Pick<Partial<FloorSettings>, 'view' | 'spacing'>): void {
  if (!floor) return;
  changes.make();
  floor = { ...floor, settings: { ...floor.settings, ...part } };
  controls.follow(part);
  channel.setState({ settings: floor.settings });
  asked = true;
  postSettings();
  waitPatiently();
  drawAgain();
}

/** Shows what is around a threshold, and puts the crosshair there. */
function goThere(at: number, format: Format, target: CurveMessage['target']): void {
  if (!floor) return;
  const view = viewAround(at, format, floor.settings.sweep.points);
  // Where a threshold lies beyond the range that was asked for, the view goes there.
  setView(view);
  pinned = at;
  placeCursor(at);
  columns.focus(target);
  setText(live, cursorSentence(at));
}

function goToRow({ format, summary: { target } }: SummaryRow, at: number): void {
  goThere(at, format, target);
}

function placeCursor(x: number | null): void {
  cursor = x;
  moveCursor();
}

/** Where the targets of a loss end differently, in sentences. */
function asymmetries(rows: readonly ExplainedRow[]): Finding[] {
  const keyOf = ({ id }: ExplainedRow): string => received.get(id)?.message.lossKey ?? '';
  return rows.flatMap((one) => {
    if (one.summary.target !== 1) return [];
    const zero = rows.find(
      (each) => each.summary.target === 0 && each.format === one.format && keyOf(each) === keyOf(one),
    );
    const sentence = zero ? asymmetrySentence({ ...one, zero: zero.summary, one: one.summary }) : '';
    const isStale = one.stale || zero?.stale === true;
    return sentence === '' ? [] : [{ item: sentenceItem(sentence, isStale), severity: -1 }];
  });
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
  actions.show(floor?.origin, picture !== undefined && picture.visible.length > 0);
  const failed = run.error !== '' && !asked;
  document.body.dataset['state'] = failed ? 'error' : floor && run.finished && !asked ? 'ready' : 'loading';
  document.body.dataset['generation'] = String(run.generation);
}

/** What is shown now, to be saved or exported. */
function exported(): ExportSource<FloorSettings> | undefined {
  if (!floor) return undefined;
  const { settings } = floor;
  const { visible = [], exact = [] } = picture ?? {};
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
      sentences: itemTexts(findings.list),
      table: tableTexts(table.element),
      curves: exportedCurves(visible, settings),
    },
    picture: {
      plots: columns.plots,
      legend: [...visible, ...exact.filter(({ id }) => !legend.isHidden(id)), ...samples.legend(readTheme())],
    },
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
function shownCurves(theme: Theme): Shown[] {
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
          curve: drawnCurve(id, found),
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

/** Values at the crosshair. */
function read(): void {
  const at = cursor;
  readout.show(picture?.visible ?? [], at);
  if (at === null) {
    legend.read('', new Map());
    return;
  }
  const readings = new Map<string, readonly string[]>();
  for (const { id, curve, message } of picture?.shown ?? []) {
    const { format } = message;
    const i = nearest(curve.margin, at);
    const print = (values: Float64Array): string => printNumber(values[i] ?? NaN, format);
    readings.set(id, [print(curve.margin), print(curve.loss), print(curve.gradient)]);
  }
  for (const { id, curve } of picture?.exact ?? []) {
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
    .map(({ label, curve, message: { format } }) => {
      const i = nearest(curve.margin, at);
      return `${label}: loss ${printNumber(curve.loss[i] ?? NaN, format)}, gradient ${printNumber(curve.gradient[i] ?? NaN, format)}, errors ${printUlp(curve.lossUlp[i] ?? NaN)} and ${printUlp(curve.gradientUlp[i] ?? NaN)} ULP`;
    });
  return `a = ${printPlace(at)}. ${parts.join('. ')}`;
}
