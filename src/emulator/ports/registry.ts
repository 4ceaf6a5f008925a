/**
 * Registries as the host reaches them: `docker.io` is the folder of plain files shipped with the app,
 * every other host is asked by `fetch` (in a page only those that allow it by CORS answer).
 */
import { EngineError, messageOf } from '#engine/errors.ts';
import type { RegistryRequest, RegistryResponse, RegistryTransport } from '#engine/image/registry-port.ts';
import { readAsset, streamChunks, type AssetFiles } from './asset-files.ts';

const SHIPPED_HOST = 'docker.io';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

export class Registries implements RegistryTransport {
  constructor(private readonly files: AssetFiles) {}

  request(request: RegistryRequest): Promise<RegistryResponse> {
    return request.host === SHIPPED_HOST ? this.#fromFiles(request) : fromNetwork(request);
  }

  async shipped(): Promise<string[]> {
    const catalog = await readAsset(this.files, 'hub/v2/_catalog');
    const { repositories } = (catalog ? JSON.parse(new TextDecoder().decode(catalog)) : {}) as { repositories?: string[] };
    return [...(repositories ?? [])].sort();
  }

  async #fromFiles({ method, path }: RegistryRequest): Promise<RegistryResponse> {
    if (method !== 'GET' && method !== 'HEAD')
      return refusal(
        method === 'POST' || method === 'PUT' ? 401 : 405,
        'UNAUTHORIZED',
        'the registry shipped with Drydock cannot be written to',
      );
    if (path === '/v2/') return answer(200, { 'content-type': 'application/json' }, encode('{}'));
    // A colon in a file name breaks checkouts on Windows, so digests are stored as folders.
    const name = `hub${path.split('?')[0]?.replace('sha256:', 'sha256/') ?? ''}`;
    if (path.includes('/manifests/')) return this.#manifest(method, name);
    const file = await this.files.open(name);
    if (!file) return refusal(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    const length: Record<string, string> = file.sizeBytes > 0 ? { 'content-length': String(file.sizeBytes) } : {};
    return {
      status: 200,
      headers: { 'content-type': 'application/octet-stream', ...length },
      body: method === 'HEAD' ? nothing() : file.chunks,
    };
  }

  /** Plain files carry no media type; the manifest itself does. */
  async #manifest(method: string, path: string): Promise<RegistryResponse> {
    const bytes = (await readAsset(this.files, path)) ?? new Uint8Array();
    let mediaType: unknown;
    try {
      mediaType = (JSON.parse(new TextDecoder().decode(bytes)) as { mediaType?: unknown }).mediaType;
    } catch {
      // A server that answers unknown paths with its start page.
      return refusal(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    }
    return answer(
      200,
      { 'content-type': typeof mediaType === 'string' ? mediaType : MANIFEST_TYPE },
      method === 'HEAD' ? new Uint8Array() : bytes,
    );
  }
}

async function fromNetwork({ method, host, path, headers, body }: RegistryRequest): Promise<RegistryResponse> {
  const url = `${isLocal(host) ? 'http' : 'https'}://${host}${path}`;
  let response: Response;
  try {
    response = await fetch(url, { method, headers, ...(body && { body: body as Uint8Array<ArrayBuffer> }) });
  } catch (error) {
    const reason = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
    throw new EngineError('unavailable', `${method[0]}${method.slice(1).toLowerCase()} "${url}": cannot reach ${host}: ${reason}`, {
      cause: error,
    });
  }
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: response.body ? streamChunks(response.body) : nothing(),
  };
}

/** Docker speaks plain HTTP to these. */
function isLocal(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127\./.test(name);
}

function refusal(status: number, code: string, message: string): RegistryResponse {
  return answer(status, { 'content-type': 'application/json' }, encode(JSON.stringify({ errors: [{ code, message }] })));
}

function answer(status: number, headers: Record<string, string>, bytes: Uint8Array): RegistryResponse {
  return { status, headers: { ...headers, 'content-length': String(bytes.length) }, body: once(bytes) };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

async function* nothing(): AsyncIterable<Uint8Array> {}
