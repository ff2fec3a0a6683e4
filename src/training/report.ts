import { lossById } from '../losses';
import type { PlannedRun } from './plan';
import { trainingTable, type TrainingTable } from './table';
import { firstRecords, type Measure, type RecordRow, type Records } from './records';

/** Of the seeds of one variant and radius at each epoch: their mean, their least and their greatest value. */
export interface SeedBand {
  readonly mean: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export const plotted = ['crossEntropy', 'dead', 'correct', 'correctHalf'] as const satisfies readonly Measure[];

/** The seeds of one variant and radius side by side, as far as all of them have come. */
export interface TrainingCurve {
  readonly id: string;
  readonly variant: string;
  readonly label: string;
  readonly radius: number;
  /** The earlier curve of this radius that it is equal to, to the last bit: its id; null where it is like none before. */
  readonly sameAs: string | null;
  readonly epoch: Float64Array;
  readonly bands: Readonly<Record<(typeof plotted)[number], SeedBand>>;
  /** Each seed at the last of these epochs. */
  readonly seeds: readonly SeedResult[];
}

export interface SeedResult extends RecordRow {
  readonly seed: number;
  /** The first epoch from which on all patterns stay correct; null where some are not. */
  readonly learntAt: number | null;
}

/** What came out of training. */
export interface TrainingReport {
  readonly curves: readonly TrainingCurve[];
  readonly table: TrainingTable;
  /** What the variants differ in, or that they don't: what one wants to know first. As `sentences`. */
  readonly headlines: readonly string[];
  /** What became of each variant and radius, each sentence beginning with what it is about and a colon. */
  readonly sentences: readonly string[];
}

/**
 * Puts runs side by side.
 * @param planned the runs in their order, @param recorded what was recorded of them, by key
 */
export function reportTraining(
  planned: ReadonlyMap<string, Pick<PlannedRun, 'variant' | 'radius' | 'seed'>>,
  recorded: ReadonlyMap<string, Records>,
): TrainingReport {
  const groups = new Map<string, { seed: number; records: Records }[]>();
  const kinds = new Map<string, Pick<PlannedRun, 'variant' | 'radius'>>();
  for (const [key, { variant, radius, seed }] of planned) {
    const records = recorded.get(key);
    if (!records) continue;
    const id = `${variant} ${String(radius)}`;
    groups.set(id, [...(groups.get(id) ?? []), { seed, records }]);
    kinds.set(id, { variant, radius });
  }
  const expected = [...planned.values()].reduce((most, { seed }) => Math.max(most, seed), 0);
  const curves: TrainingCurve[] = [];
  for (const [id, runs] of groups) {
    const { variant = '', radius = 0 } = kinds.get(id) ?? {};
    // Of seeds that haven't begun yet nothing is known.
    if (runs.length < expected) continue;
    const curve = curveOf({ id, variant, radius, runs });
    const twin = curves.find(
      (earlier) => earlier.sameAs === null && earlier.radius === radius && isSame(earlier, curve),
    );
    curves.push({ ...curve, sameAs: twin?.id ?? null });
  }
  return {
    curves,
    table: trainingTable(curves),
    headlines: radiiOf(curves).flatMap((radius) => headlinesFor(curves.filter((curve) => curve.radius === radius))),
    sentences: groupsOf(curves).map(outcome),
  };
}

interface Group {
  readonly id: string;
  readonly variant: string;
  readonly radius: number;
  readonly runs: readonly { readonly seed: number; readonly records: Records }[];
}

function curveOf({ id, variant, radius, runs }: Group): Omit<TrainingCurve, 'sameAs'> {
  const count = Math.min(...runs.map(({ records }) => records.epoch.length));
  const all = runs.map(({ seed, records }) => ({ seed, records: firstRecords(records, count) }));
  const band = (measure: Measure): SeedBand => bandOf(all.map(({ records }) => records[measure]));
  return {
    id,
    variant,
    label: shortLabel(variant),
    radius,
    epoch: all[0]?.records.epoch ?? new Float64Array(0),
    bands: {
      crossEntropy: band('crossEntropy'),
      dead: band('dead'),
      correct: band('correct'),
      correctHalf: band('correctHalf'),
    },
    seeds: all.map(({ seed, records }) => seedResult(seed, records)),
  };
}

/** As short as it can be told from the others. */
function shortLabel(id: string): string {
  return id.startsWith('zer/') ? id.slice('zer/'.length) : lossById(id).label;
}

/** A NaN among the values makes the mean and the bounds NaN. */
function bandOf(values: readonly Float64Array[]): SeedBand {
  const length = values[0]?.length ?? 0;
  const band = { mean: new Float64Array(length), low: new Float64Array(length), high: new Float64Array(length) };
  for (let i = 0; i < length; i++) {
    let [sum, low, high] = [0, Infinity, -Infinity];
    for (const value of values) {
      const x = value[i] as number;
      sum += x;
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
    band.mean[i] = sum / values.length;
    band.low[i] = low;
    band.high[i] = high;
  }
  return band;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function seedResult(seed: number, records: Records): SeedResult {
  const last = records.epoch.length - 1;
  const at = (name: keyof Records): number => records[name][last] ?? NaN;
  let first = records.correct.length;
  while (first > 0 && records.correct[first - 1] === 1) first--;
  return {
    seed,
    epoch: at('epoch'),
    loss: at('loss'),
    crossEntropy: at('crossEntropy'),
    off: at('off'),
    dead: at('dead'),
    correct: at('correct'),
    correctHalf: at('correctHalf'),
    learntAt: records.epoch[first] ?? null,
  };
}

function radiiOf(curves: readonly TrainingCurve[]): number[] {
  return [...new Set(curves.map(({ radius }) => radius))];
}

/** Curves that went exactly the same way count as one, of several names. */
function groupsOf(curves: readonly TrainingCurve[]): TrainingCurve[][] {
  return curves
    .filter(({ sameAs }) => sameAs === null)
    .map((first) => [first, ...curves.filter(({ sameAs }) => sameAs === first.id)]);
}

function isSame(a: TrainingCurve, b: Omit<TrainingCurve, 'sameAs'>): boolean {
  return (
    a.epoch.length === b.epoch.length &&
    a.seeds.every(({ crossEntropy }, i) => Object.is(crossEntropy, b.seeds[i]?.crossEntropy)) &&
    plotted.every((measure) => {
      const [one, other] = [a.bands[measure], b.bands[measure]];
      return (['mean', 'low', 'high'] as const).every((part) =>
        one[part].every((value, i) => Object.is(value, other[part][i])),
      );
    })
  );
}

function outcome(group: readonly TrainingCurve[]): string {
  const [{ radius, seeds } = { radius: 0, seeds: [] }] = group;
  const epoch = seeds[0]?.epoch ?? 0;
  const total = seeds.length;
  const learnt = seeds.flatMap(({ learntAt }) => (learntAt === null ? [] : [learntAt]));
  const dead = seeds.filter((seed) => seed.dead > 0);
  const stuck = seeds.filter((seed) => seed.dead > 0 && seed.dead === seed.off);
  const broken = seeds.filter((seed) => Number.isNaN(seed.crossEntropy));
  const parts = [
    `after ${String(epoch)} epochs ${ofSeeds(learnt.length, total)} all patterns ${criterion(radius)}` +
      (learnt.length > 0 ? ` (median: from epoch ${String(median(learnt))})` : ''),
    ...(dead.length === 0
      ? broken.length === total
        ? []
        : ['no output unit is dead at the end']
      : [
          `in ${String(dead.length)} of ${String(total)} some output units are dead, ${percent(mean(dead.map((seed) => seed.dead)))} of all on average: ` +
            `they are off and their gradient is exactly 0`,
        ]),
    ...(stuck.length > 0
      ? [
          `in ${String(stuck.length)} every unit that is off is dead${radius > 0 ? ', so that nothing is left to correct it' : ''}`,
        ]
      : []),
    ...(broken.length > 0 ? [`in ${String(broken.length)} the weights have become NaN`] : []),
  ];
  const same = group.length > 1 ? ` (went exactly the same way)` : '';
  return `${listed(group.map(({ label }) => label))}${same}, r = ${String(radius)}: ${parts.join('; ')}.`;
}

function ofSeeds(count: number, total: number): string {
  return `${String(count)} of ${String(total)} ${total === 1 ? 'seed' : 'seeds'} ${count === 1 ? 'has' : 'have'} learnt`;
}

function criterion(radius: number): string {
  return radius > 0 ? `to within r = ${String(radius)}` : 'to within 0.5';
}

/** Of curves of one radius. */
function headlinesFor(curves: readonly TrainingCurve[]): string[] {
  return curves.length < 2 ? [] : [comparison(curves), ...keptGradient(curves)];
}

/** What the variants differ in, or that they don't. */
function comparison(curves: readonly TrainingCurve[]): string {
  const [first] = curves;
  const head = `${about(first)}${untilOf(curves)}`;
  if (curves.every(({ sameAs }, i) => i === 0 || sameAs === first?.id)) {
    return `${head} no difference was found: all went exactly the same way, to the last bit, with these settings.`;
  }
  const withDead = curves.filter(hasDead);
  const without = curves.filter((curve) => !hasDead(curve));
  if (withDead.length > 0 && without.length > 0) {
    return (
      `${head} ${names(without)} ${have(without)} learnt all patterns in ${counts(without)} seeds, without a dead output unit at ` +
      `the end; ${names(withDead)} in ${counts(withDead)}, with ${deadShare(withDead)} of the output units dead on average.`
    );
  }
  const none = withDead.length === 0;
  if (new Set(curves.map(learntBy)).size > 1) {
    const each = curves.map((curve) => `${String(learntBy(curve))} (${curve.label})`).join(', ');
    return (
      `${head} all patterns are learnt in ${each} of ${String(first?.seeds.length ?? 0)} seeds; ` +
      `${none ? 'none has dead output units' : 'all have dead output units'}.`
    );
  }
  return (
    `${head} no difference in what is learnt was found: each has learnt all patterns in ${counts(curves)} seeds, and ` +
    `${none ? 'none has' : 'all have'} dead output units. ` +
    'Other settings may show one: start weights or learning rates that put outputs on the wrong side.'
  );
}

/** Whether the gradient alone, kept beyond the limit of the error, makes the difference. */
function keptGradient(curves: readonly TrainingCurve[]): string[] {
  const kept = curves.find(({ variant }) => variant === 'zer/straight-through');
  const lost = curves.find(({ variant }) => variant === 'zer/v4');
  if (!kept || !lost || kept.radius === 0) return [];
  const [one, other] = [learntBy(kept), learntBy(lost)];
  const total = String(kept.seeds.length);
  const effect =
    one === other
      ? `that has made no difference to what is learnt: both ${String(one)} of ${total} seeds`
      : `it has learnt all patterns in ${String(one)} of ${total} seeds, v4 in ${String(other)}`;
  return [
    `Keeping the gradient, r = ${String(kept.radius)}: straight-through limits the error where v4 does and keeps its gradient there; ${effect}.`,
  ];
}

function about(curve: TrainingCurve | undefined): string {
  return `Variants at r = ${String(curve?.radius ?? 0)}: `;
}

/** "after 2000 epochs", or "so far" where not all have come equally far. */
function untilOf(curves: readonly TrainingCurve[]): string {
  const epochs = new Set(curves.map(({ seeds }) => seeds[0]?.epoch ?? 0));
  const [epoch = 0] = epochs;
  return epochs.size > 1 ? 'so far' : `after ${String(epoch)} ${epoch === 1 ? 'epoch' : 'epochs'}`;
}

function learntBy({ seeds }: TrainingCurve): number {
  return seeds.filter(({ learntAt }) => learntAt !== null).length;
}

function hasDead({ seeds }: TrainingCurve): boolean {
  return seeds.some(({ dead }) => dead > 0);
}

function names(curves: readonly TrainingCurve[]): string {
  return listed(curves.map(({ label }) => label));
}

function have(curves: readonly TrainingCurve[]): string {
  return curves.length === 1 ? 'has' : 'have';
}

/** "0 of 5", "2 to 3 of 5". */
function counts(curves: readonly TrainingCurve[]): string {
  return range(curves.map(learntBy), curves[0]?.seeds.length ?? 0);
}

/** The mean over seeds: "10.9 %", or "3 % to 10.9 %" for several curves. */
function deadShare(curves: readonly TrainingCurve[]): string {
  const shares = curves.map(({ seeds }) => mean(seeds.map(({ dead }) => dead)));
  const [least, most] = [percent(Math.min(...shares)), percent(Math.max(...shares))];
  return least === most ? least : `${least} to ${most}`;
}

function range(counted: readonly number[], total: number): string {
  const [least, most] = [Math.min(...counted), Math.max(...counted)];
  return `${least === most ? String(least) : `${String(least)} to ${String(most)}`} of ${String(total)}`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? NaN;
}

/** Three digits of a share. */
export function percent(share: number): string {
  return Number.isNaN(share) ? 'NaN' : `${String(Number((100 * share).toPrecision(3)))} %`;
}

function listed(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1) ?? ''}`;
}
