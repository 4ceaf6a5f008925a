/** Chooses the context of the commands to come. Source: docker/cli cli/command/context/use.go. */
import type { Command } from '../command.ts';
import { changeConfig } from '../config-file.ts';
import { ExitError } from '../exit-error.ts';
import { DEFAULT_CONTEXT, validateContextName } from './store.ts';

/** @cli  Y  docker context use  "Set the current docker context" */
export const useCommand: Command = {
  path: ['context', 'use'],
  async run(context) {
    const { contexts, args, environment } = context;
    const [name = ''] = args;
    if (args.length !== 1) throw new ExitError(1, `accepts 1 arg(s), received ${args.length}`);
    const isDefault = name === DEFAULT_CONTEXT;
    if (!isDefault) {
      validateContextName(name);
      await contexts.get(name);
    }
    const chosen = isDefault ? undefined : name;
    // A file that says so already, or by not being there, is left alone.
    if (((await context.config()).currentContext || undefined) !== chosen)
      await changeConfig(context, (document) => setCurrent(document, chosen));
    await context.out(`${name}\n`);
    await context.err(`Current context is now ${JSON.stringify(name)}\n`);
    if (isDefault || !environment.env.DOCKER_HOST) return;
    await context.err(
      `Warning: DOCKER_HOST environment variable overrides the active context. To use ${JSON.stringify(name)}, either set the global --context flag, or unset DOCKER_HOST environment variable.\n`,
    );
  },
};

/** @param name undefined for the default */
export function setCurrent(document: Record<string, unknown>, name: string | undefined): void {
  if (name === undefined) delete document['currentContext'];
  else document['currentContext'] = name;
}
