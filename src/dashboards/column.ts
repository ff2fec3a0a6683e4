import * as vscode from 'vscode';

/** Where a new panel goes: beside the code; where a panel is active, to the others. */
export function besideCode(): vscode.ViewColumn {
  const { activeTab } = vscode.window.tabGroups.activeTabGroup;
  return activeTab?.input instanceof vscode.TabInputWebview ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside;
}

/**
 * After the window was reloaded VS Code restores a panel only when it comes into view. One that has not can't be
 * revealed by us: it is closed, where there is no doubt which it is, and the new one stands for it.
 */
export async function closeUnrestored(
  viewType: string,
  title: string,
  open: Iterable<{ readonly vscodePanel: vscode.WebviewPanel }>,
): Promise<void> {
  const restored = [...open].filter(({ vscodePanel }) => vscodePanel.title === title).length;
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    // VS Code puts a word of its own before the type.
    .filter(
      ({ input, label }) =>
        input instanceof vscode.TabInputWebview && input.viewType.endsWith(viewType) && label === title,
    );
  const [only] = tabs;
  if (restored === 0 && tabs.length === 1 && only) await vscode.window.tabGroups.close(only, true);
}
