// The extension as a user gets it: packaged, installed into a VS Code that knows nothing of tests, with samples/ open, and
// used through a browser (test/e2e). Screenshots go to artifacts/e2e.
// Expects that the tests are built; `npm test -- --only e2e` does it all.
import { cpSync } from 'node:fs';
import path from 'node:path';
import { installVsix, startBrowserServer, startHost } from './host.mjs';
import { conclude, freshArtifacts, nodeLane } from './lane.mjs';
import { packageExtension } from './package.mjs';
import { root, runMain, withTemporaryFolder } from './process.mjs';
import { hostVersions, setUp } from './setup.mjs';

/**
 * @param {{ vsix?: string, samples?: string }} [options] a package that is there already, and other samples
 * @returns {Promise<import('./lane.mjs').LaneResult>}
 */
export async function e2eLane({ vsix, samples = path.join(root, 'samples') } = {}) {
  const version = hostVersions[0];
  const artifacts = freshArtifacts('e2e');
  return withTemporaryFolder(async (temporary) => {
    const packaged = vsix ?? (await packageExtension(path.join(temporary, 'lossfloor.vsix'))).file;
    const extensions = path.join(temporary, 'extensions');
    await installVsix(version, packaged, extensions);
    // A copy, since using the samples changes them.
    const workspace = path.join(temporary, 'samples');
    cpSync(samples, workspace, { recursive: true });
    const host = await startHost({ version, extensions, settings: { 'workbench.colorTheme': 'Default Dark Modern' } });
    try {
      const browser = await startBrowserServer();
      try {
        const setting = {
          vsix: packaged,
          extensions,
          workspace,
          artifacts,
          origin: host.origin,
          browser: browser.endpoint,
        };
        return await nodeLane('test/e2e', { timeout: 90_000, env: { LOSSFLOOR_E2E: JSON.stringify(setting) } });
      } finally {
        await browser.close();
      }
    } finally {
      await host.stop();
    }
  });
}

if (process.argv[1] === path.join(root, 'scripts/test-e2e.mjs')) {
  await runMain(async () => {
    await setUp({ browser: true, hosts: [hostVersions[0]] });
    return conclude(await e2eLane());
  });
}
