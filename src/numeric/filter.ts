import { inOrder, isTensorOperator, type Expression } from '../expression';
import { Balls } from './balls';
import type { BigFloat } from './bigfloat';
import type { NumberFormat } from './format';
import { withoutValue } from './refusal';

/**
 * The first stage of exact evaluation: decides nearly every point in a few microseconds, and says where it can't.
 */
export interface Filter {
  /** The format's nearest value; undefined where it is left open. */
  round(format: NumberFormat, values: readonly number[]): number | undefined;
  /** Whether the value is zero; undefined where that is left open. */
  isZero(values: readonly number[]): boolean | undefined;
}

/** Evaluates one node into its register. Gets all operands before it uses a spare register: they use them too. */
type Step = () => void;

/** Greatest whole exponent that a power is multiplied out for. */
const largestPower = 64;

/** @param boundsOf the decimal number that a constant stands for, to so many bits */
export function compileFilter(
  root: Expression,
  variables: readonly string[],
  boundsOf: (value: number, precision: number) => { readonly low: BigFloat; readonly high: BigFloat },
): Filter {
  const nodes = inOrder([root]);
  const numbers = new Map(nodes.map((node, i) => [node, i]));
  const spare = nodes.length;
  const balls = new Balls(nodes.length + spareRegisters);
  /** The evaluation that the register holds the result of. */
  const doneIn = new Float64Array(nodes.length);
  let evaluation = 0;
  let values: readonly number[] = [];

  const get = (i: number): number => {
    if (doneIn[i] !== evaluation) {
      (steps[i] as Step)();
      doneIn[i] = evaluation;
    }
    return i;
  };
  const steps: Step[] = nodes.map((node, o): Step => {
    switch (node.kind) {
      case 'constant': {
        const { value } = node;
        if (Number.isInteger(value) || !Number.isFinite(value)) balls.setNumber(o, value);
        else balls.setBounds(o, boundsOf(value, constantBits));
        doneIn[o] = Infinity;
        return () => undefined;
      }
      case 'variable': {
        const index = variables.indexOf(node.name);
        if (index < 0) throw new RangeError(`variable "${node.name}" has no value`);
        return () => balls.setNumber(o, values[index] ?? NaN);
      }
      case 'withGradient': {
        const of = numbers.get(node.value) as number;
        return () => balls.copy(o, get(of));
      }
      case 'operation': {
        const operands = node.operands.map((operand) => numbers.get(operand) as number);
        return operationStep(balls, node.operator, o, operands, get, spare);
      }
    }
  });

  const evaluate = (given: readonly number[]): number => {
    evaluation += 1;
    values = given;
    return get(nodes.length - 1);
  };
  return {
    round: (format, given) => (given.some(Number.isNaN) ? NaN : balls.round(evaluate(given), format.round)),
    isZero: (given) => {
      if (given.some(Number.isNaN)) return false;
      const a = evaluate(given);
      if (balls.isUnknown(a)) return undefined;
      if (balls.isNaN(a)) return false;
      const sign = balls.sign(a);
      return Number.isNaN(sign) ? undefined : sign === 0;
    },
  };
}

/** A ball keeps fewer. */
const constantBits = 160;
const spareRegisters = 6;

function operationStep(
  balls: Balls,
  operator: Extract<Expression, { kind: 'operation' }>['operator'],
  o: number,
  operands: readonly number[],
  get: (i: number) => number,
  spare: number,
): Step {
  const [x, y, z] = operands as [number, number, number];
  const truth = (value: boolean): void => balls.setNumber(o, value ? 1 : 0);
  /** Of numbers, comparing which is decided. */
  const comparison =
    (holds: (sign: number) => boolean): Step =>
    () => {
      const [a, b] = [get(x), get(y)];
      if (balls.isNaN(a) || balls.isNaN(b)) {
        truth(false);
        return;
      }
      if (balls.isUnknown(a) || balls.isUnknown(b)) {
        balls.setUnknown(o);
        return;
      }
      const sign = balls.compare(a, b);
      if (Number.isNaN(sign)) balls.setUnknown(o);
      else truth(holds(sign));
    };
  /** The one of two registers whose value times `direction` is the greater, in register `to`. */
  const choose = (to: number, a: number, b: number, direction: 1 | -1): void => {
    if (balls.isNaN(a) || balls.isNaN(b)) {
      balls.setNaN(to);
      return;
    }
    if (balls.isUnknown(a) || balls.isUnknown(b)) {
      balls.setUnknown(to);
      return;
    }
    const sign = balls.compare(a, b) * direction;
    if (Number.isNaN(sign)) balls.setUnknown(to);
    else balls.copy(to, sign < 0 ? b : a);
  };
  /** Whether a condition holds; undefined where that is left open. A NaN is true, as in every language. */
  const isTrue = (a: number): boolean | undefined => {
    if (balls.isUnknown(a)) return undefined;
    if (balls.isNaN(a)) return true;
    const sign = balls.sign(a);
    return Number.isNaN(sign) ? undefined : sign !== 0;
  };
  /** Whether one of two truths is `wanted`, which either alone can decide; or, if not `asked`, whether none is. */
  const either =
    (wanted: boolean, asked: boolean): Step =>
    () => {
      const [a, b] = [get(x), get(y)];
      if (balls.isNaN(a) || balls.isNaN(b)) {
        balls.setNaN(o);
        return;
      }
      const truths = [isTrue(a), isTrue(b)];
      if (truths.includes(wanted)) truth(asked);
      else if (truths.includes(undefined)) balls.setUnknown(o);
      else truth(!asked);
    };
  /** log(1 + exp(-|a|)) into `to`. */
  const tail = (to: number, a: number): void => {
    balls.absolute(to, a);
    balls.negate(to, to);
    balls.exp(to, to);
    balls.log1p(to, to);
  };
  /** log(1 + exp(a)) = max(a, 0) + log(1 + exp(-|a|)) into `o`. */
  const softplusOf = (a: number): void => {
    const sign = balls.sign(a);
    if (balls.isInfinite(a) || Number.isNaN(sign)) {
      balls.setUnknown(o);
      return;
    }
    tail(spare + 1, a);
    if (sign > 0) balls.add(o, a, spare + 1);
    else balls.copy(o, spare + 1);
  };
  /** log(sum(exp(a_i))) into `o`. */
  const logSumExpOf = (logits: readonly number[]): void => {
    let greatest = logits[0] as number;
    for (const logit of logits) {
      if (balls.isUnknown(logit) || balls.isNaN(logit) || balls.isInfinite(logit)) {
        balls.setUnknown(o);
        return;
      }
      // Any of those that are nearly the greatest will do.
      if (balls.compare(logit, greatest) > 0) greatest = logit;
    }
    balls.setNumber(spare, 0);
    let skipped = false;
    for (const logit of logits) {
      if (logit === greatest && !skipped) {
        skipped = true;
        continue;
      }
      balls.subtract(spare + 1, logit, greatest);
      balls.exp(spare + 1, spare + 1);
      balls.add(spare, spare, spare + 1);
    }
    balls.log1p(spare, spare);
    balls.add(o, greatest, spare);
  };
  if (isTensorOperator(operator)) throw withoutValue(operator);
  switch (operator) {
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
      return () => balls[operator](o, get(x), get(y));
    case 'negate':
    case 'absolute':
    case 'exp':
    case 'log':
    case 'log1p':
    case 'expm1':
    case 'sqrt':
      return () => balls[operator](o, get(x));
    case 'power':
      return () => {
        const [base, exponent] = [get(x), get(y)];
        if (balls.isNaN(base) || balls.isNaN(exponent)) {
          balls.setNaN(o);
          return;
        }
        const whole = balls.wholeNumber(exponent);
        const sign = balls.sign(base);
        if (whole !== undefined && Math.abs(whole) <= largestPower) {
          balls.setNumber(spare, 1);
          for (let i = 0; i < Math.abs(whole); i++) balls.multiply(spare, spare, base);
          if (whole >= 0) {
            balls.copy(o, spare);
            return;
          }
          balls.setNumber(spare + 1, 1);
          balls.divide(o, spare + 1, spare);
          return;
        }
        if (!(sign > 0)) {
          balls.setUnknown(o);
          return;
        }
        balls.log(spare, base);
        balls.multiply(spare, exponent, spare);
        balls.exp(o, spare);
      };
    case 'tanh':
      return () => {
        const a = get(x);
        const sign = balls.sign(a);
        if (balls.isInfinite(a) || Number.isNaN(sign)) {
          if (balls.isNaN(a)) balls.setNaN(o);
          else balls.setUnknown(o);
          return;
        }
        // u / (u + 2) with u = exp(2|x|) - 1
        balls.absolute(spare, a);
        balls.add(spare, spare, spare);
        balls.expm1(spare, spare);
        balls.setNumber(spare + 1, 2);
        balls.add(spare + 1, spare, spare + 1);
        balls.divide(o, spare, spare + 1);
        if (sign < 0) balls.negate(o, o);
      };
    case 'sign':
      return () => {
        const a = get(x);
        const sign = balls.sign(a);
        if (balls.isNaN(a)) balls.setNaN(o);
        else if (Number.isNaN(sign)) balls.setUnknown(o);
        else balls.setNumber(o, sign);
      };
    // Seldom, and nothing that this stage could decide at a border.
    case 'floor':
    case 'round':
      return () => balls.setUnknown(o);
    case 'minimum':
      return () => choose(o, get(x), get(y), -1);
    case 'maximum':
      return () => choose(o, get(x), get(y), 1);
    case 'clip':
      return () => {
        const [a, b, c] = [get(x), get(y), get(z)];
        choose(spare, a, b, 1);
        choose(o, spare, c, -1);
      };
    case 'select':
      return () => {
        const condition = isTrue(get(x));
        if (condition === undefined) balls.setUnknown(o);
        else balls.copy(o, get(condition ? y : z));
      };
    case 'less':
      return comparison((sign) => sign < 0);
    case 'lessEqual':
      return comparison((sign) => sign <= 0);
    case 'equal':
      return comparison((sign) => sign === 0);
    case 'and':
      return either(false, false);
    case 'or':
      return either(true, true);
    case 'not':
      return () => {
        const a = get(x);
        const holds = isTrue(a);
        if (balls.isNaN(a)) balls.setNaN(o);
        else if (holds === undefined) balls.setUnknown(o);
        else truth(!holds);
      };
    case 'stopGradient':
      return () => balls.copy(o, get(x));
    case 'sigmoid':
      return () => {
        const a = get(x);
        const sign = balls.sign(a);
        if (balls.isInfinite(a) || Number.isNaN(sign)) {
          balls.setUnknown(o);
          return;
        }
        // exp(-|x|) stays below 1: e / (1 + e) or 1 / (1 + e).
        balls.absolute(spare, a);
        balls.negate(spare, spare);
        balls.exp(spare, spare);
        balls.setNumber(spare + 1, 1);
        balls.add(spare + 2, spare, spare + 1);
        balls.divide(o, sign < 0 ? spare : spare + 1, spare + 2);
      };
    case 'logSigmoid':
      return () => {
        balls.negate(spare, get(x));
        softplusOf(spare);
        balls.negate(o, o);
      };
    case 'softplus':
      return () => softplusOf(get(x));
    case 'logAddExp':
    case 'logSumExp':
      return () => logSumExpOf(operands.map(get));
    case 'logSoftmax':
      return () => {
        logSumExpOf(operands.map(get));
        balls.subtract(o, get(x), o);
      };
    case 'softmax':
      return () => {
        logSumExpOf(operands.map(get));
        balls.subtract(o, get(x), o);
        balls.exp(o, o);
      };
    // These are for intervals alone.
    case 'sinh':
    case 'cosh':
    case 'asin':
    case 'acos':
    case 'atan2':
    case 'asinh':
    case 'acosh':
    case 'atanh':
    case 'erf':
    case 'erfc':
    case 'erfcx':
    case 'normalCdf':
    case 'logNormalCdf':
    case 'logGamma':
    case 'digamma':
      return () => balls.setUnknown(o);
  }
}
