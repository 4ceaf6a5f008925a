/** What a request takes from a page in the preview to nginx in a container and back, in Chromium. */
import { launch, servePage, Studio } from '../browser/browser.ts';
import { median, report } from './figures.ts';

const where = 'chromium';
const megabytes = 8;

export async function previewFigures(): Promise<void> {
  const [browser, server] = await Promise.all([launch(), servePage()]);
  const studio = await Studio.open(browser, server.url);
  const { page } = studio;
  try {
    await studio.prompt();
    await studio.focusTerminal();
    await studio.run(`mkdir www; echo ahoy > www/index.html; dd if=/dev/zero of=www/large bs=1M count=${megabytes}`);
    await studio.run('docker run -d --name web -p 8080:80 -v ~/www:/usr/share/nginx/html nginx');
    await page.getByRole('button', { name: 'Preview', exact: true }).click();
    await page.getByRole('textbox', { name: 'Address in the node' }).fill('8080');
    await page.keyboard.press('Enter');
    const shown = page.locator('iframe[title="Page of port 8080"]').contentFrame().locator('iframe').contentFrame();
    await shown.getByText('ahoy').waitFor({ timeout: 60_000 });
    const took = await shown.locator('body').evaluate(async () => {
      const times: number[] = [];
      for (let run = 0; run < 60; run++) {
        const begin = performance.now();
        await (await fetch('/')).text();
        times.push(performance.now() - begin);
      }
      return times;
    });
    // All of it: what nginx itself needs is in it.
    report({ name: 'a request of a preview to nginx', where, value: median(took.slice(20)), unit: 'ms', target: 50, runs: 40 });
    const large = await shown.locator('body').evaluate(async () => {
      const begin = performance.now();
      await (await fetch('/large')).arrayBuffer();
      return performance.now() - begin;
    });
    report({
      name: `${megabytes} MB from nginx to a preview`,
      where,
      value: (megabytes * 1.048576) / (large / 1000),
      unit: 'MB/s',
      runs: 1,
    });
  } finally {
    await studio.close();
    await server.close();
    await browser.close();
  }
}
