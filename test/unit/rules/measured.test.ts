import assert from 'node:assert/strict';
import { add, constant, exp, log, sigmoid, structuralKey, variable } from '../../../src/expression';
import { failuresOf, type Failure } from '../../../src/measure/failures';
import { formatByName } from '../../../src/numeric';
import { commonForms, measuredEntry } from '../../../src/rules/commonForms';
import { knownFailuresOf, measuredFormats, readEntry, tabled, writeEntry } from '../../../src/rules/thresholds';
import table from '../../../src/rules/thresholds.json';

const x = variable('x');

describe('thresholds measured beforehand', () => {
  it('are those that measuring gives, every one of them (else: node scripts/thresholds.mjs)', function () {
    this.timeout(120_000);
    const entries: Readonly<Record<string, string>> = table;
    const found = [...commonForms()].flatMap(([key, value]) => {
      const entry = measuredEntry(value);
      return entry === undefined ? [] : [[key, entry] as const];
    });
    for (const [key, entry] of found) assert.equal(entries[key], entry, key);
    assert.deepEqual(Object.keys(entries).sort(), found.map(([key]) => key).sort());
    assert(found.length > 250);
  });

  it('are read as the numbers that were measured, to the sign of 0', () => {
    const failures: readonly Failure[] = [
      { of: 'value', becomes: '-Infinity', side: 'below', from: -0 },
      { of: 'value', becomes: 'Infinity', side: 'above', from: 5e-324 },
      { of: 'gradient', becomes: 'NaN', side: 'below', from: -Number.MAX_VALUE },
      { of: 'gradient', becomes: 'zero', side: 'above', from: 0.1 + 0.2 },
    ];
    const inFormats = measuredFormats.map((name) =>
      failures.map((failure) => {
        const { round, max, smallestSubnormal } = formatByName(name);
        const rounded = round(failure.from);
        const from = Number.isFinite(rounded) ? rounded : Math.sign(rounded) * max;
        return { ...failure, from: failure.from === 5e-324 ? smallestSubnormal : from };
      }),
    );
    assert.deepStrictEqual(readEntry(writeEntry(inFormats)), inFormats);
    assert.deepStrictEqual(readEntry(writeEntry([[], [], [], []])), [[], [], [], []]);
    for (const value of [log(sigmoid(x)), log(add(sigmoid(x), 1e-8)), exp(x)]) {
      for (const name of measuredFormats) {
        assert.deepStrictEqual(tabled(value, name), failuresOf(value, 'x', formatByName(name)));
      }
    }
  });

  it('of another value or format are measured then', () => {
    const value = log(add(sigmoid(x), 3.14e-5));
    assert.equal(tabled(value, 'float32'), undefined);
    assert.deepStrictEqual(knownFailuresOf(value, 'float32'), failuresOf(value, 'x', formatByName('float32')));
    assert.equal(tabled(log(sigmoid(x)), 'float8_e5m2'), undefined);
    const eighth = knownFailuresOf(log(sigmoid(x)), 'float8_e5m2');
    assert.deepStrictEqual(eighth, failuresOf(log(sigmoid(x)), 'x', formatByName('float8_e5m2')));
    // Keys are data: a value whose key is the name of a method of every object is not found there.
    assert.equal(tabled(constant(1), 'float32'), undefined);
    assert.notEqual(structuralKey(log(add(sigmoid(x), 1e-8))), structuralKey(log(add(1e-8, sigmoid(x)))));
  });
});
