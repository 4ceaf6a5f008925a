/** The layers of an image as `docker history` prints them. Source: docker/cli cli/command/image/formatter_history.go. */
import type { ImageHistoryItem } from '#engine/api/types/image.ts';
import { humanSizeWithPrecision } from '../units/size.ts';
import { agoOf, rfc3339 } from './age.ts';
import type { RowKind } from './formatter.ts';
import { ellipsis, truncateId } from './text.ts';

const COMMAND_WIDTH = 45;

/** The format that a `--format` value stands for. */
export function historyFormat(source: string, quiet: boolean, human: boolean): string {
  if (source !== 'table') return source;
  if (quiet) return '{{.ID}}';
  return `table {{.ID}}\t{{.${human ? 'CreatedSince' : 'CreatedAt'}}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}`;
}

export function historyKind(truncate: boolean, human: boolean, nowMs: number): RowKind<ImageHistoryItem> {
  return {
    type: '*image.historyContext',
    headers: {
      ID: 'IMAGE',
      CreatedSince: 'CREATED',
      CreatedAt: 'CREATED AT',
      CreatedBy: 'CREATED BY',
      Size: 'SIZE',
      Comment: 'COMMENT',
    },
    values: {
      ID: (item) => (truncate ? truncateId(item.Id) : item.Id),
      CreatedAt: (item) => rfc3339(item.Created),
      CreatedSince: (item) => (!human ? rfc3339(item.Created) : item.Created <= 0 ? 'N/A' : agoOf(item.Created, nowMs)),
      CreatedBy: (item) => {
        const command = item.CreatedBy.replaceAll('\t', ' ');
        return truncate ? ellipsis(command, COMMAND_WIDTH) : command;
      },
      Size: (item) => (human ? humanSizeWithPrecision(item.Size, 3) : String(item.Size)),
      Comment: (item) => item.Comment,
    },
  };
}
