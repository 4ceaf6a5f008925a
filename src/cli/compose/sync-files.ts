/** Brings files that have changed into a service's containers. Source: docker/compose 2.26.1 internal/sync/tar.go. */
import type { CreateExecRequest, CreateExecResponse, ExecInspect } from '#engine/api/types/exec.ts';
import { endOfTar } from '#engine/oci/tar-writer.ts';
import { statusOf } from '../builder/context/dockerfile-place.ts';
import { containerPath } from '../container/container-path.ts';
import { archivePieces } from '../container/copy/local-archive.ts';
import type { CliFiles } from '../environment.ts';
import { errorLine } from '../error-line.ts';
import { copyFrames } from '../stream/stdcopy.ts';
import { takeOver } from '../stream/take-over.ts';
import { ComposeError, severalErrors } from './compose-error.ts';
import type { ComposeWork } from './compose-work.ts';
import { projectContainers } from './project-containers.ts';

export interface PathMapping {
  /** Absolute, here. */
  hostPath: string;
  /** Absolute, in the container. */
  containerPath: string;
}

/** What is gone here is removed there, what is here is copied. @throws ComposeError that names the containers */
export async function syncFiles(work: ComposeWork, project: string, service: string, paths: readonly PathMapping[]): Promise<void> {
  const { files } = work.context.environment;
  const isThere = await Promise.all(paths.map(async ({ hostPath }) => (await statusOf(files, hostPath)) !== undefined));
  const copied = paths.filter((_, index) => isThere[index]);
  const removed = paths.filter((_, index) => !isThere[index]).map((path) => path.containerPath);
  const containers = await projectContainers(work.api, project, { services: [service] });
  const ended = await Promise.allSettled(
    containers.map(async ({ Id: id }) => {
      if (removed.length > 0) await execute(work, id, { Cmd: ['rm', '-rf', ...removed] }).catch(failing(`deleting paths in ${id}`));
      const query = { path: '/', noOverwriteDirNonDir: 'true', copyUIDGID: 'true' };
      const headers = { 'Content-Type': 'application/x-tar' };
      const body = archiveOf(files, copied);
      await work.api.put(containerPath(id, 'archive'), { query, headers, body }).catch(failing(`copying files to ${id}`));
    }),
  );
  const failures = ended.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (failures.length > 0) throw severalErrors(failures);
}

function failing(during: string): (error: unknown) => never {
  return (error) => {
    throw new ComposeError(`${during}: ${errorLine(error)}`);
  };
}

/** Parents first; what is gone by now is left out. */
async function* archiveOf(files: CliFiles, paths: readonly PathMapping[]): AsyncGenerator<Uint8Array> {
  for (const { hostPath, containerPath: path } of paths) {
    const status = await statusOf(files, hostPath, false);
    if (!status || status.type === 'other') continue;
    const { type, linkName, ...rest } = status;
    const file = { ...rest, type, path: path.slice(1), ...(linkName !== undefined && { linkName }) };
    yield* archivePieces(file, files.chunks(hostPath));
  }
  yield endOfTar;
}

/** Runs a command in a container to its end; what it says on standard error is printed. @throws Error `exit code 1` */
export async function execute({ api, context }: ComposeWork, container: string, request: CreateExecRequest): Promise<void> {
  const { Id: id } = await api.post<CreateExecResponse>(containerPath(container, 'exec'), {
    json: { ...request, AttachStdin: false, AttachStdout: false, AttachStderr: true, Tty: false },
  });
  const { connection, close } = await takeOver(api, `/exec/${id}/start`, { json: { Detach: false, Tty: false } });
  try {
    await copyFrames(connection.input, context.environment.stderr, context.environment.stderr);
  } finally {
    close();
  }
  const { ExitCode } = await api.get<ExecInspect>(`/exec/${id}/json`);
  if (ExitCode) throw new Error(`exit code ${ExitCode}`);
}
