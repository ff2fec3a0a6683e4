/**
 * exp, log, log1p, expm1, tanh and powers of float32 numbers, two at a time, rounded to float32 exactly as
 * `Math.fround(Math.exp(x))` and the like are.
 *
 * Each is computed in float64 with a relative error of less than `tolerance`. Where a float32 rounding boundary lies
 * within the tolerance, about once in two million results, JavaScript's own function decides; so the results are the
 * same bits, whatever that function's last digits are, as long as it errs by less than the tolerance too (V8's err by
 * less than 2 ULP, 2^-51).
 */
import type { Assembler, Vector } from './assembler';

export type Elementary = 'exp' | 'log' | 'log1p' | 'expm1' | 'tanh';

/** Errors of what is below and of JavaScript's functions together, relative. */
export const tolerance = 2 ** -46;

/** Where float32 results are 0 or infinite for long; keeps 2^n within float64. */
const farthest = 150;

/**
 * (exp(r) - 1 - r) / r^2 for |r| < ln(2) / 2 * 1.0001, lowest power first: interpolated at Chebyshev nodes with 60 digits.
 * exp(r) - 1 has a relative error of 2^-48.3 by it.
 */
const expSeries = [
  0.5, 0.1666666666664829, 0.04166666666665136, 0.008333333353729397, 0.0013888888905881542, 0.00019841208732536384,
  2.4801536388690766e-5, 2.762511557828763e-6, 2.761380686153829e-7,
];

/**
 * 2 (atanh(s) / s - 1) / s^2 in powers of s^2, for |s| <= (sqrt(2) - 1) / (sqrt(2) + 1): interpolated likewise. 2 atanh(s)
 * has a relative error of 2^-50.4 by it.
 */
const logSeries = [
  0.6666666666666206, 0.4000000001126354, 0.2857142412022083, 0.22222864249374918, 0.18140107756610346,
  0.1662311658428347,
];

/** ln 2 in two parts; the first has 32 bits, so that its product with an integer below 2^20 is exact. */
const ln2High = 6.93147180369123816e-1;
const ln2Low = 1.9082149292705877e-10;

/** Adding it leaves the nearest integer in the lowest bits of a float64. */
const shifter = 1.5 * 2 ** 52;

export class ElementaryFunctions {
  constructor(private readonly assembler: Assembler) {}

  /** The function of float32 numbers, rounded to float32; operands and results are held as float64. */
  round(name: Elementary, x: Vector): Vector {
    return this.settle(this.approximate(name, x), name, x);
  }

  /** The function of float32 numbers, with a relative error of less than half the tolerance. */
  approximate(name: Elementary, x: Vector): Vector {
    return this[name](x);
  }

  /** C's pow, rounded to float32, for whole exponents from -7 to 7. */
  roundPower(base: Vector, exponent: number, exponentVector: Vector): Vector {
    const { assembler: a } = this;
    let product = base;
    for (let i = 1; i < Math.abs(exponent); i++) product = a.do('multiply', product, base);
    const power = exponent < 0 ? a.do('divide', a.constant(1), product) : product;
    return this.settle(power, 'pow', base, exponentVector);
  }

  private settle(approximate: Vector, name: string, ...operands: readonly Vector[]): Vector {
    const { assembler: a } = this;
    const within = (factor: number): Vector => a.do('demote', a.do('multiply', approximate, a.constant(factor)));
    return a.do('promote', a.settle(within(1 - tolerance), within(1 + tolerance), name, ...operands));
  }

  private polynomial(x: Vector, coefficients: readonly number[]): Vector {
    const { assembler: a } = this;
    return coefficients
      .map((coefficient) => a.constant(coefficient))
      .reduceRight((sum, coefficient) => a.do('add', a.do('multiply', sum, x), coefficient));
  }

  /** x = n ln 2 + r: exp(r) - 1, and n in the lowest bits of `shifted`. */
  private reduced(x: Vector): { readonly lessOne: Vector; readonly shifted: Vector } {
    const { assembler: a } = this;
    // In this order a NaN stays.
    const clamped = a.do('pseudoMaximum', a.do('pseudoMinimum', x, a.constant(farthest)), a.constant(-farthest));
    const shifted = a.do('add', a.do('multiply', clamped, a.constant(Math.LOG2E)), a.constant(shifter));
    const n = a.do('subtract', shifted, a.constant(shifter));
    const high = a.do('subtract', clamped, a.do('multiply', n, a.constant(ln2High)));
    const r = a.do('subtract', high, a.do('multiply', n, a.constant(ln2Low)));
    // r (1 + r q) rather than r + r^2 q: it keeps -0.
    const series = a.do('multiply', r, this.polynomial(r, expSeries));
    return { lessOne: a.do('multiply', r, a.do('add', series, a.constant(1))), shifted };
  }

  private exp(x: Vector): Vector {
    const { assembler: a } = this;
    const { lessOne, shifted } = this.reduced(x);
    // Adding n to the exponent multiplies by 2^n, but may make a number of a NaN.
    const scaled = a.do('addInteger', a.do('add', lessOne, a.constant(1)), a.shift('left', shifted, 52));
    return a.do('bitSelect', scaled, x, a.do('equal', x, x));
  }

  private expm1(x: Vector): Vector {
    const { assembler: a } = this;
    const { lessOne, shifted } = this.reduced(x);
    const scale = a.do('addInteger', a.constant(1), a.shift('left', shifted, 52));
    // Not plus (scale - 1), which would make a -0 a 0.
    return a.do('subtract', a.do('multiply', lessOne, scale), a.do('subtract', a.constant(1), scale));
  }

  /** u / (u + 2) with u = exp(2|x|) - 1. */
  private tanh(x: Vector): Vector {
    const { assembler: a } = this;
    const magnitude = a.do('absolute', x);
    const u = this.expm1(a.do('add', magnitude, magnitude));
    const quotient = a.do('divide', u, a.do('add', u, a.constant(2)));
    return a.do('or', quotient, a.do('andNot', x, a.bits(0x7fff_ffff_ffff_ffffn)));
  }

  private log(x: Vector): Vector {
    const { fraction, minusExponent } = this.split(x);
    return this.logarithm(x, x, fraction, minusExponent, 0);
  }

  private log1p(x: Vector): Vector {
    const { assembler: a } = this;
    const u = a.do('add', x, a.constant(1));
    const { fraction, minusExponent } = this.split(u);
    // Where 1 + x needs no scaling the fraction is x itself, of which rounding 1 + x may have left little.
    const unscaled = a.do('equal', minusExponent, a.constant(0));
    return this.logarithm(x, u, a.do('bitSelect', x, fraction, unscaled), minusExponent, -1);
  }

  /** u = 2^n (1 + fraction) with 1 + fraction from sqrt(1/2) to sqrt(2); -n as a float64, 0 rather than -0. */
  private split(u: Vector): { readonly fraction: Vector; readonly minusExponent: Vector } {
    const { assembler: a } = this;
    const sqrtHalf = 0x3fe6_a09e_667f_3bcdn;
    // The exponent field, counted from 2048 at sqrt(1/2), so that it is never negative.
    const offset = a.do('addInteger', u, a.bits((2048n << 52n) - sqrtHalf));
    const exponent = a.do('and', offset, a.bits(0xfff0_0000_0000_0000n));
    const scaled = a.do('subtractInteger', u, a.do('addInteger', exponent, a.bits(2048n << 52n)));
    // An integer below 2^52 in the fraction of 2^52.
    const counted = a.do('or', a.shift('rightUnsigned', exponent, 52), a.constant(2 ** 52));
    return {
      fraction: a.do('subtract', scaled, a.constant(1)),
      minusExponent: a.do('subtract', a.constant(2 ** 52 + 2048), counted),
    };
  }

  /**
   * log u = n ln 2 + 2 atanh(f / (2 + f)).
   * @param pole where the logarithm of x is minus infinity; x below is NaN, infinity and NaN stay
   */
  private logarithm(x: Vector, u: Vector, fraction: Vector, minusExponent: Vector, pole: number): Vector {
    const { assembler: a } = this;
    const s = a.do('divide', fraction, a.do('add', fraction, a.constant(2)));
    const square = a.do('multiply', s, s);
    const series = a.do('multiply', a.do('multiply', s, square), this.polynomial(square, logSeries));
    const atanh = a.do('add', a.do('add', s, s), series);
    // -0 where n is 0, which keeps the sign of a zero.
    const whole = a.do('multiply', minusExponent, a.constant(-Math.LN2));
    const inside = a.do('and', a.do('greater', x, a.constant(pole)), a.do('less', u, a.constant(Infinity)));
    const isPole = a.do('equal', x, a.constant(pole));
    const isAbove = a.do('greater', x, a.constant(pole));
    const outside = a.do('bitSelect', a.constant(-Infinity), a.do('bitSelect', x, a.constant(NaN), isAbove), isPole);
    return a.do('bitSelect', a.do('add', whole, atanh), outside, inside);
  }
}
