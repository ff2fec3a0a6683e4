import {
  add,
  anything,
  apply,
  bind,
  either,
  literalOf,
  maximum,
  multiply,
  number,
  square,
  suchThat,
  type Expression,
  type Operator,
  type Pattern,
} from '../../expression';
import { compileModelAtPoint, formatByName } from '../../numeric';
import { Question } from '../../python';
import { intervalOf } from '../interval';
import { operand, x, type Form, type Hit, type Rule } from '../rule';
import { said } from '../points';
import { nameOf, sourceOf } from './zeros';

/** What autocast computes in float32 whatever it is given, of the operations that expressions are made of. */
const inFloat32: ReadonlySet<Operator> = new Set<Operator>([
  'acos',
  'asin',
  'cosh',
  'cosine',
  'erf',
  'exp',
  'expm1',
  'log',
  'log1p',
  'logAddExp',
  'logSoftmax',
  'logSumExp',
  'norm',
  'power',
  'product',
  'sinh',
  'softmax',
  'softplus',
  'sum',
  'unit',
]);

/**
 * Whether autocast leaves the value in the half format: an operation in float32 passes its format on to all that is
 * computed with it. What comes from elsewhere is taken to come from a layer, which computes in the half format.
 */
function staysHalf(node: Expression): boolean {
  switch (node.kind) {
    case 'constant':
    case 'variable':
      return true;
    case 'withGradient':
      return staysHalf(node.value);
    case 'operation':
      if (node.operator === 'matmul') return true;
      // A root or a power of a number of the language: `/ d_k ** 0.5`.
      if (node.operator === 'divide') {
        const [a, b] = node.operands as [Expression, Expression];
        const isOfNumber = b.kind === 'operation' && b.operands.every(({ kind }) => kind !== 'operation');
        return staysHalf(a) && (isOfNumber || staysHalf(b));
      }
      return !inFloat32.has(node.operator) && node.operands.every(staysHalf);
  }
}

/** Whether the format is one that all layers of the file are told to compute in, which losses are not. */
const isByPolicy = ({ site, analysis }: Hit, value: Expression): boolean =>
  analysis.formatOf(value) === undefined && site.format !== undefined && site.framework.name !== 'pytorch';

/** Whether a value is float16 here: by the code, by autocast, or as the settings say. */
function isHalf(hit: Hit, value: Expression): boolean {
  const { site, formats, analysis } = hit;
  const known = analysis.formatOf(value) ?? site.format;
  if (known !== undefined) return known === 'float16';
  if (site.autocast !== undefined) return site.autocast === 'float16' && staysHalf(value);
  if (site.framework.name === 'pytorch' && isInModule(hit) && analysis.ask(halvesModel)) return staysHalf(value);
  return formats[0] === 'float16';
}

/** Whether it is in the forward pass of a module. */
const isInModule = ({ site: { within } }: Hit): boolean => within?.kind === 'function' && within.name === 'forward';

/** Whether the file computes a model in float16: `model = Net().cuda().half()`, `model.half()`. */
const halvesModel = new Question((text) =>
  /\b\w*(model|net|network)\w*(\.cuda\(\)|\.to\([^()]*\))?\.half\(\)|=\s*[A-Z]\w*\([^\n]*\)(\.cuda\(\)|\.to\([^()]*\))?\.half\(\)/.test(
    text,
  ),
);

const float16 = formatByName('float16');

const boundOperand = (hit: Hit): Expression => hit.bindings.get('x') as Expression;

/** A number in which float16 has no room: it becomes infinite. */
const tooLarge = (value: number): boolean => Number.isFinite(value) && !Number.isFinite(float16.round(value));

/** A literal, also one that is computed from literals: `-1e9`, `-2 ** 15`. */
const literalNumber = (name: string, condition: (value: number) => boolean): Pattern =>
  suchThat(bind(name), (_, node) => {
    const value = literalOf(node);
    return value !== undefined && condition(value);
  });

const fill = literalNumber('fill', (value) => value < 0 && tooLarge(value));

const fillOf = (hit: Hit): number => literalOf(hit.bindings.get('fill') as Expression) as number;

/** Whether it is the method that refuses such a number, where others take it for infinity. */
const refuses = (hit: Hit): boolean =>
  hit.site.framework.name === 'pytorch' && (sourceOf(hit, hit.matched) ?? '').includes('masked_fill');

export const fillTooLarge: Rule = {
  id: 'mask-fill-in-half',
  title: 'mask value too large for float16',
  entries: ['NS63'],
  severity: 'warning',
  triggers: [
    ['e4', 'e5', 'e6', 'e7', 'e8', 'e9', 'e1', 'e2', 'e3', '000', '99999', '2 **', '2**'],
    ['half', '16', 'autocast', 'mixed', 'amp'],
  ],
  forms: [
    {
      pattern: either(apply('select', anything, fill, operand), apply('select', anything, operand, fill)),
      name: 'masked_fill(x, mask, -1e9)',
      says: (hit) => {
        const infinite = `${said(fillOf(hit))} is ${said(float16.round(fillOf(hit)))} in float16`;
        return {
          message: `${infinite}, whose largest number is ${String(float16.max)}: ${refuses(hit) ? 'PyTorch raises "value cannot be converted to type c10::Half without overflow"' : 'a softmax over a row that is masked entirely is NaN'}.`,
          lens: infinite,
        };
      },
      guard: (hit) => isHalf(hit, boundOperand(hit)) && (refuses(hit) ? 'warning' : 'information'),
      advice: "fill with the least number of the tensor's own type, torch.finfo(x.dtype).min and its like",
    },
    {
      // PyTorch multiplies by numbers in float32, where nothing overflows before the mask has made it 0.
      frameworks: ['tensorflow', 'keras', 'keras-backend', 'jax', 'tfjs'],
      pattern: apply('add', operand, apply('multiply', fill, bind('mask'))),
      name: 'x + mask * -1e9',
      says: (hit) => {
        const infinite = float16.round(fillOf(hit));
        const nothing = compileModelAtPoint([multiply(fillOf(hit), x)], [x.name], float16)(0)[0] as number;
        return {
          message:
            `${said(fillOf(hit))} is ${said(infinite)} in float16, whose largest number is ${String(float16.max)}, and ` +
            `times a mask of 0 it is ${said(nothing)}: what isn't masked is lost as well.`,
          lens: `0 * ${said(fillOf(hit))} is ${said(nothing)} in float16`,
        };
      },
      guard: (hit) => isHalf(hit, boundOperand(hit)),
      advice: "select with where, and fill with the least number of the tensor's own type",
    },
  ],
};

const epsilon = number('eps', (value) => value > 0 && float16.round(value) === 0);

const vanishing = (name: string, pattern: Pattern): Form => ({
  pattern,
  name,
  says: (hit) => {
    const eps = hit.numbers['eps'] as number;
    const result = pattern.roots?.has('add') ? add(x, eps) : maximum(x, eps);
    const [atZero = NaN] = compileModelAtPoint([result], [x.name], float16)(0);
    return {
      message:
        `${String(eps)} is ${said(float16.round(eps))} in float16, whose smallest number above 0 is ` +
        `${said(float16.smallestSubnormal)}: where x is 0, ${name} is ${said(atZero)} as well, and the guard is none.`,
      lens: `${String(eps)} is ${said(float16.round(eps))} in float16`,
    };
  },
  yields: true,
  guard: (hit) => isHalf(hit, boundOperand(hit)) && (isByPolicy(hit, boundOperand(hit)) ? 'hint' : true),
  advice: 'take an epsilon that float16 has, 1e-4 say, or compute this in float32',
});

export const vanishingEpsilon: Rule = {
  id: 'epsilon-below-half',
  title: 'epsilon that float16 rounds to 0',
  entries: ['NS64'],
  severity: 'information',
  triggers: [
    ['e-', '0.00000'],
    ['half', '16', 'autocast', 'mixed', 'amp'],
  ],
  forms: [
    vanishing('x + eps', apply('add', operand, epsilon)),
    vanishing('max(x, eps)', either(apply('maximum', operand, epsilon), apply('clip', operand, epsilon, anything))),
  ],
};

/** Whether the code says of the value itself that it is float16: autocast and policies compute losses in float32. */
const isDeclaredHalf = (hit: Hit): boolean => {
  const value = boundOperand(hit);
  return (hit.analysis.formatOf(value) ?? hit.site.format) === 'float16' && !isByPolicy(hit, value);
};

const overflowing: Partial<Form> = {
  headline: { of: 'value', side: 'above' },
  advice: 'compute it in float32, with x.float() or its like before',
};

export const squareInHalf: Rule = {
  id: 'square-in-half',
  title: 'square in float16',
  entries: ['NS65'],
  severity: 'information',
  triggers: [
    ['half', '16'],
    ['**', '*', 'pow', 'square', 'Square', 'MSE', 'mse', 'sum', 'l2_loss'],
  ],
  forms: [
    {
      ...overflowing,
      pattern: square(operand),
      name: 'x ** 2',
      unstable: () => multiply(x, x),
      guard: isDeclaredHalf,
    },
    {
      ...overflowing,
      pattern: either(operand),
      ofLoss: ['torch:mse', 'tf:mse', 'keras:mse', 'optax:mse'],
      name: 'the square of an error x',
      unstable: () => multiply(x, x),
      guard: isDeclaredHalf,
    },
    {
      pattern: apply('sum', operand),
      name: 'sum(x)',
      says: (hit) => ({
        message: `A sum above ${String(float16.max)} is ${said(float16.round(2 * float16.max))} in float16${suffix(hit)}.`,
        lens: `a sum above ${String(float16.max)} is ${said(float16.round(2 * float16.max))} in float16`,
      }),
      // Probabilities and masks would have to be very many.
      guard: (hit) => isDeclaredHalf(hit) && intervalOf(boundOperand(hit)).high > 1,
      advice: 'add up in float32: sum(x.float()), or with dtype=float32',
    },
  ],
};

const suffix = (hit: Hit): string => {
  const name = nameOf(hit, boundOperand(hit));
  return name === undefined ? '' : `, here of \`${name}\``;
};

export const formats: readonly Rule[] = [fillTooLarge, vanishingEpsilon, squareInHalf];
