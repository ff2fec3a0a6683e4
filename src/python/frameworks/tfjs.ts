import {
  add,
  clip,
  constant,
  divide,
  equal,
  floor,
  less,
  maximum,
  multiply,
  not,
  operation,
  select,
  subtract,
  type Expression,
} from '../../expression';
import type { Value } from '../values';
import { all, keep, layer, under, type Applied, type Arguments, type Framework, type Meaning } from './framework';
import { activationOf } from './keras';
import { clamp, given, operations, picking, selection, uniform, withPositions } from './operations';

const shared = operations({ x: 'x', pair: ['a', 'b'] });

/** With arguments after its operands that change nothing that matters. */
const loose = (applied: Applied): Applied => (applied.does === 'compute' ? { ...applied, loose: true } : applied);

const unary = (build: (x: Expression) => Expression): Applied => ({
  does: 'compute',
  parameters: ['x'],
  build: ([x]) => x && build(x),
});

const binary = (build: (a: Expression, b: Expression) => Expression): Applied => ({
  does: 'compute',
  parameters: ['a', 'b'],
  build: ([a, b]) => a && b && build(a, b),
});

const number = (value: number): Applied => ({
  does: 'give',
  value: { kind: 'quantity', expression: constant(value) },
});

const squaredDifference = (a: Expression, b: Expression): Expression => {
  const difference = subtract(a, b);
  return multiply(difference, difference);
};

/** Euclidean unless another order is asked for. */
const norm: Applied = {
  does: 'choose',
  choose: (call) => {
    const order = call.get(1, 'ord');
    const isEuclidean =
      order === undefined ||
      order.kind === 'none' ||
      (order.kind === 'text' && (order.text === 'euclidean' || order.text === 'fro')) ||
      (order.kind === 'quantity' && order.expression.kind === 'constant' && order.expression.value === 2);
    return isEuclidean ? loose(unary((x) => operation('norm', x))) : undefined;
  },
};

/** What is a function of `tf` and a method of its tensors. */
const both: Readonly<Record<string, Meaning>> = {
  abs: shared.absolute,
  acos: shared.acos,
  acosh: shared.acosh,
  ...all(['add', 'addStrict'], shared.add),
  ...all(['argMax', 'argMin'], shared.index),
  asin: shared.asin,
  asinh: shared.asinh,
  atan2: shared.atan2,
  atanh: shared.atanh,
  ceil: shared.ceil,
  clipByValue: clamp(['x', 'clipValueMin', 'clipValueMax']),
  ...all(['cos', 'sin'], shared.wave),
  cosh: shared.cosh,
  cumprod: loose(shared.product),
  cumsum: loose(shared.sum),
  ...all(['div', 'divStrict'], shared.divide),
  divNoNan: shared.divideNoNan,
  dot: shared.matmul,
  equal: shared.equal,
  erf: shared.erf,
  exp: shared.exp,
  expm1: shared.expm1,
  floor: shared.floor,
  floorDiv: binary((a, b) => floor(divide(a, b))),
  gather: picking([1, 'indices']),
  greater: shared.greater,
  greaterEqual: shared.greaterEqual,
  less: shared.less,
  lessEqual: shared.lessEqual,
  log: shared.log,
  log1p: shared.log1p,
  logSigmoid: shared.logSigmoid,
  logSoftmax: shared.logSoftmax,
  logSumExp: shared.logSumExp,
  logicalAnd: shared.and,
  logicalNot: unary(not),
  logicalOr: binary((a, b) => operation('or', a, b)),
  matMul: loose(shared.matmul),
  max: shared.greatest,
  ...all(['maximum', 'maximumStrict'], shared.maximum),
  mean: shared.mean,
  min: shared.least,
  ...all(['minimum', 'minimumStrict'], shared.minimum),
  ...all(['mul', 'mulStrict'], shared.multiply),
  neg: shared.negate,
  norm,
  notEqual: binary((a, b) => not(equal(a, b))),
  oneHot: loose(shared.oneHot),
  onesLike: shared.one,
  ...all(['pow', 'powStrict'], shared.power),
  prod: shared.product,
  reciprocal: shared.reciprocal,
  relu: shared.relu,
  relu6: unary((x) => clip(x, 0, 6)),
  round: shared.round,
  rsqrt: shared.rsqrt,
  sigmoid: shared.sigmoid,
  sign: shared.sign,
  sinh: shared.sinh,
  softmax: shared.softmax,
  softplus: shared.softplus,
  sqrt: shared.sqrt,
  square: shared.square,
  ...all(['squaredDifference', 'squaredDifferenceStrict'], binary(squaredDifference)),
  step: loose(unary((x) => less(0, x))),
  ...all(['sub', 'subStrict'], shared.subtract),
  sum: shared.sum,
  tanh: shared.tanh,
  topk: withPositions(loose(shared.greatest), shared.index),
  where: selection(['condition', 'a', 'b']),
  zerosLike: shared.zero,
  ...all(
    [
      'broadcastTo',
      'cast',
      'clone',
      'concat',
      'expandDims',
      'flatten',
      'gatherND',
      'mirrorPad',
      'pad',
      'reshape',
      'reverse',
      'slice',
      'split',
      'squeeze',
      'stack',
      'stridedSlice',
      'tile',
      'transpose',
      'unstack',
    ],
    keep,
  ),
};

/** The first argument of a layer or a model names what it is made with. */
function option(constructor: Arguments, name: string): Value | undefined {
  const [options] = constructor.positional;
  return options?.kind === 'dict' ? options.entries.get(name) : undefined;
}

/** A layer that computes something unknown and then its activation. */
const withActivation: Meaning = {
  does: 'make',
  make: (constructor) => {
    const activation = activationOf(option(constructor, 'activation'));
    return activation && { does: 'then', applied: () => activation };
  },
};

/** Does something that nothing is known of. */
const unknown: Meaning = layer({ does: 'then', applied: () => undefined });

const sequential: Meaning = {
  does: 'make',
  make: (constructor) => {
    const layers = option(constructor, 'layers');
    return { does: 'chain', links: layers?.kind === 'list' ? layers.items : [] };
  },
};

const model: Meaning = {
  does: 'make',
  make: (constructor) => {
    const outputs = option(constructor, 'outputs');
    return outputs && { does: 'give', value: outputs };
  },
};

/** The inner layer is applied to each step. */
const wrapper: Meaning = {
  does: 'make',
  make: (constructor) => {
    const inner = option(constructor, 'layer');
    return inner?.kind === 'object' ? inner.applied : undefined;
  },
};

/** A loss, which takes the labels first. */
const loss = (name: string): Applied => ({
  does: 'loss',
  loss: name,
  prediction: [1, 'predictions'],
  target: [0, 'labels'],
});

const meanSquaredError = loss('tf:mse');

/** Of `tf.metrics`, and as strings of `model.compile`. */
const metrics: Readonly<Record<string, Meaning>> = {
  binaryCrossentropy: loss('tfjs:binary-crossentropy'),
  ...all(['categoricalCrossentropy', 'sparseCategoricalCrossentropy'], loss('tfjs:categorical-crossentropy')),
  kullbackLeiblerDivergence: loss('keras:kl-divergence'),
  ...all(['meanSquaredError', 'MSE', 'mse'], meanSquaredError),
  ...all(['cosineProximity', 'cosine'], loose(shared.cosine)),
};

export const tfjs: Framework = {
  name: 'tfjs',
  title: 'TensorFlow.js',
  usual: { tensorflowjs: 'tf' },
  names: {
    ...under('tensorflowjs.', both),
    ...under('tensorflowjs.', {
      fill: { does: 'compute', parameters: ['shape', 'value', 'dtype'], build: ([, value]) => value },
      ...all(['linspace', 'range'], given),
      moments: {
        does: 'several',
        parts: [
          { name: 'mean', applied: shared.mean },
          { name: 'variance', applied: shared.variance },
        ],
      },
      multinomial: { does: 'sample' },
      ones: number(1),
      zeros: number(0),
      randomUniform: uniform([1], [2]),
      ...all(['concat1d', 'concat2d', 'concat3d', 'concat4d'], keep),
      ...all(['booleanMask', 'dropout', 'keep', 'variable', 'real'], keep),
      ...all(['scalar', 'tensor', 'tensor1d', 'tensor2d', 'tensor3d', 'tensor4d', 'tensor5d', 'tensor6d'], keep),
      ...all(['slice1d', 'slice2d', 'slice3d', 'slice4d', 'reverse1d', 'reverse2d', 'pad1d', 'pad2d'], keep),
      ...all(['sequential', 'Sequential'], sequential),
      ...all(['model', 'LayersModel'], model),
      'losses.computeWeightedLoss': keep,
      'losses.cosineDistance': loose(shared.cosine),
      'losses.logLoss': loss('tfjs:log-loss'),
      'losses.meanSquaredError': meanSquaredError,
      'losses.sigmoidCrossEntropy': loss('tf:sigmoid-cross-entropy'),
      'losses.softmaxCrossEntropy': loss('tf:softmax-cross-entropy'),
    }),
    ...under('tensorflowjs.metrics.', metrics),
    ...under('tensorflowjs.layers.', {
      ...all(['dense', 'conv1d', 'conv2d', 'conv3d', 'conv2dTranspose', 'conv3dTranspose'], withActivation),
      ...all(['separableConv2d', 'depthwiseConv2d'], withActivation),
      activation: { does: 'make', make: (constructor) => activationOf(option(constructor, 'activation')) },
      softmax: layer(shared.softmax),
      reLU: layer(shared.relu),
      timeDistributed: wrapper,
      ...all(
        ['lstm', 'gru', 'simpleRNN', 'bidirectional', 'batchNormalization', 'layerNormalization', 'embedding'],
        unknown,
      ),
      ...all(['elu', 'leakyReLU', 'prelu', 'thresholdedReLU', 'globalAveragePooling1d'], unknown),
      ...all(['add', 'average', 'concatenate', 'dot', 'multiply', 'globalAveragePooling2d'], unknown),
      ...all(['dropout', 'flatten', 'gaussianNoise', 'inputLayer', 'permute', 'reshape'], layer({ does: 'keep' })),
      ...all(['maxPooling1d', 'maxPooling2d', 'globalMaxPooling1d', 'globalMaxPooling2d'], layer({ does: 'keep' })),
      ...all(['cropping2D', 'repeatVector', 'upSampling2d', 'zeroPadding2d'], layer({ does: 'keep' })),
    }),
  },
  methods: {
    ...both,
    // The tensor is what it gives where the condition holds.
    where: {
      does: 'compute',
      parameters: ['a', 'condition', 'b'],
      build: ([a, condition, b]) => a && condition && b && select(condition, a, b),
    },
    ...all(
      [
        'as1D',
        'as2D',
        'as3D',
        'as4D',
        'as5D',
        'asScalar',
        'asType',
        'reshapeAs',
        'toBool',
        'toFloat',
        'toInt',
        'variable',
      ],
      keep,
    ),
  },
  formats: ['float32', 'float16'],
  differentiates: true,
};

/** Of any number of operands, or the elements of one. */
const extreme = (ofTwo: (a: Expression, b: Expression) => Expression, operator: 'greatest' | 'least'): Applied => ({
  does: 'compute',
  parameters: ['a', 'b', 'c', 'd'],
  build: ([first, ...others]) => {
    if (!first) return undefined;
    const more = others.flatMap((other) => other ?? []);
    return more.length === 0 ? operation(operator, first) : more.reduce(ofTwo, first);
  },
});

/** The numbers of the language: float64, and no gradients. */
export const javascript: Framework = {
  name: 'javascript',
  title: 'JavaScript',
  usual: { 'javascript.Math': 'Math' },
  names: {
    ...under('javascript.Math.', {
      abs: shared.absolute,
      acos: shared.acos,
      acosh: shared.acosh,
      asin: shared.asin,
      asinh: shared.asinh,
      atan2: shared.atan2,
      atanh: shared.atanh,
      ceil: shared.ceil,
      ...all(['cos', 'sin'], shared.wave),
      cosh: shared.cosh,
      exp: shared.exp,
      expm1: shared.expm1,
      floor: shared.floor,
      hypot: shared.hypot,
      log: shared.log,
      log1p: shared.log1p,
      log2: shared.log2,
      log10: shared.log10,
      max: extreme(maximum, 'greatest'),
      min: extreme((a, b) => operation('minimum', a, b), 'least'),
      pow: shared.power,
      random: uniform([undefined], [undefined]),
      round: unary((x) => floor(add(x, 0.5))),
      sign: shared.sign,
      sinh: shared.sinh,
      sqrt: shared.sqrt,
      tanh: shared.tanh,
      fround: keep,
    }),
    'javascript.sum': loose(shared.sum),
  },
  formats: ['float64'],
  differentiates: false,
};
