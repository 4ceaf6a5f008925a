/** Figures of the built page in Chromium: bytes on the wire, time to the prompt, the same commands in a tab. */
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { launch, servePage, Studio } from '../browser/browser.ts';
import { median, percentile, report } from './figures.ts';
import { PageTerminal } from './page-terminal.ts';

const where = 'chromium';

export async function chromiumFigures(docker: number | undefined): Promise<void> {
  const browser = await launch();
  const server = await servePage();
  try {
    await firstVisit(browser, server.url);
    await returningVisitor(browser, server.url, docker);
  } finally {
    await server.close();
    await browser.close();
  }
}

/** What travels until the prompt is there, with nothing in the cache. */
async function firstVisit(browser: Browser, url: string): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  let wire = 0;
  /** What the page itself names: the rest of the code comes while the lesson can be read. */
  let eager = 0;
  const document = await (await fetch(url)).text();
  page.on('response', (response) => {
    void response
      .body()
      .then((body) => {
        // The state is compressed as it is; everything else travels gzipped.
        const sent = response.url().includes('/state/') ? body.length : gzipSync(body).length;
        wire += sent;
        const name = response.url().slice(url.length);
        if (name.endsWith('.js') && document.includes(name)) eager += sent;
      })
      .catch(() => {});
  });
  await PageTerminal.watchFirstPrompt(page);
  await page.goto(url);
  await new PageTerminal(page).firstPromptMs();
  report({ name: 'bytes before the prompt', where, value: wire / 1e6, unit: 'MB', target: 8 });
  report({ name: 'eager script, gzipped', where, value: eager / 1e3, unit: 'kB', target: 200 });
  await context.close();
}

async function returningVisitor(browser: Browser, url: string, docker: number | undefined): Promise<void> {
  const studio = await Studio.open(browser, url, { settings: {} });
  const { page } = studio;
  const terminal = new PageTerminal(page);
  await PageTerminal.watchFirstPrompt(page);
  const loads: number[] = [];
  for (let load = 0; load < 8; load++) {
    // Leaves the page first, so that its machine does not stop while the next one starts.
    await page.goto('about:blank');
    await page.goto(url, { waitUntil: 'commit' });
    loads.push(await terminal.firstPromptMs());
  }
  const warm = loads.slice(1);
  report({ name: 'page to prompt, warm', where, value: median(warm), unit: 'ms', target: 1000, runs: warm.length });
  const loadedAt = await page.evaluate(() => performance.now());

  await terminal.focus();
  report({ name: 'docker pull busybox', where, value: await terminal.run('docker pull busybox'), unit: 'ms', target: 1000, runs: 1 });
  const several = async (line: string, runs: number): Promise<number> => {
    const took: number[] = [];
    for (let run = 0; run <= runs; run++) took.push(await terminal.run(line));
    return median(took.slice(1));
  };
  const run = await several('docker run --rm busybox echo hello world', 15);
  report({ name: 'docker run --rm busybox echo', where, value: run, unit: 'ms', runs: 15, ...(docker && { docker, target: docker / 2 }) });
  report({ name: 'docker ps', where, value: await several('docker ps', 15), unit: 'ms', target: 60, runs: 15 });
  report({ name: 'key to echo in docker run -it, p95', where, value: await keyToEcho(studio, terminal), unit: 'ms', target: 30, runs: 60 });

  await terminal.run('dd if=/dev/zero bs=1024 count=768 2>/dev/null | base64 > /tmp/megabyte');
  const megabytes = (768 * 1024 * (4 / 3) * (77 / 76)) / 1e6;
  const cat = await several('cat /tmp/megabyte', 3);
  report({ name: 'cat of 1 MB to the terminal', where, value: (megabytes / cat) * 1e3, unit: 'MB/s', target: 2, runs: 3 });

  const long = (await studio.longTasks()).filter((task) => task.startMs > loadedAt);
  const longest = Math.max(0, ...long.map((task) => task.durationMs));
  report({ name: 'longest task of the main thread after load', where, value: longest, unit: 'ms', target: 50 });
  report({ name: 'processor while idle', where, value: await idlePercent(browser), unit: '%', target: 3 });
  await studio.close();
}

async function keyToEcho({ page }: Studio, terminal: PageTerminal): Promise<number> {
  await page.keyboard.type('docker run -it --rm busybox sh');
  await terminal.press('Enter', '^/ #$');
  const keys: number[] = [];
  for (let key = 1; key <= 60; key++) keys.push(await terminal.press('x', `^/ # x{${key}}$`));
  await terminal.press('Control+c', '^/ #$');
  await page.keyboard.type('exit');
  await terminal.press('Enter', String.raw`^node1 ~ \$$`);
  return percentile(keys, 95);
}

/** Share of a processor that the browser's processes for the page use while nothing is done. */
async function idlePercent(browser: Browser): Promise<number> {
  const devtools = await browser.newBrowserCDPSession();
  const used = async (): Promise<number> => {
    const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
    return processInfo.filter(({ type }) => type !== 'browser').reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
  await sleep(3000);
  const before = await used();
  await sleep(10_000);
  return ((await used()) - before) * 10;
}
