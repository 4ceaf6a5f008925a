/**
 * Crypto and Compression without a host, for tests: SHA-256 in JavaScript, and gzip that only stores (its
 * output is valid for everyone, its input has to be its own).
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { UnpackedTooLarge, type Compression } from '../compression.ts';
import type { Crypto } from '../crypto.ts';
import { EngineError } from '../errors.ts';

export const plainCrypto: Crypto = {
  sha256: (bytes) => Promise.resolve(sha256(bytes)),
  sha256OfPieces: (pieces) => Promise.resolve(pieces.reduce((hash, piece) => hash.update(piece), sha256.create()).digest()),
};

const headBytes = 10;
const tailBytes = 8;
const maxBlock = 0xffff;

export const storingCompression: Compression = {
  gzip: (bytes) => Promise.resolve(store(bytes)),
  gunzip: async (bytes, limitBytes) => {
    const out: number[][] = [];
    let length = 0;
    for (let at = headBytes; ;) {
      const head = bytes.subarray(at, at + 5);
      const size = head[1]! | (head[2]! << 8);
      if (head.length < 5 || at + 5 + size > bytes.length) throw new EngineError('data-loss', 'unexpected EOF');
      out.push([at + 5, size]);
      length += size;
      if (length > limitBytes) throw new UnpackedTooLarge(limitBytes);
      at += 5 + size;
      if (head[0] !== 1) continue;
      if (at + tailBytes > bytes.length) throw new EngineError('data-loss', 'unexpected EOF');
      break;
    }
    const plain = new Uint8Array(length);
    let written = 0;
    for (const [start, size] of out) {
      plain.set(bytes.subarray(start, start! + size!), written);
      written += size!;
    }
    return Promise.resolve(plain);
  },
  bunzip2: () => Promise.reject(new EngineError('data-loss', 'bzip2 is not among the ports of these tests')),
  unxz: () => Promise.reject(new EngineError('data-loss', 'xz is not among the ports of these tests')),
};

function store(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / maxBlock));
  const out = new Uint8Array(headBytes + blocks * 5 + bytes.length + tailBytes);
  out.set([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0xff]);
  let at = headBytes;
  for (let block = 0; block < blocks; block++) {
    const part = bytes.subarray(block * maxBlock, (block + 1) * maxBlock);
    out.set([block === blocks - 1 ? 1 : 0, part.length & 0xff, part.length >> 8, ~part.length & 0xff, (~part.length >> 8) & 0xff], at);
    out.set(part, at + 5);
    at += 5 + part.length;
  }
  const view = new DataView(out.buffer);
  view.setUint32(at, crc32(bytes), true);
  view.setUint32(at + 4, bytes.length >>> 0, true);
  return out;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
