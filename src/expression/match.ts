import { variable, type Expression } from './expression';

/** A variable whose name begins so is a wildcard in a pattern: it matches any expression, the same at each use. */
const wildcardPrefix = '?';

/** A wildcard of a pattern. */
export function wildcard(name: string): Expression {
  return variable(wildcardPrefix + name);
}

const commutative: ReadonlySet<string> = new Set([
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

/** Whether two graphs are the same computation, up to sharing. */
export function sameComputation(a: Expression, b: Expression): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'constant':
      return b.kind === 'constant' && Object.is(a.value, b.value);
    case 'variable':
      return b.kind === 'variable' && a.name === b.name;
    case 'operation':
      return (
        b.kind === 'operation' &&
        a.operator === b.operator &&
        a.operands.length === b.operands.length &&
        a.operands.every((operand, i) => sameComputation(operand, b.operands[i] as Expression))
      );
    case 'withGradient':
      return b.kind === 'withGradient' && sameComputation(a.value, b.value);
  }
}
