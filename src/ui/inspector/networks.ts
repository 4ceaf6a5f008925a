/** Networks and volumes, each with the containers on it: put together from what the Engine API lists. */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { NetworkInspect } from '#engine/api/types/network.ts';
import type { Volume } from '#engine/api/types/volume.ts';
import { nameOfContainer } from './containers.ts';

export interface Member {
  container: ContainerSummary;
  name: string;
  /** Empty while it does not run. */
  address: string;
  aliases: string[];
}

export interface NetworkView {
  id: string;
  name: string;
  driver: string;
  subnet: string;
  gateway: string;
  members: Member[];
}

export interface VolumeView {
  name: string;
  driver: string;
  /** Undefined where the driver does not tell. */
  sizeBytes: number | undefined;
  users: ContainerSummary[];
}

/** The networks people made come first, then Docker's own. */
export function networkViews(networks: readonly NetworkInspect[], containers: readonly ContainerSummary[]): NetworkView[] {
  const predefined = ['bridge', 'host', 'none'];
  const rank = ({ Name }: NetworkInspect) => predefined.indexOf(Name);
  return networks
    .toSorted((a, b) => rank(a) - rank(b) || a.Name.localeCompare(b.Name))
    .map((network) => {
      const config = network.IPAM.Config?.[0];
      return {
        id: network.Id,
        name: network.Name,
        driver: network.Driver,
        subnet: config?.Subnet ?? '',
        gateway: config?.Gateway ?? '',
        members: containers.flatMap((container) => memberOf(container, network.Name)),
      };
    });
}

function memberOf(container: ContainerSummary, network: string): Member[] {
  const endpoint = container.NetworkSettings.Networks[network];
  if (!endpoint || container.State === 'exited' || container.State === 'dead') return [];
  const name = nameOfContainer(container);
  const aliases = [...new Set([...(endpoint.Aliases ?? []), ...(endpoint.DNSNames ?? [])])];
  return [
    { container, name, address: endpoint.IPAddress, aliases: aliases.filter((alias) => alias !== name && !container.Id.startsWith(alias)) },
  ];
}

export function volumeViews(volumes: readonly Volume[], containers: readonly ContainerSummary[]): VolumeView[] {
  return volumes
    .toSorted((a, b) => a.Name.localeCompare(b.Name))
    .map(({ Name, Driver, UsageData }) => ({
      name: Name,
      driver: Driver,
      sizeBytes: UsageData && UsageData.Size >= 0 ? UsageData.Size : undefined,
      users: containers.filter(({ Mounts }) => Mounts.some((mount) => mount.Type === 'volume' && mount.Name === Name)),
    }));
}
