/** Lists the processes of a project's containers. Source: docker/compose 2.26.1 cmd/compose/top.go. */
import type { ContainerTop } from '#engine/api/types/container.ts';
import type { Command } from '../command.ts';
import { containerPath } from '../container/container-path.ts';
import { alignColumns } from '../format/tabwriter.ts';
import { compareStrings } from './load/model.ts';
import { projectName } from './named-project.ts';
import { nameOf, projectContainers } from './project-containers.ts';

/** @cli  Y  docker compose top  "Display the running processes" */
export const top: Command = {
  path: ['compose', 'top'],
  async run(context) {
    const project = await projectName(context);
    const api = await context.api();
    const containers = await projectContainers(api, project, { oneOff: 'include', all: false, services: context.args });
    const tops = await Promise.all(
      containers.map(async (container) => ({
        name: nameOf(container),
        top: await api.get<ContainerTop>(containerPath(container.Id, 'top')),
      })),
    );
    for (const { name, top: found } of tops.sort((a, b) => compareStrings(a.name, b.name))) {
      await context.out(`${name}\n${tableOf(found)}\n`);
    }
  },
};

/** Every cell of a process ends a column, the last one too. */
function tableOf({ Titles, Processes }: ContainerTop): string {
  const rows = Processes.map((cells) => `${cells.map((cell) => `${cell}\t`).join('')}\n`);
  return alignColumns(`${Titles.join('\t')}\n${rows.join('')}`, { minWidth: 5, padding: 3, padCharacter: ' ' });
}
