/**
 * Progress as Docker sends it: one JSON document per line, with the bar drawn as text for older clients.
 * Source: moby pkg/jsonmessage, pkg/streamformatter.
 */
import type { PushProgress } from '../../image/progress.ts';
import type { ProgressMessage } from '../types/system.ts';

/** What ends each line. */
export const progressLineEnd = '\r\n';

export function progressMessage(progress: PushProgress): ProgressMessage {
  if (progress.kind === 'message')
    return progress.id === undefined ? { status: progress.text } : { status: progress.text, id: progress.id };
  if (progress.kind === 'pushed') {
    const { tag, digest, sizeBytes } = progress;
    return { progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: sizeBytes } };
  }
  const { action, id, current = 0, total = 0 } = progress;
  const bar = progressBar(current, total);
  const progressDetail = { ...(current && { current }), ...(total && { total }) };
  return { status: action, progressDetail, ...(bar && { progress: bar }), id };
}

export function errorMessage(message: string): ProgressMessage {
  return { errorDetail: { message }, error: message };
}

/** `[=====>          ]  36.45kB/1.069MB` for a terminal of unknown width; empty while there is nothing to count. */
function progressBar(current: number, total: number): string {
  if (current <= 0 && total <= 0) return '';
  if (total <= 0) return humanSize(current).padStart(8);
  const filled = Math.min(50, Math.floor(Math.floor((current / total) * 100) / 2));
  const counts = current > total ? humanSize(current).padStart(8) : `${humanSize(current).padStart(8)}/${humanSize(total)}`;
  return `[${'='.repeat(filled)}>${' '.repeat(50 - filled)}] ${counts}`;
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Four digits of precision and decimal units. Source: docker/go-units, HumanSize. */
function humanSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${Number(size.toPrecision(4))}${units[unit]}`;
}
