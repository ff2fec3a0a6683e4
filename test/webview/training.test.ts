import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { TrainingRun } from '../../src/dashboards/trainingRun';
import { bundledPatterns, taskSummary, trainingChoices, trainingSettings } from '../../src/dashboards/trainingSettings';
import type {
  ContinueMessage,
  CopyReportMessage,
  FinishedMessage,
  HideMessage,
  SaveConfigMessage,
  SaveMessage,
  ToTrainingWebview,
  TrainingChangeMessage,
  TrainingProgressMessage,
  TrainingSettings,
  TrainingStateMessage,
  TrainMessage,
} from '../../src/protocol';
import { patternsOfCsv } from '../../src/training';
import { Cancelled } from '../../src/worker/evaluator';
import { modelEvaluator } from '../../src/worker/model';
import { handleTrain } from '../../src/worker/train';
import { Stage, type Dashboard } from './page';
import { themeNames, themes } from './themes';

const evaluator = modelEvaluator('0.1.0');
const identity = { ...evaluator.identity, device: 'CPU (test)' };

const defaults = trainingSettings({ seeds: 3, epochs: 600 });

function stateOf(settings: TrainingSettings): TrainingStateMessage {
  return {
    type: 'training',
    title: 'Training: Zero Error Radius',
    source: '',
    origin: { kind: 'catalogue' },
    settings,
    choices: trainingChoices(),
    task: { text: taskSummary(settings, bundledPatterns(settings)), isWrong: false },
  };
}

/** The host's and the worker's own code, in this process. */
class Host {
  readonly run: TrainingRun;
  /** All that was sent. */
  readonly sent: ToTrainingWebview[] = [];
  /** Ends training when so many messages of progress have come. */
  stopAfter = Infinity;

  constructor(settings: TrainingSettings) {
    this.run = new TrainingRun(settings, bundledPatterns(settings), {
      train: async (tasks, receive, signal) => {
        const pacer = {
          // With a turn for the timer that tells how far it is, as where the worker is a process of its own.
          breathe: async (): Promise<void> => {
            await new Promise((resolve) => setImmediate(resolve));
            if (signal?.aborted) throw new Cancelled();
          },
        };
        await handleTrain({ type: 'train', id: 1, tasks }, { identity }, pacer, (message) => {
          if (message.type === 'trained') receive(message);
        });
        return identity;
      },
    });
  }

  /** Everything of one training. */
  async train(until: number, generation: number): Promise<ToTrainingWebview[]> {
    const from = this.sent.length;
    try {
      const by = await this.run.train(until, () => {
        this.sent.push({ ...this.run.progress(), generation } satisfies TrainingProgressMessage);
        if (this.sent.length - from > this.stopAfter) this.run.cancel();
      });
      this.sent.push({ type: 'finished', generation, milliseconds: 1234, ...by } satisfies FinishedMessage);
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      this.sent.push({ type: 'failed', generation, message: 'Cancelled. What was trained is kept.' });
    }
    return this.sent.slice(from);
  }
}

const trained = new Map<string, Promise<{ readonly host: Host; readonly messages: ToTrainingWebview[] }>>();

/** The same settings are trained once for all tests. */
function once(settings: TrainingSettings): Promise<{ readonly host: Host; readonly messages: ToTrainingWebview[] }> {
  const key = JSON.stringify(settings);
  const made = trained.get(key) ?? train();
  trained.set(key, made);
  return made;

  async function train(): Promise<{ readonly host: Host; readonly messages: ToTrainingWebview[] }> {
    const host = new Host(settings);
    return { host, messages: await host.train(settings.epochs, 1) };
  }
}

describe('the training dashboard', () => {
  let stage: Stage;
  let dashboard: Dashboard;

  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage.close());

  const blank = async (settings = defaults, options: Parameters<Stage['show']>[1] = {}): Promise<Dashboard> => {
    dashboard = await stage.show('training', options);
    await dashboard.posted('ready');
    await dashboard.send(stateOf(settings));
    await dashboard.state('ready');
    return dashboard;
  };
  const open = async (settings = defaults, options: Parameters<Stage['show']>[1] = {}): Promise<Dashboard> => {
    await blank(settings, options);
    await dashboard.send(...(await once(settings)).messages);
    await dashboard.state('ready');
    await dashboard.page.locator('#sentences li').first().waitFor();
    return dashboard;
  };
  afterEach(() => dashboard.close());

  it('draws nothing before anything is trained, and says how to begin', async () => {
    await blank();
    const { page } = dashboard;
    assert.equal(await page.locator('canvas[role="img"]').first().isVisible(), false);
    assert.match(await page.locator('.empty').innerText(), /^Nothing has been trained yet\./);
    assert.match(await page.locator('#task').innerText(), /^8-3-8 network, 8 patterns, 59 weights$/);
    assert.equal(await page.getByRole('button', { name: 'Continue' }).getAttribute('aria-disabled'), 'true');
  });

  it('starts with the keyboard, shows progress while it trains, and what was found', async () => {
    await blank();
    const { page } = dashboard;
    await page.getByRole('button', { name: 'Start' }).focus();
    await page.keyboard.press('Enter');
    assert.deepEqual((await dashboard.posted<TrainMessage>('startTraining'))[0]?.settings, defaults);
    await dashboard.state('loading');
    const { messages } = await once(defaults);
    const some = messages.findIndex(
      (message) => message.type === 'trainingProgress' && message.report.curves.length > 0,
    );
    assert.ok(some >= 0);
    await dashboard.send(...messages.slice(0, some + 1));
    await page.locator('#sentences li').first().waitFor();
    assert.equal(await page.getAttribute('body', 'data-state'), 'loading');
    const bar = page.getByRole('progressbar');
    assert.equal(await bar.getAttribute('max'), String(6 * 3 * 600));
    assert.match(await page.locator('#progress .count').innerText(), /^Epoch \d+ of 600 · 18 runs$/);
    await dashboard.send(...messages.slice(some + 1));
    await dashboard.state('ready');
    const { headlines, sentences } = lastReport(messages);
    assert.deepEqual(await page.locator('#sentences li').allInnerTexts(), sentences);
    assert.deepEqual(await page.locator('#headlines li').allInnerTexts(), headlines);
    assert.match(headlines[0] ?? '', /v2, v3 and v4 in 0 of 3, with 10\.9 % of the output units dead on average\.$/);
    const [top, plot] = [
      await page.locator('#headlines').boundingBox(),
      await page.locator('figure').first().boundingBox(),
    ];
    assert.ok(top && plot && top.y + top.height <= plot.y, 'what was found stands above the plots');
    assert.equal(await page.evaluate(() => (document.activeElement as HTMLButtonElement).name), 'start');
  });

  it('draws every measure with the colours of its variants, and has a table for each', async () => {
    await open();
    const { page } = dashboard;
    const { variables } = themes.dark;
    assert.equal(await page.locator('canvas[role="img"]').count(), 4);
    for (const plot of [0, 1, 2, 3]) {
      for (const colour of ['charts-blue', 'charts-red'] as const) {
        assert.ok((await dashboard.pixels(plot, variables[colour])) > 20, `plot ${String(plot)} draws ${colour}`);
      }
    }
    const { curves, table } = lastReport((await once(defaults)).messages);
    for (const [i, figure] of (await page.locator('figure').all()).entries()) {
      await figure.getByText('Show data').click();
      await figure.locator('select').selectOption('zer/v3 0.1');
      const cells = await figure.locator('tbody tr').last().locator('td').allInnerTexts();
      const curve = curves.find(({ id }) => id === 'zer/v3 0.1') ?? assert.fail();
      const band =
        [curve.bands.crossEntropy, curve.bands.dead, curve.bands.correct, curve.bands.correctHalf][i] ?? assert.fail();
      const shown = [band.mean, band.low, band.high].map((values) => (values.at(-1) ?? NaN) * (i === 0 ? 1 : 100));
      assert.deepEqual(cells.map(Number), [600, ...shown]);
    }
    const rows = await dashboard.rows('#summary');
    assert.equal(rows.length, 6);
    assert.deepEqual(
      rows.map((cells) => cells[3]),
      table.rows.map(({ cells: [, , , cell] }) => `${cell?.text ?? ''}${cell?.seeds.join(' · ') ?? ''}`),
    );
  });

  it('cancels, keeps what was trained, and continues by as many epochs as the user says', async () => {
    await blank();
    const { page } = dashboard;
    const host = new Host({ ...defaults, epochs: 50_000 });
    host.stopAfter = 3;
    await dashboard.send(...(await host.train(50_000, 1)).filter(({ type }) => type !== 'failed'));
    assert.equal(host.run.isRunning, false);
    const stopped = host.sent.at(-1);
    assert.equal(stopped?.type, 'failed');
    await dashboard.send({ ...host.run.progress(), isRunning: true, generation: 1 });
    await dashboard.state('loading');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await dashboard.posted('cancel');
    await dashboard.send({ ...host.run.progress(), generation: 1 }, stopped);
    await dashboard.state('error');
    assert.match(await page.locator('.error p').innerText(), /^Cancelled/);
    assert.ok((await page.locator('#sentences li').count()) > 0);
    const reached = host.run.epoch;
    assert.ok(reached > 0 && reached < 50_000);
    await page.getByLabel('more epochs').fill('40');
    await page.getByRole('button', { name: 'Continue' }).click();
    const [asked] = await dashboard.posted<ContinueMessage>('continueTraining');
    assert.equal(asked?.more, 40);
    host.stopAfter = Infinity;
    await dashboard.send(...(await host.train(reached + asked.more, 2)));
    await dashboard.state('ready');
    const whole = new Host(defaults);
    const messages = await whole.train(reached + 40, 1);
    assert.deepEqual(await page.locator('#sentences li').allInnerTexts(), lastReport(messages).sentences);
    assert.equal((await dashboard.rows('#summary'))[0]?.[2], String(reached + 40));
  });

  it('keeps a change that the host had not heard of when it sent its settings', async () => {
    await blank();
    const rate = dashboard.page.getByLabel('Learning rate', { exact: true });
    const before = await rate.inputValue();
    await rate.fill('0.7');
    const [change] = await dashboard.posted<TrainingChangeMessage>('changeTraining');
    assert.ok(change);
    const old = { ...change.settings, rate: Number(before) };
    await dashboard.send({ ...stateOf(old), heard: 0 });
    await dashboard.frames();
    assert.equal(await rate.inputValue(), '0.7');
    await dashboard.send({ ...stateOf(old), heard: 1 });
    await dashboard.frames();
    assert.equal(await rate.inputValue(), before);
  });

  it('posts each change of a control, keeps it, and sets what a task is usually learnt with', async () => {
    await blank();
    const { page } = dashboard;
    let count = 0;
    const change = async (act: () => Promise<unknown>): Promise<TrainingSettings> => {
      await act();
      const posted = await dashboard.posted<TrainingChangeMessage>('changeTraining', ++count);
      return posted.at(-1)?.settings ?? assert.fail();
    };
    const parity = await change(() => page.getByLabel('Task', { exact: true }).selectOption('parity'));
    assert.deepEqual([parity.task, parity.hidden, parity.epochs], ['parity', 8, 2000]);
    assert.equal(await page.getByLabel('Hidden units', { exact: true }).inputValue(), '8');
    assert.equal((await change(() => page.getByLabel('Bits').fill('3'))).bits, 3);
    assert.ok(
      (await change(() => page.getByRole('checkbox', { name: /Lens/ }).check())).variants.includes(
        'lens/cross-entropy',
      ),
    );
    assert.deepEqual((await change(() => page.getByLabel('Zero error radii').fill('0.1, 0.25'))).radii, [0.1, 0.25]);
    assert.equal((await change(() => page.getByLabel('Learning rate').fill('0.05'))).rate, 0.05);
    assert.equal((await change(() => page.getByLabel('Momentum').fill('0.5'))).momentum, 0.5);
    assert.equal((await change(() => page.getByLabel('Start weights ±').fill('2'))).weightRange, 2);
    assert.equal((await change(() => page.getByLabel('Epochs', { exact: true }).fill('300'))).epochs, 300);
    assert.equal((await change(() => page.getByLabel('Seeds').fill('4'))).seeds, 4);
    assert.equal((await change(() => page.getByLabel('Hidden units are').selectOption('tanh'))).activation, 'tanh');
    assert.equal((await change(() => page.getByLabel('Weights change').selectOption('online'))).update, 'online');
    const last = await change(() => page.getByLabel('Loss computed in').selectOption('bfloat16'));
    assert.deepEqual(await dashboard.kept(), { origin: { kind: 'catalogue' }, settings: last });
    assert.deepEqual(trainingSettings(last), last, 'the host opens to the same');
  });

  it('says at its place what is wrong, and does not start', async () => {
    await blank();
    const { page } = dashboard;
    const radii = page.getByLabel('Zero error radii');
    for (const [text, problem] of [
      ['0.7', '0.7 is not a number from 0 to 0.5.'],
      ['0.1 x', 'x is not a number from 0 to 0.5.'],
      ['', 'Enter one or more radii.'],
    ] as const) {
      await radii.fill(text);
      assert.equal(await radii.getAttribute('aria-invalid'), 'true');
      assert.ok((await page.getByRole('alert').allInnerTexts()).includes(problem));
    }
    await page.getByRole('button', { name: 'Start' }).click();
    await radii.fill('0.1');
    await page.getByLabel('Momentum').fill('1');
    await page.getByRole('button', { name: 'Start' }).click();
    await dashboard.frames();
    assert.deepEqual(await page.evaluate(() => window.posted.filter(({ type }) => type === 'startTraining')), []);
  });

  it('starts once, however fast it is clicked', async () => {
    await blank();
    const { page } = dashboard;
    const state = await page.evaluate(() => {
      const [start] = [...document.querySelectorAll('button')].filter(({ textContent }) => textContent === 'Start');
      start?.click();
      start?.click();
      return document.body.dataset['state'];
    });
    assert.equal(state, 'loading', 'at once');
    await dashboard.frames();
    assert.equal((await dashboard.posted<TrainMessage>('startTraining')).length, 1);
  });

  it("takes the user's own patterns by the host's dialog, and says what is in them or wrong with them", async () => {
    await blank();
    const { page } = dashboard;
    await page.getByLabel('Task', { exact: true }).selectOption('own');
    await page.getByRole('button', { name: /CSV/ }).click();
    await dashboard.posted('choosePatterns');
    const own = { uri: 'file:///words.csv', name: 'words.csv', targets: null };
    const settings = { ...defaults, task: 'own', own } as const;
    const text = taskSummary(settings, patternsOfCsv('in1,in2,out1\n0,1,1\n1,1,0\n', 'words.csv'));
    await dashboard.send({ type: 'task', chosen: own, task: { text, isWrong: false } });
    await page.getByText('2-3-1 network, 2 patterns, 13 weights').waitFor();
    await dashboard.frames();
    const before = (await dashboard.posted<TrainingChangeMessage>('changeTraining')).length;
    await page.getByLabel(/Target columns/).fill('2');
    const changed = await dashboard.posted<TrainingChangeMessage>('changeTraining', before + 1);
    assert.deepEqual(changed.at(-1)?.settings.own, { ...own, targets: 2 });
    await dashboard.send({ type: 'task', chosen: null, task: { text: 'words.csv:2:1: no.', isWrong: true } });
    await page.locator('#task.wrong').waitFor();
  });

  it('reads the means at the crosshair, in the legend and aloud', async () => {
    await open();
    const { page } = dashboard;
    await page.getByRole('slider', { name: /Crosshair of the dead units/ }).focus();
    await page.keyboard.press('End');
    await dashboard.frames();
    const rows = await dashboard.rows('#legend');
    assert.deepEqual(
      rows.map(([name]) => name),
      ['v1, r = 0.1', 'v2 = v3 = v4, r = 0.1', 'MikeNet cross-entropy, r = 0.1', 'straight-through, r = 0.1'],
    );
    const swatches = await page
      .locator('#legend canvas')
      .evaluateAll((all) => all.map((each) => (each as HTMLCanvasElement).toDataURL()));
    assert.equal(new Set(swatches).size, 4, 'each is told from the others');
    assert.match(rows[0]?.[2] ?? '', /^0 %$/, 'v1 has no dead units');
    assert.match(rows[1]?.[2] ?? '', /^\d.* %$/);
    assert.match(await page.locator('[aria-live="polite"]').innerText(), /^Epoch 600\. v1, r = 0\.1: cross-entropy /);
    for (const slider of await page.getByRole('slider', { name: /Crosshair/ }).all()) {
      assert.equal(await slider.getAttribute('aria-valuetext'), '600');
    }
  });

  it('hides and shows curves, and keeps that', async () => {
    await open();
    const { page } = dashboard;
    await page.locator('#legend').getByRole('checkbox', { name: 'v1, r = 0.1' }).uncheck();
    await dashboard.frames();
    assert.equal(await dashboard.pixels(1, themes.dark.variables['charts-blue']), 0);
    assert.deepEqual(((await dashboard.kept()) as { hidden: unknown }).hidden, ['zer/v1 0.1']);
  });

  it('says whose it is, draws as its configuration says, and tells what is hidden', async () => {
    await open(defaults, { state: { hidden: ['zer/v2 0.1'] } });
    const { page } = dashboard;
    const box = (name: RegExp): Locator => page.locator('#legend').getByRole('checkbox', { name });
    assert.equal(await box(/^v2/).isChecked(), false);
    assert.equal(await page.getByRole('button', { name: 'Save', exact: true }).isVisible(), false);
    const origin = { kind: 'config', uri: 'file:///a.loss.json' } as const;
    const state = { ...stateOf(defaults), title: 'A title', source: 'a.loss.json', origin, hidden: ['zer/v1 0.1'] };
    await page.getByLabel('Momentum').focus();
    await dashboard.send(state);
    await dashboard.frames();
    assert.deepEqual([await box(/^v1/).isChecked(), await box(/^v2/).isChecked()], [false, true]);
    assert.equal(await page.locator('h1').innerText(), 'A title');
    assert.equal(await page.locator('#origin').innerText(), 'a.loss.json');
    assert.equal(await page.evaluate(() => (document.activeElement as HTMLInputElement).name), 'momentum');
    assert.deepEqual(await page.evaluate(() => window.posted.filter(({ type }) => type === 'hide')), []);
    await box(/^MikeNet/).uncheck();
    const [hide] = await dashboard.posted<HideMessage>('hide');
    assert.deepEqual(hide?.hidden, ['zer/v1 0.1', 'mikenet/cross-entropy 0.1']);
    await page.getByLabel('Momentum').fill('0.5');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const [save] = await dashboard.posted<SaveConfigMessage<TrainingSettings>>('saveConfig');
    assert.deepEqual(save, {
      type: 'saveConfig',
      settings: { ...defaults, momentum: 0.5 },
      hidden: ['zer/v1 0.1', 'mikenet/cross-entropy 0.1'],
      as: false,
    });
    // The file says something else: the controls do, too.
    await dashboard.send({ ...state, settings: { ...defaults, radii: [0.2, 0.3] } });
    await dashboard.frames();
    assert.equal(await page.getByLabel('Zero error radii').inputValue(), '0.2, 0.3');
    assert.deepEqual(((await dashboard.kept()) as { origin: object }).origin, origin);
  });

  it('says what is wrong with its configuration until that is mended', async () => {
    await blank();
    await dashboard.send({ type: 'failed', generation: 0, message: 'a.loss.json:1:2: no.' });
    await dashboard.state('error');
    await dashboard.send(stateOf(defaults));
    await dashboard.state('ready');
  });

  const exported = async (item: string): Promise<SaveMessage> => {
    await dashboard.page.getByRole('button', { name: 'Export' }).click();
    await dashboard.page.getByRole('menuitem', { name: item, exact: true }).click();
    return (await dashboard.posted<SaveMessage>('save')).at(-1) ?? assert.fail();
  };

  it('has what can be done with it in one line, and the menu over the page', async () => {
    await open();
    const { page } = dashboard;
    const [saving, menu, plot] = [
      page.getByRole('button', { name: 'Save as Config' }),
      page.getByRole('button', { name: 'Export' }),
      page.locator('canvas[role="img"]').first(),
    ];
    assert.equal((await saving.boundingBox())?.y, (await menu.boundingBox())?.y);
    const before = await plot.boundingBox();
    await menu.click();
    await page.getByRole('menuitem', { name: 'Copy as Markdown' }).waitFor();
    assert.deepEqual(await plot.boundingBox(), before);
    await dashboard.screenshot('training-menu');
  });

  it('exports what was trained, to the last bit, of the curves that are shown', async () => {
    await open();
    const { page } = dashboard;
    // Its twins, v3 and v4, share the entry of v2.
    await page
      .locator('#legend')
      .getByRole('checkbox', { name: /^MikeNet/ })
      .uncheck();
    // What is set isn't what was trained.
    await page.getByLabel('Momentum').fill('0.5');
    const [heads = '', ...rows] = String((await exported('CSV')).content)
      .trimEnd()
      .split('\r\n');
    const { curves, table, headlines, sentences } = lastReport((await once(defaults)).messages);
    const shown = curves.filter(({ variant }) => variant !== 'mikenet/cross-entropy');
    assert.ok(
      shown.some(({ sameAs }) => sameAs !== null),
      'each has data of its own',
    );
    assert.equal(
      rows.length,
      shown.reduce((sum, { epoch }) => sum + epoch.length, 0),
    );
    const names = heads.split(',');
    assert.ok(!names.includes('target') && names.includes('about'));
    // Numbers stand in the last columns, and have no commas.
    const numbers = rows.map((row) => row.split(',').slice(-13).map(Number));
    assert.deepEqual(names.slice(-13, -9), [
      'epoch',
      'cross_entropy_mean',
      'cross_entropy_least',
      'cross_entropy_greatest',
    ]);
    let at = 0;
    for (const { epoch, variant, bands } of shown) {
      for (let i = 0; i < epoch.length; i++, at++) {
        const { crossEntropy, dead, correct, correctHalf } = bands;
        const values = [crossEntropy, dead, correct, correctHalf].flatMap(({ mean, low, high }) => [
          mean[i],
          low[i],
          high[i],
        ]);
        assert.deepEqual(numbers[at], [epoch[i], ...values]);
        assert.ok(rows[at]?.includes(`,${variant},`));
      }
    }
    const json = JSON.parse(String((await exported('JSON')).content)) as {
      settings: TrainingSettings;
      findings: string[];
      curves: { loss: string; points: { dead_units_mean: number[] }[] }[];
    };
    assert.deepEqual(json.settings, defaults);
    assert.deepEqual(json.findings.slice(1), [...headlines, ...sentences]);
    assert.match(json.findings[0] ?? '', /^Trained: 8-3-8 encoder · 3 sigmoid units · rate 0\.1 · momentum 0\.9/);
    assert.deepEqual(json.curves[1]?.points[0]?.dead_units_mean, [...(shown[1]?.bands.dead.mean ?? [])]);
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: 'Copy as Markdown' }).click();
    const [report] = await dashboard.posted<CopyReportMessage<TrainingSettings>>('copyReport');
    assert.ok(report);
    assert.deepEqual(report.settings, defaults);
    const text = report.text.replace(/\\(.)/g, '$1');
    for (const sentence of sentences) assert.ok(text.includes(`- ${sentence}`), sentence);
    const learnt = table.rows[0]?.cells[3] ?? assert.fail();
    assert.ok(text.includes(`| ${learnt.text} (${learnt.seeds.join(' · ')}) |`), text);
    assert.match(text, /- model · CPU \(test\) · version .*\n- Lossfloor \d+\.\d+\.\d+, /);
  });

  it('exports pictures of all plots', async () => {
    await open();
    const { content } = await exported('SVG');
    dashboard.keepFile('training-export.svg', String(content));
    for (const part of ['Cross-entropy', 'Dead units', 'Patterns correct', 'Computed by model', 'Lossfloor ']) {
      assert.ok(String(content).includes(part), part);
    }
    assert.ok(!/NaN|undefined/.test(String(content).replace(/<text.*?<\/text>/gs, '')));
  });

  for (const theme of themeNames) {
    it(`is accessible and fit to print in ${theme}`, async () => {
      await open({ ...defaults, radii: [0.1, 0.2] }, { theme, width: 1100, height: 1400 });
      assert.deepEqual(await dashboard.violations(), []);
      await dashboard.screenshot(`training-${theme}`);
    });
  }

  it('is accessible before anything is trained', async () => {
    await blank(defaults, { theme: 'light', width: 1100 });
    assert.deepEqual(await dashboard.violations(), []);
    await dashboard.screenshot('training-empty');
  });

  for (const width of [300, 640, 3840]) {
    it(`fits a panel ${String(width)} pixels wide`, async () => {
      await open(defaults, { theme: 'light', width, height: width === 3840 ? 2160 : 800 });
      await dashboard.page.locator('.settings').evaluate((box) => ((box as HTMLDetailsElement).open = true));
      assert.equal(await dashboard.overflows(), false);
      await dashboard.screenshot(`training-${String(width)}`);
    });
  }
});

function lastReport(messages: readonly ToTrainingWebview[]): TrainingProgressMessage['report'] {
  const last = messages.filter((message) => message.type === 'trainingProgress').at(-1);
  return last?.report ?? assert.fail();
}
