import { apply, divide, either, exp, is, lessEqual, multiply, sqrt } from '../../expression';
import { formatByName } from '../../numeric';
import type { Severity } from '../finding';
import { operand, x, type Form, type Hit, type Rule } from '../rule';
import { namesOf } from './exponents';
import { reshaped } from './shapes';

const logVarianceName =
  /(log|ln)_?(?:\w*_)?(var|sig|std|stdd?ev|scale)|(var|sigma\w*)_?log|(^|_)(sigm?a?|var|std|lv\d*)(_|$)/i;

/** Logarithms of variances, as every variational autoencoder gives them, don't come near the thresholds as a rule. */
const ofLogarithm = (hit: Hit): Severity => {
  const logarithm = hit.bindings.get('x');
  const isNamed = logarithm && namesOf(logarithm, hit).some((name) => logVarianceName.test(name));
  return isNamed ? 'hint' : 'information';
};

/**
 * sqrt(exp(x)), the deviation of a variance that is given by its logarithm: exp underflows first, and where it is 0 the
 * root's gradient is infinite; it also overflows at half of the range that exp(x / 2) has.
 */
const rootForm: Form = {
  pattern: either(
    apply('sqrt', reshaped(apply('exp', operand))),
    apply('power', reshaped(apply('exp', operand)), is(0.5)),
  ),
  culprit: 'exp',
  operand: 'the argument of exp',
  unstable: () => sqrt(exp(x)),
  stable: () => exp(divide(x, 2)),
  write: {
    pytorch: '{torch.exp}(0.5 * $x)',
    tensorflow: '{tensorflow.exp}(0.5 * $x)',
    keras: '{keras.ops.exp}(0.5 * $x)',
    'keras-backend': '{keras.backend.exp}(0.5 * $x)',
    jax: '{jax.numpy.exp}(0.5 * $x)',
    numpy: '{numpy.exp}(0.5 * $x)',
  },
  name: 'sqrt(exp(x))',
  headline: { of: 'gradient', side: 'below' },
  ofGradients: true,
  guard: ofLogarithm,
};

/** Below the least normal number of float32, and of bfloat16, there is nothing but 0. */
const flushed = multiply(exp(x), lessEqual(formatByName('float32').smallestNormal, exp(x)));

export const rootOfExponential: Rule = {
  id: 'sqrt-of-exp',
  title: 'sqrt of exp',
  entries: ['NS59'],
  severity: 'information',
  triggers: [
    ['exp', 'Exp'],
    ['sqrt', 'Sqrt', '**', 'pow'],
  ],
  forms: [
    rootForm,
    {
      ...rootForm,
      // A limit that keeps it from being 0 may let it be subnormal.
      name: 'sqrt(exp(x)) with subnormals of float32 as 0',
      frameworks: ['tensorflow', 'keras', 'keras-backend', 'jax'],
      unstable: () => sqrt(flushed),
      meant: () => sqrt(exp(x)),
      guard: (hit) => (hit.formats[0] === 'float32' || hit.formats[0] === 'bfloat16') && ofLogarithm(hit),
    },
  ],
};
