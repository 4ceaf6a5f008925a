/** `docker attach`. Source: moby daemon/attach.go. */
import type { Connection } from '../api/http.ts';
import { encodeFrame } from '../api/stdcopy.ts';
import { EngineError } from '../errors.ts';
import { serveAttachment } from './attachment.ts';
import type { Containers } from './containers.ts';
import { parseDetachKeys } from './detach-keys.ts';
import type { LogMessage } from './log/driver.ts';
import { openLog } from './log/options.ts';
import { isUp, permit } from './state.ts';
import { waitUntilDown } from './wait.ts';

export interface AttachOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  /** What was printed before, first. */
  logs: boolean;
  /** What is printed from now on. */
  stream: boolean;
  detachKeys: string;
  /** Standard output and error in frames, which a terminal never has. */
  framed: boolean;
}

export interface PreparedAttach {
  terminal: boolean;
  run: (connection: Connection) => Promise<void>;
}

/** Attaches at once, so that nothing is missed between this and the answer's head. */
export function attachContainer(containers: Containers, name: string, options: AttachOptions): PreparedAttach {
  const detachKeys = parseDetachKeys(
    options.detachKeys,
    (keys) => new EngineError('invalid-parameter', `Invalid detach keys (${keys}) provided`),
  );
  const container = containers.resolve(name);
  permit('attach', container, name);
  const { Tty: terminal, OpenStdin: openStdin, StdinOnce: stdinOnce } = container.config;
  const { streams } = container.live;
  const past = options.logs ? pastOutput(containers, container, options) : [];
  const attachment = options.stream ? streams.attach({ stdout: options.stdout, stderr: options.stderr }) : undefined;
  return {
    terminal,
    run: async (connection) => {
      try {
        for (const { stream, text } of past) {
          const bytes = new TextEncoder().encode(text);
          await connection.write(terminal || !options.framed ? bytes : encodeFrame(stream, bytes));
        }
      } catch (error) {
        // Nobody reads any more; the container must not wait for it.
        if (attachment) streams.detach(attachment);
        throw error;
      }
      containers.logEvent(container, 'attach');
      if (!attachment) return;
      const outcome = await serveAttachment(connection, streams, attachment, {
        stdin: options.stdin && openStdin,
        terminal,
        framed: !terminal && options.framed,
        endsInput: stdinOnce,
        detachKeys,
      });
      if (outcome === 'detached') containers.logEvent(container, 'detach');
      else if (stdinOnce && !terminal && isUp(container.state.status)) await Promise.race([waitUntilDown(container), connection.closed]);
    },
  };
}

function pastOutput(
  containers: Containers,
  container: Parameters<typeof openLog>[1] & { live: { log: { read(): LogMessage[] } | undefined } },
  wanted: AttachOptions,
): LogMessage[] {
  const log = container.live.log ?? openLog(containers.ports.storage, container);
  if (!log) throw new EngineError('not-implemented', 'configured logging driver does not support reading');
  return log.read().filter(({ stream }) => wanted[stream]);
}
