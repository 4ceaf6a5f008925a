/**
 * Exec bodies of the Engine API.
 * Source: moby api/types/container/exec.go and backend.ExecInspect, API 1.50.
 */

/** `POST /containers/{id}/exec`. */
export interface CreateExecRequest {
  User?: string;
  Privileged?: boolean;
  Tty?: boolean;
  /** Height, width. */
  ConsoleSize?: [number, number] | null;
  AttachStdin?: boolean;
  AttachStderr?: boolean;
  AttachStdout?: boolean;
  Detach?: boolean;
  DetachKeys?: string;
  Env?: string[] | null;
  WorkingDir?: string;
  Cmd?: string[] | null;
}

export interface CreateExecResponse {
  Id: string;
}

/** `POST /exec/{id}/start`. */
export interface StartExecRequest {
  Detach?: boolean;
  Tty?: boolean;
  ConsoleSize?: [number, number] | null;
}

/** `GET /exec/{id}/json`. */
export interface ExecInspect {
  ID: string;
  Running: boolean;
  /** Null while it runs. */
  ExitCode: number | null;
  ProcessConfig: { tty: boolean; entrypoint: string; arguments: string[]; privileged: boolean; user?: string };
  OpenStdin: boolean;
  OpenStderr: boolean;
  OpenStdout: boolean;
  CanRemove: boolean;
  ContainerID: string;
  DetachKeys: string;
  Pid: number;
}
