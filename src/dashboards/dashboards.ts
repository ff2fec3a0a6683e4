import * as vscode from 'vscode';
import { parseLossConfig, type BackendChoice } from '../config';
import type { Backends } from '../engine';
import type {
  CurveMessage,
  FloorSettings,
  FloorStateMessage,
  PanelOrigin,
  ZerCurveMessage,
  ZerSettings,
  ZerStateMessage,
} from '../protocol';
import type { PageName } from './html';
import { floorRun, zerRun, type Measurer, type Run } from './measurer';
import { DashboardPanel } from './panel';
import { pickLoss, pickVariants } from './picks';
import { catalogueItems, variantItems } from './settings';
import {
  describe,
  isLossConfig,
  nameOf,
  nearestFinding,
  subjectOfConfig,
  subjectOfEntries,
  subjectOfFinding,
  subjectOfState,
  type FindingsOf,
  type Subject,
} from './subjects';

/** The panels' types: the manifest's activation events and the serializers have to name the same. */
export const viewTypes = { floor: 'lossfloor.floor', zer: 'lossfloor.zer' } as const;
type PanelKind = keyof typeof viewTypes;

/** Pause after a keystroke in a configuration before its dashboard follows, in milliseconds. */
const settle = 250;

/** What the two kinds of dashboard differ in. */
interface DashboardKind<State, Result extends { readonly generation: number }, Settings> {
  readonly page: PageName;
  settingsOf(subject: Subject): Settings;
  state(subject: Subject, settings: Settings): State;
  run(settings: Settings, measurer: Measurer): Run<Result>;
}

const floorKind: DashboardKind<FloorStateMessage, CurveMessage, FloorSettings> = {
  page: 'floor',
  settingsOf: (subject) => subject.floor,
  state: ({ title, source, origin, entries }, settings) => ({
    type: 'floor',
    title,
    source,
    origin,
    settings,
    catalogue: catalogueItems(entries.all),
  }),
  run: floorRun,
};

const zerKind: DashboardKind<ZerStateMessage, ZerCurveMessage, ZerSettings> = {
  page: 'zer',
  settingsOf: (subject) => subject.zer,
  state: ({ title, source, origin }, settings) => ({
    type: 'zer',
    title,
    source,
    origin,
    settings,
    variants: variantItems(),
  }),
  run: zerRun,
};

/** What computes for dashboards. */
export interface Computing {
  readonly backends: Backends;
  /** What the user wants to compute where a configuration leaves it open. */
  readonly preferred: () => BackendChoice;
}

interface OpenPanel {
  readonly vscodePanel: vscode.WebviewPanel;
  follow(subject: Subject): void;
  fail(message: string): void;
  dispose(): void;
}

/** Opens dashboards, one for each thing they can be about, keeps them true to their files and restores them. */
export class Dashboards implements vscode.Disposable {
  private readonly open = new Map<string, OpenPanel>();
  private readonly disposables: vscode.Disposable[] = [];
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly computing: Computing,
    private readonly findingsOf: FindingsOf,
    private readonly log: vscode.LogOutputChannel,
  ) {
    for (const kind of ['floor', 'zer'] as const) {
      this.disposables.push(
        vscode.window.registerWebviewPanelSerializer(viewTypes[kind], {
          deserializeWebviewPanel: (panel, state: unknown) => this.restore(kind, panel, state),
        }),
      );
    }
    this.disposables.push(vscode.workspace.onDidChangeTextDocument(({ document }) => this.followSoon(document)));
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const panel of this.open.values()) panel.dispose();
    for (const disposable of this.disposables) disposable.dispose();
  }

  /** The palette's commands: the configuration that is being edited, else one of the catalogue. */
  async showFromEditor(kind: PanelKind): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    if (document && isLossConfig(document)) {
      await this.showConfig(kind, document);
      return;
    }
    const picked = kind === 'floor' ? await pickLoss() : await pickVariants();
    if (picked) this.show(kind, subjectOfEntries(picked));
  }

  /** A configuration file's dashboard; if the file is not valid, an error that leads to the place. */
  async showConfig(kind: PanelKind, document: vscode.TextDocument): Promise<void> {
    const { config, problems } = parseLossConfig(document.getText(), nameOf(document.uri));
    if (config) {
      this.show(kind, subjectOfConfig(config, document.uri));
      return;
    }
    const [problem] = problems;
    const goThere = vscode.l10n.t('Go to Error');
    const choice = await vscode.window.showErrorMessage(describe(document, problem), goThere);
    if (choice === goThere) {
      const range = new vscode.Range(
        document.positionAt(problem?.offset ?? 0),
        document.positionAt((problem?.offset ?? 0) + (problem?.length ?? 0)),
      );
      await vscode.window.showTextDocument(document, { selection: range });
    }
  }

  /** The dashboard of the code at a place where a rule found something. @returns whether there is one */
  async showPlace(document: vscode.TextDocument, rule: string, offset: number): Promise<boolean> {
    const finding = nearestFinding(await this.findingsOf(document), rule, offset);
    if (finding) this.show('floor', subjectOfFinding(document, finding));
    return finding !== undefined;
  }

  private show(kind: PanelKind, subject: Subject): void {
    const existing = this.open.get(keyOf(kind, subject.origin, subject.title));
    if (existing) {
      existing.vscodePanel.reveal(undefined, false);
      existing.follow(subject);
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      viewTypes[kind],
      panelTitle(kind, subject.name),
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false },
      {},
    );
    this.attach(kind, panel, subject);
  }

  private attach(kind: PanelKind, panel: vscode.WebviewPanel, subject: Subject): void {
    const key = keyOf(kind, subject.origin, subject.title);
    panel.iconPath = {
      light: vscode.Uri.joinPath(this.extensionUri, 'media', `${kind}-light.svg`),
      dark: vscode.Uri.joinPath(this.extensionUri, 'media', `${kind}-dark.svg`),
    };
    const opened =
      kind === 'floor' ? this.openPanel(floorKind, panel, subject) : this.openPanel(zerKind, panel, subject);
    this.open.set(key, opened);
    panel.onDidDispose(() => {
      if (this.open.get(key) === opened) this.open.delete(key);
    });
  }

  private openPanel<State, Result extends { readonly generation: number }, Settings>(
    kind: DashboardKind<State, Result, Settings>,
    vscodePanel: vscode.WebviewPanel,
    first: Subject,
  ): OpenPanel {
    let subject = first;
    let settings = kind.settingsOf(first);
    const panel = new DashboardPanel<State, Result, Settings>(
      vscodePanel,
      kind.page,
      this.extensionUri,
      settings,
      {
        state: () => kind.state(subject, settings),
        prepare: (given) => kind.run(given, this.measurerFor(subject)),
      },
      this.log,
      (changed) => (settings = changed),
    );
    return {
      vscodePanel,
      follow: (next) => {
        [subject, settings] = [next, kind.settingsOf(next)];
        panel.show(settings);
      },
      fail: (message) => panel.fail(message),
      dispose: () => panel.dispose(),
    };
  }

  private measurerFor(subject: Subject): Measurer {
    const { entries, backend } = subject;
    const { backends, preferred } = this.computing;
    // What a configuration leaves open is the user's to say.
    return { backends, entries, backend: backend === 'auto' ? preferred() : backend };
  }

  private followSoon(document: vscode.TextDocument): void {
    if (!isLossConfig(document)) return;
    const uri = document.uri.toString();
    clearTimeout(this.timers.get(uri));
    this.timers.set(
      uri,
      setTimeout(() => {
        this.timers.delete(uri);
        const { config, problems } = parseLossConfig(document.getText(), nameOf(document.uri));
        for (const kind of ['floor', 'zer'] as const) {
          const panel = this.open.get(keyOf(kind, { kind: 'config', uri }, ''));
          if (config) panel?.follow(subjectOfConfig(config, document.uri));
          else panel?.fail(describe(document, problems[0]));
        }
      }, settle),
    );
  }

  private async restore(kind: PanelKind, panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    try {
      const subject = await subjectOfState(kind, state, this.findingsOf);
      panel.title = panelTitle(kind, subject.name);
      this.attach(kind, panel, subject);
    } catch (error) {
      this.log.warn(`a dashboard could not be restored: ${(error as Error).message}`);
      panel.dispose();
    }
  }
}

function panelTitle(kind: PanelKind, name: string): string {
  return kind === 'floor' ? vscode.l10n.t('Precision Floor: {0}', name) : vscode.l10n.t('Zero Error Radius: {0}', name);
}

/** One panel for a configuration or a place in the code; of the catalogue, one for what it began with. */
function keyOf(kind: PanelKind, origin: PanelOrigin, title: string): string {
  switch (origin.kind) {
    case 'catalogue':
      return `${kind} catalogue ${title}`;
    case 'config':
      return `${kind} ${origin.uri}`;
    case 'finding':
      return `${kind} ${origin.uri} ${origin.rule} ${String(origin.offset)}`;
  }
}
