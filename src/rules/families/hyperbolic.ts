import {
  acosh,
  add,
  anything,
  apply,
  atanh,
  bind,
  complement,
  cosh,
  differentiate,
  divide,
  either,
  exp,
  literalOf,
  log,
  log1p,
  multipleOf,
  multiply,
  negate,
  negated,
  number,
  softplus,
  sqrt,
  square,
  subtract,
  suchThat,
  through,
  tanh,
  termsOf,
  type Expression,
  type Operator,
  type Pattern,
} from '../../expression';
import { compileModelAtPoint, formatByName, type FormatName } from '../../numeric';
import type { FrameworkName } from '../../python';
import type { Severity } from '../finding';
import { intervalOf } from '../interval';
import { operand, x, type Form, type Hit, type Rewriting, type Rule } from '../rule';
import { exponential, onePlus } from './exponents';
import { contains, everywhere, reshaped } from './shapes';
import { canBeZero, carriesGradient, isInsideTraining } from './zeros';

const allFrameworks: readonly FrameworkName[] = [
  'pytorch',
  'tensorflow',
  'keras',
  'keras-backend',
  'jax',
  'numpy',
  'tfjs',
];

const softplusNames: Readonly<Partial<Record<FrameworkName, string>>> = {
  pytorch: 'torch.nn.functional.softplus',
  tensorflow: 'tensorflow.math.softplus',
  keras: 'keras.ops.softplus',
  'keras-backend': 'keras.backend.softplus',
  jax: 'jax.nn.softplus',
};

/** Code with the framework's softplus in it. */
const withSoftplus = (template: (softplus: string) => string): Rewriting =>
  Object.fromEntries(Object.entries(softplusNames).map(([framework, name]) => [framework, template(`{${name}}`)]));

const tanhOf = reshaped(apply('tanh', operand));

/** The logarithm of 1 + t or of 1 - t, by either name. */
const logOfOnePlus = (inner: Pattern): Pattern => either(apply('log', onePlus(inner)), apply('log1p', inner));
const logOfComplement = (inner: Pattern): Pattern =>
  either(apply('log', complement(inner)), apply('log1p', negated(inner)));

const inverse = {
  culprit: 'tanh',
  operand: 'the argument of the tanh',
  headline: { of: 'value', side: 'above' },
} satisfies Partial<Form>;

const keepArgument = 'keep the value before the tanh: this is it again';

export const atanhOfTanh: Rule = {
  id: 'atanh-of-tanh',
  title: 'atanh(tanh(x))',
  entries: ['NS34'],
  severity: 'warning',
  triggers: [['tanh']],
  forms: [
    {
      ...inverse,
      pattern: apply('atanh', tanhOf),
      name: 'atanh(tanh(x))',
      unstable: () => atanh(tanh(x)),
      stable: () => x,
      advice: keepArgument,
    },
    {
      ...inverse,
      pattern: apply('log', apply('divide', onePlus(tanhOf), complement(tanhOf))),
      name: 'log((1 + tanh(x)) / (1 - tanh(x)))',
      unstable: () => log(divide(add(1, tanh(x)), subtract(1, tanh(x)))),
      stable: () => multiply(2, x),
      write: everywhere('2 * $x', ...allFrameworks),
      advice: keepArgument,
    },
    {
      ...inverse,
      pattern: apply('subtract', multipleOf(logOfOnePlus(tanhOf)), multipleOf(logOfComplement(tanhOf))),
      name: 'log(1 + tanh(x)) - log(1 - tanh(x))',
      unstable: () => subtract(log(add(1, tanh(x))), log(subtract(1, tanh(x)))),
      stable: () => multiply(2, x),
      advice: keepArgument,
    },
  ],
};

/** tanh(x), or an action that it was scaled to: with a range of 1 it is the same. */
const action: Pattern = either(tanhOf, apply('multiply', tanhOf, bind('range')));

/** 1 - tanh(x)^2 */
const tanhSlope: Pattern = either(complement(square(action)), apply('multiply', complement(tanhOf), onePlus(tanhOf)));

/** A multiple of it: actions are scaled to their range. Of what is no less than 0 the amount is the value. */
const scaledSlope: Pattern = through(['absolute'], either(tanhSlope, apply('multiply', tanhSlope, bind('scale'))));

const slopeOf = (value: Expression): Expression => subtract(1, multiply(tanh(value), tanh(value)));
const logOfSlope = (value: Expression): Expression =>
  multiply(2, subtract(subtract(log(2), value), softplus(multiply(-2, value))));

const ofSlope = {
  culprit: 'tanh',
  operand: 'the argument of the tanh',
  advice: 'write log(1 - tanh(x)**2) as 2 * (log(2) - x - softplus(-2 * x)), of the x before the tanh',
} satisfies Partial<Form>;

const writeLogOfSlope: Rewriting = {
  ...withSoftplus((name) => `2 * ({math.log}(2) - $x - ${name}(-2 * $x))`),
  numpy: '2 * ({numpy.log}(2) - $x - {numpy.logaddexp}(0, -2 * $x))',
};

/** Something that keeps the logarithm from 0: an epsilon, a limit. The gradient is 0 beyond it. */
const guardedSlope = (inner: Pattern): Pattern => {
  const eps = bind('eps', (node) => (node.kind === 'constant' ? node.value > 0 : node.kind === 'variable'));
  const limited = either(apply('maximum', inner, 0), apply('clip', inner, 0, anything), straightThrough(inner));
  return either(
    apply('add', either(inner, limited), eps),
    apply('maximum', inner, eps),
    apply('clip', inner, eps, anything),
  );
};

/** A limit whose gradient is that of the value: `x + stop_gradient((0 - x) * (x < 0))`. */
const straightThrough = (inner: Pattern): Pattern =>
  apply(
    'add',
    inner,
    apply(
      'stopGradient',
      suchThat(anything, (_, node) => contains(node, 'tanh') && contains(node, 'less', 'lessEqual', 'clip')),
    ),
  );

export const logOfOneMinusTanhSquared: Rule = {
  id: 'log-of-one-minus-tanh-squared',
  title: 'log(1 - tanh(x)**2)',
  entries: ['NS35'],
  severity: 'warning',
  triggers: [
    ['log', 'Log'],
    ['tanh', 'Tanh'],
  ],
  forms: [
    {
      ...ofSlope,
      pattern: apply('log', tanhSlope),
      name: 'log(1 - tanh(x)**2)',
      unstable: () => log(slopeOf(x)),
      stable: () => logOfSlope(x),
      headline: { of: 'value', side: 'above' },
      write: writeLogOfSlope,
    },
    {
      ...ofSlope,
      pattern: apply('log1p', negated(square(tanhOf))),
      name: 'log1p(-tanh(x)**2)',
      unstable: () => log1p(negate(multiply(tanh(x), tanh(x)))),
      stable: () => logOfSlope(x),
      headline: { of: 'value', side: 'above' },
      write: writeLogOfSlope,
    },
    {
      ...ofSlope,
      pattern: apply('log', scaledSlope),
      name: 'log(a * (1 - tanh(x)**2))',
      unstable: () => log(slopeOf(x)),
      stable: () => logOfSlope(x),
      headline: { of: 'value', side: 'above' },
    },
    {
      ...ofSlope,
      pattern: apply(
        'log',
        either(guardedSlope(scaledSlope), apply('multiply', guardedSlope(tanhSlope), bind('scale'))),
      ),
      name: 'log(1 - tanh(x)**2 + eps)',
      severity: 'information',
      ofGradients: true,
      careful: true,
      typical: { eps: 1e-6 },
      unstable: ({ eps = 1e-6 }) => log(add(slopeOf(x), eps)),
      stable: () => logOfSlope(x),
      headline: { of: 'gradient', side: 'above' },
    },
  ],
};

const coshByHand: Pattern = either(
  apply('divide', apply('add', exponential(operand), exponential(negated(operand))), 2),
  apply('multiply', 0.5, apply('add', exponential(operand), exponential(negated(operand)))),
);

const logOfCoshOf = (value: Expression): Expression => subtract(add(value, softplus(multiply(-2, value))), log(2));

const writeLogOfCosh: Rewriting = {
  ...withSoftplus((name) => `$x + ${name}(-2 * $x) - {math.log}(2)`),
  numpy: '{numpy.logaddexp}($x, $-x) - {numpy.log}(2)',
};

export const logOfCosh: Rule = {
  id: 'log-of-cosh',
  title: 'log(cosh(x))',
  entries: ['NS36'],
  severity: 'warning',
  triggers: [
    ['log', 'Log'],
    ['cosh', 'exp'],
  ],
  forms: [
    {
      pattern: apply('log', apply('cosh', operand)),
      culprit: 'cosh',
      operand: 'the argument of cosh',
      name: 'log(cosh(x))',
      unstable: () => log(cosh(x)),
      stable: () => logOfCoshOf(x),
      headline: { of: 'value', side: 'above' },
      write: writeLogOfCosh,
      advice: 'write it as x + softplus(-2 * x) - log(2)',
    },
    {
      pattern: apply('log', coshByHand),
      culprit: 'exp',
      operand: 'the argument of the exponential',
      name: 'log((exp(x) + exp(-x)) / 2)',
      unstable: () => log(divide(add(exp(x), exp(negate(x))), 2)),
      stable: () => logOfCoshOf(x),
      headline: { of: 'value', side: 'above' },
      write: writeLogOfCosh,
      advice: 'write it as x + softplus(-2 * x) - log(2)',
    },
    {
      // cosh is at least 1: an epsilon is of no use, and takes nothing away.
      pattern: apply('log', apply('add', apply('cosh', operand), number('eps'))),
      culprit: 'cosh',
      operand: 'the argument of cosh',
      name: 'log(cosh(x) + eps)',
      typical: { eps: 1e-8 },
      unstable: ({ eps = 0 }) => log(add(cosh(x), eps)),
      headline: { of: 'value', side: 'above' },
      advice: 'cosh is at least 1, so that the epsilon does nothing: write it as x + softplus(-2 * x) - log(2)',
    },
  ],
};

const steepness = number('beta', (value) => value > 0);

export const logOfSoftplus: Rule = {
  id: 'log-of-softplus',
  title: 'log(softplus(x))',
  entries: ['NS37'],
  severity: 'information',
  triggers: [
    ['log', 'Log'],
    ['softplus', 'Softplus'],
  ],
  forms: [
    {
      pattern: apply('log', reshaped(apply('softplus', operand))),
      culprit: 'softplus',
      operand: 'the argument of the softplus',
      name: 'log(softplus(x))',
      unstable: () => log(softplus(x)),
      headline: { of: 'value', side: 'below' },
      advice: 'for x below -15 it is x: where(x < -15, x, log(softplus(maximum(x, -15))))',
    },
    {
      pattern: apply('log', reshaped(apply('divide', apply('softplus', operand), steepness))),
      culprit: 'softplus',
      operand: 'the argument of the softplus times its beta',
      name: 'log(softplus(x) / beta)',
      typical: { beta: 2 },
      unstable: ({ beta = 1 }) => log(divide(softplus(x), beta)),
      headline: { of: 'value', side: 'below' },
      advice: 'for x below -15 it is x - log(beta): where(x < -15, x, log(softplus(maximum(x, -15)))) - log(beta)',
    },
  ],
};

/**
 * How close to the end of its domain a value comes: at the end or beyond by what is known of it, at a distance that the
 * format in use can tell, or nothing is known.
 */
function reaches(hit: Hit, end: number, side: 'above' | 'below'): false | Severity {
  const [format = 'float32'] = hit.formats;
  const { low, high } = intervalOf(hit.bindings.get('x') as Expression, hit.site.conditions);
  const bound = side === 'above' ? high : low;
  // A layer that is nothing but the function is used where it can be.
  const { statement } = hit.site;
  if (/^return\s+[\w.]+\(\w+\)$/.test(hit.analysis.text.slice(statement.start, statement.end))) return 'hint';
  if (!Number.isFinite(bound))
    return isInsideTraining(hit) && carriesGradient(hit.matched, hit) ? 'information' : 'hint';
  const stored = formatByName(format).round(bound);
  return (side === 'above' ? stored >= end : stored <= end) ? 'information' : false;
}

/** Whether it is 1 and something that can be 0: the distance of two points in hyperbolic space. */
function beginsAtOne(hit: Hit): boolean {
  const terms = termsOf(hit.bindings.get('x') as Expression);
  const [first, second, ...others] = terms.some(({ term }) => literalOf(term) === 1) ? terms : [];
  const rest = [first, second].find((each) => each && literalOf(each.term) !== 1);
  return (
    rest?.sign === 1 && others.length === 0 && canBeZero(rest.term, hit) === 'yes' && carriesGradient(rest.term, hit)
  );
}

const acoshByHand: Pattern = apply(
  'log',
  apply('add', operand, either(apply('sqrt', lessOne(square(operand))), apply('power', lessOne(square(operand)), 0.5))),
);

function lessOne(inner: Pattern): Pattern {
  return either(apply('subtract', inner, 1), apply('add', inner, -1));
}

/** What the value and its gradient are at the end of the domain, and which numbers are too close to it to be told apart. */
const sayAtBoundary =
  (form: Pick<Form, 'name'>, unstable: Expression, inward: 1 | -1): NonNullable<Form['says']> =>
  ({ formats, bindings, site }) => {
    const argument = bindings.get('x');
    const isLimitedTo1 =
      argument?.kind === 'operation' &&
      ['clip', 'minimum', 'maximum'].includes(argument.operator) &&
      argument.operands.some((limit) => Math.abs(literalOf(limit) ?? 0) === 1);
    // What is computed in another format may have been limited in that of the framework before.
    const [format = 'float32', ...others] = isLimitedTo1 ? site.framework.formats : formats;
    const at = compileModelAtPoint([unstable, differentiate(unstable, x.name)], [x.name], formatByName(format));
    const [value = NaN, gradient = NaN] = at(1);
    const spell = (result: number): string => (result === Infinity ? 'inf' : String(result));
    const what = value === Infinity ? `${form.name} is inf at x = 1, and its gradient` : `The gradient of ${form.name}`;
    const least = (name: FormatName): string => {
      const { fromOrdinal, ordinal } = formatByName(name);
      const next = fromOrdinal(ordinal(1) + BigInt(inward));
      return String(Number((Math.abs(next - 1) / 2).toPrecision(3)));
    };
    const more = others.length === 0 ? '' : ` (${others.map((name) => `${name} ${least(name)}`).join(', ')})`;
    const limit = inward === 1 ? '1 + eps' : '1 - eps';
    return {
      message: `${what} is ${spell(gradient)}${value === Infinity ? ' there' : ' at x = 1'}. ${limit} is 1 for an eps below ${least(format)} in ${format}${more}.`,
      lens: `${form.name}: ${value === Infinity ? 'inf' : `gradient ${spell(gradient)}`} at x = 1`,
    };
  };

const boundaryForm = (
  pattern: Pattern,
  culprit: Operator,
  name: string,
  unstable: (value: Expression) => Expression,
  inward: 1 | -1,
): Form => ({
  pattern,
  culprit,
  name,
  ofGradients: true,
  bounded: false,
  says: sayAtBoundary({ name }, unstable(x), inward),
  guard: (hit) => {
    if (inward === 1) return beginsAtOne(hit) ? 'information' : reaches(hit, 1, 'below');
    const [above, below] = [reaches(hit, 1, 'above'), reaches(hit, -1, 'below')];
    return above === 'information' || below === 'information' ? 'information' : above || below;
  },
  advice:
    inward === 1
      ? 'limit x to 1 + eps from below, with an eps that the format can tell from 0 beside 1'
      : 'limit x to -1 + eps and 1 - eps, with an eps that the format can tell from 0 beside 1',
});

/** Twice atanh(x), by its logarithms. The value is infinite, too: in an operation with a derivative of its own as well. */
const atanhByHand = (pattern: Pattern, name: string, unstable: (value: Expression) => Expression): Form => ({
  ...boundaryForm(pattern, 'log', name, unstable, -1),
  ofGradients: false,
  unstable: () => unstable(x),
  headline: { of: 'value', side: 'above' },
});

export const hyperbolicBoundary: Rule = {
  id: 'hyperbolic-boundary',
  title: 'acosh at 1, atanh at 1',
  entries: ['NS58'],
  severity: 'information',
  triggers: [['cosh', 'tanh', 'sqrt', '0.5', 'log']],
  forms: [
    boundaryForm(apply('acosh', operand), 'acosh', 'acosh(x)', acosh, 1),
    boundaryForm(
      acoshByHand,
      'log',
      'log(x + sqrt(x**2 - 1))',
      (value) => log(add(value, sqrt(subtract(multiply(value, value), 1)))),
      1,
    ),
    boundaryForm(apply('atanh', operand), 'atanh', 'atanh(x)', atanh, -1),
    atanhByHand(
      apply('subtract', logOfOnePlus(operand), logOfComplement(operand)),
      'log(1 + x) - log(1 - x)',
      (value) => subtract(log(add(1, value)), log(subtract(1, value))),
    ),
    atanhByHand(
      apply('log', apply('divide', onePlus(operand), complement(operand))),
      'log((1 + x) / (1 - x))',
      (value) => log(divide(add(1, value), subtract(1, value))),
    ),
  ],
};

export const hyperbolic: readonly Rule[] = [
  atanhOfTanh,
  logOfOneMinusTanhSquared,
  logOfCosh,
  logOfSoftplus,
  hyperbolicBoundary,
];
