/** What is found in a whole text. */
export type Answer = string | number | boolean | undefined;

/** A question about a whole text, and about names in it. It must depend on nothing else. */
export class Question<About extends readonly string[], T extends Answer> {
  constructor(readonly answer: (text: string, ...about: About) => T) {}
}

/** Asks something of a whole text, once. */
export type Ask = <About extends readonly string[], T extends Answer>(
  question: Question<About, T>,
  ...about: About
) => T;

interface Asked {
  readonly answer: Answer;
  readonly again: (ask: Ask) => Answer;
}

/**
 * What was asked of a text, and the answers. What was found by them holds only as long as they stay the same, so that
 * questions are better not about things that every keystroke changes. Each question has answers of its own: two are never
 * taken for each other, whatever they are about.
 */
export class Answers {
  readonly #text: string;
  readonly #known = new Map<unknown, Map<string, Asked>>();

  constructor(text: string) {
    this.#text = text;
  }

  readonly ask: Ask = <About extends readonly string[], T extends Answer>(
    question: Question<About, T>,
    ...about: About
  ): T => {
    const known = this.#known.get(question) ?? new Map<string, Asked>();
    this.#known.set(question, known);
    const key = about.join('\n');
    const before = known.get(key);
    if (before) return before.answer as T;
    const answer = question.answer(this.#text, ...about);
    known.set(key, { answer, again: (ask) => ask(question, ...about) });
    return answer;
  };

  /** Whether all that was asked of another text has the same answers in this one, of which it has been asked then, too. */
  agreeWith(before: Answers): boolean {
    for (const known of before.#known.values()) {
      for (const { answer, again } of known.values()) if (again(this.ask) !== answer) return false;
    }
    return true;
  }
}

/** What is found in the text that was asked of last: questions about one name after the other share it. */
export function ofLatestText<T>(find: (text: string) => T): (text: string) => T {
  let latest: { readonly text: string; readonly found: T } | undefined;
  return (text) => {
    if (latest?.text !== text) latest = { text, found: find(text) };
    return latest.found;
  };
}
