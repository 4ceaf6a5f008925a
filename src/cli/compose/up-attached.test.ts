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
  const { environment, status } = await docker('compose --progress plain up');
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

it('ends all with the first, and with the status of the one that is named', async () => {
  const { environment, status } = await docker('compose --progress plain up --abort-on-container-exit --exit-code-from b');
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

it('is coloured on a terminal', async () => {
  const { environment } = await docker('compose up', { terminal: { rows: 24, columns: 80 } });
  const text = environment.stdout.text;
  expect(text).toContain('\x1b[2K\x1b[36ma-1  | \x1b[0ma1\n');
  expect(text).toContain('\x1b[33mb-1 exited with code 3\n\x1b[0m');
  expect(environment.stderr.text).toContain('[+] Running ');
});

it('attaches to what is wanted, without names and colours where those are not', async () => {
  const { environment } = await docker('compose --progress quiet up --no-log-prefix --no-attach b');
  expect(environment.stdout.text).toBe(
    'Attaching to a-1\n\x1b[2Ka1\n\x1b[2Ka2\n\x1b[2Ka3\nb-1 exited with code 3\na-1 exited with code 0\n',
  );
  expect(environment.stderr.text).toBe('');
});

it('stops gracefully on Ctrl-C', async () => {
  const files = { '/lab/compose.yaml': 'services: {a: {image: busybox, command: sleep 1000}}\n' };
  const { environment, status } = await docker('compose --progress plain up', { files }, (stub, turn) => {
    if (turn === 20) stub.signal('INT');
  });
  expect(environment.stderr.text).toMatch(
    /Gracefully stopping\.\.\. \(press Ctrl\+C again to force\)\n Container lab-a-1 {2}Stopping\n Container lab-a-1 {2}Stopped\ncanceled\n$/,
  );
  expect(status).toBe(130);
});

it('starts again what the daemon starts again, and goes on printing', async () => {
  const files = {
    '/lab/compose.yaml': 'services: {a: {image: busybox, command: sh -c "echo up; sleep 0.5; exit 1", restart: "on-failure:1"}}\n',
  };
  const { environment, status } = await docker('compose --progress quiet up', { files });
  const lines = environment.stdout.text.split('\n').filter((line) => line.includes('up') || line.includes('exited'));
  expect(lines).toEqual(['\x1b[2Ka-1  | up', 'a-1 exited with code 1', '\x1b[2Ka-1  | up', 'a-1 exited with code 1']);
  expect(status).toBe(0);
});

it.each([
  ['up --wait --abort-on-container-exit', '--wait cannot be combined with --abort-on-container-exit, --attach or --attach-dependencies\n'],
  ['up -d --attach a', '--detach cannot be combined with --abort-on-container-exit, --attach or --attach-dependencies\n'],
  ['up --build --no-build', '--build and --no-build are incompatible\n'],
  ['up --force-recreate --no-recreate', '--force-recreate and --no-recreate are incompatible\n'],
  ['up --attach c', 'cannot attach to services not included in up: c\n'],
  ['up --exit-code-from c', 'no such service: c\n'],
  ['up nosuchservice', 'no such service: nosuchservice\n'],
  ['up --pull odd', 'invalid --pull option "odd"\n'],
])('%s is refused', async (line, words) => {
  const { environment, status } = await docker(`compose ${line}`);
  expect({ status, text: environment.stderr.text }).toEqual({ status: 1, text: words });
});
