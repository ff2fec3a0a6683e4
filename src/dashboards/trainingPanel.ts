import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { RequestCancelled } from '../engine';
import type {
  FailedMessage,
  FinishedMessage,
  FromTrainingWebview,
  HiddenIds,
  KeptState,
  OwnTask,
  PanelOrigin,
  TrainingProgressMessage,
  TrainingSettings,
  TrainingStateMessage,
  TrainingTaskMessage,
} from '../protocol';
import { TrainingError, patternsOfCsv, type Patterns } from '../training';
import type { ActivePanels } from './active';
import { besideCode } from './column';
import { trainingPart } from './configPart';
import { pageHtml } from './html';
import { reproduction } from './reproduction';
import { copyText, orSay, readConfig, saveConfig, saveExport, type Destination } from './saving';
import { isLossConfig, subjectOfConfig, subjectOfConfigFile, subjectOfEntries, type Subject } from './subjects';
import {
  bundledPatterns,
  hiddenTraining,
  taskSummary,
  trainingChoices,
  trainingIds,
  trainingSettings,
} from './trainingSettings';
import { TrainingRun, type TrainingBackends } from './trainingRun';
import { packed } from './wire';

/** The panel's type: the manifest's activation event and the serializer have to name the same. */
const trainingViewType = 'lossfloor.training';

/** A file of patterns of more bytes is refused before it is read. */
const mostBytes = 10 * 2 ** 20;

/** Opens the panels that train, one for a configuration, keeps them true to their files and restores them. */
export class TrainingPanels implements vscode.Disposable {
  private readonly open = new Set<TrainingPanel>();
  private readonly serializer: vscode.Disposable;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly backends: TrainingBackends,
    private readonly active: ActivePanels,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.serializer = vscode.window.registerWebviewPanelSerializer(trainingViewType, {
      deserializeWebviewPanel: (panel, state: unknown) => this.restore(panel, state),
    });
  }

  /** The configuration that is being edited; else what can be trained without one. */
  async showFromEditor(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    if (!document || !isLossConfig(document)) {
      this.show();
      return;
    }
    const config = await readConfig(document);
    if (config) this.showSubject(subjectOfConfig(config, document.uri));
  }

  /** Opens a panel of no configuration, with what is given of its settings. */
  show(given: Partial<TrainingSettings> = {}): void {
    this.showSubject(subjectOf(given));
  }

  /** What an open configuration says now. */
  follow(subject: Subject): void {
    if (subject.origin.kind === 'config') this.panelOf(subject.origin.uri)?.follow(subject);
  }

  /** Says that an open configuration can't be read; what is drawn stays. */
  fail(uri: string, message: string): void {
    this.panelOf(uri)?.sayWrong(message);
  }

  dispose(): void {
    this.serializer.dispose();
    for (const panel of this.open) panel.dispose();
  }

  private panelOf(uri: string): TrainingPanel | undefined {
    return [...this.open].find(({ origin }) => origin.kind === 'config' && origin.uri === uri);
  }

  private showSubject(subject: Subject): void {
    const existing = subject.origin.kind === 'config' ? this.panelOf(subject.origin.uri) : undefined;
    if (existing) {
      existing.panel.reveal(undefined, false);
      existing.follow(subject);
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      trainingViewType,
      panelTitle(subject),
      { viewColumn: besideCode(), preserveFocus: false },
      {},
    );
    this.attach(panel, subject);
  }

  private async restore(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    try {
      const { origin, settings, hidden = [] } = (state ?? {}) as Partial<KeptState<TrainingSettings>>;
      // A configuration may have changed since: the file is the truth.
      const subject = origin?.kind === 'config' ? await subjectOfConfigFile(origin.uri) : subjectOf(settings ?? {});
      panel.title = panelTitle(subject);
      this.attach(panel, {
        ...subject,
        hidden: { ...subject.hidden, training: hiddenTraining(hidden, settings ?? subject.training) },
      });
    } catch (error) {
      this.log.warn(`a dashboard could not be restored: ${(error as Error).message}`);
      panel.dispose();
    }
  }

  private attach(panel: vscode.WebviewPanel, subject: Subject): void {
    panel.iconPath = {
      light: vscode.Uri.joinPath(this.extensionUri, 'media', 'zer-light.svg'),
      dark: vscode.Uri.joinPath(this.extensionUri, 'media', 'zer-dark.svg'),
    };
    const adopt = (uri: vscode.Uri): Promise<void> => this.adopt(opened, uri);
    const opened = new TrainingPanel(panel, subject, this.extensionUri, this.backends, adopt, this.log);
    this.open.add(opened);
    this.active.add(panel, opened);
    panel.onDidDispose(() => {
      opened.dispose();
      this.open.delete(opened);
    });
  }

  /** A panel that has been saved to a configuration is that file's from now on. */
  private async adopt(opened: TrainingPanel, uri: vscode.Uri): Promise<void> {
    const subject = await subjectOfConfigFile(uri.toString());
    const other = this.panelOf(uri.toString());
    if (other === opened) return;
    // There is one panel for a file: the other has nothing to show that this one hasn't.
    other?.panel.dispose();
    opened.panel.title = panelTitle(subject);
    opened.follow(subject);
  }
}

function subjectOf(given: Partial<TrainingSettings>): Subject {
  const title = vscode.l10n.t('Training: Zero Error Radius');
  return { ...subjectOfEntries([]), title, name: vscode.l10n.t('Training'), training: trainingSettings(given) };
}

function panelTitle({ origin, title, name }: Subject): string {
  return origin.kind === 'config' ? vscode.l10n.t('Training: {0}', name) : title;
}

/** One panel: its page, its settings, and one training at a time, which goes on while the page is hidden. */
class TrainingPanel implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private ready = false;
  /** How many changes of the settings this page has told of. */
  private heard = 0;
  private generation = 0;
  private run: TrainingRun | undefined;
  private finished: FinishedMessage | undefined;
  private failed: FailedMessage | undefined;
  private settings: TrainingSettings;
  private hidden: HiddenIds;
  /** What is wrong with the configuration as it is now. */
  private wrong: string | undefined;

  constructor(
    readonly panel: vscode.WebviewPanel,
    private subject: Subject,
    extensionUri: vscode.Uri,
    private readonly backends: TrainingBackends,
    private readonly adopt: (uri: vscode.Uri) => Promise<void>,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.settings = subject.training;
    this.hidden = trainingIds(subject.hidden.training);
    const { webview } = panel;
    webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist', 'webview')],
    };
    this.disposables.push(
      webview.onDidReceiveMessage((message: FromTrainingWebview) => this.receive(message)),
      panel.onDidChangeViewState(() => (this.ready &&= panel.visible)),
    );
    webview.html = pageHtml('training', panel.title, {
      cspSource: webview.cspSource,
      asWebviewUri: (path) => webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, path)).toString(),
    });
  }

  get origin(): PanelOrigin {
    return this.subject.origin;
  }

  dispose(): void {
    this.ready = false;
    this.run?.cancel();
    this.run = undefined;
    for (const disposable of this.disposables.splice(0)) disposable.dispose();
  }

  /** What the configuration says now; what it doesn't say differently stays as it was set here. What trains goes on. */
  follow(next: Subject): void {
    if (!isDeepStrictEqual(next.training, this.subject.training)) this.settings = next.training;
    if (!isDeepStrictEqual(next.hidden.training, this.subject.hidden.training)) {
      this.hidden = trainingIds(next.hidden.training);
    }
    this.subject = next;
    this.wrong = undefined;
    void this.showAll();
  }

  sayWrong(message: string): void {
    this.wrong = message;
    this.post({ type: 'failed', generation: this.generation, message } satisfies FailedMessage);
  }

  save(to: vscode.Uri | undefined): Promise<void> {
    return this.saveTo({ as: false, to });
  }

  private saveTo(destination: Destination): Promise<void> {
    return orSay(this.log, async () => {
      const uri = await saveConfig(this.subject, trainingPart(this.settings, this.hidden), destination);
      if (uri) await this.adopt(uri);
    });
  }

  private receive(message: FromTrainingWebview): void {
    switch (message.type) {
      case 'ready':
        // Also when a hidden panel comes back: its page is made anew, and what was trained is shown again.
        this.ready = true;
        this.heard = 0;
        void this.showAll();
        return;
      case 'changeTraining':
        this.heard = message.count;
        this.change(message.settings);
        return;
      case 'startTraining':
        this.settings = message.settings;
        void this.start();
        return;
      case 'continueTraining':
        if (this.run && !this.run.isRunning) void this.train(this.run, this.run.epoch + message.more);
        return;
      case 'choosePatterns':
        void this.choose();
        return;
      case 'cancel':
        this.run?.cancel();
        return;
      case 'hide':
        this.hidden = message.hidden;
        return;
      case 'saveConfig':
        ({ settings: this.settings, hidden: this.hidden } = message);
        void this.saveTo({ as: message.as });
        return;
      case 'save':
        void orSay(this.log, () => saveExport(message, this.subject));
        return;
      case 'copyReport': {
        const text = `${message.text}\n${reproduction(trainingPart(message.settings, message.hidden))}`;
        void orSay(this.log, () => copyText(text));
        return;
      }
      case 'showLogs':
        this.log.show(true);
        return;
      case 'report':
        this.log.error(`webview: ${message.message}`);
        return;
    }
  }

  private async showAll(): Promise<void> {
    // Before the rest, which may change while the file is read.
    const task = await this.summary();
    this.post({
      type: 'training',
      title: this.subject.title,
      source: this.subject.source,
      origin: this.origin,
      settings: this.settings,
      hidden: this.hidden,
      choices: trainingChoices(),
      task,
      heard: this.heard,
    } satisfies TrainingStateMessage);
    if (this.run) this.tellProgress(this.run);
    if (this.finished) this.post(this.finished);
    if (this.failed) this.post(this.failed);
    if (this.wrong !== undefined) this.sayWrong(this.wrong);
  }

  private async summary(): Promise<TrainingStateMessage['task']> {
    try {
      return { text: taskSummary(this.settings, await this.patterns()), isWrong: false };
    } catch (error) {
      return { text: (error as Error).message, isWrong: true };
    }
  }

  private change(settings: TrainingSettings): void {
    const before = taskKey(this.settings);
    this.settings = settings;
    // The file is not read again for every key that is pressed.
    if (taskKey(settings) !== before) void this.tellTask();
  }

  private async tellTask(chosen: OwnTask | null = null): Promise<void> {
    const { settings } = this;
    const task = await this.summary();
    // Meanwhile something else was chosen.
    if (taskKey(settings) !== taskKey(this.settings)) return;
    this.post({ type: 'task', chosen, task } satisfies TrainingTaskMessage);
  }

  /** @throws Error for a task that can't be had */
  private async patterns(): Promise<Patterns> {
    const { own, task } = this.settings;
    if (task !== 'own') return bundledPatterns(this.settings);
    if (!own) throw new TrainingError(vscode.l10n.t('Choose a CSV file of inputs and targets.'));
    const uri = vscode.Uri.parse(own.uri);
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > mostBytes) throw new TrainingError(vscode.l10n.t('{0} is larger than 10 MB.', own.name));
    return patternsOfCsv(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)), own.name, own.targets);
  }

  private async choose(): Promise<void> {
    const [uri] =
      (await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Inputs and Targets'),
        openLabel: vscode.l10n.t('Train With'),
        filters: { [vscode.l10n.t('Patterns')]: ['csv', 'tsv', 'txt'] },
      })) ?? [];
    if (!uri) return;
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    const targets = this.settings.own?.targets ?? null;
    const own = { uri: uri.toString(), name, targets };
    this.settings = { ...this.settings, task: 'own', own };
    await this.tellTask(own);
  }

  /** Begins anew. What was trained before is kept until the new settings have proved to be such as can be trained. */
  private async start(): Promise<void> {
    const { settings } = this;
    let run: TrainingRun;
    try {
      run = new TrainingRun(settings, await this.patterns(), this.backends);
    } catch (error) {
      this.fail((error as Error).message);
      return;
    }
    this.run?.cancel();
    this.run = run;
    await this.train(run, settings.epochs);
  }

  private async train(run: TrainingRun, until: number): Promise<void> {
    const generation = ++this.generation;
    const started = performance.now();
    const isCurrent = (): boolean => generation === this.generation && run === this.run;
    this.finished = undefined;
    this.failed = undefined;
    try {
      const by = await run.train(until, () => {
        if (isCurrent()) this.tellProgress(run);
      });
      if (!isCurrent()) return;
      const milliseconds = Math.round(performance.now() - started);
      this.log.debug(`${this.panel.title}: trained in ${String(milliseconds)} ms`);
      this.finished = { type: 'finished', generation, milliseconds, ...by };
      this.post(this.finished);
    } catch (error) {
      if (!isCurrent()) return;
      if (error instanceof RequestCancelled) {
        this.fail(vscode.l10n.t('Cancelled. What was trained is kept: it can be continued.'));
        return;
      }
      this.log.error(`${this.panel.title}: ${String((error as Error).stack ?? error)}`);
      this.fail((error as Error).message);
    }
  }

  private tellProgress(run: TrainingRun): void {
    // Nobody looks: what has come meanwhile is shown when the page is back.
    if (!this.ready) return;
    this.post({ ...run.progress(), generation: this.generation } satisfies TrainingProgressMessage);
  }

  private fail(message: string): void {
    this.failed = { type: 'failed', generation: this.generation, message };
    this.post(this.failed);
  }

  private post(message: unknown): void {
    if (this.ready) void this.panel.webview.postMessage(packed(message));
  }
}

/** What the summary of the task is made of. */
function taskKey({ task, bits, own, hidden }: TrainingSettings): string {
  return JSON.stringify([task, bits, own, hidden]);
}
