import * as vscode from 'vscode';
import { FinderFailed, FinderSuperseded, type FinderClient } from '../engine';
import type { FileFinding } from '../protocol/finder';
import { fileFinding, type FoundFiles } from './foundFiles';
import type { FindingsTracker } from './findings';
import { FilesToScan } from './filesToScan';
import { isNotebookFile, languageOfFile } from './languages';
import type { FinderSettingsSource } from './settings';
import { sourceOf } from './sources';

/** Longer files are not scanned, in bytes. */
const maxSize = 10_000_000;

/** Files that are being read while another is with the finder. */
const ahead = 4;

export interface ScanProgress {
  readonly done: number;
  readonly of: number;
}

/** Looks through all files of the workspace that the finder understands; what is found goes to `found` as it comes. */
export class WorkspaceScan implements vscode.Disposable {
  private running: vscode.CancellationTokenSource | undefined;
  private readonly progressed = new vscode.EventEmitter<ScanProgress | undefined>();

  /** How far it has come; undefined once there is none running. */
  readonly onDidProgress = this.progressed.event;

  constructor(
    private readonly finder: FinderClient,
    private readonly settings: FinderSettingsSource,
    private readonly tracker: FindingsTracker,
    private readonly found: FoundFiles,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Starts over if one is running. Resolves with the number of files that were looked at. */
  async run(): Promise<number> {
    this.cancel();
    const source = new vscode.CancellationTokenSource();
    this.running = source;
    this.found.begin();
    await vscode.commands.executeCommand('setContext', 'lossfloor.scanning', true);
    const started = performance.now();
    let done = 0;
    try {
      const files = new FilesToScan();
      const uris = await files.find(source.token);
      this.progressed.fire({ done, of: uris.length });
      const scanned = new Set<string>();
      const queue = uris.values();
      const work = async (): Promise<void> => {
        for (const uri of queue) {
          if (source.token.isCancellationRequested) return;
          if (!(await files.ignores(uri)) && !(await this.settings.excludes(uri))) {
            scanned.add(uri.toString());
            await this.scan(uri, source.token);
          }
          done++;
          this.progressed.fire({ done, of: uris.length });
        }
      };
      await Promise.all(Array.from({ length: ahead }, work));
      if (!source.token.isCancellationRequested) {
        await vscode.commands.executeCommand('setContext', 'lossfloor.scanned', true);
        this.found.keepOnly(scanned);
      }
      const how = source.token.isCancellationRequested ? 'cancelled' : 'done';
      this.log.info(
        `scan ${how}: ${String(done)} of ${String(uris.length)} files in ${((performance.now() - started) / 1000).toFixed(1)} s, ${String(this.found.count)} findings`,
      );
      return done;
    } finally {
      source.dispose();
      // Another one may have been started meanwhile.
      if (this.running === source) {
        this.running = undefined;
        this.progressed.fire(undefined);
        await vscode.commands.executeCommand('setContext', 'lossfloor.scanning', false);
      }
    }
  }

  cancel(): void {
    if (!this.running) return;
    this.running.cancel();
    this.finder.cancelScans();
  }

  dispose(): void {
    this.cancel();
    this.progressed.dispose();
  }

  private async scan(uri: vscode.Uri, token: vscode.CancellationToken): Promise<void> {
    try {
      const findings = (await this.ofOpenDocuments(uri, token)) ?? (await this.ofFile(uri, token));
      if (!token.isCancellationRequested) this.found.set(uri, findings);
    } catch (error) {
      if (error instanceof FinderSuperseded || error instanceof FinderFailed) return;
      this.log.warn(`${uri.toString()} was not scanned: ${(error as Error).message}`);
    }
  }

  /** Of what is open the editor has another text than the file, maybe. */
  private async ofOpenDocuments(
    uri: vscode.Uri,
    token: vscode.CancellationToken,
  ): Promise<readonly FileFinding[] | undefined> {
    const key = uri.toString();
    for (const document of vscode.workspace.textDocuments) {
      const source = sourceOf(document);
      if (source?.key !== key) continue;
      const all = await Promise.all(
        source.documents().map(async (each) => {
          const findings = await this.tracker.settled(each, token);
          return findings.map((finding) => fileFinding(each, finding));
        }),
      );
      return all.flat();
    }
    return undefined;
  }

  private async ofFile(uri: vscode.Uri, token: vscode.CancellationToken): Promise<readonly FileFinding[]> {
    const language = languageOfFile(uri);
    if (!language) return [];
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > maxSize) throw new Error(`it has ${String(size)} bytes, more than ${String(maxSize)}`);
    const [bytes, settings] = await Promise.all([vscode.workspace.fs.readFile(uri), this.settings.of(uri)]);
    if (token.isCancellationRequested) return [];
    const file = isNotebookFile(uri) ? 'notebook' : 'source';
    const { findings, trouble } = await this.finder.scan({ key: uri.toString(), file, language, bytes, settings });
    if (trouble !== undefined) throw new Error(trouble);
    return findings;
  }
}
