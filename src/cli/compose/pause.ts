/** Pauses services and lets them go on. Source: docker/compose 2.26.1 pkg/compose/pause.go. */
import type { Command, CommandContext } from '../command.ts';
import { containerPath } from '../container/container-path.ts';
import { globalsOf } from './globals.ts';
import { withProgress } from './progress.ts';
import { projectOrName } from './named-project.ts';
import { progressName, projectContainers, serviceOf } from './project-containers.ts';

/** @cli  Y  docker compose pause  "Pause services" */
export const pause: Command = { path: ['compose', 'pause'], run: (context) => change(context, 'pause', 'Paused') };

/** @cli  Y  docker compose unpause  "Unpause services" */
export const unpause: Command = { path: ['compose', 'unpause'], run: (context) => change(context, 'unpause', 'Unpaused') };

async function change(context: CommandContext, verb: string, done: string): Promise<void> {
  const { name, project } = await projectOrName(context, context.args);
  const { progress: mode, dryRun } = await globalsOf(context);
  const api = await context.api();
  await withProgress(context.environment, { mode, dryRun }, async (writer) => {
    const found = await projectContainers(api, name, { oneOff: 'exclude', all: false, services: context.args });
    const containers = project ? found.filter((container) => serviceOf(container) in project.services) : found;
    await Promise.all(
      containers.map(async (container) => {
        await api.post(containerPath(container.Id, verb));
        writer.event({ id: progressName(container), status: 'done', statusText: done });
      }),
    );
  });
}
