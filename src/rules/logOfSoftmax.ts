import { log, logSoftmax, softmax, wildcard } from '../expression';
import { operand, x, type Rule } from './rule';

/** Measured among two logits, the other one 0: x is then how far this logit lies above the greatest of the others. */
export const logOfSoftmax: Rule = {
  id: 'log-of-softmax',
  title: 'log of softmax',
  page: 'log-of-softmax.md',
  severity: 'warning',
  triggers: [['log'], ['oftmax']],
  forms: [
    {
      pattern: log(softmax(operand, wildcard('others'))),
      culprit: 'softmax',
      unstable: log(softmax(x, 0)),
      stable: logSoftmax(x, 0),
      advice: { form: 'logSoftmax', of: 'x' },
      name: 'log(softmax(x))',
      headline: { of: 'value', side: 'below' },
    },
  ],
  operand: 'the logits',
  amount: (printed) => printed.replace('-', ''),
  threshold: (amount, side) =>
    side === 'below' ? `from a logit ${amount} below the greatest` : `from a logit ${amount} above all others`,
  sparesSampling: true,
};
