/**
 * Reads a tar archive as it comes, holding no more of it than a header and a piece of content: what is in a file need
 * not fit into memory. Says what is in the archive; whether a path may be used is for others.
 */
import { concatBytes } from '../bytes.ts';
import { EngineError } from '../errors.ts';
import { GrowingBytes } from '../growing-bytes.ts';
import { paddedSize, TarHeaders, type TarEntry } from './tar.ts';

/** An entry, without its content, or a piece of the content of the entry before. */
export type TarPiece = { entry: TarEntry; sizeBytes: number } | { content: Uint8Array };

const block = 512;
const none = new Uint8Array(0);

/** @throws EngineError as readTar does */
export async function* readTarStream(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarPiece> {
  const bytes = new ByteReader(source);
  const headers = new TarHeaders();
  try {
    for (;;) {
      // An archive may also just stop where a header would begin.
      const header = await bytes.take(block, 'or nothing');
      if (header.length === 0) return;
      // What is kept of a header outlives the piece that it came in.
      const found = headers.read(header.slice());
      // What follows the end is read all the same, so that its sender is not cut off.
      if (!found) return await bytes.skipAll();
      if (found.isMeta) {
        found.take(await bytes.take(found.sizeBytes));
        await bytes.skip(paddedSize(found.sizeBytes) - found.sizeBytes);
        continue;
      }
      const entry = found.take(none);
      if (entry) yield { entry, sizeBytes: found.sizeBytes };
      for (let left = found.sizeBytes; left > 0;) {
        const content = await bytes.some(left);
        left -= content.length;
        yield { content };
      }
      await bytes.skip(paddedSize(found.sizeBytes) - found.sizeBytes);
    }
  } finally {
    await bytes.close();
  }
}

/** Entries with their contents, in buffers of their own: none keeps what it came in from being given back. */
export async function* wholeEntries(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  let open: { entry: TarEntry; content: GrowingBytes } | undefined;
  const whole = ({ entry, content }: NonNullable<typeof open>): TarEntry => ({ ...entry, content: content.bytes() });
  for await (const piece of readTarStream(source)) {
    if ('content' in piece) {
      open!.content.append(piece.content);
      continue;
    }
    if (open) yield whole(open);
    open = { entry: piece.entry, content: new GrowingBytes(piece.sizeBytes) };
  }
  if (open) yield whole(open);
}

/** Takes exact amounts out of chunks of any size. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = none;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Exactly so many bytes; none at all at the end when told that this may be. */
  async take(count: number, end?: 'or nothing'): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let left = count; left > 0;) {
      if (this.#chunk.length === 0 && !(await this.#next())) {
        // Padding behind the last entry may be missing, but not part of a header.
        if (end && left === count) return none;
        throw cutOff();
      }
      const part = this.#chunk.subarray(0, left);
      this.#chunk = this.#chunk.subarray(part.length);
      left -= part.length;
      parts.push(part);
    }
    return parts.length === 1 ? parts[0]! : concatBytes(parts);
  }

  /** At least one byte, at most so many. */
  async some(most: number): Promise<Uint8Array> {
    if (this.#chunk.length === 0 && !(await this.#next())) throw cutOff();
    const part = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(part.length);
    return part;
  }

  /** Past zeros that fill a block, as far as there are any. */
  async skip(count: number): Promise<void> {
    for (let left = count; left > 0 && (this.#chunk.length > 0 || (await this.#next()));) left -= (await this.some(left)).length;
  }

  async skipAll(): Promise<void> {
    while (await this.#next());
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #next(): Promise<boolean> {
    for (;;) {
      const result = await this.#source.next();
      if (result.done) return false;
      if (result.value.length === 0) continue;
      this.#chunk = result.value;
      return true;
    }
  }
}

function cutOff(): EngineError {
  return new EngineError('data-loss', 'unexpected EOF');
}
