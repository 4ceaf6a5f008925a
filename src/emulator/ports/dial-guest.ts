/** Connections from the host's side to what listens on a node inside the machine. */
import type { AgentClient } from '../agent/client.ts';
import { AgentError } from '../agent/agent-error.ts';
import type { Channel } from '../agent/channel.ts';
import type { DialGuest } from './registry.ts';

/** An address that nobody answers at is not waited for as long as TCP would. */
const dialLimitMs = 3000;

export function dialGuest(agent: AgentClient, node: number): DialGuest {
  return async (address, port) => {
    const channel = await within(dialLimitMs, agent.dial(node, { kind: 'tcp', address, port }));
    return channel && { write: (bytes) => channel.write(bytes), read: () => channel.read(), close: () => channel.abort() };
  };
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
