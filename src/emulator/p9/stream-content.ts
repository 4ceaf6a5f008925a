/**
 * Content of a file that is not kept: what the guest writes goes to a function as it comes, and what it reads comes
 * from one. A file with such content stands for a stream between guest and host, faster than any device.
 */
import { FsError } from './errno.ts';
import { FileContent } from './file-content.ts';

/** Takes the bytes and may keep them; throws FsError `EAGAIN` when it is not ready for them, other FsErrors to refuse them. */
export type Sink = (bytes: Uint8Array) => void;

/** Fills the target from its start and returns how many bytes those are, 0 at the end; throws FsError `EAGAIN` while there are none yet. */
export type Source = (target: Uint8Array) => number;

export class StreamContent extends FileContent {
  #written = 0;
  #read = 0;

  constructor(
    private readonly sink: Sink | undefined,
    private readonly source: Source | undefined,
  ) {
    super();
  }

  override get sizeBytes(): number {
    return this.#written;
  }

  override get allocatedBytes(): number {
    return 0;
  }

  override growthOf(): number {
    return 0;
  }

  override readInto(target: Uint8Array, offset: number): number {
    if (!this.source || offset !== this.#read) throw new FsError('EINVAL');
    const count = this.source(target);
    this.#read += count;
    return count;
  }

  override bytes(): Uint8Array {
    return new Uint8Array(0);
  }

  override write(offset: number, bytes: Uint8Array): void {
    if (!this.sink || offset !== this.#written) throw new FsError('EINVAL');
    this.sink(bytes);
    this.#written += bytes.length;
  }

  override truncate(): void {
    // There is nothing to cut off.
  }

  override *extents(): Iterable<{ offset: number; bytes: Uint8Array }> {
    // Nothing of it is saved: whoever reads or writes it keeps the machine from being saved.
  }
}
