/**
 * Health checks: runs the test in the container every so often and tells starting, healthy and unhealthy apart.
 * The verdict is pure; the monitor only keeps time.
 * Source: moby daemon/health.go, v28.2.2.
 */
import type { HealthConfig, HealthcheckResult, HealthStatus } from '../api/types/container.ts';
import { Cancellation } from '../cancellation.ts';
import type { Clock } from '../clock.ts';
import { rfc3339Nano } from '../time.ts';

export interface HealthRecord {
  status: HealthStatus;
  failingStreak: number;
  /** The last five, oldest first. */
  log: HealthcheckResult[];
}

export interface ProbeResult {
  exitCode: number;
  output: string;
}

const nsPerMs = 1e6;
const keptResults = 5;
const longestOutput = 4096;
const defaults = { intervalMs: 30_000, timeoutMs: 30_000, startPeriodMs: 0, startIntervalMs: 5_000, retries: 3 };

export interface HealthSettings {
  command: string[];
  intervalMs: number;
  timeoutMs: number;
  startPeriodMs: number;
  startIntervalMs: number;
  retries: number;
}

/** What to check and how often; undefined when there is nothing to check. */
export function healthSettings(config: HealthConfig | undefined, shell: readonly string[] | undefined): HealthSettings | undefined {
  const [kind, ...rest] = config?.Test ?? [];
  if (!config || kind === undefined || kind === 'NONE') return undefined;
  const command = kind === 'CMD-SHELL' ? [...(shell && shell.length > 0 ? shell : ['/bin/sh', '-c']), rest.join(' ')] : rest;
  const duration = (ns: number | undefined, otherwise: number): number => (ns ? ns / nsPerMs : otherwise);
  return {
    command,
    intervalMs: duration(config.Interval, defaults.intervalMs),
    timeoutMs: duration(config.Timeout, defaults.timeoutMs),
    startPeriodMs: duration(config.StartPeriod, defaults.startPeriodMs),
    startIntervalMs: duration(config.StartInterval, defaults.startIntervalMs),
    retries: config.Retries || defaults.retries,
  };
}

export function newHealth(): HealthRecord {
  return { status: 'starting', failingStreak: 0, log: [] };
}

/** The record after one more result. */
export function afterProbe(
  before: HealthRecord,
  result: ProbeResult,
  times: { startMs: number; endMs: number; sinceStartMs: number },
  settings: HealthSettings,
): HealthRecord {
  const output = result.output.length > longestOutput ? `${result.output.slice(0, longestOutput)}...` : result.output;
  const entry: HealthcheckResult = {
    Start: rfc3339Nano(times.startMs),
    End: rfc3339Nano(times.endMs),
    ExitCode: result.exitCode,
    Output: output,
  };
  const log = [...before.log, entry].slice(-keptResults);
  if (result.exitCode === 0) return { status: 'healthy', failingStreak: 0, log };
  // Failures while it is still starting up do not count.
  if (before.status === 'starting' && times.sinceStartMs < settings.startPeriodMs) return { ...before, log };
  const failingStreak = before.failingStreak + 1;
  return { status: failingStreak >= settings.retries ? 'unhealthy' : before.status, failingStreak, log };
}

/** Runs the test again and again until stopped. */
export class HealthMonitor {
  readonly #clock: Clock;
  readonly #settings: HealthSettings;
  readonly #startedMs: number;
  readonly #probe: (cancellation: Cancellation) => Promise<ProbeResult>;
  readonly #onResult: (next: (before: HealthRecord) => HealthRecord) => void;
  readonly #status: () => HealthStatus;
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(options: {
    clock: Clock;
    settings: HealthSettings;
    startedMs: number;
    /** Ends early, with what was printed so far, when it is cancelled. */
    probe: (cancellation: Cancellation) => Promise<ProbeResult>;
    status: () => HealthStatus;
    onResult: (next: (before: HealthRecord) => HealthRecord) => void;
  }) {
    this.#clock = options.clock;
    this.#settings = options.settings;
    this.#startedMs = options.startedMs;
    this.#probe = options.probe;
    this.#status = options.status;
    this.#onResult = options.onResult;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #schedule(): void {
    const { intervalMs, startIntervalMs, startPeriodMs } = this.#settings;
    const starting = this.#status() === 'starting' && this.#clock.now() - this.#startedMs < startPeriodMs;
    this.#cancel = this.#clock.after(starting ? startIntervalMs : intervalMs, () => void this.#check());
  }

  async #check(): Promise<void> {
    const startMs = this.#clock.now();
    const result = await this.#probeInTime();
    if (this.#stopped) return;
    const endMs = this.#clock.now();
    this.#onResult((before) => afterProbe(before, result, { startMs, endMs, sinceStartMs: startMs - this.#startedMs }, this.#settings));
    this.#schedule();
  }

  /** A probe that takes too long is ended, and its end waited for: dying ones must not pile up. */
  async #probeInTime(): Promise<ProbeResult> {
    const { timeoutMs } = this.#settings;
    const cancellation = new Cancellation();
    const cancelTimeout = this.#clock.after(timeoutMs, () => cancellation.cancel());
    const result = await this.#probe(cancellation).catch((error: unknown) => ({ exitCode: -1, output: String(error) }));
    cancelTimeout();
    if (!cancellation.cancelled) return result;
    const message = `Health check exceeded timeout (${goDuration(timeoutMs)})`;
    return { exitCode: -1, output: result.output === '' ? message : `${message}: ${result.output}` };
  }
}

/** `1.5s`, `1m0s`, `500ms`. Source: Go, time.Duration.String. */
function goDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const seconds = `${(ms % 60_000) / 1000}s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 0) return seconds;
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}
