import * as vscode from 'vscode';
import { defaults, variantById, zeroErrorRadiusVariants } from '../config';
import { losses, type LossEntry } from '../losses';
import type { MeasurableFinding } from './findingEntry';

/** What was chosen: code in which something was found, or losses of the catalogue. */
export type PickedLoss =
  { readonly finding: MeasurableFinding } | { readonly finding?: undefined; readonly entries: LossEntry[] };

/**
 * Lets the user choose what to measure: code of the document that is active, if something was found in it, or a loss of
 * the catalogue. Undefined if they don't.
 */
export async function pickLoss(
  document: vscode.TextDocument | undefined,
  findings: readonly MeasurableFinding[],
): Promise<PickedLoss | undefined> {
  const inCode = findings.map((finding) => {
    const line = document ? document.positionAt(finding.range.start).line + 1 : 0;
    return {
      label: finding.title,
      description: vscode.l10n.t('line {0}', line),
      detail: document?.lineAt(line - 1).text.trim() ?? '',
      finding,
    };
  });
  const heading = { label: vscode.l10n.t('In this file'), kind: vscode.QuickPickItemKind.Separator, entries: [] };
  return vscode.window.showQuickPick<vscode.QuickPickItem & PickedLoss>(
    [...(inCode.length > 0 ? [heading] : []), ...inCode, ...itemsOf(losses)],
    {
      title: vscode.l10n.t('Show Precision Floor'),
      placeHolder: vscode.l10n.t('Choose a loss; others can be added in the dashboard'),
      matchOnDescription: true,
      matchOnDetail: true,
    },
  );
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
