import assert from 'node:assert/strict';
import { findingsIn, type Finding, type FindingsOptions } from '../../../src/rules';
import { assertFixesHold } from './fixing';

/** A text in which «...» stands around each range that is to be found. */
export interface Marked {
  readonly text: string;
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

export function marked(source: string): Marked {
  const ranges: { start: number; end: number }[] = [];
  const open: { start: number; end: number }[] = [];
  let text = '';
  for (const character of source) {
    if (character === '«') {
      const range = { start: text.length, end: -1 };
      ranges.push(range);
      open.push(range);
    } else if (character === '»') {
      const range = open.pop();
      assert(range);
      range.end = text.length;
    } else text += character;
  }
  return { text, ranges };
}

const describeRange = (text: string, range: { start: number; end: number }): string =>
  `${String(range.start)}-${String(range.end)} ${text.slice(range.start, range.end)}`;

/** Asserts that exactly the marked ranges are found by this rule, as information or more. */
export function assertFinds(rule: string, source: string, options: FindingsOptions = {}): Finding[] {
  const { text, ranges } = marked(source);
  const found = findingsIn(text, options).filter((finding) => finding.rule === rule && finding.severity !== 'hint');
  assert.deepEqual(
    found.map((finding) => describeRange(text, finding.range)),
    ranges.map((range) => describeRange(text, range)),
  );
  return found;
}

/** Asserts that no rule says anything but hints. */
export function assertSpares(source: string, options: FindingsOptions = {}): void {
  const found = findingsIn(source, options).filter((finding) => finding.severity !== 'hint');
  assert.deepEqual(
    found.map((finding) => `${finding.rule} ${describeRange(source, finding.range)}`),
    [],
  );
}

export type Cases = Readonly<Record<string, string>>;

/** Positive examples of a rule, by name. */
export function finds(rule: string, cases: Cases, options: FindingsOptions = {}): void {
  for (const [name, source] of Object.entries(cases)) {
    it(name, () => {
      assert.notEqual(marked(source).ranges.length, 0);
      assertFinds(rule, source, options);
    });
    it(`${name}: fixes`, () => {
      assertFixesHold(marked(source).text, options);
    });
  }
}

/** Near misses: code that looks like it, of which nothing above a hint may be said by any rule. */
export function spares(cases: Cases, options: FindingsOptions = {}): void {
  for (const [name, source] of Object.entries(cases)) {
    it(name, () => {
      assert.equal(marked(source).ranges.length, 0);
      assertSpares(source, options);
    });
  }
}

/** Near misses of one rule, of which others may speak. */
export function sparesOf(rule: string, cases: Cases): void {
  for (const [name, source] of Object.entries(cases)) {
    it(name, () => {
      assert.equal(marked(source).ranges.length, 0);
      assertFinds(rule, source);
    });
  }
}

export function only(findings: readonly Finding[]): Finding {
  assert.equal(findings.length, 1);
  return findings[0] as Finding;
}
