import assert from 'node:assert/strict';
import { joinCells, readNotebook } from '../../src/notebooks';
import { isBeyondLimits, PythonParser } from '../../src/python';
import {
  applyEdits,
  applyFixes,
  compatibleFixes,
  findingsIn,
  suppressionsOf,
  type Edit,
  type Language,
} from '../../src/rules';
import { extremes, randomInput, type Input } from './inputs';

/*
 * Whatever a text is, nothing is thrown for it, nothing takes longer than two seconds, and no place lies outside of it.
 * Each input has a seed of its own: LOSSFLOOR_SEED=seed looks at that one alone, LOSSFLOOR_FUZZ=1000000 at as many.
 */
const count = Number(process.env['LOSSFLOOR_FUZZ'] ?? 20_000);
const onlySeed = process.env['LOSSFLOOR_SEED'];
const firstSeed = Number(process.env['LOSSFLOOR_FIRST_SEED'] ?? 20_261_122);
const batch = 500;

/** Of processor time: other programs take the clock's. */
const longest = 2;

interface Place {
  readonly start: number;
  readonly end: number;
}

function assertInside({ start, end }: Place, text: string, what: string): void {
  assert(
    Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= text.length,
    `${what} is at ${String(start)} to ${String(end)} of ${String(text.length)}`,
  );
}

function assertEdits(edits: readonly Edit[], text: string): void {
  let at = 0;
  for (const edit of edits) {
    assertInside(edit, text, 'an edit');
    assert(edit.start >= at, 'edits are not in order');
    at = edit.end;
  }
}

function checkText(text: string, language: Language, thorough: boolean): void {
  if (thorough && language === 'python' && !isBeyondLimits(text)) {
    assert.deepEqual(
      new PythonParser().parse(text),
      new PythonParser(false).parse(text),
      'by the grammar it is another',
    );
  }
  const findings = findingsIn(text, { language });
  for (const finding of findings) {
    assertInside(finding.range, text, finding.rule);
    assertInside(finding.statement, text, `the statement of ${finding.rule}`);
    for (const related of finding.related) assertInside(related, text, `what is related to ${finding.rule}`);
    const said = [finding.message, finding.lens, finding.title, finding.advice, finding.fix?.title ?? ''];
    said.push(...finding.related.map(({ message }) => message));
    for (const each of said) assert.doesNotMatch(each.replaceAll(text, ''), /\b(?:undefined|\[object)\b/);
    if (finding.fix) {
      assertEdits(finding.fix.edits, text);
      applyEdits(text, finding.fix.edits);
    }
  }
  const isSuppressed = suppressionsOf(text, language);
  for (const finding of findings) assert(!isSuppressed(finding));
  if (!thorough || findings.length === 0) return;
  assert.deepEqual(structuredClone(findings), findings);
  const without = findingsIn(text, { language, fixes: false });
  assert.deepEqual(
    without.map(({ rule, range }) => [rule, range]),
    findings.map(({ rule, range }) => [rule, range]),
  );
  const chosen = compatibleFixes(findings.flatMap(({ fix }) => fix ?? []));
  assertEdits(
    chosen.flatMap(({ edits }) => edits).sort((a, b) => a.start - b.start || a.end - b.end),
    text,
  );
  if (findings.length > 50) return;
  const { text: fixed, edits } = applyFixes(text, (each) => findingsIn(each, { language }));
  assertEdits(edits, text);
  assert.equal(applyEdits(text, edits), fixed);
}

function checkNotebook(json: string, thorough: boolean): void {
  const { cells, problem } = readNotebook(json);
  if (problem) {
    assertInside({ start: problem.offset, end: problem.offset }, json, 'the problem');
    assert.doesNotMatch(problem.message, /undefined/);
  }
  const sources = cells.map(({ source }) => source);
  const joined = joinCells(sources);
  for (const { range, fix } of findingsIn(joined.text)) {
    const { cell, ...place } = joined.rangeIn(range);
    assertInside(place, sources[cell] ?? assert.fail('there is no such cell'), 'what is found in a cell');
    if (!fix) continue;
    for (const [of, edits] of joined.editsByCell(fix.edits) ?? []) {
      assertEdits(edits, sources[of] ?? assert.fail('there is no such cell'));
    }
  }
  checkText(joined.text, 'python', thorough);
}

function check({ kind, text }: Input, thorough: boolean): void {
  const start = process.cpuUsage();
  if (kind === 'notebook') checkNotebook(text, thorough);
  else checkText(text, kind, thorough);
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  assert(seconds < longest, `took ${seconds.toFixed(1)} s`);
}

describe('fuzz', () => {
  const seeds =
    onlySeed === undefined ? Array.from({ length: count }, (_, index) => firstSeed + index) : [Number(onlySeed)];
  for (let from = 0; from < seeds.length; from += batch) {
    it(`inputs from ${String(from)}`, () => {
      for (const seed of seeds.slice(from, from + batch)) {
        const input = randomInput(seed);
        try {
          check(input, true);
        } catch (error) {
          const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
          assert.fail(
            `${said}\nLook at it alone with LOSSFLOOR_SEED=${String(seed)}: ${JSON.stringify(input.text.slice(0, 400))}`,
          );
        }
      }
    });
  }
});

describe('extreme inputs', () => {
  if (onlySeed !== undefined) return;
  for (const [name, input] of Object.entries(extremes)) {
    it(name, () => {
      check(input(), false);
    });
  }
});
