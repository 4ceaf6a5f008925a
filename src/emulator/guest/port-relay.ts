/**
 * Passes a connection on to a container, both ways: for those that reach a published port where rules of the kernel do not
 * lead to the container (IPv6, and the container's own network). Docker's `docker-proxy` does the same.
 */
import { AgentError, ChannelClosed } from '#emulator/agent/agent-error.ts';
import type { Channel } from '#emulator/agent/channel.ts';
import type { AgentClient } from '#emulator/agent/client.ts';

/** Never rejects. */
export async function relayToContainer(
  agent: AgentClient,
  node: number,
  client: Channel,
  { address, port }: { address: Uint8Array; port: number },
): Promise<void> {
  let container: Channel;
  try {
    container = await agent.dial(node, { kind: 'tcp', address, port });
  } catch (error) {
    client.abort();
    if (error instanceof AgentError) return;
    throw error;
  }
  await Promise.all([pass(client, container), pass(container, client)]);
}

/** One direction: what is read is written on, and its end is passed on as well. */
async function pass(from: Channel, to: Channel): Promise<void> {
  try {
    for await (const chunk of from.read()) await to.write(chunk);
    to.end();
  } catch (error) {
    from.abort();
    to.abort();
    if (!(error instanceof ChannelClosed)) throw error;
  }
}
