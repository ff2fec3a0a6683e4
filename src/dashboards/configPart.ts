/** What dashboards have set, as a configuration says it. */
import type { ConfigPart, LossConfig } from '../config';
import { defaults, variantById } from '../config';
import type {
  BackendChoice,
  ChosenLoss,
  FloorLook,
  FloorSettings,
  HiddenIds,
  TrainingSettings,
  ZerLook,
  ZerSettings,
} from '../protocol';
import { hiddenCurves, hiddenVariants } from './hidden';
import { chosenEntries, floorSettingsOf, type EntrySource } from './settings';
import { trainingChoice } from './trainingSettings';

/** What can be written of a dashboard's settings. */
export interface Writable {
  readonly part: ConfigPart;
  /** Labels of losses that a configuration has no name for: they are made of the user's code. */
  readonly nameless: readonly string[];
}

/** What of a page nothing is measured for. */
export interface Appearance<Look> {
  readonly hidden: HiddenIds;
  readonly look: Look;
}

/** @throws LossError for settings that can't be measured */
export function floorPart(
  settings: FloorSettings,
  { hidden, look }: Appearance<FloorLook>,
  source: EntrySource,
): Writable {
  const isNamed = ({ id }: ChosenLoss): boolean => !source.isOwn(id);
  const named = { ...settings, losses: settings.losses.filter(isNamed) };
  const { formats, targets, sweep, view, spacing = defaults.plots.axis, backend, compare } = settings;
  const plots = { axis: spacing, error: look.errorOf, targets: look.targets };
  const losses = chosenEntries(named, source).map((chosen, i) => ({
    ...chosen,
    label: named.losses[i]?.label ?? chosen.label,
  }));
  return {
    part: { losses, formats, targets, sweep, view, backend, compare, plots, hidden: hiddenCurves(hidden, named) },
    nameless: settings.losses.filter((loss) => !isNamed(loss)).map(({ label }) => label),
  };
}

/**
 * @param backend what computes, which the page of a radius doesn't choose
 * @throws LossError for a variant that there isn't
 */
export function zerPart(
  settings: ZerSettings,
  { hidden, look }: Appearance<ZerLook>,
  backend: BackendChoice,
): Writable {
  const { variants, radius, format, targets } = settings;
  const zeroErrorRadius = {
    variants: variants.map(variantById),
    radius,
    format,
    targets,
    plottedAgainst: look.axes,
    hidden: hiddenVariants(hidden, settings),
  };
  return { part: { zeroErrorRadius, backend }, nameless: [] };
}

/** Its file of patterns is named by its URI. */
export function trainingPart(settings: TrainingSettings, hidden: HiddenIds): Writable {
  return { part: { training: trainingChoice(settings, hidden) }, nameless: [] };
}

/** The losses of a file that has none are those of its variants: they need not be written into it. */
export function withoutImplied(part: ConfigPart, config: LossConfig, implied: readonly ChosenLoss[]): ConfigPart {
  if (config.losses.length > 0 || !part.losses) return part;
  const given = floorSettingsOf({ ...config, losses: part.losses }).losses;
  const text = (losses: readonly ChosenLoss[]): string =>
    JSON.stringify(losses.map(({ id, label, constants }) => [id, label, constants]));
  return text(given) === text(implied) ? { ...part, losses: [] } : part;
}

/**
 * The losses with the keys that those have now which they go on from, so that what is measured of them stays: the same
 * entry, if there are several the same constants, else the same order.
 */
export function rekeyed(next: readonly ChosenLoss[], now: readonly ChosenLoss[]): ChosenLoss[] {
  const left = [...now];
  const take = (fits: (loss: ChosenLoss) => boolean): string | undefined => {
    const at = left.findIndex(fits);
    return at < 0 ? undefined : left.splice(at, 1)[0]?.key;
  };
  const exact = next.map(({ id, constants }) =>
    take((loss) => loss.id === id && JSON.stringify(loss.constants) === JSON.stringify(constants)),
  );
  const keys = next.map(({ id }, i) => exact[i] ?? take((loss) => loss.id === id));
  const used = new Set(keys.filter((key) => key !== undefined));
  return next.map((loss, i) => {
    const kept = keys[i];
    if (kept !== undefined) return { ...loss, key: kept };
    let { key } = loss;
    for (let j = 2; used.has(key); j++) key = `${loss.id}#${String(j)}`;
    used.add(key);
    return { ...loss, key };
  });
}
