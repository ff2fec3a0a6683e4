import {
  add,
  apply,
  complement,
  divide,
  log,
  log1p,
  logSigmoid,
  multiply,
  negate,
  number,
  sigmoid,
  square,
  subtract,
  negated,
  either,
  type Expression,
  type Pattern,
} from '../../expression';
import type { FrameworkName } from '../../python';
import { operand, x, type Form, type Rewriting, type Rule } from '../rule';
import { logOfProbabilityOfTarget, logOfTanhOfTarget, sigmoidByTanh } from './probabilities';
import { otherBases, rectified, reshaped, sigmoidOf, sigmoidOfTanh, toBase, type Base } from './shapes';

const ofArgument: Rewriting = {
  pytorch: '{torch.nn.functional.logsigmoid}($x)',
  tensorflow: '{tensorflow.math.log_sigmoid}($x)',
  keras: '{keras.ops.log_sigmoid}($x)',
  'keras-backend': '-{keras.backend.softplus}($-x)',
  jax: '{jax.nn.log_sigmoid}($x)',
  numpy: '{scipy.special.log_expit}($x)',
  tfjs: '{tensorflowjs.logSigmoid}($x)',
};

const ofNegative: Rewriting = {
  pytorch: '{torch.nn.functional.logsigmoid}($-x)',
  tensorflow: '{tensorflow.math.log_sigmoid}($-x)',
  keras: '{keras.ops.log_sigmoid}($-x)',
  'keras-backend': '-{keras.backend.softplus}($x)',
  jax: '{jax.nn.log_sigmoid}($-x)',
  numpy: '{scipy.special.log_expit}($-x)',
  tfjs: '{tensorflowjs.logSigmoid}({tensorflowjs.neg}($x))',
};

const probability = rectified(reshaped(sigmoidOf(operand)));

const ofTanh = rectified(reshaped(sigmoidOfTanh(operand)));

/** log(sigmoid(x)) */
const ofSigmoid: Form = {
  pattern: apply('log', probability),
  culprit: 'sigmoid',
  operand: 'the argument of the sigmoid',
  unstable: () => log(sigmoid(x)),
  stable: () => logSigmoid(x),
  write: ofArgument,
  name: 'log(sigmoid(x))',
  headline: { of: 'value', side: 'below' },
  sparesSampling: true,
};

/** log(1 - sigmoid(x)), however the difference is written. */
const complementForm = (name: string, pattern: Pattern, unstable: Form['unstable']): Form => ({
  pattern,
  culprit: 'sigmoid',
  operand: 'the argument of the sigmoid',
  ...(unstable ? { unstable } : {}),
  stable: () => logSigmoid(negate(x)),
  write: ofNegative,
  name,
  headline: { of: 'value', side: 'above' },
  sparesSampling: true,
});

const factor = number('a', (value) => value > 0 && value !== 1);

/** A multiple by a number. */
const scaledForm = (
  name: string,
  pattern: Pattern,
  of: (a: number) => Expression,
  stable: (a: number) => Expression,
): Form => {
  const { write: _, ...general } = ofSigmoid;
  return {
    ...general,
    pattern: apply('log', pattern),
    name,
    typical: { a: 2 },
    unstable: ({ a = 2 }) => log(of(a)),
    stable: ({ a = 2 }) => stable(a),
    advice: 'take the logarithm of the number and that of the sigmoid apart, with logsigmoid',
  };
};

/** The same to another base. */
const toBaseForms = (base: Base): Form[] => {
  const { write: _, ...general } = ofSigmoid;
  const shared = { ...general, advice: `take logsigmoid, and multiply it by ${base.name}(e)` };
  return [
    {
      ...shared,
      pattern: toBase(base, probability),
      name: `${base.name}(sigmoid(x))`,
      unstable: () => multiply(log(sigmoid(x)), base.factor),
      stable: () => multiply(logSigmoid(x), base.factor),
    },
    {
      ...shared,
      pattern: toBase(base, reshaped(complement(probability))),
      name: `${base.name}(1 - sigmoid(x))`,
      headline: { of: 'value', side: 'above' },
      unstable: () => multiply(log(subtract(1, sigmoid(x))), base.factor),
      stable: () => multiply(logSigmoid(negate(x)), base.factor),
    },
  ];
};

export const logOfSigmoid: Rule = {
  id: 'log-of-sigmoid',
  title: 'log of sigmoid',
  entries: ['NS01', 'NS02'],
  severity: 'warning',
  triggers: [
    ['log', 'Log'],
    ['igmoid', 'expit', 'logistic', 'exp', 'tanh'],
  ],
  forms: [
    ofSigmoid,
    complementForm('log(1 - sigmoid(x))', apply('log', reshaped(complement(probability))), () =>
      log(subtract(1, sigmoid(x))),
    ),
    complementForm('log1p(-sigmoid(x))', apply('log1p', either(negated(probability))), () => log1p(negate(sigmoid(x)))),
    {
      ...ofSigmoid,
      pattern: apply('log', reshaped(square(probability))),
      name: 'log(sigmoid(x) ** 2)',
      unstable: () => log(multiply(sigmoid(x), sigmoid(x))),
      stable: () => multiply(2, logSigmoid(x)),
      write: Object.fromEntries(
        Object.entries(ofArgument).map(([framework, template]) => [framework, `2 * ${template}`]),
      ),
    },
    {
      // The logarithm of the derivative of a flow that ends in a sigmoid.
      ...ofSigmoid,
      pattern: apply('log', apply('multiply', probability, reshaped(complement(sigmoidOf(operand))))),
      name: 'log(sigmoid(x) * (1 - sigmoid(x)))',
      unstable: () => log(multiply(sigmoid(x), subtract(1, sigmoid(x)))),
      stable: () => add(logSigmoid(x), logSigmoid(negate(x))),
      headline: { of: 'value', side: 'above' },
      write: Object.fromEntries(
        Object.entries(ofArgument).map(([framework, template]) => [
          framework,
          `${template} + ${ofNegative[framework as FrameworkName] ?? ''}`,
        ]),
      ),
    },
    scaledForm(
      'log(a * sigmoid(x))',
      apply('multiply', factor, probability),
      (a) => multiply(a, sigmoid(x)),
      (a) => add(log(a), logSigmoid(x)),
    ),
    scaledForm(
      'log(sigmoid(x) / a)',
      apply('divide', probability, factor),
      (a) => divide(sigmoid(x), a),
      (a) => subtract(logSigmoid(x), log(a)),
    ),
    { ...logOfProbabilityOfTarget, name: 'log(p_t) of p = sigmoid(x) with target 0' },
    {
      ...ofSigmoid,
      pattern: apply('log', ofTanh),
      culprit: 'tanh',
      unstable: () => log(sigmoidByTanh),
      name: 'log((tanh(x / 2) + 1) / 2)',
    },
    {
      ...complementForm('log(1 - (tanh(x / 2) + 1) / 2)', apply('log', reshaped(complement(ofTanh))), () =>
        log(subtract(1, sigmoidByTanh)),
      ),
      culprit: 'tanh',
    },
    { ...logOfTanhOfTarget, name: 'log(p_t) of p = (tanh(x / 2) + 1) / 2 with target 0' },
    ...otherBases.flatMap(toBaseForms),
  ],
};
