/** Forgets the credentials of a registry. Source: docker/cli cli/command/registry/logout.go. */
import { messageOf } from '#engine/errors.ts';
import type { Command } from '../command.ts';
import { eraseCredentials, HUB_ADDRESS, hostOf } from './credentials.ts';

/** @cli  Y  docker logout  "Log out from a registry" */
export const logoutCommand: Command = {
  path: ['logout'],
  async run(context) {
    const address = context.args[0] || HUB_ADDRESS;
    const host = address === HUB_ADDRESS ? address : hostOf(address);
    // In all the ways in which it may have been kept.
    const names = host === HUB_ADDRESS ? [address] : [address, host, `http://${host}`, `https://${host}`];
    await context.out(`Removing login credentials for ${host}\n`);
    const problems: string[] = [];
    for (const name of new Set(names)) {
      await eraseCredentials(context, name).catch((error: unknown) => problems.push(`${name}: ${messageOf(error)}\n`));
    }
    if (problems.length === new Set(names).size) await context.err(`WARNING: could not erase credentials:\n${problems.join('')}`);
  },
};
