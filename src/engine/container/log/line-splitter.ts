/**
 * Cuts what a process prints into log lines. A line longer than 16 kB is kept in parts that share the first
 * one's time; the last piece without a newline is kept when the stream ends.
 * Source: moby daemon/logger/copier.go.
 */
import type { LogMessage } from './driver.ts';

const longestPart = 16 * 1024;
const newline = 10;

/** What a session keeps of a line that has not ended. JSON. */
export interface UnendedLine {
  /** A character for each byte. */
  bytes: string;
  partialTimeMs?: number | undefined;
}

export class LineSplitter {
  readonly #stream: LogMessage['stream'];
  #pending: Uint8Array = new Uint8Array();
  /** Time of the first part of a long line that has not ended yet. */
  #partialTimeMs: number | undefined;

  constructor(stream: LogMessage['stream'], unended?: UnendedLine) {
    this.#stream = stream;
    if (!unended) return;
    this.#pending = Uint8Array.from(unended.bytes, (character) => character.charCodeAt(0));
    this.#partialTimeMs = unended.partialTimeMs;
  }

  save(): UnendedLine {
    return { bytes: String.fromCharCode(...this.#pending), partialTimeMs: this.#partialTimeMs };
  }

  push(bytes: Uint8Array, nowMs: number): LogMessage[] {
    const messages: LogMessage[] = [];
    let rest = this.#pending.length === 0 ? bytes : joined(this.#pending, bytes);
    const last = rest.lastIndexOf(newline);
    if (last >= 0) {
      const whole = new TextDecoder().decode(rest.subarray(0, last + 1));
      for (let start = 0; start < whole.length;) {
        const end = whole.indexOf('\n', start) + 1;
        this.#addLine(messages, whole.slice(start, end), nowMs);
        start = end;
      }
      rest = rest.subarray(last + 1);
    }
    while (rest.length >= longestPart) {
      this.#addPart(messages, rest.subarray(0, longestPart), nowMs);
      rest = rest.subarray(longestPart);
    }
    this.#pending = rest.slice();
    return messages;
  }

  /** What is left when the stream ends. */
  end(nowMs: number): LogMessage[] {
    const messages: LogMessage[] = [];
    if (this.#pending.length > 0) this.#addPart(messages, this.#pending, nowMs);
    this.#pending = new Uint8Array();
    this.#partialTimeMs = undefined;
    return messages;
  }

  /** A line that ended; itself in parts when it is long. */
  #addLine(messages: LogMessage[], text: string, nowMs: number): void {
    let rest = text;
    while (rest.length > longestPart) {
      this.#partialTimeMs ??= nowMs;
      messages.push({ stream: this.#stream, text: rest.slice(0, longestPart), timeMs: this.#partialTimeMs });
      rest = rest.slice(longestPart);
    }
    messages.push({ stream: this.#stream, text: rest, timeMs: this.#partialTimeMs ?? nowMs });
    this.#partialTimeMs = undefined;
  }

  #addPart(messages: LogMessage[], bytes: Uint8Array, nowMs: number): void {
    this.#partialTimeMs ??= nowMs;
    messages.push({ stream: this.#stream, text: new TextDecoder().decode(bytes), timeMs: this.#partialTimeMs });
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
