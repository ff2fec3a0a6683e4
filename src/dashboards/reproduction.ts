/** What it takes to have again what a dashboard shows: the end of a report. */
import { usualPlan, writeLossConfig, type TrainingChoice } from '../config';
import type { Writable } from './configPart';

/** Markdown: the configuration, and the commands that print the same numbers. */
export function reproduction({ part: given, nameless }: Writable): string {
  const part = withNameOnly(given);
  const lacking =
    nameless.length === 0
      ? []
      : [
          `Made of the code itself, which no configuration can name: ${nameless.join('; ')}.`,
          ...(part.losses?.length === 0 ? [] : ['The others:']),
        ];
  const hasAny = part.losses === undefined || part.losses.length > 0;
  const blocks = hasAny
    ? [
        `Save this as \`report.loss.json\`${besides(part)} and open it with Lossfloor:`,
        fenced('json', writeLossConfig(part)),
        'Or on the command line:',
        fenced('sh', commands(part).join('\n') + '\n'),
      ]
    : [];
  return ['### To reproduce', ...lacking, ...blocks].join('\n\n') + '\n';
}

/** Where a file of patterns lies on this machine is nobody else's matter. */
function withNameOnly(part: Writable['part']): Writable['part'] {
  const { training } = part;
  if (typeof training?.file !== 'string') return part;
  // A file that isn't trained with isn't needed either.
  if (training.task !== 'own') return { ...part, training: { ...training, file: null, targetColumns: null } };
  const file = decodeURIComponent(training.file.slice(training.file.lastIndexOf('/') + 1));
  return { ...part, training: { ...training, file } };
}

function besides({ training }: Writable['part']): string {
  return typeof training?.file === 'string' ? ` beside the file of patterns, \`${training.file}\`,` : '';
}

function trainCommand({ task, bits, file, targetColumns, plan }: TrainingChoice): string {
  const usual = usualPlan(task, bits);
  const option = (name: string, value: string | number, usually?: string | number): string =>
    value === usually ? '' : ` --${name} ${String(value)}`;
  const targets = targetColumns === null ? '' : option('targets', targetColumns);
  const patterns = task === 'own' ? ` --csv ${JSON.stringify(file ?? '')}${targets}` : option('task', task);
  return [
    `lossfloor train${patterns}`,
    task === 'parity' ? option('bits', bits) : '',
    option('variant', plan.variants.join(',')),
    option('radius', plan.radii.join(',')),
    option('seeds', plan.seeds),
    option('epochs', plan.epochs),
    option('hidden', plan.hidden, usual.hidden),
    option('activation', plan.activation, usual.activation),
    option('rate', plan.rate, usual.rate),
    option('momentum', plan.momentum, usual.momentum),
    option('update', plan.update, usual.update),
    option('weights', plan.weightRange, usual.weightRange),
    option('dtype', plan.format),
  ].join('');
}

/** One for each set of constants: `--constant` goes for all losses of a command. */
function commands({ losses, formats, targets, backend, zeroErrorRadius, training }: Writable['part']): string[] {
  if (training) return [trainCommand(training)];
  if (zeroErrorRadius) {
    const { variants, radius, format, targets: radiusTargets } = zeroErrorRadius;
    const ids = variants.map(({ id }) => id);
    return [command(ids, { radius }, [format], radiusTargets, backend)];
  }
  const groups = new Map<string, { ids: string[]; constants: Readonly<Record<string, number>> }>();
  for (const { entry, constants } of losses ?? []) {
    const key = JSON.stringify(constants);
    const group = groups.get(key) ?? { ids: [], constants };
    if (!group.ids.includes(entry.id)) group.ids.push(entry.id);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ ids, constants }) =>
    command(ids, constants, formats ?? [], targets ?? [], backend),
  );
}

function command(
  ids: readonly string[],
  constants: Readonly<Record<string, number>>,
  formats: readonly string[],
  targets: readonly (number | 'mean')[],
  backend = 'auto',
): string {
  const set = Object.entries(constants).map(([name, value]) => ` --constant ${name}=${String(value)}`);
  const by = backend === 'auto' ? '' : ` --backend ${backend}`;
  return `lossfloor measure ${ids.join(' ')} --dtype ${formats.join(',')} --target ${targets.join(',')}${set.join('')}${by}`;
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\`\`\``;
}
