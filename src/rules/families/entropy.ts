import {
  equal,
  log,
  multiply,
  sameComputation,
  select,
  hasVariables,
  type Bindings,
  type Expression,
  type Operator,
  type Pattern,
} from '../../expression';
import { intervalOf } from '../interval';
import { x, type Form, type Hit, type Rule } from '../rule';
import { multiplicandsOf } from './evidence';
import { guardedIn, isBare } from './guarded';
import { contains } from './shapes';
import { carriesGradient, isInsideTraining, isOutsideTraining, isTested, sourceOf } from './zeros';

/** p * log(p): 0 in the limit, and NaN where p has become 0. */

const plain = (node: Expression): Expression => (node.kind === 'withGradient' ? plain(node.value) : node);

const passed: ReadonlySet<string> = new Set(['negate', 'pick', 'stopGradient']);

/**
 * What logarithms are taken of, through signs: also of those that are terms, as in log(p) - log(q) and
 * alpha * log(p) - q, and of the quotient in log(p / q).
 */
function ofLogarithms(node: Expression, depth = 0): readonly Expression[] {
  const bare = plain(node);
  if (bare.kind !== 'operation' || depth > 6) return [];
  const [a, b] = bare.operands as [Expression, Expression];
  switch (bare.operator) {
    case 'log': {
      const inner = plain(a);
      const [dividend] = inner.kind === 'operation' && inner.operator === 'divide' ? inner.operands : [];
      return dividend ? [inner, plain(dividend)] : [inner];
    }
    case 'add':
    case 'subtract':
    case 'multiply':
      return [a, b].flatMap((each) => ofLogarithms(each, depth + 1));
    default:
      return passed.has(bare.operator) ? ofLogarithms(a, depth + 1) : [];
  }
}

/** A product of a value and its logarithm, among other factors; `x` is the value. */
const ownLogarithm: Pattern = {
  roots: new Set<Operator>(['multiply']),
  match(node: Expression, bindings: Bindings) {
    if (node.kind !== 'operation' || node.operator !== 'multiply') return undefined;
    const [a, b] = node.operands as [Expression, Expression];
    for (const [logarithm, rest] of [
      [b, a],
      [a, b],
    ] as const) {
      const factors = multiplicandsOf(rest);
      const value = ofLogarithms(logarithm).find((each) => factors.some((factor) => sameComputation(factor, each)));
      if (value) return new Map(bindings).set('x', value);
    }
    return undefined;
  },
};

/** Whether the logarithm is one that a rule of its own speaks of. */
function isOfActivation(value: Expression): boolean {
  const guarded = guardedIn(value);
  return guarded !== undefined && guarded.source !== 'other' && !guarded.mixed && isBare(guarded);
}

/** A probability, as far as its computation tells: a share, a mean of probabilities, an exponential. */
function isProbability(value: Expression, depth = 0): boolean {
  if (value.kind !== 'operation' || depth > 6) return false;
  const { operator, operands } = value;
  const [a, b] = operands as [Expression, Expression | undefined];
  switch (operator) {
    case 'divide':
      return b !== undefined && contains(b, 'sum') && hasVariables(a);
    case 'mean':
    case 'pick':
    case 'sum':
      return isOfActivation(a) || isProbability(a, depth + 1);
    case 'multiply':
      return b !== undefined && [a, b].every((factor) => isOfActivation(factor) || isProbability(factor, depth + 1));
    case 'exp':
      return intervalOf(a).high <= 0;
    default:
      return false;
  }
}

function atPlace(hit: Hit): Form | undefined {
  const value = hit.bindings.get('x');
  if (!value || isOfActivation(value) || isAboveZero(value, hit) || hasEpsilon(value)) return undefined;
  if (isSelected(value) || isMendedLater(hit)) return undefined;
  if (summedWithoutNaN.test(statementOf(hit))) return undefined;
  const computed = isProbability(value);
  if (!hit.site.framework.differentiates) return computed ? { ...hit.form, severity: 'warning' } : undefined;
  // Of a value that the file is only given nobody knows whether it comes to 0.
  const isGiven = isPlain(value) && !isSmoothing(hit, value);
  const isKnown = computed || isGiven || (isVanishing(value) && isInsideTraining(hit));
  const isHint = !isKnown || isOutsideTraining(hit) || !carriesGradient(value, hit);
  return { ...hit.form, severity: isHint ? 'hint' : computed ? 'warning' : 'information' };
}

/** What underflows to 0 in float32, from -103.98 on, as entries of a transport plan do: `exp((f + g - cost) / eps)`. */
function isVanishing(value: Expression): boolean {
  return (
    value.kind === 'operation' && value.operator === 'exp' && intervalOf(value.operands[0] as Expression).low < -104
  );
}

/** A value that is only given, or means and elements of one. */
function isPlain(value: Expression): boolean {
  if (value.kind !== 'operation') return value.kind === 'variable';
  return (value.operator === 'mean' || value.operator === 'pick') && isPlain(value.operands[0] as Expression);
}

/** A share that is a setting and no prediction. */
function isSmoothing(hit: Hit, value: Expression): boolean {
  return /confidence|smooth|(^|[._])(rho|n|size|high|low|beta|alpha|sigma|count|num\w*)$/i.test(
    sourceOf(hit, value) ?? '',
  );
}

/** `p[p > 0]` */
function isSelected(value: Expression): boolean {
  return value.kind === 'operation' && value.operator === 'pick' && contains(value, 'less', 'lessEqual', 'equal');
}

const summedWithoutNaN = /\b(nansum|nanmean|nan_to_num)\b/;

function statementOf({ analysis, site }: Hit): string {
  return analysis.text.slice(site.statement.start, site.statement.end);
}

/** Whether a condition or nan_to_num replaces what is NaN: of the gradient, which it doesn't mend, another rule speaks. */
function isMendedLater({ analysis, matched }: Hit): boolean {
  return analysis.sites.some(({ alternatives }) =>
    alternatives.some(
      ([chosen]) =>
        chosen?.kind === 'operation' &&
        (chosen.operator === 'select' || chosen.operator === 'nanToNum') &&
        chosen.operands.includes(matched),
    ),
  );
}

/** Also a share of a sum, of something that is above 0: alpha / sum(alpha), where alpha is 1 and more. */
function isAboveZero(value: Expression, hit: Hit): boolean {
  const isShare = value.kind === 'operation' && value.operator === 'divide';
  return [[value], isShare ? value.operands : [value]].some((values) =>
    values.every((each) => intervalOf(each).low > 0 || isTested(each, hit)),
  );
}

function hasEpsilon(value: Expression): boolean {
  if (value.kind !== 'operation' || value.operator !== 'add') return false;
  return value.operands.some((term) => !hasVariables(term) && intervalOf(term).low > 0);
}

const advice =
  'compute the logarithm from the logits, or with a function that is 0 at 0 and mask what is 0 before it: its gradient is infinite there';

const product: Form = {
  pattern: ownLogarithm,
  name: 'x * log(x)',
  operand: 'the probability',
  unstable: () => multiply(x, log(x)),
  headline: { of: 'value', side: 'below' },
  bounded: false,
  sparesSampling: true,
  repeated: true,
  at: atPlace,
  absorbs: ['log-of-mixture'],
  advice,
};

/** torch.xlogy(p, p) is 0 at 0, and its gradient 0 / 0. */
const xlogy: Form = {
  pattern: {
    roots: new Set<Operator>(['xlogy']),
    match(node: Expression, bindings: Bindings) {
      if (node.kind !== 'operation' || node.operator !== 'xlogy') return undefined;
      const [a, b] = node.operands as [Expression, Expression];
      return sameComputation(a, b) ? new Map(bindings).set('x', b) : undefined;
    },
  },
  name: 'xlogy(x, x)',
  atZero: { value: select(equal(x, 0), 0, multiply(x, log(x))) },
  frameworks: ['pytorch', 'jax'],
  ofGradients: true,
  at: (hit) => {
    const value = hit.bindings.get('x');
    const found = atPlace(hit);
    const isActivation = value !== undefined && isOfActivation(value);
    if (!found && !isActivation) return undefined;
    return {
      ...hit.form,
      severity: isActivation ? 'information' : (found?.severity ?? 'hint'),
      says: () => ({
        message: 'xlogy(p, p) is 0 where p is 0, but its gradient there is 0 / 0, which is NaN.',
        lens: 'xlogy(p, p): gradient NaN where p is 0',
      }),
    };
  },
  advice,
};

export const ownLogarithmOf: Rule = {
  id: 'p-log-p',
  title: 'p * log(p)',
  entries: ['NS53'],
  severity: 'warning',
  triggers: [['log', 'Log']],
  forms: [product, xlogy],
};
