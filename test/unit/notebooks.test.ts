import assert from 'node:assert/strict';
import { applyEdits, blankMagics, joinCells, readNotebook, sourcePlaces, type CellEdit } from '../../src/notebooks';

/** A notebook of format 4 with these code cells; `null` stands for a cell of Markdown. */
function notebook(sources: readonly (string | readonly string[] | null)[], more: object = {}): object {
  return {
    cells: sources.map((source) =>
      source === null
        ? { cell_type: 'markdown', metadata: {}, source: ['# Heading'] }
        : { cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source },
    ),
    metadata: { kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' } },
    nbformat: 4,
    nbformat_minor: 5,
    ...more,
  };
}

const linesOf = (source: string): string[] => source.match(/[^\n]*\n|[^\n]+$/g) ?? [];

describe('notebooks', () => {
  describe('magics', () => {
    const cases: readonly (readonly [name: string, source: string, python: string])[] = [
      ['plain code', 'x = 1\ny = x % 2\n', 'x = 1\ny = x % 2\n'],
      ['line magics', '%matplotlib inline\nimport torch', '                  \nimport torch'],
      ['shell commands', '!pip install torch\nx = 1', '                  \nx = 1'],
      ['questions', '?torch.log\ntorch.log?\ntorch.log??\n', '          \n          \n           \n'],
      ['carriage returns', '%pylab\r\nx\r\n', '      \r\nx\r\n'],
      ['a command over two lines', '!pip \\\n  install x\ny = 1', '      \n           \ny = 1'],
      ['a statement that a block needs', 'if x:\n    !ls -l\n', 'if x:\n    0     \n'],
      ['an assigned command', 'files = !ls *.py\nx', 'files = _       \nx'],
      ['an assigned magic', 'took = %timeit -o f()', 'took = _             '],
      ['a timed statement', '%time y = f(x)\n', '0;    y = f(x)\n'],
      ['a timed expression with options', '%time -x f()', '            '],
      ['a cell that is timed', '%%time\ny = f(x)', '      \ny = f(x)'],
      ['a cell that is timed, after empty lines', '\n\n%%time\ny', '\n\n      \ny'],
      ['a cell of HTML', '%%html\n<b>\n', '      \n   \n'],
      ['a file that is written', '%%writefile a.py\nimport torch', '                \n            '],
      ['a cell of an unknown kind', '%%manim -v\nx', '          \n '],
      ['Markdown of Databricks', "%md\nIt's a note", '   \n           '],
      ['a remainder in brackets', 'print("%s"\n  % x)\n%who\n', 'print("%s"\n  % x)\n    \n'],
      ['a remainder after a backslash', 'a = b \\\n  % c', 'a = b \\\n  % c'],
      ['a text of several lines', 's = """\n%d\n!\nwhy?\n"""\n%who', 's = """\n%d\n!\nwhy?\n"""\n    '],
      ['a text with an escaped quote', "s = 'it\\'s' # (\n%who", "s = 'it\\'s' # (\n    "],
      ['a string that is never closed', "s = 'it\n%who", "s = 'it\n    "],
      ['a comparison', 'a = b != c\nd = (a ==\n!e)', 'a = b != c\nd = (a ==\n!e)'],
      ['a question in a comment', '# really?\nx', '# really?\nx'],
    ];
    for (const [name, source, python] of cases) {
      it(`leaves what is Python: ${name}`, () => {
        assert.equal(blankMagics(source), python);
        assert.equal(python.length, source.length);
      });
    }
  });

  describe('joined cells', () => {
    const sources = ['import torch', '', '%who\nx = 1\n', '%%html\n<b>', 'y = x'];
    const joined = joinCells(sources);

    it('are one text, in which each offset has its place', () => {
      assert.equal(joined.text, 'import torch\n\n    \nx = 1\n\n      \n   \ny = x');
      sources.forEach((source, cell) => {
        for (let offset = 0; offset <= source.length; offset++) {
          assert.deepEqual(joined.locate(joined.offsetAt({ cell, offset })), { cell, offset });
        }
      });
      const start = joined.text.indexOf('y = x');
      assert.deepEqual(joined.rangeIn({ start, end: start + 5 }), { cell: 4, start: 0, end: 5 });
      assert.deepEqual(joined.rangeIn({ start: 7, end: 40 }), { cell: 0, start: 7, end: 12 });
      assert.deepEqual(joined.locate(1000), { cell: 4, offset: 5 });
    });

    it('divide edits among themselves', () => {
      const place = joined.text.indexOf('1');
      const edits = joined.editsByCell([
        { start: place, end: place + 1, text: '2' },
        { start: 7, end: 12, text: 'jax' },
      ]);
      assert.deepEqual(
        [...(edits ?? [])],
        [
          [2, [{ start: 9, end: 10, text: '2' }]],
          [0, [{ start: 7, end: 12, text: 'jax' }]],
        ],
      );
    });

    it('refuse edits that reach into another cell or into what is not Python', () => {
      assert.equal(joined.editsByCell([{ start: 7, end: 20, text: '' }]), undefined);
      const magic = joined.offsetAt({ cell: 2, offset: 0 });
      assert.equal(joined.editsByCell([{ start: magic, end: magic + 3, text: '' }]), undefined);
      const html = joined.offsetAt({ cell: 3, offset: 3 });
      assert.equal(joined.editsByCell([{ start: html, end: html, text: 'x' }]), undefined);
      assert.equal(joinCells([]).editsByCell([{ start: 0, end: 0, text: 'x' }]), undefined);
    });

    it('put a line that follows a cell into that cell, and none before a cell magic', () => {
      const two = joinCells(['import torch', '%%time\nx = 1']);
      const at = (offset: number): unknown[] => [
        ...(two.editsByCell([{ start: offset, end: offset, text: 'import math\n' }]) ?? []),
      ];
      assert.deepEqual(at('import torch\n'.length), [[0, [{ start: 12, end: 12, text: '\nimport math' }]]]);
      const one = joinCells(['%%time\nx = 1']);
      assert.deepEqual(
        [...(one.editsByCell([{ start: 0, end: 0, text: 'import math\n' }]) ?? [])],
        [[0, [{ start: 7, end: 7, text: 'import math\n' }]]],
      );
    });
  });

  describe('reading', () => {
    const sourcesOf = (json: string): [number, string][] =>
      readNotebook(json).cells.map(({ index, source }) => [index, source]);

    it('knows sources as one string and as lines, and counts all cells', () => {
      assert.deepEqual(sourcesOf(JSON.stringify(notebook([null, 'a\nb', ['c\n', 'd']]))), [
        [1, 'a\nb'],
        [2, 'c\nd'],
      ]);
    });

    it('knows format 3', () => {
      const cell = (input: unknown, language = 'python'): object => ({ cell_type: 'code', input, language });
      const json = JSON.stringify({
        nbformat: 3,
        worksheets: [{ cells: [cell(['a\n', 'b']), cell('c', 'ruby')] }, { cells: [cell('d')] }],
      });
      assert.deepEqual(sourcesOf(json), [
        [0, 'a\nb'],
        [2, 'd'],
      ]);
      assert.equal(
        applyEdits(json, new Map([[2, [{ start: 0, end: 1, text: 'e' }]]])),
        json.replace('"input":"d"', '"input":"e"'),
      );
    });

    it('leaves out other languages', () => {
      const withMetadata = (metadata: object): string => JSON.stringify(notebook(['x'], { metadata }));
      assert.deepEqual(sourcesOf(withMetadata({ kernelspec: { language: 'julia' } })), []);
      assert.deepEqual(sourcesOf(withMetadata({ language_info: { name: 'R' } })), []);
      assert.deepEqual(sourcesOf(withMetadata({ language_info: { name: 'ipython3' } })), [[0, 'x']]);
      assert.deepEqual(sourcesOf(withMetadata({})), [[0, 'x']]);
      const sql = { cell_type: 'code', metadata: { vscode: { languageId: 'sql' } }, source: 'select' };
      assert.deepEqual(sourcesOf(JSON.stringify({ cells: [sql] })), []);
    });

    it('says what is wrong with what is no notebook', () => {
      const cases: [string, RegExp, number][] = [
        ['', /not valid JSON/, 0],
        ['{"cells": [}', /not valid JSON: value expected/, 11],
        ['\uFEFF{"cells": [}', /not valid JSON: value expected/, 12],
        ['[]', /no list of cells/, 0],
        ['null', /no list of cells/, 0],
        ['{"cells": 3}', /no list of cells/, 0],
        ['['.repeat(200_000), /not valid JSON|nested too deeply/, 0],
      ];
      for (const [json, message, offset] of cases) {
        const { cells, problem } = readNotebook(json);
        assert.deepEqual(cells, []);
        assert.match(problem?.message ?? '', message);
        if (json.length < 100) assert.equal(problem?.offset, offset);
      }
    });

    it('passes over cells that are no cells', () => {
      const json = JSON.stringify({
        cells: [
          null,
          3,
          {},
          { cell_type: 'code' },
          { cell_type: 'code', source: [1] },
          { cell_type: 'code', source: 'x' },
        ],
      });
      assert.deepEqual(sourcesOf(json), [[5, 'x']]);
      assert.equal(
        applyEdits(
          json,
          new Map([
            [4, [{ start: 0, end: 0, text: 'y' }]],
            [5, [{ start: 1, end: 1, text: 'y' }]],
          ]),
        ).includes('"source":"xy"'),
        true,
      );
    });
  });

  describe('editing', () => {
    const edit = (json: string, cell: number, ...edits: CellEdit[]): string =>
      applyEdits(json, new Map([[cell, edits]]));

    it('changes the string that is meant and no other byte', () => {
      const json =
        '\uFEFF{ "cells" : [ {"cell_type":"code", "source" : [ "\\u00e9\\n",\r\n\t"b\\/c\\n" ,"d"]} ],\n"x":1.0}\n\n';
      const source = readNotebook(json).cells[0]?.source ?? '';
      assert.equal(source, 'é\nb/c\nd');
      assert.equal(edit(json, 0), json);
      assert.equal(edit(json, 0, { start: 2, end: 3, text: 'ü' }), json.replace('"b', '"\\u00fc'));
      assert.equal(edit(json, 0, { start: 0, end: 0, text: 'a\n' }), json.replace('"\\u00e9', '"a\\n",\r\n\t"\\u00e9'));
      assert.equal(edit(json, 0, { start: 6, end: 7, text: '' }), json.replace(' ,"d"', ''));
      assert.equal(edit(json, 0, { start: 0, end: 7, text: '' }), json.replace(/\[ "\\u00e9.*"d"\]/s, '[]'));
    });

    it('keeps one string one string', () => {
      const json = '{"cells": [{"cell_type": "code", "source": "a\\nb"}]}';
      assert.equal(edit(json, 0, { start: 1, end: 1, text: '\n"x"' }), json.replace('a\\n', 'a\\n\\"x\\"\\n'));
    });

    it('keeps an array one whose lines were joined', () => {
      const json = '{"cells": [{"cell_type": "code", "source": ["a\\nb\\n", "c", "d"]}]}';
      assert.equal(edit(json, 0, { start: 5, end: 6, text: 'e' }), json.replace('"c", "d"', '"ce"'));
      assert.equal(edit(json, 0, { start: 0, end: 1, text: 'x' }), json.replace('"a', '"x'));
    });

    it('takes the last of two properties of one name, as JSON does', () => {
      const json = '{"cells": 1, "cells": [{"cell_type": "code", "source": "a", "source": ["b"]}]}';
      assert.equal(readNotebook(json).cells[0]?.source, 'b');
      assert.equal(edit(json, 0, { start: 0, end: 1, text: 'c' }), json.replace('"b"', '"c"'));
    });

    it('is the same as writing the changed notebook anew, for 500 notebooks and all their styles', () => {
      const random = generator(20_260_101);
      const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
      const alphabet = [
        'a',
        ' = ',
        '\n',
        '\r\n',
        '"',
        '\\',
        '\t',
        'é',
        '😀',
        '\u2028',
        '\u0007',
        '%',
        '    ',
        '</',
        '\n\n',
      ];
      const words = (most: number): string =>
        Array.from({ length: Math.floor(random() * most) }, () => pick(alphabet)).join('');
      for (let round = 0; round < 500; round++) {
        const lines = random() < 0.7;
        const indent = pick([undefined, 1, 2, 4, '\t']);
        const ascii = random() < 0.5;
        const end = pick(['', '\n']);
        const sources = Array.from({ length: 1 + Math.floor(random() * 4) }, () => (random() < 0.2 ? null : words(20)));
        // Whether a file escapes can only be seen where it has something to escape.
        sources.push('# é');
        const write = (texts: readonly (string | null)[]): string => {
          const whole = JSON.stringify(
            notebook(texts.map((text) => (text === null || !lines ? text : linesOf(text)))),
            undefined,
            indent,
          );
          return (ascii ? escaped(whole) : whole) + end;
        };
        const json = write(sources);
        const changed = [...sources];
        const edits = new Map<number, CellEdit[]>();
        sources.forEach((source, cell) => {
          if (source === null || cell === sources.length - 1 || random() < 0.3) return;
          const { ofCell, text } = randomEdits(source, random, () => words(6));
          if (lines && source === '' && text !== '' && indent !== undefined) return;
          edits.set(cell, ofCell);
          changed[cell] = text;
        });
        assert.equal(applyEdits(json, edits), write(changed));
        assert.deepEqual(
          readNotebook(json).cells.map(({ source }) => source),
          sources.filter((source) => source !== null),
        );
      }
    });
  });

  it('know where each character of a source stands in the file', () => {
    const json = JSON.stringify(notebook([null, ['a"b\n', '\té\n', '😀'], 'c\\d'], {}), undefined, 1);
    const places = sourcePlaces(json);
    const at = (cell: number, offset: number): string => json.slice(places.offsetOf({ cell, offset })).slice(0, 2);
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 6].map((offset) => at(1, offset).trimEnd()),
      ['a\\', '\\"', 'b\\', '\\n', '\\t', 'é\\', '\\n'],
    );
    assert.equal(at(1, 7), '😀');
    assert.equal(at(1, 9), '"\n');
    assert.equal(at(1, 1000), '"\n');
    assert.deepEqual(
      [0, 1, 2, 3].map((offset) => at(2, offset)),
      ['c\\', '\\\\', 'd"', '"\n'],
    );
    assert.equal(places.offsetOf({ cell: 7, offset: 0 }), undefined);
    assert.equal(sourcePlaces('{"cells": [{"source": []}]}').offsetOf({ cell: 0, offset: 0 }), 22);
  });
});

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** As Python's json.dumps writes what is not ASCII. */
function escaped(json: string): string {
  return json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Edits that do not overlap, at places that divide no pair of surrogates, and the text that comes of them. */
function randomEdits(
  source: string,
  random: () => number,
  words: () => string,
): { readonly ofCell: CellEdit[]; readonly text: string } {
  const places = Array.from({ length: 2 * Math.floor(random() * 3) }, () => Math.floor(random() * (source.length + 1)))
    .map((place) => (/^[\udc00-\udfff]/.test(source.slice(place)) ? place - 1 : place))
    .sort((a, b) => a - b);
  const ofCell: CellEdit[] = [];
  let text = '';
  let end = 0;
  for (let i = 0; i + 1 < places.length; i += 2) {
    const [start, stop] = [places[i] as number, places[i + 1] as number];
    const inserted = words();
    ofCell.push({ start, end: stop, text: inserted });
    text += source.slice(end, start) + inserted;
    end = stop;
  }
  return { ofCell, text: text + source.slice(end) };
}
