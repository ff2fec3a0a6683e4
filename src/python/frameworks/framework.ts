import type { Expression } from '../../expression';
import type { FormatName } from '../../numeric';
import type { Question } from '../questions';
import type { Value } from '../values';

export type FrameworkName =
  'pytorch' | 'tensorflow' | 'keras' | 'keras-backend' | 'jax' | 'numpy' | 'tfjs' | 'javascript';

/** The arguments of a call. */
export interface Arguments {
  /** The argument for the parameter at `index`, called `name`. */
  get(index: number, name?: string): Value | undefined;
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** Where an argument stands: its position, if it may be given by position, and its names. */
export type Parameter = readonly [position: number | undefined, ...names: string[]];

/** The argument that a call gives for a parameter. */
export function argumentOf(call: Arguments, [position, ...names]: Parameter): Value | undefined {
  const positional = position === undefined ? undefined : call.positional[position];
  return positional ?? names.map((name) => call.named.get(name)).find((value) => value !== undefined);
}

/** What calling something does to its operands. */
export type Applied =
  /**
   * Elementwise: `build` gets an expression for each parameter, undefined where the call leaves it out. A call with
   * arguments beyond these, other than `harmless` ones, does something else.
   */
  | {
      readonly does: 'compute';
      readonly parameters: readonly string[];
      /** Whether arguments beyond these change nothing that matters: the axis of a sum. */
      readonly loose?: boolean;
      /** Whether it gives positions: its operand feeds no gradient, and -inf is a legitimate value of it. */
      readonly samples?: boolean;
      readonly build: (
        operands: readonly (Expression | undefined)[],
        others: () => Expression,
      ) => Expression | undefined;
    }
  /** Gives back its first argument, moved, reshaped, picked from or wrapped. */
  | { readonly does: 'keep' }
  /** A loss, by the name that rules know it by. */
  | {
      readonly does: 'loss';
      readonly loss: string;
      readonly prediction: Parameter;
      readonly target: Parameter;
      /** Where its arguments stood in an earlier version, and what a text has that is written for that one. */
      readonly formerly?: {
        readonly isMeant: Question<[], boolean>;
        readonly prediction: Parameter;
        readonly target: Parameter;
      };
      /** What it comes to element by element, where that is said with what there is. */
      readonly result?: (prediction: Expression) => Expression;
    }
  /** Has these methods. */
  | { readonly does: 'methods'; readonly methods: Readonly<Record<string, Applied>> }
  /** Several results, which are also attributes by these names: values and indices. */
  | { readonly does: 'several'; readonly parts: readonly { readonly name: string; readonly applied: Applied }[] }
  /** What it does depends on the call's arguments. */
  | { readonly does: 'choose'; choose(call: Arguments): Applied | undefined }
  /** Its operands one after the other. */
  | { readonly does: 'chain'; readonly links: readonly Value[] }
  /** Something unknown, and then what the call asks for: a layer with an activation. */
  | { readonly does: 'then'; applied(call: Arguments): Applied | undefined }
  /** Another function, some of whose arguments have been given before. */
  | {
      readonly does: 'partial';
      readonly of: Value;
      readonly positional: readonly Value[];
      readonly named: ReadonlyMap<string, Value>;
    }
  /** A tuple whose elements have names: `namedtuple('Point', 'x y')`. */
  | { readonly does: 'record'; readonly fields: readonly string[] }
  /** Another function, or a model, which isn't given the first of the arguments: parameters, a key. */
  | { readonly does: 'skip'; readonly of: Value; readonly arguments: number }
  /** Calls a function for its gradients. */
  | { readonly does: 'differentiate'; readonly of: Value; readonly by: readonly number[] | undefined }
  /** What has been computed before: a Keras model from its inputs to these outputs. */
  | { readonly does: 'give'; readonly value: Value }
  /** Draws samples or takes the largest: its argument feeds no gradient, and -inf is a legitimate weight. */
  | { readonly does: 'sample' };

/** What a qualified name of a library stands for. */
export type Meaning =
  | Applied
  /** A class: `make` says what its instances do when called. */
  | { readonly does: 'make'; make(constructor: Arguments): Applied | undefined }
  /** A context manager or decorator under which no gradients are recorded. */
  | { readonly does: 'stop-gradients' }
  /** A context manager under which operations compute in a half format, this one unless the call names another. */
  | { readonly does: 'autocast'; readonly format: FormatName };

/** One framework: what its names mean. A new framework is a new table like this. */
export interface Framework {
  readonly name: FrameworkName;
  /** As in messages. */
  readonly title: string;
  /** Names by which modules are known in other places, as prefixes; the first that fits is replaced. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Usual short names of modules, for advice in a file that hasn't imported them. */
  readonly usual: Readonly<Record<string, string>>;
  readonly names: Readonly<Record<string, Meaning>>;
  /** Methods of its tensors; the tensor is the first operand. */
  readonly methods?: Readonly<Record<string, Meaning>>;
  /** The formats to speak of, the one that the framework computes in first. */
  readonly formats: readonly FormatName[];
  /** Whether it differentiates. */
  readonly differentiates: boolean;
}

export const keep: Meaning = { does: 'keep' };

/** Something that has no operation here. */
export const opaque: Applied = { does: 'then', applied: () => undefined };

/** An operation of one operand called `x` (or otherwise). */
export const unary = (build: (x: Expression) => Expression, parameter = 'x'): Applied => ({
  does: 'compute',
  parameters: [parameter],
  build: ([x]) => x && build(x),
});

export const binary = (
  build: (a: Expression, b: Expression) => Expression,
  parameters: readonly [string, string],
): Applied => ({ does: 'compute', parameters, build: ([a, b]) => a && b && build(a, b) });

/** A class without parameters that matter. */
export const layer = (applied: Applied): Meaning => ({ does: 'make', make: () => applied });

/** A class of models that are made of layers one after the other. */
export const sequential = (linksOf: (constructor: Arguments) => readonly Value[]): Meaning => ({
  does: 'make',
  make: (constructor) => ({ does: 'chain', links: linksOf(constructor) }),
});

/** Arguments that say where and in which type a result goes, or along which axis a softmax runs. */
export const harmless: ReadonlySet<string> = new Set([
  'axis',
  'dim',
  'dtype',
  'inplace',
  'keep_dims',
  'keepdim',
  'keepdims',
  'name',
  'out',
  '_stacklevel',
]);

/** A table's entry by a name that code has: `constructor` and the like are entries of no table. */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The same meaning for several names. */
export function all<T>(names: readonly string[], meaning: T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, meaning]));
}

/** The entries with a prefix before each name. */
export function under<T>(prefix: string, entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([name, meaning]) => [prefix + name, meaning]));
}

/** A distribution that takes logits first and probabilities, if there are any, after them. */
export const byProbabilities = (loss: string): Applied => ({
  does: 'choose',
  choose: (call) =>
    argumentOf(call, [1, 'probs']) ? { does: 'loss', loss, prediction: [1, 'probs'], target: [undefined] } : undefined,
});
