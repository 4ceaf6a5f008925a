/** Flags of `docker run` and its like on a real machine, through the official client: what the process in the container sees of each. */
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerHost, serveDocker } from './machine/docker-client.ts';

let host: DockerHost;

beforeAll(async () => {
  host = await serveDocker();
  await host.docker(['pull', '-q', 'busybox']);
  await host.docker(['run', '-d', '--name', 'other', '--hostname', 'otherhost', 'busybox', 'sleep', '1000']);
});
afterAll(() => host.stop());

/** What a command prints in a container made with some flags. */
async function inside(flags: string, script: string): Promise<string> {
  const { stdout, stderr, status } = await host.docker(['run', '--rm', ...flags.split(' ').filter(Boolean), 'busybox', 'sh', '-c', script]);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.trim();
}

describe('docker run', () => {
  test.each([
    ['--user 1000:100 --group-add 55 --workdir /tmp', 'id -u; id -g; id -G; pwd', '1000\n100\n100 55\n/tmp'],
    ['--hostname h1 --domainname example.org', 'hostname; cat /proc/sys/kernel/domainname', 'h1\nexample.org'],
    [
      '--read-only --tmpfs /t:size=64k,mode=700',
      'touch /x 2>&1; grep " /t " /proc/mounts | cut -d" " -f3; touch /t/y',
      'touch: /x: Read-only file system\ntmpfs',
    ],
    ['--cap-drop ALL --cap-add CHOWN', 'grep CapEff /proc/self/status', 'CapEff:\t0000000000000001'],
    ['--privileged', 'mount -t tmpfs t /tmp && grep Seccomp: /proc/self/status; ls /dev/kmsg', 'Seccomp:\t0\n/dev/kmsg'],
    [
      '--security-opt no-new-privileges --security-opt seccomp=unconfined',
      'grep -E "NoNewPrivs|Seccomp:" /proc/self/status',
      'NoNewPrivs:\t1\nSeccomp:\t0',
    ],
    ['--ulimit nofile=64:128', 'ulimit -n; ulimit -Hn', '64\n128'],
    [
      '--sysctl net.ipv4.ip_forward=0 --shm-size 1m',
      'cat /proc/sys/net/ipv4/ip_forward; df -k /dev/shm | tail -1 | tr -s " " | cut -d" " -f2',
      '0\n1024',
    ],
    ['--device /dev/zero:/dev/nought:r', 'head -c 3 /dev/nought | wc -c', '3'],
    ['--pid container:other --uts host', 'ps | grep -c "[s]leep 1000"; hostname', '1\nnode1'],
    ['--ipc none --cgroupns private', 'ls /dev/shm 2>&1; cat /proc/1/cgroup', 'ls: /dev/shm: No such file or directory\n0::/'],
    [
      '--cpus 0.5 --cpu-shares 512 --memory 16m --memory-reservation 8m --pids-limit 20',
      'cd /sys/fs/cgroup; cat cpu.max memory.max memory.low pids.max',
      '50000 100000\n16777216\n8388608\n20',
    ],
    ['--oom-score-adj 300 --stop-signal USR1 --annotation a=b --runtime runc --isolation default', 'cat /proc/self/oom_score_adj', '300'],
    ['--cpuset-cpus 0 --cgroup-parent /mine', 'echo ok', 'ok'],
  ])('%s', async (flags, script, printed) => {
    expect(await inside(flags, script)).toBe(printed);
  });

  test('--init: process 1 passes signals on, reaps, and ends as its child did', async () => {
    expect(await inside('--init', 'tr "\\0" " " < /proc/1/cmdline')).toMatch(/^\/sbin\/docker-init -- sh -c /);
    expect((await host.docker(['run', '--rm', '--init', 'busybox', 'sh', '-c', 'kill -9 $$'])).status).toBe(137);
    expect((await host.docker(['run', '--rm', '--init', 'busybox', 'sh', '-c', 'exit 3'])).status).toBe(3);
    await host.docker(['run', '-d', '--init', '--name', 'ini', 'busybox', 'sleep', '1000']);
    await host.docker(['exec', 'ini', 'sh', '-c', '(true &) ; sleep 0.1']);
    expect((await host.docker(['stop', 'ini'])).status).toBe(0);
    // Without an init, sleep as process 1 would not hear SIGTERM.
    expect((await host.docker(['inspect', '-f', '{{.State.ExitCode}} {{.HostConfig.Init}} {{.Path}}', 'ini'])).stdout).toBe(
      '143 true sleep\n',
    );
    expect((await host.docker(['run', '--rm', '--init', 'busybox', 'nosuch'])).status).toBe(127);
  });

  test('files of variables and labels; --cidfile; --quiet and --pull', async () => {
    const file = join(tmpdir(), `drydock-flags-${process.pid}`);
    await writeFile(`${file}.env`, '# none\nA=1\nB=two words\n');
    await writeFile(`${file}.labels`, 'x=1\ny\n');
    const flags = [
      '--env-file',
      `${file}.env`,
      '--label-file',
      `${file}.labels`,
      '--cidfile',
      `${file}.${Date.now()}`,
      '--pull',
      'always',
      '--quiet',
    ];
    const { stdout, stderr } = await host.docker(['run', '--name', 'files', ...flags, 'busybox', 'sh', '-c', 'echo $A $B']);
    expect({ stdout, stderr }).toEqual({ stdout: '1 two words\n', stderr: '' });
    expect((await host.docker(['inspect', '-f', '{{.Config.Labels.x}}', 'files'])).stdout).toBe('1\n');
  });

  test.each<[string[], string, number?]>([
    // The client sees a missing file, and takes it for the program's.
    [['--device', '/dev/sda'], 'error gathering device information while adding custom device "/dev/sda": no such file or directory', 127],
    [['--gpus', 'all'], 'could not select device driver "" with capabilities: [[gpu]]'],
    [['--runtime', 'x'], 'unknown or invalid runtime name: x'],
    [['--cpu-rt-runtime', '1000'], 'kernel does not support CPU real-time scheduler'],
    [['--cpuset-cpus', '1'], 'Requested CPUs are not available - requested 1, available: 0'],
    [['--isolation', 'hyperv'], "invalid isolation (hyperv): linux only supports 'default'"],
    [['--rm', '--restart', 'always'], 'conflicting options: cannot specify both --restart and --rm'],
  ])('%j is refused', async (flags, message, expected = 125) => {
    const { stderr, status } = await host.docker(['run', ...flags, 'busybox', 'true']);
    expect(status).toBe(expected);
    expect(stderr).toContain(message);
  });

  test('the daemon’s socket works in a container, for docker and for curl', async () => {
    const binds = '-v /var/run/docker.sock:/var/run/docker.sock -v /usr/bin/docker:/usr/bin/docker -v /usr/bin/curl:/usr/bin/curl';
    expect(await inside(binds, 'docker ps --filter name=other --format "{{.Names}}"')).toBe('other');
    expect(await inside(binds, 'DOCKER_HOST=unix:///var/run/docker.sock docker version --format "{{.Server.Version}}"')).toBe('28.2.2');
    expect(await inside(binds, 'curl -s --unix-socket /var/run/docker.sock http://localhost/_ping')).toBe('OK');
  });
});

test('stats of all, once', async () => {
  const { stdout } = await host.docker([
    'stats',
    '--no-stream',
    '--all',
    '--no-trunc',
    '--format',
    '{{.ID}} {{.Name}} {{.PIDs}} {{.BlockIO}}',
    'other',
  ]);
  expect(stdout).toMatch(/^[0-9a-f]{64} other 1 0B \/ 0B\n$/);
});
