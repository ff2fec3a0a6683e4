/** Messages between the extension host (or the command line) and the worker process. Types only. */
import type { Expression } from '../expression';
import type { Subject, TargetSummary } from '../measure';
import type { BackendIdentity, BackendName, Curve, Format } from './measurement';

/** Raised whenever a message changes: host and worker of different builds refuse each other. */
export type ProtocolVersion = 1;

/** One thing to measure: a loss for one target in one format. */
export interface MeasureTask {
  /** The sender's name for it, handed back with the result. */
  readonly key: string;
  readonly subject: Subject;
  readonly format: Format;
  /** Margins to evaluate at; rounded to the format by the worker. */
  readonly points: Float64Array;
  readonly summary: boolean;
  readonly exact: boolean;
}

/** Any expressions of any variables, over the same points. */
export interface EvaluateTask {
  readonly key: string;
  readonly outputs: readonly Expression[];
  readonly variables: readonly string[];
  readonly inputs: readonly Float64Array[];
  readonly format: Format;
}

export interface MeasureRequest {
  readonly type: 'measure';
  readonly id: number;
  readonly backend: BackendName;
  readonly tasks: readonly MeasureTask[];
}

export interface EvaluateRequest {
  readonly type: 'evaluate';
  readonly id: number;
  readonly backend: BackendName;
  readonly tasks: readonly EvaluateTask[];
}

export interface CancelRequest {
  readonly type: 'cancel';
  readonly id: number;
}

export type ToWorker = MeasureRequest | EvaluateRequest | CancelRequest;

/** Sent once, as soon as the worker can take requests. */
export interface HelloMessage {
  readonly type: 'hello';
  /** A `ProtocolVersion`, or that of another build. */
  readonly protocol: number;
  readonly identity: BackendIdentity;
}

export interface MeasuredMessage {
  readonly type: 'measured';
  readonly id: number;
  readonly key: string;
  readonly curve: Curve;
  readonly summary: TargetSummary | null;
}

export interface EvaluatedMessage {
  readonly type: 'evaluated';
  readonly id: number;
  readonly key: string;
  readonly outputs: readonly Float64Array[];
}

/** The end of a request: everything was sent, or it was cancelled, or it failed. */
export interface DoneMessage {
  readonly type: 'done';
  readonly id: number;
  readonly outcome: 'complete' | 'cancelled' | 'failed';
  readonly identity: BackendIdentity;
  readonly message?: string;
}

export type FromWorker = HelloMessage | MeasuredMessage | EvaluatedMessage | DoneMessage;
