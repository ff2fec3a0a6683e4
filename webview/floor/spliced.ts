/** Curves that were measured for different parts of the margins, as one. */
import type { Curve } from '../../src/protocol/measurement';

/**
 * The fine points where there are any, beside them those of the whole range: every point is one that was measured.
 * @param fine a part of the margins
 * @param whole the same curve over more of them
 */
export function spliced(fine: Curve, whole: Curve): Curve {
  const first = fine.margin[0];
  const last = fine.margin.at(-1);
  if (fine === whole || first === undefined || last === undefined) return whole;
  const left = whole.margin.findIndex((x) => x >= first);
  const before = left < 0 ? whole.margin.length : left;
  const right = whole.margin.findIndex((x) => x > last);
  const after = right < 0 ? whole.margin.length : right;
  const join = (name: keyof Curve): Float64Array => {
    const joined = new Float64Array(before + fine.margin.length + whole.margin.length - after);
    joined.set(whole[name].subarray(0, before));
    joined.set(fine[name], before);
    joined.set(whole[name].subarray(after), before + fine.margin.length);
    return joined;
  };
  return {
    margin: join('margin'),
    loss: join('loss'),
    gradient: join('gradient'),
    exactLoss: join('exactLoss'),
    exactGradient: join('exactGradient'),
    lossUlp: join('lossUlp'),
    gradientUlp: join('gradientUlp'),
  };
}
