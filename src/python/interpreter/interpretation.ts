import type { FactBook } from './facts';
import type { Expression } from '../../expression';
import type { FormatName } from '../../numeric';
import type { Framework, FrameworkName } from '../frameworks';
import type { ModuleLoader } from '../modules';
import type { Ask } from '../questions';
import type { Scope } from '../scope';
import type { FunctionDefinition, Lambda, Range, Statement } from '../syntax';

/** A place where a value was computed or a loss was called, with all that a rule may want to know about it. */
export interface Site {
  /** The call or the operator's expression. */
  readonly range: Range;
  /** The statement that it stands in; of a compound statement its head. */
  readonly statement: Range;
  readonly framework: Framework;
  /**
   * What loss is called, as framework tables name it, whose operands are then those of `alternatives`; `objective` where
   * a value is what training minimises: `loss.backward()`, the result of a function called `..._loss`.
   */
  readonly loss: string | undefined;
  /**
   * One for each combination of definitions that reach the place: the value computed, or of a loss the prediction and
   * the target.
   */
  readonly alternatives: readonly (readonly Expression[])[];
  /** Where the function around it was called with these values, the outermost call first; empty for any values. */
  readonly calls: readonly Range[];
  /** The qualified name of the class whose instance is called: `torch.nn.BCELoss`. */
  readonly object: string | undefined;
  /** Where that instance was made. */
  readonly made?: Range;
  /** Of a loss, where its prediction, its target and its further arguments stand. */
  readonly arguments?: readonly Range[];
  /** The function around it. */
  readonly within: Definition | undefined;
  /** Whether gradients are recorded here. */
  readonly gradients: boolean;
  /** Whether it is part of an operation with a derivative of its own, whose value training uses all the same. */
  readonly customGradient: boolean;
  /** Whether whose operation it is was only guessed from a method's name: several frameworks of the file have it. */
  readonly guessed: boolean;
  /** Whether it is of an element and the whole at once, which one name can't be written for. */
  readonly ofElement: boolean;
  /** What has been compared on the way here. */
  readonly conditions: readonly Condition[];
  /** Whether it stands in a test. */
  readonly test: boolean;
  /** The number format that it computes in, where the code says so. */
  readonly format: FormatName | undefined;
  /** The half format that automatic mixed precision takes here. */
  readonly autocast: FormatName | undefined;
  /** The statement of the module that was gone through when this place was reached, perhaps by a call. */
  readonly root: Statement | undefined;
}

/** What is known inside a branch: that a comparison holds, or that it doesn't. */
export interface Condition {
  readonly comparison: Expression;
  readonly holds: boolean;
}

export type Definition = FunctionDefinition | Lambda;

/** The Python expression that a value is computed by, or that a variable stands for. */
export interface Origin extends Range {
  /** The function that it stands in, whose names it uses. */
  readonly within: Definition | undefined;
  /** Whether it is written the same everywhere in the file: a name that is bound nowhere. */
  readonly anywhere?: boolean;
  /** What was given as the axis of the operation. */
  readonly axis?: Range;
  /** Where the operands are written. */
  readonly operands?: readonly { readonly value: Expression; readonly place: Range }[];
  /** Names that the operation's result was given as it is. */
  readonly names?: Set<string>;
  /** Where the library's object that computes the value was made: `nn.Sigmoid()`. */
  readonly made?: Range;
  /** Of the first or only element of something the whole: of `g` after `g = f(x)[0]`, `g, = f(x)`. */
  readonly firstOf?: Expression;
}

export interface Interpretation {
  readonly sites: readonly Site[];
  /** Statements of the module that have values or objects in common, so that what is said of one depends on the other. */
  readonly links: ReadonlyMap<Statement, ReadonlySet<Statement>>;
  /** Whether what one statement comes to may depend on any other, so that none can be gone through without all. */
  readonly isEntangled: boolean;
  readonly module: Scope;
  /** What is known of each expression beside what it computes. */
  readonly facts: Pick<FactBook, 'get' | typeof Symbol.iterator>;
}

export interface InterpretOptions {
  /** Brings the names of other modules of the project. */
  readonly load?: ModuleLoader | undefined;
  /** The frameworks whose methods tensors may have; those that the text imports unless said otherwise. */
  readonly imported?: readonly FrameworkName[] | undefined;
  /** Of a part of a module the statements that are asked for: of the functions of others only what is called is seen. */
  readonly asked?: ReadonlySet<Statement> | undefined;
  /** Asks something of the whole text, where it is to be known what was asked: see `PythonAnalysis`. */
  readonly ask?: Ask;
}
