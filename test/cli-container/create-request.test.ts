/** What `docker create` and `docker run` send for their flags, against what Docker's client was recorded sending. */
import { describe, expect, test } from 'vitest';
import type { ApiHandler } from '#engine/api/http.ts';
import { runDocker } from '#cli/testing.ts';
import { readData, shellWords } from './recording.ts';

interface Row {
  cmd: string;
  stdout: string;
  stderr: string;
  exit: number;
  path?: string;
  differs?: object;
  status?: number;
  answer?: unknown;
}

const { base, rows, files } = readData('create-requests.json') as { base: object; rows: Row[]; files: Record<string, string> };

/** The recorded difference applied to the first request. */
function applied(from: Record<string, unknown>, differs: Record<string, unknown>): object {
  const result = { ...from };
  for (const [key, value] of Object.entries(differs)) {
    if (JSON.stringify(value) === '{"$absent":true}') delete result[key];
    else if (key === 'HostConfig' || key === 'NetworkingConfig')
      result[key] = applied(from[key] as Record<string, unknown>, value as Record<string, unknown>);
    else result[key] = value;
  }
  return result;
}

interface Sent {
  target: string;
  body: unknown;
}

/** A daemon that notes create requests and gives one answer to them. */
function daemon(status: number, answer: unknown): { handler: ApiHandler; sent: Sent[] } {
  const sent: Sent[] = [];
  const handler: ApiHandler = async ({ path, query, body }) => {
    let text = '';
    for await (const chunk of body) text += new TextDecoder().decode(chunk);
    const create = path.endsWith('/containers/create');
    if (create) sent.push({ target: `/containers/create?name=${query.get('name')?.[0]}`, body: JSON.parse(text) });
    const value = create ? answer : { StatusCode: 0 };
    return { status: create ? status : 200, headers: {}, body: { kind: 'bytes', bytes: new TextEncoder().encode(JSON.stringify(value)) } };
  };
  return { handler, sent };
}

describe('requests as recorded', () => {
  test.each(rows)('$cmd', async ({ cmd, stdout, stderr, exit, path, differs, status = 201, answer }) => {
    const { handler, sent } = daemon(status, answer);
    const result = await runDocker(shellWords(cmd).words.slice(1), { handler, files, cwd: '/root' });
    expect(sent).toEqual(
      differs ? [{ target: path, body: applied(base as Record<string, unknown>, differs as Record<string, unknown>) }] : [],
    );
    expect({ stdout: result.stdout, stderr: result.stderr, exit: result.status }).toEqual({ stdout, stderr, exit });
  });
});

/** The body sent for flags, of which only the named field is looked at. */
async function sentFor(
  flags: string[],
  options: { cwd?: string; files?: Record<string, string>; env?: Record<string, string> } = {},
): Promise<Record<string, unknown> & { HostConfig: Record<string, unknown> }> {
  const { handler, sent } = daemon(201, { Id: 'abc', Warnings: [] });
  const result = await runDocker(['create', ...flags, 'img'], { handler, ...options });
  expect(result).toMatchObject({ status: 0, stderr: '' });
  return sent[0]!.body as Record<string, unknown> & { HostConfig: Record<string, unknown> };
}

describe('fields', () => {
  test.each<[string, string[], Record<string, unknown>]>([
    ['an entrypoint may be reset', ['--entrypoint='], { Entrypoint: [''] }],
    [
      'only what is attached',
      ['-a', 'stdin'],
      { AttachStdin: true, AttachStdout: false, AttachStderr: false, OpenStdin: false, StdinOnce: false },
    ],
    ['the last value of a variable counts', ['-e', 'A=1', '-e', 'B=2', '-e', 'A=3'], { Env: ['A=3', 'B=2'] }],
    ['a variable without value', ['-e', 'HOME', '-e', 'NONE'], { Env: ['HOME=/root', 'NONE'] }],
    ['a stop timeout of zero', ['--stop-timeout', '0'], { StopTimeout: 0 }],
    ['exposed and published together', ['-p', '80', '--expose', '80-81'], { ExposedPorts: { '80/tcp': {}, '81/tcp': {} } }],
    ['a health check without a command', ['--health-interval', '2s'], { Healthcheck: { Interval: 2_000_000_000 } }],
  ])('%s', async (_, flags, expected) => {
    expect(await sentFor(flags)).toMatchObject(expected);
  });

  test.each<[string, string[], Record<string, unknown>]>([
    ['unlimited swap', ['--memory-swap', '-1'], { MemorySwap: -1 }],
    ['init may be refused', ['--init=false'], { Init: false }],
    [
      'capabilities are sorted, once each',
      ['--cap-add', 'sys_admin', '--cap-add', 'all', '--cap-add', 'CAP_SYS_ADMIN'],
      { CapAdd: ['ALL', 'CAP_SYS_ADMIN'] },
    ],
    ['a directory beside the working directory', ['-v', './a/../b:/c:ro'], { Binds: ['/work/b:/c:ro'] }],
    ['a parent directory', ['-v', '..:/c'], { Binds: ['/:/c'] }],
    [
      'a device and a device that the daemon resolves',
      ['--device', '/dev/null', '--device', 'v.com/gpu=all'],
      {
        Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/null', CgroupPermissions: 'rwm' }],
        DeviceRequests: [{ Driver: 'cdi', Count: 0, DeviceIDs: ['v.com/gpu=all'], Capabilities: null, Options: null }],
      },
    ],
    [
      'rates of devices',
      ['--device-read-bps', '/dev/sda:1mb', '--device-write-iops', '/dev/sda:7', '--blkio-weight-device', '/dev/sda:300'],
      {
        BlkioDeviceReadBps: [{ Path: '/dev/sda', Rate: 1048576 }],
        BlkioDeviceWriteIOps: [{ Path: '/dev/sda', Rate: 7 }],
        BlkioWeightDevice: [{ Path: '/dev/sda', Weight: 300 }],
      },
    ],
    ['no paths are masked', ['--security-opt', 'systempaths=unconfined'], { MaskedPaths: [], ReadonlyPaths: [], SecurityOpt: [] }],
    [
      'a seccomp profile from a file',
      ['--security-opt', 'seccomp=p.json', '--security-opt', 'no-new-privileges'],
      { SecurityOpt: ['seccomp={"a":"b  c\\"","d":[1,2]}', 'no-new-privileges'] },
    ],
    [
      'GPUs by number',
      ['--gpus', '2,capabilities=utility'],
      { DeviceRequests: [{ Driver: '', Count: 2, DeviceIDs: null, Capabilities: [['utility', 'gpu']], Options: {} }] },
    ],
    [
      'the first network takes the single flags',
      ['--network', 'a', '--network', 'name=b,alias=x', '--ip', '10.0.0.2', '--network-alias', 'w'],
      { NetworkMode: 'a' },
    ],
  ])('host configuration: %s', async (_, flags, expected) => {
    const body = await sentFor(flags, { cwd: '/work', files: { '/work/p.json': '{ "a": "b  c\\"",\n "d": [1, 2] }\n' } });
    expect(body.HostConfig).toMatchObject(expected);
  });

  test('endpoints of several networks', async () => {
    const flags = [
      '--network',
      'a',
      '--network',
      'name=b,alias=x,ip=10.1.0.2',
      '--ip',
      '10.0.0.2',
      '--network-alias',
      'w',
      '--link',
      'c:d',
    ];
    const body = await sentFor(flags);
    expect(body.NetworkingConfig).toMatchObject({
      EndpointsConfig: {
        a: { IPAMConfig: { IPv4Address: '10.0.0.2' }, Aliases: ['w'], Links: ['c:d'] },
        b: { IPAMConfig: { IPv4Address: '10.1.0.2' }, Aliases: ['x'], Links: null },
      },
    });
  });

  test('an only network without settings is left to the daemon', async () => {
    expect(await sentFor(['--network', 'mine'])).toMatchObject({
      HostConfig: { NetworkMode: 'mine' },
      NetworkingConfig: { EndpointsConfig: {} },
    });
  });
});

describe('refusals of the client', () => {
  test.each<[string[], string]>([
    [['--restart', 'always', '--rm'], 'conflicting options: cannot specify both --restart and --rm'],
    [['--restart', 'on-failure:x'], 'invalid restart policy format: maximum retry count must be an integer'],
    [['--restart', ':1'], 'invalid restart policy format: no policy provided before colon'],
    [['--pull', 'bogus'], 'invalid pull option: \'bogus\': must be one of "always", "missing" or "never"'],
    [['--memory-swappiness', '101'], 'invalid value: 101. Valid memory swappiness range is 0-100'],
    [['--pid', 'container:'], '--pid: invalid PID mode'],
    [['--uts', 'x'], '--uts: invalid UTS mode'],
    [['--userns', 'x'], '--userns: invalid USER mode'],
    [['--cgroupns', 'x'], '--cgroupns: invalid CGROUP mode'],
    [['--mac-address', 'x'], 'x is not a valid mac address'],
    [['--no-healthcheck', '--health-cmd', 'x'], '--no-healthcheck conflicts with --health-* options'],
    [['--health-interval', '-1s'], '--health-interval cannot be negative'],
    [['--log-driver', 'none', '--log-opt', 'a=b'], 'invalid logging opts for driver none'],
    [['--security-opt', 'seccomp'], 'Invalid --security-opt: "seccomp"'],
    [['--security-opt', 'seccomp=/none'], 'opening seccomp profile (/none) failed: open /none: no such file or directory'],
    [['--security-opt', 'seccomp=cut.json'], 'compacting json for seccomp profile (cut.json) failed: unexpected end of JSON input'],
    [
      ['--security-opt', 'seccomp=more.json'],
      "compacting json for seccomp profile (more.json) failed: invalid character 'x' after top-level value",
    ],
    [['--storage-opt', 'a'], 'invalid storage option'],
    [['-v', '/a::/b'], 'invalid spec: /a::/b: empty section between colons'],
    [['-p', '80:80:80:80'], 'invalid IP address: 80:80'],
    [['--expose', '8080:9090'], 'invalid port format for --expose: 8080:9090'],
    [['--device', 'x'], 'x is not an absolute path'],
    [['--env-file', 'none'], 'open none: no such file or directory'],
    [['--network', 'a', '--network', 'a'], 'network "a" is specified multiple times'],
    [['--network', 'a', '--network', 'host'], 'conflicting options: cannot attach both user-defined and non-user-defined network-modes'],
    [['--network', 'name=a,ip=10.0.0.1', '--ip', '10.0.0.2'], 'conflicting options: cannot specify both --ip and per-network IPv4 address'],
    [['--network', 'bridge', '--network-alias', 'x'], 'network-scoped aliases are only supported for user-defined networks'],
  ])('%j', async (flags, message) => {
    const { handler, sent } = daemon(201, { Id: 'abc', Warnings: [] });
    const result = await runDocker(['run', ...flags, 'img'], { handler, files: { 'cut.json': '{', 'more.json': '{} x' } });
    expect(result).toMatchObject({
      status: 125,
      stdout: '',
      stderr: `docker: ${message}\n\nRun 'docker run --help' for more information\n`,
    });
    expect(sent).toEqual([]);
  });

  test.each<[string[], string]>([
    [['-a', 'ubuntu'], 'invalid argument "ubuntu" for "-a, --attach" flag: valid streams are STDIN, STDOUT and STDERR'],
    [['-e', '=x'], 'invalid argument "=x" for "-e, --env" flag: invalid environment variable: =x'],
    [['-m', '1q'], 'invalid argument "1q" for "-m, --memory" flag: invalid suffix: \'q\''],
    [['--dns', 'x'], 'invalid argument "x" for "--dns" flag: IP address is not correctly formatted: x'],
    [['--sysctl', 'vm.x=1'], 'invalid argument "vm.x=1" for "--sysctl" flag: sysctl \'vm.x=1\' is not allowed'],
    [['--device-read-bps', 'sda:1'], 'invalid argument "sda:1" for "--device-read-bps" flag: bad format for device path: sda:1'],
  ])('flag %j', async (flags, message) => {
    const result = await runDocker(['run', ...flags, 'img']);
    expect(result).toMatchObject({ status: 125, stdout: '' });
    expect(result.stderr.split('\n')[0]).toBe(message);
  });

  test('a reference that is none, with and without the hint', async () => {
    const { handler } = daemon(201, { Id: 'abc', Warnings: [] });
    const message = 'invalid reference format: repository name (library/BAD) must be lowercase';
    expect((await runDocker(['run', 'BAD'], { handler })).stderr).toBe(
      `docker: ${message}\n\nRun 'docker run --help' for more information\n`,
    );
    expect(await runDocker(['create', 'BAD'], { handler })).toMatchObject({ status: 1, stderr: `${message}\n` });
  });
});
