import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { didYouMean } from '../config';
import { LocalModules } from '../python';
import { rules, type findingsIn, type FinderSettings, type Finding, type Severity } from '../rules';
import { filesOf, kindOf, type FoundFile } from './files';
import { fixAll } from './fix';
import { repositoryOf } from './gitignore';
import type { Located } from './located';
import { Progress } from './progress';
import { Projects } from './projects';
import { asJson, asText } from './report';
import { asSarif } from './sarif';
import { openSource, UnreadableSource, type Source } from './source';
import { UsageError } from './usage';
import { moduleTexts } from '../worker/moduleTexts';
import { replaceFile, stateOf, type FileState } from './write';

/** Longer code is not looked at unless it is named: nobody has written it. In UTF-16 units. */
const maxLength = 2_000_000;

export interface ScanArguments {
  readonly paths: readonly string[];
  readonly format: string;
  readonly select: string | undefined;
  readonly ignore: string | undefined;
  readonly severity: string | undefined;
  readonly gitIgnore: boolean;
  readonly fix: boolean;
  readonly diff: boolean;
  /** What the code on standard input is called. */
  readonly stdinFilename: string | undefined;
}

export interface ScanOutcome {
  /** For standard output. */
  readonly out: string;
  /** For standard error: what could not be read, and why, and what was done. */
  readonly err: string;
  /** 0: nothing found, 1: findings, 2: something could not be read. */
  readonly status: number;
}

export interface ScanSurroundings {
  readonly version: string;
  /** The folder with the rules' documentation. */
  readonly pages: string;
  readonly readStandardInput: () => Promise<Buffer>;
  /** What finds unstable code. */
  readonly find: typeof findingsIn;
}

/** A file whose code is known. */
interface Opened {
  readonly file: string;
  readonly source: Source;
  /** The byte order mark that it begins with. */
  readonly mark: string;
  /** Whether the text is all that there is to the bytes. */
  readonly exact: boolean;
  readonly settings: FinderSettings | undefined;
  /** Of a file that is going to be changed. */
  readonly state: FileState | undefined;
}

const formats = ['text', 'json', 'sarif'] as const;
/** The most serious first. */
const severities: readonly Severity[] = ['warning', 'information', 'hint'];

/** `lossfloor scan`. What can't be read does not keep the rest from being scanned. */
export async function scanCommand(given: ScanArguments, surroundings: ScanSurroundings): Promise<ScanOutcome> {
  return new Scan(given, surroundings).run();
}

class Scan {
  readonly #given: ScanArguments;
  readonly #surroundings: ScanSurroundings;
  readonly #format: (typeof formats)[number];
  readonly #rules: ReadonlySet<string> | undefined;
  readonly #selected: ReadonlySet<string>;
  readonly #severities: ReadonlySet<Severity>;
  readonly #modules = new LocalModules(moduleTexts());
  readonly #troubles: string[] = [];
  readonly #notes: string[] = [];
  readonly #found: Located[] = [];
  readonly #projects = new Projects((problem) => this.#troubles.push(problem));
  /** Differences, or fixed text that was read from standard input. */
  #output = '';
  #fixes = 0;
  #fixedFiles = 0;

  constructor(given: ScanArguments, surroundings: ScanSurroundings) {
    this.#given = given;
    this.#surroundings = surroundings;
    const format = formats.find((name) => name === given.format);
    if (!format) throw new UsageError(`--format: "${given.format}" is not text, json or sarif.`);
    this.#format = format;
    if (given.diff && format !== 'text')
      throw new UsageError('--diff prints differences; --format does not go with it.');
    const selected = rulesNamed(given.select, '--select');
    const ignored = rulesNamed(given.ignore, '--ignore');
    this.#selected = new Set(selected);
    this.#rules =
      given.select === undefined && given.ignore === undefined
        ? undefined
        : new Set((selected ?? rules.map(({ id }) => id)).filter((id) => !ignored?.includes(id)));
    const least = severities.findIndex((name) => name === (given.severity ?? 'information'));
    if (least < 0) {
      throw new UsageError(`--severity: "${String(given.severity)}" is not warning, information or hint.`);
    }
    this.#severities = new Set(severities.slice(0, least + 1));
  }

  async run(): Promise<ScanOutcome> {
    const { paths, stdinFilename } = this.#given;
    if (stdinFilename !== undefined) {
      if (paths.some((name) => name !== '-'))
        throw new UsageError('--stdin-filename does not go with files or folders.');
      await this.#scanStandardInput(stdinFilename);
    } else {
      if (paths.length === 0) throw new UsageError('scan needs a file or a folder.');
      if (paths.includes('-')) throw new UsageError('To scan standard input, say what it is with --stdin-filename.');
      await this.#scanFiles(paths);
    }
    const written = await this.#report();
    const report = written === '' ? '' : `${written}\n`;
    if (this.#fixes > 0) this.#notes.push(this.#sayFixed());
    const notes = [...this.#troubles, ...this.#notes].map((note) => `lossfloor: ${note}\n`).join('');
    const status = this.#troubles.length > 0 ? 2 : this.#found.length > 0 ? 1 : 0;
    if (this.#given.diff) return { out: this.#output, err: notes, status };
    // Fixed code takes the place of the findings, as somebody is going to read it as code.
    if (this.#given.fix && stdinFilename !== undefined) return { out: this.#output, err: report + notes, status };
    return { out: report, err: notes, status };
  }

  async #scanFiles(paths: readonly string[]): Promise<void> {
    const files = filesOf(paths, {
      gitIgnore: this.#given.gitIgnore,
      projects: this.#projects,
      complain: (file, error) => this.#complain(file, error),
    });
    const progress = new Progress();
    try {
      for await (const found of files) {
        await this.#scanFile(found);
        progress.file();
      }
    } finally {
      progress.end();
    }
  }

  async #scanFile(found: FoundFile): Promise<void> {
    const { file } = found;
    let bytes: Buffer;
    let state: FileState | undefined;
    try {
      if (this.#writes) state = await stateOf(file);
      // Files of code are small: to hand the reading over to other threads costs more than it.
      bytes = readFileSync(file);
    } catch (error) {
      this.#complain(file, error);
      return;
    }
    // An empty file has nothing to look at.
    if (bytes.length > 0) await this.#scanBytes(found, bytes, state);
  }

  async #scanBytes(found: FoundFile, bytes: Buffer, state: FileState | undefined): Promise<void> {
    const { file } = found;
    try {
      const opened = await this.#open(found, bytes, state);
      if (!opened) return;
      if (this.#fixesCode) await this.#fix(opened);
      else this.#locate(file, opened.source, this.#find(file, opened.source, opened.settings));
    } catch (error) {
      if (!(error instanceof UnreadableSource)) {
        this.#confess(file, error);
        return;
      }
      const { line, column } = error.position;
      const where = `(line ${String(line)}, column ${String(column)})`;
      this.#complain(file, new Error(`${error.message.replace(/\.$/, '')} ${where}`));
    }
  }

  async #scanStandardInput(name: string): Promise<void> {
    const bytes = await this.#surroundings.readStandardInput();
    const found: FoundFile = { file: name, kind: kindOf(name), named: true };
    await this.#scanBytes(found, bytes, undefined);
  }

  /** Whether files are changed. */
  get #writes(): boolean {
    return this.#given.fix && !this.#given.diff;
  }

  /** Whether fixes are applied, if only to show them. */
  get #fixesCode(): boolean {
    return this.#given.fix || this.#given.diff;
  }

  /**
   * @returns undefined where there is nothing to look at
   * @throws UnreadableSource
   */
  async #open(
    { file, kind, named }: FoundFile,
    bytes: Buffer,
    state: FileState | undefined,
  ): Promise<Opened | undefined> {
    const { text, mark, exact } = decode(bytes);
    if (!named) {
      if (kind !== 'notebook' && text.length > maxLength) return undefined;
      if ((kind === 'javascript' || kind === 'typescript') && !/tensorflow|tfjs/i.test(text)) return undefined;
    }
    const source = openSource(text, kind);
    if (!named && source.code.length > maxLength) return undefined;
    return { file, source, mark, exact, settings: await this.#settingsOf(file), state };
  }

  async #fix({ file, source, mark, exact, settings, state }: Opened): Promise<void> {
    const find = (each: Source): readonly Finding[] => this.#find(file, each, settings);
    const fixed = fixAll(source, find);
    if (fixed.applied > 0 && !exact) {
      this.#notes.push(`${file} is not changed: it is not in UTF-8.`);
      this.#locate(file, source, find(source));
      return;
    }
    this.#locate(file, this.#given.diff ? source : fixed.source, this.#given.diff ? find(source) : fixed.findings);
    if (this.#given.diff) this.#output += difference(file, mark + source.text, mark + fixed.source.text);
    else if (this.#given.stdinFilename !== undefined) this.#output += mark + fixed.source.text;
    else if (fixed.applied > 0 && state) {
      try {
        await replaceFile(file, Buffer.from(mark + fixed.source.text), state);
      } catch (error) {
        this.#troubles.push(`Can't change ${file}: ${(error as Error).message}`);
        return;
      }
    }
    if (fixed.applied > 0) {
      this.#fixes += fixed.applied;
      this.#fixedFiles++;
    }
  }

  get #wantsFixes(): boolean {
    return this.#fixesCode || this.#format !== 'text';
  }

  #ofSeverity(findings: readonly Finding[]): Finding[] {
    return findings.filter(({ severity }) => this.#severities.has(severity));
  }

  #find(file: string, source: Source, settings: FinderSettings | undefined): Finding[] {
    const found = this.#surroundings.find(source.code, {
      language: source.language,
      load: this.#modules.of(path.resolve(file)),
      fixes: this.#wantsFixes,
      ...(this.#rules ? { rules: this.#rules } : {}),
      ...(settings ? { settings } : {}),
    });
    return this.#ofSeverity(found);
  }

  /** What the project says, but for rules that are selected here: to name one is to want it. */
  async #settingsOf(file: string): Promise<FinderSettings | undefined> {
    const project = await this.#projects.of(path.dirname(path.resolve(file)));
    const settings = project?.settings;
    if (!settings?.severities || this.#selected.size === 0) return settings;
    const kept = Object.entries(settings.severities).filter(([id, is]) => is !== 'off' || !this.#selected.has(id));
    return { ...settings, severities: Object.fromEntries(kept) };
  }

  #locate(file: string, source: Source, findings: readonly Finding[]): void {
    for (const finding of findings) {
      this.#found.push({ file, source, finding, place: source.placeOf(finding.range) });
    }
  }

  #complain(file: string, error: unknown): void {
    this.#troubles.push(`Can't read ${file}: ${(error as Error).message}`);
  }

  /** What goes wrong in the finder itself keeps no other file from being scanned, and this one from being changed. */
  #confess(file: string, error: unknown): void {
    const said = error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 3) : [String(error)];
    const where = said.map((line) => line.trim()).join(' ');
    this.#troubles.push(
      `An error of Lossfloor itself: ${file} was not looked at. Please report it, with this: ${where}`,
    );
  }

  async #report(): Promise<string> {
    if (this.#format === 'json') return asJson(this.#found);
    if (this.#format === 'text') return asText(this.#found);
    return asSarif(this.#found, {
      version: this.#surroundings.version,
      sourceRoot: (await repositoryOf(process.cwd())) ?? process.cwd(),
      pages: this.#surroundings.pages,
      troubles: this.#troubles,
    });
  }

  #sayFixed(): string {
    const fixes = `${String(this.#fixes)} ${this.#fixes === 1 ? 'fix' : 'fixes'}`;
    const files = `${String(this.#fixedFiles)} ${this.#fixedFiles === 1 ? 'file' : 'files'}`;
    return this.#given.diff ? `${fixes} could be applied in ${files}.` : `${fixes} applied in ${files}.`;
  }
}

/** The ids in a list on the command line. */
function rulesNamed(list: string | undefined, option: string): readonly string[] | undefined {
  if (list === undefined) return undefined;
  const known = rules.map(({ id }) => id);
  return list.split(',').map((part) => {
    const id = part.trim();
    if (!known.includes(id)) throw new UsageError(`${option}: there is no rule "${id}"${didYouMean(id, known)}`);
    return id;
  });
}

/** The text of a file without its byte order mark, and whether the text is all that there is to the bytes. */
function decode(bytes: Buffer): { readonly text: string; readonly mark: string; readonly exact: boolean } {
  const whole = bytes.toString('utf8');
  const mark = whole.startsWith('\uFEFF') ? '\uFEFF' : '';
  // What is no UTF-8 has become U+FFFD, which stands in hardly any file by itself.
  const exact = !whole.includes('\uFFFD') || Buffer.from(whole).equals(bytes);
  return { text: whole.slice(mark.length), mark, exact };
}

/** A unified diff that `git apply` and `patch -p1` take. */
function difference(file: string, before: string, after: string): string {
  if (before === after) return '';
  const relative = path.relative('', file).split(path.sep).join('/');
  const name = relative.startsWith('../') || path.isAbsolute(relative) ? path.resolve(file).slice(1) : relative;
  return createTwoFilesPatch(`a/${name}`, `b/${name}`, before, after, undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}
