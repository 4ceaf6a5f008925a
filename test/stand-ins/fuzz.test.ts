/**
 * The stand-ins under the address and undefined-behaviour sanitizers: random and broken messages, texts, requests and
 * journals. Where there is no compiler with sanitizers, nothing is tested here. SEED=… repeats a run.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { programs, sourcesOf } from '../../images/hub/stand-in/program.ts';
import { imagesDir } from '../../images/shell.ts';
import { checkedProgram, startServer, type Server } from './run-program.ts';

const seed = Number(process.env['SEED'] ?? 1);
const checked = checkedProgram('whoami');
const harness = (name: string): string => join(import.meta.dirname, 'fuzz', name);

// Compiling with sanitizers takes its time on a computer with other things to do.
describe.runIf(checked)('under sanitizers', { timeout: 240_000 }, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'drydock-fuzz-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Compiles a harness with the sources of a program, its main file left out. */
  function build(name: string, sources: string[]): string {
    const out = join(folder, name);
    const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'];
    const { status, stderr } = spawnSync('gcc', [...flags, '-o', out, harness(`${name}.c`), ...sources, '-lm'], {
      cwd: imagesDir,
      encoding: 'utf8',
    });
    expect({ status, errors: status === 0 ? '' : stderr }).toEqual({ status: 0, errors: '' });
    return out;
  }

  test('mongod answers or closes for every message', () => {
    const program = build(
      'messages',
      sourcesOf('mongod').filter((file) => !file.endsWith('/main.c')),
    );
    const data = join(folder, 'messages-data');
    mkdirSync(data);
    const { status, stdout, stderr } = spawnSync(program, [String(seed), '40000', data], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^\d{5} answered, \d{5} closed/);
  });

  test('what the reader of texts takes is sound, and comes back the same', () => {
    const shared = programs['mongo-express'].shared.filter((file) => !['client', 'scram', 'http_parse', 'http_serve'].includes(file));
    const program = build(
      'texts',
      shared.map((file) => `hub/stand-in/${file}.c`),
    );
    const { status, stdout, stderr } = spawnSync(program, [String(seed), '40000'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^\d{5} taken/);
  });

  test('mongod starts on a journal with broken bytes, with what was sound before them', async () => {
    const mongod = checkedProgram('mongod')!;
    const run = (data: string): Promise<Server> =>
      startServer(mongod, (port) => ['--port', String(port), '--dbpath', data], 'Waiting for connections');
    const whole = join(folder, 'journal');
    mkdirSync(whole);
    // A journal with something in it, made by the first harness.
    copyFileSync(join(folder, 'messages-data/drydock.journal'), join(whole, 'drydock.journal'));
    const bytes = readFileSync(join(whole, 'drydock.journal'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 16, max: Math.min(bytes.length, 4000) - 1 }), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.nat(bytes.length - 17),
        async (changes, cut) => {
          const spoilt = Buffer.from(bytes.subarray(0, 17 + cut));
          for (const [at, value] of changes) if (at < spoilt.length) spoilt[at] = value;
          writeFileSync(join(whole, 'drydock.journal'), spoilt);
          const server = await run(whole);
          expect(await server.stop()).toBe(0);
          expect(server.log()).not.toContain('ERROR: ');
        },
      ),
      { seed, numRuns: 12 },
    );
  });

  test('an HTTP server answers or closes for every request, and goes on', async () => {
    const server = await startServer(checked!, (port) => ['--port', String(port)], 'Starting up');
    const pieces = [
      'GET',
      'POST',
      ' ',
      '/',
      '/api',
      '/?wait=1ms',
      '/data?size=9',
      '%',
      'HTTP/1.1',
      'HTTP/1.0',
      '\r\n',
      '\r\n\r\n',
      '\n',
      '\0',
      ':',
      'Host: a',
      'Content-Length: 3',
      'Content-Length: -1',
      'Expect: 100-continue',
      'Transfer-Encoding: chunked',
      'Connection: close',
      'abc',
      'x'.repeat(5000),
      '\xff',
      '\t',
    ];
    const good = fc.constantFrom('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n200');
    const text = fc.array(fc.oneof(good, fc.constantFrom(...pieces)), { maxLength: 12 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (request) => {
        const answer = await exchange(server.port, request);
        expect(answer).toMatch(/^(HTTP\/1\.1 \d{3} |$)/);
      }),
      { seed, numRuns: 300 },
    );
    expect(await exchange(server.port, 'GET /bench HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n1$/,
    );
    expect(await server.stop()).toBe(0);
    expect(server.log()).not.toContain('ERROR: ');
  });
});

/** What comes back for these bytes until the server closes, having been told that no more will come. */
function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(Buffer.from(request, 'latin1')));
    socket.on('data', (bytes) => (answer += bytes.toString('latin1')));
    socket.on('close', () => resolve(answer));
    socket.on('error', (error) => ('code' in error && error.code === 'ECONNRESET' ? resolve(answer) : reject(error)));
  });
}
