/** What a network learns: rows of inputs and of targets, one after the other. */
export interface Patterns {
  readonly count: number;
  readonly inputs: number;
  readonly outputs: number;
  /** `count` rows of `inputs` numbers. */
  readonly input: Float64Array;
  /** `count` rows of `outputs` numbers from 0 to 1. */
  readonly target: Float64Array;
}

export const activations = ['sigmoid', 'tanh'] as const;
/** Of the hidden units; those of the output are sigmoids, of which the loss takes the logit. */
export type Activation = (typeof activations)[number];

interface Shape {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
}

/** How many weights a network has, biases included. */
export function weightCount({ inputs, hidden, outputs }: Shape): number {
  return hidden * (inputs + 1) + outputs * (hidden + 1);
}

/**
 * A network of one hidden layer, each unit with a bias, in float64. The weights are one array: for each hidden unit
 * those of the inputs and its bias, then for each output unit those of the hidden units and its bias.
 */
export class Network {
  readonly size: number;
  readonly #shape: Shape;
  readonly #patterns: Patterns;
  readonly #tanh: boolean;
  /** Of the patterns that went forward last, each in its own row. */
  readonly #hidden: Float64Array;
  /** d loss / d net input of the hidden units of one pattern. */
  readonly #delta: Float64Array;

  constructor(patterns: Patterns, hidden: number, activation: Activation) {
    this.#patterns = patterns;
    this.#shape = { inputs: patterns.inputs, hidden, outputs: patterns.outputs };
    this.size = weightCount(this.#shape);
    this.#tanh = activation === 'tanh';
    this.#hidden = new Float64Array(patterns.count * hidden);
    this.#delta = new Float64Array(hidden);
  }

  /** The logits of one pattern's output units, written into its row of `logits`. */
  forward(weights: Float64Array, pattern: number, logits: Float64Array): void {
    const { inputs, hidden, outputs } = this.#shape;
    const { input } = this.#patterns;
    const units = this.#hidden;
    const row = pattern * hidden;
    let w = 0;
    for (let j = 0; j < hidden; j++) {
      let net = weights[w + inputs] as number;
      for (let i = 0; i < inputs; i++) net += (weights[w + i] as number) * (input[pattern * inputs + i] as number);
      w += inputs + 1;
      units[row + j] = this.#tanh ? Math.tanh(net) : 1 / (1 + Math.exp(-net));
    }
    for (let k = 0; k < outputs; k++) {
      let net = weights[w + hidden] as number;
      for (let j = 0; j < hidden; j++) net += (weights[w + j] as number) * (units[row + j] as number);
      w += hidden + 1;
      logits[pattern * outputs + k] = net;
    }
  }

  /**
   * Adds to `gradient` what one pattern, which went forward last with these weights, contributes.
   * @param slopes d loss / d logit of every output unit of every pattern, in rows
   */
  backward(weights: Float64Array, pattern: number, slopes: Float64Array, gradient: Float64Array): void {
    const { inputs, hidden, outputs } = this.#shape;
    const { input } = this.#patterns;
    const units = this.#hidden;
    const delta = this.#delta.fill(0);
    const row = pattern * hidden;
    let w = hidden * (inputs + 1);
    for (let k = 0; k < outputs; k++) {
      const slope = slopes[pattern * outputs + k] as number;
      // What a slope of 0 adds is 0; a NaN goes on.
      if (slope !== 0) {
        for (let j = 0; j < hidden; j++) {
          gradient[w + j] = (gradient[w + j] as number) + slope * (units[row + j] as number);
          delta[j] = (delta[j] as number) + slope * (weights[w + j] as number);
        }
        gradient[w + hidden] = (gradient[w + hidden] as number) + slope;
      }
      w += hidden + 1;
    }
    w = 0;
    for (let j = 0; j < hidden; j++) {
      const value = units[row + j] as number;
      const slope = (delta[j] as number) * (this.#tanh ? 1 - value * value : value * (1 - value));
      if (slope !== 0) {
        for (let i = 0; i < inputs; i++) {
          gradient[w + i] = (gradient[w + i] as number) + slope * (input[pattern * inputs + i] as number);
        }
        gradient[w + inputs] = (gradient[w + inputs] as number) + slope;
      }
      w += inputs + 1;
    }
  }
}
