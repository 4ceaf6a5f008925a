/** Makes what the tasks need when it is missing or older than what it is made from. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.ts';

/** The machine's saved state under .cache/state; the state's own key tells whether it is current. */
export async function buildState(): Promise<void> {
  const { ensureState } = await import('../src/emulator/state/build.ts');
  await ensureState();
}

/** The page under dist/, when a source of it changed. */
export async function buildPage(): Promise<void> {
  const stamp = join(root, 'dist/.built-from');
  const key = hashOf([
    'src',
    'public',
    'index.html',
    'vite.config.ts',
    'bin/assets.ts',
    'bin/preview-origin.ts',
    'package-lock.json',
    '.cache/state/current.json',
    'images/dist/hub/v2',
    'images/dist/machine/manifest.json',
  ]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  const { build } = await import('vite');
  await build({ root, logLevel: 'warn' });
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, key);
}

/** One hash over the contents of files and folders (tests aside), absent ones included as absent. */
function hashOf(paths: string[]): string {
  const hash = createHash('sha256');
  const visit = (path: string): void => {
    let names: string[];
    try {
      names = readdirSync(join(root, path)).sort();
    } catch {
      hash.update(path).update('\0');
      if (existsSync(join(root, path))) hash.update(readFileSync(join(root, path)));
      return;
    }
    for (const name of names) if (!name.endsWith('.test.ts')) visit(join(path, name));
  };
  paths.forEach(visit);
  return hash.digest('hex');
}
