/** Waits for the end of services' containers. Source: docker/compose 2.26.1 pkg/compose/wait.go. */
import type { ContainerWait } from '#engine/api/types/container.ts';
import { quote } from '#engine/go-quote.ts';
import type { Command } from '../command.ts';
import { containerPath } from '../container/container-path.ts';
import { ComposeError } from './compose-error.ts';
import { projectOrName } from './named-project.ts';
import { projectContainers } from './project-containers.ts';

/** @cli  Y  docker compose wait  "Block until the first service container stops" */
/** @flag  N[there is no taking down from here yet] docker compose wait  --down-project */
export const wait: Command = {
  path: ['compose', 'wait'],
  async run(context) {
    if (context.flags.bool('down-project')) throw new ComposeError('--down-project is not available in this version of Drydock');
    const { name } = await projectOrName(context);
    const api = await context.api();
    const containers = await projectContainers(api, name, { oneOff: 'include', all: false, services: context.args });
    if (containers.length === 0) throw new ComposeError(`no containers for project ${quote(name)}`);
    let status = 0;
    await Promise.all(
      containers.map(async ({ Id: id }) => {
        const { StatusCode } = await api.post<ContainerWait>(containerPath(id, 'wait'));
        await context.out(`container ${quote(id)} exited with status code ${StatusCode}\n`);
        status = StatusCode;
      }),
    );
    return status;
  },
};
