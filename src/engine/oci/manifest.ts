/**
 * Manifests and indexes, in OCI's and Docker's media types. Parses what a registry sent with checked shapes
 * and refuses what it may not be, with Docker's words where it has some.
 * Source: OCI image-spec manifest.md and image-index.md; distribution schema 2.
 */
import { EngineError } from '../errors.ts';
import { digestProblem } from './digest.ts';

export const mediaTypes = {
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

/** What a puller says it understands. */
export const acceptedManifests = [mediaTypes.dockerManifest, mediaTypes.dockerList, mediaTypes.ociManifest, mediaTypes.ociIndex];

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

export interface Platform {
  os: string;
  architecture: string;
  variant?: string | undefined;
}

export interface Manifest {
  kind: 'manifest';
  mediaType: string;
  config: Descriptor;
  /** Bottom first. */
  layers: Descriptor[];
}

export interface Index {
  kind: 'index';
  mediaType: string;
  manifests: (Descriptor & { platform?: Platform })[];
}

/** Larger ones are refused before they are parsed (registries do the same). */
export const maxManifestBytes = 4 << 20;
const maxEntries = 1024;

/** @param contentType what the registry's header says, where it says anything */
export function parseManifest(bytes: Uint8Array, contentType = ''): Manifest | Index {
  if (bytes.length > maxManifestBytes) throw invalid('manifest is too large');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new EngineError('invalid-parameter', 'unsupported manifest format', { cause: error });
  }
  if (!isObject(value)) throw new EngineError('invalid-parameter', 'unsupported manifest format');
  if (value['schemaVersion'] === 1) {
    throw new EngineError(
      'invalid-parameter',
      'Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed.',
    );
  }
  if (value['schemaVersion'] !== 2) throw new EngineError('invalid-parameter', 'unsupported manifest format');
  const mediaType = typeof value['mediaType'] === 'string' ? value['mediaType'] : knownType(contentType);
  if (Array.isArray(value['manifests']) && value['config'] === undefined && value['layers'] === undefined) {
    return {
      kind: 'index',
      mediaType: mediaType || mediaTypes.ociIndex,
      manifests: entries(value['manifests'], 'manifests').map(withPlatform),
    };
  }
  if (!isObject(value['config']) || !Array.isArray(value['layers']))
    throw new EngineError('invalid-parameter', 'unsupported manifest format');
  return {
    kind: 'manifest',
    mediaType: mediaType || mediaTypes.ociManifest,
    config: descriptor(value['config'], 'config'),
    layers: entries(value['layers'], 'layers').map((layer, i) => descriptor(layer, `layers[${i}]`)),
  };
}

/** The entries of an index that run on a platform, in the index's order. */
export function matching(index: Index, platform: Platform): Descriptor[] {
  return index.manifests.filter(
    ({ platform: offered }) =>
      offered?.os === platform.os &&
      offered.architecture === platform.architecture &&
      (!platform.variant || !offered.variant || offered.variant === platform.variant),
  );
}

export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/');
}

function entries(list: unknown[], where: string): unknown[] {
  if (list.length > maxEntries) throw invalid(`${where} has too many entries`);
  return list;
}

function withPlatform(entry: unknown, i: number): Descriptor & { platform?: Platform } {
  const base = descriptor(entry, `manifests[${i}]`);
  const platform = (entry as Record<string, unknown>)['platform'];
  if (!isObject(platform)) return base;
  const { os, architecture, variant } = platform;
  if (typeof os !== 'string' || typeof architecture !== 'string') return base;
  return { ...base, platform: { os, architecture, variant: typeof variant === 'string' && variant !== '' ? variant : undefined } };
}

function descriptor(value: unknown, where: string): Descriptor {
  if (!isObject(value)) throw invalid(`${where} is no descriptor`);
  const { mediaType = '', digest, size } = value;
  if (typeof mediaType !== 'string') throw invalid(`${where}.mediaType`);
  if (typeof digest !== 'string') throw invalid(`${where}.digest`);
  const problem = digestProblem(digest);
  if (problem) throw new EngineError('invalid-parameter', `could not validate layer digest ${JSON.stringify(digest)}: ${problem}`);
  if (!digest.startsWith('sha256:')) throw new EngineError('invalid-parameter', `unsupported digest algorithm: ${digest.split(':', 1)[0]}`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw invalid(`${where}.size`);
  return { mediaType, digest, size };
}

function knownType(contentType: string): string {
  const type = contentType.split(';', 1)[0]!.trim();
  return (acceptedManifests as readonly string[]).includes(type) ? type : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(detail: string): EngineError {
  return new EngineError('invalid-parameter', `invalid manifest: ${detail}`);
}
