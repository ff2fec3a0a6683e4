import {
  add,
  divide,
  equal,
  less,
  lessEqual,
  multiply,
  not,
  operation,
  power,
  subtract,
  type Expression,
} from '../../expression';
import type { FormatName } from '../../numeric';
import { ofLatestText, Question } from '../questions';

export const arithmetic: Readonly<Record<string, (a: Expression, b: Expression) => Expression>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '**': power,
  // What is counted and compared.
  '@': (a, b) => operation('matmul', a, b),
  '<': less,
  '<=': lessEqual,
  '>': (a, b) => less(b, a),
  '>=': (a, b) => lessEqual(b, a),
  '==': equal,
  '!=': (a, b) => not(equal(a, b)),
};

/** Those of Python, and those that code has of its own, as for graphs of TensorFlow 1: `@lazy_property`, `@define_scope`. */
export const propertyDecorator = /^(\w+\.)*(\w*property|define_scope)$/;

/** Names of decorators after which a call gives what the body returns. */
export const transparentDecorators: ReadonlySet<string> = new Set([
  'abstractmethod',
  'cached_property',
  'classmethod',
  'override',
  'property',
  'staticmethod',
  'abc.abstractmethod',
  'functools.cached_property',
  'flax.linen.compact',
  'functools.lru_cache',
  'torch.jit.export',
  'torch.jit.ignore',
  'torch.jit.script',
  'typing.override',
  'typing_extensions.override',
]);

/** Decorators of operations whose derivative is given beside them, and of functions that are such derivatives. */
export const customGradientDecorators = [
  'custom_gradient',
  'custom_jvp',
  'custom_vjp',
  'defjvp',
  'RegisterGradient',
  'Defun',
] as const;

/** Methods of optimizers, tapes and trainers whose first argument is what they minimise. */
export const minimisers: ReadonlySet<string> = new Set([
  'backward',
  'compute_gradients',
  'gradient',
  'manual_backward',
  'minimize',
]);

/** Methods that give back the module or model that they are called on. */
export const fluentMethods: ReadonlySet<string> = new Set([
  'apply',
  'bfloat16',
  'cpu',
  'cuda',
  'eval',
  'float',
  'half',
  'requires_grad_',
  'to',
  'train',
]);

/** Methods that ask a tensor for its shape, which is not using its values. */
export const shapeMethods: ReadonlySet<string> = new Set([
  'dim',
  'get_shape',
  'ndimension',
  'nelement',
  'numel',
  'size',
]);

/** Attributes of a tensor that are the tensor. */
export const sameAttributes: ReadonlySet<string> = new Set(['T', 'data', 'mT']);

/** Types, by their qualified names and as strings. */
export const formatsByType: ReadonlyMap<string, FormatName> = new Map([
  ...['torch.float64', 'torch.double', 'tensorflow.float64', 'tensorflow.double'].map(withFormat('float64')),
  ...['numpy.float64', 'numpy.double', 'jax.numpy.float64', 'numpy.longdouble', 'float64'].map(withFormat('float64')),
  ...['torch.float32', 'torch.float', 'tensorflow.float32', 'numpy.float32'].map(withFormat('float32')),
  ...['jax.numpy.float32', 'float32', 'numpy.single'].map(withFormat('float32')),
  ...['torch.float16', 'torch.half', 'tensorflow.float16', 'tensorflow.half'].map(withFormat('float16')),
  ...['numpy.float16', 'numpy.half', 'jax.numpy.float16', 'float16', 'mixed_float16'].map(withFormat('float16')),
  ...['torch.bfloat16', 'tensorflow.bfloat16', 'jax.numpy.bfloat16'].map(withFormat('bfloat16')),
  ...['bfloat16', 'mixed_bfloat16'].map(withFormat('bfloat16')),
] as const);

function withFormat(format: FormatName): (type: string) => readonly [string, FormatName] {
  return (type) => [type, format];
}

/** Methods that change the type, of tensors and of modules. */
export const formatsByMethod: ReadonlyMap<string, FormatName> = new Map([
  ['double', 'float64'],
  ['float', 'float32'],
  ['half', 'float16'],
  ['bfloat16', 'bfloat16'],
]);

/** Calls that set the type for all that follows, by the place of the type among their arguments. */
export const defaultSetters: ReadonlyMap<string, number> = new Map([
  ['torch.set_default_dtype', 0],
  ['torch.set_default_tensor_type', 0],
  ['keras.backend.set_floatx', 0],
  ['keras.config.set_floatx', 0],
  ['keras.config.set_dtype_policy', 0],
  ['keras.mixed_precision.set_global_policy', 0],
  ['keras.mixed_precision.set_dtype_policy', 0],
  ['keras.mixed_precision.experimental.set_policy', 0],
]);

/** Functions whose results training minimises, by their names. */
export const objectiveName = /(^|_)(loss|losses|cost|objective|criterion)(_|$|fn)|loss$|Loss$|^training_step$/i;

/** What modules of tests import. */
const testModule =
  /^[ \t]*(?:import|from)[ \t]+(?:pytest|unittest|nose|hypothesis|absl\.testing|numpy\.testing|torch\.testing)\b/m;

/** Whether a module is of tests, and not one that trains its own model and has a test beside that. */
export const isTestModule = new Question(
  (text) =>
    testModule.test(text) && !(/^class +\w+\(.*(Module|Model)\)/m.test(text) && /\boptim\.[A-Z]\w+\(/.test(text)),
);

/** Whether states of training are made, as Flax has them. */
export const makesStates = new Question((text) => /\bapply_fn *=/.test(text));

/** Whether gradients are asked for by name, so that what was computed without any may have one after all. */
export const asksForGradients = new Question((text) => /requires_grad(_\(| *= *True)/.test(text));

/** Names of tensors of ones and zeros, as which choices are given. */
export const choiceName =
  /^(?:[\w.]*(?:one_?hot|actions?|acts|labels?|targets?|y_true|(?:gt|pos(?:itive)?|class)_?mask)[\w.]*|(?:self\.)?(?:y_?|ys))$/i;

/** Parameters of a function from elsewhere by which a layer is told its activation, or a network that of its last layer. */
export const layerActivations = ['activation', 'activation_fn', 'act', 'nonlinearity', 'activation_function'] as const;

export const outputActivations = [
  'output_activation',
  'final_activation',
  'last_activation',
  'out_activation',
] as const;

/** Attributes of a Keras model that are what it computes. */
export const modelOutputs: ReadonlySet<string> = new Set(['output', 'outputs']);

/** What methods call the object that they are of, its class or its metaclass. */
export const objectName = /^_*(self|slf|this|me|s|obj|cls|klass|class|mcs|meta\w*|module|model)_*$/i;

export const initialisers: ReadonlySet<string> = new Set(['__init__', 'build', 'setup', '__post_init__']);

export const callMethods = ['forward', 'call', '__call__'] as const;

/** What is part of a model, or of its training, and isn't called by any of the names of models. */
const partOfModel =
  /loss|criterion|metric|attention|attn|block|layer|encod|embed|activation|norm|dataset|sampler|transform|optim/i;

/** `PolicyNet`, `policy_network`, `the_policy` are all called `policy`. */
const coreOf = (name: string): string => {
  const core = name.toLowerCase().replace(/_|^net|net(work)?$|model$|module$/g, '');
  return abbreviations.get(core) ?? core;
};

/** `D`, `netD` and `disc` are discriminators. */
const abbreviations: ReadonlyMap<string, string> = new Map([
  ['d', 'discriminator'],
  ['dis', 'discriminator'],
  ['disc', 'discriminator'],
  ['g', 'generator'],
  ['gen', 'generator'],
  ['enc', 'encoder'],
  ['dec', 'decoder'],
]);

/** By these names functions take the one model that there is. */
const anyModel = /^(the_?)?(my_?)?(model|net|network|nn|module|agent|policy|actor)$/i;

/** `RNN` of `CharRNN`, `Net` of `PolicyNet`. */
const lastWord = /(?:[A-Z]+|[A-Z][a-z\d]+)$/;

interface Model {
  readonly name: string;
  readonly core: string;
  readonly body: string;
}

const modelsIn = ofLatestText((text): readonly Model[] => {
  const models: Model[] = [];
  for (const match of text.matchAll(/^class +(\w+) *\(([^()]*)\) *:/gm)) {
    const [head, name = '', bases = ''] = match;
    if (!/(^|[.\s])(Module|Model|LightningModule)\b/.test(bases)) continue;
    const rest = text.slice(match.index + head.length);
    models.push({ name, core: coreOf(name), body: rest.slice(0, /\n[^\s#)\]}]/.exec(rest)?.index) });
  }
  return models;
});

/**
 * The class of the file that an argument of a function is an instance of by its name, as long as there is one of that
 * name, or only one at all for `model`.
 */
export const modelCalled = new Question((text, name: string): string | undefined => {
  const models = modelsIn(text);
  if (models.length === 0) return undefined;
  const core = coreOf(name);
  const only = (fits: (each: Model) => boolean): string | undefined => {
    const fitting = models.filter(fits);
    return fitting.length === 1 ? fitting[0]?.name : undefined;
  };
  const isNotGiven = ({ body }: Model): boolean => !new RegExp(`\\b${name}\\b`).test(body);
  return (
    only((each) => each.name.toLowerCase() === name.toLowerCase()) ??
    (core.length > 2 ? only((each) => each.core === core) : undefined) ??
    // `TanhPolicy`, `CenterHead`; but a `SearchDecoder` that is given a decoder is another one.
    (core.length > 3 ? only((each) => each.core.endsWith(core) && isNotGiven(each)) : undefined) ??
    // `CharRNN`
    (name.length > 2
      ? only((each) => lastWord.exec(each.name)?.[0].toLowerCase() === name && isNotGiven(each))
      : undefined) ??
    (anyModel.test(name) ? onlyModel(text, models, name) : undefined)
  );
});

/** The one model that is called, and is no part of another one. */
function onlyModel(text: string, models: readonly Model[], name: string): string | undefined {
  // What the text calls of it: `model.pi(s)`.
  const called = [...text.matchAll(new RegExp(`(?<![.\\w])${name}\\.(\\w+)\\(`, 'g'))].map(([, method = '']) => method);
  const methods = new RegExp(`\\bdef (${['forward', 'call', '__call__', ...called].join('|')})\\(`);
  const isPart = (own: string): boolean =>
    partOfModel.test(own) || models.some(({ body }) => new RegExp(`\\b${own}\\(`).test(body));
  const fitting = models.filter((each) => methods.test(each.body) && !isPart(each.name));
  return fitting.length === 1 ? fitting[0]?.name : undefined;
}

/** Methods of modules that are given tensors. */
export const takesTensors = /^(forward|call|__call__|training_step)$|loss/;

/** Where a class keeps what its constructor gives to that of the class it is made from: no name of the language. */
export const givenToBase = 'super().__init__()';

/** By these names models have the layers that give what they give. */
export const heads: ReadonlySet<string> = new Set(
  '_fc classifier fc fc_out head heads last_linear output_layer'.split(' '),
);

/** They move the elements of a tensor of any framework. */
export const rearranging: ReadonlySet<string> = new Set(['einops.rearrange', 'einops.repeat']);

/** Python's own functions that go through lists. */
export const iterating: ReadonlySet<string> = new Set([
  'dict',
  'map',
  'zip',
  'enumerate',
  'reversed',
  'sorted',
  'list',
]);

/** What stands before a colon in a class and is no annotated name. */
export const keywords: ReadonlySet<string> = new Set(['else', 'finally', 'lambda', 'try']);

/** Functions that make a tensor of an array. */
export const making = /(^|\.)(\w*[tT]ensor|Variable|from_numpy|as_?array|array|constant)$/;

/** What takes the place of a library under its usual name does what that does. */
export const arrayModules: ReadonlyMap<string, string> = new Map([
  ['jnp', 'jax.numpy'],
  ['np', 'numpy'],
  ['xp', 'numpy'],
]);

/** Functions that projects have of their own, under names that say what they compute. */
export const namesakes: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    'numpy',
    new Map([
      ['sigmoid', 'scipy.special.expit'],
      ['softmax', 'scipy.special.softmax'],
    ]),
  ],
  [
    'pytorch',
    new Map([
      ['sigmoid', 'torch.sigmoid'],
      ['softmax', 'torch.softmax'],
    ]),
  ],
  [
    'jax',
    new Map([
      ['sigmoid', 'jax.nn.sigmoid'],
      ['softmax', 'jax.nn.softmax'],
    ]),
  ],
]);
