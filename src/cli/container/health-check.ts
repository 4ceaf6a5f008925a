/**
 * The health check that `--health-*` and `--no-healthcheck` describe.
 * Source: docker/cli cli/command/container/opts.go.
 */
import type { ParsedFlags } from '#cli/flags/parse.ts';

/** Durations in nanoseconds; what was not given is left out, so that the image's value stays. */
export interface HealthConfig {
  Test?: string[];
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

const numbers = [
  ['health-interval', 'Interval'],
  ['health-timeout', 'Timeout'],
  ['health-retries', 'Retries'],
  ['health-start-period', 'StartPeriod'],
  ['health-start-interval', 'StartInterval'],
] as const;

/** @throws Error with Docker's words */
export function healthConfig(flags: ParsedFlags): HealthConfig | undefined {
  const command = flags.string('health-cmd');
  const given = command !== '' || numbers.some(([flag]) => flags.number(flag) !== 0);
  if (flags.bool('no-healthcheck')) {
    if (given) throw new Error('--no-healthcheck conflicts with --health-* options');
    return { Test: ['NONE'] };
  }
  if (!given) return undefined;

  const config: HealthConfig = command === '' ? {} : { Test: ['CMD-SHELL', command] };
  for (const [flag, field] of numbers) {
    const value = flags.number(flag);
    if (value < 0) throw new Error(`--${flag} cannot be negative`);
    if (value !== 0) config[field] = value;
  }
  return config;
}
