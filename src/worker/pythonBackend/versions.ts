import type { PackageRange } from '../../protocol';

/** Numbers of a version, without what follows them: 2.13.0+cpu is [2, 13, 0]. */
function numbersOf(version: string): number[] {
  const [release = ''] = /^\d+(\.\d+)*/.exec(version) ?? [];
  return release.split('.').map(Number);
}

/** Negative if `a` is the older one. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether a version is in a range: `from` belongs to it, `before` doesn't. */
export function isInRange(version: string, { from, before }: PackageRange): boolean {
  return (
    (from === undefined || compareVersions(version, from) >= 0) &&
    (before === undefined || compareVersions(version, before) < 0)
  );
}

/** The range in words: "torch 2.0 or later and before 2.3". */
export function describeRange({ name, from, before }: PackageRange): string {
  if (from !== undefined && before !== undefined) return `${name} from ${from} to before ${before}`;
  if (from !== undefined) return `${name} ${from} or later`;
  return before === undefined ? name : `${name} before ${before}`;
}
