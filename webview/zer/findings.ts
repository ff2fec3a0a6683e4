import type { Format } from '../../src/protocol/measurement';
import type { ZerCurveMessage } from '../../src/protocol/webview';
import { printNumber, printPlace, printTarget } from '../common/format';
import { stretches } from '../common/lanes';

/** +1 where the right side is that of positive logits. */
export function orientation(target: number): 1 | -1 {
  return target >= 0.5 ? 1 : -1;
}

/** Logits between which the gradient is exactly 0 although the exact one is not, as pairs. */
export function deadZones(
  { logit, gradient, exactGradient }: ZerCurveMessage,
  thresholds: readonly number[],
): [number, number][] {
  const dead = stretches(logit.length, (i) => gradient[i] === 0 && exactGradient[i] !== 0);
  return dead.map(([first, last]) => [
    edge(thresholds, logit[first - 1], logit[first] ?? 0),
    edge(thresholds, logit[last + 1], logit[last] ?? 0),
  ]);
}

/** The known place between two neighbouring points, else the second of them. */
function edge(thresholds: readonly number[], outside: number | undefined, inside: number): number {
  if (outside === undefined) return inside;
  const [low, high] = outside < inside ? [outside, inside] : [inside, outside];
  return thresholds.find((place) => place >= low && place <= high) ?? inside;
}

/** "v3, target 1, float32: within r = 0.1 of the target the error counts as 0; …" as the arrays and the summary have it. */
export function zerSentence(label: string, radius: number, format: Format, message: ZerCurveMessage): string {
  const { target, summary } = message;
  const sign = orientation(target);
  const findings = [withinRadius(message, radius)];
  if (summary.right.gradientZero !== null) {
    findings.push(`the gradient is 0 from z = ${place(sign * summary.right.gradientZero)} on the right side`);
  }
  if (summary.negative) findings.push(`the loss is negative there, ${printNumber(summary.negative.value, format)}`);
  if (summary.cap && Number.isFinite(summary.cap.value))
    findings.push(`on the wrong side the loss is never above ${printPlace(summary.cap.value)}`);
  findings.push(
    summary.deadFrom === null
      ? 'on the wrong side the gradient never becomes 0'
      : `beyond z = ${place(-sign * summary.deadFrom)} on the wrong side the gradient is exactly 0: these errors are never corrected`,
  );
  return `${label}, ${printTarget(target)}, ${format}: ${findings.join('; ')}.`;
}

function place(x: number): string {
  return printPlace(x).replace('-', '−');
}

/** How far from the target outputs still count as the target. */
function withinRadius({ output, replaced, target }: ZerCurveMessage, radius: number): string {
  let farthest = 0;
  let nearestOther = Infinity;
  output.forEach((value, i) => {
    const distance = Math.abs(value - target);
    if (replaced[i] !== target) nearestOther = Math.min(nearestOther, distance);
  });
  output.forEach((value, i) => {
    const distance = Math.abs(value - target);
    if (replaced[i] === target && distance < nearestOther) farthest = Math.max(farthest, distance);
  });
  if (farthest === 0) return 'no output but the target itself counts as the target';
  // Between the last output that counts and the first that doesn't: the radius, as far as these points can tell.
  const isRadius = radius >= farthest - 1e-6 && radius <= nearestOther + 1e-6;
  return `within ${isRadius ? 'r = ' : ''}${printPlace(isRadius ? radius : farthest)} of the target the output counts as ${printNumber(target)}`;
}
