/** What lies under the curves: shading, histogram, ribbons, the lanes' ground and the line between the two sides. */
import { union } from '../plotting';
import { faded, histogramColour } from '../theme';
import { colourOf, drawText, fontOf, type Frame } from './frame';
import { isAbove, laneGap, type Lane } from './layout';

/** Where the lanes lie, from the top: the pixel of each one's upper edge. */
export function laneTops({ lanes, area, axisBottom }: Frame): ReadonlyMap<Lane, number> {
  let top = area.top;
  let bottom = axisBottom + laneGap;
  return new Map(
    lanes.map((lane) => {
      const at = isAbove(lane) ? top : bottom;
      if (isAbove(lane)) top += lane.height + laneGap;
      else bottom += lane.height + laneGap;
      return [lane, at];
    }),
  );
}

export function drawGround(frame: Frame): void {
  const { ctx } = frame;
  ctx.save();
  drawBands(frame);
  drawHistogram(frame);
  drawRibbons(frame);
  for (const [lane, top] of laneTops(frame)) drawLaneGround(frame, lane, top);
  drawMinorTicks(frame);
  drawSides(frame);
  ctx.restore();
}

function drawBands(frame: Frame): void {
  const { ctx, theme, content, area, px, axisTop, axisBottom } = frame;
  const bands = content.bands ?? [];
  for (const hatched of [false, true]) {
    for (const band of union(bands.filter((each) => (each.hatched ?? false) === hatched))) {
      const from = Math.max(area.left, px(band.from));
      const to = Math.min(area.right, px(band.to));
      if (to <= from) continue;
      if (hatched) {
        drawHatching(frame, from, to);
      } else {
        ctx.fillStyle = faded(theme.foreground, theme.highContrast ? 0.2 : 0.07);
        ctx.fillRect(from, axisTop, to - from, axisBottom - axisTop);
      }
    }
  }
}

/** Sparse enough for curves to be seen through it. */
function drawHatching({ ctx, theme, axisTop, axisBottom }: Frame, from: number, to: number): void {
  const height = axisBottom - axisTop;
  ctx.save();
  ctx.beginPath();
  ctx.rect(from, axisTop, to - from, height);
  ctx.clip();
  ctx.strokeStyle = faded(theme.foreground, theme.highContrast ? 0.45 : 0.16);
  ctx.lineWidth = 1;
  ctx.setLineDash([]);
  ctx.beginPath();
  for (let at = from - height; at < to; at += 14) {
    ctx.moveTo(at, axisBottom);
    ctx.lineTo(at + height, axisTop);
  }
  ctx.stroke();
  ctx.restore();
}

/** At the upper edge, those that would overlap beneath each other. */
export function drawBandLabels(frame: Frame): void {
  const { ctx, theme, content, area, px, axisTop } = frame;
  ctx.font = fontOf(theme, -2);
  const taken: { readonly from: number; readonly to: number; readonly line: number }[] = [];
  for (const { from, to, text } of content.bands ?? []) {
    const left = Math.max(area.left, px(from));
    const right = Math.min(area.right, px(to));
    if (!text || right - left < 2) continue;
    const label = text.find((each) => ctx.measureText(each).width + 8 <= right - left) ?? text[1];
    const width = ctx.measureText(label).width + 8;
    const at = Math.min(Math.max(area.left + 4, (left + right - width) / 2 + 4), area.right - width);
    let line = 0;
    const isTaken = (each: (typeof taken)[number]): boolean =>
      each.line === line && each.from < at + width && each.to > at;
    while (taken.some(isTaken)) line++;
    taken.push({ from: at, to: at + width, line });
    const y = axisTop + 10 + line * (theme.fontSize + 3);
    drawText(frame, label, { at: [at, y], align: 'left', colour: theme.foreground, size: -2 });
  }
}

function drawHistogram({ ctx, theme, content: { histogram }, area, px, axisTop, axisBottom }: Frame): void {
  if (!histogram) return;
  const { edges, counts } = histogram;
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  if (most === 0) return;
  ctx.fillStyle = histogramColour(theme);
  counts.forEach((count, i) => {
    const from = Math.max(area.left, px(edges[i] ?? NaN));
    const to = Math.min(area.right, px(edges[i + 1] ?? NaN));
    const height = ((axisBottom - axisTop) / 3) * (count / most);
    // A bin with a single sample still shows.
    if (count > 0 && to > from) ctx.fillRect(from, axisBottom - Math.max(1, height), to - from, Math.max(1, height));
  });
}

function drawRibbons({ ctx, theme, content, area, px, py }: Frame): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
  ctx.clip();
  for (const series of content.series) {
    const { ribbon } = series;
    if (!ribbon) continue;
    ctx.fillStyle = faded(colourOf({ ...series, stale: false }, theme), series.stale ? 0.08 : 0.18);
    const at = (values: Float64Array, i: number): readonly [number, number] => {
      const place = py(values[i] ?? NaN);
      // What has no place on a logarithmic axis lies beneath it.
      return [px(series.x[i] ?? NaN), Number.isNaN(place) ? area.bottom : place];
    };
    ctx.beginPath();
    for (let i = 0; i < series.x.length; i++) ctx.lineTo(...at(ribbon.high, i));
    for (let i = series.x.length - 1; i >= 0; i--) ctx.lineTo(...at(ribbon.low, i));
    ctx.closePath();
    ctx.fill();
  }
  ctx.restore();
}

function drawLaneGround(frame: Frame, lane: Lane, top: number): void {
  const { ctx, theme, area } = frame;
  // The ground hides the vertical grid lines between axis and lane: the axis is broken there.
  ctx.fillStyle = theme.background;
  ctx.fillRect(area.left, isAbove(lane) ? top : top - laneGap, area.right - area.left, lane.height + laneGap);
  ctx.fillStyle = theme.strip;
  ctx.fillRect(area.left, top, area.right - area.left, lane.height);
  ctx.strokeStyle = theme.grid;
  ctx.lineWidth = 1;
  ctx.strokeRect(area.left + 0.5, Math.round(top) + 0.5, area.right - area.left - 1, Math.round(lane.height) - 1);
  drawText(frame, lane.label, { at: [area.left - 8, top + lane.height / 2], align: 'right', colour: theme.muted });
}

/** 2 to 9 of each decade, where there is room: they say that the axis is logarithmic. */
function drawMinorTicks({ ctx, theme, options, y, area: { left }, axisTop, axisBottom }: Frame): void {
  if (options.kind !== 'log') return;
  const decadeHeight = (axisBottom - axisTop) / (y.max - y.min);
  if (decadeHeight < 26) return;
  // A part of a decade has labels of its own.
  if (!Number.isInteger(y.min)) return;
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

function drawSides(frame: Frame): void {
  const { ctx, theme, content, area, px, axisTop, axisBottom } = frame;
  const [left, right] = content.sides ?? ['', ''];
  const [low, high] = content.xRange;
  if (!left || low >= 0 || high <= 0) return;
  const zero = Math.round(px(0)) + 0.5;
  ctx.strokeStyle = theme.muted;
  ctx.setLineDash([1, 3]);
  ctx.beginPath();
  ctx.moveTo(zero, axisTop);
  ctx.lineTo(zero, area.bottom);
  ctx.stroke();
  const side = { colour: theme.muted } as const;
  if (zero - area.left > 90) drawText(frame, `← ${left}`, { ...side, at: [zero - 6, axisBottom - 10], align: 'right' });
  if (area.right - zero > 90)
    drawText(frame, `${right} →`, { ...side, at: [zero + 6, axisBottom - 10], align: 'left' });
}
