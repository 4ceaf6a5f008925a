/** Shows what a project's containers have printed. Source: docker/compose 2.26.1 cmd/compose/logs.go, pkg/compose/logs.go. */
import type { ApiClient } from '#engine/api/client.ts';
import type { ContainerInspect, ContainerSummary } from '#engine/api/types/container.ts';
import { messageOf } from '#engine/errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { containerPath } from '../container/container-path.ts';
import { parseTime } from '../options/time.ts';
import { copyAll, copyFrames } from '../stream/stdcopy.ts';
import { ComposeError } from './compose-error.ts';
import { ContainerWatch, type WatchedContainer } from './container-watch.ts';
import { globalsOf } from './globals.ts';
import { LineOutput, LogPrinter } from './log-printer.ts';
import { compareStrings } from './load/model.ts';
import { projectOrName } from './named-project.ts';
import { nameWithoutProject, projectContainers, serviceContainer, serviceOf } from './project-containers.ts';
import { ToldEnds } from './told-ends.ts';

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
    const watch = flags.bool('follow') ? await ContainerWatch.open(api, name, { services }) : undefined;
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
    const reading = new Map(shown.map((container) => [container.Id, show(api, container, query, printer)]));
    try {
      await Promise.all([...reading.values(), watch && followNew({ api, watch, query, printer, reading }, shown)]);
    } finally {
      watch?.close();
    }
  },
};

interface Following {
  api: ApiClient;
  watch: ContainerWatch;
  query: Query;
  printer: LogPrinter;
  /** Ends of what is printed, by container. */
  reading: Map<string, Promise<void>>;
}

/** Reads those too that start from now on, until all have ended. */
async function followNew({ api, watch, query, printer, reading }: Following, containers: readonly ContainerSummary[]): Promise<void> {
  const running = containers.filter(({ State }) => State === 'running');
  const told = new ToldEnds();
  for (const { Id: id } of running) told.add(id);
  watch.expect(running);
  await watch.follow({
    onReplacement: (id) => told.add(id),
    onStart(container, since) {
      told.add(container.Id);
      printer.register(nameWithoutProject(container));
      // One that is gone before it is read has nothing to say.
      const read = show(api, container, { ...query, since }, printer).catch(() => {});
      reading.set(container.Id, read);
    },
    async onExit({ Id: id }, exit) {
      await reading.get(id);
      if (told.ended(id, exit.restarts)) await printer.exit(exit);
    },
  });
}

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
async function show(api: ApiClient, container: WatchedContainer, query: Query, printer: LogPrinter): Promise<void> {
  const { Config } = await api.get<ContainerInspect>(containerPath(container.Id, 'json'));
  const { chunks } = await api.stream(containerPath(container.Id, 'logs'), { query });
  const name = nameWithoutProject(container);
  const lines = new LineOutput((line) => printer.log(name, line));
  if (Config.Tty) await copyAll(chunks, lines);
  else await copyFrames(chunks, lines, lines);
  await lines.end();
}
