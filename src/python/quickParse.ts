import type {
  Argument,
  Comprehension,
  Dictionary,
  Import,
  Parameter,
  PyExpression,
  Range,
  Statement,
  Subscript,
} from './syntax';

/** A statement of the module's own level as it stands in the text; several where `;` is between them. */
export interface QuickNode extends Range {
  readonly statements: readonly Statement[];
}

/** More than that is given up: the reader of the grammar's tree leaves out what is deeper than its limits. */
const tallest = 390;
const deepestNesting = 80;
const deepestBlocks = 60;

const gaveUp = new Error('This is for the grammar.');

/** Expressions begin so. */
const beginnings: ReadonlySet<string> = new Set([
  ...['name', 'number', 'string', 'format', '(', '[', '{', '+', '-', '~', '*', '...'],
  ...['not', 'lambda', 'await', 'None', 'True', 'False'],
]);

const keywords: ReadonlyMap<string, string> = new Map(
  [
    ...['False', 'None', 'True', 'and', 'as', 'assert', 'async', 'await', 'break', 'class', 'continue', 'def', 'del'],
    ...['elif', 'else', 'except', 'finally', 'for', 'from', 'global', 'if', 'import', 'in', 'is', 'lambda'],
    ...['nonlocal', 'not', 'or', 'pass', 'raise', 'return', 'try', 'while', 'with', 'yield'],
  ].map((word) => [word, word]),
);
const longestKeyword = 8;

/** Of operators between expressions, those that bind more tightly higher. */
const precedences: Readonly<Record<string, number>> = {
  ...{ or: 1, and: 2, '<': 3, '>': 3, '<=': 3, '>=': 3, '==': 3, '!=': 3, '<>': 3, in: 3, not: 3, is: 3 },
  ...{ '|': 4, '^': 5, '&': 6, '<<': 7, '>>': 7, '+': 8, '-': 8, '*': 9, '@': 9, '/': 9, '%': 9, '//': 9 },
};
const ofComparisons = 3;
/** Where operators begin that take no comparison as an operand. */
const ofExpressions = 4;

const [tab, lineFeed, formFeed, carriageReturn, space] = [9, 10, 12, 13, 32];
const [doubleQuote, hash, quote, equals, backslash, braceOpen, braceClose] = [34, 35, 39, 61, 92, 123, 125];
const [zero, nine, dot, less, greater] = [48, 57, 46, 60, 62];

/** What ASCII characters names are made of: 1 where one may begin so, 2 where it may only go on so. */
const nameParts = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[A-Za-z_]/.test(character) ? 1 : /\d/.test(character) ? 2 : 0;
});

const numberLiteral =
  /0[bB][_01]+|0[oO][_0-7]+|0[xX][_\da-fA-F]+|(?:\d[_\d]*(?:\.\d[_\d]*)?|\.\d[_\d]*)(?:[eE][-+]?\d[_\d]*)?[jJ]?/y;

/**
 * Reads Python as most people write it: several times as fast as the grammar does, and gives up where anything is out
 * of the ordinary, not finished or wrong. What it reads is exactly what comes of the grammar's tree, its ways included:
 * `await` takes all that follows.
 */
export class QuickReader {
  /** The text as its author wrote it, which literals and names are taken from. */
  readonly #text: string;
  /** The text that is read: the same, but for numbers that end with a dot. */
  readonly #source: string;
  #limit = 0;
  #at = 0;
  /** The token: a name, a literal, `update` (`+=`), `newline`, `end`, or the keyword or sign itself. */
  #kind = 'newline';
  #word = '';
  #start = 0;
  #end = 0;
  /** Where the token before ended. */
  #before = 0;
  /** How many brackets are open. */
  #open = 0;
  /** Of the line that the token stands in, and of the lines of the block that is being read. */
  #indent = 0;
  #block = 0;
  /** Where the last statement's line ended, the line break included. */
  #lineEnd = 0;
  /** Of the expression that was read last no less than the height of its tree. */
  #height = 0;
  #nesting = 0;
  #blocks = 0;
  /** Whether there was a comma in the list that was read last. */
  #comma = false;

  constructor(text: string, source: string) {
    this.#text = text;
    this.#source = source;
  }

  /** The statements in a part of the text; undefined where they are for the grammar. */
  read(start: number, end: number): QuickNode[] | undefined {
    this.#at = this.#end = start;
    this.#limit = end;
    this.#open = this.#block = this.#nesting = this.#blocks = 0;
    try {
      const nodes: QuickNode[] = [];
      this.#line();
      while (this.#kind !== 'end') {
        if (this.#indent !== 0) throw gaveUp;
        const from = this.#start;
        const statements: Statement[] = [];
        const to = this.#statement(statements);
        nodes.push({ start: from, end: to, statements });
      }
      return nodes;
    } catch (error) {
      if (error !== gaveUp) throw error;
      return undefined;
    }
  }

  // Tokens.

  /** Goes to the first token of the next line with any. */
  #line(): void {
    const source = this.#source;
    for (let at = this.#at; ;) {
      let indent = 0;
      const start = at;
      let code = source.charCodeAt(at);
      for (; code === space || code === tab; code = source.charCodeAt(++at)) {
        indent += code === tab ? 8 - (indent % 8) : 1;
      }
      if (at >= this.#limit) {
        if (at > start) throw gaveUp;
        this.#indent = 0;
        this.#at = at;
        break;
      }
      if (code === formFeed || code === backslash) throw gaveUp;
      if (code === hash) {
        at = this.#endOfComment(at);
        if (at >= this.#limit) throw gaveUp;
        code = source.charCodeAt(at);
      }
      if (code === lineFeed || code === carriageReturn) {
        at++;
        continue;
      }
      this.#indent = indent;
      this.#at = at;
      break;
    }
    this.#next();
  }

  #endOfComment(start: number): number {
    const source = this.#source;
    let at = start;
    while (at < this.#limit) {
      const code = source.charCodeAt(at);
      if (code === lineFeed || code === carriageReturn) break;
      at++;
    }
    return at;
  }

  #next(): void {
    const source = this.#source;
    this.#before = this.#end;
    let at = this.#at;
    let code: number;
    for (;;) {
      code = source.charCodeAt(at);
      if (code === space || code === tab || code === formFeed) at++;
      else if (code === lineFeed || code === carriageReturn) {
        if (this.#open === 0) break;
        at++;
      } else if (code === hash) at = this.#endOfComment(at);
      else if (code === backslash) {
        at = this.#continuation(at);
      } else break;
    }
    this.#start = at;
    if (at >= this.#limit) {
      this.#kind = 'end';
      this.#end = this.#at = at;
    } else if (code < 128 && nameParts[code] === 1) this.#name(at);
    else if (code >= zero && code <= nine) this.#number(at);
    else if (code === quote || code === doubleQuote) this.#string(at, at);
    else if (code === lineFeed || code === carriageReturn) this.#sign('newline', 1);
    else this.#operator(at, code);
  }

  /** After a line that ends in a backslash there has to be more. @returns where that stands in its line */
  #continuation(backslashAt: number): number {
    const source = this.#source;
    let at = backslashAt + 2;
    if (source.charCodeAt(backslashAt + 1) !== lineFeed) throw gaveUp;
    let code = source.charCodeAt(at);
    while (code === space || code === tab) code = source.charCodeAt(++at);
    if (code === lineFeed || code === carriageReturn || code === hash || at >= this.#limit) throw gaveUp;
    return at;
  }

  #sign(kind: string, length: number): void {
    this.#kind = kind;
    this.#end = this.#at = this.#start + length;
  }

  #name(start: number): void {
    const source = this.#source;
    let at = start + 1;
    let code = source.charCodeAt(at);
    while (code < 128 && nameParts[code] !== 0) code = source.charCodeAt(++at);
    if (code >= 128) throw gaveUp;
    if ((code === quote || code === doubleQuote) && at - start <= 2) {
      this.#string(start, at);
      return;
    }
    const word = source.slice(start, at);
    this.#kind = (at - start <= longestKeyword ? keywords.get(word) : undefined) ?? 'name';
    this.#word = word;
    this.#end = this.#at = at;
  }

  #number(start: number): void {
    const source = this.#source;
    numberLiteral.lastIndex = start;
    if (!numberLiteral.test(source)) throw gaveUp;
    const at = numberLiteral.lastIndex;
    const code = source.charCodeAt(at);
    if (code === dot || code >= 128 || (nameParts[code] ?? 0) !== 0) throw gaveUp;
    this.#kind = 'number';
    this.#end = this.#at = at;
  }

  /** A string, or the beginning of one with fields: `#at` is then behind the quotes. */
  #string(start: number, opening: number): void {
    const source = this.#source;
    const prefix = source.slice(start, opening).toLowerCase();
    const mark = source.charCodeAt(opening);
    const long = source.charCodeAt(opening + 1) === mark && source.charCodeAt(opening + 2) === mark;
    const inside = opening + (long ? 3 : 1);
    if (prefix.includes('f')) {
      if (prefix !== 'f' && prefix !== 'rf' && prefix !== 'fr') throw gaveUp;
      this.#kind = 'format';
      this.#end = this.#at = inside;
      return;
    }
    if (!/^(?:[ub]?|rb?|br)$/.test(prefix)) throw gaveUp;
    for (let at = inside; at < this.#limit; at++) {
      const code = source.charCodeAt(at);
      if (code === backslash) at = this.#escape(at) - 1;
      else if (code === mark && (!long || isLongEnd(source, at, mark))) {
        this.#kind = 'string';
        this.#word = this.#text.slice(inside, at);
        this.#end = this.#at = at + (long ? 3 : 1);
        if (this.#end > this.#limit) throw gaveUp;
        return;
      } else if (!long && (code === lineFeed || code === carriageReturn)) throw gaveUp;
    }
    throw gaveUp;
  }

  /** Where what a backslash in a string begins ends. */
  #escape(at: number): number {
    const code = this.#source.charCodeAt(at + 1);
    const isNamed = code === 78 && this.#source.charCodeAt(at + 2) === braceOpen;
    if (code === carriageReturn || isNamed || at + 1 >= this.#limit) throw gaveUp;
    return at + 2;
  }

  #operator(at: number, code: number): void {
    const second = this.#source.charCodeAt(at + 1);
    const sign = this.#source.charAt(at);
    switch (sign) {
      case '(':
      case ')':
      case '[':
      case ']':
      case '{':
      case '}':
      case ',':
      case ';':
      case '~':
        this.#sign(sign, 1);
        return;
      case ':':
        this.#sign(second === equals ? ':=' : ':', second === equals ? 2 : 1);
        return;
      case '=':
        this.#sign(second === equals ? '==' : '=', second === equals ? 2 : 1);
        return;
      case '!':
        this.#sign(second === equals ? '!=' : '!', second === equals ? 2 : 1);
        return;
      case '.':
        if (second >= zero && second <= nine) this.#number(at);
        else if (second === dot && this.#source.charCodeAt(at + 2) === dot) this.#sign('...', 3);
        else this.#sign('.', 1);
        return;
      case '-':
        if (second === greater) this.#sign('->', 2);
        else this.#mayUpdate('-', second);
        return;
      case '+':
      case '%':
      case '&':
      case '|':
      case '^':
      case '@':
        this.#mayUpdate(sign, second);
        return;
      case '*':
      case '/':
        if (second === code) this.#mayUpdate(sign === '*' ? '**' : '//', this.#source.charCodeAt(at + 2));
        else this.#mayUpdate(sign, second);
        return;
      case '<':
        if (second === less) this.#mayUpdate('<<', this.#source.charCodeAt(at + 2));
        else if (second === equals) this.#sign('<=', 2);
        else this.#sign(second === greater ? '<>' : '<', second === greater ? 2 : 1);
        return;
      case '>':
        if (second === greater) this.#mayUpdate('>>', this.#source.charCodeAt(at + 2));
        else this.#sign(second === equals ? '>=' : '>', second === equals ? 2 : 1);
        return;
      default:
        throw gaveUp;
    }
  }

  #mayUpdate(sign: string, next: number): void {
    if (next === equals) {
      this.#word = sign;
      this.#sign('update', sign.length + 1);
    } else this.#sign(sign, sign.length);
  }

  /** The token's kind, which what was called may have changed. */
  #now(): string {
    return this.#kind;
  }

  #take(kind: string): void {
    if (this.#kind !== kind) throw gaveUp;
    this.#next();
  }

  #takeName(): string {
    const word = this.#word;
    this.#take('name');
    return word;
  }

  #bracket(kind: string): void {
    this.#open++;
    this.#take(kind);
  }

  #closing(kind: string): void {
    this.#open--;
    this.#take(kind);
  }

  // Statements.

  /** Adds the statements of a line, or a compound one. @returns where it ends */
  #statement(to: Statement[]): number {
    const compound = this.#compound(this.#start);
    if (compound) {
      to.push(compound);
      return compound.end;
    }
    to.push(this.#small());
    while (this.#kind === ';') {
      this.#next();
      if (this.#now() !== 'newline' && this.#now() !== 'end' && this.#now() !== ';') to.push(this.#small());
    }
    const end = this.#before;
    if (this.#kind === 'newline') {
      this.#lineEnd = this.#end;
      this.#line();
    } else if (this.#kind === 'end') {
      this.#lineEnd = end;
      this.#indent = 0;
    } else throw gaveUp;
    return end;
  }

  #compound(start: number): Statement | undefined {
    switch (this.#kind) {
      case 'if':
        return this.#if(start);
      case 'for':
        return this.#for(start);
      case 'while': {
        this.#next();
        const source = [this.#testNamed()];
        const body = this.#body();
        const otherwise = this.#otherwise() ?? [];
        return { kind: 'loop', start, end: this.#lineEnd, targets: [], source, body, otherwise };
      }
      case 'def':
        return this.#function(start, []);
      case 'class':
        return this.#class(start);
      case 'with':
        return this.#with(start);
      case 'try':
        return this.#try(start);
      case '@':
        return this.#decorated();
      case 'async':
        this.#next();
        if (this.#now() === 'def') return this.#function(start, []);
        if (this.#now() === 'for') return this.#for(start);
        if (this.#now() === 'with') return this.#with(start);
        throw gaveUp;
      default:
        return undefined;
    }
  }

  #body(): Statement[] {
    const statements: Statement[] = [];
    if (this.#kind !== ':' || ++this.#blocks > deepestBlocks) throw gaveUp;
    const outer = this.#block;
    this.#next();
    if (this.#now() === 'newline') {
      this.#line();
      if (this.#now() === 'end' || this.#indent <= outer) throw gaveUp;
      this.#block = this.#indent;
      while (this.#now() !== 'end' && this.#indent === this.#block) this.#statement(statements);
      if (this.#indent > outer && this.#now() !== 'end') throw gaveUp;
    } else {
      if (this.#now() === 'end') throw gaveUp;
      this.#statementBeside(statements);
    }
    this.#block = outer;
    this.#blocks--;
    return statements;
  }

  /** In the line of what it belongs to, where only a simple one may stand. */
  #statementBeside(to: Statement[]): void {
    const { length } = to;
    this.#statement(to);
    switch (to[length]?.kind) {
      case 'if':
      case 'loop':
      case 'function':
      case 'class':
      case 'with':
      case 'try':
        throw gaveUp;
      default:
    }
  }

  #continuesWith(keyword: string): boolean {
    return this.#kind === keyword && this.#indent === this.#block;
  }

  #otherwise(): Statement[] | undefined {
    if (!this.#continuesWith('else')) return undefined;
    this.#next();
    return this.#body();
  }

  #if(start: number): Statement {
    const branches: { test: PyExpression; body: Statement[] }[] = [];
    do {
      this.#next();
      const test = this.#testNamed();
      branches.push({ test, body: this.#body() });
    } while (this.#continuesWith('elif'));
    const otherwise = this.#otherwise();
    return { kind: 'if', start, end: this.#lineEnd, branches, otherwise };
  }

  #for(start: number): Statement {
    this.#next();
    if (this.#kind === ',' || this.#kind === 'in') throw gaveUp;
    const targets: PyExpression[] = [];
    do {
      if (this.#kind === ',') this.#next();
      if (this.#kind === 'in') break;
      if (this.#kind === '*') this.#next();
      targets.push(this.#inner(ofExpressions));
    } while (this.#kind === ',');
    this.#take('in');
    const source = this.#tests();
    const body = this.#body();
    const otherwise = this.#otherwise() ?? [];
    return { kind: 'loop', start, end: this.#lineEnd, targets, source, body, otherwise };
  }

  #with(start: number): Statement {
    const items: { value: PyExpression; target: PyExpression | undefined }[] = [];
    do {
      this.#next();
      const value = this.#test();
      let target: PyExpression | undefined;
      if (this.#kind === 'as') {
        this.#next();
        const from = this.#start;
        const name = this.#takeName();
        target = { kind: 'name', start: from, end: this.#before, name };
      }
      items.push({ value, target });
    } while (this.#kind === ',');
    const body = this.#body();
    return { kind: 'with', start, end: this.#lineEnd, items, body };
  }

  #try(start: number): Statement {
    this.#next();
    const body = this.#body();
    const handlers: { name: string | undefined; body: Statement[] }[] = [];
    while (this.#continuesWith('except')) {
      this.#next();
      let name: string | undefined;
      if (this.#kind !== ':') {
        this.#test();
        if (this.#kind === 'as') {
          this.#next();
          name = this.#takeName();
        }
      }
      handlers.push({ name, body: this.#body() });
    }
    const otherwise = this.#otherwise() ?? [];
    let last: Statement[] = [];
    if (this.#continuesWith('finally')) {
      this.#next();
      last = this.#body();
    }
    return { kind: 'try', start, end: this.#lineEnd, body, handlers, otherwise, last };
  }

  #decorated(): Statement {
    const decorators: PyExpression[] = [];
    while (this.#kind === '@') {
      this.#next();
      decorators.push(this.#decorator());
      if (this.#now() !== 'newline') throw gaveUp;
      this.#line();
      if (this.#indent !== this.#block) throw gaveUp;
    }
    const start = this.#start;
    if (this.#kind === 'def') return this.#function(start, decorators);
    if (this.#kind === 'class') return this.#class(start);
    this.#take('async');
    return this.#function(start, decorators);
  }

  #decorator(): PyExpression {
    const start = this.#start;
    let value: PyExpression = { kind: 'name', start, end: this.#end, name: this.#takeName() };
    while (this.#kind === '.') {
      this.#next();
      const name = this.#takeName();
      value = { kind: 'attribute', start, end: this.#before, value, name };
    }
    if (this.#kind !== '(') return value;
    const given = this.#arguments();
    return { kind: 'call', start, end: this.#before, callee: value, arguments: given };
  }

  #function(start: number, decorators: readonly PyExpression[]): Statement {
    this.#take('def');
    const name = this.#takeName();
    this.#bracket('(');
    const parameters = this.#parameters(')', true);
    this.#closing(')');
    if (this.#kind === '->') {
      this.#next();
      this.#test();
    }
    const body = this.#body();
    return { kind: 'function', start, end: this.#lineEnd, name, parameters, body, decorators };
  }

  /** Those of a function have types, and may end with a comma. */
  #parameters(closing: ')' | ':', ofFunction: boolean): Parameter[] {
    const parameters: Parameter[] = [];
    while (this.#kind !== closing) {
      if (ofFunction && this.#kind === '/') this.#next();
      else {
        let stars: Parameter['stars'] = '';
        if (this.#kind === '*' || this.#kind === '**') {
          stars = this.#kind;
          this.#next();
        }
        if (stars !== '*' || this.#kind === 'name') parameters.push(this.#parameter(stars, ofFunction));
      }
      if (this.#kind === closing) break;
      this.#take(',');
      if (!ofFunction && this.#kind === closing) throw gaveUp;
    }
    return parameters;
  }

  #parameter(stars: Parameter['stars'], typed: boolean): Parameter {
    const start = this.#start;
    const name = this.#takeName();
    const end = this.#before;
    let type: { readonly type?: string } = {};
    if (typed && this.#kind === ':') {
      this.#next();
      const from = this.#start;
      const written = this.#test();
      // Not one in brackets.
      if (written.kind === 'name' && written.start === from && this.#before === from + written.name.length)
        type = { type: written.name };
    }
    if (this.#kind !== '=' || stars !== '') return { name, stars, start, end, ...type };
    this.#next();
    return { name, stars, start, end, ...type, default: this.#test() };
  }

  #class(start: number): Statement {
    this.#next();
    const name = this.#takeName();
    const given = this.#kind === '(' ? this.#arguments() : [];
    const bases = given.filter((base) => base.name === undefined).map(({ value }) => value);
    const body = this.#body();
    return { kind: 'class', start, end: this.#lineEnd, name, bases, body };
  }

  #small(): Statement {
    const start = this.#start;
    switch (this.#kind) {
      case 'return': {
        this.#next();
        if (!beginnings.has(this.#kind)) return { kind: 'return', start, end: this.#before, value: undefined };
        const value = this.#listed();
        return { kind: 'return', start, end: this.#before, value };
      }
      case 'pass':
        this.#next();
        return { kind: 'evaluate', start, end: this.#before, parts: [] };
      case 'break':
      case 'continue': {
        const how = this.#kind;
        this.#next();
        return { kind: 'leave', start, end: this.#before, how, parts: [] };
      }
      case 'raise':
        return this.#raise(start);
      case 'import':
      case 'from':
        return this.#import(start);
      case 'global':
      case 'nonlocal': {
        const names: string[] = [];
        do {
          this.#next();
          names.push(this.#takeName());
        } while (this.#now() === ',');
        return { kind: 'scope', start, end: this.#before, names };
      }
      case 'assert': {
        this.#next();
        const parts = this.#tests();
        return { kind: 'evaluate', start, end: this.#before, parts };
      }
      case 'del': {
        const targets: PyExpression[] = [];
        do {
          this.#next();
          if (targets.length > 0 && !beginnings.has(this.#kind)) break;
          targets.push(this.#inner(ofExpressions));
        } while (this.#now() === ',');
        return { kind: 'delete', start, end: this.#before, targets };
      }
      case 'yield': {
        const parts = this.#yielded();
        return { kind: 'evaluate', start, end: this.#before, parts };
      }
      default:
        return this.#expressionStatement(start);
    }
  }

  #raise(start: number): Statement {
    this.#next();
    const parts: PyExpression[] = [];
    if (beginnings.has(this.#kind)) {
      parts.push(this.#test());
      if (this.#kind === 'from') {
        this.#next();
        parts.push(this.#test());
      }
    }
    return { kind: 'leave', start, end: this.#before, how: 'raise', parts };
  }

  #import(start: number): Statement {
    const names: { name: string; path: string | undefined }[] = [];
    const everythingOf: string[] = [];
    let from: string | undefined;
    if (this.#kind === 'from') {
      this.#next();
      from = '';
      while (this.#now() === '.' || this.#now() === '...') {
        from += this.#now();
        this.#next();
      }
      if (this.#now() === 'name') from += this.#dotted();
      else if (from === '') throw gaveUp;
    }
    this.#take('import');
    if (this.#kind === '*') {
      if (from === undefined) throw gaveUp;
      this.#next();
      everythingOf.push(from);
    } else {
      const bracketed = this.#kind === '(';
      if (bracketed) this.#bracket('(');
      this.#imported(names, from);
      if (bracketed) this.#closing(')');
    }
    return { kind: 'import', start, end: this.#before, names, everythingOf } satisfies Import;
  }

  #dotted(): string {
    let path = this.#takeName();
    while (this.#kind === '.') {
      this.#next();
      path += `.${this.#takeName()}`;
    }
    return path;
  }

  #imported(names: { name: string; path: string | undefined }[], from: string | undefined): void {
    const prefix = from === undefined || /^\.*$/.test(from) ? from : `${from}.`;
    for (;;) {
      const path = this.#dotted();
      const [first = path] = path.split('.');
      let alias: string | undefined;
      if (this.#kind === 'as') {
        this.#next();
        alias = this.#takeName();
      }
      if (prefix !== undefined) names.push({ name: alias ?? first, path: prefix + path });
      else names.push(alias === undefined ? { name: first, path: first } : { name: alias, path });
      if (this.#kind !== ',') return;
      this.#next();
      if (this.#now() !== 'name') return;
    }
  }

  #expressionStatement(start: number): Statement {
    if (this.#kind === 'name' && isSoft(this.#word, this.#source, this.#end)) throw gaveUp;
    const items = this.#items();
    const comma = this.#comma;
    switch (this.#kind) {
      case '=':
        return this.#assignment(start, [this.#joined(items, start, comma)]);
      case 'update': {
        const operator = this.#word;
        const [target] = items;
        if (comma || !target || target.kind === 'starred') throw gaveUp;
        this.#next();
        const value = this.#listedOrYield();
        return { kind: 'update', start, end: this.#before, target, operator, value };
      }
      case ':': {
        if (comma) throw gaveUp;
        this.#next();
        this.#test();
        if (this.#now() === '=') return this.#assignment(start, [this.#joined(items, start, comma)]);
        break;
      }
    }
    const parts = items.map((item) => (item.kind === 'starred' ? item.value : item));
    return { kind: 'evaluate', start, end: this.#before, parts };
  }

  #assignment(start: number, targets: PyExpression[]): Statement {
    for (;;) {
      this.#next();
      const value = this.#listedOrYield();
      if (this.#kind !== '=') return { kind: 'assign', start, end: this.#before, targets, value };
      targets.push(value);
    }
  }

  // Expressions.

  #listedOrYield(): PyExpression {
    return this.#kind === 'yield' ? this.#yield() : this.#listed();
  }

  #yield(): PyExpression {
    const start = this.#start;
    const parts = this.#yielded();
    return { kind: 'other', start, end: this.#before, parts };
  }

  #yielded(): PyExpression[] {
    this.#next();
    if (this.#kind !== 'from') return this.#items().map((item) => (item.kind === 'starred' ? item.value : item));
    this.#next();
    const value = this.#test();
    this.#rise(this.#height);
    return [value];
  }

  #listed(): PyExpression {
    const start = this.#start;
    const items = this.#items();
    return this.#joined(items, start, this.#comma);
  }

  /** One for itself; several, or one and a comma, as the tuple that they are. */
  #joined(items: readonly PyExpression[], start: number, comma: boolean): PyExpression {
    const [only] = items;
    return only && !comma ? only : { kind: 'sequence', start, end: this.#before, items };
  }

  /** What stands between commas, of which one may be the last. */
  #items(): PyExpression[] {
    const items = [this.#item()];
    let height = this.#height;
    let comma = false;
    while (this.#kind === ',') {
      comma = true;
      this.#next();
      if (!beginnings.has(this.#kind)) break;
      items.push(this.#item());
      height = Math.max(height, this.#height);
    }
    this.#comma = comma;
    this.#rise(height);
    return items;
  }

  #item(): PyExpression {
    return this.#kind === '*' ? this.#starred() : this.#test();
  }

  #starred(): PyExpression {
    this.#next();
    const start = this.#start;
    const value = this.#inner(ofExpressions);
    return { kind: 'starred', start, end: this.#before, value };
  }

  #tests(): PyExpression[] {
    const tests = [this.#test()];
    let height = this.#height;
    while (this.#kind === ',') {
      this.#next();
      if (!beginnings.has(this.#kind)) break;
      tests.push(this.#test());
      height = Math.max(height, this.#height);
    }
    this.#rise(height);
    return tests;
  }

  /** Notes how high the tree of an expression is whose highest part is so high. */
  #rise(height: number): void {
    this.#height = height + 2;
    if (this.#height > tallest) throw gaveUp;
  }

  #testNamed(): PyExpression {
    const start = this.#start;
    const target = this.#test();
    if (this.#kind !== ':=') return target;
    const height = this.#height;
    this.#next();
    const value = this.#test();
    this.#rise(Math.max(height, this.#height));
    return { kind: 'walrus', start, end: this.#before, target, value };
  }

  #test(): PyExpression {
    if (++this.#nesting > deepestNesting) throw gaveUp;
    const value = this.#kind === 'lambda' ? this.#lambda(false) : this.#conditional();
    this.#nesting--;
    return value;
  }

  #conditional(): PyExpression {
    const start = this.#start;
    const whenTrue = this.#inner(1);
    if (this.#kind !== 'if') return whenTrue;
    let height = this.#height;
    this.#next();
    const test = this.#inner(1);
    height = Math.max(height, this.#height);
    this.#take('else');
    const whenFalse = this.#test();
    this.#rise(Math.max(height, this.#height));
    return { kind: 'conditional', start, end: this.#before, test, whenTrue, whenFalse };
  }

  #lambda(inCondition: boolean): PyExpression {
    const start = this.#start;
    this.#next();
    const parameters = this.#parameters(':', false);
    this.#take(':');
    const body = inCondition ? this.#testInCondition() : this.#test();
    this.#rise(this.#height);
    return { kind: 'lambda', start, end: this.#before, parameters, body };
  }

  #testInCondition(): PyExpression {
    return this.#kind === 'lambda' ? this.#lambda(true) : this.#inner(1);
  }

  /** Operators that bind at least so tightly, and their operands. */
  #inner(least: number): PyExpression {
    const start = this.#start;
    let left = least < ofExpressions && this.#kind === 'not' ? this.#not() : this.#unary();
    for (;;) {
      const precedence = precedences[this.#kind];
      if (precedence === undefined || precedence < least) return left;
      const height = this.#height;
      const operator = this.#binaryOperator();
      const right = this.#inner(precedence + 1);
      this.#rise(Math.max(height, this.#height));
      left = { kind: 'binary', start, end: this.#before, operator, left, right };
    }
  }

  #binaryOperator(): string {
    const operator = this.#kind;
    this.#next();
    if (operator === 'is' && this.#kind === 'not') {
      this.#next();
      return 'is not';
    }
    if (operator !== 'not') return operator;
    this.#take('in');
    return 'not in';
  }

  #not(): PyExpression {
    if (++this.#nesting > deepestNesting) throw gaveUp;
    const start = this.#start;
    this.#next();
    const operand = this.#inner(ofComparisons);
    this.#nesting--;
    this.#rise(this.#height);
    return { kind: 'unary', start, end: this.#before, operator: 'not', operand };
  }

  #unary(): PyExpression {
    const operator = this.#kind;
    if (operator !== '-' && operator !== '+' && operator !== '~') return this.#power();
    if (++this.#nesting > deepestNesting) throw gaveUp;
    const start = this.#start;
    this.#next();
    const operand = this.#unary();
    this.#nesting--;
    this.#rise(this.#height);
    return { kind: 'unary', start, end: this.#before, operator, operand };
  }

  #power(): PyExpression {
    const start = this.#start;
    if (this.#kind === 'await') {
      this.#next();
      const value = this.#inner(ofExpressions);
      this.#rise(this.#height);
      return value;
    }
    const left = this.#trailed(start);
    if (this.#kind !== '**') return left;
    if (++this.#nesting > deepestNesting) throw gaveUp;
    const height = this.#height;
    this.#next();
    const right = this.#unary();
    this.#nesting--;
    this.#rise(Math.max(height, this.#height));
    return { kind: 'binary', start, end: this.#before, operator: '**', left, right };
  }

  #trailed(start: number): PyExpression {
    let value = this.#atom();
    for (;;) {
      const height = this.#height;
      switch (this.#kind) {
        case '.': {
          this.#next();
          const name = this.#word;
          if (this.#now() !== 'name' && keywords.get(this.#kind) === undefined) throw gaveUp;
          this.#next();
          value = { kind: 'attribute', start, end: this.#before, value, name };
          this.#rise(height);
          break;
        }
        case '(': {
          const given = this.#arguments();
          value = { kind: 'call', start, end: this.#before, callee: value, arguments: given };
          this.#rise(Math.max(height, this.#height));
          break;
        }
        case '[':
          value = this.#subscript(start, value);
          this.#rise(Math.max(height, this.#height));
          break;
        default:
          return value;
      }
    }
  }

  #subscript(start: number, value: PyExpression): Subscript {
    this.#bracket('[');
    const index: PyExpression[] = [];
    let sliced = false;
    let height = 0;
    for (;;) {
      let colons = 0;
      let empty = true;
      for (;;) {
        if (this.#kind === ':') {
          if (++colons > 2) throw gaveUp;
          sliced = true;
          this.#next();
        } else if (this.#kind === ',' || this.#kind === ']') break;
        else {
          index.push(this.#testNamed());
          height = Math.max(height, this.#height);
          if (this.#kind !== ':' && this.#kind !== ',' && this.#kind !== ']') throw gaveUp;
        }
        empty = false;
      }
      if (empty) throw gaveUp;
      if (this.#kind === ']') break;
      this.#next();
      if (this.#now() === ']') break;
    }
    this.#closing(']');
    this.#height = height;
    return { kind: 'subscript', start, end: this.#before, value, index, sliced };
  }

  #arguments(): Argument[] {
    this.#bracket('(');
    const given: Argument[] = [];
    let height = 0;
    while (this.#kind !== ')') {
      given.push(this.#argument());
      height = Math.max(height, this.#height);
      if (this.#kind === ')') break;
      this.#take(',');
    }
    this.#closing(')');
    this.#rise(height);
    return given;
  }

  #argument(): Argument {
    const start = this.#start;
    if (this.#kind === '*' || this.#kind === '**') {
      const stars = this.#kind;
      this.#next();
      return { stars, value: this.#test() };
    }
    const isName = this.#kind === 'name';
    const value = this.#test();
    switch (this.#kind) {
      case 'for':
      case 'async':
        return { stars: '', value: this.#comprehension([value], start) };
      case '=':
      case ':=': {
        if (!isName || value.kind !== 'name') throw gaveUp;
        const isNamed = this.#kind === '=';
        this.#next();
        const given = this.#test();
        if (isNamed) return { name: value.name, stars: '', value: given };
        return { stars: '', value: { kind: 'walrus', start, end: this.#before, target: value, value: given } };
      }
      default:
        return { stars: '', value };
    }
  }

  /** What follows the elements of a comprehension. Its range is `start` to where it ends. */
  #comprehension(elements: readonly PyExpression[], start: number): Comprehension {
    const loops: { targets: PyExpression[]; iterable: PyExpression }[] = [];
    const conditions: PyExpression[] = [];
    let height = this.#height;
    for (;;) {
      if (this.#kind === 'if' && loops.length > 0) {
        this.#next();
        conditions.push(this.#testInCondition());
      } else if (this.#kind === 'for' || this.#kind === 'async') {
        if (this.#kind === 'async') this.#next();
        this.#take('for');
        const targets = [this.#inner(ofExpressions)];
        while (this.#now() === ',') {
          this.#next();
          if (this.#now() === 'in') throw gaveUp;
          targets.push(this.#inner(ofExpressions));
        }
        this.#take('in');
        loops.push({ targets, iterable: this.#inner(1) });
      } else break;
      height = Math.max(height, this.#height);
    }
    this.#rise(height);
    return { kind: 'comprehension', start, end: this.#before, elements, loops, conditions };
  }

  #atom(): PyExpression {
    const start = this.#start;
    const end = this.#end;
    this.#height = 0;
    switch (this.#kind) {
      case 'name': {
        const name = this.#word;
        this.#next();
        return { kind: 'name', start, end, name };
      }
      case 'number':
        this.#next();
        return { kind: 'number', start, end, value: numberOf(this.#text.slice(start, end)) };
      case 'string':
      case 'format':
        return this.#strings(start);
      case '(':
        return this.#parenthesized(start);
      case '[':
        return this.#array(start);
      case '{':
        return this.#braces(start);
      case 'True':
      case 'False':
      case 'None': {
        const value = this.#kind === 'None' ? null : this.#kind === 'True';
        this.#next();
        return { kind: 'singleton', start, end, value };
      }
      case '...':
        this.#next();
        return { kind: 'other', start, end, parts: [] };
      default:
        throw gaveUp;
    }
  }

  /** A string, or several one after the other. */
  #strings(start: number): PyExpression {
    const parts: PyExpression[] = [];
    let height = 0;
    do {
      parts.push(this.#kind === 'format' ? this.#format() : this.#literal());
      height = Math.max(height, this.#height);
    } while (this.#kind === 'string' || this.#kind === 'format');
    const [only] = parts;
    this.#rise(height);
    return only && parts.length === 1 ? only : { kind: 'other', start, end: this.#before, parts };
  }

  #literal(): PyExpression {
    const [start, end, value] = [this.#start, this.#end, this.#word];
    this.#next();
    this.#height = 0;
    return { kind: 'string', start, end, value };
  }

  /** A string with fields, from behind its quotes on. */
  #format(): PyExpression {
    const source = this.#source;
    const start = this.#start;
    const mark = source.charCodeAt(this.#end - 1);
    const long = this.#end - start >= 3 && source.charCodeAt(this.#end - 3) === mark;
    const parts: PyExpression[] = [];
    let height = 0;
    for (let at = this.#end; at < this.#limit;) {
      const code = source.charCodeAt(at);
      if (code === backslash) at = this.#escape(at);
      else if (code === braceOpen) {
        if (source.charCodeAt(at + 1) === braceOpen) at += 2;
        else {
          at = this.#field(at, parts);
          height = Math.max(height, this.#height);
        }
      } else if (code === mark && (!long || isLongEnd(source, at, mark))) {
        this.#end = this.#at = at + (long ? 3 : 1);
        if (this.#end > this.#limit) throw gaveUp;
        const end = this.#end;
        this.#next();
        this.#rise(height);
        return { kind: 'other', start, end, parts };
      } else if (!long && (code === lineFeed || code === carriageReturn)) throw gaveUp;
      else at++;
    }
    throw gaveUp;
  }

  /** A field of a string, from its brace on. @returns where it ends */
  #field(opening: number, parts: PyExpression[]): number {
    if (++this.#nesting > deepestNesting) throw gaveUp;
    const open = this.#open;
    this.#open++;
    this.#at = opening + 1;
    this.#next();
    if (this.#kind === 'yield') throw gaveUp;
    parts.push(...this.#items().map((item) => (item.kind === 'starred' ? item.value : item)));
    let height = this.#height;
    if (this.#kind === '=') this.#next();
    if (this.#kind === '!') this.#conversion();
    let end = this.#end;
    if (this.#kind === ':') {
      for (let code = this.#source.charCodeAt(end); code !== braceClose; code = this.#source.charCodeAt(end)) {
        if (end >= this.#limit || code === lineFeed || code === carriageReturn) throw gaveUp;
        if (code !== braceOpen) end++;
        else {
          end = this.#field(end, parts);
          height = Math.max(height, this.#height);
        }
      }
      end++;
    } else if (this.#kind !== '}') throw gaveUp;
    this.#open = open;
    this.#nesting--;
    this.#rise(height);
    return end;
  }

  /** `!r` */
  #conversion(): void {
    this.#next();
    const isConversion = this.#kind === 'name' && this.#start === this.#before && /^[sra]$/.test(this.#word);
    if (!isConversion) throw gaveUp;
    this.#next();
  }

  #parenthesized(start: number): PyExpression {
    this.#bracket('(');
    if (this.#kind === ')') {
      this.#closing(')');
      return { kind: 'sequence', start, end: this.#before, items: [] };
    }
    if (this.#kind === 'yield') {
      const value = this.#yield();
      this.#closing(')');
      this.#rise(this.#height);
      return value;
    }
    const first = this.#itemNamed();
    if (this.#kind === 'for' || this.#kind === 'async') {
      if (first.kind === 'starred') throw gaveUp;
      return this.#comprehensionBefore(')', [first], start);
    }
    if (this.#kind === ')' && first.kind !== 'starred') {
      this.#closing(')');
      this.#rise(this.#height);
      return first;
    }
    if (this.#kind !== ',') throw gaveUp;
    const items = this.#itemsNamed(first, ')');
    return { kind: 'sequence', start, end: this.#before, items };
  }

  #itemNamed(): PyExpression {
    return this.#kind === '*' ? this.#starred() : this.#testNamed();
  }

  /** After the first of a sequence the others, and the closing bracket. */
  #itemsNamed(first: PyExpression, closing: string): PyExpression[] {
    const items = [first];
    let height = this.#height;
    while (this.#kind === ',') {
      this.#next();
      if (this.#kind === closing) break;
      items.push(this.#itemNamed());
      height = Math.max(height, this.#height);
    }
    this.#closing(closing);
    this.#rise(height);
    return items;
  }

  /** To its closing bracket. */
  #comprehensionBefore(closing: string, elements: readonly PyExpression[], start: number): Comprehension {
    const comprehension = this.#comprehension(elements, start);
    this.#closing(closing);
    return { ...comprehension, end: this.#before };
  }

  #array(start: number): PyExpression {
    this.#bracket('[');
    if (this.#kind === ']') {
      this.#closing(']');
      return { kind: 'sequence', start, end: this.#before, items: [] };
    }
    const first = this.#itemNamed();
    if (this.#kind === 'for' || this.#kind === 'async') {
      if (first.kind === 'starred') throw gaveUp;
      return this.#comprehensionBefore(']', [first], start);
    }
    const items = this.#itemsNamed(first, ']');
    return { kind: 'sequence', start, end: this.#before, items };
  }

  #braces(start: number): PyExpression {
    this.#bracket('{');
    if (this.#kind === '}' || this.#kind === '**') return this.#dictionary(start, undefined);
    const first = this.#kind === '*' ? this.#starred() : this.#test();
    if (this.#kind === ':') return this.#dictionary(start, first);
    if (this.#kind === 'for' || this.#kind === 'async') {
      if (first.kind === 'starred') throw gaveUp;
      return this.#comprehensionBefore('}', [first], start);
    }
    const items = [first];
    let height = this.#height;
    while (this.#kind === ',') {
      this.#next();
      if (this.#now() === '}') break;
      items.push(this.#item());
      height = Math.max(height, this.#height);
    }
    this.#closing('}');
    this.#rise(height);
    return { kind: 'sequence', start, end: this.#before, items };
  }

  /** @param first the first key, before its colon */
  #dictionary(start: number, first: PyExpression | undefined): PyExpression {
    const entries: Dictionary['entries'][number][] = [];
    let height = this.#height;
    let key = first;
    while (this.#kind !== '}') {
      if (!key && this.#kind === '**') {
        this.#next();
        entries.push({ key: undefined, value: this.#inner(ofExpressions) });
      } else {
        key ??= this.#test();
        height = Math.max(height, this.#height);
        if (key.kind === 'starred') throw gaveUp;
        this.#take(':');
        const value = this.#test();
        if (entries.length === 0 && (this.#kind === 'for' || this.#kind === 'async')) {
          this.#height = Math.max(height, this.#height);
          return this.#comprehensionBefore('}', [key, value], start);
        }
        entries.push({ key, value });
      }
      key = undefined;
      height = Math.max(height, this.#height);
      if (this.#kind === '}') break;
      this.#take(',');
    }
    this.#closing('}');
    this.#rise(height);
    return { kind: 'dictionary', start, end: this.#before, entries };
  }
}

function isLongEnd(source: string, at: number, mark: number): boolean {
  return source.charCodeAt(at + 1) === mark && source.charCodeAt(at + 2) === mark;
}

/** Whether a word at the beginning of a statement may be the keyword of one: `match x:`, `type X = y`, `print x`. */
function isSoft(word: string, source: string, end: number): boolean {
  if (word !== 'print' && word !== 'match' && word !== 'type') return false;
  const [next = ''] = source.slice(end, end + 40).trimStart();
  const harmless = word === 'print' ? '(.' : word === 'match' ? '=.' : '=.(';
  return next === '' || !harmless.includes(next);
}

function numberOf(text: string): number {
  const digits = text.includes('_') ? text.replaceAll('_', '') : text;
  return /j$/i.test(digits) ? NaN : Number(digits);
}
