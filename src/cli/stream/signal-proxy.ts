/**
 * Passes the signals that the client gets on to the container's process (`--sig-proxy`).
 * Source: docker/cli cli/command/container/signals.go.
 */
import type { CliEnvironment } from '#cli/environment.ts';

/** What concerns the client alone. */
const kept = new Set(['CHLD', 'CLD', 'PIPE', 'URG']);

/**
 * @param kill sends a signal, named without `SIG`, to the container; its failure is not the client's
 * @returns a function that stops it
 */
export function forwardSignals(environment: CliEnvironment, kill: (signal: string) => Promise<void>): () => void {
  return environment.onSignal((signal) => {
    if (!kept.has(signal)) void kill(signal).catch(() => {});
  });
}
