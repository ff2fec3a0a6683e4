import {
  absolute,
  add,
  constant,
  literalOf,
  log,
  operation,
  sameComputation,
  sigmoid,
  softmax,
  subtract,
  variable,
  type Expression,
  type Operator,
} from '../../expression';
import type { Severity } from '../finding';
import { t, x, type Form, type Hit, type Rule } from '../rule';
import { intervalOf } from '../interval';
import { namesOf } from './exponents';
import {
  guardedLogarithm,
  hasProbability,
  probabilitiesIn,
  probabilityIn,
  valueAt,
  written,
  type SaturatingProbability,
} from './guarded';
import { speechOfAll } from './guardedLogarithms';
import { logOfMixture } from './mixtures';
import { findAll } from './shapes';
import { isOutsideTraining } from './zeros';

/**
 * Logarithms of what arithmetic makes of probabilities, in whatever way it is written: where one has underflowed to 0
 * or been rounded to 1 the result is exactly 0, though it isn't in exact arithmetic. There is no list of forms: the
 * code's own arithmetic is tried, once in float32 with a probability at its end and once in float64 with one nearby.
 */

/** An operand that nothing is known of, beside the probabilities. */
interface Input {
  readonly node: Expression;
  /** Whether it is a target, which is 0 or 1; the others are tried with numbers that have nothing special. */
  readonly isTarget: boolean;
}

/** What an argument is computed from. */
interface Parts {
  readonly probabilities: readonly SaturatingProbability[];
  readonly inputs: readonly Input[];
}

/** How an argument comes to be 0. */
interface Saturation {
  /** Which probability is at its end, and at which. */
  readonly of: SaturatingProbability;
  readonly side: 'above' | 'below';
  /** The value of the one target, where there is one. */
  readonly target: 0 | 1 | undefined;
  /** The argument with an expression in place of the probability and of the target. */
  readonly around: (p: Expression, target: Expression | undefined) => Expression;
  /** The same as messages write it. */
  readonly writtenAround: (p: Expression) => Expression;
  /** What the other operands were taken for, by their names in messages: thresholds are those beside these. */
  readonly beside: readonly { readonly name: string; readonly value: number }[];
}

/** With more of them it is no loss of one probability. */
const mostProbabilities = 3;
const mostTargets = 3;
const mostSteps = 40;

/** What is tried with numbers; a value that any other operator computes is an input. */
const arithmetic: ReadonlySet<Operator> = new Set<Operator>([
  'add',
  'subtract',
  'multiply',
  'divide',
  'negate',
  'absolute',
  'sqrt',
  'power',
  'minimum',
  'maximum',
  'clip',
  'select',
  'equal',
  'less',
  'lessEqual',
  'and',
  'or',
  'not',
  'round',
]);

/** What is 0 for a tensor whose elements are. */
const transparent: ReadonlySet<Operator> = new Set<Operator>(['pick', 'stopGradient', 'sum', 'mean']);
/** What gives 0 or 1, or is one of them after rounding. */
const binary: ReadonlySet<Operator> = new Set<Operator>([
  'oneHot',
  'equal',
  'less',
  'lessEqual',
  'and',
  'or',
  'not',
  'round',
]);
const targetName = /(^|[._])(y|t|gts?|truth|y_?(true|gt|target|label|real|batch)|\w*targets?|\w*labels?|true_?\w*)$/i;

const plain = (node: Expression): Expression => (node.kind === 'withGradient' ? plain(node.value) : node);

const isTarget = (node: Expression, hit: Hit): boolean =>
  (node.kind === 'operation' && binary.has(node.operator)) || namesOf(node, hit).some((name) => targetName.test(name));

/** @returns undefined where it is no arithmetic of probabilities */
function partsOf(argument: Expression, hit: Hit): Parts | undefined {
  const probabilities: SaturatingProbability[] = [];
  const inputs: Input[] = [];
  const seen = new Set<Expression>();
  const visit = (given: Expression): boolean => {
    const node = plain(given);
    if (seen.has(node)) return true;
    if (seen.add(node).size > mostSteps) return false;
    if (literalOf(node) !== undefined) return true;
    const probability = probabilityIn(node);
    if (probability) {
      if (!probabilities.some(({ logit }) => sameComputation(logit, probability.logit)))
        probabilities.push(probability);
      return probabilities.length <= mostProbabilities;
    }
    const isOfProbability = hasProbability(node);
    if (node.kind === 'operation' && (isOfProbability || !binary.has(node.operator))) {
      if (transparent.has(node.operator)) return visit(node.operands[0] as Expression);
      if (arithmetic.has(node.operator)) return node.operands.every(visit);
      if (isOfProbability) return false;
    }
    if (!inputs.some((input) => sameComputation(input.node, node)))
      inputs.push({ node, isTarget: isTarget(node, hit) });
    return true;
  };
  return visit(argument) && probabilities.length > 0 ? { probabilities, inputs } : undefined;
}

/** The argument over scalars, with other expressions for its parts. */
function rewritten(
  argument: Expression,
  parts: Parts,
  probability: (index: number) => Expression,
  input: (index: number) => Expression,
): Expression {
  const known = new Map<Expression, Expression>();
  const visit = (given: Expression): Expression => {
    const node = plain(given);
    const found = known.get(node) ?? compute(node);
    known.set(node, found);
    return found;
  };
  const compute = (node: Expression): Expression => {
    const inner = probabilityIn(node);
    if (inner) return probability(parts.probabilities.findIndex(({ logit }) => sameComputation(logit, inner.logit)));
    const index = parts.inputs.findIndex((each) => sameComputation(each.node, node));
    if (index >= 0) return input(index);
    if (node.kind !== 'operation') return node;
    if (transparent.has(node.operator)) return visit(node.operands[0] as Expression);
    return operation(node.operator, ...node.operands.map(visit));
  };
  return visit(argument);
}

/** What those probabilities are taken for that don't saturate, and the inputs. */
const ordinary = [0.4375, 0.6719, 0.2891];
const inputs = [0.8203, 1.3047, 0.5664, 1.8516, 0.3359];
const inputNames = ['a', 'b', 'c', 'd', 'e'];
const otherNames = ['p', 'q', 'r'];

/** A probability at its end, and one that isn't there. */
const ends = { below: [0, 3e-7], above: [1, 1 - 3e-7] } as const;

function saturationOf(argument: Expression, hit: Hit): Saturation | undefined {
  const parts = partsOf(argument, hit);
  const targets = parts?.inputs.filter(({ isTarget: is }) => is) ?? [];
  if (!parts || targets.length > mostTargets || parts.inputs.length > inputs.length) return undefined;
  const [only] = targets.length === 1 ? targets : [];
  for (let choice = 0; choice < 2 ** targets.length; choice++) {
    const chosen = (node: Input): 0 | 1 | undefined =>
      node.isTarget ? ((choice >> targets.indexOf(node)) & 1 ? 1 : 0) : undefined;
    for (const [saturated, of] of parts.probabilities.entries()) {
      const around: Saturation['around'] = (p, target) =>
        rewritten(
          argument,
          parts,
          (index) => (index === saturated ? p : constant(ordinary[index] as number)),
          (index) => {
            const node = parts.inputs[index] as Input;
            return node === only && target ? target : constant(chosen(node) ?? (inputs[index] as number));
          },
        );
      for (const side of ['below', 'above'] as const) {
        const [end, near] = ends[side];
        const [atEnd, exact] = [
          valueAt((p) => around(p, undefined), end, 'float32'),
          valueAt((p) => around(p, undefined), near, 'float64'),
        ];
        if (!(atEnd <= 0 && exact > 0 && exact < 1e-3)) continue;
        const writtenAround = (p: Expression): Expression =>
          rewritten(
            argument,
            parts,
            (index) => (index === saturated ? p : variable(otherNames[index] as string)),
            (index) => (parts.inputs[index] === only ? t : variable(inputNames[index] as string)),
          );
        const beside = [
          ...parts.probabilities.flatMap((_, index) =>
            index === saturated ? [] : { name: otherNames[index] as string, value: ordinary[index] as number },
          ),
          ...parts.inputs.flatMap((node, index) =>
            node === only
              ? []
              : { name: inputNames[index] as string, value: chosen(node) ?? (inputs[index] as number) },
          ),
        ];
        return { of, side, target: only && chosen(only), around, writtenAround, beside };
      }
    }
  }
  return undefined;
}

/** Nothing is trained where NumPy computes, nor through what is only shown. */
const severityOf = (hit: Hit): Severity =>
  isOutsideTraining(hit) || !hit.site.framework.differentiates ? 'hint' : 'information';

/** Longer ones say less than their place. */
const longestName = 48;

/** Whether the logits can lie so far out, in the format where they have to lie least far. */
function canSaturate({ source, logit }: SaturatingProbability, side: Saturation['side']): boolean {
  const { low, high } = intervalOf(logit);
  if (source === 'softmax') return high - low >= (side === 'above' ? 5 : 17);
  return side === 'above' ? high >= 5 : low <= -17;
}

/** The logarithm of a value that is computed from probabilities in a way that no other rule knows. */
function unknownIn(node: Expression): Expression | undefined {
  const guarded = guardedLogarithm(node);
  if (node.kind !== 'operation' || (guarded && guarded.source !== 'other')) return undefined;
  const [argument] = node.operands as [Expression];
  return hasProbability(argument) ? argument : undefined;
}

function saturatedAt(hit: Hit): Form | undefined {
  const { matched } = hit;
  const argument = unknownIn(matched);
  if (!argument || matched.kind !== 'operation') return undefined;
  const isShifted = matched.operator === 'log1p';
  const saturation = saturationOf(isShifted ? add(1, argument) : argument, hit);
  if (!saturation || !canSaturate(saturation.of, saturation.side)) return undefined;
  const { of, side, target, around, writtenAround, beside } = saturation;
  const isSoftmax = of.source === 'softmax';
  const whole = written(log(writtenAround(variable(isSoftmax ? 'softmax(x)' : 'sigmoid(x)'))));
  const isLong = whole.length > longestName;
  const given = [
    ...(target === undefined ? [] : [`target ${String(target)}`]),
    ...(isLong ? [] : beside.map(({ name, value }) => `${name} = ${String(value)}`)),
    ...(isLong && beside.length > 0 ? ['other operands between 0 and 2'] : []),
  ];
  const name = isLong ? `a logarithm of ${of.source}(x)` : whole;
  return {
    ...hit.form,
    name: given.length === 0 ? name : `${name} with ${given.join(', ')}`,
    culprit: of.source,
    operand: isSoftmax ? 'the logits' : 'the argument of the sigmoid',
    headline: { of: 'value', side, ...(target === undefined ? {} : { target }) },
    unstable: () => log(around(isSoftmax ? softmax(x, 0) : sigmoid(x), target === undefined ? undefined : t)),
    bounded: false,
    speech: speechOfAll(of.source, findAll(argument, 'sum', 'mean').some(hasProbability)),
  };
}

export const logOfSaturated: Rule = {
  id: 'log-of-saturated-probability',
  title: 'log of a saturated probability',
  entries: ['NS01', 'NS02', 'NS03', 'NS04'],
  severity: 'information',
  triggers: logOfMixture.triggers,
  forms: [
    {
      pattern: {
        roots: new Set<Operator>(['log', 'log1p']),
        match(node, bindings) {
          const argument = unknownIn(node);
          if (!argument) return undefined;
          const [first, ...others] = probabilitiesIn(argument);
          // Of several, the name of one would say too little.
          const isOne = first && others.every((other) => sameComputation(other.logit, first.logit));
          return isOne ? new Map(bindings).set('x', first.logit) : bindings;
        },
      },
      name: 'log(|t + sigmoid(x) - 1|)',
      operand: 'the argument of the sigmoid',
      headline: { of: 'value', side: 'above', target: 0 },
      unstable: () => log(absolute(subtract(add(t, sigmoid(x)), 1))),
      sparesSampling: true,
      guard: severityOf,
      at: saturatedAt,
      advice:
        'compute the loss from the logits: with the cross-entropy that takes logits, or with log_sigmoid and log_softmax of what is weighed, added up by logsumexp',
    },
  ],
};
