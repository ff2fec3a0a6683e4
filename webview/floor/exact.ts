import type { Curve } from '../../src/protocol/measurement';
import { nearest } from '../common/lanes';

interface Candidate {
  readonly id: string;
  readonly curve: Curve;
}

/** Places at which two exact curves are compared. */
const probes = 24;

/** A curve that stands for itself and for others, by their ids. */
interface Distinct extends Candidate {
  readonly members: readonly string[];
}

/**
 * One curve for each exact function: most losses stand for the same, and then one line is enough. The one with the most
 * points is kept.
 */
export function distinctExact(candidates: readonly Candidate[]): Distinct[] {
  const finestFirst = [...candidates].sort((a, b) => b.curve.margin.length - a.curve.margin.length);
  const kept: (Candidate & { readonly members: string[] })[] = [];
  for (const candidate of finestFirst) {
    const same = kept.find(({ curve }) => isSameFunction(curve, candidate.curve));
    if (same) same.members.push(candidate.id);
    else kept.push({ ...candidate, members: [candidate.id] });
  }
  return kept;
}

/** `fine` has at least as many points as `coarse`, at other margins where the formats differ: compared in between. */
function isSameFunction(fine: Curve, coarse: Curve): boolean {
  const step = Math.max(1, Math.floor(coarse.margin.length / probes));
  for (let i = 0; i < coarse.margin.length; i += step) {
    const x = coarse.margin[i] as number;
    const at = nearest(fine.margin, x);
    const around = [at - 1, at, at + 1].flatMap((index) => fine.exactLoss[index] ?? []);
    const y = coarse.exactLoss[i] as number;
    const tolerance = 1e-9 * Math.abs(y);
    if (
      Number.isNaN(y)
        ? !around.some(Number.isNaN)
        : Math.min(...around) - tolerance > y || Math.max(...around) + tolerance < y
    ) {
      return false;
    }
  }
  return true;
}
