/** Base64, which the engine's host offers in no form that works everywhere. */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function base64(bytes: Uint8Array): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = bytes.subarray(at, at + 3);
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    out +=
      alphabet[bits >> 18]! +
      alphabet[(bits >> 12) & 63]! +
      (b === undefined ? '=' : alphabet[(bits >> 6) & 63]!) +
      (c === undefined ? '=' : alphabet[bits & 63]!);
  }
  return out;
}

const values = new Map([...alphabet].map((letter, value) => [letter.charCodeAt(0), value]));

/** @throws RangeError for what is no padded base64 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (text.length % 4 !== 0) throw new RangeError('invalid base64: incomplete');
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  const valueAt = (at: number): number => {
    const value = at >= text.length - padding ? 0 : values.get(text.charCodeAt(at));
    if (value === undefined) throw new RangeError(`invalid base64: ${JSON.stringify(text[at])}`);
    return value;
  };
  for (let at = 0, to = 0; at < text.length; at += 4) {
    const bits = (valueAt(at) << 18) | (valueAt(at + 1) << 12) | (valueAt(at + 2) << 6) | valueAt(at + 3);
    out[to++] = bits >> 16;
    if (to < out.length) out[to++] = bits >> 8;
    if (to < out.length) out[to++] = bits;
  }
  return out;
}
