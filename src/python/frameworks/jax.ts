import { add, divide, multiply, negate, power, subtract } from '../../expression';
import { all, binary, keep, unary, under, type Framework } from './framework';
import { clamp, operations } from './operations';

const shared = operations({ x: 'x', pair: ['x1', 'x2'] });
const lax = operations({ x: 'x', pair: ['x', 'y'] });

export const jax: Framework = {
  name: 'jax',
  title: 'JAX',
  usual: { 'jax.numpy': 'jnp', 'jax.nn': 'jax.nn' },
  renamed: {
    'flax.linen.activation.': 'jax.nn.',
    'flax.linen.': 'jax.nn.',
    'flax.nnx.': 'jax.nn.',
  },
  names: {
    ...under('jax.numpy.', {
      ...all(['abs', 'absolute'], shared.absolute),
      add: binary(add, ['x1', 'x2']),
      clip: clamp(['a', 'a_min', 'a_max']),
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
      ...all(['power', 'pow'], binary(power, ['x1', 'x2'])),
      ...all(['ones_like', 'ones'], shared.one),
      ...all(['zeros_like', 'zeros'], shared.zero),
      sqrt: shared.sqrt,
      square: unary((x) => multiply(x, x)),
      subtract: binary(subtract, ['x1', 'x2']),
      tanh: shared.tanh,
      ...all(['argmax', 'argmin'], { does: 'sample' }),
      ...all(
        [
          'array',
          'asarray',
          'broadcast_to',
          'concatenate',
          'expand_dims',
          'moveaxis',
          'ravel',
          'repeat',
          'reshape',
          'split',
          'squeeze',
          'stack',
          'swapaxes',
          'take',
          'take_along_axis',
          'tile',
          'transpose',
        ],
        keep,
      ),
    }),
    ...under('jax.nn.', {
      sigmoid: shared.sigmoid,
      log_sigmoid: shared.logSigmoid,
      softmax: shared.softmax,
      log_softmax: shared.logSoftmax,
      softplus: shared.softplus,
      tanh: shared.tanh,
    }),
    ...under('jax.scipy.special.', {
      expit: shared.sigmoid,
      log_softmax: shared.logSoftmax,
      softmax: shared.softmax,
    }),
    ...under('jax.lax.', {
      abs: lax.absolute,
      exp: lax.exp,
      log: lax.log,
      log1p: lax.log1p,
      logistic: lax.sigmoid,
      max: lax.maximum,
      min: lax.minimum,
      neg: unary(negate),
      stop_gradient: lax.stopGradient,
      sub: binary(subtract, ['x', 'y']),
      tanh: lax.tanh,
      clamp: {
        does: 'compute',
        parameters: ['min', 'x', 'max'],
        build: ([low, x, high], others) => {
          const limits = clamp(['x', 'min', 'max']);
          return limits.does === 'compute' ? limits.build([x, low, high], others) : undefined;
        },
      },
    }),
    ...under('jax.', {
      ...all(['jit', 'vmap', 'pmap', 'checkpoint', 'remat'], keep),
      'random.categorical': { does: 'sample' },
    }),
  },
  stable: {
    logSigmoid: '{jax.nn.log_sigmoid}(x)',
    logSoftmax: '{jax.nn.log_softmax}(x)',
    bceWithLogits: 'optax.sigmoid_binary_cross_entropy(x, t)',
  },
  formats: ['float32', 'bfloat16', 'float16'],
  differentiates: true,
};
