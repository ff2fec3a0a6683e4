import type { Expression, Operator } from './expression';

const infix: Partial<Record<Operator, { symbol: string; precedence: number }>> = {
  or: { symbol: 'or', precedence: 1 },
  and: { symbol: 'and', precedence: 2 },
  less: { symbol: '<', precedence: 3 },
  lessEqual: { symbol: '≤', precedence: 3 },
  equal: { symbol: '=', precedence: 3 },
  add: { symbol: '+', precedence: 4 },
  subtract: { symbol: '−', precedence: 4 },
  multiply: { symbol: '·', precedence: 5 },
  divide: { symbol: '/', precedence: 5 },
  power: { symbol: '^', precedence: 7 },
};

const prefixPrecedence = 6;

const functionNames: Partial<Record<Operator, string>> = {
  absolute: 'abs',
  minimum: 'min',
  maximum: 'max',
  select: 'if',
  logSigmoid: 'log_sigmoid',
  logAddExp: 'logaddexp',
  logSumExp: 'logsumexp',
  logSoftmax: 'log_softmax',
  stopGradient: 'stop_gradient',
  normalCdf: 'normal_cdf',
  logNormalCdf: 'log_normal_cdf',
  logGamma: 'log_gamma',
  product: 'prod',
  greatest: 'max',
  least: 'min',
  variance: 'var',
  deviation: 'std',
  determinant: 'det',
  oneHot: 'one_hot',
  nonNegative: 'non_negative',
  nanToNum: 'nan_to_num',
  multiplyNoNan: 'multiply_no_nan',
  divideNoNan: 'divide_no_nan',
};

/** The expression as mathematics on one line, with as few brackets as the usual precedences allow. */
export function print(root: Expression): string {
  return render(root, 0);
}

function render(node: Expression, context: number): string {
  switch (node.kind) {
    case 'constant':
      return node.value < 0 && context > 4 ? `(${printNumber(node.value)})` : printNumber(node.value);
    case 'variable':
      return node.name;
    case 'withGradient':
      return render(node.value, context);
    case 'operation': {
      const operator = infix[node.operator];
      const [a, b] = node.operands as [Expression, Expression];
      if (operator) {
        const { symbol, precedence } = operator;
        const rightAssociative = node.operator === 'power';
        const left = render(a, precedence + (rightAssociative ? 1 : 0));
        const right = render(b, precedence + (rightAssociative ? 0 : 1));
        const text = node.operator === 'power' ? `${left}^${right}` : `${left} ${symbol} ${right}`;
        return precedence < context ? `(${text})` : text;
      }
      if (node.operator === 'negate') {
        const text = `−${render(a, prefixPrecedence)}`;
        return context >= 5 ? `(${text})` : text;
      }
      const name = functionNames[node.operator] ?? node.operator;
      return `${name}(${node.operands.map((operand) => render(operand, 0)).join(', ')})`;
    }
  }
}

/** The number as mathematics writes it, with the digits that denote the float64. */
function printNumber(value: number): string {
  if (Object.is(value, -0)) return '−0';
  if (value === Infinity) return '∞';
  if (value === -Infinity) return '−∞';
  return String(value).replace('-', '−').replace('e−', 'e-').replace('e+', 'e');
}
