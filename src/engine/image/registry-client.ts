/**
 * Asks a registry for one repository's manifests, tags and blobs, and gives it some. Verifies that content has the digest
 * it was asked for. Knows nothing of what is here already; uploads of blobs are in registry-upload.ts.
 * Source: OCI distribution-spec; moby distribution.
 */
import type { Cancellation } from '../cancellation.ts';
import type { Clock } from '../clock.ts';
import type { Crypto } from '../crypto.ts';
import { EngineError } from '../errors.ts';
import { digestOf, isDigest } from '../oci/digest.ts';
import { acceptedManifests, maxManifestBytes, parseManifest, type Descriptor, type Index, type Manifest } from '../oci/manifest.ts';
import { defaultDomain, familiarName, trimNamed, type Reference } from '../oci/reference.ts';
import { pullRefusal } from './pull-refusal.ts';
import type { RegistryCredentials } from './registry-credentials.ts';
import { discard, isObject, maxAnswerBytes, parseJson, readAnswer, refusalOf, RegistryError } from './registry-error.ts';
import type { RegistryResponse, RegistryTransport } from './registry-port.ts';
import { AuthorizationError, RegistrySession, resolveLocation, type SessionRequest } from './registry-session.ts';

const maxConfigBytes = 8 << 20;
/** Of a list of tags; each page names the next. */
const maxPages = 100;
const maxTags = 10_000;

export interface FetchedManifest {
  manifest: Manifest | Index;
  digest: string;
  /** As it was sent. */
  bytes: Uint8Array;
}

export interface RegistryPorts {
  registry: RegistryTransport;
  crypto: Crypto;
  clock: Clock;
}

export interface RegistryAccess {
  credentials?: RegistryCredentials | undefined;
  /** What is to be done: `['pull']` unless said otherwise. */
  actions?: readonly ('pull' | 'push')[];
  cancellation?: Cancellation;
}

/** A blob's bytes from some offset on. */
export interface BlobStream {
  /** Where it begins: what was asked for, or 0 when the registry sends all of it again. */
  offset: number;
  chunks: AsyncIterable<Uint8Array>;
}

export class RegistryClient {
  readonly repository: Reference;
  readonly #session: RegistrySession;
  readonly #transport: RegistryTransport;
  readonly #crypto: Crypto;

  constructor(ports: RegistryPorts, repository: Reference, { credentials, actions = ['pull'], cancellation }: RegistryAccess = {}) {
    this.repository = trimNamed(repository);
    this.#transport = ports.registry;
    this.#crypto = ports.crypto;
    const scopes = [`repository:${repository.path}:${actions.join(',')}`];
    this.#session = new RegistrySession({ ...ports, host: repository.domain, credentials, scopes, cancellation });
  }

  /** Before what would be tried again and again: one that is not there says so at once. */
  ping(): Promise<void> {
    return this.#session.ping();
  }

  /**
   * The manifest that a tag or digest names.
   *
   * @param asked what the user asked for, for the error's text
   */
  async manifest(reference: Reference, asked = reference): Promise<FetchedManifest> {
    const name = reference.digest ?? reference.tag ?? 'latest';
    // Docker looks for the tag first, so that is the request its errors name.
    const answer = await this.request(
      { method: 'GET', to: this.path(`manifests/${name}`), headers: { accept: acceptedManifests.join(', ') } },
      'Head',
    );
    if (answer.status !== 200) throw await this.#refusal(answer, asked);
    const bytes = await readAnswer(answer, maxManifestBytes);
    const digest = await digestOf(this.#crypto, bytes);
    const claimed = reference.digest ?? answer.headers['docker-content-digest'];
    if (claimed !== undefined && isDigest(claimed) && claimed.startsWith('sha256:') && claimed !== digest) {
      throw new EngineError('unknown', `manifest verification failed for digest ${claimed}`);
    }
    return { manifest: parseManifest(bytes, answer.headers['content-type']), digest, bytes };
  }

  /** Every tag, page by page. */
  async tags(): Promise<string[]> {
    const found = new Set<string>();
    const asked = new Set<string>();
    for (let to: string | undefined = this.path('tags/list'); to !== undefined && !asked.has(to) && asked.size < maxPages;) {
      asked.add(to);
      const answer = await this.request({ method: 'GET', to, headers: { accept: 'application/json' } });
      if (answer.status !== 200) throw await this.#refusal(answer, this.repository);
      const parsed = parseJson(await readAnswer(answer, maxAnswerBytes));
      const tags = isObject(parsed) ? (parsed['tags'] ?? []) : undefined;
      if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string') || found.size + tags.length > maxTags)
        throw new EngineError('unknown', 'unexpected answer to a request for tags');
      for (const tag of tags) found.add(tag);
      to = nextPage(answer);
    }
    return [...found];
  }

  /** A blob's bytes as they come, unverified. */
  async blob(digest: string, offset = 0): Promise<BlobStream> {
    const headers: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {};
    const answer = await this.request({ method: 'GET', to: this.path(`blobs/${digest}`), headers });
    if (answer.status === 404) {
      await discard(answer);
      throw new RegistryError('unknown', '', 'unknown blob', true);
    }
    if (answer.status === 416 && offset > 0) {
      await discard(answer);
      return this.blob(digest);
    }
    if (answer.status === 206 && offset > 0) {
      const start = /^bytes (\d+)-/.exec(answer.headers['content-range'] ?? '')?.[1];
      if (start !== undefined && Number(start) === offset) return { offset, chunks: answer.body };
      await discard(answer);
      // Another range than asked for is of no use.
      return this.blob(digest);
    }
    if (answer.status !== 200) throw await this.#refusal(answer, this.repository);
    return { offset: 0, chunks: answer.body };
  }

  /** An image configuration, verified. */
  async config({ digest, size }: Descriptor): Promise<Uint8Array> {
    if (size > maxConfigBytes) throw new EngineError('invalid-parameter', `image config ${digest} is too large`);
    const { chunks } = await this.blob(digest);
    const bytes = await readAnswer({ status: 200, headers: {}, url: '', body: chunks }, maxConfigBytes);
    if ((await digestOf(this.#crypto, bytes)) !== digest)
      throw new EngineError('unknown', `image config verification failed for digest ${digest}`);
    return bytes;
  }

  /** How large a blob is that the repository has; undefined when it has none, NaN when it does not say. */
  async blobSize(digest: string): Promise<number | undefined> {
    const answer = await this.request({ method: 'HEAD', to: this.path(`blobs/${digest}`) });
    if (answer.status === 404) {
      await discard(answer);
      return undefined;
    }
    if (answer.status !== 200) throw await refusalOf(answer);
    await discard(answer);
    return /^\d+$/.test(answer.headers['content-length'] ?? '') ? Number(answer.headers['content-length']) : NaN;
  }

  /** Gives the repository a manifest under a tag. */
  async putManifest(tag: string, bytes: Uint8Array, mediaType: string): Promise<void> {
    const answer = await this.request({
      method: 'PUT',
      to: this.path(`manifests/${tag}`),
      headers: { 'content-type': mediaType },
      body: bytes,
    });
    if (answer.status < 200 || answer.status > 399) throw await refusalOf(answer);
    await discard(answer);
  }

  /** Path of something in the repository: `manifests/latest`, `blobs/uploads/`. */
  path(rest: string): string {
    return `/v2/${this.repository.path}/${rest}`;
  }

  /** @param shownMethod the method that an error names, where it is another than the request's */
  async request(request: SessionRequest, shownMethod?: string): Promise<RegistryResponse> {
    try {
      return await this.#session.request(request);
    } catch (error) {
      if (shownMethod !== undefined && error instanceof AuthorizationError) throw error.during(shownMethod);
      throw error;
    }
  }

  async #refusal(answer: RegistryResponse, reference: Reference): Promise<EngineError> {
    const refusal = await refusalOf(answer);
    const shipped = reference.domain === defaultDomain ? await this.#transport.shipped().catch(() => []) : undefined;
    const known = shipped?.some((name) => name === familiarName(reference) || name === reference.path);
    const tags = known && answer.status === 404 ? await this.tags().catch(() => []) : [];
    return pullRefusal(refusal, reference, shipped && { repositories: shipped, tags, isUnknown: answer.status === 404 && !known });
  }
}

/** Where the next page of a list is. Source: RFC 5988, as the distribution specification uses it. */
function nextPage({ headers, url }: RegistryResponse): string | undefined {
  const link = /^\s*<([^>]*)>\s*;\s*rel="?next"?/.exec(headers['link'] ?? '')?.[1];
  if (link === undefined) return undefined;
  const next = new URL(resolveLocation(link, url));
  // Of the same registry, and asked for in the same way as this page.
  return next.pathname + next.search;
}
