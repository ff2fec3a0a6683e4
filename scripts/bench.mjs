// Measures how fast the model evaluator and exact evaluation are, beside NumPy and PyTorch where python3 has them.
import * as esbuild from 'esbuild';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const outfile = path.join(root, 'out/bench.cjs');
await esbuild.build({
  absWorkingDir: root,
  entryPoints: ['test/bench/bench.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  logLevel: 'warning',
});
const { status } = spawnSync(process.execPath, [outfile, path.join(root, 'test/bench/baseline.py')], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
