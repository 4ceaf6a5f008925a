/**
 * Reads HTTP/1 requests from a byte stream that may be anything: the head with limits, bodies of known
 * length and chunked ones. Throws `BadRequest` for what no server should accept. Writes nothing.
 * Source: RFC 9112; limits and refusals as Go's net/http.
 */
import { concatBytes } from '../bytes.ts';
import { EngineError } from '../errors.ts';
import type { ApiRequest } from './http.ts';
import { parseQuery } from './query.ts';

/** Request line and headers together. */
const maxHeadBytes = 64 * 1024;
const maxHeaderCount = 100;
const maxChunkLineBytes = 4096;
/** Pieces in which a body is handed on. */
const bodyPieceBytes = 256 * 1024;

export class BadRequest extends Error {
  override readonly name = 'BadRequest';

  constructor(
    /** Status line's code and words: `400 Bad Request`. */
    readonly status: string,
    detail = '',
  ) {
    super(detail === '' ? status : `${status}: ${detail}`);
  }
}

/** A request and what the connection has to know about it. */
export interface IncomingRequest {
  request: ApiRequest;
  /** The client wants to go on using the connection. */
  keepAlive: boolean;
  /** HTTP/1.1: chunked answers are understood. */
  chunkedAnswers: boolean;
  /** True once the body has been read to its end. */
  bodyDone: () => boolean;
  /** Bytes of the body are wanted for the first time. */
  onFirstRead: (action: () => Promise<void>) => void;
}

/** Bytes of a connection, read by line or by piece. A broken connection looks like its end. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer: Uint8Array = new Uint8Array(0);
  #filling: Promise<boolean> | undefined;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  get buffered(): number {
    return this.#buffer.length;
  }

  /** Waits for more bytes; false at the end. May be called while another call waits. */
  fill(): Promise<boolean> {
    this.#filling ??= this.#pull();
    return this.#filling;
  }

  async #pull(): Promise<boolean> {
    try {
      const result = await this.#source.next();
      if (result.done) return false;
      this.#buffer = this.#buffer.length === 0 ? result.value : concatBytes([this.#buffer, result.value]);
      this.#filling = undefined;
      return true;
    } catch {
      return false;
    }
  }

  /** A line without its end; undefined when the stream ends before one. */
  async line(maxBytes: number, tooLong: string): Promise<string | undefined> {
    for (let from = 0; ;) {
      const end = this.#buffer.indexOf(0x0a, from);
      if (end > maxBytes || (end < 0 && this.#buffer.length > maxBytes)) throw new BadRequest(tooLong);
      if (end >= 0) {
        const line = this.#take(end + 1);
        return latin1(line.subarray(0, line[end - 1] === 0x0d ? end - 1 : end));
      }
      from = this.#buffer.length;
      if (!(await this.fill())) return undefined;
    }
  }

  /** At least one and at most `maxBytes` bytes; undefined at the end. */
  async piece(maxBytes: number): Promise<Uint8Array | undefined> {
    while (this.#buffer.length === 0) if (!(await this.fill())) return undefined;
    return this.#take(Math.min(maxBytes, this.#buffer.length));
  }

  /** All that follows, for whoever takes over the connection. */
  rest(): AsyncIterable<Uint8Array> {
    return {
      [Symbol.asyncIterator]: () => ({
        next: async (): Promise<IteratorResult<Uint8Array, undefined>> => {
          const value = await this.piece(bodyPieceBytes);
          return value ? { value, done: false } : { value: undefined, done: true };
        },
        return: async (): Promise<IteratorResult<Uint8Array, undefined>> => {
          await this.#source.return?.();
          return { value: undefined, done: true };
        },
      }),
    };
  }

  #take(count: number): Uint8Array {
    const taken = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return taken;
  }
}

/** The next request; undefined when the connection ended between requests. */
export async function readRequest(reader: ByteReader): Promise<IncomingRequest | undefined> {
  const head = await readHead(reader);
  if (!head) return undefined;
  const [method, target, protocol] = head.requestLine;
  const { headers } = head;
  if (protocol === 'HTTP/1.1' && headers['host'] === undefined) throw new BadRequest('400 Bad Request', 'missing required Host header');
  const { path, query } = parseTarget(target);
  const body = new Body(reader, framing(headers));
  const close = (headers['connection'] ?? '').toLowerCase();
  const keepAlive = protocol === 'HTTP/1.1' ? !tokens(close).includes('close') : tokens(close).includes('keep-alive');
  return {
    request: { method, path, query, headers, body: { [Symbol.asyncIterator]: () => body } },
    keepAlive,
    chunkedAnswers: protocol === 'HTTP/1.1',
    bodyDone: () => body.done,
    onFirstRead: (action) => (body.beforeFirstRead = action),
  };
}

interface Head {
  requestLine: [method: string, target: string, protocol: string];
  headers: Record<string, string>;
}

async function readHead(reader: ByteReader): Promise<Head | undefined> {
  const tooLarge = '431 Request Header Fields Too Large';
  let left = maxHeadBytes;
  const nextLine = async (): Promise<string | undefined> => {
    const line = await reader.line(left, tooLarge);
    left -= (line?.length ?? 0) + 2;
    return line;
  };
  let first = await nextLine();
  // Servers skip empty lines ahead of a request.
  while (first === '') first = await nextLine();
  if (first === undefined) return undefined;
  const matched = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) (HTTP\/\d\.\d)$/.exec(first);
  if (!matched) throw new BadRequest('400 Bad Request');
  const [, method = '', target = '', protocol = ''] = matched;
  if (!protocol.startsWith('HTTP/1.')) throw new BadRequest('505 HTTP Version Not Supported', 'unsupported protocol version');

  const headers: Record<string, string> = {};
  for (let count = 0; ; count++) {
    const line = await nextLine();
    if (line === undefined) throw new BadRequest('400 Bad Request');
    if (line === '') return { requestLine: [method, target, protocol], headers };
    if (count >= maxHeaderCount || left <= 0) throw new BadRequest(tooLarge);
    addHeader(headers, line);
  }
}

function addHeader(headers: Record<string, string>, line: string): void {
  const matched = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):/.exec(line);
  if (!matched || /[\0-\x08\x0a-\x1f\x7f]/.test(line)) throw new BadRequest('400 Bad Request');
  const name = matched[1]!.toLowerCase();
  const value = trimmed(line, matched[0].length);
  const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (before !== undefined && name === 'host') throw new BadRequest('400 Bad Request', 'too many Host headers');
  if (before !== undefined && name === 'content-length' && before !== value) throw new BadRequest('400 Bad Request');
  Object.defineProperty(headers, name, {
    value: before === undefined || name === 'content-length' ? value : `${before}, ${value}`,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** Without spaces and tabs at both ends. No pattern: one would take its time squared for a line of spaces. */
function trimmed(text: string, from: number): string {
  let start = from;
  let end = text.length;
  while (start < end && ' \t'.includes(text[start]!)) start++;
  while (end > start && ' \t'.includes(text[end - 1]!)) end--;
  return text.slice(start, end);
}

function parseTarget(target: string): { path: string; query: Map<string, string[]> } {
  const local = target.replace(/^https?:\/\/[^/?]*/i, '');
  const at = local.indexOf('?');
  const rawPath = at < 0 ? local : local.slice(0, at);
  try {
    return { path: decodeURIComponent(rawPath) || '/', query: parseQuery(at < 0 ? '' : local.slice(at + 1)) };
  } catch {
    throw new BadRequest('400 Bad Request');
  }
}

type Framing = { kind: 'length'; left: number } | { kind: 'chunked' };

function framing(headers: Record<string, string>): Framing {
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined) {
    if (encoding.toLowerCase() !== 'chunked') throw new BadRequest('501 Not Implemented', 'unsupported transfer encoding');
    return { kind: 'chunked' };
  }
  const length = headers['content-length'] ?? '0';
  if (!/^\d{1,15}$/.test(length)) throw new BadRequest('400 Bad Request');
  return { kind: 'length', left: Number(length) };
}

/** The body of one request, read as it is asked for. */
class Body implements AsyncIterator<Uint8Array, undefined> {
  readonly #reader: ByteReader;
  readonly #chunked: boolean;
  /** Bytes left of the body, or of the current chunk. */
  #left: number;
  #firstChunk = true;
  done: boolean;
  beforeFirstRead: (() => Promise<void>) | undefined;

  constructor(reader: ByteReader, how: Framing) {
    this.#reader = reader;
    this.#chunked = how.kind === 'chunked';
    this.#left = how.kind === 'length' ? how.left : 0;
    this.done = how.kind === 'length' && how.left === 0;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.done) return { value: undefined, done: true };
    const before = this.beforeFirstRead;
    this.beforeFirstRead = undefined;
    await before?.();
    if (this.#chunked && this.#left === 0 && !(await this.#nextChunk())) return { value: undefined, done: true };
    const value = await this.#reader.piece(Math.min(this.#left, bodyPieceBytes));
    if (!value) throw new EngineError('invalid-parameter', 'unexpected EOF');
    this.#left -= value.length;
    if (!this.#chunked && this.#left === 0) this.done = true;
    return { value, done: false };
  }

  /** Reads a chunk's head; false after the last one. */
  async #nextChunk(): Promise<boolean> {
    const line = (): Promise<string | undefined> => this.#reader.line(maxChunkLineBytes, '400 Bad Request');
    if (!this.#firstChunk && (await line()) !== '') throw malformed();
    this.#firstChunk = false;
    const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec((await line()) ?? '')?.[1];
    if (size === undefined) throw malformed();
    this.#left = parseInt(size, 16);
    if (this.#left > 0) return true;
    for (let count = 0; ; count++) {
      const trailer = await line();
      if (trailer === undefined || count > maxHeaderCount) throw malformed();
      if (trailer === '') break;
    }
    this.done = true;
    return false;
  }
}

function malformed(): EngineError {
  return new EngineError('invalid-parameter', 'malformed chunked encoding');
}

function tokens(text: string): string[] {
  return text.split(',').map((token) => token.trim());
}

/** Bytes as text without loss; heads are ASCII, and the path's UTF-8 comes percent-encoded. */
function latin1(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += String.fromCharCode(byte);
  return out;
}
