/** A thread that helps the command line to scan: looks at one text after the other. */
import { parentPort } from 'node:worker_threads';
import type { FindJob, FromScanner, ToScanner } from '../protocol/findings';
import { LocalModules } from '../python';
import { findingsIn, type Finding } from '../rules';
import { moduleTexts } from './moduleTexts';

const port = parentPort;
if (!port) throw new Error('The scanner is made to be run as a thread.');

const modules = new LocalModules(moduleTexts());

function findingsOf({ file, text, language, rules, settings, fixes }: FindJob): readonly Finding[] | undefined {
  try {
    return findingsIn(text, {
      ...{ language, fixes, load: modules.of(file) },
      ...(rules ? { rules } : {}),
      ...(settings ? { settings } : {}),
    });
  } catch {
    return undefined;
  }
}

port.on('message', ({ id, job }: ToScanner) => {
  port.postMessage({ id, findings: findingsOf(job) } satisfies FromScanner);
});
