/** Connections from the host's side to what listens on a node inside the machine. */
import type { AgentClient } from '../agent/client.ts';
import { AgentError } from '../agent/agent-error.ts';
import type { Channel } from '../agent/channel.ts';
import type { ByteStream } from './http1-exchange.ts';
import type { DialGuest } from './registry.ts';

/** An address that nobody answers at is not waited for as long as TCP would. */
const dialLimitMs = 3000;

/** A stream whose writing half can end while the other goes on. */
export interface DuplexStream extends ByteStream {
  end(): void;
}

export function dialGuest(agent: AgentClient, node: number): (...target: Parameters<DialGuest>) => Promise<DuplexStream | undefined> {
  return async (address, port) => {
    const channel = await dialTcp(agent, node, address, port);
    return channel && streamOf(channel);
  };
}

export function streamOf(channel: Channel): DuplexStream {
  return {
    write: (bytes) => channel.write(bytes),
    read: () => channel.read(),
    end: () => channel.end(),
    close: () => channel.abort(),
  };
}

/** Undefined when nobody answers there. */
export function dialTcp(agent: AgentClient, node: number, address: Uint8Array, port: number): Promise<Channel | undefined> {
  return within(dialLimitMs, agent.dial(node, { kind: 'tcp', address, port }));
}

/** Undefined when it was refused, or takes longer. */
async function within(limitMs: number, dialling: Promise<Channel>): Promise<Channel | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLate = false;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      isLate = true;
      resolve(undefined);
    }, limitMs);
  });
  const connected = dialling.then(
    (channel) => {
      if (!isLate) return channel;
      channel.abort();
      return undefined;
    },
    (error: unknown) => {
      if (error instanceof AgentError) return undefined;
      throw error;
    },
  );
  return Promise.race([connected, late]).finally(() => clearTimeout(timer));
}
