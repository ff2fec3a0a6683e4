import {
  anything,
  apply,
  differentiate,
  equal,
  factorsOf,
  inOrder,
  less,
  log,
  multiply,
  operation,
  sameComputation,
  select,
  sqrt,
  square,
  subtract,
  suchThat,
  termsOf,
  hasVariables,
  variablesOf,
  type Expression,
  type Operation,
} from '../../expression';
import { compileModelAtPoint, formatByName, type FormatName } from '../../numeric';
import { intervalOf } from '../interval';
import { measure } from '../describe';
import type { Severity } from '../finding';
import { said } from '../points';
import { operand, x, type Form, type Hit, type Rule, type Saying } from '../rule';
import { multiplicandsOf } from './evidence';
import { rounded } from './guarded';
import { namesOf } from './exponents';
import { contains, findAll, rootOf } from './shapes';
import { isFinite, scalarsOf, subjectName, trialsOf, type Trial } from './scalars';
import { carriesGradient, isInsideTraining, isOutsideTraining, namesAround, sourceOf } from './zeros';

/**
 * What is computed where it is undefined and thrown away after that: by a condition, by a mask, by nan_to_num. The value
 * is fine, but the backward pass multiplies the derivative there, which is infinite, by 0. Whether it does is tried: the
 * very expression is evaluated, with the gradient that autograd takes, at the points that the condition leaves out.
 */

/** Operations that are undefined, or have no finite derivative, somewhere. */
const singular = [
  'log',
  'log1p',
  'sqrt',
  'divide',
  'power',
  'acos',
  'asin',
  'acosh',
  'atanh',
  'exp',
  'expm1',
  'xlogy',
  'norm',
  'inverse',
  'atan2',
] as const;

/**
 * Whether something in a value is undefined somewhere; not where that depends on the condition itself, such as a mean
 * over what a mask leaves.
 */
function isSingular(value: Expression): boolean {
  const taken = findAll(value, ...singular).flatMap((node) => {
    const { operator, operands } = node as Operation;
    return operands[operator === 'divide' || operator === 'xlogy' ? 1 : 0] ?? [];
  });
  return taken.some((of) => hasVariables(of)) && !taken.some((of) => contains(of, ...comparing));
}

/** A comparison of a value with a limit, anywhere in a condition. */
interface Comparison {
  readonly subject: Expression;
  readonly limit: number | undefined;
}

/** Conditions and sums that are nested deeper are not followed. */
const deepest = 6;

const comparing: ReadonlySet<string> = new Set(['less', 'lessEqual', 'equal']);
const connecting: ReadonlySet<string> = new Set(['and', 'or', 'not', 'stopGradient', 'pick', 'nonNegative']);

/** The values that a condition compares. */
function comparisonsIn(condition: Expression, isLimit: (value: Expression) => boolean, depth = 0): Comparison[] {
  if (condition.kind !== 'operation' || depth > deepest) return [];
  const { operator, operands } = condition;
  if (connecting.has(operator)) return operands.flatMap((operand) => comparisonsIn(operand, isLimit, depth + 1));
  if (operator === 'subtract' && operands[0]?.kind === 'constant') {
    return comparisonsIn(operands[1] as Expression, isLimit, depth + 1);
  }
  if (!comparing.has(operator)) return [];
  const [a, b] = operands as [Expression, Expression];
  const [first, second] = [a, b].map(numberOf);
  if (first !== undefined) return second === undefined ? [{ subject: b, limit: first }] : [];
  if (second !== undefined) return [{ subject: a, limit: second }];
  // Of two unknown values that one is compared which has been computed, or which the other one is called a limit of.
  return [a, b].flatMap((side, index) => {
    const other = index === 0 ? b : a;
    const isCompared = other.kind === 'variable' && (side.kind === 'operation' || (isLimit(other) && !isLimit(side)));
    return isCompared ? [{ subject: side, limit: undefined }] : [];
  });
}

/** Whether the code calls a value a limit. */
const limitIn =
  (hit: Hit) =>
  (value: Expression): boolean =>
    /thres|limit|cutoff|bound|(^|[._])(eps|epsilon|tol|max|min)/i.test(sourceOf(hit, value) ?? '');

function numberOf(node: Expression): number | undefined {
  if (hasVariables(node)) return undefined;
  const { low, high } = intervalOf(node);
  return low === high ? low : undefined;
}

/** The values to vary: what is compared, and what it is the magnitude of. */
function subjectsOf({ subject }: Comparison): Expression[] {
  const subjects = [subject];
  let node = subject;
  while (node.kind === 'operation' && subjects.length < 6) {
    const [a, b] = node.operands as [Expression, Expression | undefined];
    const isSquare =
      node.operator === 'power' || (node.operator === 'multiply' && b !== undefined && sameComputation(a, b));
    if (!isSquare && !magnitudes.has(node.operator)) break;
    node = a;
    subjects.push(node);
  }
  return subjects;
}

const magnitudes: ReadonlySet<string> = new Set([
  'absolute',
  'negate',
  'norm',
  'sum',
  'mean',
  'pick',
  'sqrt',
  'greatest',
  'least',
]);

/** Points at which functions are undefined, and such as make exponentials overflow. */
const far = 100;
/** Functions that end at -1 or 1. */
const ofUnitInterval = ['acos', 'asin', 'acosh', 'atanh', 'log1p'] as const;
const overflowing = ['exp', 'expm1', 'sinh', 'cosh'] as const;
const special = [0, 1, -1, 0.5, -0.5];

function pointsFor(subject: Expression, limit: number | undefined, value: Expression): number[] {
  const { low, high } = intervalOf(subject);
  const points = contains(value, ...overflowing) ? [...special, far, -far] : special;
  const around = limit === undefined ? [] : [limit, limit - 1, limit + 1];
  return [...new Set([...points, ...around])].filter((point) => point >= low && point <= high);
}

/** A point at which what is thrown away spoils what is kept. */
interface Spoiled {
  readonly subject: Expression;
  readonly at: number;
  readonly value: number;
  /** The value whose gradient is NaN there. */
  readonly of: Expression;
}

const isOrdinary = ({ value, gradients }: Trial): boolean =>
  Number.isFinite(value) && [...gradients.values()].every(Number.isFinite);

/** Infinite, or with a gradient that is, without being outside its domain. */
const isUnsound = (trial: Trial): boolean => !Number.isNaN(trial.value) && !isOrdinary(trial);

/** What a value and its parts come to at a point, and whether a gradient there does harm. */
interface Situation {
  readonly point: number;
  /** Whether it is where the condition is there for: 0, the limit, far out, or the end of a domain. */
  readonly isTelling: boolean;
  readonly whole: Trial;
  readonly parts: readonly Trial[];
  readonly isHarmful: (gradient: readonly [name: string, value: number]) => boolean;
}

/** The points of a trial at which a value is spoiled, with the name of the variable whose gradient is. */
type Diagnosis = (situations: readonly Situation[]) => { readonly point: number; readonly of: string } | undefined;

/** Tries a value at the points that a condition tells from others. */
function spoiledAt(
  hit: Hit,
  value: Expression,
  comparisons: readonly Comparison[],
  partsOf: (whole: Expression) => readonly Expression[],
  diagnose: Diagnosis,
): Spoiled | undefined {
  for (const comparison of comparisons) {
    for (const subject of subjectsOf(comparison)) {
      const { value: whole, origins } = scalarsOf(value, subject, hit.site.framework.name);
      if (!variablesOf(whole).includes(subjectName)) continue;
      const trials = trialsOf([whole, ...partsOf(whole)], [...origins.keys()], hit.site.format ?? 'float32');
      if (!trials) continue;
      const limit = comparison.subject === subject ? comparison.limit : undefined;
      const isUnlimited = limit === undefined || contains(whole, ...ofUnitInterval);
      const situations = pointsFor(subject, limit, whole).flatMap((point): Situation[] => {
        const [first, ...parts] = trials(point);
        const isTelling = isUnlimited || point === 0 || point === limit || isFar(point);
        const isHarmful: Situation['isHarmful'] = ([name, gradient]) =>
          Number.isNaN(gradient) && canLearn(origins.get(name) ?? subject, hit);
        return first ? [{ point, isTelling, whole: first, parts, isHarmful }] : [];
      });
      const found = diagnose(situations);
      if (!found) continue;
      const at = situations.find(({ point }) => point === found.point);
      return { subject, at: found.point, value: at?.whole.value ?? NaN, of: origins.get(found.of) ?? subject };
    }
  }
  return undefined;
}

/** Whether a gradient with respect to a value serves anything: sizes and counts are no tensors that are learnt. */
function canLearn(value: Expression, hit: Hit): boolean {
  if (!carriesGradient(value, hit)) return false;
  return inOrder([value]).some((node) => {
    if (node.kind !== 'variable' || !carriesGradient(node, hit)) return false;
    return !unlearnt.test(sourceOf(hit, node) ?? '');
  });
}

const unlearnt =
  /\.(size|shape|numel|dim|count_nonzero)\b|\b(len|isnan|isfinite|isinf)\(|(^|[._])(counts?|num|size|sigmas?|scale|k|n|amax)$/;

/** Gradients themselves are clipped, not trained through. */
function isOutside(hit: Hit): boolean {
  return isOutsideTraining(hit) || namesAround(hit).some((name) => /^update_fn$|clip/.test(name));
}

/**
 * The gradient is NaN where the branch that is taken has a finite one, and the other branch is sound wherever it is
 * taken: the condition is there to keep off what spoils it.
 */
const ofUntakenBranch: Diagnosis = (situations) => {
  const isTaken = ({ parts: [condition] }: Situation, branch: number): boolean =>
    (condition?.value === 0) === (branch === 2);
  for (const branch of [1, 2]) {
    for (const situation of situations) {
      const kept = situation.parts[3 - branch];
      if (!situation.isTelling || isTaken(situation, branch) || !kept || !isOrdinary(kept)) continue;
      const [of] = [...situation.whole.gradients].find(situation.isHarmful) ?? [];
      if (of === undefined) continue;
      // What overflows far out and what is undefined near 0 are two things.
      const own = situations
        .filter((other) => isTaken(other, branch) && isFar(other.point) === isFar(situation.point))
        .flatMap(({ parts }) => parts[branch] ?? []);
      const isSound = situations.some(
        (other) => isTaken(other, branch) && other.parts[branch] && isOrdinary(other.parts[branch]),
      );
      if (isSound && !own.some(isUnsound)) return { point: situation.point, of };
    }
  }
  return undefined;
};

const isFar = (point: number): boolean => Math.abs(point) >= far;

const inWords = (value: number): string => (Number.isNaN(value) ? 'NaN' : String(Number(value.toPrecision(5))));

/** What the code calls a value, or what it is. */
function nameOf(hit: Hit, value: Expression, otherwise: string): string {
  const text = sourceOf(hit, value)?.replaceAll(/\s+/g, ' ');
  return text !== undefined && text.length <= 40 ? `\`${text}\`` : otherwise;
}

const throughWhere: Form = {
  pattern: suchThat(apply('select', anything, anything, anything), (_, node) => {
    const [condition, a, b] = (node as Operation).operands as [Expression, Expression, Expression];
    return contains(condition, ...comparing) && (isSingular(a) || isSingular(b));
  }),
  name: 'where(x > 0, log(x), 0)',
  atZero: { value: select(less(0, x), log(x), 0) },
  ofGradients: true,
  at(hit) {
    const [condition] = (hit.matched as Operation).operands as [Expression];
    const spoiled = spoiledAt(
      hit,
      hit.matched,
      comparisonsIn(condition, limitIn(hit)),
      (whole) => (whole as Operation).operands,
      ofUntakenBranch,
    );
    if (!spoiled) return undefined;
    const severity: Severity = isOutside(hit) ? 'hint' : 'warning';
    return { ...hit.form, severity, says: () => sayingOf(hit, spoiled, 'the branch that is not taken') };
  },
  advice: 'put a harmless value in place of the excluded ones before the operation as well, by a second where inside',
};

function sayingOf(hit: Hit, { subject, at, value, of }: Spoiled, culprit: string): Saying {
  const name = nameOf(hit, subject, 'the value compared');
  const other = of === subject ? '' : ` with respect to ${nameOf(hit, of, 'another operand')}`;
  return {
    message: `Where ${name} is ${inWords(at)} the value is fine, ${inWords(value)} for example, but its gradient${other} is NaN: the gradient of ${culprit} is infinite or NaN there, and 0 times that is NaN.`,
    lens: `${hit.rule.title}: gradient NaN where ${name.replaceAll('`', '')} is ${inWords(at)}`,
  };
}

// A mask after the operation: 0 times -inf is NaN.

/** The factor of a product that a mask is: a comparison as a number, or 1 minus one; of several the one that masks a factor. */
function maskOf(product: Expression): Expression | undefined {
  const factors = factorsOf(product);
  const masks = factors.flatMap(({ factor, inverse }) => (!inverse && isMask(factor) ? [factor] : []));
  if (masks.length < 2) return masks[0];
  const masked = new Set(factors.flatMap(({ factor }) => (masks.includes(factor) ? [] : variablesOf(factor))));
  return masks.find((mask) => variablesOf(mask).some((name) => masked.has(name))) ?? masks[0];
}

function isMask(factor: Expression, depth = 0): boolean {
  if (factor.kind !== 'operation' || depth > deepest) return false;
  const { operator, operands } = factor;
  if (comparing.has(operator)) return true;
  if (operator === 'subtract') return operands[0]?.kind === 'constant' && isMask(operands[1] as Expression, depth + 1);
  return connecting.has(operator) && operands.every((operand) => isMask(operand, depth + 1));
}

/** Whether what is masked is infinite there: beyond its domain a value may never come. */
const isPole = ({ parts }: Situation): boolean => parts.slice(1).some(({ value }) => Math.abs(value) === Infinity);

/** The mask is 0 and the product or its gradient NaN all the same, while it is sound where the mask is 1. */
const ofMaskedOut =
  (of: 'value' | 'gradient'): Diagnosis =>
  (situations) => {
    const isKept = ({ parts: [mask] }: Situation): boolean => mask?.value === 1;
    if (!situations.some((situation) => isKept(situation) && isOrdinary(situation.whole))) return undefined;
    if (situations.some((situation) => isKept(situation) && isUnsound(situation.whole))) return undefined;
    for (const situation of situations) {
      if (!situation.isTelling || situation.parts[0]?.value !== 0) continue;
      if (of === 'value' && Number.isNaN(situation.whole.value) && isPole(situation)) {
        return { point: situation.point, of: subjectName };
      }
      const [name] = [...situation.whole.gradients].find(situation.isHarmful) ?? [];
      if (of === 'gradient' && name !== undefined && Number.isFinite(situation.whole.value)) {
        return { point: situation.point, of: name };
      }
    }
    return undefined;
  };

const maskedProduct = suchThat(apply('multiply', anything, anything), (_, node) => {
  const mask = maskOf(node);
  return mask !== undefined && isSingular(node);
});

/** The mask, and the factors beside it. */
const maskIn = (whole: Expression): readonly Expression[] => {
  const mask = maskOf(whole);
  if (!mask) return [];
  return [mask, ...multiplicandsOf(whole).filter((factor) => factor !== mask && factor !== whole)];
};

const maskAdvice = 'mask the operand before the operation, with where(mask, x, 1), and the result after it';

const maskedForm = (of: 'value' | 'gradient'): Form => ({
  pattern: maskedProduct,
  name: of === 'value' ? 'log(x) * (x > 0)' : 'sqrt(x) * (x > 0)',
  atZero: { value: multiply(of === 'value' ? log(x) : sqrt(x), less(0, x)) },
  ...(of === 'gradient' ? { ofGradients: true } : {}),
  at(hit) {
    const mask = maskOf(hit.matched);
    const spoiled = mask && spoiledAt(hit, hit.matched, comparisonsIn(mask, limitIn(hit)), maskIn, ofMaskedOut(of));
    if (!spoiled) return undefined;
    const says = (): Saying =>
      of === 'gradient'
        ? sayingOf(hit, spoiled, 'what the mask is multiplied with')
        : {
            message: `Where ${nameOf(hit, spoiled.subject, 'the value compared')} is ${inWords(spoiled.at)} the mask is 0 and what it is multiplied with infinite or NaN, and 0 times that is NaN.`,
            lens: `${hit.rule.title}: NaN where ${nameOf(hit, spoiled.subject, 'the value compared').replaceAll('`', '')} is ${inWords(spoiled.at)}`,
          };
    return { ...hit.form, ...(isOutside(hit) ? { severity: 'hint' } : {}), says };
  },
  advice: maskAdvice,
});

const multiplyNoNan: Form = {
  pattern: suchThat(apply('multiplyNoNan', anything, anything), (_, node) => contains(node, 'log', 'sqrt', 'divide')),
  name: 'multiply_no_nan(log(x), x > 0)',
  atZero: { value: select(equal(less(0, x), 0), 0, multiply(log(x), less(0, x))) },
  ofGradients: true,
  at(hit) {
    const [value, mask] = (hit.matched as Operation).operands as [Expression, Expression];
    const spoiled = spoiledAt(
      hit,
      hit.matched,
      [...comparisonsIn(mask, limitIn(hit)), ...operandsOf(value)],
      maskOfNoNan,
      (situations) => ofMaskedOut('gradient')(situations),
    );
    return spoiled && { ...hit.form, says: () => sayingOf(hit, spoiled, 'the first operand') };
  },
  advice: maskAdvice,
};

/** multiply_no_nan is lifted to a choice by its second operand. */
const maskOfNoNan = (whole: Expression): readonly Expression[] => {
  const product = whole.kind === 'operation' ? whole.operands[2] : undefined;
  return product?.kind === 'operation' && product.operands[1] ? [product.operands[1]] : [];
};

// nan_to_num: the value is mended, the gradient is not.

/** What functions that are undefined somewhere are taken of, inside a value. */
function operandsOf(value: Expression): Comparison[] {
  return findAll(value, 'log', 'sqrt', 'divide', 'log1p', 'xlogy')
    .slice(0, 4)
    .flatMap((node) => {
      const { operator, operands } = node as Operation;
      const subject = operands[operator === 'divide' || operator === 'xlogy' ? 1 : 0];
      return subject && hasVariables(subject) ? [{ subject, limit: undefined }] : [];
    });
}

/** What is mended isn't finite there, and the gradient through it is NaN. */
const ofMended: Diagnosis = (situations) => {
  if (!situations.some(({ whole, parts: [mended] }) => isOrdinary(whole) && mended && isOrdinary(mended)))
    return undefined;
  for (const { point, whole, parts, isHarmful } of situations) {
    if (parts[0] === undefined || Number.isFinite(parts[0].value) || !Number.isFinite(whole.value)) continue;
    const [of] = [...whole.gradients].find(isHarmful) ?? [];
    if (of !== undefined) return { point, of };
  }
  return undefined;
};

const mendedLater: Form = {
  pattern: suchThat(apply('nanToNum', anything), (_, node) =>
    contains(node, 'log', 'sqrt', 'divide', 'log1p', 'xlogy'),
  ),
  name: 'nan_to_num(log(x))',
  atZero: { value: select(isFinite(log(x)), log(x), 0) },
  ofGradients: true,
  at(hit) {
    const [mended] = (hit.matched as Operation).operands as [Expression];
    const inside = (whole: Expression): readonly Expression[] =>
      whole.kind === 'operation' && whole.operands[1] ? [whole.operands[1]] : [];
    const spoiled = spoiledAt(hit, hit.matched, operandsOf(mended), inside, ofMended);
    if (!spoiled) return undefined;
    const isOfLogarithm = contains(mended, 'log', 'log1p', 'xlogy', 'sqrt');
    return {
      ...hit.form,
      severity: isOutside(hit) || !isOfLogarithm ? 'hint' : 'warning',
      says: () => sayingOf(hit, spoiled, 'what nan_to_num is given'),
    };
  },
  advice: 'mask the operand before the operation: nan_to_num mends the value only',
};

const maskedAfterTheFact: Rule = {
  id: 'masked-after-the-fact',
  title: 'masked after the fact',
  entries: ['NS54'],
  severity: 'warning',
  triggers: [
    ['log', 'Log', 'sqrt', 'rsqrt', '/', 'div'],
    ['nan_to_num', '_no_nan', '>', '<', '==', 'greater', 'less', 'equal', '.gt(', '.ge(', '.ne(', '.lt('],
  ],
  forms: [maskedForm('value'), maskedForm('gradient'), multiplyNoNan, mendedLater],
};

const gradientThroughWhere: Rule = {
  id: 'gradient-through-where',
  title: 'NaN gradient through where',
  entries: ['NS52'],
  severity: 'warning',
  triggers: [['where', 'select', 'switch', 'masked_fill', 'cond']],
  forms: [throughWhere],
};

// acos and asin of a value that is at most 1 in exact arithmetic only.

const passing: ReadonlySet<string> = new Set([
  'pick',
  'stopGradient',
  'negate',
  'absolute',
  'mean',
  'greatest',
  'least',
]);

/**
 * Whether a value is a sum of products, such as a dot product, a trace or a cosine: in exact arithmetic between -1 and
 * 1, but rounded some ULP beyond.
 */
function isSumOfProducts(node: Expression, depth = 0): boolean {
  if (node.kind !== 'operation' || depth > deepest) return false;
  const { operator, operands } = node;
  const [a, b] = operands as [Expression, Expression];
  if (passing.has(operator)) return isSumOfProducts(a, depth + 1);
  switch (operator) {
    case 'sum':
    case 'matmul':
    case 'cosine':
      return true;
    case 'divide':
      return isSumOfProducts(a, depth + 1) && !isGuarded(b);
    // The angle between rotations is acos(2 * dot**2 - 1) of their quaternions.
    case 'power':
      return isSumOfProducts(a, depth + 1);
    case 'multiply':
      return isSumOfProducts(a, depth + 1) || isSumOfProducts(b, depth + 1);
    case 'add':
    case 'subtract': {
      const unknown = termsOf(node).filter(({ term }) => hasVariables(term));
      // Of three elements the sum is a trace; of two products it is a dot product.
      const products = unknown.filter(({ term }) => isProduct(term));
      return (
        unknown.length >= 3 ||
        products.length >= 2 ||
        (unknown.length === 1 && isSumOfProducts(unknown[0]?.term ?? a, depth + 1))
      );
    }
    default:
      return false;
  }
}

function isProduct(term: Expression): boolean {
  return factorsOf(term).filter(({ factor, inverse }) => !inverse && hasVariables(factor)).length >= 2;
}

/** Whether a divisor has an epsilon that is larger than rounding errors. */
function isGuarded(divisor: Expression): boolean {
  if (!hasVariables(divisor)) return false;
  return termsOf(divisor).some(({ term }) => term.kind === 'constant' && term.value >= 1e-6);
}

type Arc = 'acos' | 'asin';

const unlimited = (arc: Arc): Form => ({
  pattern: apply(arc, operand),
  name: `${arc}(x)`,
  bounded: false,
  unstable: () => operation(arc, x),
  headline: { of: 'value', side: 'above' },
  guard(hit) {
    const argument = hit.bindings.get('x');
    if (!argument || !(isSumOfProducts(argument) || isCalledCosine(argument, hit))) return false;
    const { low, high } = intervalOf(argument);
    if (low > -1 && high < 1) return false;
    return isOutside(hit) || isComparedWith1(hit, argument) ? 'hint' : true;
  },
  says: (hit) => {
    const from = measure(operation(arc, x), hit.formats).flatMap(({ format, failures }) => {
      const failure = failures.find(({ of, side }) => of === 'value' && side === 'above');
      return failure ? [`${String(Number(failure.from.toPrecision(17)))} in ${format}`] : [];
    });
    const gradient = hit.differentiates ? ' At 1 itself its gradient is infinite.' : '';
    return {
      message: `A ${isSumOfProducts(hit.bindings.get('x') as Expression) ? 'sum of products' : 'cosine'} that is at most 1 in exact arithmetic can round to more, and ${arc} is NaN from the next number on: ${from.join(', ')}.${gradient}`,
      lens: `${hit.rule.title}: ${arc} is NaN where rounding takes its argument past 1`,
    };
  },
  advice:
    'limit the argument to -1 + 1e-6 and 1 - 1e-6, or take atan2 of the norm of the cross product and the dot product',
});

/**
 * Whether what nothing else is known of is a cosine by its name, or by that of the loss around, and that in code that is
 * trained through.
 */
function isCalledCosine(value: Expression, hit: Hit): boolean {
  if (value.kind !== 'variable') return false;
  // Margins are there for training alone.
  const isMargin = namesAround(hit).some((name) =>
    /(arc|sphere)_?(face|margin|loss)|cos_?face|angular_?(margin|softmax)/i.test(name),
  );
  if (isMargin) return !isOutsideTraining(hit);
  return (
    isInsideTraining(hit) &&
    /(^|_)(cos(ine|_?theta)?s?|sims?|similarit(y|ies)|dots?|inner|pairs)(_|$)/i.test(sourceOf(hit, value) ?? '')
  );
}

/** Whether the code asks somewhere whether the value is nearly 1: what happens then has been thought of. */
function isComparedWith1({ analysis }: Hit, value: Expression): boolean {
  return analysis.sites.some(({ alternatives }) =>
    alternatives.some(([compared]) => {
      if (compared?.kind !== 'operation' || !comparing.has(compared.operator)) return false;
      const [a, b] = compared.operands as [Expression, Expression];
      return (a === value && isNear1(b)) || (b === value && isNear1(a));
    }),
  );
}

function isNear1(limit: Expression): boolean {
  const value = numberOf(limit);
  return value !== undefined && Math.abs(Math.abs(value) - 1) < 0.1;
}

/** What a value is limited to, by clamps and by extremes. */
interface Limited {
  readonly inner: Expression;
  readonly low: number;
  readonly high: number;
}

function limitsOf(node: Expression): Limited | undefined {
  if (node.kind === 'operation' && node.operator === 'absolute') {
    const limits = limitsOf(node.operands[0] as Expression);
    return limits && { ...limits, low: 0, high: Math.max(Math.abs(limits.low), Math.abs(limits.high)) };
  }
  let [inner, low, high] = [node, -Infinity, Infinity];
  for (;;) {
    if (inner.kind !== 'operation') break;
    const [a, b, c] = inner.operands as [Expression, Expression | undefined, Expression | undefined];
    const [first, second, third] = [a, b, c].map((each) => each && numberOf(each));
    if (inner.operator === 'clip' && second !== undefined && third !== undefined) {
      [inner, low, high] = [a, Math.max(low, second), Math.min(high, third)];
    } else if (inner.operator === 'maximum' || inner.operator === 'minimum') {
      const limit = first ?? second;
      const other = first === undefined ? a : b;
      if (limit === undefined || !other) break;
      if (inner.operator === 'maximum') low = Math.max(low, limit);
      else high = Math.min(high, limit);
      inner = other;
    } else break;
  }
  return inner === node ? undefined : { inner, low, high };
}

/** Limited, but to numbers at which the gradient is infinite. */
const limitedTo1 = (arc: Arc): Form => ({
  pattern: suchThat(apply(arc, operand), (bindings) => limitsOf(bindings.get('x') as Expression) !== undefined),
  name: `${arc}(clamp(x, -1, 1))`,
  bounded: false,
  ofGradients: true,
  careful: true,
  at: (hit) => limitedAt(hit, arc),
  advice: 'limit the argument to -1 + 1e-6 and 1 - 1e-6, where the gradient is finite',
});

function limitedAt(hit: Hit, arc: Arc): Form | undefined {
  const limits = limitsOf(hit.bindings.get('x') as Expression);
  if (!limits) return undefined;
  const { inner, low, high } = limits;
  const format = hit.formats[0] ?? 'float32';
  const slopeAt = slopeOf(operation(arc, x), format);
  const reached = [high, low].map((limit) => rounded(limit, format)).find((limit) => Math.abs(limit) >= 1);
  if (reached === undefined || Math.abs(reached) !== 1 || Number.isFinite(slopeAt(reached))) return undefined;
  // Numbers next to 1 were meant to keep the argument off it.
  const isMeant = [low, high].some((limit) => Math.abs(limit) < 1 && Math.abs(rounded(limit, format)) === 1);
  if (!isMeant && !isSumOfProducts(inner)) return undefined;
  const isLoss = namesAround(hit).some((name) => /loss|criterion|objective|distance$/i.test(name));
  const severity: Severity = isMeant ? 'warning' : isLoss ? 'information' : 'hint';
  const because = isMeant
    ? ` In ${format} the limits ${String(low)} and ${String(high)} are ${inWords(rounded(low, format))} and ${inWords(rounded(high, format))}.`
    : '';
  return {
    ...hit.form,
    severity: isOutside(hit) ? 'hint' : severity,
    says: () => ({
      message: `The gradient of ${arc} is infinite where its argument is ${inWords(reached)}, and the limit lets that through.${because}`,
      lens: `${hit.rule.title}: gradient inf where the argument is ${inWords(reached)}`,
    }),
  };
}

const sine = sqrt(subtract(1, multiply(x, x)));

/** sqrt(1 - x ** 2), the sine of an angle whose cosine is x: NaN where rounding takes that past 1. */
const sineOfCosine: Form = {
  pattern: rootOf(apply('subtract', 1, square(operand))),
  name: 'sqrt(1 - x ** 2)',
  severity: 'information',
  bounded: false,
  unstable: () => sine,
  headline: { of: 'value', side: 'above' },
  ofGradients: true,
  guard: (hit) => {
    const cosine = hit.bindings.get('x') as Expression;
    if (isOutside(hit) || isComparedWith1(hit, cosine)) return false;
    if (isCalledCosine(cosine, hit)) return true;
    // Nobody says of a mere sum of products that it is a cosine.
    const { low, high } = intervalOf(cosine);
    const isCosine = (low === -1 && high === 1) || namesOf(cosine, hit).some((name) => /(^|[._])cos/i.test(name));
    return isCosine && isSumOfProducts(cosine);
  },
  says: (hit) => {
    const gradient = said(slopeOf(sine, hit.formats[0] ?? 'float32')(1));
    return {
      message: `A cosine that is at most 1 in exact arithmetic can round to more, and sqrt(1 - x ** 2) is NaN there; at 1 itself its gradient is ${gradient}.`,
      lens: `sine of a cosine: NaN where rounding takes the cosine past 1`,
    };
  },
  advice: 'limit the cosine to -1 + 1e-6 and 1 - 1e-6 first',
};

/** The gradient of an expression in x, as a format computes it. */
function slopeOf(expression: Expression, format: FormatName): (at: number) => number {
  const compiled = compileModelAtPoint([differentiate(expression, x.name)], [x.name], formatByName(format));
  return (at) => compiled(at)[0] ?? NaN;
}

const arcCosineOutOfRange: Rule = {
  id: 'arc-cosine-out-of-range',
  title: 'arc cosine out of range',
  entries: ['NS55'],
  severity: 'warning',
  triggers: [['acos', 'asin', 'arccos', 'arcsin', 'sqrt', 'pow', '**']],
  forms: [limitedTo1('acos'), limitedTo1('asin'), unlimited('acos'), unlimited('asin'), sineOfCosine],
};

export const branches: readonly Rule[] = [gradientThroughWhere, maskedAfterTheFact, arcCosineOutOfRange];
