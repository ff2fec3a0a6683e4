import {
  add,
  apply,
  clip,
  constant,
  divide,
  factorsOf,
  log,
  log1p,
  matchPattern,
  maximum,
  minimum,
  multiply,
  negate,
  print,
  sameComputation,
  structuralKey,
  subtract,
  variable,
  hasVariables,
  type Bindings,
  type Expression,
  type Operation,
  type Operator,
  type Pattern,
} from '../../expression';
import { compileModelAtPoint, formatByName, type FormatName } from '../../numeric';
import { intervalOf } from '../interval';
import { operand } from '../rule';
import { multiplicandsOf } from './evidence';
import { contains, sigmoidOf, sigmoidOfTanh, softmaxOf } from './shapes';

/** What a probability is computed by. */
export type Source = 'sigmoid' | 'softmax' | 'other';

/** A limit that is put on a value, seen from the value that it is on the way to. */
interface Limit {
  /** Whether it keeps the whole from becoming small. */
  readonly keepsOffZero: boolean;
  readonly value: number;
  /** Whether it was written to lie between 0 and 1: `1 - 1e-20`, though it is 1. */
  readonly isMeant: boolean;
}

/**
 * A value that is linear in a probability but for limits, such as `1 - p`, `p + 1e-8`, `clamp(p, e, 1 - e)`: what
 * logarithms are taken of by hand.
 */
export interface Guarded {
  readonly probability: Expression;
  readonly source: Source;
  /** What the sigmoid or softmax is taken of. */
  readonly logit: Expression | undefined;
  /** Whether it is computed as the exponential of a log softmax, which rounds in another way. */
  readonly isOfLogarithm: boolean;
  /** Whether it is small where the probability is near 1. */
  readonly complement: boolean;
  /** Numbers added to it beside the 1 of `1 - p`. */
  readonly epsilons: readonly number[];
  /** A number near 1 that stands for the 1 of `1 - p`: an epsilon and the 1 were added first. */
  readonly one: number | undefined;
  readonly limits: readonly Limit[];
  /**
   * Whether it is p where the target is 1 and 1 - p where it is 0, with a guard around it: it is spoken of as it is with
   * target 0, where it fails first.
   */
  readonly ofTarget: boolean;
  /** Where the probability is made of several that logits give, how that is written: `mean(p)` of `p`. */
  readonly mixed: Pick<Mixture, 'written' | 'weights' | 'isSum'> | undefined;
  /** The same computation of another probability. */
  readonly around: (probability: Expression) => Expression;
}

const known = new WeakMap<Expression, Guarded | null>();
const sigmoidPattern = sigmoidOf(operand);
const softmaxPattern = softmaxOf(operand);
const tanhPattern = sigmoidOfTanh(operand);

/** What a value makes of a probability; undefined where it isn't of that kind. */
export function guardedIn(value: Expression): Guarded | undefined {
  const before = known.get(value);
  if (before !== undefined) return before ?? undefined;
  const found = read(value, false);
  known.set(value, found ?? null);
  return found;
}

/** More operations than these around a probability are no guard. */
const mostSteps = 12;

function limitOf(node: Expression | undefined, value: number, keepsOffZero: boolean): Limit {
  const isInside = value > 0 && value < 1;
  return { keepsOffZero, value, isMeant: isInside || (value === 1 && node?.kind === 'operation') };
}

/** @param below1 whether 1 is added to it: the operand of log1p. */
function read(value: Expression, below1: boolean): Guarded | undefined {
  let node = plain(value);
  let sign = 1;
  let around = (p: Expression): Expression => p;
  const added: number[] = [];
  const limits: Limit[] = [];
  let isLost = false;
  let ofTarget = false;
  let mixture: Mixture | undefined;
  const wrap = (outer: (inner: Expression) => Expression): void => {
    const inner = around;
    around = (p) => inner(outer(p));
  };
  for (let step = 0; ; step++) {
    if (step > mostSteps) return undefined;
    const source = sourceOf(node);
    if (source || node.kind !== 'operation') break;
    const chosen = ofTarget ? undefined : sigmoidOfTarget(node);
    if (chosen) {
      wrap((p) => subtract(1, p));
      added.push(sign);
      sign = -sign;
      ofTarget = true;
      node = chosen;
      continue;
    }
    const [a, b, c] = node.operands.map(plain) as [Expression, Expression | undefined, Expression | undefined];
    const [first, second, third] = [a, b, c].map((each) => each && numberOf(each));
    const isConstantFirst = first !== undefined;
    const next = isConstantFirst ? b : a;
    const number = isConstantFirst ? first : second;
    switch (node.operator) {
      case 'pick':
      case 'stopGradient':
        node = a;
        continue;
      case 'sum': {
        const picked = pickedByOneHot(a);
        if (!picked) break;
        node = picked;
        continue;
      }
      case 'select': {
        // Where a target says so; elsewhere 0 or 1.
        const other = second === 0 || second === 1 ? c : third === 0 || third === 1 ? b : undefined;
        if (!other || isConstantFirst) break;
        node = other;
        continue;
      }
      case 'negate':
        wrap(negate);
        sign = -sign;
        node = a;
        continue;
      case 'add':
        if (number === undefined || !next) {
          const replaced = b && (epsilonAtZero(b, a) ?? epsilonAtZero(a, b));
          if (replaced === undefined || !b) break;
          wrap((p) => add(p, replaced));
          added.push(sign * replaced);
          node = epsilonAtZero(b, a) === undefined ? b : a;
          continue;
        }
        // What loops add to begins with 0.
        if (number === 0) {
          node = next;
          continue;
        }
        wrap(isConstantFirst ? (p) => add(number, p) : (p) => add(p, number));
        added.push(sign * number);
        node = next;
        continue;
      case 'subtract':
        if (number === undefined || !next) break;
        wrap(isConstantFirst ? (p) => subtract(number, p) : (p) => subtract(p, number));
        added.push(isConstantFirst ? sign * number : -sign * number);
        if (isConstantFirst) sign = -sign;
        if (isConstantFirst && first === 1 && isSumOfTwo(a)) isLost = true;
        node = next;
        continue;
      case 'multiply':
        if (number === undefined || !next || number <= 0) break;
        wrap((p) => multiply(p, number));
        node = next;
        continue;
      case 'divide':
        if (second === undefined || isConstantFirst || second <= 0) break;
        wrap((p) => divide(p, second));
        node = a;
        continue;
      case 'clip':
        if (second === undefined || third === undefined || isConstantFirst) break;
        wrap((p) => clip(p, second, third));
        limits.push(limitOf(b, second, sign === 1), limitOf(c, third, sign === -1));
        node = a;
        continue;
      case 'maximum':
      case 'minimum': {
        if (number === undefined || !next) break;
        // A ReLU of a probability is the probability.
        if (node.operator === 'maximum' && number <= 0 && intervalOf(next).low >= 0) {
          node = next;
          continue;
        }
        const limit = node.operator === 'maximum' ? maximum : minimum;
        wrap((p) => limit(p, number));
        limits.push(limitOf(isConstantFirst ? a : b, number, (sign === 1) === (node.operator === 'maximum')));
        node = next;
        continue;
      }
      default:
    }
    mixture = mixtureIn(node);
    break;
  }
  if (!hasVariables(node)) return undefined;
  return interpreted(node, { sign, around, added: below1 ? [...added, 1] : added, limits, isLost, ofTarget, mixture });
}

/** The number that is added to a value where that is 0: `p + (p == 0) * 1e-8`. */
function epsilonAtZero(node: Expression, of: Expression): number | undefined {
  if (node.kind !== 'operation' || node.operator !== 'multiply') return undefined;
  const [a, b] = node.operands.map(plain) as [Expression, Expression];
  for (const [test, factor] of [
    [a, b],
    [b, a],
  ] as const) {
    const [left, right] = test.kind === 'operation' && test.operator === 'equal' ? test.operands : [];
    if (left && right && numberOf(right) === 0 && sameComputation(left, of)) return numberOf(factor);
  }
  return undefined;
}

/** Whether it is a sum of which each part counts: what loops add to begins with 0. */
function isSumOfTwo(node: Expression): boolean {
  return node.kind === 'operation' && node.operands.every((operand) => numberOf(operand) !== 0);
}

/** Several probabilities of one kind, added up with weights that aren't known: 0 or 1 where all of them are. */
interface Mixture extends Probability {
  readonly source: 'sigmoid' | 'softmax';
  readonly written: (probability: string) => string;
  /** What the probabilities are multiplied by, or divided by. */
  readonly weights: readonly Expression[];
  /** Whether several are added up. */
  readonly isSum: boolean;
}

/** @returns undefined of a single probability, too */
function mixtureIn(node: Expression, steps = 0): Mixture | undefined {
  if (node.kind !== 'operation' || steps > mostSteps) return undefined;
  const [a, b] = node.operands.map(plain) as [Expression, Expression | undefined];
  const of = (part: Expression | undefined, written: Mixture['written'], weight?: Expression): Mixture | undefined => {
    const single = part && sourceOf(part);
    const weights = weight ? [weight] : [];
    if (single) {
      return single.source === 'other'
        ? undefined
        : { ...single, source: single.source, written, weights, isSum: false };
    }
    const inner = part && mixtureIn(part, steps + 1);
    return inner && { ...inner, written: (p) => written(inner.written(p)), weights: [...inner.weights, ...weights] };
  };
  const summed = (mixture: Mixture | undefined): Mixture | undefined => mixture && { ...mixture, isSum: true };
  switch (node.operator) {
    case 'pick':
    case 'stopGradient':
      return of(a, (p) => p);
    case 'mean':
      return summed(of(a, (p) => `mean(${p})`));
    case 'sum':
      return summed(of(a, (p) => `sum(${p})`));
    case 'matmul':
      return summed(of(a, (p) => `${p} @ w`, b) ?? of(b, (p) => `w @ ${p}`, a));
    case 'multiply':
      return of(a, (p) => `w * ${p}`, b) ?? of(b, (p) => `w * ${p}`, a);
    case 'divide':
      // By its own sum it is made to add up to 1.
      return b && !contains(b, 'sum') ? of(a, (p) => `${p} / w`, b) : undefined;
    case 'add': {
      const both = [of(a, (p) => p), of(b, (p) => p)];
      const [first, second] = both;
      if (!first || first.source !== second?.source) return undefined;
      const weights = [...first.weights, ...second.weights];
      return { ...first, written: (p) => `(${first.written(p)} + ${second.written(p)})`, weights, isSum: true };
    }
    default:
      return undefined;
  }
}

function interpreted(
  probability: Expression,
  read: {
    readonly sign: number;
    readonly around: Guarded['around'];
    readonly added: readonly number[];
    readonly limits: readonly Limit[];
    /** Whether the 1 is written as a sum. */
    readonly isLost: boolean;
    readonly ofTarget: boolean;
    readonly mixture: Mixture | undefined;
  },
): Guarded | undefined {
  const { sign, around, limits, ofTarget, mixture } = read;
  const complement = sign === -1;
  const nearOne = read.added.findIndex((number) => Math.abs(number - 1) < 0.01);
  if (complement !== nearOne >= 0) return undefined;
  const epsilons = read.added.filter((_, index) => index !== nearOne);
  if (epsilons.some((number) => Math.abs(number) > 0.1)) return undefined;
  const one = complement ? read.added[nearOne] : undefined;
  // Without a guard there are forms of its own for it.
  if (ofTarget && (!complement || (epsilons.length === 0 && limits.length === 0))) return undefined;
  const found = mixture ?? sourceOf(probability);
  return {
    probability,
    source: found?.source ?? 'other',
    logit: found?.logit,
    isOfLogarithm: found?.isOfLogarithm ?? false,
    mixed: mixture,
    complement,
    epsilons,
    one: one === 1 && !read.isLost ? undefined : one,
    limits,
    ofTarget,
    around,
  };
}

/** The sigmoid p of which a value is p or 1 - p, by a condition or as `p * t + (1 - p) * (1 - t)`. */
function sigmoidOfTarget(node: Operation): Expression | undefined {
  const [a, b, c] = node.operands as [Expression, Expression | undefined, Expression | undefined];
  if (node.operator === 'select' && b && c) return sigmoidOfPair(b, c);
  if (node.operator !== 'add' || !b) return undefined;
  for (const first of weighedIn(a))
    for (const second of weighedIn(b)) {
      const found = sigmoidOfPair(first, second);
      if (found) return found;
    }
  return undefined;
}

function sigmoidOfPair(a: Expression, b: Expression): Expression | undefined {
  const [first, second] = [guardedIn(a), guardedIn(b)];
  if (first?.source !== 'sigmoid' || !second || !isBare(first) || !isBare(second)) return undefined;
  return first.complement !== second.complement && ofSameProbability(first, second) ? first.probability : undefined;
}

/** What a term may be a weighed value of: a value that is a product itself is taken apart, and taken as it is, too. */
export const weighedIn = (term: Expression): Expression[] => [
  ...factorsOf(term).map(({ factor }) => factor),
  ...multiplicandsOf(term),
];

type Probability = Pick<Guarded, 'source' | 'logit' | 'isOfLogarithm'>;

const exponentialPattern = apply('exp', apply('logSoftmax', operand));

function sourceOf(node: Expression): Probability | undefined {
  const ofSigmoid = matchPattern(sigmoidPattern, node);
  if (ofSigmoid) return { source: 'sigmoid', logit: ofSigmoid.get('x'), isOfLogarithm: false };
  const ofSoftmax = matchPattern(softmaxPattern, node);
  if (ofSoftmax) return { source: 'softmax', logit: ofSoftmax.get('x'), isOfLogarithm: false };
  const ofLogarithm = matchPattern(exponentialPattern, node);
  if (ofLogarithm) return { source: 'softmax', logit: ofLogarithm.get('x'), isOfLogarithm: true };
  // It rounds in another way than a sigmoid.
  return matchPattern(tanhPattern, node) ? { source: 'other', logit: undefined, isOfLogarithm: false } : undefined;
}

/** A sigmoid or softmax, with what it is taken of. */
export interface SaturatingProbability {
  readonly source: 'sigmoid' | 'softmax';
  readonly logit: Expression;
}

export function probabilityIn(node: Expression): SaturatingProbability | undefined {
  const found = sourceOf(node);
  return found?.logit && found.source !== 'other' ? { source: found.source, logit: found.logit } : undefined;
}

/** The probabilities that a value is computed from, the outermost ones. */
export function probabilitiesIn(given: Expression): SaturatingProbability[] {
  const found: SaturatingProbability[] = [];
  const seen = new Set<Expression>();
  const visit = (outer: Expression): void => {
    const node = plain(outer);
    if (node.kind !== 'operation' || seen.has(node)) return;
    seen.add(node);
    const probability = probabilityIn(node);
    if (probability) found.push(probability);
    else node.operands.forEach(visit);
  };
  visit(given);
  return found;
}

/** Whether a value is computed from one, in whatever way. */
export const hasProbability = (given: Expression): boolean => probabilitiesIn(given).length > 0;

function plain(node: Expression): Expression {
  return node.kind === 'withGradient' ? plain(node.value) : node;
}

/** `sum(p * one_hot(i))` picks an element of p. */
function pickedByOneHot(summed: Expression): Expression | undefined {
  if (summed.kind !== 'operation' || summed.operator !== 'multiply') return undefined;
  const [a, b] = summed.operands.map(plain) as [Expression, Expression];
  const isOneHot = (node: Expression): boolean => node.kind === 'operation' && node.operator === 'oneHot';
  return isOneHot(b) ? a : isOneHot(a) ? b : undefined;
}

/** A number made of literals, as Python computes it before a tensor rounds it. */
function numberOf(node: Expression): number | undefined {
  if (node.kind === 'constant') return node.value;
  if (
    node.kind !== 'operation' ||
    !['add', 'subtract', 'multiply', 'divide', 'negate', 'power'].includes(node.operator)
  ) {
    return undefined;
  }
  const { low, high } = intervalOf(node);
  return low === high ? low : undefined;
}

/** A logarithm of a guarded probability: log(...) or log1p(...). */
export interface GuardedLogarithm extends Guarded {
  readonly logarithm: (probability: Expression) => Expression;
}

const knownLogarithms = new WeakMap<Expression, GuardedLogarithm | null>();

export function guardedLogarithm(node: Expression): GuardedLogarithm | undefined {
  if (node.kind !== 'operation' || (node.operator !== 'log' && node.operator !== 'log1p')) return undefined;
  const before = knownLogarithms.get(node);
  if (before !== undefined) return before ?? undefined;
  const found = readLogarithm(node);
  knownLogarithms.set(node, found ?? null);
  return found;
}

/** The guarded probability that something else is divided by, where it is trained: the logarithm is a difference of two. */
function guardedDivisor(quotient: Expression): Guarded | undefined {
  if (quotient.kind !== 'operation' || quotient.operator !== 'divide') return undefined;
  const [a, b] = quotient.operands.map(guardedIn);
  if (!b || b.source === 'other' || isBare(b)) return undefined;
  if (a && a.source !== 'other' && (isBare(a) || ofSameProbability(a, b))) return undefined;
  return contains(quotient.operands[1] as Expression, 'stopGradient') ? undefined : b;
}

function readLogarithm(node: Operation): GuardedLogarithm | undefined {
  const argument = plain(node.operands[0] as Expression);
  if (node.operator === 'log') {
    const guarded = guardedDivisor(argument) ?? guardedIn(argument);
    return guarded && { ...guarded, logarithm: (p) => log(guarded.around(p)) };
  }
  const guarded = read(argument, true);
  return guarded && { ...guarded, logarithm: (p) => log1p(guarded.around(p)) };
}

/** A value taken as a probability, or 1 minus that. */
export function bareOf(probability: Expression, complement: boolean): Guarded {
  const found = sourceOf(probability);
  return {
    probability,
    source: found?.source ?? 'other',
    logit: found?.logit,
    isOfLogarithm: found?.isOfLogarithm ?? false,
    mixed: undefined,
    complement,
    epsilons: [],
    one: undefined,
    limits: [],
    ofTarget: false,
    around: (p) => (complement ? subtract(1, p) : p),
  };
}

/** Whether nothing is done to the probability but for `1 - p`. */
export function isBare({ epsilons, one, limits }: Guarded): boolean {
  return epsilons.length === 0 && one === undefined && limits.length === 0;
}

/**
 * Logarithms of a guarded probability that fulfil a condition, as a pattern that binds `x` to the logit, or where there
 * is none to the probability.
 */
export function logarithmWhere(condition: (guarded: GuardedLogarithm) => boolean): Pattern {
  const roots: ReadonlySet<Operator> = new Set<Operator>(['log', 'log1p']);
  return {
    roots,
    match(expression: Expression, bindings: Bindings) {
      const guarded = guardedLogarithm(expression);
      if (!guarded || !condition(guarded)) return undefined;
      return new Map(bindings).set('x', guarded.logit ?? guarded.probability);
    },
  };
}

/** Whether two guarded values are of the same probability. */
export function ofSameProbability(a: Guarded, b: Guarded): boolean {
  return sameComputation(a.probability, b.probability);
}

/** What a function of p comes to at a number, in a format. */
export function valueAt(f: (p: Expression) => Expression, p: number, format: FormatName): number {
  return evaluate(f(variable('p')), p, format);
}

const evaluators = new Map<string, (p: number) => number>();
const mostRemembered = 1000;

function evaluate(expression: Expression, p: number, format: FormatName): number {
  const key = `${format} ${structuralKey(expression)}`;
  let evaluator = evaluators.get(key);
  if (!evaluator) {
    // An editor sees a new expression with every keystroke.
    if (evaluators.size >= mostRemembered) evaluators.clear();
    const compiled = compileModelAtPoint([expression], ['p'], formatByName(format));
    evaluator = (value) => compiled(value)[0] as number;
    evaluators.set(key, evaluator);
  }
  return evaluator(p);
}

/** The number as the format has it. */
export function rounded(value: number, format: FormatName): number {
  return evaluate(constant(value), 0, format);
}

/** As messages write mathematics. */
export function written(expression: Expression): string {
  return print(expression).replaceAll('−', '-').replaceAll('·', '*').replaceAll('≤', '<=');
}

/** Limits of a probability that the format can tell from 0 and 1, for a sentence: `1e-7 and 1 - 1e-7`. */
export function limitsIn(format: FormatName): string {
  const limit = ['1e-7', '1e-3', '1e-2'].find((each) => rounded(1 - Number(each), format) < 1) ?? '0.1';
  return `${limit} and 1 - ${limit}`;
}
