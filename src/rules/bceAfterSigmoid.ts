import { sigmoid, substitute, type Expression } from '../expression';
import { lossById } from '../losses';
import { ofVariable, operand, x, type Rule } from './rule';

const unstable = 'torch/bce@2.0';
const stable = 'torch/bce-with-logits@2.3';

/** The catalogue's formula over `x` in place of its logit `z`. */
const overX = (id: string): Expression => substitute(lossById(id).build().loss, new Map([['z', x]]));

export const bceAfterSigmoid: Rule = {
  id: 'bce-after-sigmoid',
  title: 'BCE after sigmoid',
  page: 'bce-after-sigmoid.md',
  severity: 'warning',
  triggers: [
    ['BCELoss', 'binary_cross_entropy'],
    ['igmoid', 'expit'],
  ],
  forms: [
    {
      pattern: sigmoid(operand),
      ofLoss: unstable,
      culprit: 'sigmoid',
      unstable: overX(unstable),
      stable: overX(stable),
      losses: { unstable, stable },
      advice: { form: 'bceWithLogits', layer: 'bceWithLogitsLayer', of: 'x' },
      name: 'BCE of sigmoid(x)',
      headline: { of: 'gradient', side: 'above', target: 0 },
    },
  ],
  operand: 'the argument of the sigmoid',
  amount: (printed) => printed,
  threshold: ofVariable,
  sparesSampling: false,
};
