import type { WireNumber } from '../protocol';

/**
 * A message as it survives the way to a webview, which is JSON but for typed arrays: there NaN and the infinities become
 * null, and -0 becomes 0.
 */
export function packed(message: unknown): unknown {
  if (typeof message === 'number') {
    const isPlain = Number.isFinite(message) && !Object.is(message, -0);
    return isPlain ? message : ({ $number: Object.is(message, -0) ? '-0' : String(message) } satisfies WireNumber);
  }
  if (typeof message !== 'object' || message === null || ArrayBuffer.isView(message)) return message;
  if (Array.isArray(message)) return message.map(packed);
  return Object.fromEntries(Object.entries(message).map(([name, value]) => [name, packed(value)]));
}
