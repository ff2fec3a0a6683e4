import type { Language } from '../rules';

/** Names of which a text has one, or nothing is to be found in it. A loss may come from another module of the project. */
const triggers: Readonly<Record<Language, RegExp>> = {
  python: /torch|tensorflow|keras|\bjax|optax|numpy|scipy|\bmath\b|theano|mxnet|\bnp\b|\btf\b|loss|sigmoid|softmax/i,
  javascript: /tensorflow|tfjs/i,
  typescript: /tensorflow|tfjs/i,
};

/** Whether it is worth while to have the text read, told in a moment. */
export function mayContainFindings(text: string, language: Language): boolean {
  return triggers[language].test(text);
}
