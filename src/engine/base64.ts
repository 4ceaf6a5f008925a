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
