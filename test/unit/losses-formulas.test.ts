import assert from 'node:assert/strict';
import vm from 'node:vm';
import { print, variable } from '../../src/expression';
import { fakeQuantize, losses, lossById, type LossEntry } from '../../src/losses';
import { compileModelAtPoint, exactNumber, formats } from '../../src/numeric';

// The catalogue's formulas are text for people. Here they are read, evaluated in float64 and compared with what the
// entry computes, so that the text can't say another thing than the expression.

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const crossEntropy = (z: number, t: number): number => Math.max(z, 0) - z * t + Math.log1p(Math.exp(-Math.abs(z)));

const functions = {
  log: Math.log,
  log1p: Math.log1p,
  exp: Math.exp,
  max: Math.max,
  min: Math.min,
  abs: Math.abs,
  clip: (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high),
  xlogy: (x: number, y: number): number => (x === 0 ? 0 : x * Math.log(y)),
  sigmoid,
  log_sigmoid: (x: number): number => -crossEntropy(x, 0) + x,
  softplus: (x: number): number => Math.log1p(Math.exp(x)),
  logaddexp: (a: number, b: number): number => Math.log(Math.exp(a) + Math.exp(b)),
  BCE: crossEntropy,
  BCEWithLogits: crossEntropy,
  fake_quant: (x: number, low: number, high: number, bits: number): number =>
    exactNumber(fakeQuantize(variable('x'), low, high, bits), { x }),
};

/** The formulas' letters for constants. */
const letters: Readonly<Record<string, string>> = {
  epsilon: 'ε',
  gamma: 'γ',
  alpha: 'α',
  radius: 'r',
  limit: 'L',
  bits: 'bits',
};

/** `a where C, b where D, else c` as a conditional expression. */
function conditional(text: string): string {
  const end = text.indexOf(', else ');
  if (end < 0) return text;
  const cases = text.slice(0, end).split(/(?<= where [^,]*), /);
  const branches = cases.map((one) => {
    const [value = '', condition = ''] = one.split(' where ');
    const test = condition.replace(/ = /g, ' === ').replace(/ and /g, ' && ');
    return `(${test}) ? (${value}) : `;
  });
  return `${branches.join('')}(${text.slice(end + ', else '.length)})`;
}

function evaluate(formula: string, bindings: Readonly<Record<string, number>>): number {
  const plain = formula
    .replace(/−/g, '-')
    .replace(/·/g, '*')
    .replace(/≤/g, '<=')
    .replace(/≥/g, '>=')
    .replace(/∞/g, 'Infinity')
    .replace(/\|([^|]+)\|/g, 'abs($1)')
    .replace(/(\([^()]*\)|\w+)\^/g, '$1**')
    .replace(/-(\([^()]*\))\*\*/g, '-1 * $1**')
    .replace(/-((?:log_)?sigmoid\([^()]*\))\*\*/g, '-1 * $1**')
    .replace(/\b2t\b/g, '2*t');
  const context = vm.createContext({ ...functions, ...bindings, p: sigmoid(bindings['z'] as number) });
  let value: unknown;
  for (const statement of plain.split(/; |, (?=\w+\(x\) = )/)) {
    const [, name, parameter, body] = /^(\w+)(\(x\))? = (.*)$/.exec(statement) ?? [];
    if (name === undefined || body === undefined) value = vm.runInContext(conditional(statement), context);
    else if (parameter) vm.runInContext(`${name} = (x) => ${body};`, context);
    else vm.runInContext(`${name} = ${conditional(body)};`, context);
  }
  return value as number;
}

/** Sums over classes, and components of vectors, are beyond this reader. */
const isScalar = ({ formula }: LossEntry): boolean => !/Σ|\[|softmax/.test(formula);

/** Constants that matter at ordinary logits. */
const large: Readonly<Record<string, number>> = {
  epsilon: 0.01,
  gamma: 1.5,
  alpha: 0.3,
  radius: 0.25,
  limit: 1.5,
  bits: 3,
};

describe('formulas of the catalogue', () => {
  for (const entry of losses.filter(isScalar)) {
    it(entry.id, () => {
      const given = Object.fromEntries(entry.constants.map(({ name }) => [name, large[name] as number]));
      const named = Object.fromEntries(Object.entries(given).map(([name, value]) => [letters[name] as string, value]));
      const { loss } = entry.build(given, 'float64');
      const atPoint = compileModelAtPoint([loss], ['z', 't'], formats.float64);
      for (const t of entry.binaryTargets ? [0, 1] : [0, 0.3, 1]) {
        for (const z of [-6.5, -3, -1.2, -0.4, 0, 0.4, 1.2, 3, 6.5]) {
          const [ours, theirs] = [atPoint(z, t)[0] as number, evaluate(entry.formula, { z, t, ...named })];
          const where = `z = ${String(z)}, t = ${String(t)}: ${String(ours)}, by the formula ${String(theirs)}`;
          assert.ok(Math.abs(ours - theirs) <= 1e-12 * Math.max(1, Math.abs(theirs)), where);
        }
      }
    });
  }

  it('are read wherever they are scalar', () => {
    assert.deepEqual(
      new Set(losses.filter((entry) => !isScalar(entry)).map(({ family }) => family)),
      new Set(['softmax', 'surrogate', 'normalisation']),
    );
    assert.ok(losses.filter(isScalar).length > 30);
  });

  it('print as what is computed', () => {
    const printed: Readonly<Record<string, string>> = {
      'torch/bce-with-logits@2.3': '(1 − t) · z − log_sigmoid(z)',
      'torch/bce@2.0': '(t − 1) · max(log1p(−sigmoid(z)), −100) − t · max(log(sigmoid(z)), −100)',
      'tfjs/log-loss': '−(t · log(sigmoid(z) + 1e-7)) − (1 − t) · log(1 − sigmoid(z) + 1e-7)',
      'naive/log1p-exp': 'log1p(exp(−if(t = 1, z, −z)))',
      'torch/cross-entropy': '−if(t = 1, log_softmax(z, 0), log_softmax(0, z))',
    };
    for (const [id, text] of Object.entries(printed)) assert.equal(print(lossById(id).build().loss), text);
  });
});
