import assert from 'node:assert/strict';
import {
  add,
  clip,
  constant,
  differentiate,
  divide,
  exp,
  inOrder,
  log,
  match,
  maximum,
  multiply,
  negate,
  operation,
  power,
  print,
  sameComputation,
  select,
  less,
  sigmoid,
  softmax,
  logSoftmax,
  logSigmoid,
  logAddExp,
  softplus,
  sqrt,
  tanh,
  log1p,
  expm1,
  stopGradient,
  structuralKey,
  substitute,
  subtract,
  variable,
  variablesOf,
  wildcard,
  withGradient,
  type Expression,
} from '../../src/expression';
import { compileModelAtPoint, formats } from '../../src/numeric';

const x = variable('x');
const y = variable('y');

function at(expression: Expression, values: Record<string, number>): number {
  const names = Object.keys(values);
  const [result] = compileModelAtPoint([expression], names, formats.float64)(...Object.values(values));
  return result as number;
}

describe('expression', () => {
  it('refuses a wrong number of operands and of partial derivatives', () => {
    assert.throws(() => operation('add', 1), /add takes 2 operands, not 1/);
    assert.throws(() => operation('logSumExp'), /at least 1/);
    assert.throws(() => withGradient(x, [x], []), /1 inputs but 0 partial/);
  });

  it('simplifies nothing: 0 * x stays, for infinite x it is NaN', () => {
    assert.ok(Number.isNaN(at(multiply(0, x), { x: Infinity })));
  });

  it('visits each node once, after what it is computed from, however deep', () => {
    let deep: Expression = x;
    for (let i = 0; i < 100_000; i++) deep = add(deep, deep);
    assert.equal(inOrder([deep]).length, 100_001);
    const order = inOrder([multiply(add(x, y), x)]);
    assert.deepEqual(
      order.map((node) => (node.kind === 'operation' ? node.operator : node.kind)),
      ['variable', 'variable', 'add', 'multiply'],
    );
  });

  it('lists variables in order of use', () => {
    assert.deepEqual(variablesOf(add(y, multiply(x, y))), ['y', 'x']);
  });

  it('tells computations apart by their structure, not by their objects', () => {
    const shared = exp(x);
    assert.equal(structuralKey(add(shared, shared)), structuralKey(add(exp(x), exp(variable('x')))));
    assert.notEqual(structuralKey(subtract(x, y)), structuralKey(subtract(y, x)));
    assert.notEqual(structuralKey(constant(0)), structuralKey(constant(-0)));
    assert.notEqual(structuralKey(withGradient(x, [x], [1])), structuralKey(withGradient(x, [x], [2])));
  });

  it('substitutes in values, inputs and partials, and keeps sharing', () => {
    const inner = exp(x);
    const whole = withGradient(add(inner, inner), [x], [inner]);
    const moved = substitute(whole, new Map([['x', y]]));
    assert.deepEqual(variablesOf(moved), ['y']);
    assert.equal(moved.kind, 'withGradient');
    assert.equal(inOrder([moved]).length, 4);
    assert.equal(at(differentiate(moved, 'y'), { y: 2 }), Math.exp(2));
    assert.equal(substitute(whole, new Map([['z', y]])), whole);
  });
});

describe('match', () => {
  const pattern = log(subtract(1, sigmoid(wildcard('x'))));

  it('binds wildcards to what stands in their place', () => {
    const argument = multiply(x, 3);
    const bound = match(pattern, log(subtract(1, sigmoid(argument))));
    assert.equal(bound?.get('x'), argument);
  });

  it('matches at the root only, and no other operators or constants', () => {
    assert.equal(match(pattern, negate(log(subtract(1, sigmoid(x))))), undefined);
    assert.equal(match(pattern, log(subtract(2, sigmoid(x)))), undefined);
    assert.equal(match(pattern, log(subtract(1, clip(sigmoid(x), 0.1, 0.9)))), undefined);
  });

  it('wants the same thing wherever a wildcard stands', () => {
    const twice = multiply(wildcard('a'), log(wildcard('a')));
    assert.ok(match(twice, multiply(exp(x), log(exp(x)))));
    assert.equal(match(twice, multiply(exp(x), log(exp(y)))), undefined);
  });

  it('takes commutative operands in either order', () => {
    assert.ok(match(add(1, exp(wildcard('x'))), add(exp(y), 1)));
    assert.equal(match(subtract(1, exp(wildcard('x'))), subtract(exp(y), 1)), undefined);
    assert.ok(match(multiply(wildcard('a'), log(wildcard('a'))), multiply(log(x), x)));
  });

  it('compares graphs that share their nodes in the time of their nodes, not of their paths', () => {
    const deep = (last: Expression, levels: number): Expression => {
      let node = last;
      for (let i = 0; i < levels; i++) node = add(node, multiply(node, node));
      return node;
    };
    const [left, right] = [deep(exp(x), 2000), deep(exp(variable('x')), 2000)];
    assert.ok(sameComputation(left, right));
    assert.ok(!sameComputation(left, deep(exp(y), 2000)));
    assert.ok(!sameComputation(left, deep(exp(x), 1999)));
    assert.ok(match(subtract(wildcard('a'), wildcard('a')), subtract(left, right)));
  });

  it('sees through custom gradients', () => {
    assert.ok(match(pattern, withGradient(log(subtract(1, sigmoid(x))), [x], [1])));
    assert.ok(!sameComputation(withGradient(exp(x), [x], [1]), exp(x)));
  });
});

describe('print', () => {
  it('brackets no more than precedence asks for', () => {
    const cases: [Expression, string][] = [
      [negate(log(sigmoid(x))), '−log(sigmoid(x))'],
      [multiply(add(x, 1), subtract(x, subtract(y, 2))), '(x + 1) · (x − (y − 2))'],
      [divide(1, add(1, exp(negate(x)))), '1 / (1 + exp(−x))'],
      [power(negate(x), 2), '(−x)^2'],
      [power(power(x, 2), 3), '(x^2)^3'],
      [add(x, -1), 'x + (−1)'],
      [multiply(x, -1e-7), 'x · (−1e-7)'],
      [multiply(x, negate(y)), 'x · (−y)'],
      [clip(x, 1e-7, 0.5), 'clip(x, 1e-7, 0.5)'],
      [select(less(x, 0), 0, x), 'if(x < 0, 0, x)'],
    ];
    for (const [expression, text] of cases) assert.equal(print(expression), text);
  });
});

describe('differentiate', () => {
  /** Central differences are good to about ten digits here. */
  function agreesWithDifferences(expression: Expression, points: readonly number[]): void {
    const derivative = differentiate(expression, 'x');
    for (const point of points) {
      const h = 1e-5;
      const difference = (at(expression, { x: point + h }) - at(expression, { x: point - h })) / (2 * h);
      const value = at(derivative, { x: point });
      assert.ok(
        Math.abs(value - difference) <= 1e-7 * Math.max(1, Math.abs(difference)),
        `${print(expression)} at ${String(point)}: ${String(value)}, by differences ${String(difference)}`,
      );
    }
  }

  it('agrees with finite differences for every differentiable operator', () => {
    const everywhere = [-2.3, -0.4, 0.7, 1.9];
    const positive = [0.3, 1.2, 4];
    const forms: [Expression, readonly number[]][] = [
      [add(multiply(x, x), subtract(3, x)), everywhere],
      [divide(x, add(2, multiply(x, x))), everywhere],
      [power(x, 3), everywhere],
      [power(x, x), positive],
      [exp(x), everywhere],
      [log(x), positive],
      [log1p(x), positive],
      [expm1(x), everywhere],
      [sqrt(x), positive],
      [tanh(x), everywhere],
      [operation('absolute', x), everywhere],
      [maximum(x, 0.1), everywhere],
      [operation('minimum', x, 0.1), everywhere],
      [clip(x, -1, 1), everywhere],
      [select(less(x, 0), multiply(x, 2), exp(x)), everywhere],
      [sigmoid(x), everywhere],
      [logSigmoid(x), everywhere],
      [softplus(x), everywhere],
      [logAddExp(x, multiply(x, -2)), everywhere],
      [operation('logSumExp', x, 1, multiply(2, x)), everywhere],
      [softmax(x, 1, multiply(2, x)), everywhere],
      [logSoftmax(x, 1, multiply(2, x)), everywhere],
      [negate(multiply(sigmoid(x), log(sigmoid(x)))), everywhere],
    ];
    for (const [form, points] of forms) agreesWithDifferences(form, points);
  });

  it('adds up what shared nodes and several uses pass back', () => {
    const shared = sigmoid(x);
    agreesWithDifferences(multiply(shared, add(shared, x)), [-1, 0.5]);
  });

  it('is 0 for what does not depend on the variable', () => {
    assert.deepEqual(differentiate(exp(y), 'x'), constant(0));
  });

  it("takes a framework's own backward formula, or looks through it", () => {
    const guarded = withGradient(log(x), [x], [multiply(2, x)]);
    assert.equal(at(differentiate(guarded, 'x'), { x: 3 }), 6);
    assert.ok(Math.abs(at(differentiate(exp(guarded), 'x', 'mathematical'), { x: 3 }) - 1) < 1e-15);
    const straightThrough = add(x, stopGradient(subtract(operation('round', x), x)));
    assert.equal(at(differentiate(straightThrough, 'x'), { x: 1.3 }), 1);
  });

  it('passes gradients at ties and borders as PyTorch does', () => {
    assert.equal(at(differentiate(maximum(x, 0), 'x'), { x: 0 }), 0.5);
    assert.equal(at(differentiate(clip(x, 0, 1), 'x'), { x: 1 }), 1);
    assert.equal(at(differentiate(clip(x, 0, 1), 'x'), { x: 1.1 }), 0);
  });

  it('keeps NaN where autodiff makes it: the branch that is not taken', () => {
    const guarded = select(less(x, 0), 0, sqrt(x));
    assert.ok(Number.isNaN(at(differentiate(select(less(x, 1e-9), 0, log(multiply(x, x))), 'x'), { x: 0 })));
    assert.equal(at(guarded, { x: -1 }), 0);
  });
});
