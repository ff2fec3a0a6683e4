import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { joinCells, readNotebook } from '../../../src/notebooks';
import { findingsIn } from '../../../src/rules';

/** What is found in a notebook: by cell, the severity, the rule and the first line of the code. */
function foundIn(name: string): string[] {
  const { cells, problem } = readNotebook(readFileSync(path.resolve('test/unit/data', `${name}.ipynb`), 'utf8'));
  assert.equal(problem, undefined);
  const joined = joinCells(cells.map(({ source }) => source));
  return findingsIn(joined.text).map(({ severity, rule, range }) => {
    const [code] = joined.text.slice(range.start, range.end).split('\n');
    return `${String(joined.locate(range.start).cell)} ${severity} ${rule}: ${code ?? ''}`;
  });
}

// The code cells of two public notebooks, as they are.

describe('seed notebooks', () => {
  it('zero error radius: the versions that replace the opposite end have a dead zone, the first has none', () => {
    assert.deepEqual(foundIn('zero-error-radius'), [
      '8 information capped-loss: tf.where(opp_mask_0, opp_threshold, zer_output)',
      '8 information capped-loss: tf.where(opp_mask_1, zer_threshold, zer_output)',
      '9 information capped-loss: tf.where(opp_mask_0, opp_threshold, zer_output)',
      '9 information capped-loss: tf.where(opp_mask_1, zer_threshold, zer_output)',
      '16 information capped-loss: tf.where(zer_mask, target, clip_out)',
    ]);
  });

  it('focal loss: softmax, its logarithm, the sigmoid and its logarithm by hand, and nothing of what is given small numbers', () => {
    assert.deepEqual(foundIn('focal-loss'), [
      '4 warning softmax-by-hand: x.exp()/x.exp().sum(-1).unsqueeze(1)',
      '9 warning log-of-sum-of-exp: x.exp().sum(-1).log()',
      '18 warning sigmoid-by-hand: (1 + (-x).exp()).reciprocal()',
      '67 warning log-of-added-exp: torch.log((t).exp()+(-x-t).exp())',
    ]);
  });
});
