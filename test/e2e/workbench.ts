/** VS Code's window, by what a user sees and does in it. Everything waits for what it needs; nothing sleeps. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ConsoleMessage, Locator, Page } from 'playwright-core';
import { Dashboard } from './dashboard';
import { browser, session } from './session';

/** The themes every view has to be readable in, by their names in the picker, each with how the window shows that it is on. */
export const themes = {
  'Dark Modern': '.vs-dark[class*="dark_modern"]',
  'Light Modern': '.vs[class*="light_modern"]',
  'Dark High Contrast': '.hc-black',
  'Light High Contrast': '.hc-light',
} as const;
export type Theme = keyof typeof themes;

/** What has not come after so long is asked for again, in milliseconds. */
const patience = 5_000;

export class Workbench {
  /** What went wrong in a webview without stopping anything: script errors, refused resources, breaches of the policy. */
  private troubles: string[] = [];
  private onTrouble: (() => void) | undefined;

  private constructor(readonly page: Page) {
    const note = (trouble: string): void => {
      this.troubles.push(trouble);
      this.onTrouble?.();
    };
    page.on('console', (message) => {
      if (message.type() === 'error' && isOurs(message)) note(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => {
      note(`uncaught: ${error.stack ?? error.message}`);
    });
    // "Leave site?": yes.
    page.on('dialog', (dialog) => void dialog.accept());
  }

  /** A new window, with nothing remembered from another. */
  static async open(viewport = { width: 1400, height: 900 }): Promise<Workbench> {
    const context = await (await browser()).newContext({ viewport, deviceScaleFactor: 1 });
    context.setDefaultTimeout(20_000);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const workbench = new Workbench(await context.newPage());
    await workbench.page.goto(`${session.origin}/?folder=${encodeURIComponent(session.workspace)}`);
    await workbench.ready();
    return workbench;
  }

  /** Does some work, which fails as soon as a webview reports an error, be it the cause of a later failure or not. */
  async untroubled(work: () => Promise<void>): Promise<void> {
    const trouble = new Promise<never>((_, reject) => {
      const fail = (): void => {
        reject(new Error(`A webview reports:\n${this.troubles.join('\n')}`));
      };
      if (this.troubles.length > 0) fail();
      this.onTrouble = fail;
    });
    try {
      await Promise.race([work(), trouble]);
    } finally {
      this.troubles = [];
      this.onTrouble = undefined;
    }
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** The window again, as after closing and opening it: with what VS Code and the extensions remember. */
  async reload(): Promise<void> {
    const reloaded = this.page.waitForEvent('load');
    await this.runCommand('Developer: Reload Window');
    await reloaded;
    await this.ready();
  }

  private async ready(): Promise<void> {
    // The explorer shows the folder once the remote side answers.
    await this.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60_000 });
  }

  // ---- commands, files

  /** Runs a command by its full name in the palette, for example "Lossfloor: Show Logs". */
  async runCommand(name: string): Promise<void> {
    await this.summon('F1', name);
  }

  /** Opens a file of the folder by its name, in the first group: panels are beside it. */
  async openFile(name: string): Promise<void> {
    const opened = this.page.locator(`.editor-group-container .tab.active[aria-label^="${name}"]`).first();
    // Files of similar names come into the list one after the other: a click may meet another than was there before.
    await attempts(async () => {
      await this.page.keyboard.press('Control+1');
      await this.summon('Control+p', name);
      await opened.waitFor({ timeout: patience });
    });
    await this.page.locator('.editor-instance .view-line').first().waitFor();
  }

  /**
   * Brings up a list by a key, and takes the choice with this label. A window that is busy loses keys, takes the focus
   * elsewhere, which closes the list, or has begun to search before a file was there: then it is brought up anew.
   */
  private async summon(key: string, label: string): Promise<void> {
    await attempts(async (attempt) => {
      if (attempt > 1) await this.page.keyboard.press('Escape');
      await this.quickInput(key, label);
      await this.offered(label, patience);
    });
    await this.take(label);
  }

  /** Brings up an input by a key, with this text. */
  private async quickInput(key: string, text: string): Promise<void> {
    const input = this.quickText();
    await attempts(async () => {
      await this.page.keyboard.press(key);
      await input.waitFor({ timeout: patience });
      await this.fillQuickInput(text);
    });
  }

  private quickText(): Locator {
    return this.page.locator('.quick-input-widget:visible input[type="text"]').first();
  }

  /** Writes behind what stands there already, the prefix that makes it the palette (">"). Nothing is typed elsewhere. */
  private async fillQuickInput(text: string): Promise<void> {
    const input = this.quickText();
    await this.settled(() => input.inputValue({ timeout: patience }));
    const prefix = /^[>:]?/.exec(await input.inputValue({ timeout: patience }))?.[0] ?? '';
    await input.fill(`${prefix}${text}`, { timeout: patience });
  }

  /** The choices that are offered just now. */
  quickPicks(): Locator {
    return this.page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row');
  }

  /** Takes the choice whose label is exactly this. */
  async pick(label: string): Promise<void> {
    await this.offered(label);
    await this.take(label);
  }

  /** Takes a choice of a long list, which shows it only once its label is typed. */
  async find(label: string): Promise<void> {
    await this.quickPicks().first().waitFor();
    await this.fillQuickInput(label);
    await this.pick(label);
  }

  private quickPick(label: string): Locator {
    return this.quickPicks()
      .filter({ has: this.page.locator('.label-name', { hasText: exactly(label) }) })
      .first();
  }

  private async offered(label: string, timeout = 20_000): Promise<void> {
    await this.quickPick(label).waitFor({ timeout });
    await this.settled(() => this.quickPicks().allInnerTexts());
    await this.quickPick(label).waitFor({ timeout });
  }

  private async take(label: string): Promise<void> {
    await this.quickPick(label).click();
    // It has been taken once it is gone, be it with the list or for another list.
    await this.quickPick(label).waitFor({ state: 'hidden' });
  }

  /** Answers VS Code's own file dialog, which a window in a browser shows in place of the system's. */
  async answerFileDialog(file: string): Promise<void> {
    const dialog = this.page.locator('.quick-input-widget:visible');
    const input = dialog.locator('input[type="text"]').first();
    await input.waitFor();
    // It proposes a path, late at times, and looks at the one that is typed before it takes it.
    do {
      await this.settled(() => input.inputValue());
      await input.fill(file);
      await this.settled(() => dialog.innerText());
    } while ((await input.inputValue()) !== file);
    await input.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
  }

  /** What was copied last. */
  clipboard(): Promise<string> {
    return this.page.evaluate<string>('navigator.clipboard.readText()');
  }

  /** Waits until two looks, a moment apart, see the same. */
  private async settled(look: () => Promise<unknown>): Promise<void> {
    for (let before: string | undefined; ;) {
      const seen = JSON.stringify(await look());
      if (seen === before) return;
      before = seen;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  /** The tab of an editor or a panel. */
  tab(label: string | RegExp): Locator {
    const text = typeof label === 'string' ? exactly(label) : label;
    return this.page.locator('.tab', { has: this.page.locator('.monaco-icon-label-container', { hasText: text }) });
  }

  async closeTab(label: string | RegExp): Promise<void> {
    await this.tab(label).click({ button: 'middle' });
    await this.tab(label).waitFor({ state: 'detached' });
  }

  // ---- in the editor

  /** Moves to a line of the file in the active editor, so that it is on the screen. */
  async revealLine(line: number): Promise<void> {
    await this.quickInput('Control+g', String(line));
    await this.page.keyboard.press('Enter');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** Moves to the first line that contains a text, in a file of the folder that is open in the active editor. */
  async reveal(file: string, text: string): Promise<void> {
    const lines = readFileSync(path.join(session.workspace, file), 'utf8').split('\n');
    const index = lines.findIndex((line) => line.includes(text));
    if (index < 0) throw new Error(`${file} has no line with ${text}`);
    await this.revealLine(index + 1);
  }

  /** Types another word over one in a line of the file in the active editor, as a user does. */
  async replaceWord(file: string, lineText: string, word: string, other: string): Promise<void> {
    await this.reveal(file, lineText);
    const span = this.page.locator('.editor-group-container.active .view-line span', { hasText: word }).last();
    await span.dblclick();
    await this.page.keyboard.type(other);
  }

  /** Code lenses, by their text. VS Code makes their nodes anew all the time: use the locator, don't keep elements. */
  lens(text: string | RegExp): Locator {
    return this.page.locator('.codelens-decoration a', { hasText: text });
  }

  /** Points at the marked (squiggly) part of the line with this text and returns the hover that comes up. */
  async hoverFinding(lineText: string): Promise<Locator> {
    const line = this.page.locator('.view-line', { hasText: spaced(lineText) }).first();
    const hover = this.page.locator('.monaco-editor .monaco-hover:visible').first();
    const at = await box(line);
    const marks = await this.page.locator('.view-overlays .cdr[class*="squiggly"]').all();
    for (const mark of marks) {
      const marked = await mark.boundingBox();
      if (marked === null || Math.abs(marked.y + marked.height - (at.y + at.height)) > at.height / 2) continue;
      // From elsewhere: a pointer that doesn't move brings up nothing.
      await this.page.mouse.move(5, 5);
      await this.page.mouse.move(marked.x + Math.min(20, marked.width / 2), at.y + at.height / 2, { steps: 5 });
      await hover.waitFor();
      return hover;
    }
    throw new Error(`nothing is marked in the line with ${lineText} (${String(marks.length)} marks on the screen)`);
  }

  /** Puts the pointer and the keyboard where they bring up nothing. */
  async lookAway(): Promise<void> {
    await this.page.mouse.move(5, 5);
    await this.page.keyboard.press('Escape');
    await this.page.locator('.monaco-editor .monaco-hover:visible').waitFor({ state: 'hidden' });
  }

  // ---- around the editor

  /** The rows of the Problems view. */
  async problems(): Promise<Locator> {
    const view = this.page.locator('.markers-panel');
    if (!(await view.isVisible())) await this.page.keyboard.press('Control+Shift+m');
    await view.waitFor();
    return view.locator('.monaco-list-row');
  }

  /** A notification that pops up. */
  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast', { hasText: text });
  }

  /** The webview of the panel with this title, which was opened before. */
  async dashboard(title: string | RegExp): Promise<Dashboard> {
    await this.tab(title).click();
    return this.dashboardOnTop(title);
  }

  /** The webview of the panel with this title that a command opens: it comes up by itself. */
  async opened(title: string | RegExp): Promise<Dashboard> {
    await this.tab(title).and(this.page.locator('.tab.active')).waitFor();
    return this.dashboardOnTop(title);
  }

  private async dashboardOnTop(title: string | RegExp): Promise<Dashboard> {
    const tab = this.tab(title);
    // The tab belongs to a group, and the group's webview lies over the group's area of the window.
    const group = await box(this.page.locator('.editor-group-container', { has: tab }));
    const inside = async (frame: Locator): Promise<boolean> => {
      const at = await frame.boundingBox();
      if (at === null) return false;
      const [x, y] = [at.x + at.width / 2, at.y + at.height / 2];
      return x > group.x && x < group.x + group.width && y > group.y && y < group.y + group.height;
    };
    const frames = this.page.locator('iframe.webview.ready:visible');
    const deadline = Date.now() + 30_000;
    while (Date.now() < deadline) {
      for (const frame of await frames.all()) {
        const name = (await inside(frame)) ? await frame.getAttribute('name') : null;
        if (name === null) continue;
        const page = this.page.frameLocator(`iframe[name="${name}"]`).locator('#active-frame');
        // The webview of the tab that was on top before lies there, too, for a moment after the click.
        if (await isTitled(page, title)) return new Dashboard(page.contentFrame());
      }
      await frames.first().waitFor({ timeout: 30_000 });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`the panel ${String(title)} has no webview on the screen`);
  }

  /** Switches the theme while everything is open. */
  async setTheme(theme: Theme): Promise<void> {
    const shown = this.page.locator(`.monaco-workbench${themes[theme]}`);
    if (await shown.isVisible()) return;
    await this.runCommand('Preferences: Color Theme');
    await this.find(theme);
    await shown.waitFor();
  }

  async screenshot(name: string): Promise<void> {
    // Animations at their end: a hover that is still fading in is hard to read.
    await this.page.screenshot({ path: path.join(session.artifacts, `${name}.png`), animations: 'disabled' });
  }
}

/** Whether VS Code has given a webview's page this title; no page yet is another than the one that is looked for. */
async function isTitled(page: Locator, title: string | RegExp): Promise<boolean> {
  const given = await page.getAttribute('title', { timeout: 2_000 }).catch(() => null);
  return given !== null && (typeof title === 'string' ? given === title : title.test(given));
}

/** Does something that a busy window may have got in the way of, up to four times. */
async function attempts(work: (attempt: number) => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work(attempt);
      return;
    } catch (error) {
      if (attempt === 4) throw error;
    }
  }
}

/** A webview's scripts and styles come from these addresses; the workbench itself complains about things of its own. */
function isOurs(message: ConsoleMessage): boolean {
  return (
    message.text().includes('Content Security Policy') ||
    /\/webview\/browser\/pre\/|vscode-resource|vscode-cdn\.net/.test(message.location().url)
  );
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const exactly = (text: string): RegExp => new RegExp(`^\\s*${escaped(text)}\\s*$`);

/** The editor draws spaces as no-break spaces. */
const spaced = (text: string): RegExp => new RegExp(escaped(text).replaceAll(' ', '\\s'));

async function box(locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  await locator.waitFor();
  const found = await locator.boundingBox();
  if (found === null) throw new Error(`${String(locator)} is not on the screen`);
  return found;
}
