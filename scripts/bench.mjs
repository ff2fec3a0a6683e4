// Measures how fast the model evaluator and exact evaluation are, beside NumPy and PyTorch where python3 has them; the
// finder, beside pylint and ruff where they are installed; and the backends of this machine:
//   node scripts/bench.mjs [--finder [FOLDER] | --backends [OPTION...]]
// With --finder the finder alone; of a folder it reads the Python files too. With --backends the backends alone, and the
// options that test/bench/backends.ts names. Everything has to be built. With --bundle what is measured is bundled and not
// run: out/backends.cjs and dist/ are all that another machine needs.
import * as esbuild from 'esbuild';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const given = process.argv.slice(2);
const [folder] = given.filter((argument) => !argument.startsWith('--'));
const own = ['--finder', '--backends', '--bundle'];
const benches = [
  ['bench', path.join(root, 'test/bench/baseline.py')],
  ['finder', ...(folder === undefined ? [] : [path.resolve(folder)])],
  ['backends', ...given.filter((argument) => !own.includes(argument))],
];
const only = given.includes('--finder') ? 'finder' : given.includes('--backends') ? 'backends' : undefined;
for (const [name, ...args] of benches.filter(([name]) => only === undefined || name === only)) {
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
  if (given.includes('--bundle')) continue;
  // As the extension's thread has it: a young generation is three semi-spaces.
  const flags = name === 'finder' ? ['--max-semi-space-size=32'] : [];
  const { status } = spawnSync(process.execPath, [...flags, outfile, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exitCode = status ?? 1;
}
