import type { Tree } from '@lezer/common';
import type { Edit, Finding } from './finding';
import type { Language } from './findings';
import { Lines } from './lines';
import { parseText } from './syntax';

// A comment `lossfloor: ignore[rule, other]`, or `lossfloor: ignore` for all rules, silences what is found on its line;
// alone on a line, what is found on the next line of code. A comment `lossfloor: ignore-file[rule]` alone on a line
// silences the whole text, wherever it stands: at the end of a line of code it would look as if it spoke of that line.
// Other tools' comments may stand before it: `# noqa  # lossfloor: ignore`. Rules that don't exist are no error, so that
// a text can be read by an older version.

/** Begins a comment, or a comment within one, or a line of a longer one. A list that is never closed is no list. */
const directives =
  /(?<=^[ \t]*|[#*/][ \t]*)lossfloor:[ \t]*ignore(-file)?(?![\w-])(?:([ \t]*\[)([^\]\r\n]*)\]|(?![ \t]*\[))/gim;

interface Comment {
  readonly start: number;
  readonly end: number;
  readonly firstLine: number;
  readonly lastLine: number;
  /** Nothing else is on its lines. */
  readonly alone: boolean;
}

interface Directive {
  readonly ofFile: boolean;
  /** Undefined for all rules. */
  readonly rules: ReadonlySet<string> | undefined;
  /** Where the next rule would be written: behind the last one. */
  readonly listEnd: number;
  /** The lines it speaks of, if not of the whole text. */
  readonly lines: readonly number[];
}

/** Which findings of a text its comments silence. */
export function suppressionsOf(
  text: string,
  language: Language,
): (finding: Pick<Finding, 'rule' | 'range' | 'statement'>) => boolean {
  if (!/lossfloor:/i.test(text)) return () => false;
  const lines = new Lines(text);
  const found = directivesOf(text, lines, commentsOf(text, lines, parseText(text, language)));
  if (found.length === 0) return () => false;
  return (finding) => {
    const covered = linesOf(finding, lines);
    return found.some(
      ({ ofFile, rules, lines: meant }) =>
        (rules?.has(finding.rule) ?? true) && (ofFile || meant.some((line) => covered.includes(line))),
    );
  };
}

/** The edit that silences a finding, on its line or in its whole text. */
export function suppressionEdit(
  text: string,
  finding: Pick<Finding, 'rule' | 'range' | 'statement'>,
  scope: 'line' | 'file',
  language: Language,
): Edit {
  const lines = new Lines(text);
  const tree = parseText(text, language);
  const found = directivesOf(text, lines, commentsOf(text, lines, tree));
  const covered = linesOf(finding, lines);
  const known = found.find(
    ({ ofFile, rules, lines: meant }) =>
      rules !== undefined && ofFile === (scope === 'file') && (ofFile || meant.some((line) => covered.includes(line))),
  );
  if (known) {
    const text = known.rules?.size === 0 ? finding.rule : `, ${finding.rule}`;
    return { start: known.listEnd, end: known.listEnd, text };
  }
  const open = language === 'python' ? '#' : '//';
  if (scope === 'line') {
    const comment = `${open} lossfloor: ignore[${finding.rule}]`;
    const atEnd = covered.find((line) => takesComment(text, lines, tree, line));
    if (atEnd !== undefined) {
      const end = lines.endOf(atEnd);
      const start = text.slice(0, end).trimEnd().length;
      const gap = language === 'python' ? '  ' : ' ';
      return { start, end, text: `${gap}${comment}` };
    }
    const above = lines.at(finding.statement.start);
    if (above === 0 || takesComment(text, lines, tree, above - 1)) {
      const start = lines.startOf(above);
      const indentation = /^[ \t]*/.exec(text.slice(start))?.[0] ?? '';
      return { start, end: start, text: `${indentation}${comment}${lines.separator}` };
    }
  }
  const head = headLength(text, language);
  const missing = head > 0 && !/[\r\n]$/.test(text.slice(0, head)) ? lines.separator : '';
  const line = `${open} lossfloor: ignore-file[${finding.rule}]${lines.separator}`;
  return { start: head, end: head, text: missing + line };
}

/** What has to stay at the head of a text: a mark, `#!`, the encoding, the magic of a notebook's cell. */
function headLength(text: string, language: Language): number {
  const lines =
    language === 'python'
      ? /^\uFEFF?(?:(?:#!|%%)[^\r\n]*(?:\r\n|\n|\r|$))?(?:[ \t\f]*#.*?coding[:=][^\r\n]*(?:\r\n|\n|\r|$))?/
      : /^\uFEFF?(?:#![^\r\n]*(?:\r\n|\n|\r|$))?/;
  return lines.exec(text)?.[0].length ?? 0;
}

/**
 * The lines on which a comment speaks of a finding, those first on which one would be written: the lines of what is
 * found, and the first and the last of the statement around it.
 */
function linesOf({ range, statement }: Pick<Finding, 'range' | 'statement'>, lines: Lines): number[] {
  const found = new Set<number>();
  const last = lines.at(Math.max(range.start, range.end - 1));
  for (let line = lines.at(range.start); line <= last; line++) found.add(line);
  found.add(lines.at(statement.start));
  found.add(lines.at(Math.max(statement.start, statement.end - 1)));
  return [...found];
}

/** Whether a comment can follow at the end of the line. */
function takesComment(text: string, lines: Lines, tree: Tree, line: number): boolean {
  const end = lines.endOf(line);
  let inside: { readonly name: string; readonly start: number; readonly end: number } | undefined;
  tree.iterate({
    from: end,
    to: end,
    enter: ({ name, from, to }) => {
      if (/String$|^JSXText$|Comment$|^RegExp$/.test(name) && from <= end && to >= end) {
        if (name !== 'ContinuedString') inside = { name, start: from, end: to };
      }
    },
  });
  if (inside && (inside.end > end || /^JSXText$/.test(inside.name))) return false;
  if (inside?.name === 'Comment' || inside?.name === 'LineComment') return true;
  return text.charAt(end - 1) !== '\\';
}

function directivesOf(text: string, lines: Lines, comments: readonly Comment[]): Directive[] {
  const alone = new Map(comments.filter((comment) => comment.alone).map((comment) => [comment.firstLine, comment]));
  return comments.flatMap((comment): Directive[] =>
    [...text.slice(comment.start, comment.end).matchAll(directives)].flatMap((match): Directive[] => {
      const [whole, file, bracket, list] = match;
      const ofFile = file !== undefined;
      if (ofFile && !comment.alone) return [];
      const place = comment.start + match.index;
      return [
        {
          ofFile,
          rules: list === undefined ? undefined : new Set(namesIn(list)),
          listEnd: bracket === undefined ? place + whole.length : place + whole.length - 1 - trailingSpace(list ?? ''),
          lines: ofFile ? [] : linesMeant(comment, alone, lines),
        },
      ];
    }),
  );
}

const trailingSpace = (list: string): number => list.length - list.trimEnd().length;

function namesIn(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}

/** A comment alone on its lines speaks of what comes below it and below further comments. */
function linesMeant(comment: Comment, alone: ReadonlyMap<number, Comment>, lines: Lines): number[] {
  if (!comment.alone) return [comment.firstLine, comment.lastLine];
  let line = comment.lastLine + 1;
  for (let next = alone.get(line); next && line < lines.count; next = alone.get(line)) line = next.lastLine + 1;
  return [line];
}

function commentsOf(text: string, lines: Lines, tree: Tree): Comment[] {
  const comments: Comment[] = [];
  tree.iterate({
    enter: ({ name, from, to }) => {
      if (!/^(?:Line|Block)?Comment$/.test(name)) return;
      const [firstLine, lastLine] = [lines.at(from), lines.at(Math.max(from, to - 1))];
      const before = text.slice(lines.startOf(firstLine), from);
      const behind = text.slice(to, lines.endOf(lastLine));
      comments.push({
        start: from,
        end: to,
        firstLine,
        lastLine,
        // In elements of JSX a comment stands in braces.
        alone: /^[\s\uFEFF]*\{?\s*$/.test(before) && /^\s*\}?\s*$/.test(behind),
      });
    },
  });
  return comments;
}
