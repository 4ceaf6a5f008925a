/**
 * The mirror's web server: Debian's archive, Docker's, Python's index and npm's registry under their own names, told apart by the
 * Host header. Answers what the real ones answer, for far fewer packages.
 */
import type { ApiHandler, ApiRequest, ApiResponse } from '#engine/api/http.ts';
import { messageOf } from '#engine/errors.ts';
import { wheelPath, type Catalog, type Ecosystem } from './catalog.ts';
import { fileAnswer } from './serve-file.ts';
import { normalizedName, projectList, projectPage } from './simple-index.ts';

/** Every name that resolves, and what answers under it. */
export const mirrorHosts: ReadonlyMap<string, Ecosystem> = new Map([
  ['deb.debian.org', 'apt'],
  ['security.debian.org', 'apt'],
  ['download.docker.com', 'docker'],
  ['pypi.org', 'pypi'],
  ['files.pythonhosted.org', 'pypi'],
  ['registry.npmjs.org', 'npm'],
]);

/** What a request was about, for whoever watches: `missing` is a package that is not held, `lists` apt's list of packages. */
export interface MirrorRequest {
  kind: 'missing' | 'lists';
  ecosystem: Ecosystem;
  /** A package, a file of Debian's pool, or a suite. */
  asked: string;
}

export function mirrorHandler(catalog: Catalog, noted: (request: MirrorRequest) => void): ApiHandler {
  const missing = (ecosystem: Ecosystem, asked: string): ApiResponse => {
    noted({ kind: 'missing', ecosystem, asked });
    return notFound(ecosystem);
  };

  const apt = async (request: ApiRequest): Promise<ApiResponse> => {
    const { path } = request;
    // security.debian.org has the archive at its root as well.
    const archive = path.startsWith('/dists/') || path.startsWith('/pool/') ? `/debian-security${path}` : path;
    const file = await catalog.find(`apt${archive}`);
    if (file) {
      if (/\/Packages(\.\w+)?$/.test(path)) noted({ kind: 'lists', ecosystem: 'apt', asked: path });
      return fileAnswer(catalog, file, request);
    }
    const [, suite] = /\/dists\/([^/]+(?:\/updates)?)\/Release$/.exec(path) ?? [];
    if (suite) return missing('apt', suite);
    // Signatures, other compressions and the like are asked for and missing in the course of things.
    return path.endsWith('.deb') ? missing('apt', path.slice(path.lastIndexOf('/') + 1)) : notFound('apt');
  };

  const docker = async (request: ApiRequest): Promise<ApiResponse> => {
    const { path } = request;
    const file = await catalog.find(`docker${path}`);
    if (file) return fileAnswer(catalog, file, request);
    return path.endsWith('.deb') ? missing('docker', path.slice(path.lastIndexOf('/') + 1)) : notFound('docker');
  };

  const pypi = async (request: ApiRequest): Promise<ApiResponse> => {
    const { path, headers } = request;
    const [, file] = /^\/packages\/([^/]+)$/.exec(path) ?? [];
    const held = file === undefined ? undefined : await catalog.find(wheelPath(file));
    if (held) return fileAnswer(catalog, held, request);
    if (path === '/simple/') return projectList(await catalog.projects(), headers['accept'] ?? '');
    const [, project, slash] = /^\/simple\/([A-Za-z0-9._-]{1,200})(\/?)$/.exec(path) ?? [];
    if (project === undefined) return notFound('pypi');
    const name = normalizedName(project);
    if (name !== project || slash !== '/') return moved(`/simple/${name}/`);
    const wheels = await catalog.wheels(name);
    return wheels.length > 0 ? projectPage(name, wheels, headers['accept'] ?? '') : missing('pypi', name);
  };

  const npm = async (request: ApiRequest): Promise<ApiResponse> => {
    const [, name = '', file] = /^\/((?:@[^/@]{1,100}\/)?[^/@-][^/]{0,200})(?:\/-\/([^/]+\.tgz))?$/.exec(request.path) ?? [];
    if (name === '') return notFound('npm');
    const found = await catalog.find(file === undefined ? `npm/${name}/registry.json` : `npm/${name}/-/${file}`);
    return found ? fileAnswer(catalog, found, request) : missing('npm', file ?? name);
  };

  const answer = (request: ApiRequest): Promise<ApiResponse> => {
    const host = (request.headers['host'] ?? '').toLowerCase().replace(/:\d*$/, '');
    const ecosystem = mirrorHosts.get(host);
    if (!ecosystem) return Promise.resolve(notFound('apt'));
    return { apt, docker, pypi, npm }[ecosystem](request);
  };

  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return { status: 405, headers: { Allow: 'GET, HEAD' }, body: { kind: 'empty' } };
    try {
      return await answer(request);
    } catch (error) {
      return text(503, 'text/plain; charset=utf-8', `${messageOf(error)}\n`);
    }
  };
}

function notFound(ecosystem: Ecosystem): ApiResponse {
  if (ecosystem === 'npm') return text(404, 'application/json', '{"error":"Not found"}');
  return text(
    404,
    'text/html; charset=utf-8',
    '<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>\n',
  );
}

function moved(location: string): ApiResponse {
  return { status: 301, headers: { Location: location }, body: { kind: 'empty' } };
}

function text(status: number, type: string, content: string): ApiResponse {
  return { status, headers: { 'Content-Type': type }, body: { kind: 'bytes', bytes: new TextEncoder().encode(content) } };
}
