import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, diagnosticsOnce, until, write } from './window';

/** Files that are nowhere on this machine, as those of a repository that is browsed. */
class Elsewhere implements vscode.FileSystemProvider {
  readonly #files = new Map<string, Uint8Array>();
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: this.readFile(uri).length };
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(): void {
    throw vscode.FileSystemError.NoPermissions();
  }

  readFile(uri: vscode.Uri): Uint8Array {
    const content = this.#files.get(uri.path);
    if (!content) throw vscode.FileSystemError.FileNotFound(uri);
    return content;
  }

  writeFile(uri: vscode.Uri, content: Uint8Array): void {
    this.#files.set(uri.path, content);
    this.#changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  delete(): void {
    throw vscode.FileSystemError.NoPermissions();
  }

  rename(): void {
    throw vscode.FileSystemError.NoPermissions();
  }
}

async function firstFix(uri: vscode.Uri, range: vscode.Range): Promise<vscode.CodeAction> {
  return until('a quick fix', async () => {
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      uri,
      range,
      vscode.CodeActionKind.QuickFix.value,
    );
    return actions.find(({ title }) => title.startsWith('Write '));
  });
}

describe('other languages and other places', () => {
  afterEach(closeAll);

  for (const [name, declaration] of [
    ['model.js', "const tf = require('@tensorflow/tfjs');"],
    ['model.ts', "import * as tf from '@tensorflow/tfjs';"],
  ] as const) {
    it(`finds and mends unstable TensorFlow.js code in ${name}`, async () => {
      const uri = await write(name, `${declaration}\nfunction loss(x) {\n  return tf.log(tf.sigmoid(x)).neg();\n}\n`);
      const document = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(document);
      const [found] = await diagnosticsOnce(uri, 1);
      assert.ok(found);
      assert.match(found.message, /^log\(sigmoid\(x\)\) is -inf from x <= -88\.723 in float32/);
      assert.equal(document.getText(found.range), 'tf.log(tf.sigmoid(x))');
      const { edit } = await firstFix(uri, found.range);
      assert.ok(edit);
      await vscode.workspace.applyEdit(edit);
      await diagnosticsOnce(uri, 0);
      assert.match(document.getText(), /return tf\.logSigmoid\(x\)\.neg\(\);/);
    });
  }

  it('reads what is in no folder of this machine through the editor', async () => {
    const files = new Elsewhere();
    const registration = vscode.workspace.registerFileSystemProvider('elsewhere', files);
    try {
      const uri = vscode.Uri.parse('elsewhere:/repository/train.py');
      files.writeFile(uri, new TextEncoder().encode('import torch\ny = torch.log(torch.sigmoid(x))\n'));
      const document = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(document);
      const [found] = await diagnosticsOnce(uri, 1);
      assert.ok(found);
      const { edit } = await firstFix(uri, found.range);
      assert.ok(edit);
      await vscode.workspace.applyEdit(edit);
      await diagnosticsOnce(uri, 0);
      assert.match(document.getText(), /y = torch\.nn\.functional\.logsigmoid\(x\)|y = F\.logsigmoid\(x\)/);
      await document.save();
    } finally {
      await closeAll();
      registration.dispose();
    }
  });

  it('reads what has not been saved yet', async () => {
    const content = 'import torch\ny = torch.log(torch.sigmoid(x))\n';
    const document = await vscode.workspace.openTextDocument({ language: 'python', content });
    await vscode.window.showTextDocument(document);
    await diagnosticsOnce(document.uri, 1);
  });
});
