/** Shows what a project's containers have printed. Source: docker/compose 2.26.1 cmd/compose/logs.go, pkg/compose/logs.go. */
import type { ApiClient } from '#engine/api/client.ts';
import type { ContainerInspect, ContainerSummary } from '#engine/api/types/container.ts';
import { messageOf } from '#engine/errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { containerPath } from '../container/container-path.ts';
import { parseTime } from '../options/time.ts';
import { copyAll, copyFrames } from '../stream/stdcopy.ts';
import { ComposeError } from './compose-error.ts';
import { globalsOf } from './globals.ts';
import { LineOutput, LogPrinter } from './log-printer.ts';
import { compareStrings } from './load/model.ts';
import { projectOrName } from './named-project.ts';
import { nameWithoutProject, projectContainers, serviceContainer, serviceOf } from './project-containers.ts';

/** @cli  Y  docker compose logs  "View output from containers" */
export const logs: Command = {
  path: ['compose', 'logs'],
  async run(context) {
    const { flags, environment } = context;
    const { name, project } = await projectOrName(context, context.args);
    const index = flags.number('index');
    if (index > 0 && context.args.length !== 1) throw new ComposeError('--index requires one service to be selected');
    const silent = Object.values(project?.services ?? {}).filter(({ attach }) => attach === false);
    const services =
      context.args.length > 0 || !project
        ? context.args
        : Object.keys(project.services).filter((service) => !silent.some((other) => other.name === service));
    const query = queryOf(context);
    const api = await context.api();
    const containers =
      index > 0
        ? [await serviceContainer(api, name, services[0]!, index, { oneOff: 'exclude', all: true })]
        : await projectContainers(api, name, { oneOff: 'exclude', all: true, services: services.sort(compareStrings) });
    const printer = new LogPrinter({
      out: environment.stdout,
      err: environment.stderr,
      color: !flags.bool('no-color') && (await globalsOf(context)).color,
      prefix: !flags.bool('no-log-prefix'),
    });
    const shown = containers.filter((container) => services.length === 0 || services.includes(serviceOf(container)));
    for (const container of shown) printer.register(nameWithoutProject(container));
    await Promise.all(shown.map((container) => show(api, container, query, printer)));
  },
};

type Query = Record<string, string | number | undefined>;

function queryOf(context: CommandContext): Query {
  const { flags } = context;
  return {
    stdout: 1,
    stderr: 1,
    follow: flags.bool('follow') ? 1 : undefined,
    since: timeOf(context, 'since'),
    until: timeOf(context, 'until'),
    timestamps: flags.bool('timestamps') ? 1 : undefined,
    tail: flags.string('tail'),
  };
}

function timeOf({ flags, environment }: CommandContext, flag: 'since' | 'until'): string | undefined {
  const text = flags.string(flag);
  if (text === '') return undefined;
  try {
    return parseTime(text, environment.clock.now());
  } catch (error) {
    throw new ComposeError(`invalid value for "${flag}": ${messageOf(error)}`);
  }
}

/** Both streams of a container are its log's lines. */
async function show(api: ApiClient, container: ContainerSummary, query: Query, printer: LogPrinter): Promise<void> {
  const { Config } = await api.get<ContainerInspect>(containerPath(container.Id, 'json'));
  const { chunks } = await api.stream(containerPath(container.Id, 'logs'), { query });
  const name = nameWithoutProject(container);
  const lines = new LineOutput((line) => printer.log(name, line));
  if (Config.Tty) await copyAll(chunks, lines);
  else await copyFrames(chunks, lines, lines);
  await lines.end();
}
