import { variable, wildcard, type Expression } from '../expression';
import type { StableForm } from '../python';
import type { MeasuredFailure, Severity } from './finding';

/** The operand of a form, in what it matches and in what it says. */
export const x = variable('x');
/** The target of a loss. */
export const t = variable('t');
/** The operand of a form in its pattern. */
export const operand = wildcard('x');

/** One unstable way of computing something. */
export interface Form {
  /** What is found: a value that is computed, or a loss of this id whose prediction is so computed. */
  readonly pattern: Expression;
  readonly ofLoss?: string;
  /** The operation whose rounding is at fault, pointed at where it stands elsewhere. */
  readonly culprit: 'sigmoid' | 'softmax';
  /** What is measured, over `x` and, of a loss, `t`. */
  readonly unstable: Expression;
  readonly stable: Expression;
  readonly losses?: { readonly unstable: string; readonly stable: string };
  /** What to write instead, and of which operand. */
  readonly advice: { readonly form: StableForm; readonly layer?: StableForm; readonly of: 'x' | '-x' };
  /** As it is called in messages. */
  readonly name: string;
  /** The failure to speak of first. */
  readonly headline: Pick<MeasuredFailure, 'of' | 'side' | 'target'>;
}

/** A family of unstable forms. Nothing outside knows what is wrong with them. */
export interface Rule {
  readonly id: string;
  readonly title: string;
  /** File under docs/rules. */
  readonly page: string;
  /** Where gradients are recorded; elsewhere a rule says less. */
  readonly severity: Severity;
  /** Of each group a text has at least one, or none of the rule's forms. */
  readonly triggers: readonly (readonly string[])[];
  readonly forms: readonly Form[];
  /** What `x` is, in words, said where the code has no name for it. */
  readonly operand: string;
  /** A threshold's number as the rule speaks of it. */
  amount(printed: string): string;
  /** A threshold in words: `from x <= -88.73`. */
  threshold(amount: string, side: MeasuredFailure['side']): string;
  /** Whether a value that only weighs samples is none of its business. */
  readonly sparesSampling: boolean;
}

/** Thresholds of `x` itself. */
export const ofVariable = (from: string, side: MeasuredFailure['side']): string =>
  side === 'above' ? `from x >= ${from}` : `from x <= ${from}`;
