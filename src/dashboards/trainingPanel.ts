import * as vscode from 'vscode';
import { RequestCancelled } from '../engine';
import { losses } from '../losses';
import type {
  FailedMessage,
  FinishedMessage,
  FromTrainingWebview,
  KeptState,
  OwnTask,
  TrainingProgressMessage,
  TrainingSettings,
  TrainingStateMessage,
  TrainingTaskMessage,
} from '../protocol';
import { TrainingError, patternsOfCsv, type Patterns } from '../training';
import { besideCode } from './column';
import { pageHtml } from './html';
import { bundledPatterns, taskSummary, trainingChoices, trainingSettings } from './trainingSettings';
import { TrainingRun, type TrainingBackends } from './trainingRun';
import { packed } from './wire';

/** The panel's type: the manifest's activation event and the serializer have to name the same. */
const trainingViewType = 'lossfloor.training';

/** A file of patterns of more bytes is refused before it is read. */
const mostBytes = 10 * 2 ** 20;

/** Opens the panels that train, and restores them. */
export class TrainingPanels implements vscode.Disposable {
  private readonly open = new Set<TrainingPanel>();
  private readonly serializer: vscode.Disposable;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly backends: TrainingBackends,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.serializer = vscode.window.registerWebviewPanelSerializer(trainingViewType, {
      deserializeWebviewPanel: (panel, state: unknown) => {
        const { settings } = (state ?? {}) as Partial<KeptState<TrainingSettings>>;
        this.attach(panel, trainingSettings(settings ?? {}));
        return Promise.resolve();
      },
    });
  }

  /** Opens a panel, with what is given of its settings. */
  show(given: Partial<TrainingSettings> = {}): void {
    const panel = vscode.window.createWebviewPanel(
      trainingViewType,
      vscode.l10n.t('Training: Zero Error Radius'),
      { viewColumn: besideCode(), preserveFocus: false },
      {},
    );
    this.attach(panel, trainingSettings(given));
  }

  dispose(): void {
    this.serializer.dispose();
    for (const panel of this.open) panel.dispose();
  }

  private attach(panel: vscode.WebviewPanel, settings: TrainingSettings): void {
    panel.iconPath = {
      light: vscode.Uri.joinPath(this.extensionUri, 'media', 'zer-light.svg'),
      dark: vscode.Uri.joinPath(this.extensionUri, 'media', 'zer-dark.svg'),
    };
    const opened = new TrainingPanel(panel, settings, this.extensionUri, this.backends, this.log);
    this.open.add(opened);
    panel.onDidDispose(() => {
      opened.dispose();
      this.open.delete(opened);
    });
  }
}

/** One panel: its page, its settings, and one training at a time, which goes on while the page is hidden. */
class TrainingPanel implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[] = [];
  private ready = false;
  private generation = 0;
  private run: TrainingRun | undefined;
  private finished: FinishedMessage | undefined;
  private failed: FailedMessage | undefined;

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private settings: TrainingSettings,
    extensionUri: vscode.Uri,
    private readonly backends: TrainingBackends,
    private readonly log: vscode.LogOutputChannel,
  ) {
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

  dispose(): void {
    this.ready = false;
    this.run?.cancel();
    this.run = undefined;
    for (const disposable of this.disposables.splice(0)) disposable.dispose();
  }

  private receive(message: FromTrainingWebview): void {
    switch (message.type) {
      case 'ready':
        // Also when a hidden panel comes back: its page is made anew, and what was trained is shown again.
        this.ready = true;
        void this.showAll();
        return;
      case 'changeTraining':
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
      case 'showLogs':
        this.log.show(true);
        return;
      case 'report':
        this.log.error(`webview: ${message.message}`);
        return;
    }
  }

  private async showAll(): Promise<void> {
    this.post({
      type: 'training',
      title: this.panel.title,
      origin: { kind: 'catalogue' },
      settings: this.settings,
      choices: trainingChoices(losses),
      task: await this.summary(),
    } satisfies TrainingStateMessage);
    if (this.run) this.tellProgress(this.run);
    if (this.finished) this.post(this.finished);
    if (this.failed) this.post(this.failed);
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
