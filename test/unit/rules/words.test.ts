import assert from 'node:assert/strict';
import { rules } from '../../../src/rules';
import { Vocabulary } from '../../../src/rules/words';

describe('words of a text', () => {
  it('are found wherever they stand, also in each other', () => {
    const vocabulary = new Vocabulary(new Set(['he', 'she', 'his', 'hers', 'log', 'log1p', 'xlogy', 'p(']));
    assert.deepEqual([...vocabulary.in('ushers')].sort(), ['he', 'hers', 'she']);
    assert.deepEqual([...vocabulary.in('xlog1p(')].sort(), ['log', 'log1p', 'p(']);
    assert.deepEqual([...vocabulary.in('xlogé1pxlogy')].sort(), ['log', 'xlogy']);
    assert.deepEqual([...vocabulary.in('loég')], []);
    assert.deepEqual([...vocabulary.in('')], []);
  });

  it('are those that the text includes, of random words and of the rules', () => {
    let seed = 7;
    const below = (limit: number): number => (seed = (seed * 48271) % 2147483647) % limit;
    const letters = (length: number): string => Array.from({ length }, () => 'abc'.charAt(below(3))).join('');
    const ofRules = [...new Set(rules.flatMap(({ triggers }) => triggers.flat()))];
    for (let round = 0; round < 300; round++) {
      const words = [...new Set(Array.from({ length: 1 + below(12) }, () => letters(1 + below(5))))];
      const text = letters(below(40));
      const wanted = words.filter((word) => text.includes(word));
      assert.deepEqual(
        [...new Vocabulary(new Set(words)).in(text)].sort(),
        wanted.sort(),
        `${words.join()} in ${text}`,
      );
    }
    const vocabulary = new Vocabulary(new Set(ofRules));
    for (let round = 0; round < 300; round++) {
      const text = Array.from({ length: below(6) }, () => ofRules[below(ofRules.length)]?.slice(below(3))).join('');
      const wanted = ofRules.filter((word) => text.includes(word));
      assert.deepEqual([...vocabulary.in(text)].sort(), wanted.sort(), text);
    }
  });
});
