/** Figures of the built page in Chromium: bytes on the wire, time to the prompt, the same commands in a tab. */
import { gzipSync } from 'node:zlib';
import { launch, servePage, Studio } from '../browser/browser.ts';
import { median, report } from './figures.ts';

export async function chromiumFigures(docker: number | undefined): Promise<void> {
  const where = 'chromium';
  const browser = await launch();
  const server = await servePage();
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    let wire = 0;
    let script = 0;
    page.on('response', (response) => {
      void response
        .body()
        .then((body) => {
          // The state is compressed as it is; everything else travels gzipped.
          const sent = response.url().includes('/state/') ? body.length : gzipSync(body).length;
          wire += sent;
          if (response.url().endsWith('.js')) script += sent;
        })
        .catch(() => {});
    });
    await page.goto(server.url);
    await page
      .waitForFunction(() => document.querySelector('.xterm-rows')?.textContent?.includes('node1'), undefined, { timeout: 120_000 })
      .catch(() => {});
    report({ name: 'bytes before the prompt', where, value: wire / 1e6, unit: 'MB', target: 8 });
    report({ name: 'script before the prompt, gzipped', where, value: script / 1e3, unit: 'kB', target: 200 });
    await context.close();

    const studio = await Studio.open(browser, server.url);
    await studio.prompt();
    const loads: number[] = [];
    for (let run = 0; run < 5; run++) {
      const begin = performance.now();
      await studio.page.reload({ waitUntil: 'commit' });
      await studio.prompt();
      loads.push(performance.now() - begin);
    }
    report({ name: 'page to prompt, warm', where, value: median(loads), unit: 'ms', target: 1000, runs: loads.length });

    await studio.focusTerminal();
    await studio.run('docker pull busybox');
    const timed = async (line: string, runs: number): Promise<number> => {
      const took: number[] = [];
      for (let run = 0; run < runs; run++) {
        await studio.run('true');
        const begin = performance.now();
        await studio.run(line);
        took.push(performance.now() - begin);
      }
      return median(took);
    };
    const nothing = await timed('true', 5);
    const run = (await timed('docker run --rm busybox echo hello world', 9)) - nothing;
    report({ name: 'docker run --rm busybox echo', where, value: run, unit: 'ms', runs: 9, ...(docker && { docker, target: docker / 2 }) });
    report({ name: 'docker ps', where, value: (await timed('docker ps', 9)) - nothing, unit: 'ms', target: 60, runs: 9 });
    const long = (await studio.longTasks()).filter((task) => task.startMs > 3000);
    report({
      name: 'longest task of the main thread after load',
      where,
      value: Math.max(0, ...long.map((task) => task.durationMs)),
      unit: 'ms',
      target: 50,
    });
    await studio.close();
  } finally {
    await server.close();
    await browser.close();
  }
}
