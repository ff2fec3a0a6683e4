/**
 * Runs a lane's Mocha tests and writes down what came of them. The same code runs in a plain Node process and inside
 * VS Code's extension host; whoever started it (scripts/lane.mjs) believes the written record alone, never an exit
 * status: an extension host that dies half-way is reported as a success by VS Code.
 */
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';

export interface TestRecord {
  readonly file: string;
  readonly title: string;
  readonly state: 'passed' | 'failed' | 'pending';
  readonly error?: string;
}

/** What is written into the results file. It exists only once the run has come to its end. */
export interface RunRecord {
  /** The bundles that were loaded, relative to the lane's folder. */
  readonly files: readonly string[];
  readonly tests: readonly TestRecord[];
}

export interface RunOptions {
  /** The lane's folder of built tests: every *.test.js below it is run. */
  readonly folder: string;
  readonly resultsFile: string;
  /** For each test, in milliseconds. */
  readonly timeout: number;
  /** Says a line. */
  readonly say: (line: string) => void;
  /** Whether a rejection that nobody handled is the fault of what is tested. */
  readonly ours: (reason: unknown) => boolean;
}

/** Resolves with the number of failures; rejects if the tests can't be loaded. */
export async function runTests({ folder, resultsFile, timeout, say, ours }: RunOptions): Promise<number> {
  process.setSourceMapsEnabled(true);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .sort();
  // The event handlers below are the reporter; Base says nothing by itself.
  const mocha = new Mocha({ ui: 'bdd', timeout, reporter: Mocha.reporters.Base, forbidOnly: true });
  for (const file of files) mocha.addFile(path.join(folder, file));

  // Mocha hears of rejections that nobody handles and says nothing; thrown, they fail the test that is running.
  process.on('unhandledRejection', (reason) => {
    if (ours(reason)) throw reason;
  });

  const tests: TestRecord[] = [];
  const record = (test: Mocha.Runnable, state: TestRecord['state'], error?: string): void => {
    const file = test.file === undefined ? '' : path.relative(folder, test.file);
    const title = test.fullTitle();
    // A test that had passed may fail after all, by what it left running.
    const passed = tests.findIndex((each) => each.file === file && each.title === title && each.state === 'passed');
    if (state === 'failed' && passed >= 0) tests.splice(passed, 1);
    tests.push({ file, title, state, ...(error === undefined ? {} : { error }) });
  };
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => {
      resolve();
    });
    runner.on('pass', (test) => {
      record(test, 'passed');
      say(`  ✓ ${test.fullTitle()}${test.speed === 'slow' ? ` (${String(test.duration)} ms)` : ''}`);
    });
    runner.on('pending', (test) => {
      record(test, 'pending');
      say(`  - not run: ${test.fullTitle()}`);
    });
    // Failing hooks come here too.
    runner.on('fail', (test, error: unknown) => {
      const text = describeError(error);
      record(test, 'failed', text);
      say(`  ✗ ${test.fullTitle()}\n${text.replace(/^/gm, '      ')}`);
    });
  });

  // Renamed into place, so that nobody reads half of it.
  const written: RunRecord = { files, tests };
  writeFileSync(`${resultsFile}.partial`, JSON.stringify(written, null, 1));
  renameSync(`${resultsFile}.partial`, resultsFile);
  return tests.filter((test) => test.state === 'failed').length;
}

// Playwright writes its call log in colours.
const colours = /\u001b\[[0-9;]*m/g;

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const lines = [error.stack ?? `${error.name}: ${error.message}`];
  if (error.cause !== undefined) lines.push(`caused by: ${describeError(error.cause)}`);
  return lines
    .join('\n')
    .split('\n')
    .filter((line) => !/node_modules[\\/]mocha|node:internal/.test(line))
    .join('\n')
    .replace(colours, '');
}
