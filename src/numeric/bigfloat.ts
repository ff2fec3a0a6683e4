/**
 * Arbitrary-precision binary floating point on BigInt, with directed rounding: the ends of the intervals that exact
 * evaluation computes with. A value is mantissa * 2^exponent; `down` and `up` bound a true result from either side.
 */
export interface BigFloat {
  /** Signed. An infinity is a mantissa of 1 or -1 with the exponent Infinity. */
  readonly mantissa: bigint;
  readonly exponent: number;
}

export type Direction = 'down' | 'up';

const big = (mantissa: bigint, exponent: number): BigFloat => ({ mantissa, exponent });

export const zero = big(0n, 0);
export const one = big(1n, 0);
export const positiveInfinity = big(1n, Infinity);
export const negativeInfinity = big(-1n, Infinity);

/** Beyond this the exponents themselves would stop being exact integers. */
const largestExponent = 2 ** 52;

export function isInfinite(x: BigFloat): boolean {
  return x.exponent === Infinity;
}

export function signOf(x: BigFloat): -1 | 0 | 1 {
  return x.mantissa > 0n ? 1 : x.mantissa < 0n ? -1 : 0;
}

/** Bits of a number that is not negative; 0 has one. */
export function bitLength(magnitude: bigint): number {
  const hex = magnitude.toString(16);
  return hex.length * 4 - Math.clz32(Number.parseInt(hex[0] as string, 16)) + 28;
}

/** The exponent of the power of two just above |x|, so that |x| < 2^top and |x| >= 2^(top-1). For finite x other than 0. */
export function topOf(x: BigFloat): number {
  return bitLength(x.mantissa < 0n ? -x.mantissa : x.mantissa) + x.exponent;
}

/** x * 2^power */
export function scale(x: BigFloat, power: number): BigFloat {
  return x.mantissa === 0n ? x : big(x.mantissa, x.exponent + power);
}

export function against(direction: Direction): Direction {
  return direction === 'down' ? 'up' : 'down';
}

/** To `precision` bits, towards minus (down) or plus infinity (up). */
export function roundBits(x: BigFloat, precision: number, direction: Direction): BigFloat {
  if (x.mantissa === 0n || isInfinite(x)) return x;
  const length = bitLength(x.mantissa < 0n ? -x.mantissa : x.mantissa);
  const excess = length - precision;
  if (x.exponent + length > largestExponent) return outOfRange(x, direction, true);
  if (x.exponent + length < -largestExponent) return outOfRange(x, direction, false);
  if (excess <= 0) return x;
  const shift = BigInt(excess);
  // Shifting a BigInt right rounds towards minus infinity.
  const mantissa = direction === 'down' ? x.mantissa >> shift : -(-x.mantissa >> shift);
  return big(mantissa, x.exponent + excess);
}

/** A bound for what lies beyond the exponents: an infinity or the largest finite, zero or the smallest. */
function outOfRange(x: BigFloat, direction: Direction, large: boolean): BigFloat {
  const away = (direction === 'up') === x.mantissa > 0n;
  const s = x.mantissa > 0n ? 1n : -1n;
  if (large) return away ? big(s, Infinity) : big(s, largestExponent - 1);
  return away ? big(s, -largestExponent) : zero;
}

/** Exactly the float64. @param x not NaN */
export function fromNumber(x: number): BigFloat {
  if (x === 0) return zero;
  if (x === Infinity) return positiveInfinity;
  if (x === -Infinity) return negativeInfinity;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(x));
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | 0x10000000000000n;
  return big(x < 0 ? -mantissa : mantissa, Math.max(biased, 1) - 1075);
}

/** Exactly the integer. */
export function fromInteger(x: bigint): BigFloat {
  return x === 0n ? zero : big(x, 0);
}

/** numerator / 10^tens or numerator * 10^-tens, bounded. */
export function fromDecimal(numerator: bigint, tens: number, precision: number, direction: Direction): BigFloat {
  if (tens >= 0) return roundBits(big(numerator * 10n ** BigInt(tens), 0), precision, direction);
  return divide(big(numerator, 0), big(10n ** BigInt(-tens), 0), precision, direction);
}

export function negate(x: BigFloat): BigFloat {
  return big(-x.mantissa, x.exponent);
}

export function absolute(x: BigFloat): BigFloat {
  return x.mantissa < 0n ? negate(x) : x;
}

export function compare(a: BigFloat, b: BigFloat): -1 | 0 | 1 {
  const [signA, signB] = [signOf(a), signOf(b)];
  if (signA !== signB) return signA < signB ? -1 : 1;
  if (signA === 0) return 0;
  if (isInfinite(a) || isInfinite(b)) {
    if (isInfinite(a) && isInfinite(b)) return 0;
    return isInfinite(a) === signA > 0 ? 1 : -1;
  }
  const [topA, topB] = [topOf(a), topOf(b)];
  if (topA !== topB) return topA < topB === signA > 0 ? -1 : 1;
  const difference = a.exponent - b.exponent;
  const left = difference > 0 ? a.mantissa << BigInt(difference) : a.mantissa;
  const right = difference < 0 ? b.mantissa << BigInt(-difference) : b.mantissa;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** @param a and b not infinities of opposite sign */
export function add(a: BigFloat, b: BigFloat, precision: number, direction: Direction): BigFloat {
  if (isInfinite(a) || b.mantissa === 0n) return roundBits(a, precision, direction);
  if (isInfinite(b) || a.mantissa === 0n) return roundBits(b, precision, direction);
  let [large, small] = [a, b];
  if (topOf(a) < topOf(b)) [large, small] = [b, a];
  const lowest = Math.min(large.exponent, topOf(large) - precision - 4);
  if (topOf(small) < lowest) {
    // What lies wholly below the last bit that counts only tells the direction.
    const crumb = small.mantissa > 0n === (direction === 'up') ? big(small.mantissa > 0n ? 1n : -1n, lowest) : zero;
    small = crumb;
    if (small.mantissa === 0n) return roundBits(large, precision, direction);
  }
  const exponent = Math.min(large.exponent, small.exponent);
  const total =
    (large.mantissa << BigInt(large.exponent - exponent)) + (small.mantissa << BigInt(small.exponent - exponent));
  return roundBits(big(total, total === 0n ? 0 : exponent), precision, direction);
}

/** @param a and b not a zero and an infinity */
export function multiply(a: BigFloat, b: BigFloat, precision: number, direction: Direction): BigFloat {
  if (isInfinite(a) || isInfinite(b)) return signOf(a) * signOf(b) > 0 ? positiveInfinity : negativeInfinity;
  if (a.mantissa === 0n || b.mantissa === 0n) return zero;
  return roundBits(big(a.mantissa * b.mantissa, a.exponent + b.exponent), precision, direction);
}

/** @param b not zero, and not both infinite */
export function divide(a: BigFloat, b: BigFloat, precision: number, direction: Direction): BigFloat {
  if (a.mantissa === 0n || isInfinite(b)) return zero;
  if (isInfinite(a)) return signOf(a) * signOf(b) > 0 ? positiveInfinity : negativeInfinity;
  const [numerator, denominator] = b.mantissa < 0n ? [-a.mantissa, -b.mantissa] : [a.mantissa, b.mantissa];
  const magnitude = numerator < 0n ? -numerator : numerator;
  const shift = Math.max(0, precision + 2 + bitLength(denominator) - bitLength(magnitude));
  const dividend = magnitude << BigInt(shift);
  let quotient = dividend / denominator;
  const inexact = quotient * denominator !== dividend;
  const negative = numerator < 0n;
  if (inexact && negative === (direction === 'down')) quotient += 1n;
  return roundBits(big(negative ? -quotient : quotient, a.exponent - b.exponent - shift), precision, direction);
}

/** @param x not negative */
export function squareRoot(x: BigFloat, precision: number, direction: Direction): BigFloat {
  if (x.mantissa === 0n || isInfinite(x)) return x;
  let shift = Math.max(0, 2 * precision + 4 - bitLength(x.mantissa));
  if ((x.exponent - shift) % 2 !== 0) shift += 1;
  const scaled = x.mantissa << BigInt(shift);
  let root = integerSquareRoot(scaled);
  if (direction === 'up' && root * root !== scaled) root += 1n;
  return roundBits(big(root, (x.exponent - shift) / 2), precision, direction);
}

/** The integer at or below the square root. */
export function integerSquareRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let estimate = 1n << BigInt(Math.ceil(bitLength(n) / 2));
  for (;;) {
    const next = (estimate + n / estimate) >> 1n;
    if (next >= estimate) return estimate;
    estimate = next;
  }
}

/** The integer at or below. */
export function floorOf(x: BigFloat): BigFloat {
  if (isInfinite(x) || x.exponent >= 0) return x;
  return big(x.mantissa >> BigInt(-x.exponent), 0);
}

// --- exp, log and atan in fixed point -------------------------------------------------------------------------------
// A fixed-point number is a BigInt counting units of 2^-bits. Every step below errs by a few units; `slack` bounds the
// sum of them with room to spare (a Taylor series has fewer than `bits` terms of one unit each, and undoing the
// argument reduction doubles the error `halvings` times).

const halvings = 8;
const guardBits = 40;
const slack = 1n << 30n;

const ln2Cache = new Map<number, bigint>();

/** ln 2 = 18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749) in units of 2^-bits. */
function fixedLn2(bits: number): bigint {
  let value = ln2Cache.get(bits);
  if (value === undefined) {
    const extra = 32;
    const acoth = (n: bigint): bigint => seriesOfInverse(n, n * n, bits + extra);
    value = (18n * acoth(26n) - 2n * acoth(4801n) + 8n * acoth(8749n)) >> BigInt(extra);
    ln2Cache.set(bits, value);
  }
  return value;
}

/** The sum of 1 / (k n square^((k - 1) / 2)) for odd k: atanh(1/n) for the square of n, atan(1/n) for minus that. */
function seriesOfInverse(n: bigint, square: bigint, bits: number): bigint {
  let term = (1n << BigInt(bits)) / n;
  let total = 0n;
  for (let k = 1n; term !== 0n; k += 2n) {
    total += term / k;
    term /= square;
  }
  return total;
}

const piCache = new Map<number, bigint>();

/** pi = 16 atan(1/5) - 4 atan(1/239) (J. Machin), bounded. */
export function pi(precision: number, direction: Direction): BigFloat {
  const bits = precision + guardBits;
  let value = piCache.get(bits);
  if (value === undefined) {
    const acot = (n: bigint): bigint => seriesOfInverse(n, -n * n, bits);
    value = 16n * acot(5n) - 4n * acot(239n);
    piCache.set(bits, value);
  }
  return roundBits(big(direction === 'down' ? value - slack : value + slack, -bits), precision, direction);
}

/** x in units of 2^-bits, at most one unit below. */
export function toFixed(x: BigFloat, bits: number): bigint {
  const shift = x.exponent + bits;
  return shift >= 0 ? x.mantissa << BigInt(shift) : x.mantissa >> BigInt(-shift);
}

/** exp(x) as fixed point times a power of two. @param x finite, |x| < 2^51 */
function fixedExp(x: BigFloat, bits: number): { value: bigint; exponent: number } {
  // The multiple of ln 2 is known to 53 bits more than its integer part has.
  const working = bits + 64;
  const ln2 = fixedLn2(working);
  const fixed = toFixed(x, working);
  const multiple = (2n * fixed + ln2) / (2n * ln2) - (fixed < 0n ? 1n : 0n);
  const unit = BigInt(working);
  const reduced = (fixed - multiple * ln2) >> BigInt(halvings);
  let term = 1n << unit;
  let total = term;
  for (let k = 1n; ; k++) {
    term = (term * reduced) >> unit;
    term = term / k;
    if (term === 0n || term === -1n) break;
    total += term;
  }
  for (let i = 0; i < halvings; i++) total = (total * total) >> unit;
  return { value: total >> 64n, exponent: Number(multiple) };
}

/** e to the x, bounded. */
export function exponential(x: BigFloat, precision: number, direction: Direction): BigFloat {
  if (x.mantissa === 0n) return one;
  if (isInfinite(x)) return x.mantissa > 0n ? x : zero;
  if (topOf(x) > 51) return outOfRange(one, direction, x.mantissa > 0n);
  const bits = precision + guardBits;
  const { value, exponent } = fixedExp(x, bits);
  return roundBits(big(direction === 'down' ? value - slack : value + slack, exponent - bits), precision, direction);
}

/** e to the x less 1, with relative accuracy for small x, bounded. */
export function exponentialLessOne(x: BigFloat, precision: number, direction: Direction): BigFloat {
  if (x.mantissa === 0n) return zero;
  const top = isInfinite(x) ? 64 : topOf(x);
  if (top < -precision - 2) {
    // x < exp(x) - 1 < x + x^2 for 0 < |x| < 1.
    return direction === 'down'
      ? roundBits(x, precision, 'down')
      : add(x, multiply(x, x, precision, 'up'), precision, 'up');
  }
  const wide = precision + Math.max(0, -top) + 8;
  return add(exponential(x, wide, direction), negate(one), precision, direction);
}

/** The natural logarithm of x > 0, with relative accuracy near 1, bounded. */
export function logarithm(x: BigFloat, precision: number, direction: Direction): BigFloat {
  if (isInfinite(x)) return x;
  let exponent = topOf(x);
  // x = y * 2^exponent with y in [3/4, 3/2).
  if (compare(big(x.mantissa, x.exponent - exponent), big(3n, -2)) < 0) exponent -= 1;
  const y = big(x.mantissa, x.exponent - exponent);
  const distance = add(y, negate(one), Infinity, 'down');
  if (distance.mantissa === 0n && exponent === 0) return zero;
  const lost = exponent === 0 ? Math.max(0, -topOf(distance)) : 0;
  const bits = precision + guardBits + lost;
  const unit = BigInt(bits);
  // log y = 2 atanh((y - 1) / (y + 1))
  const sum = add(y, one, Infinity, 'down');
  const u = distance.mantissa === 0n ? 0n : toFixed(divide(distance, sum, bits + 8, 'down'), bits);
  const square = (u * u) >> unit;
  let power = u;
  let total = 0n;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n) {
    total += power / k;
    power = (power * square) >> unit;
  }
  const wide = bits + 64;
  const value = 2n * total + ((BigInt(exponent) * fixedLn2(wide)) >> 64n);
  return roundBits(big(direction === 'down' ? value - slack : value + slack, -bits), precision, direction);
}

/** log(1 + x) for x > -1, with relative accuracy for small x, bounded. */
export function logarithmOnePlus(x: BigFloat, precision: number, direction: Direction): BigFloat {
  if (x.mantissa === 0n) return zero;
  if (isInfinite(x)) return x;
  const top = topOf(x);
  if (top < -precision - 2) {
    // x - x^2 < log(1 + x) < x for 0 < |x| < 1/2.
    return direction === 'up'
      ? roundBits(x, precision, 'up')
      : add(x, negate(multiply(x, x, precision, 'up')), precision, 'down');
  }
  if (top > precision + 64) return logarithm(add(x, one, 2 * precision + 64, direction), precision, direction);
  return logarithm(add(x, one, Infinity, direction), precision, direction);
}

/** The arctangent of x from 0 to 1, with relative accuracy for small x, bounded. */
export function arctangent(x: BigFloat, precision: number, direction: Direction): BigFloat {
  if (x.mantissa === 0n) return zero;
  const top = topOf(x);
  if (top < -precision - 2) {
    // x - x^3 < atan(x) < x
    if (direction === 'up') return roundBits(x, precision, 'up');
    const cube = multiply(multiply(x, x, precision, 'up'), x, precision, 'up');
    return add(x, negate(cube), precision, 'down');
  }
  const bits = precision + guardBits + Math.max(0, -top);
  const unit = BigInt(bits);
  const whole = 1n << unit;
  let reduced = toFixed(x, bits);
  // atan(x) = 2 atan(x / (1 + sqrt(1 + x^2)))
  for (let i = 0; i < halvings; i++) {
    reduced = (reduced << unit) / (whole + integerSquareRoot(whole * whole + reduced * reduced));
  }
  const square = -(reduced * reduced) >> unit;
  let power = reduced;
  let total = 0n;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n) {
    total += power / k;
    power = (power * square) >> unit;
  }
  total <<= BigInt(halvings);
  return roundBits(big(direction === 'down' ? total - slack : total + slack, -bits), precision, direction);
}

// --- to numbers and text --------------------------------------------------------------------------------------------

/** What of a format rounding needs. */
export interface Target {
  readonly precision: number;
  readonly minExponent: number;
  readonly max: number;
  readonly hasInfinity: boolean;
}

/** The format's nearest value, ties to even: one correct rounding. */
export function roundToFormat(x: BigFloat, format: Target): number {
  if (x.mantissa === 0n) return 0;
  const tooLarge = (format.hasInfinity ? Infinity : NaN) * signOf(x);
  if (isInfinite(x) || topOf(x) > 1025) return tooLarge;
  const negative = x.mantissa < 0n;
  const magnitude = negative ? -x.mantissa : x.mantissa;
  const top = topOf(x);
  if (top < format.minExponent - format.precision) return negative ? -0 : 0;
  const quantum = Math.max(top - 1, format.minExponent) - format.precision + 1;
  const shift = quantum - x.exponent;
  let count: bigint;
  if (shift <= 0) count = magnitude << BigInt(-shift);
  else {
    count = magnitude >> BigInt(shift);
    const rest = magnitude - (count << BigInt(shift));
    const half = 1n << BigInt(shift - 1);
    if (rest > half || (rest === half && (count & 1n) === 1n)) count += 1n;
  }
  // Two factors, since 2^quantum alone may lie below the smallest float64.
  const value = Number(count) * 2 ** Math.ceil(quantum / 2) * 2 ** Math.floor(quantum / 2);
  if (value > format.max) return tooLarge;
  return negative ? -value : value;
}

/** `digits` significant decimal digits, nearest (halves up), as d.ddde±x where the exponent is far from 0. */
export function toDecimal(x: BigFloat, digits: number): string {
  if (x.mantissa === 0n) return '0';
  if (isInfinite(x)) return x.mantissa > 0n ? 'Infinity' : '-Infinity';
  const magnitude = x.mantissa < 0n ? -x.mantissa : x.mantissa;
  let tens = Math.floor((topOf(x) - 1) * Math.LOG10E * Math.LN2);
  let text: string;
  for (;;) {
    const places = digits - 1 - tens;
    let numerator = magnitude;
    let denominator = 1n;
    if (places >= 0) numerator *= 10n ** BigInt(places);
    else denominator *= 10n ** BigInt(-places);
    if (x.exponent >= 0) numerator <<= BigInt(x.exponent);
    else denominator <<= BigInt(-x.exponent);
    text = String((2n * numerator + denominator) / (2n * denominator));
    if (text.length <= digits) break;
    tens += 1;
  }
  const sign = x.mantissa < 0n ? '-' : '';
  const trimmed = text.replace(/0+$/, '') || '0';
  if (tens >= -5 && tens < 21) {
    if (tens < 0) return `${sign}0.${'0'.repeat(-tens - 1)}${trimmed}`;
    const whole = text.slice(0, tens + 1).padEnd(tens + 1, '0');
    const fraction = text.slice(tens + 1).replace(/0+$/, '');
    return `${sign}${whole}${fraction && `.${fraction}`}`;
  }
  const mantissa = trimmed.length > 1 ? `${trimmed[0] as string}.${trimmed.slice(1)}` : trimmed;
  return `${sign}${mantissa}e${tens < 0 ? '-' : '+'}${String(Math.abs(tens))}`;
}
