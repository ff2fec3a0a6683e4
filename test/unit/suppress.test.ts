import assert from 'node:assert/strict';
import type { Language } from '../../src/rules';
import { suppressionEdit, suppressionsOf } from '../../src/rules/suppress';

/** A finding whose range is what stands between « and » in the text, in a statement of whole lines. */
function marked(source: string): {
  readonly text: string;
  readonly finding: {
    readonly rule: string;
    readonly range: { readonly start: number; readonly end: number };
    readonly statement: { readonly start: number; readonly end: number };
  };
} {
  const plain = source.replace(/[«»⟨⟩]/g, '');
  const at = (mark: string): number => source.slice(0, source.indexOf(mark)).replace(/[«»⟨⟩]/g, '').length;
  const range = { start: at('«'), end: at('»') };
  const statement = source.includes('⟨') ? { start: at('⟨'), end: at('⟩') } : range;
  return { text: plain, finding: { rule: 'log-of-sigmoid', range, statement } };
}

const isSuppressed = (source: string, language: Language = 'python'): boolean => {
  const { text, finding } = marked(source);
  return suppressionsOf(text, language)(finding);
};

/** The text after the edit; the finding has to be silenced by it, and by nothing before. */
function suppressed(source: string, scope: 'line' | 'file', language: Language = 'python'): string {
  const { text, finding } = marked(source);
  assert.equal(suppressionsOf(text, language)(finding), false);
  const edit = suppressionEdit(text, finding, scope, language);
  const moved = (place: number): number => (place < edit.start ? place : place + edit.text.length);
  const after = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
  const { range, statement } = finding;
  const there = {
    rule: finding.rule,
    range: { start: moved(range.start), end: Math.max(moved(range.start) + 1, moved(range.end)) },
    statement: { start: moved(statement.start), end: moved(statement.end) },
  };
  assert.equal(suppressionsOf(after, language)(there), true, after);
  assert.equal(suppressionsOf(after, language)({ ...there, rule: 'another-rule' }), false, after);
  return after;
}

describe('suppression comments', () => {
  describe('silence', () => {
    const silenced: readonly (readonly [name: string, source: string, language?: Language])[] = [
      ['all rules on the line', 'x = «f()»  # lossfloor: ignore\n'],
      ['the rule on the line', 'x = «f()»  # lossfloor: ignore[log-of-sigmoid]\n'],
      ['one of several rules', 'x = «f()»  # lossfloor: ignore[ other , Log-Of-Sigmoid]'],
      ['rules that are not known beside it', 'x = «f()»  # lossfloor: ignore[no-such-rule, log-of-sigmoid]'],
      ['behind other comments', 'x = «f()»  # noqa: E501  # lossfloor: ignore[log-of-sigmoid] since it is bounded'],
      ['without spaces', 'x = «f()»  #lossfloor:ignore[log-of-sigmoid]'],
      ['in any letters', 'x = «f()»  # Lossfloor: Ignore'],
      ['on each line of the expression: first', 'x = «f(  # lossfloor: ignore\n  a,\n  b)»\n'],
      ['on each line of the expression: middle', 'x = «f(\n  a,  # lossfloor: ignore\n  b)»\n'],
      ['on each line of the expression: last', 'x = «f(\n  a,\n  b)» # lossfloor: ignore\n'],
      ['within the expression, alone', 'x = «f(\n  # lossfloor: ignore\n  a)»\n'],
      ['on the first line of the statement', '⟨x = g(  # lossfloor: ignore\n  1,\n  «f()»,\n  2)⟩\n'],
      ['on the last line of the statement', '⟨x = «f()» + \\\n  2⟩  # lossfloor: ignore\n'],
      ['on the line above', '# lossfloor: ignore[log-of-sigmoid]\nx = «f()»\n'],
      ['above the statement', '  # lossfloor: ignore\n  ⟨x = g(\n    1,\n    «f()»)⟩\n'],
      ['above, with further comments between', '# lossfloor: ignore\n# It is bounded.\nx = «f()»\n'],
      ['with carriage returns', 'a = 1\r\nx = «f()»  # lossfloor: ignore\r\nb = 2\r\n'],
      ['the whole file', '# lossfloor: ignore-file\n\nx = «f()»\n'],
      ['a rule in the whole file', '"""Text."""\nimport a\n  # lossfloor: ignore-file[log-of-sigmoid]\nx = «f()»\n'],
      ['the whole file, from its end', 'x = «f()»\n# lossfloor: ignore-file'],
      ['after a string with what looks like one', 's = "# lossfloor:"\nx = «f()»  # lossfloor: ignore'],
      ['in JavaScript', 'const x = «f()»; // lossfloor: ignore[log-of-sigmoid]\n', 'javascript'],
      ['in JavaScript, in a block', 'const x = «f()»; /* lossfloor: ignore */\n', 'javascript'],
      ['in JavaScript, before the code', '/* lossfloor: ignore */ const x = «f()»;\n', 'javascript'],
      ['in JavaScript, above', '/**\n * lossfloor: ignore\n */\nconst x = «f()»;\n', 'javascript'],
      ['in an element', '<p>\n  {/* lossfloor: ignore */}\n  {«f()»}\n</p>', 'javascript'],
      ['in TypeScript', 'const x = <T>«f()»; // lossfloor: ignore\n', 'typescript'],
      ['in TypeScript with elements', "const x = <p>it's {/* lossfloor: ignore */ «f()»}</p>;\n", 'typescript'],
      ['a whole script', '#!/usr/bin/env node\n// lossfloor: ignore-file\nconst x = «f()»;', 'javascript'],
    ];
    for (const [name, source, language] of silenced) {
      it(name, () => {
        assert.equal(isSuppressed(source, language), true);
      });
    }
  });

  describe('do not silence', () => {
    const heard: readonly (readonly [name: string, source: string, language?: Language])[] = [
      ['nothing', 'x = «f()»\n'],
      ['another rule', 'x = «f()»  # lossfloor: ignore[other]\n'],
      ['no rule', 'x = «f()»  # lossfloor: ignore[]\n'],
      ['a list that is not closed', 'x = «f()»  # lossfloor: ignore[log-of-sigmoid\n'],
      ['other words', 'x = «f()»  # lossfloor: ignored\ny = 1 # lossfloor: ignore-files'],
      ['talk about it', 'x = «f()»  # see lossfloor: ignore'],
      ['in a string', 'x = «f("# lossfloor: ignore")»\n'],
      ['in a longer string', 'x = «f("""\n# lossfloor: ignore\n""")»\ny = """\n# lossfloor: ignore-file\n"""\n'],
      ['on another line', 'a = 1  # lossfloor: ignore\nx = «f()»\nb = 2  # lossfloor: ignore\n'],
      ['at the end of the line above', 'a = 1  # lossfloor: ignore\nx = «f()»\n'],
      ['above an empty line', '# lossfloor: ignore\n\nx = «f()»\n'],
      ['the file, at the end of a line of code', 'a = 1  # lossfloor: ignore-file\nx = «f()»\n'],
      ['in a string of JavaScript', 'const x = «f(`// lossfloor: ignore`)»;\n', 'javascript'],
      ['in an expression of JavaScript', 'const x = «f()»; const r = /\\/\\/ lossfloor: ignore/;\n', 'javascript'],
      ['in the text of an element', '<p>{«f()»} // lossfloor: ignore\n</p>', 'javascript'],
    ];
    for (const [name, source, language] of heard) {
      it(name, () => {
        assert.equal(isSuppressed(source, language), false);
      });
    }
  });

  describe('are written', () => {
    const comment = '# lossfloor: ignore[log-of-sigmoid]';
    const line: readonly (readonly [name: string, source: string, expected: string, language?: Language])[] = [
      ['at the end of the line', 'x = «f()»\ny\n', `x = f()  ${comment}\ny\n`],
      ['at the end of the file', 'x = «f()»', `x = f()  ${comment}`],
      ['in place of trailing spaces', 'x = «f()» \t\r\ny\r\n', `x = f()  ${comment}\r\ny\r\n`],
      ['behind another comment', 'x = «f()»  # noqa', `x = f()  # noqa  ${comment}`],
      ['behind a comment that ends with a backslash', 'x = «f()»  # \\', `x = f()  # \\  ${comment}`],
      [
        'into the list that is there',
        'x = «f()»  # lossfloor: ignore[a, b ]',
        'x = f()  # lossfloor: ignore[a, b, log-of-sigmoid ]',
      ],
      ['into an empty list', 'x = «f()»  # lossfloor: ignore[]', 'x = f()  # lossfloor: ignore[log-of-sigmoid]'],
      ['into the list above', '# lossfloor: ignore[a]\nx = «f()»', '# lossfloor: ignore[a, log-of-sigmoid]\nx = f()'],
      ['on the first line of a longer expression', 'x = «f(\n  a)»\n', `x = f(  ${comment}\n  a)\n`],
      ['behind a text of several lines', 'x = «f("""\na\n""")»\n', `x = f("""\na\n""")  ${comment}\n`],
      ['behind a continued line', '⟨x = «f()» + \\\n  2⟩\n', `x = f() + \\\n  2  ${comment}\n`],
      [
        'above, where no line takes one',
        '  ⟨x = «f()» + """\na\n""" + \\\n    """\nb""" + \\\n⟩',
        `  ${comment}\n  x = f() + """\na\n""" + \\\n    """\nb""" + \\\n`,
      ],
      [
        'for the file, where no line takes one and none can be above',
        'a = """\n"""; ⟨x = «f()» + \\\n⟩',
        `# lossfloor: ignore-file[log-of-sigmoid]\na = """\n"""; x = f() + \\\n`,
      ],
      ['in JavaScript', 'const x = «f()»;\n', 'const x = f(); // lossfloor: ignore[log-of-sigmoid]\n', 'javascript'],
      [
        'behind a comment of JavaScript',
        '«f()»; /* a */ // b\n',
        'f(); /* a */ // b // lossfloor: ignore[log-of-sigmoid]\n',
        'javascript',
      ],
      [
        'behind a text of JavaScript',
        'const x = «f(`a\nb`)»;\n',
        'const x = f(`a\nb`); // lossfloor: ignore[log-of-sigmoid]\n',
        'javascript',
      ],
      [
        'above an element',
        '  ⟨return <p>\n    {«f()»}\n  </p>\n⟩}',
        '  return <p>\n    {f()}\n  </p> // lossfloor: ignore[log-of-sigmoid]\n}',
        'javascript',
      ],
    ];
    for (const [name, source, expected, language] of line) {
      it(name, () => {
        assert.equal(suppressed(source, 'line', language), expected);
      });
    }

    const file: readonly (readonly [name: string, source: string, expected: string, language?: Language])[] = [
      ['at the head', '"""Text."""\nx = «f()»\n', '# lossfloor: ignore-file[log-of-sigmoid]\n"""Text."""\nx = f()\n'],
      [
        'below what has to be first',
        '\uFEFF#!/usr/bin/python\r\n# -*- coding: utf-8 -*-\r\nx = «f()»\r\n',
        '\uFEFF#!/usr/bin/python\r\n# -*- coding: utf-8 -*-\r\n# lossfloor: ignore-file[log-of-sigmoid]\r\nx = f()\r\n',
      ],
      ['below a cell magic', '%%time\nx = «f()»\n', '%%time\n# lossfloor: ignore-file[log-of-sigmoid]\nx = f()\n'],
      [
        'into the list that is there',
        '# lossfloor: ignore-file[a]\nx = «f()»\n',
        '# lossfloor: ignore-file[a, log-of-sigmoid]\nx = f()\n',
      ],
      [
        'in JavaScript',
        '#!/usr/bin/env node\n«f()»;\n',
        '#!/usr/bin/env node\n// lossfloor: ignore-file[log-of-sigmoid]\nf();\n',
        'javascript',
      ],
    ];
    for (const [name, source, expected, language] of file) {
      it(`for the file, ${name}`, () => {
        assert.equal(suppressed(source, 'file', language), expected);
      });
    }
  });

  it('take little time in long texts', () => {
    const text = `${'x = f(a)  # a comment\n'.repeat(20_000)}# lossfloor: ignore-file[other]\n`;
    const started = performance.now();
    const silenced = suppressionsOf(text, 'python');
    const place = { start: 4, end: 8 };
    assert.equal(silenced({ rule: 'log-of-sigmoid', range: place, statement: place }), false);
    assert.ok(performance.now() - started < 5000);
  });
});
