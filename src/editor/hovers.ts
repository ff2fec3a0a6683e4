import * as vscode from 'vscode';
import { formatByName, shortestDecimal } from '../numeric';
import type { Finding } from '../rules';
import { commands, type FindingReference } from './commands';
import { documentationOf } from './documentation';
import { pythonSelector, rangeOf, type FindingsTracker } from './findings';

/** Hovers over findings: what was measured, in each number format, and what to write instead. */
export function registerHovers(tracker: FindingsTracker): vscode.Disposable {
  return vscode.languages.registerHoverProvider(pythonSelector, {
    provideHover(document, position) {
      const here = (tracker.current(document) ?? []).filter((finding) =>
        rangeOf(document, finding.range).contains(position),
      );
      const [first] = here;
      if (!first) return undefined;
      return new vscode.Hover(
        here.map((finding) => describe(document, finding)),
        rangeOf(document, first.range),
      );
    },
  });
}

function describe(document: vscode.TextDocument, finding: Finding): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.isTrusted = { enabledCommands: [commands.showFinding] };
  text.appendMarkdown(`**Lossfloor: ${escape(finding.title)}**\n\n`);
  text.appendMarkdown('| format | value | gradient |\n|---|---|---|\n');
  for (const { format, failures } of finding.failures) {
    const cell = (of: 'value' | 'gradient'): string =>
      failures
        .filter((failure) => failure.of === of)
        .map(({ becomes, side, from, target }) => {
          const name = becomes === 'zero' ? '0' : becomes.replace('Infinity', '∞');
          const where = `from x ${side === 'above' ? '≥' : '≤'} ${shortestDecimal(formatByName(format), from)}`;
          return target === undefined ? `${name} ${where}` : `target ${String(target)}: ${name} ${where}`;
        })
        .join('<br>') || '–';
    // VS Code gives the cells of a table in a hover no space of their own.
    text.appendMarkdown(`| ${format}&emsp; | ${cell('value')}&emsp; | ${cell('gradient')} |\n`);
  }
  text.supportHtml = true;
  text.appendMarkdown(`\n${vscode.l10n.t('Write instead:')}\n`);
  text.appendCodeblock(finding.advice, 'python');
  const reference: FindingReference = { uri: document.uri.toString(), rule: finding.rule, offset: finding.range.start };
  const link = `command:${commands.showFinding}?${encodeURIComponent(JSON.stringify([reference]))}`;
  text.appendMarkdown(
    `[${vscode.l10n.t('Show precision floor')}](${link} "${vscode.l10n.t('Measure this expression and draw it')}") · [${vscode.l10n.t('About this rule')}](${documentationOf(finding.rule).toString()})\n\n`,
  );
  text.appendMarkdown(
    `*${vscode.l10n.t('Measured by rounding every operation to the format (backend: model); thresholds are exact to the last float.')}*`,
  );
  return text;
}

function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>]/g, '\\$&');
}
