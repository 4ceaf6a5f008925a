/** A file's content as a stream, which is known to be there before anything is asked of the daemon. */
import type { CliFiles } from './environment.ts';
import { openError } from './options/open-error.ts';

/** @throws Error with Go's words */
export async function openFile(files: CliFiles, path: string): Promise<AsyncIterable<Uint8Array>> {
  const status = await files.stat(path).catch((error: unknown) => {
    throw openError(path, error);
  });
  if (status.type === 'directory') throw new Error(`read ${path}: is a directory`);
  return files.chunks(path);
}
