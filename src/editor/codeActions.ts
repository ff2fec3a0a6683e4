import * as vscode from 'vscode';
import type { PlacedEdit, PlacedFinding } from '../protocol/finder';
import { commands, type FindingReference } from './commands';
import { diagnosticOf } from './diagnostics';
import { openDocument, rangeOf, type FindingsTracker } from './findings';
import { fixTitle } from './fixTitle';
import { cellScheme, selector } from './languages';

const fixAllKind = vscode.CodeActionKind.SourceFixAll.append('lossfloor');
const notebookFixAllKind = vscode.CodeActionKind.Empty.append('notebook').append(fixAllKind.value);
const quickFixAllKind = vscode.CodeActionKind.QuickFix.append('lossfloor.fixAll');

/** An action whose edits are asked for only when they are needed. */
class LateAction extends vscode.CodeAction {
  constructor(
    title: string,
    kind: vscode.CodeActionKind,
    readonly edits: () => Promise<readonly PlacedEdit[]>,
  ) {
    super(title, kind);
  }
}

/** Quick fixes of findings, "fix all" for the menu and for saving, and ways to have a finding no more. */
export function registerCodeActions(tracker: FindingsTracker): vscode.Disposable {
  const provider: vscode.CodeActionProvider = {
    async provideCodeActions(document, range, context, token) {
      const findings = await tracker.settled(document, token);
      const wanted = (kind: vscode.CodeActionKind): boolean => context.only?.contains(kind) ?? true;
      const actions: vscode.CodeAction[] = [];
      if (wanted(vscode.CodeActionKind.QuickFix)) {
        const [from, to] = [document.offsetAt(range.start), document.offsetAt(range.end)];
        const here = findings.filter((finding) => finding.range.start <= to && finding.range.end >= from);
        for (const finding of here) actions.push(...actionsOf(tracker, document, finding));
        if (here.some(({ fix }) => fix) && findings.filter(({ fix }) => fix).length > 1) {
          actions.push(new LateAction(fixAllTitle(document), quickFixAllKind, () => tracker.fixAll(document)));
        }
      }
      for (const kind of [fixAllKind, notebookFixAllKind]) {
        // Offered where asked for: by the menu of source actions or when saving.
        if (!context.only?.contains(kind)) continue;
        const edits = await tracker.fixAll(document);
        if (edits.length === 0) continue;
        const action = new vscode.CodeAction(fixAllTitle(document), kind);
        action.edit = editOf(edits);
        actions.push(action);
      }
      return actions;
    },
    async resolveCodeAction(action) {
      if (action instanceof LateAction) action.edit = editOf(await action.edits());
      return action;
    },
  };
  return vscode.Disposable.from(
    vscode.languages.registerCodeActionsProvider(selector, provider, {
      providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, fixAllKind, notebookFixAllKind],
    }),
    vscode.commands.registerCommand(commands.applyFix, async ({ uri, rule, offset }: FindingReference) => {
      const document = openDocument(uri);
      if (!document) return;
      const findings = await tracker.settled(document);
      const finding = findings.find((each) => each.rule === rule && each.range.start === offset);
      if (finding?.fix) await vscode.workspace.applyEdit(editOf(finding.fix.edits));
    }),
  );
}

function actionsOf(
  tracker: FindingsTracker,
  document: vscode.TextDocument,
  finding: PlacedFinding,
): vscode.CodeAction[] {
  const diagnostics = [diagnosticOf(document, finding)];
  const actions: vscode.CodeAction[] = [];
  const add = (title: string, edits?: () => Promise<readonly PlacedEdit[]>): vscode.CodeAction => {
    const kind = vscode.CodeActionKind.QuickFix;
    const action = edits ? new LateAction(title, kind, edits) : new vscode.CodeAction(title, kind);
    action.diagnostics = diagnostics;
    actions.push(action);
    return action;
  };
  const { fix, rule } = finding;
  if (fix) {
    const action = add(fixTitle(fix));
    action.isPreferred = true;
    action.edit = editOf(fix.edits);
  }
  if (finding.expression) {
    const title = vscode.l10n.t('Show precision floor');
    const reference: FindingReference = { uri: finding.id, rule, offset: finding.range.start };
    add(title).command = { title, command: commands.showFinding, arguments: [reference] };
  }
  add(vscode.l10n.t('Suppress {0} on this line', rule), () => tracker.suppress(document, finding, 'line'));
  add(
    document.uri.scheme === cellScheme
      ? vscode.l10n.t('Suppress {0} in this notebook', rule)
      : vscode.l10n.t('Suppress {0} in this file', rule),
    () => tracker.suppress(document, finding, 'file'),
  );
  return actions;
}

function fixAllTitle(document: vscode.TextDocument): string {
  return document.uri.scheme === cellScheme
    ? vscode.l10n.t('Fix all Lossfloor findings in this notebook')
    : vscode.l10n.t('Fix all Lossfloor findings in this file');
}

/** Edits of open documents: in a notebook they may be of several cells. */
function editOf(edits: readonly PlacedEdit[]): vscode.WorkspaceEdit {
  const edit = new vscode.WorkspaceEdit();
  for (const { id, text, ...range } of edits) {
    const document = openDocument(id);
    if (document) edit.replace(document.uri, rangeOf(document, range), text);
  }
  return edit;
}
