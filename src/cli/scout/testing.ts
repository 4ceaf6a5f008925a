/** Images for tests of the scan, as the daemon would save them. */
const BLOCK = 512;
const encoder = new TextEncoder();

/** Path → content; a directory's path ends with `/`. */
export type Tree = Record<string, string | Uint8Array>;

/** A plain ustar archive. */
export function tarOf(tree: Tree): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const [path, value] of Object.entries(tree)) {
    const content = typeof value === 'string' ? encoder.encode(value) : value;
    const header = new Uint8Array(BLOCK);
    const put = (at: number, text: string): void => header.set(encoder.encode(text), at);
    put(0, path.slice(0, 100));
    put(100, '0000644\0');
    put(124, `${content.length.toString(8).padStart(11, '0')}\0`);
    put(156, path.endsWith('/') ? '5' : '0');
    put(257, 'ustar\x0000');
    put(148, ' '.repeat(8));
    put(
      148,
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
    );
    const padded = new Uint8Array(Math.ceil(content.length / BLOCK) * BLOCK);
    padded.set(content);
    blocks.push(header, padded);
  }
  blocks.push(new Uint8Array(2 * BLOCK));
  const out = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    out.set(block, at);
    at += block.length;
  }
  return out;
}

/** What `GET /images/{name}/get` sends for an image of these layers, lowest first. */
export function savedImage(...layers: Tree[]): Uint8Array {
  const names = layers.map((_, index) => `blobs/sha256/${String(index).repeat(64)}`);
  return tarOf({
    'blobs/': '',
    ...Object.fromEntries(layers.map((layer, index) => [names[index]!, tarOf(layer)])),
    'blobs/sha256/config': '{"architecture":"386"}',
    'manifest.json': JSON.stringify([{ Config: 'blobs/sha256/config', RepoTags: ['app:latest'], Layers: names }]),
  });
}

/** In pieces of `size` bytes. */
export async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}
