// A part is one thing the machine is made of: a recipe (files in this folder) and the bytes it gives.
//
// A part is built again only when its recipe changed. Otherwise its bytes come from the cache or, on a fresh clone, from
// images/dist itself, where the manifest says under which recipe they were made.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebianPackage } from './debian.ts';
import { cacheDir, imagesDir } from './shell.ts';

export interface Part {
  name: string;
  /** Files and folders that decide the bytes, relative to `images/`. */
  recipe: string[];
  /** Where the bytes end up: a file of dist/machine, or a path inside its root. */
  place: { file: string; path?: string };
  /** Debian packages the build runs; installed when missing, only if the part is built. */
  tools: string[];
  build(): BuiltPart;
}

export interface BuiltPart {
  bytes: Uint8Array;
  /** What went in, own sources of this repository aside. */
  from: Pick<DebianPackage, 'source' | 'sourceVersion' | 'epoch'>[];
}

/** One part in dist/machine/manifest.json. */
export interface PartRecord {
  file: string;
  path?: string;
  sha256: string;
  sizeBytes: number;
  /** Debian source packages, `name version`. Empty: made of this repository's own sources. */
  sources: string[];
  /** Date of the newest of these packages, seconds since 1970; 0 without any. */
  epoch: number;
  /** Compiler and linker, as they name themselves. */
  builtWith: string;
  /** Hash of the recipe that gave these bytes. */
  recipe: string;
}

/** dist/machine/manifest.json. */
export interface MachineManifest {
  /** What the emulator loads. */
  files: Record<string, { sha256: string; sizeBytes: number }>;
  /** What the files are made of; `root` is the archive itself. */
  parts: Record<string, PartRecord>;
}

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** Hash over names and contents of the recipe's files. Line ends do not count: a checkout may change them. */
export function recipeHash(recipe: string[]): string {
  const files = recipe.flatMap(filesBelow).sort();
  return sha256(
    files.map((file) => `${sha256(readFileSync(join(imagesDir, file), 'latin1').replaceAll('\r\n', '\n'))}  ${file}\n`).join(''),
  );
}

/** Files at or below a path of `images/`, as paths relative to it. */
export function filesBelow(path: string): string[] {
  const full = join(imagesDir, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full).flatMap((name) => (name.startsWith('.git') ? [] : filesBelow(`${path}/${name}`)));
}

/** The part's bytes made under the present recipe, if the cache has them. */
export function cachedPart(part: Part, recipe: string): { bytes: Uint8Array; record: PartRecord } | undefined {
  const path = join(cacheDir, 'parts', part.name);
  if (!existsSync(`${path}.json`)) return undefined;
  const record = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as PartRecord;
  if (record.recipe !== recipe) return undefined;
  const bytes = readFileSync(path);
  return sha256(bytes) === record.sha256 ? { bytes, record } : undefined;
}

export function keepPart(part: Part, bytes: Uint8Array, record: PartRecord): void {
  const path = join(cacheDir, 'parts', part.name);
  mkdirSync(join(cacheDir, 'parts'), { recursive: true });
  writeFileSync(path, bytes);
  writeFileSync(`${path}.json`, JSON.stringify(record, null, 2));
}
