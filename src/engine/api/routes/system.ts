/**
 * System endpoints: ping, version, info, events, disk usage.
 * Source: moby api/server/router/system.
 */
import type { UsedCache } from '../../build/build-cache.ts';
import { EngineError } from '../../errors.ts';
import type { EngineEvent, Events } from '../../events.ts';
import type { ListedImage } from '../../image/list.ts';
import { parseTimestamp, rfc3339Nano } from '../../time.ts';
import { empty, json, jsonLines, mapStream, text } from '../answer.ts';
import type { ApiResponse } from '../http.ts';
import { filtersParam, textParam } from '../query.ts';
import type { ApiCall, Route } from '../router.ts';
import type { ContainerSummary } from '../types/container.ts';
import type { BuildCacheUsage, DiskUsage, EventMessage } from '../types/system.ts';
import type { Volume } from '../types/volume.ts';
import { atLeast } from '../version.ts';
import { imageSummary } from './image-json.ts';
import { infoJson, versionJson, type SystemFacts } from './system-json.ts';

export interface SystemBackend {
  facts(): Promise<SystemFacts>;
  events: Events;
  /** Every image with its shared size and number of containers. */
  images(): ListedImage[];
  layersSizeBytes(): number;
  /** Every container with its sizes. */
  containers(): Promise<ContainerSummary[]>;
  /** Every volume with its use and size. */
  volumes(): Volume[];
  /** What the build cache keeps, last used last. */
  buildCache(): UsedCache[];
}

export function systemRoutes(backend: SystemBackend): Route[] {
  return [
    /** @api  Y  GET /_ping  SystemPing  "Ping" */
    { method: 'GET', pattern: '/_ping', handler: () => ping(text(200, 'OK')) },
    /** @api  Y  HEAD /_ping  SystemPingHead  "Ping" */
    { method: 'HEAD', pattern: '/_ping', handler: () => ping(text(200, '')) },
    /** @api  Y  GET /version  SystemVersion  "Get version" */
    { method: 'GET', pattern: '/version', handler: async () => json(200, versionJson(await backend.facts())) },
    /** @api  Y  GET /info  SystemInfo  "Get system information" */
    { method: 'GET', pattern: '/info', handler: async () => json(200, infoJson(await backend.facts())) },
    /** @api  Y  GET /events  SystemEvents  "Monitor events" */
    { method: 'GET', pattern: '/events', handler: (call) => events(backend, call) },
    /** @api  Y  GET /system/df  SystemDataUsage  "Get data usage information" */
    { method: 'GET', pattern: '/system/df', handler: (call) => diskUsage(backend, call) },
    { method: 'OPTIONS', pattern: '/{any}', handler: () => empty(200) },
  ];
}

function ping(answer: ApiResponse): ApiResponse {
  const headers = {
    // The classic builder: clients then send their build context to POST /build.
    'Builder-Version': '1',
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    Pragma: 'no-cache',
    Swarm: 'inactive',
  };
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function events(backend: SystemBackend, { query, version }: ApiCall): ApiResponse {
  const since = textParam(query, 'since');
  const until = textParam(query, 'until');
  const sinceMs = parseTimestamp(since);
  const untilMs = parseTimestamp(until);
  if (sinceMs !== undefined && untilMs !== undefined && untilMs < sinceMs) {
    throw new EngineError('invalid-parameter', `\`since\` time (${since}) cannot be after \`until\` time (${until})`);
  }
  const filters = filtersParam(query);
  const stream = backend.events.stream({ sinceMs, untilMs, filters });
  return jsonLines(atLeast(version, '1.46') ? mapStream(stream, eventMessage) : withoutImageCreate(stream));
}

/** Image create events came with API 1.46. */
function withoutImageCreate(stream: AsyncIterable<EngineEvent>): AsyncIterable<EventMessage> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = stream[Symbol.asyncIterator]();
      return {
        async next(): Promise<IteratorResult<EventMessage, undefined>> {
          for (;;) {
            const result = await iterator.next();
            if (result.done) return { value: undefined, done: true };
            if (result.value.type !== 'image' || result.value.action !== 'create')
              return { value: eventMessage(result.value), done: false };
          }
        },
        async return(): Promise<IteratorResult<EventMessage, undefined>> {
          await iterator.return?.();
          return { value: undefined, done: true };
        },
      };
    },
  };
}

/** Containers and images carry older fields as well. */
function eventMessage({ type, action, actorId, attributes, timeMs, timeNano }: EngineEvent): EventMessage {
  const sorted = Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
  const from = type === 'container' ? attributes['image'] : undefined;
  return {
    ...((type === 'container' || type === 'image') && { status: action, ...(actorId && { id: actorId }), ...(from && { from }) }),
    Type: type,
    Action: action,
    Actor: { ID: actorId, Attributes: sorted },
    scope: 'local',
    time: Math.floor(timeMs / 1000),
    timeNano,
  };
}

async function diskUsage(backend: SystemBackend, { query, version }: ApiCall): Promise<ApiResponse> {
  const asked = atLeast(version, '1.42') ? query.get('type') : undefined;
  const unknown = asked?.find((type) => !['container', 'image', 'volume', 'build-cache'].includes(type));
  if (unknown !== undefined) throw new EngineError('invalid-parameter', `unknown object type: ${unknown}`);
  const wants = (type: string): boolean => asked === undefined || asked.includes(type);
  const usage: DiskUsage = {
    LayersSize: wants('image') ? backend.layersSizeBytes() : 0,
    Images: wants('image') ? backend.images().map((entry) => imageSummary(entry, version)) : null,
    Containers: wants('container') ? await backend.containers() : null,
    Volumes: wants('volume') ? backend.volumes() : null,
    BuildCache: wants('build-cache') ? backend.buildCache().map(wireCache) : null,
  };
  return json(200, usage);
}

function wireCache(record: UsedCache): BuildCacheUsage {
  return {
    ID: record.id,
    // With a space, as Docker writes it.
    ...(record.parent !== '' && { ' Parents': [record.parent] }),
    Type: record.type,
    Description: record.description,
    InUse: record.inUse,
    Shared: record.shared,
    Size: record.sizeBytes,
    CreatedAt: rfc3339Nano(record.createdMs),
    LastUsedAt: rfc3339Nano(record.lastUsedMs),
    UsageCount: record.usageCount,
  };
}
