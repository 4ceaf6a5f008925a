// What can be pulled, and under which recipe each repository in dist/hub was made.

import { existsSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { recipeHash, sha256 } from '../part.ts';
import { busyboxImage } from './busybox/image.ts';
import { helloWorldImage } from './hello-world/image.ts';
import { hubDir, writeCatalog, writeRepository } from './repository.ts';
import type { Image } from './repository.ts';

export interface Repository {
  name: string;
  /** Files and folders below `images/` that decide the image. */
  recipe: string[];
  /** Parts of the machine that lie in the image; their bytes count as part of the recipe. */
  parts: string[];
  make(parts: Map<string, PartBytes>): { image: Image; sources: string[] };
}

export interface PartBytes {
  bytes: Uint8Array;
  sources: string[];
  epoch: number;
}

/** One repository in dist/hub/recipes.json. */
export interface RepositoryRecord {
  /** Digest of the image index that every tag names. */
  index: string;
  recipe: string;
  /** Debian source packages, `name version`. */
  sources: string[];
}

export const repositories: Repository[] = [busyboxImage, helloWorldImage];

const shared = ['hub/layer.ts', 'hub/repository.ts'];

/** @param partHash sha256 of the bytes of a part */
export function repositoryRecipe({ recipe, parts }: Repository, partHash: (name: string) => string): string {
  return sha256([recipeHash([...shared, ...recipe]), ...parts.map(partHash)].join('\n'));
}

/** Brings dist/hub up to date; a repository whose recipe did not change is left alone. */
export function buildHub(parts: Map<string, PartBytes>, all: boolean): void {
  const path = join(hubDir, 'recipes.json');
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, RepositoryRecord>) : {};
  const now: Record<string, RepositoryRecord> = {};
  for (const repository of repositories) {
    const { name } = repository;
    const recipe = repositoryRecipe(repository, (part) => sha256(parts.get(part)!.bytes));
    const kept = all ? undefined : before[name];
    if (kept?.recipe === recipe && existsSync(join(hubDir, 'v2', name))) {
      now[name] = kept;
      continue;
    }
    console.log(`building ${name}`);
    const { image, sources } = repository.make(parts);
    now[name] = { index: writeRepository(name, image), recipe, sources };
  }
  writeCatalog(repositories.map(({ name }) => name));
  mkdirSync(hubDir, { recursive: true });
  writeFileSync(path, `${JSON.stringify(now, null, 2)}\n`);
}
