/**
 * Lists containers.
 * Source: docker/cli cli/command/container/list.go.
 */
import type { ContainerSummary } from '#engine/api/types/container.ts';
import { messageOf } from '#engine/errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { containerFormat, containerRows } from '../format/container.ts';
import { FormattedRow, formatRows } from '../format/formatter.ts';
import { Template } from '../format/gotemplate/template.ts';
import { filtersParameter, type Filters } from '../options/filter.ts';

/** What a template is tried on before the daemon is asked. */
const nothing: ContainerSummary = {
  Id: '',
  Names: [],
  Image: '',
  ImageID: '',
  Command: '',
  Created: 0,
  Ports: [],
  Labels: {},
  State: 'created',
  Status: '',
  HostConfig: {},
  NetworkSettings: { Networks: {} },
  Mounts: [],
};

/** @cli  Y  docker container ls  "List containers" */
export const lsCommand: Command = {
  path: ['container', 'ls'],
  async run(context) {
    const { flags, environment } = context;
    const quiet = flags.bool('quiet');
    if (flags.string('format') !== '' && quiet) {
      await context.err('WARNING: Ignoring custom format, because both --format and --quiet are set.\n');
    }
    const format = flags.string('format') || (await context.config()).psFormat || '';
    const usesSize = format !== '' && tryFormat(format);
    const withSize = flags.bool('size') || (usesSize && !quiet && !flags.changed('size'));
    const containers = await list(context, withSize);
    const kind = containerRows({ truncate: !flags.bool('no-trunc'), nowMs: environment.clock.now() });
    await context.out(formatRows(containerFormat(format, quiet, withSize), containers, kind));
  },
};

async function list(context: CommandContext, withSize: boolean): Promise<ContainerSummary[]> {
  const { flags } = context;
  const last = flags.number('last');
  const limit = flags.bool('latest') && last === -1 ? 1 : last;
  const query = {
    all: flags.bool('all') ? 1 : undefined,
    limit: limit > 0 ? limit : undefined,
    size: withSize ? 1 : undefined,
    filters: filtersParameter(flags.value<Filters>('filter')),
  };
  return (await context.api()).get<ContainerSummary[]>('/containers/json', { query });
}

/**
 * Tries a format on nothing, before the daemon is asked.
 *
 * @returns whether it shows sizes, which the daemon only works out when asked to
 */
function tryFormat(format: string): boolean {
  const row = new FormattedRow(nothing, containerRows({ truncate: false, nowMs: 0 }));
  let template: Template;
  try {
    template = new Template(format);
  } catch (error) {
    throw new ExitError(1, `failed to parse template: ${messageOf(error)}`, { cause: error });
  }
  try {
    template.run(row);
  } catch (error) {
    throw new ExitError(1, `failed to execute template: ${messageOf(error)}`, { cause: error });
  }
  return row.used.has('Size');
}
