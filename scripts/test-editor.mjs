// Runs test/editor inside the extension host of a real VS Code:  node scripts/test-editor.mjs [1.139|1.100]
// Expects that the extension and the tests are built; `npm test -- --only build,editor-1.139` does it all.
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatConsole, openBrowser, startHost } from './host.mjs';
import { conclude, freshArtifacts, readResults } from './lane.mjs';
import { Complaint, root, runMain, withTemporaryFolder } from './process.mjs';
import { hostVersions, setUp } from './setup.mjs';

/** @typedef {import('./setup.mjs').HostVersion} HostVersion */

const mark = '[lossfloor-test] ';

/**
 * @param {HostVersion} version
 * @param {{ extension?: string, limit?: number }} [options] extension: the folder that holds package.json and
 *   out/test/editor; limit: in milliseconds
 * @returns {Promise<import('./lane.mjs').LaneResult>}
 */
export async function editorLane(version, { extension = root, limit = 1_200_000 } = {}) {
  const fixtures = path.join(extension, 'test/editor/workspace');
  if (!existsSync(fixtures)) throw new Complaint(`${fixtures}, the folder that the tests open, does not exist.`);
  const shown = freshArtifacts(`editor-${version}`);
  return withTemporaryFolder(async (temporary) => {
    // The tests change files. They get their own copy, and the next run finds the fixtures as they were.
    const workspace = path.join(temporary, 'workspace');
    cpSync(fixtures, workspace, { recursive: true });
    const resultsFile = path.join(temporary, 'results.json');
    /** @type {string[]} */
    const log = [];
    let outcome;
    const host = await startHost({ version, forTests: true, env: { VSCODE_TEST_RESULTS: resultsFile } });
    try {
      const browser = await openBrowser();
      try {
        outcome = await runInPage(browser.page, host, { extension, workspace, log, limit });
        if (outcome.status !== 0)
          await browser.page.screenshot({ path: path.join(shown, 'end.png') }).catch(() => undefined);
      } finally {
        await browser.close();
      }
    } finally {
      await host.stop();
      writeFileSync(path.join(shown, 'host.log'), `${log.join('\n')}\n\n---- server ----\n${host.output()}`);
    }
    const results = readResults('test/editor', resultsFile, outcome.trouble);
    if (outcome.status !== 0 && results.failures.length === 0) {
      results.failures.push(
        `VS Code ${version} reports a failed run (${String(outcome.status)}), the tests report none`,
      );
    }
    if (!existsSync(resultsFile)) {
      console.log(`  the last that VS Code ${version} said:`);
      for (const entry of log.slice(-12)) console.log(`    ${entry.split('\n', 1)[0] ?? ''}`);
    }
    if (results.failures.length > 0) console.log(`  all that VS Code ${version} said: ${path.join(shown, 'host.log')}`);
    return results;
  });
}

/**
 * @param {import('playwright-core').Page} page
 * @param {Awaited<ReturnType<typeof startHost>>} host
 * @param {{ extension: string, workspace: string, log: string[], limit: number }} options
 * @returns {Promise<{ status: number, trouble?: string }>} the status VS Code reports, or what went wrong around the tests
 */
async function runInPage(page, host, { extension, workspace, log, limit }) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {Promise<{ status: number, trouble?: string }>} */
  const ended = new Promise((resolve) => {
    const fail = (/** @type {string} */ trouble) => {
      resolve({ status: 1, trouble });
    };
    timer = setTimeout(() => {
      fail(`the tests did not end within ${String(limit / 1000)} s`);
    }, limit);
    page.on('crash', () => {
      fail('the page of the workbench crashed');
    });
    page.on('pageerror', (error) => log.push(`[page error] ${error.stack ?? error.message}`));
    void host.exited.then(() => {
      fail('the VS Code server ended during the tests');
    });
    /** @param {string} type @param {unknown[]} values */
    const onLog = (type, values) => {
      const line = formatConsole(values);
      const at = line.indexOf(mark);
      if (at < 0) log.push(`[${type}] ${line}`);
      else console.log(line.slice(at + mark.length));
    };
    /** @param {number} status */
    const onExit = (status) => {
      resolve({ status });
    };
    // Before the page is opened: the workbench looks for them while it starts.
    Promise.all([page.exposeFunction('codeAutomationLog', onLog), page.exposeFunction('codeAutomationExit', onExit)])
      .then(() =>
        page.goto(host.testsUrl({ extension, tests: path.join(extension, 'out/test/editor/index'), workspace }), {
          waitUntil: 'commit',
        }),
      )
      .catch((/** @type {unknown} */ error) => {
        fail(String(error));
      });
  });
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
  }
}

if (process.argv[1] === path.join(root, 'scripts/test-editor.mjs')) {
  await runMain(async () => {
    const wanted = process.argv[2] ?? hostVersions[0];
    const version = hostVersions.find((known) => known === wanted);
    if (version === undefined)
      throw new Complaint(`There is no host for VS Code ${wanted}, only ${hostVersions.join(' and ')}.`);
    await setUp({ browser: true, hosts: [version] });
    return conclude(await editorLane(version));
  });
}
