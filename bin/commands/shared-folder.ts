/**
 * A folder of this computer as the machine's home directory: copied in before, and what the guest changed
 * copied back after. Nothing outside the folder is read or written: links are copied as links, and a
 * path is never followed through one.
 */
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, open, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { SharedHome } from '../../src/emulator/p9/shared-home.ts';

export async function checkFolder(folder: string): Promise<void> {
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) throw new Error(`${folder}: no such directory`);
}

/** Copies the folder in; the returned function copies changes back and says what could not be copied. */
export async function shareFolder(folder: string, home: SharedHome): Promise<() => Promise<string[]>> {
  const top = resolve(folder);
  await copyIn(top, '', home);
  const changed = new Set<string>();
  const stop = home.watch((path) => changed.add(path));
  return async () => {
    await home.settled();
    stop();
    const failures: string[] = [];
    // Parents come before what is in them.
    for (const path of [...changed].sort()) {
      await copyBack(top, path, home).catch((error: unknown) =>
        failures.push(`${path} could not be copied back: ${error instanceof Error ? error.message : String(error)}`),
      );
    }
    return failures;
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
  const entry = home.entry(path);
  if (!target.startsWith(top + sep) || entry?.type === 'other') return;
  // For what is gone no directories are made: those above it may be gone as well.
  if (!(await parentsAreDirectories(top, target, entry !== undefined))) return;
  const present = await lstat(target).catch(() => undefined);
  const presentType = present?.isDirectory() ? 'directory' : present?.isFile() ? 'file' : present && 'other';
  if (present && presentType !== entry?.type) await rm(target, { recursive: true });
  switch (entry?.type) {
    case 'directory':
      await mkdir(target, { recursive: true });
      for (const { name } of await home.list(path)) await copyBack(top, `${path}/${name}`, home);
      break;
    case 'symlink':
      await symlink(entry.target, target);
      break;
    case 'file':
      await writeWhole(target, await home.read(path), entry.mode & 0o777);
  }
}

/**
 * Written beside and moved, so that nobody sees half a file. The name beside is new (`wx`): were it one that the guest
 * can guess, it could have put a link there.
 */
async function writeWhole(target: string, bytes: Uint8Array, mode: number): Promise<void> {
  const part = join(dirname(target), `.drydock-${randomBytes(8).toString('hex')}`);
  const file = await open(part, 'wx', 0o600);
  try {
    await file.writeFile(bytes).finally(() => file.close());
    await chmod(part, mode);
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** Whether every directory above a path is a real one; missing ones are made when `make` is set. */
async function parentsAreDirectories(top: string, target: string, make: boolean): Promise<boolean> {
  const parent = dirname(target);
  if (parent === top) return true;
  if (!(await parentsAreDirectories(top, parent, make))) return false;
  const present = await lstat(parent).catch(() => undefined);
  if (present || !make) return present?.isDirectory() ?? false;
  await mkdir(parent);
  return true;
}
