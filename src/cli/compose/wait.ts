/** Waits for the end of services' containers. Source: docker/compose 2.26.1 pkg/compose/wait.go. */
import type { ContainerWait } from '#engine/api/types/container.ts';
import { quote } from '#engine/go-quote.ts';
import type { Command, CommandContext } from '../command.ts';
import { containerPath } from '../container/container-path.ts';
import { ComposeError } from './compose-error.ts';
import { takeDown } from './down.ts';
import { globalsOf } from './globals.ts';
import { projectOrName } from './named-project.ts';
import { projectContainers } from './project-containers.ts';
import { projectWithResources } from './project-of-containers.ts';
import { runWork } from './run-work.ts';

/** @cli  Y  docker compose wait  "Block until the first service container stops" */
export const wait: Command = {
  path: ['compose', 'wait'],
  async run(context) {
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
    if (context.flags.bool('down-project')) await downProject(context, name);
    return status;
  },
};

async function downProject(context: CommandContext, name: string): Promise<void> {
  const project = await projectWithResources(await context.api(), name);
  const options = { removeOrphans: true, volumes: false, images: '', timeoutSeconds: undefined, services: [] };
  await runWork(context, await globalsOf(context), 'Running', (work) => takeDown(work, project, options));
}
