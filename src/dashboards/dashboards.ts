import * as vscode from 'vscode';
import {
  defaults,
  parseLossConfig,
  variantById,
  zeroErrorRadiusVariants,
  type BackendChoice,
  type ConfigProblem,
  type LossConfig,
} from '../config';
import type { WorkerClient } from '../engine';
import { lossById, losses, type LossEntry } from '../losses';
import type {
  CurveMessage,
  FloorSettings,
  FloorStateMessage,
  KeptState,
  PanelOrigin,
  ZerCurveMessage,
  ZerSettings,
  ZerStateMessage,
} from '../protocol';
import { findingsIn, type Finding } from '../rules';
import { findingLosses } from './findingEntry';
import { floorRun, zerRun } from './measurer';
import { DashboardPanel } from './panel';
import { catalogueItems, EntrySource, floorSettingsOf, variantItems, zerSettingsOf } from './settings';

/** The panels' types: the manifest's activation events and the serializers have to name the same. */
export const viewTypes = { floor: 'lossfloor.floor', zer: 'lossfloor.zer' } as const;
type PanelKind = keyof typeof viewTypes;

/** Pause after a keystroke in a configuration before its dashboard follows, in milliseconds. */
const settle = 250;

/** What a panel is about: where it comes from, what it begins with. */
interface Subject {
  readonly origin: PanelOrigin;
  /** Of the page. */
  readonly title: string;
  /** Of the tab. */
  readonly name: string;
  readonly source: string;
  readonly entries: EntrySource;
  readonly backend: BackendChoice;
  readonly floor: FloorSettings;
  readonly zer: ZerSettings;
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
    private readonly worker: WorkerClient,
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

  /** The dashboard of the code at a place where a rule found something. */
  showPlace(document: vscode.TextDocument, rule: string, offset: number): void {
    const finding = nearestFinding(document, rule, offset);
    if (finding) this.show('floor', subjectOfFinding(document, finding));
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
    const opened = kind === 'floor' ? this.floorPanel(panel, subject) : this.zerPanel(panel, subject);
    this.open.set(key, opened);
    panel.onDidDispose(() => {
      if (this.open.get(key) === opened) this.open.delete(key);
    });
  }

  private floorPanel(vscodePanel: vscode.WebviewPanel, first: Subject): OpenPanel {
    let subject = first;
    let settings = first.floor;
    const panel = new DashboardPanel<FloorStateMessage, CurveMessage, FloorSettings>(
      vscodePanel,
      'floor',
      this.extensionUri,
      settings,
      {
        state: () => ({
          type: 'floor',
          title: subject.title,
          source: subject.source,
          origin: subject.origin,
          settings,
          catalogue: catalogueItems(subject.entries.all),
        }),
        prepare: (given) => floorRun(given, this.measurerFor(subject)),
      },
      this.log,
      (changed) => (settings = changed),
    );
    return {
      vscodePanel,
      follow: (next) => {
        [subject, settings] = [next, next.floor];
        panel.show(settings);
      },
      fail: (message) => panel.fail(message),
      dispose: () => panel.dispose(),
    };
  }

  private zerPanel(vscodePanel: vscode.WebviewPanel, first: Subject): OpenPanel {
    let subject = first;
    let settings = first.zer;
    const panel = new DashboardPanel<ZerStateMessage, ZerCurveMessage, ZerSettings>(
      vscodePanel,
      'zer',
      this.extensionUri,
      settings,
      {
        state: () => ({
          type: 'zer',
          title: subject.title,
          source: subject.source,
          origin: subject.origin,
          settings,
          variants: variantItems(),
        }),
        prepare: (given) => zerRun(given, this.measurerFor(subject)),
      },
      this.log,
      (changed) => (settings = changed),
    );
    return {
      vscodePanel,
      follow: (next) => {
        [subject, settings] = [next, next.zer];
        panel.show(settings);
      },
      fail: (message) => panel.fail(message),
      dispose: () => panel.dispose(),
    };
  }

  private measurerFor(subject: Subject): Parameters<typeof floorRun>[1] {
    const { entries, backend } = subject;
    return { worker: this.worker, entries, backend, trusted: vscode.workspace.isTrusted };
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
      const subject = await subjectOfState(kind, state);
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

export function isLossConfig(document: vscode.TextDocument): boolean {
  return document.uri.path.endsWith('.loss.json');
}

function nameOf(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}

function describe(document: vscode.TextDocument, problem: ConfigProblem | undefined): string {
  const { line, character } = document.positionAt(problem?.offset ?? 0);
  return `${nameOf(document.uri)}:${String(line + 1)}:${String(character + 1)}: ${problem?.message ?? ''}`;
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

function subjectOfConfig(config: LossConfig, uri: vscode.Uri): Subject {
  const variantLosses = config.zeroErrorRadius.variants.map((entry, i) => ({
    key: String(i),
    entry,
    label: entry.label,
    constants: { radius: config.zeroErrorRadius.radius },
  }));
  return {
    origin: { kind: 'config', uri: uri.toString() },
    title: config.title,
    name: nameOf(uri).replace(/\.loss\.json$/, ''),
    source: nameOf(uri),
    entries: new EntrySource(),
    backend: config.backend,
    floor: floorSettingsOf({ ...config, losses: config.losses.length > 0 ? config.losses : variantLosses }),
    zer: zerSettingsOf(config),
  };
}

function subjectOfEntries(entries: readonly LossEntry[]): Subject {
  const [first] = entries;
  const name = entries.length === 1 && first ? first.label : vscode.l10n.t('Catalogue');
  const chosen = entries.map((entry, i) => ({ key: String(i), entry, label: entry.label, constants: {} }));
  const formats = first?.formats?.slice(0, 1) ?? defaults.formats;
  const { targets, sweep } = defaults;
  const variants = entries.filter((entry) => entry.family === 'zer');
  return {
    origin: { kind: 'catalogue' },
    title: name,
    name,
    source: '',
    entries: new EntrySource(),
    backend: defaults.backend,
    floor: floorSettingsOf({ losses: chosen, formats, targets, sweep }),
    zer: zerSettingsOf({
      zeroErrorRadius: {
        variants: variants.length > 0 ? variants : defaults.variants.map(variantById),
        radius: defaults.radius,
      },
      formats,
    }),
  };
}

/** Formats that a finding's dashboard shows: the one that most train in, and those that fail first. */
const findingFormats = ['float32', 'bfloat16', 'float16'] as const;

function subjectOfFinding(document: vscode.TextDocument, finding: Finding): Subject {
  const { line } = document.positionAt(finding.range.start);
  const name = `${nameOf(document.uri)}:${String(line + 1)}`;
  const { shown, own, targets } = findingLosses(finding, name);
  const catalogue = subjectOfEntries(shown);
  return {
    ...catalogue,
    origin: { kind: 'finding', uri: document.uri.toString(), rule: finding.rule, offset: finding.range.start },
    title: `${finding.title}, ${name}`,
    name,
    source: name,
    entries: new EntrySource(own),
    floor: {
      ...catalogue.floor,
      formats: findingFormats.slice(0, 1),
      targets,
      sweep: { from: -100, to: 110, points: 841 },
    },
  };
}

/** @throws Error where what the state names is gone */
async function subjectOfState(kind: PanelKind, state: unknown): Promise<Subject> {
  const { origin, settings } = (state ?? {}) as Partial<KeptState<FloorSettings | ZerSettings>>;
  if (!origin || !settings) throw new Error('its state was not kept');
  // A configuration may have changed since: the file is the truth. Of the rest, the settings are all there is.
  if (origin.kind === 'config') return subjectOfConfigFile(origin.uri);
  const subject =
    origin.kind === 'finding'
      ? await subjectOfPlace(origin)
      : subjectOfEntries(
          'losses' in settings ? settings.losses.map(({ id }) => lossById(id)) : settings.variants.map(variantById),
        );
  return kind === 'floor'
    ? { ...subject, floor: settings as FloorSettings }
    : { ...subject, zer: settings as ZerSettings };
}

async function subjectOfConfigFile(uri: string): Promise<Subject> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  const { config, problems } = parseLossConfig(document.getText(), nameOf(document.uri));
  if (!config) throw new Error(describe(document, problems[0]));
  return subjectOfConfig(config, document.uri);
}

async function subjectOfPlace({ uri, rule, offset }: Extract<PanelOrigin, { kind: 'finding' }>): Promise<Subject> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  const nearest = nearestFinding(document, rule, offset);
  if (!nearest) throw new Error(`${nameOf(document.uri)} has no such code any more`);
  return subjectOfFinding(document, nearest);
}

/** The code may have moved since its place was noted. */
function nearestFinding(document: vscode.TextDocument, rule: string, offset: number): Finding | undefined {
  return findingsIn(document.getText())
    .filter((finding) => finding.rule === rule)
    .sort((a, b) => Math.abs(a.range.start - offset) - Math.abs(b.range.start - offset))[0];
}

async function pickLoss(): Promise<LossEntry[] | undefined> {
  const picked = await vscode.window.showQuickPick(itemsOf(losses), {
    title: vscode.l10n.t('Show Precision Floor'),
    placeHolder: vscode.l10n.t('Choose a loss; others can be added in the dashboard'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.entries;
}

async function pickVariants(): Promise<LossEntry[] | undefined> {
  const all = defaults.variants.map(variantById);
  const picked = await vscode.window.showQuickPick(
    [
      {
        label: vscode.l10n.t('Compare v1 to v4'),
        description: all.map((entry) => entry.id).join(', '),
        entries: all,
      },
      ...itemsOf(zeroErrorRadiusVariants()),
    ],
    { title: vscode.l10n.t('Show Zero Error Radius Effects'), placeHolder: vscode.l10n.t('Choose a variant') },
  );
  return picked?.entries;
}

type EntryItem = vscode.QuickPickItem & { readonly entries: LossEntry[] };

function itemsOf(entries: readonly LossEntry[]): EntryItem[] {
  const frameworks = [...new Set(entries.map((entry) => entry.framework))];
  return frameworks.flatMap((framework) => [
    { label: framework, kind: vscode.QuickPickItemKind.Separator, entries: [] },
    ...entries
      .filter((entry) => entry.framework === framework)
      .map((entry) => ({ label: entry.label, description: entry.id, detail: entry.formula, entries: [entry] })),
  ]);
}
