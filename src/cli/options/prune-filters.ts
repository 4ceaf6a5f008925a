/**
 * The filters of a prune: `--filter`, and what the client's configuration adds to each.
 * Source: docker/cli cli/command/utils.go, PruneFilters.
 */
import type { CommandContext } from '../command.ts';
import { addFilter, type Filters } from './filter.ts';

/**
 * A configured label counts only beside the opposite filter on the command line, and not if that names the same
 * label. Docker means it to count without one as well, but its check takes no filter for a match.
 */
const OPPOSITES: Record<string, string> = { label: 'label!', 'label!': 'label' };

export async function pruneFilters(context: CommandContext): Promise<Filters> {
  const given = context.flags.value<Filters>('filter');
  let filters = given;
  for (const text of (await context.config()).pruneFilters ?? []) {
    const equals = text.indexOf('=');
    if (equals < 0) continue;
    const [name, value] = [text.slice(0, equals), text.slice(equals + 1)];
    const opposite = OPPOSITES[name];
    if (opposite !== undefined && (!given[opposite] || given[opposite][value])) continue;
    filters = addFilter(filters, name, value);
  }
  return filters;
}
