/** What the tests inside the extension host see of the window and do in it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import type { TestHooks } from '../../src/extension';

export function extension(): vscode.Extension<TestHooks> {
  const id = 'lossfloor.lossfloor';
  const found = vscode.extensions.getExtension<TestHooks>(id);
  assert.ok(found, `${id} is not installed`);
  return found;
}

/** Waits for a condition by looking again and again. */
export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const result = await look();
    if (result !== undefined) return result;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export function file(name: string): vscode.Uri {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, 'no workspace is open');
  return vscode.Uri.joinPath(folder.uri, name);
}

export async function open(name: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(file(name));
  await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
  return document;
}

/** A file of the workspace, which is a copy: nobody has to clean up. */
export async function write(name: string, text: string): Promise<vscode.Uri> {
  await vscode.workspace.fs.writeFile(file(name), new TextEncoder().encode(text));
  return file(name);
}

export function diagnostics(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'lossfloor');
}

export async function diagnosticsOnce(uri: vscode.Uri, count: number): Promise<vscode.Diagnostic[]> {
  return until(`${String(count)} diagnostics in ${uri.path}`, () => {
    const found = diagnostics(uri);
    return found.length === count ? found : undefined;
  });
}

export function codeOf({ code }: vscode.Diagnostic): { value: string | number; target: vscode.Uri } {
  assert.ok(typeof code === 'object');
  return code;
}

export function panels(): { viewType: string; label: string }[] {
  return vscode.window.tabGroups.all.flatMap(({ tabs }) =>
    tabs.flatMap(({ input, label }) =>
      input instanceof vscode.TabInputWebview ? [{ viewType: input.viewType, label }] : [],
    ),
  );
}

/** Processes that this one has started and that run our worker; only Linux tells so simply. */
export function workers(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const parent = /\nPPid:\t(\d+)/.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1];
        return parent === String(process.pid) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('worker.js');
      } catch {
        return false; // It has ended meanwhile.
      }
    })
    .map(Number);
}

/** Lenses of ours, resolved. */
export async function lensesIn(uri: vscode.Uri): Promise<vscode.CodeLens[]> {
  const all = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 50);
  return all.filter(({ command }) => command?.command.startsWith('lossfloor.'));
}

/** What the lightbulb offers at a range, or a menu of actions of one kind. */
export function actionsAt(
  uri: vscode.Uri,
  range: vscode.Range,
  kind?: vscode.CodeActionKind,
): Thenable<vscode.CodeAction[]> {
  return vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    uri,
    range,
    kind?.value,
    50,
  );
}

/** Does what choosing the action does. */
export async function perform({ edit, command }: vscode.CodeAction): Promise<void> {
  if (edit) assert.ok(await vscode.workspace.applyEdit(edit));
  if (command) await vscode.commands.executeCommand(command.command, ...((command.arguments ?? []) as unknown[]));
}

/** A setting for the time of some work. */
export async function withSetting<T>(
  key: string,
  value: unknown,
  work: () => Promise<T>,
  target: vscode.ConfigurationTarget = vscode.ConfigurationTarget.Global,
): Promise<T> {
  const configuration = vscode.workspace.getConfiguration();
  await configuration.update(key, value, target);
  try {
    return await work();
  } finally {
    await configuration.update(key, undefined, target);
  }
}

/** Without saving: closing would do so, there being nobody to ask. */
export async function closeAll(): Promise<void> {
  const { workspace, window } = vscode;
  // Tabs hear of it later than documents.
  const dirty = (): boolean =>
    [...workspace.textDocuments, ...workspace.notebookDocuments].some(({ isDirty }) => isDirty) ||
    window.tabGroups.all.some(({ tabs }) => tabs.some(({ isDirty }) => isDirty));
  for (let i = 0; i < 20 && dirty(); i++) {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  }
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}
