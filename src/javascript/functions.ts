import type {
  ClassDefinition,
  FunctionDefinition,
  Name,
  Parameter,
  PyExpression,
  Range,
  Statement,
} from '../python/syntax';
import { AssignmentReader } from './assignments';
import { deepest, nameOfDefinition, nothing } from './expressions';
import { reserved } from './libraries';
import {
  childNamed,
  commaSeparated,
  isExpression,
  isFunctionExpression,
  isNameless,
  isPattern,
  keyNames,
  stringOf,
  type Raw,
} from './tree';

/** What a function comes to: an expression alone, or statements. */
interface Parts {
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
  readonly value: PyExpression | undefined;
}

interface Method {
  /** Whether it has `this`. */
  readonly self: boolean;
  readonly decorators: readonly PyExpression[];
}

const decorator = (name: string, { start }: Range): Name => ({ kind: 'name', start, end: start, name });

/** Functions and classes. */
export abstract class DefinitionReader extends AssignmentReader {
  protected abstract statements(nodes: readonly Raw[]): Statement[];

  protected abstract block(node: Raw): Statement[];

  /** The statements that are made, after the definitions that they need. */
  protected collect(action: () => readonly Statement[]): Statement[] {
    const outer = this.hoisted;
    this.hoisted = [];
    const made = action();
    const all = [...this.hoisted, ...made];
    this.hoisted = outer;
    return all;
  }

  protected definition(
    node: Raw,
    name: string,
    { self = false, decorators = [] }: Partial<Method> = {},
  ): FunctionDefinition {
    const { start, end } = node;
    const { parameters, body, value } = this.#parts(node);
    const at = { start, end: start };
    const statements: readonly Statement[] = value
      ? [{ kind: 'return', start: value.start, end: value.end, value }]
      : body;
    const all: readonly Parameter[] = self ? [{ name: 'this', stars: '', ...at }, ...parameters] : parameters;
    return { kind: 'function', start, end, name, parameters: all, body: statements, decorators };
  }

  #parts(node: Raw): Parts {
    const list = childNamed(node, 'ParamList');
    const block = childNamed(node, 'Block');
    const arrow = node.children.findIndex((child) => child.name === 'Arrow');
    const result = arrow < 0 ? undefined : node.children.slice(arrow + 1).find(isExpression);
    const patterns = (list?.children ?? []).filter(isPattern);
    const names = [
      ...patterns.flatMap((pattern) => this.namesIn(pattern)),
      ...this.declaredBy(block?.children ?? [], true),
    ];
    const loops = this.loops;
    this.loops = 0;
    this.names.openFunction(names);
    if (patterns.some((pattern) => pattern.name === 'VariableDefinition' && this.nameOf(pattern) === 'tf')) {
      // A function that is given the library.
      const { name } = this.reserved(reserved.library, node);
      this.names.bind('tf', { name, library: true, object: false, zeroAt: undefined });
    }
    const { parameters, after } = this.#parameters(list);
    let value: PyExpression | undefined;
    const body = this.collect(() => {
      if (result) value = this.expression(result);
      return block ? this.statements(block.children) : [];
    });
    this.names.close();
    this.loops = loops;
    const before = [...after, ...body];
    if (!value || before.length === 0) return { parameters, body: before, value };
    return {
      parameters,
      body: [...before, { kind: 'return', start: value.start, end: value.end, value }],
      value: undefined,
    };
  }

  #parameters(list: Raw | undefined): { parameters: readonly Parameter[]; after: readonly Statement[] } {
    const parameters: Parameter[] = [];
    const after: Statement[] = [];
    for (const group of commaSeparated(list?.children ?? [])) {
      const pattern = group.find(isPattern);
      if (!pattern) continue;
      const { start, end } = pattern;
      const stars = group.some((child) => child.name === 'Spread') ? '*' : '';
      const middle = group.findIndex((child) => child.name === 'Equals');
      const initial = middle < 0 ? undefined : group.slice(middle + 1).find(isExpression);
      const plain = pattern.name === 'VariableDefinition' ? this.nameOf(pattern) : undefined;
      const name = plain ?? `<value ${String(start)}>`;
      parameters.push({ name, stars, start, end, ...(initial ? { default: this.expression(initial) } : {}) });
      if (plain === undefined) {
        const parts = this.bind(pattern, { kind: 'name', start, end, name }, { start, end });
        for (const statement of parts) after.push(statement);
      } else if (group.some((child) => child.name === 'Privacy' || child.name === 'readonly')) {
        // A parameter that is a property, too.
        after.push(this.#field(plain, { kind: 'name', start, end, name: plain }, { start, end }));
      }
    }
    return { parameters, after };
  }

  #field(name: string, value: PyExpression, { start, end }: Range): Statement {
    const object: PyExpression = { kind: 'name', start, end: start, name: 'this' };
    return { kind: 'assign', start, end, targets: [{ kind: 'attribute', start, end, value: object, name }], value };
  }

  /**
   * A function in an expression: as one itself if it has no name and is an expression only, else by the name of its
   * definition, in which its own is.
   */
  protected functionOf(node: Raw, name = ''): PyExpression {
    if (this.depth >= deepest) return nothing(node);
    this.depth++;
    const { start, end } = node;
    const outer = this.hoisted;
    this.hoisted = [];
    const { parameters, body, value } = this.#parts(node);
    const before = this.hoisted;
    this.hoisted = outer;
    this.depth--;
    // Functions in the defaults of parameters.
    for (const statement of before) this.hoisted.push(statement);
    if (value && name === '') return { kind: 'lambda', start, end, parameters, body: value };
    const statements: readonly Statement[] = value
      ? [{ kind: 'return', start: value.start, end: value.end, value }]
      : body;
    const definition = /^_*test/i.test(name) ? `${name}${nameOfDefinition(node)}` : `${nameOfDefinition(node)}${name}`;
    this.hoisted.push({
      kind: 'function',
      start,
      end,
      name: definition,
      parameters,
      body: statements,
      decorators: [],
    });
    return { kind: 'name', start, end, name: definition };
  }

  protected classOf(node: Raw, name: string): ClassDefinition {
    const { start, end } = node;
    const extended = node.children.findIndex((child) => child.name === 'extends');
    const base = extended < 0 ? undefined : node.children.slice(extended + 1).find(isExpression);
    const taken = isNameless(node) ? childNamed(node, 'VariableDefinition') : undefined;
    const bases = base ? [this.expression(base)] : [(taken && this.nameNode(taken)) ?? []].flat();
    const members = childNamed(node, 'ClassBody')?.children ?? [];
    const fields = this.collect(() => members.flatMap((member) => this.#fieldsOf(member)));
    const body: Statement[] = [];
    let initialiser: FunctionDefinition | undefined;
    for (const member of members) {
      for (const statement of this.collect(() => this.#member(member))) {
        if (statement.kind === 'function' && statement.name === '__init__') initialiser = statement;
        else if (statement.kind === 'function' && /<\d+>/.test(statement.name)) {
          // A function of an expression in a class is no method of it.
          body.push({ ...statement, decorators: [decorator('staticmethod', statement)] });
        } else body.push(statement);
      }
    }
    if (initialiser) body.unshift({ ...initialiser, body: [...fields, ...initialiser.body] });
    else if (fields.length > 0) {
      const at = { start, end: start };
      body.unshift({
        kind: 'function',
        start,
        end,
        name: '__init__',
        parameters: [{ name: 'this', stars: '', ...at }],
        body: fields,
        decorators: [],
      });
    }
    return { kind: 'class', start, end, name, bases, body };
  }

  /** A property that each object gets when it is made. */
  #fieldsOf(member: Raw): readonly Statement[] {
    const { start, end } = member;
    if (member.name !== 'PropertyDeclaration' || childNamed(member, 'static')) return [];
    const { name, value } = this.#property(member);
    if (!value || name === undefined || isFunctionExpression(value)) return [];
    return [this.#field(name, this.expression(value), { start, end })];
  }

  #property(member: Raw): { name: string | undefined; value: Raw | undefined } {
    const key = member.children.find((child) => keyNames.has(child.name));
    const middle = member.children.findIndex((child) => child.name === 'Equals');
    const value = middle < 0 ? undefined : member.children.slice(middle + 1).find(isExpression);
    return { name: key && stringOf(this.textOf(key)), value };
  }

  /** What belongs to the class, and the functions of its objects. */
  #member(member: Raw): readonly Statement[] {
    const { start, end } = member;
    if (this.depth >= deepest) return [];
    this.depth++;
    const statements = ((): readonly Statement[] => {
      const isStatic = childNamed(member, 'static') !== undefined;
      const { name, value } = this.#property(member);
      switch (member.name) {
        case 'MethodDeclaration':
          if (!childNamed(member, 'Block')) return [];
          return [this.#method(member, member, name ?? nameOfDefinition(member), isStatic)];
        case 'PropertyDeclaration':
          if (!value || name === undefined) return [];
          if (isFunctionExpression(value)) return [this.#method(member, value, name, isStatic)];
          return isStatic
            ? [
                {
                  kind: 'assign',
                  start,
                  end,
                  targets: [{ kind: 'name', start, end, name }],
                  value: this.expression(value),
                },
              ]
            : [];
        case 'StaticBlock':
          return member.children.filter((child) => child.name === 'Block').flatMap((child) => this.block(child));
        default:
          return [];
      }
    })();
    this.depth--;
    return statements;
  }

  #method(member: Raw, node: Raw, name: string, isStatic: boolean): FunctionDefinition {
    const decorators: PyExpression[] = this.expressions(
      member.children.filter((child) => child.name === 'Decorator').flatMap((child) => child.children),
    );
    if (isStatic) decorators.push(decorator('staticmethod', member));
    if (childNamed(member, 'get')) decorators.push(decorator('property', member));
    const own = name === 'constructor' ? '__init__' : childNamed(member, 'set') ? `set ${name}` : name;
    return this.definition(node, own, { self: !isStatic, decorators });
  }
}
