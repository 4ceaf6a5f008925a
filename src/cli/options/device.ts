/**
 * The syntaxes of `--device` and `--device-cgroup-rule`.
 * Source: docker/cli cli/command/container/opts.go; container-device-interface pkg/parser.
 */

export interface DeviceMapping {
  PathOnHost: string;
  PathInContainer: string;
  /** Letters of `rwm`. */
  CgroupPermissions: string;
}

/** @throws Error with Docker's words */
export function parseDevice(spec: string): DeviceMapping {
  const parts = spec.split(':');
  if (parts.length > 3 || parts[0] === '') throw new Error(`bad format for path: ${spec}`);
  const [source, second, third] = parts as [string, string | undefined, string | undefined];
  const secondIsMode = third === undefined && second !== undefined && isDeviceMode(second);
  if (third !== undefined && !isDeviceMode(third)) throw new Error(`bad mode specified: ${third}`);
  const inContainer = second === undefined || secondIsMode ? source : second;
  if (!inContainer.startsWith('/')) throw new Error(`${inContainer} is not an absolute path`);

  const cleaned = third === undefined ? cleanPath(inContainer) : inContainer;
  return {
    PathOnHost: second === undefined || secondIsMode ? cleaned : source,
    PathInContainer: cleaned,
    CgroupPermissions: third ?? (secondIsMode ? second : 'rwm'),
  };
}

/** True for a container device interface name, `vendor.com/class=name`, which the daemon resolves. */
export function isQualifiedDeviceName(name: string): boolean {
  return /^[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?\/[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?=[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?$/.test(
    name,
  );
}

/** @throws Error with Docker's words */
export function validateDeviceCgroupRule(rule: string): string {
  if (!/^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(rule)) throw new Error(`invalid device cgroup format '${rule}'`);
  return rule;
}

function isDeviceMode(mode: string): boolean {
  return /^[rwm]{1,3}$/.test(mode) && new Set(mode).size === mode.length;
}

/** The shortest form of a slash-separated path, as Go's `path.Clean`. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith('/');
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!rooted) kept.push('..');
  }
  return (rooted ? '/' : '') + kept.join('/') || '.';
}
