import { differentiate, variable, type Expression } from '../expression';
import type { FormatName } from '../numeric/format';

export const lossFamilies = ['bce', 'zer', 'focal', 'softmax', 'surrogate', 'normalisation'] as const;
export type LossFamily = (typeof lossFamilies)[number];

/** A number that a loss is published with and that its user can set. */
export interface LossConstant {
  /** As in configuration files: `epsilon`, `radius`, `gamma`, `alpha`. */
  readonly name: string;
  readonly label: string;
  readonly default: number;
  /** Formats in which the framework takes another default. */
  readonly defaultIn?: Readonly<Partial<Record<FormatName, number>>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  /** Takes whole numbers alone. */
  readonly integer?: true;
  readonly describe: string;
}

/** A published loss with the numbers it takes. */
export interface LossEntry {
  /** `framework/name`, with `@version` where the framework computed it otherwise before; never changes. */
  readonly id: string;
  /** Short, for legends. */
  readonly label: string;
  readonly family: LossFamily;
  readonly framework: string;
  /** Where this formula was or is in use. */
  readonly versions: string;
  /** File in the framework's repository. */
  readonly source: string;
  /** The formula for reading; `p` is sigmoid(z) unless it says otherwise. */
  readonly formula: string;
  readonly constants: readonly LossConstant[];
  /** What to know about it, in plain sentences. */
  readonly notes: string;
  /** The entry to change to, and what that wins. */
  readonly preferred?: { readonly id: string; readonly why: string };
  /** The formats that the original computes in, where these are not all. */
  readonly formats?: readonly FormatName[];
  /** Defined for the targets 0 and 1 alone: the original takes a class, not a probability. */
  readonly binaryTargets?: true;
  /**
   * The loss with the given constants, the others at their defaults, which for some depend on the format.
   * @throws LossError for a constant that the entry doesn't have, or a value outside its range.
   */
  build(constants?: Readonly<Record<string, number>>, format?: FormatName): LossForm;
}

/** A loss as expressions over the variables `z` (logit) and `t` (target), for one element, without reduction. */
export interface LossForm {
  /** As the framework computes it, operation by operation. */
  readonly loss: Expression;
  /** d loss / d z as the framework's backward pass computes it. */
  readonly gradient: Expression;
  /** The mathematical loss that the form stands for, well-conditioned for every target from 0 to 1. */
  readonly ideal: Expression;
  /** Family `zer`: the output that the error is computed from, as a function of `p` and `t`. */
  readonly replacedOutput?: Expression;
}

/** A loss that can't be had as asked for. The message is for the user. */
export class LossError extends Error {
  override readonly name = 'LossError';
}

/** The logit. */
export const z = variable('z');
/** The target. */
export const t = variable('t');
/** The output of the network, a probability. */
export const p = variable('p');

type Definition<Name extends string> = Omit<LossEntry, 'build' | 'constants'> & {
  readonly constants?: readonly (LossConstant & { readonly name: Name })[];
  readonly form: (constants: Readonly<Record<Name, number>>, format?: FormatName) => Omit<LossForm, 'gradient'>;
};

/** An entry whose gradient is the framework's derivative of its loss. */
export function defineLoss<const Name extends string = never>(definition: Definition<Name>): LossEntry {
  const { form, constants = [], ...description } = definition;
  return Object.freeze<LossEntry>({
    ...description,
    constants,
    build: (given = {}, format) => {
      const built = form(resolve(definition.id, constants, given, format), format);
      return { ...built, gradient: differentiate(built.loss, z.name) };
    },
  });
}

function resolve<Name extends string>(
  id: string,
  constants: readonly (LossConstant & { readonly name: Name })[],
  given: Readonly<Record<string, number>>,
  format: FormatName | undefined,
): Record<Name, number> {
  for (const [name, value] of Object.entries(given)) {
    const constant = constants.find((candidate) => candidate.name === name);
    if (!constant) {
      const known = constants.length === 0 ? 'it has none' : `it has ${constants.map((c) => c.name).join(', ')}`;
      throw new LossError(`${id} has no constant "${name}"; ${known}`);
    }
    checkRange(id, constant, value);
  }
  const resolved = {} as Record<Name, number>;
  for (const { name, default: always, defaultIn } of constants) {
    resolved[name] = given[name] ?? (format && defaultIn?.[format]) ?? always;
  }
  return resolved;
}

function checkRange(id: string, constant: LossConstant, value: number): void {
  const { name, minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity, integer = false } = constant;
  const isKind = integer ? Number.isInteger(value) : Number.isFinite(value);
  if (isKind && value >= minimum && value <= maximum && value > exclusiveMinimum) return;
  const limits = [
    ...(integer ? ['a whole number'] : []),
    ...(constant.minimum === undefined ? [] : [`at least ${String(minimum)}`]),
    ...(constant.exclusiveMinimum === undefined ? [] : [`greater than ${String(exclusiveMinimum)}`]),
    ...(constant.maximum === undefined ? [] : [`at most ${String(maximum)}`]),
  ];
  const wanted = limits.length === 0 ? 'a finite number' : limits.join(' and ');
  throw new LossError(`${name} of ${id} must be ${wanted}, not ${String(value)}`);
}
