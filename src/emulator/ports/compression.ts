/** gzip by the host's own streams, which browsers, workers and Node share; the others are loaded when they are needed. */
import { UnpackedTooLarge, type Compression } from '#engine/compression.ts';
import { EngineError, messageOf } from '#engine/errors.ts';

export const systemCompression: Compression = {
  async gunzip(bytes, limitBytes) {
    try {
      return await collect(pipe(bytes, new DecompressionStream('gzip')), limitBytes);
    } catch (error) {
      if (error instanceof EngineError) throw error;
      throw new EngineError('data-loss', `gzip: ${messageOf(error)}`, { cause: error });
    }
  },
  gzip: (bytes) => collect(pipe(bytes, new CompressionStream('gzip')), Infinity),
  async bunzip2(bytes, limitBytes) {
    const { bunzip2 } = await import('./bunzip2.ts');
    return bunzip2(bytes, limitBytes);
  },
  async unxz(bytes, limitBytes) {
    const { XzReadableStream } = await import('xz-decompress');
    try {
      return await collect(new XzReadableStream(new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()), limitBytes);
    } catch (error) {
      if (error instanceof EngineError) throw error;
      throw new EngineError('data-loss', `xz: ${messageOf(error)}`, { cause: error });
    }
  },
};

/** Browsers unpack all of a chunk before anybody can say that it is too much. */
const chunkBytes = 64 << 10;

/** Sends the bytes through a transforming stream, as fast as it is read. */
export function pipe(bytes: Uint8Array, through: GenericTransformStream): ReadableStream<Uint8Array> {
  let at = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.subarray(at, (at += chunkBytes)));
      else controller.close();
    },
  });
  return source.pipeThrough(through as ReadableWritablePair<Uint8Array, Uint8Array>);
}

/** All bytes of a stream; throws `data-loss` past the limit. */
export async function collect(stream: ReadableStream<Uint8Array>, limitBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limitBytes) {
      await reader.cancel();
      throw new UnpackedTooLarge(limitBytes);
    }
    chunks.push(value);
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
