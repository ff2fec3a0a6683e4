/** A panel's webview, by what it shows. */
import type { FrameLocator, Locator } from 'playwright-core';

export class Dashboard {
  constructor(readonly frame: FrameLocator) {}

  get body(): Locator {
    return this.frame.locator('body');
  }

  /** Waits until all curves of the last request are drawn; an error shown instead is the test's failure. */
  async ready(): Promise<void> {
    const ended = this.frame.locator('body[data-state="ready"], body[data-state="error"]');
    for (;;) {
      await ended.waitFor({ timeout: 60_000 });
      const state = await this.body.getAttribute('data-state');
      if (state === 'ready') return;
      // Else a change has come in between, which is waited for.
      if (state === 'error') throw new Error(`the dashboard shows an error:\n${await this.body.innerText()}`);
    }
  }

  /** Opens the box with the controls, where it isn't open: in narrow panels it begins closed. */
  async openSettings(): Promise<void> {
    const closed = this.frame.locator('aside details.settings:not([open]) > summary');
    if ((await closed.count()) > 0) await closed.click();
  }

  /** The charts; the legends have small canvases of their own. */
  get charts(): Locator {
    return this.frame.locator('canvas[role="img"]:visible');
  }

  /** Waits until the first chart looks other than it did, and returns how it looks. */
  async changedPicture(before: string | undefined): Promise<string> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const picture = await this.charts.first().evaluate((element: unknown) => (element as Canvas).toDataURL());
      if (picture !== before) return picture;
      if (Date.now() > deadline) throw new Error('the chart looks as it did before');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** When the first measured curve had been drawn, as `Date.now()` counts. */
  async firstChart(): Promise<number> {
    await this.ready();
    return this.body.evaluate(() => {
      const { timeOrigin } = performance;
      const [mark] = performance.getEntriesByName('lossfloor: first chart');
      return timeOrigin + (mark?.startTime ?? NaN);
    });
  }

  /** Rows of a table, each as the texts of its cells. */
  async rows(selector: string): Promise<string[][]> {
    const rows = await this.frame.locator(`${selector} tr`).all();
    return Promise.all(
      rows.map(async (row) => (await row.locator('th, td').allInnerTexts()).map((text) => text.trim())),
    );
  }

  /** How many different colours a canvas shows: a blank one shows a single one. */
  async colours(canvas: Locator): Promise<number> {
    return canvas.evaluate((element: unknown) => {
      const shown = element as Canvas;
      const { data } = shown.getContext('2d').getImageData(0, 0, shown.width, shown.height);
      return new Set(new Uint32Array(data.buffer)).size;
    });
  }
}

/** As much of a canvas as is needed here: there is no DOM in the types outside webview/. */
interface Canvas {
  toDataURL(): string;
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
  };
}
