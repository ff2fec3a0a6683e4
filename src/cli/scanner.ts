import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LocalModules } from '../python';
import type { findingsIn, FinderSettings, Finding, Severity } from '../rules';
import { moduleTexts } from '../worker/moduleTexts';
import type { FoundFile } from './files';
import { locator, type Located } from './located';
import type { Projects } from './projects';
import { openSource, UnreadableSource, type Source } from './source';

/** Longer code is not looked at unless it is named: nobody has written it. In UTF-16 units. */
const maxLength = 2_000_000;

/** What is looked for. It holds nothing but data: a thread sends it to another. */
export interface Wanted {
  /** The ids of rules; undefined for all. */
  readonly rules: ReadonlySet<string> | undefined;
  /** Those that were asked for by name: to name one is to want it, whatever a project says. */
  readonly selected: ReadonlySet<string>;
  readonly severities: ReadonlySet<Severity>;
  readonly fixes: boolean;
}

/** A file whose code is known. */
export interface Opened {
  readonly file: string;
  readonly source: Source;
  /** The byte order mark that it begins with. */
  readonly mark: string;
  /** Whether the text is all that there is to the bytes. */
  readonly exact: boolean;
  readonly settings: FinderSettings | undefined;
}

/** What came of a file. */
export interface Scanned {
  readonly found: readonly Located[];
  /** Why it could not be read, or what went wrong. */
  readonly trouble?: string;
}

/** Looks for unstable code in one file after the other. */
export class Scanner {
  readonly #wanted: Wanted;
  readonly #projects: Projects;
  readonly #findingsIn: typeof findingsIn;
  readonly #modules = new LocalModules(moduleTexts());

  constructor(wanted: Wanted, projects: Projects, find: typeof findingsIn) {
    this.#wanted = wanted;
    this.#projects = projects;
    this.#findingsIn = find;
  }

  /**
   * What is found in a file, whatever is the matter with it.
   * @param given what is in it, where that isn't to be read from it
   */
  async scan(found: FoundFile, given?: Buffer): Promise<Scanned> {
    const { file } = found;
    let bytes = given;
    try {
      // Files of code are small: to hand the reading over to other threads costs more than it.
      bytes ??= readFileSync(file);
    } catch (error) {
      return { found: [], trouble: unreadable(file, error) };
    }
    const whole = bytes;
    return this.attempt(file, async () => {
      const opened = await this.open(found, whole);
      return opened ? this.locate(opened, this.find(opened)) : [];
    });
  }

  /** What comes of looking at a file, or what there is to say of what goes wrong: that keeps no other from being scanned. */
  async attempt(file: string, look: () => Promise<readonly Located[]>): Promise<Scanned> {
    try {
      return { found: await look() };
    } catch (error) {
      return { found: [], trouble: troubleWith(file, error) };
    }
  }

  /**
   * @returns undefined where there is nothing to look at
   * @throws UnreadableSource
   */
  async open({ file, kind, named }: FoundFile, bytes: Buffer): Promise<Opened | undefined> {
    if (bytes.length === 0) return undefined;
    const { text, mark, exact } = decode(bytes);
    if (!named) {
      if (kind !== 'notebook' && text.length > maxLength) return undefined;
      if ((kind === 'javascript' || kind === 'typescript') && !/tensorflow|tfjs/i.test(text)) return undefined;
    }
    const source = openSource(text, kind);
    if (!named && source.code.length > maxLength) return undefined;
    return { file, source, mark, exact, settings: await this.#settingsOf(file) };
  }

  /** @param source the file's, or what it would be */
  find({ file, source: own, settings }: Opened, source: Source = own): Finding[] {
    const { rules, fixes, severities } = this.#wanted;
    const found = this.#findingsIn(source.code, {
      language: source.language,
      load: this.#modules.of(path.resolve(file)),
      fixes,
      ...(rules ? { rules } : {}),
      ...(settings ? { settings } : {}),
    });
    return found.filter(({ severity }) => severities.has(severity));
  }

  /** @param source that the findings are of: the file's, or what it has become */
  locate({ file, source: own }: Opened, findings: readonly Finding[], source: Source = own): Located[] {
    return findings.map(locator(file, source));
  }

  /** What the project says, but for rules that are selected here. */
  async #settingsOf(file: string): Promise<FinderSettings | undefined> {
    const project = await this.#projects.of(path.dirname(path.resolve(file)));
    const settings = project?.settings;
    const { selected } = this.#wanted;
    if (!settings?.severities || selected.size === 0) return settings;
    const kept = Object.entries(settings.severities).filter(([id, is]) => is !== 'off' || !selected.has(id));
    return { ...settings, severities: Object.fromEntries(kept) };
  }
}

/** What can't be read is said to be so; what goes wrong in the finder itself is owned up to. */
function troubleWith(file: string, error: unknown): string {
  if (error instanceof UnreadableSource) {
    const { line, column } = error.position;
    const where = `(line ${String(line)}, column ${String(column)})`;
    return unreadable(file, new Error(`${error.message.replace(/\.$/, '')} ${where}`));
  }
  const said = error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 3) : [String(error)];
  const where = said.map((line) => line.trim()).join(' ');
  return `An error of Lossfloor itself: ${file} was not looked at. Please report it, with this: ${where}`;
}

export function unreadable(file: string, error: unknown): string {
  return `Can't read ${file}: ${(error as Error).message}`;
}

/** The text of a file without its byte order mark, and whether the text is all that there is to the bytes. */
function decode(bytes: Buffer): { readonly text: string; readonly mark: string; readonly exact: boolean } {
  const whole = bytes.toString('utf8');
  const mark = whole.startsWith('\uFEFF') ? '\uFEFF' : '';
  // What is no UTF-8 has become U+FFFD, which stands in hardly any file by itself.
  const exact = !whole.includes('\uFFFD') || Buffer.from(whole).equals(bytes);
  return { text: whole.slice(mark.length), mark, exact };
}
