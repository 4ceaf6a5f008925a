/** Takes a container off a network. */
import type { NetworkDisconnectRequest } from '#engine/api/types/network.ts';
import type { Command } from '../command.ts';
import { objectPath, requireName } from '../object-path.ts';

/** @cli  Y  docker network disconnect  "Disconnect a container from a network" */
export const disconnectCommand: Command = {
  path: ['network', 'disconnect'],
  async run(context) {
    const [network = '', container = ''] = context.args;
    const path = objectPath('network', network, 'disconnect');
    const json: NetworkDisconnectRequest = { Container: requireName('container', container), Force: context.flags.bool('force') };
    await (await context.api()).post(path, { json });
  },
};
