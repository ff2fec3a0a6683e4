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

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A change of the text that computes the same exact value in a better way. */
export interface Fix {
  /** `Write F.logsigmoid(x)` */
  readonly title: string;
  /** In the order of the text, none overlapping another. */
  readonly edits: readonly Edit[];
  /** The number format in which the worst errors were measured. */
  readonly format: FormatName;
  /** What the errors are of: the value, or the gradient where the value is right. */
  readonly of: 'value' | 'gradient';
  /** Of which x: the side on which the form found fails. */
  readonly side: 'below' | 'above';
  /** The worst error of the form found and of the one to be written, in ULPs; infinite where it is inf or NaN. */
  readonly worstBefore: number;
  readonly worstAfter: number;
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
  /**
   * The unstable value as a function of the variable `x`, of a loss also of the target `t`; undefined where what is
   * wrong has no value among scalars.
   */
  readonly expression?: Expression;
  /** The same value computed stably. */
  readonly stable?: Expression;
  /** The catalogue's ids of the unstable loss and of the stable one, where they are published losses. */
  readonly loss?: { readonly unstable: string; readonly stable: string };
  readonly title: string;
  /** What to write instead in the framework of the code, by its imports: `F.logsigmoid(x)`. */
  readonly advice: string;
  /** What goes wrong and from which input on, in full sentences. */
  readonly message: string;
  /** The same in a few words. */
  readonly lens: string;
  /** Empty where there is nothing to measure. */
  readonly failures: readonly FormatFailures[];
  /** Undefined where no fix has been shown to be equal and better. */
  readonly fix?: Fix;
}
