import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { findingsIn, type Finding } from '../rules';
import { toJson } from './json';
import { UsageError, withoutMark } from './usage';

/** Folders that hold other people's code or none. */
const skippedFolders = new Set([
  '.git',
  '.hg',
  '.svn',
  '.venv',
  'venv',
  'node_modules',
  '__pycache__',
  'site-packages',
]);

/** A finding with its place; lines and columns count from 1, columns in UTF-16 units as editors do. */
interface Located {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly rule: string;
  readonly severity: Finding['severity'];
  readonly message: string;
}

export interface ScanOutcome {
  readonly text: string;
  readonly count: number;
  /** What could not be read, and why. */
  readonly unreadable: readonly string[];
}

/** `lossfloor scan`. What can't be read does not keep the rest from being scanned. */
export async function scanCommand(paths: readonly string[], format: string): Promise<ScanOutcome> {
  if (paths.length === 0) throw new UsageError('scan needs a file or a folder.');
  if (format !== 'text' && format !== 'json') throw new UsageError(`--format: "${format}" is not text or json.`);
  const found: Located[] = [];
  const unreadable: string[] = [];
  const complain = (path: string) => (error: unknown) => {
    unreadable.push(`Can't read ${path}: ${(error as Error).message}`);
    return undefined;
  };
  for (const given of paths) {
    for await (const file of pythonFiles(given, complain)) {
      const read = await readFile(file, 'utf8').catch(complain(file));
      if (read === undefined) continue;
      const text = withoutMark(read);
      const lines = lineStarts(text);
      found.push(...findingsIn(text).map((finding) => locate(file, lines, finding)));
    }
  }
  const text = format === 'json' ? toJson(found) : found.map(asLine).join('\n');
  return { text, count: found.length, unreadable };
}

type Complain = (path: string) => (error: unknown) => undefined;

async function* pythonFiles(given: string, complain: Complain): AsyncGenerator<string> {
  const information = await stat(given).catch(complain(given));
  if (information?.isDirectory()) yield* pythonFilesBelow(given, complain);
  else if (information?.isFile()) yield given;
  else if (information) complain(given)(new Error('it is neither a file nor a folder'));
}

async function* pythonFilesBelow(folder: string, complain: Complain): AsyncGenerator<string> {
  const entries: Dirent[] = (await readdir(folder, { withFileTypes: true }).catch(complain(folder))) ?? [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!skippedFolders.has(entry.name)) yield* pythonFilesBelow(file, complain);
    } else if (entry.isFile() && /\.pyw?$/.test(entry.name)) yield file;
  }
}

function locate(file: string, lines: readonly number[], { rule, severity, message, range }: Finding): Located {
  const start = position(lines, range.start);
  const end = position(lines, range.end);
  return {
    file,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    rule,
    severity,
    message,
  };
}

/** Offsets at which lines begin, as editors count: \r\n, \n and \r each end one. */
function lineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length)];
}

function position(lines: readonly number[], offset: number): { line: number; column: number } {
  let [low, high] = [0, lines.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((lines[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (lines[low] as number) + 1 };
}

function asLine({ file, line, column, severity, rule, message }: Located): string {
  return `${file}:${String(line)}:${String(column)}: ${severity}: ${message} [${rule}]`;
}
