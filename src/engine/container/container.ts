/**
 * A container: what is kept of it (identity, the documents the user gave, state, mounts, network) and what
 * lives only while the engine does (its process, streams, execs, timers). The verbs are in files of their own.
 */
import type { ContainerConfig, HostConfig } from '../api/types/container.ts';
import type { EndpointSettings } from '../api/types/network.ts';
import type { PortMap } from '../api/types/container.ts';
import { Semaphore } from '../semaphore.ts';
import type { Process } from '../runtime/runtime.ts';
import type { Exec } from './exec/exec.ts';
import type { HealthMonitor, HealthRecord } from './health.ts';
import type { LogDriver } from './log/driver.ts';
import type { LineSplitter } from './log/line-splitter.ts';
import type { Mount } from './mount.ts';
import type { RestartPolicyState } from './restart-policy.ts';
import { newState, type State } from './state.ts';
import { Streams } from './streams.ts';
import { Waiters } from './waiters.ts';

/** A container's place on one network. */
export interface NetworkAttachment {
  /** As the API shows it; operational fields are empty while the container does not run. */
  settings: EndpointSettings;
  /** The hardware address the user asked for. */
  desiredMac: string;
  /** Its interface while the container runs: `eth0`. */
  interfaceName: string;
}

/** What is written to config.v2.json, hostconfig.json and the session. */
export interface ContainerRecord {
  readonly id: string;
  /** Without slash. */
  name: string;
  readonly createdMs: number;
  readonly path: string;
  readonly args: string[];
  config: ContainerConfig;
  hostConfig: HostConfig;
  readonly imageId: string;
  readonly os: string;
  readonly architecture: string;
  /** ChainID of the image's topmost layer; undefined for an image without layers. */
  readonly topLayer: string | undefined;
  /** Directory of the writable layer under overlay2/. */
  readonly layerName: string;
  mounts: Mount[];
  networks: Map<string, NetworkAttachment>;
  /** Names the network namespace while it runs; empty otherwise. */
  sandboxId: string;
  /** Published ports as they are while it runs. */
  ports: PortMap;
  /** Empty until the first start, as in Docker. */
  paths: { hostname: string; hosts: string; resolvConf: string; log: string };
  state: State;
  restartCount: number;
  /** `stop` and `kill` were asked for: `unless-stopped` then stays stopped. */
  manuallyStopped: boolean;
  health: HealthRecord | undefined;
}

/** What ends with the engine. */
export class LiveParts {
  /** One start, pause, rename, … at a time. */
  readonly lock = new Semaphore(1);
  readonly streams = new Streams();
  readonly waiters = new Waiters();
  /** By id; those that ended are kept for a while, so that their exit code can be asked for. */
  readonly execs = new Map<string, Exec>();
  process: Process | undefined;
  log: LogDriver | undefined;
  /** Cuts its output into lines for the log. */
  lines: { stdout: LineSplitter; stderr: LineSplitter } | undefined;
  healthMonitor: HealthMonitor | undefined;
  /** Start of the run that the health record is about. */
  healthSinceMs: number | undefined;
  restartPolicy: RestartPolicyState | undefined;
  /** Stops waiting for the next start of a `restarting` container. */
  cancelRestart: (() => void) | undefined;
  restartDueMs: number | undefined;
  /** `restart` is on its way: an end is not a reason to auto-remove. */
  manuallyRestarting = false;
  removed = false;
}

export type Container = ContainerRecord & { readonly live: LiveParts };

export function makeContainer(
  record: Omit<ContainerRecord, 'state' | 'restartCount' | 'manuallyStopped' | 'health' | 'sandboxId' | 'ports' | 'paths'> &
    Partial<ContainerRecord>,
): Container {
  return {
    state: newState,
    restartCount: 0,
    manuallyStopped: false,
    health: undefined,
    sandboxId: '',
    ports: {},
    paths: { hostname: '', hosts: '', resolvConf: '', log: '' },
    ...record,
    live: new LiveParts(),
  };
}
