/**
 * What the official client asks and prints, given the same arguments, files and answers of the daemon: recorded from
 * docker 28.2.2, see test/data/cli-recordings/README.md.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '#engine/bytes.ts';
import { readTar } from '#engine/oci/tar.ts';
import { endOfTar, tarPieces } from '#engine/oci/tar-writer.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from '#engine/api/http.ts';
import { runDocker, type FakeOptions } from './testing.ts';

interface RecordedAnswer {
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  text?: string;
  lines?: unknown[];
  tar?: RecordedEntry[];
}

interface RecordedEntry {
  name: string;
  type?: 'file' | 'directory' | 'symlink' | 'hardlink';
  mode?: number;
  content?: string;
  fill?: number;
  linkName?: string;
}

interface Asked {
  request: string;
  query?: [string, string][];
  headers?: Record<string, string>;
  /** Name, type, mode, uid, gid, size, target, content. */
  tar?: [string, string, string, number, number, number, string, string | null][];
  body?: string;
}

type Answers = Record<string, RecordedAnswer | RecordedAnswer[]>;

interface Case {
  args: string[];
  env?: Record<string, string>;
  files?: FakeOptions['files'];
  stdin?: string;
  stdinTar?: RecordedEntry[];
  terminal?: { rows: number; columns: number };
  /** By request; a name stands for one of the file's own `answers`. */
  answers?: string | Answers;
  /** Headers of `/_ping`. */
  features?: Record<string, string>;
  /** Nothing answers. */
  noDaemon?: boolean;
  /** Why Drydock answers otherwise; then the case is not compared. */
  exception?: string;
  /** Parts that are not compared, with the reason in the README. */
  except?: ('asked' | 'screen')[];
  stdout?: string;
  stderr?: string;
  screen?: string;
  status: number;
  asked: Asked[];
  /** What the files are afterwards. */
  left?: Record<string, string>;
}

const folder = new URL('../../test/data/cli-recordings/', import.meta.url);
const encoder = new TextEncoder();
const RECORD_BYTES = 10_240;

function tarOf(entries: readonly RecordedEntry[]): Uint8Array {
  const pieces = entries.flatMap(({ name, type = 'file', mode = 0o644, content = '', fill, linkName }) =>
    tarPieces({
      path: name.replace(/\/$/, ''),
      type,
      mode,
      uid: 0,
      gid: 0,
      mtime: 0,
      content: encoder.encode(fill === undefined ? content : 'x'.repeat(fill)),
      ...(linkName !== undefined && { linkName }),
    }),
  );
  const length = pieces.reduce((sum, piece) => sum + piece.length, endOfTar.length);
  // As the recording's own tar writer fills its last record.
  return concatBytes([...pieces, endOfTar, new Uint8Array(Math.ceil(length / RECORD_BYTES) * RECORD_BYTES - length)]);
}

const types: Record<string, string> = { file: '0', hardlink: '1', symlink: '2', directory: '5', fifo: '6', character: '3', block: '4' };

function tarList(bytes: Uint8Array): Asked['tar'] {
  return [...readTar(bytes)].map(({ name, type, mode, uid, gid, content, linkName }) => [
    name.replace(/\/$/, ''),
    types[type] ?? '',
    `0o${mode.toString(8)}`,
    uid,
    gid,
    content.length,
    linkName,
    type === 'file' ? new TextDecoder().decode(content) : null,
  ]);
}

/** A daemon that answers as recorded, and what it was asked in the recording's shape. */
function daemonOf(answers: Answers, features: Record<string, string> = {}): { handler: ApiHandler; asked: Asked[] } {
  const asked: Asked[] = [];
  const left = new Map(Object.entries(answers).map(([request, given]) => [request, Array.isArray(given) ? [...given] : [given]]));
  const handler: ApiHandler = async (request): Promise<ApiResponse> => {
    const path = request.path.replace(/^\/v[\d.]+/, '');
    if (path === '/_ping')
      return { status: 200, headers: { 'Api-Version': '1.50', Ostype: 'linux', ...features }, body: { kind: 'empty' } };
    asked.push(await askedOf(request, path));
    const queue = left.get(`${request.method} ${path}`) ?? [{ status: 404, json: { message: 'page not found' } }];
    const { status = 200, headers = {}, json, text = '', lines, tar } = queue.length > 1 ? queue.shift()! : queue[0]!;
    const jsonType = json !== undefined || lines ? { 'Content-Type': 'application/json' } : {};
    const body = lines
      ? lines.map((line) => `${JSON.stringify(line)}\r\n`).join('')
      : json !== undefined
        ? JSON.stringify(json)
        : tar
          ? tarOf(tar)
          : text;
    const bytes = typeof body === 'string' ? encoder.encode(body) : body;
    return {
      status,
      headers: { ...jsonType, ...headers } as Record<string, string>,
      body: request.method === 'HEAD' ? { kind: 'empty' } : { kind: 'bytes', bytes },
    };
  };
  return { handler, asked };
}

async function askedOf(request: ApiRequest, path: string): Promise<Asked> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request.body) pieces.push(piece);
  const bytes = concatBytes(pieces);
  const query = [...request.query].flatMap(([name, values]) => values.map((value): [string, string] => [name, value]));
  const shown = ['content-type', 'x-registry-config', 'x-registry-auth'];
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => shown.includes(name)));
  const base = { request: `${request.method} ${path}`, query: query.sort(compare), headers };
  if (bytes.length === 0) return base;
  try {
    return { ...base, tar: tarList(bytes) };
  } catch {
    return { ...base, body: new TextDecoder().decode(bytes) };
  }
}

function compare([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The recording as it compares: headers' names in small letters, random names as one, the order of keys in JSON left out. */
function comparable(asked: readonly Asked[]): unknown {
  const plain = asked.map(({ request, query = [], headers = {}, tar, body }) => ({
    request,
    query: [...query].sort(compare),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    ...(tar && { tar }),
    ...(body !== undefined && { body: parsedOr(body) }),
  }));
  return JSON.parse(JSON.stringify(plain).replace(/\.dockerfile\.[0-9a-f]{20}/g, '.dockerfile.RANDOM')) as unknown;
}

function parsedOr(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

describe.each(readdirSync(folder).filter((name) => name.endsWith('.json')))('%s', (name) => {
  const recording = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { answers?: Record<string, Answers>; cases: Case[] };
  const { cases } = recording;
  const compared = cases.filter(({ exception }) => exception === undefined);

  test.each(compared.map((one, index) => [`${one.args.join(' ')} (${index})`, one] as const))('docker %s', async (_name, one) => {
    const { env = {}, files = {}, stdin, stdinTar, terminal, answers = {}, features, noDaemon } = one;
    const { handler, asked } = daemonOf(typeof answers === 'string' ? (recording.answers?.[answers] ?? {}) : answers, features);
    const input = stdinTar ? tarOf(stdinTar) : (stdin ?? '');
    const result = await runDocker(one.args, {
      env,
      files: { '.': { directory: 0o755 }, ...files },
      stdin: input,
      handler: noDaemon ? undefined : handler,
      ...(terminal && { terminal, stdinIsTerminal: stdin === undefined }),
    });
    if (one.screen === undefined) {
      expect({ status: result.status, stdout: result.stdout, stderr: result.stderr }).toEqual({
        status: one.status,
        stdout: one.stdout ?? '',
        stderr: one.stderr ?? '',
      });
    } else {
      expect(result.status).toBe(one.status);
      if (!one.except?.includes('screen')) expect(result.stderr + result.stdout).toBe(one.screen);
    }
    if (!one.except?.includes('asked')) expect(comparable(asked)).toEqual(comparable(one.asked));
    if (one.left) expect(leftOf(result.environment.files, one.left)).toEqual(one.left);
  });
});

function leftOf(
  files: { paths(): string[]; describe(path: string): string | undefined },
  recorded: Record<string, string>,
): Record<string, string | undefined> {
  const names = new Set([...Object.keys(recorded), ...files.paths().flatMap((path) => /^\/root\/(.+)$/.exec(path)?.[1] ?? [])]);
  return Object.fromEntries([...names].map((name) => [name, files.describe(name)]));
}
