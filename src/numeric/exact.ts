import { isTensorOperator, type Constant, type Expression, type Operation } from '../expression';
import * as bf from './bigfloat';
import type { BigFloat } from './bigfloat';
import * as special from './bigspecial';
import { compileFilter } from './filter';
import { formats, type NumberFormat } from './format';
import * as rational from './rational';
import type { Rational } from './rational';
import { withoutValue } from './refusal';

/**
 * Exact evaluation: interval arithmetic on arbitrary-precision floats, the precision raised until both ends of the
 * result round to the same value (Ziv's strategy; Rival does the same for Herbie). Correctly rounded where settled.
 *
 * No precision tells 1 - 1e-7 + 1e-7 from 1. So where an interval leaves open whether a value is zero, on which side of
 * a border it lies, or how it rounds, and the value is a fraction, arithmetic of fractions decides.
 *
 * Before all that comes a filter: balls of some 100 bits, which settle nearly every point in a tenth of the time.
 */
export interface ExactOptions {
  /** Bits at which to give up. */
  readonly maxPrecision?: number;
  /** Whether to begin with the filter, which changes no result: true unless said otherwise. */
  readonly filter?: boolean;
}

/** Bits to begin with; each further try takes twice as many. */
const firstPrecision = 96;
const defaultMaxPrecision = 6144;

/** Greatest whole exponent that a power is multiplied out for. */
const largestPower = 1024;

/** A closed interval that holds the true value, or 'NaN' where the true value is undefined. */
type Interval = { readonly low: BigFloat; readonly high: BigFloat } | 'NaN';

/** Thrown where a comparison, a domain or a sign can't be decided at the working precision. */
class Undecided extends Error {}

/** A function of the variables' values, as exact as asked for. */
export interface ExactFunction {
  /** The format's nearest value, ties to even. NaN where the expression is undefined there, or `unsettled`. */
  round(format: NumberFormat, ...values: number[]): number;
  /**
   * The value to so many significant decimal digits; 'NaN' where the expression is undefined there; undefined where it
   * stays unsettled or its power of ten has more than five digits.
   */
  decimal(digits: number, ...values: number[]): string | undefined;
  /** Whether the value is zero exactly; undefined where it stays unsettled. */
  isZero(...values: number[]): boolean | undefined;
}

/**
 * Prepares exact evaluation of `root` as a function of `variables`, in that order.
 *
 * Only the branch of a select that is taken counts. Constants are the decimal numbers that they were written as, the
 * variables' values are exactly the float64 given.
 */
export function compileExact(
  root: Expression,
  variables: readonly string[],
  options: ExactOptions = {},
): ExactFunction {
  const maxPrecision = options.maxPrecision ?? defaultMaxPrecision;
  const filter = options.filter === false ? undefined : compileFilter(root, variables, constantBounds);
  const settle = <T>(values: readonly number[], decide: (interval: Interval) => T | undefined): T | undefined => {
    if (values.some(Number.isNaN)) return decide('NaN');
    const bound = new Map(variables.map((name, i) => [name, bf.fromNumber(values[i] ?? NaN)]));
    const fractions = new Map<Expression, Rational | undefined>();
    for (let precision = firstPrecision; precision <= maxPrecision; precision *= 2) {
      try {
        const evaluator = new IntervalEvaluator(bound, precision, fractions);
        const interval = evaluator.evaluate(root);
        const settled = decide(interval) ?? decide(evaluator.sharpen(root, interval));
        if (settled !== undefined) return settled;
      } catch (error) {
        if (!(error instanceof Undecided)) throw error;
      }
    }
    return undefined;
  };
  return {
    round: (format, ...values) => {
      const rounded =
        filter?.round(format, values) ??
        settle(values, (interval) => {
          if (interval === 'NaN') return NaN;
          const [low, high] = [bf.roundToFormat(interval.low, format), bf.roundToFormat(interval.high, format)];
          return low === high || (Number.isNaN(low) && Number.isNaN(high)) ? high : undefined;
        }) ??
        NaN;
      // Exact arithmetic has only one zero.
      return rounded + 0;
    },
    decimal: (digits, ...values) =>
      settle(values, (interval) => {
        if (interval === 'NaN') return 'NaN';
        if (!isWritable(interval.low) || !isWritable(interval.high)) return undefined;
        const [low, high] = [bf.toDecimal(interval.low, digits), bf.toDecimal(interval.high, digits)];
        return low === high ? low : undefined;
      }),
    isZero: (...values) =>
      filter?.isZero(values) ??
      settle(values, (interval) => {
        if (interval === 'NaN') return false;
        const [low, high] = [bf.signOf(interval.low), bf.signOf(interval.high)];
        if (low === 0 && high === 0) return true;
        return low > 0 || high < 0 ? false : undefined;
      }),
  };
}

/** The float64 nearest to the exact value: the shortest way to one number. */
export function exactNumber(root: Expression, values: Readonly<Record<string, number>>): number {
  const names = Object.keys(values);
  return compileExact(root, names).round(formats.float64, ...names.map((name) => values[name] as number));
}

class IntervalEvaluator {
  private readonly known = new Map<Expression, Interval>();

  constructor(
    private readonly values: ReadonlyMap<string, BigFloat>,
    private readonly precision: number,
    /** Nodes that were asked for as fractions, at any precision; undefined where they are not known to be any. */
    private readonly fractions: Map<Expression, Rational | undefined>,
  ) {}

  evaluate(node: Expression): Interval {
    let interval = this.known.get(node);
    if (interval === undefined) {
      interval = this.compute(node);
      if (hasZeroAndMore(interval)) interval = this.sharpen(node, interval);
      this.known.set(node, interval);
    }
    return interval;
  }

  /** The interval, as narrow as the precision allows where the node's value is a fraction. */
  sharpen(node: Expression, interval: Interval): Interval {
    if (interval === 'NaN' || isPoint(interval)) return interval;
    try {
      const fraction = this.fraction(node, interval);
      return fraction ? rational.boundsOf(fraction, this.precision) : interval;
    } catch (error) {
      // Which of two values is the greater may be left open: their maximum has bounds all the same.
      if (error instanceof Undecided) return interval;
      throw error;
    }
  }

  /** The node's value where it is known to be a fraction. */
  private fraction(node: Expression, interval = this.evaluate(node)): Rational | undefined {
    if (this.fractions.has(node)) return this.fractions.get(node);
    const fraction = isPoint(interval)
      ? bf.isInfinite(interval.low)
        ? undefined
        : rational.fromBigFloat(interval.low)
      : this.computeFraction(node);
    this.fractions.set(node, fraction);
    return fraction;
  }

  private computeFraction(node: Expression): Rational | undefined {
    switch (node.kind) {
      case 'constant':
        return rational.fromDecimal(...decimalOf(node.value));
      case 'variable':
        return undefined;
      case 'withGradient':
        return this.fraction(node.value);
      case 'operation':
        return this.fractionOf(node);
    }
  }

  private fractionOf(node: Operation): Rational | undefined {
    const [first, second, third] = node.operands as [Expression, Expression, Expression];
    switch (node.operator) {
      case 'select':
        return this.fraction(this.truth(this.evaluate(first)) ? second : third);
      // One operand may not be a fraction, and the other be the one that counts.
      case 'minimum':
        return this.fraction(this.compare(first, second) > 0 ? second : first);
      case 'maximum':
        return this.fraction(this.compare(first, second) < 0 ? second : first);
      case 'clip': {
        const raised = this.compare(first, second) < 0 ? second : first;
        return this.fraction(this.compare(raised, third) > 0 ? third : raised);
      }
      case 'subtract':
        if (first === second) return rational.zero;
        break;
      // Of one logit, which may be anything.
      case 'logSumExp':
        return node.operands.length === 1 ? this.fraction(first) : undefined;
      case 'logSoftmax':
        return node.operands.length === 1 ? rational.zero : undefined;
      // Of an abscissa that may be anything positive.
      case 'atan2': {
        const ordinate = this.fraction(first);
        const abscissa = this.evaluate(second);
        const isFlat = ordinate?.numerator === 0n && abscissa !== 'NaN' && bf.signOf(abscissa.low) > 0;
        return isFlat ? rational.zero : undefined;
      }
      default:
        break;
    }
    const operands: Rational[] = [];
    for (const operand of node.operands) {
      const fraction = this.fraction(operand);
      if (!fraction) return undefined;
      operands.push(fraction);
    }
    const [a, b] = operands as [Rational, Rational];
    const isZero = a.numerator === 0n;
    const isOne = a.numerator === a.denominator;
    switch (node.operator) {
      case 'add':
        return rational.add(a, b);
      case 'subtract':
        return rational.add(a, rational.negate(b));
      case 'multiply':
        return rational.multiply(a, b);
      case 'divide':
        return rational.divide(a, b);
      case 'negate':
        return rational.negate(a);
      case 'power': {
        const exponent = Number(b.numerator / b.denominator);
        const isInteger = BigInt(exponent) * b.denominator === b.numerator;
        return isInteger && Math.abs(exponent) <= largestPower ? rational.power(a, exponent) : undefined;
      }
      case 'sqrt':
        return rational.squareRoot(a);
      case 'absolute':
        return a.numerator < 0n ? rational.negate(a) : a;
      case 'floor':
        return rational.floor(a);
      case 'round':
        return rational.round(a);
      case 'stopGradient':
        return a;
      // Of a fraction they are a fraction in these cases; of most it is known that there are no others (Lindemann and
      // Weierstrass).
      case 'exp':
        return isZero ? rational.one : undefined;
      case 'log':
      case 'acos':
      case 'acosh':
        return isOne ? rational.zero : undefined;
      case 'log1p':
      case 'expm1':
      case 'tanh':
      case 'sinh':
      case 'asin':
      case 'asinh':
      case 'atanh':
      case 'erf':
        return isZero ? rational.zero : undefined;
      case 'cosh':
      case 'erfc':
      case 'erfcx':
        return isZero ? rational.one : undefined;
      case 'logGamma':
        return isOne || a.numerator === 2n * a.denominator ? rational.zero : undefined;
      case 'sigmoid':
      case 'normalCdf':
        return isZero ? { numerator: 1n, denominator: 2n } : undefined;
      case 'softmax':
        return operands.every((other) => rational.compare(other, a) === 0)
          ? { numerator: 1n, denominator: BigInt(operands.length) }
          : undefined;
      default:
        // Truth values and signs are whole numbers as soon as they are known; the rest is never a fraction.
        return undefined;
    }
  }

  /** Which of two nodes' values is the greater. */
  private compare(a: Expression, b: Expression): -1 | 0 | 1 {
    const [x, y] = [this.evaluate(a), this.evaluate(b)];
    // The order of a NaN doesn't matter: what is computed of it is NaN.
    if (x === 'NaN' || y === 'NaN' || a === b) return 0;
    if (bf.compare(x.high, y.low) < 0) return -1;
    if (bf.compare(x.low, y.high) > 0) return 1;
    if (isPoint(x) && isPoint(y)) return 0;
    const [left, right] = [this.fraction(a, x), this.fraction(b, y)];
    if (left && right) return rational.compare(left, right);
    throw new Undecided();
  }

  private compute(node: Expression): Interval {
    switch (node.kind) {
      case 'constant':
        return this.constant(node);
      case 'variable': {
        const value = this.values.get(node.name);
        if (!value) throw new RangeError(`variable "${node.name}" has no value`);
        return point(value);
      }
      case 'withGradient':
        return this.evaluate(node.value);
      case 'operation':
        return this.operation(node);
    }
  }

  private constant(node: Constant): Interval {
    const { value } = node;
    if (Number.isNaN(value)) return 'NaN';
    if (!Number.isFinite(value) || Number.isInteger(value)) return point(bf.fromNumber(value));
    return constantBounds(value, this.precision);
  }

  /** A function that rises everywhere. */
  private rising(x: Interval, f: special.Bounded): Interval {
    if (x === 'NaN') return x;
    return { low: f(x.low, this.precision, 'down'), high: f(x.high, this.precision, 'up') };
  }

  /** A function that falls everywhere. */
  private falling(x: Interval, f: special.Bounded): Interval {
    if (x === 'NaN') return x;
    return { low: f(x.high, this.precision, 'down'), high: f(x.low, this.precision, 'up') };
  }

  private operation(node: Operation): Interval {
    const { operator } = node;
    if (isTensorOperator(operator)) throw withoutValue(operator);
    if (operator === 'select') {
      return this.evaluate(
        node.operands[this.truth(this.evaluate(node.operands[0] as Expression)) ? 1 : 2] as Expression,
      );
    }
    const operands = node.operands.map((operand) => this.evaluate(operand));
    const [first, second] = node.operands as [Expression, Expression];
    if (operands.includes('NaN')) {
      return operator === 'less' || operator === 'lessEqual' || operator === 'equal' ? truthValue(false) : 'NaN';
    }
    const [a, b, c] = operands as [Interval, Interval, Interval];
    switch (operator) {
      case 'add':
        return this.add(a, b);
      case 'subtract':
        return this.add(a, opposite(b));
      case 'multiply':
        return this.multiply(a, b);
      case 'divide':
        return this.divide(a, b);
      case 'negate':
        return opposite(a);
      case 'power':
        return this.power(a, this.sharpen(second, b));
      case 'exp':
        return this.rising(a, bf.exponential);
      case 'expm1':
        return this.rising(a, lessOne);
      case 'log':
        return this.log(a);
      case 'log1p':
        return this.log1p(this.sharpen(first, a));
      case 'sqrt':
        return this.sqrt(a);
      case 'absolute':
        return this.maximum(a, opposite(a));
      case 'sign': {
        const [low, high] = bothSigns(a);
        if (low !== high) throw new Undecided();
        return point(bf.fromNumber(low));
      }
      case 'floor':
        return decided(this.sharpen(node, this.rising(a, bf.floorOf)));
      case 'round':
        return decided(this.sharpen(node, this.rising(a, nearestEven)));
      case 'minimum':
        return opposite(this.maximum(opposite(a), opposite(b)));
      case 'maximum':
        return this.maximum(a, b);
      case 'clip':
        return opposite(this.maximum(opposite(this.maximum(a, b)), opposite(c)));
      case 'tanh':
        return this.rising(a, special.hyperbolicTangent);
      case 'less':
        return truthValue(this.compare(first, second) < 0);
      case 'lessEqual':
        return truthValue(this.compare(first, second) <= 0);
      case 'equal':
        return truthValue(this.compare(first, second) === 0);
      case 'and':
        return truthValue(!this.either(a, b, false));
      case 'or':
        return truthValue(this.either(a, b, true));
      case 'not':
        return truthValue(!this.truth(a));
      case 'stopGradient':
        return a;
      case 'sigmoid':
        return this.rising(a, (x, precision, direction) =>
          bf.divide(
            bf.one,
            bf.add(
              bf.one,
              bf.exponential(bf.negate(x), precision + 8, bf.against(direction)),
              precision + 8,
              bf.against(direction),
            ),
            precision,
            direction,
          ),
        );
      case 'logSigmoid':
        return this.rising(a, logSigmoid);
      case 'softplus':
        return this.rising(a, (x, precision, direction) =>
          bf.negate(logSigmoid(bf.negate(x), precision, bf.against(direction))),
        );
      case 'logAddExp':
      case 'logSumExp':
        return this.logSumExp(operands);
      case 'logSoftmax':
        return opposite(this.logSumExp(operands.map((other) => this.add(other, opposite(a)))));
      case 'softmax':
        return this.rising(
          opposite(this.logSumExp(operands.map((other) => this.add(other, opposite(a))))),
          bf.exponential,
        );
      case 'sinh':
        return this.rising(a, special.hyperbolicSine);
      case 'cosh':
        return this.rising(notNegative(this.maximum(a, opposite(a))), special.hyperbolicCosine);
      case 'asin':
        return this.rising(within(this.sharpen(first, a), bf.one), special.inverseSine);
      case 'acos':
        return this.falling(within(this.sharpen(first, a), bf.one), special.inverseCosine);
      case 'atan2':
        return this.angle(a, b);
      case 'asinh':
        return this.rising(a, special.inverseHyperbolicSine);
      case 'acosh':
        return this.rising(
          within(this.sharpen(first, a), bf.positiveInfinity, bf.one),
          special.inverseHyperbolicCosine,
        );
      case 'atanh':
        return this.rising(within(this.sharpen(first, a), bf.one), special.inverseHyperbolicTangent);
      case 'erf':
        return this.rising(a, special.errorFunction);
      case 'erfc':
        return this.falling(a, special.complementaryErrorFunction);
      case 'erfcx':
        return this.falling(a, special.scaledErrorFunction);
      case 'normalCdf':
        return this.rising(a, special.normalCdf);
      case 'logNormalCdf':
        return this.rising(a, special.logNormalCdf);
      case 'logGamma':
        return this.logGamma(this.sharpen(first, a));
      case 'digamma':
        return this.digamma(this.sharpen(first, a));
    }
  }

  private add(a: Interval, b: Interval): Interval {
    if (a === 'NaN' || b === 'NaN') return 'NaN';
    const clash = (x: BigFloat, y: BigFloat): boolean =>
      bf.isInfinite(x) && bf.isInfinite(y) && bf.signOf(x) !== bf.signOf(y);
    if (clash(a.low, b.low) || clash(a.high, b.high)) {
      if (isPoint(a) && isPoint(b)) return 'NaN';
      throw new Undecided();
    }
    return { low: bf.add(a.low, b.low, this.precision, 'down'), high: bf.add(a.high, b.high, this.precision, 'up') };
  }

  private multiply(a: Interval, b: Interval): Interval {
    if (a === 'NaN' || b === 'NaN') return 'NaN';
    const corners: [BigFloat, BigFloat][] = [
      [a.low, b.low],
      [a.low, b.high],
      [a.high, b.low],
      [a.high, b.high],
    ];
    for (const [x, y] of corners) {
      if ((bf.signOf(x) === 0 && bf.isInfinite(y)) || (bf.signOf(y) === 0 && bf.isInfinite(x))) {
        if (isPoint(a) && isPoint(b)) return 'NaN';
        throw new Undecided();
      }
    }
    return this.hull(corners, bf.multiply);
  }

  private divide(a: Interval, b: Interval): Interval {
    if (a === 'NaN' || b === 'NaN') return 'NaN';
    const [low, high] = bothSigns(b);
    if (low === 0 && high === 0) {
      if (!isPoint(a)) throw new Undecided();
      const sign = bf.signOf(a.low);
      return sign === 0 ? 'NaN' : point(sign > 0 ? bf.positiveInfinity : bf.negativeInfinity);
    }
    if (low * high <= 0) throw new Undecided();
    if ([a.low, a.high].some(bf.isInfinite) && [b.low, b.high].some(bf.isInfinite)) {
      if (isPoint(a) && isPoint(b)) return 'NaN';
      throw new Undecided();
    }
    return this.hull(
      [
        [a.low, b.low],
        [a.low, b.high],
        [a.high, b.low],
        [a.high, b.high],
      ],
      bf.divide,
    );
  }

  private hull(
    corners: readonly (readonly [BigFloat, BigFloat])[],
    f: (x: BigFloat, y: BigFloat, precision: number, direction: bf.Direction) => BigFloat,
  ): Interval {
    const of = (direction: bf.Direction): BigFloat =>
      corners
        .map(([x, y]) => f(x, y, this.precision, direction))
        .reduce((best, next) => (bf.compare(next, best) < 0 === (direction === 'down') ? next : best));
    return { low: of('down'), high: of('up') };
  }

  private power(a: Interval, b: Interval): Interval {
    if (a === 'NaN' || b === 'NaN') return 'NaN';
    if (isPoint(b)) {
      const exponent = bf.roundToFormat(b.low, formats.float64);
      if (Number.isInteger(exponent) && Math.abs(exponent) <= largestPower) return this.integerPower(a, exponent);
    }
    const [low, high] = bothSigns(a);
    if (low === 0 && high === 0) {
      const [sign, other] = bothSigns(b);
      if (sign !== other) throw new Undecided();
      return point(sign > 0 ? bf.zero : bf.positiveInfinity);
    }
    if (high < 0) return 'NaN';
    return this.rising(this.multiply(b, this.log(a)), bf.exponential);
  }

  private integerPower(a: Interval, exponent: number): Interval {
    if (exponent < 0) return this.divide(point(bf.one), this.integerPower(a, -exponent));
    let result: Interval = point(bf.one);
    // An even power of an interval around zero is not negative, which plain multiplication would forget.
    const base = exponent % 2 === 0 ? this.maximum(a, opposite(a)) : a;
    for (let i = 0; i < exponent; i++) result = this.multiply(result, base);
    return result;
  }

  private log(a: Interval): Interval {
    if (a === 'NaN') return a;
    const [low, high] = bothSigns(a);
    if (high < 0) return 'NaN';
    if (low === 0 && high === 0) return point(bf.negativeInfinity);
    if (low <= 0) throw new Undecided();
    return this.rising(a, bf.logarithm);
  }

  private log1p(a: Interval): Interval {
    if (a === 'NaN') return a;
    const minusOne = bf.negate(bf.one);
    const [low, high] = [bf.compare(a.low, minusOne), bf.compare(a.high, minusOne)];
    if (high < 0) return 'NaN';
    if (low === 0 && high === 0) return point(bf.negativeInfinity);
    if (low <= 0) throw new Undecided();
    return this.rising(a, bf.logarithmOnePlus);
  }

  private sqrt(a: Interval): Interval {
    if (a === 'NaN') return a;
    const [low, high] = bothSigns(a);
    if (high < 0) return 'NaN';
    if (low < 0) throw new Undecided();
    return this.rising(a, bf.squareRoot);
  }

  /** The angle of the point (x, y), whose least and greatest in a rectangle lie at corners. */
  private angle(y: Interval, x: Interval): Interval {
    if (y === 'NaN' || x === 'NaN') return 'NaN';
    // The negative x-axis has pi on its upper side and -pi below; at the origin all angles meet.
    const crosses = bf.signOf(x.low) <= 0 && bf.signOf(y.low) < 0 && bf.signOf(y.high) >= 0;
    const hasOrigin =
      bf.signOf(x.low) <= 0 && bf.signOf(x.high) >= 0 && bf.signOf(y.low) <= 0 && bf.signOf(y.high) >= 0;
    const endless = [x.low, x.high].some(bf.isInfinite) && [y.low, y.high].some(bf.isInfinite);
    if ((crosses || hasOrigin || endless) && !(isPoint(x) && isPoint(y))) throw new Undecided();
    return this.hull(
      [
        [y.low, x.low],
        [y.low, x.high],
        [y.high, x.low],
        [y.high, x.high],
      ],
      special.angle,
    );
  }

  /** Negative numbers are left undecided. At its poles it is infinite. */
  private logGamma(x: Interval): Interval {
    if (x === 'NaN') return x;
    if (isPoint(x) && bf.signOf(x.low) <= 0 && bf.compare(bf.floorOf(x.low), x.low) === 0) {
      return point(bf.positiveInfinity);
    }
    if (bf.signOf(x.low) <= 0) throw new Undecided();
    if (bf.compare(x.low, aboveTurn) >= 0) return this.rising(x, special.logGamma);
    if (bf.compare(x.high, belowTurn) <= 0) return this.falling(x, special.logGamma);
    // It is convex: nowhere above the higher end, nor below the tangent at the lower one.
    const ends = { low: point(x.low), high: point(x.high) };
    const [atLow, atHigh] = [this.rising(ends.low, special.logGamma), this.rising(ends.high, special.logGamma)];
    const width = this.add(ends.high, opposite(ends.low));
    const tangent = this.add(atLow, this.multiply(this.rising(ends.low, special.digamma), width));
    return hull(opposite(this.maximum(opposite(atLow), opposite(tangent))), this.maximum(atLow, atHigh));
  }

  /** Negative numbers are left undecided. */
  private digamma(x: Interval): Interval {
    if (x === 'NaN') return x;
    // Exact arithmetic has only one zero, which counts as positive.
    if (isPoint(x) && bf.signOf(x.low) === 0) return point(bf.negativeInfinity);
    if (isPoint(x) && bf.signOf(x.low) < 0 && bf.compare(bf.floorOf(x.low), x.low) === 0) return 'NaN';
    if (bf.signOf(x.low) <= 0) throw new Undecided();
    return this.rising(x, special.digamma);
  }

  private maximum(a: Interval, b: Interval): Interval {
    if (a === 'NaN' || b === 'NaN') return 'NaN';
    const greater = (x: BigFloat, y: BigFloat): BigFloat => (bf.compare(x, y) < 0 ? y : x);
    return { low: greater(a.low, b.low), high: greater(a.high, b.high) };
  }

  /** log(sum(exp(x_i))) = m + log1p(sum of exp(x_i - m) without the maximum's own term): it rises in every x_i. */
  private logSumExp(logits: readonly Interval[]): Interval {
    const end = (pick: (interval: Exclude<Interval, 'NaN'>) => BigFloat, direction: bf.Direction): BigFloat => {
      const ends = logits.map((logit) => pick(logit as Exclude<Interval, 'NaN'>));
      const top = ends.reduce((m, x, i) => (bf.compare(x, ends[m] as BigFloat) > 0 ? i : m), 0);
      const greatest = ends[top] as BigFloat;
      if (bf.isInfinite(greatest)) return greatest;
      const wide = this.precision + 16;
      const rest = ends.reduce(
        (sum, x, i) =>
          i === top
            ? sum
            : bf.add(
                sum,
                bf.exponential(bf.add(x, bf.negate(greatest), wide, direction), wide, direction),
                wide,
                direction,
              ),
        bf.zero,
      );
      return bf.add(greatest, bf.logarithmOnePlus(rest, wide, direction), this.precision, direction);
    };
    if (logits.includes('NaN')) return 'NaN';
    return { low: end((x) => x.low, 'down'), high: end((x) => x.high, 'up') };
  }

  private truth(a: Interval): boolean {
    const truth = truthOf(a);
    if (truth === undefined) throw new Undecided();
    return truth;
  }

  /** Whether one of two truths is `wanted`, which either alone can decide. */
  private either(a: Interval, b: Interval, wanted: boolean): boolean {
    return truthOf(a) === wanted || truthOf(b) === wanted || this.truth(a) === wanted || this.truth(b) === wanted;
  }
}

/** Writing a number in decimal takes as many bits as its exponent has units. */
function isWritable(x: BigFloat): boolean {
  return bf.isInfinite(x) || bf.signOf(x) === 0 || Math.abs(bf.topOf(x)) < 2 ** 18;
}

/** The number as it is written: `[digits, tens]` for digits * 10^tens. @param value finite */
function decimalOf(value: number): [bigint, number] {
  const [digits, exponent = '0'] = String(value).split('e') as [string, string?];
  const [whole, fraction = ''] = digits.split('.') as [string, string?];
  return [BigInt(whole + fraction), Number(exponent) - fraction.length];
}

/** @param value finite */
function constantBounds(value: number, precision: number): { low: BigFloat; high: BigFloat } {
  const [digits, tens] = decimalOf(value);
  const bound = (direction: bf.Direction): BigFloat => bf.fromDecimal(digits, tens, precision, direction);
  return { low: bound('down'), high: bound('up') };
}

function point(x: BigFloat): Interval {
  return { low: x, high: x };
}

function isPoint(x: Interval): x is { low: BigFloat; high: BigFloat } {
  return x !== 'NaN' && bf.compare(x.low, x.high) === 0;
}

function truthValue(value: boolean): Interval {
  return point(value ? bf.one : bf.zero);
}

function opposite(x: Interval): Interval {
  return x === 'NaN' ? x : { low: bf.negate(x.high), high: bf.negate(x.low) };
}

/** Whether it is left open if the value is zero. */
function hasZeroAndMore(x: Interval): boolean {
  if (x === 'NaN') return false;
  const [low, high] = [x.low.mantissa, x.high.mantissa];
  return low <= 0n && high >= 0n && low !== high;
}

function bothSigns(x: Interval): [number, number] {
  return x === 'NaN' ? [NaN, NaN] : [bf.signOf(x.low), bf.signOf(x.high)];
}

/** Whether the value is not zero; undefined where that is left open. */
function truthOf(a: Interval): boolean | undefined {
  const [low, high] = bothSigns(a);
  if (low === 0 && high === 0) return false;
  return low <= 0 && high >= 0 ? undefined : true;
}

/** The ends of a step function have to agree. */
function decided(x: Interval): Interval {
  if (x !== 'NaN' && !isPoint(x)) throw new Undecided();
  return x;
}

/** From the least of one to the greatest of the other. */
function hull(lower: Interval, upper: Interval): Interval {
  return lower === 'NaN' || upper === 'NaN' ? 'NaN' : { low: lower.low, high: upper.high };
}

function notNegative(x: Interval): Interval {
  return x !== 'NaN' && bf.signOf(x.low) < 0 ? { low: bf.zero, high: x.high } : x;
}

/** x where it lies in a domain, NaN where it lies outside. */
function within(x: Interval, highest: BigFloat, lowest = bf.negate(highest)): Interval {
  if (x === 'NaN' || bf.compare(x.high, lowest) < 0 || bf.compare(x.low, highest) > 0) return 'NaN';
  if (bf.compare(x.low, lowest) < 0 || bf.compare(x.high, highest) > 0) throw new Undecided();
  return x;
}

/** Around the least value of logGamma, at 1.46163214496836234126... */
const belowTurn = bf.fromNumber(1.4616321449683622);
const aboveTurn = bf.fromNumber(1.4616321449683625);

function lessOne(x: BigFloat, precision: number, direction: bf.Direction): BigFloat {
  return bf.exponentialLessOne(x, precision, direction);
}

/** min(x, 0) - log1p(exp(-|x|)) */
function logSigmoid(x: BigFloat, precision: number, direction: bf.Direction): BigFloat {
  const wide = precision + 8;
  const tail = bf.logarithmOnePlus(
    bf.exponential(bf.negate(bf.absolute(x)), wide, bf.against(direction)),
    wide,
    bf.against(direction),
  );
  return bf.add(bf.signOf(x) < 0 ? x : bf.zero, bf.negate(tail), precision, direction);
}

/** To the nearest integer, ties to even. */
function nearestEven(x: BigFloat): BigFloat {
  if (bf.isInfinite(x) || x.exponent >= 0) return x;
  const below = bf.floorOf(x);
  const half = bf.compare(bf.add(x, bf.negate(below), Infinity, 'down'), bf.fromNumber(0.5));
  const odd = ((below.mantissa << BigInt(below.exponent)) & 1n) === 1n;
  return half > 0 || (half === 0 && odd) ? bf.add(below, bf.one, Infinity, 'down') : below;
}
