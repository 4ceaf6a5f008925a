/** Which containers `docker ps` shows. Source: moby daemon/list.go, foldFilter and includeContainerInList. */
import type { ContainerStatus, HealthStatus } from '../api/types/container.ts';
import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import type { ListOptions } from './list.ts';
import { isUp } from './state.ts';

const accepted = [
  'ancestor',
  'before',
  'exited',
  'id',
  'isolation',
  'label',
  'name',
  'status',
  'health',
  'since',
  'volume',
  'network',
  'is-task',
  'publish',
  'expose',
];
const statuses: ContainerStatus[] = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];
const healths: HealthStatus[] = ['none', 'starting', 'healthy', 'unhealthy'];

const invalid = (key: string, value: string, why: string): EngineError =>
  new EngineError('invalid-parameter', `invalid filter '${key}=${value}': ${why}`);

/** Newest first. */
export function selectContainers(containers: Containers, { all, limit, filters }: Omit<ListOptions, 'size'>): Container[] {
  filters.validate(accepted);
  const exitCodes = filters.get('exited').map((value) => {
    if (!/^[+-]?\d+$/.test(value)) throw invalid('exited', value, `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
    return Number(value);
  });
  for (const value of filters.get('status')) {
    if (!statuses.includes(value as ContainerStatus))
      throw invalid('status', value, `invalid value for state (${value}): must be one of ${statuses.join(', ')}`);
  }
  const isTask = filters.has('is-task') && filters.flag('is-task', false);
  for (const value of filters.get('health')) {
    if (!healths.includes(value as HealthStatus))
      throw invalid('health', value, `invalid value for health (${value}): must be one of ${healths.join(', ')}`);
  }
  const before = last(filters.get('before').map((name) => containers.resolve(name)));
  const since = last(filters.get('since').map((name) => containers.resolve(name)));
  const ancestors = filters.has('ancestor') ? imagesBelow(containers, filters.get('ancestor')) : undefined;
  const published = portSet('publish', filters.get('publish'));
  const exposed = portSet('expose', filters.get('expose'));
  const anyState = all || filters.get('status').length > 0 || limit > 0;
  const ids = filters.get('id');
  const named = (container: Container): boolean =>
    (ids.length === 0 || ids.some((id) => containers.find(id) === container && container.id.startsWith(id))) &&
    (filters.get('name').length === 0 || filters.match('name', `/${container.name}`) || filters.match('name', container.name));

  const selected: Container[] = [];
  let reached = before === undefined;
  for (const container of newestFirst(containers)) {
    if (!named(container) || (!anyState && !isUp(container.state.status))) continue;
    if (!reached) {
      reached = container === before;
      continue;
    }
    if (container === since || (limit > 0 && selected.length === limit)) break;
    if (isTask || !filters.pairs('label', container.config.Labels)) continue;
    if (exitCodes.length > 0 && !hasExited(container, exitCodes)) continue;
    if (!filters.exact('status', container.state.status) || !filters.exact('health', container.health?.status ?? 'none')) continue;
    if (filters.has('volume') && !filters.get('volume').some((value) => hasVolume(container, value))) continue;
    if (ancestors && !ancestors.has(container.imageId)) continue;
    if (filters.has('network') && !filters.get('network').some((value) => isOnNetwork(container, value))) continue;
    if ((published || exposed) && !hasPort(container, published, exposed)) continue;
    selected.push(container);
  }
  return selected;
}

/** Those made in the same millisecond in the order they were made. */
function newestFirst(containers: Containers): Container[] {
  return containers
    .all()
    .reverse()
    .sort((a, b) => b.createdMs - a.createdMs);
}

function hasExited({ state }: Container, codes: number[]): boolean {
  return !isUp(state.status) && state.startedMs !== undefined && codes.includes(state.exitCode);
}

/** One filter is enough when both are given, as in Docker. A port is published under its number on the host. */
function hasPort({ ports, config }: Container, published: Set<string> | undefined, exposed: Set<string> | undefined): boolean {
  const onHost = Object.entries(ports).flatMap(([port, bindings]) =>
    (bindings ?? []).map(({ HostPort }) => `${HostPort}/${port.split('/')[1] ?? 'tcp'}`),
  );
  const inside = [...Object.keys(ports), ...Object.keys(config.ExposedPorts ?? {})];
  return onHost.some((port) => published?.has(port)) || inside.some((port) => exposed?.has(port));
}

function hasVolume({ mounts }: Container, value: string): boolean {
  return mounts.some((mount) => mount.destination === value || (mount.name || mount.source) === value);
}

function isOnNetwork({ networks }: Container, value: string): boolean {
  return (
    networks.has(value) || [...networks.values()].some(({ settings }) => settings.NetworkID !== '' && settings.NetworkID.startsWith(value))
  );
}

/** Ids of images and of all that were built from them. */
function imagesBelow(containers: Containers, names: string[]): Set<string> {
  const { images } = containers.ports;
  const ids = new Set<string>();
  const add = (id: string): void => {
    if (ids.has(id)) return;
    ids.add(id);
    for (const child of images.store.children(id)) add(child.id);
  };
  for (const name of names) {
    const image = images.find(name);
    if (image) add(image.id);
  }
  return ids;
}

/** `80`, `80/udp`, `8000-8010`; undefined when there is no such filter. */
function portSet(key: string, values: string[]): Set<string> | undefined {
  if (values.length === 0) return undefined;
  const ports = new Set<string>();
  for (const value of values) {
    if (value.includes(':')) throw new EngineError('unknown', `filter for '${key}' should not contain ':': ${value}`);
    const [range = '', protocol = 'tcp'] = value.split('/');
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    if (from === undefined || Number(to) > 65535 || Number(to) < Number(from)) {
      throw new EngineError(
        'unknown',
        `error while looking up for ${key} ${value}: ${from === undefined ? 'invalid start port' : 'invalid range'} '${range}': invalid syntax`,
      );
    }
    for (let port = Number(from); port <= Number(to); port++) ports.add(`${port}/${protocol}`);
  }
  return ports;
}

function last<T>(list: T[]): T | undefined {
  return list.at(-1);
}
