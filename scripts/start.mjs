// Opens the extension with samples/:  npm start
// Without a window:                   npm start -- --headless
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { installVsix, startHost } from './host.mjs';
import { packageExtension } from './package.mjs';
import { Complaint, onPath, root, run, runMain, withTemporaryFolder } from './process.mjs';
import { hostVersions, setUp } from './setup.mjs';

const samples = path.join(root, 'samples');

const build = () => run(process.execPath, [path.join(root, 'scripts/build.mjs')], { failure: 'The build failed.' });

/**
 * Runs the command line of the extension, in view.
 * @param {string[]} args
 * @param {number[]} accepted exit statuses
 */
async function commandLine(args, accepted) {
  console.log(`\n$ lossfloor ${args.join(' ')}`);
  const child = spawn(process.execPath, [path.join(root, 'dist/cli.js'), ...args], { cwd: root, stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  if (!accepted.includes(status)) throw new Complaint(`lossfloor ${args.join(' ')} ended with ${String(status)}.`);
}

async function headless() {
  await setUp();
  await build();
  const configs = readdirSync(samples).filter((file) => file.endsWith('.loss.json'));
  if (configs.length === 0) throw new Complaint('There is no *.loss.json in samples/ to measure.');
  for (const config of configs) await commandLine(['measure', `samples/${config}`], [0]);
  // 1: there are findings, which is what these samples are for.
  await commandLine(['scan', 'samples'], [0, 1]);
}

async function desktop(/** @type {string} */ code) {
  await setUp();
  await build();
  spawn(code, [`--extensionDevelopmentPath=${root}`, samples], { stdio: 'inherit', detached: true }).unref();
  console.log('VS Code opens samples/ with the extension. After a change: node scripts/build.mjs, then Reload Window.');
}

async function browser() {
  const version = hostVersions[0];
  await setUp({ hosts: [version] });
  await withTemporaryFolder(async (temporary) => {
    // Installed rather than loaded for development, which a server allows only together with its test mode.
    const { file } = await packageExtension(path.join(temporary, 'lossfloor.vsix'));
    const extensions = path.join(temporary, 'extensions');
    await installVsix(version, file, extensions);
    const host = await startHost({ version, extensions });
    console.log(`VS Code ${version} with the extension and samples/ open, in a browser on this machine:\n`);
    console.log(`  ${host.workbenchUrl(samples, { open: path.join(samples, 'unstable.py') })}\n`);
    console.log('Ctrl-C ends it.');
    const interrupted = new Promise((resolve) => {
      for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.once(signal, resolve);
    });
    const ended = await Promise.race([interrupted.then(() => false), host.exited.then(() => true)]);
    await host.stop();
    if (ended) throw new Complaint(`The server ended by itself:\n${host.output()}`);
  });
}

await runMain(async () => {
  const unknown = process.argv.slice(2).find((argument) => argument !== '--headless');
  if (unknown !== undefined) throw new Complaint(`Unknown argument ${unknown}. There is only --headless.`);
  if (process.argv.includes('--headless')) return headless();
  const code = onPath('code');
  return code === undefined ? browser() : desktop(code);
});
