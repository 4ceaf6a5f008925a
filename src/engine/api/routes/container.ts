/**
 * Container endpoints: between Docker's JSON and the container verbs. What differs between API versions is here.
 * Source: moby api/server/router/container.
 */
import { acceptKey, websocketConnection } from '../websocket.ts';
import { Channel } from '../../channel.ts';
import type { AttachOptions, PreparedAttach } from '../../container/attach.ts';
import type { CreateContainer } from '../../container/create.ts';
import type { ListOptions } from '../../container/list.ts';
import type { LogMessage } from '../../container/log/driver.ts';
import type { LogsOptions } from '../../container/logs.ts';
import type { PrunedContainers } from '../../container/prune.ts';
import type { RemoveOptions } from '../../container/remove.ts';
import type { StatsOptions } from '../../container/stats.ts';
import type { StopOptions } from '../../container/stop.ts';
import type { Wait } from '../../container/wait.ts';
import type { WaitCondition } from '../../container/waiters.ts';
import { EngineError, messageOf } from '../../errors.ts';
import type { Filters } from '../../filters.ts';
import { shortId } from '../../id.ts';
import { bytes, empty, hijack, json, jsonLines, mapStream, multiplexedStream, rawStream } from '../answer.ts';
import { readJson } from '../body.ts';
import type { ApiResponse } from '../http.ts';
import { filtersParam, flagParam, integerParam, textParam, unsignedParam } from '../query.ts';
import { errorAnswer, type ApiCall, type Route } from '../router.ts';
import type {
  ContainerInspect,
  ContainersPruned,
  ContainerSummary,
  ContainerTop,
  ContainerWait,
  CreateContainerRequest,
  CreateContainerResponse,
  StatsResponse,
  UpdateContainerRequest,
} from '../types/container.ts';
import { ignoredVolumeDriver, mountsOfVersion } from './mount-versions.ts';
import { atLeast } from '../version.ts';
import { createShape, updateShape } from './container-shapes.ts';
import { logBytes, type LogFormat } from './log-stream.ts';

export interface ContainerBackend {
  list(options: ListOptions): Promise<ContainerSummary[]>;
  create(request: CreateContainer): Promise<{ id: string; warnings: string[] }>;
  inspect(name: string, options: { size: boolean }): Promise<ContainerInspect>;
  start(name: string): Promise<void>;
  stop(name: string, options: StopOptions): Promise<void>;
  restart(name: string, options: StopOptions): Promise<void>;
  kill(name: string, signal: string): Promise<void>;
  pause(name: string): Promise<void>;
  unpause(name: string): Promise<void>;
  rename(name: string, newName: string): Promise<void>;
  remove(name: string, options: RemoveOptions): Promise<void>;
  resize(name: string, size: { rows: number; columns: number }): Promise<void>;
  update(name: string, request: UpdateContainerRequest): Promise<string[]>;
  top(name: string, psArgs: string): Promise<ContainerTop>;
  stats(name: string, options: StatsOptions): AsyncIterable<StatsResponse>;
  wait(name: string, condition: WaitCondition): Wait;
  attach(name: string, options: AttachOptions): PreparedAttach;
  logs(name: string, options: LogsOptions): { messages: AsyncIterable<LogMessage[]>; terminal: boolean };
  prune(filters: Filters): Promise<PrunedContainers>;
}

export function containerRoutes(backend: ContainerBackend): Route[] {
  return [
    /** @api  Y  GET /containers/json  ContainerList  "List containers" */
    { method: 'GET', pattern: '/containers/json', handler: (call) => list(backend, call) },
    /** @api  P[--gpus is kept but not started; --privileged adds /dev/kmsg alone of the host's devices]  POST /containers/create  ContainerCreate  "Create a container" */
    { method: 'POST', pattern: '/containers/create', handler: (call) => create(backend, call) },
    /** @api  Y  POST /containers/prune  ContainerPrune  "Delete stopped containers" */
    { method: 'POST', pattern: '/containers/prune', handler: (call) => prune(backend, call) },
    /** @api  Y  GET /containers/{id}/json  ContainerInspect  "Inspect a container" */
    { method: 'GET', pattern: '/containers/{id}/json', handler: (call) => inspect(backend, call) },
    /** @api  Y  GET /containers/{id}/top  ContainerTop  "List processes running inside a container" */
    {
      method: 'GET',
      pattern: '/containers/{id}/top',
      handler: async ({ params, query }) => json(200, await backend.top(idOf(params), textParam(query, 'ps_args'))),
    },
    /** @api  Y  GET /containers/{id}/logs  ContainerLogs  "Get container logs" */
    { method: 'GET', pattern: '/containers/{id}/logs', handler: (call) => logs(backend, call) },
    /** @api  P[block I/O counters are empty: the kernel has no such control]  GET /containers/{id}/stats  ContainerStats  "Get container stats based on resource usage" */
    { method: 'GET', pattern: '/containers/{id}/stats', handler: (call) => stats(backend, call) },
    /** @api  P[no checkpoints]  POST /containers/{id}/start  ContainerStart  "Start a container" */
    { method: 'POST', pattern: '/containers/{id}/start', handler: (call) => start(backend, call) },
    /** @api  Y  POST /containers/{id}/stop  ContainerStop  "Stop a container" */
    { method: 'POST', pattern: '/containers/{id}/stop', handler: (call) => done(backend.stop(idOf(call.params), stopOptions(call))) },
    /** @api  Y  POST /containers/{id}/restart  ContainerRestart  "Restart a container" */
    { method: 'POST', pattern: '/containers/{id}/restart', handler: (call) => done(backend.restart(idOf(call.params), stopOptions(call))) },
    /** @api  Y  POST /containers/{id}/kill  ContainerKill  "Kill a container" */
    {
      method: 'POST',
      pattern: '/containers/{id}/kill',
      handler: ({ params, query }) => done(backend.kill(idOf(params), textParam(query, 'signal'))),
    },
    /** @api  Y  POST /containers/{id}/pause  ContainerPause  "Pause a container" */
    { method: 'POST', pattern: '/containers/{id}/pause', handler: ({ params }) => done(backend.pause(idOf(params))) },
    /** @api  Y  POST /containers/{id}/unpause  ContainerUnpause  "Unpause a container" */
    { method: 'POST', pattern: '/containers/{id}/unpause', handler: ({ params }) => done(backend.unpause(idOf(params))) },
    /** @api  Y  POST /containers/{id}/rename  ContainerRename  "Rename a container" */
    {
      method: 'POST',
      pattern: '/containers/{id}/rename',
      handler: ({ params, query }) => done(backend.rename(idOf(params), textParam(query, 'name'))),
    },
    /** @api  P[block I/O limits are discarded, as Docker does without the kernel's control]  POST /containers/{id}/update  ContainerUpdate  "Update a container" */
    { method: 'POST', pattern: '/containers/{id}/update', handler: (call) => update(backend, call) },
    /** @api  Y  POST /containers/{id}/resize  ContainerResize  "Resize a container TTY" */
    {
      method: 'POST',
      pattern: '/containers/{id}/resize',
      handler: (call) => resize(call, (size) => backend.resize(idOf(call.params), size)),
    },
    /** @api  Y  POST /containers/{id}/wait  ContainerWait  "Wait for a container" */
    { method: 'POST', pattern: '/containers/{id}/wait', handler: (call) => wait(backend, call) },
    /** @api  Y  POST /containers/{id}/attach  ContainerAttach  "Attach to a container" */
    { method: 'POST', pattern: '/containers/{id}/attach', handler: (call) => attach(backend, call) },
    /** @api  Y  GET /containers/{id}/attach/ws  ContainerAttachWebsocket  "Attach to a container via a websocket" */
    { method: 'GET', pattern: '/containers/{id}/attach/ws', handler: (call) => attachWebsocket(backend, call) },
    /** @api  Y  DELETE /containers/{id}  ContainerDelete  "Remove a container" */
    { method: 'DELETE', pattern: '/containers/{id}', handler: (call) => remove(backend, call) },
  ];
}

function idOf(params: Record<string, string>): string {
  return params['id'] as string;
}

async function done(work: Promise<void>): Promise<ApiResponse> {
  await work;
  return empty(204);
}

async function list(backend: ContainerBackend, { query, version }: ApiCall): Promise<ApiResponse> {
  const summaries = await backend.list({
    all: flagParam(query, 'all'),
    limit: integerParam(query, 'limit', 0),
    size: flagParam(query, 'size'),
    filters: filtersParam(query),
  });
  if (!atLeast(version, '1.46')) for (const summary of summaries) delete summary.HostConfig.Annotations;
  return json(200, summaries);
}

async function create(backend: ContainerBackend, call: ApiCall): Promise<ApiResponse> {
  const { query, version } = call;
  const body = await readJson<CreateContainerRequest>(call, createShape, 'CreateRequest');
  if (!body) throw new EngineError('invalid-parameter', 'invalid JSON: got EOF while reading request body');
  const { HostConfig: host, NetworkingConfig: networking, ...config } = body;
  const hostConfig = host ?? {};
  if (Object.keys(config).length === 0) throw new EngineError('invalid-parameter', 'config cannot be empty in order to create a container');
  const endpoints = networking?.EndpointsConfig ?? {};
  if (!atLeast(version, '1.44') && Object.keys(endpoints).length > 1) {
    throw new EngineError(
      'invalid-parameter',
      `Container cannot be created with multiple network endpoints: ${Object.keys(endpoints).join(', ')}`,
    );
  }
  if (!atLeast(version, '1.40')) hostConfig.IpcMode ||= 'shareable';
  if (!atLeast(version, '1.42')) hostConfig.ConsoleSize = [0, 0];
  if (!atLeast(version, '1.43')) delete hostConfig.Annotations;
  const mounts = mountsOfVersion(hostConfig.Mounts ?? [], version);
  if (hostConfig.Mounts) hostConfig.Mounts = mounts;
  const { id, warnings } = await backend.create({
    name: textParam(query, 'name'),
    config,
    hostConfig,
    networking: { EndpointsConfig: endpoints },
    readOnlyNonRecursive: !atLeast(version, '1.44'),
  });
  const ignored = atLeast(version, '1.48') ? ignoredVolumeDriver(hostConfig) : [];
  const response: CreateContainerResponse = { Id: id, Warnings: [...ignored, ...warnings] };
  return json(201, response);
}

async function inspect(backend: ContainerBackend, { params, query, version }: ApiCall): Promise<ApiResponse> {
  const inspected = await backend.inspect(idOf(params), { size: flagParam(query, 'size') });
  return json(200, atLeast(version, '1.45') ? inspected : withOldAliases(inspected));
}

/** Before API 1.45 the short id and the host name were among the aliases on networks that a user made. */
function withOldAliases(inspected: ContainerInspect): ContainerInspect {
  const { Id, Config, NetworkSettings } = inspected;
  const endpoints = Object.entries(NetworkSettings.Networks).map(([name, endpoint]) => {
    if (['bridge', 'host', 'none'].includes(name)) return [name, endpoint];
    return [name, { ...endpoint, Aliases: [...new Set([...(endpoint.Aliases ?? []), shortId(Id), Config.Hostname])] }];
  });
  return {
    ...inspected,
    NetworkSettings: { ...NetworkSettings, Networks: Object.fromEntries(endpoints) as typeof NetworkSettings.Networks },
  };
}

function start(backend: ContainerBackend, { params, query, headers }: ApiCall): Promise<ApiResponse> {
  // An empty JSON object is seven characters, Docker says.
  if (Number(headers['content-length'] ?? 0) > 7 || headers['transfer-encoding'] !== undefined) {
    throw new EngineError(
      'invalid-parameter',
      'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24',
    );
  }
  if (textParam(query, 'checkpoint') !== '')
    throw new EngineError('invalid-parameter', 'checkpoint is only supported in experimental mode');
  return done(backend.start(idOf(params)));
}

function stopOptions({ query, version }: ApiCall): StopOptions {
  return {
    signal: atLeast(version, '1.42') ? textParam(query, 'signal') : '',
    timeoutSeconds: textParam(query, 't') === '' ? undefined : integerParam(query, 't', 0),
  };
}

function remove(backend: ContainerBackend, { params, query }: ApiCall): Promise<ApiResponse> {
  return done(
    backend.remove(idOf(params), { force: flagParam(query, 'force'), volumes: flagParam(query, 'v'), link: flagParam(query, 'link') }),
  );
}

async function prune(backend: ContainerBackend, { query }: ApiCall): Promise<ApiResponse> {
  const { removed, reclaimedBytes } = await backend.prune(filtersParam(query));
  const response: ContainersPruned = { ContainersDeleted: removed.length > 0 ? removed : null, SpaceReclaimed: reclaimedBytes };
  return json(200, response);
}

async function update(backend: ContainerBackend, call: ApiCall): Promise<ApiResponse> {
  const request = await readJson<UpdateContainerRequest>(call, updateShape, 'UpdateConfig');
  const warnings = await backend.update(idOf(call.params), request ?? {});
  return json(200, { Warnings: warnings.length > 0 ? warnings : null });
}

/** Reads `h` and `w`; for containers and execs. */
export async function resize({ query }: ApiCall, change: (size: { rows: number; columns: number }) => Promise<void>): Promise<ApiResponse> {
  const number = (name: string, what: string): number => {
    const value = unsignedParam(query, name);
    if (typeof value === 'string')
      throw new EngineError('invalid-parameter', `invalid resize ${what} ${JSON.stringify(textParam(query, name))}: ${value}`);
    return value;
  };
  await change({ rows: number('h', 'height'), columns: number('w', 'width') });
  return empty(200);
}

function stats(backend: ContainerBackend, { params, query, version }: ApiCall): ApiResponse {
  const stream = flagParam(query, 'stream', true);
  const oneShot = atLeast(version, '1.41') && flagParam(query, 'one-shot');
  return jsonLines(backend.stats(idOf(params), { stream, oneShot }));
}

const conditions: WaitCondition[] = ['not-running', 'next-exit', 'removed'];

/** Answers its head at once, so that the client knows that it waits, and its body when the condition is true. */
function wait(backend: ContainerBackend, { params, query }: ApiCall): ApiResponse {
  const text = textParam(query, 'condition') || 'not-running';
  const condition = conditions.find((known) => known === text);
  if (!condition) throw new EngineError('invalid-parameter', `invalid condition: ${JSON.stringify(text)}`);
  const { result, cancel } = backend.wait(idOf(params), condition);
  const answer = new Channel<ContainerWait>({ capacity: 1, onClose: cancel });
  void result.then(({ exitCode, error }) => {
    answer.push({ ...(error === '' ? {} : { Error: { Message: error } }), StatusCode: exitCode });
    answer.end();
  });
  return jsonLines(answer);
}

function attachOptions(query: ApiCall['query']): Omit<AttachOptions, 'framed'> {
  return {
    stdin: flagParam(query, 'stdin'),
    stdout: flagParam(query, 'stdout'),
    stderr: flagParam(query, 'stderr'),
    logs: flagParam(query, 'logs'),
    stream: flagParam(query, 'stream'),
    detachKeys: textParam(query, 'detachKeys'),
  };
}

/** Standard output and error come as one: a message does not say which it was. */
function attachWebsocket(backend: ContainerBackend, { params, query, headers }: ApiCall): ApiResponse {
  const key = headers['sec-websocket-key'];
  if (headers['upgrade']?.toLowerCase() !== 'websocket' || key === undefined)
    throw new EngineError('invalid-parameter', 'not websocket protocol');
  const { run } = backend.attach(idOf(params), { ...attachOptions(query), framed: false });
  return {
    status: 101,
    headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Accept': acceptKey(key) },
    body: {
      kind: 'hijack',
      async run(connection) {
        const socket = websocketConnection(connection);
        await run(socket);
        await socket.closeWrite().catch(() => {});
      },
    },
  };
}

function attach(backend: ContainerBackend, { params, query, headers, version }: ApiCall): ApiResponse {
  let prepared: PreparedAttach;
  try {
    prepared = backend.attach(idOf(params), { ...attachOptions(query), framed: true });
  } catch (error) {
    // Docker has already promised a stream here, and tells in one.
    const { status } = errorAnswer(error);
    const text = new TextEncoder().encode(`${messageOf(error)}\r\n`);
    return { status, headers: { 'Content-Type': rawStream }, body: { kind: 'bytes', bytes: text } };
  }
  return hijack({ version, headers }, prepared.terminal, prepared.run);
}

function logs(backend: ContainerBackend, { params, query, version }: ApiCall): ApiResponse {
  const stdout = flagParam(query, 'stdout');
  const stderr = flagParam(query, 'stderr');
  if (!stdout && !stderr) throw new EngineError('invalid-parameter', 'Bad parameters: you must choose at least one stream');
  const { messages, terminal } = backend.logs(idOf(params), {
    stdout,
    stderr,
    follow: flagParam(query, 'follow'),
    tail: textParam(query, 'tail'),
    since: textParam(query, 'since'),
    until: textParam(query, 'until'),
  });
  const format: LogFormat = {
    stdout,
    stderr,
    framed: !terminal,
    timestamps: flagParam(query, 'timestamps'),
    details: flagParam(query, 'details'),
  };
  const contentType = !terminal && atLeast(version, '1.42') ? multiplexedStream : rawStream;
  return bytes(
    200,
    contentType,
    mapStream(messages, (batch) => logBytes(batch, format)),
  );
}
