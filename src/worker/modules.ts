import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LocalModules, type ModuleLoader } from '../python';
import { moduleTexts, textOf } from './moduleTexts';

/** How long what was read of a module is believed while the workspace is scanned, in milliseconds. */
const scanMemory = 5000;

/** What a file imports from others of its project, as they are on disk. */
export class ImportedModules {
  #modules = new LocalModules((file) => this.#read(file));
  /** Of the files that were looked for, there or not, when they were last changed. */
  readonly #seen = new Map<string, number | undefined>();

  /** Brings what a document of that name imports; undefined where it has no folder on this machine. */
  of(uri: string): ModuleLoader | undefined {
    const file = fileOf(uri);
    if (file === undefined) return undefined;
    if ([...this.#seen].some(([each, changed]) => lastChange(each) !== changed)) this.forget();
    return this.#modules.of(file);
  }

  forget(): void {
    this.#seen.clear();
    this.#modules = new LocalModules((file) => this.#read(file));
  }

  #read(file: string): string | undefined {
    this.#seen.set(file, lastChange(file));
    return textOf(file);
  }
}

/** The same for a scan, in which many files import the same few: they are not looked after each time. */
export class ScannedModules {
  #modules = new LocalModules(moduleTexts());
  #since = 0;

  of(uri: string): ModuleLoader | undefined {
    if (performance.now() - this.#since > scanMemory) this.#modules = new LocalModules(moduleTexts());
    this.#since = performance.now();
    const file = fileOf(uri);
    return file === undefined ? undefined : this.#modules.of(file);
  }
}

function fileOf(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}

function lastChange(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
