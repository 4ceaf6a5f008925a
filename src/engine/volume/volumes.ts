/**
 * Local volumes: directories under /var/lib/docker/volumes that outlive containers, and who uses them. Only
 * the `local` driver exists here; what its options mean is in local-options.ts.
 * Source: moby volume/service and volume/local, v28.2.2.
 */
import type { Volume as WireVolume } from '../api/types/volume.ts';
import type { Clock } from '../clock.ts';
import { EngineError } from '../errors.ts';
import type { Events } from '../events.ts';
import type { Filters } from '../filters.ts';
import { quote } from '../go-quote.ts';
import { parseGoBool } from '../go-values.ts';
import { newId } from '../id.ts';
import type { Random } from '../random.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Storage } from '../storage.ts';
import { rfc3339Nano } from '../time.ts';
import { checkLocalOptions } from './local-options.ts';
import { mountpointOf, VolumeMounts } from './volume-mounts.ts';

export interface VolumePorts {
  runtime: Runtime;
  storage: Storage;
  clock: Clock;
  random: Random;
  events: Events;
}

export interface VolumeRecord {
  name: string;
  createdMs: number;
  labels: Record<string, string> | null;
  options: Record<string, string> | null;
}

export interface CreateVolume {
  /** Empty: an anonymous one. */
  name: string;
  driver?: string;
  labels?: Record<string, string> | null;
  options?: Record<string, string> | null;
}

const anonymousLabel = 'com.docker.volume.anonymous';
/** Docker keeps a database of its own format there: metadata.db. */
const recordsPath = 'volumes/metadata.json';

export interface PrunedVolumes {
  removed: string[];
  reclaimedBytes: number;
}

export class Volumes {
  readonly ports: VolumePorts;
  readonly mounts: VolumeMounts;
  readonly #records = new Map<string, VolumeRecord>();
  /** Containers by volume name. */
  readonly #users = new Map<string, Set<string>>();

  constructor(ports: VolumePorts) {
    this.ports = ports;
    this.mounts = new VolumeMounts(ports.runtime);
    const { storage, clock } = ports;
    const bytes = storage.read(recordsPath);
    const stored = bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as VolumeRecord[]) : [];
    const records = new Map(stored.map((record) => [record.name, record]));
    // Directories that somebody made are volumes; those that somebody removed are none any more.
    for (const name of storage.list('volumes')) {
      if (storage.sizeBytes(`volumes/${name}`) !== undefined) continue;
      this.#records.set(name, records.get(name) ?? { name, createdMs: clock.now(), labels: null, options: null });
    }
  }

  /** @throws EngineError `not-found`: `get data: no such volume` */
  get(name: string): VolumeRecord {
    const record = this.#records.get(name);
    if (!record) throw new EngineError('not-found', `get ${name}: no such volume`);
    return record;
  }

  find(name: string): VolumeRecord | undefined {
    return this.#records.get(name);
  }

  all(): VolumeRecord[] {
    return [...this.#records.values()];
  }

  /** The volume of that name, made when there is none. @param user the container that will use it */
  create({ name, driver = '', labels = null, options = null }: CreateVolume, user?: string): VolumeRecord {
    const anonymous = name === '';
    const actual = anonymous ? newId(this.ports.random) : name;
    try {
      if (driver !== '' && driver !== 'local') {
        throw new EngineError('not-found', `error looking up volume plugin ${driver}: plugin ${quote(driver)} not found`);
      }
      const record =
        this.#records.get(actual) ??
        this.#make({ name: actual, labels: anonymous ? { ...labels, [anonymousLabel]: '' } : labels, options });
      if (user !== undefined) this.use(actual, user);
      return record;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw new EngineError(error.kind, `create ${actual}: ${error.message}`, { cause: error });
    }
  }

  #make({ name, labels, options }: Pick<VolumeRecord, 'name' | 'labels' | 'options'>): VolumeRecord {
    const { storage, clock, events } = this.ports;
    checkName(name);
    checkLocalOptions(options ?? {});
    const record = { name, createdMs: clock.now(), labels, options };
    this.#records.set(name, record);
    try {
      storage.makeDirectory(`volumes/${name}`, 0o701);
      storage.makeDirectory(`volumes/${name}/_data`, 0o755);
      if (options && Object.keys(options).length > 0) storage.write(`volumes/${name}/opts.json`, optionsFile(options), 0o600);
      this.#save();
    } catch (error) {
      this.#records.delete(name);
      storage.remove(`volumes/${name}`);
      if (!(error instanceof EngineError)) throw error;
      throw new EngineError(error.kind, `error while creating volume data path '${mountpointOf(name)}': mkdir ${error.message}`, {
        cause: error,
      });
    }
    events.log('volume', 'create', name, { driver: 'local' });
    return record;
  }

  use(name: string, container: string): void {
    const users = this.#users.get(name);
    if (users) users.add(container);
    else this.#users.set(name, new Set([container]));
  }

  release(name: string, container: string): void {
    this.#users.get(name)?.delete(container);
  }

  inUse(name: string): boolean {
    return this.userCount(name) > 0;
  }

  userCount(name: string): number {
    return this.#users.get(name)?.size ?? 0;
  }

  /** @throws EngineError `conflict`: `remove data: volume is in use - [<containers>]` */
  remove(name: string): void {
    this.get(name);
    const users = [...(this.#users.get(name) ?? [])];
    if (users.length > 0) throw new EngineError('conflict', `remove ${name}: volume is in use - [${users.join(', ')}]`);
    if (this.mounts.isMounted(name)) throw new EngineError('system', `remove ${name}: volume has active mounts`);
    this.ports.storage.remove(`volumes/${name}`);
    this.#records.delete(name);
    this.#users.delete(name);
    this.#save();
    this.ports.events.log('volume', 'destroy', name, { driver: 'local' });
  }

  list(filters: Filters): VolumeRecord[] {
    filters.validate(['dangling', 'name', 'driver', 'label']);
    const dangling = filters.has('dangling') ? filters.flag('dangling', false) : undefined;
    return this.all().filter(
      (record) =>
        filters.match('name', record.name) &&
        filters.exact('driver', 'local') &&
        filters.pairs('label', record.labels) &&
        (dangling === undefined || this.inUse(record.name) !== dangling),
    );
  }

  /** Removes what no container uses: anonymous volumes, or all of them. Those with options stay: what they show is not theirs. */
  prune(filters: Filters): PrunedVolumes {
    const all = onlyFlag(filters.get('all'));
    filters.validate(['label', 'label!', 'all']);
    if (!all) filters.add('label', anonymousLabel);
    const removed: string[] = [];
    let reclaimedBytes = 0;
    for (const record of this.all()) {
      if (this.inUse(record.name) || this.mounts.isMounted(record.name) || hasOptions(record)) continue;
      if (!filters.pairs('label', record.labels) || (filters.has('label!') && filters.pairs('label!', record.labels))) continue;
      const sizeBytes = this.sizeBytes(record.name);
      this.remove(record.name);
      reclaimedBytes += sizeBytes;
      removed.push(record.name);
    }
    this.ports.events.log('volume', 'prune', '', { reclaimed: String(reclaimedBytes) });
    return { removed, reclaimedBytes };
  }

  /** What volumes without options take up, and how many containers have them; the others' content is not theirs. */
  usage(): WireVolume[] {
    return this.all()
      .filter((record) => !hasOptions(record))
      .map((record) => ({
        ...wireVolume(record),
        UsageData: { RefCount: this.userCount(record.name), Size: this.sizeBytes(record.name) },
      }));
  }

  /** Bytes in the files of a volume without options. */
  sizeBytes(name: string): number {
    return this.ports.storage.treeSizeBytes(`volumes/${name}/_data`);
  }

  describe(): string {
    return this.all()
      .map(({ name }) => `${name} users=${this.userCount(name)}${this.mounts.isMounted(name) ? ' mounted' : ''}`)
      .join('\n');
  }

  #save(): void {
    this.ports.storage.write(recordsPath, new TextEncoder().encode(JSON.stringify(this.all())), 0o600);
  }
}

function hasOptions({ options }: VolumeRecord): boolean {
  return options !== null && Object.keys(options).length > 0;
}

/** The options as the driver keeps them beside the content. */
function optionsFile(options: Record<string, string>): Uint8Array {
  const { type = '', o = '', device = '' } = options;
  return new TextEncoder().encode(JSON.stringify({ MountType: type, MountOpts: o, MountDevice: device, Quota: { Size: 0 } }));
}

/** `all=1` of a prune. */
function onlyFlag(values: string[]): boolean {
  const [value] = values;
  if (value === undefined) return false;
  if (values.length > 1)
    throw new EngineError('invalid-parameter', `invalid filter 'all=[${values.join(' ')}]': only one value is expected`);
  const flag = parseGoBool(value);
  if (flag === undefined)
    throw new EngineError('invalid-parameter', `invalid filter 'all': strconv.ParseBool: parsing ${quote(value)}: invalid syntax`);
  return flag;
}

export function wireVolume(record: VolumeRecord): WireVolume {
  return {
    CreatedAt: rfc3339Nano(Math.floor(record.createdMs / 1000) * 1000),
    Driver: 'local',
    Labels: record.labels,
    Mountpoint: mountpointOf(record.name),
    Name: record.name,
    Options: record.options,
    Scope: 'local',
  };
}

function checkName(name: string): void {
  const problem =
    name.length < 2
      ? 'volume name is too short, names should be at least two alphanumeric characters'
      : /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)
        ? undefined
        : `${quote(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`;
  if (problem) throw new EngineError('invalid-parameter', problem);
}
