// What is shipped in images/dist: do files, manifest and recipe belong together, are the registry's digests right, does
// everything fit the bounds? Nothing is built here, so these run on any system.

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { machineParts, rootArchiveRecipe } from '../images/build.ts';
import { readCpio, writeCpio } from '../images/cpio.ts';
import { repositories, repositoryRecipe } from '../images/hub/recipes.ts';
import type { RepositoryRecord } from '../images/hub/recipes.ts';
import { readImage } from '../images/hub/repository.ts';
import { noticePath, noticeText, sourcesPath, sourcesText } from '../images/notice.ts';
import { recipeHash, sha256 } from '../images/part.ts';
import type { MachineManifest } from '../images/part.ts';
import { distDir, imagesDir } from '../images/shell.ts';

const machineDir = join(distDir, 'machine');
const hubDir = join(distDir, 'hub');
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const manifest = readJson(join(machineDir, 'manifest.json')) as MachineManifest;
const root = gunzipSync(readFileSync(join(machineDir, 'root.cpio.gz')));
const entries = new Map(readCpio(root).map((entry) => [entry.path, entry]));

test('every file of the machine is the one its manifest names, and there is no other', () => {
  expect(readdirSync(machineDir).sort()).toEqual([...Object.keys(manifest.files), 'manifest.json'].sort());
  for (const [file, { sha256: hash, sizeBytes }] of Object.entries(manifest.files)) {
    const bytes = readFileSync(join(machineDir, file));
    expect({ file, hash: sha256(bytes), sizeBytes: bytes.length }).toEqual({ file, hash, sizeBytes });
  }
});

test.each(machineParts)('part $name was made by the recipe that is here (else: npm run images)', (part) => {
  const record = manifest.parts[part.name]!;
  expect(record.recipe).toBe(recipeHash(part.recipe));
  const bytes = part.place.path ? entries.get(part.place.path)!.bytes : readFileSync(join(machineDir, part.place.file));
  expect(sha256(bytes)).toBe(record.sha256);
});

test('the root archive was put together by the recipe that is here (else: npm run images)', () => {
  expect(manifest.parts['root']!.recipe).toBe(rootArchiveRecipe());
});

test('the root archive holds what a Docker host needs, and nothing of the machine that built it', () => {
  const links = new Set(entries.get('bin/busybox')!.links);
  for (const applet of ['bin/sh', 'bin/ls', 'sbin/ip', 'usr/bin/awk', 'usr/bin/less', 'bin/vi']) expect(links).toContain(applet);
  for (const path of ['init', 'usr/bin/crun', 'usr/bin/docker', 'usr/sbin/dockerd', 'usr/sbin/service', 'etc/profile'])
    expect(entries.has(path)).toBe(true);
  expect(entries.get('tmp')!.mode & 0o7777).toBe(0o1777);
  // Written again from what was read, it is the same: no times, no owners, one order.
  expect(sha256(writeCpio([...entries.values()]))).toBe(sha256(root));
  for (const { path, bytes } of entries.values())
    expect({ path, leaks: Buffer.from(bytes).includes(imagesDir) }).toEqual({ path, leaks: false });
});

test('the machine fits into 8 MB, the kernel into 3.6 MB', () => {
  const sizes = Object.values(manifest.files).map(({ sizeBytes }) => sizeBytes);
  expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(8e6);
  expect(manifest.files['bzImage']!.sizeBytes).toBeLessThanOrEqual(3.6e6);
});

const hub = readJson(join(hubDir, 'recipes.json')) as Record<string, RepositoryRecord>;

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

test('the catalogue and the records name the same repositories', () => {
  const names = repositories.map(({ name }) => name).sort();
  expect((readJson(join(hubDir, 'v2/_catalog')) as { repositories: string[] }).repositories).toEqual(names);
  expect(Object.keys(hub).sort()).toEqual(names);
});

/** Digests of layers' archives by those of the layers. */
const diffIds = new Map<string, string>();

test.each(repositories)('$name: every digest is that of the bytes under its name', (repository) => {
  const dir = join(hubDir, 'v2', repository.name);
  const stored = new Set(readdirSync(join(dir, 'manifests/sha256')));
  const read = (folder: 'blobs' | 'manifests', { digest, size }: Descriptor): Buffer => {
    const hex = digest.replace(/^sha256:/, '');
    const bytes = readFileSync(join(folder === 'blobs' ? join(hubDir, 'v2') : dir, folder, 'sha256', hex));
    expect({ hex: sha256(bytes), size: bytes.length }).toEqual({ hex, size });
    if (folder === 'manifests') stored.delete(hex);
    return bytes;
  };
  /** Digest of a layer's archive; a base layer is unpacked once. */
  const diffIdOf = (layer: Descriptor): string => {
    const diffId = diffIds.get(layer.digest) ?? `sha256:${sha256(gunzipSync(read('blobs', layer)))}`;
    diffIds.set(layer.digest, diffId);
    return diffId;
  };

  const { tags } = readJson(join(dir, 'tags/list')) as { tags: string[] };
  expect(tags).toContain('latest');
  expect(readdirSync(join(dir, 'manifests')).sort()).toEqual([...tags, 'sha256'].sort());
  for (const tag of tags) {
    const bytes = readFileSync(join(dir, 'manifests', tag));
    expect(`sha256:${sha256(bytes)}`).toBe(hub[repository.name]!.index);
  }

  const record = hub[repository.name]!.index.replace('sha256:', '');
  const index = JSON.parse(
    read('manifests', { mediaType: '', digest: record, size: readFileSync(join(dir, 'manifests/latest')).length }).toString(),
  ) as {
    mediaType: string;
    manifests: (Descriptor & { platform: unknown })[];
  };
  expect(index.mediaType).toBe('application/vnd.oci.image.index.v1+json');
  expect(index.manifests.map(({ platform }) => platform)).toEqual([{ architecture: '386', os: 'linux' }]);
  const image = JSON.parse(read('manifests', index.manifests[0]!).toString()) as {
    mediaType: string;
    config: Descriptor;
    layers: Descriptor[];
  };
  expect(image.mediaType).toBe(index.manifests[0]!.mediaType);
  const config = JSON.parse(read('blobs', image.config).toString()) as {
    rootfs: { diff_ids: string[] };
    history: { empty_layer?: true }[];
  };
  expect(config.rootfs.diff_ids).toEqual(image.layers.map(diffIdOf));
  expect(config.history.filter(({ empty_layer }) => !empty_layer)).toHaveLength(image.layers.length);
  // Nothing lies there that no tag leads to.
  expect([...stored]).toEqual([]);
});

test('every blob belongs to an image, and all together fit the bound', () => {
  const stored = readdirSync(join(hubDir, 'v2/blobs/sha256')).map((hex) => `sha256:${hex}`);
  const named = repositories.flatMap(({ name }) => {
    const dir = join(hubDir, 'v2', name, 'manifests/sha256');
    const manifests = readdirSync(dir).map((hex) => readJson(join(dir, hex)) as { config?: Descriptor; layers?: Descriptor[] });
    return manifests.flatMap(({ config, layers = [] }) => (config ? [config, ...layers] : [])).map(({ digest }) => digest);
  });
  expect(stored.sort()).toEqual([...new Set(named)].sort());
  const sizes = stored.map((digest) => statSync(join(hubDir, 'v2/blobs', digest.replace(':', '/'))).size);
  expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(90e6);
});

test.each(repositories.filter(({ base }) => base))('$name stands on the layers of its base', ({ name, base }) => {
  const layersOf = (repository: string): string[] => readImage(repository, hub[repository]!.index).layers.map(({ digest }) => digest);
  const below = layersOf(base!);
  expect(layersOf(name).slice(0, below.length)).toEqual(below);
});

test.each(repositories)('$name was made by the recipe that is here (else: npm run images)', (repository) => {
  const recipe = repositoryRecipe(
    repository,
    (part) => manifest.parts[part]!.sha256,
    (base) => hub[base]!.index,
  );
  expect(hub[repository.name]!.recipe).toBe(recipe);
});

test('no file name below images/dist needs a colon or a capital to tell it from another', () => {
  const names = readdirSync(distDir, { recursive: true, encoding: 'utf8' });
  expect(names.filter((name) => name.includes(':'))).toEqual([]);
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
});

test('NOTICE names every binary with its source packages, and each of these has its copyright file (else: npm run images)', () => {
  expect(readFileSync(noticePath, 'utf8').replaceAll('\r\n', '\n')).toBe(noticeText());
  expect(readFileSync(sourcesPath, 'utf8').replaceAll('\r\n', '\n')).toBe(sourcesText());
  // Images of Debian packages bring the copyright files themselves.
  const bare = [...Object.values(manifest.parts), ...Object.values(hub).filter(({ licences }) => !licences)];
  const sources = bare.flatMap((record) => record.sources.map((source) => source.split(' ')[0]!));
  for (const source of new Set(sources)) expect(existsSync(join(imagesDir, `licences/${source}.txt`))).toBe(true);
});
