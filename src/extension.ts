import * as vscode from 'vscode';
import { Dashboards } from './dashboards';
import {
  commands,
  FindingsTracker,
  registerCodeLenses,
  registerConfigDiagnostics,
  registerDiagnostics,
  registerDocumentation,
  registerHovers,
  type FindingReference,
} from './editor';
import { WorkerClient } from './engine';

/** What tests inside the extension host may look at; nothing else gets it. */
export interface TestHooks {
  readonly worker: WorkerClient;
  readonly tracker: FindingsTracker;
}

/** Constructs, registers, nothing else: the worker starts when the first dashboard opens. */
export function activate(context: vscode.ExtensionContext): TestHooks | undefined {
  const log = vscode.window.createOutputChannel('Lossfloor', { log: true });
  const worker = new WorkerClient({ workerPath: context.asAbsolutePath('dist/worker.js'), log });
  const dashboards = new Dashboards(context.extensionUri, worker, log);
  const tracker = new FindingsTracker(log);

  context.subscriptions.push(
    log,
    worker,
    dashboards,
    tracker,
    registerDocumentation(context.extensionUri),
    registerDiagnostics(tracker),
    registerCodeLenses(tracker),
    registerHovers(tracker),
    registerConfigDiagnostics(),
    vscode.commands.registerCommand(commands.showPrecisionFloor, () => dashboards.showFromEditor('floor')),
    vscode.commands.registerCommand(commands.showZeroErrorRadius, () => dashboards.showFromEditor('zer')),
    vscode.commands.registerCommand(commands.showLogs, () => log.show()),
    vscode.commands.registerCommand(commands.showFinding, async ({ uri, rule, offset }: FindingReference) => {
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
      dashboards.showPlace(document, rule, offset);
    }),
  );
  tracker.start();
  return context.extensionMode === vscode.ExtensionMode.Test ? { worker, tracker } : undefined;
}
