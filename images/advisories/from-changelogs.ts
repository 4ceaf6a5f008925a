// Advisories from the changelogs of Debian's source packages.
//
// A vulnerability that the release's own changelog names was fixed in the version of that entry. One that only the
// changelog of a newer release names is listed as undecided: a changelog does not say whether the older version has it.

import { compareVersions } from '../../src/cli/scout/debian-version.ts';
import { mentions, readChangelog, type Mention } from './changelog.ts';
import type { Row } from './snapshot.ts';

export interface NewerRelease {
  /** `sid`. */
  name: string;
  /** By source package. */
  changelogs: ReadonlyMap<string, string>;
}

/**
 * @param since seconds since 1970; what was fixed before is in every image of the release and left out
 * @param newer the nearest release first
 */
export function changelogAdvisories(source: string, changelog: string, since: number, newer: readonly NewerRelease[]): Row[] {
  const entries = readChangelog(changelog);
  const version = entries[0]?.version;
  if (version === undefined) return [];
  const rows = new Map<string, Row>();
  for (const [id, mention] of mentions(entries)) {
    if (mention.date > since) rows.set(id, [id, mention.version, '', titleOf(mention)]);
  }
  for (const { name, changelogs } of newer) {
    for (const [id, mention] of mentions(readChangelog(changelogs.get(source) ?? ''))) {
      // A denial counts as well: the release's maintainers have looked at it.
      if (rows.has(id) || changelog.includes(id) || compareVersions(mention.version, version) <= 0) continue;
      rows.set(id, [id, null, '', titleOf(mention), `${mention.version} in ${name}`]);
    }
  }
  return [...rows.values()];
}

/** What the changelog says of it, without the numbers of other vulnerabilities: at most a line. */
function titleOf({ text }: Mention): string {
  const plain = text
    .replace(/\(?\s*(?:\[?CVE-\d{4}-\d+\]?(?:\s*(?:,|and|&|\/)\s*)?)+\s*\)?:?/g, ' ')
    .replace(/[([]?\s*\b(?:re)?closes\b.*$/i, ' ')
    .replace(/[^\x20-\x7e]/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/\s+([.,:;])/g, '$1')
    .replace(/^[\s:,.;*-]+|[\s:,;(-]+$/g, '');
  // `Fix CVE-2024-1234.` and `New upstream version 1.2.3` say nothing of what it is.
  if (/^(?:\W*\w+){0,3}\W*$|^(?:new|import|update)\b.*\b(?:upstream|version|release)\b/i.test(plain)) return '';
  return plain.length > 120 ? `${plain.slice(0, 117).replace(/\s+\S*$/, '')}...` : plain;
}
