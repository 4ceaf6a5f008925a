/** `docker ps`: newest first, as the filters want it. Source: moby daemon/list.go. */
import type { ContainerSummary, Port } from '../api/types/container.ts';
import type { Filters } from '../filters.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { sizesOf } from './inspect.ts';
import { selectContainers } from './list-filters.ts';
import { linkNames } from './links.ts';
import { wireMount } from './mount.ts';
import { shownNetworks } from './shown-networks.ts';
import { statusText } from './status.ts';

export interface ListOptions {
  all: boolean;
  /** 0 or less: as many as there are; else the newest ones, running or not. */
  limit: number;
  size: boolean;
  filters: Filters;
}

export async function listContainers(containers: Containers, options: ListOptions): Promise<ContainerSummary[]> {
  const summaries: ContainerSummary[] = [];
  const known = { images: new Map<string, string>(), links: linkNames(containers) };
  for (const container of selectContainers(containers, options)) {
    const sizes = options.size ? await sizesOf(containers, container) : undefined;
    summaries.push(summaryOf(containers, container, sizes, known));
  }
  return summaries;
}

/** @param known what was looked up already: many containers have the same image */
function summaryOf(
  containers: Containers,
  container: Container,
  sizes: { writableBytes: number; totalBytes: number } | undefined,
  known: { images: Map<string, string>; links: Map<string, string[]> },
): ContainerSummary {
  const { config, hostConfig, state } = container;
  const annotations = hostConfig.Annotations;
  return {
    Id: container.id,
    Names: [`/${container.name}`, ...(known.links.get(container.id) ?? [])],
    Image: imageName(containers, container, known.images),
    ImageID: container.imageId,
    Command: commandText(container),
    Created: Math.floor(container.createdMs / 1000),
    Ports: portsOf(container),
    ...(sizes && sizes.writableBytes > 0 ? { SizeRw: sizes.writableBytes } : {}),
    ...(sizes && sizes.totalBytes > 0 ? { SizeRootFs: sizes.totalBytes } : {}),
    Labels: config.Labels ?? {},
    State: state.status,
    Status: statusText(container, containers.ports.clock.now()),
    HostConfig: { NetworkMode: hostConfig.NetworkMode, ...(annotations ? { Annotations: annotations } : {}) },
    NetworkSettings: { Networks: shownNetworks(container, containers.ports.release) },
    Mounts: container.mounts.map(wireMount),
  };
}

/** The name it was made from, unless that means another image by now. */
function imageName(containers: Containers, { config, imageId }: Container, known: Map<string, string>): string {
  const key = `${config.Image} ${imageId}`;
  let name = known.get(key);
  if (name === undefined) {
    name = config.Image === imageId || containers.ports.images.find(config.Image)?.id === imageId ? config.Image : imageId;
    known.set(key, name);
  }
  return name;
}

function commandText({ path, args }: Container): string {
  return [path, ...args.map((arg) => (arg.includes(' ') ? `'${arg}'` : arg))].join(' ');
}

function portsOf({ ports }: Container): Port[] {
  const list: Port[] = [];
  for (const [key, bindings] of Object.entries(ports)) {
    const [number = '0', type = 'tcp'] = key.split('/');
    const port: Port = { PrivatePort: Number(number), Type: type };
    if (!bindings || bindings.length === 0) list.push(port);
    for (const { HostIp, HostPort } of bindings ?? [])
      list.push({ IP: HostIp, PrivatePort: port.PrivatePort, PublicPort: Number(HostPort), Type: type });
  }
  return list;
}
