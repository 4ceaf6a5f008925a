// What the Debian archive says of itself, for the advisory snapshot: which source packages an image can be made of, and
// the changelog of each in several releases.
//
// Works with apt alone and with lists of its own in .cache/advisories, so nothing on the machine changes. Every package built
// from a source package carries its changelog, so the smallest of them is fetched. A changelog once fetched stays until the
// source package has another version.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { compareVersions } from '../../src/cli/scout/debian-version.ts';
import { cacheDir, run } from '../shell.ts';

/** A release, and the suites that make it up. */
export interface Release {
  name: string;
  suites: string[];
}

/** A source package in its newest version. */
export interface SourceVersion {
  version: string;
  /** Packages built from it as apt names them, `libssl3=3.0.15-1`, those first that are likely to have the changelog, the smallest of them first. */
  binaries: string[];
}

/** Packages that one run of apt fetches: it takes seconds to read its lists, and a mirror may refuse too many at once. */
const BATCH = 20;
/** Packages tried for one changelog: some have a link to another's, and a mirror may not have one at the moment. */
const ROUNDS = 6;
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const workDir = join(cacheDir, 'advisories');
const aptDir = join(workDir, 'apt');
const changelogDir = join(workDir, 'changelogs');

/** Fetches the lists of the releases. The archive's address is that of the machine's own apt sources. */
export function updateLists(releases: Release[]): void {
  const [archive, security] = archiveAddresses();
  rmSync(join(aptDir, 'parts'), { recursive: true, force: true });
  for (const folder of ['parts', 'lists/partial', 'cache/archives/partial']) mkdirSync(join(aptDir, folder), { recursive: true });
  const suites = releases.flatMap((release) => release.suites);
  const stanzas = suites.map((suite) => {
    const address = suite.endsWith('-security') ? security : archive;
    return `Types: deb\nURIs: ${address}\nSuites: ${suite}\nComponents: main\nSigned-By: ${keyring}\n`;
  });
  writeFileSync(join(aptDir, 'parts/debian.sources'), stanzas.join('\n'));
  writeFileSync(join(aptDir, 'sources.list'), '');
  writeFileSync(join(aptDir, 'status'), '');
  for (let round = 1; missingSuites(suites).length > 0 || round === 1; round++) {
    if (round > ROUNDS) throw new Error(`no list of packages for ${missingSuites(suites).join(', ')}`);
    try {
      run('apt-get', [...aptOptions(), 'update'], { log: join(workDir, 'log') });
    } catch {
      // A mirror in the middle of its own update has the list the next time.
    }
  }
}

function missingSuites(suites: string[]): string[] {
  const present = new Set(packageLists().map(([suite]) => suite));
  return suites.filter((suite) => !present.has(suite));
}

/** Suite and file of each list of packages. */
function packageLists(): [suite: string, file: string][] {
  const lines = apt('apt-get', 'indextargets', '--format', '$(CODENAME) $(FILENAME)', 'Created-By: Packages').trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => line.split(' ') as [string, string]);
}

/** Date of the newest list, as the archive signed it: seconds since 1970. */
export function listsDate(): number {
  const dates = readdirSync(join(aptDir, 'lists'))
    .filter((file) => file.endsWith('_InRelease'))
    .map((file) => /^Date: (.*)$/m.exec(readFileSync(join(aptDir, 'lists', file), 'utf8'))?.[1])
    .map((date) => Date.parse(date ?? '') / 1000);
  return Math.max(...dates);
}

/** What any Debian image holds, named because an empty machine has nothing that is essential. */
const essentials = [
  ...['apt', 'base-files', 'base-passwd', 'bash', 'ca-certificates', 'coreutils', 'dash', 'diffutils', 'findutils', 'grep', 'gzip'],
  ...['hostname', 'init-system-helpers', 'login', 'mawk', 'mount', 'ncurses-bin', 'passwd', 'sed', 'sysvinit-utils', 'tar', 'tzdata'],
  'util-linux',
];

/** Source packages of all that apt would install for these packages on an empty machine of the release. */
export function sourcesNeededBy(release: Release, roots: string[]): string[] {
  const plan = apt('apt-get', '-s', '-t', release.name, 'install', '--no-install-recommends', ...essentials, ...roots);
  const binaries = new Set([...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name!));
  const sources = new Set<string>();
  for (const [name, { binaries: built }] of sourceVersions(release)) {
    if (built.some((binary) => binaries.has(binary.slice(0, binary.indexOf('='))))) sources.add(name);
  }
  return [...sources].sort();
}

/** Every source package of a release, in the newest version of its suites. */
export function sourceVersions({ suites }: Release): Map<string, SourceVersion> {
  const found = new Map<string, { version: string; binaries: { name: string; size: number }[] }>();
  for (const [suite, file] of packageLists()) {
    if (!suites.includes(suite)) continue;
    const text = execFileSync('/usr/lib/apt/apt-helper', ['cat-file', file], { encoding: 'utf8', maxBuffer: 1 << 30 });
    for (const stanza of text.split('\n\n')) {
      const field = (key: string): string => new RegExp(`^${key}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
      const name = field('Package');
      if (name === '') continue;
      const binaryVersion = field('Version');
      // `Source:` is absent when it equals the package, and carries a version only when that differs.
      const [, source = name, version = binaryVersion] = /^(\S+)(?: \((.*)\))?$/.exec(field('Source')) ?? [];
      const binary = { name: `${name}=${binaryVersion}`, size: Number(field('Size')) };
      const known = found.get(source);
      const order = known ? compareVersions(version, known.version) : 1;
      if (order > 0) found.set(source, { version, binaries: [binary] });
      else if (order === 0) known?.binaries.push(binary);
    }
  }
  return new Map(
    [...found].map(([name, { version, binaries }]) => [
      name,
      { version, binaries: binaries.sort((a, b) => rank(a.name) - rank(b.name) || a.size - b.size).map((binary) => binary.name) },
    ]),
  );
}

/** Others link to the changelog of a package with such a name. */
function rank(binary: string): number {
  return /-(?:base|common|bin|minimal)=/.test(binary) ? 0 : 1;
}

/** `debian/changelog` of each source package named, by name, of those that can be had. Debian leaves out entries some years old. */
export function changelogs(wanted: ReadonlyMap<string, SourceVersion>): Map<string, string> {
  mkdirSync(changelogDir, { recursive: true });
  const path = (name: string): string => join(changelogDir, `${name}_${wanted.get(name)!.version.replaceAll(':', '%3a')}`);
  const missing = (): string[] => [...wanted.keys()].filter((name) => !existsSync(path(name)));
  for (let round = 0; round < ROUNDS; round++) {
    const asked = missing();
    for (let at = 0; at < asked.length; at += BATCH) {
      console.log(`changelogs: ${at} of ${asked.length}`);
      const batch = asked.slice(at, at + BATCH).map((name) => {
        const { binaries } = wanted.get(name)!;
        return [name, binaries[round % binaries.length]!] as const;
      });
      for (const [name, changelog] of fetchChangelogs(batch)) writeFileSync(path(name), changelog);
    }
  }
  for (const name of missing()) console.log(`${name} ${wanted.get(name)!.version}: no changelog to be had`);
  return new Map([...wanted.keys()].filter((name) => existsSync(path(name))).map((name) => [name, readFileSync(path(name), 'utf8')]));
}

function fetchChangelogs(batch: (readonly [source: string, binary: string])[]): Map<string, Buffer> {
  const dir = join(workDir, 'fetch');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  try {
    run('apt-get', [...aptOptions(), 'download', '-q', ...batch.map(([, binary]) => binary)], { cwd: dir, log: join(workDir, 'log') });
  } catch {
    // What arrived is kept; the rest is asked for again.
  }
  const files = readdirSync(dir);
  const found = new Map<string, Buffer>();
  for (const [source, binary] of batch) {
    const name = binary.slice(0, binary.indexOf('='));
    const file = files.find((each) => each.startsWith(`${name}_`));
    const changelog = file === undefined ? undefined : changelogIn(join(dir, file), name);
    if (changelog) found.set(source, changelog);
  }
  return found;
}

function changelogIn(deb: string, name: string): Buffer | undefined {
  const tar = execFileSync('dpkg-deb', ['--fsys-tarfile', deb], { maxBuffer: 1 << 30 });
  // A package without an upstream part has the one changelog under the other name.
  for (const file of ['changelog.Debian.gz', 'changelog.gz']) {
    try {
      const member = `./usr/share/doc/${name}/${file}`;
      return gunzipSync(execFileSync('tar', ['-xO', member], { input: tar, maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'ignore'] }));
    } catch {
      // It is not there, or a link to another package's.
    }
  }
  return undefined;
}

function apt(program: 'apt-get' | 'apt-cache', ...args: string[]): string {
  return execFileSync(program, [...aptOptions(), ...args], { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'pipe'] });
}

function aptOptions(): string[] {
  return [
    ['Dir::Etc::sourcelist', join(aptDir, 'sources.list')],
    ['Dir::Etc::sourceparts', join(aptDir, 'parts')],
    ['Dir::Etc::preferencesparts', '/dev/null'],
    ['Dir::State::lists', join(aptDir, 'lists')],
    ['Dir::State::status', join(aptDir, 'status')],
    ['Dir::Cache', join(aptDir, 'cache')],
    ['APT::Architecture', 'amd64'],
    ['APT::Architectures::', 'amd64'],
    ['APT::Sandbox::User', 'root'],
    ['Acquire::Languages', 'none'],
  ].flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}

/** Addresses of the archive and of its security part, from the machine's apt sources. */
function archiveAddresses(): [string, string] {
  const folder = '/etc/apt/sources.list.d';
  const files = ['/etc/apt/sources.list', ...(existsSync(folder) ? readdirSync(folder).map((file) => `${folder}/${file}`) : [])];
  const texts = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8').replace(/^#.*\n/gm, ''));
  const addresses = [...texts.join('\n').matchAll(/^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+)/gm)].map(([, address]) =>
    address!.replace(/\/$/, ''),
  );
  const archive = addresses.find((address) => address.endsWith('/debian'));
  const security = addresses.find((address) => address.endsWith('/debian-security'));
  if (!archive || !security) throw new Error('the advisories need Debian: no apt source for it on this machine');
  return [archive, security];
}
