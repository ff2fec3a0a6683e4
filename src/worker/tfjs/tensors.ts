import type * as Core from '@tensorflow/tfjs-core';
import { BackendError } from '../backend';
import { erfcxSeries, erfSeries } from '../webgpu/series';

/** What the printer uses of TensorFlow.js: operations on whole tensors, whatever backend computes them. */
export type Tfjs = Pick<
  typeof Core,
  | ('tensor1d' | 'scalar' | 'tidy' | 'backend')
  | ('add' | 'sub' | 'mul' | 'div' | 'neg' | 'abs' | 'pow' | 'sqrt' | 'floor' | 'where' | 'cast')
  | (
      | 'exp'
      | 'log'
      | 'log1p'
      | 'expm1'
      | 'tanh'
      | 'sinh'
      | 'cosh'
      | 'asin'
      | 'acos'
      | 'atan2'
      | 'asinh'
      | 'acosh'
      | 'atanh'
    )
  | ('less' | 'lessEqual' | 'equal' | 'notEqual' | 'logicalAnd' | 'logicalOr' | 'logicalNot')
>;

export type Tensor = Core.Tensor;

/** Functions of TensorFlow for which TensorFlow.js has no name. */
export type SpecialKernel = 'Lgamma' | 'Digamma';

/** From here on float32 has no fractions. */
const noFractions = 2 ** 23;

/**
 * Operations that TensorFlow.js has otherwise or not at all, each made of comparisons, choices and arithmetic, so that NaN,
 * infinities and the signs of zeros are those of the model evaluator whatever the kernels of the device make of them.
 */
export class Tensors {
  constructor(readonly tf: Tfjs) {}

  number(value: number): Tensor {
    return this.tf.scalar(value, 'float32');
  }

  pick(condition: Tensor, whenTrue: Tensor, whenFalse: Tensor): Tensor {
    return this.tf.where(condition, whenTrue, whenFalse);
  }

  /** NaN if either is, and the first of two equal zeros. It takes less where one is `known` not to be NaN. */
  minimum(a: Tensor, b: Tensor, known: 'first' | 'second' | undefined): Tensor {
    const { tf } = this;
    if (known === 'first') return this.pick(tf.lessEqual(a, b), a, b);
    if (known === 'second') return this.pick(tf.less(b, a), b, a);
    return this.pick(tf.lessEqual(a, b), a, this.pick(tf.less(b, a), b, this.number(NaN)));
  }

  maximum(a: Tensor, b: Tensor, known: 'first' | 'second' | undefined): Tensor {
    const { tf } = this;
    if (known === 'first') return this.pick(tf.lessEqual(b, a), a, b);
    if (known === 'second') return this.pick(tf.less(a, b), b, a);
    return this.pick(tf.lessEqual(b, a), a, this.pick(tf.less(a, b), b, this.number(NaN)));
  }

  /** Zeros keep their sign, and NaN stays. */
  sign(x: Tensor): Tensor {
    const { tf } = this;
    const zero = this.number(0);
    return this.pick(tf.less(zero, x), this.number(1), this.pick(tf.less(x, zero), this.number(-1), x));
  }

  /** To the nearest integer, ties to even; -0 for negative numbers that become 0. */
  round(x: Tensor): Tensor {
    const { tf } = this;
    const [zero, shifter] = [this.number(0), this.number(noFractions)];
    const size = tf.abs(x);
    const rounded = tf.sub(tf.add(size, shifter), shifter);
    const signed = this.pick(tf.less(x, zero), tf.neg(rounded), this.pick(tf.equal(x, zero), x, rounded));
    return this.pick(tf.less(size, shifter), signed, x);
  }

  /** C's pow: 1 to any power is 1, NaN included. */
  power(base: Tensor, exponent: Tensor): Tensor {
    const one = this.number(1);
    return this.pick(this.tf.equal(base, one), one, this.tf.pow(base, exponent));
  }

  sigmoid(x: Tensor): Tensor {
    const { tf } = this;
    const one = this.number(1);
    return tf.div(one, tf.add(one, tf.exp(tf.neg(x))));
  }

  logSigmoid(x: Tensor): Tensor {
    return this.tf.sub(this.minimum(this.number(0), x, 'first'), this.log1pExpMinus(x));
  }

  softplus(x: Tensor): Tensor {
    const { tf } = this;
    return this.pick(tf.less(this.number(20), x), x, tf.log1p(tf.exp(x)));
  }

  logAddExp(a: Tensor, b: Tensor): Tensor {
    const { tf } = this;
    const sum = tf.add(this.maximum(a, b, undefined), this.log1pExpMinus(tf.sub(a, b)));
    return this.pick(tf.logicalAnd(tf.equal(a, b), tf.logicalNot(this.isFinite(a))), a, sum);
  }

  logSumExp(logits: readonly Tensor[]): Tensor {
    const { tf } = this;
    const greatest = this.greatest(logits);
    const shift = this.pick(this.isFinite(greatest), greatest, this.number(0));
    return tf.add(tf.log(this.shiftedSum(logits, shift)), shift);
  }

  softmax(logits: readonly Tensor[]): Tensor {
    const { tf } = this;
    const greatest = this.greatest(logits);
    return tf.div(tf.exp(tf.sub(logits[0] as Tensor, greatest)), this.shiftedSum(logits, greatest));
  }

  logSoftmax(logits: readonly Tensor[]): Tensor {
    const { tf } = this;
    const greatest = this.greatest(logits);
    return tf.sub(tf.sub(logits[0] as Tensor, greatest), tf.log(this.shiftedSum(logits, greatest)));
  }

  /** @throws BackendError where the backend of TensorFlow.js is not TensorFlow */
  private special(kernel: SpecialKernel, x: Tensor): Tensor {
    const backend: { executeSingleInput?: (name: string, x: Tensor) => Tensor } = this.tf.backend() as object;
    if (backend.executeSingleInput) return backend.executeSingleInput(kernel, x);
    throw new BackendError(
      'unsupported',
      `This backend of TensorFlow.js has no ${kernel}.`,
      'Choose the backend "model", which computes every operation.',
    );
  }

  logGamma(x: Tensor): Tensor {
    return this.special('Lgamma', x);
  }

  /** At the pole in 0, where TensorFlow has NaN, it goes by the sign of the zero. */
  digamma(x: Tensor): Tensor {
    const { tf } = this;
    return this.pick(tf.equal(x, this.number(0)), tf.div(this.number(-1), x), this.special('Digamma', x));
  }

  /** TensorFlow.js in JavaScript has it with an error of 1e-7 only. */
  erf(x: Tensor): Tensor {
    const { tf } = this;
    const [one, zero] = [this.number(1), this.number(0)];
    const size = tf.abs(x);
    const far = tf.sub(one, this.tail(size));
    const near = tf.add(x, tf.mul(x, this.series(tf.mul(x, x), erfSeries)));
    const right = this.pick(tf.less(x, zero), tf.neg(far), far);
    return this.pick(tf.lessEqual(size, this.number(0.5)), near, right);
  }

  erfc(x: Tensor): Tensor {
    const { tf } = this;
    return this.pick(tf.less(this.number(0.5), x), this.tail(tf.abs(x)), tf.sub(this.number(1), this.erf(x)));
  }

  /** exp(x^2) erfc(x), which TensorFlow has not. */
  erfcx(x: Tensor): Tensor {
    const { tf } = this;
    const right = this.scaledTail(tf.abs(x));
    const square = this.exponentialOfSquare(x, 'positive');
    return this.pick(tf.less(x, this.number(0)), tf.sub(tf.add(square, square), right), right);
  }

  normalCdf(x: Tensor): Tensor {
    const { tf } = this;
    return tf.mul(this.number(0.5), tf.add(this.number(1), this.erf(tf.div(x, this.number(Math.SQRT2)))));
  }

  logNormalCdf(x: Tensor): Tensor {
    const { tf } = this;
    const two = this.number(2);
    const scaled = tf.mul(x, this.number(Math.SQRT1_2));
    const right = tf.log1p(tf.div(tf.neg(this.erfc(scaled)), two));
    const left = tf.sub(tf.log(tf.div(this.erfcx(tf.neg(scaled)), two)), tf.mul(scaled, scaled));
    return this.pick(tf.lessEqual(this.number(-1), x), right, left);
  }

  /** erfc(x) for x >= 0 */
  private tail(x: Tensor): Tensor {
    return this.tf.mul(this.scaledTail(x), this.exponentialOfSquare(x, 'negative'));
  }

  /** erfcx(x) for x >= 0 */
  private scaledTail(x: Tensor): Tensor {
    const { tf } = this;
    const four = this.number(4);
    const series = this.series(tf.div(tf.sub(x, four), tf.add(x, four)), erfcxSeries);
    const near = tf.div(series, tf.add(this.number(1), tf.add(x, x)));
    // Far out it is 1 / (x sqrt(pi)), to the last bit, and the quotients above would be of infinities.
    const far = tf.div(this.number(1 / Math.sqrt(Math.PI)), x);
    return this.pick(tf.less(this.number(1e8), x), far, near);
  }

  /**
   * exp(x^2) or exp(-x^2): the square of the upper part of x is exact, and what is missing to that of x is small. From 11 on
   * it has long been infinite or 0.
   */
  private exponentialOfSquare(x: Tensor, sign: 'positive' | 'negative'): Tensor {
    const { tf } = this;
    const signed = (square: Tensor): Tensor => tf.exp(sign === 'positive' ? square : tf.neg(square));
    const size = this.minimum(tf.abs(x), this.number(11), 'second');
    const upper = tf.div(tf.floor(tf.mul(size, this.number(32))), this.number(32));
    return tf.mul(signed(tf.mul(upper, upper)), signed(tf.mul(tf.sub(size, upper), tf.add(size, upper))));
  }

  /** Coefficients from the lowest power up. */
  private series(x: Tensor, coefficients: readonly number[]): Tensor {
    const { tf } = this;
    const [highest = 0, ...others] = [...coefficients].reverse();
    return others.reduce((sum, each) => tf.add(tf.mul(sum, x), this.number(each)), this.number(highest));
  }

  private isFinite(x: Tensor): Tensor {
    return this.tf.less(this.tf.abs(x), this.number(Infinity));
  }

  private greatest(operands: readonly Tensor[]): Tensor {
    return operands.reduce((greatest, operand) => this.maximum(greatest, operand, undefined));
  }

  /** log1p(exp(-|x|)) */
  private log1pExpMinus(x: Tensor): Tensor {
    const { tf } = this;
    return tf.log1p(tf.exp(tf.neg(tf.abs(x))));
  }

  private shiftedSum(logits: readonly Tensor[], shift: Tensor): Tensor {
    const { tf } = this;
    return logits.map((logit) => tf.exp(tf.sub(logit, shift))).reduce((sum, term) => tf.add(sum, term));
  }
}
