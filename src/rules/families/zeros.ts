import { inOrder, sameComputation, hasVariables, type Expression, type Operator } from '../../expression';
import { ofLatestText, Question, type Condition, type FrameworkName } from '../../python';
import type { Severity } from '../finding';
import { intervalOf } from '../interval';
import { measureAtZero, said } from '../points';
import type { Hit, Saying } from '../rule';
import { nameIn } from './evidence';
import { contains } from './shapes';

/**
 * What families share whose forms fail at one point, 0, and not from a threshold on: whether a value can be exactly 0,
 * whether a gradient flows through it, and what the form and its gradient come to there.
 */

/**
 * Whether a value can be exactly 0 in all its elements: `yes` if something in it makes that ordinary (a difference of
 * two values that can be equal, a ReLU, a mask), `never` if it is known to be something else, `perhaps` if nothing is
 * known of it.
 */
export type Zero = 'yes' | 'perhaps' | 'never';

/** What is asked for a gradient and then taken as a value: it is 0 wherever a network is flat. */
const gradientCall = /(^|\.)(grad|gradients?)\(/;
/** Weights are drawn at random, and decay towards 0 without ever being it. */
const weightName =
  /(^|[._])(weights?|kernels?|codebook|centroids?|clusters?|protot\w*|params?|parameters|filters?|quat\w*|rotvec|[wh])(\[|$)/i;
/** What is added so that nothing is 0. */
const guardName = /(^|[._])(\w*eps(ilon)?\w*|smooth\w*|tiny|small\w*|jitter|delta|fudge\w*|stab\w*)(\(\))?$/i;

export function canBeZero(expression: Expression, hit: Hit): Zero {
  const known = new Map<Expression, Zero>();
  const of = (node: Expression): Zero => {
    const before = known.get(node);
    if (before) return before;
    const { low, high } = intervalOf(node, hit.site.conditions);
    const found = low > 0 || high < 0 || isTested(node, hit) ? 'never' : zeroOf(node, of, hit);
    known.set(node, found);
    return found;
  };
  return of(expression);
}

/** Whether it is computed from weights and masks alone, as in weight normalisation. */
export function isOfWeights(value: Expression, hit: Hit): boolean {
  const variables = inOrder([value]).filter(({ kind }) => kind === 'variable');
  const names = variables.map((node) => [sourceOf(hit, node) ?? '', ...(hit.analysis.originOf(node)?.names ?? [])]);
  const are = (each: readonly string[], pattern: RegExp): boolean => each.some((name) => pattern.test(name));
  return (
    names.some((each) => are(each, weightName)) && names.every((each) => are(each, weightName) || are(each, /mask/i))
  );
}

/** Whether the way to the place leads through a comparison of the value with 0. */
export const isTested = (node: Expression, { site }: Pick<Hit, 'site'>): boolean =>
  site.conditions.some((condition) => excludesZero(condition, node));

/** Whether the value is not 0 where a comparison holds, or where it doesn't. */
function excludesZero({ comparison, holds }: Condition, node: Expression): boolean {
  if (comparison.kind !== 'operation') return false;
  const [a, b] = comparison.operands as [Expression, Expression];
  if (comparison.operator === 'not') return excludesZero({ comparison: a, holds: !holds }, node);
  if (!comparisons.has(comparison.operator)) return false;
  const isZero = (side: Expression): boolean => side.kind === 'constant' && side.value === 0;
  const isOfNode = (sameComputation(a, node) && isZero(b)) || (sameComputation(b, node) && isZero(a));
  return isOfNode && holds === (comparison.operator === 'less');
}

/** What says that a value is not 0: that it is less or greater, or that it is not equal. */
const comparisons: ReadonlySet<Operator> = new Set<Operator>(['less', 'lessEqual', 'equal']);

function zeroOf(node: Expression, of: (node: Expression) => Zero, hit: Hit): Zero {
  switch (node.kind) {
    case 'constant':
      return node.value === 0 ? 'yes' : 'never';
    case 'variable': {
      const text = sourceOf(hit, node) ?? '';
      if (isGradient(node, hit)) return 'yes';
      if (/non_?zero|nozero/i.test(text)) return 'never';
      return weightName.test(text) ? 'never' : 'perhaps';
    }
    case 'withGradient':
      return of(node.value);
    case 'operation':
  }
  const [a, b, c] = node.operands as [Expression, Expression, Expression];
  switch (node.operator) {
    case 'add':
      if (isGuard(a, hit) || isGuard(b, hit) || fillsZeros(a, b) || fillsZeros(b, a)) return 'never';
      return of(a) === 'yes' && of(b) === 'yes' ? 'yes' : 'perhaps';
    case 'subtract':
      if (isDistanceOfUnits(a, b)) return 'yes';
      return hasVariables(a) && hasVariables(b) && !sameComputation(a, b) ? 'yes' : 'perhaps';
    case 'matmul': {
      // What a ReLU gives is 0, though it lets no gradient through there: the other factor gets one.
      const areAbove = [a, b].every(
        (factor) => intervalOf(factor).low >= 0 && of(factor) === 'never' && !isRelu(factor, hit),
      );
      return areAbove ? 'never' : 'perhaps';
    }
    case 'multiply': {
      const factors = [of(a), of(b)];
      if (factors.includes('yes')) return 'yes';
      return factors.every((factor) => factor === 'never') ? 'never' : 'perhaps';
    }
    case 'maximum':
    case 'clip': {
      // A ReLU, or a limit of 0: what is below it becomes 0.
      if (hit.form.ofGradients && selects.has(hit.site.framework.name) && isRelu(node, hit)) return 'never';
      const limits = node.operator === 'clip' ? [b] : [a, b];
      if (limits.some((limit) => isGuard(limit, hit))) return 'never';
      return limits.some((limit) => limit.kind === 'constant' && limit.value === 0) ? 'yes' : 'perhaps';
    }
    case 'select':
      return oneOf(
        excludesZero({ comparison: a, holds: true }, b) ? 'never' : of(b),
        excludesZero({ comparison: a, holds: false }, c) ? 'never' : of(c),
      );
    case 'power':
      return b.kind === 'constant' && b.value > 0 ? of(a) : 'perhaps';
    case 'equal':
      // The largest element is equal to itself.
      return isExtremeOf(a, b) || isExtremeOf(b, a) ? 'never' : 'yes';
    case 'pick':
      return excludesZero({ comparison: b, holds: true }, a) ? 'never' : of(a);
    case 'divide':
    case 'negate':
    case 'absolute':
    case 'sqrt':
    case 'sum':
    case 'mean':
    case 'norm':
    case 'greatest':
    case 'stopGradient':
    case 'nanToNum':
    case 'tanh':
    case 'sign':
    case 'expm1':
    case 'log1p':
    case 'sinh':
      return of(a);
    case 'less':
    case 'lessEqual':
    case 'and':
    case 'or':
    case 'not':
    case 'variance':
    case 'deviation':
      return 'yes';
    case 'exp':
    case 'sigmoid':
    case 'softmax':
    case 'softplus':
    case 'oneHot':
    case 'unit':
    case 'uniform':
    case 'given':
      return 'never';
    default:
      return 'perhaps';
  }
}

/** What may be either of two. */
function oneOf(a: Zero, b: Zero): Zero {
  if (a === 'yes' || b === 'yes') return 'yes';
  return a === 'never' && b === 'never' ? 'never' : 'perhaps';
}

/** `2 - 2 * cosine`, the squared distance of two unit vectors, which can be the same. */
function isDistanceOfUnits(a: Expression, b: Expression): boolean {
  const { low, high } = intervalOf(a);
  return low === high && low > 0 && intervalOf(b).high === low && contains(b, 'unit', 'cosine');
}

/** Whether gradients were asked for, of which it may be the first. */
function isGradient(node: Expression, hit: Hit): boolean {
  const list = hit.analysis.originOf(node)?.firstOf;
  return [node, list].some((each) => each && gradientCall.test(sourceOf(hit, each) ?? ''));
}

/** Whether it is a positive number where the value is 0: `(x == 0) * 1e-16`. */
function fillsZeros(node: Expression, value: Expression): boolean {
  if (node.kind !== 'operation' || node.operator !== 'multiply') return false;
  const [a, b] = node.operands as [Expression, Expression];
  const isPositive = (factor: Expression): boolean => factor.kind === 'constant' && factor.value > 0;
  const isWhereZero = (comparison: Expression): boolean => excludesZero({ comparison, holds: false }, value);
  return (isPositive(b) && isWhereZero(a)) || (isPositive(a) && isWhereZero(b));
}

/**
 * Frameworks whose ReLU selects the gradient, so that what is infinite or NaN where it gives 0 goes no further. The
 * others multiply by 0, which makes NaN of it.
 */
const selects: ReadonlySet<FrameworkName> = new Set<FrameworkName>(['pytorch', 'jax']);

/** Whether a maximum with 0 is a ReLU by its name, and not a limit or a maximum, whose gradient at 0 is not 0. */
export function isRelu(node: Expression, { analysis }: Hit): boolean {
  const origin = analysis.originOf(node);
  return [origin, origin?.made].some((range) => range && /relu/i.test(analysis.text.slice(range.start, range.end)));
}

/** A positive number, or what is called an epsilon. */
export function isGuard(node: Expression, hit: Hit): boolean {
  if (node.kind === 'constant') return node.value > 0;
  return node.kind === 'variable' && guardName.test(sourceOf(hit, node) ?? '');
}

/** Whether it is the greatest or the least of the other's elements. */
function isExtremeOf(node: Expression, of: Expression): boolean {
  return (
    node.kind === 'operation' &&
    (node.operator === 'greatest' || node.operator === 'least') &&
    sameComputation(node.operands[0] as Expression, of)
  );
}

/** Operations that pass no gradient on. */
const stopping: ReadonlySet<string> = new Set([
  'stopGradient',
  'index',
  'oneHot',
  'less',
  'lessEqual',
  'equal',
  'and',
  'or',
  'not',
  'round',
  'floor',
  'sign',
  'nonNegative',
  'given',
  'uniform',
]);

/** Rewards come from the environment, schedules and masks from literals; `p.grad` is what an optimiser is given. */
const dataName =
  /(^|[._])(\w*adv\w*|returns?|rewards?|gaes?|masks?|\w*deg(ree)?s?|alphas?\w*|betas?\w*|noise|labels?|targets?|(y_?)?true|gts?\w*|\w*grads?|sched\w*|\w*global_step\w*(\(\))?|state|group|[ad]_?k)(\[.*)?$/i;
const literalCall =
  /^(\w+\.)*(ones|zeros|eye|randn?|rand_like|randn_like|arange|linspace|tensor|constant|full|normal|load)\(/;

/** What a graph is fed with, unless it asks for gradients by name. */
const fed = /^(\w+\.)*placeholder(_with_default)?\(/;
const asksForGradients = new Question((text) => /\bgradients\(/.test(text));

const untrained = /\bVariable\([^]*\btrainable *= *False/;

/** Whether a gradient flows through the value to something that can be learnt, as far as is known. */
export function carriesGradient(expression: Expression, hit: Hit): boolean {
  const seen = new Set<Expression>();
  const visit = (node: Expression): boolean => {
    if (seen.has(node)) return false;
    seen.add(node);
    switch (node.kind) {
      case 'constant':
        return false;
      case 'variable': {
        const text = sourceOf(hit, node) ?? '';
        if (isGradient(node, hit)) return true;
        if (fed.test(text) && !hit.analysis.ask(asksForGradients)) return false;
        return !dataName.test(text) && !literalCall.test(text) && !untrained.test(text) && !isConstantOfJax(node, hit);
      }
      case 'withGradient':
        return node.inputs.some(visit);
      case 'operation':
        // Nor what NumPy has computed.
        if (stopping.has(node.operator) || hit.analysis.frameworkOf(node)?.differentiates === false) return false;
        // Conditions and positions get none.
        if (node.operator === 'select') return node.operands.slice(1).some(visit);
        if (node.operator === 'pick') return visit(node.operands[0] as Expression);
        return node.operands.some(visit);
    }
  };
  return visit(expression);
}

/**
 * Whether JAX takes it for a constant: it differentiates a function by its first argument and nothing else, unless told
 * otherwise; what the function takes from around it is constant, too.
 */
function isConstantOfJax(node: Expression, hit: Hit): boolean {
  const { analysis, site } = hit;
  const { within } = site;
  const origin = analysis.originOf(node);
  if (site.framework.name !== 'jax' || within?.kind !== 'function' || origin?.within?.kind !== 'function') return false;
  if (!analysis.ask(isDifferentiatedByFirst, within.name)) return false;
  const [, name = ''] = /^(\w+)(?:\[[^\]]*\])*$/.exec(analysis.text.slice(origin.start, origin.end)) ?? [];
  const parameters = origin.within.parameters.map((each) => each.name).filter((each) => each !== 'self');
  if (origin.within === within) return parameters.indexOf(name) > 0;
  // The first argument that the gradient is called with has another name in the function.
  const given = new RegExp(`grad\\w*(?:\\([^()]*\\))?\\(\\s*${name}\\b`);
  return parameters.includes(name) && !given.test(analysis.text.slice(origin.within.start, origin.within.end));
}

/** Whether the file asks for the gradient of a function, and only by the first argument. */
const isDifferentiatedByFirst = new Question((text, name: string) => {
  const calls = [
    ...text.matchAll(new RegExp(`\\b(?:value_and_)?grad\\(\\s*(?:self\\.)?${name}\\s*([,)][^\\n]*)`, 'g')),
  ];
  return calls.length > 0 && calls.every(([, rest = '']) => !rest.includes('argnums') && !/^,\s*[([\d]/.test(rest));
});

/** The code that a value is computed by. */
export function sourceOf({ analysis }: Hit, expression: Expression): string | undefined {
  const origin = analysis.originOf(expression);
  return origin && analysis.text.slice(origin.start, origin.end);
}

/** The code that a value is computed by, where it fits into a sentence. */
export function nameOf(hit: Hit, expression: Expression | undefined): string | undefined {
  const code = expression && sourceOf(hit, expression);
  const text = code && nameIn(code);
  return text !== undefined && text !== '' && text.length <= 40 && !/[\r\n`]/.test(text) ? text : undefined;
}

interface Surroundings {
  /** The function around a place and the outermost one. */
  readonly functions: readonly string[];
  readonly class: string;
  /** What the class is called that it is one of. */
  readonly bases: readonly string[];
}

/** The names of what stands around a place. */
export function surroundings({ site, analysis }: Hit): Surroundings {
  const inner = site.within?.kind === 'function' ? [site.within.name] : [];
  const [outer] = analysis
    .pathTo(site.range.start)
    .flatMap(({ statement }) => (statement.kind === 'class' || statement.kind === 'function' ? statement : []));
  if (outer?.kind === 'class') {
    const bases = outer.bases.flatMap((base) => (base.kind === 'name' || base.kind === 'attribute' ? base.name : []));
    return { functions: inner, class: outer.name, bases };
  }
  return { functions: !outer || outer.name === inner[0] ? inner : [...inner, outer.name], class: '', bases: [] };
}

/** Functions in which no gradients are taken, by their names. */
const withoutGradients =
  /preproc|^_*eval|^on_(test|val|predict)|^validat|^val(_|$)|_val(_|$)|validation|standardi[sz]|whiten|normali[sz]e_(data|image|input|feature|adj|dataset)|augment|transform(?!er)|dataset|loader|metric|accuracy|evaluat|summar|plot|visuali[sz]|print|report|statistic|monitor|debug|infer|predict|sampl|_decode|nms|matcher|optimi[sz]er|callback|schedul|calibrat|reward|search|solver|scale_by_|srgb|rmse(?!\w*loss)|mpjpe|psnr|(^|_)l2_?err|rel(ative)?_?(l2|err)(?!\w*loss)|davies|silhouette|explained_var|(^|_)epe(_|$)|_grads?$|_(compute|update)$|_to_(rgb|lab)$/i;
/** Those among them that say what is done to a value, whether it is data or what a network gives. */
const preparing = /standardi[sz]|whiten|normali[sz]e_/i;

/** Classes of which the same is true. */
const classesWithout =
  /^measure|metric|sampler|optimi[sz]er|adam|sgd|dataset|loader|transform(?!er)|callback|evaluat|standardi[sz]|scheduler|scaler$/i;
const steps: ReadonlySet<string> = new Set(['step', 'apply_gradients', 'load', 'main', '__getitem__', 'get_updates']);
const reporting = /^\s*(psnr\w*\s*=|print|log(ger|ging)?\b|self\.log|writer|summary|tf\.summary|wandb|assert)/;

/** Whether the place is in code that is not trained through, by the names around it. */
export function isOutsideTraining(hit: Hit): boolean {
  const { functions, class: name, bases } = surroundings(hit);
  const { start, end } = hit.site.statement;
  return (
    functions.some(
      (each) =>
        withoutGradients.test(each) &&
        !(/optimi[sz]er$/.test(each) && isTrainedThrough(hit)) &&
        !(preparing.test(each) && isCalledInForward(each, name, hit)),
    ) ||
    (functions.some((each) => steps.has(each)) &&
      !isTrainedThrough(hit) &&
      !functions.some((each) => isLoss(each, hit))) ||
    (classesWithout.test(name) && !/loss/i.test(name)) ||
    bases.includes('Callback') ||
    reporting.test(hit.analysis.text.slice(start, end)) ||
    isReportedError(hit) ||
    isOfGraphWithoutGradients(hit) ||
    isOutsideTape(hit) ||
    isBesideGradient(hit) ||
    isInScriptWithoutGradients(hit) ||
    isInEvaluation(hit) ||
    isCalledToEvaluate(hit)
  );
}

/** Whether it is the root of an error by its name, and nothing is made of it but reports. */
function isReportedError({ site: { statement }, analysis }: Hit): boolean {
  const [, name] = /^\s*(?:self\.)?(\w*rmse\w*)\s*=/i.exec(analysis.text.slice(statement.start, statement.end)) ?? [];
  return name !== undefined && !analysis.ask(isMinimisedByName, name);
}

const isMinimisedByName = new Question((text, name: string) =>
  new RegExp(
    String.raw`\b${name}\.backward\(|\b\w*(loss|cost|objective)\w*\s*[-+]?=[^\n]*\b${name}\b|\b(return(?! *\w*(?:sess\w*\.run|\.eval)\()|minimi[sz]e|grad\w*)\b[^\n]*\b${name}\b`,
    'i',
  ).test(text),
);

/** Whether the function around is a step of training with JAX: what is differentiated are others, inside or elsewhere. */
function isBesideGradient({ site: { within, framework }, analysis }: Hit): boolean {
  if (
    framework.name !== 'jax' ||
    within?.kind !== 'function' ||
    !/(train|update)_?step$|^(train|update)$/.test(within.name)
  )
    return false;
  return (
    /\b(value_and_)?grad\(/.test(analysis.text.slice(within.start, within.end)) &&
    !analysis.ask(isDifferentiated, within.name)
  );
}

const isDifferentiated = new Question((text, name: string) => new RegExp(`grad\\(\\s*(self\\.)?${name}\\b`).test(text));

/** Whether it is in the code of a script for PyTorch that takes no gradients anywhere, and says so at some places. */
const isInScriptWithoutGradients = ({ site: { within, framework }, analysis }: Hit): boolean =>
  !within && framework.name === 'pytorch' && analysis.ask(takesNoGradients);

const takesNoGradients = new Question(
  (text) => /\bno_grad\(|\.eval\(\)/.test(text) && !/\.backward\(|\bautograd\b|\.fit\(|[Tt]rainer|\boptim/.test(text),
);

/** Whether all functions of the file that call the one around evaluate, by their names. */
function isCalledToEvaluate({ site: { within }, analysis }: Hit): boolean {
  // Losses are tried out, too.
  return within?.kind === 'function' && !training.test(within.name) && analysis.ask(onlyEvaluates, within.name);
}

const onlyEvaluates = new Question((text, name: string) => {
  const callers = [...text.matchAll(new RegExp(`(?<!def )\\b${name}\\(`, 'g'))].map(({ index }) => {
    const [, before = ''] = /^[^]*\n[ \t]*(?:async )?def (\w+)/.exec(text.slice(0, index)) ?? [];
    return before;
  });
  return callers.length > 0 && callers.every((caller) => /^_*(eval|test)|evaluat/.test(caller));
});

/** Whether the function around is made of Haiku's layers, which it has no class for. */
function isOfHaiku({ site: { within }, analysis }: Hit): boolean {
  return within !== undefined && /\bhk\.(nets\.)?[A-Z]\w*\(/.test(analysis.text.slice(within.start, within.end));
}

/** What asks for the gradients of what was computed before. */
const takesGradients = /\.backward\(|\bGradientTape\(|\.minimize\(/;

/** Whether the function around asks for the gradients of what it computes: a step of training, not of an optimiser. */
export function isTrainedThrough({ site: { within, range }, analysis }: Hit): boolean {
  if (within) return takesGradients.test(analysis.text.slice(within.start, within.end));
  // In a script it is a loop that trains.
  const loop = analysis.pathTo(range.start).find(({ statement }) => statement.kind === 'loop')?.statement;
  return loop !== undefined && takesGradients.test(analysis.text.slice(loop.start, loop.end));
}

/** Whether it is the branch of a module that isn't training. */
function isInEvaluation({ site: { range }, analysis }: Hit): boolean {
  return analysis.pathTo(range.start).some(({ statement }) => {
    if (statement.kind !== 'if') return false;
    const isInside = (body: readonly { readonly start: number; readonly end: number }[] | undefined): boolean =>
      body?.some(({ start, end }) => start <= range.start && range.end <= end) === true;
    const said = statement.branches.map(({ test, body }) => ({
      test: analysis.text.slice(test.start, test.end),
      isHere: isInside(body),
    }));
    if (said.some(({ test, isHere }) => isHere && /^not (self|model|net)\.training$/.test(test))) return true;
    return said[0]?.test === 'self.training' && !said[0].isHere && said.length === 1 && isInside(statement.otherwise);
  });
}

/** Whether the function around trains by a gradient tape, and the place is not under it: what is computed to be shown. */
function isOutsideTape({ site: { within, range }, analysis }: Hit): boolean {
  if (within?.kind !== 'function') return false;
  const isTape = (start: number, end: number): boolean => /\bGradientTape\(/.test(analysis.text.slice(start, end));
  // A penalty has a tape of its own and is under another one, where it is called.
  const trains = /\.(apply_gradients|train_step)\(/.test(analysis.text.slice(within.start, within.end));
  if (!trains || !isTape(within.start, within.end)) return false;
  const around = analysis.pathTo(range.start).flatMap(({ statement }) => (statement.kind === 'with' ? statement : []));
  return !around.some(({ items }) => items.some(({ value: { start, end } }) => isTape(start, end)));
}

/** Whether it is in a script that runs graphs of TensorFlow 1 in a session, none of which has a gradient: neighbours, K-means. */
const isOfGraphWithoutGradients = ({ site, analysis }: Hit): boolean =>
  site.framework.name === 'tensorflow' && analysis.ask(runsGraphsWithoutGradients);

const runsGraphsWithoutGradients = new Question(
  (text) =>
    /\bplaceholder\(/.test(text) &&
    text.includes('Session(') &&
    text.includes('.run(') &&
    !/optimi[sz]er|minimi[sz]e|gradient|loss|\bcost|\.fit\(|\bimport \*/i.test(text),
);

const training =
  /loss|^forward$|^call$|^train(ing)?_step$|penalty|regulari[sz]|objective|criterion|energy|potential|entropy|likelihood|nll|diverg|focal|dice|tversky|triplet|contrast|hinge|info_?nce|nt_?xent|simclr|squash/i;

const hasModulesOfJax = new Question((text) => /\b(nn|nnx|linen|hk|eqx)\.(Module|compact)\b/.test(text));

/** Whether the place is in code that is trained through as a rule, by the names around it. */
export function isInsideTraining(hit: Hit): boolean {
  const { functions, class: name } = surroundings(hit);
  // Of Flax and Haiku; other objects that are called transform data.
  const calls = hit.analysis.ask(hasModulesOfJax) ? ['__call__'] : [];
  return (
    !isOutsideTraining(hit) &&
    (functions.some(
      (each) => training.test(each) || calls.includes(each) || isCalledInForward(each, name, hit) || isLoss(each, hit),
    ) ||
      isLossOfKeras(hit) ||
      isTrainedThrough(hit) ||
      isOfHaiku(hit) ||
      /loss|norm(ali[sz]ation)?(?!al)|manifold|poincar|lorentz|stereograph|hyperbol/i.test(name))
  );
}

/** Whether the class is a module whose forward pass calls the method: the squash of a capsule. */
const isCalledInForward = (method: string, name: string, { analysis }: Hit): boolean =>
  name === '' ? analysis.ask(isCalledInTraining, method) : analysis.ask(callsInForward, name, method);

/** What forward passes and losses of a text call by a bare name. */
const calledInTraining = ofLatestText((text): ReadonlySet<string> => {
  const called = new Set<string>();
  const definitions =
    /^[ \t]*def (forward|call|__call__|train_step|training_step|\w*_loss)\([^]*?(?=\n(?:@|def |class |\S)|\n[ \t]+(?:@|(?:async )?def )|$(?![^]))/gm;
  for (const [code, own = ''] of text.matchAll(definitions))
    for (const [, name = ''] of code.matchAll(/(?<![\w.])(\w+)\(/g)) if (name !== own) called.add(name);
  return called;
});

/** Whether the forward pass of a class, or a loss, calls a function of the file. */
const isCalledInTraining = new Question((text, name: string) => calledInTraining(text).has(name));

const callsInForward = new Question((text, name: string, method: string) => {
  const [body = ''] = new RegExp(`^class +${name}\\b[^]*?(?=\\n\\S|$(?![^]))`, 'm').exec(text) ?? [];
  const [forward = ''] = /^[ \t]+def (forward|call)\([^]*?(?=\n[ \t]+(?:@|(?:async )?def )|$(?![^]))/m.exec(body) ?? [];
  return forward.includes(`self.${method}(`);
});

/** Whether the function around is what Keras calls with the model's outputs; of metrics of the kind more is known by their names. */
export function isLossOfKeras({ site: { within, framework }, analysis }: Hit): boolean {
  if (within?.kind !== 'function' || framework.name === 'pytorch') return false;
  const [first, second] = within.parameters.map(({ name }) => name).filter((name) => name !== 'self');
  return first === 'y_true' && second === 'y_pred' && !analysis.ask(isMetric, within.name);
}

/** Whether a model is compiled with it only to be told its value. */
const isMetric = new Question(
  (text, name: string) =>
    new RegExp(String.raw`\bmetrics\s*=\s*\[[^\]]*\b${name}\b`).test(text) &&
    !new RegExp(String.raw`\bloss\s*=\s*\[?\s*${name}\b`).test(text),
);

/** Steps of training give losses and are none. */
const stepName = /train|update|step|fit|learn|optimi[sz]e|run|main/i;

/** Whether what the function gives is called a loss elsewhere, or the function is given as one: `compile(loss=pearson)`. */
const isLoss = (name: string, { analysis }: Hit): boolean => !stepName.test(name) && analysis.ask(isTakenForLoss, name);

const isTakenForLoss = new Question((text, name: string) => {
  const assigned = String.raw`^[ \t]*(self\.)?(\w*_)?(loss|criterion|objective|cost)(_\w+)? *\+?=(?!=)[^#\n]*`;
  const given = String.raw`[(,]\s*loss *= *[\[{(]?[ '"\w:]*|\b(?:value_and_grad|grad|jacfwd|jacrev|hessian)\(\s*`;
  return new RegExp(String.raw`(${assigned}|${given})(self\.|(?<![.\w]))${name}\b`, 'm').test(text);
});

/** The names of the functions and the class around a place. */
export function namesAround(hit: Hit): readonly string[] {
  const { functions, class: name } = surroundings(hit);
  return [...functions, name];
}

/**
 * How much to make of a form whose gradient fails where a value is 0: the severity where the value can be so, a hint
 * where that is not known or nothing is trained, nothing where it can't be or no gradient flows through it.
 */
export function whereZero(value: Expression, hit: Hit, severity: Severity): false | Severity {
  const zero = canBeZero(value, hit);
  if (zero === 'never' || isKeptFromZero(hit) || !carriesGradient(value, hit)) return false;
  return zero === 'perhaps' || isOutsideTraining(hit) ? 'hint' : severity;
}

/** Whether what a root is taken of is known not to be 0, whatever it is computed from. */
function isKeptFromZero(hit: Hit): boolean {
  const { matched } = hit;
  const isRoot = matched.kind === 'operation' && (matched.operator === 'sqrt' || matched.operator === 'power');
  return isRoot && canBeZero(matched.operands[0] as Expression, hit) === 'never';
}

/** `in float32, bfloat16 and float16`. */
function inFormats(formats: readonly string[]): string {
  const last = formats.at(-1) ?? '';
  return formats.length < 2 ? `in ${last}` : `in ${formats.slice(0, -1).join(', ')} and ${last}`;
}

/**
 * What a form that fails at 0 is worth there, and its gradient where one is taken.
 * @param where the case in which what is measured is 0: `Where x is 0`
 * @param title what is the matter, in a word or two
 */
export function sayAtZero(hit: Hit, where: string, title: string): Saying {
  const { name, atZero } = hit.form;
  const points = atZero ? measureAtZero(atZero, hit.formats) : [];
  const [first] = points;
  if (!first) return { message: `${title}.`, lens: title };
  const same = points.filter(
    ({ value, gradient }) => Object.is(value, first.value) && Object.is(gradient, first.gradient),
  );
  const formats = inFormats(same.map(({ format }) => format));
  const gradient = hit.differentiates ? ` and its gradient ${said(first.gradient)}` : '';
  const failing = Number.isFinite(first.value) ? `gradient ${said(first.gradient)}` : said(first.value);
  return {
    message: `${where}, ${name} is ${said(first.value)}${gradient}, ${formats}.`,
    lens: `${title}: ${failing} at 0`,
  };
}

/** What x is here, for a sentence that begins with its being 0. */
export const whereIsZero = (hit: Hit, otherwise: string): string => {
  const name = nameOf(hit, hit.bindings.get('x'));
  return `Where x is 0 (${name === undefined ? otherwise : `x is \`${name}\``})`;
};
