import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { findingsIn, type Finding } from '../rules';
import { toJson } from './json';
import { UsageError } from './usage';

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

/** `lossfloor scan`. */
export async function scanCommand(paths: readonly string[], format: string): Promise<{ text: string; count: number }> {
  if (paths.length === 0) throw new UsageError('scan needs a file or a folder.');
  if (format !== 'text' && format !== 'json') throw new UsageError(`--format: "${format}" is not text or json.`);
  const found: Located[] = [];
  for (const given of paths) {
    for await (const file of pythonFiles(given)) {
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        throw new UsageError(`Can't read ${file}: ${(error as Error).message}`);
      });
      found.push(...findingsIn(text).map((finding) => locate(file, text, finding)));
    }
  }
  const text = format === 'json' ? toJson(found) : found.map(asLine).join('\n');
  return { text, count: found.length };
}

async function* pythonFiles(given: string): AsyncGenerator<string> {
  const information = await stat(given).catch((error: unknown) => {
    throw new UsageError(`Can't read ${given}: ${(error as Error).message}`);
  });
  if (information.isDirectory()) yield* pythonFilesBelow(given);
  else yield given;
}

async function* pythonFilesBelow(folder: string): AsyncGenerator<string> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!skippedFolders.has(entry.name)) yield* pythonFilesBelow(file);
    } else if (entry.isFile() && /\.pyw?$/.test(entry.name)) yield file;
  }
}

function locate(file: string, text: string, { rule, severity, message, range }: Finding): Located {
  const start = position(text, range.start);
  const end = position(text, range.end);
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

function position(text: string, offset: number): { line: number; column: number } {
  // As editors count: \r\n, \n and \r each end one line.
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}

function asLine({ file, line, column, severity, rule, message }: Located): string {
  return `${file}:${String(line)}:${String(column)}: ${severity}: ${message} [${rule}]`;
}
