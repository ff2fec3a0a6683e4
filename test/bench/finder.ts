/**
 * Lines per second of the finder, in processor time, beside Lezer's bare parse in this process and pylint and ruff on
 * the same files where they are installed; and how long a keystroke takes. Prints Markdown.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parser } from '@lezer/python';
import { findingsIn, FindingsSession } from '../../src/rules';

const turns = 9;
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

/** Milliseconds that a tool takes over a file, its start included; undefined where it isn't installed. */
function toolMs(command: string, args: readonly string[]): number | undefined {
  const start = performance.now();
  const { error } = spawnSync(command, args, { stdio: 'ignore' });
  return error ? undefined : performance.now() - start;
}

function main(): void {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lossfloor-bench-'));
  console.log('\nThe finder, thousands of lines a second (processor time, the best of the turns):\n');
  console.log('| code | lines | finder | bare parse | finder / parse | times pylint | ratio to ruff |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const [name, text] of [
    ['machine learning', repeated(samples.join('\n'), 5000)],
    ['names no trigger', repeated(plain, 5000)],
  ] as const) {
    let [finder, parse] = [Infinity, Infinity];
    for (let turn = 0; turn < turns; turn++) {
      finder = Math.min(
        finder,
        processorMs(() => findingsIn(text, { fixes: false })),
      );
      parse = Math.min(
        parse,
        processorMs(() => parser.parse(text)),
      );
    }
    const file = path.join(folder, 'code.py');
    writeFileSync(file, text);
    const ratio = (ms: number | undefined): string =>
      ms === undefined ? 'not installed' : (ms / finder).toPrecision(3);
    const pylint = toolMs('pylint', ['--persistent=n', file]);
    const ruff = toolMs('ruff', ['check', '--no-cache', file]);
    const speed = (ms: number): string => (linesOf(text) / ms).toFixed(1);
    console.log(
      `| ${name} | ${String(linesOf(text))} | ${speed(finder)} | ${speed(parse)} | ${(finder / parse).toFixed(2)} | ${ratio(pylint)} | ${ratio(ruff)} |`,
    );
  }
  rmSync(folder, { recursive: true, force: true });

  const text = repeated(samples.join('\n'), 5000);
  const session = new FindingsSession();
  session.update(text);
  const at = text.indexOf('return', text.length >> 1);
  const times = Array.from({ length: 100 }, (_, i) =>
    processorMs(() => session.update(`${text.slice(0, at)}${'x'.repeat(i + 1)} = 1\n    ${text.slice(at)}`)),
  );
  console.log(
    `\nA keystroke in ${String(linesOf(text))} lines: ${quantile(times, 0.5).toFixed(1)} ms, 95th percentile ${quantile(times, 0.95).toFixed(1)} ms`,
  );
}

main();
