/**
 * What a process in a container is allowed and what it can see, read from its own /proc on the real machine.
 * Capabilities as in moby's default set and `man capabilities`, masked paths as in moby oci/defaults.go.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningMachine } from '../src/emulator/running-machine.ts';
import { openMachine, shell } from './machine/node-machine.ts';

let machine: RunningMachine;

beforeAll(async () => {
  machine = await openMachine();
});
afterAll(() => machine.stop());

/** Standard output of a script on the node or, with options of `docker run`, in a container. */
async function output(script: string, run?: string): Promise<string> {
  const quoted = `'${script.replaceAll("'", `'\\''`)}'`;
  const { stdout, stderr, status } = await shell(machine, run === undefined ? script : `docker run --rm -q ${run} busybox sh -c ${quoted}`);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

/** Fields of /proc/self/status. */
async function status(run: string): Promise<Record<string, string>> {
  const wanted = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'Seccomp_filters'];
  const text = await output('cat /proc/self/status', run);
  const fields = text.split('\n').map((line) => line.split(':\t') as [string, string]);
  return Object.fromEntries(fields.filter(([name]) => wanted.includes(name)));
}

const none = '0000000000000000';
/** CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP */
const usual = '00000000a80425fb';
const all = '000001ffffffffff';
const filtered = { NoNewPrivs: '0', Seccomp: '2', Seccomp_filters: '1' };
const unfiltered = { NoNewPrivs: '0', Seccomp: '0', Seccomp_filters: '0' };

describe('a process in a container', () => {
  test.each([
    ['', { CapInh: none, CapPrm: usual, CapEff: usual, CapBnd: usual, CapAmb: none, ...filtered }],
    ['--user 1000', { CapInh: none, CapPrm: none, CapEff: none, CapBnd: usual, CapAmb: none, ...filtered }],
    ['--cap-drop ALL', { CapInh: none, CapPrm: none, CapEff: none, CapBnd: none, CapAmb: none, ...filtered }],
    [
      '--cap-drop ALL --cap-add NET_ADMIN',
      { CapInh: none, CapPrm: '0000000000001000', CapEff: '0000000000001000', CapBnd: '0000000000001000', CapAmb: none, ...filtered },
    ],
    [
      '--cap-add SYS_TIME',
      { CapInh: none, CapPrm: '00000000aa0425fb', CapEff: '00000000aa0425fb', CapBnd: '00000000aa0425fb', CapAmb: none, ...filtered },
    ],
    [
      '--security-opt no-new-privileges',
      { CapInh: none, CapPrm: usual, CapEff: usual, CapBnd: usual, CapAmb: none, ...filtered, NoNewPrivs: '1' },
    ],
    ['--security-opt seccomp=unconfined', { CapInh: none, CapPrm: usual, CapEff: usual, CapBnd: usual, CapAmb: none, ...unfiltered }],
    ['--privileged', { CapInh: none, CapPrm: all, CapEff: all, CapBnd: all, CapAmb: none, ...unfiltered }],
  ])('docker run %s', async (run, expected) => {
    expect(await status(run)).toEqual(expected);
  });

  test('is refused what only the seccomp filter forbids', async () => {
    const script = 'unshare -U true 2>/dev/null && echo allowed || echo refused';
    expect(await output(script, '')).toBe('refused\n');
    expect(await output(script, '--security-opt seccomp=unconfined')).toBe('allowed\n');
  });
});

describe('/proc and /sys', () => {
  const masked = [
    ...['asound', 'acpi', 'interrupts', 'kcore', 'keys', 'latency_stats', 'timer_list', 'timer_stats', 'sched_debug', 'scsi'].map(
      (name) => `/proc/${name}`,
    ),
    '/sys/firmware',
    '/sys/devices/virtual/powercap',
  ];
  const readOnly = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `/proc/${name}`);
  const mounts = (run: string): Promise<string> => output(`cut -d ' ' -f 2-4 /proc/mounts`, run);
  const below = (text: string): string[] => text.split('\n').filter((line) => /^\/(proc|sys)\//.test(line));

  test('show nothing at the masked paths that this kernel has', async () => {
    const present = (await output(`for path in ${masked.join(' ')}; do [ -e $path ] && echo $path; done; true`)).trim().split('\n');
    expect(present).toContain('/proc/interrupts');
    expect(present).toContain('/proc/timer_list');
    const look = `for path in ${present.join(' ')}; do [ -d $path ] && ls $path || cat $path; done`;
    expect(await output(look)).not.toBe('');
    expect(await output(look, '')).toBe('');
    const mounted = (await mounts('')).split('\n');
    for (const path of present) expect(mounted.filter((line) => line.startsWith(`${path} `))).toHaveLength(1);
  });

  test('are read-only where Docker makes them so', async () => {
    const mounted = (await mounts('')).split('\n');
    const present = (await output(`for path in ${readOnly.join(' ')}; do [ -e $path ] && echo $path; done; true`)).trim().split('\n');
    expect(present).toContain('/proc/sys');
    for (const path of present) expect(mounted.find((line) => line.startsWith(`${path} `))).toMatch(/^\S+ proc ro,/);
    expect(mounted.find((line) => line.startsWith('/sys '))).toMatch(/^\S+ sysfs ro,/);
    expect(mounted.find((line) => line.startsWith('/sys/fs/cgroup '))).toMatch(/^\S+ cgroup2 ro,/);
    expect(await output('echo 1 2>&1 >/proc/sys/kernel/panic; true', '')).toContain('Read-only file system');
  });

  test('are bare in a privileged container', async () => {
    expect(below(await mounts('--privileged')).filter((line) => !line.startsWith('/sys/fs/cgroup '))).toEqual([]);
  });
});

describe('namespaces', () => {
  const kinds = ['pid', 'net', 'ipc', 'mnt', 'uts', 'cgroup', 'user'];
  const read = async (run?: string): Promise<Record<string, string>> => {
    return byKind((await output(`for kind in ${kinds.join(' ')}; do readlink /proc/self/ns/$kind; done`, run)).trim().split('\n'));
  };
  const byKind = (links: string[]): Record<string, string> => Object.fromEntries(links.map((link) => link.split(':') as [string, string]));
  const differing = (a: Record<string, string>, b: Record<string, string>): string[] => kinds.filter((kind) => a[kind] !== b[kind]);

  test('are a container’s own', async () => {
    const start = `one=$(docker run -d -q busybox sleep 60); two=$(docker run -d -q busybox sleep 60)`;
    const look = `for id in $one $two; do docker exec $id sh -c 'for kind in ${kinds.join(' ')}; do readlink /proc/self/ns/$kind; done'; done`;
    const links = (await output(`${start}; ${look}; docker rm -f $one $two >/dev/null`)).trim().split('\n');
    const node = await read();
    const one = byKind(links.slice(0, kinds.length));
    const two = byKind(links.slice(kinds.length));
    const own = ['pid', 'net', 'ipc', 'mnt', 'uts', 'cgroup'];
    expect([differing(node, one), differing(node, two), differing(one, two)]).toEqual([own, own, own]);
  });

  test('are the node’s where asked for', async () => {
    const host = await read('--pid host --network host --ipc host --uts host --cgroupns host');
    expect(differing(await read(), host)).toEqual(['mnt']);
  });

  test('hold what Docker puts into them', async () => {
    const { stdout } = await shell(
      machine,
      `id=$(docker run -d -q busybox sh -c 'echo $$; hostname; cat /proc/1/cgroup; ls /sys/class/net; sleep 60'); sleep 1; echo $id; docker logs $id; docker rm -f $id >/dev/null`,
    );
    const [id = '', ...rest] = stdout.trim().split('\n');
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(rest).toEqual(['1', id.slice(0, 12), '0::/', 'eth0', 'lo']);
  });
});
