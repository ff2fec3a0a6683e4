// Runs test/editor in a desktop VS Code, with @vscode/test-electron:  npm run test:desktop
//
// VSCODE_EXECUTABLE_PATH names a VS Code that is installed; without it, one is downloaded from Microsoft (once, into
// .hosts/desktop). `npm test` runs the same suite without a desktop, in the server (scripts/test-editor.mjs).
import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { conclude, readResults } from './lane.mjs';
import { Complaint, root, run, runMain, withTemporaryFolder } from './process.mjs';
import { setUp } from './setup.mjs';

await runMain(async () => {
  const named = process.env['VSCODE_EXECUTABLE_PATH'];
  if (named !== undefined && !existsSync(named)) {
    throw new Complaint(`VSCODE_EXECUTABLE_PATH names ${named}, which does not exist.`);
  }
  await setUp();
  await run(process.execPath, [path.join(root, 'scripts/build.mjs'), '--tests'], { failure: 'The build failed.' });
  const { downloadAndUnzipVSCode, runTests, SilentReporter } = await import('@vscode/test-electron');
  let vscodeExecutablePath = named;
  if (vscodeExecutablePath === undefined) {
    try {
      vscodeExecutablePath = await downloadAndUnzipVSCode({
        version: 'stable',
        cachePath: path.join(root, '.hosts/desktop'),
        reporter: new SilentReporter(),
      });
    } catch (error) {
      throw new Complaint(
        `VS Code can't be downloaded: ${error instanceof Error ? error.message : String(error)}\n` +
          'Name one that is installed:  VSCODE_EXECUTABLE_PATH=/path/to/code npm run test:desktop\n' +
          'Or run the same tests in the server:  npm test -- --only editor-1.139',
      );
    }
  }
  return withTemporaryFolder(async (temporary) => {
    const workspace = path.join(temporary, 'workspace');
    cpSync(path.join(root, 'test/editor/workspace'), workspace, { recursive: true });
    const resultsFile = path.join(temporary, 'results.json');
    let trouble;
    try {
      const status = await runTests({
        vscodeExecutablePath,
        extensionDevelopmentPath: root,
        extensionTestsPath: path.join(root, 'out/test/editor/index'),
        extensionTestsEnv: { VSCODE_TEST_RESULTS: resultsFile },
        launchArgs: [
          workspace,
          ...['--disable-extensions', '--disable-workspace-trust', '--skip-welcome', '--skip-release-notes'],
          ...['--user-data-dir', path.join(temporary, 'user')],
        ],
      });
      if (status !== 0) trouble = `VS Code ended with exit status ${String(status)}`;
    } catch (error) {
      // It throws for failed tests too: those are in the results.
      trouble = error instanceof Error ? error.message : String(error);
    }
    const results = readResults('test/editor', resultsFile);
    if (results.failures.length === 0 && trouble !== undefined) results.failures.push(trouble);
    return conclude(results);
  });
});
