/** Makes an exec ready to start. Source: moby daemon/exec.go, ContainerExecCreate. */
import { EngineError } from '../../errors.ts';
import { newId } from '../../id.ts';
import type { Container } from '../container.ts';
import type { Containers } from '../containers.ts';
import { parseDetachKeys } from '../detach-keys.ts';
import { environmentOf, withOverrides } from '../spec/environment.ts';
import { resolveUser, type UserFiles } from '../spec/users.ts';
import { permit } from '../state.ts';
import { type Exec, makeExec } from './exec.ts';

export interface CreateExec {
  command: string[];
  terminal: boolean;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  detachKeys: string;
  env: string[];
  /** Empty: as the container. */
  user: string;
  workingDir: string;
  privileged: boolean;
  consoleSize: [number, number] | undefined;
}

/** Ended execs are remembered this long for `inspect`. */
const rememberedMs = 5 * 60_000;

export function createExec(containers: Containers, name: string, request: CreateExec): Exec {
  const container = containers.resolve(name);
  permit('exec', container, name);
  if (request.user !== '') resolveUser(request.user, container.hostConfig.GroupAdd ?? [], userFilesOf(containers, container));
  const detachKeys = parseDetachKeys(request.detachKeys, (keys) => new EngineError('unknown', `Invalid escape keys (${keys}) provided`));
  const [entrypoint = '', ...args] = request.command;
  const { config } = container;
  const exec = makeExec({
    id: newId(containers.ports.random),
    containerId: container.id,
    entrypoint,
    args,
    terminal: request.terminal,
    env: withOverrides(environmentOf(config.Hostname, request.terminal, config.Env ?? []), request.env),
    user: request.user || config.User,
    workingDir: request.workingDir || config.WorkingDir,
    privileged: request.privileged,
    stdin: request.stdin,
    stdout: request.stdout,
    stderr: request.stderr,
    detachKeys,
    consoleSize: request.consoleSize,
  });
  forgetOld(containers, container);
  container.live.execs.set(exec.id, exec);
  containers.execs.set(exec.id, exec);
  containers.logEvent(container, `exec_create: ${commandOf(exec)}`, { execID: exec.id });
  return exec;
}

/** Who is who in the container's image. */
export function userFilesOf(containers: Containers, container: Container): UserFiles {
  const layers = containers.ports.images.layers.chain(container.topLayer) ?? [];
  return containers.layerFiles.userFiles(layers.map(({ diffId }) => diffId).reverse());
}

/** As events show it. */
export function commandOf({ entrypoint, args }: Exec): string {
  return `${entrypoint} ${args.join(' ')}`;
}

function forgetOld(containers: Containers, container: Container): void {
  const nowMs = containers.ports.clock.now();
  for (const exec of container.live.execs.values()) {
    if (exec.endedMs === undefined || nowMs - exec.endedMs < rememberedMs) continue;
    container.live.execs.delete(exec.id);
    containers.execs.delete(exec.id);
  }
}
