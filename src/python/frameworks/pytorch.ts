import { add, divide, multiply, operation, power, softplus, subtract, type Expression } from '../../expression';
import type { Value } from '../values';
import {
  all,
  binary,
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
import {
  callsOneOf,
  clamp,
  commonNames,
  einsum,
  given,
  isFilled,
  linear,
  normalDistribution,
  looseOf,
  operations,
  picking,
  reduction,
  scattering,
  segmentSum,
  selecting,
  selection,
  truths,
  uniform,
  withPositions,
} from './operations';

const shared = operations({ x: 'input', pair: ['input', 'other'] });
const ofSource = operations({ x: 'src', pair: ['input', 'other'] });
const distances = operations({ x: 'input', pair: ['x1', 'x2'] });

/** `torch.add(a, b, alpha=2)` is another sum. */
const plain = (build: (a: Expression, b: Expression) => Expression): Applied => binary(build, ['input', 'other']);

/** `torch.max(x)`, `torch.max(x, dim)`, which gives positions too, and `torch.max(a, b)`. */
const extreme = (over: Applied, ofTwo: Applied): Applied => ({
  does: 'choose',
  choose: (call) => {
    const second = call.get(1);
    const overAxis = call.named.has('keepdim') || call.positional.length > 2;
    // No tensor has so many axes: torch.max(x, torch.tensor(10.0)).
    const isAxis = (value: number): boolean => Number.isInteger(value) && Math.abs(value) < 6;
    const isTensor =
      second?.kind === 'quantity' &&
      (second.expression.kind !== 'constant' || isFilled(second.expression) || !isAxis(second.expression.value));
    if (!overAxis && (call.named.has('other') || isTensor)) return ofTwo;
    return second || call.named.has('dim') ? withPositions(over, shared.index) : over;
  },
});

/** A norm is Euclidean unless another order is asked for. */
const norm: Applied = {
  does: 'choose',
  choose: (call) => {
    const order = call.get(1, 'p') ?? call.named.get('ord');
    const isEuclidean =
      order === undefined ||
      order.kind === 'none' ||
      (order.kind === 'quantity' && order.expression.kind === 'constant' && order.expression.value === 2) ||
      (order.kind === 'text' && order.text === 'fro');
    return isEuclidean ? reduction((x) => operation('norm', x), 'input') : undefined;
  },
};

/** Of any size, however that is given. */
const zeros = looseOf(shared.zero);

const perSegment = segmentSum(['src', 'index']);

/** `scatter(src, index, reduce='sum')` of torch_scatter and torch_geometric. */
const scatter: Applied = {
  does: 'choose',
  choose: (call) => {
    const how = call.named.get('reduce') ?? call.positional.find(({ kind }) => kind === 'text');
    if (how === undefined) return perSegment;
    if (how.kind !== 'text') return undefined;
    if (how.text === 'sum' || how.text === 'add') return perSegment;
    return how.text === 'max' ? ofSource.greatest : undefined;
  },
};

/** Two reductions at once. */
const several = (...names: readonly ('variance' | 'deviation' | 'mean')[]): Applied => ({
  does: 'several',
  parts: names.map((name) => ({ name, applied: shared[name] })),
});

/** What is a function of `torch` and a method of its tensors. */
const both: Readonly<Record<string, Meaning>> = {
  ...commonNames(shared),
  ...all(['add'], plain(add)),
  ...all(['clamp', 'clip'], clamp(['input', 'min', 'max'])),
  ...all(['clamp_min'], shared.maximum),
  ...all(['clamp_max'], shared.minimum),
  ...all(['detach'], shared.stopGradient),
  ...all(['div', 'divide', 'true_divide'], plain(divide)),
  ...all(['expit', 'sigmoid'], shared.sigmoid),
  log_softmax: shared.logSoftmax,
  ...all(['mul', 'multiply'], plain(multiply)),
  ...all(['neg', 'negative'], shared.negate),
  pow: binary(power, ['input', 'exponent']),
  rsub: binary((a, b) => subtract(b, a), ['input', 'other']),
  softmax: shared.softmax,
  ...all(['sub', 'subtract'], plain(subtract)),
  relu: shared.relu,
  rsqrt: shared.rsqrt,
  det: shared.determinant,
  ...all(['inverse', 'pinverse'], shared.inverse),
  ...all(['mm', 'bmm', 'matmul', 'dot', 'inner', 'mv', 'outer', 'ger'], shared.matmul),
  erf: shared.erf,
  erfc: shared.erfc,
  lgamma: shared.logGamma,
  logit: shared.logit,
  logsumexp: shared.logSumExp,
  nan_to_num: shared.nanToNum,
  ...all(['gt', 'greater'], shared.greater),
  ...all(['ge', 'greater_equal'], shared.greaterEqual),
  ...all(['lt', 'less'], shared.less),
  ...all(['le', 'less_equal'], shared.lessEqual),
  ...all(['eq', 'equal'], shared.equal),
  ne: shared.notEqual,
  xlogy: shared.xlogy,
  ...all(['sum', 'nansum', 'cumsum', 'trace'], shared.sum),
  ...all(['mean', 'nanmean'], shared.mean),
  ...all(['prod', 'cumprod'], shared.product),
  ...all(['amax'], shared.greatest),
  ...all(['amin'], shared.least),
  max: extreme(shared.greatest, shared.maximum),
  min: extreme(shared.least, shared.minimum),
  ...all(['topk', 'sort', 'cummax', 'kthvalue', 'median', 'mode'], withPositions(shared.greatest, shared.index)),
  norm,
  var: shared.variance,
  std: shared.deviation,
  ...all(['argmax', 'argmin', 'argsort'], shared.index),
  multinomial: { does: 'sample' },
  gather: picking([2, 'index']),
  index_select: picking([2, 'index']),
  take: picking([1, 'index']),
  take_along_dim: picking([1, 'indices']),
  masked_select: selecting([1, 'mask']),
  ...all(
    [
      'broadcast_to',
      'chunk',
      'clone',
      'diag',
      'diagonal',
      'flatten',
      'movedim',
      'narrow',
      'permute',
      'ravel',
      'reshape',
      'roll',
      'flip',
      'select',
      'split',
      'squeeze',
      'swapaxes',
      't',
      'tile',
      'transpose',
      'unbind',
      'unflatten',
      'unsqueeze',
    ],
    keep,
  ),
};

/** `log_softmax` and the like exist in several modules. */
const activations: Readonly<Record<string, Meaning>> = {
  sigmoid: shared.sigmoid,
  logsigmoid: shared.logSigmoid,
  softmax: shared.softmax,
  log_softmax: shared.logSoftmax,
  softplus: {
    does: 'compute',
    parameters: ['input', 'beta', 'threshold'],
    build: ([x, beta, threshold]) => (x && !threshold ? softplusOf(x, beta) : undefined),
  },
  tanh: shared.tanh,
  relu: shared.relu,
  normalize: {
    does: 'compute',
    parameters: ['input', 'p', 'dim', 'eps'],
    build: ([x, p]) => x && (!p || (p.kind === 'constant' && p.value === 2) ? operation('unit', x) : undefined),
  },
  cosine_similarity: distances.cosine,
  one_hot: { ...(shared.oneHot as Extract<Applied, { does: 'compute' }>), loose: true },
};

/** PyTorch's softplus with its steepness. Where beta * x is above a threshold, of 20, it gives x: that is the same. */
const softplusOf = (input: Expression, beta?: Expression): Expression =>
  beta === undefined || (beta.kind === 'constant' && beta.value === 1)
    ? softplus(input)
    : divide(softplus(multiply(beta, input)), beta);

/** Products with the rows of a matrix, and a bias if there is one. */
const weighted: Applied = {
  does: 'compute',
  parameters: ['input', 'weight', 'bias'],
  build: ([x, weight, bias]) => {
    if (!x || !weight) return undefined;
    const products = operation('matmul', x, weight);
    return bias ? add(products, bias) : products;
  },
};

const loss = (name: string, result?: (prediction: Expression) => Expression): Applied => ({
  does: 'loss',
  loss: `torch:${name}`,
  prediction: [0, 'input'],
  target: [1, 'target'],
  ...(result ? { result } : {}),
});

const losses = {
  binary_cross_entropy: loss('bce'),
  binary_cross_entropy_with_logits: loss('bce-with-logits'),
  cross_entropy: loss('cross-entropy'),
  nll_loss: loss('nll', (p) => operation('negate', p)),
  kl_div: loss('kl-div'),
  mse_loss: loss('mse'),
  l1_loss: loss('l1'),
  smooth_l1_loss: loss('l1'),
} satisfies Readonly<Record<string, Applied>>;

/** A distribution given by probabilities, not by logits. */
const byProbabilities = (name: string): Applied => ({
  does: 'choose',
  choose: (call) =>
    call.named.has('logits') ? undefined : { ...loss(name), prediction: [0, 'probs'], target: [undefined] },
});

/** The modules that `nn.Sequential` is given: one by one, or as a dictionary or a list of names and modules. */
function linksOf(constructor: Arguments): readonly Value[] {
  const [first] = constructor.positional;
  if (constructor.positional.length !== 1 || !first) return constructor.positional;
  if (first.kind === 'dict') return [...first.entries.values()];
  if (first.kind !== 'list') return constructor.positional;
  return first.items.map((item) => (item.kind === 'list' && item.exact ? (item.items.at(-1) ?? item) : item));
}

export const pytorch: Framework = {
  name: 'pytorch',
  title: 'PyTorch',
  usual: { 'torch.nn.functional': 'F', 'torch.nn': 'nn' },
  renamed: {
    'torch.nn.modules.activation.': 'torch.nn.',
    'torch.nn.modules.loss.': 'torch.nn.',
    'torch.nn.modules.': 'torch.nn.',
    'torch.Tensor.': 'torch.',
    'torch.cuda.amp.': 'torch.amp.',
    'torch.distributions.bernoulli.': 'torch.distributions.',
    'torch.distributions.categorical.': 'torch.distributions.',
    'torch.distributions.one_hot_categorical.': 'torch.distributions.',
  },
  names: {
    ...under('torch.', both),
    ...under('torch.linalg.', {
      ...all(['norm', 'vector_norm'], norm),
      det: shared.determinant,
      ...all(['inv', 'pinv'], shared.inverse),
      ...all(['slogdet', 'solve'], opaque),
    }),
    ...under('torch_scatter.', {
      ...all(['scatter_add', 'scatter_sum', 'segment_coo', 'segment_csr'], perSegment),
      ...all(['scatter_max', 'scatter_min'], withPositions(ofSource.greatest, ofSource.index)),
      scatter,
      ...under('composite.', { scatter_softmax: opaque, scatter_log_softmax: opaque }),
    }),
    'torch_geometric.utils.scatter': scatter,
    ...under('torch.nn.functional.', activations),
    ...under('torch.nn.functional.', { ...losses, gumbel_softmax: { does: 'sample' }, linear: weighted }),
    ...under('torch.special.', {
      logit: shared.logit,
      expit: shared.sigmoid,
      log_softmax: shared.logSoftmax,
      softmax: shared.softmax,
      expm1: shared.expm1,
      log1p: shared.log1p,
      logsumexp: shared.logSumExp,
      xlogy: shared.xlogy,
      entr: shared.entropy,
      erf: shared.erf,
      erfc: shared.erfc,
      erfcx: shared.erfcx,
      ndtr: shared.normalCdf,
      log_ndtr: shared.logNormalCdf,
      gammaln: shared.logGamma,
    }),
    ...under('torch.', {
      einsum,
      ...all(['var_mean'], several('variance', 'mean')),
      ...all(['std_mean'], several('deviation', 'mean')),
      // How far apart points are: never negative.
      ...all(['cdist', 'pdist'], distances.distance),
      'nn.functional.pdist': distances.distance,
      'nn.functional.pairwise_distance': distances.distance,
      ...all(['ones_like', 'ones'], shared.one),
      ...all(['zeros_like', 'zeros'], zeros),
      ...all(
        ['as_tensor', 'tensor', 'cat', 'concat', 'concatenate', 'stack', 'hstack', 'vstack', 'compile', 'from_numpy'],
        keep,
      ),
      ...all(['autograd.Variable', 'Tensor', 'FloatTensor', 'atleast_1d', 'vmap', 'func.vmap'], keep),
      // Each element is one of those before, or lies among them.
      ...all(['nn.functional.interpolate', 'nn.functional.upsample'], keep),
      'utils.checkpoint.checkpoint': callsOneOf([0, 'function']),
      where: selection(['condition', 'input', 'other']),
      ...all(['rand', 'rand_like'], uniform([undefined], [undefined])),
      ...all(['arange', 'linspace', 'logspace'], given),
      ...all(['no_grad', 'inference_mode'], { does: 'stop-gradients' }),
      ...all(['autocast', 'amp.autocast'], { does: 'autocast', format: 'float16' }),
    }),
    ...under('torch.distributions.', {
      Bernoulli: byProbabilities('bernoulli'),
      ...all(['Categorical', 'OneHotCategorical'], byProbabilities('categorical')),
      ...all(['Normal', 'normal.Normal'], normalDistribution),
    }),
    ...under('torch.nn.', {
      ...all(
        ['Linear', 'LazyLinear', 'Conv1d', 'Conv2d', 'Conv3d', 'ConvTranspose1d', 'ConvTranspose2d', 'ConvTranspose3d'],
        layer(linear),
      ),
      Sigmoid: layer(shared.sigmoid),
      LogSigmoid: layer(shared.logSigmoid),
      Tanh: layer(shared.tanh),
      ReLU: layer(shared.relu),
      ...all(['Softmax', 'Softmax2d'], layer(shared.softmax)),
      LogSoftmax: layer(shared.logSoftmax),
      Softplus: {
        does: 'make',
        make: (constructor) => {
          if (constructor.get(1, 'threshold')) return undefined;
          const beta = constructor.get(0, 'beta');
          const steepness = beta?.kind === 'quantity' ? beta.expression : undefined;
          if (beta && !steepness) return undefined;
          return { does: 'compute', parameters: ['input'], build: ([x]) => x && softplusOf(x, steepness) };
        },
      },
      CosineSimilarity: layer(distances.cosine),
      ...all(['Identity', 'Flatten', 'Unflatten', 'Dropout', 'Upsample'], layer({ does: 'keep' })),
      ...all(['utils.rnn.pack_padded_sequence', 'utils.rnn.pad_sequence'], keep),
      'utils.rnn.pad_packed_sequence': {
        does: 'several',
        parts: [
          { name: 'data', applied: reduction((x) => x, 'sequence') },
          { name: 'lengths', applied: opaque },
        ],
      },
      BCELoss: layer(losses.binary_cross_entropy),
      BCEWithLogitsLoss: layer(losses.binary_cross_entropy_with_logits),
      CrossEntropyLoss: layer(losses.cross_entropy),
      ...all(['NLLLoss', 'NLLLoss2d'], layer(losses.nll_loss)),
      KLDivLoss: layer(losses.kl_div),
      MSELoss: layer(losses.mse_loss),
      ...all(['L1Loss', 'SmoothL1Loss', 'HuberLoss'], layer(losses.l1_loss)),
      Sequential: sequential(linksOf),
      ...all(
        ['ModuleList', 'ModuleDict', 'DataParallel', 'parallel.DataParallel', 'parallel.DistributedDataParallel'],
        keep,
      ),
    }),
  },
  methods: {
    ...both,
    /** In place, of tensors; a generator's method of that name has the same limits. */
    uniform: uniform([1, 'from', 'low'], [2, 'to', 'high']),
    where: selection(['condition', 'input', 'other']),
    ...all(['new_zeros', 'zero'], zeros),
    /** In place: another number everywhere. */
    fill: { does: 'compute', parameters: ['input', 'value'], build: ([, value]) => value },
    scatter: scattering,
    bool: truths,
    masked_fill: {
      does: 'compute',
      parameters: ['input', 'mask', 'value'],
      build: ([x, mask, value]) => x && mask && value && operation('select', mask, value, x),
    },
    ...all(
      [
        'contiguous',
        'cpu',
        'cuda',
        'expand',
        'expand_as',
        'float',
        'half',
        'bfloat16',
        'repeat',
        'repeat_interleave',
        'requires_grad_',
        'reshape_as',
        'to',
        'type',
        'type_as',
        'view',
        'view_as',
        'numpy',
        'astype',
        'double',
        'tolist',
      ],
      keep,
    ),
  },
  formats: ['float32', 'bfloat16', 'float16'],
  differentiates: true,
};
