/**
 * `docker export`: a container's files as one tar, without its mounts.
 * Source: moby daemon/export.go.
 */
import { EngineError } from '../errors.ts';
import { LayerIndex, LayerIndexes, type RootFiles } from '../image/root-files.ts';
import { endOfTar, tarPieces } from '../oci/tar-writer.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { initDiffId } from './init-layer.ts';

/** Pieces of the archive, made as they are taken. */
export async function exportContainer(containers: Containers, name: string): Promise<AsyncIterable<Uint8Array>> {
  const container = containers.resolve(name);
  const { status } = container.state;
  if (status === 'dead') throw new EngineError('conflict', `You cannot export container ${container.id} which is Dead`);
  if (status === 'removing') throw new EngineError('conflict', `You cannot export container ${container.id} which is being removed`);
  const written = await containers.ports.runtime.writableEntries(container.id);
  const files = lowerFiles(containers, container).with(new LayerIndex(written));
  containers.logEvent(container, 'export');
  return archiveOf(files);
}

/** The layers that a container stands on, with the places for its mounts. */
export function lowerFiles(containers: Containers, { topLayer }: Container): RootFiles {
  const { images, layerTrees } = containers.ports;
  const chain = topLayer === undefined ? [] : (images.layers.chain(topLayer) ?? []);
  return new LayerIndexes(layerTrees).root([...chain.map(({ diffId }) => diffId), initDiffId]);
}

async function* archiveOf(files: RootFiles): AsyncIterable<Uint8Array> {
  for (const entry of files.walk('')) yield* tarPieces(entry);
  yield endOfTar;
}
