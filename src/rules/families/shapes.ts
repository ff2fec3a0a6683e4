import {
  anything,
  apply,
  either,
  literalOf,
  multipleOf,
  negate,
  negated,
  suchThat,
  through,
  type Expression,
  type Pattern,
} from '../../expression';
import type { FrameworkName } from '../../python';

/** What several families look for inside their forms. */

/** e, also as people write it. */
const euler = suchThat(anything, (_, node) => node.kind === 'constant' && Math.abs(node.value - Math.E) < 1e-3);

/** exp(x), also as a power of e. */
export const exponential = (exponent: Pattern): Pattern =>
  either(apply('exp', exponent), apply('power', euler, exponent));

/** 1 / (1 + exp(-x)), written out: the pattern sees what the exponential is taken of. */
const sigmoidOfNegative = (exponent: Pattern): Pattern =>
  either(
    apply('divide', 1, apply('add', 1, exponential(exponent))),
    apply('power', apply('add', 1, exponential(exponent)), -1),
  );

/** exp(x) / (1 + exp(x)), written out. */
const sigmoidOfPositive = (exponent: Pattern): Pattern =>
  apply('divide', exponential(exponent), apply('add', 1, exponential(exponent)));

/**
 * What the pattern sees is the negative of the value: also where no minus sign stands before all of it, as in
 * `-X @ w`, which is (-X) @ w, in `-w * x`, in `-a - b`.
 */
const ofOpposite = (inner: Pattern): Pattern => ({
  roots: undefined,
  match: (expression, bindings) => inner.match(negate(expression), bindings),
});

/** A sigmoid, by its name or written out. */
export const sigmoidOf = (x: Pattern): Pattern =>
  either(apply('sigmoid', x), sigmoidOfNegative(either(negated(x), ofOpposite(x))), sigmoidOfPositive(x));

/** x / 2 */
export const half = (x: Pattern): Pattern => either(apply('divide', x, 2), apply('multiply', 0.5, x));

/** (tanh(x / 2) + 1) / 2, which is a sigmoid, too, and rounds to 0 where it is small. */
export const sigmoidOfTanh = (x: Pattern): Pattern => {
  const raised = apply('add', apply('tanh', half(x)), 1);
  return either(half(raised), apply('add', half(apply('tanh', half(x))), 0.5));
};

/** exp(x) / sum(exp(x)), by its name or written out. */
export const softmaxOf = (x: Pattern): Pattern =>
  either(apply('softmax', x), apply('divide', apply('exp', x), apply('sum', apply('exp', x))));

/** The pattern, or elements of it, its absolute value. */
export const reshaped = (inner: Pattern): Pattern => through(['pick', 'stopGradient', 'absolute'], inner);

/** The pattern of what lies between 0 and 1, also inside a ReLU or a limit to that, which change nothing of it. */
export const rectified = (inner: Pattern): Pattern =>
  either(inner, apply('maximum', inner, 0), apply('clip', inner, 0, 1));

/** Whether the expression has an operation of one of these kinds. */
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

/** A logarithm to another base: that to base e, times a number. */
export interface Base {
  readonly name: string;
  readonly factor: number;
}

export const otherBases: readonly Base[] = [
  { name: 'log2', factor: Math.LOG2E },
  { name: 'log10', factor: Math.LOG10E },
];

/** The logarithm of something to that base, as functions of it compute it. */
export const toBase = ({ factor }: Base, of: Pattern): Pattern => apply('multiply', apply('log', of), literal(factor));

/** The logarithm to base e that one to another base is computed by. */
export function naturalIn(node: Expression): readonly [Expression, Base] | undefined {
  if (node.kind !== 'operation' || node.operator !== 'multiply') return undefined;
  const [natural, factor] = node.operands as [Expression, Expression];
  const base = factor.kind === 'constant' && otherBases.find((each) => each.factor === factor.value);
  return base ? [natural, base] : undefined;
}

/** A logarithm to any of those bases. Products are many: most are told from logarithms by what stands last. */
export const toAnyBase = (natural: Pattern): Pattern => ({
  roots: new Set(['multiply']),
  match(node, bindings) {
    const [inner] = naturalIn(node) ?? [];
    return inner && natural.match(inner, bindings);
  },
});

/** A multiple by a number, and not the thing itself. */
export const scaled = (inner: Pattern): Pattern =>
  suchThat(multipleOf(inner), (_, node) => node.kind === 'operation' && inner.roots?.has(node.operator) === false);
