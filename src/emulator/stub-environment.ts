/**
 * A `docker` command of the guest as the command line sees it: its streams are the stub's channels, its
 * files are reached through the agent with the stub's own root, directory and rights.
 */
import type { ApiHandler } from '#engine/api/http.ts';
import { concatBytes } from '#engine/bytes.ts';
import { EngineError } from '#engine/errors.ts';
import { FileError, type CliEnvironment, type CliFiles, type CliInput, type CliOutput } from '#cli/environment.ts';
import { AgentError, ChannelClosed } from './agent/agent-error.ts';
import type { Channel } from './agent/channel.ts';
import type { AgentClient } from './agent/client.ts';
import type { Op } from './agent/op.ts';
import { chmod, mkdir, readdir, readFile, rename, rmtree, stat, symlink, unpackTree, writeFile } from './agent/ops.ts';
import type { Stub } from './agent/stub.ts';
import type { MemoryFs } from './p9/memory-fs.ts';
import { systemClock } from './ports/clock.ts';
import { sendTree } from './guest/container-files.ts';
import type { Transfers } from './guest/transfers.ts';
import { daemonOf } from './stub-daemon.ts';
import { walkFiles, type Walk } from './walk-files.ts';

const signals: Record<number, string> = {
  1: 'HUP',
  2: 'INT',
  3: 'QUIT',
  10: 'USR1',
  12: 'USR2',
  15: 'TERM',
  18: 'CONT',
  20: 'TSTP',
  28: 'WINCH',
};
/** What one operation carries at most. */
const PIECE_BYTES = 512 * 1024;
/** A file that a command reads whole: /dev/zero has no end. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * @param daemon the API of a node, as its sockets give it
 * @param asset reads a file shipped with the app
 * @param share the files that guest and worker share
 * @param transfers takes trees to the guest
 */
export function stubEnvironment(
  agent: AgentClient,
  stub: Stub,
  daemon: (node: number) => ApiHandler | undefined,
  asset: CliEnvironment['asset'],
  share: MemoryFs,
  transfers: Transfers,
): CliEnvironment {
  const { hello } = stub;
  const files = filesOf(agent, stub, share, transfers);
  return {
    args: hello.args,
    program: hello.program,
    env: hello.env,
    cwd: hello.cwd,
    stdin: inputOf(stub),
    stdout: outputOf(stub, stub.stdout, hello.streams[1]?.isTerminal ?? false),
    stderr: outputOf(stub, stub.stderr, hello.streams[2]?.isTerminal ?? false),
    connect: (host) => daemonOf(agent, stub, files, host, daemon),
    files,
    asset,
    clock: systemClock,
    onSignal: (listener) => stub.onSignal((number) => listener(signals[number] ?? String(number))),
  };
}

function inputOf(stub: Stub): CliInput {
  return {
    isTerminal: stub.hello.streams[0]?.isTerminal ?? false,
    chunks: () => stub.stdin.read(),
    setRaw(raw) {
      stub.setRaw(raw);
      return Promise.resolve();
    },
  };
}

function outputOf(stub: Stub, channel: Channel, isTerminal: boolean): CliOutput {
  return {
    isTerminal,
    async write(data) {
      try {
        await channel.write(typeof data === 'string' ? new TextEncoder().encode(data) : data);
      } catch (error) {
        if (error instanceof ChannelClosed) throw new EngineError('cancelled', 'broken pipe', { cause: error });
        throw error;
      }
    },
    size: () => (isTerminal ? stub.size : undefined),
  };
}

function filesOf(agent: AgentClient, stub: Stub, share: MemoryFs, transfers: Transfers): CliFiles {
  const asFileError = (error: unknown): never => {
    if (error instanceof AgentError) throw new FileError(error.code, error.message);
    throw error;
  };
  const run = <R>(step: Op<R>): Promise<R> => agent.run({ stub: stub.id }, step).catch(asFileError);
  const batch: Walk['batch'] = (ops) => agent.batch({ stub: stub.id }, ops).catch(asFileError);
  const read = async (path: string): Promise<Uint8Array> => {
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of chunks(path)) {
      parts.push(part);
      length += part.length;
      if (length > MAX_FILE_BYTES) throw new FileError('EFBIG', `read ${path}: file too large`);
    }
    return concatBytes(parts);
  };
  async function* chunks(path: string): AsyncGenerator<Uint8Array> {
    for (let at = 0; ;) {
      const part = await run(readFile(path, PIECE_BYTES, at));
      if (part.length === 0) return;
      yield part;
      at += part.length;
    }
  }
  const append = async (path: string, bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      await run(writeFile(path, 0o644, bytes.subarray(at, at + PIECE_BYTES), { append: true }));
    }
  };
  return {
    read,
    chunks,
    append,
    async write(path, bytes, mode) {
      await run(writeFile(path, mode ?? 0o644, bytes.subarray(0, PIECE_BYTES)));
      await append(path, bytes.subarray(PIECE_BYTES));
    },
    async stat(path, options = {}) {
      const { type, sizeBytes, mode, uid, gid, modifiedMs, target } = await run(stat(path, options));
      const known = type === 'file' || type === 'directory' || type === 'symlink' ? type : 'other';
      return { type: known, sizeBytes, mode, uid, gid, mtimeMs: modifiedMs, ...(target && { linkName: target }) };
    },
    list: async (path) => (await run(readdir(path))).map(({ name }) => name),
    remove: (path) => run(rmtree(path)),
    makeDirectory: (path, mode) => run(mkdir(path, mode)),
    symlink: (target, path) => run(symlink(target, path)),
    rename: (from, to) => run(rename(from, to)),
    setMode: (path, mode) => run(chmod(path, mode)),
    // The directory is the root of what is unpacked, so that no link leads out of it.
    unpack: (directory, pieces) =>
      sendTree(transfers, directory, pieces, (from) =>
        agent.batch({ stub: stub.id }, [unpackTree(directory, '/', from, true)], { background: true }).catch(below(directory)),
      ),
    walk: (path, enter) => walkFiles({ agent, stub, share, batch, read }, path, enter ?? (() => true)),
  };
}

/** What the agent says of paths below a directory that was its root, in paths as they are here. */
function below(directory: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof AgentError) || !error.detail.includes('/')) throw error;
    const prefix = directory === '/' ? '/' : `${directory}/`;
    throw new AgentError(error.index, error.errno, error.op, error.detail.replace(/\/+/, prefix));
  };
}
