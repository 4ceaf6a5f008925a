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
