/**
 * The official docker client, and `drydock serve` for it to talk to. The client found on the PATH is used, else
 * Debian's.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { needProgram } from './debian-package.ts';
import type { Printed } from './node-machine.ts';

const drydock = resolve(import.meta.dirname, '../../bin/drydock');

export interface DockerHost {
  /** Ends with the command; its standard input is a file with `input`, else nothing. */
  docker(args: string[], input?: string | Uint8Array): Promise<Printed>;
  /** Starts a command and leaves it running, for what is followed. */
  start(args: string[]): Running;
  /** Runs a shell command in a terminal of 30 rows and 100 columns. */
  terminal(command: string): Running;
  /** What a client needs to find it. */
  readonly environment: Record<string, string>;
  stop(): Promise<void>;
}

export interface Running {
  /** What it has printed so far, errors included. */
  readonly printed: string;
  /** Resolves when what was printed after the last match matches; fails when it ends without. */
  until(pattern: RegExp): Promise<void>;
  type(text: string): void;
  signal(name: NodeJS.Signals): void;
  readonly status: Promise<number>;
}

/** Starts a machine behind a socket in a temporary folder. @param options of `drydock serve` */
export async function serveDocker(options: string[] = []): Promise<DockerHost> {
  // From Debian 13 on, the client is a package of its own.
  needProgram('docker', '--version', ['docker-cli', 'docker.io']);
  const folder = await mkdtemp(join(tmpdir(), 'drydock-'));
  const host = `unix://${join(folder, 'docker.sock')}`;
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    DOCKER_HOST: host,
    DOCKER_CONFIG: join(folder, 'config'),
    TERM: 'xterm',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
  };
  const server = spawn(process.execPath, [drydock, 'serve', '--host', host, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  await listening(server);
  const launch = (command: string, args: string[], stdin: 'pipe' | 'ignore' | number = 'pipe'): ChildProcess =>
    spawn(command, args, { env, cwd: folder, stdio: [stdin, 'pipe', 'pipe'] });
  return {
    environment: { DOCKER_HOST: host, DOCKER_CONFIG: env.DOCKER_CONFIG },
    async docker(args, input) {
      if (input === undefined) return finished(launch('docker', args, 'ignore'));
      const path = join(folder, 'input');
      await writeFile(path, input);
      const file = await open(path);
      try {
        return await finished(launch('docker', args, file.fd));
      } finally {
        await file.close();
      }
    },
    start: (args) => running(launch('docker', args)),
    // Which every Debian has: bsdutils. `stty` speaks to the terminal that script makes.
    terminal: (command) => running(launch('script', ['-qefc', `stty rows 30 cols 100; ${command}`, '/dev/null'])),
    async stop() {
      server.kill('SIGTERM');
      if (server.exitCode === null) await once(server, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listening(server: ChildProcess): Promise<void> {
  let printed = '';
  const ready = new Promise<void>((resolve, reject) => {
    const onData = (bytes: Buffer): void => {
      printed += bytes.toString();
      if (printed.includes('serves the Docker Engine API')) resolve();
    };
    server.stdout?.on('data', onData);
    server.stderr?.on('data', onData);
    server.once('exit', () => reject(new Error(`drydock serve ended:\n${printed}`)));
  });
  await ready;
}

async function finished(child: ChildProcess): Promise<Printed> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [status] = (await once(child, 'close')) as [number | null];
  return { stdout, stderr, status: status ?? -1 };
}

function running(child: ChildProcess): Running {
  let printed = '';
  let seen = 0;
  const onText = (text: string): void => {
    printed += text;
  };
  child.stdout?.setEncoding('utf8').on('data', onText);
  child.stderr?.setEncoding('utf8').on('data', onText);
  // It may be gone before what was typed is written.
  child.stdin?.on('error', () => {});
  const status = once(child, 'close').then(([code]) => (code as number | null) ?? -1);
  return {
    get printed() {
      return printed;
    },
    async until(pattern) {
      for (;;) {
        const found = pattern.exec(printed.slice(seen));
        if (found) {
          seen += found.index + found[0].length;
          return;
        }
        const more = child.stdout ? once(child.stdout, 'data') : Promise.resolve();
        const over = await Promise.race([more.then(() => false), status.then(() => true)]);
        if (over && !pattern.test(printed.slice(seen))) throw new Error(`it ended without ${String(pattern)}:\n${printed}`);
      }
    },
    type: (text) => void child.stdin?.write(text),
    signal: (name) => void child.kill(name),
    status,
  };
}
