import ignore from 'ignore';
import * as vscode from 'vscode';
import { formatNames, type FormatName } from '../numeric';
import type { ProjectFile } from '../config';
import type { FinderClient } from '../engine';
import type { FinderSettings, KerasBackend, SeveritySetting } from '../rules';

const projectFileName = 'pyproject.toml';

/**
 * How to look at the code of a file. What a folder or a workspace sets for itself counts first, then the nearest
 * pyproject.toml with a table of ours, then the user's own settings: who decides for a project decides more than who
 * decides for all of theirs.
 */
export class FinderSettingsSource implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly problems = vscode.languages.createDiagnosticCollection('lossfloor-project');
  private readonly disposables: vscode.Disposable[] = [this.changed, this.problems];
  /** By folder of the workspace. */
  private readonly configured = new Map<string, Levels>();
  /** By folder. */
  private readonly files = new Map<string, Promise<ProjectFile | undefined>>();

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly finder: FinderClient,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const watcher = vscode.workspace.createFileSystemWatcher(`**/${projectFileName}`);
    const forget = (uri: vscode.Uri): void => {
      if (!isOpen(uri)) this.problems.delete(uri);
      this.files.delete(folderOf(uri).toString());
      this.changed.fire();
    };
    const check = (document: vscode.TextDocument): void => {
      if (isProjectFile(document.uri)) void this.check(document);
    };
    this.disposables.push(
      watcher,
      watcher.onDidChange(forget),
      watcher.onDidCreate(forget),
      watcher.onDidDelete(forget),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!keys.some((key) => event.affectsConfiguration(`lossfloor.${key}`))) return;
        this.configured.clear();
        this.changed.fire();
      }),
      vscode.workspace.onDidOpenTextDocument(check),
      vscode.workspace.onDidChangeTextDocument(({ document }) => check(document)),
    );
    for (const document of vscode.workspace.textDocuments) check(document);
  }

  async of(uri: vscode.Uri): Promise<FinderSettings> {
    const file = (await this.project(uri))?.file.settings;
    const { user, project } = this.levels(uri);
    const backend = project.kerasBackend ?? file?.kerasBackend ?? user.kerasBackend;
    const format = project.format ?? file?.format ?? user.format;
    return {
      severities: { ...user.rules?.severity, ...file?.severities, ...project.rules?.severity },
      ...(backend === undefined || backend === 'auto' ? {} : { kerasBackend: backend }),
      // It comes from a file that anybody may have written.
      ...(formatNames.some((name) => name === format) ? { format: format as FormatName } : {}),
    };
  }

  /** What the settings of VS Code say. To ask for them is not cheap, so what they say is kept until they change. */
  private levels(uri: vscode.Uri): Levels {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    const key = folder?.uri.toString() ?? '';
    const known = this.configured.get(key);
    if (known) return known;
    const inspected = vscode.workspace.getConfiguration(undefined, folder?.uri ?? uri).inspect<Section>('lossfloor');
    const [ofWorkspace, ofFolder] = [inspected?.workspaceValue, inspected?.workspaceFolderValue];
    const levels: Levels = {
      user: inspected?.globalValue ?? {},
      project: {
        ...ofWorkspace,
        ...ofFolder,
        rules: { severity: { ...ofWorkspace?.rules?.severity, ...ofFolder?.rules?.severity } },
      },
    };
    this.configured.set(key, levels);
    return levels;
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** Whether the project that the file belongs to leaves it out of scans. */
  async excludes(uri: vscode.Uri): Promise<boolean> {
    const project = await this.project(uri);
    if (!project || project.file.exclude.length === 0) return false;
    // As the command line has it.
    const matcher = ignore({ allowRelativePaths: true }).add([...project.file.exclude]);
    return matcher.ignores(uri.path.slice(project.folder.path.length).replace(/^\/+/, ''));
  }

  /** The nearest project that has anything for us, from the folder of `uri` up to that of the workspace. */
  private async project(uri: vscode.Uri): Promise<{ folder: vscode.Uri; file: ProjectFile } | undefined> {
    const [first] = vscode.workspace.workspaceFolders ?? [];
    const root = vscode.workspace.getWorkspaceFolder(uri)?.uri ?? (uri.scheme === 'untitled' ? first?.uri : undefined);
    if (!root) return undefined;
    let folder = uri.scheme === 'untitled' ? root : folderOf(uri);
    while (folder.path.length >= root.path.length) {
      const file = await this.read(folder);
      // As the command line has it: one that has nothing to say but a problem counts, too.
      if (file && (file.settings !== undefined || file.problems.length > 0)) return { folder, file };
      const parent = folderOf(folder);
      if (parent.path === folder.path) break;
      folder = parent;
    }
    return undefined;
  }

  private read(folder: vscode.Uri): Promise<ProjectFile | undefined> {
    const key = folder.toString();
    const known = this.files.get(key);
    if (known) return known;
    const reading = this.readFile(vscode.Uri.joinPath(folder, projectFileName));
    this.files.set(key, reading);
    return reading;
  }

  private async readFile(uri: vscode.Uri): Promise<ProjectFile | undefined> {
    let bytes;
    try {
      bytes = await vscode.workspace.fs.readFile(uri);
    } catch {
      return undefined;
    }
    const text = new TextDecoder().decode(bytes);
    const file = await this.parse(text);
    if (file && !isOpen(uri)) this.show(uri, text, file.problems);
    this.log.debug(`${uri.toString()}: ${JSON.stringify(file?.settings)}`);
    return file;
  }

  /** Of a document that is open, as it is now. */
  private async check(document: vscode.TextDocument): Promise<void> {
    const { uri, version } = document;
    const text = document.getText();
    const file = await this.parse(text);
    if (document.version === version && !document.isClosed) this.show(uri, text, file?.problems ?? []);
  }

  /** Undefined where it has nothing for us, and for what can't be read at all. */
  private async parse(text: string): Promise<ProjectFile | undefined> {
    if (!text.includes('lossfloor')) return undefined;
    try {
      return await this.finder.project(text);
    } catch (error) {
      this.log.warn(`${projectFileName} was not read: ${(error as Error).message}`);
      return undefined;
    }
  }

  private show(uri: vscode.Uri, text: string, problems: ProjectFile['problems']): void {
    const positionAt = (offset: number): vscode.Position => {
      const before = text.slice(0, offset).split(/\r\n|\n|\r/);
      return new vscode.Position(before.length - 1, before.at(-1)?.length ?? 0);
    };
    this.problems.set(
      uri,
      problems.map(({ message, start, end }) => {
        const range = new vscode.Range(positionAt(start), positionAt(end));
        const diagnostic = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Warning);
        diagnostic.source = 'lossfloor';
        return diagnostic;
      }),
    );
  }
}

/** Our settings as VS Code nests them, at one of its levels. */
interface Section {
  readonly rules?: { readonly severity?: Readonly<Record<string, SeveritySetting>> };
  readonly kerasBackend?: KerasBackend | 'auto';
  readonly format?: FormatName | 'auto';
}

interface Levels {
  readonly user: Section;
  /** Of the workspace and, counting more, of the folder. */
  readonly project: Section;
}

const keys = ['rules', 'kerasBackend', 'format'] as const;

function folderOf(uri: vscode.Uri): vscode.Uri {
  return vscode.Uri.joinPath(uri, '..');
}

function isProjectFile(uri: vscode.Uri): boolean {
  return uri.path.endsWith(`/${projectFileName}`);
}

function isOpen(uri: vscode.Uri): boolean {
  return vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
}
