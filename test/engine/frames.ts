/** Splits a multiplexed stream into stream numbers and text. */
export function decodeFrames(bytes: Uint8Array): [number, string][] {
  const frames: [number, string][] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at + 4);
    frames.push([bytes[at] as number, new TextDecoder().decode(bytes.subarray(at + 8, at + 8 + length))]);
    at += 8 + length;
  }
  return frames;
}
