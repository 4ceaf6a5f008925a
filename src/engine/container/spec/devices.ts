/**
 * Devices of a container, and which it may open.
 * Source: moby oci/defaults.go, oci/devices_linux.go, daemon/oci_linux.go.
 */
import type { HostConfig } from '../../api/types/container.ts';
import { EngineError } from '../../errors.ts';
import type { RuntimeSpec } from '../../runtime/spec.ts';

type Device = NonNullable<RuntimeSpec['linux']['devices']>[number];
type DeviceRule = NonNullable<NonNullable<RuntimeSpec['linux']['resources']>['devices']>[number];

/**
 * Device nodes of the node, which the engine cannot look at. Source: Linux, admin-guide/devices.txt.
 *
 * @flag  P[what the guest has: null, zero, full, random, urandom, kmsg, tty, console, ptmx]  docker container run, docker container create  --device
 */
const known: Record<string, { type: 'c' | 'b'; major: number; minor: number }> = {
  '/dev/null': { type: 'c', major: 1, minor: 3 },
  '/dev/zero': { type: 'c', major: 1, minor: 5 },
  '/dev/full': { type: 'c', major: 1, minor: 7 },
  '/dev/random': { type: 'c', major: 1, minor: 8 },
  '/dev/urandom': { type: 'c', major: 1, minor: 9 },
  '/dev/kmsg': { type: 'c', major: 1, minor: 11 },
  '/dev/tty': { type: 'c', major: 5, minor: 0 },
  '/dev/console': { type: 'c', major: 5, minor: 1 },
  '/dev/ptmx': { type: 'c', major: 5, minor: 2 },
  '/dev/net/tun': { type: 'c', major: 10, minor: 200 },
  '/dev/fuse': { type: 'c', major: 10, minor: 229 },
};

/** Devices that a node has and a container has not, unless it is privileged. */
const hostOnly = ['/dev/kmsg'];

const allow = (major: number, minor: number): DeviceRule => ({ allow: true, type: 'c', major, minor, access: 'rwm' });

/** zero, null, urandom, random, tty, console; not fuse. */
const defaultRules: DeviceRule[] = [
  { allow: false, access: 'rwm' },
  allow(1, 5),
  allow(1, 3),
  allow(1, 9),
  allow(1, 8),
  allow(5, 0),
  allow(5, 1),
  { allow: false, type: 'c', major: 10, minor: 229, access: 'rwm' },
];

export function devicesOf(hostConfig: Pick<HostConfig, 'Devices' | 'DeviceCgroupRules' | 'Privileged'>): {
  devices: Device[];
  rules: DeviceRule[];
} {
  const devices: Device[] = hostConfig.Privileged
    ? hostOnly.map((path) => ({ path, ...known[path]!, fileMode: 0o666, uid: 0, gid: 0 }))
    : [];
  const rules: DeviceRule[] = hostConfig.Privileged ? [{ allow: true, access: 'rwm' }] : [...defaultRules];
  for (const { PathOnHost: path, PathInContainer: inside, CgroupPermissions: access } of hostConfig.Devices ?? []) {
    const device = Object.hasOwn(known, path) ? known[path] : undefined;
    if (!device) {
      throw new EngineError(
        'system',
        `error gathering device information while adding custom device ${JSON.stringify(path)}: no such file or directory`,
      );
    }
    devices.push({ path: inside || path, ...device, fileMode: 0o666, uid: 0, gid: 0 });
    if (!hostConfig.Privileged) rules.push({ allow: true, ...device, access: access || 'rwm' });
  }
  for (const rule of hostConfig.DeviceCgroupRules ?? []) rules.push(parseRule(rule));
  return { devices, rules };
}

/** `c 1:3 rwm`, `b *:* r`. */
function parseRule(text: string): DeviceRule {
  const match = /^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$/.exec(text);
  if (!match) throw new EngineError('system', `invalid device cgroup rule format: '${text}'`);
  const number = (part: string): number => (part === '*' ? -1 : Number(part));
  return {
    allow: true,
    type: match[1] as string,
    major: number(match[2] as string),
    minor: number(match[3] as string),
    access: match[4] as string,
  };
}
