/**
 * WGSL functions of float32 numbers given as their bits, in a u32: what WGSL leaves open (whether NaN, infinities and
 * subnormals exist, which rounding, how far its own exp and log may err) is decided here by integers, so that every device
 * gives the same bits.
 *
 * Sums and products of numbers that are neither tiny nor huge are left to the device's own units (`add`, `multiply`),
 * which round them as IEEE 754 does; `units.ts` finds out at the start whether they do, and what else they can do. Their
 * results pass through an integer that the compiler can't know, so that a product is never contracted with a sum, nor a
 * sum undone.
 *
 * Everything else is computed in `Wide`: a sign, an exponent and 32 bits of mantissa, which is 8 more than a float32 has,
 * and rounded once. `test/worker/webgpu.test.ts` holds each function to its error.
 */
import {
  atanSeries,
  digammaSeries,
  erfcxSeries,
  erfSeries,
  exp2Series,
  expm1Series,
  logGammaSeries,
  logSeries,
  sineSeries,
  stirlingSeries,
} from './series';

/** sum c[k] x^k by Horner's rule in unsigned fixed point: x, the coefficients and the sum in units of 2^-32. */
function unsignedSeries(x: string, coefficients: readonly number[]): string {
  return coefficients
    .map((coefficient) => `${String(Math.round(coefficient * 2 ** 32))}u`)
    .reduceRight((sum, coefficient) => `(${coefficient} + mulHigh(${x}, ${sum}))`);
}

/** The same, signed: x in units of 2^-33 and below 1/4, the coefficients and the sum in units of 2^-31. */
function signedSeries(x: string, coefficients: readonly number[]): string {
  return coefficients
    .map((coefficient) => `${String(Math.round(coefficient * 2 ** 31))}i`)
    .reduceRight((sum, coefficient) => `(${coefficient} + (mulHighSigned(${x}, ${sum}) >> 1u))`);
}

/** The same for |x| <= 1: x in units of 2^-31, the coefficients and the sum in units of 2^-scale. */
function coarseSeries(x: string, scale: number, coefficients: readonly number[]): string {
  return coefficients
    .map((coefficient) => `${String(Math.round(coefficient * 2 ** scale))}i`)
    .reduceRight((sum, coefficient) => `(${coefficient} + mulShifted(${x}, ${sum}))`);
}

/** sum c[k] x^k in `Wide`, as statements that end with `sum`. */
function wideSeries(x: string, coefficients: readonly number[]): string {
  const [last, ...rest] = [...coefficients].reverse() as [number, ...number[]];
  const steps = rest.map((coefficient) => `sum = wideAdd(wideMultiply(sum, ${x}), ${wide(coefficient)});`);
  return `var sum = ${wide(last)}; ${steps.join(' ')}`;
}

/** A number as a `Wide`. */
function wide(value: number): string {
  if (value === 0) return 'Wide(0u, -65536, 0u)';
  let [exponent, mantissa] = [0, Math.abs(value)];
  for (; mantissa >= 2; mantissa /= 2) exponent++;
  for (; mantissa < 1; mantissa *= 2) exponent--;
  return `Wide(${value < 0 ? '0x80000000u' : '0u'}, ${String(exponent)}, ${String(Math.round(mantissa * 2 ** 31))}u)`;
}

const bits = new DataView(new ArrayBuffer(4));

/** A float32 as its bits. */
export function literal(value: number): string {
  bits.setFloat32(0, value);
  return Number.isNaN(value) ? '0x7fc00000u' : `0x${bits.getUint32(0).toString(16)}u`;
}

const [one, minusOne] = [literal(1), literal(-1)];
const [infinity, minusInfinity, nan] = [literal(Infinity), literal(-Infinity), literal(NaN)];

/** What every shader begins with. `mantissa` counts units of 2^(exponent - 31) and is at least 2^31, or 0 for a zero. */
export const prelude = `struct Wide { sign: u32, exponent: i32, mantissa: u32 }
`;

const source = `
fn magnitude(x: u32) -> u32 { return x & 0x7fffffffu; }
fn signOf(x: u32) -> u32 { return x & 0x80000000u; }
fn isNan(x: u32) -> bool { return magnitude(x) > ${infinity}; }
fn isFinite(x: u32) -> bool { return magnitude(x) < ${infinity}; }
fn isZero(x: u32) -> bool { return magnitude(x) == 0u; }
fn truth(x: bool) -> u32 { return select(0u, ${one}, x); }
fn finiteOrZero(x: u32) -> u32 { return select(0u, x, isFinite(x)); }
fn pick(condition: u32, whenTrue: u32, whenFalse: u32) -> u32 { return select(whenTrue, whenFalse, isZero(condition)); }

fn order(x: u32) -> i32 {
  let size = i32(magnitude(x));
  return select(size, -size, signOf(x) != 0u);
}
fn less(a: u32, b: u32) -> bool { return !isNan(a) && !isNan(b) && order(a) < order(b); }
fn lessEqual(a: u32, b: u32) -> bool { return !isNan(a) && !isNan(b) && order(a) <= order(b); }
fn equal(a: u32, b: u32) -> bool { return !isNan(a) && !isNan(b) && order(a) == order(b); }
fn minimum(a: u32, b: u32) -> u32 { return select(select(${nan}, b, less(b, a)), a, lessEqual(a, b)); }
fn maximum(a: u32, b: u32) -> u32 { return select(select(${nan}, b, less(a, b)), a, lessEqual(b, a)); }
fn negate(x: u32) -> u32 { return x ^ 0x80000000u; }
fn signum(x: u32) -> u32 { return select(signOf(x) | ${one}, x, isZero(x) || isNan(x)); }

fn roundDown(x: u32) -> u32 {
  let exponent = magnitude(x) >> 23u;
  if (exponent >= 150u) { return x; }
  if (exponent < 127u) { return select(select(0u, ${minusOne}, signOf(x) != 0u), x, isZero(x)); }
  let mask = 0x7fffffu >> (exponent - 127u);
  return select(x, x + mask, signOf(x) != 0u) & ~mask;
}

fn roundToEven(x: u32) -> u32 {
  let exponent = magnitude(x) >> 23u;
  if (exponent >= 150u) { return x; }
  if (exponent < 127u) { return signOf(x) | select(0u, ${one}, magnitude(x) > ${literal(0.5)}); }
  let half = 1u << (149u - exponent);
  let isOdd = (x >> (150u - exponent)) & 1u;
  return (x + half - 1u + isOdd) & ~(2u * half - 1u);
}

fn mulHigh(a: u32, b: u32) -> u32 {
  let aLow = a & 0xffffu; let aHigh = a >> 16u;
  let bLow = b & 0xffffu; let bHigh = b >> 16u;
  let carry = aHigh * bLow + ((aLow * bLow) >> 16u);
  let middle = aLow * bHigh + (carry & 0xffffu);
  return aHigh * bHigh + (carry >> 16u) + (middle >> 16u);
}

fn mulHighSigned(a: i32, b: i32) -> i32 {
  let high = mulHigh(bitcast<u32>(a), bitcast<u32>(b));
  return bitcast<i32>(high - select(0u, bitcast<u32>(b), a < 0) - select(0u, bitcast<u32>(a), b < 0));
}

fn mulShifted(a: i32, b: i32) -> i32 {
  let low = bitcast<u32>(a) * bitcast<u32>(b);
  return bitcast<i32>((bitcast<u32>(mulHighSigned(a, b)) << 1u) | (low >> 31u));
}

fn widen(x: u32) -> Wide {
  let fraction = x & 0x7fffffu;
  let exponent = (x >> 23u) & 0xffu;
  if (exponent != 0u) { return Wide(signOf(x), i32(exponent) - 127, (fraction | 0x800000u) << 8u); }
  if (fraction == 0u) { return Wide(signOf(x), -65536, 0u); }
  let zeros = countLeadingZeros(fraction);
  return Wide(signOf(x), -118 - i32(zeros), fraction << zeros);
}

fn narrow(x: Wide) -> u32 {
  if (x.mantissa == 0u) { return x.sign; }
  if (x.exponent > 127) { return x.sign | ${infinity}; }
  if (x.exponent < -150) { return x.sign; }
  let normal = max(x.exponent, -126);
  let drop = 8u + u32(normal - x.exponent);
  let isAll = drop >= 32u;
  let kept = select(x.mantissa >> (drop & 31u), 0u, isAll);
  let rest = select(x.mantissa << ((32u - drop) & 31u), x.mantissa, isAll);
  let up = rest > 0x80000000u || (rest == 0x80000000u && (kept & 1u) == 1u);
  return x.sign | ((u32(normal + 126) << 23u) + kept + select(0u, 1u, up));
}

fn opposite(x: Wide) -> Wide { return Wide(x.sign ^ 0x80000000u, x.exponent, x.mantissa); }
fn wideSize(x: Wide) -> Wide { return Wide(0u, x.exponent, x.mantissa); }
fn scaled(x: Wide, exponent: i32) -> Wide { return Wide(x.sign, x.exponent + exponent, x.mantissa); }

fn wideInteger(x: i32) -> Wide {
  let size = u32(abs(x));
  if (size == 0u) { return ${wide(0)}; }
  let zeros = countLeadingZeros(size);
  return Wide(select(0u, 0x80000000u, x < 0), 31 - i32(zeros), size << zeros);
}

fn wideMultiply(a: Wide, b: Wide) -> Wide {
  let high = mulHigh(a.mantissa, b.mantissa);
  let isShort = high < 0x80000000u;
  let mantissa = select(high, (high << 1u) | ((a.mantissa * b.mantissa) >> 31u), isShort);
  return Wide(a.sign ^ b.sign, a.exponent + b.exponent + select(1, 0, isShort), mantissa);
}

fn wideAdd(first: Wide, second: Wide) -> Wide {
  // A zero's exponent is below all others.
  let isSecond = second.exponent > first.exponent;
  let exponent = max(first.exponent, second.exponent);
  let distance = u32(min(abs(first.exponent - second.exponent), 31));
  let larger = select(first.mantissa, second.mantissa, isSecond) >> 1u;
  let smaller = (select(second.mantissa, first.mantissa, isSecond) >> 1u) >> distance;
  let sign = select(first.sign, second.sign, isSecond);
  let isSum = first.sign == second.sign;
  let isTurned = !isSum && smaller > larger;
  let difference = select(larger - smaller, smaller - larger, isTurned);
  return wideShifted(sign ^ select(0u, 0x80000000u, isTurned), exponent + 1, select(difference, larger + smaller, isSum));
}

fn wideShifted(sign: u32, exponent: i32, mantissa: u32) -> Wide {
  if (mantissa == 0u) { return ${wide(0)}; }
  let zeros = countLeadingZeros(mantissa);
  return Wide(sign, exponent - i32(zeros), mantissa << zeros);
}

fn wideDivide(a: Wide, b: Wide) -> Wide {
  // 2^61 / b by the device's division, and one step of Newton's method with the exact error of that: 2^63 / b.
  let excess = b.mantissa - 0x80000000u;
  let estimate = u32(0x1p+61f / f32(b.mantissa));
  let high = mulHigh(estimate, b.mantissa) - 0x20000000u;
  let error = bitcast<i32>((high << 22u) | ((estimate * b.mantissa) >> 10u));
  let refined = (estimate << 2u) - bitcast<u32>(mulHighSigned(bitcast<i32>(estimate), error) >> 17u);
  // Next to 2^31 the reciprocal is next to 2^32, where an error of one would wrap around.
  let reciprocal = select(refined, 0u - max(2u * excess, 1u), excess < 16u);
  let quotient = mulHigh(a.mantissa, reciprocal);
  let isShort = quotient < 0x80000000u;
  let sign = a.sign ^ b.sign;
  return Wide(sign, a.exponent - b.exponent - select(0, 1, isShort), select(quotient, quotient << 1u, isShort));
}

fn wideSquareRoot(x: Wide) -> Wide {
  if (x.mantissa == 0u) { return x; }
  let isOdd = x.exponent & 1;
  let root = u32(sqrt(f32(x.mantissa >> u32(1 - isOdd))) * 65536.0) & 0xffffff00u;
  let estimate = Wide(0u, (x.exponent - isOdd) / 2, root);
  return scaled(wideAdd(estimate, wideDivide(x, estimate)), -1);
}

fn fixed(x: Wide, scale: i32) -> i32 {
  let shift = 31 - x.exponent - scale;
  if (x.mantissa == 0u || shift > 31) { return 0; }
  let size = bitcast<i32>(x.mantissa >> u32(shift));
  return select(size, -size, x.sign != 0u);
}

fn wideFixed(x: i32, scale: i32) -> Wide {
  return scaled(wideInteger(x), -scale);
}

fn onePlus(x: i32) -> Wide {
  if (x < 0) { return wideShifted(0u, -1, bitcast<u32>(x)); }
  return Wide(0u, 0, 0x80000000u + (bitcast<u32>(x) >> 1u));
}

fn addExactly(x: u32, y: u32) -> u32 {
  if (!isFinite(x) || !isFinite(y)) {
    if (isNan(x) || isNan(y)) { return ${nan}; }
    if (isFinite(y)) { return x; }
    if (isFinite(x)) { return y; }
    return select(${nan}, x, x == y);
  }
  let isSecond = magnitude(y) > magnitude(x);
  if (isZero(x) && isZero(y)) { return x & y; }
  return roundedSum(widen(select(x, y, isSecond)), widen(select(y, x, isSecond)));
}

fn roundedSum(a: Wide, b: Wide) -> u32 {
  // For |a| >= |b|, a not zero, and a sum of at least 2^-31 of a: rounded once.
  // 32 bits more than the mantissa's, of which the last one stands for all that is less.
  let distance = u32(a.exponent - b.exponent);
  let isNear = distance < 32u;
  var high = select(0u, b.mantissa >> (distance & 31u), isNear);
  var low = select(select(0u, 1u, b.mantissa != 0u), b.mantissa << ((32u - distance) & 31u), isNear && distance != 0u);
  var exponent = a.exponent;
  if (distance == 0u) { low = 0u; }
  if (a.sign == b.sign) {
    high += a.mantissa;
    if (high < a.mantissa) {
      low = (high << 31u) | (low >> 1u) | (low & 1u);
      high = (high >> 1u) | 0x80000000u;
      exponent += 1;
    }
  } else {
    high = a.mantissa - high - select(0u, 1u, low != 0u);
    low = 0u - low;
    if (high == 0u && low == 0u) { return 0u; }
    // Numbers of 24 bits that are not equal differ in the upper half.
    let zeros = countLeadingZeros(high);
    if (zeros > 0u) {
      high = (high << zeros) | (low >> (32u - zeros));
      low = low << zeros;
      exponent -= i32(zeros);
    }
  }
  return narrow(Wide(a.sign, exponent, high | select(0u, 1u, low != 0u)));
}

fn add(a: u32, b: u32) -> u32 {
  let greatest = max(magnitude(a), magnitude(b));
  if (greatest - ${literal(2 ** -77)} < ${literal(2 ** 126)} - ${literal(2 ** -77)}) {
    return bitcast<u32>(bitcast<f32>(a) + bitcast<f32>(b)) ^ parameters.zero;
  }
  return addExactly(a, b);
}


fn multiplyExactly(a: u32, b: u32) -> u32 {
  let sign = signOf(a ^ b);
  if (!isFinite(a) || !isFinite(b)) {
    return select(sign | ${infinity}, ${nan}, isNan(a) || isNan(b) || isZero(a) || isZero(b));
  }
  let x = widen(a);
  let y = widen(b);
  let product = wideMultiply(x, y);
  // Its lowest bit stands for all that is less: the mantissas have 24 bits.
  return narrow(Wide(sign, product.exponent, product.mantissa | select(0u, 1u, ((x.mantissa * y.mantissa) << 1u) != 0u)));
}

fn multiply(a: u32, b: u32) -> u32 {
  let aExponent = magnitude(a) >> 23u;
  let bExponent = magnitude(b) >> 23u;
  if (aExponent - 1u < 254u && bExponent - 1u < 254u && aExponent + bExponent - 129u < 250u) {
    return bitcast<u32>(bitcast<f32>(a) * bitcast<f32>(b)) ^ parameters.zero;
  }
  return multiplyExactly(a, b);
}

fn divide(a: u32, b: u32) -> u32 {
  let sign = signOf(a ^ b);
  if (!isFinite(a) || !isFinite(b)) {
    if (isNan(a) || isNan(b) || (!isFinite(a) && !isFinite(b))) { return ${nan}; }
    return select(sign, sign | ${infinity}, isFinite(b));
  }
  if (isZero(b)) { return select(sign | ${infinity}, ${nan}, isZero(a)); }
  if (isZero(a)) { return sign; }
  let x = widen(a);
  let y = widen(b);
  var dividend = x.mantissa >> 8u;
  let divisor = y.mantissa >> 8u;
  var exponent = x.exponent - y.exponent;
  if (dividend < divisor) {
    dividend = dividend << 1u;
    exponent -= 1;
  }
  // dividend 2^25 / divisor by the device's division; the remainder, which is small, is exact modulo 2^32.
  var quotient = u32(f32(dividend) / f32(divisor) * 33554432.0);
  var remainder = bitcast<i32>((dividend << 25u) - quotient * divisor);
  let correction = i32(floor(f32(remainder) / f32(divisor)));
  quotient += bitcast<u32>(correction);
  remainder -= correction * bitcast<i32>(divisor);
  if (remainder < 0) {
    quotient -= 1u;
    remainder += bitcast<i32>(divisor);
  } else if (remainder >= bitcast<i32>(divisor)) {
    quotient += 1u;
    remainder -= bitcast<i32>(divisor);
  }
  return narrow(Wide(sign, exponent, (quotient << 6u) | select(0u, 1u, remainder != 0)));
}

fn squareRoot(x: u32) -> u32 {
  if (isZero(x) || x == ${infinity}) { return x; }
  if (isNan(x) || signOf(x) != 0u) { return ${nan}; }
  let number = widen(x);
  let isOdd = number.exponent & 1;
  // The root of radicand 2^25 has 25 bits; the remainder, which is small, is exact modulo 2^32.
  let radicand = number.mantissa >> u32(8 - isOdd);
  var root = u32(sqrt(f32(radicand)) * ${String(2 ** 12.5)});
  var remainder = bitcast<i32>((radicand << 25u) - root * root);
  let correction = i32(floor(f32(remainder) / (2.0 * f32(root))));
  remainder -= correction * (2 * bitcast<i32>(root) + correction);
  root += bitcast<u32>(correction);
  for (var i = 0; i < 2 && remainder < 0; i++) {
    root -= 1u;
    remainder += 2 * bitcast<i32>(root) + 1;
  }
  for (var i = 0; i < 2 && remainder > 2 * bitcast<i32>(root); i++) {
    remainder -= 2 * bitcast<i32>(root) + 1;
    root += 1u;
  }
  return narrow(Wide(0u, (number.exponent - isOdd) / 2, (root << 7u) | select(0u, 1u, remainder != 0)));
}

fn wideExp(x: Wide) -> Wide {
  // x log2(e) = n + f with 32 bits of f; 2^n (1 + f (2^f - 1) / f)
  let low = mulHigh(x.mantissa, 0x5c17f0bcu);
  let product = x.mantissa * 0xb8aa3b29u;
  let lower = product + low;
  let upper = mulHigh(x.mantissa, 0xb8aa3b29u) + select(0u, 1u, lower < product);
  let shift = u32(clamp(30 - x.exponent, 0, 63));
  var n = 0i;
  var f = 0u;
  if (shift < 32u) {
    n = bitcast<i32>(upper >> shift);
    f = (upper << ((32u - shift) & 31u)) | (lower >> shift);
  } else {
    f = upper >> (shift - 32u);
  }
  if (x.sign != 0u) {
    n = -n - select(0, 1, f != 0u);
    f = 0u - f;
  }
  return Wide(0u, n, 0x80000000u + (mulHigh(f, ${unsignedSeries('f', exp2Series)}) >> 1u));
}

fn roundedExp(x: Wide) -> u32 {
  // Next to 1, where 32 bits do not tell on which side of a tie it lies: 1 + x (1 + x / 2).
  if (x.exponent < -12) { return roundedSum(${wide(1)}, wideMultiply(x, wideAdd(${wide(1)}, scaled(x, -1)))); }
  return narrow(wideExp(x));
}

fn exponential(x: u32) -> u32 {
  if (isNan(x)) { return ${nan}; }
  if (magnitude(x) >= ${literal(128)}) { return select(0u, ${infinity}, signOf(x) == 0u); }
  return roundedExp(widen(x));
}

fn wideExpm1(x: Wide) -> Wide {
  if (x.exponent < -2) {
    let r = fixed(x, 33);
    return wideMultiply(x, onePlus(mulHighSigned(r, ${signedSeries('r', expm1Series)})));
  }
  return wideAdd(wideExp(x), ${wide(-1)});
}

fn expm1(x: u32) -> u32 {
  if (isNan(x)) { return ${nan}; }
  if (isZero(x)) { return x; }
  if (magnitude(x) >= ${literal(128)}) { return select(${minusOne}, ${infinity}, signOf(x) == 0u); }
  return narrow(wideExpm1(widen(x)));
}

fn wideLogOf(sum: Wide, lessOne: Wide) -> Wide {
  // sum = 2^n (1 + f), where f is lessOne if n is 0; 2 atanh(s) = 2 s (1 + s^2 p / 2) with s = f / (2 + f)
  let isAbove = sum.mantissa > 0xb504f333u;
  let n = sum.exponent + select(0, 1, isAbove);
  var f = lessOne;
  if (n != 0) {
    let above = wideShifted(0x80000000u, -1, 0u - sum.mantissa);
    let below = wideShifted(0u, 0, sum.mantissa - 0x80000000u);
    f = Wide(select(below.sign, above.sign, isAbove), select(below.exponent, above.exponent, isAbove), select(below.mantissa, above.mantissa, isAbove));
  }
  let twoMore = Wide(0u, select(1, 0, isAbove), (sum.mantissa >> 1u) + select(0x40000000u, 0x80000000u, isAbove));
  let s = wideDivide(f, twoMore);
  let z = mulHigh(s.mantissa, s.mantissa) >> u32(min(-2 * s.exponent - 2, 31));
  let series = mulHigh(z, ${unsignedSeries('z', logSeries)});
  let atanh = wideMultiply(s, Wide(0u, 1, 0x80000000u + (series >> 2u)));
  if (n == 0) { return atanh; }
  // n ln 2 and that, in units of 2^-32; n decides the sign.
  let size = u32(abs(n));
  let part = bitcast<u32>(fixed(atanh, 32));
  let addend = select(part, 0u - part, n < 0);
  let low = size * 0xb17217f8u + addend;
  let high = mulHigh(size, 0xb17217f8u) + select(0u, 1u, low < addend) - (addend >> 31u);
  let zeros = countLeadingZeros(high);
  let mantissa = select((high << (zeros & 31u)) | (low >> ((32u - zeros) & 31u)), low, high == 0u);
  return wideShifted(select(0u, 0x80000000u, n < 0), select(31 - i32(zeros), -1, high == 0u), mantissa);
}

fn wideLog(x: Wide) -> Wide {
  let isAbove = x.mantissa > 0xb504f333u;
  return wideLogOf(x, wideShifted(select(0u, 0x80000000u, isAbove), select(0, -1, isAbove), select(x.mantissa - 0x80000000u, 0u - x.mantissa, isAbove)));
}

fn logarithm(x: u32) -> u32 {
  if (isNan(x)) { return ${nan}; }
  if (isZero(x)) { return ${minusInfinity}; }
  if (signOf(x) != 0u) { return ${nan}; }
  if (x == ${infinity}) { return x; }
  return narrow(wideLog(widen(x)));
}

fn wideLog1p(x: Wide) -> Wide { return wideLogOf(wideAdd(${wide(1)}, x), x); }

fn log1p(x: u32) -> u32 {
  if (isNan(x) || less(x, ${minusOne})) { return ${nan}; }
  if (x == ${minusOne}) { return ${minusInfinity}; }
  if (isZero(x) || x == ${infinity}) { return x; }
  return narrow(wideLog1p(widen(x)));
}

fn hyperbolicTangent(x: u32) -> u32 {
  if (isNan(x)) { return ${nan}; }
  if (isZero(x)) { return x; }
  if (magnitude(x) >= ${literal(16)}) { return signOf(x) | ${one}; }
  let u = wideExpm1(scaled(widen(magnitude(x)), 1));
  let sum = wideAdd(u, ${wide(2)});
  if (u.exponent > 10) { return signOf(x) | roundedSum(${wide(1)}, opposite(wideDivide(${wide(2)}, sum))); }
  return signOf(x) | narrow(wideDivide(u, sum));
}

fn hyperbolicSine(x: u32) -> u32 {
  if (isNan(x)) { return ${nan}; }
  if (isZero(x)) { return x; }
  if (magnitude(x) >= ${literal(128)}) { return signOf(x) | ${infinity}; }
  let u = wideExpm1(widen(magnitude(x)));
  return signOf(x) | narrow(scaled(wideAdd(u, wideDivide(u, wideAdd(u, ${wide(1)}))), -1));
}

fn hyperbolicCosine(x: u32) -> u32 {
  if (isNan(x)) { return ${nan}; }
  if (magnitude(x) >= ${literal(128)}) { return ${infinity}; }
  let e = wideExp(widen(x));
  return narrow(scaled(wideAdd(e, wideDivide(${wide(1)}, e)), -1));
}

fn hyperbolicAreaSine(x: u32) -> u32 {
  if (isNan(x)) { return ${nan}; }
  if (isZero(x) || !isFinite(x)) { return x; }
  let size = widen(magnitude(x));
  if (size.exponent > 30) { return signOf(x) | narrow(wideLog(scaled(size, 1))); }
  let square = wideMultiply(size, size);
  let root = wideAdd(${wide(1)}, wideSquareRoot(wideAdd(${wide(1)}, square)));
  return signOf(x) | narrow(wideLog1p(wideAdd(size, wideDivide(square, root))));
}

fn hyperbolicAreaCosine(x: u32) -> u32 {
  if (isNan(x) || less(x, ${one})) { return ${nan}; }
  if (x == ${one}) { return 0u; }
  if (x == ${infinity}) { return x; }
  let size = widen(x);
  if (size.exponent > 30) { return narrow(wideLog(scaled(size, 1))); }
  let t = wideAdd(size, ${wide(-1)});
  let root = wideSquareRoot(wideMultiply(t, wideAdd(t, ${wide(2)})));
  return narrow(wideLog1p(wideAdd(t, root)));
}

fn hyperbolicAreaTangent(x: u32) -> u32 {
  let size = magnitude(x);
  if (size > ${one}) { return ${nan}; }
  if (size == ${one}) { return signOf(x) | ${infinity}; }
  if (isZero(x)) { return x; }
  let t = widen(size);
  let quotient = wideDivide(scaled(t, 1), wideAdd(${wide(1)}, opposite(t)));
  return signOf(x) | narrow(scaled(wideLog1p(quotient), -1));
}

fn wideAtan(x: Wide) -> Wide {
  // For x >= 0: atan(x) = pi / 2 - atan(1 / x), and atan(x) = 2 atan(x / (1 + sqrt(1 + x^2)))
  if (x.mantissa == 0u) { return x; }
  let isSteep = x.exponent >= 0;
  var t = x;
  if (isSteep) { t = wideDivide(${wide(1)}, x); }
  let root = wideSquareRoot(wideAdd(${wide(1)}, wideMultiply(t, t)));
  let half = wideDivide(t, wideAdd(${wide(1)}, root));
  let z = fixed(wideMultiply(half, half), 33);
  let angle = scaled(wideMultiply(half, onePlus(mulHighSigned(z, ${signedSeries('z', atanSeries)}))), 1);
  if (isSteep) { return wideAdd(${wide(Math.PI / 2)}, opposite(angle)); }
  return angle;
}

fn arctangent2(y: u32, x: u32) -> u32 {
  if (isNan(x) || isNan(y)) { return ${nan}; }
  let isLeft = signOf(x) != 0u;
  var angle = Wide(0u, 0, 0u);
  if (isZero(y)) {
    if (!isLeft) { return y; }
  } else if (isZero(x)) {
    return signOf(y) | ${literal(Math.PI / 2)};
  } else if (!isFinite(x) || !isFinite(y)) {
    if (isFinite(x)) { return signOf(y) | ${literal(Math.PI / 2)}; }
    if (!isFinite(y)) { angle = ${wide(Math.PI / 4)}; }
  } else {
    angle = wideAtan(wideDivide(widen(magnitude(y)), widen(magnitude(x))));
  }
  if (isLeft) { angle = wideAdd(${wide(Math.PI)}, opposite(angle)); }
  return signOf(y) | narrow(angle);
}

fn rootOfDifference(x: Wide) -> Wide { return wideSquareRoot(wideAdd(${wide(1)}, opposite(x))); }
fn rootOfSum(x: Wide) -> Wide { return wideSquareRoot(wideAdd(${wide(1)}, x)); }

fn arcsine(x: u32) -> u32 {
  let size = magnitude(x);
  if (size > ${one}) { return ${nan}; }
  if (size == ${one}) { return signOf(x) | ${literal(Math.PI / 2)}; }
  if (isZero(x)) { return x; }
  let t = widen(size);
  let cosine = wideMultiply(rootOfDifference(t), rootOfSum(t));
  return signOf(x) | narrow(wideAtan(wideDivide(t, cosine)));
}

fn arccosine(x: u32) -> u32 {
  if (magnitude(x) > ${one}) { return ${nan}; }
  if (x == ${minusOne}) { return ${literal(Math.PI)}; }
  let t = widen(x);
  return narrow(scaled(wideAtan(wideDivide(rootOfDifference(t), rootOfSum(t))), 1));
}

fn wideErf(x: Wide) -> Wide {
  // For |x| < 1/2.
  let z = fixed(wideMultiply(x, x), 33);
  return wideMultiply(x, Wide(0u, 0, 0x80000000u + bitcast<u32>(${signedSeries('z', erfSeries)})));
}

fn wideErfcx(x: Wide) -> Wide {
  // For x >= 0.
  if (x.exponent > 30) { return wideDivide(${wide(1 / Math.sqrt(Math.PI))}, x); }
  let t = fixed(wideDivide(wideAdd(x, ${wide(-4)}), wideAdd(x, ${wide(4)})), 31);
  let sum = ${coarseSeries('t', 29, erfcxSeries)};
  return wideDivide(wideFixed(sum, 29), wideAdd(${wide(1)}, scaled(x, 1)));
}

fn wideExpOfSquare(x: Wide, sign: u32) -> Wide {
  // The square in two parts, the first one exact, since exp makes a relative error of an absolute.
  let high = Wide(0u, x.exponent, x.mantissa & 0xffff0000u);
  let low = wideMultiply(wideAdd(x, opposite(high)), wideAdd(x, high));
  let square = wideMultiply(high, high);
  return wideMultiply(wideExp(Wide(sign, square.exponent, square.mantissa)), wideExp(Wide(sign, low.exponent, low.mantissa)));
}

fn wideErfc(x: Wide) -> Wide {
  // For x >= 1/2.
  return wideMultiply(wideExpOfSquare(x, 0x80000000u), wideErfcx(x));
}

fn errorFunction(x: u32) -> u32 {
  if (isNan(x)) { return ${nan}; }
  let size = magnitude(x);
  if (size < ${literal(0.5)}) { return narrow(wideErf(widen(x))); }
  if (size > ${literal(8)}) { return signOf(x) | ${one}; }
  return signOf(x) | roundedSum(${wide(1)}, opposite(wideErfc(widen(size))));
}

fn complementaryErrorFunction(x: u32) -> u32 {
  if (isNan(x)) { return ${nan}; }
  let size = magnitude(x);
  if (size < ${literal(0.5)}) { return roundedSum(${wide(1)}, opposite(wideErf(widen(x)))); }
  if (size > ${literal(16)}) { return select(0u, ${literal(2)}, signOf(x) != 0u); }
  let tail = wideErfc(widen(size));
  if (signOf(x) != 0u) { return roundedSum(${wide(2)}, opposite(tail)); }
  return narrow(tail);
}

fn scaledErrorFunction(x: u32) -> u32 {
  if (isNan(x)) { return ${nan}; }
  if (x == ${infinity}) { return 0u; }
  if (signOf(x) == 0u) { return narrow(wideErfcx(widen(x))); }
  let size = magnitude(x);
  if (size > ${literal(16)}) { return ${infinity}; }
  let t = widen(size);
  return narrow(wideAdd(scaled(wideExpOfSquare(t, 0u), 1), opposite(wideErfcx(t))));
}

fn isInteger(x: u32) -> bool { return roundDown(x) == x; }

fn fromNearest(x: u32) -> Wide { return wideAdd(widen(x), opposite(widen(roundToEven(x)))); }

fn wideSine(x: Wide) -> Wide {
  // sin(pi x) for |x| <= 1/2
  let square = wideMultiply(x, x);
  let z = fixed(scaled(square, -1), 33);
  let series = wideFixed(${signedSeries(
    'z',
    sineSeries.map((coefficient, k) => coefficient * 2 ** k),
  )}, 31);
  return wideMultiply(wideMultiply(x, ${wide(Math.PI)}), wideAdd(${wide(1)}, scaled(wideMultiply(square, series), 1)));
}

fn wideLogGamma(x: Wide) -> Wide {
  // For x > 0; one logarithm, of what Gamma is to be divided by, or of x.
  let isLarge = !less(narrow(x), ${literal(9)});
  var reduced = x;
  var factor = x;
  var sign = 0x80000000u;
  if (!isLarge) {
    if (x.exponent < -1) {
      // Gamma(2 + x) / (x (1 + x))
      factor = wideMultiply(x, wideAdd(x, ${wide(1)}));
    } else if (less(narrow(x), ${literal(1.5)})) {
      reduced = wideAdd(x, ${wide(-1)});
    } else {
      sign = 0u;
      factor = ${wide(1)};
      for (var i = 0; i < 8 && less(${literal(2.5)}, narrow(reduced)); i++) {
        reduced = wideAdd(reduced, ${wide(-1)});
        factor = wideMultiply(factor, reduced);
      }
      reduced = wideAdd(reduced, ${wide(-2)});
    }
  }
  let logarithm = wideLog(factor);
  if (!isLarge) {
    let w = fixed(reduced, 31);
    let series = wideFixed(${coarseSeries('w', 31, logGammaSeries)}, 31);
    return wideAdd(wideMultiply(reduced, series), Wide(logarithm.sign ^ sign, logarithm.exponent, logarithm.mantissa));
  }
  let z = wideDivide(${wide(1)}, wideMultiply(x, x));
  ${wideSeries('z', stirlingSeries)}
  let main = wideMultiply(wideAdd(x, ${wide(-0.5)}), wideAdd(logarithm, ${wide(-1)}));
  return wideAdd(main, wideAdd(${wide(0.9189385332046728 - 0.5)}, wideDivide(sum, x)));
}

fn logGamma(x: u32) -> u32 {
  if (isNan(x)) { return ${nan}; }
  if (!isFinite(x) || isZero(x)) { return ${infinity}; }
  let isNegative = signOf(x) != 0u;
  if (isNegative && isInteger(x)) { return ${infinity}; }
  var t = widen(x);
  if (isNegative) { t = wideAdd(${wide(1)}, opposite(t)); }
  let result = wideLogGamma(t);
  if (!isNegative) { return narrow(result); }
  // Gamma(x) Gamma(1 - x) = pi / sin(pi x)
  let sine = wideSize(wideSine(fromNearest(x)));
  return narrow(wideAdd(wideLog(wideDivide(${wide(Math.PI)}, sine)), opposite(result)));
}

fn wideDigamma(x: Wide) -> Wide {
  // For x > 0.
  var raised = x;
  var reciprocals = ${wide(0)};
  for (var i = 0; i < 9 && less(narrow(raised), ${literal(9)}); i++) {
    reciprocals = wideAdd(reciprocals, wideDivide(${wide(1)}, raised));
    raised = wideAdd(raised, ${wide(1)});
  }
  let reciprocal = wideDivide(${wide(1)}, raised);
  let z = wideMultiply(reciprocal, reciprocal);
  ${wideSeries('z', digammaSeries)}
  let rest = wideAdd(scaled(reciprocal, -1), wideMultiply(z, sum));
  return wideAdd(wideLog(raised), opposite(wideAdd(rest, reciprocals)));
}

fn digamma(x: u32) -> u32 {
  if (isNan(x)) { return ${nan}; }
  if (isZero(x)) { return negate(x) | ${infinity}; }
  if (x == ${infinity}) { return x; }
  let isNegative = signOf(x) != 0u;
  if (isNegative && (!isFinite(x) || isInteger(x))) { return ${nan}; }
  var t = widen(x);
  if (isNegative) { t = wideAdd(${wide(1)}, opposite(t)); }
  let result = wideDigamma(t);
  if (!isNegative) { return narrow(result); }
  // digamma(1 - x) - digamma(x) = pi / tan(pi x), and cos(pi x) = sin(pi (1/2 - |x|))
  var angles = array<Wide, 2>();
  angles[0] = fromNearest(x);
  angles[1] = wideAdd(${wide(0.5)}, opposite(wideSize(angles[0])));
  for (var i = 0; i < 2; i++) { angles[i] = wideSine(angles[i]); }
  let slope = wideDivide(wideMultiply(${wide(Math.PI)}, angles[1]), angles[0]);
  return narrow(wideAdd(result, opposite(slope)));
}

fn isOddInteger(x: u32) -> bool {
  let exponent = magnitude(x) >> 23u;
  if (exponent < 127u || exponent > 150u) { return false; }
  return isInteger(x) && ((((x | 0x800000u) & 0xffffffu) >> (150u - exponent)) & 1u) == 1u;
}

fn powerOfSpecial(base: u32, exponent: u32) -> u32 {
  // The exponent is not 0 and the base not 1; one of them is a NaN or infinite, or the base is 0.
  if (isNan(base) || isNan(exponent)) { return ${nan}; }
  let size = magnitude(base);
  if (!isFinite(exponent) && size == ${one}) { return ${nan}; }
  let isLarge = (size > ${one}) == (signOf(exponent) == 0u);
  return select(0u, ${infinity}, isLarge) | select(0u, signOf(base), isOddInteger(exponent));
}

fn power(base: u32, exponent: u32) -> u32 {
  if (isZero(exponent) || base == ${one}) { return ${one}; }
  if (!isFinite(base) || !isFinite(exponent) || isZero(base)) { return powerOfSpecial(base, exponent); }
  if (signOf(base) != 0u && !isInteger(exponent)) { return ${nan}; }
  let sign = select(0u, signOf(base), isOddInteger(exponent));
  let product = wideMultiply(widen(exponent), wideLog(widen(magnitude(base))));
  if (product.exponent > 7) { return sign | select(0u, ${infinity}, product.sign == 0u); }
  return sign | roundedExp(product);
}

fn wholePower(base: u32, exponent: u32) -> u32 {
  let count = bitcast<i32>(exponent);
  if (!isFinite(base) || isZero(base)) { return power(base, narrow(wideInteger(count))); }
  let factor = widen(base);
  var product = factor;
  for (var i = 1; i < abs(count); i++) { product = wideMultiply(product, factor); }
  if (count < 0) { product = wideDivide(${wide(1)}, product); }
  return narrow(product);
}
`;

/** The functions by name, each with its own text. */
const functions: ReadonlyMap<string, string> = new Map(
  source
    .split(/^(?=fn )/m)
    .filter((text) => text.trim() !== '')
    .map((text) => [(/^fn (\w+)/.exec(text) as RegExpExecArray)[1] as string, text]),
);

/** How the library computes what devices have units for; `units.ts` finds out what can be left to a device. */
export interface Units {
  /** `checked`: by the device where neither an operand nor the result is subnormal, infinite or NaN, else by integers. */
  readonly sum: 'device' | 'checked' | 'integers';
  readonly product: 'device' | 'checked' | 'integers';
  readonly quotient: 'device' | 'integers';
  readonly root: 'device' | 'integers';
}

/** What takes the place of the library's function where the device or integers alone compute. */
const replacements: Readonly<
  Record<keyof Units, { readonly name: string; readonly device: string; readonly integers?: string }>
> = {
  sum: { name: 'add', device: 'a + b', integers: 'addExactly(a, b)' },
  product: { name: 'multiply', device: 'a * b', integers: 'multiplyExactly(a, b)' },
  quotient: { name: 'divide', device: 'a / b' },
  root: { name: 'squareRoot', device: 'sqrt(a)' },
};

/** The functions that differ from those of the library for these units. */
function functionsOf(units: Units): Map<string, string> {
  const replaced = new Map<string, string>();
  for (const unit of ['sum', 'product', 'quotient', 'root'] as const) {
    const { name, device, integers } = replacements[unit];
    const parameters = unit === 'root' ? 'a: u32' : 'a: u32, b: u32';
    const floats = device.replace(/\b[ab]\b/g, 'bitcast<f32>($&)');
    const byDevice = `bitcast<u32>(${floats}) ^ parameters.zero`;
    const body = units[unit] === 'device' ? byDevice : units[unit] === 'integers' ? integers : undefined;
    if (body !== undefined) replaced.set(name, `fn ${name}(${parameters}) -> u32 { return ${body}; }\n`);
  }
  return replaced;
}

/** The functions of the library that `body` calls, and those that they call, in WGSL (where any order will do). */
export function libraryFor(body: string, units: Units): string {
  const replaced = functionsOf(units);
  const wanted = new Map<string, string>();
  const visit = (text: string): void => {
    for (const [, name = ''] of text.matchAll(/\b(\w+)\(/g)) {
      const called = replaced.get(name) ?? functions.get(name);
      if (called === undefined || wanted.has(name)) continue;
      wanted.set(name, called);
      visit(called);
    }
  };
  visit(body);
  return [...wanted.values()].join('');
}
