// The file tree of a Debian image while its recipe works on it, in a folder of images/.cache.
//
// Packages are unpacked and configured by the tree's own dpkg, in a chroot without network whose /dev and /proc last as
// long as the command: i386 programs run on every x86-64 kernel, so the result is what `apt-get install` would leave. It needs root.
// `changes` then gives the layer: what is different, with whatever would differ from one build to the next taken out.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packageFiles } from '../debian.ts';
import type { PackageFile } from '../debian.ts';
import { cacheDir, imagesDir, run } from '../shell.ts';
import type { Layer, LayerEntry } from './layer.ts';
import { readTree, treeChanges, treeIfThere } from './tree.ts';

/** Mounts that end with the command, then the command in the tree. */
const inside = `
mount -t proc proc "$0/proc"
mount -t tmpfs -o mode=755 tmpfs "$0/dev"
mknod -m 666 "$0/dev/null" c 1 3
mknod -m 666 "$0/dev/zero" c 1 5
mknod -m 666 "$0/dev/random" c 1 8
mknod -m 666 "$0/dev/urandom" c 1 9
ln -s /proc/self/fd "$0/dev/fd"
mkdir -m 1777 "$0/dev/shm"
exec chroot "$0" /bin/sh -euc "$1"`;

const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
  DEBCONF_NONINTERACTIVE_SEEN: 'true',
  PERL_HASH_SEED: '0',
  PYTHONHASHSEED: '0',
};

/** Written by every installation, and of no use in an image. */
const traces = [
  ...['etc/.pwd.lock', 'etc/passwd-', 'etc/group-', 'etc/shadow-', 'etc/gshadow-', 'etc/subuid-', 'etc/subgid-', 'etc/machine-id'],
  ...[
    'var/cache/ldconfig',
    'var/cache/debconf/config.dat-old',
    'var/cache/debconf/passwords.dat-old',
    'var/cache/debconf/templates.dat-old',
  ],
  ...['var/lib/dpkg/lock', 'var/lib/dpkg/lock-frontend', 'var/lib/dpkg/triggers/Lock', 'var/lib/dpkg/status-old'],
  ...['var/lib/dpkg/available', 'var/lib/dpkg/available-old', 'var/lib/dpkg/diversions-old', 'var/lib/dpkg/statoverride-old'],
  ...['var/lib/apt/extended_states', 'var/lib/apt/lists/lock', 'var/log/dpkg.log', 'var/log/alternatives.log', 'var/log/bootstrap.log'],
  ...['var/log/apt', 'tmp/packages'],
];

const ownPackages = 'drydock-';

export class DebianRoot {
  /** Where the tree lies. */
  readonly path: string;
  /** Date of the newest package in it, seconds since 1970. */
  epoch = 0;
  #before: LayerEntry[] = [];

  /** An empty tree, or the one that layers give. */
  constructor(name: string, layers: Layer[] = [], epoch = 0) {
    this.path = join(cacheDir, 'roots', name);
    this.epoch = epoch;
    rmSync(this.path, { recursive: true, force: true });
    mkdirSync(this.path, { recursive: true });
    for (const { bytes } of layers) {
      execFileSync('tar', ['-xz', '--numeric-owner', '-p', '-C', this.path], { input: bytes });
      applyWhiteouts(this.path);
    }
    this.#before = readTree(this.path);
  }

  /** Installs packages and what they depend on, as `apt-get install --no-install-recommends` does. */
  install(...names: string[]): void {
    const files = packageFiles(names, join(this.path, 'var/lib/dpkg/status'));
    this.date(files);
    const staged = this.stage(files);
    this.run(`dpkg --unpack ${staged} && dpkg --configure -a`);
  }

  /**
   * Installs an empty package that stands in for others which this image can do without, so that apt and dpkg find
   * everything in order: `provides` as in a control file, `libllvm14 (= 1:14.0.6-12)`.
   */
  standIn(name: string, provides: string[], why: string): void {
    if (!name.startsWith(ownPackages)) throw new Error(`${name}: a package of ours begins with ${ownPackages}`);
    const folder = join(this.path, 'tmp/packages', name);
    const control = [
      ...[`Package: ${name}`, 'Version: 1', 'Architecture: i386', 'Multi-Arch: allowed', 'Priority: optional', 'Section: misc'],
      ...['Maintainer: Drydock <drydock@invalid>', `Provides: ${provides.join(', ')}`, `Description: ${why}`],
    ];
    this.write(join('tmp/packages', name, 'DEBIAN/control'), `${control.join('\n')}\n`);
    run('dpkg-deb', ['--root-owner-group', '--build', folder, `${folder}.deb`], { log: join(cacheDir, 'roots', 'log') });
    this.run(`dpkg --install /tmp/packages/${name}.deb`);
  }

  /** Copies package files to where a command in the tree finds them; returns their paths there, for a shell. */
  stage(files: PackageFile[]): string {
    const folder = 'tmp/packages';
    rmSync(join(this.path, folder), { recursive: true, force: true });
    mkdirSync(join(this.path, folder), { recursive: true });
    for (const { name, path } of files) copyFileSync(path, join(this.path, folder, `${name}.deb`));
    return files.map(({ name }) => `/${folder}/${name}.deb`).join(' ');
  }

  /** Counts packages for the tree's date. */
  date(files: PackageFile[]): void {
    this.epoch = Math.max(this.epoch, ...files.map(({ epoch }) => epoch));
  }

  /** Runs a shell script in the tree, as root and without network. */
  run(script: string): void {
    const log = join(cacheDir, 'roots', 'log');
    const env = [...Object.entries(environment), ['SOURCE_DATE_EPOCH', String(this.epoch)]].map(([key, value]) => `${key}=${value}`);
    run('unshare', ['--mount', '--pid', '--fork', '--net', 'env', '-i', ...env, '/bin/sh', '-ec', inside, this.path, script], { log });
  }

  /** Copies a folder of the recipe (`hub/nginx/rootfs`) over the tree. Files are 0644, scripts (`#!`) 0755. */
  copy(folder: string): void {
    for (const { path, type, bytes, target } of treeIfThere(join(imagesDir, folder))) {
      if (type === 'file') this.write(path, bytes!, bytes![0] === 0x23 && bytes![1] === 0x21 ? 0o755 : 0o644);
      else if (type === 'symlink') this.link(target!, path);
    }
  }

  write(path: string, content: Uint8Array | string, mode = 0o644): void {
    const file = join(this.path, path);
    mkdirSync(dirname(file), { recursive: true });
    rmSync(file, { force: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
  }

  read(path: string): string {
    return readFileSync(join(this.path, path), 'utf8');
  }

  /** Path of the file that a link in the tree leads to. */
  real(path: string): string {
    return relative(this.path, realpathSync(join(this.path, path)));
  }

  link(target: string, path: string): void {
    this.remove(path);
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    symlinkSync(target, join(this.path, path));
  }

  remove(...paths: string[]): void {
    for (const path of paths) rmSync(join(this.path, path), { recursive: true, force: true });
  }

  /** What changed since the last call, or since the tree was begun. */
  changes(): LayerEntry[] {
    this.#tidy();
    const now = readTree(this.path);
    const changes = treeChanges(this.#before, now);
    this.#before = now;
    return changes;
  }

  /** Debian source packages of all that is installed, `name version`, sorted. */
  sources(): string[] {
    const sources = this.packages().map(({ source, sourceVersion }) => `${source} ${sourceVersion}`);
    return [...new Set(sources)].sort();
  }

  /** What dpkg's database says is installed, our own stand-ins aside. */
  packages(): { name: string; version: string; source: string; sourceVersion: string }[] {
    const stanzas = this.read('var/lib/dpkg/status').trim().split(/\n\n+/);
    const debian = stanzas.filter((stanza) => !stanza.startsWith(`Package: ${ownPackages}`));
    return debian.map((stanza) => {
      const field = (key: string): string | undefined => new RegExp(`^${key}: (.*)$`, 'm').exec(stanza)?.[1];
      const [name, version] = [field('Package')!, field('Version')!];
      // `Source:` is absent when it equals the package, and carries a version only when that differs.
      const [, source, sourceVersion] = /^(\S+)(?: \((.*)\))?$/.exec(field('Source') ?? name) ?? [];
      return { name, version, source: source!, sourceVersion: sourceVersion ?? version };
    });
  }

  #tidy(): void {
    this.remove(...traces);
    const archives = join(this.path, 'var/cache/apt/archives');
    if (existsSync(archives)) for (const name of readdirSync(archives)) if (name.endsWith('.deb')) rmSync(join(archives, name));
    // The day of the last change of a password is the day of the build.
    const shadow = join(this.path, 'etc/shadow');
    if (!existsSync(shadow)) return;
    const day = Math.floor(this.epoch / 86400);
    const text = readFileSync(shadow, 'utf8').replace(
      /^([^:]*:[^:]*):(\d+):/gm,
      (_all, start, last) => `${start}:${Math.min(Number(last), day)}:`,
    );
    writeFileSync(shadow, text);
  }
}

/** tar knows nothing of them: what a layer deletes is removed by hand. */
function applyWhiteouts(root: string): void {
  const visit = (folder: string): void => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (name.startsWith('.wh.')) {
        rmSync(join(folder, name.slice(4)), { recursive: true, force: true });
        rmSync(path);
      } else if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) visit(path);
    }
  };
  visit(root);
}
