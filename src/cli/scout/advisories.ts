/**
 * The advisory snapshot shipped with the app: which vulnerabilities Debian's source packages had, and the version in which
 * each was fixed. Made by `images/advisories`, which also says what the snapshot is and is not; this file reads it.
 */

export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'unspecified'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Advisory {
  /** `CVE-2024-2398`. */
  id: string;
  severity: Severity;
  /** First version of the source package without it; undefined when there is none in the release. */
  fixedIn: string | undefined;
  /** One line on what it is; empty when the snapshot has none. */
  title: string;
  /**
   * Not decided for the release: what is known instead, `1.11.0-4 in trixie` for the version that fixed it there. The
   * package may or may not have it. Undefined when it is decided.
   */
  undecided: string | undefined;
}

export interface AdvisorySnapshot {
  /** The release that it covers. */
  distribution: { id: string; version: string; codename: string };
  /** `2026-11-26`: nothing later is in it. */
  date: string;
  /** Where it is from, then what that means: a sentence each. */
  notes: string[];
  /** By source package. A package that is not here has not been looked at. */
  sources: ReadonlyMap<string, readonly Advisory[]>;
}

/** Where the snapshot lies among the shipped files. */
export const SNAPSHOT_FILE = 'advisories/debian-12.json';

/** One advisory in the file: id, fixed version or null, first letter of the severity or nothing, title, what is known of an undecided one. */
type Row = [id: string, fixedIn: string | null, severity: string, title: string, undecided?: string];

interface SnapshotFile {
  format: 1;
  distribution: AdvisorySnapshot['distribution'];
  date: string;
  notes: string[];
  sources: Record<string, Row[]>;
}

/** @throws Error when it is none, or of another version of the app */
export function readSnapshot(bytes: Uint8Array): AdvisorySnapshot {
  const file = JSON.parse(new TextDecoder().decode(bytes)) as SnapshotFile;
  if (file.format !== 1) throw new Error(`advisories of format ${String(file.format)} cannot be read`);
  const { distribution, date, notes } = file;
  const sources = Object.entries(file.sources).map(([name, rows]) => [name, rows.map(advisoryOf)] as const);
  return { distribution, date, notes, sources: new Map(sources) };
}

function advisoryOf([id, fixedIn, letter, title, undecided]: Row): Advisory {
  const severity = SEVERITIES.find((name) => letter !== '' && name.startsWith(letter.toLowerCase())) ?? 'unspecified';
  return { id, fixedIn: fixedIn ?? undefined, severity, title, undecided };
}
