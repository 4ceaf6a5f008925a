/**
 * What builds have in Storage only while they run, and what of it is taken away when a daemon starts: the one before may
 * have ended, or its session been saved, in the middle of a build.
 */
import { configFile } from '../container/records.ts';
import type { LayerTrees } from '../image/layer-trees.ts';
import type { Storage } from '../storage.ts';

export const secretsDirectory = 'buildkit/secrets';
export const scriptsDirectory = 'buildkit/scripts';
/** Names of trees, as files without content, that are a build's context and no layer of an image. */
const contextsDirectory = 'buildkit/contexts';

/** Notes that a tree is only there for a build. @param diffId `sha256:…` */
export function noteContext(storage: Storage, diffId: string): void {
  storage.write(`${contextsDirectory}/${diffId.slice('sha256:'.length)}`, new Uint8Array(0), 0o600);
}

/** The tree is gone. */
export function forgetContext(storage: Storage, diffId: string): void {
  storage.remove(`${contextsDirectory}/${diffId.slice('sha256:'.length)}`);
}

export function removeLeftovers({ storage, layerTrees }: { storage: Storage; layerTrees: LayerTrees }): void {
  storage.remove(secretsDirectory);
  storage.remove(scriptsDirectory);
  for (const name of storage.list(contextsDirectory)) if (/^[0-9a-f]{64}$/.test(name)) layerTrees.remove(`sha256:${name}`);
  storage.remove(contextsDirectory);
  // Containers of steps have files here, but no record: nobody but their build knew of them.
  for (const id of storage.list('containers'))
    if (/^[0-9a-f]{64}$/.test(id) && storage.sizeBytes(`containers/${id}/${configFile}`) === undefined) storage.remove(`containers/${id}`);
}
