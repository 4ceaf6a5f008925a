/** `--filter name=value`, repeatable, in the shape that the API takes as JSON: name → value → true. */
export type Filters = Record<string, Record<string, true>>;

export function parseFilter(filters: Filters, text: string): Filters {
  if (text === '') return filters;
  const equals = text.indexOf('=');
  if (equals < 0) throw new Error('bad format of filter (expected name=value)');
  const name = text.slice(0, equals).trim().toLowerCase();
  return addFilter(filters, name, text.slice(equals + 1).trim());
}

export function addFilter(filters: Filters, name: string, value: string): Filters {
  return { ...filters, [name]: { ...filters[name], [value]: true } };
}

/** The values of one filter, in the order given. */
export function filterValues(filters: Filters, name: string): string[] {
  return Object.keys(filters[name] ?? {});
}

/** As a query parameter, names and values in order as Go writes them; undefined when there is none. */
export function filtersParameter(filters: Filters): string | undefined {
  const names = Object.keys(filters).sort();
  if (names.length === 0) return undefined;
  const values = (name: string): Record<string, true> =>
    Object.fromEntries(
      filterValues(filters, name)
        .sort()
        .map((value) => [value, true]),
    );
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, values(name)])));
}
