// Writes what is computed of the rules into the files that show it:  node scripts/rules.mjs
// - the ids of the rules into the manifest, where the editor completes and checks the setting lossfloor.rules.severity,
// - tables and plots into the pages docs/rules/*.md, between <!-- measured --> and <!-- /measured -->,
// - the list of rules, docs/rules/README.md.
// With --check nothing is written, and the exit status says whether something would be.
import * as esbuild from 'esbuild';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import prettier from 'prettier';
import { root, runMain } from './process.mjs';

const pages = path.join(root, 'docs/rules');
const check = process.argv.includes('--check');
/** @type {string[]} */
const changed = [];

/** @param {string} file @param {string} text */
function put(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  changed.push(path.relative(root, file));
  if (check) return;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** @param {string} text @param {string} part */
function between(text, part) {
  const pattern = /<!-- measured -->[\s\S]*?<!-- \/measured -->/;
  return pattern.test(text) ? text.replace(pattern, () => `<!-- measured -->\n\n${part}\n\n<!-- /measured -->`) : text;
}

await runMain(async () => {
  const bundle = path.join(root, 'out/rule-pages.cjs');
  await esbuild.build({
    stdin: {
      contents: `export { rules, plotOf } from './src/rules'; export { measuredPart, plottedForms } from './src/rules/page'; export { drawPlot } from './src/editor/plotDrawing';`,
      resolveDir: root,
      loader: 'ts',
    },
    ...{ absWorkingDir: root, bundle: true, platform: 'node', format: 'cjs', mainFields: ['module', 'main'] },
    ...{ outfile: bundle, logLevel: 'warning' },
  });
  const { rules, plotOf, measuredPart, plottedForms, drawPlot } = (await import(pathToFileURL(bundle).href)).default;
  const words = { written: 'as written', stable: 'stable', value: 'value', gradient: 'gradient' };

  for (const rule of rules) {
    const file = path.join(pages, `${rule.id}.md`);
    if (!existsSync(file)) {
      console.error(`docs/rules/${rule.id}.md is missing`);
      process.exitCode = 1;
      continue;
    }
    const plot = plottedForms(rule)
      .map(plotOf)
      .find((/** @type {unknown} */ each) => each !== undefined);
    // Pages are read on dark grounds, too, and a picture does not know on which.
    const drawn =
      plot &&
      drawPlot(plot, 'light', words).replace(/^<svg[^>]*>/, '$&<rect width="100%" height="100%" rx="4" fill="#fff"/>');
    if (drawn) put(path.join(pages, 'plots', `${rule.id}.svg`), `${drawn}\n`);
    const text = between(readFileSync(file, 'utf8'), measuredPart(rule, plot ? `plots/${rule.id}.svg` : undefined));
    const config = await prettier.resolveConfig(file);
    put(file, await prettier.format(text, { ...config, filepath: file }));
  }

  const list = [
    '# Rules',
    'Every rule, with the numbers of the patterns that it stands for in the catalogue that the rules were made from. The severity is that of code in which gradients are taken; elsewhere a rule says less.',
    [
      '| rule | what it finds | severity | pattern |',
      '|---|---|---|---|',
      ...rules.map(
        (
          /** @type {{ id: string, title: string, severity: string, entries: string[] }} */ {
            id,
            title,
            severity,
            entries,
          },
        ) => `| [${id}](${id}.md) | ${title.replaceAll('|', '\\|')} | ${severity} | ${entries.join(', ')} |`,
      ),
    ].join('\n'),
  ].join('\n\n');
  const index = path.join(pages, 'README.md');
  put(index, await prettier.format(list, { ...(await prettier.resolveConfig(index)), filepath: index }));

  const manifestFile = path.join(root, 'package.json');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
  const setting = manifest.contributes.configuration.properties['lossfloor.rules.severity'];
  setting.properties = Object.fromEntries(
    rules.map((/** @type {{ id: string, title: string }} */ { id, title }) => [
      id,
      { type: 'string', enum: ['warning', 'information', 'hint', 'off'], description: title },
    ]),
  );
  put(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);

  console.log(`${String(rules.length)} rules; ${changed.length === 0 ? 'nothing to change' : changed.join(', ')}`);
  if (check && changed.length > 0) process.exitCode = 1;
});
