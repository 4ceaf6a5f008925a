/**
 * The real agent as a native 32-bit process, for tests: the same program that runs in the guest, its
 * control port a unix socket instead of a virtio port. Needs root, as the agent does.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ByteLink } from '../machine/byte-link.ts';
import type { Channel } from './channel.ts';
import { AgentClient } from './client.ts';

const root = join(import.meta.dirname, '../../..');
const sources = join(root, 'images/machine/agent');
const flags = [
  '-m32',
  '-march=i686',
  '-Os',
  '-static',
  '-no-pie',
  '-fno-pie',
  '-ffreestanding',
  '-nostdlib',
  '-fno-stack-protector',
  '-DDRYDOCK_FREESTANDING',
  '-Wall',
  '-Wextra',
  '-Werror',
];

/** A link over a socket; what comes before there is a listener is kept. */
export class SocketLink implements ByteLink {
  #listener: ((bytes: Uint8Array) => void) | undefined;
  #early: Uint8Array[] = [];

  constructor(private readonly socket: Socket) {
    socket.on('error', () => {});
    // A plain array: a Buffer's `slice` does not copy.
    socket.on('data', (buffer) => this.#take(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)));
  }

  #take(bytes: Uint8Array): void {
    if (this.#listener) this.#listener(bytes);
    else this.#early.push(bytes);
  }

  get queuedBytes(): number {
    return this.socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
    for (const bytes of this.#early.splice(0)) listener(bytes);
  }

  drained(): Promise<void> {
    if (this.socket.writableLength < 262_144 || !this.socket.writable) return Promise.resolve();
    return new Promise((resolve) => this.socket.once('drain', resolve).once('close', resolve));
  }
}

export interface NativeAgent {
  link: SocketLink;
  client: AgentClient;
  /** Private files of this agent: the program by its other names (`docker`, `dockerd`), and room for the test's own. */
  dir: string;
  process: ChildProcess;
  /** Resolves with the agent's exit code. */
  exited: Promise<number | null>;
  stop(): Promise<void>;
}

/** Starts an agent and waits until it has said hello. */
export async function startNativeAgent(): Promise<NativeAgent> {
  const { link, ...agent } = await startBareAgent();
  const client = new AgentClient(link);
  await client.ready;
  return { ...agent, link, client };
}

/** Starts an agent; the caller speaks the protocol itself. */
export async function startBareAgent(): Promise<Omit<NativeAgent, 'client'>> {
  const program = agentProgram();
  const dir = mkdtempSync('/var/tmp/drydock-agent-'); // not /tmp: a node has its own
  chmodSync(dir, 0o755);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(dir, 'port.sock'), resolve));
  for (const name of ['docker', 'docker-compose', 'dockerd']) copyFileSync(program, join(dir, name));
  // A mount namespace with a /run of its own: agents of several tests, and of this machine, do not meet.
  const isolated = ['--mount', '--propagation', 'private', 'sh', '-c', 'mount -t tmpfs tmpfs /run && exec "$0" "$@"'];
  const process = spawn('unshare', [...isolated, program, `unix:${join(dir, 'port.sock')}`, '--cgroup', cgroupRoot()], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => process.once('exit', resolve));
  const link = new SocketLink(await accept(server));
  server.close();
  const stop = async (): Promise<void> => {
    process.kill('SIGKILL');
    await exited;
    rmSync(dir, { recursive: true, force: true });
  };
  return { link, dir, process, exited, stop };
}

function accept(server: Server): Promise<Socket> {
  return new Promise((resolve) => server.once('connection', resolve));
}

/** Where the version 2 hierarchy is: alone, or beside the old ones. */
function cgroupRoot(): string {
  return existsSync('/sys/fs/cgroup/cgroup.procs') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';
}

/** Compiled from the sources when the compiler can make 32-bit programs, else the one that ships in the guest's root. */
export function agentProgram(): string {
  const files = readdirSync(sources)
    .filter((name) => /\.[ch]$/.test(name))
    .sort();
  const hash = createHash('sha256').update(flags.join(' '));
  for (const name of files) hash.update(name).update(readFileSync(join(sources, name)));
  const dir = join(root, '.cache/agent');
  const program = join(dir, `drydock-agent-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return program;
  mkdirSync(dir, { recursive: true });
  const fresh = `${program}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    execFileSync(
      'gcc',
      [...flags, '-o', fresh, ...files.filter((name) => name.endsWith('.c')).map((name) => join(sources, name)), '-lgcc'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
  } catch (error) {
    if (canCompile()) throw error;
    writeFileSync(fresh, shippedProgram(), { mode: 0o755 });
  }
  renameSync(fresh, program);
  return program;
}

function canCompile(): boolean {
  try {
    execFileSync('gcc', ['-m32', '-E', '-include', 'linux/stat.h', '-x', 'c', '/dev/null'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The program out of the guest's root archive (cpio, new ASCII format). */
function shippedProgram(): Uint8Array {
  const archive = gunzipSync(readFileSync(join(root, 'images/dist/machine/root.cpio.gz')));
  const number = (at: number): number => parseInt(archive.toString('latin1', at, at + 8), 16);
  for (let at = 0; at + 110 < archive.length;) {
    const nameLength = number(at + 94);
    const size = number(at + 54);
    const name = archive.toString('latin1', at + 110, at + 110 + nameLength - 1);
    const content = (at + 110 + nameLength + 3) & ~3;
    if (name.replace(/^\.?\//, '') === 'usr/sbin/drydock-agent') return archive.subarray(content, content + size);
    at = (content + size + 3) & ~3;
  }
  throw new Error('the guest root has no agent');
}

/** All that a channel brings, as text. */
export async function textOf(channel: Channel | undefined): Promise<string> {
  const decoder = new TextDecoder();
  let all = '';
  for await (const bytes of channel?.read() ?? []) all += decoder.decode(bytes, { stream: true });
  return all;
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
