import type { Expression } from '../expression';
import type { NumberFormat } from '../numeric';
import type { Target } from '../measure';
import type { BackendIdentity, RealCall } from '../protocol';

/** Stops long work: checked between chunks, and gives the event loop its turn so that a cancel message gets in. */
export interface Pacer {
  /** @throws Cancelled if the request was cancelled. */
  breathe(): Promise<void>;
}

/** Thrown out of cancelled work. */
export class Cancelled extends Error {}

/** Expressions made ready for a device: compiled once, evaluated for many points. */
export interface Prepared {
  /**
   * @param inputs values of the variables, one array each, of one length; values of the format
   * @returns values of the outputs, one array each of the same length
   */
  evaluate(inputs: readonly Float64Array[], pacer: Pacer): Promise<Float64Array[]>;
}

/** A device that computes expressions. Each is a printer of expressions for it. */
export interface Evaluator {
  readonly identity: BackendIdentity;
  prepare(outputs: readonly Expression[], variables: readonly string[], format: NumberFormat): Prepared;
  /** The framework whose own functions `prepareReal` calls. */
  readonly framework?: string;
  /**
   * Only where frameworks are at hand: their own function for a loss, and its gradient by their own autodiff.
   * @throws BackendError if this framework isn't the call's, or its version computes something else
   */
  prepareReal?(real: RealCall, over: RealOperands, format: NumberFormat): Prepared;
}

/** What the inputs and outputs of a real call are: two outputs, loss and gradient. */
export type RealOperands =
  /** The inputs are logits and targets; `gradient` is an expression over z and t. */
  | { readonly kind: 'logits'; readonly gradient: Expression }
  /** The input is the margin of a subject with this target; `gradient` is that of the subject. */
  | { readonly kind: 'margin'; readonly target: Target; readonly gradient: Expression };
