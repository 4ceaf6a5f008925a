// The snapshot of advisories as it is shipped: one JSON file, a line for each source package, that src/cli/scout/advisories.ts reads.

/** Id, fixed version or null, first letter of the severity or nothing, title, and for an undecided one what is known instead. */
export type Row = [id: string, fixedIn: string | null, severity: string, title: string, undecided?: string];

export interface SnapshotHead {
  distribution: { id: string; version: string; codename: string };
  /** `2026-11-26`. */
  date: string;
  /** What it is made of, then what that means: a sentence each. */
  notes: string[];
  /** Where the facts are from, and under which terms. */
  origin: string;
}

export function snapshotText(head: SnapshotHead, sources: ReadonlyMap<string, Row[]>): string {
  const lines = [...sources]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, rows]) => `${JSON.stringify(name)}:${JSON.stringify([...rows].sort(byId))}`);
  const { distribution, date, notes, origin } = head;
  return `{"format":1,${JSON.stringify({ distribution, date, notes, origin }).slice(1, -1)},"sources":{\n${lines.join(',\n')}\n}}\n`;
}

function byId([a]: Row, [b]: Row): number {
  return a < b ? -1 : 1;
}
