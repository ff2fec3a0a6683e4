import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, extension, file, open, until, write } from './window';

describe('the view of findings', () => {
  const unstable = 'import torch\ny = torch.log(torch.sigmoid(x))\n';

  afterEach(async () => {
    await vscode.commands.executeCommand('lossfloor.clearFindings');
    await closeAll();
  });

  async function lines(): Promise<string[]> {
    return (await extension().activate()).view.lines();
  }

  it('is empty before the workspace has been scanned', async () => {
    await open('train.py');
    assert.deepEqual(await lines(), []);
  });

  it('lists what a scan finds, by file and by rule', async () => {
    await write('.gitignore', 'generated/\n');
    await write('generated/ignored.py', unstable);
    await write('node_modules/other/index.py', unstable);
    await write('environment/pyvenv.cfg', '');
    await write('environment/lib/module.py', unstable);
    await vscode.commands.executeCommand('lossfloor.scanWorkspace');
    const found = await lines();
    const groups = found.filter((line) => !line.startsWith(' '));
    assert.ok(groups.includes('train.py'), groups.join());
    assert.ok(groups.includes('cells.ipynb'), groups.join());
    assert.ok(groups.includes('model.py'), groups.join());
    for (const name of ['ignored.py', 'index.py', 'module.py', 'left_out.py', 'stable.py']) {
      assert.ok(!groups.includes(name), name);
    }
    assert.match(found[found.indexOf('train.py') + 1] ?? '', /^ {2}log of sigmoid line 9: .*-88\.7\d* in float32$/);
    assert.match(found[found.indexOf('cells.ipynb') + 1] ?? '', /cell 4, line 2: /);
    const { view } = await extension().activate();
    await until('the badge', () => (view.badge === found.length - groups.length ? true : undefined));
    await vscode.commands.executeCommand('lossfloor.groupFindingsByRule');
    const byRule = await lines();
    assert.ok(byRule.includes('log-of-sigmoid'), byRule.join());
    assert.ok(
      byRule.some((line) => line.startsWith('  train.py, line 9 ')),
      byRule.join('\n'),
    );
    await vscode.commands.executeCommand('lossfloor.groupFindingsByFile');
  });

  it('follows open documents, and what happens to files', async () => {
    await write('followed.py', unstable);
    await vscode.commands.executeCommand('lossfloor.scanWorkspace');
    assert.ok((await lines()).includes('followed.py'));
    const document = await open('followed.py');
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(1, 0), '\n\n');
    await vscode.workspace.applyEdit(edit);
    await until('the new line', async () => {
      const all = await lines();
      return (all[all.indexOf('followed.py') + 1] ?? '').includes(' line 4: ') ? true : undefined;
    });
    await document.save();
    const renaming = new vscode.WorkspaceEdit();
    renaming.renameFile(file('followed.py'), file('renamed.py'));
    await vscode.workspace.applyEdit(renaming);
    await until('the new name', async () => ((await lines()).includes('renamed.py') ? true : undefined));
    const removal = new vscode.WorkspaceEdit();
    removal.deleteFile(file('renamed.py'));
    await vscode.workspace.applyEdit(removal);
    await until('the file to be gone', async () => ((await lines()).includes('renamed.py') ? undefined : true));
  });

  it('goes to the place, in a notebook too', async () => {
    await vscode.commands.executeCommand('lossfloor.openFoundPlace', {
      uri: file('train.py').toString(),
      start: { line: 8, character: 12 },
      end: { line: 8, character: 20 },
    });
    await until('the selection', () => (vscode.window.activeTextEditor?.selection.start.line === 8 ? true : undefined));
    await vscode.commands.executeCommand('lossfloor.openFoundPlace', {
      uri: file('cells.ipynb').toString(),
      cell: 3,
      start: { line: 1, character: 8 },
      end: { line: 1, character: 20 },
    });
    const editor = await until('the cell', () => {
      const active = vscode.window.activeTextEditor;
      return active?.document.uri.scheme === 'vscode-notebook-cell' ? active : undefined;
    });
    assert.match(editor.document.getText(), /^p = likelihood/);
    assert.equal(editor.selection.start.line, 1);
  });

  it('stops a scan when it is cancelled', async () => {
    await Promise.all(Array.from({ length: 400 }, (_, i) => write(`many/file${String(i)}.py`, unstable)));
    const scan = vscode.commands.executeCommand('lossfloor.scanWorkspace');
    await until('a first finding', async () => ((await lines()).length > 0 ? true : undefined));
    await vscode.commands.executeCommand('lossfloor.cancelScan');
    await scan;
    const found = await lines();
    assert.ok(found.length < 800, `${String(found.length)} lines`);
    await vscode.workspace.fs.delete(file('many'), { recursive: true });
  });
});
