/**
 * Unpacks bzip2, which no host does by itself and no package does with a bound on what comes out. Block by block: the
 * limit is checked before memory is taken.
 * Source: the format as bzip2(1)'s own files have it (Huffman tables, move-to-front, Burrows-Wheeler, run lengths, CRC-32).
 */
import { UnpackedTooLarge } from '#engine/compression.ts';
import { EngineError } from '#engine/errors.ts';

const blockMagic = 0x314159265359;
const endMagic = 0x177245385090;
const maxCodeBits = 20;
/** Symbols that share a Huffman table before the next selector. */
const groupSize = 50;

/** @throws EngineError `data-loss` for damaged data and past the limit */
export function bunzip2(bytes: Uint8Array, limitBytes: number): Uint8Array<ArrayBuffer> {
  const reader = new BitReader(bytes);
  const blocks: Uint8Array[] = [];
  let length = 0;
  // Several streams may follow each other, as for files put together with cat.
  do {
    if (reader.bits(8) !== 0x42 || reader.bits(8) !== 0x5a || reader.bits(8) !== 0x68) throw damaged('bad magic value');
    const level = reader.bits(8) - 0x30;
    if (level < 1 || level > 9) throw damaged('invalid compression level');
    for (;;) {
      const magic = reader.bits(24) * 0x1000000 + reader.bits(24);
      if (magic === endMagic) break;
      if (magic !== blockMagic) throw damaged('bad magic value found');
      const block = readBlock(reader, level * 100_000, limitBytes - length);
      length += block.length;
      blocks.push(block);
    }
    // The stream's own checksum is made of the blocks', which were checked.
    reader.bits(16);
    reader.bits(16);
    reader.align();
  } while (!reader.atEnd());
  const out = new Uint8Array(length);
  let at = 0;
  for (const block of blocks) {
    out.set(block, at);
    at += block.length;
  }
  return out;
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #value = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Up to 24 bits, the highest first. */
  bits(count: number): number {
    while (this.#count < count) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw damaged('unexpected EOF');
      this.#value = ((this.#value << 8) | byte) >>> 0;
      this.#count += 8;
    }
    this.#count -= count;
    const result = (this.#value >>> this.#count) & ((1 << count) - 1);
    this.#value &= (1 << this.#count) - 1;
    return result;
  }

  align(): void {
    this.#count = 0;
    this.#value = 0;
  }

  atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }
}

function readBlock(reader: BitReader, maxSymbols: number, limitBytes: number): Uint8Array {
  const crc = reader.bits(16) * 0x10000 + reader.bits(16);
  if (reader.bits(1) === 1) throw damaged('deprecated randomized files');
  const origin = reader.bits(24);
  const symbols = readSymbols(reader);
  const { selectors, tables } = readTables(reader, symbols.length + 2);
  const transformed = readTransformed(reader, { symbols, selectors, tables, maxSymbols });
  const { counts, data, length } = transformed;
  if (origin >= length && length > 0) throw damaged('BWT pointer out of range');
  // Each byte's place in the sorted order leads to the byte after it.
  let sum = 0;
  for (let symbol = 0; symbol < 256; symbol++) {
    const count = counts[symbol]!;
    counts[symbol] = sum;
    sum += count;
  }
  for (let i = 0; i < length; i++) {
    const symbol = data[i]! & 0xff;
    data[counts[symbol]!++]! |= i << 8;
  }
  return expandRuns(data, length, length > 0 ? data[origin]! >>> 8 : 0, { limitBytes, crc });
}

/** The bytes that occur in the block. */
function readSymbols(reader: BitReader): number[] {
  const groups = reader.bits(16);
  const symbols: number[] = [];
  for (let group = 0; group < 16; group++) {
    if (!(groups & (0x8000 >> group))) continue;
    const members = reader.bits(16);
    for (let member = 0; member < 16; member++) if (members & (0x8000 >> member)) symbols.push(group * 16 + member);
  }
  if (symbols.length === 0) throw damaged('no symbols in input');
  return symbols;
}

interface HuffmanTable {
  /** Largest code of each length, and what leads from a code to its symbol. */
  limit: Int32Array;
  base: Int32Array;
  order: Uint16Array;
  shortest: number;
  longest: number;
}

function readTables(reader: BitReader, alphabet: number): { selectors: Uint8Array; tables: HuffmanTable[] } {
  const tableCount = reader.bits(3);
  if (tableCount < 2 || tableCount > 6) throw damaged('invalid number of Huffman trees');
  const selectorCount = reader.bits(15);
  if (selectorCount === 0) throw damaged('no tree selectors given');
  const order = Array.from({ length: tableCount }, (_, i) => i);
  const selectors = new Uint8Array(selectorCount);
  for (let i = 0; i < selectorCount; i++) {
    let place = 0;
    while (reader.bits(1) === 1) if (++place >= tableCount) throw damaged('tree index too large');
    const [chosen = 0] = order.splice(place, 1);
    order.unshift(chosen);
    selectors[i] = chosen;
  }
  return { selectors, tables: Array.from({ length: tableCount }, () => readTable(reader, alphabet)) };
}

function readTable(reader: BitReader, alphabet: number): HuffmanTable {
  const lengths = new Uint8Array(alphabet);
  let length = reader.bits(5);
  for (let symbol = 0; symbol < alphabet; symbol++) {
    for (;;) {
      if (length < 1 || length > maxCodeBits) throw damaged('Huffman length out of range');
      if (reader.bits(1) === 0) break;
      length += reader.bits(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  const counts = new Int32Array(maxCodeBits + 2);
  for (const bits of lengths) counts[bits]!++;
  const shortest = Math.min(...lengths);
  const longest = Math.max(...lengths);
  const order = new Uint16Array(alphabet);
  let at = 0;
  for (let bits = shortest; bits <= longest; bits++)
    for (let symbol = 0; symbol < alphabet; symbol++) if (lengths[symbol] === bits) order[at++] = symbol;
  const limit = new Int32Array(maxCodeBits + 2).fill(-1);
  const base = new Int32Array(maxCodeBits + 2);
  let code = 0;
  let first = 0;
  for (let bits = shortest; bits <= longest; bits++) {
    base[bits] = code - first;
    code += counts[bits]!;
    limit[bits] = code - 1;
    first += counts[bits]!;
    code <<= 1;
  }
  return { limit, base, order, shortest, longest };
}

interface Coded {
  symbols: number[];
  selectors: Uint8Array;
  tables: HuffmanTable[];
  maxSymbols: number;
}

function readTransformed(
  reader: BitReader,
  { symbols, selectors, tables, maxSymbols }: Coded,
): { data: Uint32Array; counts: Uint32Array; length: number } {
  const data = new Uint32Array(maxSymbols);
  const counts = new Uint32Array(256);
  const front = [...symbols];
  const endOfBlock = symbols.length + 1;
  let length = 0;
  let run = 0;
  let runBit = 1;
  const flush = (): void => {
    if (run === 0) return;
    if (length + run > maxSymbols) throw damaged('repeats past end of block');
    const byte = front[0]!;
    counts[byte]! += run;
    data.fill(byte, length, length + run);
    length += run;
    run = 0;
    runBit = 1;
  };
  for (let group = 0; ; group++) {
    const table = tables[selectors[group] ?? 255];
    if (!table) throw damaged('insufficient selector indices for number of decoded symbols');
    for (let i = 0; i < groupSize; i++) {
      const symbol = decode(reader, table);
      if (symbol <= 1) {
        run += runBit << symbol;
        runBit <<= 1;
        if (run > maxSymbols) throw damaged('repeats past end of block');
        continue;
      }
      flush();
      if (symbol === endOfBlock) return { data, counts, length };
      const [byte = 0] = front.splice(symbol - 1, 1);
      front.unshift(byte);
      if (length >= maxSymbols) throw damaged('data exceeds block size');
      counts[byte]!++;
      data[length++] = byte;
    }
  }
}

function decode(reader: BitReader, { limit, base, order, shortest, longest }: HuffmanTable): number {
  let code = reader.bits(shortest);
  for (let bits = shortest; bits <= longest; bits++) {
    if (code <= limit[bits]!) {
      const symbol = order[code - base[bits]!];
      if (symbol === undefined) break;
      return symbol;
    }
    if (bits < longest) code = (code << 1) | reader.bits(1);
  }
  throw damaged('invalid Huffman code');
}

/** Follows the chain of bytes; four alike are followed by how often it comes again. */
function expandRuns(
  data: Uint32Array,
  length: number,
  first: number,
  { limitBytes, crc }: { limitBytes: number; crc: number },
): Uint8Array {
  let total = 0;
  const pass = (put: (byte: number, count: number) => void): void => {
    let at = first;
    let previous = -1;
    let alike = 0;
    for (let i = 0; i < length; i++) {
      const entry = data[at]!;
      const byte = entry & 0xff;
      at = entry >>> 8;
      if (alike === 4) {
        put(previous, byte);
        alike = 0;
        previous = -1;
        continue;
      }
      alike = byte === previous ? alike + 1 : 1;
      previous = byte;
      put(byte, 1);
    }
  };
  pass((_, count) => (total += count));
  if (total > limitBytes) throw new UnpackedTooLarge(limitBytes);
  const out = new Uint8Array(total);
  let written = 0;
  pass((byte, count) => {
    out.fill(byte, written, written + count);
    written += count;
  });
  if (checksum(out) !== crc) throw damaged('block checksum mismatch');
  return out;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = ((crc << 8) ^ table[(crc >>> 24) ^ byte]!) >>> 0;
  return ~crc >>> 0;
}

function damaged(why: string): EngineError {
  return new EngineError('data-loss', `bzip2 data invalid: ${why}`);
}
