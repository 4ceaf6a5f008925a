/**
 * The comma-separated fields of options such as `--mount` and `--network`, quotes allowed around a field.
 * Errors are those of Go's encoding/csv.
 */
export function csvFields(text: string): string[] {
  if (text === '') throw new Error('EOF');
  const fields: string[] = [];
  let rest = text;
  for (;;) {
    const column = text.length - rest.length + 1;
    if (!rest.startsWith('"')) {
      const comma = rest.indexOf(',');
      const field = comma < 0 ? rest : rest.slice(0, comma);
      const quote = field.indexOf('"');
      if (quote >= 0) throw new Error(`parse error on line 1, column ${column + quote}: bare " in non-quoted field`);
      fields.push(field);
      if (comma < 0) return fields;
      rest = rest.slice(comma + 1);
      continue;
    }
    const [quoted = '', inner = ''] = /^"((?:[^"]|"")*)"/.exec(rest) ?? [];
    if (quoted === '') throw new Error(`parse error on line 1, column ${text.length + 1}: extraneous or missing " in quoted-field`);
    fields.push(inner.replaceAll('""', '"'));
    rest = rest.slice(quoted.length);
    if (rest === '') return fields;
    if (!rest.startsWith(',')) {
      throw new Error(`parse error on line 1, column ${text.length - rest.length}: extraneous or missing " in quoted-field`);
    }
    rest = rest.slice(1);
  }
}
