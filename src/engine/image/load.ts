/**
 * `docker load`: images out of an archive that `docker save` made, here or elsewhere. There is no image and no name before
 * all of it was found sound, and none is left when it cannot be kept.
 * Source: moby image/tarexport/load.go.
 */
import { EngineError } from '../errors.ts';
import { shortId } from '../id.ts';
import { chainIdAbove } from '../oci/chain-id.ts';
import { digestOf } from '../oci/digest.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import type { Platform } from '../oci/manifest.ts';
import { familiarString, parseNormalizedNamed, type Reference } from '../oci/reference.ts';
import { readTar } from '../oci/tar.ts';
import { decompressLayer } from './decompress.ts';
import type { Image } from './image-store.ts';
import type { Images } from './images.ts';
import type { ProgressSink } from './progress.ts';

export interface LoadImages {
  /** tar, plain or compressed. */
  archive: Uint8Array;
  /** Only images for it. */
  platform?: Platform | undefined;
  /** A layer is being unpacked. */
  progress: ProgressSink;
  /** Lines for the user: `Loaded image: busybox:latest`. */
  say: (line: string) => void;
}

const maxFiles = 10_000;
const maxManifestBytes = 4 << 20;
const maxConfigBytes = 4 << 20;
const maxImages = 1000;
/** A symlink of older archives, to a layer that another image has too. */
const maxLinks = 4;

/** An image whose layers are there. */
interface Sound {
  config: Uint8Array;
  references: Reference[];
}

interface Loaded {
  image: Image;
  references: Reference[];
}

export async function loadImages(images: Images, { archive, platform, progress, say }: LoadImages): Promise<void> {
  const files = readFiles(await decompressLayer(images.ports.compression, archive));
  const held: string[] = [];
  try {
    const sound: Sound[] = [];
    for (const item of readManifest(files)) {
      const found = await loadLayers(images, files, item, { platform, progress, held });
      if (found) sound.push(found);
    }
    for (const { image, references } of await createAll(images, sound)) {
      for (const reference of references) setName(images, image, reference, say);
      if (references.length === 0) say(`Loaded image ID: ${image.id}\n`);
      images.logEvent(image, 'load');
    }
  } finally {
    for (const chainId of held) images.release(chainId);
    images.collectLayers();
  }
}

/** All images or none. */
async function createAll(images: Images, sound: readonly Sound[]): Promise<Loaded[]> {
  const loaded: Loaded[] = [];
  const made: Image[] = [];
  try {
    for (const { config, references } of sound) {
      const known = images.store.get(await digestOf(images.ports.crypto, config));
      const image = known ?? (await images.store.create(config.slice()));
      if (!known) made.push(image);
      loaded.push({ image, references });
    }
    return loaded;
  } catch (error) {
    for (const image of made) if (images.references.referencesOf(image.id).length === 0) images.store.delete(image);
    throw error;
  }
}

function setName(images: Images, image: Image, reference: Reference, say: LoadImages['say']): void {
  const before = images.references.get(reference);
  const name = familiarString(reference);
  if (before !== undefined && before !== image.id) {
    say(`The image ${name} already exists, renaming the old one with ID ${before} to empty string\n`);
  }
  images.tag(image, reference);
  say(`Loaded image: ${name}\n`);
}

/** @returns undefined for an image of another platform */
async function loadLayers(
  images: Images,
  files: Files,
  item: ManifestItem,
  { platform, progress, held }: Pick<LoadImages, 'platform' | 'progress'> & { held: string[] },
): Promise<Sound | undefined> {
  const config = fileAt(files, item.Config);
  if (config.length > maxConfigBytes) throw new EngineError('invalid-parameter', `invalid archive: ${item.Config} is too large`);
  const { rootfs, os, architecture } = parseImageConfig(config);
  if (platform && (os !== platform.os || architecture !== platform.architecture)) return undefined;
  const references = (item.RepoTags ?? []).map(tagOf);
  if (item.Layers.length !== rootfs.diff_ids.length) {
    throw new EngineError(
      'invalid-parameter',
      `invalid manifest, layers length mismatch: expected ${item.Layers.length}, got ${rootfs.diff_ids.length}`,
    );
  }
  let parent: string | undefined;
  for (const [at, path] of item.Layers.entries()) {
    const expected = rootfs.diff_ids[at]!;
    const chainId = parent === undefined ? expected : await chainIdAbove(images.ports.crypto, parent, expected);
    if (images.layers.get(chainId)) images.hold(chainId);
    else await unpack(images, fileAt(files, path), { expected, at, parent, progress });
    held.push(chainId);
    parent = chainId;
  }
  return { config, references };
}

function tagOf(name: string): Reference {
  const reference = parseNormalizedNamed(name);
  if (reference.tag === undefined || reference.digest !== undefined)
    throw new EngineError('invalid-parameter', `invalid tag ${JSON.stringify(name)}`);
  return reference;
}

interface LayerPlace {
  expected: string;
  at: number;
  parent: string | undefined;
  progress: ProgressSink;
}

/** The layer is held once. */
async function unpack(images: Images, blob: Uint8Array, { expected, at, parent, progress }: LayerPlace): Promise<void> {
  progress({ kind: 'action', id: shortId(expected), action: 'Loading layer', current: blob.length, total: blob.length });
  const tar = await decompressLayer(images.ports.compression, blob);
  const diffId = await digestOf(images.ports.crypto, tar);
  if (diffId !== expected) {
    throw new EngineError('invalid-parameter', `invalid diffID for layer ${at}: expected "${expected}", got "${diffId}"`);
  }
  // What stays must not hold on to the whole archive.
  await images.addLayer(tar.slice(), parent, diffId);
}

type Files = Map<string, { content: Uint8Array } | { link: string }>;

function readFiles(archive: Uint8Array): Files {
  const files: Files = new Map();
  for (const { name, type, content, linkName } of readTar(archive)) {
    const path = cleanPath(name);
    if (files.size > maxFiles) throw new EngineError('invalid-parameter', `archive has more than ${maxFiles} files`);
    if (type === 'file') files.set(path, { content });
    else if (type === 'symlink') files.set(path, { link: cleanPath(`${path}/../${linkName}`) });
    else if (type === 'hardlink') files.set(path, { link: cleanPath(linkName) });
  }
  return files;
}

/** Inside of the archive: `..` does not lead out of it. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function fileAt(files: Files, path: string): Uint8Array {
  let file = files.get(cleanPath(path));
  for (let links = 0; file && 'link' in file && links < maxLinks; links++) file = files.get(file.link);
  if (!file || 'link' in file) throw new EngineError('invalid-parameter', `invalid archive: ${path}: no such file or directory`);
  return file.content;
}

interface ManifestItem {
  Config: string;
  RepoTags: string[] | null;
  Layers: string[];
}

function readManifest(files: Files): ManifestItem[] {
  if (!files.has('manifest.json')) throw new EngineError('invalid-parameter', 'invalid archive: does not contain a manifest.json');
  const bytes = fileAt(files, 'manifest.json');
  if (bytes.length > maxManifestBytes) throw new EngineError('invalid-parameter', 'invalid archive: manifest.json is too large');
  let items: unknown;
  try {
    items = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new EngineError('invalid-parameter', 'invalid archive: manifest.json is not JSON', { cause: error });
  }
  if (!Array.isArray(items) || !items.every(isManifestItem))
    throw new EngineError('invalid-parameter', 'invalid archive: malformed manifest.json');
  if (items.length > maxImages) throw new EngineError('invalid-parameter', `archive has more than ${maxImages} images`);
  return items;
}

function isManifestItem(value: unknown): value is ManifestItem {
  if (typeof value !== 'object' || value === null) return false;
  const { Config, RepoTags = null, Layers } = value as Partial<ManifestItem>;
  const isTextList = (list: unknown): boolean => Array.isArray(list) && list.every((text) => typeof text === 'string');
  return typeof Config === 'string' && (RepoTags === null || isTextList(RepoTags)) && isTextList(Layers);
}
