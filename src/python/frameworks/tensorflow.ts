import { operation } from '../../expression';
import {
  all,
  argumentOf,
  byProbabilities,
  keep,
  opaque,
  under,
  type Applied,
  type Framework,
  type Meaning,
} from './framework';
import { Question } from '../questions';
import { activationOf } from './keras';
import {
  callsOneOf,
  clamp,
  commonNames,
  einsum,
  given,
  normalDistribution,
  operations,
  picking,
  looseOf,
  segmentSum,
  selecting,
  selection,
  uniform,
} from './operations';

const shared = operations({ x: 'x', pair: ['x', 'y'] });
const ofLogits = operations({ x: 'logits', pair: ['x', 'y'] });
const ofFeatures = operations({ x: 'features', pair: ['x', 'y'] });
const ofInput = operations({ x: 'input', pair: ['x', 'y'] });
const ofTensors = operations({ x: 'input_tensor', pair: ['a', 'b'] });
const pooled = operations({ x: 'value', pair: ['x', 'y'] });

/** In `tf.math`, and most of them in `tf` itself. */
const mathematics: Readonly<Record<string, Meaning>> = {
  ...commonNames(shared),
  ...all(['div', 'realdiv', 'floordiv'], shared.divide),
  ...all(['div_no_nan', 'divide_no_nan'], shared.divideNoNan),
  multiply_no_nan: shared.multiplyNoNan,
  ...all(['mul'], shared.multiply),
  ...all(['sub'], shared.subtract),
  ...all(['neg'], shared.negate),
  log_sigmoid: shared.logSigmoid,
  log_softmax: ofLogits.logSoftmax,
  sigmoid: shared.sigmoid,
  softmax: ofLogits.softmax,
  softplus: ofFeatures.softplus,
  relu: ofFeatures.relu,
  rsqrt: shared.rsqrt,
  erf: shared.erf,
  erfc: shared.erfc,
  lgamma: shared.logGamma,
  xlogy: shared.xlogy,
  l2_normalize: looseOf(shared.unit),
  // `batch_matmul` is TensorFlow's of before version 1.
  ...all(['matmul', 'batch_matmul', 'sparse_tensor_dense_matmul'], looseOf(ofTensors.matmul)),
  ...all(['reduce_sum', 'cumsum', 'add_n', 'trace'], ofTensors.sum),
  ...all(['segment_sum', 'unsorted_segment_sum'], segmentSum(['data', 'segment_ids'])),
  ...all(['reduce_mean'], ofTensors.mean),
  ...all(['reduce_prod', 'cumprod'], ofTensors.product),
  ...all(['reduce_max', 'segment_max', 'unsorted_segment_max'], ofTensors.greatest),
  ...all(['reduce_min'], ofTensors.least),
  ...all(['reduce_logsumexp'], ofTensors.logSumExp),
  ...all(['reduce_euclidean_norm'], ofTensors.norm),
  ...all(['reduce_variance'], ofTensors.variance),
  ...all(['reduce_std'], ofTensors.deviation),
  ...all(['argmax', 'argmin', 'arg_max', 'arg_min'], ofInput.index),
  ...all(['top_k'], {
    does: 'several',
    parts: [
      { name: 'values', applied: looseOf(ofInput.greatest) },
      { name: 'indices', applied: ofInput.index },
    ],
  }),
};

/** A layer as a function, its activation at that place among the parameters. */
const layerFunction = (index: number, parameter: string): Meaning => ({
  does: 'then',
  applied: (call) => activationOf(call.get(index, parameter)),
});

type Loss = Extract<Applied, { does: 'loss' }>;

/** A loss of `tf.nn`, which takes the labels first. */
const loss = (name: string): Loss => ({
  does: 'loss',
  loss: `tf:${name}`,
  prediction: [1, 'logits'],
  target: [0, 'labels', 'targets'],
});

/** What TensorFlow has no more by these names since version 2. */
const isBeforeVersion2 = new Question((text) =>
  /\b(?:tf|tensorflow)\.(?:placeholder|(?:Interactive)?Session|get_variable|variable_scope|initialize_all_variables|global_variables_initializer|contrib\.\w+|mul|sub|neg|pack|unpack)\b/.test(
    text,
  ),
);

/**
 * Before TensorFlow 1.0 the logits came first. In versions 1 arguments have to be named, so that positions in code for
 * sessions are those of the versions before.
 */
const positionalLoss = (name: string): Loss => ({
  ...loss(name),
  formerly: { isMeant: isBeforeVersion2, prediction: [0, 'logits'], target: [1, 'labels', 'targets'] },
});

const norm: Applied = {
  does: 'choose',
  choose: (call) => {
    const order = call.get(1, 'ord');
    const isEuclidean =
      order === undefined ||
      (order.kind === 'text' && order.text === 'euclidean') ||
      (order.kind === 'quantity' && order.expression.kind === 'constant' && order.expression.value === 2);
    return isEuclidean
      ? looseOf({ does: 'compute', parameters: ['tensor'], build: ([x]) => x && operation('norm', x) })
      : undefined;
  },
};

export const tensorflow: Framework = {
  name: 'tensorflow',
  title: 'TensorFlow',
  usual: { tensorflow: 'tf' },
  renamed: {
    'tensorflow_probability.distributions.': 'tensorflow.distributions.',
    'tensorflow.contrib.distributions.': 'tensorflow.distributions.',
    'tensorflow.compat.v1.': 'tensorflow.',
    'tensorflow.compat.v2.': 'tensorflow.',
    'tensorflow.python.ops.math_ops.': 'tensorflow.math.',
    'tensorflow.python.ops.nn_ops.': 'tensorflow.nn.',
    'tensorflow.python.ops.control_flow_ops.': 'tensorflow.',
    'tensorflow.python.ops.array_ops.': 'tensorflow.',
    'tensorflow.python.framework.ops.': 'tensorflow.',
    'tensorflow.python.ops.tensor_array_ops.': 'tensorflow.',
  },
  names: {
    ...under('tensorflow.', mathematics),
    ...under('tensorflow.math.', mathematics),
    ...all(
      [
        'tensorflow_probability.distributions.Normal',
        'tensorflow.distributions.Normal',
        'tensorflow.contrib.distributions.Normal',
      ],
      normalDistribution,
    ),
    ...under('tensorflow.nn.', mathematics),
    ...under('tensorflow.', {
      einsum,
      clip_by_value: clamp(['t', 'clip_value_min', 'clip_value_max'], 'low'),
      ...all(['ones_like', 'ones'], ofInput.one),
      ...all(['zeros_like', 'zeros'], ofInput.zero),
      stop_gradient: ofInput.stopGradient,
      ...all(['where', 'where_v2', 'select'], selection(['condition', 'x', 'y'])),
      cond: callsOneOf([1, 'true_fn', 'fn1'], [2, 'false_fn', 'fn2']),
      // Its body, with what the loop begins with.
      while_loop: {
        does: 'choose',
        choose: (call) => {
          const [body, first] = [argumentOf(call, [1, 'body']), argumentOf(call, [2, 'loop_vars'])];
          if (!body || first?.kind !== 'list') return undefined;
          return { does: 'partial', of: body, positional: first.items, named: new Map() };
        },
      },
      // An element of what it goes through stands for all.
      ...all(['map_fn', 'vectorized_map'], callsOneOf([0, 'fn'])),
      ...all(['norm', 'linalg.norm'], norm),
      ...all(['matrix_determinant', 'linalg.det'], ofInput.determinant),
      ...all(['matrix_inverse', 'linalg.inv'], ofInput.inverse),
      ...all(['linalg.slogdet', 'linalg.solve'], opaque),
      'linalg.matmul': looseOf(ofTensors.matmul),
      'linalg.trace': ofTensors.sum,
      ...all(['linalg.diag_part', 'linalg.tensor_diag_part', 'linalg.diag', 'linalg.adjoint'], keep),
      'linalg.l2_normalize': looseOf(shared.unit),
      'keras.utils.to_categorical': ofInput.oneHot,
      one_hot: looseOf(operations({ x: 'indices', pair: ['x', 'y'] }).oneHot),
      ...all(['range', 'linspace', 'lin_space'], given),
      ...all(['random_uniform', 'random.uniform'], uniform([1, 'minval'], [2, 'maxval'])),
      ...all(
        [
          'broadcast_to',
          'cast',
          'concat',
          'constant',
          'convert_to_tensor',
          'expand_dims',
          'identity',
          'pack',
          'repeat',
          'reshape',
          'reverse',
          'slice',
          'split',
          'squeeze',
          'stack',
          'tile',
          'to_float',
          'to_double',
          'transpose',
          'unstack',
          'unpack',
          'diag_part',
          'tensor_scatter_nd_update',
          'check_numerics',
          'debugging.check_numerics',
          'nn.dropout',
          'layers.flatten',
          'contrib.layers.flatten',
          'contrib.slim.flatten',
        ],
        keep,
      ),
      ...all(['gather', 'gather_nd', 'batch_gather'], picking([1, 'indices'])),
      boolean_mask: selecting([1, 'mask']),
      ...all(['multinomial', 'random.categorical', 'random.multinomial'], { does: 'sample' }),
      ...under('nn.', {
        sigmoid_cross_entropy_with_logits: positionalLoss('sigmoid-cross-entropy'),
        weighted_cross_entropy_with_logits: loss('sigmoid-cross-entropy'),
        ...all(
          [
            'softmax_cross_entropy_with_logits',
            'softmax_cross_entropy_with_logits_v2',
            'sparse_softmax_cross_entropy_with_logits',
          ],
          positionalLoss('softmax-cross-entropy'),
        ),
        moments: {
          does: 'several',
          parts: [
            { name: 'mean', applied: pooled.mean },
            { name: 'variance', applied: pooled.variance },
          ],
        },
      }),
      ...under('losses.', {
        sigmoid_cross_entropy: {
          ...loss('sigmoid-cross-entropy'),
          prediction: [1, 'logits'],
          target: [0, 'multi_class_labels'],
        },
        ...all(['softmax_cross_entropy', 'sparse_softmax_cross_entropy'], {
          ...loss('softmax-cross-entropy'),
          prediction: [1, 'logits'],
          target: [0, 'onehot_labels', 'labels'],
        }),
        mean_squared_error: { ...loss('mse'), prediction: [1, 'predictions'], target: [0, 'labels'] },
      } satisfies Record<string, Applied>),
      ...under('distributions.', {
        Bernoulli: byProbabilities('tfp:bernoulli'),
        ...all(['Categorical', 'OneHotCategorical'], byProbabilities('tfp:categorical')),
      }),
      function: keep,
      'layers.dense': layerFunction(2, 'activation'),
      ...all(['layers.conv1d', 'layers.conv2d', 'layers.conv2d_transpose'], layerFunction(Infinity, 'activation')),
      'contrib.layers.fully_connected': layerFunction(2, 'activation_fn'),
      ...all(['contrib.layers.conv2d', 'contrib.layers.conv2d_transpose'], layerFunction(Infinity, 'activation_fn')),
      ...all(['contrib.slim.fully_connected'], layerFunction(2, 'activation_fn')),
    }),
  },
  // Of its arrays of tensors: an element stands for all.
  methods: {
    write: {
      does: 'choose',
      choose: (call) => {
        const value = argumentOf(call, [2, 'value']);
        return value && { does: 'give', value };
      },
    },
    ...all(['stack', 'concat', 'read'], keep),
  },
  formats: ['float32', 'bfloat16', 'float16'],
  differentiates: true,
};
