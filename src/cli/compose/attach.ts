import type { Command } from '../command.ts';
import { attachTo } from '../container/attach.ts';
import { projectName } from './named-project.ts';
import { serviceContainer } from './project-containers.ts';

/** @cli  Y  docker compose attach  "Attach local standard input, output, and error streams to a service's running container" */
export const attach: Command = {
  path: ['compose', 'attach'],
  async run(context) {
    const project = await projectName(context);
    const selection = { oneOff: 'include', all: false } as const;
    const index = context.flags.number('index');
    const { Id: id } = await serviceContainer(await context.api(), project, context.args[0]!, index, selection);
    return attachTo(context, id);
  },
};
