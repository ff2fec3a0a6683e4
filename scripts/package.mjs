// Packages the extension:  node scripts/package.mjs [file.vsix]
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { cleanEnvironment, root, run, runMain } from './process.mjs';
import { setUp } from './setup.mjs';

/**
 * Builds for production (by the vscode:prepublish script) and packages what .vscodeignore admits.
 * @param {string} file where the VSIX goes
 */
export async function packageExtension(file) {
  mkdirSync(path.dirname(file), { recursive: true });
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  // Everything that is needed at run time is in the bundles.
  await run(process.execPath, [vsce, 'package', '--no-dependencies', '--out', file], {
    env: cleanEnvironment(),
    failure: 'The extension could not be packaged.',
  });
  return { file, size: statSync(file).size };
}

if (process.argv[1] === path.join(root, 'scripts/package.mjs')) {
  await runMain(async () => {
    await setUp();
    const { file, size } = await packageExtension(path.resolve(process.argv[2] ?? path.join(root, 'lossfloor.vsix')));
    console.log(`${file}: ${String(size)} bytes`);
  });
}
