import {
  absolute,
  add,
  and,
  clip,
  divide,
  equal,
  greater,
  less,
  lessEqual,
  log,
  log1p,
  multiply,
  negate,
  or,
  select,
  sigmoid,
  substitute,
  subtract,
  withGradient,
  type Expression,
} from '../expression';
import { formatByName, type FormatName } from '../numeric';
import { clipProbability, crossEntropyOf, kerasEpsilon, probability } from './bce';
import { defineLoss, p, t, z, type LossConstant, type LossEntry } from './entry';
import { binaryCrossEntropy as ideal } from './ideal';

/**
 * The replaced output: what the error is computed from, given the output and the target. `radius` and `1 - radius`
 * are float64 numbers that the format stores rounded, as a Python program makes them.
 */
export type ZeroErrorRadius = (output: Expression, target: Expression, radius: number) => Expression;

const distance = (output: Expression, target: Expression): Expression => absolute(subtract(output, target));

/** The target, where the output is nearer to it than the radius. */
const v1: ZeroErrorRadius = (output, target, radius) => select(less(distance(output, target), radius), target, output);

/** Also limits the error at the opposite end: where it is more than 1 - radius, the output is moved to that. */
const v2: ZeroErrorRadius = (output, target, radius) => {
  const opposite = 1 - radius;
  const below = select(greater(subtract(output, target), opposite), opposite, v1(output, target, radius));
  return select(greater(subtract(target, output), opposite), radius, below);
};

/** As v2, but the opposite end is limited for the targets 0 and 1 alone. */
const v3: ZeroErrorRadius = (output, target, radius) => {
  const opposite = 1 - radius;
  const tooHigh = and(equal(target, 0), greater(output, opposite));
  const tooLow = and(equal(target, 1), less(output, radius));
  return select(tooLow, radius, select(tooHigh, opposite, v1(output, target, radius)));
};

/** Clips first, then replaces what is within the radius, its border included. */
const v4: ZeroErrorRadius = (output, target, radius) =>
  select(lessEqual(distance(output, target), radius), target, clip(output, radius, 1 - radius));

/** v1 with the border included. */
const custom: ZeroErrorRadius = (output, target, radius) =>
  select(lessEqual(distance(output, target), radius), target, output);

/** MikeNet's ce_error: no output is nearer to an end than 1e-6, none of a hard target farther off than 1 - radius. */
const mikenet: ZeroErrorRadius = (output, target, radius) => {
  const activation = clip(output, 1e-6, 0.999999);
  const forZero = clip(activation, 1e-6, 1 - radius);
  const forOne = clip(activation, radius, 0.999999);
  const limited = select(less(target, 0.001), forZero, select(less(0.999, target), forOne, activation));
  return select(less(distance(activation, target), radius), target, limited);
};

/** Lens and MESH move the target to the output instead, which leaves the same error: none. */
const lens: ZeroErrorRadius = v1;

/** v4 without its border, which MikeNet doesn't count either: what limits the error is the clip, for every target. */
const straightThrough: ZeroErrorRadius = (output, target, radius) =>
  select(less(distance(output, target), radius), target, clip(output, radius, 1 - radius));

/** Zero error radii by name. */
export const zeroErrorRadius = { v1, v2, v3, v4, custom, mikenet, lens, straightThrough } as const;

const radiusConstant = {
  name: 'radius',
  label: 'zero error radius',
  default: 0.1,
  minimum: 0,
  maximum: 0.5,
  describe: 'An output within this distance from its target counts as no error.',
} as const satisfies LossConstant;

/** What Lens takes for infinity and for its reciprocal. */
const large = 1e10;
const small = 1e-10;

/** x log(y), but 0 where x is 0. */
const weightedLog = (x: Expression, y: Expression): Expression => select(equal(x, 0), 0, multiply(x, log(y)));

/** The cross-entropy of an output that equals its target: 0 for the targets 0 and 1. Subtracted from 0, which is no -0. */
const entropy: Expression = subtract(0, add(weightedLog(t, t), weightedLog(subtract(1, t), subtract(1, t))));

/**
 * The logit held where the output lies in [radius, 1 - radius]. A clip of the output itself would lose the logit near
 * 1. The bound log(1 / radius - 1) is a float64 number that the format stores rounded, as `radius` is. Where it is more
 * than the format's largest value, no logit reaches it; float8_e4m3fn would store it as NaN.
 */
function limitedLogit(radius: number, format: FormatName = 'float64'): Expression {
  const bound = Math.log1p(-radius) - Math.log(radius);
  if (!Number.isFinite(formatByName(format).round(bound))) return z;
  return clip(z, -bound, bound);
}

interface Variant {
  readonly id: string;
  readonly label: string;
  readonly replace: ZeroErrorRadius;
  readonly replaced: string;
  readonly notes: string;
  readonly preferred: NonNullable<LossEntry['preferred']>;
}

const wantsReplacedFirst = {
  id: 'zer/custom-bce',
  why: 'It replaces before it clips, so that no loss is negative, and its gradient lives on the wrong side to 16.1.',
};
const wantsItsGradient = {
  id: 'zer/straight-through',
  why: 'It limits the error at the same output and keeps the gradient p − t on the wrong side; no loss is negative.',
};

const variants: readonly Variant[] = [
  {
    id: 'zer/v1',
    label: 'Zero error radius v1 (mask)',
    replace: v1,
    replaced: 't where |c − t| < r, else c',
    notes: 'The error jumps at the radius. Without a limit at the opposite end.',
    preferred: wantsReplacedFirst,
  },
  {
    id: 'zer/v2',
    label: 'Zero error radius v2 (mask, both ends)',
    replace: v2,
    replaced: '1 − r where c − t > 1 − r, r where t − c > 1 − r, t where |c − t| < r, else c',
    notes: 'Beyond 1 − r on the wrong side the loss is a constant: its gradient is exactly 0 there.',
    preferred: wantsItsGradient,
  },
  {
    id: 'zer/v3',
    label: 'Zero error radius v3 (mask, opposite end by target)',
    replace: v3,
    replaced: '1 − r where t = 0 and c > 1 − r, r where t = 1 and c < r, t where |c − t| < r, else c',
    notes:
      'As v2 for the targets 0 and 1, up to rounding: v2 compares a difference that has been rounded. Soft targets have ' +
      'no limit at the opposite end. The gradient is exactly 0 beyond |z| = log(1/r − 1), on both sides.',
    preferred: wantsItsGradient,
  },
  {
    id: 'zer/v4',
    label: 'Zero error radius v4 (clip, mask)',
    replace: v4,
    replaced: 't where |c − t| ≤ r, else clip(c, r, 1 − r)',
    notes: 'Clips the outputs of soft targets too. The gradient is exactly 0 beyond |z| = log(1/r − 1), on both sides.',
    preferred: wantsItsGradient,
  },
];

/** Losses with a zero error radius. */
export const zerLosses: readonly LossEntry[] = [
  ...variants.map(({ id, label, replace, replaced, notes, preferred }) =>
    defineLoss({
      id,
      label,
      family: 'zer',
      framework: 'TensorFlow',
      versions: 'a custom loss on tf.keras 2',
      source: 'notebook "Zero error radius prototyping"',
      formula: `c = clip(p, ε, 1 − ε); q = ${replaced}; −(t·log(q + ε) + (1 − t)·log(1 − q + ε))`,
      constants: [radiusConstant, kerasEpsilon],
      notes:
        `${notes} The output is replaced after the clip, so that within the radius the loss is −log(1 + ε), which is ` +
        'negative: −1.19e-7 in float32.',
      preferred,
      form: ({ radius, epsilon }) => ({
        loss: crossEntropyOf(replace(clipProbability(probability, epsilon), t, radius), epsilon),
        ideal,
        replacedOutput: replace(p, t, radius),
      }),
    }),
  ),
  defineLoss({
    id: 'zer/custom-bce',
    label: 'Zero error radius CustomBCE (mask, clip)',
    family: 'zer',
    framework: 'TensorFlow',
    versions: 'a custom loss on tf.keras 2',
    source: 'class CustomBCE, the successor of the notebook "Zero error radius prototyping"',
    formula: 'o = t where |p − t| ≤ r, else p; q = clip(o, ε, 1 − ε); −(t·log(q + ε) + (1 − t)·log(1 − q + ε))',
    constants: [radiusConstant, kerasEpsilon],
    notes:
      'Replaces before it clips, so that the loss is exactly −0 within the radius. Without a limit at the opposite end: ' +
      'the gradient lives on the wrong side until the clip, at 16.1 in float32.',
    form: ({ radius, epsilon }) => ({
      loss: crossEntropyOf(clipProbability(custom(probability, t, radius), epsilon), epsilon),
      ideal,
      replacedOutput: custom(p, t, radius),
    }),
  }),
  defineLoss({
    id: 'mikenet/cross-entropy',
    label: 'MikeNet cross-entropy',
    family: 'zer',
    framework: 'MikeNet',
    versions: 'MikeNet 8.0',
    source: 'src/error.c',
    formula:
      'o = clip(p, 1e-6, 0.999999); 0 where |o − t| < r, −log(1 − min(o, 1 − r)) where t < 0.001, ' +
      '−log(max(o, r)) where t > 0.999, else t·log(t/o) + (1 − t)·log((1 − t)/(1 − o))',
    constants: [{ ...radiusConstant, default: 0 }],
    notes:
      'The error jumps at the radius. Its gradient in back-propagation is o − t outside the radius, at the opposite end ' +
      'too, where the error itself is constant.',
    formats: ['float32'],
    form: ({ radius }) => {
      // The logistic function is computed in double, too, and then stored: near 1 that is 1 - sigmoid(-z) in float32.
      const logistic = select(less(0, z), subtract(1, sigmoid(negate(z))), probability);
      const output = clip(logistic, 1e-6, 0.999999);
      const within = less(distance(output, t), radius);
      // In C, 1.0 - o and its logarithm are computed in double and then stored: log1p, as far as float32 can tell.
      const forZero = negate(log1p(negate(clip(output, 1e-6, 1 - radius))));
      const forOne = negate(log(clip(output, radius, 0.999999)));
      const between = add(
        multiply(t, log(divide(t, output))),
        multiply(subtract(1, t), log(divide(subtract(1, t), subtract(1, output)))),
      );
      const error = select(less(t, 0.001), forZero, select(less(0.999, t), forOne, between));
      return {
        loss: withGradient(select(within, 0, error), [z], [select(within, 0, subtract(output, t))]),
        ideal,
        replacedOutput: mikenet(p, t, radius),
      };
    },
  }),
  defineLoss({
    id: 'lens/cross-entropy',
    label: 'Lens/MESH cross-entropy',
    family: 'zer',
    framework: 'Lens',
    versions: 'MESH, after Lens',
    source: 'src/error.c of MESH',
    formula:
      'd = p where |p − t| < r, else t; e = −log(1 − p) where d = 0, −log(p) where d = 1, ' +
      'else d·log(d/p) + (1 − d)·log((1 − d)/(1 − p)); 1e10 where e = ∞, else e',
    constants: [{ ...radiusConstant, default: 0 }],
    notes:
      'The target is moved to the output within the radius. Infinite errors are 1e10, and the derivative by the output is ' +
      'limited to 1e10: beyond that the gradient vanishes with p·(1 − p).',
    formats: ['float64'],
    form: ({ radius }) => {
      const within = and(less(subtract(probability, t), radius), less(-radius, subtract(probability, t)));
      const target = select(within, probability, t);
      const [isZero, isOne] = [equal(target, 0), equal(target, 1)];
      const complement = subtract(1, probability);
      // Within the radius target and output are equal: log(1) twice.
      const between = select(
        within,
        0,
        add(
          multiply(log(divide(t, probability)), t),
          multiply(log(divide(subtract(1, t), complement)), subtract(1, t)),
        ),
      );
      const saturated = or(lessEqual(probability, 0), lessEqual(1, probability));
      const value = select(
        isZero,
        select(equal(probability, 1), large, negate(log(complement))),
        select(
          isOne,
          select(equal(probability, 0), large, negate(log(probability))),
          select(saturated, large, between),
        ),
      );
      const slope = multiply(probability, complement);
      const difference = subtract(probability, target);
      const derivative = select(
        isZero,
        select(lessEqual(complement, small), large, divide(1, complement)),
        select(
          isOne,
          select(lessEqual(probability, small), -large, divide(-1, probability)),
          select(lessEqual(slope, small), multiply(difference, large), divide(difference, slope)),
        ),
      );
      return {
        loss: withGradient(value, [z], [multiply(derivative, slope)]),
        ideal,
        replacedOutput: lens(p, t, radius),
      };
    },
  }),
  defineLoss({
    id: 'zer/straight-through',
    label: 'Zero error radius straight-through (Lossfloor)',
    family: 'zer',
    framework: 'Lossfloor',
    versions: 'a proposal of Lossfloor; no framework has it',
    source: 'src/losses/zer.ts of Lossfloor',
    formula:
      'q = clip(p, r, 1 − r); 0 where |p − t| < r and t·(1 − t) = 0, −(t·log(t) + (1 − t)·log(1 − t)) where |p − t| < r, ' +
      'else −(t·log(q) + (1 − t)·log(1 − q))',
    constants: [radiusConstant],
    notes:
      'The error that is reported has a limit at both ends, as in v4: −log(r) for the targets 0 and 1; it is computed from ' +
      'the clipped logit. The gradient, 0 within the radius and else (1 − t)·σ(z) − t·σ(−z), which is p − t, is ' +
      'not the derivative of that limited error but of plain cross-entropy, passed straight through the limit, as ' +
      'MikeNet passes o − t: 0 within the radius, and on the wrong side never exactly 0. Within the radius the loss is ' +
      'the entropy of the target: exactly 0 for 0 and 1, and never negative. With the radius 0 it is plain ' +
      'cross-entropy from logits. A gradient check by differences fails beyond the limit, by design.',
    form: ({ radius }, format) => {
      const within = less(distance(probability, t), radius);
      const limited = substitute(ideal, new Map([[z.name, limitedLogit(radius, format)]]));
      const whole = subtract(multiply(subtract(1, t), probability), multiply(t, sigmoid(negate(z))));
      return {
        loss: withGradient(select(within, entropy, limited), [z], [select(within, 0, whole)]),
        ideal,
        replacedOutput: straightThrough(p, t, radius),
      };
    },
  }),
];
