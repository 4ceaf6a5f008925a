/** `docker compose watch` against the engine: a student edits, and the containers follow. */
import { beforeEach, describe, expect, it } from 'vitest';
import { testEngine, type TestEngine } from '#engine/testing/test-engine.ts';
import { runCli } from '../cli.ts';
import { FakeEnvironment } from '../testing.ts';

const compose = `name: demo
services:
  app:
    build: .
    command: sleep 1000
    volumes: [./bound:/bound]
    develop:
      watch:
        - {action: sync, path: src, target: /src, ignore: ["*.log"]}
        - {action: sync+restart, path: conf/app.conf, target: /etc/app.conf}
        - {action: sync+exec, path: hooks, target: /hooks, exec: {command: [touch, /ran]}}
        - {action: restart, path: settings}
        - {action: rebuild, path: package}
        - {action: sync, path: bound, target: /bound}
  db: {image: busybox, command: sleep 1000}
`;
const files = {
  '/lab/compose.yaml': compose,
  '/lab/Dockerfile': 'FROM busybox\nCOPY package /package\n',
  '/lab/.dockerignore': 'src/private\n',
  '/lab/package': 'one',
  '/lab/src/page': 'hello',
  '/lab/conf/app.conf': 'a=1',
  '/lab/bound/file': '',
};

let machine: TestEngine;

beforeEach(async () => {
  machine = await testEngine();
  await machine.registry.add(['docker.io/library/busybox:latest'], [new Uint8Array(1024)]);
  await machine.pull('busybox', 'latest');
});

class Watched {
  readonly environment: FakeEnvironment;
  #ended: Promise<number>;
  #isOver = false;

  private constructor(line: string, own: Record<string, string>) {
    const options = { args: line.split(' '), handler: machine.engine.api, clock: machine.clock, cwd: '/lab' };
    this.environment = new FakeEnvironment({ ...options, files: { ...files, ...own } });
    this.#ended = runCli(this.environment).finally(() => (this.#isOver = true));
  }

  static async start(line: string, own: Record<string, string> = {}): Promise<Watched> {
    const watched = new Watched(line, own);
    await watched.turns(() => watched.said.includes('Watch enabled'));
    return watched;
  }

  /** What the watch has said. */
  get said(): string[] {
    const lines = this.environment.stdout.text.split('\n').map((line) => line.replace('\x1b[2K', ''));
    return lines.filter((line) => /^(Watch|Syncing|Rebuilding|service|Build failed)/.test(line));
  }

  async turns(isEnough: () => boolean = () => false, count = 300): Promise<void> {
    for (let turn = 0; turn < count && !this.#isOver && !isEnough(); turn++) {
      await machine.clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async edit(changes: Record<string, string | undefined>): Promise<string[]> {
    const before = this.said.length;
    for (const [path, text] of Object.entries(changes)) {
      if (text === undefined) await this.environment.files.remove(`/lab/${path}`);
      else {
        await this.environment.files.makeDirectory(`/lab/${path}/..`);
        await this.environment.files.write(`/lab/${path}`, new TextEncoder().encode(text));
      }
    }
    await this.turns();
    return this.said.slice(before);
  }

  async end(): Promise<{ status: number; last: string | undefined }> {
    this.environment.signal('INT');
    await this.turns(undefined, 500);
    return { status: await this.#ended, last: this.said.at(-1) };
  }
}

async function docker(line: string): Promise<string> {
  const environment = new FakeEnvironment({ args: line.split(' '), handler: machine.engine.api, clock: machine.clock });
  const ended = runCli(environment);
  for (let turn = 0; turn < 5; turn++) {
    await machine.clock.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  return `${environment.stdout.text}${environment.stderr.text}`.trim();
}

const inApp = (command: string): Promise<string> => docker(`exec demo-app-1 ${command}`);
const startedAt = (): Promise<string> => docker('inspect -f {{.Id}}{{.State.StartedAt}} demo-app-1');

describe('docker compose watch', () => {
  it('brings what changes into the container, until Ctrl-C', async () => {
    const watched = await Watched.start('compose watch');
    expect(await docker('ps --format {{.Names}}')).toMatch(/^demo-(app|db)-1\ndemo-(app|db)-1$/);
    expect(watched.environment.stderr.text).toContain(
      "path '/lab/bound' also declared by a bind mount volume, this path won't be monitored!",
    );

    expect(await watched.edit({ 'src/page': 'hello again', 'src/new/file': 'new' })).toEqual(['Syncing "app" after changes were detected']);
    expect(await inApp('cat /src/page')).toBe('hello again');
    expect(await inApp('cat /src/new/file')).toBe('new');

    await watched.edit({ 'src/page': undefined });
    expect(await inApp('cat /src/page')).toMatch(/No such file/);
    expect(await watched.end()).toEqual({ status: 0, last: 'Watch disabled' });
  });

  it('lets be what is ignored: by the trigger, by the build, for everybody', async () => {
    const watched = await Watched.start('compose watch');
    expect(
      await watched.edit({ 'src/debug.log': 'x', 'src/private/key': 'x', 'src/.page.swp': 'x', 'bound/other': 'x', elsewhere: 'x' }),
    ).toEqual([]);
  });

  it('restarts, runs, and builds anew', async () => {
    const watched = await Watched.start('compose watch --quiet');
    const first = await startedAt();
    expect(await watched.edit({ 'conf/app.conf': 'a=22' })).toContain('Syncing "app" after changes were detected');
    expect(await inApp('cat /etc/app.conf')).toBe('a=22');
    const second = await startedAt();
    expect(second).not.toBe(first);

    await watched.edit({ settings: 'x' });
    const third = await startedAt();
    expect(third).not.toBe(second);

    await watched.edit({ 'hooks/a': 'x' });
    expect(await inApp('ls /ran')).toBe('/ran');
    expect(await startedAt()).toBe(third);

    const image = await docker('inspect -f {{.Id}} demo-app');
    expect(await watched.edit({ package: 'two!' })).toEqual([
      'Rebuilding service "app" after changes were detected...',
      'service "app" successfully built',
    ]);
    const rebuilt = await docker('inspect -f {{.Id}} demo-app');
    expect(rebuilt).not.toBe(image);
    expect(await docker('inspect -f {{.Image}} demo-app-1')).toBe(rebuilt);
    expect(await docker('ps --format {{.Names}}')).toMatch(/^demo-(app|db)-1\ndemo-(app|db)-1$/);
  });

  it('goes on after a build that fails', async () => {
    const watched = await Watched.start('compose watch');
    await watched.edit({ Dockerfile: 'FROM busybox\nCOPY nosuch /\n' });
    expect(await watched.edit({ package: 'two!' })).toEqual([
      'Rebuilding service "app" after changes were detected...',
      expect.stringMatching(/^Build failed\. Error: failed to solve: /),
    ]);
    expect(watched.environment.stderr.text).toContain('Error handling changed files for service app: failed to solve: ');
    await watched.edit({ Dockerfile: 'FROM busybox\nCOPY package /package\n' });
    expect(await watched.edit({ package: 'three' })).toContain('service "app" successfully built');
  });

  it('with --no-up starts nothing', async () => {
    const watched = await Watched.start('compose watch --no-up');
    expect(await docker('ps -a --format {{.Names}}')).toBe('');
    await watched.end();
  });

  it('is a part of an up that stays, too', async () => {
    const watched = await Watched.start('compose up --watch --no-log-prefix');
    await watched.edit({ 'src/page': 'hello again' });
    expect(await inApp('cat /src/page')).toBe('hello again');
    const { status } = await watched.end();
    expect(status).toBe(130);
  });

  it('copies nothing in a dry run', async () => {
    const first = await Watched.start('compose watch');
    await first.edit({ 'src/page': 'hello again' });
    await first.end();
    const watched = await Watched.start('compose watch --dry-run --no-up');
    expect(await watched.edit({ 'src/page': 'and again, hello' })).toEqual(['Syncing "app" after changes were detected']);
    expect(await inApp('cat /src/page')).toBe('hello again');
  });

  it('looks at nothing any more after its end', async () => {
    const watched = await Watched.start('compose watch');
    await watched.end();
    expect(await watched.edit({ 'src/page': 'hello again' })).toEqual([]);
  });
});

it.each([
  ['services: {app: {image: busybox}}', "none of the selected services is configured for watch, consider setting an 'develop' section"],
  [
    'services: {app: {image: busybox, develop: {watch: [{action: rebuild, path: .}]}}}',
    'can\'t watch service "app" with action rebuild without a build context',
  ],
])('%s cannot be watched', async (text, message) => {
  const environment = new FakeEnvironment({
    args: ['compose', 'watch', '--no-up'],
    handler: machine.engine.api,
    clock: machine.clock,
    cwd: '/lab',
    files: { '/lab/compose.yaml': text },
  });
  expect({ status: await runCli(environment), stderr: environment.stderr.text }).toEqual({ status: 1, stderr: `${message}\n` });
});
