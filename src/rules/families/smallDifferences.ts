import {
  add,
  anything,
  apply,
  either,
  exp,
  expm1,
  log,
  log1p,
  matchPattern,
  negated,
  subtract,
  suchThat,
  type Expression,
  type Operation,
} from '../../expression';
import { intervalOf } from '../interval';
import { operand, x, type Form, type Hit, type Rule } from '../rule';
import { exponential, exponentialTriggers, gatheredIn, isChosenFrom, namesOf, sayVanishing } from './exponents';
import { contains } from './shapes';
import { sourceOf } from './zeros';

/** Differences from 1 that are written with the 1, which has no room for a small one. Relative precision is all that is lost. */

/** Whether a value can be small, by all that is known of it. */
function canBeSmall(hit: Hit): boolean {
  const { low, high } = intervalOf(hit.bindings.get('x') as Expression, hit.site.conditions);
  return low < 1e-4 && high > -1e-4;
}

/** Importance ratios are compared with 1, and estimators of a divergence from them are noisy anyway. */
function isRatio(hit: Hit): boolean {
  const [minuend] = (hit.matched as Operation).operands as [Expression];
  return namesOf(minuend, hit).some((name) => /ratio|coef|\brho|weight/i.test(name));
}

const expm1Form: Form = {
  pattern: either(apply('subtract', exponential(operand), 1), apply('add', exponential(operand), -1)),
  culprit: 'exp',
  name: 'exp(x) - 1',
  unstable: () => subtract(exp(x), 1),
  stable: () => expm1(x),
  guard: (hit) => canBeSmall(hit) && !isChosenFrom(hit) && !isRatio(hit),
  yields: true,
  write: {
    pytorch: '{torch.expm1}($x)',
    tensorflow: '{tensorflow.math.expm1}($x)',
    keras: '{keras.ops.expm1}($x)',
    jax: '{jax.numpy.expm1}($x)',
    numpy: '{numpy.expm1}($x)',
    tfjs: '{tensorflowjs.expm1}($x)',
    javascript: '{javascript.Math.expm1}($x)',
  },
  advice: 'expm1 keeps all digits of a small x',
};

export const expMinusOne: Rule = {
  id: 'exp-minus-one',
  title: 'exp(x) - 1',
  entries: ['NS31'],
  severity: 'hint',
  triggers: [exponentialTriggers],
  forms: [{ ...expm1Form, says: sayVanishing(expm1Form.name, subtract(exp(x), 1)) }],
};

/** Names of counts, ranks and sizes: integers, of which 1 + n keeps everything. */
const integerName =
  /(^|[._])([nkijtNKT]|idx|pos|num|count|counts|freq\w*|rank\w*|len|lengths?|size|degrees?|deg|index|indices|steps?|epochs?|years?|ids?)(_\w+)?$/i;
const counting = /\blen\(|\brange\(|bincount|cumsum|\.shape\b|\.size\b|\.count\(|rank/;

/** Whether a value counts something. */
function isCount(value: Expression, hit: Hit): boolean {
  if (contains(value, 'nonNegative', 'given', 'index', 'oneHot', 'floor', 'round', 'less', 'lessEqual', 'equal')) {
    return true;
  }
  const source = sourceOf(hit, value) ?? '';
  return integerName.test(source.replace(/[([].*$/s, '')) || counting.test(source);
}

const log1pForm: Form = {
  // Of an exponential it is a softplus; what is subtracted from 1 is a probability, which other rules are about.
  pattern: suchThat(
    apply('log', apply('add', 1, operand)),
    (bindings) =>
      gatheredIn(bindings.get('x') as Expression).exponents.length === 0 &&
      !matchPattern(negated(anything), bindings.get('x') as Expression),
  ),
  name: 'log(1 + x)',
  unstable: () => log(add(1, x)),
  stable: () => log1p(x),
  guard: (hit) => canBeSmall(hit) && !isCount(hit.bindings.get('x') as Expression, hit),
  yields: true,
  write: {
    pytorch: '{torch.log1p}($x)',
    tensorflow: '{tensorflow.math.log1p}($x)',
    keras: '{keras.ops.log1p}($x)',
    jax: '{jax.numpy.log1p}($x)',
    numpy: '{numpy.log1p}($x)',
    tfjs: '{tensorflowjs.log1p}($x)',
    javascript: '{javascript.Math.log1p}($x)',
  },
  advice: 'log1p keeps all digits of a small x',
};

export const logOfOnePlus: Rule = {
  id: 'log-of-one-plus',
  title: 'log(1 + x)',
  entries: ['NS32'],
  severity: 'hint',
  triggers: [['log', 'Log']],
  forms: [{ ...log1pForm, says: sayVanishing(log1pForm.name, log(add(1, x))) }],
};

export const smallDifferences: readonly Rule[] = [expMinusOne, logOfOnePlus];
