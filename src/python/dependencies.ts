import type { FunctionDefinition, Lambda, PyExpression, Statement } from './syntax';

type Definition = FunctionDefinition | Lambda;

/** What a statement of a module has to do with the module's names. */
interface Names {
  /** Names that it, or a function inside it, may look up in the module. */
  readonly mentioned: ReadonlySet<string>;
  /** Names that it binds in the module, or changes an attribute or element of. */
  readonly assigned: ReadonlySet<string>;
  /** Whether it says how this file spells the names of libraries. */
  readonly spells: boolean;
}

const known = new WeakMap<Statement, Names>();

/** The names of a statement of a module, found once. */
function namesOf(statement: Statement): Names {
  let names = known.get(statement);
  if (!names) {
    const reader = new NameReader();
    reader.statement(statement);
    names = { mentioned: reader.mentioned, assigned: reader.assigned, spells: reader.imports || isAlias(statement) };
    known.set(statement, names);
  }
  return names;
}

/** `sigmoid = torch.sigmoid` */
function isAlias(statement: Statement): boolean {
  if (statement.kind !== 'assign') return false;
  let { value } = statement;
  while (value.kind === 'attribute') ({ value } = value);
  return value.kind === 'name';
}

/**
 * Which statements of a module have to be gone through for the sake of others, by the names that they have in common.
 * It is generous: whatever may matter does. A statement that isn't a definition may change every variable of the module that it mentions (`model.add(layer)`, `if x < 0: ...`).
 */
export class Dependencies {
  readonly #statements: readonly Statement[];
  readonly #binding = new Map<string, Statement[]>();
  readonly #mentioning = new Map<string, Statement[]>();
  readonly #variables = new Set<string>();

  constructor(statements: readonly Statement[]) {
    this.#statements = statements;
    for (const statement of statements) {
      if (isDefinition(statement)) continue;
      for (const name of namesOf(statement).assigned) this.#variables.add(name);
    }
    for (const statement of statements) {
      for (const name of this.boundBy(statement)) put(this.#binding, name, statement);
      for (const name of namesOf(statement).mentioned) put(this.#mentioning, name, statement);
    }
  }

  /** The names that may stand for something else after a statement. */
  boundBy(statement: Statement): ReadonlySet<string> {
    const { mentioned, assigned } = namesOf(statement);
    if (isDefinition(statement)) return assigned;
    const names = new Set(assigned);
    for (const name of mentioned) if (this.#variables.has(name)) names.add(name);
    return names;
  }

  /** Adds to the statements those for which it matters what they or names stand for, directly or not. */
  addDependents(statements: Set<Statement>, names: Iterable<string> = []): void {
    const open = [...names];
    for (const statement of statements) open.push(...this.boundBy(statement));
    const done = new Set<string>();
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (done.has(name)) continue;
      done.add(name);
      for (const list of [this.#mentioning.get(name), this.#binding.get(name)]) {
        for (const statement of list ?? []) {
          if (statements.has(statement)) continue;
          statements.add(statement);
          open.push(...this.boundBy(statement));
        }
      }
    }
  }

  /** What has to be gone through so that these have the values that they have in the whole module, in its order. */
  neededFor(statements: ReadonlySet<Statement>): Statement[] {
    const needed = new Set(statements);
    for (const statement of this.#statements) if (namesOf(statement).spells) needed.add(statement);
    // Grows while it is gone through.
    for (const statement of needed) {
      for (const name of namesOf(statement).mentioned) {
        for (const binding of this.#binding.get(name) ?? []) needed.add(binding);
      }
    }
    return this.#statements.filter((statement) => needed.has(statement));
  }
}

function isDefinition({ kind }: Statement): boolean {
  return kind === 'function' || kind === 'class' || kind === 'import';
}

function put<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

const localNames = new WeakMap<Definition, ReadonlySet<string>>();

/** The names of a function's own: its parameters and what it binds, unless it says that they are another's. */
export function localsOf(definition: Definition): ReadonlySet<string> {
  let locals = localNames.get(definition);
  if (!locals) {
    const reader = new NameReader();
    if (definition.kind === 'function') for (const each of definition.body) reader.statement(each);
    const names = new Set(reader.bound);
    for (const name of reader.declared) names.delete(name);
    for (const { name } of definition.parameters) names.add(name);
    locals = names;
    localNames.set(definition, locals);
  }
  return locals;
}

class NameReader {
  readonly mentioned = new Set<string>();
  /** Names that stand for something, and those with an attribute or element that does. */
  readonly assigned = new Set<string>();
  readonly bound = new Set<string>();
  /** `global` and `nonlocal`. */
  readonly declared = new Set<string>();
  imports = false;
  /** How many functions around the place have each name for themselves. */
  readonly #local = new Map<string, number>();
  /** Of definitions around the place, whose own names are not the module's. */
  #depth = 0;

  statement(statement: Statement): void {
    switch (statement.kind) {
      case 'import':
        this.imports ||= this.#depth === 0;
        for (const { name } of statement.names) this.#bind(name);
        return;
      case 'function':
        this.#bind(statement.name);
        for (const decorator of statement.decorators) this.#read(decorator);
        this.#function(statement, () => {
          for (const each of statement.body) this.statement(each);
        });
        return;
      case 'class':
        this.#bind(statement.name);
        for (const base of statement.bases) this.#read(base);
        this.#depth++;
        for (const each of statement.body) this.statement(each);
        this.#depth--;
        return;
      case 'scope':
        if (this.#depth === 0) for (const name of statement.names) this.declared.add(name);
        return;
      case 'try':
        for (const { name } of statement.handlers) if (name !== undefined) this.#bind(name);
        break;
      case 'match':
        for (const { names } of statement.cases) for (const name of names) this.#bind(name);
        break;
      default:
    }
    this.#parts(statement);
  }

  #bind(name: string): void {
    if (this.#depth > 0) return;
    this.assigned.add(name);
    this.bound.add(name);
  }

  #function(definition: Definition, body: () => void): void {
    for (const parameter of definition.parameters) {
      if (parameter.default) this.#read(parameter.default);
      if (parameter.type !== undefined && !this.#local.get(parameter.type)) this.mentioned.add(parameter.type);
    }
    const locals = localsOf(definition);
    for (const name of locals) this.#local.set(name, (this.#local.get(name) ?? 0) + 1);
    this.#depth++;
    body();
    this.#depth--;
    for (const name of locals) this.#local.set(name, (this.#local.get(name) ?? 0) - 1);
  }

  /** Whatever stands below, statements and expressions. */
  #parts(node: object): void {
    const each = node as Record<string, unknown>;
    for (const key in each) {
      const value = each[key];
      if (typeof value !== 'object' || value === null) continue;
      if (key === 'target' || key === 'targets') this.#assign(value);
      this.#any(value);
    }
  }

  #any(value: object): void {
    if (Array.isArray(value)) {
      for (const each of value) if (typeof each === 'object' && each !== null) this.#any(each as object);
      return;
    }
    const { kind } = value as { kind?: string };
    if (kind === undefined) this.#parts(value);
    else if (statementKinds.has(kind)) this.statement(value as Statement);
    else this.#read(value as PyExpression);
  }

  /** What most code is made of by its name: to go through the properties of objects of all kinds takes long. */
  #read(node: PyExpression): void {
    switch (node.kind) {
      case 'name':
        if (!this.#local.get(node.name)) this.mentioned.add(node.name);
        return;
      case 'number':
      case 'string':
      case 'singleton':
        return;
      case 'attribute':
        this.#read(node.value);
        return;
      case 'call':
        this.#read(node.callee);
        for (const { value } of node.arguments) this.#read(value);
        return;
      case 'subscript':
        this.#read(node.value);
        for (const index of node.index) this.#read(index);
        return;
      case 'binary':
        this.#read(node.left);
        this.#read(node.right);
        return;
      case 'lambda':
        this.#function(node, () => {
          this.#read(node.body);
        });
        return;
      default:
        this.#parts(node);
    }
  }

  /** The names at the root of what is assigned to: `a` of `a`, `a.b`, `a[0]`, `(a, *b)`. */
  #assign(target: object, isWhole = true): void {
    if (this.#depth > 0) return;
    if (Array.isArray(target)) {
      for (const each of target) this.#assign(each as object, isWhole);
      return;
    }
    const node = target as PyExpression;
    switch (node.kind) {
      case 'name':
        this.assigned.add(node.name);
        if (isWhole) this.bound.add(node.name);
        return;
      case 'attribute':
      case 'subscript':
        this.#assign(node.value, false);
        return;
      case 'starred':
        this.#assign(node.value, isWhole);
        return;
      case 'sequence':
        this.#assign(node.items, isWhole);
        return;
      default:
    }
  }
}

const statementKinds: ReadonlySet<string> = new Set<Statement['kind']>([
  'assign',
  'update',
  'return',
  'leave',
  'if',
  'loop',
  'with',
  'try',
  'match',
  'function',
  'class',
  'import',
  'scope',
  'delete',
  'evaluate',
]);
