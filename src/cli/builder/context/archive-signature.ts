/** Whether bytes begin an archive, plain or compressed. Source: moby/go-archive compression, Go archive/tar. */

const SIGNATURES = [
  [0x42, 0x5a, 0x68],
  [0x1f, 0x8b, 0x08],
  [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  [0x28, 0xb5, 0x2f, 0xfd],
];
const BLOCK = 512;
/** Bytes that are enough to tell. */
export const SIGNATURE_BYTES = 2 * BLOCK;

export function isArchive(beginning: Uint8Array): boolean {
  return (
    SIGNATURES.some((signature) => signature.every((byte, index) => beginning[index] === byte)) || isTarHeader(beginning.subarray(0, BLOCK))
  );
}

function isTarHeader(header: Uint8Array): boolean {
  if (header.length < BLOCK) return false;
  const text = String.fromCharCode(...header.subarray(148, 156))
    .replace(/[\0 ]+$/, '')
    .trim();
  if (!/^[0-7]+$/.test(text)) return false;
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  return sum === parseInt(text, 8);
}
