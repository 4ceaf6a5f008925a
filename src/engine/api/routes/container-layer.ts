/**
 * What a container has written, as changes, as an archive, as an image.
 * Source: moby api/server/router/container/{container_routes,copy}.go.
 */
import type { CommitContainer } from '../../container/commit.ts';
import { EngineError } from '../../errors.ts';
import { parseNormalizedNamed, tagNameOnly, withTag, type Reference } from '../../oci/reference.ts';
import { bytes, json } from '../answer.ts';
import { readJson } from '../body.ts';
import type { ApiResponse } from '../http.ts';
import { flagParam, textParam, textParams } from '../query.ts';
import type { ApiCall, Route } from '../router.ts';
import type { ContainerChange, ContainerConfig } from '../types/container.ts';
import { createShape } from './container-shapes.ts';

/** `changes` are Dockerfile instructions. */
export type CommitRequest = Omit<CommitContainer, 'edit'> & { changes: readonly string[] };

export interface ContainerLayerBackend {
  changes(name: string): Promise<ContainerChange[]>;
  export(name: string): Promise<AsyncIterable<Uint8Array>>;
  /** @returns the image's id */
  commit(name: string, request: CommitRequest): Promise<string>;
}

export function containerLayerRoutes(backend: ContainerLayerBackend): Route[] {
  return [
    /** @api  Y  GET /containers/{id}/changes  ContainerChanges  "Get changes on a container's filesystem" */
    { method: 'GET', pattern: '/containers/{id}/changes', handler: (call) => changes(backend, call) },
    /** @api  Y  GET /containers/{id}/export  ContainerExport  "Export a container" */
    {
      method: 'GET',
      pattern: '/containers/{id}/export',
      handler: async ({ params }) => bytes(200, 'application/octet-stream', await backend.export(params['id']!)),
    },
    /** @api  Y  POST /commit  ImageCommit  "Create a new image from a container" */
    { method: 'POST', pattern: '/commit', handler: (call) => commit(backend, call) },
  ];
}

async function changes(backend: ContainerLayerBackend, { params }: ApiCall): Promise<ApiResponse> {
  const found = await backend.changes(params['id']!);
  return json(200, found.length > 0 ? found : null);
}

async function commit(backend: ContainerLayerBackend, call: ApiCall): Promise<ApiResponse> {
  const { query } = call;
  const config = await readJson<Partial<ContainerConfig>>(call, createShape, 'CreateRequest');
  const id = await backend.commit(textParam(query, 'container'), {
    reference: repositoryTag(textParam(query, 'repo'), textParam(query, 'tag')),
    author: textParam(query, 'author'),
    comment: textParam(query, 'comment'),
    changes: textParams(query, 'changes'),
    config: config as CommitContainer['config'],
    pause: flagParam(query, 'pause', true),
  });
  return json(201, { Id: id });
}

function repositoryTag(repository: string, tag: string): Reference | undefined {
  if (repository === '') return undefined;
  const named = parseNormalizedNamed(repository);
  if (named.digest !== undefined) throw new EngineError('invalid-parameter', 'cannot import digest reference');
  return tag === '' ? tagNameOnly(named) : withTag(named, tag);
}
