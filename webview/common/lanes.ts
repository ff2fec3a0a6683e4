/**
 * Values that have no place on an axis, zero, negative ones, infinities and NaN on a logarithmic one, are not dropped:
 * they go into lanes, strips above and beneath the axis, as bars over the x at which they occur.
 */
export type AxisKind = 'log' | 'linear';

export type LaneName = 'infinity' | 'zero' | 'negative' | 'negativeInfinity' | 'NaN';

/** Lanes in the order in which they lie, from the top. */
export const laneOrder: readonly LaneName[] = ['infinity', 'zero', 'negative', 'negativeInfinity', 'NaN'];

/** The lane of a value; undefined where it has a place on the axis. */
export function laneOf(value: number, kind: AxisKind): LaneName | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return 'infinity';
  if (kind === 'linear') return value === -Infinity ? 'negativeInfinity' : undefined;
  if (value === 0) return 'zero';
  return value < 0 ? 'negative' : undefined;
}

/** Neighbouring points, `first` to `last`, that lie in one lane. */
export interface Run {
  readonly lane: LaneName;
  readonly first: number;
  readonly last: number;
}

export function runsOf(values: Float64Array, kind: AxisKind): Run[] {
  const runs: Run[] = [];
  let first = 0;
  let lane: LaneName | undefined;
  for (let i = 0; i <= values.length; i++) {
    const next = i < values.length ? laneOf(values[i] as number, kind) : undefined;
    if (next === lane && i < values.length) continue;
    if (lane) runs.push({ lane, first, last: i - 1 });
    first = i;
    lane = next;
  }
  return runs;
}

/** Neighbouring points for which `holds`, as pairs of first and last. */
export function stretches(length: number, holds: (index: number) => boolean): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  let first = -1;
  for (let i = 0; i <= length; i++) {
    const now = i < length && holds(i);
    if (now && first < 0) first = i;
    if (!now && first >= 0) {
      found.push([first, i - 1]);
      first = -1;
    }
  }
  return found;
}

/** The index of the value nearest to `x` in ascending `values`. */
export function nearest(values: Float64Array, x: number): number {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) <= x) low = middle;
    else high = middle;
  }
  return Math.abs((values[high] as number) - x) < Math.abs((values[low] as number) - x) ? high : low;
}
