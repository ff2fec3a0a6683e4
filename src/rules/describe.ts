import { constant, substitute, variablesOf, type Expression } from '../expression';
import { compileModelAtPoint, formatByName, type FormatName } from '../numeric';
import type { FormatFailures, MeasuredFailure } from './finding';
import { ofVariable, t, x, type Form, type Rule } from './rule';
import { knownFailuresOf } from './thresholds';

/** Where the value fails in each format; a loss at both targets. Looked up or measured, once for each. */
export function measure(unstable: Expression, formats: readonly FormatName[]): readonly FormatFailures[] {
  return formats.map((format) => ({ format, failures: failuresAt(unstable, format) }));
}

function failuresAt(unstable: Expression, name: FormatName): readonly MeasuredFailure[] {
  if (!variablesOf(unstable).includes(t.name)) return knownFailuresOf(unstable, name);
  return ([0, 1] as const).flatMap((target) => {
    const atTarget = substitute(unstable, new Map([[t.name, constant(target)]]));
    return knownFailuresOf(atTarget, name).map((failure) => ({ ...failure, target }));
  });
}

/**
 * A threshold in five digits, rounded outward, so that what is said of every number beyond it is true. Nothing is
 * said with more digits than the number has.
 */
export function printThreshold({ from, side }: Pick<MeasuredFailure, 'from' | 'side'>): string {
  if (from === 0) return '0';
  const scale = 10 ** (4 - Math.floor(Math.log10(Math.abs(from))));
  // Of the least numbers of float64 there is no multiple with five digits.
  if (!Number.isFinite(scale)) return String(Number(from.toPrecision(5)));
  const scaled = from * scale;
  // A hair of tolerance for what scaling itself adds.
  const outward = side === 'above' ? Math.ceil(scaled - 1e-9) : Math.floor(scaled + 1e-9);
  const rounded = Number((outward / scale).toPrecision(5));
  return Math.abs(rounded) < 1e7 ? String(rounded) : rounded.toExponential().replace('+', '');
}

type Headline = Pick<MeasuredFailure, 'of' | 'side' | 'target'>;

interface Threshold {
  readonly format: FormatName;
  readonly failure: MeasuredFailure;
}

function thresholdsOf(failures: readonly FormatFailures[], { of, side, target }: Headline): Threshold[] {
  return failures.flatMap(({ format, failures: inFormat }) => {
    const failure = inFormat.find((each) => each.of === of && each.side === side && each.target === target);
    return failure ? [{ format, failure }] : [];
  });
}

const states: Readonly<Record<MeasuredFailure['becomes'], string>> = {
  NaN: 'NaN',
  Infinity: 'inf',
  '-Infinity': '-inf',
  zero: '0',
};

/** `-inf from x <= -88.723 in float32 (bfloat16 -89, float16 -17.344)`, one such for each thing that it becomes. */
function printThresholds(form: Form, thresholds: readonly Threshold[]): string {
  const groups = new Map<MeasuredFailure['becomes'], Threshold[]>();
  for (const threshold of thresholds) {
    const group = groups.get(threshold.failure.becomes);
    if (group) group.push(threshold);
    else groups.set(threshold.failure.becomes, [threshold]);
  }
  const texts = [...groups].map(([becomes, [first, ...others]]) => {
    if (!first) return '';
    const { amount, threshold } = form.speech ?? ofVariable;
    const from = threshold(amount(printThreshold(first.failure)), first.failure.side);
    const more = others.map(({ format, failure }) => `${format} ${amount(printThreshold(failure))}`);
    return `${states[becomes]} ${from} in ${first.format}${more.length > 0 ? ` (${more.join(', ')})` : ''}`;
  });
  return texts.join(' and ');
}

/** What the headline's threshold says, in a few words. */
export function lensOf(rule: Rule, form: Form, failures: readonly FormatFailures[]): string {
  const [first] = form.headline ? thresholdsOf(failures, form.headline) : [];
  if (!first || !form.headline) return rule.title;
  const { of, target } = form.headline;
  const { amount, threshold } = form.speech ?? ofVariable;
  const where = threshold(amount(printThreshold(first.failure)), first.failure.side)
    .replace('<=', '≤')
    .replace('>=', '≥');
  const what = `${of === 'gradient' ? 'gradient ' : ''}${states[first.failure.becomes]} ${where} in ${first.format}`;
  return `${rule.title}: ${what}${target === undefined ? '' : ` (target ${String(target)})`}`;
}

export interface Situation {
  /** What the code calls `x`, if it has a short name for it. */
  readonly operand: string | undefined;
  readonly unstable: Expression;
  readonly differentiates: boolean;
}

/** What goes wrong and from which input on. */
export function messageOf(
  form: Form,
  headline: Headline,
  failures: readonly FormatFailures[],
  situation: Situation,
): string {
  const { operand, unstable, differentiates } = situation;
  const named = operand === undefined ? form.operand : `\`${operand}\``;
  const meaning = named === undefined ? '' : ` Here x is ${named}.`;
  const first = thresholdsOf(failures, headline);
  const sentences: string[] = [];
  if (headline.of === 'value') {
    const gradient = thresholdsOf(failures, { ...headline, of: 'gradient' });
    sentences.push(
      `${form.name} is ${printThresholds(form, first)}${differentiates ? gradientAfter(form, first, gradient) : ''}`,
    );
  } else if (headline.target === undefined) {
    sentences.push(`The gradient of ${form.name} is ${printThresholds(form, first)}`);
  } else {
    const opposite: Headline = {
      of: 'gradient',
      side: headline.side === 'above' ? 'below' : 'above',
      target: headline.target === 0 ? 1 : 0,
    };
    sentences.push(
      `The gradient of ${form.name} with target ${String(headline.target)} is ${printThresholds(form, first)}${lossAt(unstable, first[0])}`,
    );
    const others = printThresholds(form, thresholdsOf(failures, opposite));
    if (others !== '') sentences.push(`with target ${String(opposite.target)} it is ${others}`);
  }
  return `${sentences.join('; ')}.${meaning}`;
}

/** What the loss is where its gradient fails. */
function lossAt(unstable: Expression, threshold: Threshold | undefined): string {
  if (threshold?.failure.target === undefined) return '';
  const { format, failure } = threshold;
  const atTarget = substitute(unstable, new Map([[t.name, constant(threshold.failure.target)]]));
  const [value] = compileModelAtPoint([atTarget], [x.name], formatByName(format))(failure.from);
  return value === undefined || !Number.isFinite(value)
    ? ''
    : `, where the loss is ${String(Number(value.toPrecision(4)))}`;
}

/** The gradient's part of a sentence about the value. */
function gradientAfter(form: Form, value: readonly Threshold[], gradient: readonly Threshold[]): string {
  if (gradient.length === 0) return '';
  const together = gradient.every(({ format, failure }) =>
    value.some((other) => other.format === format && other.failure.from === failure.from),
  );
  const [state, ...otherStates] = new Set(gradient.map(({ failure }) => states[failure.becomes]));
  if (together && state !== undefined && otherStates.length === 0) return `; its gradient is ${state} there`;
  return `; its gradient is ${printThresholds(form, gradient)}`;
}
