// A repository of the shipped registry as plain files, laid out as the paths of the OCI distribution protocol.
//
// Every tag is an OCI image index with one entry, linux/386, as the official images are today. Digests stand as
// `sha256/<hex>`, because a colon in a file name breaks a checkout on Windows. A file server gives no media type for
// files without an ending, so a client takes it from the document: each one has its `mediaType`.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
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
}

export interface Image {
  tags: string[];
  /** Seconds since 1970; the same in the config and in every history entry. */
  epoch: number;
  config: { Cmd: string[]; Env: string[]; Labels: Record<string, string>; WorkingDir?: string };
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
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes);
  };
  const store = (folder: 'blobs' | 'manifests', mediaType: string, bytes: Uint8Array): Descriptor => {
    const hex = sha256(bytes);
    write(`${folder}/sha256/${hex}`, bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };

  const created = new Date(image.epoch * 1000).toISOString().replace('.000Z', 'Z');
  const layers = image.layers.map(({ bytes }) => store('blobs', mediaTypes.layer, bytes));
  const config = store(
    'blobs',
    mediaTypes.config,
    json({
      architecture: '386',
      os: 'linux',
      created,
      config: image.config,
      history: image.history.map((entry) => ({ created, ...entry })),
      rootfs: { type: 'layers', diff_ids: image.layers.map(({ diffId }) => diffId) },
    }),
  );
  const manifest = store('manifests', mediaTypes.manifest, json({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers }));
  const index = json({
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [{ ...manifest, platform: { architecture: '386', os: 'linux' } }],
  });
  const { digest } = store('manifests', mediaTypes.index, index);
  for (const tag of image.tags) write(`manifests/${tag}`, index);
  write('tags/list', json({ name, tags: [...image.tags].sort() }));
  return digest;
}

export function writeCatalog(names: string[]): void {
  mkdirSync(join(hubDir, 'v2'), { recursive: true });
  writeFileSync(join(hubDir, 'v2/_catalog'), json({ repositories: [...names].sort() }));
}

const json = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
