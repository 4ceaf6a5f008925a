/**
 * A file that is there in full or not at all: what is written goes to a file beside it, which takes its place at the end.
 * Source: moby/sys atomicwriter.
 */
import { baseName, joinPath } from '#engine/go-path.ts';
import { FileError, type CliFiles, type FileStatus } from './environment.ts';
import { openError } from './options/open-error.ts';

/** Of what has been saved: its owner's alone. */
const MODE = 0o600;

/** Writes all of a stream. @throws Error with Docker's words when nothing can be written there; checked before the stream is opened */
export async function writeAtomically(
  files: CliFiles,
  path: string,
  open: () => Promise<AsyncIterable<Uint8Array>>,
  complaint: string,
): Promise<void> {
  await checkTarget(files, path, complaint);
  const chunks = await open();
  const temporary = joinPath(path, '..', `.tmp-${baseName(path)}`);
  try {
    await files.write(temporary, new Uint8Array(0), MODE);
    for await (const chunk of chunks) await files.append(temporary, chunk);
    await files.setMode(temporary, MODE);
    await files.rename(temporary, path);
  } catch (error) {
    await files.remove(temporary).catch(() => {});
    throw error;
  }
}

async function checkTarget(files: CliFiles, path: string, complaint: string): Promise<void> {
  const refuse = (reason: string): never => {
    throw new Error(`${complaint}: ${reason}`);
  };
  const directory = joinPath(path, '..') || '.';
  const parent = await files.stat(directory).catch((error: unknown) => {
    return refuse(`invalid output path: ${openError(directory, error).message.replace(/^open /, 'stat ')}`);
  });
  if (parent.type !== 'directory') refuse('invalid output path: not a directory');
  const existing = await files.stat(path, { follow: false }).catch((error: unknown): FileStatus | undefined => {
    if (error instanceof FileError && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (existing?.type === 'directory') refuse('cannot write to a directory');
  if (existing?.type === 'symlink') refuse('cannot write to a symbolic link directly');
  if (existing?.type === 'other') refuse('cannot write to an irregular file');
}
