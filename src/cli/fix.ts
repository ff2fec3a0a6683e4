import { compatibleFixes, type Edit, type Finding } from '../rules';
import { syntaxErrorsIn } from '../rules/syntax';
import type { Source } from './source';

/** Fixes can make way for others, and need not come to an end. */
const maxPasses = 10;

type Fixable = Pick<Finding, 'rule' | 'range' | 'fix'>;

export interface Fixed<F extends Fixable> {
  readonly source: Source;
  /** How many fixes were applied. */
  readonly applied: number;
  /** What is still found. */
  readonly findings: readonly F[];
}

/**
 * Applies the fixes of what is found, again and again until none is left. What comes of them is read anew each time: a
 * fix counts only if the code still parses and less is found in it, and is taken back otherwise.
 */
export function fixAll<F extends Fixable>(source: Source, find: (source: Source) => readonly F[]): Fixed<F> {
  let state: Fixed<F> = { source, applied: 0, findings: find(source) };
  for (let pass = 0; pass < maxPasses; pass++) {
    const chosen = compatibleFixes(state.findings.flatMap(({ fix }) => fix ?? []));
    if (chosen.length === 0) return state;
    const next = attempt(
      state,
      chosen.flatMap(({ edits }) => edits),
      chosen.length,
      find,
    );
    if (!next) return oneByOne(state, find);
    state = next;
  }
  return state;
}

/** The state after the edits, unless they do harm. */
function attempt<F extends Fixable>(
  { source, applied, findings }: Fixed<F>,
  edits: readonly Edit[],
  fixes: number,
  find: (source: Source) => readonly F[],
): Fixed<F> | undefined {
  const edited = source.edited(edits);
  if (!edited) return undefined;
  if (syntaxErrorsIn(edited.code, edited.language) > syntaxErrorsIn(source.code, source.language)) return undefined;
  const left = find(edited);
  if (left.length > findings.length - fixes) return undefined;
  return { source: edited, applied: applied + fixes, findings: left };
}

/** Among several fixes there is one that does harm, or that can't be applied. */
function oneByOne<F extends Fixable>(start: Fixed<F>, find: (source: Source) => readonly F[]): Fixed<F> {
  let state = start;
  const refused = new Set<string>();
  const nameOf = ({ rule, range, fix }: F): string =>
    JSON.stringify([
      rule,
      state.source.code.slice(range.start, range.end),
      fix?.title,
      fix?.edits.map(({ start, text }) => [start - range.start, text]),
    ]);
  // Each that is applied leaves fewer findings.
  for (;;) {
    const next = state.findings.find((finding) => finding.fix && !refused.has(nameOf(finding)));
    if (!next?.fix) return state;
    const better = attempt(state, next.fix.edits, 1, find);
    if (better) state = better;
    else refused.add(nameOf(next));
  }
}
