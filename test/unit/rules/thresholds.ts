import assert from 'node:assert/strict';
import { formatByName, type FormatName } from '../../../src/numeric';
import type { Finding } from '../../../src/rules';

/** What becomes what on which side, and from where on in each format, in as many digits as are given. */
export type Threshold = readonly [
  of: 'value' | 'gradient',
  side: 'above' | 'below',
  becomes: 'NaN' | 'Infinity' | '-Infinity' | 'zero',
  from: Readonly<Partial<Record<FormatName, number>>>,
];

/**
 * Asserts that a finding's measured thresholds are these, to the digits in which they are written. They were measured
 * in frameworks with inputs of float32 on a grid, so that a number may be the one next to the threshold: what is given
 * has to lie within one unit of its last digit, or round to the threshold in the format itself.
 */
export function assertThresholds(finding: Finding, thresholds: readonly Threshold[]): void {
  for (const [of, side, becomes, wanted] of thresholds) {
    for (const [name, from] of Object.entries(wanted) as [FormatName, number][]) {
      const { failures } = finding.failures.find(({ format }) => format === name) ?? { failures: [] };
      const failure = failures.find((each) => each.of === of && each.side === side && each.becomes === becomes);
      assert(failure, `${finding.rule}: ${of} ${becomes} ${side} in ${name} of ${JSON.stringify(failures)}`);
      const { round, fromOrdinal, ordinal } = formatByName(name);
      const unit = unitOf(from);
      const stored = ordinal(round(from));
      const isNear =
        Math.abs(failure.from - from) <= unit * 1.001 ||
        [-1n, 0n, 1n].some((step) => fromOrdinal(stored + step) === failure.from);
      assert(
        isNear,
        `${finding.rule}: ${of} ${becomes} ${side} in ${name} from ${String(failure.from)}, not ${String(from)}`,
      );
    }
  }
}

/** One unit of the last digit that a number is written with. */
function unitOf(value: number): number {
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  const decimals = mantissa.split('.')[1]?.length ?? 0;
  return 10 ** (Number(exponent) - decimals);
}
