import {
  anything,
  apply,
  inOrder,
  literalOf,
  number,
  sameComputation,
  suchThat,
  variablesOf,
  type Expression,
  type Operation,
  type Operator,
  type Pattern,
} from '../../expression';
import { Question, type Site } from '../../python';
import { intervalOf } from '../interval';
import { operand, type Form, type Hit, type Rule } from '../rule';
import { findAll } from './shapes';

/** Operations whose derivative is 0 wherever it exists, and what they are called. */
const steps: ReadonlyMap<Operator, string> = new Map<Operator, string>([
  ['round', 'round'],
  ['floor', 'floor or ceil'],
  ['sign', 'sign'],
  ['index', 'argmax or argsort'],
  ['oneHot', 'one_hot'],
  ['less', 'a comparison'],
  ['lessEqual', 'a comparison'],
  ['equal', 'a comparison'],
  ['and', 'a comparison'],
  ['or', 'a comparison'],
  ['not', 'a comparison'],
  ['nonNegative', 'a count'],
]);

const logic: ReadonlySet<Operator> = new Set<Operator>(['less', 'lessEqual', 'equal', 'and', 'or', 'not', 'index']);

interface Step {
  readonly node: Operation;
  /** Whether it gives the positions at which elements are taken from something else. */
  readonly picks: boolean;
}

interface Reach {
  /** Variables that a gradient gets to. */
  readonly reached: ReadonlySet<string>;
  /** Variables that stand behind a step somewhere. */
  readonly behind: ReadonlySet<string>;
  /** The outermost steps. */
  readonly steps: readonly Step[];
}

/** Which variables a gradient of the value gets to, and which stand behind a step. */
function reachOf(root: Expression): Reach {
  const reached = new Set<string>();
  const found: Step[] = [];
  const seen = new Set<Expression>();
  const visit = (node: Expression): void => {
    if (seen.has(node)) return;
    seen.add(node);
    switch (node.kind) {
      case 'variable':
        reached.add(node.name);
        return;
      case 'withGradient':
        for (const input of node.inputs) visit(input);
        return;
      case 'operation':
        if (steps.has(node.operator)) {
          found.push({ node, picks: false });
          return;
        }
        if (node.operator === 'stopGradient') return;
        // Of a choice the condition gets no gradient: what chooses between numbers is a step.
        if (node.operator === 'select') {
          const [condition, ...chosen] = node.operands;
          if (condition?.kind === 'operation') found.push({ node: condition, picks: false });
          chosen.forEach(visit);
        }
        // What is taken at positions gets one, the positions don't.
        else if (node.operator === 'pick') {
          const [picked, index] = node.operands as [Expression, Expression];
          visit(picked);
          if (index.kind === 'operation') found.push({ node: index, picks: true });
        } else node.operands.forEach(visit);
        return;
      case 'constant':
    }
  };
  visit(root);
  return { reached, behind: new Set(variablesOf(...found.map(({ node }) => node))), steps: found };
}

/** Names that people give to what a network gives, and to what is learnt. */
const predictionName =
  /pred|logit|prob|output|y_?hat|score|^out$|^p$|recon|fake|generated|model|net\b|forward|decoder|theta|^params?\b/i;
/** Names of what it ought to give. */
const targetName =
  /true|target|label|gt|truth|^[yt](_?(batch|train|b|i|onehot|one_hot))?$|\.y$|\['y'\]$|batch_y|weight|mask|^rel(s|evances?)?$|relevance/i;
/** Names of numbers that a loss is set up with. */
const settingName =
  /smooth|eps|alpha|beta|gamma|lambda|margin|scale|temperature|tau|size|shape|dim|num_|bits?$|^n$|^k$|^c$/i;

/** What stands behind a step and nowhere else, and is a prediction by all that is known. */
function blocked(hit: Hit): Step | undefined {
  const { matched, site, analysis } = hit;
  const { reached, behind, steps: found } = reachOf(matched);
  const [step] = found;
  if (!step) return undefined;
  const only = [...behind].filter((name) => !reached.has(name));
  if (only.length === 0) return undefined;
  // The prediction of a loss: all of it is behind the step.
  if (site.loss !== 'objective') return reached.size === 0 ? step : undefined;
  // A mask or positions are no loss; what a loss of the file does is said there.
  if (matched.kind === 'operation' && logic.has(matched.operator)) return undefined;
  const madeIn = analysis.originOf(step.node)?.within;
  if (madeIn !== site.within && madeIn?.kind === 'function' && /loss|cost|objective|criterion/i.test(madeIn.name)) {
    return undefined;
  }
  const nameOf = (variable: string): string => {
    const origin = analysis.originOfVariable(variable);
    return origin ? analysis.text.slice(origin.start, origin.end) : '';
  };
  const learnt = differentiated(hit);
  if (learnt) {
    const isLearnt = (variable: string): boolean => {
      const written = /^\w+/.exec(nameOf(variable))?.[0];
      return written !== undefined && learnt.has(written);
    };
    return only.some(isLearnt) && ![...reached].some(isLearnt) ? step : undefined;
  }
  // All that a model that is compiled gives is learnt; what it ought to give is the one thing beside that.
  if (isCompiled(hit)) return reached.size <= 1 ? step : undefined;
  const settings = new Set(
    inOrder([matched]).flatMap((node) =>
      node.kind === 'variable' && analysis.withDefaults(node).kind === 'constant' ? node.name : [],
    ),
  );
  // Of a call's result only its own name says something: `criterion(output, target)` is no target.
  const isGiven = (variable: string): boolean => {
    if (settings.has(variable)) return true;
    const name = nameOf(variable);
    // What a graph is fed with, and what is added to every loss.
    if (/^(\w+\.)*placeholder\(|regulari[sz]ation/.test(name)) return true;
    return !name.includes('(') && (targetName.test(name) || settingName.test(name));
  };
  if (![...reached].every(isGiven)) return undefined;
  if (computed.some((operator) => findAll(step.node, operator).length > 0)) return step;
  return only.some((name) => predictionName.test(nameOf(name)) && !isGiven(name)) ? step : undefined;
}

/** Whether the loss is one that Keras compiles a model with. */
const isCompiled = ({ site, analysis }: Hit): boolean =>
  /\.compile\([^(]*$/.test(analysis.text.slice(site.statement.start, site.range.start));

/** What networks end in. */
const computed: readonly Operator[] = ['matmul', 'sigmoid', 'softmax', 'logSoftmax', 'tanh'];

/** By which positions JAX differentiates a function, separated by commas. */
const positionsDifferentiated = new Question((text, name: string) => {
  const call = new RegExp(
    String.raw`\b(?:grad|value_and_grad|jacobian|jacfwd|jacrev)\(\s*${name}\s*(?:,\s*(?:argnums\s*=\s*)?\(?([\d,\s]+)\)?)?\s*[,)]`,
  );
  const match = call.exec(text);
  return match ? (match[1] ?? '0') : undefined;
});

/** Of a function that JAX differentiates, the parameters with respect to which: `jax.grad(loss, argnums=1)`. */
function differentiated({ site, analysis }: Hit): ReadonlySet<string> | undefined {
  const { within, framework } = site;
  if (framework.name !== 'jax' || within?.kind !== 'function') return undefined;
  const found = analysis.ask(positionsDifferentiated, within.name);
  if (found === undefined) return undefined;
  const positions = found.split(',').flatMap((digits) => (digits.trim() === '' ? [] : [Number(digits)]));
  return new Set(positions.flatMap((position) => within.parameters[position]?.name ?? []));
}

/** Whether what the loss comes to is what training minimises, as far as the text shows. */
function isMinimised({ site, analysis }: Hit): boolean {
  if (site.loss === 'objective') return true;
  // The loss that a model is compiled with has no arguments in the text.
  if (site.arguments === undefined && /^(keras|tfjs):/.test(site.loss ?? '')) return true;
  return analysis.sites.some(
    (other) =>
      other.loss === 'objective' &&
      other.alternatives.some(([value]) => value && variablesOf(value).some((name) => isAt(name, site, analysis))),
  );
}

function isAt(variable: string, { range }: Site, analysis: Hit['analysis']): boolean {
  const origin = analysis.originOfVariable(variable);
  return origin?.start === range.start && origin.end === range.end;
}

/** Predictions of losses, and what training minimises. */
const losses = [
  'objective',
  'torch:bce',
  'torch:bce-with-logits',
  'torch:cross-entropy',
  'torch:nll',
  'torch:kl-div',
  'torch:mse',
  'torch:l1',
  'tf:sigmoid-cross-entropy',
  'tf:softmax-cross-entropy',
  'tf:mse',
  'keras:mse',
  'keras:binary-crossentropy',
  'keras:categorical-crossentropy',
  'keras:binary-crossentropy-of-logits',
  'keras:categorical-crossentropy-of-logits',
  'optax:mse',
  'optax:sigmoid-binary-cross-entropy',
  'optax:softmax-cross-entropy',
  'tfjs:binary-crossentropy',
  'tfjs:categorical-crossentropy',
];

/** Whether the framework has no gradient at all for the step, and raises an error where nothing else has one. */
function raises({ site }: Hit, { node }: Step): boolean {
  return ['tensorflow', 'keras', 'keras-backend'].includes(site.framework.name) && node.operator !== 'sign';
}

const stepForm = (name: string, picks: boolean, advice: string, lens: (step: string) => string): Form => ({
  pattern: anything,
  ofLoss: losses,
  ofGradients: true,
  name,
  guard: (hit) => blocked(hit)?.picks === picks && (isMinimised(hit) ? 'warning' : 'hint'),
  says: (hit) => {
    const step = blocked(hit);
    const called = (step && steps.get(step.node.operator)) ?? 'a step';
    const none = step && raises(hit, step) ? ' (TensorFlow has none at all: "No gradients provided")' : '';
    return {
      message: picks
        ? `What is minimised here depends on the prediction only through the positions at which it takes elements from something else. Positions have a gradient of 0 everywhere${none}: training learns nothing through this.`
        : `What is minimised here depends on the prediction through ${called} alone, whose gradient is 0 everywhere${none}: training learns nothing through this.`,
      lens: `gradient is zero: ${lens(called)}`,
    };
  },
  advice,
});

export const zeroGradient: Rule = {
  id: 'zero-gradient',
  title: 'zero gradient',
  entries: ['NS72', 'NS73'],
  severity: 'warning',
  triggers: [
    [
      'round',
      'rint',
      'floor',
      'ceil',
      'sign',
      'argmax',
      'argMax',
      'argmin',
      'argsort',
      'sort(',
      'topk',
      'top_k',
      'one_hot',
      'oneHot',
      'max(',
      'min(',
      '>',
      '<',
      '==',
      'greater',
      'less',
      'equal',
      '.ge(',
      '.gt(',
      '.le(',
      '.lt(',
      '.eq(',
    ],
    // What training minimises has a name of its user's choosing.
    [
      'oss(',
      'oss_',
      'oss =',
      'oss=',
      'oss:',
      'oss.',
      'cost',
      'objective',
      'criterion',
      'backward',
      'minimize',
      'gradient',
      'entropy',
      'training_step',
    ],
  ],
  forms: [
    stepForm(
      'elements at positions that depend on the prediction',
      true,
      'take a soft rank or a margin, or gather from what depends on the parameters',
      () => 'only positions depend on the prediction',
    ),
    stepForm(
      'a loss behind a step',
      false,
      'take a smooth surrogate (a sigmoid of k * (x - 0.5), a hard sigmoid), or keep the gradient with a straight-through estimator, x + stop_gradient(round(x) - x)',
      (step) => `${step} between prediction and loss`,
    ),
  ],
};

const maskName = /mask|valid|^vis(ib\w*)?$|weights?$/i;

const lossName = /loss|bce|cross_?entropy|nll|mse|error$/i;

const isDifference = (node: Expression): boolean => node.kind === 'operation' && node.operator === 'subtract';

/** A cap on what is minimised: beyond it the gradient is 0, and what is most wrong is never corrected. */
function capOf({ matched, analysis }: Hit): Operation | undefined {
  const isResult = (node: Expression): boolean =>
    node.kind === 'variable' &&
    analysis.sites.some((site) => site.loss !== undefined && isAt(node.name, site, analysis));
  const isCalledLoss = (node: Expression): boolean =>
    [...(analysis.originOf(node)?.names ?? [])].some((name) => lossName.test(name));
  /** A loss by its name, or something that can't be negative, has no limit, and is made as losses are. */
  const isLoss = (node: Expression, cap: number): boolean => {
    if (isResult(node) || isCalledLoss(node)) return true;
    if (node.kind === 'operation' && ['sum', 'mean'].includes(node.operator))
      return isLoss(node.operands[0] as Expression, cap);
    const { low, high } = intervalOf(node);
    if (low < 0 || high <= cap || variablesOf(node).length < 2) return false;
    return findAll(node, 'log', 'logSigmoid', 'logSoftmax', 'softplus', 'multiply', 'absolute', 'power').length > 0;
  };
  /** A number, or what a function or an object is given as one by default. */
  const limitOf = (node: Expression): number | undefined => {
    const literal = literalOf(analysis.withDefaults(node));
    return literal !== undefined && Number.isFinite(literal) && literal > 0 ? literal : undefined;
  };
  /** What is squared, of an error that was limited on both sides before. */
  const cutDifference = (node: Expression): Operation | undefined => {
    if (node.kind !== 'operation' || node.operator !== 'clip') return undefined;
    const [value, ...limits] = node.operands as [Expression, ...Expression[]];
    return isDifference(value) &&
      variablesOf(value).length > 1 &&
      limits.every((limit) => literalOf(limit) !== undefined)
      ? node
      : undefined;
  };
  const isMask = (node: Expression): boolean => {
    const origin = analysis.originOf(node);
    return origin !== undefined && maskName.test(analysis.text.slice(origin.start, origin.end));
  };
  // Through sums, means and multiples; a factor or the argument of something else may be limited for another reason.
  const visit = (node: Expression): Operation | undefined => {
    if (node.kind !== 'operation') return undefined;
    const [a, b, c] = node.operands as [Expression, Expression, Expression];
    switch (node.operator) {
      case 'sum':
      case 'mean':
        return visit(a);
      case 'add':
        return visit(a) ?? visit(b);
      case 'power':
        return literalOf(b) === 2 ? cutDifference(a) : undefined;
      case 'multiply':
        if (sameComputation(a, b)) return cutDifference(a);
        return a.kind === 'constant' || isMask(a)
          ? visit(b)
          : b.kind === 'constant' || isMask(b)
            ? visit(a)
            : undefined;
      case 'divide':
        return visit(a);
      case 'minimum': {
        const [value, limit] = limitOf(a) === undefined ? [a, limitOf(b)] : [b, limitOf(a)];
        return limit !== undefined && isLoss(value, limit) ? node : undefined;
      }
      case 'select': {
        // where(x > c, c, x)
        const [limit, value] = limitOf(b) === undefined ? [limitOf(c), b] : [limitOf(b), c];
        const isMinimum = a.kind === 'operation' && a.operands.length === 2 && a.operands.includes(value);
        return isMinimum &&
          limit !== undefined &&
          a.operands.some((side) => limitOf(side) === limit) &&
          isLoss(value, limit)
          ? node
          : undefined;
      }
      case 'clip':
        return c.kind === 'constant' && Number.isFinite(c.value) && isLoss(a, c.value) ? node : undefined;
      default:
        return undefined;
    }
  };
  return visit(matched);
}

const straightThrough = 'limit the value and keep the gradient: x + stop_gradient(minimum(x, c) - x)';

/** Of a selection the parts: what is taken where the condition holds, and what elsewhere. */
interface Choice {
  readonly condition: Expression;
  readonly whenTrue: Expression;
  readonly whenFalse: Expression;
}

function choiceOf(node: Expression): Choice | undefined {
  if (node.kind !== 'operation' || node.operator !== 'select') return undefined;
  const [condition, whenTrue, whenFalse] = node.operands as [Expression, Expression, Expression];
  return { condition, whenTrue, whenFalse };
}

interface Radius {
  readonly output: Expression;
  readonly target: Expression;
  /** What is left outside of it. */
  readonly outside: Expression;
}

/** `where(|p - t| < r, t, ...)`: a zero error radius. */
function zeroErrorRadius(node: Expression): Radius | undefined {
  const choice = choiceOf(node);
  if (choice?.condition.kind !== 'operation') return undefined;
  const { condition, whenTrue, whenFalse } = choice;
  if (condition.operator !== 'less' && condition.operator !== 'lessEqual') return undefined;
  const [lesser, greater] = condition.operands as [Expression, Expression];
  // |p - t| < r gives the target where it holds, |p - t| > r where it doesn't.
  for (const [distance, target, outside] of [
    [lesser, whenTrue, whenFalse],
    [greater, whenFalse, whenTrue],
  ] as const) {
    if (distance.kind !== 'operation' || distance.operator !== 'absolute') continue;
    const [difference] = distance.operands as [Expression];
    if (difference.kind !== 'operation' || difference.operator !== 'subtract') continue;
    const [a, b] = difference.operands as [Expression, Expression];
    if (sameComputation(target, b)) return { output: a, target, outside };
    if (sameComputation(target, a)) return { output: b, target, outside };
  }
  return undefined;
}

const depends = (node: Expression, on: Expression): boolean => {
  const names = new Set(variablesOf(on));
  return variablesOf(node).some((name) => names.has(name));
};

interface Replacement {
  /** What holds where the output is replaced; undefined of limits. */
  readonly condition: Expression | undefined;
  readonly by: Expression;
}

/** What replaces an output far from its target, where one close to it counts as right. */
function replacedFarAway(node: Expression): Replacement | undefined {
  const radius = zeroErrorRadius(node);
  if (radius) {
    const { output, outside } = radius;
    if (outside.kind !== 'operation' || !['clip', 'minimum', 'maximum'].includes(outside.operator)) return undefined;
    const [limited, ...limits] = outside.operands as [Expression, ...Expression[]];
    const isLimited = sameComputation(limited, output) && !limits.some((limit) => depends(limit, output));
    return isLimited ? { condition: undefined, by: outside } : undefined;
  }
  const choice = choiceOf(node);
  if (!choice) return undefined;
  const { condition, whenTrue, whenFalse } = choice;
  for (const [constant, rest] of [
    [whenTrue, whenFalse],
    [whenFalse, whenTrue],
  ] as const) {
    const radius = innerRadius(rest);
    if (!radius || !depends(condition, radius.output) || depends(constant, radius.output)) continue;
    if (!sameComputation(constant, radius.target)) return { condition, by: constant };
  }
  return undefined;
}

function innerRadius(node: Expression): Radius | undefined {
  const own = zeroErrorRadius(node);
  if (own) return own;
  const choice = choiceOf(node);
  return choice && (innerRadius(choice.whenFalse) ?? innerRadius(choice.whenTrue));
}

const selection: Pattern = suchThat(apply('select', anything), (_, node) => replacedFarAway(node) !== undefined);

export const cappedLoss: Rule = {
  id: 'capped-loss',
  title: 'capped loss',
  entries: ['NS74'],
  severity: 'information',
  triggers: [['clamp', 'clip', 'minimum', 'min(', 'where', 'select']],
  forms: [
    {
      pattern: anything,
      ofLoss: ['objective'],
      ofGradients: true,
      name: 'a capped loss',
      guard: (hit) => capOf(hit) !== undefined,
      says: (hit) => {
        const cap = capOf(hit);
        const limits = cap?.operands.map((each) => literalOf(hit.analysis.withDefaults(each))) ?? [];
        if (cap?.operator === 'clip' && isDifference(cap.operands[0] as Expression)) {
          const [, low, high] = limits.map((each) => (each === undefined ? 'its limit' : String(each)));
          return {
            message: `An error below ${String(low)} or above ${String(high)} is cut off before it is squared: its gradient is exactly 0, so that the worst errors are never corrected.`,
            lens: `dead zone: gradient 0 where the error is below ${String(low)} or above ${String(high)}`,
          };
        }
        const limit = limits.findLast((each) => each !== undefined);
        const value = limit === undefined ? 'the cap' : String(limit);
        return {
          message: `A loss of more than ${value} is cut off: its gradient is exactly 0, so that the worst errors are never corrected.`,
          lens: `dead zone: gradient 0 where the loss exceeds ${value}`,
        };
      },
      advice: straightThrough,
    },
    {
      pattern: selection,
      ofGradients: true,
      name: 'an output that is replaced far from its target',
      says: ({ matched, analysis }) => {
        const replaced = replacedFarAway(matched);
        const written = (node: Expression | undefined): string | undefined => {
          const origin = node && analysis.originOf(node);
          const text = origin && analysis.text.slice(origin.start, origin.end);
          return text === undefined || text.length > 60 || text.includes('\n') ? undefined : text;
        };
        const where = written(replaced?.condition);
        return {
          message: `${where === undefined ? 'Far from the target' : `Where \`${where}\``} the output is replaced by a constant: the gradient there is exactly 0, so that the worst errors are never corrected.`,
          lens: 'dead zone: gradient 0 where the output is farthest from the target',
        };
      },
      advice: 'leave the output as it is there, or keep the gradient: output + stop_gradient(replaced - output)',
    },
  ],
};

/** Limits as close as these leave less than rounding does, of numbers around 1. */
const closest = 1e-5;

export const clampToConstant: Rule = {
  id: 'clamp-to-constant',
  title: 'clamp to a constant',
  entries: ['NS74'],
  severity: 'warning',
  triggers: [['clamp', 'clip']],
  forms: [
    {
      pattern: suchThat(apply('clip', operand, number('low'), number('high')), (bindings) => {
        const [low, high] = [bindings.get('low'), bindings.get('high')];
        return (
          low?.kind === 'constant' &&
          high?.kind === 'constant' &&
          high.value > low.value &&
          high.value - low.value <= closest
        );
      }),
      ofGradients: true,
      name: 'a clamp between limits that are almost the same',
      says: ({ numbers: { low = 0, high = 0 } }) => ({
        message: `Between ${String(low)} and ${String(high)} nothing is left of the value: whatever it is, the result is one of the two, and its gradient is exactly 0.`,
        lens: `gradient 0 but for numbers from ${String(low)} to ${String(high)}`,
      }),
      advice: 'give the limits of what the next operation is defined for: for an arccosine -1 + 1e-7 and 1 - 1e-7',
    },
  ],
};

export const zeroGradients: readonly Rule[] = [zeroGradient, cappedLoss, clampToConstant];
