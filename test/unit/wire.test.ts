import assert from 'node:assert/strict';
import { packed } from '../../src/dashboards/wire';

describe('messages to webviews', () => {
  it('keep the numbers that JSON does not have', () => {
    const curve = Float64Array.of(NaN, -0, Infinity);
    const message = { a: NaN, b: [Infinity, -Infinity, 1], c: { d: -0, e: 0, f: null, g: 'NaN' }, curve };
    const sent = packed(message) as typeof message;
    assert.equal(sent.curve, curve, 'typed arrays go as they are');
    assert.deepEqual(JSON.parse(JSON.stringify({ ...sent, curve: null })), {
      a: { $number: 'NaN' },
      b: [{ $number: 'Infinity' }, { $number: '-Infinity' }, 1],
      c: { d: { $number: '-0' }, e: 0, f: null, g: 'NaN' },
      curve: null,
    });
  });
});
