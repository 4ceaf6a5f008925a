// The guest's root: busybox and its applets, crun, the guest's own programs and the files of root/, as one initramfs.
//
// What is in it is in every saved state, so it holds only what a Docker host needs.

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { directory, regular, symlink, writeCpio } from '../cpio.ts';
import type { CpioEntry } from '../cpio.ts';
import { filesBelow } from '../part.ts';
import { databaseFiles, dockerRecipe, installedPackages } from '../packages/docker.ts';
import { cacheDir, imagesDir, run } from '../shell.ts';
import { appletsOf } from './busybox.ts';

/** Files that decide the root besides the programs in it. */
export const rootRecipe = ['machine/root.ts', 'machine/root', 'cpio.ts', ...dockerRecipe];

/** Folders besides those that something lies in. */
const folders: [path: string, mode: number][] = [
  ...['dev', 'proc', 'sys', 'run', 'home', 'mnt', 'opt', 'srv'].map((path): [string, number] => [path, 0o755]),
  ...['etc/default', 'etc/docker', 'usr/local/bin', 'usr/local/sbin', 'var/cache', 'var/lib/docker', 'var/log', 'var/spool', 'var/www'].map(
    (path): [string, number] => [path, 0o755],
  ),
  ['root', 0o700],
  ['tmp', 0o1777],
  ['var/tmp', 0o1777],
];

const links: [path: string, target: string][] = [
  ['var/run', '/run'],
  ['var/lock', '/run/lock'],
  ['etc/mtab', '/proc/self/mounts'],
  ['etc/localtime', '/etc/UTC'],
  ['usr/bin/apt', 'apt-get'],
  ['usr/bin/apt-cache', 'apt-get'],
  ['usr/bin/dnf', 'yum'],
];

/** Names under which the agent's program is something else. */
const agentNames = ['usr/bin/docker-compose', 'usr/sbin/node-init'];

/** Applets that the guest has a program of its own for, or that make no sense in it. */
const leftOut = new Set(['linuxrc', 'usr/bin/dpkg', 'usr/bin/dpkg-deb', 'usr/bin/rpm', 'usr/bin/rpm2cpio', 'bin/rpm']);

/** Puts the root together from programs by their path. */
export function assembleRoot(programs: { path: string; bytes: Uint8Array }[]): Uint8Array {
  const entries = new Map<string, CpioEntry>();
  const add = (entry: CpioEntry): void => {
    for (const path of [entry.path, ...(entry.links ?? [])]) {
      const parent = posix.dirname(path);
      if (parent !== '.' && !entries.has(parent)) add({ path: parent, mode: directory | 0o755, bytes: new Uint8Array() });
    }
    entries.set(entry.path, entry);
  };
  for (const [path, mode] of folders) add({ path, mode: directory | mode, bytes: new Uint8Array() });
  for (const [path, target] of links) add({ path, mode: symlink | 0o777, bytes: Buffer.from(target) });
  for (const file of filesBelow('machine/root')) {
    const path = file.slice('machine/root/'.length);
    const bytes = readFileSync(join(imagesDir, file));
    // A checkout may lose the executable bit; a script says itself that it is one.
    const executable = bytes.subarray(0, 2).toString() === '#!' || (statSync(join(imagesDir, file)).mode & 0o100) !== 0;
    const mode = path === 'etc/shadow' ? 0o600 : executable ? 0o755 : 0o644;
    add({ path, mode: regular | mode, bytes });
  }
  for (const { path, bytes } of programs) add({ path, mode: regular | 0o755, bytes });
  for (const { path, mode, content } of [...installedPackages.flatMap(({ files }) => files), ...databaseFiles(installedPackages)]) {
    if ('link' in content) add({ path, mode: symlink | mode, bytes: Buffer.from(content.link) });
    else add({ path, mode: regular | mode, bytes: Buffer.from(content.text) });
  }
  for (const path of agentNames) add({ path, mode: symlink | 0o777, bytes: Buffer.from('/usr/sbin/drydock-agent') });

  const busybox = entries.get('bin/busybox')!;
  add({ ...busybox, links: appletsOf(busybox.bytes).filter((path) => !entries.has(path) && !leftOut.has(path)) });
  return gzip(writeCpio([...entries.values()]));
}

/** By the gzip of the machine, as Node's zlib changes with Node. */
function gzip(bytes: Uint8Array): Uint8Array {
  const path = join(cacheDir, 'root.cpio');
  mkdirSync(cacheDir, { recursive: true });
  writeFileSync(path, bytes);
  run('gzip', ['-9nf', path], {});
  return readFileSync(`${path}.gz`);
}
