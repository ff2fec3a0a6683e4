/**
 * Special functions in float64, each within a few ULP (`test/unit/special.test.ts` holds them to it). The frameworks' own
 * kernels (SLEEF, libm, libdevice, Cephes) differ among themselves by as much; rounded to float32 all are the same but
 * for some one value in 10^8.
 */

/** Sum of c[k] x^k. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * x + (coefficients[k] as number);
  return sum;
}

/** Sum of c[k] T_k(t), by C. W. Clenshaw, A note on the summation of Chebyshev series, 1955. */
function chebyshev(t: number, coefficients: readonly number[]): number {
  let [next, afterNext] = [0, 0];
  for (let k = coefficients.length - 1; k > 0; k--) {
    [next, afterNext] = [2 * t * next - afterNext + (coefficients[k] as number), next];
  }
  return t * next - afterNext + (coefficients[0] as number);
}

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

/** erf(x) / x - 1 in powers of x^2, for |x| <= 1/2: 2 / sqrt(pi) times (-1)^n / (n! (2 n + 1)). */
const erfSeries = Array.from({ length: 13 }, (_, n) => {
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  return n === 0 ? 0.12837916709551256 : (twoOverRootPi * (-1) ** n) / (factorial * (2 * n + 1));
});

/**
 * (1 + 2 x) erfcx(x) for x >= 0, as a Chebyshev series of t = (x - 4) / (x + 4): M. M. Shepherd and J. G. Laframboise,
 * Chebyshev approximation of (1 + 2 x) exp(x^2) erfc(x) in 0 <= x < infinity, 1981. The coefficients were interpolated
 * with 60 digits.
 */
const erfcxSeries = [
  1.1774832005374487, -0.007260796620301901, -0.081265123236185, 0.06009212804122225, -0.02875393558027666,
  0.01059566336347286, -0.003136927294554264, 0.0007456494372536184, -0.0001369696503010054, 1.7183861600300937e-5,
  -7.158364623450346e-7, -2.4261399442449534e-7, 5.5765709395703566e-8, -2.1057869513809494e-9, -1.1717889351884957e-9,
  1.9098355172456688e-10, 1.408871764208813e-11, -6.901108320480815e-12, 9.167958364111294e-14, 2.1454508286554553e-13,
  -1.4716575027010623e-14, -6.668675118770408e-15, 7.504598509880083e-16, 2.22009300666632e-16, -3.1704898956330886e-17,
  -8.193570309884333e-18,
];

/** exp(direction x^2): the square in two parts, the first one exact, since exp makes a relative error of an absolute. */
function expOfSquare(x: number, direction: 1 | -1): number {
  const high = Math.fround(x);
  // Beyond float32 the square is beyond every exponent.
  if (!Number.isFinite(high)) return direction > 0 ? Infinity : 0;
  return Math.exp(direction * high * high) * Math.exp(direction * (x - high) * (x + high));
}

/** exp(x^2) erfc(x), the scaled complementary error function. */
export function erfcx(x: number): number {
  if (x < 0) return 2 * expOfSquare(x, 1) - erfcx(-x);
  return x === Infinity ? 0 : chebyshev((x - 4) / (x + 4), erfcxSeries) / (1 + 2 * x);
}

export function erf(x: number): number {
  if (Math.abs(x) <= 0.5) return x + x * polynomial(x * x, erfSeries);
  return x < 0 ? -erf(-x) : 1 - erfc(x);
}

export function erfc(x: number): number {
  if (Math.abs(x) <= 0.5) return 1 - erf(x);
  // Beyond 28 it is below every float64.
  return x < 0 ? 2 - erfc(-x) : x > 28 ? 0 : expOfSquare(x, -1) * erfcx(x);
}

/** The natural logarithm of the largest float64. */
const largestLogarithm = 709.782712893384;

/**
 * SciPy's ndtr (Cephes, ndtr.c): the cumulative distribution function of the normal distribution in float64. Its erfc is 0
 * where exp(-x^2) would be subnormal.
 */
export function normalCdf(x: number): number {
  const scaled = x * Math.SQRT1_2;
  if (Math.abs(scaled) < 1) return 0.5 + 0.5 * erf(scaled);
  const tail = scaled * scaled > largestLogarithm ? 0 : 0.5 * erfc(Math.abs(scaled));
  return x > 0 ? 1 - tail : tail;
}

/** log Gamma(2 + w) = (1 - gamma) w + sum of (-1)^k (zeta(k) - 1) / k w^k from k = 2 on (DLMF 5.7.3), over w. */
const logGammaSeries = [
  0.42278433509846713, 0.3224670334241132, -0.0673523010531981, 0.020580808427784546, -0.007385551028673986,
  0.0028905103307415234, -0.001192753911703261, 0.0005096695247430425, -0.00022315475845357939, 9.945751278180853e-5,
  -4.492623673813314e-5, 2.050721277567069e-5, -9.439488275268397e-6, 4.374866789907488e-6, -2.039215753801366e-6,
  9.55141213040742e-7, -4.492469198764566e-7, 2.1207184805554665e-7, -1.0043224823968099e-7, 4.7698101693639804e-8,
  -2.2711094608943164e-8, 1.0838659214896955e-8, -5.183475041970047e-9, 2.4836745438024785e-9, -1.1921401405860912e-9,
  5.731367241678862e-10, -2.7595228851242334e-10,
];

/** Bernoulli numbers B(2), B(4), ... */
const bernoulli = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
];

/** Of logGamma and digamma in powers of x^-2 (DLMF 5.11.1 and 5.11.2), which is exact enough from 9 on. */
const asymptotic = 9;
const stirlingSeries = bernoulli.map((b, i) => b / ((2 * i + 2) * (2 * i + 1)));
const digammaSeries = bernoulli.map((b, i) => b / (2 * i + 2));

/** log(sqrt(2 pi)) */
const logRootTwoPi = 0.9189385332046728;

/** |sin(pi x)| */
function sineOfTurns(x: number): number {
  return Math.abs(Math.sin(Math.PI * (x - Math.round(x))));
}

/** log |Gamma(x)|; infinity at the poles and at both infinities, as of torch.lgamma. */
export function logGamma(x: number): number {
  if (x <= 0) {
    if (Number.isInteger(x) || x === -Infinity) return Infinity;
    if (x > -(2 ** -60)) return -Math.log(-x);
    // Gamma(x) Gamma(1 - x) = pi / sin(pi x)
    return Math.log(Math.PI / sineOfTurns(x)) - logGamma(1 - x);
  }
  if (x < 0.5) return x * polynomial(x, logGammaSeries) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return (x - 1) * polynomial(x - 1, logGammaSeries) - Math.log(x);
  if (x < asymptotic) {
    let [product, reduced] = [1, x];
    for (; reduced > 2.5; reduced -= 1) product *= reduced - 1;
    return (reduced - 2) * polynomial(reduced - 2, logGammaSeries) + Math.log(product);
  }
  if (x === Infinity) return x;
  return (x - 0.5) * (Math.log(x) - 1) - 0.5 + logRootTwoPi + polynomial(1 / (x * x), stirlingSeries) / x;
}

/** The derivative of logGamma. As of torch.digamma the pole at 0 has a sign, and those below are NaN. */
export function digamma(x: number): number {
  if (x === 0) return -1 / x;
  if (x < 0) {
    if (Number.isInteger(x) || x === -Infinity) return NaN;
    // digamma(1 - x) - digamma(x) = pi / tan(pi x)
    return digamma(1 - x) - Math.PI / Math.tan(Math.PI * (x - Math.round(x)));
  }
  if (x === Infinity) return x;
  let [reciprocals, raised] = [0, x];
  for (; raised < asymptotic; raised += 1) reciprocals += 1 / raised;
  const square = 1 / (raised * raised);
  return Math.log(raised) - 0.5 / raised - square * polynomial(square, digammaSeries) - reciprocals;
}
