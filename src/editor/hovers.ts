import * as vscode from 'vscode';
import type { FinderClient } from '../engine';
import { formatByName, shortestDecimal } from '../numeric';
import type { PlacedFinding } from '../protocol/finder';
import type { Plot } from '../rules';
import { commands, type FindingReference } from './commands';
import { rangeOf, type FindingsTracker } from './findings';
import { fixTitle } from './fixTitle';
import { selector } from './languages';
import { describePlot, drawPlot, type PlotTheme } from './plotDrawing';

/** How long a hover waits for its plot, in milliseconds: the thread may be at something else. */
const plotPatience = 1500;

/** Hovers over findings: what was measured, drawn and in numbers, and what to write instead. */
export function registerHovers(tracker: FindingsTracker, finder: FinderClient): vscode.Disposable {
  // Findings are other objects once the document has changed.
  const plots = new WeakMap<PlacedFinding, Promise<Plot | undefined>>();
  const plotOf = (finding: PlacedFinding): Promise<Plot | undefined> => {
    const known = plots.get(finding);
    if (known) return known;
    const { expression, stable, failures, fix } = finding;
    const plotted = { failures, ...(expression && { expression }), ...(stable && { stable }), ...(fix && { fix }) };
    const plot = finder.plot({ finding: plotted }).catch(() => undefined);
    plots.set(finding, plot);
    return plot;
  };
  return vscode.languages.registerHoverProvider(selector, {
    async provideHover(document, position) {
      const at = document.offsetAt(position);
      const here = (tracker.current(document) ?? []).filter(({ range }) => range.start <= at && at <= range.end);
      const [first] = here;
      if (!first) return undefined;
      const texts = await Promise.all(
        here.map(async (finding) => {
          const plot = finding.expression ? await within(plotPatience, plotOf(finding)) : undefined;
          return describe(document, finding, plot);
        }),
      );
      return new vscode.Hover(texts, rangeOf(document, first.range));
    },
  });
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function describe(
  document: vscode.TextDocument,
  finding: PlacedFinding,
  plot: Plot | undefined,
): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.isTrusted = { enabledCommands: [commands.showFinding, commands.applyFix, commands.showRule] };
  const links = [`**${escape(finding.title)}**`];
  const link = (title: string, tooltip: string, command: string, argument: unknown): void => {
    const target = `command:${command}?${encodeURIComponent(JSON.stringify([argument]))}`;
    links.push(`[${escape(title)}](${target} "${tooltip}")`);
  };
  const reference: FindingReference = { uri: finding.id, rule: finding.rule, offset: finding.range.start };
  if (finding.expression) {
    const tooltip = vscode.l10n.t('Measure this expression and draw it');
    link(vscode.l10n.t('Show precision floor'), tooltip, commands.showFinding, reference);
  }
  link(vscode.l10n.t('About this rule'), finding.rule, commands.showRule, finding.rule);
  // What is at the top is seen without scrolling.
  text.appendMarkdown(`${links.join(' · ')}\n\n`);
  if (plot) text.appendMarkdown(`![${escape(describePlot(plot))}](${imageOf(plot)})\n\n`);
  if (finding.failures.some(({ failures }) => failures.length > 0)) text.appendMarkdown(tableOf(finding));
  text.appendMarkdown(`\n${vscode.l10n.t('Write instead:')}\n`);
  text.appendCodeblock(finding.advice, document.languageId);
  if (finding.fix) {
    const target = `command:${commands.applyFix}?${encodeURIComponent(JSON.stringify([reference]))}`;
    text.appendMarkdown(`[${escape(fixTitle(finding.fix))}](${target})\n\n`);
  }
  if (finding.expression) {
    text.appendMarkdown(
      `*${vscode.l10n.t('Measured by rounding every operation to the format (backend: model); thresholds are exact to the last float.')}*`,
    );
  }
  return text;
}

/** Where the expression fails in each format. */
function tableOf(finding: PlacedFinding): string {
  // VS Code gives the cells of a table in a hover no space of their own.
  const row = (...cells: string[]): string => `| ${cells.map((cell) => `${cell}&emsp;`).join(' | ')} |\n`;
  const lines = [row(vscode.l10n.t('format'), vscode.l10n.t('value'), vscode.l10n.t('gradient')), '|:---|:---|:---|\n'];
  for (const { format, failures } of finding.failures) {
    const thresholds = (of: 'value' | 'gradient'): string[] =>
      failures
        .filter((failure) => failure.of === of)
        .map(({ becomes, side, from, target }) => {
          const name = becomes === 'zero' ? '0' : becomes.replace('-', '−').replace('Infinity', '∞');
          const number = shortestDecimal(formatByName(format), from).replace('-', '−');
          const where = vscode.l10n.t('{0} from x {1} {2}', name, side === 'above' ? '≥' : '≤', number);
          return target === undefined ? where : vscode.l10n.t('target {0}: {1}', target, where);
        });
    // A row for each threshold: a line break within a cell would need HTML.
    const [values, gradients] = [thresholds('value'), thresholds('gradient')];
    for (let i = 0; i < Math.max(1, values.length, gradients.length); i++) {
      lines.push(row(i === 0 ? format : '', values[i] ?? (i === 0 ? '–' : ''), gradients[i] ?? (i === 0 ? '–' : '')));
    }
  }
  return lines.join('');
}

function imageOf(plot: Plot): string {
  const svg = drawPlot(plot, themeOf(vscode.window.activeColorTheme.kind), {
    written: vscode.l10n.t('as written'),
    stable: vscode.l10n.t('stable form'),
    value: vscode.l10n.t('value'),
    gradient: vscode.l10n.t('gradient'),
  });
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}

function themeOf(kind: vscode.ColorThemeKind): PlotTheme {
  switch (kind) {
    case vscode.ColorThemeKind.Light:
      return 'light';
    case vscode.ColorThemeKind.HighContrast:
      return 'highContrast';
    case vscode.ColorThemeKind.HighContrastLight:
      return 'highContrastLight';
    case vscode.ColorThemeKind.Dark:
      return 'dark';
  }
}

/** As text, in Markdown. */
export function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>]/g, '\\$&');
}
