/**
 * The files of one node's `/var/lib/docker`, as the engine sees them. The guest sees the same files
 * through 9p, so what is written here can be read in the node's shell at once. Synchronous, because
 * the files live in the worker's memory. Paths are relative, with `/` and without `..`.
 */
import type { FileAttributes, LayerEntry } from './image/layer-trees.ts';

export interface Storage {
  /** The file's bytes, or undefined when there is no such file. */
  read(path: string): Uint8Array | undefined;
  /** Writes the whole file, making parent directories; readers see the old or the new one, never half. */
  write(path: string, bytes: Uint8Array, mode?: number): void;
  append(path: string, bytes: Uint8Array): void;
  makeDirectory(path: string, mode?: number): void;
  /**
   * Puts files into an empty directory, with their owners and permissions, and gives it those of `top`. Nothing of it stays when
   * there is no room for all.
   *
   * @param entries parents before children, paths below the directory; contents are copied
   * @param options.share contents are not copied before somebody writes to them; the caller never does
   */
  putTree(path: string, top: FileAttributes, entries: Iterable<LayerEntry>, options?: { share: boolean }): void;
  /** What is in a directory, parents before children, itself first with the path ''; undefined when it is absent. Sockets are left out. */
  tree(path: string): Iterable<LayerEntry> | undefined;
  /** Removes a file or a directory with everything below it; nothing happens when it is absent. */
  remove(path: string): void;
  rename(from: string, to: string): void;
  /** Names in a directory, sorted; empty when it is absent. */
  list(path: string): string[];
  sizeBytes(path: string): number | undefined;
  /** Bytes in the files below a directory, a file with several names counted once; 0 when it is absent. */
  treeSizeBytes(path: string): number;
}
