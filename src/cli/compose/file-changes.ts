/**
 * Which files at some places have changed since they were looked at before. They are looked at again and again: nobody in
 * the guest tells of changes.
 */
import { joinPath } from '#engine/go-path.ts';
import { statusOf } from '../builder/context/dockerfile-place.ts';
import { type CliFiles, FileError } from '../environment.ts';

export interface PathFilter {
  ignores: (path: string) => boolean;
  /** A directory in which everything is ignored. */
  canSkip: (directory: string) => boolean;
}

export class FileChanges {
  readonly #files: CliFiles;
  readonly #places: readonly string[];
  readonly #filter: PathFilter;
  /** What tells a file from what it was, by path. */
  #known: ReadonlyMap<string, string> = new Map();

  private constructor(files: CliFiles, places: readonly string[], filter: PathFilter) {
    this.#files = files;
    this.#places = places;
    this.#filter = filter;
  }

  /** @param places files and directories, absolute; they need not be there yet */
  static async since(files: CliFiles, places: readonly string[], filter: PathFilter): Promise<FileChanges> {
    const changes = new FileChanges(files, places, filter);
    await changes.next();
    return changes;
  }

  /** Paths that were made, changed or removed since the last call, absolute. What is removed with its directory is not told of. */
  async next(): Promise<string[]> {
    const before = this.#known;
    try {
      this.#known = await this.#look();
    } catch (error) {
      // Something went away under the look: the next one sees what is left.
      if (error instanceof FileError && error.code === 'ENOENT') return [];
      throw error;
    }
    const changed = [...this.#known].filter(([path, mark]) => before.get(path) !== mark).map(([path]) => path);
    const removed = new Set([...before.keys()].filter((path) => !this.#known.has(path)));
    return [...changed, ...[...removed].filter((path) => !removed.has(joinPath(path, '..')))];
  }

  async #look(): Promise<Map<string, string>> {
    const seen = new Map<string, string>();
    for (const place of this.#places) {
      const status = await statusOf(this.#files, place, true);
      if (!status) continue;
      // Of a directory that is watched only what is in it counts.
      if (status.type !== 'directory') seen.set(place, markOf(status));
      else await this.#lookBelow(place, seen);
    }
    return seen;
  }

  async #lookBelow(place: string, seen: Map<string, string>): Promise<void> {
    const enter = (path: string): boolean => !this.#filter.canSkip(joinPath(place, path));
    for await (const file of this.#files.walk(place, enter)) {
      const path = joinPath(place, file.path);
      if (!this.#filter.ignores(path)) seen.set(path, file.type === 'directory' ? 'directory' : markOf(file));
    }
  }
}

function markOf({ type, mode, mtimeMs, sizeBytes }: { type: string; mode: number; mtimeMs: number; sizeBytes: number }): string {
  return `${type} ${mode} ${mtimeMs} ${sizeBytes}`;
}
