// Writes src/engine/runtime/packages.json: the npm packages that the backends' runtimes are made of, with the integrity
// that the registry states for them, as package-lock.json has it. To be run when one of their versions changes; with --check it says whether it has to be.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** What each runtime is opened by. */
const tops = { cuda: '@tensorflow/tfjs-node-gpu', webgpu: 'webgpu' };

/** Dependencies that only installing or building needs: they are never loaded, and with them theirs. */
const neverLoaded = new Set([
  ...['adm-zip', 'https-proxy-agent', 'rimraf', 'tar', 'make-dir', 'node-fetch', '@webgpu/types'],
  ...['yargs', 'argparse', 'chalk', 'core-js', 'regenerator-runtime'],
]);

/** @typedef {{ version: string, integrity: string, dependencies?: Record<string, string> }} Entry */

/**
 * The packages below one, each at its place in node_modules.
 * @param {Record<string, Entry>} entries of package-lock.json
 * @param {string} top
 */
function below(entries, top) {
  /** @type {Map<string, Entry>} */
  const found = new Map();
  const visit = (/** @type {string} */ from, /** @type {string} */ name) => {
    // As Node looks for it: beside what needs it, then upwards.
    for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
      const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
      const entry = entries[place];
      if (entry) {
        if (found.has(place)) return;
        found.set(place, entry);
        for (const dependency of Object.keys(entry.dependencies ?? {})) {
          if (!neverLoaded.has(dependency) && !dependency.startsWith('@types/')) visit(place, dependency);
        }
        return;
      }
      if (folder === '') throw new Error(`package-lock.json has no ${name}, which ${from} needs`);
    }
  };
  visit('', top);
  return found;
}

const file = path.join(root, 'src/engine/runtime/packages.json');
const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
const runtimes = Object.fromEntries(
  Object.entries(tops).map(([runtime, top]) => [
    runtime,
    [...below(packages, top)]
      .map(([place, { version, integrity }]) => ({ place, version, integrity }))
      .sort((a, b) => (a.place < b.place ? -1 : 1)),
  ]),
);
const text = await format(JSON.stringify(runtimes), { ...(await resolveConfig(file)), filepath: file });
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('src/engine/runtime/packages.json is not of this package-lock.json: run node scripts/runtimes.mjs');
  process.exitCode = 1;
}
