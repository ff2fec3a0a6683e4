import * as vscode from 'vscode';
import { RequestCancelled } from '../engine';
import type {
  FailedMessage,
  FinishedMessage,
  FromSamplesView,
  LookMessage,
  SavingMessage,
  TrainTheseMessage,
} from '../protocol';
import { pageHtml, type PageName } from './html';
import type { Run, Unnumbered } from './measurer';
import { packed } from './wire';

/** Settles before settings that arrive in a burst (a slider that is dragged) are measured, in milliseconds. */
const settle = 30;

interface Messages<State, Result extends { readonly generation: number }, Settings, Look> {
  /** The messages that show everything afresh. */
  state(): readonly State[];
  /** @throws an Error for people, if the settings can't be measured */
  prepare(settings: Settings): Run<Result>;
  /** The reader wants to know what can be had. */
  probe(): void;
  /** What the page says to another part of the panel than its measuring. */
  other(message: FromSamplesView | TrainTheseMessage): void;
  /** The reader wants to see the same drawn otherwise. */
  look(look: Look): void;
  /** The reader wants to save or copy what is shown, or has hidden a curve. */
  saving(message: SavingMessage<Settings>): void;
}

/** What webviews send, whatever they show. */
type Incoming<Settings, Look> =
  | { readonly type: 'ready' | 'cancel' | 'showLogs' | 'probe' }
  | { readonly type: 'report'; readonly message: string }
  | { readonly type: 'changeFloor' | 'changeZer'; readonly settings: Settings; readonly count: number }
  | FromSamplesView
  | TrainTheseMessage
  | LookMessage<Look>
  | SavingMessage<Settings>;

/**
 * A dashboard's panel: its page, its messages, and one measuring at a time. A change of settings cancels what is
 * being measured and starts a new generation; results of older ones are not passed on.
 */
export class DashboardPanel<State, Result extends { readonly generation: number }, Settings, Look>
  implements vscode.Disposable
{
  private generation = 0;
  private running: AbortController | undefined;
  private timer: NodeJS.Timeout | undefined;
  private ready = false;
  /** What is said before the page is up: it is told then. Not after that. */
  private early: unknown[] | undefined = [];
  private changes = 0;
  private readonly disposables: vscode.Disposable[] = [];

  constructor(
    readonly panel: vscode.WebviewPanel,
    page: PageName,
    extensionUri: vscode.Uri,
    private settings: Settings,
    private readonly messages: Messages<State, Result, Settings, Look>,
    private readonly log: vscode.LogOutputChannel,
    private readonly onSettings: (settings: Settings) => void,
  ) {
    const { webview } = panel;
    webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist', 'webview')],
    };
    this.disposables.push(
      webview.onDidReceiveMessage((message: Incoming<Settings, Look>) => this.receive(message)),
      panel.onDidDispose(() => this.dispose()),
    );
    webview.html = pageHtml(page, panel.title, {
      cspSource: webview.cspSource,
      asWebviewUri: (path) => webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, path)).toString(),
    });
  }

  /** How many changes of the settings this page has told of. */
  get heard(): number {
    return this.changes;
  }

  /** Measures what the page is going to show while it comes up, which takes VS Code some tenths of a second. */
  begin(): void {
    this.measure();
  }

  /** Shows other settings, with everything that goes with them. */
  show(settings: Settings): void {
    this.settings = settings;
    if (this.early) this.early = [];
    this.tell(...this.messages.state());
    this.measure();
  }

  /** Says something besides what is measured; a page that is not up yet is told everything once it is. */
  tell(...messages: readonly State[]): void {
    if (this.early) return;
    for (const message of messages) this.post(message);
  }

  /** Says that what should be shown can't be; what is drawn stays. */
  fail(message: string): void {
    this.stop();
    this.post({ type: 'failed', generation: 0, message } satisfies FailedMessage);
  }

  dispose(): void {
    // A webview that is gone takes no messages, and what is stopped below still has its end to report.
    this.ready = false;
    this.early = undefined;
    this.generation++;
    this.stop();
    for (const disposable of this.disposables.splice(0)) disposable.dispose();
  }

  private receive(message: Incoming<Settings, Look>): void {
    switch (message.type) {
      case 'ready':
        this.changes = 0;
        this.comeUp();
        return;
      case 'changeFloor':
      case 'changeZer':
        this.settings = message.settings;
        this.changes = message.count;
        this.onSettings(message.settings);
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.measure(), settle);
        return;
      case 'cancel':
        this.cancel();
        return;
      case 'probe':
        this.messages.probe();
        return;
      case 'look':
        this.messages.look(message.look);
        return;
      case 'hide':
      case 'saveConfig':
      case 'save':
      case 'copyReport':
        this.messages.saving(message);
        return;
      case 'showLogs':
        this.log.show(true);
        return;
      case 'report':
        this.log.error(`webview: ${message.message}`);
        return;
      default:
        this.messages.other(message);
    }
  }

  /** Also when a hidden panel comes back: its page is made anew, and what was said before is lost. */
  private comeUp(): void {
    const { early = [] } = this;
    this.early = undefined;
    this.ready = true;
    if (early.length === 0) {
      this.show(this.settings);
      return;
    }
    this.tell(...this.messages.state());
    for (const message of early) this.post(message);
  }

  private cancel(): void {
    const settling = this.timer !== undefined;
    this.stop();
    // What runs ends by itself and says so; what had not begun would end without a word.
    if (settling) this.sayCancelled(this.generation);
  }

  private sayCancelled(generation: number): void {
    const message = vscode.l10n.t('Cancelled. What is drawn is incomplete.');
    this.post({ type: 'failed', generation, message } satisfies FailedMessage);
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running?.abort();
    this.running = undefined;
  }

  private measure(): void {
    this.stop();
    if (!this.ready && !this.early) return;
    const generation = ++this.generation;
    let run: Run<Result>;
    try {
      run = this.messages.prepare(this.settings);
    } catch (error) {
      this.post({ type: 'failed', generation, message: (error as Error).message } satisfies FailedMessage);
      return;
    }
    const controller = new AbortController();
    this.running = controller;
    const started = performance.now();
    this.post({ type: 'started', generation, expected: run.expected, settings: this.settings });
    run
      .start((result: Unnumbered<Result>) => {
        if (generation === this.generation) this.post({ ...result, generation });
      }, controller.signal)
      .then(
        ({ identity, selfTest }) => {
          if (generation !== this.generation) return;
          const milliseconds = Math.round(performance.now() - started);
          this.log.debug(`${this.panel.title}: measured in ${String(milliseconds)} ms by ${identity.backend}`);
          this.post({ type: 'finished', generation, identity, selfTest, milliseconds } satisfies FinishedMessage);
        },
        (error: unknown) => {
          if (generation !== this.generation) return;
          if (error instanceof RequestCancelled) {
            this.sayCancelled(generation);
            return;
          }
          this.log.error(`${this.panel.title}: ${String((error as Error).stack ?? error)}`);
          this.post({ type: 'failed', generation, message: (error as Error).message } satisfies FailedMessage);
        },
      );
  }

  private post(message: unknown): void {
    if (this.ready) void this.panel.webview.postMessage(packed(message));
    else this.early?.push(message);
  }
}
