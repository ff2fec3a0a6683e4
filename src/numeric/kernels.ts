/**
 * Scalar kernels that the model evaluator calls: framework primitives as their kernels compute them, and operations
 * where JavaScript's own differ from C's. `r` rounds to the compute type.
 */
import { erfc, erfcx } from './special';

export { digamma, erf, erfc, erfcx, logGamma, normalCdf } from './special';

type Rounding = (x: number) => number;

/** C's pow: 1 to any power and anything to the power 0 are 1, NaN included. */
export function pow(base: number, exponent: number): number {
  return base === 1 ? 1 : base ** exponent;
}

/** The lesser; NaN if either is (torch.minimum, tf.minimum, jnp.minimum). The first of two equal zeros. */
export function minimum(a: number, b: number): number {
  return a <= b ? a : b < a ? b : NaN;
}

/** The greater; NaN if either is. The first of two equal zeros. */
export function maximum(a: number, b: number): number {
  return a >= b ? a : b > a ? b : NaN;
}

/** To the nearest integer, ties to even (torch.round, tf.round, jnp.round); -0 for negative numbers that become 0. */
export function roundToEven(x: number): number {
  if (!(Math.abs(x) < 2 ** 52)) return x;
  const rounded = Math.abs(x) + 2 ** 52 - 2 ** 52;
  return x < 0 || Object.is(x, -0) ? -rounded : rounded;
}

/** PyTorch's sigmoid (aten/src/ATen/native/cuda/UnaryGeometricKernels and cpu/UnaryOpsKernel): 1 / (1 + exp(-x)). */
export function sigmoid(x: number, r: Rounding): number {
  return r(1 / r(1 + r(Math.exp(-x))));
}

/** PyTorch's log_sigmoid (aten/src/ATen/native/cuda/ActivationLogSigmoidKernel.cu): min(x, 0) - log1p(exp(-|x|)). */
export function logSigmoid(x: number, r: Rounding): number {
  return r(minimum(0, x) - r(Math.log1p(r(Math.exp(-Math.abs(x))))));
}

/** PyTorch's softplus with beta 1 and threshold 20 (aten/src/ATen/native/cuda/ActivationSoftplusKernel.cu). */
export function softplus(x: number, r: Rounding): number {
  return x > 20 ? x : r(Math.log1p(r(Math.exp(x))));
}

/** torch.logaddexp and jnp.logaddexp: max(a, b) + log1p(exp(-|a - b|)); equal infinities give themselves. */
export function logAddExp(a: number, b: number, r: Rounding): number {
  if (a === b && !Number.isFinite(a)) return a;
  return r(maximum(a, b) + r(Math.log1p(r(Math.exp(-Math.abs(r(a - b)))))));
}

function shiftedSum(logits: readonly number[], shift: number, r: Rounding): number {
  return logits.reduce((sum, logit) => r(sum + r(Math.exp(r(logit - shift)))), 0);
}

/** torch.logsumexp: an infinite maximum is not subtracted. */
export function logSumExp(logits: readonly number[], r: Rounding): number {
  const greatest = logits.reduce(maximum);
  const shift = Number.isFinite(greatest) ? greatest : 0;
  return r(r(Math.log(shiftedSum(logits, shift, r))) + shift);
}

/** The first component of PyTorch's softmax (aten/src/ATen/native/cuda/PersistentSoftmax.cuh). */
export function softmax(logits: readonly number[], r: Rounding): number {
  const greatest = logits.reduce(maximum);
  return r(r(Math.exp(r((logits[0] as number) - greatest))) / shiftedSum(logits, greatest, r));
}

/** The first component of PyTorch's log_softmax: (x - max) - log(sum(exp(x - max))). */
export function logSoftmax(logits: readonly number[], r: Rounding): number {
  const greatest = logits.reduce(maximum);
  return r(r((logits[0] as number) - greatest) - r(Math.log(shiftedSum(logits, greatest, r))));
}

/** PyTorch's log_ndtr (aten/src/ATen/native/Math.h, calc_log_ndtr), and SciPy's (xsf, log_ndtr). */
export function logNormalCdf(x: number, r: Rounding): number {
  const scaled = r(x * r(Math.SQRT1_2));
  if (x >= -1) return r(Math.log1p(r(-r(erfc(scaled)) / 2)));
  return r(r(Math.log(r(r(erfcx(-scaled)) / 2))) - r(scaled * scaled));
}
