// The packages docker-ce and docker-ce-cli, in the versions between which the engine of a node can be switched: a few files each.
// What makes one version different is in engine.json, which the engine reads at its start, and in cli.json, which the command line
// reads at each call. The newest is part of the guest's root; the package mirror has all of them.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDir, imagesDir } from '../shell.ts';

/** Paths below `images/` that decide the packages. */
export const dockerRecipe = ['packages'];

export interface PackagedFile {
  /** Without leading slash. */
  path: string;
  mode: number;
  /** Its content, or where a symbolic link leads. */
  content: { text: string } | { link: string };
}

export interface DockerPackage {
  name: string;
  version: string;
  control: Record<string, string>;
  files: PackagedFile[];
  /** Maintainer scripts by name. */
  scripts: Record<string, string>;
}

/** A release of Docker, as far as it is different here. */
interface Release {
  version: string;
  apiVersion: string;
  minApiVersion: string;
  behaviours: string[];
}

/** Newest first. Sources of the differences: docs/engine-versions.md. */
const releases: Release[] = [
  {
    version: '28.2.2',
    apiVersion: '1.50',
    minApiVersion: '1.24',
    behaviours: ['dns-names', 'gateway-priority', 'removal-names-container', 'firewall-backend'],
  },
  { version: '24.0.9', apiVersion: '1.43', minApiVersion: '1.12', behaviours: [] },
];

const architecture = 'i386';
const agent = '/usr/sbin/drydock-agent';
/** Dates inside the package files: the packages change when this repository does, not by the day. */
const epoch = 1_767_225_600;

export const dockerPackages: DockerPackage[] = releases.flatMap((release) => [engine(release), commandLine(release)]);
/** What a new node has. */
export const installedPackages: DockerPackage[] = dockerPackages.slice(0, 2);

function engine({ version, apiVersion, minApiVersion, behaviours }: Release): DockerPackage {
  const about = { version, apiVersion, minApiVersion, gitCommit: 'drydock', buildTime: '', behaviours };
  return {
    ...named('docker-ce', version, 'Docker: the open-source application container engine', { Depends: 'docker-ce-cli' }),
    files: [link('usr/sbin/dockerd', agent), json('usr/lib/docker/engine.json', about)],
    scripts: { postinst: ownFile('docker-ce/postinst'), prerm: ownFile('docker-ce/prerm') },
  };
}

function commandLine({ version, apiVersion }: Release): DockerPackage {
  return {
    ...named('docker-ce-cli', version, 'Docker CLI: the open-source application container engine', {}),
    files: [link('usr/bin/docker', agent), json('usr/lib/docker/cli.json', { version, apiVersion, gitCommit: 'drydock', buildTime: '' })],
    scripts: {},
  };
}

function named(name: string, release: string, description: string, more: Record<string, string>): Omit<DockerPackage, 'files' | 'scripts'> {
  const version = `5:${release}-1~debian.12~bookworm`;
  return {
    name,
    version,
    control: {
      Package: name,
      Version: version,
      Architecture: architecture,
      Maintainer: 'Drydock',
      'Installed-Size': '8',
      ...more,
      Section: 'admin',
      Priority: 'optional',
      Homepage: 'https://www.docker.com',
      Description: description,
    },
  };
}

function ownFile(name: string): string {
  return readFileSync(join(imagesDir, 'packages', name), 'utf8').replaceAll('\r\n', '\n');
}

function link(path: string, target: string): PackagedFile {
  return { path, mode: 0o777, content: { link: target } };
}

function json(path: string, value: object): PackagedFile {
  return { path, mode: 0o644, content: { text: `${JSON.stringify(value, null, 2)}\n` } };
}

export function controlText(fields: Record<string, string>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

/** What dpkg's database says of packages that are installed: files of the root. */
export function databaseFiles(packages: readonly DockerPackage[]): PackagedFile[] {
  const text = (path: string, content: string, mode = 0o644): PackagedFile => ({ path, mode, content: { text: content } });
  const stanzas = packages.map(({ control: { Package = '', ...rest } }) =>
    controlText({ Package, Status: 'install ok installed', ...rest }),
  );
  return [
    text('var/lib/dpkg/status', stanzas.map((stanza) => `${stanza}\n`).join('')),
    ...packages.flatMap(({ name, files, scripts }) => [
      text(`var/lib/dpkg/info/${name}.list`, `${['/.', ...pathsOf(files)].join('\n')}\n`),
      ...Object.entries(scripts).map(([which, script]) => text(`var/lib/dpkg/info/${name}.${which}`, script, 0o755)),
    ]),
  ];
}

/** Files and the directories above them. */
function pathsOf(files: PackagedFile[]): string[] {
  const above = (path: string): string[] => (path === '.' ? [] : [...above(dirname(path)), path]);
  return [...new Set(files.flatMap(({ path }) => above(path)))].sort().map((path) => `/${path}`);
}

/** The package file: its bytes are the same whenever it is made. */
export function packageBytes({ name, control, files, scripts }: DockerPackage): Uint8Array {
  const dir = join(cacheDir, 'docker-packages', name);
  rmSync(dir, { recursive: true, force: true });
  const write = (path: string, content: PackagedFile['content'], mode: number): void => {
    const full = join(dir, path);
    mkdirSync(dirname(full), { recursive: true, mode: 0o755 });
    if ('link' in content) return symlinkSync(content.link, full);
    writeFileSync(full, content.text);
    chmodSync(full, mode);
  };
  write('DEBIAN/control', { text: controlText(control) }, 0o644);
  for (const [which, text] of Object.entries(scripts)) write(`DEBIAN/${which}`, { text }, 0o755);
  for (const { path, content, mode } of files) write(path, content, mode);
  const out = `${dir}.deb`;
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(epoch), LC_ALL: 'C' };
  execFileSync('dpkg-deb', ['--root-owner-group', '--uniform-compression', '-Zgzip', '-z9', '-b', dir, out], { env, stdio: 'pipe' });
  const bytes = readFileSync(out);
  rmSync(dir, { recursive: true });
  rmSync(out);
  return bytes;
}

export const packagesModified = epoch;
export { architecture as dockerArchitecture };
