import type { FloorSettings } from '../../src/protocol/webview';
import { Plot, type Band, type LabelledBand, type Mark, type PlotContent, type Series } from '../common/chart';
import { DataView, type DataSet } from '../common/data';
import { h } from '../common/dom';
import { printTarget } from '../common/format';
import type { Theme } from '../common/theme';
import {
  deadBands,
  deadNote,
  distinctMarks,
  errorsOf,
  exactSeriesOf,
  failureBands,
  magnitudes,
  seriesOf,
  type ColumnTarget,
  type CurveMark,
  type ErrorOf,
  type Quantity,
  type Shown,
  type ShownExact,
} from './shown';

/** What the reader does in a plot. */
export interface PlotActions {
  readonly cursor: (x: number | null, byKeyboard: boolean) => void;
  readonly pin: (x: number) => void;
  readonly view: (view: Band | null) => void;
  readonly mark: (mark: CurveMark) => void;
}

/** What every plot of the page is drawn from. */
export interface Drawing {
  /** All curves, hidden ones too: their numbers are in the tables. */
  readonly shown: readonly Shown[];
  readonly visible: readonly Shown[];
  readonly exact: readonly ShownExact[];
  readonly theme: Theme;
  /** The same in all plots. */
  readonly common: Pick<PlotContent, 'xRange' | 'zoomed' | 'axis' | 'xTitle' | 'sides' | 'histogram'>;
  readonly errorOf: ErrorOf;
  /** What was found, in sentences. */
  readonly about: string;
}

const xTitle = ['margin a  (logit z = +a for target 1, z = −a for target 0)', 'margin a'] as const;
const quantities = ['loss', 'gradient', 'error'] as const satisfies readonly Quantity[];

/** The plots of loss, gradient and error of all targets, or of one of them. */
class Column {
  readonly element: HTMLElement;
  private readonly plots: Readonly<Record<Quantity, Plot>>;
  private readonly data: Readonly<Record<Quantity, DataView>>;

  constructor(
    readonly target: ColumnTarget,
    actions: PlotActions,
  ) {
    const of = target === 'all' ? '' : `, ${printTarget(target)}`;
    const shared = {
      xTitle: target === 'all' ? xTitle : ([xTitle[1], xTitle[1]] as const),
      kind: 'log',
      onCursor: actions.cursor,
      onPin: actions.pin,
      onView: actions.view,
      onMark: (mark: Mark) => {
        if (isCurveMark(mark)) actions.mark(mark);
      },
    } as const;
    this.plots = {
      loss: new Plot({ ...shared, title: `Loss${of}`, yTitle: 'loss' }),
      gradient: new Plot({
        ...shared,
        title: `Gradient${of}`,
        yTitle: '|gradient|',
        laneLabels: { negative: 'wrong ±' },
      }),
      error: new Plot({ ...shared, title: `Error against exact${of}`, yTitle: 'error, ULP' }),
    };
    this.data = {
      loss: new DataView(`Loss${of}`, 'margin a', 'loss'),
      gradient: new DataView(`Gradient${of}`, 'margin a', 'gradient'),
      error: new DataView(`Error against exact${of}`, 'margin a', 'error, ULP', 'ULP'),
    };
    for (const name of quantities) this.plots[name].element.append(this.data[name].element);
    this.element = h('div', { class: 'column' }, ...quantities.map((name) => this.plots[name].element));
  }

  draw(drawing: Drawing): void {
    const isOwn = ({ message }: Shown): boolean => this.target === 'all' || message.target === this.target;
    const own = { ...drawing, shown: drawing.shown.filter(isOwn), visible: drawing.visible.filter(isOwn) };
    const ids = new Set(own.visible.map(({ id }) => id));
    const exact = drawing.exact.filter(({ members }) => members.some((id) => ids.has(id)));
    this.drawLoss(own, exact);
    this.drawGradient(own, exact);
    this.drawError(own);
    this.showData(own);
  }

  /** In the order in which they stand. */
  get all(): readonly Plot[] {
    return quantities.map((name) => this.plots[name]);
  }

  set cursor(x: number | null) {
    for (const name of quantities) this.plots[name].cursor = x;
  }

  zoom(factor: number): void {
    this.plots.loss.zoom(factor);
  }

  pan(part: number): void {
    this.plots.loss.pan(part);
  }

  focus(): void {
    this.plots.loss.focus();
  }

  private drawLoss({ visible, common, theme, about }: Drawing, exact: readonly ShownExact[]): void {
    const series = visible.map((each) => seriesOf(each, each.curve.loss));
    const content = {
      ...common,
      series: [...series, ...exact.map((each) => exactSeriesOf(each, each.curve.exactLoss))],
      marks: distinctMarks(visible, series),
      bands: failureBands(visible, 'loss'),
    };
    this.plots.loss.draw(content, theme, `Loss against margin, logarithmic: ${about}`);
  }

  private drawGradient({ visible, common, theme, about }: Drawing, exact: readonly ShownExact[]): void {
    const series: Series[] = [
      ...visible.map((each) => seriesOf(each, magnitudes(each.curve))),
      ...exact.map((each) => exactSeriesOf(each, each.curve.exactGradient.map(Math.abs))),
    ];
    const bands: readonly LabelledBand[] = [...deadBands(visible), ...failureBands(visible, 'gradient')];
    const note = deadNote(visible);
    const summary = `Magnitude of the gradient against margin, logarithmic: ${about}`;
    this.plots.gradient.draw({ ...common, series, bands, note }, theme, summary);
  }

  private drawError({ visible, common, theme, errorOf, about }: Drawing): void {
    // How many samples there are where says nothing about an error: their histogram stands beneath the curves.
    const { histogram: _, ...rest } = common;
    const content = {
      ...rest,
      series: visible.map((each) => ({ ...seriesOf(each, errorsOf(each, errorOf)), thresholds: [] })),
      yTitle: `error of the ${errorOf}, ULP`,
    };
    const summary = `How many values of the number format the ${errorOf} is away from the exact one, against margin, logarithmic: ${about}`;
    this.plots.error.draw(content, theme, summary);
  }

  private showData({ shown, errorOf }: Drawing): void {
    const dataOf = (pick: (each: Shown) => Pick<DataSet, 'y' | 'exact'>): DataSet[] =>
      shown.map((each) => ({
        id: each.id,
        label: each.label,
        format: each.message.format,
        x: each.curve.margin,
        ...pick(each),
      }));
    this.data.loss.show(dataOf(({ curve }) => ({ y: curve.loss, exact: curve.exactLoss })));
    this.data.gradient.show(dataOf(({ curve }) => ({ y: curve.gradient, exact: curve.exactGradient })));
    this.data.error.show(dataOf((each) => ({ y: errorsOf(each, errorOf) })));
  }
}

function isCurveMark(mark: Mark): mark is CurveMark {
  return 'format' in mark;
}

/** The plots, all targets in one picture or each in a column of its own; what moves in one moves in all. */
export class Columns {
  readonly element = h('div', { class: 'columns' });
  private readonly known = new Map<ColumnTarget, Column>();
  private now: readonly Column[] = [];

  constructor(private readonly actions: PlotActions) {
    this.arrange(['all']);
  }

  /** Which columns there are from now on. */
  arrange(targets: readonly ColumnTarget[]): void {
    if (targets.length === this.now.length && targets.every((target, i) => this.now[i]?.target === target)) return;
    this.now = targets.map((target) => {
      const column = this.known.get(target) ?? new Column(target, this.actions);
      this.known.set(target, column);
      return column;
    });
    this.element.classList.toggle('beside', targets.length > 1);
    this.element.replaceChildren(...this.now.map(({ element }) => element));
  }

  get plots(): readonly Plot[] {
    return this.now.flatMap(({ all }) => all);
  }

  draw(drawing: Drawing): void {
    for (const column of this.now) column.draw(drawing);
  }

  set cursor(x: number | null) {
    for (const column of this.now) column.cursor = x;
  }

  /** Around the crosshair, where that is in view. */
  zoom(factor: number): void {
    this.now[0]?.zoom(factor);
  }

  /** By a part of the view's width. */
  pan(part: number): void {
    this.now[0]?.pan(part);
  }

  /** Puts the focus on the crosshair of a target's plot. */
  focus(target: FloorSettings['targets'][number]): void {
    (this.now.find((column) => column.target === target) ?? this.now[0])?.focus();
  }
}
