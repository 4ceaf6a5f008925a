/**
 * Unpacks an archive from a container into the local file system: nothing gets out of the directory, neither by name
 * nor through a link that the archive brings.
 * Source: moby/go-archive archive.go, Untar.
 */
import { cleanPath, joinPath } from '#engine/go-path.ts';
import { FileError, type CliFiles, type FileStatus } from '../../environment.ts';
import { streamTar, type StreamedEntry } from '../../tar-stream.ts';

/** @param rename of entries, and of what hard links point to */
export async function unpackArchive(
  files: CliFiles,
  chunks: AsyncIterable<Uint8Array>,
  directory: string,
  rename: (name: string) => string,
): Promise<void> {
  /** Set at the end: what lies in a directory must be writable until then. */
  const modes: [path: string, mode: number][] = [];
  for await (const entry of streamTar(chunks)) {
    const name = cleanPath(rename(entry.name));
    const path = placeOf(directory, name, entry.name);
    await checkParents(files, directory, name);
    await makeRoom(files, path, entry, directory);
    await putEntry(files, path, entry, () => placeOf(directory, cleanPath(rename(entry.linkName)), entry.linkName));
    if (entry.type === 'directory') modes.push([path, entry.mode]);
  }
  for (const [path, mode] of modes.reverse()) await files.setMode(path, mode);
}

function placeOf(directory: string, name: string, given: string): string {
  const path = joinPath(directory, name);
  const inside = path === cleanPath(directory) || path.startsWith(directory === '/' ? '/' : `${cleanPath(directory)}/`);
  if (!inside || name === '..' || name.startsWith('../'))
    throw new Error(`${JSON.stringify(given)} is outside of ${JSON.stringify(directory)}`);
  return path;
}

/** Directories on the way are made; a link among them would lead elsewhere. */
async function checkParents(files: CliFiles, directory: string, name: string): Promise<void> {
  const parts = name.split('/').slice(0, -1);
  for (let count = 1; count <= parts.length; count++) {
    const parent = joinPath(directory, parts.slice(0, count).join('/'));
    const status = await statusOf(files, parent);
    if (status?.type === 'symlink')
      throw new Error(`${JSON.stringify(name)} is outside of ${JSON.stringify(directory)}: ${parent} is a link`);
    if (!status) await files.makeDirectory(parent);
  }
}

/** What is there already goes, unless both are directories. */
async function makeRoom(files: CliFiles, path: string, entry: StreamedEntry, directory: string): Promise<void> {
  const status = await statusOf(files, path);
  if (!status) return;
  const isDirectory = entry.type === 'directory';
  if (status.type === 'directory' && !isDirectory)
    throw new Error(`cannot overwrite directory "${path}" with non-directory "${directory}"`);
  if (status.type !== 'directory' && isDirectory) throw new Error(`cannot overwrite non-directory "${path}" with directory "${directory}"`);
  if (status.type !== 'directory') await files.remove(path);
}

async function putEntry(files: CliFiles, path: string, entry: StreamedEntry, linkTarget: () => string): Promise<void> {
  switch (entry.type) {
    case 'directory':
      await files.makeDirectory(path);
      return;
    case 'symlink':
      await files.symlink(entry.linkName, path);
      return;
    case 'hardlink':
      // A second name is a copy here: a process's files know no other way to make one.
      await writeFile(files, path, files.chunks(linkTarget()), (await files.stat(linkTarget(), { follow: false })).mode);
      return;
    case 'file':
      await writeFile(files, path, entry.content, entry.mode);
      return;
    case 'character':
    case 'block':
    case 'fifo':
      throw new Error(`cannot create ${path}: copying devices and pipes out of a container is not available in this version of Drydock`);
  }
}

async function writeFile(files: CliFiles, path: string, content: AsyncIterable<Uint8Array>, mode: number): Promise<void> {
  await files.write(path, new Uint8Array(0), mode);
  for await (const piece of content) await files.append(path, piece);
  await files.setMode(path, mode);
}

async function statusOf(files: CliFiles, path: string): Promise<FileStatus | undefined> {
  try {
    return await files.stat(path, { follow: false });
  } catch (error) {
    if (error instanceof FileError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}
