/**
 * The layer that Docker puts between an image and a container: places for what gets mounted, and `.dockerenv`.
 * The same for all containers, so one tree serves them all.
 * Source: moby daemon/initlayer/setup_unix.go.
 */
import type { LayerEntry, LayerTrees } from '../image/layer-trees.ts';

/** Not a digest of anything: no image layer can have it. */
export const initDiffId = 'sha256:0000000000000000000000000000000000000000000000000000000000001417';

const directories = ['dev', 'dev/pts', 'dev/shm', 'etc', 'proc', 'sys'];
const files = ['.dockerenv', 'dev/console', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf'];

export function ensureInitLayer(trees: LayerTrees): void {
  if (!trees.has(initDiffId)) trees.put(initDiffId, initEntries());
}

function* initEntries(): Iterable<LayerEntry> {
  const common = { uid: 0, gid: 0, mtime: 0 };
  yield { ...common, path: '', type: 'directory', mode: 0o755 };
  for (const path of directories) yield { ...common, path, type: 'directory', mode: 0o755 };
  for (const path of files) yield { ...common, path, type: 'file', mode: 0o755, content: new Uint8Array() };
  yield { ...common, path: 'etc/mtab', type: 'symlink', mode: 0o777, linkName: '/proc/mounts' };
}
