/**
 * The registry shipped with the app, which stands for `docker.io`: plain files at the paths of the distribution protocol.
 * It can only be read.
 */
import type { RegistryRequest, RegistryResponse } from '#engine/image/registry-port.ts';
import { readAsset, type AssetFiles } from './asset-files.ts';

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const HOST = 'https://registry-1.docker.io';

export class ShippedRegistry {
  constructor(private readonly files: AssetFiles) {}

  async request({ method, path }: RegistryRequest): Promise<RegistryResponse> {
    const url = HOST + path;
    if (method !== 'GET' && method !== 'HEAD') {
      const what =
        'requested access to the resource is denied\nDocker Hub cannot be reached from here: push to a registry of your own, such as localhost:5000';
      return refusal(url, 403, 'DENIED', what);
    }
    if (path === '/v2/') return answer(url, 200, { 'content-type': 'application/json' }, encode('{}'));
    // A colon in a file name breaks checkouts on Windows, so digests are stored as folders.
    const name = `hub${path.split('?')[0]?.replace('sha256:', 'sha256/') ?? ''}`
      // The blobs of all repositories lie together.
      .replace(/^hub\/v2\/.+\/blobs\//, 'hub/v2/blobs/');
    if (path.includes('/manifests/')) return this.#manifest(url, method, name);
    const file = await this.files.open(name);
    if (!file) return refusal(url, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    const length: Record<string, string> = file.sizeBytes > 0 ? { 'content-length': String(file.sizeBytes) } : {};
    return {
      status: 200,
      headers: { 'content-type': 'application/octet-stream', ...length },
      url,
      body: method === 'HEAD' ? once(new Uint8Array()) : file.chunks,
    };
  }

  async repositories(): Promise<string[]> {
    const catalog = await readAsset(this.files, 'hub/v2/_catalog');
    const { repositories } = (catalog ? JSON.parse(new TextDecoder().decode(catalog)) : {}) as { repositories?: string[] };
    return [...(repositories ?? [])].sort();
  }

  /** Plain files carry no media type; the manifest itself does. */
  async #manifest(url: string, method: string, path: string): Promise<RegistryResponse> {
    const bytes = (await readAsset(this.files, path)) ?? new Uint8Array();
    let mediaType: unknown;
    try {
      mediaType = (JSON.parse(new TextDecoder().decode(bytes)) as { mediaType?: unknown }).mediaType;
    } catch {
      // A server that answers unknown paths with its start page.
      return refusal(url, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    }
    return answer(
      url,
      200,
      { 'content-type': typeof mediaType === 'string' ? mediaType : MANIFEST_TYPE },
      method === 'HEAD' ? new Uint8Array() : bytes,
    );
  }
}

function refusal(url: string, status: number, code: string, message: string): RegistryResponse {
  return answer(url, status, { 'content-type': 'application/json' }, encode(JSON.stringify({ errors: [{ code, message }] })));
}

function answer(url: string, status: number, headers: Record<string, string>, bytes: Uint8Array): RegistryResponse {
  return { status, headers: { ...headers, 'content-length': String(bytes.length) }, url, body: once(bytes) };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
