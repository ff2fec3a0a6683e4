import type { Expression } from '../../expression';
import type { Arguments, Meaning } from '../frameworks';
import { activationOf } from '../frameworks/keras';
import type { Range } from '../syntax';
import type { Value } from '../values';

export class CallArguments implements Arguments {
  constructor(
    readonly positional: readonly Value[],
    readonly named: ReadonlyMap<string, Value>,
    /** Where an axis is given: by name, or as the first integer after the operand. */
    readonly axis?: Range,
    /** Where the arguments stand, in the order of the text; undefined where there are unpacked ones. */
    readonly places?: readonly (Range & { readonly name: string | undefined })[],
  ) {}

  /** Where the argument for a parameter stands. */
  placeOf([position, ...names]: readonly [number | undefined, ...string[]]): Range | undefined {
    const positional = this.places?.filter(({ name }) => name === undefined);
    const at = position === undefined ? undefined : positional?.[position];
    return at ?? this.places?.find(({ name }) => name !== undefined && names.includes(name));
  }

  get(index: number, name?: string): Value | undefined {
    return this.positional[index] ?? (name === undefined ? undefined : this.named.get(name));
  }

  get all(): readonly Value[] {
    return [...this.positional, ...this.named.values()];
  }

  /** The argument of a call with a single, named one: frameworks differ in what they call it. */
  get only(): Value | undefined {
    const [only, ...others] = this.positional.length === 0 ? this.named.values() : [];
    return others.length === 0 ? only : undefined;
  }

  after(first: Value, place?: Range, axis?: Range): CallArguments {
    const places =
      place && this.places ? [{ start: place.start, end: place.end, name: undefined }, ...this.places] : undefined;
    return new CallArguments([first, ...this.positional], this.named, this.axis ?? axis, places);
  }
}

export const noArguments = new CallArguments([], new Map());

/** What a function does whose call gives nothing but its operands. */
export function withoutArguments(meaning: Meaning | undefined): Meaning | undefined {
  return meaning?.does === 'choose' ? meaning.choose(noArguments) : meaning;
}

/** A text that calls share whose arguments are unknown but for equal literals; undefined if more is known of one. */
export function literalsOf(call: CallArguments): string | undefined {
  const parts: string[] = [];
  for (const [name, value] of [...call.positional.entries(), ...call.named]) {
    let part: string;
    if (value.kind === 'text') part = JSON.stringify(value.text);
    else if (value.kind === 'none') part = 'None';
    else if (value.kind === 'truth') part = String(value.truth);
    else if (value.kind !== 'quantity') return undefined;
    else if (value.expression.kind === 'variable') part = '?';
    else if (value.expression.kind === 'constant') part = String(value.expression.value);
    else return undefined;
    parts.push(`${String(name)}=${part}`);
  }
  return parts.join();
}

/** What a default is at most that nobody means to change. */
export const largestEpsilon = 1e-6;

const sizes: ReadonlySet<string> = new Set(['add', 'subtract', 'multiply', 'divide', 'negate', 'power', 'floor']);

const computed = new WeakMap<Expression, boolean>();

/** Whether it is more than arithmetic, as sizes are computed by. */
export function isComputed(expression: Expression): boolean {
  if (expression.kind !== 'operation') return expression.kind === 'withGradient';
  let found = computed.get(expression);
  if (found === undefined) {
    found = !sizes.has(expression.operator) || expression.operands.some(isComputed);
    computed.set(expression, found);
  }
  return found;
}

/** Whether more is known of an argument than that it is one: more than a size, a name, an unknown tensor. */
export function isTelling(value: Value, depth = 0): boolean {
  switch (value.kind) {
    case 'quantity':
      return value.expression.kind === 'constant'
        ? value.expression.value > 0 && value.expression.value <= largestEpsilon
        : isComputed(value.expression);
    case 'text':
      return activationOf(value) !== undefined;
    case 'list':
      return depth < 2 && value.items.some((item) => isTelling(item, depth + 1));
    case 'dict':
      return depth < 2 && [...value.entries.values()].some((entry) => isTelling(entry, depth + 1));
    case 'choice':
      return depth < 2 && value.of.some((each) => isTelling(each, depth + 1));
    case 'none':
    case 'truth':
      return false;
    default:
      return true;
  }
}

/** The names of a record's elements: a list of them, or a text with spaces or commas between them. */
export function fieldsGiven(value: Value | undefined): readonly string[] | undefined {
  if (value?.kind === 'text') return value.text.split(/[\s,]+/).filter((name) => name !== '');
  if (value?.kind !== 'list') return undefined;
  const names = value.items.flatMap((item) => {
    const [name = item] = item.kind === 'list' ? item.items : [];
    return name.kind === 'text' ? name.text : [];
  });
  return names.length === value.items.length ? names : undefined;
}
