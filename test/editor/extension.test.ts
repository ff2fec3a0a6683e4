import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { codeOf, diagnostics, diagnosticsOnce, extension, file, lensesIn, open, panels, until } from './window';

describe('the extension', () => {
  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('asks for nothing beyond the stable interface of the oldest VS Code it supports', () => {
    const manifest = extension().packageJSON as {
      enabledApiProposals?: unknown;
      extensionKind: string[];
      engines: { vscode: string };
    };
    assert.equal(manifest.enabledApiProposals, undefined);
    assert.deepEqual(manifest.extensionKind, ['workspace']);
    assert.equal(manifest.engines.vscode, '^1.100.0');
  });

  it('offers its commands, each under its category', async () => {
    await extension().activate();
    const registered = await vscode.commands.getCommands(true);
    const manifest = extension().packageJSON as { contributes: { commands: { command: string; category: string }[] } };
    const { commands } = manifest.contributes;
    assert.ok(commands.length >= 8);
    for (const { command, category } of commands) {
      assert.ok(registered.includes(command), command);
      assert.equal(category, 'Lossfloor');
    }
  });

  it('starts no worker before a dashboard wants one', async () => {
    const hooks = await extension().activate();
    await open('train.py');
    await diagnosticsOnce(file('train.py'), 4);
    assert.equal(hooks.backends.client('model').pid, undefined);
  });

  describe('in a Python file', () => {
    it('shows diagnostics at the expressions, with rule, link and computed thresholds', async () => {
      const document = await open('train.py');
      const found = await diagnosticsOnce(document.uri, 4);
      const summary = found.map((diagnostic) => [
        codeOf(diagnostic).value,
        diagnostic.range.start.line + 1,
        document.getText(diagnostic.range),
        diagnostic.severity,
      ]);
      assert.deepEqual(summary, [
        ['log-of-sigmoid', 9, 'torch.log(torch.sigmoid(logits))', vscode.DiagnosticSeverity.Warning],
        ['log-of-sigmoid', 14, 'torch.log(1 - p)', vscode.DiagnosticSeverity.Warning],
        ['log-of-softmax', 18, 'torch.log(F.softmax(scores, dim=1))', vscode.DiagnosticSeverity.Warning],
        ['bce-after-sigmoid', 28, 'self.criterion(self.body(x), y)', vscode.DiagnosticSeverity.Warning],
      ]);
      assert.match(found[0]?.message ?? '', /-inf from x <= -88\.7\d* in float32 \(bfloat16 -89, float16 -17\.3\d*\)/);
      assert.match(found[1]?.message ?? '', /-inf from x >= 16\.6\d* in float32/);
      const related = found[1]?.relatedInformation?.[0];
      assert.equal(related && document.getText(related.location.range), 'squash(logits)');
    });

    it('opens the page of a rule from the link of its diagnostic', async () => {
      const document = await open('train.py');
      for (const diagnostic of await diagnosticsOnce(document.uri, 4)) {
        const { value, target } = codeOf(diagnostic);
        const page = await vscode.workspace.openTextDocument(target);
        assert.match(page.getText(), /^# /, String(value));
        assert.match(page.getText(), /float32/);
      }
      await assert.rejects(
        Promise.resolve(vscode.workspace.openTextDocument(vscode.Uri.parse('lossfloor-rule:/../package.json'))),
      );
    });

    it('shows a lens above each statement, that opens its dashboard', async () => {
      const document = await open('train.py');
      await diagnosticsOnce(document.uri, 4);
      const lenses = (await lensesIn(document.uri)).filter(({ command }) => command?.title.startsWith('⚠'));
      assert.deepEqual(
        lenses.map(({ range }) => range.start.line + 1),
        [9, 14, 18, 28],
      );
      for (const { command } of lenses) assert.match(command?.title ?? '', /^⚠ .*\d/);
      const command = lenses[0]?.command;
      assert.ok(command);
      await vscode.commands.executeCommand(command.command, ...(command.arguments as unknown[]));
      const panel = await until('a panel', () => panels()[0]);
      assert.match(panel.viewType, /lossfloor\.floor$/);
      assert.equal(panel.label, 'Precision Floor: train.py:9');
      const hooks = await extension().activate();
      await until('a worker', () => hooks.backends.client('model').pid);
      // A second click shows the same panel.
      await vscode.commands.executeCommand(command.command, ...(command.arguments as unknown[]));
      assert.equal(panels().length, 1);
    });

    it('shows no lenses when they are turned off, diagnostics all the same', async () => {
      const document = await open('train.py');
      await diagnosticsOnce(document.uri, 4);
      const settings = vscode.workspace.getConfiguration('lossfloor');
      await settings.update('codeLens.enabled', false, vscode.ConfigurationTarget.Global);
      try {
        assert.deepEqual(await lensesIn(document.uri), []);
        assert.equal(diagnostics(document.uri).length, 4);
      } finally {
        await settings.update('codeLens.enabled', undefined, vscode.ConfigurationTarget.Global);
      }
    });

    it('tells in a hover what was measured in each format', async () => {
      const document = await open('train.py');
      const [first] = await diagnosticsOnce(document.uri, 4);
      assert.ok(first);
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        first.range.start,
      );
      const text = hovers
        .flatMap(({ contents }) => contents)
        .map((content) => (content instanceof vscode.MarkdownString ? content.value : ''))
        .find((content) => content.includes('Show precision floor'));
      assert.ok(text, 'no hover of ours');
      assert.match(text, /\| float32&emsp; \| .*−∞ from x ≤ −88\.72284.*\| .*NaN from x ≤ −88\.72284/);
      assert.match(text, /\| bfloat16&emsp; \|(?:.*\n)+\| float16&emsp; \|/);
      // With a drawing of it, in words for those who don't see it.
      const [, words, drawing] = /!\[(.*?)\]\(data:image\/svg\+xml;base64,([^)]+)\)/.exec(text) ?? [];
      assert.match(words ?? '', /−∞ for x ≤ −88/);
      assert.match(Buffer.from(drawing ?? '', 'base64').toString(), /^<svg .*<path d="M.*<\/svg>$/s);
      assert.match(text, /F\.logsigmoid\(logits\)/);
    });

    it('follows what is typed, and forgets what is closed', async () => {
      const document = await open('stable.py');
      const editor = await vscode.window.showTextDocument(document);
      assert.deepEqual(diagnostics(document.uri), []);
      const text = 'import torch\n\n\ndef f(x):\n    return x.sigmoid().log()\n';
      await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), text));
      const [found] = await diagnosticsOnce(document.uri, 1);
      assert.equal(found && document.getText(found.range), 'x.sigmoid().log()');
      await editor.edit((edit) => edit.delete(new vscode.Range(0, 0, 5, 0)));
      await diagnosticsOnce(document.uri, 0);
      await vscode.commands.executeCommand('workbench.action.files.revert');
    });

    it('reads documents that were never saved', async () => {
      const document = await vscode.workspace.openTextDocument({
        language: 'python',
        content: 'import jax\nimport jax.numpy as jnp\ny = jnp.log(jax.nn.sigmoid(x))\n',
      });
      const [found] = await diagnosticsOnce(document.uri, 1);
      assert.equal(found && codeOf(found).value, 'log-of-sigmoid');
    });
  });

  describe('with a loss configuration', () => {
    it('marks what no schema can know, at its place', async () => {
      await extension().activate();
      const document = await open('wrong.loss.json');
      const found = await diagnosticsOnce(document.uri, 2);
      assert.deepEqual(
        found.map(({ range, severity }) => [document.getText(range), severity]),
        [
          ['"keras/binary-crossentrop"', vscode.DiagnosticSeverity.Error],
          ['1', vscode.DiagnosticSeverity.Error],
        ],
      );
      assert.match(found[0]?.message ?? '', /did you mean keras\/binary-crossentropy@/);
    });

    it('offers the ids of the catalogue, from its schema', async () => {
      const document = await open('good.loss.json');
      const position = document.positionAt(document.getText().indexOf('keras/') + 3);
      const completion = await until('completions', async () => {
        const list = await vscode.commands.executeCommand<vscode.CompletionList>(
          'vscode.executeCompletionItemProvider',
          document.uri,
          position,
        );
        const labels = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
        return labels.some((label) => label.includes('optax/sigmoid-binary-cross-entropy')) ? labels : undefined;
      });
      assert.ok(completion.length > 10);
    });

    it('opens both dashboards for the file that is active, one of each', async () => {
      await open('good.loss.json');
      await vscode.commands.executeCommand('lossfloor.showPrecisionFloor');
      await until('a panel', () => panels()[0]);
      await open('good.loss.json');
      await vscode.commands.executeCommand('lossfloor.showPrecisionFloor');
      await open('good.loss.json');
      await vscode.commands.executeCommand('lossfloor.showZeroErrorRadius');
      const labels = await until('two panels', () => {
        const all = panels().map(({ label }) => label);
        return all.length === 2 ? all.sort() : undefined;
      });
      assert.deepEqual(labels, ['Precision Floor: good', 'Zero Error Radius: good']);
    });
  });

  it('starts another worker after one was killed', async () => {
    const hooks = await extension().activate();
    await open('good.loss.json');
    await vscode.commands.executeCommand('lossfloor.showPrecisionFloor');
    const pid = await until('a worker', () => hooks.backends.client('model').pid);
    process.kill(pid, 'SIGKILL');
    await until('the worker to be gone or another', () =>
      hooks.backends.client('model').pid === pid ? undefined : true,
    );
    await open('good.loss.json');
    await vscode.commands.executeCommand('lossfloor.showZeroErrorRadius');
    const next = await until('another worker', () => hooks.backends.client('model').pid);
    assert.notEqual(next, pid);
  });
});
