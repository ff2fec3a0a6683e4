/** Every state of the floor dashboard, at every width and in every theme: nothing is cut off, and all can be used. */
import assert from 'node:assert/strict';
import { floorRun } from '../../src/dashboards/floorRun';
import { PanelSamples } from '../../src/dashboards/panelSamples';
import type { FloorSettings, ToSamplesView } from '../../src/protocol';
import { bytesSource } from '../../src/samples';
import { vector } from '../unit/arrays';
import {
  backendsMessage,
  finished,
  floorCurves,
  floorMessages,
  floorState,
  measurer,
  settingsOf,
  started,
} from './measured';
import { Stage, type Dashboard } from './page';
import { themeNames } from './themes';

const keras = settingsOf({ losses: ['keras/binary-crossentropy@1'], formats: ['float32'], targets: [1, 0] });
const mixed = settingsOf({
  losses: ['keras/binary-crossentropy@1', 'torch/bce@2.0', 'tfjs/log-loss'],
  formats: ['float32', 'float16'],
  targets: [1],
});

/** What the host sends once a file of logits is read and computed at. */
async function samplesMessages(settings: FloorSettings): Promise<ToSamplesView[]> {
  const sent: ToSamplesView[] = [];
  const logits = Array.from({ length: 3000 }, (_, i) => 9 * Math.tan(((i + 0.5) / 3000 - 0.5) * 2.4) + 3);
  const source = bytesSource('logits.npy', vector('<f4', logits));
  const files = {
    choose: () => Promise.resolve('file:///logits.npy'),
    open:
      () =>
      <T>(use: (given: typeof source) => T) =>
        use(source),
  };
  const samples = new PanelSamples(
    files,
    (...messages) => sent.push(...messages),
    (line) => assert.fail(line),
  );
  const run = samples.follow(floorRun(settings, measurer), settings, measurer);
  await run.start(() => undefined, new AbortController().signal);
  samples.receive({ type: 'chooseSamples' });
  const isDone = (): boolean => sent.some((message) => message.type === 'samplesResults' && message.done === 1);
  for (let i = 0; i < 500 && !isDone(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(isDone());
  samples.dispose();
  return sent;
}

interface State {
  readonly settings: FloorSettings;
  /** What the page has kept. */
  readonly kept?: object;
  /** What the host sends; all that is measured where it is left out. */
  readonly messages?: () => Promise<readonly object[]>;
  readonly ends?: 'ready' | 'error' | 'loading';
  readonly then?: (dashboard: Dashboard) => Promise<void>;
}

const zoomed: FloorSettings = { ...mixed, view: { from: 6, to: 18 } };
const ordinal: FloorSettings = { ...mixed, spacing: 'ordinal' };
const comparing: FloorSettings = { ...keras, compare: ['webgpu', 'cuda'] };

const states: Readonly<Record<string, State>> = {
  plain: { settings: keras },
  zoomed: { settings: zoomed },
  beside: { settings: keras, kept: { look: { errorOf: 'loss', targets: 'beside' } } },
  ordinal: { settings: ordinal, kept: { look: { errorOf: 'gradient', targets: 'overlaid' } } },
  findings: {
    settings: mixed,
    then: async ({ page }) => page.getByRole('button', { name: /^Show \d+ more$/ }).click(),
  },
  logits: {
    settings: keras,
    messages: async () => [...(await floorMessages(keras)), ...(await samplesMessages(keras))],
    then: async ({ page }) => {
      await page.locator('#legend .bars').waitFor();
    },
  },
  specials: {
    settings: mixed,
    then: async ({ page }) => {
      await page.getByText('Where floats end').click();
      await page.locator('#specials tbody tr').first().waitFor();
    },
  },
  comparison: { settings: comparing },
  menu: {
    settings: keras,
    then: async ({ page }) => page.getByRole('button', { name: 'Export' }).click(),
  },
  error: {
    settings: keras,
    messages: async () => [
      floorState(keras),
      backendsMessage(),
      started(1, 2),
      ...(await floorCurves(keras, 1)).slice(0, 1),
      { type: 'failed', generation: 1, message: 'The worker ended (code 1). Show Logs says more.' },
    ],
    ends: 'error',
  },
  empty: {
    settings: { ...keras, losses: [] },
    messages: () =>
      Promise.resolve([floorState({ ...keras, losses: [] }), backendsMessage(), started(1, 0), finished(1)]),
  },
  loading: {
    settings: mixed,
    messages: async () => [
      floorState(mixed),
      backendsMessage(),
      started(1, 6),
      ...(await floorCurves(mixed, 1)).slice(0, 2),
    ],
    ends: 'loading',
  },
};

const widths = [300, 480, 900, 1400, 3840] as const;

describe('every state of the floor dashboard', () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage.close());

  for (const [name, { settings, kept, messages, ends = 'ready', then }] of Object.entries(states)) {
    it(`is whole at every width and accessible in every theme: ${name}`, async () => {
      const dashboard = await stage.show('floor', { width: 1100, height: 900, state: kept });
      const { page } = dashboard;
      await dashboard.posted('ready');
      await dashboard.send(...(messages ? await messages() : await floorMessages(settings)));
      await dashboard.state(ends);
      await dashboard.frames();
      await then?.(dashboard);
      for (const theme of themeNames) {
        await dashboard.wear(theme);
        assert.deepEqual(await dashboard.violations(), [], theme);
        if (process.env['LOSSFLOOR_SCREENSHOTS']) await dashboard.screenshot(`state-${name}-${theme}`);
      }
      await dashboard.wear('dark');
      for (const width of widths) {
        await page.setViewportSize({ width, height: width === 3840 ? 2160 : 900 });
        await dashboard.frames();
        assert.equal(await dashboard.overflows(), false, `${String(width)} pixels`);
        if (process.env['LOSSFLOOR_SCREENSHOTS']) await dashboard.screenshot(`state-${name}-${String(width)}`);
      }
      await dashboard.close();
    });
  }
});
