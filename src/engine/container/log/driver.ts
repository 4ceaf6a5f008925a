/**
 * What a log driver is: takes what a container prints, line by line, and may give it back. `json-file` and
 * `local` are files (file-log.ts); `none` keeps nothing.
 */

export interface LogMessage {
  stream: 'stdout' | 'stderr';
  /** The line with its newline; without one when it is the first part of a long line, or the last of all without an end. */
  text: string;
  /** Milliseconds since the epoch. */
  timeMs: number;
  attributes?: Record<string, string>;
}

export interface LogDriver {
  write(messages: LogMessage[]): void;
  /** All that is kept, oldest first. */
  read(): LogMessage[];
  /** Calls back on whatever is written from now on; `onClose` when the container has ended. Returns a function that stops it. */
  listen(onMessages: (messages: LogMessage[]) => void, onClose: () => void): () => void;
  /** The container has ended. */
  close(): void;
}
