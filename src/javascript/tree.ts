import type { Tree } from '@lezer/common';
import { parser } from '@lezer/javascript';
import type { LRParser } from '@lezer/lr';
import type { Range } from '../python/syntax';

/** JavaScript, with or without elements of JSX; TypeScript without and with them. */
export type Dialect = 'js' | 'jsx' | 'ts' | 'tsx';

/** A node of the concrete tree, punctuation and keywords included; comments and types left out. */
export interface Raw extends Range {
  readonly name: string;
  readonly error: boolean;
  children: readonly Raw[];
}

/** Files that end in .js hold elements as often as not, and nothing in them looks like one that isn't. */
const dialects: Readonly<Record<Dialect, string>> = { js: 'jsx', jsx: 'jsx', ts: 'ts', tsx: 'ts jsx' };

/** What says nothing about values. */
const left: ReadonlySet<string> = new Set([
  'BlockComment',
  'Hashbang',
  'LineComment',
  'TypeAnnotation',
  'TypeArgList',
  'TypeParamList',
  'TypePredicate',
]);

const noChildren: readonly Raw[] = Object.freeze([]);

const parsers = new Map<Dialect, LRParser>();

function parserOf(dialect: Dialect): LRParser {
  const known = parsers.get(dialect) ?? parser.configure({ dialect: dialects[dialect] });
  parsers.set(dialect, known);
  return known;
}

/**
 * The tree of a text. A file of TypeScript that isn't said to hold elements may hold some, which exclude the casts in
 * angle brackets that others hold.
 */
export function readTree(text: string, dialect: Dialect): Raw {
  const code = withoutConflicts(text);
  if (dialect !== 'ts') return rawOf(parserOf(dialect).parse(code));
  // The likelier one first: recovering from what isn't in the grammar takes long.
  const [first, second]: readonly Dialect[] = /<\/[\w.]*>|\/>/.test(text) ? ['tsx', 'ts'] : ['ts', 'tsx'];
  const tree = parserOf(first ?? dialect).parse(code);
  const errors = errorsIn(tree);
  if (errors === 0) return rawOf(tree);
  const other = parserOf(second ?? dialect).parse(code);
  return rawOf(errorsIn(other) < errors ? other : tree);
}

/** Blanks take the place of what a merge has left, which would begin a type or an element that has no end. */
function withoutConflicts(text: string): string {
  return text.replace(/^(?:<{7}|>{7}|\|{7}|={7})(?: .*)?$/gm, (marker) => ' '.repeat(marker.length));
}

function errorsIn(tree: Tree): number {
  let errors = 0;
  tree.iterate({
    enter: ({ type }) => {
      if (type.isError) errors++;
    },
  });
  return errors;
}

/** Iterative: the tree may be as deep as the text is long. */
function rawOf(tree: Tree): Raw {
  const cursor = tree.cursor();
  const read = (): Raw => ({
    name: cursor.name,
    start: cursor.from,
    end: cursor.to,
    error: cursor.type.isError,
    children: noChildren,
  });
  const root = read();
  const open: { readonly node: Raw; readonly children: Raw[] }[] = [];
  if (!cursor.firstChild()) return root;
  open.push({ node: root, children: [] });
  for (;;) {
    if (!left.has(cursor.name)) {
      const node = read();
      open.at(-1)?.children.push(node);
      if (cursor.firstChild()) {
        open.push({ node, children: [] });
        continue;
      }
    }
    while (!cursor.nextSibling()) {
      const done = open.pop();
      if (done) done.node.children = done.children;
      if (open.length === 0) return root;
      cursor.parent();
    }
  }
}

const expressionNames: ReadonlySet<string> = new Set([
  'ArrayExpression',
  'ArrowFunction',
  'AssignmentExpression',
  'AwaitExpression',
  'BinaryExpression',
  'BooleanLiteral',
  'CallExpression',
  'ClassExpression',
  'ConditionalExpression',
  'DynamicImport',
  'FunctionExpression',
  'ImportMeta',
  'InstantiationExpression',
  'JSXElement',
  'MemberExpression',
  'NewExpression',
  'NewTarget',
  'Number',
  'ObjectExpression',
  'ParenthesizedExpression',
  'PostfixExpression',
  'PrefixCast',
  'RegExp',
  'SequenceExpression',
  'String',
  'TaggedTemplateExpression',
  'TemplateString',
  'UnaryExpression',
  'VariableName',
  'YieldExpression',
  'null',
  'super',
  'this',
]);

export const isExpression = (node: Raw): boolean => expressionNames.has(node.name);

const patternNames: ReadonlySet<string> = new Set(['ArrayPattern', 'ObjectPattern', 'VariableDefinition']);

export const isPattern = (node: Raw): boolean => patternNames.has(node.name);

/** Whether tokens were skipped among the node's children; a missing closing bracket does no harm. */
export function broken(node: Raw): boolean {
  return node.children.some((child) => child.error && (child.end > child.start || child !== node.children.at(-1)));
}

export function childNamed(node: Raw, name: string): Raw | undefined {
  return node.children.find((child) => child.name === name);
}

/** What stands between the commas among the children from `from` on, brackets and missing tokens left out. */
export function commaSeparated(nodes: readonly Raw[]): Raw[][] {
  const groups: Raw[][] = [[]];
  for (const node of nodes) {
    const missing = node.error && node.start === node.end;
    if (node.name === ',') groups.push([]);
    else if (!missing && !brackets.has(node.name)) groups.at(-1)?.push(node);
  }
  return groups;
}

const brackets: ReadonlySet<string> = new Set(['(', ')', '[', ']', '{', '}', ';']);

/** The definitions of a pattern, those of its defaults left out. */
export function definitionsIn(pattern: Raw): Raw[] {
  const found: Raw[] = [];
  const open = [pattern];
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.name === 'VariableDefinition') found.push(node);
    else if (node.name === 'PatternProperty' || isPattern(node)) for (const child of node.children) open.push(child);
  }
  return found;
}

/** Names of the methods and properties that the text gives to classes and objects. */
export function membersIn(root: Raw, text: string): ReadonlySet<string> {
  const names = new Set<string>();
  const open = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.name === 'PropertyDefinition') names.add(text.slice(node.start, node.end));
    for (const child of node.children) open.push(child);
  }
  return names;
}

export const isFunctionExpression = (node: Raw): boolean =>
  node.name === 'ArrowFunction' || node.name === 'FunctionExpression';

export const isStatement = (node: Raw): boolean =>
  node.name.endsWith('Statement') || node.name.endsWith('Declaration') || node.name === 'Block';

/** Whether the grammar has taken what a class without a name is made from for its name. */
export const isNameless = (node: Raw): boolean =>
  node.children.some((child) => child.error && childNamed(child, 'extends') !== undefined);

/** Names of properties, and strings and numbers in their place. */
export const keyNames: ReadonlySet<string> = new Set([
  'Number',
  'PrivatePropertyDefinition',
  'PropertyDefinition',
  'PropertyName',
  'String',
  'VariableDefinition',
]);

/** What is between quotes, if there are any. */
export function stringOf(text: string): string {
  return text.replace(/^(["'`])([^]*?)\1?\n?$/, '$2');
}
