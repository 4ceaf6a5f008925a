/**
 * `docker load`: images out of an archive that `docker save` made, here or elsewhere. Nothing gets a name before all of it
 * was found sound.
 * Source: moby image/tarexport/load.go.
 */
import { EngineError } from '../errors.ts';
import { shortId } from '../id.ts';
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
/** A symlink of older archives, to a layer that another image has too. */
const maxLinks = 4;

interface Loaded {
  image: Image;
  references: Reference[];
}

export async function loadImages(images: Images, { archive, platform, progress, say }: LoadImages): Promise<void> {
  const files = readFiles(await decompressLayer(images.ports.compression, archive));
  const held: string[] = [];
  try {
    const loaded: Loaded[] = [];
    for (const item of readManifest(files)) {
      const image = await loadImage(images, files, item, progress, held);
      if (platform && (image.config.os !== platform.os || image.config.architecture !== platform.architecture)) continue;
      loaded.push({ image, references: (item.RepoTags ?? []).map(parseNormalizedNamed) });
    }
    for (const { image, references } of loaded) {
      for (const reference of references) setName(images, image, reference, say);
      if (references.length === 0) say(`Loaded image ID: ${image.id}\n`);
      images.logEvent(image, 'load');
    }
  } finally {
    for (const chainId of held) images.release(chainId);
    images.collectLayers();
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

async function loadImage(images: Images, files: Files, item: ManifestItem, progress: ProgressSink, held: string[]): Promise<Image> {
  const bytes = fileAt(files, item.Config);
  const { rootfs } = parseImageConfig(bytes);
  if (item.Layers.length !== rootfs.diff_ids.length) {
    throw new EngineError(
      'invalid-parameter',
      `invalid manifest, layers length mismatch: expected ${item.Layers.length}, got ${rootfs.diff_ids.length}`,
    );
  }
  let parent: string | undefined;
  for (const [at, path] of item.Layers.entries()) {
    const expected = rootfs.diff_ids[at]!;
    const known = await images.layers.above(parent, expected);
    parent = known?.chainId ?? (await unpack(images, fileAt(files, path), { expected, at, parent, progress }));
    images.hold(parent);
    held.push(parent);
  }
  return images.store.create(bytes.slice());
}

interface LayerPlace {
  expected: string;
  at: number;
  parent: string | undefined;
  progress: ProgressSink;
}

async function unpack(images: Images, blob: Uint8Array, { expected, at, parent, progress }: LayerPlace): Promise<string> {
  progress({ kind: 'action', id: shortId(expected), action: 'Loading layer', current: blob.length, total: blob.length });
  const tar = await decompressLayer(images.ports.compression, blob);
  const diffId = await digestOf(images.ports.crypto, tar);
  if (diffId !== expected) {
    throw new EngineError('invalid-parameter', `invalid diffID for layer ${at}: expected "${expected}", got "${diffId}"`);
  }
  // What stays must not hold on to the whole archive.
  return (await images.layers.register(tar.slice(), parent, diffId)).chainId;
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
  return items;
}

function isManifestItem(value: unknown): value is ManifestItem {
  if (typeof value !== 'object' || value === null) return false;
  const { Config, RepoTags = null, Layers } = value as Partial<ManifestItem>;
  const isTextList = (list: unknown): boolean => Array.isArray(list) && list.every((text) => typeof text === 'string');
  return typeof Config === 'string' && (RepoTags === null || isTextList(RepoTags)) && isTextList(Layers);
}
