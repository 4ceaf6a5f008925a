/**
 * Container networks of one node in the guest: devices, interfaces, published ports and name servers. GuestRuntime's part
 * for `network-plan.ts`; a container's start takes its operations from here into its one batch.
 */
import { EngineError } from '#engine/errors.ts';
import {
  type AnswerNames,
  type Bridge,
  type DefaultRoute,
  type EndpointPlan,
  type NetworkDevice,
  type NetworkSandbox,
  type Publication,
  type PublishedPort,
  PublishError,
} from '#engine/runtime/network-plan.ts';
import { StartError } from '#engine/runtime/runtime.ts';
import { AgentError, errnoWords } from '#emulator/agent/agent-error.ts';
import type { Channel } from '#emulator/agent/channel.ts';
import type { AgentClient, GuestConnection } from '#emulator/agent/client.ts';
import { mayFail, netlink, type Op, readFile, writeSetting } from '#emulator/agent/ops.ts';
import type { OpResults } from '#emulator/agent/op.ts';
import { bridgeRules, nameServerRules, publishRules, removeBridgeRules, removePublishRules } from './firewall.ts';
import { changeDefaultRoute, connectSandbox, type Device, type NumberedEndpoint, removeInterface } from './interfaces.ts';
import { NameServer, nameServerAddress, nameServerPort } from './name-server.ts';
import {
  deleteLink,
  NETLINK_NETFILTER,
  NETLINK_ROUTE,
  netlinkBatch,
  type NetlinkBatch,
  newAddress,
  newBridge,
  newDummy,
  newVlan,
  parseIp,
} from './netlink.ts';
import { relayToContainer } from './port-relay.ts';
import { removeSandbox, Sandboxes, type SandboxState } from './sandboxes.ts';

/** A running container's network, as it is kept and saved. */
export interface ContainerNetwork {
  /** Its own network namespace; undefined when it shares one. */
  sandbox: string | undefined;
  /** The network namespace its processes are in; undefined for the node's. */
  path: string | undefined;
  /** Index of each interface that was made, by name. */
  interfaces: [name: string, index: number][];
  /** Those of them that are part of a device of the node. */
  slaves: string[];
  /** Of its name server: a channel for datagrams, a listener for streams. */
  names?: { channel: number; listener: number };
}

/** As saved with a machine. */
export interface NetworksState {
  sandboxes: SandboxState;
  devices: [name: string, device: Device][];
  publications: [id: string, sockets: PublishedSockets][];
  nextLink: number;
}

/** What holds the ports of a publication. */
interface PublishedSockets {
  listeners: { id: number; address: string; port: number }[];
  /** Channels of UDP sockets. */
  bound: number[];
}

/** Indexes of devices that we make: bridges from here, pairs of containers above. Low ones are left to the kernel. */
const FIRST_DEVICE = 10;
const FIRST_VETH = 100;
/** In a container's namespace, after `lo`. */
const FIRST_INSIDE = 2;

export class NodeNetworks {
  readonly #agent: AgentClient;
  readonly #node: number;
  readonly #sandboxes: Sandboxes;
  readonly #devices: Map<string, Device>;
  readonly #publications: Map<string, PublishedSockets>;
  /** By container. */
  readonly #nameServers = new Map<string, { server: NameServer; channel: Channel; listener: number }>();
  #nextLink: number;
  #answer: AnswerNames = () => ({ kind: 'failure' });

  constructor(agent: AgentClient, node: number, saved?: NetworksState) {
    this.#agent = agent;
    this.#node = node;
    this.#sandboxes = new Sandboxes(agent, node, saved?.sandboxes);
    this.#devices = new Map(saved?.devices);
    this.#publications = new Map(saved?.publications);
    this.#nextLink = saved?.nextLink ?? FIRST_VETH;
    for (const { bound } of this.#publications.values())
      for (const id of bound) {
        const channel = agent.channel(id);
        if (channel) void discard(channel);
      }
  }

  /** Makes ready what every start uses. */
  prepare(): Promise<void> {
    return this.#sandboxes.refill();
  }

  save(): NetworksState {
    return {
      sandboxes: this.#sandboxes.save(),
      devices: [...this.#devices],
      publications: [...this.#publications],
      nextLink: this.#nextLink,
    };
  }

  answerNames(answer: AnswerNames): void {
    this.#answer = answer;
  }

  // --- containers ---

  /**
   * What a starting container needs. `undo` takes back what the operations do not make: to be called when they fail.
   *
   * @param networkOf another container's
   */
  join(
    containerId: string,
    plan: NetworkSandbox,
    networkOf: (containerId: string) => ContainerNetwork,
  ): { network: ContainerNetwork; ops: Op[]; undo: () => void } {
    const nothing = (): void => undefined;
    if (plan.kind === 'host')
      return { network: { sandbox: undefined, path: undefined, interfaces: [], slaves: [] }, ops: [], undo: nothing };
    if (plan.kind === 'container') {
      const { path } = networkOf(plan.containerId);
      return { network: { sandbox: undefined, path, interfaces: [], slaves: [] }, ops: [], undo: nothing };
    }
    // Before anything is taken that would have to be given back.
    const endpoints = plan.kind === 'own' ? plan.endpoints.map((endpoint, at) => this.#number(endpoint, FIRST_INSIDE + at)) : [];
    const { path, ops } = this.#sandboxes.take();
    const network: ContainerNetwork = { sandbox: path, path, interfaces: endpoints.map(interfaceOf), slaves: endpoints.flatMap(slaveOf) };
    const made = [...ops, ...connectSandbox(path, endpoints)];
    if (plan.kind !== 'own' || !plan.nameServer) return { network, ops: made, undo: nothing };
    const names = this.#newNameServer(containerId, network, path);
    return { network, ops: [...made, ...names.ops], undo: names.undo };
  }

  /** A container was started: another namespace is made ready. */
  refillSoon(): void {
    this.#sandboxes.refillSoon();
  }

  /** Goes on with the name server of a container of a saved machine. */
  resume(containerId: string, { names, path }: ContainerNetwork): void {
    const channel = names && this.#agent.channel(names.channel);
    if (names && channel && path !== undefined) this.#serve(containerId, path, channel, names.listener);
  }

  /** Ends a container's name server. Its interfaces go with its namespace. */
  leave(containerId: string, { sandbox, slaves }: ContainerNetwork): Op[] {
    const server = this.#nameServers.get(containerId);
    this.#nameServers.delete(containerId);
    server?.channel.abort();
    if (server) this.#agent.closeListener(server.listener);
    if (sandbox === undefined) return [];
    // The kernel takes its time with a namespace, and until then holds the devices that its interfaces are part of.
    return [...slaves.map((name) => mayFail(removeInterface(sandbox, name))), mayFail(removeSandbox(sandbox))];
  }

  async connect(network: ContainerNetwork, plan: EndpointPlan): Promise<void> {
    const path = ownNamespace(network);
    const endpoint = this.#number(plan, Math.max(FIRST_INSIDE - 1, ...network.interfaces.map(([, index]) => index)) + 1);
    await this.#batch(connectSandbox(path, [endpoint]));
    network.interfaces.push(interfaceOf(endpoint));
    network.slaves.push(...slaveOf(endpoint));
  }

  async disconnect(network: ContainerNetwork, interfaceName: string): Promise<void> {
    const path = ownNamespace(network);
    network.interfaces = network.interfaces.filter(([name]) => name !== interfaceName);
    network.slaves = network.slaves.filter((name) => name !== interfaceName);
    await this.#batch([removeInterface(path, interfaceName)]);
  }

  async setDefaultRoute(network: ContainerNetwork, route: { interfaceName: string; gateway: DefaultRoute } | undefined): Promise<void> {
    const index = network.interfaces.find(([name]) => name === route?.interfaceName)?.[1];
    await this.#batch(
      changeDefaultRoute(ownNamespace(network), route && index !== undefined ? { index, gateway: route.gateway } : undefined),
    );
  }

  async startNameServer(containerId: string, network: ContainerNetwork): Promise<void> {
    if (network.names) return;
    const { ops, undo } = this.#newNameServer(containerId, network, ownNamespace(network));
    try {
      await this.#batch(ops);
    } catch (error) {
      undo();
      throw error;
    }
  }

  #newNameServer(containerId: string, network: ContainerNetwork, namespace: string): { ops: Op[]; undo: () => void } {
    const target = { kind: 'tcp', address: nameServerAddress, port: nameServerPort } as const;
    const { channel, op } = this.#agent.newBound(nameServerAddress, nameServerPort, { namespace });
    const { id: listener, op: listen } = this.#agent.newListener(target, { namespace });
    network.names = { channel: channel.id, listener };
    this.#serve(containerId, namespace, channel, listener);
    return {
      ops: [op, listen, netlink(NETLINK_NETFILTER, namespace, nameServerRules(nameServerAddress.join('.'), nameServerPort))],
      undo: () => {
        delete network.names;
        this.leave(containerId, { ...network, sandbox: undefined });
      },
    };
  }

  #serve(containerId: string, namespace: string, channel: Channel, listener: number): void {
    const server = new NameServer({
      agent: this.#agent,
      node: this.#node,
      namespace,
      answer: (question) => this.#answer(containerId, question),
    });
    this.#nameServers.set(containerId, { server, channel, listener });
    void server.serveDatagrams(channel);
  }

  // --- devices ---

  async hasDevice(name: string): Promise<boolean> {
    return (await this.#indexOf(name)) !== undefined;
  }

  async createDevice(device: NetworkDevice): Promise<void> {
    if (this.#devices.has(device.name)) return;
    const index = this.#freeIndex();
    this.#devices.set(device.name, { index, ...(device.kind === 'bridge' && device.mtu !== undefined && { mtu: device.mtu }) });
    try {
      await this.#batch(
        device.kind === 'bridge' ? bridgeOps(device, index) : [netlink(NETLINK_ROUTE, '', await this.#newLink(device, index))],
      );
    } catch (error) {
      this.#devices.delete(device.name);
      if (!(error instanceof AgentError)) throw error;
      // The name may be another device's, or none that a device can have.
      throw new EngineError('unknown', `error creating ${device.kind} interface ${device.name}: ${error.message}`, { cause: error });
    }
  }

  async removeDevice(device: NetworkDevice): Promise<void> {
    if (!this.#devices.delete(device.name)) return;
    await this.#batch([
      ...(device.kind === 'bridge' ? [mayFail(netlink(NETLINK_NETFILTER, '', removeBridgeRules(device.name)))] : []),
      netlink(NETLINK_ROUTE, '', deleteLink(device.name)),
    ]);
  }

  async #newLink(device: Exclude<NetworkDevice, Bridge>, index: number): Promise<NetlinkBatch> {
    if (device.kind === 'dummy') return newDummy({ name: device.name, index });
    const parent = await this.#indexOf(device.parent);
    if (parent === undefined) throw new EngineError('unknown', `there is no interface ${device.parent}`);
    return newVlan({ name: device.name, index, parent, id: device.id });
  }

  /** Of any device of the node; those that are not ours are remembered, as the guest has none that come and go. */
  async #indexOf(name: string): Promise<number | undefined> {
    const known = this.#devices.get(name);
    if (known) return known.index;
    if (name === '' || name.includes('/') || name.startsWith('.')) return undefined;
    const [file] = await this.#batch([mayFail(readFile(`/sys/class/net/${name}/ifindex`, 16))]);
    if (!file) return undefined;
    const index = Number(new TextDecoder().decode(file));
    this.#devices.set(name, { index });
    return index;
  }

  #device(name: string): Device {
    const device = this.#devices.get(name);
    if (device === undefined) throw new StartError('other', `network device ${name} does not exist`);
    return device;
  }

  #number(plan: EndpointPlan, index: number): NumberedEndpoint {
    const { link } = plan;
    const outside = this.#nextLink++;
    // One that is made here, to be moved there, must not have the number of a device here.
    if (link.kind !== 'bridge') return { plan, device: this.#device(link.parent), index: outside, outside };
    return { plan, device: this.#device(link.bridge), index, outside };
  }

  /** Of networks that were removed, and past those kept for devices one from above. */
  #freeIndex(): number {
    const taken = new Set([...this.#devices.values()].map(({ index }) => index));
    let index = FIRST_DEVICE;
    while (taken.has(index)) index++;
    return index < FIRST_VETH ? index : this.#nextLink++;
  }

  // --- published ports ---

  async publish(publication: Publication): Promise<void> {
    const sockets: PublishedSockets = { listeners: [], bound: [] };
    this.#publications.set(publication.id, sockets);
    try {
      for (const port of listened(publication.ports)) await this.#hold(sockets, port);
      await this.#batch([netlink(NETLINK_NETFILTER, '', publishRules(publication))]);
    } catch (error) {
      this.#close(publication.id);
      throw error;
    }
  }

  async unpublish(id: string): Promise<void> {
    if (!this.#publications.has(id)) return;
    this.#close(id);
    await this.#batch([mayFail(netlink(NETLINK_NETFILTER, '', removePublishRules(id)))]);
  }

  /** A connection to a published port that the rules did not lead to its container, or a question to a name server. */
  take({ listener, channel }: GuestConnection): boolean {
    for (const { listeners } of this.#publications.values()) {
      const target = listeners.find(({ id }) => id === listener);
      if (!target) continue;
      void relayToContainer(this.#agent, this.#node, channel, { address: parseIp(target.address), port: target.port });
      return true;
    }
    for (const server of this.#nameServers.values()) {
      if (server.listener !== listener) continue;
      void server.server.serveStream(channel);
      return true;
    }
    return false;
  }

  /** Listens at a port, so that it is this container's and nobody else's. */
  async #hold(sockets: PublishedSockets, { socket, published }: { socket: string; published: PublishedPort }): Promise<void> {
    const { protocol, hostPort, address, port } = published;
    try {
      if (protocol === 'tcp') {
        const target = { kind: 'tcp', address: parseIp(socket), port: hostPort } as const;
        const { id } = await this.#agent.listen(this.#node, target);
        sockets.listeners.push({ id, address, port });
      } else {
        const channel = await this.#agent.bind(this.#node, parseIp(socket), hostPort);
        sockets.bound.push(channel.id);
        void discard(channel);
      }
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      throw new PublishError(published, errnoWords(error.code), { cause: error });
    }
  }

  #close(id: string): void {
    const sockets = this.#publications.get(id);
    this.#publications.delete(id);
    for (const listener of sockets?.listeners ?? []) this.#agent.closeListener(listener.id);
    for (const channel of sockets?.bound ?? []) this.#agent.channel(channel)?.abort();
  }

  #batch<const T extends readonly Op[]>(ops: T): Promise<OpResults<T>> {
    return this.#agent.batch({ node: this.#node }, ops);
  }
}

/**
 * Where to listen: a socket for all addresses of IPv6 takes those of IPv4 too, and a second one at the same port is refused.
 * Each is said with what it stands for.
 */
function listened(ports: readonly PublishedPort[]): { socket: string; published: PublishedPort }[] {
  return ports.flatMap((port) => {
    const alsoAt = (address: string): boolean =>
      ports.some((other) => other.hostAddress === address && other.protocol === port.protocol && other.hostPort === port.hostPort);
    if (port.hostAddress === '0.0.0.0' && alsoAt('::')) return { socket: '::', published: port };
    return port.hostAddress === '::' && alsoAt('0.0.0.0') ? [] : { socket: port.hostAddress, published: port };
  });
}

function bridgeOps(bridge: Bridge, index: number): Op[] {
  const { name, address, mtu } = bridge;
  const link = newBridge({ name, index, macAddress: bridgeMac(address ?? bridge.subnet), mtu });
  return [
    writeSetting('/proc/sys/net/ipv4/ip_forward', '1'),
    netlink(NETLINK_ROUTE, '', netlinkBatch(link, ...(address === undefined ? [] : [newAddress(index, address)]))),
    // Published ports are reached from the node itself by its loopback address.
    mayFail(writeSetting(`/proc/sys/net/ipv4/conf/${name}/route_localnet`, '1')),
    netlink(NETLINK_NETFILTER, '', bridgeRules(bridge)),
  ];
}

function interfaceOf({ plan, index }: NumberedEndpoint): [name: string, index: number] {
  return [plan.interfaceName, index];
}

function slaveOf({ plan }: NumberedEndpoint): string[] {
  return plan.link.kind === 'bridge' ? [] : [plan.interfaceName];
}

function ownNamespace({ sandbox }: ContainerNetwork): string {
  if (sandbox === undefined) throw new EngineError('unknown', 'the container has no network namespace of its own');
  return sandbox;
}

/** A bound socket that only holds its port: the rules lead its datagrams elsewhere. */
async function discard(channel: Channel): Promise<void> {
  try {
    for await (const datagram of channel.read()) void datagram;
  } catch {
    // It was closed.
  }
}

/** A bridge's hardware address, fixed by its IPv4 address as Docker does for endpoints. */
function bridgeMac(address: string): string {
  const [ip = ''] = address.split('/');
  return `02:42:${ip
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join(':')}`;
}
