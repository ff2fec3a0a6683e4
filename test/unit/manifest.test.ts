import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import manifest from '../../package.json';
import nls from '../../package.nls.json';
import { rules } from '../../src/rules';

const root = path.resolve(__dirname, '../../..');

describe('manifest', () => {
  it('knows every rule in the setting for severities (else run: node scripts/rules.mjs)', () => {
    const { properties } = manifest.contributes.configuration.properties['lossfloor.rules.severity'];
    assert.deepEqual(Object.keys(properties).sort(), rules.map(({ id }) => id).sort());
  });

  it('has a text for everything that it names, and names every text', () => {
    const used = new Set([...JSON.stringify(manifest).matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key));
    assert.deepEqual([...used].sort(), Object.keys(nls).sort());
  });

  it('has every icon that it names', () => {
    for (const [, file] of JSON.stringify(manifest).matchAll(/"(media\/[\w./-]+)"/g)) {
      assert.ok(existsSync(path.join(root, file ?? '')), file);
    }
  });
});
