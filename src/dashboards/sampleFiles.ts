import * as vscode from 'vscode';
import { bytesSource, sampleLimits, SamplesError, withFile } from '../samples';
import type { SampleFiles, WithSource } from './panelSamples';
import { nameOf } from './subjects';

/** Files of logits as the editor has them: on disk, or in another file system. */
export const sampleFiles: SampleFiles = {
  choose: async () => {
    const [uri] =
      (await vscode.window.showOpenDialog({
        canSelectMany: false,
        title: vscode.l10n.t('File of Logits'),
        openLabel: vscode.l10n.t('Show Logits'),
        filters: {
          [vscode.l10n.t('Logits')]: ['npy', 'npz', 'csv', 'tsv', 'txt'],
          [vscode.l10n.t('All Files')]: ['*'],
        },
      })) ?? [];
    return uri?.toString();
  },
  open: (text) => sourceOf(vscode.Uri.parse(text)),
};

function sourceOf(uri: vscode.Uri): WithSource {
  if (uri.scheme === 'file') return (use) => withFile(uri.fsPath, use);
  return async (use) => {
    const name = nameOf(uri);
    // Other file systems give whole files only.
    const { size } = await status(uri);
    if (size > sampleLimits.bytes) {
      throw new SamplesError(
        vscode.l10n.t(
          '{0}: It is larger than {1} MB, and has to be read whole from where it is. Copy it to a disk, or take a part of it.',
          name,
          sampleLimits.bytes / 2 ** 20,
        ),
      );
    }
    return use(bytesSource(name, await vscode.workspace.fs.readFile(uri)));
  };
}

async function status(uri: vscode.Uri): Promise<vscode.FileStat> {
  try {
    return await vscode.workspace.fs.stat(uri);
  } catch (error) {
    throw new SamplesError(vscode.l10n.t("{0} can't be read: {1}", nameOf(uri), (error as Error).message));
  }
}
