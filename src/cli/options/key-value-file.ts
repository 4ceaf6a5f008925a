/**
 * Files of `KEY=value` lines, as `--env-file` and `--label-file` take them. Values are taken as they are:
 * no quotes, no expansion.
 * Source: docker/cli pkg/kvfile and opts/parse.go.
 */
import type { CliFiles } from '#cli/environment.ts';
import { messageOf } from '#engine/errors.ts';
import { openError } from './open-error.ts';

/**
 * The lines of all files, then the pairs given on the command line.
 *
 * @param lookUp gives a key without value its value; a key that has none is left out
 * @throws Error with Docker's words
 */
export async function readKeyValues(
  files: CliFiles,
  paths: readonly string[],
  override: readonly string[],
  lookUp?: (key: string) => string | undefined,
): Promise<string[]> {
  const pairs: string[] = [];
  for (const path of paths) {
    const bytes = await files.read(path).catch((error: unknown) => {
      const problem = openError(path, error);
      // A directory opens, so that reading its lines is what fails.
      throw problem.message.startsWith('read ') ? invalidFile(path, problem) : problem;
    });
    try {
      pairs.push(...parseKeyValues(bytes, lookUp));
    } catch (error) {
      throw invalidFile(path, error);
    }
  }
  return [...pairs, ...override];
}

function invalidFile(path: string, error: unknown): Error {
  return new Error(`invalid env file (${path}): ${messageOf(error)}`, { cause: error });
}

/** `["a=1", "b"]` as `{a: '1', b: ''}`; later ones win. */
export function toMap(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => cut(pair)));
}

/** Splits at the first `=`. */
export function cut(pair: string): [key: string, value: string] {
  const equals = pair.indexOf('=');
  return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
}

function parseKeyValues(bytes: Uint8Array, lookUp: ((key: string) => string | undefined) | undefined): string[] {
  const pairs: string[] = [];
  for (const [index, lineBytes] of splitLines(bytes).entries()) {
    const line = decodeLine(lineBytes, index + 1).replace(/^\s+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const [key] = cut(line);
    if (key === '') throw new Error(`no variable name on line '${line}'`);
    if (/[ \t]/.test(key)) throw new Error(`variable '${key}' contains whitespaces`);
    if (line.includes('=')) {
      pairs.push(line);
    } else {
      const value = lookUp?.(line);
      if (value !== undefined) pairs.push(`${key}=${value}`);
    }
  }
  return pairs;
}

function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    lines.push(bytes.subarray(start, bytes[end - 1] === 13 && end > start ? end - 1 : end));
    start = end + 1;
  }
  return lines;
}

function decodeLine(bytes: Uint8Array, number: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: number !== 1 }).decode(bytes);
  } catch {
    throw new Error(`invalid utf8 bytes at line ${number}: [${bytes.join(' ')}]`);
  }
}
