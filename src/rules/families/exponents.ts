import {
  anything,
  apply,
  bind,
  factorsOf,
  inOrder,
  matchPattern,
  negate,
  sameComputation,
  square,
  termsOf,
  hasVariables,
  variablesOf,
  type Expression,
  type Operator,
  type Pattern,
} from '../../expression';
import { compileModelAtPoint, formatByName, type FormatName } from '../../numeric';
import { Question } from '../../python';
import { intervalOf } from '../interval';
import { x, type Form, type Hit, type Rewriting, type Saying } from '../rule';
import { scalarsOf, subjectName, trialsOf } from './scalars';
import { contains, exponential } from './shapes';
import { sourceOf } from './zeros';

export { exponential };

/** What families share whose forms take exponentials: how these are written, added up and kept from overflowing. */

/** 1 + x, in either order. */
export const onePlus = (inner: Pattern): Pattern => apply('add', 1, inner);

const ofAnything = exponential(bind('exponent'));

/** What an exponential is taken of; undefined if it is none. */
export function exponentOf(node: Expression): Expression | undefined {
  return matchPattern(ofAnything, node)?.get('exponent');
}

const gathering: ReadonlySet<Operator> = new Set(['sum', 'mean', 'matmul']);
const passing: ReadonlySet<Operator> = new Set(['pick', 'stopGradient', 'nanToNum', 'greatest']);

const isSmall = (node: Expression): boolean => node.kind === 'constant' && Math.abs(node.value) < 0.01;

function unpicked(node: Expression): Expression {
  return node.kind === 'operation' && node.operator === 'pick' ? unpicked(node.operands[0] as Expression) : node;
}

/** Exponentials that a value is added up from. */
export interface Gathered {
  readonly exponents: readonly Expression[];
  /** Whether anything is added up at all: of several elements, of an exponential and something else. */
  readonly adds: boolean;
}

/**
 * The exponents of the exponentials that a value is added up from: of `exp(x).sum()`, of `exp(a) + exp(b)`, of what is
 * weighed by factors or picked from. None if something is subtracted from them.
 */
export function gatheredIn(value: Expression): Gathered {
  const exponents: Expression[] = [];
  let adds = false;
  const visit = (node: Expression, depth: number): boolean => {
    const exponent = exponentOf(node);
    if (exponent) {
      if (!exponents.some((other) => sameComputation(other, exponent))) exponents.push(exponent);
      return true;
    }
    if (node.kind !== 'operation' || depth > 12) return true;
    const [a, b] = node.operands as [Expression, Expression];
    const before = exponents.length;
    let isSum = true;
    switch (node.operator) {
      case 'subtract': {
        // Of what is added up some is left out: sum(exp(x)) - exp(x)[i].
        const left = exponentOf(unpicked(b));
        const isPart = (): boolean => left !== undefined && exponents.some((other) => sameComputation(other, left));
        return visit(a, depth + 1) && (isPart() || gatheredIn(b).exponents.length === 0);
      }
      case 'add':
      case 'maximum':
        isSum = visit(a, depth + 1) && visit(b, depth + 1);
        // An epsilon that keeps the sum from 0 is nothing that is added up.
        if (isSmall(a) || isSmall(b)) return isSum;
        break;
      case 'multiply':
      case 'divide':
        return factorsOf(node).every(({ factor, inverse }) => inverse || visit(factor, depth + 1));
      default:
        if (passing.has(node.operator)) return visit(a, depth + 1);
        if (!gathering.has(node.operator)) return true;
        isSum = visit(a, depth + 1) && (node.operator !== 'matmul' || visit(b, depth + 1));
    }
    if (exponents.length > before && node.operator !== 'maximum') adds = true;
    return isSum;
  };
  return visit(value, 0) ? { exponents, adds } : { exponents: [], adds: false };
}

/** Names of what is never negative: distances, squares, costs, energies in a Boltzmann factor, times. */
const nonNegativeName =
  /(^|[._])(d|d2|dd|sqd|d_?sq|\w*dist|\w*dists|\w*distances?|pairwise_\w+|cdist|sq|squares?|squared\w*|\w*_squared|\w*_sq|norms?|\w*_norms?|energy|energies|entrop(y|ies)|\w+_entropy|costs?|C|M|D|age|dt|delta_t|times?|elapsed)$/;

/** What is a mere name is taken for a scale: a temperature, a bandwidth. */
const bareName = /^[\w.]+$/;

/** What subtracts a maximum by its name, whatever it was computed by. */
const maximumSubtracted =
  /-\s*(?:\w+\.)*(?:\w*_)?(?:max|amax|maximum|maxes|maxval|reduce_max|cummax)(?:_\w+)?\b|-\s*[\w.[\]:, ]+\.a?max\(/i;

/** What takes a distance, a square or an entropy with a minus sign, by the name of a function. */
const distanceCall = /^\s*-[\s\w.*(]*\b(?:d|\w*dist\w*|sq\w*|square\w*|\w*norm|\w*entropy|abs)\s*\(/i;

/** The code of a value, as far as one would read it. */
const codeOf = (node: Expression, hit: Hit): string => (sourceOf(hit, node) ?? '').slice(0, 200);

/** Whether the code of an exponent says that it isn't positive, by the names in it. */
function saysSo(exponent: Expression, hit: Hit): boolean {
  if (isMisguarded(exponent, hit)) return false;
  const source = codeOf(exponent, hit);
  return (
    maximumSubtracted.test(source) ||
    distanceCall.test(source) ||
    isLimited(exponent) ||
    // Of other values, of which these are some as a rule.
    termsOf(exponent).some(({ term, sign }) => sign === -1 && isMaximum(term)) ||
    // Of a product of densities the logarithms are added up.
    (exponent.kind === 'operation' && exponent.operator === 'sum' && saysSo(exponent.operands[0] as Expression, hit))
  );
}

/** Whether what is subtracted is the limit of the other sign, so that it grows all the same: -x - max(x, 0). */
function isMisguarded(exponent: Expression, hit: Hit): boolean {
  return termsOf(exponent).some(({ term, sign }) => {
    if (sign !== -1 || term.kind !== 'operation' || term.operator !== 'maximum') return false;
    const [a, b] = term.operands as [Expression, Expression];
    const limited = b.kind === 'constant' ? a : a.kind === 'constant' ? b : undefined;
    if (!limited || limited.kind === 'constant') return false;
    const { value, origins } = scalarsOf(exponent, limited, hit.site.framework.name);
    const [only, ...others] = variablesOf(value);
    if (only !== subjectName || others.length > 0) return false;
    const at = trialsOf([value], [...origins.keys()], 'float32');
    return at !== undefined && [-far, far].some((point) => (at(point)[0]?.value ?? 0) >= far);
  });
}

/** Where the exponential of a number isn't finite in float32. */
const far = 100;

function isMaximum(node: Expression): boolean {
  if (node.kind !== 'operation') return false;
  if (['greatest', 'maximum', 'logSumExp', 'logAddExp'].includes(node.operator)) return true;
  return ['stopGradient', 'pick'].includes(node.operator) && isMaximum(node.operands[0] as Expression);
}

/** Whether it is limited by something of which the value isn't known; it will have been chosen with care. */
function isLimited(node: Expression): boolean {
  if (node.kind !== 'operation') return false;
  const [a, b, c] = node.operands as [Expression, Expression, Expression];
  if (node.operator === 'minimum') return a.kind === 'variable' || b.kind === 'variable';
  if (node.operator === 'clip') return c.kind !== 'constant';
  return ['multiply', 'divide', 'negate', 'pick', 'stopGradient'].includes(node.operator) && isLimited(a);
}

/** Names that stand for logarithms of probabilities, which are not positive. */
const logProbabilityName =
  /(^|[._\b])(log_?probs?\w*|log_?p(i|is|x|z|y)?|logits?_log_?prob\w*|log_?resp\w*|log_?softmax\w*|log_?likelihoods?|lls?|log_?post\w*|log_?prior\w*)(_\w+)?$/i;

/** How code calls a value: the names that it was given, the name or attribute that it is. */
export function namesOf(node: Expression, hit: Hit): readonly string[] {
  const name = headOf(sourceOf(hit, node) ?? '');
  return [...(name === undefined ? [] : [name]), ...(hit.analysis.originOf(node)?.names ?? [])];
}

/** The name that a code is, or calls, or takes an element of; of a parameter without its type and its default. */
function headOf(source: string): string | undefined {
  const [, name, rest = ''] = /^([\w.]+)(.*)$/s.exec(source.trim()) ?? [];
  if (rest === '' || /^\s*[:=]/.test(rest)) return name;
  let depth = 0;
  for (let i = 0; i < rest.length; i++) {
    if ('([{'.includes(rest.charAt(i))) depth++;
    else if (')]}'.includes(rest.charAt(i))) depth--;
    // What goes on behind the brackets is something else.
    if (depth === 0) return i === rest.length - 1 ? name : undefined;
  }
  return undefined;
}

const isCalled = (pattern: RegExp, node: Expression, hit: Hit): boolean =>
  namesOf(node, hit).some((name) => pattern.test(name));

interface Sign {
  readonly sign: 1 | -1;
  /** Whether anything in it is known to have it: scales, which are taken to be positive, don't count. */
  readonly known: boolean;
}

/**
 * A sign as far as it can be told by how code is written: a scale that is a mere name is positive.
 * @param signs those of the parts that were looked at before: a part may stand at very many places
 */
function likelySign(node: Expression, hit: Hit, signs = new Map<Expression, Sign | undefined>()): Sign | undefined {
  if (!signs.has(node)) signs.set(node, likelySignOf(node, hit, signs));
  return signs.get(node);
}

function likelySignOf(node: Expression, hit: Hit, signs: Map<Expression, Sign | undefined>): Sign | undefined {
  if (node.kind === 'constant') return node.value === 0 ? undefined : { sign: node.value > 0 ? 1 : -1, known: false };
  const { low, high } = intervalOf(node, hit.site.conditions);
  if (low >= 0) return { sign: 1, known: true };
  if (high <= 0 || maximumSubtracted.test(codeOf(node, hit))) return { sign: -1, known: true };
  if (isCalled(nonNegativeName, node, hit)) return { sign: 1, known: true };
  if (node.kind === 'operation') {
    const [a, b] = node.operands as [Expression, Expression];
    const first = likelySign(a, hit, signs);
    switch (node.operator) {
      case 'negate':
        return first && { ...first, sign: opposite(first.sign) };
      case 'pick':
      case 'stopGradient':
      case 'sum':
      case 'mean':
        return first;
      case 'multiply':
      case 'divide': {
        const second = first && likelySign(b, hit, signs);
        return (
          second && { sign: second.sign === 1 ? first.sign : opposite(first.sign), known: first.known || second.known }
        );
      }
      default:
        return undefined;
    }
  }
  return namesOf(node, hit).some((name) => bareName.test(name)) ? { sign: 1, known: false } : undefined;
}

const opposite = (sign: 1 | -1): 1 | -1 => (sign === 1 ? -1 : 1);

/**
 * Whether an exponent is written as something that decays: something that is never negative, a square, a distance, with
 * a minus sign and perhaps a scale; or something that a maximum is subtracted from. Such an exponential doesn't
 * overflow, also where the scale is a name of which nothing else is known.
 */
export function decays(exponent: Expression, hit: Hit): boolean {
  const terms = termsOf(exponent);
  return (
    isBelowZero(exponent, hit) ||
    terms.every(({ term, sign }) => {
      const likely = term.kind === 'constant' ? undefined : likelySign(term, hit);
      return term.kind === 'constant' || (likely?.known === true && likely.sign !== sign);
    })
  );
}

/** Whether an exponent can't be positive by what it is computed from, or because a maximum is subtracted. */
export function isBelowZero(exponent: Expression, hit: Hit): boolean {
  return (
    intervalOf(exponent, hit.site.conditions).high <= 0 ||
    isMinusAbsolute(exponent) ||
    saysSo(exponent, hit) ||
    isOrdered(exponent, hit)
  );
}

/** x - 2 * x * (x >= 0), which is -|x|. */
function isMinusAbsolute(exponent: Expression): boolean {
  const [{ term: value } = {}, second, ...others] = termsOf(exponent);
  if (!value || second?.sign !== -1 || others.length > 0) return false;
  const factors = factorsOf(second.term).map(({ factor }) => factor);
  return (
    factors.length === 3 &&
    factors.some((factor) => factor.kind === 'constant' && factor.value === 2) &&
    factors.some((factor) => sameComputation(factor, value)) &&
    factors.some((factor) => isWherePositive(factor, value))
  );
}

/** Whether it is 1 where the value is above 0 and 0 where it is below. */
function isWherePositive(node: Expression, value: Expression): boolean {
  if (node.kind !== 'operation' || (node.operator !== 'less' && node.operator !== 'lessEqual')) return false;
  const [a, b] = node.operands as [Expression, Expression];
  return a.kind === 'constant' && a.value === 0 && sameComputation(b, value);
}

/** Whether the branches of the code leave a difference of two values in either order: the lesser minus the greater. */
function isOrdered(exponent: Expression, { site }: Hit): boolean {
  if (site.alternatives.length < 2 || exponent.kind !== 'operation' || exponent.operator !== 'subtract') return false;
  const [a, b] = exponent.operands as [Expression, Expression];
  return site.alternatives.some(([value]) => value !== undefined && subtracts(value, b, a));
}

function subtracts(value: Expression, a: Expression, b: Expression): boolean {
  return inOrder([value]).some((node) => {
    if (node.kind !== 'operation' || node.operator !== 'subtract') return false;
    const [first, second] = node.operands as [Expression, Expression];
    return sameComputation(first, a) && sameComputation(second, b);
  });
}

/** Whether it is called the logarithm of a probability: its exponential is at most 1, and may well be 0. */
export function isLogProbability(value: Expression, hit: Hit): boolean {
  if (value.kind === 'operation' && ['logSoftmax', 'logSigmoid', 'logNormalCdf'].includes(value.operator)) return true;
  return isCalled(logProbabilityName, value, hit) || isGivenToNll(value, hit);
}

/** Whether the function around gives it to a negative log-likelihood as well, which takes log-probabilities. */
function isGivenToNll(value: Expression, { analysis, site: { within } }: Hit): boolean {
  const origin = analysis.originOf(value);
  const [name] = /^[\w.]+/.exec(origin ? analysis.text.slice(origin.start, origin.end) : '') ?? [];
  if (name === undefined || !within) return false;
  const calls = analysis.text.slice(within.start, within.end).matchAll(/nll_?(?:loss)?\w*\(\s*([\w.]+)/gi);
  return [...calls].some(([, given]) => given === name);
}

/** Whether the exponential is a power: exp(log(x) / t). */
const isPower = (exponent: Expression): boolean =>
  factorsOf(exponent).some(
    ({ factor, inverse }) => !inverse && factor.kind === 'operation' && factor.operator === 'log',
  );

/** Whether it is the square of a difference, divided by something and negated. */
export function isMinusDistance(exponent: Expression): boolean {
  return squaresIn(exponent).some((factor) => contains(factor, 'subtract'));
}

/** The factors of a value that is never positive that are squares. */
function squaresIn(exponent: Expression): readonly Expression[] {
  if (intervalOf(exponent).high > 0) return [];
  const factors = factorsOf(exponent).map(({ factor }) => factor);
  // A product with itself has been taken apart.
  return factors.filter(
    (factor) =>
      matchPattern(square(anything), factor) !== undefined ||
      factors.some((other) => other !== factor && sameComputation(other, factor)) ||
      factors.filter((other) => other === factor).length === 2,
  );
}

/** Whether it is the logarithm of a normal density: a square, and the logarithm of the scale, are subtracted. */
export function isLogDensity(exponent: Expression): boolean {
  const terms = termsOf(exponent).filter(({ term }) => hasVariables(term));
  const isDistance = ({ term, sign }: (typeof terms)[number]): boolean =>
    squaresIn(sign === 1 ? term : negate(term)).length > 0;
  // What is subtracted and what the distance is divided by may be the same log scale.
  const isScale = (term: Expression): boolean =>
    isLogarithm(term) ||
    inOrder([exponent]).some(
      (node) =>
        node.kind === 'operation' && node.operator === 'exp' && areMultiples(node.operands[0] as Expression, term),
    );
  return (
    terms.some(isDistance) &&
    terms.some(({ term, sign }) => sign === -1 && isScale(term)) &&
    terms.every((each) => isDistance(each) || isScale(each.term))
  );
}

/** Whether both are multiples of one value by numbers. */
function areMultiples(a: Expression, b: Expression): boolean {
  const [[first, ...more], [second, ...others]] = [a, b].map((each) =>
    factorsOf(each).flatMap(({ factor, inverse }) => (factor.kind === 'constant' ? [] : [{ factor, inverse }])),
  ) as [{ factor: Expression; inverse: boolean }[], { factor: Expression; inverse: boolean }[]];
  return (
    first !== undefined &&
    second !== undefined &&
    more.length + others.length === 0 &&
    first.inverse === second.inverse &&
    sameComputation(first.factor, second.factor)
  );
}

const isLogarithm = (term: Expression): boolean =>
  factorsOf(term).every(
    ({ factor }) => factor.kind === 'constant' || (factor.kind === 'operation' && factor.operator === 'log'),
  );

const labelName = /(^|[._])(y_?true|labels?|targets?)$/i;

/** Whether it is a limited value times a label, which is 1, 0 or -1: the product is as limited as the value. */
export function isLimitedTimesLabel(exponent: Expression, hit: Hit): boolean {
  const isLabel = (factor: Expression): boolean =>
    factor.kind === 'variable' && namesOf(factor, hit).some((name) => labelName.test(name));
  const others = factorsOf(exponent).filter(({ factor, inverse }) => inverse || !isLabel(factor));
  // Alone, or times a number, it may be something to be predicted.
  if (others.every(({ factor }) => factor.kind === 'constant')) return false;
  const limits = others.map(({ factor, inverse }) => {
    const { low, high } = intervalOf(factor, hit.site.conditions);
    return inverse ? Infinity : Math.max(-low, high);
  });
  const [format = 'float32'] = hit.formats;
  return limits.reduce((a, b) => a * b, 1) < Math.log(formatByName(format).max);
}

/** Whether the exponential of a value can be more than the format in use holds, by all that is known of it. */
export function canOverflow(exponent: Expression, hit: Hit): boolean {
  const [format = 'float32'] = hit.formats;
  const { high } = intervalOf(exponent, hit.site.conditions);
  if (high <= Math.log(formatByName(format).max) || isPower(exponent) || isLogDensity(exponent)) return false;
  return !decays(exponent, hit) && !isLimitedTimesLabel(exponent, hit);
}

const similarityName = /(^|[._])(\w*cos\w*|\w*sims?|\w*similarit\w*|affinit\w*)$/i;
const normalising = /normali[sz]e\(|l2_norm|l2norm|\.norm\(|linalg\.norm|cosine|CosineSim/;

/** What an exponent measures: a cosine, a scalar product of vectors of unknown length, or something else. */
type Kind = 'cosine' | 'product' | 'other';

/**
 * @param scaled whether it is divided by a temperature: what isn't may be a layer, x @ W
 * @param known the kinds of the sums in it that were looked at before: one may stand at very many places
 * @returns undefined for what is a mere scale or margin
 */
function kindOf(
  exponent: Expression,
  hit: Hit,
  scaled = false,
  known = [new Map<Expression, Kind | undefined>(), new Map<Expression, Kind | undefined>()] as const,
): Kind | undefined {
  const kinds = known[scaled ? 1 : 0];
  if (!kinds.has(exponent)) {
    kinds.set(
      exponent,
      kindOfTerms(exponent, scaled, (factor, isScaled) =>
        kindOfFactor(factor, hit, isScaled, () => kindOf(factor, hit, isScaled, known)),
      ),
    );
  }
  return kinds.get(exponent);
}

function kindOfTerms(
  exponent: Expression,
  scaled: boolean,
  kindOf: (factor: Expression, isScaled: boolean) => Kind | undefined,
): Kind | undefined {
  const kinds = termsOf(exponent).flatMap(({ term }) => {
    const factors = factorsOf(term);
    const isTemperature = (node: Expression): boolean =>
      node.kind === 'variable' || (node.kind === 'constant' && node.value < 1);
    const isScaled = scaled || factors.some(({ factor, inverse }) => inverse && isTemperature(factor));
    return factors.flatMap(({ factor, inverse }) => (inverse ? [] : (kindOf(factor, isScaled) ?? [])));
  });
  return (['other', 'product', 'cosine'] as const).find((kind) => kinds.includes(kind));
}

function kindOfFactor(
  factor: Expression,
  hit: Hit,
  isScaled: boolean,
  kindOfSum: () => Kind | undefined,
): Kind | undefined {
  if (factor.kind === 'constant') return undefined;
  const { low, high } = intervalOf(factor);
  if (low >= -1 && high <= 1) return 'cosine';
  if (isCalled(similarityName, factor, hit)) return 'product';
  if (factor.kind !== 'operation') return undefined;
  const [inner] = factor.operands as [Expression];
  switch (factor.operator) {
    case 'add':
    case 'subtract':
      return kindOfSum();
    case 'matmul':
      return isScaled ? 'product' : 'other';
    case 'sum':
      return inner.kind === 'operation' && inner.operator === 'multiply' ? 'product' : 'other';
    default:
      return 'other';
  }
}

/** Whether these are similarities of vectors, as contrastive losses take exponentials of. */
export function areSimilarities(exponents: readonly Expression[], hit: Hit): boolean {
  return exponents.every((exponent) => (kindOf(exponent, hit) ?? 'other') !== 'other');
}

/**
 * Exponentials of cosines overflow with tiny temperatures only, and scalar products are cosines where a file normalises
 * its vectors: a hint.
 */
export function severityOfSimilarity(exponents: readonly Expression[], hit: Hit): true | 'hint' {
  const kinds = new Set(exponents.map((exponent) => kindOf(exponent, hit) ?? 'other'));
  if (kinds.has('other') || hit.formats[0] === 'float16') return true;
  return kinds.has('product') && !isNormalised(hit) ? true : 'hint';
}

/** Whether vectors are normalised anywhere but in other classes than the one around. */
function isNormalised({ analysis, site }: Hit): boolean {
  const [around] = analysis.pathTo(site.range.start);
  const own = around?.statement.kind === 'class' ? around.statement.name : undefined;
  return own === undefined ? analysis.ask(normalises) : analysis.ask(normalises, own);
}

/** Asked for a class, whether it does or what belongs to no class. */
const normalises = new Question((whole, ...[own]: [own?: string]) => {
  // What is commented out isn't done.
  const text = whole.replace(/#.*/g, '');
  if (own === undefined) return normalising.test(text);
  const others = text.split(/^(?=class\b)/m).map((part) => {
    const [, name] = /^class +(\w+)/.exec(part) ?? [];
    // What is at the margin again belongs to the class no more.
    return name === undefined || name === own ? part : part.slice(/\n(?=[^\s#)])/.exec(part)?.index ?? part.length);
  });
  return normalising.test(others.join(''));
});

/** Words without which a text has no exponential. */
export const exponentialTriggers: readonly string[] = ['exp', 'math.e', 'np.e', 'numpy.e', 'Math.E', '2.718'];

/**
 * Whether a value is one of two that are chosen from by a comparison of what it is computed from: `where(x > 0, f(x),
 * g(x))`.
 */
export function isChosenFrom({ analysis, matched }: Hit): boolean {
  let choices = chosen.get(analysis);
  if (!choices) {
    choices = new Map();
    for (const { alternatives } of analysis.sites) {
      for (const [value] of alternatives) {
        if (value?.kind !== 'operation' || value.operator !== 'select') continue;
        const [condition, ...values] = value.operands as [Expression, Expression, Expression];
        if (!compares(condition)) continue;
        for (const each of values) addParts(each, variablesOf(condition), choices);
      }
    }
    chosen.set(analysis, choices);
  }
  const compared = choices.get(matched);
  return compared !== undefined && variablesOf(matched).some((name) => compared.has(name));
}

/** What values that are chosen from are computed from, each with the variables that are compared for that. */
const chosen = new WeakMap<Hit['analysis'], Map<Expression, Set<string>>>();

function compares(condition: Expression): boolean {
  if (condition.kind !== 'operation') return false;
  return ['less', 'lessEqual', 'and', 'or', 'not'].includes(condition.operator);
}

function addParts(node: Expression, compared: readonly string[], choices: Map<Expression, Set<string>>): void {
  const known = choices.get(node) ?? new Set();
  if (choices.has(node) && compared.every((name) => known.has(name))) return;
  for (const name of compared) known.add(name);
  choices.set(node, known);
  if (node.kind === 'operation') for (const operand of node.operands) addParts(operand, compared, choices);
}

/** Whether weights are changed by hand and nothing is differentiated: PyTorch also serves as a NumPy on other hardware. */
export const isWithoutAutograd = ({ analysis, site }: Hit): boolean =>
  site.framework.name === 'pytorch' && analysis.ask(changesWeightsByHand);

const changesWeightsByHand = new Question(
  (text) =>
    /learning_rate|\blr\b|momentum/.test(text) && !/\.backward\(|autograd|requires_grad|\bnn\.|\boptim\b/.test(text),
);

/** How a reduction along an axis is asked for in the code. */
export interface Reduction {
  /** The axis as it is written, if one is. */
  readonly axis: string | undefined;
  readonly keepsAxis: boolean;
  /** Whether it is the language's own sum, of a list. */
  readonly ofList: boolean;
}

export function reductionOf(hit: Hit, ...operators: readonly Operator[]): Reduction | undefined {
  const node = firstOf(hit.matched, operators);
  if (!node) return undefined;
  const source = sourceOf(hit, node) ?? '';
  const axis = hit.analysis.axisOf(node);
  return {
    axis: axis && hit.analysis.text.slice(axis.start, axis.end),
    keepsAxis: /keep_?dims?\s*=\s*True|,\s*(?:True|true)\s*\)$/i.test(source),
    ofList: source.startsWith('sum(') && !/axis|dim/.test(source),
  };
}

function firstOf(root: Expression, operators: readonly Operator[]): Expression | undefined {
  // What an expression has in several places, as x -= x.max() again and again makes it, is gone through once.
  const seen = new Set<Expression>();
  const visit = (node: Expression): Expression | undefined => {
    if (node.kind !== 'operation' || seen.has(node)) return undefined;
    if (operators.includes(node.operator)) return node;
    seen.add(node);
    for (const operand of node.operands) {
      const found = visit(operand);
      if (found) return found;
    }
    return undefined;
  };
  return visit(root);
}

interface Reducer {
  readonly path: string;
  readonly axis: string;
  readonly keeps?: string;
  /** Whether it needs to be told the axis. */
  readonly needsAxis?: boolean;
}

type Reducers = Readonly<Partial<Record<keyof Rewriting, Reducer>>>;

/** Frameworks' logsumexp. */
export const logSumExpReducers: Reducers = {
  pytorch: { path: 'torch.logsumexp', axis: 'dim=', keeps: 'keepdim=True', needsAxis: true },
  tensorflow: { path: 'tensorflow.reduce_logsumexp', axis: 'axis=', keeps: 'keepdims=True' },
  keras: { path: 'keras.ops.logsumexp', axis: 'axis=', keeps: 'keepdims=True' },
  'keras-backend': { path: 'keras.backend.logsumexp', axis: 'axis=', keeps: 'keepdims=True' },
  jax: { path: 'jax.scipy.special.logsumexp', axis: 'axis=', keeps: 'keepdims=True' },
  numpy: { path: 'scipy.special.logsumexp', axis: 'axis=', keeps: 'keepdims=True' },
  tfjs: { path: 'tensorflowjs.logSumExp', axis: '', keeps: 'true' },
};

/** Frameworks' softmax, which needs the axis that is kept anyway. */
export const softmaxReducers: Reducers = {
  pytorch: { path: 'torch.softmax', axis: 'dim=', needsAxis: true },
  tensorflow: { path: 'tensorflow.nn.softmax', axis: 'axis=', needsAxis: true },
  keras: { path: 'keras.ops.softmax', axis: 'axis=', needsAxis: true },
  'keras-backend': { path: 'keras.backend.softmax', axis: 'axis=', needsAxis: true },
  jax: { path: 'jax.nn.softmax', axis: 'axis=', needsAxis: true },
  numpy: { path: 'scipy.special.softmax', axis: 'axis=' },
  tfjs: { path: 'tensorflowjs.softmax', axis: '', needsAxis: true },
};

/** The form with code for the axis that the site's reduction has; without code where that would reduce another one. */
export function alongAxis(
  form: Form,
  reducers: Reducers,
  isExact: (hit: Hit) => boolean = () => true,
): (hit: Hit) => Form {
  return (hit) => {
    const { name } = hit.site.framework;
    const reducer = reducers[name];
    const reduction = reductionOf(hit, 'sum', 'mean');
    if (!reducer || !reduction || reduction.ofList || !isExact(hit)) return form;
    if (reduction.axis === undefined && reducer.needsAxis) return form;
    const axis = reduction.axis === undefined ? '' : `, ${reducer.axis}${reduction.axis}`;
    const keeps = reduction.keepsAxis && reducer.keeps !== undefined ? `, ${reducer.keeps}` : '';
    return { ...form, write: { [name]: `{${reducer.path}}($x${axis}${keeps})` } };
  };
}

/**
 * The largest number up to which a form that should be about x gives 0 instead, in each format.
 */
export function vanishingOf(
  form: Expression,
  formats: readonly FormatName[],
): readonly { readonly format: FormatName; readonly upTo: number }[] {
  return formats.map((name) => {
    const format = formatByName(name);
    const at = compileModelAtPoint([form], [x.name], format);
    let zero = 0n;
    let nonZero = format.ordinal(1);
    while (nonZero - zero > 1n) {
      const middle = (zero + nonZero) / 2n;
      if (at(format.fromOrdinal(middle))[0] === 0) zero = middle;
      else nonZero = middle;
    }
    return { format: name, upTo: format.fromOrdinal(zero) };
  });
}

/** Says up to which x a form that is about x for small ones is 0. */
export function sayVanishing(name: string, unstable: Expression): (hit: Hit) => Saying {
  return ({ formats }) => {
    const digits = (value: number): string => String(Number(value.toPrecision(3)));
    const texts = vanishingOf(unstable, formats).map(({ format, upTo }) => ({ format, upTo: digits(upTo) }));
    const [first, ...others] = texts;
    if (!first) return { message: `${name}.`, lens: name };
    const more = others.length === 0 ? '' : ` (${others.map(({ format, upTo }) => `${format} ${upTo}`).join(', ')})`;
    return {
      message: `${name} is 0 for 0 < x <= ${first.upTo} in ${first.format}${more}, and of an x not much larger it has few digits.`,
      lens: `${name}: 0 up to x = ${first.upTo} in ${first.format}`,
    };
  };
}
