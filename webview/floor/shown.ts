/** Curves as they are shown, and what a plot is given of them. */
import type { Curve, Format } from '../../src/protocol/measurement';
import type { CurveMessage, FloorSettings } from '../../src/protocol/webview';
import type { LabelledBand, Mark, Series } from '../common/chart';
import { printTick } from '../common/format';
import { thresholdsOf } from '../common/summary';
import { union } from '../common/plotting';
import type { SeriesStyle } from '../common/theme';

/** One curve as it is shown. */
export interface Shown {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly style: SeriesStyle;
  readonly stale: boolean;
  readonly message: CurveMessage;
}

/** An exact curve, and the ids of the curves that it is the exact one of. */
export interface ShownExact {
  readonly id: string;
  readonly style: SeriesStyle;
  readonly curve: Curve;
  readonly members: readonly string[];
}

/** What is drawn over the margin. */
export type Quantity = 'loss' | 'gradient' | 'error';
/** What the error is that of. */
export type ErrorOf = 'loss' | 'gradient';

export function seriesOf({ id, style, stale, message }: Shown, y: Float64Array): Series {
  return { id, style, stale, x: message.curve.margin, y, thresholds: thresholdsOf(message.summary) };
}

export function exactSeriesOf({ id, style, curve }: ShownExact, y: Float64Array): Series {
  return { id, style, exact: true, thresholds: [], x: curve.margin, y };
}

/** In values of the format. */
export function errorsOf({ curve }: CurveMessage, of: ErrorOf): Float64Array {
  return of === 'loss' ? curve.lossUlp : curve.gradientUlp;
}

/** Magnitudes on the logarithmic axis; negative where the sign is not that of the exact gradient. */
export function magnitudes({ gradient, exactGradient }: Curve): Float64Array {
  return gradient.map((value, i) => (value * (exactGradient[i] ?? 0) < 0 ? -Math.abs(value) : Math.abs(value)));
}

/** A mark, and the curve that it belongs to. */
export interface CurveMark extends Mark {
  readonly format: Format;
}

/** The floor and the cap of a curve. */
function marksOf(shown: Shown, series: Series): CurveMark[] {
  const { summary, format } = shown.message;
  const at = (x: number, y: number): CurveMark => ({
    series,
    x,
    y,
    text: [`${printTick(y)} from ${printTick(x)}`, printTick(y)],
    format,
  });
  const marks: CurveMark[] = [];
  if (summary.floor) marks.push(at(summary.floor.at, summary.floor.value));
  if (summary.cap) marks.push(at(-summary.cap.at, summary.cap.value));
  return marks;
}

/** Where backends agree one mark is enough. */
export function distinctMarks(shown: readonly Shown[], series: readonly Series[]): CurveMark[] {
  const known = new Set<string>();
  return shown.flatMap((each, i) => {
    const { lossKey, format, target } = each.message;
    const own = series[i];
    return (own ? marksOf(each, own) : []).filter(({ x, y }) => {
      const key = [lossKey, format, target, x, y].join(' ');
      const isNew = !known.has(key);
      known.add(key);
      return isNew;
    });
  });
}

/** Where the gradient is exactly 0 although the exact one is not, over all curves, with their number if there are several. */
export function deadBands(shown: readonly Shown[]): LabelledBand[] {
  const own = shown.map(({ message: { summary } }) => [
    ...summary.right.deadZones.map(({ from, to }) => ({ from, to })),
    ...summary.wrong.deadZones.map(({ from, to }) => ({ from: -to, to: -from })),
  ]);
  return union(own.flat()).map(({ from, to }) => {
    const count = own.filter((zones) => zones.some((zone) => zone.from <= to && zone.to >= from)).length;
    const which =
      shown.length === 1
        ? ''
        : count === shown.length
          ? ', all curves'
          : `, ${String(count)} of ${String(shown.length)} curves`;
    return { from, to, text: [`gradient 0${which}`, 'grad. 0'] };
  });
}

/** The side on which the loss is negative in the curve, if it is. */
export function negativeSide({ curve }: CurveMessage): 1 | -1 | undefined {
  const at = curve.loss.findIndex((value) => value < 0);
  return at < 0 ? undefined : (curve.margin[at] ?? 0) < 0 ? -1 : 1;
}

/** One picture's targets: all of them, or one. */
export type ColumnTarget = FloorSettings['targets'][number] | 'all';
