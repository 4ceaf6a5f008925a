/**
 * Pictures of the built page for looking at: `npx tsx test/browser/screenshots.ts [scene…]` writes
 * .cache/screenshots/<scene>-<width>-<scheme>.png. Scenes run on the real machine.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { root } from '../../bin/root.ts';
import { launch, servePage, Studio } from './browser.ts';

const out = join(root, '.cache/screenshots');
const sizes = [
  { width: 1600, height: 920 },
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
];
const schemes = ['light', 'dark'] as const;

/** What is done before the picture is taken. On a narrow page the machine is started first. */
const scenes: Record<string, (studio: Studio, page: Page) => Promise<void>> = {
  async lesson() {},
  async containers(studio, page) {
    await studio.run('docker run busybox echo hello world');
    await studio.run('docker run -d --name web busybox sleep 1000');
    await studio.run('docker run --name search busybox cat /etc/treasure-map');
    await studio.run('docker ps --all');
    await page.waitForTimeout(1500);
    await view(page, 'Lesson');
    await page.getByRole('button', { name: 'Show a hint' }).click();
  },
  async inspector(studio, page) {
    await scenes['containers']?.(studio, page);
    await view(page, 'Containers');
  },
  async networks(studio, page) {
    await studio.run('docker network create front; docker network create --internal back; docker volume create data');
    await studio.run('docker run -d --name web --network front --network-alias www -p 8080:80 nginx');
    await studio.run('docker run -d --name shop --network front -v data:/data busybox sleep 1000; docker network connect back shop');
    await studio.run('docker run -d --name store --network back -v data:/var/lib/store busybox sleep 1000');
    await page.waitForTimeout(1500);
    await view(page, 'Containers');
  },
  async tables(studio, page) {
    await scenes['inspector']?.(studio, page);
    await page.getByRole('button', { name: 'Show as tables' }).click();
  },
  async editor(studio, page) {
    await studio.run(
      'mkdir -p app; printf "FROM busybox\\nCOPY . .\\nCMD [\\"cat\\", \\"motd\\"]\\n" > app/Dockerfile; echo hi > app/motd',
    );
    await page.getByRole('button', { name: 'Files' }).click();
    await page.getByRole('button', { name: 'app', exact: true }).click();
    await page.getByRole('button', { name: 'Dockerfile', exact: true }).click();
    await page.locator('.view-line').first().waitFor();
    await page.waitForTimeout(500);
  },
  async build(studio, page) {
    // A phone has no editor.
    if ((page.viewportSize()?.width ?? 0) < 900) return;
    await studio.run(
      'mkdir -p app; printf "FROM busybox\\nWORKDIR /app\\nCOPY motd .\\nRUN tr a-z A-Z < motd > shout\\nCMD cat shout\\n" > app/Dockerfile; echo ahoy > app/motd',
    );
    await page.getByRole('button', { name: 'Files' }).click();
    await page.getByRole('button', { name: 'app', exact: true }).click();
    await page.getByRole('button', { name: 'Dockerfile', exact: true }).click();
    await page.locator('.squiggly-warning').first().waitFor();
    await studio.focusTerminal();
    await studio.run('docker build -t shout app; docker build -t shout app');
    await view(page, 'Containers');
    await page.getByRole('button', { name: /^shout:latest/ }).click();
    await page.waitForTimeout(500);
  },
  async preview(studio, page) {
    await servedPage(studio);
    await page.getByRole('region', { name: 'Terminals' }).getByRole('button', { name: 'Preview', exact: true }).click();
    await page.getByRole('textbox', { name: 'Address in the node' }).fill('8080');
    await page.keyboard.press('Enter');
    await page.locator('iframe').first().contentFrame().locator('iframe').contentFrame().getByText('Ahoy').waitFor();
  },
  async previews(studio, page) {
    await scenes['preview']?.(studio, page);
    await view(page, 'Terminal');
    await page.getByRole('region', { name: 'Terminals' }).getByRole('button', { name: 'Preview', exact: true }).click();
    await page.getByRole('textbox', { name: 'Address in the node' }).last().fill('9999');
    await page.keyboard.press('Enter');
    await page.locator('iframe').last().contentFrame().locator('iframe').contentFrame().getByText('Nothing listens').waitFor();
  },
  async 'preview-choice'(studio, page) {
    await studio.run('docker run -d --name web -p 8080:80 nginx; docker run -d --name cache -p 6379:6379 -p 5353:53/udp redis; docker ps');
    await page.getByRole('region', { name: 'Terminals' }).getByRole('button', { name: 'Preview', exact: true }).click();
  },
  async sessions(studio, page) {
    await studio.run('docker run busybox echo hello world');
    await page.waitForTimeout(2500);
    await page.getByRole('button', { name: /^Machine: / }).click();
  },
  async stopped(_, page) {
    await page
      .workers()
      .find((worker) => worker.url().includes('worker-'))
      ?.evaluate(() => {
        setTimeout(() => {
          throw new RangeError('offset is out of bounds');
        });
      });
    await page.getByText('The machine stopped', { exact: true }).waitFor({ timeout: 30_000 });
  },
  async projector(_, page) {
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByText('Projector').click();
    await page.keyboard.press('Escape');
  },
};

async function servedPage(studio: Studio): Promise<void> {
  const css = 'body{font:18px/1.5 Georgia,serif;margin:3rem;color:#16212b}h1{font-size:2.2rem;margin:0}';
  await studio.run(
    `mkdir -p www; echo "<title>Ahoy</title><style>${css}</style><h1>Ahoy</h1><p>This page is served by a container." > www/index.html`,
  );
  await studio.run('docker run -d --name web -p 8080:80 -v ~/www:/www busybox httpd -f -h /www');
}

async function view(page: Page, name: string): Promise<void> {
  const button = page.getByRole('navigation', { name: 'Parts of the page' }).getByRole('button', { name });
  if (await button.isVisible()) await button.click();
}

mkdirSync(out, { recursive: true });
const wanted = process.argv.slice(2);
const [browser, served] = await Promise.all([launch(), servePage()]);
for (const [name, prepare] of Object.entries(scenes)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const size of sizes) {
    for (const colorScheme of schemes) {
      const studio = await Studio.open(browser, served.url, { viewport: size, colorScheme });
      const { page } = studio;
      const narrow = size.width < 900;
      const needsMachine = !narrow || !['lesson', 'projector'].includes(name);
      if (narrow && needsMachine) {
        await view(page, 'Terminal');
        await page.getByRole('button', { name: 'Start the machine' }).click();
      }
      if (needsMachine) {
        await studio.prompt();
        await studio.focusTerminal();
      }
      await prepare(studio, page);
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(out, `${name}-${size.width}-${colorScheme}.png`) });
      await studio.close();
    }
  }
}
await browser.close();
await served.close();
console.log(`Pictures are in ${out}`);
