/** Shows what is known of contexts; of the current one when none is named. Source: docker/cli cli/command/context/inspect.go. */
import type { Command } from '../command.ts';
import { inspectAll } from '../inspect/inspector.ts';

/** @cli  Y  docker context inspect  "Display detailed information on one or more contexts" */
export const inspectCommand: Command = {
  path: ['context', 'inspect'],
  async run(context) {
    const { contexts, args, flags } = context;
    const names = args.length > 0 ? args : [await context.contextName()];
    await inspectAll(context, names, flags.string('format'), async (name) => {
      const { Name, Metadata, Endpoints } = await contexts.get(name);
      const { Description = '', ...AdditionalFields } = Metadata ?? {};
      const document = {
        Name,
        ...(Metadata && { Metadata: { Description, AdditionalFields } }),
        Endpoints,
        TLSMaterial: await contexts.tlsFileNames(name),
        Storage: contexts.paths(name),
      };
      return { text: JSON.stringify(document), type: 'context.contextWithTLSListing', asRead: true };
    });
  },
};
