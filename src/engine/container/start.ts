/**
 * `docker start`: one call to the runtime, with everything the container needs in it. What fails leaves the
 * container as it was, with Docker's exit code and words.
 * Source: moby daemon/start.go.
 */
import { EngineError } from '../errors.ts';
import type { Launch } from '../runtime/runtime.ts';
import { connectNetworks, releaseNetworks } from './connect.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { startHealthMonitor } from './health-probe.ts';
import { linkedEnvironment, tellParents } from './links.ts';
import { logPathOf, openLog } from './log/options.ts';
import { autoRemove, watch } from './monitor.ts';
import { freshRestartState } from './restart-policy.ts';
import { imageTrees, type ReadyMounts, readyMounts, releaseMounts } from './ready-mounts.ts';
import { missingSources, rootfsOf } from './rootfs.ts';
import { withDaemonDefaults } from './spec/daemon-defaults.ts';
import { buildSpec } from './spec/spec.ts';
import { startProblem } from './start-error.ts';
import { move, permit } from './state.ts';

export async function startContainer(containers: Containers, name: string): Promise<void> {
  const container = containers.resolve(name);
  permit('start', container, name);
  await start(containers, container, { byUser: true });
}

/** @param byUser somebody asked for it, as opposed to a restart policy */
export async function start(containers: Containers, container: Container, { byUser }: { byUser: boolean }): Promise<void> {
  const failure = await container.live.lock.run(async () => {
    const { status } = container.state;
    if (byUser && (status === 'running' || status === 'paused')) return undefined;
    // Waited for the lock while it was stopped: a policy's restart is off then.
    if (!byUser && status !== 'restarting') return undefined;
    if (status === 'removing' || status === 'dead') permit('start', container, container.name);
    return launch(containers, container, byUser);
  });
  if (!failure) return;
  container.live.manuallyRestarting = false;
  await autoRemove(containers, container);
  throw failure;
}

/** @returns why it could not start, when it could not */
async function launch(containers: Containers, container: Container, byUser: boolean): Promise<EngineError | undefined> {
  const { runtime, clock } = containers.ports;
  const { live, config } = container;
  let mounted = false;
  try {
    const network = await connectNetworks(containers, container);
    const mounts = await readyMounts(containers, container);
    mounted = true;
    const request = launchOf(containers, container, network, mounts);
    if (byUser) {
      container.manuallyStopped = false;
      container.restartCount = 0;
      live.restartPolicy = freshRestartState;
    }
    live.cancelRestart?.();
    live.cancelRestart = undefined;
    live.log = openLog(containers.ports.storage, container);
    container.paths.log = logPathOf(container.id, container.hostConfig.LogConfig.Type);
    const startedMs = clock.now();
    live.process = await runtime.start(request);
    live.manuallyRestarting = false;
    container.state = move(container.state, { kind: 'start', pid: live.process.pid, atMs: startedMs });
  } catch (problem) {
    live.log?.close();
    live.log = undefined;
    live.streams.reset();
    await releaseNetworks(containers, container);
    if (mounted) await releaseMounts(containers, container);
    // Throws what is no failure but a bug; nothing half-made stays of that either.
    const { error, exitCode } = startProblem(problem, 'container', { args: [container.path, ...container.args], cwd: config.WorkingDir });
    container.state = move(container.state, { kind: 'start-failure', exitCode, error: error.message });
    containers.save(container);
    // Who asked is told by the error; waiters are not, as in Docker, whose client would print it twice.
    if (!byUser) live.waiters.stopped({ exitCode, error: error.message });
    return error;
  }
  tellParents(containers, container);
  watch(containers, container, live.process, () => start(containers, container, { byUser: false }));
  startHealthMonitor(containers, container);
  containers.save(container);
  containers.logEvent(container, 'start');
  return undefined;
}

export function launchOf(containers: Containers, container: Container, network: Launch['network'], mounts: ReadyMounts): Launch {
  const { config, hostConfig } = container;
  const rootfs = rootfsOf(containers, container);
  const spec = (): Launch['config'] =>
    buildSpec(withDaemonDefaults(container, containers.ports.config), {
      userFiles: containers.layerFiles.userFiles(rootfs.lower.map(({ diffId }) => diffId)),
      kernelVersion: containers.info.kernelVersion,
      machine: containers.info.machine,
      pidOf: (id) => pidOf(containers, id),
      mounts,
      linkedEnvironment: linkedEnvironment(containers, container),
    });
  const [rows, columns] = hostConfig.ConsoleSize;
  const missing = missingSources(container);
  const trees = imageTrees(containers, container);
  return {
    containerId: container.id,
    config: asSystemError(spec),
    rootfs,
    ...(trees.length > 0 ? { trees } : {}),
    network,
    ...(config.Tty && rows > 0 && columns > 0 ? { terminalSize: { rows, columns } } : {}),
    stdinOpen: config.OpenStdin,
    ...(missing.length > 0 ? { directories: missing } : {}),
  };
}

/** While a configuration is built, whatever is wrong with it is the daemon's problem, Docker says. */
function asSystemError<T>(build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind === 'not-implemented') throw error;
    throw new EngineError('system', error.message, { cause: error });
  }
}

function pidOf(containers: Containers, name: string): number {
  const container = containers.resolve(name);
  if (container.state.pid === 0)
    throw new EngineError(
      'conflict',
      `cannot join namespace of a non running container: container ${container.name} is ${container.state.status}`,
    );
  return container.state.pid;
}
