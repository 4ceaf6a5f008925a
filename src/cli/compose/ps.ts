/** Lists a project's containers. Source: docker/compose 2.26.1 cmd/compose/ps.go, pkg/compose/ps.go. */
import type { ContainerInspect } from '#engine/api/types/container.ts';
import { containerPath } from '../container/container-path.ts';
import type { Command, CommandContext } from '../command.ts';
import { formatRows } from '../format/formatter.ts';
import { ComposeError } from './compose-error.ts';
import { compareStrings } from './load/model.ts';
import { projectOrName } from './named-project.ts';
import { nameOf, projectContainers, serviceOf } from './project-containers.ts';
import { psFormat, psRows, type PsContainer } from './ps-rows.ts';

/** @cli  Y  docker compose ps  "List containers" */
export const ps: Command = {
  path: ['compose', 'ps'],
  async run(context) {
    const { flags, out, environment } = context;
    const statuses = statusesOf(context);
    const { name, project } = await projectOrName(context, context.args);
    let services = context.args;
    if (project) {
      const names = Object.keys(project.services).sort(compareStrings);
      const unknown = services.find((service) => !names.includes(service));
      if (unknown !== undefined) throw new ComposeError(`no such service: ${unknown}`);
      if (services.length === 0 && !flags.bool('orphans')) services = names;
    }
    const all = flags.bool('all') || statuses.length > 0;
    const listed = (await inspected(context, name, all, services))
      .filter(({ summary }) => statuses.length === 0 || statuses.includes(summary.State))
      .sort((a, b) => compareStrings(nameOf(a.summary), nameOf(b.summary)));

    if (flags.bool('quiet')) return out(listed.map(({ summary }) => `${summary.Id}\n`).join(''));
    if (flags.bool('services')) return out(`${[...new Set(listed.map(({ summary }) => serviceOf(summary)))].join('\n')}\n`);
    const format = flags.string('format') || (await context.config()).psFormat || '';
    await out(formatRows(psFormat(format), listed, psRows(!flags.bool('no-trunc'), environment.clock.now())));
  },
};

/** Those of `--status`, and of `--filter status=…`. */
function statusesOf({ flags }: CommandContext): string[] {
  const filter = flags.string('filter');
  const statuses = flags.list('status');
  if (filter === '') return statuses;
  const equals = filter.indexOf('=');
  if (equals < 0) throw new ComposeError('arguments to --filter should be in form KEY=VAL');
  const name = filter.slice(0, equals);
  if (name === 'source') throw new ComposeError('not implemented');
  if (name !== 'status') throw new ComposeError(`unknown filter ${name}`);
  return [...statuses, filter.slice(equals + 1)];
}

async function inspected(context: CommandContext, project: string, all: boolean, services: string[]): Promise<PsContainer[]> {
  const api = await context.api();
  const found = await projectContainers(api, project, { oneOff: all ? 'include' : 'exclude', all, services });
  const containers = found.filter((container) => services.length === 0 || services.includes(serviceOf(container)));
  return Promise.all(
    containers.map(async (summary) => ({ summary, inspect: await api.get<ContainerInspect>(containerPath(summary.Id, 'json')) })),
  );
}
