import type { Constant, Expression, Operator } from './expression';
import { commutative, sameComputation } from './match';

/** What the names of a pattern stand for. */
export type Bindings = ReadonlyMap<string, Expression>;

/**
 * A pattern with choices and conditions, where `match` with wildcards has none: a function from an expression, and what
 * the names stand for already, to what they stand for if it fits. Values with their own gradient match by their value.
 */
export interface Pattern {
  /** The operators that the root of a fitting expression can have; undefined for any expression. */
  readonly roots: ReadonlySet<Operator> | undefined;
  /** Of a pattern that fits constants alone: which of them. */
  readonly constants?: (value: number) => boolean;
  match(expression: Expression, bindings: Bindings): Bindings | undefined;
}

/** A pattern, or the number that has to stand there. */
export type PatternOperand = Pattern | number;

const patternOf = (operand: PatternOperand): Pattern => (typeof operand === 'number' ? is(operand) : operand);

const noBindings: Bindings = new Map();

/** @returns what the pattern's names stand for, or undefined where it doesn't fit. */
export function matchPattern(pattern: Pattern, expression: Expression): Bindings | undefined {
  return pattern.match(plain(expression), noBindings);
}

function plain(expression: Expression): Expression {
  return expression.kind === 'withGradient' ? plain(expression.value) : expression;
}

/** Whether a pattern may fit, by the root alone: most don't, and nothing has to be bound to see it. */
function mayFit(pattern: Pattern, node: Expression): boolean {
  if (pattern.roots) return node.kind === 'operation' && pattern.roots.has(node.operator);
  return pattern.constants === undefined || (isConstant(node) && pattern.constants(node.value));
}

const isConstant = (expression: Expression): expression is Constant => expression.kind === 'constant';

function bound(bindings: Bindings, name: string, expression: Expression): Bindings {
  return (bindings.size === 0 ? new Map<string, Expression>() : new Map(bindings)).set(name, expression);
}

/** Any expression, the same computation wherever the name stands. */
export function bind(name: string, condition?: (expression: Expression) => boolean): Pattern {
  return {
    roots: undefined,
    match(expression, bindings) {
      const before = bindings.get(name);
      if (before !== undefined) return sameComputation(before, expression) ? bindings : undefined;
      if (condition && !condition(expression)) return undefined;
      return bound(bindings, name, expression);
    },
  };
}

/** Any expression, not bound to a name. */
export const anything: Pattern = { roots: undefined, match: (_, bindings) => bindings };

/** A constant that satisfies the condition, bound to the name. */
export function number(name: string, condition: (value: number) => boolean = () => true): Pattern {
  const isMeant = (expression: Expression): boolean => isConstant(expression) && condition(expression.value);
  return { ...bind(name, isMeant), constants: condition };
}

/** This number. */
export function is(value: number): Pattern {
  return {
    roots: undefined,
    constants: (constant) => constant === value,
    match: (expression, bindings) => (isConstant(expression) && expression.value === value ? bindings : undefined),
  };
}

/** An operation; operands of a commutative one in either order. With one operand given, those after it are free. */
export function apply(operator: Operator, ...operands: readonly PatternOperand[]): Pattern {
  const patterns = operands.map(patternOf);
  const [first, second] = patterns;
  const isCommutative = commutative.has(operator) && patterns.length === 2;
  const inOrder = (operands: readonly Expression[], bindings: Bindings): Bindings | undefined => {
    // Before anything is bound.
    for (let i = 0; i < patterns.length; i++) {
      if (!mayFit(patterns[i] as Pattern, plain(operands[i] as Expression))) return undefined;
    }
    let so: Bindings | undefined = bindings;
    for (let i = 0; so && i < patterns.length; i++) {
      so = (patterns[i] as Pattern).match(plain(operands[i] as Expression), so);
    }
    return so;
  };
  return {
    roots: new Set([operator]),
    match(expression, bindings) {
      if (expression.kind !== 'operation' || expression.operator !== operator) return undefined;
      const { operands } = expression;
      if (operands.length < patterns.length) return undefined;
      if (operands.length > patterns.length && patterns.length !== 1) return undefined;
      const found = inOrder(operands, bindings);
      if (found || !isCommutative) return found;
      const [a, b] = [plain(operands[0] as Expression), plain(operands[1] as Expression)] as [Expression, Expression];
      if (!mayFit(first as Pattern, b) || !mayFit(second as Pattern, a)) return undefined;
      const so = (second as Pattern).match(a, bindings);
      return so && (first as Pattern).match(b, so);
    },
  };
}

/** The first of these that fits. */
export function either(...choices: readonly PatternOperand[]): Pattern {
  const patterns = choices.map(patternOf);
  const roots = new Set<Operator>();
  let open = false;
  for (const pattern of patterns) {
    if (pattern.roots) for (const root of pattern.roots) roots.add(root);
    else open = true;
  }
  return {
    roots: open ? undefined : roots,
    match(expression, bindings) {
      for (const pattern of patterns) {
        const found = mayFit(pattern, expression) ? pattern.match(expression, bindings) : undefined;
        if (found) return found;
      }
      return undefined;
    },
  };
}

/** What fits the pattern and satisfies a condition on what the names then stand for. */
export function suchThat(
  pattern: Pattern,
  condition: (bindings: Bindings, expression: Expression) => boolean,
): Pattern {
  return {
    roots: pattern.roots,
    match(expression, bindings) {
      const found = pattern.match(expression, bindings);
      return found && condition(found, expression) ? found : undefined;
    },
  };
}

/** The pattern, or it inside any number of these operations, of which it is the first operand. */
export function through(operators: readonly Operator[], inner: Pattern): Pattern {
  const passed: ReadonlySet<Operator> = new Set(operators);
  return {
    roots: inner.roots && new Set([...inner.roots, ...passed]),
    match(expression, bindings) {
      let node = expression;
      for (;;) {
        const found = mayFit(inner, node) ? inner.match(node, bindings) : undefined;
        if (found) return found;
        if (node.kind !== 'operation' || !passed.has(node.operator)) return undefined;
        node = plain(node.operands[0] as Expression);
      }
    },
  };
}

/** The pattern, or a multiple of it by a number other than 0: `2 * x`, `x / 2`, `-x`. */
export function multipleOf(inner: Pattern): Pattern {
  return {
    roots: inner.roots && new Set<Operator>([...inner.roots, 'multiply', 'divide', 'negate']),
    match(expression, bindings) {
      const found = mayFit(inner, expression) ? inner.match(expression, bindings) : undefined;
      if (found || expression.kind !== 'operation') return found;
      const [a, b] = expression.operands.map(plain);
      if (!a) return undefined;
      switch (expression.operator) {
        case 'negate':
          return this.match(a, bindings);
        case 'multiply':
          if (isConstant(a) && b) return this.match(b, bindings);
          return b && isConstant(b) ? this.match(a, bindings) : undefined;
        case 'divide':
          return b && isConstant(b) ? this.match(a, bindings) : undefined;
        default:
          return undefined;
      }
    },
  };
}

/** `-x`, however it is written: also `-1 * x` and `0 - x`. */
export function negated(inner: Pattern): Pattern {
  return either(apply('negate', inner), apply('multiply', -1, inner), apply('subtract', 0, inner));
}

/** `1 - x`, however it is written. */
export function complement(inner: Pattern): Pattern {
  return either(apply('subtract', 1, inner), apply('add', 1, negated(inner)));
}

/** The square of x: `x * x`, `x ** 2`, `|x| ** 2`. */
export function square(inner: Pattern): Pattern {
  return either(
    suchThat(apply('multiply', inner, anything), (_, node) => {
      const [a, b] = node.kind === 'operation' ? node.operands : [];
      return a !== undefined && b !== undefined && sameComputation(a, b);
    }),
    apply('power', either(apply('absolute', inner), inner), 2),
  );
}

function isMinusOne(node: Expression): boolean {
  if (node.kind === 'constant') return node.value === -1;
  const [of] = node.kind === 'operation' && node.operator === 'negate' ? node.operands : [];
  return of?.kind === 'constant' && of.value === 1;
}

/** A sum's terms, of nested additions and subtractions, each with its sign. */
export function termsOf(expression: Expression): { readonly term: Expression; readonly sign: 1 | -1 }[] {
  const terms: { term: Expression; sign: 1 | -1 }[] = [];
  const visit = (node: Expression, sign: 1 | -1): void => {
    const opposite = sign === 1 ? -1 : 1;
    const bare = plain(node);
    if (bare.kind === 'operation' && terms.length < mostTerms) {
      const [a, b] = bare.operands as [Expression, Expression];
      if (bare.operator === 'add' || bare.operator === 'subtract') {
        visit(a, sign);
        visit(b, bare.operator === 'add' ? sign : opposite);
        return;
      }
      if (bare.operator === 'negate') {
        visit(a, opposite);
        return;
      }
      if (bare.operator === 'multiply' && (isMinusOne(a) || isMinusOne(b))) {
        visit(isMinusOne(a) ? b : a, opposite);
        return;
      }
    }
    terms.push({ term: bare, sign });
  };
  visit(expression, 1);
  return terms;
}

/** A product's factors, of nested multiplications and divisions; those divided by are `inverse`. */
export function factorsOf(expression: Expression): { readonly factor: Expression; readonly inverse: boolean }[] {
  const factors: { factor: Expression; inverse: boolean }[] = [];
  const visit = (node: Expression, inverse: boolean): void => {
    const bare = plain(node);
    if (bare.kind === 'operation' && factors.length < mostTerms) {
      const [a, b] = bare.operands as [Expression, Expression];
      if (bare.operator === 'multiply' || bare.operator === 'divide') {
        visit(a, inverse);
        visit(b, bare.operator === 'divide' ? !inverse : inverse);
        return;
      }
      if (bare.operator === 'negate') {
        factors.push({ factor: { kind: 'constant', value: -1 }, inverse: false });
        visit(a, inverse);
        return;
      }
    }
    factors.push({ factor: bare, inverse });
  };
  visit(expression, false);
  return factors;
}

const mostTerms = 24;
