// Where the recipes work, and how they run a program: loudly when it fails, otherwise into a log.

import { spawnSync } from 'node:child_process';
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder `images/`. */
export const imagesDir = dirname(fileURLToPath(import.meta.url));
export const distDir = join(imagesDir, 'dist');
/** Packages, source trees and results; may be deleted at any time. */
export const cacheDir = join(imagesDir, '.cache');

interface RunOptions {
  cwd?: string;
  /** Added to the environment. The locale is always C and the time zone UTC, as both show in what tools write. */
  env?: Record<string, string>;
  /** File that takes what the program prints; without one it is shown. */
  log?: string;
  input?: string;
}

/** Runs a program to its end; throws, with the last lines of its log, unless it exits with 0. */
export function run(program: string, args: string[], { cwd, env, log, input }: RunOptions): void {
  if (log) mkdirSync(dirname(log), { recursive: true });
  const out = log ? openSync(log, 'a') : 'inherit';
  const result = spawnSync(program, args, {
    cwd,
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC', ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', out, out],
    input,
  });
  if (typeof out === 'number') closeSync(out);
  if (result.error) throw new Error(`${program}: ${result.error.message}`);
  if (result.status === 0) return;
  const tail = log ? `\n${readFileSync(log, 'utf8').split('\n').slice(-30).join('\n')}` : '';
  throw new Error(`${program} ${args.join(' ')} ended with ${result.status ?? result.signal}${tail}`);
}
