/** A dashboard's page in a real Chromium, as the extension host would open it, with the host played by the test. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { pageHtml, type PageName } from '../../src/dashboards/html';
import { packed } from '../../src/dashboards/wire';
import { themes, type RecordedTheme, type ThemeName } from './themes';

const screenshots = path.resolve('artifacts/webview');

/** Plays `acquireVsCodeApi`: keeps what is posted, and the state. */
const stub = `(() => {
  window.posted = [];
  window.kept = undefined;
  window.violations = [];
  document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => { window.posted.push(structuredClone(message)); },
    getState: () => window.kept,
    setState: (state) => { window.kept = structuredClone(state); return state; },
  });
})();`;

declare global {
  interface Window {
    posted: { readonly type: string }[];
    kept: unknown;
    violations: string[];
    messages: (readonly object[])[];
  }
}

export interface OpenOptions {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  readonly state?: unknown;
  readonly scale?: number;
}

/** Serves the built pages and opens them. */
export class Stage {
  private constructor(
    private readonly browser: Browser,
    private readonly server: Server,
  ) {}

  static async open(): Promise<Stage> {
    // Read once: another build may be on its way.
    const built = new Map(
      readdirSync('dist/webview')
        .filter((file) => /\.(js|css)$/.test(file))
        .map((file) => [file, readFileSync(path.resolve('dist/webview', file))]),
    );
    const server = createServer((request, response) => {
      const [, folder, file = ''] = new URL(request.url ?? '/', 'http://localhost').pathname.split('/');
      const content = folder === 'page' ? framed(file as PageName) : built.get(file);
      const type = folder === 'page' ? 'html' : file.endsWith('.css') ? 'css' : 'javascript';
      // What isn't there, an icon for one, is empty: Chromium would log an error of its own.
      response.writeHead(content === undefined ? 204 : 200, { 'content-type': `text/${type}; charset=utf-8` });
      response.end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    const browser = await chromium.launch({
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-dev-shm-usage',
      ],
    });
    return new Stage(browser, server);
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async show(name: PageName, options: OpenOptions = {}): Promise<Dashboard> {
    const { theme = 'dark', width = 900, height = 1000, state, scale = 1 } = options;
    const { port } = this.server.address() as AddressInfo;
    const page = await this.browser.newPage({ viewport: { width, height }, deviceScaleFactor: scale });
    const troubles: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text());
    });
    page.on('pageerror', (error) => troubles.push(error.message));
    await page.addInitScript({ content: `window.keptBefore = ${JSON.stringify(state ?? null)};` });
    await page.addInitScript(wear, themes[theme]);
    await page.goto(`http://localhost:${String(port)}/page/${name}`);
    return new Dashboard(page, troubles);
  }
}

/** The page of the extension host, with the stub before its script. */
function framed(name: PageName): string {
  const html = pageHtml(name, 'Test', {
    cspSource: "'self'",
    asWebviewUri: (file) => `/dist/${path.basename(file)}`,
  });
  const nonce = /nonce="([^"]+)"/.exec(html)?.[1] ?? '';
  return html.replace(
    '<main',
    `<script nonce="${nonce}">${stub} window.kept = window.keptBefore ?? undefined;</script><main`,
  );
}

/** Puts a theme on, as VS Code does: variables on <html>, a class on <body>. */
function wear({ bodyClass, variables }: RecordedTheme): void {
  const apply = (): void => {
    for (const [name, value] of Object.entries(variables)) {
      document.documentElement.style.setProperty(`--vscode-${name}`, value);
    }
    document.body.className = bodyClass;
  };
  // The variables of the theme before would stay: VS Code rewrites the whole attribute.
  if (document.documentElement as HTMLElement | null) document.documentElement.removeAttribute('style');
  if (document.body as HTMLElement | null) apply();
  else document.addEventListener('DOMContentLoaded', apply);
}

/** VS Code sends typed arrays as they are, and of all else what JSON has: null for NaN and the infinities. */
function throughJson(value: unknown): unknown {
  if (typeof value === 'number') return JSON.parse(JSON.stringify(value)) as unknown;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(throughJson);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) => (each === undefined ? [] : [[name, throughJson(each)]])),
  );
}

export interface AxeViolation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

export class Dashboard {
  constructor(
    readonly page: Page,
    /** Errors and warnings on the console. */
    readonly troubles: readonly string[],
  ) {}

  /** As the host's panel sends it, and as VS Code hands it on. */
  async send(...messages: readonly object[]): Promise<void> {
    await this.page.evaluate(
      (all) => {
        for (const message of all) window.postMessage(message, '*');
      },
      messages.map((message) => throughJson(packed(message))),
    );
  }

  /** Leaves messages with the page, for it to post to itself. */
  async keep(messages: readonly (readonly object[])[]): Promise<void> {
    await this.page.evaluate(
      (all) => {
        window.messages = all;
      },
      messages.map((each) => each.map((message) => throughJson(packed(message)) as object)),
    );
  }

  async state(state: 'loading' | 'ready' | 'error'): Promise<void> {
    await this.page.locator(`body[data-state="${state}"]`).waitFor({ timeout: 20_000 });
  }

  /** What the page has posted, of one type, once there are so many. */
  async posted<Message extends { readonly type: string }>(type: Message['type'], count = 1): Promise<Message[]> {
    await this.page.waitForFunction(
      ([wanted, least]) => window.posted.filter((message) => message.type === wanted).length >= least,
      [type, count] as const,
      { timeout: 5_000 },
    );
    return this.page.evaluate((wanted) => window.posted.filter((message) => message.type === wanted), type) as Promise<
      Message[]
    >;
  }

  async kept(): Promise<unknown> {
    return this.page.evaluate(() => window.kept);
  }

  /** Texts of a table's body, row by row. */
  async rows(selector: string): Promise<string[][]> {
    return this.page.evaluate(
      (table) =>
        Array.from(document.querySelectorAll(`${table} tbody tr`), (row) =>
          Array.from(row.children, (cell) => cell.textContent.replace(/\s+/g, ' ').trim()),
        ),
      selector,
    );
  }

  /** How many pixels of the `index`th plot have (nearly) this colour. */
  async pixels(index: number, colour: string): Promise<number> {
    // What is not on the screen is not drawn.
    await this.page.locator('.canvas-box canvas').nth(index).scrollIntoViewIfNeeded();
    await this.frames();
    return this.page.evaluate(
      ([at, wanted]) => {
        const canvas = document.querySelectorAll<HTMLCanvasElement>('.canvas-box canvas')[at];
        if (!canvas) return -1;
        // A copy, so that the page's canvas stays as it is; with a pixel of the colour in its corner.
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
        if (!copy) return -1;
        copy.fillStyle = wanted;
        copy.fillRect(0, 0, 1, 1);
        const [r = 0, g = 0, b = 0] = copy.getImageData(0, 0, 1, 1).data;
        copy.clearRect(0, 0, 1, 1);
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let i = 0; i < data.length; i += 4) {
          const far =
            Math.abs((data[i] ?? 0) - r) + Math.abs((data[i + 1] ?? 0) - g) + Math.abs((data[i + 2] ?? 0) - b);
          if (far < 12 && (data[i + 3] ?? 0) > 200) count++;
        }
        return count;
      },
      [index, colour] as const,
    );
  }

  async wear(theme: ThemeName): Promise<void> {
    await this.page.evaluate(wear, themes[theme]);
    await this.frames();
  }

  /** Waits until what was asked for is drawn. */
  async frames(): Promise<void> {
    await this.page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(undefined)))),
    );
  }

  /** Whether the page scrolls sideways. */
  async overflows(): Promise<boolean> {
    return this.page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  }

  /** @param within selects what is looked at; the whole page takes seconds */
  async violations(within = 'html'): Promise<AxeViolation[]> {
    // Through the debugger, where the page's policy doesn't matter; it is the page that is checked, not axe.
    await this.page.evaluate(readFileSync(path.resolve('node_modules/axe-core/axe.min.js'), 'utf8'));
    const found = await this.page.evaluate(
      `(async () => (await axe.run(${JSON.stringify(within)}, { resultTypes: ["violations"] })).violations)()`,
    );
    return found as AxeViolation[];
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(screenshots, { recursive: true });
    // As tall as the page: its footer sticks to the window's lower edge.
    const height = await this.page.evaluate(() => document.documentElement.scrollHeight);
    const { width = 900 } = this.page.viewportSize() ?? {};
    await this.page.setViewportSize({ width, height });
    await this.frames();
    await this.page.screenshot({ path: path.join(screenshots, `${name}.png`) });
  }

  /** Keeps what the page has made beside the screenshots, to be looked at. */
  keepFile(name: string, content: string | Uint8Array): void {
    mkdirSync(screenshots, { recursive: true });
    writeFileSync(path.join(screenshots, name), content);
  }

  /** Closes the page; whatever went wrong in it, unseen, comes to light here. */
  async close(): Promise<void> {
    const violations = await this.page.evaluate(() => window.violations);
    const reports = await this.page.evaluate(() => window.posted.filter(({ type }) => type === 'report'));
    await this.page.close();
    const all = [...violations, ...this.troubles, ...reports.map((report) => JSON.stringify(report))];
    if (all.length > 0) throw new Error(`in the page: ${all.join('\n')}`);
  }
}
