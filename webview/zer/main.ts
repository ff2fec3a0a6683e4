import type {
  FromZerWebview,
  KeptState,
  ToZerWebview,
  VariantItem,
  ZerBordersMessage,
  ZerCurveMessage,
  ZerLook,
  ZerSettings,
  ZerStateMessage,
} from '../../src/protocol/webview';
import { Changes } from '../common/changes';
import { openChannel } from '../common/channel';
import { debounced, h, oncePerFrame, setText } from '../common/dom';
import { printNumber, printPlace, printTarget } from '../common/format';
import { nearest } from '../common/lanes';
import { Legend, type LegendEntry } from '../common/legend';
import { settingsBox } from '../common/settings';
import { nextRun, noRun, Status } from '../common/status';
import { ExportActions, type ExportSource } from '../common/export/actions';
import { itemTexts, tableTexts } from '../common/export/content';
import { sentenceItem, summaryColumns, type SummaryRow } from '../common/summary';
import { Table, type Column } from '../common/table';
import { exactStyle, onThemeChange, readTheme, seriesStyle, type Theme } from '../common/theme';
import { borderColumns, borderRows, borderSentences, type BorderRow } from './border';
import { ZerControls } from './controls';
import { axes, Figures, type Curve } from './figures';
import { deadSentences, formatNotes, outputOf, zerSentence } from './findings';
import { exportedVariants, exportedZerCurves } from './exporting';

/** What outlives the page; the serializer of the panel reads it, too. */
interface State extends KeptState<ZerSettings> {
  readonly hidden: readonly string[];
  readonly look: ZerLook;
}

interface Received {
  readonly message: ZerCurveMessage;
  readonly generation: number;
  /** What it was computed with: the sentences say it. */
  readonly settings: ZerSettings;
}

/** Curves of earlier settings stay as they are for so long, so that dragging the radius doesn't flicker. */
const patience = 400;

/** What of a curve is left over from a run is shown until the new one has come. */
interface ReceivedBorders {
  readonly message: ZerBordersMessage;
  readonly settings: ZerSettings;
}

const channel = openChannel<ToZerWebview, FromZerWebview, State>();
const changes = new Changes();
const received = new Map<string, Received>();
let borders: ReceivedBorders | undefined;
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
const headline = h('p', { id: 'headline' });
const deadList = h('ul', { id: 'dead', class: 'sentences' });
const note = h('p', { class: 'note' });
const sentences = h('ul', { id: 'sentences' });
const borderList = h('ul', { id: 'border-sentences', class: 'sentences' });
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
const shownAxes = channel.state.look?.axes ?? axes;
const controls = new ZerControls(
  {
    changed: (settings) => {
      if (!zer) return;
      changes.make();
      zer = { ...zer, settings };
      channel.setState({ settings });
      asked = true;
      postSettings();
      waitPatiently();
    },
    axesChanged: (now) => {
      const look = { axes: now };
      channel.setState({ look });
      channel.post({ type: 'look', look });
      figures.show(now);
      redraw();
    },
    train: ({ variants, radius }) => {
      channel.post({ type: 'train', variants, radius });
    },
  },
  shownAxes,
);
const figures = new Figures(
  shownAxes,
  (x, byKeyboard) => {
    cursor = x;
    moveCursor();
    if (byKeyboard) setText(live, x === null ? '' : cursorSentence(x));
  },
  finish,
);
const table = new Table<SummaryRow>(
  'summary',
  'What was measured. Places are margins |z|; each is exact to the last value of the format.',
  summaryColumns('Variant'),
);
const borderTable = new Table<BorderRow>(
  'borders',
  'Outputs at the border and the floats next to it. |p − t| and r are as the format computes and stores them; every number reads back as its float.',
  borderColumns,
);
const formulaColumns: readonly Column<VariantItem>[] = [
  { head: 'Variant', title: 'The name in configurations', names: true, cell: ({ short }) => short },
  { head: 'Formula', title: 'p is the sigmoid of z', cell: ({ formula }) => h('code', {}, formula) },
  {
    head: 'Constants',
    title: 'Other than the radius: at their defaults',
    cell: ({ constants }) => constants.map(({ name, value }) => `${name} = ${printNumber(value)}`).join(', ') || '–',
  },
  { head: 'Notes', title: 'What to know about it', cell: ({ notes }) => notes },
];
const formulaTable = new Table<VariantItem>('formulas', 'The variants that are shown', formulaColumns);

const redraw = oncePerFrame(draw);
const losePatience = debounced(patience, () => {
  if (!busy()) return;
  impatient = true;
  redraw();
});
const postSettings = oncePerFrame(() => {
  if (zer) channel.post({ type: 'changeZer', settings: zer.settings, count: changes.count });
});
const moveCursor = oncePerFrame(() => {
  figures.cursor = cursor;
  read();
});

figures.element.prepend(headline);
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
    h('aside', {}, settingsBox(controls.element), h('div', { class: 'legend-box' }, legend.element)),
    figures.element,
    h(
      'section',
      { class: 'results', 'aria-labelledby': 'results' },
      h('h2', { id: 'results' }, 'Findings'),
      deadList,
      note,
      table.element,
      h('details', { class: 'each' }, h('summary', {}, 'Each curve in a sentence'), sentences),
      h('h2', { id: 'border' }, 'At the border of the radius'),
      borderList,
      borderTable.element,
      h('details', { class: 'each' }, h('summary', {}, 'Formulas'), formulaTable.element),
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
    case 'zerBorders':
      borders = { message, settings: measured ?? zer.settings };
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
    outputAtLogit: turned(message.outputAtLogit),
    replacedAtLogit: turned(message.replacedAtLogit),
  };
}

function isZer(settings: object | undefined): settings is ZerSettings {
  return settings !== undefined && 'radius' in settings;
}

function start(sent: ZerStateMessage): void {
  const message = { ...sent, settings: changes.latest(sent, zer?.settings) };
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
  if (message.look) {
    const { look } = message;
    controls.axes = look.axes;
    figures.show(look.axes);
    channel.setState({ look });
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

/** A curve as the legend names it. */
interface Shown extends Curve {
  readonly title: string;
  readonly variant: string;
}

function draw(): void {
  if (!zer) {
    finish();
    return;
  }
  const theme = readTheme();
  const shown = shownCurves(theme);
  const visible = shown.filter(({ id }) => !legend.isHidden(id));
  const exact = exactEntries(visible, theme);
  // Without the arrays, which differ each time: the legend stays as it is while a radius is dragged.
  const entries = shown.map(({ id, label, title: about, style, stale }) => ({ id, label, title: about, style, stale }));
  legend.draw([...entries, ...exact.map(({ message: _, ...entry }) => entry)], theme);
  const dead = deadSentences(shown);
  const summary = shown.length === 0 ? 'Nothing computed yet.' : dead.join(' ');
  const plain = exact.filter(({ id }) => !legend.isHidden(id));
  figures.draw({ curves: shown, visible, plain, theme, about: summary });
  drawn = { curves: visible, legend: [...visible, ...plain] };

  const stale = shown.some((each) => each.stale);
  const [first] = dead;
  setText(headline, first ?? '');
  headline.classList.toggle('stale', stale);
  deadList.replaceChildren(...dead.map((sentence) => sentenceItem(sentence, stale)));
  const { settings } = zer;
  const chosen = zer.variants.filter(({ id }) => settings.variants.includes(id));
  setText(note, formatNotes(chosen, settings.format));
  const rows = shown.map(({ id, variant, stale: old, settings: { format }, message }): SummaryRow => ({
    id,
    label: variant,
    format,
    summary: message.summary,
    stale: old,
  }));
  table.fill(rows, (row) => row.stale);
  sentences.replaceChildren(...shown.map((each) => sentenceItem(sentenceOf(each), each.stale)));
  drawBorders(chosen);
  formulaTable.fill(chosen);
  read();
  finish();
}

/** Cross-entropy without a radius, for each target that is visible. */
function exactEntries(visible: readonly Shown[], theme: Theme): (LegendEntry & { message: ZerCurveMessage })[] {
  const targets = [...new Set(visible.map(({ message }) => message.target))];
  return targets.flatMap((target) => {
    const found = visible.find(({ message }) => message.target === target);
    if (!found) return [];
    const id = `exact ${String(target)}`;
    const label = `cross-entropy, ${printTarget(target)}`;
    const style = exactStyle(theme);
    return [{ id, label, title: 'Without a radius, computed exactly', style, exact: true, message: found.message }];
  });
}

function drawBorders(chosen: readonly VariantItem[]): void {
  if (!borders || !zer) return;
  const { message, settings } = borders;
  const old = impatient && JSON.stringify(settings) !== JSON.stringify(zer.settings);
  const rows = borderRows(message, chosen, settings.format);
  borderTable.fill(rows, () => old);
  borderList.replaceChildren(...borderSentences(rows, settings.radius).map((sentence) => sentenceItem(sentence, old)));
}

function sentenceOf({ variant, settings, message }: Shown): string {
  return zerSentence(variant, settings.radius, settings.format, message);
}

function busy(): boolean {
  return asked || (run.generation > 0 && !run.finished && run.error === '');
}

/** Shows where the run stands, and says it to those who wait, tests among them; after drawing. */
function finish(): void {
  status.show(run, busy());
  actions.show(zer?.origin, drawn.curves.length > 0);
  const failed = run.error !== '' && !asked;
  document.body.dataset['state'] = failed
    ? 'error'
    : zer && run.finished && !asked && figures.isComplete
      ? 'ready'
      : 'loading';
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
    picture: { plots: figures.plots, legend: drawn.legend },
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
    .flatMap(({ id: variant, label, short, notes }) =>
      settings.targets.flatMap((target): Shown[] => {
        const id = idOf(variant, target);
        const found = received.get(id);
        if (!found) return [];
        const old = asked || found.generation !== run.generation;
        // A variant keeps its colour whatever others are shown, and a target its dashes.
        const style = seriesStyle(
          theme,
          variants.findIndex((each) => each.id === variant),
          target === 1 ? 0 : target === 0 ? 1 : 2,
        );
        return [
          {
            ...found,
            id,
            variant: label,
            short,
            label: `${label}, ${printTarget(target)}`,
            title: notes,
            style,
            stale: old && impatient,
          },
        ];
      }),
    );
}

/** Values of one curve at the crosshair: output, replaced output, loss, gradient. */
function valuesAt({ settings, message }: Received | Curve, logit: number): readonly [string, string, string, string] {
  const i = nearest(message.logit, logit);
  const print = (values: Float64Array): string => printNumber(values[i] ?? NaN, settings.format);
  const { outputAtLogit, replacedAtLogit, loss, gradient } = message;
  return [print(outputAtLogit), print(replacedAtLogit), print(loss), print(gradient)];
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
