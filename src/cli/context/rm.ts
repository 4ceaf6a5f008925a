/** Removes contexts. Source: docker/cli cli/command/context/remove.go. */
import type { Command } from '../command.ts';
import { changeConfig } from '../config-file.ts';
import { removeEach } from '../remove-each.ts';
import { DEFAULT_CONTEXT } from './store.ts';
import { setCurrent } from './use.ts';

/** @cli  Y  docker context rm  "Remove one or more contexts" */
export const rmCommand: Command = {
  path: ['context', 'rm'],
  async run(context) {
    const { contexts, flags } = context;
    const force = flags.bool('force');
    const current = await context.contextName();
    await removeEach(context, async (name) => {
      if (name === DEFAULT_CONTEXT) throw new Error('context "default" cannot be removed');
      if (name === current) {
        if (!force) throw new Error(`context ${JSON.stringify(name)} is in use, set -f flag to force remove`);
        await changeConfig(context, (document) => setCurrent(document, undefined));
      }
      if (!force && !(await contexts.exists(name))) throw new Error(`context ${JSON.stringify(name)} does not exist`);
      await contexts.remove(name);
    });
  },
};
