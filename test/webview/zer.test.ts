import assert from 'node:assert/strict';
import type { ZerChangeMessage } from '../../src/protocol';
import { finished, started, zerCurves, zerDefaults, zerMessages, zerState } from './measured';
import { Stage, type Dashboard } from './page';
import { themeNames, themes } from './themes';

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

  it('says that nothing is replaced where the radius is 0', async () => {
    await open({ ...zerDefaults, variants: ['zer/v1'], radius: 0, targets: [1] });
    await dashboard.page.getByText('Each curve in a sentence').click();
    assert.match(await dashboard.page.locator('#sentences').innerText(), /no output but the target itself counts/);
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
