/**
 * Building images: `POST /build` with Docker's classic builder (version 1) or with BuildKit's features (version 2, a
 * documented extension, see docs/api-extensions.md), and the build cache.
 * Source: moby api/server/router/build/build_routes.go.
 */
import { fromBase64 } from '../../base64.ts';
import type { PruneCache } from '../../build/build-cache.ts';
import type { BuildContext } from '../../build/build-context.ts';
import { BuildError, CommandFailed } from '../../build/build-error.ts';
import type { SolveStatus } from '../../build/build-progress.ts';
import type { LintWarning } from '../../build/dockerfile/lint/linter.ts';
import { excerptOf, type ExcerptLine } from '../../build/excerpt.ts';
import { KEPT_LENGTH } from '../../build/line-outcomes.ts';
import { Cancellation } from '../../cancellation.ts';
import { Channel } from '../../channel.ts';
import { EngineError, messageOf } from '../../errors.ts';
import { Filters } from '../../filters.ts';
import { parsePlatform } from '../../image/platform.ts';
import type { Platform } from '../../oci/manifest.ts';
import { fullString, parseNormalizedNamed, tagNameOnly, type Reference } from '../../oci/reference.ts';
import { hijack, json, jsonLines } from '../answer.ts';
import { readBody } from '../body.ts';
import { refuseGrpc } from '../grpc-refusal.ts';
import type { ApiResponse } from '../http.ts';
import { flagParam, integerParam, textParam, textParams } from '../query.ts';
import type { ApiCall, Route } from '../router.ts';
import { decode, stringMap, strings, type Shape } from '../shape.ts';
import type { BuildLineOutcome } from '../types/build.ts';
import type { Ulimit } from '../types/container.ts';
import type { ProgressMessage } from '../types/system.ts';

/** What both builders are asked. */
export interface BuildRequest {
  /** Reads what the client sends along, the first time. */
  context: () => Promise<BuildContext>;
  dockerfile: string;
  tags: Reference[];
  /** Undefined: the value is the daemon's own, which has none. */
  buildArgs: Map<string, string | undefined>;
  labels: Map<string, string>;
  target: string;
  platform: Platform | undefined;
  noCache: boolean | string[];
  cacheFrom: string[];
  pull: boolean;
  /** False: a check goes without the configurations of base images, and asks no registry. */
  resolveImages: boolean;
  quiet: boolean;
  /** Of the classic builder: removes containers of steps that succeeded, or all. */
  remove: boolean;
  forceRemove: boolean;
  secrets: Map<string, Uint8Array>;
  /** `X-Registry-Config`: credentials by registry. */
  registryConfig: string;
  networkMode: string;
  extraHosts: string[];
  shmBytes: number;
  ulimits: Ulimit[];
  memoryBytes: number;
  memorySwapBytes: number;
  cpuShares: number;
  cpuQuota: number;
  cpuPeriod: number;
  cpusetCpus: string;
  cpusetMems: string;
  cgroupParent: string;
  cancellation: Cancellation;
}

export interface BuildBackend {
  /** @param archive tar, plain or compressed */
  readContext(archive: AsyncIterable<Uint8Array>): Promise<BuildContext>;
  /** @returns the image's id */
  classic(request: BuildRequest, say: (message: ProgressMessage) => Promise<void>): Promise<string>;
  solve(request: BuildRequest, tell: (status: SolveStatus) => Promise<void>): Promise<string>;
  check(request: BuildRequest, tell: (status: SolveStatus) => Promise<void>): Promise<{ warnings: LintWarning[]; error?: EngineError }>;
  /** What the last build of a Dockerfile of this text did with its lines. */
  lineOutcomes(dockerfile: string): readonly BuildLineOutcome[];
  pruneCache(options: PruneCache): { removed: string[]; reclaimedBytes: number };
}

const noBuildKit =
  'BuildKit is not reachable over this API: build with DOCKER_BUILDKIT=0, or with the docker command inside of the machine';

function refuseBuildKit({ version, headers }: ApiCall): ApiResponse {
  if (headers['upgrade'] === undefined) throw new EngineError('not-implemented', noBuildKit);
  return hijack({ version, headers }, true, (connection) => refuseGrpc(connection, noBuildKit));
}

const maxSecretsBytes = 1 << 20;
/** Lines that a client may lag behind; then the build waits for it. */
const capacity = 256;

export function buildRoutes(backend: BuildBackend): Route[] {
  return [
    /** @api  P[no remote contexts, no squash; BuildKit's session is not there: version 2 is Drydock's own extension]  POST /build  ImageBuild  "Build an image" */
    { method: 'POST', pattern: '/build', handler: (call) => build(backend, call) },
    /** @api  N[BuildKit's gRPC is not spoken: whoever calls is told so in one line]  POST /session  Session  "Initialize interactive session" */
    { method: 'POST', pattern: '/session', handler: (call) => refuseBuildKit(call) },
    // Not in the specification: buildx's way to BuildKit's control API.
    { method: 'POST', pattern: '/grpc', handler: (call) => refuseBuildKit(call) },
    // Drydock's own extension, for the editor.
    { method: 'POST', pattern: '/build/lines', handler: (call) => lineOutcomes(backend, call) },
    /** @api  Y  POST /build/prune  BuildPrune  "Delete builder cache" */
    { method: 'POST', pattern: '/build/prune', handler: (call) => prune(backend, call) },
  ];
}

async function lineOutcomes(backend: BuildBackend, call: ApiCall): Promise<ApiResponse> {
  // No character takes more bytes.
  const text = new TextDecoder().decode(await readBody(call, 4 * KEPT_LENGTH));
  return json(200, backend.lineOutcomes(text));
}

type BuildLine =
  | ProgressMessage
  | { id: 'drydock.build.status'; aux: SolveStatus }
  | { id: 'drydock.build.source'; aux: { file: string; lines: ExcerptLine[] } }
  | { id: 'drydock.build.check'; aux: { warnings: LintWarning[] } }
  | { id?: 'moby.image.id'; aux: { ID: string } };

async function build(backend: BuildBackend, call: ApiCall): Promise<ApiResponse> {
  const version = textParam(call.query, 'version') || '1';
  if (version !== '1' && version !== '2') throw new EngineError('invalid-parameter', `invalid version ${version}`);
  if (version === '2' && textParam(call.query, 'session') !== '') {
    throw new EngineError('not-implemented', noBuildKit);
  }
  const request = readRequest(backend, call);
  const { cancellation } = request;
  const lines = new Channel<BuildLine>({ capacity, onClose: () => cancellation.cancel() });
  let begun!: () => void;
  const beginning = new Promise<void>((resolve) => (begun = resolve));
  const write = async (line: BuildLine): Promise<void> => {
    begun();
    if (!lines.push(line)) await lines.write(line);
  };
  const onlyCheck = flagParam(call.query, 'check');
  const work = version === '1' ? buildClassic(backend, request, write) : buildWithPlan(backend, request, write, onlyCheck);
  // What fails before anything was said is an error of the request, later it is the last line.
  await Promise.race([beginning, work]);
  void work.catch((error: unknown) => write(buildFailure(error))).finally(() => lines.end());
  return jsonLines(lines, '\r\n');
}

async function buildClassic(backend: BuildBackend, request: BuildRequest, write: (line: BuildLine) => Promise<void>): Promise<void> {
  if (!request.quiet) {
    await backend.classic(request, write);
    return;
  }
  // Told only when something goes wrong.
  const said: ProgressMessage[] = [];
  const id = await backend
    .classic(request, (message) => Promise.resolve(void said.push(message)))
    .catch(async (error: unknown) => {
      for (const message of said) await write(message);
      throw error;
    });
  await write({ stream: `${id}\n` });
}

/** The client exits with the code of a command that failed. */
function buildFailure(error: unknown): ProgressMessage {
  const message = messageOf(error);
  return { errorDetail: { ...(error instanceof CommandFailed && { code: error.code }), message }, error: message };
}

async function buildWithPlan(
  backend: BuildBackend,
  request: BuildRequest,
  write: (line: BuildLine) => Promise<void>,
  onlyCheck: boolean,
): Promise<void> {
  const tell = (status: SolveStatus): Promise<void> => write({ id: 'drydock.build.status', aux: status });
  try {
    if (onlyCheck) {
      const { warnings, error } = await backend.check(request, tell);
      await write({ id: 'drydock.build.check', aux: { warnings } });
      if (error) throw error;
      return;
    }
    await write({ id: 'moby.image.id', aux: { ID: await backend.solve(request, tell) } });
  } catch (error) {
    const text = await request
      .context()
      .then((context) => context.readText(request.dockerfile))
      .catch(() => '');
    const lines = error instanceof BuildError && error.lines ? excerptOf(text, error.lines) : [];
    if (lines.length > 0) await write({ id: 'drydock.build.source', aux: { file: request.dockerfile, lines } });
    throw new EngineError('unknown', `failed to solve: ${messageOf(error)}`, { cause: error });
  }
}

function readRequest(backend: BuildBackend, call: ApiCall): BuildRequest {
  const { query, headers } = call;
  const remote = textParam(query, 'remote');
  if (remote !== '')
    throw new EngineError('not-implemented', `cannot build from ${remote}: there is no way to the internet here; send the context along`);
  if (flagParam(query, 'squash')) throw new EngineError('invalid-parameter', 'squash is only supported with experimental mode');
  const number = (name: string): number => integerOrZero(textParam(query, name));
  const platform = textParam(query, 'platform');
  const noCacheFilter = textParams(query, 'nocachefilter');
  let context: Promise<BuildContext> | undefined;
  return {
    context: () => (context ??= backend.readContext(call.body)),
    dockerfile: textParam(query, 'dockerfile') || 'Dockerfile',
    tags: uniqueTags(textParams(query, 't')),
    buildArgs: buildArgsOf(textParam(query, 'buildargs')),
    labels: new Map(Object.entries(jsonOf<Record<string, string>>(textParam(query, 'labels'), stringMap, 'error reading labels') ?? {})),
    target: textParam(query, 'target'),
    platform: platform === '' ? undefined : parsePlatform(platform),
    noCache: noCacheFilter.length > 0 ? noCacheFilter : flagParam(query, 'nocache'),
    cacheFrom: jsonOf<string[]>(textParam(query, 'cachefrom'), strings) ?? [],
    pull: flagParam(query, 'pull'),
    resolveImages: flagParam(query, 'resolve', true),
    quiet: flagParam(query, 'q'),
    remove: flagParam(query, 'rm', true),
    forceRemove: flagParam(query, 'forcerm'),
    secrets: readSecrets(headers['x-drydock-build-secrets'] ?? ''),
    registryConfig: headers['x-registry-config'] ?? '',
    networkMode: textParam(query, 'networkmode'),
    extraHosts: textParams(query, 'extrahosts').flatMap((list) =>
      list.startsWith('[') ? (jsonOf<string[]>(list, strings, 'error reading extra hosts') ?? []) : list.split(','),
    ),
    shmBytes: integerParam(query, 'shmsize', 0),
    ulimits: (jsonOf<Ulimit[]>(textParam(query, 'ulimits'), ulimitShape, 'error reading ulimit settings') ?? []).map(
      ({ Name = '', Hard = 0, Soft = 0 }) => ({ Name, Hard, Soft }),
    ),
    memoryBytes: number('memory'),
    memorySwapBytes: number('memswap'),
    cpuShares: number('cpushares'),
    cpuQuota: number('cpuquota'),
    cpuPeriod: number('cpuperiod'),
    cpusetCpus: textParam(query, 'cpusetcpus'),
    cpusetMems: textParam(query, 'cpusetmems'),
    cgroupParent: textParam(query, 'cgroupparent'),
    cancellation: new Cancellation(),
  };
}

/** As they were given: what is left out means `latest`. */
function uniqueTags(names: string[]): Reference[] {
  const references = names
    .filter((name) => name !== '')
    .map((name) => {
      const reference = parseNormalizedNamed(name);
      if (reference.digest !== undefined) throw new EngineError('invalid-parameter', 'build tag cannot contain a digest');
      return reference;
    });
  return [...new Map(references.map((reference) => [fullString(tagNameOnly(reference)), reference])).values()];
}

const ulimitShape: Shape = { list: { struct: { Name: 'string', Hard: 'int64', Soft: 'int64' } } };

/** @returns undefined for nothing, or null */
function jsonOf<T>(text: string, shape: Shape, about?: string): T | undefined {
  if (text === '') return undefined;
  try {
    return decode<T | null>(JSON.parse(text), shape, 'value') ?? undefined;
  } catch (error) {
    throw new EngineError('invalid-parameter', `${about === undefined ? '' : `${about}: `}${messageOf(error)}`, { cause: error });
  }
}

/** A null is a variable without a value of its own. */
function buildArgsOf(text: string): Map<string, string | undefined> {
  const texts = jsonOf<Record<string, string>>(text, stringMap, 'error reading build args') ?? {};
  const given = jsonOf<Record<string, unknown>>(text, { map: 'any' }) ?? {};
  return new Map(Object.entries(texts).map(([name, value]) => [name, given[name] === null ? undefined : value]));
}

/** What is no number counts as none, as in Docker. */
function integerOrZero(text: string): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : 0;
  return Math.abs(value) < 2 ** 63 ? value : 0;
}

/** @throws EngineError `invalid-parameter` */
function readSecrets(header: string): Map<string, Uint8Array> {
  if (header === '') return new Map();
  if (header.length > maxSecretsBytes) throw new EngineError('invalid-parameter', 'X-Drydock-Build-Secrets is too long');
  try {
    const secrets: unknown = JSON.parse(new TextDecoder().decode(fromBase64(unpadded(header))));
    const texts = decode<Record<string, string> | null>(secrets, stringMap, 'value') ?? {};
    return new Map(Object.entries(texts).map(([id, content]) => [id, fromBase64(content)]));
  } catch (error) {
    throw new EngineError('invalid-parameter', `invalid X-Drydock-Build-Secrets header: ${messageOf(error)}`, { cause: error });
  }
}

/** URL-safe base64, with or without padding, in the plain alphabet. */
function unpadded(text: string): string {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  return plain + '='.repeat((4 - (plain.length % 4)) % 4);
}

function prune(backend: BuildBackend, { query }: ApiCall): ApiResponse {
  const filters = Filters.parse(textParam(query, 'filters'));
  const bytes = (name: string): number | undefined =>
    textParam(query, name) === '' ? undefined : integerParam(query, name, 0, 'invalid-parameter');
  const keepBytes = bytes('reserved-space') ?? bytes('max-used-space') ?? bytes('keep-storage');
  const { removed, reclaimedBytes } = backend.pruneCache({
    all: flagParam(query, 'all'),
    filters,
    keepBytes: keepBytes === 0 ? undefined : keepBytes,
  });
  return json(200, { CachesDeleted: removed.length > 0 ? removed : null, SpaceReclaimed: reclaimedBytes });
}
