#!/usr/bin/env node
/**
 * The first step of every `npm run …`: with only Node and npm present, installs what is missing or
 * stale, then runs the task (bin/tasks.ts). Plain JavaScript, because nothing is installed yet.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major] = process.versions.node.split('.');
if (Number(major) < 20) {
  console.error(`Drydock needs Node 20 or newer; this is ${process.version}.`);
  process.exit(1);
}

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const stamp = join(root, 'node_modules/.drydock-installed');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.error('Installing packages (once) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) {
    console.error('npm ci failed; nothing was started.');
    process.exit(done.status ?? 1);
  }
  writeFileSync(stamp, lock);
}

const { tsImport } = await import('tsx/esm/api');
const { runTask } = await tsImport('./tasks.ts', import.meta.url);
process.exitCode = await runTask(process.argv[2] ?? 'start', process.argv.slice(3));
