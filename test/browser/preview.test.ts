/** What a container serves, in the page: on an origin of its own, which cannot reach the app. */
import type { FrameLocator } from 'playwright-core';
import { expect, test } from 'vitest';
import type { Studio } from './browser.ts';
import { studioTests } from './studio-tests.ts';

const failedLoad = /^Failed to load resource: (the server responded with a status of (404|502)|net::ERR_FAILED)/;
const tests = studioTests((complaint) => failedLoad.test(complaint));
let studio: Studio;

/** The container's page in the first preview. */
function shown(): FrameLocator {
  return studio.page.locator('iframe[title^="Page of port"]').first().contentFrame().locator('iframe').contentFrame();
}

async function paste(text: string): Promise<void> {
  await studio.page.locator('.xterm-helper-textarea').evaluate((area, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', pasted);
    area.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
  }, text);
}

/** A file in the machine, by way of the terminal. */
async function write(path: string, text: string): Promise<void> {
  const { page } = studio;
  const encoded = Buffer.from(text).toString('base64');
  const lines = encoded.match(/.{1,800}/g)?.map((part, index) => `echo -n ${part} ${index === 0 ? '>' : '>>'}/tmp/64`) ?? [];
  for (const [index, line] of [...lines, `mkdir -p $(dirname ${path}); base64 -d </tmp/64 >${path}`].entries()) {
    await paste(`clear; ${line}; echo ${path} ${index}`);
    await page.keyboard.press('Enter');
    await studio.until(new RegExp(`^${path} ${index}\\nnode1 ~ \\$ ?$`));
  }
}

async function openPort(address: string): Promise<void> {
  await studio.page.getByRole('button', { name: 'Preview', exact: true }).click();
  const bar = studio.page.getByRole('textbox', { name: 'Address in the node' }).last();
  await bar.fill(address);
  await bar.press('Enter');
}

test('a port on which nothing listens says so; what nginx serves comes by itself and changes with the file in the editor', async () => {
  studio = await tests.open();
  const { page } = studio;
  await studio.prompt();
  await openPort('localhost:8080');
  await shown().getByRole('heading', { name: 'Nothing listens on port 8080 of node1' }).waitFor();
  await shown().getByText('docker run -p 8080:80 …').waitFor();

  await studio.focusTerminal();
  await write(
    'www/index.html',
    '<link rel="stylesheet" href="/style.css"><h1>Ahoy</h1><a href="http://localhost:8080/next.html?a=1">On</a>',
  );
  await write('www/style.css', 'h1 { color: rgb(1, 2, 3) }');
  await write('www/next.html', '<h1>The next page</h1>');
  await studio.run('docker run -d --name web -p 8080:80 -v ~/www:/usr/share/nginx/html nginx');
  await shown().getByRole('heading', { name: 'Ahoy' }).waitFor();
  expect(
    await shown()
      .locator('h1')
      .evaluate((element) => getComputedStyle(element).color),
  ).toBe('rgb(1, 2, 3)');
  await page.getByRole('button', { name: /^8080.*web:80$/ }).waitFor();

  await shown().getByRole('link', { name: 'On' }).click();
  await shown().getByRole('heading', { name: 'The next page' }).waitFor();
  await expect.poll(() => page.getByRole('textbox', { name: 'Address in the node' }).inputValue()).toBe('localhost:8080/next.html?a=1');
  await page.getByRole('button', { name: 'Back', exact: true }).click();
  await shown().getByRole('heading', { name: 'Ahoy' }).waitFor();

  await page.getByRole('button', { name: 'Files' }).click();
  await page.getByRole('button', { name: 'www', exact: true }).click();
  await page.getByRole('button', { name: 'index.html', exact: true }).click();
  await page.locator('.view-lines').getByText('Ahoy').waitFor();
  await page.locator('.monaco-editor').first().click();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('<h1>Edited</h1>');
  await page.keyboard.press('Control+S');
  await expect
    .poll(
      async () => {
        await page.getByRole('button', { name: 'Reload the preview' }).click();
        await page.waitForTimeout(500);
        return shown().getByRole('heading', { name: 'Edited' }).count();
      },
      { timeout: 10_000 },
    )
    .toBe(1);

  const [tab] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('button', { name: 'Open in a new tab' }).click()]);
  await tab.frameLocator('iframe').getByRole('heading', { name: 'Edited' }).waitFor();
  await tab.close();
  await studio.focusTerminal();
  await studio.run('docker stop -t 0 web');
  await page.getByRole('button', { name: 'Reload the preview' }).click();
  await shown().getByText('A container that has ended publishes nothing').waitFor();
});

/** What a page of a container may try; each line answers with what came of it. */
const attacks = `<title>Trying</title><pre></pre><script>
const done = {};
const attempt = async (name, work) => { try { done[name] = String(await work()); } catch (error) { done[name] = error.name; } };
const wait = (ms) => new Promise((resolve) => setTimeout(() => resolve('nothing'), ms));
const app = new URLSearchParams(parent.location.search).get('app');
(async () => {
  await attempt('top document', () => top.document.title);
  await attempt('top storage', () => top.localStorage.length);
  await attempt('settings of the app', () => localStorage.getItem('drydock.settings.1'));
  await attempt('databases of the app', async () => (await indexedDB.databases()).map((one) => one.name).join());
  await attempt('files of the app', () => fetch(app + '/machine/manifest.json').then((answer) => answer.text()));
  await attempt('worker of the container', () => navigator.serviceWorker.register('/evil.js'));
  await attempt('the shell as a worker', () => navigator.serviceWorker.register('/__drydock.js'));
  await attempt('unregister', async () => (await navigator.serviceWorker.getRegistration()).unregister());
  await attempt('leave the app', () => { top.location = 'about:blank'; return wait(300); });
  for (const call of ['stop', 'homeList']) top.postMessage({ kind: 'call', id: 1, call: { name: call, node: 'node1', path: '' } }, app);
  const port = await new Promise((resolve) => { addEventListener('message', (event) => resolve(event.ports[0]), { once: true }); top.postMessage({ drydock: 'preview' }, app); });
  const ask = (message) => Promise.race([wait(1500), new Promise((resolve) => {
    const answer = new MessageChannel();
    answer.port1.onmessage = (event) => { if (event.data.kind !== 'cancel') resolve(event.data.kind + ' ' + event.data.status); };
    port.postMessage(message, [answer.port2]);
  })]);
  const request = { method: 'GET', url: location.href, headers: [], referrer: '', mode: 'cors', destination: '', body: false };
  await attempt('its own port', () => ask({ kind: 'request', request }));
  await attempt('a port that is not published', () => ask({ kind: 'request', request: { ...request, url: 'http://localhost:7/' } }));
  await attempt('the engine', () => ask({ kind: 'request', request: { ...request, url: app + '/containers/json' } }));
  await attempt('a smuggled request', () => ask({ kind: 'request', request: { ...request, headers: [['a', 'b\\r\\nc: d']] } }));
  await attempt('a call', () => ask({ kind: 'call', id: 1, call: { name: 'stop' } }));
  document.querySelector('pre').textContent = JSON.stringify(done);
  document.title = 'Tried';
})();
</script>`;

test('a page of a container reaches its own port and nothing of the app', async () => {
  studio = await tests.open();
  const { page } = studio;
  await studio.prompt();
  await studio.focusTerminal();
  await write('evil/index.html', attacks);
  await write('evil/evil.js', 'addEventListener("fetch", (event) => event.respondWith(new Response("taken over")))');
  await studio.run('docker run -d --name evil -p 8081:80 -v ~/evil:/www busybox httpd -f -h /www');
  await page.getByRole('button', { name: /^8081.*evil:80$/ }).click();
  await shown().locator('pre:not(:empty)').waitFor({ timeout: 20_000 });
  // The browser has told of what it kept the page from.
  studio.complaints.length = 0;
  const tried = JSON.parse((await shown().locator('pre').textContent()) ?? '') as Record<string, string>;
  const {
    'databases of the app': databases,
    'leave the app': leave,
    'worker of the container': worker,
    'the shell as a worker': shell,
    ...others
  } = tried;
  expect(databases).not.toContain('drydock');
  expect(['SecurityError', 'nothing']).toContain(leave);
  expect([worker, shell]).toEqual([expect.stringMatching(/Error$/), expect.stringMatching(/Error$/)]);
  expect(others).toEqual({
    'top document': 'SecurityError',
    'top storage': 'SecurityError',
    'settings of the app': 'null',
    'files of the app': 'TypeError',
    unregister: 'true',
    'its own port': 'head 200',
    'a port that is not published': 'failed undefined',
    'the engine': 'failed undefined',
    'a smuggled request': 'nothing',
    'a call': 'nothing',
  });
  await page.getByText('machine running').waitFor();
  await studio.focusTerminal();
  expect(await studio.run('docker ps --format {{.Names}}')).toBe('evil');
  // Its frame goes on, and comes again.
  await page.getByRole('button', { name: 'Reload the preview' }).click();
  await shown().getByText('its own port').waitFor();
  studio.complaints.length = 0;
});

test('without another origin the limited view says that it is one, in an origin of its own', async () => {
  studio = await tests.blank();
  const { page } = studio;
  await page.route(tests.url, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({
      body: (await answer.text()).replace(/name="drydock-preview" content="[^"]*"/, 'name="drydock-preview" content=""'),
      headers: { 'content-type': 'text/html' },
    });
  });
  await page.addInitScript(() => self === top && localStorage.setItem('drydock.settings.1', '{"screenReader":true}'));
  await page.goto(tests.url);
  await studio.prompt();
  await studio.focusTerminal();
  await write(
    'www/index.html',
    '<link rel="stylesheet" href="/style.css"><h1>Ahoy</h1><a href="/next.html">On</a><script>document.querySelector("a").before(self.origin, " "); fetch("/data").then((answer) => answer.text()).then((text) => document.body.append(text))</script>',
  );
  await write('www/style.css', 'h1 { color: rgb(1, 2, 3) }');
  await write('www/next.html', '<h1>The next page</h1>');
  await write('www/data', 'fetched');
  await studio.run('busybox httpd -p 8082 -h /root/www');
  await openPort('8082');
  await page.getByText('Limited view').waitFor();
  const limited = page.locator('iframe[title^="Page of port"]').contentFrame();
  await limited.getByText('fetched').waitFor();
  await limited.getByText('null').waitFor();
  expect(await limited.locator('h1').evaluate((element) => getComputedStyle(element).color)).toBe('rgb(1, 2, 3)');
  await limited.getByRole('link', { name: 'On' }).click();
  await limited.getByRole('heading', { name: 'The next page' }).waitFor();
});
