import { log, variable, type Expression, type Operator } from '../../expression';
import { intervalOf } from '../interval';
import { x, type Form, type Hit, type Rule } from '../rule';
import { guardedLogarithm, logarithmWhere, written } from './guarded';

/** What lies on both sides of 0 whatever it is taken of, and what it is called. */
const twoSided: Readonly<Partial<Record<Operator, string>>> = {
  tanh: 'tanh(x)',
  cosine: 'cosine(a, b)',
};

const nameOfTwoSided = (value: Expression): string | undefined =>
  value.kind === 'operation' ? twoSided[value.operator] : undefined;

/** The logarithm as it is written here, where its argument is known to go below 0. */
function formAt(hit: Hit): Form | undefined {
  const guarded = guardedLogarithm(hit.matched);
  const argument = hit.matched.kind === 'operation' ? hit.matched.operands[0] : undefined;
  const name = guarded && nameOfTwoSided(guarded.probability);
  if (!guarded || !argument || name === undefined) return undefined;
  // Limits from below and comparisons on the way may keep it off.
  const { low, high } = intervalOf(argument, hit.site.conditions);
  if (low >= 0 || high <= 0 || low === -Infinity) return undefined;
  return {
    ...hit.form,
    name: written(guarded.logarithm(variable(name))),
    operand: `the ${name}`,
    unstable: () => guarded.logarithm(x),
  };
}

/**
 * The logarithm of a value that is negative as often as not: a tanh, a cosine. An epsilon, which is there against 0,
 * doesn't help.
 */
export const logOfNegative: Rule = {
  id: 'log-of-negative',
  title: 'log of a value that can be negative',
  entries: ['NS15'],
  severity: 'warning',
  triggers: [
    ['log', 'Log'],
    ['tanh', 'Tanh', 'cos', 'Cos'],
  ],
  forms: [
    {
      pattern: logarithmWhere(
        ({ complement, probability }) => !complement && nameOfTwoSided(probability) !== undefined,
      ),
      name: 'log(tanh(x))',
      operand: 'the tanh(x)',
      unstable: () => log(x),
      headline: { of: 'value', side: 'below' },
      at: formAt,
      advice:
        'take a value between 0 and 1 for a probability: a sigmoid in place of the tanh, whose logarithm is then log_sigmoid, or (1 + x) / 2',
    },
  ],
};
