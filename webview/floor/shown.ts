/** Curves as they are shown, and what a plot is given of them. */
import { formats } from '../../src/numeric/format';
import type { Curve, Format } from '../../src/protocol/measurement';
import type { CurveMessage, FloorSettings } from '../../src/protocol/webview';
import type { Band, LabelledBand, Mark, Series } from '../common/chart';
import { printTick } from '../common/format';
import { runsOf, type Run } from '../common/lanes';
import { thresholdsOf } from '../common/summary';
import { rangeLabel, union } from '../common/plotting';
import type { SeriesStyle } from '../common/theme';

/** One curve as it is shown. */
export interface Shown {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly style: SeriesStyle;
  readonly stale: boolean;
  readonly message: CurveMessage;
  /** What is drawn: what was measured for the view, and until then with what is known of the rest. */
  readonly curve: Curve;
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

export function seriesOf({ id, style, stale, message, curve }: Shown, y: Float64Array): Series {
  return { id, style, stale, x: curve.margin, y, thresholds: thresholdsOf(message.summary) };
}

export function exactSeriesOf({ id, style, curve }: ShownExact, y: Float64Array): Series {
  return { id, style, exact: true, thresholds: [], x: curve.margin, y };
}

/** In values of the format. */
export function errorsOf({ curve }: Pick<Shown, 'curve'>, of: ErrorOf): Float64Array {
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

/** A range of x in which something is the case, and the curves of which it is. */
interface Stretch extends Band {
  readonly of: readonly Shown[];
}

/** The same ranges without overlaps, each with all curves that have a part in it. */
function merged(shown: readonly Shown[], bandsOf: (each: Shown) => readonly Band[]): Stretch[] {
  const own = shown.map((each) => ({ each, bands: bandsOf(each) }));
  return union(own.flatMap(({ bands }) => bands)).map(({ from, to }) => ({
    from,
    to,
    of: own.flatMap(({ each, bands }) => (bands.some((band) => band.from <= to && band.to >= from) ? [each] : [])),
  }));
}

function labelled(
  stretches: readonly Stretch[],
  count: number,
  [long, short]: readonly [string, string],
): LabelledBand[] {
  return stretches.map(({ from, to, of }) => {
    const all = of.length === count ? ', all curves' : `, ${String(of.length)} of ${String(count)} curves`;
    return { from, to, text: [count === 1 ? long : long + all, short] };
  });
}

function deadStretches(shown: readonly Shown[]): Stretch[] {
  return merged(shown, ({ message: { summary } }) => [
    ...summary.right.deadZones.map(({ from, to }) => ({ from, to })),
    ...summary.wrong.deadZones.map(({ from, to }) => ({ from: -to, to: -from })),
  ]);
}

/** Where the gradient is exactly 0 although the exact one is not, over all curves, with their number if there are several. */
export function deadBands(shown: readonly Shown[]): LabelledBand[] {
  return labelled(deadStretches(shown), shown.length, ['gradient 0', 'grad. 0']);
}

/** Which curves the bands of several are about, in a sentence; empty where there is no need to say it. */
export function deadNote(shown: readonly Shown[]): string {
  const parts = deadStretches(shown).flatMap(({ from, to, of }) => {
    if (of.length === shown.length) return [];
    const end = (x: number): string | undefined => (reachesEnd(x, of) ? undefined : printTick(x));
    const where = rangeLabel(end(from), end(to));
    return [
      `Shaded ${where}: the gradient is exactly 0 there, or in a part, for ${of.map(({ label }) => label).join('; ')}.`,
    ];
  });
  return parts.join(' ');
}

function reachesEnd(x: number, of: readonly Shown[]): boolean {
  return of.some(({ message: { format } }) => Math.abs(x) >= formats[format].max);
}

/** Where values are NaN: whoever looks at the curve only sees it end there. Infinities have their strip above it. */
export function failureBands(shown: readonly Shown[], of: 'loss' | 'gradient'): LabelledBand[] {
  const found = merged(shown, ({ curve, message: { summary } }) =>
    runsOf(curve[of], 'linear')
      .filter(({ lane }) => lane === 'NaN')
      .map((run) => reaching(curve.margin, run, thresholdsOf(summary))),
  );
  return labelled(found, shown.length, [`${of} NaN`, 'NaN']).map((band) => ({ ...band, hatched: true }));
}

/** A run of points in x, as far as the thresholds that lie between it and the next points. */
function reaching(x: Float64Array, { first, last }: Run, thresholds: readonly number[]): Band {
  const at = (index: number): number => x[index] ?? NaN;
  const from = thresholds.find((place) => place > at(first - 1) && place <= at(first)) ?? at(first);
  const to = thresholds.find((place) => place >= at(last) && place < at(last + 1)) ?? at(last);
  return { from, to };
}

/** The side on which the loss is negative in the curve, if it is. */
export function negativeSide({ curve }: Pick<CurveMessage, 'curve'>): 1 | -1 | undefined {
  const at = curve.loss.findIndex((value) => value < 0);
  return at < 0 ? undefined : (curve.margin[at] ?? 0) < 0 ? -1 : 1;
}

/** One picture's targets: all of them, or one. */
export type ColumnTarget = FloorSettings['targets'][number] | 'all';
