import { inOrder, substitute, type Expression } from '../expression';
import type { FormatName } from '../numeric';
import { canonicalName, frameworks, type Framework } from './frameworks';
import { interpret, type Condition, type InterpretOptions, type Origin, type Site } from './interpreter';
import { parsePython } from './parse';
import { Answers, type Ask } from './questions';
import type { Range, Statement } from './syntax';
import { alternativesOf } from './values';

/** What Python code computes: the places where it computes something, as expressions. */
export interface PythonAnalysis {
  readonly text: string;
  /** Asks something of the whole text. */
  readonly ask: Ask;
  readonly answers: Answers;
  readonly sites: readonly Site[];
  /** The same analysis, with the sites alone that have to do with a statement of the module. */
  readonly around: (root: Statement | undefined) => PythonAnalysis;
  /** Statements of the module that have values or objects in common, so that what is said of one depends on the other. */
  readonly links: ReadonlyMap<Statement, ReadonlySet<Statement>>;
  /** What the module's names stand for that `spell` goes by. */
  readonly spelling: string;
  /** Whether what one statement of the module comes to may depend on any other. */
  readonly isEntangled: boolean;
  /** Where a value was computed, or what a variable of an expression stands for. */
  readonly originOf: (expression: Expression) => Origin | undefined;
  /** What a variable of an expression stands for, by its name. */
  readonly originOfVariable: (name: string) => Origin | undefined;
  /** What was given as the axis of an operation. */
  readonly axisOf: (expression: Expression) => Range | undefined;
  /** Whose operation computes a value. */
  readonly frameworkOf: (expression: Expression) => Framework | undefined;
  /** The number format that a value is computed in, where the code says so. */
  readonly formatOf: (expression: Expression) => FormatName | undefined;
  /** Whether a value is only ever given to functions that draw samples or take the largest. */
  readonly isOnlySampled: (expression: Expression) => boolean;
  /** Whether it is a parameter with a number for its default, and so no tensor: `sample_range=3.`. */
  readonly isSetting: (expression: Expression) => boolean;
  /** The expression with the numbers that parameters in it have by default. */
  readonly withDefaults: (expression: Expression) => Expression;
  /** Whether a value is only ever made a number of the language, which has no gradient: `float(x)`, `x.item()`. */
  readonly isDetached: (expression: Expression) => boolean;
  /** The import that a library's qualified name needs before `spell` may write it; undefined if it is there. */
  readonly importFor: (path: string) => string | undefined;
  /** Where an import may be added: the beginning of a line. */
  readonly importPlace: number;
  /** The innermost statement around a place. */
  readonly statementAt: (offset: number) => Range | undefined;
  /** The statements around a place, the outermost first, each with the block that it is one of. */
  readonly pathTo: (offset: number) => readonly Step[];
  /** How this file would write a library's qualified name, by its imports. */
  readonly spell: (path: string) => string;
}

/** Analyses a Python file, whatever its state; nothing is thrown for what it contains. */
export function analysePython(
  text: string,
  options: InterpretOptions = {},
  parse: (text: string) => readonly Statement[] = parsePython,
): PythonAnalysis {
  return analyseStatements(parse(text), text, options);
}

/**
 * The same of a syntax tree, which another language may have been translated to.
 * @param part the statements that are gone through, where these are not all of them
 */
export function analyseStatements(
  statements: readonly Statement[],
  text: string,
  options: InterpretOptions = {},
  part = statements,
): PythonAnalysis {
  const answers = new Answers(text);
  const { ask } = answers;
  const { sites, links, isEntangled, facts, module } = interpret(part, text, { ...options, ask });
  const parts = once(() => linkedSites(sites, links));
  let byName: ReadonlyMap<string, Origin> | undefined;
  const bindings = new Map<string, string>();
  for (const [name, value] of module.bindings.all()) {
    for (const single of alternativesOf(value)) {
      if (single.kind !== 'path' || name.includes('.')) continue;
      const path = canonicalName(`${single.path}.`).slice(0, -1);
      // What TensorFlow keeps functions in is not all of TensorFlow: `array_ops`.
      if (path.includes('.') || !single.path.startsWith('tensorflow.python.')) bindings.set(path, name);
    }
  }
  const analysis: PythonAnalysis = {
    text,
    ask,
    answers,
    sites,
    links,
    spelling: [...bindings].flat().join(' '),
    isEntangled,
    around: (root) => {
      const part = parts().get(root);
      if (!part) return { ...analysis, sites: [] };
      return (part.analysis ??= { ...analysis, sites: part.sites });
    },
    originOf: (expression) => facts.get(expression)?.origin,
    originOfVariable: (name) => {
      byName ??= new Map(
        [...facts].flatMap(([node, { origin }]) => (node.kind === 'variable' && origin ? [[node.name, origin]] : [])),
      );
      return byName.get(name);
    },
    axisOf: (expression) => facts.get(expression)?.origin?.axis,
    frameworkOf: (expression) => facts.get(expression)?.framework,
    formatOf: (expression) => facts.get(expression)?.format,
    isSetting: (expression) => facts.get(expression)?.usual !== undefined,
    withDefaults: (expression) => {
      const defaults = new Map<string, Expression>();
      for (const node of inOrder([expression])) {
        const usual = node.kind === 'variable' ? facts.get(node)?.usual : undefined;
        if (node.kind === 'variable' && usual) defaults.set(node.name, usual);
      }
      return defaults.size === 0 ? expression : substitute(expression, defaults);
    },
    isOnlySampled: (expression) => {
      const known = facts.get(expression);
      return known?.isSampled === true && !known.isUsed;
    },
    isDetached: (expression) => {
      const known = facts.get(expression);
      return known?.isDetached === true && !known.isUsed;
    },
    spell: (path) => spell(path, bindings),
    importFor: (path) => importFor(path, bindings),
    importPlace: importPlace(statements, text),
    statementAt: (offset) => pathTo(statements, offset).at(-1)?.statement,
    pathTo: (offset) => pathTo(statements, offset),
  };
  return analysis;
}

interface Part {
  readonly sites: Site[];
  analysis?: PythonAnalysis;
}

/** The sites by the statements of the module they were reached from, those together that are linked. */
function linkedSites(
  sites: readonly Site[],
  links: ReadonlyMap<Statement, ReadonlySet<Statement>>,
): Map<Statement | undefined, Part> {
  const parts = new Map<Statement | undefined, Part>();
  for (const site of sites) {
    let part = parts.get(site.root);
    if (!part) {
      part = { sites: [] };
      for (const root of withLinked(site.root ? [site.root] : [], links)) parts.set(root, part);
      parts.set(site.root, part);
    }
    part.sites.push(site);
  }
  return parts;
}

/** The statements and all that they are linked with, directly or not. */
export function withLinked(
  statements: Iterable<Statement>,
  links: ReadonlyMap<Statement, ReadonlySet<Statement>>,
): Set<Statement> {
  const all = new Set(statements);
  // Grows while it is gone through.
  for (const statement of all) for (const linked of links.get(statement) ?? []) all.add(linked);
  return all;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

const usual = new Map(frameworks.flatMap((framework) => Object.entries(framework.usual)));

function spell(path: string, bindings: ReadonlyMap<string, string>): string {
  for (const names of [bindings, usual]) {
    for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
      const name = names.get(path.slice(0, end));
      if (name !== undefined) return name + path.slice(end);
    }
  }
  return path;
}

function importFor(path: string, bindings: ReadonlyMap<string, string>): string | undefined {
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    if (bindings.has(path.slice(0, end))) return undefined;
  }
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    const prefix = path.slice(0, end);
    const short = usual.get(prefix);
    // The usual name for it may stand for something else here, but then no library's name would be spelled with it.
    if (short !== undefined) return short === prefix ? `import ${prefix}` : `import ${prefix} as ${short}`;
  }
  return `import ${path.slice(0, path.lastIndexOf('.'))}`;
}

/** After the imports at the beginning of the file, or where they would be. */
function importPlace(statements: readonly Statement[], text: string): number {
  let after = -1;
  for (const statement of statements) {
    const isDocumentation = statement.kind === 'evaluate' && statement.parts.every(({ kind }) => kind === 'string');
    if (statement.kind !== 'import' && !isDocumentation) break;
    after = statement.end;
  }
  if (after >= 0) {
    const rest = /\r\n|\n|\r/g;
    rest.lastIndex = after;
    return rest.exec(text) ? rest.lastIndex : text.length;
  }
  // Comments at the top (an encoding, a licence) stay there.
  const comments = /^(?:\uFEFF?(?:[ \t]*#[^\r\n]*)?(?:\r\n|\n|\r))*/.exec(text)?.[0] ?? '';
  const [first] = statements;
  return first && comments.length > first.start ? 0 : comments.length;
}

/** A statement around a place. */
export interface Step {
  readonly block: readonly Statement[];
  readonly statement: Statement;
}

function pathTo(statements: readonly Statement[], offset: number): Step[] {
  const path: Step[] = [];
  let block: readonly Statement[] | undefined = statements;
  while (block) {
    const statement: Statement | undefined = block.find(({ start, end }) => start <= offset && offset < end);
    if (!statement) break;
    path.push({ block, statement });
    block = blocksOf(statement).find((each) => each.some(({ start, end }) => start <= offset && offset < end));
  }
  return path;
}

function blocksOf(statement: Statement): readonly (readonly Statement[])[] {
  switch (statement.kind) {
    case 'if':
      return [...statement.branches.map(({ body }) => body), statement.otherwise ?? []];
    case 'loop':
      return [statement.body, statement.otherwise];
    case 'try':
      return [statement.body, ...statement.handlers.map(({ body }) => body), statement.otherwise, statement.last];
    case 'match':
      return statement.cases.map(({ body }) => body);
    case 'with':
    case 'function':
    case 'class':
      return [statement.body];
    default:
      return [];
  }
}

export type { Condition, Framework, Origin, Range, Site, Statement };
export { importedFrameworks, type FrameworkName } from './frameworks';
export { Dependencies } from './dependencies';
export { Answers, ofLatestText, Question } from './questions';
export { isBeyondLimits } from './limits';
export { importsLocally, LocalModules, type ModuleLoader } from './modules';
export { isPartOfName, namesWith } from './frameworks';
export { changeBetween, PythonParser, type Change } from './parse';
