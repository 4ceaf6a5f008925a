/**
 * DNS messages as bytes: one question in, an answer out. Knows nothing of who has which name, nor of sockets.
 * What is no single question (an answer, an update, a cut-off or crafted message) is not read at all.
 * Source: RFC 1035 §4; RFC 3596 for AAAA.
 */
import { assert } from '#engine/assert.ts';

export const recordType = { a: 1, ptr: 12, aaaa: 28, any: 255 } as const;

/** What an answer says of the whole question. */
export const responseCode = { noError: 0, formatError: 1, serverFailure: 2, nameError: 3, notImplemented: 4, refused: 5 } as const;

export interface DnsQuestion {
  /** Without the last dot, letters as they were asked; a dot or other odd byte inside a label is written `\ddd`. */
  name: string;
  /** One of `recordType`, or any other number. */
  type: number;
}

export interface DnsQuery extends DnsQuestion {
  id: number;
  /** The question as it came, for the answer to repeat. */
  question: Uint8Array;
  recursionDesired: boolean;
}

/** A record that answers the question's name. */
export type DnsRecord = { ttlSeconds: number } & (
  { type: 'A' | 'AAAA'; /** 4 or 16 bytes. */ address: Uint8Array } | { type: 'PTR'; name: string }
);

export interface DnsAnswer {
  /** One of `responseCode`. */
  code: number;
  records: readonly DnsRecord[];
}

const HEADER_BYTES = 12;
const MAX_NAME_BYTES = 255;
const MAX_LABEL_BYTES = 63;
/** Of an answer by UDP, unless the client said that it takes more; what does not fit is left out, and said so. */
const MAX_ANSWER_BYTES = 512;
const CLASS_INTERNET = 1;
/** The question's name, which every record repeats: a pointer to where the question is. */
const QUESTION_POINTER = 0xc000 | HEADER_BYTES;

const flag = { response: 0x8000, truncated: 0x0200, recursionDesired: 0x0100, recursionAvailable: 0x0080 };
const OPCODE_MASK = 0x7800;

/** The one question of a message, or undefined when it is not a query that we read. */
export function readQuery(bytes: Uint8Array): DnsQuery | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint16(2);
  if (flags & (flag.response | OPCODE_MASK) || view.getUint16(4) !== 1) return undefined;
  const name = readName(bytes, HEADER_BYTES);
  if (!name || name.end + 4 > bytes.length) return undefined;
  const type = view.getUint16(name.end);
  const questionClass = view.getUint16(name.end + 2);
  if (questionClass !== CLASS_INTERNET) return undefined;
  return {
    id: view.getUint16(0),
    name: name.text,
    type,
    question: bytes.slice(HEADER_BYTES, name.end + 4),
    recursionDesired: (flags & flag.recursionDesired) !== 0,
  };
}

/** The answer's bytes. Records that do not fit are left out, and the client is told that there are more. */
export function writeAnswer(query: DnsQuery, { code, records }: DnsAnswer): Uint8Array {
  const out = new Uint8Array(MAX_ANSWER_BYTES);
  const view = new DataView(out.buffer);
  let at = HEADER_BYTES;
  out.set(query.question, at);
  at += query.question.length;
  let count = 0;
  let flags = flag.response | flag.recursionAvailable | (query.recursionDesired ? flag.recursionDesired : 0) | (code & 0xf);
  for (const record of records) {
    const content = contentOf(record);
    if (at + 12 + content.length > out.length) {
      flags |= flag.truncated;
      break;
    }
    view.setUint16(at, QUESTION_POINTER);
    view.setUint16(at + 2, typeOf(record));
    view.setUint16(at + 4, CLASS_INTERNET);
    view.setUint32(at + 6, record.ttlSeconds);
    view.setUint16(at + 10, content.length);
    out.set(content, at + 12);
    at += 12 + content.length;
    count++;
  }
  view.setUint16(0, query.id);
  view.setUint16(2, flags);
  view.setUint16(4, 1);
  view.setUint16(6, count);
  return out.slice(0, at);
}

/** One of `responseCode`, of an answer's bytes. */
export function answerCode(answer: Uint8Array): number {
  return (answer[3] ?? 0) & 0xf;
}

/** The bytes of a query, as a resolver sends it: for tests, and for whoever asks on. */
export function writeQuery(id: number, { name, type }: DnsQuestion): Uint8Array {
  const encoded = encodeName(name);
  const out = new Uint8Array(HEADER_BYTES + encoded.length + 4);
  const view = new DataView(out.buffer);
  view.setUint16(0, id);
  view.setUint16(2, flag.recursionDesired);
  view.setUint16(4, 1);
  out.set(encoded, HEADER_BYTES);
  view.setUint16(HEADER_BYTES + encoded.length, type);
  view.setUint16(HEADER_BYTES + encoded.length + 2, CLASS_INTERNET);
  return out;
}

/**
 * The address that a reverse name asks for (`2.0.17.172.in-addr.arpa`), as text; undefined for any other name.
 */
export function reverseAddress(name: string): string | undefined {
  const matched = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/i.exec(name);
  const parts = matched?.slice(1).reverse();
  return parts?.every((part) => Number(part) < 256) ? parts.map(Number).join('.') : undefined;
}

function typeOf(record: DnsRecord): number {
  return { A: recordType.a, AAAA: recordType.aaaa, PTR: recordType.ptr }[record.type];
}

function contentOf(record: DnsRecord): Uint8Array {
  if (record.type === 'PTR') return encodeName(record.name);
  assert(record.address.length === (record.type === 'A' ? 4 : 16), 'an address of its record’s length');
  return record.address;
}

/** A question's name: no pointers, as there is nothing before it to point to. */
function readName(bytes: Uint8Array, from: number): { text: string; end: number } | undefined {
  const labels: string[] = [];
  for (let at = from; ;) {
    const length = bytes[at];
    if (length === undefined || length > MAX_LABEL_BYTES || at + 1 + length > bytes.length || at + 1 - from > MAX_NAME_BYTES)
      return undefined;
    at++;
    if (length === 0) return at - from <= MAX_NAME_BYTES ? { text: labels.join('.'), end: at } : undefined;
    labels.push(labelText(bytes.subarray(at, at + length)));
    at += length;
  }
}

function labelText(label: Uint8Array): string {
  let text = '';
  for (const byte of label) {
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c;
    text += plain ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
}

function encodeName(name: string): Uint8Array {
  const bytes: number[] = [];
  for (const label of name === '' ? [] : name.split('.')) {
    const raw = [...label.matchAll(/\\(\d{3})|([^])/g)].map(([, code, char = '']) =>
      code === undefined ? char.charCodeAt(0) : Number(code),
    );
    assert(raw.length > 0 && raw.length <= MAX_LABEL_BYTES && raw.every((byte) => byte < 256), 'labels of 1 to 63 bytes');
    bytes.push(raw.length, ...raw);
  }
  bytes.push(0);
  assert(bytes.length <= MAX_NAME_BYTES, 'a name of at most 255 bytes');
  return Uint8Array.from(bytes);
}
