import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { editLossConfig, parseLossConfig, writeLossConfig } from '../config';
import type { ExportKind, SaveMessage } from '../protocol';
import { withoutImplied, type Writable } from './configPart';
import { describe, nameOf, subjectOfConfig, type Subject } from './subjects';

const suffix = '.loss.json';
/** How long the status bar says that something is done, in milliseconds. */
const noticeTime = 5000;

export interface Destination {
  /** Ask, even where the dashboard has a file of its own. */
  readonly as: boolean;
  /** Where to, without asking. */
  readonly to?: vscode.Uri | undefined;
}

/**
 * Writes what a dashboard has set into its configuration, or into one that the user names.
 * @returns the file, if the dashboard is that file's now
 */
export async function saveConfig(
  subject: Subject,
  writable: Writable,
  { as, to }: Destination,
): Promise<vscode.Uri | undefined> {
  const { origin } = subject;
  const own = origin.kind === 'config' ? vscode.Uri.parse(origin.uri) : undefined;
  if (!(await isEnough(writable))) return undefined;
  if (own && (to ? to.toString() === own.toString() : !as)) {
    const document = await vscode.workspace.openTextDocument(own);
    await replaceText(document, editedText(document, writable));
    say(vscode.l10n.t('Saved to {0}', nameOf(own)));
    return own;
  }
  const uri = to ?? (await askWhere(subject, own));
  if (!uri) return undefined;
  const text = own
    ? editedText(await vscode.workspace.openTextDocument(own), writable)
    : writeLossConfig(writable.part);
  await writeText(uri, text);
  offerToOpen(uri);
  return writable.nameless.length === 0 ? uri : undefined;
}

/** Asks where to, and writes what a page has made. */
export async function saveExport({ suggestedName, kind, content }: SaveMessage, subject: Subject): Promise<void> {
  const uri = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(folderOf(subject), suggestedName),
    filters: { [exportNames[kind]]: [kind] },
    title: vscode.l10n.t('Export Dashboard'),
  });
  if (!uri) return;
  await vscode.workspace.fs.writeFile(uri, typeof content === 'string' ? new TextEncoder().encode(content) : content);
  offerToOpen(uri);
}

const exportNames: Readonly<Record<ExportKind, string>> = { png: 'PNG', svg: 'SVG', csv: 'CSV', json: 'JSON' };

export async function copyText(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  say(vscode.l10n.t('Copied as Markdown'));
}

/** Whether there is something to write; where code can't be named, whether the user wants the rest. */
async function isEnough({ part, nameless }: Writable): Promise<boolean> {
  if (nameless.length === 0) return true;
  const why = vscode.l10n.t(
    'A configuration names losses of the catalogue. It can’t name what is made of your code: {0}. Export the dashboard to keep that.',
    nameless.join('; '),
  );
  const others = vscode.l10n.t('Save the Others');
  const choices = part.losses && part.losses.length > 0 ? [others] : [];
  return (await vscode.window.showWarningMessage(why, ...choices)) === others;
}

/** @throws Error for a file that can't be read as it is: what is wrong with it, and where */
function editedText(document: vscode.TextDocument, { part }: Writable): string {
  const name = nameOf(document.uri);
  const { config } = parseLossConfig(document.getText(), name);
  const changed = config ? withoutImplied(part, config, subjectOfConfig(config, document.uri).floor.losses) : part;
  const { text, problem } = editLossConfig(document.getText(), name, changed);
  if (text !== undefined) return text;
  throw new Error(vscode.l10n.t('{0} Mend it first, or save to another file.', describe(document, problem)));
}

async function askWhere(subject: Subject, own: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  const name = own ? nameOf(own) : `${slug(subject.name)}${suffix}`;
  const picked = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(folderOf(subject), name),
    filters: { [vscode.l10n.t('Loss configuration')]: ['loss.json'] },
    title: vscode.l10n.t('Save as Config'),
  });
  if (!picked || picked.path.endsWith(suffix)) return picked;
  // Only files that end so are opened as configurations.
  const uri = picked.with({ path: picked.path.replace(/(\.json)?$/, suffix) });
  if (!(await exists(uri))) return uri;
  const replace = vscode.l10n.t('Replace');
  const question = vscode.l10n.t('{0} exists already. Replace it?', nameOf(uri));
  return (await vscode.window.showWarningMessage(question, { modal: true }, replace)) === replace ? uri : undefined;
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

/** Beside the file that the dashboard is about, else in the workspace. */
function folderOf({ origin }: Subject): vscode.Uri {
  if (origin.kind !== 'catalogue') {
    const uri = vscode.Uri.parse(origin.uri);
    // A document that was never saved has no folder.
    if (uri.scheme !== 'untitled') return vscode.Uri.joinPath(uri, '..');
  }
  return vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
}

/** A name for a file: letters, digits and what parts them. */
function slug(name: string): string {
  const plain = name.toLowerCase().replace(/[^\p{L}\p{N}.]+/gu, '-');
  return plain.replace(/^[-.]+|[-.]+$/g, '') || 'losses';
}

async function writeText(uri: vscode.Uri, text: string): Promise<void> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  // What is open is edited, so that it can be undone.
  if (open) await replaceText(open, text);
  else await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
}

/** Edits only what differs, and saves. */
async function replaceText(document: vscode.TextDocument, text: string): Promise<void> {
  const before = document.getText();
  if (before !== text) {
    const least = Math.min(before.length, text.length);
    let start = 0;
    while (start < least && before[start] === text[start]) start++;
    let end = 0;
    while (end < least - start && before.at(-1 - end) === text.at(-1 - end)) end++;
    const edit = new vscode.WorkspaceEdit();
    const range = new vscode.Range(document.positionAt(start), document.positionAt(before.length - end));
    edit.replace(document.uri, range, text.slice(start, text.length - end));
    if (!(await vscode.workspace.applyEdit(edit))) {
      throw new Error(vscode.l10n.t('{0} can’t be changed.', nameOf(document.uri)));
    }
  }
  if (document.isDirty && !(await document.save())) {
    throw new Error(vscode.l10n.t('{0} has been changed, but could not be saved.', nameOf(document.uri)));
  }
}

function say(text: string): void {
  vscode.window.setStatusBarMessage(`$(check) ${text}`, noticeTime);
}

/** Not waited for: the message may stay as long as it likes. */
function offerToOpen(uri: vscode.Uri): void {
  const open = vscode.l10n.t('Open');
  void vscode.window.showInformationMessage(vscode.l10n.t('Saved {0}.', nameOf(uri)), open).then(async (choice) => {
    if (choice === open) await vscode.commands.executeCommand('vscode.open', uri);
  });
}
