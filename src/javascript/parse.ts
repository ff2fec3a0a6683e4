import type { Import, PyExpression, Range, Statement } from '../python/syntax';
import { deepest, nameOfDefinition, nothing } from './expressions';
import { DefinitionReader } from './functions';
import { elementOf } from './idioms';
import { isTensorFlow, other, tensorflow } from './libraries';
import { declarationNames, isOfBlock } from './text';
import {
  broken,
  childNamed,
  commaSeparated,
  definitionsIn,
  isExpression,
  isNameless,
  isPattern,
  isStatement,
  membersIn,
  readTree,
  stringOf,
  type Dialect,
  type Raw,
} from './tree';

/**
 * The statements of a JavaScript or TypeScript file in the syntax tree that Python is analysed in. Nothing is ever
 * thrown: what isn't in the language leaves out the expression or statement that it stands in and nothing else.
 *
 * What Python has no counterpart for is put in its words. Functions inside expressions become definitions before the
 * statement, under names that no program has; methods get `this` as their first parameter; what is destructured is
 * assigned part by part; names that a block declares and that hide others are renamed. What a bundler has written is
 * nobody's source, and has no statements.
 */
export function parseJavaScript(text: string, dialect: Dialect = 'ts'): Module {
  if (isGenerated(text)) return { statements: [], usesTensorFlow: false };
  const root = readTree(text, dialect);
  return new Reader(text, membersIn(root, text)).module(root);
}

export interface Module {
  readonly statements: readonly Statement[];
  /** Whether the file has to do with TensorFlow.js: the methods of others' tensors may have the same names. */
  readonly usesTensorFlow: boolean;
}

function isGenerated(text: string): boolean {
  if (text.length > 1_000_000) return true;
  if (text.length < 10_000) return false;
  let lines = 1;
  for (let index = text.indexOf('\n'); index >= 0; index = text.indexOf('\n', index + 1)) lines++;
  return text.length > 300 * lines;
}

/** Statements. */
class Reader extends DefinitionReader {
  #asksForTensorFlow = false;

  module(root: Raw): Module {
    this.names.openFunction(this.declaredBy(root.children, true));
    const statements = this.statements(root.children);
    this.names.close();
    const names = [...this.globals].map(([name, path]) => ({ name, path }));
    if (names.length > 0) statements.unshift({ kind: 'import', start: 0, end: 0, names, everythingOf: [] });
    const usesTensorFlow = this.#asksForTensorFlow || names.some(({ path }) => path === tensorflow);
    return { statements, usesTensorFlow };
  }

  protected statements(nodes: readonly Raw[]): Statement[] {
    const made: Statement[] = [];
    // Functions can be called before they are declared.
    const declared = nodes.filter(isFunction);
    const others = declared.length > 0 ? nodes.filter((node) => !isFunction(node)) : nodes;
    for (const node of declared) for (const statement of this.#withHoisted(node)) made.push(statement);
    let skip = false;
    others.forEach((node, index) => {
      const required = skip ? undefined : this.#importEquals(node, others[index + 1]);
      if (!skip) for (const statement of required ?? this.#withHoisted(node)) made.push(statement);
      skip = required !== undefined;
    });
    return made;
  }

  /** `import tf = require('...')`, which the grammar takes for two statements. */
  #importEquals(node: Raw, next: Raw | undefined): Statement[] | undefined {
    if (node.name !== 'ImportDeclaration' || !broken(node) || next?.name !== 'ExpressionStatement') return undefined;
    const name = this.nameOf(childNamed(node, 'VariableDefinition'));
    const call = next.children[0];
    const module = call && this.moduleOf(call);
    if (name === undefined || module === undefined) return undefined;
    return [this.#bindModule({ start: node.start, end: next.end }, module, [{ name, part: undefined }])];
  }

  #withHoisted(node: Raw): Statement[] {
    return this.collect(() => this.#statement(node));
  }

  #statement(node: Raw): readonly Statement[] {
    if (this.depth >= deepest) return [];
    this.depth++;
    const made = this.#read(node);
    this.depth--;
    return made;
  }

  #read(node: Raw): readonly Statement[] {
    const { start, end } = node;
    const at = { start, end };
    switch (node.name) {
      case 'ExportDeclaration': {
        const [value] = node.children.filter(isExpression);
        if (value && childNamed(node, 'from') === undefined) return this.effect(value, at);
        return node.children
          .filter((child) => declarationNames.has(child.name))
          .flatMap((child) => this.#statement(child));
      }
      case 'ImportDeclaration':
        return this.#import(node);
      case 'VariableDeclaration':
        return this.declaration(node);
      case 'FunctionDeclaration': {
        // Without a body it is one of the types of the function that follows.
        if (!childNamed(node, 'Block')) return [];
        const name = this.nameOf(childNamed(node, 'VariableDefinition'));
        return [this.definition(node, name === undefined ? nameOfDefinition(node) : this.resolve(name))];
      }
      case 'ClassDeclaration': {
        const name = isNameless(node) ? undefined : this.nameOf(childNamed(node, 'VariableDefinition'));
        return [this.classOf(node, name === undefined ? nameOfDefinition(node) : this.resolve(name))];
      }
      case 'EnumDeclaration':
        return [{ kind: 'evaluate', ...at, parts: node.children.flatMap((child) => this.expressions(child.children)) }];
      case 'NamespaceDeclaration':
      case 'LabeledStatement':
      case 'WithStatement': {
        const head = this.expressions(node.children.filter((child) => child.name === 'ParenthesizedExpression'));
        const body = node.children.at(-1);
        return [
          ...(head.length > 0 ? [{ kind: 'evaluate' as const, ...at, parts: head }] : []),
          ...(body && !isExpression(body) ? this.#statement(body) : []),
        ];
      }
      case 'Block':
        return this.block(node);
      case 'ExpressionStatement': {
        const value = node.children.find(isExpression);
        return value ? this.effect(value, at) : [];
      }
      case 'ReturnStatement': {
        const value = node.children.find(isExpression);
        return [{ kind: 'return', ...at, value: value && this.expression(value) }];
      }
      case 'ThrowStatement':
        return [{ kind: 'leave', ...at, how: 'raise', parts: this.expressions(node.children) }];
      case 'BreakStatement':
        return [{ kind: 'leave', ...at, how: 'break', parts: [] }];
      case 'ContinueStatement':
        return [{ kind: 'leave', ...at, how: 'continue', parts: [] }];
      case 'IfStatement':
        return [this.#if(node)];
      case 'WhileStatement':
      case 'DoStatement': {
        const source = this.expressions(node.children.filter((child) => child.name === 'ParenthesizedExpression'));
        const body = node.children.find((child) => isStatement(child));
        return [{ kind: 'loop', ...at, targets: [], source, body: this.#loopBody(body), otherwise: [] }];
      }
      case 'ForStatement':
        return [this.#for(node)];
      case 'SwitchStatement':
        return [this.#switch(node)];
      case 'TryStatement':
        return [this.#try(node)];
      default:
        // What remains are types, punctuation and what the parser could make nothing of.
        return [];
    }
  }

  protected block(node: Raw): Statement[] {
    this.names.openBlock(this.declaredBy(node.children, false), node.start);
    const statements = this.statements(node.children);
    this.names.close();
    return statements;
  }

  /** The statement that a branch or a loop has, a block or not. */
  #body(node: Raw | undefined): readonly Statement[] {
    return node ? this.#withHoisted(node) : [];
  }

  #loopBody(node: Raw | undefined): readonly Statement[] {
    this.loops++;
    const body = this.#body(node);
    this.loops--;
    return body;
  }

  #if(node: Raw): Statement {
    const branches: { test: PyExpression; body: readonly Statement[] }[] = [];
    for (let current = node; ;) {
      const middle = current.children.findIndex((child) => child.name === 'else');
      const [head, tail] =
        middle < 0 ? [current.children, []] : [current.children.slice(0, middle), current.children.slice(middle + 1)];
      const test = head.find((child) => child.name === 'ParenthesizedExpression');
      branches.push({
        test: test ? this.expression(test) : nothing({ start: current.start, end: current.start }),
        body: this.#body(head.find((child) => isStatement(child))),
      });
      const otherwise = tail.find((child) => isStatement(child));
      if (otherwise?.name === 'IfStatement') current = otherwise;
      else {
        const { start, end } = node;
        return { kind: 'if', start, end, branches, otherwise: otherwise && this.#body(otherwise) };
      }
    }
  }

  #for(node: Raw): Statement {
    const { start, end } = node;
    const spec = node.children.find((child) => child.name.startsWith('For') && child.name.endsWith('Spec'));
    const body = node.children.findLast((child) => isStatement(child));
    const parts = spec?.children ?? [];
    const declaration = childNamed(spec ?? node, 'VariableDeclaration');
    const pattern = parts.find(isPattern);
    const declares = isOfBlock(declaration ?? spec ?? node);
    const patterns = declaration ? declaration.children.filter(isPattern) : pattern ? [pattern] : [];
    this.names.openBlock(declares ? patterns.flatMap((each) => this.namesIn(each)) : [], start);
    let loop: Statement;
    if (!spec || spec.name === 'ForSpec') {
      // Counters have another value each time.
      const counters = patterns.flatMap((each) => definitionsIn(each)).flatMap((each) => this.nameNode(each) ?? []);
      for (const part of parts.filter(
        (each) => each.name === 'AssignmentExpression' || each.name === 'SequenceExpression',
      )) {
        const assigned = part.name === 'SequenceExpression' ? part.children : [part];
        for (const { name, children } of assigned) {
          const counter = name === 'AssignmentExpression' && children[0] ? this.nameNode(children[0]) : undefined;
          if (counter) counters.push(counter);
        }
      }
      const inside = (declaration?.children ?? []).filter(isExpression);
      const source: PyExpression = {
        kind: 'other',
        start: spec?.start ?? start,
        end: spec?.end ?? start,
        parts: [...inside, ...parts.filter(isExpression)].map((part) => this.expression(part)),
      };
      loop = {
        kind: 'loop',
        start,
        end,
        targets: counters,
        source: [source],
        body: this.#loopBody(body),
        otherwise: [],
      };
    } else {
      const middle = parts.findIndex((child) => child.name === 'of' || child.name === 'in');
      const left = pattern ?? parts.slice(0, middle).find(isExpression);
      const iterable = parts.slice(middle + 1).find(isExpression);
      const value = iterable ? this.expression(iterable) : nothing(spec);
      const { target, after } = left ? this.target(left) : { target: nothing(spec), after: [] };
      // The keys that `in` gives are not what is in the object.
      const { start: from, end: to } = value;
      const source: PyExpression =
        spec.name === 'ForInSpec'
          ? { kind: 'other', start: from, end: to, parts: [value] }
          : this.#goesThroughLayers(left, body)
            ? value
            : elementOf(value);
      const statements = [...after, ...this.#loopBody(body)];
      loop = { kind: 'loop', start, end, targets: [target], source: [source], body: statements, otherwise: [] };
    }
    this.names.close();
    return loop;
  }

  /** Whether what a loop binds is applied in it, one after the other. */
  #goesThroughLayers(variable: Raw | undefined, body: Raw | undefined): boolean {
    const name = this.nameOf(variable);
    if (name === undefined || !body) return false;
    return [`${name}.apply(`, `${name}.call(`].some((text) => this.textOf(body).includes(text));
  }

  /** As a loop that runs once, since `break` leaves it. */
  #switch(node: Raw): Statement {
    const { start, end } = node;
    const subject = childNamed(node, 'ParenthesizedExpression');
    const inside = childNamed(node, 'SwitchBody')?.children ?? [];
    const source = subject ? [this.expression(subject)] : [];
    this.names.openBlock(this.declaredBy(inside, false), start);
    const cases: { names: readonly string[]; body: readonly Statement[] }[] = [];
    let otherwise: readonly Statement[] = [];
    const labels: PyExpression[] = [];
    let isDefault = false;
    let body: Raw[] = [];
    const finish = (): void => {
      if (body.length === 0) return;
      const statements = this.statements(body);
      if (isDefault) otherwise = statements;
      else cases.push({ names: [], body: statements });
      isDefault = false;
      body = [];
    };
    for (const child of inside) {
      if (child.name === 'CaseLabel' || child.name === 'DefaultLabel') {
        finish();
        if (child.name === 'DefaultLabel') isDefault = true;
        else for (const label of this.expressions(child.children)) labels.push(label);
      } else if (isStatement(child)) body.push(child);
    }
    finish();
    this.names.close();
    // Cases that don't leave go on with the default, which is the last one as a rule.
    const chosen: Statement[] = [{ kind: 'match', start, end, subject: labels, cases }, ...otherwise];
    return { kind: 'loop', start, end, targets: [], source, body: chosen, otherwise: [] };
  }

  #try(node: Raw): Statement {
    const { start, end } = node;
    const blockOf = (name: string): Raw | undefined => {
      const clause = childNamed(node, name);
      return clause && childNamed(clause, 'Block');
    };
    const body = childNamed(node, 'Block');
    const last = blockOf('FinallyClause');
    const clause = childNamed(node, 'CatchClause');
    const handlers: { name: string | undefined; body: readonly Statement[] }[] = [];
    if (clause) {
      const pattern = clause.children.find(isPattern);
      const names = pattern ? this.namesIn(pattern) : [];
      this.names.openBlock(names, clause.start);
      const [first] = names;
      const name = first === undefined ? undefined : this.resolve(first);
      handlers.push({ name, body: this.#body(childNamed(clause, 'Block')) });
      this.names.close();
    }
    return {
      kind: 'try',
      start,
      end,
      body: this.#body(body),
      handlers,
      otherwise: [],
      last: this.#body(last),
    };
  }

  #import(node: Raw): Statement[] {
    const { start, end } = node;
    const specifier = childNamed(node, 'String');
    const module = specifier ? stringOf(this.textOf(specifier)) : '';
    this.#asksForTensorFlow ||= isTensorFlow(module);
    // `import type` brings nothing that computes.
    if (childNamed(node, 'type')) return [];
    const found: { name: string; part: string | undefined }[] = [];
    for (const child of node.children) {
      // `* as tf` and `tf` are the same: these modules have no other default.
      const whole = child.name === 'VariableDefinition' ? this.nameOf(child) : undefined;
      if (whole !== undefined) found.push({ name: whole, part: undefined });
      if (child.name !== 'ImportGroup') continue;
      for (const group of commaSeparated(child.children)) {
        const name = this.nameOf(group.find((each) => each.name === 'VariableDefinition'));
        const imported = group.find((each) => each.name !== 'type');
        if (name === undefined || !imported || group[0]?.name === 'type') continue;
        const part = imported.name === 'default' ? undefined : stringOf(this.textOf(imported));
        found.push({ name, part });
      }
    }
    return found.length > 0 ? [this.#bindModule({ start, end }, module, found)] : [];
  }

  #bindModule(
    { start, end }: Range,
    module: string,
    found: readonly { readonly name: string; readonly part: string | undefined }[],
  ): Import {
    const known = isTensorFlow(module);
    this.#asksForTensorFlow ||= known;
    const names = found.map(({ name, part }) => {
      const binding = this.names.find(name);
      if (known) this.isNowLibrary(binding);
      const root = known ? tensorflow : other;
      const path = part === undefined ? root : `${root}.${part}`;
      // What has its own name in another module may be anything, a tensor too.
      return { name: this.resolve(name), path: known || part === undefined ? path : undefined };
    });
    return { kind: 'import', start, end, names, everythingOf: [] };
  }
}

const isFunction = (node: Raw): boolean =>
  node.name === 'FunctionDeclaration' ||
  (node.name === 'ExportDeclaration' && childNamed(node, 'FunctionDeclaration') !== undefined);
