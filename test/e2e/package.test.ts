import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { session } from './session';

/** Every file of the extension as VS Code has unpacked it. */
function installedFiles(): string[] {
  const folders = readdirSync(session.extensions, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.equal(folders.length, 1, `one extension is installed: ${folders.map((entry) => entry.name).join(', ')}`);
  const folder = path.join(session.extensions, folders[0]?.name ?? '');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(path.join(folder, file)).isFile())
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => file !== '.vsixmanifest')
    .sort();
}

/** What may be in the package; and of each kind there has to be something. */
const expected = [
  /^package\.json$/,
  /^package\.nls(\.[a-z-]+)?\.json$/,
  // vsce writes the names of these in its own way.
  /^readme\.md$/i,
  /^changelog\.md$/i,
  /^LICENSE(\.txt|\.md)?$/,
  /^dist\/(extension|finder|worker)\.js$/,
  /^dist\/pythonBridge\.py$/,
  /^dist\/loss\.schema\.json$/,
  /^dist\/webview\/(floor|training|zer)\.(js|css)$/,
  // What the pages have in common.
  /^dist\/webview\/chunk-[A-Z0-9]+\.js$/,
  /^media\/.+\.(svg|png|md|css)$/,
  /^samples\/.+\.(py|ipynb|json|md|csv)$/,
  /^docs\/rules\/([a-z-]+|README)\.md$/i,
  /^docs\/rules\/plots\/[a-z-]+\.svg$/,
  /^dist\/third-party-notices\.txt$/,
];

describe('the package', () => {
  it('holds what the extension needs, and nothing else', () => {
    const files = installedFiles();
    assert.deepEqual(
      files.filter((file) => !expected.some((pattern) => pattern.test(file))),
      [],
      'files that nothing expects in the package (.vscodeignore)',
    );
    for (const pattern of expected) {
      assert.ok(
        files.some((file) => pattern.test(file)),
        `nothing in the package is like ${String(pattern)}`,
      );
    }
  });

  it('is small', () => {
    const { size } = statSync(session.vsix);
    console.log(`    the package has ${String(size)} bytes`);
    assert.ok(size < 1_000_000, `${String(size)} bytes`);
  });

  it('uses no proposed API, which this VS Code would allow to everyone', () => {
    const manifest = JSON.parse(readFileSync(path.resolve(__dirname, '../../../package.json'), 'utf8')) as object;
    assert.ok(!('enabledApiProposals' in manifest));
  });
});
