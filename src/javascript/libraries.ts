/** The module under which frameworks' tables have TensorFlow.js, and the objects of the language with functions. */
export const tensorflow = 'tensorflowjs';
export const mathematics = 'javascript.Math';
/** Any other module: its functions are no methods of tensors. */
export const other = 'javascript.module';

/**
 * Names that no program can have, by which the syntax tree calls what the text doesn't name: a library that is asked
 * for inside an expression, and functions that stand for idioms.
 */
export const reserved: Readonly<Record<'length' | 'library' | 'module' | 'sum', string>> = {
  length: '<length>',
  library: '<tensorflowjs>',
  module: '<module>',
  sum: '<sum>',
};

/** What each of them stands for. */
export const reservedPaths: Readonly<Record<string, string>> = {
  [reserved.length]: 'builtins.len',
  [reserved.library]: tensorflow,
  [reserved.module]: other,
  [reserved.sum]: 'javascript.sum',
};

/** How a text writes the library that it hasn't named itself. */
export const usualName = 'tf';

/** Numbers that have names. */
export const namedNumbers: Readonly<Record<string, number>> = {
  'Math.E': Math.E,
  'Math.LN10': Math.LN10,
  'Math.LN2': Math.LN2,
  'Math.LOG10E': Math.LOG10E,
  'Math.LOG2E': Math.LOG2E,
  'Math.PI': Math.PI,
  'Math.SQRT1_2': Math.SQRT1_2,
  'Math.SQRT2': Math.SQRT2,
  'Number.EPSILON': Number.EPSILON,
  'Number.MAX_VALUE': Number.MAX_VALUE,
  'Number.MIN_VALUE': Number.MIN_VALUE,
  'Number.NEGATIVE_INFINITY': -Infinity,
  'Number.POSITIVE_INFINITY': Infinity,
};

/**
 * Whether a module is TensorFlow.js: one of the packages that have its operations, by its name, a file in it, or an
 * address that it is loaded from. Its parts all have the operations under the same names.
 */
export function isTensorFlow(module: string): boolean {
  const found = /@tensorflow\/tfjs(?<part>-[a-z-]+)?(?:@[^/]*)?(?:\/(?<file>.*))?$/.exec(module)?.groups;
  if (!found || !parts.has(found['part'])) return false;
  // Of the files inside, those of a namespace of its own give other functions than the package.
  return !/\/(losses|signal|image|linalg)\//.test(found['file'] ?? '');
}

const parts: ReadonlySet<string | undefined> = new Set([undefined, '-core', '-layers', '-node', '-node-gpu']);
