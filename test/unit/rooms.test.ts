import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ESLint } from 'eslint';

// The walls between the rooms are lint rules (eslint.config.mjs, scripts/rooms.mjs). A rule that no longer sees what it is
// there for says nothing, just like a clean project: so a small house with broken walls is built here, and linted with
// the project's own configuration.

const root = path.resolve(__dirname, '../../..');

/** Each file with what has to be said about it; none: it has to be accepted. */
const house: readonly (readonly [file: string, text: string, complaint?: RegExp])[] = [
  [
    'src/expression/up.ts',
    `import { x } from '../numeric';\nexport const y = x;`,
    /src\/expression may import nothing/,
  ],
  ['src/numeric/down.ts', `import { x } from '../expression';\nexport const y = x;`],
  [
    'src/numeric/type.ts',
    `import type { X } from '../measure';\nexport type Y = X;`,
    /may import expression, not src\/measure/,
  ],
  ['src/measure/again.ts', `export { x } from '../rules';`, /not src\/rules/],
  ['src/measure/all.ts', `export * from '../rules/index';`, /not src\/rules/],
  ['src/measure/late.ts', `export const x = () => import('../python');`, /not src\/python/],
  ['src/measure/required.ts', `export const x: unknown = require('../python');`, /not src\/python/],
  ['src/measure/named.ts', `export type X = import('../python').X;`, /not src\/python/],
  ['src/measure/out.ts', `import { x } from '../../test/unit/helper';\nexport const y = x;`, /which is outside/],
  ['src/cellar/room.ts', `import { x } from '../numeric';\nexport const y = x;`, /src\/cellar is not a room/],
  ['src/engine/worker.ts', `import { x } from '../worker/main';\nexport const y = x;`, /not src\/worker/],
  ['src/editor/panels.ts', `import { x } from '../dashboards';\nexport const y = x;`, /not src\/dashboards/],
  ['src/dashboards/lens.ts', `import { x } from '../editor';\nexport const y = x;`, /not src\/editor/],
  ['src/cli/lens.ts', `import { x } from '../editor';\nexport const y = x;`, /not src\/editor/],
  [
    'src/extension.ts',
    `import { x } from './editor';\nimport * as vscode from 'vscode';\nexport const y = [x, vscode];`,
  ],
  [
    'src/rules/host.ts',
    `import * as vscode from 'vscode';\nexport const y = vscode;`,
    /'vscode' may be imported in editor/,
  ],
  [
    'src/cli/host.ts',
    `import type * as vscode from 'vscode';\nexport type Y = vscode.Uri;`,
    /'vscode' may be imported in editor/,
  ],
  ['src/editor/host.ts', `import * as vscode from 'vscode';\nexport const y = vscode;`],
  [
    'src/cli/spawn.ts',
    `import { spawn } from 'node:child_process';\nexport const y = spawn;`,
    /'node:child_process' may be/,
  ],
  [
    'src/editor/spawn.ts',
    `import { fork } from 'child_process';\nexport const y = fork;`,
    /'child_process' may be imported in worker/,
  ],
  [
    'src/dashboards/thread.ts',
    `import { Worker } from 'worker_threads';\nexport const y = Worker;`,
    /'worker_threads' may be/,
  ],
  [
    'src/measure/gpu.ts',
    `import * as tf from '@tensorflow/tfjs-node-gpu';\nexport const y = tf;`,
    /'@tensorflow\/tfjs-node-gpu' may/,
  ],
  ['src/editor/gpu.ts', `export const y = import('webgpu');`, /'webgpu' may be imported in worker/],
  ['src/engine/spawn.ts', `import { fork } from 'node:child_process';\nexport const y = fork;`],
  ['src/worker/gpu.ts', `export const y = import('@tensorflow/tfjs-node-gpu');`],
  ['src/protocol/value.ts', `import { x } from '../measure';\nexport const y = x;`, /made of types/],
  ['src/protocol/type.ts', `import type { X } from '../measure';\nexport type Y = X;`],
  ['src/protocol/high.ts', `import type { X } from '../engine';\nexport type Y = X;`, /not src\/engine/],
  [
    'webview/floor/value.ts',
    `import { x } from '../../src/protocol';\nexport const y = x;`,
    /types from src\/protocol, not values/,
  ],
  [
    'webview/floor/core.ts',
    `import type { X } from '../../src/measure';\nexport type Y = X;`,
    /src\/protocol, src\/numeric\/format and nothing else/,
  ],
  ['webview/floor/format.ts', `import { formats } from '../../src/numeric/format';\nexport const y = formats;`],
  [
    'webview/floor/numeric.ts',
    `import { formats } from '../../src/numeric';\nexport const y = formats;`,
    /src\/numeric\/format and nothing else from outside, not src\/numeric \(/,
  ],
  [
    'webview/floor/exact.ts',
    `import { x } from '../../src/numeric/exact';\nexport const y = x;`,
    /src\/numeric\/format and nothing else/,
  ],
  ['webview/floor/package.ts', `import x from 'lodash';\nexport const y = x;`, /chart\.js and no other package/],
  [
    'webview/floor/fine.ts',
    `import { Chart } from 'chart.js';\nimport type { X } from '../../src/protocol';\nexport type Y = X | Chart;`,
  ],
  ['src/losses/circle.ts', `import { b } from './other';\nexport const a = () => b;`, /Dependency cycle/],
  ['src/losses/other.ts', `import { a } from './circle';\nexport const b = () => a;`, /Dependency cycle/],
];

describe('the walls between the rooms', () => {
  let folder: string;
  let messages: Map<string, string[]>;

  before(async () => {
    folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'lossfloor-rooms-')));
    for (const [file, text] of house) {
      mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
      writeFileSync(path.join(folder, file), `${text}\n`);
    }
    const eslint = new ESLint({
      cwd: folder,
      overrideConfigFile: path.join(root, 'eslint.config.mjs'),
      // The little house has no tsconfig.json: only the rules that need no types.
      overrideConfig: { languageOptions: { parserOptions: { projectService: false, program: null } } },
      ruleFilter: ({ ruleId }) => ruleId === 'rooms/imports' || ruleId === 'import-x/no-cycle',
    });
    const results = await eslint.lintFiles('.');
    messages = new Map(
      results.map((result) => [
        path.relative(folder, result.filePath).split(path.sep).join('/'),
        result.messages.map((message) => message.message),
      ]),
    );
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [file, text, complaint] of house) {
    const what = `${file}: ${text.split('\n')[0] ?? ''}`;
    it(complaint === undefined ? `accepts ${what}` : `refuses ${what}`, () => {
      const said = messages.get(file);
      assert.ok(said, 'the file was not linted');
      if (complaint === undefined) assert.deepEqual(said, []);
      else {
        assert.equal(said.length, 1, said.join('\n'));
        assert.match(said[0] ?? '', complaint);
      }
    });
  }
});
