/**
 * Python as far as the analysis needs it. Every node knows where it stands: offsets into the text, end exclusive.
 * What the analysis has no use for is `other`, with the expressions inside it, so that nothing in them is missed.
 */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Name extends Range {
  readonly kind: 'name';
  readonly name: string;
}

export interface Attribute extends Range {
  readonly kind: 'attribute';
  readonly value: PyExpression;
  readonly name: string;
}

/** `*rest` has the stars `*` and no name, `**more` two. */
export interface Argument {
  readonly name?: string;
  readonly stars: '' | '*' | '**';
  readonly value: PyExpression;
}

export interface Call extends Range {
  readonly kind: 'call';
  readonly callee: PyExpression;
  readonly arguments: readonly Argument[];
}

export interface Subscript extends Range {
  readonly kind: 'subscript';
  readonly value: PyExpression;
  /** What stands between the brackets, slices taken apart. */
  readonly index: readonly PyExpression[];
  /** Whether there is a colon between the brackets. */
  readonly sliced: boolean;
}

export interface NumberLiteral extends Range {
  readonly kind: 'number';
  readonly value: number;
}

export interface StringLiteral extends Range {
  readonly kind: 'string';
  readonly value: string;
}

/** True, False and None. */
export interface Singleton extends Range {
  readonly kind: 'singleton';
  readonly value: boolean | null;
}

export interface Unary extends Range {
  readonly kind: 'unary';
  readonly operator: string;
  readonly operand: PyExpression;
}

export interface Binary extends Range {
  readonly kind: 'binary';
  readonly operator: string;
  readonly left: PyExpression;
  readonly right: PyExpression;
}

export interface Conditional extends Range {
  readonly kind: 'conditional';
  readonly test: PyExpression;
  readonly whenTrue: PyExpression;
  readonly whenFalse: PyExpression;
}

export interface Parameter extends Range {
  readonly name: string;
  readonly stars: '' | '*' | '**';
  readonly default?: PyExpression;
  /** Its type, where that is a mere name. */
  readonly type?: string;
}

export interface Lambda extends Range {
  readonly kind: 'lambda';
  readonly parameters: readonly Parameter[];
  readonly body: PyExpression;
}

/** Tuples, lists and sets; a dictionary's values are `dictionary`. */
export interface Sequence extends Range {
  readonly kind: 'sequence';
  readonly items: readonly PyExpression[];
}

export interface Dictionary extends Range {
  readonly kind: 'dictionary';
  readonly entries: readonly { readonly key: PyExpression | undefined; readonly value: PyExpression }[];
}

export interface Comprehension extends Range {
  readonly kind: 'comprehension';
  readonly elements: readonly PyExpression[];
  readonly loops: readonly { readonly targets: readonly PyExpression[]; readonly iterable: PyExpression }[];
  readonly conditions: readonly PyExpression[];
}

/** `name := value` */
export interface Walrus extends Range {
  readonly kind: 'walrus';
  readonly target: PyExpression;
  readonly value: PyExpression;
}

export interface Starred extends Range {
  readonly kind: 'starred';
  readonly value: PyExpression;
}

export interface Other extends Range {
  readonly kind: 'other';
  readonly parts: readonly PyExpression[];
}

export type PyExpression =
  | Name
  | Attribute
  | Call
  | Subscript
  | NumberLiteral
  | StringLiteral
  | Singleton
  | Unary
  | Binary
  | Conditional
  | Lambda
  | Sequence
  | Dictionary
  | Comprehension
  | Walrus
  | Starred
  | Other;

export interface Assign extends Range {
  readonly kind: 'assign';
  /** Of `a = b = value` both. */
  readonly targets: readonly PyExpression[];
  readonly value: PyExpression;
}

/** `target += value`, the operator without its equals sign. */
export interface Update extends Range {
  readonly kind: 'update';
  readonly target: PyExpression;
  readonly operator: string;
  readonly value: PyExpression;
}

export interface Return extends Range {
  readonly kind: 'return';
  readonly value: PyExpression | undefined;
}

/** `raise`, `break` and `continue`: what follows in the block does not run. */
export interface Leave extends Range {
  readonly kind: 'leave';
  readonly how: 'raise' | 'break' | 'continue';
  readonly parts: readonly PyExpression[];
}

export interface If extends Range {
  readonly kind: 'if';
  readonly branches: readonly { readonly test: PyExpression; readonly body: readonly Statement[] }[];
  readonly otherwise: readonly Statement[] | undefined;
}

export interface Loop extends Range {
  readonly kind: 'loop';
  /** Of a `for` what is bound and from what; of a `while` the condition. */
  readonly targets: readonly PyExpression[];
  readonly source: readonly PyExpression[];
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}

export interface With extends Range {
  readonly kind: 'with';
  readonly items: readonly { readonly value: PyExpression; readonly target: PyExpression | undefined }[];
  readonly body: readonly Statement[];
}

export interface Try extends Range {
  readonly kind: 'try';
  readonly body: readonly Statement[];
  readonly handlers: readonly { readonly name: string | undefined; readonly body: readonly Statement[] }[];
  readonly otherwise: readonly Statement[];
  readonly last: readonly Statement[];
}

export interface Match extends Range {
  readonly kind: 'match';
  readonly subject: readonly PyExpression[];
  readonly cases: readonly { readonly names: readonly string[]; readonly body: readonly Statement[] }[];
}

export interface FunctionDefinition extends Range {
  readonly kind: 'function';
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
  readonly decorators: readonly PyExpression[];
}

export interface ClassDefinition extends Range {
  readonly kind: 'class';
  readonly name: string;
  readonly bases: readonly PyExpression[];
  readonly body: readonly Statement[];
}

export interface Import extends Range {
  readonly kind: 'import';
  /**
   * The name bound, and the qualified name it is bound to, with the leading dots of a relative import; undefined if it
   * may be anything.
   */
  readonly names: readonly { readonly name: string; readonly path: string | undefined }[];
  /** The modules of which every name is bound: `from torch.nn import *`. */
  readonly everythingOf: readonly string[];
}

/** `global` and `nonlocal`. */
export interface ScopeDeclaration extends Range {
  readonly kind: 'scope';
  readonly names: readonly string[];
}

export interface Delete extends Range {
  readonly kind: 'delete';
  readonly targets: readonly PyExpression[];
}

/** Any other statement: its expressions are evaluated. */
export interface Evaluate extends Range {
  readonly kind: 'evaluate';
  readonly parts: readonly PyExpression[];
}

export type Statement =
  | Assign
  | Update
  | Return
  | Leave
  | If
  | Loop
  | With
  | Try
  | Match
  | FunctionDefinition
  | ClassDefinition
  | Import
  | ScopeDeclaration
  | Delete
  | Evaluate;
