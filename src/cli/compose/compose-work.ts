/** What the steps of a command that changes things are given, and what several of them ask. */
import { ApiError, type ApiClient } from '#engine/api/client.ts';
import type { CommandContext } from '../command.ts';
import { addFilter, filtersParameter, type Filters } from '../options/filter.ts';
import type { ProgressWriter } from './progress.ts';

export interface ComposeWork {
  context: CommandContext;
  api: ApiClient;
  progress: ProgressWriter;
  /** A warning in the client's log. */
  warn: (message: string) => void;
  dryRun: boolean;
}

/** A query's `filters`: what has all of these labels. */
export function labelFilter(labels: readonly string[]): string | undefined {
  return filtersParameter(labels.reduce<Filters>((filters, label) => addFilter(filters, 'label', label), {}));
}

export function isStatus(error: unknown, ...statuses: number[]): boolean {
  return error instanceof ApiError && statuses.includes(error.status);
}
