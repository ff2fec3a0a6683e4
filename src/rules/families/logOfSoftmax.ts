import {
  add,
  anything,
  apply,
  bind,
  divide,
  exp,
  factorsOf,
  log,
  logSoftmax,
  multipleOf,
  multiply,
  number,
  sameComputation,
  softmax,
  suchThat,
  termsOf,
  type Expression,
} from '../../expression';
import { formatByName } from '../../numeric';
import type { Severity } from '../finding';
import { intervalOf } from '../interval';
import { operand, x, type Form, type Hit, type Rule } from '../rule';
import { contains, otherBases, rectified, reshaped, softmaxOf, toBase } from './shapes';
import { namesAround, sourceOf } from './zeros';

/** Names of what bounded logits are multiplied by. */
const scaleName = /(^|[._])(\w*temp(erature)?|tau|\w*scale|\w*clip\w*|c)$/i;

/** Cosines, tanh and the like divided by a temperature that is not known, or times a scale. */
function isScaledBounded(logits: Expression, hit: Hit): boolean {
  return termsOf(logits).every(({ term }) => {
    const factors = factorsOf(term);
    const isScale = (factor: Expression, inverse: boolean): boolean =>
      factor.kind === 'variable' && (inverse || scaleName.test(sourceOf(hit, factor) ?? ''));
    const others = factors.filter(({ factor, inverse }) => factor.kind !== 'constant' && !isScale(factor, inverse));
    return others.every(({ factor, inverse }) => {
      const { low, high } = intervalOf(factor);
      return !inverse && low >= -1 && high <= 1;
    });
  });
}

/** How much to make of it by how far apart the logits can lie: less far, and no probability underflows in the format. */
function ofGap(hit: Hit): boolean | Severity {
  // The inception score, computed of what the network is known by.
  if (!hit.site.framework.differentiates && namesAround(hit).some((name) => /metric|score$/i.test(name))) return 'hint';
  const [format = 'float32'] = hit.formats;
  const logits = hit.bindings.get('x') as Expression;
  const { low, high } = intervalOf(logits, hit.site.conditions);
  // TensorFlow flushes a little earlier than at the least normal number: from 86.6 in float32.
  if (high - low < -Math.log(formatByName(format).smallestNormal) - 1) return false;
  const isUnknown = high - low === Infinity && format !== 'float16';
  return isUnknown && isScaledBounded(logits, hit) ? 'hint' : true;
}

/** Measured among two logits, the other one 0: x is then how far this logit lies above the greatest of the others. */
const measured = {
  culprit: 'softmax',
  operand: 'the logits',
  bounded: false,
  guard: ofGap,
  unstable: () => log(softmax(x, 0)),
  stable: () => logSoftmax(x, 0),
  headline: { of: 'value', side: 'below' },
  speech: {
    amount: (printed) => printed.replace('-', ''),
    threshold: (amount, side) =>
      side === 'below' ? `from a logit ${amount} below the greatest` : `from a logit ${amount} above all others`,
  },
  sparesSampling: true,
} satisfies Partial<Form>;

export const logOfSoftmax: Rule = {
  id: 'log-of-softmax',
  title: 'log of softmax',
  entries: ['NS03', 'NS10'],
  severity: 'warning',
  triggers: [
    ['log', 'Log'],
    ['oftmax', 'exp'],
  ],
  forms: [
    {
      pattern: apply('log', rectified(reshaped(softmaxOf(operand)))),
      ...measured,
      write: {
        pytorch: '{torch.nn.functional.log_softmax}($x, dim=$axis)',
        tensorflow: '{tensorflow.nn.log_softmax}($x, axis=$axis)',
        keras: '{keras.ops.log_softmax}($x, axis=$axis)',
        'keras-backend': '{tensorflow.nn.log_softmax}($x, axis=$axis)',
        jax: '{jax.nn.log_softmax}($x, axis=$axis)',
        numpy: '{scipy.special.log_softmax}($x, axis=$axis)',
        tfjs: '{tensorflowjs.logSoftmax}($x)',
      },
      name: 'log(softmax(x))',
    },
    {
      ...measured,
      pattern: apply(
        'log',
        reshaped(
          apply(
            'multiply',
            reshaped(softmaxOf(operand)),
            number('a', (value) => value > 0),
          ),
        ),
      ),
      name: 'log(a * softmax(x))',
      typical: { a: 0.5 },
      unstable: ({ a = 0.5 }) => log(multiply(softmax(x, 0), a)),
      stable: ({ a = 0.5 }) => add(logSoftmax(x, 0), log(a)),
      advice: 'take the logarithm of the number and the log softmax apart',
    },
    {
      ...measured,
      // It rounds in another way than a softmax.
      pattern: apply('log', reshaped(apply('exp', apply('logSoftmax', operand)))),
      culprit: 'exp',
      name: 'log(exp(log_softmax(x)))',
      unstable: () => log(exp(logSoftmax(x, 0))),
      advice: 'take the log softmax as it is',
    },
    {
      ...measured,
      pattern: apply('log', reshaped(apply('sum', apply('multiply', apply('oneHot', anything), softmaxOf(operand))))),
      name: 'log(sum(one_hot(i) * softmax(x)))',
      advice: 'multiply the one-hot with the log softmax and sum that up: what it picks is the same',
    },
    {
      ...measured,
      pattern: apply('log', reshaped(multipleOf(apply('add', softmaxOf(operand), softmaxOf(bind('y')))))),
      name: 'log((softmax(x) + softmax(y)) / 2)',
      // Where both logits lie so far below.
      unstable: () => log(divide(add(softmax(x, 0), softmax(x, 0)), 2)),
      repeated: true,
      advice: 'take the logaddexp of the two log softmaxes and subtract log(2)',
    },
    {
      ...measured,
      // Divided by another probability: a divergence by hand. By what it is made of itself it is made to add up to 1.
      pattern: suchThat(apply('log', reshaped(apply('divide', softmaxOf(operand), bind('q')))), (bindings) => {
        const [q, logits] = [bindings.get('q'), bindings.get('x')];
        return q !== undefined && logits !== undefined && !contains(q, 'sum') && !sameComputation(q, logits);
      }),
      name: 'log(softmax(x) / q)',
      advice: 'subtract the logarithm of q from the log softmax',
    },
    ...otherBases.map((base): Form => ({
      ...measured,
      pattern: toBase(base, reshaped(softmaxOf(operand))),
      name: `${base.name}(softmax(x))`,
      unstable: () => multiply(log(softmax(x, 0)), base.factor),
      stable: () => multiply(logSoftmax(x, 0), base.factor),
      advice: `take the log softmax, and multiply it by ${base.name}(e)`,
    })),
  ],
};
