/** An `up` that stays: what containers print, and how it ends. Words and order as recorded from docker compose 2.26.1. */
import { beforeEach, expect, it } from 'vitest';
import { testEngine, type TestEngine } from '#engine/testing/test-engine.ts';
import { runCli } from '../cli.ts';
import { FakeEnvironment, type FakeOptions } from '../testing.ts';

const compose = `services:
  a:
    image: busybox
    command: sh -c "for i in 1 2 3; do echo a$$i; sleep 0.4; done"
  b:
    image: busybox
    command: sh -c "sleep 0.2; for i in 1 2; do echo b$$i >&2; sleep 0.4; done; exit 3"
`;

let machine: TestEngine;

beforeEach(async () => {
  machine = await testEngine();
  await machine.registry.add(['docker.io/library/busybox:latest'], [new Uint8Array(1024)]);
  await machine.pull('busybox', 'latest');
});

interface Run {
  environment: FakeEnvironment;
  status: number;
}

/** @param during called from time to time, with how often it has been called */
async function docker(
  line: string,
  options: FakeOptions = {},
  during: (environment: FakeEnvironment, turn: number) => void = () => {},
): Promise<Run> {
  const environment = new FakeEnvironment({
    args: line.split(' '),
    handler: machine.engine.api,
    clock: machine.clock,
    cwd: '/lab',
    files: { '/lab/compose.yaml': compose },
    ...options,
  });
  let isOver = false;
  const ended = runCli(environment).finally(() => (isOver = true));
  for (let turn = 0; !isOver && turn < 1000; turn++) {
    during(environment, turn);
    await machine.clock.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { environment, status: await ended };
}

it('prints what containers print, each behind its name, and ends with the last', async () => {
  const { environment, status } = await docker('compose up');
  expect(environment.stderr.text).toBe(
    ' Network lab_default  Creating\n Network lab_default  Created\n' +
      ' Container lab-a-1  Creating\n Container lab-b-1  Creating\n Container lab-a-1  Created\n Container lab-b-1  Created\n' +
      'b-1  | b1\nb-1  | b2\n',
  );
  expect(environment.stdout.text).toBe(
    'Attaching to a-1, b-1\n\x1b[2Ka-1  | a1\n\x1b[2K\x1b[2Ka-1  | a2\n\x1b[2K\x1b[2Ka-1  | a3\n' +
      'b-1 exited with code 3\na-1 exited with code 0\n',
  );
  expect(status).toBe(0);
});

it('ends all with the first', async () => {
  const { environment, status } = await docker('compose up --abort-on-container-exit');
  expect(environment.stdout.text).toBe(
    'Attaching to a-1, b-1\n\x1b[2Ka-1  | a1\n\x1b[2K\x1b[2Ka-1  | a2\n\x1b[2K\x1b[2Ka-1  | a3\nb-1 exited with code 3\n',
  );
  const [, told] = environment.stderr.text.split('Aborting on container exit...\n');
  expect(told!.trimEnd().split('\n').sort()).toEqual([
    ' Container lab-a-1  Stopped',
    ' Container lab-a-1  Stopping',
    ' Container lab-b-1  Stopped',
    ' Container lab-b-1  Stopping',
  ]);
  expect(status).toBe(3);
});

it.each([
  ['compose up --exit-code-from b', 3],
  ['compose up --exit-code-from a', 0],
])('%s ends with that status', async (line, code) => {
  const { environment, status } = await docker(line);
  expect(environment.stderr.text).toContain('Aborting on container exit...\n');
  expect(status).toBe(code);
});

it.each([
  ['compose up', '\x1b[2K\x1b[36ma-1  | \x1b[0ma1\n', '\x1b[33mb-1 exited with code 3\n\x1b[0m'],
  ['compose up --no-color', '\x1b[2Ka-1  | a1\n', '\nb-1 exited with code 3\n'],
])('%s on a terminal', async (line, printed, ended) => {
  const { environment } = await docker(line, { terminal: { rows: 24, columns: 80 } });
  expect(environment.stdout.text).toContain(printed);
  expect(environment.stdout.text).toContain(ended);
  expect(environment.stderr.text).toContain('[+] Running ');
});

/** Lines of containers, without what clears a terminal's line. */
const linesOf = (text: string): string[] => text.split('\n').flatMap((line) => /\|.*|^[ab]\d$/.exec(line.replaceAll('\x1b[2K', '')) ?? []);

it.each([
  ['compose up --no-attach b', 'a-1', ['| a1', '| a2', '| a3'], []],
  ['compose up --attach b', 'b-1', [], ['| b1', '| b2']],
  ['compose up --no-log-prefix', 'a-1, b-1', ['a1', 'a2', 'a3'], ['b1', 'b2']],
])('%s', async (line, attached, out, err) => {
  const { environment } = await docker(line);
  expect(environment.stdout.text.split('\n')[0]).toBe(`Attaching to ${attached}`);
  expect(linesOf(environment.stdout.text)).toEqual(out);
  expect(linesOf(environment.stderr.text)).toEqual(err);
});

it('puts the time before each line', async () => {
  const { environment } = await docker('compose up --timestamps');
  const times = linesOf(environment.stdout.text).map((line) => /^\| (2026-01-01T00:00:0\d\.\d{9}Z) a[123]$/.exec(line)?.[1]);
  expect(times).toEqual([...times].sort());
  expect(new Set(times).size).toBe(3);
});

it.each([
  ['compose up c', 'c-1'],
  ['compose up --attach-dependencies c', 'b-1, c-1'],
])('%s', async (line, attached) => {
  const { environment } = await docker(line, {
    files: { '/lab/compose.yaml': `${compose}  c: {image: busybox, command: sleep 2, depends_on: [b]}\n` },
  });
  expect(environment.stdout.text.split('\n')[0]).toBe(`Attaching to ${attached}`);
  expect(linesOf(environment.stderr.text)).toEqual(attached.includes('b') ? ['| b1', '| b2'] : []);
});

it('stops gracefully on Ctrl-C', async () => {
  const files = { '/lab/compose.yaml': 'services: {a: {image: busybox, command: sleep 1000}}\n' };
  const { environment, status } = await docker('compose up', { files }, (stub, turn) => {
    if (turn === 20) stub.signal('INT');
  });
  expect(environment.stderr.text).toMatch(
    /Gracefully stopping\.\.\. \(press Ctrl\+C again to force\)\n Container lab-a-1 {2}Stopping\n Container lab-a-1 {2}Stopped\ncanceled\n$/,
  );
  expect(status).toBe(130);
});

const several = `services:
  short: {image: busybox, command: sh -c "sleep 0.3; exit 4", depends_on: [long]}
  long: {image: busybox, command: sleep 1000, stop_grace_period: 1s}
`;

/** `long=running short=exited`, by name. */
async function list(): Promise<string> {
  const { environment } = await docker('ps -a --format {{.Names}}={{.State}}');
  return environment.stdout.text.replaceAll('lab-', '').replaceAll('-1=', '=').trim().split('\n').sort().join(' ');
}

it.each([
  ['compose up short', 0, 'long=running short=exited', 'Attaching to short-1\nshort-1 exited with code 4\n'],
  ['compose up --attach short', 0, 'long=running short=exited', 'Attaching to short-1\nshort-1 exited with code 4\n'],
  ['compose up --no-attach long', 0, 'long=running short=exited', 'Attaching to short-1\nshort-1 exited with code 4\n'],
  ['compose up --attach long short', 0, 'long=running short=exited', 'Attaching to long-1\n'],
  ['compose up --abort-on-container-exit short', 4, 'long=running short=exited', 'Attaching to short-1\nshort-1 exited with code 4\n'],
  [
    'compose up --abort-on-container-exit --attach short',
    4,
    'long=exited short=exited',
    'Attaching to short-1\nshort-1 exited with code 4\n',
  ],
  ['compose up --exit-code-from long short', 0, 'long=running short=exited', 'Attaching to short-1\nshort-1 exited with code 4\n'],
  [
    'compose up --abort-on-container-exit --no-attach long --no-attach short',
    4,
    'long=exited short=exited',
    'Attaching to long-1, short-1\nshort-1 exited with code 4\n',
  ],
])('%s ends with those that it is about', async (line, code, states, out) => {
  const { environment, status } = await docker(line, { files: { '/lab/compose.yaml': several } });
  expect({ status, out: environment.stdout.text }).toEqual({ status: code, out });
  expect(await list()).toBe(states);
});

it('does not wait for what is only printed, though that starts again', async () => {
  const again = several.replace('command: sleep 1000', 'command: sh -c "sleep 0.1; exit 1", restart: always');
  const { environment, status } = await docker('compose up --attach long short', { files: { '/lab/compose.yaml': again } });
  expect({ status, out: environment.stdout.text }).toEqual({ status: 0, out: 'Attaching to long-1\nlong-1 exited with code 1\n' });
});

it('stops on Ctrl-C only what was asked for, and kills it at the second', async () => {
  const files = { '/lab/compose.yaml': several.replace('exit 4', 'sleep 1000').replace('depends_on', 'stop_grace_period: 1h, depends_on') };
  const { environment, status } = await docker('compose up short', { files }, (stub, turn) => {
    if (turn === 20 || turn === 25) stub.signal('INT');
  });
  expect(environment.stderr.text).toMatch(/short-1 {2}Stopping\n Container lab-short-1 {2}Killing\n/);
  expect(environment.stderr.text).not.toContain('no container to kill');
  expect(status).toBe(130);
  expect(await list()).toBe('long=running short=exited');
});

it('starts again what the daemon starts again, and goes on printing', async () => {
  const files = {
    '/lab/compose.yaml': 'services: {a: {image: busybox, command: sh -c "echo up; sleep 0.5; exit 1", restart: "on-failure:1"}}\n',
  };
  const { environment, status } = await docker('compose --progress quiet up', { files });
  const lines = environment.stdout.text.split('\n').filter((line) => line.includes('up') || line.includes('exited'));
  // Compose tells of an end once only of a container that starts again.
  expect(lines).toEqual(['\x1b[2Ka-1  | up', 'a-1 exited with code 1', '\x1b[2Ka-1  | up']);
  expect(status).toBe(0);
});

it.each([
  [
    'compose up --wait --abort-on-container-exit',
    '--wait cannot be combined with --abort-on-container-exit, --attach or --attach-dependencies\n',
  ],
  ['compose up -d --attach a', '--detach cannot be combined with --abort-on-container-exit, --attach or --attach-dependencies\n'],
  ['compose up --attach a --attach-dependencies', 'cannot combine --attach and --attach-dependencies\n'],
  ['compose up --always-recreate-deps --no-recreate', '--always-recreate-deps and --no-recreate are incompatible\n'],
  ['compose up --build --no-build', '--build and --no-build are incompatible\n'],
  ['compose up --force-recreate --no-recreate', '--force-recreate and --no-recreate are incompatible\n'],
  ['compose up --attach c', 'cannot attach to services not included in up: c\n'],
  ['compose up --exit-code-from c', 'no such service: c\n'],
  ['compose up nosuchservice', 'no such service: nosuchservice\n'],
  ['compose up --pull odd', 'invalid --pull option "odd"\n'],
])('%s is refused', async (line, words) => {
  const { environment, status } = await docker(line);
  expect({ status, text: environment.stderr.text }).toEqual({ status: 1, text: words });
});
