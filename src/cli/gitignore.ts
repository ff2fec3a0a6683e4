import { stat } from 'node:fs/promises';
import path from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { textOf } from '../worker/moduleTexts';

/** The patterns of one file, and the folder that they are relative to. */
interface Layer {
  readonly folder: string;
  readonly patterns: string;
  readonly matcher: Ignore;
}

/** As git itself has it by default: names that differ in case alone are one name on Windows and macOS. */
const ignoreCase = process.platform === 'win32' || process.platform === 'darwin';

function layer(folder: string, patterns: string): Layer {
  return { folder, patterns, matcher: ignore({ ignoreCase }).add(patterns) };
}

/** What git ignores in a folder: the .gitignore files from the repository's root down to it, and .git/info/exclude. */
export class GitIgnore {
  /** Those that count most come last. */
  readonly #layers: readonly Layer[];

  private constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  static readonly none = new GitIgnore([]);

  /**
   * Of a folder that somebody has named. Is it ignored itself, then that it was named counts more, and only its own
   * .gitignore files are looked at.
   */
  static async of(folder: string): Promise<GitIgnore> {
    const root = await repositoryOf(folder);
    if (root === undefined) return GitIgnore.none.enter(folder);
    let rules = new GitIgnore([layer(root, read(excludeFile(root)))]);
    rules = rules.enter(root);
    const names = path.relative(root, folder).split(path.sep);
    let current = root;
    for (const name of names[0] === '' ? [] : names) {
      current = path.join(current, name);
      if (rules.ignores(current, true)) return GitIgnore.none.enter(folder);
      rules = rules.enter(current);
    }
    return rules;
  }

  /** What is ignored in a folder below, which itself is not. */
  enter(folder: string): GitIgnore {
    const layers = this.#layers.map((each) => {
      // Taken in again by a file further down: what this one says of the folder must not count for what is in it.
      const relative = relativePath(each.folder, folder);
      if (relative === '' || !each.matcher.test(`${relative}/`).ignored) return each;
      return layer(each.folder, `${each.patterns}\n!/${relative.replace(/[\\*?[\]!# ]/g, '\\$&')}/`);
    });
    const patterns = read(path.join(folder, '.gitignore'));
    if (patterns.trim() !== '') layers.push(layer(folder, patterns));
    return new GitIgnore(layers);
  }

  /** Whether an entry of the folder is ignored. */
  ignores(file: string, isFolder: boolean): boolean {
    for (let index = this.#layers.length - 1; index >= 0; index--) {
      const { folder, matcher } = this.#layers[index] as Layer;
      const { ignored, unignored } = matcher.test(relativePath(folder, file) + (isFolder ? '/' : ''));
      if (ignored) return true;
      if (unignored) return false;
    }
    return false;
  }
}

function relativePath(folder: string, file: string): string {
  return path.relative(folder, file).split(path.sep).join('/');
}

/** The text of a file; none if it can't be read. */
function read(file: string): string {
  return textOf(file) ?? '';
}

/** The folder with .git in it that is nearest upwards. */
export async function repositoryOf(folder: string): Promise<string | undefined> {
  for (let current = folder; ; current = path.dirname(current)) {
    const found = await stat(path.join(current, '.git')).catch(() => undefined);
    if (found) return current;
    if (path.dirname(current) === current) return undefined;
  }
}

/** In a further work tree and in a submodule .git is a file that says where the repository is. */
function excludeFile(root: string): string {
  const git = path.join(root, '.git');
  const [, elsewhere] = /^gitdir: *(.+)$/m.exec(read(git)) ?? [];
  if (elsewhere === undefined) return path.join(git, 'info', 'exclude');
  const folder = path.resolve(root, elsewhere.trim());
  const common = read(path.join(folder, 'commondir')).trim();
  return path.join(path.resolve(folder, common), 'info', 'exclude');
}
