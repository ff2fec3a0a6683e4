import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { variablesOf } from '../../../src/expression';
import { knownName } from '../../../src/python/frameworks';
import { findingsIn, rules } from '../../../src/rules';
import { areEqual } from '../../../src/rules/comparison';
import { liftTemplate } from '../../../src/rules/fixes';
import { printThreshold } from '../../../src/rules/describe';

/** Entries of the catalogue whose forms are a matter of style alone. */
const style = new Set(['NS08']);

/** Those of forms with an epsilon or a clamp of its own. */
const withEpsilon = new Set(['NS16', 'NS17', 'NS18', 'NS19', 'NS20']);

describe('rules', () => {
  it('cover the catalogue of patterns', () => {
    const wanted = Array.from({ length: 76 }, (_, index) => `NS${String(index + 1).padStart(2, '0')}`);
    const covered = new Set(rules.flatMap((rule) => rule.entries));
    assert.deepEqual(
      wanted.filter((entry) => !covered.has(entry) && !style.has(entry)),
      [],
    );
    assert.deepEqual(
      [...covered].filter((entry) => !wanted.includes(entry)),
      [],
    );
    assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length);
  });

  for (const rule of rules) {
    describe(rule.id, () => {
      it('has a page that says what happens, what to write, and when it is fine', () => {
        const file = `docs/rules/${rule.id}.md`;
        assert(existsSync(file), file);
        const page = readFileSync(file, 'utf8');
        for (const part of ['# ', '## From which input', '## What to write instead', '## When it is fine']) {
          assert(page.includes(part), `${file} has no "${part}"`);
        }
      });

      it('has stable forms that are the same function', () => {
        for (const form of rule.forms) {
          const numbers = form.typical ?? {};
          const unstable = (form.meant ?? form.unstable)?.(numbers);
          const stable = form.stable?.(numbers);
          // With an epsilon or a clamp it is another function, and no fix is offered.
          const differs = form.typical !== undefined || rule.entries.some((entry) => withEpsilon.has(entry));
          if (unstable && stable && !differs) assert(areEqual(unstable, stable), form.name);
        }
      });

      it('writes code that computes the stable form, in names that the frameworks have', () => {
        for (const form of rule.forms) {
          const stable = form.stable?.(form.typical ?? {});
          for (const [framework, template] of Object.entries({ ...form.write, ...form.writeLayer })) {
            for (const [, path = ''] of template.matchAll(/\{([^}]+)\}/g)) {
              assert(knownName(path) ?? /^(math|optax|torchvision)\./.test(path), `${form.name}: ${path}`);
            }
            if (form.ofLoss || !stable) continue;
            const lifted = liftTemplate(template);
            assert(lifted, `${form.name}, ${framework}: ${template} is not understood`);
            if (variablesOf(lifted).every((name) => name === 'x')) {
              assert(areEqual(lifted, stable), `${form.name}, ${framework}: ${template}`);
            }
          }
        }
      });
    });
  }

  it('print thresholds outward in five digits', () => {
    const print = (from: number): string => printThreshold({ from, side: from < 0 ? 'below' : 'above' });
    assert.equal(print(-88.72283935546875), '-88.723');
    assert.equal(print(16.63553237915039), '16.636');
    assert.equal(print(-103.97208404541016), '-103.98');
    assert.equal(print(-709.7827128933841), '-709.79');
    assert.equal(print(6.25), '6.25');
    assert.equal(print(-89), '-89');
    assert.equal(print(8.3203125), '8.3204');
    assert.equal(print(99.9999), '100');
    assert.equal(print(0), '0');
    // A hair from a round number is not that number; what scaling adds to one is nothing.
    assert.equal(print(1.0000000000000002), '1.0001');
    assert.equal(print(-1.0000000000000002), '-1.0001');
    assert.equal(print(0.1), '0.1');
    assert.equal(print(1.1), '1.1');
    assert.equal(printThreshold({ from: -5.42, side: 'above' }), '-5.42');
    assert.equal(printThreshold({ from: -5.42391, side: 'above' }), '-5.4239');
  });
});

describe('samples', () => {
  it('have one instance of each of the first families', () => {
    const text = readFileSync('samples/unstable.py', 'utf8');
    assert.deepEqual(
      findingsIn(text)
        .map((finding) => finding.rule)
        .sort(),
      ['bce-after-sigmoid', 'log-of-sigmoid', 'log-of-softmax'],
    );
    assert.deepEqual(
      [...new Set(findingsIn(readFileSync('samples/keras_custom_loss.py', 'utf8')).map((finding) => finding.rule))],
      ['log-of-sigmoid'],
    );
  });
});
