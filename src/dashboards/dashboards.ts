import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { defaults, parseLossConfig, type BackendChoice } from '../config';
import { MeasuringMemory, type Backends } from '../engine';
import type {
  BackendName,
  BackendsMessage,
  FloorLook,
  FloorResult,
  FloorSettings,
  FloorStateMessage,
  HiddenIds,
  PanelOrigin,
  SavingMessage,
  ToSamplesView,
  ZerLook,
  ZerResult,
  ZerSettings,
  ZerStateMessage,
} from '../protocol';
import { floorPart, rekeyed, zerPart, type Appearance, type Writable } from './configPart';
import { besideCode, closeUnrestored } from './column';
import { floorRun } from './floorRun';
import { floorIds, zerIds } from './hidden';
import type { Measurer, Run } from './measurer';
import { zerRun } from './zerRun';
import type { ActivePanels } from './active';
import { DashboardPanel } from './panel';
import { isMeasurable, type MeasurableFinding } from './findingEntry';
import { PanelSamples } from './panelSamples';
import { pickLoss, pickVariants, type PickedLoss } from './picks';
import { sampleFiles } from './sampleFiles';
import { reproduction } from './reproduction';
import { copyText, orSay, readConfig, saveConfig, saveExport, type Destination } from './saving';
import { backendItems, catalogueItems, variantItems } from './settings';
import {
  describe,
  isLossConfig,
  nameOf,
  nearestFinding,
  subjectOfConfig,
  subjectOfConfigFile,
  subjectOfEntries,
  subjectOfFinding,
  subjectOfState,
  type FindingsOf,
  type Subject,
} from './subjects';
import type { TrainingPanels } from './trainingPanel';

/** The panels' types: the manifest's activation events and the serializers have to name the same. */
export const viewTypes = { floor: 'lossfloor.floor', zer: 'lossfloor.zer' } as const;
type PanelKind = keyof typeof viewTypes;

/** Pause after a keystroke in a configuration before its dashboard follows, in milliseconds. */
const settle = 250;

interface ChosenBackends {
  readonly chosen: BackendChoice;
  readonly compared: readonly BackendName[];
}

/** What the two kinds of dashboard differ in. */
interface DashboardKind<State, Result extends { readonly generation: number }, Settings, Look> {
  readonly page: PanelKind;
  settingsOf(subject: Subject): Settings;
  /** The settings for what a panel is to show next, given those it has now. */
  settingsAfter(next: Subject, now: Subject, settings: Settings): Settings;
  /** What was chosen to compute, and what only to be compared with. */
  backendsOf(settings: Settings, subject: Subject): ChosenBackends;
  /** What a subject hides of curves of these settings. */
  hiddenIn(subject: Subject, settings: Settings): HiddenIds;
  lookIn(subject: Subject): Look;
  /** What a configuration says of all that is set. @throws LossError for settings that can't be measured */
  written(settings: Settings, appearance: Appearance<Look>, subject: Subject): Writable;
  state(subject: Subject, settings: Settings, appearance: Appearance<Look>): State;
  run(settings: Settings, measurer: Measurer): Run<Result>;
  /** The same run, with what it measures also computed at the user's samples; where they can be given. */
  sampled?(samples: PanelSamples, run: Run<Result>, settings: Settings, measurer: Measurer): Run<Result>;
}

const floorKind: DashboardKind<FloorStateMessage | BackendsMessage, FloorResult, FloorSettings, FloorLook> = {
  page: 'floor',
  settingsOf: (subject) => subject.floor,
  settingsAfter: (next, now, { losses, backend, compare, view, spacing = defaults.plots.axis }) => ({
    ...next.floor,
    losses: rekeyed(next.floor.losses, losses),
    // What was chosen in the panel stays, until the configuration says something else.
    ...(isDeepStrictEqual(next.said.backend, now.said.backend) ? { backend } : {}),
    ...(isDeepStrictEqual(next.said.compare, now.said.compare) ? { compare } : {}),
    ...(isDeepStrictEqual(next.said.view, now.said.view) ? { view } : {}),
    ...(next.said.spacing === now.said.spacing ? { spacing } : {}),
  }),
  backendsOf: ({ backend, compare }) => ({ chosen: backend, compared: compare }),
  hiddenIn: ({ hidden }, settings) => floorIds(hidden.floor, settings),
  lookIn: ({ look }) => look.floor,
  written: (settings, appearance, { entries }) => floorPart(settings, appearance, entries),
  state: ({ title, source, origin, entries }, settings, { hidden, look }) => ({
    type: 'floor',
    title,
    source,
    origin,
    settings,
    hidden,
    look,
    catalogue: catalogueItems(entries.all),
  }),
  run: floorRun,
  sampled: (samples, run, settings, measurer) => samples.follow(run, settings, measurer),
};

const zerKind: DashboardKind<ZerStateMessage, ZerResult, ZerSettings, ZerLook> = {
  page: 'zer',
  settingsOf: (subject) => subject.zer,
  settingsAfter: (next) => next.zer,
  backendsOf: (_, subject) => ({ chosen: subject.backend, compared: [] }),
  hiddenIn: ({ hidden }) => zerIds(hidden.zer),
  lookIn: ({ look }) => look.zer,
  written: (settings, appearance, { backend }) => zerPart(settings, appearance, backend),
  state: ({ title, source, origin }, settings, { hidden, look }) => ({
    type: 'zer',
    title,
    source,
    origin,
    settings,
    hidden,
    look,
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
  /** @param again whether to measure even where nothing is new */
  follow(subject: Subject, again?: boolean): void;
  /** Writes what is set into a configuration; the user is asked which where there is none. */
  save(to: vscode.Uri | undefined): Promise<void>;
  /** Says what is known of the backends. */
  tellBackends(): void;
  fail(message: string): void;
  dispose(): void;
}

/** Opens dashboards, one for each thing they can be about, keeps them true to their files and restores them. */
export class Dashboards implements vscode.Disposable {
  private readonly open = new Map<string, OpenPanel>();
  private readonly disposables: vscode.Disposable[] = [];
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly memory = new MeasuringMemory();

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly computing: Computing,
    private readonly findingsOf: FindingsOf,
    private readonly training: TrainingPanels,
    private readonly active: ActivePanels,
    private readonly log: vscode.LogOutputChannel,
  ) {
    for (const kind of ['floor', 'zer'] as const) {
      this.disposables.push(
        vscode.window.registerWebviewPanelSerializer(viewTypes[kind], {
          deserializeWebviewPanel: (panel, state: unknown) => this.restore(kind, panel, state),
        }),
      );
    }
    const tellBackends = (): void => {
      for (const panel of this.open.values()) panel.tellBackends();
    };
    this.disposables.push(
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.followSoon(document)),
      computing.backends.onChange(tellBackends),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('lossfloor.backend')) tellBackends();
      }),
    );
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const panel of this.open.values()) panel.dispose();
    for (const disposable of this.disposables) disposable.dispose();
  }

  /**
   * The palette's commands: the configuration that is being edited; the code at the cursor, if something was found there;
   * else what the user chooses from what was found in the file, and from the catalogue.
   */
  async showFromEditor(kind: PanelKind): Promise<void> {
    const { activeTextEditor, visibleTextEditors } = vscode.window;
    // Beside a walkthrough or a dashboard, which have the focus then, the code that is shown is what is meant.
    const editor = activeTextEditor ?? (visibleTextEditors.length === 1 ? visibleTextEditors[0] : undefined);
    if (editor && isLossConfig(editor.document)) {
      await this.showConfig(kind, editor.document);
      return;
    }
    if (kind === 'zer') {
      const picked = await pickVariants();
      if (picked) this.show(kind, subjectOfEntries(picked));
      return;
    }
    const document = editor?.document;
    const findings = document ? (await this.findingsOf(document)).filter(isMeasurable) : [];
    const picked = findingAt(editor, findings) ?? (await pickLoss(document, findings));
    if (!picked) return;
    if (!picked.finding) this.show(kind, subjectOfEntries(picked.entries));
    else if (document) this.show(kind, subjectOfFinding(document, picked.finding));
  }

  /** A configuration file's dashboard; if the file is not valid, an error that leads to the place. */
  async showConfig(kind: PanelKind, document: vscode.TextDocument): Promise<void> {
    const config = await readConfig(document);
    if (config) this.show(kind, subjectOfConfig(config, document.uri));
  }

  /** The dashboard of the code at a place where a rule found something. @returns whether there is one */
  async showPlace(document: vscode.TextDocument, rule: string, offset: number): Promise<boolean> {
    const finding = nearestFinding(await this.findingsOf(document), rule, offset);
    if (finding) this.show('floor', subjectOfFinding(document, finding));
    return finding !== undefined;
  }

  /** Writes what the dashboard that was active last has set into a configuration. @param to into which, without asking */
  async saveLatest(to?: vscode.Uri): Promise<void> {
    const uri = to instanceof vscode.Uri ? to : undefined;
    // What was typed into a file a moment ago would be taken back.
    for (const document of vscode.workspace.textDocuments) {
      if (this.timers.has(document.uri.toString())) this.followNow(document);
    }
    if (this.active.latest) await this.active.latest.save(uri);
    else void vscode.window.showInformationMessage(vscode.l10n.t('No dashboard is open that could be saved.'));
  }

  private show(kind: PanelKind, subject: Subject): void {
    const existing = this.open.get(keyOf(kind, subject.origin, subject.title));
    if (existing) {
      existing.vscodePanel.reveal(undefined, false);
      existing.follow(subject, true);
      return;
    }
    void closeUnrestored(viewTypes[kind], panelTitle(kind, subject.name), this.open.values());
    const panel = vscode.window.createWebviewPanel(
      viewTypes[kind],
      panelTitle(kind, subject.name),
      { viewColumn: besideCode(), preserveFocus: false },
      {},
    );
    this.attach(kind, panel, subject);
  }

  private attach(kind: PanelKind, panel: vscode.WebviewPanel, subject: Subject): void {
    panel.iconPath = {
      light: vscode.Uri.joinPath(this.extensionUri, 'media', `${kind}-light.svg`),
      dark: vscode.Uri.joinPath(this.extensionUri, 'media', `${kind}-dark.svg`),
    };
    const opened =
      kind === 'floor' ? this.openPanel(floorKind, panel, subject) : this.openPanel(zerKind, panel, subject);
    this.open.set(keyOf(kind, subject.origin, subject.title), opened);
    this.active.add(panel, opened);
    panel.onDidDispose(() => {
      for (const [key, each] of this.open) if (each === opened) this.open.delete(key);
    });
  }

  /** A panel that has been saved to a configuration is that file's from now on. */
  private async adopt(kind: PanelKind, opened: OpenPanel, uri: vscode.Uri): Promise<void> {
    const subject = await subjectOfConfigFile(uri.toString());
    const key = keyOf(kind, subject.origin, subject.title);
    const other = this.open.get(key);
    if (other === opened) return;
    // There is one panel for a file: the other has nothing to show that this one hasn't.
    other?.vscodePanel.dispose();
    for (const [former, each] of this.open) if (each === opened) this.open.delete(former);
    this.open.set(key, opened);
    opened.vscodePanel.title = panelTitle(kind, subject.name);
    opened.follow(subject);
  }

  private openPanel<State, Result extends { readonly generation: number }, Settings, Look>(
    kind: DashboardKind<State, Result, Settings, Look>,
    vscodePanel: vscode.WebviewPanel,
    first: Subject,
  ): OpenPanel {
    let subject = first;
    let settings = kind.settingsOf(first);
    let hidden = kind.hiddenIn(first, settings);
    let look = kind.lookIn(first);
    let failed = false;
    const { backends } = this.computing;
    const probing = new AbortController();
    // Only where one can be chosen.
    const known = (): BackendsMessage[] =>
      kind.page === 'floor' ? [{ type: 'backends', backends: backendItems(backends, this.computing.preferred()) }] : [];
    const stateNow = (): State => ({ ...kind.state(subject, settings, { hidden, look }), heard: panel.heard });
    const samples =
      kind.sampled &&
      new PanelSamples(
        sampleFiles,
        (...messages) => panel.tell(...messages),
        (line) => this.log.error(line),
      );
    const panel = new DashboardPanel<State | BackendsMessage | ToSamplesView, Result, Settings, Look>(
      vscodePanel,
      kind.page,
      this.extensionUri,
      settings,
      {
        state: () => [stateNow(), ...known(), ...(samples?.state() ?? [])],
        prepare: (given) => {
          const measurer = this.measurerFor(subject, kind.backendsOf(given, subject).chosen);
          const run = kind.run(given, measurer);
          return samples && kind.sampled ? kind.sampled(samples, run, given, measurer) : run;
        },
        probe: () => void backends.probe(probing.signal).catch(() => undefined),
        other: (message) => {
          if (message.type === 'train')
            this.training.show({ ...subject.training, variants: message.variants, radii: [message.radius] });
          else samples?.receive(message);
        },
        look: (chosen) => (look = chosen),
        saving: (message) => {
          if ('hidden' in message) ({ hidden } = message);
          this.receiveSaving(message, subject, (given) => kind.written(given, { hidden, look }, subject), adopt);
        },
      },
      this.log,
      (changed) => {
        this.openChosen(kind.backendsOf(settings, subject), kind.backendsOf(changed, subject));
        settings = changed;
      },
    );
    vscodePanel.onDidDispose(() => {
      probing.abort();
      samples?.dispose();
    });
    const opened: OpenPanel = {
      vscodePanel,
      follow: (next, again = false) => {
        const after = kind.settingsAfter(next, subject, settings);
        if (!isDeepStrictEqual(next.hidden, subject.hidden)) hidden = kind.hiddenIn(next, after);
        if (!isDeepStrictEqual(kind.lookIn(next), kind.lookIn(subject))) look = kind.lookIn(next);
        const isNew =
          !isDeepStrictEqual(after, settings) ||
          !isDeepStrictEqual(kind.backendsOf(after, next), kind.backendsOf(settings, subject));
        subject = next;
        if (isNew) settings = after;
        // What has just been saved is there already.
        if (isNew || again || failed) panel.show(settings);
        else panel.tell(stateNow());
        failed = false;
      },
      save: (to) =>
        this.save(subject, () => kind.written(settings, { hidden, look }, subject), { as: false, to }, adopt),
      tellBackends: () => panel.tell(...known()),
      fail: (message) => {
        failed = true;
        panel.fail(message);
      },
      dispose: () => panel.dispose(),
    };
    const adopt = (uri: vscode.Uri): Promise<void> => this.adopt(kind.page, opened, uri);
    panel.begin();
    return opened;
  }

  private receiveSaving<Settings>(
    message: SavingMessage<Settings>,
    subject: Subject,
    write: (settings: Settings) => Writable,
    adopt: (uri: vscode.Uri) => Promise<void>,
  ): void {
    switch (message.type) {
      case 'hide':
        return;
      case 'saveConfig':
        void this.save(subject, () => write(message.settings), { as: message.as }, adopt);
        return;
      case 'save':
        void orSay(this.log, () => saveExport(message, subject));
        return;
      case 'copyReport':
        void orSay(this.log, () => copyText(`${message.text}\n${reproduction(write(message.settings))}`));
        return;
    }
  }

  private save(
    subject: Subject,
    write: () => Writable,
    destination: Destination,
    adopt: (uri: vscode.Uri) => Promise<void>,
  ): Promise<void> {
    return orSay(this.log, async () => {
      const uri = await saveConfig(subject, write(), destination);
      if (uri) await adopt(uri);
    });
  }

  private measurerFor({ entries }: Subject, backend: BackendChoice): Measurer {
    const { backends, preferred } = this.computing;
    // What a configuration leaves open is the user's to say.
    return { backends, entries, memory: this.memory, backend: backend === 'auto' ? preferred() : backend };
  }

  /** Choosing a backend that was set aside is asking for it once more. */
  private openChosen(before: ChosenBackends, now: ChosenBackends): void {
    const had = new Set<BackendChoice>([before.chosen, ...before.compared]);
    for (const name of new Set<BackendChoice>([now.chosen, ...now.compared])) {
      // Whoever measures with it hears why it can't be had.
      if (name !== 'auto' && !had.has(name)) this.computing.backends.open(name).catch(() => undefined);
    }
  }

  private followSoon(document: vscode.TextDocument): void {
    if (!isLossConfig(document)) return;
    const uri = document.uri.toString();
    clearTimeout(this.timers.get(uri));
    this.timers.set(
      uri,
      setTimeout(() => {
        this.followNow(document);
      }, settle),
    );
  }

  private followNow(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    clearTimeout(this.timers.get(uri));
    this.timers.delete(uri);
    const { config, problems } = parseLossConfig(document.getText(), nameOf(document.uri));
    for (const kind of ['floor', 'zer'] as const) {
      const panel = this.open.get(keyOf(kind, { kind: 'config', uri }, ''));
      if (config) panel?.follow(subjectOfConfig(config, document.uri));
      else panel?.fail(describe(document, problems[0]));
    }
    if (config) this.training.follow(subjectOfConfig(config, document.uri));
    else this.training.fail(uri, describe(document, problems[0]));
  }

  /** Shows in a panel that VS Code brings back what its page had kept. */
  async restore(kind: PanelKind, panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    try {
      const subject = await subjectOfState(kind, state, this.findingsOf);
      const existing = this.open.get(keyOf(kind, subject.origin, subject.title));
      if (existing) {
        // It was opened anew while this one came back: one is enough.
        panel.dispose();
        existing.vscodePanel.reveal(undefined, true);
        return;
      }
      panel.title = panelTitle(kind, subject.name);
      this.attach(kind, panel, subject);
    } catch (error) {
      this.log.warn(`a dashboard could not be restored: ${(error as Error).message}`);
      panel.dispose();
    }
  }
}

/** What was found in the lines of the selection, if it is one thing. */
function findingAt(
  editor: vscode.TextEditor | undefined,
  findings: readonly MeasurableFinding[],
): PickedLoss | undefined {
  if (!editor) return undefined;
  const { document, selection } = editor;
  const there = findings.filter(({ statement, range }) => {
    const first = document.positionAt(Math.min(statement.start, range.start)).line;
    const last = document.positionAt(Math.max(statement.end, range.end)).line;
    return first <= selection.end.line && last >= selection.start.line;
  });
  const [finding] = there;
  return there.length === 1 && finding ? { finding } : undefined;
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
