import {
  absolute,
  clip,
  constant,
  exp,
  expm1,
  log,
  log1p,
  logAddExp,
  logSigmoid,
  logSoftmax,
  maximum,
  minimum,
  power,
  sigmoid,
  softmax,
  softplus,
  sqrt,
  stopGradient,
  tanh,
  type Expression,
} from '../../expression';
import { unary, binary, type Applied } from './framework';

/** The operations that frameworks share, with the parameter names that one of them has. */
export interface Names {
  /** Of a function of one tensor. */
  readonly x: string;
  /** Of a function of two. */
  readonly pair: readonly [string, string];
}

type Shared =
  | 'absolute'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'logAddExp'
  | 'logSigmoid'
  | 'logSoftmax'
  | 'maximum'
  | 'minimum'
  | 'one'
  | 'power'
  | 'sigmoid'
  | 'softmax'
  | 'softplus'
  | 'sqrt'
  | 'stopGradient'
  | 'tanh'
  | 'zero';

/** A softmax is one component of it, among the logits that it was computed from. */
const ofLogits = (build: (logit: Expression, others: Expression) => Expression, parameter: string): Applied => ({
  does: 'compute',
  parameters: [parameter, 'axis'],
  build: ([x], others) => x && build(x, others()),
});

export function operations({ x, pair }: Names): Readonly<Record<Shared, Applied>> {
  return {
    absolute: unary(absolute, x),
    exp: unary(exp, x),
    expm1: unary(expm1, x),
    log: unary(log, x),
    log1p: unary(log1p, x),
    logAddExp: binary(logAddExp, pair),
    logSigmoid: unary(logSigmoid, x),
    logSoftmax: ofLogits((logit, others) => logSoftmax(logit, others), x),
    maximum: binary(maximum, pair),
    minimum: binary(minimum, pair),
    one: unary(() => constant(1), x),
    power: binary(power, pair),
    sigmoid: unary(sigmoid, x),
    softmax: ofLogits((logit, others) => softmax(logit, others), x),
    softplus: unary(softplus, x),
    sqrt: unary(sqrt, x),
    stopGradient: unary(stopGradient, x),
    tanh: unary(tanh, x),
    zero: unary(() => constant(0), x),
  };
}

/** Limits on both sides or one: what is left out, or None, doesn't limit. */
export function clamp(parameters: readonly [string, string, string]): Applied {
  return {
    does: 'compute',
    parameters,
    build: ([x, low, high]) => {
      if (!x) return undefined;
      if (low && high) return clip(x, low, high);
      if (low) return maximum(x, low);
      return high && minimum(x, high);
    },
  };
}
