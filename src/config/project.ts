import ignore from 'ignore';
import { parse, TomlError } from 'smol-toml';
import { editDistance } from '../losses/catalogue';
import { formatNames, type FormatName } from '../numeric';
import { rules, type FinderSettings, type KerasBackend, type SeveritySetting } from '../rules';

/** The file that holds a project's settings, in its table `[tool.lossfloor]`. */
export const projectFileName = 'pyproject.toml';

/** Something wrong with the project's settings, at its place in the file. */
export interface ProjectProblem {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

/** What a pyproject.toml says. Of what is wrong in it nothing is taken over; the rest counts. */
export interface ProjectFile {
  /** Undefined where it has no table of ours. */
  readonly settings: FinderSettings | undefined;
  /** Globs as in .gitignore, relative to the file's folder. */
  readonly exclude: readonly string[];
  readonly problems: readonly ProjectProblem[];
}

const severities: readonly SeveritySetting[] = ['warning', 'information', 'hint', 'off'];
const kerasBackends: readonly KerasBackend[] = ['tensorflow', 'torch', 'jax'];
const keys = ['severity', 'keras-backend', 'format', 'exclude'] as const;
const table = ['tool', 'lossfloor'];

/** Reads the text of a pyproject.toml. Never throws. */
export function readProjectFile(text: string): ProjectFile {
  const nothing: ProjectFile = { settings: undefined, exclude: [], problems: [] };
  // Whatever is wrong with a file that has nothing for us, is not for us to say.
  if (!text.includes('lossfloor')) return nothing;
  let root: unknown;
  try {
    root = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { ...nothing, problems: [syntaxProblem(text, error)] };
  }
  const ours = table.reduce<unknown>((whole, name) => property(whole, name), root);
  if (ours === undefined) return nothing;
  return new Reader(text).read(ours);
}

function syntaxProblem(text: string, { line, column, message }: TomlError): ProjectProblem {
  const lines = text.split('\n');
  const start = lines.slice(0, line - 1).reduce((length, each) => length + each.length + 1, 0) + column - 1;
  const reason = /^Invalid TOML document: ([^\r\n]*)/.exec(message)?.[1] ?? message;
  return { message: `This is not valid TOML: ${reason}.`, start, end: Math.min(start + 1, text.length) };
}

function property(value: unknown, name: string): unknown {
  return isTable(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

class Reader {
  readonly #text: string;
  readonly #problems: ProjectProblem[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(ours: unknown): ProjectFile {
    if (!isTable(ours)) {
      this.#complain([], 'tool.lossfloor must be a table.');
      return { settings: undefined, exclude: [], problems: this.#problems };
    }
    for (const name of Object.keys(ours)) {
      if (!keys.some((key) => key === name)) {
        this.#complain([name], `There is no setting "${name}"${didYouMean(name, keys)}`);
      }
    }
    const severity = this.#severities(ours['severity']);
    const kerasBackend = this.#oneOf('keras-backend', ours['keras-backend'], kerasBackends);
    const format: FormatName | undefined = this.#oneOf('format', ours['format'], formatNames);
    const exclude = this.#globs(ours['exclude']);
    return {
      settings: {
        ...(severity === undefined ? {} : { severities: severity }),
        ...(kerasBackend === undefined ? {} : { kerasBackend }),
        ...(format === undefined ? {} : { format }),
      },
      exclude,
      problems: this.#problems,
    };
  }

  #severities(value: unknown): Record<string, SeveritySetting> | undefined {
    if (value === undefined) return undefined;
    if (!isTable(value)) {
      this.#complain(['severity'], 'severity must be a table: rule ids with their severities.');
      return undefined;
    }
    const read: Record<string, SeveritySetting> = {};
    const ids = rules.map(({ id }) => id);
    for (const [id, written] of Object.entries(value)) {
      if (!ids.includes(id)) {
        this.#complain(['severity', id], `There is no rule "${id}"${didYouMean(id, ids)}`);
        continue;
      }
      const severity = this.#oneOf(id, written, severities, ['severity', id]);
      if (severity !== undefined) read[id] = severity;
    }
    return read;
  }

  #oneOf<T extends string>(
    name: string,
    value: unknown,
    allowed: readonly T[],
    path: readonly string[] = [name],
  ): T | undefined {
    if (value === undefined) return undefined;
    const found = allowed.find((each) => each === value);
    if (found === undefined) {
      this.#complain(path, `${name} must be one of ${allowed.map((each) => `"${each}"`).join(', ')}.`);
    }
    return found;
  }

  #globs(value: unknown): readonly string[] {
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((glob) => typeof glob === 'string')) return value;
    this.#complain(['exclude'], 'exclude must be an array of strings.');
    return [];
  }

  #complain(path: readonly string[], message: string): void {
    const { start, end } = placeOf(this.#text, path);
    this.#problems.push({ message, start, end });
  }
}

/**
 * Where a key of ours stands in the text. The parser does not say; so each name of the path is looked for as a key, from
 * the one before on. A key that can't be found is at the place of the one it is in.
 */
function placeOf(text: string, path: readonly string[]): { readonly start: number; readonly end: number } {
  // Comments and strings in which such a key might stand are blanked, those that are keys left.
  const code = text.replace(/"""[^]*?"""|'''[^]*?'''|#[^\r\n]*/g, (part) => part.replace(/[^\r\n]/g, ' '));
  let place = { start: 0, end: 0 };
  let from = 0;
  for (const [depth, name] of [...table, ...path].entries()) {
    const written = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const key = new RegExp(`(?<=^|[\\s.{[,])(["']?)${written}\\1(?=\\s*[=.\\]])`, 'gm');
    // A table may be written before another of the same beginning: of `tool` the one that ours follows.
    const behind = depth === 0 ? new RegExp(`${key.source}(?=\\s*\\.\\s*["']?lossfloor)`, 'm') : undefined;
    const rest = code.slice(from);
    const match = (behind ?? key).exec(rest) ?? key.exec(rest);
    if (!match) break;
    place = { start: from + match.index, end: from + match.index + match[0].length };
    from = place.end;
  }
  return place;
}

/** `; did you mean "a" or "b"?`, or the end of the sentence. */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = nearestNames(name, known);
  return nearest.length === 0 ? '.' : `; did you mean ${nearest.map((each) => `"${each}"`).join(' or ')}?`;
}

/** The names that differ least from one that isn't known, the nearest first. */
function nearestNames(name: string, known: readonly string[]): string[] {
  const wanted = name.toLowerCase().replace(/_/g, '-');
  return known
    .map((each) => ({ each, distance: editDistance(wanted, each) }))
    .filter(({ each, distance }) => distance <= Math.max(wanted.length, each.length) / 3)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ each }) => each);
}

/** The project that a file belongs to. */
export interface Project<Folder> extends ProjectFile {
  readonly folder: Folder;
  /** Whether its settings leave out a file or, with a slash at the end, a folder: the path is relative to `folder`. */
  readonly excludes: (path: string) => boolean;
}

/** What finding a project needs to know of folders, whatever they are: paths here, URIs in an editor. */
export interface Folders<Folder> {
  readonly parentOf: (folder: Folder) => Folder | undefined;
  /** The text of the folder's pyproject.toml, if there is one. */
  readonly readProjectFile: (folder: Folder) => Promise<string | undefined>;
}

/**
 * The nearest project from a folder upwards whose pyproject.toml speaks of us, if only to have a problem. Others in
 * between are passed over: a project inside another need not repeat its settings.
 */
export async function findProject<Folder>(
  start: Folder,
  { parentOf, readProjectFile: read }: Folders<Folder>,
): Promise<Project<Folder> | undefined> {
  for (let folder: Folder | undefined = start; folder !== undefined; folder = parentOf(folder)) {
    const text = await read(folder);
    const file = text === undefined ? undefined : readProjectFile(text);
    if (file && (file.settings !== undefined || file.problems.length > 0)) {
      return { ...file, folder, excludes: excluder(file.exclude) };
    }
  }
  return undefined;
}

function excluder(globs: readonly string[]): (path: string) => boolean {
  if (globs.length === 0) return () => false;
  const matcher = ignore({ allowRelativePaths: true }).add([...globs]);
  return (path) => path !== '' && !path.startsWith('..') && matcher.ignores(path);
}
