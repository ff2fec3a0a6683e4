import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseLossConfig, pointsOf, zeroErrorRadiusVariants } from '../../src/config';
import { bundledTask, trainingDefaults, type TrainingPlan } from '../../src/training';

/** Messages with the text that each is about. */
function problemsOf(text: string): string[] {
  return parseLossConfig(text, 'x').problems.map(
    ({ kind, offset, length, message }) => `${kind} «${text.slice(offset, offset + length)}» ${message}`,
  );
}

describe('loss configuration', () => {
  it('fills in what is left out', () => {
    const { config } = parseLossConfig('{"losses": ["keras/binary-crossentropy@3"]}', 'name.loss.json');
    assert.ok(config);
    const { losses, zeroErrorRadius, ...rest } = config;
    assert.deepEqual(rest, {
      title: 'name.loss.json',
      formats: ['float32'],
      targets: [0, 1],
      sweep: { from: -20, to: 40, points: 601 },
      view: null,
      backend: 'auto',
      compare: [],
      plots: { axis: 'margin', error: 'loss', targets: 'overlaid' },
      hidden: [],
      training: null,
    });
    assert.deepEqual(
      losses.map(({ key, entry, constants }) => [key, entry.id, constants]),
      [['0', 'keras/binary-crossentropy@3', {}]],
    );
    assert.deepEqual(
      [zeroErrorRadius.radius, ...zeroErrorRadius.variants.map(({ id }) => id)],
      [0.1, 'zer/v1', 'zer/v2', 'zer/v3', 'zer/v4'],
    );
    const { format, targets, plottedAgainst, hidden } = zeroErrorRadius;
    assert.deepEqual(
      { format, targets, plottedAgainst, hidden },
      { format: 'float32', targets: [0, 1], plottedAgainst: ['output', 'logit'], hidden: [] },
    );
  });

  it('fills in of training what the task is usually learnt with', () => {
    const planOf = (training: object): TrainingPlan => {
      const { config, problems } = parseLossConfig(JSON.stringify({ training }), 'x');
      assert.deepEqual(problems, []);
      return config?.training?.plan ?? assert.fail();
    };
    assert.deepEqual(planOf({}), trainingDefaults);
    const { hidden, epochs, rate } = bundledTask('reading');
    assert.deepEqual(planOf({ task: 'reading' }), { ...trainingDefaults, hidden, epochs, rate });
    assert.equal(planOf({ task: 'parity', bits: 3 }).hidden, bundledTask('parity', 3).hidden);
    assert.equal(planOf({ task: 'reading', hiddenUnits: 7 }).hidden, 7);
  });

  it('says what is wrong with a training, and where', () => {
    const cases = [
      [
        '{"training": {"variants": ["keras/binary-crossentropy@3"]}}',
        '"keras/binary-crossentropy@3"',
        /no zero error radius/,
      ],
      ['{"training": {"hidden": [{"variant": "zer/v9", "radius": 0.1}]}}', '"zer/v9"', /zer\/v9/],
      ['{"training": {"epochs": 0.5}}', '0.5', /^training\.epochs must be an integer\.$/],
      ['{"training": {"momentum": 1}}', '1', /^training\.momentum must be <= 0\.999\.$/],
      ['{"training": {"hidden": 3}}', '3', /^training\.hidden must be an array\.$/],
      ['{"training": {"weights": 3}}', '"weights"', /^Unknown property "weights"\.$/],
    ] as const;
    for (const [text, at, message] of cases) {
      const [problem] = parseLossConfig(text, 'x').problems;
      assert.match(problem?.message ?? '', message);
      assert.equal(text.slice(problem?.offset, (problem?.offset ?? 0) + (problem?.length ?? 0)), at);
    }
  });

  it('takes constants, and says them in the label', () => {
    const { config } = parseLossConfig(
      '{"losses": [{"id": "keras/binary-crossentropy@3", "constants": {"epsilon": 1e-5}}, {"id": "zer/v1", "label": "mine"}]}',
      'x',
    );
    assert.deepEqual(
      config?.losses.map(({ label }) => label),
      ['Keras 3 BCE (clip), epsilon 0.00001', 'mine'],
    );
  });

  it('says what is wrong, and where', () => {
    const cases: [string, string[]][] = [
      ['', ['syntax «» This is not valid JSON: value expected.']],
      ['{"losses": ["a",]}', ['syntax «]» This is not valid JSON: value expected.']],
      ['{} // why', ['syntax «// why» This is not valid JSON: invalid comment token.']],
      ['[1]', ['schema «[1]» The file must be an object.']],
      [
        '{"losses": [], "loses": 1}',
        ['schema «[]» losses must NOT have fewer than 1 items.', 'schema «"loses"» Unknown property "loses".'],
      ],
      [
        '{"losses": [5, {"id": 5}, {"label": "x"}]}',
        [
          'schema «5» losses[0] must be the id of a loss, or an object with an id.',
          'schema «5» losses[1].id must be a string.',
          'schema «{"label": "x"}» losses[2]: "id" is missing.',
        ],
      ],
      [
        '{"formats": ["float23"], "targets": [2, "men"]}',
        [
          'schema «"float23"» formats[0] must be one of "float64", "float32", "bfloat16", "float16", "float8_e4m3fn", "float8_e5m2".',
          'schema «2» targets[0] must be a number from 0 to 1, or "mean".',
          'schema «"men"» targets[1] must be a number from 0 to 1, or "mean".',
        ],
      ],
      ['{"sweep": {"from": 0, "to": 1, "points": 1000000000}}', ['schema «1000000000» sweep.points must be <= 20000.']],
      [
        '{"sweep": {"from": 5, "to": 5}}',
        ['meaning «5» The sweep runs from 5 to 5; "to" has to be greater than "from", and both finite.'],
      ],
      [
        '{"sweep": {"from": 0, "to": 1e999}}',
        ['meaning «1e999» The sweep runs from 0 to Infinity; "to" has to be greater than "from", and both finite.'],
      ],
      [
        '{"losses": ["torch/cross-entropy"], "targets": [0, 0.5]}',
        ['meaning «0.5» torch/cross-entropy takes the targets 0 and 1, not 0.5.'],
      ],
      [
        '{"losses": ["keras/binary-crossentrop"]}',
        [
          'meaning «"keras/binary-crossentrop"» There is no loss "keras/binary-crossentrop" in the catalogue; did you mean keras/binary-crossentropy@1 or keras/binary-crossentropy@3 or tfjs/binary-crossentropy?',
        ],
      ],
      [
        '{"losses": [{"id": "keras/binary-crossentropy@3", "constants": {"epsilon": -1, "gamma": 2}}]}',
        [
          'meaning «-1» Epsilon of keras/binary-crossentropy@3 must be at least 0 and at most 0.5, not -1.',
          'meaning «2» keras/binary-crossentropy@3 has no constant "gamma"; it has epsilon.',
        ],
      ],
      [
        '{"zeroErrorRadius": {"variants": ["torch/bce@2.0"], "radius": 0.6}}',
        ['schema «0.6» zeroErrorRadius.radius must be <= 0.5.'],
      ],
      [
        '{"zeroErrorRadius": {"format": "f32", "targets": ["mean"], "hidden": [{"target": 1.5}]}}',
        [
          'schema «"f32"» zeroErrorRadius.format must be one of "float64", "float32", "bfloat16", "float16", "float8_e4m3fn", "float8_e5m2".',
          'schema «"mean"» zeroErrorRadius.targets[0] must be a number.',
          'schema «1.5» zeroErrorRadius.hidden[0].target must be <= 1.',
        ],
      ],
      [
        '{"zeroErrorRadius": {"hidden": [{"variant": "torch/bce@2.0", "target": 1}, {"variant": "zer/v1"}]}}',
        [
          'meaning «{"variant": "torch/bce@2.0", "target": 1}» torch/bce@2.0 has no zero error radius; those that have are ' +
            `${zeroErrorRadiusVariants()
              .map(({ id }) => id)
              .join(', ')}.`,
          'meaning «{"variant": "zer/v1"}» A hidden curve is named by "variant" and "target", or by "exact" alone.',
        ],
      ],
      ['{"view": {"from": 1}}', ['schema «{"from": 1}» view: "to" is missing.']],
      [
        '{"view": {"from": 3, "to": -3}}',
        ['meaning «-3» The view runs from 3 to -3; "to" has to be greater than "from", and both finite.'],
      ],
      ['{"compare": ["auto"]}', ['schema «"auto"» compare[0] must be one of "model", "cuda", "webgpu", "python".']],
      [
        '{"losses": ["zer/v1"], "hidden": [{"loss": 1, "format": "float32", "target": 0}, {"loss": 0}, {"exact": -1}]}',
        ['schema «-1» hidden[2].exact must be >= 0.'],
      ],
      [
        '{"losses": ["zer/v1"], "hidden": [{"loss": 1, "format": "float32", "target": 0}, {"loss": 0}, {"exact": 0, "loss": 0}]}',
        [
          'meaning «{"loss": 1, "format": "float32", "target": 0}» "loss" is a place in the list of losses, from 0 to 0, not 1.',
          'meaning «{"loss": 0}» A hidden curve is named by "loss", "format" and "target", or by "exact" alone.',
          'meaning «{"exact": 0, "loss": 0}» A hidden curve is named by "loss", "format" and "target", or by "exact" alone.',
        ],
      ],
      [
        '{"hidden": [{"loss": 0, "format": "float32", "target": 2}]}',
        ['schema «2» hidden[0].target must be a number from 0 to 1, or "mean".'],
      ],
    ];
    for (const [text, expected] of cases) assert.deepEqual(problemsOf(text), expected, text);
  });

  it('never throws, whatever the text', () => {
    const valid = readFileSync('samples/keras-floor.loss.json', 'utf8');
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % below;
    };
    for (let i = 0; i < 500; i++) {
      const at = random(valid.length);
      const damaged = valid.slice(0, at) + String.fromCharCode(random(0x300)) + valid.slice(at + random(4));
      const { config, problems } = parseLossConfig(damaged, 'x');
      assert.ok(config !== undefined || problems.length > 0, damaged);
      for (const { offset, length } of problems)
        assert.ok(offset >= 0 && offset + length <= damaged.length + 1, damaged);
    }
    for (const depth of [3000, 20_000]) {
      const nested = `{"title":${'['.repeat(depth)}${']'.repeat(depth)}}`;
      assert.ok(parseLossConfig(nested, 'x').problems.length > 0);
    }
  });

  it('accepts every sample', () => {
    const samples = readdirSync('samples', { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.loss.json'),
    );
    assert.ok(samples.length >= 3);
    for (const sample of samples) {
      assert.deepEqual(
        parseLossConfig(readFileSync(path.join('samples', sample), 'utf8'), sample).problems,
        [],
        sample,
      );
    }
  });

  it('spaces the points of a sweep evenly, ends included', () => {
    assert.deepEqual([...pointsOf({ from: -1, to: 1, points: 5 })], [-1, -0.5, 0, 0.5, 1]);
  });
});
