import type { SeedResult, TrainingCurve } from './report';

/** A cell of the table of results: what it comes to, and each seed. */
export interface TrainingCell {
  readonly text: string;
  /** Of each seed in order; empty where the cell is of none. */
  readonly seeds: readonly string[];
}

export interface TrainingColumn {
  readonly head: string;
  readonly title: string;
}

export interface TrainingRow {
  readonly id: string;
  readonly cells: readonly TrainingCell[];
}

/** Where every seed has ended, for pages and the command line alike. The first column names the row. */
export interface TrainingTable {
  readonly columns: readonly TrainingColumn[];
  readonly rows: readonly TrainingRow[];
}

type Column = TrainingColumn & { readonly cell: (curve: TrainingCurve) => TrainingCell };

const plain = (text: string): TrainingCell => ({ text, seeds: [] });

const columns: readonly Column[] = [
  { head: 'Variant', title: 'The loss', cell: ({ label }) => plain(label) },
  { head: 'r', title: 'The zero error radius', cell: ({ radius }) => plain(String(radius)) },
  {
    head: 'Epochs',
    title: 'How many epochs all seeds were trained',
    cell: ({ seeds }) => plain(String(seeds[0]?.epoch ?? 0)),
  },
  {
    head: 'Seeds learnt',
    title: 'Seeds that end with all patterns correct under the radius; for each, the epoch from which on it had them',
    cell: ({ seeds }) => ({
      text: `${String(seeds.filter(({ learntAt }) => learntAt !== null).length)} of ${String(seeds.length)}`,
      seeds: seeds.map(({ learntAt }) => (learntAt === null ? 'never' : String(learntAt))),
    }),
  },
  {
    head: 'Patterns correct, %',
    title: 'All output units within the radius of their targets; for r = 0 nearer than 0.5',
    cell: share('correct'),
  },
  {
    head: 'To within 0.5, %',
    title: 'Patterns of which all output units are nearer to their targets than 0.5',
    cell: share('correctHalf'),
  },
  { head: 'Units off, %', title: 'Output units that do not count as correct', cell: share('off') },
  {
    head: 'Units dead, %',
    title: 'Output units that do not count as correct, and whose d loss / d logit is exactly 0',
    cell: share('dead'),
  },
  {
    head: 'Cross-entropy',
    title: 'Plain cross-entropy without a radius, the mean over output units',
    cell: ({ seeds }) => spread(seeds.map(({ crossEntropy }) => crossEntropy)),
  },
];

/** The table of what is known of these curves. */
export function trainingTable(curves: readonly TrainingCurve[]): TrainingTable {
  return {
    columns: columns.map(({ head, title }) => ({ head, title })),
    rows: curves.map((curve) => ({ id: curve.id, cells: columns.map(({ cell }) => cell(curve)) })),
  };
}

function share(measure: 'correct' | 'correctHalf' | 'off' | 'dead') {
  return ({ seeds }: { readonly seeds: readonly SeedResult[] }): TrainingCell =>
    spread(seeds.map((seed) => 100 * seed[measure]));
}

/** Mean and standard deviation over the seeds, the latter where there is more than one. */
function spread(values: readonly number[]): TrainingCell {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
  const text = values.length > 1 ? `${printed(mean)} ± ${printed(Math.sqrt(variance))}` : printed(mean);
  return { text, seeds: values.map(printed) };
}

function printed(x: number): string {
  return String(Number(x.toPrecision(4)));
}
