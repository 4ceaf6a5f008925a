/** Copies files between services and the local file system. Source: docker/compose 2.26.1 pkg/compose/cp.go. */
import { quote } from '#engine/go-quote.ts';
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { Command, CommandContext } from '../command.ts';
import { splitCopyArgument } from '../container/copy/copy-paths.ts';
import { copyIn, copyOut } from '../container/cp.ts';
import { ComposeError } from './compose-error.ts';
import { globalsOf } from './globals.ts';
import { withProgress } from './progress.ts';
import { projectName } from './named-project.ts';
import { nameOf, projectContainers, serviceContainer } from './project-containers.ts';

/** @cli  Y  docker compose cp  "Copy files/folders between a service container and the local filesystem" */
export const cp: Command = {
  path: ['compose', 'cp'],
  async run(context) {
    const [source = '', destination = ''] = context.args;
    if (source === '') throw new ComposeError('source can not be empty');
    if (destination === '') throw new ComposeError('destination can not be empty');
    const { progress: mode, dryRun } = await globalsOf(context);
    const project = await projectName(context);
    const [fromService, from] = splitCopyArgument(source);
    const [toService, to] = splitCopyArgument(destination);
    await withProgress(context.environment, { mode, dryRun, title: 'Copying' }, async (writer) => {
      const containers = await chosen(context, project, toService || fromService, fromService !== '');
      await Promise.all(
        containers.map(async (container) => {
          if (fromService !== '' && toService !== '') throw new ComposeError('copying between services is not supported');
          if (fromService === '' && toService === '') throw new ComposeError('unknown copy direction');
          const id = nameOf(container);
          const text = fromService !== '' ? `copy ${id}:${from} to ${to}` : `copy ${from} to ${id}:${to}`;
          writer.event({ id, text, status: 'working', statusText: 'Copying' });
          if (fromService !== '') await copyOut(context, container.Id, from, to, true);
          else await copyIn(context, from, container.Id, to, true);
          writer.event({ id, text, status: 'done', statusText: 'Copied' });
        }),
      );
    });
  },
};

/** One to read from; all of a service to write to. */
async function chosen(context: CommandContext, project: string, service: string, reads: boolean): Promise<ContainerSummary[]> {
  const api = await context.api();
  const index = context.flags.number('index');
  if (index > 0) return [await serviceContainer(api, project, service, index, { oneOff: 'exclude', all: true })];
  const containers = await projectContainers(api, project, { oneOff: 'exclude', all: true, services: [service] });
  if (containers.length === 0) throw new ComposeError(`no container found for service ${quote(service)}`);
  return reads ? containers.slice(0, 1) : containers;
}
