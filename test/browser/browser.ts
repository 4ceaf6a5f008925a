/** A browser for the tests and the built page for it: an installed Chrome, Chromium or Edge, and a static server. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { preview, type PreviewServer } from 'vite';
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

/** Serves dist/ on a free port; `url` ends with a slash. */
export async function servePage(outDir?: string): Promise<{ url: string; close: () => Promise<void> }> {
  const server: PreviewServer = await preview({
    root,
    logLevel: 'error',
    preview: { port: 0, strictPort: false, open: false },
    ...(outDir ? { build: { outDir } } : {}),
  });
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error('the preview server has no address');
  return { url, close: () => server.close() };
}

export interface Watched {
  page: Page;
  /** Console errors, uncaught exceptions and CSP violations so far. */
  complaints: string[];
}

/** A page in a storage of its own that collects whatever it complains about. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
  });
  return { page, complaints };
}
