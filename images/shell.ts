// Where the recipes work, and how they run a program: loudly when it fails, otherwise into a log.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  input?: string | Uint8Array;
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

/** Only one build at a time works in the cache: waits for another one to end. Returns what gives the lock back. */
export function lockCache(): () => void {
  const path = join(cacheDir, 'lock');
  mkdirSync(cacheDir, { recursive: true });
  for (let told = false; ;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch {
      const holder = Number(readIfThere(path));
      if (holder > 0 && !isRunning(holder)) rmSync(path, { force: true });
      else if (!told) console.log(`waiting for another build of the images (process ${holder})`);
      told = true;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
