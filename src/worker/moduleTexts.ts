import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The texts of modules on disk, for one scan. Most of what imports name is no file of the project, and is looked for in
 * several folders: each folder is listed once, and what isn't in it isn't opened.
 * @returns what gives a file's text, undefined if there is none or it can't be read
 */
export function moduleTexts(): (file: string) => string | undefined {
  const listings = new Map<string, ReadonlySet<string> | undefined>();
  /** @returns undefined where the folder can't be listed, though what is in it may be readable */
  const listingOf = (folder: string): ReadonlySet<string> | undefined => {
    if (listings.has(folder)) return listings.get(folder);
    const listing = mayExist(folder) ? list(folder) : nothing;
    listings.set(folder, listing);
    return listing;
  };
  const mayExist = (file: string): boolean => {
    const folder = path.dirname(file);
    return folder === file || (listingOf(folder)?.has(path.basename(file)) ?? true);
  };
  return (file) => (mayExist(file) ? textOf(file) : undefined);
}

const nothing: ReadonlySet<string> = new Set();

function list(folder: string): ReadonlySet<string> | undefined {
  try {
    return new Set(readdirSync(folder));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? nothing : undefined;
  }
}

/** The text of a file; undefined if there is none or it can't be read. */
export function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
