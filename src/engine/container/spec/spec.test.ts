import { beforeAll, describe, expect, it } from 'vitest';
import type { HostConfig } from '../../api/types/container.ts';
import type { Launch } from '../../runtime/runtime.ts';
import type { RuntimeSpec } from '../../runtime/spec.ts';
import { TestDocker, type CreateOptions } from '../../testing/test-docker.ts';
import { allCapabilities, capabilitiesOf, defaultCapabilities } from './capabilities.ts';
import { devicesOf } from './devices.ts';
import { withOverrides } from './environment.ts';
import { mergedOptions } from './mounts.ts';
import { resolveUser, withHome } from './users.ts';

let docker: TestDocker;
beforeAll(async () => {
  docker = await TestDocker.start();
});

async function launched(options: CreateOptions = {}): Promise<Launch> {
  await docker.runDetached(['true'], options);
  return docker.runtime.launches.at(-1) as Launch;
}

const configOf = async (options: CreateOptions = {}): Promise<RuntimeSpec> => (await launched(options)).config;
const withHost = (HostConfig: Partial<HostConfig>): Promise<RuntimeSpec> => configOf({ HostConfig });
const mountAt = ({ mounts }: RuntimeSpec, destination: string): unknown => mounts.find((mount) => mount.destination === destination);
const kinds = ({ linux }: RuntimeSpec): string[] => linux.namespaces.map(({ type }) => type);

describe('a plain container', () => {
  it('runs as the image says, in namespaces of its own', async () => {
    const { config, rootfs, stdinOpen, network } = await launched();
    expect(config.process).toMatchObject({
      terminal: false,
      user: { uid: 0, gid: 0, additionalGids: [0, 10] },
      args: ['true'],
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', `HOSTNAME=${config.hostname}`],
      cwd: '/',
      noNewPrivileges: false,
      oomScoreAdj: 0,
    });
    expect(config.process.capabilities?.['bounding']).toEqual(defaultCapabilities);
    expect(config.process.capabilities).toMatchObject({ inheritable: [], ambient: [] });
    expect(kinds(config)).toEqual(['mount', 'network', 'uts', 'pid', 'ipc', 'cgroup']);
    expect(config.linux.cgroupsPath).toMatch(/^\/docker\/[0-9a-f]{64}$/);
    expect(config.linux.maskedPaths).toContain('/proc/kcore');
    expect(config.linux.readonlyPaths).toContain('/proc/sys');
    expect(config.linux.sysctl).toEqual({ 'net.ipv4.ping_group_range': '0 2147483647', 'net.ipv4.ip_unprivileged_port_start': '0' });
    expect(Object.keys(config.annotations ?? {})).toEqual(['run.oci.seccomp_bpf_data']);
    expect([rootfs.lower.length, stdinOpen, network.kind]).toEqual([2, false, 'own']);
  });

  it("has the system's mounts and Docker's three files", async () => {
    const config = await configOf();
    expect(config.mounts.map(({ destination }) => destination)).toEqual([
      '/proc',
      '/dev',
      '/dev/pts',
      '/sys',
      '/sys/fs/cgroup',
      '/dev/mqueue',
      '/dev/shm',
      '/etc/resolv.conf',
      '/etc/hostname',
      '/etc/hosts',
    ]);
    expect(mountAt(config, '/sys')).toMatchObject({ options: ['nosuid', 'noexec', 'nodev', 'ro'] });
    expect(mountAt(config, '/dev/shm')).toMatchObject({ options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=67108864'] });
  });
});

describe('options', () => {
  it('--init puts docker-init before the program, unless process 1 is another container’s or the host’s', async () => {
    const { process, mounts } = await withHost({ Init: true });
    expect(process.args.slice(0, 2)).toEqual(['/sbin/docker-init', '--']);
    expect(mounts.at(-1)).toEqual({
      destination: '/sbin/docker-init',
      type: 'bind',
      source: '/usr/bin/docker-init',
      options: ['bind', 'ro'],
    });
    const shared = await withHost({ Init: true, PidMode: 'host' });
    expect(shared.process.args[0]).not.toBe('/sbin/docker-init');
  });

  it('--privileged opens everything', async () => {
    const config = await withHost({ Privileged: true });
    expect(config.process.capabilities?.['bounding']).toHaveLength(41);
    expect(config.linux.maskedPaths).toEqual([]);
    expect(config.linux.readonlyPaths).toEqual([]);
    expect(config.linux.resources?.devices).toEqual([{ allow: true, access: 'rwm' }]);
    expect(config.annotations).toBeUndefined();
    expect(mountAt(config, '/sys')).toMatchObject({ options: ['nosuid', 'noexec', 'nodev'] });
  });

  it('--security-opt', async () => {
    const config = await withHost({ SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'] });
    expect(config.process.noNewPrivileges).toBe(true);
    expect(config.annotations).toBeUndefined();
    const own = await withHost({ SecurityOpt: [`seccomp=${JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [] })}`] });
    expect(own.annotations).toHaveProperty('run.oci.seccomp_bpf_data');
  });

  it('--pid, --ipc, --uts, --network and --cgroupns leave out namespaces or join others', async () => {
    expect(kinds(await withHost({ PidMode: 'host', IpcMode: 'host', UTSMode: 'host', NetworkMode: 'host', CgroupnsMode: 'host' }))).toEqual(
      ['mount'],
    );
    const other = await docker.runDetached(['sleep', '1000'], { HostConfig: { IpcMode: 'shareable' } });
    const { Pid } = (await docker.inspect(other)).State;
    const joined = await withHost({ PidMode: `container:${other}`, IpcMode: `container:${other}` });
    expect(joined.linux.namespaces).toContainEqual({ type: 'pid', path: `/proc/${Pid}/ns/pid` });
    expect(joined.linux.namespaces).toContainEqual({ type: 'ipc', path: `/proc/${Pid}/ns/ipc` });
  });

  it('--pid of a container that does not run cannot be', async () => {
    await docker.create('true', { name: 'idle' });
    await expect(withHost({ PidMode: 'container:idle' })).rejects.toMatchObject({
      message: expect.stringContaining('cannot join namespace of a non running container') as string,
    });
  });

  it('limits', async () => {
    const { linux } = await withHost({ Memory: 64 << 20, MemoryReservation: 32 << 20, NanoCpus: 5e8, CpuShares: 512, PidsLimit: 7 });
    expect(linux.resources).toMatchObject({
      memory: { limit: 64 << 20, reservation: 32 << 20, swap: 128 << 20 },
      cpu: { period: 100_000, quota: 50_000, shares: 512 },
      pids: { limit: 7 },
    });
  });

  it('--ulimit, --sysctl, --oom-score-adj, --hostname, --domainname, --shm-size', async () => {
    const config = await configOf({
      Hostname: 'h',
      Domainname: 'd',
      HostConfig: {
        Ulimits: [{ Name: 'nofile', Soft: 10, Hard: 20 }],
        Sysctls: { 'net.core.somaxconn': '5' },
        OomScoreAdj: 100,
        ShmSize: 1000,
      },
    });
    expect(config).toMatchObject({
      hostname: 'h',
      domainname: 'd',
      process: { rlimits: [{ type: 'RLIMIT_NOFILE', soft: 10, hard: 20 }], oomScoreAdj: 100, env: [expect.anything(), 'HOSTNAME=h'] },
    });
    expect(config.linux.sysctl).toHaveProperty('net.core.somaxconn', '5');
    expect(mountAt(config, '/dev/shm')).toMatchObject({ options: expect.arrayContaining(['size=1000']) as string[] });
  });

  it('-t sets TERM and the size', async () => {
    const { process } = await configOf({ Tty: true, HostConfig: { ConsoleSize: [24, 80] } });
    expect(process).toMatchObject({ terminal: true, consoleSize: { height: 24, width: 80 } });
    expect(process.env).toContain('TERM=xterm');
  });

  it('-v, --mount and --tmpfs', async () => {
    const { config, directories } = await launched({
      HostConfig: {
        Binds: ['/a:/x:ro', 'vol:/data', '/b:/x/y'],
        Tmpfs: { '/t': 'size=1m,exec' },
        Mounts: [
          { Type: 'tmpfs', Target: '/u', TmpfsOptions: { SizeBytes: 4096, Mode: 0o700 } },
          { Type: 'bind', Source: '/c', Target: '/c', BindOptions: { CreateMountpoint: true, NonRecursive: true } },
        ],
      },
    });
    expect(mountAt(config, '/x')).toEqual({ destination: '/x', type: 'bind', source: '/a', options: ['rbind', 'rro', 'rprivate'] });
    expect(mountAt(config, '/data')).toMatchObject({ source: '/var/lib/docker/volumes/vol/_data', options: ['rbind'] });
    expect(mountAt(config, '/t')).toMatchObject({ type: 'tmpfs', options: ['nosuid', 'nodev', 'rprivate', 'size=1m', 'exec'] });
    expect(mountAt(config, '/u')).toMatchObject({ type: 'tmpfs', options: expect.arrayContaining(['mode=700', 'size=4k']) as string[] });
    expect(mountAt(config, '/c')).toMatchObject({ options: ['bind', 'rprivate'] });
    const order = config.mounts.map(({ destination }) => destination);
    expect(order.indexOf('/x')).toBeLessThan(order.indexOf('/x/y'));
    expect(directories).toEqual(expect.arrayContaining(['/a', '/b']));
  });

  it('a mount over one of Docker’s takes its place', async () => {
    const config = await withHost({ Binds: ['/own:/etc/hosts', '/dev:/dev'] });
    expect(config.mounts.filter(({ destination }) => destination === '/etc/hosts')).toMatchObject([{ source: '/own' }]);
    expect(config.mounts.filter(({ destination }) => destination.startsWith('/dev'))).toMatchObject([{ source: '/dev' }]);
  });

  it('--read-only', async () => {
    const config = await withHost({ ReadonlyRootfs: true });
    expect(config.root.readonly).toBe(true);
    expect(mountAt(config, '/etc/hosts')).toMatchObject({ options: ['rbind', 'ro', 'rprivate'] });
    expect(mountAt(config, '/dev')).toMatchObject({ options: expect.not.arrayContaining(['ro']) as string[] });
  });

  it.each<[Partial<HostConfig>, string]>([
    [
      { DeviceRequests: [{ Driver: '', Count: -1, DeviceIDs: null, Capabilities: [['gpu']], Options: null }] },
      'could not select device driver "" with capabilities: [[gpu]]',
    ],
    [{ Tmpfs: { '/t': 'nope' } }, 'invalid tmpfs option ["nope"]'],
  ])('%j cannot start', async (hostConfig, message) => {
    await expect(withHost(hostConfig)).rejects.toMatchObject({ message });
  });
});

describe('capabilities', () => {
  it.each<[string[], string[], string[]]>([
    [[], [], defaultCapabilities],
    [['net_admin'], [], [...defaultCapabilities, 'CAP_NET_ADMIN']],
    [[], ['CAP_CHOWN'], defaultCapabilities.filter((name) => name !== 'CAP_CHOWN')],
    [['ALL'], ['SYS_ADMIN'], allCapabilities.filter((name) => name !== 'CAP_SYS_ADMIN')],
    [['CHOWN'], ['ALL'], ['CAP_CHOWN']],
    [[], ['all'], []],
  ])('add %j, drop %j', (add, drop, expected) => {
    expect(capabilitiesOf(add, drop, false)).toEqual(expected);
  });
});

describe('devices', () => {
  const none = { Devices: null, DeviceCgroupRules: null, Privileged: false };

  it('can be added with their rule', () => {
    const { devices, rules } = devicesOf({
      ...none,
      Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/x', CgroupPermissions: 'rw' }],
      DeviceCgroupRules: ['b *:* r'],
    });
    expect(devices).toEqual([{ path: '/dev/x', type: 'c', major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 }]);
    expect(rules.slice(-2)).toEqual([
      { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' },
      { allow: true, type: 'b', major: -1, minor: -1, access: 'r' },
    ]);
  });

  it('that do not exist cannot', () => {
    const Devices = [{ PathOnHost: '/dev/nope', PathInContainer: '', CgroupPermissions: '' }];
    expect(() => devicesOf({ ...none, Devices })).toThrow('error gathering device information while adding custom device "/dev/nope"');
  });

  // Source: moby oci/oci_test.go.
  it.each([
    '',
    'c 1:1  rwm',
    'c  1:1 rwm',
    ' c 1:1 rwm',
    'c 1:1 rwm ',
    'z 1:1 rwm',
    'c 11 rwm',
    'c a:a rwm',
    'c -1:1 rwm',
    'c 1:1',
    'c 1:1 x',
  ])('rule %j is refused', (rule) => {
    expect(() => devicesOf({ ...none, DeviceCgroupRules: [rule] })).toThrow(`invalid device cgroup rule format: '${rule}'`);
  });
});

describe('environment', () => {
  // Source: moby container/env_test.go.
  it('is replaced in place, and removed by a bare name', () => {
    expect(withOverrides(['HOME=/', 'FOO=foo_default'], ['HOME=/root', 'TERM=xterm', 'FOO', 'BAR'])).toEqual(['HOME=/root', 'TERM=xterm']);
  });
});

describe('tmpfs options', () => {
  it.each([
    [
      ['noexec', 'nosuid', 'exec'],
      ['nosuid', 'exec'],
    ],
    [['size=1m', 'size=2m'], ['size=2m']],
    [['rprivate', 'rshared'], ['rshared']],
    [['ro', 'rw', 'ro'], ['ro']],
    [['defaults', 'mode=700'], ['mode=700']],
  ])('%j come to %j', (given, kept) => {
    expect(mergedOptions(given)).toEqual(kept);
  });
});

describe('users', () => {
  const files = {
    passwd: 'root:x:0:0:root:/root:/bin/sh\nadm:x:43:34:adm:/var/adm:/bin/false\nnumeric:x:111:222::/:\n# comment\nbroken\n',
    group: 'root:x:0:root\nadm:x:43:\ngrp:x:1234:root,adm\n111:x:555:\n',
  };
  const resolve = (spec: string, add: string[] = []): unknown => resolveUser(spec, add, files);

  it.each<[string, number, number, number[]]>([
    ['', 0, 0, [0, 0, 1234]],
    ['root', 0, 0, [0, 0, 1234]],
    ['adm', 43, 34, [34, 1234]],
    ['43', 43, 34, [34, 1234]],
    ['43:0', 43, 0, [0]],
    ['adm:grp', 43, 1234, [1234]],
    ['99', 99, 0, [0]],
    ['99:99', 99, 99, [99]],
    ['111', 111, 222, [222]],
    [':grp', 0, 1234, [1234]],
  ])('%j', (spec, uid, gid, additionalGids) => {
    expect(resolve(spec)).toEqual({ uid, gid, additionalGids });
  });

  it.each([
    ['nobodyx', 'unable to find user nobodyx: no matching entries in passwd file'],
    ['root:nogroup', 'unable to find group nogroup: no matching entries in group file'],
    ['-1', 'uids and gids must be in range 0-2147483647'],
    ['0:99999999999', 'uids and gids must be in range 0-2147483647'],
  ])('%j is refused', (spec, message) => {
    expect(() => resolve(spec)).toThrow(message);
  });

  it('--group-add by name or number', () => {
    expect(resolve('99', ['grp', '7', '7'])).toMatchObject({ additionalGids: [0, 1234, 7] });
    expect(() => resolve('', ['nope'])).toThrow('Unable to find group nope: no matching entries in group file');
  });

  it('that nobody lists have the root directory for their home', () => {
    expect(withHome(['A=b'], 43, files)).toEqual(['A=b']);
    expect(withHome(['A=b'], 99, files)).toEqual(['A=b', 'HOME=/']);
    expect(withHome(['HOME=/x'], 99, files)).toEqual(['HOME=/x']);
  });

  it('are numbers where there are no files', () => {
    expect(resolveUser('5:6', [], { passwd: undefined, group: undefined })).toEqual({ uid: 5, gid: 6, additionalGids: [6] });
  });
});
