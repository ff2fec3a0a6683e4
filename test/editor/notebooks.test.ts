import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { actionsAt, closeAll, diagnosticsOnce, file, lensesIn, perform, withSetting } from './window';

describe('in a notebook', () => {
  afterEach(closeAll);

  after(() => vscode.workspace.fs.delete(file('copies'), { recursive: true }));

  let copies = 0;

  /** A copy: in a browser VS Code saves by itself. */
  async function opened(): Promise<vscode.TextDocument[]> {
    const copy = file(`copies/${String(copies++)}.ipynb`);
    await vscode.workspace.fs.copy(file('cells.ipynb'), copy);
    const notebook = await vscode.workspace.openNotebookDocument(copy);
    await vscode.window.showNotebookDocument(notebook);
    return notebook.getCells().map(({ document }) => document);
  }

  function cell(cells: readonly vscode.TextDocument[], index: number): vscode.TextDocument {
    const found = cells[index];
    assert.ok(found, `there is no cell ${String(index)}`);
    return found;
  }

  it('finds what two cells do together, and says where the other part is', async () => {
    const cells = await opened();
    const last = cell(cells, 3);
    const [found] = await diagnosticsOnce(last.uri, 1);
    assert.ok(found);
    assert.equal(last.getText(found.range), 'torch.log(p)');
    const related = found.relatedInformation ?? [];
    const helper = cell(cells, 2);
    assert.ok(
      related.some(
        ({ location }) =>
          location.uri.toString() === helper.uri.toString() &&
          helper.getText(location.range) === 'torch.sigmoid(logits)',
      ),
      related.map(({ location, message }) => `${location.uri.toString()} ${message}`).join('\n'),
    );
  });

  it('reads all cells again when one of them changes', async () => {
    const cells = await opened();
    const [helper, last] = [cell(cells, 2), cell(cells, 3)];
    await diagnosticsOnce(last.uri, 1);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(helper.uri, helper.lineAt(1).range, '    return logits');
    await vscode.workspace.applyEdit(edit);
    await diagnosticsOnce(last.uri, 0);
    const back = new vscode.WorkspaceEdit();
    back.replace(helper.uri, helper.lineAt(1).range, '    return torch.sigmoid(logits)');
    await vscode.workspace.applyEdit(back);
    await diagnosticsOnce(last.uri, 1);
  });

  it('follows cells that come and go', async () => {
    const cells = await opened();
    await diagnosticsOnce(cell(cells, 3).uri, 1);
    const notebook = vscode.window.activeNotebookEditor?.notebook;
    assert.ok(notebook);
    const edit = new vscode.WorkspaceEdit();
    const code = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, 'torch.log(torch.sigmoid(given))', 'python');
    edit.set(notebook.uri, [vscode.NotebookEdit.insertCells(4, [code])]);
    await vscode.workspace.applyEdit(edit);
    await diagnosticsOnce(notebook.cellAt(4).document.uri, 1);
    const removal = new vscode.WorkspaceEdit();
    removal.set(notebook.uri, [vscode.NotebookEdit.deleteCells(new vscode.NotebookRange(2, 3))]);
    await vscode.workspace.applyEdit(removal);
    await diagnosticsOnce(notebook.cellAt(2).document.uri, 0);
    await diagnosticsOnce(notebook.cellAt(3).document.uri, 1);
  });

  it('shows lenses only if asked to, code actions always', async () => {
    const last = cell(await opened(), 3);
    const [found] = await diagnosticsOnce(last.uri, 1);
    assert.ok(found);
    assert.deepEqual(await lensesIn(last.uri), []);
    await withSetting('lossfloor.codeLens.notebooks', true, async () => {
      assert.ok((await lensesIn(last.uri)).length >= 1);
    });
    const actions = await actionsAt(last.uri, found.range, vscode.CodeActionKind.QuickFix);
    const suppress = actions.find(({ title }) => title === 'Suppress log-of-sigmoid on this line');
    assert.ok(suppress, actions.map(({ title }) => title).join('\n'));
    await perform(suppress);
    await diagnosticsOnce(last.uri, 0);
  });
});
