/**
 * Asks a registry for manifests and blobs, and turns its refusals into Docker's words. Verifies that content has
 * the digest it was asked for. Knows nothing of what is here already.
 * Source: OCI distribution-spec; moby distribution/errors.go.
 */
import { concatBytes } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { EngineError } from '../errors.ts';
import { digestOf, isDigest } from '../oci/digest.ts';
import { acceptedManifests, maxManifestBytes, parseManifest, type Descriptor, type Index, type Manifest } from '../oci/manifest.ts';
import { defaultDomain, familiarName, familiarString, type Reference } from '../oci/reference.ts';
import type { RegistryResponse, RegistryTransport } from './registry-port.ts';

/** Errors and tag lists are small. */
const maxAnswerBytes = 1 << 20;
const maxConfigBytes = 8 << 20;

export interface FetchedManifest {
  manifest: Manifest | Index;
  digest: string;
  sizeBytes: number;
}

export class RegistryClient {
  readonly #transport: RegistryTransport;
  readonly #crypto: Crypto;

  constructor(ports: { registry: RegistryTransport; crypto: Crypto }) {
    this.#transport = ports.registry;
    this.#crypto = ports.crypto;
  }

  /**
   * The manifest that a tag or digest names.
   *
   * @param asked what the user asked for, for the error's text
   */
  async manifest(reference: Reference, asked = reference): Promise<FetchedManifest> {
    const name = reference.digest ?? reference.tag ?? 'latest';
    const answer = await this.#get(reference, `manifests/${name}`, { accept: acceptedManifests.join(', ') });
    if (answer.status !== 200) throw await this.#refusal(answer, asked);
    const bytes = await readAnswer(answer, maxManifestBytes);
    const digest = await digestOf(this.#crypto, bytes);
    const claimed = reference.digest ?? answer.headers['docker-content-digest'];
    if (claimed !== undefined && isDigest(claimed) && claimed.startsWith('sha256:') && claimed !== digest) {
      throw new EngineError('unknown', `manifest verification failed for digest ${claimed}`);
    }
    return { manifest: parseManifest(bytes, answer.headers['content-type']), digest, sizeBytes: bytes.length };
  }

  async tags(repository: Reference): Promise<string[]> {
    const answer = await this.#get(repository, 'tags/list', { accept: 'application/json' });
    if (answer.status !== 200) throw await this.#refusal(answer, repository);
    const parsed = parseJson(await readAnswer(answer, maxAnswerBytes));
    const tags = isObject(parsed) ? (parsed['tags'] ?? []) : undefined;
    if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string'))
      throw new EngineError('unknown', 'unexpected answer to a request for tags');
    return tags;
  }

  /** A blob's bytes as they come, unverified. */
  async blob(repository: Reference, digest: string): Promise<AsyncIterable<Uint8Array>> {
    const answer = await this.#get(repository, `blobs/${digest}`, {});
    if (answer.status === 404) {
      await discard(answer);
      throw new EngineError('unknown', 'unknown blob');
    }
    if (answer.status !== 200) throw await this.#refusal(answer, repository);
    return answer.body;
  }

  /** An image configuration, verified. */
  async config(repository: Reference, { digest, size }: Descriptor): Promise<Uint8Array> {
    if (size > maxConfigBytes) throw new EngineError('invalid-parameter', `image config ${digest} is too large`);
    const bytes = await collect(await this.blob(repository, digest), maxConfigBytes);
    if ((await digestOf(this.#crypto, bytes)) !== digest)
      throw new EngineError('unknown', `image config verification failed for digest ${digest}`);
    return bytes;
  }

  #get(repository: Reference, path: string, headers: Record<string, string>): Promise<RegistryResponse> {
    return this.#transport.request({ method: 'GET', host: repository.domain, path: `/v2/${repository.path}/${path}`, headers });
  }

  async #refusal(answer: RegistryResponse, reference: Reference): Promise<EngineError> {
    const { code, message } = registryError(await readAnswer(answer, maxAnswerBytes).catch(() => new Uint8Array(0)));
    const official = reference.domain === defaultDomain;
    const shipped = official ? await this.#shipped() : [];
    const known = shipped.some((name) => name === familiarName(reference) || name === reference.path);
    if (answer.status === 401 || code === 'DENIED' || code === 'UNAUTHORIZED' || (answer.status === 404 && official && !known)) {
      return new EngineError('not-found', `${accessDenied(reference)}${official ? availableHere(shipped) : noLogin}`);
    }
    if (code === 'NAME_UNKNOWN') {
      return new EngineError(
        'not-found',
        `repository ${familiarName(reference)} not found: name unknown: ${message || 'repository name not known to registry'}`,
      );
    }
    if (answer.status === 404) {
      const hint = official ? await this.#tagsHere(reference) : '';
      return new EngineError(
        'not-found',
        `manifest for ${familiarString(reference)} not found: manifest unknown: ${message || 'manifest unknown'}${hint}`,
      );
    }
    if (code) return new EngineError('unknown', `${code.toLowerCase().replaceAll('_', ' ')}: ${message}`);
    return new EngineError('unknown', `received unexpected HTTP status: ${answer.status}`);
  }

  #shipped(): Promise<string[]> {
    return this.#transport.shipped().catch(() => []);
  }

  /** A line that says which tags there are; empty when that cannot be found out. */
  async #tagsHere(reference: Reference): Promise<string> {
    try {
      const answer = await this.#get(reference, 'tags/list', {});
      const parsed = answer.status === 200 ? parseJson(await readAnswer(answer, maxAnswerBytes)) : undefined;
      const tags = isObject(parsed) && Array.isArray(parsed['tags']) ? (parsed['tags'] as unknown[]) : [];
      return tags.length > 0 ? `\nTags of ${familiarName(reference)} available here: ${tags.join(', ')}` : '';
    } catch {
      return '';
    }
  }
}

const noLogin = '\nLogging in to registries is not supported here yet.';

function accessDenied(reference: Reference): string {
  return `pull access denied for ${familiarName(reference)}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`;
}

/** Docker Hub itself cannot be reached from here; this says what can. */
function availableHere(shipped: readonly string[]): string {
  if (shipped.length === 0) return '';
  const names = shipped.map((name) => name.replace(/^library\//, ''));
  return `\nImages available here: ${names.sort().join(', ')}`;
}

async function collect(chunks: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > limitBytes) throw new EngineError('unknown', `answer of the registry is larger than ${limitBytes} bytes`);
    parts.push(chunk);
  }
  return concatBytes(parts);
}

function readAnswer(answer: RegistryResponse, limitBytes: number): Promise<Uint8Array> {
  return collect(answer.body, limitBytes);
}

async function discard(answer: RegistryResponse): Promise<void> {
  await answer.body[Symbol.asyncIterator]().return?.();
}

/** The first of a registry's errors, in its JSON form; empty when it is none. */
function registryError(bytes: Uint8Array): { code: string; message: string } {
  const parsed = parseJson(bytes);
  const errors = isObject(parsed) ? parsed['errors'] : undefined;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (!isObject(first)) return { code: '', message: '' };
  return {
    code: typeof first['code'] === 'string' ? first['code'] : '',
    message: typeof first['message'] === 'string' ? first['message'] : '',
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
