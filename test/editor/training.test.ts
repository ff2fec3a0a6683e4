import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { TrainedMessage, TrainTask } from '../../src/protocol';
import { bundledTask, joined, noRecords, planTraining, trainingDefaults, type Records } from '../../src/training';
import { closeAll, extension, panels, until, workers } from './window';

const viewType = 'mainThreadWebview-lossfloor.training';

function trainingPanels(): { viewType: string; label: string }[] {
  return panels().filter((panel) => panel.viewType === viewType);
}

describe('training', () => {
  beforeEach(closeAll);
  after(closeAll);

  it('opens from the palette, a panel each time, without starting anything', async function () {
    if (process.platform !== 'linux') this.skip();
    const before = new Set(workers());
    await vscode.commands.executeCommand('lossfloor.showTraining');
    const [panel] = await until('a panel', () => (trainingPanels().length === 1 ? trainingPanels() : undefined));
    assert.equal(panel?.label, 'Training: Zero Error Radius');
    assert.equal(vscode.window.tabGroups.activeTabGroup.activeTab?.label, panel.label, 'it has the focus');
    await vscode.commands.executeCommand('lossfloor.showTraining');
    await until('a second panel', () => (trainingPanels().length === 2 ? true : undefined));
    assert.deepEqual(
      workers().filter((pid) => !before.has(pid)),
      [],
    );
    await closeAll();
    await until('no panel', () => (trainingPanels().length === 0 ? true : undefined));
  });

  it('trains XOR in one process of its own, which goes when training is over or cancelled', async function () {
    if (process.platform !== 'linux') this.skip();
    this.timeout(90_000);
    const { backends } = await extension().activate();
    const before = new Set(workers());
    const trainers = (): number => workers().filter((pid) => !before.has(pid)).length;
    const { patterns } = bundledTask('xor');
    const variants = ['zer/v3', 'mikenet/cross-entropy'];
    const tasksOf = (epochs: number): TrainTask[] =>
      Array.from(
        planTraining({ ...trainingDefaults, variants, seeds: 2, hidden: 4, epochs }, patterns),
        ([key, { job }]) => ({ ...job, key }),
      );
    await vscode.commands.executeCommand('lossfloor.showTraining');
    await until('a panel', () => (trainingPanels().length === 1 ? true : undefined));

    const heard = new Map<string, Records>();
    const identity = await backends.train(tasksOf(50), ({ key, records }) => {
      heard.set(key, joined(heard.get(key) ?? noRecords, records));
    });
    assert.equal(identity.backend, 'model');
    assert.equal(heard.size, 4);
    for (const { epoch } of heard.values())
      assert.deepEqual(
        [...epoch],
        Array.from({ length: 51 }, (_, i) => i),
      );
    assert.equal(trainers(), 1);

    const stop = new AbortController();
    let reached = 0;
    const receive = ({ state }: Pick<TrainedMessage, 'state'>): void => {
      reached = Math.max(reached, state.epoch);
    };
    const cancelled = assert.rejects(backends.train(tasksOf(100_000), receive, stop.signal), /^Error: Cancelled\.$/);
    await until('it trains', () => (reached > 0 ? true : undefined));
    assert.equal(trainers(), 1);
    stop.abort();
    await cancelled;
    assert.ok(reached < 100_000);
    await closeAll();
    await until('no panel', () => (trainingPanels().length === 0 ? true : undefined));
    await until('the process has ended', () => (trainers() === 0 ? true : undefined));
  });
});
