/**
 * Credentials of registries. Drydock reaches no registry that asks for any, so there is nothing to log in
 * to, and `logout` finds nothing to remove.
 */
import type { Command, CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';

const DEFAULT_REGISTRY = 'https://index.docker.io/v1/';

/** @cli  N[refused: the registries within reach ask for no credentials]  docker login  "Authenticate to a registry" */
export const loginCommand: Command = {
  path: ['login'],
  async run(context) {
    await checkFlags(context);
    const registry = context.args[0] ?? 'Docker Hub';
    const reason = `docker login is not available in this version of Drydock: it cannot reach ${registry}, and its own registry needs no login`;
    throw new ExitError(1, reason);
  },
};

/** What Docker's client says of the flags before it asks anybody. */
async function checkFlags({ flags, err }: CommandContext): Promise<void> {
  const [name, password] = [flags.string('username'), flags.string('password')];
  const fromInput = flags.bool('password-stdin');
  if (flags.changed('password') && fromInput)
    throw new ExitError(1, 'conflicting options: cannot specify both --password and --password-stdin');
  if (flags.changed('username') && name === '') throw new ExitError(1, 'username is empty');
  if (flags.changed('password') && password === '') throw new ExitError(1, 'password is empty');
  if (fromInput && name === '') throw new ExitError(1, 'the --password-stdin option requires --username to be set');
  if (password !== '') await err('WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n');
}

/** @cli  P[there are never credentials to remove]  docker logout  "Log out from a registry" */
export const logoutCommand: Command = {
  path: ['logout'],
  async run(context) {
    await context.out(`Removing login credentials for ${context.args[0] ?? DEFAULT_REGISTRY}\n`);
  },
};
