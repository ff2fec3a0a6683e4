import type { Argument, Dictionary, Name, PyExpression, Range, Statement } from '../python/syntax';
import { idiomOf, nameForArgumentsOf } from './idioms';
import { isTensorFlow, namedNumbers, reserved } from './libraries';
import { TextReader } from './text';
import {
  broken,
  childNamed,
  commaSeparated,
  isExpression,
  isFunctionExpression,
  isPattern,
  isStatement,
  keyNames,
  stringOf,
  type Raw,
} from './tree';

/** What stands deeper in others is left out. */
export const deepest = 400;

/** Operators that Python writes otherwise. */
export const operators: Readonly<Record<string, string>> = {
  '===': '==',
  '!==': '!=',
  '&&': 'and',
  '||': 'or',
  '??': 'or',
};

const unaryOperators: Readonly<Record<string, string>> = { '-': '-', '+': '+', '!': 'not' };

/** Objects whose properties are the global names. */
const globalObjects: ReadonlySet<string> = new Set(['global', 'globalThis', 'self', 'window']);

/** The name of a definition that has none. */
export const nameOfDefinition = ({ start }: Range): string => `<${String(start)}>`;

/** What nothing is known of. */
export const nothing = ({ start, end }: Range): PyExpression => ({ kind: 'other', start, end, parts: [] });

const itemOf = ({ stars, value }: Argument): PyExpression =>
  stars === '' ? value : { kind: 'starred', start: value.start, end: value.end, value };

/** Expressions. Those that define functions and classes, or take a value apart, need statements before their own. */
export abstract class ExpressionReader extends TextReader {
  /** Names of methods and properties of the file's own classes and objects. */
  readonly #members: ReadonlySet<string>;
  /** Definitions that the statement being read needs before it. */
  protected hoisted: Statement[] = [];
  protected depth = 0;

  constructor(text: string, members: ReadonlySet<string>) {
    super(text);
    this.#members = members;
  }

  /** A function by the name that it has been given, or as an expression. */
  protected abstract functionOf(node: Raw, name?: string): PyExpression;

  /** A class by the name of its definition. */
  protected abstract classOf(node: Raw, name: string): Statement & { readonly name: string };

  /** Assigns a value to a pattern's names. */
  protected abstract bind(pattern: Raw, value: PyExpression, range: Range, library?: boolean): Statement[];

  /** The value of a name; a function is called by it. */
  protected valueFor(target: Raw, value: Raw): PyExpression {
    const named = target.name === 'MemberExpression' ? target.children.at(-1) : target;
    return isFunctionExpression(value) ? this.functionOf(value, this.nameOf(named)) : this.expression(value);
  }

  protected expressions(nodes: readonly Raw[]): PyExpression[] {
    return nodes.filter(isExpression).map((node) => this.expression(node));
  }

  expression(node: Raw): PyExpression {
    const { start, end } = node;
    const at = { start, end };
    const name = node.name === 'VariableName' ? this.nameOf(node) : undefined;
    if (name !== undefined) {
      if (!this.names.find(name)) {
        if (name === 'undefined') return { kind: 'singleton', ...at, value: null };
        if (name === 'Infinity') return { kind: 'number', ...at, value: Infinity };
      }
      return { kind: 'name', ...at, name: this.resolve(name) };
    }
    switch (node.name) {
      case 'Number':
        return { kind: 'number', ...at, value: numberOf(this.textOf(node)) };
      case 'String':
        return { kind: 'string', ...at, value: stringOf(this.textOf(node)) };
      case 'BooleanLiteral':
        return { kind: 'singleton', ...at, value: this.textOf(node) === 'true' };
      case 'null':
        return { kind: 'singleton', ...at, value: null };
      case 'this':
      case 'super':
        return { kind: 'name', ...at, name: node.name };
    }
    if (this.depth >= deepest) return nothing(at);
    this.depth++;
    const made = this.#compound(node, at);
    this.depth--;
    return made;
  }

  #compound(node: Raw, at: Range): PyExpression {
    const { start, end } = at;
    const inside = (): PyExpression => ({ kind: 'other', start, end, parts: this.#insideOf(node) });
    if (isFunctionExpression(node)) return this.functionOf(node);
    if (broken(node) && node.name !== 'ArrayExpression') return inside();
    const operands = node.children.filter(isExpression);
    const [first, second, third] = operands;
    const last = operands.at(-1);
    switch (node.name) {
      case 'ParenthesizedExpression':
      case 'AwaitExpression':
      case 'InstantiationExpression':
        return first ? this.expression(first) : inside();
      case 'PrefixCast':
        return last ? this.expression(last) : inside();
      case 'PostfixExpression':
        return first && this.textOf(node.children.at(-1) ?? node) === '!' ? this.expression(first) : inside();
      case 'SequenceExpression':
        // `(0, tf.log)(x)` is how compilers write a call of an imported function.
        return last && operands.every((operand) => operand === last || operand.name === 'Number')
          ? this.expression(last)
          : inside();
      case 'ClassExpression': {
        const definition = this.classOf(node, nameOfDefinition(node));
        this.hoisted.push(definition);
        return { kind: 'name', start, end, name: definition.name };
      }
      case 'ArrayExpression':
        return { kind: 'sequence', start, end, items: this.#arguments(node).map(itemOf) };
      case 'ObjectExpression':
        return { kind: 'dictionary', start, end, entries: this.#entries(node) };
      case 'TemplateString': {
        const plain = !node.children.some((child) => child.name === 'Interpolation');
        return plain ? { kind: 'string', start, end, value: stringOf(this.textOf(node)) } : inside();
      }
      case 'UnaryExpression': {
        const operator = unaryOperators[node.children[0] ? this.textOf(node.children[0]) : ''];
        if (operator === undefined || !first) return inside();
        return { kind: 'unary', start, end, operator, operand: this.expression(first) };
      }
      case 'BinaryExpression': {
        const [, operator] = node.children;
        if (!first || !operator) return inside();
        if (operator.name === 'as' || operator.name === 'satisfies') return this.expression(first);
        if (!second) return inside();
        const symbol = this.textOf(operator);
        return {
          kind: 'binary',
          start,
          end,
          operator: operators[symbol] ?? symbol,
          left: this.expression(first),
          right: this.expression(second),
        };
      }
      case 'ConditionalExpression':
        if (!first || !second || !third) return inside();
        return {
          kind: 'conditional',
          start,
          end,
          test: this.expression(first),
          whenTrue: this.expression(second),
          whenFalse: this.expression(third),
        };
      case 'AssignmentExpression':
        return this.#nestedAssignment(node, at);
      case 'MemberExpression':
        return this.#access(node, at);
      case 'NewExpression':
      case 'CallExpression':
        return this.#call(node, at);
      case 'DynamicImport': {
        const module = this.moduleOf(node);
        if (module === undefined) return inside();
        return this.reserved(isTensorFlow(module) ? reserved.library : reserved.module, at);
      }
      default:
        return inside();
    }
  }

  /** Expressions at any depth below: those of elements and templates stand in containers. */
  #insideOf(node: Raw): PyExpression[] {
    if (this.depth >= deepest) return [];
    this.depth++;
    const found = node.children.flatMap((child) => {
      if (isExpression(child)) return [this.expression(child)];
      return child.error || isStatement(child) ? [] : this.#insideOf(child);
    });
    this.depth--;
    return found;
  }

  #nestedAssignment(node: Raw, { start, end }: Range): PyExpression {
    const [target, operator, value] = node.children;
    if (!target || !operator || !value) return { kind: 'other', start, end, parts: this.expressions(node.children) };
    const right = this.valueFor(target, value);
    if (isPattern(target)) {
      const name = `<value ${String(start)}>`;
      const whole: Name = { kind: 'name', start: right.start, end: right.end, name };
      this.hoisted.push({ kind: 'assign', start, end, targets: [whole], value: right });
      for (const statement of this.bind(target, whole, { start, end })) this.hoisted.push(statement);
      return whole;
    }
    const left = this.expression(target);
    if (operator.name !== 'UpdateOp') return { kind: 'walrus', start, end, target: left, value: right };
    const symbol = this.textOf(operator).slice(0, -1);
    const both: PyExpression = { kind: 'binary', start, end, operator: operators[symbol] ?? symbol, left, right };
    return { kind: 'walrus', start, end, target: left, value: both };
  }

  #access(node: Raw, { start, end }: Range): PyExpression {
    const [object] = node.children;
    const property = node.children.at(-1);
    const index = node.children.slice(1).find(isExpression);
    if (!object || !isExpression(object)) return { kind: 'other', start, end, parts: this.expressions(node.children) };
    const outside = object.name === 'VariableName' && !this.names.find(this.textOf(object));
    if (property && property.name.endsWith('PropertyName') && property.children.length === 0) {
      const name = this.textOf(property);
      const number = outside ? namedNumbers[`${this.textOf(object)}.${name}`] : undefined;
      if (number !== undefined) return { kind: 'number', start, end, value: number };
      if (outside && name === 'tf' && globalObjects.has(this.textOf(object))) {
        return this.reserved(reserved.library, { start, end });
      }
      const value = this.expression(object);
      if (name === 'default' && this.isLibrary(object)) return value;
      if (name === 'length' && !this.#members.has(name)) {
        const callee = this.reserved(reserved.length, property);
        return { kind: 'call', start, end, callee, arguments: [{ stars: '', value }] };
      }
      const isObject = object.name === 'VariableName' && this.names.find(this.textOf(object))?.object === true;
      if (!isObject) return { kind: 'attribute', start, end, value, name };
      const key: PyExpression = { kind: 'string', start: property.start, end: property.end, value: name };
      return { kind: 'subscript', start, end, value, index: [key], sliced: false };
    }
    const value = this.expression(object);
    if (!index) return { kind: 'other', start, end, parts: [value] };
    if (index.name === 'String' && this.isLibrary(object)) {
      return { kind: 'attribute', start, end, value, name: stringOf(this.textOf(index)) };
    }
    const counted = index.name === 'BinaryExpression' ? /^([^]*)\.length\s*-\s*1$/.exec(this.textOf(index)) : null;
    const isLast = counted?.[1] === this.textOf(object);
    const position: PyExpression = isLast
      ? { kind: 'number', start: index.start, end: index.end, value: -1 }
      : this.expression(index);
    return { kind: 'subscript', start, end, value, index: [position], sliced: false };
  }

  #entries(node: Raw): Dictionary['entries'] {
    return node.children
      .filter((child) => child.name === 'Property')
      .flatMap((property): { key: PyExpression | undefined; value: PyExpression }[] => {
        const [first] = property.children;
        const { start, end } = property;
        const values = property.children.filter(isExpression);
        if (!first || broken(property)) {
          return [{ key: undefined, value: { kind: 'other', start, end, parts: this.#insideOf(property) } }];
        }
        const [value] = values;
        if (first.name === 'Spread') return value ? [{ key: undefined, value: this.expression(value) }] : [];
        const named = first.name === '[' ? undefined : property.children.find((child) => keyNames.has(child.name));
        const text = named && stringOf(this.textOf(named));
        const key: PyExpression =
          named && text !== undefined
            ? { kind: 'string', start: named.start, end: named.end, value: text }
            : {
                kind: 'other',
                start: first.start,
                end: first.end,
                parts: values.slice(0, 1).map((e) => this.expression(e)),
              };
        if (childNamed(property, 'Block')) return [{ key, value: this.functionOf(property, text) }];
        const middle = property.children.findIndex((child) => child.name === ':');
        const given = property.children.slice(middle + 1).find(isExpression);
        if (middle >= 0) {
          return given ? [{ key, value: named ? this.valueFor(named, given) : this.expression(given) }] : [];
        }
        // `{ x }` is `{ x: x }`.
        if (named?.name !== 'PropertyDefinition' || text === undefined) return [];
        return [{ key, value: { kind: 'name', start: named.start, end: named.end, name: this.resolve(text) } }];
      });
  }

  /** What stands between commas: of a call, or the elements of an array. */
  #arguments(list: Raw, hint?: string): Argument[] {
    return commaSeparated(list.children).flatMap((group): Argument[] => {
      const [first, second] = group;
      if (!first) return [];
      if (second && group.length === 2 && first.name === 'Spread' && isExpression(second)) {
        return [{ stars: '*', value: this.expression(second) }];
      }
      if (group.length === 1 && isExpression(first)) {
        const value = isFunctionExpression(first) ? this.functionOf(first, hint) : this.expression(first);
        return [{ stars: '', value }];
      }
      // Something is wrong with this argument, but it is one.
      const parts = this.expressions(group);
      return [{ stars: '', value: { kind: 'other', start: first.start, end: group.at(-1)?.end ?? first.end, parts } }];
    });
  }

  #call(node: Raw, at: Range): PyExpression {
    const { start, end } = at;
    const called = node.children.find(isExpression);
    const list = childNamed(node, 'ArgList');
    if (!called || (!list && node.name === 'CallExpression')) {
      return { kind: 'other', start, end, parts: this.#insideOf(node) };
    }
    const module = this.moduleOf(node);
    if (module !== undefined) return this.reserved(isTensorFlow(module) ? reserved.library : reserved.module, at);
    const given = list ? this.#arguments(list, nameForArgumentsOf(this.textOf(called))) : [];
    const callee = this.expression(called);
    if (node.name === 'CallExpression') {
      const idiom = idiomOf(callee, given, at, {
        members: this.#members,
        text: this.text,
        isLibrary: (name) => this.libraries.has(name) || this.globals.has(name),
        reserved: (name, range) => this.reserved(name, range),
      });
      if (idiom) return idiom;
    }
    return { kind: 'call', start, end, callee, arguments: given };
  }
}

function numberOf(text: string): number {
  return Number(text.replaceAll('_', '').replace(/n$/, ''));
}
