/** What the painters are given: where things lie, and what to draw with. */
import type { Chart, ChartArea, Point } from 'chart.js';
import { laneOf, type AxisKind } from '../lanes';
import type { Band } from '../plotting';
import { faded, type Theme } from '../theme';
import type { PlotContent, PlotOptions, Series } from './content';
import type { Lane } from './layout';
import { LaneScale } from './scale';

/** Everything a picture is made from. */
export interface Figure {
  readonly options: PlotOptions;
  readonly content: PlotContent;
  readonly lanes: readonly Lane[];
  readonly theme: Theme;
  /** Where the crosshair is, in x. */
  readonly cursor: number | null;
  /** The range that the reader is about to select. */
  readonly selection?: Band | undefined;
}

export type LineChart = Chart<'line', Point[]>;

/** A figure laid out on a surface. */
export interface Frame extends Figure {
  readonly ctx: CanvasRenderingContext2D;
  /** With the lanes. */
  readonly area: ChartArea;
  /** Without the lanes. */
  readonly axisTop: number;
  readonly axisBottom: number;
  readonly y: LaneScale;
  /** The pixel of an x, also outside of the range. */
  readonly px: (x: number) => number;
  /** The x of a pixel. */
  readonly xAt: (pixel: number) => number;
  /** The pixel of a value; NaN where it has no place on the axis. */
  readonly py: (value: number) => number;
}

/** @returns undefined as long as nothing is laid out */
export function frameOf(chart: LineChart, figure: Figure): Frame | undefined {
  const { x, y } = chart.scales;
  if (!x || !(y instanceof LaneScale)) return undefined;
  const { ctx, chartArea: area } = chart;
  const { kind } = figure.options;
  const { axis } = figure.content;
  return {
    ...figure,
    ctx,
    area,
    axisTop: area.top + y.above,
    axisBottom: area.bottom - y.beneath,
    y,
    px: (value) => x.getPixelForValue(axis ? axis.place(value) : value),
    xAt: (pixel) => {
      const place = x.getValueForPixel(pixel) ?? NaN;
      return axis ? axis.value(place) : place;
    },
    py: (value) => y.getPixelForValue(placeOf(value, kind)),
  };
}

/** Where on the axis a value lies: its decade on a logarithmic one; NaN where it has no place. */
export function placeOf(value: number, kind: AxisKind): number {
  if (laneOf(value, kind) !== undefined) return NaN;
  return kind === 'log' ? Math.log10(value) : value;
}

export function colourOf({ exact, stale, style }: Series, theme: Theme): string {
  if (exact) return theme.foreground;
  return stale ? faded(style.colour, 0.3) : style.colour;
}

/** Where a text stands and how it looks. */
export interface TextPlace {
  readonly at: readonly [x: number, y: number];
  readonly align: CanvasTextAlign;
  readonly colour: string;
  /** Beside the size of the theme's font, in pixels; -1 where it is left out. */
  readonly size?: number;
}

export function fontOf({ fontSize, fontFamily }: Theme, size: number): string {
  return `${String(fontSize + size)}px ${fontFamily}`;
}

/** Text with a halo of the background, so that lines behind it don't make it hard to read. */
export function drawText(
  { ctx, theme }: Frame,
  text: string,
  { at: [x, y], align, colour, size = -1 }: TextPlace,
): void {
  ctx.save();
  ctx.font = fontOf(theme, size);
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
