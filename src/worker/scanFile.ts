import { readNotebook } from '../notebooks';
import type { ModuleLoader } from '../python';
import type { FileFinding, ScanJob, ScanOutcome } from '../protocol/finder';
import { findingsIn } from '../rules';
import { Lines } from '../rules/lines';
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
        start: positionIn(own, start),
        end: positionIn(own, end),
      };
    },
  );
  return { findings };
}

/** A place in a text, as the editor counts: from 0. */
function positionIn(lines: Lines, offset: number): { line: number; character: number } {
  const line = lines.at(offset);
  return { line, character: offset - lines.startOf(line) };
}
