import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import {
  findNodeAtLocation,
  getNodeValue,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from 'jsonc-parser';
import { LossError, losses, lossById, type LossEntry } from '../losses';
import type { Target } from '../measure';
import type { FormatName } from '../numeric';
import { bundledTask, trainingDefaults, type TaskId, type TrainingPlan } from '../training';
import {
  defaults,
  type BackendChoice,
  type ChosenEntry,
  type ComparedBackend,
  type HiddenCurve,
  type HiddenVariant,
  type LossConfig,
  type PlotsChoice,
  type RadiusAxis,
  type Range,
  type Sweep,
  type TrainingChoice,
} from './config';
import { lossConfigSchema } from './schema';

/** What is wrong with a file, and where. */
export interface ConfigProblem {
  readonly message: string;
  /** In the text, in UTF-16 units. */
  readonly offset: number;
  readonly length: number;
  /** Who finds it: `syntax` and `schema` problems are also shown by VS Code's own JSON support. */
  readonly kind: 'syntax' | 'schema' | 'meaning';
}

export type ParsedConfig =
  | { readonly config: LossConfig; readonly problems: readonly [] }
  | { readonly config: undefined; readonly problems: readonly ConfigProblem[] };

/** The file as its author wrote it, once it is known to follow the schema. */
interface Written {
  readonly title?: string;
  readonly losses?: readonly (string | { id: string; label?: string; constants?: Record<string, number> })[];
  readonly formats?: readonly FormatName[];
  readonly targets?: readonly Target[];
  readonly sweep?: { from: number; to: number; points?: number };
  readonly view?: Range;
  readonly plots?: Partial<PlotsChoice>;
  readonly training?: WrittenTraining;
  readonly zeroErrorRadius?: {
    variants?: readonly string[];
    radius?: number;
    format?: FormatName;
    targets?: readonly number[];
    plottedAgainst?: readonly RadiusAxis[];
    hidden?: readonly WrittenHiddenVariant[];
  };
  readonly backend?: BackendChoice;
  readonly compare?: readonly ComparedBackend[];
  readonly hidden?: readonly WrittenHiddenCurve[];
}

/** Which of its properties go together, no schema says: `interpret` does. */
interface WrittenHiddenCurve {
  readonly loss?: number;
  readonly format?: FormatName;
  readonly target?: Target;
  readonly backend?: ComparedBackend;
  readonly exact?: number;
}

/** As it is written, what is left out left out. */
interface WrittenTraining extends Partial<Omit<TrainingPlan, 'hidden'>> {
  readonly task?: TaskId;
  readonly bits?: number;
  readonly file?: string;
  readonly targetColumns?: number;
  readonly hiddenUnits?: number;
  readonly hidden?: TrainingChoice['hidden'];
}

interface WrittenHiddenVariant {
  readonly variant?: string;
  readonly target?: number;
  readonly exact?: number;
}

type Path = readonly (string | number)[];

let validate: ValidateFunction<Written> | undefined;

/**
 * Reads a `*.loss.json`. Never throws: what is wrong comes back as problems with their positions.
 * @param name heading for a file that has no title of its own
 */
export function parseLossConfig(text: string, name: string): ParsedConfig {
  const errors: ParseError[] = [];
  let root: Node | undefined;
  let value: unknown;
  try {
    root = parseTree(text, errors, { allowTrailingComma: false, disallowComments: true });
    value = root && getNodeValue(root);
  } catch (error) {
    // Both call themselves for each level.
    if (!(error instanceof RangeError)) throw error;
    const message = 'This is not a loss configuration: it is nested too deeply.';
    return { config: undefined, problems: [{ message, offset: 0, length: 1, kind: 'syntax' }] };
  }
  if (errors.length > 0 || !root) {
    const problems = errors.map(({ error, offset, length }) => ({
      message: `This is not valid JSON: ${humanize(printParseErrorCode(error))}.`,
      offset,
      length: Math.max(1, length),
      kind: 'syntax' as const,
    }));
    return {
      config: undefined,
      problems:
        problems.length > 0 ? problems : [{ message: 'The file is empty.', offset: 0, length: 1, kind: 'syntax' }],
    };
  }

  // Not strict: the schema also holds words for VS Code (defaultSnippets, markdownDescription).
  validate ??= new Ajv({ allErrors: true, strict: false }).compile<Written>(lossConfigSchema());
  if (!validate(value)) return { config: undefined, problems: schemaProblems(validate.errors ?? [], root) };
  return interpret(value, root, name);
}

/** `CommaExpected` as "comma expected". */
function humanize(code: string): string {
  return code.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}

function schemaProblems(errors: readonly ErrorObject[], root: Node): ConfigProblem[] {
  const problems = new Map<string, ConfigProblem>();
  for (const error of causes(errors, root)) {
    const path = pathOf(error.instancePath);
    const unknown = error.params['additionalProperty'] as string | undefined;
    const node = unknown === undefined ? nodeAt(root, path) : nameOf(root, [...path, unknown]);
    const message = describe(error, path, nodeAt(root, path));
    problems.set(`${String(node.offset)} ${message}`, {
      message,
      offset: node.offset,
      length: node.length,
      kind: 'schema',
    });
  }
  return [...problems.values()].sort((a, b) => a.offset - b.offset);
}

/** The validator lists an error of each alternative, also of those that were never meant: a loss is an id or an object. */
function causes(errors: readonly ErrorObject[], root: Node): ErrorObject[] {
  return errors.filter((error) => {
    if (error.keyword === 'anyOf') return false;
    const node = nodeAt(root, pathOf(error.instancePath));
    const isLoss = /^\/losses\/\d+$/.test(error.instancePath);
    if (isLoss && node.type === 'object') return error.keyword !== 'type' && error.keyword !== 'enum';
    const hasWrongType = errors.some((other) => other.instancePath === error.instancePath && other.keyword === 'type');
    return error.keyword === 'type' || !hasWrongType;
  });
}

function describe({ keyword, params, message }: ErrorObject, path: Path, node: Node): string {
  const where =
    path.length === 0
      ? 'The file'
      : path
          .map(String)
          .join('.')
          .replace(/\.(\d+)/g, '[$1]');
  const isTarget = path.length === 2 ? path[0] === 'targets' : path[0] === 'hidden' && path[2] === 'target';
  if (isTarget) return `${where} must be a number from 0 to 1, or "mean".`;
  if (path.length === 2 && path[0] === 'losses' && node.type !== 'object') {
    return `${where} must be the id of a loss, or an object with an id.`;
  }
  switch (keyword) {
    case 'additionalProperties':
      return `Unknown property "${String(params['additionalProperty'])}".`;
    case 'required':
      return `${where}: "${String(params['missingProperty'])}" is missing.`;
    case 'enum': {
      const allowed = (params['allowedValues'] as unknown[]).map((value) => JSON.stringify(value));
      return `${where} must be one of ${allowed.join(', ')}.`;
    }
    case 'type':
      return `${where} must be ${aOrAn(String(params['type']))}.`;
    default:
      return `${where} ${String(message)}.`;
  }
}

function aOrAn(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

/** `/losses/0/id` as a path. */
function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** The value at the path; the nearest whole around it where it is missing. */
function nodeAt(root: Node, path: Path): Node {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (node) return node;
  }
  return root;
}

/** The name of the property at the path. */
function nameOf(root: Node, path: Path): Node {
  const value = nodeAt(root, path);
  return value.parent?.children?.[0] ?? value;
}

/** Fills in defaults and checks what no schema can: ids, constants, the order of a range. */
function interpret(written: Written, root: Node, name: string): ParsedConfig {
  const problems: ConfigProblem[] = [];
  const attempt = <T>(path: Path, action: () => T): T | undefined => {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof LossError)) throw error;
      const { offset, length } = nodeAt(root, path);
      problems.push({ message: sentence(error.message), offset, length, kind: 'meaning' });
      return undefined;
    }
  };

  const chosen = (written.losses ?? []).map((item, i) => {
    const { id, label, constants = {} } = typeof item === 'string' ? { id: item } : item;
    const entry = attempt(typeof item === 'string' ? ['losses', i] : ['losses', i, 'id'], () => lossById(id));
    if (!entry) return undefined;
    for (const [constant, value] of Object.entries(constants)) {
      attempt(['losses', i, 'constants', constant], () => entry.build({ [constant]: value }));
    }
    return { key: String(i), entry, label: label ?? labelOf(entry, constants), constants: { ...constants } };
  });

  (written.targets ?? []).forEach((target, i) =>
    attempt(['targets', i], () => {
      for (const loss of chosen) if (loss) checkTarget(loss.entry, target);
    }),
  );

  const zer = written.zeroErrorRadius ?? {};
  const variants = (zer.variants ?? defaults.variants).map((id, i) =>
    attempt(['zeroErrorRadius', 'variants', i], () => variantById(id)),
  );
  (zer.targets ?? []).forEach((target, i) =>
    attempt(['zeroErrorRadius', 'targets', i], () => {
      for (const variant of variants) if (variant) checkTarget(variant, target);
    }),
  );

  const sweep: Sweep = { ...defaults.sweep, ...written.sweep };
  attempt(['sweep', 'to'], () => checkRange('sweep', sweep));
  if (written.view) attempt(['view', 'to'], () => checkRange('view', written.view ?? sweep));
  // A file without losses shows those of its variants.
  const count = written.losses?.length ?? variants.length;
  const hidden = (written.hidden ?? []).map((item, i) => attempt(['hidden', i], () => hiddenCurve(item, count)));
  const hiddenVariants = (zer.hidden ?? []).map((item, i) =>
    attempt(['zeroErrorRadius', 'hidden', i], () => hiddenVariant(item)),
  );
  const training = written.training ? trainingChoice(written.training, attempt) : null;
  if (problems.length > 0) return { config: undefined, problems };
  const formats = written.formats ?? defaults.formats;
  return {
    problems: [],
    config: {
      title: written.title ?? name,
      losses: chosen as ChosenEntry[],
      formats,
      targets: written.targets ?? defaults.targets,
      sweep,
      view: written.view ? { from: written.view.from, to: written.view.to } : null,
      plots: { ...defaults.plots, ...written.plots },
      zeroErrorRadius: {
        variants: variants as LossEntry[],
        radius: zer.radius ?? defaults.radius,
        format: zer.format ?? formats[0] ?? defaults.formats[0],
        targets: zer.targets ?? defaults.radiusTargets,
        plottedAgainst: zer.plottedAgainst ?? defaults.plottedAgainst,
        hidden: hiddenVariants as HiddenVariant[],
      },
      training,
      backend: written.backend ?? defaults.backend,
      compare: written.compare ?? [],
      hidden: hidden as HiddenCurve[],
    },
  };
}

/** What is usually learnt with: that of the task, where it has something of its own. */
export function usualPlan(task: TaskId, bits: number): TrainingPlan {
  if (task === 'own') return trainingDefaults;
  const { hidden, epochs, rate } = bundledTask(task, bits);
  return { ...trainingDefaults, hidden, epochs, rate };
}

/** @param attempt notes what is wrong, and where */
function trainingChoice(
  written: WrittenTraining,
  attempt: (path: Path, action: () => unknown) => unknown,
): TrainingChoice {
  const { task = defaults.task, bits = defaults.bits, file = null, targetColumns = null } = written;
  const { hiddenUnits, hidden = [], ...rest } = written;
  (written.variants ?? []).forEach((id, i) => attempt(['training', 'variants', i], () => variantById(id)));
  hidden.forEach(({ variant }, i) => attempt(['training', 'hidden', i, 'variant'], () => variantById(variant)));
  const usual = usualPlan(task, bits);
  const said = { ...rest, ...(hiddenUnits === undefined ? {} : { hidden: hiddenUnits }) };
  const names = Object.keys(usual) as (keyof TrainingPlan)[];
  const plan = Object.fromEntries(names.map((name) => [name, said[name] ?? usual[name]])) as unknown as TrainingPlan;
  const hiddenCurves = hidden.map(({ variant, radius }) => ({ variant, radius }));
  return { task, bits, file, targetColumns, plan, hidden: hiddenCurves };
}

/** @throws LossError for a range without anything in it */
function checkRange(name: string, { from, to }: Range): void {
  if (from < to && Number.isFinite(to - from)) return;
  throw new LossError(
    `the ${name} runs from ${String(from)} to ${String(to)}; "to" has to be greater than "from", and both finite`,
  );
}

/** @throws LossError for a curve that isn't fully named */
function hiddenCurve({ loss, format, target, backend, exact }: WrittenHiddenCurve, count: number): HiddenCurve {
  const others = [loss, format, target, backend].some((value) => value !== undefined);
  if (exact !== undefined && !others) return { exact };
  if (exact !== undefined || loss === undefined || format === undefined || target === undefined) {
    throw new LossError('a hidden curve is named by "loss", "format" and "target", or by "exact" alone');
  }
  if (loss >= count) {
    throw new LossError(`"loss" is a place in the list of losses, from 0 to ${String(count - 1)}, not ${String(loss)}`);
  }
  return { loss, format, target, ...(backend === undefined ? {} : { backend }) };
}

/** @throws LossError for a curve that isn't fully named, or of no variant */
function hiddenVariant({ variant, target, exact }: WrittenHiddenVariant): HiddenVariant {
  if (exact !== undefined && variant === undefined && target === undefined) return { exact };
  if (exact !== undefined || variant === undefined || target === undefined) {
    throw new LossError('a hidden curve is named by "variant" and "target", or by "exact" alone');
  }
  return { variant: variantById(variant).id, target };
}

/** A message of the catalogue as a sentence; ids keep their case. */
function sentence(text: string): string {
  const first = /^[a-z]+\b(?![-/])/.test(text) ? text.charAt(0).toUpperCase() : text.charAt(0);
  return `${first}${text.slice(1)}${/[?.]$/.test(text) ? '' : '.'}`;
}

/** @throws LossError for a soft target of a loss that takes a class */
export function checkTarget(entry: LossEntry, target: Target): void {
  if (entry.binaryTargets && target !== 0 && target !== 1 && target !== 'mean') {
    throw new LossError(`${entry.id} takes the targets 0 and 1, not ${String(target)}`);
  }
}

/** The label with those constants that are set, in the entry's order, so that two choices of one loss differ in the legend. */
export function labelOf(entry: LossEntry, constants: Readonly<Record<string, number>>): string {
  const set = entry.constants.flatMap(({ name }) => {
    const value = constants[name];
    return value === undefined ? [] : [`${name} ${String(value)}`];
  });
  return set.length === 0 ? entry.label : `${entry.label}, ${set.join(', ')}`;
}

/** The variants of a zero error radius: entries that replace the output. */
export function zeroErrorRadiusVariants(): LossEntry[] {
  return losses.filter((entry) => entry.family === 'zer');
}

/** @throws LossError if there is no such entry, or it has no zero error radius. */
export function variantById(id: string): LossEntry {
  const entry = lossById(id);
  if (entry.family === 'zer') return entry;
  const known = zeroErrorRadiusVariants().map((variant) => variant.id);
  throw new LossError(`${id} has no zero error radius; those that have are ${known.join(', ')}`);
}
