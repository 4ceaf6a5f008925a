/** `drydock exec` and `drydock serve` as a person calls them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureState } from '../src/emulator/state/build.ts';

const folder = mkdtempSync(join(tmpdir(), 'drydock-test-'));
const started: ChildProcess[] = [];

beforeAll(() => ensureState());
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

function start(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [resolve(import.meta.dirname, 'drydock'), ...args]);
  started.push(child);
  return child;
}

function run(args: string[], input = ''): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = start(...args);
  child.stdin?.end(input);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => (stdout += chunk));
  child.stderr?.on('data', (chunk) => (stderr += chunk));
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })));
}

describe('drydock exec', () => {
  it('passes standard input, output, error and exit status through', async () => {
    expect(await run(['exec', 'tr a-z A-Z; echo oops >&2; exit 7'], 'some text\n')).toEqual({
      code: 7,
      stdout: 'SOME TEXT\n',
      stderr: 'oops\n',
    });
  });

  it('shares a folder, writes changes back, and nothing outside it', async () => {
    const shared = join(folder, 'shared');
    const outside = join(folder, 'outside');
    mkdirSync(join(shared, 'sub'), { recursive: true });
    mkdirSync(outside);
    writeFileSync(join(shared, 'in.txt'), 'from here\n');
    writeFileSync(join(shared, 'gone.txt'), '');
    symlinkSync(outside, join(shared, 'way-out'));
    const script =
      'cat in.txt; rm gone.txt; echo made > sub/made.sh; chmod 755 sub/made.sh; mv in.txt moved.txt; rm way-out; mkdir way-out; echo escaped > way-out/file; ln -s /etc/passwd link; echo x > new';
    expect(await run(['exec', '--files', shared, script])).toMatchObject({ code: 0, stdout: 'from here\n' });
    expect(existsSync(join(shared, 'gone.txt'))).toBe(false);
    expect(existsSync(join(shared, 'in.txt'))).toBe(false);
    expect(readFileSync(join(shared, 'moved.txt'), 'utf8')).toBe('from here\n');
    expect(statSync(join(shared, 'sub/made.sh')).mode & 0o777).toBe(0o755);
    expect(existsSync(join(outside, 'file'))).toBe(false);
    expect(readFileSync(join(shared, 'way-out/file'), 'utf8')).toBe('escaped\n');
  });

  it('says what is wrong with how it was called', async () => {
    expect(await run(['exec'])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining("usage: drydock exec [--files DIR] 'COMMAND'"),
    });
    expect(await run(['exec', '--files', join(folder, 'nowhere'), 'true'])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('no such directory'),
    });
    expect(await run(['nosuch'])).toMatchObject({ code: 125, stderr: expect.stringContaining('unknown command: nosuch') });
  });
});

describe('drydock serve', () => {
  it('answers on a socket, and takes the socket away when told to end', async () => {
    const socket = join(folder, 'docker.sock');
    const server = start('serve', '--host', `unix://${socket}`);
    const line = await new Promise<string>((done) => server.stdout?.once('data', (chunk) => done(String(chunk))));
    expect(line).toBe(`Drydock serves the Docker Engine API on unix://${socket}\n`);
    expect(await get(socket, '/_ping')).toBe('OK');
    expect(JSON.parse(await get(socket, '/v1.50/info'))).toMatchObject({ Name: 'node1', OSType: 'linux' });
    expect(await run(['serve', '--host', `unix://${socket}`])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('in use by another process'),
    });
    server.kill('SIGTERM');
    expect(await new Promise((done) => server.on('close', done))).toBe(0);
    expect(existsSync(socket)).toBe(false);
  });

  it('refuses addresses and settings that make no sense, and files that are no sockets', async () => {
    expect(await run(['serve', '--host', 'localhost:2375'])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('invalid --host'),
    });
    expect(await run(['serve', '--default-cgroupns-mode', 'nosuch'])).toEqual({
      code: 125,
      stdout: '',
      stderr: 'drydock: invalid --default-cgroupns-mode nosuch: use private or host\n',
    });
    const file = join(folder, 'file');
    writeFileSync(file, 'precious');
    expect(await run(['serve', '--host', `unix://${file}`])).toMatchObject({ code: 125, stderr: expect.stringContaining('is no socket') });
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });

  it('listens on all addresses or on none', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => taken.once('listening', done));
    const { port } = taken.address() as AddressInfo;
    const socket = join(folder, 'one-of-two.sock');
    expect(await run(['serve', '--host', `unix://${socket}`, '--host', `tcp://127.0.0.1:${port}`])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining(`cannot listen on tcp://127.0.0.1:${port}: EADDRINUSE`),
    });
    expect(existsSync(socket)).toBe(false);
    taken.close();
  });
});

function get(socketPath: string, path: string): Promise<string> {
  return new Promise((done, fail) => {
    const sent = request({ socketPath, path }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => done(body));
    });
    sent.on('error', fail);
    sent.end();
  });
}
