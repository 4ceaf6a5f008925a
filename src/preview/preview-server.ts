/**
 * Answers what the preview's origins ask for: finds out which port is meant, asks the server in the container, and makes of its
 * answer one that the browser can show. It is the only thing that a preview can reach, and it does nothing else.
 */
import type { TcpConnection } from '#emulator/machine-api.ts';
import { hostOf, isSame, type PortAddress, type PreviewOrigins } from './address.ts';
import { packing, previewHeaders } from './answer-headers.ts';
import { CookieJar, readSetCookie } from './cookie-jar.ts';
import { allows, preflightAllows, preflightFor } from './cross-origin.ts';
import { GuestHttp, NoAnswer, type Failure, type GuestAnswer } from './guest-http.ts';
import type { AnswerHeadMessage, PreviewRequest, SharedCookie } from './messages.ts';
import { piecesOf, pour, type RequestPort } from './request-port.ts';
import { guestHeaders } from './request-headers.ts';

export interface PreviewServerOptions {
  origins: PreviewOrigins;
  /** Undefined when nobody listens. */
  connect(address: PortAddress): Promise<TcpConnection | undefined>;
  /** Whether a port is published, or was opened by the person at the page. */
  allowed(address: PortAddress): boolean;
  /** The page that says why there is nothing to see. */
  failurePage(address: PortAddress, failure: Failure | 'not-published'): string;
  /** A page was asked for, and there was an answer or none. */
  onPage?(address: PortAddress, failure: Failure | 'not-published' | undefined): void;
  /** A redirect of a page to another port. */
  onLeave?(from: PortAddress, to: PortAddress, path: string): void;
}

export class PreviewServer {
  readonly #options: PreviewServerOptions;
  readonly #guests = new Map<string, GuestHttp>();
  readonly #jars = new Map<string, CookieJar>();

  constructor(options: PreviewServerOptions) {
    this.#options = options;
  }

  /** Forgets connections and cookies: the machine is another one now. */
  reset(): void {
    for (const guest of this.#guests.values()) guest.close();
    this.#guests.clear();
    this.#jars.clear();
  }

  jar(node: string): CookieJar {
    return entry(this.#jars, node, () => new CookieJar());
  }

  /** Answers one request on its port. Never rejects. */
  async serve(from: PortAddress, request: PreviewRequest, port: RequestPort): Promise<void> {
    const leaving = new AbortController();
    port.sender.onCancel(() => leaving.abort());
    try {
      const answer = await this.#answer(from, request, port, leaving.signal);
      if (!request.body) port.receiver.cancel();
      port.post(answer.head);
      if (answer.body) await pour(answer.body, port.sender);
      else port.sender.end();
    } catch {
      // What the browser makes of a connection that breaks off.
      port.post({ kind: 'failed' });
      port.sender.end('the connection was lost');
    }
  }

  async #answer(from: PortAddress, request: PreviewRequest, port: RequestPort, signal: AbortSignal): Promise<Answer> {
    const { origins } = this.#options;
    const url = new URL(request.url);
    const to = origins.meant(url, from);
    if (!to) throw new Error('not one of our ports');
    const isPage = request.mode === 'navigate';
    if (!this.#options.allowed(to)) return this.#failed(to, 'not-published', request);
    let answer: GuestAnswer;
    try {
      answer = await this.#ask(from, to, url, request, port, signal);
    } catch (error) {
      if (!(error instanceof NoAnswer) || signal.aborted) throw error;
      return this.#failed(to, error.failure, request);
    }
    if (isPage) this.#options.onPage?.(to, undefined);
    const cookies = this.#takeCookies(to, url, request, answer);
    const shown = this.#shown(from, to, url, request, answer);
    return { ...shown, head: { ...shown.head, ...(cookies && { cookies }) } };
  }

  async #ask(
    from: PortAddress,
    to: PortAddress,
    url: URL,
    request: PreviewRequest,
    port: RequestPort,
    signal: AbortSignal,
  ): Promise<GuestAnswer> {
    const guest = this.#guest(to);
    const target = `${url.pathname}${url.search}`;
    const origin = `http://${hostOf(from)}`;
    const asked = !isSame(from, to) ? preflightFor(request) : undefined;
    if (asked) {
      const headers: [string, string][] = [
        ['Host', hostOf(to)],
        ['Origin', origin],
        ['Access-Control-Request-Method', request.method],
      ];
      if (asked.length > 0) headers.push(['Access-Control-Request-Headers', asked.join(',')]);
      const preflight = await guest.request({ method: 'OPTIONS', target, headers }, signal);
      for await (const _ of preflight.body);
      if (!preflightAllows(preflight, origin, request.method, asked)) throw new Error('not allowed by the other port');
    }
    const kept = this.jar(to.node).header(url.pathname, Date.now());
    const cookie = [kept, request.cookies ?? ''].filter(Boolean).join('; ');
    const headers = guestHeaders(request, this.#options.origins, { from, to, cookie });
    const { method } = request;
    const answer = await guest.request({ method, target, headers, ...(request.body && { body: port.receiver.chunks }) }, signal);
    if (!isSame(from, to) && request.mode === 'cors' && !allows(answer.headers, origin)) {
      await answer.body[Symbol.asyncIterator]().return?.();
      throw new Error('not allowed by the other port');
    }
    return answer;
  }

  /** Keeps those that scripts must not see; the others too where the browser cannot. */
  #takeCookies(to: PortAddress, url: URL, request: PreviewRequest, answer: GuestAnswer): SharedCookie[] | undefined {
    const jar = this.jar(to.node);
    const nowMs = Date.now();
    const shared: SharedCookie[] = [];
    for (const [header, text] of answer.headers) {
      const cookie = header === 'set-cookie' ? readSetCookie(text, url.pathname, nowMs) : undefined;
      if (!cookie) continue;
      const { name, value, path, expiresMs, httpOnly } = cookie;
      if (httpOnly || request.cookies === undefined) jar.put(cookie, nowMs);
      else shared.push({ name, value, path, ...(expiresMs !== Infinity && { expiresMs }) });
    }
    return shared.length > 0 ? shared : undefined;
  }

  #shown(from: PortAddress, to: PortAddress, url: URL, request: PreviewRequest, answer: GuestAnswer): Answer {
    const { origins } = this.#options;
    const base = new URL(`http://${hostOf(to)}${url.pathname}${url.search}`);
    const redirect = answer.headers.find(([name]) => name === 'location');
    if (request.mode === 'navigate' && redirect && answer.status >= 300 && answer.status < 400) {
      const next = URL.canParse(redirect[1], base.href) ? new URL(redirect[1], base) : undefined;
      const port = next && origins.meant(next, from);
      if (next && port && !isSame(from, port)) {
        this.#options.onLeave?.(from, port, `${next.pathname}${next.search}${next.hash}`);
        return { head: { kind: 'head', status: 204, reason: '', headers: [], body: false } };
      }
    }
    let headers = previewHeaders(answer.headers, (location) => origins.shown(location, base, from));
    let body: AsyncIterable<Uint8Array> = answer.body;
    const packed = packing(answer.headers);
    if (packed && request.method !== 'HEAD') {
      headers = headers.filter(([name]) => name !== 'content-encoding' && name !== 'content-length');
      body = unpacked(body, packed);
    }
    return {
      head: { kind: 'head', status: answer.status === 101 ? 502 : answer.status, reason: answer.reason, headers, body: true },
      body,
    };
  }

  /** A page is told why; whatever else was asked for fails, as without a server. */
  #failed(address: PortAddress, failure: Failure | 'not-published', { mode }: PreviewRequest): Answer {
    if (mode !== 'navigate') throw new Error(failure);
    const { failurePage, onPage } = this.#options;
    onPage?.(address, failure);
    const headers: [string, string][] = [
      ['content-type', 'text/html; charset=utf-8'],
      ['cache-control', 'no-store'],
      ['content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"],
    ];
    return { head: { kind: 'head', status: 502, reason: 'Bad Gateway', headers, body: true }, body: one(failurePage(address, failure)) };
  }

  #guest(address: PortAddress): GuestHttp {
    return entry(this.#guests, `${address.node}:${address.port}`, () => new GuestHttp(() => this.#options.connect(address)));
  }
}

interface Answer {
  head: AnswerHeadMessage;
  body?: AsyncIterable<Uint8Array>;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

async function* one(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield new TextEncoder().encode(text);
}

function unpacked(body: AsyncIterable<Uint8Array>, packing: 'gzip' | 'deflate'): AsyncIterable<Uint8Array> {
  const source = body[Symbol.asyncIterator]();
  const stream = new ReadableStream<BufferSource>({
    async pull(controller) {
      const next = await source.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
    },
    async cancel() {
      await source.return?.();
    },
  });
  return piecesOf(stream.pipeThrough(new DecompressionStream(packing)));
}
