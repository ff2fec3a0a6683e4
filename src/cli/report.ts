import type { Located } from './located';
import { toJson } from './json';

/** One line for each finding: `train.py:5:12: warning: ... [log-of-sigmoid]`, in a notebook `a.ipynb:cell 3:5:12: ...`. */
export function asText(found: readonly Located[]): string {
  return found
    .map(({ file, place: { cell, start }, severity, message, rule }) => {
      const where = `${file}:${cell === undefined ? '' : `cell ${String(cell)}:`}${String(start.line)}:${String(start.column)}`;
      return `${where}: ${severity}: ${message} [${rule}]`;
    })
    .join('\n');
}

export function asJson(found: readonly Located[]): string {
  return toJson(
    found.map(({ file, place: { cell, start, end }, rule, severity, message, fix }) => ({
      file,
      ...(cell === undefined ? {} : { cell }),
      line: start.line,
      column: start.column,
      endLine: end.line,
      endColumn: end.column,
      rule,
      severity,
      message,
      ...(fix ? { fix } : {}),
    })),
  );
}
