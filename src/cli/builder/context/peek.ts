/** A stream of bytes whose beginning is looked at before it is passed on. */
import { concatBytes } from '#engine/bytes.ts';

export interface Peeked {
  /** As many bytes as asked for, fewer at the stream's end. */
  beginning: Uint8Array;
  /** The whole stream. */
  chunks: AsyncIterable<Uint8Array>;
}

export async function peek(stream: AsyncIterable<Uint8Array>, count: number): Promise<Peeked> {
  const iterator = stream[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let length = 0;
  while (length < count) {
    const next = await iterator.next();
    if (next.done) break;
    read.push(next.value);
    length += next.value.length;
  }
  return { beginning: concatBytes(read).subarray(0, count), chunks: rest(read, iterator) };
}

async function* rest(read: readonly Uint8Array[], iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* read;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

/** All of it. @throws Error when it is longer than the limit */
export async function readAll(stream: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Uint8Array> {
  const read: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    read.push(chunk);
    length += chunk.length;
    if (length > limitBytes) throw new Error(`more than ${limitBytes} bytes`);
  }
  return concatBytes(read);
}
