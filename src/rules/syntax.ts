import { parser as javascript } from '@lezer/javascript';
import { Tree } from '@lezer/common';
import { parser as python } from '@lezer/python';
import { isBeyondLimits } from '../python';
import type { Language } from './findings';

const scripts = {
  javascript: [javascript.configure({ dialect: 'jsx' })],
  // Elements of JSX and casts in angle brackets exclude each other, and the language's name doesn't say which it is.
  typescript: [javascript.configure({ dialect: 'ts' }), javascript.configure({ dialect: 'ts jsx' })],
};

/** The concrete syntax tree of a text, comments included; an empty one of a text that is nested absurdly deeply. */
export function parseText(text: string, language: Language): Tree {
  if (isBeyondLimits(text)) return Tree.empty;
  if (language === 'python') return python.parse(text);
  const [first, ...others] = scripts[language].map((parser) => parser.parse(text));
  return others.reduce((best, tree) => (errorsIn(tree) < errorsIn(best) ? tree : best), first as Tree);
}

/** How much of a text is not what the language's grammar knows. A change that is right does not raise it. */
export function syntaxErrorsIn(text: string, language: Language): number {
  return errorsIn(parseText(text, language));
}

function errorsIn(tree: Tree): number {
  let errors = 0;
  tree.iterate({
    enter: ({ type }) => {
      if (type.isError) errors++;
    },
  });
  return errors;
}
