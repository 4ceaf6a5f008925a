/** Lists builders. Source: docker/buildx commands/ls.go. */
import type { Command } from '../command.ts';
import { formatRows, type RowKind } from '../format/formatter.ts';
import { BUILDER, BUILDKIT_VERSION, PLATFORM } from './only-builder.ts';

const TABLE = 'table {{.Name}}\t{{.DriverEndpoint}}\t{{.Status}}\t{{.Buildkit}}\t{{.Platforms}}';

/** The builder itself, and the node that it consists of. */
type Row = 'builder' | 'node';

/** @cli  Y  docker buildx ls  "List builder instances" */
export const lsCommand: Command = {
  path: ['buildx', 'ls'],
  async run(context) {
    const source = context.flags.string('format');
    await context.api();
    const format = source === 'table' ? TABLE : source;
    const rows: Row[] = format === 'json' || format === '{{json .}}' ? ['builder'] : ['builder', 'node'];
    await context.out(formatRows(format, rows, rowKind(format.startsWith('table'))));
  },
};

function rowKind(isTable: boolean): RowKind<Row> {
  const indent = isTable ? ' \\_ ' : '';
  return {
    type: '*commands.lsContext',
    headers: {
      Name: 'NAME/NODE',
      DriverEndpoint: 'DRIVER/ENDPOINT',
      LastActivity: 'LAST ACTIVITY',
      Status: 'STATUS',
      Buildkit: 'BUILDKIT',
      Platforms: 'PLATFORMS',
    },
    values: {
      Name: (row) => (row === 'node' ? `${indent}${BUILDER}` : `${BUILDER}${isTable ? '*' : ''}`),
      DriverEndpoint: (row) => (row === 'node' ? `${indent}${BUILDER}` : 'docker'),
      LastActivity: () => '',
      Status: (row) => (row === 'node' ? 'running' : ''),
      Buildkit: (row) => (row === 'node' ? BUILDKIT_VERSION : ''),
      Platforms: (row) => (row === 'node' ? PLATFORM : ''),
      Error: () => '',
    },
  };
}
