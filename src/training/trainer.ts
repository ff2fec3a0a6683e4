import { absolute, less, lessEqual, sigmoid, subtract, variable, type Expression } from '../expression';
import { compileModel, formatByName, type FormatName, type ModelKernel, type NumberFormat } from '../numeric';
import { Network, type Activation, type Patterns } from './network';
import { Random, type RandomState } from './random';
import { isRecorded, recordsOf, type RecordRow, type Records } from './records';

export const updates = ['batch', 'online'] as const;
/** When weights change: after every epoch, or after every pattern, the patterns in another order in each epoch. */
export type Update = (typeof updates)[number];

/** A run's own parameters. Error is summed over output units and, in a batch, over patterns. */
export interface Learning {
  readonly hidden: number;
  readonly activation: Activation;
  readonly rate: number;
  readonly momentum: number;
  readonly update: Update;
  /** Weights and biases start uniformly distributed between minus this and this. */
  readonly weightRange: number;
  readonly seed: number;
}

/** Where a run stands: everything that it needs to go on. */
export interface TrainingState {
  readonly epoch: number;
  readonly weights: Float64Array;
  /** What was added to the weights last. */
  readonly velocity: Float64Array;
  readonly random: RandomState;
}

/** One network to train. */
export interface TrainingJob {
  readonly patterns: Patterns;
  readonly learning: Learning;
  /** Over `z` and `t`: the loss of an output unit, and d loss / d logit, computed in `format`. */
  readonly loss: Expression;
  readonly gradient: Expression;
  readonly radius: number;
  readonly format: FormatName;
  /** Where to go on; null for a new run. */
  readonly from: TrainingState | null;
  /** The epoch to train to. */
  readonly until: number;
}

const z = variable('z');
const t = variable('t');

/** Whether an output counts as correct, as 0 or 1: within the radius, in the format's arithmetic; for radius 0 within 0.5. */
function isCorrect(radius: number): Expression {
  const distance = absolute(subtract(sigmoid(z), t));
  return radius > 0 ? lessEqual(distance, radius) : less(distance, 0.5);
}

/** Trains one network, an epoch at a time, and records what becomes of it. */
export class Trainer {
  readonly #job: TrainingJob;
  readonly #format: NumberFormat;
  readonly #network: Network;
  readonly #kernel: ModelKernel;
  readonly #weights: Float64Array;
  readonly #velocity: Float64Array;
  readonly #gradient: Float64Array;
  readonly #random: Random;
  #epoch: number;
  #rows: RecordRow[] = [];
  /** Whether what follows is that of the weights as they are. */
  #fresh = false;
  readonly #exactLogits: Float64Array;
  readonly #logits: Float64Array;
  readonly #targets: Float64Array;
  readonly #loss: Float64Array;
  readonly #slopes: Float64Array;
  readonly #correct: Float64Array;
  readonly #correctHalf: Float64Array;

  constructor(job: TrainingJob) {
    const { patterns, learning, loss, gradient, radius, format, from } = job;
    const units = patterns.count * patterns.outputs;
    const array = (): Float64Array => new Float64Array(units);
    this.#job = job;
    this.#format = formatByName(format);
    this.#network = new Network(patterns, learning.hidden, learning.activation);
    this.#kernel = compileModel([loss, gradient, isCorrect(radius), isCorrect(0)], ['z', 't'], this.#format);
    this.#targets = patterns.target.map((target) => this.#format.round(target));
    [this.#exactLogits, this.#logits, this.#loss, this.#slopes] = [array(), array(), array(), array()];
    [this.#correct, this.#correctHalf] = [array(), array()];
    this.#gradient = new Float64Array(this.#network.size);
    if (from) {
      this.#epoch = from.epoch;
      this.#weights = from.weights.slice();
      this.#velocity = from.velocity.slice();
      this.#random = new Random(from.random);
      return;
    }
    this.#epoch = 0;
    this.#random = Random.ofSeed(learning.seed);
    this.#weights = Float64Array.from(
      { length: this.#network.size },
      () => learning.weightRange * this.#random.symmetric(),
    );
    this.#velocity = new Float64Array(this.#network.size);
    this.#record();
  }

  get epoch(): number {
    return this.#epoch;
  }

  get isDone(): boolean {
    return this.#epoch >= this.#job.until;
  }

  get state(): TrainingState {
    const { state } = this.#random;
    return { epoch: this.#epoch, weights: this.#weights.slice(), velocity: this.#velocity.slice(), random: state };
  }

  /** The records since they were last taken. */
  take(): Records {
    return recordsOf(this.#rows.splice(0));
  }

  /** Trains for an epoch. */
  step(): void {
    if (this.#job.learning.update === 'batch') this.#batch();
    else this.#online();
    this.#epoch++;
    this.#fresh = false;
    if (isRecorded(this.#epoch) || this.isDone) this.#record();
  }

  #batch(): void {
    const { count } = this.#job.patterns;
    this.#evaluate();
    this.#gradient.fill(0);
    for (let p = 0; p < count; p++) this.#network.backward(this.#weights, p, this.#slopes, this.#gradient);
    this.#update();
  }

  #online(): void {
    const { count } = this.#job.patterns;
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.#random.below(i + 1);
      [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    for (const p of order) {
      this.#network.forward(this.#weights, p, this.#exactLogits);
      this.#compute(p, 1);
      this.#gradient.fill(0);
      this.#network.backward(this.#weights, p, this.#slopes, this.#gradient);
      this.#update();
    }
  }

  #update(): void {
    const { rate, momentum } = this.#job.learning;
    const [weights, velocity, gradient] = [this.#weights, this.#velocity, this.#gradient];
    for (let i = 0; i < weights.length; i++) {
      const change = momentum * (velocity[i] as number) - rate * (gradient[i] as number);
      velocity[i] = change;
      weights[i] = (weights[i] as number) + change;
    }
  }

  /** Loss, gradient and what is correct of all patterns, for the weights as they are. */
  #evaluate(): void {
    if (this.#fresh) return;
    const { count } = this.#job.patterns;
    for (let p = 0; p < count; p++) this.#network.forward(this.#weights, p, this.#exactLogits);
    this.#compute(0, count);
    this.#fresh = true;
  }

  /** The loss of `count` patterns from their logits, which the format takes rounded. */
  #compute(first: number, count: number): void {
    const { outputs } = this.#job.patterns;
    const [start, end] = [first * outputs, (first + count) * outputs];
    const part = (array: Float64Array): Float64Array => array.subarray(start, end);
    for (let i = start; i < end; i++) this.#logits[i] = this.#format.round(this.#exactLogits[i] as number);
    this.#kernel(
      end - start,
      [part(this.#logits), part(this.#targets)],
      [part(this.#loss), part(this.#slopes), part(this.#correct), part(this.#correctHalf)],
    );
  }

  #record(): void {
    this.#evaluate();
    const { patterns } = this.#job;
    const units = this.#loss.length;
    const row = { loss: 0, crossEntropy: 0, off: 0, dead: 0, correct: 0, correctHalf: 0 };
    for (let p = 0; p < patterns.count; p++) {
      let correct = 1;
      let correctHalf = 1;
      for (let i = p * patterns.outputs; i < (p + 1) * patterns.outputs; i++) {
        row.loss += this.#loss[i] as number;
        row.crossEntropy += crossEntropy(this.#exactLogits[i] as number, patterns.target[i] as number);
        if (this.#correct[i] === 0) {
          correct = 0;
          row.off++;
          if (this.#slopes[i] === 0) row.dead++;
        }
        if (this.#correctHalf[i] === 0) correctHalf = 0;
      }
      row.correct += correct;
      row.correctHalf += correctHalf;
    }
    this.#rows.push({
      epoch: this.#epoch,
      loss: row.loss / units,
      crossEntropy: row.crossEntropy / units,
      off: row.off / units,
      dead: row.dead / units,
      correct: row.correct / patterns.count,
      correctHalf: row.correctHalf / patterns.count,
    });
  }
}

/** -t log p - (1 - t) log(1 - p) of the logit; a term whose weight is 0 counts as 0. */
function crossEntropy(logit: number, target: number): number {
  const one = target === 0 ? 0 : target * softplus(-logit);
  return target === 1 ? one : one + (1 - target) * softplus(logit);
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
