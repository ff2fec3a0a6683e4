import type { Call, FunctionDefinition, PyExpression, Range, Statement } from '../syntax';
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
