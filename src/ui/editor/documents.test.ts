import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HomeFiles } from '#emulator/machine-api.ts';
import { Documents } from './documents.svelte.ts';

/** A home directory whose guest can be played by the test. */
class MemoryHome implements HomeFiles {
  readonly files = new Map<string, Uint8Array>();
  readonly written: string[] = [];
  full = false;
  #watcher: ((path: string) => void) | undefined;

  /** The guest writes, or with undefined removes, a file. */
  guest(path: string, text: string | Uint8Array | undefined): void {
    if (text === undefined) this.files.delete(path);
    else this.files.set(path, typeof text === 'string' ? new TextEncoder().encode(text) : text);
    this.#watcher?.(path);
  }

  text(path: string): string | undefined {
    const bytes = this.files.get(path);
    return bytes && new TextDecoder().decode(bytes);
  }

  async list(path: string) {
    const prefix = path ? `${path}/` : '';
    const names = new Map<string, 'file' | 'directory'>();
    for (const file of this.files.keys()) {
      const [name = '', ...rest] = file.startsWith(prefix) ? file.slice(prefix.length).split('/') : [];
      if (name) names.set(name, rest.length > 0 ? 'directory' : 'file');
    }
    return [...names].map(([name, type]) => ({ name, type, sizeBytes: 0 }));
  }

  async read(path: string) {
    return this.files.get(path) ?? Promise.reject(new Error(`${path}: no such file`));
  }

  async write(path: string, bytes: Uint8Array) {
    if (this.full) throw new Error('no space left on device');
    this.files.set(path, bytes);
    this.written.push(path);
  }

  async remove(path: string) {
    for (const file of [...this.files.keys()]) if (file === path || file.startsWith(`${path}/`)) this.files.delete(file);
  }

  watch(listener: (path: string) => void) {
    this.#watcher = listener;
    return () => (this.#watcher = undefined);
  }
}

let home: MemoryHome;
let documents: Documents;

beforeEach(async () => {
  vi.useFakeTimers();
  home = new MemoryHome();
  home.guest('app/index.py', 'print(1)\n');
  documents = new Documents();
  documents.use(home);
  await documents.openFile('app/index.py');
});
afterEach(() => vi.useRealTimers());

function open() {
  const document = documents.active;
  if (!document) throw new Error('no file is open');
  return document;
}

/** Lets promises run and half a second pass. */
const later = () => vi.advanceTimersByTimeAsync(600);

test('what is typed is written when typing stops, once', async () => {
  documents.edit(open(), 'print(2)\n');
  await vi.advanceTimersByTimeAsync(300);
  documents.edit(open(), 'print(23)\n');
  expect(open().changed).toBe(true);
  await later();
  expect(home.text('app/index.py')).toBe('print(23)\n');
  expect(home.written).toEqual(['app/index.py']);
  expect(open().changed).toBe(false);
});

test('a change by the guest is shown', async () => {
  home.guest('app/index.py', 'print(3)\n');
  await later();
  expect(open()).toMatchObject({ text: 'print(3)\n', changed: false, conflict: undefined });
});

test.each([
  ['ours', 'print(2)\n'],
  ['theirs', 'print(3)\n'],
] as const)('a change on both sides is for the reader to settle: %s', async (keep, expected) => {
  documents.edit(open(), 'print(2)\n');
  home.guest('app/index.py', 'print(3)\n');
  await later();
  expect(open().conflict).toBe('print(3)\n');
  expect(home.text('app/index.py')).toBe('print(3)\n');
  await documents.settle(open(), keep);
  expect(open()).toMatchObject({ text: expected, changed: false, conflict: undefined });
  expect(home.text('app/index.py')).toBe(expected);
});

test('the same change on both sides is none', async () => {
  documents.edit(open(), 'print(3)\n');
  home.guest('app/index.py', 'print(3)\n');
  await later();
  expect(open()).toMatchObject({ conflict: undefined, changed: false });
});

test('a file that the guest removed can be saved again', async () => {
  home.guest('app/index.py', undefined);
  await later();
  expect(open().gone).toBe(true);
  await documents.save(open());
  expect(open().gone).toBe(false);
  expect(home.text('app/index.py')).toBe('print(1)\n');
});

test('a failed save says why, and succeeds when tried again', async () => {
  home.full = true;
  documents.edit(open(), 'print(2)\n');
  await later();
  expect(open()).toMatchObject({ saveFailure: 'no space left on device', changed: true });
  home.full = false;
  await documents.save(open());
  expect(open()).toMatchObject({ saveFailure: undefined, changed: false });
});

test('closing writes what was not written yet', async () => {
  documents.edit(open(), 'print(2)\n');
  await documents.close('app/index.py');
  expect(home.text('app/index.py')).toBe('print(2)\n');
  expect(documents.open).toEqual([]);
});

test('without a machine nothing is lost: the next machine gets a conflict, not silence', async () => {
  documents.edit(open(), 'print(2)\n');
  documents.use(undefined);
  await later();
  expect(open().saveFailure).toBe('the machine is not running');
  const next = new MemoryHome();
  next.guest('app/index.py', 'print(0)\n');
  documents.use(next);
  await later();
  expect(open()).toMatchObject({ text: 'print(2)\n', conflict: 'print(0)\n' });
});

test('what is no text is not shown as text', async () => {
  home.guest('picture', Uint8Array.of(137, 80, 78, 71, 0, 255));
  await documents.openFile('picture');
  expect(open().unreadable).toBe('This is not a text file.');
});

test('the tree lists directories first and follows both sides', async () => {
  await later();
  home.guest('notes.txt', '');
  await later();
  expect(documents.directories.get('')?.map((entry) => entry.name)).toEqual(['app', 'notes.txt']);
  await documents.create('/app/templates/page.html');
  expect([...documents.expanded]).toEqual(['app', 'app/templates']);
  expect(documents.directories.get('app')?.map((entry) => entry.name)).toEqual(['templates', 'index.py']);
  await documents.remove('app');
  expect(documents.open).toEqual([]);
  expect(documents.directories.get('')?.map((entry) => entry.name)).toEqual(['notes.txt']);
});

test.each(['', '/', '../etc/passwd', 'a/../../b'])('%j is no name for a new file', async (name) => {
  await expect(documents.create(name)).rejects.toThrow('a path inside the home directory');
});
