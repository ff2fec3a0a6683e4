import ignore, { type Ignore } from 'ignore';
import * as vscode from 'vscode';
import { scannedFiles } from './languages';

/** Folders that hold other people's code or none; what begins with a dot likewise. */
const skippedFolders: ReadonlySet<string> = new Set(['venv', 'env', 'node_modules', '__pycache__', 'site-packages']);

/** A folder's own .gitignore. */
interface Layer {
  readonly folder: string;
  readonly matcher: Ignore;
}

interface Folder {
  readonly ignored: boolean;
  /** From the top down to its own. */
  readonly layers: readonly Layer[];
}

/** Which files of the workspace a scan looks at. What git ignores is left out, as far as VS Code lets one see it. */
export class FilesToScan {
  private readonly folders = new Map<string, Promise<Folder>>();

  /** The files of all folders that are neither hidden in the explorer nor left out of searches. */
  async find(token: vscode.CancellationToken): Promise<vscode.Uri[]> {
    const perFolder = await Promise.all(
      (vscode.workspace.workspaceFolders ?? []).map(async (folder) => {
        const exclude = new vscode.RelativePattern(folder, excludedGlob(folder.uri));
        const find = (glob: string): Thenable<vscode.Uri[]> =>
          vscode.workspace.findFiles(new vscode.RelativePattern(folder, glob), exclude, undefined, token);
        const [files, environments] = await Promise.all([find(scannedFiles), find('**/pyvenv.cfg')]);
        // Whatever its name: Python writes this file into each virtual environment.
        const roots = environments.map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1));
        return files.filter(
          ({ path }) =>
            !roots.some((root) => path.startsWith(root)) &&
            !/\.min\.[cm]?js$/i.test(path) &&
            !path
              .slice(folder.uri.path.length)
              .split('/')
              .slice(0, -1)
              .some((name) => name.startsWith('.') || skippedFolders.has(name)),
        );
      }),
    );
    const byKey = new Map(perFolder.flat().map((uri) => [uri.toString(), uri]));
    return [...byKey.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Whether a .gitignore between the file and the folder of the workspace says so. */
  async ignores(uri: vscode.Uri): Promise<boolean> {
    const root = vscode.workspace.getWorkspaceFolder(uri)?.uri;
    if (!root) return false;
    const { ignored, layers } = await this.folder(vscode.Uri.joinPath(uri, '..'), root);
    return ignored || isIgnored(layers, uri.path);
  }

  private folder(uri: vscode.Uri, root: vscode.Uri): Promise<Folder> {
    const known = this.folders.get(uri.path);
    if (known) return known;
    const reading = this.read(uri, root);
    this.folders.set(uri.path, reading);
    return reading;
  }

  private async read(uri: vscode.Uri, root: vscode.Uri): Promise<Folder> {
    const above: Folder =
      uri.path.length > root.path.length
        ? await this.folder(vscode.Uri.joinPath(uri, '..'), root)
        : { ignored: false, layers: [] };
    // What is in an ignored folder can't be taken in again.
    if (above.ignored || isIgnored(above.layers, `${uri.path}/`)) return { ignored: true, layers: [] };
    let patterns = '';
    try {
      patterns = new TextDecoder().decode(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(uri, '.gitignore')));
    } catch {
      // Most folders have none.
    }
    if (patterns.trim() === '') return above;
    return { ignored: false, layers: [...above.layers, { folder: uri.path, matcher: ignore().add(patterns) }] };
  }
}

/** The last that has a say decides. */
function isIgnored(layers: readonly Layer[], path: string): boolean {
  for (const { folder, matcher } of [...layers].reverse()) {
    const relative = path.slice(folder.length).replace(/^\/+/, '');
    if (relative === '') continue;
    const { ignored, unignored } = matcher.test(relative);
    if (ignored || unignored) return ignored;
  }
  return false;
}

function excludedGlob(folder: vscode.Uri): string {
  const patterns = ['files', 'search'].flatMap((section) => {
    const exclude = vscode.workspace.getConfiguration(section, folder).get<Record<string, unknown>>('exclude');
    return Object.entries(exclude ?? {}).flatMap(([pattern, on]) => (on === true ? [pattern] : []));
  });
  // For the search itself, which else would go through them.
  const own = ['node_modules', 'site-packages', '.venv', '.git'].map((name) => `**/${name}/**`);
  return `{${[...new Set([...patterns, ...own])].join(',')}}`;
}
