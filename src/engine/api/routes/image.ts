/**
 * Image endpoints: between Docker's JSON and the image verbs. What differs between API versions is here.
 * Source: moby api/server/router/image.
 */
import { Channel } from '../../channel.ts';
import { EngineError } from '../../errors.ts';
import type { Filters } from '../../filters.ts';
import type { HistoryStep } from '../../image/history.ts';
import type { Image } from '../../image/image-store.ts';
import type { ListedImage, ListImages } from '../../image/list.ts';
import { parsePlatform } from '../../image/platform.ts';
import type { PrunedImages } from '../../image/prune.ts';
import type { PullRequest } from '../../image/pull.ts';
import type { Removed, RemoveImage } from '../../image/remove.ts';
import { isDigest } from '../../oci/digest.ts';
import type { Platform } from '../../oci/manifest.ts';
import { familiarName, parseNormalizedNamed, tagNameOnly, trimNamed, withDigest, withTag, type Reference } from '../../oci/reference.ts';
import { empty, json } from '../answer.ts';
import { readBody } from '../body.ts';
import type { ApiResponse } from '../http.ts';
import { filtersParam, flagParam, textParam, textParams } from '../query.ts';
import type { ApiCall, Route } from '../router.ts';
import type { ProgressMessage } from '../types/system.ts';
import type { ImageDeleted, ImageHistoryItem, ImagesPruned } from '../types/image.ts';
import type { StorageDriver } from '../../storage-driver.ts';
import { atLeast } from '../version.ts';
import { imageInspect, imageSummary } from './image-json.ts';
import { credentialsOf } from './registry-auth.ts';
import { progressAnswer, transferAnswer } from './transfer-answer.ts';

export interface ImageBackend {
  pull(request: PullRequest): Promise<void>;
  import(archive: Uint8Array, options: { reference?: Reference; message: string; changes: string[]; platform?: Platform }): Promise<Image>;
  resolve(name: string): Image;
  readonly driver: StorageDriver;
  namesOf(image: Image): { tags: string[]; digests: string[] };
  list(options: ListImages): ListedImage[];
  history(image: Image): HistoryStep[];
  tag(image: Image, reference: Reference): void;
  remove(name: string, options: RemoveImage): Removed[];
  prune(filters: Filters): PrunedImages;
}

/** A root file system to import has to fit into memory twice, packed and unpacked. */
const maxImportBytes = 512 << 20;

export function imageRoutes(backend: ImageBackend): Route[] {
  return [
    /** @api  P[filter manifests is refused]  GET /images/json  ImageList  "List Images" */
    { method: 'GET', pattern: '/images/json', handler: (call) => list(backend, call) },
    /** @api  P[no import from a URL]  POST /images/create  ImageCreate  "Create an image" */
    {
      method: 'POST',
      pattern: '/images/create',
      handler: (call) => (textParam(call.query, 'fromImage') === '' ? importImage(backend, call) : pull(backend, call)),
    },
    /** @api  Y  POST /images/prune  ImagePrune  "Delete unused images" */
    { method: 'POST', pattern: '/images/prune', handler: (call) => prune(backend, call) },
    /** @api  Y  GET /images/{name}/json  ImageInspect  "Inspect an image" */
    { method: 'GET', pattern: '/images/{name}/json', handler: (call) => inspect(backend, call) },
    /** @api  Y  GET /images/{name}/history  ImageHistory  "Get the history of an image" */
    { method: 'GET', pattern: '/images/{name}/history', handler: (call) => history(backend, call) },
    /** @api  Y  POST /images/{name}/tag  ImageTag  "Tag an image" */
    { method: 'POST', pattern: '/images/{name}/tag', handler: (call) => tag(backend, call) },
    /** @api  Y  DELETE /images/{name}  ImageDelete  "Remove an image" */
    { method: 'DELETE', pattern: '/images/{name}', handler: (call) => remove(backend, call) },
  ];
}

function list(backend: ImageBackend, { query, version }: ApiCall): ApiResponse {
  const filters = filtersParam(query);
  // Before 1.41 a pattern for names came by itself.
  if (!atLeast(version, '1.41') && textParam(query, 'filter') !== '') filters.add('reference', textParam(query, 'filter'));
  const listed = backend.list({
    all: flagParam(query, 'all'),
    filters,
    countSharedSize: atLeast(version, '1.42') && flagParam(query, 'shared-size'),
  });
  return json(
    200,
    listed.map((entry) => imageSummary(entry, version)),
  );
}

function pull(backend: ImageBackend, call: ApiCall): Promise<ApiResponse> {
  const platform = platformParam(call.query, call.version);
  const reference = pullReference(textParam(call.query, 'fromImage'), textParam(call.query, 'tag'));
  const credentials = credentialsOf(call);
  return transferAnswer((transfer) => backend.pull({ reference, platform, credentials, ...transfer }));
}

async function importImage(backend: ImageBackend, call: ApiCall): Promise<ApiResponse> {
  const { query, version } = call;
  const source = textParam(query, 'fromSrc');
  const reference = repositoryTag(textParam(query, 'repo'), textParam(query, 'tag'));
  const platform = platformParam(query, version);
  if (source !== '-') {
    throw new EngineError(
      'not-implemented',
      `cannot import from ${JSON.stringify(source)}: there is no way to the internet here; pipe the archive in and use "-"`,
    );
  }
  const archive = await readBody(call, maxImportBytes);
  const message = textParam(query, 'message') || `Imported from ${source}`;
  const image = await backend.import(archive, { reference, message, changes: textParams(query, 'changes'), platform });
  const lines = new Channel<ProgressMessage>();
  lines.push({ status: image.id });
  lines.end();
  return progressAnswer(lines);
}

function prune(backend: ImageBackend, { query }: ApiCall): ApiResponse {
  const { removed, reclaimedBytes } = backend.prune(filtersParam(query));
  const report: ImagesPruned = { ImagesDeleted: removed.length > 0 ? removed.map(removedJson) : null, SpaceReclaimed: reclaimedBytes };
  return json(200, report);
}

function inspect(backend: ImageBackend, { params, query, version }: ApiCall): ApiResponse {
  if (atLeast(version, '1.48') && flagParam(query, 'manifests') && textParam(query, 'platform') !== '') {
    throw new EngineError('invalid-parameter', 'conflicting options: manifests and platform options cannot both be set');
  }
  const image = backend.resolve(params['name']!);
  return json(200, imageInspect(image, backend.namesOf(image), backend.driver, version));
}

function history(backend: ImageBackend, { params }: ApiCall): ApiResponse {
  const steps = backend.history(backend.resolve(params['name']!));
  return json(
    200,
    steps.map((step): ImageHistoryItem => ({
      Comment: step.comment,
      Created: Math.floor((step.createdMs ?? 0) / 1000),
      CreatedBy: step.createdBy,
      Id: step.id,
      Size: step.sizeBytes,
      Tags: step.tags.length > 0 ? step.tags : null,
    })),
  );
}

function tag(backend: ImageBackend, { params, query }: ApiCall): ApiResponse {
  const reference = repositoryTag(textParam(query, 'repo'), textParam(query, 'tag'));
  if (!reference) throw new EngineError('invalid-parameter', 'repository name must have at least one component');
  if (familiarName(reference) === 'sha256')
    throw new EngineError('invalid-parameter', 'refusing to create an ambiguous tag using digest algorithm as name');
  backend.tag(backend.resolve(params['name']!), reference);
  return empty(201);
}

function remove(backend: ImageBackend, { params, query }: ApiCall): ApiResponse {
  const name = params['name']!;
  if (name.trim() === '') throw new EngineError('invalid-parameter', 'image name cannot be blank');
  const removed = backend.remove(name, { force: flagParam(query, 'force'), pruneParents: !flagParam(query, 'noprune') });
  return json(200, removed.map(removedJson));
}

function removedJson(entry: Removed): ImageDeleted {
  return 'untagged' in entry ? { Untagged: entry.untagged } : { Deleted: entry.deleted };
}

function platformParam(query: ApiCall['query'], version: string): Platform | undefined {
  const text = atLeast(version, '1.32') ? textParam(query, 'platform') : '';
  return text === '' ? undefined : parsePlatform(text);
}

/** `fromImage` and `tag`, which may also be a digest; without either, every tag is meant. */
function pullReference(image: string, tagOrDigest: string): Reference {
  // "pull -a" of old clients sends a trailing colon.
  const named = parseNormalizedNamed(image.replace(/:$/, ''));
  if (tagOrDigest === '') return named;
  return isDigest(tagOrDigest) ? withDigest(trimNamed(named), tagOrDigest) : withTag(named, tagOrDigest);
}

/** `repo` and `tag`; undefined when no name was given. */
function repositoryTag(repository: string, tagName: string): Reference | undefined {
  if (repository === '') return undefined;
  const named = parseNormalizedNamed(repository);
  if (named.digest !== undefined) throw new EngineError('invalid-parameter', 'cannot import digest reference');
  return tagName === '' ? tagNameOnly(named) : withTag(named, tagName);
}
