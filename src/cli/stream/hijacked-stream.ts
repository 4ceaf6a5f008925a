/**
 * Carries bytes between a person (or a pipe) and a process over a connection that attach or exec took
 * over: standard input to the connection, the connection to standard output and error, raw mode for
 * the time in between, and the keys that leave. Knows nothing of containers.
 * Source: docker/cli cli/command/container/hijack.go.
 */
import type { CliInput, CliOutput } from '#cli/environment.ts';
import type { Connection } from '#engine/api/http.ts';
import { messageOf } from '#engine/errors.ts';
import { DetachKeyRecogniser, defaultDetachKeys, parseDetachKeys } from './detach-keys.ts';
import { copyAll, copyFrames } from './stdcopy.ts';

export interface HijackedStreamOptions {
  connection: Connection;
  /** Undefined: nothing is sent. */
  input?: CliInput | undefined;
  /** Undefined: what the process prints there is dropped. */
  output?: CliOutput | undefined;
  errors?: CliOutput | undefined;
  /** The process has a terminal: output is one plain stream, and the person's terminal becomes raw. */
  tty: boolean;
  /** Notation as in `--detach-keys`; empty for the default. Only looked for with a terminal. */
  detachKeys: string;
  /** Where a warning about bad detach keys goes. */
  warn: (message: string) => Promise<void>;
}

/** The person typed the detach keys. Its message is what `docker attach` and `docker exec` print then. */
export class DetachError extends Error {
  override readonly name = 'DetachError';

  constructor() {
    super('read escape sequence');
  }
}

export interface HijackedStream {
  /**
   * Settles when output has ended, or input where there is no output, or `stop` was called; rejects with
   * `DetachError` or what went wrong. The terminal is back to normal by then.
   */
  readonly done: Promise<void>;
  /** Lets go of the streams without waiting for their end. */
  stop(): void;
}

/** Begins to carry; the terminal is raw when this resolves. */
export async function streamHijacked(options: HijackedStreamOptions): Promise<HijackedStream> {
  const { connection, input, tty } = options;
  const restore = await setUpInput(options);
  let stop!: () => void;
  const stopped = new Promise<void>((resolve) => (stop = resolve));

  const output = options.output || options.errors ? carryOutput(options, restore) : undefined;
  const typed = carryInput(connection, input, tty && input ? await recogniser(options) : undefined, restore);

  const done = Promise.race([output ?? typed.ended, typed.detached, stopped]).finally(async () => {
    typed.abandon();
    await restore();
  });
  // Whoever stops early does not look at how it ended.
  done.catch(() => {});
  return { done, stop };
}

/** Makes the terminal raw where one is used. The returned function restores it, once. */
async function setUpInput({ input, tty }: HijackedStreamOptions): Promise<() => Promise<void>> {
  if (!input || !tty) return () => Promise.resolve();
  try {
    await input.setRaw(true);
  } catch (error) {
    throw new Error(`unable to setup input stream: unable to set IO streams as raw terminal: ${messageOf(error)}`, { cause: error });
  }
  let restored: Promise<void> | undefined;
  return () => (restored ??= input.setRaw(false).catch(() => {}));
}

async function recogniser({ detachKeys, warn }: HijackedStreamOptions): Promise<DetachKeyRecogniser> {
  if (detachKeys === '') return new DetachKeyRecogniser(defaultDetachKeys);
  try {
    return new DetachKeyRecogniser(parseDetachKeys(detachKeys));
  } catch (error) {
    await warn(`invalid detach escape keys, using default: ${messageOf(error)}`);
    return new DetachKeyRecogniser(defaultDetachKeys);
  }
}

async function carryOutput({ connection, output, errors, tty }: HijackedStreamOptions, restore: () => Promise<void>): Promise<void> {
  if (!tty || !output) return copyFrames(connection.input, output, errors);
  try {
    await copyAll(connection.input, output);
  } finally {
    // As soon as possible, so that whatever is printed next is printed normally.
    await restore();
  }
}

interface CarriedInput {
  /** Resolves when the input has ended and the connection was told so. */
  ended: Promise<void>;
  /** Only ever rejects, with `DetachError`. */
  detached: Promise<never>;
  /** Reads no more. */
  abandon(): void;
}

function carryInput(
  connection: Connection,
  input: CliInput | undefined,
  keys: DetachKeyRecogniser | undefined,
  restore: () => Promise<void>,
): CarriedInput {
  let detach!: (error: DetachError) => void;
  const detached = new Promise<never>((_, reject) => (detach = reject));
  detached.catch(() => {});
  const chunks = input?.chunks()[Symbol.asyncIterator]();
  let abandoned = false;

  const copy = async (): Promise<'ended' | 'detached'> => {
    if (!chunks) return 'ended';
    try {
      for (;;) {
        const next = await chunks.next();
        if (next.done || abandoned) return 'ended';
        const { bytes, detached: keysTyped } = keys?.feed(next.value) ?? { bytes: next.value, detached: false };
        if (bytes.length > 0) await connection.write(bytes);
        if (keysTyped) return 'detached';
      }
    } catch {
      // A closed connection shows on the receiving side, which reports it.
      return 'ended';
    }
  };

  const run = async (): Promise<void> => {
    const end = await copy();
    if (abandoned) return;
    if (input) await restore();
    if (end === 'detached') {
      detach(new DetachError());
      // Never resolves: detaching is the end.
      return new Promise(() => {});
    }
    await connection.closeWrite().catch(() => {});
  };

  return {
    ended: run(),
    detached,
    abandon: () => {
      abandoned = true;
      void chunks?.return?.()?.catch(() => {});
    },
  };
}
