/**
 * The networks of a node: finds them, makes and removes them, and gives containers their endpoints. What the
 * guest must do (bridge devices) goes through the Runtime; records are files, endpoints live as long as their container runs.
 */
import type { EndpointSettings } from '../api/types/network.ts';
import { assert } from '../assert.ts';
import { EngineError } from '../errors.ts';
import type { Events } from '../events.ts';
import { newId } from '../id.ts';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { Semaphore } from '../semaphore.ts';
import type { Storage } from '../storage.ts';
import type { AddressPools } from './default-subnets.ts';
import { HostPorts } from './host-ports.ts';
import type { NetworkDevice } from '../runtime/network-plan.ts';
import { formatIpv4, formatPrefix, masked, parseIpv4, parsePrefix } from './ipv4.ts';
import { macOf, randomMac } from './mac-address.ts';
import { type Endpoint, Network, type NetworkRecord } from './network.ts';

export interface NetworkPorts {
  runtime: Runtime;
  storage: Storage;
  clock: Clock;
  random: Random;
  events: Events;
  /** Subnets of the node's own devices, which no network gets that did not ask for one. */
  hostSubnets?: readonly string[];
  /** Where subnets come from that nobody chose; left out: Docker's. */
  pools?: AddressPools | undefined;
  /** What the daemon wants of docker0; left out: Docker's. */
  defaultBridge?: DefaultBridge;
}

export interface DefaultBridge {
  /** Its address with the prefix: `172.17.0.1/16`. */
  address: string | undefined;
  interContainer: boolean;
}

/** Docker keeps a database file of its own format there. */
const recordsPath = 'network/files/networks.json';

export class Networks {
  readonly ports: NetworkPorts;
  /** One network is made or removed at a time. */
  readonly changing = new Semaphore(1);
  /** Which ports of the node are taken by containers. */
  readonly hostPorts = new HostPorts();
  readonly #networks = new Map<string, Network>();
  /** A device that is in the way of the one that is wanted now. */
  #replaced: NetworkDevice | undefined;

  /** The networks that Storage has, and the three that every host has. */
  constructor(ports: NetworkPorts) {
    this.ports = ports;
    const bytes = ports.storage.read(recordsPath);
    if (bytes)
      for (const record of JSON.parse(new TextDecoder().decode(bytes)) as NetworkRecord[])
        this.#networks.set(record.id, new Network(record));
    for (const record of predefinedRecords(ports)) {
      const known = this.all().find((network) => network.name === record.name);
      if (!known) this.#networks.set(record.id, new Network(record));
      else if (JSON.stringify([known.record.ipam, known.record.options]) !== JSON.stringify([record.ipam, record.options])) {
        // The daemon wants another docker0 than it had before.
        this.#replaced = known.device();
        this.#networks.set(known.id, new Network({ ...record, id: known.id, createdMs: known.record.createdMs }));
      }
    }
    this.save();
  }

  /** Makes the networks' devices in the guest; to be called when the node starts. */
  async start(): Promise<void> {
    if (this.#replaced) await this.ports.runtime.removeDevice(this.#replaced);
    this.#replaced = undefined;
    for (const network of this.#networks.values()) {
      const device = network.device();
      if (device) await this.ports.runtime.createDevice(device);
    }
  }

  all(): Network[] {
    return [...this.#networks.values()];
  }

  /**
   * The network that a name, an id or the beginning of one means.
   *
   * @throws EngineError `not-found`: `network web not found`
   */
  resolve(term: string): Network {
    const exact = this.#networks.get(term);
    if (exact) return exact;
    const named = this.all().filter((network) => network.name === term);
    const [first] = named;
    if (first && named.length === 1) return first;
    const prefixed = term === '' ? [] : this.all().filter((network) => network.id.startsWith(term));
    const [only, ...others] = prefixed;
    if (only && others.length === 0) return only;
    if (only)
      throw new EngineError('invalid-parameter', `network ${term} is ambiguous (${prefixed.length} matches found based on ID prefix)`);
    throw new EngineError('not-found', `network ${term} not found`);
  }

  find(term: string): Network | undefined {
    try {
      return this.resolve(term);
    } catch {
      return undefined;
    }
  }

  add(network: Network): void {
    assert(!this.#networks.has(network.id), 'network ids are new');
    this.#networks.set(network.id, network);
    try {
      this.save();
    } catch (error) {
      this.#networks.delete(network.id);
      throw error;
    }
  }

  delete(network: Network): void {
    this.#networks.delete(network.id);
    this.save();
  }

  /** Puts a container onto a network: takes an address and makes up a hardware address where none was asked for. */
  connect(network: Network, container: { id: string; name: string }, wanted: Partial<EndpointSettings>, desiredMac = ''): Endpoint {
    const { random } = this.ports;
    const requested = wanted.IPAMConfig?.IPv4Address ?? '';
    let ipv4: number | undefined;
    if (network.pool) {
      if (requested === '') ipv4 = this.#allocate(network);
      else network.pool.reserve((ipv4 = parseIpv4(requested) as number));
    }
    const endpoint: Endpoint = {
      id: newId(random),
      containerId: container.id,
      containerName: container.name,
      macAddress: network.driver === 'bridge' || network.driver === 'macvlan' ? desiredMac || macFor(network, ipv4, random) : '',
      ipv4,
      names: [],
      aliases: new Map(),
    };
    network.endpoints.set(endpoint.id, endpoint);
    return endpoint;
  }

  /** Takes a container off a network. @returns false when it was not on it */
  disconnect(network: Network, endpointId: string): boolean {
    const endpoint = network.endpoints.get(endpointId);
    if (!endpoint) return false;
    network.endpoints.delete(endpointId);
    if (endpoint.ipv4 !== undefined) network.pool?.release(endpoint.ipv4);
    return true;
  }

  logEvent(action: 'connect' | 'disconnect', network: Network, containerId: string): void {
    this.ports.events.log('network', action, network.id, { container: containerId, name: network.name, type: network.driver });
  }

  /** Puts back the endpoint of a container that kept running while the engine was away. */
  restore(network: Network, endpoint: Endpoint): void {
    if (network.endpoints.has(endpoint.id)) return;
    if (endpoint.ipv4 !== undefined) network.pool?.reserve(endpoint.ipv4);
    network.endpoints.set(endpoint.id, endpoint);
  }

  #allocate(network: Network): number {
    try {
      return network.pool?.allocate() as number;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw new EngineError('unavailable', `${error.message}: ${network.name} (${network.id})`);
    }
  }

  save(): void {
    const records = this.all().map((network) => network.record);
    this.ports.storage.write(recordsPath, new TextEncoder().encode(JSON.stringify(records)), 0o600);
  }

  describe(): string {
    return this.all()
      .map((network) => {
        const endpoints = [...network.endpoints.values()].map(
          (endpoint) => `${endpoint.containerName}=${endpoint.ipv4 === undefined ? '-' : formatIpv4(endpoint.ipv4)}`,
        );
        return [
          network.id.slice(0, 12),
          network.name,
          network.driver,
          network.subnet ? formatPrefix(network.subnet) : '-',
          ...endpoints,
        ].join(' ');
      })
      .join('\n');
  }
}

function macFor({ id }: Network, ipv4: number | undefined, random: Random): string {
  return ipv4 === undefined ? randomMac(random) : macOf(id, ipv4);
}

function predefinedRecords({ random, clock, defaultBridge }: NetworkPorts): NetworkRecord[] {
  const address = parsePrefix(defaultBridge?.address ?? '172.17.0.1/16') ?? { address: 0, bits: 0 };
  const common = { createdMs: clock.now(), subnetChosen: false, enableIpv4: true, internal: false, attachable: false, labels: {} };
  const bridge: NetworkRecord = {
    ...common,
    id: newId(random),
    name: 'bridge',
    driver: 'bridge',
    ipam: { Driver: 'default', Options: null, Config: [{ Subnet: formatPrefix(masked(address)), Gateway: formatIpv4(address.address) }] },
    options: {
      'com.docker.network.bridge.default_bridge': 'true',
      'com.docker.network.bridge.enable_icc': String(defaultBridge?.interContainer ?? true),
      'com.docker.network.bridge.enable_ip_masquerade': 'true',
      'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
      'com.docker.network.bridge.name': 'docker0',
      'com.docker.network.driver.mtu': '1500',
    },
  };
  const without = { ipam: { Driver: 'default', Options: null, Config: null }, options: {} };
  return [
    bridge,
    { ...common, ...without, id: newId(random), name: 'host', driver: 'host' },
    { ...common, ...without, id: newId(random), name: 'none', driver: 'null' },
  ];
}
