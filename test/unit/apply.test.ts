import assert from 'node:assert/strict';
import { applyEdits, applyFixes, ChangingText, type Edit, type Finding } from '../../src/rules';

/** Fixes that replace a word by another, wherever it stands. */
function replacing(words: Readonly<Record<string, string>>): (text: string) => Pick<Finding, 'fix'>[] {
  return (text) =>
    Object.entries(words).flatMap(([word, other]) =>
      [...text.matchAll(new RegExp(`\\b${word}\\b`, 'g'))].map(({ index }) => ({
        fix: {
          ...{ title: '', format: 'float32' as const, worstBefore: 2, worstAfter: 1 },
          ...{ of: 'value' as const, side: 'above' as const },
          edits: [{ start: index, end: index + word.length, text: other }],
        },
      })),
    );
}

describe('applying fixes', () => {
  it('applies one to what others have left', () => {
    const { text, edits, applied } = applyFixes('a + b + a', replacing({ a: 'b', b: 'c' }));
    assert.equal(text, 'c + c + c');
    assert.equal(applied, 5);
    assert.equal(applyEdits('a + b + a', edits), text);
  });

  it('ends where fixes undo each other', () => {
    assert.ok(applyFixes('a', replacing({ a: 'b', b: 'a' })).applied <= 20);
  });

  it('tells of changes upon changes in as few edits of the original as needed', () => {
    const original = 'one two three four';
    const text = new ChangingText(original);
    text.apply([{ start: 4, end: 7, text: 'zwei' }]);
    text.apply([{ start: 0, end: 3, text: 'eins' }]);
    assert.equal(text.text, 'eins zwei three four');
    text.apply([{ start: 5, end: 9, text: 'deux' }]);
    assert.equal(applyEdits(original, text.edits()), 'eins deux three four');
    text.apply([
      { start: 5, end: 9, text: 'two' },
      { start: 0, end: 4, text: 'one' },
    ]);
    assert.deepEqual(text.edits(), []);
  });

  it('agrees with plain replacing, whatever the edits', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let round = 0; round < 500; round++) {
      const original = Array.from({ length: random(40) }, () => 'abc'[random(3)]).join('');
      const changing = new ChangingText(original);
      let expected = original;
      for (let step = 0; step < 6; step++) {
        const [start, size] = [random(expected.length + 1), random(5)];
        const edit: Edit = { start, end: Math.min(expected.length, start + size), text: 'xy'.slice(0, random(3)) };
        expected = expected.slice(0, edit.start) + edit.text + expected.slice(edit.end);
        changing.apply([edit]);
      }
      assert.equal(changing.text, expected);
      assert.equal(applyEdits(original, changing.edits()), expected);
      changing.edits().reduce((end, edit) => {
        assert.ok(edit.start >= end);
        return edit.end;
      }, 0);
    }
  });
});
