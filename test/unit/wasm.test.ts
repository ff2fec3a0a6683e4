import assert from 'node:assert/strict';
import {
  absolute,
  add,
  and,
  clip,
  divide,
  equal,
  exp,
  expm1,
  floor,
  less,
  lessEqual,
  log,
  log1p,
  logAddExp,
  logSigmoid,
  logSoftmax,
  logSumExp,
  maximum,
  minimum,
  multiply,
  negate,
  not,
  operation,
  or,
  power,
  round,
  select,
  sigmoid,
  softmax,
  softplus,
  sqrt,
  stopGradient,
  subtract,
  tanh,
  variable,
  type Expression,
} from '../../src/expression';
import { losses } from '../../src/losses';
import { compileModel, formats, loadWasm, pow, printWasm, type FormatName, type NumberFormat } from '../../src/numeric';
import { Assembler } from '../../src/numeric/wasm/assembler';
import { ElementaryFunctions, tolerance } from '../../src/numeric/wasm/elementary';
import { Cancelled } from '../../src/worker/evaluator';
import { modelEvaluator } from '../../src/worker/model';
import { Threads } from '../../src/worker/threads';

const x = variable('x');
const y = variable('y');

/** xorshift32: every float32 bit pattern comes up sooner or later, NaNs, infinities and subnormals among them. */
function randomFloats(count: number, seed: number): Float64Array {
  const bits = new Uint32Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bits[i] = state >>> 0;
  }
  return Float64Array.from(new Float32Array(bits.buffer));
}

/** Between -limit and limit, evenly. */
function near(values: Float64Array, limit: number): Float64Array {
  return values.map((_, i) => Math.fround(((i * 0.6180339887498949) % 1) * 2 * limit - limit));
}

/** Where the outputs differ, the first few of them, in words; NaNs count as one value, zeros of either sign do not. */
function differences(
  outputs: readonly Expression[],
  variables: readonly string[],
  format: NumberFormat,
  inputs: readonly Float64Array[],
): string[] {
  const count = (inputs[0] as Float64Array).length;
  const program = printWasm(outputs, variables, format);
  assert.ok(program);
  const [expected, actual] = [compileModel(outputs, variables, format), loadWasm(program, pow)].map((kernel) => {
    const results = outputs.map(() => new Float64Array(count));
    kernel(count, inputs, results);
    return results;
  }) as [Float64Array[], Float64Array[]];
  const found: string[] = [];
  expected.forEach((values, j) => {
    for (let k = 0; k < count && found.length < 5; k++) {
      const [should, is] = [values[k] as number, (actual[j] as Float64Array)[k] as number];
      if (Object.is(should, is)) continue;
      const at = inputs.map((input) => String(input[k])).join(', ');
      found.push(`output ${String(j)} at ${at}: ${String(is)}, not ${String(should)}`);
    }
  });
  return found;
}

const pacer = { breathe: async (): Promise<void> => new Promise((resolve) => setImmediate(resolve)) };

describe('WebAssembly model evaluator', () => {
  const million = randomFloats(1 << 20, 42);
  const others = randomFloats(1 << 20, 1234567);

  const functions: Readonly<Record<string, Expression>> = {
    exp: exp(x),
    log: log(x),
    log1p: log1p(x),
    expm1: expm1(x),
    tanh: tanh(x),
    sqrt: sqrt(x),
    'x^2': power(x, 2),
    'x^3': power(x, 3),
    'x^-1': power(x, -1),
    'x^-7': power(x, -7),
    'x^0': power(x, 0),
    'x^1': power(x, 1),
  };
  for (const [name, expression] of Object.entries(functions)) {
    it(`computes ${name} as JavaScript does, rounded to float32: a million bit patterns, a million near 0`, () => {
      assert.deepEqual(differences([expression], ['x'], formats.float32, [million]), []);
      assert.deepEqual(differences([expression], ['x'], formats.float32, [near(million, 100)]), []);
      assert.deepEqual(differences([expression], ['x'], formats.float32, [near(million, 1)]), []);
    });
  }

  it('approximates closely enough for JavaScript to decide what is left', () => {
    for (const name of ['exp', 'log', 'log1p', 'expm1', 'tanh'] as const) {
      const assembler = new Assembler(4096);
      const functionsOf = new ElementaryFunctions(assembler);
      assembler.store(1, functionsOf.approximate(name, assembler.load(0)));
      const kernel = loadWasm({ ...assembler.module(2), capacity: 4096, inputs: 1, outputs: 1 }, pow);
      for (const values of [million, near(million, 85), near(million, 1), near(million, 1e-3)]) {
        const result = new Float64Array(values.length);
        kernel(values.length, [values], [result]);
        let worst = 0;
        values.forEach((value, i) => {
          const [is, should] = [result[i] as number, Math[name](value)];
          // Beyond these exp is 0 or infinite in float32 by far.
          if (Math.abs(value) > 140 || should === 0 || !Number.isFinite(should)) return;
          worst = Math.max(worst, Math.abs(is / should - 1));
        });
        assert.ok(worst < tolerance / 2, `${name}: 2^${String(Math.log2(worst))}`);
      }
    }
  });

  it('treats NaN, infinities, signed zeros and subnormals as JavaScript does, in every operator', () => {
    const special = [
      0,
      -0,
      1,
      -1,
      0.5,
      -0.5,
      2.5,
      -2.5,
      NaN,
      Infinity,
      -Infinity,
      1e-40,
      -1e-40,
      3.4e38,
      -3.4e38,
      20,
      21,
    ];
    const [left, right] = [special.flatMap((a) => special.map(() => a)), special.flatMap(() => special)];
    const everything = [
      ...[add(x, y), subtract(x, y), multiply(x, y), divide(x, y), power(x, y), minimum(x, y), maximum(x, y)],
      ...[less(x, y), lessEqual(x, y), equal(x, y), and(x, y), or(x, y), not(x), select(x, y, 3), clip(x, y, 1)],
      ...[negate(x), absolute(x), operation('sign', x), floor(x), round(x), stopGradient(x), sqrt(x)],
      ...[exp(x), log(x), log1p(x), expm1(x), tanh(x), sigmoid(x), logSigmoid(x), softplus(x), logAddExp(x, y)],
      ...[logSumExp(x, y, 1), softmax(x, y, 0), logSoftmax(x, y), logSumExp(x), power(x, 2.5), power(x, 5)],
    ];
    for (const name of ['float32', 'bfloat16', 'float16', 'float8_e4m3fn', 'float8_e5m2'] as const) {
      const format = formats[name];
      const inputs = [left, right].map((values) => Float64Array.from(values, format.round));
      for (const expression of everything) {
        assert.deepEqual(
          differences([expression], ['x', 'y'], format, inputs),
          [],
          `${name} ${JSON.stringify(expression)}`,
        );
      }
    }
  });

  it('computes two operands as JavaScript does: a million pairs of bit patterns', () => {
    const everything = [add(x, y), multiply(x, y), divide(x, y), logAddExp(x, y), softmax(x, y), clip(x, y, 1)];
    assert.deepEqual(differences(everything, ['x', 'y'], formats.float32, [million, others]), []);
    const [a, b] = [near(million, 30), near(others, 3)];
    assert.deepEqual(differences(everything, ['x', 'y'], formats.float32, [a, b]), []);
  });

  for (const name of ['bfloat16', 'float16'] as const) {
    it(`gives the same for every loss and gradient of the catalogue at all 65,536 values of ${name}`, () => {
      const format = formats[name];
      const last = Number(format.ordinal(format.max)) + 1;
      const magnitudes = Array.from({ length: last + 1 }, (_, i) => format.fromOrdinal(BigInt(i)));
      const values = Float64Array.from([...magnitudes, ...magnitudes.map((value) => -value), NaN]);
      for (const entry of losses) {
        const { loss, gradient } = entry.build({}, name);
        const some = values.filter((_, i) => i % 16 === 0);
        for (const [target, logits] of [[1, values] as const, [0, some] as const, [format.round(0.3), some] as const]) {
          const targets = logits.map(() => target);
          assert.deepEqual(differences([loss, gradient], ['z', 't'], format, [logits, targets]), [], entry.id);
        }
      }
    });
  }

  it('gives the same for every loss and gradient of the catalogue in float32', () => {
    const part = million.subarray(0, 20_000);
    const logits = Float64Array.from([...part, ...near(part, 120)]);
    const targets = logits.map((_, i) => Math.fround([0, 1, 0.3][i % 3] as number));
    for (const entry of losses) {
      const { loss, gradient } = entry.build({}, 'float32');
      assert.deepEqual(differences([loss, gradient], ['z', 't'], formats.float32, [logits, targets]), [], entry.id);
    }
  });

  it('leaves float64 to JavaScript, and refuses a variable without values', () => {
    assert.equal(printWasm([x], ['x'], formats.float64), undefined);
    assert.throws(() => printWasm([x], ['z'], formats.float32), /variable "x" has no values; given are z/);
  });

  it('gives the same by threads, for any count', async () => {
    const threads = new Threads(2);
    const program = printWasm([softplus(x), sigmoid(x)], ['x'], formats.float32);
    assert.ok(program);
    const kernel = compileModel([softplus(x), sigmoid(x)], ['x'], formats.float32);
    for (const count of [1, 16_384, 100_001, 1 << 20]) {
      const values = near(million, 30).subarray(0, count);
      const expected = [new Float64Array(count), new Float64Array(count)];
      kernel(count, [values], expected);
      assert.deepEqual(await threads.evaluate(program, [values], pacer), expected);
    }
    threads.dispose();
    assert.deepEqual((await threads.evaluate(program, [million.subarray(0, 3)], pacer)).length, 2, 'starts again');
    threads.dispose();
  });

  it('computes everything itself where threads die', async () => {
    const threads = new Threads(2);
    const program = printWasm([exp(x)], ['x'], formats.float32);
    assert.ok(program);
    let chunks = 0;
    const killer = {
      breathe: async (): Promise<void> => {
        if (++chunks === 3) threads.dispose();
        await pacer.breathe();
      },
    };
    const values = near(million, 30);
    const [result] = await threads.evaluate(program, [values], killer);
    assert.deepEqual(
      result,
      values.map((value) => Math.fround(Math.exp(value))),
    );
    threads.dispose();
  });

  it('stops between chunks when cancelled, and goes on with the next request', async () => {
    const prepared = modelEvaluator('0').prepare([exp(x)], ['x'], formats.float32);
    const inputs = [near(million, 30)];
    let chunks = 0;
    const impatient = {
      breathe: async (): Promise<void> => {
        if (++chunks > 5) throw new Cancelled();
        await pacer.breathe();
      },
    };
    await assert.rejects(prepared.evaluate(inputs, impatient), Cancelled);
    assert.equal(chunks, 6);
    const [result] = (await prepared.evaluate(inputs, pacer)) as [Float64Array];
    assert.equal(result[12_345], Math.fround(Math.exp((inputs[0] as Float64Array)[12_345] as number)));
  });

  it('gives the same however many points there are', async () => {
    const format: FormatName = 'bfloat16';
    const prepared = modelEvaluator('0').prepare([logSigmoid(x)], ['x'], formats[format]);
    const values = near(million, 30).map(formats[format].round);
    const [all] = (await prepared.evaluate([values], pacer)) as [Float64Array];
    for (const count of [10, 16_383, 16_384, 199_999]) {
      const [some] = (await prepared.evaluate([values.subarray(0, count)], pacer)) as [Float64Array];
      assert.deepEqual(some, all.subarray(0, count));
    }
  });
});
