/**
 * The LayerTrees port: unpacked layers that the guest mounts read-only through 9p. Unpacking happens
 * once, here beside the guest; every container and node shares the tree. Content is addressed by diffID.
 */

export interface LayerTrees {
  has(diffId: string): boolean;
  /** Adds a whole layer; all or nothing. Entries come in tar order; later ones win. */
  put(diffId: string, entries: Iterable<LayerEntry>): void;
  /** Entries of a layer, parents before children; undefined when absent. */
  entries(diffId: string): Iterable<LayerEntry> | undefined;
  remove(diffId: string): void;
}

/** Whose a file is, and who may do what with it. */
export type FileAttributes = Pick<LayerEntry, 'mode' | 'uid' | 'gid'>;

/**
 * One entry of a layer as overlayfs wants it: a deleted file is a character device 0/0 (tar's
 * `.wh.name`), an opaque directory carries the attribute `trusted.overlay.opaque` = `y`.
 */
export interface LayerEntry {
  /** Relative, `/`-separated, without leading slash, `.` or `..`; the root itself is ''. */
  path: string;
  type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo';
  /** Permission bits with setuid, setgid and sticky: 0o0000–0o7777. */
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since the epoch. */
  mtime: number;
  content?: Uint8Array;
  /** Target of a symlink (verbatim) or hardlink (path in the layer). */
  linkName?: string;
  major?: number;
  minor?: number;
  xattrs?: Record<string, Uint8Array>;
}
