/**
 * A folder of this computer as the machine's home directory: copied in before, and what the guest changed
 * copied back after. Nothing outside the folder is read or written: links are copied as links, and a
 * path is never followed through one.
 */
import { chmod, lstat, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { SharedHome } from '../../src/emulator/p9/shared-home.ts';

export async function checkFolder(folder: string): Promise<void> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) throw new Error(`${folder}: no such directory`);
}

/** Copies the folder in; the returned function copies changes back. */
export async function shareFolder(folder: string, home: SharedHome): Promise<() => Promise<void>> {
  const top = resolve(folder);
  await copyIn(top, '', home);
  const changed = new Set<string>();
  const stop = home.watch((path) => changed.add(path));
  return async () => {
    await home.settled();
    stop();
    // Parents come before what is in them.
    for (const path of [...changed].sort()) await copyBack(top, path, home);
  };
}

async function copyIn(top: string, path: string, home: SharedHome): Promise<void> {
  for (const entry of await readdir(join(top, path), { withFileTypes: true })) {
    const inner = path === '' ? entry.name : `${path}/${entry.name}`;
    const source = join(top, inner);
    if (entry.isDirectory()) {
      home.makeDirectory(inner);
      await copyIn(top, inner, home);
    } else if (entry.isSymbolicLink()) {
      home.symlink(inner, await readlink(source));
    } else if (entry.isFile()) {
      await home.write(inner, await readFile(source));
      home.setMode(inner, (await lstat(source)).mode & 0o777);
    }
  }
}

/** Makes one path on disk what it is in the home directory. */
async function copyBack(top: string, path: string, home: SharedHome): Promise<void> {
  const target = resolve(top, path);
  if (!target.startsWith(top + sep) || !(await parentsAreDirectories(top, target))) return;
  const entry = home.entry(path);
  const present = await lstat(target).catch(() => undefined);
  if (!entry || entry.type === 'other') {
    if (!entry && present) await rm(target, { recursive: true });
    return;
  }
  const presentType = present?.isDirectory() ? 'directory' : present?.isFile() ? 'file' : present && 'other';
  if (present && presentType !== entry.type) await rm(target, { recursive: true });
  if (entry.type === 'directory') {
    await mkdir(target, { recursive: true });
    for (const { name } of await home.list(path)) await copyBack(top, `${path}/${name}`, home);
  } else if (entry.type === 'symlink') {
    await symlink(entry.target, target);
  } else {
    // Written beside and moved, so that nobody sees half a file.
    const part = `${target}.drydock-part`;
    await writeFile(part, await home.read(path));
    await chmod(part, entry.mode & 0o777);
    await rename(part, target);
  }
}

/** Whether every directory above a path is a real one; missing ones are made. */
async function parentsAreDirectories(top: string, target: string): Promise<boolean> {
  const parent = dirname(target);
  if (parent === top) return true;
  if (!(await parentsAreDirectories(top, parent))) return false;
  const present = await lstat(parent).catch(() => undefined);
  if (present) return present.isDirectory();
  await mkdir(parent);
  return true;
}
