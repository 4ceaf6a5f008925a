/** Log messages as the wire carries them. Source: moby api/server/httputils/write_log_stream.go. */
import type { LogMessage } from '../../container/log/driver.ts';
import { rfc3339NanoFixed } from '../../time.ts';
import { encodeFrame } from '../stdcopy.ts';

export interface LogFormat {
  stdout: boolean;
  stderr: boolean;
  /** Not from a terminal: standard output and error in frames. */
  framed: boolean;
  timestamps: boolean;
  /** Labels and environment that the log driver kept. */
  details: boolean;
}

const encoder = new TextEncoder();

/** A batch as one piece. */
export function logBytes(messages: LogMessage[], format: LogFormat): Uint8Array {
  const pieces = messages
    .filter(({ stream }) => format[stream])
    .map((message) => {
      const bytes = encoder.encode(lineOf(message, format));
      return format.framed ? encodeFrame(message.stream, bytes) : bytes;
    });
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function lineOf({ text, timeMs, attributes }: LogMessage, { timestamps, details }: LogFormat): string {
  const time = timestamps ? `${rfc3339NanoFixed(timeMs)} ` : '';
  return time + (details ? `${detailsOf(attributes ?? {})} ` : '') + text;
}

function detailsOf(attributes: Record<string, string>): string {
  return Object.entries(attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${queryEscape(key)}=${queryEscape(value)}`)
    .join(',');
}

/** Go's url.QueryEscape. */
function queryEscape(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
