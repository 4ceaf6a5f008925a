/**
 * What the engine asks of the guest for container networks: devices in the node, interfaces in a container's network
 * namespace, published ports, and names that containers look up. Part of the Runtime port.
 */

/** How a container is connected when it starts. */
export type NetworkSandbox =
  | { kind: 'none' }
  | { kind: 'host' }
  /** Shares another container's namespace. */
  | { kind: 'container'; containerId: string }
  | {
      kind: 'own';
      endpoints: EndpointPlan[];
      /** A name server answers at 127.0.0.11, see `Runtime.answerNames`. */
      nameServer?: boolean;
    };

/** One interface to put into a container's network namespace. */
export interface EndpointPlan {
  link: EndpointLink;
  /** Name inside the container: `eth0`, `eth1`, … */
  interfaceName: string;
  /** Empty for an ipvlan, which has its parent's. */
  macAddress: string;
  /** Address with prefix length: `172.17.0.2/16`. */
  ipv4: string;
  /** Default gateway when this endpoint provides it: an address, or the interface itself. */
  gateway?: DefaultRoute;
}

/** What the interface is the other end, or a part, of. */
export type EndpointLink =
  /** Bridge device in the node, e.g. `docker0` or `br-<12 hex>`. */
  | { kind: 'bridge'; bridge: string }
  | { kind: 'macvlan'; parent: string; mode: MacvlanMode }
  | { kind: 'ipvlan'; parent: string; mode: IpvlanMode; flag: IpvlanFlag };

export type MacvlanMode = 'bridge' | 'private' | 'vepa' | 'passthru';
export type IpvlanMode = 'l2' | 'l3' | 'l3s';
export type IpvlanFlag = 'bridge' | 'private' | 'vepa';

/** An address on the way out, or the interface itself when there is none to ask (ipvlan in layer 3). */
export type DefaultRoute = { via: string } | 'interface';

/** A device of the node that a network stands on. */
export type NetworkDevice =
  | Bridge
  /** `eth0.10`: the VLAN of that number on another device. */
  | { kind: 'vlan'; name: string; parent: string; id: number }
  /** Leads nowhere: a network without a parent. */
  | { kind: 'dummy'; name: string };

export interface Bridge {
  kind: 'bridge';
  /** Device name. */
  name: string;
  /** The bridge's own address with prefix length: `172.17.0.1/16`; undefined when the node takes no part in the network. */
  address: string | undefined;
  /** The network's subnet: `172.17.0.0/16`. */
  subnet: string;
  /** Nothing passes between this network and any other. */
  internal: boolean;
  /** Containers on it reach each other. */
  interContainer: boolean;
  /** Hides the subnet behind the node's address when its packets leave by another device. */
  masquerade: boolean;
  /** What is not published may be reached from outside all the same. */
  open: boolean;
  /** Undefined: the kernel's. */
  mtu?: number;
}

/** A container's port made reachable at the node. */
export interface PublishedPort {
  protocol: 'tcp' | 'udp';
  /** Where the node listens; `0.0.0.0` or `::` for all of its addresses. */
  hostAddress: string;
  hostPort: number;
  /** The container's address. */
  address: string;
  port: number;
}

/** The published ports of one endpoint. */
export interface Publication {
  /** Names it, for `unpublish`: the endpoint's id. */
  id: string;
  /** The bridge that the container is on. */
  bridge: string;
  ports: PublishedPort[];
}

/** Where a published port cannot be had. */
export class PublishError extends Error {
  override readonly name = 'PublishError';

  constructor(
    readonly port: PublishedPort,
    /** The operating system's words: `address already in use`. */
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** What a container's name server is asked: a name without its last dot. */
export interface NameQuestion {
  kind: 'address' | 'pointer' | 'other';
  name: string;
}

export type NameAnswer =
  /** In this order. */
  | { kind: 'addresses'; ipv4: string[] }
  | { kind: 'pointer'; name: string }
  /** The name is there, but has nothing of the kind. */
  | { kind: 'nothing' }
  /** Another name server has to be asked, one after the other until one answers. */
  | { kind: 'forward'; servers: string[] }
  /** There is nobody to ask. */
  | { kind: 'failure' };

/** @param containerId whose name server was asked */
export type AnswerNames = (containerId: string, question: NameQuestion) => NameAnswer;
