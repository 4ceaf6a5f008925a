/** Where our answers may differ from what was recorded: by cause, with what ours may be instead. */
import type { Difference } from './unify.ts';

interface Expected {
  path: RegExp;
  cause: string;
  /** Whether this difference is the expected one; without it anything is. */
  accepts?: (recorded: unknown, ours: unknown) => boolean;
}

const number = (recorded: unknown, ours: unknown): boolean => typeof recorded === 'number' && typeof ours === 'number';
const bothSet = (recorded: unknown, ours: unknown): boolean => number(recorded, ours) && (recorded === 0) === (ours === 0);
const mac = /^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/;
const age = /(Less than a second|\d+ seconds?|About a minute)/g;
const withoutAge = (text: unknown): unknown => (typeof text === 'string' ? text.replace(age, '<AGE>') : text);

export const expectedDifferences: Expected[] = [
  { path: /\/(Pid|Created|Size|SizeRootFs)$/, cause: 'times, process numbers and sizes are not the same again', accepts: bothSet },
  { path: /\/MacAddress$/, cause: 'made at random', accepts: (a, b) => mac.test(String(a)) && mac.test(String(b)) },
  { path: /\/Status$/, cause: 'ages', accepts: (a, b) => withoutAge(a) === withoutAge(b) },
  {
    path: /\/HostConfig\/CgroupnsMode$/,
    cause: 'recorded on cgroup v1; with v2 the default is private',
    accepts: (a, b) => a === 'host' && b === 'private',
  },
  { path: /^\/json\/HostConfig\/OomKillDisable$/, cause: 'cgroup v2 has no such control', accepts: (a, b) => a === true && b === false },
  {
    path: /^\/json\/Warnings$/,
    cause: 'cgroup v2 has no such control',
    accepts: (_, b) => JSON.stringify(b) === '["Your kernel does not support OomKillDisable. OomKillDisable discarded."]',
  },
  {
    path: /^\/json\/Mounts\/0\/Propagation$/,
    cause: "the recording daemon's directory was below /tmp",
    accepts: (a, b) => a === 'rslave' && b === 'rprivate',
  },
  { path: /^\/json\/Config\/Hostname$/, cause: 'name of the node', accepts: (a, b) => a === 'd1' && b === 'node1' },
  { path: /^\/json\/(pre)?cpu_stats\//, cause: 'other counters, of another processor' },
  { path: /^\/json\/(memory_stats|networks|blkio_stats)\//, cause: 'other counters, of cgroup v1' },
  {
    path: /^\/json\/Processes\/\d+\/[01234]$/,
    cause: 'other processes at another time',
    accepts: (a, b) => typeof a === 'string' && typeof b === 'string',
  },
];

export function isExpected({ path, recorded, ours }: Difference): boolean {
  return expectedDifferences.some((expected) => expected.path.test(path) && (expected.accepts?.(recorded, ours) ?? true));
}
