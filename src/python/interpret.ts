import { add, constant, divide, multiply, negate, power, subtract, variable, type Expression } from '../expression';
import { knownMethod, knownName, type Applied, type Arguments, type Framework } from './frameworks';
import { harmless } from './frameworks/framework';
import { Scope, type Bindings } from './scope';
import type {
  Call,
  ClassDefinition,
  Comprehension,
  FunctionDefinition,
  If,
  Lambda,
  Loop,
  Parameter,
  PyExpression,
  Range,
  Statement,
  Subscript,
  Try,
} from './syntax';
import {
  alternativesOf,
  choose,
  mostAlternatives,
  mostElements,
  none,
  type ClassValue,
  type Decorated,
  type FunctionValue,
  type LibraryObject,
  type List,
  type Value,
} from './values';

/** A place where a value was computed or a loss was called, with all that a rule may want to know about it. */
export interface Site {
  /** The call or the operator's expression. */
  readonly range: Range;
  /** The statement that it stands in; of a compound statement its head. */
  readonly statement: Range;
  readonly framework: Framework;
  /** The catalogue's id of the loss that is called, whose operands are then those of `alternatives`. */
  readonly loss: string | undefined;
  /**
   * One for each combination of definitions that reach the place: the value computed, or of a loss the prediction and
   * the target.
   */
  readonly alternatives: readonly (readonly Expression[])[];
  /** Where the function around it was called with these values, the outermost call first; empty for any values. */
  readonly calls: readonly Range[];
  /** The qualified name of the class whose instance is called: `torch.nn.BCELoss`. */
  readonly object: string | undefined;
  /** The function around it. */
  readonly within: Definition | undefined;
  /** Whether gradients are recorded here. */
  readonly gradients: boolean;
  /** Whether it stands in a test. */
  readonly test: boolean;
  /** Whether it computes in float64. */
  readonly wide: boolean;
}

type Definition = FunctionDefinition | Lambda;

/** The Python expression that a value is computed by, or that a variable stands for. */
export interface Origin extends Range {
  /** The function that it stands in, whose names it uses. */
  readonly within: Definition | undefined;
  /** Where the library's object that computes the value was made: `nn.Sigmoid()`. */
  readonly made?: Range;
}

export interface Interpretation {
  readonly sites: readonly Site[];
  readonly module: Scope;
  readonly origins: ReadonlyMap<Expression, Origin>;
  /** Whether an expression is only ever given to functions that draw samples or take the largest. */
  readonly isOnlySampled: (expression: Expression) => boolean;
}

/** Runs a module abstractly: every statement of it and of its functions once, and functions again where called. */
export function interpret(statements: readonly Statement[]): Interpretation {
  return new Interpreter().module(statements);
}

/** How far calls are followed into functions of the file, one inside the other. */
const deepestCall = 5;
/** How many expressions are evaluated inside calls that are followed, for a whole file. */
const callBudget = 40_000;
/** Deeper expressions are a variable: a loop unrolled by hand, not a loss. */
const deepestGraph = 60;

/** What is being evaluated at the moment. */
interface Frame {
  scope: Scope;
  statement: Range;
  readonly calls: readonly Range[];
  gradients: boolean;
  readonly test: boolean;
  readonly returned: Value[];
  /** The names as they stood at each break and continue of the innermost loop. */
  loopExits: Bindings[];
}

type Single = Exclude<Value, { kind: 'choice' }>;

const nowhere: Range = { start: 0, end: 0 };

const arithmetic: Readonly<Record<string, (a: Expression, b: Expression) => Expression>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '**': power,
};

/** Names of the language's own types and of functions without a table that give back their first argument. */
const transparentDecorators: ReadonlySet<string> = new Set([
  'abstractmethod',
  'cached_property',
  'classmethod',
  'override',
  'property',
  'staticmethod',
  'abc.abstractmethod',
  'functools.cached_property',
  'functools.lru_cache',
  'torch.jit.export',
  'torch.jit.ignore',
  'torch.jit.script',
  'typing.override',
  'typing_extensions.override',
]);

/** Methods that give back the module or model that they are called on. */
const fluentMethods: ReadonlySet<string> = new Set([
  'apply',
  'bfloat16',
  'cpu',
  'cuda',
  'eval',
  'float',
  'half',
  'requires_grad_',
  'to',
  'train',
]);

/** Attributes of a tensor that are the tensor. */
const sameAttributes: ReadonlySet<string> = new Set(['T', 'data', 'mT']);

const wideTypes: ReadonlySet<string> = new Set([
  'torch.float64',
  'torch.double',
  'tensorflow.float64',
  'numpy.float64',
  'numpy.double',
  'jax.numpy.float64',
]);

const initialisers: ReadonlySet<string> = new Set(['__init__', 'build', 'setup', '__post_init__']);
const callMethods = ['forward', 'call', '__call__'] as const;

class Interpreter {
  readonly #sites: Site[] = [];
  readonly #origins = new Map<Expression, Origin>();
  readonly #depths = new WeakMap<Expression, number>();
  readonly #wide = new WeakSet<Expression>();
  readonly #frameworks = new WeakMap<Expression, Framework>();
  readonly #sampled = new Set<Expression>();
  readonly #used = new Set<Expression>();
  readonly #later: (() => void)[] = [];
  readonly #firstLater: (() => void)[] = [];
  readonly #initialised = new Set<ClassValue>();
  readonly #everythingOf: string[] = [];
  readonly #active: Definition[] = [];
  /** What functions return for arguments of which nothing is known but their literals. */
  readonly #returned = new Map<Definition, Map<string, Value>>();
  #variables = 0;
  #spent = 0;
  #frame: Frame = Interpreter.#newFrame(new Scope('module'), nowhere);

  static #newFrame(scope: Scope, statement: Range, of: Partial<Frame> = {}): Frame {
    return { scope, statement, calls: [], gradients: true, test: false, returned: [], loopExits: [], ...of };
  }

  module(statements: readonly Statement[]): Interpretation {
    const module = this.#frame.scope;
    this.#block(statements);
    for (;;) {
      const next = this.#firstLater.shift() ?? this.#later.shift();
      if (!next) break;
      next();
    }
    return {
      sites: this.#sites,
      module,
      origins: this.#origins,
      isOnlySampled: (expression) => this.#sampled.has(expression) && !this.#used.has(expression),
    };
  }

  #inFrame<T>(frame: Frame, action: () => T): T {
    const outer = this.#frame;
    this.#frame = frame;
    try {
      return action();
    } finally {
      this.#frame = outer;
    }
  }

  // Statements. Each says whether the statement after it is reached.

  #block(statements: readonly Statement[]): boolean {
    return statements.every((statement) => this.#statement(statement));
  }

  #at(start: number, end: number): void {
    this.#frame.statement = { start, end };
  }

  #statement(statement: Statement): boolean {
    const frame = this.#frame;
    this.#at(statement.start, statement.end);
    switch (statement.kind) {
      case 'assign': {
        const value = this.#evaluate(statement.value);
        for (const target of statement.targets) this.#assign(target, value);
        return true;
      }
      case 'update': {
        const { target, operator, value } = statement;
        const right = this.#evaluate(value);
        const left = this.#evaluate(target);
        this.#assign(target, this.#binary(operator, left, right, statement));
        return true;
      }
      case 'return': {
        const value = statement.value ? this.#evaluate(statement.value) : none;
        this.#use(value);
        frame.returned.push(value);
        return false;
      }
      case 'leave':
        this.#evaluateAll(statement.parts);
        if (statement.how !== 'raise') frame.loopExits.push(frame.scope.bindings);
        return false;
      case 'if':
        return this.#if(statement);
      case 'loop':
        return this.#loop(statement);
      case 'with': {
        const { gradients } = frame;
        for (const { value: manager, target } of statement.items) {
          const value = this.#evaluate(manager);
          if (target) this.#assign(target, this.#opaque(target));
          if (this.#stopsGradients(value)) frame.gradients = false;
        }
        const reached = this.#block(statement.body);
        frame.gradients = gradients;
        return reached;
      }
      case 'try':
        return this.#try(statement);
      case 'match': {
        this.#evaluateAll(statement.subject);
        const entry = frame.scope.bindings;
        const exits = [entry];
        for (const { names, body } of statement.cases) {
          frame.scope.bindings = entry.layer();
          for (const name of names) frame.scope.assign(name, this.#opaque(statement));
          if (this.#block(body)) exits.push(frame.scope.bindings);
        }
        return this.#meet(entry, exits);
      }
      case 'function':
        frame.scope.assign(statement.name, this.#functionValue(statement));
        return true;
      case 'class':
        frame.scope.assign(statement.name, this.#classValue(statement));
        return true;
      case 'import':
        for (const { name, path } of statement.names) {
          frame.scope.assign(name, path === undefined ? this.#opaque(statement) : { kind: 'path', path });
        }
        this.#everythingOf.push(...statement.everythingOf);
        return true;
      case 'delete':
        return true;
      case 'scope':
        return true;
      case 'evaluate':
        this.#evaluateAll(statement.parts);
        return true;
    }
  }

  #if(statement: If): boolean {
    const { scope } = this.#frame;
    const entry = scope.bindings;
    const exits: Bindings[] = [];
    scope.bindings = entry.layer();
    for (const { test, body } of statement.branches) {
      this.#at(statement.start, Math.max(test.end, statement.start));
      this.#evaluate(test);
      const tested = scope.bindings;
      scope.bindings = tested.layer();
      if (this.#block(body)) exits.push(scope.bindings);
      scope.bindings = tested.layer();
    }
    if (!statement.otherwise || this.#block(statement.otherwise)) exits.push(scope.bindings);
    return this.#meet(entry, exits);
  }

  /** Loops are taken to run at least once, and are gone through once. */
  #loop(statement: Loop): boolean {
    const frame = this.#frame;
    const { targets, source } = statement;
    this.#at(statement.start, source.at(-1)?.end ?? statement.end);
    const iterables = source.map((part) => this.#evaluate(part));
    const entry = frame.scope.bindings;
    frame.scope.bindings = entry.layer();
    const [iterable] = iterables;
    const [target] = targets;
    if (target && targets.length === 1) {
      const only = iterables.length === 1 ? iterable : undefined;
      this.#assign(target, only ? (lastLayer(only) ?? this.#elementOf(only, target)) : this.#opaque(target));
    } else for (const each of targets) this.#assign(each, this.#opaque(each));
    const outer = frame.loopExits;
    const exits: Bindings[] = [];
    frame.loopExits = exits;
    if (this.#block(statement.body)) exits.push(frame.scope.bindings);
    frame.loopExits = outer;
    // A loop that returns or raises at its end may not run at all.
    this.#meet(entry, exits.length > 0 ? exits : [entry]);
    return this.#block(statement.otherwise);
  }

  #try(statement: Try): boolean {
    const { scope } = this.#frame;
    const entry = scope.bindings;
    const exits: Bindings[] = [];
    scope.bindings = entry.layer();
    const reached = this.#block(statement.body);
    const afterBody = scope.bindings;
    scope.bindings = afterBody.layer();
    if (reached && this.#block(statement.otherwise)) exits.push(scope.bindings);
    for (const { name, body } of statement.handlers) {
      this.#meet(entry, [entry, afterBody]);
      if (name !== undefined) scope.assign(name, this.#opaque(statement));
      if (this.#block(body)) exits.push(scope.bindings);
    }
    const fallsThrough = this.#meet(entry, exits);
    return this.#block(statement.last) && fallsThrough;
  }

  /**
   * Goes on where control flows from these places meet, which share the entry.
   * @returns whether there are any.
   */
  #meet(entry: Bindings, exits: readonly Bindings[]): boolean {
    const { scope } = this.#frame;
    const [first, ...others] = exits;
    if (first && others.length === 0) {
      scope.bindings = first.layer();
      return true;
    }
    const met = entry.layer();
    for (const exit of exits) {
      for (const name of exit.namesSince(entry)) {
        const values = exits.flatMap((each) => each.get(name) ?? []);
        met.set(name, values.length > 0 ? (choose(values) ?? this.#fresh()) : undefined);
      }
    }
    scope.bindings = met;
    return exits.length > 0;
  }

  // Definitions.

  #functionValue(definition: FunctionDefinition): FunctionValue {
    const decorators = definition.decorators.map((decorator) => this.#decorator(decorator));
    const has = (name: string): boolean => decorators.some(({ names }) => names.includes(name));
    const decorated: Decorated = {
      plain: decorators.every((decorator) => decorator.plain),
      as: has('staticmethod') ? 'static' : has('property') || has('cached_property') ? 'property' : 'function',
      stopsGradients: decorators.some((decorator) => decorator.stopsGradients),
    };
    const value: FunctionValue = { kind: 'function', definition, scope: this.#frame.scope, decorated };
    if (this.#frame.scope.kind !== 'class' && this.#frame.calls.length === 0) this.#analyseLater(value, definition);
    return value;
  }

  #decorator(decorator: PyExpression): { names: string[]; plain: boolean; stopsGradients: boolean } {
    const value = this.#evaluate(decorator);
    const named = decorator.kind === 'call' ? decorator.callee : decorator;
    const names: string[] = named.kind === 'name' ? [named.name] : named.kind === 'attribute' ? [named.name] : [];
    if (value.kind === 'path' || value.kind === 'object') names.push(value.path);
    const stopsGradients = this.#stopsGradients(value);
    const kept = value.kind === 'path' && knownName(value.path)?.meaning.does === 'keep';
    const plain =
      stopsGradients || kept || names.some((name) => transparentDecorators.has(name)) || names.includes('setter');
    return { names, plain, stopsGradients };
  }

  #stopsGradients(value: Value): boolean {
    const path = value.kind === 'path' || value.kind === 'object' ? value.path : undefined;
    return path !== undefined && knownName(path)?.meaning.does === 'stop-gradients';
  }

  /** Every function is gone through with unknown arguments once its module or enclosing function has been. */
  #analyseLater(value: FunctionValue, statement: Range, test = this.#frame.test): void {
    this.#later.push(() => {
      this.#analyse(value, statement, test);
    });
  }

  #analyse(value: FunctionValue, statement: Range, test: boolean): void {
    const { definition, decorated, self } = value;
    const name = definition.kind === 'function' ? definition.name : '';
    const scope = new Scope('function', value.scope);
    const frame = Interpreter.#newFrame(scope, statement, {
      gradients: !decorated.stopsGradients,
      test: test || /^_*test/i.test(name),
    });
    this.#active.push(definition);
    this.#inFrame(frame, () => {
      definition.parameters.forEach((parameter, index) => {
        if (index === 0 && self) scope.assign(parameter.name, self);
        else scope.assign(parameter.name, this.#parameter(parameter, value.scope));
      });
      this.#body(definition);
    });
    this.#active.pop();
  }

  #body(definition: Definition): void {
    if (definition.kind === 'function') this.#block(definition.body);
    else this.#frame.returned.push(this.#evaluate(definition.body));
  }

  /** An unknown argument. A default that can be called is what it will be as a rule. */
  #parameter(parameter: Parameter, scope: Scope): Value {
    if (parameter.stars === '*') return { kind: 'list', items: [this.#opaque(parameter)], exact: false };
    if (parameter.stars === '**') return { kind: 'dict', entries: new Map() };
    const unknown = this.#opaque(parameter);
    const given = parameter.default && this.#default(parameter.default, scope);
    const callable = given && ['path', 'object', 'function', 'class', 'instance'].includes(given.kind);
    return callable ? (choose([unknown, given]) ?? unknown) : unknown;
  }

  #default(node: PyExpression, scope: Scope): Value {
    if (node.kind === 'number' || node.kind === 'singleton' || node.kind === 'string') return this.#evaluate(node);
    const { statement, test } = this.#frame;
    return this.#inFrame(Interpreter.#newFrame(scope, statement, { test }), () => this.#evaluate(node));
  }

  #classValue(definition: ClassDefinition): ClassValue {
    const outer = this.#frame;
    const bases = definition.bases.map((base) => this.#evaluate(base));
    const scope = new Scope('class', outer.scope);
    const test = outer.test || /^Test|Tests?$|TestCase$/.test(definition.name);
    const inside = Interpreter.#newFrame(scope, definition, { calls: outer.calls, test });
    this.#inFrame(inside, () => this.#block(definition.body));
    const members = scope.bindings.all();
    const value: ClassValue = { kind: 'class', definition, bases, members, attributes: new Map() };
    if (outer.calls.length > 0) return value;
    this.#firstLater.push(() => {
      this.#initialise(value, test);
    });
    for (const member of members.values()) {
      if (member.kind !== 'function' || member.definition.kind !== 'function') continue;
      if (!initialisers.has(member.definition.name)) this.#analyseLater(bound(member, value), member.definition, test);
    }
    return value;
  }

  /** Goes through the methods that set a new object's attributes. */
  #initialise(value: ClassValue, test = false): void {
    if (this.#initialised.has(value)) return;
    this.#initialised.add(value);
    for (const name of initialisers) {
      const member = value.members.get(name);
      if (member?.kind === 'function') this.#analyse(bound(member, value), member.definition, test);
    }
  }

  /** An attribute of an instance: its own, its class's, or of the classes that this one is made from. */
  #attribute(of: ClassValue, name: string, node: Range, seen: ReadonlySet<ClassValue> = new Set()): Value | undefined {
    if (seen.has(of)) return undefined;
    this.#initialise(of);
    const own = of.attributes.get(name);
    const member = of.members.get(name);
    if (member?.kind === 'function') {
      const method = bound(member, of);
      return method.decorated.as === 'property' ? this.#callFunction(method, noArguments, node) : method;
    }
    if (own && member) return choose([own, member]) ?? own;
    if (own ?? member) return own ?? member;
    for (const base of of.bases) {
      const inherited = base.kind === 'class' ? this.#attribute(base, name, node, new Set([...seen, of])) : undefined;
      if (inherited) return inherited.kind === 'function' && inherited.self ? bound(inherited, of) : inherited;
    }
    return undefined;
  }

  // Names.

  #lookUp(name: string): Value | undefined {
    const value = this.#frame.scope.find(name);
    if (value) return value;
    for (const module of this.#everythingOf) {
      if (knownName(`${module}.${name}`)) return { kind: 'path', path: `${module}.${name}` };
    }
    return undefined;
  }

  #assign(target: PyExpression, value: Value): void {
    const { scope } = this.#frame;
    switch (target.kind) {
      case 'name':
        scope.assign(target.name, value);
        return;
      case 'attribute': {
        const key = keyOf(target);
        if (key !== undefined) scope.assign(key, value);
        this.#use(value);
        for (const object of alternativesOf(this.#evaluate(target.value))) {
          if (object.kind !== 'instance') continue;
          const { attributes } = object.of;
          const before = attributes.get(target.name);
          attributes.set(target.name, before ? (choose([before, value]) ?? this.#fresh()) : value);
        }
        return;
      }
      case 'subscript':
        this.#assignElement(target, value);
        return;
      case 'sequence': {
        const parts = this.#unpack(value, target.items);
        target.items.forEach((item, index) => {
          this.#assign(item, parts[index] ?? this.#opaque(item));
        });
        return;
      }
      case 'starred':
        this.#assign(target.value, value);
        return;
      default:
        this.#evaluate(target);
    }
  }

  /** `p[mask] = eps` makes another tensor of p, `d['p'] = p` adds to a dictionary. */
  #assignElement(target: Subscript, value: Value): void {
    const { scope } = this.#frame;
    this.#use(value);
    this.#evaluateAll(target.index);
    const container = this.#evaluate(target.value);
    const name = keyOf(target.value);
    if (name === undefined) return;
    const [index] = target.index;
    if (container.kind === 'dict' && index?.kind === 'string' && container.entries.size < mostElements) {
      scope.assign(name, { kind: 'dict', entries: new Map(container.entries).set(index.value, value) });
    } else if (container.kind === 'list') {
      scope.assign(name, { kind: 'list', items: [...container.items, value].slice(-mostAlternatives), exact: false });
    } else if (container.kind === 'quantity' && container.expression.kind !== 'variable') {
      scope.assign(name, this.#opaque(target.value));
    } else {
      const key = keyOf(target);
      if (key !== undefined) scope.assign(key, value);
    }
  }

  #unpack(value: Value, targets: readonly PyExpression[]): readonly (Value | undefined)[] {
    const star = targets.findIndex((target) => target.kind === 'starred');
    const parts = alternativesOf(value).map((single) => {
      if (single.kind === 'list' && single.exact && star < 0 && single.items.length === targets.length)
        return single.items;
      if (single.kind === 'list' && !single.exact) return targets.map((target) => this.#elementOf(single, target));
      // What a split tensor's parts have in common is how they were computed.
      if (single.kind === 'quantity' && single.expression.kind === 'operation') return targets.map(() => single);
      return undefined;
    });
    return targets.map((target, index) => {
      const values = parts.flatMap((part) => part?.[index] ?? this.#opaque(target));
      return choose(values);
    });
  }

  #elementOf(iterable: Value, node: Range): Value {
    const elements = alternativesOf(iterable).map((single): Value | undefined => {
      if (single.kind === 'list') return single.items.length > 0 ? choose(single.items) : undefined;
      return single.kind === 'quantity' && single.expression.kind === 'operation' ? single : undefined;
    });
    return choose(elements.map((element) => element ?? this.#opaque(node))) ?? this.#opaque(node);
  }

  // Values.

  /** An unknown number or tensor. */
  #opaque(at: Range): Value {
    const value = this.#fresh();
    this.#setOrigin(value.expression, at);
    return value;
  }

  #setOrigin(expression: Expression, { start, end }: Range, made?: Range): void {
    if (this.#origins.has(expression)) return;
    const within = this.#active.at(-1);
    this.#origins.set(expression, made ? { start, end, within, made } : { start, end, within });
  }

  #fresh(): { readonly kind: 'quantity'; readonly expression: Expression } {
    return { kind: 'quantity', expression: variable(`v${String(++this.#variables)}`) };
  }

  /** Notes that a value is used for something. */
  #use(value: Value): void {
    for (const single of alternativesOf(value)) {
      if (single.kind === 'quantity') this.#used.add(single.expression);
      else if (single.kind === 'list') for (const item of single.items) if (item.kind !== 'list') this.#use(item);
    }
  }

  #evaluateAll(nodes: readonly PyExpression[]): void {
    for (const node of nodes) this.#use(this.#evaluate(node));
  }

  #evaluate(node: PyExpression): Value {
    if (this.#frame.calls.length > 0) this.#spent++;
    switch (node.kind) {
      case 'name':
        return this.#lookUp(node.name) ?? this.#opaque(node);
      case 'attribute':
        return this.#readAttribute(node);
      case 'call':
        return this.#call(node);
      case 'subscript':
        return this.#element(node);
      case 'number':
        return { kind: 'quantity', expression: constant(node.value) };
      case 'string':
        return { kind: 'text', text: node.value };
      case 'singleton':
        return node.value === null ? none : this.#opaque(node);
      case 'unary': {
        const operand = this.#evaluate(node.operand);
        if (node.operator === '+') return operand;
        if (node.operator !== '-') {
          this.#use(operand);
          return this.#opaque(node);
        }
        return this.#compute(
          [operand],
          node,
          undefined,
          ([x]) => x && (x.kind === 'constant' ? constant(-x.value) : negate(x)),
        );
      }
      case 'binary':
        return this.#binary(node.operator, this.#evaluate(node.left), this.#evaluate(node.right), node);
      case 'conditional':
        this.#evaluate(node.test);
        return choose([this.#evaluate(node.whenTrue), this.#evaluate(node.whenFalse)]) ?? this.#opaque(node);
      case 'lambda': {
        const decorated: Decorated = { plain: true, as: 'function', stopsGradients: false };
        const value: FunctionValue = { kind: 'function', definition: node, scope: this.#frame.scope, decorated };
        if (this.#frame.calls.length === 0) this.#analyseLater(value, this.#frame.statement);
        return value;
      }
      case 'sequence': {
        const starred = node.items.some((item) => item.kind === 'starred');
        for (const item of node.items.slice(mostElements)) this.#use(this.#evaluate(item));
        const items = node.items.slice(0, mostElements).flatMap((item): readonly Value[] => {
          const value = this.#evaluate(item.kind === 'starred' ? item.value : item);
          if (item.kind !== 'starred') return [value];
          return value.kind === 'list' ? value.items : [this.#opaque(item)];
        });
        return { kind: 'list', items, exact: !starred && node.items.length <= mostElements };
      }
      case 'dictionary': {
        const entries = new Map<string, Value>();
        for (const { key, value } of node.entries) {
          const entry = this.#evaluate(value);
          if (key && key.kind !== 'string') this.#evaluate(key);
          if (key?.kind === 'string') entries.set(key.value, entry);
          else if (!key && entry.kind === 'dict') for (const [name, more] of entry.entries) entries.set(name, more);
        }
        return { kind: 'dict', entries };
      }
      case 'comprehension':
        return this.#comprehension(node);
      case 'walrus': {
        const value = this.#evaluate(node.value);
        this.#assign(node.target, value);
        return value;
      }
      case 'starred':
        return this.#evaluate(node.value);
      case 'other':
        this.#evaluateAll(node.parts);
        return this.#opaque(node);
    }
  }

  #comprehension(node: Comprehension): Value {
    const frame = this.#frame;
    const outer = frame.scope;
    const sources = node.loops.map(({ iterable }, index) => (index === 0 ? this.#evaluate(iterable) : undefined));
    frame.scope = new Scope('expression', outer);
    node.loops.forEach(({ targets, iterable }, index) => {
      const source = sources[index] ?? this.#evaluate(iterable);
      const [target] = targets;
      if (target && targets.length === 1) this.#assign(target, this.#elementOf(source, target));
      else
        this.#assign(
          { kind: 'sequence', start: node.start, end: node.end, items: targets },
          this.#elementOf(source, node),
        );
    });
    this.#evaluateAll(node.conditions);
    const elements = node.elements.map((element) => this.#evaluate(element));
    frame.scope = outer;
    const [element] = elements;
    return element && elements.length === 1 ? { kind: 'list', items: [element], exact: false } : this.#opaque(node);
  }

  #readAttribute(node: Extract<PyExpression, { kind: 'attribute' }>): Value {
    const key = keyOf(node);
    const assigned = key === undefined ? undefined : this.#frame.scope.find(key);
    if (assigned) return assigned;
    return this.#forEach(this.#evaluate(node.value), node, (object) => this.#attributeOf(object, node.name, node));
  }

  #attributeOf(object: Single, name: string, node: Range): Value {
    switch (object.kind) {
      case 'path':
        return { kind: 'path', path: `${object.path}.${name}` };
      case 'instance':
        return this.#attribute(object.of, name, node) ?? this.#opaque(node);
      case 'class':
        return object.members.get(name) ?? this.#opaque(node);
      case 'quantity':
        return sameAttributes.has(name) ? object : this.#opaque(node);
      default:
        return this.#opaque(node);
    }
  }

  #element(node: Subscript): Value {
    const key = keyOf(node);
    const assigned = key === undefined ? undefined : this.#frame.scope.find(key);
    if (assigned) return assigned;
    const container = this.#evaluate(node.value);
    this.#evaluateAll(node.index);
    const [index] = node.index;
    return this.#forEach(container, node, (single) => {
      switch (single.kind) {
        case 'quantity':
          return single.expression.kind === 'operation' ? single : this.#opaque(node);
        case 'list': {
          const position = node.index.length === 1 && index ? integerOf(index) : undefined;
          if (node.sliced) return { ...single, exact: false };
          if (position === -1) return single.items.at(-1) ?? this.#opaque(node);
          if (position !== undefined && single.exact) return single.items.at(position) ?? this.#opaque(node);
          return this.#elementOf(single, node);
        }
        case 'dict':
          return (index?.kind === 'string' ? single.entries.get(index.value) : undefined) ?? this.#opaque(node);
        default:
          return this.#opaque(node);
      }
    });
  }

  #forEach(value: Value, node: Range, action: (single: Single) => Value): Value {
    if (value.kind !== 'choice') return action(value);
    return choose(value.of.map(action)) ?? this.#opaque(node);
  }

  #binary(operator: string, left: Value, right: Value, node: Range): Value {
    const build = arithmetic[operator];
    if (operator === '+' && left.kind === 'list') {
      const more = right.kind === 'list' ? right : undefined;
      const items = more?.items ?? [this.#opaque(node)];
      const all = [...left.items, ...items];
      const exact = left.exact && more?.exact === true && all.length <= mostElements;
      return { kind: 'list', items: all.slice(-mostElements), exact };
    }
    if (operator === 'or') return choose([left, right]) ?? this.#opaque(node);
    if (!build) {
      this.#use(left);
      this.#use(right);
      return this.#opaque(node);
    }
    return this.#compute([left, right], node, undefined, ([a, b]) => a && b && build(a, b));
  }

  /**
   * The value of an operation for each combination of what its operands may be, noted as a site.
   * @param framework whose operation it is; of an operator of the language the operands' own
   */
  #compute(
    operands: readonly (Value | undefined)[],
    node: Range,
    framework: Framework | undefined,
    build: (operands: readonly (Expression | undefined)[]) => Expression | undefined,
    { wide = false, object }: { readonly wide?: boolean; readonly object?: LibraryObject | undefined } = {},
  ): Value {
    for (const operand of operands) if (operand) this.#use(operand);
    const combinations = this.#combinations(operands, node);
    if (!combinations) return this.#opaque(node);
    const results: Value[] = [];
    const alternatives: Expression[][] = [];
    let allWide = true;
    let owner = framework;
    for (const combination of combinations) {
      for (const operand of combination) owner ??= operand && this.#frameworks.get(operand);
      const expression = build(combination);
      const depth = Math.max(0, ...combination.map((operand) => (operand ? (this.#depths.get(operand) ?? 0) : 0))) + 1;
      if (!expression || depth > deepestGraph) {
        results.push(this.#opaque(node));
        allWide = false;
        continue;
      }
      const isWide = wide || combination.some((operand) => operand && this.#wide.has(operand));
      if (isWide) this.#wide.add(expression);
      allWide &&= isWide;
      this.#setOrigin(expression, node, object?.made);
      if (!this.#depths.has(expression)) this.#depths.set(expression, depth);
      if (owner && !this.#frameworks.has(expression)) this.#frameworks.set(expression, owner);
      results.push({ kind: 'quantity', expression });
      if (expression.kind === 'operation') alternatives.push([expression]);
    }
    // An alternative that is unknown may be anything, which says nothing against the others.
    if (owner && alternatives.length > 0)
      this.#note(node, owner, { alternatives, wide: allWide, object: object?.path, loss: undefined });
    return choose(results) ?? this.#opaque(node);
  }

  #note(node: Range, framework: Framework, what: Pick<Site, 'alternatives' | 'loss' | 'object' | 'wide'>): void {
    const { statement, calls, gradients, test } = this.#frame;
    const range = { start: node.start, end: node.end };
    this.#sites.push({ range, statement, framework, calls, gradients, test, within: this.#active.at(-1), ...what });
  }

  /** The operands as expressions, in every combination; undefined if there are too many. */
  #combinations(operands: readonly (Value | undefined)[], node: Range): (Expression | undefined)[][] | undefined {
    let combinations: (Expression | undefined)[][] = [[]];
    for (const operand of operands) {
      const choices = operand ? this.#expressionsOf(operand, node) : [undefined];
      combinations = combinations.flatMap((start) => choices.map((choice) => [...start, choice]));
      if (combinations.length > 2 * mostAlternatives) return undefined;
    }
    return combinations;
  }

  #expressionsOf(value: Value, node: Range): (Expression | undefined)[] {
    return alternativesOf(value).flatMap((single): (Expression | undefined)[] => {
      switch (single.kind) {
        case 'quantity':
          return [single.expression];
        case 'none':
          return [undefined];
        case 'list':
          // Stacked or concatenated tensors.
          if (single.items.length > 0 && single.items.length <= mostAlternatives) {
            const parts = single.items.flatMap((item) => (item.kind === 'quantity' ? [item.expression] : []));
            if (parts.length === single.items.length) return parts;
          }
          break;
        default:
      }
      const unknown = this.#fresh().expression;
      this.#setOrigin(unknown, node);
      return [unknown];
    });
  }

  // Calls.

  #call(node: Call): Value {
    const { callee } = node;
    if (callee.kind === 'attribute') {
      const key = keyOf(callee);
      const assigned = key === undefined ? undefined : this.#frame.scope.find(key);
      if (!assigned) {
        const receiver = this.#evaluate(callee.value);
        const call = this.#argumentsOf(node);
        return this.#forEach(receiver, node, (single) => this.#callMethod(single, callee.name, call, node));
      }
    }
    const called = this.#evaluate(callee);
    return this.#apply(called, this.#argumentsOf(node), node);
  }

  #argumentsOf(node: Call): CallArguments {
    const positional: Value[] = [];
    const named = new Map<string, Value>();
    for (const { name, stars, value: argument } of node.arguments) {
      const value = this.#evaluate(argument);
      if (name !== undefined) named.set(name, value);
      else if (stars === '') positional.push(value);
      else if (stars === '*') positional.push(...(value.kind === 'list' ? value.items : [this.#opaque(argument)]));
      else if (value.kind === 'dict') for (const [key, entry] of value.entries) named.set(key, entry);
    }
    return new CallArguments(positional, named);
  }

  #callMethod(receiver: Single, name: string, call: CallArguments, node: Call): Value {
    const target = (node.callee as Extract<PyExpression, { kind: 'attribute' }>).value;
    switch (receiver.kind) {
      case 'quantity': {
        const inPlace = name.endsWith('_') && !name.endsWith('__') && knownMethod(name) === undefined;
        const known = knownMethod(inPlace ? name.slice(0, -1) : name);
        if (name === 'double') {
          this.#wide.add(receiver.expression);
          return receiver;
        }
        if (!known || known.meaning.does === 'make' || known.meaning.does === 'stop-gradients') {
          for (const value of call.all) this.#use(value);
          this.#use(receiver);
          const result = this.#opaque(node);
          if (inPlace && keyOf(target) !== undefined) this.#assign(target, result);
          return result;
        }
        const value = this.#do(known.meaning, call.after(receiver), node, known.framework);
        if (inPlace && keyOf(target) !== undefined) this.#assign(target, value);
        return value;
      }
      case 'list':
        return this.#listMethod(receiver, name, call, node);
      case 'dict': {
        const [key] = call.positional;
        const entry = name === 'get' && key?.kind === 'text' ? receiver.entries.get(key.text) : undefined;
        return entry ?? this.#opaque(node);
      }
      case 'object':
        if (name === 'forward' || name === 'call' || name === '__call__') return this.#apply(receiver, call, node);
        if (fluentMethods.has(name)) return receiver;
        if (
          receiver.applied?.does === 'chain' &&
          (name === 'add' || name === 'append') &&
          keyOf(target) !== undefined
        ) {
          const links = [...receiver.applied.links, ...call.positional];
          this.#assign(target, { ...receiver, applied: { does: 'chain', links } });
        }
        for (const value of call.all) this.#use(value);
        return this.#opaque(node);
      case 'instance': {
        const method = this.#attribute(receiver.of, name, node);
        if (method) return this.#apply(method, call, node);
        for (const value of call.all) this.#use(value);
        return fluentMethods.has(name) ? receiver : this.#opaque(node);
      }
      default:
        return this.#apply(this.#attributeOf(receiver, name, node), call, node);
    }
  }

  #listMethod(list: List, name: string, call: CallArguments, node: Call): Value {
    const target = (node.callee as Extract<PyExpression, { kind: 'attribute' }>).value;
    const [first] = call.positional;
    let items: readonly Value[] | undefined;
    let { exact } = list;
    if (list.items.length >= mostElements) {
      // Of a long list only the last element is followed.
      items = [call.positional.at(-1) ?? this.#opaque(node)];
      exact = false;
    } else if (name === 'append' && first) items = [...list.items, first];
    else if (name === 'extend' && first) {
      items = [...list.items, ...(first.kind === 'list' ? first.items : [this.#opaque(node)])];
      exact &&= first.kind === 'list' && first.exact;
    } else if (name === 'insert' || name === 'pop' || name === 'remove' || name === 'reverse' || name === 'sort') {
      const last = name === 'pop' && call.positional.length === 0 ? list.items.at(-1) : undefined;
      items = [this.#opaque(node)];
      exact = false;
      if (keyOf(target) !== undefined) this.#assign(target, { kind: 'list', items, exact });
      return last ?? this.#opaque(node);
    }
    if (items && keyOf(target) !== undefined) this.#assign(target, { kind: 'list', items, exact });
    return items ? none : this.#opaque(node);
  }

  #apply(called: Value, call: CallArguments, node: Range): Value {
    return this.#forEach(called, node, (single) => {
      switch (single.kind) {
        case 'path':
          return this.#callName(single.path, call, node);
        case 'object':
          if (single.applied) return this.#do(single.applied, call, node, knownName(single.path)?.framework, single);
          break;
        case 'function':
          return this.#callFunction(single, call, node);
        case 'class':
          return { kind: 'instance', of: single };
        case 'instance':
          return this.#callInstance(single.of, call, node);
        default:
      }
      for (const value of call.all) this.#use(value);
      return this.#opaque(node);
    });
  }

  #callName(path: string, call: CallArguments, node: Range): Value {
    const known = knownName(path);
    if (known?.meaning.does === 'make') return { kind: 'object', path, applied: known.meaning.make(call), made: node };
    if (known?.meaning.does === 'stop-gradients') return { kind: 'object', path, applied: undefined, made: node };
    if (known) return this.#do(known.meaning, call, node, known.framework);
    for (const value of call.all) this.#use(value);
    return this.#opaque(node);
  }

  #callInstance(of: ClassValue, call: CallArguments, node: Range): Value {
    for (const name of callMethods) {
      const method = this.#attribute(of, name, node);
      if (method) return this.#apply(method, call, node);
    }
    for (const base of of.bases) {
      if (base.kind === 'path') return this.#apply(this.#callName(base.path, noArguments, node), call, node);
    }
    for (const value of call.all) this.#use(value);
    return this.#opaque(node);
  }

  #do(
    applied: Applied,
    call: CallArguments,
    node: Range,
    framework: Framework | undefined,
    object?: LibraryObject,
  ): Value {
    const wide = call.all.some((value) => value.kind === 'path' && wideTypes.has(value.path));
    switch (applied.does) {
      case 'compute': {
        const { parameters, build } = applied;
        const unknownName = [...call.named.keys()].some((name) => !parameters.includes(name) && !harmless.has(name));
        const operands = parameters.map(
          (name, index) => call.get(index, name) ?? (index === 0 ? call.only : undefined),
        );
        if ((unknownName && !call.only) || call.positional.length > parameters.length) {
          for (const value of call.all) this.#use(value);
          return this.#opaque(node);
        }
        const others = (): Expression => this.#fresh().expression;
        return this.#compute(operands, node, framework, (expressions) => build(expressions, others), { wide, object });
      }
      case 'keep': {
        const first = call.positional[0] ?? call.named.values().next().value;
        if (!first) return this.#opaque(node);
        for (const single of alternativesOf(first)) {
          if (single.kind === 'quantity' && wide) this.#wide.add(single.expression);
        }
        return first;
      }
      case 'loss': {
        const operands = applied.parameters.map((name, index) => call.get(index, name) ?? this.#opaque(node));
        for (const operand of operands) this.#use(operand);
        const combinations = this.#combinations(operands, node) ?? [];
        const alternatives = combinations.flatMap((combination) => {
          const known = combination.flatMap((expression) => expression ?? []);
          return known.length === combination.length ? [known] : [];
        });
        const allWide = alternatives.every(([prediction]) => prediction && this.#wide.has(prediction));
        if (framework && alternatives.length > 0) {
          const loss = applied.loss;
          this.#note(node, framework, { alternatives, wide: allWide, object: object?.path, loss });
        }
        return this.#opaque(node);
      }
      case 'chain': {
        let value: Value | undefined;
        for (const link of applied.links) {
          // What one link gives to the next has no text of its own.
          if (value?.kind === 'quantity' && value.expression.kind === 'variable') value = this.#fresh();
          value = this.#apply(link, value ? new CallArguments([value], new Map()) : call, node);
        }
        return value ?? call.positional[0] ?? this.#opaque(node);
      }
      case 'then': {
        const then = applied.applied(call);
        for (const value of call.all) this.#use(value);
        return then
          ? this.#do(then, new CallArguments([this.#fresh()], new Map()), node, framework, object)
          : this.#opaque(node);
      }
      case 'give':
        return applied.value;
      case 'sample':
        for (const value of call.all.flatMap(alternativesOf)) {
          if (value.kind === 'quantity') this.#sampled.add(value.expression);
        }
        return this.#opaque(node);
    }
  }

  /** What a function of the file returns for these arguments. */
  #callFunction(value: FunctionValue, call: CallArguments, node: Range): Value {
    const { definition, decorated, self } = value;
    const outer = this.#frame;
    const tooDeep = outer.calls.length >= deepestCall || this.#spent > callBudget || this.#active.includes(definition);
    if (!decorated.plain || tooDeep) {
      for (const argument of call.all) this.#use(argument);
      return this.#opaque(node);
    }
    const key = literalsOf(call);
    const known = this.#returned.get(definition) ?? new Map<string, Value>();
    this.#returned.set(definition, known);
    const before = key === undefined ? undefined : known.get(key);
    if (before) return before;
    const scope = new Scope('function', value.scope);
    const frame = Interpreter.#newFrame(scope, definition, {
      calls: [...outer.calls, { start: node.start, end: node.end }],
      gradients: outer.gradients && !decorated.stopsGradients,
      test: outer.test,
    });
    this.#active.push(definition);
    const result = this.#inFrame(frame, () => {
      this.#bind(definition.parameters, self && decorated.as !== 'static' ? call.after(self) : call, value.scope);
      this.#body(definition);
      return choose(frame.returned);
    });
    this.#active.pop();
    if (!result || key === undefined) return result ?? this.#opaque(node);
    known.set(key, result);
    return result;
  }

  #bind(parameters: readonly Parameter[], call: CallArguments, definedIn: Scope): void {
    const { scope } = this.#frame;
    let index = 0;
    let keywordOnly = false;
    for (const parameter of parameters) {
      const { name, stars } = parameter;
      if (stars === '*') {
        scope.assign(name, { kind: 'list', items: call.positional.slice(index), exact: true });
        keywordOnly = true;
        continue;
      }
      if (stars === '**') {
        scope.assign(name, { kind: 'dict', entries: call.named });
        continue;
      }
      const given = call.get(keywordOnly ? Infinity : index++, name);
      const value = given ?? (parameter.default && this.#default(parameter.default, definedIn));
      scope.assign(name, value ?? this.#opaque(parameter));
    }
  }
}

class CallArguments implements Arguments {
  constructor(
    readonly positional: readonly Value[],
    readonly named: ReadonlyMap<string, Value>,
  ) {}

  get(index: number, name?: string): Value | undefined {
    return this.positional[index] ?? (name === undefined ? undefined : this.named.get(name));
  }

  get all(): readonly Value[] {
    return [...this.positional, ...this.named.values()];
  }

  /** The argument of a call with a single, named one: frameworks differ in what they call it. */
  get only(): Value | undefined {
    const [only, ...others] = this.positional.length === 0 ? this.named.values() : [];
    return others.length === 0 ? only : undefined;
  }

  after(first: Value): CallArguments {
    return new CallArguments([first, ...this.positional], this.named);
  }
}

const noArguments = new CallArguments([], new Map());

/** A text that calls share whose arguments are unknown but for equal literals; undefined if more is known of one. */
function literalsOf(call: CallArguments): string | undefined {
  const parts: string[] = [];
  for (const [name, value] of [...call.positional.entries(), ...call.named]) {
    let part: string;
    if (value.kind === 'text') part = JSON.stringify(value.text);
    else if (value.kind === 'none') part = 'None';
    else if (value.kind !== 'quantity') return undefined;
    else if (value.expression.kind === 'variable') part = '?';
    else if (value.expression.kind === 'constant') part = String(value.expression.value);
    else return undefined;
    parts.push(`${String(name)}=${part}`);
  }
  return parts.join();
}

function bound(member: FunctionValue, of: ClassValue): FunctionValue {
  return member.decorated.as === 'static' ? member : { ...member, self: { kind: 'instance', of } };
}

/** Of layers that a value goes through one after the other the last, which decides what comes out. */
function lastLayer(iterable: Value): Value | undefined {
  if (iterable.kind !== 'list') return undefined;
  const isLayers = iterable.items.every(({ kind }) => kind !== 'list' && kind !== 'dict' && kind !== 'text');
  return isLayers && iterable.items.some(({ kind }) => kind === 'object') ? iterable.items.at(-1) : undefined;
}

/** The text under which an attribute or an element is remembered: `self.p`, `out['p']`. */
function keyOf(node: PyExpression): string | undefined {
  if (node.kind === 'name') return node.name;
  if (node.kind === 'attribute') {
    const object = keyOf(node.value);
    return object === undefined ? undefined : `${object}.${node.name}`;
  }
  if (node.kind !== 'subscript' || node.index.length !== 1 || node.sliced) return undefined;
  const [index] = node.index;
  const object = keyOf(node.value);
  if (object === undefined || !index) return undefined;
  if (index.kind === 'string') return `${object}['${index.value}']`;
  const position = integerOf(index);
  return position === undefined ? undefined : `${object}[${String(position)}]`;
}

function integerOf(node: PyExpression): number | undefined {
  if (node.kind === 'number') return node.value;
  return node.kind === 'unary' && node.operator === '-' && node.operand.kind === 'number'
    ? -node.operand.value
    : undefined;
}
