// The package mirror's content as files in dist/mirror, with the index that says what is there (src/emulator/mirror/catalog.ts
// reads it) and a record of what it was made from.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { recipeHash } from '../part.ts';
import { distDir } from '../shell.ts';
import { aptContent } from './apt.ts';
import { dockerRecipe } from '../packages/docker.ts';
import { dockerContent } from './docker.ts';
import { npmContent } from './npm.ts';
import { pypiContent } from './pypi.ts';

export const mirrorDir = join(distDir, 'mirror');
export const mirrorRecord = join(mirrorDir, 'recipe.json');

/** A file of the mirror, with its path below dist/mirror. */
export interface MirrorFile {
  path: string;
  bytes: Uint8Array;
  /** Seconds since 1970. */
  modified: number;
}

/** What one kind of package adds to the mirror. */
export interface MirrorContent {
  files: MirrorFile[];
  /** What was chosen, without what came along because something needs it. */
  chosen: string[];
  /** What it was made from: Debian source packages, or packages of npm, as `name version`. */
  sources: string[];
  /** By name of a source: the licences that it names. */
  licences: Record<string, string>;
}

/** dist/mirror/recipe.json. */
export interface MirrorRecord {
  recipe: string;
  sources: Record<'apt' | 'npm' | 'pypi', string[]>;
  licences: Record<string, string>;
}

/** Paths below `images/` that decide the content. */
const recipe = [
  ...['apt.ts', 'content.ts', 'docker.ts', 'licences.ts', 'npm-packages.json', 'npm.ts', 'pypi.ts', 'wheel.py'].map(
    (file) => `mirror/${file}`,
  ),
  ...['hub/debian/path-filter.ts', 'hub/debian/rootfs/etc/dpkg'],
  ...dockerRecipe,
];

export function mirrorRecipe(): string {
  return recipeHash(recipe);
}

/** Brings dist/mirror up to date. */
export function buildMirror(again: boolean): void {
  const now = mirrorRecipe();
  if (!again && existsSync(mirrorRecord) && (JSON.parse(readFileSync(mirrorRecord, 'utf8')) as MirrorRecord).recipe === now) return;
  console.log('building mirror');
  const apt = aptContent();
  const docker = dockerContent();
  const { wheels, ...pypi } = pypiContent();
  const npm = npmContent();
  rmSync(mirrorDir, { recursive: true, force: true });
  const all = [...apt.files, ...docker.files, ...pypi.files, ...npm.files].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, bytes } of all) {
    mkdirSync(dirname(join(mirrorDir, path)), { recursive: true });
    writeFileSync(join(mirrorDir, path), bytes);
  }
  const index = {
    files: Object.fromEntries(all.map(({ path, bytes, modified }) => [path, { sizeBytes: bytes.length, modified }])),
    wheels,
    chosen: { apt: apt.chosen, docker: docker.chosen, npm: npm.chosen, pypi: pypi.chosen },
  };
  writeFileSync(join(mirrorDir, 'index.json'), `${JSON.stringify(index)}\n`);
  const record: MirrorRecord = {
    recipe: now,
    sources: { apt: apt.sources, npm: npm.sources, pypi: pypi.sources },
    licences: { ...npm.licences, ...apt.licences, ...pypi.licences },
  };
  writeFileSync(mirrorRecord, `${JSON.stringify(record, null, 2)}\n`);
}
