import assert from 'node:assert/strict';
import { findProject, readProjectFile, type ProjectFile } from '../../src/config';

/** The file's problems, each with the text that it points at. */
const problemsOf = (text: string): [string, string][] =>
  readProjectFile(text).problems.map(({ message, start, end }) => [message, text.slice(start, end)]);

const good = `
[project]
name = "example"

[tool.lossfloor]
keras-backend = "jax"
format = "bfloat16"
exclude = ["legacy/", "*_pb2.py"]

[tool.lossfloor.severity]
log-of-sigmoid = "hint"
log-of-softmax = "off"
`;

describe('project settings', () => {
  it('are read from pyproject.toml', () => {
    const expected: ProjectFile = {
      settings: {
        severities: { 'log-of-sigmoid': 'hint', 'log-of-softmax': 'off' },
        kerasBackend: 'jax',
        format: 'bfloat16',
      },
      exclude: ['legacy/', '*_pb2.py'],
      problems: [],
    };
    assert.deepEqual(readProjectFile(good), expected);
    assert.deepEqual(readProjectFile(`\uFEFF${good.replace(/\n/g, '\r\n')}`), expected);
  });

  it('may be written in every way that TOML has', () => {
    for (const text of [
      '[tool]\nlossfloor = { severity = { log-of-sigmoid = "off" } }',
      'tool.lossfloor.severity."log-of-sigmoid" = \'off\'',
      '[tool.lossfloor]\nseverity.log-of-sigmoid = "off"',
    ]) {
      assert.deepEqual(readProjectFile(text), {
        settings: { severities: { 'log-of-sigmoid': 'off' } },
        exclude: [],
        problems: [],
      });
    }
  });

  it('are not there where no table of ours is', () => {
    const nothing: ProjectFile = { settings: undefined, exclude: [], problems: [] };
    for (const text of ['', '[tool.black]\nx = 1', 'not = [ toml', '# lossfloor', 'dependencies = ["lossfloor"]']) {
      assert.deepEqual(readProjectFile(text), nothing, text);
    }
    assert.deepEqual(readProjectFile('[tool.lossfloor]'), { ...nothing, settings: {} });
  });

  it('say what is wrong, where, and what may have been meant', () => {
    const cases: [string, string, string][] = [
      [
        '[tool.lossfloor]\nkeras_backend = "jax"',
        'There is no setting "keras_backend"; did you mean "keras-backend"?',
        'keras_backend',
      ],
      ['[tool.lossfloor]\nzzz = 1', 'There is no setting "zzz".', 'zzz'],
      [
        '[tool.other.severity]\nlog-of-sigmod = 1\n[tool.lossfloor.severity]\n# log-of-sigmod\nlog-of-sigmod = "off"',
        'There is no rule "log-of-sigmod"; did you mean "log-of-sigmoid"',
        'log-of-sigmod',
      ],
      [
        'tool.lossfloor.severity = { "log-of-sigmoid" = "error" }',
        'log-of-sigmoid must be one of "warning", "information", "hint", "off".',
        '"log-of-sigmoid"',
      ],
      ['[tool.lossfloor]\nseverity = "off"', 'severity must be a table: rule ids with their severities.', 'severity'],
      ['[tool.lossfloor]\nformat = "float23"', 'format must be one of "float64", "float32",', 'format'],
      ['[tool.lossfloor]\nformat = 32', 'format must be one of', 'format'],
      [
        '[tool.lossfloor]\nkeras-backend = "mxnet"',
        'keras-backend must be one of "tensorflow", "torch", "jax".',
        'keras-backend',
      ],
      ['[tool.lossfloor]\nexclude = "a"', 'exclude must be an array of strings.', 'exclude'],
      ['[tool.lossfloor]\nexclude = [1]', 'exclude must be an array of strings.', 'exclude'],
      ['[tool]\nlossfloor = 3', 'tool.lossfloor must be a table.', 'lossfloor'],
      ['[tool.lossfloor]\nformat = ', 'This is not valid TOML: ', ''],
    ];
    for (const [text, message, place] of cases) {
      const [first, ...more] = problemsOf(text);
      assert.deepEqual(more, [], text);
      assert.ok(first, text);
      assert.ok(first[0].startsWith(message), `${text}: ${first[0]}`);
      if (place !== '') assert.equal(first[1], place);
    }
    const text = '[project]\r\nname = "lossfloor\r\n';
    const [problem] = readProjectFile(text).problems;
    assert.equal(text.slice(0, problem?.start).split('\n').length, 2);
  });

  it('keep what is right beside what is wrong', () => {
    const { settings, problems } = readProjectFile(
      '[tool.lossfloor]\nformat = "float16"\nkeras-backend = 1\n[tool.lossfloor.severity]\nlog-of-sigmoid = "off"\nx = "off"',
    );
    assert.deepEqual(settings, { severities: { 'log-of-sigmoid': 'off' }, format: 'float16' });
    assert.equal(problems.length, 2);
  });

  describe('of a folder', () => {
    const files: Readonly<Record<string, string>> = {
      '/a': good,
      '/a/b': '[project]\nname = "b"',
      '/a/b/c/d': '[tool.lossfloor]\nfromat = 1',
    };
    const find = (folder: string): ReturnType<typeof findProject<string>> =>
      findProject(folder, {
        parentOf: (path) => (path === '/' ? undefined : path.slice(0, path.lastIndexOf('/')) || '/'),
        readProjectFile: (path) => Promise.resolve(files[path]),
      });

    it('are those of the nearest file with a table of ours', async () => {
      assert.equal((await find('/a/b/c'))?.folder, '/a');
      assert.equal((await find('/a'))?.settings?.format, 'bfloat16');
      assert.equal((await find('/a/b/c/d/e'))?.folder, '/a/b/c/d');
      assert.equal((await find('/a/b/c/d/e'))?.problems.length, 1);
      assert.equal(await find('/x/y'), undefined);
    });

    it('leave out what their globs say', async () => {
      const project = await find('/a/b/c');
      assert.ok(project);
      const excluded = ['b/legacy/', 'b/legacy/x.py', 'b/x_pb2.py'];
      const included = ['b/', 'b/x.py', 'legacy.py', '../legacy/x.py', ''];
      assert.deepEqual(
        excluded.filter((path) => !project.excludes(path)),
        [],
      );
      assert.deepEqual(
        included.filter((path) => project.excludes(path)),
        [],
      );
    });
  });
});
