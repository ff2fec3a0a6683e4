import { structuralKey, type Expression } from '../expression';
import { failuresOf, type Failure } from '../measure/failures';
import { formatByName, shortestDecimal, type FormatName } from '../numeric';
import { x } from './rule';
import table from './thresholds.json';

/**
 * Failures of the forms that code has most often, measured beforehand: `thresholds.json`, written by
 * `node scripts/thresholds.mjs`. A test measures all of it again.
 */
const measured: Readonly<Record<string, string>> = table;

/** The formats whose failures an entry holds, in this order. */
export const measuredFormats = ['float32', 'bfloat16', 'float16', 'float64'] as const satisfies readonly FormatName[];

/** What was measured since the start, by format and structural key; of the forms of a project there are not many. */
const remembered = new Map<string, readonly Failure[]>();
const mostRemembered = 2000;

/** Where `value`, a function of `x`, and its gradient fail in the format: looked up, else measured, once. */
export function knownFailuresOf(value: Expression, name: FormatName): readonly Failure[] {
  const inTable = tabled(value, name);
  if (inTable) return inTable;
  const key = `${name} ${structuralKey(value)}`;
  const before = remembered.get(key);
  if (before) return before;
  const failures = failuresOf(value, x.name, formatByName(name));
  if (remembered.size >= mostRemembered) remembered.clear();
  remembered.set(key, failures);
  return failures;
}

const read = new Map<string, readonly (readonly Failure[])[]>();

/** What the table has of a value; undefined where that isn't in it. */
export function tabled(value: Expression, name: FormatName): readonly Failure[] | undefined {
  const key = structuralKey(value);
  let inFormats = read.get(key);
  if (!inFormats) {
    const entry = Object.hasOwn(measured, key) ? measured[key] : undefined;
    if (entry === undefined) return undefined;
    inFormats = readEntry(entry);
    read.set(key, inFormats);
  }
  return inFormats[(measuredFormats as readonly FormatName[]).indexOf(name)];
}

const states = { N: 'NaN', I: 'Infinity', J: '-Infinity', Z: 'zero' } as const;

/** `vJ<-88.72284 gN<-88.72284`: the value is -inf from there below, and the gradient NaN; formats apart by bars. */
export function writeEntry(inFormats: readonly (readonly Failure[])[]): string {
  const letters = new Map(Object.entries(states).map(([letter, state]) => [state, letter]));
  return inFormats
    .map((failures, i) =>
      failures
        .map(({ of, becomes, side, from }) => {
          const format = formatByName(measuredFormats[i] ?? '');
          const [what, where] = [of === 'value' ? 'v' : 'g', side === 'above' ? '>' : '<'];
          return `${what}${letters.get(becomes) ?? ''}${where}${shortestDecimal(format, from)}`;
        })
        .join(' '),
    )
    .join('|');
}

/** The same read again: every number is the one that was written, -0 included. */
export function readEntry(entry: string): readonly (readonly Failure[])[] {
  return entry.split('|').map((failures, i) =>
    failures === ''
      ? []
      : failures.split(' ').map((text) => ({
          of: text.startsWith('v') ? 'value' : 'gradient',
          becomes: states[text.charAt(1) as keyof typeof states],
          side: text.charAt(2) === '>' ? 'above' : 'below',
          from: formatByName(measuredFormats[i] ?? '').round(Number(text.slice(3))),
        })),
  );
}
