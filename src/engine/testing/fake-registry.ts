/**
 * A registry in memory, and builders for what is in it. Answers as Docker's registry does, uploads, ranges and logins
 * included; can be told to break: replace a blob, cut it short, hold an answer back.
 */
import { assert } from '../assert.ts';
import { base64 } from '../base64.ts';
import { concatBytes } from '../bytes.ts';
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
  /** Repository (`localhost:5000/team/app`) → the blobs that a HEAD or mount finds there. */
  readonly repositories = new Map<string, Set<string>>();
  /** Uploads under way, by their path. */
  readonly uploads = new Map<string, Uint8Array>();
  /** `host` → name, password and how it asks for them; other hosts let everybody in. */
  readonly logins = new Map<string, FakeLogin>();
  /** Looked at before each answer; what it returns is answered instead. */
  intercept: (request: RegistryRequest) => Promise<RegistryResponse | undefined> = () => Promise.resolve(undefined);
  #uploadCount = 0;

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
    return (this.#token(request) ?? this.#challenge(request) ?? (await this.#answer(request))) as RegistryResponse;
  }

  async #answer(request: RegistryRequest): Promise<RegistryResponse> {
    const { host, method } = request;
    const path = request.path.split('?', 1)[0]!;
    if (path === '/v2/') return respond(200, encoder.encode('{}'), {}, request);
    const [, repository = '', kind = '', name = ''] = /^\/v2\/(.+)\/(manifests|blobs|tags|uploads)\/([^/]*)$/.exec(path) ?? [];
    if (kind === 'uploads') return this.#upload(request, repository.replace(/\/blobs$/, ''), name);
    const prefix = `${host}/${repository}:`;
    if (kind === 'tags') {
      const found = [...this.tags.keys()].filter((tag) => tag.startsWith(prefix)).map((tag) => tag.slice(prefix.length));
      return respond(
        200,
        encoder.encode(JSON.stringify({ name: repository, tags: found })),
        { 'content-type': 'application/json' },
        request,
      );
    }
    if (kind === 'manifests') {
      if (method === 'PUT') return this.#putManifest(request, prefix + name);
      const digest = name.includes(':') ? name : this.tags.get(prefix + name);
      const manifest = digest === undefined ? undefined : this.manifests.get(digest);
      if (!manifest) return refuse(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
      return respond(200, manifest.bytes, { 'content-type': manifest.mediaType, 'docker-content-digest': digest! }, request);
    }
    const blob = this.blobs.get(name);
    if (!blob || (method === 'HEAD' && !this.repositories.get(`${host}/${repository}`)?.has(name)))
      return refuse(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    if (method === 'HEAD') return respond(200, new Uint8Array(), { 'content-length': String(blob.length) }, request);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers['range'] ?? '')?.[1] ?? 0);
    if (from === 0) return respond(200, blob, {}, request);
    if (from >= blob.length) return refuse(416, 'RANGE_INVALID', 'invalid content range');
    return respond(206, blob.subarray(from), { 'content-range': `bytes ${from}-${blob.length - 1}/${blob.length}` }, request);
  }

  /** Docker's registry keeps the name of an upload in its location. */
  async #upload(request: RegistryRequest, repository: string, name: string): Promise<RegistryResponse> {
    const { host, method, body = new Uint8Array() } = request;
    const query = new URL(`http://${host}${request.path}`).searchParams;
    const key = `${host}/${repository}`;
    if (method === 'POST') {
      const mounted = query.get('mount');
      if (mounted !== null && this.repositories.get(`${host}/${query.get('from')}`)?.has(mounted)) {
        this.#holds(key).add(mounted);
        return respond(201, new Uint8Array(), { location: `/v2/${repository}/blobs/${mounted}` }, request);
      }
      const id = `upload-${++this.#uploadCount}`;
      this.uploads.set(id, new Uint8Array());
      return this.#uploadState(202, request, repository, id);
    }
    const had = this.uploads.get(name);
    if (!had) return refuse(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
    if (method === 'GET') return this.#uploadState(204, request, repository, name);
    const start = /^(\d+)-/.exec(request.headers['content-range'] ?? '')?.[1];
    if (start !== undefined && Number(start) !== had.length) return refuse(416, 'RANGE_INVALID', 'invalid content range');
    const all = concatBytes([had, body]);
    this.uploads.set(name, all);
    if (method === 'PATCH') return this.#uploadState(202, request, repository, name);
    const digest = await digestOf(plainCrypto, all);
    if (query.get('digest') !== digest) return refuse(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    this.uploads.delete(name);
    this.blobs.set(digest, all);
    this.#holds(key).add(digest);
    return respond(201, new Uint8Array(), { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest }, request);
  }

  #uploadState(status: number, request: RegistryRequest, repository: string, id: string): RegistryResponse {
    const length = this.uploads.get(id)!.length;
    const headers = {
      location: `http://${request.host}/v2/${repository}/blobs/uploads/${id}?_state=x`,
      range: `0-${Math.max(0, length - 1)}`,
    };
    return respond(status, new Uint8Array(), headers, request);
  }

  async #putManifest(request: RegistryRequest, name: string): Promise<RegistryResponse> {
    const { body = new Uint8Array(), headers } = request;
    const manifest = JSON.parse(new TextDecoder().decode(body)) as { config: { digest: string }; layers: { digest: string }[] };
    const holds = this.#holds(name.slice(0, name.lastIndexOf(':')));
    for (const { digest } of [manifest.config, ...manifest.layers])
      if (!holds.has(digest)) return refuse(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry');
    const digest = await digestOf(plainCrypto, body);
    this.manifests.set(digest, { bytes: body, mediaType: headers['content-type'] ?? '' });
    this.tags.set(name, digest);
    return respond(201, new Uint8Array(), { 'docker-content-digest': digest }, request);
  }

  #holds(repository: string): Set<string> {
    const held = this.repositories.get(repository) ?? new Set<string>();
    this.repositories.set(repository, held);
    return held;
  }

  #challenge(request: RegistryRequest): RegistryResponse | undefined {
    const login = this.logins.get(request.host);
    if (!login) return undefined;
    const sent = request.headers['authorization'];
    const { scheme, username, password } = login;
    if (scheme === 'basic' && sent === basic(username, password)) return undefined;
    if (scheme === 'bearer' && sent !== undefined && login.tokens.has(sent.replace(/^Bearer /, ''))) return undefined;
    const challenge = scheme === 'basic' ? 'Basic realm="fake"' : `Bearer realm="https://${tokenHost}/token",service="fake"`;
    const refused = refuse(401, 'UNAUTHORIZED', 'authentication required');
    return { ...refused, headers: { ...refused.headers, 'www-authenticate': challenge }, url: urlOf(request) };
  }

  /** The token service of every host that asks for tokens. */
  #token(request: RegistryRequest): RegistryResponse | undefined {
    if (request.host !== tokenHost) return undefined;
    const login = [...this.logins.values()].find(({ scheme }) => scheme === 'bearer');
    assert(login, 'somebody asks for tokens');
    const form = request.body ? `?${new TextDecoder().decode(request.body)}` : '';
    const query = new URL(`https://${tokenHost}${request.body ? form : request.path}`).searchParams;
    const known =
      request.headers['authorization'] === basic(login.username, login.password) || query.get('refresh_token') === login.identityToken;
    if (!known) return refuse(401, 'UNAUTHORIZED', 'incorrect username or password');
    const token = `token-${login.tokens.size + 1}`;
    login.tokens.add(token);
    const answer = {
      token,
      access_token: token,
      expires_in: 300,
      ...(query.get('offline_token') && { refresh_token: login.identityToken }),
    };
    return respond(200, encoder.encode(JSON.stringify(answer)), { 'content-type': 'application/json' }, request);
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
    const blobs = [manifest['config'], ...((manifest['layers'] as unknown[] | undefined) ?? [])] as ({ digest: string } | undefined)[];
    for (const name of names) {
      this.tags.set(name, digest);
      for (const blob of blobs) if (blob) this.#holds(name.slice(0, name.lastIndexOf(':'))).add(blob.digest);
    }
    return digest;
  }

  async #addBlob(bytes: Uint8Array): Promise<string> {
    const digest = await digestOf(plainCrypto, bytes);
    this.blobs.set(digest, bytes);
    return digest;
  }
}

export interface FakeLogin {
  scheme: 'basic' | 'bearer';
  username: string;
  password: string;
  /** Given to whoever asks for it with `offline_token`. */
  identityToken: string;
  /** Given out so far. */
  readonly tokens: Set<string>;
}

const tokenHost = 'auth.fake.test';

function basic(username: string, password: string): string {
  return `Basic ${base64(encoder.encode(`${username}:${password}`))}`;
}

export function respond(status: number, bytes: Uint8Array, headers: Record<string, string>, request?: RegistryRequest): RegistryResponse {
  return { status, headers, url: request ? urlOf(request) : 'http://fake.test/v2/', body: pieces(bytes) };
}

function urlOf({ scheme = 'http', host, path }: RegistryRequest): string {
  return `${scheme}://${host}${path}`;
}

export function refuse(status: number, code: string, message: string): RegistryResponse {
  return respond(status, encoder.encode(JSON.stringify({ errors: [{ code, message }] })), { 'content-type': 'application/json' });
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}
