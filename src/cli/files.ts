import { existsSync, readdirSync, type Dirent } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Language } from '../rules';
import { GitIgnore } from './gitignore';
import type { Projects } from './projects';

/** How a file is read. */
export type Kind = Language | 'notebook';

/** What is looked at in folders, by the ends of names. */
const kinds: Readonly<Record<string, Kind>> = {
  '.py': 'python',
  '.pyi': 'python',
  '.pyw': 'python',
  '.ipynb': 'notebook',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.jsx': 'javascript',
  '.ts': 'typescript',
  '.mts': 'typescript',
  '.cts': 'typescript',
  '.tsx': 'typescript',
};

/** Of any other name it is taken for Python, since somebody has named it. */
export function kindOf(file: string): Kind {
  return kinds[path.extname(file).toLowerCase()] ?? 'python';
}

/** Folders that hold other people's code or none; what begins with a dot likewise. */
const skippedFolders: ReadonlySet<string> = new Set(['venv', 'node_modules', '__pycache__', 'site-packages']);

export interface FoundFile {
  /** As it was named, or below the folder that was named. */
  readonly file: string;
  readonly kind: Kind;
  /** Named itself: it is scanned whatever it is. */
  readonly named: boolean;
}

export interface FindOptions {
  /** Whether what git ignores is left out. */
  readonly gitIgnore: boolean;
  readonly projects: Projects;
  /** Is told what can't be read, and why. */
  readonly complain: (file: string, error: unknown) => void;
}

/** The files that are to be scanned, each once, in the order of the paths given and of names. */
export async function* filesOf(paths: readonly string[], options: FindOptions): AsyncGenerator<FoundFile> {
  const seen = new Set<string>();
  for (const given of paths) {
    for await (const found of filesAt(given, options)) {
      const whole = path.resolve(found.file);
      if (seen.has(whole)) continue;
      seen.add(whole);
      yield found;
    }
  }
}

async function* filesAt(given: string, options: FindOptions): AsyncGenerator<FoundFile> {
  let information;
  try {
    information = await stat(given);
  } catch (error) {
    options.complain(given, error);
    return;
  }
  if (information.isFile()) yield { file: given, kind: kindOf(given), named: true };
  else if (information.isDirectory()) {
    const folder = path.resolve(given);
    const ignored = options.gitIgnore ? await GitIgnore.of(await realpath(folder)) : GitIgnore.none;
    yield* filesBelow(given, await realpath(folder), ignored, options);
  } else options.complain(given, new Error('it is neither a file nor a folder'));
}

/**
 * Links are not followed, as git doesn't: what they lead to is elsewhere in the folder, or not in it.
 * @param whole the folder itself, when links on the way to it are followed
 */
async function* filesBelow(
  folder: string,
  whole: string,
  ignored: GitIgnore,
  options: FindOptions,
): AsyncGenerator<FoundFile> {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    options.complain(folder, error);
    return;
  }
  const project = await options.projects.of(whole);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const isFolder = entry.isDirectory();
    const kind = entry.isFile() ? kinds[path.extname(entry.name).toLowerCase()] : undefined;
    if (!isFolder && kind === undefined) continue;
    if (isFolder && (entry.name.startsWith('.') || skippedFolders.has(entry.name))) continue;
    if (/\.min\.[cm]?js$/i.test(entry.name)) continue;
    const file = path.join(folder, entry.name);
    const wholeFile = path.join(whole, entry.name);
    if (options.gitIgnore && ignored.ignores(wholeFile, isFolder)) continue;
    if (project?.excludes(relativeTo(project.folder, wholeFile) + (isFolder ? '/' : ''))) continue;
    if (kind !== undefined) yield { file, kind, named: false };
    else if (!isVirtualEnvironment(wholeFile)) {
      yield* filesBelow(file, wholeFile, options.gitIgnore ? ignored.enter(wholeFile) : ignored, options);
    }
  }
}

function relativeTo(folder: string, file: string): string {
  return path.relative(folder, file).split(path.sep).join('/');
}

/** Whatever its name: Python writes this file into each. */
function isVirtualEnvironment(folder: string): boolean {
  return existsSync(path.join(folder, 'pyvenv.cfg'));
}
