import * as vscode from 'vscode';
import { defaults, variantById, zeroErrorRadiusVariants } from '../config';
import { losses, type LossEntry } from '../losses';

/** Lets the user choose a loss of the catalogue; undefined if they don't. */
export async function pickLoss(): Promise<LossEntry[] | undefined> {
  const picked = await vscode.window.showQuickPick(itemsOf(losses), {
    title: vscode.l10n.t('Show Precision Floor'),
    placeHolder: vscode.l10n.t('Choose a loss; others can be added in the dashboard'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.entries;
}

/** Lets the user choose a variant of the zero error radius, or the usual comparison of four. */
export async function pickVariants(): Promise<LossEntry[] | undefined> {
  const all = defaults.variants.map(variantById);
  const picked = await vscode.window.showQuickPick(
    [
      {
        label: vscode.l10n.t('Compare v1 to v4'),
        description: all.map((entry) => entry.id).join(', '),
        entries: all,
      },
      ...itemsOf(zeroErrorRadiusVariants()),
    ],
    { title: vscode.l10n.t('Show Zero Error Radius Effects'), placeHolder: vscode.l10n.t('Choose a variant') },
  );
  return picked?.entries;
}

type EntryItem = vscode.QuickPickItem & { readonly entries: LossEntry[] };

function itemsOf(entries: readonly LossEntry[]): EntryItem[] {
  const frameworks = [...new Set(entries.map((entry) => entry.framework))];
  return frameworks.flatMap((framework) => [
    { label: framework, kind: vscode.QuickPickItemKind.Separator, entries: [] },
    ...entries
      .filter((entry) => entry.framework === framework)
      .map((entry) => ({ label: entry.label, description: entry.id, detail: entry.formula, entries: [entry] })),
  ]);
}
