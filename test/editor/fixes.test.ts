import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  actionsAt,
  closeAll,
  diagnosticsOnce,
  lensesIn,
  open,
  panels,
  perform,
  until,
  withSetting,
  write,
} from './window';

const unstable =
  'import torch\nimport torch.nn.functional as F\n\n\ndef f(x, y):\n    a = torch.log(torch.sigmoid(x))\n    return a + torch.log(1 - torch.sigmoid(y))\n';
const fixAll = vscode.CodeActionKind.SourceFixAll.append('lossfloor');

describe('mending code', () => {
  afterEach(closeAll);

  async function opened(name: string): Promise<{ document: vscode.TextDocument; found: vscode.Diagnostic[] }> {
    await write(name, unstable);
    const document = await open(name);
    return { document, found: await diagnosticsOnce(document.uri, 2) };
  }

  it('offers a fix that says by how much it is better, and applies it', async () => {
    const { document, found } = await opened('fix.py');
    const [first] = found;
    assert.ok(first);
    const actions = await actionsAt(document.uri, first.range, vscode.CodeActionKind.QuickFix);
    const fix = actions.find(({ title }) => title.startsWith('Write F.logsigmoid(x)'));
    assert.ok(fix, actions.map(({ title }) => title).join('\n'));
    assert.match(fix.title, /^Write F\.logsigmoid\(x\): worst error .+ → .+ ULP \(float32\)$/);
    assert.equal(fix.isPreferred, true);
    await perform(fix);
    assert.match(document.getText(), /a = F\.logsigmoid\(x\)\n/);
    await diagnosticsOnce(document.uri, 1);
  });

  it('mends by a click on the lens, too', async () => {
    const { document } = await opened('lens.py');
    const lens = (await lensesIn(document.uri)).find(({ command }) => command?.title.startsWith('Write '));
    assert.ok(lens?.command);
    await vscode.commands.executeCommand(lens.command.command, ...(lens.command.arguments as unknown[]));
    await until('the fix', () => (document.getText().includes('F.logsigmoid') ? true : undefined));
  });

  it('shows the precision floor of a finding', async () => {
    const { document, found } = await opened('floor.py');
    const actions = await actionsAt(document.uri, found[0]?.range ?? new vscode.Range(0, 0, 0, 0));
    const show = actions.find(({ title }) => title === 'Show precision floor');
    assert.ok(show);
    await perform(show);
    assert.equal((await until('a panel', () => panels()[0])).label, 'Precision Floor: floor.py:6');
  });

  it('silences a rule on a line and in a file', async () => {
    for (const [where, left] of [
      ['on this line', 1],
      ['in this file', 0],
    ] as const) {
      const { document, found } = await opened(`suppress-${String(left)}.py`);
      const range = found[0]?.range ?? new vscode.Range(0, 0, 0, 0);
      const actions = await actionsAt(document.uri, range, vscode.CodeActionKind.QuickFix);
      const suppress = actions.find(({ title }) => title === `Suppress log-of-sigmoid ${where}`);
      assert.ok(suppress?.edit, where);
      await perform(suppress);
      assert.match(document.getText(), /# lossfloor: ignore(-file)?\[log-of-sigmoid\]/);
      await diagnosticsOnce(document.uri, left);
    }
  });

  it('fixes everything in a file at once', async () => {
    const { document } = await opened('all.py');
    const whole = new vscode.Range(0, 0, document.lineCount, 0);
    const actions = await actionsAt(document.uri, whole, fixAll);
    const [all] = actions.filter(({ kind }) => kind?.value === fixAll.value);
    assert.ok(all);
    assert.equal(all.title, 'Fix all Lossfloor findings in this file');
    await perform(all);
    assert.match(document.getText(), /a = F\.logsigmoid\(x\)\n {4}return a \+ F\.logsigmoid\(-y\)\n/);
    await diagnosticsOnce(document.uri, 0);
    // There is nothing left to be fixed, so it is not offered.
    assert.deepEqual(await actionsAt(document.uri, whole, fixAll), []);
  });

  it('fixes everything when saving, if asked to', async () => {
    await withSetting('editor.codeActionsOnSave', { 'source.fixAll.lossfloor': 'explicit' }, async () => {
      const { document } = await opened('save.py');
      const editor = await vscode.window.showTextDocument(document);
      await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# changed\n'));
      assert.ok(await document.save());
      assert.match(document.getText(), /^# changed\n[^]*F\.logsigmoid\(x\)[^]*F\.logsigmoid\(-y\)/);
      assert.equal(document.isDirty, false);
    });
  });
});
