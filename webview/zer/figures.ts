import type { ZerCurveMessage, ZerSettings } from '../../src/protocol/webview';
import { Plot, type Band, type ExtraLane, type Mark, type Series } from '../common/chart';
import { DataView } from '../common/data';
import { debounced, h, oncePerFrame } from '../common/dom';
import { printTick } from '../common/format';
import type { SeriesStyle, Theme } from '../common/theme';
import { deadZones, endsOf, joinNames, outputOf, placesOf, type Zone } from './findings';

/** What the figures are plotted against. */
export const axes = ['output', 'logit'] as const;
export type Axis = (typeof axes)[number];

const quantities = ['replaced', 'loss', 'gradient'] as const;
type Quantity = (typeof quantities)[number];

const titles: Readonly<Record<Quantity, string>> = { replaced: 'Replaced output', loss: 'Loss', gradient: 'Gradient' };
const yTitles: Readonly<Record<Quantity, string>> = {
  replaced: 'replaced output',
  loss: 'loss',
  gradient: 'd loss / d z',
};
const xTitles: Readonly<Record<Axis, string>> = { output: 'output p', logit: 'logit z' };

/** One variant and target, with what it is drawn in. */
export interface Curve {
  readonly id: string;
  readonly label: string;
  readonly short: string;
  readonly style: SeriesStyle;
  readonly stale: boolean;
  readonly settings: ZerSettings;
  readonly message: ZerCurveMessage;
}

/** Plain cross-entropy for one target, exactly, at the logits of a curve. */
export interface PlainCurve {
  readonly id: string;
  readonly style: SeriesStyle;
  readonly message: ZerCurveMessage;
}

interface Figure {
  readonly quantity: Quantity;
  readonly axis: Axis;
  readonly plot: Plot;
  readonly data: DataView;
}

/** Everything that is drawn at a time. */
interface Picture {
  readonly curves: readonly Curve[];
  /** Those that the reader hasn't hidden. */
  readonly visible: readonly Curve[];
  readonly plain: readonly PlainCurve[];
  readonly theme: Theme;
  /** What there is to see, in sentences: the text that stands for each picture. */
  readonly about: string;
}

/** Pause after a change before figures out of sight follow it, in milliseconds. */
const rest = 120;

/** More marks than this hide the curves. */
const mostMarks = 4;

/**
 * Replaced output, loss and gradient, against the output and against the logit, with one crosshair. Figures in sight
 * are drawn at once, the others one at a time when nothing changes any more: a radius that is dragged stays smooth.
 */
export class Figures {
  readonly element = h('div', { class: 'plots' });
  private readonly figures: readonly Figure[];
  private readonly inSight = new Set<Element>();
  private readonly waiting = new Set<Figure>();
  private readonly drawRest = debounced(rest, () => {
    this.drawNext();
  });
  private readonly drawNext = oncePerFrame(() => {
    const [next] = this.waiting;
    if (next) this.drawFigure(next);
    if (this.waiting.size > 0) this.drawNext();
    else this.onComplete();
  });
  private picture: Picture | undefined;

  /**
   * @param onCursor the reader moved the crosshair to a logit; null takes it away
   * @param onComplete the last of the figures out of sight is drawn
   */
  constructor(
    private shown: readonly Axis[],
    onCursor: (logit: number | null, byKeyboard: boolean) => void,
    private readonly onComplete: () => void,
  ) {
    this.figures = quantities.flatMap((quantity) => axes.map((axis) => figureOf(quantity, axis, onCursor)));
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.see(target, isIntersecting);
    });
    for (const { plot } of this.figures) {
      this.element.append(plot.element);
      // Until the observer has looked.
      this.inSight.add(plot.element);
      observer.observe(plot.element);
    }
    this.show(shown);
  }

  /** Whether every figure shows what was drawn last. */
  get isComplete(): boolean {
    return this.waiting.size === 0;
  }

  /** Against which axes; what is hidden is not drawn. */
  show(shown: readonly Axis[]): void {
    this.shown = shown;
    for (const { axis, plot } of this.figures) plot.element.hidden = !shown.includes(axis);
    this.element.classList.toggle('pairs', shown.length > 1);
  }

  /** Those that are shown, in their order. */
  get plots(): readonly Plot[] {
    return this.visible.map(({ plot }) => plot);
  }

  /** A logit. */
  set cursor(logit: number | null) {
    for (const { axis, plot } of this.visible) {
      plot.cursor = logit !== null && axis === 'output' ? outputOf(logit) : logit;
    }
  }

  draw(picture: Picture): void {
    this.picture = picture;
    this.waiting.clear();
    for (const figure of this.visible) {
      this.waiting.add(figure);
      if (this.inSight.has(figure.plot.element)) this.drawFigure(figure);
    }
    if (this.waiting.size > 0) this.drawRest();
  }

  private see(element: Element, isInSight: boolean): void {
    if (!isInSight) {
      this.inSight.delete(element);
      return;
    }
    this.inSight.add(element);
    const figure = this.figures.find(({ plot }) => plot.element === element);
    if (!figure || !this.waiting.has(figure)) return;
    this.drawFigure(figure);
    if (this.isComplete) this.onComplete();
  }

  private drawFigure(figure: Figure): void {
    this.waiting.delete(figure);
    if (!this.picture) return;
    const { curves, visible, plain, theme, about } = this.picture;
    const { quantity, axis, plot, data } = figure;
    const series = visible.map((curve) => seriesOf(curve, quantity, axis));
    plot.draw(
      {
        xRange: axis === 'output' ? [0, 1] : rangeOf(visible),
        series: [...series, ...plain.flatMap((curve) => plainSeriesOf(curve, quantity, axis))],
        ...(axis === 'logit' && { sides: ['p < 0.5', 'p > 0.5'] as const }),
        ...(quantity === 'gradient' && zonesOf(visible, series, axis)),
      },
      theme,
      `${titles[quantity]} against ${axis}${quantity === 'loss' ? ', logarithmic' : ''}. ${about}`,
    );
    data.show(curves.map((curve) => dataOf(curve, quantity, axis)));
  }

  private get visible(): readonly Figure[] {
    return this.figures.filter(({ axis }) => this.shown.includes(axis));
  }
}

function figureOf(
  quantity: Quantity,
  axis: Axis,
  onCursor: (logit: number | null, byKeyboard: boolean) => void,
): Figure {
  const title = `${titles[quantity]} against ${axis}`;
  const plot = new Plot({
    title,
    yTitle: yTitles[quantity],
    xTitle: [xTitles[axis], xTitles[axis]],
    kind: quantity === 'loss' ? 'log' : 'linear',
    ...(quantity === 'replaced' && { yRange: [0, 1] }),
    onCursor: (x, byKeyboard) => {
      onCursor(x !== null && axis === 'output' ? logitOf(x) : x, byKeyboard);
    },
  });
  const data = new DataView(title, xTitles[axis], quantity);
  plot.element.append(data.element);
  return { quantity, axis, plot, data };
}

/** From the least logit that is drawn to the largest. */
function rangeOf(curves: readonly Curve[]): readonly [number, number] {
  const ends = curves.flatMap(({ message: { logit } }) => [logit[0] ?? 0, logit.at(-1) ?? 0]);
  return ends.length === 0 ? [-5, 5] : [Math.min(...ends), Math.max(...ends)];
}

/** The outputs that are drawn by themselves have no logit beyond this. */
const farthestLogit = 8;

function logitOf(output: number): number {
  return Math.min(farthestLogit, Math.max(-farthestLogit, Math.log(output / (1 - output))));
}

/** Where the curves of logits are drawn: the format's own outputs can be the same for many logits. */
function pointsOf({ logit }: ZerCurveMessage, axis: Axis): Float64Array {
  return axis === 'logit' ? logit : logit.map(outputOf);
}

function seriesOf({ id, style, stale, message }: Curve, quantity: Quantity, axis: Axis): Series {
  if (quantity === 'replaced' && axis === 'output') {
    return { id, style, stale, x: message.output, y: message.replaced, thresholds: [] };
  }
  const y = quantity === 'replaced' ? message.replacedAtLogit : message[quantity];
  const logits = placesOf(message);
  const thresholds = axis === 'logit' ? logits : logits.map(outputOf);
  return { id, style, stale, x: pointsOf(message, axis), y, thresholds };
}

function plainSeriesOf({ id, style, message }: PlainCurve, quantity: Quantity, axis: Axis): Series[] {
  if (quantity === 'replaced') return [];
  const y = quantity === 'loss' ? message.exactLoss : message.exactGradient;
  return [{ id, style, exact: true, thresholds: [], x: pointsOf(message, axis), y }];
}

function dataOf(
  { id, label, settings, message }: Curve,
  quantity: Quantity,
  axis: Axis,
): Parameters<DataView['show']>[0][number] {
  const { format } = settings;
  if (quantity === 'replaced' && axis === 'output') {
    return { id, label, format, x: message.output, y: message.replaced };
  }
  const x = axis === 'logit' ? message.logit : message.outputAtLogit;
  if (quantity === 'replaced') return { id, label, format, x, y: message.replacedAtLogit };
  const exact = quantity === 'loss' ? message.exactLoss : message.exactGradient;
  return { id, label, format, x, y: message[quantity], exact };
}

/** Where gradients are exactly 0: shaded and in a strip outside the radius, in a strip of its own within it. */
function zonesOf(
  curves: readonly Curve[],
  series: readonly Series[],
  axis: Axis,
): { bands: Band[]; extraLanes: ExtraLane[]; marks: Mark[] } {
  const found = curves.map(({ style, stale, message }) => ({ style, stale, zones: deadZones(message) }));
  const lane = (label: string, inside: boolean): ExtraLane => ({
    label,
    rows: found.flatMap(({ style, stale, zones }) => {
      const bands = zones.filter((zone) => zone.inside === inside).map((zone) => bandOf(zone, axis));
      return bands.length > 0 ? [{ style, stale, bands }] : [];
    }),
  });
  return {
    bands: found.flatMap(({ zones }) => zones.filter(({ inside }) => !inside).map((zone) => bandOf(zone, axis))),
    extraLanes: [lane('in r', true), lane('dead', false)],
    marks: marksOf(curves, series, axis),
  };
}

/** What is dead to the end of the format is so to the outputs 0 and 1. */
function bandOf({ from, to, endless }: Zone, axis: Axis): Band {
  if (axis === 'logit') return { from, to };
  return { from: endless === 'below' ? 0 : outputOf(from), to: endless === 'above' ? 1 : outputOf(to) };
}

/** Names those that share the beginning of a dead zone, at that place. */
function marksOf(curves: readonly Curve[], series: readonly Series[], axis: Axis): Mark[] {
  const groups = new Map<string, { at: number; of: Series; names: string[] }>();
  curves.forEach((curve, i) => {
    const own = series[i];
    if (!own) return;
    const farthest = Math.abs(curve.message.logit[0] ?? 0);
    for (const { sign, from } of endsOf(curve.message)) {
      if (from > farthest) continue;
      const at = axis === 'logit' ? sign * from : outputOf(sign * from);
      const key = `${String(sign)} ${printTick(at)}`;
      const group = groups.get(key) ?? { at, of: own, names: [] };
      groups.set(key, { ...group, names: [...new Set([...group.names, curve.short])] });
    }
  });
  const marks = [...groups.values()].map(({ at, of, names }): Mark => {
    const text = `dead ${at < (axis === 'logit' ? 0 : 0.5) ? 'below' : 'above'} ${printTick(at)}`;
    return { series: of, x: at, y: 0, text: [`${joinNames(names)}: ${text}`, text] };
  });
  return marks.length > mostMarks ? [] : marks;
}
