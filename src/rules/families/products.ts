import {
  absolute,
  anything,
  apply,
  bind,
  either,
  exp,
  factorsOf,
  log,
  type Bindings,
  type Expression,
  type Operator,
  type Pattern,
} from '../../expression';
import { x, type Form, type Hit, type Rule, type Speech } from '../rule';
import { isGuard, isInsideTraining, nameOf, sayAtZero, sourceOf } from './zeros';

/** The pattern as one of the factors of what the logarithm is taken of, also inside these operations. */
function logOfFactor(factor: Pattern, passed: ReadonlySet<Operator>): Pattern {
  const among = (node: Expression, bindings: Bindings): Bindings | undefined => {
    for (const { factor: each } of factorsOf(node)) {
      const found = factor.match(each, bindings);
      if (found) return found;
      if (each.kind === 'operation' && passed.has(each.operator)) {
        const inside = among(each.operands[0] as Expression, bindings);
        if (inside) return inside;
      }
    }
    return undefined;
  };
  return {
    roots: new Set<Operator>(['log']),
    match: (expression, bindings) =>
      expression.kind === 'operation' && expression.operator === 'log'
        ? among(expression.operands[0] as Expression, bindings)
        : undefined,
  };
}

const inRoots: ReadonlySet<Operator> = new Set<Operator>(['absolute', 'sqrt', 'power', 'pick']);
/** Where all products underflow, so does their sum. */
const inSums: ReadonlySet<Operator> = new Set<Operator>([...inRoots, 'sum', 'mean']);

/** Thresholds in terms of what ought to have been computed. */
const inLogarithm = (name: string): Speech => ({
  amount: (printed) => printed,
  threshold: (amount, side) => `where ${name} is ${side === 'above' ? 'above' : 'below'} ${amount}`,
});

/** Step sizes of a diffusion, shapes and counts: numbers that are there before anything is learnt. */
const notLearnt = /alpha|beta|sched|snr|shape|size|dims|stride|count|num_|ndim|len\(/i;

const isOfData = (hit: Hit): boolean => {
  const value = hit.bindings.get('p');
  return value === undefined || !notLearnt.test(`${sourceOf(hit, value) ?? ''} ${sourceOf(hit, hit.matched) ?? ''}`);
};

/** Whether the whole tensor is reduced, by what the call says. */
const wholly = (hit: Hit, operator: Operator): boolean => {
  const argument = hit.matched.kind === 'operation' ? hit.matched.operands[0] : undefined;
  return (
    argument?.kind === 'operation' && argument.operator === operator && hit.analysis.axisOf(argument) === undefined
  );
};

const logOfProductForm: Form = {
  pattern: logOfFactor(apply('product', bind('p')), inSums),
  name: 'log(prod(p))',
  culprit: 'product',
  bounded: false,
  unstable: () => log(exp(x)),
  headline: { of: 'value', side: 'below' },
  speech: inLogarithm('sum(log(p))'),
  advice: 'add up the logarithms instead: sum(log(p))',
  guard: isOfData,
};

export const logOfProduct: Rule = {
  id: 'log-of-product',
  title: 'log of a product',
  entries: ['NS42'],
  severity: 'warning',
  triggers: [
    ['log', 'Log'],
    ['prod', 'Prod'],
  ],
  forms: [
    {
      ...logOfProductForm,
      pattern: apply('log', apply('product', bind('p'))),
      guard: (hit) => isOfData(hit) && wholly(hit, 'product'),
      write: {
        pytorch: '{torch.sum}({torch.log}($p))',
        tensorflow: '{tensorflow.reduce_sum}({tensorflow.math.log}($p))',
        keras: '{keras.ops.sum}({keras.ops.log}($p))',
        'keras-backend': '{keras.backend.sum}({keras.backend.log}($p))',
        jax: '{jax.numpy.sum}({jax.numpy.log}($p))',
        numpy: '{numpy.sum}({numpy.log}($p))',
        tfjs: '{tensorflowjs.sum}({tensorflowjs.log}($p))',
      },
    },
    logOfProductForm,
  ],
};

/** 1 + u . v, which is the determinant of I + u v^T. */
const rankOne: Pattern = either(
  apply('add', 1, either(apply('sum', apply('multiply', anything)), apply('matmul', anything))),
  apply('add', either(apply('sum', apply('multiply', anything)), apply('matmul', anything)), 1),
);

const logOfDeterminantForm: Form = {
  pattern: logOfFactor(apply('determinant', bind('A')), inRoots),
  name: 'log(det(A))',
  culprit: 'determinant',
  bounded: false,
  unstable: () => log(exp(x)),
  headline: { of: 'value', side: 'below' },
  speech: inLogarithm('the logarithm of the determinant'),
  advice: 'compute the logarithm of the determinant itself, with slogdet',
};

export const logOfDeterminant: Rule = {
  id: 'log-of-determinant',
  title: 'log of a determinant',
  entries: ['NS43'],
  severity: 'warning',
  triggers: [
    ['log', 'Log'],
    ['det', 'Det'],
  ],
  forms: [
    {
      ...logOfDeterminantForm,
      pattern: apply(
        'log',
        either(apply('determinant', bind('A')), apply('absolute', apply('determinant', bind('A')))),
      ),
      write: {
        pytorch: '{torch.linalg.slogdet}($A)[1]',
        tensorflow: '{tensorflow.linalg.slogdet}($A)[1]',
        keras: '{keras.ops.slogdet}($A)[1]',
        jax: '{jax.numpy.linalg.slogdet}($A)[1]',
        numpy: '{numpy.linalg.slogdet}($A)[1]',
      },
    },
    logOfDeterminantForm,
    {
      ...logOfDeterminantForm,
      pattern: apply(
        'log',
        apply(
          'add',
          either(apply('determinant', bind('A')), apply('absolute', apply('determinant', bind('A')))),
          bind('eps'),
        ),
      ),
      // The guard hides the failure: what is below it is a constant without gradient.
      guard: (hit) => {
        const eps = hit.bindings.get('eps');
        return (
          eps !== undefined && isGuard(eps, hit) && !(eps.kind === 'constant' && eps.value > 1e-6) && 'information'
        );
      },
      name: 'log(det(A) + eps)',
      says: (hit) => {
        const eps = hit.bindings.get('eps');
        const written = nameOf(hit, eps) ?? (eps?.kind === 'constant' ? String(eps.value) : 'eps');
        return {
          message: `Determinants are products, and below ${written} the logarithm of this one is that of ${written} and its gradient next to 0.`,
          lens: `log of a determinant: constant below ${written}`,
        };
      },
    },
    {
      pattern: apply('log', apply('absolute', rankOne)),
      name: 'log(|1 + dot(u, v)|)',
      severity: 'information',
      atZero: { value: log(absolute(x)) },
      says: (hit) => sayAtZero(hit, 'Where the determinant, 1 + dot(u, v), is 0', 'log of a determinant'),
      at: (hit) => (hit.site.framework.differentiates && isInsideTraining(hit) ? hit.form : undefined),
      advice:
        'add a small number to the absolute value, or keep dot(u, v) above -1, as planar flows can by their choice of u',
    },
  ],
};

export const productWithInverse: Rule = {
  id: 'product-with-inverse',
  title: 'product with an inverse',
  entries: ['NS44'],
  severity: 'hint',
  triggers: [['inv']],
  forms: [
    {
      pattern: apply('matmul', apply('inverse', bind('A')), bind('b')),
      name: 'inv(A) @ b',
      says: () => ({
        message:
          'An inverse is computed by solving for every unit vector: more work than solving for b, and more digits lost ' +
          'the worse A is conditioned.',
        lens: 'inverse in place of solve',
      }),
      write: {
        pytorch: '{torch.linalg.solve}($A, $b)',
        tensorflow: '{tensorflow.linalg.solve}($A, $b)',
        keras: '{keras.ops.solve}($A, $b)',
        jax: '{jax.numpy.linalg.solve}($A, $b)',
        numpy: '{numpy.linalg.solve}($A, $b)',
      },
    },
  ],
};

export const products: readonly Rule[] = [logOfProduct, logOfDeterminant, productWithInverse];
