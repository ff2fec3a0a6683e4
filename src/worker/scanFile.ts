import { readNotebook } from '../notebooks';
import type { ModuleLoader } from '../python';
import type { FileFinding, ScanJob, ScanOutcome } from '../protocol/finder';
import { findingsIn } from '../rules';
import { joinTexts } from './joined';

/** What is found in a file. What can't be read is told, not thrown: a scan goes on with the next. */
export function scanFile({ file, language, bytes, settings }: ScanJob, load: ModuleLoader | undefined): ScanOutcome {
  const text = new TextDecoder().decode(bytes);
  const isNotebook = file === 'notebook';
  const notebook = isNotebook ? readNotebook(text) : undefined;
  if (notebook?.problem) return { findings: [], trouble: notebook.problem.message };
  const texts = notebook?.cells.map(({ index, source }) => ({ id: String(index), text: source })) ?? [{ id: '', text }];
  const joined = joinTexts(texts, isNotebook);
  const lines = new Map(texts.map((each) => [each.id, new Lines(each.text)]));
  const findings = findingsIn(joined.text, { settings, language, load, fixes: false }).map(
    ({ rule, severity, title, message, lens, range }): FileFinding => {
      const { id, start, end } = joined.placeOf(range);
      const own = lines.get(id) as Lines;
      return {
        ...{ rule, severity, title, message, lens },
        ...(isNotebook ? { cell: Number(id) } : {}),
        start: own.position(start),
        end: own.position(end),
      };
    },
  );
  return { findings };
}

/** Offsets of a text as lines and columns, as editors count them. */
class Lines {
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.#starts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length)];
  }

  position(offset: number): { line: number; character: number } {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low, character: offset - (this.#starts[low] as number) };
  }
}
