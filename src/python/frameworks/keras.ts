import { add, divide, multiply, negate, power, subtract } from '../../expression';
import type { Value } from '../values';
import {
  all,
  binary,
  keep,
  layer,
  unary,
  under,
  type Applied,
  type Arguments,
  type Framework,
  type Meaning,
} from './framework';
import { clamp, operations } from './operations';

const shared = operations({ x: 'x', pair: ['x1', 'x2'] });

/** What Keras and TensorFlow know by these names. */
const activations: Readonly<Record<string, Applied>> = {
  sigmoid: shared.sigmoid,
  softmax: shared.softmax,
  log_sigmoid: shared.logSigmoid,
  log_softmax: shared.logSoftmax,
  softplus: shared.softplus,
  tanh: shared.tanh,
};

/** The activation that a layer is given: a string, or a function by its qualified name. */
export function activationOf(activation: Value | undefined): Applied | undefined {
  if (activation?.kind === 'text') return activations[activation.text];
  if (activation?.kind !== 'path') return undefined;
  return activations[activation.path.slice(activation.path.lastIndexOf('.') + 1)];
}

/** A layer that computes something unknown and then its activation. */
const withActivation = (index: number): Meaning => ({
  does: 'make',
  make: (constructor) => {
    const activation = activationOf(constructor.get(index, 'activation'));
    return activation && { does: 'then', applied: () => activation };
  },
});

const model = (constructor: Arguments): Applied | undefined => {
  const outputs = constructor.get(1, 'outputs');
  return outputs && { does: 'give', value: outputs };
};

/** What `keras.ops` and `keras.backend` have in common. */
const common: Readonly<Record<string, Meaning>> = {
  abs: shared.absolute,
  clip: clamp(['x', 'x_min', 'x_max']),
  exp: shared.exp,
  log: shared.log,
  maximum: shared.maximum,
  minimum: shared.minimum,
  ones_like: shared.one,
  zeros_like: shared.zero,
  sigmoid: shared.sigmoid,
  softmax: shared.softmax,
  softplus: shared.softplus,
  sqrt: shared.sqrt,
  square: unary((x) => multiply(x, x)),
  tanh: shared.tanh,
  stop_gradient: shared.stopGradient,
  ...all(['argmax', 'argmin'], { does: 'sample' }),
  ...all(['cast', 'concatenate', 'expand_dims', 'flatten', 'gather', 'repeat', 'reshape', 'squeeze', 'stack'], keep),
};

/** Keras 3, and the layers and activations that Keras 2 has too. */
export const keras: Framework = {
  name: 'keras',
  title: 'Keras',
  usual: { 'keras.ops': 'keras.ops' },
  renamed: {
    'tensorflow.keras.': 'keras.',
    'tensorflow.python.keras.': 'keras.',
    'tf_keras.': 'keras.',
    'keras.src.': 'keras.',
    'keras.models.': 'keras.',
    'keras.layers.core.': 'keras.layers.',
  },
  names: {
    ...under('keras.ops.', {
      ...common,
      add: binary(add, ['x1', 'x2']),
      divide: binary(divide, ['x1', 'x2']),
      log1p: shared.log1p,
      log_sigmoid: shared.logSigmoid,
      log_softmax: shared.logSoftmax,
      multiply: binary(multiply, ['x1', 'x2']),
      negative: unary(negate),
      power: binary(power, ['x1', 'x2']),
      subtract: binary(subtract, ['x1', 'x2']),
      ...all(['convert_to_tensor', 'ravel', 'split', 'take', 'take_along_axis', 'transpose'], keep),
    }),
    ...under('keras.activations.', activations),
    ...under('keras.layers.', {
      ...all(['Dense', 'Conv1DTranspose', 'EinsumDense'], withActivation(1)),
      ...all(
        ['Conv1D', 'Conv2D', 'Conv3D', 'Conv2DTranspose', 'Conv3DTranspose', 'SeparableConv2D'],
        withActivation(Infinity),
      ),
      Activation: {
        does: 'make',
        make: (constructor) => activationOf(constructor.get(0, 'activation')),
      },
      Softmax: layer(shared.softmax),
      ...all(['Flatten', 'Reshape', 'Permute', 'Dropout'], layer({ does: 'keep' })),
      TimeDistributed: keep,
    }),
    ...under('keras.', {
      Sequential: {
        does: 'make',
        make: (constructor) => {
          const layers = constructor.get(0, 'layers');
          return layers?.kind === 'list' ? { does: 'chain', links: layers.items } : undefined;
        },
      },
      Model: { does: 'make', make: model },
      'training.Model': { does: 'make', make: model },
      'random.categorical': { does: 'sample' },
    }),
  },
  stable: {
    logSigmoid: '{keras.ops.log_sigmoid}(x)',
    logSoftmax: '{keras.ops.log_softmax}(x)',
    bceWithLogits: '{keras.ops.binary_crossentropy}(t, x, from_logits=True)',
  },
  formats: ['float32', 'bfloat16', 'float16'],
  differentiates: true,
};

/** `K`, the backend module of Keras 1 and 2; it has no log_sigmoid and no log_softmax. */
export const kerasBackend: Framework = {
  name: 'keras-backend',
  title: 'Keras',
  usual: { 'keras.backend': 'K', tensorflow: 'tf' },
  names: under('keras.backend.', {
    ...common,
    clip: clamp(['x', 'min_value', 'max_value']),
    pow: binary(power, ['x', 'a']),
    ...all(['batch_flatten', 'permute_dimensions', 'tile', 'transpose', 'identity', 'constant', 'variable'], keep),
  }),
  stable: {
    logSigmoid: '-{keras.backend.softplus}(-x)',
    logSoftmax: '{tensorflow.nn.log_softmax}(x)',
    bceWithLogits: '{keras.backend.binary_crossentropy}(t, x, from_logits=True)',
  },
  formats: ['float32', 'bfloat16', 'float16'],
  differentiates: true,
};
