import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { scanCommand, type ScanArguments, type ScanOutcome, type ScanSurroundings } from '../../src/cli/scan';
import { findingsIn, type Finding, type FindingsOptions, type Fix } from '../../src/rules';

/** A folder of files for a test. */
export class Folder {
  readonly path = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'lossfloor-scan-')));

  /** Writes files by their paths in the folder. */
  write(files: Readonly<Record<string, string | Uint8Array>>): this {
    for (const [name, text] of Object.entries(files)) {
      const file = this.at(name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return this;
  }

  at(name: string): string {
    return path.join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** `lossfloor scan`, without a process of its own. */
export async function scan(
  paths: readonly string[],
  given: Partial<ScanArguments> = {},
  surroundings: Partial<ScanSurroundings> = {},
): Promise<ScanOutcome> {
  return scanCommand(
    {
      paths,
      format: 'text',
      select: undefined,
      ignore: undefined,
      severity: undefined,
      gitIgnore: true,
      fix: false,
      diff: false,
      jobs: undefined,
      stdinFilename: undefined,
      ...given,
    },
    {
      version: '1.2.3',
      pages: path.resolve('docs/rules'),
      readStandardInput: () => Promise.resolve(Buffer.alloc(0)),
      find: findingsIn,
      ...surroundings,
    },
  );
}

const fix: Omit<Fix, 'edits'> = {
  title: 'Write good()',
  format: 'float32',
  of: 'value',
  side: 'below',
  worstBefore: Infinity,
  worstAfter: 1,
};

/** Finds each `bad(...)`, and mends it as its word says: `bad(good)` by `good()` and by an import. */
export function findBad(text: string, options: FindingsOptions = {}): Finding[] {
  return [...text.matchAll(/\bbad\((\w*)\)/g)].flatMap(({ index, 0: whole, 1: word }): Finding[] => {
    const range = { start: index, end: index + whole.length };
    const rule = 'log-of-sigmoid';
    const imported = text.includes('import good');
    const replacement = { ...range, text: word === 'broken' ? '((' : `${String(word)}()` };
    const atHead = text.includes('import torch\n') ? text.indexOf('import torch\n') + 'import torch\n'.length : 0;
    const edits =
      word === 'useless'
        ? [{ ...range, text: 'bad(useless)' }]
        : [...(imported ? [] : [{ start: atHead, end: atHead, text: 'import good\n' }]), replacement];
    const severity = options.settings?.severities?.[rule] ?? 'warning';
    if (severity === 'off') return [];
    return [
      {
        rule,
        severity,
        range,
        statement: range,
        related: word === 'related' ? [{ start: 0, end: 1, message: 'the sigmoid is here' }] : [],
        title: 'bad',
        advice: 'good()',
        message: `This is bad: ${String(word)}.`,
        lens: 'bad',
        failures: [],
        ...(word === '' ? {} : { fix: { ...fix, edits } }),
      },
    ];
  });
}
