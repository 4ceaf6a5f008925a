/**
 * Watches a running container: passes on what it prints, and when it ends, cleans up, tells those who wait, starts it
 * again if its policy says so, or removes it if it asked for that.
 * Source: moby daemon/monitor.go, handleContainerExit.
 */
import type { Process, ProcessExit } from '../runtime/runtime.ts';
import { releaseNetworks } from './connect.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { LineSplitter } from './log/line-splitter.ts';
import { hasMountsToRelease, releaseMounts } from './ready-mounts.ts';
import { removeStopped } from './remove.ts';
import { freshRestartState, nextRestart } from './restart-policy.ts';
import { restartAfter } from './restart-timer.ts';
import { isUp, move } from './state.ts';

/** Output that stands still this long after the end is not waited for. */
const patienceMs = 2000;

/**
 * Takes care of a process from its start to its end.
 *
 * @param restart starts the container again, when its policy has waited long enough
 */
export function watch(containers: Containers, container: Container, process: Process, restart: () => Promise<void>): void {
  const { clock } = containers.ports;
  const { live } = container;
  const { log } = live;
  const lines = (live.lines ??= { stdout: new LineSplitter('stdout'), stderr: new LineSplitter('stderr') });
  const progress = { chunks: 0 };
  const passed = live.streams.connect(process, (chunk) => {
    progress.chunks++;
    log?.write(lines[chunk.stream].push(chunk.bytes, clock.now()));
  });
  void process.exit.then(async (exit) => {
    await drained(containers, passed, progress);
    log?.write([...lines.stdout.end(clock.now()), ...lines.stderr.end(clock.now())]);
    await live.lock.run(() => ended(containers, container, exit, restart));
    if (!isUp(container.state.status)) await autoRemove(containers, container);
  });
}

/** `--rm`, unless it is only on its way to be started again. */
export async function autoRemove(containers: Containers, container: Container): Promise<void> {
  if (!container.hostConfig.AutoRemove || container.live.manuallyRestarting || container.live.removed) return;
  await removeStopped(containers, container, { volumes: true });
}

/** Waits until all output was passed on, as long as it moves. */
async function drained(containers: Containers, passed: Promise<void>, progress: { chunks: number }): Promise<void> {
  for (;;) {
    const before = progress.chunks;
    let cancel = (): void => undefined;
    const timeout = new Promise<'timeout'>((resolve) => {
      cancel = containers.ports.clock.after(patienceMs, () => resolve('timeout'));
    });
    const outcome = await Promise.race([passed, timeout]);
    cancel();
    if (outcome !== 'timeout' || progress.chunks === before) return;
  }
}

async function ended(
  containers: Containers,
  container: Container,
  { code, oomKilled }: ProcessExit,
  restart: () => Promise<void>,
): Promise<void> {
  const { clock } = containers.ports;
  const { live, hostConfig, state } = container;
  const nowMs = clock.now();
  const ranMs = nowMs - (state.startedMs ?? nowMs);
  live.healthMonitor?.stop();
  live.healthMonitor = undefined;
  live.streams.reset();
  live.log?.close();
  live.log = undefined;
  live.lines = undefined;
  live.process = undefined;
  await releaseNetworks(containers, container);
  if (hasMountsToRelease(container)) await releaseMounts(containers, container);
  const ending = { exitCode: code, ranMs, manuallyStopped: container.manuallyStopped };
  const again = containers.stopping ? undefined : nextRestart(hostConfig.RestartPolicy, live.restartPolicy ?? freshRestartState, ending);
  container.state = move(state, { kind: again ? 'await-restart' : 'exit', exitCode: code, oomKilled, atMs: nowMs });
  if (again) container.restartCount++;
  live.waiters.stopped({ exitCode: code, error: '' });
  containers.save(container);
  if (oomKilled) containers.logEvent(container, 'oom');
  containers.logEvent(container, 'die', { exitCode: String(code), execDuration: String(Math.floor(ranMs / 1000)) });
  if (!again) return;
  live.restartPolicy = again;
  restartAfter(containers, container, again.delayMs, restart);
}
