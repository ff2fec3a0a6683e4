import * as vscode from 'vscode';
import type { PlacedFix } from '../protocol/finder';
import { improvementOf } from './improvement';

/** What a fix writes, and by how much that is better. */
export function fixTitle(fix: PlacedFix, improvement = improvementOf(fix)): string {
  return fix.of === 'gradient'
    ? vscode.l10n.t('{0}: worst error of the gradient {1}', fix.title, improvement)
    : vscode.l10n.t('{0}: worst error {1}', fix.title, improvement);
}
