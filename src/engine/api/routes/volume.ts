/** Volume endpoints. Source: moby api/server/router/volume. */
import { EngineError } from '../../errors.ts';
import type { Filters } from '../../filters.ts';
import type { CreateVolume, PrunedVolumes } from '../../volume/volumes.ts';
import { empty, json } from '../answer.ts';
import { readJson } from '../body.ts';
import type { ApiResponse } from '../http.ts';
import { filtersParam, flagParam } from '../query.ts';
import type { ApiCall, Route } from '../router.ts';
import { type Shape, stringMap } from '../shape.ts';
import type { Volume, VolumeCreateRequest, VolumeList, VolumesPruned } from '../types/volume.ts';
import { atLeast } from '../version.ts';

export interface VolumeBackend {
  list(filters: Filters): Volume[];
  get(name: string): Volume;
  create(request: CreateVolume): Volume;
  remove(name: string): void;
  prune(filters: Filters): PrunedVolumes;
}

const createShape: Shape = {
  struct: { Name: 'string', Driver: 'string', DriverOpts: stringMap, Labels: stringMap, ClusterVolumeSpec: { struct: {} } },
};

export function volumeRoutes(backend: VolumeBackend): Route[] {
  return [
    /** @api  Y  GET /volumes  VolumeList  "List volumes" */
    { method: 'GET', pattern: '/volumes', handler: (call) => list(backend, call) },
    /** @api  Y  POST /volumes/create  VolumeCreate  "Create a volume" */
    { method: 'POST', pattern: '/volumes/create', handler: (call) => create(backend, call) },
    /** @api  Y  POST /volumes/prune  VolumePrune  "Delete unused volumes" */
    { method: 'POST', pattern: '/volumes/prune', handler: (call) => prune(backend, call) },
    /** @api  Y  GET /volumes/{name}  VolumeInspect  "Inspect a volume" */
    { method: 'GET', pattern: '/volumes/{name}', handler: ({ params }) => json(200, backend.get(params['name'] as string)) },
    /** @api  Y  DELETE /volumes/{name}  VolumeDelete  "Remove a volume" */
    { method: 'DELETE', pattern: '/volumes/{name}', handler: (call) => remove(backend, call) },
  ];
}

function list(backend: VolumeBackend, { query }: ApiCall): ApiResponse {
  const response: VolumeList = { Volumes: backend.list(filtersParam(query)), Warnings: null };
  return json(200, response);
}

async function create(backend: VolumeBackend, call: ApiCall): Promise<ApiResponse> {
  const request = await readJson<VolumeCreateRequest>(call, createShape, 'CreateOptions');
  if (request?.ClusterVolumeSpec && atLeast(call.version, '1.42')) {
    throw new EngineError(
      'unavailable',
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    );
  }
  return json(
    201,
    backend.create({
      name: request?.Name ?? '',
      driver: request?.Driver ?? '',
      options: request?.DriverOpts ?? null,
      labels: request?.Labels ?? null,
    }),
  );
}

function remove(backend: VolumeBackend, { params, query }: ApiCall): ApiResponse {
  const name = params['name'] as string;
  const missingIsFine = flagParam(query, 'force');
  try {
    backend.get(name);
  } catch (error) {
    if (missingIsFine) return empty(204);
    throw error;
  }
  backend.remove(name);
  return empty(204);
}

function prune(backend: VolumeBackend, { query, version }: ApiCall): ApiResponse {
  const filters = filtersParam(query);
  // Before 1.42 named volumes went as well.
  if (!atLeast(version, '1.42')) filters.add('all', 'true');
  const { removed, reclaimedBytes } = backend.prune(filters);
  const response: VolumesPruned = { VolumesDeleted: removed, SpaceReclaimed: reclaimedBytes };
  return json(200, response);
}
