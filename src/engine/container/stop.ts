/**
 * `docker stop`: the container's stop signal, a while to obey it, then KILL.
 * Source: moby daemon/stop.go.
 */
import { EngineError } from '../errors.ts';
import type { Container } from './container.ts';
import type { Containers } from './containers.ts';
import { kill, sendSignal } from './kill.ts';
import { parseSignal, SIGTERM } from './signals.ts';
import { isUp, permit } from './state.ts';
import { wait, waitUntilDown } from './wait.ts';

export interface StopOptions {
  /** Empty: the container's own. */
  signal?: string;
  /** Undefined: the container's own, or 10; negative: as long as it takes. */
  timeoutSeconds?: number | undefined;
}

const defaultTimeoutSeconds = 10;
/** For a container that the signal did not reach. */
const unheardSeconds = 2;

export async function stopContainer(containers: Containers, name: string, options: StopOptions): Promise<void> {
  const container = containers.resolve(name);
  permit('stop', container, name);
  try {
    await stop(containers, container, options);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.kind === 'invalid-parameter' ? error.kind : 'system', `cannot stop container: ${name}: ${error.message}`, {
      cause: error,
    });
  }
}

export async function stop(containers: Containers, container: Container, options: StopOptions): Promise<void> {
  if (!isUp(container.state.status)) return;
  const { config } = container;
  const signal = options.signal ? parseSignal(options.signal) : stopSignalOf(config.StopSignal);
  let seconds = options.timeoutSeconds ?? config.StopTimeout ?? defaultTimeoutSeconds;
  try {
    await sendSignal(containers, container, signal);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    // What could not be told to end may do so still, and is ended soon.
    seconds = unheardSeconds;
  }
  if (seconds < 0) await waitUntilDown(container);
  else if (!(await isDownWithin(containers, container, seconds * 1000))) await kill(containers, container);
  containers.logEvent(container, 'stop');
}

/** An image may name one that does not exist. */
function stopSignalOf(name: string | undefined): number {
  try {
    return name ? parseSignal(name) : SIGTERM;
  } catch {
    return SIGTERM;
  }
}

async function isDownWithin(containers: Containers, container: Container, ms: number): Promise<boolean> {
  if (!isUp(container.state.status)) return true;
  const waiting = wait(container, 'not-running');
  let cancelTimer = (): void => undefined;
  const timeout = new Promise<false>((resolve) => {
    cancelTimer = containers.ports.clock.after(ms, () => resolve(false));
  });
  const down = await Promise.race([waiting.result.then(() => true), timeout]);
  cancelTimer();
  waiting.cancel();
  // It ended and came back by its policy meanwhile, or it did not end at all.
  return down && !isUp(container.state.status);
}
