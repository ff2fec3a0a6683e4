import assert from 'node:assert/strict';
import { pageHtml } from '../../src/dashboards/html';

const host = { cspSource: 'https://host.test', asWebviewUri: (path: string) => `https://host.test/${path}?a=1&b="2"` };

describe('page of a dashboard', () => {
  const html = pageHtml('floor', '</title><script>alert("1")</script>', host);

  it('has a policy that allows nothing but its own files', () => {
    const policy =
      /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]?.replaceAll('&#39;', "'") ?? '';
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
    assert.deepEqual(policy.split('; '), [
      "default-src 'none'",
      'style-src https://host.test',
      `script-src 'nonce-${nonce}'`,
      'img-src https://host.test data:',
      'font-src https://host.test',
    ]);
    assert.ok(Buffer.from(nonce, 'base64').length >= 16, 'the nonce has 128 bits');
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.notEqual(pageHtml('floor', '', host).includes(nonce), true, 'the nonce is new each time');
  });

  it('holds nothing inline and nothing unescaped', () => {
    assert.doesNotMatch(html, /<style|\sstyle=|\son[a-z]+=|javascript:/i);
    const scripts = [...html.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];
    assert.equal(scripts.length, 1);
    assert.match(scripts[0]?.[1] ?? '', /nonce="[^"]+" src="[^"]+"/);
    assert.equal(scripts[0]?.[2], '');
    assert.doesNotMatch(html, /alert\("/);
    assert.match(html, /b=&#34;2&#34;/);
  });
});
