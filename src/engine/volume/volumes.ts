/**
 * Local volumes: directories under /var/lib/docker/volumes that outlive containers, and who uses them. Only
 * the `local` driver exists here.
 * Source: moby volume/service and volume/local, v28.2.2.
 */
import type { Volume as WireVolume } from '../api/types/volume.ts';
import type { Clock } from '../clock.ts';
import { EngineError } from '../errors.ts';
import type { Events } from '../events.ts';
import type { Filters } from '../filters.ts';
import { newId } from '../id.ts';
import type { Random } from '../random.ts';
import type { Storage } from '../storage.ts';
import { rfc3339Nano } from '../time.ts';

export interface VolumePorts {
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

export class Volumes {
  readonly ports: VolumePorts;
  readonly #records = new Map<string, VolumeRecord>();
  /** Containers by volume name. */
  readonly #users = new Map<string, Set<string>>();

  constructor(ports: VolumePorts) {
    this.ports = ports;
    const bytes = ports.storage.read(recordsPath);
    if (bytes) for (const record of JSON.parse(new TextDecoder().decode(bytes)) as VolumeRecord[]) this.#records.set(record.name, record);
  }

  /** @throws EngineError `not-found`: `get data: no such volume` */
  get(name: string): VolumeRecord {
    const record = this.#records.get(name);
    if (!record) throw new EngineError('not-found', `get ${name}: no such volume`);
    return record;
  }

  all(): VolumeRecord[] {
    return [...this.#records.values()];
  }

  /** The volume of that name, made when there is none. @param user the container that will use it */
  create({ name, driver = '', labels = null, options = null }: CreateVolume, user?: string): VolumeRecord {
    const { storage, clock, random, events } = this.ports;
    const anonymous = name === '';
    const actual = anonymous ? newId(random) : name;
    let record = this.#records.get(actual);
    if (!record) {
      if (driver !== '' && driver !== 'local') {
        throw new EngineError('not-found', `create ${actual}: error looking up volume plugin ${driver}: plugin "${driver}" not found`);
      }
      checkName(actual);
      record = { name: actual, createdMs: clock.now(), labels: anonymous ? { ...labels, [anonymousLabel]: '' } : labels, options };
      this.#records.set(actual, record);
      try {
        storage.makeDirectory(`volumes/${actual}/_data`, 0o755);
        this.#save();
      } catch (error) {
        this.#records.delete(actual);
        storage.remove(`volumes/${actual}`);
        throw error;
      }
      events.log('volume', 'create', actual, { driver: 'local' });
    }
    if (user !== undefined) this.use(actual, user);
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
    return (this.#users.get(name)?.size ?? 0) > 0;
  }

  /** @throws EngineError `conflict`: `remove data: volume is in use - [<containers>]` */
  remove(name: string): void {
    this.get(name);
    const users = [...(this.#users.get(name) ?? [])];
    if (users.length > 0) throw new EngineError('conflict', `remove ${name}: volume is in use - [${users.join(', ')}]`);
    this.ports.storage.remove(`volumes/${name}`);
    this.#records.delete(name);
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

  /** Removes what no container uses: anonymous volumes, or all of them. @returns their names */
  prune(filters: Filters): string[] {
    filters.validate(['label', 'label!', 'all']);
    const all = filters.flag('all', false);
    const removed: string[] = [];
    for (const record of this.all()) {
      if (this.inUse(record.name) || (!all && record.labels?.[anonymousLabel] === undefined)) continue;
      if (!filters.pairs('label', record.labels) || (filters.has('label!') && filters.pairs('label!', record.labels))) continue;
      this.remove(record.name);
      removed.push(record.name);
    }
    this.ports.events.log('volume', 'prune', '', { reclaimed: '0' });
    return removed;
  }

  describe(): string {
    return this.all()
      .map((record) => `${record.name} users=${this.#users.get(record.name)?.size ?? 0}`)
      .join('\n');
  }

  #save(): void {
    this.ports.storage.write(recordsPath, new TextEncoder().encode(JSON.stringify(this.all())), 0o600);
  }
}

export function mountpointOf(name: string): string {
  return `/var/lib/docker/volumes/${name}/_data`;
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
        : `${JSON.stringify(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`;
  if (problem) throw new EngineError('invalid-parameter', `create ${name}: ${problem}`);
}
