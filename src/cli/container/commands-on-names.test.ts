/** The verbs that take names of containers: what goes on after a failure, and what is printed where. */
import { describe, expect, test } from 'vitest';
import { runDocker } from '../testing.ts';
import { ScriptedDaemon, type Answers } from './scripted-daemon.ts';

/** A daemon with the containers `a` and `b`. */
function daemon(verb: string, more: Answers = {}): ScriptedDaemon {
  return new ScriptedDaemon({ [`POST /containers/a/${verb}`]: { status: 204 }, [`POST /containers/b/${verb}`]: { status: 204 }, ...more });
}

describe('odd names', () => {
  test.each([
    ['a b', 'POST /containers/a b/stop'],
    ['50%', 'POST /containers/50%/stop'],
    [' a ', 'POST /containers/a/stop'],
    ['../x', 'POST /x/stop'],
    ['.', 'POST /containers/stop'],
    ['a/', 'POST /containers/a/stop'],
  ])('%j reach the daemon as Docker sends them', async (name, asked) => {
    const scripted = daemon('stop');
    await runDocker(['stop', name], { handler: scripted.handler });
    expect(scripted.asked).toEqual([asked]);
  });

  test.each([
    ['container', 'invalid container name or ID: value is empty'],
    ['image', 'Error: No such image: '],
    ['network', 'invalid network name or ID: value is empty'],
  ])('an empty name of a %s is not asked for', async (type, message) => {
    const scripted = daemon('stop');
    expect(await runDocker(['inspect', '--type', type, ''], { handler: scripted.handler })).toMatchObject({
      status: 1,
      stderr: `${message}\n`,
    });
    expect(scripted.asked).toEqual([]);
  });
});

describe('several containers', () => {
  test.each(['stop', 'restart', 'kill', 'pause', 'unpause'])('%s goes on after an error', async (verb) => {
    const { handler } = daemon(verb);
    expect(await runDocker([verb, 'a', 'x', 'b', 'y'], { handler })).toMatchObject({
      status: 1,
      stdout: 'a\nb\n',
      stderr: 'Error response from daemon: No such container: x\nError response from daemon: No such container: y\n',
    });
  });

  test('start says at the end which did not', async () => {
    const { handler } = daemon('start');
    expect(await runDocker(['start', 'x', 'a', 'y'], { handler })).toMatchObject({
      status: 1,
      stdout: 'a\n',
      stderr:
        'Error response from daemon: No such container: x\nError response from daemon: No such container: y\nError: failed to start containers: x, y\n',
    });
  });

  test('wait prints the codes of those there are', async () => {
    const { handler } = daemon('wait', { 'POST /containers/a/wait': { json: { StatusCode: 137 } } });
    expect(await runDocker(['wait', 'x', 'a'], { handler })).toMatchObject({
      status: 1,
      stdout: '137\n',
      stderr: 'Error response from daemon: No such container: x\n',
    });
  });

  test('answers that come out of order are printed in order', async () => {
    let finishFirst!: () => void;
    const first = new Promise<void>((resolve) => (finishFirst = resolve));
    const { handler } = daemon('stop', {
      'POST /containers/a/stop': async () => {
        await first;
        return { status: 204 };
      },
      'POST /containers/b/stop': () => {
        finishFirst();
        return { status: 204 };
      },
    });
    expect(await runDocker(['stop', 'a', 'b'], { handler })).toMatchObject({ status: 0, stdout: 'a\nb\n' });
  });
});

describe('rm', () => {
  const answers: Answers = {
    'DELETE /containers/a': { status: 204 },
    'DELETE /containers/busy': { status: 409, json: { message: 'busy' } },
  };

  test('--force forgives what is not there, and nothing else', async () => {
    const daemon = new ScriptedDaemon(answers);
    expect(await runDocker(['rm', '-fv', '/a', 'x', 'busy'], { handler: daemon.handler })).toMatchObject({
      status: 1,
      stdout: '/a\n',
      stderr: 'Error response from daemon: No such container: x\nError response from daemon: busy\n',
    });
    expect(daemon.asked[0]).toBe('DELETE /containers/a?force=1&v=1');
  });

  test('an empty name', async () => {
    const { handler } = new ScriptedDaemon(answers);
    expect(await runDocker(['rm', '/', 'a'], { handler })).toMatchObject({
      status: 1,
      stdout: 'a\n',
      stderr: 'container name cannot be empty\n',
    });
  });
});

describe('stop', () => {
  test.each([
    [['-t', '0'], '?t=0'],
    [['--timeout', '3', '-s', 'USR1'], '?signal=USR1&t=3'],
    [['--time', '5'], '?t=5'],
    [[], ''],
  ])('%j', async (flags, query) => {
    const scripted = daemon('stop');
    expect(await runDocker(['stop', ...flags, 'a'], { handler: scripted.handler })).toMatchObject({ status: 0 });
    expect(scripted.asked).toEqual([`POST /containers/a/stop${query}`]);
  });

  test('with both names of the timeout', async () => {
    const { stderr, status } = await runDocker(['stop', '--time', '1', '--timeout', '2', 'a']);
    expect({ stderr, status }).toEqual({ status: 1, stderr: 'conflicting options: cannot specify both --timeout and --time\n' });
  });
});

test.each([
  [['rename', 'x', 'y'], 'Error response from daemon: No such container: x\nError: failed to rename container named x\n'],
  [['rename', 'x', ' '], 'Error: Neither old nor new names may be empty\n'],
  [['start', '-a', 'x', 'y'], 'you cannot start and attach multiple containers at once\n'],
  [['update', 'x'], 'you must provide one or more flags when using this command\n'],
  [['update', '--restart', ':2', 'x'], 'invalid restart policy format: no policy provided before colon\n'],
  [['logs', ' '], 'invalid container name or ID: value is empty\n'],
  [['stack', 'ls'], "docker: 'docker stack ls' is not available in this version of Drydock\n"],
])('%j', async (args, stderr) => {
  const { handler } = new ScriptedDaemon({});
  expect(await runDocker(args, { handler })).toMatchObject({ status: 1, stdout: '', stderr });
});

test('update prints warnings after the names', async () => {
  const { handler } = new ScriptedDaemon({
    'POST /containers/a/update': { json: { Warnings: ['one'] } },
    'POST /containers/b/update': { json: { Warnings: null } },
  });
  expect(await runDocker(['update', '-m', '8m', 'a', 'x', 'b'], { handler })).toMatchObject({
    status: 1,
    stdout: 'a\nb\none\n',
    stderr: 'Error response from daemon: No such container: x\n',
  });
});

/** Source: docker/cli cli/command/container/port_test.go and its golden files. */
describe('port', () => {
  const both = (port: string): object[] => ['::', '0.0.0.0'].map((HostIp) => ({ HostIp, HostPort: port }));
  const Ports = { '80/tcp': both('3456'), '443/tcp': both('4567'), '443/udp': both('5678'), '9/tcp': null };
  const answers: Answers = { 'GET /containers/a/json': { json: { NetworkSettings: { Ports } } } };

  test.each([
    [['a', '80'], '0.0.0.0:3456\n[::]:3456\n'],
    [['a', '443/udp'], '0.0.0.0:5678\n[::]:5678\n'],
    [
      ['a'],
      '80/tcp -> 0.0.0.0:3456\n80/tcp -> [::]:3456\n443/tcp -> 0.0.0.0:4567\n443/tcp -> [::]:4567\n443/udp -> 0.0.0.0:5678\n443/udp -> [::]:5678\n',
    ],
  ])('%j', async (args, stdout) => {
    const { handler } = new ScriptedDaemon(answers);
    expect(await runDocker(['port', ...args], { handler })).toMatchObject({ status: 0, stdout });
  });

  test.each([
    ['81', "Error: No public port '81' published for a\n"],
    ['9', "Error: No public port '9' published for a\n"],
    ['http', 'Error: invalid port (http): strconv.ParseUint: parsing "http": invalid syntax\n'],
  ])('%s is refused', async (port, stderr) => {
    const { handler } = new ScriptedDaemon(answers);
    expect(await runDocker(['port', 'a', port], { handler })).toMatchObject({ status: 1, stderr });
  });
});

describe('prune', () => {
  const answers: Answers = { 'POST /containers/prune': { json: { ContainersDeleted: ['a1', 'b2'], SpaceReclaimed: 1234567 } } };
  const question = 'WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] ';
  const report = 'Deleted Containers:\na1\nb2\n\nTotal reclaimed space: 1.235MB\n';

  test.each([
    ['y\n', question + report, 1],
    ['Y', question + report, 1],
    ['yes\n', question, 0],
    ['\n', question, 0],
    ['', question, 0],
  ])('answered %j', async (stdin, stdout, requests) => {
    const daemon = new ScriptedDaemon(answers);
    expect(await runDocker(['container', 'prune'], { handler: daemon.handler, stdin })).toMatchObject({ status: 0, stdout });
    expect(daemon.asked).toHaveLength(requests);
  });

  test('nothing to remove', async () => {
    const daemon = new ScriptedDaemon({ 'POST /containers/prune': { json: { ContainersDeleted: null, SpaceReclaimed: 0 } } });
    const result = await runDocker(['container', 'prune', '-f', '--filter', 'until=1h'], { handler: daemon.handler });
    expect(result).toMatchObject({ status: 0, stdout: 'Total reclaimed space: 0B\n' });
    expect(daemon.asked).toEqual(['POST /containers/prune?filters={"until":{"1h":true}}']);
  });
});
