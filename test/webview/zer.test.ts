import assert from 'node:assert/strict';
import type { LookMessage, TrainTheseMessage, ZerChangeMessage, ZerLook } from '../../src/protocol';
import { zeroErrorRadiusVariants } from '../../src/config';
import { finished, started, zerCurves, zerDefaults, zerMessages, zerState } from './measured';
import { Stage, type Dashboard } from './page';
import { themeNames, themes } from './themes';

const zerVariants = zeroErrorRadiusVariants().map(({ id }) => id);

describe('the zero error radius dashboard', () => {
  let stage: Stage;
  let dashboard: Dashboard;

  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage.close());

  const open = async (settings = zerDefaults, options: Parameters<Stage['show']>[1] = {}): Promise<Dashboard> => {
    dashboard = await stage.show('zer', options);
    await dashboard.posted('ready');
    await dashboard.send(...(await zerMessages(settings)));
    await dashboard.state('ready');
    return dashboard;
  };
  afterEach(() => dashboard.close());

  it('draws replaced output, loss and gradient, each against output and logit', async () => {
    await open();
    assert.deepEqual(await dashboard.page.locator('figure:visible h2').allInnerTexts(), [
      'Replaced output against output',
      'Replaced output against logit',
      'Loss against output',
      'Loss against logit',
      'Gradient against output',
      'Gradient against logit',
    ]);
    const { variables } = themes.dark;
    for (const plot of [0, 1, 2, 3, 4, 5]) {
      for (const colour of ['charts-blue', 'charts-red', 'charts-purple'] as const) {
        assert.ok((await dashboard.pixels(plot, variables[colour])) > 20, `plot ${String(plot)} draws ${colour}`);
      }
    }
    assert.equal((await dashboard.rows('#summary')).length, zerDefaults.variants.length * 2);
  });

  it('says what the radius does to learning, as measured', async () => {
    await open({ ...zerDefaults, variants: ['zer/v3', 'mikenet/cross-entropy'], targets: [1] });
    await dashboard.page.getByText('Each curve in a sentence').click();
    assert.deepEqual(await dashboard.page.locator('#sentences li').allInnerTexts(), [
      'Zero error radius v3 (mask, opposite end by target), target 1, float32: within r = 0.1 of the target the output ' +
        'counts as 1; the gradient is 0 from z = 2.197 on the right side; the loss is negative there, -1.1920928e-07; on ' +
        'the wrong side the loss is never above 2.303; beyond z = −2.197 on the wrong side the gradient is exactly 0: ' +
        'these errors are never corrected.',
      'MikeNet cross-entropy, target 1, float32: within r = 0.1 of the target the output counts as 1; the gradient is 0 ' +
        'from z = 2.197 on the right side; on the wrong side the loss is never above 2.303; on the wrong side the gradient ' +
        'never becomes 0.',
    ]);
  });

  it('says together which variants have a dead zone, where, and which keep their gradient', async () => {
    await open({ ...zerDefaults, variants: [...zerDefaults.variants, 'zer/straight-through'] });
    const [zones, saturated, kept, why, ...rest] = await dashboard.page.locator('#dead li').allInnerTexts();
    assert.equal(
      zones,
      'v2 to v4 give gradient exactly 0 beyond |z| = 2.197 on the wrong side: the worst errors are never corrected.',
    );
    assert.equal(await dashboard.page.locator('#headline').innerText(), zones, 'it stands above the plots, too');
    assert.match(
      saturated ?? '',
      /^v1 gives gradient exactly 0 beyond \|z\| = 16\.12 for target 1 and \|z\| = 16\.64 for/,
    );
    assert.match(kept ?? '', /^(MikeNet and straight-through|straight-through and MikeNet) keep their gradient there:/);
    assert.match(why ?? '', /V2-V3 still produce extremely poor behavioral performance/);
    assert.deepEqual(rest, []);
    const dead = (await dashboard.rows('#summary')).filter((row) => row[6] === '2.1972249' || row[6] === '2.1972246');
    assert.deepEqual([...new Set(dead.map(([name]) => /v\d/.exec(name ?? '')?.[0]))], ['v2', 'v3', 'v4']);
    const label = await dashboard.page.locator('canvas[role="img"]').last().getAttribute('aria-label');
    assert.match(label ?? '', /^Gradient against logit\. v2 to v4 give gradient exactly 0/);
  });

  it('shows what lies at the border of the radius, to the last float', async () => {
    await open({ ...zerDefaults, variants: zerVariants });
    assert.deepEqual(await dashboard.page.locator('#border-sentences li').allInnerTexts(), [
      'p = 0.9 with target 1 is outside r = 0.1 in float32: |0.9 − 1| = 0.100000024 > 0.1. The first output that counts ' +
        'is 0.90000004.',
      'p = 0.1 with target 0 is exactly on the border of r = 0.1 in float32: |0.1 − 0| = 0.1 = r, and v4 and ' +
        'custom-bce count it as no error (≤), v1 to v3, MikeNet, Lens and straight-through do not (<).',
    ]);
    assert.deepEqual(await dashboard.rows('#borders'), [
      [
        'target 1, p = 0.9',
        'v1 to v4, custom-bce, MikeNet, Lens and straight-through',
        '0.8999999○ outside|p − t| = 0.10000008 > 0.1',
        '0.9○ outside|p − t| = 0.100000024 > 0.1',
        '0.90000004● inside|p − t| = 0.099999964 < 0.1',
        '0.90000004|p − t| = 0.099999964',
      ],
      [
        'target 0, p = 0.1',
        'v1 to v3, MikeNet, Lens and straight-through',
        '0.10000001○ outside|p − t| = 0.10000001 > 0.1',
        '0.1○ outside|p − t| = 0.1 = r',
        '0.099999994● inside|p − t| = 0.099999994 < 0.1',
        '0.099999994|p − t| = 0.099999994',
      ],
      [
        'target 0, p = 0.1',
        'v4 and custom-bce',
        '0.10000001○ outside|p − t| = 0.10000001 > 0.1',
        '0.1● inside|p − t| = 0.1 = r',
        '0.099999994● inside|p − t| = 0.099999994 < 0.1',
        '0.1|p − t| = 0.1',
      ],
    ]);
    assert.equal(
      await dashboard.page.locator('.results > .note').innerText(),
      'Lens computes in float64: shown is its formula in float32.',
    );
    await dashboard.page.getByText('Formulas').click();
    assert.equal((await dashboard.rows('#formulas')).length, 8);
    assert.deepEqual(await dashboard.violations(), []);
  });

  it('says that 0.8 is inside of 0.2, and what a radius of 0 is', async () => {
    await open({ ...zerDefaults, radius: 0.2, targets: [1] });
    assert.match(
      await dashboard.page.locator('#border-sentences').innerText(),
      /^p = 0\.8 with target 1 is inside r = 0\.2 in float32: \|0\.8 − 1\| = 0\.19999999 < 0\.2\.$/,
    );
    await dashboard.close();
    await open({ ...zerDefaults, radius: 0, targets: [1] });
    assert.match(
      await dashboard.page.locator('#border-sentences').innerText(),
      /^r = 0 is 0 in float32: of the outputs only 1 itself counts as target 1; for MikeNet not even that\.$/,
    );
  });

  it('takes a soft target, with its border on both sides', async () => {
    await open();
    const { page } = dashboard;
    const field = page.getByLabel('t', { exact: true });
    await field.fill('1');
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    await field.fill('0.3');
    assert.equal(await page.getByRole('checkbox', { name: 'soft' }).isChecked(), true);
    const [change] = await dashboard.posted<ZerChangeMessage>('changeZer');
    assert.deepEqual(change?.settings.targets, [1, 0, 0.3]);
    await dashboard.close();
    await open({ ...zerDefaults, targets: [0.3] });
    const soft = await dashboard.page.locator('#dead li').allInnerTexts();
    assert.ok(
      soft.includes(
        'For target 0.3, v4 gives gradient exactly 0 below z = −2.197 and above z = 2.197: errors beyond are never corrected.',
      ),
      soft.join('\n'),
    );
    const rows = await dashboard.rows('#borders');
    assert.deepEqual([...new Set(rows.map(([head]) => head))].sort(), ['target 0.3, p = 0.2', 'target 0.3, p = 0.4']);
    assert.equal((await dashboard.rows('#summary')).length, zerDefaults.variants.length);
    await dashboard.screenshot('zer-soft');
  });

  it('plots against what is chosen, and keeps the choice', async () => {
    await open();
    const { page } = dashboard;
    await page.getByRole('checkbox', { name: 'output p' }).uncheck();
    await dashboard.state('ready');
    assert.deepEqual(await page.locator('figure:visible h2').allInnerTexts(), [
      'Replaced output against logit',
      'Loss against logit',
      'Gradient against logit',
    ]);
    await page.getByRole('checkbox', { name: 'logit z' }).uncheck();
    assert.match(await page.locator('.controls').innerText(), /Choose at least one\./);
    assert.equal(await page.locator('figure:visible').count(), 3);
    const kept = (await dashboard.kept()) as { look: object };
    assert.deepEqual(kept.look, { axes: ['logit'] });
    const [posted, ...rest] = await dashboard.posted<LookMessage<ZerLook>>('look');
    assert.deepEqual([posted?.look, rest], [{ axes: ['logit'] }, []]);
    await dashboard.close();
    await open(zerDefaults, { state: { look: { axes: ['output'] } } });
    assert.deepEqual(await dashboard.page.locator('figure:visible h2').allInnerTexts(), [
      'Replaced output against output',
      'Loss against output',
      'Gradient against output',
    ]);
    // What the host says, of a configuration, counts more than what the page has kept.
    await dashboard.send({ ...zerState(zerDefaults), look: { axes: ['logit'] } });
    await dashboard.frames();
    await dashboard.state('ready');
    assert.deepEqual(await dashboard.page.locator('figure:visible h2').allInnerTexts(), [
      'Replaced output against logit',
      'Loss against logit',
      'Gradient against logit',
    ]);
    assert.equal(await dashboard.page.getByRole('checkbox', { name: 'output p' }).isChecked(), false);
    assert.deepEqual(((await dashboard.kept()) as { look: object }).look, { axes: ['logit'] });
    assert.equal(await dashboard.page.evaluate(() => window.posted.some(({ type }) => type === 'look')), false);
  });

  it('has a table for every plot', async () => {
    await open({ ...zerDefaults, targets: [1] });
    for (const figure of await dashboard.page.locator('figure').all()) {
      await figure.locator('summary').focus();
      await dashboard.page.keyboard.press('Enter');
      await figure.locator('tbody tr').nth(499).waitFor();
    }
    assert.deepEqual(await dashboard.violations(), []);
  });

  it('asks for training by the keyboard, with what is shown', async () => {
    await open();
    await dashboard.page.getByRole('button', { name: 'Train with these…' }).focus();
    await dashboard.page.keyboard.press('Enter');
    const [message] = await dashboard.posted<TrainTheseMessage>('train');
    assert.deepEqual(message, { type: 'train', variants: zerDefaults.variants, radius: 0.1 });
  });

  it('says that nothing is replaced where the radius is 0', async () => {
    await open({ ...zerDefaults, variants: ['zer/v1'], radius: 0, targets: [1] });
    await dashboard.page.getByText('Each curve in a sentence').click();
    assert.match(await dashboard.page.locator('#sentences').innerText(), /no output but the target itself counts/);
  });

  it('keeps a change that the host had not heard of when it sent its settings, and takes what it sends later', async () => {
    await open();
    await dashboard.page.getByLabel('r', { exact: true }).fill('0.3');
    const [change] = await dashboard.posted<ZerChangeMessage>('changeZer');
    assert.equal(change?.count, 1);
    await dashboard.send({ ...zerState(zerDefaults), heard: 0 });
    await dashboard.frames();
    assert.equal(await dashboard.page.getByLabel('r', { exact: true }).inputValue(), '0.3');
    // What the host measures then is what the page shows: it is no stale result.
    const changed = { ...zerDefaults, radius: 0.3 };
    await dashboard.send({ ...started(2, 0), settings: changed }, finished(2));
    await dashboard.state('ready');
    await dashboard.send({ ...zerState({ ...zerDefaults, radius: 0.2 }), heard: 1 });
    await dashboard.frames();
    assert.equal(await dashboard.page.getByLabel('r', { exact: true }).inputValue(), '0.2');
  });

  it('posts at most one change for each frame while the slider is dragged', async () => {
    await open();
    const frames = await dashboard.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const slider = document.querySelector<HTMLInputElement>('#radius');
          let frames = 0;
          const frame = (): void => {
            // Three moves of the pointer between two frames.
            for (let i = 0; i < 3 && slider; i++) {
              slider.valueAsNumber = 0.1 + (frames * 3 + i) / 100;
              slider.dispatchEvent(new Event('input', { bubbles: true }));
            }
            if (++frames < 10) requestAnimationFrame(frame);
            else setTimeout(() => resolve(frames), 300);
          };
          requestAnimationFrame(frame);
        }),
    );
    const posted = await dashboard.posted<ZerChangeMessage>('changeZer');
    assert.ok(posted.length <= frames + 1, `${String(posted.length)} changes in ${String(frames)} frames`);
    assert.equal(posted.at(-1)?.settings.radius, 0.39);
    assert.equal(await dashboard.page.getByLabel('r', { exact: true }).inputValue(), '0.39');
    assert.equal(await dashboard.page.getAttribute('body', 'data-state'), 'loading');
  });

  it('draws a radius after the other without long pauses', async () => {
    const all = zerVariants;
    await open({ ...zerDefaults, variants: all }, { width: 1400 });
    const radii = [0.11, 0.12, 0.13, 0.14, 0.15, 0.16];
    const runs = await Promise.all(
      radii.map(async (radius, i) => {
        const settings = { ...zerDefaults, variants: all, radius };
        const results = await zerCurves(settings, i + 2);
        return [{ ...started(i + 2, results.length), settings }, ...results, finished(i + 2)];
      }),
    );
    await dashboard.page.getByLabel('r', { exact: true }).fill('0.16');
    // Kept in the page first: handing them over takes longer than drawing them.
    await dashboard.keep(runs);
    const pauses = await dashboard.page.evaluate(async () => {
      const found: number[] = [];
      const frame = (): Promise<number> =>
        new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
      for (const messages of window.messages) {
        const before = await frame();
        for (const message of messages) window.postMessage(message, '*');
        // The messages come after the first frame, what they ask for is drawn in the second.
        await frame();
        await frame();
        found.push((await frame()) - before);
      }
      return found;
    });
    const [median = Infinity] = pauses.sort((a, b) => a - b).slice(pauses.length >> 1);
    // Four frames, on a machine that may have much else to do and no GPU.
    assert.ok(median < 1000, `pauses of ${pauses.map(Math.round).join(', ')} ms`);
    await dashboard.page.locator('body[data-state="ready"][data-generation="7"]').waitFor();
  });

  it('is not ready before the newest settings are shown', async () => {
    await open();
    const { page } = dashboard;
    await page.getByLabel('r', { exact: true }).fill('0.2');
    await page.getByLabel('r', { exact: true }).fill('0.3');
    const asked = { ...zerDefaults, radius: 0.3 };
    await dashboard.send({ ...started(2, 10), settings: { ...zerDefaults, radius: 0.2 } }, finished(2));
    await dashboard.frames();
    assert.equal(await page.getAttribute('body', 'data-state'), 'loading');
    const curves = await zerCurves(asked, 3);
    await dashboard.send(
      { ...started(3, curves.length), settings: asked },
      ...(await zerCurves(zerDefaults, 2)),
      ...curves,
      finished(3),
    );
    await page.locator('body[data-state="ready"][data-generation="3"]').waitFor();
    await page.getByText('Each curve in a sentence').click();
    assert.match(await page.locator('#sentences li').first().innerText(), /within r = 0\.3 of the target/);
  });

  it('posts each change of the other controls, and keeps it', async () => {
    await open();
    const { page } = dashboard;
    const last = async (count: number): Promise<ZerChangeMessage['settings'] | undefined> =>
      (await dashboard.posted<ZerChangeMessage>('changeZer', count)).at(-1)?.settings;
    await page.getByRole('checkbox', { name: /Lens/ }).first().check();
    assert.equal((await last(1))?.variants.includes('lens/cross-entropy') ?? false, true);
    await page.getByLabel('Number format').selectOption('float16');
    assert.equal((await last(2))?.format, 'float16');
    await page.getByRole('checkbox', { name: '0', exact: true }).uncheck();
    assert.deepEqual((await last(3))?.targets, [1]);
    await page.locator('#radius').focus();
    await page.keyboard.press('ArrowRight');
    assert.equal((await last(4))?.radius, 0.11);
    assert.deepEqual(await dashboard.kept(), {
      origin: { kind: 'config', uri: 'file:///radius.loss.json' },
      settings: await last(4),
    });
    await page.getByLabel('r', { exact: true }).fill('0.7');
    assert.equal(await page.getByLabel('r', { exact: true }).getAttribute('aria-invalid'), 'true');
    await dashboard.frames();
    assert.equal((await dashboard.posted('changeZer')).length, 4);
  });

  it('links the crosshairs over output and logit', async () => {
    await open();
    const [replaced, , , loss] = await dashboard.page.getByRole('slider', { name: /Crosshair/ }).all();
    assert.ok(replaced && loss);
    await loss.focus();
    await dashboard.page.keyboard.press('Home');
    await dashboard.frames();
    assert.equal(await loss.getAttribute('aria-valuetext'), '-8');
    assert.equal(await replaced.getAttribute('aria-valuetext'), '0.0003354');
    const v1 = (await dashboard.rows('#legend'))[0] ?? [];
    assert.match(v1[3] ?? '', /^8\.000/, 'the loss of v1 for target 1 at z = -8');
    assert.match(await dashboard.page.locator('[aria-live="polite"]').innerText(), /^z = -8\. Zero error radius v1/);
  });

  it('shows errors', async () => {
    dashboard = await stage.show('zer');
    await dashboard.send(zerState(zerDefaults), { type: 'failed', generation: 0, message: 'No such variant.' });
    await dashboard.state('error');
    assert.equal(await dashboard.page.locator('.error p').innerText(), 'No such variant.');
  });

  for (const theme of themeNames) {
    it(`is accessible and fit to print in ${theme}`, async () => {
      await open(zerDefaults, { theme, width: 1000 });
      assert.deepEqual(await dashboard.violations(), []);
      await dashboard.screenshot(`zer-${theme}`);
    });
  }

  for (const width of [300, 640, 3840]) {
    it(`fits a panel ${String(width)} pixels wide`, async () => {
      await open(zerDefaults, { theme: 'light', width, height: width === 3840 ? 2160 : 800 });
      assert.equal(await dashboard.overflows(), false);
      await dashboard.screenshot(`zer-${String(width)}`);
    });
  }
});
