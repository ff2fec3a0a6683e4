/** Which part of the margins is in view: what the reader may zoom to, and where a threshold can be seen. */
import { formats, type NumberFormat } from '../../src/numeric/format';
import type { Format } from '../../src/protocol/measurement';
import type { FloorSettings } from '../../src/protocol/webview';

export type View = NonNullable<FloorSettings['view']>;

type Sweep = FloorSettings['sweep'];

/** Fewer floats than this are never in view. */
const fewest = 16n;
/** How far around a threshold is shown: that part of it, and at least so many floats on both sides. */
const around = 0.05;
const floatsAround = 32n;

/**
 * The view that comes nearest to what the reader wants: neither beyond what is measured and shown, nor narrower than a
 * few floats of the finest format; null for the whole range.
 * @param now what is in view
 */
export function allowedView(wanted: View, now: View, sweep: Sweep, chosen: readonly Format[]): View | null {
  const { from, to } = wanted;
  if (!Number.isFinite(from) || !Number.isFinite(to)) return null;
  const [low, high] = [Math.min(sweep.from, now.from), Math.max(sweep.to, now.to)];
  const middle = (from + to) / 2;
  const width = Math.max(to - from, narrowest(middle, chosen));
  if (width >= (high - low) * 0.999) return null;
  const start = Math.min(high - width, Math.max(low, middle - width / 2));
  return { from: start, to: start + width };
}

function narrowest(x: number, chosen: readonly Format[]): number {
  const widths = chosen.map((name) => {
    const format = formats[name];
    const ordinal = ordinalOf(format, x);
    return format.fromOrdinal(ordinal + fewest / 2n) - format.fromOrdinal(ordinal - fewest / 2n);
  });
  return Math.min(...widths.filter(Number.isFinite));
}

/** Of the nearest value; of the largest for what is larger. */
function ordinalOf(format: NumberFormat, x: number): bigint {
  return format.ordinal(format.round(Math.sign(x) * Math.min(Math.abs(x), format.max)));
}

/**
 * What to show of a threshold: as much around it as is needed to see it. One of the points that are measured then is the
 * threshold itself.
 * @param at a margin, negative on the wrong side
 */
export function viewAround(at: number, name: Format, points: number): View {
  const format = formats[name];
  const size = Math.abs(at);
  const ordinal = ordinalOf(format, size);
  const inner = ordinal > floatsAround ? format.fromOrdinal(ordinal - floatsAround) : 0;
  const outer = format.fromOrdinal(ordinal + floatsAround);
  // Of 0 there is no part; and the last floats have nothing beyond them.
  const low = size === 0 ? -1 : Math.min(inner, size * (1 - around));
  const high = size === 0 ? 1 : Math.max(Number.isFinite(outer) ? outer : size, size * (1 + around));
  const step = (high - low) / (points - 1);
  const before = Math.round((size - low) / step);
  const [near, far] = [size - before * step, size + (points - 1 - before) * step];
  return at < 0 ? { from: -far, to: -near } : { from: near, to: far };
}

/** Both ends, with as many digits as tell what is in view. */
export function printView({ from, to }: View): readonly [string, string] {
  const step = 10 ** (Math.floor(Math.log10(to - from)) - 2);
  const print = (x: number): string => String(Number((Math.round(x / step) * step).toPrecision(15))).replace(/^-/, '−');
  return [print(from), print(to)];
}
