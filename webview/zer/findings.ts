import type { Format } from '../../src/protocol/measurement';
import type { VariantItem, ZerCurveMessage } from '../../src/protocol/webview';
import { printNumber, printPlace, printTarget } from '../common/format';
import { stretches } from '../common/lanes';
import { thresholdsOf } from '../common/summary';

/** +1 where the right side is that of positive logits. */
export function orientation(target: number): 1 | -1 {
  return target >= 0.5 ? 1 : -1;
}

/** The output of a logit, in float64. */
export function outputOf(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Logits between which the gradient is exactly 0 although that of plain cross-entropy is not. */
export interface Zone {
  readonly from: number;
  readonly to: number;
  /** The output counts as its target there, so that it should be 0. */
  readonly inside: boolean;
  /** It goes on so to the end of the format, on that side. */
  readonly endless: 'below' | 'above' | undefined;
}

/** Measured places as logits: where something begins, and where zones of gradient 0 end. */
export function placesOf({ target, summary }: ZerCurveMessage): number[] {
  const { right, wrong } = summary;
  const margins = [
    ...thresholdsOf(summary),
    ...right.deadZones.map(({ to }) => to),
    ...wrong.deadZones.map(({ to }) => -to),
  ];
  return margins.map((margin) => orientation(target) * margin);
}

/** The zones among the points that were drawn, their ends at measured thresholds. */
export function deadZones(message: ZerCurveMessage): Zone[] {
  const { logit, gradient, exactGradient, replacedAtLogit, storedTarget, target, summary } = message;
  const sign = orientation(target);
  const thresholds = placesOf(message);
  const toTheEnd = (side: 1 | -1): boolean => (side === sign ? summary.right.gradientZero : summary.deadFrom) !== null;
  const dead = stretches(logit.length, (i) => gradient[i] === 0 && exactGradient[i] !== 0);
  return dead.map(([first, last]): Zone => {
    const endsBelow = first === 0 && toTheEnd(-1);
    const endsAbove = last === logit.length - 1 && toTheEnd(1);
    return {
      from: edge(thresholds, logit[first - 1], logit[first] ?? 0),
      to: edge(thresholds, logit[last + 1], logit[last] ?? 0),
      inside: replacedAtLogit[(first + last) >> 1] === storedTarget,
      endless: endsBelow ? 'below' : endsAbove ? 'above' : undefined,
    };
  });
}

/** The known place between two neighbouring points, else the second of them. */
function edge(thresholds: readonly number[], outside: number | undefined, inside: number): number {
  if (outside === undefined) return inside;
  const [low, high] = outside < inside ? [outside, inside] : [inside, outside];
  return thresholds.find((place) => place >= low && place <= high) ?? inside;
}

/** From |z| = `from` on, on the side of that sign, errors get the gradient 0. */
interface DeadEnd {
  readonly sign: 1 | -1;
  readonly from: number;
}

/** Where the worst errors get no gradient: on the wrong side of a hard target, on both of a soft one. As measured. */
export function endsOf(message: ZerCurveMessage): DeadEnd[] {
  const { target, storedTarget, replaced, summary } = message;
  const sign = orientation(target);
  const sides: readonly (readonly [1 | -1, number | null])[] = [
    [sign === 1 ? -1 : 1, summary.deadFrom],
    [sign, isHard(target) ? null : summary.right.gradientZero],
  ];
  return sides.flatMap(([side, from]): DeadEnd[] => {
    // The outputs 0 and 1 themselves: what counts as the target is no error.
    const outermost = side === 1 ? replaced.at(-1) : replaced[0];
    return from === null || outermost === storedTarget ? [] : [{ sign: side, from }];
  });
}

function isHard(target: number): boolean {
  return target === 0 || target === 1;
}

/** One variant and target for the sentences. */
interface Finding {
  readonly short: string;
  readonly message: ZerCurveMessage;
}

/** "v2 to v4 give gradient exactly 0 beyond |z| = 2.197 on the wrong side: …": variants that share their places together. */
export function deadSentences(findings: readonly Finding[]): string[] {
  const hard = findings.filter(({ message }) => isHard(message.target));
  const softTargets = [...new Set(findings.map(({ message }) => message.target))].filter((target) => !isHard(target));
  const groups = groupsOf(hard);
  const dead = groups.filter(({ ends }) => ends !== '').sort((a, b) => a.from - b.from);
  return [
    ...dead.map(
      ({ names, ends }) =>
        `${joinNames(names)} ${names.length > 1 ? 'give' : 'gives'} gradient exactly 0 beyond ${ends} on the wrong side: ` +
        'the worst errors are never corrected.',
    ),
    ...groups
      .filter(({ ends }) => ends === '')
      .map(
        ({ names }) =>
          `${keeps(names)} ${dead.length > 0 ? 'there' : 'on the wrong side'}: it is exactly 0 at no logit${dead.length > 0 ? ' of that side' : ''}.`,
      ),
    ...(dead.length > 0 ? [whyItMatters(dead.flatMap(({ names }) => names))] : []),
    ...softTargets.flatMap((target) =>
      softSentences(
        target,
        findings.filter(({ message }) => message.target === target),
      ),
    ),
  ];
}

function keeps(names: readonly string[]): string {
  return `${joinNames(names)} ${names.length > 1 ? 'keep their' : 'keeps its'} gradient`;
}

function whyItMatters(names: readonly string[]): string {
  const quoted = ['v2', 'v3'].some((name) => names.includes(name))
    ? ': the likely reason why the notebook that v1 to v4 come from says “V2-V3 still produce extremely poor behavioral performance”'
    : '';
  return `Why it matters: a unit that is completely wrong gets no gradient, so that training can't correct it${quoted}.`;
}

interface Group {
  readonly names: string[];
  /** Where their dead ends begin, in words; empty where there are none. */
  readonly ends: string;
  /** The least margin among them. */
  readonly from: number;
}

/** Variants with the same dead ends for the same targets, to four digits. */
function groupsOf(findings: readonly Finding[]): Group[] {
  const variants = [...new Set(findings.map(({ short }) => short))];
  const groups = new Map<string, Omit<Group, 'ends'>>();
  for (const name of variants) {
    const places = findings
      .filter(({ short }) => short === name)
      .map(({ message }) => {
        const [end] = endsOf(message);
        const zones = message.summary.wrong.deadZones;
        return {
          target: message.target,
          from: end?.from ?? zones[0]?.from ?? Infinity,
          at: end ? `|z| = ${printPlace(end.from)}` : zones.length > 0 ? rangesOf(zones) : '',
        };
      });
    const ends = describeEnds(places);
    const from = Math.min(...places.map((each) => each.from));
    const known = groups.get(ends);
    groups.set(ends, { names: [...(known?.names ?? []), name], from: Math.min(known?.from ?? Infinity, from) });
  }
  return [...groups].map(([ends, group]) => ({ ...group, ends }));
}

/** Zones that don't reach to the end of the format. */
function rangesOf(zones: readonly { from: number; to: number }[]): string {
  return zones.map(({ from, to }) => `|z| = ${printPlace(from)} (to ${printPlace(to)})`).join(' and ');
}

function describeEnds(places: readonly { target: number; at: string }[]): string {
  const [first] = places;
  if (!first || places.every(({ at }) => at === first.at)) return first?.at ?? '';
  return places
    .filter(({ at }) => at !== '')
    .map(({ target, at }) => `${at} for ${printTarget(target)}`)
    .join(' and ');
}

function softSentences(target: number, findings: readonly Finding[]): string[] {
  const groups = new Map<string, string[]>();
  for (const { short, message } of findings) {
    const ends = endsOf(message)
      .sort((a, b) => a.sign - b.sign)
      .map(({ sign, from }) => `${sign < 0 ? 'below' : 'above'} z = ${place(sign * from)}`)
      .join(' and ');
    groups.set(ends, [...(groups.get(ends) ?? []), short]);
  }
  const head = `For ${printTarget(target)},`;
  return [...groups].map(([ends, names]) =>
    ends === ''
      ? `${head} ${keeps(names)} to both ends: outside the radius errors are corrected however large they are.`
      : `${head} ${joinNames(names)} ${names.length > 1 ? 'give' : 'gives'} gradient exactly 0 ${ends}: ` +
        'errors beyond are never corrected.',
  );
}

/** "v1, v2 and MikeNet", "v2 to v4": three versions or more in a row as a range. */
export function joinNames(names: readonly string[]): string {
  const parts: string[] = [];
  const version = (name: string | undefined): number => Number(/^v(\d+)$/.exec(name ?? '')?.[1] ?? NaN);
  for (let i = 0; i < names.length; i++) {
    let last = i;
    while (version(names[last + 1]) === version(names[last]) + 1) last++;
    if (last - i >= 2) {
      parts.push(`${names[i] ?? ''} to ${names[last] ?? ''}`);
      i = last;
    } else parts.push(names[i] ?? '');
  }
  const end = parts.pop() ?? '';
  return parts.length > 0 ? `${parts.join(', ')} and ${end}` : end;
}

/** Variants whose originals compute in other formats than the one that is shown. */
export function formatNotes(variants: readonly VariantItem[], format: Format): string {
  const others = variants.filter(({ originalFormats }) => originalFormats && !originalFormats.includes(format));
  if (others.length === 0) return '';
  const list = others.map(
    ({ short, originalFormats }) => `${short} computes in ${(originalFormats ?? []).join(' and ')}`,
  );
  return `${list.join(', ')}: shown is ${others.length > 1 ? 'their formulas' : 'its formula'} in ${format}.`;
}

/** "v3, target 1, float32: within r = 0.1 of the target the output counts as 1; …" as the arrays and the summary have it. */
export function zerSentence(label: string, radius: number, format: Format, message: ZerCurveMessage): string {
  const { target, summary } = message;
  const sign = orientation(target);
  const sides = isHard(target) ? (['right side', 'wrong side'] as const) : sidesOf(sign);
  const findings = [withinRadius(message, radius)];
  if (summary.right.gradientZero !== null) {
    findings.push(`the gradient is 0 from z = ${place(sign * summary.right.gradientZero)} on the ${sides[0]}`);
  }
  if (summary.negative) findings.push(`the loss is negative there, ${printNumber(summary.negative.value, format)}`);
  if (summary.cap && Number.isFinite(summary.cap.value))
    findings.push(`on the ${sides[1]} the loss is never above ${printPlace(summary.cap.value)}`);
  findings.push(
    summary.deadFrom === null
      ? `on the ${sides[1]} the gradient never becomes 0`
      : `beyond z = ${place(-sign * summary.deadFrom)} on the ${sides[1]} the gradient is exactly 0: these errors are never corrected`,
  );
  return `${label}, ${printTarget(target)}, ${format}: ${findings.join('; ')}.`;
}

/** A soft target has no wrong side: the sides are those of the logits, the one that is its own first. */
function sidesOf(sign: 1 | -1): readonly [string, string] {
  const [negative, positive] = ['side of negative logits', 'side of positive logits'];
  return sign === 1 ? [positive, negative] : [negative, positive];
}

function place(x: number): string {
  return printPlace(x).replace('-', '−');
}

/** How far from the target outputs still count as the target. */
function withinRadius({ output, replaced, target, storedTarget }: ZerCurveMessage, radius: number): string {
  let farthest = 0;
  let nearestOther = Infinity;
  output.forEach((value, i) => {
    const distance = Math.abs(value - target);
    if (replaced[i] !== storedTarget) nearestOther = Math.min(nearestOther, distance);
  });
  output.forEach((value, i) => {
    const distance = Math.abs(value - target);
    if (replaced[i] === storedTarget && distance < nearestOther) farthest = Math.max(farthest, distance);
  });
  if (farthest === 0) return 'no output but the target itself counts as the target';
  // Between the last output that counts and the first that doesn't: the radius, as far as these points can tell.
  const isRadius = radius >= farthest - 1e-6 && radius <= nearestOther + 1e-6;
  return `within ${isRadius ? 'r = ' : ''}${printPlace(isRadius ? radius : farthest)} of the target the output counts as ${printNumber(target)}`;
}
