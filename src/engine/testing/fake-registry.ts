/**
 * A registry in memory, and builders for what is in it. Answers as Docker's registry does; can be told to break:
 * replace a blob, cut it short, hold an answer back.
 */
import type { RegistryRequest, RegistryResponse, RegistryTransport } from '../image/registry-port.ts';
import { digestOf } from '../oci/digest.ts';
import type { ImageConfigFile, RunConfig } from '../oci/image-config.ts';
import { mediaTypes } from '../oci/manifest.ts';
import { plainCrypto, storingCompression } from './plain-ports.ts';

const encoder = new TextEncoder();

export interface BuiltImage {
  /** Digest of the manifest. */
  digest: string;
  /** Digest of the configuration: the image's id. */
  id: string;
  layerDigests: string[];
  diffIds: string[];
}

export class FakeRegistry implements RegistryTransport {
  /** `host/repository:tag` → manifest digest. */
  readonly tags = new Map<string, string>();
  readonly manifests = new Map<string, { bytes: Uint8Array; mediaType: string }>();
  readonly blobs = new Map<string, Uint8Array>();
  readonly requests: RegistryRequest[] = [];
  /** Looked at before each answer; what it returns is answered instead. */
  intercept: (request: RegistryRequest) => Promise<RegistryResponse | undefined> = () => Promise.resolve(undefined);

  shipped(): Promise<string[]> {
    const names = [...this.tags.keys()]
      .filter((name) => name.startsWith('docker.io/'))
      .map((name) => name.slice(10).replace(/:[^:]*$/, ''));
    return Promise.resolve([...new Set(names)]);
  }

  async request(request: RegistryRequest): Promise<RegistryResponse> {
    this.requests.push(request);
    const special = await this.intercept(request);
    if (special) return special;
    const [, repository = '', kind = '', name = ''] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(request.path) ?? [];
    const prefix = `${request.host}/${repository}:`;
    if (kind === 'tags') {
      const found = [...this.tags.keys()].filter((tag) => tag.startsWith(prefix)).map((tag) => tag.slice(prefix.length));
      return respond(200, encoder.encode(JSON.stringify({ name: repository, tags: found })), { 'content-type': 'application/json' });
    }
    if (kind === 'manifests') {
      const digest = name.includes(':') ? name : this.tags.get(prefix + name);
      const manifest = digest === undefined ? undefined : this.manifests.get(digest);
      if (!manifest) return refuse(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
      return respond(200, manifest.bytes, { 'content-type': manifest.mediaType, 'docker-content-digest': digest! });
    }
    const blob = this.blobs.get(name);
    return blob ? respond(200, blob, {}) : refuse(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  }

  /** Adds an image of the given layers (plain tars, bottom first) under the names. */
  async add(
    names: readonly string[],
    layers: readonly Uint8Array[],
    options: { config?: RunConfig; file?: Partial<ImageConfigFile> } = {},
  ): Promise<BuiltImage> {
    const diffIds: string[] = [];
    const descriptors: object[] = [];
    const layerDigests: string[] = [];
    for (const tar of layers) {
      const blob = await storingCompression.gzip(tar);
      const digest = await this.#addBlob(blob);
      layerDigests.push(digest);
      descriptors.push({ mediaType: mediaTypes.dockerLayer, size: blob.length, digest });
      diffIds.push(await digestOf(plainCrypto, tar));
    }
    const file: ImageConfigFile = {
      architecture: '386',
      config: options.config ?? { Env: ['PATH=/bin'], Cmd: ['sh'] },
      created: '2026-01-01T00:00:00Z',
      history: diffIds.map((_, i) => ({ created: '2026-01-01T00:00:00Z', created_by: `layer ${i}` })),
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: diffIds },
      ...options.file,
    };
    const config = encoder.encode(JSON.stringify(file));
    const id = await this.#addBlob(config);
    const digest = await this.addManifest(names, {
      schemaVersion: 2,
      mediaType: mediaTypes.dockerManifest,
      config: { mediaType: mediaTypes.dockerConfig, size: config.length, digest: id },
      layers: descriptors,
    });
    return { digest, id, layerDigests, diffIds };
  }

  async addManifest(names: readonly string[], manifest: { mediaType: string } & Record<string, unknown>): Promise<string> {
    const bytes = encoder.encode(JSON.stringify(manifest));
    const digest = await digestOf(plainCrypto, bytes);
    this.manifests.set(digest, { bytes, mediaType: manifest.mediaType });
    for (const name of names) this.tags.set(name, digest);
    return digest;
  }

  async #addBlob(bytes: Uint8Array): Promise<string> {
    const digest = await digestOf(plainCrypto, bytes);
    this.blobs.set(digest, bytes);
    return digest;
  }
}

export function respond(status: number, bytes: Uint8Array, headers: Record<string, string>): RegistryResponse {
  return { status, headers, body: pieces(bytes) };
}

export function refuse(status: number, code: string, message: string): RegistryResponse {
  return respond(status, encoder.encode(JSON.stringify({ errors: [{ code, message }] })), { 'content-type': 'application/json' });
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}
