/** Starts an exec, attached or not. Source: moby daemon/exec.go, ContainerExecStart. */
import type { Connection } from '../../api/http.ts';
import { encodeFrame } from '../../api/stdcopy.ts';
import { EngineError, messageOf } from '../../errors.ts';
import type { RuntimeSpec } from '../../runtime/spec.ts';
import { serveAttachment } from '../attachment.ts';
import type { Container } from '../container.ts';
import type { Containers } from '../containers.ts';
import { allCapabilities, capabilitiesOf } from '../spec/capabilities.ts';
import { withDaemonDefaults } from '../spec/daemon-defaults.ts';
import { parseSecurityOptions } from '../spec/security-options.ts';
import { resolveUser, withHome } from '../spec/users.ts';
import { startProblem } from '../start-error.ts';
import { permit } from '../state.ts';
import { commandOf, userFilesOf } from './create.ts';
import type { Exec } from './exec.ts';

export interface StartExec {
  /** Height, width; else what create said. */
  consoleSize: [number, number] | undefined;
}

/** Finds an exec whose container can run it. @throws EngineError `not-found`: `No such exec instance: …` */
export function activeExec(containers: Containers, id: string): { exec: Exec; container: Container } {
  const exec = containers.execs.get(id);
  if (!exec) throw new EngineError('not-found', `No such exec instance: ${id}`);
  const container = containers.get(exec.containerId);
  if (!container) throw new EngineError('not-found', `No such container: ${id}`);
  permit('exec', container, container.id);
  return { exec, container };
}

/** Runs it without anybody attached; resolves when it has started. */
export async function startExecDetached(containers: Containers, id: string, options: StartExec): Promise<void> {
  const { exec, container } = activeExec(containers, id);
  await startExec(containers, container, exec, options);
}

/** Runs it for one client; what goes wrong is told on the connection, as in Docker. */
export async function startExecAttached(containers: Containers, id: string, options: StartExec, connection: Connection): Promise<void> {
  const say = async (message: string): Promise<void> => {
    const bytes = new TextEncoder().encode(`${message}\r\n`);
    const terminal = containers.execs.get(id)?.terminal ?? false;
    await connection.write(terminal ? bytes : encodeFrame('stdout', bytes));
  };
  let leave = (): void => undefined;
  try {
    const { exec, container } = activeExec(containers, id);
    const attachment = exec.streams.attach({ stdout: exec.stdout, stderr: exec.stderr });
    leave = () => exec.streams.detach(attachment);
    const started = startExec(containers, container, exec, options);
    const served = serveAttachment(connection, exec.streams, attachment, {
      stdin: exec.stdin,
      terminal: exec.terminal,
      framed: !exec.terminal,
      endsInput: true,
      detachKeys: exec.detachKeys,
    });
    await started;
    if ((await served) === 'detached') containers.logEvent(container, 'exec_detach', { execID: exec.id });
  } catch (error) {
    // One that runs already goes on without this client.
    leave();
    if (!(error instanceof EngineError)) throw error;
    await say(messageOf(error)).catch(() => undefined);
  }
}

/** @returns when it runs; its end is recorded later */
export async function startExec(containers: Containers, container: Container, exec: Exec, { consoleSize }: StartExec): Promise<void> {
  if (exec.exitCode !== undefined) throw new EngineError('conflict', `exec command ${exec.id} has already run`);
  if (exec.running) throw new EngineError('conflict', `exec command ${exec.id} is already running`);
  const spec = processOf(containers, container, exec, consoleSize ?? exec.consoleSize);
  exec.running = true;
  containers.logEvent(container, `exec_start: ${commandOf(exec)}`, { execID: exec.id });
  try {
    const size = spec.consoleSize;
    exec.process = await containers.ports.runtime.exec(container.id, {
      execId: exec.id,
      process: spec,
      ...(size ? { terminalSize: { rows: size.height, columns: size.width } } : {}),
      stdinOpen: exec.stdin,
    });
  } catch (problem) {
    const { error, exitCode } = startProblem(problem, 'exec', { args: spec.args, cwd: spec.cwd });
    finish(containers, exec, exitCode === 128 ? 126 : exitCode);
    exec.streams.reset();
    throw error;
  }
  const process = exec.process;
  for (const tell of exec.onStarted.splice(0)) tell(process);
  const passed = exec.streams.connect(process, () => undefined);
  void process.exit.then(async ({ code }) => {
    await Promise.race([passed, patience(containers)]);
    finish(containers, exec, code);
    exec.streams.reset();
    containers.logEvent(container, 'exec_die', { execID: exec.id, exitCode: String(code) });
  });
}

function finish(containers: Containers, exec: Exec, exitCode: number): void {
  exec.running = false;
  exec.exitCode = exitCode;
  exec.endedMs = containers.ports.clock.now();
}

/** Output that others keep open is not waited for longer. */
function patience(containers: Containers): Promise<void> {
  return new Promise((resolve) => void containers.ports.clock.after(2000, resolve));
}

function processOf(containers: Containers, container: Container, exec: Exec, size: [number, number] | undefined): RuntimeSpec['process'] {
  const { hostConfig } = withDaemonDefaults(container, containers.ports.config);
  const capabilities = exec.privileged
    ? allCapabilities
    : capabilitiesOf(hostConfig.CapAdd ?? [], hostConfig.CapDrop ?? [], hostConfig.Privileged);
  const [height, width] = size ?? [0, 0];
  const files = userFilesOf(containers, container);
  const user = resolveUser(exec.user, hostConfig.GroupAdd ?? [], files);
  return {
    terminal: exec.terminal,
    ...(exec.terminal && height > 0 && width > 0 ? { consoleSize: { height, width } } : {}),
    user,
    args: [exec.entrypoint, ...exec.args],
    env: withHome(exec.env, user.uid, files),
    cwd: exec.workingDir || '/',
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities, inheritable: [], ambient: [] },
    ...(hostConfig.Ulimits && hostConfig.Ulimits.length > 0
      ? { rlimits: hostConfig.Ulimits.map(({ Name, Soft, Hard }) => ({ type: `RLIMIT_${Name.toUpperCase()}`, soft: Soft, hard: Hard })) }
      : {}),
    noNewPrivileges: parseSecurityOptions(hostConfig.SecurityOpt ?? [], hostConfig.Privileged).noNewPrivileges,
    oomScoreAdj: hostConfig.OomScoreAdj,
  };
}
