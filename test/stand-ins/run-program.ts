/**
 * The stand-ins' programs as processes of this machine: the shipped i386 ones, which a 64-bit Linux runs as they are, or
 * ones compiled here with the sanitizers that find what goes wrong in memory.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sourcesOf, type programs } from '../../images/hub/stand-in/program.ts';
import { hubDir } from '../../images/hub/repository.ts';
import { imagesDir } from '../../images/shell.ts';

export type Program = keyof typeof programs;

const repositories: Record<Program, [repository: string, path: string]> = {
  whoami: ['traefik/whoami', 'whoami'],
  mongod: ['library/mongo', 'usr/bin/mongod'],
  mongosh: ['library/mongo', 'usr/bin/mongosh'],
  'mongo-express': ['library/mongo-express', 'usr/bin/mongo-express'],
};

/** The program as it lies in the image, in a file of its own. */
export async function shippedProgram(name: Program): Promise<string> {
  const [repository, path] = repositories[name];
  const dir = join(hubDir, 'v2', repository, 'manifests');
  const index = readJson(join(dir, 'latest')) as { manifests: { digest: string }[] };
  const manifest = readJson(join(dir, index.manifests[0]!.digest.replace(':', '/'))) as { layers: { digest: string }[] };
  const layer = gunzipSync(readFileSync(join(hubDir, 'v2/blobs', manifest.layers.at(-1)!.digest.replace(':', '/'))));
  const file = join(await mkdtemp(join(tmpdir(), 'drydock-stand-in-')), name);
  writeFileSync(file, tarMember(layer, path));
  chmodSync(file, 0o755);
  return file;
}

/** False where the shipped programs do not run: other systems, and kernels without 32-bit programs. */
export function runsShipped(program: string): boolean {
  return process.platform === 'linux' && spawnSync(program, ['--version']).status === 0;
}

/** Compiles with address and undefined-behaviour checks; undefined where there is no such compiler. */
export function checkedProgram(name: Program, extra: string[] = []): string | undefined {
  const out = join(imagesDir, '.cache/checked', name);
  mkdirSync(join(imagesDir, '.cache/checked'), { recursive: true });
  const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'];
  const { status } = spawnSync('gcc', [...flags, '-o', out, ...extra, ...sourcesOf(name), '-lm'], { cwd: imagesDir, stdio: 'ignore' });
  return status === 0 && existsSync(out) ? out : undefined;
}

export interface Server {
  process: ChildProcess;
  port: number;
  /** What it has printed so far. */
  log(): string;
  /** Ends it; the exit code, or the signal's name. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Starts a server and waits until its log has the text. @param args of the program, for the port that it is to listen on */
export async function startServer(
  program: string,
  args: (port: number) => string[],
  ready: string,
  env: (port: number) => Record<string, string> = () => ({}),
): Promise<Server> {
  const port = await freePort();
  const process_ = spawn(program, args(port), { env: { PATH: process.env['PATH'], ...env(port) }, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const ended = once(process_, 'exit') as Promise<[number | null, string | null]>;
  await new Promise<void>((resolve, reject) => {
    const take = (bytes: Buffer): void => {
      log += bytes.toString();
      if (log.includes(ready)) resolve();
    };
    process_.stdout.on('data', take);
    process_.stderr.on('data', take);
    void ended.then(([code]) => reject(new Error(`ended with ${code}:\n${log}`)));
  });
  return {
    process: process_,
    port,
    log: () => log,
    stop: async (signal = 'SIGTERM') => {
      process_.kill(signal);
      const [code, name] = await ended;
      return code ?? name!;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

function tarMember(archive: Buffer, path: string): Buffer {
  for (let at = 0; at + 512 <= archive.length;) {
    const name = archive.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    const size = parseInt(archive.toString('latin1', at + 124, at + 136), 8) || 0;
    if (name === path) return archive.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`${path} is not in the layer`);
}
