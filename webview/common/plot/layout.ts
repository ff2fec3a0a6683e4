/** Which strips a plot has above and beneath its axis, and what lies in them. */
import { printTick } from '../format';
import { laneOrder, runsOf, type AxisKind, type LaneName, type Run } from '../lanes';
import { joinsOf, rangeLabel } from '../plotting';
import type { SeriesStyle } from '../theme';
import type { ExtraLane, PlotContent, PlotOptions, Series } from './content';

/** A stretch of x in a lane. */
interface Bar {
  readonly from: number;
  readonly to: number;
  /** Where the curve goes over into the lane: x, and y on the axis. */
  readonly joins: readonly (readonly [number, number])[];
  readonly label: string;
}

export interface LaneRow {
  readonly style: SeriesStyle;
  readonly stale: boolean;
  readonly hatched: boolean;
  readonly bars: readonly Bar[];
}

export interface Lane {
  readonly name: LaneName | 'extra';
  readonly label: string;
  readonly rows: readonly LaneRow[];
  readonly height: number;
}

const defaultLaneLabels: Readonly<Record<LaneName, string>> = {
  infinity: '∞',
  zero: '0',
  negative: '< 0',
  negativeInfinity: '−∞',
  NaN: 'NaN',
};

export const laneGap = 7;
export const lanePadding = 3;
/** More rows than this are too thin for labels. */
const labelledRows = 8;
/** A row with more bars than this is noise: labels would hide it. */
const labelledBars = 3;

export function isAbove(lane: Lane): boolean {
  return lane.name === 'infinity';
}

/**
 * The lanes of now, and those that there were before in their places: where only the range has changed, nothing is to
 * jump.
 */
export function keepingLanes(now: readonly Lane[], before: readonly Lane[]): Lane[] {
  const names = [...laneOrder, 'extra'] as const;
  return names.flatMap((name) => {
    const own = now.filter((lane) => lane.name === name);
    const old = before.filter((lane) => lane.name === name);
    if (own.length === 0) return old.map((lane) => ({ ...lane, rows: [] }));
    return own.map((lane, i) => ({ ...lane, height: Math.max(lane.height, old[i]?.height ?? 0) }));
  });
}

/** How much room the lanes on one side of the axis take, in pixels. */
export function laneSpace(lanes: readonly Lane[], where: 'above' | 'beneath'): number {
  return lanes
    .filter((lane) => isAbove(lane) === (where === 'above'))
    .reduce((space, lane) => space + lane.height + laneGap, 0);
}

export function layOutLanes(content: PlotContent, { kind, laneLabels }: PlotOptions): Lane[] {
  const lanes = new Map<LaneName, LaneRow[]>();
  for (const series of content.series) {
    const runs = runsOf(series.y, kind);
    for (const name of laneOrder) {
      const own = runs.filter((run) => run.lane === name);
      if (own.length === 0) continue;
      const rows = lanes.get(name) ?? [];
      rows.push(rowOf(series, name, own, content.xRange, kind));
      lanes.set(name, rows);
    }
  }
  const { extraLanes = [], xRange } = content;
  const found: Omit<Lane, 'height'>[] = laneOrder.flatMap((name) => {
    const rows = lanes.get(name);
    return rows ? [{ name, label: laneLabels?.[name] ?? defaultLaneLabels[name], rows }] : [];
  });
  found.push(...extraLanes.filter(({ rows }) => rows.length > 0).map((lane) => extra(lane, xRange)));
  const count = found.reduce((sum, lane) => sum + lane.rows.length, 0);
  const rowHeight = count <= labelledRows ? 15 : Math.max(5, Math.min(9, 110 / count));
  return found.map((lane) => ({ ...lane, height: Math.max(15, lane.rows.length * rowHeight + 2 * lanePadding) }));
}

function rowOf(
  series: Series,
  lane: LaneName,
  runs: readonly Run[],
  xRange: PlotContent['xRange'],
  kind: AxisKind,
): LaneRow {
  const few = runs.length <= labelledBars;
  return {
    style: series.style,
    stale: series.stale ?? false,
    hatched: lane === 'NaN',
    bars: runs.map((run) => barOf(series, run, few, xRange, kind)),
  };
}

/** A run in x, its ends at the known thresholds where these lie between its last point and the next. */
function barOf(series: Series, run: Run, few: boolean, [low, high]: PlotContent['xRange'], kind: AxisKind): Bar {
  const { x, y, thresholds } = series;
  const { first, last, lane } = run;
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
  return { ...span, joins: joinsOf(y, run, span, kind), label: extreme + label };
}

function extra({ label, rows }: ExtraLane, [low, high]: PlotContent['xRange']): Omit<Lane, 'height'> {
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

/** A sentence on what has no place on the axis and where it is instead; empty where everything has one. */
export function explainLanes(lanes: readonly Lane[], { kind, laneLabels }: PlotOptions): string {
  const texts: Readonly<Record<LaneName, string>> = {
    infinity: 'infinite values in the strip above the axis',
    zero: 'exact zeros in the strip “0”',
    negative: `${laneLabels?.negative === undefined ? 'negative values' : 'gradients of the wrong sign'} in the strip “${laneLabels?.negative ?? '< 0'}”`,
    negativeInfinity: 'values of −∞ in the strip “−∞”',
    NaN: 'NaN hatched',
  };
  const present = lanes.flatMap((lane) => (lane.name === 'extra' ? [] : [texts[lane.name]]));
  if (present.length === 0) return '';
  const axis = kind === 'log' ? 'a logarithmic axis' : 'the axis';
  return `What has no place on ${axis}: ${present.join('; ')}.`;
}
