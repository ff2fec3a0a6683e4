import type { Assign, Call, FunctionDefinition, PyExpression, Range, Statement } from '../syntax';
import { objectiveName } from './conventions';
import type { Definition } from './interpretation';

/** Whether it has no place outside of functions and loops: someone is writing. */
export function isMisplaced(statement: Statement): boolean {
  return statement.kind === 'return' || (statement.kind === 'leave' && statement.how !== 'raise');
}

/** `super()` and `super(Net, self)`. */
export function isSuper(node: PyExpression): boolean {
  return node.kind === 'call' && node.callee.kind === 'name' && node.callee.name === 'super';
}

/** The name that isn't None where a test is true, or where it is false: `if x is None`, `if x`. */
export function givenBy(
  test: PyExpression,
): { readonly name: PyExpression & { readonly kind: 'name' }; readonly met: boolean } | undefined {
  if (test.kind === 'name') return { name: test, met: true };
  if (test.kind === 'unary' && test.operator === 'not') {
    const given = givenBy(test.operand);
    return given && { name: given.name, met: !given.met };
  }
  if (test.kind !== 'binary' || test.left.kind !== 'name') return undefined;
  if (test.right.kind !== 'singleton' || test.right.value !== null) return undefined;
  if (test.operator === 'is' || test.operator === '==') return { name: test.left, met: false };
  return test.operator === 'is not' || test.operator === '!=' ? { name: test.left, met: true } : undefined;
}

/** Whether it is a method of `torch.autograd.Function` by its parameters: autograd records nothing there. */
export function isCustomGradient(definition: Definition): boolean {
  return definition.parameters.slice(0, 2).some(({ name }) => name === 'ctx');
}

/**
 * Whether a decorator makes something of a function that gives what that gives: it returns an inner function, which
 * returns a call of what is decorated, and not inside a `with`, which might stop gradients.
 */
export function isTransparent({ parameters, body }: FunctionDefinition): boolean {
  const [decorated, ...others] = parameters;
  if (!decorated || others.length > 0) return false;
  const { name } = returnedBy(body);
  const inner = body.find(
    (statement): statement is FunctionDefinition => statement.kind === 'function' && statement.name === name,
  );
  return inner !== undefined && returnedBy(inner.body).from === decorated.name;
}

/** The name that a function returns, and that of what it returns a call of: `return f(x)`, or `y = f(x)`, `return y`. */
function returnedBy(body: readonly Statement[]): { readonly name?: string; readonly from?: string | undefined } {
  const last = body.findLast((statement) => statement.kind === 'return')?.value;
  if (last?.kind !== 'name') return last ? { from: calleeOf(last) } : {};
  const assigned = body.findLast(
    (statement): statement is Assign =>
      statement.kind === 'assign' && statement.targets.some((target) => keyOf(target) === last.name),
  );
  return { name: last.name, from: assigned && calleeOf(assigned.value) };
}

const calleeOf = (node: PyExpression): string | undefined =>
  node.kind === 'call' && node.callee.kind === 'name' ? node.callee.name : undefined;

export function isObjective(definition: FunctionDefinition): boolean {
  return (
    objectiveName.test(definition.name) && !/^(plot|print|log|save|test|get|compute_metrics)_/.test(definition.name)
  );
}

/** Of a method's arguments the first, where that can be an axis: `x.sum(1)`. */
export function firstAxis({ arguments: [first] }: Call): Range | undefined {
  return first?.name === undefined && first && integerOf(first.value) !== undefined ? first.value : undefined;
}

/** The text under which an attribute or an element is remembered: `self.p`, `out['p']`. */
export function keyOf(node: PyExpression): string | undefined {
  if (node.kind === 'name') return node.name;
  if (node.kind === 'attribute') {
    const object = keyOf(node.value);
    return object === undefined ? undefined : `${object}.${node.name}`;
  }
  if (node.kind !== 'subscript' || node.index.length !== 1 || node.sliced) return undefined;
  const [index] = node.index;
  const object = keyOf(node.value);
  if (object === undefined || !index) return undefined;
  if (index.kind === 'string') return `${object}['${index.value}']`;
  const position = integerOf(index);
  return position === undefined ? undefined : `${object}[${String(position)}]`;
}

/** Whether it can be assigned to, and what is changed in place there is remembered. */
export function isPlace(node: PyExpression): boolean {
  return keyOf(node) !== undefined || (node.kind === 'subscript' && keyOf(node.value) !== undefined);
}

export function integerOf(node: PyExpression): number | undefined {
  if (node.kind === 'number') return node.value;
  return node.kind === 'unary' && node.operator === '-' && node.operand.kind === 'number'
    ? -node.operand.value
    : undefined;
}
