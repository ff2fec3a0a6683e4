/** What is recorded of a run, by name. Shares are of all output units of all patterns, or of all patterns. */
export const measures = ['loss', 'crossEntropy', 'off', 'dead', 'correct', 'correctHalf'] as const;
export type Measure = (typeof measures)[number];

/**
 * The records of a run: arrays of one length, one element for each epoch that was recorded, 0 being the weights it
 * started from.
 *
 * - `loss`: as the format computes it, the mean over output units.
 * - `crossEntropy`: plain cross-entropy, without a radius, of the logits before they were rounded, in float64 and in its
 *   stable form; the mean over output units. Comparable between variants.
 * - `off`: share of the output units that don't count as correct.
 * - `dead`: share of the output units that don't count as correct although d loss / d logit is exactly 0.
 * - `correct`: share of the patterns of which all output units count as correct: within the radius of their targets,
 *   as the format computes that; for radius 0, nearer to them than 0.5.
 * - `correctHalf`: share of the patterns of which all outputs are nearer to their targets than 0.5.
 */
export type Records = Readonly<Record<'epoch' | Measure, Float64Array>>;

const columns = ['epoch', ...measures] as const;

/** One moment of a run. */
export type RecordRow = Readonly<Record<'epoch' | Measure, number>>;

export const noRecords: Records = recordsOf([]);

export function recordsOf(rows: readonly RecordRow[]): Records {
  const column = (name: 'epoch' | Measure): Float64Array => Float64Array.from(rows, (row) => row[name]);
  return {
    epoch: column('epoch'),
    loss: column('loss'),
    crossEntropy: column('crossEntropy'),
    off: column('off'),
    dead: column('dead'),
    correct: column('correct'),
    correctHalf: column('correctHalf'),
  };
}

/**
 * Whether an epoch is recorded whatever the length of the run: each up to 1,000, every tenth up to 10,000, and so on.
 * The last epoch of a run is recorded besides, until the run is continued.
 */
export function isRecorded(epoch: number): boolean {
  let every = 1;
  while (epoch >= 1000 * every) every *= 10;
  return epoch % every === 0;
}

/**
 * The records with those that came later. Of epochs that both have, the later ones hold; a last epoch that is recorded for
 * being the last alone gives way to what comes after it.
 */
export function joined(earlier: Records, later: Records): Records {
  const first = later.epoch[0];
  if (first === undefined) return earlier;
  let count = earlier.epoch.length;
  while (count > 0 && (earlier.epoch[count - 1] as number) >= first) count--;
  if (count === earlier.epoch.length && count > 0 && !isRecorded(earlier.epoch[count - 1] as number)) count--;
  return mapColumns((name) => {
    const column = new Float64Array(count + later.epoch.length);
    column.set(earlier[name].subarray(0, count));
    column.set(later[name], count);
    return column;
  });
}

/** The first `count` records. */
export function firstRecords(records: Records, count: number): Records {
  return mapColumns((name) => records[name].slice(0, count));
}

function mapColumns(column: (name: 'epoch' | Measure) => Float64Array): Records {
  return Object.fromEntries(columns.map((name) => [name, column(name)])) as unknown as Records;
}
