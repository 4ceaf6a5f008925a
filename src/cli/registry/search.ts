/** Searches Docker Hub. Source: docker/cli cli/command/registry/search.go. */
import type { Command } from '../command.ts';
import { formatRows, type RowKind } from '../format/formatter.ts';
import { ellipsis } from '../format/text.ts';
import { filtersParameter, type Filters } from '../options/filter.ts';
import { searchAuth } from './credentials.ts';

const TABLE = 'table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}';
const DESCRIPTION_WIDTH = 45;

/** An element of `GET /images/search`. */
export interface SearchResult {
  name: string;
  description: string;
  star_count: number;
  is_official: boolean;
}

/** @cli  P[the shipped registry stands for Docker Hub]  docker search  "Search Docker Hub for images" */
export const searchCommand: Command = {
  path: ['search'],
  async run(context) {
    const { flags, args } = context;
    const filters = flags.value<Filters>('filter');
    const query = {
      term: args[0],
      limit: flags.number('limit') || undefined,
      filters: filtersParameter(filters),
    };
    const results = await (
      await context.api()
    ).get<SearchResult[]>('/images/search', { query, headers: await searchAuth(context, args[0] ?? '') });
    const format = flags.string('format');
    await context.out(formatRows(searchFormat(format), results, searchKind(!flags.bool('no-trunc'))));
  },
};

export function searchFormat(source: string): string {
  return source === '' || source === 'table' ? TABLE : source;
}

export function searchKind(truncate: boolean): RowKind<SearchResult> {
  return {
    type: '*registry.searchContext',
    headers: { Name: 'NAME', Description: 'DESCRIPTION', StarCount: 'STARS', IsOfficial: 'OFFICIAL' },
    values: {
      Name: (result) => result.name,
      Description: (result) => {
        const text = result.description.replaceAll('\n', ' ').replaceAll('\r', ' ');
        return truncate ? ellipsis(text, DESCRIPTION_WIDTH) : text;
      },
      StarCount: (result) => String(result.star_count),
      IsOfficial: (result) => (result.is_official ? '[OK]' : ''),
    },
    json: { IsOfficial: (result) => String(result.is_official) },
  };
}
