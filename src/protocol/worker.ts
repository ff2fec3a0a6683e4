/** Messages between the extension host (or the command line) and the worker process. Types only. */
import type { Expression } from '../expression';
import type { Subject, TargetSummary } from '../measure';
import type { Records, TrainingJob, TrainingState } from '../training';
import type { BackendRefusal, ReadyBackend, Stage } from './backend';
import type { BackendIdentity, Curve, Format } from './measurement';

/** Raised whenever a message changes: host and worker of different builds refuse each other. */
export type ProtocolVersion = 4;

/** Versions of a Python package: `from` is the first, `before` the first that is not among them. */
export interface PackageRange {
  readonly name: string;
  readonly from?: string;
  readonly before?: string;
}

/** A framework's own function for a loss of the catalogue, for the backend that has the framework. */
export interface RealCall {
  /** The entry's id, for messages. */
  readonly id: string;
  readonly framework: 'torch' | 'tensorflow' | 'keras' | 'jax';
  /** The packages it calls, in the versions in which they compute what the entry stands for. */
  readonly requires: readonly PackageRange[];
  /** On which backends Keras computes it so; all where it isn't given. */
  readonly kerasBackends?: readonly string[];
  /**
   * The body of a Python function of `z` and `t`, tensors of one dimension and of the format, that returns the loss of each
   * element. The constants are numbers there, and the framework has its usual name: torch, F; tf; jax, jnp; keras, ops.
   */
  readonly source: string;
  readonly constants: Readonly<Record<string, number>>;
}

/** One thing to measure: a loss for one target in one format. */
export interface MeasureTask {
  /** The sender's name for it, handed back with the result. */
  readonly key: string;
  readonly subject: Subject;
  readonly format: Format;
  /** Margins to evaluate at; rounded to the format by the worker. */
  readonly points: Float64Array;
  readonly summary: boolean;
  /** Whether exact values and errors are wanted; without them those arrays are empty. */
  readonly exact: boolean;
  /** What the subject's loss is computed by where the backend has its framework; else by its expression. */
  readonly real?: RealCall;
}

/** Any expressions of any variables, over the same points. */
export interface EvaluateTask {
  readonly key: string;
  readonly outputs: readonly Expression[];
  readonly variables: readonly string[];
  readonly inputs: readonly Float64Array[];
  readonly format: Format;
  /** What computes instead of the outputs, a loss and its gradient by z, where the backend has its framework. */
  readonly real?: RealCall;
}

export interface MeasureRequest {
  readonly type: 'measure';
  readonly id: number;
  readonly tasks: readonly MeasureTask[];
}

export interface EvaluateRequest {
  readonly type: 'evaluate';
  readonly id: number;
  readonly tasks: readonly EvaluateTask[];
}

/** A network to train: from where it stands, or from its start weights, to an epoch. */
export interface TrainTask extends TrainingJob {
  readonly key: string;
}

/** Only the worker of the model trains. The tasks grow side by side. */
export interface TrainRequest {
  readonly type: 'train';
  readonly id: number;
  readonly tasks: readonly TrainTask[];
}

export interface CancelRequest {
  readonly type: 'cancel';
  readonly id: number;
}

export type ToWorker = MeasureRequest | EvaluateRequest | TrainRequest | CancelRequest;

/** Sent as each stage of opening the backend is reached, and again while one takes long. */
export interface StageMessage {
  readonly type: 'stage';
  readonly stage: Stage;
  readonly detail?: string;
}

/** Sent once, as soon as the worker can take requests. */
export interface HelloMessage extends ReadyBackend {
  readonly type: 'hello';
  /** A `ProtocolVersion`, or that of another build. */
  readonly protocol: number;
}

/** Sent instead of hello where the backend can't be opened; the worker ends then. */
export interface RefusedMessage extends BackendRefusal {
  readonly type: 'refused';
  readonly protocol: number;
}

/** Sent every second while there is work, so that a worker that hangs can be told from one that computes. */
export interface AliveMessage {
  readonly type: 'alive';
}

export interface MeasuredMessage {
  readonly type: 'measured';
  readonly id: number;
  readonly key: string;
  readonly curve: Curve;
  /** The same where floats end: at the margins of the logits ±0, ± the smallest subnormal, ± the largest value, ±∞, NaN. */
  readonly specials: Curve;
  readonly summary: TargetSummary | null;
  /** Whether a framework's own function computed it, and not our expression of it. */
  readonly real: boolean;
}

export interface EvaluatedMessage {
  readonly type: 'evaluated';
  readonly id: number;
  readonly key: string;
  readonly outputs: readonly Float64Array[];
}

/** How far one network has come since the message before: sent a few times a second, and at the end. */
export interface TrainedMessage {
  readonly type: 'trained';
  readonly id: number;
  readonly key: string;
  /** What was recorded since. */
  readonly records: Records;
  /** Where the network stands after them. */
  readonly state: TrainingState;
  /** Whether it has reached its epoch. */
  readonly done: boolean;
}

/** The end of a request: everything was sent, or it was cancelled, or it failed. */
export interface DoneMessage {
  readonly type: 'done';
  readonly id: number;
  readonly outcome: 'complete' | 'cancelled' | 'failed';
  readonly identity: BackendIdentity;
  readonly message?: string;
}

export type FromWorker =
  | StageMessage
  | HelloMessage
  | RefusedMessage
  | AliveMessage
  | MeasuredMessage
  | EvaluatedMessage
  | TrainedMessage
  | DoneMessage;
