// Packages of the machine's own Debian archive, taken apart without being installed.
//
// The archive's address is read from the machine's apt sources; lists and packages go to images/.cache, so nothing
// on the machine changes, not even its set of architectures. A package once fetched stays as it is until
// `npm run images -- --refresh`: the versions used are then those of the last refresh.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheDir, run } from './shell.ts';

export interface DebianPackage {
  /** Name of the package asked for. */
  name: string;
  version: string;
  /** Source package it is built from, with the version of that. */
  source: string;
  sourceVersion: string;
  /** Date of the newest changelog entry, seconds since 1970: the build date of whatever is made from it. */
  epoch: number;
  /** Folder with the unpacked files. */
  dir: string;
}

const aptDir = join(cacheDir, 'apt');
const packagesDir = join(cacheDir, 'packages');

/** Files of a binary package, e.g. `binaryPackage('musl-dev', 'i386')`. */
export function binaryPackage(name: string, arch: 'all' | 'i386' | 'amd64'): DebianPackage {
  return fetched(`${name}_${arch}`, (dir) => {
    apt(dir, 'download', arch === 'all' ? name : `${name}:${arch}`);
    const deb = join(dir, only(dir, '.deb'));
    const field = (key: string): string => execFileSync('dpkg-deb', ['-f', deb, key], { encoding: 'utf8' }).trim();
    const files = join(dir, 'files');
    run('dpkg-deb', ['-x', deb, files], { log: join(dir, 'log') });
    const version = field('Version');
    // `Source:` is absent when it equals the package, and carries a version only when that differs.
    const [, source, sourceVersion] = /^(\S+)(?: \((.*)\))?$/.exec(field('Source') || name) ?? [];
    rmSync(deb);
    return {
      name,
      version,
      source: source ?? name,
      sourceVersion: sourceVersion ?? version,
      epoch: changelogDate(changelogIn(files, name)),
      dir: files,
    };
  });
}

/** Source tree of a source package, Debian's patches applied. */
export function sourcePackage(name: string): DebianPackage {
  return fetched(`${name}_source`, (dir) => {
    apt(dir, 'source', '--download-only', '-q', name);
    const dsc = only(dir, '.dsc');
    const files = join(dir, 'files');
    run('dpkg-source', ['--no-check', '-x', dsc, files], { cwd: dir, log: join(dir, 'log') });
    const changelog = join(files, 'debian/changelog');
    const version = changelogField(changelog, 'Version');
    return { name, version, source: name, sourceVersion: version, epoch: changelogDate(changelog), dir: files };
  });
}

/** A package file of the archive, as apt chose it. */
export interface PackageFile {
  name: string;
  version: string;
  path: string;
  /** When the package was built: the archive's own date inside the file, seconds since 1970. */
  epoch: number;
}

/**
 * The i386 packages that apt would install to have these, recommended ones left out, fetched.
 *
 * @param status dpkg's database of what is there already; absent: nothing is
 */
export function packageFiles(names: string[], status?: string): PackageFile[] {
  const empty = join(aptDir, 'status');
  mkdirSync(aptDir, { recursive: true });
  writeFileSync(empty, '');
  const install = [
    ...['-o', `Dir::State::status=${status ?? empty}`, '-o', 'APT::Architecture=i386', '-o', `Dir::State::extended_states=${empty}`],
    ...['install', '-y', '--no-install-recommends', ...names],
  ];
  apt('/', '--download-only', ...install);
  const plan = execFileSync('apt-get', [...aptOptions(), '-s', ...install], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  return [...plan.matchAll(/^Inst (\S+?)(?::\w+)? (?:\[[^\]]*\] )?\((\S+) .*\[(\w+)\]\)/gm)].map(([, name, version, arch]) => {
    const path = join(aptDir, 'cache/archives', `${name}_${version!.replace(/:/g, '%3a')}_${arch}.deb`);
    return { name: name!, version: version!, path, epoch: archiveDate(path) };
  });
}

/** Date of the first member of an ar archive. */
function archiveDate(path: string): number {
  const header = readFileSync(path).toString('latin1', 8, 68);
  return Number(header.slice(16, 28));
}

/** Version of a package installed on this machine: for the compilers, which are not fetched. */
export function installedVersion(name: string): string {
  return execFileSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' }).trim();
}

/** Installs what the recipes run as programs, when it is missing. Needs root only then. */
export function requireInstalled(names: string[]): void {
  const missing = names.filter((name) => {
    try {
      return !execFileSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8', stdio: 'pipe' }).startsWith(
        'installed',
      );
    } catch {
      return true;
    }
  });
  if (missing.length === 0) return;
  console.log(`installing ${missing.join(' ')}`);
  try {
    run('apt-get', ['update'], {});
  } catch {
    // One unreachable list does not matter; the install says what is really missing.
  }
  run('apt-get', ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...missing], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** Forgets every fetched package and list. */
export function refreshPackages(): void {
  rmSync(aptDir, { recursive: true, force: true });
  rmSync(packagesDir, { recursive: true, force: true });
}

function fetched(key: string, fetch: (dir: string) => DebianPackage): DebianPackage {
  const dir = join(packagesDir, key);
  const record = join(dir, 'package.json');
  if (!existsSync(record)) {
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    const made = fetch(dir);
    writeFileSync(record, JSON.stringify({ ...made, dir: basename(made.dir) }, null, 2));
  }
  const stored = JSON.parse(readFileSync(record, 'utf8')) as DebianPackage;
  return { ...stored, dir: join(dir, stored.dir) };
}

function apt(cwd: string, ...args: string[]): void {
  const options = aptOptions();
  if (!existsSync(join(aptDir, 'updated'))) {
    writeSources();
    try {
      run('apt-get', [...options, 'update'], { log: join(aptDir, 'log') });
    } catch {
      // One list of a mirror in the middle of its own update does not matter; the download says what is really missing.
    }
    writeFileSync(join(aptDir, 'updated'), '');
  }
  run('apt-get', [...options, ...args], { cwd, log: join(aptDir, 'log') });
}

function aptOptions(): string[] {
  return [
    ['Dir::Etc::sourcelist', join(aptDir, 'sources.list')],
    ['Dir::Etc::sourceparts', join(aptDir, 'sources.list.d')],
    ['Dir::State::lists', join(aptDir, 'lists')],
    ['Dir::Cache', join(aptDir, 'cache')],
    ['APT::Architectures::', 'i386'],
    ['APT::Sandbox::User', 'root'],
    ['Acquire::Languages', 'none'],
    ['DPkg::Lock::Timeout', '600'],
  ].flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}

/** The machine's apt sources of its own Debian release, asked for source packages as well. */
function writeSources(): void {
  for (const folder of ['sources.list.d', 'lists/partial', 'cache/archives/partial']) mkdirSync(join(aptDir, folder), { recursive: true });
  const release = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (!release) throw new Error('npm run images needs Debian: /etc/os-release names no release');
  const lines: string[] = [];
  const stanzas: string[] = [];
  const parts = existsSync('/etc/apt/sources.list.d')
    ? readdirSync('/etc/apt/sources.list.d').map((file) => `/etc/apt/sources.list.d/${file}`)
    : [];
  for (const file of ['/etc/apt/sources.list', ...parts]) {
    if (!existsSync(file)) continue;
    const text = readFileSync(file, 'utf8');
    if (file.endsWith('.list')) {
      for (const line of text.split('\n')) {
        const match = new RegExp(`^deb\\s+((?:\\[[^\\]]*\\]\\s+)?\\S+\\s+${release}\\S*\\s.*)$`).exec(line);
        if (match) lines.push(`deb ${match[1]}`, `deb-src ${match[1]}`);
      }
    } else if (file.endsWith('.sources')) {
      for (const stanza of text.split(/\n\s*\n/)) {
        if (!new RegExp(`^Suites:.*\\b${release}`, 'm').test(stanza)) continue;
        stanzas.push(stanza.replace(/^Types:.*$/m, 'Types: deb deb-src').replace(/^#.*\n/gm, ''));
      }
    }
  }
  if (lines.length + stanzas.length === 0) throw new Error(`npm run images: no apt source for ${release} on this machine`);
  writeFileSync(join(aptDir, 'sources.list'), lines.join('\n') + '\n');
  writeFileSync(join(aptDir, 'sources.list.d/debian.sources'), stanzas.join('\n\n') + '\n');
}

function changelogIn(files: string, name: string): string {
  const doc = join(files, 'usr/share/doc', name);
  const found = ['changelog.Debian.gz', 'changelog.Debian.i386.gz', 'changelog.gz']
    .map((file) => join(doc, file))
    .find((path) => existsSync(path));
  if (!found) throw new Error(`${name}: no changelog in the package`);
  return found;
}

function changelogDate(path: string): number {
  return Number(changelogField(path, 'Timestamp'));
}

function changelogField(path: string, field: string): string {
  return execFileSync('dpkg-parsechangelog', ['-l', path, '-S', field], { encoding: 'utf8' }).trim();
}

function only(dir: string, ending: string): string {
  const found = readdirSync(dir).filter((file) => file.endsWith(ending));
  if (found.length !== 1) throw new Error(`${dir}: expected one *${ending}, found ${found.length}`);
  return found[0]!;
}
