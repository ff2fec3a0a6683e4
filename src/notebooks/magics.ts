/** Cell magics that run the cell's body as Python in the notebook's own namespace. */
const pythonCellMagics: ReadonlySet<string> = new Set([
  'capture',
  'debug',
  'heat',
  'local',
  'lprun',
  'memit',
  'mprun',
  'notify',
  'prun',
  'px',
  'scalene',
  'skip',
  'snakeviz',
  'spark',
  'time',
  'timeit',
  'wandb',
]);

/** What Databricks writes on the first line of a cell that is not Python at all. */
const foreignCell = /^%(?:md|sh|scala|r|fs)\b/;

/** Where a line of Python ends: inside what the next line begins. */
interface LineState {
  /** The quotes that close the string that is open, or none. */
  readonly quotes: string;
  readonly brackets: number;
  /** The line ends with a backslash. */
  readonly continued: boolean;
}

const logicalStart: LineState = { quotes: '', brackets: 0, continued: false };

/**
 * A cell's source as Python, of the same length: IPython's magics and shell commands are replaced by spaces, whole cells
 * that are in another language likewise. Line ends stay as they are.
 */
export function blankMagics(source: string): string {
  if (!/[%!?]/.test(source)) return source;
  const lines = source.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? [];
  const first = lines.findIndex((line) => line.trim() !== '');
  const head = lines[first]?.trimStart() ?? '';
  if (foreignCell.test(head)) return blank(source);
  let cellMagic = -1;
  if (head.startsWith('%%')) {
    if (!pythonCellMagics.has(/^%%(\w+)/.exec(head)?.[1] ?? '')) return blank(source);
    cellMagic = first;
  }
  let state = logicalStart;
  let insideMagic = false;
  return lines
    .map((line, index) => {
      const content = line.replace(/[\r\n]+$/, '');
      if (index === cellMagic) return blank(line);
      if (insideMagic) {
        insideMagic = content.endsWith('\\');
        return blank(line);
      }
      const startsStatement = state.quotes === '' && state.brackets === 0 && !state.continued;
      const python = startsStatement ? withoutMagic(content) : content;
      if (python === undefined) {
        insideMagic = content.endsWith('\\');
        return blankStatement(line);
      }
      // An assigned command may go on in the next line, too.
      insideMagic = python !== content && !/^\s*0;/.test(python) && content.endsWith('\\');
      state = after(python, state);
      return python + line.slice(content.length);
    })
    .join('');
}

/** The line with what is Python in it; undefined if there is none. */
function withoutMagic(line: string): string | undefined {
  const code = line.trimStart();
  const indentation = line.slice(0, line.length - code.length);
  // `%time` runs the rest of its line here and keeps what that binds.
  const timed = /^%time\s+(?=[^\s-])/.exec(code);
  if (timed) return `${indentation}${'0;'.padEnd(timed[0].length)}${code.slice(timed[0].length)}`;
  // No statement of Python begins with one of these.
  if (/^[%!?]/.test(code)) return undefined;
  if (/^[A-Za-z_*][\w.*[\]'"]*\?{1,2}\s*$/.test(code)) return undefined;
  // `files = !ls` binds something that nothing is known of.
  const assigned = /^([A-Za-z_][\w.[\], ]*=\s*)[%!](?!=)/.exec(code);
  if (assigned?.[1] !== undefined) {
    const target = `${indentation}${assigned[1]}_`;
    return target.padEnd(line.length);
  }
  return line;
}

function blank(text: string): string {
  return text.replace(/[^\r\n]/g, ' ');
}

/** Spaces, but for a statement that a block may need to have. */
function blankStatement(line: string): string {
  const indentation = /^[ \t]*/.exec(line)?.[0] ?? '';
  if (indentation === '') return blank(line);
  return `${indentation}0${blank(line.slice(indentation.length + 1))}`;
}

/** What is open after a line of Python. */
function after(line: string, before: LineState): LineState {
  let { quotes, brackets } = before;
  for (let i = 0; i < line.length; i++) {
    const character = line.charAt(i);
    if (quotes !== '') {
      if (character === '\\') i++;
      else if (line.startsWith(quotes, i)) {
        i += quotes.length - 1;
        quotes = '';
      }
    } else if (character === '#') return { quotes, brackets, continued: false };
    else if (character === '"' || character === "'") {
      quotes = line.startsWith(character.repeat(3), i) ? character.repeat(3) : character;
      i += quotes.length - 1;
    } else if ('([{'.includes(character)) brackets++;
    else if (')]}'.includes(character)) brackets = Math.max(0, brackets - 1);
  }
  const continued = /(?:^|[^\\])(?:\\\\)*\\$/.test(line);
  // A string in single quotes ends with its line, closed or not, unless the line is continued.
  if (quotes.length === 1 && !continued) quotes = '';
  return { quotes, brackets, continued };
}
