import * as vscode from 'vscode';
import { ActivePanels, Dashboards, TrainingPanels } from './dashboards';
import {
  commands,
  FinderSettingsSource,
  FindingsTracker,
  FindingsView,
  FoundFiles,
  LaunchSource,
  openSample,
  preferredBackend,
  registerBackendStatus,
  registerCodeActions,
  registerCodeLenses,
  registerConfigDiagnostics,
  registerDiagnostics,
  registerDocumentation,
  registerHovers,
  registerRuntimes,
  selectBackend,
  showRule,
  WorkspaceScan,
  type FindingReference,
} from './editor';
import { Backends, FinderClient } from './engine';

/** What tests inside the extension host may look at; nothing else gets it. */
export interface TestHooks {
  readonly backends: Backends;
  readonly dashboards: Dashboards;
  readonly finder: FinderClient;
  readonly tracker: FindingsTracker;
  readonly view: FindingsView;
}

/** Constructs, registers, nothing else: the worker and the finder start when they are first needed. */
export function activate(context: vscode.ExtensionContext): TestHooks | undefined {
  const log = vscode.window.createOutputChannel('Lossfloor', { log: true });
  const launches = new LaunchSource(context);
  const backends = new Backends({
    workerPath: context.asAbsolutePath('dist/worker.js'),
    log,
    launch: (name) => launches.launch(name),
    trusted: () => vscode.workspace.isTrusted,
  });
  const finder = new FinderClient({ threadPath: context.asAbsolutePath('dist/finder.js'), log });
  const settings = new FinderSettingsSource(finder, log);
  const tracker = new FindingsTracker(finder, settings, log);
  const active = new ActivePanels();
  const training = new TrainingPanels(context.extensionUri, backends, active, log);
  const dashboards = new Dashboards(
    context.extensionUri,
    { backends, preferred: preferredBackend },
    (document) => tracker.settled(document),
    training,
    active,
    log,
  );
  const found = new FoundFiles(tracker);
  const scan = new WorkspaceScan(finder, settings, tracker, found, log);
  const view = new FindingsView(found, scan, context.workspaceState);

  context.subscriptions.push(
    log,
    launches,
    backends,
    finder,
    settings,
    tracker,
    dashboards,
    training,
    found,
    scan,
    view,
    registerDocumentation(context.extensionUri),
    registerBackendStatus(backends),
    registerRuntimes(context, launches, backends, log),
    registerDiagnostics(tracker),
    registerCodeLenses(tracker),
    registerHovers(tracker, finder),
    registerCodeActions(tracker),
    registerConfigDiagnostics(),
    vscode.commands.registerCommand(commands.showPrecisionFloor, () => dashboards.showFromEditor('floor')),
    vscode.commands.registerCommand(commands.showZeroErrorRadius, () => dashboards.showFromEditor('zer')),
    vscode.commands.registerCommand(commands.showTraining, () => training.showFromEditor()),
    vscode.commands.registerCommand(commands.saveDashboard, (to?: vscode.Uri) => dashboards.saveLatest(to)),
    vscode.commands.registerCommand(commands.selectBackend, () => selectBackend(backends, log)),
    vscode.commands.registerCommand(commands.showLogs, () => log.show()),
    vscode.commands.registerCommand(commands.openSample, () =>
      openSample(context.extensionUri, (document) => tracker.settled(document)),
    ),
    vscode.commands.registerCommand(commands.showRule, showRule),
    vscode.commands.registerCommand(commands.showFinding, async ({ uri, rule, offset }: FindingReference) => {
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
      if (!(await dashboards.showPlace(document, rule, offset))) await showRule(rule);
    }),
  );
  tracker.start();
  return context.extensionMode === vscode.ExtensionMode.Test
    ? { backends, dashboards, finder, tracker, view }
    : undefined;
}
