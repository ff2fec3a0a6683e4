import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { didYouMean } from '../config';
import { mostSharing, shareOut } from '../engine';
import { Shares } from '../protocol/shares';
import { rules, type findingsIn, type Finding, type Severity } from '../rules';
import { filesOf, kindOf, type FoundFile } from './files';
import { fixAll } from './fix';
import { repositoryOf } from './gitignore';
import type { Located } from './located';
import { Progress } from './progress';
import { Projects } from './projects';
import { asJson, asText } from './report';
import { asSarif } from './sarif';
import { Scanner, unreadable, type Opened, type Scanned, type Wanted } from './scanner';
import type { Source } from './source';
import { UsageError } from './usage';
import { replaceFile, stateOf, type FileState } from './write';

/** Each thread compiles the finder for itself: that pays off from about so many files on. */
const filesPerThread = 60;

export interface ScanArguments {
  readonly paths: readonly string[];
  readonly format: string;
  readonly select: string | undefined;
  readonly ignore: string | undefined;
  readonly severity: string | undefined;
  readonly gitIgnore: boolean;
  readonly fix: boolean;
  readonly diff: boolean;
  /** How many threads may be at work; undefined for one on each processor. */
  readonly jobs: string | undefined;
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
  /** The built command line, which threads run as well; without it there is one thread. */
  readonly threadPath?: string;
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
  readonly #jobs: number;
  readonly #wanted: Wanted;
  readonly #troubles: string[] = [];
  readonly #notes: string[] = [];
  readonly #found: Located[] = [];
  readonly #projects = new Projects((problem) => this.#troubles.push(problem));
  readonly #scanner: Scanner;
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
    this.#jobs = jobsFrom(given.jobs);
    const selected = rulesNamed(given.select, '--select');
    const ignored = rulesNamed(given.ignore, '--ignore');
    const least = severities.findIndex((name) => name === (given.severity ?? 'information'));
    if (least < 0) {
      throw new UsageError(`--severity: "${String(given.severity)}" is not warning, information or hint.`);
    }
    this.#wanted = {
      rules:
        given.select === undefined && given.ignore === undefined
          ? undefined
          : new Set((selected ?? rules.map(({ id }) => id)).filter((id) => !ignored?.includes(id))),
      selected: new Set(selected),
      severities: new Set(severities.slice(0, least + 1)),
      fixes: this.#fixesCode || format !== 'text',
    };
    this.#scanner = new Scanner(this.#wanted, this.#projects, surroundings.find);
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
    const files: FoundFile[] = [];
    const found = filesOf(paths, {
      gitIgnore: this.#given.gitIgnore,
      projects: this.#projects,
      complain: (file, error) => this.#troubles.push(unreadable(file, error)),
    });
    for await (const file of found) {
      files.push(file);
      // What is wrong with a project's file is said here, as threads read it for themselves.
      await this.#projects.of(path.dirname(path.resolve(file.file)));
    }
    const progress = new Progress();
    try {
      if (this.#fixesCode) await this.#fixFiles(files, progress);
      else for (const scanned of await this.#scanAll(files, progress)) this.#take(scanned);
    } finally {
      progress.end();
    }
  }

  /** What is found in each of the files, with the help of other threads where there are many. */
  async #scanAll(files: readonly FoundFile[], progress: Progress): Promise<readonly Scanned[]> {
    const scanned: Scanned[] = [];
    const shares = new Shares(files);
    const { threadPath } = this.#surroundings;
    const helpers = Math.min(this.#jobs, Math.floor(files.length / filesPerThread)) - 1;
    const others =
      threadPath !== undefined && helpers > 0
        ? shareOut<FoundFile, Scanned>(threadPath, helpers, shares, this.#wanted, ({ index, result }) => {
            scanned[index] = result;
          })
        : undefined;
    for (let share = shares.take(); share; share = shares.take()) {
      scanned[share.index] = await this.#scanner.scan(share.item);
      progress.files(shares.taken);
    }
    await others;
    // What a thread had taken that died.
    for (const [index, file] of files.entries()) scanned[index] ??= await this.#scanner.scan(file);
    return scanned;
  }

  #take({ found, trouble }: Scanned): void {
    for (const each of found) this.#found.push(each);
    if (trouble !== undefined) this.#troubles.push(trouble);
  }

  async #fixFiles(files: readonly FoundFile[], progress: Progress): Promise<void> {
    for (const [index, file] of files.entries()) {
      await this.#fixFile(file);
      progress.files(index + 1);
    }
  }

  async #fixFile(found: FoundFile): Promise<void> {
    const { file } = found;
    let bytes: Buffer;
    let state: FileState | undefined;
    try {
      if (this.#writes) state = await stateOf(file);
      bytes = readFileSync(file);
    } catch (error) {
      this.#troubles.push(unreadable(file, error));
      return;
    }
    await this.#fixBytes(found, bytes, state);
  }

  async #fixBytes(found: FoundFile, bytes: Buffer, state: FileState | undefined): Promise<void> {
    const scanned = await this.#scanner.attempt(found.file, async () => {
      const opened = await this.#scanner.open(found, bytes);
      return opened ? this.#fix(opened, state) : [];
    });
    this.#take(scanned);
  }

  async #scanStandardInput(name: string): Promise<void> {
    const bytes = await this.#surroundings.readStandardInput();
    const found: FoundFile = { file: name, kind: kindOf(name), named: true };
    if (this.#fixesCode) await this.#fixBytes(found, bytes, undefined);
    else this.#take(await this.#scanner.scan(found, bytes));
  }

  /** Whether files are changed. */
  get #writes(): boolean {
    return this.#given.fix && !this.#given.diff;
  }

  /** Whether fixes are applied, if only to show them. */
  get #fixesCode(): boolean {
    return this.#given.fix || this.#given.diff;
  }

  /** @returns what is found, of a file that is changed what is left then */
  async #fix(opened: Opened, state: FileState | undefined): Promise<readonly Located[]> {
    const { file, source, mark, exact } = opened;
    const find = (each: Source): readonly Finding[] => this.#scanner.find(opened, each);
    const fixed = fixAll(source, find);
    if (fixed.applied > 0 && !exact) {
      this.#notes.push(`${file} is not changed: it is not in UTF-8.`);
      return this.#scanner.locate(opened, find(source));
    }
    if (this.#given.diff) this.#output += difference(file, mark + source.text, mark + fixed.source.text);
    else if (this.#given.stdinFilename !== undefined) this.#output += mark + fixed.source.text;
    else if (fixed.applied > 0 && state) {
      try {
        await replaceFile(file, Buffer.from(mark + fixed.source.text), state);
      } catch (error) {
        this.#troubles.push(`Can't change ${file}: ${(error as Error).message}`);
        return this.#scanner.locate(opened, find(source));
      }
    }
    if (fixed.applied > 0) {
      this.#fixes += fixed.applied;
      this.#fixedFiles++;
    }
    return this.#given.diff
      ? this.#scanner.locate(opened, find(source))
      : this.#scanner.locate(opened, fixed.findings, fixed.source);
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

/** How many threads may be at work. */
function jobsFrom(given: string | undefined): number {
  if (given === undefined) return Math.min(os.availableParallelism(), mostSharing);
  if (!/^[1-9]\d{0,2}$/.test(given))
    throw new UsageError(`--jobs: "${given}" is not a number of threads from 1 to 999.`);
  return Number(given);
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
