import { variable, type Expression } from './expression';
import { children } from './graph';

/** A variable whose name begins so is a wildcard in a pattern: it matches any expression, the same at each use. */
const wildcardPrefix = '?';

/** A wildcard of a pattern. */
export function wildcard(name: string): Expression {
  return variable(wildcardPrefix + name);
}

/** Operators whose operands can change places. */
export const commutative: ReadonlySet<string> = new Set([
  'add',
  'multiply',
  'minimum',
  'maximum',
  'equal',
  'and',
  'or',
  'logAddExp',
]);

/**
 * Matches `expression`, at its root, against `pattern`: constants and operators equal, commutative operands in either
 * order, wildcards bound to what stands in their place. A value with its own gradient matches by its value.
 * @returns what each wildcard stands for, by name, or undefined where the pattern doesn't fit.
 */
export function match(pattern: Expression, expression: Expression): ReadonlyMap<string, Expression> | undefined {
  return unify(pattern, expression, new Map());
}

type Bindings = ReadonlyMap<string, Expression>;

function unify(pattern: Expression, expression: Expression, bindings: Bindings): Bindings | undefined {
  if (pattern.kind === 'variable' && pattern.name.startsWith(wildcardPrefix)) {
    const name = pattern.name.slice(wildcardPrefix.length);
    const bound = bindings.get(name);
    if (bound === undefined) return new Map(bindings).set(name, expression);
    return sameComputation(bound, expression) ? bindings : undefined;
  }
  if (expression.kind === 'withGradient' && pattern.kind !== 'withGradient') {
    return unify(pattern, expression.value, bindings);
  }
  switch (pattern.kind) {
    case 'constant':
      return expression.kind === 'constant' && Object.is(expression.value, pattern.value) ? bindings : undefined;
    case 'variable':
      return expression.kind === 'variable' && expression.name === pattern.name ? bindings : undefined;
    case 'withGradient':
      return unify(pattern.value, expression.kind === 'withGradient' ? expression.value : expression, bindings);
    case 'operation': {
      if (expression.kind !== 'operation' || expression.operator !== pattern.operator) return undefined;
      if (expression.operands.length !== pattern.operands.length) return undefined;
      const inOrder = unifyAll(pattern.operands, expression.operands, bindings);
      if (inOrder || !commutative.has(pattern.operator)) return inOrder;
      return unifyAll(pattern.operands, [...expression.operands].reverse(), bindings);
    }
  }
}

function unifyAll(
  patterns: readonly Expression[],
  expressions: readonly Expression[],
  start: Bindings,
): Bindings | undefined {
  let bindings: Bindings | undefined = start;
  for (let i = 0; bindings && i < patterns.length; i++) {
    bindings = unify(patterns[i] as Expression, expressions[i] as Expression, bindings);
  }
  return bindings;
}

/**
 * Whether two graphs are the same computation, up to sharing. Each pair of nodes is looked at once: of a pair that was met
 * before, a difference would have ended it all.
 */
export function sameComputation(a: Expression, b: Expression): boolean {
  if (a === b) return true;
  // As a rule they differ at once.
  if (!sameNode(a, b)) return false;
  if (a.kind === 'constant' || a.kind === 'variable') return true;
  const met = new Map<Expression, Set<Expression>>();
  const pairs: [Expression, Expression][] = [[a, b]];
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [left, right] = pair;
    if (left === right || met.get(left)?.has(right)) continue;
    if (!sameNode(left, right)) return false;
    const others = met.get(left);
    if (others) others.add(right);
    else met.set(left, new Set([right]));
    const [below, beside] = [children(left), children(right)];
    below.forEach((child, i) => pairs.push([child, beside[i] as Expression]));
  }
  return true;
}

/** Whether two nodes are the same but for what stands below. */
function sameNode(a: Expression, b: Expression): boolean {
  switch (a.kind) {
    case 'constant':
      return b.kind === 'constant' && Object.is(a.value, b.value);
    case 'variable':
      return b.kind === 'variable' && a.name === b.name;
    case 'operation':
      return b.kind === 'operation' && a.operator === b.operator && a.operands.length === b.operands.length;
    case 'withGradient':
      return b.kind === 'withGradient';
  }
}

/** Whether it is made of comparisons, and of which value, if that is asked. */
export function isComparison(expression: Expression, of?: Expression): boolean {
  if (expression.kind !== 'operation') return false;
  switch (expression.operator) {
    case 'less':
    case 'lessEqual':
      return of === undefined || expression.operands.some((operand) => sameComputation(operand, of));
    case 'and':
    case 'or':
    case 'not':
      return expression.operands.every((operand) => isComparison(operand, of));
    default:
      return false;
  }
}
