/** Lists projects: those of whose containers there are some. Source: docker/compose 2.26.1 cmd/compose/list.go, pkg/compose/ls.go. */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import type { Command } from '../command.ts';
import { alignColumns } from '../format/tabwriter.ts';
import { addFilter, filtersParameter, filterValues, type Filters } from '../options/filter.ts';
import { ComposeError } from './compose-error.ts';
import { CONFIG_FILES_LABEL, HASH_LABEL, PROJECT_LABEL } from './labels.ts';
import { compareStrings } from './load/model.ts';
import { LIST_TABLE, listJson } from './list-output.ts';

interface ListedProject {
  Name: string;
  Status: string;
  ConfigFiles: string;
}

/** @cli  Y  docker compose ls  "List running compose projects" */
export const ls: Command = {
  path: ['compose', 'ls'],
  run: async ({ flags, api, out }) => {
    const filters = flags.value<Filters>('filter');
    const unknown = Object.keys(filters).find((name) => name !== 'name');
    if (unknown !== undefined) throw new ComposeError(`invalid filter '${unknown}'`);
    const query = {
      all: flags.bool('all') ? 1 : undefined,
      filters: filtersParameter(addFilter(addFilter({}, 'label', PROJECT_LABEL), 'label', HASH_LABEL)),
    };
    const containers = await (await api()).get<ContainerSummary[]>('/containers/json', { query });
    const names = filterValues(filters, 'name');
    const projects = projectsOf(containers).filter(({ Name }) => names.length === 0 || names.some((name) => matches(name, Name)));
    if (flags.bool('quiet')) return out(projects.map(({ Name }) => `${Name}\n`).join(''));
    const format = flags.string('format');
    if (format === 'json') return out(listJson(projects));
    if (format !== 'table' && format !== '')
      throw new ComposeError(`format value ${JSON.stringify(format)} could not be parsed: parsing failed`);
    const lines = projects.map(({ Name, Status, ConfigFiles }) => `${Name}\t${Status}\t${ConfigFiles}\n`);
    await out(alignColumns(`NAME\tSTATUS\tCONFIG FILES\n${lines.join('')}`, LIST_TABLE));
  },
};

function projectsOf(containers: ContainerSummary[]): ListedProject[] {
  const byName = new Map<string, ContainerSummary[]>();
  for (const container of containers) {
    const name = container.Labels?.[PROJECT_LABEL] ?? '';
    byName.set(name, [...(byName.get(name) ?? []), container]);
  }
  return [...byName]
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([Name, all]) => ({ Name, Status: statusOf(all), ConfigFiles: configFilesOf(all) }));
}

/** `exited(1), running(3)`. */
function statusOf(containers: ContainerSummary[]): string {
  const counts = new Map<string, number>();
  for (const { State } of containers) counts.set(State, (counts.get(State) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([state, count]) => `${state}(${count})`)
    .join(', ');
}

function configFilesOf(containers: ContainerSummary[]): string {
  const lists = containers.map(({ Labels }) => Labels?.[CONFIG_FILES_LABEL]);
  if (lists.some((list) => list === undefined)) return 'N/A';
  return [...new Set(lists.flatMap((list) => list!.split(',')))].join(',');
}

/** Docker's filter: the same, or a regular expression that is in it. */
function matches(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  try {
    return new RegExp(pattern).test(name);
  } catch {
    return false;
  }
}
