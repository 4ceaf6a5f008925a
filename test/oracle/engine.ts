/** Docker's own engine, on a socket of its own and with nothing of the host's: no network, no other's images. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { concatBytes } from '../../src/engine/bytes.ts';
import { packTar } from '../../src/engine/oci/tar-writer.ts';
import type { Docker } from './build-case.ts';

const hub = join(import.meta.dirname, '../../images/dist/hub/v2');

export interface OracleEngine {
  /** `20.10.24`. */
  version: string;
  docker: Docker;
  stop(): Promise<void>;
}

/** @throws when Docker's engine is not installed, or cannot be started (root is needed) */
export async function startEngine(): Promise<OracleEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-oracle-'));
  const host = `unix://${folder}/docker.sock`;
  const args = [
    '--data-root',
    `${folder}/data`,
    '--exec-root',
    `${folder}/exec`,
    '-H',
    host,
    '-p',
    `${folder}/pid`,
    '--bridge',
    'none',
    '--iptables=false',
  ];
  const daemon = spawn('dockerd', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  daemon.stderr.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-4000)));
  const docker = client({ DOCKER_HOST: host, DOCKER_CONFIG: `${folder}/config` });
  const stop = async (): Promise<void> => {
    if (daemon.exitCode === null && daemon.kill('SIGTERM')) await once(daemon, 'exit');
    spawnSync('umount', ['-R', `${folder}/data`], { stdio: 'ignore' });
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ready(daemon, docker, () => log);
    await docker(['load', '-i', await busyboxArchive(folder)], folder);
    const version = (await docker(['version', '--format', '{{.Server.Version}}'], folder)).stdout.toString().trim().replace(/\+.*$/, '');
    return { version, docker, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The official client, building with the classic builder. */
export function client(env: Record<string, string>): Docker {
  return async (args, cwd) => {
    const child = spawn('docker', args, {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd, DOCKER_BUILDKIT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [status] = (await once(child, 'close')) as [number | null];
    return { status: status ?? -1, stdout: Buffer.concat(stdout), stderr };
  };
}

async function ready(daemon: ChildProcess, docker: Docker, log: () => string): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    if (daemon.exitCode !== null) break;
    if ((await docker(['info'], tmpdir())).status === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`dockerd does not answer:\n${log()}`);
}

/** The busybox that the app ships, as `docker load` takes it. */
async function busyboxArchive(folder: string): Promise<string> {
  interface Manifest {
    manifests?: { digest: string }[];
    config: { digest: string };
    layers: { digest: string }[];
  }
  const json = async (path: string): Promise<Manifest> => JSON.parse(await readFile(join(hub, path), 'utf8')) as Manifest;
  const file = (digest: string): string => digest.replace(':', '/');
  const index = await json('library/busybox/manifests/latest');
  const manifest = await json(`library/busybox/manifests/${file(index.manifests![0]!.digest)}`);
  const blob = (digest: string): Promise<Buffer> => readFile(join(hub, 'blobs', file(digest)));
  const config = await blob(manifest.config.digest);
  const layer = gunzipSync(await blob(manifest.layers[0]!.digest));
  const entry = (path: string, content: Uint8Array): Parameters<typeof packTar>[0] extends Iterable<infer E> ? E : never => ({
    path,
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    content,
  });
  const id = createHash('sha256').update(config).digest('hex');
  const list = [{ Config: `${id}.json`, RepoTags: ['busybox:latest'], Layers: ['layer.tar'] }];
  const tar = packTar([entry(`${id}.json`, config), entry('layer.tar', layer), entry('manifest.json', Buffer.from(JSON.stringify(list)))]);
  const path = join(folder, 'busybox.tar');
  const { writeFile } = await import('node:fs/promises');
  await writeFile(path, concatBytes(tar));
  return path;
}
