/** Removes networks, one after the other. Source: docker/cli cli/command/network/remove.go. */
import { ApiError } from '#engine/api/client.ts';
import type { NetworkInspect } from '#engine/api/types/network.ts';
import type { Command, CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';
import { objectPath } from '../object-path.ts';

const INGRESS_WARNING =
  'WARNING! Before removing the routing-mesh network, make sure all the nodes in your swarm run the same docker engine version. ' +
  'Otherwise, removal may not be effective and functionality of newly create ingress networks will be impaired.\n' +
  'Are you sure you want to continue?';

/** @cli  Y  docker network rm  "Remove one or more networks" */
export const rmCommand: Command = {
  path: ['network', 'rm'],
  async run(context) {
    const force = context.flags.bool('force');
    let failed = false;
    for (const name of context.args) {
      if ((await isIngress(context, name)) && !(await confirm(context, INGRESS_WARNING))) continue;
      try {
        await (await context.api()).delete(objectPath('network', name));
        await context.out(`${name}\n`);
      } catch (error) {
        if (force && error instanceof ApiError && error.status === 404) continue;
        await context.err(`${errorLine(error)}\n`);
        failed = true;
      }
    }
    if (failed) throw new ExitError(1, 'exit status 1');
  },
};

async function isIngress(context: CommandContext, name: string): Promise<boolean> {
  const api = await context.api();
  try {
    return (await api.get<NetworkInspect>(objectPath('network', name))).Ingress;
  } catch (error) {
    // Removing it will say what is wrong.
    errorLine(error);
    return false;
  }
}
