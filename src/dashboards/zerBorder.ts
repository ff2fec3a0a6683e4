import { absolute, subtract, variable, type Expression } from '../expression';
import { formatByName, neighbour, type NumberFormat } from '../numeric';
import type { EvaluateTask, Format, ZerBorder, ZerOutput } from '../protocol';

/** A variant's replaced output, over `p` and `t`, and a target whose border is asked for. */
export interface BorderCase {
  readonly variant: string;
  readonly target: number;
  readonly replaced: Expression;
}

/** The outputs of each task, by the task's key. */
export type EvaluateTasks = (tasks: readonly EvaluateTask[]) => Promise<ReadonlyMap<string, readonly Float64Array[]>>;

/** One side of a target: outputs between the target and 0, or 1. */
interface Search extends BorderCase {
  readonly key: string;
  readonly side: ZerBorder['side'];
  readonly storedTarget: number;
  /** 0 or 1. */
  readonly end: number;
}

const distance = absolute(subtract(variable('p'), variable('t')));

/** Outputs that one round looks at for each border; float32 takes six rounds, float64 eleven. */
const sections = 64;

/**
 * Where outputs stop to count as their target, for each case on both sides of its target. Found to the last float
 * through what the backend computes; the distance that a format computes never falls with the distance from the
 * target, so that there is one border on each side.
 */
export async function findBorders(
  cases: readonly BorderCase[],
  radius: number,
  formatName: Format,
  evaluate: EvaluateTasks,
): Promise<ZerBorder[]> {
  const format = formatByName(formatName);
  const searches = cases.flatMap((each) => sidesOf(each, format));
  const look = (at: (search: Search) => readonly number[]): Promise<Map<Search, ZerOutput[]>> =>
    lookAt(searches, at, format, evaluate);
  const farthest = await farthestThatCount(format, look);
  const places = new Map(
    searches.map((search) => [search, placesOf(search, radius, farthest.get(search) ?? null, format)]),
  );
  const seen = await look((search) => places.get(search)?.wanted ?? []);
  return searches.map((search) => {
    const outputs = seen.get(search) ?? [];
    const find = (output: number | null): ZerOutput | null =>
      outputs.find((each) => output !== null && each.output === output) ?? null;
    const { written, farther, stored, nearer, last, beyond } = places.get(search) as Places;
    return {
      variant: search.variant,
      target: search.target,
      side: search.side,
      written,
      farther: find(farther),
      stored: find(stored),
      nearer: find(nearer),
      last: find(last),
      beyond: find(beyond),
    };
  });
}

function sidesOf(each: BorderCase, format: NumberFormat): Search[] {
  const storedTarget = format.round(each.target);
  const sides = [
    { side: 'below', end: 0 },
    { side: 'above', end: 1 },
  ] as const;
  return sides
    .filter(({ end }) => end !== storedTarget)
    .map((of) => ({ ...each, ...of, storedTarget, key: `${each.variant} ${String(each.target)} ${of.side}` }));
}

/** What becomes of the outputs that are asked for, each search having its own. */
async function lookAt(
  searches: readonly Search[],
  at: (search: Search) => readonly number[],
  format: NumberFormat,
  evaluate: EvaluateTasks,
): Promise<Map<Search, ZerOutput[]>> {
  const asked = searches.map((search) => ({ search, outputs: Float64Array.from(at(search)) }));
  const tasks = asked
    .filter(({ outputs }) => outputs.length > 0)
    .map(({ search: { key, replaced, storedTarget }, outputs }) => ({
      key,
      outputs: [replaced, distance],
      variables: ['p', 't'],
      inputs: [outputs, outputs.map(() => storedTarget)],
      format: format.name,
    }));
  const answers = tasks.length > 0 ? await evaluate(tasks) : new Map<string, readonly Float64Array[]>();
  return new Map(
    asked.map(({ search, outputs }) => {
      const [replaced, distances] = answers.get(search.key) ?? [];
      const found = Array.from(outputs, (output, i) => ({
        output,
        distance: distances?.[i] ?? NaN,
        counts: replaced?.[i] === search.storedTarget,
      }));
      return [search, found];
    }),
  );
}

/** The farthest output from each target that counts as it; none where the target itself doesn't. */
async function farthestThatCount(
  format: NumberFormat,
  look: (at: (search: Search) => readonly number[]) => Promise<Map<Search, ZerOutput[]>>,
): Promise<Map<Search, number>> {
  const found = new Map<Search, number>();
  const brackets = new Map<Search, { counts: bigint; fails: bigint }>();
  for (const [search, [own, end]] of await look(({ storedTarget, end }) => [storedTarget, end])) {
    if (end?.counts) found.set(search, search.end);
    else if (own?.counts) {
      brackets.set(search, { counts: format.ordinal(search.storedTarget), fails: format.ordinal(search.end) });
    }
  }
  const between = (search: Search): bigint[] => {
    const bracket = brackets.get(search);
    return bracket ? inside(bracket.counts, bracket.fails) : [];
  };
  while ([...brackets.keys()].some((search) => between(search).length > 0)) {
    const asked = new Map([...brackets.keys()].map((search) => [search, between(search)]));
    const seen = await look((search) => (asked.get(search) ?? []).map((ordinal) => format.fromOrdinal(ordinal)));
    for (const [search, bracket] of brackets) {
      const ordinals = asked.get(search) ?? [];
      const outputs = seen.get(search) ?? [];
      const first = outputs.findIndex(({ counts }) => !counts);
      const next = first < 0 ? ordinals.length : first;
      bracket.counts = ordinals[next - 1] ?? bracket.counts;
      bracket.fails = ordinals[next] ?? bracket.fails;
    }
  }
  for (const [search, { counts }] of brackets) found.set(search, format.fromOrdinal(counts));
  return found;
}

/** Ordinals that divide what lies between two, in the direction from the first to the second. */
function inside(from: bigint, to: bigint): bigint[] {
  const span = to - from;
  const length = span < 0n ? -span : span;
  const count = length < BigInt(sections) ? Number(length) : sections;
  return Array.from({ length: Math.max(0, count - 1) }, (_, i) => from + (span * BigInt(i + 1)) / BigInt(count));
}

/** Outputs that a border is shown by: null where there is none such. */
interface Places extends Record<'written' | 'farther' | 'stored' | 'nearer' | 'last' | 'beyond', number | null> {
  readonly wanted: readonly number[];
}

function placesOf(search: Search, radius: number, last: number | null, format: NumberFormat): Places {
  const { side, target, storedTarget, end } = search;
  const outward = side === 'below' ? -1n : 1n;
  // As one writes it: 1 - 0.9 is not 0.1 in float64, but that is what is meant.
  const decimal = Number((target + Number(outward) * radius).toPrecision(12));
  const written = decimal >= 0 && decimal <= 1 ? decimal : null;
  const stored = written === null ? null : format.round(written);
  const step = (from: number | null, steps: bigint, limit: number): number | null =>
    from === null || from === limit ? null : neighbour(format, from, steps);
  const places = {
    written,
    stored,
    farther: step(stored, outward, end),
    nearer: step(stored, -outward, storedTarget),
    last,
    beyond: step(last, outward, end),
  };
  const { written: _, ...floats } = places;
  return { ...places, wanted: Object.values(floats).filter((place) => place !== null) };
}
