import { readdirSync, readFileSync } from 'node:fs';
import type { Language } from '../../src/rules';

/** What is read as a notebook is JSON, whatever the language of its cells. */
export type Kind = Language | 'notebook';

export interface Input {
  readonly kind: Kind;
  readonly text: string;
}

export type Random = (below: number) => number;

/** mulberry32 */
export function randomOf(seed: number): Random {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

/** The examples that the rules' tests are made of, and the samples. */
function sources(): Input[] {
  const inputs: Input[] = readdirSync('samples')
    .filter((file) => file.endsWith('.py'))
    .map((file) => ({ kind: 'python', text: readFileSync(`samples/${file}`, 'utf8') }));
  const tests = readdirSync('test/unit', { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?:rules[/\\].*|python|notebooks|suppress|javascript)\.test\.ts$/.test(file))
    .sort();
  for (const file of tests) {
    const kind = file.includes('javascript') ? 'javascript' : 'python';
    for (const [, quoted = ''] of readFileSync(`test/unit/${file}`, 'utf8').matchAll(/`((?:[^`\\]|\\.)*)`/g)) {
      const text = quoted
        .replaceAll(/[«»]/g, '')
        .replaceAll('\\`', '`')
        .replaceAll('\\$', '$')
        .replaceAll('\\\\', '\\');
      if (text.includes('\n') && text.length < 6000) inputs.push({ kind, text });
    }
  }
  return inputs;
}

const seeds = sources();

const pythonWords = [
  'torch.log(torch.sigmoid(x))',
  'F.softmax(x, dim=1).log()',
  'np.log(np.sum(np.exp(x), axis=1, keepdims=True))',
  'nn.Sequential(nn.Linear(3, 1), nn.Sigmoid())',
  'nn.BCELoss()(torch.sigmoid(x), y)',
  'import torch\n',
  'import torch.nn.functional as F\n',
  'from keras import backend as K\n',
  '# lossfloor: ignore\n',
  '# lossfloor: ignore[log-of-sigmoid]',
  '# lossfloor: ignore-file',
  'print "x" % y\n',
  'exec "x"\n',
  'f"{x!r:>{width}}"',
  'lambda x: ',
  'async def f(*, a, **k) -> T:\n    ',
  'match x:\n    case [*_, {"a": b}]:\n        ',
  '(y := x)',
  '\\\n',
];

const scriptWords = [
  'tf.log(tf.sigmoid(x))',
  "import * as tf from '@tensorflow/tfjs';\n",
  'x.sigmoid().log()',
  '${',
  '<a b={c}>',
  '</a>',
  'class A { #p = 1; static { ',
  'async function* f({ a, ...b } = {}) { ',
  '=> ',
  '?? ',
  'x as unknown as T',
  '/re(/g',
  '// lossfloor: ignore\n',
  '/* lossfloor: ignore-file */',
];

const tokens = [
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '`',
    '"""',
    "'''",
    ':',
    ',',
    ';',
    '.',
    '..',
    '...',
    '=',
    '==',
    '**',
    '//',
  ],
  ...['/*', '*/', '@', '#', '\\', '->', '=>', '<', '>', '?', '!', '~', '\t', '\f', '\v', '\r', '\r\n', '\n', '\0', ' '],
  ...[
    '    ',
    '\ufeff',
    '\ud800',
    '\udc00',
    '😀',
    '\u2028',
    '\u2029',
    '\u00a0',
    'é',
    '１',
    '0x',
    '1e',
    '1_',
    '1j',
    '1.',
  ],
  ...[
    'if ',
    'else:',
    'elif x:',
    'for x in y:',
    'while x:',
    'def f(',
    'class A(',
    'return ',
    'try:',
    'except:',
    'with ',
  ],
  ...['lambda ', 'yield ', 'await ', 'not ', 'in ', 'is ', 'import ', 'from ', 'as ', 'del ', 'global ', 'None', 'nan'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'self.', 'axis=', 'dim=1', 'keepdims=True', '*args'],
];

const oneOf = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;

function piece(random: Random, kind: Kind): string {
  switch (random(4)) {
    case 0:
      return oneOf(random, kind === 'python' ? pythonWords : scriptWords);
    case 1: {
      const { text } = oneOf(random, seeds);
      const start = random(text.length);
      return text.slice(start, start + random(80));
    }
    default:
      return oneOf(random, tokens);
  }
}

function mutated(random: Random, kind: Kind, source: string): string {
  let text = source;
  for (let changes = 1 + random(6); changes > 0; changes--) {
    const [start, length] = [random(text.length + 1), random(12)];
    switch (random(10)) {
      case 0:
        text = text.slice(0, start);
        break;
      case 1:
        text = text.slice(start);
        break;
      case 2:
        text = text.slice(0, start) + text.slice(start + length);
        break;
      case 3: {
        const copied = text.slice(start, start + random(200));
        const at = random(text.length + 1);
        text = text.slice(0, at) + copied + text.slice(at);
        break;
      }
      case 4:
        text = text.replaceAll(/\r\n|\n/g, oneOf(random, ['\r\n', '\r', '\n\n', '\n\t', ' \n', '\f\n', ';', '\\\n']));
        break;
      case 5:
        text = text.replaceAll('    ', oneOf(random, ['\t', '   ', ' \t', '        ', '']));
        break;
      case 6: {
        const words = text.match(/\w+/g) ?? ['x'];
        text = text.replaceAll(oneOf(random, words), () => oneOf(random, words));
        break;
      }
      case 7:
        text = `${text.slice(0, start)}${piece(random, kind).repeat(1 + random(40))}${text.slice(start)}`;
        break;
      default:
        text = text.slice(0, start) + piece(random, kind) + text.slice(start + random(3));
    }
    if (text.length > 20_000) text = text.slice(0, 20_000);
  }
  return text;
}

/** Bytes of any value, as a file that is no text is decoded. */
function bytes(random: Random): string {
  const letters = Buffer.from(Array.from({ length: random(300) }, () => random(256)));
  return letters.toString(random(2) === 0 ? 'utf8' : 'latin1');
}

/** Tokens in any order, among which the rules' triggers are. */
function soup(random: Random, kind: Kind): string {
  return Array.from({ length: random(80) }, () => piece(random, kind)).join('');
}

function notebook(random: Random): string {
  const odd: readonly unknown[] = [null, 7, true, '', [], {}, [1, null], { a: 1 }, 'code', ['x\n', 3, 'y'], -1e308];
  const cell = (): unknown => {
    if (random(12) === 0) return oneOf(random, odd);
    const text = random(3) === 0 ? `%%${oneOf(random, ['time', 'bash', 'javascript'])}\n` : '';
    const { text: source } = oneOf(random, seeds);
    const code = text + mutated(random, 'python', source);
    const lines = code.split(/(?<=\n)/);
    return {
      cell_type: random(10) === 0 ? oneOf(random, odd) : oneOf(random, ['code', 'code', 'code', 'markdown', 'raw']),
      source: random(10) === 0 ? oneOf(random, odd) : random(2) === 0 ? code : lines,
      ...(random(3) === 0 ? { input: code, language: oneOf(random, odd) } : {}),
      metadata: random(4) === 0 ? oneOf(random, odd) : {},
      outputs: random(4) === 0 ? oneOf(random, odd) : [{ data: { 'text/plain': ['x'.repeat(random(2000))] } }],
    };
  };
  const cells = Array.from({ length: random(6) }, cell);
  const whole: unknown = {
    cells: random(20) === 0 ? oneOf(random, odd) : cells,
    ...(random(6) === 0 ? { worksheets: [{ cells }, oneOf(random, odd)] } : {}),
    metadata: random(4) === 0 ? oneOf(random, odd) : { kernelspec: { language: 'python', name: oneOf(random, odd) } },
    nbformat: random(8) === 0 ? oneOf(random, odd) : 4,
  };
  const json = JSON.stringify(whole, null, random(3));
  return random(4) === 0 ? mutated(random, 'notebook', json) : json;
}

export function randomInput(seed: number): Input {
  const random = randomOf(seed);
  const choice = random(20);
  if (choice < 2) return { kind: 'notebook', text: notebook(random) };
  const source = oneOf(random, seeds);
  const kind: Kind =
    random(12) === 0
      ? oneOf(random, ['python', 'javascript', 'typescript'] as const)
      : source.kind === 'javascript' && random(2) === 0
        ? 'typescript'
        : source.kind;
  if (choice === 2) return { kind, text: bytes(random) };
  if (choice < 6)
    return { kind, text: `${kind === 'python' ? 'import torch\n' : (scriptWords[1] ?? '')}${soup(random, kind)}` };
  return { kind, text: mutated(random, kind, source.text) };
}

const code = 'torch.log(torch.sigmoid(x))';
const script = "import * as tf from '@tensorflow/tfjs';\n";

/** Texts of a size or depth that nobody writes, each with what it is. */
export const extremes: Readonly<Record<string, () => Input>> = (() => {
  const all: Record<string, () => Input> = {};
  const add = (name: string, kind: Kind, text: () => string): void => {
    all[`${name}, ${kind}`] = () => ({ kind, text: text() });
  };
  const many = 100_000;
  for (const kind of ['python', 'javascript', 'typescript'] as const) {
    const head = kind === 'python' ? `import torch\n${code}\n` : `${script}tf.log(tf.sigmoid(x));\n`;
    for (const [open, close] of ['()', '[]', '{}'].map((pair) => [pair.charAt(0), pair.charAt(1)] as const)) {
      add(`${String(many)} open ${open}`, kind, () => head + open.repeat(many));
      add(
        `${String(many)} nested ${open}${close}`,
        kind,
        () => `${head}y = ${open.repeat(many)}${close.repeat(many)}\n`,
      );
      add(`${String(many)} closed ${close}`, kind, () => head + close.repeat(many));
    }
    add('mixed brackets', kind, () => head + '([{'.repeat(many / 3));
    add('nested calls', kind, () => `${head}y = ${'f('.repeat(many)}${')'.repeat(many)}\n`);
    add('a chain of attributes', kind, () => `${head}y = x${'.a'.repeat(many)}\n`);
    add('a chain of calls', kind, () => `${head}y = x${'.log()'.repeat(many)}\n`);
    add('a chain of subscripts', kind, () => `${head}y = x${'[0]'.repeat(many)}\n`);
    add('a sum of many', kind, () => `${head}y = x${' + x'.repeat(many)}\n`);
    add('many arguments', kind, () => `${head}y = f(${'x, '.repeat(many)}x)\n`);
    add('many signs', kind, () => `${head}y = ${'- '.repeat(many)}x\n`);
    add('a line of 50 MB', kind, () => `${head}y = '${'x'.repeat(50_000_000)}'\n`);
    add('a line of 5 MB of code', kind, () => `${head}y = [${'x, '.repeat(1_700_000)}]\n`);
    add('an unterminated string', kind, () => `${head}y = "${'x '.repeat(many)}`);
    add('open quotes', kind, () => `${head}y = ${'"\n'.repeat(many / 10)}`);
    add('a comment of 5 MB', kind, () => `${head}${kind === 'python' ? '#' : '//'} ${'('.repeat(5_000_000)}\n`);
    add('empty lines', kind, () => head + '\n'.repeat(1_000_000));
    add('lone surrogates', kind, () => head + '\ud800'.repeat(many));
    add('zeros', kind, () => head + '\0'.repeat(many));
    add(
      'conditionals',
      kind,
      () => `${head}y = ${(kind === 'python' ? 'x if x else ' : 'x ? x : ').repeat(many / 5)}x\n`,
    );
    add(
      'findings in one line',
      kind,
      () => `${head}${`${kind === 'python' ? code : 'tf.log(tf.sigmoid(x))'}; `.repeat(2000)}\n`,
    );
    add(
      'findings by their hundreds',
      kind,
      () => head + `y = ${kind === 'python' ? code : 'tf.log(tf.sigmoid(x))'}\n`.repeat(1000),
    );
  }
  add(
    'a thousand blocks',
    'python',
    () => `import torch\n${Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}if x:\n`).join('')}`,
  );
  add('open triple quotes', 'python', () => `import torch\n${code}\n${'"""\n'.repeat(100_001)}`);
  add('lambdas in lambdas', 'python', () => `import torch\n${code}\ny = ${'lambda: '.repeat(20_000)}x\n`);
  add('many nots', 'python', () => `import torch\n${code}\ny = ${'not '.repeat(many)}x\n`);
  add(
    'names that grow',
    'python',
    () =>
      `import torch\nx0 = torch.sigmoid(y)\n${Array.from({ length: 1000 }, (_, i) => `x${String(i + 1)} = x${String(i)} * x${String(i)} + torch.log(x${String(i)})\n`).join('')}`,
  );
  add('format strings in format strings', 'python', () => `import torch\n${code}\ny = ${'f"{'.repeat(10_000)}\n`);
  add('templates in templates', 'javascript', () => `${script}tf.log(tf.sigmoid(x));\ny = ${'`${'.repeat(many)}\n`);
  add('elements in elements', 'javascript', () => `${script}tf.log(tf.sigmoid(x));\ny = ${'<a>'.repeat(many)}\n`);
  add('types in types', 'typescript', () => `${script}tf.log(tf.sigmoid(x));\nlet y: ${'A<'.repeat(many)}\n`);
  add('functions in functions', 'javascript', () => `${script}tf.log(tf.sigmoid(x));\n${'() => '.repeat(many)}x\n`);
  add('nested JSON', 'notebook', () => '['.repeat(many));
  add('nested cells', 'notebook', () => `{"cells": ${'['.repeat(many)}${']'.repeat(many)}}`);
  add('an output of 50 MB', 'notebook', () =>
    JSON.stringify({
      cells: [{ cell_type: 'code', source: code, outputs: [{ data: { 'text/plain': 'x'.repeat(50_000_000) } }] }],
    }),
  );
  add('ten thousand cells', 'notebook', () =>
    JSON.stringify({ cells: Array.from({ length: 10_000 }, () => ({ cell_type: 'code', source: 'x = 1\n' })) }),
  );
  return all;
})();
