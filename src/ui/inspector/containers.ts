/** What is read out of a container's summary, and how containers are put together. */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { NetworkInspect } from '#engine/api/types/network.ts';

export interface Group {
  /** The network's name; empty for containers that are not running. */
  key: string;
  title: string;
  containers: ContainerSummary[];
}

/** Running containers by their first network, then those that have ended, not begun or gone. */
export function groupByNetwork(
  containers: readonly ContainerSummary[],
  gone: readonly ContainerSummary[],
  networks: readonly NetworkInspect[],
): Group[] {
  const groups: Group[] = [];
  const put = (key: string, container: ContainerSummary) => {
    let group = groups.find((one) => one.key === key);
    if (!group) {
      const subnet = networks.find((network) => network.Name === key)?.IPAM.Config?.[0]?.Subnet;
      group = { key, title: key === '' ? 'Not running' : [key, subnet].filter(Boolean).join(' '), containers: [] };
      groups.push(group);
    }
    group.containers.push(container);
  };
  const lives = (container: ContainerSummary) => ['running', 'paused', 'restarting'].includes(container.State);
  for (const container of containers) {
    if (!lives(container)) continue;
    const [name = container.HostConfig.NetworkMode ?? 'none'] = Object.keys(container.NetworkSettings.Networks);
    put(name, container);
  }
  for (const container of [...containers.filter((one) => !lives(one)), ...gone]) put('', container);
  return groups;
}

export function nameOfContainer(one: ContainerSummary): string {
  return one.Names[0]?.replace(/^\//, '') ?? one.Id.slice(0, 12);
}

/** From `Exited (1) 2 minutes ago`; undefined unless it has ended. */
export function exitCodeOf(one: ContainerSummary): number | undefined {
  const code = one.State === 'exited' ? /^Exited \((\d+)\)/.exec(one.Status)?.[1] : undefined;
  return code === undefined ? undefined : Number(code);
}

/** Published ports, else the address. */
export function where(one: ContainerSummary): string {
  const ports = [...new Set(one.Ports.filter((port) => port.PublicPort).map((port) => `:${port.PublicPort}`))];
  return ports.join(' ') || (Object.values(one.NetworkSettings.Networks)[0]?.IPAddress ?? '');
}
