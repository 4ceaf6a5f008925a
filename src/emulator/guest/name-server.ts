/**
 * The name server of a container at 127.0.0.11: reads what is asked on the agent's sockets in its network namespace, lets
 * the engine say what the answer is, and asks other servers where it says so, from where the container stands.
 * Source: moby libnetwork/resolver.go.
 */
import { concatBytes } from '#engine/bytes.ts';
import { formatIpv4, parseIpv4 } from '#engine/network/ipv4.ts';
import type { NameAnswer, NameQuestion } from '#engine/runtime/network-plan.ts';
import { AgentError, ChannelClosed } from '#emulator/agent/agent-error.ts';
import type { Channel } from '#emulator/agent/channel.ts';
import type { AgentClient } from '#emulator/agent/client.ts';
import { packDatagram, unpackDatagram } from '#emulator/agent/dial.ts';
import {
  answerCode,
  type DnsAnswer,
  type DnsQuery,
  readQuery,
  recordType,
  responseCode,
  reverseAddress,
  writeAnswer,
} from '#emulator/dns/message.ts';
import { unreachable } from '#emulator/dns/server.ts';
import { parseIp } from './netlink.ts';

/** Where containers ask. */
export const nameServerAddress = Uint8Array.of(127, 0, 0, 11);
/** Where it listens: questions to port 53 are led there, so that a container may have a name server of its own. */
export const nameServerPort = 41053;

const DNS_PORT = 53;
const TTL_SECONDS = 600;
/** Questions that wait for other servers, of one container. Beyond it they are dropped, as moby does. */
const MAX_FORWARDED = 64;
/** Of another server, until the next is asked. */
const FORWARD_LIMIT_MS = 4000;
/** A server that failed may have more to say: see `unreachable`. */
const AFTERTHOUGHT_MS = 60;
/** A message by TCP. */
const MAX_MESSAGE_BYTES = 4096;

export interface NameServerParts {
  agent: AgentClient;
  node: number;
  /** Of the container's network. */
  namespace: string;
  answer(question: NameQuestion): NameAnswer;
}

type Reply = (message: Uint8Array) => void;

export class NameServer {
  readonly #parts: NameServerParts;
  #forwarded = 0;

  constructor(parts: NameServerParts) {
    this.#parts = parts;
  }

  /** Answers datagrams until the channel ends. Never rejects. */
  async serveDatagrams(channel: Channel): Promise<void> {
    try {
      for await (const packed of channel.read()) {
        const { address, port, bytes } = unpackDatagram(packed);
        // A socket that is gone ends the loop.
        void this.#take(bytes, (message) => void channel.write(packDatagram({ address, port, bytes: message })).catch(() => undefined));
      }
    } catch (error) {
      if (!(error instanceof ChannelClosed)) throw error;
    }
  }

  /** Answers what comes by TCP, one message after the other, each with its length before it. */
  async serveStream(channel: Channel): Promise<void> {
    let held: Uint8Array = new Uint8Array();
    try {
      for await (const chunk of channel.read()) {
        held = concatBytes([held, chunk]);
        for (let length = lengthOf(held); length !== undefined && held.length >= 2 + length; length = lengthOf(held)) {
          if (length > MAX_MESSAGE_BYTES) return;
          const message = held.slice(2, 2 + length);
          held = held.slice(2 + length);
          await this.#take(message, (answer) => void channel.write(withLength(answer)).catch(() => undefined));
        }
        if (held.length > MAX_MESSAGE_BYTES) return;
      }
    } catch (error) {
      if (!(error instanceof ChannelClosed)) throw error;
    } finally {
      channel.end();
      channel.stop();
    }
  }

  async #take(message: Uint8Array, reply: Reply): Promise<void> {
    const query = readQuery(message);
    if (!query) return;
    const answer = this.#parts.answer(questionOf(query));
    if (answer.kind !== 'forward') {
      for (const each of answersTo(query, answer)) reply(writeAnswer(query, each));
      return;
    }
    if (this.#forwarded >= MAX_FORWARDED) return;
    this.#forwarded++;
    try {
      for (const server of answer.servers) if (await this.#forward(server, message, reply)) return;
      for (const each of unreachable) reply(writeAnswer(query, each));
    } finally {
      this.#forwarded--;
    }
  }

  /** @returns whether the server answered */
  async #forward(server: string, message: Uint8Array, reply: Reply): Promise<boolean> {
    const { agent, node, namespace } = this.#parts;
    if (parseIpv4(server) === undefined) return false;
    let channel: Channel;
    try {
      channel = await agent.dial(node, { kind: 'udp', address: parseIp(server), port: DNS_PORT }, { namespace });
    } catch (error) {
      if (error instanceof AgentError) return false;
      throw error;
    }
    let answered = false;
    let timer = setTimeout(() => channel.abort(), FORWARD_LIMIT_MS);
    try {
      await channel.write(message);
      for await (const datagram of channel.read()) {
        // Somebody else's answer, or a forged one.
        if (datagram.length < 2 || datagram[0] !== message[0] || datagram[1] !== message[1]) continue;
        answered = true;
        reply(datagram.slice());
        if (answerCode(datagram) !== responseCode.serverFailure) break;
        clearTimeout(timer);
        timer = setTimeout(() => channel.abort(), AFTERTHOUGHT_MS);
      }
    } catch (error) {
      if (!(error instanceof ChannelClosed)) throw error;
    } finally {
      clearTimeout(timer);
      channel.abort();
    }
    return answered;
  }
}

function questionOf({ name, type }: DnsQuery): NameQuestion {
  if (type === recordType.ptr) {
    const address = reverseAddress(name);
    return address === undefined ? { kind: 'other', name } : { kind: 'pointer', name: formatIpv4(parseIpv4(address) ?? 0) };
  }
  return { kind: type === recordType.a || type === recordType.any ? 'address' : 'other', name };
}

function answersTo(query: DnsQuery, answer: Exclude<NameAnswer, { kind: 'forward' }>): readonly DnsAnswer[] {
  switch (answer.kind) {
    case 'addresses': {
      const records = answer.ipv4.map((address) => ({ type: 'A' as const, ttlSeconds: TTL_SECONDS, address: parseIp(address) }));
      return [{ code: responseCode.noError, records }];
    }
    case 'pointer':
      return [{ code: responseCode.noError, records: [{ type: 'PTR', ttlSeconds: TTL_SECONDS, name: answer.name }] }];
    case 'nothing':
      return [{ code: responseCode.noError, records: [] }];
    case 'failure':
      return unreachable;
  }
}

function lengthOf(bytes: Uint8Array): number | undefined {
  return bytes.length < 2 ? undefined : ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
}

function withLength(message: Uint8Array): Uint8Array {
  return Uint8Array.of(message.length >> 8, message.length & 0xff, ...message);
}
