/** How Compose prints its own lists; containers are Docker's table. */
import type { TabLayout } from '../format/tabwriter.ts';
import { goJson } from './go-json.ts';

export const LIST_TABLE: TabLayout = { minWidth: 20, padding: 3, padCharacter: ' ' };

/** One line, as Go's encoder writes structs. */
export function listJson(rows: readonly object[]): string {
  return `${goJson(rows.map((row) => new Map(Object.entries(row))))}\n`;
}
