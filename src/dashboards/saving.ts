import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { editLossConfig, parseLossConfig, writeLossConfig, type ConfigPart, type LossConfig } from '../config';
import type { ExportKind, SaveMessage } from '../protocol';
import { withoutImplied, type Writable } from './configPart';
import { describe, fileName, fileUri, nameOf, subjectOfConfig, type Subject } from './subjects';

/** What saving has to know of what is shown. */
type Saved = Pick<Subject, 'origin' | 'name'>;

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
  subject: Saved,
  writable: Writable,
  { as, to }: Destination,
): Promise<vscode.Uri | undefined> {
  const { origin } = subject;
  const own = origin.kind === 'config' ? vscode.Uri.parse(origin.uri) : undefined;
  if (!(await isEnough(writable))) return undefined;
  if (own && (to ? to.toString() === own.toString() : !as)) {
    const document = await vscode.workspace.openTextDocument(own);
    await replaceText(document, editedText(document, writable, own));
    say(vscode.l10n.t('Saved to {0}', nameOf(own)));
    return own;
  }
  const uri = to ?? (await askWhere(subject, own));
  if (!uri) return undefined;
  const text = own
    ? editedText(await vscode.workspace.openTextDocument(own), writable, uri)
    : writeLossConfig(placed(writable.part, uri));
  await writeText(uri, text);
  offerToOpen(uri);
  return writable.nameless.length === 0 ? uri : undefined;
}

/** What goes wrong is said, and what is shown stays as it is. */
export async function orSay(log: vscode.LogOutputChannel, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.warn(String((error as Error).stack ?? error));
    void vscode.window.showErrorMessage((error as Error).message);
  }
}

/** A configuration that can be shown; if the file is not valid, an error that leads to the place. */
export async function readConfig(document: vscode.TextDocument): Promise<LossConfig | undefined> {
  const { config, problems } = parseLossConfig(document.getText(), nameOf(document.uri));
  if (config) return config;
  const [problem] = problems;
  const goThere = vscode.l10n.t('Go to Error');
  const choice = await vscode.window.showErrorMessage(describe(document, problem), goThere);
  if (choice === goThere) {
    const range = new vscode.Range(
      document.positionAt(problem?.offset ?? 0),
      document.positionAt((problem?.offset ?? 0) + (problem?.length ?? 0)),
    );
    await vscode.window.showTextDocument(document, { selection: range });
  }
  return undefined;
}

/** Asks where to, and writes what a page has made. */
export async function saveExport({ suggestedName, kind, content }: SaveMessage, subject: Saved): Promise<void> {
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

/** As it is written in a configuration at that place: the file of patterns by its path from there. */
function placed(part: ConfigPart, at: vscode.Uri): ConfigPart {
  const { training } = part;
  if (typeof training?.file !== 'string') return part;
  return { ...part, training: { ...training, file: fileName(at, fileUri(at, training.file)) } };
}

/** The part as it is written into a file, or a copy of it elsewhere, which is to name the same file of patterns. */
function placedIn(
  { uri }: vscode.TextDocument,
  said: LossConfig | undefined,
  part: ConfigPart,
  at: vscode.Uri,
): ConfigPart {
  const training = said?.training;
  if (typeof training?.file !== 'string') return placed(part, at);
  const file = fileUri(uri, training.file).toString();
  if (uri.toString() !== at.toString()) return placed({ training: { ...training, file }, ...part }, at);
  // What names the same in other words stays.
  return part.training?.file === file
    ? { ...part, training: { ...part.training, file: training.file } }
    : placed(part, at);
}

/**
 * @param at where the text is going to be
 * @throws Error for a file that can't be read as it is: what is wrong with it, and where
 */
function editedText(document: vscode.TextDocument, { part }: Writable, at: vscode.Uri): string {
  const name = nameOf(document.uri);
  const { config } = parseLossConfig(document.getText(), name);
  const there = placedIn(document, config, part, at);
  const changed = config ? withoutImplied(there, config, subjectOfConfig(config, document.uri).floor.losses) : there;
  const { text, problem } = editLossConfig(document.getText(), name, changed);
  if (text !== undefined) return text;
  throw new Error(vscode.l10n.t('{0} Mend it first, or save to another file.', describe(document, problem)));
}

async function askWhere(subject: Saved, own: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  const name = own ? nameOf(own) : `${slug(subject.name)}${suffix}`;
  const picked = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(folderOf(subject), name),
    // Of longer endings VS Code's own dialog knows the last part only, and adds the whole once more.
    filters: { [vscode.l10n.t('Loss configuration')]: ['json'] },
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
function folderOf({ origin }: Saved): vscode.Uri {
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
