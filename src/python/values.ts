import type { Expression } from '../expression';
import type { FormatName } from '../numeric';
import type { Applied } from './frameworks/framework';
import type { Scope } from './scope';
import type { ClassDefinition, FunctionDefinition, Lambda, Range } from './syntax';

/** What a Python name or expression stands for, as far as it is known without running the program. */
export type Value =
  Quantity | Path | LibraryObject | FunctionValue | ClassValue | Instance | List | Dict | Text | Truth | None | Choice;

/** A number or a tensor, element by element. What isn't known about it is a variable of its expression. */
export interface Quantity {
  readonly kind: 'quantity';
  readonly expression: Expression;
}

/** A module, function or class of a library, by its qualified name: `torch.nn.functional.sigmoid`. */
export interface Path {
  readonly kind: 'path';
  readonly path: string;
}

/** An instance of a library's class: `nn.Sigmoid()`. */
export interface LibraryObject {
  readonly kind: 'object';
  readonly path: string;
  /** What calling it does, if known. */
  readonly applied: Applied | undefined;
  /** Where it was made. */
  readonly made: Range;
  /** Of a context manager under which operations compute in a half format, that format. */
  readonly autocast?: FormatName;
}

export interface FunctionValue {
  readonly kind: 'function';
  readonly definition: FunctionDefinition | Lambda;
  /** Where it was defined. */
  readonly scope: Scope;
  /** The object that it is a method of. */
  readonly self?: Value;
  readonly decorated: Decorated;
}

/** What a function's decorators make of it. */
export interface Decorated {
  /** Whether a call gives what the body returns: each decorator is known to leave that so. */
  readonly plain: boolean;
  /** A method without `self`; a method that is read as an attribute. */
  readonly as: 'function' | 'static' | 'property';
  readonly stopsGradients: boolean;
}

export interface ClassValue {
  readonly kind: 'class';
  readonly definition: ClassDefinition;
  readonly bases: readonly Value[];
  /** Methods and class attributes. */
  readonly members: ReadonlyMap<string, Value>;
  /** What the methods assign to attributes of `self`. */
  readonly attributes: Map<string, Value>;
}

export interface Instance {
  readonly kind: 'instance';
  readonly of: ClassValue;
  /** What this one was made with: attributes that other instances of its class may have other values of. */
  readonly fields?: ReadonlyMap<string, Value>;
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly Value[];
  /** Whether the items are exactly these, in this order; else each element is one of them, and the last is the last. */
  readonly exact: boolean;
  /** Attributes by which its items are read too: `values` and `indices`. */
  readonly fields?: readonly string[];
  /** Whether a library has made one tensor of them: `torch.cat((a, b))`. */
  readonly isJoined?: boolean;
}

export interface Dict {
  readonly kind: 'dict';
  readonly entries: ReadonlyMap<string, Value>;
  /** What stands under keys that aren't known. */
  readonly rest?: Value;
}

export interface Text {
  readonly kind: 'text';
  readonly text: string;
}

/** True or False as it is written. */
export interface Truth {
  readonly kind: 'truth';
  readonly truth: boolean;
}

export interface None {
  readonly kind: 'none';
}

/** One of several: what the branches that reach a use have left. */
export interface Choice {
  readonly kind: 'choice';
  readonly of: readonly Exclude<Value, Choice>[];
}

export const none: None = { kind: 'none' };

/** Longer lists and larger dictionaries are data, and are known by their first elements only. */
export const mostElements = 64;

/** More alternatives than these are not told apart. */
export const mostAlternatives = 6;

export function alternativesOf(value: Value): readonly Exclude<Value, Choice>[] {
  return value.kind === 'choice' ? value.of : [value];
}

/**
 * What a name stands for where branches meet: any of the values. None counts only where there is nothing else, since
 * it can't be computed with.
 * @returns undefined if there are too many to tell apart.
 */
export function choose(values: readonly Value[]): Value | undefined {
  const [single] = values;
  if (single && values.length === 1) return single;
  const known = values.flatMap(alternativesOf).filter((value) => value.kind !== 'none');
  const [first] = known;
  if (!first) return none;
  const lists = known.filter((value) => value.kind === 'list');
  // A tensor of nothing, and what a loop has joined to it.
  const [joined, ...others] = lists.filter(({ items }) => items.length > 0);
  if (lists.length === known.length && joined?.isJoined && others.length === 0) return joined;
  if (lists.length === known.length) {
    // A list to which a branch or loop has added: which elements it has is open, which one is last may be known.
    const longest = lists.reduce((a, b) => (b.items.length > a.items.length ? b : a));
    if (lists.every((list) => list === longest)) return longest;
    // Tuples that several branches return: which part is which is known, of whatever branch.
    if (lists.every(({ exact, items }) => exact && items.length === longest.items.length)) {
      const items = longest.items.map((_, index) => choose(lists.flatMap(({ items: own }) => own[index] ?? [])));
      const together = items.flatMap((item) => item ?? []);
      if (together.length === items.length) return { ...longest, items: together };
    }
    // What comes last is the last of any of them: a layer that is added on one branch only.
    const last = choose(lists.flatMap(({ items }) => items.at(-1) ?? []));
    const items = last && last.kind !== 'none' ? [...longest.items.slice(0, -1), last] : longest.items;
    return { kind: 'list', items, exact: false };
  }
  let different: Exclude<Value, Choice>[] = [];
  for (const value of known) if (!different.some((other) => same(other, value))) different.push(value);
  for (const operations of kinds) {
    if (different.length > mostAlternatives) different = oneOfEachKind(different, expressionOf, operations);
  }
  if (different.length > mostAlternatives) return undefined;
  return different.length === 1 ? different[0] : { kind: 'choice', of: different };
}

const expressionOf = (value: Value): Expression | undefined =>
  value.kind === 'quantity' ? value.expression : undefined;

/** By how many of the last operations values are told apart, where there are too many of them. */
export const kinds = [4, 2, 1] as const;

/**
 * Of those that are computed alike from other unknowns one stands for all.
 * @param expressionOf undefined for what is no number, and stays
 */
export function oneOfEachKind<T>(
  values: readonly T[],
  expressionOf: (value: T) => Expression | undefined,
  operations: number,
): T[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const expression = expressionOf(value);
    if (!expression) return true;
    const computation = computationOf(expression, operations);
    return !seen.has(computation) && seen.add(computation);
  });
}

const computations = new WeakMap<Expression, string>();

/** The last operations that a value is computed by, whatever they are of: a text that is the same for the same ones. */
function computationOf(expression: Expression, operations: number): string {
  if (expression.kind === 'constant') return String(expression.value);
  if (expression.kind === 'variable') return 'x';
  if (expression.kind === 'withGradient') return computationOf(expression.value, operations);
  if (operations === 0) return '…';
  const isWhole = operations === kinds[0];
  let text = isWhole ? computations.get(expression) : undefined;
  if (text === undefined) {
    const operands = expression.operands.map((operand) => computationOf(operand, operations - 1));
    text = `${expression.operator}(${operands.join()})`;
    if (isWhole) computations.set(expression, text);
  }
  return text;
}

function same(a: Value, b: Value): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'quantity':
      return b.kind === 'quantity' && sameNumber(a.expression, b.expression);
    case 'path':
      return b.kind === 'path' && a.path === b.path;
    case 'truth':
      return b.kind === 'truth' && a.truth === b.truth;
    case 'text':
      return b.kind === 'text' && a.text === b.text;
    case 'function':
      return b.kind === 'function' && a.definition === b.definition && a.self === b.self;
    case 'instance':
      return b.kind === 'instance' && a.of === b.of && a.fields === b.fields;
    default:
      return false;
  }
}

function sameNumber(a: Expression, b: Expression): boolean {
  return a === b || (a.kind === 'constant' && b.kind === 'constant' && Object.is(a.value, b.value));
}
