import assert from 'node:assert/strict';
import {
  add,
  clip,
  divide,
  exp,
  log,
  log1p,
  logSigmoid,
  logSoftmax,
  maximum,
  negate,
  sigmoid,
  softmax,
  subtract,
  variable,
  type Expression,
} from '../../src/expression';
import { batchMean, lossById, LossError, zeroErrorRadius } from '../../src/losses';
import { compileModelAtPoint, exactNumber, formats, ulpDistance, type FormatName } from '../../src/numeric';

// What five public documents print, computed by our expressions: a notebook on the zero error radius, question pages on
// TensorFlow's and Keras' cross-entropy, a notebook on focal loss, a question on the floor of Keras' loss. Of 45 values
// 44 come out; the other is its author's own mistake.

const { float32 } = formats;
const x = variable('x');

/** A function of `x` in a format. */
function of(expression: Expression, format: FormatName = 'float32'): (x: number) => number {
  const atPoint = compileModelAtPoint([expression], ['x'], formats[format]);
  return (value) => atPoint(formats[format].round(value))[0] as number;
}

/** Loss of an entry at a point. */
function loss(id: string, z: number, t: number, format: FormatName = 'float32'): number {
  const form = lossById(id).build({}, format);
  return compileModelAtPoint([form.loss], ['z', 't'], formats[format])(formats[format].round(z), t)[0] as number;
}

/** The mean of an entry's loss over a batch in float32. */
function mean(id: string, logits: readonly number[], targets: readonly number[]): number {
  const batch = { logits: Float64Array.from(logits, float32.round), targets: Float64Array.from(targets) };
  return batchMean(lossById(id).build({}, 'float32'), batch, float32).loss;
}

/** PyTorch prints four digits after the point. */
const half = 0.5e-4;

/** The input was printed to four digits, too: the output lies between those of the numbers that print so. */
function fromPrinted(f: (x: number) => number, input: number, output: number): void {
  const ends = [f(input - half), f(input + half)];
  const [low, high] = [Math.min(...ends) - half, Math.max(...ends) + half];
  assert.ok(low <= output && output <= high, `${String(output)} is not from ${String(low)} to ${String(high)}`);
}

/** Means of losses whose slopes are at most 1 move no more than their inputs. */
function nearMean(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 2 * half, `${String(actual)}, not ${String(expected)}`);
}

function nearDigits(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= half, `${String(actual)}, not ${String(expected)}`);
}

describe('zero error radius notebook', () => {
  const [p, t] = [variable('p'), variable('t')];
  const outputs = [0.99, 0.01, 0.88, 0.02, 0.2, 0.8];
  const targets = [1, 0, 0, 1, 1, 0];
  const answers: readonly (readonly [radius: number, answer: readonly number[]])[] = [
    [0.1, [1, 0, 0.88, 0.1, 0.2, 0.8]],
    [0.2, [1, 0, 0.8, 0.2, 0.2, 0.8]],
    [0.3, [1, 0, 0.7, 0.3, 0.3, 0.7]],
  ];
  for (const name of ['v1', 'v2', 'v3', 'v4'] as const) {
    for (const [radius, answer] of answers) {
      it(`${name}, radius ${String(radius)}: ${name === 'v1' ? 'fails' : 'passes'} tf.debugging.assert_equal`, () => {
        const atPoint = compileModelAtPoint([zeroErrorRadius[name](p, t, radius)], ['p', 't'], float32);
        const replaced = outputs.map((output, i) => atPoint(float32.round(output), targets[i] as number)[0]);
        const expected = answer.map(float32.round);
        if (name === 'v1') assert.notDeepEqual(replaced, expected);
        else assert.deepEqual(replaced, expected);
      });
    }
  }

  it('v1 has no limit at the opposite end, which is all it differs by', () => {
    const atPoint = compileModelAtPoint([zeroErrorRadius.v1(p, t, 0.3)], ['p', 't'], float32);
    const replaced = outputs.map((output, i) => atPoint(float32.round(output), targets[i] as number)[0]);
    assert.deepEqual(replaced, [1, 0, 0.88, 0.02, 0.2, 0.8].map(float32.round));
  });

  // The notebook's < and <= differ where a difference is the radius itself, which float32 decides.
  it('puts borders where float32 has them', () => {
    const distance = (output: number, target: number): number =>
      of(subtract(x, target))(output) * (target === 1 ? -1 : 1) - float32.round(target === 1 ? 1 - output : output);
    assert.ok(distance(0.9, 1) > 0);
    assert.ok(distance(0.8, 1) < 0);
    for (const [output, target] of [
      [0.7, 1],
      [0.1, 0],
      [0.2, 0],
      [0.3, 0],
    ] as const) {
      assert.equal(distance(output, target), 0);
    }
  });
});

describe("question on TensorFlow's sparse softmax cross-entropy", () => {
  const logits = [0, 1, 2] as const;

  it('softmax of [0, 1, 2]', () => {
    const printed = [0.09003057, 0.24472847, 0.66524096];
    logits.forEach((logit, i) => {
      const others = logits.filter((other) => other !== logit);
      const value = of(softmax(x, ...others))(logit);
      // The operator adds up its own component first, the kernel in the order of the classes.
      assert.ok(ulpDistance(float32, value, float32.round(printed[i] as number)) <= 1n, String(value));
    });
  });

  it('the loss is 1.4076059, not the 1.23 of the asker', () => {
    const value = of(negate(logSoftmax(x, 0, 2)))(1);
    assert.equal(value.toFixed(7), '1.4076059');
    assert.equal(value.toFixed(2), '1.41');
    assert.equal(exactNumber(negate(logSoftmax(x, 0, 2)), { x: 1 }), 1.4076059644443804);
  });
});

describe('notebook on cross-entropy and focal loss', () => {
  const pairs = [
    [0.8145, 0.0557],
    [0.2166, 0.4648],
    [0.0403, 0.8233],
    [0.3373, 0.3691],
    [0.7504, 0.2432],
  ] as const;
  const classes = [1, 0, 1, 1, 0];
  const some = [0.5827, 0.7705, 0.4685];
  const scores = [0.2316, 0.4442, 0.0177, 0.3277, 0.0546];
  /** `(5, 1)` with `(5,)` broadcasts to a table of 25. */
  const broadcast = (targets: readonly number[]): [number[], number[]] => [
    scores.flatMap((score) => targets.map(() => score)),
    scores.flatMap(() => targets),
  ];

  it('softmax of five pairs', () => {
    const printed = [
      [0.6811, 0.3189],
      [0.4383, 0.5617],
      [0.3137, 0.6863],
      [0.4921, 0.5079],
      [0.6242, 0.3758],
    ];
    pairs.forEach(([a, b], i) => {
      // exp(x) / sum(exp(x)) as the notebook has it, and the kernel.
      const byHand = divide(exp(x), add(exp(x), exp(b)));
      for (const form of [byHand, softmax(x, b)]) fromPrinted(of(form), a, printed[i]?.[0] as number);
      fromPrinted(of(softmax(x, a)), b, printed[i]?.[1] as number);
    });
  });

  it('cross-entropy: by softmax and log, by log_softmax, by F.cross_entropy, and of one probability', () => {
    const logits = pairs.map(([a, b]) => b - a);
    const ids = ['naive/softmax-cross-entropy', 'naive/log-softmax', 'torch/cross-entropy', 'torch/bce@1.0'];
    for (const id of ids) nearMean(mean(id, logits, classes), 0.6986);
  });

  it('logsigmoid and sigmoid of three numbers, and BCELoss of them', () => {
    const printed = [
      [-0.4436, 0.6417],
      [-0.3803, 0.6836],
      [-0.4861, 0.615],
    ];
    some.forEach((score, i) => {
      fromPrinted(of(logSigmoid(x)), score, printed[i]?.[0] as number);
      fromPrinted(of(sigmoid(x)), score, printed[i]?.[1] as number);
    });
    nearMean(mean('torch/bce@1.0', some, [0, 1, 1]), 0.6309);
  });

  it('sigmoid and logarithms of five scores', () => {
    const columns: readonly (readonly [Expression, readonly number[]])[] = [
      [sigmoid(x), [0.5576, 0.6093, 0.5044, 0.5812, 0.5136]],
      [logSigmoid(x), [-0.584, -0.4955, -0.6843, -0.5426, -0.6662]],
      [log(sigmoid(negate(x))), [-0.8156, -0.9397, -0.702, -0.8704, -0.7208]],
      [logSigmoid(negate(x)), [-0.8156, -0.9397, -0.702, -0.8704, -0.7208]],
      [log(subtract(1, sigmoid(x))), [-0.8156, -0.9397, -0.702, -0.8704, -0.7208]],
    ];
    for (const [expression, printed] of columns) {
      scores.forEach((score, i) => {
        fromPrinted(of(expression), score, printed[i] as number);
      });
    }
  });

  it('BCEWithLogitsLoss for two draws of targets', () => {
    nearMean(mean('torch/bce-with-logits@1.0', scores, [1, 0, 1, 0, 0]), 0.7599);
    nearMean(mean('torch/bce-with-logits@1.0', scores, [1, 0, 1, 1, 0]), 0.6943);
  });

  it('focal() and forward() where the shapes fit', () => {
    nearMean(mean('notebook/focal', scores, [1, 0, 1, 0, 0]), 0.2231);
    nearMean(mean('kaggle/focal', scores, [0, 0, 1, 0, 0]), 0.2509);
    for (const id of ['notebook/focal', 'kaggle/focal']) nearDigits(loss(id, 0.1, 1), 0.1454);
  });

  it('focal() and forward() where they broadcast to 5 by 5', () => {
    nearMean(mean('notebook/focal', ...broadcast([0, 0, 1, 0, 0])), 0.2269);
    nearMean(mean('notebook/focal', ...broadcast([1, 0, 1, 1, 0])), 0.1745);
    // forward() adds up the five columns before it takes the mean.
    assert.ok(Math.abs(5 * mean('kaggle/focal', ...broadcast([1, 0, 1, 1, 0])) - 0.8726) <= 5 * 2 * half);
    // What it never prints: the loss of the five samples.
    for (const id of ['notebook/focal', 'kaggle/focal']) nearMean(mean(id, scores, [1, 0, 1, 1, 0]), 0.1833);
  });

  it('focal_loss() of ten logits and five targets is refused', () => {
    assert.throws(() => mean('kaggle/focal', pairs.flat(), classes), LossError);
  });

  it('extremes', () => {
    assert.equal(of(logSigmoid(x))(-300), -300);
    assert.equal(of(sigmoid(x))(-300), 0);
    assert.equal(of(sigmoid(x))(400), 1);
    nearDigits(of(logSigmoid(x))(0), -0.6931);
    assert.equal(of(clip(x, 0, Infinity))(-0.5), 0);
    assert.equal(of(logSigmoid(x))(-500), -500);
    assert.equal(of(logSigmoid(x))(0.58).toFixed(5), '-0.44462');
    assert.equal(of(log(sigmoid(x)))(-500), -Infinity);
    nearDigits(of(log(sigmoid(x)))(0.58), -0.4446);
  });

  it('cus(), which has exp(t) for exp(-t)', () => {
    const t = maximum(negate(x), 0);
    const cus = add(t, log(add(exp(t), exp(subtract(negate(x), t)))));
    assert.deepEqual([0.58, -500].map(of(t)), [0, 500]);
    nearDigits(of(cus)(0.58), 0.4446);
    assert.equal(of(cus)(-500), Infinity);
  });

  it('reciprocals', () => {
    const logits = [0.6431, 0.698, 0.9518, 0.6247, 0.1736, 0.2046, 0.3819, 0.1205, 0.5808, 0.9027];
    const printed = [1.555, 1.4326, 1.0506, 1.6007, 5.7602, 4.8872, 2.6182, 8.2975, 1.7218, 1.1078];
    logits.forEach((logit, i) => {
      fromPrinted(of(divide(1, x)), logit, printed[i] as number);
    });
  });

  it('x - log(1 + exp(x)) is logsigmoid, but not in float32', () => {
    const byHand = subtract(x, log(add(1, exp(x))));
    const printed = 0.0707;
    for (const form of [byHand, logSigmoid(x)]) fromPrinted(of(form), printed, -0.6584);
    assert.equal(of(byHand)(15), 0);
    assert.equal(of(byHand)(89), -Infinity);
  });
});

describe("question on the floor of Keras' binary cross-entropy", () => {
  const keras = (a: number): number => mean('keras/binary-crossentropy@1', [-a, a], [0, 1]);

  it('stops at 1.09e-7', () => {
    for (const a of [17, 20, 39]) assert.equal(keras(a).toPrecision(4), '1.096e-7');
    assert.equal(keras(16).toPrecision(4), '1.159e-7');
    assert.equal(keras(15).toPrecision(4), '3.318e-7');
  });

  it("the asker's own curve stops, too: log(1 + exp(-a)) is 0 from a = 37 in float64", () => {
    const byHand = of(log(add(1, exp(negate(x)))), 'float64');
    assert.equal(byHand(20), 2.0611536900435727e-9);
    assert.equal(byHand(36), 2.2204460492503128e-16);
    assert.equal(byHand(37), 0);
    assert.equal(of(log(add(1, exp(negate(x)))))(17), 0);
    assert.equal(of(log1p(exp(negate(x))), 'float64')(37).toPrecision(12), '8.53304762574e-17');
  });

  it('the answer without a clip does not overflow: it is NaN, for target 1', () => {
    const unclipped = 'keras/binary-crossentropy-unclipped';
    assert.ok(Number.isNaN(mean(unclipped, [-17, 17], [0, 1])));
    assert.ok(Number.isFinite(loss(unclipped, -17, 0)));
  });
});

// Numbers of public issues that test/unit/questions.test.ts has no configuration for.
describe('issues', () => {
  it('tensorflow#41595: -log(2e-7) in float64', () => {
    assert.equal(loss('tf-keras/binary-crossentropy@2', -40, 1, 'float64').toFixed(12), '15.424948470398');
  });

  it('keras#17634: three logits', () => {
    const [first, second, third] = [14.4, 50.1, 3.5].map(float32.round) as [number, number, number];
    assert.equal(of(negate(logSoftmax(x, second, third)))(first), 35.69999694824219);
    const clipped = clip(softmax(x, second, third), 1e-7, subtract(1, 1e-7));
    assert.equal(of(negate(log(clipped)))(first), 16.11809539794922);
  });
});
