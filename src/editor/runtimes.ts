import * as vscode from 'vscode';
import {
  packageOf,
  RuntimeError,
  RuntimeInstaller,
  runtimeNames,
  workerProbe,
  type Backends,
  type Checked,
  type InstallPlan,
  type RuntimeName,
  type RuntimeState,
} from '../engine';
import { backendSection, textSetting, type LaunchSource } from './backends';
import { commands } from './commands';

const titles: Readonly<Record<RuntimeName, string>> = { cuda: 'CUDA', webgpu: 'WebGPU' };

/** Commands that install, find, check and remove what backends need and the extension doesn't ship. */
export function registerRuntimes(
  context: vscode.ExtensionContext,
  launches: LaunchSource,
  backends: Backends,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const installer = new RuntimeInstaller({
    root: launches.places.installed ?? context.globalStorageUri.fsPath,
    ui: { consent, progress },
    log,
    trusted: () => vscode.workspace.isTrusted,
    probe: workerProbe({
      workerPath: context.asAbsolutePath('dist/worker.js'),
      log,
      settings: () => launches.settings(),
      places: launches.places,
    }),
    sources: () => ({
      registry: textSetting('registry'),
      mirror: textSetting('mirror'),
      checksums: vscode.workspace.getConfiguration(backendSection).get<Record<string, string>>('cuda.checksums') ?? {},
    }),
    libraryPath: () => launches.settings().cudaLibraryPath,
  });
  const located = (name: RuntimeName): string | undefined => {
    const { cudaPath, webgpuPath } = launches.settings();
    return name === 'cuda' ? cudaPath : webgpuPath;
  };
  const run = (action: () => Promise<void>) => async (): Promise<void> => {
    try {
      await action();
    } catch (error) {
      if (error instanceof RuntimeError && error.code === 'cancelled') return;
      const message = error instanceof RuntimeError ? `${error.message} ${error.remedy}` : (error as Error).message;
      log.error(message);
      const showLogs = vscode.l10n.t('Show Logs');
      if ((await vscode.window.showErrorMessage(message, showLogs)) === showLogs) log.show(true);
    }
  };
  /** A worker that runs has the files open that are to be replaced. */
  const release = (name: RuntimeName): void => backends.client(name).stop();
  const install = (name: RuntimeName) =>
    run(async () => {
      release(name);
      tell(name, await installer.install(name), vscode.l10n.t('installed'));
      // What was refused for want of it is looked at again.
      await backends.open(name).catch(() => undefined);
    });
  const registrations = [
    vscode.commands.registerCommand(commands.installCudaRuntime, install('cuda')),
    vscode.commands.registerCommand(commands.installWebGpuRuntime, install('webgpu')),
    vscode.commands.registerCommand(
      commands.locateRuntime,
      run(async () => {
        const name = await pickRuntime(installer, located);
        if (!name) return;
        const [chosen] =
          (await vscode.window.showOpenDialog({
            canSelectFiles: false,
            canSelectFolders: true,
            title: vscode.l10n.t('The folder that has {0} in its node_modules', packageOf[name]),
          })) ?? [];
        if (!chosen) return;
        const checked = await installer.locate(name, chosen.fsPath);
        await vscode.workspace
          .getConfiguration(backendSection)
          .update(`${name}.path`, checked.folder, vscode.ConfigurationTarget.Global);
        tell(name, checked, vscode.l10n.t('located'));
      }),
    ),
    vscode.commands.registerCommand(
      commands.checkRuntime,
      run(async () => {
        const name = await pickRuntime(installer, located);
        if (name) tell(name, await installer.check(name, located(name)), vscode.l10n.t('works'));
      }),
    ),
    vscode.commands.registerCommand(
      commands.removeRuntime,
      run(async () => {
        const name = await pickRuntime(installer, () => undefined);
        if (!name) return;
        release(name);
        await installer.remove(name);
        void vscode.window.showInformationMessage(vscode.l10n.t('The {0} runtime was removed.', titles[name]));
      }),
    ),
  ];
  return vscode.Disposable.from(...registrations);
}

function tell(name: RuntimeName, { folder, ready, warning }: Checked, what: string): void {
  const words = [
    vscode.l10n.t('{0} runtime {1}: {2}.', titles[name], what, folder),
    ...(ready ? [`${ready.identity.device}; ${ready.identity.version}.`] : []),
    ...(warning === undefined ? [] : [warning]),
  ].join(' ');
  if (warning === undefined) void vscode.window.showInformationMessage(words);
  else void vscode.window.showWarningMessage(words);
}

async function pickRuntime(
  installer: RuntimeInstaller,
  located: (name: RuntimeName) => string | undefined,
): Promise<RuntimeName | undefined> {
  const items = runtimeNames.map((name) => ({
    name,
    label: titles[name],
    description: packageOf[name],
    detail: describe(installer.state(name, located(name))),
  }));
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Runtime') }))?.name;
}

function describe(state: RuntimeState): string {
  switch (state.state) {
    case 'not-installed':
      return vscode.l10n.t('Not installed');
    case 'installing':
      return state.progress.detail;
    case 'installed':
      return vscode.l10n.t('Version {0} in {1}', state.manifest.version, state.folder);
    case 'located':
      return state.folder;
    case 'unsupported':
    case 'broken':
      return `${state.reason} ${state.remedy}`;
  }
}

async function consent(plan: InstallPlan): Promise<boolean> {
  const size =
    plan.download === undefined
      ? vscode.l10n.t('{0} files of unknown size', plan.files)
      : vscode.l10n.t('{0} files, {1} MB', plan.files, (plan.download / 2 ** 20).toFixed(0));
  const install = vscode.l10n.t('Download and Install');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('Install {0} {1}?', plan.title, plan.version),
    {
      modal: true,
      detail: [
        vscode.l10n.t('{0} will be downloaded from {1} to {2}.', size, plan.from.join(', '), plan.to),
        ...plan.problems,
      ].join('\n\n'),
    },
    install,
  );
  return answer === install;
}

async function progress<T>(
  title: string,
  work: (
    report: (progress: { readonly detail: string; readonly fraction?: number }) => void,
    signal: AbortSignal,
  ) => Promise<T>,
): Promise<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (shown, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      return work(({ detail, fraction }) => {
        const percent = fraction === undefined ? '' : `, ${(100 * fraction).toFixed(0)} %`;
        shown.report({ message: `${detail}${percent}` });
      }, controller.signal);
    },
  );
}
