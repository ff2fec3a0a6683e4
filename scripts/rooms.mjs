// The rooms of the house and who may import whom, as an ESLint rule. Imports run downwards only: what a room may use is
// listed here, and nowhere else. The rule looks at every way to name another module (import, export from, import(),
// require(), import types), so that there is no way round it; test/unit/rooms.test.ts holds it to that.
import path from 'node:path';

/** What each room under src/ may import, besides itself. */
const downwards = /** @type {Record<string, readonly string[]>} */ ({
  expression: [],
  numeric: ['expression'],
  losses: ['expression', 'numeric'],
  measure: ['expression', 'numeric'],
  training: ['expression', 'numeric', 'losses', 'measure'],
  python: ['expression', 'numeric'],
  javascript: ['expression', 'numeric', 'python'],
  rules: ['expression', 'numeric', 'losses', 'measure', 'python', 'javascript'],
  notebooks: [],
  samples: [],
  config: ['expression', 'numeric', 'losses', 'measure', 'training', 'rules'],
  protocol: ['expression', 'numeric', 'measure', 'training', 'rules', 'config'],
  worker: ['expression', 'numeric', 'measure', 'training', 'python', 'rules', 'notebooks', 'config', 'protocol'],
  engine: ['expression', 'numeric', 'measure', 'training', 'losses', 'rules', 'protocol', 'config'],
  editor: [
    'expression',
    'numeric',
    'losses',
    'measure',
    'python',
    'rules',
    'notebooks',
    'config',
    'protocol',
    'engine',
  ],
  dashboards: [
    'expression',
    'numeric',
    'losses',
    'measure',
    'training',
    'python',
    'rules',
    'notebooks',
    'config',
    'samples',
    'protocol',
    'engine',
  ],
  cli: [
    ...[
      'expression',
      'numeric',
      'losses',
      'measure',
      'training',
      'python',
      'rules',
      'notebooks',
      'config',
      'samples',
      'protocol',
    ],
    ...['engine', 'worker'],
  ],
});

/** Modules under src/ that a webview may use, beside the types of src/protocol: pure, and small. */
const usableInWebviews = ['src/numeric/format', 'src/numeric/format.ts'];

const packages = [
  { names: /^vscode$/, rooms: ['editor', 'dashboards', 'extension.ts'], why: 'the core works without an editor' },
  {
    names: /^(node:)?(child_process|worker_threads|cluster)$|^@tensorflow\/|^webgpu$/,
    rooms: ['worker', 'engine'],
    why: 'processes and devices are the matter of these rooms',
  },
];

/** @param {string} specifier @param {RegExp} names */
const isPackage = (specifier, names) => names.test(specifier) || names.test(specifier.split('/')[0] ?? '');

/**
 * The part of the house a file is in.
 * @param {string} file relative to the repository, with forward slashes
 */
function partOf(file) {
  const [top, room] = file.split('/');
  if (top !== 'src' && top !== 'webview') return { top: undefined, room: undefined };
  if (top === 'webview') return { top, room: undefined };
  return { top, room: room?.replace(/^extension$/, 'extension.ts') };
}

/**
 * @param {string} file the importing file, relative to the repository, with forward slashes
 * @param {string} specifier
 * @param {boolean} typeOnly
 * @returns {string | undefined} why it is refused
 */
export function refusal(file, specifier, typeOnly) {
  const from = partOf(file);
  if (from.top === undefined) return undefined;
  if (!specifier.startsWith('.')) {
    if (from.top === 'webview') {
      return isPackage(specifier, /^chart\.js$/)
        ? undefined
        : `a webview may use chart.js and no other package, not '${specifier}'`;
    }
    for (const { names, rooms, why } of packages) {
      if (isPackage(specifier, names) && !rooms.includes(from.room ?? '')) {
        return `'${specifier}' may be imported in ${rooms.join(', ')} only: ${why}`;
      }
    }
    return undefined;
  }
  const target = path.posix.join(path.posix.dirname(file), specifier);
  const to = partOf(target);
  if (from.top === 'webview') {
    if (to.top === 'webview' || usableInWebviews.includes(target)) return undefined;
    if (to.room !== 'protocol')
      return `a webview may import src/protocol, src/numeric/format and nothing else from outside, not ${target}`;
    return typeOnly ? undefined : 'a webview may import types from src/protocol, not values: use import type';
  }
  if (to.top !== 'src') {
    // The manifest is data, and the one place for the version.
    return target === 'package.json' ? undefined : `src/ may not import ${target}, which is outside`;
  }
  if (from.room === 'protocol' && !typeOnly) return 'src/protocol is made of types: use import type or export type';
  if (from.room === 'extension.ts' || to.room === from.room) return undefined;
  const allowed = downwards[from.room ?? ''];
  if (allowed === undefined) return `src/${String(from.room)} is not a room: add it to the table in scripts/rooms.mjs`;
  if (allowed.includes(to.room ?? '')) return undefined;
  return `src/${String(from.room)} may import ${allowed.join(', ') || 'nothing'}, not src/${String(to.room)}: imports run downwards only`;
}

/** @type {import('eslint').Rule.RuleModule} */
const imports = {
  meta: { type: 'problem', schema: [], messages: { refused: '{{why}} (scripts/rooms.mjs)' } },
  create(context) {
    const file = path.relative(context.cwd, context.filename).split(path.sep).join('/');
    /** @param {any} node the whole statement @param {any} source the module's name @param {boolean} typeOnly */
    const check = (node, source, typeOnly) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const why = refusal(file, source.value, typeOnly);
      if (why !== undefined) context.report({ node, messageId: 'refused', data: { why } });
    };
    /** @param {any} node */
    const statement = (node) => {
      check(node, node.source, node.importKind === 'type' || node.exportKind === 'type');
    };
    return {
      ImportDeclaration: statement,
      ExportNamedDeclaration: statement,
      ExportAllDeclaration: statement,
      ImportExpression: (/** @type {any} */ node) => {
        check(node, node.source, false);
      },
      TSImportType: (/** @type {any} */ node) => {
        check(node, node.source ?? node.argument?.literal, true);
      },
      TSExternalModuleReference: (/** @type {any} */ node) => {
        check(node, node.expression, false);
      },
      CallExpression: (/** @type {any} */ node) => {
        if (node.callee.type === 'Identifier' && node.callee.name === 'require') check(node, node.arguments[0], false);
      },
    };
  },
};

export default { rules: { imports } };
