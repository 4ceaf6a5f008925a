/**
 * What an image has where a new volume is mounted: it is copied into the volume while that is empty, with owners and
 * permissions, unless the mount says `nocopy`.
 * Source: moby daemon/create_unix.go, populateVolumes; container/container_unix.go, copyExistingContents.
 */
import { EngineError } from '../errors.ts';
import { joinPath } from '../go-path.ts';
import type { Image } from '../image/image-store.ts';
import type { LayerEntry } from '../image/layer-trees.ts';
import { LayerIndexes, type RootFiles, splitPath } from '../image/root-files.ts';
import { type ContainerFiles, FilesError, treePath, type TreePiece } from '../runtime/runtime.ts';
import { needsMount } from '../volume/local-options.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { initDiffId } from './init-layer.ts';
import type { Mount } from './mount.ts';
import { mountVolumes, unmountVolumes } from './ready-mounts.ts';
import { forceRemove } from './remove.ts';
import { rootfsOf } from './rootfs.ts';
import { lowerFiles } from './written.ts';

/** Of volumes that are directories of the node's /var/lib/docker. @throws EngineError when the image has a file there */
export function fillVolumes(containers: Containers, image: Image | undefined, mounts: readonly Mount[], layerName: string): void {
  const { storage, layerTrees, volumes, images } = containers.ports;
  const wanted = mounts.filter((mount) => mount.type === 'volume' && mount.copyData && !needsMount(volumes.get(mount.name).options));
  if (!image || wanted.length === 0) return;
  const files = new LayerIndexes(layerTrees).root([...image.config.rootfs.diff_ids, initDiffId]);
  for (const { name, destination, spec } of wanted) {
    const content = `volumes/${name}/_data`;
    const subpath = spec.VolumeOptions?.Subpath ?? '';
    const target = subpath === '' ? content : `${content}/${subpath}`;
    const source = directoryAt(files, destination, treePath(layerName, images.ports.driver));
    if (!source || storage.list(target).length > 0) continue;
    // A subpath that is not there is an error at the start only.
    const { directory: parent, name: own } = splitPath(target);
    if (subpath !== '' && (storage.sizeBytes(target) !== undefined || !storage.list(parent).includes(own))) continue;
    storage.putTree(target, source.entry, files.walkBelow(source.path));
  }
}

/**
 * Of volumes that show something else: it is mounted meanwhile.
 *
 * @throws EngineError in Docker's words; the container is removed then
 */
export async function fillMountedVolumes(containers: Containers, container: Container): Promise<void> {
  const { volumes, images } = containers.ports;
  const wanted = container.mounts.filter(
    (mount) => mount.type === 'volume' && mount.copyData && needsMount(volumes.get(mount.name).options),
  );
  if (wanted.length === 0) return;
  const files = lowerFiles(containers, container);
  try {
    for (const mount of wanted) {
      const source = directoryAt(files, mount.destination, treePath(container.layerName, images.ports.driver));
      if (source) await fillMounted(containers, container, mount, { files, ...source });
    }
  } catch (error) {
    await forceRemove(containers, container, { volumes: true });
    throw error;
  }
}

async function fillMounted(
  containers: Containers,
  container: Container,
  mount: Mount,
  { files, path, entry }: { files: RootFiles; path: string; entry: LayerEntry },
): Promise<void> {
  const { runtime } = containers.ports;
  const only = { ...container, mounts: [mount] };
  let sources: Map<string, string>;
  try {
    sources = await mountVolumes(containers, only, { quietly: true });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.kind === 'not-found') return;
    throw new EngineError(error.kind, `failed to populate volume: ${error.message}`, { cause: error });
  }
  try {
    const view: ContainerFiles = {
      containerId: container.id,
      rootfs: rootfsOf(containers, container),
      mounts: [{ source: sources.get(mount.destination) ?? mount.source, destination: mount.destination, readOnly: false }],
    };
    if (!(await isEmpty(runtime.readTree(view, mount.destination)))) return;
    // With the directory itself, whose owner and permissions the volume gets.
    const { directory, name } = splitPath(mount.destination);
    const entries = below(name, [{ ...entry, path: '' }, ...files.walkBelow(path)]);
    await runtime.writeTree(view, directory || '/', pieces(entries), { keepKinds: false });
  } catch (error) {
    if (!(error instanceof FilesError)) throw error;
    throw new EngineError('system', error.message, { cause: error });
  } finally {
    await unmountVolumes(containers, only, { quietly: true });
  }
}

/** What the image has at a path; undefined when nothing is there. */
function directoryAt(files: RootFiles, destination: string, root: string): { path: string; entry: LayerEntry } | undefined {
  const { path, entry } = files.resolve(destination);
  if (!entry) return undefined;
  if (entry.type !== 'directory') throw new EngineError('system', `source ${root}${destination} is not directory`);
  return { path, entry };
}

async function isEmpty(tree: AsyncIterable<TreePiece>): Promise<boolean> {
  let count = 0;
  for await (const piece of tree) if ('file' in piece && ++count > 1) return false;
  return true;
}

async function* pieces(entries: Iterable<LayerEntry>): AsyncGenerator<TreePiece> {
  for (const { content, ...file } of entries) {
    yield { file, sizeBytes: content?.length ?? 0 };
    if (content && content.length > 0) yield { content };
  }
}

function below(directory: string, entries: readonly LayerEntry[]): LayerEntry[] {
  return entries.map((entry) => ({
    ...entry,
    path: joinPath(directory, entry.path),
    ...(entry.type === 'hardlink' && { linkName: `${directory}/${entry.linkName}` }),
  }));
}
