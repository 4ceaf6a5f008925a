/**
 * Runs a container's health check in it, and records what comes of it.
 * Source: moby daemon/health.go.
 */
import type { Cancellation } from '../cancellation.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { createExec } from './exec/create.ts';
import { startExec } from './exec/start.ts';
import { HealthMonitor, healthSettings, newHealth, type ProbeResult } from './health.ts';

/** Begins checking, when there is something to check. A container that was unpaused keeps what was known. */
export function startHealthMonitor(containers: Containers, container: Container): void {
  const { config, live, state } = container;
  const settings = healthSettings(config.Healthcheck, config.Shell);
  stopHealthMonitor(container);
  if (!settings) {
    container.health = undefined;
    return;
  }
  const fresh = state.startedMs !== live.healthSinceMs;
  live.healthSinceMs = state.startedMs;
  if (fresh || !container.health) container.health = newHealth();
  live.healthMonitor = new HealthMonitor({
    clock: containers.ports.clock,
    settings,
    startedMs: state.startedMs ?? containers.ports.clock.now(),
    probe: (cancellation) => probe(containers, container, settings.command, cancellation),
    status: () => container.health?.status ?? 'none',
    onResult: (next) => {
      const before = container.health ?? newHealth();
      container.health = next(before);
      if (container.health.status !== before.status) containers.logEvent(container, `health_status: ${container.health.status}`);
    },
  });
}

export function stopHealthMonitor(container: Container): void {
  container.live.healthMonitor?.stop();
  container.live.healthMonitor = undefined;
}

async function probe(containers: Containers, container: Container, command: string[], cancellation: Cancellation): Promise<ProbeResult> {
  const exec = createExec(containers, container.id, {
    command,
    terminal: false,
    stdin: false,
    stdout: true,
    stderr: true,
    detachKeys: '',
    env: [],
    user: '',
    workingDir: '',
    privileged: false,
    consoleSize: undefined,
  });
  const attachment = exec.streams.attach({ stdout: true, stderr: true });
  let output = '';
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const { bytes } of attachment.output) output += decoder.decode(bytes, { stream: true });
  })();
  try {
    await startExec(containers, container, exec, { consoleSize: undefined });
    cancellation.onCancel(() => void exec.process?.kill().catch(() => undefined));
    await reading;
    return { exitCode: exec.exitCode ?? -1, output };
  } catch (error) {
    return { exitCode: exec.exitCode ?? -1, output: (error as Error).message };
  }
}
