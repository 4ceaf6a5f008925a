/**
 * One line of comma-separated fields, `"quoted"` where they hold commas.
 * Source: Go encoding/csv; its errors.
 */
import { DockerfileError } from '../dockerfile-error.ts';

/** @throws DockerfileError */
export function csvFields(text: string): string[] {
  const line = text.replace(/\r?\n$/, '');
  if (line === '') throw new DockerfileError('EOF');
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const { field, end } = line[at] === '"' ? quotedField(line, at) : plainField(line, at);
    fields.push(field);
    if (end >= line.length) return fields;
    at = end + 1;
  }
}

function plainField(line: string, start: number): { field: string; end: number } {
  const comma = line.indexOf(',', start);
  const end = comma < 0 ? line.length : comma;
  const field = line.slice(start, end);
  const quote = field.indexOf('"');
  if (quote >= 0) throw parseError(line, start + quote, 'bare " in non-quoted field');
  return { field, end };
}

function quotedField(line: string, start: number): { field: string; end: number } {
  let field = '';
  let at = start + 1;
  for (;;) {
    const quote = line.indexOf('"', at);
    if (quote < 0) throw parseError(line, at, 'extraneous or missing " in quoted-field');
    field += line.slice(at, quote);
    at = quote + 1;
    if (at >= line.length || line[at] === ',') return { field, end: at };
    if (line[at] !== '"') throw parseError(line, quote, 'extraneous or missing " in quoted-field');
    field += '"';
    at++;
  }
}

/** Columns count bytes. */
function parseError(line: string, at: number, problem: string): DockerfileError {
  const column = new TextEncoder().encode(line.slice(0, at)).length + 1;
  return new DockerfileError(`parse error on line 1, column ${column}: ${problem}`);
}
