import { constant, operation } from '../../expression';
import type { Value } from '../values';
import {
  all,
  entryOf,
  keep,
  opaque,
  layer,
  sequential,
  under,
  type Applied,
  type Arguments,
  type Framework,
  type Meaning,
} from './framework';
import { clamp, commonNames, linear, operations, picking, reduction, selection, uniform } from './operations';

const shared = operations({ x: 'x', pair: ['x1', 'x2'] });

/** What Keras and TensorFlow know by these names. */
const activations: Readonly<Record<string, Applied>> = {
  sigmoid: shared.sigmoid,
  softmax: shared.softmax,
  log_sigmoid: shared.logSigmoid,
  log_softmax: shared.logSoftmax,
  softplus: shared.softplus,
  tanh: shared.tanh,
  relu: shared.relu,
};

/** Does something that nothing is known of. */
const unknown: Applied = { does: 'then', applied: () => undefined };

/** The activation that a layer is given: a string, or a function by its qualified name. */
export function activationOf(activation: Value | undefined): Applied | undefined {
  if (activation === undefined || activation.kind === 'none') return linear;
  if (activation.kind === 'text') return activation.text === 'linear' ? linear : entryOf(activations, activation.text);
  if (activation.kind === 'object') return activation.applied;
  // A function of the code's own.
  if (activation.kind === 'function') return { does: 'chain', links: [activation] };
  if (activation.kind !== 'path') return undefined;
  return entryOf(activations, activation.path.slice(activation.path.lastIndexOf('.') + 1));
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
  const outputs = constructor.get(1, 'outputs') ?? constructor.named.get('output');
  return outputs && { does: 'give', value: outputs };
};

/** What `epsilon()` gives unless it has been set otherwise. */
const epsilon: Applied = { does: 'give', value: { kind: 'quantity', expression: constant(1e-7) } };

const isTrue = (value: Value | undefined): boolean => value?.kind === 'truth' && value.truth;

/** A loss of Keras, which takes the target first; of logits or of probabilities. */
const loss = (name: string, fromLogits: boolean): Applied => ({
  does: 'loss',
  loss: `keras:${name}${fromLogits ? '-of-logits' : ''}`,
  prediction: [1, 'y_pred', 'output'],
  target: [0, 'y_true', 'target'],
});

const lossFunction = (name: string, position: number): Applied => ({
  does: 'choose',
  choose: (call) => loss(name, isTrue(call.get(position, 'from_logits'))),
});

const lossClass = (name: string): Meaning => ({
  does: 'make',
  make: (constructor) => loss(name, isTrue(constructor.get(0, 'from_logits'))),
});

/** Of `keras.losses`, in the several places where they are found. */
const lossFunctions: Readonly<Record<string, Applied>> = {
  binary_crossentropy: lossFunction('binary-crossentropy', 2),
  categorical_crossentropy: lossFunction('categorical-crossentropy', 2),
  sparse_categorical_crossentropy: lossFunction('categorical-crossentropy', 2),
  binary_focal_crossentropy: lossFunction('binary-crossentropy', Infinity),
  ...all(['mean_squared_error', 'mse', 'MSE'], loss('mse', false)),
  ...all(['mean_absolute_error', 'mae', 'MAE'], loss('mse', false)),
  ...all(['kullback_leibler_divergence', 'kl_divergence', 'kld', 'KLD'], loss('kl-divergence', false)),
};

/** The loss that `compile(loss='...')` takes by name. */
export function lossByName(name: string): Applied | undefined {
  const applied = entryOf(lossFunctions, name);
  return applied?.does === 'choose'
    ? applied.choose({ get: () => undefined, positional: [], named: new Map() })
    : applied;
}

/** What `keras.ops` and `keras.backend` have in common. */
const common: Readonly<Record<string, Meaning>> = {
  ...commonNames(shared),
  clip: clamp(['x', 'x_min', 'x_max']),
  ones_like: shared.one,
  zeros_like: shared.zero,
  sigmoid: shared.sigmoid,
  softmax: shared.softmax,
  softplus: shared.softplus,
  relu: shared.relu,
  stop_gradient: shared.stopGradient,
  ...all(['sum', 'cumsum'], shared.sum),
  mean: shared.mean,
  ...all(['prod', 'cumprod'], shared.product),
  ...all(['max', 'amax'], shared.greatest),
  ...all(['min', 'amin'], shared.least),
  var: shared.variance,
  std: shared.deviation,
  logsumexp: shared.logSumExp,
  ...all(['argmax', 'argmin', 'argsort'], shared.index),
  ...all(['dot', 'batch_dot'], shared.matmul),
  ...all(['l2_normalize', 'normalize'], { ...(shared.unit as Extract<Applied, { does: 'compute' }>), loose: true }),
  ...all(['switch', 'where'], selection(['condition', 'then_expression', 'else_expression'])),
  one_hot: { ...(shared.oneHot as Extract<Applied, { does: 'compute' }>), loose: true },
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
    'keras.api.': 'keras.',
    'keras.backend.tensorflow_backend.': 'keras.backend.',
    'keras.backend.tf.': 'tensorflow.',
    'keras.src.': 'keras.',
    'keras.models.': 'keras.',
    'keras.engine.training.': 'keras.',
    'keras.layers.core.': 'keras.layers.',
    'keras.objectives.': 'keras.losses.',
    // Since TensorFlow 2.0; what is there under other names is of TensorFlow 1.
    'tensorflow.losses.BinaryC': 'keras.losses.BinaryC',
    'tensorflow.losses.CategoricalC': 'keras.losses.CategoricalC',
    'tensorflow.losses.SparseC': 'keras.losses.SparseC',
    'tensorflow.losses.binary_c': 'keras.losses.binary_c',
    'tensorflow.losses.categorical_c': 'keras.losses.categorical_c',
    'tensorflow.losses.sparse_c': 'keras.losses.sparse_c',
  },
  names: {
    ...under('keras.ops.', {
      ...common,
      where: selection(['condition', 'x1', 'x2']),
      divide_no_nan: shared.divideNoNan,
      log_sigmoid: shared.logSigmoid,
      log_softmax: shared.logSoftmax,
      rsqrt: shared.rsqrt,
      erf: shared.erf,
      norm: reduction((x) => operation('norm', x), 'x'),
      det: shared.determinant,
      ...all(['slogdet', 'solve'], opaque),
      inv: shared.inverse,
      nan_to_num: shared.nanToNum,
      binary_crossentropy: lossFunction('binary-crossentropy', 2),
      categorical_crossentropy: lossFunction('categorical-crossentropy', 2),
      sparse_categorical_crossentropy: lossFunction('categorical-crossentropy', 2),
      ...all(['convert_to_tensor', 'ravel', 'split', 'take', 'transpose'], keep),
      take_along_axis: picking([1, 'indices']),
    }),
    ...under('keras.activations.', activations),
    ...under('keras.layers.', {
      ...all(['Dense', 'Conv1DTranspose', 'EinsumDense'], withActivation(1)),
      ...all(
        [
          'Conv1D',
          'Conv2D',
          'Conv3D',
          'Conv2DTranspose',
          'Conv3DTranspose',
          'Convolution2D',
          'Deconvolution2D',
          'SeparableConv2D',
        ],
        withActivation(Infinity),
      ),
      Activation: {
        does: 'make',
        make: (constructor) => {
          const activation = constructor.get(0, 'activation');
          // Here there is no layer before it that is linear: it changes nothing.
          return activation?.kind === 'text' && activation.text === 'linear'
            ? { does: 'keep' }
            : activationOf(activation);
        },
      },
      Lambda: {
        does: 'make',
        make: (constructor) => {
          const called = constructor.get(0, 'function');
          return called && { does: 'chain', links: [called] };
        },
      },
      Softmax: layer(shared.softmax),
      ReLU: layer(shared.relu),
      ...all(
        ['LSTM', 'GRU', 'SimpleRNN', 'Bidirectional', 'BatchNormalization', 'LayerNormalization', 'LeakyReLU', 'PReLU'],
        layer(unknown),
      ),
      ...all(['Flatten', 'Reshape', 'Permute', 'Dropout', 'InputLayer', 'GaussianNoise'], layer({ does: 'keep' })),
      ...all(
        ['MaxPooling1D', 'MaxPooling2D', 'MaxPool2D', 'UpSampling2D', 'Cropping2D', 'ZeroPadding2D'],
        layer({ does: 'keep' }),
      ),
      TimeDistributed: keep,
    }),
    ...under('keras.losses.', lossFunctions),
    ...under('keras.metrics.', lossFunctions),
    ...under('keras.losses.', {
      BinaryCrossentropy: lossClass('binary-crossentropy'),
      BinaryFocalCrossentropy: lossClass('binary-crossentropy'),
      CategoricalCrossentropy: lossClass('categorical-crossentropy'),
      SparseCategoricalCrossentropy: lossClass('categorical-crossentropy'),
      MeanSquaredError: layer(loss('mse', false)),
      ...all(['KLDivergence'], layer(loss('kl-divergence', false))),
    }),
    ...under('keras.', {
      Sequential: sequential((constructor) => {
        const layers = constructor.get(0, 'layers');
        return layers?.kind === 'list' ? layers.items : [];
      }),
      Model: { does: 'make', make: model },
      'training.Model': { does: 'make', make: model },
      'config.epsilon': epsilon,
      'random.categorical': { does: 'sample' },
      'random.uniform': uniform([1, 'minval'], [2, 'maxval']),
      'utils.to_categorical': shared.oneHot,
      'utils.normalize': shared.unit,
    }),
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
    epsilon,
    clip: clamp(['x', 'min_value', 'max_value']),
    ...all(['pow'], { does: 'compute', parameters: ['x', 'a'], build: ([x, a]) => x && a && operation('power', x, a) }),
    binary_crossentropy: lossFunction('binary-crossentropy', 2),
    categorical_crossentropy: lossFunction('categorical-crossentropy', 2),
    sparse_categorical_crossentropy: lossFunction('categorical-crossentropy', 2),
    random_uniform: uniform([1, 'minval'], [2, 'maxval']),
    ...all(['batch_flatten', 'permute_dimensions', 'tile', 'transpose', 'identity', 'constant', 'variable'], keep),
  }),
  formats: ['float32', 'bfloat16', 'float16'],
  differentiates: true,
};
