import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { extension, until } from './window';

describe('selecting a backend', () => {
  const configuration = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('lossfloor.backend');

  after(async () => {
    for (const key of ['use', 'python.interpreter']) {
      await configuration().update(key, undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it('looks at each of them, says what it is or why it can not be used, and keeps the choice', async () => {
    const { backends } = await extension().activate();
    await configuration().update('python.interpreter', '/nowhere/python3', vscode.ConfigurationTarget.Global);
    const selecting = vscode.commands.executeCommand('lossfloor.selectBackend');
    const states = await until('every backend to be known', () => {
      const all = backends.states();
      return all.every(({ state }) => state === 'ready' || state === 'refused') ? all : undefined;
    });
    assert.deepEqual(
      states.map(({ name }) => name),
      ['model', 'cuda', 'webgpu', 'python'],
    );
    const [model, , , python] = states;
    assert.equal(model?.state, 'ready');
    assert.ok(python?.state === 'refused' && python.code === 'not-installed');
    assert.match(python.message, /\/nowhere\/python3/);
    // What it shows comes a moment later; the first is `auto`.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await vscode.commands.executeCommand('workbench.action.quickOpenSelectNext');
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    await selecting;
    assert.equal(configuration().get('use'), 'model');
  }).timeout(90_000);

  it('an explicit choice that can not be had is an error, never another backend', async () => {
    const { backends } = await extension().activate();
    await assert.rejects(backends.choose('python', ['float32']), /The backend "python" can't be used/);
    assert.equal(await backends.choose('auto', ['float64']), 'model');
  });
});
