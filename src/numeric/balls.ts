/**
 * Balls: a midpoint of about 105 bits and a radius that bounds how far off the true value is. The first stage of exact
 * evaluation, some ten times as fast as intervals of BigInts; what it can't decide goes on to those.
 *
 * The midpoint is a double-double (h + l) * 2^e with 1 <= |h| < 2, the radius r * 2^e. Since e is counted apart, nothing
 * overflows or underflows. Double-double operations after T. J. Dekker, A floating-point technique for extending the
 * available precision, 1971, and Y. Hida, X. S. Li, D. H. Bailey, Library for double-double and quad-double arithmetic,
 * 2007. Each bound below is that of the operation with a few bits to spare; `test/unit/exact-balls.test.ts` holds
 * the operations to them.
 */
import * as bf from './bigfloat';
import type { BigFloat } from './bigfloat';

/** Relative bounds of the rounding errors of one operation, in units of the result's 2^e. */
const sumError = 2 ** -101;
const productError = 2 ** -99;
const quotientError = 2 ** -97;
const functionError = 2 ** -95;

/** Covers the rounding of the radius itself. */
const roundUp = 1 + 2 ** -40;

/** exp(-4096) = 2^-5909.3 */
const smallestPower = -5909;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** 2^k for -1022 <= k <= 1023. */
function powerOfTwo(k: number): number {
  words[0] = 0;
  words[1] = (k + 1023) << 20;
  return double[0] as number;
}

const splitter = 2 ** 27 + 1;

/** a * b - p exactly, p being their rounded product. */
function productRest(a: number, b: number, p: number): number {
  const ta = splitter * a;
  const aHigh = ta - (ta - a);
  const aLow = a - aHigh;
  const tb = splitter * b;
  const bHigh = tb - (tb - b);
  const bLow = b - bHigh;
  return aHigh * bHigh - p + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

/** Results of the double-double functions below: JavaScript functions return one number. */
const high = 0;
const low = 1;
const result = new Float64Array(2);

function finish(h: number, l: number): void {
  const sum = h + l;
  result[high] = sum;
  result[low] = l - (sum - h);
}

function addPair(ah: number, al: number, bh: number, bl: number): void {
  const s = ah + bh;
  const t = s - ah;
  finish(s, ah - (s - t) + (bh - t) + (al + bl));
}

function multiplyPair(ah: number, al: number, bh: number, bl: number): void {
  const p = ah * bh;
  finish(p, productRest(ah, bh, p) + (ah * bl + al * bh));
}

function dividePair(ah: number, al: number, bh: number, bl: number): void {
  const q = ah / bh;
  const p = q * bh;
  finish(q, (ah - p - productRest(q, bh, p) + al - q * bl) / bh);
}

/** The two float64 that are nearest. */
function pairOf(x: BigFloat): [number, number] {
  const first = bf.roundToFormat(x, doubleFormat);
  const rest = bf.add(x, bf.negate(bf.fromNumber(first)), Infinity, 'down');
  return [first, bf.roundToFormat(rest, doubleFormat)];
}

const doubleFormat: bf.Target = { precision: 53, minExponent: -1022, max: Number.MAX_VALUE, hasInfinity: true };

/** Bits of the tables below before they are rounded to two float64. */
const tableBits = 160;

interface Tables {
  /** 2^(j / 64) for j from 0 to 63, two numbers each. */
  readonly powers: Float64Array;
  /** log(j / 64) for j from 0 to 96, two numbers each; from 48 on they are there. */
  readonly logarithms: Float64Array;
  /** ln(2) / 64 in three parts, the first two of 32 bits, so that their products with integers below 2^21 are exact. */
  readonly step: readonly [number, number, number];
  readonly ln2: readonly [number, number];
  /** 1 / k! for k from 0 to 5, two numbers each. */
  readonly reciprocals: Float64Array;
}

let tables: Tables | undefined;

function makeTables(): Tables {
  const exactLn2 = bf.logarithm(bf.fromNumber(2), tableBits, 'down');
  const scaled = (x: BigFloat, exponent: number): BigFloat => ({
    mantissa: x.mantissa,
    exponent: x.exponent + exponent,
  });
  const fill = (count: number, of: (j: number) => BigFloat): Float64Array =>
    Float64Array.from(Array.from({ length: count }, (_, j) => pairOf(of(j))).flat());
  let rest = scaled(exactLn2, -6);
  const part = (bits: number): number => {
    const value = bf.roundToFormat(rest, { ...doubleFormat, precision: bits });
    rest = bf.add(rest, bf.negate(bf.fromNumber(value)), Infinity, 'down');
    return value;
  };
  let factorial = 1;
  return {
    powers: fill(64, (j) =>
      bf.exponential(bf.multiply(bf.fromNumber(j / 64), exactLn2, tableBits, 'down'), tableBits, 'down'),
    ),
    logarithms: fill(97, (j) => (j < 48 ? bf.zero : bf.logarithm(bf.fromNumber(j / 64), tableBits, 'down'))),
    step: [part(32), part(32), part(53)],
    ln2: pairOf(exactLn2),
    reciprocals: fill(6, (k) => {
      factorial *= Math.max(1, k);
      return bf.divide(bf.one, bf.fromNumber(factorial), tableBits, 'down');
    }),
  };
}

/** 1 / k! for k from 6 to 13. */
const smallReciprocals = [720, 5040, 40320, 362880, 3628800, 39916800, 479001600, 6227020800].map((k) => 1 / k);

/** (exp(r) - 1) / r for |r| < 2^-6, to 2^-103. */
function expSeries(rh: number, rl: number, { reciprocals }: Tables): void {
  let tail = 0;
  for (let k = smallReciprocals.length - 1; k >= 0; k--) tail = tail * rh + (smallReciprocals[k] as number);
  let [h, l] = [tail, 0];
  for (let k = 5; k >= 1; k--) {
    multiplyPair(h, l, rh, rl);
    addPair(
      reciprocals[2 * k] as number,
      reciprocals[2 * k + 1] as number,
      result[high] as number,
      result[low] as number,
    );
    h = result[high] as number;
    l = result[low] as number;
  }
}

/** 2 atanh(s) for |s| < 2^-7, to 2^-102 of it. */
function atanhSeries(sh: number, sl: number): void {
  multiplyPair(sh, sl, sh, sl);
  const [yh, yl] = [result[high] as number, result[low] as number];
  let tail = 1 / 17;
  for (let k = 15; k >= 9; k -= 2) tail = tail * yh + 1 / k;
  // The coefficients below are rounded to double-doubles: 1/k = c + (1 - k c) / k.
  let [h, l] = [tail, 0];
  for (let k = 7; k >= 3; k -= 2) {
    multiplyPair(h, l, yh, yl);
    const c = 1 / k;
    const p = c * k;
    addPair(c, (1 - p - productRest(c, k, p)) / k, result[high] as number, result[low] as number);
    h = result[high] as number;
    l = result[low] as number;
  }
  multiplyPair(h, l, yh, yl);
  addPair(1, 0, result[high] as number, result[low] as number);
  multiplyPair(2 * sh, 2 * sl, result[high] as number, result[low] as number);
}

/**
 * Registers that hold balls. Operations take the numbers of the registers of their operands, and that of their result
 * first. A register may also hold an infinity, `NaN` (the value is undefined), or nothing known at all.
 */
export class Balls {
  private readonly h: Float64Array;
  private readonly l: Float64Array;
  private readonly e: Float64Array;
  private readonly r: Float64Array;
  private readonly tables = (tables ??= makeTables());
  private readonly scratch: number;

  constructor(size: number) {
    this.scratch = size;
    const make = (): Float64Array => new Float64Array(size + 4);
    [this.h, this.l, this.e, this.r] = [make(), make(), make(), make()];
  }

  isUnknown(a: number): boolean {
    return this.r[a] === Infinity;
  }

  isNaN(a: number): boolean {
    return Number.isNaN(this.h[a]);
  }

  isInfinite(a: number): boolean {
    return this.e[a] === Infinity;
  }

  isZero(a: number): boolean {
    return this.h[a] === 0;
  }

  /** The value's sign; NaN where that is left open. */
  sign(a: number): number {
    const h = this.h[a] as number;
    if (h === 0) return 0;
    return Math.abs(h) - Math.abs(this.l[a] as number) > (this.r[a] as number) ? Math.sign(h) : NaN;
  }

  /** The whole number that it is exactly; undefined if it is none, or not known to be one. */
  wholeNumber(a: number): number | undefined {
    const [h, l, e, r] = [this.h[a], this.l[a], this.e[a], this.r[a]] as [number, number, number, number];
    if (h === 0) return 0;
    if (l !== 0 || r !== 0 || !(e >= 0 && e < 53)) return undefined;
    const value = h * powerOfTwo(e);
    return Number.isInteger(value) ? value : undefined;
  }

  /** The least and the greatest number that the ball holds. @param a finite */
  bounds(a: number): { readonly low: BigFloat; readonly high: BigFloat } {
    const [h, l, e, r] = [this.h[a], this.l[a], this.e[a], this.r[a]] as [number, number, number, number];
    const scaled = (value: number): BigFloat => {
      const { mantissa, exponent } = bf.fromNumber(value);
      return { mantissa, exponent: mantissa === 0n ? 0 : exponent + e };
    };
    const middle = bf.add(scaled(h), scaled(l), Infinity, 'down');
    return {
      low: bf.add(middle, scaled(-r), Infinity, 'down'),
      high: bf.add(middle, scaled(r), Infinity, 'up'),
    };
  }

  setUnknown(o: number): void {
    this.put(o, 1, 0, 0, Infinity);
  }

  setNaN(o: number): void {
    this.put(o, NaN, 0, 0, 0);
  }

  setInfinity(o: number, sign: number): void {
    this.put(o, sign, 0, Infinity, 0);
  }

  setNumber(o: number, x: number): void {
    if (Number.isNaN(x)) this.setNaN(o);
    else if (!Number.isFinite(x)) this.setInfinity(o, Math.sign(x));
    else if (Math.abs(x) < 2 ** -1000) this.normalize(o, x * 2 ** 200, 0, -200, 0);
    else if (Math.abs(x) > 2 ** 1000) this.normalize(o, x * 2 ** -200, 0, 200, 0);
    else this.normalize(o, x, 0, 0, 0);
  }

  /** @param bounds of a value with more bits than a ball has */
  setBounds(o: number, { low: below, high: above }: { readonly low: BigFloat; readonly high: BigFloat }): void {
    const e = bf.topOf(below) - 1;
    if (!Number.isFinite(e)) {
      this.setUnknown(o);
      return;
    }
    const [h, l] = pairOf({ mantissa: below.mantissa, exponent: below.exponent - e });
    const exact = bf.compare(below, above) === 0 && bf.topOf(below) - below.exponent <= 53;
    this.normalize(o, h, l, e, exact ? 0 : sumError);
  }

  copy(o: number, a: number): void {
    this.put(o, this.h[a] as number, this.l[a] as number, this.e[a] as number, this.r[a] as number);
  }

  negate(o: number, a: number): void {
    this.put(o, -(this.h[a] as number) + 0, -(this.l[a] as number), this.e[a] as number, this.r[a] as number);
  }

  absolute(o: number, a: number): void {
    if ((this.h[a] as number) < 0) this.negate(o, a);
    else this.copy(o, a);
  }

  add(o: number, a: number, b: number): void {
    if (this.special(o, a, b)) return;
    if (this.isInfinite(a) || this.isInfinite(b)) {
      if (!this.isInfinite(b) || this.h[a] === this.h[b]) this.copy(o, this.isInfinite(a) ? a : b);
      else if (this.isInfinite(a)) this.setNaN(o);
      else this.copy(o, b);
      return;
    }
    if (this.isZero(a)) {
      this.copy(o, b);
      return;
    }
    if (this.isZero(b)) {
      this.copy(o, a);
      return;
    }
    const { h, l, e, r } = this;
    const [x, y] = (e[a] as number) >= (e[b] as number) ? [a, b] : [b, a];
    const distance = (e[x] as number) - (e[y] as number);
    if (distance > 120) {
      const crumb = distance > 1000 ? 2 ** -1000 : powerOfTwo(-distance);
      this.put(
        o,
        h[x] as number,
        l[x] as number,
        e[x] as number,
        ((r[x] as number) + (2 + (r[y] as number)) * crumb) * roundUp,
      );
      return;
    }
    const scale = powerOfTwo(-distance);
    const [ah, bh] = [h[x] as number, (h[y] as number) * scale];
    const [al, bl] = [l[x] as number, (l[y] as number) * scale];
    const radius = ((r[x] as number) + (r[y] as number) * scale) * roundUp;
    addPair(ah, al, bh, bl);
    this.normalize(
      o,
      result[high] as number,
      result[low] as number,
      e[x] as number,
      al === 0 && bl === 0 ? radius : radius + sumError,
    );
  }

  subtract(o: number, a: number, b: number): void {
    if (this.special(o, a, b)) return;
    this.negate(this.scratch, b);
    this.add(o, a, this.scratch);
  }

  multiply(o: number, a: number, b: number): void {
    if (this.special(o, a, b)) return;
    if (this.isInfinite(a) || this.isInfinite(b)) {
      const sign = this.sign(a) * this.sign(b);
      if (Number.isNaN(sign)) this.setUnknown(o);
      else if (sign === 0) this.setNaN(o);
      else this.setInfinity(o, sign);
      return;
    }
    if (this.isZero(a) || this.isZero(b)) {
      this.put(o, 0, 0, 0, 0);
      return;
    }
    const { h, l, e, r } = this;
    const [ah, al, bh, bl] = [h[a] as number, l[a] as number, h[b] as number, l[b] as number];
    const [ra, rb] = [r[a] as number, r[b] as number];
    multiplyPair(ah, al, bh, bl);
    const radius = (2 * (ra + rb) + ra * rb) * roundUp;
    this.normalize(
      o,
      result[high] as number,
      result[low] as number,
      (e[a] as number) + (e[b] as number),
      al === 0 && bl === 0 ? radius : radius + productError,
    );
  }

  divide(o: number, a: number, b: number): void {
    if (this.special(o, a, b)) return;
    const [signA, signB] = [this.sign(a), this.sign(b)];
    if (Number.isNaN(signB) || (Number.isNaN(signA) && signB === 0)) {
      this.setUnknown(o);
      return;
    }
    if (this.isInfinite(a)) {
      if (this.isInfinite(b)) this.setNaN(o);
      else this.setInfinity(o, signA * (signB || 1));
      return;
    }
    if (signB === 0) {
      if (signA === 0) this.setNaN(o);
      else this.setInfinity(o, signA);
      return;
    }
    if (signA === 0 || this.isInfinite(b)) {
      this.put(o, 0, 0, 0, 0);
      return;
    }
    const { h, l, e, r } = this;
    const [ra, rb] = [r[a] as number, r[b] as number];
    if (rb > 0.25) {
      this.setUnknown(o);
      return;
    }
    dividePair(h[a] as number, l[a] as number, h[b] as number, l[b] as number);
    const radius = ((ra + 2 * rb) / (1 - rb - 2 ** -50)) * roundUp + quotientError;
    this.normalize(o, result[high] as number, result[low] as number, (e[a] as number) - (e[b] as number), radius);
  }

  sqrt(o: number, a: number): void {
    if (this.unknownOrNaN(o, a)) return;
    const sign = this.sign(a);
    if (Number.isNaN(sign) || (this.r[a] as number) > 0.25) {
      this.setUnknown(o);
      return;
    }
    if (sign < 0) {
      this.setNaN(o);
      return;
    }
    if (sign === 0 || this.isInfinite(a)) {
      this.copy(o, a);
      return;
    }
    const odd = (this.e[a] as number) % 2 === 0 ? 1 : 2;
    const [h, l] = [(this.h[a] as number) * odd, (this.l[a] as number) * odd];
    const s = Math.sqrt(h);
    const p = s * s;
    finish(s, (h - p - productRest(s, s, p) + l) / (2 * s));
    const exponent = ((this.e[a] as number) - (odd - 1)) / 2;
    this.normalize(
      o,
      result[high] as number,
      result[low] as number,
      exponent,
      2 * (this.r[a] as number) * roundUp + quotientError,
    );
  }

  /** Which is the greater, as a sign; NaN where that is left open. Neither may be NaN or unknown. */
  compare(a: number, b: number): number {
    if (this.isInfinite(a) || this.isInfinite(b)) {
      const infinity = (x: number): number => (this.isInfinite(x) ? (this.h[x] as number) : 0);
      return Math.sign(infinity(a) - infinity(b));
    }
    const difference = this.scratch + 1;
    this.subtract(difference, a, b);
    return this.isUnknown(difference) ? NaN : this.sign(difference);
  }

  exp(o: number, a: number): void {
    if (this.unknownOrNaN(o, a)) return;
    if (this.isZero(a)) {
      this.put(o, 1, 0, 0, 0);
      return;
    }
    const { h, l, e, r } = this;
    if (this.isInfinite(a)) {
      if ((h[a] as number) > 0) this.copy(o, a);
      else this.put(o, 0, 0, 0, 0);
      return;
    }
    const exponent = e[a] as number;
    const sign = this.sign(a);
    if (Number.isNaN(sign)) {
      this.setUnknown(o);
      return;
    }
    // 1 + x + x^2/2 + ...
    if (exponent < -110) {
      this.put(o, 1, 0, 0, (4 + (r[a] as number)) * powerOfTwo(Math.max(exponent, -900)));
      return;
    }
    if (exponent >= 12) {
      const nearest = Math.abs(h[a] as number) - Math.abs(l[a] as number) - (r[a] as number);
      // A value between 0 and 2 exp(-4096), or one that is too large to go on with.
      if (sign < 0 && (exponent > 12 ? nearest >= 0.5 : nearest >= 1)) this.put(o, 1, 0, smallestPower, 1);
      else this.setUnknown(o);
      return;
    }
    const scale = powerOfTwo(exponent);
    const [vh, vl] = [(h[a] as number) * scale, (l[a] as number) * scale];
    const radius = (r[a] as number) * scale;
    if (radius > 2 ** -10) {
      this.setUnknown(o);
      return;
    }
    const { step, powers } = this.tables;
    const n = Math.round(vh / (Math.LN2 / 64));
    addPair(vh - n * step[0], 0, -n * step[1], vl - n * step[2]);
    const [rh, rl] = [result[high] as number, result[low] as number];
    expSeries(rh, rl, this.tables);
    multiplyPair(result[high] as number, result[low] as number, rh, rl);
    addPair(1, 0, result[high] as number, result[low] as number);
    const j = n & 63;
    multiplyPair(powers[2 * j] as number, powers[2 * j + 1] as number, result[high] as number, result[low] as number);
    this.normalize(
      o,
      result[high] as number,
      result[low] as number,
      (n - j) / 64,
      5 * radius + functionError + scale * sumError,
    );
  }

  expm1(o: number, a: number): void {
    if (this.unknownOrNaN(o, a)) return;
    if (this.isZero(a)) {
      this.copy(o, a);
      return;
    }
    const exponent = this.e[a] as number;
    if (exponent > -8) {
      this.exp(this.scratch + 2, a);
      this.setNumber(this.scratch + 3, 1);
      this.subtract(o, this.scratch + 2, this.scratch + 3);
      return;
    }
    const [h, l, r] = [this.h[a] as number, this.l[a] as number, this.r[a] as number];
    if (r > 0.25) {
      this.setUnknown(o);
      return;
    }
    // Below 2^-900 the powers of x would underflow, and don't count.
    const scale = powerOfTwo(Math.max(exponent, -900));
    expSeries(h * scale, l * scale, this.tables);
    multiplyPair(result[high] as number, result[low] as number, h, l);
    this.normalize(o, result[high] as number, result[low] as number, exponent, 1.1 * r + functionError);
  }

  log(o: number, a: number): void {
    if (this.unknownOrNaN(o, a)) return;
    const sign = this.sign(a);
    if (Number.isNaN(sign) || (this.r[a] as number) > 2 ** -10) {
      this.setUnknown(o);
      return;
    }
    if (sign < 0) {
      this.setNaN(o);
      return;
    }
    if (sign === 0) {
      this.setInfinity(o, -1);
      return;
    }
    if (this.isInfinite(a)) {
      this.copy(o, a);
      return;
    }
    const { ln2, logarithms } = this.tables;
    let [h, l, n] = [this.h[a] as number, this.l[a] as number, this.e[a] as number];
    const radius = 1.1 * (this.r[a] as number);
    if (Math.abs(n) > 2 ** 20) {
      this.setUnknown(o);
      return;
    }
    if (h >= 1.5) [h, l, n] = [h / 2, l / 2, n + 1];
    const j = Math.round(h * 64);
    const c = j / 64;
    // h - c is exact: both are near each other. So is h + c up to one rounding, which the second part keeps.
    addPair(h, l, c, 0);
    const [sumHigh, sumLow] = [result[high] as number, result[low] as number];
    addPair(h - c, 0, l, 0);
    if (result[high] === 0 && j === 64 && n === 0) {
      if (radius === 0) this.put(o, 0, 0, 0, 0);
      else this.setUnknown(o);
      return;
    }
    dividePair(result[high] as number, result[low] as number, sumHigh, sumLow);
    atanhSeries(result[high] as number, result[low] as number);
    // Near 1 nothing is added, and the series has its own, relative error.
    if (j === 64 && n === 0) {
      const size = Math.abs(result[high] as number);
      this.normalize(o, result[high] as number, result[low] as number, 0, radius + size * functionError);
      return;
    }
    addPair(
      logarithms[2 * j] as number,
      logarithms[2 * j + 1] as number,
      result[high] as number,
      result[low] as number,
    );
    const [fh, fl] = [result[high] as number, result[low] as number];
    multiplyPair(n, 0, ln2[0], ln2[1]);
    addPair(result[high] as number, result[low] as number, fh, fl);
    const error = functionError * (1 + Math.abs(n));
    this.normalize(o, result[high] as number, result[low] as number, 0, radius + error);
  }

  log1p(o: number, a: number): void {
    if (this.unknownOrNaN(o, a)) return;
    if (this.isZero(a)) {
      this.copy(o, a);
      return;
    }
    const exponent = this.e[a] as number;
    const [h, l, r] = [this.h[a] as number, this.l[a] as number, this.r[a] as number];
    if (exponent > -8 || this.isInfinite(a)) {
      this.setNumber(this.scratch + 2, 1);
      this.add(this.scratch + 3, a, this.scratch + 2);
      this.log(o, this.scratch + 3);
      return;
    }
    // x may be next to nothing with a radius as large: log(1 + x) = x (1 - x/2 ...) stays near it.
    if (exponent < -110) {
      this.put(o, h, l, exponent, r * roundUp + 4 * (1 + r) * (1 + r) * powerOfTwo(Math.max(exponent, -900)));
      return;
    }
    if (r > 0.25) {
      this.setUnknown(o);
      return;
    }
    const scale = powerOfTwo(exponent);
    addPair(2, 0, h * scale, l * scale);
    dividePair(h, l, result[high] as number, result[low] as number);
    // The series for s = x / (2 + x) without its factor 2^e, which comes in again by the square.
    const [sh, sl] = [result[high] as number, result[low] as number];
    atanhSeries(sh * scale, sl * scale);
    const unscale = powerOfTwo(-exponent);
    this.normalize(
      o,
      (result[high] as number) * unscale,
      (result[low] as number) * unscale,
      exponent,
      1.1 * r + functionError,
    );
  }

  private unknownOrNaN(o: number, a: number): boolean {
    if (this.isUnknown(a)) this.setUnknown(o);
    else if (this.isNaN(a)) this.setNaN(o);
    else return false;
    return true;
  }

  private special(o: number, a: number, b: number): boolean {
    if (this.isNaN(a) || this.isNaN(b)) this.setNaN(o);
    else if (this.isUnknown(a) || this.isUnknown(b)) this.setUnknown(o);
    else return false;
    return true;
  }

  private put(o: number, h: number, l: number, e: number, r: number): void {
    this.h[o] = h;
    this.l[o] = l;
    this.e[o] = e;
    this.r[o] = r;
  }

  /** @param h and l a double-double, 2^-900 < |h| < 2^900, or zero */
  private normalize(o: number, h: number, l: number, e: number, r: number): void {
    if (h === 0) {
      if (r === 0) this.put(o, 0, 0, 0, 0);
      else this.setUnknown(o);
      return;
    }
    double[0] = h;
    const exponent = (((words[1] as number) >>> 20) & 0x7ff) - 1023;
    if (exponent === 0) {
      this.put(o, h, l, e, r);
      return;
    }
    const scale = powerOfTwo(-exponent);
    this.put(o, h * scale, l * scale, e + exponent, r * scale);
  }

  /** The format's nearest value of every number in the ball; undefined where they have not the same. */
  round(a: number, round: (x: number) => number): number | undefined {
    if (this.isUnknown(a)) return undefined;
    const [h, l, e, r] = [this.h[a], this.l[a], this.e[a], this.r[a]] as [number, number, number, number];
    if (h === 0 || Number.isNaN(h)) return h;
    if (e === Infinity) return round(h * Infinity);
    // Less than half of the smallest number of any format.
    if (e < -1200 && r < 2 ** 100) return 0;
    if (e < -1021 || e > 1022) return undefined;
    // The radius grows by what adding it to l may lose.
    const margin = r * roundUp + 2 ** -104;
    const [below, above] = [h + (l - margin), h + (l + margin)];
    const exact = r === 0 && l === 0;
    if (below !== above && !exact) return undefined;
    const nearest = (exact ? h : below) * powerOfTwo(e);
    // What rounds to a tie of a narrower format may lie on either side of it.
    const rounded = round(nearest);
    return rounded === nearest || exact || round(nearest * (1 + 2 ** -52)) === round(nearest * (1 - 2 ** -52))
      ? rounded
      : undefined;
  }
}
