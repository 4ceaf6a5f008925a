/**
 * Shows what containers use, again and again until interrupted.
 * Source: docker/cli cli/command/container/stats.go.
 */
import type { ApiClient } from '#engine/api/client.ts';
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { EventMessage } from '#engine/api/types/system.ts';
import type { Command, CommandContext } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';
import { formatRows } from '../format/formatter.ts';
import { truncateId } from '../format/text.ts';
import { filtersParameter, type Filters } from '../options/filter.ts';
import { sleep } from '../sleep.ts';
import { StatsCollector } from './stats-collector.ts';
import { statsRows, statsTable } from './stats-rows.ts';

const refreshMs = 500;

/** @cli  Y  docker container stats  "Display a live stream of container(s) resource usage statistics" */
export const statsCommand: Command = {
  path: ['container', 'stats'],
  async run(context) {
    const api = await context.api();
    await showStats(context, context.args.length > 0 ? await watchNamed(context, api) : await watchAll(context, api));
  },
};

/** Shows the figures as the command's flags say. */
export async function showStats(context: CommandContext, watched: Watched): Promise<void> {
  const given = context.flags.string('format') || (await context.config()).statsFormat || 'table';
  const format = given === 'table' ? statsTable : given;
  const truncate = !context.flags.bool('no-trunc');
  for (;;) {
    const rows = watched.collectors.map(({ container, figures }) => ({ container, ...figures, truncate }));
    const text = formatRows(format, rows, statsRows);
    if (context.flags.bool('no-stream')) return context.out(text);
    await context.out(inPlace(text));
    if (watched.ended) return;
    await sleep(context.environment.clock, refreshMs);
  }
}

export interface Watched {
  collectors: StatsCollector[];
  /** There will be no more news. */
  ended: boolean;
}

/** @throws ExitError with a line for each container without figures */
async function watchNamed(context: CommandContext, api: ApiClient): Promise<Watched> {
  const watched: Watched = { collectors: [], ended: false };
  await Promise.all([...new Set(context.args)].map((name) => watch(context, api, watched, name)));
  const problems = watched.collectors.filter(({ error }) => error !== undefined).map(({ error }) => errorLine(error));
  if (problems.length > 0) throw new ExitError(1, problems.join('\n'));
  return watched;
}

/** Those that run, or all; and those that come, without those that go. @param filters what they are chosen by */
export async function watchAll(context: CommandContext, api: ApiClient, filters: Filters = {}): Promise<Watched> {
  const watched: Watched = { collectors: [], ended: false };
  const all = context.flags.bool('all');
  // Before the list, so that none is missed in between.
  const events = await api.messages<EventMessage>('/events', {
    query: { filters: JSON.stringify({ ...filters, type: { container: true } }) },
  });
  void followEvents(context, api, watched, events, all);
  const containers = await api.get<ContainerSummary[]>('/containers/json', {
    query: { all: all ? 1 : undefined, filters: filtersParameter(filters) },
  });
  await Promise.all(containers.map(({ Id }) => watch(context, api, watched, truncateId(Id))));
  return watched;
}

async function followEvents(
  context: CommandContext,
  api: ApiClient,
  watched: Watched,
  events: AsyncIterable<EventMessage>,
  all: boolean,
): Promise<void> {
  try {
    for await (const { Action, Actor } of events) {
      const id = truncateId(Actor.ID);
      if (Action === 'start' || (all && Action === 'create')) void watch(context, api, watched, id);
      else if (Action === 'die' && !all) watched.collectors = watched.collectors.filter(({ container }) => container !== id);
    }
  } catch {
    // The daemon has gone: the last table stays.
  }
  watched.ended = true;
}

async function watch(context: CommandContext, api: ApiClient, watched: Watched, container: string): Promise<void> {
  if (watched.collectors.some((known) => known.container === container)) return;
  const collector = new StatsCollector(container, api, context.environment.clock);
  watched.collectors.push(collector);
  await collector.collect(!context.flags.bool('no-stream'));
}

/** The text from the top left corner of the screen, once to show and once more to clear what was longer before. */
function inPlace(text: string): string {
  const fromTop = `\x1b[H${text}`;
  const cleared = fromTop.split('\n').map((line) => `${line} \x1b[K\n`);
  return `${fromTop}${cleared.join('')}\x1b[J`;
}
