import {
  add,
  anything,
  apply,
  bind,
  divide,
  either,
  factorsOf,
  inOrder,
  literalOf,
  matchPattern,
  multiply,
  sqrt,
  sameComputation,
  square,
  suchThat,
  termsOf,
  type Expression,
  type Pattern,
  through,
} from '../../expression';
import { formatByName, type FormatName, type NumberFormat } from '../../numeric';
import { Question, type FrameworkName } from '../../python';
import type { Severity } from '../finding';
import { operand, x, type Form, type Hit, type Rule, type Saying } from '../rule';
import { said } from '../points';
import { multiplicandsOf } from './evidence';
import { isChosenFrom } from './exponents';
import { contains, findAll, literal, rootOf, scaled } from './shapes';
import {
  canBeZero,
  carriesGradient,
  isInsideTraining,
  isOutsideTraining,
  isTested,
  nameOf,
  namesAround,
  sayAtZero,
  sourceOf,
} from './zeros';

const centred: Pattern = apply('subtract', operand, apply('mean', operand));
/** The variance, also written out: mean((x - mean(x)) ** 2). */
const varianceOf: Pattern = either(apply('variance', operand), apply('mean', square(centred)));
const deviation: Pattern = apply('deviation', operand);
const deviationOf: Pattern = either(deviation, rootOf(varianceOf));

/** One value by the mean and the deviation of others, of which it is one. */
const byDeviationOfAll: Pattern = suchThat(
  apply('divide', apply('subtract', bind('own'), apply('mean', operand)), deviationOf),
  (bindings) => !sameComputation(bindings.get('own') as Expression, bindings.get('x') as Expression),
);

/** A covariance divided by both deviations, in a loss that is a correlation. */
const correlation: Pattern = suchThat(
  apply(
    'divide',
    bind('covariance'),
    apply(
      'multiply',
      either(deviation, rootOf(varianceOf)),
      either(apply('deviation', bind('y')), rootOf(apply('variance', bind('y')))),
    ),
  ),
  (bindings) => bindings.get('covariance')?.kind === 'operation',
);

/** Frameworks whose standard deviation is the root of a variance to its gradient too; PyTorch's has the gradient 0. */
const withPlainDeviation: readonly FrameworkName[] = ['tensorflow', 'keras', 'keras-backend', 'jax', 'tfjs'];

/** The deviation of one of two elements from their mean, the other one's being its opposite. */
const rootOfVariance = sqrt(divide(add(multiply(x, x), multiply(x, x)), 2));

const theOperand = (hit: Hit): Expression => hit.bindings.get('x') as Expression;

function whereConstant(hit: Hit): string {
  const name = nameOf(hit, hit.bindings.get('x'));
  return `Where all elements ${name === undefined ? '' : `of \`${name}\` `}are equal`;
}

/** What reinforcement learning standardises: batches of it can be small, and their elements equal. */
const returnName = /adv|reward|\breturns?\b|_returns?\b|discounted|discount_(epr?|r|rewards?)\b|\bgae|\bq_?targ/i;

/** Functions that give them. */
const ofReturns = /discount|rewards?_?to_?go|(^|_)(returns|advantages?|gae)(_|$)/i;

/** `G`, `R`, as textbooks call returns, where a policy is trained. */
const letterOfReturns = /(?<![\w.])(G|R|G_?t|rets?)(?!\w)/;
const trainsPolicy = new Question((text) => /log_?probs?\b/.test(text) && /\bgamma\b/i.test(text));

function isReturn(hit: Hit): boolean {
  const { start, end } = hit.site.statement;
  const statement = hit.analysis.text.slice(start, end).replace(/^\s*return\b/, '');
  return (
    (letterOfReturns.test(statement) && hit.analysis.ask(trainsPolicy)) ||
    returnName.test(`${sourceOf(hit, theOperand(hit)) ?? ''} ${statement}`) ||
    namesAround(hit).some((name) => ofReturns.test(name))
  );
}

/** Whether on another branch it is divided by a number: `std = np.std(x) if np.std(x) > 0 else 1`. */
const isReplacedWhereZero = ({ site }: Hit): boolean =>
  site.alternatives.some(
    ([value]) => value?.kind === 'operation' && value.operator === 'divide' && value.operands[1]?.kind === 'constant',
  );

export const standardisation: Rule = {
  id: 'division-by-deviation',
  title: 'division by a standard deviation',
  entries: ['NS49'],
  severity: 'information',
  triggers: [['std', 'var', 'Var', 'moments', 'mean']],
  forms: [
    {
      pattern: either(
        apply('divide', either(centred, apply('multiply', anything, centred)), deviationOf),
        apply('divide', operand, deviationOf),
        byDeviationOfAll,
        apply('multiply', centred, either(apply('divide', 1, deviationOf), apply('power', varianceOf, literal(-0.5)))),
      ),
      name: '(x - mean(x)) / std(x)',
      atZero: { value: divide(x, rootOfVariance) },
      absorbs: ['deviation-at-zero', 'reciprocal-root', 'norm-at-zero'],
      says: (hit) => {
        const { message, lens } = sayAtZero(hit, whereConstant(hit), 'division by a standard deviation');
        return {
          message:
            hit.site.framework.name === 'pytorch'
              ? `${message} Of a single element PyTorch's std() is NaN in any case.`
              : message,
          lens,
        };
      },
      guard: (hit) => {
        const { differentiates } = hit.site.framework;
        // Returns are standardised while training, in NumPy as well.
        if (isReturn(hit) && !isReplacedWhereZero(hit)) return differentiates ? 'information' : 'warning';
        if (!differentiates || matchPattern(byDeviationOfAll, hit.matched)) return false;
        return isInsideTraining(hit) && carriesGradient(theOperand(hit), hit) ? 'information' : 'hint';
      },
      advice: 'add a small number to the standard deviation, and under its root where it is trained through',
    },
    {
      pattern: correlation,
      name: 'cov(x, y) / (std(x) * std(y))',
      // Of two elements with their opposites, as both deviations are.
      atZero: { value: divide(multiply(x, x), multiply(rootOfVariance, rootOfVariance)) },
      absorbs: ['deviation-at-zero', 'reciprocal-root', 'norm-at-zero'],
      says: (hit) => sayAtZero(hit, whereConstant(hit), 'division by two standard deviations'),
      guard: (hit) =>
        hit.site.framework.differentiates &&
        (isInsideTraining(hit) && carriesGradient(hit.matched, hit) ? 'information' : 'hint'),
      advice: 'add a small number to the product of the standard deviations, and under their roots',
    },
  ],
};

const deviationForm = (name: string, pattern: Pattern, more: Partial<Form> = {}): Form => ({
  pattern,
  name,
  ofGradients: true,
  absorbs: ['norm-at-zero'],
  atZero: { value: rootOfVariance },
  says: (hit) => sayAtZero(hit, whereConstant(hit), 'standard deviation'),
  // Most standard deviations are only looked at.
  guard: (hit) => isInsideTraining(hit) && carriesGradient(theOperand(hit), hit) && 'information',
  advice: 'take the root of the variance and a small number added to it: sqrt(var(x) + 1e-12)',
  ...more,
});

/** Whether a value is a part of what is minimised, or by the names around it what a discriminator is told of a batch. */
function isTrainedThrough(hit: Hit): boolean {
  const { matched, analysis } = hit;
  if (namesAround(hit).some((name) => /mini_?batch_?std/i.test(name))) return true;
  const isPart = (value: Expression): boolean =>
    matched.kind === 'operation' && findAll(value, matched.operator).includes(matched);
  return analysis.sites.some(
    ({ loss, alternatives }) =>
      loss === 'objective' && alternatives.some(([value]) => value !== undefined && isPart(value)),
  );
}

export const deviationAtZero: Rule = {
  id: 'deviation-at-zero',
  title: 'gradient of a standard deviation at 0',
  entries: ['NS50'],
  severity: 'information',
  triggers: [['std', 'var', 'Var', 'moments', 'mean']],
  forms: [
    deviationForm('sqrt(var(x))', rootOf(varianceOf)),
    deviationForm('sqrt(a * var(x))', rootOf(scaled(varianceOf))),
    // Alone it is a metric as a rule.
    deviationForm(
      'std(x)',
      either(
        ...(['add', 'subtract', 'multiply', 'maximum'] as const).map((operator) =>
          apply(operator, either(deviation, apply('negate', deviation)), anything),
        ),
        apply('divide', anything, deviation),
      ),
      { frameworks: withPlainDeviation },
    ),
    // Of a difference of two the first may be that of data.
    deviationForm('std(x)', apply('subtract', anything, deviation), { frameworks: withPlainDeviation }),
    deviationForm('std(x)', either(apply('mean', deviation), apply('sum', deviation)), {
      frameworks: withPlainDeviation,
      guard: (hit) => isTrainedThrough(hit) && carriesGradient(theOperand(hit), hit) && 'information',
    }),
  ],
};

const meanOf = (inner: Pattern): Pattern =>
  either(apply('mean', inner), apply('divide', apply('sum', inner), bind('n')));

/** The form for three elements that are all x, whose variance is 0; reductions add up in the compute type. */
function ofEqual(x: number, { round, computeFormat }: NumberFormat): number {
  const { round: compute } = formatByName(computeFormat);
  const mean = (each: number): number => round(compute(compute(compute(each + each) + each) / 3));
  const element = round(x);
  const [squares, square] = [mean(round(element * element)), mean(element) ** 2];
  return round(squares - round(square));
}

/** The same of `n * sum(x ** 2) - sum(x) ** 2`. */
function ofEqualSums(x: number, { round, computeFormat }: NumberFormat): number {
  const { round: compute } = formatByName(computeFormat);
  const sum = (each: number): number => round(compute(compute(each + each) + each));
  const element = round(x);
  return round(round(3 * sum(round(element * element))) - round(sum(element) ** 2));
}

interface Worst {
  readonly format: FormatName;
  readonly at: number;
  readonly value: number;
}

/** Of equal elements around a thousand those of which the most is left, in a format in which anything is. */
function worstOfEqual(format: FormatName, moments: typeof ofEqual): readonly Worst[] {
  const samples = Array.from({ length: 100 }, (_, i) => 1000 + i / 10);
  const values = samples.map((at) => ({ format, at, value: moments(at, formatByName(format)) }));
  const worst = values.reduce((a, b) => (Number.isNaN(a.value) || Math.abs(a.value) >= Math.abs(b.value) ? a : b));
  return worst.value === 0 ? [] : [worst];
}

function sayOfMoments(hit: Hit, moments = ofEqual): Saying {
  const reason =
    'Both terms are large where the mean is, and their difference keeps only what rounding has left of them';
  const [first] = hit.formats.flatMap((format) => worstOfEqual(format, moments));
  if (!first) return { message: `${reason}.`, lens: 'variance as a difference of moments' };
  // Of the same elements, of which another format may leave nothing.
  const more = hit.formats.flatMap((format) => {
    const value = format === first.format ? 0 : moments(first.at, formatByName(format));
    return value === 0 ? [] : [`${said(value)} in ${format}`];
  });
  return {
    message:
      `${reason}: of three elements that are all ${String(first.at)}, whose variance is 0, it is ` +
      `${said(first.value)} in ${first.format}${more.length > 0 ? ` (${more.join(', ')})` : ''}. The root of a negative one is NaN.`,
    lens: `variance ${said(first.value)} in place of 0 in ${first.format}`,
  };
}

const weighedBy = (inner: Pattern): Pattern =>
  either(apply('sum', inner), apply('mean', inner), apply('divide', apply('sum', inner), anything));

/**
 * sum(w * x * x) - sum(w * x) ** 2, the variance under weights that add up to 1, or under a mask whose sum they are
 * divided by; w and the first x are bound.
 */
const weightedMoments: Pattern = suchThat(
  apply('subtract', weighedBy(bind('first')), square(weighedBy(bind('second')))),
  (bindings) => {
    const factors = (name: string): Expression[] => {
      const product = bindings.get(name);
      return product ? factorsOf(product).flatMap(({ factor, inverse }) => (inverse ? [] : [factor])) : [];
    };
    const [first, second] = [factors('first').flatMap(unsquared), factors('second')];
    // Each factor of the second is one of the first, where one of them is left: a repeated one.
    const left = [...first];
    for (const factor of second) {
      const at = left.findIndex((other) => sameComputation(other, factor));
      if (at < 0) return false;
      left.splice(at, 1);
    }
    const [again, ...others] = left;
    return (
      again !== undefined &&
      others.length === 0 &&
      second.length > 1 &&
      second.some((each) => sameComputation(each, again))
    );
  },
);

function unsquared(factor: Expression): readonly Expression[] {
  const isSquare = factor.kind === 'operation' && factor.operator === 'power';
  const [base, power] = isSquare ? factor.operands : [];
  return base && power && literalOf(power) === 2 ? [base, base] : [factor];
}

const varianceByMoments: Form = {
  pattern: apply('subtract', meanOf(square(operand)), square(meanOf(operand))),
  name: 'mean(x ** 2) - mean(x) ** 2',
  says: (hit) => sayOfMoments(hit),
  guard: (hit) => {
    if (isOutsideTraining(hit)) return 'hint';
    const { start, end } = hit.site.statement;
    // What is kept from coming out negative was thought about, and is still wrong by as much.
    const statement = hit.analysis.text.slice(start, end);
    return /clamp|clip|maximum|relu|\babs\b/.test(statement) ? 'information' : 'warning';
  },
  advice: "subtract the mean first, mean((x - mean(x)) ** 2), as the framework's own variance does",
};

/** Whether the mean's site says nothing of an axis. */
const isWhole = (hit: Hit): boolean => {
  const { matched, analysis } = hit;
  const first = matched.kind === 'operation' ? matched.operands[0] : undefined;
  return first?.kind === 'operation' && first.operator === 'mean' && analysis.axisOf(first) === undefined;
};

/** What is called a mean of squares, of which the square of a mean is subtracted. */
const squaresName = /sq(r|uared?s?)?(_|\b)|second|ex2|(^|[._])m2/i;

/** The root of a variance of which the moments are computed elsewhere: running sums, accumulators. */
const rootOfMoments: Form = {
  pattern: rootOf(apply('subtract', bind('x'), square(anything))),
  name: 'sqrt(mean(x ** 2) - mean(x) ** 2)',
  says: (hit) => sayOfMoments(hit),
  at: (hit) => {
    const squares = theOperand(hit);
    const code = sourceOf(hit, squares) ?? '';
    return squares.kind !== 'constant' && squaresName.test(code) && code.length <= 200 ? hit.form : undefined;
  },
  guard: (hit) => (isOutsideTraining(hit) ? 'hint' : 'information'),
  advice: 'limit the difference from below before the root, or add up squared distances from the mean',
};

export const varianceOfMoments: Rule = {
  id: 'variance-by-moments',
  title: 'variance as a difference of moments',
  entries: ['NS51'],
  severity: 'warning',
  triggers: [['mean', 'sum', 'average', 'moment', 'sq']],
  forms: [
    {
      ...varianceByMoments,
      guard: (hit) => isWhole(hit) && (varianceByMoments.guard?.(hit) ?? true),
      write: {
        pytorch: '{torch.var}($x, unbiased=False)',
        tensorflow: '{tensorflow.math.reduce_variance}($x)',
        keras: '{keras.ops.var}($x)',
        'keras-backend': '{keras.backend.var}($x)',
        jax: '{jax.numpy.var}($x)',
        numpy: '{numpy.var}($x)',
      },
    },
    varianceByMoments,
    rootOfMoments,
    { ...varianceByMoments, pattern: weightedMoments, name: 'sum(w * x ** 2) - sum(w * x) ** 2' },
    {
      // As Pearson's correlation has it, written without means.
      ...varianceByMoments,
      pattern: apply(
        'subtract',
        apply('multiply', apply('sum', square(operand)), anything),
        square(apply('sum', operand)),
      ),
      name: 'n * sum(x ** 2) - sum(x) ** 2',
      says: (hit) => sayOfMoments(hit, ofEqualSums),
    },
  ],
};

/** A sum of products over sums: intersection over union, Dice; with a number added to the sum of products or without. */
const overlap = (isRaised: boolean): Pattern =>
  suchThat(apply('divide', bind('n'), bind('d')), (bindings) => {
    const [numerator, divisor] = [bindings.get('n'), bindings.get('d')];
    if (!numerator || !divisor) return false;
    const terms = termsOf(divisor);
    const isSumOfProducts = (node: Expression): boolean =>
      matchPattern(apply('sum', through(['absolute'], apply('multiply', anything))), unscaled(node)) !== undefined;
    const above = termsOf(numerator);
    const numbers = above.filter(({ term, sign }) => sign === 1 && literalOf(term) !== undefined);
    const products = above.filter(({ term, sign }) => sign === 1 && isSumOfProducts(term));
    return (
      products.length > 0 &&
      numbers.length === (isRaised ? 1 : 0) &&
      products.length + numbers.length === above.length &&
      (terms.length > 1 || isSumOfFactors(divisor, numerator)) &&
      terms.every(({ term }) => matchPattern(apply('sum', anything), unscaled(term)) !== undefined)
    );
  });

/** Of both factors at once: `sum(a + b)` below `sum(a * b)`, of them or of their squares. */
function isSumOfFactors(divisor: Expression, numerator: Expression): boolean {
  const summed = (node: Expression): Expression | undefined =>
    matchPattern(apply('sum', bind('inner')), unscaled(node))?.get('inner');
  const [sum, product] = [summed(divisor), summed(numerator)];
  const factors = product ? [...factorsOf(product).map(({ factor }) => factor), ...multiplicandsOf(product)] : [];
  const terms = sum ? termsOf(sum) : [];
  return (
    terms.length > 1 &&
    terms.every(({ term, sign }) => {
      // Less what both have in common: a + b - a * b.
      if (sign === -1) return product !== undefined && sameComputation(term, product);
      const value = matchPattern(square(bind('base')), term)?.get('base') ?? term;
      return factors.some((factor) => sameComputation(factor, value));
    })
  );
}

/** What two boxes have in common, divided by what they cover together: `i / (a + b - i)`. */
const boxes: Pattern = suchThat(apply('divide', bind('n'), bind('d')), (bindings) => {
  const [numerator, divisor] = [bindings.get('n'), bindings.get('d')];
  if (numerator?.kind !== 'operation' || numerator.operator !== 'multiply' || !divisor) return false;
  const terms = termsOf(divisor);
  return terms.length === 3 && terms.some(({ term, sign }) => sign === -1 && sameComputation(term, numerator));
});

/** The value without factors that are numbers. */
function unscaled(node: Expression): Expression {
  if (node.kind !== 'operation' || node.operator !== 'multiply') return node;
  const [a, b] = node.operands as [Expression, Expression];
  // A number, or what stands for one.
  if (literalOf(a) !== undefined || a.kind === 'variable') return unscaled(b);
  return literalOf(b) !== undefined || b.kind === 'variable' ? unscaled(a) : node;
}

/** Where a divisor can be 0 that is a sum: of a mask, of what a ReLU gives, of a product. */
function guardOfSum(hit: Hit, divisor: Expression): false | Severity {
  const zero = canBeZero(divisor, hit);
  // Histograms and the like, which are not empty.
  if (zero === 'never' || (zero === 'perhaps' && !hit.site.framework.differentiates)) return false;
  return zero === 'yes' && !isOutsideTraining(hit) ? 'information' : 'hint';
}

/** In a loss it is the batch that decides what is summed up. */
const insideTraining = (hit: Hit, found: false | Severity): false | Severity =>
  found === 'hint' && isInsideTraining(hit) ? 'information' : found;

/** The same of what two sets have together, which code may choose the quotient by: `where(union > 0, i / union, 1)`. */
const guardOfUnion = (hit: Hit): false | Severity =>
  !isChosenFrom(hit) && insideTraining(hit, guardOfSum(hit, hit.bindings.get('d') as Expression));

/** Whether it is in the forward pass of a module or layer itself: what it divides, training goes through. */
const isForward = ({ site: { within } }: Hit): boolean =>
  within?.kind === 'function' && (within.name === 'forward' || within.name === 'call');

const sumForm = (name: string, where: string, pattern: Pattern, divisor: (hit: Hit) => Expression): Form => ({
  pattern,
  name,
  atZero: { value: divide(x, x) },
  says: (hit) => sayAtZero(hit, where, 'division by a sum'),
  guard: (hit) => guardOfSum(hit, divisor(hit)),
  advice: 'add a small number to the sum, or limit it from below',
});

/** Whether the functions around, or the file's losses, measure distortions of signals. */
const isOfSignals = (hit: Hit): boolean =>
  namesAround(hit).some((name) => /s[idn]_?s?[dn]r|sisdr|si_?err|sdr|snr/i.test(name)) ||
  hit.analysis.ask(namesSignals);

const namesSignals = new Question(
  (text) => /si_?s[dn]r|scale_invariant|\bs[dn]r\b|log10\(/i.test(text) && /\bloss/i.test(text),
);

/** What can be all zeros in a batch: masks and labels. */
const selectionName =
  /(^|[._])(\w*mask\w*|valid\w*|\w*ignor\w*|\w*(non)?pad(ding|ded)?|y|y_?true|\w*targets?|\w*labels?|gts?|ground_?truth|pos(itives?)?|present|visib\w*|groups?|is_\w+)$/i;

/** Targets that add up to the size of the batch. */
const shareName = /soft|one_?hot|prob|dist/i;

/**
 * Whether the divisor's sum is taken in the quotient itself, of what is no share of a whole. What was counted some lines
 * before is a number of samples as a rule, unless it is that of the mask that was multiplied by.
 */
function isWrittenHere(hit: Hit): boolean {
  const { matched, analysis, site, bindings } = hit;
  const [numerator, divisor] = matched.kind === 'operation' ? matched.operands : [];
  const origin = divisor && analysis.originOf(divisor);
  if (!numerator || !origin) return false;
  const isInside = origin.start >= site.range.start && origin.end <= site.range.end;
  const mask = bindings.get('x');
  const isMasked = (node: Expression): boolean =>
    node.kind === 'operation' && node.operator === 'multiply' && node.operands.some((factor) => factor === mask);
  if (!isInside && (isTested(divisor, hit) || !inOrder([numerator]).some(isMasked))) return false;
  return !shareName.test(analysis.text.slice(origin.start, origin.end));
}

/** What is taken of a mask, or how it is laid out. */
const shaping =
  /(\[[^\]]*\]|\(\)|\.(float|long|bool|int)\(\)|\.(repeat|expand|expand_as|to|type|unsqueeze|view|reshape)\(.*\))+$/s;

/** Whether it is a mask or the like by its name, or a comparison. */
function selects(value: Expression, hit: Hit): boolean {
  if (value.kind === 'operation') {
    const [inner] = value.operands as [Expression];
    if (['pick', 'stopGradient', 'not'].includes(value.operator)) return selects(inner, hit);
    // Those that are not selected.
    if (value.operator === 'subtract') return literalOf(inner) === 1 && selects(value.operands[1] as Expression, hit);
    // Those among them that something else selects, too; but what is computed of a network is no mask.
    if (value.operator === 'multiply')
      return value.operands.some((factor) => selects(factor, hit)) && !contains(value, 'softmax', 'sigmoid', 'exp');
    return ['less', 'lessEqual', 'equal', 'and', 'or'].includes(value.operator);
  }
  if (value.kind !== 'variable') return false;
  const text = (sourceOf(hit, value) ?? '')
    .replace(shaping, '')
    // Of a parameter its type and default.
    .replace(/\s*[:=,].*$/s, '')
    .replace(shaping, '');
  return selectionName.test(text) && !shareName.test(text);
}

export const divisionBySum: Rule = {
  id: 'division-by-sum',
  title: 'division by a sum that can be 0',
  entries: ['NS66'],
  severity: 'information',
  // Of boxes by what people call what they divide.
  triggers: [['sum', 'Sum', 'area', 'nter', 'nion']],
  forms: [
    {
      ...sumForm(
        'x / sum(x)',
        'Where the sum is 0 (a mask that selects nothing, a row of zeros)',
        apply('divide', operand, apply('sum', operand)),
        theOperand,
      ),
      guard: (hit) => {
        const found = guardOfSum(hit, theOperand(hit));
        return selects(theOperand(hit), hit) || isForward(hit) ? insideTraining(hit, found) : found;
      },
    },
    {
      ...sumForm(
        'intersection / union',
        'Where the union is 0 (a class that is neither there nor predicted)',
        overlap(false),
        (hit) => hit.bindings.get('d') as Expression,
      ),
      guard: guardOfUnion,
    },
    {
      ...sumForm(
        '(intersection + c) / union',
        'Where the union is 0 (a class that is neither there nor predicted)',
        overlap(true),
        (hit) => hit.bindings.get('d') as Expression,
      ),
      atZero: { value: divide(add(x, 1), x) },
      guard: guardOfUnion,
    },
    {
      ...sumForm(
        'sum(x) / sum(mask)',
        'Where the sum is 0 (a batch in which nothing is selected)',
        apply('divide', bind('n'), apply('sum', operand)),
        theOperand,
      ),
      // Not a guard: where it is none, that says nothing of other rules' quotients.
      at: (hit) => {
        if (!hit.site.framework.differentiates || !selects(theOperand(hit), hit) || !isWrittenHere(hit))
          return undefined;
        const isLearnt = carriesGradient(hit.bindings.get('n') as Expression, hit) && isInsideTraining(hit);
        return { ...hit.form, severity: isLearnt ? 'information' : 'hint' };
      },
      guard: (hit) => canBeZero(theOperand(hit), hit) !== 'never' && !isOutsideTraining(hit),
    },
    {
      ...sumForm(
        'sum(x * y) / sum(y ** 2)',
        'Where the sum of squares is 0 (silence)',
        suchThat(apply('divide', apply('sum', bind('n')), apply('sum', square(bind('d')))), (bindings) => {
          const [product, vector] = [bindings.get('n') as Expression, bindings.get('d') as Expression];
          const factors = factorsOf(product);
          return (
            factors.length === 2 && factors.some(({ factor, inverse }) => !inverse && sameComputation(factor, vector))
          );
        }),
        (hit) => hit.bindings.get('d') as Expression,
      ),
      // Projections of signals; of other vectors it is one of many divisions by a square.
      at: (hit) => (isOfSignals(hit) && hit.site.framework.differentiates ? hit.form : undefined),
      guard: (hit) => {
        const of = hit.bindings.get('d') as Expression;
        return (
          canBeZero(of, hit) !== 'never' &&
          carriesGradient(hit.matched, hit) &&
          (isOutsideTraining(hit) ? 'hint' : 'information')
        );
      },
      advice: 'add a small number to the sum of squares',
    },
    {
      ...sumForm(
        'intersection / union of boxes',
        'Where the union is 0 (boxes without an area)',
        boxes,
        (hit) => hit.bindings.get('n') as Expression,
      ),
      at: (hit) => {
        const both = hit.bindings.get('n') as Expression;
        return canBeZero(both, hit) === 'yes' && carriesGradient(both, hit) ? hit.form : undefined;
      },
      guard: (hit) => (isInsideTraining(hit) ? 'information' : 'hint'),
      advice: 'add a small number to the union, or limit it from below',
    },
    {
      ...sumForm(
        'sum(w * x) / sum(x)',
        'Where the sum is 0 (nothing above 0)',
        suchThat(apply('divide', bind('n'), apply('sum', operand)), (bindings) => {
          const [numerator, value] = [bindings.get('n'), bindings.get('x')];
          return numerator !== undefined && value !== undefined && inOrder([numerator]).includes(value);
        }),
        theOperand,
      ),
      // Nor is this a guard.
      at: (hit) => {
        const value = theOperand(hit);
        return contains(value, 'maximum') && canBeZero(value, hit) === 'yes' ? hit.form : undefined;
      },
    },
  ],
};

export const statistics: readonly Rule[] = [standardisation, deviationAtZero, varianceOfMoments, divisionBySum];
