import type { Argument, Call, Lambda, Name, PyExpression, Range } from '../python/syntax';
import { reserved } from './libraries';

/** What the reader of a file knows of it. */
export interface Surroundings {
  /** Names of methods and properties of the file's own classes and objects. */
  readonly members: ReadonlySet<string>;
  readonly text: string;
  /** Whether a name of the syntax tree stands for a library or a part of one. */
  readonly isLibrary: (name: string) => boolean;
  readonly reserved: (name: string, at: Range) => Name;
}

/** What the functions that a call is given would be named for what becomes of them: a test, a loss to minimise. */
export function nameForArgumentsOf(called: string): string | undefined {
  if (/^[fx]?(?:describe\w*|it|test|specify|suite|context)\b/.test(called)) return 'test';
  return /(?:^|\.)(?:minimize|valueAndGrads?|variableGrads)$/.test(called) ? 'loss' : undefined;
}

/**
 * What a call comes to that is an idiom of the language or of TensorFlow.js, in words of Python: undefined if it is a
 * call like any other. A method that the file defines itself is none.
 */
export function idiomOf(
  callee: PyExpression,
  given: readonly Argument[],
  at: Range,
  surroundings: Surroundings,
): PyExpression | undefined {
  const [first] = given;
  if (callee.kind === 'name' || callee.kind === 'attribute') {
    // What a function computes whose intermediate tensors are thrown away afterwards.
    const action = callee.name === 'tidy' ? given.at(-1)?.value : undefined;
    // With an argument that no two calls share: what a closure gives depends on what is around it.
    if (action && callable.has(action.kind)) return call(action, [{ kind: 'sequence', ...at, items: [] }], at);
  }
  if (callee.kind !== 'attribute' || surroundings.members.has(callee.name)) return undefined;
  const { value: receiver } = callee;
  switch (callee.name) {
    case 'apply': {
      if (isMathematics(receiver) && given.length === 2 && given[1]) return call(receiver, [given[1].value], at);
      // Of a layer or a model, not of a function, whose first argument is what `this` is.
      const [only] = given.length === 1 && first?.stars === '' ? given : [];
      return only && !isThis(only.value) ? call({ ...callee, name: 'call' }, [only.value], at) : undefined;
    }
    case 'predict':
    case 'predictOnBatch':
      return first?.stars === '' ? call({ ...callee, name: 'call' }, [first.value], at) : undefined;
    case 'push':
      return given.length === 1 && first?.stars === ''
        ? call({ ...callee, name: 'append' }, [first.value], at)
        : undefined;
    case 'bind':
      return receiver;
    case 'at':
      return first?.stars === '' && given.length === 1
        ? { kind: 'subscript', start: at.start, end: at.end, value: receiver, index: [first.value], sliced: false }
        : undefined;
    case 'max':
    case 'min':
      // The greatest of an array: its elements are what the array is.
      return receiver.kind === 'name' && receiver.name === 'Math' && given.length === 1 && first?.stars === '*'
        ? call(callee, [first.value], at)
        : undefined;
    case 'map':
      return first?.stars === '' && callable.has(first.value.kind) ? mapped(receiver, first.value, at) : undefined;
    case 'reduce':
      return first?.value.kind === 'lambda' ? reduced(receiver, first.value, at, surroundings) : undefined;
    case 'compile':
      return compiled(callee, given, at, surroundings);
    default:
      return undefined;
  }
}

const callable: ReadonlySet<string> = new Set(['attribute', 'lambda', 'name']);

function call(callee: PyExpression, values: readonly PyExpression[], { start, end }: Range): Call {
  return { kind: 'call', start, end, callee, arguments: values.map((value) => ({ stars: '', value })) };
}

const isThis = (node: PyExpression): boolean =>
  (node.kind === 'name' && node.name === 'this') || (node.kind === 'singleton' && node.value === null);

/** `Math.max` and the like. */
const isMathematics = (node: PyExpression): boolean =>
  node.kind === 'attribute' && node.value.kind === 'name' && node.value.name === 'Math';

/** A list of an array's element: one that is the same each time it is asked for, where nothing is known of the array. */
export function elementOf(iterable: PyExpression): PyExpression {
  const { start, end } = iterable;
  const index: PyExpression = { kind: 'string', start, end, value: '<element>' };
  const element: PyExpression = { kind: 'subscript', start, end, value: iterable, index: [index], sliced: false };
  return { kind: 'sequence', start, end, items: [element] };
}

/** What a function gives of each element. */
function mapped(iterable: PyExpression, action: PyExpression, { start, end }: Range): PyExpression {
  const target: Name = { kind: 'name', start: iterable.start, end: iterable.end, name: '<element>' };
  return {
    kind: 'comprehension',
    start,
    end,
    elements: [call(action, [target], { start, end })],
    loops: [{ targets: [target], iterable: elementOf(iterable) }],
    conditions: [],
  };
}

/** `(sum, x) => sum + f(x)` adds up, and `(a, b) => Math.max(a, b)` finds the greatest. */
function reduced(
  iterable: PyExpression,
  { parameters, body }: Lambda,
  at: Range,
  { reserved: reservedName }: Surroundings,
): PyExpression | undefined {
  const [total, element] = parameters;
  if (!total || !element) return undefined;
  const isTotal = (node: PyExpression | undefined): boolean => node?.kind === 'name' && node.name === total.name;
  const isElement = (node: PyExpression | undefined): boolean => node?.kind === 'name' && node.name === element.name;
  if (body.kind === 'call' && isMathematics(body.callee) && body.arguments.length === 2) {
    const [left, right] = body.arguments.map(({ value }) => value);
    const both = (isTotal(left) && isElement(right)) || (isElement(left) && isTotal(right));
    return both ? call(body.callee, [iterable], at) : undefined;
  }
  if (body.kind !== 'binary' || body.operator !== '+') return undefined;
  const added = isTotal(body.left) ? body.right : isTotal(body.right) ? body.left : undefined;
  if (!added) return undefined;
  const { start, end } = element;
  const values: PyExpression = isElement(added)
    ? iterable
    : {
        kind: 'comprehension',
        start: at.start,
        end: at.end,
        elements: [added],
        loops: [{ targets: [{ kind: 'name', start, end, name: element.name }], iterable: elementOf(iterable) }],
        conditions: [],
      };
  return call(reservedName(reserved.sum, at), [values], at);
}

/**
 * `model.compile({loss: 'binaryCrossentropy'})`: the call that training makes of the library's loss, of what the model
 * gives. A loss of the file's own is left to be looked into like any other function.
 */
function compiled(
  callee: Extract<PyExpression, { kind: 'attribute' }>,
  given: readonly Argument[],
  at: Range,
  { text, isLibrary, reserved: reservedName }: Surroundings,
): PyExpression | undefined {
  const options = given[0]?.value;
  if (options?.kind !== 'dictionary') return undefined;
  const loss = options.entries.find(({ key }) => key?.kind === 'string' && key.value === 'loss')?.value;
  if (!loss) return undefined;
  const { start, end } = loss;
  let called: PyExpression;
  if (loss.kind === 'string') {
    const metrics = {
      kind: 'attribute',
      start,
      end,
      value: reservedName(reserved.library, loss),
      name: 'metrics',
    } as const;
    called = { kind: 'attribute', start, end, value: metrics, name: loss.value };
  } else {
    const root = rootOf(loss);
    if (root === undefined || !isLibrary(root)) return undefined;
    called = loss;
  }
  // Nothing in the text is called these.
  const unknown: PyExpression = { kind: 'other', start: 0, end: text.length, parts: [] };
  const output = call({ ...callee, name: 'call' }, [unknown], at);
  const parts = [callee.value, ...given.map(({ value }) => value), call(called, [unknown, output], loss)];
  return { kind: 'other', start: at.start, end: at.end, parts };
}

function rootOf(node: PyExpression): string | undefined {
  let root = node;
  while (root.kind === 'attribute') root = root.value;
  return root.kind === 'name' ? root.name : undefined;
}
