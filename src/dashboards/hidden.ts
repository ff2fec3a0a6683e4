/** What the legends hide: as pages name curves, by ids, and as configurations do, by what they are of. */
import type { HiddenCurve, HiddenVariant } from '../config';
import type { FloorSettings, HiddenIds, ZerSettings } from '../protocol';

export function floorIds(hidden: readonly HiddenCurve[], { losses }: Pick<FloorSettings, 'losses'>): string[] {
  return hidden.flatMap((curve) => {
    if ('exact' in curve) return [`exact ${String(curve.exact)}`];
    const { loss, format, target, backend } = curve;
    const key = losses[loss]?.key;
    return key === undefined ? [] : [idOf(key, format, target, backend)];
  });
}

/** Those of the ids that are of curves these settings have. */
export function hiddenCurves(
  ids: HiddenIds,
  { losses, formats, targets, compare }: Pick<FloorSettings, 'losses' | 'formats' | 'targets' | 'compare'>,
): HiddenCurve[] {
  const chosen = new Set(ids);
  const curves = losses.flatMap(({ key }, loss) =>
    formats.flatMap((format) =>
      targets.flatMap((target) =>
        [undefined, ...compare].flatMap((backend): HiddenCurve[] =>
          chosen.has(idOf(key, format, target, backend))
            ? [{ loss, format, target, ...(backend === undefined ? {} : { backend }) }]
            : [],
        ),
      ),
    ),
  );
  return [...curves, ...exactNumbers(ids).map((exact) => ({ exact }))];
}

export function zerIds(hidden: readonly HiddenVariant[]): string[] {
  return hidden.map((curve) => ('exact' in curve ? `exact ${String(curve.exact)}` : idOf(curve.variant, curve.target)));
}

export function hiddenVariants(
  ids: HiddenIds,
  { variants, targets }: Pick<ZerSettings, 'variants' | 'targets'>,
): HiddenVariant[] {
  const chosen = new Set(ids);
  const curves = variants.flatMap((variant) =>
    targets.flatMap((target) => (chosen.has(idOf(variant, target)) ? [{ variant, target }] : [])),
  );
  const exact = exactNumbers(ids).filter((target) => targets.includes(target));
  return [...curves, ...exact.map((target) => ({ exact: target }))];
}

function idOf(...parts: readonly (string | number | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(' ');
}

function exactNumbers(ids: HiddenIds): number[] {
  return ids
    .flatMap((id) => (id.startsWith('exact ') ? [Number(id.slice('exact '.length))] : []))
    .filter((x) => x >= 0);
}
