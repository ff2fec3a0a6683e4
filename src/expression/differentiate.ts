import {
  absolute,
  add,
  constant,
  divide,
  equal,
  exp,
  expm1,
  isTensorOperator,
  less,
  and,
  lessEqual,
  log,
  logSoftmax,
  multiply,
  negate,
  operation,
  power,
  select,
  sigmoid,
  sign,
  softmax,
  sqrt,
  subtract,
  type Expression,
  type Operand,
  type Operation,
} from './expression';
import { children, inOrder } from './graph';

/**
 * Whose derivative: `framework` takes the backward formulas that autodiff frameworks run (a custom backward where
 * a node has one, zero through stopGradient and outside a clip); `mathematical` differentiates the formula itself,
 * through custom backwards and stopGradient.
 */
export type DerivativeKind = 'framework' | 'mathematical';

/**
 * The derivative of `root` with respect to the variable named `name`, as an expression: reverse mode, so that each
 * node of `root` is visited once and gradients of shared nodes are added up. In a number format it rounds where a
 * framework's backward pass rounds: each local formula below is PyTorch's (tools/autograd/derivatives.yaml), with the
 * value that the forward pass saved where the framework saves one.
 *
 * @throws RangeError where the derivative can't be expressed: that of a tensor operator, or of digamma.
 */
export function differentiate(root: Expression, name: string, kind: DerivativeKind = 'framework'): Expression {
  const inputs = (node: Expression): readonly Expression[] =>
    node.kind === 'withGradient' && kind === 'framework' ? node.inputs : children(node);
  const order = inOrder([root], inputs);
  const dependent = new Set<Expression>();
  for (const node of order) {
    const isVariable = node.kind === 'variable' && node.name === name;
    if (isVariable || inputs(node).some((input) => dependent.has(input))) dependent.add(node);
  }

  const gradients = new Map<Expression, Expression>([[root, constant(1)]]);
  const pass = (node: Expression, gradient: Expression): void => {
    if (!dependent.has(node)) return;
    const soFar = gradients.get(node);
    gradients.set(node, soFar ? add(soFar, gradient) : gradient);
  };

  let total: Expression | undefined;
  for (const node of order.reverse()) {
    const upstream = gradients.get(node);
    if (!upstream || !dependent.has(node)) continue;
    switch (node.kind) {
      case 'constant':
        break;
      case 'variable':
        total = total ? add(total, upstream) : upstream;
        break;
      case 'withGradient':
        if (kind === 'mathematical') pass(node.value, upstream);
        else node.inputs.forEach((input, i) => pass(input, times(upstream, node.partials[i] as Expression)));
        break;
      case 'operation':
        backward(node, upstream, kind, pass);
        break;
    }
  }
  return total ?? constant(0);
}

/** A product, but for the gradient 1 that every backward pass starts from: multiplying by it changes no bit. */
function times(upstream: Expression, local: Operand): Expression {
  if (upstream.kind === 'constant' && upstream.value === 1) return typeof local === 'number' ? constant(local) : local;
  return multiply(upstream, local);
}

function backward(
  node: Operation,
  upstream: Expression,
  kind: DerivativeKind,
  pass: (node: Expression, gradient: Expression) => void,
): void {
  const [a, b, c] = node.operands as [Expression, Expression, Expression];
  const mask = (condition: Expression): Expression => select(condition, upstream, 0);
  const { operator } = node;
  if (isTensorOperator(operator)) throw new RangeError(`${operator} has no derivative among scalars`);
  switch (operator) {
    case 'add':
      pass(a, upstream);
      pass(b, upstream);
      return;
    case 'subtract':
      pass(a, upstream);
      pass(b, negate(upstream));
      return;
    case 'multiply':
      pass(a, times(upstream, b));
      pass(b, times(upstream, a));
      return;
    case 'divide':
      pass(a, divide(upstream, b));
      pass(b, multiply(negate(upstream), divide(divide(a, b), b)));
      return;
    case 'negate':
      pass(a, negate(upstream));
      return;
    case 'power':
      // A constant exponent of 0 gives 0, as torch's pow_backward does, rather than 0 * x**-1 = NaN at 0.
      if (b.kind === 'constant') {
        pass(a, b.value === 0 ? constant(0) : times(upstream, multiply(b, power(a, b.value - 1))));
        return;
      }
      pass(a, times(upstream, select(equal(b, 0), 0, multiply(b, power(a, subtract(b, 1))))));
      pass(b, times(upstream, select(and(equal(a, 0), lessEqual(0, b)), 0, multiply(node, log(a)))));
      return;
    case 'exp':
      pass(a, times(upstream, node));
      return;
    case 'log':
      pass(a, divide(upstream, a));
      return;
    case 'log1p':
      pass(a, divide(upstream, add(a, 1)));
      return;
    case 'expm1':
      pass(a, times(upstream, add(node, 1)));
      return;
    case 'sqrt':
      pass(a, divide(upstream, multiply(2, node)));
      return;
    case 'absolute':
      pass(a, times(upstream, sign(a)));
      return;
    case 'tanh':
      pass(a, times(upstream, subtract(1, multiply(node, node))));
      return;
    case 'minimum':
    case 'maximum': {
      // Half to each at a tie, as PyTorch and JAX do.
      const [first, second] = operator === 'maximum' ? [b, a] : [a, b];
      const tie = equal(a, b);
      const half = times(upstream, 0.5);
      pass(a, select(tie, half, select(less(first, second), upstream, 0)));
      pass(b, select(tie, half, select(less(first, second), 0, upstream)));
      return;
    }
    case 'clip':
      // The borders belong to the inside, as for torch.clamp and tf.clip_by_value.
      pass(a, mask(and(lessEqual(b, a), lessEqual(a, c))));
      pass(b, mask(less(a, b)));
      pass(c, mask(less(c, a)));
      return;
    case 'select':
      pass(b, select(a, upstream, 0));
      pass(c, select(a, 0, upstream));
      return;
    case 'sigmoid':
      pass(a, multiply(times(upstream, subtract(1, node)), node));
      return;
    case 'logSigmoid':
      pass(a, times(upstream, logSigmoidSlope(a)));
      return;
    case 'softplus':
      pass(a, kind === 'framework' ? softplusBackward(a, upstream) : times(upstream, sigmoid(a)));
      return;
    case 'logAddExp':
      pass(a, times(upstream, exp(subtract(a, node))));
      pass(b, times(upstream, exp(subtract(b, node))));
      return;
    case 'logSumExp':
      for (const logit of node.operands) pass(logit, times(upstream, exp(subtract(logit, node))));
      return;
    case 'softmax': {
      // Component i of the backward of softmax for the gradient e_0: s_i * ([i = 0] - s_0).
      node.operands.forEach((logit, i) => {
        const component = i === 0 ? node : softmax(logit, ...node.operands.filter((_, j) => j !== i));
        pass(logit, times(upstream, multiply(component, subtract(i === 0 ? 1 : 0, node))));
      });
      return;
    }
    case 'logSoftmax':
      node.operands.forEach((logit, i) => {
        if (i === 0) pass(logit, logSoftmaxBackward(node, upstream));
        else {
          const component = logSoftmax(logit, ...node.operands.filter((_, j) => j !== i));
          pass(logit, subtract(0, times(upstream, exp(component))));
        }
      });
      return;
    case 'stopGradient':
      if (kind === 'mathematical') pass(a, upstream);
      return;
    case 'sign':
    case 'round':
    case 'floor':
    case 'less':
    case 'lessEqual':
    case 'equal':
    case 'and':
    case 'or':
    case 'not':
      return;
    case 'sinh':
      pass(a, times(upstream, operation('cosh', a)));
      return;
    case 'cosh':
      pass(a, times(upstream, operation('sinh', a)));
      return;
    case 'asin':
    case 'acos': {
      const slope = reciprocalRoot(add(multiply(negate(a), a), 1));
      pass(a, times(upstream, operator === 'asin' ? slope : negate(slope)));
      return;
    }
    case 'atan2': {
      // 0 at the origin, where both quotients would be NaN.
      const square = add(multiply(a, a), multiply(b, b));
      const reciprocal = select(equal(square, 0), 0, divide(1, square));
      pass(a, multiply(times(upstream, b), reciprocal));
      pass(b, multiply(times(upstream, negate(a)), reciprocal));
      return;
    }
    case 'asinh':
      pass(a, times(upstream, reciprocalRoot(add(power(a, 2), 1))));
      return;
    case 'acosh':
      pass(a, times(upstream, reciprocalRoot(subtract(multiply(a, a), 1))));
      return;
    case 'atanh':
      pass(a, divide(upstream, subtract(1, power(a, 2))));
      return;
    case 'erf':
      pass(a, times(upstream, bell(a, kind)));
      return;
    case 'erfc':
      pass(a, times(upstream, negate(bell(a, kind))));
      return;
    case 'erfcx':
      pass(a, times(upstream, subtract(multiply(multiply(2, a), node), twoOverRootPi(kind))));
      return;
    case 'normalCdf': {
      // Through erf and the operations around it, as torch.special.ndtr is made of them.
      const root = kind === 'framework' ? constant(Math.SQRT2) : sqrt(2);
      pass(a, divide(multiply(bell(divide(a, root), kind), times(upstream, 0.5)), root));
      return;
    }
    case 'logNormalCdf': {
      const root = kind === 'framework' ? constant(Math.sqrt(2 * Math.PI)) : sqrt(multiply(2, pi));
      pass(a, multiply(divide(upstream, root), exp(negate(add(node, divide(power(a, 2), 2))))));
      return;
    }
    case 'logGamma':
      pass(a, times(upstream, operation('digamma', a)));
      return;
    case 'digamma':
      throw new RangeError(`${operator} has a derivative, but there is no operator for that`);
  }
}

/** log_sigmoid_backward, without its upstream: exp(-|x|) keeps the tail that sigmoid(-x) loses to overflow. */
function logSigmoidSlope(x: Expression): Expression {
  const tail = exp(negate(absolute(x)));
  const smaller = divide(tail, add(1, tail));
  return select(less(x, 0), subtract(1, smaller), smaller);
}

/**
 * softplus_backward with beta 1 and threshold 20, from where it is the identity. exp(x) / (exp(x) + 1) keeps the tail;
 * on the other side, where exp(x) overflows in a half type but not in the kernel, sigmoid has the same value.
 */
function softplusBackward(x: Expression, upstream: Expression): Expression {
  const growth = exp(x);
  const slope = select(less(x, 0), divide(growth, add(growth, 1)), sigmoid(x));
  return select(less(20, x), upstream, times(upstream, slope));
}

/**
 * _log_softmax_backward_data for the component that the gradient came for: g - exp(output) g, computed in the compute
 * type and stored rounded once. In the narrower formats, where 1 + 2^-20 is 1, expm1 gives just that; the difference
 * of two stored values would be 0 long before.
 */
function logSoftmaxBackward(output: Expression, upstream: Expression): Expression {
  const isComputeType = less(1, add(1, 2 ** -20));
  const asComputed = subtract(upstream, times(upstream, exp(output)));
  return select(isComputeType, asComputed, subtract(0, times(upstream, expm1(output))));
}

/** rsqrt. */
function reciprocalRoot(x: Expression): Expression {
  return divide(1, sqrt(x));
}

/** As exact evaluation knows it: a constant would be a decimal number near it. */
const pi = operation('acos', -1);

function twoOverRootPi(kind: DerivativeKind): Expression {
  return kind === 'framework' ? constant(2 / Math.sqrt(Math.PI)) : divide(2, sqrt(pi));
}

/** The derivative of erf. */
function bell(x: Expression, kind: DerivativeKind): Expression {
  return multiply(twoOverRootPi(kind), exp(negate(power(x, 2))));
}
