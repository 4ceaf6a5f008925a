/**
 * Attaches the person's streams to a container's process, for `docker run`, `docker start` and
 * `docker attach`.
 */
import { EngineError } from '#engine/errors.ts';
import type { CliInput, CliOutput } from '../environment.ts';
import type { CommandContext } from '../command.ts';
import { ExitError } from '../exit-error.ts';
import { streamHijacked, type HijackedStream } from '../stream/hijacked-stream.ts';
import { forwardSignals } from '../stream/signal-proxy.ts';
import { takeOver } from '../stream/take-over.ts';
import { monitorTerminalSize } from '../stream/terminal-size.ts';
import { containerPath } from './container-path.ts';
import { writeLog } from './log-line.ts';

export interface AttachOptions {
  /** Id or name. */
  container: string;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  /** The container has a terminal. */
  tty: boolean;
}

export interface Attachment extends HijackedStream {
  /** Lets go of the connection. */
  close(): void;
}

/**
 * From here on the container decides when the command ends, or the detach keys, or three interrupts.
 *
 * @throws ExitError when the daemon refuses
 */
export async function attachContainer(context: CommandContext, options: AttachOptions): Promise<Attachment> {
  const { container, stdin, stdout, stderr, tty } = options;
  context.holdInterrupts();
  const detachKeys = await detachKeysOf(context);
  const query = {
    stream: 1,
    stdin: stdin ? 1 : undefined,
    stdout: stdout ? 1 : undefined,
    stderr: stderr ? 1 : undefined,
    detachKeys: detachKeys || undefined,
  };
  const api = await context.api();
  const { connection, close } = await takeOver(api, containerPath(container, 'attach'), {
    query,
    headers: { 'Content-Type': 'text/plain' },
  });
  const { input, output, errors } = streamsOf(context, options);
  try {
    const stream = await streamHijacked({
      connection,
      input,
      output,
      errors,
      tty,
      detachKeys,
      warn: (message) => writeLog(context.environment, 'warning', message),
    });
    return { ...stream, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** `--detach-keys`, else what the client's configuration says; empty for Docker's own. */
export async function detachKeysOf(context: CommandContext): Promise<string> {
  return context.flags.string('detach-keys') || (await context.config()).detachKeys || '';
}

/** With a terminal, the process's errors come with its output. */
export function streamsOf(
  context: CommandContext,
  { stdin, stdout, stderr, tty }: Omit<AttachOptions, 'container'>,
): { input: CliInput | undefined; output: CliOutput | undefined; errors: CliOutput | undefined } {
  const { environment } = context;
  return {
    input: stdin ? environment.stdin : undefined,
    output: stdout ? environment.stdout : undefined,
    errors: stderr ? (tty ? environment.stdout : environment.stderr) : undefined,
  };
}

/** @throws ExitError when a container's terminal would get its input from something that is none */
export function checkTty(context: CommandContext, attachStdin: boolean, tty: boolean): void {
  if (tty && attachStdin && !context.environment.stdin.isTerminal) throw new ExitError(1, 'the input device is not a TTY');
}

/** Passes signals on to a container; the returned function stops that. */
export async function proxySignals(context: CommandContext, container: string): Promise<() => void> {
  const api = await context.api();
  return forwardSignals(context.environment, (signal) => api.post(containerPath(container, 'kill'), { query: { signal } }));
}

/**
 * What ends a command that passes signals on. It gets the signal for a closed pipe as well, and so lives to report
 * it, where other commands are just over.
 */
export function proxiedFailure(error: unknown): unknown {
  const closed = error instanceof EngineError && error.kind === 'cancelled';
  return closed ? new ExitError(1, 'write /dev/stdout: broken pipe', { cause: error }) : error;
}

/** Keeps a container's terminal as large as the person's, where both have one; the returned function stops that. */
export async function followTerminalSize(context: CommandContext, container: string, tty: boolean): Promise<() => void> {
  if (!tty || !context.environment.stdout.isTerminal) return () => {};
  const api = await context.api();
  return monitorTerminalSize(context.environment, (rows, columns) =>
    api.post(containerPath(container, 'resize'), { query: { h: rows, w: columns } }),
  );
}
