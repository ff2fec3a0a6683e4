/**
 * The reader's changes of the settings, counted. Settings that the host sends before it has heard of all of them are about
 * to be overridden: taking them would undo the reader's change on the screen, and lose it with the next.
 */
export class Changes {
  private made = 0;

  /** The reader has changed something; it need not have been sent yet. */
  make(): void {
    this.made++;
  }

  /** How many there have been, to be sent with the settings. */
  get count(): number {
    return this.made;
  }

  /** The settings that count: the host's, or those of here where it has not heard of all changes when it sent them. */
  latest<Settings>(
    message: { readonly settings: Settings; readonly heard?: number },
    own: Settings | undefined,
  ): Settings {
    return own !== undefined && (message.heard ?? this.made) < this.made ? own : message.settings;
  }
}
