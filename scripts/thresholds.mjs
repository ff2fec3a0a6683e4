// Measures where the forms that code has most often fail, so that a scan doesn't have to:  node scripts/thresholds.mjs
// writes src/rules/thresholds.json. With --check nothing is written, and the exit status says whether it would change.
import * as esbuild from 'esbuild';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, runMain } from './process.mjs';

await runMain(async () => {
  const file = path.join(root, 'src/rules/thresholds.json');
  const bundle = path.join(root, 'out/thresholds.cjs');
  await esbuild.build({
    stdin: {
      contents: `export { commonForms, measuredEntry } from './src/rules/commonForms';`,
      resolveDir: root,
      loader: 'ts',
    },
    ...{ absWorkingDir: root, bundle: true, platform: 'node', format: 'cjs', mainFields: ['module', 'main'] },
    ...{ outfile: bundle, logLevel: 'warning' },
  });
  const { commonForms, measuredEntry } = (await import(pathToFileURL(bundle).href)).default;
  const entries = [...commonForms()]
    .map(([key, value]) => [key, measuredEntry(value)])
    .filter(([, entry]) => entry !== undefined);
  const text = `${JSON.stringify(Object.fromEntries(entries), null, 1)}\n`;
  const changed = !existsSync(file) || readFileSync(file, 'utf8') !== text;
  console.log(`${String(entries.length)} values; ${changed ? path.relative(root, file) : 'nothing to change'}`);
  if (!changed) return 0;
  if (process.argv.includes('--check')) return 1;
  writeFileSync(file, text);
  return 0;
});
