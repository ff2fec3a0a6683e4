import {
  backendChoices,
  defaults,
  labelOf,
  limits,
  plotChoices,
  radiusAxes,
  zeroErrorRadiusVariants,
  type BackendChoice,
  type ChosenEntry,
  type LossConfig,
} from '../config';
import { describeSelfTest, type Backends } from '../engine';
import { LossError, losses, lossById, type LossEntry } from '../losses';
import { formatNames } from '../numeric';
import type {
  BackendItem,
  BackendName,
  BackendState,
  CatalogueItem,
  ChosenLoss,
  FloorLook,
  FloorSettings,
  VariantItem,
  ZerLook,
  ZerSettings,
} from '../protocol';

/** How many losses a dashboard draws at most. */
const maxLosses = 24;

/** Entries that a panel can name: those of the catalogue, and those that are made of the user's code. */
export class EntrySource {
  constructor(private readonly own: readonly LossEntry[] = []) {}

  get all(): readonly LossEntry[] {
    return [...this.own, ...losses];
  }

  /** Whether it is made of the user's code. */
  isOwn(id: string): boolean {
    return this.own.some((entry) => entry.id === id);
  }

  /** @throws LossError for an id that neither has */
  byId(id: string): LossEntry {
    return this.own.find((entry) => entry.id === id) ?? lossById(id);
  }
}

export function catalogueItems(entries: readonly LossEntry[]): CatalogueItem[] {
  return entries.map(({ id, label, framework, family, formula, notes, constants }) => ({
    id,
    label,
    framework,
    family,
    formula,
    notes,
    constants: constants.map((constant) => ({
      name: constant.name,
      label: constant.label,
      default: constant.default,
      defaultIn: constant.defaultIn ?? {},
      minimum: constant.minimum ?? constant.exclusiveMinimum ?? null,
      maximum: constant.maximum ?? null,
    })),
  }));
}

export function floorSettingsOf(
  config: Pick<LossConfig, 'losses' | 'formats' | 'targets' | 'sweep' | 'backend'> &
    Partial<Pick<LossConfig, 'view' | 'compare' | 'plots'>>,
): FloorSettings {
  const { losses: chosen, formats, targets, sweep, view = null, backend, compare = [], plots } = config;
  return {
    losses: chosen.map(({ key, entry, label, constants }): ChosenLoss => ({
      key,
      id: entry.id,
      label,
      formula: entry.formula,
      constants,
    })),
    formats,
    targets,
    sweep,
    view,
    spacing: plots?.axis ?? defaults.plots.axis,
    backend,
    compare,
  };
}

/** Which backends a state that was kept has chosen; it may be another version's, which knew of none or of others. */
export function keptBackends(settings: Partial<FloorSettings>): Partial<Pick<FloorSettings, 'backend' | 'compare'>> {
  const { backend, compare = [] } = settings;
  return {
    ...(backend !== undefined && backendChoices.includes(backend) ? { backend } : {}),
    compare: compare.filter(isBackend),
  };
}

/** The part that a state which was kept has zoomed to, and along which axis; another version's may have none. */
export function keptView({ view, spacing }: Partial<FloorSettings>): Partial<Pick<FloorSettings, 'view' | 'spacing'>> {
  return {
    ...(view && view.from < view.to ? { view: { from: view.from, to: view.to } } : {}),
    ...(spacing !== undefined && plotChoices.axis.includes(spacing) ? { spacing } : {}),
  };
}

export function floorLookOf({ error, targets }: LossConfig['plots']): FloorLook {
  return { errorOf: error, targets };
}

export function zerLookOf({ plottedAgainst }: Pick<LossConfig['zeroErrorRadius'], 'plottedAgainst'>): ZerLook {
  return { axes: plottedAgainst };
}

/** The look with what of a kept one there is: it may be another version's. */
export function keptFloorLook(look: FloorLook, kept: Partial<FloorLook>): FloorLook {
  const { errorOf, targets } = kept;
  return {
    errorOf: errorOf !== undefined && plotChoices.error.includes(errorOf) ? errorOf : look.errorOf,
    targets: targets !== undefined && plotChoices.targets.includes(targets) ? targets : look.targets,
  };
}

export function keptZerLook(look: ZerLook, { axes }: Partial<ZerLook>): ZerLook {
  const known = Array.isArray(axes) ? radiusAxes.filter((axis) => axes.includes(axis)) : [];
  return known.length > 0 ? { axes: known } : look;
}

function isBackend(name: BackendChoice): name is BackendName {
  return name !== 'auto' && backendChoices.includes(name);
}

/** Everything that can be chosen to compute, with what is known of it. @param preferred what `auto` stands for */
export function backendItems(backends: Pick<Backends, 'states'>, preferred: BackendChoice): BackendItem[] {
  const automatic =
    preferred === 'auto'
      ? 'A GPU, where there is one that passes its self-test; else the number format itself, model'
      : `As the setting lossfloor.backend.use says: ${preferred}`;
  return [
    { name: 'auto', title: automatic, state: 'ready', about: automatic },
    ...backends.states().map((state) => ({
      name: state.name,
      title: state.title,
      // The model is always there.
      state: state.name === 'model' && state.state === 'unknown' ? ('ready' as const) : state.state,
      about: aboutBackend(state),
    })),
  ];
}

function aboutBackend(state: BackendState): string {
  switch (state.state) {
    case 'unknown':
      return state.title;
    case 'starting':
      return `Starting: ${[state.stage ?? 'its process', state.detail].filter(Boolean).join(', ')}`;
    case 'refused':
      return `${state.message} ${state.remedy}`.trim();
    case 'ready': {
      const { identity, selfTest } = state;
      const parts = [identity.device, hardwareTitles[identity.hardware], identity.version];
      const [device = ''] = parts;
      // A processor is called one already.
      const shown = identity.hardware === 'cpu' && device.startsWith('CPU') ? [device, identity.version] : parts;
      return [...shown, ...(selfTest && !selfTest.passed ? [describeSelfTest(selfTest)] : [])].join(' · ');
    }
  }
}

const hardwareTitles = { gpu: 'GPU', cpu: 'CPU', 'software-gpu': 'software adapter, computes on the CPU' } as const;

/**
 * The entries of settings that came from a webview, or from a state kept by another version.
 * @throws LossError saying what can't be measured
 */
export function chosenEntries(settings: FloorSettings, source: EntrySource): ChosenEntry[] {
  const { losses: chosen, formats, targets, sweep, view, backend, compare } = settings;
  const strange = [backend, ...compare].find((name) => !backendChoices.includes(name));
  if (strange !== undefined) throw new LossError(`there is no backend "${strange}"`);
  if (chosen.length > maxLosses) throw new LossError(`at most ${String(maxLosses)} losses can be compared`);
  const unknown = formats.find((format) => !formatNames.includes(format));
  if (unknown) throw new LossError(`there is no number format "${unknown}"`);
  if (!targets.every((target) => target === 'mean' || (target >= 0 && target <= 1))) {
    throw new LossError('targets lie between 0 and 1');
  }
  const { minimum, maximum } = limits.points;
  for (const { from, to } of [sweep, view ?? sweep]) {
    if (!(from < to && Number.isFinite(to - from))) {
      throw new LossError(`the range from ${String(from)} to ${String(to)} is empty`);
    }
  }
  if (!(Number.isInteger(sweep.points) && sweep.points >= minimum && sweep.points <= maximum)) {
    throw new LossError(`the number of points must be between ${String(minimum)} and ${String(maximum)}`);
  }
  return chosen.map(({ key, id, constants }) => {
    const entry = source.byId(id);
    entry.build(constants);
    return { key, entry, label: labelOf(entry, constants), constants };
  });
}

export function zerSettingsOf({
  zeroErrorRadius,
}: {
  readonly zeroErrorRadius: Pick<LossConfig['zeroErrorRadius'], 'variants' | 'radius' | 'format' | 'targets'>;
}): ZerSettings {
  const { variants, radius, format, targets } = zeroErrorRadius;
  return { variants: variants.map((entry) => entry.id), radius, format, targets };
}

export function variantItems(): VariantItem[] {
  return zeroErrorRadiusVariants().map(({ id, label, framework, formula, notes, constants, formats }) => ({
    id,
    label,
    short: id.startsWith('zer/') ? id.slice('zer/'.length) : framework,
    formula,
    notes,
    constants: constants
      .filter(({ name }) => name !== 'radius')
      .map((constant) => ({ name: constant.name, value: constant.default })),
    originalFormats: formats ?? null,
  }));
}
