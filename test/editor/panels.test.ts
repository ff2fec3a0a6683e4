import assert from 'node:assert/strict';
import v8 from 'node:v8';
import vm from 'node:vm';
import * as vscode from 'vscode';
import { viewTypes } from '../../src/dashboards/dashboards';
import { DashboardPanel } from '../../src/dashboards/panel';
import { closeAll, extension, open, panels, until, workers } from './window';

/** Bytes in use after everything that can be forgotten was. */
async function heap(): Promise<number> {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    collect();
  }
  return process.memoryUsage().heapUsed;
}

describe('dashboards', () => {
  beforeEach(closeAll);
  after(closeAll);

  it('open from the palette for the code at the cursor', async () => {
    const document = await open('train.py');
    const [finding] = await (await extension().activate()).tracker.settled(document);
    assert.ok(finding);
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor);
    const at = document.positionAt(finding.range.start);
    editor.selection = new vscode.Selection(at, at);
    await vscode.commands.executeCommand('lossfloor.showPrecisionFloor');
    const [panel] = await until('a panel', () => (panels().length > 0 ? panels() : undefined));
    assert.equal(panel?.label, `Precision Floor: train.py:${String(at.line + 1)}`);
  });

  it('have a sample to begin with, which belongs to no file', async () => {
    await vscode.commands.executeCommand('lossfloor.openSample');
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor?.document.isUntitled);
    const { document, selection } = editor;
    const findings = await (await extension().activate()).tracker.settled(document);
    assert.ok(findings.length >= 3);
    assert.equal(document.offsetAt(selection.start), findings[0]?.range.start, 'the cursor is at the first finding');
  });

  it('come back after a restart, one for each configuration', async () => {
    const { dashboards } = await extension().activate();
    const document = await open('good.loss.json');
    const origin = { kind: 'config', uri: document.uri.toString() };
    const restore = async (): Promise<void> => {
      const { Two } = vscode.ViewColumn;
      const panel = vscode.window.createWebviewPanel(viewTypes.floor, 'from before', Two);
      await dashboards.restore('floor', panel, { origin, settings: {} });
    };
    await restore();
    await until('the panel', () =>
      panels().some(({ label }) => label === 'Precision Floor: good') ? true : undefined,
    );
    await restore();
    await until('one panel', () => (panels().length === 1 ? true : undefined));
    assert.equal(panels()[0]?.label, 'Precision Floor: good');
  });

  it('measure while their page comes up, and say then what was measured', async () => {
    const vscodePanel = vscode.window.createWebviewPanel('test', 'early', vscode.ViewColumn.Two);
    const log = vscode.window.createOutputChannel('test', { log: true });
    const events: string[] = [];
    const ignore = (): void => undefined;
    const panel = new DashboardPanel<object, { type: string; generation: number }, object, object>(
      vscodePanel,
      'floor',
      extension().extensionUri,
      {},
      {
        state: () => {
          events.push('state');
          return [];
        },
        prepare: () => {
          events.push('prepare');
          return { expected: 0, start: () => new Promise(ignore) };
        },
        ...{ probe: ignore, other: ignore, look: ignore, saving: ignore },
      },
      log,
      ignore,
    );
    panel.begin();
    assert.deepEqual(events, ['prepare']);
    // Its page is up, and asks for nothing that has begun.
    await until('the page', () => (events.length > 1 ? true : undefined));
    assert.deepEqual(events, ['prepare', 'state']);
    panel.show({});
    assert.deepEqual(events, ['prepare', 'state', 'state', 'prepare']);
    vscodePanel.dispose();
    panel.dispose();
    log.dispose();
  });

  // In the newest VS Code; the oldest is there for the API.
  const openings = vscode.version.startsWith('1.100.') ? 60 : 200;

  it(`leave nothing behind: ${String(openings)} of them, one worker, the memory flat`, async function () {
    this.timeout(280_000);
    const hooks = await extension().activate();
    const cycle = async (): Promise<void> => {
      await open('good.loss.json');
      await vscode.commands.executeCommand('lossfloor.showPrecisionFloor');
      await until('a panel', () => (panels().length === 1 ? true : undefined));
      await until('its worker', () => hooks.backends.client('model').pid);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await until('no panel', () => (panels().length === 0 ? true : undefined));
    };
    const begun = Date.now();
    for (let i = 0; i < 40; i++) await cycle();
    const early = await heap();
    for (let i = 40; i < openings; i++) await cycle();
    const late = await heap();
    const seconds = (Date.now() - begun) / 1000;
    console.log(
      `      heap after 40: ${(early / 2 ** 20).toFixed(1)} MiB, after ${String(openings)}: ${(late / 2 ** 20).toFixed(1)} MiB; ${seconds.toFixed(0)} s`,
    );
    assert.ok(
      late - early < 4 * 2 ** 20,
      `${String(openings - 40)} more openings have left ${String(late - early)} bytes`,
    );
    if (process.platform === 'linux') assert.equal(workers().length, 1);
  });
});
