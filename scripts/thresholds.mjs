// Measures where the forms that code has most often fail, and how wrong they are beside what is written instead, so that a
// scan doesn't have to:  node scripts/thresholds.mjs  writes src/rules/thresholds.json and src/rules/worstErrors.json. With
// --check nothing is written, and the exit status says whether anything would change.
import * as esbuild from 'esbuild';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, runMain } from './process.mjs';

const check = process.argv.includes('--check');

/**
 * @param {string} name
 * @param {object} entries
 * @returns {boolean} whether the file is, or would be, another
 */
function put(name, entries) {
  const file = path.join(root, name);
  const text = `${JSON.stringify(entries, null, 1)}\n`;
  const changed = !existsSync(file) || readFileSync(file, 'utf8') !== text;
  console.log(`${String(Object.keys(entries).length)} entries; ${changed ? name : 'nothing to change'}`);
  if (changed && !check) writeFileSync(file, text);
  return changed;
}

await runMain(async () => {
  const bundle = path.join(root, 'out/thresholds.cjs');
  await esbuild.build({
    stdin: {
      contents: `export { commonForms, measuredEntry, measuredPairs } from './src/rules/commonForms';`,
      resolveDir: root,
      loader: 'ts',
    },
    ...{ absWorkingDir: root, bundle: true, platform: 'node', format: 'cjs', mainFields: ['module', 'main'] },
    ...{ outfile: bundle, logLevel: 'warning' },
  });
  const { commonForms, measuredEntry, measuredPairs } = (await import(pathToFileURL(bundle).href)).default;
  const failures = [...commonForms()]
    .map(([key, value]) => [key, measuredEntry(value)])
    .filter(([, entry]) => entry !== undefined);
  const changed = [
    put('src/rules/thresholds.json', Object.fromEntries(failures)),
    put('src/rules/worstErrors.json', measuredPairs()),
  ].includes(true);
  return changed && check ? 1 : 0;
});
