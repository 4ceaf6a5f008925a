/**
 * Writes what a container printed where it belongs: one raw stream where it has a terminal, else frames
 * of standard output and error.
 */
import { FrameReader } from '#engine/api/stdcopy.ts';
import type { CliOutput } from '../environment.ts';

/**
 * Writes each frame to its stream, in the order they came; a stream without a writer is dropped.
 *
 * @throws Error with Docker's words for an unknown stream, and for what the daemon reports inside the stream
 */
export async function copyFrames(chunks: AsyncIterable<Uint8Array>, out: CliOutput | undefined, err: CliOutput | undefined): Promise<void> {
  const reader = new FrameReader();
  for await (const chunk of chunks) {
    for (const { stream, bytes } of reader.push(chunk)) {
      if (stream === 'system') throw new Error(`error from daemon in stream: ${new TextDecoder().decode(bytes)}`);
      await (stream === 'stderr' ? err : out)?.write(bytes);
    }
  }
}

/** Writes everything, in order. */
export async function copyAll(chunks: AsyncIterable<Uint8Array>, out: CliOutput): Promise<void> {
  for await (const chunk of chunks) await out.write(chunk);
}
