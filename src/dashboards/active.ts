import * as vscode from 'vscode';

/** Set while a dashboard is active, for the command that saves it. */
const contextKey = 'lossfloor.dashboard';

/** A panel whose settings can be saved. */
interface Savable {
  /** Writes what is set into a configuration; the user is asked which where there is none. */
  save(to: vscode.Uri | undefined): Promise<void>;
}

/** Which dashboard was active last, whatever it shows. */
export class ActivePanels {
  #latest: Savable | undefined;
  readonly #panels = new Set<vscode.WebviewPanel>();

  get latest(): Savable | undefined {
    return this.#latest;
  }

  /** Looks after a panel until it is closed. */
  add(panel: vscode.WebviewPanel, savable: Savable): void {
    const follow = (): void => {
      if (panel.active && this.#panels.has(panel)) this.#latest = savable;
      void vscode.commands.executeCommand('setContext', contextKey, [...this.#panels].some(isActive));
    };
    this.#panels.add(panel);
    follow();
    panel.onDidChangeViewState(follow);
    panel.onDidDispose(() => {
      this.#panels.delete(panel);
      if (this.#latest === savable) this.#latest = undefined;
      void vscode.commands.executeCommand('setContext', contextKey, [...this.#panels].some(isActive));
    });
  }
}

function isActive({ active }: vscode.WebviewPanel): boolean {
  return active;
}
