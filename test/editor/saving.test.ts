import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { parseLossConfig, type LossConfig } from '../../src/config';
import { closeAll, extension, file, open, panels, until, write } from './window';

async function textOf(uri: vscode.Uri): Promise<string> {
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
}

async function configIn(uri: vscode.Uri): Promise<LossConfig> {
  const { config, problems } = parseLossConfig(await textOf(uri), 'x');
  assert.deepEqual(problems, []);
  return config ?? assert.fail();
}

/** Saves the dashboard that was active last, without being asked where to. */
async function save(name: string): Promise<vscode.Uri> {
  await vscode.commands.executeCommand('lossfloor.saveDashboard', file(name));
  return file(name);
}

const written = `{
    "losses": [
        "keras/binary-crossentropy@1",
        { "id": "torch/bce@2.0" }
    ],
    "formats": ["float16"], "targets": [1, 0.5],
    "sweep": { "from": -110, "to": 110, "points": 101 },
    "view": { "from": 15, "to": 17.5 },
    "backend": "model",
    "hidden": [{ "loss": 1, "format": "float16", "target": 0.5 }]
}
`;

describe('saving dashboards', () => {
  before(async () => {
    await extension().activate();
  });
  afterEach(closeAll);

  it('writes one of the catalogue into a file, whose dashboard it is then', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const shown = vscode.commands.executeCommand('lossfloor.showPrecisionFloor');
    await until('a panel', async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      return panels()[0];
    });
    await shown;
    const uri = await save('from-catalogue.loss.json');
    const { losses } = await configIn(uri);
    assert.equal(losses.length, 1);
    await until('the panel to be named after the file', () =>
      panels().find(({ label }) => label === 'Precision Floor: from-catalogue'),
    );
    assert.equal(panels().length, 1);
    // Opening the file shows the same panel.
    await open('from-catalogue.loss.json');
    await vscode.commands.executeCommand('lossfloor.showPrecisionFloor');
    assert.equal(panels().length, 1);
  });

  it('has the same settings after save, closing and opening; what has not changed is not touched', async () => {
    const uri = await write('own.loss.json', written);
    await open('own.loss.json');
    await vscode.commands.executeCommand('lossfloor.showPrecisionFloor');
    await until('a panel', () => panels()[0]);
    // To its own file: nothing is different.
    await save('own.loss.json');
    assert.equal(await textOf(uri), written);
    await save('copy.loss.json');
    const first = await configIn(file('copy.loss.json'));
    assert.deepEqual({ ...first, title: '' }, { ...(await configIn(uri)), title: '' });
    await closeAll();
    await open('copy.loss.json');
    await vscode.commands.executeCommand('lossfloor.showPrecisionFloor');
    await until('a panel', () => panels()[0]);
    await save('again.loss.json');
    assert.equal(await textOf(file('again.loss.json')), await textOf(file('copy.loss.json')));
  });

  it('follows what is typed into the file', async () => {
    await write('typed.loss.json', written);
    const document = await open('typed.loss.json');
    await vscode.commands.executeCommand('lossfloor.showPrecisionFloor');
    await until('a panel', () => panels()[0]);
    const at = document.positionAt(document.getText().indexOf('"float16"'));
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(at, at.translate(0, '"float16"'.length)), '"float16", "bfloat16"');
    assert.ok(await vscode.workspace.applyEdit(edit));
    assert.ok(await document.save());
    // What the panel has is what it writes, and what was typed a moment ago is not taken back.
    const { formats } = await configIn(await save('followed.loss.json'));
    assert.deepEqual(formats, ['float16', 'bfloat16']);
  });

  it('saves a zero error radius, and leaves the rest of the file alone', async () => {
    const uri = await write(
      'radius.loss.json',
      '{"losses": ["zer/v1"], "zeroErrorRadius": {"radius": 0.25, "targets": [1]}}\n',
    );
    await open('radius.loss.json');
    await vscode.commands.executeCommand('lossfloor.showZeroErrorRadius');
    await until('a panel', () => panels()[0]);
    const before = await textOf(uri);
    await save('radius.loss.json');
    assert.equal(await textOf(uri), before);
    const { zeroErrorRadius, losses } = await configIn(await save('radius-copy.loss.json'));
    assert.deepEqual([zeroErrorRadius.radius, zeroErrorRadius.targets, losses.length], [0.25, [1], 1]);
  });

  it('keeps how a floor and a radius are drawn', async () => {
    const plots = '"plots": {"axis": "ordinal", "error": "gradient", "targets": "beside"}';
    const radius = '"zeroErrorRadius": {"plottedAgainst": ["logit"]}';
    const uri = await write('drawn.loss.json', `{"losses": ["zer/v1"], ${plots}, "backend": "model", ${radius}}\n`);
    const said = await configIn(uri);
    for (const [command, copy] of [
      ['lossfloor.showPrecisionFloor', 'drawn-floor.loss.json'],
      ['lossfloor.showZeroErrorRadius', 'drawn-radius.loss.json'],
    ] as const) {
      await open('drawn.loss.json');
      await vscode.commands.executeCommand(command);
      await until('a panel', () => panels()[0]);
      const before = await textOf(uri);
      await save('drawn.loss.json');
      assert.equal(await textOf(uri), before);
      const { plots: drawn, zeroErrorRadius, backend } = await configIn(await save(copy));
      assert.deepEqual(
        { drawn, against: zeroErrorRadius.plottedAgainst, backend },
        { drawn: said.plots, against: ['logit'], backend: 'model' },
      );
      await closeAll();
    }
  });

  it('saves a training, and follows what is typed of it; a copy elsewhere names the same file', async () => {
    await write('patterns.csv', 'in1,in2,out1\n0,1,1\n1,1,0\n');
    const training =
      '{"task": "own", "file": "./patterns.csv", "variants": ["zer/v2"], "radii": [0.1, 0.2], "epochs": 30, "seeds": 2}';
    const uri = await write('learnt.loss.json', `{"losses": ["zer/v1"],\n  "training": ${training}}\n`);
    const document = await open('learnt.loss.json');
    await vscode.commands.executeCommand('lossfloor.showTraining');
    await until('a panel', () => panels().find(({ label }) => label === 'Training: learnt'));
    // Again: it is the same panel.
    await open('learnt.loss.json');
    await vscode.commands.executeCommand('lossfloor.showTraining');
    assert.equal(panels().length, 1);
    const before = await textOf(uri);
    await save('learnt.loss.json');
    assert.equal(await textOf(uri), before);
    const at = document.positionAt(before.indexOf('"seeds": 2') + '"seeds": '.length);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(at, at.translate(0, 1)), '3');
    assert.ok(await vscode.workspace.applyEdit(edit));
    assert.ok(await document.save());
    const { training: copied, losses } = await configIn(await save('copies/learnt.loss.json'));
    assert.equal(losses.length, 1);
    assert.equal(copied?.plan.seeds, 3);
    assert.deepEqual([copied.file, copied.plan.radii, copied.plan.epochs], ['../patterns.csv', [0.1, 0.2], 30]);
  });

  it('saves a training of no configuration into a file, whose it is then', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('lossfloor.showTraining');
    await until('a panel', () => panels()[0]);
    const { training } = await configIn(await save('trained.loss.json'));
    assert.equal(training?.task, 'encoder');
    await until('the panel to be named after the file', () =>
      panels().find(({ label }) => label === 'Training: trained'),
    );
    assert.equal(panels().length, 1);
  });
});
