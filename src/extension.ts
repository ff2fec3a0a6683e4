import * as vscode from 'vscode';
import { Dashboards } from './dashboards';
import {
  commands,
  FinderSettingsSource,
  FindingsTracker,
  FindingsView,
  FoundFiles,
  registerCodeActions,
  registerCodeLenses,
  registerConfigDiagnostics,
  registerDiagnostics,
  registerDocumentation,
  registerHovers,
  showRule,
  WorkspaceScan,
  type FindingReference,
} from './editor';
import { FinderClient, WorkerClient } from './engine';

/** What tests inside the extension host may look at; nothing else gets it. */
export interface TestHooks {
  readonly worker: WorkerClient;
  readonly finder: FinderClient;
  readonly tracker: FindingsTracker;
  readonly view: FindingsView;
}

/** Constructs, registers, nothing else: the worker and the finder start when they are first needed. */
export function activate(context: vscode.ExtensionContext): TestHooks | undefined {
  const log = vscode.window.createOutputChannel('Lossfloor', { log: true });
  const worker = new WorkerClient({ workerPath: context.asAbsolutePath('dist/worker.js'), log });
  const finder = new FinderClient({ threadPath: context.asAbsolutePath('dist/finder.js'), log });
  const settings = new FinderSettingsSource(finder, log);
  const tracker = new FindingsTracker(finder, settings, log);
  const dashboards = new Dashboards(context.extensionUri, worker, (document) => tracker.settled(document), log);
  const found = new FoundFiles(tracker);
  const scan = new WorkspaceScan(finder, settings, tracker, found, log);
  const view = new FindingsView(found, scan, context.workspaceState);

  context.subscriptions.push(
    log,
    worker,
    finder,
    settings,
    tracker,
    dashboards,
    found,
    scan,
    view,
    registerDocumentation(context.extensionUri),
    registerDiagnostics(tracker),
    registerCodeLenses(tracker),
    registerHovers(tracker, finder),
    registerCodeActions(tracker),
    registerConfigDiagnostics(),
    vscode.commands.registerCommand(commands.showPrecisionFloor, () => dashboards.showFromEditor('floor')),
    vscode.commands.registerCommand(commands.showZeroErrorRadius, () => dashboards.showFromEditor('zer')),
    vscode.commands.registerCommand(commands.showLogs, () => log.show()),
    vscode.commands.registerCommand(commands.showRule, showRule),
    vscode.commands.registerCommand(commands.showFinding, async ({ uri, rule, offset }: FindingReference) => {
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
      if (!(await dashboards.showPlace(document, rule, offset))) await showRule(rule);
    }),
  );
  tracker.start();
  return context.extensionMode === vscode.ExtensionMode.Test ? { worker, finder, tracker, view } : undefined;
}
