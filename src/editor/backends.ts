import * as vscode from 'vscode';
import { backendChoices, type BackendChoice } from '../config';
import {
  describeSelfTest,
  launchOf,
  type BackendLaunch,
  type Backends,
  type LaunchPlaces,
  type LaunchSettings,
} from '../engine';
import type { BackendName, BackendState } from '../protocol';
import { commands } from './commands';

export const backendSection = 'lossfloor.backend';
const section = backendSection;

/** What is to compute where a configuration leaves it open. */
export function preferredBackend(): BackendChoice {
  const set = vscode.workspace.getConfiguration(section).get<string>('use');
  return backendChoices.find((choice) => choice === set) ?? 'auto';
}

/** What is set under a key of backends; undefined where that is nothing. */
export function textSetting(key: string): string | undefined {
  const value = vscode.workspace.getConfiguration(section).get<string>(key)?.trim();
  return value === undefined || value === '' ? undefined : value;
}

/** The part of the Python extension's interface that is used. */
interface PythonExtension {
  readonly environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(path: {
      readonly path: string;
    }): Promise<{ readonly executable?: { readonly uri?: vscode.Uri } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath?: vscode.Event<unknown>;
  };
}

/** How backends are to be started, by the settings and by the interpreter that is selected in the Python extension. */
export class LaunchSource implements vscode.Disposable {
  /** Where runtimes and kernels are kept. */
  readonly places: LaunchPlaces;
  #interpreter: string | undefined;
  readonly #disposables: vscode.Disposable[] = [];

  constructor({ globalStorageUri, extensionPath }: vscode.ExtensionContext) {
    this.places = {
      root: extensionPath,
      installed: vscode.Uri.joinPath(globalStorageUri, 'runtimes').fsPath,
      cache: vscode.Uri.joinPath(globalStorageUri, 'cuda-cache').fsPath,
    };
    void this.#follow();
  }

  settings(): LaunchSettings {
    const settings = vscode.workspace.getConfiguration(section);
    const text = textSetting;
    return {
      cudaPath: text('cuda.path'),
      cudaLibraryPath: text('cuda.libraryPath'),
      webgpuPath: text('webgpu.path'),
      python: text('python.interpreter') ?? this.#interpreter,
      pythonFramework: text('python.framework') as LaunchSettings['pythonFramework'],
      pythonDevice: text('python.device'),
      pythonImportTimeout: settings.get<number>('python.importTimeout'),
      node: text('node'),
      allowSoftwareAdapter: settings.get<boolean>('webgpu.allowSoftwareAdapter') === true,
    };
  }

  launch(name: Exclude<BackendName, 'model'>): BackendLaunch {
    return launchOf(name, this.settings(), this.places);
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** What the Python extension has selected, now and later. It is only asked, never started. */
  async #follow(): Promise<void> {
    const extension = vscode.extensions.getExtension<PythonExtension>('ms-python.python');
    if (!extension) return;
    try {
      // It is up to the user when it is activated.
      if (!extension.isActive) await activated(extension);
      const { environments } = extension.exports;
      if (!environments) return;
      const read = async (): Promise<void> => {
        const selected = environments.getActiveEnvironmentPath();
        const resolved = await environments.resolveEnvironment(selected);
        this.#interpreter = resolved?.executable?.uri?.fsPath ?? selected.path;
      };
      const changed = environments.onDidChangeActiveEnvironmentPath?.(() => void read());
      if (changed) this.#disposables.push(changed);
      await read();
    } catch {
      // Another version of it, with another interface: the setting remains.
    }
  }
}

async function activated(extension: vscode.Extension<unknown>): Promise<void> {
  for (let waited = 0; waited < 60 && !extension.isActive; waited++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

interface BackendItem extends vscode.QuickPickItem {
  readonly choice: BackendChoice;
}

/** Lists every backend with what is known of it, and lets the user choose which one is to compute. */
export async function selectBackend(backends: Backends, log: vscode.LogOutputChannel): Promise<void> {
  const pick = vscode.window.createQuickPick<BackendItem>();
  const controller = new AbortController();
  pick.title = vscode.l10n.t('Select Backend');
  pick.placeholder = vscode.l10n.t('What computes losses where a configuration leaves it open');
  pick.matchOnDetail = true;
  const fill = (): void => {
    const active = pick.activeItems[0]?.choice;
    pick.items = itemsOf(backends.states());
    pick.activeItems = pick.items.filter(({ choice }) => choice === (active ?? preferredBackend()));
  };
  const subscription = backends.onChange(fill);
  fill();
  pick.busy = true;
  void backends
    .probe(controller.signal)
    .catch(() => undefined)
    .then(() => {
      pick.busy = false;
    });
  const choice = await new Promise<BackendChoice | undefined>((resolve) => {
    pick.onDidAccept(() => resolve(pick.selectedItems[0]?.choice));
    pick.onDidHide(() => resolve(undefined));
    pick.show();
  });
  // What is still being looked for is no longer wanted.
  subscription.dispose();
  controller.abort();
  pick.dispose();
  if (choice === undefined) return;
  await vscode.workspace.getConfiguration(section).update('use', choice, vscode.ConfigurationTarget.Global);
  if (choice === 'auto' || choice === 'model') return;
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Opening the backend {0}', choice),
      cancellable: true,
    },
    async (_, token) => {
      const opening = new AbortController();
      token.onCancellationRequested(() => opening.abort());
      try {
        await backends.open(choice, opening.signal);
      } catch (error) {
        if (opening.signal.aborted) return;
        log.error((error as Error).message);
        const showLogs = vscode.l10n.t('Show Logs');
        void vscode.window.showErrorMessage((error as Error).message, showLogs).then((answer) => {
          if (answer === showLogs) log.show(true);
        });
      }
    },
  );
}

function itemsOf(states: readonly BackendState[]): BackendItem[] {
  const chosen = preferredBackend();
  const mark = (choice: BackendChoice): string => (choice === chosen ? '$(check) ' : '');
  return [
    {
      choice: 'auto',
      label: `${mark('auto')}auto`,
      detail: vscode.l10n.t('A GPU, where there is one that passes its self-test; else the number format itself'),
    },
    ...states.map((state) => ({
      choice: state.name,
      label: `${mark(state.name)}${state.name}`,
      description: state.title,
      detail: detailOf(state),
    })),
  ];
}

function detailOf(state: BackendState): string {
  switch (state.state) {
    case 'unknown':
      return vscode.l10n.t('Not looked at yet');
    case 'starting':
      return `$(loading~spin) ${[state.stage ?? vscode.l10n.t('starting'), state.detail].filter(Boolean).join(': ')}`;
    case 'refused':
      return `$(circle-slash) ${state.message} ${state.remedy}`;
    case 'ready': {
      const { identity, selfTest } = state;
      const parts = [`${identity.device}; ${identity.version}`, ...(selfTest ? [describeSelfTest(selfTest)] : [])];
      return `$(pass) ${parts.join(' · ')}`;
    }
  }
}

/** Says beside Python code and configurations what computes. */
export function registerBackendStatus(backends: Backends): vscode.Disposable {
  const item = vscode.languages.createLanguageStatusItem('lossfloor.backend', [
    { language: 'python' },
    { pattern: '**/*.loss.json' },
  ]);
  item.name = vscode.l10n.t('Lossfloor Backend');
  item.command = { command: commands.selectBackend, title: vscode.l10n.t('Select') };
  const update = (): void => {
    const choice = preferredBackend();
    const state = backends.states().find(({ name }) => name === choice);
    item.text = `Lossfloor: ${choice}`;
    item.busy = state?.state === 'starting';
    item.severity =
      state?.state === 'refused' ? vscode.LanguageStatusSeverity.Warning : vscode.LanguageStatusSeverity.Information;
    item.detail =
      state?.state === 'ready'
        ? state.identity.device
        : state?.state === 'refused'
          ? state.message
          : vscode.l10n.t('what computes losses');
  };
  update();
  const subscriptions = [
    backends.onChange(update),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(section)) update();
    }),
  ];
  return new vscode.Disposable(() => {
    item.dispose();
    for (const subscription of subscriptions) subscription.dispose();
  });
}
