// Which vulnerabilities a Debian changelog names, and in which version each was dealt with.
//
// Reads only: what the facts mean for an installed package is decided in snapshot.ts.

export interface ChangelogEntry {
  version: string;
  /** `unstable`, `bookworm-security`; `UNRELEASED` for what was never uploaded under this entry. */
  distribution: string;
  /** Seconds since 1970. */
  date: number;
  lines: string[];
}

export interface Mention {
  version: string;
  date: number;
  /** The sentence around it, on one line. */
  text: string;
}

const HEAD = /^([a-z0-9][a-z0-9+.-]+) \(([^()\s]+)\) ([\w\s.-]+);/;
const TRAILER = /^ -- .*> {1,2}(.+)$/;

/** Entries, newest first, as the file has them. */
export function readChangelog(text: string): ChangelogEntry[] {
  const entries: ChangelogEntry[] = [];
  let open: ChangelogEntry | undefined;
  for (const line of text.split('\n')) {
    const [, , version, distribution] = HEAD.exec(line) ?? [];
    if (version !== undefined) {
      open = { version, distribution: distribution!.trim(), date: 0, lines: [] };
      entries.push(open);
      continue;
    }
    const trailer = TRAILER.exec(line);
    if (trailer && open) open.date = Date.parse(trailer[1]!) / 1000 || 0;
    else if (line.trim() !== '') open?.lines.push(line);
  }
  return entries.filter(({ date }) => date > 0);
}

/**
 * By CVE: the oldest entry that names it, unless that one says that it is not there, or takes a fix back.
 * Changelogs name vulnerabilities of upstream versions in the entry that brings the version in.
 */
export function mentions(entries: ChangelogEntry[]): Map<string, Mention> {
  const found = new Map<string, Mention>();
  for (const { version, date, lines } of [...entries].reverse()) {
    for (const text of paragraphs(lines)) {
      if (DENIES.test(text)) continue;
      for (const id of cvesOf(text)) if (!found.has(id)) found.set(id, { version, date, text });
    }
  }
  return found;
}

/** Sentences in which a CVE is named and not fixed. */
const DENIES =
  /\bnot (?:affected|vulnerable|applicable|yet fixed)|\b(?:un)?affected by|does(?: not|n't) affect|\brevert|\bdrop (?:the )?(?:fix|patch)|\breopen|false positive|\bmark(?:ed)? CVE/i;

/** Bullets with the lines that go on below them, on one line each. */
function paragraphs(lines: string[]): string[] {
  const found: string[] = [];
  for (const line of lines) {
    const text = line.trim();
    if (/^\s*[-*+]\s/.test(line) || /^\s*\[/.test(line) || found.length === 0) found.push(text.replace(/^[-*+]\s+/, ''));
    else found[found.length - 1] += ` ${text}`;
  }
  return found;
}

/** Also `CVE-2023-1234/5678` and `CVE-2023-1234, -5678`, as older entries have it, are left to the first number. */
function cvesOf(text: string): string[] {
  return [...text.matchAll(/\bCVE[- ](\d{4})-(\d{4,7})\b/gi)].map(([, year, number]) => `CVE-${year}-${number}`);
}
