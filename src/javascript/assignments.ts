import type { Name, PyExpression, Range, Statement } from '../python/syntax';
import { ExpressionReader, deepest, nothing, operators } from './expressions';
import { reserved } from './libraries';
import { broken, commaSeparated, isExpression, isPattern, keyNames, stringOf, type Raw } from './tree';

/** Declarations, assignments and destructuring. */
export abstract class AssignmentReader extends ExpressionReader {
  /** How many loops of the function are around. */
  protected loops = 0;

  protected declaration(node: Raw): Statement[] {
    const groups = commaSeparated(node.children);
    const constant = node.children[0]?.name === 'const';
    return groups.flatMap((group): Statement[] => {
      const pattern = group.find(isPattern);
      const middle = group.findIndex((child) => child.name === 'Equals');
      const initial = middle < 0 ? undefined : group.slice(middle + 1).find(isExpression);
      const first = groups.length === 1 ? node : (group.find((child) => !child.error) ?? node);
      const range = { start: first.start, end: groups.length === 1 ? node.end : (group.at(-1) ?? node).end };
      if (!initial) return [];
      if (!pattern) return [{ kind: 'evaluate', ...range, parts: [this.expression(initial)] }];
      const value = this.valueFor(pattern, initial);
      this.#remember(pattern, initial, constant);
      return this.bind(pattern, value, range, this.hasAttributes(initial));
    });
  }

  /** What the text says of a variable by what it is set to. */
  #remember(pattern: Raw, value: Raw, constant: boolean): void {
    const library = this.isLibrary(value);
    if (pattern.name === 'VariableDefinition' || pattern.name === 'VariableName') {
      const name = this.nameOf(pattern);
      const binding = name === undefined ? undefined : this.names.find(name);
      if (!binding) return;
      binding.object = constant && value.name === 'ObjectExpression';
      binding.zeroAt = value.name === 'Number' && Number(this.textOf(value)) === 0 ? this.loops : undefined;
    }
    if (library) {
      for (const name of pattern.name === 'VariableName' ? [this.textOf(pattern)] : this.namesIn(pattern)) {
        this.isNowLibrary(this.names.find(name));
      }
    }
  }

  /** Assigns a value to a pattern's names. */
  protected bind(pattern: Raw, value: PyExpression, range: Range, library = false): Statement[] {
    const { start, end } = range;
    if (pattern.name !== 'ObjectPattern') {
      const { target, after } = this.target(pattern);
      return [{ kind: 'assign', start, end, targets: [target], value }, ...after];
    }
    if (value.kind === 'name') return this.#properties(pattern, value, range, library);
    const whole = {
      kind: 'name',
      start: value.start,
      end: value.end,
      name: `<value ${String(pattern.start)}>`,
    } as const;
    return [
      { kind: 'assign', start, end, targets: [whole], value },
      ...this.#properties(pattern, whole, range, library),
    ];
  }

  /** What is assigned to, and what is left to take apart then. */
  protected target(pattern: Raw): { target: PyExpression; after: Statement[] } {
    const { start, end } = pattern;
    const at = { start, end };
    if (this.depth >= deepest) return { target: nothing(at), after: [] };
    if (pattern.name === 'VariableDefinition') return { target: this.nameNode(pattern) ?? nothing(at), after: [] };
    if (pattern.name === 'ObjectPattern') {
      const target: Name = { kind: 'name', ...at, name: `<value ${String(start)}>` };
      return { target, after: this.#properties(pattern, target, at, false) };
    }
    if (pattern.name !== 'ArrayPattern') return { target: this.expression(pattern), after: [] };
    this.depth++;
    const after: Statement[] = [];
    const items = commaSeparated(pattern.children).map((group): PyExpression => {
      const inner = group.find(isPattern);
      if (!inner) return nothing(at);
      const element = this.target(inner);
      for (const statement of [...this.#defaultOf(group), ...element.after]) after.push(statement);
      const { start: from, end: to } = inner;
      return group[0]?.name === 'Spread'
        ? { kind: 'starred', start: from, end: to, value: element.target }
        : element.target;
    });
    this.depth--;
    // A comma at the end ends the last one.
    if (pattern.children.at(-2)?.name === ',') items.pop();
    return { target: { kind: 'sequence', ...at, items }, after };
  }

  /** Evaluates the default of a pattern's element, which counts for nothing where the element is unknown. */
  #defaultOf(group: readonly Raw[]): Statement[] {
    const middle = group.findIndex((child) => child.name === 'Equals');
    const value = middle < 0 ? undefined : group.slice(middle + 1).find(isExpression);
    return value ? [{ kind: 'evaluate', start: value.start, end: value.end, parts: [this.expression(value)] }] : [];
  }

  #properties(pattern: Raw, whole: PyExpression, range: Range, library: boolean): Statement[] {
    if (this.depth >= deepest) return [];
    this.depth++;
    const made = pattern.children
      .filter((child) => child.name === 'PatternProperty')
      .flatMap((property): Statement[] => {
        const inner = property.children.find(isPattern);
        const key = property.children.find((child) => keyNames.has(child.name));
        if (!inner) return [];
        const { start, end } = inner;
        const at = { start, end };
        const name = key && stringOf(this.textOf(key));
        let value: PyExpression;
        if (property.children[0]?.name === 'Spread') value = whole;
        else if (name === undefined || property.children[0]?.name === '[') {
          value = { kind: 'other', ...at, parts: this.expressions(property.children) };
        } else {
          const object = { ...whole, start, end: start };
          value = library
            ? { kind: 'attribute', ...at, value: object, name }
            : {
                kind: 'subscript',
                ...at,
                value: object,
                index: [{ kind: 'string', ...at, value: name }],
                sliced: false,
              };
        }
        return [...this.#defaultOf(property.children), ...this.bind(inner, value, range, library)];
      });
    this.depth--;
    return made;
  }

  /** An expression as a statement. */
  protected effect(node: Raw, at: Range): Statement[] {
    const { start, end } = at;
    let value = node;
    for (;;) {
      const inner = value.children.find(isExpression);
      const wraps = value.name === 'ParenthesizedExpression' || value.name === 'AwaitExpression';
      if (!inner || !wraps || broken(value)) break;
      value = inner;
    }
    if (!broken(value)) {
      const [operand] = value.children.filter(isExpression);
      switch (value.name) {
        case 'SequenceExpression':
          return value.children.filter(isExpression).flatMap((child) => this.effect(child, child));
        case 'AssignmentExpression':
          return this.#assignment(value, at);
        case 'PostfixExpression':
        case 'UnaryExpression': {
          const operator = value.children.map((child) => this.textOf(child)).find((text) => /^(\+\+|--)$/.test(text));
          if (operator === undefined || !operand) break;
          const one: PyExpression = { kind: 'number', start, end, value: 1 };
          const target = this.expression(operand);
          return [{ kind: 'update', start, end, target, operator: operator === '++' ? '+' : '-', value: one }];
        }
        default:
      }
    }
    return [{ kind: 'evaluate', start, end, parts: [this.expression(value)] }];
  }

  #assignment(node: Raw, { start, end }: Range): Statement[] {
    const targets: Raw[] = [];
    let current = node;
    for (;;) {
      const [target, operator, value] = current.children;
      if (!target || !operator || !value) {
        return [{ kind: 'evaluate', start, end, parts: this.expressions(current.children) }];
      }
      if (operator.name === 'UpdateOp') {
        if (targets.length > 0) break;
        return [this.#update(target, this.textOf(operator).slice(0, -1), value, { start, end })];
      }
      targets.push(target);
      if (value.name !== 'AssignmentExpression' || broken(value)) {
        current = value;
        break;
      }
      current = value;
    }
    const [first] = targets;
    const sum = targets.length === 1 && first ? this.#summed(first, current) : undefined;
    if (sum && first) return [this.#accumulate(first, sum, { start, end })];
    const value = first ? this.valueFor(first, current) : this.expression(current);
    for (const target of targets) this.#remember(target, current, false);
    if (targets.length === 1 && first) return this.bind(first, value, { start, end }, this.hasAttributes(current));
    const made = targets.map((target) => this.target(target));
    const all = made.map(({ target }) => target);
    return [{ kind: 'assign', start, end, targets: all, value }, ...made.flatMap(({ after }) => after)];
  }

  #update(target: Raw, operator: string, value: Raw, { start, end }: Range): Statement {
    if (operator === '+' && this.#isAccumulator(target)) return this.#accumulate(target, value, { start, end });
    const made = this.expression(value);
    const left = this.expression(target);
    const logical = operators[operator];
    if (logical === undefined) return { kind: 'update', start, end, target: left, operator, value: made };
    const both: PyExpression = { kind: 'binary', start, end, operator: logical, left, right: made };
    return { kind: 'assign', start, end, targets: [left], value: both };
  }

  /** Whether a variable was zero before the loops that are around now. */
  #isAccumulator(target: Raw): boolean {
    const name = target.name === 'VariableName' ? this.nameOf(target) : undefined;
    const zeroAt = name === undefined ? undefined : this.names.find(name)?.zeroAt;
    return zeroAt !== undefined && zeroAt < this.loops;
  }

  /** Of `sum = sum + x` in a loop x. */
  #summed(target: Raw, value: Raw): Raw | undefined {
    const [left, operator, right] = value.name === 'BinaryExpression' ? value.children : [];
    if (!left || !right || operator?.name !== 'ArithOp' || this.textOf(operator) !== '+') return undefined;
    if (!this.#isAccumulator(target) || this.textOf(left) !== this.textOf(target)) return undefined;
    return right;
  }

  /** What a loop adds up from zero is a sum. */
  #accumulate(target: Raw, value: Raw, { start, end }: Range): Statement {
    const sum: PyExpression = {
      kind: 'call',
      start: target.start,
      end: value.end,
      callee: this.reserved(reserved.sum, target),
      arguments: [{ stars: '', value: this.expression(value) }],
    };
    return { kind: 'assign', start, end, targets: [this.expression(target)], value: sum };
  }
}
