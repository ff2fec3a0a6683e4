import type { NodeType, TreeCursor } from '@lezer/common';
import { parser } from '@lezer/python';
import { chunksOf } from './chunks';
import { QuickReader } from './quickParse';
import type { Argument, Comprehension, Dictionary, Import, Parameter, PyExpression, Range, Statement } from './syntax';

const noChildren: readonly Raw[] = Object.freeze([]);

/** A node of the concrete tree, punctuation and keywords included, comments left out. */
class Raw {
  readonly name: string;
  readonly error: boolean;
  readonly isExpression: boolean;
  children: readonly Raw[] = noChildren;
  /** Of the tree below. */
  height = 0;

  constructor(
    type: NodeType,
    readonly start: number,
    readonly end: number,
  ) {
    const kind = (kinds[type.id] ??= kindOf(type));
    this.name = kind.name;
    this.error = type.isError;
    this.isExpression = kind.isExpression;
  }
}

interface Kind {
  readonly name: string;
  readonly isExpression: boolean;
}

/** By the types' numbers. */
const kinds: (Kind | undefined)[] = [];

/** A name that is a property's is one string wherever it is written, which the reader's comparisons live on. */
function kindOf({ name }: NodeType): Kind {
  return { name: Object.keys({ [name]: 0 })[0] ?? name, isExpression: expressionNames.has(name) };
}

/** Deeper expressions are left out, deeper blocks too (Python itself takes 200 brackets and 100 blocks). */
const deepestExpression = 400;
const deepestBlock = 100;

/**
 * The statements of a Python file. Nothing is ever thrown: what isn't Python, or isn't Python 3, leaves out the
 * expression or statement that it stands in and nothing else.
 */
export function parsePython(text: string): readonly Statement[] {
  return new PythonParser().parse(text);
}

/** A node of the module's own level, which is a statement or what an unfinished one left, and what it was read as. */
interface Node {
  readonly source: string;
  /** Whether there was nothing wrong with it: how errors are mended depends on what is around. */
  readonly clean: boolean;
  readonly statements: readonly Statement[];
  /** All that has a place in it, found when it is first moved. */
  ranges?: { start: number; end: number }[];
}

/** A part of a text that is parsed by itself. */
interface Chunk {
  readonly source: string;
  start: number;
  readonly nodes: readonly Node[];
}

/** A chunk that was just read. */
interface ReadChunk extends Chunk {
  readonly nodes: Node[];
}

/**
 * Reads the same text again and again while it is being changed: parses the chunks of it that the change touches, and
 * keeps the others, moved to where they are now. What it gives is that of `parsePython`, until the next time, and
 * statements that haven't changed are the same objects. (Lezer's own way to reuse parts of a tree takes statements for
 * the body of an unfinished `if` or `def` before them.)
 */
export class PythonParser {
  readonly #isQuick: boolean;
  #chunks: readonly Chunk[] = [];

  /** @param isQuick whether what is ordinary is read without the grammar, which must not make a difference */
  constructor(isQuick = true) {
    this.#isQuick = isQuick;
  }

  parse(text: string): readonly Statement[] {
    const source = withoutBareDots(text);
    const starts = chunksOf(source);
    const sources = starts.map((start, index) => source.slice(start, starts[index + 1] ?? source.length));
    const before = this.#chunks;
    let first = 0;
    while (first < Math.min(before.length, sources.length) && before[first]?.source === sources[first]) first++;
    let same = 0;
    while (
      same < Math.min(before.length, sources.length) - first &&
      before[before.length - 1 - same]?.source === sources[sources.length - 1 - same]
    ) {
      same++;
    }
    const reader = new Reader(text);
    // To the grammar half a character ends a comment, among other things.
    const quick = this.#isQuick && !/\p{Surrogate}/u.test(text) ? new QuickReader(text, source) : undefined;
    const again = sources
      .slice(first, sources.length - same)
      .map((each, index) => read(each, starts[first + index] ?? 0, quick, reader));
    keepNodes(before.slice(first, before.length - same), again);
    const after = before.slice(before.length - same);
    after.forEach((chunk, index) => {
      const by = (starts[sources.length - same + index] ?? 0) - chunk.start;
      if (by === 0) return;
      chunk.start += by;
      for (const node of chunk.nodes) move(node, by);
    });
    this.#chunks = [...before.slice(0, first), ...again, ...after];
    return this.#chunks.flatMap(({ nodes }) => nodes.flatMap(({ statements }) => statements));
  }
}

/** Reads a chunk of a text. */
function read(source: string, start: number, quick: QuickReader | undefined, reader: Reader): ReadChunk {
  const nodes = quick
    ?.read(start, start + source.length)
    ?.map((node): Node => ({ ...node, source: source.slice(node.start - start, node.end - start), clean: true }));
  return nodes ? { source, start, nodes } : readWithGrammar(source, start, reader);
}

/** Whatever is in it. */
function readWithGrammar(source: string, start: number, reader: Reader): ReadChunk {
  const nodes: Node[] = [];
  const cursor = parser.parse(source).cursor();
  for (let more = cursor.firstChild(); more; more = cursor.nextSibling()) {
    if (cursor.name === 'Comment') continue;
    const node = readTree(cursor.node.cursor(), start);
    nodes.push({
      source: source.slice(node.start - start, node.end - start),
      clean: !hasErrors(node),
      statements: reader.statements([node], 0),
    });
  }
  return { source, start, nodes };
}

/** Takes the old nodes for those that were read as they were, from the first and from the last on. */
function keepNodes(before: readonly Chunk[], again: readonly ReadChunk[]): void {
  const old = before.flatMap(({ nodes }) => nodes);
  const now = again.flatMap(({ nodes }) => nodes.map((node, index) => ({ nodes, index, node })));
  const isKept = (a: Node | undefined, b: Node | undefined): boolean =>
    !!a?.clean && !!b?.clean && a.source === b.source && a.statements.length === b.statements.length;
  const keep = (node: Node, place: (typeof now)[number]): void => {
    const [was, is] = [node.statements[0], place.node.statements[0]];
    if (was && is && was.start !== is.start) move(node, is.start - was.start);
    place.nodes[place.index] = node;
  };
  let first = 0;
  const most = Math.min(old.length, now.length);
  for (; first < most && isKept(old[first], now[first]?.node); first++) {
    keep(old[first] as Node, now[first] as (typeof now)[number]);
  }
  for (let last = 1; last <= most - first && isKept(old.at(-last), now.at(-last)?.node); last++) {
    keep(old.at(-last) as Node, now.at(-last) as (typeof now)[number]);
  }
}

/** Which part of a text has become another: from `start` to `endBefore`, now to `end`. */
export interface Change {
  readonly start: number;
  readonly endBefore: number;
  readonly end: number;
}

/** The part outside of which two texts are the same. */
export function changeBetween(before: string, after: string): Change {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  let endBefore = before.length;
  let end = after.length;
  while (endBefore > start && end > start && before.charCodeAt(endBefore - 1) === after.charCodeAt(end - 1)) {
    endBefore--;
    end--;
  }
  return { start, endBefore, end };
}

/** Moves everything in a node. */
function move(node: Node, by: number): void {
  if (!node.ranges) collectRanges(node.statements, (node.ranges = []));
  for (const range of node.ranges) {
    range.start += by;
    range.end += by;
  }
}

/** Whatever it is: only ranges have a start and an end. */
function collectRanges(below: object, ranges: { start: number; end: number }[]): void {
  const each = below as Record<string, unknown>;
  if (typeof each['start'] === 'number' && typeof each['end'] === 'number')
    ranges.push(below as (typeof ranges)[number]);
  for (const key in each) {
    const value = each[key];
    if (typeof value === 'object' && value !== null) collectRanges(value, ranges);
  }
}

function hasErrors(root: Raw): boolean {
  const open = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.error) return true;
    for (const child of node.children) open.push(child);
  }
  return false;
}

/**
 * The grammar doesn't know `1.` as a number: `01` takes its place, in the same number of characters. (In strings and
 * comments that does no harm; literals are read from the text itself.)
 */
function withoutBareDots(text: string): string {
  return text.replace(/(?<![\w.])(\d[\d_]*)\.(?=[eEjJ]?(?![\w.])|[eE][-+\d])/g, '0$1');
}

/** The tree below a node: the cursor's own, which it doesn't leave, of a text that begins at `offset`. */
function readTree(cursor: TreeCursor, offset = 0): Raw {
  const root = new Raw(cursor.type, cursor.from + offset, cursor.to + offset);
  if (!cursor.firstChild()) return root;
  const open = [root];
  // Iterative: the tree may be as deep as the text is long.
  for (let parent: Raw = root; ;) {
    const node = new Raw(cursor.type, cursor.from + offset, cursor.to + offset);
    if (node.name !== 'Comment') {
      if (parent.children === noChildren) parent.children = [node];
      else (parent.children as Raw[]).push(node);
    }
    if (cursor.firstChild()) {
      open.push(node);
      parent = node;
      continue;
    }
    if (parent.height === 0) parent.height = 1;
    while (!cursor.nextSibling()) {
      const done = open.pop();
      const above = open.at(-1);
      if (!done || !above) return root;
      parent = above;
      if (parent.height <= done.height) parent.height = done.height + 1;
      cursor.parent();
    }
  }
}

const expressionNames: ReadonlySet<string> = new Set([
  'ArrayComprehensionExpression',
  'ArrayExpression',
  'AwaitExpression',
  'BinaryExpression',
  'Boolean',
  'CallExpression',
  'ComprehensionExpression',
  'ConditionalExpression',
  'ContinuedString',
  'DictionaryComprehensionExpression',
  'DictionaryExpression',
  'Ellipsis',
  'FormatString',
  'LambdaExpression',
  'MemberExpression',
  'NamedExpression',
  'None',
  'Number',
  'ParenthesizedExpression',
  'SetComprehensionExpression',
  'SetExpression',
  'String',
  'TupleExpression',
  'UnaryExpression',
  'VariableName',
  'YieldExpression',
]);

const isExpression = (node: Raw): boolean => node.isExpression;
const operatorNames: ReadonlySet<string> = new Set(['ArithOp', 'BitOp', 'CompareOp', 'in', 'not', 'is', 'and', 'or']);

/** Whether it is of `and`, `or` or `not`, and is whole. */
function isLogical(node: Raw): boolean {
  if (broken(node)) return false;
  const operands = node.children.filter(isExpression).length;
  const [operator, other] = node.children.filter((child) => operatorNames.has(child.name));
  if (!operator || other) return false;
  if (node.name === 'UnaryExpression') return operands === 1 && operator.name === 'not';
  return node.name === 'BinaryExpression' && operands === 2 && (operator.name === 'and' || operator.name === 'or');
}

/** An operand of `and` and `or`, and from where to where it stands, with its parentheses. */
interface Term extends Range {
  readonly value: PyExpression;
}

function negated({ end, value }: Term, start: number): Term {
  return { start, end, value: { kind: 'unary', start, end, operator: 'not', operand: value } };
}

function joined(operator: 'and' | 'or', terms: readonly Term[]): Term {
  return terms.reduce((left, right) => {
    const at = { start: left.start, end: right.end };
    return { ...at, value: { kind: 'binary', ...at, operator, left: left.value, right: right.value } };
  });
}

class Reader {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  statements(nodes: readonly Raw[], depth: number): Statement[] {
    if (depth > deepestBlock) return [];
    return nodes.flatMap((node) => this.#statement(node, depth));
  }

  #textOf(node: Range): string {
    return this.#text.slice(node.start, node.end);
  }

  #statement(node: Raw, depth: number): Statement[] {
    const { start, end } = node;
    const at = { start, end };
    const expressions = (): PyExpression[] => this.#expressions(node.children);
    switch (node.name) {
      case 'AssignStatement':
        return [this.#assignment(node)];
      case 'UpdateStatement': {
        const index = node.children.findIndex((child) => child.name === 'UpdateOp');
        const operator = node.children[index];
        const target = node.children[index - 1];
        if (!operator || !target || broken(node)) return [{ kind: 'evaluate', ...at, parts: expressions() }];
        const value = this.#list(node.children.slice(index + 1), at);
        const symbol = this.#textOf(operator).slice(0, -1);
        return [{ kind: 'update', ...at, target: this.expression(target), operator: symbol, value }];
      }
      case 'ReturnStatement': {
        const rest = node.children.slice(1);
        const value = rest.some(isExpression) ? this.#list(rest, at) : undefined;
        return [{ kind: 'return', ...at, value }];
      }
      case 'RaiseStatement':
        return [{ kind: 'leave', ...at, how: 'raise', parts: expressions() }];
      case 'BreakStatement':
        return [{ kind: 'leave', ...at, how: 'break', parts: [] }];
      case 'ContinueStatement':
        return [{ kind: 'leave', ...at, how: 'continue', parts: [] }];
      case 'IfStatement':
        return [this.#if(node, depth)];
      case 'WhileStatement':
      case 'ForStatement':
        return [this.#loop(node, depth)];
      case 'WithStatement':
        return [this.#with(node, depth)];
      case 'TryStatement':
        return [this.#try(node, depth)];
      case 'MatchStatement':
        return [this.#match(node, depth)];
      case 'FunctionDefinition':
        return [this.#function(node, [], depth)];
      case 'ClassDefinition':
        return [this.#class(node, depth)];
      case 'DecoratedStatement': {
        const decorators = node.children
          .filter((child) => child.name === 'Decorator')
          .map((child) => this.#decorator(child));
        return node.children.flatMap((child): Statement[] => {
          if (child.name === 'FunctionDefinition') return [this.#function(child, decorators, depth)];
          return child.name === 'ClassDefinition' ? [this.#class(child, depth)] : [];
        });
      }
      case 'ImportStatement':
        return [this.#import(node)];
      case 'ScopeStatement': {
        const names = node.children
          .filter((child) => child.name === 'VariableName')
          .map((child) => this.#textOf(child));
        return [{ kind: 'scope', ...at, names }];
      }
      case 'DeleteStatement':
        return [{ kind: 'delete', ...at, targets: expressions() }];
      case 'StatementGroup':
      case 'Body':
        return this.statements(node.children, depth);
      default:
        // What remains are punctuation and what the parser could make nothing of.
        return node.name.endsWith('Statement') ? [{ kind: 'evaluate', ...at, parts: expressions() }] : [];
    }
  }

  #assignment(node: Raw): Statement {
    const { start, end } = node;
    const parts: Raw[][] = [[]];
    for (const child of node.children) {
      if (child.name === 'AssignOp') parts.push([]);
      else if (child.name !== 'TypeDef') parts.at(-1)?.push(child);
    }
    const value = parts.pop() ?? [];
    if (parts.length === 0 || value.length === 0 || broken(node)) {
      return { kind: 'evaluate', start, end, parts: this.#expressions(node.children) };
    }
    const targets = parts.map((part) => this.#list(part, node));
    return { kind: 'assign', start, end, targets, value: this.#list(value, node) };
  }

  #blocks(node: Raw, depth: number): { readonly keyword: string; readonly head: Raw[]; readonly body: Statement[] }[] {
    const blocks: { keyword: string; head: Raw[]; body: Statement[] }[] = [];
    let keyword = '';
    let head: Raw[] = [];
    for (const child of node.children) {
      if (child.name === 'Body') {
        blocks.push({ keyword, head, body: this.statements(child.children, depth + 1) });
        head = [];
        keyword = '';
      } else if (keyword === '' && /^[a-z]+$/.test(child.name)) keyword = child.name;
      else head.push(child);
    }
    return blocks;
  }

  #if(node: Raw, depth: number): Statement {
    const { start, end } = node;
    const blocks = this.#blocks(node, depth);
    const branches = blocks
      .filter((block) => block.keyword !== 'else')
      .map(({ head, body }) => ({ test: this.#list(head, node), body }));
    return { kind: 'if', start, end, branches, otherwise: blocks.find((block) => block.keyword === 'else')?.body };
  }

  #loop(node: Raw, depth: number): Statement {
    const { start, end } = node;
    const blocks = this.#blocks(node, depth);
    const main = blocks.find((block) => block.keyword !== 'else');
    const head = (main?.head ?? []).filter((child) => child.name !== 'for');
    const separator = head.findIndex((child) => child.name === 'in');
    return {
      kind: 'loop',
      start,
      end,
      targets: this.#expressions(separator < 0 ? [] : head.slice(0, separator)),
      source: this.#expressions(head.slice(separator + 1)),
      body: main?.body ?? [],
      otherwise: blocks.find((block) => block.keyword === 'else')?.body ?? [],
    };
  }

  #with(node: Raw, depth: number): Statement {
    const { start, end } = node;
    const [block] = this.#blocks(node, depth);
    const items: { value: PyExpression; target: PyExpression | undefined }[] = [];
    let asTarget = false;
    for (const child of block?.head ?? []) {
      if (child.name === 'as') asTarget = true;
      else if (isExpression(child)) {
        const value = this.expression(child);
        const last = items.at(-1);
        if (asTarget && last) last.target = value;
        else items.push({ value, target: undefined });
        asTarget = false;
      }
    }
    return { kind: 'with', start, end, items, body: block?.body ?? [] };
  }

  #try(node: Raw, depth: number): Statement {
    const { start, end } = node;
    const blocks = this.#blocks(node, depth);
    const bodyOf = (keyword: string): Statement[] => blocks.find((block) => block.keyword === keyword)?.body ?? [];
    const handlers = blocks
      .filter((block) => block.keyword === 'except')
      .map(({ head, body }) => {
        const as = head.findIndex((child) => child.name === 'as' || child.name === ',');
        const name = as < 0 ? undefined : head[as + 1];
        return { name: name && this.#textOf(name), body };
      });
    return {
      kind: 'try',
      start,
      end,
      body: bodyOf('try'),
      handlers,
      otherwise: bodyOf('else'),
      last: bodyOf('finally'),
    };
  }

  #match(node: Raw, depth: number): Statement {
    const { start, end } = node;
    const clauses = node.children.filter((child) => child.name === 'MatchBody').flatMap((child) => child.children);
    const cases = clauses
      .filter((child) => child.name === 'MatchClause')
      .map((clause) => ({
        names:
          clause.height > deepestExpression ? [] : this.#captured(clause.children.filter((c) => c.name !== 'Body')),
        body: clause.children.filter((c) => c.name === 'Body').flatMap((c) => this.statements(c.children, depth + 1)),
      }));
    return { kind: 'match', start, end, subject: this.#expressions(node.children), cases };
  }

  /** Names that patterns bind: not those of classes, of their attributes' keywords or of dotted constants. */
  #captured(nodes: readonly Raw[]): string[] {
    return nodes.flatMap((node) => {
      if (node.name === 'VariableName') return [this.#textOf(node)];
      if (node.name === 'AttributePattern') return [];
      const named = node.name === 'ClassPattern' || node.name === 'KeywordPattern';
      return this.#captured(named ? node.children.slice(1) : node.children);
    });
  }

  #function(node: Raw, decorators: readonly PyExpression[], depth: number): Statement {
    const { start, end } = node;
    const name = node.children.find((child) => child.name === 'VariableName');
    const list = node.children.find((child) => child.name === 'ParamList');
    const body = node.children.find((child) => child.name === 'Body');
    return {
      kind: 'function',
      start,
      end,
      name: name ? this.#textOf(name) : '',
      parameters: list ? this.#parameters(list) : [],
      body: body ? this.statements(body.children, depth + 1) : [],
      decorators,
    };
  }

  #parameters(list: Raw): Parameter[] {
    const parameters: { -readonly [key in keyof Parameter]: Parameter[key] }[] = [];
    let stars: Parameter['stars'] = '';
    let defaults = false;
    for (const child of list.children) {
      if (child.name === '*' || child.name === '**') stars = child.name;
      else if (child.name === ',') {
        stars = '';
        defaults = false;
      } else if (child.name === 'AssignOp') defaults = true;
      else if (defaults && isExpression(child)) {
        const last = parameters.at(-1);
        if (last) last.default = this.expression(child);
      } else if (child.name === 'VariableName') {
        parameters.push({ name: this.#textOf(child), stars, start: child.start, end: child.end });
      } else if (child.name === 'TypeDef') {
        const [, type, ...more] = child.children;
        const last = parameters.at(-1);
        if (last && type?.name === 'VariableName' && more.length === 0) last.type = this.#textOf(type);
      }
    }
    return parameters;
  }

  #class(node: Raw, depth: number): Statement {
    const { start, end } = node;
    const name = node.children.find((child) => child.name === 'VariableName');
    const list = node.children.find((child) => child.name === 'ArgList');
    const body = node.children.find((child) => child.name === 'Body');
    return {
      kind: 'class',
      start,
      end,
      name: name ? this.#textOf(name) : '',
      bases: list
        ? this.#arguments(list)
            .filter((base) => base.name === undefined)
            .map((base) => base.value)
        : [],
      body: body ? this.statements(body.children, depth + 1) : [],
    };
  }

  /** `@a.b(c)`: Lezer has the dotted name flat. */
  #decorator(node: Raw): PyExpression {
    let value: PyExpression | undefined;
    for (const child of node.children) {
      const range = { start: value?.start ?? child.start, end: child.end };
      if (child.name === 'VariableName' || child.name === 'PropertyName') {
        const name = this.#textOf(child);
        value = value ? { kind: 'attribute', ...range, value, name } : { kind: 'name', ...range, name };
      } else if (child.name === 'ArgList' && value) {
        value = { kind: 'call', ...range, callee: value, arguments: this.#arguments(child) };
      }
    }
    return value ?? { kind: 'other', start: node.start, end: node.end, parts: [] };
  }

  /**
   * `not`, `and` and `or` as Python binds them, in this order: the grammar gives `not` all that follows, so that
   * `not a and b` would be `not (a and b)`.
   */
  #logical(node: Raw): PyExpression {
    const terms: Term[] = [];
    const operators: string[] = [];
    /** Where `not` stands before the term that comes next. */
    let negations: number[] = [];
    const collect = (part: Raw): void => {
      const [first, second] = isLogical(part) ? part.children.filter(isExpression) : [];
      if (first && second) {
        collect(first);
        operators.push(part.children.some((child) => child.name === 'or') ? 'or' : 'and');
        collect(second);
      } else if (first) {
        negations.push(part.start);
        collect(first);
      } else {
        const { end } = part;
        const term = { start: part.start, end, value: this.expression(part) };
        terms.push(negations.reduceRight((operand, start) => negated(operand, start), term));
        negations = [];
      }
    };
    collect(node);
    const alternatives: Term[][] = [];
    terms.forEach((term, i) => {
      if (i === 0 || operators[i - 1] === 'or') alternatives.push([term]);
      else alternatives.at(-1)?.push(term);
    });
    return joined(
      'or',
      alternatives.map((items) => joined('and', items)),
    ).value;
  }

  #import(node: Raw): Import {
    const { start, end } = node;
    const names: { name: string; path: string | undefined }[] = [];
    const everythingOf: string[] = [];
    let module: string | undefined;
    let part: 'module' | 'names' = 'names';
    // `..` of a relative import.
    let dots = '';
    let dotted: string[] = [];
    let alias: string | undefined;
    let aliasNext = false;
    const finish = (): void => {
      const [first] = dotted;
      if (first !== undefined) {
        const path = dotted.join('.');
        if (module !== undefined || dots !== '') {
          const from = module === undefined || module === '' ? '' : `${module}.`;
          names.push({ name: alias ?? first, path: `${dots}${from}${path}` });
        } else if (alias !== undefined) names.push({ name: alias, path });
        else names.push({ name: first, path: first });
      }
      dotted = [];
      alias = undefined;
      aliasNext = false;
    };
    for (const child of node.children) {
      switch (child.name) {
        case 'from':
          part = 'module';
          break;
        case 'import':
          if (part === 'module') {
            module = dotted.join('.');
            dotted = [];
            part = 'names';
          }
          break;
        case '.':
        case '...':
        case 'Ellipsis':
          if (part === 'module' && dotted.length === 0) dots += child.name === '.' ? '.' : '...';
          break;
        case 'as':
          aliasNext = true;
          break;
        case '*':
          if (module !== undefined) everythingOf.push(dots + module);
          break;
        case ',':
          finish();
          break;
        case 'VariableName':
          if (aliasNext) alias = this.#textOf(child);
          else dotted.push(this.#textOf(child));
          break;
      }
    }
    if (part === 'names') finish();
    return { kind: 'import', start, end, names, everythingOf };
  }

  #expressions(nodes: readonly Raw[]): PyExpression[] {
    const expressions: PyExpression[] = [];
    for (const node of nodes) if (node.isExpression) expressions.push(this.expression(node));
    return expressions;
  }

  /** What stands between commas. */
  #items(nodes: readonly Raw[]): PyExpression[] {
    const items: PyExpression[] = [];
    let starred = false;
    for (const node of nodes) {
      if (node.name === '*') starred = true;
      else if (isExpression(node)) {
        const value = this.expression(node);
        items.push(starred ? { kind: 'starred', start: node.start, end: node.end, value } : value);
        starred = false;
      }
    }
    return items;
  }

  /** One expression for itself; several, or one and a comma, as the tuple that they are. */
  #list(nodes: readonly Raw[], range: Range): PyExpression {
    const items = this.#items(nodes);
    const [only] = items;
    if (only && items.length === 1 && !nodes.some((node) => node.name === ',')) return only;
    return { kind: 'sequence', start: nodes[0]?.start ?? range.start, end: nodes.at(-1)?.end ?? range.end, items };
  }

  expression(node: Raw): PyExpression {
    const { start, end } = node;
    switch (node.name) {
      case 'VariableName':
        return { kind: 'name', start, end, name: this.#textOf(node) };
      case 'Number':
        return { kind: 'number', start, end, value: numberOf(this.#textOf(node)) };
      case 'String':
        return { kind: 'string', start, end, value: stringOf(this.#textOf(node)) };
      case 'Boolean':
        return { kind: 'singleton', start, end, value: this.#textOf(node) === 'True' };
      case 'None':
        return { kind: 'singleton', start, end, value: null };
    }
    const at = { start, end };
    if (node.height > deepestExpression) return { kind: 'other', ...at, parts: [] };
    const inside = (): PyExpression => ({ kind: 'other', ...at, parts: this.#expressions(node.children) });
    if (broken(node)) return inside();
    const operands = node.children.filter(isExpression);
    const [first, second, third] = operands;
    switch (node.name) {
      case 'ParenthesizedExpression':
        if (node.children.some((child) => child.name === '*')) return inside();
        return first ? this.expression(first) : inside();
      case 'TupleExpression':
      case 'ArrayExpression':
      case 'SetExpression':
        return { kind: 'sequence', ...at, items: this.#items(node.children) };
      case 'DictionaryExpression':
        return { kind: 'dictionary', ...at, entries: this.#entries(node) };
      case 'UnaryExpression': {
        const operator = node.children[0];
        if (!operator || !first) return inside();
        if (isLogical(node)) return this.#logical(node);
        return { kind: 'unary', ...at, operator: this.#textOf(operator), operand: this.expression(first) };
      }
      case 'BinaryExpression': {
        const operator = node.children.filter((child) => operatorNames.has(child.name));
        if (!first || !second || operator.length === 0) return inside();
        if (isLogical(node)) return this.#logical(node);
        const symbol = operator.map((part) => this.#textOf(part)).join(' ');
        return {
          kind: 'binary',
          ...at,
          operator: symbol,
          left: this.expression(first),
          right: this.expression(second),
        };
      }
      case 'ConditionalExpression':
        if (!first || !second || !third) return inside();
        return {
          kind: 'conditional',
          ...at,
          test: this.expression(second),
          whenTrue: this.expression(first),
          whenFalse: this.expression(third),
        };
      case 'LambdaExpression': {
        const list = node.children.find((child) => child.name === 'ParamList');
        const body = node.children.at(-1);
        if (!body || !isExpression(body)) return inside();
        return { kind: 'lambda', ...at, parameters: list ? this.#parameters(list) : [], body: this.expression(body) };
      }
      case 'NamedExpression':
        if (!first || !second) return inside();
        return { kind: 'walrus', ...at, target: this.expression(first), value: this.expression(second) };
      case 'AwaitExpression':
        return first ? this.expression(first) : inside();
      case 'CallExpression': {
        const list = node.children.find((child) => child.name === 'ArgList');
        if (!first || !list) return inside();
        return { kind: 'call', ...at, callee: this.expression(first), arguments: this.#arguments(list) };
      }
      case 'MemberExpression': {
        if (!first) return inside();
        const name = node.children.at(-1);
        const isAttribute = name?.name === 'PropertyName';
        // Where neither follows, what is in it is read once: twice on each level would be for ever.
        if (!isAttribute && node.children[1]?.name !== '[') return inside();
        const value = this.expression(first);
        if (isAttribute) return { kind: 'attribute', ...at, value, name: this.#textOf(name) };
        const index = this.#expressions(operands.slice(1));
        return { kind: 'subscript', ...at, value, index, sliced: node.children.some((child) => child.name === ':') };
      }
      case 'ComprehensionExpression':
      case 'ArrayComprehensionExpression':
      case 'SetComprehensionExpression':
      case 'DictionaryComprehensionExpression':
        return this.#comprehension(node.children, at);
      default:
        return { kind: 'other', ...at, parts: this.#insideOf(node) };
    }
  }

  /** Expressions at any depth below: those of format strings stand in replacement fields. */
  #insideOf(node: Raw): PyExpression[] {
    return node.children.flatMap((child) => (isExpression(child) ? [this.expression(child)] : this.#insideOf(child)));
  }

  #entries(node: Raw): Dictionary['entries'] {
    const entries: { key: PyExpression | undefined; value: PyExpression }[] = [];
    let key: PyExpression | undefined;
    let last: PyExpression | undefined;
    const finish = (): void => {
      if (last) entries.push({ key, value: last });
      key = undefined;
      last = undefined;
    };
    for (const child of node.children) {
      if (child.name === ',') finish();
      else if (child.name === ':') key = last;
      else if (isExpression(child)) last = this.expression(child);
    }
    finish();
    return entries;
  }

  #comprehension(nodes: readonly Raw[], at: Range): Comprehension {
    const elements: PyExpression[] = [];
    const conditions: PyExpression[] = [];
    const loops: { targets: PyExpression[]; iterable: PyExpression }[] = [];
    let part: 'elements' | 'targets' | 'iterable' | 'conditions' = 'elements';
    let targets: PyExpression[] = [];
    for (const node of nodes) {
      if (node.name === 'for') {
        part = 'targets';
        targets = [];
      } else if (node.name === 'in') part = 'iterable';
      else if (node.name === 'if') part = 'conditions';
      else if (isExpression(node)) {
        const value = this.expression(node);
        if (part === 'elements') elements.push(value);
        else if (part === 'targets') targets.push(value);
        else if (part === 'iterable') loops.push({ targets, iterable: value });
        else conditions.push(value);
      }
    }
    return { kind: 'comprehension', ...at, elements, loops, conditions };
  }

  #arguments(list: Raw): Argument[] {
    const found: Argument[] = [];
    let group: Raw[] = [];
    // Whether commas stand between the targets of a comprehension, which has no node of its own here.
    let isBetweenTargets = false;
    const finish = (): void => {
      const argument = this.#argument(group);
      if (argument) found.push(argument);
      group = [];
    };
    for (const child of list.children) {
      const missing = child.error && child.start === child.end;
      if (child.name === 'for' || child.name === 'in') isBetweenTargets = child.name === 'for';
      if (child.name === ',' && !isBetweenTargets) finish();
      else if (child.name !== '(' && child.name !== ')' && !missing) group.push(child);
    }
    finish();
    return found;
  }

  /** What stands between two commas of a call. */
  #argument(group: readonly Raw[]): Argument | undefined {
    const [first, second, third] = group;
    if (!first) return undefined;
    if (!second && first.isExpression) return { stars: '', value: this.expression(first) };
    const { start } = first;
    const end = group.at(-1)?.end ?? first.end;
    if (group.some((node) => node.name === 'for')) {
      return { stars: '', value: this.#comprehension(group, { start, end }) };
    }
    if (second && (first.name === '*' || first.name === '**') && isExpression(second)) {
      return { stars: first.name, value: this.expression(second) };
    }
    if (third && second?.name === 'AssignOp' && isExpression(third) && !broken(second)) {
      const value = this.expression(third);
      if (this.#textOf(second) !== ':=') return { name: this.#textOf(first), stars: '', value };
      const target = this.expression(first);
      return { stars: '', value: { kind: 'walrus', start, end: third.end, target, value } };
    }
    // Something is wrong with this argument, but it is one.
    return { stars: '', value: { kind: 'other', start, end, parts: this.#expressions(group) } };
  }
}

/** Whether tokens were skipped among the node's children; a missing closing bracket does no harm. */
function broken(node: Raw): boolean {
  const { children } = node;
  for (const child of children) {
    if (child.error && (child.end > child.start || child !== children[children.length - 1])) return true;
  }
  return false;
}

function numberOf(text: string): number {
  const digits = text.replaceAll('_', '');
  return /j$/i.test(digits) ? NaN : Number(digits);
}

/** What is between the quotes of a literal; the last of them may be missing. */
function stringOf(text: string): string {
  const [opening, quotes] = /^[A-Za-z]*("""|'''|"|')/.exec(text) ?? [];
  if (opening === undefined || quotes === undefined) return text;
  const isClosed = text.length >= opening.length + quotes.length && text.endsWith(quotes);
  return text.slice(opening.length, isClosed ? text.length - quotes.length : undefined);
}
