import { bind, variable, type Bindings, type Expression, type Operator, type Pattern } from '../expression';
import type { FrameworkName, PythonAnalysis, Site } from '../python';
import type { FormatName } from '../numeric';
import type { MeasuredFailure, Severity } from './finding';
import type { Point } from './points';
import type { FinderSettings } from './settings';

/** The operand of a form, in what is measured and in what is said. */
export const x = variable('x');
/** The target of a loss. */
export const t = variable('t');
/** The operand of a form in its pattern. */
export const operand = bind('x');

/** The numbers that a pattern has bound: an epsilon, a limit. */
export type Numbers = Readonly<Record<string, number>>;

/** A form found at a site. */
export interface Hit {
  readonly rule: Rule;
  readonly form: Form;
  readonly site: Site;
  /** The value that matches; of a loss its prediction. */
  readonly matched: Expression;
  readonly bindings: Bindings;
  readonly numbers: Numbers;
  /** Of a loss, its target. */
  readonly target: Expression | undefined;
  readonly analysis: PythonAnalysis;
  /** Whether gradients are taken here, as far as is known. */
  readonly differentiates: boolean;
  /** The number formats to speak of, the one in use first. */
  readonly formats: readonly FormatName[];
  readonly settings: FinderSettings;
}

/**
 * What to write instead, by framework: qualified names in braces, `$x` for what the pattern's `x` stands for in the
 * code, `$-x` for it negated, `$t` for a loss's target, `$axis` for the axis that was given (-1 if none was).
 */
export type Rewriting = Readonly<Partial<Record<FrameworkName, string>>>;

/** One unstable way of computing something. */
export interface Form {
  /** What is found: a value that is computed, or a loss of one of these ids whose prediction is so computed. */
  readonly pattern: Pattern;
  readonly ofLoss?: readonly string[];
  /** As it is called in messages: `log(sigmoid(x))`. */
  readonly name: string;
  /** Where it is not the rule's. */
  readonly severity?: Severity;
  /** The operation whose rounding is at fault, pointed at where it stands elsewhere. */
  readonly culprit?: Operator;
  /** Only in code of these frameworks; everywhere unless said otherwise. */
  readonly frameworks?: readonly FrameworkName[];
  /** Whether it does harm only where gradients are taken. */
  readonly ofGradients?: boolean;
  /**
   * What is known of this place that speaks against the form, or for another severity.
   * @returns false where it is none, true or a severity where it is one
   */
  readonly guard?: (hit: Hit) => boolean | Severity;
  /**
   * The form as it is at this place, where what is measured of it depends on numbers that stand there.
   * @returns undefined where it is none
   */
  readonly at?: (hit: Hit) => Form | undefined;
  /**
   * Whether it is what someone writes who has thought of the failure: beside it, on another branch, the form without
   * such care is not reported.
   */
  readonly careful?: boolean;
  /** Whether it may be made of literals and random numbers alone. */
  readonly ofRandom?: boolean;
  /** The rules that say of its parts what it says of the whole. */
  readonly absorbs?: readonly string[];
  /**
   * Whether x stands in it more than once. Where several definitions reach a place, combinations of different ones are
   * no such form, which doesn't speak against those that are.
   */
  readonly repeated?: boolean;
  /** Whether a finding of a form that this one is a part of, in the same statement, speaks for both. */
  readonly yields?: boolean;
  /** Numbers that the pattern binds as code has them most often: those of its page. */
  readonly typical?: Numbers;
  /** What is measured, over `x` and, of a loss, `t`. */
  readonly unstable?: (numbers: Numbers) => Expression;
  readonly stable?: (numbers: Numbers) => Expression;
  /** What the unstable form is meant to compute, where a clamp inside it makes that another function. */
  readonly meant?: (numbers: Numbers) => Expression;
  /** What is measured at 0, of a form that fails there alone. */
  readonly atZero?: Point;
  /** The catalogue's ids, of a published loss. */
  readonly losses?: { readonly unstable: string; readonly stable: string };
  /** The failure to speak of first. */
  readonly headline?: Pick<MeasuredFailure, 'of' | 'side' | 'target'>;
  /** The name of the pattern whose known bounds tell whether the failure can be reached: `x`, unless said otherwise. */
  readonly bounded?: string | false;
  /** What `x` is, in words, said where the code has no name for it. */
  readonly operand?: string;
  /** How thresholds are spoken of; of `x` itself unless said otherwise. */
  readonly speech?: Speech;
  /** What goes wrong, of a form of which no thresholds are measured. Its numbers are computed. */
  readonly says?: (hit: Hit) => Saying;
  /** Code that replaces the site's. */
  readonly write?: Rewriting;
  /** Code that replaces the layer or criterion object, where the site calls one. */
  readonly writeLayer?: Rewriting;
  /** What to do, in words, in a framework without code for it: `clamp the argument`. */
  readonly advice?: string;
  /** Whether a value that only weighs samples is none of its business. */
  readonly sparesSampling?: boolean;
}

export interface Saying {
  /** Full sentences. */
  readonly message: string;
  /** A few words. */
  readonly lens: string;
}

export interface Speech {
  /** A threshold's number as the rule speaks of it. */
  readonly amount: (printed: string) => string;
  /** A threshold in words: `from x <= -88.73`. */
  readonly threshold: (amount: string, side: MeasuredFailure['side']) => string;
}

/** A family of unstable forms. Nothing outside knows what is wrong with them. */
export interface Rule {
  readonly id: string;
  readonly title: string;
  /** Its numbers in the catalogue of patterns, docs/rules/README.md. */
  readonly entries: readonly string[];
  /** Where gradients are recorded; elsewhere a rule says less. */
  readonly severity: Severity;
  /** Of each group a text has at least one, or none of the rule's forms. */
  readonly triggers: readonly (readonly string[])[];
  /** The more specific ones first. */
  readonly forms: readonly Form[];
}

/** Thresholds of `x` itself. */
export const ofVariable: Speech = {
  amount: (printed) => printed,
  threshold: (from, side) => (side === 'above' ? `from x >= ${from}` : `from x <= ${from}`),
};
