import {
  anything,
  apply,
  bind,
  complement,
  either,
  multipleOf,
  negated,
  operation,
  sameComputation,
  suchThat,
  termsOf,
  through,
  variablesOf,
  type Expression,
  type Pattern,
  type PatternOperand,
} from '../../expression';
import type { FrameworkName } from '../../python';

/** What several families look for inside their forms. */

/** 1 / (1 + exp(-x)), written out: the pattern sees what the exponential is taken of. */
export const sigmoidOfNegative = (exponent: Pattern): Pattern =>
  either(
    apply('divide', 1, apply('add', 1, apply('exp', exponent))),
    apply('power', apply('add', 1, apply('exp', exponent)), -1),
  );

/** exp(x) / (1 + exp(x)), written out. */
export const sigmoidOfPositive = (exponent: PatternOperand): Pattern =>
  suchThat(
    apply('divide', apply('exp', bindOf(exponent)), apply('add', 1, apply('exp', bindOf(exponent)))),
    () => true,
  );

const bindOf = (operand: PatternOperand): Pattern => (typeof operand === 'number' ? bind('x') : operand);

/** A sigmoid, by its name or written out. */
export const sigmoidOf = (x: Pattern): Pattern =>
  either(apply('sigmoid', x), sigmoidOfNegative(negated(x)), sigmoidOfPositive(x));

/** exp(x) / sum(exp(x)), by its name or written out. */
export const softmaxOf = (x: Pattern): Pattern =>
  either(
    apply('softmax', x),
    suchThat(apply('divide', apply('exp', x), apply('sum', apply('exp', x))), () => true),
  );

/** Operations that give what they are given, element by element or picked from it. */
export const shapes = ['pick', 'mean', 'stopGradient'] as const;

/** The pattern, or a mean, an element of it. */
export const reshaped = (inner: Pattern): Pattern => through(['pick', 'stopGradient', 'absolute'], inner);

/** Whether nothing in it is unknown or drawn at random: made of literals. */
export function isLiteral(expression: Expression): boolean {
  return variablesOf(expression).length === 0 && !contains(expression, 'uniform');
}

export function contains(expression: Expression, ...operators: readonly string[]): boolean {
  return findAll(expression, ...operators).length > 0;
}

/** Operations of these kinds in the expression, each once. */
export function findAll(expression: Expression, ...operators: readonly string[]): Expression[] {
  const seen = new Set<Expression>();
  const found: Expression[] = [];
  const visit = (node: Expression): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === 'withGradient') visit(node.value);
    if (node.kind !== 'operation') return;
    if (operators.includes(node.operator)) found.push(node);
    for (const operand of node.operands) visit(operand);
  };
  visit(expression);
  return found;
}

/** A sum with a positive number among its terms: an epsilon. */
export const withEpsilon = (inner: Pattern, name = 'eps'): Pattern =>
  apply(
    'add',
    inner,
    bind(name, (node) => node.kind === 'constant' && node.value > 0),
  );

/** Of all that is added, one term that the pattern fits and that the others don't change the sign of. */
export function someTerm(expression: Expression, condition: (term: Expression, sign: 1 | -1) => boolean): boolean {
  return termsOf(expression).some(({ term, sign }) => condition(term, sign));
}

/** The number that an expression of literals comes to: `1 / 2`, `-0.5`. */
export function literalOf(expression: Expression): number | undefined {
  if (expression.kind === 'constant') return expression.value;
  if (expression.kind !== 'operation') return undefined;
  const [a, b] = expression.operands.map(literalOf);
  if (a === undefined) return undefined;
  if (expression.operator === 'negate') return -a;
  if (b === undefined) return undefined;
  switch (expression.operator) {
    case 'add':
      return a + b;
    case 'subtract':
      return a - b;
    case 'multiply':
      return a * b;
    case 'divide':
      return a / b;
    default:
      return undefined;
  }
}

/** A literal number, however it is written: `0.5`, `1 / 2`. */
export const literal = (wanted: number): Pattern => suchThat(anything, (_, node) => literalOf(node) === wanted);

/** The square root, also as a power. */
export const rootOf = (inner: Pattern): Pattern => either(apply('sqrt', inner), apply('power', inner, literal(0.5)));

/** A sum or a mean of it, also as a multiple. */
export const multipleOfSum = (inner: Pattern): Pattern => multipleOf(either(apply('sum', inner), apply('mean', inner)));

/** The same template for all the frameworks that are named. */
export function everywhere(
  template: string,
  ...frameworks: readonly FrameworkName[]
): Partial<Record<FrameworkName, string>> {
  return Object.fromEntries(frameworks.map((framework) => [framework, template]));
}

export {
  anything,
  apply,
  bind,
  complement,
  either,
  multipleOf,
  negated,
  operation,
  sameComputation,
  suchThat,
  through,
};
