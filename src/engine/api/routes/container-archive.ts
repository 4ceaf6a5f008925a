/**
 * `docker cp`: what a path is comes in a header, files come and go as a tar.
 * Source: moby api/server/router/container/copy.go.
 */
import { base64 } from '../../base64.ts';
import type { Archive, ExtractOptions, PathStat } from '../../container/archive.ts';
import { EngineError } from '../../errors.ts';
import { rfc3339Nano } from '../../time.ts';
import { bytes, empty } from '../answer.ts';
import type { ApiResponse, Query } from '../http.ts';
import { flagParam, textParam } from '../query.ts';
import type { Route } from '../router.ts';

export interface ContainerArchiveBackend {
  statPath(name: string, path: string): Promise<PathStat>;
  archivePath(name: string, path: string): Promise<Archive>;
  extractArchive(name: string, path: string, options: ExtractOptions, body: AsyncIterable<Uint8Array>): Promise<void>;
}

export function containerArchiveRoutes(backend: ContainerArchiveBackend): Route[] {
  return [
    /** @api  Y  HEAD /containers/{id}/archive  ContainerArchiveInfo  "Get information about files in a container" */
    {
      method: 'HEAD',
      pattern: '/containers/{id}/archive',
      handler: async ({ params, query }) => withStat(empty(200), await backend.statPath(params['id']!, pathOf(query))),
    },
    /** @api  Y  GET /containers/{id}/archive  ContainerArchive  "Get an archive of a filesystem resource in a container" */
    {
      method: 'GET',
      pattern: '/containers/{id}/archive',
      handler: async ({ params, query }) => {
        const { stat, chunks } = await backend.archivePath(params['id']!, pathOf(query));
        return withStat(bytes(200, 'application/x-tar', chunks), stat);
      },
    },
    /** @api  Y  PUT /containers/{id}/archive  PutContainerArchive  "Extract an archive of files or folders to a directory in a container" */
    {
      method: 'PUT',
      pattern: '/containers/{id}/archive',
      handler: async ({ params, query, body }) => {
        const options = { noOverwriteDirNonDir: flagParam(query, 'noOverwriteDirNonDir'), copyUIDGID: flagParam(query, 'copyUIDGID') };
        await backend.extractArchive(params['id']!, pathOf(query), options, body);
        return empty(200);
      },
    },
  ];
}

function pathOf(query: Query): string {
  const path = textParam(query, 'path');
  // Docker forgot the space.
  if (path === '') throw new EngineError('invalid-parameter', 'bad parameter: pathcannot be empty');
  return path;
}

function withStat(response: ApiResponse, stat: PathStat): ApiResponse {
  const { name, sizeBytes, mtimeMs, linkTarget } = stat;
  const value = { name, size: sizeBytes, mode: goFileMode(stat), mtime: rfc3339Nano(mtimeMs), linkTarget };
  const header = base64(new TextEncoder().encode(JSON.stringify(value)));
  return { ...response, headers: { ...response.headers, 'X-Docker-Container-Path-Stat': header } };
}

/** Go's os.FileMode: permissions as Unix has them, the rest in bits of its own. */
function goFileMode({ type, mode }: PathStat): number {
  const bit = (number: number): number => 2 ** number;
  const types: Record<PathStat['type'], number> = {
    file: 0,
    hardlink: 0,
    directory: bit(31),
    symlink: bit(27),
    block: bit(26),
    character: bit(26) + bit(21),
    fifo: bit(25),
    socket: bit(24),
  };
  return (mode & 0o777) + types[type] + (mode & 0o4000 ? bit(23) : 0) + (mode & 0o2000 ? bit(22) : 0) + (mode & 0o1000 ? bit(20) : 0);
}
