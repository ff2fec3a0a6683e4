import { add, divide, multiply, negate, power, subtract, type Expression } from '../../expression';
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
import type { Value } from '../values';
import { clamp, operations } from './operations';

const shared = operations({ x: 'input', pair: ['input', 'other'] });

/** `torch.add(a, b, alpha=2)` is another sum. */
const plain = (build: (a: Expression, b: Expression) => Expression): Applied => binary(build, ['input', 'other']);

/** What is a function of `torch` and a method of its tensors. */
const both: Readonly<Record<string, Meaning>> = {
  ...all(['abs', 'absolute'], shared.absolute),
  ...all(['add'], plain(add)),
  ...all(['clamp', 'clip'], clamp(['input', 'min', 'max'])),
  ...all(['clamp_min'], shared.maximum),
  ...all(['clamp_max'], shared.minimum),
  ...all(['detach'], shared.stopGradient),
  ...all(['div', 'divide', 'true_divide'], plain(divide)),
  exp: shared.exp,
  expm1: shared.expm1,
  ...all(['expit', 'sigmoid'], shared.sigmoid),
  log: shared.log,
  log1p: shared.log1p,
  logaddexp: shared.logAddExp,
  log_softmax: shared.logSoftmax,
  maximum: shared.maximum,
  minimum: shared.minimum,
  ...all(['mul', 'multiply'], plain(multiply)),
  ...all(['neg', 'negative'], unary(negate, 'input')),
  pow: binary(power, ['input', 'exponent']),
  rsub: binary((a, b) => subtract(b, a), ['input', 'other']),
  softmax: shared.softmax,
  sqrt: shared.sqrt,
  square: unary((x) => multiply(x, x), 'input'),
  ...all(['sub', 'subtract'], plain(subtract)),
  tanh: shared.tanh,
  ...all(['multinomial', 'argmax', 'argmin'], { does: 'sample' }),
  ...all(
    [
      'broadcast_to',
      'chunk',
      'clone',
      'flatten',
      'gather',
      'index_select',
      'masked_select',
      'movedim',
      'narrow',
      'permute',
      'ravel',
      'reshape',
      'select',
      'split',
      'squeeze',
      'swapaxes',
      't',
      'take',
      'take_along_dim',
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
  softplus: unaryOnly(shared.softplus, ['beta', 'threshold']),
  tanh: shared.tanh,
};

function unaryOnly(applied: Applied, more: readonly string[]): Applied {
  if (applied.does !== 'compute') return applied;
  return {
    ...applied,
    parameters: [...applied.parameters, ...more],
    build: (operands, others) => (operands.slice(1).some(Boolean) ? undefined : applied.build(operands, others)),
  };
}

const bce: Applied = { does: 'loss', loss: 'torch/bce@2.0', parameters: ['input', 'target'] };

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
  },
  names: {
    ...under('torch.', both),
    ...under('torch.nn.functional.', activations),
    ...under('torch.nn.functional.', { binary_cross_entropy: bce, gumbel_softmax: { does: 'sample' } }),
    ...under('torch.special.', {
      expit: shared.sigmoid,
      log_softmax: shared.logSoftmax,
      softmax: shared.softmax,
      expm1: shared.expm1,
      log1p: shared.log1p,
    }),
    ...under('torch.', {
      ...all(['ones_like', 'ones'], shared.one),
      ...all(['zeros_like', 'zeros'], shared.zero),
      ...all(['as_tensor', 'tensor', 'cat', 'concat', 'concatenate', 'stack', 'hstack', 'vstack', 'compile'], keep),
      ...all(['no_grad', 'inference_mode'], { does: 'stop-gradients' }),
    }),
    ...under('torch.nn.', {
      Sigmoid: layer(shared.sigmoid),
      LogSigmoid: layer(shared.logSigmoid),
      Tanh: layer(shared.tanh),
      ...all(['Softmax', 'Softmax2d'], layer(shared.softmax)),
      LogSoftmax: layer(shared.logSoftmax),
      Softplus: {
        does: 'make',
        make: (constructor) =>
          constructor.get(0, 'beta') || constructor.get(1, 'threshold') ? undefined : shared.softplus,
      },
      ...all(['Identity', 'Flatten', 'Unflatten'], layer({ does: 'keep' })),
      BCELoss: layer(bce),
      Sequential: { does: 'make', make: (constructor) => ({ does: 'chain', links: linksOf(constructor) }) },
      ...all(
        ['ModuleList', 'ModuleDict', 'DataParallel', 'parallel.DataParallel', 'parallel.DistributedDataParallel'],
        keep,
      ),
    }),
  },
  methods: {
    ...both,
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
        'requires_grad_',
        'reshape_as',
        'to',
        'type',
        'type_as',
        'view',
        'view_as',
      ],
      keep,
    ),
  },
  stable: {
    logSigmoid: '{torch.nn.functional.logsigmoid}(x)',
    logSoftmax: '{torch.nn.functional.log_softmax}(x, dim=-1)',
    bceWithLogits: '{torch.nn.functional.binary_cross_entropy_with_logits}(x, t)',
    bceWithLogitsLayer: '{torch.nn.BCEWithLogitsLoss}()',
  },
  formats: ['float32', 'bfloat16', 'float16'],
  differentiates: true,
};
