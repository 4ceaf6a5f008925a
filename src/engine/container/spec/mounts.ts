/**
 * The mounts of a container in the OCI form: the system's own, what the user asked for, and the three files that
 * Docker keeps.
 * Source: moby oci/defaults.go; daemon/oci_linux.go, withMounts; moby/sys/mount, MergeTmpfsOptions.
 */
import { EngineError } from '../../errors.ts';
import type { RuntimeSpec } from '../../runtime/spec.ts';
import type { Mount } from '../mount.ts';
import { tmpfsOptions } from '../mount-parser.ts';
import type { ReadyMounts } from '../ready-mounts.ts';
import type { ContainerRecord } from '../container.ts';

type SpecMount = RuntimeSpec['mounts'][number];

/** Where docker-init is inside a container; it is the node's own program. */
export const initPath = '/sbin/docker-init';
const initMount: SpecMount = { destination: initPath, type: 'bind', source: '/usr/bin/docker-init', options: ['bind', 'ro'] };

/** `--init`, where process 1 is the container's own. */
export function hasInit({ Init, PidMode }: ContainerRecord['hostConfig']): boolean {
  return Init === true && PidMode === '';
}

export function mountsOf(
  container: Pick<ContainerRecord, 'hostConfig' | 'mounts' | 'paths'>,
  ready: ReadyMounts,
  writableCgroups: boolean,
): SpecMount[] {
  const { hostConfig, mounts, paths } = container;
  const readonly = hostConfig.ReadonlyRootfs;
  const tmpfs = Object.entries(hostConfig.Tmpfs ?? {}).map(([destination, options]) =>
    tmpfsMount(destination, options === '' ? [] : options.split(',')),
  );
  const isTmpfs = (destination: string): boolean => tmpfs.some((mount) => mount.destination === destination);
  const asked = mounts.filter((mount) => !isTmpfs(mount.destination));
  const user = [...tmpfs, ...asked.map((mount) => userMount(mount, ready))];
  if (ready.shm !== undefined && !user.some(({ destination }) => destination === '/dev/shm'))
    user.push({ destination: '/dev/shm', type: 'bind', source: ready.shm, options: ['rbind', 'rprivate'] });
  const mountedOver = new Set(user.map((mount) => mount.destination));
  const files = (
    [
      ['/etc/resolv.conf', paths.resolvConf],
      ['/etc/hostname', paths.hostname],
      ['/etc/hosts', paths.hosts],
    ] as const
  )
    .filter(([destination, source]) => source !== '' && !mountedOver.has(destination))
    .map(([destination, source]): SpecMount => ({
      destination,
      source,
      type: 'bind',
      options: ['rbind', ...(readonly ? ['ro'] : []), 'rprivate'],
    }));
  const system = systemMounts(hostConfig.ShmSize, hostConfig.IpcMode, hostConfig.Privileged, writableCgroups)
    .filter((mount) => !mountedOver.has(mount.destination) && !(mountedOver.has('/dev') && mount.destination.startsWith('/dev/')))
    .map((mount) => (readonly && !staysWritable.includes(mount.destination) ? withReadOnly(mount) : mount));
  const init = hasInit(hostConfig) ? [initMount] : [];
  return [...system, ...[...user, ...files].sort((a, b) => depth(a) - depth(b)), ...init];
}

/** Even with `--read-only`. */
const staysWritable = ['/proc', '/dev', '/dev/pts', '/dev/shm', '/dev/mqueue'];

function systemMounts(shmSize: number, ipcMode: string, privileged: boolean, writableCgroups: boolean): SpecMount[] {
  const safe = ['nosuid', 'noexec', 'nodev'];
  const shm: SpecMount = { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...safe, 'mode=1777', `size=${shmSize}`] };
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: safe },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...safe, ...(privileged ? [] : ['ro'])] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...(writableCgroups ? [] : ['ro']), ...safe] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: safe },
    ...(ipcMode === 'none' ? [] : [shm]),
  ];
}

function userMount(mount: Mount, { sources }: ReadyMounts): SpecMount {
  if (mount.type === 'tmpfs') return tmpfsMount(mount.destination, tmpfsOptions(mount.spec));
  const { NonRecursive, ReadOnlyNonRecursive } = mount.spec.BindOptions ?? {};
  return {
    destination: mount.destination,
    type: 'bind',
    source: sources.get(mount.destination) ?? mount.source,
    options: [
      NonRecursive ? 'bind' : 'rbind',
      // Nothing is mounted below an image.
      ...(mount.writable ? [] : [ReadOnlyNonRecursive || mount.type === 'image' ? 'ro' : 'rro']),
      ...(mount.propagation === '' ? [] : [mount.propagation]),
    ],
  };
}

/** What the root needs so that mounts below it spread. */
export function rootPropagation({ spreading }: ReadyMounts): string | undefined {
  if (spreading.some((propagation) => propagation.endsWith('shared'))) return 'shared';
  return spreading.length > 0 ? 'rslave' : undefined;
}

/** Pairs that undo each other. */
const opposites: Record<string, string> = {
  exec: 'noexec',
  suid: 'nosuid',
  dev: 'nodev',
  rw: 'ro',
  async: 'sync',
  atime: 'noatime',
  diratime: 'nodiratime',
  norelatime: 'relatime',
  nostrictatime: 'strictatime',
};
const propagations = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'unbindable', 'runbindable'];
const valued = ['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol'];

function tmpfsMount(destination: string, given: string[]): SpecMount {
  return { destination, type: 'tmpfs', source: 'tmpfs', options: mergedOptions(['noexec', 'nosuid', 'nodev', 'rprivate', ...given]) };
}

/** Of options that contradict each other the last one stays. */
export function mergedOptions(options: string[]): string[] {
  const seen = new Set<string>();
  const kept: string[] = [];
  for (const option of [...options].reverse()) {
    if (option === 'defaults') continue;
    const key = keyOf(option);
    if (key === undefined)
      throw new EngineError(
        'system',
        `invalid tmpfs option [${JSON.stringify(option.split('=').slice(0, 2)).slice(1, -1).replaceAll(',', ' ')}]`,
      );
    if (seen.has(key)) continue;
    seen.add(key);
    kept.unshift(option);
  }
  return kept;
}

function keyOf(option: string): string | undefined {
  if (propagations.includes(option)) return 'propagation';
  if (Object.hasOwn(opposites, option)) return opposites[option];
  if (Object.values(opposites).includes(option)) return option;
  const name = option.split('=')[0] as string;
  return option.includes('=') && valued.includes(name) ? name : undefined;
}

function withReadOnly(mount: SpecMount): SpecMount {
  return mount.options?.includes('ro') ? mount : { ...mount, options: [...(mount.options ?? []), 'ro'] };
}

function depth(mount: SpecMount): number {
  return mount.destination.split('/').length;
}
