// Measures how fast the model evaluator and exact evaluation are, beside NumPy and PyTorch where python3 has them, and
// the finder, beside pylint and ruff where they are installed.
import * as esbuild from 'esbuild';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
for (const [name, ...args] of [['bench', path.join(root, 'test/bench/baseline.py')], ['finder']]) {
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
