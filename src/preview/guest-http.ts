/**
 * HTTP/1.1 with one port of a node: requests one after another on connections that are kept, at most six at once, as browsers
 * do. Bodies flow both ways at the pace of whoever reads them.
 * Source: RFC 9112.
 */
import type { TcpConnection } from '#emulator/machine-api.ts';
import { AnswerReader, framing, type AnswerHead } from '#engine/api/http1-answer.ts';
import { concatBytes } from '#engine/bytes.ts';
import { messageOf } from '#engine/errors.ts';

export interface GuestRequest {
  method: string;
  /** Path and query. */
  target: string;
  /** `Host` among them; how the body is framed is decided here. */
  headers: [name: string, value: string][];
  body?: AsyncIterable<Uint8Array>;
}

export interface GuestAnswer extends AnswerHead {
  /** To be read to its end or left. */
  body: AsyncIterable<Uint8Array>;
  /** The connection, when the server has agreed (101) to speak something else on it. */
  upgraded?: TcpConnection;
}

/** Why there is no answer. `silent`: connected, but it closed without a word. */
export type Failure = 'refused' | 'silent' | 'not-http' | 'broken';

export class NoAnswer extends Error {
  constructor(
    readonly failure: Failure,
    message: string,
  ) {
    super(message);
  }
}

interface Line {
  connection: TcpConnection;
  reader: AnswerReader;
  used: boolean;
  gone: boolean;
  idle?: ReturnType<typeof setTimeout>;
}

const maxLines = 6;
/** Shorter than what servers wait: a connection that is closed while it is asked for costs a repetition. */
const idleMs = 4000;
/** A request's body up to this size is sent with its length, which every server understands; longer ones in chunks. */
const bufferedBytes = 4 << 20;

const encoder = new TextEncoder();

export class GuestHttp {
  readonly #connect: () => Promise<TcpConnection | undefined>;
  readonly #idle: Line[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = 0;

  constructor(connect: () => Promise<TcpConnection | undefined>) {
    this.#connect = connect;
  }

  /** Throws `NoAnswer`. @param signal of whoever waits for the answer's head; later the body is left instead */
  async request(request: GuestRequest, signal?: AbortSignal): Promise<GuestAnswer> {
    const body = request.body && (await readAhead(request.body));
    for (;;) {
      const line = await this.#take();
      const abort = (): void => line.connection.close();
      signal?.addEventListener('abort', abort);
      try {
        if (signal?.aborted) throw new NoAnswer('broken', 'nobody waits any more');
        return await this.#ask(line, request, body);
      } catch (error) {
        this.#drop(line);
        // A kept connection may have been closed by the server in the same moment.
        const again = line.used && error instanceof NoAnswer && error.failure === 'silent' && !body?.rest;
        if (!again || signal?.aborted) throw error;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    }
  }

  /** Gives up the connections that nobody uses. */
  close(): void {
    for (const line of this.#idle.splice(0)) this.#drop(line);
  }

  async #ask(line: Line, request: GuestRequest, body: Body | undefined): Promise<GuestAnswer> {
    // A server may refuse a body before it has read all of it, so both directions go on at once.
    const sent = send(line.connection, request, body);
    sent.catch(() => {});
    let head: AnswerHead;
    try {
      head = await line.reader.head();
    } catch (error) {
      throw readFailure(error);
    }
    if (head.status === 101) {
      this.#open--;
      this.#wake();
      return { ...head, body: none(), upgraded: { ...line.connection, input: line.reader.rest() } };
    }
    const kept = head.keepAlive && framing(request.method, head.status, head.headers) !== 'end';
    return { ...head, body: this.#body(line, request.method, head, kept ? sent : undefined) };
  }

  /** Leaving ends the connection even while bytes are waited for, which a generator alone would sit out. */
  #body(line: Line, method: string, head: AnswerHead, sent: Promise<void> | undefined): AsyncIterable<Uint8Array> {
    const chunks = line.reader.body(method, head);
    let over = false;
    const finish = (whole: boolean): void => {
      if (over) return;
      over = true;
      if (!whole || !sent) return this.#drop(line);
      void sent.then(
        () => this.#keep(line),
        () => this.#drop(line),
      );
    };
    return {
      [Symbol.asyncIterator]: () => ({
        async next() {
          try {
            const next = await chunks.next();
            if (next.done) finish(true);
            return next;
          } catch (error) {
            finish(false);
            throw error;
          }
        },
        return() {
          finish(false);
          return Promise.resolve({ value: undefined, done: true as const });
        },
      }),
    };
  }

  async #take(): Promise<Line> {
    for (;;) {
      const kept = this.#idle.pop();
      if (kept) {
        clearTimeout(kept.idle);
        if (!kept.gone) return kept;
        this.#drop(kept);
        continue;
      }
      if (this.#open < maxLines) break;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#open++;
    try {
      const connection = await this.#connect();
      if (!connection) throw new NoAnswer('refused', 'connection refused');
      const line: Line = { connection, reader: new AnswerReader(connection.input), used: false, gone: false };
      void connection.closed.then(() => (line.gone = true));
      return line;
    } catch (error) {
      this.#open--;
      this.#wake();
      throw error instanceof NoAnswer ? error : new NoAnswer('broken', messageOf(error));
    }
  }

  #keep(line: Line): void {
    line.used = true;
    line.idle = setTimeout(() => {
      const at = this.#idle.indexOf(line);
      if (at >= 0) this.#idle.splice(at, 1);
      this.#drop(line);
    }, idleMs);
    this.#idle.push(line);
    this.#wake();
  }

  #drop(line: Line): void {
    clearTimeout(line.idle);
    line.connection.close();
    this.#open--;
    this.#wake();
  }

  #wake(): void {
    this.#waiting.shift()?.();
  }
}

interface Body {
  start: Uint8Array[];
  startBytes: number;
  /** What comes after `start`; undefined when that is all. */
  rest?: AsyncIterator<Uint8Array>;
}

async function readAhead(chunks: AsyncIterable<Uint8Array>): Promise<Body> {
  const rest = chunks[Symbol.asyncIterator]();
  const start: Uint8Array[] = [];
  let startBytes = 0;
  while (startBytes < bufferedBytes) {
    const next = await rest.next();
    if (next.done) return { start, startBytes };
    start.push(next.value);
    startBytes += next.value.length;
  }
  return { start, startBytes, rest };
}

async function send(connection: TcpConnection, request: GuestRequest, body: Body | undefined): Promise<void> {
  const { method, target } = request;
  const headers = request.headers.map(([name, value]) => `${name}: ${value.replace(/[\r\n\0]/g, ' ')}\r\n`);
  if (body?.rest) headers.push('Transfer-Encoding: chunked\r\n');
  else if (body || ['POST', 'PUT', 'PATCH'].includes(method)) headers.push(`Content-Length: ${body?.startBytes ?? 0}\r\n`);
  const head = encoder.encode(`${method} ${target.replace(/[\s\0]/g, '%20')} HTTP/1.1\r\n${headers.join('')}\r\n`);
  if (!body?.rest) return connection.write(concatBytes([head, ...(body?.start ?? [])]));
  await connection.write(head);
  for (const bytes of body.start) await connection.write(chunk(bytes));
  for (let next = await body.rest.next(); !next.done; next = await body.rest.next()) {
    if (next.value.length > 0) await connection.write(chunk(next.value));
  }
  await connection.write(encoder.encode('0\r\n\r\n'));
}

function chunk(bytes: Uint8Array): Uint8Array {
  return concatBytes([encoder.encode(`${bytes.length.toString(16)}\r\n`), bytes, encoder.encode('\r\n')]);
}

function readFailure(error: unknown): NoAnswer {
  const message = messageOf(error);
  if (message === 'EOF' || message === 'the stream was closed') return new NoAnswer('silent', 'closed the connection without an answer');
  return new NoAnswer(/^malformed|too l(arge|ong)/.test(message) || message.endsWith('EOF') ? 'not-http' : 'broken', message);
}

async function* none(): AsyncGenerator<Uint8Array, void, undefined> {}
