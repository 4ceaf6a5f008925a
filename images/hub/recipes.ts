// What can be pulled, and under which recipe each repository in dist/hub was made.

import { existsSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { recipeHash, sha256 } from '../part.ts';
import { busyboxImage } from './busybox/image.ts';
import { debianImage } from './debian/image.ts';
import { helloWorldImage } from './hello-world/image.ts';
import { httpdImage } from './httpd/image.ts';
import { nginxImage } from './nginx/image.ts';
import { redisImage } from './redis/image.ts';
import { registryImage } from './registry/image.ts';
import { mongoExpressImage } from './mongo-express/image.ts';
import { mongoImage } from './mongo/image.ts';
import { postgresImage } from './postgres/image.ts';
import { pythonImage } from './python/image.ts';
import { hubDir, removeUnusedBlobs, writeCatalog, writeRepository } from './repository.ts';
import type { Image } from './repository.ts';
import { whoamiImage } from './whoami/image.ts';

export interface Repository {
  name: string;
  /** Files and folders below `images/` that decide the image. */
  recipe: string[];
  /** Parts of the machine that lie in the image; their bytes count as part of the recipe. */
  parts: string[];
  /** Repository whose layers are the lowest of this one; it stands before this one in the list. */
  base?: string;
  make(parts: Map<string, PartBytes>, made: Record<string, RepositoryRecord>): MadeImage;
}

export interface MadeImage {
  image: Image;
  sources: string[];
  /** By source package, of images whose copyright files are in the image itself. */
  licences?: Record<string, string>;
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
  /** By source package, what the copyright files in the image name. */
  licences?: Record<string, string>;
}

export const repositories: Repository[] = [
  ...[busyboxImage, helloWorldImage, debianImage, nginxImage, redisImage, httpdImage, registryImage, postgresImage],
  ...[pythonImage, whoamiImage, mongoImage, mongoExpressImage],
];

const shared = ['hub/layer.ts', 'hub/repository.ts'];

/**
 * @param partHash sha256 of the bytes of a part
 * @param indexOf digest of the index of the repository that this one stands on
 */
export function repositoryRecipe(
  { recipe, parts, base }: Repository,
  partHash: (name: string) => string,
  indexOf: (name: string) => string,
): string {
  return sha256([recipeHash([...shared, ...recipe]), ...parts.map(partHash), ...(base ? [indexOf(base)] : [])].join('\n'));
}

/** What is recorded of dist/hub. */
export function hubRecords(): Record<string, RepositoryRecord> {
  const path = join(hubDir, 'recipes.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, RepositoryRecord>) : {};
}

/**
 * Brings dist/hub up to date; a repository whose recipe did not change is left alone.
 *
 * @param again builds a repository although its recipe did not change
 */
export function buildHub(parts: Map<string, PartBytes>, again: (name: string) => boolean): void {
  const before = hubRecords();
  const now: Record<string, RepositoryRecord> = {};
  for (const repository of repositories) {
    const { name } = repository;
    const recipe = repositoryRecipe(
      repository,
      (part) => sha256(parts.get(part)!.bytes),
      (base) => now[base]!.index,
    );
    const kept = again(name) ? undefined : before[name];
    if (kept?.recipe === recipe && existsSync(join(hubDir, 'v2', name))) {
      now[name] = kept;
      continue;
    }
    console.log(`building ${name}`);
    const { image, sources, licences } = repository.make(parts, now);
    now[name] = { index: writeRepository(name, image), recipe, sources, ...(licences && { licences }) };
    // Each as soon as it is made: a later one that fails leaves what is sound.
    writeRecords({ ...before, ...now });
  }
  const names = repositories.map(({ name }) => name);
  writeRecords(now);
  writeCatalog(names);
  removeUnusedBlobs(names);
}

function writeRecords(records: Record<string, RepositoryRecord>): void {
  mkdirSync(hubDir, { recursive: true });
  writeFileSync(join(hubDir, 'recipes.json'), `${JSON.stringify(records, null, 2)}\n`);
}
