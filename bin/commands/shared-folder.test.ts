/** A folder copied in and back, the guest's part played by whoever writes to the files behind the home directory. */
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileType, type Inode } from '../../src/emulator/p9/inode.ts';
import { MemoryFs } from '../../src/emulator/p9/memory-fs.ts';
import { find } from '../../src/emulator/p9/paths.ts';
import { SharedHome } from '../../src/emulator/p9/shared-home.ts';
import { shareFolder } from './shared-folder.ts';

const owner = { uid: 0, gid: 0 };
let top: string;
let folder: string;
let files: MemoryFs;
let home: SharedHome;
let copyBack: () => Promise<string[]>;

beforeEach(async () => {
  top = mkdtempSync(join(tmpdir(), 'drydock-folder-'));
  folder = join(top, 'folder');
  mkdirSync(join(folder, 'old/deep'), { recursive: true });
  writeFileSync(join(folder, 'old/deep/file'), 'old');
  files = new MemoryFs({ limitBytes: 1_000_000, limitInodes: 1000, nowNs: () => 0n });
  home = new SharedHome(files, 'home');
  copyBack = await shareFolder(folder, home);
});
afterEach(() => rmSync(top, { recursive: true }));

function at(path: string): Inode {
  return find(files, files.root, `home/${path}`)!;
}

function make(path: string, content?: string): Inode {
  const name = path.split('/').pop() ?? '';
  const inode = files.create(
    at(path.slice(0, -name.length)),
    name,
    content === undefined ? fileType.directory | 0o755 : fileType.regular | 0o640,
    owner,
  );
  if (content !== undefined) files.write(inode, 0, new TextEncoder().encode(content));
  return inode;
}

it('writes through no link, whatever the guest calls it', async () => {
  const victim = join(top, 'victim');
  make('d');
  make('d/f', 'text');
  for (const name of ['f.drydock-part', 'f.part', '.f']) files.symlink(at('d'), name, victim, owner);
  files.symlink(at(''), 'way-out', top, owner);
  expect(await copyBack()).toEqual([]);
  expect(existsSync(victim)).toBe(false);
  expect(readFileSync(join(folder, 'd/f'), 'utf8')).toBe('text');
  expect(lstatSync(join(folder, 'd/f')).mode & 0o777).toBe(0o640);
  expect(lstatSync(join(folder, 'd/f.part')).isSymbolicLink()).toBe(true);
});

it('leaves nothing of directories that are gone, or have come and gone', async () => {
  await home.remove('old'); // what the host does itself is not told
  make('t');
  make('t/x', '');
  files.unlink(at('t'), 'x');
  files.removeDirectory(at(''), 't');
  expect(await copyBack()).toEqual([]);
  expect(readdirSync(folder)).toEqual(['old']);

  copyBack = await shareFolder(folder, home);
  files.unlink(at('old/deep'), 'file');
  files.removeDirectory(at('old'), 'deep');
  files.removeDirectory(at(''), 'old');
  await copyBack();
  expect(readdirSync(folder)).toEqual([]);
});

it('copies the rest when one file cannot be, and says which', async () => {
  files.truncate(make('a', 'x'), 2 ** 40);
  make('b', 'fine');
  expect(await copyBack()).toEqual(['a could not be copied back: a: EFBIG']);
  expect(readdirSync(folder).sort()).toEqual(['b', 'old']);
});
