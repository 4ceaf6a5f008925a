// A repository of the shipped registry as plain files, laid out as the paths of the OCI distribution protocol, except that
// the blobs of all repositories lie together in v2/blobs: a base layer is there once, however many images stand on it.
//
// Every tag is an OCI image index with one entry, linux/386, as the official images are today. Digests stand as
// `sha256/<hex>`, because a colon in a file name breaks a checkout on Windows. A file server gives no media type for
// files without an ending, so a client takes it from the document: each one has its `mediaType`.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256 } from '../part.ts';
import { distDir } from '../shell.ts';
import type { Layer } from './layer.ts';

export const hubDir = join(distDir, 'hub');

const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};

export interface HistoryEntry {
  created_by: string;
  comment?: string;
  empty_layer?: true;
  /** Absent: the image's date. */
  created?: string;
}

/** The part of an image's configuration that a container takes over, in Docker's words. */
export interface ImageConfig {
  User?: string;
  ExposedPorts?: Record<string, object>;
  Env: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  Volumes?: Record<string, object>;
  WorkingDir?: string;
  Labels: Record<string, string>;
  StopSignal?: string;
}

export interface Image {
  tags: string[];
  /** Seconds since 1970; the same in the config and in every history entry. */
  epoch: number;
  config: ImageConfig;
  history: HistoryEntry[];
  layers: Layer[];
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** Replaces the repository's folder. Returns the digest of the index. */
export function writeRepository(name: string, image: Image): string {
  const dir = join(hubDir, 'v2', name);
  rmSync(dir, { recursive: true, force: true });
  const write = (path: string, bytes: Uint8Array | string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  };
  const describe = (mediaType: string, bytes: Uint8Array): Descriptor => ({
    mediaType,
    digest: `sha256:${sha256(bytes)}`,
    size: bytes.length,
  });
  const storeBlob = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const descriptor = describe(mediaType, bytes);
    const path = blobPath(descriptor.digest);
    if (!existsSync(path)) write(path, bytes);
    return descriptor;
  };
  const storeManifest = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const descriptor = describe(mediaType, bytes);
    write(manifestPath(name, descriptor.digest), bytes);
    return descriptor;
  };

  const created = isoDate(image.epoch);
  const layers = image.layers.map(({ bytes }) => storeBlob(mediaTypes.layer, bytes));
  const file: ConfigFile = {
    architecture: '386',
    os: 'linux',
    created,
    config: image.config,
    history: image.history.map((entry) => ({ created, ...entry })),
    rootfs: { type: 'layers', diff_ids: image.layers.map(({ diffId }) => diffId) },
  };
  const config = storeBlob(mediaTypes.config, json(file));
  const manifest = storeManifest(mediaTypes.manifest, json({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers }));
  const index = json({
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [{ ...manifest, platform: { architecture: '386', os: 'linux' } }],
  });
  const { digest } = storeManifest(mediaTypes.index, index);
  for (const tag of image.tags) write(join(dir, 'manifests', tag), index);
  write(join(dir, 'tags/list'), json({ name, tags: [...image.tags].sort() }));
  return digest;
}

/** The image that a repository's index names, as it was written. Tags are left out. */
export function readImage(name: string, index: string): Omit<Image, 'tags'> {
  const { manifests } = readJson(manifestPath(name, index)) as { manifests: Descriptor[] };
  const manifest = readJson(manifestPath(name, manifests[0]!.digest)) as { config: Descriptor; layers: Descriptor[] };
  const { created, config, history, rootfs } = readJson(blobPath(manifest.config.digest)) as ConfigFile;
  return {
    epoch: Date.parse(created) / 1000,
    config,
    history,
    layers: manifest.layers.map(({ digest }, at) => ({ digest, diffId: rootfs.diff_ids[at]!, bytes: readFileSync(blobPath(digest)) })),
  };
}

/** Removes blobs that no manifest of these repositories names. */
export function removeUnusedBlobs(names: string[]): void {
  const used = new Set<string>();
  for (const name of names) {
    const dir = join(hubDir, 'v2', name, 'manifests/sha256');
    for (const hex of readdirSync(dir)) {
      const { config, layers = [] } = readJson(join(dir, hex)) as { config?: Descriptor; layers?: Descriptor[] };
      for (const { digest } of config ? [config, ...layers] : []) used.add(digest);
    }
  }
  const blobs = join(hubDir, 'v2/blobs/sha256');
  for (const hex of readdirSync(blobs)) if (!used.has(`sha256:${hex}`)) rmSync(join(blobs, hex));
}

interface ConfigFile {
  architecture: '386';
  os: 'linux';
  created: string;
  config: ImageConfig;
  history: HistoryEntry[];
  rootfs: { type: 'layers'; diff_ids: string[] };
}

export const isoDate = (epoch: number): string => new Date(epoch * 1000).toISOString().replace('.000Z', 'Z');
const manifestPath = (name: string, digest: string): string => join(hubDir, 'v2', name, 'manifests', digest.replace(':', '/'));
const blobPath = (digest: string): string => join(hubDir, 'v2/blobs', digest.replace(':', '/'));
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

export function writeCatalog(names: string[]): void {
  mkdirSync(join(hubDir, 'v2'), { recursive: true });
  writeFileSync(join(hubDir, 'v2/_catalog'), json({ repositories: [...names].sort() }));
}

const json = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
