/**
 * `--link` on the default bridge: the linked container's address in /etc/hosts, and variables that tell its ports and
 * environment. On other networks a link is a name that only this container uses, see `Endpoint.aliases`.
 * Source: moby daemon/links.go, daemon/links/links.go, daemon/container_operations_unix.go.
 */
import { EngineError } from '../errors.ts';
import type { HostsEntry } from '../network/etc-files.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { updateHost } from './hosts-file.ts';

export interface Link {
  /** Name or id of the other container, as it was given. */
  target: string;
  alias: string;
}

/** `db:database`, `db`, and what `inspect` shows: `/db:/web/database`. @throws EngineError `invalid-parameter` */
export function parseLink(text: string): Link {
  if (text === '') throw new EngineError('invalid-parameter', 'empty string specified for links');
  const parts = text.split(':');
  const [target = '', alias = target] = parts;
  if (parts.length > 2) throw new EngineError('invalid-parameter', `bad format for links: ${text}`);
  return { target: target.replace(/^\//, ''), alias: alias.slice(alias.lastIndexOf('/') + 1) };
}

/** Links count as such on the default bridge only. */
export function linksOf({ hostConfig }: Container): Link[] {
  return usesLinks(hostConfig.NetworkMode) ? (hostConfig.Links ?? []).map(parseLink) : [];
}

function usesLinks(mode: string): boolean {
  return mode === 'bridge' || mode === 'default' || mode === '';
}

/**
 * What is kept of links when a container is made: by id, as names change.
 *
 * @throws EngineError when there is no such container, or it cannot be linked to
 */
export function registeredLinks(containers: Containers, mode: string, links: readonly string[] | null): string[] | null {
  if (!links || !usesLinks(mode)) return null;
  return links.map((text) => {
    const { target, alias } = parseLink(text);
    const other = containers.find(target);
    if (!other) throw new EngineError('not-found', `could not get container for ${target}: No such container: ${target}`);
    if (other.hostConfig.NetworkMode === 'host')
      throw new EngineError(
        'invalid-parameter',
        "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
      );
    return `${other.id}:${alias}`;
  });
}

/** As `inspect` shows them: `/db:/web/database`. */
export function shownLinks(containers: Containers, container: Container): string[] | null {
  const links = linksOf(container).flatMap(({ target, alias }) => {
    const other = containers.find(target);
    return other ? [`/${other.name}:/${container.name}/${alias}`] : [];
  });
  return links.length > 0 ? links : null;
}

/** Lines for the containers that this one is linked to. */
export function linkedHosts(containers: Containers, container: Container): HostsEntry[] {
  return linksOf(container).map((link) => {
    const other = runningTarget(containers, container, link);
    const names = [link.alias, other.config.Hostname, ...(link.alias === other.name ? [] : [other.name])].filter(Boolean);
    return { address: addressOf(other), names: names.join(' ') };
  });
}

/** Variables that tell of the containers that this one is linked to. */
export function linkedEnvironment(containers: Containers, container: Container): string[] {
  return linksOf(container).flatMap((link) => {
    const other = runningTarget(containers, container, link);
    return environmentOf(container.name, link.alias, other);
  });
}

/** A container has an address: those that are linked to it are told. */
export function tellParents(containers: Containers, container: Container): void {
  const address = addressOf(container);
  if (address === '') return;
  for (const parent of containers.all()) {
    if (parent.state.status !== 'running' && parent.state.status !== 'paused') continue;
    for (const link of linksOf(parent))
      if (containers.find(link.target) === container) updateHost(containers.ports.storage, parent.id, link.alias, address);
  }
}

/** Names that containers have because others are linked to them, by id: `/web/db`. */
export function linkNames(containers: Containers): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const parent of containers.all()) {
    for (const { target, alias } of linksOf(parent)) {
      const other = containers.find(target);
      if (other) names.set(other.id, [...(names.get(other.id) ?? []), `/${parent.name}/${alias}`]);
    }
  }
  return names;
}

/** `docker rm --link /web/db`. @throws EngineError when there is no such link */
export function removeLink(containers: Containers, name: string): void {
  const [parentName = '', alias = '', ...more] = name.replace(/^\//, '').split('/');
  if (alias === '' || more.length > 0) throw new EngineError('unknown', 'Conflict, cannot remove the default link name of the container');
  const parent = containers.find(parentName);
  const links = parent ? linksOf(parent) : [];
  if (!parent || !links.some((link) => link.alias === alias))
    throw new EngineError('unknown', `Cannot get parent /${parentName} for link ${name}`);
  parent.hostConfig.Links = (parent.hostConfig.Links ?? []).filter((text) => parseLink(text).alias !== alias);
  containers.save(parent);
}

function runningTarget(containers: Containers, container: Container, { target, alias }: Link): Container {
  const other = containers.find(target);
  if (!other) throw new EngineError('not-found', `could not get container for ${target}: No such container: ${target}`);
  if (other.state.status !== 'running' && other.state.status !== 'paused')
    throw new EngineError('unknown', `Cannot link to a non running container: /${other.name} AS /${container.name}/${alias}`);
  if (addressOf(other) === '')
    throw new EngineError('unknown', `Cannot link to /${other.name}, as it does not belong to the default network`);
  return other;
}

function addressOf({ networks }: Container): string {
  return networks.get('bridge')?.settings.IPAddress ?? '';
}

function environmentOf(parentName: string, alias: string, other: Container): string[] {
  const address = addressOf(other);
  const prefix = alias.replaceAll('-', '_').toUpperCase();
  const ports = Object.keys(other.config.ExposedPorts ?? {})
    .map((key) => {
      const [port = '', protocol = 'tcp'] = key.split('/');
      return { port: Number(port), protocol };
    })
    .sort((a, b) => a.port - b.port || (a.protocol === 'tcp' ? -1 : 1));
  const environment: string[] = [];
  const [first] = ports;
  if (first) environment.push(`${prefix}_PORT=${first.protocol}://${address}:${first.port}`);
  for (const { port, protocol } of ports) {
    const name = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    environment.push(
      `${name}=${protocol}://${address}:${port}`,
      `${name}_ADDR=${address}`,
      `${name}_PORT=${port}`,
      `${name}_PROTO=${protocol}`,
    );
  }
  environment.push(`${prefix}_NAME=/${parentName}/${alias}`);
  for (const pair of other.config.Env ?? []) {
    const [name = '', ...value] = pair.split('=');
    if (value.length > 0 && name !== 'HOME' && name !== 'PATH') environment.push(`${prefix}_ENV_${name}=${value.join('=')}`);
  }
  return environment;
}
