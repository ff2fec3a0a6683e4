import assert from 'node:assert/strict';
import { add, constant, exp, log, logSigmoid, sigmoid, structuralKey, variable } from '../../../src/expression';
import { failuresOf, type Failure } from '../../../src/measure/failures';
import { formatByName } from '../../../src/numeric';
import { commonForms, commonPairs, measuredEntry, measuredPairs } from '../../../src/rules/commonForms';
import { knownFailuresOf, measuredFormats, readEntry, tabled, writeEntry } from '../../../src/rules/thresholds';
import table from '../../../src/rules/thresholds.json';
import { measuredErrors, worstErrors } from '../../../src/rules/comparison';
import { readErrors, tabledErrors, tabledFormats, writeErrors } from '../../../src/rules/worstErrors';
import errorsTable from '../../../src/rules/worstErrors.json';

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

describe('worst errors measured beforehand', () => {
  it('are those that measuring gives, every one of them (else: node scripts/thresholds.mjs)', function () {
    this.timeout(120_000);
    assert.deepEqual(errorsTable, measuredPairs());
    assert(commonPairs().length > 40);
  });

  it('are read as the numbers that were measured', () => {
    const [form, reference] = [log(sigmoid(x)), logSigmoid(x)];
    const inFormats = tabledFormats.map((name) => measuredErrors(form, reference, name));
    assert.deepStrictEqual(readErrors(writeErrors(inFormats)), inFormats);
    const keys = [structuralKey(form), structuralKey(reference)] as const;
    tabledFormats.forEach((name, i) => {
      assert.deepStrictEqual(tabledErrors(...keys, name), inFormats[i]);
    });
    // Of a loss for each target.
    const targets = [...readErrors('1 2/0.5 3 4;5 6 7 Infinity').flat(), ...readErrors('0 0 0 0').flat()].map(
      ({ target, above }) => [target, above.gradient],
    );
    assert.deepStrictEqual(targets, [
      [0, { ulps: 4, absolute: 4 }],
      [1, { ulps: Infinity, absolute: Infinity }],
      [undefined, { ulps: 0, absolute: 0 }],
    ]);
  });

  it('of other forms or formats are measured then', () => {
    const [form, reference] = [log(add(sigmoid(x), 3.14e-5)), logSigmoid(x)];
    assert.equal(tabledErrors(structuralKey(form), structuralKey(reference), 'float32'), undefined);
    assert.deepStrictEqual(worstErrors(form, reference, 'float32'), measuredErrors(form, reference, 'float32'));
    const keys = [structuralKey(log(sigmoid(x))), structuralKey(reference)] as const;
    assert.equal(tabledErrors(...keys, 'float8_e5m2'), undefined);
    assert.equal(tabledErrors(...keys, 'float64'), undefined);
    assert.equal(tabledErrors('constructor', 'constructor', 'float32'), undefined);
    assert.equal(tabledErrors('constructor', keys[1], 'float32'), undefined);
  });
});
