import { add, log, log1p, logSigmoid, negate, sigmoid, subtract, type Expression } from '../expression';
import { ofVariable, operand, x, type Form, type Rule } from './rule';

/** log(sigmoid(x)) */
const ofSigmoid: Form = {
  pattern: log(sigmoid(operand)),
  culprit: 'sigmoid',
  unstable: log(sigmoid(x)),
  stable: logSigmoid(x),
  advice: { form: 'logSigmoid', of: 'x' },
  name: 'log(sigmoid(x))',
  headline: { of: 'value', side: 'below' },
};

/** log(1 - sigmoid(x)), however the difference is written. */
function ofComplement(name: string, write: (operand: Expression) => Expression): Form {
  return {
    pattern: write(sigmoid(operand)),
    culprit: 'sigmoid',
    unstable: write(sigmoid(x)),
    stable: logSigmoid(negate(x)),
    advice: { form: 'logSigmoid', of: '-x' },
    name,
    headline: { of: 'value', side: 'above' },
  };
}

export const logOfSigmoid: Rule = {
  id: 'log-of-sigmoid',
  title: 'log of sigmoid',
  page: 'log-of-sigmoid.md',
  severity: 'warning',
  triggers: [['log'], ['igmoid', 'expit', 'logistic']],
  forms: [
    ofSigmoid,
    ofComplement('log(1 - sigmoid(x))', (p) => log(subtract(1, p))),
    ofComplement('log(1 - sigmoid(x))', (p) => log(add(negate(p), 1))),
    ofComplement('log1p(-sigmoid(x))', (p) => log1p(negate(p))),
  ],
  operand: 'the argument of the sigmoid',
  amount: (printed) => printed,
  threshold: ofVariable,
  sparesSampling: true,
};
