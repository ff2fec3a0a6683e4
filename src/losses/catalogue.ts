import { bceLosses } from './bce';
import { LossError, type LossEntry } from './entry';
import { focalLosses } from './focal';
import { normalisationLosses } from './normalisation';
import { softmaxLosses } from './softmax';
import { surrogateLosses } from './surrogates';
import { zerLosses } from './zer';

/** Every published loss that the project knows, family by family. */
export const losses: readonly LossEntry[] = Object.freeze([
  ...bceLosses,
  ...zerLosses,
  ...focalLosses,
  ...softmaxLosses,
  ...surrogateLosses,
  ...normalisationLosses,
]);

const byId: ReadonlyMap<string, LossEntry> = new Map(losses.map((entry) => [entry.id, entry]));

/** The entry of that id, if there is one. */
export function findLoss(id: string): LossEntry | undefined {
  return byId.get(id);
}

/** The entry of that id. @throws LossError naming the nearest ids. */
export function lossById(id: string): LossEntry {
  const entry = byId.get(id);
  if (entry) return entry;
  const nearest = nearestLossIds(id);
  const hint = nearest.length === 0 ? '' : `; did you mean ${nearest.join(' or ')}?`;
  throw new LossError(`there is no loss "${id}" in the catalogue${hint}`);
}

/** The ids that differ least from `id` by inserted, left out and replaced letters, the nearest first. */
export function nearestLossIds(id: string, count = 3): string[] {
  const wanted = id.toLowerCase();
  return losses
    .map((entry) => ({ id: entry.id, distance: editDistance(wanted, entry.id) }))
    .filter(({ id: known, distance }) => distance <= Math.max(wanted.length, known.length) / 2)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map((candidate) => candidate.id);
}

/** How many letters have to be inserted, left out or replaced to make one of the other. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] as number) + 1, (current[j - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[b.length] as number;
}
