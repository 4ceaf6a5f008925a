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
  clock: Clock;
  /** Called for each signal that the stub gets: 'INT', 'TERM', 'HUP', 'QUIT', 'WINCH', …; returns a function that stops it. */
  onSignal(listener: (signal: string) => void): () => void;
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
  read(path: string): Promise<Uint8Array>;
  write(path: string, bytes: Uint8Array, mode?: number): Promise<void>;
  stat(path: string): Promise<{ type: 'file' | 'directory' | 'symlink' | 'other'; sizeBytes: number; mode: number }>;
  list(path: string): Promise<string[]>;
  remove(path: string): Promise<void>;
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
