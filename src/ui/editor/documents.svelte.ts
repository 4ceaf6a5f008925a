/**
 * The home directory as the editor shows it, and the files that are open. Edits are written a moment
 * after typing stops; what the guest changes is taken over, unless it meets edits that were not yet
 * written: then the reader decides. Knows nothing of Monaco.
 */
import type { HomeFiles } from '#emulator/machine-api.ts';
import { messageOf } from '#engine/errors.ts';
import { SvelteMap, SvelteSet } from 'svelte/reactivity';

const saveAfterMs = 500;
/** Larger files are for the terminal. */
const maxTextBytes = 1_000_000;
/** The guest's shell writes it after each command. */
const unlisted = new Set(['.ash_history']);

export interface Entry {
  name: string;
  path: string;
  directory: boolean;
}

/** An open file. */
export class Document {
  readonly path: string;
  readonly name: string;
  /** What the editor holds. */
  text = $state.raw('');
  /** What the machine holds, as far as we know. */
  saved = $state.raw('');
  /** Why it cannot be edited as text. */
  unreadable = $state<string | undefined>();
  /** The machine's text when it changed under edits of ours. */
  conflict = $state.raw<string | undefined>();
  /** Removed by the guest while open. */
  gone = $state(false);
  saveFailure = $state<string | undefined>();
  timer: ReturnType<typeof setTimeout> | undefined;

  constructor(path: string) {
    this.path = path;
    this.name = path.slice(path.lastIndexOf('/') + 1);
  }

  get changed(): boolean {
    return this.text !== this.saved;
  }
}

export class Documents {
  open = $state.raw<readonly Document[]>([]);
  activePath = $state('');
  /** Listed directories by path; `''` is the home directory itself. */
  readonly directories = new SvelteMap<string, readonly Entry[]>();
  readonly expanded = new SvelteSet<string>();
  failure = $state<string | undefined>();
  readonly #onWrite: () => void;
  #home: HomeFiles | undefined;
  #stopWatching: (() => void) | undefined;

  /** @param onWrite called when a file of the machine is changed from here */
  constructor({ onWrite = () => {} }: { onWrite?: () => void } = {}) {
    this.#onWrite = onWrite;
  }

  get active(): Document | undefined {
    return this.open.find((document) => document.path === this.activePath);
  }

  /** The files of a machine, or none. Open files are read again; edits that were not written stay. */
  use(home: HomeFiles | undefined): void {
    this.#stopWatching?.();
    this.#stopWatching = home?.watch((path) => void this.#guestChanged(path));
    this.#home = home;
    if (!home) return;
    void this.#list('');
    for (const path of this.expanded) void this.#list(path);
    for (const document of this.open) void this.#readAgain(document);
  }

  async openFile(path: string): Promise<void> {
    if (!this.open.some((document) => document.path === path)) {
      const document = new Document(path);
      await this.#load(document);
      this.open = [...this.open, document];
    }
    this.activePath = path;
  }

  async close(path: string): Promise<void> {
    const index = this.open.findIndex((document) => document.path === path);
    const document = this.open[index];
    if (!document) return;
    if (document.changed && document.conflict === undefined && !document.gone) await this.save(document);
    clearTimeout(document.timer);
    this.open = this.open.filter((one) => one !== document);
    if (this.activePath === path) this.activePath = (this.open[index] ?? this.open[index - 1])?.path ?? '';
  }

  /** The editor's text changed; it is written when typing stops. */
  edit(document: Document, text: string): void {
    document.text = text;
    clearTimeout(document.timer);
    if (document.changed && document.conflict === undefined) document.timer = setTimeout(() => void this.save(document), saveAfterMs);
  }

  async save(document: Document): Promise<void> {
    clearTimeout(document.timer);
    const { text } = document;
    this.#onWrite();
    try {
      if (!this.#home) throw new Error('the machine is not running');
      await this.#home.write(document.path, new TextEncoder().encode(text));
      document.saved = text;
      document.saveFailure = undefined;
      if (document.gone) {
        document.gone = false;
        await this.#listParents(document.path);
      }
    } catch (error) {
      document.saveFailure = messageOf(error);
    }
  }

  /** Settles a conflict: ours is written, or theirs is shown. */
  async settle(document: Document, keep: 'ours' | 'theirs'): Promise<void> {
    const theirs = document.conflict ?? document.saved;
    document.conflict = undefined;
    document.saved = theirs;
    if (keep === 'ours') await this.save(document);
    else document.text = theirs;
  }

  /** Makes an empty file, and the directories on the way, and opens it. */
  async create(path: string): Promise<void> {
    const clean = path.split('/').filter(Boolean).join('/');
    if (clean === '' || clean.split('/').includes('..')) throw new Error('a path inside the home directory, for example app/index.py');
    if (!this.#home) throw new Error('the machine is not running');
    const exists = await this.#home.read(clean).then(
      () => true,
      () => false,
    );
    if (!exists) {
      this.#onWrite();
      await this.#home.write(clean, new Uint8Array());
    }
    await this.#listParents(clean);
    for (const parent of parentsOf(clean)) if (parent) this.expanded.add(parent);
    await this.openFile(clean);
  }

  async remove(path: string): Promise<void> {
    this.#onWrite();
    try {
      await this.#home?.remove(path);
    } catch (error) {
      this.failure = messageOf(error);
      return;
    }
    for (const document of this.open) {
      if (document.path !== path && !document.path.startsWith(`${path}/`)) continue;
      document.saved = document.text;
      await this.close(document.path);
    }
    this.expanded.delete(path);
    this.directories.delete(path);
    await this.#list(parentOf(path));
  }

  async toggle(path: string): Promise<void> {
    if (this.expanded.delete(path)) return;
    this.expanded.add(path);
    await this.#list(path);
  }

  async #guestChanged(path: string): Promise<void> {
    // A directory that was emptied or made is told by its own path or by its content's.
    for (const parent of [...parentsOf(path), path]) if (this.directories.has(parent)) await this.#list(parent);
    for (const document of this.open) {
      if (document.path === path || document.path.startsWith(`${path}/`)) await this.#readAgain(document);
    }
  }

  async #readAgain(document: Document): Promise<void> {
    if (!this.#home) return;
    let bytes: Uint8Array;
    try {
      bytes = await this.#home.read(document.path);
    } catch {
      document.gone = true;
      return;
    }
    document.gone = false;
    const text = textOf(bytes);
    if (typeof text !== 'string') {
      document.unreadable = text.because;
      return;
    }
    document.unreadable = undefined;
    if (text === document.saved && document.conflict === undefined) return;
    if (!document.changed || text === document.text) {
      document.text = text;
      document.saved = text;
      document.conflict = undefined;
    } else {
      clearTimeout(document.timer);
      document.conflict = text;
    }
  }

  async #load(document: Document): Promise<void> {
    try {
      const text = textOf((await this.#home?.read(document.path)) ?? new Uint8Array());
      if (typeof text !== 'string') {
        document.unreadable = text.because;
        return;
      }
      document.text = text;
      document.saved = text;
    } catch (error) {
      document.unreadable = messageOf(error);
    }
  }

  async #listParents(path: string): Promise<void> {
    for (const parent of parentsOf(path)) await this.#list(parent);
  }

  async #list(path: string): Promise<void> {
    if (!this.#home) return;
    try {
      const entries = (await this.#home.list(path))
        .filter((entry) => entry.type !== 'other' && !unlisted.has(entry.name))
        .map(({ name, type }) => ({ name, path: path ? `${path}/${name}` : name, directory: type === 'directory' }));
      entries.sort((a, b) => Number(b.directory) - Number(a.directory) || a.name.localeCompare(b.name));
      this.directories.set(path, entries);
      this.failure = undefined;
    } catch (error) {
      this.directories.delete(path);
      this.expanded.delete(path);
      if (path === '') this.failure = messageOf(error);
    }
  }
}

function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

/** `a/b/c` → `''`, `a`, `a/b`. */
function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
}

function textOf(bytes: Uint8Array): string | { because: string } {
  if (bytes.length > maxTextBytes) return { because: 'This file is too large for the editor; look at it in the terminal.' };
  if (bytes.includes(0)) return { because: 'This is not a text file.' };
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { because: 'This is not a text file.' };
  }
}
