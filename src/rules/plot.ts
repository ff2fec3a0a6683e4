import { constant, differentiate, print, substitute, variablesOf, type Expression } from '../expression';
import { compileModel, formatByName, type FormatName, type NumberFormat } from '../numeric';
import type { Finding, Fix, MeasuredFailure } from './finding';

/** What a finding's expression and its stable form come to, computed in the number format point by point. */
export interface Plot {
  readonly format: FormatName;
  readonly of: 'value' | 'gradient';
  /** The target of a loss. */
  readonly target?: 0 | 1;
  /** Of the drawing: the range that shows best where the two part. */
  readonly from: number;
  readonly to: number;
  readonly x: Float64Array;
  readonly written: Float64Array;
  readonly stable?: Float64Array;
  /** From where on the expression fails, within the range. */
  readonly failures: readonly MeasuredFailure[];
  /** Both as mathematics. */
  readonly names: { readonly written: string; readonly stable?: string };
}

/** What a plot is made of. */
export type PlottedFinding = Pick<Finding, 'expression' | 'stable' | 'failures'> & {
  readonly fix?: Pick<Fix, 'format'>;
};

const pointCount = 240;

/** Less than this, and nobody would see it in a drawing. */
const visible = 5e-3;

/** Thresholds this near to 0 are drawn there. */
const negligible = 1e-30;

/** How far thresholds may lie apart and still be drawn on one axis. */
const span = 40;

type Curve = Pick<Plot, 'of' | 'written' | 'stable' | 'x'>;

interface Functions {
  readonly of: Plot['of'];
  readonly target?: 0 | 1;
  readonly written: Expression;
  readonly stable?: Expression;
}

/** The plot of a finding; undefined where it is not a function of one number. */
export function plotOf(finding: PlottedFinding): Plot | undefined {
  if (!finding.expression) return undefined;
  const format = formatByName(finding.failures[0]?.format ?? finding.fix?.format ?? 'float32');
  try {
    for (const functions of candidates(finding, finding.expression)) {
      const plot = draw(finding, functions, format);
      if (plot) return plot;
    }
  } catch {
    // Operations on tensors have no value at a point, and some no gradient: then there is nothing to draw.
  }
  return undefined;
}

/** The value, for the target that fails first; then the gradient: what is first of those that show something is drawn. */
function* candidates(finding: PlottedFinding, expression: Expression): Generator<Functions> {
  const names = variablesOf(expression, ...(finding.stable ? [finding.stable] : []));
  if (!names.includes('x') || names.some((name) => name !== 'x' && name !== 't')) return;
  const failing = finding.failures.flatMap(({ failures }) => failures.map(({ target }) => target));
  const targets = names.includes('t') ? [...new Set([...failing, 1, 0] as const)].filter((t) => t !== undefined) : [];
  const at = (target: 0 | 1 | undefined, root: Expression): Expression =>
    target === undefined ? root : substitute(root, new Map([['t', constant(target)]]));
  for (const of of ['value', 'gradient'] as const) {
    for (const target of targets.length > 0 ? targets : [undefined]) {
      const form = (root: Expression): Expression =>
        of === 'value' ? at(target, root) : differentiate(at(target, root), 'x');
      yield {
        of,
        ...(target === undefined ? {} : { target }),
        written: form(expression),
        ...(finding.stable ? { stable: form(finding.stable) } : {}),
      };
    }
  }
}

function draw(finding: PlottedFinding, functions: Functions, format: NumberFormat): Plot | undefined {
  const { of, target } = functions;
  const measured = finding.failures.find((each) => each.format === format.name)?.failures ?? [];
  const failures = measured.filter((failure) => failure.of === of && failure.target === target);
  for (const [from, to] of rangesToTry(failures, functions, format)) {
    const shown = failures.filter((failure) => failure.from >= from && failure.from <= to);
    const step = (to - from) / (pointCount - 1);
    const points = Array.from({ length: pointCount }, (_, i) => from + i * step);
    // Thresholds themselves are among the points, so that what is drawn ends where it ends.
    const xs = [...new Set([...points, ...shown.map((failure) => failure.from)].map((x) => format.round(x)))];
    const curve = evaluate(functions, Float64Array.from(xs.sort((a, b) => a - b)), format);
    if (!showsSomething(curve)) continue;
    const { expression, stable } = finding;
    return {
      format: format.name,
      ...(target === undefined ? {} : { target }),
      from,
      to,
      ...curve,
      failures: shown,
      names: { written: expression ? print(expression) : '', ...(stable ? { stable: print(stable) } : {}) },
    };
  }
  return undefined;
}

function* rangesToTry(
  failures: readonly MeasuredFailure[],
  functions: Functions,
  format: NumberFormat,
): Generator<readonly [number, number]> {
  const known = rangeOfThresholds(failures);
  if (known) yield known;
  const isWorse: readonly ((written: number, stable: number) => boolean)[] = [
    (written, stable) => !Number.isFinite(written) && Number.isFinite(stable),
    (written, stable) => Number.isFinite(stable) && !(Math.abs(written - stable) <= 0.02 * Math.abs(stable)),
  ];
  for (const worse of isWorse) {
    const range = rangeWhere(worse, functions, format);
    if (range) yield range;
  }
  yield [-20, 20];
}

function evaluate({ of, written, stable }: Functions, x: Float64Array, format: NumberFormat): Curve {
  const outputs = stable ? [written, stable] : [written];
  const results = outputs.map(() => new Float64Array(x.length));
  compileModel(outputs, ['x'], format)(x.length, [x], results);
  const [first, second] = results as [Float64Array, Float64Array?];
  return { of, x, written: first, ...(second ? { stable: second } : {}) };
}

/** Both differ for the eye, or there is only the one, and it ends somewhere. */
function showsSomething({ written, stable }: Curve): boolean {
  if (!stable) return written.some((y) => !Number.isFinite(y)) && written.some((y) => Number.isFinite(y));
  const finite = [...stable].filter((y) => Number.isFinite(y));
  const height = Math.max(...finite) - Math.min(...finite);
  if (!(height > 0)) return written.some((y) => !Number.isFinite(y)) && finite.length > 0;
  return written.some((y, i) => {
    const other = stable[i] as number;
    return Number.isFinite(other) && !(Math.abs(y - other) <= visible * height);
  });
}

/** Thresholds of the same order, with some room around. */
function rangeOfThresholds(failures: readonly MeasuredFailure[]): readonly [number, number] | undefined {
  const loud = failures.filter(({ becomes }) => becomes !== 'zero');
  const places = (loud.length > 0 ? loud : failures).map(({ from }) => from).filter(Number.isFinite);
  if (places.length === 0) return undefined;
  // As far as a drawing goes, subnormal numbers are 0.
  const sizes = places.map(Math.abs).filter((size) => size > negligible);
  if (sizes.length === 0) return [-1, 1];
  // Of thresholds that can't be drawn together, those nearest to what losses see.
  const size = sizes.reduce((a, b) => (Math.abs(Math.log10(a / 10)) < Math.abs(Math.log10(b / 10)) ? a : b));
  const near = failures
    .map(({ from }) => from)
    .filter((from) => Math.abs(from) <= size * span && Math.abs(from) >= size / span);
  const [low, high] = [Math.min(0, ...near), Math.max(0, ...near)];
  const room = 0.25 * (high - low);
  return [low - room, high + room];
}

/** Where, from 0 outward, the written form becomes worse than the stable one, or is no longer. */
function rangeWhere(
  isWorse: (written: number, stable: number) => boolean,
  functions: Functions,
  format: NumberFormat,
): readonly [number, number] | undefined {
  if (!functions.stable) return undefined;
  const sizes = Array.from({ length: 400 }, (_, i) => 2 ** (i / 4 - 60)).filter((size) => size <= format.max);
  const worse = ([1, -1] as const).map((sign) => {
    const { written, stable } = evaluate(
      functions,
      Float64Array.from(sizes, (size) => format.round(sign * size)),
      format,
    );
    return sizes.map((_, i) => isWorse(written[i] as number, stable?.[i] as number));
  });
  const either = sizes.map((_, i) => worse.some((side) => side[i]));
  const first = either.indexOf(true);
  if (first < 0) return undefined;
  // Wrong next to 0: as far as it is wrong. Wrong far out: to where one sees that it goes on.
  const end = first === 0 ? either.indexOf(false) : first;
  const size = (first === 0 ? 3 : 1.5) * (sizes[end < 0 ? first : end] as number);
  const sided = (side: number): number => (worse[side]?.[first] ? size : size / 4);
  return [-sided(1), sided(0)];
}
