import {
  absolute,
  differentiate,
  divide,
  equal,
  inOrder,
  log,
  multiply,
  operation,
  power,
  select,
  sqrt,
  structuralKey,
  variable,
  type Expression,
} from '../../expression';
import { compileModelAtPoint, formatByName, type FormatName } from '../../numeric';
import type { FrameworkName } from '../../python';

/**
 * What code computes, as a function of numbers: reductions of one element are that element, and what has no value among
 * scalars is a number of which nothing is known. So a form of any shape can be tried where it is undefined, and the
 * gradient that autograd would give there.
 */
export interface Scalars {
  readonly value: Expression;
  /** The values that its variables stand for, by name; `x` stands for the subject. */
  readonly origins: ReadonlyMap<string, Expression>;
}

/** The name that stands for the value that is varied. */
export const subjectName = 'x';

/** @param subject a value inside, which is varied; else its variables are. */
export function scalarsOf(expression: Expression, subject: Expression | undefined, framework: FrameworkName): Scalars {
  const origins = new Map<string, Expression>();
  const known = new Map<Expression, Expression>();
  const unknown = new Map<string, Expression>();
  const subjectKey = subject && structuralKey(subject);
  const isSubject = (node: Expression): boolean =>
    node === subject ||
    (subject !== undefined &&
      rootOf(node) === rootOf(subject) &&
      (structuralKey(node) === subjectKey || structuralKey(swapped(node)) === subjectKey));
  if (subject) origins.set(subjectName, subject);
  const named = (node: Expression): Expression => {
    const key = structuralKey(node);
    let name = unknown.get(key);
    if (!name) {
      const text = `v${String(unknown.size)}`;
      name = variable(text);
      unknown.set(key, name);
      origins.set(text, node);
    }
    return name;
  };
  const convert = (node: Expression): Expression => {
    if (isSubject(node)) return variable(subjectName);
    switch (node.kind) {
      case 'constant':
        return node;
      case 'variable':
        return named(node);
      case 'withGradient':
        return known.get(node.value) ?? node.value;
      case 'operation':
    }
    const operands = node.operands.map((operand) => known.get(operand) ?? operand);
    const [a, b] = operands as [Expression, Expression];
    switch (node.operator) {
      case 'sum':
      case 'mean':
      case 'product':
      case 'greatest':
      case 'least':
      case 'pick':
      case 'nonNegative':
        return a;
      case 'norm':
        // The gradient at 0 is 0 in PyTorch, and that of the square root elsewhere.
        return framework === 'pytorch' ? absolute(a) : sqrt(multiply(a, a));
      case 'matmul':
      case 'multiplyNoNan':
        return node.operator === 'matmul' ? multiply(a, b) : select(equal(b, 0), 0, multiply(a, b));
      case 'divideNoNan':
        return select(equal(b, 0), 0, divide(a, select(equal(b, 0), 1, b)));
      case 'xlogy':
        return framework === 'tensorflow'
          ? select(equal(a, 0), 0, multiply(a, log(select(equal(a, 0), 1, b))))
          : select(equal(a, 0), 0, multiply(a, log(b)));
      case 'nanToNum':
        return select(isFinite(a), a, 0);
      case 'inverse':
        return power(a, -1);
      case 'variance':
      case 'deviation':
      case 'determinant':
      case 'index':
      case 'oneHot':
      case 'unit':
      case 'cosine':
      case 'wave':
      case 'uniform':
      case 'given':
      case 'entropy':
        return named(node);
      default:
        return operands.every((operand, index) => operand === node.operands[index])
          ? node
          : operation(node.operator, ...operands);
    }
  };
  for (const node of inOrder([expression])) known.set(node, convert(node));
  return { value: known.get(expression) ?? expression, origins };
}

/** A product or sum with its operands in the other order. */
function swapped(node: Expression): Expression {
  if (node.kind !== 'operation' || (node.operator !== 'multiply' && node.operator !== 'add')) return node;
  const [a, b] = node.operands as [Expression, Expression];
  return operation(node.operator, b, a);
}

function rootOf(node: Expression): string {
  return node.kind === 'operation' ? node.operator : node.kind === 'variable' ? node.name : node.kind;
}

/** Neither infinite nor NaN. */
export function isFinite(value: Expression): Expression {
  return operation('less', absolute(value), Infinity);
}

/** What values other than the subject are: positive numbers below 1, none of which is special. */
const ordinary = [0.37, 0.61, 0.23, 0.83, 0.47, 0.71, 0.29, 0.53];

/** More variables than these belong to no form that rules look for. */
const mostVariables = ordinary.length;

export interface Trial {
  readonly value: number;
  /** By the names of the variables. */
  readonly gradients: ReadonlyMap<string, number>;
}

type Trials = (point: number) => readonly Trial[];

const trials = new Map<string, Trials | undefined>();
const mostRemembered = 1000;

/**
 * What the expressions come to where the subject is some number and all else is ordinary, and their gradients as
 * autograd takes them; undefined where that has no value among scalars.
 */
export function trialsOf(
  expressions: readonly Expression[],
  names: readonly string[],
  format: FormatName,
): Trials | undefined {
  if (names.length > mostVariables) return undefined;
  const key = `${format} ${names.join()} ${expressions.map(structuralKey).join(' ')}`;
  if (!trials.has(key)) {
    // An editor sees a new expression with every keystroke.
    if (trials.size >= mostRemembered) trials.clear();
    trials.set(key, compile(expressions, names, format));
  }
  return trials.get(key);
}

function compile(expressions: readonly Expression[], names: readonly string[], format: FormatName): Trials | undefined {
  try {
    const gradients = expressions.flatMap((expression) => names.map((name) => differentiate(expression, name)));
    const evaluate = compileModelAtPoint([...expressions, ...gradients], names, formatByName(format));
    return (point) => {
      const results = evaluate(
        ...names.map((name, index) => (name === subjectName ? point : (ordinary[index] ?? 0.5))),
      );
      return expressions.map((_, index) => ({
        value: results[index] as number,
        gradients: new Map(
          names.map((name, of) => [name, results[expressions.length + index * names.length + of] as number]),
        ),
      }));
    };
  } catch {
    // What no evaluator prints, or has no derivative among scalars, is nothing to be tried.
    return undefined;
  }
}
