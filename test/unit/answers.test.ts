import assert from 'node:assert/strict';
import { Answers, Question } from '../../src/python';

const count = new Question((text, name: string) => text.split(name).length - 1);
const has = new Question((text, name: string) => text.includes(name));

describe('answers about a text', () => {
  it('are those of the question, whatever else is asked about the same name', () => {
    const { ask } = new Answers('a a b');
    assert.equal(ask(count, 'a'), 2);
    assert.equal(ask(has, 'a'), true);
    assert.equal(ask(count, 'b'), 1);
    assert.equal(ask(has, 'c'), false);
  });

  it('are found once', () => {
    let asked = 0;
    const question = new Question((text) => {
      asked++;
      return text.length;
    });
    const { ask } = new Answers('abc');
    assert.equal(ask(question) + ask(question), 6);
    assert.equal(asked, 1);
  });

  it('agree with those of another text as long as each is the same', () => {
    const before = new Answers('a a b');
    before.ask(count, 'a');
    before.ask(has, 'b');
    assert.equal(new Answers('b a a c').agreeWith(before), true);
    assert.equal(new Answers('b a').agreeWith(before), false);
    assert.equal(new Answers('a a').agreeWith(before), false);
    // What agrees has been asked the same, so that the next text is held to it, too.
    const next = new Answers('a b a');
    assert.equal(next.agreeWith(before), true);
    assert.equal(new Answers('a').agreeWith(next), false);
  });
});
