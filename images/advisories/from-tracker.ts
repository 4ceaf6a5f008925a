// Advisories from Debian's security tracker: its JSON export (https://security-tracker.debian.org/tracker/data/json), which
// whoever builds with internet access downloads and names on the command line.

import type { Row } from './snapshot.ts';

/** What is read of the export: source package → CVE. */
export type TrackerExport = Record<string, Record<string, TrackerIssue>>;

interface TrackerIssue {
  description?: string;
  releases?: Record<string, { status: string; fixed_version?: string; urgency?: string }>;
}

/** Debian's words for how bad it is; `unimportant` is what no update is made for, `not yet assigned` says nothing. */
const letters: Record<string, string> = { high: 'H', medium: 'M', low: 'L', unimportant: 'L' };

export function trackerAdvisories(source: string, data: TrackerExport, release: string): Row[] {
  const rows: Row[] = [];
  for (const [id, { description = '', releases = {} }] of Object.entries(data[source] ?? {})) {
    const own = releases[release];
    if (!own || !id.startsWith('CVE-')) continue;
    // Asterisks mark an urgency that was worked out, not given.
    const letter = letters[(own.urgency ?? '').replaceAll('*', '')] ?? '';
    const title = description
      .replace(/[^\x20-\x7e]/g, ' ')
      .replace(/\s+/g, ' ')
      .slice(0, 120)
      .trim();
    // Version 0 means that the release never had it.
    if (own.status === 'resolved' && own.fixed_version !== undefined && own.fixed_version !== '0')
      rows.push([id, own.fixed_version, letter, title]);
    else if (own.status === 'open') rows.push([id, null, letter, title]);
    else if (own.status === 'undetermined') rows.push([id, null, letter, title, 'undetermined by Debian']);
  }
  return rows;
}
