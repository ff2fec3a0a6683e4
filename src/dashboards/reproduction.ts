/** What it takes to have again what a dashboard shows: the end of a report. */
import { writeLossConfig } from '../config';
import type { Writable } from './configPart';

/** Markdown: the configuration, and the commands that print the same numbers. */
export function reproduction({ part, nameless }: Writable): string {
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
        'Save this as `report.loss.json` and open it with Lossfloor:',
        fenced('json', writeLossConfig(part)),
        'Or on the command line:',
        fenced('sh', commands(part).join('\n') + '\n'),
      ]
    : [];
  return ['### To reproduce', ...lacking, ...blocks].join('\n\n') + '\n';
}

/** One for each set of constants: `--constant` goes for all losses of a command. */
function commands({ losses, formats, targets, backend, zeroErrorRadius }: Writable['part']): string[] {
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
