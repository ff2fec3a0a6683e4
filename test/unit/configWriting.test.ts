import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { editLossConfig, parseLossConfig, writeLossConfig, type ConfigPart, type LossConfig } from '../../src/config';
import { lossById } from '../../src/losses';
import { Random, randomConfig } from './generatedConfigs';

const name = 'x.loss.json';

function read(text: string): LossConfig {
  const { config, problems } = parseLossConfig(text, name);
  assert.deepEqual(problems, [], text);
  assert.ok(config);
  return config;
}

function edit(text: string, part: ConfigPart): string {
  const result = editLossConfig(text, name, part);
  assert.equal(result.problem, undefined);
  assert.ok(result.text !== undefined);
  return result.text;
}

/** With the title that a file gets that says none. */
function titled(config: LossConfig): ConfigPart {
  return { ...config, title: config.title === name ? '' : config.title };
}

/** The text again with other white space, and some things said that needn't be. */
function writtenOtherwise(text: string, random: Random): string {
  const value = JSON.parse(text) as Record<string, unknown>;
  const more = random.chance(0.5) ? { $schema: 'https://example.org/loss.schema.json', ...value } : value;
  const withDefaults = random.chance(0.5) ? withWhatGoesWithoutSaying(more) : more;
  // JSON.stringify hasn't -0.
  if (/[[: ]-0[,\s\]}]/.test(text)) return text;
  const again = JSON.stringify(withDefaults, null, random.one([0, 2, 4, '\t']));
  return random.chance(0.3) ? again.replaceAll('\n', '\r\n') : again;
}

function withWhatGoesWithoutSaying(value: Record<string, unknown>): Record<string, unknown> {
  const { zeroErrorRadius, training } = read(JSON.stringify(value));
  const { task, bits, plan } = training ?? {};
  const { hidden: hiddenUnits, ...numbers } = plan ?? {};
  return {
    ...{ targets: [0, 1], backend: 'auto', compare: [], plots: { axis: 'margin', error: 'loss' } },
    ...value,
    zeroErrorRadius: { format: zeroErrorRadius.format, ...(value['zeroErrorRadius'] as object | undefined) },
    ...(training && { training: { task, bits, ...numbers, hiddenUnits, ...(value['training'] as object) } }),
  };
}

describe('writing loss configurations', () => {
  it('leaves out what goes without saying', () => {
    const config = read('{"losses": ["keras/binary-crossentropy@3"]}');
    assert.equal(writeLossConfig(titled(config)), '{\n  "losses": ["keras/binary-crossentropy@3"]\n}\n');
    assert.equal(writeLossConfig({}), '{}\n');
  });

  it('is laid out as people do', () => {
    const config = read(
      JSON.stringify({
        title: 'Two losses',
        losses: [
          'keras/binary-crossentropy@1',
          { id: 'keras/binary-crossentropy@3', label: 'mine', constants: { epsilon: 1e-5 } },
          'torch/bce-with-logits@2.3',
        ],
        formats: ['float32', 'bfloat16'],
        targets: [1, 'mean'],
        sweep: { from: -110, to: 110 },
        view: { from: 16.5, to: 17 },
        backend: 'model',
        compare: ['webgpu'],
        hidden: [{ loss: 2, format: 'bfloat16', target: 'mean', backend: 'webgpu' }, { exact: 0 }],
        zeroErrorRadius: { variants: ['zer/v3'], format: 'float16', hidden: [{ variant: 'zer/v3', target: 0 }] },
      }),
    );
    const text = writeLossConfig(titled(config));
    assert.equal(
      text,
      `{
  "title": "Two losses",
  "losses": [
    "keras/binary-crossentropy@1",
    {"id": "keras/binary-crossentropy@3", "label": "mine", "constants": {"epsilon": 0.00001}},
    "torch/bce-with-logits@2.3"
  ],
  "formats": ["float32", "bfloat16"],
  "targets": [1, "mean"],
  "sweep": {"from": -110, "to": 110},
  "view": {"from": 16.5, "to": 17},
  "backend": "model",
  "compare": ["webgpu"],
  "hidden": [{"loss": 2, "format": "bfloat16", "target": "mean", "backend": "webgpu"}, {"exact": 0}],
  "zeroErrorRadius": {
    "variants": ["zer/v3"],
    "format": "float16",
    "hidden": [{"variant": "zer/v3", "target": 0}]
  }
}
`,
    );
    assert.deepEqual(read(text), config);
  });

  it('reads back as it was, for every state of every control', () => {
    const random = new Random(1);
    for (let i = 0; i < 500; i++) {
      const config = randomConfig(random, name);
      const text = writeLossConfig(titled(config));
      assert.deepEqual(read(text), config, text);
      for (const line of text.split('\n')) assert.ok(line.length <= 180, line);
    }
  });

  it('refuses numbers that JSON does not have', () => {
    assert.throws(() => writeLossConfig({ sweep: { from: -Infinity, to: 1, points: 2 } }), RangeError);
  });
});

describe('editing loss configurations', () => {
  it('changes nothing where nothing means something else', () => {
    const random = new Random(2);
    for (let i = 0; i < 200; i++) {
      const config = randomConfig(random, name);
      const text = writtenOtherwise(writeLossConfig(titled(config)), random);
      assert.equal(edit(text, titled(read(text))), text);
    }
    const samples = readdirSync('samples', { encoding: 'utf8' }).filter((file) => file.endsWith('.loss.json'));
    assert.ok(samples.length >= 3);
    for (const sample of samples) {
      const text = readFileSync(path.join('samples', sample), 'utf8');
      assert.equal(edit(text, titled(read(text))), text);
    }
  });

  it('means what it was to mean afterwards, whatever the file was', () => {
    const random = new Random(3);
    for (let i = 0; i < 400; i++) {
      const before = writtenOtherwise(writeLossConfig(titled(randomConfig(random, name))), random);
      const wanted = randomConfig(random, name);
      const after = edit(before, titled(wanted));
      assert.deepEqual(read(after), wanted, `${before}\n${after}`);
      assert.equal(before.includes('\r\n'), after.includes('\r\n') && before.includes('\r\n'));
      assert.equal(after.includes('$schema'), before.includes('$schema'));
    }
  });

  it('leaves every line alone that has nothing to do with the change', () => {
    const random = new Random(4);
    for (let i = 0; i < 200; i++) {
      const config = randomConfig(random, name);
      const text = JSON.stringify(JSON.parse(writeLossConfig(titled(config))), null, 2);
      if (text.includes('-0')) continue;
      const { radius } = config.zeroErrorRadius;
      const other = radius === 0.25 ? 0.125 : 0.25;
      const zeroErrorRadius = { ...config.zeroErrorRadius, radius: other };
      const after = edit(text, { zeroErrorRadius });
      const lines = new Set(after.split('\n').map((line) => line.replace(/,$/, '')));
      const gone = text.split('\n').filter((line) => !lines.has(line.replace(/,$/, '')));
      assert.ok(gone.every((line) => line.includes('"radius"')) && gone.length <= 1, `${text}\n${after}`);
    }
  });

  const cases: readonly { what: string; before: string; part: ConfigPart; after: string }[] = [
    {
      what: 'a number',
      before: '{ "losses": [ "zer/v1" ] ,\n"sweep":{"to":40,"from":-20.0,   "points": 601}}',
      part: { sweep: { from: -20, to: 41.5, points: 601 } },
      after: '{ "losses": [ "zer/v1" ] ,\n"sweep":{"to":41.5,"from":-20.0,   "points": 601}}',
    },
    {
      what: 'what was not said before, among its like',
      before: '{\n    "losses": ["zer/v1"],\n    "backend": "model"\n}\n',
      part: { formats: ['float16'], view: { from: 1, to: 2 } },
      after:
        '{\n    "losses": ["zer/v1"],\n    "formats": ["float16"],\n    "view": {"from": 1, "to": 2},\n    "backend": "model"\n}\n',
    },
    {
      what: 'the first property',
      before: '{\r\n\t"losses": ["zer/v1"]\r\n}',
      part: { title: 'A title' },
      after: '{\r\n\t"title": "A title",\r\n\t"losses": ["zer/v1"]\r\n}',
    },
    {
      what: 'an empty file',
      before: '{}',
      part: { formats: ['float16'] },
      after: '{"formats": ["float16"]}',
    },
    {
      what: 'what is as it would be without being said',
      before: '{\n  "losses": ["zer/v1"],\n  "formats": ["float16"],\n  "backend": "model"\n}\n',
      part: { formats: ['float32'] },
      after: '{\n  "losses": ["zer/v1"],\n  "backend": "model"\n}\n',
    },
    {
      what: 'a loss more',
      before: '{\n  "losses": [\n    "zer/v1",\n    { "id": "zer/v2" }\n  ]\n}\n',
      part: { losses: chosen('zer/v1', 'zer/v2', 'zer/v3') },
      after: '{\n  "losses": [\n    "zer/v1",\n    { "id": "zer/v2" },\n    "zer/v3"\n  ]\n}\n',
    },
    {
      what: 'a loss less',
      before: '{\n  "losses": [\n    "zer/v1",\n    { "id": "zer/v2" },\n    "zer/v3"\n  ]\n}\n',
      part: { losses: chosen('zer/v1', 'zer/v3') },
      after: '{\n  "losses": [\n    "zer/v1",\n    "zer/v3"\n  ]\n}\n',
    },
    {
      what: 'a constant of a loss',
      before: '{"losses": [{"id": "zer/v1", "label": "one"}, "zer/v2"]}',
      part: { losses: [{ ...one('zer/v1', { radius: 0.2 }), label: 'one' }, one('zer/v2', {})] },
      after: '{"losses": [{"id": "zer/v1", "label": "one", "constants": {"radius": 0.2}}, "zer/v2"]}',
    },
    {
      what: 'the format of the radius, which was that of the losses',
      before: '{"losses": ["zer/v1"], "zeroErrorRadius": {"radius": 0.2}}',
      part: { formats: ['bfloat16'] },
      after: '{"losses": ["zer/v1"], "formats": ["bfloat16"], "zeroErrorRadius": {"radius": 0.2, "format": "float32"}}',
    },
    {
      what: 'a task, and what of it went without saying and now does not',
      before: '{"training": {"task": "xor", "epochs": 2000, "rate": 0.1}}',
      part: {
        training: { ...trainingOf('{"task": "reading"}'), plan: trainingOf('{"task": "xor", "epochs": 500}').plan },
      },
      after: '{"training": {"task": "reading", "hiddenUnits": 4, "rate": 0.1}}',
    },
    {
      what: 'that there is a training',
      before: '{"losses": ["zer/v1"]}',
      part: { training: trainingOf('{}') },
      after: '{"losses": ["zer/v1"], "training": {}}',
    },
    {
      what: 'how it is drawn',
      before: '{"losses": ["zer/v1"], "plots": {"error": "gradient"}}',
      part: { plots: { axis: 'ordinal', error: 'loss', targets: 'overlaid' } },
      after: '{"losses": ["zer/v1"], "plots": {"axis": "ordinal"}}',
    },
  ];
  for (const { what, before, part, after } of cases) {
    it(`touches only ${what}`, () => {
      assert.equal(edit(before, part), after);
    });
  }

  it('touches nothing that can not be read', () => {
    const result = editLossConfig('{"losses": ["zer/v1",]}', name, { formats: ['float16'] });
    assert.equal(result.text, undefined);
    assert.match(result.problem?.message ?? '', /^This is not valid JSON: value expected\.$/);
  });
});

function trainingOf(training: string): NonNullable<LossConfig['training']> {
  return read(`{"training": ${training}}`).training ?? assert.fail();
}

function one(id: string, constants: Readonly<Record<string, number>>): LossConfig['losses'][number] {
  const entry = lossById(id);
  const set = Object.entries(constants).map(([constant, value]) => `, ${constant} ${String(value)}`);
  return { key: '', entry, label: entry.label + set.join(''), constants };
}

function chosen(...ids: string[]): LossConfig['losses'] {
  return ids.map((id) => one(id, {}));
}
