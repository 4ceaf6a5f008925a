/**
 * A name server on a bound UDP socket of the guest. Who has which address is the resolver's business. What is no
 * query gets no answer, as any answer would go to an address that the sender may have made up.
 */
import type { Channel } from '#emulator/agent/channel.ts';
import { packDatagram, unpackDatagram } from '#emulator/agent/dial.ts';
import { readQuery, responseCode, writeAnswer, type DnsAnswer, type DnsQuestion } from './message.ts';

/** @returns the answers to send, in this order; almost always one. */
export type DnsResolver = (question: DnsQuestion, client: Uint8Array) => readonly DnsAnswer[];

/** Answers under way to the guest. Beyond it questions are dropped, as any server does that is asked too fast. */
const MAX_UNDER_WAY = 64;

/** Serves until the channel ends. Never rejects. */
export async function serveDns(channel: Channel, resolve: DnsResolver): Promise<void> {
  let underWay = 0;
  const send = async (datagram: Uint8Array): Promise<void> => {
    underWay++;
    // A socket that is gone ends the loop below.
    await channel.write(datagram).catch(() => {});
    underWay--;
  };
  for await (const packed of channel.read()) {
    const { address, port, bytes } = unpackDatagram(packed);
    const query = underWay < MAX_UNDER_WAY ? readQuery(bytes) : undefined;
    if (!query) continue;
    for (const answer of resolve(query, address)) void send(packDatagram({ address, port, bytes: writeAnswer(query, answer) }));
  }
}

/**
 * What a resolver is told of a name that cannot be asked for. glibc takes the first answer and says at once what it says when
 * no server can be reached ("Temporary failure in name resolution"). musl waits out its five seconds on a server's failure,
 * as only success and "no such name" count there: it takes the second, and busybox's words are the same for both.
 */
export const unreachable: readonly DnsAnswer[] = [
  { code: responseCode.serverFailure, records: [] },
  { code: responseCode.nameError, records: [] },
];
