/**
 * The official docker client against `drydock serve`: what a person types at Docker does the same here. Expectations
 * are what Docker prints. Debian's older client words some messages differently; those are matched by what both say.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerHost, serveDocker } from './machine/docker-client.ts';
import type { Printed } from './machine/node-machine.ts';

let host: DockerHost;

beforeAll(async () => {
  host = await serveDocker();
});
afterAll(() => host.stop());

const docker = (command: string, input?: string | Uint8Array): Promise<Printed> => host.docker(command.split(' '), input);

/** Standard output of a command that succeeds and prints no errors. */
async function output(args: string | string[], input?: string | Uint8Array): Promise<string> {
  const { stdout, stderr, status } = await host.docker(typeof args === 'string' ? args.split(' ') : args, input);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

const id = /^[0-9a-f]{64}\n$/;
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

describe('the daemon', () => {
  test('version', async () => {
    expect(await output(['version', '--format', '{{.Server.Version}} {{.Server.APIVersion}} {{.Server.Os}}/{{.Server.Arch}}'])).toBe(
      '28.2.2 1.50 linux/386\n',
    );
    expect(await output('version')).toMatch(/\nServer: Drydock\n Engine:\n {2}Version: {10}28\.2\.2\n/);
  });

  test('info', async () => {
    expect(
      await output(['info', '--format', '{{.Name}} {{.ServerVersion}} {{.Driver}} {{.CgroupVersion}} {{.OSType}} {{.Containers}}']),
    ).toBe('node1 28.2.2 overlay2 2 linux 0\n');
    expect(await output(['info', '--format', '{{json .SecurityOptions}}'])).toBe('["name=seccomp,profile=builtin","name=cgroupns"]\n');
  });
});

describe('images', () => {
  test('pull', async () => {
    const lines = (await output('pull busybox')).split('\n');
    expect(lines.slice(0, 2)).toEqual(['Using default tag: latest', 'latest: Pulling from library/busybox']);
    expect(lines.find((line) => line.includes(': Pull complete'))).toMatch(/^[0-9a-f]{12}: Pull complete$/);
    expect(lines.at(-4)).toMatch(/^Digest: sha256:[0-9a-f]{64}$/);
    expect(lines.slice(-3)).toEqual(['Status: Downloaded newer image for busybox:latest', 'docker.io/library/busybox:latest', '']);
    expect(await output('pull -q busybox')).toBe('docker.io/library/busybox:latest\n');
  });

  test('images', async () => {
    const [head, line, ...rest] = (await output('images')).split('\n');
    expect(head).toMatch(/^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$/);
    expect(line).toMatch(/^busybox +latest +[0-9a-f]{12} +.+ ago +1\.\d+MB$/);
    expect(rest).toEqual(['']);
  });
});

describe('run', () => {
  test('passes output, errors and input through', async () => {
    const both = await host.docker(['run', '--rm', 'busybox', 'sh', '-c', 'echo out; echo err >&2']);
    expect(both).toEqual({ stdout: 'out\n', stderr: 'err\n', status: 0 });
    const file = 'a line\n'.repeat(20_000);
    expect(await output('run --rm -i busybox md5sum', file)).toBe(`${md5(file)}  -\n`);
  });

  test.each([
    [0, ['true'], ''],
    [7, ['sh', '-c', 'exit 7'], ''],
    [126, ['/etc/passwd'], 'permission denied'],
    [127, ['nosuch'], 'exec: "nosuch": executable file not found in $PATH'],
  ])('ends with exit code %i', async (code, command, message) => {
    const { stdout, stderr, status } = await host.docker(['run', '--rm', 'busybox', ...command]);
    expect({ stdout, status }).toEqual({ stdout: '', status: code });
    if (message === '') expect(stderr).toBe('');
    else expect(stderr).toMatch(/^docker: Error response from daemon: failed to create task for container: /);
    expect(stderr).toContain(message);
  });

  test('ends with 125 when the daemon refuses', async () => {
    const { stderr, status } = await docker('run nosuch');
    expect(status).toBe(125);
    expect(stderr).toContain("Unable to find image 'nosuch:latest' locally\n");
    expect(stderr).toContain('docker: Error response from daemon: pull access denied for nosuch, repository does not exist or may require');
  });

  test('-it is a terminal', async () => {
    const terminal = host.terminal('docker run --name term -it busybox sh');
    await terminal.until(/\/ # /);
    terminal.type('stty size; hostname; tty\r');
    await terminal.until(/30 100\r\n[0-9a-f]{12}\r\n\/dev\/pts\/0\r\n/);
    await terminal.until(/\/ # /);
    // The shell edits lines in raw mode; what it starts reads in canonical mode. Keys typed before the change arrive otherwise.
    terminal.type('echo now; cat\r');
    await terminal.until(/\r\nnow\r\n/);
    terminal.type('echoed\r');
    await terminal.until(/echoed\r\nechoed\r\n/);
    terminal.type('\x03');
    await terminal.until(/\^C/);
    terminal.type('\x10\x11');
    expect(await terminal.status).toBe(0);
    expect(await output(['ps', '--format', '{{.Names}} {{.State}}'])).toBe('term running\n');

    const again = host.terminal('docker attach term');
    // Nothing is shown until something is typed, as with Docker.
    again.type('\r');
    await again.until(/\/ # /);
    again.type('exit 5\r');
    expect(await again.status).toBe(5);
    await output('rm term');
  });

  test('a container that takes more than its memory is killed', async () => {
    expect(await host.docker(['run', '--name', 'greedy', '--memory', '8m', 'busybox', 'sh', '-c', 'tail /dev/zero'])).toMatchObject({
      stdout: '',
      status: 137,
    });
    expect(await output(['inspect', '--format', '{{.State.ExitCode}} {{.State.OOMKilled}}', 'greedy'])).toBe('137 true\n');
    await output('rm greedy');
  });
});

describe('a container in the background', () => {
  const startedAt = Math.floor(Date.now() / 1000) - 1;

  test('run -d, ps, inspect', async () => {
    const printed = await output([
      'run',
      '-d',
      '--name',
      'web',
      '-e',
      'COLOUR=blue',
      'busybox',
      'sh',
      '-c',
      'n=0; while sleep 1; do n=$((n+1)); echo tick $n; done',
    ]);
    expect(printed).toMatch(id);
    const [head, line, ...rest] = (await output('ps -a')).split('\n');
    expect(head).toMatch(/^CONTAINER ID {3}IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES$/);
    expect(line).toMatch(/^[0-9a-f]{12} {3}busybox {3}"sh -c 'n=0; while s…" {3}.+ ago {3}Up .+ {3}web$/);
    expect(line?.slice(0, 12)).toBe(printed.slice(0, 12));
    expect(rest).toEqual(['']);
    const fields =
      '{{.Name}} {{.State.Status}} {{.Config.Image}} {{.HostConfig.NetworkMode}} {{.NetworkSettings.Networks.bridge.Gateway}} {{.Path}} {{len .Args}}';
    expect(await output(['inspect', '--format', fields, 'web'])).toBe('/web running busybox bridge 172.17.0.1 sh 2\n');
    expect(await docker('inspect nosuch')).toMatchObject({ stdout: '[]\n', status: 1 });
  });

  test('logs, logs -f', async () => {
    const follower = host.start(['logs', '-f', 'web']);
    await follower.until(/tick 1\n(.*\n)*tick 3\n/);
    follower.signal('SIGINT');
    await follower.status;
    expect(await output('logs web')).toMatch(/^tick 1\ntick 2\ntick 3\n/);
    expect(await output('logs --tail 1 -t web')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z tick \d+\n$/);
  });

  test('exec', async () => {
    expect(await output(['exec', 'web', 'sh', '-c', 'echo $COLOUR; hostname'])).toMatch(/^blue\n[0-9a-f]{12}\n$/);
    expect(await output('exec -i web cat', 'piped')).toBe('piped');
    expect(await host.docker(['exec', 'web', 'sh', '-c', 'echo err >&2; exit 3'])).toEqual({ stdout: '', stderr: 'err\n', status: 3 });
    const missing = await docker('exec web nosuch');
    expect(missing.status).toBe(127);
    expect(missing.stdout + missing.stderr).toContain('exec: "nosuch": executable file not found in $PATH: unknown');
    const terminal = host.terminal('docker exec -it web sh');
    await terminal.until(/\/ # /);
    terminal.type('stty size; tty\r');
    await terminal.until(/30 100\r\n\/dev\/pts\/0\r\n\/ # /);
    terminal.type('\x04');
    expect(await terminal.status).toBe(0);
  });

  test('top', async () => {
    const [head, first] = (await output('top web')).split('\n');
    expect(head?.split(/ +/).filter(Boolean)).toEqual(['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD']);
    expect(first).toMatch(/^root +\d+ +\d+ .* sh -c n=0; while sleep 1; do/);
  });

  test('stop, wait, kill, rm', async () => {
    const waiting = output('wait web');
    expect(await output('stop -t 1 web')).toBe('web\n');
    expect(await waiting).toBe('137\n');
    expect(await output(['ps', '-a', '--format', '{{.Names}} {{.State}} {{.Status}}'])).toMatch(/^web exited Exited \(137\) .+ ago\n$/);
    expect(await output('start web')).toBe('web\n');
    const refused = await docker('rm web');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(
      /^Error response from daemon: cannot remove container "(\/)?web": container is running: stop the container before removing or force remove\n$/,
    );
    expect(await output('kill -s TERM web')).toBe('web\n');
    expect(await output('kill web')).toBe('web\n');
    expect(await output('wait web')).toBe('137\n');
    expect((await docker('kill web')).stderr).toMatch(
      /^Error response from daemon: cannot kill container: web: container [0-9a-f]{64} is not running\n$/,
    );
    expect(await output('rm web')).toBe('web\n');
    expect(await output('ps -aq')).toBe('');
  });

  test('events --since --until', async () => {
    await output('run --rm --name brief busybox true');
    const range = ['--since', String(startedAt), '--until', String(Math.ceil(Date.now() / 1000))];
    const of = (name: string): Promise<string> =>
      output(['events', ...range, '--filter', `container=${name}`, '--format', '{{.Type}} {{.Action}}']);
    const brief = (await of('brief')).trim().split('\n');
    expect(brief.filter((line) => line.startsWith('container'))).toEqual(
      ['create', 'attach', 'start', 'die', 'destroy'].map((action) => `container ${action}`),
    );
    const web = (await of('web')).split('\n');
    for (const action of ['create', 'start', 'top', 'kill', 'stop', 'die', 'destroy']) expect(web).toContain(`container ${action}`);
    const lines = (await output(['events', ...range, '--filter', 'container=brief', '--filter', 'event=die'])).trim().split('\n');
    expect(lines).toHaveLength(1);
    // The image's labels are there too.
    expect(lines[0]).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z container die [0-9a-f]{64} \((.*, )?execDuration=\d+, exitCode=0, image=busybox, name=brief(, .*)?\)$/,
    );
  });
});

test('a daemon whose containers share its cgroup namespace', async () => {
  const sharing = await serveDocker(['--default-cgroupns-mode', 'host']);
  try {
    await sharing.docker(['pull', '-q', 'busybox']);
    const cgroup = async (...flags: string[]): Promise<string> =>
      (await sharing.docker(['run', '--rm', ...flags, 'busybox', 'cat', '/proc/1/cgroup'])).stdout;
    expect(await cgroup()).toMatch(/^0::\/.+\/[0-9a-f]{64}\n$/);
    expect(await cgroup('--cgroupns', 'private')).toBe('0::/\n');
  } finally {
    await sharing.stop();
  }
});
