/**
 * What the client does with `--security-opt` before it sends it: checks the form, reads a seccomp
 * profile's file, and turns `systempaths=unconfined` into empty path lists.
 * Source: docker/cli cli/command/container/opts.go, parseSecurityOpts and parseSystemPaths.
 */
import type { CliFiles } from '#cli/environment.ts';
import { quote } from '#engine/go-quote.ts';
import { openError } from '#cli/options/open-error.ts';
import { jsonTextMistake } from '#engine/api/go-json.ts';

export interface SecurityOptions {
  /** Null when none was given. */
  SecurityOpt: string[] | null;
  /** Null for the daemon's default. */
  MaskedPaths: string[] | null;
  ReadonlyPaths: string[] | null;
}

/** @throws Error with Docker's words */
export async function securityOptions(files: CliFiles, options: readonly string[]): Promise<SecurityOptions> {
  if (options.length === 0) return { SecurityOpt: null, MaskedPaths: null, ReadonlyPaths: null };
  const checked = await Promise.all(options.map((option) => checkOption(files, option)));
  const unconfined = checked.includes('systempaths=unconfined');
  return {
    SecurityOpt: checked.filter((option) => option !== 'systempaths=unconfined'),
    MaskedPaths: unconfined ? [] : null,
    ReadonlyPaths: unconfined ? [] : null,
  };
}

async function checkOption(files: CliFiles, option: string): Promise<string> {
  const [key, value] = split(option);
  if (key === 'no-new-privileges') return option;
  if (!value) throw new Error(`Invalid --security-opt: ${quote(option)}`);
  if (key !== 'seccomp' || value === 'builtin' || value === 'unconfined') return option;
  return `seccomp=${await readProfile(files, value)}`;
}

/** At the first `=`, or where there is none at the first `:` (an old form). */
function split(option: string): [key: string, value: string] {
  const separator = option.includes('=') ? option.indexOf('=') : option.indexOf(':');
  return separator < 0 ? [option, ''] : [option.slice(0, separator), option.slice(separator + 1)];
}

async function readProfile(files: CliFiles, path: string): Promise<string> {
  const bytes = await files.read(path).catch((error: unknown) => {
    throw new Error(`opening seccomp profile (${path}) failed: ${openError(path, error).message}`, { cause: error });
  });
  const text = new TextDecoder().decode(bytes);
  const mistake = jsonTextMistake(text);
  if (mistake !== undefined) throw new Error(`compacting json for seccomp profile (${path}) failed: ${mistake}`);
  return withoutSpace(text);
}

/** Valid JSON without the white space between its parts; all else stays as it was written. */
function withoutSpace(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|\s+/gu, (_, string?: string) => string ?? '');
}
