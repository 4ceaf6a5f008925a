/**
 * How lists are printed: `table`, `table TEMPLATE`, `json`, or a template per row. A kind of row says
 * which names a template may use, their column titles, and what they are for one row.
 * Source: docker/cli cli/command/formatter/formatter.go.
 */
import { compareStrings, GoMap, GoStruct, type GoMethod, type GoValue } from './gotemplate/value.ts';
import { TemplateExecError } from './gotemplate/exec.ts';
import { plainJson, goJson } from './gotemplate/json.ts';
import { HEADER_FUNCTIONS } from './gotemplate/functions.ts';
import { Template } from './gotemplate/template.ts';
import { alignColumns } from './tabwriter.ts';
import { messageOf } from '#engine/errors.ts';

export interface RowKind<Row> {
  /** Go's name for it, in errors: `*formatter.ContainerContext`. */
  type: string;
  /** Name → column title. */
  headers: Record<string, string>;
  /** Name → value. All of them make up `{{json .}}`. */
  values: Record<string, (row: Row) => GoValue>;
  /** Values that are others in `{{json .}}`. */
  json?: Record<string, (row: Row) => GoValue>;
  /** Names that take arguments, such as `.Label "x"`. */
  calls?: Record<string, RowCall<Row>>;
}

export interface RowCall<Row> {
  parameters: GoMethod['parameters'];
  call(row: Row, ...args: GoValue[]): GoValue;
  /** What the header shows for it. */
  header(...args: GoValue[]): string;
}

/** Prints rows in a format. @throws Error `template parsing error: …` */
export function formatRows<Row>(format: string, rows: readonly Row[], kind: RowKind<Row>): string {
  const isTable = format.startsWith('table');
  const template = parseFormat(format);
  const lines = rows.map((row) => `${runRow(template, row, kind)}\n`).join('');
  if (!isTable) return lines;
  const header = headerText(template, kind);
  return alignColumns(`${header}\n${lines}`);
}

/**
 * The template that a format stands for, blanks trimmed and `\t` and `\n` read.
 *
 * @throws Error with docker's words
 */
export function parseFormat(format: string): Template {
  const text = format.startsWith('table') ? format.slice('table'.length) : format === 'json' ? '{{json .}}' : format;
  const unescaped = text
    .replace(/^ +| +$/g, '')
    .replaceAll('\\t', '\t')
    .replaceAll('\\n', '\n');
  try {
    return new Template(unescaped);
  } catch (error) {
    throw new Error(`template parsing error: ${messageOf(error)}`, { cause: error });
  }
}

function runRow<Row>(template: Template, row: Row, kind: RowKind<Row>): string {
  try {
    return template.run(new FormattedRow(row, kind));
  } catch (error) {
    throw new Error(`template parsing error: ${messageOf(error)}`, { cause: error });
  }
}

/** The titles; where the template fails on them, what it wrote until then. */
function headerText<Row>(template: Template, kind: RowKind<Row>): string {
  try {
    return template.run(new HeaderRow(kind), { functions: HEADER_FUNCTIONS });
  } catch (error) {
    if (error instanceof TemplateExecError) return error.output;
    throw error;
  }
}

/** One row as a template's dot. */
export class FormattedRow<Row> extends GoStruct {
  /** Names that the template has asked for. */
  readonly used = new Set<string>();

  constructor(
    readonly row: Row,
    readonly kind: RowKind<Row>,
  ) {
    super();
  }

  get type(): string {
    return this.kind.type;
  }

  lookup(name: string): { field: GoValue } | { method: GoMethod } | undefined {
    this.used.add(name);
    const value = own(this.kind.values, name);
    if (value) return { method: { parameters: [], call: () => value(this.row) } };
    const call = own(this.kind.calls ?? {}, name);
    return call && { method: { parameters: call.parameters, call: (...args) => call.call(this.row, ...args) } };
  }

  fields(): [string, GoValue][] {
    return Object.entries(this.kind.values).map(([name, value]) => [name, value(this.row)]);
  }

  #jsonValue(name: string): GoValue {
    const value = this.kind.json?.[name] ?? this.kind.values[name];
    return value?.(this.row);
  }

  /** Names in alphabetical order. Asking for the whole row asks for each of its names. */
  toJson(): string {
    const names = Object.keys(this.kind.values).sort(compareStrings);
    for (const name of names) this.used.add(name);
    return `{${names.map((name) => `${plainJson(name)}:${escaped(goJson(this.#jsonValue(name)))}`).join(',')}}`;
  }
}

/** Rows go through Go's json.Marshal, which escapes what HTML would read. */
function escaped(json: string): string {
  return json.replace(/[<>&]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The titles, under the names of the values. */
class HeaderRow<Row> extends GoStruct {
  readonly type = 'formatter.SubHeaderContext';

  constructor(readonly kind: RowKind<Row>) {
    super();
  }

  lookup(name: string): { field: GoValue } | { method: GoMethod } {
    const call = own(this.kind.calls ?? {}, name);
    if (call) return { method: { parameters: call.parameters, call: (...args) => call.header(...args) } };
    return { field: own(this.kind.headers, name) };
  }

  fields(): [string, GoValue][] {
    return Object.entries(this.kind.headers);
  }

  toJson(): string {
    return goJson(new GoMap(new Map(Object.entries(this.kind.headers)), 'string'));
  }
}

function own<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
