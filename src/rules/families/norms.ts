import {
  absolute,
  add,
  anything,
  apply,
  bind,
  divide,
  either,
  factorsOf,
  inOrder,
  matchPattern,
  multiply,
  sameComputation,
  sqrt,
  square,
  suchThat,
  termsOf,
  through,
  type Expression,
  type Pattern,
} from '../../expression';
import type { FrameworkName } from '../../python';
import type { Severity } from '../finding';
import { operand, x, type Form, type Hit, type Rule } from '../rule';
import { findAll, literal, multipleOfSum, rootOf, scaled } from './shapes';
import {
  canBeZero,
  carriesGradient,
  isInsideTraining,
  isTrainedThrough,
  isOfWeights,
  isOutsideTraining,
  namesAround,
  nameOf,
  sayAtZero,
  sourceOf,
  whereIsZero,
  whereZero,
} from './zeros';

/** Frameworks whose norm is the root of a sum of squares to its gradient too; PyTorch's has the gradient 0 at 0. */
const withPlainNorm: readonly FrameworkName[] = ['tensorflow', 'keras', 'keras-backend', 'jax', 'tfjs'];

const squareOf = (value: Expression): Expression => multiply(value, value);
const rootOfSquare = sqrt(squareOf(x));

const sumOfSquares: Pattern = apply('sum', square(operand));

/** Several squares added up one by one, `x * x + y * y`, all of which is bound to x. */
const addedSquares: Pattern = suchThat(bind('x'), (_, node) => {
  const terms = termsOf(node);
  return terms.length > 1 && terms.every(({ term, sign }) => sign === 1 && isSquare(term));
});

const isSquare = (node: Expression): boolean => matchPattern(square(anything), node) !== undefined;

/** |a|^2 + |b|^2 - 2 ab: the square of a distance, multiplied out. */
const multipliedOut: Pattern = suchThat(bind('x'), (_, node) => {
  const terms = termsOf(node);
  const positive = terms.flatMap(({ term, sign }) => (sign === 1 ? [term] : []));
  const product = terms.find(({ sign }) => sign === -1)?.term;
  if (terms.length !== 3 || positive.length !== 2 || !product) return false;
  if (positive.every((term) => matchPattern(multipleOfSum(square(anything)), term))) return holdsProduct(product);
  // The squares stand on the diagonal of the matrix of all products.
  const all = factorsOf(product).find(({ factor }) => factor.kind === 'operation' && factor.operator === 'matmul');
  if (all && positive.every((term) => sameComputation(term, all.factor))) return true;
  // Of scalars, the law of cosines.
  const bases = positive.map((term) => matchPattern(square(bind('base')), term)?.get('base'));
  const factors = factorsOf(product).map(({ factor }) => factor);
  return bases.every((base) => base !== undefined && factors.some((factor) => sameComputation(factor, base)));
});

function holdsProduct(term: Expression): boolean {
  if (term.kind !== 'operation') return false;
  if (term.operator === 'matmul') return true;
  if (term.operator === 'sum') return matchPattern(apply('sum', apply('multiply', anything)), term) !== undefined;
  return term.operator === 'multiply' && term.operands.some(holdsProduct);
}

const unknownPower: Pattern = apply('power', either(apply('absolute', operand), operand), bind('p'));

/** sum(x ** p) ** (1 / p), or of the mean as in generalised-mean pooling, for a p that is not known. */
const generalNorm: Pattern = suchThat(
  apply('power', either(apply('sum', unknownPower), apply('mean', unknownPower)), bind('q')),
  (bindings) => {
    const [p, q] = [bindings.get('p'), bindings.get('q')];
    if (!p || !q || p.kind === 'constant') return false;
    return (
      matchPattern(
        apply(
          'divide',
          1,
          suchThat(anything, (_, node) => node === p),
        ),
        q,
      ) !== undefined
    );
  },
);

/** hypot is a norm of squares here; its own gradient is another matter. */
const plainNorm: Pattern = suchThat(apply('norm', operand), (bindings) => {
  const of = bindings.get('x');
  return of !== undefined && matchPattern(apply('add', square(anything), square(anything)), of) === undefined;
});

const theOperand = (hit: Hit): Expression => hit.bindings.get('x') as Expression;

const equalVectors = 'two equal vectors, a row of zeros';

const underTheRoot =
  'add a small number under the root, sqrt(sum(x ** 2) + 1e-12), or limit what is under it from below';

/** What is normalised is trained through, by whatever name. */
const isNormalising = (hit: Hit): boolean =>
  namesAround(hit).some((name) =>
    /normali[sz]e|^_*unit(_?vec(tor)?s?|ize)?$|l2_?norm|distance|similarity|cosine/i.test(name),
  );

/** How much to make of a norm that is written out, or is so inside: where nothing is known of x, less. */
function ofNorm(hit: Hit): false | Severity {
  const found = whereZero(theOperand(hit), hit, 'warning');
  if (found !== 'hint' || isOutsideTraining(hit)) return found;
  return isInsideTraining(hit) || isNormalising(hit) ? 'information' : 'hint';
}

/** A root whose gradient fails at 0. */
const rootForm = (name: string, pattern: Pattern, more: Partial<Form> = {}): Form => ({
  pattern,
  name,
  ofGradients: true,
  atZero: { value: rootOfSquare },
  says: (hit) => sayAtZero(hit, whereIsZero(hit, equalVectors), 'norm'),
  guard: (hit) => ofNorm(hit),
  advice: underTheRoot,
  ...more,
});

/** Of all elements at once it takes a perfect fit: for information in a loss, a hint elsewhere. */
function ofPerfectFit(hit: Hit): false | Severity {
  const found = whereZero(theOperand(hit), hit, 'information');
  return found && (isInsideTraining(hit) ? found : 'hint');
}

/** Whether a value is what a mean squared error came to. */
function isSquaredError(value: Expression, { analysis }: Hit): boolean {
  const origin = analysis.originOf(value);
  return analysis.sites.some(
    ({ loss, range }) => loss?.endsWith(':mse') === true && range.start === origin?.start && range.end === origin.end,
  );
}

/** Whether the mean is one of each row: of a distance, not of a batch. */
function isAlongAxis(hit: Hit): boolean {
  const mean = findAll(hit.matched, 'mean', 'sum')[0];
  // Divided by a number of elements, sums are statistics as well.
  if (mean?.kind === 'operation' && mean.operator === 'sum' && !isInsideTraining(hit)) return false;
  const axis = mean && hit.analysis.axisOf(mean);
  return axis !== undefined && hit.analysis.text.slice(axis.start, axis.end) !== 'None' && !isOutsideTraining(hit);
}

/** The parts of complex numbers, both of which are 0 in silence, by the code that they are squared in. */
const partOfComplex = /(^|[^a-z])(re|im)([^a-z]|$)|real|imag|\[(\.\.\.|:)[^\]]*,\s*[01]\s*\]/i;

/** What filters give for the slopes of an image, both of which are 0 where it is flat: by what they are called. */
const partOfGradient = /^((g|d|grad|sobel|edge)_?[xyhv]|[xyhv]_?(grad|sobel|diff|edge)|\w*_grad_?[xyhv])(\[.*\])?$/i;

const ofSpectrum = /\b[ir]?stft\(|fft\w*\(|view_as_complex\(/;

/** Whether it is a complex number's magnitude or its square, from its parts, or that of an image's slope. */
export function isMagnitude(sum: Expression, hit: Hit): boolean {
  const names = (node: Expression): string[] => [
    sourceOf(hit, node) ?? '',
    ...(hit.analysis.originOf(node)?.names ?? []),
  ];
  if (sum.kind === 'operation' && sum.operator === 'absolute')
    return [sum, ...sum.operands].flatMap(names).some((name) => ofSpectrum.test(name));
  const squares = termsOf(sum).map(({ term }) => matchPattern(square(bind('base')), term)?.get('base'));
  return (
    squares.length === 2 &&
    [partOfComplex, partOfGradient].some((part) =>
      squares.every((base) => base && names(base).some((name) => part.test(name))),
    )
  );
}

function guardOfSquares(hit: Hit): false | Severity {
  const sum = theOperand(hit);
  if (canBeZero(sum, hit) === 'yes') return whereZero(sum, hit, 'warning');
  if (!isMagnitude(sum, hit) || !isInsideTraining(hit)) return false;
  return whereZero(sum, hit, 'information') && 'information';
}

/** Whether what looks like a square is one, and not the products of a vector's elements with each other. */
function isOneSquare(hit: Hit): boolean {
  const { matched } = hit;
  const argument = matched.kind === 'operation' ? matched.operands[0] : undefined;
  const text = (argument && sourceOf(hit, argument)) ?? '';
  const [, left, right] = /^([^*]+)\*([^*]+)$/.exec(text) ?? [];
  return left?.trim() === right?.trim();
}

export const normAtZero: Rule = {
  id: 'norm-at-zero',
  title: 'gradient of a norm at 0',
  entries: ['NS45', 'NS46'],
  severity: 'warning',
  triggers: [['sqrt', 'norm', 'Norm', 'pow', '**']],
  forms: [
    rootForm('sqrt(sum(x ** 2))', rootOf(sumOfSquares)),
    rootForm(
      'sqrt(mean(x ** 2))',
      rootOf(either(apply('mean', square(operand)), apply('divide', sumOfSquares, anything))),
      {
        guard: (hit) => (isAlongAxis(hit) ? ofNorm(hit) : ofPerfectFit(hit)),
      },
    ),
    rootForm('sqrt(mse(x, y))', rootOf(bind('x', (node) => node.kind === 'variable')), {
      says: (hit) => sayAtZero(hit, 'Where x and y are equal', 'root of a mean squared error'),
      at: (hit) => (isSquaredError(theOperand(hit), hit) ? hit.form : undefined),
      guard: (hit) => (isInsideTraining(hit) ? 'information' : 'hint'),
    }),
    rootForm(
      'sqrt(min(sum(x ** 2)))',
      rootOf(through(['pick', 'least'], apply('least', through(['pick'], sumOfSquares)))),
      {
        says: (hit) => sayAtZero(hit, 'Where two points are the same', 'distance'),
      },
    ),
    // Where the mask is 0 everything under the root is.
    rootForm('sqrt(sum(w * x ** 2))', rootOf(apply('sum', apply('multiply', square(operand), anything)))),
    rootForm('sqrt(x ** 2)', rootOf(square(operand)), {
      guard: (hit) => isOneSquare(hit) && whereZero(theOperand(hit), hit, 'information'),
      advice: 'take the absolute value',
    }),
    rootForm('sqrt(x ** 2 + y ** 2)', rootOf(addedSquares), {
      says: (hit) => sayAtZero(hit, 'Where x and y are 0', 'norm'),
      guard: guardOfSquares,
    }),
    rootForm('sqrt(a ** 2 + b ** 2 - 2 * a * b)', rootOf(multipliedOut), {
      says: (hit) => sayAtZero(hit, 'Where a and b are equal', 'distance'),
      guard: (hit) => (isOutsideTraining(hit) ? 'hint' : 'warning'),
      advice: 'limit it from below before the root: rounding can also bring it below 0, where the root is NaN',
    }),
    rootForm('sum(x ** p) ** (1 / p)', generalNorm, {
      // What a ReLU keeps from x it doesn't keep from p, where that is learnt: 0 ** p * log(0).
      ofGradients: false,
      guard: (hit) => hit.site.framework.differentiates && hit.differentiates && ofNorm(hit),
    }),
    rootForm('norm(x)', plainNorm, {
      frameworks: withPlainNorm,
      // JAX differentiates functions: what stands outside of them is an error that a script shows.
      guard: (hit) => (hit.site.framework.name === 'jax' && !hit.site.within ? 'hint' : ofNorm(hit)),
    }),
  ],
};

/** Something divided by what a pattern matches, in one of the ways to write that. */
const dividedBy = (numerator: Pattern, root: Pattern, squared: Pattern): Pattern =>
  either(
    apply('divide', numerator, root),
    apply('multiply', numerator, either(apply('divide', 1, root), apply('power', squared, literal(-0.5)))),
  );

const nothing: Pattern = suchThat(anything, () => false);

/** What x is divided by. */
function divisorOf({ matched }: Hit): Expression | undefined {
  return matched.kind === 'operation' && matched.operator === 'divide' ? matched.operands[1] : undefined;
}

/** Whether x is a slice, and that in a loss: a quaternion among other outputs. */
const isSliceInLoss = (hit: Hit): boolean =>
  (sourceOf(hit, theOperand(hit)) ?? '').endsWith(']') && isInsideTraining(hit) && hit.site.within !== undefined;

const divisionForm = (root: Pattern, squared: Pattern, more: Partial<Form> = {}): Form => ({
  pattern: dividedBy(operand, root, squared),
  name: 'x / norm(x)',
  absorbs: ['norm-at-zero', 'reciprocal-root'],
  atZero: { value: divide(x, rootOfSquare) },
  says: (hit) => sayAtZero(hit, whereIsZero(hit, 'a row of zeros'), 'division by a norm'),
  guard: guardOfDivision,
  advice: "divide by the norm limited from below, or use the framework's own normalize, which does so",
  ...more,
});

/** The value fails at 0 as well as the gradient, and still this is what everyone writes of vectors that are never 0. */
function guardOfDivision(hit: Hit): false | Severity {
  const value = theOperand(hit);
  const divisor = divisorOf(hit);
  if (canBeZero(value, hit) === 'never' || (divisor && canBeZero(divisor, hit) === 'never')) return false;
  // Arrays that NumPy has taken the norm of, whatever is divided by it.
  if (divisor && hit.analysis.frameworkOf(divisor)?.differentiates === false) return 'hint';
  if (isSliceInLoss(hit)) return 'information';
  const [inner] = divisor?.kind === 'operation' && divisor.operator === 'stopGradient' ? divisor.operands : [divisor];
  const isCall = inner?.kind === 'operation' && inner.operator === 'norm';
  const found = isCall && hit.site.framework.name === 'pytorch' ? ofCall(value, hit) : ofNorm(hit);
  return found === 'warning' ? 'information' : found || 'hint';
}

/** Features of a large network are never 0; where a gradient is divided by its norm, nothing is trained. */
const featureName = /feat|embed|encod|grad|noise|rand/i;

/** What CLIP and the like give, which a step of training leaves as it is. */
const ofBackbone = /(image|img|text|txt|clip|video|audio)_?(feat|embed)|encode_|grad|noise|rand/i;

function ofCall(value: Expression, hit: Hit): false | Severity {
  if (isOfWeights(value, hit)) return false;
  const found = value.kind === 'variable' ? 'hint' : whereZero(value, hit, 'information');
  const { start, end } = hit.site.statement;
  const names = `${sourceOf(hit, value) ?? ''} ${hit.analysis.text.slice(start, end)}`;
  if (found !== 'hint' || isOutsideTraining(hit)) return found;
  const isTrained =
    isInsideTraining(hit) && (!featureName.test(names) || (isTrainedThrough(hit) && !ofBackbone.test(names)));
  return isNormalising(hit) || isTrained ? 'information' : 'hint';
}

/** The same where the axis is given by its name: by position, an order can stand before it. */
const alongAxis = (form: Form, culprit: 'norm' | 'sum'): Form => ({
  ...form,
  culprit,
  guard: (hit) => {
    const reduced = findAll(hit.matched, culprit)[0];
    const axis = reduced && hit.analysis.axisOf(reduced);
    const isNamed = axis !== undefined && /(dim|axis)\s*=\s*$/.test(hit.analysis.text.slice(0, axis.start));
    return isNamed && guardOfDivision(hit);
  },
  write: {
    pytorch: '{torch.nn.functional.normalize}($x, dim=$axis)',
    tensorflow: '{tensorflow.math.l2_normalize}($x, axis=$axis)',
    keras: '{keras.ops.normalize}($x, axis=$axis)',
    'keras-backend': '{keras.backend.l2_normalize}($x, axis=$axis)',
  },
});

/** Several factors, one of which is x: `scale * x / norm(x)`. */
const multipleOverNorm: Pattern = suchThat(
  apply('divide', bind('n'), either(plainNorm, rootOf(sumOfSquares))),
  (bindings) => {
    const [numerator, vector] = [bindings.get('n'), bindings.get('x')];
    return (
      numerator !== undefined &&
      vector !== undefined &&
      factorsOf(numerator).some(({ factor, inverse }) => !inverse && sameComputation(factor, vector))
    );
  },
);

/** All parts of x, by whose squares, added up one by one, it is divided: a quaternion's length. */
const bySquaredParts: Form = divisionForm(nothing, nothing, {
  pattern: apply('divide', bind('n'), rootOf(addedSquares)),
  name: 'x / sqrt(x[0] ** 2 + x[1] ** 2 + ...)',
  at: (hit) => {
    const vector = sourceOf(hit, hit.bindings.get('n') as Expression);
    const parts = termsOf(theOperand(hit)).map(({ term }) => matchPattern(square(bind('base')), term)?.get('base'));
    const isPart = (part: Expression | undefined): boolean =>
      part !== undefined && vector !== undefined && (sourceOf(hit, part) ?? '').startsWith(`${vector}[`);
    return parts.every(isPart) && carriesGradient(theOperand(hit), hit) ? hit.form : undefined;
  },
  guard: (hit) => (isOutsideTraining(hit) ? 'hint' : 'information'),
});

/** One of the parts that are squared and added up, by the root of that: a complex number's, as silence has none. */
const byLengthOfParts: Form = divisionForm(nothing, nothing, {
  pattern: apply('divide', bind('n'), rootOf(addedSquares)),
  name: 'x / sqrt(x ** 2 + y ** 2)',
  at: (hit) => {
    const part = hit.bindings.get('n') as Expression;
    const parts = termsOf(theOperand(hit)).map(({ term }) => matchPattern(square(bind('base')), term)?.get('base'));
    const isOne = parts.some((each) => each !== undefined && sameComputation(each, part));
    return isOne && carriesGradient(part, hit) ? hit.form : undefined;
  },
  guard: (hit) => (isOutsideTraining(hit) || !hit.site.framework.differentiates ? 'hint' : 'information'),
});

/** Its gradient takes the norm for a number. */
const byConstantNorm: Form = divisionForm(apply('stopGradient', either(plainNorm, rootOf(sumOfSquares))), nothing, {
  name: 'x / stop_gradient(norm(x))',
  atZero: { value: divide(x, rootOfSquare), gradient: divide(1, rootOfSquare) },
});

const byCall = divisionForm(plainNorm, nothing);
/** Vectors that are made as long as a number. */
const byMultiple = divisionForm(scaled(either(plainNorm, rootOf(sumOfSquares))), nothing, {
  name: 'x / (a * norm(x))',
});
const byRoot = divisionForm(rootOf(sumOfSquares), sumOfSquares);
const byRootOfMean = divisionForm(
  rootOf(either(apply('divide', sumOfSquares, anything), apply('mean', square(operand)))),
  nothing,
  {
    name: 'x / sqrt(mean(x ** 2))',
    // Of a whole batch it is a scale.
    at: (hit) => (isAlongAxis(hit) ? hit.form : undefined),
  },
);

export const divisionByNorm: Rule = {
  id: 'division-by-norm',
  title: 'division by a norm',
  entries: ['NS47', 'NS76'],
  severity: 'information',
  triggers: [['norm', 'Norm', 'sqrt', 'pow', '**']],
  forms: [
    alongAxis(byCall, 'norm'),
    alongAxis(byRoot, 'sum'),
    byCall,
    byRoot,
    byRootOfMean,
    byConstantNorm,
    byMultiple,
    divisionForm(generalNorm, nothing),
    bySquaredParts,
    byLengthOfParts,
    divisionForm(nothing, nothing, { pattern: multipleOverNorm }),
  ],
};

const dot = (a: Pattern, b: Pattern): Pattern => either(apply('sum', apply('multiply', a, b)), apply('matmul', a, b));
const normOfNamed = (name: string): Pattern =>
  either(apply('norm', bind(name)), rootOf(apply('sum', square(bind(name)))));
/** The norms of both, one by one or of all pairs: `mm(norm(x), norm(y).T)`, `einsum('i,j->ij', norm(x), norm(y))`. */
const bothNorms = either(
  apply('multiply', normOfNamed('x'), normOfNamed('y')),
  apply('matmul', normOfNamed('x'), normOfNamed('y')),
);
/** The same times something else, such as a temperature. */
const multipleOfBothNorms = either(bothNorms, apply('multiply', bothNorms, anything));

/** @param vectors those whose norms have no guard */
function guardOfCosine(vectors: readonly Expression[], hit: Hit): false | Severity {
  const found = vectors.map((vector) => ofCall(vector, hit));
  if (found.includes('information')) return 'information';
  if (!found.includes('hint')) return false;
  return hit.site.framework.differentiates && !isOutsideTraining(hit) ? 'information' : 'hint';
}

/** One of the norms has a number added to it, under its root or behind. */
const halfGuarded: Pattern = suchThat(
  apply('divide', dot(operand, bind('y')), apply('multiply', normOfNamed('x'), bind('norm'))),
  (bindings) => {
    const [y, norm] = [bindings.get('y') as Expression, bindings.get('norm') as Expression];
    const isRoot = matchPattern(rootOf(anything), norm) !== undefined || findAll(norm, 'norm').length > 0;
    return isRoot && inOrder([norm]).some((part) => sameComputation(part, y));
  },
);

const cosineForm: Form = {
  pattern: either(
    apply('divide', dot(operand, bind('y')), multipleOfBothNorms),
    apply('divide', apply('divide', dot(operand, bind('y')), normOfNamed('x')), normOfNamed('y')),
    apply('divide', apply('divide', dot(operand, bind('y')), normOfNamed('y')), normOfNamed('x')),
  ),
  name: 'dot(x, y) / (norm(x) * norm(y))',
  absorbs: ['norm-at-zero'],
  atZero: { value: divide(x, multiply(rootOfSquare, 1)) },
  says: (hit) => sayAtZero(hit, whereIsZero(hit, 'a row of zeros'), 'cosine'),
  guard: (hit) => guardOfCosine([theOperand(hit), hit.bindings.get('y') as Expression], hit),
  advice: "limit the norms from below, or use the framework's own cosine similarity with its eps",
};

export const cosineWithoutGuard: Rule = {
  id: 'cosine-of-zero-vectors',
  title: 'cosine without a guard',
  entries: ['NS48'],
  severity: 'information',
  triggers: [['norm', 'Norm', 'sqrt', 'pow', '**']],
  forms: [
    cosineForm,
    // Where one of the norms is guarded, the other isn't for that.
    {
      ...cosineForm,
      pattern: halfGuarded,
      name: 'dot(x, y) / (norm(x) * (norm(y) + eps))',
      guard: (hit) => guardOfCosine([theOperand(hit)], hit),
    },
  ],
};

/** A variance, a sum or a mean of squares: 0 where nothing varies. */
const spread: Pattern = either(
  apply('variance', operand),
  sumOfSquares,
  apply('mean', square(operand)),
  // Several variances with their weights, as in switchable normalisation.
  suchThat(apply('add', anything, bind('x')), (_, node) =>
    termsOf(node).every(({ term, sign }) => {
      const factors = factorsOf(term).map(({ factor }) => factor);
      return sign === 1 && factors.some((factor) => factor.kind === 'operation' && factor.operator === 'variance');
    }),
  ),
);

export const reciprocalRoot: Rule = {
  id: 'reciprocal-root',
  title: 'reciprocal root of 0',
  entries: ['NS67'],
  severity: 'information',
  triggers: [['sqrt', 'Sqrt', '-0.5', '- 0.5', '-.5', '-1']],
  forms: [
    {
      pattern: either(
        apply(
          'divide',
          anything,
          apply(
            'sqrt',
            bind('v', (node) => matchPattern(spread, node) !== undefined),
          ),
        ),
        apply(
          'power',
          bind('v', (node) => matchPattern(spread, node) !== undefined),
          literal(-0.5),
        ),
      ),
      name: '1 / sqrt(v)',
      atZero: { value: divide(1, sqrt(x)) },
      ofGradients: true,
      absorbs: ['norm-at-zero', 'deviation-at-zero'],
      says: (hit) => {
        const name = nameOf(hit, hit.bindings.get('v'));
        const where = name === undefined ? 'Where v is 0' : `Where v is 0 (v is \`${name}\`)`;
        return sayAtZero(hit, where, '1 / sqrt');
      },
      guard: (hit) => {
        // A root that NumPy has taken, whatever it is that it was given.
        const isOfNumPy = (root: Expression): boolean => hit.analysis.frameworkOf(root)?.differentiates === false;
        if (findAll(hit.matched, 'sqrt').some(isOfNumPy)) return false;
        const found = whereZero(hit.bindings.get('v') as Expression, hit, 'information');
        return found === 'hint' && isInsideTraining(hit) ? 'information' : found;
      },
      advice: 'add a small number under the root',
    },
    {
      // Degrees of a graph that is learnt: what a ReLU gives may be 0 everywhere.
      pattern: suchThat(
        either(apply('divide', anything, apply('sqrt', bind('v'))), apply('power', bind('v'), literal(-0.5))),
        (bindings) => {
          const of = bindings.get('v');
          return of?.kind === 'operation' && of.operator === 'sum' && findAll(of, 'maximum').length > 0;
        },
      ),
      name: '1 / sqrt(sum(relu(x)))',
      atZero: { value: divide(1, sqrt(x)) },
      says: (hit) => sayAtZero(hit, 'Where the ReLU gives nothing but 0', '1 / sqrt of a sum'),
      guard: (hit) => {
        const of = hit.bindings.get('v') as Expression;
        const isLearnt = hit.differentiates && canBeZero(of, hit) === 'yes' && carriesGradient(of, hit);
        return isLearnt && !isOutsideTraining(hit) && 'information';
      },
      advice: 'add a small number to the sum, or the identity to what is summed up',
    },
  ],
};

export const rootOfTwoSquares: Rule = {
  id: 'root-of-two-squares',
  title: 'root of two squares',
  entries: ['NS68'],
  severity: 'hint',
  triggers: [['sqrt', 'pow', '**']],
  forms: [
    {
      pattern: suchThat(rootOf(apply('add', square(bind('x')), square(bind('y')))), (bindings) =>
        ['x', 'y'].every((name) => bindings.get(name)?.kind !== 'constant'),
      ),
      name: 'sqrt(x * x + y * y)',
      unstable: () => sqrt(add(squareOf(x), squareOf(x))),
      stable: () => multiply(sqrt(2), absolute(x)),
      headline: { of: 'value', side: 'above' },
      // In float64 what overflows is no measurement of anything.
      guard: ({ formats }) => formats[0] !== 'float64',
      advice: "use hypot, which doesn't square",
    },
  ],
};

export const norms: readonly Rule[] = [
  cosineWithoutGuard,
  divisionByNorm,
  normAtZero,
  reciprocalRoot,
  rootOfTwoSquares,
];
