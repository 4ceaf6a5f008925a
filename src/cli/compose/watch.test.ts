/** `docker compose watch` against the engine: a student edits, and the containers follow. */
import { beforeEach, describe, expect, it } from 'vitest';
import { json } from '#engine/api/answer.ts';
import type { ApiHandler } from '#engine/api/http.ts';
import { testEngine, type TestEngine } from '#engine/testing/test-engine.ts';
import { runCli } from '../cli.ts';
import { FileError } from '../environment.ts';
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

  private constructor(line: string, own: Record<string, string>, handler: ApiHandler) {
    const options = { args: line.split(' '), handler, clock: machine.clock, cwd: '/lab' };
    this.environment = new FakeEnvironment({ ...options, files: { ...files, ...own } });
    this.#ended = runCli(this.environment).finally(() => (this.#isOver = true));
  }

  static async start(line: string, own: Record<string, string> = {}, handler: ApiHandler = machine.engine.api): Promise<Watched> {
    const watched = new Watched(line, own, handler);
    await watched.turns(() => watched.said.includes('Watch enabled'));
    return watched;
  }

  /** What the watch has said. */
  get said(): string[] {
    const lines = this.environment.stdout.text.split('\n').map((line) => line.replaceAll('\x1b[2K', '').replace(/^ +⦿ /, ''));
    return lines.filter((line) => /^(Application|Watch|Syncing|Rebuilding|service|Build failed)/.test(line));
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

  /** Until it ends by itself. */
  async ended(): Promise<{ status: number; stderr: string }> {
    await this.turns(undefined, 500);
    return { status: await this.#ended, stderr: this.environment.stderr.text };
  }

  end(): Promise<{ status: number; stderr: string }> {
    this.environment.signal('INT');
    return this.ended();
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
    expect(await watched.end()).toEqual({ status: 130, stderr: expect.stringMatching(/\ncanceled\n$/) });
    expect(watched.said).not.toContain('Watch disabled');
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

  const several = `name: demo
services:
  app: {build: ., command: sleep 1000, develop: {watch: [{action: sync, path: src, target: /src}]}}
  web: {build: ., command: sleep 1000, develop: {watch: [{action: sync, path: conf, target: /conf}]}}
  short: {image: busybox, command: "true"}
`;

  it.each([
    ['compose up --watch', ['Syncing "app" after changes were detected', 'Syncing "web" after changes were detected']],
    ['compose up --watch app', ['Syncing "app" after changes were detected']],
    ['compose watch', ['Syncing "app" after changes were detected', 'Syncing "web" after changes were detected']],
    ['compose watch web', ['Syncing "web" after changes were detected']],
  ])('%s looks after those services', async (line, said) => {
    const watched = await Watched.start(line, { '/lab/compose.yaml': several });
    expect((await watched.edit({ 'src/page': 'another', 'conf/app.conf': 'another' })).sort()).toEqual(said);
  });

  it('as a part of an up says so beside what containers print, and goes on when they have ended', async () => {
    const once = several.replace('command: sleep 1000', 'command: "true"');
    const watched = await Watched.start('compose up --watch app', { '/lab/compose.yaml': once });
    expect(watched.environment.stdout.text).toContain('\x1b[2K        ⦿ Watch enabled\n');
    expect(watched.environment.stdout.text).toContain('app-1 exited with code 0\n');
    expect(await watched.edit({ 'src/page': 'hello again' })).toEqual(['Syncing "app" after changes were detected']);
    const { status, stderr } = await watched.end();
    expect({ status, stderr: stderr.split('\n').slice(-2) }).toEqual({ status: 130, stderr: ['canceled', ''] });
    expect(stderr).not.toContain('Gracefully stopping');
  });

  it('as a part of an up that has nothing to watch, says so in the end', async () => {
    const watched = await Watched.start('compose up --watch short', { '/lab/compose.yaml': several });
    const words = "none of the selected services is configured for watch, consider setting an 'develop' section";
    expect(await watched.ended()).toEqual({ status: 1, stderr: expect.stringMatching(`1 error occurred:\n\t\\* ${words}\n\n\n$`) });
  });

  /** The project of one service that watches. */
  const watching = (trigger: string, more = ''): Record<string, string> => ({
    '/lab/compose.yaml': `name: demo\nservices: {app: {build: ., command: sleep 1000, develop: {watch: [${trigger}]} ${more}}}\n`,
  });
  const changed = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`bound/${index}`, 'x']));

  it.each([
    [10, 'Syncing "app" after changes were detected'],
    [11, 'Syncing service "app" after 11 changes were detected'],
  ])('tells of %d changes', async (count, said) => {
    const watched = await Watched.start('compose watch', watching('{action: sync, path: bound, target: /bound}'));
    expect(await watched.edit(changed(count))).toEqual([said]);
  });

  it('brings a file to each place that a rule names, also where another rule alone would not look', async () => {
    const rules = '{action: sync, path: ., target: /all}, {action: sync, path: bound, target: /elsewhere}';
    const watched = await Watched.start('compose watch', watching(rules, ', volumes: ["./bound:/bound"]'));
    expect(await watched.edit(changed(6))).toEqual(['Syncing service "app" after 12 changes were detected']);
    expect(await inApp('cat /all/bound/1 /elsewhere/1')).toBe('xx');
  });

  it.each([
    ['["*.log"]', []],
    ['["sub/../*.log"]', []],
    ['[/debug.log]', ['Syncing "app" after changes were detected']],
    ['[/lab/src/debug.log]', []],
    ['["**/*.log", "!debug.log"]', ['Syncing "app" after changes were detected']],
    ['["."]', []],
  ])('ignores %s of what it watches', async (ignore, said) => {
    const watched = await Watched.start('compose watch', watching(`{action: sync, path: src, target: /src, ignore: ${ignore}}`));
    expect(await watched.edit({ 'src/debug.log': 'x' })).toEqual(said);
  });

  it('names the container to which nothing can be brought', async () => {
    const full: ApiHandler = (request) =>
      request.method === 'PUT' ? Promise.resolve(json(500, { message: 'no space left' })) : machine.engine.api(request);
    const watched = await Watched.start('compose watch', watching('{action: sync, path: src, target: /src}'), full);
    await watched.edit({ 'src/page': 'another' });
    expect(watched.environment.stderr.text).toMatch(
      /Error handling changed files for service app: 1 error occurred:\\n\\t\* copying files to [0-9a-f]{64}: Error response from daemon: no space left\\n/,
    );
  });

  it('runs what it has built, whatever there is to pull', async () => {
    await machine.registry.add(['docker.io/library/mine:latest'], [new Uint8Array(1024)]);
    const watched = await Watched.start(
      'compose watch --no-up',
      watching('{action: rebuild, path: package}', ', image: mine, pull_policy: always'),
    );
    await watched.edit({ package: 'two!' });
    expect(await docker('images --format {{.Size}} mine')).toBe('4B');
  });

  it('tells once of what does not start', async () => {
    const watched = await Watched.start('compose watch', watching('{action: rebuild, path: package}'));
    await watched.edit({ Dockerfile: 'FROM busybox\nENTRYPOINT ["/nosuch"]\n' });
    expect((await watched.edit({ package: 'two!' })).at(-1)).toMatch(
      /^Application failed to start after update\. Error: Error response from daemon: .*nosuch/,
    );
    expect(watched.environment.stderr.text).not.toContain('Error handling changed files');
  });

  it('reads what was said before there was a word for it', async () => {
    const old = 'x-develop: {watch: [{action: sync, path: src, target: /src, ignore: ["*.log"]}]}';
    const file = `name: demo\nservices: {app: {build: ., command: sleep 1000, ${old}}}\n`;
    const watched = await Watched.start('compose watch', { '/lab/compose.yaml': file });
    expect(watched.environment.stderr.text).toContain('x-develop is DEPRECATED, please use the official `develop` attribute');
    expect(await watched.edit({ 'src/page': 'another', 'src/debug.log': 'x' })).toEqual(['Syncing "app" after changes were detected']);
    expect(await inApp('cat /src/page')).toBe('another');
  });

  it('ends when files cannot be read any more', async () => {
    const watched = await Watched.start('compose watch', { '/lab/compose.yaml': several });
    const { files: known } = watched.environment;
    known.walk = () => {
      known.walk = Object.getPrototypeOf(known).walk as typeof known.walk;
      throw new FileError('EACCES', 'permission denied');
    };
    expect(await watched.ended()).toEqual({
      status: 1,
      stderr: expect.stringMatching(/Watch disabled with errors\n.*permission denied\n$/),
    });
    expect(watched.said).toEqual(['Watch enabled', 'Watch disabled']);
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
    'services: {app: {image: busybox, x-develop: {watch: [{action: rebuild, path: .}]}}}',
    "service app doesn't have a build section, can't apply 'rebuild' on watch",
  ],
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
  expect({ status: await runCli(environment), stderr: environment.stderr.text }).toEqual({
    status: 1,
    stderr: expect.stringMatching(new RegExp(`(^|\n)${message}\n$`)),
  });
});
