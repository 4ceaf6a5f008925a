/** Makes a container without starting it. */
import type { Command } from '../command.ts';
import { checkPullChoice, createContainer, refuseWindowsFlags } from './create-container.ts';
import { createFlags } from './create-flags.ts';
import { createRequest, type FullCreateRequest } from './create-request.ts';
import { addProxies } from './proxy-environment.ts';
import { withHelp } from './with-help.ts';

/** @cli  Y  docker container create  "Create a new container" */
export const createCommand: Command = {
  path: ['container', 'create'],
  flags: createFlags,
  async run(context) {
    refuseWindowsFlags(context.flags);
    let request: FullCreateRequest;
    try {
      checkPullChoice(context.flags.string('pull'));
      request = await createRequest(context.environment, context.flags, (env) => addProxies(context, env));
    } catch (error) {
      throw withHelp(error, 'create');
    }
    await context.out(`${await createContainer(context, request)}\n`);
  },
};
