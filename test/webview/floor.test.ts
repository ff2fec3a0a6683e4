import assert from 'node:assert/strict';
import type { FloorChangeMessage, FloorLook, FloorSettings, LookMessage, ReportMessage } from '../../src/protocol';
import { formats, neighbour, ulpDistance } from '../../src/numeric';
import { printNumber, printThreshold, printTick, printUlp } from '../../webview/common/format';
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

  it('says how many curves were not measured for this run', async () => {
    await open(keras);
    const curves = await floorCurves(keras, 2);
    const [first, ...others] = curves;
    assert.ok(first);
    await dashboard.send(
      started(2, curves.length),
      { ...first, remembered: true },
      ...others.map((curve) => ({ ...curve, remembered: false })),
      finished(2),
    );
    const known = `1 of ${String(curves.length)} known from before`;
    await dashboard.page.locator('#identity', { hasText: known }).waitFor();
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
    // In one go: how fast keys come from the outside hangs on what else the machine does.
    await dashboard.page.getByLabel('points', { exact: true }).evaluate((input: HTMLInputElement) => {
      for (const text of ['', '3', '32', '321']) {
        input.value = text;
        input.dispatchEvent(new Event('input', { bubbles: true }));
      }
    });
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

  it('keeps a change that the host had not heard of when it sent its settings, and posts it', async () => {
    await open(keras);
    const to = dashboard.page.getByLabel('to', { exact: true });
    await to.fill('30');
    // The change waits for the next key, and something else of the configuration is told meanwhile.
    await dashboard.send({ ...floorState(keras), heard: 0 });
    const [change] = await dashboard.posted<FloorChangeMessage>('changeFloor');
    assert.deepEqual([change?.settings.sweep.to, change?.count], [30, 1]);
    assert.equal(await to.inputValue(), '30');
    await dashboard.send({ ...floorState(keras), heard: 1 });
    await dashboard.frames();
    assert.equal(await to.inputValue(), String(keras.sweep.to));
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

  /** The view that was posted last, once so many changes were. */
  const posted = async (count: number): Promise<FloorSettings> => {
    const changes = await dashboard.posted<FloorChangeMessage>('changeFloor', count);
    assert.equal(changes.length, count);
    return changes.at(-1)?.settings ?? assert.fail();
  };
  /** Answers as the host does. */
  const answer = async (settings: FloorSettings, generation: number): Promise<void> => {
    await dashboard.send(...(await floorMessages(settings, generation)).slice(1));
    await dashboard.page.locator(`body[data-state="ready"][data-generation="${String(generation)}"]`).waitFor();
    await dashboard.frames();
  };
  const near = (actual: number | undefined, wanted: number, room: number): void => {
    assert.ok(Math.abs((actual ?? NaN) - wanted) <= room, `${String(actual)} is not ${String(wanted)}`);
  };
  /** Where a margin is on the page, in the plot of the loss: the axis begins after its labels and ends before the edge. */
  const pointAt = async (a: number, view: { from: number; to: number }, labels = 66): Promise<[number, number]> => {
    const box = await dashboard.page.locator('.cursor').first().boundingBox();
    assert.ok(box);
    const [left, right] = [box.x + labels, box.x + box.width - 14];
    return [left + ((a - view.from) / (view.to - view.from)) * (right - left), box.y + 60];
  };
  const viewText = (): Promise<string> => dashboard.page.locator('#view').innerText();

  it('zooms by a drag, has that part measured, and goes back', async () => {
    await open(keras);
    const { page } = dashboard;
    assert.equal(await viewText(), 'a from −20 to 40');
    const back = page.getByRole('button', { name: 'Back to the whole range' });
    assert.equal(await back.getAttribute('aria-disabled'), 'true');
    await page.mouse.move(...(await pointAt(10, keras.sweep)));
    await page.mouse.down();
    await page.mouse.move(...(await pointAt(20, keras.sweep)), { steps: 4 });
    await page.mouse.up();
    const zoomed = await posted(1);
    near(zoomed.view?.from, 10, 0.2);
    near(zoomed.view?.to, 20, 0.2);
    assert.deepEqual(zoomed.sweep, keras.sweep);
    assert.match(await viewText(), /^a from (9\.9|10).* to (20|19\.9).*$/);
    await answer(zoomed, 2);
    // It is the part that is drawn now, as finely as the whole was.
    const [curve] = await floorCurves(zoomed, 2);
    assert.equal(curve?.curve.margin.length, keras.sweep.points);
    await page.getByText('Show data').first().click();
    await page.locator('.data tbody tr').first().waitFor();
    const rows = await dashboard.rows('.data table');
    assert.equal(rows[0]?.[0], printNumber(curve.curve.margin[0] ?? NaN, 'float32'));
    assert.deepEqual(await dashboard.kept(), {
      origin: { kind: 'config', uri: 'file:///bce.loss.json' },
      settings: zoomed,
    });
    await back.click();
    assert.equal((await posted(2)).view, null);
    assert.equal(await viewText(), 'a from −20 to 40');
  });

  it('zooms by the wheel with a key only, around the pointer', async () => {
    await open(keras);
    const { page } = dashboard;
    await page.mouse.move(...(await pointAt(10, keras.sweep)));
    await page.mouse.wheel(0, 100);
    await page.waitForTimeout(300);
    assert.deepEqual(await page.evaluate(() => window.posted.filter(({ type }) => type === 'changeFloor')), []);
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.mouse.move(...(await pointAt(10, keras.sweep)));
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -300);
    await page.keyboard.up('Control');
    const { view } = await posted(1);
    const factor = 1.25 ** -3;
    near(view?.from, 10 - 30 * factor, 0.5);
    near(view?.to, 10 + 30 * factor, 0.5);
    await page
      .locator('.cursor')
      .first()
      .dblclick({ position: { x: 400, y: 100 } });
    assert.equal((await posted(2)).view, null);
  });

  it('zooms and moves by keys, with the focus on a crosshair', async () => {
    await open(keras);
    const { page } = dashboard;
    await page.getByRole('slider').first().focus();
    await page.keyboard.press('+');
    const first = (await posted(1)).view ?? assert.fail();
    near(first.to - first.from, 40, 0.01);
    await page.keyboard.press('Shift+ArrowRight');
    const second = (await posted(2)).view ?? assert.fail();
    near(second.from - first.from, 8, 0.01);
    near(second.to - first.to, 8, 0.01);
    await page.keyboard.press('Shift+ArrowLeft');
    near((await posted(3)).view?.from, first.from, 0.01);
    await page.keyboard.press('-');
    assert.equal((await posted(4)).view, null);
    await page.keyboard.press('+');
    await posted(5);
    await page.keyboard.press('0');
    assert.equal((await posted(6)).view, null);
  });

  it('zooms and moves by buttons, around the crosshair', async () => {
    await open(keras);
    const { page } = dashboard;
    const click = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
    await click('Zoom in');
    const first = (await posted(1)).view ?? assert.fail();
    near(first.from, -5, 0.01);
    near(first.to, 25, 0.01);
    await click('Move right');
    near((await posted(2)).view?.from, 2.5, 0.01);
    await click('Move left');
    near((await posted(3)).view?.from, -5, 0.01);
    await click('Zoom out');
    assert.equal((await posted(4)).view, null);
  });

  for (const button of ['left', 'middle'] as const) {
    it(`moves what is in view by a drag with ${button === 'left' ? 'Shift' : 'the middle button'}`, async () => {
      const zoomed = { ...keras, view: { from: 0, to: 20 } };
      await open(zoomed);
      const { page } = dashboard;
      const at = (a: number): Promise<[number, number]> => pointAt(a, zoomed.view, 92);
      if (button === 'left') await page.keyboard.down('Shift');
      await page.mouse.move(...(await at(15)));
      await page.mouse.down({ button });
      await page.mouse.move(...(await at(10)), { steps: 3 });
      await page.mouse.up({ button });
      if (button === 'left') await page.keyboard.up('Shift');
      await dashboard.frames();
      // What was posted may be of the way there.
      await dashboard.posted('changeFloor');
      const { view } = ((await dashboard.kept()) as { settings: FloorSettings }).settings;
      near(view?.from, 5, 0.1);
      near(view?.to, 25, 0.1);
    });
  }

  it('never shows less than a few floats', async () => {
    await open(keras);
    const { page } = dashboard;
    await page.getByRole('slider').first().focus();
    for (let i = 0; i < 60; i++) await page.keyboard.press('+');
    const now = async (): Promise<FloorSettings> => ((await dashboard.kept()) as { settings: FloorSettings }).settings;
    const { view } = await now();
    assert.ok(view);
    const middle = Math.fround((view.from + view.to) / 2);
    const ulp = neighbour(formats.float32, middle, 1n) - middle;
    const floats = (view.to - view.from) / ulp;
    assert.ok(floats >= 15 && floats < 40, `${String(floats)} floats`);
    await page.waitForTimeout(400);
    await answer(await now(), 2);
    // The labels of the axis differ although they are so near to each other.
    assert.match(await viewText(), /^a from \d+\.\d{5,} to \d+\.\d{5,}$/);
  });

  it('goes to a threshold that is clicked: in a sentence, in the table, in the plot', async () => {
    await open(keras);
    const { page } = dashboard;
    const [curve] = await floorCurves(keras, 1);
    const at = curve?.summary.floor?.at ?? assert.fail();
    const dead = curve?.summary.deadFrom ?? assert.fail();
    const isThere = async (margin: number, count: number): Promise<void> => {
      const settings = await posted(count);
      const { from, to } = settings.view ?? assert.fail();
      near(from, margin - 0.05 * Math.abs(margin), 0.02);
      near(to, margin + 0.05 * Math.abs(margin), 0.02);
      await answer(settings, count + 1);
      const slider = page.getByRole('slider').first();
      // It follows in the frame after the answer.
      await slider.and(page.locator(`[aria-valuenow="${String(margin)}"]`)).waitFor();
      await dashboard.frames();
      assert.equal(await slider.evaluate((element) => document.activeElement === element), true);
      // The threshold is one of the points that were measured: its values are at the crosshair.
      assert.equal((await dashboard.rows('#crosshair'))[0]?.[2], printNumber(margin, 'float32'));
    };
    await page.locator('#sentences .place').first().click();
    await isThere(at, 1);
    await page.locator('#summary tbody tr').first().locator('.place').nth(3).click();
    await isThere(-dead, 2);
    await page.getByRole('button', { name: 'Back to the whole range' }).click();
    await answer(await posted(3), 4);
    const [x] = await pointAt(at, keras.sweep);
    // The mark lies on the curve: somewhere beneath the pointer's column.
    const box = (await page.locator('.cursor').first().boundingBox()) ?? assert.fail();
    for (let y = box.y + 10; y < box.y + box.height - 60; y += 8) {
      await page.mouse.click(x, y);
      // On a busy machine the page would hear of the next click before it has answered this one.
      await dashboard.frames();
      if ((await page.evaluate(() => window.posted.filter(({ type }) => type === 'changeFloor').length)) > 3) break;
      if ((await viewText()) !== 'a from −20 to 40') break;
    }
    await isThere(at, 4);
  });

  it('says the values at the crosshair so that each float can be recovered', async () => {
    await open(keras);
    const { page } = dashboard;
    await page.getByRole('slider').first().focus();
    await page.keyboard.press('End');
    await dashboard.frames();
    const curves = await floorCurves(keras, 1);
    const rows = await dashboard.rows('#crosshair');
    assert.equal(rows.length, curves.length);
    curves.forEach(({ curve, format }, i) => {
      const last = curve.margin.length - 1;
      const at = (values: Float64Array): number => values[last] ?? NaN;
      assert.deepEqual(rows[i]?.slice(1), [
        format,
        printNumber(at(curve.margin), format),
        printNumber(at(curve.loss), format),
        printNumber(at(curve.exactLoss)),
        printUlp(at(curve.lossUlp)),
        printNumber(at(curve.gradient), format),
        printNumber(at(curve.exactGradient)),
        printUlp(at(curve.gradientUlp)),
      ]);
    });
    const bits = (await page.locator('#crosshair td:nth-child(4) span').first().getAttribute('title')) ?? '';
    const [, fraction = '', exponent = ''] = /^0x1\.([0-9a-f]+)p([+-]\d+)$/.exec(bits) ?? [];
    const significand = 1 + Number.parseInt(fraction, 16) / 16 ** fraction.length;
    assert.equal(significand * 2 ** Number(exponent), curves[0]?.curve.loss.at(-1));
    // A click keeps it when the pointer leaves.
    await page.keyboard.press('Escape');
    await page.mouse.click(...(await pointAt(10, keras.sweep)));
    await page.mouse.move(5, 5);
    await dashboard.frames();
    near(Number((await dashboard.rows('#crosshair'))[0]?.[2]), 10, 0.2);
  });

  it('shows errors in ULPs, of the loss or the gradient', async () => {
    await open(keras);
    const { page } = dashboard;
    const [curve] = await floorCurves(keras, 1);
    const { margin, loss, exactLoss, lossUlp, gradientUlp } = curve?.curve ?? assert.fail();
    await page.getByText('Show data').nth(2).click();
    await page.locator('.plot:nth-child(3) .data tbody tr').first().waitFor();
    const shown = async (): Promise<(string | undefined)[]> =>
      (await dashboard.rows('.plot:nth-child(3) .data table')).map((row) => row[1]);
    const print = (values: Float64Array): string[] => Array.from(values.subarray(0, 500), (x) => printNumber(x));
    assert.deepEqual(await shown(), print(lossUlp));
    lossUlp.forEach((ulp, i) => {
      const nearest = Math.fround(exactLoss[i] ?? NaN);
      const distance = Number(ulpDistance(formats.float32, loss[i] ?? NaN, nearest));
      assert.ok(Math.abs(ulp - distance) <= 1, `at ${String(margin[i])}`);
    });
    await page.getByRole('radio', { name: 'gradient' }).check();
    await dashboard.frames();
    assert.deepEqual(await shown(), print(gradientUlp));
    assert.deepEqual(((await dashboard.kept()) as { look: object }).look, {
      errorOf: 'gradient',
      targets: 'overlaid',
    });
    const [posted, ...rest] = await dashboard.posted<LookMessage<FloorLook>>('look');
    assert.deepEqual([posted?.look, rest], [{ errorOf: 'gradient', targets: 'overlaid' }, []]);
    assert.ok((await dashboard.pixels(2, '#59a4f9')) > 100);
  });

  it('draws as the host says, of a configuration, whatever the page has kept', async () => {
    await open(keras, { state: { look: { errorOf: 'gradient', targets: 'overlaid' } } });
    const { page } = dashboard;
    assert.ok(await page.getByRole('radio', { name: 'gradient' }).isChecked());
    const figures = await page.locator('figure:visible').count();
    const told = { ...keras, spacing: 'ordinal', targets: [0, 1] } as const;
    await dashboard.send({ ...floorState(told), look: { errorOf: 'loss', targets: 'beside' } });
    await dashboard.send(...(await floorMessages(told)));
    await dashboard.state('ready');
    for (const name of ['loss', 'float ordinal', 'side by side']) {
      assert.ok(await page.getByRole('radio', { name, exact: true }).isChecked(), name);
    }
    assert.equal(await page.locator('figure:visible').count(), 2 * figures);
    assert.deepEqual(((await dashboard.kept()) as { look: object }).look, { errorOf: 'loss', targets: 'beside' });
    assert.equal(await page.evaluate(() => window.posted.some(({ type }) => type === 'look')), false);
  });

  it('makes every float equally wide, and measures at even steps through them', async () => {
    await open(keras);
    const { page } = dashboard;
    await page.getByRole('radio', { name: 'float ordinal' }).check();
    const settings = await posted(1);
    assert.equal(settings.spacing, 'ordinal');
    await answer(settings, 2);
    const [curve] = await floorCurves(settings, 2);
    const margins = curve?.curve.margin ?? assert.fail();
    const ordinals = Array.from(margins, (margin) => Number(formats.float32.ordinal(margin)));
    const [first = 0, last = 0] = [ordinals[0], ordinals.at(-1)];
    assert.equal(margins.length, keras.sweep.points);
    ordinals.forEach((ordinal, i) => near(ordinal, first + ((last - first) * i) / (ordinals.length - 1), 1));
    // A quarter of the way across is a quarter of the way through the floats.
    const [x, y] = await pointAt(-20 + 60 * 0.25, keras.sweep);
    await page.mouse.move(x, y);
    await dashboard.frames();
    const there = Number((await dashboard.rows('#crosshair'))[0]?.[2]);
    near(Number(formats.float32.ordinal(Math.fround(there))), first + (last - first) * 0.25, (last - first) / 300);
    // Dragging selects what is between two floats.
    await page.mouse.down();
    const [right] = await pointAt(-20 + 60 * 0.75, keras.sweep);
    await page.mouse.move(right, y, { steps: 3 });
    await page.mouse.up();
    const { view } = await posted(2);
    assert.ok(view && view.from < 0 && view.from > -1e-3, String(view?.from));
    assert.ok(view.to > 0 && view.to < 1e-3, String(view.to));
  });

  it('shows loss and gradient where floats end, as measured', async () => {
    await open(mixed);
    const { page } = dashboard;
    const curves = await floorCurves(mixed, 1);
    const odds = curves.flatMap(({ specials: { loss, exactLoss, gradient, exactGradient } }) =>
      [
        [loss, exactLoss],
        [gradient, exactGradient],
      ].flatMap(([values, exact]) =>
        Array.from(values ?? [], (value, i) => !Number.isFinite(value) && Number.isFinite(exact?.[i])),
      ),
    );
    assert.match(
      await page.locator('.specials summary').innerText(),
      new RegExp(`: ${String(odds.filter(Boolean).length)} of ${String(odds.length)} values are not finite`),
    );
    assert.equal((await dashboard.rows('#specials')).length, 0, 'made when it is asked for');
    await page.getByText('Where floats end').click();
    await page.locator('#specials tbody tr').first().waitFor();
    const rows = await dashboard.rows('#specials');
    assert.equal(rows.length, 2 * curves.length);
    curves.forEach(({ specials, format }, i) => {
      const cells = (values: Float64Array, exact: Float64Array): string[] =>
        Array.from(
          values,
          (value, at) => `${printNumber(value, format)}exact ${printNumber(Number((exact[at] ?? NaN).toPrecision(8)))}`,
        );
      assert.deepEqual(rows[2 * i]?.slice(3), cells(specials.loss, specials.exactLoss));
      assert.deepEqual(rows[2 * i + 1]?.slice(3), cells(specials.gradient, specials.exactGradient));
    });
    const heads = await dashboard.page.locator('#specials thead th').allInnerTexts();
    assert.deepEqual(heads.slice(3), ['+0', '−0', '+least', '−least', '+max', '−max', '+∞', '−∞', 'NaN']);
    // What is NaN although the exact value is finite is framed, too.
    const odd = await dashboard.page.locator('#specials .odd').allInnerTexts();
    assert.ok(odd.includes('NaN'));
  });

  it('says at a constant which formats can’t hold it, and what they store', async () => {
    await open(mixed);
    const { page } = dashboard;
    const badge = page.locator('.badge').first();
    // A default of its own: Keras has 1e-7 in float16, too.
    assert.equal(await badge.innerText(), 'not representable in float16');
    assert.match(
      (await badge.getAttribute('title')) ?? '',
      /1e-07 is stored as 1\.19e-07 in float16, a subnormal number/,
    );
    const field = page.getByLabel('epsilon', { exact: true }).first();
    await field.fill('1e-9');
    assert.match((await badge.getAttribute('title')) ?? '', /^1e-09 is stored as 0 in float16/);
    await field.fill('0.001');
    assert.ok(await badge.isHidden());
    await field.fill('1e-7');
    await page.getByRole('checkbox', { name: 'float16', exact: true }).uncheck();
    assert.ok(await badge.isHidden());
    await page.getByRole('checkbox', { name: 'float8_e4m3fn', exact: true }).check();
    assert.equal(await badge.innerText(), 'not representable in float8_e4m3fn');
  });

  it('changes the order of losses by buttons, and says the new place', async () => {
    await open(mixed);
    const { page } = dashboard;
    const [first, second, third] = mixed.losses.map(({ label }) => label);
    const names = (): Promise<string[]> => page.locator('.losses li > span:first-child').allInnerTexts();
    const up = page.getByRole('button', { name: `Move ${third ?? ''} up` });
    await up.focus();
    await page.keyboard.press('Enter');
    assert.deepEqual(await names(), [first, third, second]);
    assert.equal(await page.locator('[aria-live="polite"]').innerText(), `${third ?? ''} is now 2 of 3.`);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    assert.deepEqual(await names(), [third, first, second]);
    assert.equal(await up.evaluate((element) => document.activeElement === element), true);
    assert.equal(await up.getAttribute('aria-disabled'), 'true');
    const { losses } = await posted(1);
    assert.deepEqual(
      losses.map(({ label }) => label),
      [third, first, second],
    );
    // Colours follow: the first is blue.
    assert.match((await dashboard.rows('#legend'))[0]?.[0] ?? '', /TensorFlow/);
    await page.getByRole('button', { name: `Move ${third ?? ''} down` }).click();
    assert.deepEqual(
      (await posted(2)).losses.map(({ label }) => label),
      [first, third, second],
    );
  });

  it('shows targets side by side, linked, and says how they differ', async () => {
    await open(keras);
    const { page } = dashboard;
    const titles = (): Promise<string[]> => page.locator('.plot h2').allInnerTexts();
    assert.deepEqual(await titles(), ['Loss', 'Gradient', 'Error against exact']);
    await page.getByRole('radio', { name: 'side by side' }).check();
    await dashboard.frames();
    assert.deepEqual(await titles(), [
      ...['Loss, target 1', 'Gradient, target 1', 'Error against exact, target 1'],
      ...['Loss, target 0', 'Gradient, target 0', 'Error against exact, target 0'],
    ]);
    const sliders = page.getByRole('slider');
    assert.equal(await sliders.count(), 6);
    await sliders.first().focus();
    await page.keyboard.press('Home');
    await dashboard.frames();
    for (const slider of await sliders.all()) assert.equal(await slider.getAttribute('aria-valuetext'), '-20');
    for (const index of [0, 3]) {
      assert.ok((await dashboard.pixels(index, themes.dark.variables.foreground)) > 50, 'the exact curve is in both');
    }
    await page.keyboard.press('+');
    assert.ok((await posted(1)).view);
    const [one, zero] = await floorCurves(keras, 1);
    const [a, b] = [one?.summary.floor, zero?.summary.floor];
    assert.ok(a && b && a.value !== b.value);
    const said = await page.locator('#sentences li').last().innerText();
    assert.ok(
      said.includes(
        `target 1 stops at ${printNumber(a.value, 'float32')} from ${printThreshold(a.at)}, ` +
          `target 0 stops at ${printNumber(b.value, 'float32')} from ${printThreshold(b.at)}`,
      ),
      said,
    );
    await page.getByRole('checkbox', { name: '0', exact: true }).uncheck();
    await dashboard.frames();
    assert.deepEqual(await titles(), ['Loss', 'Gradient', 'Error against exact']);
  });

  it('says first what matters most, above the figure, and all when asked', async () => {
    await open(mixed, { width: 1400, height: 900 });
    const { page } = dashboard;
    const seen = (): Promise<number> => page.locator('#sentences li:visible').count();
    assert.equal(await seen(), 2);
    for (const text of await page.locator('#sentences li:visible').allInnerTexts()) assert.match(text, /NaN/);
    const [lead, loss] = await Promise.all([
      page.locator('.lead').boundingBox(),
      page.locator('.canvas-box').first().boundingBox(),
    ]);
    assert.ok(lead && loss && lead.y < loss.y && loss.y < 450, `the loss begins at ${String(loss?.y)}`);
    const more = page.getByRole('button', { name: 'Show 4 more' });
    assert.equal(await more.getAttribute('aria-expanded'), 'false');
    await more.click();
    assert.equal(await seen(), 6);
    await page.getByRole('button', { name: 'Show the most important only' }).click();
    assert.equal(await seen(), 2);
  });

  it('says nothing twice', async () => {
    await open(settingsOf({ losses: ['torch/bce@2.0'], formats: ['float16'], targets: [1] }));
    const said = await dashboard.page.locator('#sentences').innerText();
    assert.equal(said.match(/gradient is NaN from 8\.3204/gi)?.length, 1, said);
  });

  it('shows what is known of the whole range while a wider view is being measured', async () => {
    await open(keras);
    const { page } = dashboard;
    const zoomed = { ...keras, view: { from: 14, to: 18 } };
    await dashboard.send(...(await floorMessages(zoomed, 2)));
    await page.locator('body[data-state="ready"][data-generation="2"]').waitFor();
    await page.getByRole('button', { name: 'Back to the whole range' }).click();
    await posted(1);
    const at = async (a: number): Promise<number> => {
      await page.mouse.move(...(await pointAt(a, keras.sweep)));
      await dashboard.frames();
      return Number((await dashboard.rows('#crosshair'))[0]?.[2]);
    };
    near(await at(30), 30, 0.2);
    near(await at(-10), -10, 0.2);
    // With another epsilon the old curve says nothing about the rest.
    await page.getByLabel('epsilon', { exact: true }).fill('1e-5');
    await dashboard.frames();
    const [changed] = (await dashboard.posted<FloorChangeMessage>('changeFloor', 2)).slice(-1);
    assert.ok(changed);
    assert.ok((await at(30)) < 19, 'only what was measured last');
  });

  it('tells of an error in its script, and not of a chart that is resized a frame later', async () => {
    await open(keras);
    const fail = (message: string): Promise<unknown> =>
      dashboard.page.evaluate((text) => window.dispatchEvent(new ErrorEvent('error', { message: text })), message);
    await fail('ResizeObserver loop completed with undelivered notifications.');
    assert.equal(await dashboard.page.getAttribute('body', 'data-state'), 'ready');
    await fail('Uncaught TypeError: x is not a function');
    assert.equal(await dashboard.page.getAttribute('body', 'data-state'), 'error');
    const reports = await dashboard.posted<ReportMessage>('report');
    assert.deepEqual(
      reports.map(({ message }) => message),
      ['error in the page: Uncaught TypeError: x is not a function'],
    );
    // It was wanted: closing the page is to find no other.
    await dashboard.page.evaluate(() => void window.posted.splice(0));
  });

  it('marks when the first curve is drawn, once', async () => {
    dashboard = await stage.show('floor');
    const marks = (): Promise<number> =>
      dashboard.page.evaluate(() => performance.getEntriesByName('lossfloor: first chart').length);
    const [first, second] = await floorCurves(keras, 1);
    assert.ok(first && second);
    await dashboard.send(floorState(keras), started(1, 2));
    await dashboard.frames();
    assert.equal(await marks(), 0);
    await dashboard.send(first);
    await dashboard.page.waitForFunction(() => performance.getEntriesByName('lossfloor: first chart').length > 0);
    assert.ok((await dashboard.pixels(0, '#59a4f9')) > 100, 'it is drawn while the other is still missing');
    await dashboard.send(second, finished(1));
    await dashboard.state('ready');
    await dashboard.frames();
    assert.equal(await marks(), 1);
  });

  it('shades where a loss is NaN, and says which curves have a gradient of 0', async () => {
    await open(mixed);
    const note = await dashboard.page.locator('.plot > .note').nth(1).innerText();
    const curves = await floorCurves(mixed, 1);
    const labelOf = ({ lossKey, format }: (typeof curves)[number]): string =>
      `${mixed.losses.find(({ key }) => key === lossKey)?.label ?? assert.fail()}, target 1, ${format}`;
    const isDead = ({ summary }: (typeof curves)[number]): boolean => summary.right.deadZones.length > 0;
    assert.ok(curves.some(isDead) && !curves.every(isDead));
    const first = Math.min(...curves.flatMap(({ summary }) => summary.right.deadZones.map(({ from }) => from)));
    const right = note.slice(note.indexOf(`Shaded from ${printTick(first)}: `));
    assert.deepEqual(
      curves.filter((curve) => right.includes(labelOf(curve))),
      curves.filter(isDead),
      note,
    );
    // Without the only curve that becomes NaN its hatching goes: on one line of pixels there were many edges.
    const edges = (): Promise<number> =>
      dashboard.page
        .locator('.canvas-box canvas')
        .first()
        .evaluate((canvas: HTMLCanvasElement) => {
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
          copy?.drawImage(canvas, 0, 0);
          const { data } = copy?.getImageData(canvas.width * 0.6, 60, canvas.width * 0.35, 1) ?? { data: [] };
          let count = 0;
          for (let i = 4; i < data.length; i += 4) if (data[i + 3] !== data[i - 1]) count++;
          return count;
        });
    const hatched = await edges();
    await dashboard.page.getByRole('checkbox', { name: /^Keras.*float16$/ }).uncheck();
    await dashboard.frames();
    const plain = await edges();
    assert.ok(hatched > plain + 20, `${String(hatched)} edges, then ${String(plain)}`);
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
    const { page } = dashboard;
    assert.ok(await page.getByText('No loss is chosen. Add one to measure it.').isVisible());
    // The settings may be closed.
    assert.equal(await page.locator('#sentences').innerText(), 'Nothing to measure: choose a loss in the settings.');
    assert.ok(await page.locator('#summary').isHidden());
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

    it(`is accessible with everything open in ${theme}`, async () => {
      const zoomed = { ...keras, sweep: { ...keras.sweep, points: 101 }, view: { from: 14, to: 18 } };
      await open(zoomed, { theme, width: 1400, state: { look: { errorOf: 'gradient', targets: 'beside' } } });
      for (const summary of await dashboard.page.getByText('Show data').all()) await summary.click();
      await dashboard.page.getByRole('slider').first().focus();
      await dashboard.page.keyboard.press('ArrowRight');
      await dashboard.frames();
      assert.deepEqual(await dashboard.violations(), []);
      await dashboard.page.evaluate(() => {
        for (const details of document.querySelectorAll('.data')) details.removeAttribute('open');
      });
      await dashboard.screenshot(`floor-zoomed-${theme}`);
    });
  }

  for (const width of [300, 3840]) {
    it(`fits a panel ${String(width)} pixels wide with targets side by side`, async () => {
      const state = { look: { errorOf: 'loss', targets: 'beside' } };
      await open(
        { ...keras, spacing: 'ordinal' },
        { theme: 'dark', width, height: width === 3840 ? 2160 : 800, state },
      );
      assert.equal(await dashboard.overflows(), false);
      await dashboard.screenshot(`floor-beside-${String(width)}`);
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
