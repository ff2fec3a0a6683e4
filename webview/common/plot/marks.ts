/** What is drawn over the curves: their points' shapes, places that are pointed out, and the crosshair. */
import { drawPoint } from 'chart.js/helpers';
import { laneOf, nearest } from '../lanes';
import { drawMarker } from '../markers';
import { lineWidth } from '../plotting';
import { faded } from '../theme';
import type { Mark } from './content';
import { colourOf, drawText, fontOf, type Frame } from './frame';

/** More marks than this keep their circles only: their texts would cover the curves. */
const namedMarks = 6;
/** Points that are drawn as shapes, per curve. */
const shapesPerSeries = 6;

/** A few points of each curve in its shape, not at the same x; and points that no line touches. */
export function drawShapes({ ctx, theme, content, area, axisTop, axisBottom, px, py }: Frame): void {
  const measured = content.series.filter((series) => !series.exact);
  ctx.save();
  measured.forEach((series, index) => {
    const every = Math.max(1, Math.floor(series.y.length / shapesPerSeries));
    const offset = Math.floor((every * (index + 0.5)) / measured.length);
    const radius = 2.6 + lineWidth(index, measured.length) / 3;
    ctx.strokeStyle = colourOf(series, theme);
    series.y.forEach((value, i) => {
      const place = py(value);
      if (Number.isNaN(place)) return;
      const alone = [i - 1, i + 1].every((at) => Number.isNaN(py(series.y[at] ?? NaN)));
      const shaped = measured.length > 1 && i % every === offset;
      if (!alone && !shaped) return;
      const at = px(series.x[i] ?? NaN);
      if (at < area.left - 1 || at > area.right + 1 || place < axisTop - 1 || place > axisBottom + 1) return;
      const size = { radius: alone ? 2 : radius, width: 1.4, ground: theme.background };
      drawMarker(ctx, series.style, [at, place], size);
    });
  });
  ctx.restore();
}

/** A mark that lies in the picture, and where. */
interface PlacedMark {
  readonly mark: Mark;
  readonly at: readonly [x: number, y: number];
}

/** The marks that are in view. */
export function placedMarks({ content, options, px, py }: Frame): PlacedMark[] {
  const [low, high] = content.xRange;
  return (content.marks ?? []).flatMap((mark) =>
    mark.x < low || mark.x > high || laneOf(mark.y, options.kind) !== undefined
      ? []
      : [{ mark, at: [px(mark.x), py(mark.y)] as const }],
  );
}

export function drawMarks(frame: Frame): void {
  const { ctx, theme, area, axisTop, axisBottom, content } = frame;
  const taken: { left: number; right: number; y: number }[] = [];
  const named = (content.marks ?? []).length <= namedMarks;
  for (const { mark, at } of placedMarks(frame)) {
    const [px, py] = at;
    const { style } = mark.series;
    ctx.save();
    ctx.globalAlpha = mark.series.stale ? 0.3 : 1;
    ctx.fillStyle = theme.background;
    ctx.strokeStyle = style.colour;
    ctx.lineWidth = 2;
    drawPoint(ctx, { pointStyle: 'circle', radius: 4, borderWidth: 2 }, px, py);
    ctx.font = fontOf(theme, -1);
    const text = mark.text[area.right - area.left < 380 ? 1 : 0];
    const width = ctx.measureText(text).width + 16;
    const left = Math.max(area.left + 4, Math.min(px + 8, area.right - width));
    const line = theme.fontSize + 4;
    const isInside = (y: number): boolean => y > axisTop + 8 && y < axisBottom - 8;
    const isUntaken = (y: number): boolean =>
      taken.every((other) => other.right < left || other.left > left + width || Math.abs(other.y - y) >= line - 1);
    const places = [-15, 15, -15 - line, 15 + line, 15 + 2 * line, -15 - 2 * line, 15 + 3 * line]
      .map((shift) => py + shift)
      .filter((y) => isInside(y) && isUntaken(y));
    const free = places.find((y) => !curvesCross(frame, [left, left + width], [y - 9, y + 9])) ?? places[0];
    if (named && free !== undefined) {
      taken.push({ left, right: left + width, y: free });
      drawMarker(ctx, style, [left + 4, free], { radius: 3.5, width: 1.5, ground: theme.background });
      drawText(frame, text, { at: [left + 13, free], align: 'left', colour: theme.foreground });
    }
    ctx.restore();
  }
}

/** Whether a curve passes through a rectangle, given in pixels. */
function curvesCross(
  { content, xAt, py }: Frame,
  [left, right]: readonly [number, number],
  [top, bottom]: readonly [number, number],
): boolean {
  const probes = 10;
  return content.series.some((series) => {
    const heights = Array.from({ length: probes + 1 }, (_, i) => {
      const at = nearest(series.x, xAt(left + ((right - left) * i) / probes));
      return py(series.y[at] ?? NaN);
    }).filter((height) => !Number.isNaN(height));
    return heights.some((height, i) => {
      const next = heights[i + 1] ?? height;
      return Math.max(height, next) > top && Math.min(height, next) < bottom;
    });
  });
}

/** The range that is being selected. */
export function drawSelection({ ctx, theme, area, selection, px }: Frame): void {
  if (!selection) return;
  const from = px(selection.from);
  const width = px(selection.to) - from;
  ctx.save();
  ctx.fillStyle = faded(theme.foreground, 0.14);
  ctx.fillRect(from, area.top, width, area.bottom - area.top);
  ctx.strokeStyle = theme.foreground;
  ctx.setLineDash([4, 3]);
  ctx.lineWidth = 1;
  ctx.strokeRect(from + 0.5, area.top + 0.5, width, area.bottom - area.top - 1);
  ctx.restore();
}

export function drawCursor({ ctx, theme, content, options, area, cursor, px, py }: Frame): void {
  if (cursor === null || cursor < content.xRange[0] || cursor > content.xRange[1]) return;
  const at = Math.round(px(cursor)) + 0.5;
  ctx.save();
  ctx.strokeStyle = theme.foreground;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(at, area.top);
  ctx.lineTo(at, area.bottom);
  ctx.stroke();
  for (const series of content.series) {
    const index = nearest(series.x, cursor);
    const value = series.y[index];
    if (value === undefined || laneOf(value, options.kind) !== undefined) continue;
    ctx.fillStyle = series.exact ? theme.foreground : series.style.colour;
    ctx.strokeStyle = theme.background;
    ctx.lineWidth = 1.5;
    const size = { pointStyle: 'circle', radius: series.exact ? 2.5 : 4, borderWidth: 1.5 } as const;
    drawPoint(ctx, size, px(series.x[index] ?? cursor), py(value));
  }
  ctx.restore();
}
