import type { Expression } from '../expression';
import type { Failure } from '../measure/failures';
import type { FormatName } from '../numeric';

export type Severity = 'warning' | 'information' | 'hint';

export interface MeasuredFailure extends Failure {
  /** The target at which a loss fails. */
  readonly target?: 0 | 1;
}

/** Where a finding's expression fails in a number format, as measured. */
export interface FormatFailures {
  readonly format: FormatName;
  readonly failures: readonly MeasuredFailure[];
}

export interface RelatedPlace {
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

/** An unstable form in a Python text. Places are offsets, ends exclusive. */
export interface Finding {
  /** The rule's id, `log-of-sigmoid`. */
  readonly rule: string;
  readonly severity: Severity;
  /** The call that is unstable. */
  readonly range: { readonly start: number; readonly end: number };
  /** The statement that it stands in, of a compound statement its head. */
  readonly statement: { readonly start: number; readonly end: number };
  /** Where its parts come from, if from elsewhere. */
  readonly related: readonly RelatedPlace[];
  /** The unstable value as a function of the variable `x`, of a loss also of the target `t`. */
  readonly expression: Expression;
  /** The same value computed stably. */
  readonly stable: Expression;
  /** The catalogue's ids of the unstable loss and of the stable one, where they are published losses. */
  readonly loss?: { readonly unstable: string; readonly stable: string };
  readonly title: string;
  /** What to write instead in the framework of the code, by its imports: `F.logsigmoid(x)`. */
  readonly advice: string;
  /** What goes wrong and from which input on, in full sentences. */
  readonly message: string;
  /** The same in a few words. */
  readonly lens: string;
  readonly failures: readonly FormatFailures[];
}
