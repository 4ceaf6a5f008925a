/** Changes a context. Source: docker/cli cli/command/context/update.go. */
import type { Command } from '../command.ts';
import { announce } from './create.ts';
import { endpointFromOptions } from './endpoint-options.ts';
import { validateContextName } from './store.ts';

/** @cli  Y  docker context update  "Update a context" */
export const updateCommand: Command = {
  path: ['context', 'update'],
  async run(context) {
    const { contexts, flags, args } = context;
    const [name = ''] = args;
    validateContextName(name);
    const metadata = await contexts.get(name);
    const description = flags.string('description');
    metadata.Metadata = { ...metadata.Metadata, ...(description !== '' && { Description: description }) };
    const docker = flags.value<Record<string, string> | undefined>('docker');
    const given = docker && (await endpointFromOptions(contexts, docker));
    if (given) metadata.Endpoints['docker'] = given.endpoint;
    await contexts.save(metadata);
    if (given) await contexts.resetTls(name, given.tls, 'docker');
    await announce(context, name, 'updated');
  },
};
