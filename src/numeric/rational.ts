/**
 * Fractions of BigInts: what exact evaluation falls back on where an interval can't tell a value from a border. They are
 * not reduced, since a greatest common divisor costs more than the few operations that a loss has; what grows beyond
 * `largestSize` is given up.
 */
import * as bf from './bigfloat';
import type { BigFloat } from './bigfloat';

export interface Rational {
  readonly numerator: bigint;
  /** Positive. */
  readonly denominator: bigint;
}

/** Bits of numerator or denominator: seven products of the smallest float64. */
const largestSize = 8192;
const limit = 1n << BigInt(largestSize);

function make(numerator: bigint, denominator: bigint): Rational | undefined {
  return denominator < limit && numerator < limit && numerator > -limit ? { numerator, denominator } : undefined;
}

export const zero: Rational = { numerator: 0n, denominator: 1n };
export const one: Rational = { numerator: 1n, denominator: 1n };

export function fromBigFloat({ mantissa, exponent }: BigFloat): Rational | undefined {
  if (Math.abs(exponent) > largestSize) return undefined;
  return exponent < 0 ? make(mantissa, 1n << BigInt(-exponent)) : make(mantissa << BigInt(exponent), 1n);
}

/** numerator * 10^tens */
export function fromDecimal(numerator: bigint, tens: number): Rational | undefined {
  return tens < 0 ? make(numerator, 10n ** BigInt(-tens)) : make(numerator * 10n ** BigInt(tens), 1n);
}

/** The two floats of so many bits around it, which are one float where the fraction is one. */
export function boundsOf({ numerator, denominator }: Rational, precision: number): { low: BigFloat; high: BigFloat } {
  const [n, d] = [bf.fromInteger(numerator), bf.fromInteger(denominator)];
  return { low: bf.divide(n, d, precision, 'down'), high: bf.divide(n, d, precision, 'up') };
}

export function compare(a: Rational, b: Rational): -1 | 0 | 1 {
  const [left, right] = [a.numerator * b.denominator, b.numerator * a.denominator];
  return left < right ? -1 : left > right ? 1 : 0;
}

export function negate({ numerator, denominator }: Rational): Rational {
  return { numerator: -numerator, denominator };
}

export function add(a: Rational, b: Rational): Rational | undefined {
  if (a.denominator === b.denominator) return make(a.numerator + b.numerator, a.denominator);
  return make(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function multiply(a: Rational, b: Rational): Rational | undefined {
  return make(a.numerator * b.numerator, a.denominator * b.denominator);
}

export function divide(a: Rational, b: Rational): Rational | undefined {
  if (b.numerator === 0n) return undefined;
  const sign = b.numerator < 0n ? -1n : 1n;
  return make(sign * a.numerator * b.denominator, sign * a.denominator * b.numerator);
}

/** @param exponent an integer */
export function power(base: Rational, exponent: number): Rational | undefined {
  const size = bf.bitLength(base.numerator < 0n ? -base.numerator : base.numerator) + bf.bitLength(base.denominator);
  if (size * Math.abs(exponent) > 2 * largestSize) return undefined;
  const positive = BigInt(Math.abs(exponent));
  const raised = { numerator: base.numerator ** positive, denominator: base.denominator ** positive };
  return exponent < 0 ? divide(one, raised) : make(raised.numerator, raised.denominator);
}

/** The square root where that is a fraction too. */
export function squareRoot({ numerator, denominator }: Rational): Rational | undefined {
  if (numerator < 0n) return undefined;
  // n / d = n d / d^2
  const square = numerator * denominator;
  const root = bf.integerSquareRoot(square);
  return root * root === square ? make(root, denominator) : undefined;
}

/** The integer at or below. */
export function floor({ numerator, denominator }: Rational): Rational {
  const quotient = numerator / denominator;
  return { numerator: quotient * denominator > numerator ? quotient - 1n : quotient, denominator: 1n };
}

/** The nearest integer, ties to even. */
export function round(x: Rational): Rational {
  const below = floor(x);
  const twice = 2n * (x.numerator - below.numerator * x.denominator);
  const up = twice > x.denominator || (twice === x.denominator && (below.numerator & 1n) === 1n);
  return up ? { numerator: below.numerator + 1n, denominator: 1n } : below;
}
