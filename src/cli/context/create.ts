/** Makes a context: of what `--docker` says, of another context, or of the current one. Source: docker/cli cli/command/context/create.go. */
import { messageOf } from '#engine/errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { copyContext } from './archive.ts';
import { endpointFromOptions } from './endpoint-options.ts';
import { ContextNotFound, validateContextName, type ContextStore } from './store.ts';

/** @cli  Y  docker context create  "Create a context" */
export const createCommand: Command = {
  path: ['context', 'create'],
  async run(context) {
    const { contexts, flags, args } = context;
    const [name = ''] = args;
    await checkNewName(contexts, name);
    const docker = flags.value<Record<string, string> | undefined>('docker');
    const [from, description] = [flags.string('from'), flags.string('description')];
    if (from !== '' || docker === undefined) {
      if (docker && Object.keys(docker).length > 0) throw new ExitError(1, 'cannot use --docker flag when --from is set');
      await copyContext(contexts, from || (await context.contextName()), name, description);
    } else {
      const { endpoint, tls } = await endpointFromOptions(contexts, docker);
      const Metadata = description === '' ? {} : { Description: description };
      await contexts.save({ Name: name, Metadata, Endpoints: { docker: endpoint } });
      await contexts.resetTls(name, tls);
    }
    await announce(context, name, 'created');
  },
};

/** @throws Error with Docker's words for a name that cannot be one, or is one already */
export async function checkNewName(contexts: ContextStore, name: string): Promise<void> {
  validateContextName(name);
  try {
    await contexts.get(name);
  } catch (error) {
    if (error instanceof ContextNotFound) return;
    throw new ExitError(1, `error while getting existing contexts: ${messageOf(error)}`, { cause: error });
  }
  throw new ExitError(1, `context ${JSON.stringify(name)} already exists`);
}

/** The name for programs, the sentence for people. */
export async function announce({ out, err }: CommandContext, name: string, done: 'created' | 'updated' | 'imported'): Promise<void> {
  await out(`${name}\n`);
  await err(`Successfully ${done} context ${JSON.stringify(name)}\n`);
}
