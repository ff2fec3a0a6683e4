import { posix } from 'node:path';
import * as vscode from 'vscode';
import {
  defaults,
  parseLossConfig,
  variantById,
  type BackendChoice,
  type ConfigProblem,
  type HiddenCurve,
  type HiddenTraining,
  type HiddenVariant,
  type LossConfig,
} from '../config';
import { lossById, type LossEntry } from '../losses';
import type { FormatName } from '../numeric';
import type {
  FloorLook,
  FloorSettings,
  KeptState,
  PanelOrigin,
  TrainingSettings,
  ZerLook,
  ZerSettings,
} from '../protocol';
import type { Finding } from '../rules';
import { findingLosses, isMeasurable, type MeasurableFinding } from './findingEntry';
import { hiddenCurves, hiddenVariants } from './hidden';
import {
  EntrySource,
  floorLookOf,
  floorSettingsOf,
  keptBackends,
  keptFloorLook,
  keptView,
  keptZerLook,
  zerLookOf,
  zerSettingsOf,
} from './settings';
import { trainingSettings, trainingSettingsOf } from './trainingSettings';

/** What is found in a document as it is now, once that is known. */
export type FindingsOf = (document: vscode.TextDocument) => Promise<readonly Finding[]>;

/** What a panel is about: where it comes from, what it begins with. */
export interface Subject {
  readonly origin: PanelOrigin;
  /** Of the page. */
  readonly title: string;
  /** Of the tab. */
  readonly name: string;
  readonly source: string;
  readonly entries: EntrySource;
  readonly backend: BackendChoice;
  /** What the configuration says, whatever else has been chosen since. */
  readonly said: Pick<FloorSettings, 'backend' | 'compare' | 'view' | 'spacing'>;
  readonly floor: FloorSettings;
  readonly zer: ZerSettings;
  /** What the legends hide. */
  readonly training: TrainingSettings;
  readonly hidden: {
    readonly floor: readonly HiddenCurve[];
    readonly zer: readonly HiddenVariant[];
    readonly training: readonly HiddenTraining[];
  };
  readonly look: { readonly floor: FloorLook; readonly zer: ZerLook };
}

export function isLossConfig(document: vscode.TextDocument): boolean {
  return document.uri.path.endsWith('.loss.json');
}

export function nameOf(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}

/** A file that a configuration names: by its path from the configuration's folder, an absolute path, or a URI. */
export function fileUri(config: vscode.Uri, file: string): vscode.Uri {
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(file)) return vscode.Uri.parse(file);
  const isAbsolute = file.startsWith('/') || /^[a-z]:\//i.test(file);
  const inFolder = isAbsolute ? posix.join('/', file) : posix.join(posix.dirname(config.path), file);
  return config.with({ path: inFolder });
}

/** How a configuration names a file: the inverse. */
export function fileName(config: vscode.Uri, file: vscode.Uri): string {
  const isNear = config.scheme === file.scheme && config.authority === file.authority;
  return isNear ? posix.relative(posix.dirname(config.path), file.path) : file.toString();
}

export function describe(document: vscode.TextDocument, problem: ConfigProblem | undefined): string {
  const { line, character } = document.positionAt(problem?.offset ?? 0);
  return `${nameOf(document.uri)}:${String(line + 1)}:${String(character + 1)}: ${problem?.message ?? ''}`;
}

export function subjectOfConfig(config: LossConfig, uri: vscode.Uri): Subject {
  const variantLosses = config.zeroErrorRadius.variants.map((entry, i) => ({
    key: String(i),
    entry,
    label: entry.label,
    constants: { radius: config.zeroErrorRadius.radius },
  }));
  return {
    origin: { kind: 'config', uri: uri.toString() },
    title: config.title,
    name: nameOf(uri).replace(/\.loss\.json$/, ''),
    source: nameOf(uri),
    entries: new EntrySource(),
    backend: config.backend,
    said: { backend: config.backend, compare: config.compare, view: config.view, spacing: config.plots.axis },
    floor: floorSettingsOf({ ...config, losses: config.losses.length > 0 ? config.losses : variantLosses }),
    zer: zerSettingsOf(config),
    training: trainingSettingsOf(config, (file) => fileUri(uri, file).toString()),
    hidden: {
      floor: config.hidden,
      zer: config.zeroErrorRadius.hidden,
      training: config.training?.hidden ?? [],
    },
    look: { floor: floorLookOf(config.plots), zer: zerLookOf(config.zeroErrorRadius) },
  };
}

export function subjectOfEntries(entries: readonly LossEntry[]): Subject {
  const [first] = entries;
  const name = entries.length === 1 && first ? first.label : vscode.l10n.t('Catalogue');
  const chosen = entries.map((entry, i) => ({ key: String(i), entry, label: entry.label, constants: {} }));
  const formats: readonly FormatName[] = first?.formats?.slice(0, 1) ?? defaults.formats;
  const { targets, sweep, backend } = defaults;
  const variants = entries.filter((entry) => entry.family === 'zer');
  return {
    origin: { kind: 'catalogue' },
    title: name,
    name,
    source: '',
    entries: new EntrySource(),
    backend,
    said: { backend, compare: [], view: null, spacing: defaults.plots.axis },
    floor: floorSettingsOf({ losses: chosen, formats, targets, sweep, backend }),
    zer: zerSettingsOf({
      zeroErrorRadius: {
        variants: variants.length > 0 ? variants : defaults.variants.map(variantById),
        radius: defaults.radius,
        format: formats[0] ?? 'float32',
        targets: defaults.radiusTargets,
      },
    }),
    training: trainingSettings({}),
    hidden: { floor: [], zer: [], training: [] },
    look: { floor: floorLookOf(defaults.plots), zer: zerLookOf(defaults) },
  };
}

export function subjectOfFinding(document: vscode.TextDocument, finding: MeasurableFinding): Subject {
  const { line } = document.positionAt(finding.range.start);
  const name = `${nameOf(document.uri)}:${String(line + 1)}`;
  const { shown, own, targets } = findingLosses(finding, name);
  const catalogue = subjectOfEntries(shown);
  return {
    ...catalogue,
    origin: { kind: 'finding', uri: document.uri.toString(), rule: finding.rule, offset: finding.range.start },
    title: `${finding.title}, ${name}`,
    name,
    source: name,
    entries: new EntrySource(own),
    floor: {
      ...catalogue.floor,
      formats: ['float32'],
      targets,
      sweep: { from: -100, to: 110, points: 841 },
    },
  };
}

/** @throws Error where what the state names is gone */
export async function subjectOfState(kind: 'floor' | 'zer', state: unknown, findingsOf: FindingsOf): Promise<Subject> {
  const subject = await subjectOfSettings(kind, state, findingsOf);
  const { look } = (state ?? {}) as Partial<KeptState<unknown>>;
  const { floor, zer } = subject.look;
  return kind === 'floor'
    ? { ...subject, look: { floor: keptFloorLook(floor, look ?? {}), zer } }
    : { ...subject, look: { floor, zer: keptZerLook(zer, look ?? {}) } };
}

async function subjectOfSettings(kind: 'floor' | 'zer', state: unknown, findingsOf: FindingsOf): Promise<Subject> {
  const { origin, settings, hidden } = (state ?? {}) as Partial<KeptState<FloorSettings | ZerSettings>>;
  if (!origin || !settings) throw new Error('its state was not kept');
  // A configuration may have changed since: the file is the truth. Of the rest, the settings are all there is.
  if (origin.kind === 'config') {
    const subject = await subjectOfConfigFile(origin.uri);
    // But for what computes and what is looked at, which is the session's to say.
    return kind === 'floor'
      ? withHidden(
          { ...subject, floor: { ...subject.floor, ...keptBackends(settings), ...keptView(settings) } },
          settings,
          hidden,
        )
      : withHidden(subject, settings, hidden);
  }
  const subject =
    origin.kind === 'finding'
      ? await subjectOfPlace(origin, findingsOf)
      : subjectOfEntries(
          'losses' in settings ? settings.losses.map(({ id }) => lossById(id)) : settings.variants.map(variantById),
        );
  const kept =
    kind === 'floor'
      ? { ...subject, floor: { ...subject.floor, ...settings, ...keptBackends(settings) } }
      : { ...subject, zer: settings as ZerSettings };
  return withHidden(kept, settings, hidden);
}

/** With what the legend hid, where the curves are still the same. */
function withHidden(subject: Subject, kept: FloorSettings | ZerSettings, ids: unknown): Subject {
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) return subject;
  if ('variants' in kept) return { ...subject, hidden: { ...subject.hidden, zer: hiddenVariants(ids, kept) } };
  const losses = (settings: FloorSettings): string => settings.losses.map(({ id }) => id).join(' ');
  if (losses(kept) !== losses(subject.floor)) return subject;
  return {
    ...subject,
    hidden: {
      ...subject.hidden,
      floor: hiddenCurves(ids, { ...kept, compare: (kept as Partial<FloorSettings>).compare ?? [] }),
    },
  };
}

/** @throws Error where the file can't be read, or not as a configuration */
export async function subjectOfConfigFile(uri: string): Promise<Subject> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  const { config, problems } = parseLossConfig(document.getText(), nameOf(document.uri));
  if (!config) throw new Error(describe(document, problems[0]));
  return subjectOfConfig(config, document.uri);
}

async function subjectOfPlace(
  { uri, rule, offset }: Extract<PanelOrigin, { kind: 'finding' }>,
  findingsOf: FindingsOf,
): Promise<Subject> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  const nearest = nearestFinding(await findingsOf(document), rule, offset);
  if (!nearest) throw new Error(`${nameOf(document.uri)} has no such code any more`);
  return subjectOfFinding(document, nearest);
}

/** The code may have moved since its place was noted. */
export function nearestFinding(
  findings: readonly Finding[],
  rule: string,
  offset: number,
): MeasurableFinding | undefined {
  return findings
    .filter(isMeasurable)
    .filter((finding) => finding.rule === rule)
    .sort((a, b) => Math.abs(a.range.start - offset) - Math.abs(b.range.start - offset))[0];
}
