/**
 * What of a layer's tar is not in its files: headers and padding, kept so that the very archive can be put together
 * again for `save` and `push` although only the unpacked tree is held. `tar-split.json.gz`, as Docker keeps it.
 * Source: vbatts/tar-split, tar/storage; moby layer/filestore.go.
 */
import { base64, fromBase64 } from '../base64.ts';
import type { LayerEntry } from './layer-trees.ts';

/** Bytes of the archive as they are, or the name of the file whose content stands here. */
type Piece = { type: 1; name: string; size: number; position: number } | { type: 2; payload: string; position: number };

/** @param entries what the archive was unpacked to; their contents are views into it */
export function splitTar(archive: Uint8Array, entries: Iterable<LayerEntry>): Uint8Array {
  const files = [...entries]
    .filter(({ content }) => content && content.length > 0 && content.buffer === archive.buffer)
    .map(({ path, content }) => ({ path, at: content!.byteOffset - archive.byteOffset, length: content!.length }))
    .sort((a, b) => a.at - b.at);
  const lines: string[] = [];
  const add = (piece: Piece): void => void lines.push(JSON.stringify(piece));
  let done = 0;
  for (const { path, at, length } of files) {
    if (at > done) add({ type: 2, payload: base64(archive.subarray(done, at)), position: lines.length });
    add({ type: 1, name: path, size: length, position: lines.length });
    done = at + length;
  }
  if (done < archive.length) add({ type: 2, payload: base64(archive.subarray(done)), position: lines.length });
  return new TextEncoder().encode(`${lines.join('\n')}\n`);
}

/**
 * Pieces of the archive, to be put one after another.
 *
 * @param split what `splitTar` gave
 * @returns undefined when a file is not as it was
 */
export function joinTar(split: Uint8Array, entries: Iterable<LayerEntry>): Uint8Array[] | undefined {
  const contents = new Map<string, Uint8Array>();
  for (const { path, content } of entries) if (content) contents.set(path, content);
  const pieces: Uint8Array[] = [];
  try {
    for (const line of new TextDecoder().decode(split).split('\n')) {
      if (line === '') continue;
      const piece = JSON.parse(line) as Piece;
      const bytes = piece.type === 1 ? contents.get(piece.name) : fromBase64(piece.payload);
      if (!bytes || (piece.type === 1 && bytes.length !== piece.size)) return undefined;
      pieces.push(bytes);
    }
  } catch {
    return undefined;
  }
  return pieces;
}
