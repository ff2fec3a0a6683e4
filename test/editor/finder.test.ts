import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { closeAll, diagnostics, diagnosticsOnce, extension, open, until, write } from './window';

/** Functions with something to find in one of ten. */
function manyLines(count: number): string {
  const lines = ['import torch', 'import torch.nn.functional as F', ''];
  for (let i = 0; lines.length < count; i++) {
    lines.push(
      `def step_${String(i)}(model, batch, scale=${String(i)}):`,
      '    logits = model(batch["x"]).squeeze(-1) * scale',
      '    weights = batch.get("w", torch.ones_like(logits))',
      i % 10 === 0
        ? '    loss = -torch.log(torch.sigmoid(logits)) * weights'
        : '    loss = -F.logsigmoid(logits) * weights',
      '    for name, value in {"loss": loss, "mean": loss.mean()}.items():',
      '        print(name, [each for each in value.shape])',
      '    return loss.mean()',
      '',
    );
  }
  return lines.join('\n');
}

/** What this thread has computed for so far, in milliseconds: others may use the machine, too. */
function computed(): number {
  try {
    const [nanoseconds] = readFileSync(`/proc/self/task/${String(process.pid)}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return performance.now();
  }
}

/** The longest that the extension host computed without a turn of its event loop, in milliseconds. */
async function longestTurn(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let before = computed();
  const timer = setInterval(() => {
    const now = computed();
    longest = Math.max(longest, now - before);
    before = now;
  }, 1);
  try {
    await work();
    await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    clearInterval(timer);
  }
  return Math.round(longest * 10) / 10;
}

describe('the finder', () => {
  afterEach(closeAll);

  it('never keeps the extension host waiting, be the file long', async function () {
    this.timeout(120_000);
    const name = 'long.py';
    const text = manyLines(20_000);
    await write(name, text);
    const expected = text.split('torch.log(').length - 1;
    // What VS Code itself does with a document of that length, without us.
    await write('long.txt', text);
    const alone = await longestTurn(async () => {
      await open('long.txt');
      await new Promise((resolve) => setTimeout(resolve, 1000));
    });
    const document = await vscode.workspace.openTextDocument(await write(name, text));
    const opening = await longestTurn(async () => {
      await vscode.window.showTextDocument(document);
      await diagnosticsOnce(document.uri, expected);
    });
    const typing = await longestTurn(async () => {
      const edit = new vscode.WorkspaceEdit();
      edit.insert(document.uri, new vscode.Position(3, 0), 'y = torch.log(torch.sigmoid(given))\n');
      await vscode.workspace.applyEdit(edit);
      await diagnosticsOnce(document.uri, expected + 1);
    });
    const all = { alone, opening, typing };
    console.log('%s', `[lossfloor-test]   longest turns in ms: ${JSON.stringify(all)}, ${String(expected)} findings`);
    assert.ok(opening < 50 && typing < 50, JSON.stringify(all));
  });

  it('starts another thread after one was killed, and reads on', async () => {
    const { finder } = await extension().activate();
    await write('killed.py', 'import torch\ny = torch.log(torch.sigmoid(x))\n');
    const document = await open('killed.py');
    await diagnosticsOnce(document.uri, 1);
    const before = await until('a thread', () => finder.threadId);
    finder.kill();
    await until('the thread to be gone', () => (finder.threadId === before ? undefined : true));
    const editor = await vscode.window.showTextDocument(document);
    const end = document.lineAt(document.lineCount - 1).range.end;
    await editor.edit((edit) => edit.insert(end, '\nz = torch.log(torch.sigmoid(given))\n'));
    await diagnosticsOnce(document.uri, 2);
    assert.notEqual(finder.threadId, before);
  });

  it('follows many changes in a row, and tells of the last', async () => {
    const document = await vscode.workspace.openTextDocument({ language: 'python', content: 'import torch\n' });
    const editor = await vscode.window.showTextDocument(document);
    for (const line of ['a = torch.log(torch.sigmoid(x))\n', 'b = torch.log(torch.softmax(x, 1))\n', 'c = 1\n']) {
      for (const letter of line) {
        await editor.edit((edit) => edit.insert(document.lineAt(document.lineCount - 1).range.end, letter));
      }
    }
    const found = await diagnosticsOnce(document.uri, 2);
    assert.deepEqual(
      found.map(({ range }) => document.getText(range)),
      ['torch.log(torch.sigmoid(x))', 'torch.log(torch.softmax(x, 1))'],
    );
    // Line endings change every offset without a change of the text.
    await editor.edit((edit) => edit.setEndOfLine(vscode.EndOfLine.CRLF));
    await until('offsets with other line endings', () => {
      const ranges = diagnostics(document.uri).map(({ range }) => document.getText(range));
      return ranges.length === 2 && ranges.every((text) => text.startsWith('torch.log(')) ? true : undefined;
    });
  });

  it('leaves other languages and code without any framework alone', async () => {
    for (const [language, content] of [
      ['python', 'x = log(sigmoid(y))\n'],
      ['javascript', 'const y = Math.log(1 / (1 + Math.exp(-x)));\n'],
      ['markdown', 'torch.log(torch.sigmoid(x))\n'],
    ] as const) {
      const document = await vscode.workspace.openTextDocument({ language, content });
      await vscode.window.showTextDocument(document);
      const { tracker } = await extension().activate();
      await tracker.settled(document);
      assert.deepEqual(diagnostics(document.uri), [], language);
    }
  });
});
