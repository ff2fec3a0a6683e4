import { analyseStatements, type Framework, type PythonAnalysis } from '../python';
import { frameworks } from '../python/frameworks';
import type { Statement } from '../python/syntax';
import { reserved, tensorflow, usualName } from './libraries';
import { parseJavaScript } from './parse';
import type { Dialect } from './tree';

/** Analyses a JavaScript or TypeScript file, whatever its state; nothing is thrown for what it contains. */
export function analyseJavaScript(text: string, dialect: Dialect): PythonAnalysis {
  const { statements, usesTensorFlow } = parseJavaScript(text, dialect);
  const analysis = analyseStatements(statements, text, { imported: ['tfjs'] });
  const sites = analysis.sites.map((site) => ({ ...site, framework: ofJavaScript(site.framework) }));
  const result: PythonAnalysis = {
    ...analysis,
    around: () => result,
    sites: usesTensorFlow ? sites : sites.filter(({ framework }) => framework.name === 'javascript'),
    frameworkOf: (expression) => {
      const framework = analysis.frameworkOf(expression);
      return framework && ofJavaScript(framework);
    },
    spell: (path) => analysis.spell(path).replace(reserved.library, usualName),
    importFor: (path) => {
      const isThere = analysis.importFor(path) === undefined && !analysis.spell(path).startsWith(reserved.library);
      if (isThere || !path.startsWith(`${tensorflow}.`)) return undefined;
      // Modules of Node.js ask for others as they have before.
      return /^[ \t]*(?:import|export)\b/m.test(text)
        ? `import * as ${usualName} from '@tensorflow/tfjs';`
        : `const ${usualName} = require('@tensorflow/tfjs');`;
    },
    importPlace: importPlace(statements, text),
  };
  return result;
}

/** A method that frameworks share is that of TensorFlow.js here. */
function ofJavaScript(framework: Framework): Framework {
  if (framework.name === 'tfjs' || framework.name === 'javascript') return framework;
  return frameworks.find(({ name }) => name === 'tfjs') ?? framework;
}

/** After the imports at the beginning of the file, or before its first statement. */
function importPlace(statements: readonly Statement[], text: string): number {
  const written = statements.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start);
  let after: number | undefined;
  for (const statement of written) {
    const isDirective = statement.kind === 'evaluate' && statement.parts.every(({ kind }) => kind === 'string');
    if (statement.kind !== 'import' && !isDirective) break;
    after = statement.end;
  }
  if (after === undefined) return text.lastIndexOf('\n', (written[0]?.start ?? 0) - 1) + 1;
  const lineEnd = text.indexOf('\n', after);
  return lineEnd < 0 ? text.length : lineEnd + 1;
}

export type { Dialect };
