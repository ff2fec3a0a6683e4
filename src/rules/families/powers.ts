import {
  absolute,
  anything,
  apply,
  bind,
  complement,
  constant,
  divide,
  either,
  less,
  literalOf,
  matchPattern,
  maximum,
  multiply,
  negated,
  operation,
  power,
  sameComputation,
  sigmoid,
  softmax,
  sqrt,
  square,
  suchThat,
  through,
  variablesOf,
  type Expression,
  type Operator,
  type Pattern,
} from '../../expression';
import { Question } from '../../python';
import { intervalOf } from '../interval';
import { ofVariable, operand, x, type Form, type Hit, type Rule, type Speech } from '../rule';
import { companions } from './evidence';
import { ofGap } from './guardedLogarithms';
import { isMagnitude } from './norms';
import { sigmoidOf, softmaxOf } from './shapes';
import {
  canBeZero,
  carriesGradient,
  isInsideTraining,
  isOutsideTraining,
  isRelu,
  sayAtZero,
  sourceOf,
  whereIsZero,
} from './zeros';

/** A power between 0 and 1, the square root as well; where it is written as a power, bound to `a`. */
const fractionalPower: Pattern = either(
  apply('sqrt', operand),
  suchThat(apply('power', operand, bind('a')), (bindings) => {
    const a = bindings.get('a');
    const value = a && literalOf(a);
    // A number by default, perhaps: that is told where more is known.
    return value === undefined ? a !== undefined && variablesOf(a).length === 1 : value > 0 && value < 1;
  }),
);

/** The exponent, as it is by default where it is a parameter; 0.5 of a root. */
const exponentOf = ({ bindings, analysis }: Hit): number => {
  const a = bindings.get('a');
  return a ? (literalOf(analysis.withDefaults(a)) ?? NaN) : 0.5;
};

/** What the base is made by, whose own gradient at 0 is multiplied with the power's: 0 times infinity is NaN. */
interface Base {
  readonly operator?: Operator;
  readonly name: string;
  readonly value: Expression;
  /** Its own gradient, where a framework has another than the formula's. */
  readonly slope?: Expression;
}

const plain: Base = { name: 'x', value: x };
const magnitude: Base = { operator: 'absolute', name: '|x|', value: absolute(x) };
const limited: Base = { operator: 'maximum', name: 'max(x, 0)', value: maximum(x, 0) };
const rectified: Base = { name: 'relu(x)', value: maximum(x, 0), slope: less(0, x) };

/** The power of such a base, and how it is called; the square root is called so. */
function powerOf({ value, name, slope }: Base, a: number): Pick<Form, 'name' | 'atZero'> {
  const isRoot = a === 0.5;
  const of = isRoot ? sqrt(value) : power(value, a);
  const outer = isRoot ? divide(1, multiply(2, of)) : multiply(a, power(value, a - 1));
  return {
    name: isRoot ? `sqrt(${name})` : `${name} ** ${String(Number(a.toPrecision(4)))}`,
    atZero: { value: of, ...(slope ? { gradient: multiply(outer, slope) } : {}) },
  };
}

/** The base as it is here, by the framework's gradients. */
function baseAt(base: Base, hit: Hit): Base | undefined {
  const { name } = hit.site.framework;
  // An absolute value has the gradient 1 at 0 in JAX.
  if (base === magnitude && name === 'jax') return { ...base, slope: constant(1) };
  if (base !== limited || !isRelu(hit.bindings.get('x') as Expression, hit)) return base;
  return name === 'pytorch' || name === 'jax' ? undefined : rectified;
}

/**
 * What losses take for a probability or an index between 0 and 1: `1 - p`, or the sum of its products with a target;
 * and the negative logarithm of one, 0 at the best.
 */
const isShare = (base: Expression): boolean =>
  matchPattern(
    either(complement(bind('p')), apply('sum', apply('multiply', anything)), negated(apply('log', anything))),
    base,
  ) !== undefined;

/** Whether it is limited by what is called an epsilon, whatever its value is. */
const isLimited = (base: Expression, hit: Hit): boolean =>
  base.kind === 'operation' &&
  (base.operator === 'maximum' || base.operator === 'clip') &&
  /eps|tiny|smooth/i.test(sourceOf(hit, base) ?? '');

const predictionName = /pre(d(ict(ions?|ed)?)?)?(?=_|\b)/;
const targetNames = ['true', 'target', 'targets', 'label', 'labels', 'gt'] as const;

/**
 * Whether it is a part of a prediction whose root is compared with that of the same part of the target, as YOLO's loss
 * does it with widths and heights: the prediction is a number of any sign, unless the file knows of an activation.
 */
function isRawPrediction(base: Expression, hit: Hit): boolean {
  const { analysis, matched } = hit;
  if (isOfLastLayer(base, hit)) return true;
  if (base.kind !== 'variable' || !/\[.*\]$/.test(sourceOf(hit, base) ?? '')) return false;
  const root = sourceOf(hit, matched) ?? '';
  if (!predictionName.test(root)) return false;
  return analysis.ask(isComparedWithTarget, root);
}

/** Whether it is what a layer without an activation gives, whose weights have no place in the text, and a loss compares it. */
function isOfLastLayer(base: Expression, hit: Hit): boolean {
  if (base.kind !== 'operation') return false;
  const [first, second] = base.operands as [Expression, Expression | undefined];
  if (base.operator === 'pick') return isOfLastLayer(first, hit);
  const isLayer = base.operator === 'matmul' && second?.kind === 'variable' && !hit.analysis.originOf(second);
  return isLayer && isInsideTraining(hit);
}

/** Whether code stands somewhere with the target in place of the prediction, in a file without activations. */
const isComparedWithTarget = new Question(
  (text, root: string) =>
    targetNames.some((name) => text.includes(root.replace(predictionName, name))) &&
    !/sigmoid|softmax|softplus|relu|\bexp\(/i.test(text),
);

/**
 * Whether it is multiplied with the sign of what it is the root of, as features are: those are 0 and below, too. There a
 * gradient of 0 comes to the root, which PyTorch and JAX divide by 0; TensorFlow leaves it.
 */
function isSignedRoot(hit: Hit): boolean {
  const of = hit.bindings.get('x');
  if (!['pytorch', 'jax'].includes(hit.site.framework.name)) return false;
  if (of?.kind !== 'operation' || of.operator !== 'absolute' || !isInsideTraining(hit)) return false;
  const [inner] = of.operands as [Expression];
  return companions(hit, hit.matched).some(
    (factor) =>
      factor.kind === 'operation' &&
      factor.operator === 'sign' &&
      sameComputation(factor.operands[0] as Expression, inner),
  );
}

const fractionalForm = (base: Base): Form => ({
  pattern: suchThat(fractionalPower, (bindings) => {
    const of = bindings.get('x');
    return base.operator === undefined || (of?.kind === 'operation' && of.operator === base.operator);
  }),
  ...powerOf(base, 0.5),
  ofGradients: true,
  at: (hit) => {
    const own = baseAt(base, hit);
    const a = exponentOf(hit);
    return own && a > 0 && a < 1 ? { ...hit.form, ...powerOf(own, a) } : undefined;
  },
  says: (hit) => {
    const { message, lens } = sayAtZero(hit, whereIsZero(hit, 'as it can be here'), 'power');
    const below = isRawPrediction(hit.bindings.get('x') as Expression, hit) ? ' Below 0 it is NaN.' : '';
    return { message: message + below, lens };
  },
  guard: (hit) => {
    const of = hit.bindings.get('x') as Expression;
    // In place, as no gradient is taken of it.
    if (/\b(sqrt|pow)_\(/.test(sourceOf(hit, hit.matched) ?? '')) return false;
    // The root of a square is a norm.
    if (exponentOf(hit) === 0.5 && matchPattern(square(anything), of) !== undefined) return false;
    const zero = canBeZero(of, hit);
    if (zero === 'never' || !carriesGradient(of, hit) || isLimited(of, hit)) return false;
    // 0 has to be the end of what it can be: a difference that can be anything fails elsewhere first.
    const reaches =
      intervalOf(of, hit.site.conditions).low === 0 &&
      (zero === 'yes' || (exponentOf(hit) !== 0.5 && isMagnitude(of, hit) && isInsideTraining(hit)));
    if (
      !reaches &&
      !isRawPrediction(of, hit) &&
      !isSignedRoot(hit) &&
      !(exponentOf(hit) !== 0.5 && isShare(of) && isInsideTraining(hit))
    )
      return false;
    return isOutsideTraining(hit) ? 'hint' : 'information';
  },
  advice: 'add a small number to the base, or limit it from below',
});

/**
 * A power of a probability, as a loss that is robust against wrong labels takes it, (1 - p ** q) / q: where the
 * probability underflows its gradient is infinite or NaN.
 */
const ofProbability = (
  name: string,
  probability: (x: Pattern) => Pattern,
  measured: Expression,
  speech: Speech,
  more: Partial<Form>,
): Form => ({
  pattern: suchThat(apply('power', through(['pick'], probability(operand)), bind('a')), (bindings) => {
    const value = literalOf(bindings.get('a') as Expression);
    return value !== undefined && value > 0 && value < 1;
  }),
  name: `${name} ** a`,
  ofGradients: true,
  bounded: false,
  typical: { a: 0.7 },
  unstable: ({ a = 0.7 }) => power(measured, a),
  headline: { of: 'gradient', side: 'below' },
  speech,
  at: (hit) => {
    const a = exponentOf(hit);
    const printed = String(Number(a.toPrecision(4)));
    return { ...hit.form, name: `${name} ** ${printed}`, unstable: () => power(measured, a) };
  },
  guard: (hit) => isInsideTraining(hit) && 'information',
  advice: 'compute it as exp(a * log_softmax(x)), or limit the probability from below',
  ...more,
});

export const fractionalPowers: Rule = {
  id: 'fractional-power-at-zero',
  title: 'gradient of a power at 0',
  entries: ['NS57'],
  severity: 'information',
  triggers: [['sqrt', 'Sqrt', 'pow', '**']],
  forms: [
    ofProbability('softmax(x)', softmaxOf, softmax(x, 0), ofGap, { culprit: 'softmax', operand: 'the logits' }),
    ofProbability('sigmoid(x)', sigmoidOf, sigmoid(x), ofVariable, {
      culprit: 'sigmoid',
      operand: 'the argument of the sigmoid',
      advice: 'compute it as exp(a * log_sigmoid(x)), or limit the probability from below',
    }),
    fractionalForm(magnitude),
    fractionalForm(limited),
    fractionalForm(plain),
  ],
};

export const angleAtOrigin: Rule = {
  id: 'angle-at-origin',
  title: 'gradient of atan2 at the origin',
  entries: ['NS56'],
  severity: 'information',
  triggers: [['atan2', 'arctan2']],
  forms: [
    {
      pattern: apply('atan2', bind('y'), bind('x')),
      // PyTorch gives the gradient 0 there.
      frameworks: ['tensorflow', 'keras', 'keras-backend', 'jax', 'tfjs'],
      name: 'atan2(y, x)',
      ofGradients: true,
      // The gradient is the formula itself, with respect to y, as these frameworks take it.
      atZero: { value: operation('atan2', x, x), gradient: divide(x, multiply(2, multiply(x, x))) },
      says: (hit) => sayAtZero(hit, 'Where x and y are both 0', 'atan2'),
      guard: (hit) => {
        const both = [hit.bindings.get('y') as Expression, hit.bindings.get('x') as Expression];
        if (both.some((value) => canBeZero(value, hit) === 'never')) return false;
        if (!carriesGradient(hit.matched, hit)) return false;
        // A sine and a cosine are never 0 together.
        if (both.every((value) => matchPattern(wave, value) !== undefined)) return false;
        const together = both.every((value) => canBeZero(value, hit) === 'yes');
        return together && !isOutsideTraining(hit) ? 'information' : 'hint';
      },
      advice: 'replace one of the two by a number other than 0 wherever both are 0, before atan2',
    },
  ],
};

const wave: Pattern = either(apply('wave', anything), apply('multiply', anything, apply('wave', anything)));

export const powers: readonly Rule[] = [fractionalPowers, angleAtOrigin];
