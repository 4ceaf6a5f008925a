/** What a registry has under a name, without pulling it: in Docker's summary, and as it is. */
import { EngineError } from '../errors.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import type { Descriptor, Platform } from '../oci/manifest.ts';
import { parseAnyReference, tagNameOnly, type Reference } from '../oci/reference.ts';
import type { Images } from './images.ts';
import { RegistryClient } from './registry-client.ts';
import type { RegistryCredentials } from './registry-credentials.ts';

export interface RegistryImage {
  descriptor: Descriptor;
  platforms: Platform[];
}

export interface RawManifest {
  bytes: Uint8Array;
  mediaType: string;
  digest: string;
}

/** `GET /distribution/{name}/json`. */
export async function inspectRegistry(images: Images, name: string, credentials?: RegistryCredentials): Promise<RegistryImage> {
  const reference = namedReference(name);
  const client = new RegistryClient(images.ports, reference, { credentials });
  const { manifest, digest, bytes } = await client.manifest(reference);
  const descriptor = { mediaType: manifest.mediaType, digest, size: bytes.length };
  if (manifest.kind === 'index') return { descriptor, platforms: manifest.manifests.flatMap(({ platform }) => platform ?? []) };
  const { os, architecture, variant } = parseImageConfig(await client.config(manifest.config));
  return { descriptor, platforms: [{ os, architecture, variant }] };
}

/** `GET /distribution/{name}/manifest`: the manifest's own bytes. */
export async function registryManifest(images: Images, name: string, credentials?: RegistryCredentials): Promise<RawManifest> {
  const reference = namedReference(name);
  const { manifest, digest, bytes } = await new RegistryClient(images.ports, reference, { credentials }).manifest(reference);
  return { bytes, mediaType: manifest.mediaType, digest };
}

function namedReference(name: string): Reference {
  const parsed = parseAnyReference(name);
  if (parsed.kind === 'digest') throw new EngineError('unknown', 'no manifest found for full image ID');
  return tagNameOnly(parsed.reference);
}
