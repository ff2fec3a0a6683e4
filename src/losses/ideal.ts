import {
  equal,
  logSigmoid,
  select,
  multiply,
  negate,
  power,
  sigmoid,
  add,
  subtract,
  type Expression,
  type Operand,
} from '../expression';
import { t, z } from './entry';

/**
 * Binary cross-entropy, -t log p - (1 - t) log(1 - p) with p = sigmoid(z). Each term has its own tail, so that nothing
 * cancels for any target, as it does in softplus(z) - t z.
 */
export const binaryCrossEntropy: Expression = subtract(
  weighted(negate(t), logSigmoid(z)),
  weighted(subtract(1, t), logSigmoid(negate(z))),
);

/** A term whose weight may be 0: at an infinite logit it counts as 0 then, not as 0 times infinity. */
function weighted(weight: Expression, term: Expression): Expression {
  return select(equal(weight, 0), 0, multiply(weight, term));
}

/** 1 - p_t = t (1 - p) + (1 - t) p, without a subtraction from 1. */
export const missedProbability: Expression = add(multiply(t, sigmoid(negate(z))), multiply(subtract(1, t), sigmoid(z)));

/** Focal loss: cross-entropy weighted by a power of the probability that was missed. */
export function focalLoss(gamma: Operand, missed: Expression = missedProbability): Expression {
  return multiply(power(missed, gamma), binaryCrossEntropy);
}
