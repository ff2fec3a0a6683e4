/**
 * Lines per second of the finder, in processor time, beside Lezer's bare parse in this process and pylint and ruff on
 * the same files where they are installed; and how long a keystroke takes. Command lines take turns, so that what else
 * the machine does meets all of them; each number is the median of its turns. Prints Markdown.
 *
 *   node scripts/bench.mjs          code made of the samples
 *   node scripts/bench.mjs FOLDER   the Python files below a folder as well
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parser } from '@lezer/python';
import { findingsIn, FindingsSession } from '../../src/rules';

/** In this process, and of whole processes. */
const turns = 9;
const processTurns = 5;

/**
 * A process that goes on has compiled what it does: so many turns, and so much processor time in milliseconds, go by
 * before any is measured.
 */
const warming = { turns: 3, ms: 6000 };
const linesOf = (text: string): number => text.split('\n').length;

/** So many lines of copies, whose definitions have names of their own. */
function repeated(block: string, lines: number): string {
  const copies = Math.ceil(lines / (linesOf(block) - 1));
  return Array.from({ length: copies }, (_, i) => block.replace(/^(def|class) (\w+)/gm, `$1 $2_${String(i)}`)).join('');
}

const plain = `import os


class Store:
    def __init__(self, root):
        self.root = root
        self.entries = {}

    def read(self, name):
        if name not in self.entries:
            with open(os.path.join(self.root, name)) as file:
                self.entries[name] = file.read()
        return self.entries[name]


def words(text):
    for line in text.split("\\n"):
        for word in line.split():
            yield word.lower()
`;

const samples = ['samples/unstable.py', 'samples/keras_custom_loss.py'].map((file) => readFileSync(file, 'utf8'));

function processorMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function quantile(values: readonly number[], part: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] as number;
}

const median = (values: readonly number[]): number => quantile(values, 0.5);

/** A command line tool that reads files. */
interface Tool {
  readonly name: string;
  readonly command: readonly string[];
}

const tools: readonly Tool[] = [
  { name: 'lossfloor', command: [process.execPath, 'dist/cli.js', 'scan', '--jobs', '1'] },
  // On one core, as the others.
  { name: 'pylint', command: ['pylint', '--persistent=n', '--jobs=1'] },
  { name: 'ruff', command: ['ruff', 'check', '--no-cache', '--isolated'] },
];

/**
 * Milliseconds of processor time that a process takes, its own children's included, as Bash tells it. On Windows the time
 * that passes.
 * @returns undefined where the tool, or Bash, isn't installed
 */
function toolMs({ command }: Tool, files: readonly string[]): number | undefined {
  const environment = { ...process.env, RAYON_NUM_THREADS: '1' };
  if (process.platform === 'win32') {
    const start = performance.now();
    const { error } = spawnSync(command[0] as string, [...command.slice(1), ...files], { stdio: 'ignore' });
    return error ? undefined : performance.now() - start;
  }
  // Bash knows milliseconds; `times` of other shells counts in hundredths of a second.
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null 2>/dev/null; exit $?';
  const { stderr, status } = spawnSync('bash', ['-c', script, 'bash', ...command, ...files], {
    encoding: 'utf8',
    env: { ...environment, LC_ALL: 'C' },
  });
  const seconds = /^([\d.]+) ([\d.]+)$/m.exec(stderr);
  return status === 127 || !seconds ? undefined : (Number(seconds[1]) + Number(seconds[2])) * 1000;
}

interface Code {
  readonly name: string;
  readonly texts: readonly string[];
  readonly files: readonly string[];
}

function pythonFilesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.py'))
    .sort()
    .map((name) => path.join(folder, name));
}

const tenths = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(1));

function row(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

/** Milliseconds of processor time of work that is done again and again, once what it does is compiled. */
function warm(work: () => unknown): number[] {
  let spent = 0;
  for (let turn = 0; turn < warming.turns || spent < warming.ms; turn++) spent += processorMs(work);
  return Array.from({ length: turns }, () => processorMs(work));
}

/** Of the finder in this process, warm, beside the bare parse. */
function inProcess(codes: readonly Code[]): void {
  console.log(
    "\nThe finder in a process that goes on (what it does is compiled), with the memory of the extension's thread, thousands of lines a second of processor time:\n",
  );
  row(['code', 'files', 'lines', 'finder', 'bare parse', 'finder / parse']);
  row(['---', '---:', '---:', '---:', '---:', '---:']);
  for (const { name, texts } of codes) {
    const lines = texts.reduce((sum, text) => sum + linesOf(text), 0);
    const find = (): void => texts.forEach((text) => findingsIn(text, { fixes: false }));
    const parse = (): void => texts.forEach((text) => parser.parse(text));
    // Each by itself: what one leaves to be collected would be counted with the other.
    const times = { finder: warm(find), parse: warm(parse) };
    const ratio = median(times.finder) / median(times.parse);
    const speed = (ms: readonly number[]): string => (lines / median(ms)).toFixed(1);
    row([name, String(texts.length), String(lines), speed(times.finder), speed(times.parse), ratio.toFixed(2)]);
  }
}

/** Of whole processes, each with its own start, and without what it takes over an almost empty file. */
function asProcesses(codes: readonly Code[], tiny: string): void {
  console.log('\nCommand lines, thousands of lines a second of processor time, and times of lossfloor:\n');
  row(['code', 'tool', 'with start', 'lossfloor is', 'without start', 'lossfloor is', 'start, ms']);
  row(['---', '---', '---:', '---:', '---:', '---:', '---:']);
  for (const { name, texts, files } of codes) {
    const lines = texts.reduce((sum, text) => sum + linesOf(text), 0);
    const times = new Map(tools.map((tool) => [tool, { whole: [] as number[], start: [] as number[] }]));
    for (let turn = 0; turn < processTurns; turn++) {
      for (const [tool, { whole, start }] of times) {
        const [atAll, atStart] = [toolMs(tool, files), toolMs(tool, [tiny])];
        if (atAll === undefined || atStart === undefined) continue;
        whole.push(atAll);
        start.push(atStart);
      }
    }
    const middle = ({ whole, start }: { readonly whole: readonly number[]; readonly start: readonly number[] }) =>
      whole.length === 0
        ? undefined
        : { whole: median(whole), start: median(start), net: Math.max(median(whole) - median(start), 1) };
    const [own] = [...times.values()].map(middle);
    for (const [tool, all] of times) {
      const time = middle(all);
      if (!time) {
        row([name, tool.name, 'not installed', '–', '–', '–', '–']);
        continue;
      }
      const ratio = (part: 'whole' | 'net'): string =>
        own && time !== own ? `${(time[part] / own[part]).toPrecision(3)} ×` : '1 ×';
      row([
        ...[name, tool.name, tenths(lines / time.whole), tool.name === 'lossfloor' ? '–' : ratio('whole')],
        ...[tenths(lines / time.net), tool.name === 'lossfloor' ? '–' : ratio('net'), time.start.toFixed(0)],
      ]);
    }
  }
}

function keystrokes(): void {
  const text = repeated(samples.join('\n'), 5000);
  const session = new FindingsSession();
  session.update(text);
  const lines = text.split('\n');
  const times: number[] = [];
  // All over the text, a line at a time: an unfinished name, an unfinished statement, one with something to find.
  for (let line = 7; line < lines.length; line += 61) {
    const indent = /^\s*/.exec(lines[line] ?? '')?.[0] ?? '';
    let typed = indent;
    for (const more of ['x', ' ', '=', ' torch.log(torch.sigmoid(y))']) {
      typed += more;
      const now = [...lines.slice(0, line), typed, ...lines.slice(line)].join('\n');
      times.push(processorMs(() => session.update(now)));
    }
    session.update(text);
  }
  console.log(
    `\nA keystroke in ${String(linesOf(text))} lines (${String(times.length)} of them): ${quantile(times, 0.5).toFixed(1)} ms, 95th percentile ${quantile(times, 0.95).toFixed(1)} ms`,
  );
}

function main(corpus: string | undefined): void {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-bench-'));
  try {
    const made = (name: string, file: string, text: string): Code => {
      writeFileSync(path.join(folder, file), text);
      return { name, texts: [text], files: [path.join(folder, file)] };
    };
    const tiny = path.join(folder, 'tiny.py');
    writeFileSync(tiny, 'import torch\n');
    const codes = [
      made('machine learning', 'learning.py', repeated(samples.join('\n'), 5000)),
      made('names no trigger', 'plain.py', repeated(plain, 5000)),
    ];
    if (corpus !== undefined) {
      const files = pythonFilesIn(corpus);
      codes.push({ name: path.basename(corpus), texts: files.map((file) => readFileSync(file, 'utf8')), files });
    }
    console.log(`\nLoad of the machine: ${tenths(os.loadavg()[0])} on ${String(os.availableParallelism())} cores.`);
    inProcess(codes);
    asProcesses(codes, tiny);
    keystrokes();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main(process.argv[2]);
