/**
 * Finds the route for a request and turns whatever it throws into Docker's error answer. Routes are data;
 * they hold no rules of their own but translate between the wire and a noun. Checks the API version.
 * Source: moby api/server.
 */
import { newestRelease, type EngineRelease } from '../engine-release.ts';
import { EngineError, messageOf, type ErrorKind } from '../errors.ts';
import { empty, json, text } from './answer.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from './http.ts';
import { atLeast } from './version.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS';

export interface Route {
  method: Method;
  /** `/containers/{name}/json`; a name in braces stands for anything, slashes included, as image names have them. */
  pattern: string;
  handler: (call: ApiCall) => ApiResponse | Promise<ApiResponse>;
}

/** A request that has found its route. */
export interface ApiCall extends ApiRequest {
  /** API version the client asked for, e.g. `1.50`. */
  version: string;
  /** What the pattern's names stand for, decoded. */
  params: Record<string, string>;
}

export interface RouterOptions {
  /** Told of what no route should throw: a bug in Drydock. */
  onBug?: ((error: unknown) => void) | undefined;
  /** What the engine says that it is, and which API versions it takes. */
  release?: EngineRelease;
  /** The daemon takes requests for what is experimental. */
  experimental?: boolean;
}

const statusOf: Record<ErrorKind, number> = {
  'not-found': 404,
  'invalid-parameter': 400,
  conflict: 409,
  unauthorized: 401,
  unavailable: 503,
  forbidden: 403,
  'not-modified': 304,
  'not-implemented': 501,
  system: 500,
  'data-loss': 500,
  deadline: 500,
  cancelled: 500,
  unknown: 500,
};

interface CompiledRoute extends Route {
  expression: RegExp;
  names: string[];
}

export function createRouter(routes: readonly Route[], options: RouterOptions = {}): ApiHandler {
  const table = compile(routes);
  const { release = newestRelease } = options;
  const standardHeaders = headersOf(release, options.experimental ?? false);
  return async (request) => {
    const [, version, rest = request.path] = /^\/v([0-9.]+)(\/.*)$/.exec(request.path) ?? [];
    const found = find(table, request.method, rest);
    if (!found) return json(404, { message: 'page not found' });
    const answer = await answerOf(found, { ...request, path: rest, version: version ?? release.apiVersion }, options);
    answer.headers = { ...standardHeaders, ...answer.headers };
    return answer;
  };
}

/** The answer that an error becomes. */
export function errorAnswer(error: unknown): ApiResponse {
  const status = error instanceof EngineError ? statusOf[error.kind] : 500;
  return status === 304 ? empty(304) : json(status, { message: messageOf(error) });
}

/** What every answer of a route carries. */
function headersOf({ apiVersion, version }: EngineRelease, experimental: boolean): Record<string, string> {
  return { 'Api-Version': apiVersion, 'Docker-Experimental': String(experimental), Ostype: 'linux', Server: `Docker/${version} (linux)` };
}

async function answerOf(
  { route, params }: { route: CompiledRoute; params: Record<string, string> },
  request: ApiRequest & { version: string },
  { onBug, release = newestRelease }: RouterOptions,
): Promise<ApiResponse> {
  const { version } = request;
  const { apiVersion, minApiVersion } = release;
  try {
    if (!atLeast(version, minApiVersion)) {
      const message = `client version ${version} is too old. Minimum supported API version is ${minApiVersion}, please upgrade your client to a newer version`;
      // Clients that old do not expect JSON.
      return text(400, `${message}\n`);
    }
    if (!atLeast(apiVersion, version)) {
      throw new EngineError('invalid-parameter', `client version ${version} is too new. Maximum supported API version is ${apiVersion}`);
    }
    return await route.handler({ ...request, params });
  } catch (error) {
    if (!(error instanceof EngineError)) onBug?.(error);
    return errorAnswer(error);
  }
}

/** Routes without names first, then in the order given; grouped by method. */
function compile(routes: readonly Route[]): Map<string, CompiledRoute[]> {
  const table = new Map<string, CompiledRoute[]>();
  const literalFirst = [...routes].sort((a, b) => Number(a.pattern.includes('{')) - Number(b.pattern.includes('{')));
  for (const route of literalFirst) {
    const names = [...route.pattern.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
    const source = route.pattern.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '(.+)');
    const compiled = { ...route, names, expression: new RegExp(`^${source}$`, 's') };
    const group = table.get(route.method);
    if (group) group.push(compiled);
    else table.set(route.method, [compiled]);
  }
  return table;
}

function find(
  table: Map<string, CompiledRoute[]>,
  method: string,
  path: string,
): { route: CompiledRoute; params: Record<string, string> } | undefined {
  for (const route of table.get(method) ?? []) {
    const matched = route.expression.exec(path);
    if (!matched) continue;
    return { route, params: Object.fromEntries(route.names.map((name, i) => [name, matched[i + 1]!])) };
  }
  return undefined;
}
