/**
 * The client's half of reading HTTP/1.1: an answer's head and its body, out of a byte stream. Bodies are read by length,
 * in chunks, or to the end. For registries and published ports inside the machine.
 * Source: RFC 9112.
 */
import { EngineError } from '../errors.ts';

export interface AnswerHead {
  status: number;
  /** What stands after the status; often empty. */
  reason: string;
  /** Names in lower case, in the order in which they came; a name may repeat. */
  headers: [name: string, value: string][];
  /** False when the connection is over with this answer. */
  keepAlive: boolean;
}

const maxHeadBytes = 64 << 10;
const maxChunkLine = 1024;

/** Reads the answers to one request after another from a connection. */
export class AnswerReader {
  readonly #input: Input;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#input = new Input(chunks);
  }

  /** The head of the next answer; those that only promise one are left out, but for 101. */
  async head(): Promise<AnswerHead> {
    for (;;) {
      const head = parseHead(await this.#input.head());
      if (head.status >= 200 || head.status === 101) return head;
    }
  }

  /** What follows a head, to be read to its end before the next head is asked for. */
  async *body(method: string, { status, headers }: AnswerHead): AsyncGenerator<Uint8Array, void, undefined> {
    switch (framing(method, status, headers)) {
      case 'none':
        return;
      case 'chunked':
        return yield* chunks(this.#input);
      case 'length':
        return yield* exactly(this.#input, lengthOf(headerOf(headers, 'content-length') ?? ''));
      case 'end':
        return yield* this.rest();
    }
  }

  /** Everything to the end of the connection: of one that was taken over. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let some = await this.#input.some(Infinity); some; some = await this.#input.some(Infinity)) yield some;
  }
}

/** The values of a header, joined with commas; undefined when it is not there. */
export function headerOf(headers: AnswerHead['headers'], name: string): string | undefined {
  const values = headers.filter(([each]) => each === name).map(([, value]) => value);
  return values.length > 0 ? values.join(', ') : undefined;
}

/** How the end of an answer's body is known. */
export function framing(method: string, status: number, headers: AnswerHead['headers']): 'none' | 'chunked' | 'length' | 'end' {
  if (method === 'HEAD' || status === 204 || status === 304) return 'none';
  // Whatever was agreed upon.
  if (status === 101) return 'end';
  if (/(^|,)\s*chunked\s*$/i.test(headerOf(headers, 'transfer-encoding') ?? '')) return 'chunked';
  return headerOf(headers, 'content-length') === undefined ? 'end' : 'length';
}

function parseHead(text: string): AnswerHead {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const [, minor, status, reason = ''] = /^HTTP\/1\.([01]) (\d{3})(?: (.*))?$/.exec(first) ?? [];
  if (status === undefined) throw malformed(`malformed HTTP response ${JSON.stringify(first.slice(0, 100))}`);
  const headers: [string, string][] = [];
  for (const line of lines) {
    if (line === '') continue;
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === '') throw malformed(`malformed MIME header line: ${line.slice(0, 100)}`);
    headers.push([name.toLowerCase(), value]);
  }
  const connection = headerOf(headers, 'connection')?.toLowerCase() ?? '';
  const keepAlive = minor === '1' ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection);
  return { status: Number(status), reason, headers, keepAlive };
}

async function* chunks(input: Input): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const size = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/.exec(await input.line(maxChunkLine))?.[1];
    if (size === undefined) throw malformed('invalid byte in chunk length');
    if (parseInt(size, 16) === 0) return trailers(input);
    yield* exactly(input, parseInt(size, 16));
    if ((await input.line(2)) !== '') throw malformed('malformed chunked encoding');
  }
}

/** What comes after the last chunk, up to an empty line, is of no use to us. */
async function trailers(input: Input): Promise<void> {
  for (let left = maxHeadBytes; left > 0;) {
    const line = await input.line(left);
    if (line === '') return;
    left -= line.length + 2;
  }
  throw malformed('the trailer of an HTTP response is too large');
}

async function* exactly(input: Input, length: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let left = length; left > 0;) {
    const some = await input.some(left);
    if (!some) throw new EngineError('unavailable', 'unexpected EOF');
    left -= some.length;
    yield some;
  }
}

function lengthOf(text: string): number {
  // A repeated header has come together as a list.
  const [first = '', ...others] = text.split(',').map((part) => part.trim());
  if (!/^\d{1,15}$/.test(first) || others.some((other) => other !== first))
    throw malformed(`bad Content-Length ${JSON.stringify(text.slice(0, 100))}`);
  return Number(first);
}

function malformed(message: string): EngineError {
  return new EngineError('unknown', message);
}

/** The stream's bytes, taken line by line or as many as there are. */
class Input {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The lines up to the first empty one. */
  async head(): Promise<string> {
    const lines: string[] = [];
    for (let left = maxHeadBytes; left > 0;) {
      const line = await this.line(left);
      left -= line.length + 2;
      if (line === '' && lines.length > 0) return lines.join('\n');
      // Whoever speaks something else may never send an empty line.
      if (lines.length === 0 && line !== '' && !line.startsWith('HTTP/'))
        throw malformed(`malformed HTTP response ${JSON.stringify(line.slice(0, 100))}`);
      if (line !== '') lines.push(line);
    }
    throw malformed('the head of an HTTP response is too large');
  }

  async line(limit: number): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(10);
      if (end >= 0) {
        const line = new TextDecoder().decode(this.#rest.subarray(0, end));
        this.#rest = this.#rest.subarray(end + 1);
        return line.replace(/\r$/, '');
      }
      if (this.#rest.length > limit) throw malformed('a line of an HTTP response is too long');
      const next = await this.#chunks.next();
      if (next.done) throw new EngineError('unavailable', this.#rest.length > 0 ? 'unexpected EOF' : 'EOF');
      const joined = new Uint8Array(this.#rest.length + next.value.length);
      joined.set(this.#rest);
      joined.set(next.value, this.#rest.length);
      this.#rest = joined;
    }
  }

  /** At least a byte and at most so many; undefined at the end. */
  async some(limit: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return undefined;
      this.#rest = new Uint8Array(next.value);
    }
    const part = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }
}
