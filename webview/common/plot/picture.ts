/** A figure as a Chart.js chart: axes and lines are Chart.js's, all else is painted by us. */
import { BasicPlatform, Chart, type ChartDataset, type Point } from 'chart.js';
import { printPowerOfTen, printTick } from '../format';
import { laneOf } from '../lanes';
import { decades, lineWidth, scaledDash } from '../plotting';
import type { PlotContent, PlotOptions, Series } from './content';
import { colourOf, frameOf, placeOf, type Figure, type Frame, type LineChart } from './frame';
import { drawGround } from './ground';
import { laneSpace } from './layout';
import { drawCursor, drawMarks, drawShapes } from './marks';
import { LaneScale } from './scale';
import { drawLanes } from './strips';

type LineOptions = NonNullable<LineChart['options']>;

/** Wide enough for the labels of every plot, so that the x axes of plots above each other agree. */
const yAxisWidth = 66;
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
      paint(chart, drawShapes, drawLanes, drawMarks, drawCursor);
    },
  };
}

function datasetsOf({ content, options, theme }: Figure): ChartDataset<'line', Point[]>[] {
  const measured = content.series.filter((series) => !series.exact);
  return content.series.map((series): ChartDataset<'line', Point[]> => {
    const { exact = false, style, x, y } = series;
    const index = measured.indexOf(series);
    const width = exact ? 1 : lineWidth(index, measured.length);
    return {
      data: Array.from(y, (value, i) => ({ x: x[i] ?? NaN, y: placeOf(value, options.kind) })),
      borderColor: colourOf(series, theme),
      borderWidth: width,
      borderDash: exact ? [] : scaledDash(style.dash, width),
      borderCapStyle: 'butt',
      borderJoinStyle: 'round',
      // Chart.js works out the options of each point by itself once one of them differs: `drawShapes` is much faster.
      pointRadius: 0,
      pointHitRadius: 0,
      clip: 8,
      // The lower ones are drawn later: the exact curve on top, then the thin ones.
      order: exact ? -1 : measured.length - index,
    };
  });
}

function optionsOf({ content, options, lanes, theme }: Figure, { width, height }: Size, surface: Surface): LineOptions {
  const { kind, yTitle, xTitle } = options;
  const font = { family: theme.fontFamily, size: theme.fontSize };
  const small = { ...font, size: theme.fontSize - 1 };
  const [yMin, yMax] = yRange(content, options);
  const axis = { color: theme.grid, tickColor: theme.muted, tickLength: 5, lineWidth: 1 };
  const border = { color: theme.muted, width: 1 };
  const room = height - laneSpace(lanes, 'above') - laneSpace(lanes, 'beneath');
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
        min: content.xRange[0],
        max: content.xRange[1],
        grid: axis,
        border,
        ticks: {
          color: theme.muted,
          font: small,
          maxRotation: 0,
          includeBounds: false,
          callback: (value) => printTick(Number(value)),
        },
        title: { display: true, text: xTitle[width < narrow ? 1 : 0], color: theme.foreground, font },
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
            scale.ticks = decades(yMin, yMax, room);
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
function yRange({ series }: PlotContent, options: PlotOptions): readonly [number, number] {
  const { kind } = options;
  let [low, high] = options.yRange ?? [Infinity, -Infinity];
  const include = (values: Series['y']): void => {
    for (const value of values) {
      if (laneOf(value, kind) !== undefined) continue;
      const place = placeOf(value, kind);
      low = Math.min(low, place);
      high = Math.max(high, place);
    }
  };
  for (const { y, ribbon } of series) [y, ...(ribbon ? [ribbon.low, ribbon.high] : [])].forEach(include);
  if (low > high) return kind === 'log' ? [-1, 1] : [0, 1];
  if (kind === 'log') return [Math.floor(low), Math.max(Math.ceil(high), Math.floor(low) + 1)];
  const room = (high - low || 1) * 0.05;
  return [low - room, high + room];
}
