/** The shipped files as Node reads them: from the project's folders, under the paths that a server publishes. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, normalize, resolve, sep } from 'node:path';
import type { AssetFiles } from './asset-files.ts';

const root = resolve(import.meta.dirname, '../../..');

const folders: Record<string, string> = {
  machine: join(root, 'images/dist/machine'),
  state: join(root, '.cache/state'),
  hub: join(root, 'images/dist/hub'),
  advisories: join(root, 'images/dist/advisories'),
  mirror: join(root, 'images/dist/mirror'),
  v86: join(root, 'node_modules/v86/build'),
};

export const diskAssets: AssetFiles = {
  async open(path) {
    const [first = '', ...rest] = path.split('/');
    const folder = folders[first];
    if (!folder) return undefined;
    const file = join(folder, normalize(rest.join('/')));
    if (!file.startsWith(folder + sep)) return undefined;
    const found = await stat(file).catch(() => undefined);
    return found?.isFile() ? { sizeBytes: found.size, chunks: plainChunks(createReadStream(file)) } : undefined;
  },
};

/** Node's buffers are Uint8Arrays with methods of their own, which would surface far from here. */
async function* plainChunks(stream: AsyncIterable<Buffer>): AsyncIterable<Uint8Array> {
  for await (const chunk of stream) yield new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
}
