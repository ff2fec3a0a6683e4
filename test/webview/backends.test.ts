import assert from 'node:assert/strict';
import type { FloorChangeMessage, FloorSettings, ToFloorWebview } from '../../src/protocol';
import { printNumber } from '../../webview/common/format';
import { backendsMessage, floorMessages, floorResults, noCuda, settingsOf, started } from './measured';
import { Stage, type Dashboard } from './page';
import { themeNames } from './themes';

const one = settingsOf({
  losses: ['naive/bce', 'torch/bce-with-logits@2.3'],
  formats: ['float32'],
  targets: [1],
  sweep: { from: -110, to: 110, points: 441 },
});
const compared: FloorSettings = { ...one, compare: ['cuda', 'webgpu', 'python'] };

describe('backends in the floor dashboard', () => {
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

  const radio = (name: string) => dashboard.page.getByRole('radio', { name: new RegExp(`^${name}`) });
  const compare = (name: string) =>
    dashboard.page.getByRole('group', { name: 'Compare with' }).getByRole('checkbox', { name, exact: true });
  const about = (name: string) => dashboard.page.locator(`.backend[data-backend="${name}"]`);

  it('lists every backend with what is known of it, and follows what becomes known', async () => {
    await open(one);
    assert.deepEqual(
      await dashboard.page
        .locator('.backends')
        .getByRole('radio')
        .evaluateAll((all) => all.map((each) => (each as HTMLInputElement).value)),
      ['auto', 'model', 'cuda', 'webgpu', 'python'],
    );
    assert.ok(await radio('auto').isChecked());
    assert.match(
      await about('webgpu').innerText(),
      /ready\s+llvmpipe .* · software adapter, computes on the CPU · webgpu/,
    );
    assert.match(await about('cuda').innerText(), /can’t be used\s+The package .* is not installed\. Run Install/);
    const id = (await radio('cuda').getAttribute('aria-describedby')) ?? '';
    assert.match(await dashboard.page.locator(`#${id}`).innerText(), /is not installed/);

    await radio('auto').focus();
    const { backends } = backendsMessage('python');
    await dashboard.send({
      type: 'backends',
      backends: backends.map((item) =>
        item.name === 'cuda' ? { ...item, state: 'starting', about: 'Starting: device' } : item,
      ),
    } satisfies ToFloorWebview);
    await dashboard.page.getByText('Starting: device').waitFor();
    assert.match(await about('auto').innerText(), /As the setting lossfloor\.backend\.use says: python/);
    assert.ok(await radio('auto').evaluate((element) => element === document.activeElement));
    await dashboard.page.getByRole('button', { name: 'Look for all' }).click();
    await dashboard.posted('probe');
  });

  it('measures with the one that is chosen, by keys too, and remembers', async () => {
    await open(one);
    await radio('auto').focus();
    await dashboard.page.keyboard.press('ArrowDown');
    const [first] = await dashboard.posted<FloorChangeMessage>('changeFloor');
    assert.equal(first?.settings.backend, 'model');
    await dashboard.page.keyboard.press('ArrowUp');
    await dashboard.page.keyboard.press('ArrowUp');
    const [, second] = await dashboard.posted<FloorChangeMessage>('changeFloor', 2);
    assert.equal(second?.settings.backend, 'python');
    const kept = (await dashboard.kept()) as { settings: FloorSettings };
    assert.equal(kept.settings.backend, 'python');
    await dashboard.send(...(await floorMessages({ ...one, backend: 'python' }, 2)).slice(2));
    await dashboard.page.locator('body[data-state="ready"][data-generation="2"]').waitFor();
    const footer = dashboard.page.locator('#identity');
    assert.match(await footer.innerText(), /^Computed by Python · CPU \(test\) · version PyTorch 2\.4.* · 123 ms/);
    await footer.getByText('About these numbers').click();
    const remarks = await footer.getByRole('listitem').allInnerTexts();
    assert.match(remarks[0] ?? '', /^python: Self-test passed\. Off .* exp 2 ULP; subnormal numbers become 0\.$/);
    assert.deepEqual(remarks.slice(1), [
      'python: The framework’s own function computed: PyTorch 2.3 BCEWithLogitsLoss.',
      'python: Our expression, in the backend’s operations, computed: Naive BCE of sigmoid.',
    ]);
    assert.deepEqual(await dashboard.violations(), []);
  });

  it('says why one can’t be had, and leaves what is drawn', async () => {
    await open(one);
    const before = await dashboard.rows('#summary');
    await radio('cuda').check();
    await dashboard.posted('changeFloor');
    const settings = { ...one, backend: 'cuda' } as const;
    await assert.rejects(floorResults(settings, 2), { message: noCuda });
    await dashboard.send({ ...started(2, 2), settings }, {
      type: 'failed',
      generation: 2,
      message: noCuda,
    } satisfies ToFloorWebview);
    await dashboard.state('error');
    assert.equal(await dashboard.page.locator('.error p').innerText(), noCuda);
    assert.match(noCuda, /Install CUDA Runtime/);
    await dashboard.page.waitForTimeout(600);
    assert.deepEqual(await dashboard.rows('#summary'), before);
    assert.equal(await dashboard.page.locator('.stale').count(), 0);
    assert.match(await dashboard.page.locator('#identity').innerText(), /Computed by model .* still shown/);
    assert.deepEqual(await dashboard.violations(), []);
    await dashboard.screenshot('backends-refused');
  });

  it('compares with those that are checked, never with the one that computes', async () => {
    await open(one);
    await compare('python').check();
    await compare('webgpu').check();
    const settings = async (): Promise<FloorSettings> =>
      ((await dashboard.kept()) as { settings: FloorSettings }).settings;
    assert.deepEqual((await settings()).compare, ['webgpu', 'python']);
    await radio('webgpu').check();
    const { backend, compare: others } = await settings();
    assert.deepEqual([backend, others], ['webgpu', ['python']]);
    const [change] = await dashboard.posted<FloorChangeMessage>('changeFloor');
    assert.ok(change?.settings.compare.includes('python'));
    assert.ok(await compare('webgpu').isDisabled());
    assert.ok(!(await compare('webgpu').isChecked()));
  });

  it('overlays the curves of each, and names them', async () => {
    await open(compared);
    const names = await dashboard.page.locator('#legend tbody th').allInnerTexts();
    assert.deepEqual(
      names.map((name) => name.trim()),
      [
        ...['model', 'webgpu', 'python'].map((name) => `Naive BCE of sigmoid, target 1 · ${name}`),
        ...['model', 'webgpu', 'python'].map((name) => `PyTorch 2.3 BCEWithLogitsLoss, target 1 · ${name}`),
        'exact',
      ],
    );
    // Told apart in the legend, and not by colour alone: no two swatches have the same shape of ink.
    const inks = await dashboard.page.locator('#legend .swatch').evaluateAll((all) =>
      all.map((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const data = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
        return Array.from(data)
          .filter((_, i) => i % 4 === 3)
          .map((alpha) => (alpha > 127 ? '1' : '0'))
          .join('');
      }),
    );
    assert.equal(new Set(inks).size, inks.length);
    // The findings are those of the backend that was chosen; the values at the crosshair those of all.
    assert.equal((await dashboard.rows('#summary')).length, 2);
    await dashboard.page.getByRole('slider').first().focus();
    await dashboard.page.keyboard.press('End');
    await dashboard.frames();
    const losses = (await dashboard.rows('#legend')).map((row) => row[2]);
    assert.deepEqual(losses.slice(3, 6), ['0', '0', '0']);
    const data = dashboard.page.getByText('Show data').first();
    await data.click();
    const options = await dashboard.page.locator('.data select').first().locator('option').allInnerTexts();
    assert.equal(options.length, 6);
  });

  it('says what differs, in sentences and a table, with both numbers', async () => {
    await open(compared);
    const results = await floorResults(compared, 1);
    const found = results.filter((result) => result.type === 'difference');
    const sentences = await dashboard.page.locator('#differences li').allInnerTexts();
    assert.equal(sentences.length, 4);
    for (const { backend, description } of found) {
      assert.ok(
        sentences.some((each) => each.includes(`${backend} against model: ${description}`)),
        description,
      );
    }
    assert.match(
      sentences[0] ?? '',
      /It is NaN from 16\.603 instead of 16\.636; .*on the wrong side it is ∞ from 88\.55/,
    );
    assert.match(sentences[1] ?? '', /The thresholds are the same\. Loss and gradient are equal at all 441 points\./);
    const rows = await dashboard.rows('#comparison');
    const naive = found.find(({ lossKey, backend }) => lossKey === one.losses[0]?.key && backend === 'webgpu');
    const [floor] = naive?.difference.thresholds ?? [];
    assert.deepEqual(rows[0], [
      'Naive BCE of sigmoid',
      '1',
      'float32',
      'Floor',
      'webgpu',
      `NaN from ${printNumber(floor?.other?.at ?? 0, 'float32')}`,
      'model',
      'NaN from 16.635532',
      String(floor?.ulp),
    ]);
    const largest = naive?.difference.loss.largest ?? assert.fail();
    const cell = `Loss at a = ${printNumber(largest.margin, 'float32')}`;
    assert.ok(rows.some((row) => row[3] === cell && row[5] === printNumber(largest.other, 'float32')));
    assert.ok(rows.every((row) => row[4] === 'webgpu'));
  });

  it('gives one that can’t be had its own line, and draws the others', async () => {
    await open({ ...compared, formats: ['float32', 'float64'] });
    const lines = await dashboard.page.locator('#compared li').allInnerTexts();
    assert.equal(lines[0], `cuda: ${noCuda}`);
    assert.match(
      lines[1] ?? '',
      /^webgpu · llvmpipe .*software adapter.* It does not compute in float64, only in float32\./,
    );
    assert.match(lines[2] ?? '', /^python · CPU \(test\)/);
    assert.equal(await dashboard.page.getAttribute('body', 'data-state'), 'ready');
    assert.equal((await dashboard.page.locator('#legend tbody tr').count()) > 8, true);
  });

  it('draws each curve as it comes', async () => {
    dashboard = await stage.show('floor');
    await dashboard.posted('ready');
    const messages = await floorMessages(compared);
    const curves = messages.filter((message) => message.type === 'curve');
    const other = curves.find(({ backend }) => backend === 'webgpu');
    assert.ok(other);
    await dashboard.send(...messages.slice(0, 3), other);
    await dashboard.page.getByText('1 of 8').waitFor();
    assert.equal(await dashboard.page.locator('#legend tbody tr').count(), 2, 'the curve, and the exact one');
    assert.deepEqual(await dashboard.page.locator('#compared li').allInnerTexts(), [
      'cuda · is being measured',
      'webgpu · is being measured',
      'python · is being measured',
    ]);
    const [refused] = messages.filter((message) => message.type === 'compared');
    assert.ok(refused);
    await dashboard.send(refused);
    await dashboard.page.getByText('1 of 6').waitFor();
    // Who computed what was chosen is said as soon as that is through.
    const reference = messages.filter(({ type }) => type === 'reference');
    await dashboard.send(...curves.filter((curve) => !curve.compared), ...reference);
    await dashboard.page.getByText(/Computed by model .* others are still measured/).waitFor();
    const rest = messages.slice(3).filter((message) => message.type !== 'compared' || message !== refused);
    await dashboard.send(...rest.filter((message) => message.type !== 'curve' || message.compared));
    await dashboard.state('ready');
  });

  it('takes the curves away when the comparison ends', async () => {
    await open(compared);
    for (const name of ['cuda', 'webgpu', 'python']) await compare(name).uncheck();
    await dashboard.frames();
    assert.equal(await dashboard.page.locator('#legend tbody tr').count(), 3);
    assert.ok(await dashboard.page.locator('.comparison').isHidden());
  });

  for (const theme of themeNames) {
    it(`compares, accessible and fit to print, in ${theme}`, async () => {
      await open(compared, { theme, width: 1200, scale: 2 });
      assert.deepEqual(await dashboard.violations(), []);
      await dashboard.screenshot(`backends-${theme}`);
    });
  }

  it('fits a panel 300 pixels wide', async () => {
    await open(compared, { width: 300, height: 800 });
    await dashboard.page.getByText('Settings').click();
    assert.equal(await dashboard.overflows(), false);
    assert.deepEqual(await dashboard.violations(), []);
    await dashboard.screenshot('backends-300');
  });
});
