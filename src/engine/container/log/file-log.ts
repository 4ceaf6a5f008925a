/**
 * A log in files: lines appended, and when a file is full it becomes `.1`, the one before `.2`, up to a
 * number of files. Used by `json-file` and, with the same lines, by `local` (Docker's own has a binary format).
 * Source: moby daemon/logger/loggerutils/logfile.go.
 */
import { EngineError } from '../../errors.ts';
import type { Storage } from '../../storage.ts';
import type { LogDriver, LogMessage } from './driver.ts';
import { decodeLine, encodeAttributes, encodeLine } from './json-line.ts';

export interface FileLogOptions {
  /** Under /var/lib/docker. */
  path: string;
  /** A file that has reached this is full. */
  maxBytes: number;
  maxFiles: number;
  /** Kept with every line, shown by `logs --details`. */
  attributes: Record<string, string>;
}

const encoder = new TextEncoder();

export class FileLog implements LogDriver {
  readonly #storage: Storage;
  readonly #options: FileLogOptions;
  readonly #attributes: string;
  readonly #listeners = new Set<{ onMessages: (messages: LogMessage[]) => void; onClose: () => void }>();
  #bytes: number;

  constructor(storage: Storage, options: FileLogOptions) {
    this.#storage = storage;
    this.#options = options;
    this.#attributes = encodeAttributes(options.attributes);
    this.#bytes = storage.sizeBytes(options.path) ?? 0;
    if (storage.sizeBytes(options.path) === undefined) storage.write(options.path, new Uint8Array(), 0o640);
  }

  write(messages: LogMessage[]): void {
    try {
      this.#keep(messages);
    } catch (error) {
      // A full disk costs lines, not the container, as in Docker; who follows the log does not see them either.
      if (!(error instanceof EngineError)) throw error;
      return;
    }
    if (this.#listeners.size === 0) return;
    const { attributes } = this.#options;
    const shown = this.#attributes === '' ? messages : messages.map((message) => ({ ...message, attributes }));
    for (const { onMessages } of [...this.#listeners]) onMessages(shown);
  }

  #keep(messages: LogMessage[]): void {
    const { path, maxBytes } = this.#options;
    let [lines, bytes] = ['', 0];
    for (const message of messages) {
      if (this.#bytes + bytes >= maxBytes) {
        this.#append(path, lines);
        [lines, bytes] = ['', 0];
        this.#rotate();
      }
      const line = encodeLine(message, this.#attributes);
      lines += line;
      if (maxBytes !== undefined) bytes += encoder.encode(line).length;
    }
    this.#append(path, lines);
  }

  read(): LogMessage[] {
    const messages: LogMessage[] = [];
    for (let number = this.#options.maxFiles - 1; number >= 0; number--) {
      const bytes = this.#storage.read(number === 0 ? this.#options.path : `${this.#options.path}.${number}`);
      if (!bytes) continue;
      for (const line of new TextDecoder().decode(bytes).split('\n')) {
        const message = line === '' ? undefined : decodeLine(line);
        if (message) messages.push(message);
      }
    }
    return messages;
  }

  listen(onMessages: (messages: LogMessage[]) => void, onClose: () => void): () => void {
    const listener = { onMessages, onClose };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const { onClose } of listeners) onClose();
  }

  #append(path: string, lines: string): void {
    if (lines === '') return;
    const bytes = encoder.encode(lines);
    this.#storage.append(path, bytes);
    this.#bytes += bytes.length;
  }

  #rotate(): void {
    const { path, maxFiles } = this.#options;
    if (maxFiles > 1) {
      this.#storage.remove(`${path}.${maxFiles - 1}`);
      for (let number = maxFiles - 1; number > 1; number--) {
        if (this.#storage.sizeBytes(`${path}.${number - 1}`) !== undefined)
          this.#storage.rename(`${path}.${number - 1}`, `${path}.${number}`);
      }
      this.#storage.rename(path, `${path}.1`);
    }
    this.#storage.write(path, new Uint8Array(), 0o640);
    this.#bytes = 0;
  }
}
