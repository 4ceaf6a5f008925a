/**
 * The packet filter rules of a bridge network, as nf_tables messages: one `drydock-nat` table for each
 * bridge, so that removing a network removes one table.
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
const NF_INET_POST_ROUTING = 4;
const PRIORITY_SRCNAT = 100;

const NFT_REG_1 = 1;
const NFT_CMP_EQ = 0;
const NFT_CMP_NEQ = 1;
const NFT_META_OIFNAME = 7;
const NFT_PAYLOAD_NETWORK_HEADER = 1;
const IPV4_SOURCE_OFFSET = 12;

/** Hides a subnet behind the node's address when its packets leave by another device than its bridge. */
export function masquerade(bridge: string, subnet: string): NetlinkBatch {
  const { ip, prefix } = parsePrefix(subnet);
  const mask = ip.map((_, at) => (0xff << Math.min(8, Math.max(0, (at + 1) * 8 - prefix))) & 0xff);
  const network = ip.map((byte, at) => byte & (mask[at] ?? 0));
  const table = tableOf(bridge);
  return transaction(
    command(NFT_MSG_NEWTABLE, NLM_F_CREATE, [text(1, table)]),
    command(NFT_MSG_NEWCHAIN, NLM_F_CREATE, [
      text(1, table),
      text(3, 'postrouting'),
      nested(4, [numberBig(1, NF_INET_POST_ROUTING), numberBig(2, PRIORITY_SRCNAT)]),
      text(7, 'nat'),
    ]),
    command(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, [
      text(1, table),
      text(2, 'postrouting'),
      nested(4, [
        expression('payload', [
          numberBig(1, NFT_REG_1),
          numberBig(2, NFT_PAYLOAD_NETWORK_HEADER),
          numberBig(3, IPV4_SOURCE_OFFSET),
          numberBig(4, 4),
        ]),
        expression('bitwise', [
          numberBig(1, NFT_REG_1),
          numberBig(2, NFT_REG_1),
          numberBig(3, 4),
          nested(4, [data(1, mask)]),
          nested(5, [data(1, new Uint8Array(4))]),
        ]),
        compare(NFT_CMP_EQ, network),
        expression('meta', [numberBig(2, NFT_META_OIFNAME), numberBig(1, NFT_REG_1)]),
        compare(NFT_CMP_NEQ, interfaceName(bridge)),
        expression('masq', []),
      ]),
    ]),
  );
}

/** Takes `masquerade` back. */
export function removeMasquerade(bridge: string): NetlinkBatch {
  return transaction(command(NFT_MSG_DELTABLE, 0, [text(1, tableOf(bridge))]));
}

function tableOf(bridge: string): string {
  return `drydock-${bridge}`;
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

function command(type: number, flags: number, attributes: ReturnType<typeof data>[]): NetlinkBatch {
  return message((NFNL_SUBSYS_NFTABLES << 8) | type, flags, [plain(Uint8Array.of(NFPROTO_IPV4, 0, 0, 0)), ...attributes]);
}

function expression(name: string, attributes: ReturnType<typeof data>[]): ReturnType<typeof data> {
  return nested(1, [text(1, name), nested(2, attributes)]);
}

function compare(operator: number, value: Uint8Array): ReturnType<typeof data> {
  return expression('cmp', [numberBig(1, NFT_REG_1), numberBig(2, operator), nested(3, [data(1, value)])]);
}

function interfaceName(name: string): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(new TextEncoder().encode(name).subarray(0, 15));
  return bytes;
}
