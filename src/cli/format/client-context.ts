/** Contexts as rows. Source: docker/cli cli/command/formatter/context.go. */
import type { RowKind } from './formatter.ts';
import { ellipsis } from './text.ts';

const TABLE = 'table {{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}';
const ERROR_WIDTH = 45;

export interface ClientContextRow {
  name: string;
  current: boolean;
  description: string;
  dockerEndpoint: string;
  error: string;
}

/** The format that a `--format` value stands for. */
export function clientContextFormat(source: string, quiet: boolean): string {
  if (quiet) return '{{.Name}}';
  return source === 'table' ? TABLE : source;
}

export const CLIENT_CONTEXT_KIND: RowKind<ClientContextRow> = {
  type: '*formatter.clientContextContext',
  headers: { Name: 'NAME', Description: 'DESCRIPTION', DockerEndpoint: 'DOCKER ENDPOINT', Error: 'ERROR' },
  values: {
    Current: ({ current }) => current,
    Name: ({ name }) => name,
    Description: ({ description }) => description,
    DockerEndpoint: ({ dockerEndpoint }) => dockerEndpoint,
    Error: ({ error }) => ellipsis(error, ERROR_WIDTH),
  },
};
