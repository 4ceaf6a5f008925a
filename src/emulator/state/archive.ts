/**
 * Plain data with byte arrays anywhere in it, as bytes: JSON, then the arrays one after another. What a
 * saved state and a session are made of. Damaged input is refused, never half read.
 */
import { EngineError } from '#engine/errors.ts';

/** "DRYDOCK" and the version of this layout. */
const MAGIC = Uint8Array.of(0x44, 0x52, 0x59, 0x44, 0x4f, 0x43, 0x4b, 1);
const HEADER_BYTES = MAGIC.length + 4;
/** Stands for byte array number n in the JSON. No other object has this key. */
const BLOB_KEY = '$bytes';

export function packArchive(value: unknown): Uint8Array<ArrayBuffer> {
  const blobs: Uint8Array[] = [];
  // What the holder has, not what `toJSON` made of it: Node's buffers have one.
  const json = JSON.stringify(value, function (this: Record<string, unknown>, key, shown: unknown) {
    const item = this[key];
    return item instanceof Uint8Array ? { [BLOB_KEY]: blobs.push(item) - 1 } : shown;
  });
  const head = new TextEncoder().encode(JSON.stringify({ lengths: blobs.map((blob) => blob.length) }) + '\n' + json);
  const out = new Uint8Array(HEADER_BYTES + head.length + blobs.reduce((sum, blob) => sum + blob.length, 0));
  out.set(MAGIC);
  new DataView(out.buffer).setUint32(MAGIC.length, head.length, true);
  out.set(head, HEADER_BYTES);
  let at = HEADER_BYTES + head.length;
  for (const blob of blobs) {
    out.set(blob, at);
    at += blob.length;
  }
  return out;
}

/** The value; its byte arrays are views of `bytes`. */
export function unpackArchive(bytes: Uint8Array<ArrayBuffer>): unknown {
  if (bytes.length < HEADER_BYTES || !MAGIC.every((byte, index) => bytes[index] === byte)) throw damaged('it does not begin as one');
  const headLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  if (HEADER_BYTES + headLength > bytes.length) throw damaged('it ends early');
  try {
    const head = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(HEADER_BYTES, HEADER_BYTES + headLength));
    const line = head.indexOf('\n');
    const blobs = cut(bytes.subarray(HEADER_BYTES + headLength), (JSON.parse(head.slice(0, line)) as { lengths: number[] }).lengths);
    return JSON.parse(head.slice(line + 1), (_key, item: unknown) => {
      const index = typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[BLOB_KEY] : undefined;
      if (typeof index !== 'number') return item;
      const blob = blobs[index];
      if (!blob) throw damaged(`it lacks part ${index}`);
      return blob;
    });
  } catch (error) {
    throw error instanceof EngineError ? error : damaged('its head cannot be read');
  }
}

function cut(bytes: Uint8Array<ArrayBuffer>, lengths: number[]): Uint8Array<ArrayBuffer>[] {
  let at = 0;
  const parts = lengths.map((length) => {
    if (!Number.isInteger(length) || length < 0) throw damaged('a part has no length');
    return bytes.subarray(at, (at += length));
  });
  if (at !== bytes.length) throw damaged('its parts do not add up');
  return parts;
}

function damaged(how: string): EngineError {
  return new EngineError('data-loss', `not a saved machine: ${how}`);
}
