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
  /** What was found, each sentence beginning with what it is about and a colon. */
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
  const about = new Map<string, Pick<PlannedRun, 'variant' | 'radius'>>();
  for (const [key, { variant, radius, seed }] of planned) {
    const records = recorded.get(key);
    if (!records) continue;
    const id = `${variant} ${String(radius)}`;
    groups.set(id, [...(groups.get(id) ?? []), { seed, records }]);
    about.set(id, { variant, radius });
  }
  const expected = [...planned.values()].reduce((most, { seed }) => Math.max(most, seed), 0);
  const curves = [...groups].flatMap(([id, runs]) => {
    const { variant = '', radius = 0 } = about.get(id) ?? {};
    // Of seeds that haven't begun yet nothing is known.
    return runs.length === expected ? [curveOf({ id, variant, radius, runs })] : [];
  });
  const sentences = radiiOf(curves).flatMap((radius) => sentencesFor(radius, curves));
  return { curves, table: trainingTable(curves), sentences };
}

interface Group {
  readonly id: string;
  readonly variant: string;
  readonly radius: number;
  readonly runs: readonly { readonly seed: number; readonly records: Records }[];
}

function curveOf({ id, variant, radius, runs }: Group): TrainingCurve {
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
function sentencesFor(radius: number, all: readonly TrainingCurve[]): string[] {
  const curves = all.filter((curve) => curve.radius === radius);
  const groups: TrainingCurve[][] = [];
  for (const curve of curves) {
    const same = groups.find(([first]) => first && isSame(first, curve));
    if (same) same.push(curve);
    else groups.push([curve]);
  }
  return [...groups.map(outcome), ...comparison(radius, curves, groups)];
}

function isSame(a: TrainingCurve, b: TrainingCurve): boolean {
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
  return `${list(group.map(({ label }) => label))}${same}, r = ${String(radius)}: ${parts.join('; ')}.`;
}

function ofSeeds(count: number, total: number): string {
  return `${String(count)} of ${String(total)} ${total === 1 ? 'seed' : 'seeds'} ${count === 1 ? 'has' : 'have'} learnt`;
}

function criterion(radius: number): string {
  return radius > 0 ? `to within r = ${String(radius)}` : 'to within 0.5';
}

/** What the variants differ in, or that they don't. */
function comparison(
  radius: number,
  curves: readonly TrainingCurve[],
  groups: readonly (readonly TrainingCurve[])[],
): string[] {
  if (curves.length < 2) return [];
  const about = `Variants at r = ${String(radius)}: `;
  if (groups.length === 1) {
    return [`${about}no difference was found: all went exactly the same way, to the last bit, with these settings.`];
  }
  const learnt = (curve: TrainingCurve): number => curve.seeds.filter((seed) => seed.learntAt !== null).length;
  const dead = (curve: TrainingCurve): boolean => curve.seeds.some((seed) => seed.dead > 0);
  const total = curves[0]?.seeds.length ?? 0;
  const withDead = curves.filter(dead);
  const without = curves.filter((curve) => !dead(curve));
  const counts = (some: readonly TrainingCurve[]): string => range(some.map(learnt), total);
  const names = (some: readonly TrainingCurve[]): string => list(some.map(({ label }) => label));
  if (withDead.length > 0 && without.length > 0) {
    return [
      `${about}${names(withDead)} ${withDead.length === 1 ? 'ends' : 'end'} with dead units and ` +
        `${withDead.length === 1 ? 'learns' : 'learn'} all patterns in ${counts(withDead)} seeds; ${names(without)} ` +
        `${without.length === 1 ? 'ends' : 'end'} without and ${without.length === 1 ? 'learns' : 'learn'} them in ${counts(without)}.`,
    ];
  }
  const equal = new Set(curves.map(learnt)).size === 1;
  const about2 = withDead.length === 0 ? 'none ends with dead units' : 'all end with dead units';
  return [
    equal
      ? `${about}no difference in what is learnt was found: ${about2}, and each learns all patterns in ${counts(curves)} seeds. ` +
        'Other settings may show one: start weights or learning rates that put outputs on the wrong side.'
      : `${about}${about2}; all patterns are learnt in ${curves.map((curve) => `${String(learnt(curve))} (${curve.label})`).join(', ')} of ${String(total)} seeds.`,
  ];
}

function range(counts: readonly number[], total: number): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
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

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
