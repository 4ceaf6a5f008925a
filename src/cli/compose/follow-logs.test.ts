/** `docker compose logs --follow` and what comes while it follows, against the engine. */
import { beforeEach, expect, it } from 'vitest';
import { testEngine, type TestEngine } from '#engine/testing/test-engine.ts';
import { runCli } from '../cli.ts';
import { FakeEnvironment } from '../testing.ts';

const yaml = (command: string): string => `name: demo
services:
  web: {image: busybox, command: ${command}, stop_grace_period: 1s}
  once: {image: busybox, command: echo first}
`;

let machine: TestEngine;

beforeEach(async () => {
  machine = await testEngine();
  await machine.registry.add(['docker.io/library/busybox:latest'], [new Uint8Array(1024)]);
  await machine.pull('busybox', 'latest');
});

/** @returns what it printed when it has ended */
async function docker(line: string, command = 'sleep 1000'): Promise<string> {
  const environment = new FakeEnvironment({
    args: line.split(' '),
    handler: machine.engine.api,
    clock: machine.clock,
    cwd: '/lab',
    files: { '/lab/compose.yaml': yaml(command) },
  });
  let isOver = false;
  const ended = runCli(environment).finally(() => (isOver = true));
  for (let turn = 0; !isOver && turn < 1000; turn++) {
    await machine.clock.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  return environment.stdout.text.replaceAll('\x1b[2K', '');
}

it('reads containers that come later, and those that take the place of others, until all have ended', async () => {
  await docker('compose up -d web');
  const following = docker('compose logs --follow');
  await docker('compose up -d --scale web=2');
  await docker('compose up -d web --scale web=1', 'sh -c "echo second; sleep 1000"');
  await docker('compose stop');
  expect((await following).split('\n')).toEqual([
    'once-1  | first',
    'once-1 exited with code 0',
    'web-2 exited with code 137',
    'web-1 exited with code 137',
    'web-1 has been recreated',
    'web-1   | second',
    'web-1 exited with code 137',
    '',
  ]);
});

it('without anything that runs ends with what there is', async () => {
  await docker('compose up -d once');
  expect(await docker('compose logs -f')).toBe('once-1  | first\n');
  expect(await docker('compose logs -f nothere')).toBe('');
});

it('with --down-project, a wait takes the project down when the container has ended', async () => {
  await docker('compose up -d', 'sleep 3');
  expect(await docker('compose wait --down-project web', 'sleep 3')).toMatch(/^container "[0-9a-f]{64}" exited with status code 0\n$/);
  expect(await docker('ps -aq')).toBe('');
  expect(await docker('network ls -q --filter name=demo')).toBe('');
});
