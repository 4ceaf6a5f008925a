/**
 * The image and system commands against the official client: both got the same answers from a daemon, so
 * both must print the same bytes, exit with the same status and have asked the same things.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ApiRequest, ApiResponse } from '#engine/api/http.ts';
import { VirtualClock } from '#engine/clock.ts';
import { runDocker } from './testing.ts';

interface Answer {
  status?: number;
  /** One of them. */
  json?: unknown;
  text?: string;
  lines?: unknown[];
}

interface Case {
  args: string[];
  /** Which of the daemons answered. */
  daemon: string;
  /** Seconds since the epoch. */
  now: number;
  stdin?: string;
  terminal?: { rows: number; columns: number };
  status: number;
  stdout?: string;
  stderr?: string;
  /** Both streams, of a run on a terminal. */
  terminalOutput?: string;
  /** In alphabetical order. */
  requests?: string[];
}

function read<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`../../test/data/cli-client/${path}`, import.meta.url), 'utf8')) as T;
}

const { daemons, cases } = read<{ daemons: Record<string, Record<string, Answer>>; cases: Case[] }>('docker-28.2.2.json');
/** Command lines on which Drydock differs, with the reason. */
const exceptions = new Set(read<{ args: string[]; reason: string }[]>('exceptions.json').map((one) => one.args.join('\0')));
const HEADERS = {
  'Api-Version': '1.50',
  'Docker-Experimental': 'false',
  Ostype: 'linux',
  Swarm: 'inactive',
  'Content-Type': 'application/json',
};

class Daemon {
  readonly requests: string[] = [];

  constructor(readonly answers: Record<string, Answer>) {}

  handle = async (request: ApiRequest): Promise<ApiResponse> => {
    const path = request.path.replace(/^\/v1\.50/, '');
    if (path === '/_ping') return answerOf({ text: 'OK' });
    this.requests.push(`${request.method} ${path}${queryText(request.query)}`);
    return answerOf(this.answers[`${request.method} ${path}`] ?? { status: 404, json: { message: 'page not found' } });
  };
}

function answerOf({ status = 200, json, text, lines }: Answer): ApiResponse {
  const body = lines ? lines.map((line) => `${JSON.stringify(line)}\r\n`).join('') : (text ?? `${JSON.stringify(json)}\n`);
  return { status, headers: HEADERS, body: { kind: 'bytes', bytes: new TextEncoder().encode(body) } };
}

/** As Go encodes it: names sorted, blanks as plus signs. */
function queryText(query: ApiRequest['query']): string {
  const encode = (text: string): string =>
    encodeURIComponent(text)
      .replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll('%20', '+');
  const pairs = [...query]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, values]) => values.map((value) => `${encode(name)}=${encode(value)}`));
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

describe('as the official client', () => {
  const tested = cases.filter((one) => !exceptions.has(one.args.join('\0')));
  it.each(tested.map((one) => [one.args.join(' '), one] as const))('docker %s', async (_name, one) => {
    const daemon = new Daemon(daemons[one.daemon] ?? {});
    const { status, stdout, stderr } = await runDocker(one.args, {
      handler: daemon.handle,
      clock: new VirtualClock(one.now * 1000),
      stdin: one.stdin,
      terminal: one.terminal,
    });
    const streams = one.terminal ? { terminalOutput: stdout + stderr } : { stdout, stderr };
    expect({ status, ...streams, requests: daemon.requests.sort() }).toEqual({
      status: one.status,
      ...(one.terminal ? { terminalOutput: one.terminalOutput ?? '' } : { stdout: one.stdout ?? '', stderr: one.stderr ?? '' }),
      requests: one.requests ?? [],
    });
  });
});
