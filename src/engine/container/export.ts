/**
 * `docker export`: a container's files as one tar, without its mounts.
 * Source: moby daemon/export.go.
 */
import { EngineError } from '../errors.ts';
import { LayerIndex, type RootFiles } from '../image/root-files.ts';
import { endOfTar, tarPieces } from '../oci/tar-writer.ts';
import type { Containers } from './containers.ts';
import { lowerFiles, writtenEntries } from './written.ts';

/** Pieces of the archive, made as they are taken. */
export async function exportContainer(containers: Containers, name: string): Promise<AsyncIterable<Uint8Array>> {
  const container = containers.resolve(name);
  const { status } = container.state;
  if (status === 'dead') throw new EngineError('conflict', `You cannot export container ${container.id} which is Dead`);
  if (status === 'removing') throw new EngineError('conflict', `You cannot export container ${container.id} which is being removed`);
  const written = await writtenEntries(containers, container);
  const files = lowerFiles(containers, container).with(new LayerIndex(written));
  containers.logEvent(container, 'export');
  return archiveOf(files);
}

async function* archiveOf(files: RootFiles): AsyncIterable<Uint8Array> {
  for (const entry of files.walk('')) yield* tarPieces(entry);
  yield endOfTar;
}
