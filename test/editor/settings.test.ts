import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, diagnostics, diagnosticsOnce, file, open, until, withSetting, write } from './window';

describe('settings', () => {
  afterEach(closeAll);

  const severityIs = (uri: vscode.Uri, wanted: vscode.DiagnosticSeverity): Promise<true> =>
    until(`severity ${vscode.DiagnosticSeverity[wanted]}`, () =>
      diagnostics(uri)[0]?.severity === wanted ? true : undefined,
    );
  const workspace = vscode.ConfigurationTarget.Workspace;

  it('silence a rule, and have it speak again', async () => {
    const document = await open('train.py');
    await diagnosticsOnce(document.uri, 4);
    await withSetting('lossfloor.rules.severity', { 'log-of-sigmoid': 'off' }, async () => {
      await diagnosticsOnce(document.uri, 2);
    });
    await diagnosticsOnce(document.uri, 4);
  });

  it('of pyproject.toml count more than those of the user, those of the workspace most', async () => {
    const document = await open('project/model.py');
    await severityIs(document.uri, vscode.DiagnosticSeverity.Hint);
    await withSetting('lossfloor.rules.severity', { 'log-of-sigmoid': 'information' }, async () => {
      const other = await open('train.py');
      await severityIs(other.uri, vscode.DiagnosticSeverity.Information);
      await severityIs(document.uri, vscode.DiagnosticSeverity.Hint);
      await withSetting(
        'lossfloor.rules.severity',
        { 'log-of-sigmoid': 'warning' },
        () => severityIs(document.uri, vscode.DiagnosticSeverity.Warning),
        workspace,
      );
    });
  });

  it('of pyproject.toml are read again when it changes, and what is wrong in it is marked', async () => {
    const document = await open('project/model.py');
    await severityIs(document.uri, vscode.DiagnosticSeverity.Hint);
    const project = file('project/pyproject.toml');
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(project));
    const [problem] = await diagnosticsOnce(project, 1);
    assert.match(problem?.message ?? '', /log-of-sigmoi"; did you mean "log-of-sigmoid"/);
    assert.equal(problem?.range.start.line, 5);
    await write('project/pyproject.toml', text.replace('"hint"', '"information"').replace(/^log-of-sigmoi =.*$/m, ''));
    await severityIs(document.uri, vscode.DiagnosticSeverity.Information);
    await diagnosticsOnce(project, 0);
    // As it is being written, before it is saved.
    const shown = await open('project/pyproject.toml');
    const edit = new vscode.WorkspaceEdit();
    edit.insert(shown.uri, new vscode.Position(1, 0), 'form = "float32"\n');
    await vscode.workspace.applyEdit(edit);
    await diagnosticsOnce(project, 1);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await diagnosticsOnce(project, 0);
    await write('project/pyproject.toml', text);
    await severityIs(document.uri, vscode.DiagnosticSeverity.Hint);
  });
});
