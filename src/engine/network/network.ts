/** A container network and the endpoints on it: the records. Networks (networks.ts) decides; this only holds. */
import type { Ipam } from '../api/types/network.ts';
import type { Bridge } from '../runtime/runtime.ts';
import { AddressPool } from './address-pool.ts';
import { formatIpv4, masked, parseIpv4, parsePrefix, type Prefix } from './ipv4.ts';

export type NetworkDriver = 'bridge' | 'host' | 'null';

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
  options: Record<string, string>;
  labels: Record<string, string>;
}

export interface Endpoint {
  id: string;
  containerId: string;
  /** Without slash. */
  containerName: string;
  macAddress: string;
  /** Undefined on networks that give no addresses. */
  ipv4: number | undefined;
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
    if (!config || !subnet || record.driver !== 'bridge') return;
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

  /** The device in the node; undefined for networks that have none. */
  bridge(): Bridge | undefined {
    const subnet = this.subnet;
    if (!subnet || this.gateway === undefined) return undefined;
    return {
      name: this.record.options['com.docker.network.bridge.name'] ?? `br-${this.id.slice(0, 12)}`,
      address: `${formatIpv4(this.gateway)}/${subnet.bits}`,
      subnet: `${formatIpv4(masked(subnet).address)}/${subnet.bits}`,
      internal: this.record.internal,
    };
  }
}

export function isPredefined(name: string): boolean {
  return name === 'bridge' || name === 'host' || name === 'none' || name === 'default';
}
