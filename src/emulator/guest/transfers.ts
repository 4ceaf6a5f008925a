/**
 * Streams between the guest and the host through files that both see: the guest writes or reads such a file in large
 * messages, and the bytes go to whoever made it, without being kept in between. No node sees the files.
 */
import { fileType } from '../p9/inode.ts';
import type { MemoryFs } from '../p9/memory-fs.ts';
import { makeDirectories } from '../p9/paths.ts';
import { StreamContent, type Sink, type Source } from '../p9/stream-content.ts';
import { shareMount } from './paths.ts';

const directory = 'transfers';

export interface Transfer {
  /** In the guest's own files, those outside of the nodes. */
  path: string;
  /** Takes the file away; who has it open goes on. */
  remove(): void;
}

export class Transfers {
  readonly #files: MemoryFs;
  #next = 1;

  /** @param files what the guest has mounted at `shareMount` */
  constructor(files: MemoryFs) {
    this.#files = files;
  }

  /** A file for the guest to write, from its start to its end. */
  receive(sink: Sink): Transfer {
    return this.#make(new StreamContent(sink, undefined));
  }

  /** A file for the guest to read, from its start to its end. */
  provide(source: Source): Transfer {
    return this.#make(new StreamContent(undefined, source));
  }

  #make(content: StreamContent): Transfer {
    const parent = makeDirectories(this.#files, this.#files.root, directory, 0o700);
    const name = String(this.#next++);
    // Left behind by a session that ended in the middle.
    if (parent.children?.has(name)) this.#files.unlink(parent, name);
    const inode = this.#files.create(parent, name, fileType.regular | 0o600, { uid: 0, gid: 0 });
    inode.content = content;
    return { path: `${shareMount}/${directory}/${name}`, remove: () => this.#files.unlink(parent, name) };
  }
}
