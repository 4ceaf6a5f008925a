/**
 * What of a layer's tar is not in its files: headers and padding, kept so that the very archive can be put together
 * again for `save` and `push` although only the unpacked tree is held. `tar-split.json.gz`, as Docker keeps it.
 * Source: vbatts/tar-split, tar/storage; moby layer/filestore.go.
 */
import { base64, fromBase64 } from '../base64.ts';
import type { LayerEntry } from './layer-trees.ts';

/** Bytes of the archive as they are, or the name of the file whose content stands here. */
type Piece = { type: 1; name: string; size: number; position: number } | { type: 2; payload: string; position: number };

/**
 * @param pieces the archive
 * @param entries what it was unpacked to; contents that are views into a piece are not kept again
 */
export function splitTar(pieces: readonly Uint8Array[], entries: Iterable<LayerEntry>): Uint8Array {
  const files = contentsByBuffer(entries);
  const lines: string[] = [];
  const add = (piece: Piece): void => void lines.push(JSON.stringify(piece));
  for (const piece of pieces) {
    const end = piece.byteOffset + piece.length;
    let done = piece.byteOffset;
    const keep = (until: number): void => {
      if (until > done) add({ type: 2, payload: base64(new Uint8Array(piece.buffer, done, until - done)), position: lines.length });
    };
    const contents = files.get(piece.buffer) ?? [];
    for (let next = firstFrom(contents, done); next < contents.length; next++) {
      const { path, at, length } = contents[next]!;
      if (at + length > end) break;
      // The same bytes under another name.
      if (at < done) continue;
      keep(at);
      add({ type: 1, name: path, size: length, position: lines.length });
      done = at + length;
    }
    keep(end);
  }
  return new TextEncoder().encode(`${lines.join('\n')}\n`);
}

interface Content {
  path: string;
  at: number;
  length: number;
}

/** Contents by the buffer that they lie in, in the order in which they lie there. */
function contentsByBuffer(entries: Iterable<LayerEntry>): Map<ArrayBufferLike, Content[]> {
  const found = new Map<ArrayBufferLike, Content[]>();
  for (const { path, content } of entries) {
    if (!content || content.length === 0) continue;
    const file = { path, at: content.byteOffset, length: content.length };
    const others = found.get(content.buffer);
    if (others) others.push(file);
    else found.set(content.buffer, [file]);
  }
  for (const contents of found.values()) contents.sort((a, b) => a.at - b.at);
  return found;
}

/** Where the contents begin that do not lie before a position. */
function firstFrom(contents: readonly Content[], position: number): number {
  let [low, high] = [0, contents.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (contents[middle]!.at < position) low = middle + 1;
    else high = middle;
  }
  return low;
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
