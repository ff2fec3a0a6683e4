/** A figure as a Chart.js chart: axes and lines are Chart.js's, all else is painted by us. */
import { BasicPlatform, Chart, type ChartDataset, type Point } from 'chart.js';
import { printPowerOfTen, printTickOf } from '../format';
import { laneOf } from '../lanes';
import { decades, lineWidth, niceTicks, scaledDash } from '../plotting';
import type { PlotContent, PlotOptions } from './content';
import { colourOf, frameOf, placeOf, type Figure, type Frame, type LineChart } from './frame';
import { drawBandLabels, drawGround } from './ground';
import { laneSpace } from './layout';
import { drawCursor, drawMarks, drawSelection, drawShapes } from './marks';
import { LaneScale } from './scale';
import { drawLanes } from './strips';

type LineOptions = NonNullable<LineChart['options']>;

/** Wide enough for the labels of every plot, so that the x axes of plots above each other agree. */
const yAxisWidth = 66;
/** The same where labels have more digits. */
const zoomedAxisWidth = 92;
/** The width of lines that are all equal. */
const thinLine = 1.4;
/** Plots narrower than this, in pixels, have the short text at the x axis. */
export const narrow = 620;

/** The surface that a picture is drawn on, and how wide and high it is, in CSS pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** What the surface needs beside what is drawn on it. */
type Surface = Pick<LineOptions, 'responsive' | 'maintainAspectRatio' | 'devicePixelRatio' | 'onResize'>;

/** Draws what `figure` gives whenever it is updated, as wide as the canvas is shown. */
export function createChart(canvas: HTMLCanvasElement, figure: () => Figure | undefined): LineChart {
  return new Chart<'line', Point[]>(canvas, {
    type: 'line',
    data: { datasets: [] },
    options: { animation: false, events: [], maintainAspectRatio: false },
    plugins: [painter(figure)],
  });
}

export function updateChart(chart: LineChart, figure: Figure, size: Size, surface: Surface): void {
  chart.data.datasets = datasetsOf(figure);
  chart.options = optionsOf(figure, size, surface);
  chart.update('none');
}

/**
 * Draws a figure once, on any context that does what a 2D context does. Its canvas is given the size, times the scale,
 * and only its `width` and `height` are used.
 * @param scale pixels of the canvas for each CSS pixel
 */
export function paintOnce(context: CanvasRenderingContext2D, figure: Figure, size: Size, scale: number): void {
  const { canvas } = context;
  canvas.width = size.width;
  canvas.height = size.height;
  class Given extends BasicPlatform {
    override acquireContext(): CanvasRenderingContext2D {
      return context;
    }
  }
  const chart: LineChart = new Chart<'line', Point[]>(context, {
    type: 'line',
    platform: Given,
    // Straight to the context: a Path2D is a secret of the browser.
    data: { datasets: datasetsOf(figure).map((dataset) => ({ ...dataset, segment: {} })) },
    options: optionsOf(figure, size, { responsive: false, devicePixelRatio: scale }),
    plugins: [painter(() => figure)],
  });
  // It would be wiped when the chart goes.
  Object.assign(chart, { ctx: document.createElement('canvas').getContext('2d') });
  chart.destroy();
}

function painter(figure: () => Figure | undefined): {
  id: string;
  beforeLayout(chart: Chart): void;
  beforeDatasetsDraw(chart: Chart): void;
  afterDatasetsDraw(chart: Chart): void;
} {
  const paint = (chart: Chart, ...layers: readonly ((frame: Frame) => void)[]): void => {
    const now = figure();
    const frame = now && frameOf(chart as LineChart, now);
    if (frame) for (const layer of layers) layer(frame);
  };
  return {
    id: 'lanes',
    beforeLayout: ({ scales }) => {
      const y = scales['y'];
      if (!(y instanceof LaneScale)) return;
      const lanes = figure()?.lanes ?? [];
      y.above = laneSpace(lanes, 'above');
      y.beneath = laneSpace(lanes, 'beneath');
    },
    beforeDatasetsDraw: (chart) => {
      paint(chart, drawGround);
    },
    afterDatasetsDraw: (chart) => {
      paint(chart, drawShapes, drawLanes, drawBandLabels, drawMarks, drawSelection, drawCursor);
    },
  };
}

function datasetsOf({ content, options, theme }: Figure): ChartDataset<'line', Point[]>[] {
  const { axis } = content;
  const measured = content.series.filter((series) => !series.exact);
  return content.series.map((series): ChartDataset<'line', Point[]> => {
    const { exact = false, style, x, y } = series;
    const index = measured.indexOf(series);
    const width = exact ? 1 : options.thin ? thinLine : lineWidth(index, measured.length);
    return {
      data: Array.from(y, (value, i) => ({
        x: axis ? axis.place(x[i] ?? NaN) : (x[i] ?? NaN),
        y: placeOf(value, options.kind),
      })),
      borderColor: colourOf(series, theme),
      borderWidth: width,
      borderDash: exact ? [] : scaledDash(style.dash, width),
      borderCapStyle: 'butt',
      borderJoinStyle: 'round',
      // Chart.js works out the options of each point by itself once one of them differs: `drawShapes` is much faster.
      pointRadius: 0,
      pointHitRadius: 0,
      clip: content.zoomed === true ? { left: 0, right: 0, top: 8, bottom: 8 } : 8,
      // The lower ones are drawn later: the exact curve on top, then the thin ones.
      order: exact ? -1 : measured.length - index,
    };
  });
}

function optionsOf({ content, options, lanes, theme }: Figure, { width, height }: Size, surface: Surface): LineOptions {
  const { kind, xTitle } = options;
  const font = { family: theme.fontFamily, size: theme.fontSize };
  const small = { ...font, size: theme.fontSize - 1 };
  const axis = { color: theme.grid, tickColor: theme.muted, tickLength: 5, lineWidth: 1 };
  const border = { color: theme.muted, width: 1 };
  const room = height - laneSpace(lanes, 'above') - laneSpace(lanes, 'beneath');
  const zoomed = content.zoomed === true;
  const { min, max, ticks, labels, title } = verticalAxis(content, options, room);
  const across = horizontalAxis(content, width);
  const textOf = (texts: readonly [string, string]): string => texts[width < narrow ? 1 : 0];
  return {
    animation: false,
    parsing: false,
    normalized: true,
    events: [],
    ...surface,
    layout: { padding: { top: 6, right: 14, bottom: 0, left: 0 } },
    scales: {
      x: {
        type: 'linear',
        min: across.min,
        max: across.max,
        grid: axis,
        border,
        ...(across.ticks && {
          afterBuildTicks: (scale) => {
            scale.ticks = [...(across.ticks ?? [])];
          },
        }),
        ticks: {
          color: theme.muted,
          font: small,
          maxRotation: 0,
          autoSkip: !across.ticks,
          includeBounds: false,
          callback: (value, index, all) => across.labels?.[index] ?? printTickOf(Number(value), stepOf(all)),
        },
        title: { display: true, text: textOf(content.xTitle ?? xTitle), color: theme.foreground, font },
      },
      y: {
        type: 'lanes',
        min,
        max,
        grid: axis,
        border,
        afterFit: (scale) => {
          scale.width = zoomed ? zoomedAxisWidth : yAxisWidth;
        },
        ...(ticks && {
          afterBuildTicks: (scale) => {
            scale.ticks = [...ticks];
          },
        }),
        ticks: {
          color: theme.muted,
          font: small,
          autoSkip: kind === 'linear',
          includeBounds: false,
          callback: (value, index, all) =>
            labels?.[index] ??
            (kind === 'log' ? printPowerOfTen(Number(value)) : printTickOf(Number(value), stepOf(all))),
        },
        title: { display: true, text: title, color: theme.foreground, font },
      },
    },
  };
}

function stepOf(ticks: readonly { readonly value: number }[]): number {
  return Math.abs((ticks[1]?.value ?? 0) - (ticks[0]?.value ?? 0));
}

/** An axis in its own unit. Without ticks Chart.js finds them. */
interface Axis {
  readonly min: number;
  readonly max: number;
  readonly ticks?: readonly { readonly value: number }[] | undefined;
  readonly labels?: readonly string[] | undefined;
}

function horizontalAxis({ xRange, axis }: PlotContent, width: number): Axis {
  const [from, to] = xRange;
  if (!axis) return { min: from, max: to };
  const [min, max] = [axis.place(from), axis.place(to)];
  const count = Math.max(2, Math.floor(width / 90));
  const room = (max - min) / count;
  // Labels that would touch are left out, from the middle outward.
  const all = axis.ticks(from, to, count);
  const start = !all.includes(0) ? 0 : all.indexOf(0);
  const spread = (values: readonly number[]): number[] =>
    values.reduce<number[]>((kept, value) => {
      const last = kept.at(-1);
      return last === undefined || Math.abs(axis.place(value) - axis.place(last)) >= room * 0.8
        ? [...kept, value]
        : kept;
    }, []);
  const values = [...spread(all.slice(0, start + 1).reverse()).reverse(), ...spread(all.slice(start)).slice(1)];
  const steps = values.map((value, i) => Math.abs((values[i + 1] ?? values[i - 1] ?? value) - value));
  return {
    min,
    max,
    ticks: values.map((value) => ({ value: axis.place(value) })),
    labels: values.map((value, i) => printTickOf(value, steps[i] ?? 0)),
  };
}

/** In decades on a logarithmic axis, where less than one is in view with labels in between. */
function verticalAxis(content: PlotContent, options: PlotOptions, room: number): Axis & { readonly title: string } {
  const { kind } = options;
  const yTitle = content.yTitle ?? options.yTitle;
  const [low, high] = extent(content, options);
  if (low > high) {
    return kind === 'log'
      ? { min: -1, max: 1, ticks: decades(-1, 1, room), title: yTitle }
      : { min: 0, max: 1, title: yTitle };
  }
  if (kind === 'linear') {
    const space = (high - low || 1) * 0.05;
    return { min: low - space, max: high + space, title: yTitle };
  }
  if (content.zoomed === true && high - low < 0.8) return partOfDecade(low, high, room, yTitle);
  const min = Math.floor(low);
  const max = Math.max(Math.ceil(high), min + 1);
  return { min, max, ticks: decades(min, max, room), title: yTitle };
}

/** Less than a decade of a logarithmic axis: labels at round numbers; a power of ten that they share is in the title. */
function partOfDecade(low: number, high: number, room: number, yTitle: string): Axis & { readonly title: string } {
  const space = Math.max((high - low) * 0.08, 1e-12 * Math.max(1, Math.abs(low)));
  const [min, max] = [low - space, high + space];
  const exponent = Math.floor(max);
  const shared = Math.abs(exponent) >= 3 ? exponent : 0;
  const count = Math.max(2, Math.floor(room / 40));
  const values = niceTicks(10 ** (min - shared), 10 ** (max - shared), count);
  const step = (values[1] ?? NaN) - (values[0] ?? NaN);
  return {
    min,
    max,
    ticks: values.map((value) => ({ value: Math.log10(value) + shared })),
    labels: values.map((value) => printTickOf(value, step)),
    title: shared === 0 ? yTitle : `${yTitle} / ${printPowerOfTen(shared)}`,
  };
}

/** The least and the largest place on the axis that is in view. */
function extent({ series, xRange: [from, to], zoomed = false }: PlotContent, options: PlotOptions): [number, number] {
  const { kind } = options;
  let [low, high] = options.yRange ?? [Infinity, -Infinity];
  const include = (x: Float64Array, y: Float64Array, all: boolean): void => {
    y.forEach((value, i) => {
      const at = x[i] ?? NaN;
      if (laneOf(value, kind) !== undefined || !(all || (at >= from && at <= to))) return;
      const place = placeOf(value, kind);
      low = Math.min(low, place);
      high = Math.max(high, place);
    });
  };
  const includeSeries = (all: boolean): void => {
    for (const { x, y, ribbon } of series) {
      for (const values of [y, ...(ribbon ? [ribbon.low, ribbon.high] : [])]) include(x, values, all);
    }
  };
  includeSeries(!zoomed);
  // Between two points there is nothing: the axis stays what it is for all of them.
  if (low > high && zoomed) includeSeries(true);
  return [low, high];
}
