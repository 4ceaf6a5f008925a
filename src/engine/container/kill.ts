/**
 * `docker kill`: sends a signal, and for KILL waits for the end.
 * Source: moby daemon/kill.go.
 */
import { EngineError, messageOf } from '../errors.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { startHealthMonitor } from './health-probe.ts';
import { freshRestartState } from './restart-policy.ts';
import { giveUpRestart } from './restart-timer.ts';
import { isKnownSignal, parseSignal, SIGKILL } from './signals.ts';
import { isUp, move, permit } from './state.ts';
import { waitUntilDown } from './wait.ts';

/** @param signalName name or number; empty: KILL */
export async function killContainer(containers: Containers, name: string, signalName: string): Promise<void> {
  try {
    const signal = signalName === '' ? SIGKILL : parseSignal(signalName);
    if (!isKnownSignal(signal)) throw new EngineError('invalid-parameter', `the linux daemon does not support signal ${signal}`);
    const container = containers.resolve(name);
    if (signal === SIGKILL) await kill(containers, container);
    else await sendSignal(containers, container, signal);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.message.startsWith('No such container'))
      throw new EngineError(error.kind, `cannot kill container: ${name}: ${error.message}`);
    throw new EngineError(error.kind, `cannot kill container: ${name}: ${error.message}`, { cause: error });
  }
}

/** Ends a container at once, and waits until it has. */
export async function kill(containers: Containers, container: Container): Promise<void> {
  permit('kill', container, container.name);
  try {
    await sendSignal(containers, container, SIGKILL);
  } catch (error) {
    // Gone in the meantime: what was wanted.
    if (!(error instanceof EngineError) || isUp(container.state.status)) throw error;
  }
  await waitUntilDown(container);
}

/**
 * Sends a signal; one that asks the container to end also says that its policy shall not bring it back.
 * A frozen container is thawed so that it can notice.
 */
export async function sendSignal(containers: Containers, container: Container, signal: number): Promise<void> {
  const { runtime } = containers.ports;
  const { live, config } = container;
  await live.lock.run(async () => {
    permit('kill', container, container.name);
    // An image may name a stop signal that is none; KILL must work all the same.
    const meansEnd = signal === SIGKILL || !config.StopSignal || parseSignal(config.StopSignal) === signal;
    if (meansEnd) live.restartPolicy = { ...(live.restartPolicy ?? freshRestartState), cancelled: true };
    if (!containers.stopping) {
      container.manuallyStopped = true;
      containers.save(container);
    }
    if (container.state.status === 'restarting') {
      if (meansEnd) giveUpRestart(containers, container);
      return;
    }
    let reached = true;
    try {
      await runtime.signal(container.id, signal);
    } catch (error) {
      // No such process: its end is on the way here.
      if (!(error instanceof EngineError) || error.kind !== 'not-found') {
        throw new EngineError('unknown', `Cannot kill container ${container.id}: ${messageOf(error)}`, { cause: error });
      }
      reached = false;
    }
    containers.logEvent(container, 'kill', { signal: String(signal) });
    if (reached && meansEnd && container.state.status === 'paused') await thaw(containers, container);
  });
}

async function thaw(containers: Containers, container: Container): Promise<void> {
  try {
    await containers.ports.runtime.resume(container.id);
  } catch (error) {
    // It has ended already.
    if (error instanceof EngineError && error.kind === 'not-found') return;
    throw error;
  }
  container.state = move(container.state, { kind: 'unpause' });
  startHealthMonitor(containers, container);
  containers.save(container);
  containers.logEvent(container, 'unpause');
}
