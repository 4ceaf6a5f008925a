/**
 * A container as `docker stats` shows it: the names that a `--format` may use, and what they are.
 * Source: docker/cli cli/command/container/formatter_stats.go.
 */
import type { RowKind } from '../format/formatter.ts';
import { truncateId } from '../format/text.ts';
import { bytesSize, humanSizeWithPrecision } from '../units/size.ts';
import type { Usage } from './usage.ts';

export const statsTable = 'table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}';

export interface StatsRow {
  /** As it was asked for: a name or an id. */
  container: string;
  /** With the slash in front; empty before the first sample. */
  name: string;
  id: string;
  /** Undefined when the latest figures could not be had. */
  usage: Usage | undefined;
  truncate: boolean;
}

const unknown = '--';

export const statsRows: RowKind<StatsRow> = {
  type: '*container.statsContext',
  headers: {
    Container: 'CONTAINER',
    Name: 'NAME',
    ID: 'CONTAINER ID',
    CPUPerc: 'CPU %',
    MemUsage: 'MEM USAGE / LIMIT',
    MemPerc: 'MEM %',
    NetIO: 'NET I/O',
    BlockIO: 'BLOCK I/O',
    PIDs: 'PIDS',
  },
  values: {
    Container: ({ container }) => container,
    Name: ({ name }) => (name.length > 1 ? name.slice(1) : unknown),
    ID: ({ id, truncate }) => (truncate ? truncateId(id) : id),
    CPUPerc: ({ usage }) => (usage ? percent(usage.cpuPercent) : unknown),
    MemUsage: ({ usage }) => (usage ? pair(usage.memoryBytes, usage.memoryLimitBytes, bytesSize) : `${unknown} / ${unknown}`),
    MemPerc: ({ usage }) => (usage ? percent(usage.memoryPercent) : unknown),
    NetIO: ({ usage }) => (usage ? pair(usage.networkReceivedBytes, usage.networkSentBytes, shortSize) : unknown),
    BlockIO: ({ usage }) => (usage ? pair(usage.blockReadBytes, usage.blockWrittenBytes, shortSize) : unknown),
    PIDs: ({ usage }) => (usage ? String(usage.pids) : unknown),
  },
};

function percent(value: number): string {
  return `${value.toFixed(2)}%`;
}

function shortSize(sizeBytes: number): string {
  return humanSizeWithPrecision(sizeBytes, 3);
}

function pair(first: number, second: number, print: (value: number) => string): string {
  return `${print(first)} / ${print(second)}`;
}
