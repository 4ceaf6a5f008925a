/** Asks an engine what a recorded client asked Docker, and collects what it answers. */
import { decodeFrames } from './frames.ts';
import type { ApiBody, ApiHandler, ApiResponse, Connection } from '#engine/api/http.ts';
import { connectionPair } from '#engine/api/connection.ts';
import type { VirtualClock } from '#engine/clock.ts';
import type { RecordedExchange, RecordedStep } from './recorded.ts';
import { differences, type Difference, type Ids } from './unify.ts';

export interface Answer {
  status: number;
  type: string | undefined;
  json?: unknown;
  frames?: [number, string][];
  raw?: string;
}

export interface Compared {
  exchange: RecordedExchange;
  differences: Difference[];
}

/** Turns of 50 ms to wait for an answer. */
const patience = 1400;

const framed = 'application/vnd.docker.multiplexed-stream';

export class Replay {
  constructor(
    readonly handler: ApiHandler,
    readonly clock: VirtualClock,
    readonly ids: Ids,
  ) {}

  /**
   * Makes a step's requests one after the other; those that answer when something else happens go on beside.
   *
   * @param prepare changes a request before it is made
   */
  async step(step: RecordedStep, prepare: (exchange: RecordedExchange) => RecordedExchange = (exchange) => exchange): Promise<Compared[]> {
    const open: { exchange: RecordedExchange; answer: Promise<Answer>; leave: () => void }[] = [];
    const compared: Compared[] = [];
    const finish = async (): Promise<void> => {
      for (const { exchange, answer, leave } of open.splice(0)) {
        const left = isLeft(exchange) || (exchange.json === undefined && (step.timeout === true || step.signalAfter !== undefined));
        if (left) leave();
        const ours = await this.#passTime({ answer, leave });
        if (!left) compared.push(this.#compare(exchange, ours));
      }
    };
    for (const recorded of inOrder(step.http)) {
      const exchange = prepare(recorded);
      if (/^GET \/exec\//.test(`${exchange.method} ${exchange.path}`)) await finish();
      const started = this.#ask(exchange);
      if (staysOpen(exchange)) {
        await this.#settle();
        open.push({ exchange, ...started });
      } else compared.push(this.#compare(exchange, await this.#passTime(started)));
    }
    await finish();
    await this.clock.advance(100);
    return compared;
  }

  #ask({ method, path, body, hijack }: RecordedExchange): { answer: Promise<Answer>; leave: () => void } {
    const [name = '', query = ''] = this.ids.fill(path).split('?');
    const bytes = body === undefined ? undefined : new TextEncoder().encode(this.ids.fill(JSON.stringify(body)));
    let leave = (): void => undefined;
    const left = new Promise<void>((resolve) => (leave = resolve));
    const response = this.handler({
      method,
      path: `/v1.50${name}`,
      query: queryOf(query),
      headers: {
        ...(bytes && { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
        ...(hijack && { connection: 'Upgrade', upgrade: 'tcp' }),
      },
      body: once(bytes),
    });
    return { answer: response.then((answer) => collect(answer, left, hijack?.sent?.text)), leave };
  }

  #compare(exchange: RecordedExchange, answer: Answer): Compared {
    const { status, type, json, frames, raw, hijack } = exchange;
    const recorded = { status, type, json, raw: raw ?? hijack?.received?.raw, frames: joined(frames ?? hijack?.frames) };
    const ours = { ...answer, raw: answer.raw === '' ? undefined : answer.raw, frames: joined(answer.frames) };
    return { exchange, differences: differences(defined(recorded), defined(ours), this.ids) };
  }

  /** The answer, while time goes on; a part of it when it does not end. */
  async #passTime({ answer, leave }: { answer: Promise<Answer>; leave: () => void }): Promise<Answer> {
    let done = false;
    const watched = answer.finally(() => (done = true));
    for (let turn = 0; !done && turn < patience; turn++) {
      await this.#settle();
      if (!done) await this.clock.advance(50);
    }
    if (!done) leave();
    return watched;
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** They were recorded by connection: an exec was started before it was resized and inspected. */
function inOrder(exchanges: RecordedExchange[]): RecordedExchange[] {
  const rank = ({ method, path }: RecordedExchange): number =>
    !path.startsWith('/exec/') ? 0 : path.endsWith('/start') ? 1 : method === 'POST' ? 2 : 3;
  return [...exchanges].sort((a, b) => rank(a) - rank(b));
}

function staysOpen({ path }: RecordedExchange): boolean {
  return /\/(wait|attach)(\?|$)/.test(path) || path.includes('/logs?follow=1') || /^\/exec\/.*\/start$/.test(path);
}

/** The client went away before it was answered. */
function isLeft({ json }: RecordedExchange): boolean {
  return JSON.stringify(json ?? '').includes('context canceled');
}

async function collect({ status, headers, body }: ApiResponse, left: Promise<void>, sent: string | undefined): Promise<Answer> {
  const type = headers['Content-Type'];
  const bytes = await read(body, left, sent);
  const answer: Answer = { status: body.kind === 'hijack' ? 101 : status, type };
  if (bytes.length === 0) return answer;
  if (type === 'application/json') return { ...answer, json: JSON.parse(new TextDecoder().decode(bytes)) as unknown };
  if (type === framed) return { ...answer, frames: decodeFrames(bytes) };
  return { ...answer, raw: new TextDecoder().decode(bytes) };
}

async function read(body: ApiBody, left: Promise<void>, sent: string | undefined): Promise<Uint8Array> {
  if (body.kind === 'empty') return new Uint8Array();
  if (body.kind === 'bytes') return body.bytes;
  if (body.kind === 'stream') return readAll(body.chunks, left);
  const [ours, theirs] = connectionPair();
  void body.run(theirs).finally(() => theirs.close());
  void left.then(() => ours.close());
  void type(ours, sent);
  return readAll(ours.input, left);
}

async function type(connection: Connection, text: string | undefined): Promise<void> {
  if (text !== undefined) await connection.write(new TextEncoder().encode(text)).catch(() => undefined);
  await connection.closeWrite().catch(() => undefined);
}

async function readAll(chunks: AsyncIterable<Uint8Array>, left: Promise<void>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const iterator = chunks[Symbol.asyncIterator]();
  const gone = left.then(() => undefined);
  for (;;) {
    const next = await Promise.race([iterator.next(), gone]);
    if (next === undefined) void iterator.return?.();
    if (next === undefined || next.done) break;
    parts.push(next.value);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** How output was cut into frames says nothing. */
function joined(frames: [number, string][] | undefined): Record<string, string> | undefined {
  if (!frames) return undefined;
  const text: Record<string, string> = {};
  for (const [stream, part] of frames) text[stream] = (text[stream] ?? '') + part;
  return text;
}

function defined(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function queryOf(text: string): Map<string, string[]> {
  const query = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) query.set(name, [...(query.get(name) ?? []), value]);
  return query;
}

async function* once(bytes: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (bytes) yield bytes;
}
