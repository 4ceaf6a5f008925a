/**
 * Credentials of registries. Drydock reaches no registry that asks for any, so there is nothing to log in
 * to, and `logout` finds nothing to remove.
 */
import type { Command } from '../command.ts';
import { ExitError } from '../exit-error.ts';

const DEFAULT_REGISTRY = 'https://index.docker.io/v1/';

/** @cli  N[refused: the registries within reach ask for no credentials]  docker login  "Authenticate to a registry" */
export const loginCommand: Command = {
  path: ['login'],
  run(context) {
    const registry = context.args[0] ?? 'Docker Hub';
    const reason = `docker login is not available in this version of Drydock: it cannot reach ${registry}, and its own registry needs no login`;
    return Promise.reject(new ExitError(1, reason));
  },
};

/** @cli  P[there are never credentials to remove]  docker logout  "Log out from a registry" */
export const logoutCommand: Command = {
  path: ['logout'],
  async run(context) {
    await context.out(`Removing login credentials for ${context.args[0] ?? DEFAULT_REGISTRY}\n`);
  },
};
