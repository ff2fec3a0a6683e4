/** What a plot computes before it draws: places, labels, widths; nothing of a canvas. */
import type { Tick } from 'chart.js';
import { laneOf, type AxisKind, type Run } from './lanes';

/** A range of x. */
export interface Band {
  readonly from: number;
  readonly to: number;
}

/** An x axis that isn't proportional to x. Its places are of its own unit, and ascend with x. */
export interface XAxis {
  place(x: number): number;
  /** The x of a place. */
  value(place: number): number;
  /** The x to label, ascending, about as many as that between two of them. */
  ticks(from: number, to: number, count: number): readonly number[];
}

/** Where the curve leaves the axis for the lane and comes back: x, and y on the axis. */
export function joinsOf(y: Float64Array, run: Run | undefined, bar: Band, kind: AxisKind): [number, number][] {
  if (!run) return [];
  const joins: [number, number][] = [];
  for (const [index, place] of [
    [run.first - 1, bar.from],
    [run.last + 1, bar.to],
  ] as const) {
    const value = y[index];
    if (value === undefined || laneOf(value, kind) !== undefined) continue;
    joins.push([place, kind === 'log' ? Math.log10(value) : value]);
  }
  return joins;
}

/** @param from undefined where it begins with the axis, `to` where it ends with it. */
export function rangeLabel(from: string | undefined, to: string | undefined): string {
  if (from === undefined) return to === undefined ? 'everywhere' : `up to ${to}`;
  if (to === undefined) return `from ${from}`;
  return from === to ? `at ${from}` : `${from} to ${to}`;
}

/** The same ranges without overlaps. */
export function union(bands: readonly Band[]): Band[] {
  const merged: Band[] = [];
  for (const band of [...bands].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && band.from <= last.to) merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, band.to) };
    else merged.push(band);
  }
  return merged;
}

/** Curves agree over long stretches. The later ones are thinner, so that those beneath show on both sides. */
export function lineWidth(index: number, count: number): number {
  return Math.min(6.5, 1.9 + 1.5 * (count - 1 - index));
}

/** Dashes grow with the line, so that a thick one doesn't look like a row of dots. */
export function scaledDash(dash: readonly number[], width: number): number[] {
  return dash.map((length) => length * Math.max(1, width / 2));
}

/** A step of 1, 2 or 5 times a power of ten, with which about so many steps make up the span. */
export function niceStep(span: number, count: number): number {
  const raw = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5].find((each) => each * power >= raw) ?? 10);
}

/** Multiples of a nice step, from `low` to `high`. */
export function niceTicks(low: number, high: number, count: number): number[] {
  const step = niceStep(high - low, count);
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high && ticks.length < 100; i++) {
    // Of 3 * 0.1 the last digits are noise.
    ticks.push(Number((i * step).toPrecision(15)));
  }
  return ticks;
}

/** Powers of ten to label, as many as there is room for. */
export function decades(low: number, high: number, height: number): Tick[] {
  const room = Math.max(1, Math.floor(height / 34));
  const step = [1, 2, 3, 5, 10, 20, 25, 50, 100, 200].find((each) => (high - low) / each <= room) ?? 400;
  const ticks: Tick[] = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) ticks.push({ value });
  return ticks;
}
