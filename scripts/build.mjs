// Builds everything that ships: the extension, the worker, the command line and the webviews into dist/,
// and with --tests the test bundles into out/. One place, so that tests run the same code that is packaged.
import * as esbuild from 'esbuild';
import { copyFileSync, rmSync, mkdirSync, readdirSync, readFileSync, writeFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const flags = new Set(process.argv.slice(2));
const production = flags.has('--production');
const watch = flags.has('--watch');

const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/** @type {esbuild.BuildOptions} */
const common = {
  define: { LOSSFLOOR_VERSION: JSON.stringify(version) },
  absWorkingDir: root,
  bundle: true,
  logLevel: 'warning',
  minify: production,
  sourcemap: production ? false : 'linked',
  sourcesContent: false,
  legalComments: 'none',
};

// Node 20 is what VS Code 1.100 runs its extension host on. ES modules first: jsonc-parser's other build can't be bundled.
/** @type {esbuild.BuildOptions} */
const node = { ...common, mainFields: ['module', 'main'], platform: 'node', format: 'cjs', target: 'node20' };

/** @type {esbuild.BuildOptions[]} */
const targets = [
  { ...node, entryPoints: { extension: 'src/extension.ts' }, outdir: 'dist', external: ['vscode'] },
  {
    ...node,
    entryPoints: { worker: 'src/worker/main.ts', finder: 'src/worker/finder.ts' },
    outdir: 'dist',
  },
  {
    ...node,
    entryPoints: { cli: 'src/cli/main.ts' },
    outdir: 'dist',
    banner: { js: '#!/usr/bin/env node' },
  },
  {
    ...common,
    platform: 'browser',
    // What the pages have in common, the charts above all, is packaged once.
    format: 'esm',
    splitting: true,
    target: 'chrome120',
    entryPoints: ['floor', 'zer', 'training'].flatMap((page) => [
      { in: `webview/${page}/main.ts`, out: page },
      { in: `webview/${page}/${page}.css`, out: page },
    ]),
    outdir: 'dist/webview',
    tsconfig: 'webview/tsconfig.json',
  },
];

/** The targets above are what ships; tests are added behind them. */
const shippedTargets = targets.length;

/**
 * The licences of the packages whose code is in what ships, as they ask for.
 * @param {readonly string[]} inputs files that were bundled
 */
function notices(inputs) {
  const packages = new Set(inputs.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []));
  return [...packages]
    .sort()
    .map((folder) => {
      const files = readdirSync(path.join(root, folder));
      const { name, version, license } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
      const file = files.find((each) => /^licen[cs]e/i.test(each));
      const text = file ? readFileSync(path.join(root, folder, file), 'utf8').trim() : `Licence: ${String(license)}`;
      return `${String(name)} ${String(version)}\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** Every file that ends in .test.ts (or is a lane's index.ts) becomes one bundle under out/, found by pattern so that none is forgotten. */
function testEntries() {
  /** @type {string[]} */
  const found = [];
  const walk = (/** @type {string} */ dir) => {
    for (const entry of readdirSync(path.join(root, dir), { withFileTypes: true })) {
      const file = `${dir}/${entry.name}`;
      if (entry.isDirectory()) walk(file);
      else if (file.endsWith('.test.ts') || file.endsWith('/index.ts')) found.push(file);
    }
  };
  walk('test');
  return found;
}

if (flags.has('--tests')) {
  rmSync(path.join(root, 'out/test'), { recursive: true, force: true });
  targets.push({
    ...node,
    minify: false,
    sourcemap: 'linked',
    entryPoints: testEntries(),
    outbase: 'test',
    outdir: 'out/test',
    external: ['vscode', 'mocha', 'playwright-core', 'esbuild', 'eslint', '@vscode/test-electron'],
    loader: { '.py': 'text' },
  });
}

rmSync(path.join(root, 'dist'), { recursive: true, force: true });
mkdirSync(path.join(root, 'dist/webview'), { recursive: true });
// What the user's Python runs for the worker, beside the worker, which looks for it there.
copyFileSync(path.join(root, 'src/worker/pythonBackend/bridge.py'), path.join(root, 'dist/pythonBridge.py'));
if (watch) {
  for (const target of targets) await (await esbuild.context(target)).watch();
} else {
  const results = await Promise.all(targets.map((target) => esbuild.build({ ...target, metafile: true })));
  const shipped = results.slice(0, shippedTargets).flatMap(({ metafile }) => Object.keys(metafile.inputs));
  writeFileSync(path.join(root, 'dist/third-party-notices.txt'), notices(shipped));
}
// The schema of *.loss.json is made from the catalogue, so that completion offers the ids that exist.
if (!watch) {
  const generator = path.join(root, 'out/schema.cjs');
  await esbuild.build({ ...node, entryPoints: ['src/config/schema.ts'], outfile: generator, logLevel: 'warning' });
  const { lossConfigSchema } = (await import(pathToFileURL(generator).href)).default;
  writeFileSync(path.join(root, 'dist/loss.schema.json'), JSON.stringify(lossConfigSchema(), null, 2) + '\n');
  for (const file of [
    'extension.js',
    'finder.js',
    'worker.js',
    'cli.js',
    'webview/floor.js',
    'webview/zer.js',
    'webview/training.js',
  ]) {
    if (flags.has('--sizes'))
      console.log(`${String(statSync(path.join(root, 'dist', file)).size).padStart(9)} ${file}`);
  }
}
