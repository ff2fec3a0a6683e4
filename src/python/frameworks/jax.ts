import { expm1, log, logNormalCdf, logSumExp, maximum, negate, normalCdf, operation, subtract } from '../../expression';
import type { Value } from '../values';
import {
  all,
  byProbabilities,
  binary,
  keep,
  opaque,
  sequential,
  unary,
  under,
  type Applied,
  type Arguments,
  type Framework,
  type Parameter,
} from './framework';
import {
  callsOneOf,
  clamp,
  commonNames,
  density,
  einsum,
  given,
  logDensity,
  looseOf,
  ofNormal,
  operations,
  picking,
  reduction,
  segmentSum,
  selection,
  uniform,
} from './operations';

const shared = operations({ x: 'x', pair: ['x1', 'x2'] });
const lax = operations({ x: 'x', pair: ['x', 'y'] });
const reduced = operations({ x: 'a', pair: ['a', 'b'] });

const loss = (name: string, prediction: Parameter, target: Parameter): Applied => ({
  does: 'loss',
  loss: `optax:${name}`,
  prediction,
  target,
});

/** Where values of libraries are that no code makes. */
const nowhere = { start: 0, end: 0 };

/** A function as a pair: what makes its parameters, and what is given them, and perhaps more, before its own arguments. */
function transformed(of: Value, given: number): Applied {
  const part = (name: string, applied: Applied | undefined): Value => ({
    kind: 'object',
    path: `haiku.Transformed.${name}`,
    applied,
    made: nowhere,
  });
  const items = [part('init', undefined), part('apply', { does: 'skip', of, arguments: given })];
  return { does: 'give', value: { kind: 'list', items, exact: true, fields: ['init', 'apply'] } };
}

/** @param given how many arguments the function is given before its own: parameters, state, a key */
const transform = (given: number): Applied => ({
  does: 'choose',
  choose: (call) => {
    const of = call.get(0, 'f');
    return of && transformed(of, given);
  },
});

/** By which arguments a function is differentiated: the first unless said otherwise; undefined if that isn't known. */
function positionsIn(argnums: Value | undefined): readonly number[] | undefined {
  if (!argnums) return [0];
  const positions = (argnums.kind === 'list' ? argnums.items : [argnums]).map((each) =>
    each.kind === 'quantity' && each.expression.kind === 'constant' ? each.expression.value : undefined,
  );
  return positions.every((each) => each !== undefined) ? positions : undefined;
}

/** A function that gives the gradients of another one. */
const gradients: Applied = {
  does: 'choose',
  choose: (call) => {
    const of = call.get(0, 'fun');
    if (!of) return undefined;
    const applied: Applied = { does: 'differentiate', of, by: positionsIn(call.get(1, 'argnums')) };
    return { does: 'give', value: { kind: 'object', path: 'jax.grad', applied, made: nowhere } };
  },
};

/** The same without the key. */
const withoutKey: Applied = {
  does: 'choose',
  choose: (call) => {
    const pair = call.get(0, 'f');
    const apply = pair?.kind === 'list' ? pair.items[1] : undefined;
    const applied = apply?.kind === 'object' ? apply.applied : undefined;
    return applied?.does === 'skip' ? transformed(applied.of, applied.arguments - 1) : undefined;
  },
};

const listed = (constructor: Arguments): readonly Value[] => {
  const layers = constructor.get(0, 'layers');
  return layers?.kind === 'list' ? layers.items : constructor.positional;
};

const activationsOfStax: Readonly<Record<string, Applied>> = {
  Sigmoid: shared.sigmoid,
  Softmax: shared.softmax,
  LogSoftmax: shared.logSoftmax,
  Tanh: shared.tanh,
};

/** `init, apply = stax.serial(Dense(10), Relu, Dense(2), Softmax)` */
const serial: Applied = {
  does: 'choose',
  choose: (call) => {
    const last = call.positional.at(-1);
    const name = last?.kind === 'path' ? last.path.slice(last.path.lastIndexOf('.') + 1) : '';
    const activation = Object.hasOwn(activationsOfStax, name) ? activationsOfStax[name] : undefined;
    if (!activation) return undefined;
    const given: Value = {
      kind: 'object',
      path: 'stax.apply',
      applied: { does: 'then', applied: () => activation },
      made: nowhere,
    };
    const init: Value = { kind: 'object', path: 'stax.init', applied: undefined, made: nowhere };
    return { does: 'give', value: { kind: 'list', items: [init, given], exact: true } };
  },
};

export const jax: Framework = {
  name: 'jax',
  title: 'JAX',
  usual: { 'jax.numpy': 'jnp', 'jax.nn': 'jax.nn', 'jax.scipy': 'jax.scipy' },
  renamed: {
    'flax.linen.activation.': 'jax.nn.',
    'flax.linen.': 'jax.nn.',
    'flax.nnx.': 'jax.nn.',
    'flax.nn.': 'jax.nn.',
    'jax.experimental.stax.': 'jax.example_libraries.stax.',
    'tensorflow_probability.substrates.jax.distributions.': 'distrax.',
    'optax.losses.': 'optax.',
  },
  names: {
    ...under('jax.numpy.', {
      ...commonNames(shared),
      clip: clamp(['a', 'a_min', 'a_max']),
      ...all(['ones_like', 'ones'], shared.one),
      ...all(['zeros_like', 'zeros'], shared.zero),
      ...all(['sum', 'nansum', 'cumsum', 'trace'], reduced.sum),
      ...all(['mean', 'nanmean', 'average'], reduced.mean),
      ...all(['prod', 'cumprod'], reduced.product),
      ...all(['max', 'amax'], reduced.greatest),
      ...all(['min', 'amin'], reduced.least),
      var: reduced.variance,
      std: reduced.deviation,
      'linalg.norm': reduction((x) => operation('norm', x), 'x'),
      'linalg.det': reduced.determinant,
      'linalg.inv': reduced.inverse,
      ...all(['linalg.slogdet', 'linalg.solve'], opaque),
      hypot: shared.hypot,
      where: selection(['condition', 'x', 'y']),
      nan_to_num: shared.nanToNum,
      ...all(['dot', 'inner', 'vdot'], reduced.matmul),
      ...all(['argmax', 'argmin', 'argsort'], reduced.index),
      ...all(['arange', 'linspace', 'logspace'], given),
      ...all(
        [
          'array',
          'asarray',
          'broadcast_to',
          'concatenate',
          'diag',
          'diagonal',
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
          'tile',
          'transpose',
        ],
        keep,
      ),
      take_along_axis: picking([1, 'indices']),
    }),
    ...under('jax.nn.', {
      sigmoid: shared.sigmoid,
      log_sigmoid: shared.logSigmoid,
      softmax: shared.softmax,
      log_softmax: shared.logSoftmax,
      softplus: shared.softplus,
      relu: shared.relu,
      tanh: shared.tanh,
      logsumexp: reduced.logSumExp,
      one_hot: looseOf(shared.oneHot),
    }),
    ...under('jax.scipy.special.', {
      logit: shared.logit,
      expit: shared.sigmoid,
      log_softmax: shared.logSoftmax,
      softmax: shared.softmax,
      logsumexp: reduced.logSumExp,
      erf: shared.erf,
      erfc: shared.erfc,
      ndtr: shared.normalCdf,
      log_ndtr: shared.logNormalCdf,
      gammaln: shared.logGamma,
      xlogy: shared.xlogy,
      entr: shared.entropy,
    }),
    'jax.scipy.stats.norm.cdf': ofNormal(normalCdf, ['x', 'loc', 'scale']),
    'jax.scipy.stats.norm.pdf': ofNormal(density, ['x', 'loc', 'scale']),
    'jax.scipy.stats.norm.logpdf': ofNormal(logDensity, ['x', 'loc', 'scale']),
    'jax.scipy.stats.norm.logcdf': ofNormal(logNormalCdf, ['x', 'loc', 'scale']),
    'jax.numpy.einsum': einsum,
    ...under('jax.lax.', {
      abs: lax.absolute,
      exp: lax.exp,
      log: lax.log,
      log1p: lax.log1p,
      logistic: lax.sigmoid,
      max: lax.maximum,
      min: lax.minimum,
      mul: lax.multiply,
      div: lax.divide,
      neg: lax.negate,
      rsqrt: lax.rsqrt,
      select: selection(['pred', 'on_true', 'on_false']),
      sqrt: lax.sqrt,
      stop_gradient: lax.stopGradient,
      sub: binary(subtract, ['x', 'y']),
      tanh: lax.tanh,
      top_k: {
        does: 'several',
        parts: [
          { name: 'values', applied: looseOf(lax.greatest) },
          { name: 'indices', applied: looseOf(lax.index) },
        ],
      },
      clamp: {
        does: 'compute',
        parameters: ['min', 'x', 'max'],
        build: ([low, x, high], others) => {
          const limits = clamp(['x', 'min', 'max']);
          return limits.does === 'compute' ? limits.build([x, low, high], others) : undefined;
        },
      },
    }),
    ...under('jax.lax.', {
      cond: callsOneOf([1, 'true_fun'], [2, 'false_fun']),
      // An element of what they go through stands for all.
      ...all(['map', 'scan'], callsOneOf([0, 'f'])),
      while_loop: callsOneOf([1, 'body_fun']),
    }),
    ...all(['haiku.Sequential', 'jax.nn.Sequential', 'equinox.nn.Sequential'], sequential(listed)),
    'equinox.nn.Lambda': sequential((constructor) => constructor.positional.slice(0, 1)),
    'jax.example_libraries.stax.serial': serial,
    ...all(['equinox.filter_jit', 'equinox.filter_vmap', 'equinox.filter_pmap', 'flax.nnx.jit', 'flax.nnx.vmap'], keep),
    ...under('jax.', { grad: gradients, value_and_grad: gradients }),
    ...under('flax.nnx.', { grad: gradients, value_and_grad: gradients }),
    ...under('equinox.', { filter_grad: gradients, filter_value_and_grad: gradients }),
    ...under('haiku.', {
      transform: transform(2),
      transform_with_state: transform(3),
      without_apply_rng: withoutKey,
    }),
    'jax.ops.segment_sum': segmentSum(['data', 'segment_ids']),
    'jax.ops.segment_max': reduction((x) => operation('greatest', x), 'data'),
    ...under('distrax.', {
      Bernoulli: byProbabilities('tfp:bernoulli'),
      ...all(['Categorical', 'OneHotCategorical'], byProbabilities('tfp:categorical')),
    }),
    ...under('optax.', {
      sigmoid_binary_cross_entropy: loss('sigmoid-binary-cross-entropy', [0, 'logits'], [1, 'labels']),
      ...all(
        ['softmax_cross_entropy', 'softmax_cross_entropy_with_integer_labels'],
        loss('softmax-cross-entropy', [0, 'logits'], [1, 'labels']),
      ),
      ...all(['l2_loss', 'squared_error', 'huber_loss'], loss('mse', [0, 'predictions'], [1, 'targets'])),
      cosine_similarity: operations({ x: 'x', pair: ['predictions', 'targets'] }).cosine,
      // Its limit, whatever it is, is above 0.
      safe_norm: reduction((x) => maximum(operation('norm', x), Number.MIN_VALUE), 'x'),
    }),
    ...under('jax.', {
      ...all(['jit', 'vmap', 'pmap', 'checkpoint', 'remat'], keep),
      'random.categorical': { does: 'sample' },
      'random.uniform': uniform([3, 'minval'], [4, 'maxval']),
      'nn.logmeanexp': reduction((x) => logSumExp(x), 'a'),
      // log(1 - exp(-x)), of which it is the stable form.
      'nn.log1mexp': unary((x) => log(negate(expm1(negate(x))))),
    }),
  },
  methods: {
    ...all(['sum', 'cumsum', 'trace'], reduced.sum),
    mean: reduced.mean,
    ...all(['prod', 'cumprod'], reduced.product),
    max: reduced.greatest,
    min: reduced.least,
    var: reduced.variance,
    std: reduced.deviation,
    dot: reduced.matmul,
    clip: clamp(['a', 'min', 'max']),
    ...all(['argmax', 'argmin', 'argsort'], reduced.index),
    ...all(
      ['astype', 'copy', 'ravel', 'flatten', 'repeat', 'reshape', 'squeeze', 'swapaxes', 'take', 'transpose'],
      keep,
    ),
  },
  formats: ['float32', 'bfloat16', 'float16'],
  differentiates: true,
};
