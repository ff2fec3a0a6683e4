import { operation, withGradient, type Expression, type Operator } from './expression';

/** The nodes that `node` is computed from, derivatives of its own not included. */
export function children(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case 'constant':
    case 'variable':
      return [];
    case 'operation':
      return node.operands;
    case 'withGradient':
      return [node.value];
  }
}

/**
 * All nodes that the roots are computed from, each once and after those below it (iterative: graphs can be deep).
 * @param below what a node stands on; its children unless said otherwise.
 */
export function inOrder(roots: readonly Expression[], below = children): Expression[] {
  const order: Expression[] = [];
  /** False while what a node stands on is being gone through, true when it is in the order. */
  const done = new Map<Expression, boolean>();
  const stack: Expression[] = [];
  const push = (nodes: readonly Expression[]): void => {
    for (let i = nodes.length - 1; i >= 0; i--) {
      const node = nodes[i] as Expression;
      if (!done.has(node)) stack.push(node);
    }
  };
  push(roots);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const state = done.get(top);
    if (state === undefined) {
      done.set(top, false);
      push(below(top));
      continue;
    }
    stack.pop();
    if (state) continue;
    done.set(top, true);
    order.push(top);
  }
  return order;
}

/** Whether the root is computed from any variable. */
export function hasVariables(root: Expression): boolean {
  if (root.kind === 'variable') return true;
  if (root.kind === 'constant') return false;
  const seen = new Set<Expression>();
  const open = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    for (const child of children(node)) {
      if (child.kind === 'variable') return true;
      if (child.kind === 'constant' || seen.has(child)) continue;
      seen.add(child);
      open.push(child);
    }
  }
  return false;
}

/** Names of the variables that the roots are computed from, in order of first use. */
export function variablesOf(...roots: readonly Expression[]): string[] {
  const names = new Set<string>();
  for (const node of inOrder(roots)) if (node.kind === 'variable') names.add(node.name);
  return [...names];
}

/**
 * A text that two graphs share exactly if they are the same computation. `-0` and `0` differ, as do NaNs from
 * numbers; sharing does not matter.
 */
export function structuralKey(root: Expression): string {
  const numbers = new Map<string, number>();
  const keys = new Map<Expression, number>();
  const lines: string[] = [];
  const keyOf = (node: Expression): number => {
    const known = keys.get(node);
    if (known !== undefined) return known;
    throw new Error('children come before their parents');
  };
  const visit = (roots: readonly Expression[]): void => {
    for (const node of inOrder(roots)) {
      if (keys.has(node)) continue;
      let line: string;
      switch (node.kind) {
        case 'constant':
          line = Object.is(node.value, -0) ? '-0' : String(node.value);
          break;
        case 'variable':
          line = `'${node.name}`;
          break;
        case 'operation':
          line = `${node.operator}(${node.operands.map(keyOf).join()})`;
          break;
        case 'withGradient':
          visit([...node.inputs, ...node.partials]);
          line = `gradient(${[node.value, ...node.inputs, ...node.partials].map(keyOf).join()})`;
          break;
      }
      let number = numbers.get(line);
      if (number === undefined) {
        number = lines.push(line) - 1;
        numbers.set(line, number);
      }
      keys.set(node, number);
    }
  };
  visit([root]);
  return `${lines.join(';')}=${String(keyOf(root))}`;
}

/** The graph with every variable of `bindings` replaced, sharing kept; nodes that don't change are reused. */
export function substitute(root: Expression, bindings: ReadonlyMap<string, Expression>): Expression {
  const replaced = new Map<Expression, Expression>();
  const get = (node: Expression): Expression => replaced.get(node) ?? node;
  const visit = (roots: readonly Expression[]): void => {
    for (const node of inOrder(roots)) {
      if (replaced.has(node)) continue;
      switch (node.kind) {
        case 'constant':
          break;
        case 'variable':
          replaced.set(node, bindings.get(node.name) ?? node);
          break;
        case 'operation': {
          const operands = node.operands.map(get);
          if (operands.some((operand, i) => operand !== node.operands[i])) {
            replaced.set(node, operation(node.operator, ...operands));
          }
          break;
        }
        case 'withGradient': {
          visit([...node.inputs, ...node.partials]);
          const [value, inputs, partials] = [get(node.value), node.inputs.map(get), node.partials.map(get)];
          const same =
            value === node.value &&
            inputs.every((input, i) => input === node.inputs[i]) &&
            partials.every((partial, i) => partial === node.partials[i]);
          if (!same) replaced.set(node, withGradient(value, inputs, partials));
          break;
        }
      }
    }
  };
  visit([root]);
  return get(root);
}

/** The number that an expression of literals comes to: `1 / 2`, `-0.5`. */
export function literalOf(expression: Expression): number | undefined {
  if (expression.kind === 'constant') return expression.value;
  if (expression.kind !== 'operation') return undefined;
  const compute = literalArithmetic[expression.operator];
  if (!compute) return undefined;
  // Most are of no number at once: the rest isn't looked at.
  const a = literalOf(expression.operands[0] as Expression);
  if (a === undefined) return undefined;
  const second = expression.operands[1];
  const b = second ? literalOf(second) : 0;
  return b === undefined ? undefined : compute(a, b);
}

const literalArithmetic: Readonly<Partial<Record<Operator, (a: number, b: number) => number>>> = {
  negate: (a) => -a,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
};
