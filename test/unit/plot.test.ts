import assert from 'node:assert/strict';
import { describePlot, drawPlot, type PlotTheme } from '../../src/editor/plotDrawing';
import { improvementOf, shortImprovementOf } from '../../src/editor/improvement';
import {
  add,
  divide,
  exp,
  log,
  log1p,
  logSigmoid,
  negate,
  sigmoid,
  sqrt,
  variable,
  type Expression,
} from '../../src/expression';
import { failuresOf } from '../../src/measure';
import { formats } from '../../src/numeric';
import { plotOf, type Plot } from '../../src/rules';

const x = variable('x');
const words = { written: 'as written', stable: 'stable form', value: 'value', gradient: 'gradient' };

function plotted(expression: Expression, stable?: Expression, measured = true): Plot {
  const failures = measured ? failuresOf(expression, 'x', formats.float32) : [];
  const plot = plotOf({
    expression,
    ...(stable ? { stable } : {}),
    failures: [{ format: 'float32', failures }],
  });
  assert.ok(plot, 'there is no plot');
  return plot;
}

describe('plots of findings', () => {
  it('show computed values, up to the very threshold', () => {
    const plot = plotted(log(sigmoid(x)), logSigmoid(x));
    assert.equal(plot.of, 'value');
    const threshold = failuresOf(log(sigmoid(x)), 'x', formats.float32).find(({ side }) => side === 'below')?.from ?? 0;
    const at = plot.x.indexOf(threshold);
    assert.ok(at > 0, 'the threshold is not among the points');
    assert.equal(plot.written[at], -Infinity);
    assert.ok(Number.isFinite(plot.written[at + 1]));
    assert.equal(plot.stable?.[at], Math.fround(threshold));
    assert.ok(plot.x.every((value) => value === Math.fround(value)));
  });

  it('go where the difference is, where nothing is infinite', () => {
    const plot = plotted(log(add(1, x)), log1p(x), false);
    assert.ok(plot.to < 1e-5, `up to ${String(plot.to)}`);
    assert.ok(plot.written.some((y, i) => y === 0 && plot.x[i] !== 0));
  });

  it('are of the gradient, if it alone fails', () => {
    const plot = plotted(divide(1, add(1, exp(negate(x)))), sigmoid(x));
    assert.equal(plot.of, 'gradient');
    assert.ok(plot.written.some((y) => Number.isNaN(y)));
  });

  it('begin where roots end', () => {
    assert.equal(plotted(sqrt(x)).from, -1);
  });

  it('are not made of what is no function of one number', () => {
    assert.equal(plotOf({ failures: [] }), undefined);
    assert.equal(plotOf({ expression: add(x, variable('y')), failures: [] }), undefined);
  });

  it('are drawn without anything that is not a number, in every theme', () => {
    for (const plot of [plotted(log(sigmoid(x)), logSigmoid(x)), plotted(sqrt(x))]) {
      for (const theme of ['light', 'dark', 'highContrast', 'highContrastLight'] satisfies PlotTheme[]) {
        const drawing = drawPlot(plot, theme, words);
        assert.doesNotMatch(drawing, /="[^"]*(?:NaN|Infinity|undefined)/);
        assert.match(drawing, />(?:−∞|NaN)<\/text>/);
        assert.ok(drawing.length < 20_000, String(drawing.length));
      }
    }
  });

  it('are told in words, too', () => {
    assert.match(
      describePlot(plotted(log(sigmoid(x)), logSigmoid(x))),
      /^log\(sigmoid\(x\)\), value, float32, x from .*: −∞ for x ≤ −88\.7/,
    );
  });
});

describe('the improvement by a fix', () => {
  it('is told in few digits', () => {
    const told = (worstBefore: number, worstAfter: number): string =>
      improvementOf({ worstBefore, worstAfter, format: 'float32' });
    assert.equal(told(21_234_567, 1), '2.1e7 ULP → 1 ULP (float32)');
    assert.equal(told(Infinity, 0.5), '∞ → 0.5 ULP (float32)');
    assert.equal(told(1e9, 12.4), '1e9 ULP → 12 ULP (float32)');
    assert.equal(shortImprovementOf({ worstBefore: NaN, worstAfter: 0 }), '∞ → 0 ULP');
  });
});
