/** The built page in a real browser on the real machine: few tests, each a thing a person does. */
import { expect, test } from 'vitest';
import type { Studio } from './browser.ts';
import { studioTests } from './studio-tests.ts';

const tests = studioTests();
let studio: Studio;

test('the lesson can be read while the machine is on its way', async () => {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  studio = await tests.blank();
  await studio.page.route('**/state/*.state', async (route) => {
    await held;
    await route.continue();
  });
  await studio.page.goto(tests.url);
  await studio.page.getByRole('heading', { name: 'Run one command' }).waitFor();
  await studio.page.getByText('The machine is on its way').waitFor();
  letGo();
  await studio.page.getByText('machine running').waitFor();
});

test('a command typed into the terminal is answered by a container', async () => {
  studio = await tests.open();
  await studio.prompt();
  await studio.focusTerminal();
  expect(await studio.run('docker run busybox echo hello world')).toMatch(/(^|\n)hello world$/);
  await studio.page.getByRole('table', { name: 'Containers: Not running' }).getByText('exited 0').waitFor();
  console.info(JSON.stringify({ longTasks: await studio.longTasks() }));
});

test('docker run -it gives a shell in namespaces of its own, and Ctrl-D leaves it', async () => {
  studio = await tests.open();
  await studio.prompt();
  await studio.focusTerminal();
  const kinds = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'];
  const namespaces = `for n in ${kinds.join(' ')}; do readlink /proc/self/ns/$n; done`;
  const outside = (await studio.run(namespaces)).split('\n');

  await studio.page.keyboard.type('docker run -it --name inner busybox sh\n');
  await studio.until(/\/ # ?$/);
  await studio.page.keyboard.type('clear; ps; hostname\n');
  const screen = await studio.until(/\n[0-9a-f]{12}\n\/ # ?$/);
  expect(screen).toMatch(/^\s*1 root\s.*sh$/m);
  const hostname = screen.split('\n').at(-2) ?? '';
  await studio.page.keyboard.type(`clear; ${namespaces}\n`);
  const inside = (await studio.until(/uts:\[\d+\]\n\/ # ?$/)).split('\n').slice(-7, -1);
  for (const [index, kind] of kinds.entries()) {
    expect(inside[index]).toMatch(new RegExp(`^${kind}:`));
    expect(inside[index], kind).not.toBe(outside[index]);
  }

  await studio.page.keyboard.press('Control+D');
  await studio.prompt();
  expect(await studio.run('docker ps --all --no-trunc --filter name=inner --format {{.ID}}')).toMatch(new RegExp(`^${hostname}`));
});

test('the lesson from the first step to the last, and a reload keeps what was done', async () => {
  studio = await tests.open();
  const { page } = studio;
  await studio.prompt();
  for (let step = 1; step <= 4; step++) {
    await page.getByText(`Step ${step} of 4`).waitFor();
    await page.getByText('This step is done when').waitFor();
    await page.getByRole('button', { name: 'Show the solution' }).click();
    for (const button of await page.locator('.help').getByRole('button', { name: /^Run / }).all()) {
      const command = ((await button.getAttribute('aria-label')) ?? '').replace('Run ', '');
      await button.click();
      await studio.until(new RegExp(`${command.replace(/[$()]/g, '\\$&')}\\n[^]*node1 ~ \\$ ?$`));
    }
    await page.getByText('This step is done', { exact: true }).waitFor();
    if (step < 4) await page.getByRole('button', { name: 'Next' }).click();
  }
  await page.getByRole('heading', { name: 'That was your first container' }).waitFor();
  await page.getByText('machine running').waitFor();

  await page.reload();
  await page.getByText('Step 4 of 4').waitFor();
  await expect.poll(() => page.getByRole('button', { name: /^Step \d: .*, done$/ }).count()).toBe(4);
  await page.getByText('The machine is as you left it').waitFor();
  await studio.prompt();
  await studio.focusTerminal();
  expect(await studio.run('docker images --format {{.Repository}}')).toBe('busybox');
});

test('Undo step brings the machine back to where the step began', async () => {
  studio = await tests.open();
  const { page } = studio;
  await studio.prompt();
  await studio.focusTerminal();
  await studio.run('docker run --name first busybox echo hello world');
  await page.getByText('This step is done', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Machine: machine running' }).waitFor();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('Step 2 of 4').waitFor();

  await studio.focusTerminal();
  await studio.run('docker run --name greeting busybox echo good morning');
  await page.getByText('This step is done', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Undo step' }).click();
  await page.getByRole('button', { name: 'Go back' }).click();
  await page.getByRole('button', { name: 'Machine: machine running' }).waitFor();
  await studio.prompt();
  await page.getByText('Not yet: the only container is named first, not greeting.').waitFor();
  await studio.focusTerminal();
  expect(await studio.run('docker ps --all --format {{.Names}}')).toBe('first');
});

test('a goal that is not met says what differs', async () => {
  studio = await tests.open();
  await studio.prompt();
  await studio.focusTerminal();
  await studio.run('docker run --name short busybox echo hello');
  await studio.page.getByText('Not yet: short printed hello, not hello world.').waitFor();
});

test('editor and guest see each other’s files', async () => {
  studio = await tests.open();
  const { page } = studio;
  await studio.prompt();
  await page.getByRole('button', { name: 'Files' }).click();
  await page.getByRole('button', { name: 'New file' }).click();
  await page.keyboard.type('app/Dockerfile\n');
  await page.getByRole('tab', { name: 'Dockerfile' }).waitFor();
  await page.locator('.monaco-editor').first().click();
  await page.keyboard.type('FROM busybox\nCMD echo from the editor\n');
  await page.keyboard.press('Control+S');

  await studio.focusTerminal();
  await expect.poll(() => studio.run('cat app/Dockerfile')).toBe('FROM busybox\nCMD echo from the editor');
  await studio.run('echo USER nobody >> app/Dockerfile; echo noted > notes.txt');
  await page.locator('.view-lines').getByText('USER nobody').waitFor();
  await page.getByRole('button', { name: 'notes.txt', exact: true }).waitFor();
});

test('a machine that dies says so and offers the last session', async () => {
  studio = await tests.open();
  const { page } = studio;
  await studio.prompt();
  await studio.focusTerminal();
  await studio.run('docker run --name kept busybox echo kept');
  await page.getByRole('button', { name: /^Machine: / }).click();
  await page.getByRole('button', { name: 'Save session' }).click();
  await page.getByText('Your first container, step 1, on demand').waitFor();
  await page.keyboard.press('Escape');

  await studio.focusTerminal();
  await page.keyboard.type('docker run busybox sleep 60\n');
  await page
    .workers()
    .find((worker) => worker.url().includes('worker-'))
    ?.evaluate(() => self.close());
  await page.getByText('The machine stopped', { exact: true }).waitFor({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Restore “Your first container, step 1, on demand”' }).click();
  await page.getByText('machine running').waitFor();
  await studio.prompt();
  await studio.focusTerminal();
  expect(await studio.run('docker logs kept')).toBe('kept');
});

test('a session for which there is no room says so, and the machine goes on', async () => {
  studio = await tests.open();
  const { page } = studio;
  const { origin } = new URL(tests.url);
  await studio.prompt();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 });
  await page.getByRole('button', { name: /^Machine: / }).click();
  await page.getByRole('button', { name: 'Save session' }).click();
  await page.getByText('the browser gives this site no more room. What was saved before is still there.').waitFor();
  await devtools.send('Storage.overrideQuotaForOrigin', { origin });
  await page.getByRole('button', { name: 'Save session' }).click();
  await page.getByText('Your first container, step 1, on demand').waitFor();
});

test('a machine that cannot be fetched says why, and comes when tried again', async () => {
  studio = await tests.blank();
  const { page, complaints } = studio;
  const files = /\/(state|machine)\//;
  await page.route(files, (route) => route.fulfill({ status: 503 }));
  await page.goto(tests.url);
  await page.getByText('The machine could not be started').waitFor();
  await page.getByRole('heading', { name: 'Run one command' }).waitFor();
  await page.unroute(files);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('machine running').waitFor();
  expect(complaints.filter((text) => !text.includes('status of 503'))).toEqual([]);
  complaints.length = 0;
});

test('offline the lesson stays, and the machine comes by itself with the connection', async () => {
  studio = await tests.blank();
  const { page, complaints } = studio;
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const files = /\/(state|machine)\//;
  await page.route(files, async (route) => {
    await held;
    await route.abort();
  });
  await page.goto(tests.url);
  await page.getByText('The machine is on its way').waitFor();
  await page.context().setOffline(true);
  letGo();
  await page.getByText('You are offline').waitFor();
  await page.getByRole('heading', { name: 'Run one command' }).waitFor();
  await page.unroute(files);
  await page.context().setOffline(false);
  await page.getByText('machine running').waitFor();
  expect(complaints.filter((text) => !text.includes('net::ERR_'))).toEqual([]);
  complaints.length = 0;
});

test('a phone reads the lesson and fetches the machine only when asked', async () => {
  const fetched: string[] = [];
  studio = await tests.blank({ viewport: { width: 390, height: 844 } });
  const { page } = studio;
  page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
  await page.goto(tests.url);
  await page.getByRole('heading', { name: 'Run one command' }).waitFor();
  await page.waitForLoadState('networkidle');
  expect(fetched.filter((path) => path.includes('/state/') || path.includes('/machine/'))).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await page.getByRole('button', { name: 'Terminal', exact: true }).click();
  await page.getByRole('button', { name: 'Start the machine' }).click();
  await page.getByRole('button', { name: 'Machine: machine running' }).waitFor();
});

test('a Dockerfile written in the editor is checked, built, found in the cache the second time, and its layers are shown', async () => {
  studio = await tests.open();
  const { page } = studio;
  await studio.prompt();
  await page.getByRole('button', { name: 'Files' }).click();
  await page.getByRole('button', { name: 'New file' }).click();
  await page.keyboard.type('app/Dockerfile\n');
  await page.getByRole('tab', { name: 'Dockerfile' }).waitFor();
  await page.locator('.monaco-editor').first().click();
  await page.keyboard.type('FROM busybox\nCOPY greeting /\nCMD cat /greeting\n');
  await page.keyboard.press('Control+S');
  // The form of CMD is worth a word.
  await page.locator('.squiggly-warning').first().waitFor();

  await studio.focusTerminal();
  await studio.run('echo hello > app/greeting; ls app');
  const build = 'docker build --progress plain -t app app';
  expect(await studio.run(`${build} 2>&1 | grep naming`)).toMatch(/naming to docker\.io\/library\/app done$/);
  await page.locator('.build-outcome.built', { hasText: 'built' }).waitFor();
  expect(await studio.run(`${build} 2>&1 | grep -A1 COPY`)).toMatch(/\[2\/2\] COPY greeting \/\n#\d+ CACHED/);
  await page.locator('.build-outcome.cached', { hasText: 'cached' }).waitFor();
  expect(await studio.run('docker run --rm app')).toBe('hello');
  await page.getByRole('button', { name: /^app:latest/ }).click();
  const layers = page.getByRole('table', { name: 'Layers of app:latest, topmost first' });
  await layers.getByText('COPY greeting /').waitFor();
  await layers.getByText('6 B', { exact: true }).waitFor();
});
