import assert from 'node:assert/strict';
import { defaults, parseLossConfig, writeLossConfig, type LossConfig } from '../../src/config';
import { floorPart, rekeyed, trainingPart, withoutImplied, zerPart } from '../../src/dashboards/configPart';
import { findingLosses, isMeasurable } from '../../src/dashboards/findingEntry';
import { floorIds, hiddenCurves, hiddenVariants, zerIds } from '../../src/dashboards/hidden';
import { reproduction } from '../../src/dashboards/reproduction';
import { EntrySource, floorLookOf, floorSettingsOf, zerLookOf, zerSettingsOf } from '../../src/dashboards/settings';
import {
  hiddenTraining,
  trainingIds,
  trainingSettings,
  trainingSettingsOf,
} from '../../src/dashboards/trainingSettings';
import { findingsIn } from '../../src/rules';
import type { FloorSettings } from '../../src/protocol';
import { Random, randomConfig } from './generatedConfigs';

const catalogue = new EntrySource();
const plain = { hidden: [], look: floorLookOf(defaults.plots) };

function read(text: string): LossConfig {
  const { config, problems } = parseLossConfig(text, 'x');
  assert.deepEqual(problems, [], text);
  return config ?? assert.fail();
}

/** As a page has them: losses that were added there have other keys. */
function asInPage(settings: FloorSettings): FloorSettings {
  return { ...settings, losses: settings.losses.map((loss, i) => ({ ...loss, key: `${loss.id}#${String(i)}` })) };
}

/** Without keys, which are the session's own. */
function keyless(settings: FloorSettings): object {
  return { ...settings, losses: settings.losses.map((loss) => ({ ...loss, key: '' })) };
}

describe('saving a dashboard', () => {
  it('keeps every state of every control of a precision floor', () => {
    const random = new Random(11);
    for (let i = 0; i < 300; i++) {
      const config = randomConfig(random, 'x');
      const settings = asInPage(floorSettingsOf(config));
      const ids = floorIds(config.hidden, settings);
      assert.equal(ids.length, config.hidden.length);
      const look = floorLookOf(config.plots);
      const { part, nameless } = floorPart(settings, { hidden: ids, look }, catalogue);
      assert.deepEqual(nameless, []);
      const again = read(writeLossConfig(part));
      const reopened = floorSettingsOf(again);
      assert.deepEqual(keyless(reopened), keyless(settings));
      assert.deepEqual(floorLookOf(again.plots), look);
      assert.deepEqual(new Set(floorIds(again.hidden, settings)), new Set(ids));
      // A panel that is already open goes on with its own keys: nothing is to be measured anew.
      assert.deepEqual({ ...reopened, losses: rekeyed(reopened.losses, settings.losses) }, settings);
    }
  });

  it('keeps every state of every control of a zero error radius', () => {
    const random = new Random(12);
    for (let i = 0; i < 300; i++) {
      const config = randomConfig(random, 'x');
      const settings = zerSettingsOf(config);
      const ids = zerIds(config.zeroErrorRadius.hidden);
      const look = zerLookOf(config.zeroErrorRadius);
      const again = read(writeLossConfig(zerPart(settings, { hidden: ids, look }, config.backend).part));
      assert.deepEqual(zerSettingsOf(again), settings);
      assert.deepEqual(zerLookOf(again.zeroErrorRadius), look);
      assert.equal(again.backend, config.backend);
      const shown = hiddenVariants(ids, settings);
      assert.deepEqual(new Set(zerIds(again.zeroErrorRadius.hidden)), new Set(zerIds(shown)));
    }
  });

  it('keeps every state of every control of a training', () => {
    const random = new Random(13);
    const uriOf = (file: string): string => file;
    let trained = 0;
    for (let i = 0; i < 300; i++) {
      const config = randomConfig(random, 'x');
      const settings = trainingSettingsOf(config, uriOf);
      if (!config.training) {
        const { variants, radius, format } = config.zeroErrorRadius;
        const { variants: chosen, radii, format: own } = settings;
        assert.deepEqual(
          { chosen, radii, own },
          { chosen: variants.map(({ id }) => id), radii: [radius], own: format },
        );
      } else trained++;
      const ids = trainingIds(config.training?.hidden ?? []);
      const again = read(writeLossConfig(trainingPart(settings, ids).part));
      const { own, ...rest } = settings;
      const { own: ownAgain, ...restAgain } = trainingSettingsOf(again, uriOf);
      assert.deepEqual(restAgain, rest);
      // Without a file there are no columns to count.
      if (own) assert.deepEqual(ownAgain, own);
      assert.deepEqual(new Set(trainingIds(again.training?.hidden ?? [])), new Set(ids));
    }
    assert.ok(trained > 100);
  });

  it('forgets hidden curves of a training that there are no more', () => {
    const settings = { variants: ['zer/v1', 'zer/v2'], radii: [0.1, 0.2] };
    const ids = ['zer/v1 0.2', 'zer/v3 0.1', 'zer/v2 0.25', 'zer/v2 0.1'];
    assert.deepEqual(trainingIds(hiddenTraining(ids, settings)), ['zer/v2 0.1', 'zer/v1 0.2']);
  });

  it('tells in a report how to train the same again', () => {
    const training = read(
      JSON.stringify({
        training: {
          ...{
            task: 'own',
            file: 'file:///home/me/an%20own.csv',
            targetColumns: 2,
            variants: ['zer/v2'],
            radii: [0.1, 0.2],
          },
          ...{ update: 'online', weightRange: 2, format: 'bfloat16' },
        },
      }),
    );
    const settings = trainingSettingsOf(training, (file) => file);
    const text = reproduction(trainingPart(settings, []));
    assert.ok(!text.includes('/home/me'), text);
    assert.match(text, /Save this as `report\.loss\.json` beside the file of patterns, `an own\.csv`, and open/);
    const [, json = ''] = /```json\n(.*?)```/s.exec(text) ?? [];
    assert.deepEqual(read(json).training, { ...training.training, file: 'an own.csv' });
    const [, commands] = /```sh\n(.*?)```/s.exec(text) ?? [];
    assert.equal(
      commands,
      'lossfloor train --csv "an own.csv" --targets 2 --variant zer/v2 --radius 0.1,0.2 --seeds 5 --epochs 2000 --update online --weights 2 --dtype bfloat16\n',
    );
    const parity = trainingPart(trainingSettings({ task: 'parity', bits: 3, hidden: 5, own: settings.own }), []);
    const other = reproduction(parity);
    assert.ok(!other.includes('own.csv'), other);
    assert.match(
      other,
      /lossfloor train --task parity --bits 3 --variant \S+ --radius 0\.1 --seeds 5 --epochs 2000 --hidden 5 --dtype float32\n/,
    );
  });

  it('forgets hidden curves that there are no more', () => {
    const settings = floorSettingsOf(read('{"losses": ["zer/v1"], "formats": ["float32"], "targets": [1]}'));
    const ids = ['0 float32 1', '0 float32 0', '1 float32 1', '0 float32 1 webgpu', 'exact 0', 'nonsense'];
    assert.deepEqual(hiddenCurves(ids, settings), [{ loss: 0, format: 'float32', target: 1 }, { exact: 0 }]);
  });

  it('goes on from losses that are there, and gives others keys of their own', () => {
    const loss = (key: string, id: string, constants = {}): FloorSettings['losses'][number] => ({
      ...{ key, id, label: id, formula: '' },
      constants,
    });
    const now = [loss('0', 'a'), loss('a#2', 'a', { epsilon: 1 }), loss('1', 'b')];
    const next = [loss('0', 'a', { epsilon: 1 }), loss('1', 'c'), loss('2', 'a', { epsilon: 2 }), loss('3', 'b')];
    assert.deepEqual(
      rekeyed(next, now).map(({ key }) => key),
      ['a#2', 'c#2', '0', '1'],
    );
  });

  it('does not write the losses of variants into a file that names only those', () => {
    const config = read('{"zeroErrorRadius": {"variants": ["zer/v1", "zer/v2"], "radius": 0.2}}');
    const variants = config.zeroErrorRadius.variants.map((entry, i) => {
      return { key: String(i), entry, label: entry.label, constants: { radius: 0.2 } };
    });
    const implied = floorSettingsOf({ ...config, losses: variants });
    const { part } = floorPart(implied, plain, catalogue);
    assert.deepEqual(withoutImplied(part, config, implied.losses).losses, []);
    const changed = floorPart({ ...implied, losses: implied.losses.slice(1) }, plain, catalogue).part;
    assert.equal(withoutImplied(changed, config, implied.losses).losses?.length, 1);
  });

  it('says what of the user’s code a configuration can not name', () => {
    const [finding] = findingsIn('import torch\ny = torch.log(torch.sigmoid(x))\n');
    assert.ok(finding && isMeasurable(finding));
    const { own } = findingLosses(finding, 'a.py:2');
    const chosen = own.map((entry, i) => ({ key: String(i), entry, label: entry.label, constants: {} }));
    const { losses } = read('{"losses": ["torch/bce@2.0"]}');
    const settings = floorSettingsOf({ ...read('{}'), losses: [...chosen, ...losses] });
    const writable = floorPart(settings, plain, new EntrySource(own));
    assert.deepEqual(
      writable.part.losses?.map(({ entry }) => entry.id),
      ['torch/bce@2.0'],
    );
    assert.deepEqual(writable.nameless, ['as written: log of sigmoid', 'stable form']);
    const text = reproduction(writable);
    assert.match(text, /no configuration can name: as written: log of sigmoid; stable form\.\n\nThe others:/);
    const nothing = reproduction(
      floorPart({ ...settings, losses: settings.losses.slice(0, 2) }, plain, new EntrySource(own)),
    );
    assert.ok(!nothing.includes('```'), nothing);
  });

  it('tells in a report how to have the same again', () => {
    const config = read(
      JSON.stringify({
        losses: [
          'keras/binary-crossentropy@1',
          { id: 'keras/binary-crossentropy@3', constants: { epsilon: 1e-5 } },
          'torch/bce@2.0',
        ],
        formats: ['float16', 'float32'],
        targets: [1, 'mean'],
        backend: 'model',
      }),
    );
    const settings = floorSettingsOf(config);
    const text = reproduction(floorPart(settings, plain, catalogue));
    const [, json = ''] = /```json\n(.*?)```/s.exec(text) ?? [];
    assert.deepEqual(floorSettingsOf(read(json)), settings);
    const [, commands] = /```sh\n(.*?)```/s.exec(text) ?? [];
    assert.equal(
      commands,
      'lossfloor measure keras/binary-crossentropy@1 torch/bce@2.0 --dtype float16,float32 --target 1,mean --backend model\n' +
        'lossfloor measure keras/binary-crossentropy@3 --dtype float16,float32 --target 1,mean --constant epsilon=0.00001 --backend model\n',
    );
    const zer = reproduction(
      zerPart(
        zerSettingsOf(read('{"zeroErrorRadius": {"variants": ["zer/v2"]}}')),
        { hidden: [], look: zerLookOf(defaults) },
        'auto',
      ),
    );
    assert.ok(zer.includes('lossfloor measure zer/v2 --dtype float32 --target 0,1 --constant radius=0.1\n'), zer);
  });
});
