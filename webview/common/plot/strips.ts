/** What lies in the lanes: a bar for each stretch of x. */
import { scaledDash } from '../plotting';
import { drawText, fontOf, type Frame } from './frame';
import { laneTops } from './ground';
import { lanePadding, type LaneRow } from './layout';

export function drawLanes(frame: Frame): void {
  const { ctx } = frame;
  ctx.save();
  for (const [lane, top] of laneTops(frame)) {
    const rowHeight = (lane.height - 2 * lanePadding) / Math.max(1, lane.rows.length);
    lane.rows.forEach((row, i) => {
      const middle = top + lanePadding + (i + 0.5) * rowHeight;
      ctx.globalAlpha = row.stale ? 0.3 : 1;
      drawRow(frame, row, middle, Math.max(3, Math.min(6, rowHeight - 2)));
      ctx.globalAlpha = 1;
      if (rowHeight >= 11) drawRowLabels(frame, row, middle);
    });
  }
  ctx.restore();
}

function drawRow(frame: Frame, row: LaneRow, middle: number, thickness: number): void {
  const { ctx, area, px, y } = frame;
  for (const bar of row.bars) {
    const from = Math.max(area.left, px(bar.from));
    const to = Math.min(area.right, Math.max(px(bar.to), from + 2));
    if (to <= area.left || from >= area.right) continue;
    ctx.strokeStyle = row.style.colour;
    ctx.lineWidth = 1;
    ctx.setLineDash([1, 2]);
    for (const [place, value] of bar.joins) {
      const at = Math.round(px(place)) + 0.5;
      if (at < area.left || at > area.right + 1) continue;
      ctx.beginPath();
      ctx.moveTo(at, y.getPixelForValue(value));
      ctx.lineTo(at, middle);
      ctx.stroke();
    }
    drawBar(ctx, row, [from, to], middle, thickness);
  }
}

function drawBar(
  ctx: CanvasRenderingContext2D,
  row: LaneRow,
  [from, to]: readonly [number, number],
  middle: number,
  thickness: number,
): void {
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
function drawRowLabels(frame: Frame, { bars }: LaneRow, middle: number): void {
  const { ctx, theme, area, px } = frame;
  ctx.font = fontOf(theme, -2);
  const look = { colour: theme.foreground, size: -2 } as const;
  let free = area.left;
  bars.forEach((bar, i) => {
    const width = ctx.measureText(bar.label).width + 8;
    const [from, to] = [px(bar.from), px(bar.to)];
    const next = bars[i + 1];
    const limit = Math.min(area.right, next ? px(next.from) : area.right);
    if (to < area.left || from > area.right) return;
    if (from - free > width) drawText(frame, bar.label, { ...look, at: [from - 5, middle], align: 'right' });
    else if (limit - to > width) drawText(frame, bar.label, { ...look, at: [to + 6, middle], align: 'left' });
    free = limit - to > width ? to + width : to;
  });
}
