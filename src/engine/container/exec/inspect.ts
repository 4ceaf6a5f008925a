/** `GET /exec/{id}/json`. Source: moby daemon/inspect.go, ContainerExecInspect. */
import type { ExecInspect } from '../../api/types/exec.ts';
import { base64 } from '../../base64.ts';
import { EngineError } from '../../errors.ts';
import type { Containers } from '../containers.ts';

export function inspectExec(containers: Containers, id: string): ExecInspect {
  const exec = containers.execs.get(id);
  if (!exec || !containers.get(exec.containerId)) throw new EngineError('not-found', `No such exec instance: ${id}`);
  return {
    ID: exec.id,
    Running: exec.running,
    ExitCode: exec.exitCode ?? null,
    ProcessConfig: {
      tty: exec.terminal,
      entrypoint: exec.entrypoint,
      arguments: exec.args,
      privileged: exec.privileged,
      ...(exec.user === '' ? {} : { user: exec.user }),
    },
    OpenStdin: exec.stdin,
    OpenStderr: exec.stderr,
    OpenStdout: exec.stdout,
    CanRemove: false,
    ContainerID: exec.containerId,
    // Go writes bytes in JSON as base64.
    DetachKeys: base64(Uint8Array.from(exec.detachKeys)),
    Pid: exec.process?.pid ?? 0,
  };
}
