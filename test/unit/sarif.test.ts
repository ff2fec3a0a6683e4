import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import { findBad, Folder, scan } from './scanning';

interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

interface PhysicalLocation {
  readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: string };
  readonly region: Region;
}

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly kind: string;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly [{ readonly physicalLocation: PhysicalLocation; readonly properties?: object }];
  readonly relatedLocations?: readonly { readonly physicalLocation: PhysicalLocation }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly fixes?: readonly {
    readonly artifactChanges: readonly [
      {
        readonly replacements: readonly {
          readonly deletedRegion: Region;
          readonly insertedContent: { readonly text: string };
        }[];
      },
    ];
  }[];
}

interface Log {
  readonly runs: readonly [
    {
      readonly tool: {
        readonly driver: { readonly version: string; readonly rules: readonly Record<string, unknown>[] };
      };
      readonly invocations: readonly [
        {
          readonly executionSuccessful: boolean;
          readonly toolExecutionNotifications: readonly { readonly message: { readonly text: string } }[];
        },
      ];
      readonly results: readonly Result[];
      readonly originalUriBaseIds: unknown;
      readonly columnKind: string;
    },
  ];
}

// The schema is written for an older draft; none of what has changed since is in it but the name of its own id.
const {
  $schema: _,
  id: __,
  ...schema
} = JSON.parse(readFileSync(path.resolve('test/schema/sarif-schema-2.1.0.json'), 'utf8')) as Record<string, unknown>;
const isUri = (text: string): boolean => /^[a-z][a-z\d+.-]*:/i.test(text) && isReference(text);
const isReference = (text: string): boolean => /^(?:[\w\-.~!$&'()*+,;=:@/?#[\]]|%[\dA-F]{2})*$/.test(text);
const validate = new Ajv({
  strict: false,
  allErrors: true,
  formats: { uri: isUri, 'uri-reference': isReference, 'date-time': (text) => !Number.isNaN(Date.parse(text)) },
}).compile(schema);

function read(text: string): Log {
  const log: unknown = JSON.parse(text);
  assert.ok(validate(log), JSON.stringify(validate.errors, undefined, 1));
  return log as Log;
}

/** What a region holds. */
function at(text: string, { startLine, startColumn, endLine, endColumn }: Region): string {
  const lines = text.split(/(?<=\r\n|\n|\r(?!\n))/);
  const offset = (line: number, column: number): number =>
    lines.slice(0, line - 1).reduce((length, each) => length + each.length, 0) + column - 1;
  return text.slice(offset(startLine, startColumn), offset(endLine, endColumn));
}

describe('SARIF', () => {
  let folder: Folder;
  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => {
    folder.remove();
  });
  const sarif = async (given = {}): Promise<Log> =>
    read((await scan([folder.path], { format: 'sarif', severity: 'hint', ...given }, { find: findBad })).out);

  it('is refused by the schema where it is none', () => {
    assert.equal(validate({ version: '2.1.0' }), false);
    assert.equal(validate({ version: '2.1.0', runs: [{ tool: { driver: { name: 'x', helpUri: 'no' } } }] }), false);
  });

  it('is valid with findings of every kind, and without any', async () => {
    const [{ results: none, tool, invocations }] = (await sarif()).runs;
    assert.deepEqual(none, []);
    assert.deepEqual(tool.driver.rules, []);
    assert.equal(invocations[0].executionSuccessful, true);

    folder.write({ 'a b/é#%.py': 'import torch\r\nx = "😀"; bad(related)\r\n', 'c.py': 'bad()\nbad()\n' });
    const [run] = (await sarif()).runs;
    assert.equal(run.columnKind, 'utf16CodeUnits');
    assert.equal(run.tool.driver.version, '1.2.3');
    const [first, second, third] = run.results;
    assert.ok(first && second && third);
    assert.deepEqual(
      [first.ruleId, first.ruleIndex, first.kind, first.level],
      ['log-of-sigmoid', 0, 'fail', 'warning'],
    );
    const { artifactLocation, region } = first.locations[0].physicalLocation;
    // The folder is not below the one that the test runs in.
    assert.equal(artifactLocation.uri, pathToFileURL(folder.at('a b/é#%.py')).href);
    assert.deepEqual(region, { startLine: 2, startColumn: 11, endLine: 2, endColumn: 23 });
    assert.equal(first.relatedLocations?.[0]?.physicalLocation.region.endColumn, 2);
    const names = run.results.map(({ partialFingerprints }) => partialFingerprints['lossfloorFinding/v1']);
    assert.equal(new Set(names).size, 3);
    assert.equal(names[1]?.replace(/:1$/, ':2'), names[2]);
  });

  it('tells levels as SARIF has them', async () => {
    folder.write({
      'a.py': 'bad()',
      'b/a.py': 'bad()',
      'b/pyproject.toml': '[tool.lossfloor.severity]\nlog-of-sigmoid = "information"',
      'c/a.py': 'bad()',
      'c/pyproject.toml': '[tool.lossfloor.severity]\nlog-of-sigmoid = "hint"',
    });
    const [{ results }] = (await sarif()).runs;
    assert.deepEqual(
      results.map(({ kind, level }) => [kind, level]),
      [
        ['fail', 'warning'],
        ['fail', 'note'],
        ['informational', 'none'],
      ],
    );
  });

  it('has URIs relative to the root of the sources', async () => {
    const { out } = await scan(['samples/unstable.py', 'samples'], { format: 'sarif' });
    const [{ results, originalUriBaseIds }] = read(out).runs;
    assert.deepEqual(originalUriBaseIds, { '%SRCROOT%': { uri: `${pathToFileURL(process.cwd()).href}/` } });
    assert.ok(results.length > 0);
    for (const { locations } of results) {
      const { uri, uriBaseId } = locations[0].physicalLocation.artifactLocation;
      assert.match(uri, /^samples\/[\w/.-]+$/);
      assert.equal(uriBaseId, '%SRCROOT%');
    }
  });

  it('brings the documentation of each rule that was found', async () => {
    folder.write({ 'a.py': 'bad()' });
    const [{ tool }] = (await sarif()).runs;
    const [rule, ...more] = tool.driver.rules;
    assert.deepEqual(more, []);
    const { id, name, shortDescription, help, helpUri, defaultConfiguration } = rule as Record<string, object>;
    assert.deepEqual([id, name], ['log-of-sigmoid', 'LogOfSigmoid']);
    assert.deepEqual(shortDescription, { text: 'log of sigmoid' });
    assert.match((help as { markdown: string }).markdown, /^# Logarithm of a sigmoid/);
    assert.match(helpUri as unknown as string, /^https:\/\/.*\/docs\/rules\/log-of-sigmoid\.md$/);
    assert.deepEqual(defaultConfiguration, { level: 'warning' });
    const pages = new Folder().write({
      'log-of-sigmoid.md': '![plot](a.svg)\n\nSee [here](b.md#c), [there](https://x.y/z) or [below](#d).',
    });
    const { out } = await scan([folder.path], { format: 'sarif' }, { find: findBad, pages: pages.path });
    const linked = read(out).runs[0].tool.driver.rules[0]?.['help'] as { text: string; markdown: string };
    assert.match(
      linked.markdown,
      /^!\[plot\]\(https:[^)]*\/raw\/main\/docs\/rules\/a\.svg\)\n\nSee \[here\]\(https:[^)]*\/blob\/main\/docs\/rules\/b\.md#c\), \[there\]\(https:\/\/x\.y\/z\) or \[below\]\(#d\)\.$/,
    );
    assert.equal(linked.text, 'See here, there or below.');
    pages.remove();
    const without = await scan([folder.path], { format: 'sarif' }, { find: findBad, pages: folder.at('none') });
    assert.deepEqual(read(without.out).runs[0].tool.driver.rules[0]?.['help'], {
      text: 'log of sigmoid',
      markdown: 'log of sigmoid',
    });
  });

  it('has fixes whose regions are of the file, of a notebook too', async () => {
    const cells = [{ cell_type: 'code', source: ['import torch\n', 'é = "\\\\"; bad(a)'] }];
    const files = { 'a.py': 'import torch\nbad(a)\n', 'n.ipynb': JSON.stringify({ cells }, undefined, 1) };
    folder.write(files);
    const [{ results }] = (await sarif()).runs;
    assert.deepEqual(
      results.map(({ locations }) =>
        at(
          files[locations[0].physicalLocation.artifactLocation.uri.endsWith('.py') ? 'a.py' : 'n.ipynb'],
          locations[0].physicalLocation.region,
        ),
      ),
      ['bad(a)', 'bad(a)'],
    );
    assert.deepEqual(results[1]?.locations[0].properties, {
      cell: 1,
      startLine: 2,
      startColumn: 11,
      endLine: 2,
      endColumn: 17,
    });
    const fixed = Object.values(files).map((text, i) => {
      const replacements = results[i]?.fixes?.[0]?.artifactChanges[0].replacements ?? [];
      return replacements.reduceRight((changed, { deletedRegion, insertedContent }) => {
        const before = at(`${text}\0`, {
          ...deletedRegion,
          startLine: 1,
          startColumn: 1,
          endLine: deletedRegion.startLine,
          endColumn: deletedRegion.startColumn,
        });
        const removed = at(text, deletedRegion);
        return changed.slice(0, before.length) + insertedContent.text + changed.slice(before.length + removed.length);
      }, text);
    });
    assert.equal(fixed[0], 'import torch\nimport good\na()\n');
    assert.deepEqual(JSON.parse(fixed[1] ?? ''), {
      cells: [{ cell_type: 'code', source: ['import torch\n', 'import good\n', 'é = "\\\\"; a()'] }],
    });
  });

  it('says what could not be read', async () => {
    folder.write({ 'n.ipynb': '{' });
    const [{ invocations, results }] = (await sarif()).runs;
    assert.deepEqual(results, []);
    assert.equal(invocations[0].executionSuccessful, false);
    assert.match(invocations[0].toolExecutionNotifications[0]?.message.text ?? '', /Can't read .*n\.ipynb/);
  });
});
