/** `GET /distribution/{name}/json`: what a registry has under a name, without pulling it. */
import { EngineError } from '../errors.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import type { Descriptor, Platform } from '../oci/manifest.ts';
import { parseAnyReference, tagNameOnly } from '../oci/reference.ts';
import type { Images } from './images.ts';
import { RegistryClient } from './registry-client.ts';

export interface RegistryImage {
  descriptor: Descriptor;
  platforms: Platform[];
}

export async function inspectRegistry(images: Images, name: string): Promise<RegistryImage> {
  const parsed = parseAnyReference(name);
  if (parsed.kind === 'digest') throw new EngineError('unknown', 'no manifest found for full image ID');
  const reference = tagNameOnly(parsed.reference);
  const client = new RegistryClient(images.ports);
  const { manifest, digest, sizeBytes } = await client.manifest(reference);
  const descriptor = { mediaType: manifest.mediaType, digest, size: sizeBytes };
  if (manifest.kind === 'index') return { descriptor, platforms: manifest.manifests.flatMap(({ platform }) => platform ?? []) };
  const { os, architecture, variant } = parseImageConfig(await client.config(reference, manifest.config));
  return { descriptor, platforms: [{ os, architecture, variant }] };
}
