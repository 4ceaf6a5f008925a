/** Exec endpoints. Source: moby api/server/router/container/exec.go. */
import type { CreateExec } from '../../container/exec/create.ts';
import type { StartExec } from '../../container/exec/start.ts';
import { EngineError } from '../../errors.ts';
import { empty, hijack, json } from '../answer.ts';
import { readJson } from '../body.ts';
import type { ApiResponse, Connection } from '../http.ts';
import type { ApiCall, Route } from '../router.ts';
import type { CreateExecRequest, CreateExecResponse, ExecInspect, StartExecRequest } from '../types/exec.ts';
import { atLeast } from '../version.ts';
import { resize } from './container.ts';
import { createExecShape, startExecShape } from './container-shapes.ts';

export interface ExecBackend {
  create(container: string, request: CreateExec): string;
  /** @throws EngineError when it cannot be started, or does not exist */
  check(id: string): void;
  startDetached(id: string, options: StartExec): Promise<void>;
  startAttached(id: string, options: StartExec, connection: Connection): Promise<void>;
  inspect(id: string): ExecInspect;
  resize(id: string, size: { rows: number; columns: number }): Promise<void>;
}

export function execRoutes(backend: ExecBackend): Route[] {
  return [
    /** @api  Y  POST /containers/{id}/exec  ContainerExec  "Create an exec instance" */
    { method: 'POST', pattern: '/containers/{id}/exec', handler: (call) => create(backend, call) },
    /** @api  Y  POST /exec/{id}/start  ExecStart  "Start an exec instance" */
    { method: 'POST', pattern: '/exec/{id}/start', handler: (call) => start(backend, call) },
    /** @api  Y  POST /exec/{id}/resize  ExecResize  "Resize an exec instance" */
    {
      method: 'POST',
      pattern: '/exec/{id}/resize',
      handler: (call) => resize(call, (size) => backend.resize(call.params['id'] as string, size)),
    },
    /** @api  Y  GET /exec/{id}/json  ExecInspect  "Inspect an exec instance" */
    { method: 'GET', pattern: '/exec/{id}/json', handler: ({ params }) => json(200, backend.inspect(params['id'] as string)) },
  ];
}

async function create(backend: ExecBackend, call: ApiCall): Promise<ApiResponse> {
  const request = (await readJson<CreateExecRequest>(call, createExecShape, 'ExecOptions')) ?? {};
  if ((request.Cmd ?? []).length === 0) throw new EngineError('invalid-parameter', 'No exec command specified');
  const id = backend.create(call.params['id'] as string, {
    command: request.Cmd ?? [],
    terminal: request.Tty ?? false,
    stdin: request.AttachStdin ?? false,
    stdout: request.AttachStdout ?? false,
    stderr: request.AttachStderr ?? false,
    detachKeys: request.DetachKeys ?? '',
    env: request.Env ?? [],
    user: request.User ?? '',
    workingDir: request.WorkingDir ?? '',
    privileged: request.Privileged ?? false,
    consoleSize: atLeast(call.version, '1.42') ? (request.ConsoleSize ?? undefined) : undefined,
  });
  const response: CreateExecResponse = { Id: id };
  return json(201, response);
}

async function start(backend: ExecBackend, call: ApiCall): Promise<ApiResponse> {
  const request = (await readJson<StartExecRequest>(call, startExecShape, 'ExecStartOptions')) ?? {};
  const id = call.params['id'] as string;
  backend.check(id);
  const consoleSize = request.Tty && atLeast(call.version, '1.42') ? (request.ConsoleSize ?? undefined) : undefined;
  if (request.Detach) {
    await backend.startDetached(id, { consoleSize });
    return empty(200);
  }
  return hijack(call, request.Tty ?? false, (connection) => backend.startAttached(id, { consoleSize }, connection));
}
