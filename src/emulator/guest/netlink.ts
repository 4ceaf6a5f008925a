/**
 * Netlink messages as bytes. The agent sends them unread in the right network namespace, so that all
 * knowledge of links, addresses and rules stays here, and several changes cost one system call.
 * Source: linux/netlink.h, linux/rtnetlink.h, linux/if_link.h, linux/veth.h of Linux 6.1.
 */

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

export const NLM_F_REQUEST = 1;
export const NLM_F_ACK = 4;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_AF_SPEC = 26;
const IFLA_NET_NS_FD = 28;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const IN6_ADDR_GEN_MODE_NONE = 1;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const IFLA_VLAN_ID = 1;
const IFLA_MACVLAN_MODE = 1;
const IFLA_IPVLAN_MODE = 1;
const IFLA_IPVLAN_FLAGS = 2;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const RTA_GATEWAY = 5;
const RTA_OIF = 4;
const AF_INET = 2;
const AF_INET6 = 10;
const IFF_UP = 1;
const IFA_F_NODAD = 2;

/** One or more messages, with the places where the agent puts the number of a descriptor it opened. */
export interface NetlinkBatch {
  bytes: Uint8Array;
  /** At `offset`, four bytes become the descriptor of `path`. */
  descriptors: { offset: number; path: string }[];
}

interface Attribute {
  bytes: Uint8Array;
  descriptors: { offset: number; path: string }[];
}

/** Joins messages that go to one namespace. */
export function netlinkBatch(...messages: NetlinkBatch[]): NetlinkBatch {
  return join(messages);
}

/** A bridge device with its index and hardware address chosen by us, brought up. */
export function newBridge(link: { name: string; index: number; macAddress: string; mtu?: number }): NetlinkBatch {
  return newLink(link, 'bridge', [data(IFLA_ADDRESS, parseMac(link.macAddress)), ...mtuOf(link)]);
}

/** `eth0.10` on the device with index `parent`, brought up. */
export function newVlan(link: { name: string; index: number; parent: number; id: number }): NetlinkBatch {
  return newLink(link, 'vlan', [number(IFLA_LINK, link.parent)], [short(IFLA_VLAN_ID, link.id)]);
}

/** A device that leads nowhere, brought up. */
export function newDummy(link: { name: string; index: number }): NetlinkBatch {
  return newLink(link, 'dummy', []);
}

/**
 * A veth pair: one end here, up and in the bridge with index `master`; the other, with its final name,
 * address and index, in the namespace at `peer.namespace`.
 */
export function newVeth(link: { name: string; index: number; master: number; mtu?: number; peer: InterfaceInside }): NetlinkBatch {
  const peer = nested(VETH_INFO_PEER, [
    linkHeader(link.peer.index, false),
    text(IFLA_IFNAME, link.peer.name),
    data(IFLA_ADDRESS, parseMac(link.peer.macAddress)),
    ...mtuOf(link),
    descriptor(IFLA_NET_NS_FD, link.peer.namespace),
  ]);
  return newLink(link, 'veth', [number(IFLA_MASTER, link.master), ...mtuOf(link)], [peer]);
}

/** An interface of a container, as it will be in the namespace. */
export interface InterfaceInside {
  name: string;
  index: number;
  /** Empty: the kernel's choice. */
  macAddress: string;
  namespace: string;
}

const macvlanModes = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;
const ipvlanModes = { l2: 0, l3: 1, l3s: 2 } as const;
const ipvlanFlags = { bridge: 0, private: 1, vepa: 2 } as const;

/** An interface with an address of its own on the network of the device with index `parent`. */
export function newMacvlan(inside: InterfaceInside, parent: number, mode: keyof typeof macvlanModes): NetlinkBatch {
  return newInside(inside, parent, 'macvlan', [number(IFLA_MACVLAN_MODE, macvlanModes[mode])]);
}

/** The same with the hardware address of its parent. */
export function newIpvlan(
  inside: InterfaceInside,
  parent: number,
  mode: keyof typeof ipvlanModes,
  flag: keyof typeof ipvlanFlags,
): NetlinkBatch {
  return newInside(inside, parent, 'ipvlan', [short(IFLA_IPVLAN_MODE, ipvlanModes[mode]), short(IFLA_IPVLAN_FLAGS, ipvlanFlags[flag])]);
}

function newInside(inside: InterfaceInside, parent: number, kind: string, info: Attribute[]): NetlinkBatch {
  return message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, [
    linkHeader(inside.index, false),
    text(IFLA_IFNAME, inside.name),
    ...(inside.macAddress === '' ? [] : [data(IFLA_ADDRESS, parseMac(inside.macAddress))]),
    number(IFLA_LINK, parent),
    descriptor(IFLA_NET_NS_FD, inside.namespace),
    nested(IFLA_LINKINFO, [text(IFLA_INFO_KIND, kind), nested(IFLA_INFO_DATA, info)]),
  ]);
}

/** A device of the node, brought up. */
function newLink(link: { name: string; index: number }, kind: string, attributes: Attribute[], info: Attribute[] = []): NetlinkBatch {
  return message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, [
    linkHeader(link.index, true),
    text(IFLA_IFNAME, link.name),
    ...attributes,
    nested(IFLA_LINKINFO, [text(IFLA_INFO_KIND, kind), ...(info.length > 0 ? [nested(IFLA_INFO_DATA, info)] : [])]),
  ]);
}

function mtuOf({ mtu }: { mtu?: number }): Attribute[] {
  return mtu === undefined ? [] : [number(IFLA_MTU, mtu)];
}

/** Keeps an interface from making itself an address of IPv6 when it is brought up. */
export function withoutIpv6(index: number): NetlinkBatch {
  const ipv6 = nested(AF_INET6, [data(IFLA_INET6_ADDR_GEN_MODE, Uint8Array.of(IN6_ADDR_GEN_MODE_NONE))]);
  return message(RTM_NEWLINK, 0, [linkHeader(index, false), nested(IFLA_AF_SPEC, [ipv6])]);
}

export function linkUp(index: number): NetlinkBatch {
  return message(RTM_NEWLINK, 0, [linkHeader(index, true)]);
}

export function deleteLink(name: string): NetlinkBatch {
  return message(RTM_DELLINK, 0, [linkHeader(0, false), text(IFLA_IFNAME, name)]);
}

/** An address such as `172.17.0.2/16`, with its broadcast address for IPv4 and without waiting for duplicates for IPv6. */
export function newAddress(index: number, address: string): NetlinkBatch {
  const { ip, prefix } = parsePrefix(address);
  const v6 = ip.length === 16;
  const header = new Uint8Array(8);
  header[0] = v6 ? AF_INET6 : AF_INET;
  header[1] = prefix;
  header[2] = v6 ? IFA_F_NODAD : 0;
  new DataView(header.buffer).setUint32(4, index, true);
  const attributes = [plain(header), data(IFA_LOCAL, ip), data(IFA_ADDRESS, ip)];
  if (!v6) attributes.push(data(IFA_BROADCAST, broadcast(ip, prefix)));
  return message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, attributes);
}

/** The default route of a namespace: by a gateway, or all at the interface itself. */
export function defaultRoute(index: number, gateway: string | undefined): NetlinkBatch {
  const ip = gateway === undefined ? undefined : parseIp(gateway);
  const scope = ip ? SCOPE_UNIVERSE : SCOPE_LINK;
  const header = routeHeader(ip?.length === 16 ? AF_INET6 : AF_INET, scope);
  return message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, [header, ...(ip ? [data(RTA_GATEWAY, ip)] : []), number(RTA_OIF, index)]);
}

/** Takes the IPv4 default route away. Fails with ESRCH when there is none. */
export function deleteDefaultRoute(): NetlinkBatch {
  return message(RTM_DELROUTE, 0, [routeHeader(AF_INET, SCOPE_NOWHERE)]);
}

const SCOPE_UNIVERSE = 0;
const SCOPE_LINK = 253;
/** Of whatever scope it is. */
const SCOPE_NOWHERE = 255;

function routeHeader(family: number, scope: number): Attribute {
  const header = new Uint8Array(12);
  header.set([family, 0, 0, 0, 254 /* main table */, 3 /* boot */, scope, 1 /* unicast */]);
  return plain(header);
}

/** A message of any family: header with REQUEST and ACK set, then its parts. */
export function message(type: number, flags: number, parts: Attribute[]): NetlinkBatch {
  const body = join(parts);
  const bytes = new Uint8Array(16 + body.bytes.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_ACK | flags, true);
  bytes.set(body.bytes, 16);
  return { bytes, descriptors: body.descriptors.map((at) => ({ ...at, offset: at.offset + 16 })) };
}

export function plain(bytes: Uint8Array): Attribute {
  return { bytes: padded(bytes), descriptors: [] };
}

export function data(type: number, value: Uint8Array): Attribute {
  const bytes = new Uint8Array(4 + value.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.length, true);
  view.setUint16(2, type, true);
  bytes.set(value, 4);
  return { bytes: padded(bytes), descriptors: [] };
}

export function text(type: number, value: string): Attribute {
  return data(type, new TextEncoder().encode(`${value}\0`));
}

/** A 32-bit value in the machine's byte order. */
export function number(type: number, value: number): Attribute {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return data(type, bytes);
}

/** A 16-bit value in the machine's byte order. */
function short(type: number, value: number): Attribute {
  return data(type, Uint8Array.of(value & 0xff, value >> 8));
}

/** A 32-bit value in network byte order, as nf_tables wants. */
export function numberBig(type: number, value: number): Attribute {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, false);
  return data(type, bytes);
}

export function nested(type: number, parts: Attribute[]): Attribute {
  const body = join(parts);
  const out = data(type | 0x8000, body.bytes);
  return { bytes: out.bytes, descriptors: body.descriptors.map((at) => ({ ...at, offset: at.offset + 4 })) };
}

function descriptor(type: number, path: string): Attribute {
  return { bytes: number(type, 0).bytes, descriptors: [{ offset: 4, path }] };
}

function linkHeader(index: number, up: boolean): Attribute {
  const header = new Uint8Array(16);
  const view = new DataView(header.buffer);
  view.setInt32(4, index, true);
  if (up) {
    view.setUint32(8, IFF_UP, true);
    view.setUint32(12, IFF_UP, true);
  }
  return plain(header);
}

function join(parts: Attribute[]): Attribute {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.bytes.length, 0));
  const descriptors: Attribute['descriptors'] = [];
  let offset = 0;
  for (const part of parts) {
    bytes.set(part.bytes, offset);
    for (const at of part.descriptors) descriptors.push({ ...at, offset: at.offset + offset });
    offset += part.bytes.length;
  }
  return { bytes, descriptors };
}

function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes;
  const out = new Uint8Array((bytes.length + 3) & ~3);
  out.set(bytes);
  return out;
}

export function parseMac(mac: string): Uint8Array {
  return Uint8Array.from(mac.split(':'), (part) => parseInt(part, 16));
}

export function parsePrefix(address: string): { ip: Uint8Array; prefix: number } {
  const [ip = '', prefix] = address.split('/');
  const bytes = parseIp(ip);
  return { ip: bytes, prefix: prefix === undefined ? bytes.length * 8 : Number(prefix) };
}

/** 4 or 16 bytes, network order. */
export function parseIp(ip: string): Uint8Array {
  if (!ip.includes(':')) return Uint8Array.from(ip.split('.'), Number);
  const [head = '', tail] = ip.split('::');
  const words = (part: string): number[] => (part ? part.split(':').map((word) => parseInt(word, 16)) : []);
  const before = words(head);
  const after = tail === undefined ? [] : words(tail);
  const all = [...before, ...new Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after];
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

function broadcast(ip: Uint8Array, prefix: number): Uint8Array {
  return ip.map((byte, at) => {
    const hostBits = Math.min(8, Math.max(0, (at + 1) * 8 - prefix));
    return byte | ((1 << hostBits) - 1);
  });
}
