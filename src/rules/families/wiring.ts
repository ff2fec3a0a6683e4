import {
  add,
  anything,
  apply,
  bind,
  complement,
  constant,
  either,
  log,
  logSoftmax,
  negate,
  negated,
  sigmoid,
  softmax,
  softplus,
  matchPattern,
  substitute,
  subtract,
  multiply,
  suchThat,
  through,
  type Expression,
  type Pattern,
} from '../../expression';
import { lossById, torchBce } from '../../losses';
import { compileModelAtPoint, formatByName } from '../../numeric';
import { Question } from '../../python';
import type { Severity } from '../finding';
import { intervalOf } from '../interval';
import { operand, x, t, type Form, type Hit, type Rule, type Saying } from '../rule';
import { ofGap } from './guardedLogarithms';
import { isOutputOfModel } from './models';
import { exponential, rectified, reshaped, sigmoidOf, softmaxOf } from './shapes';
import { isOfWeights, isOutsideTraining, sourceOf } from './zeros';

/** The catalogue's formula over `x` in place of its logit `z`. */
const overX = (id: string): Expression => substitute(lossById(id).build().loss, new Map([['z', x]]));

const bce = { unstable: 'torch/bce@2.0', stable: 'torch/bce-with-logits@2.3' };

/** What is measured of a sigmoid before BCE, whatever stands between them. */
const ofSigmoid = {
  ofLoss: ['torch:bce'],
  operand: 'the argument of the sigmoid',
  unstable: () => overX(bce.unstable),
  meant: () => negate(add(multiply(t, log(sigmoid(x))), multiply(subtract(1, t), log(subtract(1, sigmoid(x)))))),
  stable: () => overX(bce.stable),
  name: 'BCE of sigmoid(x)',
  headline: { of: 'gradient', side: 'above', target: 0 },
} satisfies Partial<Form>;

/** A sigmoid times a mask or a one-hot that is given: times weights that are computed it is a mean of several. */
const masked: Pattern = apply(
  'multiply',
  reshaped(sigmoidOf(operand)),
  either(
    apply('oneHot', anything),
    suchThat(anything, (_, node) => node.kind === 'variable'),
  ),
);

export const bceAfterSigmoid: Rule = {
  id: 'bce-after-sigmoid',
  title: 'BCE after sigmoid',
  entries: ['NS11'],
  severity: 'warning',
  triggers: [
    ['BCELoss', 'binary_cross_entropy'],
    ['igmoid', 'oftmax', 'expit', 'exp'],
  ],
  forms: [
    {
      ...ofSigmoid,
      pattern: reshaped(rectified(reshaped(sigmoidOf(operand)))),
      culprit: 'sigmoid',
      losses: bce,
      write: { pytorch: '{torch.nn.functional.binary_cross_entropy_with_logits}($x, $t)' },
      writeLayer: { pytorch: '{torch.nn.BCEWithLogitsLoss}()' },
    },
    {
      // Where the mask is 1, or what it picks, as where knowledge is traced.
      ...ofSigmoid,
      pattern: reshaped(either(masked, apply('sum', masked))),
      culprit: 'sigmoid',
      advice: 'take binary_cross_entropy_with_logits of the logits, and multiply by the mask what it gives',
    },
    {
      pattern: reshaped(complement(reshaped(sigmoidOf(operand)))),
      ofLoss: ['torch:bce'],
      culprit: 'sigmoid',
      operand: 'the argument of the sigmoid',
      unstable: () => torchBce(subtract(1, sigmoid(x))),
      meant: () => negate(add(multiply(t, log(subtract(1, sigmoid(x)))), multiply(subtract(1, t), log(sigmoid(x))))),
      name: 'BCE of 1 - sigmoid(x)',
      headline: { of: 'gradient', side: 'above', target: 1 },
      advice: 'take binary_cross_entropy_with_logits of the negative logits',
    },
    {
      pattern: reshaped(softmaxOf(operand)),
      ofLoss: ['torch:bce'],
      culprit: 'softmax',
      severity: 'information',
      operand: 'the logits',
      bounded: false,
      unstable: () => torchBce(softmax(x, 0)),
      meant: () => negate(add(multiply(t, logSoftmax(x, 0)), multiply(subtract(1, t), logSoftmax(0, x)))),
      name: 'BCE of softmax(x)',
      headline: { of: 'gradient', side: 'above', target: 0 },
      speech: ofGap,
      advice: 'take the cross-entropy of the logits, or of each by itself with binary_cross_entropy_with_logits',
    },
    {
      // The model stands in the file, and who calls its loss does not: what BCE takes can hardly be anything else.
      ...ofSigmoid,
      pattern: reshaped(suchThat(anything, (_, node) => node.kind === 'variable')),
      severity: 'information',
      operand: 'the argument of the sigmoid that gives it, as a model of this file does',
      at: (hit) => (hit.target !== hit.matched && isOutputOfModel(hit.matched, hit) ? hit.form : undefined),
      advice: "leave out the model's sigmoid in training, and take binary_cross_entropy_with_logits",
    },
  ],
};

/**
 * The severity of an activation before a loss that has its own, unless the value reaches the loss without it on another
 * branch: `if not self.training: x = softmax(x)`.
 */
function unlessOptional({ site, matched, bindings, rule }: Hit): Severity {
  const isWithout = ([value]: readonly Expression[]): boolean =>
    value !== undefined &&
    value !== matched &&
    (value === bindings.get('x') || (value.kind === 'operation' && !matchPattern(probability, value)));
  return site.alternatives.some(isWithout) ? 'hint' : rule.severity;
}

/** A loss at one logit in float32, as numbers are said: 4 digits. */
function lossOf(expression: Expression, logit: number, target?: number): string {
  const bound = target === undefined ? expression : substitute(expression, new Map([[t.name, constant(target)]]));
  const [value] = compileModelAtPoint([bound], [x.name], formatByName('float32'))(logit);
  return String(Number((value ?? NaN).toPrecision(4)));
}

/** Cross-entropy of probabilities taken for logits, at its best: one class has all, the others nothing. */
const leastOfSoftmax = (classes: number): string =>
  lossOf(negate(logSoftmax(x, ...Array.from({ length: classes - 1 }, () => constant(0)))), 1);

const softmaxTwice = (): Saying => ({
  message: `The softmax is taken twice: however sure the network is, the loss can't fall below ${leastOfSoftmax(2)} for 2 classes, ${leastOfSoftmax(10)} for 10, ${leastOfSoftmax(100)} for 100, and its gradient is that of the squashed probabilities.`,
  lens: `softmax taken twice: the loss can't fall below ${leastOfSoftmax(10)} for 10 classes`,
});

/** Losses of logits that have a softmax of their own. */
const softmaxLosses = [
  'torch:cross-entropy',
  'tf:softmax-cross-entropy',
  'optax:softmax-cross-entropy',
  'tfjs:softmax-cross-entropy',
] as const;

/** Between 0 and 1 lie what a sigmoid gives and what a softmax gives: the least is the same. */
const sigmoidInSoftmax = (): Saying => ({
  message: `The loss takes logits and gets what a sigmoid gives, numbers from 0 to 1: however sure the network is, it can't fall below ${leastOfSoftmax(2)} for 2 classes, ${leastOfSoftmax(10)} for 10, ${leastOfSoftmax(100)} for 100.`,
  lens: `sigmoid before a softmax: the loss can't fall below ${leastOfSoftmax(10)} for 10 classes`,
});

/** What a matrix of probabilities makes of probabilities. */
const probabilitiesInSoftmax = (): Saying => ({
  message: `The loss takes logits and gets a product with a softmax. Where that is a probability, however sure the network is, the loss can't fall below ${leastOfSoftmax(2)} for 2 classes, ${leastOfSoftmax(10)} for 10, ${leastOfSoftmax(100)} for 100.`,
  lens: `probabilities before a softmax: the loss can't fall below ${leastOfSoftmax(10)} for 10 classes`,
});

const picked = (inner: Pattern): Pattern => through(['pick'], inner);

export const crossEntropyOfSoftmax: Rule = {
  id: 'cross-entropy-of-softmax',
  title: 'cross-entropy of softmax',
  entries: ['NS05'],
  severity: 'warning',
  triggers: [
    ['CrossEntropyLoss', 'cross_entropy', 'softmaxCrossEntropy', 'log', 'Log'],
    ['oftmax', 'igmoid', 'expit', 'exp'],
  ],
  forms: [
    {
      pattern: through(['pick', 'mean'], softmaxOf(operand)),
      ofLoss: softmaxLosses,
      culprit: 'softmax',
      name: 'cross-entropy of softmax(x)',
      guard: unlessOptional,
      says: softmaxTwice,
      losses: { unstable: 'tf/softmax-cross-entropy-of-softmax', stable: 'torch/cross-entropy' },
      write: { pytorch: '{torch.nn.functional.cross_entropy}($x, $t)' },
      writeLayer: {},
      advice: 'give the loss the logits, without the softmax',
    },
    {
      // Written out: the logarithm of a softmax of what a network with a softmax gives.
      pattern: either(
        apply('logSoftmax', picked(softmaxOf(operand))),
        apply('log', softmaxOf(picked(softmaxOf(operand)))),
      ),
      name: 'log(softmax(softmax(x)))',
      guard: (hit) => !isOutsideTraining(hit) || 'hint',
      says: () => ({
        message: `The softmax is taken twice: however sure the network is, the logarithm can't rise above -${leastOfSoftmax(2)} for 2 classes, -${leastOfSoftmax(10)} for 10, -${leastOfSoftmax(100)} for 100, and its gradient is that of the squashed probabilities.`,
        lens: `softmax taken twice: the logarithm can't rise above -${leastOfSoftmax(10)} for 10 classes`,
      }),
      advice: 'take the logarithm of one softmax, of the logits',
    },
    {
      // Labels that are wrong in a known way: the product is a probability again.
      pattern: through(
        ['pick'],
        either(apply('matmul', softmaxOf(operand), anything), apply('matmul', anything, softmaxOf(operand))),
      ),
      ofLoss: softmaxLosses,
      culprit: 'softmax',
      severity: 'information',
      name: 'cross-entropy of softmax(x) @ w',
      says: probabilitiesInSoftmax,
      advice:
        'give a loss of probabilities what is computed from probabilities: the negative logarithm of the product, or nll_loss of it',
    },
    {
      pattern: through(['pick'], sigmoidOf(operand)),
      ofLoss: softmaxLosses,
      culprit: 'sigmoid',
      name: 'cross-entropy of sigmoid(x)',
      guard: unlessOptional,
      says: sigmoidInSoftmax,
      advice:
        'give the loss the logits, without the sigmoid; for classes that can be there together take a BCE with logits',
    },
  ],
};

const bceWithLogits = subtract(softplus(x), multiply(t, x));

const sigmoidTwice = (): Saying => ({
  message: `The sigmoid is taken twice: however sure the network is, the loss can't fall below ${lossOf(bceWithLogits, 1, 1)} for target 1 and ${lossOf(bceWithLogits, 0, 0)} for target 0.`,
  lens: `sigmoid taken twice: the loss can't fall below ${lossOf(bceWithLogits, 1, 1)} (target 1), ${lossOf(bceWithLogits, 0, 0)} (target 0)`,
});

const ofNegativeAmount = (inner: Pattern): Pattern => exponential(negated(apply('absolute', inner)));

/** Written out, of what a network with a sigmoid gives. */
const twoSigmoids = {
  guard: (hit) => !isOutsideTraining(hit) || 'hint',
  says: sigmoidTwice,
  advice: 'leave out one of the two sigmoids: the loss takes logits',
} satisfies Partial<Form>;

export const logitsLossOfSigmoid: Rule = {
  id: 'logits-loss-of-sigmoid',
  title: 'logits loss of sigmoid',
  entries: ['NS06'],
  severity: 'warning',
  triggers: [
    [
      ...['BCEWithLogits', 'with_logits', 'sigmoid_cross_entropy', 'sigmoid_binary_cross_entropy'],
      ...['sigmoidCrossEntropy', 'BCELoss', 'binary_cross_entropy', 'log', 'Log'],
    ],
    ['igmoid', 'expit', 'exp'],
  ],
  forms: [
    {
      pattern: through(['pick'], sigmoidOf(operand)),
      ofLoss: [
        'torch:bce-with-logits',
        'tf:sigmoid-cross-entropy',
        'optax:sigmoid-binary-cross-entropy',
        'tfjs:sigmoid-cross-entropy',
      ],
      culprit: 'sigmoid',
      name: 'BCE with logits of sigmoid(x)',
      guard: unlessOptional,
      says: sigmoidTwice,
      write: { pytorch: '{torch.nn.functional.binary_cross_entropy_with_logits}($x, $t)' },
      advice: 'give the loss the logits, without the sigmoid',
    },
    {
      ...twoSigmoids,
      pattern: picked(sigmoidOf(picked(sigmoidOf(operand)))),
      ofLoss: ['torch:bce'],
      name: 'BCE of sigmoid(sigmoid(x))',
      advice: 'leave out one of the two sigmoids, or both and take binary_cross_entropy_with_logits',
    },
    {
      ...twoSigmoids,
      pattern: either(
        apply('logSigmoid', picked(sigmoidOf(operand))),
        apply('log', sigmoidOf(picked(sigmoidOf(operand)))),
        apply('log', complement(sigmoidOf(picked(sigmoidOf(operand))))),
      ),
      name: 'log(sigmoid(sigmoid(x)))',
      says: () => ({
        message: `The sigmoid is taken twice: however sure the network is, the logarithm can't rise above -${lossOf(bceWithLogits, 1, 1)}, and that of 1 - p not above -${lossOf(bceWithLogits, 0, 0)}.`,
        lens: `sigmoid taken twice: the logarithm can't rise above -${lossOf(bceWithLogits, 1, 1)}`,
      }),
      advice: 'take the logarithm of one sigmoid, of the logits',
    },
    {
      // What is left of a BCE with logits that is written out: log(1 + exp(-|x|)).
      ...twoSigmoids,
      pattern: either(
        apply('log', apply('add', 1, ofNegativeAmount(picked(sigmoidOf(operand))))),
        apply('log1p', ofNegativeAmount(picked(sigmoidOf(operand)))),
      ),
      name: 'BCE with logits, by hand, of sigmoid(x)',
    },
  ],
};

/** `-nll_loss(p)` only gathers probabilities: nothing of it is a loss. */
function isGather({ matched, analysis }: Hit): boolean {
  const isLoss = (node: Expression | undefined): boolean =>
    node?.kind === 'operation' && node.operator === 'negate' && node.operands[0] === matched;
  return analysis.sites.some(({ loss, alternatives }) =>
    alternatives.some(([value]) => {
      if (loss !== undefined || value?.kind !== 'operation') return false;
      const [a, b] = value.operands;
      if (value.operator === 'negate') return isLoss(a);
      return value.operator === 'multiply' && ((isLoss(a) && isMinusOne(b)) || (isLoss(b) && isMinusOne(a)));
    }),
  );
}

const isMinusOne = (node: Expression | undefined): boolean => node?.kind === 'constant' && node.value === -1;

/** Whether nothing is done with it, as in a cell of a notebook that shows what it comes to. */
const isOnlyShown = ({ site: { range, statement } }: Hit): boolean =>
  range.start === statement.start && range.end >= statement.end;

/** A probability that was kept from 0 for the sake of a logarithm, as it is elsewhere: it stays one. */
const keptFromZero = (inner: Pattern): Pattern => {
  const small = bind('eps', (node) => node.kind === 'constant' && node.value > 0 && node.value < 0.01);
  return either(
    inner,
    apply('add', inner, small),
    apply('maximum', inner, small),
    apply('clip', inner, small, anything),
  );
};

export const nllOfSoftmax: Rule = {
  id: 'nll-of-softmax',
  title: 'NLL of softmax',
  entries: ['NS07'],
  severity: 'warning',
  triggers: [
    ['nll_loss', 'NLLLoss'],
    ['oftmax', 'exp'],
  ],
  forms: [
    {
      pattern: through(['pick'], keptFromZero(softmaxOf(operand))),
      ofLoss: ['torch:nll'],
      culprit: 'softmax',
      name: 'NLL of softmax(x)',
      guard: (hit) => !isGather(hit) && (isOnlyShown(hit) ? 'hint' : unlessOptional(hit)),
      says: () => ({
        message:
          'NLL loss takes log-probabilities. Of probabilities it is -p: it lies between -1 and 0, and its gradient vanishes where the network is surest and wrong.',
        lens: 'NLL of probabilities: the loss is -p, between -1 and 0',
      }),
      write: { pytorch: '{torch.nn.functional.cross_entropy}($x, $t)' },
      advice: 'take log_softmax in place of softmax',
    },
  ],
};

export const divergenceOfProbabilities: Rule = {
  id: 'kl-div-of-probabilities',
  title: 'KL divergence of probabilities',
  entries: ['NS09'],
  severity: 'warning',
  triggers: [
    ['kl_div', 'KLDivLoss'],
    ['oftmax', 'igmoid', 'exp'],
  ],
  forms: [
    {
      pattern: through(['pick'], keptFromZero(either(softmaxOf(operand), sigmoidOf(operand)))),
      ofLoss: ['torch:kl-div'],
      culprit: 'softmax',
      name: 'KL divergence of softmax(x)',
      guard: unlessOptional,
      says: () => ({
        message:
          "PyTorch's KL divergence takes log-probabilities first. Of probabilities it is the sum of q * (log(q) - p), which is no divergence: it is never positive, and least where p is greatest.",
        lens: 'KL divergence takes log-probabilities: this is negative, and no divergence',
      }),
      advice: 'take log_softmax in place of softmax for the first argument',
    },
  ],
};

const backendNamed = new Question((text) => /KERAS_BACKEND['"]\s*(?:\]\s*=|,)\s*['"](\w+)['"]/.exec(text)?.[1]);

/** Whether Keras is known to run on something else than TensorFlow, which recovers the logits. */
function recoversLogits({ settings, analysis }: Hit): boolean {
  const backend = analysis.ask(backendNamed) ?? settings.kerasBackend ?? 'tensorflow';
  return backend === 'tensorflow';
}

// Those of its backend are TensorFlow's own.
const isOfKeras = ({ matched, analysis }: Hit): boolean => analysis.frameworkOf(matched)?.name === 'keras';

/** Whether it runs as a graph: under `tf.function`, or as a loss that Keras compiles. */
function isInGraph({ site, analysis }: Hit): boolean {
  const { within } = site;
  if (within?.kind !== 'function') return false;
  const isTraced = within.decorators.some(({ start, end }) => /(^|\.)function\b/.test(analysis.text.slice(start, end)));
  return isTraced || within.parameters.some(({ name }) => /^y_?pred/.test(name));
}

/** Whether the activation's result is given to the loss as it is: the last operation in a graph, whose logits are found. */
function isLastOperation({ site, matched, analysis }: Hit): boolean {
  const [place] = site.arguments ?? [];
  const origin = analysis.originOf(matched);
  if (!place || !origin || matched.kind !== 'operation') return false;
  if (place.start === origin.start && place.end === origin.end) return true;
  return origin.names?.has(analysis.text.slice(place.start, place.end)) === true;
}

/** Whether TensorFlow finds the logits again from which the probabilities were computed. */
function findsLogits(hit: Hit): boolean {
  if (!recoversLogits(hit)) return false;
  return isOfKeras(hit) || (isInGraph(hit) && isLastOperation(hit));
}

const kerasProbabilityLosses = ['keras:binary-crossentropy', 'keras:categorical-crossentropy'];
const kerasLogitLosses = kerasProbabilityLosses.map((loss) => `${loss}-of-logits`);
const kerasBce = { unstable: 'keras/binary-crossentropy@3', stable: 'tf/sigmoid-cross-entropy-with-logits' };
const probability: Pattern = through(['pick'], either(sigmoidOf(operand), softmaxOf(operand)));

/** Keras' own formula for probabilities at one margin, in float32: what it comes to, and its gradient. */
const greatestOfClip = (): string =>
  `${lossOf(overX(kerasBce.unstable), -50, 1)} (target 1) or ${lossOf(overX(kerasBce.unstable), 50, 0)} (target 0)`;

export const kerasActivationAndCrossEntropy: Rule = {
  id: 'keras-cross-entropy-of-probabilities',
  title: 'Keras cross-entropy of probabilities',
  entries: ['NS12', 'NS13'],
  severity: 'information',
  triggers: [
    ['crossentropy', 'Crossentropy'],
    ['igmoid', 'oftmax', 'exp'],
  ],
  forms: [
    {
      pattern: probability,
      ofLoss: kerasProbabilityLosses,
      culprit: 'sigmoid',
      name: 'Keras cross-entropy of probabilities',
      // TensorFlow's backend finds the logits of a Keras activation again: nothing is lost.
      guard: (hit) => (findsLogits(hit) ? 'hint' : isOfKeras(hit) ? 'warning' : true),
      says: (hit) => {
        const clipped = `the probabilities are clipped at 1e-7: the loss can't exceed ${greatestOfClip()}, and the gradient there is exactly 0.`;
        if (findsLogits(hit)) {
          return {
            message: isOfKeras(hit)
              ? `On TensorFlow, Keras finds the logits behind this activation and nothing is lost. On its PyTorch and JAX backends ${clipped}`
              : `In a graph, TensorFlow finds the logits behind this activation and nothing is lost. In eager mode ${clipped}`,
            lens: isOfKeras(hit) ? 'logits are recovered on TensorFlow alone' : 'logits are recovered in graphs alone',
          };
        }
        return {
          message: isOfKeras(hit)
            ? `This backend does not recover the logits behind the activation: ${clipped}`
            : `This probability doesn't come from a Keras activation, so that in eager mode Keras can't recover its logits: ${clipped}`,
          lens: `clipped at 1e-7: the loss can't exceed ${greatestOfClip()}, gradient 0 there`,
        };
      },
      losses: kerasBce,
      advice: 'leave the activation out and give the loss from_logits=True',
    },
  ],
};

export const activationAndFromLogits: Rule = {
  id: 'from-logits-of-probabilities',
  title: 'from_logits of probabilities',
  entries: ['NS14'],
  severity: 'information',
  triggers: [['from_logits'], ['igmoid', 'oftmax', 'exp']],
  forms: [
    {
      pattern: probability,
      ofLoss: kerasLogitLosses,
      culprit: 'sigmoid',
      name: 'from_logits=True of probabilities',
      guard: (hit) => {
        const severity = unlessOptional(hit);
        return severity === 'hint' || (isOfKeras(hit) && recoversLogits(hit)) ? severity : 'warning';
      },
      says: (hit) => ({
        message: `The loss is told to take logits and gets probabilities, so that the activation is taken twice: at a logit of 20 with target 0 the loss is ${lossOf(bceWithLogits, Number(lossOf(sigmoid(x), 20)), 0)} instead of ${lossOf(bceWithLogits, 20, 0)}.${isOfKeras(hit) && recoversLogits(hit) ? ' TensorFlow notices it for a Keras activation, warns and takes the logits; other backends do not.' : ''}`,
        lens: 'activation taken twice: from_logits=True of probabilities',
      }),
      advice: 'leave out the activation, or from_logits=True',
    },
  ],
};

/** What a linear layer gives, which may be any number, with nothing after it that limits it. */
const rawLogit: Pattern = through(
  ['pick'],
  either(apply('matmul', operand), apply('add', apply('matmul', operand), bind('bias'))),
);

/**
 * Whether it is a product with probabilities that add up to 1, a mean of what is weighed by them, of labels, of experts;
 * or one of values that are never negative.
 */
function isNoLogit(value: Expression, hit: Hit): boolean {
  if (value.kind !== 'operation') return false;
  const [first, second] = value.operands as [Expression, Expression | undefined];
  if (value.operator === 'pick') return isNoLogit(first, hit);
  // Labels that are noisy in a known way: what Keras gives a loss is a probability as a rule.
  if (first.kind === 'variable' && /^(y_?pred|probs?|preds?_?probs?)\w*$/i.test(sourceOf(hit, first) ?? ''))
    return true;
  // Probabilities times something that the code names, and not as weights: a matrix of one-hots, a mask.
  const isSigmoid = matchPattern(through(['pick'], sigmoidOf(operand)), first) !== undefined;
  if (isSigmoid && second && hit.analysis.originOf(second) && !isOfWeights(second, hit)) return true;
  return (
    value.operands.some((factor) => matchPattern(through(['pick'], softmaxOf(operand)), factor) !== undefined) ||
    value.operands.every((factor) => intervalOf(factor).low >= 0)
  );
}

/**
 * Whether it is a Keras model that is compiled because that was asked for once, never fitted by itself, and trained as a
 * part of another one: a generator.
 */
function isOnlyGenerating({ site: { statement }, analysis }: Hit): boolean {
  const [, name] = /^\s*([\w.]+)\.compile\(/.exec(analysis.text.slice(statement.start, statement.end)) ?? [];
  return name !== undefined && analysis.ask(isPartOfAnother, name);
}

/** Whether a model is never trained by itself, and called or added to another one. */
const isPartOfAnother = new Question((text, name: string) => {
  const escaped = name.replaceAll('.', '\\.');
  return (
    !new RegExp(`(?<![\\w.])${escaped}\\.(fit|train_on_batch|fit_generator|test_on_batch)\\(`).test(text) &&
    new RegExp(`\\.add\\(\\s*${escaped}\\s*\\)|(?<![\\w.])${escaped}\\(`).test(text)
  );
});

export const probabilityLossOfLogits: Rule = {
  id: 'probability-loss-of-logits',
  title: 'probability loss of logits',
  entries: ['NS15'],
  severity: 'warning',
  triggers: [['BCELoss', 'binary_cross_entropy', 'crossentropy', 'Crossentropy']],
  forms: [
    {
      pattern: rawLogit,
      ofLoss: [
        'torch:bce',
        ...kerasProbabilityLosses,
        'tfjs:binary-crossentropy',
        'tfjs:categorical-crossentropy',
        'tfjs:log-loss',
      ],
      name: 'a loss of probabilities, given logits',
      // A sigmoid on one branch shows that the others may be meant for something else.
      guard: (hit) =>
        !isOnlyGenerating(hit) &&
        hit.site.alternatives.every(
          ([value]) => value && matchPattern(rawLogit, value) !== undefined && !isNoLogit(value, hit),
        ),
      says: ({ site }) => ({
        message:
          site.loss === 'torch:bce'
            ? 'This loss takes probabilities and gets what a linear layer gives: PyTorch refuses numbers outside [0, 1] with an error, and those inside are no probabilities.'
            : `This loss takes probabilities and gets what a linear layer gives: every negative number is clipped to 1e-7, where the loss is ${greatestOfClip()} and the gradient is 0.`,
        lens: 'a loss of probabilities is given logits',
      }),
      write: { pytorch: '{torch.nn.functional.binary_cross_entropy_with_logits}($x, $t)' },
      writeLayer: { pytorch: '{torch.nn.BCEWithLogitsLoss}()' },
      advice: 'give the loss from_logits=True',
    },
    {
      pattern: apply('tanh', anything),
      ofLoss: ['torch:bce', ...kerasProbabilityLosses, 'tfjs:binary-crossentropy', 'tfjs:log-loss'],
      name: 'a loss of probabilities, given a tanh',
      guard: (hit) =>
        !isOnlyGenerating(hit) &&
        hit.site.alternatives.every(([value]) => value && matchPattern(apply('tanh', anything), value) !== undefined),
      says: ({ site }) => ({
        message:
          site.loss === 'torch:bce'
            ? 'This loss takes probabilities and gets a tanh: PyTorch refuses its negative half with an error.'
            : `This loss takes probabilities and gets a tanh: its negative half is clipped to 1e-7, where the loss is ${greatestOfClip()} and the gradient is 0.`,
        lens: 'a loss of probabilities is given a tanh',
      }),
      advice: 'give the loss what the tanh is taken of, as logits, or scale the tanh to 0 and 1',
    },
  ],
};

export const tfjsClippedCrossEntropy: Rule = {
  id: 'tfjs-clipped-cross-entropy',
  title: 'TensorFlow.js clipped cross-entropy',
  entries: ['NS71'],
  severity: 'hint',
  triggers: [['Crossentropy']],
  forms: [
    {
      pattern: probability,
      ofLoss: ['tfjs:binary-crossentropy', 'tfjs:categorical-crossentropy'],
      culprit: 'sigmoid',
      operand: 'the argument of the activation',
      name: 'TensorFlow.js cross-entropy of probabilities',
      unstable: () => overX('tfjs/binary-crossentropy'),
      losses: { unstable: 'tfjs/binary-crossentropy', stable: 'tf/sigmoid-cross-entropy-with-logits' },
      headline: { of: 'gradient', side: 'above', target: 0 },
      advice: 'take tf.losses.sigmoidCrossEntropy or softmaxCrossEntropy of the logits',
    },
  ],
};

export const normalisedTwice: Rule = {
  id: 'normalised-twice',
  title: 'normalised twice',
  entries: ['NS75'],
  severity: 'hint',
  triggers: [['sum'], ['oftmax']],
  forms: [
    {
      pattern: suchThat(
        apply('divide', through(['pick'], softmaxOf(operand)), apply('sum', through(['pick'], softmaxOf(operand)))),
        () => true,
      ),
      name: 'softmax(x) / sum(softmax(x))',
      says: () => ({
        message: 'A softmax already sums to 1: dividing by its sum changes rounding alone.',
        lens: 'normalised twice',
      }),
      advice: 'leave out the division',
    },
  ],
};

export const wiring: readonly Rule[] = [
  bceAfterSigmoid,
  crossEntropyOfSoftmax,
  logitsLossOfSigmoid,
  nllOfSoftmax,
  divergenceOfProbabilities,
  kerasActivationAndCrossEntropy,
  activationAndFromLogits,
  probabilityLossOfLogits,
  tfjsClippedCrossEntropy,
  normalisedTwice,
];
