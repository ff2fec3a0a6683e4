/** The x axis on which every float is equally wide. */
import { exponentOf, formats, type NumberFormat } from '../../src/numeric/format';
import type { Format } from '../../src/protocol/measurement';
import type { XAxis } from '../common/chart';
import { niceTicks } from '../common/plotting';

/** Places are ordinals of the format, with what lies between two values in between. */
export function ordinalAxis(name: Format, view: { readonly from: number; readonly to: number }): XAxis {
  const format = formats[name];
  // A narrow view's ordinals have too many digits for a number: they are counted from one of its ends.
  const near =
    Math.abs(view.from) >= format.smallestNormal && Math.abs(view.to - view.from) < Math.abs(view.from) * 2 ** -20;
  const base = near ? countedFrom(format, view.from) : counted(format);
  return { ...base, ticks: (from, to, count) => ticksOf(format, from, to, count) };
}

type Counted = Pick<XAxis, 'place' | 'value'>;

function counted(format: NumberFormat): Counted {
  const { precision, minExponent, smallestSubnormal, max } = format;
  const hidden = 2 ** (precision - 1);
  const size = (x: number): number => {
    if (x < 2 ** minExponent) return x / smallestSubnormal;
    const exponent = exponentOf(x);
    return (exponent - minExponent) * hidden + x / 2 ** (exponent - precision + 1);
  };
  const valueOf = (place: number): number => {
    if (place < hidden) return place * smallestSubnormal;
    const above = Math.floor(place / hidden) - 1;
    return (place - above * hidden) * 2 ** (above + minExponent - precision + 1);
  };
  return {
    place: (x) => Math.sign(x) * (x === 0 ? 0 : size(Math.abs(x))),
    // The place of the largest float64 has no number of its own: the nearest one is that of the infinity.
    value: (place) => Math.sign(place) * Math.min(max, valueOf(Math.abs(place))),
  };
}

/** For places within a factor of two of the origin, and of its sign: exact there. */
function countedFrom({ precision }: NumberFormat, origin: number): Counted {
  const hidden = 2 ** (precision - 1);
  const sign = Math.sign(origin);
  const exponent = exponentOf(origin);
  const unit = (above: number): number => 2 ** (exponent + above - precision + 1);
  const first = Math.abs(origin) / unit(0);
  return {
    place: (x) => {
      const above = Math.max(-1, Math.min(1, exponentOf(x) - exponent));
      return sign * (above * hidden + Math.abs(x) / unit(above) - first);
    },
    value: (place) => {
      const size = first + sign * place;
      const above = size >= 2 * hidden ? 1 : size < hidden ? -1 : 0;
      return sign * (size - above * hidden) * unit(above);
    },
  };
}

/** Round numbers; where the range goes over many decades powers of ten, on both sides of 0. */
function ticksOf({ smallestSubnormal }: NumberFormat, from: number, to: number, count: number): number[] {
  const same = from > 0 || to < 0;
  const sizes = [Math.abs(from), Math.abs(to)];
  const largest = Math.max(...sizes);
  if (same && largest / Math.min(...sizes) < 100) return niceTicks(from, to, count);
  const least = same ? Math.min(...sizes) : smallestSubnormal;
  const [low, high] = [Math.ceil(Math.log10(least)), Math.floor(Math.log10(largest))];
  const sides = same ? 1 : 2;
  const step = [1, 2, 5, 10, 20, 50, 100, 200].find((each) => ((high - low) / each + 1) * sides <= count) ?? 500;
  const powers: number[] = [];
  for (let power = Math.ceil(low / step) * step; power <= high; power += step) powers.push(Number(`1e${power}`));
  return [...powers.map((power) => -power).reverse(), 0, ...powers].filter((x) => x >= from && x <= to);
}
