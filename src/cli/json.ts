/**
 * JSON that keeps what plain JSON loses: NaN, the infinities and -0 become the strings "NaN", "Infinity",
 * "-Infinity" and "-0".
 */
export function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, item: unknown) =>
      typeof item === 'number' && (!Number.isFinite(item) || Object.is(item, -0)) ? printed(item) : item,
    2,
  );
}

function printed(x: number): string {
  return Object.is(x, -0) ? '-0' : String(x);
}
