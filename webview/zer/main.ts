import type {
  FromZerWebview,
  KeptState,
  ToZerWebview,
  ZerCurveMessage,
  ZerSettings,
  ZerStateMessage,
} from '../../src/protocol/webview';
import { openChannel } from '../common/channel';
import { Plot, type Band, type ExtraLane, type Series } from '../common/chart';
import { DataView } from '../common/data';
import { debounced, h, oncePerFrame, setText } from '../common/dom';
import { printNumber, printPlace, printTarget } from '../common/format';
import { nearest } from '../common/lanes';
import { Legend, type LegendEntry } from '../common/legend';
import { nextRun, noRun, Status } from '../common/status';
import { sentenceItem, summaryColumns, thresholdsOf, type SummaryRow } from '../common/summary';
import { ExportActions, type ExportSource } from '../common/export/actions';
import { itemTexts, tableTexts } from '../common/export/content';
import { Table } from '../common/table';
import { exactStyle, onThemeChange, readTheme, seriesStyle, type SeriesStyle, type Theme } from '../common/theme';
import { ZerControls } from './controls';
import { exportedVariants, exportedZerCurves } from './exporting';
import { deadZones, orientation, zerSentence } from './findings';

/** What outlives the page; the serializer of the panel reads it, too. */
interface State extends KeptState<ZerSettings> {
  readonly hidden: readonly string[];
}

interface Received {
  readonly message: ZerCurveMessage;
  readonly generation: number;
  /** What it was computed with: the sentences say it. */
  readonly settings: ZerSettings;
}

/** Curves of earlier settings stay as they are for so long, so that dragging the radius doesn't flicker. */
const patience = 400;

const channel = openChannel<ToZerWebview, FromZerWebview, State>();
const received = new Map<string, Received>();
let zer: ZerStateMessage | undefined;
let run = noRun;
/** The reader has changed something, and the host has not begun to compute it yet. */
let asked = false;
/** The settings of the newest run. */
let measured: ZerSettings | undefined;
let impatient = false;
/** What the plots show. */
let drawn: { readonly curves: readonly Shown[]; readonly legend: readonly LegendEntry[] } = { curves: [], legend: [] };
/** A logit. */
let cursor: number | null = null;

const title = h('h1', {}, 'Zero error radius');
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
const legend = new Legend(
  'Curves',
  ['output', 'replaced', 'loss', 'gradient'],
  channel.state.hidden ?? [],
  (hidden) => {
    channel.setState({ hidden });
    channel.post({ type: 'hide', hidden });
    redraw();
  },
);
const actions = new ExportActions<ZerSettings>((message) => {
  channel.post(message);
}, exported);
const controls = new ZerControls((settings) => {
  if (!zer) return;
  zer = { ...zer, settings };
  channel.setState({ settings });
  asked = true;
  postSettings();
  waitPatiently();
});
const placeCursor = (x: number | null, byKeyboard: boolean): void => {
  cursor = x;
  moveCursor();
  if (byKeyboard) setText(live, x === null ? '' : cursorSentence(x));
};
const replacedPlot = new Plot({
  title: 'Replaced output',
  yTitle: 'replaced output',
  xTitle: ['output p', 'output p'],
  kind: 'linear',
  yRange: [0, 1],
  onCursor: (x, byKeyboard) => {
    placeCursor(x === null ? null : logitOf(x), byKeyboard);
  },
});
const xTitle = ['logit z', 'logit z'] as const;
const lossPlot = new Plot({ title: 'Loss', yTitle: 'loss', xTitle, kind: 'log', onCursor: placeCursor });
const gradientPlot = new Plot({ title: 'Gradient', yTitle: 'gradient', xTitle, kind: 'linear', onCursor: placeCursor });
const replacedData = new DataView('Replaced output', 'output p', 'replaced');
const lossData = new DataView('Loss', 'logit z', 'loss');
const gradientData = new DataView('Gradient', 'logit z', 'gradient');
const table = new Table<SummaryRow>(
  'summary',
  'What was measured. Places are margins |z|; each is exact to the last value of the format.',
  summaryColumns('Variant'),
);

const redraw = oncePerFrame(draw);
const losePatience = debounced(patience, () => {
  if (!busy()) return;
  impatient = true;
  redraw();
});
const postSettings = oncePerFrame(() => {
  if (zer) channel.post({ type: 'changeZer', settings: zer.settings });
});
const moveCursor = oncePerFrame(() => {
  replacedPlot.cursor = cursor === null ? null : outputOf(cursor);
  lossPlot.cursor = cursor;
  gradientPlot.cursor = cursor;
  read();
});

replacedPlot.element.append(replacedData.element);
lossPlot.element.append(lossData.element);
gradientPlot.element.append(gradientData.element);
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
    h('aside', {}, controls.element, h('div', { class: 'legend-box' }, legend.element)),
    h('div', { class: 'plots' }, replacedPlot.element, lossPlot.element, gradientPlot.element),
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

function receive(message: ToZerWebview): void {
  if (message.type === 'zer') {
    start(message);
    return;
  }
  const next = nextRun(run, message);
  if (!next || !zer) return;
  run = next;
  switch (message.type) {
    case 'started':
      measured = isZer(message.settings) ? message.settings : zer.settings;
      asked = JSON.stringify(measured) !== JSON.stringify(zer.settings);
      waitPatiently();
      return;
    case 'zerCurve':
      received.set(idOf(message.variant, message.target), {
        message: ascending(message),
        generation: message.generation,
        settings: measured ?? zer.settings,
      });
      break;
    case 'finished':
      if (!asked) for (const [id, { generation }] of received) if (generation !== run.generation) received.delete(id);
      break;
    case 'failed':
      asked = false;
      break;
  }
  redraw();
}

/** With the logits in ascending order: margins of target 0 come in the other. */
function ascending(message: ZerCurveMessage): ZerCurveMessage {
  if ((message.logit[0] ?? 0) <= (message.logit.at(-1) ?? 0)) return message;
  const turned = (values: Float64Array): Float64Array => values.slice().reverse();
  return {
    ...message,
    logit: turned(message.logit),
    loss: turned(message.loss),
    gradient: turned(message.gradient),
    exactLoss: turned(message.exactLoss),
    exactGradient: turned(message.exactGradient),
  };
}

function isZer(settings: object | undefined): settings is ZerSettings {
  return settings !== undefined && 'radius' in settings;
}

function start(message: ZerStateMessage): void {
  const known = zer && JSON.stringify(zer.settings) === JSON.stringify(message.settings);
  const same = known && JSON.stringify(zer?.variants) === JSON.stringify(message.variants);
  // The host goes on to compute other settings.
  asked ||= !known;
  zer = message;
  setText(title, message.title || 'Zero error radius');
  setText(source, message.source);
  document.title = message.title;
  channel.setState({ origin: message.origin, settings: message.settings });
  if (message.hidden) {
    legend.hide(message.hidden);
    channel.setState({ hidden: message.hidden });
  }
  // The host may send back what it was sent; drawing the controls anew would take the focus away.
  if (!same) controls.show(message.settings, message.variants);
  redraw();
}

/** What is shown is about to be replaced, with luck soon: only the progress is drawn anew. */
function waitPatiently(): void {
  impatient = false;
  losePatience();
  finish();
}

function idOf(variant: string, target: number): string {
  return `${variant} ${String(target)}`;
}

/** One variant and target as they are shown. */
interface Shown extends Received {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly variant: string;
  readonly style: SeriesStyle;
  readonly stale: boolean;
}

function draw(): void {
  if (!zer) {
    finish();
    return;
  }
  const theme = readTheme();
  const shown = shownCurves(theme);
  const visible = shown.filter(({ id }) => !legend.isHidden(id));
  const targets = [...new Set(visible.map(({ message }) => message.target))];
  const exactEntries = targets.flatMap((target): (LegendEntry & { message: ZerCurveMessage })[] => {
    const found = visible.find(({ message }) => message.target === target);
    if (!found) return [];
    const id = `exact ${String(target)}`;
    const style = exactStyle(theme);
    const label = `cross-entropy, ${printTarget(target)}`;
    return [{ id, label, title: 'Without a radius, computed exactly', style, exact: true, message: found.message }];
  });
  legend.draw([...shown, ...exactEntries], theme);
  const visibleExact = exactEntries.filter(({ id }) => !legend.isHidden(id));
  drawn = { curves: visible, legend: [...visible, ...visibleExact] };
  drawPlots(theme, visible, visibleExact);

  const data = shown.map(({ id, label, settings, message }) => ({ id, label, format: settings.format, message }));
  replacedData.show(data.map(({ message, ...set }) => ({ ...set, x: message.output, y: message.replaced })));
  lossData.show(
    data.map(({ message, ...set }) => ({ ...set, x: message.logit, y: message.loss, exact: message.exactLoss })),
  );
  gradientData.show(
    data.map(({ message, ...set }) => ({
      ...set,
      x: message.logit,
      y: message.gradient,
      exact: message.exactGradient,
    })),
  );
  const rows = shown.map(({ id, variant, stale, settings, message }): SummaryRow => ({
    id,
    label: variant,
    format: settings.format,
    summary: message.summary,
    stale,
  }));
  table.fill(rows, ({ stale }) => stale);
  sentences.replaceChildren(...shown.map((each) => sentenceItem(sentenceOf(each), each.stale)));
  read();
  finish();
}

function drawPlots(
  theme: Theme,
  visible: readonly Shown[],
  exact: readonly (LegendEntry & { message: ZerCurveMessage })[],
): void {
  const about = visible.length === 0 ? 'nothing computed yet' : visible.map(sentenceOf).join(' ');
  const logits = visible.flatMap(({ message: { logit } }) => [logit[0] ?? 0, logit.at(-1) ?? 0]);
  const xRange = logits.length === 0 ? ([-5, 5] as const) : ([Math.min(...logits), Math.max(...logits)] as const);
  const series = visible.map((each): Series & Shown => ({
    ...each,
    x: each.message.logit,
    y: each.message.loss,
    thresholds: logitsOf(each.message),
  }));
  const plain = exact.map(({ id, style, message }) => ({
    id,
    style,
    exact: true,
    thresholds: [],
    x: message.logit,
    message,
  }));
  const zones = series.map((each) => {
    const { style, stale, message, thresholds } = each;
    const bands = deadZones(message, thresholds).map(([from, to]): Band => ({ from, to }));
    const isWrong = ({ from, to }: Band): boolean => orientation(message.target) * (from + to) < 0;
    return { style, stale, wrong: bands.filter(isWrong), right: bands.filter((band) => !isWrong(band)) };
  });
  const lane = (label: string, side: 'wrong' | 'right'): ExtraLane => ({
    label,
    rows: zones.flatMap(({ style, stale, [side]: bands }) => (bands.length > 0 ? [{ style, stale, bands }] : [])),
  });
  replacedPlot.draw(
    {
      xRange: [0, 1],
      series: series.map((each) => ({ ...each, x: each.message.output, y: each.message.replaced, thresholds: [] })),
    },
    theme,
    `Replaced output against output, both from 0 to 1: ${about}`,
  );
  lossPlot.draw(
    { xRange, series: [...series, ...plain.map((each) => ({ ...each, y: each.message.exactLoss }))] },
    theme,
    `Loss against logit, logarithmic: ${about}`,
  );
  gradientPlot.draw(
    {
      xRange,
      series: [
        ...series.map((each) => ({ ...each, y: each.message.gradient })),
        ...plain.map((each) => ({ ...each, y: each.message.exactGradient })),
      ],
      bands: zones.flatMap(({ wrong }) => wrong),
      extraLanes: [lane('in r', 'right'), lane('dead', 'wrong')],
    },
    theme,
    `Gradient against logit: ${about}`,
  );
}

function sentenceOf({ variant, settings, message }: Shown): string {
  return zerSentence(variant, settings.radius, settings.format, message);
}

/** Places of the summary as logits. */
function logitsOf({ target, summary }: ZerCurveMessage): number[] {
  return thresholdsOf(summary).map((margin) => orientation(target) * margin);
}

function busy(): boolean {
  return asked || (run.generation > 0 && !run.finished && run.error === '');
}

/** Shows where the run stands, and says it to those who wait, tests among them; after drawing. */
function finish(): void {
  status.show(run, busy());
  actions.show(zer?.origin, drawn.curves.length > 0);
  const failed = run.error !== '' && !asked;
  document.body.dataset['state'] = failed ? 'error' : zer && run.finished && !asked ? 'ready' : 'loading';
  document.body.dataset['generation'] = String(run.generation);
}

/** What is shown now, to be saved or exported. */
function exported(): ExportSource<ZerSettings> | undefined {
  if (!zer) return undefined;
  const { settings, variants } = zer;
  const { identity, selfTest, error } = run;
  return {
    content: {
      title: title.textContent,
      source: source.textContent,
      incomplete: busy() ? 'Computing was still going on: this is not all.' : error,
      computed: identity ? [{ identity, selfTest }] : [],
      losses: exportedVariants(variants, settings),
      formats: [settings.format],
      sentences: itemTexts(sentences),
      table: tableTexts(table.element),
      curves: exportedZerCurves(drawn.curves, variants, identity?.backend ?? 'model'),
    },
    picture: { plots: [replacedPlot, lossPlot, gradientPlot], legend: drawn.legend },
    settings,
    hidden: legend.hiddenIds,
  };
}

/** Curves of what is chosen, in the order of the variants; those of earlier settings until they are replaced. */
function shownCurves(theme: Theme): Shown[] {
  if (!zer) return [];
  const { variants, settings } = zer;
  return variants
    .filter(({ id }) => settings.variants.includes(id))
    .flatMap(({ id: variant, label, notes }) =>
      settings.targets.flatMap((target, targetIndex): Shown[] => {
        const id = idOf(variant, target);
        const found = received.get(id);
        if (!found) return [];
        const old = asked || found.generation !== run.generation;
        // A variant keeps its colour whatever others are shown.
        const style = seriesStyle(
          theme,
          variants.findIndex((each) => each.id === variant),
          targetIndex,
        );
        return [
          {
            ...found,
            id,
            variant: label,
            label: `${label}, ${printTarget(target)}`,
            title: notes,
            style,
            stale: old && impatient,
          },
        ];
      }),
    );
}

function outputOf(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

function logitOf(output: number): number {
  const range = [...received.values()].map(({ message }) => Math.abs(message.logit[0] ?? 0));
  const most = Math.max(1, ...range);
  return Math.min(most, Math.max(-most, Math.log(output / (1 - output))));
}

/** Values of one curve at the crosshair: output, replaced output, loss, gradient. */
function valuesAt({ settings, message }: Received, logit: number): readonly [string, string, string, string] {
  const i = nearest(message.logit, logit);
  const at = message.logit[i] ?? logit;
  const j = nearest(message.output, outputOf(at));
  const print = (value: number | undefined): string => printNumber(value ?? NaN, settings.format);
  return [print(message.output[j]), print(message.replaced[j]), print(message.loss[i]), print(message.gradient[i])];
}

function read(): void {
  const at = cursor;
  if (at === null) {
    legend.read('', new Map());
    return;
  }
  const readings = new Map<string, readonly string[]>([...received].map(([id, each]) => [id, valuesAt(each, at)]));
  legend.read(`At logit z = ${printPlace(at)}, output p = ${printPlace(outputOf(at))}`, readings);
}

function cursorSentence(at: number): string {
  const parts = shownCurves(readTheme())
    .filter(({ id }) => !legend.isHidden(id))
    .map((each) => {
      const [, replaced, loss, gradient] = valuesAt(each, at);
      return `${each.label}: replaced output ${replaced}, loss ${loss}, gradient ${gradient}`;
    });
  return `z = ${printPlace(at)}. ${parts.join('. ')}`;
}
