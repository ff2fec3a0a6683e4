/** What becomes of a constant that a number format can't hold. */
import { formats } from '../../src/numeric/format';
import type { Format } from '../../src/protocol/measurement';
import { h } from '../common/dom';
import { printNumber } from '../common/format';

/** A format that does not hold a constant to within half an ULP of a normal number, and what it stores instead. */
export interface Misfit {
  readonly format: Format;
  readonly stored: number;
}

/** @param valueIn the constant in each format: defaults can differ */
export function misfits(valueIn: (format: Format) => number, chosen: readonly Format[]): Misfit[] {
  return chosen.flatMap((format) => {
    const value = valueIn(format);
    const stored = formats[format].round(value);
    if (stored === value) return [];
    return Number.isFinite(stored) && Math.abs(stored) >= formats[format].smallestNormal ? [] : [{ format, stored }];
  });
}

/** Says at a constant's field which formats it is not representable in; empty where it is in all of them. */
export function badge(valueIn: (format: Format) => number, chosen: readonly Format[]): HTMLElement {
  const element = h('span', { class: 'badge', role: 'note' });
  showBadge(element, valueIn, chosen);
  return element;
}

export function showBadge(element: HTMLElement, valueIn: (format: Format) => number, chosen: readonly Format[]): void {
  const found = misfits(valueIn, chosen);
  const text = found.length === 0 ? '' : `not representable in ${found.map(({ format }) => format).join(', ')}`;
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === '';
  element.title = found.map((misfit) => sentence(misfit, valueIn(misfit.format))).join('\n');
}

function sentence({ format, stored }: Misfit, value: number): string {
  const becomes = `${printNumber(value)} is stored as ${printNumber(Number(stored.toPrecision(3)))} in ${format}`;
  if (stored === 0)
    return `${becomes}: the smallest number above 0 is ${printNumber(formats[format].smallestSubnormal, format)}.`;
  if (!Number.isFinite(stored)) return `${becomes}: the largest number is ${printNumber(formats[format].max, format)}.`;
  const off = Math.abs(stored / value - 1) * 100;
  return `${becomes}, a subnormal number: off by ${String(Number(off.toPrecision(2)))} %.`;
}
