import * as vscode from 'vscode';
import type { FileFinding } from '../protocol/finder';
import type { Severity } from '../rules';
import { commands, type FoundPlace } from './commands';
import { documentationOf } from './documentation';
import type { FoundFile, FoundFiles } from './foundFiles';
import { escape } from './hovers';
import type { WorkspaceScan } from './workspaceScan';

const viewId = 'lossfloor.findings';
const groupingKey = 'lossfloor.findings.grouping';

/** Pause in which what a scan finds is gathered before the tree is drawn again, in milliseconds. */
const gathering = 100;

type Grouping = 'file' | 'rule';

interface FindingNode {
  readonly kind: 'finding';
  readonly file: FoundFile;
  readonly finding: FileFinding;
  readonly parent: GroupNode;
}

interface GroupNode {
  readonly kind: 'group';
  readonly name: string;
  readonly file?: FoundFile;
  readonly children: FindingNode[];
}

type Node = GroupNode | FindingNode;

const icons: Readonly<Record<Severity, vscode.ThemeIcon>> = {
  warning: new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground')),
  information: new vscode.ThemeIcon('info', new vscode.ThemeColor('editorInfo.foreground')),
  hint: new vscode.ThemeIcon('lightbulb'),
};

/** The view *Findings*: what a scan of the workspace has found, by file or by rule. */
export class FindingsView implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<Node>;
  private readonly disposables: vscode.Disposable[] = [this.changed];
  private grouping: Grouping;
  private redraw: NodeJS.Timeout | undefined;

  constructor(
    private readonly found: FoundFiles,
    private readonly scan: WorkspaceScan,
    private readonly state: vscode.Memento,
  ) {
    this.grouping = state.get<Grouping>(groupingKey, 'file');
    void vscode.commands.executeCommand('setContext', groupingKey, this.grouping);
    this.view = vscode.window.createTreeView<Node>(viewId, {
      showCollapseAll: true,
      treeDataProvider: {
        onDidChangeTreeData: this.changed.event,
        getChildren: (node) => (node?.kind === 'group' ? node.children : node ? [] : this.groups()),
        getParent: (node) => (node.kind === 'finding' ? node.parent : undefined),
        getTreeItem: (node) => (node.kind === 'group' ? this.groupItem(node) : this.findingItem(node)),
      },
    });
    this.disposables.push(
      this.view,
      found.onDidChange(() => this.redrawSoon()),
      scan.onDidProgress((progress) => {
        this.view.message = progress ? vscode.l10n.t('Scanning: {0} of {1} files', progress.done, progress.of) : '';
      }),
      vscode.commands.registerCommand(commands.scanWorkspace, () => this.runScan()),
      vscode.commands.registerCommand(commands.cancelScan, () => scan.cancel()),
      vscode.commands.registerCommand(commands.clearFindings, async () => {
        scan.cancel();
        found.clear();
        await vscode.commands.executeCommand('setContext', 'lossfloor.scanned', false);
      }),
      vscode.commands.registerCommand(commands.groupFindingsByFile, () => this.groupBy('file')),
      vscode.commands.registerCommand(commands.groupFindingsByRule, () => this.groupBy('rule')),
      vscode.commands.registerCommand(commands.openFoundPlace, openFoundPlace),
    );
  }

  dispose(): void {
    clearTimeout(this.redraw);
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** For tests: the tree as it is drawn, line by line. */
  async lines(): Promise<string[]> {
    return Promise.resolve(
      this.groups().flatMap((group) => [
        this.groupItem(group).label as string,
        ...group.children.map((node) => {
          const { label, description } = this.findingItem(node);
          return `  ${label as string} ${String(description)}`;
        }),
      ]),
    );
  }

  /** For tests. */
  get badge(): number | undefined {
    return this.view.badge?.value;
  }

  private async runScan(): Promise<void> {
    await vscode.commands.executeCommand(`${viewId}.focus`);
    await vscode.window.withProgress({ location: { viewId } }, () => this.scan.run());
  }

  private async groupBy(grouping: Grouping): Promise<void> {
    this.grouping = grouping;
    this.changed.fire(undefined);
    await vscode.commands.executeCommand('setContext', groupingKey, grouping);
    await this.state.update(groupingKey, grouping);
  }

  private redrawSoon(): void {
    this.redraw ??= setTimeout(() => {
      this.redraw = undefined;
      const { count } = this.found;
      this.view.badge = count > 0 ? { value: count, tooltip: vscode.l10n.t('{0} findings', count) } : undefined;
      this.changed.fire(undefined);
    }, gathering);
  }

  private groups(): GroupNode[] {
    const groups = new Map<string, GroupNode>();
    for (const file of this.found.all()) {
      for (const finding of file.findings) {
        const name = this.grouping === 'file' ? file.uri.toString() : finding.rule;
        let group = groups.get(name);
        if (!group) {
          group = { kind: 'group', name, children: [], ...(this.grouping === 'file' ? { file } : {}) };
          groups.set(name, group);
        }
        group.children.push({ kind: 'finding', file, finding, parent: group });
      }
    }
    const all = [...groups.values()];
    return this.grouping === 'file' ? all : all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private groupItem({ name, file, children }: GroupNode): vscode.TreeItem {
    const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Expanded);
    item.id = `${this.grouping} ${name}`;
    if (file) {
      item.label = nameOf(file.uri);
      item.resourceUri = file.uri;
      item.iconPath = vscode.ThemeIcon.File;
      item.description = [folderOf(file.uri), String(children.length)].filter((part) => part !== '').join(' · ');
      item.tooltip = file.uri.fsPath;
      item.contextValue = 'file';
    } else {
      item.description = String(children.length);
      item.iconPath = new vscode.ThemeIcon('symbol-ruler');
      item.tooltip = children[0]?.finding.title;
      item.contextValue = 'rule';
    }
    return item;
  }

  private findingItem({ file, finding }: FindingNode): vscode.TreeItem {
    const line = String(finding.start.line + 1);
    const place =
      finding.cell === undefined
        ? vscode.l10n.t('line {0}', line)
        : vscode.l10n.t('cell {0}, line {1}', finding.cell + 1, line);
    // In a narrow view the beginning is what is seen.
    const lens = finding.lens.replace(/^⚠\s*/, '');
    const short = lens.startsWith(`${finding.title}: `) ? lens.slice(finding.title.length + 2) : lens;
    const item = new vscode.TreeItem(this.grouping === 'file' ? finding.title : `${nameOf(file.uri)}, ${place}`);
    item.description = this.grouping === 'file' ? `${place}: ${short}` : short;
    item.iconPath = icons[finding.severity];
    item.contextValue = 'finding';
    const tooltip = new vscode.MarkdownString();
    tooltip.appendMarkdown(escape(finding.message));
    tooltip.appendMarkdown(`\n\n[${finding.rule}](${documentationOf(finding.rule).toString()})`);
    item.tooltip = tooltip;
    item.accessibilityInformation = { label: `${finding.severity}: ${finding.message}, ${nameOf(file.uri)}, ${place}` };
    const argument: FoundPlace = {
      uri: file.uri.toString(),
      start: finding.start,
      end: finding.end,
      ...(finding.cell === undefined ? {} : { cell: finding.cell }),
    };
    item.command = { title: vscode.l10n.t('Go to Finding'), command: commands.openFoundPlace, arguments: [argument] };
    return item;
  }
}

async function openFoundPlace({ uri, cell, start, end }: FoundPlace): Promise<void> {
  let target = vscode.Uri.parse(uri);
  if (cell !== undefined) {
    const notebook = await vscode.workspace.openNotebookDocument(target);
    const index = Math.min(cell, notebook.cellCount - 1);
    await vscode.window.showNotebookDocument(notebook, {
      selections: [new vscode.NotebookRange(index, index + 1)],
      preserveFocus: true,
    });
    target = notebook.cellAt(index).document.uri;
  }
  const selection = new vscode.Range(start.line, start.character, end.line, end.character);
  await vscode.commands.executeCommand('vscode.open', target, { selection } satisfies vscode.TextDocumentShowOptions);
}

function nameOf(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}

/** Within the workspace; empty for a file at its top. */
function folderOf(uri: vscode.Uri): string {
  const relative = vscode.workspace.asRelativePath(uri);
  return relative.includes('/') ? relative.slice(0, relative.lastIndexOf('/')) : '';
}
