/**
 * Endpoints about registries: logging in, pushing, looking and searching. Pulling is image creation (image.ts).
 * Source: moby api/server/router/{system,image,distribution}.
 */
import { EngineError, messageOf } from '../../errors.ts';
import type { RawManifest, RegistryImage } from '../../image/inspect-registry.ts';
import type { LoginRequest } from '../../image/login.ts';
import type { PushRequest } from '../../image/push.ts';
import type { RegistryCredentials } from '../../image/registry-credentials.ts';
import type { FoundRepository, SearchRequest } from '../../image/search.ts';
import type { Platform } from '../../oci/manifest.ts';
import { parseNormalizedNamed, withTag, type Reference } from '../../oci/reference.ts';
import { json } from '../answer.ts';
import { readBody } from '../body.ts';
import { jsonTextMistake } from '../go-json.ts';
import type { ApiResponse } from '../http.ts';
import { filtersParam, integerParam, textParam } from '../query.ts';
import type { ApiCall, Route } from '../router.ts';
import { decode } from '../shape.ts';
import type { DistributionInspect, ImageSearchItem } from '../types/image.ts';
import { atLeast } from '../version.ts';
import { credentialsOf, credentialsOfPush, readAuthConfig, toCredentials } from './registry-auth.ts';
import { transferAnswer } from './transfer-answer.ts';

export interface RegistryBackend {
  push(request: PushRequest): Promise<void>;
  /** What to keep instead of the password, or nothing. */
  login(request: LoginRequest): Promise<string>;
  search(request: SearchRequest): Promise<FoundRepository[]>;
  inspectRegistry(name: string, credentials: RegistryCredentials): Promise<RegistryImage>;
  registryManifest(name: string, credentials: RegistryCredentials): Promise<RawManifest>;
}

const maxLoginBytes = 64 << 10;

export function registryRoutes(backend: RegistryBackend): Route[] {
  return [
    /** @api  P[Docker Hub cannot be reached]  POST /auth  SystemAuth  "Check auth configuration" */
    { method: 'POST', pattern: '/auth', handler: (call) => login(backend, call) },
    /** @api  Y  POST /images/{name}/push  ImagePush  "Push an image" */
    { method: 'POST', pattern: '/images/{name}/push', handler: (call) => push(backend, call) },
    /** @api  P[the shipped registry stands for Docker Hub]  GET /images/search  ImageSearch  "Search images" */
    { method: 'GET', pattern: '/images/search', handler: (call) => search(backend, call) },
    /** @api  Y  GET /distribution/{name}/json  DistributionInspect  "Get image information from the registry" */
    { method: 'GET', pattern: '/distribution/{name}/json', handler: (call) => inspectRegistry(backend, call) },
    // Of Drydock, see docs/api-extensions.md.
    { method: 'GET', pattern: '/distribution/{name}/manifest', handler: (call) => registryManifest(backend, call) },
  ];
}

async function login(backend: RegistryBackend, call: ApiCall): Promise<ApiResponse> {
  const text = new TextDecoder().decode(await readBody(call, maxLoginBytes));
  let config: ReturnType<typeof readAuthConfig>;
  try {
    config = readAuthConfig(text);
  } catch (error) {
    throw new EngineError('unknown', messageOf(error));
  }
  const token = await backend.login({ ...toCredentials(config), serverAddress: config.serveraddress ?? '' });
  return json(200, { IdentityToken: token, Status: 'Login Succeeded' });
}

async function push(backend: RegistryBackend, call: ApiCall): Promise<ApiResponse> {
  const credentials = await credentialsOfPush(call);
  const reference = pushReference(call.params['name']!, textParam(call.query, 'tag'));
  const platform = atLeast(call.version, '1.46') ? platformParam(textParam(call.query, 'platform')) : undefined;
  return transferAnswer((transfer) => backend.push({ reference, platform, credentials, ...transfer }));
}

/** Without a tag, every tag is meant. */
function pushReference(name: string, tag: string): Reference {
  const named = parseNormalizedNamed(name);
  if (tag === '') return named;
  if (named.digest !== undefined) throw new EngineError('invalid-parameter', 'cannot import digest reference');
  return withTag(named, tag);
}

/** A platform as JSON, as newer clients write it. */
function platformParam(text: string): Platform | undefined {
  if (text === '') return undefined;
  const invalid = (detail: string): EngineError => new EngineError('invalid-parameter', `failed to parse platform: ${detail}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(jsonTextMistake(text) ?? 'invalid JSON');
  }
  const { os, architecture, variant } = decode<Partial<Platform>>(
    value,
    { struct: { os: 'string', architecture: 'string', variant: 'string' } },
    'Platform',
  );
  if (!os && !architecture && variant)
    throw new EngineError('invalid-parameter', 'optional platform fields provided, but OS and Architecture are missing');
  if (!os || !architecture) throw new EngineError('invalid-parameter', 'both OS and Architecture must be provided');
  return { os, architecture, ...(variant && { variant }) };
}

async function search(backend: RegistryBackend, { query }: ApiCall): Promise<ApiResponse> {
  let limit: number;
  try {
    limit = integerParam(query, 'limit', 0);
  } catch (error) {
    throw new EngineError('invalid-parameter', `invalid limit specified: ${messageOf(error)}`);
  }
  if (limit < 0) throw new EngineError('invalid-parameter', 'invalid limit specified');
  const found = await backend.search({ term: textParam(query, 'term'), limit, filters: filtersParam(query) });
  return json(
    200,
    found.map(({ name, description, starCount, isOfficial }): ImageSearchItem => ({
      star_count: starCount,
      is_official: isOfficial,
      name,
      is_automated: false,
      description,
    })),
  );
}

async function inspectRegistry(backend: RegistryBackend, call: ApiCall): Promise<ApiResponse> {
  const { descriptor, platforms } = await backend.inspectRegistry(call.params['name']!, credentialsOf(call));
  const { mediaType, digest, size } = descriptor;
  const body: DistributionInspect = {
    Descriptor: { mediaType, digest, size },
    Platforms: platforms.map(({ architecture, os, variant }) => ({ architecture, os, ...(variant && { variant }) })),
  };
  return json(200, body);
}

async function registryManifest(backend: RegistryBackend, call: ApiCall): Promise<ApiResponse> {
  const { bytes, mediaType, digest } = await backend.registryManifest(call.params['name']!, credentialsOf(call));
  return { status: 200, headers: { 'Content-Type': mediaType, 'Docker-Content-Digest': digest }, body: { kind: 'bytes', bytes } };
}
