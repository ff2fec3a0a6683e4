import { add, divide, multiply, negate, power, subtract } from '../../expression';
import { all, binary, keep, unary, under, type Framework, type Meaning } from './framework';
import { clamp, operations } from './operations';

const shared = operations({ x: 'x', pair: ['x1', 'x2'] });

/** What is a function of `numpy` and a method of its arrays. */
const both: Readonly<Record<string, Meaning>> = {
  clip: clamp(['a', 'a_min', 'a_max']),
  ...all(['argmax', 'argmin'], { does: 'sample' }),
  ...all(['copy', 'ravel', 'repeat', 'reshape', 'squeeze', 'swapaxes', 'take', 'transpose'], keep),
};

/** NumPy and SciPy: float64 unless told otherwise, and no gradients. */
export const numpy: Framework = {
  name: 'numpy',
  title: 'NumPy',
  usual: { numpy: 'np' },
  renamed: { 'autograd.numpy.': 'numpy.', 'autograd.scipy.': 'scipy.', 'cupy.': 'numpy.' },
  names: {
    ...under('numpy.', {
      ...both,
      ...all(['abs', 'absolute'], shared.absolute),
      add: binary(add, ['x1', 'x2']),
      ...all(['divide', 'true_divide'], binary(divide, ['x1', 'x2'])),
      exp: shared.exp,
      expm1: shared.expm1,
      log: shared.log,
      log1p: shared.log1p,
      logaddexp: shared.logAddExp,
      maximum: shared.maximum,
      minimum: shared.minimum,
      multiply: binary(multiply, ['x1', 'x2']),
      negative: unary(negate),
      power: binary(power, ['x1', 'x2']),
      ...all(['ones_like', 'ones'], shared.one),
      ...all(['zeros_like', 'zeros'], shared.zero),
      sqrt: shared.sqrt,
      square: unary((x) => multiply(x, x)),
      subtract: binary(subtract, ['x1', 'x2']),
      tanh: shared.tanh,
      ...all(['array', 'asarray', 'concatenate', 'expand_dims', 'hstack', 'stack', 'take_along_axis', 'vstack'], keep),
    }),
    ...under('scipy.special.', {
      expit: shared.sigmoid,
      log_expit: shared.logSigmoid,
      log_softmax: shared.logSoftmax,
      softmax: shared.softmax,
    }),
    'collections.OrderedDict': keep,
  },
  methods: both,
  stable: {
    logSigmoid: '{scipy.special.log_expit}(x)',
    logSoftmax: '{scipy.special.log_softmax}(x, axis=-1)',
    bceWithLogits: '-(t * {scipy.special.log_expit}(x) + (1 - t) * {scipy.special.log_expit}(-x))',
  },
  formats: ['float64', 'float32', 'float16'],
  differentiates: false,
};
