import * as vscode from 'vscode';
import type { Language } from '../rules';

/** VS Code's languages that are read, and what they are to the finder. */
const languages: Readonly<Record<string, Language>> = {
  python: 'python',
  javascript: 'javascript',
  javascriptreact: 'javascript',
  typescript: 'typescript',
  typescriptreact: 'typescript',
};

/** Files that a scan reads, by their names' endings; notebooks are told apart by theirs. */
const endings: Readonly<Record<string, Language>> = {
  py: 'python',
  pyi: 'python',
  pyw: 'python',
  ipynb: 'python',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  tsx: 'typescript',
};

/** For providers; what they show of a document is what the tracker knows of it. */
export const selector: vscode.DocumentSelector = Object.keys(languages).map((language) => ({ language }));

export const scannedFiles = `**/*.{${Object.keys(endings).join(',')}}`;

export function languageOfFile(uri: vscode.Uri): Language | undefined {
  return endings[uri.path.slice(uri.path.lastIndexOf('.') + 1).toLowerCase()];
}

export function isNotebookFile(uri: vscode.Uri): boolean {
  return uri.path.toLowerCase().endsWith('.ipynb');
}

export const cellScheme = 'vscode-notebook-cell';

/**
 * What the document is to the finder, or undefined: of other languages, and what only shows a text that lives elsewhere,
 * such as the other side of a comparison.
 */
export function languageOf(document: vscode.TextDocument): Language | undefined {
  const { scheme } = document.uri;
  const isOwn =
    scheme === 'file' ||
    scheme === 'untitled' ||
    scheme === cellScheme ||
    // A file system of an extension that can be written to: its files are somebody's sources, not their history.
    vscode.workspace.fs.isWritableFileSystem(scheme) === true ||
    (vscode.workspace.workspaceFolders ?? []).some(({ uri }) => uri.scheme === scheme);
  return isOwn ? languages[document.languageId] : undefined;
}
