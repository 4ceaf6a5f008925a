/**
 * nf_tables rules as netlink messages: tables, chains, rules, and the few expressions that container networks need.
 * Which rules there are is firewall.ts's business.
 * Source: linux/netfilter/nf_tables.h and nfnetlink.h of Linux 6.1.
 */
import {
  data,
  message,
  nested,
  netlinkBatch,
  type NetlinkBatch,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_REQUEST,
  number,
  numberBig,
  parsePrefix,
  plain,
  text,
} from './netlink.ts';

const NFNL_SUBSYS_NFTABLES = 10;
const BATCH_BEGIN = 16;
const BATCH_END = 17;
const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_DELTABLE = 2;
const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_NEWRULE = 6;
const NFPROTO_IPV4 = 2;

const NFT_REG_VERDICT = 0;
const NFT_REG_1 = 1;
const NFT_REG_2 = 2;
const NFT_CMP_EQ = 0;
const NFT_CMP_NEQ = 1;
const NFT_META_IIFNAME = 6;
const NFT_META_OIFNAME = 7;
const NFT_META_L4PROTO = 16;
const NFT_PAYLOAD_NETWORK_HEADER = 1;
const NFT_PAYLOAD_TRANSPORT_HEADER = 2;
const IPV4_SOURCE_OFFSET = 12;
const IPV4_DESTINATION_OFFSET = 16;
const DESTINATION_PORT_OFFSET = 2;
const NFT_FIB_RESULT_ADDRTYPE = 3;
const NFTA_FIB_F_DADDR = 2;
const RTN_LOCAL = 2;
const NFT_CT_STATE = 0;
const NFT_CT_STATUS = 2;
/** Of `ct state`. */
const ESTABLISHED_OR_RELATED = 2 | 4;
/** Of `ct status`: its destination was translated. */
const IPS_DST_NAT = 1 << 5;
const NF_DROP = 0;
const NF_ACCEPT = 1;
const NFT_NAT_DNAT = 1;

type Attribute = ReturnType<typeof data>;

/** One or more expressions of a rule, evaluated in order: the rule goes on while each holds. */
export type Expressions = Attribute[];

export interface Chain {
  name: string;
  type: 'nat' | 'filter';
  hook: keyof typeof hooks;
  priority: number;
  rules: Expressions[];
}

const hooks = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;

export const priority = { destination: -100, filter: 0, source: 100 } as const;

/** Makes a table of our own with chains and rules, all at once or not at all. */
export function newTable(table: string, chains: readonly Chain[]): NetlinkBatch {
  return transaction(
    command(NFT_MSG_NEWTABLE, NLM_F_CREATE, [text(1, table)]),
    ...chains.flatMap((chain) => [
      command(NFT_MSG_NEWCHAIN, NLM_F_CREATE, [
        text(1, table),
        text(3, chain.name),
        nested(4, [numberBig(1, hooks[chain.hook]), numberBig(2, chain.priority)]),
        text(7, chain.type),
      ]),
      ...chain.rules.map((rule) =>
        command(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, [text(1, table), text(2, chain.name), nested(4, rule)]),
      ),
    ]),
  );
}

export function deleteTable(table: string): NetlinkBatch {
  return transaction(command(NFT_MSG_DELTABLE, 0, [text(1, table)]));
}

/** The packet came in by this device, or did not. */
export function cameBy(device: string, not = false): Expressions {
  return [meta(NFT_META_IIFNAME), compare(not ? NFT_CMP_NEQ : NFT_CMP_EQ, deviceName(device))];
}

/** The packet leaves by this device, or does not. */
export function leavesBy(device: string, not = false): Expressions {
  return [meta(NFT_META_OIFNAME), compare(not ? NFT_CMP_NEQ : NFT_CMP_EQ, deviceName(device))];
}

/** @param prefix e.g. `172.17.0.0/16` or an address */
export function from(prefix: string): Expressions {
  return inPrefix(IPV4_SOURCE_OFFSET, prefix);
}

export function to(prefix: string): Expressions {
  return inPrefix(IPV4_DESTINATION_OFFSET, prefix);
}

/** The packet is for an address of the node itself. */
export function toLocal(): Expressions {
  const fib = expression('fib', [numberBig(1, NFT_REG_1), numberBig(2, NFT_FIB_RESULT_ADDRTYPE), numberBig(3, NFTA_FIB_F_DADDR)]);
  return [fib, compare(NFT_CMP_EQ, number32(RTN_LOCAL))];
}

export function toPort(protocol: 'tcp' | 'udp', port: number): Expressions {
  return [
    meta(NFT_META_L4PROTO),
    compare(NFT_CMP_EQ, Uint8Array.of(protocol === 'tcp' ? 6 : 17)),
    payload(NFT_PAYLOAD_TRANSPORT_HEADER, DESTINATION_PORT_OFFSET, 2),
    compare(NFT_CMP_EQ, portBytes(port)),
  ];
}

/** An answer to a connection that was let through, or part of it. */
export function answers(): Expressions {
  return anyBit(NFT_CT_STATE, ESTABLISHED_OR_RELATED);
}

/** Its destination was changed by `changeDestination`. */
export function wasRedirected(): Expressions {
  return anyBit(NFT_CT_STATUS, IPS_DST_NAT);
}

export function changeDestination(address: string, port: number): Expressions {
  return [
    load(NFT_REG_1, parsePrefix(address).ip),
    load(NFT_REG_2, portBytes(port)),
    expression('nat', [numberBig(1, NFT_NAT_DNAT), numberBig(2, NFPROTO_IPV4), numberBig(3, NFT_REG_1), numberBig(5, NFT_REG_2)]),
  ];
}

/** Puts the leaving device's address in the place of the source. */
export function masquerade(): Expressions {
  return [expression('masq', [])];
}

export function accept(): Expressions {
  return [verdict(NF_ACCEPT)];
}

export function drop(): Expressions {
  return [verdict(NF_DROP)];
}

/** nf_tables changes apply together, between a begin and an end message that are not acknowledged. */
function transaction(...commands: NetlinkBatch[]): NetlinkBatch {
  return netlinkBatch(boundary(BATCH_BEGIN), ...commands, boundary(BATCH_END));
}

function boundary(type: number): NetlinkBatch {
  const batch = message(type, 0, [plain(Uint8Array.of(0, 0, 0, NFNL_SUBSYS_NFTABLES))]);
  new DataView(batch.bytes.buffer).setUint16(6, NLM_F_REQUEST, true);
  return batch;
}

function command(type: number, flags: number, attributes: Attribute[]): NetlinkBatch {
  return message((NFNL_SUBSYS_NFTABLES << 8) | type, flags, [plain(Uint8Array.of(NFPROTO_IPV4, 0, 0, 0)), ...attributes]);
}

function expression(name: string, attributes: Attribute[]): Attribute {
  return nested(1, [text(1, name), nested(2, attributes)]);
}

function meta(key: number): Attribute {
  return expression('meta', [numberBig(2, key), numberBig(1, NFT_REG_1)]);
}

function payload(base: number, offset: number, length: number): Attribute {
  return expression('payload', [numberBig(1, NFT_REG_1), numberBig(2, base), numberBig(3, offset), numberBig(4, length)]);
}

function inPrefix(offset: number, prefixText: string): Expressions {
  const { ip, prefix } = parsePrefix(prefixText);
  const mask = ip.map((_, at) => (0xff << Math.min(8, Math.max(0, (at + 1) * 8 - prefix))) & 0xff);
  return [
    payload(NFT_PAYLOAD_NETWORK_HEADER, offset, 4),
    masked(mask),
    compare(
      NFT_CMP_EQ,
      ip.map((byte, at) => byte & (mask[at] ?? 0)),
    ),
  ];
}

function anyBit(key: number, bits: number): Expressions {
  const ct = expression('ct', [numberBig(1, NFT_REG_1), numberBig(2, key)]);
  return [ct, masked(number32(bits)), compare(NFT_CMP_NEQ, number32(0))];
}

function masked(mask: Uint8Array): Attribute {
  return expression('bitwise', [
    numberBig(1, NFT_REG_1),
    numberBig(2, NFT_REG_1),
    numberBig(3, mask.length),
    nested(4, [data(1, mask)]),
    nested(5, [data(1, new Uint8Array(mask.length))]),
  ]);
}

function compare(operator: number, value: Uint8Array): Attribute {
  return expression('cmp', [numberBig(1, NFT_REG_1), numberBig(2, operator), nested(3, [data(1, value)])]);
}

function load(register: number, value: Uint8Array): Attribute {
  return expression('immediate', [numberBig(1, register), nested(2, [data(1, value)])]);
}

function verdict(code: number): Attribute {
  return expression('immediate', [numberBig(1, NFT_REG_VERDICT), nested(2, [nested(2, [numberBig(1, code)])])]);
}

function deviceName(name: string): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(new TextEncoder().encode(name).subarray(0, 15));
  return bytes;
}

/** As the kernel has it in a register. */
function number32(value: number): Uint8Array {
  return number(0, value).bytes.slice(4);
}

function portBytes(port: number): Uint8Array {
  return Uint8Array.of(port >> 8, port & 0xff);
}
