import { add, divide, multiply, negate, power, subtract } from '../../expression';
import { all, binary, keep, unary, under, type Framework, type Meaning } from './framework';
import { activationOf } from './keras';
import { clamp, operations } from './operations';

const shared = operations({ x: 'x', pair: ['x', 'y'] });
const ofLogits = operations({ x: 'logits', pair: ['x', 'y'] });
const ofFeatures = operations({ x: 'features', pair: ['x', 'y'] });
const ofInput = operations({ x: 'input', pair: ['x', 'y'] });

/** In `tf.math`, and most of them in `tf` itself. */
const mathematics: Readonly<Record<string, Meaning>> = {
  abs: shared.absolute,
  add: binary(add, ['x', 'y']),
  ...all(['divide', 'truediv'], binary(divide, ['x', 'y'])),
  exp: shared.exp,
  expm1: shared.expm1,
  log: shared.log,
  log1p: shared.log1p,
  log_sigmoid: shared.logSigmoid,
  log_softmax: ofLogits.logSoftmax,
  maximum: shared.maximum,
  minimum: shared.minimum,
  multiply: binary(multiply, ['x', 'y']),
  negative: unary(negate),
  pow: binary(power, ['x', 'y']),
  sigmoid: shared.sigmoid,
  softmax: ofLogits.softmax,
  softplus: ofFeatures.softplus,
  sqrt: shared.sqrt,
  square: unary((x) => multiply(x, x)),
  subtract: binary(subtract, ['x', 'y']),
  tanh: shared.tanh,
  ...all(['argmax', 'argmin', 'top_k'], { does: 'sample' }),
};

/** A layer as a function, its activation at that place among the parameters. */
const layerFunction = (index: number, parameter: string): Meaning => ({
  does: 'then',
  applied: (call) => activationOf(call.get(index, parameter)),
});

export const tensorflow: Framework = {
  name: 'tensorflow',
  title: 'TensorFlow',
  usual: { tensorflow: 'tf' },
  renamed: {
    'tensorflow.compat.v1.': 'tensorflow.',
    'tensorflow.compat.v2.': 'tensorflow.',
    'tensorflow.python.ops.math_ops.': 'tensorflow.math.',
    'tensorflow.python.ops.nn_ops.': 'tensorflow.nn.',
  },
  names: {
    ...under('tensorflow.', mathematics),
    ...under('tensorflow.math.', mathematics),
    ...under('tensorflow.nn.', mathematics),
    ...under('tensorflow.', {
      clip_by_value: clamp(['t', 'clip_value_min', 'clip_value_max']),
      ...all(['ones_like', 'ones'], ofInput.one),
      ...all(['zeros_like', 'zeros'], ofInput.zero),
      stop_gradient: ofInput.stopGradient,
      ...all(
        [
          'boolean_mask',
          'broadcast_to',
          'cast',
          'concat',
          'constant',
          'convert_to_tensor',
          'expand_dims',
          'gather',
          'gather_nd',
          'identity',
          'repeat',
          'reshape',
          'slice',
          'split',
          'squeeze',
          'stack',
          'tile',
          'to_float',
          'transpose',
          'unstack',
        ],
        keep,
      ),
      ...all(['multinomial', 'random.categorical', 'random.multinomial'], { does: 'sample' }),
      function: keep,
      'layers.dense': layerFunction(2, 'activation'),
      ...all(['layers.conv1d', 'layers.conv2d', 'layers.conv2d_transpose'], layerFunction(Infinity, 'activation')),
      'contrib.layers.fully_connected': layerFunction(2, 'activation_fn'),
      ...all(['contrib.layers.conv2d', 'contrib.layers.conv2d_transpose'], layerFunction(Infinity, 'activation_fn')),
      ...all(['contrib.slim.fully_connected'], layerFunction(2, 'activation_fn')),
    }),
  },
  stable: {
    logSigmoid: '{tensorflow.math.log_sigmoid}(x)',
    logSoftmax: '{tensorflow.nn.log_softmax}(x)',
    bceWithLogits: '{tensorflow.nn.sigmoid_cross_entropy_with_logits}(labels=t, logits=x)',
  },
  formats: ['float32', 'bfloat16', 'float16'],
  differentiates: true,
};
