/**
 * Special functions on arbitrary-precision floats with directed rounding, for intervals: each of these gives a bound of the
 * true value on the side asked for, as near as the precision says.
 *
 * Formulas are those of the NIST Digital Library of Mathematical Functions (DLMF) under the numbers given.
 */
import * as bf from './bigfloat';
import type { BigFloat, Direction } from './bigfloat';

/** A function of one number, bounded from one side. */
export type Bounded = (x: BigFloat, precision: number, direction: Direction) => BigFloat;

const { against } = bf;
const two = bf.fromNumber(2);
const minusOne = bf.negate(bf.one);
const half = (x: BigFloat): BigFloat => bf.scale(x, -1);

/** More bits than asked for, for what the steps of a formula lose together. */
const spare = 16;

function toNumber(x: BigFloat): number {
  return bf.roundToFormat(x, { precision: 53, minExponent: -1022, max: Number.MAX_VALUE, hasInfinity: true });
}

/** For a function that changes its sign with x. */
function odd(f: Bounded): Bounded {
  const whole: Bounded = (x, precision, direction) => {
    if (bf.signOf(x) === 0) return bf.zero;
    return bf.signOf(x) > 0 ? f(x, precision, direction) : bf.negate(f(bf.negate(x), precision, against(direction)));
  };
  return whole;
}

// --- hyperbolic functions and their inverses ------------------------------------------------------------------------

/** u / (u + 2) with u = exp(2x) - 1 */
export const hyperbolicTangent = odd((x, precision, direction) => {
  const wide = precision + spare;
  // It rises with u, so a bound of u gives the bound; the division itself is rounded outwards.
  const u = bf.exponentialLessOne(bf.add(x, x, wide, direction), wide, direction);
  if (bf.isInfinite(u)) return bf.one;
  return bf.divide(u, bf.add(u, two, wide, against(direction)), precision, direction);
});

/** (u + u / (1 + u)) / 2 with u = exp(x) - 1 */
export const hyperbolicSine = odd((x, precision, direction) => {
  const wide = precision + spare;
  const u = bf.exponentialLessOne(x, wide, direction);
  if (bf.isInfinite(u)) return u;
  const rest = bf.divide(u, bf.add(u, bf.one, wide, against(direction)), wide, direction);
  return half(bf.add(u, rest, precision, direction));
});

/** (e + 1 / e) / 2 with e = exp(x). @param x not negative */
export const hyperbolicCosine: Bounded = (x, precision, direction) => {
  const wide = precision + spare;
  const bound = bf.exponential(x, wide, direction);
  if (bf.isInfinite(bound)) return bound;
  // It rises from e = 1 on.
  const e = bf.compare(bound, bf.one) < 0 ? bf.one : bound;
  return half(bf.add(e, bf.divide(bf.one, e, wide, direction), precision, direction));
};

/** log1p(x + x^2 / (1 + sqrt(1 + x^2))) */
export const inverseHyperbolicSine = odd((x, precision, direction) => {
  if (bf.isInfinite(x)) return x;
  const wide = precision + spare;
  if (bf.topOf(x) > precision) {
    // Between log(2x) and log(2x + 1).
    const sum = direction === 'down' ? x : bf.add(x, bf.one, wide, direction);
    return bf.logarithm(bf.scale(sum, 1), precision, direction);
  }
  const [square, other] = [bf.multiply(x, x, wide, direction), bf.multiply(x, x, wide, against(direction))];
  const root = bf.squareRoot(bf.add(bf.one, other, wide, against(direction)), wide, against(direction));
  const rest = bf.divide(square, bf.add(bf.one, root, wide, against(direction)), wide, direction);
  return bf.logarithmOnePlus(bf.add(x, rest, wide, direction), precision, direction);
});

/** log1p(d + sqrt(d (2 + d))) with d = x - 1. @param x at least 1 */
export const inverseHyperbolicCosine: Bounded = (x, precision, direction) => {
  if (bf.isInfinite(x)) return x;
  const wide = precision + spare;
  if (bf.topOf(x) > precision) {
    // Between log(2x - 1) and log(2x).
    const sum = direction === 'up' ? x : bf.add(x, minusOne, wide, direction);
    return bf.logarithm(bf.scale(sum, 1), precision, direction);
  }
  const d = bf.add(x, minusOne, Infinity, direction);
  const product = bf.multiply(d, bf.add(d, two, wide, direction), wide, direction);
  const sum = bf.add(d, bf.squareRoot(product, wide, direction), wide, direction);
  return bf.logarithmOnePlus(sum, precision, direction);
};

/** log1p(2x / (1 - x)) / 2. @param x from -1 to 1 */
export const inverseHyperbolicTangent = odd((x, precision, direction) => {
  if (bf.compare(x, bf.one) === 0) return bf.positiveInfinity;
  const wide = precision + spare;
  const rest = bf.add(bf.one, bf.negate(x), wide, against(direction));
  return half(bf.logarithmOnePlus(bf.divide(bf.scale(x, 1), rest, wide, direction), precision, direction));
});

// --- inverse trigonometric functions --------------------------------------------------------------------------------

/** The angle of the point (x, y) with the positive x-axis, from -pi to pi; pi on the negative one, 0 at the origin. */
export function angle(y: BigFloat, x: BigFloat, precision: number, direction: Direction): BigFloat {
  if (bf.signOf(y) < 0) return bf.negate(angle(bf.negate(y), x, precision, against(direction)));
  if (bf.signOf(x) >= 0) return quadrant(y, x, precision, direction);
  const wide = precision + spare;
  const rest = quadrant(y, bf.negate(x), wide, against(direction));
  return bf.add(bf.pi(wide, direction), bf.negate(rest), precision, direction);
}

/** @param y not negative. @param x not negative */
function quadrant(y: BigFloat, x: BigFloat, precision: number, direction: Direction): BigFloat {
  if (bf.signOf(y) === 0) return bf.zero;
  if (bf.isInfinite(x) && bf.isInfinite(y)) return bf.scale(bf.pi(precision, direction), -2);
  const wide = precision + spare;
  if (bf.compare(y, x) <= 0) return bf.arctangent(bf.divide(y, x, wide, direction), precision, direction);
  const other = against(direction);
  const rest = bf.arctangent(bf.divide(x, y, wide, other), wide, other);
  return bf.add(half(bf.pi(wide, direction)), bf.negate(rest), precision, direction);
}

/** sqrt((1 - x)(1 + x)). @param x from -1 to 1 */
function otherLeg(x: BigFloat, precision: number, direction: Direction): BigFloat {
  const factor = (y: BigFloat): BigFloat => bf.add(bf.one, y, precision, direction);
  return bf.squareRoot(bf.multiply(factor(x), factor(bf.negate(x)), precision, direction), precision, direction);
}

/** @param x from -1 to 1 */
export const inverseSine = odd((x, precision, direction) =>
  quadrant(x, otherLeg(x, precision + spare, against(direction)), precision, direction),
);

/** It falls. @param x from -1 to 1 */
export const inverseCosine: Bounded = (x, precision, direction) => {
  // The angle rises with the other leg where x is positive and falls with it where x is negative.
  const outwards = bf.signOf(x) > 0 ? direction : against(direction);
  return angle(otherLeg(x, precision + spare, outwards), x, precision, direction);
};

// --- the error function and its kin ---------------------------------------------------------------------------------

function rootPi(precision: number, direction: Direction): BigFloat {
  return bf.squareRoot(bf.pi(precision + spare, direction), precision, direction);
}

/** x / sqrt(2) */
function overRootTwo(x: BigFloat, precision: number, direction: Direction): BigFloat {
  const root = bf.squareRoot(two, precision, bf.signOf(x) > 0 ? against(direction) : direction);
  return bf.divide(x, root, precision, direction);
}

/** A number between total - error and total + error, in units of 2^-bits. */
interface FixedSum {
  readonly total: bigint;
  readonly error: bigint;
  readonly bits: number;
}

function boundOf({ total, error, bits }: FixedSum, direction: Direction): BigFloat {
  return { mantissa: direction === 'down' ? total - error : total + error, exponent: -bits };
}

/**
 * The sum of (2 x^2)^n / (2 n + 1)!! (DLMF 7.6.2): erf(x) = 2 / sqrt(pi) x exp(-x^2) times it.
 *
 * Rounding down, a term t_n has an error of fewer than n (t_n / y + 2 max(1, t_n)) units, y being 2 x^2, and t_n / y <= 1
 * where y < 1. So N terms err by fewer than 3 N (N + sum) units together. What is left out is less than twice the first
 * term left out: where terms are below 1, each is less than half of the one before.
 */
function risingSum(x: BigFloat, bits: number): FixedSum {
  const y = bf.toFixed(bf.scale(bf.multiply(x, x, Infinity, 'down'), 1), bits);
  const unit = BigInt(bits);
  let term = 1n << unit;
  let total = 0n;
  let n = 1n;
  for (; term !== 0n; n += 2n) {
    total += term;
    term = ((term * y) >> unit) / (n + 2n);
  }
  return { total, error: 3n * (n + 2n) * (n + 1n + (total >> unit)), bits };
}

/**
 * The sum of (-1)^n (2 n - 1)!! / (2 x^2)^n (DLMF 7.12.1), which is less off than the first term left out: erfcx(x) =
 * 1 / (x sqrt(pi)) times it. Terms come below 2^-bits for x^2 > (bits + 4) ln 2.
 *
 * Term n errs by fewer than n + 3 units: 1 / (2 x^2) by two, which count for the first product alone, and each product by
 * another.
 */
function asymptoticSum(x: BigFloat, bits: number): FixedSum {
  const square = bf.scale(bf.multiply(x, x, Infinity, 'down'), 1);
  const inverse = bf.toFixed(bf.divide(bf.one, square, bits, 'down'), bits);
  const unit = BigInt(bits);
  let term = 1n << unit;
  let total = 0n;
  let n = 0n;
  for (; term !== 0n; n += 1n) {
    total += n % 2n === 0n ? term : -term;
    term = (term * (2n * n + 1n) * inverse) >> unit;
  }
  return { total, error: (n + 3n) * (n + 3n), bits };
}

/** Bits before the point of exp(x^2). @param x so small that there are few */
function bitsOfExp(x: BigFloat): number {
  return Math.ceil(toNumber(x) ** 2 * Math.LOG2E);
}

/** exp(x^2) erfc(x), which falls. */
export const scaledErrorFunction: Bounded = (x, precision, direction) => {
  const other = against(direction);
  const wide = precision + spare;
  if (bf.signOf(x) === 0) return bf.one;
  if (bf.signOf(x) < 0) {
    const growth = bf.exponential(bf.multiply(x, x, Infinity, direction), wide, direction);
    if (bf.isInfinite(growth)) return growth;
    return bf.add(bf.scale(growth, 1), bf.negate(scaledErrorFunction(bf.negate(x), wide, other)), precision, direction);
  }
  if (bf.isInfinite(x)) return bf.zero;
  // Room for the errors of a thousand terms.
  const bits = wide + 24;
  if (bf.topOf(x) > 20 || toNumber(x) ** 2 > (bits + 5) * Math.LN2) {
    const divisor = bf.multiply(x, rootPi(wide, other), wide, other);
    return bf.divide(boundOf(asymptoticSum(x, bits), direction), divisor, precision, direction);
  }
  // exp(x^2) (1 - erf(x)), whose size is about 1 / x.
  const lost = bitsOfExp(x) + Math.max(0, bf.topOf(x)) + 8;
  const factor = bf.divide(two, rootPi(wide + lost, direction), wide + lost, other);
  const sum = boundOf(risingSum(x, bits + lost + 24), other);
  const part = bf.multiply(bf.multiply(x, sum, wide + lost, other), factor, wide + lost, other);
  const growth = bf.exponential(bf.multiply(x, x, Infinity, direction), wide + lost, direction);
  return bf.add(growth, bf.negate(part), precision, direction);
};

/** It falls. */
export const complementaryErrorFunction: Bounded = (x, precision, direction) => {
  const wide = precision + spare;
  if (bf.signOf(x) < 0) {
    const rest = complementaryErrorFunction(bf.negate(x), wide, against(direction));
    return bf.add(two, bf.negate(rest), precision, direction);
  }
  if (bf.isInfinite(x)) return bf.zero;
  const square = bf.multiply(x, x, Infinity, against(direction));
  const decay = bf.exponential(bf.negate(square), wide, direction);
  return bf.multiply(decay, scaledErrorFunction(x, wide, direction), precision, direction);
};

export const errorFunction = odd((x, precision, direction) => {
  const wide = precision + spare;
  if (bf.compare(x, bf.one) >= 0) {
    const rest = complementaryErrorFunction(x, wide, against(direction));
    return bf.add(bf.one, bf.negate(rest), precision, direction);
  }
  const square = bf.multiply(x, x, Infinity, against(direction));
  const decay = bf.exponential(bf.negate(square), wide, direction);
  const sum = boundOf(risingSum(x, wide + 24), direction);
  const product = bf.multiply(bf.multiply(x, decay, wide, direction), sum, wide, direction);
  const factor = bf.divide(two, rootPi(wide, against(direction)), wide, direction);
  return bf.multiply(product, factor, precision, direction);
});

/** erfc multiplies a relative error of its argument by twice its square. */
function widerFor(x: BigFloat, precision: number): number {
  return precision + spare + (bf.signOf(x) === 0 ? 0 : 2 * Math.min(Math.max(0, bf.topOf(x)), 64));
}

/** erfc(-x / sqrt(2)) / 2 */
export const normalCdf: Bounded = (x, precision, direction) => {
  const argument = overRootTwo(bf.negate(x), widerFor(x, precision), against(direction));
  return half(complementaryErrorFunction(argument, precision, direction));
};

/** log(erfcx(-x / sqrt(2)) / 2) - x^2 / 2, or log1p(-erfc(x / sqrt(2)) / 2) */
export const logNormalCdf: Bounded = (x, precision, direction) => {
  const wide = widerFor(x, precision);
  if (bf.signOf(x) >= 0) {
    const tail = half(complementaryErrorFunction(overRootTwo(x, wide, direction), wide, against(direction)));
    return bf.logarithmOnePlus(bf.negate(tail), precision, direction);
  }
  if (bf.isInfinite(x)) return x;
  const argument = overRootTwo(bf.negate(x), wide, against(direction));
  const scaled = half(scaledErrorFunction(argument, wide, direction));
  const square = half(bf.multiply(x, x, Infinity, against(direction)));
  return bf.add(bf.logarithm(scaled, wide, direction), bf.negate(square), precision, direction);
};

// --- the gamma function ---------------------------------------------------------------------------------------------

let tangents: readonly bigint[] = [];

/**
 * The tangent numbers 1, 2, 16, 272, ...: number k - 1 is (-1)^(k - 1) B(2k) 4^k (4^k - 1) / (2k). R. P. Brent and D. Harvey,
 * Fast computation of Bernoulli, tangent and secant numbers, 2011, algorithm TangentNumbers.
 */
function tangentNumber(index: number): bigint {
  if (index >= tangents.length) {
    const count = Math.max(32, 2 * tangents.length, index + 1);
    const numbers = [1n];
    for (let k = 1; k < count; k++) numbers.push(BigInt(k) * (numbers[k - 1] as bigint));
    for (let k = 1; k < count; k++) {
      for (let j = k; j < count; j++) {
        numbers[j] = BigInt(j - k) * (numbers[j - 1] as bigint) + BigInt(j - k + 2) * (numbers[j] as bigint);
      }
    }
    tangents = numbers;
  }
  return tangents[index] as bigint;
}

/** |B(2k)| / (2k) */
function bernoulliOver(k: number): { readonly numerator: bigint; readonly denominator: bigint } {
  const power = 1n << BigInt(2 * k);
  return { numerator: tangentNumber(k - 1), denominator: power * (power - 1n) };
}

/**
 * The sum of (-1)^(k - 1) |B(2k)| / (2k divisor(k)) first w^-2(k - 1), where `first` is what stands at k = 1. Less off than
 * the first term left out, and on the side that this has.
 */
function bernoulliSum(
  w: BigFloat,
  first: (direction: Direction) => BigFloat,
  divisor: (k: number) => bigint,
  precision: number,
  direction: Direction,
): BigFloat {
  const square = (side: Direction): BigFloat => bf.multiply(w, w, precision, side);
  const squares = { down: square('down'), up: square('up') };
  const powers = { down: first('down'), up: first('up') };
  const lowest = bf.topOf(powers.up) - precision;
  let total = bf.zero;
  let last = Infinity;
  for (let k = 1; ; k++) {
    const isAdded = k % 2 === 1;
    const side = isAdded ? direction : against(direction);
    const { numerator, denominator } = bernoulliOver(k);
    const term = bf.divide(
      bf.multiply(bf.fromInteger(numerator), powers[side], precision, side),
      bf.fromInteger(denominator * divisor(k)),
      precision,
      side,
    );
    const top = bf.signOf(term) === 0 ? -Infinity : bf.topOf(term);
    // The last one counts where it makes the bound wider.
    const isLast = top < lowest || top > last;
    if (!isLast || isAdded === (direction === 'up')) {
      total = bf.add(total, isAdded ? term : bf.negate(term), precision, direction);
    }
    if (isLast) return total;
    last = top;
    powers.down = bf.divide(powers.down, squares.up, precision, 'down');
    powers.up = bf.divide(powers.up, squares.down, precision, 'up');
  }
}

/** How far x is raised so that an asymptotic series becomes exact enough: its terms come down to exp(-2 pi w). */
function stepsUp(x: BigFloat, precision: number): number {
  return bf.topOf(x) > 32 ? 0 : Math.max(0, Math.ceil(precision / 4 + 2 - toNumber(x)));
}

/** Most bits that are spent on a zero of logGamma nearby. */
const nearest = 8192;

/**
 * log Gamma(w) = (w - 1/2) log w - w + log(2 pi) / 2 + sum of B(2k) / (2k (2k - 1) w^(2k - 1)) (DLMF 5.11.1), w being x plus a
 * whole number. @param x positive
 */
export const logGamma: Bounded = (x, precision, direction) => {
  if (bf.isInfinite(x)) return x;
  const [fromOne, fromTwo] = [-1, -2].map((zero) => bf.add(x, bf.fromNumber(zero), precision + spare, direction)) as [
    BigFloat,
    BigFloat,
  ];
  if (bf.signOf(fromOne) === 0 || bf.signOf(fromTwo) === 0) return bf.zero;
  const other = against(direction);
  if (bf.topOf(x) < -precision - spare) {
    // log Gamma(1 + x) is between -x and 0.
    const rest = direction === 'down' ? bf.negate(x) : bf.zero;
    return bf.add(bf.negate(bf.logarithm(x, precision + spare, other)), rest, precision, direction);
  }
  const lost = Math.min(nearest, Math.max(0, -bf.topOf(fromOne), -bf.topOf(fromTwo)));
  const wide = precision + 2 * spare + lost;
  const steps = stepsUp(x, wide);
  let product = bf.one;
  for (let i = 0; i < steps; i++) {
    product = bf.multiply(product, bf.add(x, bf.fromNumber(i), Infinity, other), wide, other);
  }
  const w = steps === 0 ? x : bf.add(x, bf.fromNumber(steps), Infinity, direction);
  const growth = bf.multiply(
    bf.add(w, bf.fromNumber(-0.5), wide, direction),
    bf.logarithm(w, wide, direction),
    wide,
    direction,
  );
  const parts = [
    bf.negate(w),
    half(bf.logarithm(bf.scale(bf.pi(wide, direction), 1), wide, direction)),
    bernoulliSum(
      w,
      (side) => bf.divide(bf.one, w, wide, side),
      (k) => BigInt(2 * k - 1),
      wide,
      direction,
    ),
    bf.negate(bf.logarithm(product, wide, other)),
  ];
  return bf.roundBits(
    parts.reduce((sum, part) => bf.add(sum, part, wide, direction), growth),
    precision,
    direction,
  );
};

/** log w - 1 / (2w) - sum of B(2k) / (2k w^(2k)) (DLMF 5.11.2), less 1 / x + ... + 1 / (w - 1). It rises. @param x positive */
export const digamma: Bounded = (x, precision, direction) => {
  if (bf.isInfinite(x)) return x;
  const wide = precision + 2 * spare;
  const other = against(direction);
  if (bf.topOf(x) < -wide) {
    // digamma(1 + x) is between -1 and 0.
    const rest = direction === 'down' ? minusOne : bf.zero;
    return bf.add(bf.negate(bf.divide(bf.one, x, wide, other)), rest, precision, direction);
  }
  const steps = stepsUp(x, wide);
  let reciprocals = bf.zero;
  for (let i = 0; i < steps; i++) {
    const term = bf.divide(bf.one, bf.add(x, bf.fromNumber(i), Infinity, other), wide, other);
    reciprocals = bf.add(reciprocals, term, wide, other);
  }
  const w = steps === 0 ? x : bf.add(x, bf.fromNumber(steps), Infinity, direction);
  const parts = [
    half(bf.divide(bf.one, w, wide, other)),
    bernoulliSum(
      w,
      (side) => bf.divide(bf.one, bf.multiply(w, w, wide, against(side)), wide, side),
      () => 1n,
      wide,
      other,
    ),
    reciprocals,
  ];
  return bf.roundBits(
    parts.reduce((sum, part) => bf.add(sum, bf.negate(part), wide, direction), bf.logarithm(w, wide, direction)),
    precision,
    direction,
  );
};
