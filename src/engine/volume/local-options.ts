/**
 * The options of a volume of the `local` driver: `type`, `device` and `o` say what is mounted as its content, as mount(8)
 * takes them; `size` wants a quota, which no file system here has.
 * Source: moby volume/local/local_unix.go, v28.2.2; moby/sys/mount, flags.
 */
import { EngineError } from '../errors.ts';
import { quote } from '../go-quote.ts';
import { parseRamSize } from '../go-values.ts';

export type VolumeOptions = Readonly<Record<string, string>>;

const known = ['type', 'o', 'device', 'size'];
/** Options that each of them needs, in the order in which a missing one is told. */
const needed: [option: string, others: string[]][] = [
  ['device', ['type']],
  ['type', ['device']],
  ['o', ['device', 'type']],
];

const bad = (message: string): EngineError => new EngineError('invalid-parameter', message);

/** @throws EngineError `invalid-parameter`: `invalid option: "x"` */
export function checkLocalOptions(options: VolumeOptions): void {
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown !== undefined) throw bad(`invalid option: ${quote(unknown)}`);
  if (options['type'] === 'cifs' && options['device']) checkCifsDevice(options['device']);
  if (options['size'] !== undefined && quotaBytes(options['size']) > 0) throw bad('quota size requested but no quota support');
  for (const [option, others] of needed) {
    const missing = options[option] === undefined ? undefined : others.find((other) => options[other] === undefined);
    if (missing !== undefined) throw bad(`missing required option: ${quote(missing)}`);
  }
}

function checkCifsDevice(device: string): void {
  if (device.startsWith(':')) throw bad(`error parsing mount device url: parse ${quote(device)}: missing protocol scheme`);
  if (/^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/]*:\d+(?:\/|$)/i.test(device))
    throw bad("port not allowed in CIFS device URL, include 'port' in 'o='");
}

function quotaBytes(text: string): number {
  const bytes = parseRamSize(text);
  if (bytes === undefined) throw bad(`invalid size: '${text}'`);
  return bytes;
}

/** Whether something has to be mounted before the volume can be used. */
export function needsMount(options: VolumeOptions | null): options is VolumeOptions {
  return options !== null && ((options['device'] ?? '') !== '' || (options['type'] ?? '') !== '');
}

/** Flags of mount(2), by the words of mount(8). */
const setting: Record<string, number> = {
  bind: 0x1000, dirsync: 0x80, mand: 0x40, noatime: 0x400, nodev: 4, nodiratime: 0x800, noexec: 8, nosuid: 2, rbind: 0x5000,
  relatime: 0x200000, remount: 0x20, ro: 1, strictatime: 0x1000000, sync: 0x10, private: 0x40000, rprivate: 0x44000, shared: 0x100000,
  rshared: 0x104000, slave: 0x80000, rslave: 0x84000, unbindable: 0x20000, runbindable: 0x24000,
}; // prettier-ignore
const clearing: Record<string, number> = {
  async: 0x10, atime: 0x400, dev: 4, diratime: 0x800, exec: 8, nomand: 0x40, norelatime: 0x200000, nostrictatime: 0x1000000, rw: 1, suid: 2,
}; // prettier-ignore

/** Of `flags`: those that set how mounts spread, and their recursion. */
const propagationTypes = 0x1e0000;
const recursive = 0x4000;
const remount = 0x20;
const readOnlyBind = 0x1001;

/** One call of mount(2). */
export interface MountCall {
  /** As Docker names it when it fails. */
  op: 'mount' | 'remount' | 'remount-ro';
  source: string;
  type: string;
  flags: number;
  data: string;
}

/** The calls that mount such a volume, in order. @throws EngineError what cannot be done about a name */
export function mountCalls(options: VolumeOptions): MountCall[] {
  const { device = '', type = '', o = '' } = options;
  if (device === '') throw new EngineError('system', 'missing device in volume options');
  if (type === 'nfs' || type === 'cifs') refuseHostNames(type, device, o);
  let flags = 0;
  const data: string[] = [];
  for (const option of o.split(',')) {
    if (Object.hasOwn(setting, option)) flags |= setting[option]!;
    else if (Object.hasOwn(clearing, option)) flags &= ~clearing[option]!;
    else if (option !== 'defaults' && option !== '') data.push(option);
  }
  const own = flags & ~propagationTypes;
  const calls: MountCall[] = [{ op: 'mount', source: device, type, flags: own, data: data.join(',') }];
  if ((flags & propagationTypes) !== 0)
    calls.push({ op: 'remount', source: '', type: '', flags: flags & (propagationTypes | recursive), data: '' });
  if ((own & readOnlyBind) === readOnlyBind) calls.push({ op: 'remount-ro', source: '', type: '', flags: own | remount, data: '' });
  return calls;
}

/** No name server knows the name of a file server here. */
function refuseHostNames(type: string, device: string, o: string): void {
  const address = o
    .split(',')
    .find((option) => option.startsWith('addr='))
    ?.slice('addr='.length);
  const host = address || (type === 'cifs' ? /^(?:[a-z]+:)?\/\/([^/]*)/i.exec(device)?.[1] : '');
  if (!host || /^\d+(\.\d+){3}$/.test(host) || host.includes(':')) return;
  throw new EngineError('system', `error resolving passed in network volume address: lookup ${host}: no such host`);
}

/** What Docker says of a call that failed. */
export function mountFailure({ op, source, flags, data }: MountCall, target: string, words: string, o = ''): string {
  const place = op === 'mount' ? `${source}:${target}` : target;
  const text = `failed to mount local volume: ${op} ${place}${flags === 0 ? '' : `, flags: 0x${flags.toString(16)}`}${data === '' ? '' : `, data: ${data}`}: ${words}`;
  const password = o.split(',').find((option) => option.startsWith('password=') && option !== 'password=');
  return password === undefined ? text : text.replace(password, 'password=********');
}
