/**
 * Records of the build cache as buildx prints them, in columns made of tabs.
 * Source: docker/buildx commands/diskusage.go.
 */
import type { BuildCacheUsage } from '#engine/api/types/system.ts';
import { agoOf, timeText } from '../format/age.ts';
import { alignColumns } from '../format/tabwriter.ts';
import { humanSize } from '../units/size.ts';

const TABS = { minWidth: 1, padding: 1, padCharacter: '\t', tabWidth: 8 };
const HEADER = 'ID\tRECLAIMABLE\tSIZE\tLAST ACCESSED\n';
/** Records that a build may still change. */
const MUTABLE_TYPES = new Set(['source.local', 'exec.cachemount']);

/** Smallest first. */
export function sortedRecords(records: readonly BuildCacheUsage[]): BuildCacheUsage[] {
  return [...records].sort((a, b) => a.Size - b.Size || (a.ID < b.ID ? -1 : 1));
}

/** @param withHeader the titles first */
export function cacheTable(records: readonly BuildCacheUsage[], withHeader: boolean, nowMs: number): string {
  return alignColumns((withHeader ? HEADER : '') + records.map((record) => rowOf(record, nowMs)).join(''), TABS);
}

function rowOf(record: BuildCacheUsage, nowMs: number): string {
  const id = record.ID + (isMutable(record) ? '*' : '');
  const size = humanSize(record.Size) + (record.Shared ? '*' : '');
  return `${id.padEnd(40)}\t${String(!record.InUse).padEnd(5)}\t${size.padEnd(10)}\t${lastUsed(record, nowMs)}\n`;
}

/** `--verbose`: a block of lines for each. */
export function cacheDetails(records: readonly BuildCacheUsage[], nowMs: number): string {
  const blocks = records.map((record) => {
    const parents = record[' Parents'] ?? [];
    const lines: [string, unknown][] = [
      ['ID', record.ID],
      ...(parents.length > 0 ? [['Parent', parents.join(',')] as [string, unknown]] : []),
      ['Created at', timeText(Date.parse(record.CreatedAt) / 1000)],
      ['Mutable', isMutable(record)],
      ['Reclaimable', !record.InUse],
      ['Shared', record.Shared],
      ['Size', humanSize(record.Size)],
      ...(record.Description === '' ? [] : [['Description', record.Description] as [string, unknown]]),
      ['Usage count', record.UsageCount],
      ...(record.LastUsedAt ? [['Last used', lastUsed(record, nowMs)] as [string, unknown]] : []),
      ['Type', record.Type],
    ];
    return `${lines.map(([title, value]) => `${title}:\t${String(value)}\n`).join('')}\n`;
  });
  return alignColumns(blocks.join(''), TABS);
}

export function cacheSummary(records: readonly BuildCacheUsage[]): string {
  const sum = (some: readonly BuildCacheUsage[]): number => some.reduce((total, { Size }) => total + Size, 0);
  const shared = sum(records.filter(({ Shared }) => Shared));
  const total = sum(records);
  const parts = shared > 0 ? `Shared:\t${humanSize(shared)}\nPrivate:\t${humanSize(total - shared)}\n` : '';
  return alignColumns(
    `${parts}Reclaimable:\t${humanSize(sum(records.filter(({ InUse }) => !InUse)))}\nTotal:\t${humanSize(total)}\n`,
    TABS,
  );
}

export function totalLine(sizeBytes: number): string {
  return alignColumns(`Total:\t${humanSize(sizeBytes)}\n`, TABS);
}

function isMutable({ Type }: BuildCacheUsage): boolean {
  return MUTABLE_TYPES.has(Type);
}

function lastUsed({ LastUsedAt }: BuildCacheUsage, nowMs: number): string {
  return LastUsedAt ? agoOf(Date.parse(LastUsedAt) / 1000, nowMs) : '';
}
