// `npx tsx images/advisories/build.ts`: dist/advisories, what `docker scout` goes by.
//
//   without arguments   from the changelogs of Debian's source packages, fetched with apt
//   --tracker FILE      from the security tracker's JSON export, for the same packages
//   --keep-lists        from the lists of packages that the cache has, so that the same bytes come out again

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { changelogs, listsDate, sourcesNeededBy, sourceVersions, updateLists, type Release } from './archive.ts';
import { changelogAdvisories } from './from-changelogs.ts';
import { trackerAdvisories, type TrackerExport } from './from-tracker.ts';
import { snapshotText, type Row, type SnapshotHead } from './snapshot.ts';
import { distDir } from '../shell.ts';

const release: Release = { name: 'bookworm', suites: ['bookworm', 'bookworm-updates', 'bookworm-security'] };
/** Releases whose changelogs may name what nobody has decided for this one; the nearest first. */
const newerReleases: Release[] = [
  { name: 'trixie', suites: ['trixie', 'trixie-security'] },
  { name: 'sid', suites: ['sid'] },
];
/** The day the release came out, in seconds since 1970: what was fixed before that is in all its images. */
const releasedAt = Date.UTC(2023, 5, 10) / 1000;
const distribution = { id: 'debian', version: '12', codename: 'bookworm' };

/** What the hub's images and the sandbox's package mirror are made of; with all that these need. */
const roots = [
  ...['nginx', 'redis-server', 'apache2', 'postgresql-15', 'docker-registry', 'busybox-static', 'musl'],
  ...['python3', 'python3-pip', 'python3-venv', 'python3-flask'],
  ...['curl', 'wget', 'git', 'gnupg', 'openssl', 'sudo', 'procps', 'iproute2', 'iputils-ping', 'net-tools', 'dnsutils', 'netcat-openbsd'],
  ...['vim-tiny', 'nano', 'less', 'jq', 'tini', 'xz-utils', 'bzip2', 'unzip', 'tree', 'file', 'make', 'strace', 'locales', 'lsb-release'],
];
/** Needed only to build software, or with nothing of their own in an image. */
const leftOut = new Set(['linux', 'sphinx', 'llvm-toolchain-14']);

const trackerNotes = ["Debian's security tracker, for the packages of the images shipped here."];
const changelogNotes = [
  'Made from the changelogs of Debian packages, not from the security tracker; no severities, and what no changelog names is missing.',
  'A vulnerability that the changelog of this release names was fixed in the version of that entry.',
  'One that only the changelog of a newer release names is listed as undecided, and not counted: a changelog does not say whether this release has it.',
];

function main(args: string[]): void {
  const tracker = args.includes('--tracker') ? args[args.indexOf('--tracker') + 1] : undefined;
  if (!args.includes('--keep-lists')) updateLists([release, ...newerReleases]);
  const names = sourcesNeededBy(release, roots).filter((name) => !leftOut.has(name));
  const date = new Date(listsDate() * 1000).toISOString().slice(0, 10);
  const made = tracker === undefined ? fromChangelogs(names, date) : fromTracker(tracker, names, date);
  const text = snapshotText(made.head, made.sources);
  const dir = join(distDir, 'advisories');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'debian-12.json'), text);
  const rows = [...made.sources.values()].flat();
  console.log(
    `${made.sources.size} source packages, ${rows.length} advisories, ${rows.filter((row) => row[4] !== undefined).length} of them undecided`,
  );
  console.log(`${text.length} bytes, ${gzipSync(text).length} packed`);
}

function fromChangelogs(names: string[], date: string): { head: SnapshotHead; sources: Map<string, Row[]> } {
  const own = changelogs(pick(release, names));
  const newer = newerReleases.map((each) => ({ name: each.name, changelogs: changelogs(pick(each, [...own.keys()])) }));
  const sources = new Map([...own].map(([name, text]) => [name, changelogAdvisories(name, text, releasedAt, newer)] as const));
  const origin = `Changelogs of ${sources.size} source packages in the Debian archive (bookworm, with updates and security; newer: trixie, sid), each under its package's licence`;
  return { head: { distribution, date, notes: changelogNotes, origin }, sources };
}

function fromTracker(path: string, names: string[], date: string): { head: SnapshotHead; sources: Map<string, Row[]> } {
  const data = JSON.parse(readFileSync(path, 'utf8')) as TrackerExport;
  const sources = new Map(names.map((name) => [name, trackerAdvisories(name, data, release.name)] as const));
  const origin = "Debian's security tracker (https://security-tracker.debian.org), JSON export";
  return { head: { distribution, date, notes: trackerNotes, origin }, sources };
}

function pick(from: Release, names: string[]): ReturnType<typeof sourceVersions> {
  const versions = sourceVersions(from);
  return new Map(names.flatMap((name) => (versions.has(name) ? [[name, versions.get(name)!] as const] : [])));
}

main(process.argv.slice(2));
