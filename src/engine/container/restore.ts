/**
 * Brings containers up with the engine: takes up those that still run after a saved session, ends those that do not,
 * and starts what its policy wants started. Stops them all when the daemon ends.
 * Source: moby daemon/daemon.go, restore and Shutdown.
 */
import { parseIpv4 } from '../network/ipv4.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { nameEndpoint, releaseNetworks } from './connect.ts';
import { restorePorts } from './publish.ts';
import type { Endpoint } from '../network/network.ts';
import { startHealthMonitor } from './health-probe.ts';
import { LineSplitter, type UnendedLine } from './log/line-splitter.ts';
import { openLog } from './log/options.ts';
import { watch } from './monitor.ts';
import { releaseShm } from './ready-mounts.ts';
import { containersOfOthers } from './records.ts';
import { forceRemove } from './remove.ts';
import { freshRestartState, nextRestart, type RestartPolicyState } from './restart-policy.ts';
import { giveUpRestart, restartAfter } from './restart-timer.ts';
import { start } from './start.ts';
import { isUp, move } from './state.ts';
import { stop } from './stop.ts';

/** What a session keeps of containers besides Storage. JSON. */
export interface ContainersState {
  restarts: { id: string; policy: RestartPolicyState; remainingMs: number | undefined }[];
  /** Lines of running containers that have not ended. */
  lines: { id: string; stdout: UnendedLine; stderr: UnendedLine }[];
}

/** What cannot be known of a process that ended while nobody looked. */
const unknownExitCode = 255;

export function saveContainers(containers: Containers): ContainersState {
  const nowMs = containers.ports.clock.now();
  return {
    restarts: containers.all().map(({ id, live, state }) => ({
      id,
      policy: live.restartPolicy ?? freshRestartState,
      remainingMs: state.status === 'restarting' && live.restartDueMs !== undefined ? Math.max(0, live.restartDueMs - nowMs) : undefined,
    })),
    lines: containers
      .all()
      .flatMap(({ id, live: { lines } }) => (lines ? [{ id, stdout: lines.stdout.save(), stderr: lines.stderr.save() }] : [])),
  };
}

/** @param saved of a session that goes on; processes may still run then */
export async function bringUpContainers(containers: Containers, saved?: ContainersState): Promise<void> {
  const policies = new Map(saved?.restarts.map((entry) => [entry.id, entry]));
  const toStart: Container[] = [];
  const { storage, images, runtime } = containers.ports;
  const others = containersOfOthers(storage, images.ports.driver);
  await runtime.endOthers(new Set([...containers.all().map(({ id }) => id), ...others]));
  for (const container of containers.all()) {
    const entry = policies.get(container.id);
    if (entry) container.live.restartPolicy = entry.policy;
    const { status } = container.state;
    if (status === 'dead') await forceRemove(containers, container, { volumes: true }).catch(() => undefined);
    else if (status === 'restarting' && entry)
      restartAfter(containers, container, entry.remainingMs ?? 0, () => start(containers, container, { byUser: false }));
    else if (isUp(status) && !takeUp(containers, container, saved)) {
      await endUnseen(containers, container);
      await releaseShm(containers, container);
    }
    if (!isUp(container.state.status) && !containers.get(container.id)) continue;
    if (saved === undefined && wantsStart(container)) toStart.push(container);
    else if (!isUp(container.state.status) && container.hostConfig.AutoRemove && container.state.startedMs !== undefined) {
      await forceRemove(containers, container, { volumes: true }).catch(() => undefined);
    }
  }
  await startByPolicy(containers, toStart);
}

/** The daemon goes and leaves what runs (`live-restore`): nothing is restarted or checked until it is back. */
export function leaveContainers(containers: Containers): void {
  containers.stopping = true;
  for (const container of containers.all()) {
    if (container.state.status === 'restarting') giveUpRestart(containers, container);
    container.live.healthMonitor?.stop();
    container.live.healthMonitor = undefined;
  }
}

/** The daemon is back: what ended meanwhile starts again if its policy says so. */
export async function wakeContainers(containers: Containers): Promise<void> {
  containers.stopping = false;
  for (const container of containers.all()) if (container.state.status === 'running') startHealthMonitor(containers, container);
  await startByPolicy(containers, containers.all().filter(wantsStart));
}

/** One that cannot start keeps its error for `inspect`; the others do not wait for it. */
async function startByPolicy(containers: Containers, toStart: readonly Container[]): Promise<void> {
  await Promise.all(toStart.map((container) => start(containers, container, { byUser: true }).catch(() => undefined)));
}

/** Stops everything that runs, as when the daemon ends; their policies decide what the next start brings back. */
export async function shutdownContainers(containers: Containers): Promise<void> {
  containers.stopping = true;
  await Promise.all(
    containers.all().map(async (container) => {
      // What is just starting is stopped like the rest.
      await container.live.lock.run(() => Promise.resolve());
      if (container.state.status === 'restarting') giveUpRestart(containers, container);
      else if (isUp(container.state.status)) await stop(containers, container, {}).catch(() => undefined);
      container.live.healthMonitor?.stop();
    }),
  );
}

/** Goes on with a container whose process is still there. */
function takeUp(containers: Containers, container: Container, saved: ContainersState | undefined): boolean {
  const { runtime, networks, storage, volumes } = containers.ports;
  const process = runtime.reattach(container.id);
  if (!process) return false;
  const { live } = container;
  for (const attachment of container.networks.values()) {
    const { settings } = attachment;
    const network = networks.find(settings.NetworkID);
    if (!network || settings.EndpointID === '') continue;
    const endpoint: Endpoint = {
      id: settings.EndpointID,
      containerId: container.id,
      containerName: container.name,
      macAddress: settings.MacAddress,
      ipv4: settings.IPAddress === '' ? undefined : parseIpv4(settings.IPAddress),
      names: [],
      aliases: new Map(),
    };
    nameEndpoint(network, endpoint, attachment);
    networks.restore(network, endpoint);
  }
  for (const mount of container.mounts) {
    const record = mount.type === 'volume' ? volumes.find(mount.name) : undefined;
    if (record) volumes.mounts.restore(record);
  }
  restorePorts(networks.hostPorts, container);
  live.process = process;
  live.log = openLog(storage, container);
  const lines = saved?.lines.find(({ id }) => id === container.id);
  if (lines) live.lines = { stdout: new LineSplitter('stdout', lines.stdout), stderr: new LineSplitter('stderr', lines.stderr) };
  watch(containers, container, process, () => start(containers, container, { byUser: false }));
  if (container.state.status === 'running') startHealthMonitor(containers, container);
  return true;
}

async function endUnseen(containers: Containers, container: Container): Promise<void> {
  await releaseNetworks(containers, container);
  const kind = container.state.status === 'restarting' ? 'give-up-restart' : 'exit';
  container.state =
    kind === 'exit'
      ? move(container.state, { kind, exitCode: unknownExitCode, oomKilled: false, atMs: containers.ports.clock.now() })
      : move(container.state, { kind });
  containers.save(container);
}

/** Only what ran before comes back by itself. */
function wantsStart({ state, hostConfig, manuallyStopped, restartCount }: Container): boolean {
  if (isUp(state.status) || state.startedMs === undefined) return false;
  const ranMs = (state.finishedMs ?? state.startedMs) - state.startedMs;
  return (
    nextRestart(
      hostConfig.RestartPolicy,
      { ...freshRestartState, count: restartCount },
      { exitCode: state.exitCode, ranMs, manuallyStopped },
    ) !== undefined
  );
}
