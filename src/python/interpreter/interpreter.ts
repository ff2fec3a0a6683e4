import {
  clip,
  constant,
  divide,
  inOrder,
  isComparison,
  literalOf,
  multiply,
  negate,
  not,
  operation,
  power,
  stopGradient,
  variable,
  type Expression,
  type Operation,
  type Operator,
  type Variable,
} from '../../expression';
import { formatByName, type FormatName } from '../../numeric';
import {
  builtinPrefix,
  canonicalName,
  entryOf,
  frameworkOfModule,
  importedFrameworks,
  isBuiltin,
  knownMethod,
  knownName,
  usualModules,
  knownNumber,
  type Applied,
  type Framework,
  type FrameworkName,
  type Known,
} from '../frameworks';
import { argumentOf, harmless } from '../frameworks/framework';
import { activationOf, lossByName } from '../frameworks/keras';
import { isFilled, linear } from '../frameworks/operations';
import type { ModuleLoader } from '../modules';
import { localsOf } from '../dependencies';
import { Answers, Question, type Ask } from '../questions';
import { computedElement, Scope, type Bindings } from '../scope';
import type {
  Call,
  ClassDefinition,
  Comprehension,
  Conditional,
  FunctionDefinition,
  If,
  Loop,
  Parameter,
  PyExpression,
  Range,
  Statement,
  Subscript,
  Try,
} from '../syntax';
import {
  alternativesOf,
  choose,
  kinds,
  mostAlternatives,
  mostElements,
  none,
  oneOfEachKind,
  type ClassValue,
  type Decorated,
  type FunctionValue,
  type Instance,
  type LibraryObject,
  type List,
  type Quantity,
  type Value,
} from '../values';
import {
  CallArguments,
  fieldsGiven,
  isTelling,
  largestEpsilon,
  literalsOf,
  noArguments,
  withoutArguments,
} from './arguments';
import { combinationsOf, withOneUnknown, type Choices } from './combinations';
import { conditionsOf } from './conditions';
import {
  arithmetic,
  propertyDecorator,
  transparentDecorators,
  customGradientDecorators,
  minimisers,
  fluentMethods,
  shapeMethods,
  sameAttributes,
  formatsByType,
  formatsByMethod,
  defaultSetters,
  isTestModule,
  choiceName,
  layerActivations,
  outputActivations,
  modelOutputs,
  objectName,
  initialisers,
  callMethods,
  givenToBase,
  heads,
  rearranging,
  iterating,
  keywords,
  making,
  makesStates,
  asksForGradients,
  modelCalled,
  takesTensors,
  arrayModules,
  namesakes,
} from './conventions';
import { FactBook, widest } from './facts';
import type { Condition, Definition, Interpretation, InterpretOptions, Origin, Site } from './interpretation';
import {
  givenBy,
  isMisplaced,
  isSuper,
  isCustomGradient,
  isObjective,
  isTransparent,
  firstAxis,
  keyOf,
  isPlace,
  integerOf,
} from './nodes';

/** What is known where the test of a branch is true, and where it isn't. */
interface Tested {
  readonly met: readonly Condition[];
  readonly unmet: readonly Condition[];
}

/** How far calls are followed into functions of the file, one inside the other. */
const deepestCall = 5;
/** How many expressions are evaluated inside calls that are followed, for a whole file. */
const callBudget = 40_000;
/** Deeper expressions are a variable: a loop unrolled by hand, not a loss. */
const deepestGraph = 60;
/** Of those so many operations are kept where they are used. */
const keptOnTop = 4;
/**
 * Written out as a tree, with what stands at several places written several times, larger ones are a variable too: `x, y
 * = x + y, x * y` doubles it with every step, and rules look at trees.
 */
const largestTree = 20_000;

/** What is being evaluated at the moment. */
interface Frame {
  scope: Scope;
  statement: Range;
  readonly calls: readonly Range[];
  gradients: boolean;
  autocast: FormatName | undefined;
  readonly test: boolean;
  readonly returned: Value[];
  conditions: readonly Condition[];
  /** Whether a name stands for the elements of an array beside the array. */
  ofElement: boolean;
  /** The names as they stood at each break and continue of the innermost loop. */
  loopExits: Bindings[];
}

type Single = Exclude<Value, { kind: 'choice' }>;

/** What is gone through once the module has been, and for the sake of which of its statements. */
interface Later {
  readonly root: Statement | undefined;
  readonly action: () => void;
}

type ReturnedBy = Map<Definition, Map<Scope, Map<string, Returned>>>;

/** What a call asks for beside its operands. */
interface Asked {
  readonly format?: FormatName | undefined;
  readonly object?: LibraryObject | undefined;
  readonly axis?: Range | undefined;
  /** Whether it takes positions of its operands, which is not using them. */
  readonly samples?: boolean | undefined;
  /** Whether it makes a number of the language of its operand, which autograd doesn't follow. */
  readonly detaches?: boolean;
  readonly guessed?: boolean;
  /** Where the operands are written. */
  readonly places?: readonly (Range | undefined)[];
}

/** Such values are true. */
const canBeCalled: ReadonlySet<Value['kind']> = new Set<Value['kind']>(['path', 'function', 'class', 'object']);

const noNames: ReadonlyMap<string, Value> = new Map();

const nothingGiven: readonly undefined[] = [undefined];

const nowhere: Range = { start: 0, end: 0 };

/** What a function has returned, of which arguments, and the numbers of the variables that were made meanwhile. */
interface Returned {
  readonly value: Value;
  readonly call: CallArguments;
  readonly variables: readonly [first: number, last: number];
}

/** `self.sigma = sigmoid(s)` */
const setAttribute = /^[ \t]*(\w+)\.\w+ = /gm;

/** See `interpret`. */
export class Interpreter {
  readonly #sites: Site[] = [];
  readonly #known = new FactBook();
  readonly #anyOfValues = new WeakMap<Value, Expression>();
  readonly #annotated = new Map<ClassDefinition, readonly string[]>();
  /** Of arrays the tensors that were made of them. */
  readonly #tensors = new Map<Variable, Variable>();
  /** Names that are bound nowhere, and what is read from values that nothing is known of, the same each time. */
  readonly #unknown = new Map<string, Quantity>();
  /** Of those that are elements or attributes of others: of which, and what is written behind it. */
  readonly #parts = new Map<string, { readonly of: Variable; readonly part: string }>();
  readonly #text: string;
  readonly #makesStates: boolean;
  readonly #asksForGradients: boolean;
  /** Whether the module is there for tests: its helpers are part of them. */
  readonly #isOfTests: boolean;
  readonly #load: ModuleLoader | undefined;
  readonly #prefix: string;
  readonly #module: Scope;
  readonly #imported: readonly FrameworkName[];
  /** The models whose functions states of training were made with, and that function while there is one model only. */
  readonly #models = new Set<Range>();
  #applyFunction: Value | undefined;
  /** Numbers for computed positions of elements. */
  readonly #positions = new Map<Expression, number>();
  readonly #copies = new Map<Expression, Map<FormatName, Expression>>();
  #defaultFormat: FormatName | undefined;
  readonly #later: Later[] = [];
  readonly #firstLater: Later[] = [];
  /** Functions from elsewhere that classes have for methods. */
  readonly #borrowed = new Map<ClassDefinition, Set<FunctionDefinition>>();
  readonly #asked: ReadonlySet<Statement> | undefined;
  readonly #ask: Ask;
  /** The statement of the module that is gone through. */
  #root: Statement | undefined;
  /** Where objects and classes were made. */
  readonly #rootOf = new Map<Range | ClassValue, Statement>();
  readonly #links = new Map<Statement, Set<Statement>>();
  #isEntangled = false;
  readonly #initialised = new Set<ClassValue>();
  /** Models to which the function that was called last has added layers. */
  readonly #grown: { readonly from: LibraryObject; readonly to: LibraryObject }[] = [];
  readonly #everythingOf: string[] = [];
  readonly #active: Definition[] = [];
  readonly #customGradients = new Set<Definition>();
  /**
   * What functions return for arguments of which nothing is known but their literals: to what is called in the same
   * statement of the module, so that what another one comes to doesn't depend on it.
   */
  #returned: ReturnedBy = new Map();
  #variables = 0;
  #spent = 0;
  #frame: Frame = Interpreter.#newFrame(new Scope('module'), nowhere);

  constructor(
    text: string,
    { load, imported, asked, ask, prefix = 'v' }: InterpretOptions & { readonly prefix?: string } = {},
  ) {
    this.#text = text;
    this.#asked = asked;
    this.#ask = ask ?? new Answers(text).ask;
    this.#isOfTests = this.#ask(isTestModule);
    this.#asksForGradients = this.#ask(asksForGradients);
    this.#makesStates = this.#ask(makesStates);
    this.#imported = imported ?? importedFrameworks(text);
    this.#load = load;
    this.#prefix = prefix;
    this.#module = this.#frame.scope;
  }

  /** The names of a module after it was gone through, its functions not. */
  scopeOf(statements: readonly Statement[]): Scope {
    this.#block(statements);
    return this.#module;
  }

  static #newFrame(scope: Scope, statement: Range, of: Partial<Frame> = {}): Frame {
    return {
      scope,
      statement,
      calls: [],
      gradients: true,
      autocast: undefined,
      test: false,
      returned: [],
      conditions: [],
      ofElement: false,
      loopExits: [],
      ...of,
    };
  }

  module(statements: readonly Statement[]): Interpretation {
    const module = this.#frame.scope;
    for (const statement of statements) {
      const isReached = this.#for(statement, () => this.#statement(statement));
      if (isReached || isMisplaced(statement)) continue;
      this.#isEntangled = true;
      break;
    }
    for (;;) {
      const next = this.#firstLater.shift() ?? this.#later.shift();
      if (!next) break;
      // What a class's methods set is seen wherever there are instances of it.
      if (this.#asked && next.root && next.root.kind !== 'class' && !this.#asked.has(next.root)) continue;
      this.#for(next.root, next.action);
    }
    return {
      sites: this.#sites,
      links: this.#links,
      isEntangled: this.#isEntangled || this.#spent > callBudget,
      module,
      facts: this.#known,
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

  /** Does something for the sake of a statement of the module. */
  #for<T>(root: Statement | undefined, action: () => T): T {
    const [outer, returned] = [this.#root, this.#returned];
    this.#root = root;
    this.#returned = new Map();
    try {
      return action();
    } finally {
      this.#root = outer;
      this.#returned = returned;
    }
  }

  /** Notes for the sake of which statement something was made. */
  #made(what: Range | ClassValue): void {
    if (this.#root) this.#rootOf.set(what, this.#root);
  }

  /** Notes that something is used: that links this statement of the module with the one where it was made. */
  #touch(from: Statement | undefined): void {
    const to = this.#root;
    if (!from || !to || from === to) return;
    for (const [a, b] of [
      [from, to],
      [to, from],
    ] as const) {
      const linked = this.#links.get(a);
      if (linked) linked.add(b);
      else this.#links.set(a, new Set([b]));
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
        this.#noteNames(statement.targets, value, statement.value);
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
        const definition = this.#active.at(-1);
        if (statement.value && frame.calls.length === 0 && definition?.kind === 'function') {
          if (isObjective(definition) || this.#isCallOfLoss(definition)) this.#noteObjective(value, statement.value);
        }
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
        const { gradients, autocast } = frame;
        for (const { value: manager, target } of statement.items) {
          const value = this.#evaluate(manager);
          if (target) this.#assign(target, this.#opaque(target));
          if (this.#stopsGradients(value)) frame.gradients = false;
          if (value.kind === 'object' && value.autocast) frame.autocast = value.autocast;
        }
        const reached = this.#block(statement.body);
        frame.gradients = gradients;
        frame.autocast = autocast;
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
        frame.scope.assign(statement.name, this.#decorated(statement));
        return true;
      case 'class':
        frame.scope.assign(statement.name, this.#classValue(statement));
        return true;
      case 'import':
        for (const { name, path } of statement.names) {
          frame.scope.assign(name, this.#imports(path, statement, name));
        }
        this.#everythingOf.push(...statement.everythingOf);
        this.#isEntangled ||= statement.everythingOf.length > 0 && frame.scope !== this.#module;
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

  /** Whether it is what calling an instance of a class runs that is called a loss. */
  #isCallOfLoss({ name, parameters: [self] }: FunctionDefinition): boolean {
    if (!callMethods.some((method) => method === name) || !self) return false;
    const value = this.#frame.scope.find(self.name);
    return value?.kind === 'instance' && /Loss$|Loss[A-Z\d_]|^loss/.test(value.of.definition.name);
  }

  /** Remembers under which names an operation's result can be had again as it is. */
  #noteNames(targets: readonly PyExpression[], value: Value, written: PyExpression): void {
    // `a, b = f(x), g(x)` is as good as two assignments.
    if (written.kind === 'sequence' && value.kind === 'list' && value.items.length === written.items.length) {
      for (const target of targets) {
        if (target.kind !== 'sequence' || target.items.length !== written.items.length) continue;
        if ([...target.items, ...written.items].some(({ kind }) => kind === 'starred')) continue;
        target.items.forEach((item, index) => {
          const [part, place] = [value.items[index], written.items[index]];
          if (part && place) this.#noteNames([item], part, place);
        });
      }
    }
    for (const single of alternativesOf(value)) {
      const origin = single.kind === 'quantity' ? this.#known.originOf(single.expression) : undefined;
      // What was reshaped or picked from in between has the same expression and is something else.
      if (single.kind !== 'quantity' || origin?.start !== written.start) continue;
      if (origin.end !== written.end && !moving.test(this.#text.slice(origin.end, written.end))) continue;
      const names = origin.names ?? new Set();
      if (!origin.names) this.#known.of(single.expression).origin = { ...origin, names };
      for (const target of targets) {
        const key = keyOf(target);
        if (key !== undefined) names.add(key);
      }
    }
  }

  #if(statement: If): boolean {
    const { scope } = this.#frame;
    const entry = scope.bindings;
    const exits: Bindings[] = [];
    const frame = this.#frame;
    const outside = frame.conditions;
    // What holds where none of the branches so far was taken, and what holds after those that leave.
    let otherwise = outside;
    let after = outside;
    let isDecided = false;
    scope.bindings = entry.layer();
    for (const { test, body } of statement.branches) {
      this.#at(statement.start, Math.max(test.end, statement.start));
      const outcome = this.#outcome(test);
      if (outcome === false) continue;
      const tests = this.#test(test);
      const tested = scope.bindings;
      scope.bindings = tested.layer();
      frame.conditions = [...otherwise, ...tests.met];
      otherwise = [...otherwise, ...tests.unmet];
      const given = givenBy(test);
      if (given?.met === true) this.#assumeGiven(given.name);
      if (this.#block(body)) exits.push(scope.bindings);
      if (exits.length === 0) after = otherwise;
      scope.bindings = tested.layer();
      if (given?.met === false) this.#assumeGiven(given.name);
      frame.conditions = otherwise;
      isDecided = outcome === true;
      if (isDecided) break;
    }
    if (!isDecided && (!statement.otherwise || this.#block(statement.otherwise))) exits.push(scope.bindings);
    frame.conditions = after;
    return this.#meet(entry, exits);
  }

  /**
   * What a test comes to in a function that is called with literals, or whose defaults are: `if normalize:`,
   * `if reduction == 'mean':`, `if mask is None:`. Of names from elsewhere nothing is said: a constant of the module is
   * there to be changed.
   */
  #outcome(node: PyExpression): boolean | undefined {
    if (this.#frame.calls.length === 0) return undefined;
    switch (node.kind) {
      case 'name':
      case 'attribute': {
        const value = this.#given(node);
        if (value?.kind === 'none') return false;
        if (value?.kind === 'truth') return value.truth;
        // `self.act(h) if self.act else h`
        return value && canBeCalled.has(value.kind) ? true : undefined;
      }
      case 'unary': {
        const outcome = node.operator === 'not' ? this.#outcome(node.operand) : undefined;
        return outcome === undefined ? undefined : !outcome;
      }
      case 'binary': {
        const { operator } = node;
        if (operator === 'and' || operator === 'or') {
          const [a, b] = [this.#outcome(node.left), this.#outcome(node.right)];
          const decisive = operator === 'or';
          if (a === decisive || b === decisive) return decisive;
          return a === undefined || b === undefined ? undefined : !decisive;
        }
        const isNegated = operator === 'is not' || operator === '!=';
        if (!isNegated && operator !== 'is' && operator !== '==') return undefined;
        const equal = this.#areEqual(this.#given(node.left), node.right);
        return equal === undefined ? undefined : equal !== isNegated;
      }
      default:
        return undefined;
    }
  }

  /** From here on a name isn't None: what else it was, or what a loop has put there, as in `if total is None: ...`. */
  #assumeGiven(name: PyExpression & { readonly kind: 'name' }): void {
    const { scope } = this.#frame;
    const value = scope.bindings.get(name.name);
    if (!value || !alternativesOf(value).some(({ kind }) => kind === 'none')) return;
    const others = alternativesOf(value).filter(({ kind }) => kind !== 'none');
    scope.assign(name.name, (others.length > 0 ? choose(others) : undefined) ?? this.#opaque(name));
  }

  /**
   * The value of a parameter, or of an attribute that the object was made with. What a loop begins with, as in `first =
   * True`, it does not go on with.
   */
  #given(node: PyExpression): Value | undefined {
    if (node.kind === 'attribute' && node.value.kind === 'name') {
      const object = this.#frame.scope.find(node.value.name);
      return object?.kind === 'instance' ? object.fields?.get(node.name) : undefined;
    }
    if (node.kind !== 'name' || !this.#active.at(-1)?.parameters.some(({ name }) => name === node.name))
      return undefined;
    return this.#frame.scope.bindings.get(node.name);
  }

  #areEqual(value: Value | undefined, other: PyExpression): boolean | undefined {
    if (!value) return undefined;
    if (other.kind === 'string') return value.kind === 'text' ? value.text === other.value : undefined;
    if (other.kind !== 'singleton') return undefined;
    if (other.value !== null) return value.kind === 'truth' ? value.truth === other.value : undefined;
    switch (value.kind) {
      case 'none':
        return true;
      case 'choice':
        return undefined;
      case 'quantity':
        return value.expression.kind === 'variable' ? undefined : false;
      default:
        return false;
    }
  }

  #test(node: PyExpression): Tested {
    if (node.kind === 'binary' && (node.operator === 'and' || node.operator === 'or')) {
      const [left, right] = [this.#test(node.left), this.#test(node.right)];
      return node.operator === 'and'
        ? { met: [...left.met, ...right.met], unmet: [] }
        : { met: [], unmet: [...left.unmet, ...right.unmet] };
    }
    const value = this.#evaluate(node);
    this.#use(value);
    const met = conditionsOf(value);
    return { met, unmet: met.map(({ comparison, holds }) => ({ comparison, holds: !holds })) };
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
    } else if (iterable && iterables.length === 1) {
      const parts = this.#unpack(this.#elementOf(iterable, statement), targets);
      targets.forEach((each, index) => {
        this.#assign(each, parts[index] ?? this.#opaque(each));
      });
    } else for (const each of targets) this.#assign(each, this.#opaque(each));
    const outer = frame.loopExits;
    const exits: Bindings[] = [];
    frame.loopExits = exits;
    // What was compared before a break or a continue is known of the rest of the body alone.
    const { conditions } = frame;
    if (this.#block(statement.body)) exits.push(frame.scope.bindings);
    frame.conditions = conditions;
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
    const { conditions } = this.#frame;
    const reached = this.#block(statement.body);
    const afterBody = scope.bindings;
    this.#frame.conditions = conditions;
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
    const assigned = new Set<string>();
    for (const exit of exits) for (const name of exit.namesSince(entry)) assigned.add(name);
    for (const name of assigned) {
      const values = exits.flatMap((each) => each.get(name) ?? []);
      met.set(name, values.length > 0 ? (choose(values) ?? this.#fresh()) : undefined);
    }
    scope.bindings = met;
    return exits.length > 0;
  }

  // Definitions.

  /** A function, or what a decorator makes of it that gives something else: `@hk.transform`. */
  #decorated(definition: FunctionDefinition): Value {
    let value: Value = this.#functionValue(definition);
    for (const decorator of definition.decorators.toReversed()) {
      const made = this.#evaluate(decorator);
      if (made.kind !== 'path' || !replaces(made.path)) continue;
      value = this.#apply(made, new CallArguments([value], new Map()), decorator);
    }
    return value;
  }

  #functionValue(definition: FunctionDefinition): FunctionValue {
    const decorators = definition.decorators.map((decorator) => this.#decorator(decorator));
    const has = (name: string): boolean => decorators.some(({ names }) => names.includes(name));
    const decorated: Decorated = {
      plain: decorators.every((decorator) => decorator.plain),
      as: has('staticmethod')
        ? 'static'
        : decorators.some(({ names }) => names.some((name) => propertyDecorator.test(name)))
          ? 'property'
          : 'function',
      stopsGradients: decorators.some((decorator) => decorator.stopsGradients),
    };
    const value: FunctionValue = { kind: 'function', definition, scope: this.#frame.scope, decorated };
    this.#noteCustomGradient(definition, has);
    if (this.#frame.scope.kind !== 'class' && this.#frame.calls.length === 0) this.#analyseLater(value, definition);
    return value;
  }

  /** Notes what is part of an operation with a derivative of its own, as the functions inside it are. */
  #noteCustomGradient(definition: Definition, isDecorated: (name: string) => boolean = () => false): void {
    const around = this.#active.at(-1);
    if (
      isCustomGradient(definition) ||
      customGradientDecorators.some(isDecorated) ||
      (around !== undefined && this.#customGradients.has(around))
    ) {
      this.#customGradients.add(definition);
    }
  }

  #decorator(decorator: PyExpression): { names: string[]; plain: boolean; stopsGradients: boolean } {
    const made = this.#evaluate(decorator);
    // @partial(jax.jit, static_argnums=0)
    const value = made.kind === 'object' && made.applied?.does === 'partial' ? made.applied.of : made;
    const named = decorator.kind === 'call' ? decorator.callee : decorator;
    const names: string[] = named.kind === 'name' ? [named.name] : named.kind === 'attribute' ? [named.name] : [];
    if (value.kind === 'path' || value.kind === 'object') {
      names.push(value.path, value.path.slice(value.path.lastIndexOf('.') + 1));
    }
    const stopsGradients = this.#stopsGradients(value);
    const kept = value.kind === 'path' && (knownName(value.path)?.meaning.does === 'keep' || replaces(value.path));
    const plain =
      stopsGradients ||
      kept ||
      (value.kind === 'function' && value.definition.kind === 'function' && isTransparent(value.definition)) ||
      names.some((name) => transparentDecorators.has(name) || propertyDecorator.test(name)) ||
      names.includes('setter');
    return { names, plain, stopsGradients };
  }

  #stopsGradients(value: Value): boolean {
    const path = value.kind === 'path' || value.kind === 'object' ? value.path : undefined;
    return path !== undefined && knownName(path)?.meaning.does === 'stop-gradients';
  }

  /** Whether a method sets attributes of its object. */
  #setsAttributes(member: Value): boolean {
    if (member.kind !== 'function') return false;
    const { start, end, parameters } = member.definition;
    return [...this.#text.slice(start, end).matchAll(setAttribute)].some(
      ([, object]) => object === parameters[0]?.name,
    );
  }

  /** Every function is gone through with unknown arguments once its module or enclosing function has been. */
  #analyseLater(value: FunctionValue, statement: Range, test = this.#frame.test): void {
    const action = (): void => {
      this.#analyse(value, statement, test);
    };
    // What states of training are made with is known before the functions that are given them.
    const isFirst =
      this.#makesStates && /\bapply_fn *=/.test(this.#text.slice(value.definition.start, value.definition.end));
    (isFirst ? this.#firstLater : this.#later).push({ root: this.#root, action });
  }

  #analyse(value: FunctionValue, statement: Range, test: boolean): void {
    const { definition, decorated, self } = value;
    const name = definition.kind === 'function' ? definition.name : '';
    const scope = new Scope('function', value.scope, localsOf(definition));
    const frame = Interpreter.#newFrame(scope, statement, {
      gradients: !decorated.stopsGradients && !this.#customGradients.has(definition),
      test: test || (/^_*test/i.test(name) && !this.#trains(definition)),
    });
    this.#active.push(definition);
    this.#inFrame(frame, () => {
      definition.parameters.forEach((parameter, index) => {
        if (index === 0 && self) scope.assign(parameter.name, self);
        else scope.assign(parameter.name, this.#parameter(parameter, value.scope));
      });
      this.#takeTensors(definition, self, scope);
      this.#body(definition);
    });
    this.#active.pop();
  }

  /** What a library calls a module with are tensors of it: `def forward(self, x)` of a `torch.nn.Module`. */
  #takeTensors(definition: Definition, self: Value | undefined, scope: Scope): void {
    if (definition.kind !== 'function' || self?.kind !== 'instance' || !takesTensors.test(definition.name)) return;
    const framework = libraryOf(self.of);
    if (!framework) return;
    const given = definition.parameters.flatMap(({ name }) => scope.find(name) ?? []);
    this.#belongsTo(
      framework,
      given.map((each) => (each.kind === 'quantity' ? each.expression : undefined)),
    );
  }

  /** Whether a function called a test trains and asserts nothing, as tutorials have them: `def test_mnist():`. */
  #trains({ start, end }: Range): boolean {
    const text = this.#text.slice(start, end);
    return /\.(minimize|fit|train_on_batch|apply_gradients)\(/.test(text) && !/\bassert/.test(text);
  }

  #body(definition: Definition): void {
    if (definition.kind === 'function') this.#block(definition.body);
    else this.#frame.returned.push(this.#evaluate(definition.body));
  }

  /** An unknown argument. A default that can be called is what it will be as a rule. */
  #parameter(parameter: Parameter, scope: Scope): Value {
    if (parameter.stars === '*') return { kind: 'list', items: [this.#opaque(parameter)], exact: false };
    if (parameter.stars === '**') return { kind: 'dict', entries: new Map() };
    const model = this.#typed(parameter) ?? this.#calledAs(parameter);
    if (model) return model;
    const unknown = this.#opaque(parameter);
    const given = parameter.default && this.#default(parameter.default, scope);
    // An epsilon is its default as a rule, and so is what is as small as one by another name.
    if (given?.kind === 'quantity' && given.expression.kind === 'constant') {
      const { value } = given.expression;
      if (isEpsilon(parameter.name) || (value > 0 && value <= largestEpsilon)) return given;
    }
    if (given?.kind === 'quantity' && given.expression.kind === 'constant' && given.expression.value > 0) {
      this.#known.of(unknown.expression).usual = given.expression;
    }
    if (given && isActivation(given, parameter.name)) return given;
    const callable = given && ['path', 'object', 'function', 'class', 'instance'].includes(given.kind);
    return callable ? (choose([unknown, given]) ?? unknown) : unknown;
  }

  /** What a parameter is whose type is a class of the file that can be called: `model: Net`. */
  #typed({ type: name }: Parameter): Value | undefined {
    const type = name === undefined ? undefined : this.#frame.scope.find(name);
    if (type?.kind !== 'class' || !callMethods.some((method) => type.members.has(method))) return undefined;
    return { kind: 'instance', of: type };
  }

  /** The model of the file that a parameter is by its name: `policy` where there is a `Policy`, `net` of only one. */
  #calledAs({ name, type, default: given }: Parameter): Value | undefined {
    if (type !== undefined || given || this.#isForeign()) return undefined;
    const model = this.#ask(modelCalled, name);
    const of = model === undefined ? undefined : this.#frame.scope.find(model);
    if (of?.kind !== 'class') return undefined;
    // What wraps a model is not given another wrapper; but `Net.train(net, batch)` has no other way to come by its model.
    const method = this.#active.find(({ start }) => start > of.definition.start && start < of.definition.end);
    return !method || isWithoutObject(method) ? { kind: 'instance', of } : undefined;
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
    for (const [name, member] of members) {
      if (member.kind !== 'function' || !this.#isWithoutSelf(member, members)) continue;
      members.set(name, { ...member, decorated: { ...member.decorated, as: 'static' } });
    }
    const value: ClassValue = { kind: 'class', definition, bases, members, attributes: new Map() };
    this.#made(value);
    if (outer.calls.length > 0) return value;
    const action = (): void => {
      this.#initialise(value, test);
    };
    this.#firstLater.push({ root: this.#root, action });
    // What a method leaves in the object is known where others take it from there: `self.sigma = sigmoid(s)`.
    const methods = [...members.values()];
    const setting = new Set(methods.filter((member) => this.#setsAttributes(member)));
    for (const member of [...setting, ...methods.filter((each) => !setting.has(each))]) {
      if (member.kind !== 'function' || member.definition.kind !== 'function') continue;
      if (initialisers.has(member.definition.name) || this.#isBorrowedAgain(member.definition, definition)) continue;
      this.#analyseLater(bound(member, value), member.definition, test);
    }
    return value;
  }

  /**
   * Whether a method takes no object, though nothing says so: `def forward(Z)` of a class that is called by its name. Its
   * first parameter is none by what it is called, and isn't used as one.
   */
  #isWithoutSelf({ definition, decorated }: FunctionValue, members: ReadonlyMap<string, Value>): boolean {
    const [first] = definition.parameters;
    if (definition.kind !== 'function' || first?.stars !== '' || decorated.as !== 'function') return false;
    if (definition.decorators.length > 0 || definition.name.startsWith('__') || objectName.test(first.name))
      return false;
    if (this.#isForeign()) return false;
    const code = this.#text.slice(definition.start, definition.end);
    const uses = [...code.matchAll(new RegExp(`\\b${first.name}\\.(\\w+)(\\s*=(?!=))?`, 'g'))];
    return uses.every(([, name = '', assigned]) => assigned === undefined && !members.has(name));
  }

  /**
   * Whether a class took a function from elsewhere for a method before: `unpickler = make_class` in the class that
   * `make_class` makes would be gone through for ever.
   */
  #isBorrowedAgain(method: FunctionDefinition, by: ClassDefinition): boolean {
    if (method.start >= by.start && method.end <= by.end) return false;
    const borrowed = this.#borrowed.get(by) ?? new Set();
    const isAgain = borrowed.has(method);
    this.#borrowed.set(by, borrowed.add(method));
    return isAgain;
  }

  /** Goes through the methods that set a new object's attributes. */
  #initialise(value: ClassValue, test = false): void {
    if (this.#initialised.has(value)) return;
    this.#initialised.add(value);
    if (!this.#rootOf.has(value)) {
      // A class of another module is made new each time, as what is called in its code may be this module's.
      value.attributes.clear();
      this.#made(value);
    }
    this.#for(this.#rootOf.get(value) ?? this.#root, () => {
      for (const name of initialisers) {
        const member = value.members.get(name);
        if (member?.kind === 'function') this.#analyse(bound(member, value), member.definition, test);
      }
    });
  }

  /** An attribute of an instance: what it was made with, or what any of its class has. */
  #attributeOfInstance(object: Instance, name: string, node: Range): Value | undefined {
    const { of, fields } = object;
    const given = fields?.get(name);
    if (given) return given;
    const value = this.#attribute(of, name, node, fields && object);
    // Its methods see what it was made with.
    return fields && value?.kind === 'function' && value.self ? { ...value, self: object } : value;
  }

  /** An attribute of a class's instances: their own, the class's, or of the classes that this one is made from. */
  #attribute(
    of: ClassValue,
    name: string,
    node: Range,
    object?: Instance,
    seen: ReadonlySet<ClassValue> = new Set(),
  ): Value | undefined {
    if (seen.has(of)) return undefined;
    this.#initialise(of);
    const own = of.attributes.get(name);
    const member = of.members.get(name);
    if (member?.kind === 'function') {
      const method = bound(member, of, object);
      return method.decorated.as === 'property' ? this.#callFunction(method, noArguments, node) : method;
    }
    if (own && member) return choose([own, member]) ?? own;
    if (own ?? member) return own ?? member;
    for (const base of of.bases) {
      const inherited =
        base.kind === 'class' ? this.#attribute(base, name, node, object, new Set([...seen, of])) : undefined;
      if (inherited) return inherited.kind === 'function' && inherited.self ? bound(inherited, of) : inherited;
    }
    return undefined;
  }

  // Names.

  #imports(path: string | undefined, node: Range, as: string): Value {
    if (path === undefined) return this.#opaque(node);
    const foreign = this.#foreign(path);
    if (foreign) return foreign;
    const namesake = this.#namesakeOf(path);
    if (namesake !== undefined) return { kind: 'path', path: namesake };
    if (!path.startsWith('.')) return { kind: 'path', path };
    // A module of the project that chooses among libraries: `from ..backend import xp as np`.
    const usual = arrayModules.get(as);
    return usual === undefined ? this.#opaque(node) : { kind: 'path', path: usual };
  }

  /** The library's function for one of the project that can't be read: `from ..utils import sigmoid`. */
  #namesakeOf(path: string): string | undefined {
    // Code of JAX takes NumPy for its data.
    const imported = this.#imported.includes('jax')
      ? this.#imported.filter((each) => each !== 'numpy')
      : this.#imported;
    const [framework, ...others] = imported;
    const name = path.slice(path.lastIndexOf('.') + 1);
    if (framework === undefined || others.length > 0 || frameworkOfModule(path) || knownName(path)) return undefined;
    return namesakes.get(framework)?.get(name.replace(/^_+|_(fn|func|function)$/g, ''));
  }

  /** What another module of the project has under a name. */
  #foreign(path: string): Value | undefined {
    if (!this.#load || knownName(path)) return undefined;
    const dot = path.lastIndexOf('.');
    if (dot <= 0) return undefined;
    const name = path.slice(dot + 1);
    const module = path.slice(0, dot);
    return name === '' || /^\.*$/.test(module) ? undefined : this.#load(module)?.bindings.get(name);
  }

  /** Whether what is evaluated stands in another module's text, where nothing is to be found. */
  #isForeign(): boolean {
    let { scope } = this.#frame;
    while (scope.parent) scope = scope.parent;
    return scope !== this.#module;
  }

  #lookUp(name: string): Value | undefined {
    const value = this.#frame.scope.find(name);
    if (value) return value;
    for (const module of this.#everythingOf) {
      if (knownName(`${module}.${name}`)) return { kind: 'path', path: `${module}.${name}` };
      const foreign = this.#foreign(`${module}.${name}`);
      if (foreign) return foreign;
    }
    // Of Python; in JavaScript a free `F` is anything.
    const usual = this.#imported.includes('tfjs') ? undefined : usualModules.get(name);
    if (usual !== undefined) return { kind: 'path', path: usual };
    return isBuiltin(name) || iterating.has(name) ? { kind: 'path', path: builtinPrefix + name } : undefined;
  }

  /** An element or an attribute of a value that isn't known, by what is written behind that. */
  #unknownPart(of: Variable, part: string, node: Range, more: Partial<Origin> = {}): Quantity {
    const value = this.#unknownAs(`${of.name}${part}`, node, false, more);
    if (value.expression.kind === 'variable') this.#parts.set(value.expression.name, { of, part });
    return value;
  }

  /** What nothing is known of but that it is the same wherever it is written so. */
  #unknownAs(key: string, node: Range, anywhere: boolean, more: Partial<Origin> = {}): Quantity {
    const before = this.#unknown.get(key);
    if (before) return before;
    const value = this.#fresh();
    const within = anywhere ? undefined : this.#active.at(-1);
    this.#known.of(value.expression).origin = { start: node.start, end: node.end, within, anywhere, ...more };
    this.#unknown.set(key, value);
    return value;
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
          if (object.kind === 'quantity' && value.kind === 'object')
            this.#replaceHead(target, object.expression, value);
          // What a class's own code sets, for any arguments, is what other code sees.
          if (object.kind !== 'instance' || object.fields || this.#rootOf.get(object.of) !== this.#root) continue;
          const { attributes } = object.of;
          const before = attributes.get(target.name);
          if (isStart(value)) {
            // The zeros that an array begins with are not what other code finds there.
            if (before && alternativesOf(before).some(isUnknown)) continue;
            const later = this.#opaque(target);
            this.#known.of(later.expression).framework = this.#known.frameworkOf(value.expression);
            attributes.set(target.name, before ? (choose([before, later]) ?? later) : later);
            continue;
          }
          const replaces = before === undefined || continues(value, before);
          attributes.set(target.name, replaces ? value : (choose([before, value]) ?? this.#fresh()));
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

  /** `model.fc = nn.Sequential(nn.Linear(512, 1), nn.Sigmoid())`: what a model from elsewhere gives is what that gives. */
  #replaceHead(
    { value, name }: Extract<PyExpression, { kind: 'attribute' }>,
    model: Expression,
    head: LibraryObject,
  ): void {
    if (model.kind !== 'variable' || !head.applied || !heads.has(name) || keyOf(value) === undefined) return;
    const body: LibraryObject = { ...head, applied: undefined };
    this.#assign(value, { ...head, applied: { does: 'chain', links: [body, head] } });
  }

  /** `p[mask] = eps` makes another tensor of p, `d['p'] = p` adds to a dictionary. */
  #assignElement(target: Subscript, value: Value): void {
    const { scope } = this.#frame;
    this.#use(value);
    this.#evaluateAll(target.index);
    const container = this.#evaluate(target.value);
    const name = keyOf(target.value);
    if (name === undefined) {
      // ps[t][mask] = eps: an element that was known is another one.
      const changed = target.value.kind === 'subscript' ? this.#elementKey(target.value) : undefined;
      if (changed !== undefined) scope.assign(changed, this.#opaque(target.value));
      return;
    }
    const computed = this.#elementKey(target);
    scope.forgetComputedElements(name);
    const [index] = target.index;
    if (container.kind === 'dict' && index?.kind === 'string' && container.entries.size < mostElements) {
      scope.assign(name, { ...container, entries: new Map(container.entries).set(index.value, value) });
    } else if (container.kind === 'dict' && index && index.kind !== 'string' && target.index.length === 1) {
      // Of unknowns each key has its own.
      const rest = isUnknown(value) ? container.rest : container.rest ? choose([container.rest, value]) : value;
      scope.assign(name, { kind: 'dict', entries: container.entries, ...(rest ? { rest } : {}) });
    } else if (container.kind === 'list') {
      scope.assign(name, { kind: 'list', items: [...container.items, value].slice(-mostAlternatives), exact: false });
    } else if (this.#isFilled(container, value)) {
      scope.assign(name, value);
    } else if (alternativesOf(container).some((each) => each.kind === 'quantity' && !isUnknown(each))) {
      scope.assign(name, this.#opaque(target.value));
    } else {
      const key = keyOf(target);
      if (key !== undefined) scope.assign(key, value);
    }
    if (computed !== undefined) scope.assign(computed, value);
  }

  /** Whether an array in which nothing has been put so far is filled, by a loop, with probabilities of its own format. */
  #isFilled(container: Value, value: Value): boolean {
    if (container.kind !== 'quantity' || container.expression.kind === 'operation') return false;
    if (value.kind !== 'quantity' || value.expression.kind !== 'operation') return false;
    const isTelling = ['softmax', 'sigmoid', 'divide', 'exp'].includes(value.expression.operator);
    if (!isTelling || this.#known.formatOf(value.expression) !== undefined) return false;
    const origin = this.#known.originOf(container.expression);
    return origin !== undefined && /^(\w+\.)+(zeros|empty)(_like)?\(/.test(this.#text.slice(origin.start, origin.end));
  }

  /**
   * What an element is remembered under whose index is a name: that name and what it stands for, so that `ys[t]` is
   * what the same pass of the loop has put there, and nothing where t is another one.
   */
  #elementKey(node: Subscript): string | undefined {
    const [index] = node.index;
    const object = keyOf(node.value);
    if (object === undefined || index?.kind !== 'name' || node.index.length !== 1 || node.sliced) return undefined;
    const position = this.#evaluate(index);
    if (position.kind !== 'quantity') return undefined;
    const { expression } = position;
    let identity: string;
    if (expression.kind === 'constant') identity = String(expression.value);
    else if (expression.kind === 'variable') identity = expression.name;
    else {
      const number = this.#positions.get(expression) ?? this.#positions.size;
      this.#positions.set(expression, number);
      identity = `#${String(number)}`;
    }
    return `${object}${computedElement}${index.name}=${identity}]`;
  }

  #unpack(value: Value, targets: readonly PyExpression[]): readonly (Value | undefined)[] {
    const star = targets.findIndex((target) => target.kind === 'starred');
    const parts = alternativesOf(value).map((single) => {
      if (single.kind === 'list' && single.exact && star < 0 && single.items.length === targets.length)
        return single.items;
      if (single.kind === 'list' && !single.exact) return targets.map((target) => this.#elementOf(single, target));
      // What a split tensor's parts have in common is how they were computed.
      if (single.kind === 'quantity' && single.expression.kind === 'operation') return targets.map(() => single);
      const [only, ...others] = targets;
      if (single.kind === 'quantity' && only && others.length === 0 && star < 0) {
        const element = this.#fresh();
        this.#setOrigin(element.expression, only, { firstOf: single.expression });
        return [element];
      }
      return undefined;
    });
    return targets.map((target, index) => {
      // What nothing is known of is the same, whichever of the values it is taken from.
      const known = parts.flatMap((part) => part?.[index] ?? []);
      return choose(known.length < parts.length ? [...known, this.#opaque(target)] : known);
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
  #opaque(at: Range): Quantity {
    const value = this.#fresh();
    this.#setOrigin(value.expression, at);
    return value;
  }

  #setOrigin(expression: Expression, { start, end }: Range, more: Partial<Origin> = {}): void {
    if (this.#isForeign()) return;
    this.#known.of(expression).origin ??= { start, end, within: this.#active.at(-1), ...more };
  }

  #fresh(): Quantity {
    return { kind: 'quantity', expression: variable(`${this.#prefix}${String(++this.#variables)}`) };
  }

  /** Notes that a value is used for something. */
  #use(value: Value): void {
    switch (value.kind) {
      case 'quantity': {
        const facts = this.#known.of(value.expression);
        facts.isUsed = true;
        this.#touch(facts.root);
        return;
      }
      case 'list':
        for (const item of value.items) if (item.kind !== 'list') this.#use(item);
        return;
      case 'choice':
        for (const single of value.of) this.#use(single);
        return;
      default:
    }
  }

  #evaluateAll(nodes: readonly PyExpression[]): void {
    for (const node of nodes) this.#use(this.#evaluate(node));
  }

  #evaluate(node: PyExpression): Value {
    if (this.#frame.calls.length > 0) this.#spent++;
    switch (node.kind) {
      case 'name':
        return this.#lookUp(node.name) ?? this.#unknownAs(node.name, node, true);
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
        return node.value === null ? none : { kind: 'truth', truth: node.value };
      case 'unary': {
        const operand = this.#evaluate(node.operand);
        if (node.operator === '+') return operand;
        if (node.operator !== '-') {
          if (operand.kind === 'quantity' && isComparison(operand.expression)) {
            return this.#compute([operand], node, undefined, ([x]) => x && not(x));
          }
          this.#use(operand);
          return this.#opaque(node);
        }
        return this.#compute(
          [operand],
          node,
          undefined,
          ([x]) => x && (x.kind === 'constant' ? constant(-x.value) : negate(x)),
          { places: [node.operand] },
        );
      }
      case 'binary':
        return this.#binary(node.operator, this.#evaluate(node.left), this.#evaluate(node.right), node, [
          node.left,
          node.right,
        ]);
      case 'conditional':
        return this.#conditional(node);
      case 'lambda': {
        const decorated: Decorated = { plain: true, as: 'function', stopsGradients: false };
        const value: FunctionValue = { kind: 'function', definition: node, scope: this.#frame.scope, decorated };
        this.#noteCustomGradient(node);
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
        let rest: Value | undefined;
        for (const { key, value } of node.entries) {
          const entry = this.#evaluate(value);
          if (key && key.kind !== 'string') this.#evaluate(key);
          if (key?.kind === 'string') entries.set(key.value, entry);
          else if (!key && entry.kind === 'dict') {
            for (const [name, more] of entry.entries) entries.set(name, more);
            rest = entry.rest ?? rest;
          }
        }
        return { kind: 'dict', entries, ...(rest ? { rest } : {}) };
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

  #conditional(node: Conditional): Value {
    const frame = this.#frame;
    const outside = frame.conditions;
    const outcome = this.#outcome(node.test);
    if (outcome !== undefined) return this.#evaluate(outcome ? node.whenTrue : node.whenFalse);
    const tests = this.#test(node.test);
    frame.conditions = [...outside, ...tests.met];
    const whenTrue = this.#evaluate(node.whenTrue);
    frame.conditions = [...outside, ...tests.unmet];
    const whenFalse = this.#evaluate(node.whenFalse);
    frame.conditions = outside;
    return choose([whenTrue, whenFalse]) ?? this.#opaque(node);
  }

  #comprehension(node: Comprehension): Value {
    const frame = this.#frame;
    const { scope: outer, ofElement } = frame;
    const sources = node.loops.map(({ iterable }, index) => (index === 0 ? this.#evaluate(iterable) : undefined));
    frame.scope = new Scope('expression', outer);
    node.loops.forEach(({ targets, iterable }, index) => {
      const source = sources[index] ?? this.#evaluate(iterable);
      const [target] = targets;
      if (target && targets.length === 1) {
        const isBesideWhole = this.#isBesideWhole(node, iterable);
        frame.ofElement ||= isBesideWhole;
        this.#assign(target, isBesideWhole ? source : this.#elementOf(source, target));
      } else
        this.#assign(
          { kind: 'sequence', start: node.start, end: node.end, items: targets },
          this.#elementOf(source, node),
        );
    });
    this.#evaluateAll(node.conditions);
    const elements = node.elements.map((element) => this.#evaluate(element));
    frame.scope = outer;
    frame.ofElement = ofElement;
    const [element, value] = elements;
    // Of a dictionary its keys and values.
    if (value) return isUnknown(value) ? this.#opaque(node) : { kind: 'dict', entries: new Map(), rest: value };
    return element ? { kind: 'list', items: [element], exact: false } : this.#opaque(node);
  }

  /**
   * Whether the elements of a tensor are taken together with the whole of it, `[np.exp(x) / np.sum(np.exp(xs)) for x in
   * xs]`: the generic element, as a tensor is known by. Of two such loops the elements are not the same, nor is the
   * element of `x - xs`.
   */
  #isBesideWhole({ loops, elements }: Comprehension, iterable: PyExpression): boolean {
    if (iterable.kind !== 'name' || loops.length !== 1 || this.#isForeign()) return false;
    const value = this.#lookUp(iterable.name);
    if (value?.kind !== 'quantity' || value.expression.kind !== 'variable') return false;
    const code = elements.map(({ start, end }) => this.#text.slice(start, end)).join('\n');
    const mentions = code.match(new RegExp(`(?<![\\w.])${iterable.name}\\b`, 'g')) ?? [];
    const alone = code.match(new RegExp(`\\(\\s*${iterable.name}\\s*(?:\\)|,\\s*(?:axis|dim)\\b)`, 'g')) ?? [];
    return mentions.length > 0 && alone.length === mentions.length;
  }

  #readAttribute(node: Extract<PyExpression, { kind: 'attribute' }>): Value {
    const key = keyOf(node);
    const assigned = key === undefined ? undefined : this.#frame.scope.find(key);
    if (assigned) return assigned;
    return this.#forEach(this.#evaluate(node.value), node, (object) => this.#attributeOf(object, node.name, node));
  }

  #attributeOf(object: Single, name: string, node: Range): Value {
    switch (object.kind) {
      case 'path': {
        const path = `${object.path}.${name}`;
        return this.#foreign(path) ?? { kind: 'path', path: this.#namesakeOf(path) ?? path };
      }
      case 'instance': {
        const own = this.#attributeOfInstance(object, name, node);
        if (own) return own;
        if (name === 'apply' && isOfFlax(object.of)) {
          // The parameters, and then what the module is called with.
          const applied: Applied = { does: 'skip', of: object, arguments: 1 };
          return { kind: 'object', path: 'flax.linen.Module.apply', applied, made: object.of.definition };
        }
        return this.#unknownAttribute(object, name, node);
      }
      case 'class':
        return object.members.get(name) ?? this.#opaque(node);
      case 'quantity':
        if (sameAttributes.has(name)) return object;
        // Of a layer that is its last activation: TensorLayer's.
        if (modelOutputs.has(name) && isLastStep(object.expression)) return object;
        // Arrays of NumPy or CuPy that know which: `x.xp.exp(x.data)`.
        if (name === 'xp') return { kind: 'path', path: 'numpy' };
        if (object.expression.kind !== 'variable') return this.#opaque(node);
        if (name === 'apply_fn' && this.#applyFunction) return this.#applyFunction;
        if (isEpsilon(name)) {
          const epsilon = this.#ask(epsilonCalled, name);
          if (epsilon !== undefined) return { kind: 'quantity', expression: constant(epsilon) };
        }
        return this.#partOf(object.expression, name, node);
      case 'dict':
        // A dictionary whose entries are attributes, or an object of JavaScript.
        return object.entries.get(name) ?? this.#opaque(node);
      case 'object':
        if (object.applied?.does === 'give' && modelOutputs.has(name)) return object.applied.value;
        if (object.applied?.does === 'chain' && modelOutputs.has(name)) {
          return this.#do(
            object.applied,
            new CallArguments([this.#fresh()], new Map()),
            node,
            knownName(object.path)?.framework,
            object,
          );
        }
        return this.#opaque(node);
      case 'list': {
        const position = object.fields?.indexOf(name) ?? -1;
        return (position < 0 ? undefined : object.items[position]) ?? this.#opaque(node);
      }
      default:
        return this.#opaque(node);
    }
  }

  /** What another method leaves in an object: the same throughout a function, as long as that doesn't assign it. */
  #unknownAttribute({ of: { definition } }: Instance, name: string, node: Range): Value {
    const within = this.#active.at(-1);
    if (!within) return this.#opaque(node);
    return this.#unknownAs(`${String(within.start)}:${String(definition.start)}.${name}`, node, false);
  }

  /** An attribute of a value that isn't known. The parts of a complex tensor are tensors. */
  #partOf(of: Variable, name: string, node: Range): Value {
    const value = this.#unknownPart(of, `.${name}`, node);
    const framework = this.#known.frameworkOf(of);
    if (framework && (name === 'real' || name === 'imag')) this.#belongsTo(framework, [value.expression]);
    return value;
  }

  #element(node: Subscript): Value {
    const key = keyOf(node) ?? this.#elementKey(node);
    const assigned = key === undefined ? undefined : this.#frame.scope.find(key);
    if (assigned) return assigned;
    const container = this.#evaluate(node.value);
    const positions = node.index.map((part) => this.#evaluate(part));
    for (const position of positions) this.#use(position);
    const [index] = node.index;
    const [mask] = positions.length === 1 ? positions : [];
    return this.#forEach(container, node, (single) => {
      switch (single.kind) {
        case 'quantity':
          // x[x > 0]: what has been compared is known of the elements.
          if (mask?.kind === 'quantity' && isComparison(mask.expression, single.expression)) {
            return this.#compute([single, mask], node, undefined, ([x, at]) => x && at && operation('pick', x, at));
          }
          // x[argmax(y)]: elements of x at positions that were computed.
          if (mask?.kind === 'quantity' && isPosition(mask.expression)) {
            return this.#compute([single, mask], node, undefined, ([x, at]) => x && at && operation('pick', x, at));
          }
          if (single.expression.kind === 'operation') return single;
          if (single.expression.kind !== 'variable') return this.#opaque(node);
          return this.#unknownPart(
            single.expression,
            this.#text.slice(node.value.end, node.end),
            node,
            node.index.length === 1 && index && integerOf(index) === 0 ? { firstOf: single.expression } : {},
          );
        case 'list': {
          const position = node.index.length === 1 && index ? integerOf(index) : undefined;
          if (node.sliced) return { ...single, exact: false };
          const [only] = single.items.length === 1 && !single.exact ? single.items : [];
          if (position === -1) return single.items.at(-1) ?? this.#opaque(node);
          if (position !== undefined && single.exact) return single.items.at(position) ?? this.#opaque(node);
          // Of `*args` each element is another unknown.
          if (position !== undefined && only?.kind === 'quantity' && only.expression.kind === 'variable') {
            return this.#unknownPart(only.expression, `[${String(position)}]`, node);
          }
          return this.#elementOf(single, node);
        }
        case 'dict':
          return (
            (index?.kind === 'string' ? single.entries.get(index.value) : undefined) ??
            single.rest ??
            this.#opaque(node)
          );
        default:
          return this.#opaque(node);
      }
    });
  }

  /** What the methods `values` and `items` of a dictionary give that code has filled by keys that aren't known. */
  #elementsOf({ entries, rest }: Extract<Value, { kind: 'dict' }>, method: string, node: Range): Value | undefined {
    if (!rest || (method !== 'values' && method !== 'items')) return undefined;
    const values = [...entries.values(), rest];
    const items =
      method === 'values'
        ? values
        : values.map((value): Value => ({ kind: 'list', items: [this.#opaque(node), value], exact: true }));
    return { kind: 'list', items, exact: false };
  }

  #forEach(value: Value, node: Range, action: (single: Single) => Value): Value {
    if (value.kind !== 'choice') return action(value);
    return choose(value.of.map(action)) ?? this.#opaque(node);
  }

  #binary(operator: string, left: Value, right: Value, node: Range, places: readonly Range[] = []): Value {
    const build = arithmetic[operator];
    if (operator === '+' && left.kind === 'list' && !left.isJoined) {
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
    return this.#compute([left, right], node, undefined, ([a, b]) => a && b && build(a, b), { places });
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
    { format, object, axis, samples, detaches, guessed = false, places = [] }: Asked = {},
  ): Value {
    for (const operand of operands) {
      if (!operand) continue;
      if (!samples && !detaches) this.#use(operand);
      else
        for (const single of alternativesOf(operand))
          if (single.kind === 'quantity') {
            const facts = this.#known.of(single.expression);
            if (samples) facts.isSampled = true;
            else facts.isDetached = true;
            this.#touch(facts.root);
          }
    }
    if (object) this.#touch(this.#rootOf.get(object.made));
    const combinations = this.#combinations(operands, node);
    if (!combinations) return this.#lose(node);
    const results: Value[] = [];
    const alternatives: Expression[][] = [];
    const formats = new Set<FormatName | undefined>();
    let owner = framework;
    let uncertain = guessed;
    for (const given of combinations) {
      const combination = given.map((operand) => operand && this.#asOperand(operand));
      const known = combination.map((operand) => operand && this.#known.get(operand));
      if (!framework && known.some((facts) => facts?.isGuessed)) {
        uncertain = !known.some((facts) => facts?.framework && !facts.isGuessed);
      }
      for (const facts of known) owner ??= facts?.framework;
      const expression = this.#picking(this.#withUsualExponent(build(combination)));
      let depth = 1;
      for (const [index, operand] of combination.entries()) {
        if (operand?.kind === 'operation') depth = Math.max(depth, (known[index]?.depth ?? 0) + 1);
      }
      if (!expression || depth > deepestGraph || this.#known.sizeOf(expression) > largestTree) {
        results.push(this.#opaque(node));
        continue;
      }
      // Of complex numbers nothing is known.
      if (combination.some((operand) => operand?.kind === 'constant' && Number.isNaN(operand.value))) {
        if (expression.kind === 'operation' && expression.operator !== 'select') {
          results.push({ kind: 'quantity', expression: constant(NaN) });
          continue;
        }
      }
      const facts = this.#known.of(expression);
      const computedIn = format ?? widest(known);
      facts.format ??= computedIn;
      formats.add(computedIn);
      if (!facts.origin) {
        const written: { value: Expression; place: Range }[] = [];
        for (let index = 0; index < combination.length; index++) {
          const [value, place] = [combination[index], places[index]];
          if (value && place) written.push({ value, place: { start: place.start, end: place.end } });
        }
        facts.origin = {
          start: node.start,
          end: node.end,
          within: this.#active.at(-1),
          operands: written,
          ...(object ? { made: object.made } : {}),
          ...(axis ? { axis } : {}),
        };
      }
      if (facts.depth === undefined) {
        facts.depth = depth;
        if (expression.kind === 'operation' && this.#root) facts.root = this.#root;
      }
      if (this.#isWithoutGradient(expression, combination)) facts.isWithoutGradient = true;
      if (owner && !facts.framework) {
        facts.framework = owner;
        if (uncertain) facts.isGuessed = true;
      }
      if (framework && !guessed) this.#belongsTo(framework, combination);
      results.push({ kind: 'quantity', expression });
      if (known.some((each) => each?.isLost) && this.#frame.calls.length > 0) facts.isLost = true;
      else if (expression.kind === 'operation') alternatives.push([expression]);
    }
    // An alternative that is unknown may be anything, which says nothing against the others.
    if (owner && alternatives.length > 0) {
      const [only] = formats.size === 1 ? formats : [];
      this.#note(node, owner, { alternatives, format: only, object: object?.path, loss: undefined }, uncertain);
    }
    return choose(results) ?? this.#lose(node);
  }

  /** Whether a value that was just computed has no gradient: `with torch.no_grad(): p = model(x).softmax(1)`. */
  #isWithoutGradient(expression: Expression, operands: readonly (Expression | undefined)[]): boolean {
    if (expression.kind !== 'operation' || this.#asksForGradients) return false;
    if (!this.#frame.gradients) return true;
    const computed = operands.filter((operand) => operand && operand.kind !== 'constant');
    return (
      computed.length > 0 &&
      computed.every((operand) => operand && this.#known.get(operand)?.isWithoutGradient === true)
    );
  }

  /**
   * What takes the place of an expression in others: itself, or where they would become too large the same operations of
   * variables, so that what was computed last is still known.
   */
  #asOperand(expression: Expression): Expression {
    if (expression.kind !== 'operation') return expression;
    const facts = this.#known.of(expression);
    if ((facts.depth ?? 0) < deepestGraph - 10 && this.#known.sizeOf(expression) <= largestTree / 4) return expression;
    return (facts.top ??= this.#topOf(expression, keptOnTop));
  }

  #topOf(expression: Expression, levels: number): Expression {
    if (expression.kind !== 'operation') return expression;
    const facts = this.#known.of(expression);
    let copy: Expression;
    if (levels > 0) {
      copy = operation(expression.operator, ...expression.operands.map((operand) => this.#topOf(operand, levels - 1)));
    } else {
      if (facts.standIn) return facts.standIn;
      copy = this.#fresh().expression;
      facts.standIn = copy;
    }
    this.#known.describe(copy, expression);
    this.#known.of(copy).depth = levels;
    return copy;
  }

  /**
   * One of too many values. In a function that is called with some, what comes of it says less than what the function
   * does with any values at all, which is gone through by itself.
   */
  #lose(node: Range): Value {
    const value = this.#opaque(node);
    if (this.#frame.calls.length > 0) this.#known.of(value.expression).isLost = true;
    return value;
  }

  /** A power whose exponent is a parameter with a default below 1 is a root: `def tv_loss(x, beta=0.5)`. */
  #withUsualExponent(built: Expression | undefined): Expression | undefined {
    if (built?.kind !== 'operation' || built.operator !== 'power') return built;
    const [base, exponent] = built.operands as [Expression, Expression];
    const usual = this.#known.get(exponent)?.usual;
    if (usual) return isFraction(usual) ? power(base, usual) : built;
    // `1 / gamma` of a parameter with a default above 1.
    if (exponent.kind !== 'operation' || exponent.operator !== 'divide') return built;
    const [one, of] = exponent.operands as [Expression, Expression];
    const below = this.#known.get(of)?.usual;
    if (one.kind !== 'constant' || one.value !== 1 || below?.kind !== 'constant') return built;
    // In a norm of any order both powers have the same.
    const isOfPower = inOrder([base]).some((node) => node.kind === 'operation' && node.operands.includes(of));
    return below.value > 1 && !isOfPower ? power(base, divide(1, below)) : built;
  }

  /** A softmax times what is called actions or labels is times a one-hot of them, whose place it came from. */
  #picking(product: Expression | undefined): Expression | undefined {
    if (product?.kind !== 'operation' || product.operator !== 'multiply') return product;
    const [a, b] = product.operands as [Expression, Expression];
    if (isSoftmax(a) && this.#isChoice(b)) return multiply(a, operation('oneHot', b));
    return isSoftmax(b) && this.#isChoice(a) ? multiply(operation('oneHot', a), b) : product;
  }

  #isChoice(of: Expression): boolean {
    if (of.kind !== 'variable') return false;
    const origin = this.#known.originOf(of);
    const names = origin ? [this.#text.slice(origin.start, origin.end), ...(origin.names ?? [])] : [];
    // Of a parameter that is its name, and perhaps its type or default.
    return names.some((name) => choiceName.test(name.replace(/[:=].*/s, '').trim()));
  }

  /** A value that a framework's function takes is a tensor of it. */
  #belongsTo(framework: Framework, operands: readonly (Expression | undefined)[]): void {
    for (const operand of operands) {
      if (operand?.kind === 'variable') this.#known.of(operand).framework ??= framework;
    }
  }

  /** A method by the framework of its tensor, as far as it is known; else of the frameworks of the file. */
  #methodOf(of: Expression, name: string): { readonly known: Known | undefined; readonly guessed: boolean } {
    const facts = this.#known.get(of);
    const own = facts?.isGuessed ? undefined : facts?.framework;
    if (own) {
      const known = knownMethod(name, [own.name]);
      if (known) return { known, guessed: false };
    }
    const candidates = this.#imported.filter((framework) => knownMethod(name, [framework]) !== undefined);
    const known = knownMethod(name, candidates);
    return { known, guessed: candidates.length > 1 };
  }

  #note(
    node: Range,
    framework: Framework,
    what: Pick<Site, 'alternatives' | 'arguments' | 'loss' | 'made' | 'object' | 'format'>,
    guessed = false,
  ): void {
    if (this.#isForeign()) return;
    const { statement, calls, autocast, conditions, ofElement, test } = this.#frame;
    const isWithout = what.alternatives.every(([value]) => value && this.#known.get(value)?.isWithoutGradient);
    const gradients = this.#frame.gradients && !(isWithout && this.#trainsNothing());
    this.#sites.push({
      range: { start: node.start, end: node.end },
      statement,
      framework,
      calls,
      gradients,
      autocast,
      guessed,
      ofElement,
      conditions,
      test: test || this.#isOfTests,
      within: this.#active.at(-1),
      customGradient: this.#active[0] !== undefined && this.#customGradients.has(this.#active[0]),
      root: this.#root,
      ...what,
      format: what.format ?? (framework.differentiates ? this.#defaultFormat : undefined),
    });
  }

  /** Whether the function around has nothing to do with a loss, in which a value alone that is NaN does harm. */
  #trainsNothing(): boolean {
    const within = this.#active.at(-1);
    return (
      within !== undefined && !/loss|backward|minimi[sz]e|gradient/i.test(this.#text.slice(within.start, within.end))
    );
  }

  /** `optimizer.minimize(loss)`, `tape.gradient(loss, variables)`, `accelerator.backward(loss)`. */
  #noteMinimised(name: string, call: CallArguments, node: Call): void {
    const value = call.get(0, name === 'gradient' ? 'target' : 'loss');
    const at = call.placeOf([0, 'loss', 'target']) ?? node;
    if (value && (name !== 'gradient' || call.all.length > 1)) this.#noteObjective(value, at);
  }

  /** Notes a value that training minimises. */
  #noteObjective(value: Value, node: Range): void {
    for (const single of alternativesOf(value)) {
      // What trainers take of it: `return {'loss': loss, 'accuracy': accuracy}`.
      const part = single.kind === 'dict' ? single.entries.get('loss') : undefined;
      if (part) this.#noteObjective(part, node);
      if (single.kind !== 'quantity') continue;
      const facts = this.#known.get(single.expression);
      this.#touch(facts?.root);
      if (!facts?.framework) continue;
      const alternatives = [[single.expression]];
      this.#note(node, facts.framework, { alternatives, format: facts.format, object: undefined, loss: 'objective' });
    }
  }

  /** The operands as expressions, in every combination; undefined if there are too many. */
  #combinations(operands: readonly (Value | undefined)[], node: Range): (Expression | undefined)[][] | undefined {
    const choices = operands.map((operand) => (operand ? this.#expressionsOf(operand, node) : nothingGiven));
    // As a rule each is one value.
    if (choices.every(({ length }) => length === 1)) return [choices.map(([only]) => only)];
    const combinations = combinationsOf(choices);
    if (combinations && combinations.length <= mostAlternatives) return combinations;
    // Of several values that nothing is known of one stands for all, where that makes them few enough.
    let fewer = combinationsOf(choices.map(withOneUnknown));
    for (const operations of kinds)
      fewer ??= combinationsOf(choices.map((each) => oneOfEachKind(each, (choice) => choice, operations)));
    if (fewer || operands.length === 1) return fewer;
    // Else nothing is known of what may be one of several.
    return [choices.map((each, index) => (each.length > 1 ? this.#anyOf(operands[index], each) : each[0]))];
  }

  /** A variable for what may be any of these, the same each time. */
  #anyOf(value: Value | undefined, choices: Choices): Expression | undefined {
    if (!value) return undefined;
    let any = this.#anyOfValues.get(value);
    if (!any) {
      any = this.#fresh().expression;
      this.#anyOfValues.set(value, any);
      const frameworks = new Set(choices.map((choice) => choice && this.#known.frameworkOf(choice)));
      const facts = this.#known.of(any);
      if (frameworks.size === 1) [facts.framework] = frameworks;
      if (this.#frame.calls.length > 0) facts.isLost = true;
    }
    return any;
  }

  #expressionsOf(value: Value, node: Range): readonly (Expression | undefined)[] {
    if (value.kind === 'quantity') return [value.expression];
    return alternativesOf(value).flatMap((single): (Expression | undefined)[] => {
      switch (single.kind) {
        case 'quantity':
          return [single.expression];
        case 'none':
          return [undefined];
        case 'truth':
          return [constant(single.truth ? 1 : 0)];
        case 'path': {
          const number = knownNumber(single.path);
          if (number !== undefined) return [constant(number)];
          break;
        }
        case 'list':
          // Of values and positions that weren't told apart the values are meant.
          if (single.fields?.[0] === 'values' && single.items[0])
            return [...this.#expressionsOf(single.items[0], node)];
          // Stacked or concatenated tensors.
          if (single.items.length > 0 && single.items.length <= mostAlternatives) {
            const parts = single.items.flatMap((item) => (item.kind === 'quantity' ? [item.expression] : []));
            if (parts.length === single.items.length) return [...withOneUnknown(parts)];
          }
          // What its methods are called of, too; but numbers that are written down are data of which nothing is known.
          if (single.isJoined) {
            const joined = choose(single.items);
            const parts = joined && joined.kind !== 'none' ? this.#expressionsOf(joined, node) : [];
            if (parts.some((part) => part && part.kind !== 'constant')) return [...parts];
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
        if (callee.name === '__init__' && isSuper(callee.value)) this.#noteGivenToBase(call);
        const apply = call.named.get('apply_fn');
        if (apply && callee.name === 'create') return this.#stateWith(apply, node);
        const value = this.#forEach(receiver, node, (single) => this.#callMethod(single, callee.name, call, node));
        this.#noteGrown(node);
        this.#put(value, receiver, node);
        return value;
      }
    }
    const called = this.#evaluate(callee);
    const value = this.#apply(called, this.#argumentsOf(node), node);
    this.#noteGrown(node);
    this.#put(value, called, node);
    return value;
  }

  /** What a library's function is told to put its result into is that from here on: `torch.rand(n, out=q)`. */
  #put(value: Value, of: Value, node: Call): void {
    if (value.kind !== 'quantity' || of.kind !== 'path' || !frameworkOfModule(of.path)) return;
    const out = node.arguments.find(({ name }) => name === 'out')?.value;
    if (out && isPlace(out)) this.#assign(out, value);
  }

  /**
   * `TrainState.create(apply_fn=model.apply, ...)`: what training is given as the state of a model has that model's
   * function, and so has any state of a file that makes states of one model only.
   */
  #stateWith(apply: Value, node: Range): Value {
    this.#isEntangled = true;
    if (apply.kind === 'object' && apply.applied?.does === 'skip') {
      this.#models.add(apply.made);
      this.#applyFunction = this.#models.size === 1 ? apply : undefined;
    }
    return {
      kind: 'dict',
      entries: new Map([
        ['apply_fn', apply],
        ['params', this.#opaque(node)],
      ]),
    };
  }

  /** `super().__init__(nn.Linear(2, 1), nn.Sigmoid())`: what a class that is an `nn.Sequential` is made of. */
  #noteGivenToBase(call: CallArguments): void {
    const [self] = this.#active.at(-1)?.parameters ?? [];
    const object = self && this.#frame.scope.find(self.name);
    if (object?.kind !== 'instance' || call.positional.length === 0) return;
    object.of.attributes.set(givenToBase, { kind: 'list', items: call.positional, exact: true });
  }

  /** A model to which a function has added layers is another one after the call. */
  #noteGrown(node: Call): void {
    if (this.#grown.length === 0) return;
    for (const { value } of node.arguments) {
      const key = keyOf(value);
      const before = key === undefined ? undefined : this.#frame.scope.find(key);
      const grown = this.#grown.find(({ from }) => from === before);
      if (grown) this.#assign(value, grown.to);
    }
    this.#grown.length = 0;
  }

  #argumentsOf(node: Call): CallArguments {
    const positional: Value[] = [];
    // Most calls have none.
    let named: Map<string, Value> | undefined;
    let axis: Range | undefined;
    let places: (Range & { readonly name: string | undefined })[] | undefined = [];
    for (const { name, stars, value: argument } of node.arguments) {
      if (stars === '') places?.push({ start: argument.start, end: argument.end, name });
      else places = undefined;
      const value = this.#evaluate(argument);
      if (name === 'dim' || name === 'axis') axis = argument;
      else if (name === undefined && positional.length > 0 && integerOf(argument) !== undefined) axis ??= argument;
      if (name !== undefined) (named ??= new Map()).set(name, value);
      else if (stars === '') positional.push(value);
      else if (stars === '*') positional.push(...(value.kind === 'list' ? value.items : [this.#opaque(argument)]));
      else if (value.kind === 'dict') for (const [key, entry] of value.entries) (named ??= new Map()).set(key, entry);
    }
    return new CallArguments(positional, named ?? noNames, axis, places);
  }

  #callMethod(receiver: Single, name: string, call: CallArguments, node: Call): Value {
    const target = (node.callee as Extract<PyExpression, { kind: 'attribute' }>).value;
    if (minimisers.has(name) && call.all.length > 0) this.#noteMinimised(name, call, node);
    switch (receiver.kind) {
      case 'quantity': {
        if (name === 'apply_fn' && this.#applyFunction) return this.#apply(this.#applyFunction, call, node);
        const inPlace = name.endsWith('_') && !name.endsWith('__') && knownMethod(name) === undefined;
        const { known, guessed } = this.#methodOf(receiver.expression, inPlace ? name.slice(0, -1) : name);
        const format = formatsByMethod.get(name) ?? (name === 'backward' ? undefined : this.#formatAsked(call));
        if (format !== undefined && (!known || known.meaning.does === 'keep')) {
          return this.#inFormat(receiver, format, guessed ? undefined : known?.framework);
        }
        if (name === 'backward') this.#noteObjective(receiver, target);
        const applied = known?.meaning;
        if (name === 'item' && this.#known.frameworkOf(receiver.expression)?.differentiates) {
          return this.#compute([receiver], node, undefined, ([x]) => x && stopGradient(x), { detaches: true });
        }
        if (
          !known ||
          !applied ||
          applied.does === 'make' ||
          applied.does === 'stop-gradients' ||
          applied.does === 'autocast'
        ) {
          for (const value of call.all) this.#use(value);
          if (!shapeMethods.has(name)) this.#use(receiver);
          const result = this.#opaque(node);
          if (inPlace && isPlace(target)) this.#assign(target, result);
          return result;
        }
        const operands = call.after(receiver, target, firstAxis(node));
        const value = this.#do(applied, operands, node, known.framework, undefined, guessed);
        if (inPlace && isPlace(target)) this.#assign(target, value);
        return value;
      }
      case 'list': {
        const field = receiver.fields?.includes(name) ? this.#attributeOf(receiver, name, node) : undefined;
        if (field) return this.#apply(field, call, node);
        const joined = receiver.isJoined ? choose(receiver.items) : undefined;
        return joined
          ? this.#forEach(joined, node, (single) => this.#callMethod(single, name, call, node))
          : this.#listMethod(receiver, name, call, node);
      }
      case 'dict': {
        const [key] = call.positional;
        const entry = name === 'get' && key?.kind === 'text' ? receiver.entries.get(key.text) : undefined;
        const own = receiver.entries.get(name);
        if (entry ?? own) return entry ?? this.#apply(own as Value, call, node);
        if (name === 'get' && receiver.rest) return receiver.rest;
        return (call.all.length === 0 ? this.#elementsOf(receiver, name, node) : undefined) ?? this.#opaque(node);
      }
      case 'object':
        if (name === 'forward' || name === 'call' || name === '__call__') return this.#apply(receiver, call, node);
        if (fluentMethods.has(name)) return receiver;
        if (receiver.applied?.does === 'methods') {
          const method = entryOf(receiver.applied.methods, name);
          if (method) return this.#do(method, call, node, knownName(receiver.path)?.framework, receiver);
        }
        if (name === 'compile') this.#compile(receiver, call, node);
        if (
          receiver.applied?.does === 'chain' &&
          (name === 'add' || name === 'append' || name === 'add_module') &&
          keyOf(target) !== undefined
        ) {
          const links = [...receiver.applied.links, ...call.positional.slice(-1)];
          this.#assign(target, { ...receiver, applied: { does: 'chain', links } });
        }
        for (const value of call.all) this.#use(value);
        return this.#opaque(node);
      case 'instance': {
        const method = this.#attributeOfInstance(receiver, name, node);
        if (method) return this.#apply(method, call, node);
        for (const value of call.all) this.#use(value);
        if (name === 'compile') this.#compile(receiver, call, node);
        const known = this.#attributeOf(receiver, name, node);
        if (known.kind === 'object') return this.#apply(known, call, node);
        // A method that a class from elsewhere has.
        return fluentMethods.has(name) ? receiver : (this.#activated(name, call, node) ?? this.#opaque(node));
      }
      default:
        return this.#apply(this.#attributeOf(receiver, name, node), call, node);
    }
  }

  /** `model.compile(loss=...)`: the loss of what the model gives. */
  #compile(model: Value, call: CallArguments, node: Call): void {
    const given =
      call.get(1, 'loss') ?? (call.positional[0]?.kind === 'dict' ? call.positional[0].entries.get('loss') : undefined);
    const losses =
      given?.kind === 'list' ? given.items : given?.kind === 'dict' ? [...given.entries.values()] : [given];
    const argument = node.arguments.find(({ name }) => name === 'loss')?.value ?? node.arguments[1]?.value ?? node;
    const output = this.#apply(model, new CallArguments([this.#fresh()], new Map()), nowhere);
    if (losses.length === 1) {
      this.#minimise(losses[0], output, argument);
      return;
    }
    if (output.kind !== 'list' || !output.exact || output.items.length !== losses.length) return;
    const names = given?.kind === 'dict' ? [...given.entries.keys()] : undefined;
    for (const [index, loss] of losses.entries()) {
      const name = names?.[index];
      const own =
        name === undefined ? output.items[index] : output.items.find((item) => this.#isLayerCalled(name, item));
      if (own) this.#minimise(loss, own, argument);
    }
  }

  /** Whether a layer of that name gives an output: `Dense(2, name='gender')(x)`. */
  #isLayerCalled(name: string, output: Value): boolean {
    const origin = output.kind === 'quantity' ? this.#known.get(output.expression)?.origin : undefined;
    const code = origin ? this.#text.slice(origin.start, origin.end) : '';
    return new RegExp(`\\bname\\s*=\\s*['"]${name.replace(/\W/g, '.')}['"]`).test(code);
  }

  /** What a model gives is compared with its targets by a loss. */
  #minimise(loss: Value | undefined, output: Value, argument: Range): void {
    for (const single of loss ? alternativesOf(loss) : []) {
      const applied =
        single.kind === 'text'
          ? lossByName(single.text)
          : single.kind === 'path'
            ? withoutArguments(knownName(single.path)?.meaning)
            : undefined;
      const target = this.#fresh();
      if (single.kind === 'function') {
        const loss = this.#callFunction(single, new CallArguments([target, output], new Map()), argument);
        this.#noteObjective(loss, argument);
      } else if (single.kind === 'object') {
        this.#apply(single, new CallArguments([target, output], new Map()), argument);
      } else if (applied?.does === 'loss') {
        const framework = knownName('keras.losses.BinaryCrossentropy')?.framework;
        this.#do(applied, new CallArguments([target, output], new Map()), argument, framework);
      }
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
          for (const value of call.all) this.#use(value);
          return this.#opaqueOf(single.path, node);
        case 'function':
          return this.#callFunction(single, call, node);
        case 'class':
          return this.#instanceOf(single, call, node);
        case 'instance':
          return this.#callInstance(single, call, node);
        default:
      }
      for (const value of call.all) this.#use(value);
      return this.#opaque(node);
    });
  }

  /** A new object of a class, which knows what of its attributes is what its constructor was given. */
  #instanceOf(of: ClassValue, call: CallArguments, node: Range): Value {
    if (call.all.length === 0) return { kind: 'instance', of };
    const constructor = of.members.get('__init__');
    const fields = new Map<string, Value>();
    if (constructor?.kind === 'function') {
      if (!call.all.some((value) => isTelling(value))) return { kind: 'instance', of };
      const object: Instance = { kind: 'instance', of, fields };
      this.#callFunction(bound(constructor, of, object), call, node, fields);
      return fields.size > 0 ? object : { kind: 'instance', of };
    }
    const names = this.#annotatedNames(of);
    if (of.bases.some((base) => base.kind === 'path' && base.path === 'typing.NamedTuple')) {
      return this.#record(names, call, node);
    }
    for (const [index, name] of names.entries()) {
      const value = call.get(index, name);
      if (value && isTelling(value)) fields.set(name, value);
    }
    return fields.size > 0 ? { kind: 'instance', of, fields } : { kind: 'instance', of };
  }

  /** The names that a class annotates: of a dataclass what its constructor takes, in this order. */
  #annotatedNames({ definition }: ClassValue): readonly string[] {
    let names = this.#annotated.get(definition);
    if (!names) {
      const text = this.#text.slice(definition.start, definition.end);
      // The class may be another module's, and this its place in that one's text.
      const isHere = new RegExp(`^(?:@[^]*?\\n\\s*)?class\\s+${definition.name}\\b`).test(text);
      const found = (isHere ? text : '').matchAll(/^(?: {2}| {4}|\t)(\w+)\s*:(?=\s*[\w'"])/gm);
      names = [...found].map(([, name = '']) => name).filter((name) => !keywords.has(name));
      this.#annotated.set(definition, names);
    }
    return names;
  }

  /** A tuple with names for its elements. */
  #record(fields: readonly string[], call: CallArguments, node: Range): Value {
    const items = fields.map((field, index) => call.get(index, field) ?? this.#opaque(node));
    return { kind: 'list', items, exact: true, fields };
  }

  #callName(path: string, call: CallArguments, node: Range): Value {
    const known = knownName(path);
    if (known?.meaning.does === 'make') {
      this.#made(node);
      return { kind: 'object', path, applied: known.meaning.make(call), made: node };
    }
    if (known?.meaning.does === 'stop-gradients') return { kind: 'object', path, applied: undefined, made: node };
    if (known?.meaning.does === 'autocast') {
      const autocast = this.#formatAsked(call) ?? known.meaning.format;
      return { kind: 'object', path, applied: undefined, made: node, autocast };
    }
    this.#setDefault(path, call);
    if (rearranging.has(path) && call.positional[0]) return call.positional[0];
    const iterated = this.#iterated(path, call, node);
    if (iterated) return iterated;
    const [of, ...positional] = call.positional;
    if (path === 'collections.namedtuple' || path === 'typing.NamedTuple') {
      const fields = fieldsGiven(positional[0] ?? call.named.get('field_names'));
      if (fields) return { kind: 'object', path, applied: { does: 'record', fields }, made: node };
    }
    if (path === `${builtinPrefix}dict` && call.named.size > 0) {
      const given = of?.kind === 'dict' ? of.entries : [];
      return { kind: 'dict', entries: new Map([...given, ...call.named]) };
    }
    if (path === 'functools.partial' && of) {
      return { kind: 'object', path, applied: { does: 'partial', of, positional, named: call.named }, made: node };
    }
    // What gradients are asked for is learnt, whatever it begins as.
    const learnt = call.named.get('requires_grad');
    if (learnt?.kind === 'truth' && learnt.truth) return this.#opaque(node);
    // The language's own functions compute in the framework of what they are given.
    const framework = path.startsWith(builtinPrefix) ? undefined : known?.framework;
    const clipped = known ? undefined : this.#clipped(path, call, node);
    if (clipped) return clipped;
    if (known) {
      const value = this.#do(known.meaning, call, node, framework);
      return known.meaning.does === 'keep' && framework?.differentiates ? this.#taken(value, path, framework) : value;
    }
    for (const value of call.all) this.#use(value);
    if (path.endsWith('.finfo')) return this.#limitsOf(path, call) ?? this.#opaqueOf(path, node);
    return this.#activated(path, call, node) ?? this.#opaqueOf(path, node);
  }

  /**
   * What a layer gives that is a function or a method from elsewhere and is told its activation: `linear(h, 10,
   * activation=tf.nn.softmax)`. Of a whole network that may be the activation of what is hidden.
   */
  /** A limit between two numbers by a function of the project: `utils.clip(x, 0, 1)`. */
  #clipped(path: string, call: CallArguments, node: Range): Value | undefined {
    const [of, ...limits] = call.positional;
    if (!/(^|\.)_*(clip|clamp)(_by_value)?$/.test(path) || of?.kind !== 'quantity' || limits.length !== 2)
      return undefined;
    const [low, high] = limits.map((each) => (each.kind === 'quantity' ? literalOf(each.expression) : undefined));
    if (low === undefined || high === undefined || low >= high) return undefined;
    return this.#compute([of], node, undefined, ([x]) => x && clip(x, low, high));
  }

  #activated(path: string, call: CallArguments, node: Range): Value | undefined {
    const isLayer = /(linear|dense|fully_?connected|affine|fc\d*|conv(olution)?_?\d?d?(_?layer)?|layer)$/i.test(path);
    const ofOutput = outputActivations.map((name) => call.named.get(name)).find((value) => value !== undefined);
    const given =
      ofOutput ?? (isLayer ? layerActivations.map((name) => call.named.get(name)).find((value) => value) : undefined);
    if (!given || given.kind === 'none') return undefined;
    const activation = activationOf(given);
    if (!activation || activation === linear) return undefined;
    const framework = given.kind === 'path' ? knownName(given.path)?.framework : undefined;
    return this.#do(activation, new CallArguments([this.#fresh()], new Map()), node, framework);
  }

  /** `finfo(dtype)`: the numbers of a format, as attributes. */
  #limitsOf(path: string, call: CallArguments): Value | undefined {
    const [type] = call.all;
    const framework = frameworkOfModule(path);
    if (!framework) return undefined;
    const ofPython = type?.kind === 'path' && type.path === `${builtinPrefix}float`;
    const asked = ofPython ? 'float64' : this.#formatAsked(call);
    // Of a tensor's own type nothing is known: it is the framework's as a rule.
    const format = formatByName(asked ?? framework.formats[0] ?? 'float32');
    const { precision, max, smallestNormal } = format;
    const fields = { eps: 2 ** (1 - precision), max, min: -max, tiny: smallestNormal, smallest_normal: smallestNormal };
    const items = Object.values(fields).map((value): Value => ({ kind: 'quantity', expression: constant(value) }));
    return { kind: 'list', items, exact: true, fields: Object.keys(fields) };
  }

  /** An unknown tensor of the framework that a function or layer is of. */
  #opaqueOf(path: string, node: Range): Value {
    const value = this.#fresh();
    this.#setOrigin(value.expression, node);
    this.#known.of(value.expression).framework = frameworkOfModule(path);
    return value;
  }

  /** The type that a call names among its arguments. */
  #formatAsked(call: CallArguments): FormatName | undefined {
    for (const value of call.all) {
      if (value.kind === 'path') {
        const format = formatsByType.get(canonicalName(value.path));
        if (format !== undefined) return format;
      }
    }
    const named = call.named.get('dtype');
    const text = named?.kind === 'text' ? named : call.positional.find((value) => value.kind === 'text');
    return text?.kind === 'text' ? formatsByType.get(text.text) : undefined;
  }

  /** The operands of an operation. A limit is that of the format in which it was taken: of float32 1 - 1e-15 is 1. */
  #limitsStored(expression: Operation, by?: Framework): readonly Expression[] {
    const framework = this.#known.frameworkOf(expression) ?? by;
    const usual = (framework?.differentiates ? this.#defaultFormat : undefined) ?? framework?.formats[0];
    const format = this.#known.formatOf(expression) ?? usual;
    if (format === undefined || !limiting.has(expression.operator)) return expression.operands;
    const { round } = formatByName(format);
    return expression.operands.map((each) => {
      const limit = literalOf(each);
      return limit === undefined ? each : constant(round(limit));
    });
  }

  /** The same value in another format: another rounding of it, of the same origin. */
  #inFormat(value: Extract<Value, { kind: 'quantity' }>, format: FormatName, by?: Framework): Value {
    const { expression } = value;
    if (this.#known.formatOf(expression) === format) return value;
    const key = String(this.#copies.size);
    const before = this.#copies.get(expression)?.get(format);
    if (before) return { kind: 'quantity', expression: before };
    const copy: Expression =
      expression.kind === 'operation'
        ? operation(expression.operator, ...this.#limitsStored(expression, by))
        : expression.kind === 'variable'
          ? variable(`${expression.name}'${key}`)
          : expression;
    if (copy === expression) return value;
    const copies = this.#copies.get(expression) ?? new Map<FormatName, Expression>();
    this.#copies.set(expression, copies.set(format, copy));
    const [facts, known] = [this.#known.of(copy), this.#known.get(expression)];
    facts.format = format;
    facts.root = known?.root;
    facts.origin = known?.origin;
    facts.framework = known?.framework ?? by;
    facts.depth = known?.depth ?? 0;
    return { kind: 'quantity', expression: copy };
  }

  /** What is given to a library's function that moves or joins it is the library's own, or becomes so. */
  #taken(value: Value, path: string, framework: Framework): Value {
    if (value.kind === 'list') {
      // Not what lists inside it hold: lists of one list twice, of one list twice, and so on, have no end.
      const items = value.items.map((item) => (item.kind === 'quantity' ? this.#taken(item, path, framework) : item));
      // `torch.Tensor([])`, which a loop adds to.
      const filled = items.filter((item) => item.kind !== 'list' || item.items.length > 0);
      return { ...value, items: filled.length > 0 ? filled : items, isJoined: true };
    }
    if (value.kind !== 'quantity' || value.expression.kind !== 'variable') return value;
    const { expression } = value;
    if (this.#known.frameworkOf(expression)?.differentiates) return value;
    if (!making.test(path)) {
      this.#belongsTo(framework, [expression]);
      return value;
    }
    let copy = this.#tensors.get(expression);
    if (!copy) {
      copy = variable(`${expression.name}'t`);
      this.#tensors.set(expression, copy);
      this.#known.describe(copy, expression);
      this.#known.of(copy).framework = framework;
    }
    return { kind: 'quantity', expression: copy };
  }

  /** What Python's own functions make of lists: `zip(xs, ys)` lists of an element of each. */
  #iterated(path: string, call: CallArguments, node: Range): Value | undefined {
    const { positional } = call;
    const [first, second] = positional;
    if (!path.startsWith(builtinPrefix) || !first) return undefined;
    // Of lists that were made in many ways the elements say little, and several of them together are too many values.
    const elementOf = (list: Value): Value => {
      const element = this.#elementOf(list, node);
      return alternativesOf(element).length <= 2 ? element : this.#opaque(node);
    };
    const listOf = (items: readonly Value[]): Value => ({
      kind: 'list',
      items: [{ kind: 'list', items, exact: true }],
      exact: false,
    });
    switch (path.slice(builtinPrefix.length)) {
      case 'map':
        if (positional.length !== 2 || second?.kind !== 'list') return undefined;
        return {
          ...second,
          items: second.items.map((item) => this.#apply(first, new CallArguments([item], new Map()), node)),
        };
      case 'zip':
        return positional.length <= mostElements ? listOf(positional.map(elementOf)) : undefined;
      case 'enumerate':
        return listOf([
          { kind: 'quantity', expression: operation('nonNegative', this.#fresh().expression) },
          elementOf(first),
        ]);
      case 'reversed':
      case 'sorted':
      case 'list':
        return first.kind === 'list' ? { ...first, exact: false } : undefined;
      default:
        return undefined;
    }
  }

  #setDefault(path: string, call: CallArguments): void {
    const name = canonicalName(path);
    const index = defaultSetters.get(name);
    this.#isEntangled ||= index !== undefined || name === 'jax.config.update';
    if (index !== undefined) {
      const [type] = [...call.positional.slice(index), ...call.named.values()];
      if (type?.kind === 'text') this.#defaultFormat = formatsByType.get(type.text) ?? this.#defaultFormat;
      else if (type?.kind === 'path') this.#defaultFormat = formatsByType.get(type.path) ?? this.#defaultFormat;
    } else if (name === 'jax.config.update') {
      const [key] = call.positional;
      if (key?.kind === 'text' && key.text === 'jax_enable_x64') this.#defaultFormat = 'float64';
    }
  }

  #callInstance(object: Instance, call: CallArguments, node: Range): Value {
    const { of } = object;
    for (const name of callMethods) {
      const method = this.#attributeOfInstance(object, name, node);
      if (method) return this.#apply(method, call, node);
    }
    for (const base of of.bases) {
      if (base.kind !== 'path') continue;
      const given = of.attributes.get(givenToBase);
      const constructor = given?.kind === 'list' ? new CallArguments([...given.items], new Map()) : noArguments;
      return this.#apply(this.#callName(base.path, constructor, node), call, node);
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
    guessed = false,
  ): Value {
    const format = this.#formatAsked(call);
    const { axis } = call;
    switch (applied.does) {
      case 'compute': {
        const { parameters, loose, samples, build } = applied;
        const unknownName = [...call.named.keys()].some((name) => !parameters.includes(name) && !harmless.has(name));
        const operands = parameters.map(
          (name, index) => call.get(index, name) ?? (index === 0 ? call.only : undefined),
        );
        // What follows the operands of an operation of TensorFlow 1 is its name.
        const unknownOperand = call.positional.slice(parameters.length).some(({ kind }) => kind !== 'text');
        if (!loose && ((unknownName && !call.only) || unknownOperand)) {
          for (const value of call.all) this.#use(value);
          return this.#opaque(node);
        }
        const others = (): Expression => this.#fresh().expression;
        return this.#compute(operands, node, framework, (expressions) => build(expressions, others), {
          format,
          object,
          axis,
          samples,
          guessed,
          places: parameters.map((name, index) => call.placeOf([index, name])),
        });
      }
      case 'several': {
        const items = applied.parts.map(({ applied: part }) => this.#do(part, call, node, framework, object));
        return { kind: 'list', items, exact: true, fields: applied.parts.map(({ name }) => name) };
      }
      case 'choose': {
        const chosen = applied.choose(call);
        if (chosen) return this.#do(chosen, call, node, framework, object);
        for (const value of call.all) this.#use(value);
        return this.#opaque(node);
      }
      case 'keep': {
        const first = call.positional[0] ?? call.named.values().next().value;
        if (!first) return this.#opaque(node);
        if (
          framework === undefined &&
          first.kind === 'quantity' &&
          this.#known.frameworkOf(first.expression)?.differentiates
        ) {
          // A number of the language, which float() makes of a tensor, has no gradient.
          return this.#compute([first], node, undefined, ([x]) => x && stopGradient(x), { detaches: true });
        }
        if (format === undefined) return first;
        return this.#forEach(first, node, (single) =>
          single.kind === 'quantity' ? this.#inFormat(single, format, framework) : single,
        );
      }
      case 'loss': {
        const { formerly } = applied;
        const isOld = formerly && this.#ask(formerly.isMeant);
        const parameters = isOld ? formerly : applied;
        const operands = [parameters.prediction, parameters.target].map(
          (parameter) => argumentOf(call, parameter) ?? this.#opaque(node),
        );
        for (const value of call.all) this.#use(value);
        const combinations = this.#combinations(operands, node) ?? [];
        const alternatives = combinations.flatMap((combination) => {
          const known = combination.flatMap((expression) => expression ?? []);
          return known.length === combination.length ? [known] : [];
        });
        const formats = new Set(alternatives.map(([prediction]) => prediction && this.#known.formatOf(prediction)));
        const [only] = formats.size === 1 ? formats : [];
        if (framework && alternatives.length > 0) {
          const places = [call.placeOf(parameters.prediction), call.placeOf(parameters.target)];
          const [predicted, target] = places;
          const others = (call.places ?? []).filter((place) => !places.some((taken) => taken?.start === place.start));
          const given = predicted && target ? { arguments: [predicted, target, ...others] } : {};
          const made = object ? { made: object.made } : {};
          if (object) this.#touch(this.#rootOf.get(object.made));
          const loss = applied.loss;
          this.#note(node, framework, { alternatives, format: only, object: object?.path, loss, ...given, ...made });
        }
        const [prediction] = operands;
        if (!applied.result || !prediction) {
          const value = this.#fresh();
          this.#setOrigin(value.expression, node);
          const facts = this.#known.of(value.expression);
          facts.root = this.#root;
          facts.framework = framework;
          return value;
        }
        const { result } = applied;
        return this.#compute([prediction], node, framework, ([p]) => p && result(p), { object });
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
      case 'partial': {
        const { of, positional, named } = applied;
        const given = new CallArguments([...positional, ...call.positional], new Map([...named, ...call.named]));
        return this.#apply(of, given, node);
      }
      case 'record':
        return this.#record(applied.fields, call, node);
      case 'skip':
        return this.#apply(applied.of, new CallArguments(call.positional.slice(applied.arguments), new Map()), node);
      case 'differentiate': {
        const { of, by } = applied;
        const positional = call.positional.map((each, i) =>
          by?.includes(i) === false ? this.#withoutGradient(each) : each,
        );
        this.#apply(of, new CallArguments(positional, call.named), node);
        return this.#opaque(node);
      }
      case 'give':
        return applied.value;
      case 'methods':
        for (const value of call.all) this.#use(value);
        return this.#opaque(node);
      case 'sample':
        for (const value of call.all.flatMap(alternativesOf)) {
          if (value.kind !== 'quantity') continue;
          const facts = this.#known.of(value.expression);
          facts.isSampled = true;
          this.#touch(facts.root);
        }
        return this.#opaque(node);
    }
  }

  /** What a value is to a function that isn't differentiated by it. Of what is only given the names tell as much. */
  #withoutGradient(value: Value): Value {
    if (value.kind !== 'quantity' || value.expression.kind !== 'operation') return value;
    const expression = stopGradient(value.expression);
    this.#known.describe(expression, value.expression);
    return { kind: 'quantity', expression };
  }

  /**
   * What a function of the file returns for these arguments.
   * @param fields gets what it sets attributes of its object to, as a constructor does
   */
  #callFunction(value: FunctionValue, call: CallArguments, node: Range, fields?: Map<string, Value>): Value {
    const { definition, decorated, self } = value;
    const outer = this.#frame;
    const tooDeep = outer.calls.length >= deepestCall || this.#spent > callBudget || this.#active.includes(definition);
    if (!decorated.plain || tooDeep) {
      for (const argument of call.all) this.#use(argument);
      return this.#opaque(node);
    }
    const key = self?.kind === 'instance' && self.fields ? undefined : literalsOf(call);
    // The function inside another one is a different one each time that one is called.
    const ofScopes = this.#returned.get(definition) ?? new Map<Scope, Map<string, Returned>>();
    const known = ofScopes.get(value.scope) ?? new Map<string, Returned>();
    this.#returned.set(definition, ofScopes.set(value.scope, known));
    const before = key === undefined ? undefined : known.get(key);
    if (before) return this.#again(before, call);
    const firstVariable = this.#variables;
    const scope = new Scope('function', value.scope, localsOf(definition));
    const frame = Interpreter.#newFrame(scope, definition, {
      calls: [...outer.calls, { start: node.start, end: node.end }],
      gradients: outer.gradients && !decorated.stopsGradients,
      autocast: outer.autocast,
      conditions: outer.conditions,
      test: outer.test,
    });
    this.#active.push(definition);
    const result = this.#inFrame(frame, () => {
      this.#bind(definition.parameters, self && decorated.as !== 'static' ? call.after(self) : call, value.scope);
      this.#body(definition);
      return choose(frame.returned);
    });
    this.#active.pop();
    const [first] = definition.parameters;
    if (fields && first) {
      for (const [key, set] of scope.bindings.all()) {
        const name = key.startsWith(`${first.name}.`) ? key.slice(first.name.length + 1) : '';
        if (/^\w+$/.test(name) && isTelling(set)) fields.set(name, set);
      }
    }
    const models = call.all.flatMap((given) =>
      given.kind === 'object' && given.applied?.does === 'chain' ? given : [],
    );
    for (const from of models) {
      for (const { name } of definition.parameters) {
        const to = scope.find(name);
        if (to?.kind === 'object' && to.made === from.made && to !== from) this.#grown.push({ from, to });
      }
    }
    if (!result || key === undefined) return result ?? this.#opaque(node);
    known.set(key, { value: result, call, variables: [firstVariable, this.#variables] });
    return result;
  }

  /** What a function returns that was called before, of other values: with these in it, and others for what it made. */
  #again({ value, call: before, variables: [first, last] }: Returned, call: CallArguments): Value {
    const replaced = new Map<Expression, Expression>();
    const now = call.all;
    for (const [index, given] of before.all.entries()) {
      const other = now[index];
      if (given.kind !== 'quantity' || other?.kind !== 'quantity' || given.expression === other.expression) continue;
      if (given.expression.kind === 'variable') replaced.set(given.expression, other.expression);
    }
    if (replaced.size === 0) return value;
    const visit = (node: Expression): Expression => {
      const done = replaced.get(node);
      if (done) return done;
      let copy: Expression = node;
      const part = node.kind === 'variable' ? this.#parts.get(node.name) : undefined;
      const whole = part && visit(part.of);
      if (part && whole !== part.of && whole?.kind === 'variable') {
        // boxes[:, 0] of the boxes that are given now.
        const { origin, framework } = this.#known.of(node);
        const more = origin?.firstOf ? { ...origin, firstOf: whole } : origin;
        copy = this.#unknownPart(whole, part.part, origin ?? nowhere, more).expression;
        this.#known.of(copy).framework ??= framework;
        replaced.set(node, copy);
        return copy;
      }
      if (node.kind === 'variable') {
        const number = Number(/(\d+)'?\w*$/.exec(node.name)?.[1]);
        if (node.name.startsWith(this.#prefix) && number > first && number <= last) copy = this.#fresh().expression;
      } else if (node.kind === 'operation') {
        const operands = node.operands.map(visit);
        if (operands.some((operand, index) => operand !== node.operands[index]))
          copy = operation(node.operator, ...operands);
      }
      if (copy !== node) this.#known.describe(copy, node);
      replaced.set(node, copy);
      return copy;
    };
    const again = (each: Value): Value => {
      if (each.kind === 'quantity') return { kind: 'quantity', expression: visit(each.expression) };
      if (each.kind === 'list') return { ...each, items: each.items.map(again) };
      if (each.kind === 'choice') return choose(each.of.map(again)) ?? each;
      return each;
    };
    return again(value);
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

/** `@classmethod` and `@staticmethod`. */
const isWithoutObject = (method: Definition): boolean =>
  method.kind === 'function' &&
  method.decorators.some((each) => each.kind === 'name' && /^(class|static)method$/.test(each.name));

/** The framework whose module or layer a class is. */
function libraryOf({ bases }: ClassValue): Framework | undefined {
  for (const base of bases) {
    const found =
      base.kind === 'path' && /\.(Module|LightningModule|Layer|Model)$/.test(base.path)
        ? // The tensors of tf.keras are TensorFlow's, and its users have no other Keras.
          frameworkOfModule(base.path.startsWith('tensorflow.') ? 'tensorflow' : base.path)
        : base.kind === 'class'
          ? libraryOf(base)
          : undefined;
    if (found) return found;
  }
  return undefined;
}

/** Whose `apply` is given the parameters and then what the module is called with. */
function isOfFlax(of: ClassValue): boolean {
  return of.bases.some((base) =>
    base.kind === 'path' ? base.path.startsWith('flax.') : base.kind === 'class' && isOfFlax(base),
  );
}

/** Whether a function of a library makes something else of the function that it decorates. */
function replaces(path: string): boolean {
  return knownName(path)?.meaning.does === 'choose';
}

/** Whether it is what argmax, argsort and top-k give. */
function isPosition(expression: Expression): boolean {
  return expression.kind === 'operation' && expression.operator === 'index';
}

/** Whether it is a tensor of zeros or ones. */
function isStart(value: Value): value is Quantity {
  return value.kind === 'quantity' && isFilled(value.expression);
}

function isUnknown(value: Value): boolean {
  return value.kind === 'quantity' && value.expression.kind === 'variable';
}

const limiting: ReadonlySet<Operator> = new Set(['clip', 'maximum', 'minimum']);

/** What is called of a tensor and leaves it what it is, in another format or place. */
const moving = /^(\.(float|double|half|bfloat16|to|type|type_as|cuda|cpu|contiguous|clone)\([^()]*\))+$/;

/** Whether a chain of layers is an earlier one with more added to it. */
function continues(value: Value, before: Value): boolean {
  if (value.kind !== 'object' || before.kind !== 'object' || value.made !== before.made) return false;
  if (value.applied?.does !== 'chain' || before.applied?.does !== 'chain') return false;
  const { links } = value.applied;
  return before.applied.links.every((link, index) => link === links[index]);
}

function isLastStep(expression: Expression): boolean {
  return expression.kind === 'operation' && ['sigmoid', 'softmax', 'logSoftmax', 'tanh'].includes(expression.operator);
}

function isSoftmax(expression: Expression): boolean {
  return expression.kind === 'operation' && expression.operator === 'softmax';
}

function isFraction(value: Expression): boolean {
  return value.kind === 'constant' && value.value > 0 && value.value < 1;
}

/** Whether the name of an activation is what a layer is told by default: `def __init__(self, out_activation='sigmoid')`. */
function isActivation(given: Value, parameter: string): boolean {
  return (
    given.kind === 'text' && /activation|nonlin|(^|_)act(_|$)/i.test(parameter) && activationOf(given) !== undefined
  );
}

function isEpsilon(name: string): boolean {
  return /(^|_)(eps|epsilon)$/i.test(name);
}

/**
 * The number that a text gives an attribute of that name, whatever object it is of: an option of a command line, an entry
 * of a configuration, an attribute of a model. Undefined where there is none, or several different ones.
 */
const epsilonCalled = new Question((text, name: string): number | undefined => {
  const number = String.raw`(\d+(?:\.\d*)?(?:e-?\d+)?)(?![\w.*])`;
  const option = String.raw`--${name.replaceAll('_', '[-_]')}['"][^()]*?default\s*=\s*${number}`;
  const entry = String.raw`['"]${name}['"]\s*\]?\s*[:=]\s*${number}`;
  // With spaces around the sign, or a type: a line of a call may begin with a keyword.
  const attribute = String.raw`(?:\.${name}\s*=\s*|^[ \t]+${name}(?: = |\s*:\s*\w+\s*=\s*))${number}`;
  const found = new Set(
    [...text.matchAll(new RegExp([option, entry, attribute].join('|'), 'gm'))].map((match) =>
      // One of the groups has matched.
      Number(match.slice(1).join('')),
    ),
  );
  const [value = NaN] = found;
  return found.size === 1 && value > 0 && value < 1 ? value : undefined;
});

function bound(member: FunctionValue, of: ClassValue, self: Instance = { kind: 'instance', of }): FunctionValue {
  return member.decorated.as === 'static' ? member : { ...member, self };
}

/** Of layers that a value goes through one after the other the last, which decides what comes out. */
function lastLayer(iterable: Value): Value | undefined {
  if (iterable.kind !== 'list') return undefined;
  const isLayers = iterable.items.every(({ kind }) => kind !== 'list' && kind !== 'dict' && kind !== 'text');
  return isLayers && iterable.items.some(({ kind }) => kind === 'object') ? iterable.items.at(-1) : undefined;
}
