import type { Fix } from '../rules';

/** An error in units in the last place, in few digits: `0.5`, `12`, `2.1e7`; without a bound, `∞`. */
function printError(error: number): string {
  if (!Number.isFinite(error)) return '∞';
  if (error === 0) return '0';
  if (error < 10) return String(Number(error.toPrecision(2)));
  return error < 1e5 ? String(Math.round(error)) : error.toExponential(1).replace('.0e', 'e').replace('+', '');
}

/** The same in fewer words: `2.1e7 → 1 ULP`. */
export function shortImprovementOf({ worstBefore, worstAfter }: Pick<Fix, 'worstBefore' | 'worstAfter'>): string {
  return `${printError(worstBefore)} → ${printError(worstAfter)} ULP`;
}

/** `∞ → 1 ULP (float32)`: what a fix has been measured to make of the worst error. */
export function improvementOf({
  worstBefore,
  worstAfter,
  format,
}: Pick<Fix, 'worstBefore' | 'worstAfter' | 'format'>): string {
  const before = Number.isFinite(worstBefore) ? `${printError(worstBefore)} ULP` : printError(worstBefore);
  return `${before} → ${printError(worstAfter)} ULP (${format})`;
}
