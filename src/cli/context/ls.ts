/** Lists contexts. Source: docker/cli cli/command/context/list.go. */
import { messageOf } from '#engine/errors.ts';
import type { Command, CommandContext } from '../command.ts';
import { compareNaturally } from '../container/natural-order.ts';
import { CLIENT_CONTEXT_KIND, clientContextFormat, type ClientContextRow } from '../format/client-context.ts';
import { formatRows } from '../format/formatter.ts';
import { descriptionOf, dockerEndpoint, type ContextMetadata } from './metadata.ts';

/** @cli  Y  docker context ls  "List contexts" */
export const lsCommand: Command = {
  path: ['context', 'ls'],
  async run(context) {
    const { flags, contexts, environment } = context;
    const current = await context.contextName();
    const rows = (await contexts.list()).map((metadata) => rowOf(metadata, current));
    if (!rows.some((row) => row.current)) rows.push(await missing(context, current));
    rows.sort((a, b) => compareNaturally(a.name, b.name));
    const format = clientContextFormat(flags.string('format') || 'table', flags.bool('quiet'));
    await context.out(formatRows(format, rows, CLIENT_CONTEXT_KIND));
    if (!environment.env.DOCKER_HOST) return;
    await context.err(
      'Warning: DOCKER_HOST environment variable overrides the active context. To use a context, either set the global --context flag, or unset DOCKER_HOST environment variable.\n',
    );
  },
};

function rowOf(metadata: ContextMetadata, current: string): ClientContextRow {
  const row = {
    name: metadata.Name,
    current: metadata.Name === current,
    description: descriptionOf(metadata),
    dockerEndpoint: '',
    error: '',
  };
  try {
    return { ...row, dockerEndpoint: dockerEndpoint(metadata).Host };
  } catch (error) {
    return { ...row, error: messageOf(error) };
  }
}

/** The row of a current context that is not there. */
async function missing({ contexts }: CommandContext, name: string): Promise<ClientContextRow> {
  const error = await contexts.get(name).then(() => '', messageOf);
  return { name, current: true, description: '', dockerEndpoint: '', error };
}
