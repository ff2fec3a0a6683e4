import {
  apply,
  either,
  clip,
  differentiate,
  equal,
  inOrder,
  log,
  log1p,
  logSigmoid,
  logSoftmax,
  negate,
  operation,
  select,
  sigmoid,
  softmax,
  subtract,
  variable,
  variablesOf,
  type Bindings,
  type Expression,
  type Operation,
  type Operator,
  type Pattern,
} from '../../expression';
import { compileModelAtPoint, formatByName, type FormatName } from '../../numeric';
import { Question } from '../../python';
import { isScalar } from '../comparison';
import { printThreshold } from '../describe';
import { ofVariable, operand, t, x, type Form, type Hit, type Rule, type Saying } from '../rule';
import { nameOf } from './evidence';
import { valueAt } from './guarded';
import { ofGap } from './guardedLogarithms';
import { reshaped, sigmoidOf, softmaxOf } from './shapes';

// Gumbel noise: -log(-log(u)) is infinite where u is drawn as 0 or rounds to 1.

/** The random numbers that a value is drawn as, and what it makes of them; undefined if anything else is in it. */
interface Drawn {
  readonly low: number;
  readonly high: number;
  /** As a function of p, the number drawn. */
  readonly of: Expression;
}

function drawnIn(expression: Expression): Drawn | undefined {
  const nodes = inOrder([expression]);
  const draws = nodes.filter((node): node is Operation => node.kind === 'operation' && node.operator === 'uniform');
  const [draw] = draws;
  if (!draw || draws.some((other) => other !== draw)) return undefined;
  const [low, high] = draw.operands.map((limit) => (limit.kind === 'constant' ? limit.value : undefined));
  if (low === undefined || high === undefined) return undefined;
  const replaced = new Map<Expression, Expression>([[draw, variable('p')]]);
  for (const node of nodes) {
    if (replaced.has(node) || node.kind !== 'operation') continue;
    if (node.operator === 'pick' || node.operator === 'stopGradient') {
      const [inner] = node.operands as [Expression];
      replaced.set(node, replaced.get(inner) ?? inner);
      continue;
    }
    replaced.set(node, operation(node.operator, ...node.operands.map((each) => replaced.get(each) ?? each)));
  }
  const of = replaced.get(expression) ?? expression;
  // What sums of the numbers come to is no function of one.
  return isScalar(of) && variablesOf(of).every((name) => name === 'p') ? { low, high, of } : undefined;
}

/** The numbers nearest to the limits that random numbers in [low, high) can be. */
function endsOf({ low, high }: Drawn, format: FormatName): readonly number[] {
  const numbers = formatByName(format);
  const last = numbers.fromOrdinal(numbers.ordinal(numbers.round(high)) - 1n);
  return [numbers.round(low), last];
}

/** The first of the ends at which a function of random numbers is infinite or NaN, and what it is there. */
function infiniteEnd(drawn: Drawn, format: FormatName): { readonly at: number; readonly value: number } | undefined {
  for (const at of endsOf(drawn, format)) {
    const value = valueAt(() => drawn.of, at, format);
    if (!Number.isFinite(value)) return { at, value };
  }
  return undefined;
}

/** The logarithm of a negative logarithm, both of random numbers: log(-log(u)), and log(e - log(u + e)). */
const logOfLog: Pattern = {
  roots: new Set<Operator>(['log']),
  match(node: Expression, bindings: Bindings) {
    const [argument] = node.kind === 'operation' ? node.operands : [];
    const hasLog = argument && inOrder([argument]).some((each) => each.kind === 'operation' && each.operator === 'log');
    return hasLog && drawnIn(node) ? bindings : undefined;
  },
};

const inWords = (value: number): string =>
  Number.isNaN(value)
    ? 'NaN'
    : Math.abs(value) === Infinity
      ? value > 0
        ? 'inf'
        : '-inf'
      : String(Number(value.toPrecision(8)));

const gumbel: Form = {
  pattern: logOfLog,
  name: '-log(-log(x))',
  unstable: () => negate(log(negate(log(x)))),
  ofRandom: true,
  at(hit) {
    const drawn = drawnIn(hit.matched);
    const format = hit.site.format ?? hit.formats[0] ?? 'float32';
    const infinite = drawn && infiniteEnd(drawn, format);
    if (!infinite) return undefined;
    const { at, value } = infinite;
    const isEnd = at === drawn.low ? 'and it is drawn sooner or later' : 'the last number that is drawn';
    const { unstable: _, ...general } = hit.form;
    return {
      ...general,
      says: () => ({
        message: `In ${format} the noise is ${inWords(-value)} where u is ${inWords(at)}, ${isEnd}.`,
        lens: `${hit.rule.title}: ${inWords(-value)} where u is ${inWords(at)}`,
      }),
    };
  },
  advice:
    "use the library's Gumbel noise, or draw u from the smallest normal number on and limit what both logarithms are taken of",
};

export const gumbelOfUniform: Rule = {
  id: 'gumbel-of-uniform',
  title: 'Gumbel noise from uniform numbers',
  entries: ['NS61'],
  severity: 'information',
  triggers: [
    ['log', 'Log'],
    ['rand', 'uniform'],
  ],
  forms: [gumbel],
};

// Distributions that are given probabilities where logits were there.

/** What PyTorch limits probabilities by: finfo.eps of their type. */
function resolution(format: FormatName): number {
  const numbers = formatByName(format);
  return numbers.fromOrdinal(numbers.ordinal(1) + 1n) - 1;
}

/** What log_prob is of an event that has become unlikely, as PyTorch computes it from probabilities. */
function limitedLogProb(kind: 'bernoulli' | 'categorical', format: FormatName): Expression {
  const eps = resolution(format);
  if (kind === 'categorical') return log(clip(softmax(x, 0), eps, 1 - eps));
  const p = clip(sigmoid(x), eps, 1 - eps);
  return logSigmoid(subtract(log(p), log1p(negate(p))));
}

interface Floor {
  readonly value: number;
  /** From which logit on downward the gradient is exactly 0. */
  readonly from: number;
}

function floorOf(kind: 'bernoulli' | 'categorical', format: FormatName): Floor {
  const numbers = formatByName(format);
  const expression = limitedLogProb(kind, format);
  const evaluate = compileModelAtPoint([expression, differentiate(expression, x.name)], [x.name], numbers);
  let [inside, outside] = [0, -64];
  while (inside - outside > 1e-5) {
    const middle = (inside + outside) / 2;
    if (evaluate(numbers.round(middle))[1] === 0) outside = middle;
    else inside = middle;
  }
  return { value: evaluate(-64)[0] ?? NaN, from: outside };
}

const floorSaid = (kind: 'bernoulli' | 'categorical', hit: Hit): Saying => {
  const speech = kind === 'categorical' ? ofGap : ofVariable;
  const [first, ...others] = hit.formats.map((format) => ({ format, ...floorOf(kind, format) }));
  const printed = (value: number): string => String(Number(value.toPrecision(5)));
  const threshold = (from: number): string => speech.amount(printThreshold({ from, side: 'below' }));
  if (!first) return { message: `${hit.rule.title}.`, lens: hit.rule.title };
  const more = others.map(({ format, value }) => `${format} ${printed(value)}`);
  const name = nameOf(hit, hit.bindings.get('x'));
  const meaning = name === undefined ? '' : ` Here x is \`${name}\`.`;
  const where = speech.threshold(threshold(first.from), 'below');
  return {
    message: `PyTorch limits the probabilities: log_prob can't go below ${printed(first.value)} in ${first.format} (${more.join(', ')}), and its gradient is exactly 0 ${where}.${meaning}`,
    lens: `${hit.rule.title}: log_prob stops at ${printed(first.value)}`,
  };
};

const asksForLogarithms = new Question((text) => asked.test(text));

/**
 * Whether logarithms of probabilities are taken of the distribution, as far as the text tells: by the name that it is
 * given, or somewhere if it goes elsewhere. Samples alone need none.
 */
function isAskedForLogarithms({ analysis, site }: Hit): boolean {
  const { text } = analysis;
  const after = text.slice(site.range.end);
  const isAsked = analysis.ask(asksForLogarithms);
  const direct = /^\s*\)*\s*\.\s*(\w+)/.exec(after)?.[1];
  if (direct !== undefined) return asking.test(`.${direct}`);
  const before = text.slice(site.statement.start, site.range.start);
  const name = /^\s*(?:self\.)?(\w+)\s*=\s*$/.exec(before)?.[1];
  // Where nothing in the file asks for one, somebody else may who is given it back.
  if (!isAsked) {
    return name === undefined
      ? /^\s*return\s+$/.test(before)
      : new RegExp(`\\breturn\\b.*\\b${name}\\b(?!\\s*\\.)`).test(
          text.slice(site.range.end, site.within?.end ?? site.range.end),
        );
  }
  if (name === undefined) return true;
  const uses = [...after.matchAll(new RegExp(`\\b${name}\\b\\s*(\\.\\s*\\w+)?`, 'g'))].map(([, method]) => method);
  // Given to something else, it may be asked there.
  return uses.some((method) => method === undefined || asking.test(method));
}

/** What takes logarithms of probabilities that a distribution is given. */
const asked = /\.log_prob|\.entropy\(|kl_divergence\(/;
const asking = /^\.\s*(log_prob|entropy|log_\w+)$/;

const ofProbabilities = (kind: 'bernoulli' | 'categorical', pattern: Pattern): Form => ({
  pattern: reshaped(pattern),
  ofLoss: [`torch:${kind}`],
  name: kind === 'bernoulli' ? 'Bernoulli(probs=sigmoid(x))' : 'Categorical(probs=softmax(x))',
  culprit: kind === 'bernoulli' ? 'sigmoid' : 'softmax',
  bounded: false,
  ofGradients: true,
  guard: isAskedForLogarithms,
  says: (hit) => floorSaid(kind, hit),
  advice: 'give the distribution the logits, by its parameter of that name',
});

/** TensorFlow Probability and Distrax take the logarithm of the probabilities as they are. */
const bernoulliAsIs: Form = {
  pattern: reshaped(sigmoidOf(operand)),
  ofLoss: ['tfp:bernoulli'],
  name: 'log_prob of Bernoulli(probs=sigmoid(x))',
  culprit: 'sigmoid',
  operand: 'the argument of the sigmoid',
  unstable: () => select(equal(t, 1), log(sigmoid(x)), log1p(negate(sigmoid(x)))),
  stable: () => select(equal(t, 1), logSigmoid(x), logSigmoid(negate(x))),
  headline: { of: 'value', side: 'above', target: 0 },
  guard: isAskedForLogarithms,
  advice: 'give the distribution the logits, by its parameter of that name',
};

const categoricalAsIs: Form = {
  pattern: reshaped(softmaxOf(operand)),
  ofLoss: ['tfp:categorical'],
  name: 'log_prob of Categorical(probs=softmax(x))',
  culprit: 'softmax',
  operand: 'the logits',
  bounded: false,
  unstable: () => log(softmax(x, 0)),
  stable: () => logSoftmax(x, 0),
  headline: { of: 'value', side: 'below' },
  guard: isAskedForLogarithms,
  speech: ofGap,
  advice: 'give the distribution the logits, by its parameter of that name',
};

export const distributionOfProbabilities: Rule = {
  id: 'distribution-of-probabilities',
  title: 'distribution given probabilities',
  entries: ['NS62'],
  severity: 'information',
  triggers: [['Bernoulli', 'Categorical']],
  forms: [
    ofProbabilities('bernoulli', sigmoidOf(operand)),
    ofProbabilities('categorical', either(softmaxOf(operand), apply('exp', apply('logSoftmax', operand)))),
    bernoulliAsIs,
    categoricalAsIs,
  ],
};
