/** A channel of the agent as a connection of the Engine API: a client of `docker.sock` in the guest. */
import type { Connection } from '#engine/api/http.ts';
import { EngineError } from '#engine/errors.ts';
import { ChannelClosed } from './agent/agent-error.ts';
import type { Channel } from './agent/channel.ts';

export function channelConnection(channel: Channel): Connection {
  return {
    input: channel.read(),
    async write(bytes) {
      try {
        await channel.write(bytes);
      } catch (error) {
        if (error instanceof ChannelClosed) throw new EngineError('cancelled', 'connection closed', { cause: error });
        throw error;
      }
    },
    closeWrite() {
      channel.end();
      return Promise.resolve();
    },
    closed: channel.closed,
  };
}
