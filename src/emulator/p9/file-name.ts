/**
 * Names as Linux has them are bytes; here they are strings. UTF-8 is decoded as such; a byte that is not
 * valid UTF-8 becomes the lone surrogate U+DC80…U+DCFF (Python's "surrogateescape"), so that every
 * name survives the way there and back.
 */

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function decodeName(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return decodeEscaped(bytes);
  }
}

export function encodeName(name: string): Uint8Array {
  if (!/[\ud800-\udfff]/u.test(name)) return encoder.encode(name);
  const out: number[] = [];
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) out.push(code - 0xdc00);
    else out.push(...encoder.encode(character));
  }
  return Uint8Array.from(out);
}

/** Bytes that `encodeName` makes of the name. */
export function nameLength(name: string): number {
  return /^[\x00-\x7f]*$/.test(name) ? name.length : encodeName(name).length;
}

function decodeEscaped(bytes: Uint8Array): string {
  let out = '';
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0) out += strictDecoder.decode(bytes.subarray(at, at + length));
    else out += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
    at += Math.max(1, length);
  }
  return out;
}

/** Length of the valid UTF-8 sequence at an offset; 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    strictDecoder.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}
