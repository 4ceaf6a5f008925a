/**
 * The Outside port: there is no internet behind the node, only a mirror of some packages. Whoever runs something for a
 * person can tell what it asked for in vain.
 */
export interface Outside {
  /** Calls for everything that is asked for and is not there, from now on; the returned function ends it. */
  watch(listener: (missing: Missing) => void): () => void;
}

export interface Missing {
  /**
   * `host`: a name that does not exist here. `package`: one that the mirror has not. `list`: a list of packages was read;
   * only when something fails afterwards, it is worth a word.
   */
  kind: 'host' | 'package' | 'list';
  /** For people: one line without its end. */
  line: string;
}

/** Where nothing watches. */
export const silentOutside: Outside = { watch: () => () => undefined };
