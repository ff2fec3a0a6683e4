import type { PanelOrigin, SavingMessage } from '../../../src/protocol/webview';
import { h, setText } from '../dom';
import { button } from '../fields';
import { readTheme } from '../theme';
import type { ExportContent, ExportPicture } from './content';
import { Menu } from './menu';
import { toPng, toSvg } from './sheet';
import { toCsv, toJson, toMarkdown } from './text';

declare const LOSSFLOOR_VERSION: string;

/** What is shown at this moment: everything but what is the same for all pages. */
export interface ExportSource<Settings> {
  readonly content: Omit<ExportContent, 'version' | 'date' | 'settings'>;
  readonly picture: ExportPicture;
  readonly settings: Settings;
  /** What was computed, where that need not be what is set. */
  readonly computed?: Settings;
  readonly hidden: readonly string[];
}

/** The buttons that save and export what a page shows; they ask for it when they are pressed. */
export class ExportActions<Settings extends object> {
  readonly element: HTMLElement;
  private readonly save: HTMLButtonElement;
  private readonly saveAs: HTMLButtonElement;
  private readonly menu: Menu;
  private readonly said = h('p', { class: 'export-said', role: 'status' });

  /** @param source what is shown; undefined as long as there is nothing */
  constructor(
    private readonly post: (message: SavingMessage<Settings>) => void,
    private readonly source: () => ExportSource<Settings> | undefined,
  ) {
    this.save = button('Save', { class: 'secondary', title: 'Write what is set into the file' }, () => {
      this.saveConfig(false);
    });
    this.saveAs = button(
      'Save as Config…',
      { class: 'secondary', title: 'Write what is set into a *.loss.json' },
      () => {
        this.saveConfig(true);
      },
    );
    this.menu = new Menu('Export', [
      { label: 'PNG', title: 'A picture of all plots', choose: () => void this.picture('png') },
      { label: 'SVG', title: 'The same in vectors', choose: () => void this.picture('svg') },
      { label: 'CSV', title: 'All points of the curves that are shown', choose: () => void this.data('csv') },
      { label: 'JSON', title: 'Everything that was measured', choose: () => void this.data('json') },
      { label: 'Copy as Markdown', title: 'The findings, for an issue report', choose: () => void this.report() },
    ]);
    this.element = h('div', { class: 'actions' }, this.save, this.saveAs, this.menu.element, this.said);
  }

  /** @param measured whether there is anything to export */
  show(origin: PanelOrigin | undefined, measured: boolean): void {
    this.save.hidden = origin?.kind !== 'config';
    this.saveAs.disabled = origin === undefined;
    this.menu.enabled = measured;
  }

  private saveConfig(as: boolean): void {
    const found = this.source();
    if (!found) return;
    this.post({ type: 'saveConfig', settings: found.settings, hidden: found.hidden, as });
  }

  private picture(kind: 'png' | 'svg'): Promise<void> {
    return this.attempt(async (content, { picture }) => {
      const theme = readTheme();
      const made = kind === 'png' ? await toPng(content, picture, theme) : toSvg(content, picture, theme);
      this.post({ type: 'save', suggestedName: fileName(content, kind), kind, content: made });
    });
  }

  private data(kind: 'csv' | 'json'): Promise<void> {
    return this.attempt((content) => {
      const made = kind === 'csv' ? toCsv(content) : toJson(content);
      this.post({ type: 'save', suggestedName: fileName(content, kind), kind, content: made });
    });
  }

  private report(): Promise<void> {
    return this.attempt((content, { settings, computed = settings, hidden }) => {
      this.post({ type: 'copyReport', text: toMarkdown(content), settings: computed, hidden });
    });
  }

  /** What goes wrong is said beside the buttons. */
  private async attempt(
    work: (content: ExportContent, source: ExportSource<Settings>) => void | Promise<void>,
  ): Promise<void> {
    setText(this.said, '');
    const found = this.source();
    if (!found) return;
    const { content, settings, computed = settings } = found;
    try {
      await work({ ...content, version: LOSSFLOOR_VERSION, date: new Date(), settings: computed }, found);
    } catch (error) {
      setText(this.said, `This could not be exported: ${(error as Error).message}`);
    }
  }
}

function fileName({ title }: ExportContent, kind: string): string {
  const plain = title.toLowerCase().replace(/[^\p{L}\p{N}.]+/gu, '-');
  return `${plain.replace(/^[-.]+|[-.]+$/g, '') || 'lossfloor'}.${kind}`;
}
