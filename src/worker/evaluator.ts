import type { Expression } from '../expression';
import type { NumberFormat } from '../numeric';
import type { BackendIdentity } from '../protocol';

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
}
