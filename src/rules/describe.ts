import { constant, substitute, variablesOf, type Expression } from '../expression';
import { compileModelAtPoint, formatByName, type FormatName } from '../numeric';
import type { FormatFailures, MeasuredFailure } from './finding';
import { intervalOf } from './interval';
import { ofVariable, t, x, type Form, type Hit, type Rule } from './rule';
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
  const outward = (tolerance: number): number => {
    const whole = side === 'above' ? Math.ceil(scaled - tolerance) : Math.floor(scaled + tolerance);
    return Number((whole / scale).toPrecision(5));
  };
  // A hair of tolerance for what scaling itself adds, but not for a number that is a hair from a round one.
  const near = outward(1e-9);
  const isInside = side === 'above' ? near < from : near > from;
  const rounded = isInside ? outward(0) : near;
  return Math.abs(rounded) < 1e7 ? String(rounded) : rounded.toExponential().replace('+', '');
}

type Headline = Pick<MeasuredFailure, 'of' | 'side' | 'target'>;

/** What is known of the operand: failures outside of it are not spoken of. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

const unbounded: Bounds = { low: -Infinity, high: Infinity };

/** What is known of the operand that the form is measured over. */
export function boundsOf({ form, bindings, site, analysis }: Hit): Bounds {
  const bounded = form.bounded === false ? undefined : bindings.get(form.bounded ?? 'x');
  if (!bounded) return unbounded;
  const { low, high } = intervalOf(bounded, site.conditions);
  const usual = analysis.withDefaults(bounded);
  if (usual === bounded) return { low, high };
  const by = intervalOf(usual, site.conditions);
  return { low: Math.max(low, by.low), high: Math.min(high, by.high) };
}

/** From where on it fails in a format, and what it becomes farther out if that is something else. */
interface Threshold {
  readonly format: FormatName;
  readonly failure: MeasuredFailure;
  readonly farther: readonly MeasuredFailure[];
}

function thresholdsOf(
  failures: readonly FormatFailures[],
  { of, side, target }: Headline,
  { low, high }: Bounds,
): Threshold[] {
  return failures.flatMap(({ format, failures: inFormat }) => {
    const [failure, ...farther] = inFormat.filter(
      (each) => each.of === of && each.side === side && each.target === target,
    );
    if (!failure) return [];
    const reached = farther.filter(({ from }) => (side === 'above' ? from <= high : from >= low));
    return [{ format, failure, farther: reached }];
  });
}

const states: Readonly<Record<MeasuredFailure['becomes'], string>> = {
  NaN: 'NaN',
  Infinity: 'inf',
  '-Infinity': '-inf',
  zero: '0',
};

interface Stage {
  readonly format: FormatName;
  readonly failure: MeasuredFailure;
  /** Whether it begins with the number after the one where another failure does: `log(x)` below 0. */
  readonly atOnce: boolean;
}

function stagesOf({ format, failure, farther }: Threshold): Stage[] {
  const { ordinal } = formatByName(format);
  let before = failure;
  return [
    { format, failure, atOnce: false },
    ...farther.map((next) => {
      const distance = ordinal(next.from) - ordinal(before.from);
      before = next;
      return { format, failure: next, atOnce: distance === 1n || distance === -1n };
    }),
  ];
}

/**
 * `-inf from x <= -88.723 in float32 (bfloat16 -89, float16 -17.344)`, one such for each thing that it becomes.
 * @param spoken thresholds that have just been told, which are `there`
 */
function printThresholds(form: Form, thresholds: readonly Threshold[], spoken: readonly Threshold[] = []): string {
  const groups = new Map<MeasuredFailure['becomes'], Stage[]>();
  for (const stage of thresholds.flatMap(stagesOf)) {
    const group = groups.get(stage.failure.becomes);
    if (group) group.push(stage);
    else groups.set(stage.failure.becomes, [stage]);
  }
  const { amount, threshold } = form.speech ?? ofVariable;
  const there: string[] = [];
  const elsewhere: string[] = [];
  for (const [becomes, group] of groups) {
    const [first, ...others] = group;
    if (!first) continue;
    const isSpoken =
      group.length === spoken.length &&
      group.every(({ format, failure: { from } }) =>
        spoken.some((other) => other.format === format && other.failure.from === from),
      );
    if (isSpoken) there.push(`${states[becomes]} there`);
    else if (group.every(({ atOnce }) => atOnce)) elsewhere.push(`${states[becomes]} beyond`);
    else {
      const from = threshold(amount(printThreshold(first.failure)), first.failure.side);
      const more = others.map(({ format, failure }) => `${format} ${amount(printThreshold(failure))}`);
      const inOthers = more.length > 0 ? ` (${more.join(', ')})` : '';
      elsewhere.push(`${states[becomes]} ${from} in ${first.format}${inOthers}`);
    }
  }
  const texts = [...there, ...elsewhere];
  const last = texts.pop() ?? '';
  return texts.length === 0 ? last : `${texts.join(', ')} and ${last}`;
}

/** What the headline's threshold says, in a few words. */
export function lensOf(
  rule: Rule,
  form: Form,
  failures: readonly FormatFailures[],
  bounds: Bounds = unbounded,
): string {
  const [first] = form.headline ? thresholdsOf(failures, form.headline, bounds) : [];
  if (!first || !form.headline) return rule.title;
  const { of, target } = form.headline;
  const { amount, threshold } = form.speech ?? ofVariable;
  const where = threshold(amount(printThreshold(first.failure)), first.failure.side)
    .replace('<=', '≤')
    .replace('>=', '≥');
  const becomes = [...new Set([first.failure, ...first.farther].map((failure) => states[failure.becomes]))].join(
    ' or ',
  );
  const what = `${of === 'gradient' ? 'gradient ' : ''}${becomes} ${where} in ${first.format}`;
  return `${rule.title}: ${what}${target === undefined ? '' : ` (target ${String(target)})`}`;
}

export interface Situation {
  /** What the code calls `x`, if it has a short name for it. */
  readonly operand: string | undefined;
  readonly unstable: Expression;
  readonly differentiates: boolean;
  readonly bounds?: Bounds;
}

/** What goes wrong and from which input on. */
export function messageOf(
  form: Form,
  headline: Headline,
  failures: readonly FormatFailures[],
  situation: Situation,
): string {
  const { operand, unstable, differentiates, bounds = unbounded } = situation;
  const named = operand === undefined ? form.operand : `\`${operand}\``;
  const meaning = named === undefined ? '' : ` Here x is ${named}.`;
  const first = thresholdsOf(failures, headline, bounds);
  const sentences: string[] = [];
  if (headline.of === 'value') {
    const gradient = thresholdsOf(failures, { ...headline, of: 'gradient' }, bounds);
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
    const others = printThresholds(form, thresholdsOf(failures, opposite, bounds));
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
  return gradient.length === 0 ? '' : `; its gradient is ${printThresholds(form, gradient, value)}`;
}
