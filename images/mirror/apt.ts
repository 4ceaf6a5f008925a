// Debian's archive in small: what Dockerfiles of lessons and recipes install, and all that it needs beyond the debian image.
//
// Packages are Debian's own, packed anew: with zstd, which an emulated processor unpacks several times as fast as xz, and without
// the files that the debian image's dpkg would leave out anyway. The list of packages names no recommended ones: `apt-get install`
// would fetch and configure them as well, and few Dockerfiles mean that. git comes without perl's library, as a few of its
// lesser commands are all that uses it, and without its manual, which is left out like every other.

import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageFiles, type PackageFile } from '../debian.ts';
import { leavesOut, parsePathFilter, type PathFilter } from '../hub/debian/path-filter.ts';
import { sha256 } from '../part.ts';
import { cacheDir, imagesDir, run } from '../shell.ts';
import { licencesOf } from './licences.ts';
import type { MirrorContent, MirrorFile } from './content.ts';

const chosen = [
  ...['ca-certificates', 'curl', 'figlet', 'git', 'htop', 'iproute2', 'iputils-ping', 'jq', 'less', 'nano', 'netcat-openbsd'],
  ...['nginx', 'openssl', 'procps', 'stress', 'telnet', 'tree', 'unzip', 'wget'],
];
/** What the debian image has: needed by the others, and never fetched. */
const base = ['?essential', 'apt', 'usr-is-merged', 'tzdata'];

/** Needs that are taken out of a package. */
const withoutNeeds: Record<string, string[]> = { git: ['perl', 'liberror-perl', 'git-man'] };

const onlyOfPerl = ['libgdbm6', 'libgdbm-compat4', 'libperl5.36', 'perl-modules-5.36'];

/** Suites that Dockerfiles name in their sources. Only the first has packages. */
const suites = ['debian/dists/bookworm', 'debian/dists/bookworm-updates', 'debian-security/dists/bookworm-security'];

/** Of a package's own fields, what apt needs to choose and people to understand. */
const fields = [
  ...['Package', 'Source', 'Version', 'Architecture', 'Multi-Arch', 'Maintainer', 'Installed-Size', 'Depends', 'Pre-Depends'],
  ...['Provides', 'Conflicts', 'Breaks', 'Replaces', 'Section', 'Priority', 'Homepage'],
];

export function aptContent(): MirrorContent {
  // Nothing else that was chosen needs them; `apt-get install` says so if that changes.
  const unneeded = new Set([...Object.values(withoutNeeds).flat(), ...onlyOfPerl]);
  const own = new Set(packageFiles(base).map(({ name }) => name));
  const packages = packageFiles([...base, ...chosen]).filter(({ name }) => !own.has(name) && !unneeded.has(name));
  const filter = parsePathFilter(
    ['docker', 'drydock-slim']
      .map((file) => readFileSync(join(imagesDir, 'hub/debian/rootfs/etc/dpkg/dpkg.cfg.d', file), 'utf8'))
      .join('\n'),
  );
  const debs = packages.map((file) => repack(file, filter)).sort((a, b) => (a.path < b.path ? -1 : 1));
  const newest = Math.max(...packages.map(({ epoch }) => epoch));
  const lists = suites.flatMap((suite, at) => suiteFiles(suite, at === 0 ? debs.map(({ stanza }) => stanza).join('\n') : '', newest));
  return {
    files: [...lists, ...debs.map(({ path, bytes, modified }) => ({ path, bytes, modified }))],
    chosen,
    sources: [...new Set(debs.map(({ source }) => source))].sort(),
    licences: licencesOf(debs.map(({ source, copyright }) => ({ source: source.split(' ')[0]!, text: copyright }))),
  };
}

function suiteFiles(suite: string, packages: string, modified: number): MirrorFile[] {
  const list = Buffer.from(packages);
  const name = 'main/binary-i386/Packages';
  const release = [
    'Origin: Debian',
    'Label: Debian',
    `Suite: ${basename(suite)}`,
    'Codename: ' + basename(suite),
    `Date: ${new Date(modified * 1000).toUTCString().replace('GMT', 'UTC')}`,
    'Architectures: i386',
    'Components: main',
    'Description: Part of Debian 12, packed anew for Drydock',
    'SHA256:',
    ` ${sha256(list)} ${list.length} ${name}`,
    '',
  ].join('\n');
  return [
    { path: `apt/${suite}/Release`, bytes: Buffer.from(release), modified },
    { path: `apt/${suite}/${name}`, bytes: list, modified },
  ];
}

interface Repacked extends MirrorFile {
  stanza: string;
  /** Source package and its version. */
  source: string;
  copyright: string;
}

function repack({ name, path: deb, epoch }: PackageFile, filter: PathFilter): Repacked {
  const dir = join(cacheDir, 'mirror', name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(cacheDir, 'mirror'), { recursive: true });
  run('dpkg-deb', ['-R', deb, dir], {});
  removeLeftOut(dir, '', filter);
  dropSums(join(dir, 'DEBIAN/md5sums'), filter);
  dropNeeds(join(dir, 'DEBIAN/control'), withoutNeeds[name] ?? []);
  const out = `${dir}.deb`;
  const env = { SOURCE_DATE_EPOCH: String(epoch) };
  run('dpkg-deb', ['--uniform-compression', '-Zzstd', '-z19', '-b', dir, out], { env, log: join(cacheDir, 'mirror/log') });
  const bytes = readFileSync(out);
  const control = parseControl(execFileSync('dpkg-deb', ['-f', out], { encoding: 'utf8' }));
  const copyrightFile = join(dir, 'usr/share/doc', name, 'copyright');
  // Some share the folder of another package of the same source.
  const copyright = existsSync(copyrightFile) ? readFileSync(copyrightFile, 'utf8') : '';
  rmSync(dir, { recursive: true });
  rmSync(out);
  const [, source = name, sourceVersion = control.get('Version')!] = /^(\S+)(?: \((.*)\))?$/.exec(control.get('Source') ?? name) ?? [];
  // As the archive names it: without the version's epoch, and in a folder of the source package.
  const file = basename(deb).replace(/_\d+%3a/, '_');
  const filename = `pool/main/${source.startsWith('lib') ? source.slice(0, 4) : source[0]}/${source}/${file}`;
  const kept = fields.flatMap((field) => (control.has(field) ? [`${field}: ${control.get(field)}`] : []));
  const stanza = [
    ...kept,
    `Filename: ${filename}`,
    `Size: ${bytes.length}`,
    `SHA256: ${sha256(bytes)}`,
    `Description: ${control.get('Description')!.split('\n')[0]}`,
    '',
  ].join('\n');
  return { path: `apt/debian/${filename}`, bytes, modified: epoch, stanza, source: `${source} ${sourceVersion}`, copyright };
}

function parseControl(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^([A-Za-z-]+): ?([^\n]*(?:\n[ \t][^\n]*)*)/gm)].map(([, key, value]) => [key!, value!]));
}

function removeLeftOut(root: string, folder: string, filter: PathFilter): void {
  for (const name of readdirSync(join(root, folder))) {
    const path = `${folder}/${name}`;
    if (path === '/DEBIAN') continue;
    if (lstatSync(join(root, path)).isDirectory()) {
      removeLeftOut(root, path, filter);
      if (leavesOut(filter, `${path}/`) && readdirSync(join(root, path)).length === 0) rmdirSync(join(root, path));
    } else if (leavesOut(filter, path)) rmSync(join(root, path));
  }
}

function dropNeeds(file: string, names: string[]): void {
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(/^Depends: (.*)$/m, (_line, needs: string) => {
    const kept = needs.split(', ').filter((need) => !names.includes(need.split(' ')[0]!));
    return `Depends: ${kept.join(', ')}`;
  });
  if (changed !== text) writeFileSync(file, changed);
}

/** Checksums of what was left out would be of files that never were. */
function dropSums(file: string, filter: PathFilter): void {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return;
  }
  const kept = text.split('\n').filter((line) => !leavesOut(filter, `/${line.slice(34)}`));
  writeFileSync(file, kept.join('\n'));
}
