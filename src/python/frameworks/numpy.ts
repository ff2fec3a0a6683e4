import {
  add,
  exp,
  logNormalCdf,
  logSumExp,
  maximum,
  minimum,
  normalCdf,
  operation,
  type Expression,
} from '../../expression';
import { all, keep, opaque, unary, under, type Applied, type Framework, type Meaning } from './framework';
import { clamp, commonNames, einsum, given, ofNormal, operations, reduction, selection, uniform } from './operations';

const shared = operations({ x: 'x', pair: ['x1', 'x2'] });
const reduced = operations({ x: 'a', pair: ['a', 'b'] });

const loose = (applied: Applied): Applied => (applied.does === 'compute' ? { ...applied, loose: true } : applied);

/** What is a function of `numpy` and a method of its arrays. */
const both: Readonly<Record<string, Meaning>> = {
  clip: clamp(['a', 'a_min', 'a_max']),
  ...all(['argmax', 'argmin', 'argsort'], reduced.index),
  ...all(['copy', 'diag', 'diagonal', 'ravel', 'repeat', 'reshape', 'squeeze', 'swapaxes', 'take', 'transpose'], keep),
  ...all(['sum', 'nansum', 'cumsum', 'trace'], reduced.sum),
  ...all(['mean', 'nanmean', 'average'], reduced.mean),
  ...all(['prod', 'cumprod'], reduced.product),
  ...all(['max', 'amax'], reduced.greatest),
  ...all(['min', 'amin'], reduced.least),
  var: reduced.variance,
  std: reduced.deviation,
  dot: reduced.matmul,
  round: loose(shared.round),
};

/** Of several operands, or of the elements of one. */
const extreme = (ofTwo: (a: Expression, b: Expression) => Expression, over: 'greatest' | 'least'): Applied => ({
  does: 'compute',
  parameters: ['a', 'b', 'c', 'd'],
  build: ([first, ...others]) => {
    const more = others.flatMap((other) => other ?? []);
    return first && (more.length === 0 ? operation(over, first) : more.reduce(ofTwo, first));
  },
});

/** Python's own functions, of numbers and of tensors, whichever framework's those are. */
const builtins: Readonly<Record<string, Meaning>> = {
  abs: shared.absolute,
  float: keep,
  len: { does: 'compute', parameters: ['x'], build: (_, others) => operation('nonNegative', others()) },
  max: extreme(maximum, 'greatest'),
  min: extreme(minimum, 'least'),
  pow: shared.power,
  range: given,
  sum: loose(reduced.sum),
};

/** NumPy and SciPy: float64 unless told otherwise, and no gradients. */
export const numpy: Framework = {
  name: 'numpy',
  title: 'NumPy',
  usual: { numpy: 'np' },
  renamed: { 'autograd.numpy.': 'numpy.', 'autograd.scipy.': 'scipy.', 'cupy.': 'numpy.' },
  names: {
    ...under('numpy.', {
      ...commonNames(shared),
      ...both,
      ...all(['ones_like', 'ones'], shared.one),
      ...all(['zeros_like', 'zeros'], shared.zero),
      'linalg.norm': reduction((x) => operation('norm', x), 'x'),
      'linalg.det': reduced.determinant,
      ...all(['linalg.inv', 'linalg.pinv'], reduced.inverse),
      ...all(['linalg.slogdet', 'linalg.solve'], opaque),
      hypot: shared.hypot,
      where: selection(['condition', 'x', 'y']),
      nan_to_num: shared.nanToNum,
      ...all(['arange', 'linspace', 'logspace', 'geomspace'], given),
      ...all(['random.rand', 'random.random', 'random.random_sample'], uniform([undefined], [undefined])),
      'random.uniform': uniform([0, 'low'], [1, 'high']),
      ...all(['array', 'asarray', 'concatenate', 'expand_dims', 'hstack', 'stack', 'take_along_axis', 'vstack'], keep),
      ...all(['float32', 'float64', 'float16'], keep),
    }),
    ...under('scipy.special.', {
      logit: shared.logit,
      expit: shared.sigmoid,
      log_expit: shared.logSigmoid,
      log_softmax: shared.logSoftmax,
      softmax: shared.softmax,
      softplus: shared.softplus,
      logsumexp: reduction((x) => logSumExp(x), 'a'),
      erf: shared.erf,
      erfc: shared.erfc,
      erfcx: shared.erfcx,
      ndtr: shared.normalCdf,
      log_ndtr: shared.logNormalCdf,
      gammaln: shared.logGamma,
      gamma: unary((x) => exp(operation('logGamma', x)), 'x'),
      ...all(['factorial'], {
        does: 'compute',
        parameters: ['n', 'exact'],
        build: ([n]) => n && exp(operation('logGamma', add(n, 1))),
      }),
      xlogy: shared.xlogy,
      entr: shared.entropy,
    }),
    'scipy.stats.norm.cdf': ofNormal(normalCdf, ['x', 'loc', 'scale']),
    'scipy.stats.norm.logcdf': ofNormal(logNormalCdf, ['x', 'loc', 'scale']),
    'numpy.einsum': einsum,
    ...all(
      [
        'scipy.spatial.distance.cdist',
        'scipy.spatial.distance.pdist',
        'sklearn.metrics.pairwise_distances',
        'sklearn.metrics.pairwise.pairwise_distances',
        'sklearn.metrics.pairwise.euclidean_distances',
      ],
      shared.distance,
    ),
    'collections.OrderedDict': keep,
    ...under('builtins.', builtins),
    ...under('math.', {
      acos: shared.acos,
      asin: shared.asin,
      exp: shared.exp,
      log: loose(shared.log),
      log1p: shared.log1p,
      log2: shared.log2,
      log10: shared.log10,
      sqrt: shared.sqrt,
      tanh: shared.tanh,
      pow: shared.power,
      lgamma: shared.logGamma,
      gamma: unary((x) => exp(operation('logGamma', x)), 'x'),
      erfc: shared.erfc,
      erf: shared.erf,
    }),
  },
  methods: { ...both, ...all(['astype', 'flatten', 'item', 'tolist'], keep) },
  formats: ['float64', 'float32', 'float16'],
  differentiates: false,
};
