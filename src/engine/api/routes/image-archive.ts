/**
 * Images as archives: `docker save` and `docker load`.
 * Source: moby api/server/router/image/image_routes.go.
 */
import { Channel } from '../../channel.ts';
import { EngineError, messageOf } from '../../errors.ts';
import type { LoadImages } from '../../image/load.ts';
import { parsePlatform } from '../../image/platform.ts';
import { bytes, jsonLines } from '../answer.ts';
import { readBody } from '../body.ts';
import type { ApiResponse } from '../http.ts';
import { flagParam, textParam, textParams } from '../query.ts';
import type { ApiCall, Route } from '../router.ts';
import type { ProgressMessage } from '../types/system.ts';
import { atLeast } from '../version.ts';
import { errorMessage, progressLineEnd, progressMessage } from './progress-json.ts';

export interface ImageArchiveBackend {
  save(names: readonly string[]): AsyncIterable<Uint8Array>;
  load(request: LoadImages): Promise<void>;
}

/** The archive and what is unpacked of it have to fit into memory together. */
const maxArchiveBytes = 1 << 30;

export function imageArchiveRoutes(backend: ImageArchiveBackend): Route[] {
  return [
    /** @api  P[no choice of platform: images have one]  GET /images/get  ImageGetAll  "Export several images" */
    { method: 'GET', pattern: '/images/get', handler: (call) => save(backend, textParams(call.query, 'names'), call) },
    /** @api  P[no choice of platform: images have one]  GET /images/{name}/get  ImageGet  "Export an image" */
    { method: 'GET', pattern: '/images/{name}/get', handler: (call) => save(backend, [call.params['name']!], call) },
    /** @api  Y  POST /images/load  ImageLoad  "Import images" */
    { method: 'POST', pattern: '/images/load', handler: (call) => load(backend, call) },
  ];
}

function save(backend: ImageArchiveBackend, names: string[], { query, version }: ApiCall): ApiResponse {
  if (atLeast(version, '1.48')) platformParam(textParam(query, 'platform'));
  return bytes(200, 'application/x-tar', backend.save(names));
}

async function load(backend: ImageArchiveBackend, call: ApiCall): Promise<ApiResponse> {
  const { query, version } = call;
  const platform = atLeast(version, '1.48') ? platformParam(textParam(query, 'platform')) : undefined;
  const quiet = flagParam(query, 'quiet', true);
  const lines = new Channel<ProgressMessage>();
  const archive = await readBody(call, maxArchiveBytes);
  const work = backend.load({
    archive,
    platform,
    progress: (progress) => void (quiet || lines.push(progressMessage(progress))),
    say: (line) => void lines.push({ stream: line }),
  });
  work.then(
    () => lines.end(),
    (error: unknown) => {
      lines.push(errorMessage(messageOf(error)));
      lines.end();
    },
  );
  return jsonLines(lines, progressLineEnd);
}

/** As newer clients send it: JSON. */
function platformParam(text: string): LoadImages['platform'] {
  if (text === '') return undefined;
  try {
    const { os, architecture, variant } = JSON.parse(text) as Record<string, unknown>;
    return parsePlatform([os, architecture, ...(variant ? [variant] : [])].join('/'));
  } catch (error) {
    throw new EngineError('invalid-parameter', `failed to parse platform: ${messageOf(error)}`, { cause: error });
  }
}
