// A real VS Code: the server of a given version with its web workbench, and a Chromium to use it with. The editor lane,
// the e2e lane and `npm start` stand on this. Everything runs on this machine and works without a network.
//
// Expects that setUp() has been called with the version (and the browser), which is why playwright-core is imported late.
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cleanEnvironment, Complaint, run, startGuarded, withTemporaryFolder } from './process.mjs';
import { findChromium, hostPaths } from './setup.mjs';

/** @typedef {import('./setup.mjs').HostVersion} HostVersion */

/** What keeps VS Code from talking about itself; nothing that changes how an extension behaves. */
const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.welcomePage.experimentalOnboarding': false,
  'chat.disableAIFeatures': true,
  'extensions.ignoreRecommendations': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
};

/**
 * Starts the server of one VS Code version.
 * @param {object} options
 * @param {HostVersion} options.version
 * @param {Record<string, unknown>} [options.settings] user settings (workbench.colorTheme and the like)
 * @param {boolean} [options.forTests] lets the page run tests in the extension host (`testsUrl`). It also changes VS Code:
 *   no notification toasts, for one. What a user sees is tested without it.
 * @param {string} [options.extensions] folder with installed extensions; an empty one without it
 * @param {Record<string, string>} [options.env] more environment variables for the extension host
 * @param {string} [options.port] a fixed port; a free one without it
 */
export async function startHost({ version, settings = {}, forTests = false, extensions, env = {}, port = '0' }) {
  const { node, vscode } = hostPaths(version);
  const folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'lossfloor-host-'));
  const user = path.join(folder, 'user');
  const settingsFile = path.join(user, 'User/settings.json');
  mkdirSync(path.dirname(settingsFile), { recursive: true });
  writeFileSync(settingsFile, JSON.stringify({ ...quietSettings, ...settings }, null, 2));

  const server = startGuarded(
    node,
    [
      path.join(vscode, 'out/server-main.js'),
      ...['--host', '127.0.0.1', '--port', port, '--without-connection-token', '--accept-server-license-terms'],
      ...['--server-data-dir', path.join(folder, 'server'), '--user-data-dir', user],
      ...['--extensions-dir', extensions ?? path.join(folder, 'extensions')],
      ...['--disable-telemetry', '--disable-workspace-trust'],
      ...(forTests ? ['--enable-smoke-test-driver'] : []),
    ],
    { cwd: folder, env: cleanEnvironment(env), remove: folder },
  );
  const [, listening] = await server.printed(/agent listening on (\d+)/i, 60_000);
  // Not 127.0.0.1: webviews need a secure context, which localhost is.
  const authority = `localhost:${String(listening)}`;
  const origin = `http://${authority}`;
  const answer = await fetch(`${origin}/version`);
  if (!answer.ok)
    throw new Complaint(`VS Code ${version} at ${origin} answers ${String(answer.status)}:\n${server.output()}`);

  /** @param {string} file */
  const remote = (file) => `vscode-remote://${authority}${file}`;
  /**
   * @param {string} workspace
   * @param {[string, string][]} more
   */
  const url = (workspace, more) => {
    const payload = [['skipWelcome', 'true'], ['skipReleaseNotes', 'true'], ...more];
    return `${origin}/?folder=${encodeURIComponent(workspace)}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
  };
  return {
    version,
    origin,
    /** Removed when the host stops; for what should go with it. */
    folder,
    settingsFile,
    output: server.output,
    exited: server.exited,
    /**
     * The workbench with a folder open, as a user opens it.
     * @param {string} workspace
     * @param {{ open?: string, develop?: string }} [options] a file to open, and the folder of an extension that is
     *   developed (only with forTests)
     */
    workbenchUrl: (workspace, { open, develop } = {}) =>
      url(workspace, [
        ...(open === undefined ? [] : [/** @type {[string, string]} */ (['openFile', remote(open)])]),
        ...(develop === undefined
          ? []
          : [/** @type {[string, string]} */ (['extensionDevelopmentPath', remote(develop)])]),
      ]),
    /**
     * The workbench that runs a test module in the extension host and then calls codeAutomationExit.
     * @param {{ extension: string, tests: string, workspace: string }} what
     */
    testsUrl: ({ extension, tests, workspace }) =>
      url(workspace, [
        ['extensionDevelopmentPath', remote(extension)],
        ['extensionTestsPath', remote(tests)],
      ]),
    stop: server.stop,
  };
}

/**
 * Installs a packaged extension, as VS Code does it.
 * @param {HostVersion} version
 * @param {string} vsix
 * @param {string} extensions the folder to install into
 */
export async function installVsix(version, vsix, extensions) {
  const { node, vscode } = hostPaths(version);
  const output = await withTemporaryFolder((data) =>
    run(
      node,
      [
        path.join(vscode, 'out/server-main.js'),
        ...['--install-extension', vsix, '--extensions-dir', extensions, '--server-data-dir', data],
      ],
      { env: cleanEnvironment(), failure: `${path.basename(vsix)} could not be installed into VS Code ${version}.` },
    ),
  );
  // The exit status is 0 even where the manifest is refused.
  if (!output.includes('successfully installed'))
    throw new Complaint(`${path.basename(vsix)} was not installed:\n${output}`);
}

/**
 * How to launch the Chromium of this machine: small, quiet, and unable to reach anything but this machine (requests by
 * service workers included, which Playwright's routes don't see).
 */
export function chromiumOptions() {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Complaint('There is no Chromium. Run: node scripts/setup.mjs');
  return {
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
      '--force-color-profile=srgb',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost',
    ],
  };
}

/**
 * A page in a Chromium of its own.
 * @param {{ width?: number, height?: number }} [viewport]
 */
export async function openBrowser({ width = 1280, height = 800 } = {}) {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch(chromiumOptions());
  try {
    const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: 1 });
    const page = await context.newPage();
    return { page, close: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/**
 * A Chromium for another process to connect to, so that it ends with us and not with the tests that use it.
 */
export async function startBrowserServer() {
  const { chromium } = await import('playwright-core');
  const server = await chromium.launchServer(chromiumOptions());
  return { endpoint: server.wsEndpoint(), close: () => server.close() };
}

/**
 * The text of a console call, given what it was called with: VS Code hands on format strings (%s, %c and so on).
 * @param {unknown[]} values
 */
export function formatConsole(values) {
  const texts = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  let next = 1;
  const first = (texts[0] ?? '').replace(/%([csdifoO%])/g, (whole, /** @type {string} */ kind) => {
    if (kind === '%') return '%';
    if (next >= texts.length) return whole;
    const value = texts[next++] ?? '';
    return kind === 'c' ? '' : value;
  });
  return [first, ...texts.slice(next)].join(' ');
}
