/**
 * The lines of a json-file log, byte for byte as Docker writes them: people look into these files.
 * Source: moby daemon/logger/jsonfilelog/jsonlog.
 */
import { parseRfc3339, rfc3339Nano } from '../../time.ts';
import type { LogMessage } from './driver.ts';

// The separators are dangerous in scripts; the rest is what JSON or Go's encoder wants escaped.
const special = /["\\\u0000-\u001f<>&\u2028\u2029]/g;

export function encodeLine({ stream, text, timeMs }: LogMessage, attributes: string): string {
  return `{"log":"${escaped(text)}","stream":"${stream}"${attributes === '' ? '' : `,"attrs":${attributes}`},"time":"${rfc3339Nano(timeMs)}"}\n`;
}

/** Attributes as they stand in every line; empty for none. */
export function encodeAttributes(attributes: Record<string, string>): string {
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? '' : `{${entries.map(([key, value]) => `"${escaped(key)}":"${escaped(value)}"`).join(',')}}`;
}

/** The message of a line; undefined for one that is damaged. */
export function decodeLine(line: string): LogMessage | undefined {
  let parsed: { log?: unknown; stream?: unknown; time?: unknown; attrs?: unknown };
  try {
    parsed = JSON.parse(line) as typeof parsed;
  } catch {
    return undefined;
  }
  const timeMs = typeof parsed.time === 'string' ? parseRfc3339(parsed.time) : undefined;
  if (typeof parsed.log !== 'string' || timeMs === undefined) return undefined;
  const message: LogMessage = { stream: parsed.stream === 'stderr' ? 'stderr' : 'stdout', text: parsed.log, timeMs };
  if (parsed.attrs && typeof parsed.attrs === 'object') message.attributes = parsed.attrs as Record<string, string>;
  return message;
}

function escaped(text: string): string {
  return text.replace(special, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
