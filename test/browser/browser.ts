/** A browser for the tests and the built page for it: an installed Chrome, Chromium or Edge, and Vite's preview server. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { preview } from 'vite';
import { findBrowser } from '../../bin/browser.ts';
import { root } from '../../bin/root.ts';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launch(): Promise<Browser> {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error('The browser tests need Chrome, Chromium or Edge: install one, or name it in DRYDOCK_BROWSER.');
  return chromium.launch({ executablePath, args: flags });
}

/** Serves dist/ (or the folder that DRYDOCK_DIST names) on a free port; `url` ends with a slash. */
export async function servePage(): Promise<{ url: string; close: () => Promise<void> }> {
  const outDir = process.env['DRYDOCK_DIST'];
  const server = await preview({
    root,
    logLevel: 'error',
    preview: { port: 0, strictPort: false, open: false },
    ...(outDir && { build: { outDir } }),
  });
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error('the preview server has no address');
  return { url, close: () => server.close() };
}

/** A task that held up the main thread for more than 50 ms. */
export interface LongTask {
  startMs: number;
  durationMs: number;
}

/** The page in a storage of its own, with what a test asks of it. */
export class Studio {
  readonly page: Page;
  /** Console errors, uncaught exceptions and CSP violations; a test expects none. */
  readonly complaints: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  /** @param settings as the page keeps them; terminals are read through xterm's mode for screen readers */
  static async open(browser: Browser, url: string, options: BrowserContextOptions & { settings?: object } = {}): Promise<Studio> {
    const { settings = { screenReader: true }, ...contextOptions } = options;
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, reducedMotion: 'reduce', ...contextOptions });
    await context.addInitScript((kept) => {
      // Not in frames: what is previewed has other origins.
      if (self === top) localStorage.setItem('drydock.settings.1', JSON.stringify(kept));
      document.addEventListener('securitypolicyviolation', (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
    }, settings);
    const studio = new Studio(await context.newPage());
    await studio.page.goto(url);
    return studio;
  }

  close(): Promise<void> {
    return this.page.context().close();
  }

  /** Waits for a prompt in the open terminal. */
  async prompt(): Promise<void> {
    await this.until(/node1 ~ \$ ?$/);
  }

  /** Types a line as a person does and waits for the prompt after it; resolves with what stands between. */
  async run(line: string): Promise<string> {
    await this.page.keyboard.type('clear\n');
    await this.until(/^node1 ~ \$ ?$/);
    await this.page.keyboard.type(`${line}\n`);
    const screen = await this.until(/\n.*[#$] ?$/);
    return screen.split('\n').slice(1, -1).join('\n');
  }

  async focusTerminal(): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Terminal node1', exact: true }).focus();
  }

  /** The rows of the open terminal's screen down to the cursor's, without blanks at their ends. */
  async screen(): Promise<string> {
    const rows = await this.page.locator('.tab-content:not([hidden]) .xterm-accessibility-tree > div').allTextContents();
    return rows
      .map((row) => row.replaceAll('\u00a0', ' ').trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** Waits until the screen matches. */
  async until(pattern: RegExp, timeoutMs = 60_000): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const screen = await this.screen();
      if (pattern.test(screen)) return screen;
      if (Date.now() > deadline) throw new Error(`the terminal never showed ${pattern}; it shows:\n${screen}`);
      await this.page.waitForTimeout(50);
    }
  }

  /** Long tasks of the main thread since the page was loaded. */
  async longTasks(): Promise<LongTask[]> {
    return this.page.evaluate(
      () =>
        new Promise((resolve) => {
          const observer = new PerformanceObserver((list) => {
            resolve(list.getEntries().map((entry) => ({ startMs: Math.round(entry.startTime), durationMs: Math.round(entry.duration) })));
          });
          observer.observe({ type: 'longtask', buffered: true });
          setTimeout(() => resolve([]), 300);
        }),
    );
  }
}
