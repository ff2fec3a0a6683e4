// Measures how fast the model evaluator and exact evaluation are, beside NumPy and PyTorch where python3 has them, and
// the finder, beside pylint and ruff where they are installed:  node scripts/bench.mjs [--finder] [FOLDER]
// With --finder the finder alone; of a folder it reads the Python files too. The command line has to be built.
import * as esbuild from 'esbuild';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const [folder] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const benches = [
  ['bench', path.join(root, 'test/bench/baseline.py')],
  ['finder', ...(folder === undefined ? [] : [path.resolve(folder)])],
];
for (const [name, ...args] of process.argv.includes('--finder') ? benches.slice(1) : benches) {
  const outfile = path.join(root, `out/${name}.cjs`);
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [`test/bench/${name}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  });
  const { status } = spawnSync(process.execPath, [outfile, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exitCode = status ?? 1;
}
