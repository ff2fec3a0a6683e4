import assert from 'node:assert/strict';
import { floorRun } from '../../src/dashboards/floorRun';
import { PanelSamples, type SampleFiles, type WithSource } from '../../src/dashboards/panelSamples';
import type { FloorSettings, FromSamplesView, ToSamplesView } from '../../src/protocol';
import { bytesSource, type ByteSource } from '../../src/samples';
import { npy, stored, vector, zip } from '../unit/arrays';
import { floorMessages, measurer, settingsOf } from './measured';
import { Stage, type Dashboard } from './page';
import { themeNames } from './themes';

const settings = settingsOf({
  losses: ['keras/binary-crossentropy@1', 'torch/bce-with-logits@2.3'],
  formats: ['float32'],
  targets: [0, 1],
  sweep: { from: -30, to: 30, points: 241 },
});

/** A bell of logits, wide enough to reach where the gradient is 0. */
const logits = Array.from({ length: 2000 }, (_, i) => 11 * Math.tan(((i + 0.5) / 2000 - 0.5) * 2.4) + 3);
const targets = logits.map((z, i) => (z + 4 * Math.sin(i * 7) > 0 ? 1 : 0));
const archive = zip({ 'logits.npy': vector('<f4', logits), 'targets.npy': vector('|i1', targets) }, { deflate: true });

const types: readonly FromSamplesView['type'][] = [
  'chooseSamples',
  'droppedSamples',
  'samplesPart',
  'droppedUris',
  'forgetSamples',
  'cancelSamples',
];

/** The host's own code, between the page and files that the test gives it. */
class Host {
  readonly opened: string[] = [];
  readonly sent: ToSamplesView[] = [];
  chosen: ByteSource | undefined;
  readonly samples: PanelSamples;
  private seen = 0;
  private stopped = false;
  private readonly work: Promise<void>;

  constructor(private readonly dashboard: Dashboard) {
    const one =
      (source: ByteSource): WithSource =>
      (use) =>
        use(source);
    const files: SampleFiles = {
      choose: () => Promise.resolve(this.chosen && 'file:///chosen'),
      open: (uri) => {
        if (this.chosen && uri === 'file:///chosen') return one(this.chosen);
        this.opened.push(uri);
        return one(bytesSource('logits.npz', archive));
      },
    };
    const log = (line: string): never => assert.fail(line);
    this.samples = new PanelSamples(files, (...messages) => void this.send(...messages), log);
    this.work = this.listen();
  }

  async measure(given: FloorSettings): Promise<void> {
    const signal = new AbortController().signal;
    await this.samples.follow(floorRun(given, measurer), given, measurer).start(() => undefined, signal);
  }

  async end(): Promise<void> {
    this.stopped = true;
    this.samples.dispose();
    await this.work;
  }

  private async send(...messages: readonly ToSamplesView[]): Promise<void> {
    if (this.stopped) return;
    this.sent.push(...messages);
    await this.dashboard.send(...messages);
  }

  private async listen(): Promise<void> {
    while (!this.stopped) {
      const posted = await this.dashboard.page.evaluate((from) => window.posted.slice(from), this.seen);
      this.seen += posted.length;
      for (const message of posted) {
        if (types.some((type) => type === message.type)) this.samples.receive(message as FromSamplesView);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

describe('your logits in the floor dashboard', () => {
  let stage: Stage;
  let dashboard: Dashboard;
  let host: Host;

  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage.close());
  afterEach(async () => {
    await host.end();
    await dashboard.close();
  });

  async function open(options: Parameters<Stage['show']>[1] = {}, given = settings): Promise<void> {
    dashboard = await stage.show('floor', options);
    await dashboard.posted('ready');
    await dashboard.send(...(await floorMessages(given)));
    await dashboard.state('ready');
    host = new Host(dashboard);
    await dashboard.send(...host.samples.state());
    await host.measure(given);
  }

  const view = () => dashboard.page.locator('.samples');
  const alert = () => view().getByRole('alert');
  const choose = () => view().getByRole('button', { name: /^Choose/ });
  const sentences = () => dashboard.page.locator('#sample-sentences li').allInnerTexts();

  /** Drops real files, as the browser does. */
  async function drop(...files: readonly (readonly [name: string, bytes: Uint8Array])[]): Promise<void> {
    const data = await dashboard.page.evaluateHandle(
      (all) => {
        const transfer = new DataTransfer();
        for (const [name, bytes] of all) transfer.items.add(new File([new Uint8Array(bytes)], name));
        return transfer;
      },
      files.map(([name, bytes]) => [name, [...bytes]] as const),
    );
    await dashboard.page.dispatchEvent('#app', 'dragenter', { dataTransfer: data });
    assert.ok(await dashboard.page.locator('body.dropping').count());
    await dashboard.page.dispatchEvent('#app', 'drop', { dataTransfer: data });
    assert.equal(await dashboard.page.locator('body.dropping').count(), 0);
  }

  async function measured(count: number): Promise<void> {
    await dashboard.page.locator(`#sample-sentences li:nth-child(${String(count)})`).waitFor();
    await dashboard.page.locator('.samples .progress.idle').waitFor({ state: 'attached' });
  }

  it('reads a dropped file and says at how many samples the gradient is 0', async () => {
    await open();
    await drop(['logits.npz', archive]);
    await measured(4);
    assert.equal(await view().locator('.file').innerText(), 'logits.npz · 2,000 logits with targets');
    assert.equal(await dashboard.page.locator('#legend .bars').innerText(), 'your logits, 2,000');
    assert.ok(await alert().isHidden());
    const [zero = '', one = ''] = await sentences();
    // Brute force: Keras's gradient is 0 beyond its clip, from 16.118096 or 16.635532 on.
    const margins = logits.map((z, i) => (targets[i] === 1 ? Math.fround(z) : -Math.fround(z)));
    const of = (target: number): number[] => margins.filter((_, i) => targets[i] === target);
    const zeros = of(0).filter((m) => m >= 16.11809539794922 || m <= -16.635532).length;
    assert.ok(zeros > 3);
    assert.match(
      zero,
      new RegExp(
        `^Keras 1–2\\.2 BCE.*, target 0, float32: .* \\(${String(zeros)} of ${String(of(0).length)}\\) lie where`,
      ),
    );
    assert.match(one, /, target 1, float32: /);
    const rows = await dashboard.rows('#samples');
    assert.deepEqual(
      rows.map(([, target, format, samples]) => [target, format, samples]),
      [0, 1, 0, 1].map((t) => [String(t), 'float32', of(t).length.toLocaleString('en-US')]),
    );
    assert.equal(Number(rows[0]?.[4]) + Number(rows[0]?.[5]), zeros);
    // PyTorch's with logits is dead where the sigmoid is rounded to 1, and on the wrong side nowhere.
    const saturated = of(1).filter((m) => m >= 16.635532).length;
    assert.deepEqual(rows[3]?.slice(4, 6), [String(saturated), '0']);

    const histogram = host.sent.find((message) => message.type === 'samplesHistogram');
    const inside = margins.filter((m) => m >= -30 && m <= 30).length;
    assert.equal(
      histogram?.counts.reduce((sum, each) => sum + each),
      inside,
    );
    assert.ok((await view().innerText()).includes(`(${inside.toLocaleString('en-US')} of 2,000)`));
    await view().getByText('Show histogram data').click();
    await dashboard.page.locator('#sample-bins tbody tr').first().waitFor();
    const bins = await dashboard.rows('#sample-bins');
    assert.equal(bins.length, 120);
    assert.deepEqual(bins[0], ['-30', '-29.5', String(margins.filter((m) => m >= -30 && m < -29.5).length)]);
    await view().getByText('Show histogram data').click();
    assert.deepEqual(await dashboard.violations(), []);
    for (const theme of themeNames) {
      await dashboard.wear(theme);
      assert.deepEqual(await dashboard.violations(), [], theme);
      await dashboard.screenshot(`samples-${theme}`);
    }
  });

  it('refuses bad files with a reason, and loses nothing', async () => {
    await open();
    await drop(['logits.npz', archive]);
    await measured(4);
    const before = [await sentences(), await dashboard.rows('#samples'), await view().locator('.file').innerText()];
    const pickle = npy('|O', [1], Buffer.from("cposix\nsystem\n(S'true'\ntR."));
    for (const [name, bytes, said] of [
      ['objects.npy', pickle, /^objects\.npy: Its elements are pickled Python objects .* never read/],
      [
        'words.csv',
        Buffer.from('logits\n1\ntwo\n'),
        /^words\.csv: Line 3, column 1 \("logits"\): "two" is not a number\.$/,
      ],
      ['classes.npy', npy('<f4', [2, 3], stored('<f4', [1, 2, 3, 4, 5, 6])), /^classes\.npy: Its shape is \(2, 3\)/],
    ] as const) {
      await drop([name, bytes]);
      await alert().filter({ hasText: name }).waitFor();
      assert.match(await alert().innerText(), said);
      await dashboard.frames();
      assert.deepEqual(
        [await sentences(), await dashboard.rows('#samples'), await view().locator('.file').innerText()],
        before,
      );
    }
    assert.ok((await dashboard.page.locator('#summary tbody tr').count()) > 0);
    await drop(['a.csv', Buffer.from('1\n')], ['b.csv', Buffer.from('1\n')]);
    await alert().filter({ hasText: 'several files' }).waitFor();
    assert.deepEqual(await dashboard.violations(), []);
    await dashboard.screenshot('samples-refused');
  });

  it('takes a file of 2 GB for what its header says: nothing else of it is asked for', async () => {
    await open();
    const header = npy('<f4', [500_000_000], new Uint8Array(0));
    const wanted: [number, number][] = [];
    host.chosen = {
      name: 'big.npy',
      size: header.length + 2_000_000_000,
      read: (offset, length) => {
        wanted.push([offset, length]);
        const bytes = new Uint8Array(length);
        bytes.set(header.subarray(offset, offset + length));
        return Promise.resolve(bytes);
      },
    };
    await choose().click();
    await alert().filter({ hasText: 'x[:20_000_000]' }).waitFor();
    assert.ok(wanted.every(([offset, length]) => offset + length <= 2 ** 20));
  });

  it('is used by keys: choose, remove, choose again', async () => {
    await open();
    host.chosen = bytesSource('scores.csv', Buffer.from('scores\n1\n-20\nnan\n60\n-inf\n'));
    await choose().focus();
    await dashboard.page.keyboard.press('Enter');
    await measured(4);
    assert.equal(await view().locator('.file').innerText(), 'scores.csv · 5 logits, no targets · 1 NaN · 1 infinite');
    assert.match(await view().innerText(), /The file has no targets: each logit counts twice/);
    assert.equal(await choose().innerText(), 'Choose another file…');
    assert.match(await view().getByRole('status').innerText(), /scores\.csv · 5 logits.* read\./);
    await dashboard.page.keyboard.press('Tab');
    assert.ok(
      await view()
        .getByRole('button', { name: 'Remove' })
        .evaluate((each) => each === document.activeElement),
    );
    await dashboard.page.keyboard.press('Enter');
    await view().getByRole('button', { name: 'Remove' }).waitFor({ state: 'hidden' });
    assert.ok(await choose().evaluate((each) => each === document.activeElement));
    assert.deepEqual(await sentences(), []);
    assert.equal(await view().locator('.file').innerText(), '');
    // The bars are gone from the plots, too.
    const drawn = await dashboard.page.locator('.samples details').isHidden();
    assert.ok(drawn);
    host.chosen = undefined;
    await dashboard.page.keyboard.press('Enter');
    await dashboard.frames();
    assert.equal(await view().locator('.file').innerText(), '');
  });

  it('hands files of the workspace on by their URIs', async () => {
    await open();
    const data = await dashboard.page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.setData('application/vnd.code.uri-list', 'file:///w/logits.npz\r\n');
      transfer.setData('text/plain', '/w/logits.npz');
      return transfer;
    });
    await dashboard.page.dispatchEvent('#app', 'drop', { dataTransfer: data });
    await measured(4);
    assert.deepEqual(host.opened, ['file:///w/logits.npz']);
    const words = await dashboard.page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.setData('text/plain', 'words');
      return transfer;
    });
    await dashboard.page.dispatchEvent('#app', 'drop', { dataTransfer: words });
    await dashboard.frames();
    assert.ok(await alert().isHidden());
  });

  it('stays when the page is made anew, and follows the settings', async () => {
    await open();
    await drop(['logits.npz', archive]);
    await measured(4);
    const before = await sentences();
    const state = host.samples.state();
    await host.end();
    await dashboard.close();
    dashboard = await stage.show('floor', { width: 300 });
    await dashboard.posted('ready');
    await dashboard.send(...(await floorMessages(settings)), ...state);
    await dashboard.state('ready');
    await measured(4);
    assert.deepEqual(await sentences(), before);
    assert.ok(!(await dashboard.overflows()));
    assert.deepEqual(await dashboard.violations(), []);
    await dashboard.screenshot('samples-300');

    host = new Host(dashboard);
    host.chosen = bytesSource('logits.npz', archive);
    await host.measure({ ...settings, targets: [1], view: { from: 10, to: 20 } });
    await choose().click();
    await dashboard.page.locator('#sample-sentences li:nth-child(3)').waitFor({ state: 'detached' });
    await measured(2);
    const last = host.sent.filter((message) => message.type === 'samplesHistogram').at(-1);
    assert.deepEqual([last?.edges[0], last?.edges.at(-1)], [10, 20]);
    assert.match(await view().innerText(), /samples have targets that no curve is drawn for/);
  });

  it('reads its file again after a restart, unless that was removed', async () => {
    await open({ state: { samples: 'file:///kept/logits.npz' } });
    await measured(2);
    assert.deepEqual(host.opened, ['file:///kept/logits.npz']);
    assert.match(await view().locator('.file').innerText(), /^logits\.npz · /);
    const kept = (): Promise<unknown> => dashboard.page.evaluate(() => (window.kept as { samples: unknown }).samples);
    assert.equal(await kept(), 'file:///kept/logits.npz');
    host.chosen = bytesSource('scores.csv', Buffer.from('scores\n1\n-20\n'));
    await choose().click();
    await view().locator('.file', { hasText: 'scores.csv' }).waitFor();
    assert.equal(await kept(), 'file:///chosen');
    await view().getByRole('button', { name: 'Remove' }).click();
    await view().getByRole('button', { name: 'Remove' }).waitFor({ state: 'hidden' });
    assert.equal(await kept(), null);
  });

  it('says that a dropped file is gone with the page that had it', async () => {
    await open();
    host.samples.receive({ type: 'droppedSamples', id: 'of another page', name: 'lost.npy', size: 1000 });
    await alert().filter({ hasText: "lost.npy can't be read any more. Drop it again." }).waitFor();
  });
});
