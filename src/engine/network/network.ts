/** A container network and the endpoints on it: the records. Networks (networks.ts) decides; this only holds. */
import type { Ipam } from '../api/types/network.ts';
import type { EndpointLink, NetworkDevice } from '../runtime/network-plan.ts';
import { AddressPool } from './address-pool.ts';
import { bridgeDevice } from './bridge-options.ts';
import type { VlanOptions } from './vlan-options.ts';
import { parseIpv4, parsePrefix, type Prefix } from './ipv4.ts';

export type NetworkDriver = 'bridge' | 'macvlan' | 'ipvlan' | 'host' | 'null';

/** What is kept of a network: everything but its endpoints. */
export interface NetworkRecord {
  id: string;
  name: string;
  createdMs: number;
  driver: NetworkDriver;
  /** As the user gave it, with subnet and gateway filled in. */
  ipam: Ipam;
  /** True when the user named the subnet: only then may containers ask for addresses. */
  subnetChosen: boolean;
  enableIpv4: boolean;
  internal: boolean;
  attachable: boolean;
  /** As the user gave them. */
  options: Record<string, string>;
  labels: Record<string, string>;
  /** What a macvlan or ipvlan stands on; its own when it named no device that was there. */
  parent?: VlanOptions;
  /** Only kept for others to take their subnets and options from. */
  configOnly?: true;
  /** Name of the network that it took them from. */
  configFrom?: string;
}

export interface Endpoint {
  id: string;
  containerId: string;
  /** Without slash. */
  containerName: string;
  macAddress: string;
  /** Undefined on networks that give no addresses. */
  ipv4: number | undefined;
  /** What containers of this network find it by, in lower case; empty where there is no name server. */
  names: readonly string[];
  /** Names that only its own container uses for others of this network (`--link db:database`): in lower case, each with a name of the other. */
  aliases: ReadonlyMap<string, string>;
}

export class Network {
  readonly record: NetworkRecord;
  /** By endpoint id, in the order they joined. */
  readonly endpoints = new Map<string, Endpoint>();
  readonly pool: AddressPool | undefined;
  readonly gateway: number | undefined;

  constructor(record: NetworkRecord) {
    this.record = record;
    const config = record.ipam.Config?.[0];
    const subnet = config?.Subnet === undefined ? undefined : parsePrefix(config.Subnet);
    if (!config || !subnet || record.configOnly) return;
    this.pool = new AddressPool(subnet, config.IPRange === undefined ? subnet : parsePrefix(config.IPRange));
    this.gateway = parseIpv4((config.Gateway ?? '').split('/')[0] ?? '');
    if (this.gateway !== undefined) this.pool.reserve(this.gateway);
    for (const address of Object.values(config.AuxiliaryAddresses ?? {})) {
      const reserved = parseIpv4(address);
      if (reserved !== undefined) this.pool.reserve(reserved);
    }
  }

  get id(): string {
    return this.record.id;
  }

  get name(): string {
    return this.record.name;
  }

  get driver(): NetworkDriver {
    return this.record.driver;
  }

  get predefined(): boolean {
    return isPredefined(this.name);
  }

  get subnetChosen(): boolean {
    return this.record.subnetChosen;
  }

  get subnet(): Prefix | undefined {
    return this.pool?.subnet;
  }

  /** Gives containers a name server. */
  get named(): boolean {
    return (this.driver === 'bridge' || this.driver === 'macvlan' || this.driver === 'ipvlan') && !this.predefined;
  }

  /** What the node has for this network alone; undefined for networks that have nothing, or stand on a device of the node. */
  device(): NetworkDevice | undefined {
    const { driver, parent } = this.record;
    if (driver === 'macvlan' || driver === 'ipvlan') return parent?.device;
    return driver === 'bridge' && this.subnet ? bridgeDevice(this.id, this.record, this.subnet, this.gateway) : undefined;
  }

  /** How an interface is connected to it; undefined for networks that have none. */
  link(): EndpointLink | undefined {
    const { driver, parent } = this.record;
    if (parent && driver === 'macvlan') return { kind: 'macvlan', parent: parent.name, mode: parent.macvlanMode };
    if (parent && driver === 'ipvlan') return { kind: 'ipvlan', parent: parent.name, mode: parent.ipvlanMode, flag: parent.ipvlanFlag };
    const device = this.device();
    return device?.kind === 'bridge' ? { kind: 'bridge', bridge: device.name } : undefined;
  }

  /** Undefined where nothing is outside, or outside is not asked for an address. */
  get gatewayFor(): number | undefined {
    return this.record.internal ? undefined : this.gateway;
  }
}

export function isPredefined(name: string): boolean {
  return name === 'bridge' || name === 'host' || name === 'none' || name === 'default';
}
