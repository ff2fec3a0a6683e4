/**
 * What VS Code loads as its test module, in the server that scripts/test-editor.mjs starts and in the desktop that
 * scripts/test-desktop.mjs starts. The results file is named by VSCODE_TEST_RESULTS.
 */
import path from 'node:path';
import { runTests } from '../runner/run';

// The mark tells the lines of the tests from all else that an extension host says.
const say = (text: string): void => {
  for (const line of text.split('\n')) console.log('%s', `[lossfloor-test] ${line}`);
};

// Other extensions run in this process too; VS Code's own fail to reach the network, for one.
const root = path.resolve(__dirname, '../../..');
const ours = (reason: unknown): boolean => {
  const stack = reason instanceof Error ? (reason.stack ?? '') : '';
  return ['dist', 'out', 'src', 'test'].some((folder) => stack.includes(path.join(root, folder) + path.sep));
};

export async function run(): Promise<void> {
  const resultsFile = process.env['VSCODE_TEST_RESULTS'];
  if (resultsFile === undefined) throw new Error('VSCODE_TEST_RESULTS has to name the file that the results go to.');
  let failures: number;
  try {
    failures = await runTests({ folder: __dirname, resultsFile, timeout: 60_000, say, ours });
  } catch (error) {
    say(`  The tests could not be run: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    throw error;
  }
  if (failures > 0) throw new Error(`${String(failures)} tests failed`);
}
