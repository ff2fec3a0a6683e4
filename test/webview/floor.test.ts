import assert from 'node:assert/strict';
import type { FloorChangeMessage, FloorSettings } from '../../src/protocol';
import { printNumber } from '../../webview/common/format';
import { finished, floorCurves, floorMessages, floorState, settingsOf, started } from './measured';
import { Stage, type Dashboard } from './page';
import { themeNames, themes } from './themes';

const keras = settingsOf({ losses: ['keras/binary-crossentropy@1'], formats: ['float32'], targets: [1, 0] });
const mixed = settingsOf({
  losses: ['keras/binary-crossentropy@1', 'torch/bce@2.0', 'tfjs/log-loss'],
  formats: ['float32', 'float16'],
  targets: [1],
});

describe('the floor dashboard', () => {
  let stage: Stage;
  let dashboard: Dashboard;

  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage.close());

  const open = async (settings: FloorSettings, options: Parameters<Stage['show']>[1] = {}): Promise<Dashboard> => {
    dashboard = await stage.show('floor', options);
    await dashboard.posted('ready');
    await dashboard.send(...(await floorMessages(settings)));
    await dashboard.state('ready');
    return dashboard;
  };
  afterEach(() => dashboard.close());

  it('draws what was measured and says it in the table, to the last digit', async () => {
    await open(mixed);
    const curves = await floorCurves(mixed, 1);
    const rows = await dashboard.rows('#summary');
    assert.equal(rows.length, curves.length);
    curves.forEach(({ lossKey, format, target, summary }, i) => {
      const plateau = (found: { value: number; at: number } | null, otherwise: string): string =>
        found ? `${printNumber(found.value, format)} from ${printNumber(found.at, format)}` : otherwise;
      const place = (at: number | null): string => (at === null ? 'never' : printNumber(at, format));
      assert.deepEqual(rows[i], [
        mixed.losses.find(({ key }) => key === lossKey)?.label,
        String(target),
        format,
        plateau(summary.floor, 'none'),
        place(summary.right.gradientZero),
        plateau(summary.cap, 'none'),
        place(summary.deadFrom),
        place(summary.firstNaN),
        place(summary.firstInfinity),
        plateau(summary.negative, 'never'),
      ]);
    });
    for (const plot of [0, 1]) {
      for (const colour of ['#59a4f9', '#f14c4c', '#89d185']) {
        assert.ok((await dashboard.pixels(plot, colour)) > 100, `plot ${String(plot)} draws ${colour}`);
      }
    }
  });

  it('says it in a sentence', async () => {
    await open(settingsOf({ losses: ['keras/binary-crossentropy@1'], formats: ['float32'], targets: [1] }));
    assert.equal(
      await dashboard.page.locator('#sentences').innerText(),
      'Keras 1–2.2 BCE (clip, invert), target 1, float32: Stops at 1.1920933e-7 from 15.537, because of epsilon = 1e-7; ' +
        'exactly it would be 1.0000e-7, but 1 - 1e-7 is stored as 1 - 2^-23. The gradient is 0 from 16.636. With epsilon = ' +
        '1e-8 it would be NaN. On the wrong side it is never above 16.12; on the wrong side its gradient is 0 from 16.119: ' +
        'these errors are never corrected.',
    );
    const label = (await dashboard.page.locator('canvas[role="img"]').first().getAttribute('aria-label')) ?? '';
    assert.match(label, /^Loss against margin, logarithmic: Keras .* Stops at 1\.1920933e-7/);
  });

  it('shows zeros, negative values and NaN, which have no place on a logarithmic axis', async () => {
    await open(mixed);
    const [loss = '', gradient = ''] = await dashboard.page.locator('.plot > .note').allInnerTexts();
    assert.match(loss, /exact zeros in the strip “0”; negative values in the strip “< 0”; NaN hatched/);
    assert.match(gradient, /exact zeros in the strip “0”/);
    // The strips lie beneath the axis and are drawn in the colours of the curves, up to the right edge.
    const before = await dashboard.pixels(1, '#f14c4c');
    await dashboard.page.getByRole('checkbox', { name: 'PyTorch 2 BCELoss, target 1, float32' }).uncheck();
    await dashboard.frames();
    assert.ok((await dashboard.pixels(1, '#f14c4c')) < before);
  });

  it('draws one exact curve for losses that stand for the same', async () => {
    await open(mixed);
    const names = await dashboard.page.locator('#legend tbody tr').allInnerTexts();
    assert.equal(names.filter((name) => name.trim().startsWith('exact')).length, 1);
  });

  it('says who computed it', async () => {
    await open(keras);
    const text = await dashboard.page.locator('#identity').innerText();
    assert.match(
      text,
      /Computed by model \(every operation rounded to the format\) · CPU \(test\) · version .* · 123 ms/,
    );
    assert.ok(await dashboard.page.locator('#identity').isVisible());
  });

  it('shows progress, and cancels', async () => {
    dashboard = await stage.show('floor');
    const curves = await floorCurves(keras, 1);
    await dashboard.send(floorState(keras), started(1, curves.length), ...curves.slice(0, 1));
    await dashboard.page.getByText('1 of 2').waitFor();
    assert.equal(await dashboard.page.getAttribute('body', 'data-state'), 'loading');
    assert.equal((await dashboard.rows('#summary')).length, 1, 'what is there is shown');
    await dashboard.page.getByRole('button', { name: 'Cancel' }).click();
    await dashboard.posted('cancel');
  });

  it('ignores what belongs to an older generation', async () => {
    await open(keras);
    const [stale] = await floorCurves(settingsOf({ losses: ['naive/bce'], formats: ['float32'], targets: [1] }), 1);
    assert.ok(stale);
    await dashboard.send(...(await floorMessages(keras, 3)).slice(1));
    await dashboard.page.locator('body[data-state="ready"][data-generation="3"]').waitFor();
    const before = await dashboard.rows('#summary');
    await dashboard.send({ ...stale, generation: 2 }, { type: 'failed', generation: 2, message: 'old' }, started(2, 9));
    await dashboard.frames();
    assert.deepEqual(await dashboard.rows('#summary'), before);
    assert.equal(await dashboard.page.getAttribute('body', 'data-state'), 'ready');
  });

  it('does not take curves of old settings for those of the new', async () => {
    await open(keras);
    await dashboard.page.getByRole('checkbox', { name: '0', exact: true }).uncheck();
    await dashboard.send(...(await floorCurves(keras, 1)), finished(1));
    await dashboard.frames();
    assert.equal(await dashboard.page.getAttribute('body', 'data-state'), 'loading');
    await dashboard.posted('changeFloor');
    const narrowed = { ...keras, targets: [1] };
    await dashboard.send(...(await floorMessages(narrowed, 2)).slice(1));
    await dashboard.page.locator('body[data-state="ready"][data-generation="2"]').waitFor();
    assert.equal((await dashboard.rows('#summary')).length, 1);
  });

  it('shows errors with a way to the log', async () => {
    dashboard = await stage.show('floor');
    await dashboard.send(floorState(keras), started(1, 2), {
      type: 'failed',
      generation: 1,
      message: '<b>The worker</b> ended.',
    });
    await dashboard.state('error');
    assert.equal(await dashboard.page.locator('.error p').innerText(), '<b>The worker</b> ended.');
    await dashboard.page.getByRole('button', { name: 'Show Logs' }).click();
    await dashboard.posted('showLogs');
    await dashboard.send(started(2, 2), ...(await floorCurves(keras, 2)), finished(2));
    await dashboard.state('ready');
    assert.ok(await dashboard.page.locator('.error').isHidden());
  });

  it('posts each change of a control, and keeps it for the next start', async () => {
    await open(keras);
    const { page } = dashboard;
    const last = async (count: number): Promise<FloorSettings> =>
      (await dashboard.posted<FloorChangeMessage>('changeFloor', count)).at(-1)?.settings ?? keras;

    await page.getByRole('checkbox', { name: 'bfloat16' }).check();
    assert.deepEqual((await last(1)).formats, ['float32', 'bfloat16']);
    await page.getByRole('checkbox', { name: 'mean' }).check();
    assert.deepEqual((await last(2)).targets, [1, 0, 'mean']);
    await page.getByLabel('from', { exact: true }).fill('-5');
    assert.equal((await last(3)).sweep.from, -5);
    await page.getByLabel('Loss to add').selectOption('torch/bce@2.0');
    await page.getByRole('button', { name: 'Add' }).click();
    const added = (await last(4)).losses;
    assert.deepEqual(
      added.map(({ id }) => id),
      ['keras/binary-crossentropy@1', 'torch/bce@2.0'],
    );
    assert.notEqual(added[0]?.key, added[1]?.key);
    await page.getByLabel('epsilon', { exact: true }).fill('1e-5');
    assert.deepEqual((await last(5)).losses[0]?.constants, { epsilon: 1e-5 });
    assert.equal((await last(5)).losses[0]?.label, 'Keras 1–2.2 BCE (clip, invert), epsilon 0.00001');
    await page.getByRole('button', { name: 'Remove PyTorch 2 BCELoss' }).click();
    assert.equal((await last(6)).losses.length, 1);
    assert.deepEqual(await dashboard.kept(), {
      origin: { kind: 'config', uri: 'file:///bce.loss.json' },
      settings: await last(6),
    });
  });

  it('waits for typing to pause', async () => {
    await open(keras);
    await dashboard.page.getByLabel('points', { exact: true }).fill('');
    await dashboard.page.getByLabel('points', { exact: true }).pressSequentially('321', { delay: 20 });
    await dashboard.posted('changeFloor');
    await dashboard.page.waitForTimeout(300);
    const posted = await dashboard.posted<FloorChangeMessage>('changeFloor');
    assert.deepEqual(
      posted.map(({ settings }) => settings.sweep.points),
      [321],
    );
  });

  it('says at the field what is wrong, and posts nothing', async () => {
    await open(keras);
    const { page } = dashboard;
    const trouble = async (label: string, value: string): Promise<string> => {
      const field = page.getByLabel(label, { exact: true });
      await field.fill(value);
      assert.equal(await field.getAttribute('aria-invalid'), 'true');
      const id = (await field.getAttribute('aria-describedby')) ?? '';
      return page.locator(`#${id}`).innerText();
    };
    assert.equal(await trouble('from', '50'), '“from” has to be less than “to”.');
    await page.getByLabel('from', { exact: true }).fill('');
    assert.equal(await trouble('points', '2.5'), 'Enter a whole number.');
    assert.equal(await trouble('points', '1'), 'At least 2.');
    assert.equal(await trouble('points', '1000000'), 'At most 20000.');
    assert.equal(await trouble('from', ''), 'Enter a number.');
    await page.getByRole('checkbox', { name: 'float32' }).uncheck();
    assert.equal(
      await page.locator('fieldset:has-text("Number formats") .field-error').innerText(),
      'Choose at least one.',
    );
    await page.waitForTimeout(300);
    assert.deepEqual(await page.evaluate(() => window.posted.filter(({ type }) => type === 'changeFloor')), []);
  });

  it('leaves the focus where it is when the host sends back what it was sent', async () => {
    await open(keras);
    await dashboard.page.getByLabel('to', { exact: true }).fill('30');
    const [change] = await dashboard.posted<FloorChangeMessage>('changeFloor');
    assert.ok(change);
    await dashboard.send(floorState(change.settings));
    await dashboard.frames();
    assert.equal(await dashboard.page.evaluate(() => (document.activeElement as HTMLInputElement).name), 'to');
  });

  it('follows the configuration when that changes', async () => {
    await open(keras);
    await dashboard.send(...(await floorMessages(mixed, 2, 'Another title')));
    await dashboard.page.locator('body[data-state="ready"][data-generation="2"]').waitFor();
    assert.equal((await dashboard.rows('#summary')).length, 6);
    assert.equal(await dashboard.page.locator('h1').innerText(), 'Another title');
    assert.equal(await dashboard.page.getByRole('checkbox', { name: 'float16', exact: true }).isChecked(), true);
  });

  it('moves a crosshair by keys, through both plots, and says the values', async () => {
    await open(keras);
    const { page } = dashboard;
    const [loss, gradient] = await page.getByRole('slider').all();
    assert.ok(loss && gradient);
    await loss.focus();
    await page.keyboard.press('End');
    await dashboard.frames();
    assert.equal(await loss.getAttribute('aria-valuetext'), '40');
    assert.equal(await gradient.getAttribute('aria-valuetext'), '40');
    const said = page.locator('[aria-live="polite"]');
    assert.match(await said.innerText(), /^a = 40\. Keras .*target 1: loss 1\.1920933e-07, gradient 0/);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Shift+ArrowLeft');
    await dashboard.frames();
    // One point back, then a tenth of them: no step is lost between two frames.
    const [curve] = await floorCurves(keras, 1);
    const { margin, loss: losses, gradient: gradients } = curve?.curve ?? assert.fail();
    const values = [margin, losses, gradients].map((array) => array[600 - 1 - 60] ?? NaN);
    assert.equal(await gradient.getAttribute('aria-valuenow'), String(values[0]));
    const [first = []] = await dashboard.rows('#legend');
    assert.deepEqual(
      first.slice(1),
      values.map((value) => printNumber(value, 'float32')),
    );
    await page.keyboard.press('Escape');
    await dashboard.frames();
    assert.equal(await loss.getAttribute('aria-valuetext'), 'not placed');
  });

  it('moves the crosshair with the pointer', async () => {
    await open(keras);
    const [loss] = await dashboard.page.getByRole('slider').all();
    assert.ok(loss);
    await loss.hover({ position: { x: 300, y: 100 } });
    await dashboard.frames();
    assert.match((await dashboard.rows('#legend'))[0]?.[2] ?? '', /\d/);
  });

  it('hides and shows curves, and remembers', async () => {
    await open(keras);
    await dashboard.page.getByRole('checkbox', { name: /BCE.*target 0$/ }).uncheck();
    await dashboard.frames();
    const kept = (await dashboard.kept()) as { hidden: string[] };
    assert.deepEqual(kept.hidden, [`${keras.losses[0]?.key ?? ''} float32 0`]);
    await dashboard.close();
    await open(keras, { state: kept });
    assert.equal(await dashboard.page.getByRole('checkbox', { name: /BCE.*target 0$/ }).isChecked(), false);
  });

  it('shows the numbers behind each plot', async () => {
    await open(keras);
    const [curve] = await floorCurves(keras, 1);
    assert.ok(curve);
    await dashboard.page.getByText('Show data').first().click();
    await dashboard.page.locator('.data tbody tr').first().waitFor();
    const rows = await dashboard.rows('.data table');
    assert.equal(rows.length, 500);
    const { margin, loss, exactLoss } = curve.curve;
    rows.forEach((row, i) => {
      assert.deepEqual(row, [
        printNumber(margin[i] ?? NaN, 'float32'),
        printNumber(loss[i] ?? NaN, 'float32'),
        printNumber(exactLoss[i] ?? NaN),
      ]);
    });
    assert.equal(await dashboard.page.locator('.data .note').first().innerText(), 'The first 500 of 601 points.');
  });

  it('takes nothing for markup', async () => {
    const nasty = '<img src=x onerror=alert(1)>';
    const [loss] = keras.losses;
    assert.ok(loss);
    await open({ ...keras, losses: [{ ...loss, label: nasty, formula: nasty }] });
    assert.equal(await dashboard.page.locator('img').count(), 0);
    assert.equal((await dashboard.rows('#summary'))[0]?.[0], nasty);
  });

  it('says how to go on where nothing is chosen', async () => {
    dashboard = await stage.show('floor');
    await dashboard.send(floorState({ ...keras, losses: [] }), started(1, 0), finished(1));
    await dashboard.state('ready');
    assert.ok(await dashboard.page.getByText('No loss is chosen. Add one to measure it.').isVisible());
  });

  it('takes the colours of a theme that is changed while it is open', async () => {
    await open(keras);
    assert.ok((await dashboard.pixels(0, themes.dark.variables['charts-blue'])) > 100);
    await dashboard.wear('light');
    await dashboard.frames();
    assert.ok((await dashboard.pixels(0, themes.light.variables['charts-blue'])) > 100);
    assert.equal(await dashboard.pixels(0, themes.dark.variables['charts-blue']), 0);
  });

  for (const theme of themeNames) {
    it(`is accessible and fit to print in ${theme}`, async () => {
      await open(mixed, { theme, width: 1000 });
      assert.deepEqual(await dashboard.violations(), []);
      await dashboard.screenshot(`floor-${theme}`);
    });
  }

  for (const width of [300, 640, 3840]) {
    it(`fits a panel ${String(width)} pixels wide`, async () => {
      await open(mixed, { theme: 'light', width, height: width === 3840 ? 2160 : 800 });
      assert.equal(await dashboard.overflows(), false);
      assert.deepEqual(await dashboard.violations(), []);
      await dashboard.screenshot(`floor-${String(width)}`);
    });
  }
});
