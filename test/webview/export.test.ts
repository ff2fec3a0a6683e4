import assert from 'node:assert/strict';
import type {
  CopyReportMessage,
  FloorSettings,
  HideMessage,
  SaveConfigMessage,
  SaveMessage,
  ZerSettings,
} from '../../src/protocol';
import { printNumber } from '../../webview/common/format';
import {
  finished,
  floorCurves,
  floorMessages,
  floorState,
  settingsOf,
  started,
  zerCurves,
  zerDefaults,
  zerMessages,
} from './measured';
import { Stage, type Dashboard } from './page';
import { themeNames } from './themes';

const settings = settingsOf({
  losses: [{ id: 'keras/binary-crossentropy@1', label: 'Keras, "clipped", a|b' }, 'torch/bce@2.0'],
  formats: ['float32', 'float16'],
  targets: [1, 0],
  sweep: { from: -20, to: 20, points: 41 },
});

const small = { ...settings, losses: settings.losses.slice(0, 1), formats: ['float16'] } as const;

type Item = 'SVG' | 'CSV' | 'JSON';

describe('export', () => {
  let stage: Stage;
  let dashboard: Dashboard;

  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage.close());
  afterEach(() => dashboard.close());

  const openFloor = async (options: Parameters<Stage['show']>[1] = {}, given = settings): Promise<void> => {
    dashboard = await stage.show('floor', options);
    await dashboard.posted('ready');
    await dashboard.send(...(await floorMessages(given)));
    await dashboard.state('ready');
  };
  const openZer = async (): Promise<void> => {
    dashboard = await stage.show('zer');
    await dashboard.posted('ready');
    await dashboard.send(...(await zerMessages(zerDefaults)));
    await dashboard.state('ready');
  };
  const focused = (): Promise<string> => dashboard.page.evaluate(() => document.activeElement?.textContent ?? '');
  const press = (...keys: readonly string[]): Promise<void> =>
    keys.reduce((before, key) => before.then(() => dashboard.page.keyboard.press(key)), Promise.resolve());
  const exported = async (item: Item): Promise<SaveMessage> => {
    await dashboard.page.getByRole('button', { name: 'Export' }).click();
    await dashboard.page.getByRole('menuitem', { name: item, exact: true }).click();
    const found = await dashboard.posted<SaveMessage>('save');
    return found.at(-1) ?? assert.fail();
  };
  const report = async (): Promise<CopyReportMessage<FloorSettings | ZerSettings>> => {
    await dashboard.page.getByRole('button', { name: 'Export' }).click();
    await dashboard.page.getByRole('menuitem', { name: 'Copy as Markdown' }).click();
    const [found] = await dashboard.posted<CopyReportMessage<FloorSettings>>('copyReport');
    return found ?? assert.fail();
  };
  /** The picture that was saved last, decoded by the browser: its bytes, its size, and how many colours it has. */
  const picture = async (): Promise<{ bytes: Uint8Array; width: number; height: number; colours: number }> => {
    await dashboard.page.getByRole('button', { name: 'Export' }).click();
    await dashboard.page.getByRole('menuitem', { name: 'PNG' }).click();
    await dashboard.page.waitForFunction(() => window.posted.some(({ type }) => type === 'save'));
    const { base64, ...rest } = await dashboard.page.evaluate(async () => {
      const { content } = window.posted.findLast(({ type }) => type === 'save') as unknown as {
        content: Uint8Array<ArrayBuffer>;
      };
      const bitmap = await createImageBitmap(new Blob([content], { type: 'image/png' }));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      if (!context) throw new Error('no canvas');
      context.drawImage(bitmap, 0, 0);
      const pixels = new Uint32Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer);
      let binary = '';
      for (const byte of content) binary += String.fromCharCode(byte);
      return { base64: btoa(binary), width: bitmap.width, height: bitmap.height, colours: new Set(pixels).size };
    });
    return { ...rest, bytes: Buffer.from(base64, 'base64') };
  };

  it('is a menu for the keyboard', async () => {
    await openFloor();
    const button = dashboard.page.getByRole('button', { name: 'Export' });
    await button.focus();
    await press('Enter');
    assert.equal(await button.getAttribute('aria-expanded'), 'true');
    assert.equal(await focused(), 'PNG');
    await press('ArrowDown', 'ArrowDown');
    assert.equal(await focused(), 'CSV');
    await press('ArrowUp', 'Home', 'ArrowUp');
    assert.equal(await focused(), 'Copy as Markdown');
    await press('ArrowDown', 'j');
    assert.equal(await focused(), 'JSON');
    await press('Escape');
    assert.equal(await button.getAttribute('aria-expanded'), 'false');
    assert.match(await focused(), /^Export/);
    assert.equal(await dashboard.page.getByRole('menuitem').count(), 0);
    await press('ArrowUp');
    assert.equal(await focused(), 'Copy as Markdown');
    await press('Tab');
    assert.equal(await dashboard.page.getByRole('menuitem').count(), 0);
    await button.focus();
    await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
    const [message] = await dashboard.posted<SaveMessage>('save');
    assert.equal(message?.kind, 'csv');
    await button.click();
    await dashboard.page.locator('h1').click();
    assert.equal(await dashboard.page.getByRole('menuitem').count(), 0);
  });

  it('waits for something to export', async () => {
    dashboard = await stage.show('floor');
    await dashboard.posted('ready');
    await dashboard.send(floorState(settings), started(1, 8));
    await dashboard.frames();
    assert.ok(await dashboard.page.getByRole('button', { name: 'Export' }).isDisabled());
    assert.ok(await dashboard.page.getByRole('button', { name: 'Save as Config…' }).isEnabled());
    const [curve] = await floorCurves(settings, 1);
    await dashboard.send(curve ?? assert.fail());
    await dashboard.frames();
    const { text } = await report();
    assert.match(text, /\*\*Measuring was still going on: this is not all\.\*\*/);
    await dashboard.send(finished(1));
  });

  it('gives every point as CSV, to the last bit, of the curves that are shown', async () => {
    await openFloor();
    await dashboard.page.getByRole('checkbox', { name: /^PyTorch 2 BCELoss, target 0, float16/ }).uncheck();
    const { content, suggestedName } = await exported('CSV');
    assert.equal(suggestedName, 'where-binary-cross-entropy-stops.csv');
    const [heads = [], ...rows] = parsedCsv(String(content));
    const curves = (await floorCurves(settings, 1)).filter(
      ({ lossKey, format, target }) => !(lossKey === '1' && format === 'float16' && target === 0),
    );
    assert.equal(curves.length, 7);
    assert.equal(
      rows.length,
      curves.reduce((sum, { curve }) => sum + curve.margin.length, 0),
    );
    const cells = rows.map((row) => Object.fromEntries(heads.map((head, i) => [head, row[i] ?? ''])));
    for (const { lossKey, format, target, curve } of curves) {
      const loss = settings.losses.find(({ key }) => key === lossKey) ?? assert.fail();
      const own = cells.filter(
        (row) => row['name'] === loss.label && row['format'] === format && row['target'] === String(target),
      );
      const column = (head: string): number[] => own.map((row) => Number(row[head]));
      assert.deepEqual(column('margin'), [...curve.margin]);
      assert.deepEqual(column('loss_error_ulp'), [...curve.lossUlp]);
      assert.deepEqual(column('gradient'), [...curve.gradient]);
      assert.deepEqual(column('exact_loss'), [...curve.exactLoss]);
      assert.deepEqual(
        column('logit'),
        [...curve.margin].map((m) => (target === 0 ? -m : m)),
      );
      for (const row of own) {
        assert.deepEqual(
          [row['id'], row['formula'], row['backend'], row['device']],
          [loss.id, loss.formula, 'model', 'CPU (test)'],
        );
        assert.match(row['version'] ?? '', /./);
        assert.match(row['lossfloor'] ?? '', /^\d+\.\d+\.\d+$/);
      }
    }
    // The heads are not ambiguous: the name of the loss has a column of its own.
    assert.equal(new Set(heads).size, heads.length);
  });

  it('gives everything as JSON', async () => {
    await openFloor();
    const { content } = await exported('JSON');
    const found = JSON.parse(String(content)) as {
      settings: unknown;
      computedBy: { identity: { backend: string; device: string } }[];
      losses: { id: string; formula: string }[];
      findings: string[];
      curves: {
        loss: string;
        format: string;
        target: number;
        summary: object;
        points: Record<string, unknown[]>[];
        specials: Record<string, unknown[]>;
      }[];
    };
    const numbers = (values: readonly unknown[] | undefined): number[] => (values ?? []).map(Number);
    assert.deepEqual(found.settings, settings);
    assert.equal(found.computedBy[0]?.identity.device, 'CPU (test)');
    assert.deepEqual(
      found.losses.map(({ formula }) => formula),
      settings.losses.map(({ formula }) => formula),
    );
    const said = await dashboard.page.locator('#sentences li').allTextContents();
    assert.deepEqual(
      found.findings,
      said.map((sentence) => sentence.replace(/\s+/g, ' ').trim()),
    );
    const curves = await floorCurves(settings, 1);
    assert.equal(found.curves.length, curves.length);
    curves.forEach(({ curve, specials, summary, format }, i) => {
      const given = found.curves[i] ?? assert.fail();
      assert.equal(given.format, format);
      assert.deepEqual(numbers(given.points[0]?.['loss']), [...curve.loss]);
      assert.deepEqual(numbers(given.points[0]?.['exact_gradient']), [...curve.exactGradient]);
      assert.deepEqual(numbers(given.specials['loss']), [...specials.loss]);
      assert.deepEqual(numbers(given.specials['margin']), [...specials.margin]);
      assert.deepEqual(
        given.summary,
        JSON.parse(
          JSON.stringify(summary, (_, x: unknown) =>
            typeof x === 'number' && (!Number.isFinite(x) || Object.is(x, -0))
              ? Object.is(x, -0)
                ? '-0'
                : String(x)
              : x,
          ),
        ),
      );
    });
  });

  it('reports as Markdown what the page says, by whom, with the formulas', async () => {
    await openFloor();
    const { text, settings: sent } = await report();
    assert.deepEqual(sent, settings);
    assert.match(text, /^## Where binary cross-entropy stops\n/);
    const lines = text.split('\n');
    const unescaped = lines.map((line) => line.replace(/\\(.)/g, '$1'));
    for (const sentence of await dashboard.page.locator('#sentences li').allTextContents()) {
      assert.ok(unescaped.includes(`- ${sentence.replace(/\s+/g, ' ').trim()}`), sentence);
    }
    const rows = await dashboard.rows('#summary');
    for (const row of rows) assert.ok(unescaped.includes(`| ${row.join(' | ')} |`), row.join());
    const [first] = await floorCurves(settings, 1);
    assert.ok(text.includes(printNumber(first?.summary.floor?.value ?? NaN, 'float32')));
    for (const { id, formula } of settings.losses)
      assert.ok(text.includes(`| \`${id}\` | \`${formula.replaceAll('|', '\\|')}\` |`), text);
    assert.match(text, /- model · CPU \(test\) · version .*\n- Lossfloor \d+\.\d+\.\d+, \d{4}-\d\d-\d\d\./);
    // A bar in a name doesn't end its cell.
    assert.ok(
      lines.some((line) => line.startsWith('| Keras, "clipped", a\\|b | 1 | float32 |')),
      text,
    );
  });

  it('draws vectors: well-formed, with every curve and who computed it', async () => {
    await openFloor();
    const { content } = await exported('SVG');
    const found = await dashboard.page.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
      const of = (name: string): Element[] => Array.from(parsed.getElementsByTagName(name));
      return {
        errors: of('parsererror').length,
        root: parsed.documentElement.nodeName,
        strokes: of('path').map((path) => path.getAttribute('stroke') ?? ''),
        texts: of('text').map((each) => each.textContent),
        bad: of('path').filter((path) => /NaN|undefined|Infinity/.test(path.getAttribute('d') ?? '')).length,
        foreign: of('image').length + of('script').length + of('foreignObject').length,
      };
    }, String(content));
    assert.deepEqual([found.errors, found.root, found.bad, found.foreign], [0, 'svg', 0, 0]);
    // Blue and red of the dark theme, in both plots and the legend.
    for (const colour of ['rgb(89, 164, 249)', 'rgb(241, 76, 76)']) {
      assert.ok(found.strokes.filter((stroke) => stroke === colour).length > 6, colour);
    }
    const all = found.texts.join(' ');
    for (const part of [
      'Where binary cross-entropy stops',
      'Loss',
      'Gradient',
      'Computed by model · CPU (test) · version',
      'Number formats: float32, float16',
      'torch/bce@2.0',
      '10⁻⁴',
    ]) {
      assert.ok(all.includes(part), part);
    }
    assert.match(all, /Lossfloor \d+\.\d+\.\d+, \d{4}-/);
    assert.ok(!String(content).includes('rgba('));
  });

  for (const theme of themeNames) {
    it(`looks as the page does, in the theme ${theme}; the menu has no violations`, async () => {
      await openFloor({ theme }, small);
      const { bytes, width, height, colours } = await picture();
      assert.equal(width, 2000);
      assert.ok(height > 1500 && colours > 50, `${String(height)} ${String(colours)}`);
      dashboard.keepFile(`export-${theme}.png`, bytes);
      await dashboard.page.evaluate(() => {
        window.posted = [];
      });
      const svg = await exported('SVG');
      dashboard.keepFile(`export-${theme}.svg`, String(svg.content));
      await dashboard.page.getByRole('button', { name: 'Export' }).click();
      assert.deepEqual(await dashboard.violations('header'), []);
      await dashboard.screenshot(`export-menu-${theme}`);
    });
  }

  it('fits a narrow panel', async () => {
    await openFloor({ width: 300 });
    await dashboard.page.getByRole('button', { name: 'Export' }).click();
    assert.equal(await dashboard.overflows(), false);
    for (const item of await dashboard.page.getByRole('menuitem').all()) {
      const { x = -1, width = 0 } = (await item.boundingBox()) ?? {};
      assert.ok(x >= 0 && x + width <= 300, `${String(x)} ${String(width)}`);
    }
    await dashboard.screenshot('export-menu-narrow');
  });

  it('exports a zero error radius: both kinds of points, formulas and radius', async () => {
    await openZer();
    const [heads = [], ...rows] = parsedCsv(String((await exported('CSV')).content));
    const curves = (await zerCurves(zerDefaults, 1)).filter((result) => result.type === 'zerCurve');
    const points = curves.reduce((sum, { output, logit }) => sum + output.length + logit.length, 0);
    assert.equal(rows.length, points);
    const cells = rows.map((row) => Object.fromEntries(heads.map((head, i) => [head, row[i] ?? ''])));
    for (const { variant, target, output, replaced } of curves) {
      const own = cells.filter(
        (row) => row['id'] === variant && row['target'] === String(target) && row['output'] !== '',
      );
      assert.deepEqual(
        own.map((row) => Number(row['output'])),
        [...output],
      );
      assert.deepEqual(
        own.map((row) => Number(row['replaced_output'])),
        [...replaced],
      );
      assert.ok(
        own.every((row) => /^radius = 0\.1(, epsilon = 1e-07)?$/.test(row['constants'] ?? '')),
        own[0]?.['constants'],
      );
    }
    const { text } = await report();
    assert.match(text, /^## What a zero error radius does\n/);
    assert.ok(text.includes('`zer/v2`'), text);
    const svg = String((await exported('SVG')).content);
    assert.ok(svg.includes('Replaced output'));
  });
});

describe('saving', () => {
  let stage: Stage;
  let dashboard: Dashboard;

  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage.close());
  afterEach(() => dashboard.close());

  const open = async (origin: 'config' | 'catalogue', hidden?: readonly string[], state?: unknown): Promise<void> => {
    dashboard = await stage.show('floor', { state });
    await dashboard.posted('ready');
    const messages = (await floorMessages(settings)).map((message) =>
      message.type === 'floor'
        ? {
            ...message,
            ...(hidden ? { hidden } : {}),
            origin: origin === 'config' ? message.origin : { kind: 'catalogue' as const },
          }
        : message,
    );
    await dashboard.send(...messages);
    await dashboard.state('ready');
  };

  it('writes what is set, typed a moment ago, into the file or another', async () => {
    await open('config');
    await dashboard.page.getByRole('checkbox', { name: /^PyTorch 2 BCELoss, target 1, float16/ }).uncheck();
    await dashboard.page.getByRole('checkbox', { name: 'bfloat16' }).check();
    await dashboard.page.getByRole('button', { name: 'Save', exact: true }).click();
    await dashboard.page.getByRole('button', { name: 'Save as Config…' }).click();
    const [own, other] = await dashboard.posted<SaveConfigMessage<FloorSettings>>('saveConfig', 2);
    assert.deepEqual([own?.as, other?.as], [false, true]);
    assert.deepEqual([...(own?.settings.formats ?? [])].sort(), ['bfloat16', 'float16', 'float32']);
    assert.deepEqual(own?.hidden, ['1 float16 1']);
    assert.deepEqual(own, { ...other, as: false });
    const [hide] = await dashboard.posted<HideMessage>('hide');
    assert.deepEqual(hide?.hidden, ['1 float16 1']);
  });

  it('has no file to save to where the dashboard is of the catalogue', async () => {
    await open('catalogue');
    assert.equal(await dashboard.page.getByRole('button', { name: 'Save', exact: true }).count(), 0);
    assert.equal(await dashboard.page.getByRole('button', { name: 'Save as Config…' }).count(), 1);
  });

  it('hides what the host says; where it says nothing, what was kept', async () => {
    const boxes = async (): Promise<boolean[]> =>
      dashboard.page.locator('#legend input').evaluateAll((all) => all.map((box) => (box as HTMLInputElement).checked));
    await open('config', ['0 float32 1', 'exact 0'], { hidden: ['1 float32 1'] });
    assert.deepEqual(await boxes(), [false, true, true, true, true, true, true, true, false]);
    assert.deepEqual(((await dashboard.kept()) as { hidden: unknown }).hidden, ['0 float32 1', 'exact 0']);
    await dashboard.close();
    await open('config', undefined, { hidden: ['1 float32 1'] });
    assert.deepEqual((await boxes()).indexOf(false), 4);
  });

  it('is not drawn anew when the dashboard becomes that of a file', async () => {
    await open('catalogue');
    await dashboard.page.getByRole('button', { name: 'Export' }).focus();
    await dashboard.send({ ...floorState(settings, 'losses'), hidden: [] });
    await dashboard.frames();
    await dashboard.state('ready');
    assert.equal(await dashboard.page.locator('h1').innerText(), 'losses');
    assert.ok(await dashboard.page.getByRole('button', { name: 'Save', exact: true }).isVisible());
    assert.match(await dashboard.page.evaluate(() => document.activeElement?.textContent ?? ''), /^Export/);
  });
});

/** RFC 4180. */
function parsedCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const token = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g;
  for (let match = token.exec(text); match && match.index < text.length; match = token.exec(text)) {
    row.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
