import type {
  ContinueMessage,
  FromTrainingWebview,
  KeptState,
  SeedBand,
  ToTrainingWebview,
  TrainMessage,
  TrainingCurve,
  TrainingProgressMessage,
  TrainingRow,
  TrainingSettings,
  TrainingStateMessage,
} from '../../src/protocol/webview';
import { Changes } from '../common/changes';
import { openChannel } from '../common/channel';
import { ExportActions, type ExportSource } from '../common/export/actions';
import { Plot, type Series } from '../common/chart';
import { h, oncePerFrame, setText } from '../common/dom';
import { printNumber, printPlace } from '../common/format';
import { nearest } from '../common/lanes';
import { Legend } from '../common/legend';
import { settingsBox } from '../common/settings';
import { noRun, Status, type Remark, type RunState } from '../common/status';
import { sentenceItem } from '../common/summary';
import { Table } from '../common/table';
import { onThemeChange, readTheme, seriesStyle, type SeriesStyle, type Theme } from '../common/theme';
import { TrainingControls } from './controls';
import { BandData } from './data';
import { exportedTrainingCurves, exportedTrainingLosses, exportedTrainingTable } from './exporting';

/** What outlives the page; the serializer of the panel reads it, too. */
interface State extends KeptState<TrainingSettings> {
  readonly hidden: readonly string[];
}

const channel = openChannel<ToTrainingWebview, FromTrainingWebview, State>();
const changes = new Changes();
let state: TrainingStateMessage | undefined;
let settings: TrainingSettings | undefined;
let progress: TrainingProgressMessage | undefined;
let run: RunState = noRun;
/** The user has asked for training, and the host has not begun yet. */
let asked = false;
/** An epoch. */
let cursor: number | null = null;

const remarks: readonly Remark[] = [
  {
    about: 'arithmetic',
    text:
      'Weights, units and weight changes are float64. Logits are rounded to the number format; loss and gradient of each ' +
      'output unit are computed in it from the same expressions that are drawn for the variant.',
  },
  {
    about: 'learning',
    text:
      'Gradient descent with momentum on the error summed over output units and, in a batch, over patterns: ' +
      'change = momentum × last change − rate × gradient. One hidden layer, every unit with a bias; outputs are sigmoids.',
  },
  {
    about: 'seeds',
    text:
      'Start weights and the order of patterns come from xoshiro128** seeded with 1, 2, … Every variant and radius begins ' +
      'with the same weights for a seed, so that runs differ by the loss alone.',
  },
  {
    about: 'dead',
    text:
      'A unit is off if its output is farther from its target than the radius, as the format computes it (for radius 0: ' +
      '0.5 or farther), and dead if it is off and d loss / d logit is exactly 0.',
  },
];

const title = h('h1', {}, 'Training');
/** The configuration. */
const origin = h('p', { class: 'source', id: 'origin' });
const source = h('p', { class: 'source' });
const live = h('p', { class: 'visually-hidden', 'aria-live': 'polite' });
const headlines = h('ul', { id: 'headlines', class: 'sentences' });
const sentences = h('ul', { id: 'sentences' });
const empty = h(
  'p',
  { class: 'empty' },
  'Nothing has been trained yet. Choose a task, variants and radii, then Start.',
);
const tableBox = h('div', {});
const legendBox = h('div', { class: 'legend-box' });
const status = new Status(
  {
    cancel: () => {
      channel.post({ type: 'cancel' });
    },
    showLogs: () => {
      channel.post({ type: 'showLogs' });
    },
  },
  'Training',
);
const legend = new Legend('Curves', ['cross-entropy', 'dead', 'correct'], channel.state.hidden ?? [], (hidden) => {
  channel.setState({ hidden });
  channel.post({ type: 'hide', hidden });
  redraw();
});
const actions = new ExportActions<TrainingSettings>((message) => {
  channel.post(message);
}, exported);
const controls = new TrainingControls({
  changed: (now) => {
    changes.make();
    settings = now;
    channel.setState({ settings: now });
    postSettings();
  },
  start: (now) => {
    ask({ type: 'startTraining', settings: now });
  },
  goOn: (more) => {
    ask({ type: 'continueTraining', more });
  },
  choosePatterns: () => {
    channel.post({ type: 'choosePatterns' });
  },
});
const placeCursor = (x: number | null, byKeyboard: boolean): void => {
  cursor = x;
  moveCursor();
  if (byKeyboard) setText(live, x === null ? '' : cursorSentence(x));
};

interface View {
  readonly plot: Plot;
  readonly data: BandData;
  readonly band: (curve: TrainingCurve) => SeedBand;
}

const percent = (values: Float64Array): Float64Array => values.map((value) => 100 * value);
const asPercent = ({ mean, low, high }: SeedBand): SeedBand => ({
  mean: percent(mean),
  low: percent(low),
  high: percent(high),
});

function viewOf(
  heading: string,
  yTitle: string,
  kind: 'log' | 'linear',
  band: View['band'],
  yRange?: readonly [number, number],
): View {
  const plot = new Plot({
    title: heading,
    yTitle,
    xTitle: ['epoch', 'epoch'],
    kind,
    thin: true,
    ...(yRange ? { yRange } : {}),
    onCursor: placeCursor,
  });
  const data = new BandData(heading, band, nameOf);
  plot.element.append(data.element);
  return { plot, data, band };
}

const views: readonly View[] = [
  viewOf('Cross-entropy', 'cross-entropy', 'log', ({ bands }) => bands.crossEntropy),
  viewOf('Dead units', 'dead output units, %', 'linear', ({ bands }) => asPercent(bands.dead), [0, 10]),
  viewOf('Patterns correct', 'patterns correct, %', 'linear', ({ bands }) => asPercent(bands.correct), [0, 100]),
  viewOf(
    'Patterns correct to within 0.5',
    'correct to 0.5, %',
    'linear',
    ({ bands }) => asPercent(bands.correctHalf),
    [0, 100],
  ),
];
const plots = h('div', { class: 'plots', hidden: true }, headlines, ...views.map(({ plot }) => plot.element));
const results = h(
  'section',
  { class: 'results', 'aria-labelledby': 'results', hidden: true },
  h('h2', { id: 'results' }, 'Findings'),
  sentences,
  tableBox,
);
let table: Table<TrainingRow> | undefined;

const redraw = oncePerFrame(draw);
const postSettings = oncePerFrame(() => {
  if (settings) channel.post({ type: 'changeTraining', settings, count: changes.count });
});
const moveCursor = oncePerFrame(() => {
  for (const { plot } of views) plot.cursor = cursor;
  read();
});

legendBox.append(legend.element);
document
  .querySelector('#app')
  ?.append(
    h(
      'header',
      {},
      h('div', {}, title, h('div', { class: 'actions' }, origin, source, status.progress)),
      actions.element,
      status.error,
    ),
    h('aside', {}, settingsBox(controls.element), controls.actions, legendBox),
    plots,
    empty,
    results,
    status.footer,
    live,
  );
onThemeChange(redraw);
channel.onMessage(receive);
channel.post({ type: 'ready' });

function receive(message: ToTrainingWebview): void {
  switch (message.type) {
    case 'training':
      start(message);
      break;
    case 'task':
      controls.showSummary(message.task, message.chosen);
      return;
    case 'trainingProgress':
      if (message.generation < run.generation) return;
      asked = false;
      progress = message;
      run = { ...noRun, generation: message.generation, expected: message.expected, received: message.done };
      break;
    case 'finished':
      if (message.generation !== run.generation) return;
      run = { ...run, finished: true, identity: message.identity, isCurrent: true, milliseconds: message.milliseconds };
      break;
    case 'failed':
      if (message.generation < run.generation) return;
      asked = false;
      run = { ...run, error: message.message };
      break;
  }
  redraw();
}

function ask(message: TrainMessage | ContinueMessage): void {
  asked = true;
  channel.post(message);
  // At once: a second click, within the frame, would ask for another training.
  finish();
  redraw();
}

function start(sent: TrainingStateMessage): void {
  const message = { ...sent, settings: changes.latest(sent, settings) };
  const same =
    JSON.stringify(settings) === JSON.stringify(message.settings) &&
    JSON.stringify(state?.choices) === JSON.stringify(message.choices);
  state = message;
  ({ settings } = message);
  // What is wrong now, the host says after this.
  run = { ...run, error: '' };
  setText(title, message.title);
  setText(origin, message.source);
  document.title = message.title;
  channel.setState({ origin: message.origin, settings });
  if (message.hidden) {
    legend.hide(message.hidden);
    channel.setState({ hidden: message.hidden });
  }
  // The host may send back what it was sent; drawing the controls anew would take the focus away.
  if (!same) controls.show(settings, message.choices);
  controls.showSummary(message.task);
}

/** One variant and radius as they are shown. */
interface Shown {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly style: SeriesStyle;
  readonly curve: TrainingCurve;
}

function nameOf({ label, radius }: TrainingCurve): string {
  return `${label}, r = ${printNumber(radius)}`;
}

/** With those that went exactly the same way: they lie on each other. */
function namesOf(curve: TrainingCurve): string {
  const twins = (progress?.report.curves ?? []).filter(({ sameAs }) => sameAs === curve.id);
  return twins.length === 0
    ? nameOf(curve)
    : `${[curve, ...twins].map(({ label }) => label).join(' = ')}, r = ${printNumber(curve.radius)}`;
}

/** Curves in the order of the variants, those that are equal as one. */
function shownCurves(theme: Theme): Shown[] {
  const { variants = [] } = state?.choices ?? {};
  const radii = progress?.settings.radii ?? [];
  return distinct().map((curve) => ({
    id: curve.id,
    label: namesOf(curve),
    title: variants.find(({ id }) => id === curve.variant)?.notes ?? '',
    // A variant keeps its colour whatever others are trained.
    style: seriesStyle(
      theme,
      variants.findIndex(({ id }) => id === curve.variant),
      radii.indexOf(curve.radius),
    ),
    curve,
  }));
}

function distinct(): readonly TrainingCurve[] {
  return (progress?.report.curves ?? []).filter(({ sameAs }) => sameAs === null);
}

function draw(): void {
  const theme = readTheme();
  const shown = shownCurves(theme);
  const { report } = progress ?? {};
  legend.draw(shown, theme);
  for (const element of [plots, legendBox, results]) element.hidden = shown.length === 0;
  empty.hidden = shown.length > 0 || busy();
  if (shown.length > 0) drawPlots(shown, theme);
  headlines.replaceChildren(...(report?.headlines ?? []).map((sentence) => sentenceItem(sentence, false)));
  sentences.replaceChildren(...(report?.sentences ?? []).map((sentence) => sentenceItem(sentence, false)));
  if (report) {
    if (!table) tableBox.replaceChildren((table = tableOf(report.table.columns)).element);
    table.fill(report.table.rows);
  }
  setText(source, progress ? trainedText(progress) : '');
  read();
  finish();
}

function drawPlots(all: readonly Shown[], theme: Theme): void {
  const visible = all.filter(({ id }) => !legend.isHidden(id));
  const last = Math.max(1, ...all.map(({ curve }) => curve.epoch.at(-1) ?? 0));
  const { headlines: first = [], sentences: rest = [], curves = [] } = progress?.report ?? {};
  const about = [...first, ...rest].join(' ');
  for (const { plot, data, band } of views) {
    const series = visible.map(({ id, style, curve }): Series => {
      const { mean, low, high } = band(curve);
      return { id, style, x: curve.epoch, y: mean, ribbon: { low, high }, thresholds: [] };
    });
    plot.draw(
      { xRange: [0, last], series },
      theme,
      `By epoch: mean over seeds, shaded from least to greatest. ${about}`,
    );
    data.show(curves);
  }
}

function tableOf(columns: TrainingProgressMessage['report']['table']['columns']): Table<TrainingRow> {
  const caption = 'Where each variant and radius has ended: mean ± standard deviation over the seeds, then each seed.';
  return new Table<TrainingRow>(
    'summary',
    caption,
    columns.map(({ head, title: about }, i) => ({
      head,
      title: about,
      names: i === 0,
      numeric: i > 0,
      cell: ({ cells }: TrainingRow) => {
        const { text, seeds } = cells[i] ?? { text: '', seeds: [] };
        return seeds.length > 1 ? [text, h('span', { class: 'seeds' }, seeds.join(' · '))] : text;
      },
    })),
  );
}

/** What was trained, which need not be what the controls say now. */
function trainedText({ settings: of }: TrainingProgressMessage): string {
  const { hidden, rate, momentum, weightRange, update, activation, format, seeds } = of;
  const task =
    of.task === 'own' ? (of.own?.name ?? '') : (state?.choices.tasks.find(({ id }) => id === of.task)?.label ?? '');
  const bits = of.task === 'parity' ? `, ${String(of.bits)} bits` : '';
  return [
    `${task}${bits}`,
    `${String(hidden)} ${activation} units`,
    `rate ${printNumber(rate)}`,
    `momentum ${printNumber(momentum)}`,
    update,
    `weights ±${printNumber(weightRange)}`,
    `${String(seeds)} seeds`,
    format,
  ].join(' · ');
}

/** What is shown now, to be saved or exported. */
function exported(): ExportSource<TrainingSettings> | undefined {
  if (!state || !settings) return undefined;
  const { identity, selfTest, error } = run;
  const { variants } = state.choices;
  const trained = progress?.settings ?? settings;
  const about = progress ? trainedText(progress) : '';
  const shown = shownCurves(readTheme()).filter(({ id }) => !legend.isHidden(id));
  const report = progress?.report;
  // Those that share a legend entry have data of their own.
  const each = (report?.curves ?? [])
    .filter(({ id, sameAs }) => !legend.isHidden(sameAs ?? id))
    .map((curve) => ({ label: nameOf(curve), curve }));
  return {
    content: {
      title: title.textContent,
      source: origin.textContent,
      incomplete: busy() ? 'Training was still going on: this is not all.' : error,
      computed: identity ? [{ identity, selfTest }] : [],
      losses: exportedTrainingLosses(variants, trained),
      formats: [trained.format],
      sentences: [...(about ? [`Trained: ${about}.`] : []), ...(report?.headlines ?? []), ...(report?.sentences ?? [])],
      table: report ? exportedTrainingTable(report.table) : { heads: [], rows: [] },
      curves: exportedTrainingCurves(each, variants, trained, about, identity?.backend ?? 'model'),
    },
    picture: { plots: views.map(({ plot }) => plot), legend: shown },
    settings,
    computed: trained,
    hidden: legend.hiddenIds,
  };
}

function busy(): boolean {
  return asked || progress?.isRunning === true;
}

/** "Epoch 812 of 2000 · 30 runs": networks are trained in turns. */
function progressText(): string {
  if (!progress || asked) return '';
  const { epochs } = progress.settings;
  const runs = Math.max(1, Math.round(progress.expected / epochs));
  return `Epoch ${String(Math.floor(progress.done / runs))} of ${String(epochs)} · ${String(runs)} ${runs === 1 ? 'run' : 'runs'}`;
}

/** Shows where training stands, and says it to those who wait, tests among them; after drawing. */
function finish(): void {
  status.show(run, busy(), remarks, progressText());
  actions.show(state?.origin, (progress?.report.curves.length ?? 0) > 0);
  controls.allow({ start: !busy(), goOn: !busy() && progress?.canContinue === true });
  const idle = run.error === '' ? 'ready' : 'error';
  document.body.dataset['state'] = !state || busy() ? 'loading' : idle;
  document.body.dataset['generation'] = String(run.generation);
}

/** Values of one curve at the crosshair: cross-entropy, share dead, share correct. */
function valuesAt(curve: TrainingCurve, epoch: number): readonly [string, string, string] {
  const i = nearest(curve.epoch, epoch);
  const share = ({ mean }: SeedBand): string => `${printPlace(100 * (mean[i] ?? NaN))} %`;
  const { crossEntropy, dead, correct } = curve.bands;
  return [printPlace(crossEntropy.mean[i] ?? NaN), share(dead), share(correct)];
}

function read(): void {
  const at = cursor;
  const curves = progress?.report.curves ?? [];
  if (at === null) {
    legend.read('', new Map());
    return;
  }
  legend.read(
    `At epoch ${printPlace(at)}, means over the seeds`,
    new Map(curves.map((curve) => [curve.id, valuesAt(curve, at)])),
  );
}

function cursorSentence(at: number): string {
  const parts = distinct()
    .filter(({ id }) => !legend.isHidden(id))
    .map((curve) => {
      const [crossEntropy, dead, correct] = valuesAt(curve, at);
      return `${namesOf(curve)}: cross-entropy ${crossEntropy}, ${dead} dead, ${correct} of the patterns correct`;
    });
  return `Epoch ${printPlace(at)}. ${parts.join('. ')}`;
}
