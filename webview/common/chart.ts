import {
  Chart,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  type ChartDataset,
  type LinearScaleOptions,
  type Point,
} from 'chart.js';
import { drawPoint } from 'chart.js/helpers';
import { h, uniqueId } from './dom';
import { printPlace, printPowerOfTen, printTick } from './format';
import { laneOf, laneOrder, nearest, runsOf, type AxisKind, type LaneName, type Run } from './lanes';
import { drawMarker } from './markers';
import { decades, joinsOf, lineWidth, rangeLabel, scaledDash, union, type Band } from './plotting';
import { faded, type SeriesStyle, type Theme } from './theme';

export interface Series {
  readonly id: string;
  /** Ascending. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly style: SeriesStyle;
  /** Known places where something begins or ends, to the last float: the ends of runs are put there. */
  readonly thresholds: readonly number[];
  /** The exact curve: thin, in the colour of text, above the others. */
  readonly exact?: boolean;
  /** Measured for earlier settings. */
  readonly stale?: boolean;
  /** What the curve stands for: shaded between two bounds at each x, such as those of several runs. */
  readonly ribbon?: { readonly low: Float64Array; readonly high: Float64Array };
}

/** Counts of samples, drawn from the bottom of the axis as bars, the highest a third of its height. */
export interface Histogram {
  /** One more than counts, ascending, in x. */
  readonly edges: Float64Array;
  readonly counts: Float64Array;
}

export type { Band } from './plotting';

/** A place on a curve that is pointed out. */
export interface Mark {
  readonly series: Series;
  readonly x: number;
  readonly y: number;
  /** In full, and for narrow plots. */
  readonly text: readonly [string, string];
}

/** A strip that isn't about values off the axis, such as that of dead zones. */
export interface ExtraLane {
  readonly label: string;
  readonly rows: readonly { readonly style: SeriesStyle; readonly stale: boolean; readonly bands: readonly Band[] }[];
}

export interface PlotContent {
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  /** Shaded; they may overlap. */
  readonly bands?: readonly Band[];
  readonly extraLanes?: readonly ExtraLane[];
  readonly histogram?: Histogram;
  readonly xRange: readonly [number, number];
  /** What is left and right of x = 0. */
  readonly sides?: readonly [string, string];
}

export interface PlotOptions {
  readonly title: string;
  readonly yTitle: string;
  /** The long form, and the one for narrow panels. */
  readonly xTitle: readonly [string, string];
  readonly kind: AxisKind;
  /** For linear axes: what is always in view. */
  readonly yRange?: readonly [number, number];
  readonly laneLabels?: Readonly<Partial<Record<LaneName, string>>>;
  /** The reader moved the crosshair; null takes it away. */
  onCursor(x: number | null, byKeyboard: boolean): void;
}

/** A stretch of x in a lane. */
interface Bar {
  readonly from: number;
  readonly to: number;
  /** Where the curve goes over into the lane: x, and y on the axis. */
  readonly joins: readonly (readonly [number, number])[];
  readonly label: string;
}

interface LaneRow {
  readonly style: SeriesStyle;
  readonly stale: boolean;
  readonly hatched: boolean;
  readonly bars: readonly Bar[];
}

interface Lane {
  readonly name: LaneName | 'extra';
  readonly label: string;
  readonly rows: readonly LaneRow[];
  top: number;
  height: number;
}

const defaultLaneLabels: Readonly<Record<LaneName, string>> = {
  infinity: '∞',
  zero: '0',
  negative: '< 0',
  negativeInfinity: '−∞',
  NaN: 'NaN',
};

/** Wide enough for the labels of every plot, so that the x axes of plots above each other agree. */
const yAxisWidth = 66;
const laneGap = 7;
const lanePadding = 3;
/** More rows than this are too thin for labels. */
const labelledRows = 8;
/** A row with more bars than this is noise: labels would hide it. */
const labelledBars = 3;
/** More marks than this keep their circles only: their texts would cover the curves. */
const namedMarks = 6;
/** Points that are drawn as shapes, per curve. */
const shapesPerSeries = 6;

/** A linear axis that leaves room for lanes above and beneath it. */
class LaneScale extends LinearScale {
  static override id = 'lanes';
  /** Those of the linear scale are added to it. */
  static override defaults = {};
  above = 0;
  beneath = 0;

  override getPixelForDecimal(decimal: number): number {
    const bottom = this.bottom - this.beneath;
    return bottom - decimal * (bottom - this.top - this.above);
  }

  override getDecimalForPixel(pixel: number): number {
    const bottom = this.bottom - this.beneath;
    return (bottom - pixel) / (bottom - this.top - this.above);
  }
}

declare module 'chart.js' {
  interface CartesianScaleTypeRegistry {
    lanes: { options: LinearScaleOptions };
  }
}

Chart.register(LineController, LineElement, PointElement, LinearScale, LaneScale);
Chart.defaults.animation = false;

/** One plot: a Chart.js chart with lanes, marks, and a crosshair that pointer and arrow keys move. */
export class Plot {
  readonly element: HTMLElement;
  private readonly canvas = h('canvas', { role: 'img' });
  private readonly surface: HTMLElement;
  private readonly note = h('p', { class: 'note' });
  private chart: Chart<'line', Point[]> | undefined;
  private content: PlotContent = { series: [], xRange: [0, 1] };
  private theme: Theme | undefined;
  private lanes: Lane[] = [];
  private at: number | null = null;
  /** Where the keys have moved it, which is drawn a frame later. */
  private wanted: number | null = null;

  constructor(private readonly options: PlotOptions) {
    const heading = h('h2', { id: uniqueId('plot') }, options.title);
    this.surface = h('div', {
      class: 'cursor',
      role: 'slider',
      tabindex: 0,
      'aria-label': `Crosshair of the ${options.title.toLowerCase()} chart`,
      'aria-orientation': 'horizontal',
      'aria-valuemin': 0,
      'aria-valuemax': 1,
      'aria-valuenow': 0,
      'aria-valuetext': 'not placed',
    });
    this.element = h(
      'figure',
      { class: 'plot', 'aria-labelledby': heading.id },
      heading,
      h('div', { class: 'canvas-box' }, this.canvas, this.surface),
      this.note,
    );
    this.listen();
  }

  /** @param summary one sentence that stands for the picture. */
  draw(content: PlotContent, theme: Theme, summary: string): void {
    this.content = content;
    this.theme = theme;
    this.canvas.setAttribute('aria-label', summary);
    this.surface.setAttribute('aria-valuemin', String(content.xRange[0]));
    this.surface.setAttribute('aria-valuemax', String(content.xRange[1]));
    this.lanes = this.layOutLanes();
    this.note.textContent = this.explainLanes();
    const lanes = this.laneSpace('above') + this.laneSpace('beneath');
    this.canvas.parentElement?.style.setProperty('--lanes', `${Math.round(lanes)}px`);
    this.update(theme);
  }

  /** Where the crosshair is, in x; without telling anyone. */
  set cursor(x: number | null) {
    this.wanted = x;
    if (x === this.at) return;
    this.at = x;
    this.surface.setAttribute('aria-valuenow', String(x ?? this.content.xRange[0]));
    this.surface.setAttribute('aria-valuetext', x === null ? 'not placed' : printPlace(x));
    this.chart?.draw();
  }

  private listen(): void {
    const place = (event: PointerEvent): void => {
      const x = this.chart?.scales['x']?.getValueForPixel(event.offsetX);
      if (x !== undefined) this.options.onCursor(this.snap(x), false);
    };
    this.surface.addEventListener('pointermove', place);
    this.surface.addEventListener('pointerdown', place);
    this.surface.addEventListener('pointerleave', () => {
      this.options.onCursor(null, false);
    });
    this.surface.addEventListener('keydown', (event) => {
      const x = this.moved(event.key, event.shiftKey);
      if (x === undefined) return;
      event.preventDefault();
      this.wanted = x;
      this.options.onCursor(x, true);
    });
  }

  /** Where a key takes the crosshair: undefined for keys that do nothing, null for away. */
  private moved(key: string, far: boolean): number | null | undefined {
    if (key === 'Escape') return null;
    const grid = this.grid();
    if (!grid || grid.length === 0) return undefined;
    const last = grid.length - 1;
    const now = this.wanted === null ? last >> 1 : nearest(grid, this.wanted);
    const leap = Math.max(1, Math.round(grid.length / 10));
    const step = far ? leap : 1;
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: now - step,
      ArrowDown: now - step,
      ArrowRight: now + step,
      ArrowUp: now + step,
      PageDown: now - leap,
      PageUp: now + leap,
      Home: 0,
      End: last,
    };
    const next = steps[key];
    return next === undefined ? undefined : grid[Math.min(last, Math.max(0, next))];
  }

  private snap(x: number): number {
    const grid = this.grid();
    return grid && grid.length > 0 ? (grid[nearest(grid, x)] ?? x) : x;
  }

  /** The crosshair steps through the points of the series that has most of them. */
  private grid(): Float64Array | undefined {
    return this.content.series.reduce<Series | undefined>(
      (best, series) => (best && best.x.length >= series.x.length ? best : series),
      undefined,
    )?.x;
  }

  private update(theme: Theme): void {
    const { chart = this.create(theme) } = this;
    this.chart = chart;
    const measured = this.content.series.filter((series) => !series.exact);
    chart.data.datasets = this.content.series.map((series) =>
      this.dataset(series, measured.indexOf(series), measured.length, theme),
    );
    chart.options = this.chartOptions(theme);
    chart.update('none');
  }

  private create(theme: Theme): Chart<'line', Point[]> {
    return new Chart<'line', Point[]>(this.canvas, {
      type: 'line',
      data: { datasets: [] },
      options: this.chartOptions(theme),
      plugins: [
        {
          id: 'lanes',
          beforeLayout: ({ scales }) => {
            const y = scales['y'];
            if (!(y instanceof LaneScale)) return;
            y.above = this.laneSpace('above');
            y.beneath = this.laneSpace('beneath');
          },
          beforeDatasetsDraw: () => {
            this.drawGround();
          },
          afterDatasetsDraw: () => {
            this.drawShapes();
            this.drawLanes();
            this.drawMarks();
            this.drawCursor();
          },
        },
      ],
    });
  }

  private chartOptions(theme: Theme): NonNullable<Chart<'line', Point[]>['options']> {
    const { kind, yTitle, xTitle } = this.options;
    const font = { family: theme.fontFamily, size: theme.fontSize };
    const small = { ...font, size: theme.fontSize - 1 };
    const [yMin, yMax] = this.yRange();
    const narrow = this.element.clientWidth < 620;
    const axis = { color: theme.grid, tickColor: theme.muted, tickLength: 5, lineWidth: 1 };
    const border = { color: theme.muted, width: 1 };
    return {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      parsing: false,
      normalized: true,
      events: [],
      // The text for the x axis depends on the width.
      onResize: () => {
        queueMicrotask(() => {
          if (this.theme && this.element.clientWidth < 620 !== narrow) this.update(this.theme);
        });
      },
      layout: { padding: { top: 6, right: 14, bottom: 0, left: 0 } },
      scales: {
        x: {
          type: 'linear',
          min: this.content.xRange[0],
          max: this.content.xRange[1],
          grid: axis,
          border,
          ticks: {
            color: theme.muted,
            font: small,
            maxRotation: 0,
            includeBounds: false,
            callback: (value) => printTick(Number(value)),
          },
          title: { display: true, text: xTitle[narrow ? 1 : 0], color: theme.foreground, font },
        },
        y: {
          type: 'lanes',
          min: yMin,
          max: yMax,
          grid: axis,
          border,
          afterFit: (scale) => {
            scale.width = yAxisWidth;
          },
          ...(kind === 'log' && {
            afterBuildTicks: (scale) => {
              scale.ticks = decades(
                yMin,
                yMax,
                this.canvas.clientHeight - this.laneSpace('above') - this.laneSpace('beneath'),
              );
            },
          }),
          ticks: {
            color: theme.muted,
            font: small,
            autoSkip: kind === 'linear',
            includeBounds: false,
            callback: (value) => (kind === 'log' ? printPowerOfTen(Number(value)) : printTick(Number(value))),
          },
          title: { display: true, text: yTitle, color: theme.foreground, font },
        },
      },
    };
  }

  /** In the units of the axis: decades on a logarithmic one. */
  private yRange(): readonly [number, number] {
    const { kind, yRange } = this.options;
    let [low, high] = yRange ?? [Infinity, -Infinity];
    for (const { y } of this.content.series) {
      for (const value of y) {
        if (laneOf(value, kind) !== undefined) continue;
        const place = kind === 'log' ? Math.log10(value) : value;
        low = Math.min(low, place);
        high = Math.max(high, place);
      }
    }
    if (low > high) return kind === 'log' ? [-1, 1] : [0, 1];
    if (kind === 'log') return [Math.floor(low), Math.max(Math.ceil(high), Math.floor(low) + 1)];
    const room = (high - low || 1) * 0.05;
    return [low - room, high + room];
  }

  private dataset(series: Series, index: number, count: number, theme: Theme): ChartDataset<'line', Point[]> {
    const { exact = false, style, x, y } = series;
    const width = exact ? 1 : lineWidth(index, count);
    return {
      data: Array.from(y, (value, i) => ({ x: x[i] ?? NaN, y: this.place(value) })),
      borderColor: this.colour(series, theme),
      borderWidth: width,
      borderDash: exact ? [] : scaledDash(style.dash, width),
      borderCapStyle: 'butt',
      borderJoinStyle: 'round',
      // Chart.js works out the options of each point by itself once one of them differs: `drawShapes` is much faster.
      pointRadius: 0,
      pointHitRadius: 0,
      clip: 8,
      // The lower ones are drawn later: the exact curve on top, then the thin ones.
      order: exact ? -1 : count - index,
    };
  }

  private colour({ exact, stale, style }: Series, theme: Theme): string {
    if (exact) return theme.foreground;
    return stale ? faded(style.colour, 0.3) : style.colour;
  }

  /** Where on the axis a value lies: its decade on a logarithmic one; NaN where it has no place. */
  private place(value: number): number {
    const { kind } = this.options;
    if (laneOf(value, kind) !== undefined) return NaN;
    return kind === 'log' ? Math.log10(value) : value;
  }

  /** A few points of each curve in its shape, not at the same x; and points that no line touches. */
  private drawShapes(): void {
    const { chart, theme } = this;
    const x = chart?.scales['x'];
    const y = chart?.scales['y'];
    if (!chart || !theme || !x || !y) return;
    const { ctx } = chart;
    const measured = this.content.series.filter((series) => !series.exact);
    ctx.save();
    measured.forEach((series, index) => {
      const every = Math.max(1, Math.floor(series.y.length / shapesPerSeries));
      const offset = Math.floor((every * (index + 0.5)) / measured.length);
      const radius = 2.6 + lineWidth(index, measured.length) / 3;
      ctx.strokeStyle = this.colour(series, theme);
      series.y.forEach((value, i) => {
        const place = this.place(value);
        if (Number.isNaN(place)) return;
        const alone = [i - 1, i + 1].every((at) => Number.isNaN(this.place(series.y[at] ?? NaN)));
        const shaped = measured.length > 1 && i % every === offset;
        if (!alone && !shaped) return;
        const at = x.getPixelForValue(series.x[i] ?? NaN);
        const size = { radius: alone ? 2 : radius, width: 1.4, ground: theme.background };
        drawMarker(ctx, series.style, [at, y.getPixelForValue(place)], size);
      });
    });
    ctx.restore();
  }

  private laneSpace(where: 'above' | 'beneath'): number {
    const lanes = this.lanes.filter((lane) => isAbove(lane) === (where === 'above'));
    return lanes.reduce((space, lane) => space + lane.height + laneGap, 0);
  }

  private layOutLanes(): Lane[] {
    const { kind, laneLabels } = this.options;
    const lanes = new Map<LaneName, LaneRow[]>();
    for (const series of this.content.series) {
      const runs = runsOf(series.y, kind);
      for (const name of laneOrder) {
        const own = runs.filter((run) => run.lane === name);
        if (own.length === 0) continue;
        const rows = lanes.get(name) ?? [];
        rows.push(this.row(series, name, own));
        lanes.set(name, rows);
      }
    }
    const { extraLanes = [], xRange } = this.content;
    const found: Omit<Lane, 'top' | 'height'>[] = laneOrder.flatMap((name) => {
      const rows = lanes.get(name);
      return rows ? [{ name, label: laneLabels?.[name] ?? defaultLaneLabels[name], rows }] : [];
    });
    found.push(...extraLanes.filter(({ rows }) => rows.length > 0).map((lane) => extra(lane, xRange)));
    const count = found.reduce((sum, lane) => sum + lane.rows.length, 0);
    const rowHeight = count <= labelledRows ? 15 : Math.max(5, Math.min(9, 110 / count));
    return found.map((lane) => ({
      ...lane,
      top: 0,
      height: Math.max(15, lane.rows.length * rowHeight + 2 * lanePadding),
    }));
  }

  private row(series: Series, lane: LaneName, runs: readonly Run[]): LaneRow {
    const few = runs.length <= labelledBars;
    return {
      style: series.style,
      stale: series.stale ?? false,
      hatched: lane === 'NaN',
      bars: runs.map((run) => this.bar(series, run, few)),
    };
  }

  /** A run in x, its ends at the known thresholds where these lie between its last point and the next. */
  private bar(series: Series, run: Run, few: boolean): Bar {
    const { x, y, thresholds } = series;
    const { first, last, lane } = run;
    const [low, high] = this.content.xRange;
    const start = x[first] ?? 0;
    const end = x[last] ?? 0;
    const before = x[first - 1];
    const after = x[last + 1];
    const begins = thresholds.find((place) => before !== undefined && place > before && place <= start);
    const ends = thresholds.find((place) => after !== undefined && place >= end && place < after);
    const span = { from: begins ?? start, to: ends ?? end };
    if (!few) return { ...span, joins: [], label: '' };
    const extreme = lane === 'negative' ? `${printTick(Math.min(...y.subarray(first, last + 1)))} ` : '';
    // Between two points, and nobody has looked closer.
    const about = (known: boolean, place: number): string => `${known ? '' : '≈ '}${printTick(place)}`;
    const label = rangeLabel(
      start <= low ? undefined : about(begins !== undefined, span.from),
      end >= high ? undefined : about(ends !== undefined, span.to),
    );
    return { ...span, joins: joinsOf(y, run, span, this.options.kind), label: extreme + label };
  }

  private explainLanes(): string {
    const texts: Readonly<Record<LaneName, string>> = {
      infinity: 'infinite values in the strip above the axis',
      zero: 'exact zeros in the strip “0”',
      negative: `${this.options.laneLabels?.negative === undefined ? 'negative values' : 'gradients of the wrong sign'} in the strip “${this.options.laneLabels?.negative ?? '< 0'}”`,
      negativeInfinity: 'values of −∞ in the strip “−∞”',
      NaN: 'NaN hatched',
    };
    const present = this.lanes.flatMap((lane) => (lane.name === 'extra' ? [] : [texts[lane.name]]));
    if (present.length === 0) return '';
    const axis = this.options.kind === 'log' ? 'a logarithmic axis' : 'the axis';
    return `What has no place on ${axis}: ${present.join('; ')}.`;
  }

  /** Shading, the lanes' ground and the line between the two sides: what lies under the curves. */
  private drawGround(): void {
    const { chart, theme } = this;
    const x = chart?.scales['x'];
    const y = chart?.scales['y'];
    if (!chart || !theme || !x || !(y instanceof LaneScale)) return;
    const { ctx, chartArea: area } = chart;
    let top = area.top;
    let bottom = area.bottom - this.laneSpace('beneath') + laneGap;
    for (const lane of this.lanes) {
      if (isAbove(lane)) {
        lane.top = top;
        top += lane.height + laneGap;
      } else {
        lane.top = bottom;
        bottom += lane.height + laneGap;
      }
    }
    ctx.save();
    const axisTop = area.top + y.above;
    const axisBottom = area.bottom - y.beneath;
    ctx.fillStyle = faded(theme.foreground, theme.highContrast ? 0.2 : 0.07);
    for (const band of union(this.content.bands ?? [])) {
      const from = x.getPixelForValue(band.from);
      ctx.fillRect(from, axisTop, x.getPixelForValue(band.to) - from, axisBottom - axisTop);
    }
    this.drawHistogram(axisTop, axisBottom);
    this.drawRibbons();
    for (const lane of this.lanes) {
      // The ground hides the vertical grid lines between axis and lane: the axis is broken there.
      ctx.fillStyle = theme.background;
      ctx.fillRect(
        area.left,
        isAbove(lane) ? lane.top : lane.top - laneGap,
        area.right - area.left,
        lane.height + laneGap,
      );
      ctx.fillStyle = theme.strip;
      ctx.fillRect(area.left, lane.top, area.right - area.left, lane.height);
      ctx.strokeStyle = theme.grid;
      ctx.lineWidth = 1;
      ctx.strokeRect(
        area.left + 0.5,
        Math.round(lane.top) + 0.5,
        area.right - area.left - 1,
        Math.round(lane.height) - 1,
      );
      this.text(lane.label, area.left - 8, lane.top + lane.height / 2, 'right', theme.muted);
    }
    this.drawMinorTicks(y, area.left, axisTop, axisBottom);
    const [left, right] = this.content.sides ?? ['', ''];
    const [low, high] = this.content.xRange;
    if (left && low < 0 && high > 0) {
      const zero = Math.round(x.getPixelForValue(0)) + 0.5;
      ctx.strokeStyle = theme.muted;
      ctx.setLineDash([1, 3]);
      ctx.beginPath();
      ctx.moveTo(zero, axisTop);
      ctx.lineTo(zero, area.bottom);
      ctx.stroke();
      if (zero - area.left > 90) this.text(`← ${left}`, zero - 6, axisBottom - 10, 'right', theme.muted);
      if (area.right - zero > 90) this.text(`${right} →`, zero + 6, axisBottom - 10, 'left', theme.muted);
    }
    ctx.restore();
  }

  private drawHistogram(top: number, bottom: number): void {
    const { chart, theme } = this;
    const x = chart?.scales['x'];
    const { histogram } = this.content;
    if (!chart || !theme || !x || !histogram) return;
    const { ctx, chartArea: area } = chart;
    const { edges, counts } = histogram;
    const most = counts.reduce((a, b) => Math.max(a, b), 0);
    if (most === 0) return;
    ctx.fillStyle = faded(theme.foreground, theme.highContrast ? 0.45 : 0.22);
    counts.forEach((count, i) => {
      const from = Math.max(area.left, x.getPixelForValue(edges[i] ?? NaN));
      const to = Math.min(area.right, x.getPixelForValue(edges[i + 1] ?? NaN));
      const height = ((bottom - top) / 3) * (count / most);
      // A bin with a single sample still shows.
      if (count > 0 && to > from) ctx.fillRect(from, bottom - Math.max(1, height), to - from, Math.max(1, height));
    });
  }

  private drawRibbons(): void {
    const { chart, theme } = this;
    const x = chart?.scales['x'];
    const y = chart?.scales['y'];
    if (!chart || !theme || !x || !y) return;
    const { ctx, chartArea: area } = chart;
    ctx.save();
    ctx.beginPath();
    ctx.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
    ctx.clip();
    for (const series of this.content.series) {
      const { ribbon } = series;
      if (!ribbon) continue;
      ctx.fillStyle = faded(this.colour(series, theme), series.stale ? 0.08 : 0.18);
      const at = (values: Float64Array, i: number): readonly [number, number] => {
        const place = this.place(values[i] ?? NaN);
        // What has no place on a logarithmic axis lies beneath it.
        return [x.getPixelForValue(series.x[i] ?? NaN), Number.isNaN(place) ? area.bottom : y.getPixelForValue(place)];
      };
      ctx.beginPath();
      for (let i = 0; i < series.x.length; i++) ctx.lineTo(...at(ribbon.high, i));
      for (let i = series.x.length - 1; i >= 0; i--) ctx.lineTo(...at(ribbon.low, i));
      ctx.closePath();
      ctx.fill();
    }
    ctx.restore();
  }

  /** 2 to 9 of each decade, where there is room: they say that the axis is logarithmic. */
  private drawMinorTicks(y: LaneScale, left: number, top: number, bottom: number): void {
    const { chart, theme } = this;
    if (!chart || !theme || this.options.kind !== 'log') return;
    const decadeHeight = (bottom - top) / (y.max - y.min);
    if (decadeHeight < 26) return;
    const { ctx } = chart;
    ctx.strokeStyle = theme.muted;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (let decade = y.min; decade < y.max; decade++) {
      for (let digit = 2; digit <= 9; digit++) {
        const at = Math.round(y.getPixelForValue(decade + Math.log10(digit))) + 0.5;
        ctx.moveTo(left - 3, at);
        ctx.lineTo(left, at);
      }
    }
    ctx.stroke();
  }

  private drawLanes(): void {
    const { chart, theme } = this;
    const x = chart?.scales['x'];
    const y = chart?.scales['y'];
    if (!chart || !theme || !x || !y) return;
    const { ctx, chartArea: area } = chart;
    ctx.save();
    for (const lane of this.lanes) {
      const rowHeight = (lane.height - 2 * lanePadding) / lane.rows.length;
      lane.rows.forEach((row, i) => {
        const middle = lane.top + lanePadding + (i + 0.5) * rowHeight;
        const thickness = Math.max(3, Math.min(6, rowHeight - 2));
        ctx.globalAlpha = row.stale ? 0.3 : 1;
        for (const bar of row.bars) {
          const from = Math.max(area.left, x.getPixelForValue(bar.from));
          const to = Math.min(area.right, Math.max(x.getPixelForValue(bar.to), from + 2));
          ctx.strokeStyle = row.style.colour;
          ctx.lineWidth = 1;
          ctx.setLineDash([1, 2]);
          for (const [place, value] of bar.joins) {
            const at = Math.round(x.getPixelForValue(place)) + 0.5;
            ctx.beginPath();
            ctx.moveTo(at, y.getPixelForValue(value));
            ctx.lineTo(at, middle);
            ctx.stroke();
          }
          this.drawBar(row, from, to, middle, thickness);
        }
        ctx.globalAlpha = 1;
        if (rowHeight >= 11) this.drawRowLabels(row, middle);
      });
    }
    ctx.restore();
  }

  private drawBar(row: LaneRow, from: number, to: number, middle: number, thickness: number): void {
    const { ctx } = this.chart as Chart<'line', Point[]>;
    const { colour, dash } = row.style;
    ctx.setLineDash([]);
    if (row.hatched) {
      ctx.save();
      ctx.beginPath();
      ctx.rect(from, middle - thickness / 2, to - from, thickness);
      ctx.clip();
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1.3;
      ctx.beginPath();
      for (let at = from - thickness; at < to; at += 4) {
        ctx.moveTo(at, middle + thickness / 2);
        ctx.lineTo(at + thickness, middle - thickness / 2);
      }
      ctx.stroke();
      ctx.restore();
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1;
      ctx.strokeRect(from, middle - thickness / 2, to - from, thickness);
    } else {
      ctx.strokeStyle = colour;
      ctx.lineWidth = thickness;
      ctx.setLineDash(scaledDash(dash, 2));
      ctx.beginPath();
      ctx.moveTo(from, middle);
      ctx.lineTo(to, middle);
      ctx.stroke();
      ctx.setLineDash([]);
    }
    ctx.lineWidth = 2;
    ctx.strokeStyle = colour;
    ctx.beginPath();
    ctx.moveTo(from, middle - thickness / 2 - 1);
    ctx.lineTo(from, middle + thickness / 2 + 1);
    ctx.stroke();
  }

  /** Beside each bar, where there is room. */
  private drawRowLabels({ bars }: LaneRow, middle: number): void {
    const { chart, theme } = this;
    const x = chart?.scales['x'];
    if (!chart || !theme || !x) return;
    const { ctx, chartArea: area } = chart;
    ctx.font = `${String(theme.fontSize - 2)}px ${theme.fontFamily}`;
    let free = area.left;
    bars.forEach((bar, i) => {
      const width = ctx.measureText(bar.label).width + 8;
      const from = x.getPixelForValue(bar.from);
      const to = x.getPixelForValue(bar.to);
      const next = bars[i + 1];
      const limit = next ? x.getPixelForValue(next.from) : area.right;
      if (from - free > width) this.text(bar.label, from - 5, middle, 'right', theme.foreground, -2);
      else if (limit - to > width) this.text(bar.label, to + 6, middle, 'left', theme.foreground, -2);
      free = limit - to > width ? to + width : to;
    });
  }

  private drawMarks(): void {
    const { chart, theme } = this;
    const x = chart?.scales['x'];
    const y = chart?.scales['y'];
    if (!chart || !theme || !x || !y) return;
    const { ctx, chartArea: area } = chart;
    const taken: { left: number; right: number; y: number }[] = [];
    const [low, high] = this.content.xRange;
    const { marks = [] } = this.content;
    const named = marks.length <= namedMarks;
    for (const mark of marks) {
      if (mark.x < low || mark.x > high || laneOf(mark.y, this.options.kind) !== undefined) continue;
      const px = x.getPixelForValue(mark.x);
      const py = y.getPixelForValue(this.options.kind === 'log' ? Math.log10(mark.y) : mark.y);
      const { style } = mark.series;
      ctx.save();
      ctx.globalAlpha = mark.series.stale ? 0.3 : 1;
      ctx.fillStyle = theme.background;
      ctx.strokeStyle = style.colour;
      ctx.lineWidth = 2;
      drawPoint(ctx, { pointStyle: 'circle', radius: 4, borderWidth: 2 }, px, py);
      ctx.font = `${String(theme.fontSize - 1)}px ${theme.fontFamily}`;
      const text = mark.text[area.right - area.left < 380 ? 1 : 0];
      const width = ctx.measureText(text).width + 16;
      const left = Math.max(area.left + 4, Math.min(px + 8, area.right - width));
      const line = theme.fontSize + 4;
      const isInside = (at: number): boolean =>
        at > area.top + this.laneSpace('above') + 8 && at < area.bottom - this.laneSpace('beneath') - 8;
      const isUntaken = (at: number): boolean =>
        taken.every((other) => other.right < left || other.left > left + width || Math.abs(other.y - at) >= line - 1);
      const places = [-15, 15, -15 - line, 15 + line, 15 + 2 * line, -15 - 2 * line, 15 + 3 * line]
        .map((shift) => py + shift)
        .filter((at) => isInside(at) && isUntaken(at));
      const free = places.find((at) => !this.curvesCross(left, left + width, at - 9, at + 9)) ?? places[0];
      if (named && free !== undefined) {
        taken.push({ left, right: left + width, y: free });
        drawMarker(ctx, style, [left + 4, free], { radius: 3.5, width: 1.5, ground: theme.background });
        this.text(text, left + 13, free, 'left', theme.foreground, -1);
      }
      ctx.restore();
    }
  }

  /** Whether a curve passes through a rectangle, given in pixels. */
  private curvesCross(left: number, right: number, top: number, bottom: number): boolean {
    const x = this.chart?.scales['x'];
    const y = this.chart?.scales['y'];
    if (!x || !y) return false;
    const probes = 10;
    return this.content.series.some((series) => {
      const heights = Array.from({ length: probes + 1 }, (_, i) => {
        const at = nearest(series.x, x.getValueForPixel(left + ((right - left) * i) / probes) ?? NaN);
        return y.getPixelForValue(this.place(series.y[at] ?? NaN));
      }).filter((height) => !Number.isNaN(height));
      return heights.some((height, i) => {
        const next = heights[i + 1] ?? height;
        return Math.max(height, next) > top && Math.min(height, next) < bottom;
      });
    });
  }

  private drawCursor(): void {
    const { chart, theme, at } = this;
    const x = chart?.scales['x'];
    const y = chart?.scales['y'];
    if (!chart || !theme || !x || !y || at === null) return;
    const { ctx, chartArea: area } = chart;
    const px = Math.round(x.getPixelForValue(at)) + 0.5;
    ctx.save();
    ctx.strokeStyle = theme.foreground;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(px, area.top);
    ctx.lineTo(px, area.bottom);
    ctx.stroke();
    for (const series of this.content.series) {
      const index = nearest(series.x, at);
      const value = series.y[index];
      if (value === undefined || laneOf(value, this.options.kind) !== undefined) continue;
      ctx.fillStyle = series.exact ? theme.foreground : series.style.colour;
      ctx.strokeStyle = theme.background;
      ctx.lineWidth = 1.5;
      const place = this.options.kind === 'log' ? Math.log10(value) : value;
      drawPoint(
        ctx,
        { pointStyle: 'circle', radius: series.exact ? 2.5 : 4, borderWidth: 1.5 },
        x.getPixelForValue(series.x[index] ?? at),
        y.getPixelForValue(place),
      );
    }
    ctx.restore();
  }

  /** Text with a halo of the background, so that lines behind it don't make it hard to read. */
  private text(text: string, x: number, y: number, align: CanvasTextAlign, colour: string, size = -1): void {
    const { chart, theme } = this;
    if (!chart || !theme) return;
    const { ctx } = chart;
    ctx.save();
    ctx.font = `${String(theme.fontSize + size)}px ${theme.fontFamily}`;
    ctx.textAlign = align;
    ctx.textBaseline = 'middle';
    ctx.setLineDash([]);
    ctx.lineWidth = 4;
    ctx.lineJoin = 'round';
    ctx.strokeStyle = theme.background;
    ctx.strokeText(text, x, y);
    ctx.fillStyle = colour;
    ctx.fillText(text, x, y);
    ctx.restore();
  }
}

function isAbove(lane: Lane): boolean {
  return lane.name === 'infinity';
}

function extra({ label, rows }: ExtraLane, [low, high]: readonly [number, number]): Omit<Lane, 'top' | 'height'> {
  return {
    name: 'extra',
    label,
    rows: rows.map(({ style, stale, bands }) => ({
      style,
      stale,
      hatched: false,
      bars: bands.map(({ from, to }) => ({
        from,
        to,
        joins: [],
        label: rangeLabel(from <= low ? undefined : printTick(from), to >= high ? undefined : printTick(to)),
      })),
    })),
  };
}
