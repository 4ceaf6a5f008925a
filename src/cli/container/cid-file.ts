/** `--cidfile`: holds the id of the container that was made, and is gone again when none was. */
import type { CliFiles } from '../environment.ts';
import { openError } from '../options/open-error.ts';

export interface CidFile {
  write(id: string): Promise<void>;
  /** Removes the file unless an id was written. */
  close(): Promise<void>;
}

/** @throws Error with Docker's words when there is a file already, or none can be made */
export async function openCidFile(files: CliFiles, path: string): Promise<CidFile> {
  if (path === '') return { write: async () => {}, close: async () => {} };
  const exists = await files.stat(path).then(
    () => true,
    () => false,
  );
  if (exists) throw new Error(`container ID file found, make sure the other container isn't running or delete ${path}`);
  await files.write(path, new Uint8Array(0)).catch((error: unknown) => {
    throw new Error(`failed to create the container ID file: ${openError(path, error).message}`, { cause: error });
  });
  let written = false;
  return {
    async write(id) {
      await files.write(path, new TextEncoder().encode(id));
      written = true;
    },
    async close() {
      if (!written) await files.remove(path);
    },
  };
}
