/**
 * What a running command line sees of the process that was started in the guest (the `docker` stub):
 * its arguments, streams, terminal, files and signals. Tests give it buffers.
 */
import type { ApiHandler } from '#engine/api/http.ts';
import type { Clock } from '#engine/clock.ts';

export interface CliEnvironment {
  /** Without the program's name. */
  args: string[];
  /** The name it was called by: `docker` or `docker-compose`. */
  program: string;
  env: Record<string, string>;
  cwd: string;
  stdin: CliInput;
  stdout: CliOutput;
  stderr: CliOutput;
  /**
   * The daemon that `DOCKER_HOST` or the context names, or the error line's detail when none answers
   * (then commands that need it print Docker's `Cannot connect to the Docker daemon at …`).
   */
  connect(host: string): Promise<ApiHandler>;
  files: CliFiles;
  /** A file shipped with the app, by its path there; undefined when there is none. What was read once is kept. */
  asset(path: string): Promise<Uint8Array | undefined>;
  clock: Clock;
  /** Called for each signal that the stub gets: 'INT', 'TERM', 'HUP', 'QUIT', 'WINCH', …; returns a function that stops it. */
  onSignal(listener: (signal: string) => void): () => void;
}

/** The same process, with some of its parts in others' places. */
export function withParts(environment: CliEnvironment, parts: Partial<CliEnvironment>): CliEnvironment {
  const { args, program, env, cwd, stdin, stdout, stderr, files, clock } = environment;
  return {
    ...{ args, program, env, cwd, stdin, stdout, stderr, files, clock },
    connect: (host) => environment.connect(host),
    asset: (path) => environment.asset(path),
    onSignal: (listener) => environment.onSignal(listener),
    ...parts,
  };
}

export interface CliInput {
  isTerminal: boolean;
  /** Chunks as they come, until end of file. Nothing is read from the guest before the first `next()`. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Puts the terminal into raw mode, or back; nothing when it is none. */
  setRaw(raw: boolean): Promise<void>;
}

export interface CliOutput {
  isTerminal: boolean;
  /** Resolves when taken, so that a slow reader slows the writer. Throws EngineError `cancelled` on a closed pipe. */
  write(data: Uint8Array | string): Promise<void>;
  /** Rows and columns; undefined when it is no terminal. */
  size(): { rows: number; columns: number } | undefined;
}

/** The files of the stub's mount namespace; relative paths are resolved against `cwd`. Errors carry a POSIX `code` ('ENOENT', …). */
export interface CliFiles {
  /** A file that is small: its whole content. */
  read(path: string): Promise<Uint8Array>;
  /** A file piece by piece, each read when asked for. */
  chunks(path: string): AsyncIterable<Uint8Array>;
  write(path: string, bytes: Uint8Array, mode?: number): Promise<void>;
  /** Adds to the end of a file that is there. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  stat(path: string, options?: { follow?: boolean }): Promise<FileStatus>;
  list(path: string): Promise<string[]>;
  /** A file, or a directory with all that is in it. */
  remove(path: string): Promise<void>;
  /** With its parents; one that is there stays as it is. */
  makeDirectory(path: string, mode?: number): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  /** Takes the place of a file that is there. */
  rename(from: string, to: string): Promise<void>;
  setMode(path: string, mode: number): Promise<void>;
  /**
   * Makes files below a directory, in the order given: each is followed by its content. Directories are merged, and are
   * not replaced by something else nor the other way round; what else is in the way goes. No link leads out of the directory.
   */
  unpack(directory: string, pieces: AsyncIterable<UnpackPiece>): Promise<void>;
  /** Every file below a directory, parents first, names sorted by code unit; a directory for which `enter` says false is listed but not entered. Content is read when asked for. */
  walk(path: string, enter?: (path: string) => boolean): AsyncIterable<WalkedFile>;
}

export type UnpackPiece = { file: UnpackedFile; sizeBytes: number } | { content: Uint8Array };

export interface UnpackedFile {
  /** Relative to the directory, clean. */
  path: string;
  type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo';
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since the epoch. */
  mtime: number;
  /** Of a symbolic link; the path of a hard link's other name. */
  linkName?: string;
  major?: number;
  minor?: number;
}

export interface FileStatus {
  type: 'file' | 'directory' | 'symlink' | 'other';
  sizeBytes: number;
  /** Permissions without the type. */
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
  /** Of a symbolic link that was not followed. */
  linkName?: string;
}

export interface WalkedFile {
  /** Relative to the directory walked, '/'-separated. */
  path: string;
  type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'fifo' | 'character' | 'block' | 'socket';
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
  sizeBytes: number;
  linkName?: string;
  content(): Promise<Uint8Array>;
}

export class FileError extends Error {
  override readonly name = 'FileError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
